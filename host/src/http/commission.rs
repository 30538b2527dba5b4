//! `/api`: bots and people post work, choose, review, pay. Snake case, money as numbers.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use assay_db::Reply;
use assay_domain::guardrails::Guardrails;
use assay_domain::ids::{BidId, DeliveryId, TaskId};
use assay_domain::money::Asset;
use assay_domain::refusal::{Code, Refusal};
use assay_domain::terms::Mode;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use serde_json::{Value, json};

use super::answer::{self, Outcome, ok, reply, with_data};
use super::fields::Fields;
use super::problem::Problem;
use super::render::{self, Object, Style, amount};
use super::request::{Call, Me};
use crate::app::App;
use crate::app::access::Scope;
use crate::app::bids::{Bid, Offer};
use crate::app::deliveries::{Delivered, Delivery, Package, Try};
use crate::app::judging::Attachment;
use crate::app::payments::{Intent, Payment};
use crate::app::plugins::Named;
use crate::app::posting::Post;
use crate::app::pricing::Model;
use crate::app::reviews::Review;
use crate::app::tasks::TaskView;
use crate::config::{Limits, Surface};
use crate::gateways::Method;

const STYLE: Style = Style::Commission;

/// Longest deadline: a year.
pub const DEADLINE_HOURS_MAX: i64 = 24 * 366;

/// `POST /api/credits/deposit {amount}`: opens a payment, answers where to pay it.
pub async fn deposit(State(app): State<Arc<App>>, call: Call) -> Outcome {
    let amount = call.fields.amount("amount", Asset::Usd)?;
    if amount == 0 {
        return Err(Refusal::field("amount", "must be above zero").into());
    }
    let intent = Intent { amount, method: Method::Card, coin: None, task: None };
    let render = |payment: &Payment| reply(201, &with_data(payment_opened(payment)));
    answer::of(app.open_payment(call.ask(Scope::Finance)?, &intent, render).await)
}

fn payment_opened(payment: &Payment) -> Value {
    Object::new(STYLE)
        .set("id", payment.id.to_string())
        .set("payment_id", payment.id.to_string())
        .set("status", payment.status.as_str())
        .money("amount", payment.asset, payment.amount)
        .set("currency", payment.asset.code())
        .set("checkout_url", payment.body.url.clone())
        .done()
}

/// `GET /api/credits/balance`.
pub async fn balance(State(app): State<Arc<App>>, Me(caller): Me) -> Outcome {
    let balance = app.balance(caller.party, Asset::Usd).await?;
    let money = |object: Object, name, units| object.money(name, balance.asset, units);
    let object = money(Object::new(STYLE), "available", balance.available);
    let object = money(object, "reserved", balance.reserved);
    let object = money(object, "pending", balance.pending);
    let object = money(object, "withdrawable", balance.withdrawable);
    let object = money(object, "total", balance.total());
    ok(&with_data(object.set("currency", balance.asset.code()).done()))
}

/// `GET /api/bots/me/commissioning`.
pub async fn guardrails(State(app): State<Arc<App>>, Me(caller): Me) -> Outcome {
    let (guardrails, _) = app.guardrails(caller.party).await?;
    ok(&with_data(guardrails_object(&guardrails)))
}

/// `POST /api/bots/me/commissioning {enabled?, guardrails?}`: sets all of them at once.
pub async fn set_guardrails(State(app): State<Arc<App>>, call: Call) -> Outcome {
    let wanted = read_guardrails(&call.fields)?;
    let render = |guardrails: &Guardrails| reply(200, &with_data(guardrails_object(guardrails)));
    let bot = call.caller().party;
    answer::of(app.set_guardrails(call.ask(Scope::Commission)?, bot, &wanted, render).await)
}

/// Guardrails, under the names of either case.
pub fn read_guardrails(fields: &Fields) -> Result<Guardrails, Refusal> {
    let enabled = fields.flag("enabled")?.unwrap_or(true);
    match fields.inner("guardrails")? {
        Some(given) => read_rules(enabled, &given),
        None => Ok(Guardrails { enabled, ..Guardrails::default() }),
    }
}

