//! `/api`: what owners allow their bots and decide for them, and what suits a worker.
//! Snake case, money as numbers.

use std::collections::HashMap;
use std::sync::Arc;

use assay_db::Reply;
use assay_domain::guardrails::Guardrails;
use assay_domain::ids::{ApprovalId, PartyId};
use assay_domain::money::Asset;
use assay_domain::refusal::Refusal;
use axum::extract::{Path, Query, State};
use serde_json::{Map, Value, json};

use super::answer::{self, Outcome, ok, reply, with_data};
use super::commission::{guardrails_object, linked, page_limit, path_id, query_text, read_guardrails};
use super::fields::Fields;
use super::problem::Problem;
use super::render::{self, Object, Style, amount};
use super::request::{Call, Me};
use crate::app::access::Scope;
use crate::app::approvals::{Approval, Decision, Status};
use crate::app::recommending::Recommended;
use crate::app::spending::Spending;
use crate::app::{App, Caller};

const STYLE: Style = Style::Commission;

/// A bot of the path: its id, or `me`.
fn bot_of(text: &str, caller: &Caller) -> Result<PartyId, Problem> {
    if text == "me" { Ok(caller.party) } else { path_id(text, "bot") }
}

/// `GET /api/bots/{id}/commissioning`: a bot's guardrails, for itself, its owner and the
/// operator.
pub async fn guardrails(State(app): State<Arc<App>>, Me(caller): Me, Path(id): Path<String>) -> Outcome {
    let guardrails = app.guardrails_of(&caller, bot_of(&id, &caller)?).await?;
    ok(&with_data(guardrails_object(&guardrails)))
}

/// `POST /api/bots/{id}/commissioning {enabled?, guardrails?}`: sets all of them at once; an
/// absent one is no limit. 403 `OWNER_ONLY` names the first field that only the owner may
/// loosen.
pub async fn set_guardrails(State(app): State<Arc<App>>, Path(id): Path<String>, call: Call) -> Outcome {
    let wanted = read_guardrails(&call.fields)?;
    let bot = bot_of(&id, call.caller())?;
    let render = |guardrails: &Guardrails| reply(200, &with_data(guardrails_object(guardrails)));
    answer::of(app.set_guardrails(call.ask(Scope::Commission)?, bot, &wanted, render).await)
}

/// `GET /api/bots/{id}/spending`: what a bot spent today (UTC), for itself (`me`), its owner
/// and the operator. `max_daily_spend` and `remaining_today` are null without that limit.
pub async fn spending(State(app): State<Arc<App>>, Me(caller): Me, Path(id): Path<String>) -> Outcome {
    let bot = bot_of(&id, &caller)?;
    let spending = app.spending(&caller, bot).await?;
    ok(&with_data(spending_object(bot, &spending)))
}

fn spending_object(bot: PartyId, spending: &Spending) -> Value {
    let usd = |units: i64| amount(STYLE, Asset::Usd, units);
    let left = spending.max_daily.map(|most| (most - spending.today).max(0));
    let by_category: Map<String, Value> =
        spending.by_category.iter().map(|(category, units)| (category.clone(), usd(*units))).collect();
    Object::new(STYLE)
        .set("id", bot.to_string())
        .set("spent_today", usd(spending.today))
        .set("max_daily_spend", spending.max_daily.map(usd))
        .set("remaining_today", left.map(usd))
        .set("open_tasks", spending.open_tasks)
        .set("by_category", by_category)
        .time("resets_at", spending.resets_at)
        .done()
}

/// `GET /api/approvals?status=&limit=&cursor=`: posts that wait or waited for a person,
/// newest first: `{"data":[…],"count":n}`.
pub async fn approvals(
    State(app): State<Arc<App>>,
    Me(caller): Me,
    Query(query): Query<HashMap<String, String>>,
) -> Outcome {
    let status = match query_text(&query, "status")? {
        None | Some("") => None,
        Some(word) => Some(read_status(word)?),
    };
    let limit = page_limit(&query, 100, app.settings.limits.page_items_max)?;
    let page = app.approvals(&caller, status, query_text(&query, "cursor")?, limit).await?;
    let page = page.map(|approval| approval_object(&approval));
    let response = ok(&json!({ "data": page.items, "count": page.items.len() }))?;
    Ok(linked(response, "/api/approvals", &query, limit, page.next.as_deref()))
}

