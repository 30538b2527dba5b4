//! Steps: what happens in a simulation, as data, so that a run can be replayed with some
//! of them left out. A step names things by the number of the step that made them.

/// The number of the step that made a thing.
pub(super) type Label = u32;

/// One step.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// Somebody does something.
    One(Label, Act),
    /// Two decide on what they see at the same moment; the first, or with `swapped` the
    /// second, is the first to commit. `grouped` lands both in one commit.
    Both { first: (Label, Act), second: (Label, Act), swapped: bool, grouped: bool },
    /// The same request a second time, while the first is under way.
    Twice(Label, Act),
    /// The earlier request of the second label once more, with its idempotency key.
    Again(Label, Label),
    /// An earlier request's idempotency key, with another body.
    Reused(Label),
    /// Whoever asks goes away at the commit numbered `at`, before it is sent or after,
    /// with `restart` the whole host does, and the request is sent again.
    Crash { label: Label, act: Act, at: usize, sent: bool, restart: bool },
    /// Time goes by; nobody looks at what is due.
    Wait { ms: i64 },
}

/// What somebody does. Money of tasks in cents or credits, of channels in millionths.
#[derive(Clone, Debug)]
pub(super) enum Act {
    Register,
    Offer {
        who: Label,
        cents: i64,
        asks: Asks,
    },
    Rules {
        who: Label,
        by: Label,
        rules: Rules,
    },
    /// Opens a payment: by card, or in coins.
    Pay {
        who: Label,
        cents: i64,
        coins: bool,
    },
    /// The provider's word for a payment.
    Callback {
        payment: Label,
        notice: Notice,
    },
    /// The bank takes a card payment back, or the operator does at the provider. It is
    /// named as the bank knows it, or as the house does.
    Chargeback {
        payment: Label,
        by_intent: bool,
        refunded: bool,
    },
    /// The operator ends the chargebacks of a party: so much went to the bank.
    Release {
        who: Label,
        cents: i64,
    },
    Post {
        who: Label,
        post: Post,
    },
    Buy {
        who: Label,
        deal: Deal,
        most_cents: i64,
        by: By,
        wants: Wants,
        hours: u32,
    },
    PayFor {
        who: Label,
        task: Label,
    },
    Approve {
        who: Label,
        task: Label,
        yes: bool,
    },
    Bid {
        who: Label,
        task: Label,
        price: i64,
    },
    Choose {
        who: Label,
        bid: Label,
        yes: bool,
    },
    /// A bidder's new price, after a counter-offer.
    Answer {
        who: Label,
        bid: Label,
        price: i64,
        credits: bool,
    },
    /// Proposes a price to a provider, anew where there is a negotiation `on` it.
    Negotiate {
        who: Label,
        with: Label,
        cents: i64,
        on: Option<Label>,
    },
    /// Accepts what stands in a negotiation.
    Agree {
        who: Label,
        negotiation: Label,
    },
    Claim {
        who: Label,
        task: Label,
    },
    GiveUp {
        who: Label,
        task: Label,
    },
    Cancel {
        who: Label,
        task: Label,
    },
    Deliver {
        who: Label,
        task: Label,
        content: Content,
        which: Which,
    },
    /// What the judges would say, of which nothing is kept but the count.
    DryRun {
        who: Label,
        task: Label,
        content: Content,
    },
    Review {
        who: Label,
        delivery: Label,
        word: Word,
    },
    Dispute {
        who: Label,
        task: Label,
    },
    Resolve {
        dispute: Label,
        how: How,
    },
    OpenChannel {
        who: Label,
        with: Label,
        amount: i64,
    },
    /// `handed`: by whoever has the party's handoff, which has a budget of its own.
    Fund {
        who: Label,
        channel: Label,
        amount: i64,
        handed: bool,
    },
    Transfer {
        who: Label,
        channel: Label,
        amount: i64,
        sequence: Option<i64>,
    },
    Close {
        who: Label,
        channel: Label,
    },
    Withdraw {
        who: Label,
        cents: i64,
    },
    /// What comes of the payout from now on; nobody is told.
    Outcome {
        withdrawal: Label,
        outcome: Outcome,
    },
    /// The operator has a failed payout tried again, or gives its money back.
    Decide {
        withdrawal: Label,
        retry: bool,
    },
    Redeem {
        who: Label,
    },
    Rule {
        redemption: Label,
        yes: bool,
    },
    /// What is due happens.
    Jobs,
}

/// A task to post.
#[derive(Clone, Copy, Debug)]
pub(super) struct Post {
    /// In credits, between agents; else in dollars.
    pub(super) credits: bool,
    pub(super) mode: Mode,
    pub(super) budget: i64,
    pub(super) hours: Option<u32>,
    pub(super) wants: Wants,
    /// Not in the category that guardrails allow.
    pub(super) elsewhere: bool,
    pub(super) pricing: Option<Pricing>,
}

/// How a provider comes to a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Asks {
    Fixed,
    Hybrid,
    Auction,
}

/// Whom a purchase goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deal {
    Cheapest,
    From(Label),
    /// At the price of a negotiation.
    Agreed(Label),
    Auction(Auction),
}

