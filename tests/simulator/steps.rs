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
    /// The provider's word that a payment was made; `wrong` names another amount.
    Callback {
        payment: Label,
        wrong: bool,
    },
    Post {
        who: Label,
        post: Post,
    },
    Buy {
        who: Label,
        from: Option<Label>,
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
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Bid,
    Claim,
    Open,
    Direct,
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

impl Act {
    /// What must be there for it to make sense.
    pub(super) fn needs(&self) -> Vec<Label> {
        match *self {
            Self::Register | Self::Jobs => vec![],
            Self::Offer { who, .. }
            | Self::Pay { who, .. }
            | Self::Post { who, .. }
            | Self::Withdraw { who, .. }
            | Self::Redeem { who } => vec![who],
            Self::Rules { who, by, .. } => vec![who, by],
            Self::Callback { payment, .. } => vec![payment],
            Self::Buy { who, from, .. } => [who].into_iter().chain(from).collect(),
            Self::PayFor { who, task }
            | Self::Approve { who, task, .. }
            | Self::Bid { who, task, .. }
            | Self::Claim { who, task }
            | Self::GiveUp { who, task }
            | Self::Cancel { who, task }
            | Self::Deliver { who, task, .. }
            | Self::DryRun { who, task, .. }
            | Self::Dispute { who, task } => vec![who, task],
            Self::Choose { who, bid, .. } => vec![who, bid],
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
        !matches!(self, Self::Register | Self::Callback { .. } | Self::Jobs)
            && !matches!(self, Self::Transfer { sequence: Some(_), .. })
    }
}
