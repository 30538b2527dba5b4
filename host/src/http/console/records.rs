//! The public page of a party: how it has done by others.

use std::sync::Arc;

use askama::Template;
use assay_domain::ids::PartyId;
use axum::extract::{Path, State};

use super::super::answer::Outcome;
use super::super::commission::path_id;
use super::page::{Frame, page};
use super::session::Person;
use super::words::{When, amount, when};
use crate::app::App;
use crate::app::records::{Record, Side};

/// A fact of both sides.
struct Row {
    name: &'static str,
    about: &'static str,
    poster: String,
    worker: String,
}

#[derive(Template)]
#[template(path = "party.html")]
struct PartyPage {
    frame: Frame,
    id: String,
    name: String,
    kind: String,
    skills: String,
    since: When,
    rows: Vec<Row>,
    empty: bool,
    cut: Option<i64>,
    is_self: bool,
}

/// `GET /parties/{id}`.
pub async fn party(State(app): State<Arc<App>>, Path(id): Path<String>, person: Option<Person>) -> Outcome {
    let id: PartyId = path_id(&id, "party")?;
    let Record { party, as_poster, as_worker } = app.record(id).await?;
    let most = app.settings.limits.pages.record_tasks_max;
    page(&PartyPage {
        is_self: person.as_ref().is_some_and(|person| person.caller.party == id),
        frame: Frame::of(person.as_ref(), ""),
        id: id.to_string(),
        name: party.profile.name,
        kind: party.kind,
        skills: party.profile.skills.join(", "),
        since: when(party.created_at),
        empty: as_poster.tasks + as_worker.tasks == 0,
        cut: (as_poster.tasks.max(as_worker.tasks) > most).then_some(most),
        rows: rows(&as_poster, &as_worker),
    })
}

/// The same facts of both sides, in one order.
fn rows(poster: &Side, worker: &Side) -> Vec<Row> {
    type Fact = fn(&Side) -> String;
    let facts: [(&'static str, &'static str, Fact); 13] = [
        ("Tasks", "posted, or taken on", |side| side.tasks.to_string()),
        ("Paid", "tasks whose worker was paid, and how much reached the worker", paid),
        ("Accepted", "by the poster's own word", |side| side.accepted.to_string()),
        ("Accepted by checks", "every check passed and nothing was left to a person", |side| {
            side.accepted_by_checks.to_string()
        }),
        ("Accepted by silence", "the poster said nothing in time", |side| {
            side.accepted_by_silence.to_string()
        }),
        ("Revisions asked", "by the poster, and by failed checks", |side| {
            format!("{} and {}", side.revisions, side.revisions_by_checks)
        }),
        ("Below the gate", "deliveries that were too poor to be judged", |side| side.gate_failed.to_string()),
        ("Rejected with notes", "the worker was told why", |side| side.rejected_with_notes.to_string()),
        ("Rejected without notes", "the worker was not told why", |side| {
            side.rejected_without_notes.to_string()
        }),
        ("Disputes opened by the poster", "", |side| side.disputed_by_poster.to_string()),
        ("Disputes opened by the worker", "", |side| side.disputed_by_worker.to_string()),
        ("How disputes ended", "for the poster, for the worker, divided", |side| {
            format!("{}, {}, {}", side.refunded, side.released, side.divided)
        }),
        ("Median time to review", "from handing in to the poster's word", |side| {
            side.review_ms_median.map_or_else(|| "none yet".into(), span)
        }),
    ];
    let row = |(name, about, fact): (&'static str, &'static str, Fact)| Row {
        name,
        about,
        poster: fact(poster),
        worker: fact(worker),
    };
    facts.into_iter().map(row).collect()
}

fn paid(side: &Side) -> String {
    if side.paid.is_empty() {
        return "0".into();
    }
    let one = |(asset, tasks, sum): &(assay_domain::money::Asset, i64, i64)| {
        format!("{tasks}, {}", amount(*asset, *sum))
    };
    side.paid.iter().map(one).collect::<Vec<_>>().join("; ")
}

/// How long something took, in its largest two units.
fn span(ms: i64) -> String {
    let minutes = ms / 60_000;
    match minutes {
        ..=0 => "less than a minute".into(),
        1..60 => format!("{minutes} min"),
        60..1_440 => format!("{} h {} min", minutes / 60, minutes % 60),
        _ => format!("{} d {} h", minutes / 1_440, minutes / 60 % 24),
    }
}
