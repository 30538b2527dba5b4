//! What comes in and what goes out, as in `wit/0.1.0/plugin.wit`.

use serde::de::DeserializeOwned;

pub use crate::bindings::verifier::assay::plugin::types::{
    Attachment, Bid, Check, Class, Criterion, Decision, Delivery, Dimension, Finding, Listing, Offer,
    PricingDecision, PricingEvent, Problem, Rejection, Report, Score, Scorecard, Status, Subject, Task,
    Timestamp, Trace,
};

/// The whole score: everything that could be met is met. Basis points.
pub const SCORE_MAX: Score = 10_000;

impl Finding {
    /// A finding about the check at `position` of `task.checks`.
    pub fn of_check(position: u32, status: Status, score: Score, evidence: impl Into<String>) -> Self {
        Self { subject: Subject::Check(position), status, score, evidence: evidence.into() }
    }

    /// A finding about something the verifier looks at by itself. It always binds.
    pub fn own(name: &str, status: Status, score: Score, evidence: impl Into<String>) -> Self {
        Self { subject: Subject::Own(name.to_owned()), status, score, evidence: evidence.into() }
    }

    /// A pass of something of the verifier's own, with the whole score.
    pub fn pass(name: &str, evidence: impl Into<String>) -> Self {
        Self::own(name, Status::Pass, SCORE_MAX, evidence)
    }

    /// A failure of something of the verifier's own, with no score.
    pub fn fail(name: &str, evidence: impl Into<String>) -> Self {
        Self::own(name, Status::Fail, 0, evidence)
    }

    /// A pass when `met`, else a failure, of something of the verifier's own.
    pub fn met(name: &str, met: bool, evidence: impl Into<String>) -> Self {
        if met { Self::pass(name, evidence) } else { Self::fail(name, evidence) }
    }
}

impl Report {
    /// What a verifier found, in the order of `task.checks`, its own findings last.
    pub fn of(findings: impl IntoIterator<Item = Finding>) -> Self {
        Self { findings: findings.into_iter().collect() }
    }
}

impl Check {
    /// The whole check as a type of yours, fields it does not know left out. Errors name
    /// the field; answer them with [`Status::Error`], which is never held against a worker.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, String> {
        serde_json::from_str(&self.json).map_err(|error| format!("the check does not fit: {error}"))
    }
}

impl Dimension {
    /// One side of quality; `note` says what to change, and is empty when nothing is missing.
    pub fn new(name: &str, weight: u16, score: Score, note: impl Into<String>) -> Self {
        Self { name: name.to_owned(), weight, score, note: note.into() }
    }
}

impl Scorecard {
    /// The weighted mean of these sides, rounded down. Without any weight it is 0.
    pub fn weighted(dimensions: Vec<Dimension>, notes: impl Into<String>) -> Self {
        let total = |part: fn(&Dimension) -> u64| dimensions.iter().map(part).sum::<u64>();
        let weights = total(|side| u64::from(side.weight));
        let points = total(|side| u64::from(side.weight) * u64::from(side.score.min(SCORE_MAX)));
        let score = points.checked_div(weights).map_or(0, |mean| Score::try_from(mean).unwrap_or(SCORE_MAX));
        Self { score, dimensions, notes: notes.into() }
    }
}

impl PricingDecision {
    /// Take this bid at this price, and reject the rest.
    pub fn award(bid: &Bid, price: u64) -> Self {
        Self::Award(Offer { bid: bid.id.clone(), price })
    }

    /// Offer this bid another price.
    pub fn counter(bid: &Bid, price: u64) -> Self {
        Self::Counter(Offer { bid: bid.id.clone(), price })
    }

    /// Turn this bid down; the reason is for the bidder.
    pub fn reject(bid: &Bid, reason: impl Into<String>) -> Self {
        Self::Reject(Rejection { bid: bid.id.clone(), reason: reason.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::{Dimension, PricingDecision, Report, Scorecard, Status};
    use crate::testing::{bid, check};
    use crate::types::Finding;

    #[test]
    fn a_scorecard_is_the_weighted_mean_of_its_sides() {
        let side = |weight, score| Dimension::new("side", weight, score, "");
        assert_eq!(Scorecard::weighted(vec![side(1, 10_000), side(3, 0)], "").score, 2_500);
        assert_eq!(Scorecard::weighted(vec![side(0, 10_000)], "").score, 0);
        assert_eq!(Scorecard::weighted(vec![], "").score, 0);
        assert_eq!(Scorecard::weighted(vec![side(u16::MAX, u16::MAX)], "").score, 10_000);
    }

    #[test]
    fn a_check_is_read_as_a_type_and_a_finding_is_met_or_not() {
        #[derive(serde::Deserialize)]
        struct Words {
            min: u64,
        }
        assert_eq!(check(r#"{"kind":"words","min":3}"#).parse::<Words>().expect("it fits").min, 3);
        let refused = check(r#"{"kind":"words","min":"3"}"#).parse::<Words>().err();
        assert!(refused.is_some_and(|text| text.contains("the check does not fit")));
        let report = Report::of([Finding::met("a", true, ""), Finding::met("b", false, "")]);
        let found: Vec<_> = report.findings.iter().map(|one| (one.status, one.score)).collect();
        assert_eq!(found, [(Status::Pass, 10_000), (Status::Fail, 0)]);
    }

    #[test]
    fn a_pricing_decision_names_its_bid() {
        let one = bid("a", 5, 1);
        let PricingDecision::Award(offer) = PricingDecision::award(&one, 4) else { panic!("an award") };
        assert_eq!((offer.bid.as_str(), offer.price), ("a", 4));
        let PricingDecision::Reject(no) = PricingDecision::reject(&one, "late") else {
            panic!("a rejection")
        };
        assert_eq!((no.bid.as_str(), no.reason.as_str()), ("a", "late"));
        assert!(
            matches!(PricingDecision::counter(&one, 3), PricingDecision::Counter(offer) if offer.price == 3)
        );
    }
}
