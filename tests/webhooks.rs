//! Webhooks: signed, told once, tried again on the standard's schedule, and never sent into
//! somebody's own network.

mod hosts;

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Arc, LazyLock, Mutex};

use assay::gateways::addresses::is_public;
use assay_db::entities::packages::WebhookDeliveryRow;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::sync::{Notify, mpsc};

use crate::house::{Actor, House, each_house, each_house_with};
use crate::packages::{belongs, handoff, person, text};
use crate::protected::{python, runs};
use crate::story::{GOOD, claimed, futures, tea};

/// What came in at a receiver.
#[derive(Clone, Debug)]
struct Heard {
    path: String,
    id: String,
    seconds: i64,
    signatures: String,
    body: String,
}

impl Heard {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }

    fn kind(&self) -> String {
        text(&self.json()["type"])
    }
}

/// A server of somebody who wants to be told. It answers 200, or what it was told to.
struct Receiver {
    url: String,
    heard: mpsc::UnboundedReceiver<Heard>,
    answers: Arc<Mutex<VecDeque<u16>>>,
    stalls: Arc<Mutex<Option<Arc<Notify>>>>,
}

#[derive(Clone)]
struct Ears {
    heard: mpsc::UnboundedSender<Heard>,
    answers: Arc<Mutex<VecDeque<u16>>>,
    stalls: Arc<Mutex<Option<Arc<Notify>>>>,
}

async fn hear(State(ears): State<Ears>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let header = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?").to_owned());
    let one = Heard {
        path: uri.path().into(),
        id: header("webhook-id").unwrap_or_default(),
        seconds: header("webhook-timestamp").and_then(|text| text.parse().ok()).unwrap_or_default(),
        signatures: header("webhook-signature").unwrap_or_default(),
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    let _ = ears.heard.send(one);
    let stall = ears.stalls.lock().expect("a lock").clone();
    if let Some(stall) = stall {
        stall.notified().await;
    }
    let status = ears.answers.lock().expect("a lock").pop_front().unwrap_or(200);
    let status = StatusCode::from_u16(status).expect("a status");
    (status, [("location", "/elsewhere")], "thanks").into_response()
}

impl Receiver {
    async fn open() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
        let (send, heard) = mpsc::unbounded_channel();
        let (answers, stalls) = (Arc::default(), Arc::default());
        let ears = Ears { heard: send, answers: Arc::clone(&answers), stalls: Arc::clone(&stalls) };
        let router = axum::Router::new().fallback(hear).with_state(ears);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, heard, answers, stalls }
    }

    fn answers(&self, statuses: impl IntoIterator<Item = u16>) {
        self.answers.lock().expect("a lock").extend(statuses);
    }

    /// What came in since it was last asked.
    fn all(&mut self) -> Vec<Heard> {
        std::iter::from_fn(|| self.heard.try_recv().ok()).collect()
    }

    fn kinds(&mut self) -> Vec<String> {
        self.all().iter().map(Heard::kind).collect()
    }
}

fn to_loopback(settings: &mut assay::config::Settings) {
    settings.webhooks_to_loopback = true;
}

/// A story on each database, in a house whose webhooks reach this machine.
fn each_telling_house(story: impl AsyncFn(&House)) {
    each_house_with(to_loopback, story);
}

/// Makes a webhook; gives it as it was answered.
async fn hooks(actor: &Actor, url: &str, events: &[&str]) -> Value {
    let body = json!({ "url": url, "events": events, "description": "tests" });
    actor.post("/v1/webhooks", &body).await.good()["data"].clone()
}

async fn log(actor: &Actor, webhook: &Value) -> Vec<Value> {
    let path = format!("/v1/webhooks/{}/deliveries?limit=100", text(&webhook["id"]));
    actor.get(&path).await.good()["data"]["items"].as_array().cloned().unwrap_or_default()
}

