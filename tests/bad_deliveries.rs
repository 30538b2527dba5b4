//! Deliveries made to hurt the judges, through the components that judge them, within the
//! server's own limits: each ends in an answer or in a reason, and none in a payment.

use assay::builtin::BUILTIN;
use assay::config::Settings;
use assay_sandbox::{
    Attachment, Attachments, Check, Class, Delivery, Digest, Input, Outcome, Output, Reason, Run, Task,
};
use serde_json::{Value, json};

use crate::files::{attachment, brings, digest};
use crate::house::{House, each_house_with};
use crate::judges::roomy;
use crate::story::{GOOD, claimed, tea};

/// Bytes of the largest delivery.
const MANY: usize = 10_000_000;

/// Checks that each of the bombs is meant for.
const CHECKS: [&str; 12] = [
    r#"{"kind":"word-count","min":1}"#,
    r#"{"kind":"regex","pattern":"(a+)+b|(a|aa)*c$"}"#,
    r#"{"kind":"sentence-count","min":1}"#,
    r#"{"kind":"is-json"}"#,
    r#"{"kind":"json-path","path":"$..a..b","op":"exists"}"#,
    r#"{"kind":"contains-json"}"#,
    r#"{"kind":"is-csv","rows":{"min":1},"unique":[1],"header":false}"#,
    r#"{"kind":"is-xml"}"#,
    r#"{"kind":"is-html"}"#,
    r#"{"kind":"is-yaml"}"#,
    r#"{"kind":"levenshtein","value":"aaaaaaaaaaaaaaab","max":5}"#,
    r#"{"kind":"is-json","target":"*"}"#,
];

/// A check of what only `criteria-schema` can look into.
const SCHEMA: &str =
    r#"{"kind":"is-json","schema":{"type":"array","uniqueItems":true,"items":{"pattern":"^(a+)+$"}}}"#;

/// XML whose entities would unfold to a billion times three letters.
fn laughs() -> String {
    let level = |n: usize| format!("<!ENTITY l{n} \"{}\">", format!("&l{};", n - 1).repeat(10));
    let levels: String = (1..10).map(level).collect();
    format!("<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY l0 \"lol\">{levels}]><a>&l9;</a>")
}

/// The same in YAML, by aliases.
fn aliases() -> String {
    let level = |n: usize| format!("l{n}: &l{n} [{}]\n", format!("*l{},", n - 1).repeat(9));
    (1..10).fold("l0: &l0 [lol]\n".to_owned(), |text, n| text + &level(n))
}

fn bombs() -> Vec<(&'static str, String)> {
    vec![
        ("nothing", String::new()),
        ("null characters", "\0".repeat(MANY)),
        ("one letter", "a".repeat(MANY)),
        ("nested JSON", "[".repeat(100_000) + &"]".repeat(100_000)),
        ("nested JSON that is open", "{\"a\":".repeat(100_000)),
        ("many JSON values", format!("[{}1]", "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaa!\",".repeat(20_000))),
        ("empty rows", ",\n".repeat(1_000_000)),
        ("what a regex explodes on", "a".repeat(200_000) + "!"),
        ("XML entities", laughs()),
        ("nested elements", "<a>".repeat(100_000)),
        ("YAML aliases", aliases()),
        ("full stops", "a. ".repeat(MANY / 3)),
        ("right to left", "\u{202e}\u{200f}א".repeat(300_000)),
    ]
}

fn asked(checks: &[&str]) -> Task {
    let check = |json: &&str| Check {
        kind: json.split('"').nth(3).unwrap_or_default().to_owned(),
        required: true,
        weight: 1,
        class: Class::Decidable,
        json: (*json).to_owned(),
        prior: None,
    };
    Task {
        id: "task-1".to_owned(),
        title: "Assay an ingot".to_owned(),
        description: "Say what the ingot is made of, as JSON.".to_owned(),
        category: "research".to_owned(),
        skills: Vec::new(),
        criteria: Vec::new(),
        checks: checks.iter().map(check).collect(),
        currency: "USD".to_owned(),
        price: 5_000_000,
        posted_at: 1_700_000_000_000,
        deadline_at: None,
    }
}

/// The same bytes as the work and, where there are some, as a file of it.
fn handed_in(content: &str, file: &[u8]) -> (Delivery, Attachments) {
    let held = Digest::of(file);
    let attachments = vec![Attachment {
        name: "bomb.txt".to_owned(),
        media_type: "text/plain".to_owned(),
        size: file.len() as u64,
        digest: held.to_string(),
    }];
    let delivery = Delivery {
        id: "delivery-1".to_owned(),
        content: content.to_owned(),
        summary: String::new(),
        attachments,
        traces: Vec::new(),
        round: 1,
        delivered_at: 1_700_000_050_000,
    };
    (delivery, std::iter::once((held, file.to_vec().into())).collect())
}

/// What a component of this binary makes of a delivery, within the server's limits.
fn judged(name: &str, checks: &[&str], content: &str, file: &[u8]) -> Run {
    let sandbox = roomy();
    let builtin = BUILTIN.iter().find(|builtin| builtin.name == name).expect("it came with the binary");
    let judge = sandbox.prepare_blocking(builtin.bytes).expect("it is a judge");
    let (delivery, held) = handed_in(content, file);
    let (task, config) = (asked(checks), String::new());
    let input = match name {
        "pdqg" => Input::Score { task, delivery, config },
        _ => Input::Verify { task, delivery, config },
    };
    sandbox.run_blocking(&judge, &input, held)
}

