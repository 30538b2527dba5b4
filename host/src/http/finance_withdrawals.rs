//! `/api/v1`: money on its way out, and where it goes; `/v1/admin`: what the operator
//! decides about it.

use std::collections::HashMap;
use std::sync::Arc;

use assay_db::Reply;
use assay_domain::ids::{AddressId, PartyId, Timestamp, WithdrawalId};
use assay_domain::money::Asset;
use assay_domain::refusal::Refusal;
use axum::extract::{Path, Query, State};
use serde_json::{Value, json};

use super::answer::{self, Outcome, enveloped, ok, reply, with_data};
use super::commission::{linked, page_limit, path_id, query_text};
use super::fields::Fields;
use super::finance_money::{coin_or_dollars, dollars};
use super::render::{Object, Style};
use super::request::{Call, Me};
use crate::app::App;
use crate::app::access::Scope;
use crate::app::chargebacks::{Chargeback, Released};
use crate::app::withdrawal_addresses::{Address, AddressWords};
use crate::app::withdrawals::{Decision, Target, Wanted, Withdrawal, WithdrawalStatus};

const STYLE: Style = Style::Snake;

/// `POST /api/v1/withdrawals {amount, currency?, withdrawal_address_id? | address?}` and
/// `POST /api/v1/ledger/withdraw`: takes free dollars out, in the address's stablecoin.
/// Without an address the default one is used. A raw `address` that is not saved is saved,
/// and refused with `ADDRESS_NOT_READY` until it has waited. 201 with `status` `pending`.
pub async fn withdraw(State(app): State<Arc<App>>, call: Call) -> Outcome {
    let wanted = read_wanted(&call.fields)?;
    let render = |one: &Withdrawal| reply(201, &with_data(withdrawal_object(STYLE, one)));
    answer::of(app.withdraw(call.ask(Scope::Finance)?, &wanted, render).await)
}

/// How much is to go where.
pub fn read_wanted(fields: &Fields) -> Result<Wanted, Refusal> {
    let amount = fields.amount("amount", Asset::Usd)?;
    if amount == 0 {
        return Err(Refusal::field("amount", "must be above zero"));
    }
    let address = fields.name_if_given("address", 1..=200)?;
    let target = match (fields.name_if_given("withdrawal_address_id", 1..=100)?, address) {
        (Some(_), Some(_)) => {
            let message = "is given together with withdrawal_address_id: one of them";
            return Err(Refusal::field("address", message));
        }
        (Some(_), None) => Target::Saved(fields.id("withdrawal_address_id")?),
        (None, Some(address)) => Target::Raw(address),
        (None, None) => Target::Preferred,
    };
    Ok(Wanted { amount, coin: coin_or_dollars(fields)?, target })
}

fn withdrawal_object(style: Style, one: &Withdrawal) -> Value {
    let body = &one.body;
    let resolution = (one.status == WithdrawalStatus::Returned).then_some("returned");
    Object::new(style)
        .set("id", one.id.to_string())
        .set("withdrawal_id", one.id.to_string())
        .set("agent_id", one.party.to_string())
        .set("status", one.status.word())
        .set("amount", dollars(one.amount))
        .set("currency", one.coin.code)
        .set("network", one.coin.network)
        .set("withdrawal_address_id", body.address_id.clone())
        .set("address", body.address.clone())
        .set("payout_id", one.reference.clone())
        .set("provider_status", body.word.clone())
        .set("transaction_hash", body.hash.clone())
        .set("failure_reason", body.fault.clone())
        .set("resolution", resolution)
        .time_if("finished_at", body.finished_at.map(Timestamp))
        .time("created_at", one.created_at)
        .done()
}

/// `GET /api/v1/withdrawals?status=&limit=&cursor=`: the caller's own, newest first.
pub async fn withdrawals(
    State(app): State<Arc<App>>,
    Me(caller): Me,
    Query(query): Query<HashMap<String, String>>,
) -> Outcome {
    caller.require(Scope::Finance)?;
    let limit = page_limit(&query, 20, app.settings.limits.page_items_max)?;
    let (status, cursor) = (read_status(&query)?, query_text(&query, "cursor")?);
    let rows = app.withdrawals(caller.party, status, cursor, limit + 1).await?;
    let (shown, next) = cut(&rows, limit, |one| one.id.to_string());
    let items: Vec<Value> = shown.iter().map(|one| withdrawal_object(STYLE, one)).collect();
    let response = ok(&json!({ "data": items }))?;
    Ok(linked(response, "/api/v1/withdrawals", &query, limit, next.as_deref()))
}

