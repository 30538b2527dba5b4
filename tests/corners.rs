//! Answers that no other story meets: each is in the description, and comes.

use assay::gateways::test_provider::{Event, TestProvider};
use reqwest::Method;
use serde_json::{Value, json};

use crate::access::{Ground, NOBODYS};
use crate::handoffs::hands_off;
use crate::house::{House, Said, each_house, each_house_with};
use crate::people::person;
use crate::providers::{each_live_house, notice, send_callback, send_coins, send_stripe, stripe_event};
use crate::story::{claimed, tea};

fn id(of: &Value) -> String {
    of["id"].as_str().unwrap_or_else(|| panic!("an id in {of}")).to_owned()
}

#[test]
fn lists_of_what_is_nowhere_are_not_found() {
    each_house(async |house| {
        let alice = house.agent("alice").await;
        for list in ["deliverables", "proposals"] {
            let said = alice.get(&format!("/api/{list}?task_id={NOBODYS}")).await;
            assert_eq!(said.refusal(), "404 NOT_FOUND", "{list}");
        }
    });
}

#[test]
fn what_was_decided_is_decided() {
    each_house(async |house| {
        let ground = Ground::prepare(house).await;
        let (poster, worker) = (&ground.actors[2], &ground.actors[3]);
        let path = format!("/api/proposals/{}/reject", ground.id("bid"));
        let rejected = poster.post(&path, &json!({})).await.good();
        assert_eq!(rejected["status"], "rejected");
        let path = format!(
            "/api/v1/agent/tasks/{}/deliveries/{}/revise",
            ground.id("in-credits"),
            ground.id("submission")
        );
        poster.post(&path, &json!({ "note": "Warmer, please" })).await.good();
        let seen = worker.get(&format!("/api/v1/agent/tasks/{}", ground.id("in-credits"))).await.good();
        assert_eq!(seen["status"], "revision_requested");

        let channel = json!({ "channel_id": ground.id("channel"), "amount": 1 });
        poster.post("/api/v1/channels/close", &channel).await.good();
        let more = poster.post("/api/v1/channels/deposit", &channel).await;
        assert_eq!(more.refusal(), "409 WRONG_STATUS");

        let mut proposal = json!({ "agent_id": worker.id, "proposed_price": 10 });
        let agreed = poster.post("/api/v1/negotiation/negotiate", &proposal).await.good();
        assert_eq!(agreed["status"], "accepted", "the base price is taken: {agreed}");
        proposal["negotiation_id"] = agreed["id"].clone();
        let again = poster.post("/api/v1/negotiation/negotiate", &proposal).await;
        assert_eq!(again.refusal(), "409 WRONG_STATUS");

        let other = json!({ "currency": "USDTTRC20", "address": "TJRabPrwbZy45sbavfcjinPJC18kjpRTv8" });
        poster.post("/api/v1/withdrawal-addresses", &other).await.good();
        let path = format!("/api/v1/withdrawal-addresses/{}", ground.id("address"));
        let request = poster.request(Method::PATCH, &path).json(&other);
        assert_eq!(poster.send(request).await.refusal(), "409 ALREADY_EXISTS");
    });
}

#[test]
fn a_purchase_above_the_line_waits_and_one_without_money_is_refused() {
    each_house(async |house| {
        let (rich, poor) = (house.rich_agent("rich", 10_000).await, house.agent("poor").await);
        let provider = house.agent("provider").await;
        let offer = json!({ "name": "echo", "capabilities": ["echo"], "base_price": 10 });
        provider.post("/api/v1/agents", &offer).await.good();
        let mut buy = json!({ "capability": "echo", "max_price": 10, "payment_type": "balance" });
        assert_eq!(poor.post("/api/v1/tasks", &buy).await.refusal(), "402 INSUFFICIENT_FUNDS");
        buy["payment_type"] = Value::Null;
        let unpaid = id(&poor.post("/api/v1/tasks", &buy).await.good());
        let path = format!("/api/v1/tasks/{unpaid}/payments");
        assert_eq!(poor.post(&path, &json!({})).await.refusal(), "402 INSUFFICIENT_FUNDS");

        let rules = json!({ "guardrails": { "require_human_approval_above": 5 } });
        crate::bindings::binds(&person(house, "owner@example.org").await, &rich).await;
        rich.post("/api/bots/me/commissioning", &rules).await.good();
        buy["payment_type"] = "balance".into();
        let waits = rich.post("/api/v1/tasks", &buy).await;
        assert_eq!(waits.status, 202, "{}", waits.body);
        let balance = rich.get("/api/credits/balance").await.good();
        assert_eq!((&balance["available"], &balance["reserved"]), (&json!(9990.0), &json!(10.0)));
    });
}

