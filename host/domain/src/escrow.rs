//! What a step of the lifecycle means in money: from [`Money`] to [`Move`]s.
//!
//! A task has one escrow for its price and one fee hold for its fee. Both are empty
//! when the task is final and its payout available; that they are is an invariant the
//! tests hold against every story.

use crate::ids::{Lane, PartyId, TaskId};
use crate::ledger::{Draw, Holder, Land, Move, Pocket, Reason};
use crate::money::part;
use crate::task::{Money, Resolution};
use crate::terms::Terms;

/// The facts of a task that its money depends on.
#[derive(Clone, Copy, Debug)]
pub struct Purse {
    /// Which task.
    pub task: TaskId,
    /// Who posted it and paid.
    pub poster: PartyId,
    /// The price in escrow, or to be put there: the budget until a bid is accepted.
    pub held: i64,
    /// What it agreed to.
    pub terms: Terms,
}

impl Purse {
    /// The instructions of a step. `lane` names the house's accounts to use.
    pub fn moves(&self, money: Money, lane: Lane) -> Vec<Move> {
        match money {
            Money::Stays => Vec::new(),
            Money::Hold => self.hold(),
            Money::ReturnAbove { price } => {
                let fee = self.terms.fee_on_top(self.held) - self.terms.fee_on_top(price);
                self.give_back(self.held - price, fee)
            }
            Money::Pay { worker, price } => self.pay(worker, price, self.terms.payout_delay_hours > 0, lane),
            Money::Refund => self.give_back(self.held, self.terms.fee_on_top(self.held)),
            Money::Freeze { price } => self.freeze(price),
            Money::Divide { worker, price, resolution } => self.divide(worker, price, resolution, lane),
        }
    }

    /// When the dispute window closes: the payout becomes available, the fee is earned.
    pub fn mature(&self, worker: PartyId, price: i64, lane: Lane) -> Vec<Move> {
        let payout = price - self.terms.fee_deducted(price);
        let mut moves =
            vec![self.transfer(Holder::Payout(self.task), Holder::Party(worker), payout, Reason::Available)];
        moves.extend(self.collect(self.fee(price), lane));
        moves
    }

    /// The fee of a price, whoever bears it.
    fn fee(&self, price: i64) -> i64 {
        self.terms.fee_on_top(price) + self.terms.fee_deducted(price)
    }

    fn hold(&self) -> Vec<Move> {
        let poster = Holder::Party(self.poster);
        vec![
            same_pocket(self.transfer(poster, Holder::Escrow(self.task), self.held, Reason::Hold)),
            same_pocket(self.transfer(
                poster,
                Holder::FeeHold(self.task),
                self.terms.fee_on_top(self.held),
                Reason::FeeHold,
            )),
        ]
    }

    fn give_back(&self, price: i64, fee: i64) -> Vec<Move> {
        let poster = Holder::Party(self.poster);
        let home = |order: Move| Move { draw: Draw::FreeFirst, land: Land::SamePocket, ..order };
        vec![
            home(self.transfer(Holder::Escrow(self.task), poster, price, Reason::Refund)),
            home(self.transfer(Holder::FeeHold(self.task), poster, fee, Reason::FeeRefund)),
        ]
    }

    /// Pays the worker. A payout that is not available yet stays with the task, and its
    /// fee on hold, since a dispute may still send both back.
    fn pay(&self, worker: PartyId, price: i64, pending: bool, lane: Lane) -> Vec<Move> {
        let (escrow, deducted) = (Holder::Escrow(self.task), self.terms.fee_deducted(price));
        let payout = |to| self.transfer(escrow, to, price - deducted, Reason::Payout);
        let mut moves =
            vec![same_pocket(self.transfer(escrow, Holder::FeeHold(self.task), deducted, Reason::FeeHold))];
        if pending {
            moves.push(same_pocket(payout(Holder::Payout(self.task))));
        } else {
            moves.push(payout(Holder::Party(worker)));
            moves.extend(self.collect(self.fee(price), lane));
        }
        moves
    }

    fn collect(&self, fee: i64, lane: Lane) -> Option<Move> {
        (fee > 0).then(|| self.transfer(Holder::FeeHold(self.task), Holder::Fees(lane), fee, Reason::Fee))
    }

    fn freeze(&self, price: i64) -> Vec<Move> {
        let (escrow, deducted) = (Holder::Escrow(self.task), self.terms.fee_deducted(price));
        vec![
            same_pocket(self.transfer(Holder::Payout(self.task), escrow, price - deducted, Reason::Hold)),
            same_pocket(self.transfer(Holder::FeeHold(self.task), escrow, deducted, Reason::Hold)),
        ]
    }

    /// A resolution pays at once. The worker's share bears its part of the fee, the
    /// rest of price and fee goes home; odd units go to the poster.
    fn divide(&self, worker: PartyId, price: i64, resolution: Resolution, lane: Lane) -> Vec<Move> {
        let workers = match resolution {
            Resolution::Refund => 0,
            Resolution::Release => price,
            Resolution::Split { worker_share } => part(self.terms.asset, price, worker_share),
        };
        let mut moves = self.pay(worker, workers, false, lane);
        let fee_back = self.terms.fee_on_top(price) - self.terms.fee_on_top(workers);
        let kept = if self.terms.fee_on_refunds { self.terms.fee_deducted(price - workers) } else { 0 };
        let escrow = Holder::Escrow(self.task);
        moves.extend((kept > 0).then(|| self.transfer(escrow, Holder::Fees(lane), kept, Reason::Fee)));
        moves.extend(self.give_back(price - workers - kept, fee_back));
        moves
    }

    /// The common case: spend-only money first, into the free pocket.
    const fn transfer(&self, from: Holder, to: Holder, amount: i64, reason: Reason) -> Move {
        Move {
            from,
            to,
            asset: self.terms.asset,
            amount,
            draw: Draw::SpendFirst,
            land: Land::In(Pocket::Free),
            reason,
            task: Some(self.task),
        }
    }
}

fn same_pocket(order: Move) -> Move {
    Move { land: Land::SamePocket, ..order }
}
