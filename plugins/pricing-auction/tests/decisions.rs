//! When the auction closes, who wins, and at which price.

use assay_plugin::testing::{bid, listing};
use assay_plugin::{Bid, Pricing, PricingDecision, PricingEvent, Problem};
use pricing_auction::{Auction, Config, MANIFEST};

fn config(text: &str) -> Config {
    serde_json::from_str(text).expect("the configuration fits")
}

fn decide(book: &[Bid], event: &PricingEvent, settings: &str) -> String {
    let decisions = Auction::decide(&listing(100), book, event, config(settings)).expect("decisions");
    let words: Vec<String> = decisions.iter().map(word).collect();
    words.join(", ")
}

fn word(decision: &PricingDecision) -> String {
    match decision {
        PricingDecision::Wait(until) => format!("wait {}", until.unwrap_or_default()),
        PricingDecision::Reject(rejection) => format!("reject {}", rejection.bid),
        PricingDecision::Counter(offer) => format!("counter {} {}", offer.bid, offer.price),
        PricingDecision::Award(offer) => format!("award {} {}", offer.bid, offer.price),
    }
}

#[test]
fn the_lowest_bid_wins_when_it_closes() {
    let deadline = || PricingEvent::Deadline;
    let new = |id: &str| PricingEvent::Bid(id.to_owned());
    let three = || vec![bid("a", 80, 5), bid("b", 60, 6), bid("c", 70, 7)];
    let second = r#"{"price":"second"}"#;
    let table: Vec<(Vec<Bid>, PricingEvent, &str, &str)> = vec![
        (vec![], PricingEvent::Opened, "{}", "wait 2000"),
        (three(), new("c"), "{}", "wait 2000"),
        (three(), deadline(), "{}", "award b 60"),
        (three(), deadline(), second, "award b 70"),
        (vec![bid("a", 80, 5)], deadline(), second, "award a 100"),
        (vec![bid("a", 80, 5), bid("b", 101, 6)], deadline(), second, "award a 100"),
        (vec![bid("b", 60, 6), bid("a", 60, 5)], deadline(), "{}", "award a 60"),
        (vec![bid("b", 60, 5), bid("a", 60, 5)], deadline(), second, "award a 60"),
        (vec![bid("a", 101, 5), bid("b", 102, 6)], deadline(), "{}", "reject a, reject b"),
        (vec![bid("a", 100, 5)], deadline(), "{}", "award a 100"),
        (vec![], deadline(), "{}", ""),
        (three(), new("c"), r#"{"bids":3}"#, "award b 60"),
        (three(), new("c"), r#"{"bids":4}"#, "wait 2000"),
        (vec![bid("a", 80, 5), bid("b", 101, 6)], new("b"), r#"{"bids":2}"#, "wait 2000"),
    ];
    for (book, event, settings, expected) in table {
        assert_eq!(decide(&book, &event, settings), expected, "{book:?} {event:?} {settings}");
    }
}

#[test]
fn a_thousand_bids_in_any_order_have_one_winner() {
    let mut book: Vec<Bid> = (0..1_000).map(|n| bid(&format!("{n:03}"), 50 + (n * 7) % 50, n)).collect();
    let expected = decide(&book, &PricingEvent::Deadline, "{}");
    book.reverse();
    assert_eq!(
        (decide(&book, &PricingEvent::Deadline, "{}"), expected.as_str()),
        (expected.clone(), "award 000 50")
    );
}

#[test]
fn an_auction_that_would_never_close_is_a_broken_configuration() {
    let mut endless = listing(100);
    endless.closes_at = None;
    let answer = |settings| Auction::decide(&endless, &[], &PricingEvent::Opened, config(settings));
    assert!(matches!(answer("{}"), Err(Problem::InvalidConfig(_))));
    assert!(matches!(answer(r#"{"bids":0}"#), Err(Problem::InvalidConfig(_))));
    assert_eq!(answer(r#"{"bids":2}"#), Ok(vec![PricingDecision::Wait(None)]));
    assert!(assay_plugin::worlds::parse_config::<Config>(r#"{"price":"third"}"#).is_err());
    let manifest: serde_json::Value = serde_json::from_slice(&MANIFEST).expect("JSON");
    assert_eq!((&manifest["name"], &manifest["world"]), (&"pricing-auction".into(), &"pricing".into()));
}