/// The guardrails themselves; an absent one is no limit.
pub fn read_rules(enabled: bool, given: &Fields) -> Result<Guardrails, Refusal> {
    let categories = given.texts("allowed_categories", 100, 100)?;
    let given_categories = !given.json("allowed_categories")?.is_null();
    Ok(Guardrails {
        enabled,
        max_task_budget: given.amount_if_given("max_task_budget", Asset::Usd)?,
        max_daily_spend: given.amount_if_given("max_daily_spend", Asset::Usd)?,
        max_open_tasks: given.whole("max_open_tasks", 0..=1_000_000)?,
        allowed_categories: given_categories.then_some(categories),
        require_human_approval_above: given.amount_if_given("require_human_approval_above", Asset::Usd)?,
        auto_review: given.flag("auto_review")?.unwrap_or(false),
    })
}

/// Guardrails as they are shown.
pub fn guardrails_object(guardrails: &Guardrails) -> Value {
    let money = |units: Option<i64>| units.map_or(Value::Null, |units| amount(STYLE, Asset::Usd, units));
    json!({
        "enabled": guardrails.enabled,
        "guardrails": {
            "max_task_budget": money(guardrails.max_task_budget),
            "max_daily_spend": money(guardrails.max_daily_spend),
            "max_open_tasks": guardrails.max_open_tasks,
            "allowed_categories": guardrails.allowed_categories,
            "require_human_approval_above": money(guardrails.require_human_approval_above),
            "auto_review": guardrails.auto_review,
        },
    })
}

/// `POST /api/tasks`.
pub async fn post_task(State(app): State<Arc<App>>, call: Call) -> Outcome {
    let post = read_post(&call.fields, &app.settings.limits)?;
    answer::of(app.post(call.ask(Scope::Commission)?, &post, posted).await)
}

/// A post in dollars.
pub fn read_post(fields: &Fields, limits: &Limits) -> Result<Post, Refusal> {
    let hours = fields.whole("deadline_hours", 1..=DEADLINE_HOURS_MAX)?;
    Ok(Post {
        title: fields.name("title", 1..=limits.title_characters_max)?,
        description: fields.text_if_given("description", 0..=limits.text_characters_max)?.unwrap_or_default(),
        category: fields.name_if_given("category", 1..=100)?.unwrap_or_else(|| "general".into()),
        skills: fields.texts("skills", 50, 100)?,
        budget: fields.amount("budget", Asset::Usd)?,
        deadline_hours: hours.and_then(|hours| u32::try_from(hours).ok()),
        criteria: fields.texts("acceptance_criteria", limits.criteria_max, 1_000)?,
        checks: fields.objects("checks", limits.checks_max)?,
        verifiers: read_verifiers(fields, limits)?,
        pricing: read_pricing(fields)?,
        ..Post::new(Surface::Commission, Mode::Bid)
    })
}

/// One verifier, or a list of them: `{digest | name, config}`.
pub fn read_verifiers(fields: &Fields, limits: &Limits) -> Result<Vec<Named>, Refusal> {
    if !fields.json("verifier")?.is_array() {
        let one = fields.inner("verifier")?;
        return one.map(|one| read_verifier(&one, "verifier".to_owned())).into_iter().collect();
    }
    let list = fields.inner_list("verifier", limits.verifiers_per_task_max)?;
    list.iter().enumerate().map(|(at, one)| read_verifier(one, format!("verifier[{at}]"))).collect()
}

fn read_verifier(fields: &Fields, path: String) -> Result<Named, Refusal> {
    let digest = fields.name_if_given("digest", 1..=100)?;
    let name = fields.name_if_given("name", 1..=201)?;
    let (component, by_digest) = match (digest, name) {
        (Some(digest), None) => (digest, true),
        (None, Some(name)) => (name, false),
        _ => return Err(Refusal::field(path, "must have a digest, or a name such as word-range@1.0.0")),
    };
    let config = fields.json("config")?;
    Ok(Named { path, component, by_digest, config: if config.is_null() { json!({}) } else { config } })
}

