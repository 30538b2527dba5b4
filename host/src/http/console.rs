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
//! | [`page`] | the frame around every page, its headers, the page of a refusal |
//! | [`assets`] | the style sheet, the scripts, the icon |
//! | [`words`] | money, times and states as people read them |
//!
//! Everything works without scripts; `main.js` makes some of it better.

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn;
use axum::routing::{get, post};

use crate::app::App;

pub mod assets;
pub mod delivery;
pub mod desk;
pub mod form;
pub mod front;
pub mod house;
pub mod page;
pub mod people;
pub mod receipts;
pub mod session;
pub mod task;
pub mod task_forms;
pub mod tasks;
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
        .route("/", get(front::front))
        .route("/sign-up", get(people::sign_up_page).post(people::sign_up))
        .route("/sign-in", get(people::sign_in_page).post(people::sign_in))
        .route("/sign-in/key", post(people::sign_in_with_key))
        .route("/sign-out", post(people::sign_out))
        .route("/account", get(people::account_page))
        .route("/account/password", post(people::change_password))
        .route("/account/sessions", post(people::sign_out_everywhere))
        .merge(task_pages())
        .merge(house_pages())
        .layer(from_fn(session::greet))
        .layer(from_fn(page::guard_headers));
    pages.route("/assets/{version}/{file}", get(assets::file))
}

fn task_pages() -> Router<Arc<App>> {
    Router::new()
        .route("/tasks", get(tasks::list))
        .route("/tasks/{id}", get(task::page))
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
        .route("/files/{sha256}", get(task_forms::file))
        .route("/receipts/{id}", get(receipts::page))
        .route("/receipts/{id}/replay", post(receipts::replay))
        .route("/desk", get(desk::page))
        .route("/desk/deliveries/{id}", post(desk::review))
        .route("/desk/approvals/{id}", post(desk::approval))
}

fn house_pages() -> Router<Arc<App>> {
    Router::new()
        .route("/house", get(house::page))
        .route("/house/redemptions/{id}", post(house::redemption))
        .route("/house/payouts/{id}", post(house::payout))
        .route("/house/disputes/{id}", get(house::dispute).post(house::resolve))
        .route("/house/disputes/{id}/replay", post(house::replay))
}
