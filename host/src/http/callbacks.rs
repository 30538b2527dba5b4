//! What payment providers call, and where they send people back to. The body counts byte
//! for byte, since it is what was signed.

use std::collections::HashMap;
use std::sync::Arc;

use assay_domain::ledger::Provider;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use serde_json::json;

use super::answer::{Outcome, ok};
use super::console::page;
use super::console::session::Person;
use crate::app::App;

/// `POST /webhooks/stripe`, signed with `Stripe-Signature`.
pub async fn stripe(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Outcome {
    take(&app, Provider::Stripe, &headers, "stripe-signature", &body).await
}

/// `POST /webhooks/nowpayments`, signed with `x-nowpayments-sig`.
pub async fn nowpayments(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Outcome {
    take(&app, Provider::NowPayments, &headers, "x-nowpayments-sig", &body).await
}

/// `POST /webhooks/test`: the test provider's signed callback.
pub async fn test(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Outcome {
    take(&app, Provider::Test, &headers, "assay-test-signature", &body).await
}

async fn take(app: &App, provider: Provider, headers: &HeaderMap, name: &str, body: &[u8]) -> Outcome {
    let signature = headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let ignored = app.take_callback(provider, body, signature).await?;
    ok(&json!({ "received": true, "ignored": ignored }))
}

/// `GET /payments/return?outcome=`: where a provider sends somebody who paid, or did not.
/// It says nothing of the payment, which the provider's callback decides. A browser is
/// shown a page.
pub async fn back(
    Query(query): Query<HashMap<String, String>>,
    person: Option<Person>,
    headers: HeaderMap,
) -> Outcome {
    let cancelled = query.get("outcome").is_some_and(|outcome| outcome == "cancelled");
    let message = if cancelled {
        "The payment was cancelled. Nothing was charged."
    } else {
        "Thank you. The money is in the wallet as soon as the provider confirms it."
    };
    if page::wanted("/payments/return", &headers) {
        return page::said(person.as_ref(), if cancelled { "Cancelled" } else { "Thank you" }, message);
    }
    ok(&json!({ "outcome": if cancelled { "cancelled" } else { "success" }, "message": message }))
}
