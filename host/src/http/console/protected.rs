//! The protected fields of a task: asked for, granted in the poster's browser, opened in the
//! worker's. What passes through here is ciphertext.

use std::sync::Arc;

use askama::Template;
use assay_domain::ids::TaskId;
use assay_domain::refusal::{Code, Refusal};
use axum::extract::{Path, State};
use serde_json::{Map, Value, json};

use super::super::answer::Outcome;
use super::super::commission::path_id;
use super::super::problem::Problem;
use super::super::secrets::check_bundle;
use super::asked::Asked;
use super::encryption::thumbprint;
use super::form::{Attempt, Form, Sheet, fields};
use super::page::{Frame, going_to, gone, page_after};
use super::session::Person;
use super::words::{When, when};
use crate::app::access::Scope;
use crate::app::secrets::{Granted, SecretRequest};
use crate::app::{Answer, App};
use crate::error::Error;

#[derive(Template)]
#[template(path = "secrets.html")]
struct SecretsPage {
    frame: Frame,
    task: TaskId,
    title: String,
    party: String,
    names: Vec<String>,
    sealed: String,
    is_poster: bool,
    requests: Vec<Shown>,
    ask: Option<Sheet>,
    bundle: Option<String>,
}

/// A request as the page shows it.
struct Shown {
    agent: String,
    agent_id: String,
    at: When,
    granted: Option<When>,
    thumbprint: String,
    public_key: String,
    grant: Option<Sheet>,
}

/// `GET /tasks/{id}/secrets`: for the poster who asks; for the worker what was granted.
pub async fn secrets_page(
    State(app): State<Arc<App>>,
    person: Person,
    Path(id): Path<String>,
    asked: Asked,
) -> Outcome {
    show(&app, &person, path_id(&id, "task")?, &Attempt::none(), asked.done()).await
}

async fn show(app: &App, person: &Person, id: TaskId, attempt: &Attempt, done: &str) -> Outcome {
    let me = person.caller.party;
    let all = app.secret_requests(&person.caller, id).await?;
    let task = app.task(id).await?;
    let is_poster = task.poster == me;
    let mut requests = Vec::with_capacity(all.len());
    for one in &all {
        requests.push(shown(app, person, one, is_poster, attempt).await?);
    }
    let is_worker = task.worker == Some(me);
    let pending = all.iter().any(|one| one.status == "pending");
    let may_ask = is_worker && !pending && !task.spec.protected.is_empty() && !task.state.is_final();
    let bundle = if is_worker { granted(app, person, id).await? } else { None };
    let fields = task.spec.protected.iter();
    let sealed: Map<String, Value> =
        fields.clone().map(|field| (field.name.clone(), field.ciphertext.clone().into())).collect();
    let shown = SecretsPage {
        frame: Frame::of(Some(person), "tasks").after(done),
        task: id,
        title: task.spec.title.clone(),
        party: me.to_string(),
        names: fields.map(|field| field.name.clone()).collect(),
        sealed: if is_poster { Value::from(sealed).to_string() } else { String::new() },
        is_poster,
        requests,
        ask: may_ask.then(|| attempt.sheet(&person.token, "ask", format!("/tasks/{id}/secrets"))),
        bundle: bundle.and_then(|granted| granted.request.body.bundle).map(|bundle| bundle.to_string()),
    };
    page_after(attempt, &shown)
}

async fn shown(
    app: &App,
    person: &Person,
    one: &SecretRequest,
    is_poster: bool,
    attempt: &Attempt,
) -> Result<Shown, Error> {
    let action = format!("/tasks/{}/secrets/{}/grant", one.task, one.id);
    let open = is_poster && one.status == "pending";
    Ok(Shown {
        agent: app.party(one.agent).await?.profile.name,
        agent_id: one.agent.to_string(),
        at: when(one.created_at),
        granted: one.granted_at.map(when),
        thumbprint: thumbprint(&one.body.public_key),
        public_key: one.body.public_key.to_string(),
        grant: open.then(|| attempt.sheet(&person.token, "grant", action).of(&one.id.to_string())),
    })
}

/// What the worker was granted, if anything yet.
async fn granted(app: &App, person: &Person, id: TaskId) -> Result<Option<Granted>, Error> {
    match app.secret_bundle(&person.caller, id).await {
        Ok(granted) => Ok(Some(granted)),
        Err(Error::Refused(refusal)) if refusal.code == Code::NotGranted => Ok(None),
        Err(error) => Err(error),
    }
}

/// `POST /tasks/{id}/secrets`: the worker asks.
pub async fn request(State(app): State<Arc<App>>, Path(id): Path<String>, form: Form) -> Outcome {
    let id: TaskId = path_id(&id, "task")?;
    let asked = async {
        let went = |one: &SecretRequest| going_to(format!("/tasks/{}/secrets?done=secrets-asked", one.task));
        Ok::<_, Problem>(app.request_secrets(form.ask(Scope::Work)?, id, went).await?)
    };
    match asked.await {
        Ok(answer) => Ok(gone(&answer)),
        Err(problem) => show(&app, &form.person, id, &form.again("ask", &problem), "").await,
    }
}

/// `POST /tasks/{id}/secrets/{request}/grant`: the poster grants, with what their browser
/// encrypted to the worker's key.
pub async fn grant(
    State(app): State<Arc<App>>,
    Path((id, request)): Path<(String, String)>,
    form: Form,
) -> Outcome {
    let id: TaskId = path_id(&id, "task")?;
    match grants(&app, id, &request, &form).await {
        Ok(answer) => Ok(gone(&answer)),
        Err(problem) => show(&app, &form.person, id, &form.again("grant", &problem), "").await,
    }
}

async fn grants(app: &App, id: TaskId, request: &str, form: &Form) -> Result<Answer, Problem> {
    let place = (id, path_id(request, "secret request")?);
    let text = form.typed.get("bundle");
    let given: Value = if text.is_empty() {
        Value::Null
    } else {
        serde_json::from_str(text).map_err(|_| Refusal::field("bundle", "is not JSON"))?
    };
    let bundle = fields(&json!({ "bundle": given }))?.json("bundle")?;
    check_bundle(&bundle, &app.settings.limits)?;
    let went = |one: &SecretRequest| going_to(format!("/tasks/{}/secrets?done=secrets-granted", one.task));
    Ok(app.grant_secrets(form.ask(Scope::Commission)?, place, &bundle, went).await?)
}
