//! A base price with a band around it, and counter-offers before a bid lapses.
//!
//! The base price is the aim, the listing's price the most there is. A bid within the
//! band over the base price is taken as it is: the lowest one, the earlier of equal
//! ones. One over the band is countered: the first offer is the base price, and each
//! further one goes an equal step towards the top of the band, which the last one
//! reaches. A bidder that answers with a price at or under the last offer has the
//! deal. After `rounds_max` offers a bid that still asks for more lapses.

use assay_plugin::{Bid, Listing, Offer, Pricing, PricingDecision, PricingEvent, Problem, Rejection};
use serde::Deserialize;

/// What a task or a provider may set.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    base_price: Option<u64>,
    band_bp: u32,
    rounds_max: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self { base_price: None, band_bp: 500, rounds_max: 3 }
    }
}

/// The built-in model `hybrid`.
pub struct Hybrid;

/// The base price and the top of its band.
#[derive(Clone, Copy)]
struct Band {
    base: u64,
    top: u64,
}

impl Pricing for Hybrid {
    type Config = Config;

    fn decide(
        listing: &Listing,
        book: &[Bid],
        event: &PricingEvent,
        config: Config,
    ) -> Result<Vec<PricingDecision>, Problem> {
        let band = Band::of(listing, &config)?;
        let best = book
            .iter()
            .filter(|bid| {
                bid.price <= band.top || bid.countered_at_price.is_some_and(|offer| bid.price <= offer)
            })
            .filter(|bid| bid.price <= listing.price)
            .min_by(|left, right| {
                (left.price, left.placed_at, &left.id).cmp(&(right.price, right.placed_at, &right.id))
            });
        if let Some(bid) = best {
            return Ok(vec![PricingDecision::Award(Offer { bid: bid.id.clone(), price: bid.price })]);
        }
        let is_over = matches!(event, PricingEvent::Deadline);
        let mut decisions: Vec<PricingDecision> =
            book.iter().filter_map(|bid| answer(bid, band, config.rounds_max, event)).collect();
        if !is_over {
            decisions.push(PricingDecision::Wait(listing.closes_at));
        }
        Ok(decisions)
    }
}

impl Band {
    fn of(listing: &Listing, config: &Config) -> Result<Self, Problem> {
        if config.band_bp > 10_000 {
            return Err(Problem::InvalidConfig("band_bp must be at most 10000".to_owned()));
        }
        if config.rounds_max > 10 {
            return Err(Problem::InvalidConfig("rounds_max must be at most 10".to_owned()));
        }
        let base = config.base_price.unwrap_or(listing.price);
        if config.base_price == Some(0) {
            return Err(Problem::InvalidConfig("base_price must be at least 1".to_owned()));
        }
        if base > listing.price {
            return Err(Problem::InvalidConfig(format!(
                "base_price {base} is over the listing's price {}",
                listing.price
            )));
        }
        let width = u128::from(base) * u128::from(config.band_bp) / 10_000;
        let top = u64::try_from(u128::from(base) + width).unwrap_or(u64::MAX);
        Ok(Self { base, top: top.min(listing.price) })
    }

    /// The offer of a round, counted from 0 of `rounds_max`.
    fn offer(self, round: u32, rounds_max: u32) -> u64 {
        let steps = rounds_max.saturating_sub(1);
        if steps == 0 {
            return self.top;
        }
        let way = u128::from(self.top - self.base) * u128::from(round.min(steps)) / u128::from(steps);
        self.base + u64::try_from(way).unwrap_or(u64::MAX - self.base)
    }
}

/// What to say to a bid over the band: an offer, a refusal, or nothing while its
/// bidder has not answered the last offer.
fn answer(bid: &Bid, band: Band, rounds_max: u32, event: &PricingEvent) -> Option<PricingDecision> {
    let lapse = |reason: String| Some(PricingDecision::Reject(Rejection { bid: bid.id.clone(), reason }));
    let about = match event {
        PricingEvent::Deadline => {
            return lapse(format!("the time is over and the bid of {} is over {}", bid.price, band.top));
        }
        PricingEvent::Opened => None,
        PricingEvent::Bid(id) | PricingEvent::Counter(id) => Some(id),
    };
    let awaits_answer = bid.rounds > 0 && about != Some(&bid.id);
    if awaits_answer {
        return None;
    }
    if bid.rounds >= rounds_max {
        return lapse(format!(
            "no agreement after {} counter-offers; the last price asked is {}",
            bid.rounds, bid.price
        ));
    }
    let price = band.offer(bid.rounds, rounds_max);
    Some(PricingDecision::Counter(Offer { bid: bid.id.clone(), price }))
}

assay_plugin::export_pricing!(Hybrid);
