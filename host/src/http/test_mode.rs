//! What there is in test mode alone: a page to pay at, and a clock that can be moved.

use std::sync::Arc;

use assay_domain::ids::PaymentId;
use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::answer::{Outcome, ok, with_data};
use super::commission::path_id;
use super::render::{Object, Style};
use super::request::Call;
use crate::app::App;
use crate::app::access::Scope;
use crate::app::payments::Payment;

/// `GET /test/payments/{id}`: what is to be paid.
pub async fn payment(State(app): State<Arc<App>>, Path(id): Path<String>) -> Outcome {
    let id: PaymentId = path_id(&id, "payment")?;
    ok(&with_data(payment_object(&app.payment(id).await?)))
}

/// `POST /test/payments/{id}`: pays it, once.
pub async fn pay(State(app): State<Arc<App>>, Path(id): Path<String>) -> Outcome {
    let id: PaymentId = path_id(&id, "payment")?;
    ok(&with_data(payment_object(&app.pay_at_test_provider(id).await?)))
}

fn payment_object(payment: &Payment) -> Value {
    Object::new(Style::Commission)
        .set("id", payment.id.to_string())
        .set("status", payment.status.as_str())
        .money("amount", payment.asset, payment.amount)
        .set("currency", payment.asset.code())
        .time("created_at", payment.created_at)
        .done()
}

/// `POST /v1/test/clock {advance_seconds}`: answers after the jobs that became due have run.
pub async fn advance(State(app): State<Arc<App>>, call: Call) -> Outcome {
    let ask = call.ask(Scope::Admin)?;
    let seconds = call.fields.whole("advance_seconds", 0..=10 * 366 * 86_400)?;
    let seconds = call.fields.needed("advance_seconds", "a whole number of seconds", seconds)?;
    let (now, jobs) = app.advance_clock(ask, seconds).await?;
    ok(&json!({ "ok": true, "data": { "now": crate::clock::rfc3339(now), "jobsRun": jobs } }))
}