fn read_status(word: &str) -> Result<Status, Refusal> {
    let known = || Status::ALL.map(Status::as_str).join(", ");
    let found = Status::ALL.into_iter().find(|status| status.as_str() == word);
    found.ok_or_else(|| Refusal::field("status", format!("must be one of {}", known())))
}

fn approval_object(approval: &Approval) -> Value {
    let task = &approval.task;
    let (spec, terms) = (&task.spec, &task.spec.terms);
    Object::new(STYLE)
        .set("id", approval.id.to_string())
        .set("approval_id", approval.id.to_string())
        .set("task_id", task.id.to_string())
        .set("bot_id", approval.bot.to_string())
        .set("status", approval.status.as_str())
        .set("task_status", task.state.word())
        .set("title", spec.title.clone())
        .set("category", spec.category.clone())
        .set("currency", terms.asset.code())
        .money("budget", terms.asset, spec.budget)
        .money("fee", terms.asset, terms.fee_on_top(spec.budget))
        .set("decided_by", approval.body.decided_by.clone())
        .set("note", approval.body.note.clone())
        .time("created_at", approval.created_at)
        .time_if("decided_at", approval.decided_at)
        .done()
}

/// `POST /api/approvals/{id}/resolve {decision, note?}`: `approve` opens the task, `reject`
/// sends the money back; by the bot's owner or the operator, never by the bot or a
/// handoff. 409 when it is decided already.
pub async fn resolve(State(app): State<Arc<App>>, Path(id): Path<String>, call: Call) -> Outcome {
    let id: ApprovalId = path_id(&id, "approval")?;
    let (decision, note) = read_decision(&call.fields)?;
    let render = |approval: &Approval| -> Reply { reply(200, &with_data(approval_object(approval))) };
    answer::of(app.resolve_approval(call.ask(Scope::Commission)?, id, decision, &note, render).await)
}

/// What a person says to a post, and why.
pub fn read_decision(fields: &Fields) -> Result<(Decision, String), Refusal> {
    let words = [("approve", Decision::Approve), ("reject", Decision::Reject)];
    let decision = fields.word("decision", &words)?;
    let decision = fields.needed("decision", "approve or reject", decision)?;
    Ok((decision, fields.text_if_given("note", 0..=4_000)?.unwrap_or_default()))
}

/// `GET /api/tasks/recommended?currency=&limit=&cursor=`: open tasks that take bids, those
/// that suit the caller best first, each with `match_score` from 0 to 1 and `match_reasons`.
pub async fn recommended(app: State<Arc<App>>, me: Me, query: Query<HashMap<String, String>>) -> Outcome {
    suited("/api/tasks/recommended", app, me, query).await
}

/// `GET /api/tasks/matched`: the same as `/api/tasks/recommended`.
pub async fn matched(app: State<Arc<App>>, me: Me, query: Query<HashMap<String, String>>) -> Outcome {
    suited("/api/tasks/matched", app, me, query).await
}

async fn suited(
    path: &str,
    State(app): State<Arc<App>>,
    Me(caller): Me,
    Query(query): Query<HashMap<String, String>>,
) -> Outcome {
    let asset = match query.get("currency") {
        Some(text) => Asset::parse(text).ok_or_else(|| Refusal::field("currency", "must be USD or CR"))?,
        None => Asset::Usd,
    };
    let limit = page_limit(&query, 100, app.settings.limits.page_items_max)?;
    let page = app.recommended(&caller, asset, query_text(&query, "cursor")?, limit).await?;
    let page = page.map(|one| recommended_object(&one));
    let response = ok(&json!({ "data": page.items, "count": page.items.len() }))?;
    Ok(linked(response, path, &query, limit, page.next.as_deref()))
}

fn recommended_object(one: &Recommended) -> Value {
    let mut object = render::task(STYLE, &one.view);
    // Written from its own digits, which a float of the same shows again.
    object["match_score"] = serde_json::from_str(&one.fit.score.to_string()).unwrap_or(Value::Null);
    object["match_reasons"] = one.fit.reasons.clone().into();
    object
}
