//! Decides what to do about a delivery that was judged, and only where the
//! machine may decide.
//!
//! In this order:
//! 1. A binding check that was not met in full: a revision, one note a criterion.
//! 2. A verdict that is missing, broken or undecided, a necessary criterion, a
//!    criterion for a person: a person decides, told what is known.
//! 3. Every binding check passed, and there was at least one: accept.
//! 4. Nothing to judge by: what `no_checks` says.
//!
//! A check binds when it is required and decidable; what a verifier looks at by
//! itself always binds. An error, an undecided check or a problem never asks
//! anything of the worker.

mod known;

use assay_plugin::{Decision, Delivery, Problem, Report, Reviewer, Scorecard, Task};
use known::Known;
use serde::Deserialize;

/// What a task may set.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    no_checks: NoChecks,
}

/// What to do when the task has no check, no criterion, and no verifier spoke.
#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum NoChecks {
    Accept,
    #[default]
    Escalate,
}

/// The built-in reviewer.
pub struct AutoReview;

impl Reviewer for AutoReview {
    type Config = Config;

    fn review(
        task: &Task,
        _delivery: &Delivery,
        scorecard: &Scorecard,
        reports: &[Result<Report, Problem>],
        config: Config,
    ) -> Result<Decision, Problem> {
        let known = Known::gather(task, reports);
        if !known.notes.is_empty() {
            return Ok(Decision::RequestRevision(known.notes));
        }
        if !known.open.is_empty() {
            return Ok(Decision::Escalate(known.for_a_person(scorecard)));
        }
        if known.binding_passed > 0 {
            return Ok(Decision::Accept);
        }
        Ok(match config.no_checks {
            NoChecks::Accept if known.nothing_to_judge(task) => Decision::Accept,
            _ => Decision::Escalate(known.for_a_person(scorecard)),
        })
    }
}

assay_plugin::export_reviewer!(AutoReview);
