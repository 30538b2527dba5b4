//! Components that publishers upload: taken or refused, listed, bound to tasks, judging
//! and paying, retired, tried, replayed.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use assay_sandbox::{Digest, Input};
use reqwest::Method;
use serde_json::{Value, json};

use crate::commands::program;
use crate::house::{Actor, House, Said, each_house};
use crate::judges::{Text, finding, input, report};
use crate::story::{GOOD, claimed, tea};

/// A verifier that says the same of the first check, whatever it is given.
pub(crate) fn saying(name: &str, version: &str, status: u8, more: &str) -> Vec<u8> {
    let mut found = finding(0, if status == 0 { 10_000 } else { 0 }, 3);
    found[12] = status;
    saying_this((name, version), &found, more)
}

/// A verifier that says this one thing, whatever it is given.
pub(crate) fn saying_this((name, version): (&str, &str), found: &[u8], more: &str) -> Vec<u8> {
    let manifest = format!(
        r#"{{"name":"{name}","version":"{version}","world":"verifier","description":"Says one thing.","author":"Ada"{more}}}"#
    );
    let bytes = report(&[found.to_vec()]);
    let escaped = bytes.iter().fold(String::new(), |text, byte| text + format!("\\{byte:02x}").as_str());
    let module = format!(
        r#"(data (i32.const 0) "yes") (data (i32.const 1024) "{escaped}")
           (func (export "verify") (param i32) (result i32) (i32.const 1024))"#
    );
    Text { module: &module, manifest: &manifest, ..Text::default() }.component()
}

/// A verifier that says another thing to whoever asks the same instance again.
fn moody() -> Vec<u8> {
    moody_saying(finding(0, 10_000, 3))
}

/// A verifier that says this to whoever asks first, and fails whoever asks again.
pub(crate) fn moody_saying(found: Vec<u8>) -> Vec<u8> {
    let manifest =
        r#"{"name":"moody","version":"1.0.0","world":"verifier","description":"Remembers.","author":"Ada"}"#;
    let laid_out = |finding: Vec<u8>| {
        report(&[finding]).iter().fold(String::new(), |text, byte| text + format!("\\{byte:02x}").as_str())
    };
    let module = format!(
        r#"(data (i32.const 0) "yes") (data (i32.const 1024) "{}") (global $asked (mut i32) (i32.const 0))
           (func (export "verify") (param i32) (result i32)
             (if (global.get $asked) (then (unreachable)))
             (global.set $asked (i32.const 1)) (i32.const 1024))"#,
        laid_out(found),
    );
    Text { module: &module, manifest, ..Text::default() }.component()
}

pub(crate) const PASS: u8 = 0;
pub(crate) const FAIL: u8 = 1;

pub(crate) async fn uploads(actor: &Actor, bytes: &[u8], query: &str) -> Said {
    let request = actor.request(Method::POST, &format!("/v1/plugins{query}"));
    actor.send(request.header("content-type", "application/wasm").body(bytes.to_vec())).await
}

pub(crate) async fn lists(actor: &Actor, bytes: &[u8]) -> String {
    let listed = uploads(actor, bytes, "").await.good();
    listed["data"]["digest"].as_str().expect("a digest").to_owned()
}

