//! `/api/v1/agent`: handoffs, bindings, and the key others encrypt to. Camel case.

use std::collections::HashMap;
use std::sync::Arc;

use assay_db::Reply;
use assay_db::entities::people::KeyRow;
use assay_domain::ids::{KeyId, PartyId, Timestamp};
use assay_domain::money::Asset;
use assay_domain::refusal::Refusal;
use axum::extract::{Path, Query, State};
use serde_json::{Value, json};

use super::answer::{self, Outcome, WithData, ok, reply, with_data};
use super::commission::{linked, page_limit, path_id, query_text};
use super::fields::Fields;
use super::people::{party_object, read_end, read_scopes};
use super::render::{Object, Style};
use super::request::{Call, Me};
use crate::app::App;
use crate::app::access::NewKey;
use crate::app::bindings::NewCode;
use crate::app::encryption;
use crate::app::handoffs::{HandOff, Handoff};
use crate::app::parties::Party;

const STYLE: Style = Style::Camel;

/// `POST /api/v1/agent/handoffs {label, scopes, expiresIn | expiresAt, maxSpend?}`: a
/// person's credential for a program; 201 with its token, shown this once, and where to
/// use it. `maxSpend` is in dollars, over its whole life; absent it may spend nothing.
pub async fn hand_off(State(app): State<Arc<App>>, call: Call) -> Outcome {
    call.caller().in_person("hand off again")?;
    let wanted = read_handoff(&call.fields, &app)?;
    let base = app.base_url();
    let render = move |key: &NewKey| handed_off(key, &base);
    answer::of(app.hand_off(call.ask_for_oneself(), &wanted, render).await)
}

/// A handoff that somebody wants.
pub fn read_handoff(fields: &Fields, app: &App) -> Result<HandOff, Refusal> {
    let most = i64::from(app.settings.limits.handoff_days_max) * 86_400;
    let ends = read_end(fields, app.now(), most)?;
    Ok(HandOff {
        label: fields.name("label", 1..=100)?,
        scopes: fields.needed("scopes", "a list of scopes", read_scopes(fields)?)?,
        expires_at: fields.needed("expires_in", "a time such as 24h", ends)?,
        spend_max: fields.amount_if_given("max_spend", Asset::Usd)?.unwrap_or(0),
    })
}

fn handed_off(key: &NewKey, base: &str) -> Reply {
    let object = |token: Value| {
        let mut object = handoff_object(&key.row, 0);
        object["token"] = token;
        object["baseUrl"] = base.into();
        answer::bytes(&with_data(object))
    };
    Reply { status: 201, body: object(key.secret.clone().into()), stored: Some(object(Value::Null)) }
}

fn handoff_object(row: &KeyRow, spent: i64) -> Value {
    let scopes: Vec<&str> = row.scopes.split(' ').filter(|name| !name.is_empty()).collect();
    Object::new(STYLE)
        .set("id", row.id.clone())
        .set("handoff_id", row.id.clone())
        .set("label", row.label.clone())
        .set("scopes", scopes)
        .money("max_spend", Asset::Usd, row.spend_max.unwrap_or(0))
        .money("spent", Asset::Usd, spent)
        .time_if("expires_at", row.expires_at.map(Timestamp))
        .time_if("revoked_at", row.revoked_at.map(Timestamp))
        .time("created_at", Timestamp(row.created_at))
        .done()
}

/// `GET /api/v1/agent/handoffs?limit=&cursor=`: the caller's handoffs, newest first, with
/// what each has spent; ended ones too.
pub async fn handoffs(
    State(app): State<Arc<App>>,
    Me(caller): Me,
    Query(query): Query<HashMap<String, String>>,
) -> Outcome {
    let limit = page_limit(&query, 20, app.settings.limits.page_items_max)?;
    let page = app.handoffs(&caller, query_text(&query, "cursor")?, limit).await?;
    let page = page.map(|Handoff { row, spent }| handoff_object(&row, spent));
    let response = ok(&json!({ "data": page.items }))?;
    Ok(linked(response, "/api/v1/agent/handoffs", &query, limit, page.next.as_deref()))
}

/// `DELETE /api/v1/agent/handoffs/{id}` and `POST /api/v1/agent/handoffs/{id}/revoke`: ends
/// a handoff, at once.
pub async fn revoke(State(app): State<Arc<App>>, Path(id): Path<String>, call: Call) -> Outcome {
    let id: KeyId = path_id(&id, "handoff")?;
    answer::of(app.end_key(call.ask_for_oneself(), id, "handoff", revoked).await)
}

