//! Waits for a few bids, or for the end, and takes the lowest.

use assay_plugin::numbers::grouped;
use assay_plugin::{Bid, Listing, Pricing, PricingDecision, PricingEvent, Problem};
use serde::Deserialize;

/// What a task may set; `config.schema.json` says the same.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Bids at or under the price that are enough to choose from.
    pub bids_wanted: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self { bids_wanted: 3 }
    }
}

/// The model.
pub struct Judge;

impl Pricing for Judge {
    type Config = Config;

    fn decide(
        listing: &Listing,
        book: &[Bid],
        event: &PricingEvent,
        config: Config,
    ) -> Result<Vec<PricingDecision>, Problem> {
        let (good, dear): (Vec<&Bid>, Vec<&Bid>) =
            book.iter().partition(|bid| bid.price <= listing.price);
        // Of one price the earlier bid wins, so that the order of the book decides nothing.
        let lowest = good
            .iter()
            .min_by_key(|bid| (bid.price, bid.placed_at, &bid.id));
        let is_over = matches!(event, PricingEvent::Deadline);
        if let Some(bid) = lowest.filter(|_| is_over || good.len() >= config.bids_wanted) {
            return Ok(vec![PricingDecision::award(bid, bid.price)]);
        }
        let reason =
            |bid: &Bid| format!("{} is over {}", grouped(bid.price), grouped(listing.price));
        let mut decisions: Vec<_> = dear
            .iter()
            .map(|bid| PricingDecision::reject(bid, reason(bid)))
            .collect();
        if !is_over {
            decisions.push(PricingDecision::Wait(listing.closes_at));
        }
        Ok(decisions)
    }
}

assay_plugin::export_pricing!(Judge);
