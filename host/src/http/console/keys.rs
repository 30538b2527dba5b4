//! Keys, handoffs and sessions: made, seen, rotated, ended.

use std::sync::Arc;

use askama::Template;
use assay_db::entities::people::KeyRow;
use assay_domain::ids::{KeyId, PartyId, Timestamp};
use assay_domain::money::Asset;
use axum::extract::{Path, State};
use serde_json::json;

use super::super::answer::Outcome;
use super::super::commission::path_id;
use super::super::handoffs::read_handoff;
use super::super::people::read_key;
use super::asked::Asked;
use super::form::{Attempt, Form, Sheet, Typed, fields};
use super::page::{Frame, going_to, gone, page, page_after};
use super::secret::{self, Told, told_once};
use super::session::Person;
use super::words::{When, amount, when};
use crate::app::App;
use crate::app::access::{NewKey, Scope, Scopes};
use crate::app::handoffs::Handoff;
use crate::app::keys::Rotated;

/// Rows of a page.
const LINES: usize = 20;
/// How long a rotated key works on, as people choose it: seconds, and words.
const GRACES: [(&str, &str); 4] = [
    ("0", "ends at once"),
    ("3600", "works on for an hour"),
    ("86400", "for a day"),
    ("604800", "for a week"),
];
/// How long a key lasts.
const SPANS: [(&str, &str); 5] =
    [("", "until it is ended"), ("24h", "a day"), ("7d", "a week"), ("30d", "30 days"), ("365d", "a year")];
/// How long a handoff lasts.
const HANDOFF_SPANS: [(&str, &str); 4] =
    [("24h", "a day"), ("1h", "an hour"), ("7d", "a week"), ("30d", "30 days")];

/// A key, a handoff or a session in a list.
struct Line {
    id: String,
    label: String,
    scopes: String,
    made: When,
    ends: Option<When>,
    works: bool,
    state: &'static str,
    tone: &'static str,
    current: bool,
    rotate: Sheet,
    end: Sheet,
}

/// A scope to tick.
struct Choice {
    field: &'static str,
    label: &'static str,
}

const SCOPES: [(Scope, Choice); 5] = [
    (Scope::Work, Choice { field: "scope_work", label: "work: bid, deliver, report" }),
    (Scope::Commission, Choice { field: "scope_commission", label: "commission: post, choose, review" }),
    (Scope::Finance, Choice { field: "scope_finance", label: "finance: pay in, withdraw, channels" }),
    (Scope::Plugins, Choice { field: "scope_plugins", label: "plugins: upload judges" }),
    (Scope::Admin, Choice { field: "scope_admin", label: "admin: run the house" }),
];

/// What the caller may give away.
fn choices(scopes: Scopes) -> Vec<&'static Choice> {
    SCOPES.iter().filter(|(scope, _)| scopes.has(*scope)).map(|(_, choice)| choice).collect()
}

fn ticked(typed: &Typed) -> Vec<&'static str> {
    SCOPES.iter().filter(|(_, choice)| typed.ticked(choice.field)).map(|(scope, _)| scope.as_str()).collect()
}

/// A form with the usual scopes ticked.
fn with_usual(sheet: Sheet) -> Sheet {
    let usual = SCOPES.iter().filter(|(scope, _)| Scopes::USUAL.has(*scope));
    usual.fold(sheet, |sheet, (_, choice)| sheet.filled(choice.field, "yes"))
}

/// How the rows of a page become lines.
struct Lines<'l> {
    person: &'l Person,
    now: Timestamp,
    attempt: &'l Attempt,
    path: String,
}

impl Lines<'_> {
    fn of(&self, row: &KeyRow) -> Line {
        let ended = row.revoked_at.is_some();
        let over = row.expires_at.is_some_and(|at| at <= self.now.0);
        let (state, tone) = match (ended, over) {
            (true, _) => ("ended", "over"),
            (false, true) => ("expired", "over"),
            (false, false) => ("works", "done"),
        };
        let current = self.person.caller.means.key().map(|id| id.to_string());
        let sheet = |name, action: &str| {
            self.attempt
                .sheet(&self.person.token, name, format!("{}/{}/{action}", self.path, row.id))
                .of(&row.id)
        };
        Line {
            id: row.id.clone(),
            label: if row.label.is_empty() { "without a label".into() } else { row.label.clone() },
            scopes: row.scopes.replace(' ', ", "),
            made: when(Timestamp(row.created_at)),
            ends: row.revoked_at.or(row.expires_at).map(|at| when(Timestamp(at))),
            works: !ended && !over,
            state,
            tone,
            current: Some(&row.id) == current.as_ref(),
            rotate: sheet("rotate", "rotate"),
            end: sheet("end", "end"),
        }
    }
}

