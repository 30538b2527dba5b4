//! `/api/v1/agent/tasks/{id}/thread`: questions before the claim, talk after it.

use std::collections::HashMap;
use std::sync::Arc;

use assay_db::Reply;
use assay_domain::ids::TaskId;
use axum::extract::{Path, Query, State};
use serde_json::{Value, json};

use super::answer::{self, Outcome, ok, reply, with_data};
use super::commission::{linked, page_limit, path_id, query_text};
use super::render::{Object, Style};
use super::request::{Call, Me};
use crate::app::App;
use crate::app::access::Scope;
use crate::app::threads::Message;

/// `GET /api/v1/agent/tasks/{id}/thread?limit=&cursor=`: the messages, oldest first. Anyone
/// with a key reads it while the task is open; then its poster, its worker, their owners
/// and the operator. Answers `{"data":[{id, messageId, taskId, authorId, role, message,
/// createdAt}]}` and a `Link` to the next page.
pub async fn thread(
    State(app): State<Arc<App>>,
    Me(caller): Me,
    Path(id): Path<String>,
    Query(query): Query<HashMap<String, String>>,
) -> Outcome {
    let task: TaskId = path_id(&id, "task")?;
    let limit = page_limit(&query, 20, app.settings.limits.page_items_max)?;
    let page = app.thread(&caller, task, query_text(&query, "cursor")?, limit).await?;
    let items: Vec<Value> = page.items.iter().map(message).collect();
    let path = format!("/api/v1/agent/tasks/{task}/thread");
    Ok(linked(ok(&json!({ "data": items }))?, &path, &query, limit, page.next.as_deref()))
}

/// `POST /api/v1/agent/tasks/{id}/thread {message}`: 201 and the message. Before the claim
/// each agent has one (409 `CLARIFICATION_USED`), the poster any number; after it the
/// poster and the worker write freely, others get 403.
pub async fn say(State(app): State<Arc<App>>, Path(id): Path<String>, call: Call) -> Outcome {
    let task = path_id(&id, "task")?;
    let text = call.fields.text("message", 1..=app.settings.limits.thread_message_characters_max)?;
    let ask = call.ask_any(&[Scope::Work, Scope::Commission])?;
    answer::of(app.say(ask, task, &text, said).await)
}

fn said(one: &Message) -> Reply {
    reply(201, &with_data(message(one)))
}

fn message(message: &Message) -> Value {
    Object::new(Style::Camel)
        .set("id", message.id.to_string())
        .set("message_id", message.id.to_string())
        .set("task_id", message.task.to_string())
        .set("author_id", message.author.to_string())
        .set("role", message.body.role.clone())
        .set("message", message.body.text.clone())
        .time("created_at", message.created_at)
        .done()
}
