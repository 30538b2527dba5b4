//! `/api/v1`: work bought by capability. Snake case, money as decimal texts.

use std::collections::HashMap;
use std::sync::Arc;

use assay_db::Reply;
use assay_domain::ids::{DisputeId, PartyId, TaskId, Timestamp};
use assay_domain::money::{self, Asset};
use assay_domain::refusal::{Code, Refusal};
use assay_domain::task::{Resolution, State as TaskState};
use axum::extract::{Path, Query, State};
use serde_json::{Value, json};

use super::agent_tasks::output_text;
use super::answer::{self, Outcome, enveloped, ok, reply, with_data};
use super::commission::{DEADLINE_HOURS_MAX, linked, page_limit, path_id, query_text, read_verifiers};
use super::fields::Fields;
use super::finance_money;
use super::problem::Problem;
use super::render::{self, Object, Style};
use super::request::{Call, Me};
use crate::app::App;
use crate::app::access::Scope;
use crate::app::bought::{PayBy, Purchase};
use crate::app::deliveries::{Delivered, Delivery, Package, Try};
use crate::app::disputes::Dispute;
use crate::app::payments::Payment;
use crate::app::providers::{MODELS, Offering, Provider};
use crate::app::tasks::{Eyes, TaskView};

const STYLE: Style = Style::Snake;

/// `POST /api/v1/agents {name, capabilities, base_price, pricing_model}`: makes the calling
/// agent a provider; with a person's key makes an agent under them and shows its key once.
pub async fn offer(State(app): State<Arc<App>>, call: Call) -> Outcome {
    let fields = &call.fields;
    let name = fields.name("name", 1..=100)?;
    let offering = read_offering(fields)?;
    let offering = fields.needed("capabilities", "a list of texts", offering)?;
    answer::of(app.offer(call.ask(Scope::Finance)?, &name, &offering, offered).await)
}

/// What an agent offers, where it says so: `capabilities`, `base_price`, `pricing_model`.
pub fn read_offering(fields: &Fields) -> Result<Option<Offering>, Refusal> {
    let capabilities = fields.texts("capabilities", 50, 100)?;
    let base_price = fields.amount_if_given("base_price", Asset::Usd)?;
    let model = fields.word("pricing_model", &MODELS.map(|model| (model, model)))?;
    if capabilities.is_empty() {
        return Ok(None);
    }
    if let Some(bad) = capabilities.iter().find(|one| one.chars().any(char::is_control)) {
        return Err(Refusal::field("capabilities", format!("{bad:?} has control characters")));
    }
    Ok(Some(Offering {
        capabilities,
        base_price: base_price.unwrap_or(0),
        pricing_model: model.unwrap_or("fixed").into(),
    }))
}

fn offered(provider: &Provider) -> Reply {
    let mut object = provider_object(provider);
    let stored = answer::bytes(&with_data(object.clone()));
    let Some(key) = &provider.key else { return Reply::new(201, stored) };
    object["api_key"] = key.clone().into();
    Reply { status: 201, body: answer::bytes(&with_data(object)), stored: Some(stored) }
}

fn provider_object(provider: &Provider) -> Value {
    Object::new(STYLE)
        .set("id", provider.party.to_string())
        .set("agent_id", provider.party.to_string())
        .set("name", provider.name.clone())
        .set("capabilities", provider.offering.capabilities.clone())
        .money("base_price", Asset::Usd, provider.offering.base_price)
        .set("currency", Asset::Usd.code())
        .set("pricing_model", provider.offering.pricing_model.clone())
        .time("created_at", provider.created_at)
        .done()
}

/// `GET /api/v1/agents/{id}`: a provider.
pub async fn provider(State(app): State<Arc<App>>, Me(_): Me, Path(id): Path<String>) -> Outcome {
    let id: PartyId = path_id(&id, "provider")?;
    ok(&with_data(provider_object(&app.provider(id).await?)))
}

