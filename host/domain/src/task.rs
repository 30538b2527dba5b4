//! The life of a task: one enum, one [`State::next`].
#![expect(missing_docs, reason = "the fields of a variant are explained with the variant")]

use crate::ids::{DeliveryId, PartyId, Timestamp};
use crate::refusal::{Code, Refusal};

// Short names, so that a rule of the lifecycle fits on a line.
use self::{Event as E, State as S};

/// Work under way: who does it, for how much, and in which round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Work {
    /// Who does it.
    pub worker: PartyId,
    /// The agreed price, in the smallest unit of the task's asset.
    pub price: i64,
    /// Revisions asked for so far.
    pub revisions: u32,
}

/// Where a task stands. A state carries only the data of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Posted by a bot, waiting for its owner.
    PendingApproval,
    /// Posted without money.
    Unpaid,
    /// Waiting for a worker; the price is in escrow.
    Open,
    /// A worker is at it.
    Claimed(Work),
    /// Handed in, being judged. `again` tells a resubmission from a first try.
    Delivered { work: Work, delivery: DeliveryId, again: bool },
    /// Judged; a person must decide.
    InReview { work: Work, delivery: DeliveryId },
    /// Back with the worker, for another round.
    RevisionRequested(Work),
    /// The gate refused it; one resubmission until the time given.
    GateFailed { work: Work, until: Timestamp },
    /// The poster refused it; the worker may dispute for a while.
    Rejected { work: Work, delivery: DeliveryId },
    /// The operator decides.
    Disputed { work: Work },
    /// Accepted and paid. Final, but for a dispute while the payout is pending.
    Paid(Work),
    /// The gate refused it twice. Final.
    PdqgFinalFail,
    /// Given up, or its rejection stood. Final.
    Failed,
    /// Taken back. Final.
    Cancelled,
    /// Nothing was handed in in time. Final.
    Expired,
    /// A dispute was decided. Final.
    Resolved,
}

/// What can happen to a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The owner approved the post.
    Approve,
    /// The owner refused it.
    Disapprove,
    /// The money arrived.
    Fund,
    /// A bid was accepted, or a worker claimed it.
    Assign { worker: PartyId, price: i64 },
    /// One of many submissions was settled on.
    Settle { worker: PartyId, price: i64 },
    /// The worker handed in.
    Deliver(DeliveryId),
    /// The worker handed in again after the gate refused.
    Resubmit { delivery: DeliveryId, at: Timestamp },
    /// The gate refused; a first failure may be mended until the time given.
    GateFail { until: Timestamp },
    /// Judging ended without a decision.
    LeaveToPerson,
    /// The poster, the reviewer, or silence accepted.
    Accept,
    /// The poster or the reviewer asked for another round.
    AskRevision { revisions_max: u32 },
    /// The poster refused.
    Reject,
    /// The poster took it back, with the worker's consent once there is one.
    Cancel { worker_agrees: bool },
    /// The deadline passed.
    DeadlinePasses,
    /// The resubmission window passed.
    ResubmitLapses { at: Timestamp },
    /// A rejection was not disputed in time.
    RejectionLapses,
    /// The worker gave up.
    GiveUp,
    /// A party went to the operator. `payout_pending` while a payment can still be frozen.
    Dispute { payout_pending: bool },
    /// The operator decided.
    Resolve(Resolution),
}

/// How a dispute ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// All back to the poster.
    Refund,
    /// All to the worker.
    Release,
    /// The worker's share in basis points, the rest back.
    Split { worker_share: u32 },
}

/// What a step means for the money of the task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Money {
    /// It stays where it is.
    Stays,
    /// It goes into escrow.
    Hold,
    /// What the price is below the budget goes back, with its fee.
    ReturnAbove { price: i64 },
    /// The worker is paid.
    Pay { worker: PartyId, price: i64 },
    /// Everything goes back.
    Refund,
    /// A pending payout goes back into escrow.
    Freeze { price: i64 },
    /// Split between the two.
    Divide { worker: PartyId, price: i64, resolution: Resolution },
}

