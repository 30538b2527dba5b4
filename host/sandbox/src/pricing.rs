//! What pricing models are asked and what they say: records of `wit/`, in their order.
//!
//! Prices are the smallest unit of the listing's currency. Times are milliseconds.

use serde::{Deserialize, Serialize};
use wasmtime::component::{ComponentType, Lift, Lower};

use crate::canonical::sorted_keys;

/// What is on offer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ComponentType, Lift, Lower)]
#[serde(deny_unknown_fields)]
#[component(record)]
pub struct Listing {
    /// The task or service offered; receipts are chained by it.
    pub id: String,
    /// `USD` or `CR`.
    pub currency: String,
    /// The most the poster pays, or the provider's base price.
    pub price: u64,
    /// Milliseconds. It is the time a run starts at.
    #[component(name = "opened-at")]
    pub opened_at: u64,
    /// Milliseconds.
    #[component(name = "closes-at")]
    pub closes_at: Option<u64>,
}

/// One offer to do the work.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ComponentType, Lift, Lower)]
#[serde(deny_unknown_fields)]
#[component(record)]
pub struct Bid {
    /// The bid's id.
    pub id: String,
    /// Who made it.
    pub bidder: String,
    /// What they ask.
    pub price: u64,
    /// Milliseconds.
    #[component(name = "placed-at")]
    pub placed_at: u64,
    /// The last counter-offer made to it.
    #[component(name = "countered-at-price")]
    pub countered_at_price: Option<u64>,
    /// Counter-offers made so far.
    pub rounds: u32,
}

/// Why the model is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ComponentType, Lift, Lower)]
#[serde(rename_all = "snake_case")]
#[component(variant)]
pub enum PricingEvent {
    /// The listing opened.
    #[component(name = "opened")]
    Opened,
    /// The bid with this id was placed.
    #[component(name = "bid")]
    Bid(String),
    /// The bidder of this bid answered a counter-offer.
    #[component(name = "counter")]
    Counter(String),
    /// The closing time, or the time a wait asked for, has come.
    #[component(name = "deadline")]
    Deadline,
}

/// A bid turned down.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ComponentType, Lift, Lower)]
#[serde(deny_unknown_fields)]
#[component(record)]
pub struct Rejection {
    /// The bid's id.
    pub bid: String,
    /// Why, for the bidder.
    pub reason: String,
}

/// A price for a bid.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ComponentType, Lift, Lower)]
#[serde(deny_unknown_fields)]
#[component(record)]
pub struct Offer {
    /// The bid's id.
    pub bid: String,
    /// The price.
    pub price: u64,
}

/// One thing a pricing model wants done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ComponentType, Lift, Lower)]
#[serde(rename_all = "snake_case")]
#[component(variant)]
pub enum PricingDecision {
    /// Nothing before this time; none waits for the next event.
    #[component(name = "wait")]
    Wait(Option<u64>),
    /// Turn this bid down.
    #[component(name = "reject")]
    Reject(Rejection),
    /// Offer this bid another price.
    #[component(name = "counter")]
    Counter(Offer),
    /// Take this bid at this price, and reject the rest.
    #[component(name = "award")]
    Award(Offer),
}

sorted_keys! {
    Listing { closes_at, currency, id, opened_at, price }
    Bid { bidder, countered_at_price, id, placed_at, price, rounds }
    Rejection { bid, reason }
    Offer { bid, price }
}
