//! What came of a run.

use serde::{Deserialize, Serialize};

use crate::canonical::Object;
use crate::digest::Digest;
use crate::input::{Input, Output};
use crate::verdict::{Decision, Report, Status, Subject};
use crate::work::{Check, Class};

/// Everything one run leaves behind.
#[derive(Debug, Clone)]
pub struct Run {
    /// What it came to.
    pub outcome: Outcome,
    /// The id receipts are chained by: the task's, or the listing's.
    pub task: String,
    /// The digest of the delivery's canonical bytes; a price has none.
    pub delivery_digest: Option<Digest>,
    /// The input's canonical bytes.
    pub input: Vec<u8>,
    /// Their digest.
    pub input_digest: Digest,
    /// The output's canonical bytes. For an inconclusive run `{"inconclusive":"<code>"}`.
    pub output: Vec<u8>,
    /// Their digest.
    pub output_digest: Digest,
    /// What the call took, instantiation apart.
    pub fuel: u64,
    /// The most memory it held at once, bytes.
    pub memory_bytes: u64,
    /// How far its clock moved, nanoseconds.
    pub virtual_time_ns: u64,
    /// What its randomness was drawn from.
    pub seed: [u8; 32],
    /// What it wrote for people. No part of the verdict.
    pub log: Vec<String>,
    pub(crate) word: &'static str,
}

impl Run {
    /// The outcome in one word, as receipts carry it.
    ///
    /// - `inconclusive`: the run did not end in an answer the host accepts.
    /// - `undecided`: it ended in a problem.
    /// - verifiers: `fail` when a binding finding is a fail or a partial; `pass` when
    ///   there are binding findings, all of them passes, and no required check of a
    ///   necessary criterion was found missing; else `undecided`. Binding are the
    ///   required decidable checks and whatever the verifier looks at by itself; a
    ///   required decidable check without a finding counts as not decided.
    /// - scorers: `scored`. Reviewers: `accept`, `request-revision` or `escalate`.
    ///   Pricing models: `decided`.
    pub fn word(&self) -> &'static str {
        self.word
    }

    /// The output, when there is one.
    pub fn answer(&self) -> Option<&Output> {
        match &self.outcome {
            Outcome::Output(output) => Some(output),
            Outcome::Inconclusive { .. } => None,
        }
    }
}

/// What a run came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// An answer that keeps the host's rules.
    Output(Output),
    /// No answer that may be used. Never held against anyone who is judged.
    Inconclusive {
        /// Why.
        reason: Reason,
    },
}

/// Why a run is inconclusive. The texts are for people; they are no part of a receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Reason {
    /// It stopped itself: a panic, a broken instruction, an exit.
    #[error("the component trapped: {0}")]
    Trap(String),
    /// It used more than `fuel_max`.
    #[error("the component used up its fuel")]
    FuelExhausted,
    /// It ran longer than `wall_ms_max`. Another host may see it end.
    #[error("the component ran longer than this host allows")]
    WallLimit,
    /// It wanted more memory than `memory_bytes_max`, or a larger table.
    #[error("the component ran out of memory: {0}")]
    Memory(String),
    /// Its calls went deeper than the host's stack for it.
    #[error("the component ran out of stack")]
    StackOverflow,
    /// Its answer, or one call to the host, is larger than `output_bytes_max`.
    #[error("the component said more than it may")]
    OutputTooLarge,
    /// Its answer breaks a rule of the host.
    #[error("the component gave an answer that cannot be true: {0}")]
    Lie(String),
    /// It could not be brought to life.
    #[error("the component could not be instantiated: {0}")]
    Instantiation(String),
    /// The bytes of an attachment it wanted to read are not at hand.
    #[error("an attachment could not be read: {0}")]
    Attachment(String),
    /// The process that ran it is gone, perhaps through another run's fault.
    #[error("the process that ran the component was lost: {0}")]
    RunnerLost(String),
    /// The host could not do its part.
    #[error("the host could not run the component: {0}")]
    Host(String),
}

