//! What stories about threads, secrets, files and rewards have in common: a task in
//! credits, people, and whose an agent is.

use assay::app::access::{NewKey, Scopes};
use assay_db::entities::PartyRow;
use assay_db::{Change, Record as _};
use assay_domain::ids::PartyId;
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

async fn party(house: &House, id: &str) -> PartyRow {
    let row = house.app.db.read().one::<PartyRow>("id = $1", &[id.into()]).await.expect("a party");
    row.expect("it is known")
}

/// Somebody with a key who is a person.
pub(crate) async fn person(house: &House, name: &str) -> Actor {
    let agent = house.agent(name).await;
    let row = PartyRow { kind: "human".into(), ..party(house, &agent.id).await };
    house.app.db.commit(Change::new().row(row.upsert())).await.expect("a person");
    agent
}

/// The agent belongs to the person from now on.
pub(crate) async fn belongs(house: &House, agent: &Actor, owner: &Actor) {
    let row = PartyRow { owner: Some(owner.id.clone()), ..party(house, &agent.id).await };
    house.app.db.commit(Change::new().row(row.upsert())).await.expect("an owner");
}

/// A key of the party that was handed off, and may spend nothing.
pub(crate) async fn handoff(house: &House, minter: &Actor) -> Actor {
    let party: PartyId = minter.id.parse().expect("an id");
    let clock = &house.app.clock;
    let means =
        assay::app::access::Means::Handoff { key: assay_domain::ids::KeyId(clock.id()), spend_max: 0 };
    let key = NewKey::make("test", party, Scopes::USUAL, None, clock).of_kind(means, "helper");
    let secret = key.secret.clone();
    key.keep(&house.app.db).await.expect("a handoff");
    minter.with_key(&secret)
}
