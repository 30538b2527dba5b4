//! `/v1/webhooks`: where somebody is told of what concerns them, and what became of it.

use std::collections::HashMap;
use std::sync::Arc;

use assay_db::Reply;
use assay_domain::ids::{Timestamp, WebhookId};
use assay_domain::refusal::Refusal;
use axum::extract::{Path, Query, State};
use serde_json::{Value, json};
use uuid::Uuid;

use super::answer::{self, Outcome, enveloped, ok, reply};
use super::commission::{page_limit, path_id, query_text};
use super::fields::Fields;
use super::render::{Object, Style};
use super::request::{Call, Me};
use crate::app::App;
use crate::app::access::Scope;
use crate::app::webhooks::{Shown, Telling, Wanted, Webhook};

const STYLE: Style = Style::Camel;
/// Any of these opens them: each of the three has events of its own.
const SCOPES: [Scope; 3] = [Scope::Commission, Scope::Work, Scope::Finance];
/// Kinds a webhook may name.
const EVENTS_MAX: usize = 50;

/// `POST /v1/webhooks {url, events?, description?}`: 201 and the webhook with its `secret`,
/// shown this once. `events` are kinds such as `task.claimed` or groups such as `task`;
/// none is all.
pub async fn add(State(app): State<Arc<App>>, call: Call) -> Outcome {
    let wanted = read_wanted(&call.fields)?;
    call.fields.needed("url", "an address to post to", wanted.url.as_ref())?;
    answer::of(app.add_webhook(call.ask_any(&SCOPES)?, &wanted, |one| with_secret(201, one)).await)
}

fn read_wanted(fields: &Fields) -> Result<Wanted, Refusal> {
    let events = fields.texts("events", EVENTS_MAX, 100)?;
    let given = !fields.json("events")?.is_null();
    Ok(Wanted {
        url: fields.name_if_given("url", 1..=2_000)?,
        events: given.then_some(events),
        description: fields.name_if_given("description", 0..=200)?,
        enabled: fields.flag("enabled")?,
    })
}

/// The secret is in the one answer; what is kept of that is without it.
fn with_secret(status: u16, one: &Shown) -> Reply {
    let body = |secret: Value| {
        let mut object = shown(&one.webhook);
        object["secret"] = secret;
        answer::bytes(&enveloped(object))
    };
    let secret = one.secret.clone().map_or(Value::Null, Value::from);
    Reply { status, body: body(secret), stored: Some(body(Value::Null)) }
}

/// `GET /v1/webhooks`: the caller's, newest first.
pub async fn list(State(app): State<Arc<App>>, Me(caller): Me) -> Outcome {
    let webhooks = app.webhooks(&caller).await?;
    ok(&enveloped(json!({ "items": webhooks.iter().map(shown).collect::<Vec<_>>() })))
}

/// `GET /v1/webhooks/{id}`.
pub async fn one(State(app): State<Arc<App>>, Me(caller): Me, Path(id): Path<String>) -> Outcome {
    let webhook = app.webhook(&caller, path_id(&id, "webhook")?).await?;
    ok(&enveloped(shown(&webhook)))
}

/// `PATCH /v1/webhooks/{id} {url?, events?, description?, enabled?}`.
pub async fn change(State(app): State<Arc<App>>, Path(id): Path<String>, call: Call) -> Outcome {
    let id = path_id(&id, "webhook")?;
    let wanted = read_wanted(&call.fields)?;
    answer::of(app.change_webhook(call.ask_any(&SCOPES)?, id, &wanted, without_secret).await)
}

/// `DELETE /v1/webhooks/{id}`: nothing more is sent there.
pub async fn remove(State(app): State<Arc<App>>, Path(id): Path<String>, call: Call) -> Outcome {
    let id = path_id(&id, "webhook")?;
    answer::of(app.drop_webhook(call.ask_any(&SCOPES)?, id, without_secret).await)
}

/// `POST /v1/webhooks/{id}/rotate`: a new `secret`, shown this once. The old one signs too
/// for a day.
pub async fn rotate(State(app): State<Arc<App>>, Path(id): Path<String>, call: Call) -> Outcome {
    let id = path_id(&id, "webhook")?;
    answer::of(app.rotate_webhook(call.ask_any(&SCOPES)?, id, |one| with_secret(200, one)).await)
}

fn without_secret(one: &Shown) -> Reply {
    reply(200, &enveloped(shown(&one.webhook)))
}

/// `GET /v1/webhooks/{id}/deliveries?limit=&cursor=`: what it was told, newest first, each
/// with `status` (`pending`, `delivered`, `failed`, `cancelled`), `attempts`,
/// `responseCode`, `error`, `nextAttemptAt`.
pub async fn deliveries(
    State(app): State<Arc<App>>,
    Me(caller): Me,
    Path(id): Path<String>,
    Query(query): Query<HashMap<String, String>>,
) -> Outcome {
    let id: WebhookId = path_id(&id, "webhook")?;
    let limit = page_limit(&query, 20, app.settings.limits.page_items_max)?;
    let page = app.tellings(&caller, id, query_text(&query, "cursor")?, limit).await?;
    ok(&enveloped(json!({
        "items": page.items.iter().map(telling).collect::<Vec<_>>(),
        "pagination": {
            "next_cursor": page.next,
            "has_more": page.next.is_some(),
            "total_estimate": page.total_estimate,
        },
    })))
}

/// `POST /v1/webhooks/{id}/deliveries/{did}/redeliver`: 202, sent again under the same
/// `webhook-id`; 409 while the webhook is disabled.
pub async fn redeliver(
    State(app): State<Arc<App>>,
    Path((id, delivery)): Path<(String, String)>,
    call: Call,
) -> Outcome {
    let id: (WebhookId, Uuid) = (path_id(&id, "webhook")?, path_id(&delivery, "delivery")?);
    answer::of(app.tell_again(call.ask_any(&SCOPES)?, id, telling_reply).await)
}

/// `POST /v1/webhooks/{id}/test`: 202, sends a message of type `webhook.test`.
pub async fn test(State(app): State<Arc<App>>, Path(id): Path<String>, call: Call) -> Outcome {
    let id = path_id(&id, "webhook")?;
    answer::of(app.try_webhook(call.ask_any(&SCOPES)?, id, telling_reply).await)
}

fn telling_reply(one: &Telling) -> Reply {
    reply(202, &enveloped(telling(one)))
}

fn shown(webhook: &Webhook) -> Value {
    Object::new(STYLE)
        .set("id", webhook.id.to_string())
        .set("webhook_id", webhook.id.to_string())
        .set("url", webhook.body.url.clone())
        .set("events", webhook.body.events.clone())
        .set("description", webhook.body.description.clone())
        .set("status", if webhook.enabled { "enabled" } else { "disabled" })
        .set("disabled_because", webhook.body.disabled_because.clone())
        .time("created_at", webhook.created_at)
        .done()
}

fn telling(one: &Telling) -> Value {
    let next = (one.status == "pending").then_some(one.next_at);
    Object::new(STYLE)
        .set("id", one.id.to_string())
        .set("delivery_id", one.id.to_string())
        .set("webhook_id", one.webhook.to_string())
        .set("message_id", format!("msg_{}", one.id))
        .set("type", one.kind.clone())
        .set("status", one.status.clone())
        .set("attempts", one.attempts)
        .set("response_code", one.body.response_code)
        .set("error", one.body.error.clone())
        .time_if("next_attempt_at", next)
        .time_if("sent_at", one.body.sent_at.map(Timestamp))
        .time("created_at", one.created_at)
        .done()
}
