//! `/v1`: people, the agents they make, and the keys of both. Camel case, enveloped.

use std::collections::HashMap;
use std::sync::Arc;

use assay_db::Reply;
use assay_db::entities::people::KeyRow;
use assay_domain::ids::{KeyId, PartyId, Timestamp};
use assay_domain::refusal::Refusal;
use axum::extract::{Path, Query, State};
use serde_json::{Value, json};

use super::answer::{self, Outcome, enveloped, ok, reply};
use super::commission::{page_limit, path_id, query_text};
use super::fields::Fields;
use super::problem::Problem;
use super::render::{Object, Style};
use super::request::{Call, Me, Open};
use crate::app::App;
use crate::app::access::{Means, NewKey, Scopes};
use crate::app::accounts::{self, SignIn, SignUp};
use crate::app::keys::{Rotated, Wanted};
use crate::app::parties::{Party, Registered};
use crate::app::tasks::Page;

const STYLE: Style = Style::Camel;

/// Characters of a password. Every one of them is hashed.
const PASSWORD_CHARACTERS: std::ops::RangeInclusive<usize> = 10..=1_000;
/// Longest a key may be made to last: ten years.
const KEY_SECONDS_MAX: i64 = 10 * 366 * 86_400;

/// `POST /v1/accounts {email, password, name, referralCode?}`: makes a person's account;
/// 201 with its id and first key, which is shown this once. 409 when the address has one.
pub async fn sign_up(State(app): State<Arc<App>>, Open(fields): Open) -> Outcome {
    answer::of(app.sign_up(&read_sign_up(&fields)?, None, signed_up).await)
}

/// Who wants an account.
pub fn read_sign_up(fields: &Fields) -> Result<SignUp, Refusal> {
    Ok(SignUp {
        email: read_email(fields)?,
        password: fields.text("password", PASSWORD_CHARACTERS)?,
        name: fields.name("name", 1..=100)?,
        referral_code: fields.name_if_given("referral_code", 1..=64)?,
    })
}

fn read_email(fields: &Fields) -> Result<String, Refusal> {
    let text = fields.name("email", 3..=254)?;
    accounts::email(&text)
        .ok_or_else(|| Refusal::field("email", "must be an address such as ada@example.org"))
}

fn signed_up(person: &Registered) -> Reply {
    newcomer("human", person)
}

fn agent_made(agent: &Registered) -> Reply {
    newcomer("agent", agent)
}

/// A new party with its key, of which a stored answer holds nothing.
fn newcomer(kind: &str, party: &Registered) -> Reply {
    let object = |key: Value| {
        Object::new(STYLE)
            .set("id", party.id.to_string())
            .set("agent_id", (kind == "agent").then(|| party.id.to_string()))
            .set("kind", kind)
            .set("api_key", key)
            .set("name", party.name.clone())
            .set("skills", party.skills.clone())
            .set("credits", party.credits)
            .set("referral_code", party.referral_code.clone())
            .done()
    };
    once_shown(201, &party.key, object)
}

/// An answer that shows a secret, and one without it to keep.
pub fn once_shown(status: u16, secret: &str, object: impl Fn(Value) -> Value) -> Reply {
    let body = |secret: Value| answer::bytes(&enveloped(object(secret)));
    Reply { status, body: body(secret.into()), stored: Some(body(Value::Null)) }
}

/// `POST /v1/sessions {email, password, label?}`: signs in; 201 with a token that works as
/// a key, and when it ends. 401 alike for an unknown address and a wrong password.
pub async fn sign_in(State(app): State<Arc<App>>, Open(fields): Open) -> Outcome {
    answer::of(app.sign_in(&read_sign_in(&fields)?, signed_in).await)
}

/// Who signs in.
pub fn read_sign_in(fields: &Fields) -> Result<SignIn, Refusal> {
    let email = fields.name("email", 1..=254)?;
    Ok(SignIn {
        email: accounts::email(&email).unwrap_or(email),
        password: fields.text("password", 1..=1_000)?,
        label: fields.name_if_given("label", 0..=100)?.unwrap_or_default(),
    })
}

