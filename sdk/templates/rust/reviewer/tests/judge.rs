//! The judge as a function.

use assay_plugin::testing::{delivery, task};
use assay_plugin::{Decision, Dimension, Finding, Problem, Report, Reviewer, Scorecard, Status};
use {{crate}}::{Config, Judge};

fn review(score: u16, reports: &[Result<Report, Problem>], round: u32) -> Decision {
    let scorecard = Scorecard::weighted(vec![Dimension::new("length", 1, score, "write more")], "");
    let mut delivery = delivery("Tea is a drink.");
    delivery.round = round;
    let task = task("About tea", "Write about tea.");
    Judge::review(&task, &delivery, &scorecard, reports, Config::default()).expect("a decision")
}

fn found(status: Status) -> Result<Report, Problem> {
    Ok(Report::of([Finding::own(
        "length",
        status,
        0,
        "4 words, at least 5 wanted",
    )]))
}

#[test]
fn what_passed_and_scored_is_accepted() {
    assert_eq!(review(6_000, &[found(Status::Pass)], 1), Decision::Accept);
    assert_eq!(review(6_000, &[], 1), Decision::Accept);
}

#[test]
fn what_is_missing_is_named_and_after_some_rounds_a_person_looks() {
    let notes = vec!["4 words, at least 5 wanted".to_owned()];
    assert_eq!(
        review(9_000, &[found(Status::Fail)], 1),
        Decision::RequestRevision(notes)
    );
    let low = vec![
        "the score is 100, at least 6000 wanted".to_owned(),
        "length: write more".to_owned(),
    ];
    assert_eq!(
        review(100, &[found(Status::Pass)], 1),
        Decision::RequestRevision(low)
    );
    assert!(matches!(
        review(9_000, &[found(Status::Fail)], 3),
        Decision::Escalate(_)
    ));
}

#[test]
fn what_a_machine_could_not_decide_is_left_to_a_person() {
    assert!(matches!(
        review(9_000, &[found(Status::Undecided)], 1),
        Decision::Escalate(_)
    ));
    assert!(matches!(
        review(9_000, &[Err(Problem::Failed("no".to_owned()))], 1),
        Decision::Escalate(_)
    ));
}