/// `GET /api/v1/agents/discover?capability=&max_price=&limit=`: the cheapest first.
pub async fn discover(
    State(app): State<Arc<App>>,
    Me(_): Me,
    Query(query): Query<HashMap<String, String>>,
) -> Outcome {
    let limit = page_limit(&query, 20, app.settings.limits.page_items_max)?;
    let max_price = query_text(&query, "max_price")?;
    let max_price = max_price.map(|text| money::parse(Asset::Usd, "max_price", text, 2)).transpose()?;
    let found = app.discover(query_text(&query, "capability")?, max_price, limit).await?;
    let items: Vec<Value> = found.iter().map(provider_object).collect();
    ok(&json!({ "data": items, "count": items.len() }))
}

/// `GET /api/v1/capabilities`: what can be had, how many offer it, from which price on.
pub async fn capabilities(State(app): State<Arc<App>>, Me(_): Me) -> Outcome {
    let all = app.capabilities().await?;
    let items = all.iter().map(|(name, providers, from)| {
        Object::new(STYLE)
            .set("capability", name.clone())
            .set("providers", *providers)
            .money("price_from", Asset::Usd, *from)
            .done()
    });
    let items: Vec<Value> = items.collect();
    ok(&json!({ "data": items, "count": items.len() }))
}

/// `POST /api/v1/tasks {capability, input, payment_type?, max_price, provider_agent_id?,
/// negotiation_id?, pricing_model?, closes_at?, deadline_hours?, checks?, verifier?}`.
pub async fn buy(State(app): State<Arc<App>>, call: Call) -> Outcome {
    let purchase = read_purchase(&call.fields, &app)?;
    let ask = call.ask(Scope::Finance)?;
    if purchase.pay_by == PayBy::Crypto {
        return answer::of(app.buy_by_invoice(ask, &purchase, bought).await);
    }
    answer::of(app.buy(ask, &purchase, |view| bought(view, None)).await)
}

/// A task that was bought, with the invoice that pays for it.
fn bought(view: &TaskView, invoice: Option<&Payment>) -> Reply {
    let mut object = with_invoice(task_object(view, None), invoice);
    let Some(approval) = view.approval else { return reply(201, &with_data(object)) };
    object["approval_id"] = approval.to_string().into();
    reply(202, &with_data(object))
}

/// Where to pay, beside what is paid for.
fn with_invoice(mut object: Value, invoice: Option<&Payment>) -> Value {
    if let Some(payment) = invoice {
        let url = Value::from(payment.body.url.clone());
        object["payment_id"] = payment.id.to_string().into();
        object["invoice_url"] = url.clone();
        object["payment_url"] = url;
    }
    object
}

fn read_purchase(fields: &Fields, app: &App) -> Result<Purchase, Refusal> {
    let limits = &app.settings.limits;
    let hours = fields.whole("deadline_hours", 1..=DEADLINE_HOURS_MAX)?;
    let hours = hours.and_then(|hours| u32::try_from(hours).ok());
    let capability = fields.name("capability", 1..=100)?;
    let input = fields.json("input")?;
    if input.to_string().len() > limits.text_characters_max {
        let most = limits.text_characters_max;
        return Err(Refusal::field("input", format!("must be at most {most} bytes of JSON")));
    }
    Ok(Purchase {
        capability,
        input,
        pay_by: read_pay_by(fields)?.unwrap_or(PayBy::Later),
        max_price: fields.amount("max_price", Asset::Usd)?,
        provider: fields.id_if_given("provider_agent_id")?,
        negotiation: fields.id_if_given("negotiation_id")?,
        auction: read_auction(fields)?,
        closes_at: read_closes_at(fields, app)?,
        deadline_hours: hours.unwrap_or(app.settings.terms.default_deadline_hours),
        checks: fields.objects("checks", limits.checks_max)?,
        verifiers: read_verifiers(fields, limits)?,
    })
}

fn read_pay_by(fields: &Fields) -> Result<Option<PayBy>, Refusal> {
    fields.word("payment_type", &[("balance", PayBy::Balance), ("crypto", PayBy::Crypto)])
}

