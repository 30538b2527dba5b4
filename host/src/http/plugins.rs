//! `/v1/plugins`: publish components, find them, try them.

use std::collections::HashMap;
use std::sync::Arc;

use assay_db::Reply;
use assay_db::entities::PluginRow;
use assay_domain::ids::Timestamp;
use assay_domain::refusal::Refusal;
use assay_sandbox::{Digest, Input, Outcome as RunOutcome};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, header};
use axum::response::IntoResponse as _;
use serde_json::{Value, json};

use super::answer::{self, Outcome, enveloped, ok, reply};
use super::commission::{page_limit, path_id, query_text};
use super::request::{Bytes, Call};
use crate::app::App;
use crate::app::access::Scope;
use crate::app::registry::{Facts, Search};
use crate::app::uploads::{Upload, Uploaded};
use crate::clock::rfc3339;

/// `POST /v1/plugins?name=&version=`: the component's bytes.
pub async fn upload(
    State(app): State<Arc<App>>,
    Query(query): Query<HashMap<String, String>>,
    bytes: Bytes,
) -> Outcome {
    let ask = bytes.ask(Scope::Plugins)?;
    let said = |name: &str| query.get(name).filter(|text| !text.is_empty()).cloned();
    let upload = Upload { bytes: bytes.body(), name: said("name"), version: said("version") };
    answer::of(app.upload(ask, &upload, uploaded).await)
}

fn uploaded(uploaded: &Uploaded) -> Reply {
    reply(if uploaded.is_new { 201 } else { 200 }, &enveloped(plugin(&uploaded.plugin)))
}

/// `POST /v1/plugins/{digest}/retire`.
pub async fn retire(State(app): State<Arc<App>>, Path(digest): Path<String>, call: Call) -> Outcome {
    let digest: Digest = path_id(&digest, "component")?;
    answer::of(app.retire(call.ask(Scope::Plugins)?, &digest, uploaded).await)
}

/// `GET /v1/plugins?world=&name=&author=&search=&limit=&cursor=`.
pub async fn plugins(State(app): State<Arc<App>>, Query(query): Query<HashMap<String, String>>) -> Outcome {
    let limit = page_limit(&query, 50, app.settings.limits.page_items_max)?;
    let text = |name: &str| query_text(&query, name).map(|text| text.unwrap_or_default().to_owned());
    let search =
        Search { world: text("world")?, name: text("name")?, author: text("author")?, part: text("search")? };
    let page = app.plugins(&search, &text("cursor")?, limit).await?;
    let items: Vec<Value> = page.items.iter().map(plugin).collect();
    ok(&enveloped(json!({
        "items": items,
        "pagination": {
            "nextCursor": page.next, "hasMore": page.next.is_some(), "totalEstimate": page.total_estimate,
        },
    })))
}

/// `GET /v1/plugins/{digest}`.
pub async fn facts(State(app): State<Arc<App>>, Path(digest): Path<String>) -> Outcome {
    let facts = app.plugin(&path_id(&digest, "component")?).await?;
    ok(&enveloped(page(&facts)))
}

/// `GET /v1/plugins/{digest}/component`: the bytes.
pub async fn component(State(app): State<Arc<App>>, Path(digest): Path<String>) -> Outcome {
    let digest = path_id(&digest, "component")?;
    let mut response = app.component(&digest).await?.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/wasm"));
    Ok(response)
}

/// `POST /v1/plugins/{digest}/run {input}`: what it says to an input, which is what a
/// receipt's input looks like.
pub async fn run(State(app): State<Arc<App>>, Path(digest): Path<String>, call: Call) -> Outcome {
    let digest = path_id(&digest, "component")?;
    let given = call.fields.json("input")?;
    if given.is_null() {
        return Err(Refusal::field("input", "is missing: an object such as a receipt's input").into());
    }
    let input: Input = serde_json::from_value(given)
        .map_err(|error| Refusal::field("input", format!("is no input of a component: {error}")))?;
    let run = app.try_plugin(call.caller(), &digest, &input, None).await?;
    let (output, reason) = match &run.outcome {
        RunOutcome::Output(_) => (serde_json::from_slice(&run.output).unwrap_or_default(), Value::Null),
        RunOutcome::Inconclusive { reason } => {
            (Value::Null, json!({ "code": reason.code(), "message": reason.to_string() }))
        }
    };
    ok(&enveloped(json!({
        "outcome": run.word(), "output": output, "reason": reason, "fuel": run.fuel,
        "memoryBytes": run.memory_bytes, "log": run.log,
    })))
}

fn plugin(row: &PluginRow) -> Value {
    let kept = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).unwrap_or_default();
    let mut manifest = kept(&row.body);
    // They are in the component, and may be as large as everything else together.
    if let Some(fields) = manifest.as_object_mut() {
        fields.remove("goldens");
    }
    json!({
        "digest": row.digest, "name": row.name, "version": row.version, "world": row.world,
        "author": row.author, "owner": if row.owner.is_empty() { Value::Null } else { row.owner.clone().into() },
        "badge": row.badge, "status": row.status, "createdAt": rfc3339(Timestamp(row.created_at)),
        "manifest": manifest, "certification": kept(&row.certification),
    })
}

fn page(facts: &Facts) -> Value {
    let mut page = plugin(&facts.plugin);
    let rate = |part: i64| {
        #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
        let rate = part as f64 / facts.runs.max(1) as f64;
        rate
    };
    page["runs"] = facts.runs.into();
    page["inconclusive"] = facts.inconclusive.into();
    page["inconclusiveRate"] = rate(facts.inconclusive).into();
    page["overturned"] = facts.overturned.into();
    page["component"] = format!("/v1/plugins/{}/component", facts.plugin.digest).into();
    page
}