/// What a run says whose component's file was lost, altered or made room of.
const CODE_GONE: &str = "its compiled code is gone";

impl Reason {
    pub(crate) fn code_gone() -> Self {
        Self::Host(CODE_GONE.to_owned())
    }

    /// Whether nothing ran, because the component has to be compiled again.
    pub fn code_is_gone(&self) -> bool {
        matches!(self, Self::Host(text) if text == CODE_GONE)
    }

    /// A stable name.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Trap(_) => "trap",
            Self::FuelExhausted => "fuel-exhausted",
            Self::WallLimit => "wall-limit",
            Self::Memory(_) => "memory",
            Self::StackOverflow => "stack-overflow",
            Self::OutputTooLarge => "output-too-large",
            Self::Lie(_) => "lie",
            Self::Instantiation(_) => "instantiation",
            Self::Attachment(_) => "attachment",
            Self::RunnerLost(_) => "runner-lost",
            Self::Host(_) => "host",
        }
    }

    /// Whether another try, or another host, may end in an answer: the reason lies with
    /// this host and not with the component and its input.
    pub const fn may_pass(&self) -> bool {
        matches!(
            self,
            Self::WallLimit | Self::StackOverflow | Self::Attachment(_) | Self::RunnerLost(_) | Self::Host(_)
        )
    }
}

impl Outcome {
    pub(crate) fn inconclusive(reason: Reason) -> Self {
        Self::Inconclusive { reason }
    }

    /// The bytes a receipt's output digest is of.
    pub fn canonical(&self) -> Vec<u8> {
        match self {
            Self::Output(output) => output.canonical(),
            Self::Inconclusive { reason } => {
                let mut bytes = Vec::new();
                let mut whole = Object::begin(&mut bytes);
                whole.part("inconclusive", reason.code());
                whole.end();
                bytes
            }
        }
    }

    /// [`Run::word`] of a run of this input that came to this.
    pub fn word(&self, input: &Input) -> &'static str {
        match self {
            Self::Inconclusive { .. } => "inconclusive",
            Self::Output(Output::Problem(_)) => "undecided",
            Self::Output(Output::Report(report)) => verdict(report, checks(input)),
            Self::Output(Output::Scorecard(_)) => "scored",
            Self::Output(Output::Decision(Decision::Accept)) => "accept",
            Self::Output(Output::Decision(Decision::RequestRevision(_))) => "request-revision",
            Self::Output(Output::Decision(Decision::Escalate(_))) => "escalate",
            Self::Output(Output::Pricing(_)) => "decided",
        }
    }
}

fn checks(input: &Input) -> &[Check] {
    match input {
        Input::Verify { task, .. } | Input::Score { task, .. } | Input::Review { task, .. } => &task.checks,
        Input::Price { .. } => &[],
    }
}

fn verdict(report: &Report, checks: &[Check]) -> &'static str {
    let mut binding: Vec<_> = checks.iter().map(|check| (check, None)).collect();
    let mut statuses = Vec::new();
    for finding in &report.findings {
        match finding.subject {
            Subject::Check(position) => {
                if let Some((_, status)) = binding.get_mut(position as usize) {
                    *status = Some(finding.status);
                }
            }
            Subject::Own(_) => statuses.push(Some(finding.status)),
        }
    }
    let missing = |status| matches!(status, Some(Status::Fail | Status::Partial));
    let required = |class| binding.iter().filter(move |(check, _)| check.required && check.class == class);
    let necessary_missing = required(Class::Necessary).any(|(_, status)| missing(*status));
    statuses.extend(required(Class::Decidable).map(|(_, status)| *status));

    if statuses.iter().any(|status| missing(*status)) {
        "fail"
    } else if !statuses.is_empty()
        && !necessary_missing
        && statuses.iter().all(|status| *status == Some(Status::Pass))
    {
        "pass"
    } else {
        "undecided"
    }
}