/// Who chooses among the bids, where the poster need not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pricing {
    /// The first bid is taken, at what it asks or at the whole budget.
    Fixed {
        whole: bool,
    },
    Hybrid(Hybrid),
    Auction(Auction),
}

/// A base price with a band above it, and counter-offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hybrid {
    /// In cents or credits; the budget where it is not said.
    pub(super) base: Option<i64>,
    /// Width of the band, in hundredths of a percent of the base price.
    pub(super) band: i64,
    pub(super) rounds: i64,
    /// Hours until the bids are closed.
    pub(super) hours: Option<u32>,
}

/// Sealed bids, of which the lowest wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Auction {
    /// Pays the second lowest bid.
    pub(super) second: bool,
    /// Closes after so many bids.
    pub(super) bids: Option<usize>,
    /// Hours until it closes.
    pub(super) hours: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Bid,
    Claim,
    Open,
    Direct,
}

/// What a provider says of a payment. Of a card it never says that it waits, came in part,
/// or was sent back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notice {
    Paid,
    /// Paid, by a payment of another name.
    PaidAgain,
    /// Paid, with another amount than was asked for.
    WrongAmount,
    Waiting,
    Confirming,
    Partly,
    Failed,
    Expired,
    Refunded,
}

/// What the provider does about a payout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Pays,
    /// It takes it on and does not pay.
    Fails,
    /// It does not take it on.
    Refuses,
    /// It takes it on and is not done.
    Waits,
    /// It takes it on and does not answer.
    Silent,
}

/// How a purchase is paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    Balance,
    Later,
    Coins,
}

/// What a task asks of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wants {
    Nothing,
    /// One thing a machine can see.
    Leaves,
    /// And one that only a person can.
    LeavesAndTaste,
}

/// What is handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// The gate refuses it.
    Junk,
    /// The gate takes it, the check fails.
    Plain,
    /// All is well.
    Good,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    First,
    Again,
    Either,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    Accept,
    Revise,
    Reject,
}

/// How a dispute is decided; a share in hundredths of a percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    Refund,
    Release,
    Split(u32),
}

/// Guardrails; amounts in cents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rules {
    pub(super) enabled: bool,
    pub(super) budget: Option<i64>,
    pub(super) daily: Option<i64>,
    pub(super) open: Option<i64>,
    pub(super) one_category: bool,
    pub(super) ask_above: Option<i64>,
    pub(super) auto: bool,
}

impl Rules {
    pub(super) const NONE: Self = Self {
        enabled: true,
        budget: None,
        daily: None,
        open: None,
        one_category: false,
        ask_above: None,
        auto: false,
    };
}

impl Deal {
    const fn needs(self) -> Option<Label> {
        match self {
            Self::From(label) | Self::Agreed(label) => Some(label),
            Self::Cheapest | Self::Auction(_) => None,
        }
    }
}

impl Act {
    /// What must be there for it to make sense.
    pub(super) fn needs(&self) -> Vec<Label> {
        match *self {
            Self::Register | Self::Jobs => vec![],
            Self::Offer { who, .. }
            | Self::Pay { who, .. }
            | Self::Post { who, .. }
            | Self::Release { who, .. }
            | Self::Withdraw { who, .. }
            | Self::Redeem { who } => vec![who],
            Self::Rules { who, by, .. } => vec![who, by],
            Self::Callback { payment, .. } | Self::Chargeback { payment, .. } => vec![payment],
            Self::Outcome { withdrawal, .. } | Self::Decide { withdrawal, .. } => vec![withdrawal],
            Self::Buy { who, deal, .. } => [who].into_iter().chain(deal.needs()).collect(),
            Self::Negotiate { who, with, on, .. } => [who, with].into_iter().chain(on).collect(),
            Self::Agree { who, negotiation } => vec![who, negotiation],
            Self::PayFor { who, task }
            | Self::Approve { who, task, .. }
            | Self::Bid { who, task, .. }
            | Self::Claim { who, task }
            | Self::GiveUp { who, task }
            | Self::Cancel { who, task }
            | Self::Deliver { who, task, .. }
            | Self::DryRun { who, task, .. }
            | Self::Dispute { who, task } => vec![who, task],
            Self::Choose { who, bid, .. } | Self::Answer { who, bid, .. } => vec![who, bid],
            Self::Review { who, delivery, .. } => vec![who, delivery],
            Self::Resolve { dispute, .. } => vec![dispute],
            Self::OpenChannel { who, with, .. } => vec![who, with],
            Self::Fund { who, channel, .. }
            | Self::Transfer { who, channel, .. }
            | Self::Close { who, channel } => vec![who, channel],
            Self::Rule { redemption, .. } => vec![redemption],
        }
    }

    /// Whether all of it is one commit.
    pub(super) const fn is_one_commit(&self) -> bool {
        !matches!(
            self,
            Self::Pay { .. } | Self::Withdraw { .. } | Self::Buy { by: By::Coins, .. } | Self::Jobs
        )
    }

    /// Whether it comes with an idempotency key.
    pub(super) const fn is_keyed(&self) -> bool {
        let told = matches!(self, Self::Callback { .. } | Self::Chargeback { .. } | Self::Outcome { .. });
        let numbered = matches!(self, Self::Transfer { sequence: Some(_), .. });
        !told && !numbered && !matches!(self, Self::Register | Self::Jobs)
    }
}
