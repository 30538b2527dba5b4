//! The second, naive model of the books: plain structs, written from the contract, that
//! know nothing of the host's own rules. It says what every step must come to.

use std::collections::BTreeMap;

use super::steps::{Act, Asks, Content, Label, Mode, Outcome, Pricing, Rules, Wants};

/// What a step must be answered: words, or the code of a refusal.
pub(super) type Said = Result<String, &'static str>;

pub(super) const HOUR: i64 = 3_600_000;
pub(super) const DAY: i64 = 24 * HOUR;
/// Millionths in a cent.
pub(super) const CENT: i64 = 10_000;
pub(super) const USD: usize = 0;
pub(super) const CR: usize = 1;

/// Money by what may be done with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Pots {
    /// May be spent on work and nothing else.
    pub(super) spend: i64,
    /// May leave the house.
    pub(super) free: i64,
}

impl Pots {
    pub(super) const fn total(self) -> i64 {
        self.spend + self.free
    }

    /// Takes out an amount that is there, spend-only money first.
    pub(super) fn take(&mut self, amount: i64) -> Self {
        let spend = amount.min(self.spend);
        let taken = Self { spend, free: amount - spend };
        self.spend -= taken.spend;
        self.free -= taken.free;
        taken
    }

    /// Keeps an amount as if no more had ever been taken, and gives back the rest.
    pub(super) fn keep(&mut self, amount: i64) -> Self {
        let mut rest = *self;
        *self = rest.take(amount);
        rest
    }

    pub(super) fn add(&mut self, other: Self) {
        self.spend += other.spend;
        self.free += other.free;
    }

    pub(super) fn empty(&mut self) -> Self {
        std::mem::take(self)
    }
}

#[derive(Clone, Debug)]
pub(super) struct Party {
    pub(super) human: bool,
    pub(super) owner: Option<Label>,
    pub(super) wallet: [Pots; 2],
    /// Card money that the bank may take back.
    pub(super) frozen: i64,
    pub(super) rules: Rules,
    /// Dollars by day.
    pub(super) spent: BTreeMap<i64, i64>,
    /// Dollars spent by its handoff, in all its life.
    pub(super) handed: i64,
    /// Credits redeemed by day, of those it answers for.
    pub(super) redeemed: BTreeMap<i64, i64>,
    /// What it asks as a provider, and how.
    pub(super) asks: Option<(i64, Asks)>,
}

/// The surface a task came through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Surface {
    Commission,
    Agent,
    Finance,
}

#[derive(Clone, Debug)]
pub(super) struct Task {
    pub(super) surface: Surface,
    pub(super) mode: Mode,
    pub(super) poster: Label,
    pub(super) worker: Option<Label>,
    /// Who is to have it as soon as its money is there.
    pub(super) direct: Option<Label>,
    pub(super) state: &'static str,
    pub(super) price: i64,
    /// Who chooses among the bids, if not the poster.
    pub(super) pricing: Option<Pricing>,
    pub(super) posted_at: i64,
    /// When the bids are closed.
    pub(super) closes: Option<i64>,
    pub(super) wants: Wants,
    /// Whether the reviewer decides what it can.
    pub(super) auto: bool,
    pub(super) hours: Option<u32>,
    pub(super) deadline: Option<i64>,
    pub(super) payout_at: Option<i64>,
    pub(super) resubmit_until: Option<i64>,
    pub(super) silence_at: Option<i64>,
    pub(super) rejection_at: Option<i64>,
    pub(super) lapses_at: Option<i64>,
    pub(super) revisions: u32,
    pub(super) latest: Option<Label>,
    pub(super) disputed: bool,
    pub(super) dry_runs: i64,
    /// The day its money was taken.
    pub(super) paid_day: i64,
    pub(super) escrow: Pots,
    pub(super) fee_hold: Pots,
    pub(super) payout: Pots,
}

#[derive(Clone, Debug)]
pub(super) struct Bid {
    pub(super) task: Label,
    pub(super) bidder: Label,
    pub(super) price: i64,
    pub(super) status: &'static str,
    pub(super) at: i64,
    /// The last counter-offer, and how many there were.
    pub(super) countered: Option<i64>,
    pub(super) rounds: i64,
}

#[derive(Clone, Debug)]
pub(super) struct Negotiation {
    pub(super) client: Label,
    pub(super) provider: Label,
    pub(super) status: &'static str,
    /// What stands: the proposal, or the counter-offer.
    pub(super) price: i64,
    /// The last counter-offer, and how many there were.
    pub(super) countered: Option<i64>,
    pub(super) rounds: i64,
}

#[derive(Clone, Debug)]
pub(super) struct Delivery {
    pub(super) task: Label,
    pub(super) worker: Label,
    pub(super) content: Content,
    pub(super) status: &'static str,
    pub(super) resubmit_until: Option<i64>,
    /// How many landed before it: of two at once, the second may be the first.
    pub(super) landed: usize,
}