/// A page out of rows of which one more than the page was asked for, and where the next
/// page begins.
fn cut<T>(rows: &[T], limit: usize, name: fn(&T) -> String) -> (&[T], Option<String>) {
    let shown = &rows[..rows.len().min(limit)];
    let next = if rows.len() > limit { shown.last().map(name) } else { None };
    (shown, next)
}

fn read_status(query: &HashMap<String, String>) -> Result<Option<WithdrawalStatus>, Refusal> {
    let Some(text) = query.get("status") else { return Ok(None) };
    let known = WithdrawalStatus::ALL.into_iter().find(|status| status.as_str() == text);
    let words = WithdrawalStatus::ALL.map(WithdrawalStatus::as_str).join(", ");
    known.map(Some).ok_or_else(|| Refusal::field("status", format!("must be one of {words}")))
}

/// `GET /api/v1/withdrawals/{id}` and `GET /api/v1/payments/nowpayments/payout/{payout_id}`:
/// a withdrawal, by its id here or the provider's.
pub async fn withdrawal(State(app): State<Arc<App>>, Me(caller): Me, Path(id): Path<String>) -> Outcome {
    caller.require(Scope::Finance)?;
    ok(&with_data(withdrawal_object(STYLE, &app.withdrawal_of(&caller, &id).await?)))
}

/// `POST /api/v1/withdrawal-addresses {currency, address, label?}`: saves an address. It may
/// be used from `ready_at` on. The first one is the default. 201.
pub async fn save_address(State(app): State<Arc<App>>, call: Call) -> Outcome {
    let words = read_words(&call.fields)?;
    call.caller().in_person("withdraw")?;
    let render = |address: &Address| address_reply(201, address);
    answer::of(app.save_address(call.ask(Scope::Finance)?, &words, render).await)
}

/// What is said of an address.
pub fn read_words(fields: &Fields) -> Result<AddressWords, Refusal> {
    let given = fields.name_if_given("currency", 1..=20)?;
    let coin = coin_or_dollars(fields)?;
    if given.is_some() && coin.is_none() {
        return Err(Refusal::field("currency", "must be a stablecoin such as USDTTRC20"));
    }
    let (label, address) =
        (fields.name_if_given("label", 0..=100)?, fields.name_if_given("address", 1..=200)?);
    Ok(AddressWords { label, coin, address })
}

fn address_object(address: &Address) -> Value {
    Object::new(STYLE)
        .set("id", address.id.to_string())
        .set("withdrawal_address_id", address.id.to_string())
        .set("label", address.label.clone())
        .set("currency", address.coin.code)
        .set("network", address.coin.network)
        .set("address", address.address.clone())
        .set("is_default", address.preferred)
        .time("ready_at", address.ready_at)
        .time("created_at", address.created_at)
        .done()
}

fn address_reply(status: u16, address: &Address) -> Reply {
    reply(status, &with_data(address_object(address)))
}

/// `GET /api/v1/withdrawal-addresses`: the caller's own, oldest first, all of them.
pub async fn addresses(State(app): State<Arc<App>>, Me(caller): Me) -> Outcome {
    caller.require(Scope::Finance)?;
    let all: Vec<Value> = app.addresses(caller.party).await?.iter().map(address_object).collect();
    ok(&json!({ "data": all }))
}

/// `GET /api/v1/withdrawal-addresses/{id}`.
pub async fn address(State(app): State<Arc<App>>, Me(caller): Me, Path(id): Path<String>) -> Outcome {
    caller.require(Scope::Finance)?;
    let id: AddressId = path_id(&id, "withdrawal address")?;
    ok(&with_data(address_object(&app.address(&caller, id).await?)))
}

/// `PUT|PATCH /api/v1/withdrawal-addresses/{id} {label?, currency?, address?}`: another coin
/// or address waits as a new one does.
pub async fn change_address(State(app): State<Arc<App>>, Path(id): Path<String>, call: Call) -> Outcome {
    let id: AddressId = path_id(&id, "withdrawal address")?;
    let words = read_words(&call.fields)?;
    call.caller().in_person("withdraw")?;
    let render = |address: &Address| address_reply(200, address);
    answer::of(app.change_address(call.ask(Scope::Finance)?, id, &words, render).await)
}

/// `PUT|POST /api/v1/withdrawal-addresses/{id}/default`: the one that is used when a
/// withdrawal names none.
pub async fn prefer_address(State(app): State<Arc<App>>, Path(id): Path<String>, call: Call) -> Outcome {
    let id: AddressId = path_id(&id, "withdrawal address")?;
    call.caller().in_person("withdraw")?;
    let render = |address: &Address| address_reply(200, address);
    answer::of(app.prefer_address(call.ask(Scope::Finance)?, id, render).await)
}