#[test]
fn an_upload_is_listed_once_and_its_name_stays_its_publishers() {
    each_house(async |house| {
        let (ada, eve) = (house.agent("ada").await, house.agent("eve").await);
        let bytes = saying("gold-bar", "1.0.0", PASS, "");
        let first = uploads(&ada, &bytes, "?name=gold-bar&version=1.0.0").await;
        assert_eq!(first.status, 201, "{}", first.body);
        let listed = &first.body["data"];
        assert_eq!(listed["digest"], Digest::of(&bytes).to_string());
        assert_eq!((&listed["badge"], &listed["status"]), (&json!("deterministic"), &json!("listed")));
        assert!(listed["certification"]["runs"].as_u64() > Some(20), "{listed}");
        let again = uploads(&eve, &bytes, "").await;
        assert_eq!((again.status, &again.body["data"]["owner"]), (200, &json!(ada.id)));

        let table = [
            (&ada, saying("gold-bar", "1.0.0", FAIL, ""), "", "409 ALREADY_EXISTS"),
            (&eve, saying("gold-bar", "1.1.0", PASS, ""), "", "409 ALREADY_EXISTS"),
            (&eve, saying("criteria", "9.0.0", PASS, ""), "", "409 ALREADY_EXISTS"),
            (&ada, saying("gold-bar", "1.1.0", PASS, ""), "?name=silver-bar", "400 INVALID_FIELD"),
            (&ada, saying("gold-bar", "one", PASS, ""), "", "400 INVALID_FIELD"),
            (
                &ada,
                saying("gold-bar", "1.2.0", PASS, r#","config_schema":{"type":7}"#),
                "",
                "400 INVALID_FIELD",
            ),
            (&ada, b"\0asm\x01\0\0\0".to_vec(), "", "400 PLUGIN_REJECTED"),
            (&ada, b"no wasm".to_vec(), "", "400 PLUGIN_REJECTED"),
            (&house.nobody(), bytes.clone(), "", "401 UNAUTHORIZED"),
        ];
        for (who, bytes, query, expected) in table {
            let refused = uploads(who, &bytes, query).await;
            assert_eq!(refused.refusal(), expected, "{}", refused.body);
        }
        let huge = vec![0; house.app.settings.limits.plugins.component_of_publisher_bytes_max + 1];
        assert_eq!(uploads(&ada, &huge, "").await.refusal(), "413 TOO_LARGE");
        assert_eq!(uploads(&ada, &saying("gold-bar", "1.1.0", PASS, ""), "").await.status, 201);
    });
}

#[test]
fn the_same_bytes_sent_twice_at_once_are_one_plugin() {
    each_house(async |house| {
        let (ada, eve) = (house.agent("ada").await, house.agent("eve").await);
        let bytes = saying("gold-bar", "1.0.0", PASS, "");
        let (first, second) = tokio::join!(uploads(&ada, &bytes, ""), uploads(&eve, &bytes, ""));
        let mut statuses = [first.status, second.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 201]);
        assert_eq!(first.body["data"], second.body["data"]);
    });
}

