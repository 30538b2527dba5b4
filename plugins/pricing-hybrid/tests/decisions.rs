//! What is taken, what is countered at which price, and what lapses.

use assay_plugin::testing::{bid, listing};
use assay_plugin::{Bid, Pricing, PricingDecision, PricingEvent, Problem};
use pricing_hybrid::{Config, Hybrid, MANIFEST};

/// A base price of 100 in a listing of 150, a band of a tenth, three rounds.
const SETTINGS: &str = r#"{"base_price":100,"band_bp":1000,"rounds_max":3}"#;

fn config(text: &str) -> Config {
    serde_json::from_str(text).expect("the configuration fits")
}

fn decide(book: &[Bid], event: &PricingEvent, settings: &str) -> String {
    let decisions = Hybrid::decide(&listing(150), book, event, config(settings)).expect("decisions");
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

/// A bid that was offered this price in its last round.
fn countered(id: &str, price: u64, offer: u64, rounds: u32) -> Bid {
    Bid { countered_at_price: Some(offer), rounds, ..bid(id, price, 5) }
}

#[test]
fn bids_in_the_band_are_taken_and_others_are_countered() {
    let new = |id: &str| PricingEvent::Bid(id.to_owned());
    let answered = |id: &str| PricingEvent::Counter(id.to_owned());
    let deadline = || PricingEvent::Deadline;
    let table: Vec<(Vec<Bid>, PricingEvent, &str, &str)> = vec![
        (vec![], PricingEvent::Opened, SETTINGS, "wait 2000"),
        (vec![bid("a", 100, 5)], new("a"), SETTINGS, "award a 100"),
        (vec![bid("a", 110, 5)], new("a"), SETTINGS, "award a 110"),
        (vec![bid("a", 111, 5)], new("a"), SETTINGS, "counter a 100, wait 2000"),
        (vec![bid("a", 110, 5), bid("b", 105, 6)], new("b"), SETTINGS, "award b 105"),
        (vec![bid("b", 105, 6), bid("a", 105, 5)], new("b"), SETTINGS, "award a 105"),
        (vec![countered("a", 100, 100, 1)], answered("a"), SETTINGS, "award a 100"),
        (vec![countered("a", 140, 100, 1)], answered("a"), SETTINGS, "counter a 105, wait 2000"),
        (vec![countered("a", 130, 105, 2)], answered("a"), SETTINGS, "counter a 110, wait 2000"),
        (vec![countered("a", 120, 110, 3)], answered("a"), SETTINGS, "reject a, wait 2000"),
        (vec![countered("a", 140, 100, 1), bid("b", 130, 6)], new("b"), SETTINGS, "counter b 100, wait 2000"),
        (vec![countered("a", 140, 100, 1)], deadline(), SETTINGS, "reject a"),
        (vec![countered("a", 140, 100, 1), bid("b", 110, 6)], deadline(), SETTINGS, "award b 110"),
        (vec![], deadline(), SETTINGS, ""),
        (vec![bid("a", 200, 5)], new("a"), "{}", "counter a 150, wait 2000"),
        (vec![bid("a", 151, 5)], new("a"), r#"{"rounds_max":0}"#, "reject a, wait 2000"),
        (
            vec![bid("a", 120, 5)],
            new("a"),
            r#"{"base_price":100,"rounds_max":1}"#,
            "counter a 105, wait 2000",
        ),
    ];
    for (book, event, settings, expected) in table {
        assert_eq!(decide(&book, &event, settings), expected, "{book:?} {event:?} {settings}");
    }
}

#[test]
fn a_haggle_ends_whatever_the_bidder_asks() {
    for asks in [[149, 149, 149, 149], [150, 140, 130, 120], [111, 112, 113, 114]] {
        let mut book = vec![bid("a", asks[0], 5)];
        let mut event = PricingEvent::Bid("a".to_owned());
        let mut offers = Vec::new();
        for ask in asks {
            book[0].price = ask;
            let decisions =
                Hybrid::decide(&listing(150), &book, &event, config(SETTINGS)).expect("decisions");
            event = PricingEvent::Counter("a".to_owned());
            if let PricingDecision::Counter(offer) = &decisions[0] {
                offers.push(offer.price);
                book[0].countered_at_price = Some(offer.price);
                book[0].rounds += 1;
            } else {
                assert!(matches!(decisions[0], PricingDecision::Reject(_)), "{decisions:?}");
            }
        }
        assert_eq!(offers, [100, 105, 110], "{asks:?}");
    }
}

#[test]
fn a_broken_configuration_is_named_and_the_manifest_is_json() {
    for settings in
        [r#"{"base_price":151}"#, r#"{"base_price":0}"#, r#"{"band_bp":10001}"#, r#"{"rounds_max":11}"#]
    {
        let answer = Hybrid::decide(&listing(150), &[], &PricingEvent::Opened, config(settings));
        assert!(matches!(answer, Err(Problem::InvalidConfig(_))), "{settings}");
    }
    let manifest: serde_json::Value = serde_json::from_slice(&MANIFEST).expect("JSON");
    assert_eq!((&manifest["name"], &manifest["world"]), (&"pricing-hybrid".into(), &"pricing".into()));
    let largest = listing(u64::MAX);
    let settings = format!(r#"{{"base_price":{},"band_bp":10000}}"#, u64::MAX);
    let answer = Hybrid::decide(&largest, &[bid("a", u64::MAX, 1)], &PricingEvent::Opened, config(&settings));
    assert!(matches!(answer.as_deref(), Ok([PricingDecision::Award(_)])));
}
