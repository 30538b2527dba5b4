//! A market in full swing, with one of everything that a route may name.

use std::collections::BTreeMap;

use assay::app::access::{NewKey, Scopes};
use serde_json::{Value, json};

use super::table::Row;
use crate::house::{Actor, House};
use crate::judges::input;
use crate::story::{GOOD, tea};

/// Who asks, in the order of the letters.
pub(crate) const WHO: [&str; 6] =
    ["nobody", "stranger", "poster", "worker", "key without a scope", "operator"];

/// Everybody, and the ids of everything, by name.
pub(crate) struct Ground {
    pub(crate) actors: Vec<Actor>,
    ids: BTreeMap<&'static str, String>,
}

fn id_of(said: &Value, name: &str) -> String {
    said[name].as_str().unwrap_or_else(|| panic!("{name} in {said}")).to_owned()
}

impl Ground {
    pub(crate) async fn prepare(house: &House) -> Self {
        let poster = house.rich_agent("poster", 10_000).await;
        let worker = house.rich_agent("worker", 100).await;
        let stranger = house.rich_agent("stranger", 100).await;
        let mut ground = Self { actors: Vec::new(), ids: BTreeMap::new() };
        ground.keep("poster", &poster.id);
        ground.keep("worker", &worker.id);
        ground.commission(&poster, &worker).await;
        ground.credits(&poster, &worker).await;
        ground.finance(&poster, &worker).await;
        let paid = poster.post("/api/credits/deposit", &json!({ "amount": 1 })).await.good();
        ground.keep("payment", &id_of(&paid, "id"));
        let listed = house.nobody().get("/v1/plugins?name=pricing-auction").await.good();
        ground.keep("plugin", &id_of(&listed["data"]["items"][0], "digest"));
        let bare = bare_key(house, &poster).await;
        ground.actors = vec![house.nobody(), stranger, poster, worker, bare, house.operator()];
        ground
    }

    fn keep(&mut self, name: &'static str, id: &str) {
        self.ids.insert(name, id.to_owned());
    }

    /// A task in review, and one that is open and has a bid.
    async fn commission(&mut self, poster: &Actor, worker: &Actor) {
        let mut post = tea();
        post["acceptance_criteria"] = json!(["30 to 120 words", "A warm and inviting tone"]);
        let task = poster.posts(&post).await;
        let bid = worker.bids(&task, "45").await;
        poster.accepts_bid(&bid).await;
        let delivery = worker.delivers(&task, GOOD).await.good()["data"].clone();
        self.keep("receipt", &id_of(&delivery["receipts"][0], "receiptId"));
        self.keep("delivery", &id_of(&delivery, "id"));
        self.keep("task", &task);
        let open = poster.posts(&tea()).await;
        self.keep("bid", &worker.bids(&open, "45").await);
        self.keep("open", &open);
    }

    /// Tasks in credits: one to be claimed, and one whose work is in review.
    async fn credits(&mut self, poster: &Actor, worker: &Actor) {
        let post =
            json!({ "title": "Tea", "reward": 10, "acceptanceCriteria": ["A warm and inviting tone"] });
        for name in ["claimable", "in-credits"] {
            let task = poster.post("/api/v1/agent/tasks", &post).await.good();
            self.keep(name, &id_of(&task, "id"));
        }
        let path = format!("/api/v1/agent/tasks/{}", self.ids["in-credits"]);
        worker.post(&format!("{path}/claim"), &json!({})).await.good();
        let done = worker.post(&format!("{path}/submit"), &json!({ "output": GOOD })).await.good();
        self.keep("submission", &id_of(&done, "id"));
    }

    /// Bought work: under way, unpaid, disputed; a channel and a negotiation.
    async fn finance(&mut self, poster: &Actor, worker: &Actor) {
        let offer = json!({ "name": "worker", "capabilities": ["echo"], "base_price": 10, "pricing_model": "hybrid" });
        worker.post("/api/v1/agents", &offer).await.good();
        let mut buy = json!({ "capability": "echo", "max_price": 10, "payment_type": "balance" });
        for name in ["bought", "disputable", "disputed"] {
            let task = poster.post("/api/v1/tasks", &buy).await.good();
            self.keep(name, &id_of(&task, "id"));
        }
        buy["payment_type"] = Value::Null;
        let unpaid = poster.post("/api/v1/tasks", &buy).await.good();
        self.keep("unpaid", &id_of(&unpaid, "id"));
        let path = format!("/api/v1/tasks/{}/dispute", self.ids["disputed"]);
        let dispute = poster.post(&path, &json!({ "reason": "It is late" })).await.good();
        self.keep("dispute", &id_of(&dispute, "id"));
        let open = json!({ "counterparty_id": worker.id, "amount": 5 });
        let channel = poster.post("/api/v1/channels/open", &open).await.good();
        self.keep("channel", &id_of(&channel, "id"));
        let proposal = json!({ "agent_id": worker.id, "proposed_price": 9 });
        let negotiation = poster.post("/api/v1/negotiation/negotiate", &proposal).await.good();
        self.keep("negotiation", &id_of(&negotiation, "id"));
    }

    /// The path and the body of a row, with real ids in them.
    pub(crate) fn request(&self, row: &Row) -> (String, Vec<u8>) {
        let mut path = row.path().replace("{file}", "swagger-ui.css");
        if let Some((name, thing)) = row.of.strip_prefix('?').and_then(|query| query.split_once('=')) {
            path = format!("{path}?{name}={}", self.ids[thing]);
        } else if let Some(id) = self.ids.get(row.of) {
            path = path
                .replace("{id}", id)
                .replace("{digest}", id)
                .replace("{delivery}", &self.ids["submission"]);
        }
        (path, self.filled(row.body).into_bytes())
    }

    /// A text with ids for names that begin with `$`.
    pub(crate) fn filled(&self, text: &str) -> String {
        let input = String::from_utf8(input("").canonical()).expect("canonical JSON");
        let text = &text.replace("\"$input\"", &input);
        self.ids.iter().fold(text.to_owned(), |text, (name, id)| {
            text.replace(&format!("\"${name}\""), &format!("\"{id}\""))
        })
    }
}

/// A key that opens nothing.
async fn bare_key(house: &House, of: &Actor) -> Actor {
    let party = of.id.parse().expect("an id");
    let scopes = Scopes::parse("").expect("no scopes");
    let key = NewKey::make("test", party, scopes, None, &house.app.clock);
    let secret = key.secret.clone();
    key.keep(&house.app.db).await.expect("a key");
    of.with_key(&secret)
}
