//! Pages for people, over the same verbs and the same access checks as every other surface.
//!
//! A page is a function that reads, fills a template under `console/pages` and answers. A
//! form is a handler that calls one verb: what came of it is a place to go on to, so that
//! reloading sends nothing again; a refusal shows the page once more, with what was typed
//! and what is wrong beside the field it is about.
//!
//! | module | owns |
//! |---|---|
//! | [`session`] | the cookie, who looks at a page, the token every form carries |
//! | [`form`] | reading a form, and showing it again after a refusal |
//! | [`kept`] | what was typed into a form that is gone, or whose session is |
//! | [`page`] | the frame around every page, its headers, the page of a refusal |
//! | [`assets`] | the style sheet, the scripts, the icon |
//! | [`words`] | money, times and states as people read them |
//!
//! Everything works without scripts; `main.js` makes some of it better.

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn;
use axum::routing::{get, post};

use super::blobs;
use crate::app::App;

pub mod agents;
pub mod asked;
pub mod assets;
pub mod bids;
pub mod channels;
pub mod checks;
pub mod configuring;
pub mod delivery;
pub mod desk;
pub mod dispute;
pub mod encryption;
pub mod files;
pub mod foreseen;
pub mod form;
pub mod front;
pub mod guides;
pub mod happened;
pub mod house;
pub mod kept;
pub mod keys;
pub mod page;
pub mod people;
pub mod plot;
pub mod plugins;
pub mod posting;
pub mod protected;
pub mod ration;
pub mod receipts;
pub mod records;
pub mod rewards;
pub mod schema;
pub mod secret;
pub mod session;
pub mod statement;
pub mod task;
pub mod task_forms;
pub mod tasks;
pub mod thread;
pub mod trying;
pub mod verifiers;
pub mod wallet;
pub mod watching;
pub mod whole;
pub mod withdrawals;
pub mod words;

/// Beginnings of paths that machines call. What does not begin so is for people, and a
/// browser is answered with a page there.
const FOR_MACHINES: [&str; 9] =
    ["/api/", "/v1/", "/openapi.json", "/docs", "/health", "/metrics", "/webhooks/", "/test/", "/assets/"];

/// Whether a path belongs to the console.
pub fn has(path: &str) -> bool {
    !FOR_MACHINES.iter().any(|beginning| path.starts_with(beginning))
}

/// Every page and every form.
pub fn router() -> Router<Arc<App>> {
    let pages = Router::new()
        .merge(wallet_pages())
        .merge(agent_pages())
        .merge(registry_pages())
        .route("/", get(front::front))
        .route("/sign-up", get(people::sign_up_page).post(people::sign_up))
        .route("/sign-in", get(people::sign_in_page).post(people::sign_in))
        .route("/sign-in/key", post(people::sign_in_with_key))
        .route("/sign-out", post(people::sign_out))
        .route("/account", get(people::account_page))
        .route("/account/password", post(people::change_password))
        .route("/account/sessions", get(keys::sessions).post(people::sign_out_everywhere))
        .merge(posting_pages())
        .merge(task_pages())
        .merge(house_pages())
        .layer(from_fn(session::greet))
        .layer(from_fn(page::guard_headers));
    pages.route("/assets/{version}/{file}", get(assets::file))
}

/// The wallet and what belongs to it.
fn wallet_pages() -> Router<Arc<App>> {
    Router::new()
        .route("/wallet", get(wallet::wallet))
        .route("/wallet/deposit", post(wallet::deposit))
        .route("/wallet/payments/{id}", get(wallet::payment))
        .route("/wallet/payments/{id}/pay", post(wallet::pay))
        .route("/wallet/payments/{id}/confirm", post(wallet::confirm))
        .route("/wallet/statement", get(statement::statement))
        .route("/wallet/statement.csv", get(statement::file))
        .route("/wallet/withdrawals", get(withdrawals::withdrawals).post(withdrawals::withdraw))
        .route("/wallet/withdrawals/addresses", post(withdrawals::save))
        .route("/wallet/withdrawals/addresses/{id}/default", post(withdrawals::prefer))
        .route("/wallet/withdrawals/addresses/{id}/forget", post(withdrawals::forget))
        .route("/wallet/channels", get(channels::channels).post(channels::open))
        .route("/wallet/channels/{id}", get(channels::channel))
        .route("/wallet/channels/{id}/deposit", post(channels::fund))
        .route("/wallet/channels/{id}/transfer", post(channels::transfer))
        .route("/wallet/channels/{id}/close", post(channels::close))
        .route("/wallet/rewards", get(rewards::rewards))
        .route("/wallet/rewards/{id}/redeem", post(rewards::redeem))
}

