//! Which delivery is accepted, sent back, or left to a person.

use assay_plugin::testing::{check, criterion, delivery, task};
use assay_plugin::{Class, Decision, Finding, Problem, Report, Reviewer, Scorecard, Status, Task};
use auto_review::{AutoReview, Config, MANIFEST};

fn two_checks() -> Task {
    let mut task = task("Blog post", "1500 words about assaying");
    task.checks =
        vec![check(r#"{"kind":"word-count","min":1500}"#), check(r#"{"kind":"contains","value":"gold"}"#)];
    task.criteria = vec![
        criterion("1500 words minimum", Class::Decidable, &[0]),
        criterion("Mentions gold", Class::Decidable, &[1]),
    ];
    task
}

fn findings(statuses: &[Status]) -> Report {
    let findings = statuses
        .iter()
        .zip(0..)
        .map(|(status, position)| Finding::of_check(position, *status, 0, format!("evidence {position}")));
    Report { findings: findings.collect() }
}

fn review(task: &Task, reports: &[Result<Report, Problem>], config: &str) -> Decision {
    let config: Config = serde_json::from_str(config).expect("the configuration fits");
    let scorecard = Scorecard { score: 7_205, dimensions: Vec::new(), notes: String::new() };
    AutoReview::review(task, &delivery("text"), &scorecard, reports, config).expect("a decision")
}

/// `accept`, `revise N` with the number of notes, or `escalate`.
fn word(decision: &Decision) -> String {
    match decision {
        Decision::Accept => "accept".to_owned(),
        Decision::RequestRevision(notes) => format!("revise {}", notes.len()),
        Decision::Escalate(_) => "escalate".to_owned(),
    }
}

#[test]
fn two_binding_checks_in_every_pair_of_results() {
    use Status::{Error, Fail, Partial, Pass, Undecided};
    let table = [
        (Pass, Pass, "accept"),
        (Pass, Fail, "revise 1"),
        (Fail, Fail, "revise 2"),
        (Pass, Partial, "revise 1"),
        (Partial, Partial, "revise 2"),
        (Pass, Error, "escalate"),
        (Pass, Undecided, "escalate"),
        (Error, Error, "escalate"),
        (Undecided, Undecided, "escalate"),
        (Fail, Error, "revise 1"),
        (Fail, Undecided, "revise 1"),
        (Error, Undecided, "escalate"),
    ];
    for (first, second, expected) in table {
        let decision = review(&two_checks(), &[Ok(findings(&[first, second]))], "{}");
        assert_eq!(word(&decision), expected, "{first:?} and {second:?}");
    }
}

#[test]
fn a_necessary_check_asks_a_person_whatever_it_found() {
    for status in [Status::Pass, Status::Fail, Status::Partial, Status::Error, Status::Undecided] {
        let mut task = two_checks();
        task.checks[1].class = Class::Necessary;
        task.criteria[1].class = Class::Necessary;
        assert_eq!(
            word(&review(&task, &[Ok(findings(&[Status::Pass, status]))], "{}")),
            "escalate",
            "{status:?}"
        );
    }
}

#[test]
fn what_is_optional_or_for_a_person() {
    let mut optional = two_checks();
    optional.checks[1].required = false;
    optional.criteria.pop();
    assert_eq!(word(&review(&optional, &[Ok(findings(&[Status::Pass, Status::Fail]))], "{}")), "accept");

    optional.checks[0].required = false;
    optional.criteria.clear();
    assert_eq!(
        word(&review(&optional, &[Ok(findings(&[Status::Pass, Status::Pass]))], "{}")),
        "escalate",
        "an optional check accepts nothing"
    );

    let mut person = two_checks();
    person.criteria.push(criterion("Professional tone", Class::Human, &[]));
    assert_eq!(word(&review(&person, &[Ok(findings(&[Status::Pass, Status::Pass]))], "{}")), "escalate");
    assert_eq!(
        word(&review(&person, &[Ok(findings(&[Status::Pass, Status::Fail]))], "{}")),
        "revise 1",
        "a machine's failure does not wait for the person"
    );
}

#[test]
fn a_missing_verdict_is_held_against_nobody() {
    let problem = Err(Problem::Failed("out of fuel".to_owned()));
    let good = Ok(findings(&[Status::Pass, Status::Pass]));
    assert_eq!(word(&review(&two_checks(), &[good.clone(), problem.clone()], "{}")), "escalate");
    assert_eq!(word(&review(&two_checks(), &[problem], "{}")), "escalate");
    assert_eq!(word(&review(&two_checks(), &[], "{}")), "escalate");
    assert_eq!(
        word(&review(&two_checks(), &[Ok(findings(&[Status::Pass]))], "{}")),
        "escalate",
        "a required check nobody spoke of"
    );
    assert_eq!(
        word(&review(&two_checks(), &[Ok(findings(&[Status::Pass, Status::Pass, Status::Pass]))], "{}")),
        "escalate",
        "a finding about a check the task does not have"
    );
}

#[test]
fn what_a_verifier_looks_at_by_itself_binds() {
    let bare = task("Code", "Solve it");
    let own = |finding| [Ok(Report { findings: vec![finding] })];
    assert_eq!(word(&review(&bare, &own(Finding::pass("tests", "12 of 12 pass")), "{}")), "accept");
    let failed = review(&bare, &own(Finding::fail("tests", "11 of 12 pass.")), r#"{"no_checks":"accept"}"#);
    assert_eq!(failed, Decision::RequestRevision(vec!["tests is not met yet: 11 of 12 pass.".to_owned()]));
    let error = Finding::own("tests", Status::Error, 0, "no tests");
    assert_eq!(word(&review(&bare, &own(error), r#"{"no_checks":"accept"}"#)), "escalate");
}

#[test]
fn with_nothing_to_judge_by_the_configuration_decides() {
    let bare = task("Call", "Do the thing");
    assert_eq!(word(&review(&bare, &[], "{}")), "escalate");
    assert_eq!(word(&review(&bare, &[], r#"{"no_checks":"escalate"}"#)), "escalate");
    assert_eq!(word(&review(&bare, &[], r#"{"no_checks":"accept"}"#)), "accept");
    let mut person = bare.clone();
    person.criteria.push(criterion("Professional tone", Class::Human, &[]));
    assert_eq!(word(&review(&person, &[], r#"{"no_checks":"accept"}"#)), "escalate");
    let problem = Err(Problem::Unsupported("no".to_owned()));
    assert_eq!(word(&review(&bare, &[problem], r#"{"no_checks":"accept"}"#)), "escalate");
}

#[test]
fn notes_are_one_a_criterion_in_the_posters_words() {
    let mut task = two_checks();
    task.criteria = vec![criterion("1500 words\n  about gold.", Class::Decidable, &[0, 1])];
    let decision = review(&task, &[Ok(findings(&[Status::Fail, Status::Partial]))], "{}");
    assert_eq!(
        decision,
        Decision::RequestRevision(vec![
            "“1500 words about gold” is not met yet: evidence 0; evidence 1.".to_owned()
        ])
    );
    task.criteria.clear();
    let decision = review(&task, &[Ok(findings(&[Status::Fail, Status::Pass]))], "{}");
    assert_eq!(
        decision,
        Decision::RequestRevision(vec!["The check `word-count` is not met yet: evidence 0.".to_owned()])
    );
}

#[test]
fn a_person_is_told_what_is_known() {
    let mut task = two_checks();
    task.criteria.push(criterion("No factual errors.", Class::Human, &[]));
    assert_eq!(
        review(&task, &[Ok(findings(&[Status::Pass, Status::Undecided]))], "{}"),
        Decision::Escalate(
            "“Mentions gold” is undecided: evidence 1. “No factual errors” is for a person. \
             Known: 1 binding check passed, quality 72.05 of 100."
                .to_owned()
        )
    );
}

#[test]
fn very_many_failures_stay_readable() {
    let mut task = task("Many", "checks");
    task.checks = (0..500).map(|_| check(r#"{"kind":"contains","value":"x"}"#)).collect();
    let Decision::RequestRevision(notes) = review(&task, &[Ok(findings(&[Status::Fail; 500]))], "{}") else {
        panic!("every check failed")
    };
    assert_eq!((notes.len(), notes[49].as_str()), (50, "And 451 more are not met."));
}

#[test]
fn an_unknown_setting_is_refused_and_the_manifest_is_json() {
    assert!(assay_plugin::worlds::parse_config::<Config>(r#"{"no_check":"accept"}"#).is_err());
    let manifest: serde_json::Value = serde_json::from_slice(&MANIFEST).expect("JSON");
    assert_eq!((&manifest["name"], &manifest["world"]), (&"auto-review".into(), &"reviewer".into()));
}
