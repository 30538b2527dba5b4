//! Checks of kind `plugin`: another component's word as one of a task's checks.

use serde_json::{Value, json};

use crate::house::{Actor, House, each_house};
use crate::judges::own_finding;
use crate::registry::{FAIL, PASS, lists, moody_saying, saying_this, uploads};
use crate::story::{GOOD, claimed, tea};

/// It takes a whole number `min` and nothing else.
const TAKES_MIN: &str = r#","config_schema":{"type":"object","properties":{"min":{"type":"integer"}},"additionalProperties":false}"#;

/// A finding of its own that ended so.
fn ended(status: u8) -> Vec<u8> {
    let mut found = own_finding(if status == PASS { 10_000 } else { 0 }, 3);
    found[12] = status;
    found
}

/// The task about tea, with these checks besides its own one.
fn tea_with(checks: &[Value]) -> Value {
    let mut post = tea();
    post["checks"].as_array_mut().expect("a list").extend(checks.iter().cloned());
    post
}

/// What came of the task's last check when GOOD was delivered: the finding, the word of
/// the component's receipt, and how the delivery stands.
async fn asked(house: &House, check: &Value, digest: &str) -> (Actor, Value, Value, Value) {
    let (alice, bob, task) = claimed(house, &tea_with(std::slice::from_ref(check))).await;
    let shown = alice.get(&format!("/api/tasks/{task}")).await.good();
    let pinned = shown["checks"].as_array().and_then(|checks| checks.last()).expect("a check").clone();
    assert_eq!((&pinned["digest"], &pinned["name"]), (&json!(digest), &Value::Null), "{shown}");
    let delivered = bob.delivers(&task, GOOD).await.good()["data"].take();
    let findings = delivered["findings"].as_array().expect("findings");
    let of_plugin = findings.iter().filter(|finding| finding["kind"] == check["kind"]);
    let of_plugin: Vec<_> = of_plugin.cloned().collect();
    assert_eq!(of_plugin.len(), 1, "{delivered}");
    let receipts = delivered["receipts"].as_array().expect("receipts");
    let receipt = receipts.iter().find(|receipt| receipt["plugin"] == json!(digest));
    let word = receipt.expect("its run has a receipt")["outcome"].clone();
    (bob, of_plugin[0].clone(), word, delivered["status"].clone())
}

#[test]
fn a_check_asks_a_component_by_its_name_or_its_digest() {
    each_house(async |house| {
        let ada = house.agent("ada").await;
        let fails = lists(&ada, &saying_this(("gold-bar", "1.0.0"), &ended(FAIL), TAKES_MIN)).await;
        let passes = lists(&ada, &saying_this(("silver-bar", "1.0.0"), &ended(PASS), "")).await;
        let failing = [
            json!({ "kind": "plugin", "name": "gold-bar@1.0.0" }),
            json!({ "kind": "plugin", "name": "gold-bar", "config": { "min": 3 } }),
            json!({ "kind": "plugin", "digest": fails, "config": null }),
            json!({ "kind": "plugin", "digest": fails.trim_start_matches("sha256:") }),
        ];
        for check in failing {
            let (bob, finding, word, status) = asked(house, &check, &fails).await;
            assert_eq!((&finding["status"], &word), (&json!("fail"), &json!("fail")), "{check}: {finding}");
            assert_eq!(finding["binding"], true, "{finding}");
            assert!(finding["evidence"].as_str().is_some_and(|text| text.contains("yes")), "{finding}");
            assert_eq!(status, "revision_requested", "{check}");
            assert_eq!(bob.money().await, "0.0 available, 0.0 reserved, 0.0 total");
        }
        let passing = [
            (json!({ "kind": "plugin", "name": "silver-bar" }), &passes, "pass"),
            (json!({ "kind": "not-plugin", "name": "gold-bar" }), &fails, "fail"),
        ];
        for (check, digest, said) in passing {
            let (bob, finding, word, status) = asked(house, &check, digest).await;
            assert_eq!((&finding["status"], &word), (&json!("pass"), &json!(said)), "{check}: {finding}");
            assert_eq!(status, "accepted", "{check}");
            assert_eq!(bob.money().await, "45.0 available, 0.0 reserved, 45.0 total");
        }
    });
}

