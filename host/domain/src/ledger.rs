//! The double-entry ledger: accounts, instructions, immutable transfers.
//!
//! A verb gives [`Move`]s: who pays whom how much, and from which pocket first. Which
//! pocket holds how much is known only when the change is applied, so the pockets are
//! chosen there, by [`apply`], which either makes all [`Transfer`]s of a verb or none.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::str::FromStr;

use crate::ids::{ChannelId, Lane, PartyId, RedemptionId, TaskId, WithdrawalId};
use crate::money::{self, Asset};
use crate::refusal::{Code, Refusal};

/// Where money of a holder sits, by what may be done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pocket {
    /// May be spent on work, never withdrawn or redeemed.
    Spend,
    /// Earned, or paid in by crypto: may leave the house.
    Free,
}

/// Who brings money into the house and out of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Provider {
    /// The house's own, in test mode.
    Test,
    /// Cards, through Stripe Checkout.
    Stripe,
    /// Stablecoins, through `NOWPayments`.
    NowPayments,
}

impl Provider {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Test, Self::Stripe, Self::NowPayments];

    /// As stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Test => "test",
            Self::Stripe => "stripe",
            Self::NowPayments => "nowpayments",
        }
    }
}

/// One of the two ends of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// Whoever opened it.
    Opener,
    /// The other.
    Counterparty,
}

/// Whose money it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holder {
    /// A party's wallet.
    Party(PartyId),
    /// The price of a task, held until it is settled. It keeps the pockets it was
    /// filled from, so that a refund finds its way home.
    Escrow(TaskId),
    /// The fee of a task, held apart until the task can no longer be refunded.
    FeeHold(TaskId),
    /// What a task's worker earned and may not use yet. It keeps the pockets too: a
    /// dispute may still send it home.
    Payout(TaskId),
    /// What one side of a channel holds.
    Channel(ChannelId, Side),
    /// A withdrawal under way: neither the party's any more nor gone.
    Withdrawal(WithdrawalId),
    /// Credits of a redemption that is not settled.
    Redemption(RedemptionId),
    /// Card-funded money of a party whose card payment was charged back.
    Frozen(PartyId),
    /// What the house earned, through one lane.
    Fees(Lane),
    /// The other side of deposits and payouts; negative by what is in the house.
    Clearing(Provider, Lane),
    /// The other side of credits given away; negative by what was given.
    Issue(Lane),
}

/// One balance of the books.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Account {
    /// Whose.
    pub holder: Holder,
    /// Of what.
    pub asset: Asset,
    /// In which pocket. Holders of the house keep everything in [`Pocket::Free`].
    pub pocket: Pocket,
}

impl Account {
    /// As stored and shown.
    pub fn name(&self) -> String {
        // An asset, a kind of holder, an id, a pocket.
        let mut name = String::with_capacity(72);
        // Writing to a String cannot fail.
        let _ = write!(name, "{self}");
        name
    }

    /// Accounts that stand for the outside world.
    pub const fn may_go_negative(&self) -> bool {
        matches!(self.holder, Holder::Clearing(..) | Holder::Issue(_))
    }
}

/// Why money moved, as statements show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// Paid in through a provider.
    Deposit,
    /// Credits for registering.
    RegistrationCredit,
    /// Price put into escrow.
    Hold,
    /// Fee put aside at posting.
    FeeHold,
    /// Price paid to the worker.
    Payout,
    /// Price returned to the poster.
    Refund,
    /// Fee returned to the poster.
    FeeRefund,
    /// Fee earned by the house.
    Fee,
    /// A payout that became available.
    Available,
    /// Put into a channel.
    ChannelDeposit,
    /// Paid from one side of a channel to the other.
    ChannelTransfer,
    /// A side's balance when the channel was closed.
    ChannelClose,
    /// Put aside to be paid out.
    Withdrawal,
    /// Left the house.
    WithdrawalPaid,
    /// A withdrawal that the operator gave back.
    WithdrawalReturned,
    /// Put aside for a reward.
    Redemption,
    /// Given for a reward.
    RedemptionSettled,
    /// A redemption that was refused.
    RedemptionReturned,
    /// Credits for bringing somebody in.
    Referral,
    /// Frozen after a chargeback.
    Freeze,
    /// Released after a chargeback was settled.
    Unfreeze,
    /// Taken back by the card's bank.
    Chargeback,
}

