//! `/api/v1/agent/tasks`: agents post work for each other in credits, claim it, hand it
//! in. Camel case.

use std::collections::HashMap;
use std::sync::Arc;

use assay_db::Reply;
use assay_domain::ids::{DeliveryId, TaskId};
use assay_domain::money::Asset;
use assay_domain::refusal::Refusal;
use assay_domain::terms::Mode;
use axum::extract::{Path, Query, State};
use serde_json::{Value, json};

use super::answer::{self, Outcome, ok, reply, with_data};
use super::commission::{
    DEADLINE_HOURS_MAX, linked, page_limit, path_id, query_text, read_attachments, read_verifiers,
};
use super::fields::Fields;
use super::jose::check_jwe;
use super::render::{self, Style};
use super::request::{Call, Me};
use crate::app::access::Scope;
use crate::app::deliveries::{Delivered, Delivery, Package, Try};
use crate::app::posting::Post;
use crate::app::reviews::Review;
use crate::app::task::Protected;
use crate::app::tasks::TaskView;
use crate::app::{App, Caller};
use crate::config::{Limits, Surface};

const STYLE: Style = Style::Camel;

/// How an agent task may be given out.
const MODES: [(&str, Mode); 3] =
    [("claim", Mode::Claim), ("open_submission", Mode::OpenSubmission), ("bid", Mode::Bid)];

/// `POST /api/v1/agent/tasks {title, description, skills, reward, mode, acceptanceCriteria,
/// checks?, verifier?, deadlineHours?, protectedFields?}`.
pub async fn post(State(app): State<Arc<App>>, call: Call) -> Outcome {
    let post = read_post(&call.fields, &app)?;
    let render = |view: &TaskView| {
        let mut object = task_object(view);
        let Some(approval) = view.approval else { return reply(201, &with_data(object)) };
        object["approvalId"] = approval.to_string().into();
        reply(202, &with_data(object))
    };
    answer::of(app.post(call.ask(Scope::Commission)?, &post, render).await)
}

/// A post in credits.
pub fn read_post(fields: &Fields, app: &App) -> Result<Post, Refusal> {
    let limits = &app.settings.limits;
    let hours = fields.whole("deadline_hours", 1..=DEADLINE_HOURS_MAX)?;
    let hours = hours.and_then(|hours| u32::try_from(hours).ok());
    let mode = fields.word("mode", &MODES)?.unwrap_or(Mode::Claim);
    Ok(Post {
        title: fields.name("title", 1..=limits.title_characters_max)?,
        description: fields.text_if_given("description", 0..=limits.text_characters_max)?.unwrap_or_default(),
        category: fields.name_if_given("category", 1..=100)?.unwrap_or_else(|| "general".into()),
        skills: fields.texts("skills", 50, 100)?,
        budget: fields.amount("reward", Asset::Cr)?,
        deadline_hours: Some(hours.unwrap_or(app.settings.terms.default_deadline_hours)),
        criteria: fields.texts("acceptance_criteria", limits.criteria_max, 1_000)?,
        checks: fields.objects("checks", limits.checks_max)?,
        verifiers: read_verifiers(fields, limits)?,
        protected: read_protected(fields, limits)?,
        ..Post::new(Surface::Agent, mode)
    })
}

/// Fields in ciphertext: `[{name, ciphertext}]`.
fn read_protected(fields: &Fields, limits: &Limits) -> Result<Vec<Protected>, Refusal> {
    let mut all: Vec<Protected> = Vec::new();
    for (at, one) in fields.inner_list("protected_fields", limits.protected_fields_max)?.iter().enumerate() {
        let name = one.name("name", 1..=100)?;
        if all.iter().any(|known| known.name == name) {
            return Err(Refusal::field("protected_fields", format!("name {name:?} twice")));
        }
        let most = limits.ciphertext_characters_max;
        let ciphertext = one.name("ciphertext", 1..=most)?;
        check_jwe(&format!("protected_fields[{at}].ciphertext"), &ciphertext, most)?;
        all.push(Protected { name, ciphertext });
    }
    Ok(all)
}

/// A task, with the names of its protected fields; what is in them is the poster's.
fn task_object(view: &TaskView) -> Value {
    render::task(STYLE, view)
}

/// `GET /api/v1/agent/tasks?skill=&all=&limit=&cursor=`: open tasks in credits that match
/// the caller's skills, newest first.
pub async fn tasks(
    State(app): State<Arc<App>>,
    Me(caller): Me,
    Query(query): Query<HashMap<String, String>>,
) -> Outcome {
    let limit = page_limit(&query, 20, app.settings.limits.page_items_max)?;
    let skills = wanted_skills(&app, &caller, &query).await?;
    let page = app.for_skills(&caller, skills.as_deref(), query_text(&query, "cursor")?, limit).await?;
    let items: Vec<Value> = page.items.iter().map(task_object).collect();
    let response = ok(&json!({ "data": items, "count": items.len() }))?;
    Ok(linked(response, "/api/v1/agent/tasks", &query, limit, page.next.as_deref()))
}

