//! Money that comes and goes next.

use super::{mostly, party};
use crate::dice::Dice;
use crate::model::{CENT, Model};
use crate::steps::{Act, Label, Notice, Outcome};

pub(super) fn coming_in(model: &Model, dice: &mut Dice) -> Act {
    if dice.percent(5) {
        return going_back(model, dice);
    }
    let waiting = model.payments.iter().filter(|(_, payment)| payment.status != "credited");
    let waiting: Vec<Label> = waiting.map(|(label, _)| *label).collect();
    let any: Vec<Label> = model.payments.keys().copied().collect();
    let payment = if dice.percent(80) { dice.pick(&waiting) } else { dice.pick(&any) };
    match payment {
        Some(payment) if dice.percent(65) => Act::Callback { payment, notice: notice(dice) },
        _ => Act::Pay { who: party(model, dice), cents: dice.between(1, 20_000), coins: dice.percent(50) },
    }
}

/// Mostly that it was paid: without money nothing happens.
fn notice(dice: &mut Dice) -> Notice {
    const OTHERS: [Notice; 9] = [
        Notice::WrongAmount,
        Notice::WrongAmount,
        Notice::PaidAgain,
        Notice::Waiting,
        Notice::Confirming,
        Notice::Partly,
        Notice::Failed,
        Notice::Expired,
        Notice::Refunded,
    ];
    if dice.percent(75) { Notice::Paid } else { dice.pick(&OTHERS).unwrap_or(Notice::Paid) }
}

/// Card money that the bank wants back, and what the operator does about it.
fn going_back(model: &Model, dice: &mut Dice) -> Act {
    let open = model.chargebacks.iter().filter(|(_, status)| **status == "open");
    let open: Vec<Label> = open.map(|(payment, _)| model.payments[payment].who).collect();
    if let Some(who) = dice.pick(&open).filter(|_| dice.percent(60)) {
        let who = mostly(model, dice, Some(who));
        let frozen = model.parties[&who].frozen / CENT;
        let cents = if dice.percent(20) { frozen + 1 } else { dice.between(0, frozen.max(0)) };
        return Act::Release { who, cents };
    }
    let cards = model.payments.iter().filter(|(_, one)| !one.coins || dice.percent(3));
    let cards: Vec<Label> = cards.map(|(label, _)| *label).collect();
    match dice.pick(&cards) {
        Some(payment) => {
            let (by_intent, refunded) = (dice.percent(50), dice.percent(30));
            Act::Chargeback { payment, by_intent, refunded }
        }
        None => Act::Pay { who: party(model, dice), cents: dice.between(1, 20_000), coins: false },
    }
}

/// A withdrawal, or what becomes of one.
pub(super) fn going_out(model: &Model, dice: &mut Dice) -> Act {
    const OUTCOMES: [Outcome; 5] =
        [Outcome::Pays, Outcome::Fails, Outcome::Refuses, Outcome::Waits, Outcome::Silent];
    let of = |statuses: &[&str]| -> Vec<Label> {
        let some = model.withdrawals.iter().filter(|(_, one)| statuses.contains(&one.status));
        some.map(|(label, _)| *label).collect()
    };
    let chosen = match dice.below(10) {
        0..3 => dice
            .pick(&of(&["pending", "processing"]))
            .and_then(|withdrawal| dice.pick(&OUTCOMES).map(|outcome| Act::Outcome { withdrawal, outcome })),
        // Mostly the provider has come to its senses.
        3 => {
            dice.pick(&of(&["failed"])).map(|withdrawal| Act::Outcome { withdrawal, outcome: Outcome::Pays })
        }
        4 | 5 => {
            let failed = of(&["failed"]);
            let any: Vec<Label> = model.withdrawals.keys().copied().collect();
            let one = if dice.percent(90) { dice.pick(&failed) } else { dice.pick(&any) };
            one.map(|withdrawal| Act::Decide { withdrawal, retry: dice.percent(50) })
        }
        _ => None,
    };
    chosen.unwrap_or_else(|| Act::Withdraw { who: party(model, dice), cents: dice.between(1, 3_000) })
}