impl Reason {
    /// All of them.
    pub const ALL: [Self; 22] = [
        Self::Deposit,
        Self::RegistrationCredit,
        Self::Hold,
        Self::FeeHold,
        Self::Payout,
        Self::Refund,
        Self::FeeRefund,
        Self::Fee,
        Self::Available,
        Self::ChannelDeposit,
        Self::ChannelTransfer,
        Self::ChannelClose,
        Self::Withdrawal,
        Self::WithdrawalPaid,
        Self::WithdrawalReturned,
        Self::Redemption,
        Self::RedemptionSettled,
        Self::RedemptionReturned,
        Self::Referral,
        Self::Freeze,
        Self::Unfreeze,
        Self::Chargeback,
    ];

    /// Lower snake case, as stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deposit => "deposit",
            Self::RegistrationCredit => "registration_credit",
            Self::Hold => "hold",
            Self::FeeHold => "fee_hold",
            Self::Payout => "payout",
            Self::Refund => "refund",
            Self::FeeRefund => "fee_refund",
            Self::Fee => "fee",
            Self::Available => "available",
            Self::ChannelDeposit => "channel_deposit",
            Self::ChannelTransfer => "channel_transfer",
            Self::ChannelClose => "channel_close",
            Self::Withdrawal => "withdrawal",
            Self::WithdrawalPaid => "withdrawal_paid",
            Self::WithdrawalReturned => "withdrawal_returned",
            Self::Redemption => "redemption",
            Self::RedemptionSettled => "redemption_settled",
            Self::RedemptionReturned => "redemption_returned",
            Self::Referral => "referral",
            Self::Freeze => "freeze",
            Self::Unfreeze => "unfreeze",
            Self::Chargeback => "chargeback",
        }
    }
}

/// Money that moved: from one account to another of the same asset. Never changed,
/// never deleted; a mistake is mended by another transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// The account that gave.
    pub debit: Account,
    /// The account that received.
    pub credit: Account,
    /// In the smallest unit; always above zero.
    pub amount: i64,
    /// Why.
    pub reason: Reason,
    /// For which task, where there is one.
    pub task: Option<TaskId>,
}

/// From which pockets an instruction draws, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Draw {
    /// Spend-only money first: spending.
    SpendFirst,
    /// Free money first: giving back as if less had been taken.
    FreeFirst,
    /// This pocket alone.
    Only(Pocket),
}

impl Draw {
    const fn pockets(self) -> &'static [Pocket] {
        match self {
            Self::SpendFirst => &[Pocket::Spend, Pocket::Free],
            Self::FreeFirst => &[Pocket::Free, Pocket::Spend],
            Self::Only(Pocket::Spend) => &[Pocket::Spend],
            Self::Only(Pocket::Free) => &[Pocket::Free],
        }
    }
}

/// Into which pocket the money goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Land {
    /// The one it came from.
    SamePocket,
    /// This one.
    In(Pocket),
}

/// An instruction to move money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    /// Who gives.
    pub from: Holder,
    /// Who receives.
    pub to: Holder,
    /// Of what.
    pub asset: Asset,
    /// How much, in the smallest unit. Zero moves nothing and is no error.
    pub amount: i64,
    /// From which pockets.
    pub draw: Draw,
    /// Into which.
    pub land: Land,
    /// Why.
    pub reason: Reason,
    /// For which task.
    pub task: Option<TaskId>,
}

impl Move {
    /// Every account the instruction may read or change.
    pub fn accounts(&self) -> Vec<Account> {
        let (asset, to) = (self.asset, self.to);
        self.draw
            .pockets()
            .iter()
            .flat_map(|&pocket| {
                [
                    Account { holder: self.from, asset, pocket },
                    Account { holder: to, asset, pocket: self.landing(pocket) },
                ]
            })
            .collect()
    }

