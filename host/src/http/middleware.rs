//! What happens around every request: an id, a log line, figures, and the limits on
//! how many at once and how long.
//!
//! All of it is one layer: the server stack keeps each in a box of its own, and copies for
//! every request what a layer has inside it.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use assay_domain::refusal::Refusal;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt as _;
use tracing::Instrument as _;

use super::console::kept;
use super::limits::{class_of, throttle};
use super::problem::{self, Problem};
use super::{intake, unread};
use crate::app::App;
use crate::app::limits::Class;

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Everything around a handler, from the outside in.
pub async fn around(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let app = &*app;
    let handle = async |mut request: Request| {
        DefaultBodyLimit::max(app.settings.limits.body_bytes_max).apply(&mut request);
        AssertUnwindSafe(next.run(request)).catch_unwind().await.unwrap_or_else(problem::panicked)
    };
    let throttled = async |request| throttle(app, request, handle).await;
    let kept = async |request| kept::keep(app, request, throttled).await;
    let guarded = async |request| guard(app, request, kept).await;
    let written = async |request| problem::as_problem(request, guarded).await;
    observe(app, unread::read_on(app, request), written).await
}

/// Names the request, logs it and counts it. One that is answered is told of at `debug`: a
/// line a request costs as much as a tenth of a transfer.
async fn observe(app: &App, request: Request, then: impl AsyncFnOnce(Request) -> Response) -> Response {
    let id = request_id(&request).unwrap_or_else(|| app.clock.id().to_string());
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map_or("unmatched", MatchedPath::as_str).to_owned();
    let span = tracing::debug_span!("request", %id, %method, route);
    let timer = app.metrics.request_started();
    let mut response = then(request).instrument(span.clone()).await;
    let status = response.status().as_u16();
    let elapsed = timer.finish(method.as_str(), &route, status);
    let ms = elapsed.as_secs_f64() * 1e3;
    span.in_scope(|| tracing::debug!(status, ms, "answered"));
    if response.status() == StatusCode::INTERNAL_SERVER_ERROR {
        tracing::error!(id, %method, route, status, ms, "failed");
    }
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID.clone(), id);
    }
    response
}

/// The caller's own id for its request, if it is short and plain.
fn request_id(request: &Request) -> Option<String> {
    let id = request.headers().get(&REQUEST_ID)?.to_str().ok()?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (!id.is_empty() && id.len() <= 64 && id.bytes().all(plain)).then(|| id.to_owned())
}

/// Turns requests away that there is no room or no time for. The rest is worked on once
/// the body is here and there is a place.
async fn guard(app: &App, request: Request, then: impl AsyncFnOnce(Request) -> Response) -> Response {
    // Whoever asks how the house is doing is answered in a crowd too, and streams have a
    // room of their own.
    let path = request.uri().path();
    let task = path.strip_prefix("/v1/tasks/").map(|task| task.ends_with("/watch"));
    let task = task.or_else(|| path.strip_prefix("/tasks/").map(|task| task.ends_with("/live")));
    if path == "/health" || task == Some(true) {
        return then(request).await;
    }
    let answer = admit(app, request, then).await;
    answer.unwrap_or_else(|refusal| Problem::from(refusal).into_response())
}

async fn admit(
    app: &App,
    request: Request,
    then: impl AsyncFnOnce(Request) -> Response,
) -> Result<Response, Refusal> {
    let (room, limits) = (&app.room, &app.settings.limits);
    if room.is_full() {
        return Err(intake::overloaded());
    }
    let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let class = class_of(request.method(), path);
    let component = class == Class::Upload && ["/v1/plugins", "/plugins/upload"].contains(&path);
    let only_tells = class == Class::Read;
    let (bytes_max, ms_max) = if component {
        (limits.component_bytes_max, limits.upload_ms_max)
    } else {
        (limits.body_bytes_max, limits.request_ms_max)
    };
    let time = Duration::from_millis(ms_max);
    let (request, _held) = intake::whole(room, request, bytes_max, time).await?;
    let _place = room.enter(class == Class::Judging).await.ok_or_else(intake::overloaded)?;
    let response = tokio::time::timeout(time, then(request)).await.map_err(|_| intake::overloaded())?;
    intake::answer(room, response, only_tells).await
}