fn signed_in(session: &NewKey) -> Reply {
    once_shown(201, &session.secret, |token| {
        Object::new(STYLE)
            .set("id", session.row.id.clone())
            .set("party_id", session.row.party.clone())
            .set("token", token)
            .set("label", session.row.label.clone())
            .time_if("expires_at", session.row.expires_at.map(Timestamp))
            .time("created_at", Timestamp(session.row.created_at))
            .done()
    })
}

/// `GET /v1/sessions?limit=&cursor=`: the caller's sessions, newest first, ended ones too.
pub async fn sessions(
    State(app): State<Arc<App>>,
    Me(caller): Me,
    Query(query): Query<HashMap<String, String>>,
) -> Outcome {
    let limit = page_limit(&query, 20, app.settings.limits.page_items_max)?;
    let page = app.keys(&caller, caller.party, "session", query_text(&query, "cursor")?, limit).await?;
    let current = caller.means.key().map(|id| id.to_string());
    listed(&page.map(|row| {
        let is_current = Some(&row.id) == current.as_ref();
        let mut object = key_object(&row);
        object["current"] = is_current.into();
        object
    }))
}

/// `DELETE /v1/sessions/current`: signs out.
pub async fn sign_out(State(app): State<Arc<App>>, call: Call) -> Outcome {
    answer::of(app.sign_out(call.ask_for_oneself(), key_ended).await)
}

/// `DELETE /v1/sessions/{id}`: ends one session of the caller's.
pub async fn end_session(State(app): State<Arc<App>>, Path(id): Path<String>, call: Call) -> Outcome {
    let id: KeyId = path_id(&id, "session")?;
    answer::of(app.end_key(call.ask_for_oneself(), id, "session", key_ended).await)
}

/// `DELETE /v1/sessions`: signs out everywhere, here too; answers how many sessions ended.
pub async fn sign_out_everywhere(State(app): State<Arc<App>>, call: Call) -> Outcome {
    answer::of(app.sign_out_everywhere(call.ask_for_oneself(), sessions_ended).await)
}

fn sessions_ended(count: usize) -> Reply {
    reply(200, &enveloped(json!({ "ended": count })))
}

/// `POST /v1/password {old, new}`: changes it and ends every other session; answers how
/// many. 401 when `old` is not the password.
pub async fn change_password(State(app): State<Arc<App>>, call: Call) -> Outcome {
    let (old, new) = read_passwords(&call.fields)?;
    answer::of(app.change_password(call.ask_for_oneself(), &old, &new, sessions_ended).await)
}

/// The password there is, and the one there is to be.
pub fn read_passwords(fields: &Fields) -> Result<(String, String), Refusal> {
    Ok((fields.text("old", 1..=1_000)?, fields.text("new", PASSWORD_CHARACTERS)?))
}

/// `POST /v1/agents {name, skills?}`: makes an agent of the caller's, a person; 201 with
/// its id and first key, which is shown this once.
pub async fn make_agent(State(app): State<Arc<App>>, call: Call) -> Outcome {
    let name = call.fields.name("name", 1..=100)?;
    let skills = read_skills(&call.fields)?;
    answer::of(app.make_agent(call.ask_for_oneself(), &name, &skills, agent_made).await)
}

/// Skills; whoever names none takes anything.
pub fn read_skills(fields: &Fields) -> Result<Vec<String>, Refusal> {
    let mut skills = fields.texts("skills", 50, 100)?;
    if skills.is_empty() {
        skills.push("generalist".into());
    }
    Ok(skills)
}

