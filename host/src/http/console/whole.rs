//! What a page shows the beginning of, whole: as a download that no browser runs.

use std::fmt::Write as _;
use std::sync::Arc;

use assay_domain::ids::{DeliveryId, TaskId};
use assay_domain::refusal::Refusal;
use axum::extract::{Path, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};

use super::super::answer::Outcome;
use super::super::commission::path_id;
use super::session::Person;
use super::task::check_line;
use super::words;
use crate::app::App;
use crate::app::deliveries::Body;
use crate::app::tasks::TaskView;

/// `GET /tasks/{id}/whole`: what is wanted, for whoever sees the task's page.
pub async fn task(State(app): State<Arc<App>>, person: Person, Path(id): Path<String>) -> Outcome {
    let id: TaskId = path_id(&id, "task")?;
    let view = app.look(&person.caller, id).await?;
    Ok(download(&format!("task-{id}.txt"), wanted(&view).into_bytes()))
}

/// `GET /tasks/{id}/deliveries/{delivery}/{part}`: `work` is the work itself, byte for byte,
/// and `report` what everybody said of it; for those who see the delivery on its task's page.
pub async fn delivery(
    State(app): State<Arc<App>>,
    person: Person,
    Path((task, delivery, part)): Path<(String, String, String)>,
) -> Outcome {
    let (task, id): (TaskId, DeliveryId) = (path_id(&task, "task")?, path_id(&delivery, "delivery")?);
    let body = app.delivery_for(&person.caller, task, id).await?.body;
    match part.as_str() {
        "work" => Ok(download(&format!("work-{id}.txt"), body.content.into_bytes())),
        "report" => Ok(download(&format!("report-{id}.txt"), report(&body).into_bytes())),
        _ => Err(Refusal::not_found("part of a delivery").into()),
    }
}

/// The name is one of ours, so that it may stand in a header as it is.
fn download(name: &str, bytes: Vec<u8>) -> Response {
    let named = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    let headers: [(HeaderName, HeaderValue); 5] = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8")),
        (header::CONTENT_DISPOSITION, named.unwrap_or(HeaderValue::from_static("attachment"))),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'")),
        (header::CACHE_CONTROL, HeaderValue::from_static("private, no-store")),
    ];
    (headers, bytes).into_response()
}

fn wanted(view: &TaskView) -> String {
    let spec = &view.task.spec;
    let mut text = format!("{}\n\n{}\n", spec.title, spec.description);
    if !spec.skills.is_empty() {
        let _ = write!(text, "\nSkills: {}\n", spec.skills.join(", "));
    }
    for one in &spec.criteria {
        let _ = write!(text, "\n- {}\n", one.text);
    }
    for check in &spec.checks {
        let _ = write!(text, "\n* {}\n", check_line(check, view.eyes));
    }
    text
}

fn report(body: &Body) -> String {
    let mut text = format!("Round {}: {}\n\n{}\n", body.round, words::plain(&body.verdict), body.summary);
    if let Some((score, outcome)) = body.gate() {
        let _ = write!(text, "\nQuality {}, {}\n", words::percent(score.basis_points()), outcome.as_str());
    }
    if let Some(card) = &body.scorecard {
        let _ = writeln!(text, "{}", card.notes);
        for side in &card.dimensions {
            let _ = writeln!(text, "- {}: {}. {}", side.name, words::percent(side.score), side.note);
        }
    }
    for finding in &body.findings {
        let what = finding.criterion.as_ref().unwrap_or(&finding.kind);
        let _ = write!(text, "\n{}: {what}\n{}\n", finding.status, finding.evidence);
    }
    for note in &body.review {
        let _ = write!(text, "\nThe reviewer: {note}\n");
    }
    if !body.review_notes.is_empty() {
        let _ = write!(text, "\nThe poster: {}\n", body.review_notes);
    }
    for file in &body.attachments {
        let _ = writeln!(
            text,
            "\n{} ({}, {} bytes), SHA-256 {}",
            file.name, file.media_type, file.size_bytes, file.sha256
        );
    }
    for receipt in &body.receipts {
        let _ =
            writeln!(text, "\nReceipt {} of the {}: {}", receipt.receipt_id, receipt.world, receipt.outcome);
    }
    text
}
