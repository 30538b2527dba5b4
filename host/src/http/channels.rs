//! `/api/v1/channels` and `/api/v1/negotiation`: many small transfers between two parties,
//! and settling on a price. Snake case, money as decimal texts.

use std::collections::HashMap;
use std::sync::Arc;

use assay_db::Reply;
use assay_domain::ids::{ChannelId, NegotiationId, PartyId};
use assay_domain::money::{self, Asset};
use assay_domain::refusal::Refusal;
use axum::extract::{Path, Query, State};
use serde::Serialize;
use serde_json::{Value, json};

use super::answer::{self, Outcome, ok, reply, with_data};
use super::commission::{linked, page_limit, path_id, query_text};
use super::fields::Fields;
use super::render::{Object, Style};
use super::request::{Call, Me};
use crate::app::App;
use crate::app::access::Scope;
use crate::app::channels::ChannelView;
use crate::app::negotiation::{Negotiation, Proposal};
use crate::clock::rfc3339;
use crate::config::Surface;

const STYLE: Style = Style::Snake;

/// `POST /api/v1/channels/open {counterparty_id, amount, currency?}`.
pub async fn open(State(app): State<Arc<App>>, call: Call) -> Outcome {
    let other: PartyId = call.fields.id("counterparty_id")?;
    let amount = read_amount(&call.fields)?;
    let render = |view: &ChannelView| reply(201, &with_data(object(view)));
    answer::of(app.open_channel(call.ask(Scope::Finance)?, other, amount, render).await)
}

/// An amount above zero with up to six decimals, in dollars; credits never enter a channel.
pub fn read_amount(fields: &Fields) -> Result<i64, Refusal> {
    if let Some(currency) = fields.name_if_given("currency", 1..=20)?
        && Asset::parse(&currency) != Some(Asset::Usd)
    {
        return Err(Refusal::field("currency", "must be USD: channels hold dollars alone"));
    }
    let (name, text) = fields.amount_digits(&["amount"])?;
    let amount = money::parse(Asset::Usd, name, &text, Asset::Usd.scale())?;
    if amount == 0 {
        return Err(Refusal::field(name, "must be above zero"));
    }
    Ok(amount)
}

/// `POST /api/v1/channels/deposit {channel_id, amount}`: into the caller's side.
pub async fn deposit(State(app): State<Arc<App>>, call: Call) -> Outcome {
    let id: ChannelId = call.fields.id("channel_id")?;
    let amount = read_amount(&call.fields)?;
    answer::of(app.fund_channel(call.ask(Scope::Finance)?, id, amount, seen).await)
}

/// `POST /api/v1/channels/transfer {channel_id, amount, sequence?}`: to the other side,
/// durable when it is answered.
pub async fn transfer(State(app): State<Arc<App>>, call: Call) -> Outcome {
    let id: ChannelId = call.fields.id("channel_id")?;
    let amount = read_amount(&call.fields)?;
    let sequence = call.fields.whole("sequence", 1..=i64::MAX)?;
    answer::of(app.transfer(call.ask(Scope::Finance)?, id, amount, sequence, seen).await)
}

/// `POST /api/v1/channels/close {channel_id}`: each side gets its balance.
pub async fn close(State(app): State<Arc<App>>, call: Call) -> Outcome {
    let id: ChannelId = call.fields.id("channel_id")?;
    answer::of(app.close_channel(call.ask(Scope::Finance)?, id, seen).await)
}

fn seen(view: &ChannelView) -> Reply {
    reply(200, &with_data(object(view)))
}

/// A channel as it is shown. Not an [`Object`], for it is written with every transfer.
#[derive(Serialize)]
struct Shown {
    id: String,
    channel_id: String,
    opened_by: String,
    counterparty_id: String,
    status: String,
    currency: &'static str,
    amount: String,
    balance: String,
    counterparty_balance: String,
    sequence: i64,
    created_at: String,
    closed_at: Option<String>,
}

fn object(view: &ChannelView) -> Shown {
    let channel = &view.channel;
    let id = channel.id.to_string();
    let amount = |units| money::format(Asset::Usd, units);
    Shown {
        channel_id: id.clone(),
        id,
        opened_by: channel.opener.to_string(),
        counterparty_id: channel.other_party(view.side).to_string(),
        status: channel.status.clone(),
        currency: Asset::Usd.code(),
        amount: amount(view.amount),
        balance: amount(view.balance),
        counterparty_balance: amount(view.counterparty_balance),
        sequence: view.sequence,
        created_at: rfc3339(channel.created_at),
        closed_at: channel.closed_at.map(rfc3339),
    }
}