/// A model by its name, or an object of `model`, `config` and `closes_in_hours`.
fn read_pricing(fields: &Fields) -> Result<Option<Model>, Refusal> {
    let given = fields.json("pricing_model")?;
    if given.is_null() {
        return Ok(None);
    }
    if let Some(name) = given.as_str() {
        return Ok(Some(Model {
            name: name.into(),
            config: json!({}),
            closes_in_hours: None,
            closes_at: None,
        }));
    }
    let inner = fields.needed("pricing_model", "a name or an object", fields.inner("pricing_model")?)?;
    let hours = inner.whole("closes_in_hours", 1..=DEADLINE_HOURS_MAX)?;
    let config = inner.json("config")?;
    Ok(Some(Model {
        name: inner.name("model", 1..=100)?,
        config: if config.is_null() { json!({}) } else { config },
        closes_in_hours: hours.and_then(|hours| u32::try_from(hours).ok()),
        closes_at: None,
    }))
}

/// 201, or 202 for a post that waits for its owner.
fn posted(view: &TaskView) -> Reply {
    let mut object = render::task(STYLE, view);
    let Some(approval) = view.approval else { return reply(201, &with_data(object)) };
    object["approval_id"] = approval.to_string().into();
    reply(202, &with_data(object))
}

fn task_reply(status: u16, view: &TaskView) -> Reply {
    reply(status, &with_data(render::task(STYLE, view)))
}

/// `GET /api/tasks?limit=&cursor=`: tasks the caller posted or does.
pub async fn tasks(
    State(app): State<Arc<App>>,
    Me(caller): Me,
    Query(query): Query<HashMap<String, String>>,
) -> Outcome {
    let limit = page_limit(&query, 100, app.settings.limits.page_items_max)?;
    let page = app.tasks_of(&caller, query_text(&query, "cursor")?, limit).await?;
    let items: Vec<Value> = page.items.iter().map(|view| render::task(STYLE, view)).collect();
    let response = ok(&json!({ "data": items, "count": items.len() }))?;
    Ok(linked(response, "/api/tasks", &query, limit, page.next.as_deref()))
}

/// Says where the next page is.
pub fn linked(
    mut response: Response,
    path: &str,
    query: &HashMap<String, String>,
    limit: usize,
    next: Option<&str>,
) -> Response {
    let Some(next) = next else { return response };
    let mut link = url::form_urlencoded::Serializer::new(String::new());
    let kept = query.iter().filter(|(name, _)| !["limit", "cursor"].contains(&name.as_str()));
    let kept: BTreeMap<&String, &String> = kept.collect();
    link.extend_pairs(kept).append_pair("limit", &limit.to_string()).append_pair("cursor", next);
    if let Ok(link) = HeaderValue::from_str(&format!("<{path}?{}>; rel=\"next\"", link.finish())) {
        response.headers_mut().insert(header::LINK, link);
    }
    response
}

/// A text of the query. The database is not asked for what it cannot hold.
pub fn query_text<'q>(query: &'q HashMap<String, String>, name: &str) -> Result<Option<&'q str>, Refusal> {
    let text = query.get(name).map(String::as_str);
    if text.is_some_and(|text| text.chars().any(char::is_control) || text.len() > 200) {
        return Err(Refusal::field(name, "must be at most 200 characters without control characters"));
    }
    Ok(text)
}

/// How many rows a page is to have.
pub fn page_limit(query: &HashMap<String, String>, usual: usize, most: usize) -> Result<usize, Refusal> {
    let Some(text) = query.get("limit") else { return Ok(usual.min(most)) };
    let fits = |limit: &usize| (1..=most).contains(limit);
    let wrong = || Refusal::field("limit", format!("must be a whole number from 1 to {most}"));
    text.parse().ok().filter(fits).ok_or_else(wrong)
}