/// The configuration of an auction, where one is asked for; other models are the
/// provider's own.
fn read_auction(fields: &Fields) -> Result<Option<Value>, Refusal> {
    let given = fields.json("pricing_model")?;
    let (name, config) = match &given {
        Value::Null => return Ok(None),
        Value::String(name) => (name.as_str(), json!({})),
        Value::Object(object) => {
            let config = object.get("config").cloned().unwrap_or_else(|| json!({}));
            (object.get("model").and_then(Value::as_str).unwrap_or_default(), config)
        }
        _ => return Err(Refusal::field("pricing_model", "must be a name or an object")),
    };
    match name {
        "auction" => Ok(Some(config)),
        "fixed" | "hybrid" => Ok(None),
        _ => Err(Refusal::field("pricing_model", format!("{name:?} is none of fixed, auction, hybrid"))),
    }
}

fn read_closes_at(fields: &Fields, app: &App) -> Result<Option<Timestamp>, Refusal> {
    let Some(text) = fields.name_if_given("closes_at", 1..=40)? else { return Ok(None) };
    let wrong = || Refusal::field("closes_at", "must be a time such as 2026-02-20T10:30:00Z");
    let at = crate::clock::parse_rfc3339(&text).ok_or_else(wrong)?;
    if at <= app.now() || at > app.now().plus_hours(24 * 366) {
        return Err(Refusal::field("closes_at", "must be in the future, at most a year from now"));
    }
    Ok(Some(at))
}

/// A task in this surface's words, with its output once there is one.
pub fn task_object(view: &TaskView, output: Option<&Delivery>) -> Value {
    let task = &view.task;
    let provider = task.worker.map(|worker| worker.to_string()).or_else(|| task.spec.direct.clone());
    let mut object = render::task(STYLE, view);
    let more = Object::new(STYLE)
        .set("task_id", task.id.to_string())
        .set("capability", task.spec.category.clone())
        .set("input", task.spec.input.clone())
        .set("client_id", task.poster.to_string())
        .set("provider_agent_id", provider)
        .set("escrow_status", escrow_status(task.state))
        .set("output", output.map(|one| one.body.content.clone()))
        .done();
    if let (Value::Object(fields), Value::Object(more)) = (&mut object, more) {
        fields.extend(more);
    }
    object
}

/// Where the money of a task is.
const fn escrow_status(state: TaskState) -> &'static str {
    match state {
        TaskState::Unpaid => "unpaid",
        TaskState::Disputed { .. } => "frozen",
        TaskState::Paid(_) => "released",
        TaskState::Resolved => "resolved",
        TaskState::PdqgFinalFail | TaskState::Failed | TaskState::Cancelled | TaskState::Expired => {
            "refunded"
        }
        _ => "held",
    }
}

/// `GET /api/v1/tasks/{id}`: with the output, for its parties.
pub async fn task(State(app): State<Arc<App>>, Me(caller): Me, Path(id): Path<String>) -> Outcome {
    let id: TaskId = path_id(&id, "task")?;
    let view = app.look(&caller, id).await?;
    let outputs = app.deliveries(&caller, id).await?;
    ok(&with_data(task_object(&view, outputs.last())))
}

/// `GET /api/v1/tasks?limit=&cursor=`: tasks the caller posted or does, newest first.
pub async fn tasks(
    State(app): State<Arc<App>>,
    Me(caller): Me,
    Query(query): Query<HashMap<String, String>>,
) -> Outcome {
    let limit = page_limit(&query, 20, app.settings.limits.page_items_max)?;
    let page = app.tasks_of(&caller, query_text(&query, "cursor")?, limit).await?;
    let items: Vec<Value> = page.items.iter().map(|view| task_object(view, None)).collect();
    let response = ok(&json!({ "data": items, "count": items.len() }))?;
    Ok(linked(response, "/api/v1/tasks", &query, limit, page.next.as_deref()))
}

