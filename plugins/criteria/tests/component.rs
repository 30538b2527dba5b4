//! What sets this component apart from `criteria-schema`.

use assay_plugin::testing::{check, delivery, task};
use assay_plugin::{Status, Verifier};
use criteria::{Config, Criteria, MANIFEST};

#[test]
fn the_manifest_says_what_it_is() {
    let manifest: serde_json::Value = serde_json::from_slice(&MANIFEST).expect("JSON");
    assert_eq!((&manifest["name"], &manifest["world"]), (&"criteria".into(), &"verifier".into()));
}

#[test]
fn checks_without_a_schema_are_decided() {
    let mut task = task("Numbers", "A list of whole numbers");
    task.checks = vec![check(r#"{"kind":"is-json"}"#)];
    let report = Criteria::verify(&task, &delivery("[1, 2]"), Config::default()).expect("a report");
    assert_eq!(report.findings[0].status, Status::Pass);
}