/// `GET /api/tasks/{id}`.
pub async fn task(State(app): State<Arc<App>>, Me(caller): Me, Path(id): Path<String>) -> Outcome {
    let view = app.look(&caller, path_id(&id, "task")?).await?;
    ok(&with_data(render::task(STYLE, &view)))
}

/// `GET /api/tasks/{id}/detail`: the task, its proposals and deliverables.
pub async fn task_detail(State(app): State<Arc<App>>, Me(caller): Me, Path(id): Path<String>) -> Outcome {
    let id: TaskId = path_id(&id, "task")?;
    let view = app.look(&caller, id).await?;
    let bids = app.bids(&caller, id).await?;
    let deliveries = app.deliveries(&caller, id).await?;
    ok(&with_data(json!({
        "task": render::task(STYLE, &view),
        "proposals": bids.iter().map(|bid| render::bid(STYLE, bid)).collect::<Vec<_>>(),
        "deliverables": deliveries.iter().map(|one| render::delivery(STYLE, one)).collect::<Vec<_>>(),
    })))
}

/// `POST /api/tasks/{id}/cancel`.
pub async fn cancel(State(app): State<Arc<App>>, Path(id): Path<String>, call: Call) -> Outcome {
    let id = path_id(&id, "task")?;
    answer::of(app.cancel(call.ask(Scope::Commission)?, id, |view| task_reply(200, view)).await)
}

/// An id of the path. One that is no UUID names nothing.
pub fn path_id<T: std::str::FromStr>(text: &str, what: &str) -> Result<T, Problem> {
    text.parse().map_err(|_| Refusal::not_found(what).into())
}

/// `POST /api/proposals {task_id, proposed_amount, cover_letter}`.
pub async fn propose(State(app): State<Arc<App>>, call: Call) -> Outcome {
    let task = call.fields.id("task_id")?;
    let offer = read_offer(&call.fields, &app.settings.limits, ["proposed_amount", "proposed_price"])?;
    let render = |bid: &Bid| reply(201, &with_data(render::bid(STYLE, bid)));
    answer::of(app.bid(call.ask(Scope::Work)?, task, &offer, render).await)
}