/// `POST /api/v1/tasks/{id}/payments {payment_type}`: pays for a task that is unpaid.
pub async fn pay(State(app): State<Arc<App>>, Path(id): Path<String>, call: Call) -> Outcome {
    let id: TaskId = path_id(&id, "task")?;
    let ask = call.ask(Scope::Finance)?;
    if read_pay_by(&call.fields)? == Some(PayBy::Crypto) {
        let render = |view: &TaskView, invoice: Option<&Payment>| {
            reply(201, &with_data(with_invoice(payment_object(view), invoice)))
        };
        return answer::of(app.pay_by_invoice(ask, id, render).await);
    }
    let render = |view: &TaskView| reply(201, &with_data(payment_object(view)));
    answer::of(app.pay_for(ask, id, render).await)
}

/// `GET /api/v1/tasks/{id}/payments`: amount, fee, and where the money is; for its parties.
pub async fn payments(State(app): State<Arc<App>>, Me(caller): Me, Path(id): Path<String>) -> Outcome {
    let view = app.look_as_party(&caller, path_id(&id, "task")?).await?;
    let invoices = app.payments_of_task(view.task.id).await?;
    let shown: Vec<Value> = match view.eyes {
        // Where to pay is for whoever pays.
        Eyes::Poster => invoices.iter().map(finance_money::payment_object).collect(),
        _ => Vec::new(),
    };
    let mut object = payment_object(&view);
    object["payments"] = shown.into();
    ok(&with_data(object))
}

/// What a task costs whom.
pub fn payment_object(view: &TaskView) -> Value {
    let task = &view.task;
    let (terms, price) = (task.spec.terms, task.price);
    let asset = terms.asset;
    let fee = terms.fee_on_top(price) + terms.fee_deducted(price);
    let paid = if task.state == TaskState::Unpaid { "unpaid" } else { "paid" };
    Object::new(STYLE)
        .set("id", task.id.to_string())
        .set("task_id", task.id.to_string())
        .money("amount", asset, price)
        .money("fee", asset, fee)
        .money("provider_receives", asset, price - terms.fee_deducted(price))
        .money("total_charged", asset, price + terms.fee_on_top(price))
        .set("currency", asset.code())
        .set("status", paid)
        .set("escrow_status", escrow_status(task.state))
        .time_if("available_at", task.payout_at)
        .done()
}

/// `PUT|POST /api/v1/tasks/{id}/complete {output}`: the provider hands in; the checks
/// decide, and without any it is paid.
pub async fn complete(State(app): State<Arc<App>>, Path(id): Path<String>, call: Call) -> Outcome {
    let id: TaskId = path_id(&id, "task")?;
    let content = output_text(&call.fields, &app.settings.limits)?;
    let package = Package { content, summary: String::new(), attachments: Vec::new() };
    let render = |done: &Delivered| {
        let mut object = render::delivery(STYLE, &done.delivery);
        let status = if done.task_status == "paid" { "completed" } else { &done.task_status };
        object["delivery_status"] = object["status"].clone();
        object["status"] = status.into();
        object["task_status"] = status.into();
        reply(200, &with_data(object))
    };
    answer::of(app.deliver(call.ask(Scope::Finance)?, id, &package, Try::Either, render).await)
}

/// `PUT|POST /api/v1/tasks/{id}/fail {error_reason}`: the provider gives up; refunded.
pub async fn fail(State(app): State<Arc<App>>, Path(id): Path<String>, call: Call) -> Outcome {
    let id: TaskId = path_id(&id, "task")?;
    let reason = call.fields.text_if_given("error_reason", 0..=4_000)?.unwrap_or_default();
    answer::of(app.give_up(call.ask(Scope::Finance)?, id, &reason, changed).await)
}

fn changed(view: &TaskView) -> Reply {
    reply(200, &with_data(task_object(view, None)))
}

/// `POST /api/v1/tasks/{id}/cancel`: by its client before it is claimed, by its provider
/// after.
pub async fn cancel(State(app): State<Arc<App>>, Path(id): Path<String>, call: Call) -> Outcome {
    let id = path_id(&id, "task")?;
    answer::of(app.cancel(call.ask(Scope::Finance)?, id, changed).await)
}