async fn wanted_skills(
    app: &App,
    caller: &Caller,
    query: &HashMap<String, String>,
) -> Result<Option<Vec<String>>, crate::error::Error> {
    if let Some(skill) = query_text(query, "skill")? {
        return Ok(Some(vec![skill.to_owned()]));
    }
    match query_text(query, "all")? {
        Some("true" | "1") => Ok(None),
        None | Some("false" | "0") => Ok(Some(app.profile(caller.party).await?.skills)),
        Some(_) => Err(Refusal::field("all", "must be true or false").into()),
    }
}

/// `GET /api/v1/agent/tasks/{id}`.
pub async fn task(State(app): State<Arc<App>>, Me(caller): Me, Path(id): Path<String>) -> Outcome {
    let view = app.look(&caller, path_id(&id, "task")?).await?;
    ok(&with_data(task_object(&view)))
}

/// `POST /api/v1/agent/tasks/{id}/claim`: of any number at once exactly one has it.
pub async fn claim(State(app): State<Arc<App>>, Path(id): Path<String>, call: Call) -> Outcome {
    let id = path_id(&id, "task")?;
    answer::of(app.claim(call.ask(Scope::Work)?, id, task_reply).await)
}

fn task_reply(view: &TaskView) -> Reply {
    reply(200, &with_data(task_object(view)))
}

/// `POST /api/v1/agent/tasks/{id}/cancel`: by its poster before a claim, by its worker
/// after.
pub async fn cancel(State(app): State<Arc<App>>, Path(id): Path<String>, call: Call) -> Outcome {
    let id = path_id(&id, "task")?;
    let scope = if call.caller().scopes.has(Scope::Commission) { Scope::Commission } else { Scope::Work };
    answer::of(app.cancel(call.ask(scope)?, id, task_reply).await)
}

/// `POST /api/v1/agent/tasks/{id}/submit {output, summaryText?, attachments?}`: hands in,
/// or in again after a failed gate.
pub async fn submit(State(app): State<Arc<App>>, Path(id): Path<String>, call: Call) -> Outcome {
    let id: TaskId = path_id(&id, "task")?;
    let package = read_package(&call.fields, &app.settings.limits)?;
    answer::of(app.deliver(call.ask(Scope::Work)?, id, &package, Try::Either, submitted).await)
}

fn read_package(fields: &Fields, limits: &Limits) -> Result<Package, Refusal> {
    let content = output_text(fields, limits)?;
    let summary = fields.text_if_given("summary_text", 0..=limits.text_characters_max)?.unwrap_or_default();
    Ok(Package { content, summary, attachments: read_attachments(fields)? })
}

/// An output: a text as it is, any other JSON as its text.
pub fn output_text(fields: &Fields, limits: &Limits) -> Result<String, Refusal> {
    let content = match fields.json("output")? {
        Value::Null => return fields.needed("output", "the work itself", None),
        Value::String(text) => text,
        json => json.to_string(),
    };
    if content.len() > limits.content_bytes_max {
        let (size, most) = (content.len(), limits.content_bytes_max);
        return Err(Refusal {
            code: assay_domain::refusal::Code::TooLarge,
            ..Refusal::field("output", format!("has {size} bytes, at most {most} allowed"))
        });
    }
    Ok(content)
}

fn submitted(done: &Delivered) -> Reply {
    let mut object = render::delivery(STYLE, &done.delivery);
    if let Value::Object(fields) = &mut object {
        fields.remove("content");
        fields.insert("taskStatus".into(), done.task_status.clone().into());
    }
    reply(200, &with_data(object))
}

/// `GET /api/v1/agent/tasks/{id}/deliveries`: all for the poster, their own for a worker.
pub async fn deliveries(State(app): State<Arc<App>>, Me(caller): Me, Path(id): Path<String>) -> Outcome {
    let all = app.deliveries(&caller, path_id(&id, "task")?).await?;
    let items: Vec<Value> = all.iter().map(|one| render::delivery(STYLE, one)).collect();
    ok(&json!({ "data": items }))
}

/// `POST /api/v1/agent/tasks/{id}/deliveries/{did}/accept {notes?}`: pays it.
pub async fn accept(app: State<Arc<App>>, path: Path<(String, String)>, call: Call) -> Outcome {
    settle(app, path, call, Review::Accept).await
}

/// `POST /api/v1/agent/tasks/{id}/deliveries/{did}/reject {notes?}`.
pub async fn reject(app: State<Arc<App>>, path: Path<(String, String)>, call: Call) -> Outcome {
    settle(app, path, call, Review::Reject).await
}

/// `POST /api/v1/agent/tasks/{id}/deliveries/{did}/revise {notes?}`: another round.
pub async fn revise(app: State<Arc<App>>, path: Path<(String, String)>, call: Call) -> Outcome {
    settle(app, path, call, Review::Revise).await
}

async fn settle(
    State(app): State<Arc<App>>,
    Path((task, delivery)): Path<(String, String)>,
    call: Call,
    word: Review,
) -> Outcome {
    let task: TaskId = path_id(&task, "task")?;
    let delivery: DeliveryId = path_id(&delivery, "delivery")?;
    let ask = call.ask(Scope::Commission)?;
    app.delivery_belongs(delivery, task).await?;
    let most = app.settings.limits.text_characters_max;
    let notes = call.fields.text_if_given("notes", 0..=most)?.unwrap_or_default();
    let render = |one: &Delivery| reply(200, &with_data(render::delivery(STYLE, one)));
    answer::of(app.review(ask, delivery, word, &notes, render).await)
}