/// Where a task goes, and its money with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The new state.
    pub state: State,
    /// What moves.
    pub money: Money,
}

impl State {
    /// The state after an event. Pairs that are not listed are refused.
    #[expect(clippy::match_same_arms, reason = "a line a rule, grouped by state and not by result")]
    pub fn next(self, event: Event) -> Result<Step, Refusal> {
        let (state, money) = match (self, event) {
            (S::PendingApproval, E::Approve) => (S::Open, Money::Stays),
            (S::PendingApproval, E::Disapprove) => (S::Cancelled, Money::Refund),
            (S::Unpaid, E::Fund) => (S::Open, Money::Hold),
            (S::Unpaid, E::Cancel { .. }) => (S::Cancelled, Money::Stays),
            (S::Unpaid, E::DeadlinePasses) => (S::Expired, Money::Stays),
            (S::Open, E::Assign { worker, price }) => {
                (S::Claimed(Work { worker, price, revisions: 0 }), Money::ReturnAbove { price })
            }
            (S::Open, E::Settle { worker, price }) => {
                (S::Paid(Work { worker, price, revisions: 0 }), Money::Pay { worker, price })
            }
            (S::PendingApproval | S::Open, E::Cancel { .. }) => (S::Cancelled, Money::Refund),
            (S::Open, E::DeadlinePasses) => (S::Expired, Money::Refund),
            (S::Claimed(work) | S::RevisionRequested(work), E::Deliver(delivery)) => {
                (S::Delivered { work, delivery, again: false }, Money::Stays)
            }
            (S::GateFailed { work, until }, E::Resubmit { delivery, at }) if at <= until => {
                (S::Delivered { work, delivery, again: true }, Money::Stays)
            }
            (S::Delivered { work, again: false, .. }, E::GateFail { until }) => {
                (S::GateFailed { work, until }, Money::Stays)
            }
            (S::Delivered { again: true, .. }, E::GateFail { .. }) => (S::PdqgFinalFail, Money::Refund),
            (S::GateFailed { until, .. }, E::ResubmitLapses { at }) if at > until => {
                (S::PdqgFinalFail, Money::Refund)
            }

            (S::Delivered { work, delivery, .. }, E::LeaveToPerson) => {
                (S::InReview { work, delivery }, Money::Stays)
            }
            (S::Delivered { work, .. } | S::InReview { work, .. }, E::Accept) => {
                (S::Paid(work), Money::Pay { worker: work.worker, price: work.price })
            }
            (S::Delivered { work, .. } | S::InReview { work, .. }, E::AskRevision { revisions_max })
                if work.revisions < revisions_max =>
            {
                (S::RevisionRequested(Work { revisions: work.revisions + 1, ..work }), Money::Stays)
            }
            (S::InReview { work, delivery }, E::Reject) => (S::Rejected { work, delivery }, Money::Stays),
            (S::Rejected { .. }, E::RejectionLapses) => (S::Failed, Money::Refund),
            (
                S::Claimed(_) | S::RevisionRequested(_) | S::GateFailed { .. },
                E::Cancel { worker_agrees: true },
            ) => (S::Cancelled, Money::Refund),
            (S::Claimed(_) | S::RevisionRequested(_), E::DeadlinePasses) => (S::Expired, Money::Refund),
            (S::Claimed(_) | S::RevisionRequested(_) | S::GateFailed { .. }, E::GiveUp) => {
                (S::Failed, Money::Refund)
            }

            (
                S::Claimed(work)
                | S::RevisionRequested(work)
                | S::Delivered { work, .. }
                | S::InReview { work, .. }
                | S::GateFailed { work, .. }
                | S::Rejected { work, .. },
                E::Dispute { .. },
            ) => (S::Disputed { work }, Money::Stays),
            (S::Paid(work), E::Dispute { payout_pending: true }) => {
                (S::Disputed { work }, Money::Freeze { price: work.price })
            }
            (S::Disputed { work }, E::Resolve(resolution)) => {
                (S::Resolved, Money::Divide { worker: work.worker, price: work.price, resolution })
            }
            (state, event) => return Err(state.refuse(event)),
        };
        Ok(Step { state, money })
    }

