//! Work that is offered, wanted and haggled over next.

use super::{mostly, party};
use crate::dice::Dice;
use crate::model::{Bid, CENT, Model};
use crate::steps::{Act, Asks, Auction, By, Deal, Hybrid, Label, Mode, Post, Pricing, Rules, Wants};

fn wants(dice: &mut Dice) -> Wants {
    dice.pick(&[Wants::Nothing, Wants::Leaves, Wants::Leaves, Wants::LeavesAndTaste])
        .unwrap_or(Wants::Nothing)
}

pub(super) fn offer(model: &Model, dice: &mut Dice) -> Act {
    let cents = dice.pick(&[10, 30, 131, 499, 1_250]).unwrap_or(10);
    let asks = dice.pick(&[Asks::Fixed, Asks::Fixed, Asks::Hybrid, Asks::Auction]).unwrap_or(Asks::Fixed);
    Act::Offer { who: party(model, dice), cents, asks }
}

pub(super) fn post(model: &Model, dice: &mut Dice) -> Act {
    let who = party(model, dice);
    let credits = dice.percent(45);
    let mode = if credits { dice.pick(&[Mode::Bid, Mode::Claim, Mode::Open]) } else { Some(Mode::Bid) };
    let mode = mode.unwrap_or(Mode::Bid);
    let rules = model.parties.get(&who).map_or(Rules::NONE, |party| party.rules);
    // On the line of a guardrail, or a cent beside it.
    let lines: Vec<i64> = [rules.budget, rules.ask_above].into_iter().flatten().collect();
    let budget = match dice.pick(&lines) {
        Some(line) if !credits && dice.percent(60) => line + dice.between(-1, 1),
        _ if credits => dice.between(1, 300),
        _ => dice.between(1, 5_000),
    };
    let hours = dice.pick(&[None, Some(1), Some(5), Some(24), Some(100)]).flatten();
    let (wants, elsewhere) = (wants(dice), dice.percent(20));
    let pricing = (mode == Mode::Bid && dice.percent(25)).then(|| pricing(dice, budget));
    Act::Post { who, post: Post { credits, mode, budget, hours, wants, elsewhere, pricing } }
}

fn pricing(dice: &mut Dice, budget: i64) -> Pricing {
    let hours = dice.pick(&[None, None, Some(1), Some(4), Some(30)]).flatten();
    match dice.below(10) {
        0 | 1 => Pricing::Fixed { whole: dice.percent(50) },
        2..6 => {
            let most = if dice.percent(5) { budget + 1 } else { budget };
            let base = dice.percent(85).then(|| dice.between((budget / 2).max(1), most.max(1)));
            let band = dice.pick(&[0, 333, 500, 1_000, 5_000]).unwrap_or(500);
            Pricing::Hybrid(Hybrid { base, band, rounds: dice.between(0, 4), hours })
        }
        _ => Pricing::Auction(auction(dice, hours)),
    }
}

fn auction(dice: &mut Dice, hours: Option<u32>) -> Auction {
    let bids = dice.pick(&[None, Some(1), Some(2), Some(3)]).flatten();
    Auction { second: dice.percent(50), bids, hours }
}

/// A purchase, or the haggling before one.
pub(super) fn deal(model: &Model, dice: &mut Dice) -> Act {
    let talks: Vec<Label> = model.negotiations.keys().copied().collect();
    match (dice.below(10), dice.pick(&talks)) {
        (0..3, Some(on)) => go_on(model, dice, on),
        (3 | 4, _) => negotiate(model, dice),
        _ => buy(model, dice),
    }
}

fn providers(model: &Model) -> Vec<Label> {
    model.parties.iter().filter(|(_, party)| party.asks.is_some()).map(|(label, _)| *label).collect()
}

fn negotiate(model: &Model, dice: &mut Dice) -> Act {
    let with = dice.pick(&providers(model));
    let with = mostly(model, dice, with);
    Act::Negotiate { who: party(model, dice), with, cents: proposal(model, dice, with), on: None }
}

