//! What comes in and what goes out, as in `wit/0.1.0/plugin.wit`.

pub use crate::bindings::verifier::assay::plugin::types::{
    Attachment, Bid, Check, Class, Criterion, Decision, Delivery, Dimension, Finding, Listing, Offer,
    PricingDecision, PricingEvent, Problem, Rejection, Report, Score, Scorecard, Status, Subject, Task,
    Timestamp, Trace,
};

/// The whole score: everything that could be met is met. Basis points.
pub const SCORE_MAX: Score = 10_000;

impl Finding {
    /// A finding about the check at `position` of `task.checks`.
    pub fn of_check(position: u32, status: Status, score: Score, evidence: impl Into<String>) -> Self {
        Self { subject: Subject::Check(position), status, score, evidence: evidence.into() }
    }

    /// A finding about something the verifier looks at by itself. It always binds.
    pub fn own(name: &str, status: Status, score: Score, evidence: impl Into<String>) -> Self {
        Self { subject: Subject::Own(name.to_owned()), status, score, evidence: evidence.into() }
    }

    /// A pass of something of the verifier's own, with the whole score.
    pub fn pass(name: &str, evidence: impl Into<String>) -> Self {
        Self::own(name, Status::Pass, SCORE_MAX, evidence)
    }

    /// A failure of something of the verifier's own, with no score.
    pub fn fail(name: &str, evidence: impl Into<String>) -> Self {
        Self::own(name, Status::Fail, 0, evidence)
    }
}
