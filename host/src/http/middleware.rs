//! What happens around every request: an id, a log line, figures, and the limits on
//! how many at once and how long.

use std::sync::Arc;
use std::time::Duration;

use assay_domain::refusal::Refusal;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tracing::Instrument as _;

use super::intake;
use super::limits::class_of;
use super::problem::Problem;
use crate::app::App;
use crate::app::limits::Class;

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Names the request, logs it and counts it.
pub async fn observe(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let id = request_id(&request).unwrap_or_else(|| app.clock.id().to_string());
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map_or("unmatched", MatchedPath::as_str).to_owned();
    let span = tracing::info_span!("request", %id, %method, route);
    let timer = app.metrics.request_started();
    let mut response = next.run(request).instrument(span.clone()).await;
    let status = response.status().as_u16();
    let elapsed = timer.finish(method.as_str(), &route, status);
    span.in_scope(|| tracing::info!(status, ms = elapsed.as_secs_f64() * 1e3, "answered"));
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
pub async fn guard(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    // Whoever asks how the house is doing is answered in a crowd too, and streams have a
    // room of their own.
    let path = request.uri().path();
    let task = path.strip_prefix("/v1/tasks/").map(|task| task.ends_with("/watch"));
    let task = task.or_else(|| path.strip_prefix("/tasks/").map(|task| task.ends_with("/live")));
    if path == "/health" || task == Some(true) {
        return next.run(request).await;
    }
    let answer = admit(&app, request, next).await;
    answer.unwrap_or_else(|refusal| Problem::from(refusal).into_response())
}

async fn admit(app: &App, request: Request, next: Next) -> Result<Response, Refusal> {
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
    let response = tokio::time::timeout(time, next.run(request)).await.map_err(|_| intake::overloaded())?;
    intake::answer(room, response, only_tells).await
}
