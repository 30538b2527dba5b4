//! Rewards on `/api/v1/agent`, and what the operator says to redemptions on `/v1/admin`.

use std::collections::HashMap;
use std::sync::Arc;

use assay_db::Reply;
use assay_domain::ids::{RedemptionId, RewardId};
use assay_domain::money::Asset;
use assay_domain::refusal::Refusal;
use axum::extract::{Path, Query, State};
use serde_json::{Value, json};

use super::answer::{self, Outcome, enveloped, ok, reply, with_data};
use super::commission::{linked, page_limit, path_id, query_text};
use super::render::{Object, Style};
use super::request::{Call, Me};
use crate::app::App;
use crate::app::access::Scope;
use crate::app::rewards::{Redemption, Reward, Ruling};

const STYLE: Style = Style::Camel;

/// `GET /api/v1/agent/rewards`: `{"data":[{id, rewardId, reward, name, price, currency,
/// inStock}]}`.
pub async fn rewards(State(app): State<Arc<App>>, Me(_): Me) -> Outcome {
    let rewards = app.rewards().await?;
    ok(&json!({ "data": rewards.iter().map(reward).collect::<Vec<_>>() }))
}

fn reward(reward: &Reward) -> Value {
    Object::new(STYLE)
        .set("id", reward.row.id.clone())
        .set("reward_id", reward.row.id.clone())
        .set("reward", reward.row.word.clone())
        .set("name", reward.row.name.clone())
        .money("price", Asset::Cr, reward.row.price)
        .set("currency", Asset::Cr.code())
        .set("in_stock", reward.in_stock)
        .done()
}

/// `POST /api/v1/agent/rewards/{id}/redeem`: 201 and the redemption, `pending` until the
/// operator decides, or `settled` with its `code`. Free credits only, by a human or an
/// agent with an owner; 409 `OUT_OF_STOCK`, 429 above a day's limit.
pub async fn redeem(State(app): State<Arc<App>>, Path(id): Path<String>, call: Call) -> Outcome {
    let id: RewardId = path_id(&id, "reward")?;
    answer::of(app.redeem(call.ask(Scope::Finance)?, id, redeemed).await)
}

/// The code is in the one answer; what is kept of that is without it.
fn redeemed(redemption: &Redemption) -> Reply {
    let body = |one: &Redemption| answer::bytes(&with_data(shown(one)));
    let kept = Redemption { code: None, ..redemption.clone() };
    Reply { status: 201, body: body(redemption), stored: Some(body(&kept)) }
}

/// `GET /api/v1/agent/redemptions?limit=&cursor=`: the caller's own and its agents',
/// newest first; settled ones with their `code`.
pub async fn redemptions(
    State(app): State<Arc<App>>,
    Me(caller): Me,
    Query(query): Query<HashMap<String, String>>,
) -> Outcome {
    let limit = page_limit(&query, 20, app.settings.limits.page_items_max)?;
    let page = app.redemptions(&caller, query_text(&query, "cursor")?, limit).await?;
    let items: Vec<Value> = page.items.iter().map(shown).collect();
    let response = ok(&json!({ "data": items }))?;
    Ok(linked(response, "/api/v1/agent/redemptions", &query, limit, page.next.as_deref()))
}

/// `GET /v1/admin/redemptions?status=&limit=&cursor=`: everybody's, newest first, by the
/// operator. No code is in it.
pub async fn all(
    State(app): State<Arc<App>>,
    Me(caller): Me,
    Query(query): Query<HashMap<String, String>>,
) -> Outcome {
    caller.require(Scope::Admin)?;
    let limit = page_limit(&query, 20, app.settings.limits.page_items_max)?;
    let status = query_text(&query, "status")?.unwrap_or_default();
    if !["", "pending", "settled", "refused"].contains(&status) {
        return Err(Refusal::field("status", "must be one of pending, settled, refused").into());
    }
    let page = app.all_redemptions(status, query_text(&query, "cursor")?, limit).await?;
    ok(&enveloped(json!({
        "items": page.items.iter().map(shown).collect::<Vec<_>>(),
        "pagination": {
            "next_cursor": page.next,
            "has_more": page.next.is_some(),
            "total_estimate": page.total_estimate,
        },
    })))
}

/// `POST /v1/admin/redemptions/{id}/approve`: the code is theirs.
pub async fn approve(app: State<Arc<App>>, id: Path<String>, call: Call) -> Outcome {
    rule(app, id, call, Ruling::Approve).await
}

/// `POST /v1/admin/redemptions/{id}/refuse {reason?}`: code and credits go back.
pub async fn refuse(app: State<Arc<App>>, id: Path<String>, call: Call) -> Outcome {
    let reason = call.fields.text_if_given("reason", 0..=1_000)?;
    rule(app, id, call, Ruling::Refuse { reason }).await
}

async fn rule(State(app): State<Arc<App>>, Path(id): Path<String>, call: Call, ruling: Ruling) -> Outcome {
    let ask = call.ask(Scope::Admin)?;
    ask.caller.in_person("decide about redemptions")?;
    let id: RedemptionId = path_id(&id, "redemption")?;
    let render = |one: &Redemption| reply(200, &enveloped(shown(one)));
    answer::of(app.rule_redemption(ask, id, &ruling, render).await)
}

fn shown(redemption: &Redemption) -> Value {
    Object::new(STYLE)
        .set("id", redemption.id.to_string())
        .set("redemption_id", redemption.id.to_string())
        .set("reward_id", redemption.reward.to_string())
        .set("reward_name", redemption.body.reward_name.clone())
        .set("party_id", redemption.party.to_string())
        .money("price", Asset::Cr, redemption.price)
        .set("currency", Asset::Cr.code())
        .set("status", redemption.status.clone())
        .set("code", redemption.code.clone())
        .set("reason", redemption.body.reason.clone())
        .time("created_at", redemption.created_at)
        .time_if("decided_at", redemption.decided_at)
        .done()
}
