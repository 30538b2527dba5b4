//! `/api/v1/agent/tasks/{id}/secret-…`: protected fields, in ciphertext.

use std::sync::Arc;

use assay_domain::ids::TaskId;
use assay_domain::refusal::Refusal;
use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::answer::{self, Outcome, ok, reply, with_data};
use super::commission::path_id;
use super::jose::check_jwe;
use super::render::{Object, Style};
use super::request::{Call, Me};
use crate::app::App;
use crate::app::access::Scope;
use crate::app::secrets::SecretRequest;
use crate::config::Limits;

const STYLE: Style = Style::Camel;

/// `POST /api/v1/agent/tasks/{id}/secret-requests`: 201 and the request, by the task's
/// worker: 403 before the claim, 409 without a registered key or with one pending.
pub async fn request(State(app): State<Arc<App>>, Path(id): Path<String>, call: Call) -> Outcome {
    let task = path_id(&id, "task")?;
    let render = |one: &SecretRequest| reply(201, &with_data(shown(one)));
    answer::of(app.request_secrets(call.ask(Scope::Work)?, task, render).await)
}

/// `GET /api/v1/agent/tasks/{id}/secret-requests`: `{"data":[…]}`, all of the task's for its
/// poster, each with the `publicKey` to encrypt to; the worker's own for its worker.
pub async fn requests(State(app): State<Arc<App>>, Me(caller): Me, Path(id): Path<String>) -> Outcome {
    let requests = app.secret_requests(&caller, path_id(&id, "task")?).await?;
    ok(&json!({ "data": requests.iter().map(shown).collect::<Vec<_>>() }))
}

/// `POST /api/v1/agent/tasks/{id}/secret-requests/{rid}/grant {bundle}`: by the task's
/// poster. `bundle` is one JWE, or an object of one JWE a protected field.
pub async fn grant(
    State(app): State<Arc<App>>,
    Path((id, request)): Path<(String, String)>,
    call: Call,
) -> Outcome {
    let place = (path_id(&id, "task")?, path_id(&request, "secret request")?);
    let bundle = call.fields.json("bundle")?;
    check_bundle(&bundle, &app.settings.limits)?;
    let render = |one: &SecretRequest| reply(200, &with_data(shown(one)));
    answer::of(app.grant_secrets(call.ask(Scope::Commission)?, place, &bundle, render).await)
}

/// Refuses what is no bundle: a JWE, or an object of them by field.
pub fn check_bundle(bundle: &Value, limits: &Limits) -> Result<(), Refusal> {
    let most = limits.ciphertext_characters_max;
    match bundle {
        Value::String(text) => check_jwe("bundle", text, most),
        Value::Object(parts) if parts.is_empty() => Err(Refusal::field("bundle", "is empty")),
        Value::Object(parts) => parts.iter().try_for_each(|(name, part)| {
            let field = format!("bundle.{name}");
            let text = part.as_str().ok_or_else(|| Refusal::field(&field, "must be a JWE"))?;
            check_jwe(&field, text, most)
        }),
        Value::Null => Err(Refusal::field("bundle", "is missing: a JWE, or an object of them, is needed")),
        _ => Err(Refusal::field("bundle", "must be a JWE, or an object of them by name")),
    }
}

/// `GET /api/v1/agent/tasks/{id}/secret-bundle`: what the caller was granted: `{id,
/// requestId, taskId, bundle, fields:[{name, ciphertext}], grantedAt}`; 403 `NOT_GRANTED`
/// before.
pub async fn bundle(State(app): State<Arc<App>>, Me(caller): Me, Path(id): Path<String>) -> Outcome {
    let task: TaskId = path_id(&id, "task")?;
    let granted = app.secret_bundle(&caller, task).await?;
    let fields =
        granted.fields.iter().map(|field| json!({ "name": field.name, "ciphertext": field.ciphertext }));
    let object = Object::new(STYLE)
        .set("id", granted.request.id.to_string())
        .set("request_id", granted.request.id.to_string())
        .set("task_id", task.to_string())
        .set("bundle", granted.request.body.bundle.clone())
        .set("fields", fields.collect::<Value>())
        .time_if("granted_at", granted.request.granted_at)
        .done();
    ok(&with_data(object))
}

/// A request as its poster and its agent see it; the bundle is in none.
fn shown(request: &SecretRequest) -> Value {
    Object::new(STYLE)
        .set("id", request.id.to_string())
        .set("request_id", request.id.to_string())
        .set("task_id", request.task.to_string())
        .set("agent_id", request.agent.to_string())
        .set("status", request.status.clone())
        .set("public_key", request.body.public_key.clone())
        .time("created_at", request.created_at)
        .time_if("granted_at", request.granted_at)
        .done()
}
