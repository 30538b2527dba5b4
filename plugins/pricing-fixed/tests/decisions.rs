//! Who is taken at which price.

use assay_plugin::testing::{bid, listing};
use assay_plugin::{Bid, Pricing, PricingDecision, PricingEvent};
use pricing_fixed::{Config, Fixed, MANIFEST};

/// Decisions in a word each: `award a 90`, `reject b`, `wait 2000`.
fn decide(book: &[Bid], event: &PricingEvent, config: &str) -> String {
    let config: Config = serde_json::from_str(config).expect("the configuration fits");
    let decisions = Fixed::decide(&listing(100), book, event, config).expect("decisions");
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
fn the_first_bid_at_or_under_the_price_is_taken() {
    let (opened, deadline) = (PricingEvent::Opened, PricingEvent::Deadline);
    let new = |id: &str| PricingEvent::Bid(id.to_owned());
    let table: Vec<(Vec<Bid>, PricingEvent, &str, &str)> = vec![
        (vec![], opened, "{}", "wait 2000"),
        (vec![bid("a", 100, 5)], new("a"), "{}", "award a 100"),
        (vec![bid("a", 90, 5)], new("a"), "{}", "award a 90"),
        (vec![bid("a", 90, 5)], new("a"), r#"{"pay":"listing"}"#, "award a 100"),
        (vec![bid("a", 101, 5)], new("a"), "{}", "reject a, wait 2000"),
        (vec![bid("a", 101, 5), bid("b", 100, 6)], new("b"), "{}", "award b 100"),
        (vec![bid("b", 10, 6), bid("a", 99, 5)], new("b"), "{}", "award a 99"),
        (vec![bid("b", 10, 5), bid("a", 99, 5)], new("b"), "{}", "award a 99"),
        (vec![], deadline.clone(), "{}", ""),
        (vec![bid("a", 101, 5)], deadline, "{}", "reject a"),
    ];
    for (book, event, config, expected) in table {
        assert_eq!(decide(&book, &event, config), expected, "{book:?} {event:?}");
    }
}

#[test]
fn an_unknown_setting_is_refused_and_the_manifest_is_json() {
    assert!(assay_plugin::worlds::parse_config::<Config>(r#"{"pay":"more"}"#).is_err());
    let manifest: serde_json::Value = serde_json::from_slice(&MANIFEST).expect("JSON");
    assert_eq!((&manifest["name"], &manifest["world"]), (&"pricing-fixed".into(), &"pricing".into()));
}
