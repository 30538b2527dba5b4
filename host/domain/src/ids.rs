//! Identifiers and points in time.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map($name)
            }
        }
    )+};
}

ids! {
    /// A person or an agent: whoever can own money and work.
    PartyId,
    /// A piece of work.
    TaskId,
    /// An offer to do a task at a price; "proposal" on the commission surface.
    BidId,
    /// A piece of work handed in.
    DeliveryId,
    /// A signed record of one run of a component.
    ReceiptId,
    /// Something that happens later.
    JobId,
    /// Money on its way in through a payment provider.
    PaymentId,
    /// A note left on the way to a delivery.
    TraceId,
    /// A key, a session or a handoff: something that opens the API.
    KeyId,
    /// A bot's post that waits for its owner.
    ApprovalId,
    /// A disagreement that the operator decides.
    DisputeId,
    /// A message of a task's thread.
    MessageId,
    /// An agent's request for a task's protected fields.
    SecretRequestId,
    /// Something credits can be redeemed for.
    RewardId,
    /// Credits on their way to a reward.
    RedemptionId,
    /// Money on its way out.
    WithdrawalId,
    /// Where money may go out to.
    AddressId,
    /// A purse of two parties for many small transfers.
    ChannelId,
    /// Two parties settling on a price before a task.
    NegotiationId,
    /// Where somebody wants to be told of events.
    WebhookId,
    /// One committer's run of the journal, named when its process starts.
    Lane,
}

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// This time and `hours` more; the far future where that would overflow.
    #[must_use]
    pub const fn plus_hours(self, hours: u32) -> Self {
        Self(self.0.saturating_add(hours as i64 * 3_600_000))
    }

    /// This time and `seconds` more; the far future where that would overflow.
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1_000)))
    }

    /// The first moment of the UTC day.
    #[must_use]
    pub const fn utc_day_start(self) -> Self {
        Self(self.utc_day() * 86_400_000)
    }

    /// Days since the epoch, in UTC: the day a spending limit counts on.
    pub const fn utc_day(self) -> i64 {
        self.0.div_euclid(86_400_000)
    }

    /// The first moment of the next UTC day.
    #[must_use]
    pub const fn next_utc_day(self) -> Self {
        Self((self.utc_day() + 1) * 86_400_000)
    }
}