/// `GET /v1/agents?limit=&cursor=`: the caller's agents, newest first.
pub async fn agents(
    State(app): State<Arc<App>>,
    Me(caller): Me,
    Query(query): Query<HashMap<String, String>>,
) -> Outcome {
    let limit = page_limit(&query, 20, app.settings.limits.page_items_max)?;
    let page = app.agents_of(caller.party, query_text(&query, "cursor")?, limit).await?;
    listed(&page.map(|party| party_object(STYLE, &party)))
}

/// A page of `/v1`.
fn listed(page: &Page<Value>) -> Outcome {
    ok(&enveloped(json!({
        "items": page.items,
        "pagination": {
            "has_more": page.next.is_some(),
            "next_cursor": page.next,
            "total_estimate": page.total_estimate,
        },
    })))
}

/// `POST /v1/keys {label?, scopes?, expiresIn? | expiresAt?, party?}`: makes a key for the
/// caller or for an agent of theirs; 201 with the key, shown this once. Its scopes are
/// within those the caller comes with.
pub async fn make_key(State(app): State<Arc<App>>, call: Call) -> Outcome {
    let wanted = read_key(&call.fields, &app)?;
    answer::of(app.make_key(call.ask_for_oneself(), &wanted, key_made).await)
}

/// A key that somebody wants.
pub fn read_key(fields: &Fields, app: &App) -> Result<Wanted, Refusal> {
    Ok(Wanted {
        label: fields.name_if_given("label", 0..=100)?.unwrap_or_default(),
        scopes: read_scopes(fields)?,
        expires_at: read_end(fields, app.now(), KEY_SECONDS_MAX)?,
        party: fields.id_if_given("party")?,
    })
}

/// Scopes, as a list of names or as one text; at least one where any are given.
pub fn read_scopes(fields: &Fields) -> Result<Option<Scopes>, Refusal> {
    let text = match fields.json("scopes")? {
        Value::Null => return Ok(None),
        Value::String(text) => text,
        _ => fields.texts("scopes", 10, 50)?.join(" "),
    };
    let scopes = Scopes::parse(&text)?;
    if scopes == Scopes::NONE {
        return Err(Refusal::field("scopes", "must name at least one"));
    }
    Ok(Some(scopes))
}

/// When something ends: after a while, or at a time that is still to come.
pub fn read_end(fields: &Fields, now: Timestamp, most: i64) -> Result<Option<Timestamp>, Refusal> {
    let (seconds, end) = (fields.span_seconds("expires_in", most)?, fields.time("expires_at")?);
    if let Some(seconds) = seconds {
        let twice = || Refusal::field("expires_at", "is given together with expires_in: one of them");
        return end.map_or(Ok(Some(now.plus_seconds(seconds))), |_| Err(twice()));
    }
    if end.is_some_and(|end| end <= now || end > now.plus_seconds(most)) {
        return Err(Refusal::field("expires_at", format!("must be within {most} seconds from now")));
    }
    Ok(end)
}

fn key_made(key: &NewKey) -> Reply {
    once_shown(201, &key.secret, |secret| with_secret(&key.row, secret))
}

fn with_secret(row: &KeyRow, secret: Value) -> Value {
    let mut object = key_object(row);
    object["apiKey"] = secret;
    object
}

/// What is kept of a key, but its hash.
fn key_object(row: &KeyRow) -> Value {
    let scopes: Vec<&str> = row.scopes.split(' ').filter(|name| !name.is_empty()).collect();
    Object::new(STYLE)
        .set("id", row.id.clone())
        .set("party_id", row.party.clone())
        .set("kind", row.kind.clone())
        .set("label", row.label.clone())
        .set("scopes", scopes)
        .time_if("expires_at", row.expires_at.map(Timestamp))
        .time_if("revoked_at", row.revoked_at.map(Timestamp))
        .time("created_at", Timestamp(row.created_at))
        .done()
}

fn key_ended(row: &KeyRow) -> Reply {
    reply(200, &enveloped(key_object(row)))
}