#[derive(Clone, Debug)]
pub(super) struct Dispute {
    pub(super) task: Label,
    pub(super) status: &'static str,
}

#[derive(Clone, Debug)]
pub(super) struct Payment {
    pub(super) who: Label,
    pub(super) amount: i64,
    pub(super) coins: bool,
    /// By the provider's latest word, and how far that is.
    pub(super) status: &'static str,
    pub(super) far: u32,
    pub(super) task: Option<Label>,
}

#[derive(Clone, Debug)]
pub(super) struct Channel {
    pub(super) ends: [Label; 2],
    pub(super) sides: [Pots; 2],
    /// What each end put in, by day.
    pub(super) paid_in: [BTreeMap<i64, i64>; 2],
    pub(super) sequence: i64,
    pub(super) open: bool,
    /// Numbered transfers by number: who, how much, and the answer.
    pub(super) numbered: BTreeMap<i64, (Label, i64, String, i64)>,
}

#[derive(Clone, Debug)]
pub(super) struct Withdrawal {
    pub(super) who: Label,
    pub(super) amount: i64,
    pub(super) held: i64,
    pub(super) status: &'static str,
    /// What the provider does about it.
    pub(super) outcome: Outcome,
    /// Whether it has taken this attempt on without saying so.
    pub(super) taken: bool,
    /// When it is looked after, and how often it was.
    pub(super) look_at: i64,
    pub(super) looks: u32,
}

#[derive(Clone, Debug)]
pub(super) struct Redemption {
    pub(super) who: Label,
    pub(super) owner: Label,
    pub(super) day: i64,
    pub(super) held: i64,
    pub(super) status: &'static str,
}

/// All that the model knows.
#[derive(Clone, Debug, Default)]
pub(super) struct Model {
    pub(super) now: i64,
    pub(super) parties: BTreeMap<Label, Party>,
    pub(super) tasks: BTreeMap<Label, Task>,
    pub(super) bids: BTreeMap<Label, Bid>,
    pub(super) negotiations: BTreeMap<Label, Negotiation>,
    pub(super) deliveries: BTreeMap<Label, Delivery>,
    pub(super) disputes: BTreeMap<Label, Dispute>,
    pub(super) payments: BTreeMap<Label, Payment>,
    pub(super) channels: BTreeMap<Label, Channel>,
    pub(super) withdrawals: BTreeMap<Label, Withdrawal>,
    /// Payments that went back: `open` or `released`.
    pub(super) chargebacks: BTreeMap<Label, &'static str>,
    pub(super) redemptions: BTreeMap<Label, Redemption>,
    /// Requests with a key that were done: when.
    pub(super) done: BTreeMap<Label, (i64, Act)>,
    /// Earned by the house.
    pub(super) fees: i64,
    /// Dollars that came in, less those that left.
    pub(super) brought: i64,
    /// Credits given away, less those given back.
    pub(super) issued: i64,
    /// Codes left of the one reward.
    pub(super) stock: i64,
    /// Credits redeemed by day.
    pub(super) redeemed: BTreeMap<i64, i64>,
    /// Whether a provider's fee is charged on refunds, too.
    pub(super) fee_on_refunds: bool,
}

impl Surface {
    pub(super) const fn asset(self) -> usize {
        match self {
            Self::Agent => CR,
            Self::Commission | Self::Finance => USD,
        }
    }
}

impl Payment {
    pub(super) const fn opened(who: Label, amount: i64, coins: bool, task: Option<Label>) -> Self {
        Self { who, amount, coins, status: "pending", far: 0, task }
    }
}

/// A percentage of whole cents, to the nearest cent, a half to the even one.
fn percent(units: i64, percent: i64) -> i64 {
    let hundredths = units / CENT * percent;
    let (cents, rest) = (hundredths / 100, hundredths % 100);
    let up = rest > 50 || (rest == 50 && cents % 2 == 1);
    (cents + i64::from(up)) * CENT
}

impl Task {
    /// What prices are whole numbers of.
    pub(super) fn unit(&self) -> i64 {
        if self.asset() == USD { CENT } else { 1 }
    }

    pub(super) fn asset(&self) -> usize {
        self.surface.asset()
    }

    /// What the poster pays beside a price.
    pub(super) fn fee_on_top(&self, price: i64) -> i64 {
        if self.surface == Surface::Commission { percent(price, 8) } else { 0 }
    }

    /// What is taken off the worker's payment.
    pub(super) fn fee_off(&self, price: i64) -> i64 {
        if self.surface == Surface::Finance { percent(price, 5) } else { 0 }
    }

    pub(super) fn is_final(&self) -> bool {
        ["paid", "pdqg_final_fail", "failed", "cancelled", "expired", "resolved"].contains(&self.state)
    }

    pub(super) fn is_live(&self) -> bool {
        !self.is_final() || self.payout_at.is_some()
    }
}

impl Model {
    pub(super) fn day(&self) -> i64 {
        self.now.div_euclid(DAY)
    }