/// Agents, and everybody's keys.
fn agent_pages() -> Router<Arc<App>> {
    Router::new()
        .route("/account/sessions/{id}/end", post(keys::end_session))
        .route("/account/handoffs", get(keys::handoffs).post(keys::hand_off))
        .route("/account/handoffs/{id}/end", post(keys::end_handoff))
        .route("/agents", get(agents::agents).post(agents::make))
        .route("/agents/bindings", post(agents::bind))
        .route("/agents/{id}", get(agents::agent))
        .route("/agents/{id}/guardrails", post(agents::set_guardrails))
        .route("/agents/{id}/unbind", post(agents::unbind))
        .route("/agents/{id}/binding-code", post(agents::binding_code))
        .route("/agents/{id}/keys", get(keys::keys).post(keys::make))
        .route("/agents/{id}/keys/{key}/rotate", post(keys::rotate))
        .route("/agents/{id}/keys/{key}/end", post(keys::end))
}

/// What is public: the registry of judges, the record of each party, the guides.
fn registry_pages() -> Router<Arc<App>> {
    Router::new()
        .route("/plugins", get(plugins::plugins))
        .route("/plugins/upload", get(plugins::upload_page).post(plugins::upload))
        .route("/plugins/{digest}", get(plugins::plugin))
        .route("/plugins/{digest}/retire", post(plugins::retire))
        .route("/plugins/{digest}/run", post(trying::run))
        .route("/parties/{id}", get(records::party))
        .route("/guides", get(guides::guides))
        .route("/guides/{name}", get(guides::guide))
}

fn task_pages() -> Router<Arc<App>> {
    Router::new()
        .route("/tasks", get(tasks::list))
        .route("/tasks/{id}", get(task::page))
        .route("/tasks/{id}/whole", get(whole::task))
        .route("/tasks/{id}/deliveries/{delivery}/{part}", get(whole::delivery))
        .route("/tasks/{id}/bid", post(task_forms::bid))
        .route("/tasks/{id}/bids/{bid}/accept", post(task_forms::accept_bid))
        .route("/tasks/{id}/bids/{bid}/reject", post(task_forms::reject_bid))
        .route("/tasks/{id}/bids/{bid}/counter", post(task_forms::counter))
        .route("/tasks/{id}/claim", post(task_forms::claim))
        .route("/tasks/{id}/cancel", post(task_forms::cancel))
        .route("/tasks/{id}/deliver", post(task_forms::deliver))
        .route("/tasks/{id}/check", post(task_forms::check))
        .route("/tasks/{id}/deliveries/{delivery}/review", post(task_forms::review))
        .route("/tasks/{id}/say", post(task_forms::say))
        .route("/tasks/{id}/dispute", post(task_forms::dispute))
        .route("/files/{sha256}", get(blobs::get))
        .route("/receipts/{id}", get(receipts::page))
        .route("/receipts/{id}/replay", post(receipts::replay))
        .route("/desk", get(desk::page))
        .route("/desk/deliveries/{id}", post(desk::review))
        .route("/desk/approvals/{id}", post(desk::approval))
}

fn house_pages() -> Router<Arc<App>> {
    Router::new()
        .route("/house", get(house::page))
        .route("/house/audit", post(house::audit))
        .route("/house/redemptions/{id}", post(house::redemption))
        .route("/house/payouts/{id}", post(house::payout))
        .route("/house/disputes/{id}", get(dispute::page).post(dispute::resolve))
        .route("/house/disputes/{id}/replay", post(dispute::replay))
}

/// Posting a task, watching it, what is protected of it.
fn posting_pages() -> Router<Arc<App>> {
    Router::new()
        .route("/account/encryption", get(encryption::key_page).post(encryption::set_key))
        .route("/post", get(posting::post_page).post(posting::post))
        .route("/post/preview", post(posting::preview))
        .route("/post/draft", get(posting::post_page).post(posting::draft))
        .route("/tasks/{id}/watch", get(watching::watch_page))
        .route("/tasks/{id}/live", get(watching::live))
        .route("/tasks/{id}/secrets", get(protected::secrets_page).post(protected::request))
        .route("/tasks/{id}/secrets/{request}/grant", post(protected::grant))
}
