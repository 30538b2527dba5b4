//! `/v1`: find work, bid, deliver behind the quality gate. Camel case, enveloped.

use std::collections::HashMap;
use std::sync::Arc;

use assay_db::Reply;
use assay_domain::ids::TaskId;
use assay_domain::money::Asset;
use assay_domain::refusal::Refusal;
use axum::extract::{Path, Query, State};
use serde_json::{Value, json};

use super::answer::{self, Outcome, enveloped, ok, reply};
use super::commission::{page_limit, path_id, query_text, read_offer, read_package};
use super::render::{self, Style};
use super::request::{Call, Me};
use crate::app::App;
use crate::app::access::Scope;
use crate::app::bids::Bid;
use crate::app::deliveries::{Delivered, Try};
use crate::app::tasks::Page;
use crate::app::traces::{Note, Trace};

const STYLE: Style = Style::Camel;

/// `GET /v1/tasks/available?category=&cursor=&limit=&currency=`.
pub async fn available(
    State(app): State<Arc<App>>,
    Me(caller): Me,
    Query(query): Query<HashMap<String, String>>,
) -> Outcome {
    let asset = match query.get("currency") {
        Some(text) => Asset::parse(text).ok_or_else(|| Refusal::field("currency", "must be USD or CR"))?,
        None => Asset::Usd,
    };
    let limit = page_limit(&query, 20, app.settings.limits.page_items_max)?;
    let (category, cursor) = (query_text(&query, "category")?, query_text(&query, "cursor")?);
    let page = app.available(&caller, asset, category, cursor, limit).await?;
    let items: Vec<Value> = page.items.iter().map(|view| render::task(STYLE, view)).collect();
    ok(&enveloped(json!({
        "items": items,
        "pagination": pagination(&page),
    })))
}

/// `GET /v1/tasks/{id}`.
pub async fn task(State(app): State<Arc<App>>, Me(caller): Me, Path(id): Path<String>) -> Outcome {
    let view = app.look(&caller, path_id(&id, "task")?).await?;
    ok(&enveloped(render::task(STYLE, &view)))
}

/// `POST /v1/tasks/{id}/bids {proposedPrice, coverLetter}`.
pub async fn bid(State(app): State<Arc<App>>, Path(id): Path<String>, call: Call) -> Outcome {
    let id = path_id(&id, "task")?;
    let offer = read_offer(&call.fields, &app.settings.limits, ["proposed_price", "proposed_amount"])?;
    let render = |bid: &Bid| reply(201, &enveloped(render::bid(STYLE, bid)));
    answer::of(app.bid(call.ask(Scope::Work)?, id, &offer, render).await)
}

/// `GET /v1/tasks/{id}/bids`: all for the poster, the caller's own for anyone else.
pub async fn bids(State(app): State<Arc<App>>, Me(caller): Me, Path(id): Path<String>) -> Outcome {
    let bids = app.bids(&caller, path_id(&id, "task")?).await?;
    let items: Vec<Value> = bids.iter().map(|bid| render::bid(STYLE, bid)).collect();
    ok(&enveloped(json!({ "items": items })))
}

/// `POST /v1/bids/{id}/counter {proposedPrice}`: the bidder's answer to a counter-offer.
pub async fn answer_counter(State(app): State<Arc<App>>, Path(id): Path<String>, call: Call) -> Outcome {
    let id = path_id(&id, "bid")?;
    let (_, price) = call.fields.amount_digits(&["proposed_price", "proposed_amount"])?;
    let render = |bid: &Bid| reply(200, &enveloped(render::bid(STYLE, bid)));
    answer::of(app.answer_counter(call.ask(Scope::Work)?, id, &price, render).await)
}

/// `POST /v1/tasks/{id}/deliver {content}`.
pub async fn deliver(app: State<Arc<App>>, id: Path<String>, call: Call) -> Outcome {
    hand_in(app, id, call, Try::First).await
}