/// `POST /api/v1/tasks/{id}/dispute {reason}`: by either party, once a task.
pub async fn dispute(State(app): State<Arc<App>>, Path(id): Path<String>, call: Call) -> Outcome {
    let id: TaskId = path_id(&id, "task")?;
    let reason = call.fields.text("reason", 1..=4_000)?;
    let render = |one: &Dispute| reply(201, &with_data(dispute_object(STYLE, one)));
    answer::of(app.dispute(call.ask(Scope::Finance)?, id, &reason, render).await)
}

fn dispute_object(style: Style, dispute: &Dispute) -> Value {
    let body = &dispute.body;
    let share = body.worker_share.map(|points| f64::from(points) / 10_000.0);
    Object::new(style)
        .set("id", dispute.id.to_string())
        .set("dispute_id", dispute.id.to_string())
        .set("task_id", dispute.task.to_string())
        .set("opened_by", dispute.opener.to_string())
        .set("status", dispute.status.clone())
        .set("reason", body.reason.clone())
        .set("outcome", body.outcome.clone())
        .set("provider_share", share)
        .set("decided_by", body.decided_by.clone())
        .time("created_at", dispute.created_at)
        .time("lapses_at", Timestamp(body.lapses_at))
        .time_if("resolved_at", body.resolved_at.map(Timestamp))
        .done()
}

/// `GET /api/v1/disputes/{id}`: for the parties of its task.
pub async fn dispute_by_id(State(app): State<Arc<App>>, Me(caller): Me, Path(id): Path<String>) -> Outcome {
    let id: DisputeId = path_id(&id, "dispute")?;
    ok(&with_data(dispute_object(STYLE, &app.dispute_for(&caller, id).await?)))
}

/// `GET /v1/admin/disputes?limit=`: those nobody has resolved, oldest first.
pub async fn open_disputes(
    State(app): State<Arc<App>>,
    Me(caller): Me,
    Query(query): Query<HashMap<String, String>>,
) -> Outcome {
    caller.require(Scope::Admin)?;
    let limit = page_limit(&query, 20, app.settings.limits.page_items_max)?;
    let open = app.open_disputes(limit).await?;
    let items: Vec<Value> = open.iter().map(|one| dispute_object(Style::Camel, one)).collect();
    ok(&enveloped(json!({ "items": items })))
}

/// `POST /v1/admin/disputes/{id}/resolve {outcome, provider_share?}`: the operator
/// decides, and the money moves at once.
pub async fn resolve(State(app): State<Arc<App>>, Path(id): Path<String>, call: Call) -> Outcome {
    let id: DisputeId = path_id(&id, "dispute")?;
    let ask = call.ask(Scope::Admin)?;
    let resolution = read_resolution(&call.fields)?;
    let render = |one: &Dispute| reply(200, &enveloped(dispute_object(Style::Camel, one)));
    answer::of(app.resolve(ask, id, resolution, render).await)
}

/// How a dispute is to end.
pub fn read_resolution(fields: &Fields) -> Result<Resolution, Problem> {
    let outcomes = ["refund", "release", "split"].map(|word| (word, word));
    let outcome = fields.word("outcome", &outcomes)?;
    Ok(match fields.needed("outcome", "refund, release or split", outcome)? {
        "refund" => Resolution::Refund,
        "release" => Resolution::Release,
        _ => Resolution::Split { worker_share: read_share(fields)? },
    })
}

/// A fraction from 0 to 1 with up to four decimals, as basis points.
fn read_share(fields: &Fields) -> Result<u32, Refusal> {
    let (name, text) = fields.amount_digits(&["provider_share"])?;
    let wrong = || Refusal::field(name, "must be a fraction from 0 to 1 with at most 4 decimals");
    let units = money::parse(Asset::Usd, name, &text, 4).map_err(|refusal| match refusal.code {
        Code::PriceOutOfRange | Code::InvalidField => wrong(),
        _ => refusal,
    })?;
    u32::try_from(units / 100).ok().filter(|points| *points <= 10_000).ok_or_else(wrong)
}