    const fn landing(&self, from: Pocket) -> Pocket {
        match self.land {
            Land::SamePocket => from,
            Land::In(pocket) => pocket,
        }
    }

    /// Money that comes in through a provider, into `pocket`.
    pub const fn deposit(
        provider: Provider,
        lane: Lane,
        to: PartyId,
        asset: Asset,
        amount: i64,
        pocket: Pocket,
    ) -> Self {
        Self {
            from: Holder::Clearing(provider, lane),
            to: Holder::Party(to),
            asset,
            amount,
            draw: Draw::Only(Pocket::Free),
            land: Land::In(pocket),
            reason: Reason::Deposit,
            task: None,
        }
    }

    /// Credits given for registering: spend-only.
    pub const fn registration_credit(lane: Lane, to: PartyId, amount: i64) -> Self {
        Self {
            from: Holder::Issue(lane),
            to: Holder::Party(to),
            asset: Asset::Cr,
            amount,
            draw: Draw::Only(Pocket::Free),
            land: Land::In(Pocket::Spend),
            reason: Reason::RegistrationCredit,
            task: None,
        }
    }
}

/// Turns instructions into transfers, all or none, against the given balances.
///
/// Each instruction sees what the ones before it did. Refusals, in this order:
/// a negative amount; giver and receiver the same account; a party's pockets that do
/// not cover the amount (`INSUFFICIENT_FUNDS`, with both figures); an escrow that
/// does not cover it, which means the books are wrong (`INTERNAL`); a balance that
/// would leave the integer's range (`INTERNAL`).
pub fn apply(moves: &[Move], balance: impl Fn(&Account) -> i64) -> Result<Vec<Transfer>, Refusal> {
    let mut books = Books { before: balance, now: BTreeMap::new() };
    let mut transfers = Vec::with_capacity(moves.len());
    for instruction in moves {
        books.carry_out(instruction, moves, &mut transfers)?;
    }
    Ok(transfers)
}

/// Balances as they were, and those that changed since.
struct Books<F> {
    before: F,
    now: BTreeMap<Account, i64>,
}

impl<F: Fn(&Account) -> i64> Books<F> {
    fn balance(&self, account: &Account) -> i64 {
        self.now.get(account).copied().unwrap_or_else(|| (self.before)(account))
    }

    fn carry_out(&mut self, order: &Move, all: &[Move], made: &mut Vec<Transfer>) -> Result<(), Refusal> {
        if order.amount < 0 {
            return Err(Refusal::new(Code::Internal, "a transfer below zero was asked for"));
        }
        let mut left = order.amount;
        for &pocket in order.draw.pockets() {
            let debit = Account { holder: order.from, asset: order.asset, pocket };
            let credit = Account { holder: order.to, asset: order.asset, pocket: order.landing(pocket) };
            if debit == credit {
                return Err(Refusal::new(
                    Code::Internal,
                    "a transfer from an account to itself was asked for",
                ));
            }
            let amount = if debit.may_go_negative() { left } else { left.min(self.balance(&debit)) };
            if amount > 0 {
                self.shift(&debit, &credit, amount)?;
                made.push(Transfer { debit, credit, amount, reason: order.reason, task: order.task });
                left -= amount;
            }
        }
        if left > 0 { Err(self.short(order, left, all)) } else { Ok(()) }
    }

    /// Too little, in figures: of a party all that the verb takes, and what there was.
    fn short(&self, order: &Move, left: i64, all: &[Move]) -> Refusal {
        let (asset, code) = (order.asset, order.asset.code());
        if !matches!(order.from, Holder::Party(_) | Holder::Channel(..)) {
            let (covered, wanted) =
                (money::format(asset, order.amount - left), money::format(asset, order.amount));
            let message = format!("{} holds {covered} {code}, {wanted} {code} asked for", order.from);
            return Refusal::new(Code::Internal, message);
        }
        let same = |other: &&Move| other.from == order.from && other.asset == asset;
        let wanted = all.iter().filter(same).map(|other| other.amount).sum();
        let held = |pocket: &Pocket| (self.before)(&Account { holder: order.from, asset, pocket: *pocket });
        let had = order.draw.pockets().iter().map(held).sum();
        let (wanted, had) = (money::format(asset, wanted), money::format(asset, had));
        Refusal::new(
            Code::InsufficientFunds,
            format!("{wanted} {code} needed, {had} {code} available: deposit the difference or ask for less"),
        )
    }