#[derive(Template)]
#[template(path = "keys.html")]
struct KeysPage {
    frame: Frame,
    party: String,
    name: String,
    lines: Vec<Line>,
    older: Option<String>,
    make: Sheet,
    choices: Vec<&'static Choice>,
    spans: &'static [(&'static str, &'static str)],
    graces: &'static [(&'static str, &'static str)],
}

/// `GET /agents/{id}/keys`: keys of an agent, or of oneself.
pub async fn keys(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    person: Person,
    asked: Asked,
) -> Outcome {
    show(&app, &person, path_id(&id, "agent")?, &Attempt::none(), &asked).await
}

async fn show(app: &App, person: &Person, id: PartyId, attempt: &Attempt, asked: &Asked) -> Outcome {
    let path = format!("/agents/{id}/keys");
    let found = app.keys(&person.caller, id, "key", asked.cursor()?, LINES).await?;
    let lines = Lines { person, now: app.now(), attempt: &Attempt::none(), path: path.clone() };
    let shown = KeysPage {
        frame: Frame::of(Some(person), "agents").after(asked.done()),
        party: id.to_string(),
        name: app.profile(id).await?.name,
        lines: found.items.iter().map(|row| lines.of(row)).collect(),
        older: asked.older(&path, found.next.as_deref()),
        make: with_usual(attempt.sheet(&person.token, "make", path)),
        choices: choices(person.caller.scopes),
        spans: &SPANS,
        graces: &GRACES,
    };
    if attempt.refusal.is_some() { page_after(attempt, &shown) } else { page(&shown) }
}

/// `POST /agents/{id}/keys`: makes one, and shows it.
pub async fn make(State(app): State<Arc<App>>, Path(id): Path<String>, form: Form) -> Outcome {
    let id: PartyId = path_id(&id, "agent")?;
    let made = async {
        let read = fields(&json!({
            "label": form.typed.get("label"),
            "scopes": ticked(&form.typed),
            "expires_in": form.typed.text("expires_in"),
            "party": (id != form.person.caller.party).then(|| id.to_string()),
        }))?;
        let wanted = read_key(&read, &app)?;
        let render = |key: &NewKey| told_once(&key.secret, &key.row.party);
        Ok(app.make_key(form.ask_for_oneself(), &wanted, render).await?)
    };
    match made.await {
        Ok(answer) => secret::show(&form.person, &answer, told("The new key", &id)),
        Err(problem) => show(&app, &form.person, id, &form.again("make", &problem), &Asked::default()).await,
    }
}

fn told(title: &'static str, id: &PartyId) -> Told {
    Told {
        title,
        about: "Whoever has it acts as this party, within its scopes.".into(),
        next: "Send it as Authorization: Bearer KEY.".into(),
        part: "agents",
        back: format!("/agents/{id}/keys"),
    }
}

/// `POST /agents/{id}/keys/{key}/rotate`: a new one in its place.
pub async fn rotate(
    State(app): State<Arc<App>>,
    Path((id, key)): Path<(String, String)>,
    form: Form,
) -> Outcome {
    let (id, key): (PartyId, KeyId) = (path_id(&id, "agent")?, path_id(&key, "key")?);
    let rotated = async {
        let read = fields(&json!({ "grace_seconds": form.typed.whole("grace_seconds") }))?;
        let most = app.settings.limits.rotation_grace_seconds_max;
        let grace = read.whole("grace_seconds", 0..=most)?.unwrap_or(0);
        let render = |rotated: &Rotated| told_once(&rotated.new.secret, &rotated.new.row.party);
        Ok(app.rotate_key(form.ask_for_oneself(), key, grace, render).await?)
    };
    match rotated.await {
        Ok(answer) => secret::show(&form.person, &answer, told("The key in its place", &id)),
        Err(problem) => {
            show(&app, &form.person, id, &form.again("rotate", &problem), &Asked::default()).await
        }
    }
}

/// `POST /agents/{id}/keys/{key}/end`.
pub async fn end(
    State(app): State<Arc<App>>,
    Path((id, key)): Path<(String, String)>,
    form: Form,
) -> Outcome {
    let (id, key): (PartyId, KeyId) = (path_id(&id, "agent")?, path_id(&key, "key")?);
    let render = |row: &KeyRow| going_to(format!("/agents/{}/keys?done=key-ended", row.party));
    match app.end_key(form.ask_for_oneself(), key, "key", render).await {
        Ok(answer) => Ok(gone(&answer)),
        Err(error) => {
            show(&app, &form.person, id, &form.again("end", &error.into()), &Asked::default()).await
        }
    }
}

#[derive(Template)]
#[template(path = "sessions.html")]
struct SessionsPage {
    frame: Frame,
    lines: Vec<Line>,
    older: Option<String>,
}

/// `GET /account/sessions`.
pub async fn sessions(State(app): State<Arc<App>>, person: Person, asked: Asked) -> Outcome {
    show_sessions(&app, &person, &Attempt::none(), &asked).await
}

