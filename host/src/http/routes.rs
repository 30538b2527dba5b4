//! Every route, in one place.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::Method;
use axum::middleware::from_fn_with_state;
use axum::routing::{post, put};

use super::table::{Route, Table};
use super::{
    agent, agent_tasks, blobs, callbacks, channels, commission, console, docs, finance, finance_money,
    finance_withdrawals, guarding, handoffs, middleware, openapi, operations, people, plugins, problem,
    receipts, rewards, secrets, test_mode, threads, watch, webhooks, work,
};
use crate::app::App;
use crate::config::Settings;

/// The whole of what the server answers.
pub fn router(app: Arc<App>) -> Router {
    let (router, _) = table(&app.settings).into_parts();
    router
        .merge(console::router())
        .fallback(problem::no_such_path)
        .method_not_allowed_fallback(problem::no_such_method)
        .layer(from_fn_with_state(app.clone(), middleware::around))
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
        .merge(money_routes(settings))
        .merge(withdrawal_routes())
        .merge(finance_routes())
        .merge(work_routes())
        .merge(people_routes())
        .merge(handoff_routes())
        .merge(guarding_routes())
        .merge(house_routes())
        .merge(plugin_routes(settings))
        .merge(package_routes())
        .merge(file_routes(settings))
        .merge(reward_routes())
        .merge(webhook_routes())
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

/// `/api/v1`: the ledger, and money on its way in; what providers call.
fn money_routes(settings: &Settings) -> Table {
    let most = settings.payments.rules.callback_bytes_max;
    let stripe = post(callbacks::stripe).layer(DefaultBodyLimit::max(most));
    let nowpayments = post(callbacks::nowpayments).layer(DefaultBodyLimit::max(most));
    Table::new()
        .post("/api/v1/ledger/deposit", finance_money::deposit)
        .post("/api/v1/ledger/withdraw", finance_withdrawals::withdraw)
        .get("/api/v1/ledger/balance", finance_money::own_balance)
        .get("/api/v1/ledger/balance/{agent_id}", finance_money::balance)
        .get("/api/v1/ledger/transactions", finance_money::transactions)
        .post("/api/v1/payments/create-intent", finance_money::create_intent)
        .post("/api/v1/payments/confirm", finance_money::confirm)
        .get("/api/v1/payments/balance", finance_money::own_balance)
        .post("/api/v1/payments/crypto/wallet", finance_money::crypto_wallet)
        .post("/api/v1/payments/crypto/address", finance_money::crypto_address)
        .get("/api/v1/payments/crypto/balance", finance_money::crypto_balance)
        .post("/api/v1/payments/nowpayments/create", finance_money::create_intent)
        .get("/api/v1/payments/nowpayments/currencies", finance_money::currencies)
        .get("/api/v1/payments/nowpayments/{payment_id}", finance_money::payment)
        .get("/api/v1/payments/nowpayments/payout/{payout_id}", finance_withdrawals::withdrawal)
        .route(Method::POST, "/webhooks/stripe", stripe)
        .route(Method::POST, "/webhooks/nowpayments", nowpayments)
        .get("/payments/return", callbacks::back)
}

/// `/api/v1`: money on its way out; `/v1/admin`: what the operator decides about money.
fn withdrawal_routes() -> Table {
    Table::new()
        .get("/api/v1/withdrawals", finance_withdrawals::withdrawals)
        .post("/api/v1/withdrawals", finance_withdrawals::withdraw)
        .get("/api/v1/withdrawals/{id}", finance_withdrawals::withdrawal)
        .get("/api/v1/withdrawal-addresses", finance_withdrawals::addresses)
        .post("/api/v1/withdrawal-addresses", finance_withdrawals::save_address)
        .get("/api/v1/withdrawal-addresses/{id}", finance_withdrawals::address)
        .put("/api/v1/withdrawal-addresses/{id}", finance_withdrawals::change_address)
        .patch("/api/v1/withdrawal-addresses/{id}", finance_withdrawals::change_address)
        .delete("/api/v1/withdrawal-addresses/{id}", finance_withdrawals::forget_address)
        .put("/api/v1/withdrawal-addresses/{id}/default", finance_withdrawals::prefer_address)
        .post("/api/v1/withdrawal-addresses/{id}/default", finance_withdrawals::prefer_address)
        .get("/v1/admin/withdrawals", finance_withdrawals::all_withdrawals)
        .post("/v1/admin/withdrawals/{id}/return", finance_withdrawals::return_withdrawal)
        .post("/v1/admin/withdrawals/{id}/retry", finance_withdrawals::retry_withdrawal)
        .get("/v1/admin/chargebacks", finance_withdrawals::chargebacks)
        .post("/v1/admin/chargebacks/{party}/release", finance_withdrawals::release_chargebacks)
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
}

/// `/v1`: accounts, sessions, keys, agents.
fn people_routes() -> Table {
    Table::new()
        .post("/v1/accounts", people::sign_up)
        .get("/v1/sessions", people::sessions)
        .post("/v1/sessions", people::sign_in)
        .delete("/v1/sessions", people::sign_out_everywhere)
        .delete("/v1/sessions/current", people::sign_out)
        .delete("/v1/sessions/{id}", people::end_session)
        .post("/v1/password", people::change_password)
        .get("/v1/agents", people::agents)
        .post("/v1/agents", people::make_agent)
        .get("/v1/keys", people::keys)
        .post("/v1/keys", people::make_key)
        .delete("/v1/keys/{id}", people::end_key)
        .post("/v1/keys/{id}/rotate", people::rotate_key)
        .get("/v1/me", people::me)
        .get("/v1/parties/{id}", people::party)
}

/// `/api/v1/agent`: handoffs, and agents that let themselves be owned.
fn handoff_routes() -> Table {
    Table::new()
        .get("/api/v1/agent/handoffs", handoffs::handoffs)
        .post("/api/v1/agent/handoffs", handoffs::hand_off)
        .delete("/api/v1/agent/handoffs/{id}", handoffs::revoke)
        .post("/api/v1/agent/handoffs/{id}/revoke", handoffs::revoke)
        .post("/api/v1/agent/binding-codes", handoffs::make_binding_code)
        .get("/api/v1/agent/bindings", handoffs::bindings)
        .post("/api/v1/agent/bindings", handoffs::bind)
        .delete("/api/v1/agent/bindings/{id}", handoffs::unbind)
        .put("/api/v1/agent/encryption-key", handoffs::set_encryption_key)
}

/// `/api`: what owners allow their bots, and what suits a worker.
fn guarding_routes() -> Table {
    Table::new()
        .get("/api/bots/{id}/commissioning", guarding::guardrails)
        .post("/api/bots/{id}/commissioning", guarding::set_guardrails)
        .get("/api/bots/{id}/spending", guarding::spending)
        .get("/api/approvals", guarding::approvals)
        .post("/api/approvals/{id}/resolve", guarding::resolve)
        .get("/api/tasks/recommended", guarding::recommended)
        .get("/api/tasks/matched", guarding::matched)
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

/// What goes with a task: talk, protected fields, the live stream.
fn package_routes() -> Table {
    Table::new()
        .get("/api/v1/agent/tasks/{id}/thread", threads::thread)
        .post("/api/v1/agent/tasks/{id}/thread", threads::say)
        .get("/api/v1/agent/tasks/{id}/secret-requests", secrets::requests)
        .post("/api/v1/agent/tasks/{id}/secret-requests", secrets::request)
        .post("/api/v1/agent/tasks/{id}/secret-requests/{rid}/grant", secrets::grant)
        .get("/api/v1/agent/tasks/{id}/secret-bundle", secrets::bundle)
        .get("/v1/tasks/{id}/watch", watch::watch)
}

/// Files of deliveries, by digest.
fn file_routes(settings: &Settings) -> Table {
    let upload = put(blobs::put).layer(DefaultBodyLimit::max(settings.limits.attachment_bytes_max));
    Table::new().get("/v1/blobs/{sha256}", blobs::get).route(Method::PUT, "/v1/blobs/{sha256}", upload)
}

/// Rewards for credits.
fn reward_routes() -> Table {
    Table::new()
        .get("/api/v1/agent/rewards", rewards::rewards)
        .post("/api/v1/agent/rewards/{id}/redeem", rewards::redeem)
        .get("/api/v1/agent/redemptions", rewards::redemptions)
        .get("/v1/admin/redemptions", rewards::all)
        .post("/v1/admin/redemptions/{id}/approve", rewards::approve)
        .post("/v1/admin/redemptions/{id}/refuse", rewards::refuse)
}

/// Telling others of events.
fn webhook_routes() -> Table {
    Table::new()
        .get("/v1/webhooks", webhooks::list)
        .post("/v1/webhooks", webhooks::add)
        .get("/v1/webhooks/{id}", webhooks::one)
        .patch("/v1/webhooks/{id}", webhooks::change)
        .delete("/v1/webhooks/{id}", webhooks::remove)
        .post("/v1/webhooks/{id}/rotate", webhooks::rotate)
        .post("/v1/webhooks/{id}/test", webhooks::test)
        .get("/v1/webhooks/{id}/deliveries", webhooks::deliveries)
        .post("/v1/webhooks/{id}/deliveries/{did}/redeliver", webhooks::redeliver)
}

/// The test provider's page, and the clock where it may be moved.
fn test_routes(settings: &Settings) -> Table {
    if settings.payments.is_live() {
        return Table::new();
    }
    let routes = Table::new()
        .get("/test/payments/{id}", test_mode::payment)
        .post("/test/payments/{id}", test_mode::pay)
        .post("/webhooks/test", callbacks::test);
    if settings.test_clock { routes.post("/v1/test/clock", test_mode::advance) } else { routes }
}
