//! A fixed price: the listing's price stands, and nobody haggles.
//!
//! The first bid at or under the price is taken, at what it bid, or at the listing's
//! price where the configuration says so. A bid over the price is rejected at once.
//! Bids that arrived together are taken in the order they were placed, and of one
//! moment in the order of their ids.

use assay_plugin::{Bid, Listing, Offer, Pricing, PricingDecision, PricingEvent, Problem, Rejection};
use serde::Deserialize;

/// What a task or a provider may set.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pay: Pay,
}

/// What the winner is paid.
#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Pay {
    #[default]
    Bid,
    Listing,
}

/// The built-in model `fixed`.
pub struct Fixed;

impl Pricing for Fixed {
    type Config = Config;

    fn decide(
        listing: &Listing,
        book: &[Bid],
        event: &PricingEvent,
        config: Config,
    ) -> Result<Vec<PricingDecision>, Problem> {
        let first = book
            .iter()
            .filter(|bid| bid.price <= listing.price)
            .min_by(|left, right| (left.placed_at, &left.id).cmp(&(right.placed_at, &right.id)));
        if let Some(bid) = first {
            let price = match config.pay {
                Pay::Bid => bid.price,
                Pay::Listing => listing.price,
            };
            return Ok(vec![PricingDecision::Award(Offer { bid: bid.id.clone(), price })]);
        }
        Ok(rejections(listing, book, event))
    }
}

/// Every bid that is left is over the price; at the end nothing is waited for.
fn rejections(listing: &Listing, book: &[Bid], event: &PricingEvent) -> Vec<PricingDecision> {
    let reject = |bid: &Bid| {
        let reason = format!("the price is fixed at {}; the bid is {}", listing.price, bid.price);
        PricingDecision::Reject(Rejection { bid: bid.id.clone(), reason })
    };
    let mut decisions: Vec<PricingDecision> = book.iter().map(reject).collect();
    if !matches!(event, PricingEvent::Deadline) {
        decisions.push(PricingDecision::Wait(listing.closes_at));
    }
    decisions
}

assay_plugin::export_pricing!(Fixed);
