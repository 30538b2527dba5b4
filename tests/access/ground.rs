//! A market in full swing, with one of everything that a route may name.

use std::collections::BTreeMap;

use assay::app::access::{NewKey, Scopes};
use assay::app::stock::{self, StockLine};
use assay_sandbox::Digest;
use reqwest::Method;
use serde_json::{Value, json};

use super::table::Row;
use crate::bindings::binds;
use crate::handoffs::hands_off;
use crate::house::{Actor, House};
use crate::judges::input;
use crate::packages::{claims, errand, posts_errand, submits};
use crate::people::{PASSWORD, agent_of, makes_key, person};
use crate::protected::{recovery_key, registers_key, sealed};
use crate::story::{GOOD, tea};

/// Who asks, in the order of the letters. The owner is the poster's; the handoff is the
/// owner's, with the scope `work`; the bare key is the poster's, with no scope at all.
pub(crate) const WHO: [&str; 8] =
    ["nobody", "stranger", "poster", "worker", "owner", "handoff", "bare key", "operator"];

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
        let poster = house.rich_agent("poster", 30_000).await;
        let worker = house.rich_agent("worker", 100).await;
        let stranger = house.rich_agent("stranger", 100).await;
        let owner = person(house, "owner@example.org").await;
        let mut ground = Self { actors: Vec::new(), ids: BTreeMap::new() };
        ground.keep("poster", &poster.id);
        ground.keep("worker", &worker.id);
        ground.keep("nobody", super::NOBODYS);
        ground.keep("tea", &Digest::of(b"\"tea\"").hex());
        ground.rewards(house, &poster, &worker).await;
        ground.commission(&poster, &worker).await;
        ground.credits(&poster, &worker).await;
        ground.finance(&poster, &worker).await;
        ground.money(&poster).await;
        binds(&owner, &poster).await;
        let handoff = ground.people(house, &owner, &poster).await;
        ground.packages(&poster, &worker).await;
        let listed = house.nobody().get("/v1/plugins?name=pricing-auction").await.good();
        ground.keep("plugin", &id_of(&listed["data"]["items"][0], "digest"));
        let bare = bare_key(house, &poster).await;
        ground.actors =
            vec![house.nobody(), stranger, poster, worker, owner, handoff, bare, house.operator()];
        ground
    }

    /// The id of a thing, by the name that rows have for it.
    pub(crate) fn id(&self, name: &str) -> &str {
        &self.ids[name]
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
        self.keep("biddable", &poster.posts(&tea()).await);
    }

    /// Tasks in credits: one to be claimed, and one whose work is in review.
    async fn credits(&mut self, poster: &Actor, worker: &Actor) {
        let post =
            json!({ "title": "Tea", "reward": 10, "acceptanceCriteria": ["A warm and inviting tone"] });
        self.keep("claimable", &posts_errand(poster, &post).await);
        let task = posts_errand(poster, &post).await;
        claims(worker, &task).await;
        self.keep("submission", &id_of(&submits(worker, &task).await, "id"));
        self.keep("in-credits", &task);
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

    /// A payment that waits, and dollars on their way out.
    async fn money(&mut self, poster: &Actor) {
        let waits = poster.post("/api/credits/deposit", &json!({ "amount": 1 })).await.good();
        self.keep("payment", &id_of(&waits, "id"));
        let coins = poster.post("/api/v1/payments/create-intent", &json!({ "amount": 100 })).await.good();
        poster.send(poster.request(Method::POST, &id_of(&coins, "invoice_url"))).await.good();
        let address = json!({ "currency": "USDTTRC20", "address": "TN3W4H6rK2ce4vX9YnFQHwKENnHjoxb3m9" });
        let saved = poster.post("/api/v1/withdrawal-addresses", &address).await.good();
        self.keep("address", &id_of(&saved, "id"));
        let out = poster.post("/api/v1/withdrawals", &json!({ "amount": 10 })).await.good();
        self.keep("withdrawal", &id_of(&out, "id"));
    }

    /// Keys, sessions and handoffs of the owner, an agent of theirs, and a post that waits
    /// for them. Gives a handoff.
    async fn people(&mut self, house: &House, owner: &Actor, poster: &Actor) -> Actor {
        let session = json!({ "email": "owner@example.org", "password": PASSWORD });
        let session = house.nobody().post("/v1/sessions", &session).await.good();
        self.keep("session", &id_of(&session["data"], "id"));
        self.keep("key", &makes_key(poster, &json!({})).await.1);
        self.keep("rotated", &makes_key(poster, &json!({})).await.1);
        self.keep("pet", &agent_of(owner, "pet", &[]).await.id);
        let only_work = json!({ "scopes": ["work"] });
        self.keep("handoff", &hands_off(owner, &only_work).await.1);
        let rules = json!({ "guardrails": { "require_human_approval_above": 9_000 } });
        poster.post("/api/bots/me/commissioning", &rules).await.good();
        let dear = poster.post("/api/tasks", &json!({ "title": "Tea", "budget": 9_001 })).await;
        assert_eq!(dear.status, 202, "{}", dear.body);
        self.keep("approval", &id_of(&dear.body, "approval_id"));
        hands_off(owner, &only_work).await.0
    }

    /// A task with a protected field, a file, and a webhook that was told something.
    async fn packages(&mut self, poster: &Actor, worker: &Actor) {
        let key = recovery_key();
        let mut post = errand(10);
        post["protectedFields"] = json!([{ "name": "door", "ciphertext": sealed(&key, "open") }]);
        let guarded = posts_errand(poster, &post).await;
        registers_key(worker, &key).await;
        claims(worker, &guarded).await;
        let path = format!("/api/v1/agent/tasks/{guarded}/secret-requests");
        let request = worker.post(&path, &json!({})).await.good();
        self.keep("request", &id_of(&request, "id"));
        self.keep("guarded", &guarded);
        self.keep("sealed", &sealed(&key, "open"));
        let put = worker.request(Method::PUT, &format!("/v1/blobs/{}", self.ids["tea"]));
        worker.send(put.body("\"tea\"")).await.good();
        let hook = json!({ "url": "https://example.com/hook", "events": ["dispute"] });
        let hook = id_of(&poster.post("/v1/webhooks", &hook).await.good()["data"], "id");
        let told = poster.post(&format!("/v1/webhooks/{hook}/test"), &json!({})).await.good();
        self.keep("told", &id_of(&told["data"], "id"));
        self.keep("webhook", &hook);
    }

    /// A reward, and credits that the poster earned and set aside for it.
    async fn rewards(&mut self, house: &House, poster: &Actor, worker: &Actor) {
        let codes = ["TEA-1", "TEA-2", "TEA-3"].map(|code| StockLine {
            reward: "tea-card".into(),
            name: "A tea card".into(),
            price_credits: 50,
            code: code.into(),
        });
        stock::load(&house.app.db, &house.app.clock, &codes).await.expect("it is loaded");
        let task = posts_errand(worker, &errand(100)).await;
        claims(poster, &task).await;
        submits(poster, &task).await;
        house.wait(86_400).await;
        let catalogue = poster.get("/api/v1/agent/rewards").await.good();
        let reward = id_of(&catalogue["data"][0], "id");
        let owner = person(house, "first.owner@example.org").await;
        binds(&owner, poster).await;
        let path = format!("/api/v1/agent/rewards/{reward}/redeem");
        let redeemed = poster.post(&path, &json!({})).await.good();
        owner.delete(&format!("/api/v1/agent/bindings/{}", poster.id)).await.good();
        self.keep("redemption", &id_of(&redeemed, "id"));
        self.keep("reward", &reward);
    }

    /// The path and the body of a row, with real ids in them.
    pub(crate) fn request(&self, row: &Row) -> (String, Vec<u8>) {
        let second = [("{delivery}", "submission"), ("{rid}", "request"), ("{did}", "told")];
        let mut path = row.path().replace("{file}", "swagger-ui.css");
        for (place, name) in second {
            path = path.replace(place, &self.ids[name]);
        }
        if let Some((name, thing)) = row.of.strip_prefix('?').and_then(|query| query.split_once('=')) {
            path = format!("{path}?{name}={}", self.ids[thing]);
        } else if let Some((start, end)) = path.find('{').zip(path.find('}')) {
            path.replace_range(start..=end, &self.ids[row.of]);
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
