//! When a machine may pay. Reviewer components propose; this is the line they cannot
//! cross, whatever they say.

/// What a verifier said of one check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Met.
    Pass,
    /// Not met.
    Fail,
    /// Met in part.
    Partial,
    /// A person must look.
    Undecided,
    /// The check is broken.
    Error,
}

impl Status {
    /// As stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Partial => "partial",
            Self::Undecided => "undecided",
            Self::Error => "error",
        }
    }
}

/// How far a check may decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Force {
    /// Decides both ways.
    Binding,
    /// Counts for the score, decides nothing: not required, or only necessary.
    Advisory,
}

/// What a verdict comes to, for the lifecycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// At least one binding check, all of them passed.
    Passed,
    /// At least one binding check failed, and none is in doubt.
    Failed,
    /// Nothing binding was decided, or something binding is in doubt.
    Undecided,
}

impl Verdict {
    /// As stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "pass",
            Self::Failed => "fail",
            Self::Undecided => "undecided",
        }
    }

    /// The verdict of the findings. A failed binding check fails the delivery even
    /// beside a broken one: the break is not held against the worker, the failure is.
    /// A check met in part is not met.
    pub fn of(findings: impl IntoIterator<Item = (Force, Status)>) -> Self {
        let (mut passed, mut failed, mut doubt) = (0, 0, 0);
        for (force, status) in findings {
            match (force, status) {
                (Force::Advisory, _) => {}
                (Force::Binding, Status::Pass) => passed += 1,
                (Force::Binding, Status::Fail | Status::Partial) => failed += 1,
                (Force::Binding, Status::Undecided | Status::Error) => doubt += 1,
            }
        }
        match (passed, failed, doubt) {
            (_, 1.., _) => Self::Failed,
            (1.., 0, 0) => Self::Passed,
            _ => Self::Undecided,
        }
    }
}

/// What a reviewer proposes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proposal {
    /// Pay.
    Accept,
    /// Back to the worker.
    Revision,
    /// A person must decide.
    Escalate,
}

/// What the host lets a reviewer decide: payment only when every binding check
/// passed, at least one did, and nothing is left to a person; a revision only when a
/// binding check failed and a round is left; a person decides everything else.
pub fn bounded(proposal: Proposal, verdict: Verdict, left_to_person: bool, revision_left: bool) -> Proposal {
    match (proposal, verdict) {
        (Proposal::Accept, Verdict::Passed) if !left_to_person => Proposal::Accept,
        (Proposal::Revision, Verdict::Failed) if revision_left => Proposal::Revision,
        _ => Proposal::Escalate,
    }
}