#[test]
fn a_check_that_asks_nobody_or_asks_wrongly_is_refused_when_the_task_is_posted() {
    each_house(async |house| {
        let ada = house.agent("ada").await;
        lists(&ada, &saying_this(("gold-bar", "1.0.0"), &ended(PASS), TAKES_MIN)).await;
        let alice = house.rich_agent("alice", 500).await;
        let nowhere = format!("sha256:{}", "0".repeat(64));
        let asks = |min: u32| json!({ "kind": "plugin", "name": "gold-bar", "config": { "min": min } });
        let table = [
            (vec![json!({ "kind": "plugin", "name": "gold-bar@2.0.0" })], "checks[1].name"),
            (vec![json!({ "kind": "not-plugin", "name": "lead-bar" })], "checks[1].name"),
            // A scorer is no verifier.
            (vec![json!({ "kind": "plugin", "name": "pdqg" })], "checks[1].name"),
            (vec![asks(1), json!({ "kind": "plugin", "digest": nowhere })], "checks[2].digest"),
            (
                vec![json!({ "kind": "plugin", "name": "gold-bar", "config": { "min": "many" } })],
                "checks[1].config.min",
            ),
            (
                vec![json!({ "kind": "plugin", "name": "gold-bar", "config": { "max": 1 } })],
                "checks[1].config",
            ),
            ((0..6).map(asks).collect::<Vec<_>>(), "checks[6]"),
        ];
        for (checks, field) in table {
            let refused = alice.post("/api/tasks", &tea_with(&checks)).await;
            assert_eq!(refused.refusal(), "400 INVALID_FIELD", "{}", refused.body);
            assert_eq!(refused.body["error"]["field"], field, "{}", refused.body);
        }
        // Checks and verifiers are counted together: each is a run of every delivery.
        let mut post = tea_with(&(0..3).map(asks).collect::<Vec<_>>());
        let verifier = |min: u32| json!({ "name": "gold-bar", "config": { "min": min } });
        post["verifier"] = (0..3).map(verifier).collect();
        assert_eq!(alice.post("/api/tasks", &post).await.body["error"]["field"], "checks[3]");
        post["verifier"] = (0..2).map(verifier).collect();
        alice.post("/api/tasks", &post).await.good();
    });
}

#[test]
fn a_failure_that_only_informs_moves_no_money_through_a_check_or_a_verifier() {
    each_house(async |house| {
        let ada = house.agent("ada").await;
        let listed = uploads(&ada, &moody_saying(ended(FAIL)), "").await.good();
        assert_eq!(listed["data"]["badge"], "evidence-only", "{listed}");
        let by_check = tea_with(&[json!({ "kind": "plugin", "name": "moody" })]);
        let mut by_verifier = tea();
        by_verifier["verifier"] = json!({ "name": "moody" });
        for post in [by_check, by_verifier] {
            let (alice, bob, task) = claimed(house, &post).await;
            let before = alice.money().await;
            let delivered = bob.delivers(&task, GOOD).await.good()["data"].take();
            assert_eq!(delivered["status"], "in_review", "{delivered}");
            let findings = delivered["findings"].to_string();
            assert!(findings.contains("by a verifier that only informs"), "{findings}");
            assert!(!findings.contains("\"status\":\"fail\""), "{findings}");
            assert_eq!(alice.money().await, before);
            assert_eq!(bob.money().await, "0.0 available, 0.0 reserved, 0.0 total");
            // It neither pays nor refuses: the poster decides as with any other.
            let delivery = delivered["id"].as_str().expect("an id");
            alice.reviews(delivery, "accepted").await.good();
            assert_eq!(bob.money().await, "45.0 available, 0.0 reserved, 45.0 total");
        }
    });
}
