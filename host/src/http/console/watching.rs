//! Watching a task: what has happened, and what happens, in words.
//!
//! The live stream carries what a row of the page shows, so that what happened is said in
//! one place whether a page or a stream tells it.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use assay_domain::ids::TaskId;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::IntoResponse as _;
use axum::response::sse::{Event, Sse};
use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};

use super::super::answer::Outcome;
use super::super::commission::path_id;
use super::super::watch::after;
use super::happened::{Line, Progress, lines};
use super::page::{Frame, page};
use super::ration::Ration;
use super::session::Person;
use super::words::{self, Badge};
use crate::app::App;
use crate::app::watch::Told;

/// What all lines may take of the page.
const LINES: usize = 40_000;
/// What a line takes of it beside its words.
const MARKUP: usize = 160;
/// What its words may take. A long note is read whole among the task's traces.
const TEXT: usize = 600;

#[derive(Template)]
#[template(path = "watch.html")]
struct WatchPage {
    frame: Frame,
    task: TaskId,
    title: String,
    state: Badge,
    over: bool,
    /// Number of the last event on the page.
    last: i64,
    /// Lines the page keeps.
    most: u32,
    left_out: bool,
    progress: Option<Progress>,
    lines: Vec<Line>,
}

/// `GET /tasks/{id}/watch`: what has happened so far, the newest first, and what happens.
pub async fn watch_page(State(app): State<Arc<App>>, person: Person, Path(id): Path<String>) -> Outcome {
    let id: TaskId = path_id(&id, "task")?;
    let most = app.settings.limits.pages.watch_lines_shown;
    let past = app.happened(&person.caller, id, most).await?;
    let lines = lines(&past.events);
    let progress = lines.iter().rev().find_map(|line| line.progress.clone());
    let shown = newest(lines, &mut Ration::of(LINES));
    page(&WatchPage {
        frame: Frame::of(Some(&person), "tasks"),
        task: id,
        title: past.task.spec.title.clone(),
        state: words::state(past.task.state.word()),
        over: past.over,
        last: past.last,
        most,
        left_out: past.left_out || shown.len() < past.events.len(),
        progress,
        lines: shown,
    })
}

/// As many of these lines as there is room for, the newest first.
fn newest(lines: Vec<Line>, ration: &mut Ration) -> Vec<Line> {
    let mut shown = Vec::with_capacity(lines.len());
    for line in lines.into_iter().rev() {
        if !ration.row(MARKUP) {
            break;
        }
        let (title, text) = (ration.line(&line.title, TEXT), ration.line(&line.text, TEXT));
        shown.push(Line { title, text, ..line });
    }
    shown
}

/// `GET /tasks/{id}/live?after=`: what happens, as server-sent events: `told` with a row of
/// the page, `over` after the last one.
pub async fn live(
    State(app): State<Arc<App>>,
    person: Person,
    Path(id): Path<String>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Outcome {
    let after = after(&headers, &query)?;
    let watcher = app.watch(&person.caller, path_id(&id, "task")?, after).await?;
    let unbuffered = [(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"))];
    let retry = Duration::from_millis(app.settings.limits.watch_retry_ms);
    // A stream opens with a word, so that a page knows at once that it stands.
    let greeting = stream::iter([Ok::<_, Infallible>(Event::default().event("open").data("").retry(retry))]);
    let Some(watcher) = watcher else {
        let all = greeting.chain(stream::iter([Ok(over())]));
        return Ok((unbuffered, Sse::new(all)).into_response());
    };
    let told = stream::unfold(watcher, |mut watcher| async move {
        let told = watcher.next().await?;
        Some((Ok(event(&told)), watcher))
    });
    Ok((unbuffered, Sse::new(greeting.chain(told))).into_response())
}

fn over() -> Event {
    Event::default().event("over").data("")
}

fn event(told: &Told) -> Event {
    match told {
        Told::Happened(one) => {
            let line = Line::of(one);
            Event::default().id(one.seq.to_string()).event("told").data(row(&line).to_string())
        }
        Told::Beat => Event::default().comment(""),
        Told::Over => over(),
    }
}

/// A row as the page's script draws it.
fn row(line: &Line) -> Value {
    let progress = line.progress.as_ref();
    json!({
        "title": line.title,
        "text": line.text,
        "tone": line.tone,
        "at": line.exact,
        "utc": line.utc,
        "state": line.state,
        "progress": progress.map(|it| json!({ "done": it.done, "total": it.total, "said": it.said })),
    })
}
