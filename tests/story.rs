//! The main job, as its people live it, on both databases.

use assay_db::entities::ReceiptRow;
use assay_sandbox::{PublicKeys, Receipt, Replay, replay, verify_chain};
use reqwest::Method;
use serde_json::{Value, json};

use crate::house::{Actor, House, each_house, everywhere};

/// A task about tea that a machine can decide, and work that fits it.
pub(crate) fn tea() -> Value {
    json!({
        "title": "Explain how to brew green tea",
        "description": "A short guide to brewing loose green tea at home: water, temperature, time and leaves.",
        "category": "writing",
        "budget": 45,
        "deadline_hours": 24,
        "acceptance_criteria": ["30 to 120 words", "Must mention \"temperature\" and \"leaves\""],
        "checks": [{ "kind": "not-contains", "value": "boiling water" }],
    })
}

pub(crate) const GOOD: &str = "Green tea wants patience more than heat. Bring fresh water to a temperature of about \
    75 degrees, well below the boil, and warm the pot first. Take two grams of leaves for each cup, pour the water \
    over them and wait two minutes. Taste it then: longer steeping makes the cup bitter. The same leaves will give \
    a second and a third cup, each a little shorter than the last.";

/// The gate lets it through, a check fails.
pub(crate) const WITHOUT_LEAVES: &str = "Green tea wants patience more than heat. Bring fresh water to a \
    temperature of about 75 degrees, well below the boil, and warm the pot first. Pour the water over the tea and \
    wait two minutes. Taste it then: longer steeping makes the cup bitter, so keep an eye on the clock.";

pub(crate) const JUNK: &str = "lorem ipsum dolor sit amet lorem ipsum dolor sit amet lorem ipsum";

/// Two people and a task that is under way.
pub(crate) async fn claimed(house: &House, post: &Value) -> (Actor, Actor, String) {
    let (alice, bob) = (house.rich_agent("alice", 500).await, house.agent("bob").await);
    alice.lets_the_reviewer_decide().await;
    let task = alice.posts(post).await;
    let bid = bob.bids(&task, "45").await;
    alice.accepts_bid(&bid).await;
    (alice, bob, task)
}

#[test]
fn a_task_is_posted_bid_delivered_judged_and_paid() {
    everywhere(async |house| {
        let (alice, bob) = (house.rich_agent("alice", 500).await, house.agent("bob").await);
        alice.lets_the_reviewer_decide().await;
        let posted = alice.post("/api/tasks", &tea()).await.good();
        assert_eq!(posted["status"], "open");
        assert_eq!(posted["fee"], 3.6);
        assert_eq!(posted["coverage"], json!({ "decidable": 3, "necessary": 0, "human": 0, "total": 3 }));
        assert_eq!(posted["data"]["id"], posted["id"]);
        assert_eq!(alice.money().await, "451.4 available, 45.0 reserved, 496.4 total");

        let task = posted["id"].as_str().expect("an id");
        let found = bob.get("/v1/tasks/available?category=writing&limit=10").await.good();
        assert_eq!(found["data"]["items"][0]["id"], task);
        assert_eq!(found["data"]["items"][0]["price"], "45.00");
        assert_eq!(
            found["data"]["pagination"],
            json!({ "next_cursor": null, "has_more": false, "total_estimate": 1 })
        );

        let bid = bob.bids(task, "40").await;
        let carol = house.agent("carol").await;
        carol.bids(task, "44.99").await;
        alice.accepts_bid(&bid).await;
        assert_eq!(alice.money().await, "456.8 available, 40.0 reserved, 496.8 total");
        let bids = alice.get(&format!("/api/proposals?task_id={task}")).await.good();
        let statuses: Vec<_> =
            bids.as_array().into_iter().flatten().map(|bid| bid["status"].clone()).collect();
        assert_eq!(statuses, ["accepted", "rejected"]);

        let note =
            json!({ "event": "step_completed", "message": "tasted", "metadata": { "pagesProcessed": 47 } });
        bob.post(&format!("/v1/tasks/{task}/progress"), &note).await.good();
        let traces = alice.get(&format!("/v1/tasks/{task}/traces")).await.good();
        assert_eq!(traces["data"]["items"][0]["metadata"], json!({ "pagesProcessed": 47 }));

        let delivery = bob.delivers(task, GOOD).await.good();
        assert_eq!(delivery["data"]["status"], "accepted");
        assert_eq!(delivery["data"]["taskStatus"], "paid");
        assert_eq!(alice.task_status(task).await, "paid");
        assert_eq!(alice.money().await, "456.8 available, 0.0 reserved, 456.8 total");
        assert_eq!(bob.money().await, "40.0 available, 0.0 reserved, 40.0 total");
        let kept = alice.get(&format!("/api/deliverables?task_id={task}")).await.good();
        let worlds: Vec<_> =
            kept[0]["receipts"].as_array().into_iter().flatten().map(|r| r["world"].clone()).collect();
        assert_eq!(worlds, ["scorer", "verifier", "reviewer"]);
    });
}

