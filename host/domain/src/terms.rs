//! What a task agreed to when it was posted. Settlement reads only this snapshot, so a
//! changed setting never changes a task that is under way.

use crate::ids::Timestamp;
use crate::money::{self, Asset, BasisPoints};

/// Who bears the fee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeePayer {
    /// On top of the price, put aside at posting.
    Poster,
    /// Out of the price, at payment.
    Worker,
}

/// Who decides about a delivery that passed the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReviewPolicy {
    /// The poster, always.
    Poster,
    /// The reviewer component where everything is decidable, else the poster.
    Auto,
}

/// How a task finds its worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Workers bid, the poster accepts one.
    Bid,
    /// The first to claim it has it.
    Claim,
    /// Given to one worker at posting.
    Direct,
    /// Many hand in, the poster settles one.
    OpenSubmission,
}

impl Mode {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Bid, Self::Claim, Self::Direct, Self::OpenSubmission];

    /// As stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bid => "bid",
            Self::Claim => "claim",
            Self::Direct => "direct",
            Self::OpenSubmission => "open_submission",
        }
    }
}

/// Fee, payout and windows of one task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// What it is paid in.
    pub asset: Asset,
    /// Who bears the fee.
    pub fee_payer: FeePayer,
    /// The fee, in basis points of the price.
    pub fee_rate: BasisPoints,
    /// Hours from payment until the worker may use the money; zero is at once.
    pub payout_delay_hours: u32,
    /// Who decides about a delivery.
    pub review: ReviewPolicy,
    /// Hours to resubmit after a failed gate.
    pub resubmit_hours: u32,
    /// Hours of the poster's silence that accept a delivery.
    pub silence_hours: u32,
    /// Hours a worker has to dispute a rejection.
    pub rejection_hours: u32,
    /// Hours a worker has at least for a revision, whatever the deadline was.
    pub revision_hours: u32,
    /// Revision rounds, automatic ones counted.
    pub revisions_max: u32,
    /// Days an operator has to resolve a dispute; then the last machine verdict does.
    pub dispute_days: u32,
    /// Whether a worker's fee is charged on what a dispute sends back, too.
    pub fee_on_refunds: bool,
}

impl Terms {
    /// What the poster pays on top of a price.
    pub fn fee_on_top(&self, price: i64) -> i64 {
        match self.fee_payer {
            FeePayer::Poster => money::fee(self.asset, price, self.fee_rate),
            FeePayer::Worker => 0,
        }
    }

    /// What the worker's payment is less than the price.
    pub fn fee_deducted(&self, price: i64) -> i64 {
        match self.fee_payer {
            FeePayer::Poster => 0,
            FeePayer::Worker => money::fee(self.asset, price, self.fee_rate),
        }
    }

    /// The last moment at which a delivery that failed the gate may be resubmitted.
    pub const fn resubmit_until(&self, failed_at: Timestamp) -> Timestamp {
        failed_at.plus_hours(self.resubmit_hours)
    }
}