/// An offer, under the names of any surface; the first is the surface's own.
pub fn read_offer(fields: &Fields, limits: &Limits, names: [&'static str; 2]) -> Result<Offer, Refusal> {
    let (price_field, price) = fields.amount_digits(&names)?;
    let cover_letter =
        fields.text_if_given("cover_letter", 0..=limits.text_characters_max)?.unwrap_or_default();
    Ok(Offer { price, price_field, cover_letter })
}

/// `GET /api/proposals?task_id=`: a bare array.
pub async fn proposals(
    State(app): State<Arc<App>>,
    Me(caller): Me,
    Query(query): Query<HashMap<String, String>>,
) -> Outcome {
    let bids = app.bids(&caller, query_task(&query)?).await?;
    ok(&bids.iter().map(|bid| render::bid(STYLE, bid)).collect::<Vec<_>>())
}

fn query_task(query: &HashMap<String, String>) -> Result<TaskId, Refusal> {
    let text =
        query.get("task_id").ok_or_else(|| Refusal::field("task_id", "is missing: ?task_id= is needed"))?;
    text.parse().map_err(|_| Refusal::field("task_id", "must be a UUID"))
}

/// `POST /api/proposals/{id}/accept`.
pub async fn accept_proposal(State(app): State<Arc<App>>, Path(id): Path<String>, call: Call) -> Outcome {
    let id: BidId = path_id(&id, "proposal")?;
    answer::of(app.accept_bid(call.ask(Scope::Commission)?, id, bid_decided).await)
}

/// `POST /api/proposals/{id}/reject`.
pub async fn reject_proposal(State(app): State<Arc<App>>, Path(id): Path<String>, call: Call) -> Outcome {
    let id: BidId = path_id(&id, "proposal")?;
    answer::of(app.reject_bid(call.ask(Scope::Commission)?, id, bid_decided).await)
}

fn bid_decided(bid: &Bid) -> Reply {
    reply(200, &with_data(render::bid(STYLE, bid)))
}

/// `POST /api/deliverables {task_id, content, summary?, attachments?}`.
pub async fn deliver(State(app): State<Arc<App>>, call: Call) -> Outcome {
    let task = call.fields.id("task_id")?;
    let package = read_package(&call.fields, &app.settings.limits)?;
    let render = |done: &Delivered| {
        let mut object = render::delivery(STYLE, &done.delivery);
        object["task_status"] = done.task_status.clone().into();
        reply(201, &with_data(object))
    };
    answer::of(app.deliver(call.ask(Scope::Work)?, task, &package, Try::First, render).await)
}

/// A package of work, under the names of any surface.
pub fn read_package(fields: &Fields, limits: &Limits) -> Result<Package, Refusal> {
    let content = fields.text_if_given("content", 0..=usize::MAX)?;
    let content = fields.needed("content", "the work itself, as a text", content)?;
    if content.len() > limits.content_bytes_max {
        let (size, most) = (content.len(), limits.content_bytes_max);
        return Err(Refusal {
            code: Code::TooLarge,
            ..Refusal::field("content", format!("has {size} bytes, at most {most} allowed"))
        });
    }
    let summary = fields.text_if_given("summary", 0..=limits.text_characters_max)?.unwrap_or_default();
    Ok(Package { content, summary, attachments: read_attachments(fields)? })
}

/// What is said about the files of a package.
pub fn read_attachments(fields: &Fields) -> Result<Vec<Attachment>, Refusal> {
    fields.inner_list("attachments", 50)?.iter().map(read_attachment).collect()
}

/// A file: `{name, mediaType, sizeBytes, sha256, url?}`. The address is kept and shown,
/// and nobody here goes there.
fn read_attachment(file: &Fields) -> Result<Attachment, Refusal> {
    let sha256 = file.name("sha256", 64..=64)?.to_ascii_lowercase();
    if !sha256.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(Refusal::field("attachments.sha256", "must be 64 hexadecimal digits"));
    }
    let size = file.whole("size_bytes", 0..=i64::MAX)?;
    let url = file.name_if_given("url", 1..=2_000)?;
    if url.as_ref().is_some_and(|url| !url.starts_with("https://")) {
        return Err(Refusal::field("attachments.url", "must begin with https://"));
    }
    Ok(Attachment {
        name: file.name("name", 1..=255)?,
        media_type: file.name("media_type", 1..=100)?,
        size_bytes: file.needed("size_bytes", "a number of bytes", size)?.unsigned_abs(),
        sha256,
        url,
    })
}

/// `GET /api/deliverables?task_id=`: a bare array.
pub async fn deliverables(
    State(app): State<Arc<App>>,
    Me(caller): Me,
    Query(query): Query<HashMap<String, String>>,
) -> Outcome {
    let deliveries = app.deliveries(&caller, query_task(&query)?).await?;
    ok(&deliveries.iter().map(|one| render::delivery(STYLE, one)).collect::<Vec<_>>())
}

/// `PATCH /api/deliverables {id, status, review_notes}`.
pub async fn review(State(app): State<Arc<App>>, call: Call) -> Outcome {
    let id: DeliveryId = call.fields.id("id")?;
    let (word, notes) = read_review(&call.fields, &app.settings.limits)?;
    let render = |one: &Delivery| reply(200, &with_data(render::delivery(STYLE, one)));
    answer::of(app.review(call.ask(Scope::Commission)?, id, word, &notes, render).await)
}

/// A poster's word on a delivery, and their notes.
pub fn read_review(fields: &Fields, limits: &Limits) -> Result<(Review, String), Refusal> {
    let words = Review::ALL.map(|word| (word.as_str(), word));
    let word = fields.word("status", &words)?;
    let word = fields.needed("status", "accepted, revision_requested or rejected", word)?;
    let notes = fields.text_if_given("review_notes", 0..=limits.text_characters_max)?.unwrap_or_default();
    Ok((word, notes))
}