    pub(super) fn party(&mut self, who: Label) -> &mut Party {
        self.parties.get_mut(&who).expect("a step names who is there")
    }

    pub(super) fn task(&self, task: Label) -> Task {
        self.tasks.get(&task).expect("a step names a task that is there").clone()
    }

    pub(super) fn keep_task(&mut self, label: Label, task: Task) {
        self.tasks.insert(label, task);
    }

    /// Who answers for a party.
    pub(super) fn root(&self, who: Label) -> Label {
        self.parties.get(&who).and_then(|party| party.owner).unwrap_or(who)
    }

    /// Nobody deals with themselves.
    pub(super) fn apart(&self, one: Label, other: Label) -> Result<(), &'static str> {
        if self.root(one) == self.root(other) { Err("SELF_DEALING") } else { Ok(()) }
    }

    pub(super) fn open_tasks(&self, poster: Label) -> i64 {
        let open = self.tasks.values().filter(|task| task.poster == poster && !task.is_final());
        i64::try_from(open.count()).unwrap_or(i64::MAX)
    }

    /// A new party, with the credits that newcomers get.
    pub(super) fn welcome(&mut self, label: Label, human: bool, owner: Option<Label>) {
        let credits = if owner.is_some() { 0 } else { 1_000 };
        self.issued += credits;
        let wallet = [Pots::default(), Pots { spend: credits, free: 0 }];
        let (spent, redeemed) = (BTreeMap::new(), BTreeMap::new());
        let (rules, frozen, handed) = (Rules::NONE, 0, 0);
        let party = Party { human, owner, wallet, frozen, rules, spent, handed, redeemed, asks: None };
        self.parties.insert(label, party);
    }

    /// What a step must come to.
    pub(super) fn apply(&mut self, label: Label, act: &Act) -> Said {
        let said = self.decide(label, act);
        if said.is_ok() && act.is_keyed() {
            self.done.insert(label, (self.now, act.clone()));
        }
        said
    }

    fn decide(&mut self, label: Label, act: &Act) -> Said {
        match *act {
            Act::Register => {
                self.welcome(label, false, None);
                Ok(String::new())
            }
            Act::Offer { who, cents, asks } => {
                self.party(who).asks = Some((cents * CENT, asks));
                Ok(String::new())
            }
            Act::Rules { who, by, rules } => self.set_rules(who, by, rules),
            Act::Pay { who, cents, coins } => {
                self.payments.insert(label, Payment::opened(who, cents * CENT, coins, None));
                Ok(String::new())
            }
            Act::Callback { payment, notice } => self.hear(payment, notice),
            Act::Chargeback { payment, by_intent, .. } => self.charge_back(payment, by_intent),
            Act::Release { who, cents } => self.release(who, cents * CENT),
            Act::Post { who, post } => self.post(label, who, post),
            Act::Buy { who, deal, most_cents, by, wants, hours } => {
                self.buy(label, who, (deal, most_cents * CENT), by, (wants, hours))
            }
            Act::PayFor { who, task } => self.pay_for(who, task),
            Act::Approve { who, task, yes } => self.approve(who, task, yes),
            Act::Bid { who, task, price } => self.bid(label, who, task, price),
            Act::Choose { who, bid, yes } => self.choose(who, bid, yes),
            Act::Answer { who, bid, price, .. } => self.answer(who, bid, price),
            Act::Negotiate { who, with, cents, on } => self.negotiate(label, (who, with), cents * CENT, on),
            Act::Agree { who, negotiation } => self.agree(who, negotiation),
            Act::Claim { who, task } => self.claim(who, task),
            Act::GiveUp { who, task } => self.give_up(who, task),
            Act::Cancel { who, task } => self.cancel(who, task),
            Act::Deliver { who, task, content, which } => self.deliver(label, (who, task), content, which),
            Act::DryRun { who, task, content } => self.dry_run(label, (who, task), content),
            Act::Review { who, delivery, word } => self.review(who, delivery, word),
            Act::Dispute { who, task } => self.dispute(label, who, task),
            Act::Resolve { dispute, how } => self.resolve(dispute, how),
            Act::OpenChannel { who, with, amount } => self.open_channel(label, who, with, amount),
            Act::Fund { who, channel, amount, handed } => self.fund_channel((who, handed), channel, amount),
            Act::Transfer { who, channel, amount, sequence } => self.transfer(who, channel, amount, sequence),
            Act::Close { who, channel } => self.close(who, channel),
            Act::Withdraw { who, cents } => self.withdraw(label, who, cents * CENT),
            Act::Outcome { withdrawal, outcome } => {
                self.withdrawals.get_mut(&withdrawal).expect("one that is there").outcome = outcome;
                Ok(String::new())
            }
            Act::Decide { withdrawal, retry } => self.decide_failed(withdrawal, retry),
            Act::Redeem { who } => self.redeem(label, who),
            Act::Rule { redemption, yes } => self.rule(redemption, yes),
            Act::Jobs => {
                self.lapse();
                Ok(String::new())
            }
        }
    }
}
