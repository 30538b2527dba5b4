//! The four kinds of judge. Each is a pure function with a typed configuration.
//!
//! The configuration arrives as JSON text. Empty text is the default; text that
//! does not fit the type is answered with `invalid-config`, naming the place,
//! before the judge is called.

use crate::types::{
    Bid, Decision, Delivery, Listing, PricingDecision, PricingEvent, Problem, Report, Scorecard, Task,
};
use serde::de::DeserializeOwned;

/// Judges a delivery against the criteria.
pub trait Verifier {
    /// What a task may set.
    type Config: DeserializeOwned + Default;
    /// One finding a check, in the order of `task.checks`, its own findings last.
    fn verify(task: &Task, delivery: &Delivery, config: Self::Config) -> Result<Report, Problem>;
}

/// Says how good a delivery is, before anyone looks at the criteria.
pub trait Scorer {
    /// What a task may set.
    type Config: DeserializeOwned + Default;
    /// Scores are basis points, 0 to 10000.
    fn score(task: &Task, delivery: &Delivery, config: Self::Config) -> Result<Scorecard, Problem>;
}

/// Decides what to do about a delivery that was judged.
pub trait Reviewer {
    /// What a task may set.
    type Config: DeserializeOwned + Default;
    /// `reports` has one entry a verifier; a problem stands for a missing verdict.
    fn review(
        task: &Task,
        delivery: &Delivery,
        scorecard: &Scorecard,
        reports: &[Result<Report, Problem>],
        config: Self::Config,
    ) -> Result<Decision, Problem>;
}

/// Decides what a piece of work costs and who gets it.
pub trait Pricing {
    /// What a task or a provider may set.
    type Config: DeserializeOwned + Default;
    /// Decisions are carried out in order; an award ends the listing.
    fn decide(
        listing: &Listing,
        book: &[Bid],
        event: &PricingEvent,
        config: Self::Config,
    ) -> Result<Vec<PricingDecision>, Problem>;
}

/// Reads a configuration: empty or blank text is the default.
pub fn parse_config<C: DeserializeOwned + Default>(config: &str) -> Result<C, Problem> {
    if config.trim().is_empty() {
        return Ok(C::default());
    }
    serde_json::from_str(config)
        .map_err(|error| Problem::InvalidConfig(format!("the configuration does not fit: {error}")))
}
