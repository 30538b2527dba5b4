//! What happens around every request: an id, a log line, figures, and the limits on
//! how many at once and how long.

use std::sync::Arc;
use std::time::Duration;

use assay_domain::refusal::{Code, Refusal};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tracing::Instrument as _;

use super::problem::Problem;
use crate::app::App;

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

/// Turns requests away that there is no room or no time for.
pub async fn guard(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let overloaded =
        || Problem::from(Refusal::new(Code::Overloaded, "the server is busy: try again shortly"));
    // Whoever asks how the house is doing is answered in a crowd too, and streams have a
    // room of their own.
    let path = request.uri().path();
    if path == "/health" || (path.starts_with("/v1/tasks/") && path.ends_with("/watch")) {
        return next.run(request).await;
    }
    let Ok(_room) = app.room.try_acquire() else {
        return overloaded().into_response();
    };
    let limits = &app.settings.limits;
    let uploads = request.method() == axum::http::Method::POST
        && ["/v1/plugins", "/plugins/upload"].contains(&request.uri().path());
    let time = Duration::from_millis(if uploads { limits.upload_ms_max } else { limits.request_ms_max });
    match tokio::time::timeout(time, next.run(request)).await {
        Ok(response) => response,
        Err(_) => overloaded().into_response(),
    }
}
