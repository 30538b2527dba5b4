//! A sealed reverse auction: the lowest bid wins when it closes.
//!
//! It closes at the listing's deadline, or as soon as so many qualifying bids are in
//! as the configuration asks for. The listing's price is the reserve: a bid over it
//! does not qualify, and is told so only at the close, since bids are sealed until
//! then. Of equal bids the earlier one wins, and of one moment the lower id.
//!
//! With `price: second` the winner is paid the second lowest qualifying bid, or the
//! reserve when it is alone, so that bidding one's true cost is the best there is to
//! do.

use assay_plugin::{Bid, Listing, Offer, Pricing, PricingDecision, PricingEvent, Problem, Rejection};
use serde::Deserialize;

/// What a task or a provider may set.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    price: Price,
    bids: Option<u32>,
}

/// What the winner is paid.
#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Price {
    #[default]
    First,
    Second,
}

/// The built-in model `auction`.
pub struct Auction;

impl Pricing for Auction {
    type Config = Config;

    fn decide(
        listing: &Listing,
        book: &[Bid],
        event: &PricingEvent,
        config: Config,
    ) -> Result<Vec<PricingDecision>, Problem> {
        if config.bids == Some(0) {
            return Err(Problem::InvalidConfig("bids must be at least 1".to_owned()));
        }
        if config.bids.is_none() && listing.closes_at.is_none() {
            return Err(Problem::InvalidConfig(
                "the auction never closes: the listing needs a deadline, or bids a number".to_owned(),
            ));
        }
        let mut qualifying: Vec<&Bid> = book.iter().filter(|bid| bid.price <= listing.price).collect();
        let is_full = config.bids.is_some_and(|bids| qualifying.len() >= bids as usize);
        if !is_full && !matches!(event, PricingEvent::Deadline) {
            return Ok(vec![PricingDecision::Wait(listing.closes_at)]);
        }
        qualifying.sort_by(|left, right| {
            (left.price, left.placed_at, &left.id).cmp(&(right.price, right.placed_at, &right.id))
        });
        Ok(close(listing, book, &qualifying, config.price))
    }
}

fn close(listing: &Listing, book: &[Bid], lowest_first: &[&Bid], price: Price) -> Vec<PricingDecision> {
    let Some(winner) = lowest_first.first() else {
        return book.iter().map(|bid| reject(listing, bid)).collect();
    };
    let second = lowest_first.get(1).map_or(listing.price, |bid| bid.price);
    let price = match price {
        Price::First => winner.price,
        Price::Second => second,
    };
    vec![PricingDecision::Award(Offer { bid: winner.id.clone(), price })]
}

fn reject(listing: &Listing, bid: &Bid) -> PricingDecision {
    let reason = format!("the bid of {} is over the reserve of {}", bid.price, listing.price);
    PricingDecision::Reject(Rejection { bid: bid.id.clone(), reason })
}

assay_plugin::export_pricing!(Auction);