#[test]
fn a_full_house_says_so() {
    let small = |settings: &mut assay::config::Settings| {
        settings.limits.keys_per_party_max = 2;
        settings.limits.agents_per_owner_max = 1;
        settings.limits.traces_per_task_max = 1;
        settings.limits.webhook_tests_per_day_max = 1;
    };
    each_house_with(small, async |house| {
        let owner = person(house, "owner@example.org").await;
        owner.post("/v1/agents", &json!({ "name": "first" })).await.good();
        let offer = json!({ "name": "echo", "capabilities": ["echo"], "base_price": 10 });
        for (path, body) in [("/v1/agents", json!({ "name": "second" })), ("/api/v1/agents", offer)] {
            assert_eq!(owner.post(path, &body).await.refusal(), "409 CONFLICT", "{path}");
        }
        hands_off(&owner, &json!({ "scopes": ["work"] })).await;
        let another = json!({ "label": "helper", "scopes": ["work"], "expiresIn": 60 });
        for (path, body) in [("/api/v1/agent/handoffs", another), ("/v1/keys", json!({}))] {
            assert_eq!(owner.post(path, &body).await.refusal(), "409 CONFLICT", "{path}");
        }

        let (alice, bob, task) = claimed(house, &tea()).await;
        let path = format!("/v1/tasks/{task}/progress");
        let sip = json!({ "event": "sip" });
        bob.post(&path, &sip).await.good();
        assert_eq!(bob.post(&path, &sip).await.refusal(), "409 CONFLICT");

        let hook = json!({ "url": "https://example.com/hook", "events": ["dispute"] });
        let hook = id(&alice.post("/v1/webhooks", &hook).await.good()["data"]);
        let path = format!("/v1/webhooks/{hook}/test");
        alice.post(&path, &json!({})).await.good();
        assert_eq!(alice.post(&path, &json!({})).await.refusal(), "429 QUOTA_EXHAUSTED");
    });
}

#[test]
fn a_provider_speaks_of_one_payment_at_a_time() {
    each_live_house(async |house, _| {
        let alice = house.agent("alice").await;
        // Taken back before it came.
        let opened = alice.post("/api/credits/deposit", &json!({ "amount": "12.00" })).await.good();
        let refund =
            json!({ "id": "ch_1", "object": "charge", "metadata": { "assay_payment": id(&opened) } });
        let early = send_stripe(house, &stripe_event("charge.refunded", &refund)).await;
        assert_eq!(early.refusal(), "409 WRONG_STATUS");
        // One payment for two invoices.
        let ask = json!({ "amount": "100.00", "currency": "USDTTRC20" });
        for expected in [None, Some("409 CONFLICT")] {
            let opened = alice.post("/api/v1/payments/create-intent", &ask).await.good();
            let url = opened["invoice_url"].as_str().expect("where to pay");
            let reference = url.rsplit('=').next().expect("an invoice");
            let said = send_coins(house, &notice(&opened, reference, "finished")).await;
            match expected {
                None => drop(said.good()),
                Some(refusal) => assert_eq!(said.refusal(), refusal),
            }
        }
        let balance = alice.get("/api/v1/ledger/balance").await.good();
        assert_eq!(balance["available"], "100.00", "{balance}");
    });
}

/// What the test provider's own server would send.
async fn calls_back(house: &House, event: &Event) -> Said {
    let test = TestProvider::new(house.app.host_key.derive("test provider").to_vec());
    let (body, signature) = test.send(event, house.app.now());
    let body = String::from_utf8(body).expect("JSON");
    send_callback(house, "/webhooks/test", "Assay-Test-Signature", &signature, body).await
}

#[test]
fn the_test_provider_calls_back_as_others_do() {
    each_house(async |house| {
        let alice = house.agent("alice").await;
        let opened = alice.post("/api/credits/deposit", &json!({ "amount": 12 })).await.good();
        let event = Event { payment: id(&opened), amount: 12_000_000, currency: "USD".into() };
        let unknown = Event { payment: NOBODYS.into(), ..event.clone() };
        assert_eq!(calls_back(house, &unknown).await.refusal(), "404 NOT_FOUND");
        for _ in 0..2 {
            calls_back(house, &event).await.good();
            let balance = alice.get("/api/credits/balance").await.good();
            assert_eq!(balance["available"], 12.0, "{balance}");
        }
    });
}
