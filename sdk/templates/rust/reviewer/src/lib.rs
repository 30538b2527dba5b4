//! Accepts what scored well and passed, asks for a revision where something is missing,
//! and leaves to a person whatever a machine could not decide.

use assay_plugin::{
    Decision, Delivery, Finding, Problem, Report, Reviewer, Scorecard, Status, Task,
};
use serde::Deserialize;

/// What a task may set; `config.schema.json` says the same.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Basis points a delivery needs.
    pub score_min: u16,
    /// Deliveries after which a person looks.
    pub rounds_max: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            score_min: 6_000,
            rounds_max: 3,
        }
    }
}

/// Notes a revision may have: the host takes 200.
const NOTES_MAX: usize = 20;

/// The judge.
pub struct Judge;

impl Reviewer for Judge {
    type Config = Config;

    fn review(
        _task: &Task,
        delivery: &Delivery,
        scorecard: &Scorecard,
        reports: &[Result<Report, Problem>],
        config: Config,
    ) -> Result<Decision, Problem> {
        if reports.iter().any(Result::is_err) {
            return Ok(Decision::Escalate("a verifier gave no verdict".to_owned()));
        }
        let findings: Vec<&Finding> = reports
            .iter()
            .flatten()
            .flat_map(|report| &report.findings)
            .collect();
        // Neither is the worker's fault, so nothing is asked of the worker.
        let open = |found: &&&Finding| matches!(found.status, Status::Undecided | Status::Error);
        if let Some(found) = findings.iter().find(open) {
            return Ok(Decision::Escalate(format!(
                "a finding is open: {}",
                found.evidence
            )));
        }
        let notes = notes(&findings, scorecard, config.score_min);
        if notes.is_empty() {
            return Ok(Decision::Accept);
        }
        if delivery.round >= config.rounds_max {
            return Ok(Decision::Escalate(format!(
                "round {}: {}",
                delivery.round, notes[0]
            )));
        }
        Ok(Decision::RequestRevision(notes))
    }
}

/// What to change: each finding that was not met, and each note of a score that is too low.
fn notes(findings: &[&Finding], scorecard: &Scorecard, score_min: u16) -> Vec<String> {
    let unmet = findings
        .iter()
        .filter(|found| matches!(found.status, Status::Fail | Status::Partial));
    let mut notes: Vec<String> = unmet.map(|found| found.evidence.clone()).collect();
    if scorecard.score < score_min {
        notes.push(format!(
            "the score is {}, at least {score_min} wanted",
            scorecard.score
        ));
        let sides = scorecard
            .dimensions
            .iter()
            .filter(|side| !side.note.is_empty());
        notes.extend(sides.map(|side| format!("{}: {}", side.name, side.note)));
    }
    notes.truncate(NOTES_MAX);
    notes
}

assay_plugin::export_reviewer!(Judge);
