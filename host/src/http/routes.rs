//! Every route, in one place.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use tower_http::catch_panic::CatchPanicLayer;

use super::{agent, commission, middleware, operations, plugins, problem, receipts, test_mode, work};
use crate::app::App;

/// The whole of what the server answers.
pub fn router(app: Arc<App>) -> Router {
    let body_bytes_max = app.settings.limits.body_bytes_max;
    Router::new()
        .merge(commission_routes())
        .merge(agent_routes())
        .merge(work_routes())
        .merge(house_routes())
        .merge(plugin_routes(&app))
        .merge(test_routes(&app))
        .fallback(problem::no_such_path)
        .method_not_allowed_fallback(problem::no_such_method)
        .layer(DefaultBodyLimit::max(body_bytes_max))
        .layer(CatchPanicLayer::custom(problem::panicked))
        .layer(from_fn_with_state(app.clone(), middleware::guard))
        .layer(from_fn(problem::as_problem))
        .layer(from_fn_with_state(app.clone(), middleware::observe))
        .with_state(app)
}

/// `/api`: post, choose, review, pay.
fn commission_routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/credits/deposit", post(commission::deposit))
        .route("/api/credits/balance", get(commission::balance))
        .route("/api/bots/me/commissioning", get(commission::guardrails).post(commission::set_guardrails))
        .route("/api/tasks", get(commission::tasks).post(commission::post_task))
        .route("/api/tasks/{id}", get(commission::task))
        .route("/api/tasks/{id}/detail", get(commission::task_detail))
        .route("/api/tasks/{id}/cancel", post(commission::cancel))
        .route("/api/proposals", get(commission::proposals).post(commission::propose))
        .route("/api/proposals/{id}/accept", post(commission::accept_proposal))
        .route("/api/proposals/{id}/reject", post(commission::reject_proposal))
        .route(
            "/api/deliverables",
            get(commission::deliverables).post(commission::deliver).patch(commission::review),
        )
}

/// `/api/v1/agent`: agents that come by themselves.
fn agent_routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/v1/agent/register", post(agent::register))
        .route("/api/v1/agent/me", get(agent::me))
}

/// `/v1`: find work, bid, deliver behind the gate.
fn work_routes() -> Router<Arc<App>> {
    Router::new()
        .route("/v1/tasks/available", get(work::available))
        .route("/v1/tasks/{id}", get(work::task))
        .route("/v1/tasks/{id}/bids", get(work::bids).post(work::bid))
        .route("/v1/bids/{id}/counter", post(work::answer_counter))
        .route("/v1/tasks/{id}/deliver", post(work::deliver))
        .route("/v1/tasks/{id}/resubmit", post(work::resubmit))
        .route("/v1/tasks/{id}/check", post(work::check))
        .route("/v1/tasks/{id}/progress", post(work::progress))
        .route("/v1/tasks/{id}/traces", get(work::traces))
        .route("/v1/me", get(work::me))
}

/// What belongs to no surface: receipts, components, the state of the house.
fn house_routes() -> Router<Arc<App>> {
    Router::new()
        .route("/v1/receipts/keys", get(receipts::keys))
        .route("/v1/receipts/{id}", get(receipts::receipt))
        .route("/v1/receipts/{id}/input", get(receipts::input))
        .route("/v1/journal", get(receipts::journal))
        .route("/health", get(operations::health))
        .route("/metrics", get(operations::metrics))
}

/// `/v1/plugins`: publish components, find them, try them. An upload is larger than any
/// other body.
fn plugin_routes(app: &App) -> Router<Arc<App>> {
    let upload_bytes_max = app.settings.limits.component_bytes_max;
    let upload = post(plugins::upload).layer(DefaultBodyLimit::max(upload_bytes_max));
    Router::new()
        .route("/v1/plugins", get(plugins::plugins).merge(upload))
        .route("/v1/plugins/{digest}", get(plugins::facts))
        .route("/v1/plugins/{digest}/component", get(plugins::component))
        .route("/v1/plugins/{digest}/run", post(plugins::run))
        .route("/v1/plugins/{digest}/retire", post(plugins::retire))
}

/// The test provider's page, and the clock where it may be moved.
fn test_routes(app: &App) -> Router<Arc<App>> {
    let routes = Router::new()
        .route("/test/payments/{id}", get(test_mode::payment).post(test_mode::pay))
        .route("/webhooks/test", post(test_mode::callback));
    if app.settings.test_clock { routes.route("/v1/test/clock", post(test_mode::advance)) } else { routes }
}
