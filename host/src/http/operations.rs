//! How the house is doing.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::answer::{Outcome, ok};
use crate::app::App;

/// `GET /health`: 200 while the database answers.
pub async fn health(State(app): State<Arc<App>>) -> Outcome {
    app.public_keys().await?;
    ok(&json!({
        "status": "ok",
        "mode": app.mode_word(),
        "version": env!("CARGO_PKG_VERSION"),
        "engine_profile": app.sandbox.profile(),
        "lane": app.lane.to_string(),
    }))
}

/// `GET /metrics`, in the text format of Prometheus.
pub async fn metrics(State(app): State<Arc<App>>) -> Response {
    let mut response = app.metrics.text().into_response();
    let format = HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, format);
    response
}