    /// Why a pair is not listed, in words that say what would be right.
    fn refuse(self, event: Event) -> Refusal {
        let word = self.word();
        match (self, event) {
            (Self::GateFailed { .. }, Event::Resubmit { .. }) => {
                Refusal::new(Code::ResubmitWindowClosed, "the window to resubmit has closed")
            }
            (_, Event::Resubmit { .. }) => Refusal::new(
                Code::NothingToResubmit,
                format!(
                    "the task is {word}: only a delivery that failed the quality gate can be resubmitted"
                ),
            ),
            (Self::GateFailed { .. }, Event::Deliver(_)) => Refusal::new(
                Code::Conflict,
                "the delivery failed the quality gate: use resubmit for the one further try",
            ),
            (Self::Delivered { .. } | Self::InReview { .. } | Self::Paid(_), Event::Deliver(_)) => {
                Refusal::new(Code::Conflict, format!("work was already delivered, the task is {word}"))
            }
            (_, Event::Assign { .. } | Event::Settle { .. }) if self.work().is_some() || self.is_final() => {
                Refusal::new(Code::Conflict, "Task has already been claimed by another agent, or is closed")
            }
            (Self::Delivered { .. } | Self::InReview { .. }, Event::AskRevision { revisions_max }) => {
                Refusal::new(
                    Code::RevisionsExhausted,
                    format!("all {revisions_max} revision rounds are used: accept or reject"),
                )
            }
            (
                Self::Claimed(_) | Self::RevisionRequested(_) | Self::GateFailed { .. },
                Event::Cancel { worker_agrees: false },
            ) => Refusal::new(
                Code::WrongStatus,
                format!("the task is {word}: only its worker can agree to cancel it now"),
            ),
            _ => Refusal::new(Code::WrongStatus, format!("the task is {word}, which does not allow this")),
        }
    }

    /// The work under way, where there is any.
    pub const fn work(&self) -> Option<&Work> {
        match self {
            Self::Claimed(work)
            | Self::Delivered { work, .. }
            | Self::InReview { work, .. }
            | Self::RevisionRequested(work)
            | Self::GateFailed { work, .. }
            | Self::Rejected { work, .. }
            | Self::Disputed { work }
            | Self::Paid(work) => Some(work),
            _ => None,
        }
    }

    /// Until when a failed gate may be mended, where it may.
    pub const fn resubmit_until(&self) -> Option<Timestamp> {
        match self {
            Self::GateFailed { until, .. } => Some(*until),
            _ => None,
        }
    }

    /// Whether nothing is open any more; a bot's open tasks are those that are not.
    pub const fn is_final(&self) -> bool {
        matches!(
            self,
            Self::Paid(_)
                | Self::PdqgFinalFail
                | Self::Failed
                | Self::Cancelled
                | Self::Expired
                | Self::Resolved
        )
    }

    /// The word the interfaces use.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::PendingApproval => "pending_approval",
            Self::Unpaid => "unpaid",
            Self::Open => "open",
            Self::Claimed(_) => "claimed",
            Self::Delivered { .. } => "delivered",
            Self::InReview { .. } => "in_review",
            Self::RevisionRequested(_) => "revision_requested",
            Self::GateFailed { .. } => "gate_failed",
            Self::Rejected { .. } => "rejected",
            Self::Disputed { .. } => "disputed",
            Self::Paid(_) => "paid",
            Self::PdqgFinalFail => "pdqg_final_fail",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Resolved => "resolved",
        }
    }
}