/// `GET /api/v1/channels?limit=&cursor=`: the caller's, newest first.
pub async fn channels(
    State(app): State<Arc<App>>,
    Me(caller): Me,
    Query(query): Query<HashMap<String, String>>,
) -> Outcome {
    let limit = page_limit(&query, 20, app.settings.limits.page_items_max)?;
    let mut views = app.channels(&caller, query_text(&query, "cursor")?, limit + 1).await?;
    let more = views.len() > limit;
    views.truncate(limit);
    let next = views.last().filter(|_| more).map(|view| view.channel.id.to_string());
    let items: Vec<Shown> = views.iter().map(object).collect();
    let response = ok(&json!({ "data": items, "count": items.len() }))?;
    Ok(linked(response, "/api/v1/channels", &query, limit, next.as_deref()))
}

/// `GET /api/v1/channels/{id}`: for its two sides.
pub async fn channel(State(app): State<Arc<App>>, Me(caller): Me, Path(id): Path<String>) -> Outcome {
    let id: ChannelId = path_id(&id, "channel")?;
    ok(&with_data(object(&app.channel(&caller, id).await?)))
}

/// `POST /api/v1/negotiation/negotiate {agent_id, capability?, proposed_price, message?,
/// negotiation_id?}`: the provider's model may answer at once.
pub async fn negotiate(State(app): State<Arc<App>>, call: Call) -> Outcome {
    let fields = &call.fields;
    let price = fields.amount("proposed_price", Asset::Usd)?;
    if price == 0 {
        return Err(Refusal::field("proposed_price", "must be above zero").into());
    }
    let proposal = Proposal {
        provider: fields.id("agent_id")?,
        capability: fields.name_if_given("capability", 1..=100)?,
        price,
        message: fields.text_if_given("message", 0..=4_000)?.unwrap_or_default(),
        negotiation: fields.id_if_given("negotiation_id")?,
    };
    let render = |one: &Negotiation| reply(201, &with_data(negotiation_object(one)));
    answer::of(app.negotiate(call.ask(Scope::Finance)?, &proposal, render).await)
}

/// `POST /api/v1/negotiation/accept {negotiation_id}`: what the other side proposed.
pub async fn accept(State(app): State<Arc<App>>, call: Call) -> Outcome {
    let id: NegotiationId = call.fields.id("negotiation_id")?;
    let render = |one: &Negotiation| reply(200, &with_data(negotiation_object(one)));
    answer::of(app.accept_negotiation(call.ask(Scope::Finance)?, id, render).await)
}

fn negotiation_object(one: &Negotiation) -> Value {
    let amount = |units: i64| super::render::amount(STYLE, Asset::Usd, units);
    Object::new(STYLE)
        .set("id", one.id.to_string())
        .set("negotiation_id", one.id.to_string())
        .set("client_id", one.client.to_string())
        .set("agent_id", one.provider.to_string())
        .set("capability", one.body.capability.clone())
        .set("status", one.status.clone())
        .money("price", Asset::Usd, one.price)
        .money("proposed_price", Asset::Usd, one.body.proposed)
        .set("counter_price", one.body.countered.map(amount))
        .set("rounds", one.body.rounds)
        .set("message", one.body.message.clone())
        .set("reason", one.body.reason.clone())
        .set("receipts", one.body.receipts.clone())
        .time("created_at", one.created_at)
        .done()
}

/// `POST /api/v1/negotiation/calculate {amount}`, also `/api/v1/negotiations/calculate-fee`:
/// what a task at this price costs whom.
pub async fn calculate(State(app): State<Arc<App>>, call: Call) -> Outcome {
    let amount = call.fields.amount("amount", Asset::Usd)?;
    let review = assay_domain::terms::ReviewPolicy::Auto;
    let terms = app.settings.terms.of(Surface::Finance, review);
    let rate = format!("{}.{:04}", terms.fee_rate / 10_000, terms.fee_rate % 10_000);
    let rate = rate.trim_end_matches('0');
    let object = Object::new(STYLE)
        .money("amount", Asset::Usd, amount)
        .set("fee_rate", if rate.ends_with('.') { format!("{rate}00") } else { rate.to_owned() })
        .money("fee", Asset::Usd, terms.fee_deducted(amount))
        .money("provider_receives", Asset::Usd, amount - terms.fee_deducted(amount))
        .money("total_charged", Asset::Usd, amount + terms.fee_on_top(amount))
        .set("currency", Asset::Usd.code())
        .done();
    ok(&with_data(object))
}
