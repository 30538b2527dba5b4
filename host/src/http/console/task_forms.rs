//! What people do with a task: bid, choose, claim, deliver, try, review, talk, cancel,
//! dispute.

use std::sync::Arc;

use assay_db::Reply;
use assay_domain::ids::{BidId, DeliveryId, TaskId};
use assay_domain::refusal::Refusal;
use axum::extract::{Path, State};
use serde_json::json;

use super::super::answer::Outcome;
use super::super::commission::{path_id, read_offer, read_package, read_review};
use super::super::problem::Problem;
use super::asked::Asked;
use super::form::{Attempt, Form, fields};
use super::page::{going_to, gone};
use super::task;
use crate::app::access::Scope;
use crate::app::bids::Bid;
use crate::app::deliveries::{Body, Delivered, Delivery, Try};
use crate::app::disputes::Dispute;
use crate::app::tasks::TaskView;
use crate::app::threads::Message;
use crate::app::{Answer, App};

/// Where a task's page is, with what was just done.
fn place(task: TaskId, done: &str) -> Reply {
    going_to(format!("/tasks/{task}?done={done}"))
}

/// Goes on, or shows the page again.
async fn end(
    app: &App,
    form: &Form,
    id: TaskId,
    name: &'static str,
    done: Result<Answer, Problem>,
) -> Outcome {
    match done {
        Ok(answer) => Ok(gone(&answer)),
        Err(problem) => task::again(app, form, id, name, &problem).await,
    }
}

/// `POST /tasks/{id}/bid`.
pub async fn bid(State(app): State<Arc<App>>, Path(id): Path<String>, form: Form) -> Outcome {
    let id = path_id(&id, "task")?;
    let done = async {
        let typed = &form.typed;
        let object = json!({
            "proposed_price": typed.text("proposed_price"),
            "cover_letter": typed.text("cover_letter"),
        });
        let offer =
            read_offer(&fields(&object)?, &app.settings.limits, ["proposed_price", "proposed_amount"])?;
        Ok(app.bid(form.ask(Scope::Work)?, id, &offer, |bid: &Bid| place(bid.task, "bid")).await?)
    };
    end(&app, &form, id, "bid", done.await).await
}

/// `POST /tasks/{id}/bids/{bid}/accept`.
pub async fn accept_bid(
    State(app): State<Arc<App>>,
    Path((id, bid)): Path<(String, String)>,
    form: Form,
) -> Outcome {
    let (id, bid): (_, BidId) = (path_id(&id, "task")?, path_id(&bid, "bid")?);
    let done = async {
        let render = |bid: &Bid| place(bid.task, "accepted-bid");
        Ok(app.accept_bid(form.ask(Scope::Commission)?, bid, render).await?)
    };
    end(&app, &form, id, "accept-bid", done.await).await
}

/// `POST /tasks/{id}/bids/{bid}/reject`.
pub async fn reject_bid(
    State(app): State<Arc<App>>,
    Path((id, bid)): Path<(String, String)>,
    form: Form,
) -> Outcome {
    let (id, bid): (_, BidId) = (path_id(&id, "task")?, path_id(&bid, "bid")?);
    let done = async {
        let render = |bid: &Bid| place(bid.task, "rejected-bid");
        Ok(app.reject_bid(form.ask(Scope::Commission)?, bid, render).await?)
    };
    end(&app, &form, id, "reject-bid", done.await).await
}

/// `POST /tasks/{id}/bids/{bid}/counter`: the bidder's answer to a counter-offer.
pub async fn counter(
    State(app): State<Arc<App>>,
    Path((id, bid)): Path<(String, String)>,
    form: Form,
) -> Outcome {
    let (id, bid): (_, BidId) = (path_id(&id, "task")?, path_id(&bid, "bid")?);
    let done = async {
        let price = form.typed.get("proposed_price").trim();
        let render = |bid: &Bid| place(bid.task, "countered");
        Ok(app.answer_counter(form.ask(Scope::Work)?, bid, price, render).await?)
    };
    end(&app, &form, id, "counter", done.await).await
}

/// `POST /tasks/{id}/claim`.
pub async fn claim(State(app): State<Arc<App>>, Path(id): Path<String>, form: Form) -> Outcome {
    let id = path_id(&id, "task")?;
    let done = async {
        let render = |view: &TaskView| place(view.task.id, "claimed");
        Ok(app.claim(form.ask(Scope::Work)?, id, render).await?)
    };
    end(&app, &form, id, "claim", done.await).await
}

