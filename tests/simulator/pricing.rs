//! The model's prices: bids and who chooses among them, counter-offers, auctions, and what
//! a client and a provider settle on beforehand.

use super::model::{Bid, CENT, HOUR, Model, Negotiation, Said, Task};
use super::steps::{Asks, Auction, Deal, Hybrid, Label, Mode, Pricing};

/// Hours until an auction closes that says nothing of it.
const AUCTION_HOURS: u32 = 24;
/// A provider's own haggling: five percent, three offers.
const BAND: i64 = 500;
const ROUNDS: i64 = 3;

impl Model {
    /// A task whose bids are chosen among, if what is wanted makes sense.
    pub(super) fn priced(&self, mut task: Task, pricing: Option<Pricing>) -> Result<Task, &'static str> {
        let hours = match pricing {
            None | Some(Pricing::Fixed { .. }) => None,
            Some(Pricing::Hybrid(Hybrid { base, .. }))
                if base.is_some_and(|base| base * task.unit() > task.price) =>
            {
                return Err("INVALID_FIELD");
            }
            Some(Pricing::Hybrid(hybrid)) => hybrid.hours,
            Some(Pricing::Auction(Auction { bids: None, hours: None, .. })) => return Err("INVALID_FIELD"),
            Some(Pricing::Auction(auction)) => auction.hours,
        };
        task.pricing = pricing;
        task.closes = hours.map(|hours| self.now + i64::from(hours) * HOUR);
        Ok(task)
    }

    /// Whom a purchase goes to, or by which auction, and the price or the most it may be.
    pub(super) fn deal(
        &self,
        who: Label,
        deal: Deal,
        most: i64,
    ) -> Result<(Option<Label>, i64, Option<Auction>), &'static str> {
        let from = match deal {
            Deal::Auction(auction) => {
                let hours = auction.hours.or(auction.bids.is_none().then_some(AUCTION_HOURS));
                return Ok((None, most, Some(Auction { hours, ..auction })));
            }
            Deal::Agreed(agreed) => {
                let agreed = &self.negotiations[&agreed];
                return match agreed.status {
                    _ if agreed.client != who => Err("INVALID_FIELD"),
                    "accepted" if agreed.price > most => Err("INVALID_FIELD"),
                    "accepted" => Ok((Some(agreed.provider), agreed.price, None)),
                    _ => Err("WRONG_STATUS"),
                };
            }
            Deal::From(from) => from,
            Deal::Cheapest => self.cheapest(who, most).ok_or("NO_PROVIDER")?,
        };
        let (price, asks) = self.parties[&from].asks.ok_or("INVALID_FIELD")?;
        if asks == Asks::Auction {
            let auction = Auction { second: false, bids: None, hours: Some(AUCTION_HOURS) };
            return Ok((None, most, Some(auction)));
        }
        if price > most { Err("NO_PROVIDER") } else { Ok((Some(from), price, None)) }
    }

    /// Of other owners, and not by auction.
    fn cheapest(&self, who: Label, most: i64) -> Option<Label> {
        let others = self.parties.iter().filter(|(label, _)| self.root(**label) != self.root(who));
        let cheap = others.filter_map(|(label, party)| {
            let (price, _) = party.asks.filter(|(price, asks)| *price <= most && *asks != Asks::Auction)?;
            Some((price, *label))
        });
        cheap.min().map(|(_, label)| label)
    }

    pub(super) fn bid(&mut self, label: Label, who: Label, on: Label, price: i64) -> Said {
        let task = self.task(on);
        if task.poster == who {
            return Err("SELF_DEALING");
        }
        if task.state != "open" {
            return Err("CONFLICT");
        }
        if task.mode != Mode::Bid {
            return Err("WRONG_MODE");
        }
        self.book_is_open(&task)?;
        let price = price * task.unit();
        if price > task.price || price == 0 {
            return Err("PRICE_OUT_OF_RANGE");
        }
        self.apart(task.poster, who)?;
        if self.bids.values().any(|bid| bid.task == on && bid.bidder == who) {
            return Err("CONFLICT");
        }
        let at = self.now;
        let bid = Bid { task: on, bidder: who, price, status: "pending", at, countered: None, rounds: 0 };
        self.bids.insert(label, bid);
        Ok("pending".to_owned())
    }

    /// Nobody bids, or bids anew, when the task is somebody's or the bids are closed.
    fn book_is_open(&self, task: &Task) -> Result<(), &'static str> {
        let closed = task.closes.is_some_and(|at| at <= self.now);
        if task.state != "open" || closed { Err("CONFLICT") } else { Ok(()) }
    }

    pub(super) fn choose(&mut self, who: Label, bid: Label, yes: bool) -> Said {
        let chosen = self.bids[&bid].clone();
        let task = self.task(chosen.task);
        if task.poster != who {
            return Err("NOT_A_PARTY");
        }
        if task.state != "open" {
            return Err("CONFLICT");
        }
        // Nobody decides about bids that nobody sees.
        if matches!(task.pricing, Some(Pricing::Auction(_))) {
            return Err("WRONG_MODE");
        }
        if chosen.status != "pending" {
            return Err("WRONG_STATUS");
        }
        if !yes {
            self.bids.insert(bid, Bid { status: "rejected", ..chosen });
            return Ok("rejected".to_owned());
        }
        self.apart(who, chosen.bidder)?;
        self.award(bid, chosen.price);
        Ok("accepted".to_owned())
    }

    /// The task is the bidder's, and what the price is below the budget goes home.
    fn award(&mut self, bid: Label, price: i64) {
        let chosen = self.bids[&bid].clone();
        let mut task = self.task(chosen.task);
        self.give_back_above(&mut task, price);
        task.state = "claimed";
        task.worker = Some(chosen.bidder);
        self.keep_task(chosen.task, task);
        self.bids.insert(bid, Bid { status: "accepted", ..chosen });
    }

    /// A new price from a bidder who was made an offer, at least as high as that.
    pub(super) fn answer(&mut self, who: Label, label: Label, price: i64) -> Said {
        let bid = self.bids[&label].clone();
        let task = self.task(bid.task);
        if bid.bidder != who {
            return Err("NOT_A_PARTY");
        }
        self.book_is_open(&task)?;
        let (Some(offer), "countered") = (bid.countered, bid.status) else { return Err("WRONG_STATUS") };
        let price = price * task.unit();
        if price < offer || price > task.price {
            return Err("PRICE_OUT_OF_RANGE");
        }
        self.bids.insert(label, Bid { price, status: "pending", ..bid });
        Ok("pending".to_owned())
    }

    /// The bids on a task that can still be chosen, the lowest first, then the earliest.
    fn live_bids(&self, on: Label) -> Vec<(Label, Bid)> {
        let live = |bid: &Bid| bid.task == on && ["pending", "countered"].contains(&bid.status);
        let all = self.bids.iter().filter(|(_, bid)| live(bid));
        let mut all: Vec<(Label, Bid)> = all.map(|(label, bid)| (*label, bid.clone())).collect();
        all.sort_by_key(|(label, bid)| (bid.price, bid.at, *label));
        all
    }

    /// One look at the bids by whatever chooses among them. Of those who answered an offer
    /// one is answered a look; says whether there are more of them.
    pub(super) fn look_at_bids(&mut self, on: Label) -> bool {
        let task = self.task(on);
        let Some(pricing) = task.pricing.filter(|_| task.state == "open") else { return false };
        let live = self.live_bids(on);
        let closed = task.closes.is_some_and(|at| at <= self.now);
        match pricing {
            Pricing::Fixed { whole } => {
                let first = live.iter().min_by_key(|(label, bid)| (bid.at, *label));
                if let Some((first, bid)) = first {
                    self.award(*first, if whole { task.price } else { bid.price });
                }
            }
            Pricing::Auction(auction) => {
                let full = auction.bids.is_some_and(|most| live.len() >= most);
                let second = live.get(1).map_or(task.price, |(_, bid)| bid.price);
                if let Some((lowest, bid)) = live.first().filter(|_| full || closed) {
                    self.award(*lowest, if auction.second { second } else { bid.price });
                }
            }
            Pricing::Hybrid(hybrid) => return self.haggle(&task, hybrid, &live, closed),
        }
        false
    }

    fn haggle(&mut self, task: &Task, hybrid: Hybrid, live: &[(Label, Bid)], closed: bool) -> bool {
        let base = hybrid.base.map_or(task.price, |base| base * task.unit());
        let top = (base + base * hybrid.band / 10_000).min(task.price);
        let fits = |bid: &Bid| bid.price <= top || bid.countered.is_some_and(|offer| bid.price <= offer);
        if let Some((best, bid)) = live.iter().find(|(_, bid)| fits(bid)) {
            self.award(*best, bid.price);
            return false;
        }
        let answered = answered(live);
        for (label, bid) in live {
            let waits = bid.status == "pending" && (bid.rounds == 0 || answered.first() == Some(label));
            let bid = bid.clone();
            if closed || (waits && bid.rounds >= hybrid.rounds) {
                self.bids.insert(*label, Bid { status: "rejected", ..bid });
            } else if waits {
                // The first offer is the base price, the last one the top of the band.
                let steps = hybrid.rounds - 1;
                let offer = if steps == 0 { top } else { base + (top - base) * bid.rounds / steps };
                let offer = (offer / task.unit()).max(1) * task.unit();
                let (countered, rounds) = (Some(offer), bid.rounds + 1);
                self.bids.insert(*label, Bid { status: "countered", countered, rounds, ..bid });
            }
        }
        !closed && answered.len() > 1
    }

    pub(super) fn negotiate(
        &mut self,
        label: Label,
        (client, provider): (Label, Label),
        price: i64,
        on: Option<Label>,
    ) -> Said {
        let (base, asks) = self.parties[&provider].asks.ok_or("INVALID_FIELD")?;
        let new = Negotiation { client, provider, status: "pending", price, countered: None, rounds: 0 };
        let before = on.map_or(new, |on| self.negotiations[&on].clone());
        if before.client != client {
            return Err("NOT_A_PARTY");
        }
        if before.provider != provider {
            return Err("INVALID_FIELD");
        }
        if !["pending", "countered"].contains(&before.status) {
            return Err("WRONG_STATUS");
        }
        self.apart(client, provider)?;
        let mut talk = Negotiation { status: "pending", price, ..before };
        match asks {
            // There are no bids yet: the provider answers by hand.
            Asks::Auction => {}
            Asks::Fixed => talk.status = if price >= base { "accepted" } else { "rejected" },
            Asks::Hybrid => talk.haggle(base),
        }
        let words = talk.words();
        self.negotiations.insert(on.unwrap_or(label), talk);
        Ok(words)
    }

    /// The provider accepts a proposal, the client a counter-offer.
    pub(super) fn agree(&mut self, who: Label, label: Label) -> Said {
        let talk = self.negotiations.get_mut(&label).expect("a step names a negotiation that is there");
        if talk.client != who && talk.provider != who {
            return Err("NOT_A_PARTY");
        }
        let whose = match talk.status {
            "pending" => talk.provider,
            "countered" => talk.client,
            _ => return Err("WRONG_STATUS"),
        };
        if who != whose {
            return Err("NOT_A_PARTY");
        }
        talk.status = "accepted";
        Ok(talk.words())
    }
}

impl Negotiation {
    /// The provider would have its base price, and goes five percent below it, half of that
    /// an offer. Who proposes no less than the least or the last offer has the deal, at what
    /// they proposed.
    fn haggle(&mut self, base: i64) {
        let band = base * BAND / 10_000;
        if self.price >= base - band || self.countered.is_some_and(|offer| self.price >= offer) {
            self.status = "accepted";
        } else if self.rounds == ROUNDS {
            self.status = "rejected";
        } else {
            let offer = base - band * self.rounds / (ROUNDS - 1);
            self.price = (offer + CENT - 1) / CENT * CENT;
            self.countered = Some(self.price);
            self.rounds += 1;
            self.status = "countered";
        }
    }

    fn words(&self) -> String {
        format!("{} {}", self.status, self.price)
    }
}

/// Bids that are the answer to an offer, in the order in which they were made.
fn answered(live: &[(Label, Bid)]) -> Vec<Label> {
    let answer = |bid: &Bid| bid.status == "pending" && bid.rounds > 0;
    let mut all: Vec<Label> = live.iter().filter(|(_, bid)| answer(bid)).map(|(label, _)| *label).collect();
    all.sort_unstable();
    all
}
