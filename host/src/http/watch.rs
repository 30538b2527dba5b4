//! `/v1/tasks/{id}/watch`: a task live, as server-sent events.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use assay_domain::ids::Timestamp;
use assay_domain::refusal::Refusal;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::IntoResponse as _;
use axum::response::sse::{Event, Sse};
use futures_util::stream;
use serde_json::Value;

use super::answer::Outcome;
use super::commission::path_id;
use super::render::{Object, Style};
use super::request::Me;
use crate::app::App;
use crate::app::events::{Happening, TRACE};
use crate::app::watch::Told;

/// `GET /v1/tasks/{id}/watch?after=`: what happened to the task and what will, as
/// `text/event-stream`. `id:` is the event's number in the task, `event:` its kind, `data:`
/// `{id, event, message, metadata, visibility, createdAt}`: a worker's note as it is in the
/// traces, or a change of state with its facts under `metadata`. `Last-Event-ID`, or
/// `after`, goes on behind that number. A comment comes when nothing else does. The stream
/// ends after the last event of a task that is over; 204 when that was told already. For
/// the task's parties, their owners and the operator; 403 for others, 429 above a party's
/// number of streams.
pub async fn watch(
    State(app): State<Arc<App>>,
    Me(caller): Me,
    Path(id): Path<String>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Outcome {
    let after = after(&headers, &query)?;
    let Some(watcher) = app.watch(&caller, path_id(&id, "task")?, after).await? else {
        return Ok(StatusCode::NO_CONTENT.into_response());
    };
    let retry = Duration::from_millis(app.settings.limits.watch_retry_ms);
    let told = stream::unfold(watcher, move |mut watcher| async move {
        let told = watcher.next().await?;
        Some((Ok::<_, Infallible>(event(&told, retry)), watcher))
    });
    // Proxies that gather answers before they pass them on are asked not to.
    let unbuffered = [(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"))];
    Ok((unbuffered, Sse::new(told)).into_response())
}

/// The number behind which to go on. The header is what a browser sends when it comes
/// back, so it is the later one of the two.
pub fn after(headers: &HeaderMap, query: &HashMap<String, String>) -> Result<i64, Refusal> {
    let header = headers.get("last-event-id").map(|value| ("Last-Event-ID", value.to_str().unwrap_or("?")));
    let asked = header.or_else(|| query.get("after").map(|text| ("after", text.as_str())));
    let Some((name, text)) = asked.filter(|(_, text)| !text.is_empty()) else { return Ok(0) };
    let number = text.parse().ok().filter(|number| *number >= 0);
    number.ok_or_else(|| Refusal::field(name, "must be the number of an event"))
}

fn event(told: &Told, retry: Duration) -> Event {
    match told {
        Told::Happened(one) => {
            Event::default().id(one.seq.to_string()).event(&one.kind).data(data(one).to_string())
        }
        Told::Beat => Event::default().comment(""),
        Told::Over => Event::default().retry(retry),
    }
}

fn data(one: &Happening) -> Value {
    let object = Object::new(Style::Camel).set("visibility", one.visibility.clone());
    if one.kind != TRACE {
        return object
            .set("id", one.seq.to_string())
            .set("event", one.kind.clone())
            .set("message", "")
            .set("metadata", one.told())
            .time("created_at", one.at)
            .done();
    }
    let fact = |name: &str| one.facts.get(name).cloned().unwrap_or_default();
    let created_at = fact("created_at").as_i64().map_or(one.at, Timestamp);
    object
        .set("id", fact("id"))
        .set("event", fact("event"))
        .set("message", fact("message"))
        .set("metadata", fact("metadata"))
        .time("created_at", created_at)
        .done()
}