/// `POST /tasks/{id}/cancel`.
pub async fn cancel(State(app): State<Arc<App>>, Path(id): Path<String>, form: Form) -> Outcome {
    let id = path_id(&id, "task")?;
    let done = async {
        let scopes = form.person.caller.scopes;
        let scope = if scopes.has(Scope::Commission) { Scope::Commission } else { Scope::Work };
        let render = |view: &TaskView| place(view.task.id, "cancelled");
        Ok(app.cancel(form.ask(scope)?, id, render).await?)
    };
    end(&app, &form, id, "cancel", done.await).await
}

/// `POST /tasks/{id}/dispute`.
pub async fn dispute(State(app): State<Arc<App>>, Path(id): Path<String>, form: Form) -> Outcome {
    let id = path_id(&id, "task")?;
    let done = async {
        let reason = fields(&json!({ "reason": form.typed.text("reason") }))?.text("reason", 1..=4_000)?;
        let render = |one: &Dispute| place(one.task, "disputed");
        Ok(app.dispute(form.ask(Scope::Finance)?, id, &reason, render).await?)
    };
    end(&app, &form, id, "dispute", done.await).await
}

/// `POST /tasks/{id}/say`.
pub async fn say(State(app): State<Arc<App>>, Path(id): Path<String>, form: Form) -> Outcome {
    let id = path_id(&id, "task")?;
    let done = async {
        let most = app.settings.limits.thread_message_characters_max;
        let text = fields(&json!({ "message": form.typed.text("message") }))?.text("message", 1..=most)?;
        let render = |message: &Message| place(message.task, "said");
        Ok(app.say(form.ask_for_oneself(), id, &text, render).await?)
    };
    end(&app, &form, id, "say", done.await).await
}

fn package(app: &App, form: &Form) -> Result<crate::app::deliveries::Package, Refusal> {
    let object = json!({ "content": form.typed.text("content"), "summary": form.typed.text("summary") });
    read_package(&fields(&object)?, &app.settings.limits)
}

/// `POST /tasks/{id}/deliver`: hands in, or in again after a failed gate.
pub async fn deliver(State(app): State<Arc<App>>, Path(id): Path<String>, form: Form) -> Outcome {
    let id = path_id(&id, "task")?;
    let done = async {
        let package = package(&app, &form)?;
        let render =
            |done: &Delivered| place(done.delivery.task, &format!("delivered-{}", done.delivery.status));
        Ok(app.deliver(form.ask(Scope::Work)?, id, &package, Try::Either, render).await?)
    };
    end(&app, &form, id, "deliver", done.await).await
}

/// `POST /tasks/{id}/check`: what the judges would say; the draft stays in the form.
pub async fn check(State(app): State<Arc<App>>, Path(id): Path<String>, form: Form) -> Outcome {
    let id = path_id(&id, "task")?;
    let done = async {
        let package = package(&app, &form)?;
        // The page shows what was said of the draft; the draft itself is in the form.
        let render = |done: &Delivered| {
            let body = Body { content: String::new(), ..done.delivery.body.clone() };
            Reply::new(200, serde_json::to_vec(&body).unwrap_or_default())
        };
        let answer = app.dry_run(form.ask(Scope::Work)?, id, &package, render).await?;
        let body = serde_json::from_slice::<Body>(&answer.reply.body);
        body.map_err(|error| Problem::from(crate::error::Error::Internal(format!("a draft: {error}"))))
    };
    match done.await {
        Ok(body) => {
            let kept = Attempt { form: "deliver", typed: form.typed.clone(), refusal: None };
            task::show(&app, &form.person, id, &kept, &Asked::default(), Some(&body)).await
        }
        Err(problem) => task::again(&app, &form, id, "deliver", &problem).await,
    }
}

/// `POST /tasks/{id}/deliveries/{delivery}/review`.
pub async fn review(
    State(app): State<Arc<App>>,
    Path((id, delivery)): Path<(String, String)>,
    form: Form,
) -> Outcome {
    let (id, delivery): (TaskId, DeliveryId) = (path_id(&id, "task")?, path_id(&delivery, "delivery")?);
    let done =
        word(&app, &form, delivery, |one: &Delivery| place(one.task, &format!("review-{}", one.status)));
    end(&app, &form, id, "review", done.await).await
}

/// A poster's word on a delivery.
pub async fn word(
    app: &App,
    form: &Form,
    delivery: DeliveryId,
    render: fn(&Delivery) -> Reply,
) -> Result<Answer, Problem> {
    let typed = &form.typed;
    let object = json!({ "status": typed.text("status"), "review_notes": typed.text("review_notes") });
    let (word, notes) = read_review(&fields(&object)?, &app.settings.limits)?;
    Ok(app.review(form.ask(Scope::Commission)?, delivery, word, &notes, render).await?)
}
