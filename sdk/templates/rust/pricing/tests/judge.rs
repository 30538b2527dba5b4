//! The model as a function.

use assay_plugin::testing::{bid, listing};
use assay_plugin::{Bid, Pricing, PricingDecision, PricingEvent};
use {{crate}}::{Config, Judge};

fn decide(book: &[Bid], event: &PricingEvent) -> Vec<PricingDecision> {
    Judge::decide(&listing(100), book, event, Config { bids_wanted: 2 }).expect("decisions")
}

#[test]
fn enough_bids_are_not_kept_waiting() {
    let book = [bid("a", 90, 1), bid("b", 80, 2)];
    let decided = decide(&book, &PricingEvent::Bid("b".to_owned()));
    assert!(
        matches!(&decided[..], [PricingDecision::Award(offer)] if offer.bid == "b" && offer.price == 80)
    );
}

#[test]
fn a_bid_over_the_price_is_rejected_with_the_numbers() {
    let decided = decide(&[bid("a", 1_000, 1)], &PricingEvent::Bid("a".to_owned()));
    let [
        PricingDecision::Reject(rejection),
        PricingDecision::Wait(Some(2_000)),
    ] = &decided[..]
    else {
        panic!("a rejection, and a wait: {decided:?}");
    };
    assert_eq!(
        (rejection.bid.as_str(), rejection.reason.as_str()),
        ("a", "1,000 is over 100")
    );
}

#[test]
fn the_end_takes_what_there_is() {
    let decided = decide(&[bid("a", 90, 1)], &PricingEvent::Deadline);
    assert!(matches!(&decided[..], [PricingDecision::Award(offer)] if offer.bid == "a"));
    assert!(decide(&[], &PricingEvent::Deadline).is_empty());
}
