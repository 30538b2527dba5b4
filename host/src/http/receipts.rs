//! Receipts and the keys they are signed with. The components that they name are in
//! [`super::plugins`].

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::answer::{Outcome, enveloped, json_response, ok};
use super::commission::path_id;
use super::problem::Problem;
use super::request::Me;
use crate::app::App;
use crate::error::Error;

/// `GET /v1/receipts/{id}`. The receipt is written exactly as it was signed.
pub async fn receipt(State(app): State<Arc<App>>, Path(id): Path<String>) -> Outcome {
    let receipt = app.receipt(path_id(&id, "receipt")?).await?;
    let value =
        serde_json::to_value(&receipt).map_err(|error| Problem::from(Error::Internal(error.to_string())))?;
    ok(&enveloped(value))
}

/// `GET /v1/receipts/{id}/input`: the canonical bytes, for the task's parties.
pub async fn input(State(app): State<Arc<App>>, Me(caller): Me, Path(id): Path<String>) -> Outcome {
    let bytes = app.receipt_input(&caller, path_id(&id, "receipt")?).await?;
    Ok(json_response(StatusCode::OK, bytes))
}

/// `GET /v1/receipts/keys`.
pub async fn keys(State(app): State<Arc<App>>) -> Outcome {
    let keys = app.public_keys().await?;
    let items: Vec<Value> = keys
        .iter()
        .map(|key| json!({ "id": key.id, "algorithm": "Ed25519", "publicKey": key.public }))
        .collect();
    ok(&enveloped(json!({ "items": items })))
}

/// `GET /v1/journal`: the signed heads of the journal's lanes.
pub async fn journal(State(app): State<Arc<App>>) -> Outcome {
    let heads = app.journal_heads().await?;
    let items: Vec<Value> = heads
        .iter()
        .map(|head| {
            json!({
                "lane": head.lane, "link": head.link, "hash": head.hash,
                "key": head.key, "signature": head.signature,
            })
        })
        .collect();
    ok(&enveloped(json!({ "items": items })))
}
