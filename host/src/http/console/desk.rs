//! The review desk: what waits for somebody's word, oldest first, and the word itself.

use std::sync::Arc;

use askama::Template;
use assay_domain::ids::{ApprovalId, DeliveryId};
use axum::extract::{Path, State};
use serde_json::json;

use super::super::answer::Outcome;
use super::super::commission::path_id;
use super::super::guarding::read_decision;
use super::asked::Asked;
use super::delivery::{Block, block};
use super::form::{Attempt, Form, Sheet, fields};
use super::page::{Frame, going_to, gone, page_after};
use super::session::Person;
use super::task::{Known, Named};
use super::task_forms;
use super::words::{self, When};
use crate::app::App;
use crate::app::access::Scope;
use crate::app::approvals::{Approval, Status};
use crate::app::deliveries::Delivery;

/// What is shown at once of each kind.
const SHOWN: usize = 20;

struct Waiting {
    task: String,
    title: String,
    price: String,
    left: Option<String>,
    delivery: Block,
}

struct Post {
    id: String,
    task: String,
    title: String,
    bot: Named,
    total: String,
    category: String,
    at: When,
    sheet: Sheet,
}

#[derive(Template)]
#[template(path = "desk.html")]
struct Desk {
    frame: Frame,
    deliveries: Vec<Waiting>,
    posts: Vec<Post>,
}

/// `GET /desk`.
pub async fn page(State(app): State<Arc<App>>, person: Person, asked: Asked) -> Outcome {
    show(&app, &person, &Attempt::none(), asked.done()).await
}

async fn show(app: &App, person: &Person, attempt: &Attempt, done: &str) -> Outcome {
    let waiting = app.deliveries_in_review(&person.caller, SHOWN).await?;
    let approvals = app.approvals(&person.caller, Some(Status::Pending), None, SHOWN).await?.items;
    let ids: Vec<String> = waiting
        .iter()
        .map(|one| one.delivery.worker.to_string())
        .chain(approvals.iter().map(|approval| approval.bot.to_string()))
        .collect();
    let known = Known::of(app, ids).await?;
    let mut deliveries = Vec::with_capacity(waiting.len());
    for one in &waiting {
        let id = one.delivery.id.to_string();
        let sheet = attempt.sheet(&person.token, "review", format!("/desk/deliveries/{id}")).of(&id);
        let by = (&one.delivery, known.named(one.delivery.worker));
        deliveries.push(Waiting {
            task: one.task.id.to_string(),
            title: one.task.spec.title.clone(),
            price: words::amount(one.task.spec.terms.asset, one.task.price),
            left: one.silence_at.map(|at| words::left(app.now(), at)),
            delivery: block(app, &one.delivery.body, Some(by), Some(sheet)).await?,
        });
    }
    let post = |approval: &Approval| {
        let (id, task) = (approval.id.to_string(), &approval.task);
        let terms = &task.spec.terms;
        Post {
            task: task.id.to_string(),
            title: task.spec.title.clone(),
            bot: known.named(approval.bot),
            total: words::amount(terms.asset, task.price + terms.fee_on_top(task.price)),
            category: task.spec.category.clone(),
            at: words::when(approval.created_at),
            sheet: attempt.sheet(&person.token, "approval", format!("/desk/approvals/{id}")).of(&id),
            id,
        }
    };
    let shown = Desk {
        frame: Frame::of(Some(person), "desk").after(done),
        deliveries,
        posts: approvals.iter().rev().map(post).collect(),
    };
    page_after(attempt, &shown)
}

/// `POST /desk/deliveries/{id}`: a word on a delivery, and on to the next.
pub async fn review(State(app): State<Arc<App>>, Path(id): Path<String>, form: Form) -> Outcome {
    let id: DeliveryId = path_id(&id, "delivery")?;
    let render = |one: &Delivery| going_to(format!("/desk?done=review-{}", one.status));
    match task_forms::word(&app, &form, id, render).await {
        Ok(answer) => Ok(gone(&answer)),
        Err(problem) => show(&app, &form.person, &form.again("review", &problem), "").await,
    }
}

/// `POST /desk/approvals/{id}`: whether a post of an agent goes on.
pub async fn approval(State(app): State<Arc<App>>, Path(id): Path<String>, form: Form) -> Outcome {
    let id: ApprovalId = path_id(&id, "approval")?;
    let done = async {
        let typed = &form.typed;
        let object = json!({ "decision": typed.text("decision"), "note": typed.text("note") });
        let (decision, note) = read_decision(&fields(&object)?)?;
        let render = |one: &Approval| {
            going_to(if one.status == Status::Approved { "/desk?done=approve" } else { "/desk?done=reject" })
        };
        Ok(app.resolve_approval(form.ask(Scope::Commission)?, id, decision, &note, render).await?)
    };
    match done.await {
        Ok(answer) => Ok(gone(&answer)),
        Err(problem) => show(&app, &form.person, &form.again("approval", &problem), "").await,
    }
}
