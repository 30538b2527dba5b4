//! What should come of a fixture, held against what came.

use std::collections::BTreeMap;

use assay_sandbox::{Output, Report, Run, Status, Subject};
use serde::Deserialize;
use serde_json::Value;

/// Nothing is expected of what is left out.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Expect {
    /// The verdict's word: `pass`, `fail`, `undecided`, `scored`, `accept`, `request-revision`,
    /// `escalate`, `decided`, `inconclusive`.
    outcome: Option<String>,
    /// A verifier's findings, by the position of their check or their own name.
    findings: BTreeMap<String, Status>,
    /// The output as a receipt knows it, by its kind. What is left out may be anything; lists
    /// have as many items.
    #[serde(flatten)]
    output: BTreeMap<Kind, Value>,
}

/// What a run can come to, as its output names it.
#[derive(Clone, Copy, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Report,
    Scorecard,
    Decision,
    Pricing,
    Problem,
    Inconclusive,
}

impl Kind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Report => "report",
            Self::Scorecard => "scorecard",
            Self::Decision => "decision",
            Self::Pricing => "pricing",
            Self::Problem => "problem",
            Self::Inconclusive => "inconclusive",
        }
    }
}

impl Expect {
    /// Whether any run would do.
    pub(super) fn is_empty(&self) -> bool {
        self.outcome.is_none() && self.findings.is_empty() && self.output.is_empty()
    }

    /// Whether the run should end without an answer.
    pub(super) fn is_inconclusive(&self) -> bool {
        self.outcome.as_deref() == Some("inconclusive") || self.output.contains_key(&Kind::Inconclusive)
    }

    /// One line for each thing that is not as expected.
    pub(super) fn differences(&self, run: &Run) -> Vec<String> {
        let mut found = Vec::new();
        if let Some(outcome) = self.outcome.as_deref().filter(|outcome| *outcome != run.word()) {
            found.push(format!("outcome: expected {outcome}, got {}", run.word()));
        }
        let none = Report::default();
        let report = match run.answer() {
            Some(Output::Report(report)) => report,
            _ => &none,
        };
        for (name, wanted) in &self.findings {
            match status(report, name) {
                None => found.push(format!("finding {name}: expected {}, there is none", word(*wanted))),
                Some(got) if got != *wanted => {
                    found.push(format!("finding {name}: expected {}, got {}", word(*wanted), word(got)));
                }
                Some(_) => {}
            }
        }
        let got: Value = serde_json::from_slice(&run.output).unwrap_or_default();
        for (kind, wanted) in &self.output {
            let kind = kind.as_str();
            compare(kind, wanted, got.get(kind).unwrap_or(&Value::Null), &mut found);
        }
        found
    }
}

fn status(report: &Report, name: &str) -> Option<Status> {
    let is_meant = |subject: &Subject| match subject {
        Subject::Check(position) => position.to_string() == name,
        Subject::Own(own) => own == name,
    };
    report.findings.iter().find(|finding| is_meant(&finding.subject)).map(|finding| finding.status)
}

/// A status as fixtures and receipts write it.
pub(super) fn word(status: Status) -> &'static str {
    match status {
        Status::Pass => "pass",
        Status::Fail => "fail",
        Status::Partial => "partial",
        Status::Undecided => "undecided",
        Status::Error => "error",
    }
}

/// Objects may have more fields than wanted; lists have as many items.
fn compare(path: &str, wanted: &Value, got: &Value, found: &mut Vec<String>) {
    match (wanted, got) {
        (Value::Object(fields), Value::Object(got)) => {
            for (name, wanted) in fields {
                compare(&format!("{path}.{name}"), wanted, got.get(name).unwrap_or(&Value::Null), found);
            }
        }
        (Value::Array(items), Value::Array(got)) if items.len() == got.len() => {
            for (at, (wanted, got)) in items.iter().zip(got).enumerate() {
                compare(&format!("{path}.{at}"), wanted, got, found);
            }
        }
        _ if wanted == got => {}
        _ => found.push(format!("{path}: expected {wanted}, got {got}")),
    }
}