/// `POST /v1/tasks/{id}/resubmit {content}`: once, after a failed gate.
pub async fn resubmit(app: State<Arc<App>>, id: Path<String>, call: Call) -> Outcome {
    hand_in(app, id, call, Try::Again).await
}

/// `POST /v1/tasks/{id}/check {content}`: what the judges would say, by its worker.
pub async fn check(State(app): State<Arc<App>>, Path(id): Path<String>, call: Call) -> Outcome {
    let id: TaskId = path_id(&id, "task")?;
    let package = read_package(&call.fields, &app.settings.limits)?;
    answer::of(app.dry_run(call.ask(Scope::Work)?, id, &package, drafted).await)
}

/// The same words as for a delivery, without what only a delivery has.
fn drafted(done: &Delivered) -> Reply {
    let mut object = render::delivery(STYLE, &done.delivery);
    if let Value::Object(fields) = &mut object {
        fields.retain(|name, _| {
            ["taskId", "status", "pdqg", "findings", "verdict", "review"].contains(&name.as_str())
        });
    }
    reply(200, &enveloped(object))
}

async fn hand_in(State(app): State<Arc<App>>, Path(id): Path<String>, call: Call, which: Try) -> Outcome {
    let id: TaskId = path_id(&id, "task")?;
    let package = read_package(&call.fields, &app.settings.limits)?;
    answer::of(app.deliver(call.ask(Scope::Work)?, id, &package, which, delivered).await)
}

/// 200 whatever the gate says: a failed gate is an answer, not an error.
fn delivered(done: &Delivered) -> Reply {
    let mut object = render::delivery(STYLE, &done.delivery);
    if let Value::Object(fields) = &mut object {
        fields.remove("content");
        if done.task_status == "pdqg_final_fail" {
            fields.insert("status".into(), done.task_status.clone().into());
        }
        fields.insert("taskStatus".into(), done.task_status.clone().into());
    }
    reply(200, &enveloped(object))
}

/// `POST /v1/tasks/{id}/progress {event, message, metadata?, visibility?}`.
pub async fn progress(State(app): State<Arc<App>>, Path(id): Path<String>, call: Call) -> Outcome {
    let id = path_id(&id, "task")?;
    let fields = &call.fields;
    let visibility = fields.word("visibility", &[("public", "public"), ("private", "private")])?;
    let metadata = fields.json("metadata")?;
    if !(metadata.is_object() || metadata.is_null()) {
        return Err(Refusal::field("metadata", "must be an object").into());
    }
    let most = app.settings.limits.text_characters_max;
    if metadata.to_string().len() > most {
        return Err(Refusal::field("metadata", format!("must be at most {most} bytes of JSON")).into());
    }
    let note = Note {
        event: fields.name("event", 1..=100)?,
        message: fields.text_if_given("message", 0..=4_000)?.unwrap_or_default(),
        metadata,
    };
    let render = |trace: &Trace| reply(201, &enveloped(render::trace(STYLE, trace)));
    answer::of(app.progress(call.ask(Scope::Work)?, id, &note, visibility.unwrap_or("public"), render).await)
}

/// `GET /v1/tasks/{id}/traces?cursor=&limit=`: oldest first.
pub async fn traces(
    State(app): State<Arc<App>>,
    Me(caller): Me,
    Path(id): Path<String>,
    Query(query): Query<HashMap<String, String>>,
) -> Outcome {
    let id = path_id(&id, "task")?;
    let limit = page_limit(&query, 100, app.settings.limits.page_items_max)?;
    let page = app.traces(&caller, id, query_text(&query, "cursor")?, limit).await?;
    let items: Vec<Value> = page.items.iter().map(|trace| render::trace(STYLE, trace)).collect();
    ok(&enveloped(json!({ "items": items, "pagination": pagination(&page) })))
}

/// Where the next page is, in this surface's words.
pub fn pagination<T>(page: &Page<T>) -> Value {
    json!({
        "next_cursor": page.next,
        "has_more": page.next.is_some(),
        "total_estimate": page.total_estimate,
    })
}
