//! Verdicts on real deliveries agree with the benchmark they come from.
//!
//! The records are read from beside the checkout, or from the folder that
//! `ASSAY_TEST_DATA` names; without them the test says so and passes.

use assay_checks::{Check, Delivery, Judge, Status};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Kinds for which the records' notes allow one disagreement in so many.
const ALLOWANCES: [(&str, usize); 2] = [("sentence-count", 20), ("language", 50)];

fn records() -> Option<Vec<Value>> {
    let folder = std::env::var_os("ASSAY_TEST_DATA")
        .map_or_else(|| PathBuf::from("../../../shared/data"), PathBuf::from);
    let text = std::fs::read_to_string(folder.join("ifeval.jsonl")).ok()?;
    Some(text.lines().map(|line| serde_json::from_str(line).expect("a record a line")).collect())
}

fn judge(check: &Value, response: &str) -> assay_checks::Outcome {
    let check = Check::from_value(check).expect("the records' checks are written well");
    let delivery = Delivery {
        content: response,
        task_text: "",
        attachments: &[],
        traces: &[],
        read: &|_, _, _| Err("there are no attachments".to_owned()),
    };
    Judge::new(delivery).run(&check, None)
}

/// The kind that the allowance is about: a composition's members, where one has it.
fn kind_of(check: &Value) -> String {
    let members = check["checks"].as_array().into_iter().flatten();
    let kinds: Vec<&str> = members.filter_map(|member| member["kind"].as_str()).collect();
    let name = if kinds.contains(&"language") { Some("language") } else { check["kind"].as_str() };
    name.unwrap_or_default().to_owned()
}

#[test]
fn verdicts_agree_with_the_benchmark() {
    let Some(records) = records() else {
        println!("SKIPPED data: no ifeval.jsonl beside the checkout or in ASSAY_TEST_DATA");
        return;
    };
    let mut totals: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for record in &records {
        let checks = record["checks"].as_array().expect("checks");
        let expected = record["expected"].as_array().expect("one verdict a check");
        let response = record["response"].as_str().expect("a response");
        for (check, expected) in checks.iter().zip(expected) {
            let outcome = judge(check, response);
            let (all, wrong) = totals.entry(kind_of(check)).or_default();
            *all += 1;
            if Some(outcome.status == Status::Pass) != expected.as_bool() {
                *wrong += 1;
                println!(
                    "{} {check}\n  expected {expected}, found {:?}: {}",
                    record["id"], outcome.status, outcome.evidence
                );
            }
        }
    }
    let (all, wrong) = totals.values().fold((0, 0), |sum, (all, wrong)| (sum.0 + all, sum.1 + wrong));
    println!("{} of {all} verdicts agree", all - wrong);
    for (kind, (all, wrong)) in totals {
        let allowed = ALLOWANCES.iter().find(|(name, _)| *name == kind).map_or(0, |(_, one_in)| all / one_in);
        assert!(wrong <= allowed, "{kind}: {wrong} of {all} disagree, {allowed} allowed");
    }
    assert!(wrong * 200 <= all, "{wrong} of {all} disagree: more than one in two hundred");
}
