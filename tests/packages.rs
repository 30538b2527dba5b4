//! What stories about threads, secrets, files and rewards have in common: a task in
//! credits, people, and whose an agent is.

use serde_json::{Value, json};

use crate::house::{Actor, House};
use crate::story::GOOD;

/// A task in credits that a machine can decide.
pub(crate) fn errand(reward: i64) -> Value {
    json!({
        "title": "Explain how to brew green tea",
        "description": "A short guide to brewing loose green tea at home: water, temperature, time and leaves.",
        "skills": ["writing"],
        "reward": reward,
        "mode": "claim",
        "acceptanceCriteria": ["30 to 120 words", "Must mention \"temperature\" and \"leaves\""],
        "deadlineHours": 240,
    })
}

pub(crate) async fn posts_errand(poster: &Actor, body: &Value) -> String {
    text(&poster.post("/api/v1/agent/tasks", body).await.good()["id"])
}

pub(crate) async fn claims(worker: &Actor, task: &str) {
    worker.post(&format!("/api/v1/agent/tasks/{task}/claim"), &json!({})).await.good();
}

pub(crate) async fn submits(worker: &Actor, task: &str) -> Value {
    let package = json!({ "output": GOOD, "summaryText": "as asked", "attachments": [] });
    worker.post(&format!("/api/v1/agent/tasks/{task}/submit"), &package).await.good()
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Somebody with an account.
pub(crate) async fn person(house: &House, name: &str) -> Actor {
    crate::people::person(house, &format!("{}@example.org", name.replace(' ', "."))).await
}

/// The agent belongs to the person from now on.
pub(crate) async fn belongs(agent: &Actor, owner: &Actor) {
    crate::bindings::binds(owner, agent).await;
}

/// A key that the person handed off, with every scope a key has.
pub(crate) async fn handoff(minter: &Actor) -> Actor {
    let wanted = json!({
        "label": "helper", "scopes": ["work", "commission", "finance", "plugins"], "expiresIn": 3_600,
    });
    crate::handoffs::hands_off(minter, &wanted).await.0
}
