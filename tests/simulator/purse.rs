//! The model's money inside the house: wallets, escrow, channels, rewards.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::model::{CENT, CR, Channel, Model, Pots, Redemption, Said, Task, USD};
use super::steps::{Label, Rules};

/// Credits of the one reward, and how many an owner and all may redeem in a day.
pub(super) const REWARD: i64 = 30;
pub(super) const REDEEMED_BY_OWNER_MAX: i64 = 60;
pub(super) const REDEEMED_MAX: i64 = 150;

/// Millionths of a dollar that the handoff of each party may spend.
pub(super) const HANDED_MAX: i64 = 2_500_000;

/// The name of a party's handoff.
pub(super) fn handoff(of: Label) -> Uuid {
    Uuid::from_u128(of.into())
}

impl Model {
    /// Refuses what a wallet does not cover.
    pub(super) fn has(&self, who: Label, asset: usize, amount: i64) -> Result<(), &'static str> {
        if self.parties[&who].wallet[asset].total() < amount { Err("INSUFFICIENT_FUNDS") } else { Ok(()) }
    }

    /// Refuses what would pass the day's limit.
    pub(super) fn has_day_left(&self, who: Label, asset: usize, gross: i64) -> Result<(), &'static str> {
        let party = &self.parties[&who];
        let spent = party.spent.get(&self.day()).copied().unwrap_or(0);
        let over = party.rules.daily.is_some_and(|most| spent + gross > most * CENT);
        if asset == USD && over { Err("GUARDRAIL_MAX_DAILY_SPEND") } else { Ok(()) }
    }

    fn spend(&mut self, who: Label, asset: usize, amount: i64) {
        let day = self.day();
        if asset == USD {
            *self.party(who).spent.entry(day).or_default() += amount;
        }
    }

    /// What comes back on the day it was spent counts no more.
    fn unspend(&mut self, task: &Task, amount: i64) {
        if task.paid_day == self.day() {
            self.spend(task.poster, task.asset(), -amount);
        }
    }

    pub(super) fn credit(&mut self, who: Label, asset: usize, money: Pots) {
        self.party(who).wallet[asset].add(money);
    }

    /// Price and fee go from the wallet into the task.
    pub(super) fn hold(&mut self, task: &mut Task) {
        let (price, fee, asset) = (task.price, task.fee_on_top(task.price), task.asset());
        let wallet = &mut self.party(task.poster).wallet[asset];
        task.escrow = wallet.take(price);
        task.fee_hold = wallet.take(fee);
        task.paid_day = self.day();
        self.spend(task.poster, asset, price + fee);
    }

    /// A bid below the budget was taken: the rest and its fee go home.
    pub(super) fn give_back_above(&mut self, task: &mut Task, price: i64) {
        let mut home = task.escrow.keep(price);
        home.add(task.fee_hold.keep(task.fee_on_top(price)));
        task.price = price;
        self.unspend(task, home.total());
        self.credit(task.poster, task.asset(), home);
    }

    /// All goes home, and the task is over.
    pub(super) fn refund(&mut self, task: &mut Task, state: &'static str) {
        let mut home = task.escrow.empty();
        home.add(task.fee_hold.empty());
        task.state = state;
        self.unspend(task, home.total());
        self.credit(task.poster, task.asset(), home);
    }

    /// The worker is paid: at once, or when the day to dispute it is over.
    pub(super) fn pay(&mut self, task: &mut Task) {
        task.state = "paid";
        let worker = task.worker.expect("somebody did it");
        let off = task.escrow.take(task.fee_off(task.price));
        if task.surface == super::model::Surface::Commission {
            self.fees += task.fee_hold.empty().total();
            let payment = Pots { spend: 0, free: task.escrow.empty().total() };
            self.credit(worker, task.asset(), payment);
        } else {
            task.fee_hold.add(off);
            task.payout = task.escrow.empty();
            task.payout_at = Some(self.now + super::model::DAY);
        }
    }

    /// A payout can no longer be disputed.
    pub(super) fn mature(&mut self, task: &mut Task) {
        let payment = Pots { spend: 0, free: task.payout.empty().total() };
        task.payout_at = None;
        self.fees += task.fee_hold.empty().total();
        self.credit(task.worker.expect("somebody did it"), task.asset(), payment);
    }

    /// A dispute sends a pending payout and its fee back.
    pub(super) fn freeze(task: &mut Task) {
        task.escrow.add(task.payout.empty());
        task.escrow.add(task.fee_hold.empty());
        task.payout_at = None;
    }

    /// A dispute is over: the worker has a share and bears its fee, the rest goes home.
    pub(super) fn divide(&mut self, task: &mut Task, share: i64) {
        let off = task.fee_off(share);
        let kept = if self.fee_on_refunds { task.fee_off(task.price - share) } else { 0 };
        let spent = task.escrow.take(share + kept).total();
        let fee = task.fee_hold.take(task.fee_on_top(share)).total();
        let mut home = task.escrow.empty();
        home.add(task.fee_hold.empty());
        task.state = "resolved";
        self.fees += fee + off + kept;
        let worker = task.worker.expect("somebody did it");
        self.credit(worker, task.asset(), Pots { spend: 0, free: spent - kept - off });
        self.unspend(task, home.total());
        self.credit(task.poster, task.asset(), home);
    }

    pub(super) fn set_rules(&mut self, who: Label, by: Label, rules: Rules) -> Said {
        let party = &self.parties[&who];
        if by != who && party.owner != Some(by) {
            return Err("NOT_A_PARTY");
        }
        if by != self.root(who) && looser(party.rules, rules) {
            return Err("OWNER_ONLY");
        }
        self.party(who).rules = rules;
        Ok(String::new())
    }

    fn put_in(
        &mut self,
        who: Label,
        channel: &mut Channel,
        side: usize,
        amount: i64,
        handed: bool,
    ) -> Result<(), &'static str> {
        if !self.parties[&who].rules.enabled {
            return Err("COMMISSIONING_DISABLED");
        }
        if handed && self.parties[&who].handed + amount > HANDED_MAX {
            return Err("HANDOFF_SPEND_LIMIT");
        }
        self.has_day_left(who, USD, amount)?;
        self.has(who, USD, amount)?;
        let money = self.party(who).wallet[USD].take(amount);
        channel.sides[side].add(money);
        self.party(who).handed += if handed { amount } else { 0 };
        *channel.paid_in[side].entry(self.day()).or_default() += amount;
        self.spend(who, USD, amount);
        Ok(())
    }

    pub(super) fn open_channel(&mut self, label: Label, who: Label, with: Label, amount: i64) -> Said {
        if who == with {
            return Err("INVALID_FIELD");
        }
        let mut channel = Channel {
            ends: [who, with],
            sides: [Pots::default(); 2],
            paid_in: [BTreeMap::new(), BTreeMap::new()],
            sequence: 0,
            open: true,
            numbered: BTreeMap::new(),
        };
        self.put_in(who, &mut channel, 0, amount, false)?;
        let words = channel.words(0);
        self.channels.insert(label, channel);
        Ok(words)
    }

    fn own_channel(&self, who: Label, label: Label) -> Result<(Channel, usize), &'static str> {
        let channel = self.channels[&label].clone();
        let side = channel.ends.iter().position(|end| *end == who).ok_or("NOT_A_PARTY")?;
        if channel.open { Ok((channel, side)) } else { Err("WRONG_STATUS") }
    }

    pub(super) fn fund_channel(&mut self, (who, handed): (Label, bool), label: Label, amount: i64) -> Said {
        let (mut channel, side) = self.own_channel(who, label)?;
        self.put_in(who, &mut channel, side, amount, handed)?;
        let words = format!("{} {}", channel.sides[side].total(), channel.sides[1 - side].total());
        self.channels.insert(label, channel);
        Ok(words)
    }

    pub(super) fn transfer(&mut self, who: Label, label: Label, amount: i64, number: Option<i64>) -> Said {
        if let Some(number) = number
            && let Some((whose, sum, words, at)) = self.channels[&label].numbered.get(&number)
            && self.now - at < super::model::DAY
        {
            let same = (*whose, *sum) == (who, amount);
            return if same { Ok(words.clone()) } else { Err("SEQUENCE_MISMATCH") };
        }
        let (mut channel, side) = self.own_channel(who, label)?;
        if number.is_some_and(|number| number != channel.sequence + 1) {
            return Err("SEQUENCE_MISMATCH");
        }
        if channel.sides[side].total() < amount {
            return Err("INSUFFICIENT_FUNDS");
        }
        let money = channel.sides[side].take(amount).total();
        channel.sides[1 - side].free += money;
        channel.sequence += 1;
        let words = channel.words(side);
        if let Some(number) = number {
            channel.numbered.insert(number, (who, amount, words.clone(), self.now));
        }
        self.channels.insert(label, channel);
        Ok(words)
    }

    pub(super) fn close(&mut self, who: Label, label: Label) -> Said {
        let (mut channel, side) = self.own_channel(who, label)?;
        channel.open = false;
        let day = self.day();
        for (index, end) in channel.ends.into_iter().enumerate() {
            let money = channel.sides[index].empty();
            let today = channel.paid_in[index].get(&day).copied().unwrap_or(0);
            self.spend(end, USD, -money.total().min(today));
            self.credit(end, USD, money);
        }
        let words = channel.words(side);
        self.channels.insert(label, channel);
        Ok(words)
    }

    pub(super) fn redeem(&mut self, label: Label, who: Label) -> Said {
        let party = &self.parties[&who];
        if !party.human && party.owner.is_none() {
            return Err("OWNER_ONLY");
        }
        if self.stock == 0 {
            return Err("OUT_OF_STOCK");
        }
        let (day, owner) = (self.day(), self.root(who));
        let own = self.parties[&owner].redeemed.get(&day).copied().unwrap_or(0);
        let all = self.redeemed.get(&day).copied().unwrap_or(0);
        if own + REWARD > REDEEMED_BY_OWNER_MAX || all + REWARD > REDEEMED_MAX {
            return Err("QUOTA_EXHAUSTED");
        }
        let wallet = &mut self.party(who).wallet[CR];
        if wallet.free < REWARD {
            return Err("INSUFFICIENT_FUNDS");
        }
        wallet.free -= REWARD;
        self.stock -= 1;
        *self.party(owner).redeemed.entry(day).or_default() += REWARD;
        *self.redeemed.entry(day).or_default() += REWARD;
        self.redemptions.insert(label, Redemption { who, owner, day, held: REWARD, status: "pending" });
        Ok("pending".to_owned())
    }

    pub(super) fn rule(&mut self, label: Label, yes: bool) -> Said {
        let mut redemption = self.redemptions[&label].clone();
        if redemption.status != "pending" {
            return Err("CONFLICT");
        }
        let held = std::mem::take(&mut redemption.held);
        redemption.status = if yes { "settled" } else { "refused" };
        if yes {
            self.issued -= held;
        } else {
            self.stock += 1;
            self.credit(redemption.who, CR, Pots { spend: 0, free: held });
            if redemption.day == self.day() {
                *self.party(redemption.owner).redeemed.entry(redemption.day).or_default() -= held;
                *self.redeemed.entry(redemption.day).or_default() -= held;
            }
        }
        let words = redemption.status.to_owned();
        self.redemptions.insert(label, redemption);
        Ok(words)
    }
}

impl Channel {
    /// What an end is told: its own balance, the other's, and the number of transfers.
    fn words(&self, side: usize) -> String {
        format!("{} {} {}", self.sides[side].total(), self.sides[1 - side].total(), self.sequence)
    }
}

/// Whether new rules allow anything that the old ones did not.
fn looser(old: Rules, new: Rules) -> bool {
    let more = |old: Option<i64>, new: Option<i64>| new.unwrap_or(i64::MAX) > old.unwrap_or(i64::MAX);
    (new.enabled && !old.enabled)
        || more(old.budget, new.budget)
        || more(old.daily, new.daily)
        || more(old.open, new.open)
        || more(old.ask_above, new.ask_above)
        || (old.one_category && !new.one_category)
}