async fn show_sessions(app: &App, person: &Person, attempt: &Attempt, asked: &Asked) -> Outcome {
    let path = "/account/sessions";
    let found = app.keys(&person.caller, person.caller.party, "session", asked.cursor()?, LINES).await?;
    let lines = Lines { person, now: app.now(), attempt: &Attempt::none(), path: path.into() };
    let shown = SessionsPage {
        frame: Frame::of(Some(person), "account").after(asked.done()),
        lines: found.items.iter().map(|row| lines.of(row)).collect(),
        older: asked.older(path, found.next.as_deref()),
    };
    if attempt.refusal.is_some() { page_after(attempt, &shown) } else { page(&shown) }
}

/// `POST /account/sessions/{id}/end`.
pub async fn end_session(State(app): State<Arc<App>>, Path(id): Path<String>, form: Form) -> Outcome {
    let id: KeyId = path_id(&id, "session")?;
    let render = |_: &KeyRow| going_to("/account/sessions?done=session-ended");
    match app.end_key(form.ask_for_oneself(), id, "session", render).await {
        Ok(answer) => Ok(gone(&answer)),
        Err(error) => {
            let attempt = form.again("end", &error.into());
            show_sessions(&app, &form.person, &attempt, &Asked::default()).await
        }
    }
}

/// A handoff in a list.
struct HandoffLine {
    line: Line,
    spent: String,
    most: String,
}

#[derive(Template)]
#[template(path = "handoffs.html")]
struct HandoffsPage {
    frame: Frame,
    lines: Vec<HandoffLine>,
    older: Option<String>,
    make: Sheet,
    choices: Vec<&'static Choice>,
    spans: &'static [(&'static str, &'static str)],
}

/// `GET /account/handoffs`.
pub async fn handoffs(State(app): State<Arc<App>>, person: Person, asked: Asked) -> Outcome {
    show_handoffs(&app, &person, &Attempt::none(), &asked).await
}

async fn show_handoffs(app: &App, person: &Person, attempt: &Attempt, asked: &Asked) -> Outcome {
    let path = "/account/handoffs";
    let found = app.handoffs(&person.caller, asked.cursor()?, LINES).await?;
    let lines = Lines { person, now: app.now(), attempt: &Attempt::none(), path: path.into() };
    let usd = |units| amount(Asset::Usd, units);
    let line = |one: &Handoff| HandoffLine {
        line: lines.of(&one.row),
        spent: usd(one.spent),
        most: usd(one.row.spend_max.unwrap_or(0)),
    };
    let shown = HandoffsPage {
        frame: Frame::of(Some(person), "account").after(asked.done()),
        lines: found.items.iter().map(line).collect(),
        older: asked.older(path, found.next.as_deref()),
        make: attempt.sheet(&person.token, "make", path).filled("scope_work", "yes"),
        choices: choices(person.caller.scopes),
        spans: &HANDOFF_SPANS,
    };
    if attempt.refusal.is_some() { page_after(attempt, &shown) } else { page(&shown) }
}

/// `POST /account/handoffs`: makes one, and shows it.
pub async fn hand_off(State(app): State<Arc<App>>, form: Form) -> Outcome {
    let made = async {
        let read = fields(&json!({
            "label": form.typed.text("label"),
            "scopes": ticked(&form.typed),
            "expires_in": form.typed.text("expires_in"),
            "max_spend": form.typed.text("max_spend"),
        }))?;
        let wanted = read_handoff(&read, &app)?;
        let render = |key: &NewKey| told_once(&key.secret, &key.row.party);
        Ok(app.hand_off(form.ask_for_oneself(), &wanted, render).await?)
    };
    match made.await {
        Ok(answer) => {
            let told = Told {
                title: "The handoff",
                about: "A program that has it acts as you, within its scopes and its budget. It cannot make \
                        keys, approve, bind, withdraw or redeem."
                    .into(),
                next: format!("Give it to the program, with this server's address: {}", app.base_url()),
                part: "account",
                back: "/account/handoffs".into(),
            };
            secret::show(&form.person, &answer, told)
        }
        Err(problem) => {
            show_handoffs(&app, &form.person, &form.again("make", &problem), &Asked::default()).await
        }
    }
}

/// `POST /account/handoffs/{id}/end`.
pub async fn end_handoff(State(app): State<Arc<App>>, Path(id): Path<String>, form: Form) -> Outcome {
    let id: KeyId = path_id(&id, "handoff")?;
    let render = |_: &KeyRow| going_to("/account/handoffs?done=handoff-ended");
    match app.end_key(form.ask_for_oneself(), id, "handoff", render).await {
        Ok(answer) => Ok(gone(&answer)),
        Err(error) => {
            let attempt = form.again("end", &error.into());
            show_handoffs(&app, &form.person, &attempt, &Asked::default()).await
        }
    }
}
