//! The shell: what the host hands over, and what it gets back.

use assay_plugin::{Class, Scorecard, Scorer, testing};
use pdqg::component::{Config, MANIFEST, Pdqg};

fn scored(task: &assay_plugin::Task, delivery: &assay_plugin::Delivery) -> Scorecard {
    Pdqg::score(task, delivery, Config::default()).expect("any delivery can be scored")
}

#[test]
fn the_manifest_names_the_component() {
    let manifest: serde_json::Value = serde_json::from_slice(&MANIFEST).expect("it is JSON");
    assert_eq!(manifest["name"], "pdqg");
    assert_eq!(manifest["world"], "scorer");
}

#[test]
fn the_criteria_in_words_reach_the_score() {
    let mut task = testing::task("Menu", "List the prices of the menu.");
    task.criteria = vec![testing::criterion("Valid JSON", Class::Human, &[])];
    assert!(scored(&task, &testing::delivery("{\"soup\": 4.5, \"tea\": 2}")).score > 6_500);
    assert!(scored(&task, &testing::delivery("Soup is 4.50 and tea is 2 on the menu.")).score < 4_000);
}

#[cfg(feature = "criteria")]
#[test]
fn decidable_checks_count_and_others_do_not() {
    let mut task = testing::task("Capital", "What is the capital of Australia?");
    let delivery = testing::delivery("Canberra");
    let without = scored(&task, &delivery).score;
    task.checks = vec![testing::check(r#"{"kind":"contains","value":"Canberra"}"#)];
    assert_eq!(scored(&task, &delivery).score, without);
    task.checks.push(testing::check(r#"{"kind":"contains","value":"Sydney"}"#));
    let half = scored(&task, &delivery);
    assert!(half.score < without);
    let met = half.dimensions.iter().find(|dimension| dimension.name == "criteria met");
    assert_eq!(met.map(|dimension| dimension.score), Some(5_000));
    // The share is by weight.
    for (weights, share) in [([3, 1], 7_500), ([1, 3], 2_500), ([1, 0], 10_000)] {
        let mut weighted = task.clone();
        for (check, weight) in weighted.checks.iter_mut().zip(weights) {
            check.weight = weight;
        }
        let card = scored(&weighted, &delivery);
        let met = card.dimensions.iter().find(|dimension| dimension.name == "criteria met");
        assert_eq!(met.map(|dimension| dimension.score), Some(share), "{weights:?}");
    }

    // Broken, necessary and foreign checks are the verifier's affair.
    task.checks = vec![
        testing::check(r#"{"kind":"regex","pattern":"("}"#),
        testing::check(r#"{"kind":"plugin","name":"tests@1.0.0"}"#),
        testing::check(r#"{"kind":"contains","value":"Sydney"}"#),
    ];
    task.checks[2].class = Class::Necessary;
    assert_eq!(scored(&task, &delivery).score, without);
}

#[test]
fn text_files_are_read_where_they_are_the_work() {
    let task =
        testing::task("Interview notes", "Write a report about the harbour of Trieste, at least 60 words.");
    let report = "The harbour of Trieste handles more oil than any other in the Mediterranean. A pipeline of 753 kilometres \
        carries it across the Alps to Ingolstadt. The free port dates from 1719, when Charles VI freed its ships from duty, \
        and five zones still work under that law. In 2023 the quays loaded 850,000 containers, half of which left by rail \
        towards Austria, Hungary and Bavaria.";
    let mut delivery = testing::delivery("The report is in the file.");
    let bare = scored(&task, &delivery).score;
    assert!(bare < 4_000, "a note about a file that is not there: {bare}");
    delivery.attachments = vec![testing::attachment("report.md", "text/markdown", report.len() as u64)];
    let read = testing::with_attachments(vec![report.as_bytes().to_vec()], || scored(&task, &delivery));
    assert!(read.score > 6_500, "{}", read.notes);
    let wrong = "ab ".repeat(200).into_bytes();
    let read = testing::with_attachments(vec![wrong], || scored(&task, &delivery));
    assert!(read.score < 4_000, "the file is judged, not its presence: {}", read.score);
}

#[test]
fn files_that_are_no_text_are_left_to_others() {
    let task = testing::task("Logo", "Draw a logo for a tea house.");
    let mut delivery = testing::delivery("");
    assert_eq!(scored(&task, &delivery).score, 0);
    delivery.attachments = vec![testing::attachment("logo.png", "image/png", 12_000)];
    delivery.summary = "A logo for the tea house: a cup drawn in one line.".to_owned();
    assert!(scored(&task, &delivery).score > 6_500);
}
