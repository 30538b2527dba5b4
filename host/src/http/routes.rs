//! Every route, in one place.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::Method;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::post;
use tower_http::catch_panic::CatchPanicLayer;

use super::table::{Route, Table};
use super::{
    agent, agent_tasks, channels, commission, docs, finance, middleware, openapi, operations, plugins,
    problem, receipts, test_mode, work,
};
use crate::app::App;
use crate::config::Settings;

/// The whole of what the server answers.
pub fn router(app: Arc<App>) -> Router {
    let (router, _) = table(&app.settings).into_parts();
    router
        .fallback(problem::no_such_path)
        .method_not_allowed_fallback(problem::no_such_method)
        .layer(DefaultBodyLimit::max(app.settings.limits.body_bytes_max))
        .layer(CatchPanicLayer::custom(problem::panicked))
        .layer(from_fn_with_state(app.clone(), middleware::guard))
        .layer(from_fn(problem::as_problem))
        .layer(from_fn_with_state(app.clone(), middleware::observe))
        .with_state(app)
}

/// The list of what the server answers with these settings.
pub fn routes(settings: &Settings) -> Vec<Route> {
    table(settings).into_parts().1
}

fn table(settings: &Settings) -> Table {
    Table::new()
        .merge(commission_routes())
        .merge(agent_routes())
        .merge(finance_routes())
        .merge(work_routes())
        .merge(house_routes())
        .merge(plugin_routes(settings))
        .merge(test_routes(settings))
}

/// `/api`: post, choose, review, pay.
fn commission_routes() -> Table {
    Table::new()
        .post("/api/credits/deposit", commission::deposit)
        .get("/api/credits/balance", commission::balance)
        .get("/api/bots/me/commissioning", commission::guardrails)
        .post("/api/bots/me/commissioning", commission::set_guardrails)
        .get("/api/tasks", commission::tasks)
        .post("/api/tasks", commission::post_task)
        .get("/api/tasks/{id}", commission::task)
        .get("/api/tasks/{id}/detail", commission::task_detail)
        .post("/api/tasks/{id}/cancel", commission::cancel)
        .get("/api/proposals", commission::proposals)
        .post("/api/proposals", commission::propose)
        .post("/api/proposals/{id}/accept", commission::accept_proposal)
        .post("/api/proposals/{id}/reject", commission::reject_proposal)
        .get("/api/deliverables", commission::deliverables)
        .post("/api/deliverables", commission::deliver)
        .patch("/api/deliverables", commission::review)
}

/// `/api/v1/agent`: agents that come by themselves.
fn agent_routes() -> Table {
    Table::new()
        .post("/api/v1/agent/register", agent::register)
        .get("/api/v1/agent/me", agent::me)
        .get("/api/v1/agent/tasks", agent_tasks::tasks)
        .post("/api/v1/agent/tasks", agent_tasks::post)
        .get("/api/v1/agent/tasks/{id}", agent_tasks::task)
        .post("/api/v1/agent/tasks/{id}/claim", agent_tasks::claim)
        .post("/api/v1/agent/tasks/{id}/cancel", agent_tasks::cancel)
        .post("/api/v1/agent/tasks/{id}/submit", agent_tasks::submit)
        .get("/api/v1/agent/tasks/{id}/deliveries", agent_tasks::deliveries)
        .post("/api/v1/agent/tasks/{id}/deliveries/{delivery}/accept", agent_tasks::accept)
        .post("/api/v1/agent/tasks/{id}/deliveries/{delivery}/reject", agent_tasks::reject)
        .post("/api/v1/agent/tasks/{id}/deliveries/{delivery}/revise", agent_tasks::revise)
}