#[test]
fn a_failed_check_asks_for_a_revision_that_is_then_paid() {
    everywhere(async |house| {
        let (alice, bob, task) = claimed(house, &tea()).await;
        let first = bob.delivers(&task, WITHOUT_LEAVES).await.good();
        assert_eq!(first["data"]["status"], "revision_requested");
        let failed: Vec<_> = first["data"]["findings"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|finding| finding["status"] != "pass")
            .map(|finding| finding["criterion"].clone())
            .collect();
        assert_eq!(failed, ["Must mention \"temperature\" and \"leaves\""]);
        assert!(!first["data"]["review"].as_array().is_none_or(Vec::is_empty), "{first}");
        assert_eq!(alice.task_status(&task).await, "revision_requested");
        let second = bob.delivers(&task, GOOD).await.good();
        assert_eq!((&second["data"]["status"], &second["data"]["round"]), (&json!("accepted"), &json!(2)));
        assert_eq!(bob.money().await, "45.0 available, 0.0 reserved, 45.0 total");
    });
}

#[test]
fn a_check_with_a_schema_is_judged_by_the_verifier_that_knows_schemas() {
    everywhere(async |house| {
        let mut post = tea();
        post["description"] = json!("Name three teas as a JSON list of their names, nothing else.");
        post["acceptance_criteria"] = json!(["Valid JSON"]);
        post["checks"] = json!([{ "kind": "is-json", "schema": { "type": "array", "minItems": 3 } }]);
        let (_, bob, task) = claimed(house, &post).await;
        let shown = bob.get(&format!("/v1/tasks/{task}")).await.good();
        let plain = bob.get(&format!("/v1/tasks/{}", claimed(house, &tea()).await.2)).await.good();
        assert_ne!(shown["data"]["verifiers"], plain["data"]["verifiers"]);
        let few = bob.delivers(&task, r#"["Assam", "Darjeeling"]"#).await.good();
        assert_eq!(few["data"]["status"], "revision_requested", "{few}");
        assert!(few["data"]["findings"].to_string().contains("does not fit the schema"), "{few}");
        let three = bob.delivers(&task, r#"["Assam", "Darjeeling", "Sencha"]"#).await.good();
        assert_eq!(three["data"]["status"], "accepted", "{three}");
    });
}

#[test]
fn the_gate_turns_junk_back_twice_and_the_money_goes_home() {
    everywhere(async |house| {
        let (alice, bob, task) = claimed(house, &tea()).await;
        let first = bob.delivers(&task, JUNK).await.good();
        assert_eq!(first["data"]["status"], "gate_failed");
        assert_eq!(first["data"]["pdqg"]["outcome"], "rejected");
        assert!(first["data"]["pdqg"]["resubmitUntil"].is_string());
        assert_eq!(alice.money().await, "451.4 available, 45.0 reserved, 496.4 total");
        assert_eq!(bob.delivers(&task, GOOD).await.refusal(), "409 CONFLICT");
        let second = bob.resubmits(&task, JUNK).await.good();
        assert_eq!(second["data"]["status"], "pdqg_final_fail");
        assert_eq!(alice.money().await, "500.0 available, 0.0 reserved, 500.0 total");
        assert_eq!(bob.resubmits(&task, GOOD).await.refusal(), "403 NOTHING_TO_RESUBMIT");
    });
}

#[test]
fn what_only_a_person_can_say_waits_for_one() {
    everywhere(async |house| {
        let mut post = tea();
        post["acceptance_criteria"] = json!(["30 to 120 words", "A warm and inviting tone"]);
        let (alice, bob, task) = claimed(house, &post).await;
        let delivered = bob.delivers(&task, GOOD).await.good();
        assert_eq!(delivered["data"]["status"], "in_review");
        let delivery = delivered["data"]["id"].as_str().expect("an id").to_owned();
        assert_eq!(bob.reviews(&delivery, "accepted").await.refusal(), "403 NOT_A_PARTY");
        let revised = alice.reviews(&delivery, "revision_requested").await.good();
        assert_eq!(revised["review_notes"], "as agreed");
        let again = bob.delivers(&task, GOOD).await.good();
        let again = again["data"]["id"].as_str().expect("an id").to_owned();
        assert_eq!(alice.reviews(&delivery, "accepted").await.refusal(), "409 WRONG_STATUS");
        alice.reviews(&again, "accepted").await.good();
        assert_eq!(bob.money().await, "45.0 available, 0.0 reserved, 45.0 total");
        assert_eq!(alice.task_status(&task).await, "paid");
    });
}

#[test]
fn every_verdict_leaves_a_receipt_that_replays() {
    everywhere(async |house| {
        let (alice, bob, task) = claimed(house, &tea()).await;
        bob.delivers(&task, WITHOUT_LEAVES).await.good();
        bob.delivers(&task, GOOD).await.good();
        let keys = house.nobody().get("/v1/receipts/keys").await.good();
        let keys = keys["data"]["items"].as_array().cloned().unwrap_or_default();
        let keys =
            PublicKeys::from_hex(keys.iter().filter_map(|key| key["publicKey"].as_str())).expect("keys");

        let mut chain = Vec::new();
        let deliveries = bob.get(&format!("/api/deliverables?task_id={task}")).await.good();
        for line in deliveries
            .as_array()
            .into_iter()
            .flatten()
            .flat_map(|d| d["receipts"].as_array().into_iter().flatten())
        {
            let id = line["receipt_id"].as_str().expect("an id");
            let receipt = house.nobody().get(&format!("/v1/receipts/{id}")).await.good();
            chain.push(Receipt::parse(receipt["data"].to_string().as_bytes()).expect("a receipt"));
        }
        assert_eq!(chain.len(), 6);
        verify_chain(&chain, &keys).expect("one chain a task");
        for receipt in &chain {
            let path = format!("/v1/plugins/{}/component", receipt.plugin);
            let component = bytes(&alice, &path).await;
            let input = bytes(&alice, &format!("/v1/receipts/{}/input", receipt.id)).await;
            let replayed =
                replay(&house.app.sandbox, receipt, &component, &input, &keys).await.expect("a replay");
            assert_eq!(replayed, Replay::Match { same_profile: true }, "{}", receipt.world);
        }
        let stranger = house.agent("mallory").await;
        let input = format!("/v1/receipts/{}/input", chain[0].id);
        assert_eq!(stranger.get(&input).await.refusal(), "403 NOT_A_PARTY");
    });
}

async fn bytes(actor: &Actor, path: &str) -> Vec<u8> {
    let response = actor.request(Method::GET, path).send().await.expect("the server answers");
    assert_eq!(response.status().as_u16(), 200, "{path}");
    response.bytes().await.expect("bytes").to_vec()
}

#[test]
fn the_same_idempotency_key_does_a_thing_once() {
    everywhere(async |house| {
        let alice = house.rich_agent("alice", 500).await;
        let first = alice.post_once("k1", "/api/tasks", &tea()).await;
        let again = alice.post_once("k1", "/api/tasks", &tea()).await;
        assert_eq!((first.status, first.replayed), (201, false));
        assert_eq!((again.status, again.replayed), (201, true));
        assert_eq!(first.body, again.body);
        assert_eq!(alice.money().await, "451.4 available, 45.0 reserved, 496.4 total");
        let mut other = tea();
        other["title"] = json!("Another task");
        assert_eq!(alice.post_once("k1", "/api/tasks", &other).await.refusal(), "422 IDEMPOTENCY_KEY_REUSED");

        let bob = house.agent("bob").await;
        let task = first.body["id"].as_str().expect("an id").to_owned();
        let path = format!("/v1/tasks/{task}/bids");
        let bid = json!({ "proposedPrice": 45 });
        let bids = futures(8, || bob.post_once("k2", &path, &bid)).await;
        let done = bids.iter().filter(|said| said.status == 201).count();
        assert!(done >= 1, "{bids:?}");
        assert!(
            bids.iter().all(|said| said.status == 201 || said.refusal() == "409 IDEMPOTENCY_IN_PROGRESS")
        );
        let placed = alice.get(&format!("/api/proposals?task_id={task}")).await.good();
        assert_eq!(placed.as_array().map(Vec::len), Some(1));
        assert!(bob.post_once("k2", &path, &bid).await.replayed);
        assert_eq!(bob.post(&path, &bid).await.refusal(), "409 CONFLICT");

        // A day later nothing is kept, and the key is free.
        house.wait(24 * 3600 + 1).await;
        let day_ago = house.app.now().0 - 24 * 3_600_000;
        assert!(!house.app.db.read().has_once_before(day_ago).await.expect("an answer"));
        let fresh = alice.post_once("k1", "/api/tasks", &other).await;
        assert_eq!((fresh.status, fresh.replayed), (201, false), "{}", fresh.body);
    });
}

/// Many at once.
pub(crate) async fn futures<T, F: Future<Output = T>>(count: usize, ask: impl Fn() -> F) -> Vec<T> {
    let mut set = Vec::new();
    for _ in 0..count {
        set.push(ask());
    }
    futures_util::future::join_all(set).await
}

#[test]
fn of_many_posts_at_once_only_those_within_the_guardrails_pass() {
    everywhere(async |house| {
        let alice = house.rich_agent("alice", 500).await;
        let rules =
            json!({ "guardrails": { "max_daily_spend": 100, "max_open_tasks": 3, "max_task_budget": 100 } });
        alice.post("/api/bots/me/commissioning", &rules).await.good();
        let mut post = tea();
        post["budget"] = json!("20.00");
        let said = futures(12, || alice.post("/api/tasks", &post)).await;
        let (posted, refused): (Vec<_>, Vec<_>) = said.iter().partition(|said| said.status == 201);
        assert_eq!(posted.len(), 3);
        assert!(refused.iter().all(|said| said.refusal() == "403 GUARDRAIL_MAX_OPEN_TASKS"), "{refused:?}");
        assert_eq!(alice.money().await, "435.2 available, 60.0 reserved, 495.2 total");

        let first = posted[0].body["id"].as_str().expect("an id");
        alice.post(&format!("/api/tasks/{first}/cancel"), &json!({})).await.good();
        post["budget"] = json!("56.78");
        assert_eq!(alice.post("/api/tasks", &post).await.refusal(), "403 GUARDRAIL_MAX_DAILY_SPEND");
        post["budget"] = json!("52.59");
        alice.post("/api/tasks", &post).await.good();
    });
}

#[test]
fn of_many_acceptances_one_wins() {
    everywhere(async |house| {
        let alice = house.rich_agent("alice", 500).await;
        let task = alice.posts(&tea()).await;
        let mut bids = Vec::new();
        for index in 0..4 {
            let worker = house.agent(&format!("worker {index}")).await;
            bids.push(worker.bids(&task, "45").await);
        }
        let paths: Vec<String> = bids.iter().map(|bid| format!("/api/proposals/{bid}/accept")).collect();
        let nothing = json!({});
        let said = futures_util::future::join_all(paths.iter().map(|path| alice.post(path, &nothing))).await;
        let won = said.iter().filter(|said| said.status == 200).count();
        assert_eq!(won, 1, "{said:?}");
        assert!(said.iter().all(|said| said.status == 200 || said.refusal() == "409 CONFLICT"), "{said:?}");
    });
}

#[test]
fn a_deposit_is_credited_once_however_often_it_is_paid() {
    everywhere(async |house| {
        let alice = house.agent("alice").await;
        let opened = alice.post("/api/credits/deposit", &json!({ "amount": "12.34" })).await.good();
        let url = opened["checkout_url"].as_str().expect("where to pay").to_owned();
        assert_eq!(alice.money().await, "0.0 available, 0.0 reserved, 0.0 total");
        let paid = futures(6, || alice.send(alice.request(Method::POST, &url))).await;
        assert!(paid.iter().all(|said| said.status == 200), "{paid:?}");
        assert_eq!(alice.money().await, "12.34 available, 0.0 reserved, 12.34 total");
        let forged = alice
            .request(Method::POST, "/webhooks/test")
            .header("Assay-Test-Signature", "t=1,v1=00")
            .body("{\"payment\":\"x\",\"amount\":1,\"currency\":\"USD\"}");
        assert_eq!(alice.send(forged).await.refusal(), "400 BAD_SIGNATURE");
    });
}

#[test]
fn a_dry_run_says_what_the_delivery_will_get() {
    everywhere(async |house| {
        let (alice, bob, task) = claimed(house, &tea()).await;
        let path = format!("/v1/tasks/{task}/check");
        let mut last = Value::Null;
        for draft in [JUNK, WITHOUT_LEAVES, GOOD, JUNK, WITHOUT_LEAVES] {
            last = bob.post(&path, &json!({ "content": draft })).await.good()["data"].clone();
        }
        let sixth = bob.post(&path, &json!({ "content": GOOD })).await;
        assert_eq!(sixth.refusal(), "429 DRY_RUNS_EXHAUSTED");
        assert_eq!(alice.post(&path, &json!({ "content": GOOD })).await.refusal(), "403 NOT_ASSIGNED");
        assert_eq!(alice.task_status(&task).await, "claimed");
        let kept = bob.get(&format!("/api/deliverables?task_id={task}")).await.good();
        assert_eq!(kept, json!([]));

        let delivered = bob.delivers(&task, WITHOUT_LEAVES).await.good()["data"].clone();
        assert_eq!(last["status"], delivered["status"]);
        assert_eq!(last["pdqg"]["score"], delivered["pdqg"]["score"]);
        assert_eq!(last["findings"], delivered["findings"]);
        assert_eq!(last["review"], delivered["review"]);
    });
}

/// What the judges said, as a draft or a delivery is told it: everything in the answer to
/// a draft, without the receipt and the moment that only a delivery has.
fn told(said: &Value) -> Value {
    let fields = ["taskId", "status", "pdqg", "findings", "verdict", "review"];
    let mut told: Value = fields.iter().map(|name| ((*name).to_owned(), said[*name].clone())).collect();
    let gate = told["pdqg"].as_object_mut().expect("the gate's word");
    gate.remove("receiptId");
    gate.entry("resubmitUntil").and_modify(|until| *until = until.is_string().into());
    told
}

/// Everything that a delivery would leave behind.
async fn left(house: &House, (alice, bob): (&Actor, &Actor), task: &str) -> (i64, usize, [String; 3]) {
    let read = house.app.db.read();
    let receipts = read.count::<ReceiptRow>("task = $1", &[task.into()]).await.expect("a count");
    let events = read.events(&format!("task/{task}"), 0, 1_000).await.expect("events").len();
    (receipts, events, [alice.money().await, bob.money().await, alice.task_status(task).await])
}

#[test]
fn a_dry_run_answers_in_full_what_the_delivery_gets_and_leaves_nothing_behind() {
    let partial = GOOD.replace("temperature", "heat");
    each_house(async |house| {
        let mut post = tea();
        let set = json!({ "kind": "contains-all", "values": ["temperature", "pot"], "required": false });
        post["checks"].as_array_mut().expect("a list").push(set);
        for (draft, status) in [
            (GOOD, "accepted"),
            (JUNK, "gate_failed"),
            (WITHOUT_LEAVES, "revision_requested"),
            (partial.as_str(), "revision_requested"),
        ] {
            let (alice, bob, task) = claimed(house, &post).await;
            let before = left(house, (&alice, &bob), &task).await;
            let path = format!("/v1/tasks/{task}/check");
            let tried = bob.post(&path, &json!({ "content": draft })).await.good();
            assert_eq!(tried["data"].as_object().map(serde_json::Map::len), Some(6), "{tried}");
            assert_eq!(tried["data"]["pdqg"]["receiptId"], Value::Null, "{tried}");
            assert_eq!(left(house, (&alice, &bob), &task).await, before);
            let delivered = bob.delivers(&task, draft).await.good();
            assert_eq!(delivered["data"]["status"], status, "{delivered}");
            assert_eq!(told(&tried["data"]), told(&delivered["data"]), "{draft}");
            let after = left(house, (&alice, &bob), &task).await;
            assert!(after.0 > before.0 && after.1 > before.1, "a delivery leaves its traces: {after:?}");
        }
    });
}

#[test]
fn the_house_tells_how_it_is_doing_and_signs_where_its_journal_is() {
    each_house(async |house| {
        let (_, bob, task) = claimed(house, &tea()).await;
        bob.delivers(&task, GOOD).await.good();
        let nobody = house.nobody();
        assert_eq!(nobody.get("/health").await.good()["mode"], "test");
        let metrics = nobody.request(Method::GET, "/metrics").send().await.expect("an answer");
        assert!(metrics.headers().contains_key("x-request-id"));
        let text = metrics.text().await.expect("a text");
        for figure in ["assay_requests_total{", "assay_verdicts_total{world=\"verifier\",outcome=\"pass\"} 1"]
        {
            assert!(text.contains(figure), "{figure} is not in\n{text}");
        }
        let keys = house.app.host_key.public_keys();
        let journal = nobody.get("/v1/journal").await.good();
        let heads = journal["data"]["items"].as_array().cloned().unwrap_or_default();
        assert!(!heads.is_empty());
        for head in heads {
            let word = |name: &str| head[name].as_str().unwrap_or_default().to_owned();
            let purpose = assay::app::receipts::JournalHead::PURPOSE;
            let signed = |link: i64| {
                let text = format!("{} {link} {}", word("lane"), word("hash"));
                keys.signed_statement(&word("key"), purpose, &text, &word("signature"))
            };
            let link = head["link"].as_i64().expect("a number");
            assert!(signed(link) && !signed(link + 1), "{head}");
        }
    });
}