    fn shift(&mut self, debit: &Account, credit: &Account, amount: i64) -> Result<(), Refusal> {
        let out_of_range = || Refusal::new(Code::Internal, "a balance would leave its range");
        let gave = self.balance(debit).checked_sub(amount).ok_or_else(out_of_range)?;
        let received = self.balance(credit).checked_add(amount).ok_or_else(out_of_range)?;
        self.now.insert(*debit, gave);
        self.now.insert(*credit, received);
        Ok(())
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Party(id) => write!(f, "party/{id}"),
            Self::Escrow(task) => write!(f, "escrow/{task}"),
            Self::FeeHold(task) => write!(f, "fee-hold/{task}"),
            Self::Payout(task) => write!(f, "payout/{task}"),
            Self::Channel(channel, Side::Opener) => write!(f, "channel-opener/{channel}"),
            Self::Channel(channel, Side::Counterparty) => write!(f, "channel-counterparty/{channel}"),
            Self::Withdrawal(id) => write!(f, "withdrawal/{id}"),
            Self::Redemption(id) => write!(f, "redemption/{id}"),
            Self::Frozen(id) => write!(f, "frozen/{id}"),
            Self::Fees(lane) => write!(f, "fees/{lane}"),
            Self::Clearing(provider, lane) => write!(f, "clearing-{provider}/{lane}"),
            Self::Issue(lane) => write!(f, "issue/{lane}"),
        }
    }
}

impl fmt::Display for Pocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Spend => "spend",
            Self::Free => "free",
        })
    }
}

/// The stable text of an account, such as `usd/party/…/free`: its name in the
/// database and in the journal's hash.
impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let asset = match self.asset {
            Asset::Usd => "usd",
            Asset::Cr => "cr",
        };
        write!(f, "{asset}/{}/{}", self.holder, self.pocket)
    }
}

/// A text that names no account.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} names no account")]
pub struct NoAccount(String);

impl FromStr for Account {
    type Err = NoAccount;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse_account(text).ok_or_else(|| NoAccount(text.to_owned()))
    }
}

fn parse_account(text: &str) -> Option<Account> {
    let mut parts = text.split('/');
    let (asset, kind, id, pocket) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let holder = match kind {
        "party" => Holder::Party(id.parse().ok()?),
        "escrow" => Holder::Escrow(id.parse().ok()?),
        "fee-hold" => Holder::FeeHold(id.parse().ok()?),
        "payout" => Holder::Payout(id.parse().ok()?),
        "channel-opener" => Holder::Channel(id.parse().ok()?, Side::Opener),
        "channel-counterparty" => Holder::Channel(id.parse().ok()?, Side::Counterparty),
        "withdrawal" => Holder::Withdrawal(id.parse().ok()?),
        "redemption" => Holder::Redemption(id.parse().ok()?),
        "frozen" => Holder::Frozen(id.parse().ok()?),
        "fees" => Holder::Fees(id.parse().ok()?),
        "issue" => Holder::Issue(id.parse().ok()?),
        _ => {
            let name = kind.strip_prefix("clearing-")?;
            let provider = Provider::ALL.into_iter().find(|provider| provider.as_str() == name)?;
            Holder::Clearing(provider, id.parse().ok()?)
        }
    };
    let asset = Asset::parse(asset)?;
    let pocket = [Pocket::Spend, Pocket::Free].into_iter().find(|p| p.to_string() == pocket)?;
    parts.next().is_none().then_some(Account { holder, asset, pocket })
}
