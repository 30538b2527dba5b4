//! The model's outside: payments by what their provider says, card money that the bank takes
//! back, and payouts until they are over.

use std::collections::btree_map::Entry;

use super::model::{CENT, Model, Payment, Pots, Said, USD, Withdrawal};
use super::steps::{Label, Notice, Outcome};

/// From one look at a payout to the next: at first, and at most. It doubles.
const LOOK_MS: i64 = 15_000;
const LOOK_MS_MAX: i64 = 600_000;

impl Notice {
    /// How far a payment is by it, and what it is called then. Nothing for what is never
    /// said of a card.
    const fn of(self, coins: bool) -> Option<(u32, &'static str)> {
        match self {
            Self::Confirming => Some((1, "confirming")),
            Self::Failed => Some((3, "failed")),
            Self::Expired => Some((3, "expired")),
            Self::Paid | Self::PaidAgain | Self::WrongAmount => Some((4, "credited")),
            Self::Waiting if coins => Some((0, "pending")),
            Self::Partly if coins => Some((2, "partially_paid")),
            Self::Refunded if coins => Some((3, "refunded")),
            Self::Waiting | Self::Partly | Self::Refunded => None,
        }
    }
}

impl Model {
    /// The provider's word for a payment. It only goes forward, and is credited once.
    pub(super) fn hear(&mut self, label: Label, notice: Notice) -> Said {
        let payment = self.payments[&label].clone();
        if notice == Notice::WrongAmount {
            return Err("INVALID_FIELD");
        }
        let Some((far, status)) = notice.of(payment.coins).filter(|(far, _)| *far > payment.far) else {
            return Ok(String::new());
        };
        if status == "credited" {
            self.credit_payment(&payment);
        }
        self.payments.insert(label, Payment { status, far, ..payment });
        Ok(String::new())
    }

    /// Card money can be spent here and not leave, since the bank may want it back.
    fn credit_payment(&mut self, payment: &Payment) {
        let Payment { who, amount, coins, task, .. } = *payment;
        self.brought += amount;
        let (spend, free) = if coins { (0, amount) } else { (amount, 0) };
        self.credit(who, USD, Pots { spend, free });
        let Some(on) = task else { return };
        let mut task = self.task(on);
        let apart = task.direct.is_none_or(|worker| self.apart(task.poster, worker).is_ok());
        if task.state == "unpaid" && apart {
            self.hold(&mut task);
            self.begin(&mut task);
            self.keep_task(on, task);
        }
    }

    /// The bank takes a card payment back: all card money that is left is frozen.
    pub(super) fn charge_back(&mut self, label: Label, by_intent: bool) -> Said {
        let payment = self.payments[&label].clone();
        // What it is called at the bank is known from the first notice on.
        if payment.coins || (by_intent && payment.far == 0) {
            return Err("NOT_FOUND");
        }
        if payment.status != "credited" {
            return Err("WRONG_STATUS");
        }
        if let Entry::Vacant(new) = self.chargebacks.entry(label) {
            new.insert("open");
            let party = self.party(payment.who);
            party.frozen += std::mem::take(&mut party.wallet[USD].spend);
        }
        Ok(String::new())
    }

    /// The operator ends a party's chargebacks: so much went to the bank, the rest goes back.
    pub(super) fn release(&mut self, who: Label, taken: i64) -> Said {
        let payments = &self.payments;
        let all = self.chargebacks.iter_mut();
        let open = all.filter(|(label, status)| **status == "open" && payments[*label].who == who);
        let open: Vec<&mut &'static str> = open.map(|(_, status)| status).collect();
        if open.is_empty() {
            return Err("NOT_FOUND");
        }
        let party = self.parties.get_mut(&who).expect("a step names who is there");
        if taken > party.frozen {
            return Err("PRICE_OUT_OF_RANGE");
        }
        for status in open {
            *status = "released";
        }
        party.wallet[USD].spend += std::mem::take(&mut party.frozen) - taken;
        self.brought -= taken;
        Ok(String::new())
    }

    pub(super) fn withdraw(&mut self, label: Label, who: Label, amount: i64) -> Said {
        let look_at = self.now;
        let wallet = &mut self.party(who).wallet[USD];
        if wallet.free < amount {
            return Err("INSUFFICIENT_FUNDS");
        }
        wallet.free -= amount;
        let (status, outcome) = ("pending", Outcome::Pays);
        let (taken, looks) = (false, 0);
        let withdrawal = Withdrawal { who, amount, held: amount, status, outcome, taken, look_at, looks };
        self.withdrawals.insert(label, withdrawal);
        Ok("pending".to_owned())
    }

    /// The provider is asked to pay, or how far it is.
    pub(super) fn pay_out(&mut self, label: Label) {
        let now = self.now;
        let withdrawal = self.withdrawals.get_mut(&label).expect("it was asked for");
        let asked = withdrawal.status == "pending";
        match withdrawal.outcome {
            Outcome::Refuses if asked && !withdrawal.taken => withdrawal.status = "failed",
            // Whether it was taken on is unknown, so that it is asked once more.
            Outcome::Silent => {
                withdrawal.taken = true;
                withdrawal.look_later(now);
            }
            _ if asked => {
                withdrawal.status = "processing";
                withdrawal.look_later(now);
            }
            Outcome::Pays => {
                withdrawal.status = "finished";
                self.brought -= std::mem::take(&mut withdrawal.held);
            }
            Outcome::Fails => withdrawal.status = "failed",
            Outcome::Refuses | Outcome::Waits => withdrawal.look_later(now),
        }
    }

    /// All payouts whose time has come.
    pub(super) fn pay_out_all(&mut self) {
        let due =
            |one: &Withdrawal| ["pending", "processing"].contains(&one.status) && one.look_at <= self.now;
        let due: Vec<Label> =
            self.withdrawals.iter().filter(|(_, one)| due(one)).map(|(label, _)| *label).collect();
        for label in due {
            self.pay_out(label);
        }
    }

    /// The operator gives a failed payout's money back, or has it tried again.
    pub(super) fn decide_failed(&mut self, label: Label, retry: bool) -> Said {
        let now = self.now;
        let withdrawal = self.withdrawals.get_mut(&label).expect("a step names one that is there");
        if withdrawal.status != "failed" {
            return Err("CONFLICT");
        }
        if retry {
            (withdrawal.status, withdrawal.taken) = ("pending", false);
            (withdrawal.look_at, withdrawal.looks) = (now, 0);
            return Ok("pending".to_owned());
        }
        withdrawal.status = "returned";
        let (who, free) = (withdrawal.who, std::mem::take(&mut withdrawal.held));
        self.credit(who, USD, Pots { spend: 0, free });
        Ok("returned".to_owned())
    }

    /// What must have left the house, by the withdrawal's name.
    pub(super) fn paid_out(&self, names: &super::later::Names) -> String {
        let left = self.withdrawals.iter().filter(|(_, one)| one.status == "finished");
        let mut rows: Vec<String> =
            left.map(|(label, one)| format!("{} {}", names[label], one.amount / CENT)).collect();
        rows.sort();
        rows.join("\n")
    }
}

impl Withdrawal {
    fn look_later(&mut self, now: i64) {
        self.look_at = now + (LOOK_MS << self.looks).min(LOOK_MS_MAX);
        self.looks = (self.looks + 1).min(20);
    }
}