#[test]
fn the_registry_finds_what_is_listed_and_says_how_it_has_done() {
    each_house(async |house| {
        let ada = house.agent("ada").await;
        let digest = lists(&ada, &saying("gold-bar", "1.0.0", PASS, "")).await;
        let found = async |query: &str| {
            let page = ada.get(&format!("/v1/plugins?{query}")).await.good();
            let names = page["data"]["items"].as_array().expect("a list").iter();
            names.map(|item| item["name"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
        };
        for query in
            ["name=gold-bar", "search=LD-b", "search=ada", "author=Ada", "world=verifier&search=gold"]
        {
            assert_eq!(found(query).await, ["gold-bar"], "{query}");
        }
        for query in ["name=gold", "search=g_ld", "search=%25old", "world=pricing&search=gold", "author=ada"]
        {
            assert!(found(query).await.is_empty(), "{query}");
        }
        let (mut cursor, mut names) = (String::new(), Vec::new());
        loop {
            let page = ada.get(&format!("/v1/plugins?limit=3&cursor={cursor}")).await.good();
            let items = page["data"]["items"].as_array().expect("a list").clone();
            names.extend(items.iter().map(|item| item["name"].as_str().unwrap_or_default().to_owned()));
            let Some(next) = page["data"]["pagination"]["nextCursor"].as_str() else { break };
            cursor = next.replace(' ', "%20");
        }
        let all = found("limit=100").await;
        assert_eq!(names, all);
        assert!(names.contains(&"criteria".to_owned()) && names.contains(&"gold-bar".to_owned()));

        let facts = ada.get(&format!("/v1/plugins/{digest}")).await.good();
        let numbers = ["runs", "inconclusive", "overturned"].map(|name| facts["data"][name].clone());
        assert_eq!(numbers, [0, 0, 0].map(Value::from));
        assert_eq!(ada.get("/v1/plugins/sha256:00").await.refusal(), "404 NOT_FOUND");
    });
}

/// A task of alice's with this verifier, done by bob.
pub(crate) async fn claimed_with(house: &House, verifier: Value) -> (Actor, Actor, String) {
    let mut post = tea();
    post["verifier"] = verifier;
    claimed(house, &post).await
}

#[test]
fn a_task_is_bound_to_a_verifier_that_decides_with_the_others_and_is_paid_by() {
    each_house(async |house| {
        let ada = house.agent("ada").await;
        let digest = lists(&ada, &saying("gold-bar", "1.0.0", PASS, "")).await;
        let (_, bob, task) = claimed_with(house, json!({ "name": "gold-bar@1.0.0" })).await;
        let shown = bob.get(&format!("/v1/tasks/{task}")).await.good();
        assert_eq!(shown["data"]["verifiers"][1]["digest"], digest);
        // Off the list, it still judges what is bound to it; new tasks cannot name it.
        let retired = ada.post(&format!("/v1/plugins/{digest}/retire"), &json!({})).await.good();
        assert_eq!(retired["data"]["status"], "retired");
        let delivered = bob.delivers(&task, GOOD).await.good();
        assert_eq!(delivered["data"]["status"], "accepted", "{delivered}");
        let findings = delivered["data"]["findings"].as_array().expect("findings");
        let own: Vec<_> = findings.iter().filter(|finding| finding["verifier"] == json!(digest)).collect();
        assert_eq!((own.len(), &own[0]["evidence"]), (1, &json!("yes")));
        let receipts = delivered["data"]["receipts"].as_array().expect("receipts");
        assert!(
            receipts
                .iter()
                .any(|receipt| receipt["plugin"] == json!(digest) && receipt["outcome"] == "undecided")
        );
        let facts = ada.get(&format!("/v1/plugins/{digest}")).await.good();
        assert_eq!(facts["data"]["runs"], 1);
        let figures = ada.request(Method::GET, "/metrics").send().await.expect("an answer").text().await;
        let figures = figures.expect("a text");
        for line in [
            "assay_plugin_runs_total{plugin=\"gold-bar@1.0.0\",outcome=\"undecided\"} 1",
            "assay_plugin_fuel_total{plugin=\"gold-bar@1.0.0\"}",
            "assay_plugin_seconds_total{plugin=\"gold-bar@1.0.0\"}",
        ] {
            assert!(figures.contains(line), "{line} is not in {figures}");
        }

        let alice = house.rich_agent("another alice", 500).await;
        for (verifier, field) in [
            (json!({ "name": "gold-bar" }), "verifier.name"),
            (json!([{ "digest": digest }]), "verifier[0].digest"),
            (json!({ "config": {} }), "verifier"),
        ] {
            let mut post = tea();
            post["verifier"] = verifier;
            let refused = alice.post("/api/tasks", &post).await;
            assert_eq!(refused.refusal(), "400 INVALID_FIELD");
            assert_eq!(refused.body["error"]["field"], field);
        }
    });
}

#[test]
fn a_configuration_is_held_against_the_components_schema_when_a_task_is_posted() {
    each_house(async |house| {
        let ada = house.agent("ada").await;
        let schema = r#","config_schema":{"type":"object","properties":{"min":{"type":"integer"}},"additionalProperties":false}"#;
        lists(&ada, &saying("gold-bar", "1.0.0", FAIL, schema)).await;
        let alice = house.rich_agent("alice", 500).await;
        let mut post = tea();
        post["verifier"] = json!({ "name": "gold-bar", "config": { "min": "many" } });
        let refused = alice.post("/api/tasks", &post).await;
        assert_eq!(refused.refusal(), "400 INVALID_FIELD");
        assert_eq!(refused.body["error"]["field"], "verifier.config.min", "{}", refused.body);
        post["verifier"] = json!([
            { "name": "gold-bar", "config": { "min": 3 } }, { "name": "gold-bar", "config": { "min": 3 } }
        ]);
        assert_eq!(alice.post("/api/tasks", &post).await.body["error"]["field"], "verifier[1]");
        post["verifier"] = json!({ "name": "gold-bar", "config": { "min": 3 } });
        let (alice, bob, task) = claimed(house, &post).await;
        let failed = bob.delivers(&task, GOOD).await.good();
        assert_eq!(failed["data"]["status"], "revision_requested", "{failed}");
        assert_eq!(alice.task_status(&task).await, "revision_requested");
    });
}

#[test]
fn a_verifier_that_is_not_deterministic_informs_a_person_and_moves_nothing() {
    each_house(async |house| {
        let ada = house.agent("ada").await;
        let listed = uploads(&ada, &moody(), "").await.good();
        assert_eq!(listed["data"]["badge"], "evidence-only", "{listed}");
        assert!(!listed["data"]["certification"]["faults"].as_array().is_none_or(Vec::is_empty));
        let (alice, bob, task) = claimed_with(house, json!({ "name": "moody" })).await;
        let delivered = bob.delivers(&task, GOOD).await.good();
        assert_eq!(delivered["data"]["status"], "in_review", "{delivered}");
        let findings = delivered["data"]["findings"].to_string();
        assert!(findings.contains("by a verifier that only informs"), "{findings}");
        assert_eq!(bob.money().await, "0.0 available, 0.0 reserved, 0.0 total");
        let delivery = delivered["data"]["id"].as_str().expect("an id");
        alice.reviews(delivery, "accepted").await.good();
        assert_eq!(bob.money().await, "45.0 available, 0.0 reserved, 45.0 total");
    });
}

#[test]
fn a_verdict_that_a_person_decides_against_is_counted() {
    each_house(async |house| {
        let ada = house.agent("ada").await;
        let digest = lists(&ada, &saying("gold-bar", "1.0.0", PASS, "")).await;
        let mut post = tea();
        post["verifier"] = json!({ "digest": digest });
        post["acceptance_criteria"] = json!(["A warm tone"]);
        let (alice, bob, task) = claimed(house, &post).await;
        let delivered = bob.delivers(&task, GOOD).await.good();
        assert_eq!(delivered["data"]["status"], "in_review", "{delivered}");
        let delivery = delivered["data"]["id"].as_str().expect("an id");
        alice.reviews(delivery, "rejected").await.good();
        let facts = ada.get(&format!("/v1/plugins/{digest}")).await.good();
        assert_eq!((&facts["data"]["runs"], &facts["data"]["overturned"]), (&json!(1), &json!(1)));
    });
}

#[test]
fn anyone_may_try_a_component_so_often_a_day() {
    each_house(async |house| {
        let ada = house.agent("ada").await;
        let digest = lists(&ada, &saying("gold-bar", "1.0.0", PASS, "")).await;
        let given: Value = serde_json::from_slice(&input("{}").canonical()).expect("JSON");
        let path = format!("/v1/plugins/{digest}/run");
        let tried = ada.post(&path, &json!({ "input": given })).await.good();
        assert_eq!(
            (&tried["data"]["outcome"], &tried["data"]["reason"]),
            (&json!("undecided"), &Value::Null)
        );
        assert_eq!(tried["data"]["output"]["report"]["findings"][0]["evidence"], "yes");
        assert!(tried["data"]["fuel"].as_u64() > Some(0));
        for wrong in [json!({}), json!({ "input": { "verify": {} } }), json!({ "input": 3 })] {
            assert_eq!(ada.post(&path, &wrong).await.refusal(), "400 INVALID_FIELD");
        }
        let Input::Verify { task, delivery, config } = input("{}") else { unreachable!("a verifier's") };
        let score = Input::Score { task, delivery, config };
        let given: Value = serde_json::from_slice(&score.canonical()).expect("JSON");
        assert_eq!(ada.post(&path, &json!({ "input": given })).await.body["error"]["field"], "input");
        let most = house.app.settings.limits.plugins.trial_runs_per_day_max;
        for _ in 1..most {
            ada.post(
                &path,
                &json!({ "input": serde_json::from_slice::<Value>(&input("{}").canonical()).expect("JSON") }),
            )
            .await
            .good();
        }
        let given: Value = serde_json::from_slice(&input("{}").canonical()).expect("JSON");
        assert_eq!(ada.post(&path, &json!({ "input": given })).await.refusal(), "429 QUOTA_EXHAUSTED");
    });
}

#[test]
fn a_lost_runner_leaves_receipts_and_a_person_decides() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = folder.path().join("assay");
    let text = format!("#!/bin/sh\n[ \"$2\" = run ] && exit 1\nexec {} \"$@\"\n", program().display());
    fs::write(&script, text).expect("a script");
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).expect("it may be run");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime starts").block_on(async {
        let house = House::open(None, |settings| settings.program = Some(script)).await;
        let ada = house.agent("ada").await;
        let digest = lists(&ada, &saying("gold-bar", "1.0.0", FAIL, "")).await;
        let (alice, bob, task) = claimed_with(&house, json!({ "digest": digest })).await;
        let delivered = bob.delivers(&task, GOOD).await.good();
        assert_eq!(delivered["data"]["status"], "in_review", "{delivered}");
        let receipts = delivered["data"]["receipts"].as_array().expect("receipts");
        let lost = receipts.iter().filter(|receipt| receipt["plugin"] == json!(digest));
        let outcomes: Vec<_> = lost.map(|receipt| receipt["outcome"].clone()).collect();
        assert_eq!(outcomes, ["inconclusive", "inconclusive"]);
        assert_eq!(alice.money().await, "451.4 available, 45.0 reserved, 496.4 total");
        house.audit().await;
        house.app.stop().await;
    });
}
