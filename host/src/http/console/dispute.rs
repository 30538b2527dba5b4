//! The page of a dispute: the evidence of both sides, the verdicts run again, the decision.

use std::sync::Arc;

use askama::Template;
use assay_db::Once;
use assay_domain::ids::{DisputeId, Timestamp};
use axum::extract::{Path, State};
use serde_json::json;

use super::super::answer::Outcome;
use super::super::commission::path_id;
use super::super::finance::read_resolution;
use super::super::problem::Problem;
use super::asked::Asked;
use super::delivery::{self, Delivered};
use super::form::{Attempt, Form, Sheet, fields};
use super::page::{Frame, going_to, gone, page_after};
use super::ration::Ration;
use super::receipts::{Found, found_of};
use super::session::Person;
use super::task::{Known, Named, sides};
use super::thread::{self, Talk};
use super::words::{self, Badge, When};
use crate::app::App;
use crate::app::access::Scope;
use crate::app::disputes::Dispute;

/// What parts of the page may take of it.
const REASON: usize = 4_500;
const DELIVERED: usize = 17_000;
const THREAD: usize = 10_000;
/// Verdicts that were run again, on a page.
const REPLAYS: usize = 20;

/// A verdict that was run again: what it was of, its receipt, what was found.
type Replayed = (String, String, Found);

#[derive(Template)]
#[template(path = "dispute.html")]
struct DisputePage {
    frame: Frame,
    task: String,
    title: String,
    state: Badge,
    price: String,
    reason: String,
    opener: Named,
    poster: Named,
    worker: Option<Named>,
    opened: When,
    left: String,
    outcome: Option<String>,
    deliveries: Delivered,
    talk: Talk,
    replays: Vec<Replayed>,
    again: Option<Sheet>,
    sheet: Option<Sheet>,
}

/// `GET /house/disputes/{id}`: the evidence. Its parties see it as well.
pub async fn page(
    State(app): State<Arc<App>>,
    person: Person,
    Path(id): Path<String>,
    asked: Asked,
) -> Outcome {
    let id = path_id(&id, "dispute")?;
    show(&app, &person, id, &Attempt::none(), &asked, Vec::new()).await
}

/// `POST /house/disputes/{id}/replay`: every verdict of the task runs again.
pub async fn replay(State(app): State<Arc<App>>, Path(id): Path<String>, form: Form) -> Outcome {
    let id: DisputeId = path_id(&id, "dispute")?;
    let asked = Asked::default();
    match replays(&app, &form, id).await {
        Ok(found) => show(&app, &form.person, id, &Attempt::none(), &asked, found).await,
        Err(problem) => {
            show(&app, &form.person, id, &form.again("again", &problem), &asked, Vec::new()).await
        }
    }
}

async fn replays(app: &App, form: &Form, id: DisputeId) -> Result<Vec<Replayed>, Problem> {
    let dispute = app.dispute_for(&form.person.caller, id).await?;
    let mut found = Vec::new();
    for delivery in app.deliveries(&form.person.caller, dispute.task).await? {
        for line in &delivery.body.receipts {
            if found.len() == REPLAYS {
                return Ok(found);
            }
            let receipt = path_id(&line.receipt_id, "receipt")?;
            // Each of them counts once for this showing of the form.
            let once =
                form.once().map(|once| Once { key: format!("{} {receipt}", once.key), ..once.clone() });
            let replayed = app.replay(&form.person.caller, receipt, once.as_ref()).await?;
            let what = format!("{} of round {}", line.world, delivery.body.round);
            found.push((what, line.receipt_id.clone(), found_of(&replayed.found)));
        }
    }
    Ok(found)
}

/// `POST /house/disputes/{id}`: the operator decides, and the money moves.
pub async fn resolve(State(app): State<Arc<App>>, Path(id): Path<String>, form: Form) -> Outcome {
    let id: DisputeId = path_id(&id, "dispute")?;
    let done = async {
        let typed = &form.typed;
        let object =
            json!({ "outcome": typed.text("outcome"), "provider_share": typed.text("provider_share") });
        let resolution = read_resolution(&fields(&object)?)?;
        let render = |_: &Dispute| going_to("/house?done=resolved");
        Ok(app.resolve(form.ask(Scope::Admin)?, id, resolution, render).await?)
    };
    match done.await {
        Ok(answer) => Ok(gone(&answer)),
        Err(problem) => {
            let attempt = form.again("resolve", &problem);
            show(&app, &form.person, id, &attempt, &Asked::default(), Vec::new()).await
        }
    }
}

async fn show(
    app: &App,
    person: &Person,
    id: DisputeId,
    attempt: &Attempt,
    asked: &Asked,
    replays: Vec<Replayed>,
) -> Outcome {
    let dispute = app.dispute_for(&person.caller, id).await?;
    let task = app.task(dispute.task).await?;
    let delivered = delivery::latest(app, person, task.id, asked).await?;
    let said = thread::latest(app, person, task.id, asked).await?;
    let mut ids = sides(&task);
    ids.push(dispute.opener.to_string());
    ids.extend(delivered.items.iter().map(|one| one.worker.to_string()));
    ids.extend(said.items.iter().map(|message| message.author.to_string()));
    let known = Known::of(app, ids).await?;
    let place = format!("/house/disputes/{id}");
    let mut ration = Ration::of(DELIVERED);
    let deliveries = delivery::blocks(app, delivered, (&known, &place, asked), |_| None, &mut ration).await?;
    let open = dispute.status == "open";
    let again = (!deliveries.blocks.is_empty())
        .then(|| attempt.sheet(&person.token, "again", format!("{place}/replay")));
    let shown = DisputePage {
        frame: Frame::of(Some(person), "house"),
        task: task.id.to_string(),
        title: task.spec.title.clone(),
        state: words::state(task.state.word()),
        price: words::amount(task.spec.terms.asset, task.price),
        reason: Ration::of(REASON).line(&dispute.body.reason, REASON),
        opener: known.named(dispute.opener),
        poster: known.named(task.poster),
        worker: task.worker.map(|worker| known.named(worker)),
        opened: words::when(dispute.created_at),
        left: words::left(app.now(), Timestamp(dispute.body.lapses_at)),
        outcome: dispute.body.outcome.clone(),
        talk: thread::talk(said, &known, &place, asked, &mut Ration::of(THREAD)),
        replays,
        again,
        deliveries,
        sheet: (open && person.is_operator()).then(|| attempt.sheet(&person.token, "resolve", place)),
    };
    page_after(attempt, &shown)
}