/// `/api/v1`: work bought by capability, disputes, channels, negotiation.
fn finance_routes() -> Table {
    Table::new()
        .post("/api/v1/agents", finance::offer)
        .get("/api/v1/agents/discover", finance::discover)
        .get("/api/v1/agents/{id}", finance::provider)
        .get("/api/v1/capabilities", finance::capabilities)
        .get("/api/v1/tasks", finance::tasks)
        .post("/api/v1/tasks", finance::buy)
        .get("/api/v1/tasks/{id}", finance::task)
        .get("/api/v1/tasks/{id}/payments", finance::payments)
        .post("/api/v1/tasks/{id}/payments", finance::pay)
        .post("/api/v1/tasks/{id}/complete", finance::complete)
        .put("/api/v1/tasks/{id}/complete", finance::complete)
        .post("/api/v1/tasks/{id}/fail", finance::fail)
        .put("/api/v1/tasks/{id}/fail", finance::fail)
        .post("/api/v1/tasks/{id}/cancel", finance::cancel)
        .post("/api/v1/tasks/{id}/dispute", finance::dispute)
        .get("/api/v1/disputes/{id}", finance::dispute_by_id)
        .get("/v1/admin/disputes", finance::open_disputes)
        .post("/v1/admin/disputes/{id}/resolve", finance::resolve)
        .post("/api/v1/channels/open", channels::open)
        .post("/api/v1/channels/deposit", channels::deposit)
        .post("/api/v1/channels/transfer", channels::transfer)
        .post("/api/v1/channels/close", channels::close)
        .get("/api/v1/channels", channels::channels)
        .get("/api/v1/channels/{id}", channels::channel)
        .post("/api/v1/negotiation/negotiate", channels::negotiate)
        .post("/api/v1/negotiation/accept", channels::accept)
        .post("/api/v1/negotiation/calculate", channels::calculate)
        .post("/api/v1/negotiations/calculate-fee", channels::calculate)
}

/// `/v1`: find work, bid, deliver behind the gate.
fn work_routes() -> Table {
    Table::new()
        .get("/v1/tasks/available", work::available)
        .get("/v1/tasks/{id}", work::task)
        .get("/v1/tasks/{id}/bids", work::bids)
        .post("/v1/tasks/{id}/bids", work::bid)
        .post("/v1/bids/{id}/counter", work::answer_counter)
        .post("/v1/tasks/{id}/deliver", work::deliver)
        .post("/v1/tasks/{id}/resubmit", work::resubmit)
        .post("/v1/tasks/{id}/check", work::check)
        .post("/v1/tasks/{id}/progress", work::progress)
        .get("/v1/tasks/{id}/traces", work::traces)
        .get("/v1/me", work::me)
}

/// What belongs to no surface: receipts, the journal, the reference, the state of the house.
fn house_routes() -> Table {
    Table::new()
        .get("/v1/receipts/keys", receipts::keys)
        .get("/v1/receipts/{id}", receipts::receipt)
        .get("/v1/receipts/{id}/input", receipts::input)
        .get("/v1/journal", receipts::journal)
        .get("/openapi.json", openapi::serve)
        .get("/docs", docs::page)
        .get("/docs/{file}", docs::file)
        .get("/health", operations::health)
        .get("/metrics", operations::metrics)
}

/// `/v1/plugins`: publish components, find them, try them. An upload is larger than any
/// other body.
fn plugin_routes(settings: &Settings) -> Table {
    let upload = post(plugins::upload).layer(DefaultBodyLimit::max(settings.limits.component_bytes_max));
    Table::new()
        .get("/v1/plugins", plugins::plugins)
        .route(Method::POST, "/v1/plugins", upload)
        .get("/v1/plugins/{digest}", plugins::facts)
        .get("/v1/plugins/{digest}/component", plugins::component)
        .post("/v1/plugins/{digest}/run", plugins::run)
        .post("/v1/plugins/{digest}/retire", plugins::retire)
}

/// The test provider's page, and the clock where it may be moved.
fn test_routes(settings: &Settings) -> Table {
    let routes = Table::new()
        .get("/test/payments/{id}", test_mode::payment)
        .post("/test/payments/{id}", test_mode::pay)
        .post("/webhooks/test", test_mode::callback);
    if settings.test_clock { routes.post("/v1/test/clock", test_mode::advance) } else { routes }
}