/// The standard's signature, by hand.
fn signature(secret: &str, heard: &Heard) -> String {
    let key = STANDARD.decode(secret.strip_prefix("whsec_").expect("a secret")).expect("base64");
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("a key");
    mac.update(format!("{}.{}.{}", heard.id, heard.seconds, heard.body).as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

static STANDARD_WEBHOOKS: LazyLock<Option<std::path::PathBuf>> =
    LazyLock::new(|| python("standardwebhooks", &["standardwebhooks==1.1.0"]));

const VERIFY: &str = r#"
import json, sys
from standardwebhooks import Webhook
given = json.load(sys.stdin)
print(json.dumps(Webhook(given["secret"]).verify(given["body"], given["headers"])))
"#;

#[test]
fn those_concerned_are_told_in_messages_that_the_standards_own_library_believes() {
    each_telling_house(async |house| {
        let mut ears = Receiver::open().await;
        let (alice, bob) = (house.agent("alice").await, house.agent("bob").await);
        let hook = hooks(&alice, &ears.url, &[]).await;
        assert!(text(&hook["secret"]).starts_with("whsec_"));
        alice.deposits(500).await;
        alice.lets_the_reviewer_decide().await;
        let task = alice.posts(&tea()).await;
        let bid = bob.bids(&task, "45").await;
        alice.accepts_bid(&bid).await;
        bob.delivers(&task, GOOD).await.good();
        house.wait(0).await;
        let heard = ears.all();
        let by_kind: BTreeMap<String, Value> = heard.iter().map(|one| (one.kind(), one.json())).collect();
        let kinds: Vec<&str> = by_kind.keys().map(String::as_str).collect();
        assert_eq!(
            kinds,
            ["bid.placed", "delivery.judged", "payment.credited", "task.claimed", "task.posted"]
        );
        assert_eq!(heard.len(), 5, "each once");
        let data = |kind: &str| by_kind[kind]["data"].clone();
        assert_eq!(
            (&data("payment.credited")["amount"], &data("payment.credited")["currency"]),
            (&json!("500.00"), &json!("USD"))
        );
        assert_eq!(
            (&data("task.claimed")["taskId"], &data("task.claimed")["price"]),
            (&json!(task), &json!("45.00"))
        );
        assert_eq!(data("delivery.judged")["taskStatus"], "paid");
        for one in &heard {
            assert_eq!(one.signatures, signature(&text(&hook["secret"]), one));
            assert!(one.json()["timestamp"].is_string() && one.id.starts_with("msg_"));
        }
        for line in log(&alice, &hook).await {
            assert_eq!(
                (&line["status"], &line["attempts"], &line["responseCode"]),
                (&json!("delivered"), &json!(1), &json!(200))
            );
        }
        if let Some(python) = &*STANDARD_WEBHOOKS {
            let one = &heard[0];
            let headers = json!({
                "webhook-id": one.id, "webhook-timestamp": one.seconds.to_string(), "webhook-signature": one.signatures,
            });
            let given = json!({ "secret": hook["secret"], "body": one.body, "headers": headers });
            let believed: Value =
                serde_json::from_str(&runs(python, VERIFY, &given.to_string())).expect("JSON");
            assert_eq!(believed, one.json());
        }
    });
}

#[test]
fn each_hears_what_concerns_it_and_what_it_asked_for() {
    each_telling_house(async |house| {
        let (mut mine, mut workers, mut owners, mut strangers) =
            (Receiver::open().await, Receiver::open().await, Receiver::open().await, Receiver::open().await);
        let (alice, bob) = (house.rich_agent("alice", 500).await, house.agent("bob").await);
        let owner = person(house, "owner of bob").await;
        belongs(&bob, &owner).await;
        hooks(&alice, &mine.url, &["delivery", "task.claimed"]).await;
        hooks(&bob, &workers.url, &["task.*", "bid"]).await;
        hooks(&owner, &owners.url, &[]).await;
        hooks(&house.agent("mallory").await, &strangers.url, &[]).await;
        alice.lets_the_reviewer_decide().await;
        let task = alice.posts(&tea()).await;
        house.wait(0).await;
        let bid = bob.bids(&task, "45").await;
        house.wait(0).await;
        alice.accepts_bid(&bid).await;
        let note = json!({ "event": "step", "message": "a step", "visibility": "private" });
        bob.post(&format!("/v1/tasks/{task}/progress"), &note).await.good();
        bob.delivers(&task, GOOD).await.good();
        house.wait(0).await;
        let sorted = |mut kinds: Vec<String>| {
            kinds.sort();
            kinds
        };
        assert_eq!(sorted(mine.kinds()), ["delivery.judged", "task.claimed"]);
        assert_eq!(sorted(workers.kinds()), ["task.claimed"], "bids are between bidder and poster");
        assert_eq!(sorted(owners.kinds()), ["delivery.judged", "task.claimed"]);
        assert!(strangers.kinds().is_empty());
    });
}

async fn row(house: &House, id: &str) -> WebhookDeliveryRow {
    let row = house.app.db.read().one("id = $1", &[id.into()]).await.expect("a row");
    row.expect("it is there")
}

#[test]
fn a_failed_message_is_tried_ten_times_on_the_standards_schedule() {
    let pauses = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
    each_telling_house(async |house| {
        let mut ears = Receiver::open().await;
        let alice = house.agent("alice").await;
        let hook = hooks(&alice, &ears.url, &[]).await;
        ears.answers([500, 404, 301, 503, 400, 500, 500, 500, 500, 500]);
        let test = format!("/v1/webhooks/{}/test", text(&hook["id"]));
        let told = alice.post(&test, &json!({})).await.good()["data"].clone();
        house.wait(0).await;
        for (tries, pause) in (1..).zip(pauses) {
            let kept = row(house, &text(&told["id"])).await;
            let body: Value = serde_json::from_slice(&kept.body).expect("JSON");
            let sent_at = body["sent_at"].as_i64().expect("a time");
            assert_eq!((kept.status.as_str(), kept.attempts), ("pending", tries));
            assert_eq!(kept.next_at - sent_at, pause * 1_000, "after try {tries}");
            house.wait(pause).await;
        }
        let heard = ears.all();
        assert_eq!(heard.len(), 10);
        assert!(heard.iter().all(|one| one.id == heard[0].id && one.body == heard[0].body));
        assert!(heard.iter().all(|one| one.signatures == signature(&text(&hook["secret"]), one)));
        let last = log(&alice, &hook).await.remove(0);
        assert_eq!(
            (&last["status"], &last["attempts"], &last["responseCode"]),
            (&json!("failed"), &json!(10), &json!(500))
        );
        assert_eq!(last["nextAttemptAt"], Value::Null);
        house.wait(10 * 86_400).await;
        assert!(ears.all().is_empty(), "that was the last");

        let again = format!("/v1/webhooks/{}/deliveries/{}/redeliver", text(&hook["id"]), text(&told["id"]));
        assert_eq!(alice.post(&again, &json!({})).await.status, 202);
        house.wait(0).await;
        let once_more = ears.all();
        assert_eq!((once_more.len(), &once_more[0].id), (1, &heard[0].id));
        let last = log(&alice, &hook).await.remove(0);
        assert_eq!((&last["status"], &last["attempts"]), (&json!("delivered"), &json!(11)));
    });
}

#[test]
fn gone_disables_and_the_owner_enables() {
    each_telling_house(async |house| {
        let mut ears = Receiver::open().await;
        let alice = house.agent("alice").await;
        let hook = hooks(&alice, &ears.url, &[]).await;
        let path = format!("/v1/webhooks/{}", text(&hook["id"]));
        ears.answers([500, 410]);
        let nothing = json!({});
        let first = alice.post(&format!("{path}/test"), &nothing).await.good()["data"].clone();
        house.wait(0).await;
        alice.post(&format!("{path}/test"), &nothing).await.good();
        house.wait(0).await;
        let shown = alice.get(&path).await.good()["data"].clone();
        assert_eq!(
            (&shown["status"], &shown["disabledBecause"]),
            (&json!("disabled"), &json!("the receiver answered 410 Gone"))
        );
        house.wait(5).await;
        assert_eq!(ears.all().len(), 2, "what was to be tried again is not");
        let statuses: Vec<String> = log(&alice, &hook).await.iter().map(|one| text(&one["status"])).collect();
        assert_eq!(statuses, ["failed", "cancelled"]);
        alice.deposits(5).await;
        house.wait(0).await;
        assert!(ears.all().is_empty());
        for what in ["test", &format!("deliveries/{}/redeliver", text(&first["id"]))] {
            assert_eq!(alice.post(&format!("{path}/{what}"), &nothing).await.refusal(), "409 CONFLICT");
        }
        alice.patch(&path, &json!({ "enabled": true })).await.good();
        alice.deposits(5).await;
        house.wait(0).await;
        assert_eq!(ears.kinds(), ["payment.credited"], "from then on, not from before");
        alice.delete(&path).await.good();
        alice.deposits(5).await;
        house.wait(0).await;
        assert!(ears.all().is_empty());
        assert_eq!(alice.get(&path).await.refusal(), "404 NOT_FOUND");
    });
}

#[test]
fn nobody_is_sent_anywhere_else_and_nobody_into_a_private_network() {
    each_telling_house(async |house| {
        let mut ears = Receiver::open().await;
        let alice = house.agent("alice").await;
        let hook = hooks(&alice, &ears.url, &[]).await;
        ears.answers([302, 307, 308]);
        for _ in 0..3 {
            alice.post(&format!("/v1/webhooks/{}/test", text(&hook["id"])), &json!({})).await.good();
        }
        house.wait(0).await;
        assert!(ears.all().iter().all(|one| one.path == "/hook"), "no redirect is followed");
        assert!(log(&alice, &hook).await.iter().all(|one| one["status"] == "pending"));
    });
    each_house(async |house| {
        let mut ears = Receiver::open().await;
        let alice = house.agent("alice").await;
        let port = ears.url.split(':').next_back().expect("a port").to_owned();
        let refused = [
            "http://127.0.0.1/",
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f.0.0.1/",
            "http://0/",
            "http://10.0.0.1/",
            "http://172.16.0.1/",
            "http://192.168.1.1/",
            "http://100.64.0.1/",
            "http://169.254.169.254/latest/meta-data/",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::ffff:a00:1]/",
            "http://[fe80::1]/",
            "http://[fd00::1]/",
            "http://[ff02::1]/",
            "http://[64:ff9b::a00:1]/",
            "http://[2002:a00:1::]/",
            "http://224.0.0.1/",
            "http://255.255.255.255/",
            "ftp://example.com/",
            "file:///etc/passwd",
            "example.com",
            "https://user:pass@example.com/",
            "",
        ];
        for url in refused {
            let said = alice.post("/v1/webhooks", &json!({ "url": url })).await;
            assert_eq!(said.refusal(), "400 INVALID_FIELD", "{url}");
            assert_eq!(said.body["error"]["field"], "url");
        }
        // A name is looked at when it is gone to, so that it cannot change its mind.
        let hook = hooks(&alice, &format!("http://localhost:{port}"), &[]).await;
        alice.post(&format!("/v1/webhooks/{}/test", text(&hook["id"])), &json!({})).await.good();
        house.wait(0).await;
        assert!(ears.all().is_empty());
        let line = log(&alice, &hook).await.remove(0);
        let wanted = (json!("pending"), json!("the name has no address on the internet"));
        assert_eq!((line["status"].clone(), line["error"].clone()), wanted);
    });
}

#[test]
fn addresses_of_the_internet_and_others() {
    let public =
        ["1.1.1.1", "8.8.8.8", "100.128.0.1", "172.32.0.1", "192.0.1.1", "2606:4700::1", "::ffff:8.8.8.8"];
    let others = [
        "0.0.0.0",
        "0.1.2.3",
        "10.255.255.255",
        "100.64.0.0",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.0.1",
        "169.254.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.1",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.1.1.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",
        "::ffff:10.0.0.1",
        "::ffff:192.168.0.1",
        "64:ff9b::1",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fd12::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
    ];
    for (addresses, wanted) in [(&public[..], true), (&others[..], false)] {
        for address in addresses {
            let parsed: IpAddr = address.parse().expect("an address");
            assert_eq!(is_public(parsed), wanted, "{address}");
        }
    }
}

#[test]
fn a_secret_is_shown_once_and_the_old_one_signs_for_a_day() {
    each_telling_house(async |house| {
        let mut ears = Receiver::open().await;
        let alice = house.agent("alice").await;
        let body = json!({ "url": ears.url });
        let made = alice.post_once("w1", "/v1/webhooks", &body).await.good()["data"].clone();
        let again = alice.post_once("w1", "/v1/webhooks", &body).await;
        assert_eq!((again.replayed, &again.body["data"]["secret"]), (true, &Value::Null));
        let path = format!("/v1/webhooks/{}", text(&made["id"]));
        let (listed, one) = (alice.get("/v1/webhooks").await.good(), alice.get(&path).await.good());
        assert!(!format!("{listed}{one}").contains(&text(&made["secret"])));
        let renewed = alice.post(&format!("{path}/rotate"), &json!({})).await.good()["data"].clone();
        let (old, new) = (text(&made["secret"]), text(&renewed["secret"]));
        assert_ne!(old, new);
        for (seconds, secrets) in [(0, vec![&new, &old]), (86_400, vec![&new])] {
            house.wait(seconds).await;
            alice.post(&format!("{path}/test"), &json!({})).await.good();
            house.wait(0).await;
            let heard = ears.all().remove(0);
            let wanted: Vec<String> = secrets.iter().map(|secret| signature(secret, &heard)).collect();
            assert_eq!(heard.signatures, wanted.join(" "));
        }
    });
}

#[test]
fn a_webhook_is_its_partys_own() {
    each_telling_house(async |house| {
        let alice = person(house, "alice").await;
        let hook = hooks(&alice, "http://127.0.0.1:9/", &[]).await;
        let mallory = house.agent("mallory").await;
        let path = format!("/v1/webhooks/{}", text(&hook["id"]));
        let nothing = json!({});
        for (actor, refusal) in [(&mallory, "404 NOT_FOUND"), (&house.nobody(), "401 UNAUTHORIZED")] {
            assert_eq!(actor.get(&path).await.refusal(), refusal);
            assert_eq!(actor.get(&format!("{path}/deliveries")).await.refusal(), refusal);
            assert_eq!(actor.patch(&path, &json!({ "url": "http://127.0.0.1:8/" })).await.refusal(), refusal);
            assert_eq!(actor.delete(&path).await.refusal(), refusal);
            for what in ["rotate", "test"] {
                assert_eq!(actor.post(&format!("{path}/{what}"), &nothing).await.refusal(), refusal);
            }
        }
        let handed = handoff(&alice).await;
        let made = handed.post("/v1/webhooks", &json!({ "url": "http://127.0.0.1:9/" })).await;
        assert_eq!(made.refusal(), "403 HANDOFF_FORBIDDEN");
        let bad = [
            json!({}),
            json!({ "url": 7 }),
            json!({ "url": "http://127.0.0.1:9/", "events": ["weather"] }),
            json!({ "url": "http://127.0.0.1:9/", "events": "task" }),
            json!({ "url": "http://127.0.0.1:9/", "description": "two\nlines" }),
        ];
        for body in bad {
            assert_eq!(alice.post("/v1/webhooks", &body).await.refusal(), "400 INVALID_FIELD", "{body}");
        }
        let body = json!({ "url": "http://127.0.0.1:9/" });
        let asked = futures(24, || alice.post("/v1/webhooks", &body)).await;
        assert_eq!(asked.iter().filter(|one| one.status == 201).count(), 19, "twenty in all");
        assert!(asked.iter().all(|one| one.status == 201 || one.refusal() == "409 CONFLICT"));
    });
}

#[test]
fn a_slow_receiver_holds_nobody_up() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime starts").block_on(async {
        let house = House::open(None, to_loopback).await;
        let (mut slow, mut quick) = (Receiver::open().await, Receiver::open().await);
        let gate = Arc::new(Notify::new());
        *slow.stalls.lock().expect("a lock") = Some(Arc::clone(&gate));
        let alice = house.agent("alice").await;
        hooks(&alice, &slow.url, &[]).await;
        hooks(&alice, &quick.url, &[]).await;
        let _telling = house.app.run_post_office();
        for _ in 0..40 {
            alice.deposits(1).await;
        }
        for _ in 0..40 {
            assert_eq!(quick.heard.recv().await.expect("a message").kind(), "payment.credited");
        }
        let stuck = slow.all().len();
        assert!(stuck <= 4, "{stuck} at once for one receiver");
        *slow.stalls.lock().expect("a lock") = None;
        gate.notify_waiters();
        for _ in stuck..40 {
            slow.heard.recv().await.expect("a message");
        }
        house.audit().await;
    });
}

#[test]
fn disputes_are_told_to_both_sides() {
    each_telling_house(async |house| {
        let (mut posters, mut workers) = (Receiver::open().await, Receiver::open().await);
        let (alice, bob, task) = claimed(house, &tea()).await;
        hooks(&alice, &posters.url, &["dispute"]).await;
        hooks(&bob, &workers.url, &["dispute"]).await;
        let opened =
            bob.post(&format!("/api/v1/tasks/{task}/dispute"), &json!({ "reason": "no answer" })).await;
        let opened = opened.good();
        let resolve = format!("/v1/admin/disputes/{}/resolve", text(&opened["dispute_id"]));
        house.operator().post(&resolve, &json!({ "outcome": "refund" })).await.good();
        house.wait(0).await;
        for ears in [&mut posters, &mut workers] {
            let heard = ears.all();
            let mut kinds: Vec<String> = heard.iter().map(Heard::kind).collect();
            kinds.sort();
            assert_eq!(kinds, ["dispute.opened", "dispute.resolved"]);
            assert!(heard.iter().all(|one| one.json()["data"]["disputeId"] == opened["dispute_id"]));
        }
    });
}
