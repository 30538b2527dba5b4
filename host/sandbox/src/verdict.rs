//! What judges of deliveries say: records of `wit/`, in their order and with their names.
//!
//! Scores are basis points, 0 to 10000.

use serde::{Deserialize, Serialize};
use wasmtime::component::{ComponentType, Lift, Lower};

use crate::canonical::sorted_keys;

/// What a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ComponentType, Lift, Lower)]
#[serde(rename_all = "snake_case")]
#[component(variant)]
pub enum Subject {
    /// A position in the task's checks.
    #[component(name = "check")]
    Check(u32),
    /// Something the verifier looks at by itself, by name. It always binds.
    #[component(name = "own")]
    Own(String),
}

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ComponentType, Lift, Lower)]
#[serde(rename_all = "snake_case")]
#[component(enum)]
#[repr(u8)]
pub enum Status {
    /// Met.
    #[component(name = "pass")]
    Pass,
    /// Not met.
    #[component(name = "fail")]
    Fail,
    /// Met in part; the score says how far.
    #[component(name = "partial")]
    Partial,
    /// The delivery does not allow an answer.
    #[component(name = "undecided")]
    Undecided,
    /// The check itself is broken.
    #[component(name = "error")]
    Error,
}

/// One check's result.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ComponentType, Lift, Lower)]
#[serde(deny_unknown_fields)]
#[component(record)]
pub struct Finding {
    /// What it is about.
    pub subject: Subject,
    /// How it came out.
    pub status: Status,
    /// Basis points.
    pub score: u16,
    /// One sentence with the numbers.
    pub evidence: String,
}

/// What a verifier found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, ComponentType, Lift, Lower)]
#[serde(deny_unknown_fields)]
#[component(record)]
pub struct Report {
    /// In the order of the task's checks, the verifier's own last.
    pub findings: Vec<Finding>,
}

/// One side of quality.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ComponentType, Lift, Lower)]
#[serde(deny_unknown_fields)]
#[component(record)]
pub struct Dimension {
    /// Its name.
    pub name: String,
    /// Its share of the score, relative to the other weights.
    pub weight: u16,
    /// Basis points.
    pub score: u16,
    /// What to change to do better; empty when nothing is missing.
    pub note: String,
}

/// How good a delivery is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ComponentType, Lift, Lower)]
#[serde(deny_unknown_fields)]
#[component(record)]
pub struct Scorecard {
    /// Basis points.
    pub score: u16,
    /// The sides it was measured on.
    pub dimensions: Vec<Dimension>,
    /// The whole in a sentence or two.
    pub notes: String,
}

/// What a reviewer decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ComponentType, Lift, Lower)]
#[serde(rename_all = "snake_case")]
#[component(variant)]
pub enum Decision {
    /// Pay.
    #[component(name = "accept")]
    Accept,
    /// Back to the worker, one note for each thing to change.
    #[component(name = "request-revision")]
    RequestRevision(Vec<String>),
    /// A person must decide; says why and what is known.
    #[component(name = "escalate")]
    Escalate(String),
}

/// Why there is no verdict. Never held against the worker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ComponentType, Lift, Lower)]
#[serde(rename_all = "snake_case")]
#[component(variant)]
pub enum Problem {
    /// The configuration is broken; names the field and what would be right.
    #[component(name = "invalid-config")]
    InvalidConfig(String),
    /// The input is of a sort this component does not judge.
    #[component(name = "unsupported")]
    Unsupported(String),
    /// It failed for a reason of its own.
    #[component(name = "failed")]
    Failed(String),
}

impl Problem {
    /// The component's own words.
    pub fn text(&self) -> &str {
        match self {
            Self::InvalidConfig(text) | Self::Unsupported(text) | Self::Failed(text) => text,
        }
    }
}

sorted_keys! {
    Finding { evidence, score, status, subject }
    Report { findings }
    Dimension { name, note, score, weight }
    Scorecard { dimensions, notes, score }
}
