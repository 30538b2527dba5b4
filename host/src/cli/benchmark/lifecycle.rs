//! A task's life: post, bid, accept, deliver with gate and checks, accept. Five writes and
//! two verdicts.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::load::Person;
use super::transfers::{deposit, register};
use super::wire::{Wire, request};

/// What a poster starts with: more than all its tasks cost.
const POSTER_DOLLARS: u32 = 100_000;

const CONTENT: &str = "Green tea wants patience more than heat. Bring fresh water to a temperature of about 75 \
    degrees, well below the boil, and warm the pot first. Take two grams of leaves for each cup, pour the water over \
    them and wait two minutes. Taste it then: longer steeping makes the cup bitter. The same leaves will give a \
    second and a third cup, each a little shorter than the last.";

/// A poster and a worker, who do one task after the other over one connection.
pub(super) struct Task {
    wire: Wire,
    poster: String,
    worker: String,
    post: Vec<u8>,
}

/// So many pairs, or as many workers of one poster.
pub(super) async fn people(address: &str, connections: u16, hot: bool) -> Result<Vec<Person>, String> {
    let mut people = Vec::new();
    let mut shared: Option<String> = None;
    for number in 0..connections {
        let mut wire = Wire::connect(address).await?;
        let poster = if let Some(poster) = shared.filter(|_| hot) {
            poster
        } else {
            let (_, key) = register(&mut wire, &format!("poster {number}")).await?;
            deposit(&mut wire, &key, POSTER_DOLLARS).await?;
            key
        };
        shared = Some(poster.clone());
        let (_, worker) = register(&mut wire, &format!("worker {number}")).await?;
        let post = request("POST", "/api/tasks", &poster, &tea().to_string());
        people.push(Person::Works(Box::new(Task { wire, poster, worker, post })));
    }
    Ok(people)
}

fn tea() -> Value {
    json!({
        "title": "Explain how to brew green tea",
        "description": "A short guide to brewing loose green tea at home: water, temperature, time and leaves.",
        "category": "writing",
        "budget": 1,
        "deadline_hours": 24,
        "acceptance_criteria": ["30 to 120 words", "Must mention \"temperature\" and \"leaves\""],
        "checks": [{ "kind": "not-contains", "value": "boiling water" }],
    })
}

/// All that the load needs to know of an answer: whoever reads the rest takes the time for
/// it from the server.
#[derive(Deserialize)]
struct Made {
    id: String,
}

/// The same in an answer under `data`.
#[derive(Deserialize)]
struct Data {
    data: Made,
}

impl Task {
    /// One task from its posting to its payment.
    pub(super) async fn step(&mut self) -> Result<(), String> {
        let Made { id: task } = self.wire.ask(&self.post).await?.good()?;
        let offer = json!({ "proposedPrice": "1", "coverLetter": "I can do this." });
        let path = format!("/v1/tasks/{task}/bids");
        let bid: Data = self.wire.call("POST", &path, &self.worker, &offer).await?;
        let path = format!("/api/proposals/{}/accept", bid.data.id);
        self.wire.call::<IgnoredAny>("POST", &path, &self.poster, &json!({})).await?;
        let work = json!({ "content": CONTENT });
        let path = format!("/v1/tasks/{task}/deliver");
        let delivered: Data = self.wire.call("POST", &path, &self.worker, &work).await?;
        let verdict = json!({ "id": delivered.data.id, "status": "accepted", "review_notes": "as agreed" });
        self.wire.call::<IgnoredAny>("PATCH", "/api/deliverables", &self.poster, &verdict).await.map(drop)
    }
}