fn revoked(row: &KeyRow) -> Reply {
    let object = Object::new(STYLE)
        .set("id", row.id.clone())
        .set("handoff_id", row.id.clone())
        .set("label", row.label.clone())
        .set("status", "revoked")
        .time_if("revoked_at", row.revoked_at.map(Timestamp))
        .done();
    reply(200, &with_data(object))
}

/// `POST /api/v1/agent/binding-codes`: a code by which a person becomes the calling agent's
/// owner; 201, shown this once. It works once, and for a quarter of an hour.
pub async fn make_binding_code(State(app): State<Arc<App>>, call: Call) -> Outcome {
    answer::of(app.make_binding_code(call.ask_for_oneself(), code_made).await)
}

fn code_made(made: &NewCode) -> Reply {
    let object = |code: Value| {
        let object = Object::new(STYLE).set("code", code).time("expires_at", made.expires_at).done();
        answer::bytes(&with_data(object))
    };
    Reply { status: 201, body: object(made.code.clone().into()), stored: Some(object(Value::Null)) }
}

/// `POST /api/v1/agent/bindings {code}`: the calling person becomes the owner of the agent
/// that made the code; 201 with the agent. 404 for a code that is unknown or has ended,
/// 409 for one that was used, an agent that has an owner, or one the caller has a deal
/// with.
pub async fn bind(State(app): State<Arc<App>>, call: Call) -> Outcome {
    let code = call.fields.name("code", 1..=100)?;
    answer::of(app.bind(call.ask_for_oneself(), &code, |party| reply(201, &bound(party))).await)
}

fn bound(party: &Party) -> WithData<Value> {
    with_data(binding_object(party))
}

fn binding_object(party: &Party) -> Value {
    let mut object = party_object(STYLE, party);
    object["ownerId"] = party.owner.map(|owner| owner.to_string()).into();
    object["status"] = if party.owner.is_some() { "bound" } else { "ended" }.into();
    object
}

/// `GET /api/v1/agent/bindings?limit=&cursor=`: a person's agents, newest first; an agent's
/// own binding, if it has an owner.
pub async fn bindings(
    State(app): State<Arc<App>>,
    Me(caller): Me,
    Query(query): Query<HashMap<String, String>>,
) -> Outcome {
    let limit = page_limit(&query, 20, app.settings.limits.page_items_max)?;
    let cursor = query_text(&query, "cursor")?;
    let me = app.party(caller.party).await?;
    if me.owner.is_some() {
        return ok(&json!({ "data": [binding_object(&me)] }));
    }
    let page = app.agents_of(caller.party, cursor, limit).await?.map(|party| binding_object(&party));
    let response = ok(&json!({ "data": page.items }))?;
    Ok(linked(response, "/api/v1/agent/bindings", &query, limit, page.next.as_deref()))
}

/// `DELETE /api/v1/agent/bindings/{agentId}`: ends a binding, by either side. The agent
/// stays what it is; keys its owner made for it end.
pub async fn unbind(State(app): State<Arc<App>>, Path(id): Path<String>, call: Call) -> Outcome {
    let id: PartyId = path_id(&id, "binding")?;
    answer::of(app.unbind(call.ask_for_oneself(), id, |party| reply(200, &bound(party))).await)
}

/// `PUT /api/v1/agent/encryption-key {publicKey}`: the key to which others encrypt for the
/// caller, a public JWK as an object or its JSON text.
pub async fn set_encryption_key(State(app): State<Arc<App>>, call: Call) -> Outcome {
    let key = read_encryption_key(&call.fields, "public_key")?;
    let key = call.fields.needed("public_key", "a public JWK", key)?;
    let render = |party: &Party| reply(200, &with_data(party_object(STYLE, party)));
    answer::of(app.set_encryption_key(call.ask_for_oneself(), &key, render).await)
}

/// A public key, if one is given.
pub fn read_encryption_key(fields: &Fields, name: &str) -> Result<Option<Value>, Refusal> {
    let given = fields.json(name)?;
    if given.is_null() {
        return Ok(None);
    }
    encryption::public_key(&given).map(Some).map_err(|problem| Refusal::field(name, problem))
}
