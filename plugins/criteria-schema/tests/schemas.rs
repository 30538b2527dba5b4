//! What sets this component apart from `criteria`.

use assay_plugin::testing::{check, delivery, task};
use assay_plugin::{Status, Verifier};
use criteria_schema::{Config, Criteria, MANIFEST};

#[test]
fn schemas_are_looked_at_wherever_a_check_names_one() {
    let schema = r#"{"type":"array","items":{"type":"integer"}}"#;
    let checks = [
        format!(r#"{{"kind":"is-json","schema":{schema}}}"#),
        format!(r#"{{"kind":"contains-json","schema":{schema}}}"#),
        format!(r#"{{"kind":"all","checks":[{{"kind":"is-json","schema":{schema}}}]}}"#),
        r#"{"kind":"is-json","schema":{"type":"number-ish"}}"#.to_owned(),
    ];
    let table = [
        ("[1, 2]", [Status::Pass, Status::Pass, Status::Pass, Status::Error]),
        ("[1, \"2\"]", [Status::Fail, Status::Fail, Status::Fail, Status::Error]),
    ];
    for (content, expected) in table {
        let mut task = task("Numbers", "A list of whole numbers");
        task.checks = checks.iter().map(|json| check(json)).collect();
        let report = Criteria::verify(&task, &delivery(content), Config::default()).expect("a report");
        let found: Vec<Status> = report.findings.iter().map(|finding| finding.status).collect();
        assert_eq!(found, expected, "{content}");
    }
}

#[test]
fn it_is_told_apart_by_its_name() {
    assert!(String::from_utf8_lossy(&MANIFEST).contains(r#""name":"criteria-schema""#));
}