/// `GET /v1/keys?party=&limit=&cursor=`: keys of the caller or of an agent of theirs,
/// newest first, ended ones too. No secret is ever shown again.
pub async fn keys(
    State(app): State<Arc<App>>,
    Me(caller): Me,
    Query(query): Query<HashMap<String, String>>,
) -> Outcome {
    let limit = page_limit(&query, 20, app.settings.limits.page_items_max)?;
    let party = match query.get("party") {
        Some(text) => text.parse().map_err(|_| Refusal::field("party", "must be a UUID"))?,
        None => caller.party,
    };
    let page = app.keys(&caller, party, "key", query_text(&query, "cursor")?, limit).await?;
    listed(&page.map(|row| key_object(&row)))
}

/// `DELETE /v1/keys/{id}`: ends a key, at once.
pub async fn end_key(State(app): State<Arc<App>>, Path(id): Path<String>, call: Call) -> Outcome {
    let id: KeyId = path_id(&id, "key")?;
    answer::of(app.end_key(call.ask_for_oneself(), id, "key", key_ended).await)
}

/// `POST /v1/keys/{id}/rotate {graceSeconds?}`: a new key in place of an old one, which
/// ends at once or after the grace; 201 with the new one, shown this once.
pub async fn rotate_key(State(app): State<Arc<App>>, Path(id): Path<String>, call: Call) -> Outcome {
    let id: KeyId = path_id(&id, "key")?;
    let most = app.settings.limits.rotation_grace_seconds_max;
    let grace = call.fields.whole("grace_seconds", 0..=most)?.unwrap_or(0);
    answer::of(app.rotate_key(call.ask_for_oneself(), id, grace, rotated).await)
}

fn rotated(rotated: &Rotated) -> Reply {
    once_shown(201, &rotated.new.secret, |secret| {
        let mut object = with_secret(&rotated.new.row, secret);
        object["previous"] = key_object(&rotated.old);
        object
    })
}

/// `GET /v1/me`: who the caller is, and by what key.
pub async fn me(State(app): State<Arc<App>>, Me(caller): Me) -> Outcome {
    let party = app.party(caller.party).await?;
    let in_person = caller.in_person("see the address").is_ok();
    let account = app.account_of(caller.party).await?.filter(|_| in_person);
    let spend_max = match caller.means {
        Means::Handoff { spend_max, .. } => Some(spend_max),
        _ => None,
    };
    let usd = |units| super::render::amount(STYLE, assay_domain::money::Asset::Usd, units);
    let object = Object::new(STYLE)
        .set("id", party.id.to_string())
        .set("name", party.profile.name.clone())
        .set("kind", party.kind.clone())
        .set("owner_id", party.owner.map(|owner| owner.to_string()))
        .set("email", account.map(|account| account.email))
        .set("skills", party.profile.skills.clone())
        .set("encryption_public_key", party.profile.encryption_key.clone())
        .set("referral_code", party.referral_code.clone())
        .set("scopes", caller.scopes.names())
        .set("means", caller.means.word())
        .set("key_id", caller.means.key().map(|id| id.to_string()))
        .set("max_spend", spend_max.map(usd))
        .done();
    ok(&enveloped(object))
}

/// `GET /v1/parties/{id}`: what anyone may know of a party.
pub async fn party(State(app): State<Arc<App>>, Me(_): Me, Path(id): Path<String>) -> Outcome {
    let id: PartyId = path_id(&id, "party")?;
    let party = app.party(id).await.map_err(Problem::from)?;
    ok(&enveloped(party_object(STYLE, &party)))
}

/// What anyone may know of a party.
pub fn party_object(style: Style, party: &Party) -> Value {
    let agent = party.kind == "agent";
    Object::new(style)
        .set("id", party.id.to_string())
        .set("agent_id", agent.then(|| party.id.to_string()))
        .set("name", party.profile.name.clone())
        .set("kind", party.kind.clone())
        .set("skills", party.profile.skills.clone())
        .set("encryption_public_key", party.profile.encryption_key.clone())
        .time("created_at", party.created_at)
        .done()
}
