//! Golden inputs of pricing models.

use super::{Golden, golden};
use crate::input::Input;
use crate::pricing::{Bid, Listing, PricingEvent};

const OPENED_AT_MS: u64 = 1_750_000_000_000;

/// Bids in a full book, as `wit/` says.
const BIDS_MAX: u64 = 1_000;

pub(super) fn goldens() -> Vec<Golden> {
    let three = || vec![bid("anna", 90), bid("bela", 80), bid("carl", 80)];
    let about = |id: &str| PricingEvent::Bid(id.to_owned());
    let countered = |rounds| Bid { countered_at_price: Some(70), rounds, ..bid("anna", 75) };
    vec![
        price("an empty book", listing(100), vec![], PricingEvent::Opened),
        price("a first bid", listing(100), vec![bid("anna", 90)], about("anna")),
        price("a bid at the full price", listing(100), vec![bid("anna", 100)], about("anna")),
        price("three bids, two of them alike", listing(100), three(), about("carl")),
        price("the end, with three bids", listing(100), three(), PricingEvent::Deadline),
        price("the end, with none", listing(100), vec![], PricingEvent::Deadline),
        price("a bid above the price", listing(100), vec![bid("anna", 101)], about("anna")),
        price("an answer to a counter-offer", listing(100), vec![countered(1)], answer("anna")),
        price("a long haggle", listing(100), vec![countered(40)], answer("anna")),
        price("names of many scripts", listing(100), scripts(), PricingEvent::Deadline),
        price("a price of one", listing(1), vec![bid("anna", 1)], PricingEvent::Deadline),
        price("the largest price", listing(i64::MAX.unsigned_abs()), large(), PricingEvent::Deadline),
        price("no closing time", open_ended(), three(), PricingEvent::Opened),
        price("a full book", listing(1_000_000), book(), PricingEvent::Deadline),
    ]
}

fn price(name: &str, listing: Listing, book: Vec<Bid>, event: PricingEvent) -> Golden {
    golden(name, Input::Price { listing, book, event, config: String::new() })
}

fn answer(id: &str) -> PricingEvent {
    PricingEvent::Counter(id.to_owned())
}

fn listing(price: u64) -> Listing {
    Listing {
        id: "listing".to_owned(),
        currency: "USD".to_owned(),
        price,
        opened_at: OPENED_AT_MS,
        closes_at: Some(OPENED_AT_MS + 86_400_000),
    }
}

fn open_ended() -> Listing {
    Listing { currency: "CR".to_owned(), closes_at: None, ..listing(100) }
}

fn bid(id: &str, price: u64) -> Bid {
    Bid {
        id: id.to_owned(),
        bidder: format!("bot-{id}"),
        price,
        placed_at: OPENED_AT_MS + price,
        countered_at_price: None,
        rounds: 0,
    }
}

fn scripts() -> Vec<Bid> {
    ["żółw", "черепаха", "亀", "سلحفاة", "🐢", "e\u{301}", "é"]
        .into_iter()
        .zip(50..)
        .map(|(id, price)| bid(id, price))
        .collect()
}

fn large() -> Vec<Bid> {
    let price = i64::MAX.unsigned_abs();
    vec![bid("anna", price), Bid { placed_at: u64::MAX, ..bid("bela", price - 1) }]
}

/// Prices that go up and down without a pattern, and every one of them more than once.
fn book() -> Vec<Bid> {
    (0..BIDS_MAX).map(|n| bid(&format!("bid-{n}"), 1 + n * n * 7_919 % 499)).collect()
}
