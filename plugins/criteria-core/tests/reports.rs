//! One finding a check, in the checks' order, whatever the checks are.

use assay_plugin::testing::{attachment, check, delivery, task, with_attachments};
use assay_plugin::{Finding, Problem, Report, Status, Subject, Task, Trace, Verifier};
use criteria_core::{Config, Criteria};

fn report(task: &Task, content: &str) -> Vec<Finding> {
    Criteria::verify(task, &delivery(content), Config::default()).expect("a report").findings
}

fn task_with(checks: &[&str]) -> Task {
    let mut task = task("Gold", "Write about the assay of gold in small mines");
    task.checks = checks.iter().map(|json| check(json)).collect();
    task
}

#[test]
fn findings_follow_the_checks_and_broken_ones_are_errors() {
    let task = task_with(&[
        r#"{"kind":"contains","value":"gold"}"#,
        r#"{"kind":"word-count","min":1500}"#,
        r#"{"kind":"word-count","minimum":1500}"#,
        "not JSON",
        r#"{"kind":"contains","value":"gold"}"#,
        r#"{"kind":"not-contains","value":"silver"}"#,
        r#"{"kind":"original","max_overlap":3}"#,
    ]);
    let findings = report(&task, "Gold is heavy. The assay of gold in small ways.");
    let found: Vec<(Subject, Status)> =
        findings.iter().map(|finding| (finding.subject.clone(), finding.status)).collect();
    let expected =
        [Status::Pass, Status::Fail, Status::Error, Status::Error, Status::Pass, Status::Pass, Status::Fail];
    assert_eq!(found, (0..).map(Subject::Check).zip(expected).collect::<Vec<_>>());
    let evidence: Vec<&str> = findings.iter().map(|finding| finding.evidence.as_str()).collect();
    assert_eq!(evidence[0], "“gold” found once, at least once wanted");
    assert_eq!(evidence[1], "10 words, at least 1,500 wanted");
    assert!(evidence[2].starts_with("the check is broken: minimum is not a field of this kind"));
    assert!(evidence[6].starts_with("6 words in a row from the task's text: “the assay of gold in small”"));
}

#[test]
fn a_plugin_check_shows_what_the_other_component_found() {
    let finding = |status, evidence: &str| Finding::own("tests", status, 0, evidence);
    let table = [
        (None, Status::Undecided),
        (Some(Err(Problem::Failed("out of fuel".to_owned()))), Status::Undecided),
        (Some(Err(Problem::Unsupported("no code".to_owned()))), Status::Undecided),
        (Some(Err(Problem::InvalidConfig("no tests".to_owned()))), Status::Error),
        (Some(Ok(Report { findings: vec![] })), Status::Undecided),
        (Some(Ok(Report { findings: vec![finding(Status::Pass, "12 of 12 pass")] })), Status::Pass),
        (
            Some(Ok(Report { findings: vec![finding(Status::Pass, "a"), finding(Status::Fail, "b")] })),
            Status::Fail,
        ),
        (Some(Ok(Report { findings: vec![finding(Status::Error, "broken")] })), Status::Error),
    ];
    for (prior, expected) in table {
        let mut task = task_with(&[r#"{"kind":"plugin","name":"tests@1.0.0"}"#]);
        task.checks[0].prior.clone_from(&prior);
        assert_eq!(report(&task, "x")[0].status, expected, "{prior:?}");
    }
}

#[test]
fn attachments_and_traces_are_looked_at() {
    let task = task_with(&[
        r#"{"kind":"is-json","target":"*.json"}"#,
        r#"{"kind":"file-exists","target":"report.*","exact":1}"#,
        r#"{"kind":"trace-order","pattern":["start","done"]}"#,
        r#"{"kind":"contains","value":"x","target":"missing.txt"}"#,
    ]);
    let mut delivery = delivery("see the files");
    delivery.attachments = vec![attachment("data.json", "application/json", 100_002)];
    delivery.attachments.push(attachment("report.pdf", "application/pdf", 5));
    for event in ["start", "half", "done"] {
        delivery.traces.push(Trace { event: event.to_owned(), message: String::new(), at: 0 });
    }
    let json = format!("[{}]", " ".repeat(100_000)).into_bytes();
    let report = with_attachments(vec![json, b"%PDF-".to_vec()], || {
        Criteria::verify(&task, &delivery, Config::default()).expect("a report")
    });
    let found: Vec<Status> = report.findings.iter().map(|finding| finding.status).collect();
    assert_eq!(found, [Status::Pass, Status::Pass, Status::Pass, Status::Fail]);
}

#[test]
fn there_is_nothing_to_set() {
    assert!(assay_plugin::worlds::parse_config::<Config>("{}").is_ok());
    assert!(assay_plugin::worlds::parse_config::<Config>(r#"{"strict":true}"#).is_err());
}