/// About what the provider asks, in cents.
fn proposal(model: &Model, dice: &mut Dice, with: Label) -> i64 {
    let base = model.parties[&with].asks.map_or(100, |(base, _)| base / CENT);
    dice.between((base * 4 / 5).max(1), base + 2)
}

/// The next word in a negotiation, or the purchase that it was for.
fn go_on(model: &Model, dice: &mut Dice, on: Label) -> Act {
    let talk = &model.negotiations[&on];
    let client = mostly(model, dice, Some(talk.client));
    match talk.status {
        "countered" if dice.percent(40) => Act::Agree { who: client, negotiation: on },
        "pending" if dice.percent(70) => {
            Act::Agree { who: mostly(model, dice, Some(talk.provider)), negotiation: on }
        }
        "accepted" => bought(dice, client, Deal::Agreed(on)),
        "used" if dice.percent(30) => bought(dice, client, Deal::Agreed(on)),
        _ => {
            let near = talk.countered.filter(|_| dice.percent(50)).map(|offer| offer / CENT - 1);
            let cents = near.unwrap_or_else(|| proposal(model, dice, talk.provider)).max(1);
            let with = mostly(model, dice, Some(talk.provider));
            Act::Negotiate { who: client, with, cents, on: Some(on) }
        }
    }
}

fn buy(model: &Model, dice: &mut Dice) -> Act {
    let named = dice.pick(&providers(model));
    let deal = match dice.below(10) {
        0..6 => Deal::From(mostly(model, dice, named)),
        6 => {
            let hours = dice.pick(&[None, Some(1), Some(4), Some(30)]).flatten();
            Deal::Auction(auction(dice, hours))
        }
        _ => Deal::Cheapest,
    };
    let who = party(model, dice);
    bought(dice, who, deal)
}

fn bought(dice: &mut Dice, who: Label, deal: Deal) -> Act {
    Act::Buy {
        who,
        deal,
        most_cents: dice.pick(&[20, 130, 500, 2_000]).unwrap_or(500),
        by: dice.pick(&[By::Balance, By::Balance, By::Later, By::Coins]).unwrap_or(By::Balance),
        wants: dice.pick(&[Wants::Nothing, Wants::Leaves]).unwrap_or(Wants::Nothing),
        hours: dice.pick(&[1, 24, 168]).unwrap_or(24),
    }
}

/// An open task that takes bids: another one, an answer to an offer, or a choice.
pub(super) fn over_bids(model: &Model, dice: &mut Dice, on: Label, poster: Label) -> Act {
    let task = &model.tasks[&on];
    let all: Vec<(Label, &Bid)> =
        model.bids.iter().filter(|(_, bid)| bid.task == on).map(|(label, bid)| (*label, bid)).collect();
    let most = task.price / task.unit();
    let offered: Vec<(Label, &Bid)> =
        all.iter().filter(|(_, bid)| bid.status == "countered").copied().collect();
    if let Some((bid, known)) = dice.pick(&offered).filter(|_| dice.percent(60)) {
        let offer = known.countered.map_or(1, |offer| offer / task.unit());
        let price = match dice.below(10) {
            0 => offer - 1,
            1..5 => offer,
            _ => dice.between(offer, most.max(offer)),
        };
        let credits = task.asset() == crate::model::CR;
        return Act::Answer { who: mostly(model, dice, Some(known.bidder)), bid, price, credits };
    }
    // Where somebody else chooses the poster seldom does.
    let choosing = if task.pricing.is_some() { 10 } else { 55 };
    match dice.pick(&all) {
        Some((bid, _)) if dice.percent(choosing) => Act::Choose { who: poster, bid, yes: dice.percent(85) },
        _ => {
            let low = (most / 2).max(1);
            let price = if dice.percent(5) { most + 1 } else { dice.between(low, most.max(low)) };
            Act::Bid { who: party(model, dice), task: on, price }
        }
    }
}