/// An answer that says something of each check, or a reason that lies with the delivery.
/// A trap would be a crash of the component.
fn ends_well(name: &str, checks: usize, bomb: &str, run: &Run) {
    match &run.outcome {
        Outcome::Output(Output::Report(report)) => {
            assert_eq!(report.findings.len(), checks, "{name} on {bomb}");
            assert!(report.findings.iter().all(|finding| !finding.evidence.is_empty()));
        }
        Outcome::Output(Output::Scorecard(card)) => assert!(card.score <= 10_000, "{name} on {bomb}"),
        Outcome::Inconclusive { reason: Reason::FuelExhausted | Reason::Memory(_) } => {}
        other => panic!("{name} on {bomb}: {other:?}"),
    }
    println!("{name:<16} {bomb:<26} {:>13} fuel, {}", run.fuel, run.word());
}

#[test]
fn no_delivery_crashes_a_component() {
    for (bomb, content) in bombs() {
        for (name, checks) in
            [("criteria", &CHECKS[..]), ("criteria-schema", &[SCHEMA][..]), ("pdqg", &CHECKS[..])]
        {
            ends_well(name, checks.len(), bomb, &judged(name, checks, &content, content.as_bytes()));
        }
    }
}

#[test]
fn files_that_are_no_text_end_in_an_answer() {
    let invalid: Vec<u8> = (0..=255_u8).rev().cycle().take(1_000_000).collect();
    let cut = "é".repeat(500_000).into_bytes();
    for (bomb, bytes) in [("invalid UTF-8", invalid), ("a cut character", cut[..999_999].to_vec())] {
        let checks =
            [r#"{"kind":"word-count","min":1,"target":"*"}"#, r#"{"kind":"is-csv","target":"*.txt"}"#];
        for name in ["criteria", "criteria-schema", "pdqg"] {
            let run = judged(name, &checks, "The ingot is nine parts gold.", &bytes);
            ends_well(name, checks.len(), bomb, &run);
            assert!(matches!(run.outcome, Outcome::Output(_)), "{name} on {bomb}: {:?}", run.outcome);
        }
    }
}

#[test]
fn a_bad_delivery_is_answered_and_moves_no_money() {
    each_house_with(patient, async |house| {
        for (bomb, content) in bombs() {
            if !["one letter", "nested JSON", "empty rows", "XML entities"].contains(&bomb) {
                continue;
            }
            let mut post = tea();
            let own = CHECKS.iter().map(|check| serde_json::from_str::<Value>(check).expect("JSON"));
            post["checks"] = own.collect();
            let (alice, bob, task) = claimed(house, &post).await;
            let before = alice.money().await;
            let said = bob.delivers(&task, &content).await;
            assert_eq!(said.status, 200, "{bomb}: {}", said.body);
            let receipts = said.body["data"]["receipts"].as_array().expect("receipts");
            assert!(receipts.iter().any(|receipt| receipt["world"] == "verifier"), "{bomb}: {receipts:?}");
            assert_ne!(alice.task_status(&task).await, "paid", "{bomb}");
            assert_eq!(alice.money().await, before, "{bomb}");
            assert_eq!(bob.money().await, "0.0 available, 0.0 reserved, 0.0 total", "{bomb}");
        }
    });
}

/// A house that waits for its judges, however slow the machine is.
fn patient(settings: &mut Settings) {
    settings.limits.judging_ms_max = 300_000;
    settings.limits.answer_ms_max = 300_000;
}

/// A task whose checks, so many over a file, are more than the verifier's fuel lasts for.
fn endless() -> Value {
    let mut post = tea();
    let check = |max: usize| json!({ "kind": "sentence-count", "max": MANY + max, "target": "*.txt" });
    post["checks"] = (0..100).map(check).collect();
    post
}

#[test]
fn silence_pays_nothing_that_was_too_much_to_be_judged() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime starts").block_on(async {
        let house = House::open(None, patient).await;
        let (alice, bob, task) = claimed(&house, &endless()).await;
        let file = "a. ".repeat(MANY / 3).into_bytes();
        brings(&bob, &digest(&file), &file, "text/plain").await.good();
        let package =
            json!({ "content": GOOD, "attachments": [attachment("notes.txt", "text/plain", &file)] });
        let delivered = bob.post(&format!("/v1/tasks/{task}/deliver"), &package).await.good();
        assert_eq!(delivered["data"]["status"], "in_review", "{delivered}");
        let receipts = delivered["data"]["receipts"].as_array().expect("receipts");
        let verdict = receipts.iter().find(|receipt| receipt["world"] == "verifier").expect("a receipt");
        assert_eq!(verdict["outcome"], "inconclusive", "{delivered}");
        let findings = delivered["data"]["findings"].to_string();
        assert!(findings.contains("used up its fuel"), "{findings}");

        house.wait(80 * 3_600).await;
        assert_eq!(alice.task_status(&task).await, "in_review");
        assert_eq!(bob.money().await, "0.0 available, 0.0 reserved, 0.0 total");
        // The poster may still accept it, as a person who has looked.
        let delivery = delivered["data"]["deliveryId"].as_str().expect("an id");
        alice.reviews(delivery, "accepted").await.good();
        assert_eq!(bob.money().await, "45.0 available, 0.0 reserved, 45.0 total");
        house.audit().await;
        house.app.stop().await;
    });
}