/// `DELETE /api/v1/withdrawal-addresses/{id}`: `{id, deleted: true}`.
pub async fn forget_address(State(app): State<Arc<App>>, Path(id): Path<String>, call: Call) -> Outcome {
    let id: AddressId = path_id(&id, "withdrawal address")?;
    call.caller().in_person("withdraw")?;
    let render = |gone: &Address| {
        let object = Object::new(STYLE).set("id", gone.id.to_string()).set("deleted", true);
        reply(200, &with_data(object.done()))
    };
    answer::of(app.forget_address(call.ask(Scope::Finance)?, id, render).await)
}

/// `GET /v1/admin/withdrawals?status=&limit=&cursor=`: everyone's, newest first. `failed`
/// ones wait for a decision.
pub async fn all_withdrawals(
    State(app): State<Arc<App>>,
    Me(caller): Me,
    Query(query): Query<HashMap<String, String>>,
) -> Outcome {
    caller.require(Scope::Admin)?;
    let limit = page_limit(&query, 20, app.settings.limits.page_items_max)?;
    let (status, cursor) = (read_status(&query)?, query_text(&query, "cursor")?);
    let rows = app.all_withdrawals(status, cursor, limit + 1).await?;
    let (shown, next) = cut(&rows, limit, |one| one.id.to_string());
    let items: Vec<Value> = shown.iter().map(|one| withdrawal_object(Style::Camel, one)).collect();
    ok(&paged(&items, next.as_deref(), rows.len()))
}

fn paged(items: &[Value], next: Option<&str>, total: usize) -> Value {
    let more = next.is_some();
    let pagination = json!({ "next_cursor": next, "has_more": more, "total_estimate": total });
    enveloped(json!({ "items": items, "pagination": pagination }))
}

/// `POST /v1/admin/withdrawals/{id}/return`: a failed payout's money goes back.
pub async fn return_withdrawal(State(app): State<Arc<App>>, Path(id): Path<String>, call: Call) -> Outcome {
    decide(&app, &id, &call, Decision::Return).await
}

/// `POST /v1/admin/withdrawals/{id}/retry`: the provider is asked again.
pub async fn retry_withdrawal(State(app): State<Arc<App>>, Path(id): Path<String>, call: Call) -> Outcome {
    decide(&app, &id, &call, Decision::Retry).await
}

async fn decide(app: &Arc<App>, id: &str, call: &Call, decision: Decision) -> Outcome {
    let id: WithdrawalId = path_id(id, "withdrawal")?;
    let render = |one: &Withdrawal| reply(200, &enveloped(withdrawal_object(Style::Camel, one)));
    answer::of(app.decide_failed(call.ask(Scope::Admin)?, id, decision, render).await)
}

/// `GET /v1/admin/chargebacks?limit=&cursor=`: those that nobody decided about.
pub async fn chargebacks(
    State(app): State<Arc<App>>,
    Me(caller): Me,
    Query(query): Query<HashMap<String, String>>,
) -> Outcome {
    caller.require(Scope::Admin)?;
    let limit = page_limit(&query, 20, app.settings.limits.page_items_max)?;
    let rows = app.chargebacks(query_text(&query, "cursor")?, limit + 1).await?;
    let (shown, next) = cut(&rows, limit, |one| one.payment.to_string());
    let items: Vec<Value> = shown.iter().map(chargeback_object).collect();
    ok(&paged(&items, next.as_deref(), rows.len()))
}

fn chargeback_object(one: &Chargeback) -> Value {
    Object::new(Style::Camel)
        .set("id", one.payment.to_string())
        .set("payment_id", one.payment.to_string())
        .set("agent_id", one.party.to_string())
        .set("status", one.status.clone())
        .set("amount", dollars(one.body.amount))
        .set("frozen", dollars(one.frozen))
        .set("currency", Asset::Usd.code())
        .set("kind", one.body.word.clone())
        .set("reference", one.body.reference.clone())
        .time("created_at", one.created_at)
        .done()
}

/// `POST /v1/admin/chargebacks/{party}/release {takenBack?}`: ends a party's chargebacks.
/// What the bank took in the end goes out, the rest back into the wallet.
pub async fn release_chargebacks(State(app): State<Arc<App>>, Path(id): Path<String>, call: Call) -> Outcome {
    let party: PartyId = path_id(&id, "party")?;
    let taken = call.fields.amount_if_given("taken_back", Asset::Usd)?.unwrap_or(0);
    let render = |released: &Released| {
        let object = Object::new(Style::Camel)
            .set("id", released.party.to_string())
            .set("agent_id", released.party.to_string())
            .set("taken_back", dollars(released.taken_back))
            .set("released", dollars(released.released))
            .set("currency", Asset::Usd.code());
        reply(200, &enveloped(object.done()))
    };
    answer::of(app.release_chargebacks(call.ask(Scope::Admin)?, party, taken, render).await)
}
