//! One run's arguments, one run's result, and the bytes both are known by.
//!
//! The canonical bytes are compact JSON with sorted keys. They are what is digested,
//! stored, served beside a receipt, and read back by a replay. A `result` of `wit/`
//! reads `{"Ok":…}` or `{"Err":…}`.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::canonical::{self, Object};
use crate::digest::Digest;
use crate::pricing::{Bid, Listing, PricingDecision, PricingEvent};
use crate::verdict::{Decision, Problem, Report, Scorecard};
use crate::work::{Attachment, Delivery, Task};
use crate::world::World;

/// Everything one run may know, attachment bytes apart; those are pinned by digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Input {
    /// For a verifier.
    Verify {
        /// What was asked for.
        task: Task,
        /// What was handed in.
        delivery: Delivery,
        /// The component's configuration, a JSON object or empty.
        config: String,
    },
    /// For a scorer.
    Score {
        /// What was asked for.
        task: Task,
        /// What was handed in.
        delivery: Delivery,
        /// The component's configuration, a JSON object or empty.
        config: String,
    },
    /// For a reviewer.
    Review {
        /// What was asked for.
        task: Task,
        /// What was handed in.
        delivery: Delivery,
        /// What the scorer said.
        scorecard: Scorecard,
        /// What each verifier said.
        reports: Vec<Result<Report, Problem>>,
        /// The component's configuration, a JSON object or empty.
        config: String,
    },
    /// For a pricing model.
    Price {
        /// What is on offer.
        listing: Listing,
        /// The bids, at most 1,000.
        book: Vec<Bid>,
        /// Why the model is asked.
        event: PricingEvent,
        /// The component's configuration, a JSON object or empty.
        config: String,
    },
}

/// Bytes that are no input, or not in the form this host gives them.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// Not JSON, or JSON of another shape.
    #[error("not an input: {0}")]
    Shape(String),
    /// The right content in other bytes.
    #[error("the input is not in canonical form: compact JSON with sorted keys")]
    NotCanonical,
}

/// An input's canonical bytes and what they are known by.
#[derive(Debug, Clone)]
pub(crate) struct Pinned {
    pub(crate) bytes: Vec<u8>,
    pub(crate) digest: Digest,
    pub(crate) delivery: Option<Digest>,
}

impl Input {
    /// The kind of component that takes it.
    pub fn world(&self) -> World {
        match self {
            Self::Verify { .. } => World::Verifier,
            Self::Score { .. } => World::Scorer,
            Self::Review { .. } => World::Reviewer,
            Self::Price { .. } => World::Pricing,
        }
    }

    /// The id receipts of this input are chained by: the task's, or the listing's.
    pub fn task_id(&self) -> &str {
        match self {
            Self::Verify { task, .. } | Self::Score { task, .. } | Self::Review { task, .. } => &task.id,
            Self::Price { listing, .. } => &listing.id,
        }
    }

    /// The delivery that is judged; a price has none.
    pub fn delivery(&self) -> Option<&Delivery> {
        match self {
            Self::Verify { delivery, .. } | Self::Score { delivery, .. } | Self::Review { delivery, .. } => {
                Some(delivery)
            }
            Self::Price { .. } => None,
        }
    }

    /// The files that may be read while it is judged, by position.
    pub fn attachments(&self) -> &[Attachment] {
        self.delivery().map_or(&[], |delivery| &delivery.attachments)
    }

    /// The time a run starts at, milliseconds: the delivery's, or the listing's opening.
    pub fn starts_at_ms(&self) -> u64 {
        match self {
            Self::Verify { delivery, .. } | Self::Score { delivery, .. } | Self::Review { delivery, .. } => {
                delivery.delivered_at
            }
            Self::Price { listing, .. } => listing.opened_at,
        }
    }

    /// The bytes it is known by.
    pub fn canonical(&self) -> Vec<u8> {
        self.pin().bytes
    }

    /// The digest of a delivery as receipts name it: of its canonical bytes.
    pub fn delivery_digest(&self) -> Option<Digest> {
        self.delivery().map(|delivery| Digest::of(&canonical::to_bytes(delivery)))
    }

    /// Reads canonical bytes back.
    pub fn parse(bytes: &[u8]) -> Result<Self, InputError> {
        let input: Self =
            serde_json::from_slice(bytes).map_err(|error| InputError::Shape(error.to_string()))?;
        if input.canonical() == bytes { Ok(input) } else { Err(InputError::NotCanonical) }
    }

    /// Written once, the delivery among the rest, and digested from there.
    pub(crate) fn pin(&self) -> Pinned {
        let mut bytes = Vec::with_capacity(self.bytes_about());
        let mut whole = Object::begin(&mut bytes);
        let delivery = match self {
            Self::Verify { task, delivery, config } => {
                Some(judged(whole.object("verify"), task, delivery, config, None))
            }
            Self::Score { task, delivery, config } => {
                Some(judged(whole.object("score"), task, delivery, config, None))
            }
            Self::Review { task, delivery, scorecard, reports, config } => {
                Some(judged(whole.object("review"), task, delivery, config, Some((reports, scorecard))))
            }
            Self::Price { listing, book, event, config } => {
                let mut price = whole.object("price");
                price.part("book", book);
                price.part("config", config);
                price.part("event", event);
                price.part("listing", listing);
                price.end();
                None
            }
        };
        whole.end();
        let delivery = delivery.map(|place| Digest::of(&bytes[place]));
        Pinned { digest: Digest::of(&bytes), bytes, delivery }
    }

    /// What its canonical bytes come to as a rule: the text of its delivery, in which a line's
    /// end is two bytes, and a few thousand besides.
    fn bytes_about(&self) -> usize {
        const BESIDES: usize = 4_096;
        let content = self.delivery().map_or(0, |delivery| delivery.content.len());
        content + content / 16 + BESIDES
    }
}

/// Writes what is judged, and says where the delivery is.
fn judged(
    mut parts: Object<'_>,
    task: &Task,
    delivery: &Delivery,
    config: &str,
    reviewed: Option<(&Vec<Result<Report, Problem>>, &Scorecard)>,
) -> Range<usize> {
    parts.part("config", config);
    let place = parts.part("delivery", delivery);
    if let Some((reports, scorecard)) = reviewed {
        parts.part("reports", reports);
        parts.part("scorecard", scorecard);
    }
    parts.part("task", task);
    parts.end();
    place
}

/// What a component said, once the host has checked that it may say so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Output {
    /// A verifier's.
    Report(Report),
    /// A scorer's.
    Scorecard(Scorecard),
    /// A reviewer's.
    Decision(Decision),
    /// A pricing model's.
    Pricing(Vec<PricingDecision>),
    /// Any of them: there is no verdict, and why.
    Problem(Problem),
}

impl Output {
    /// The bytes it is known by.
    pub fn canonical(&self) -> Vec<u8> {
        canonical::to_bytes(self)
    }

    /// Reads canonical bytes back.
    pub fn parse(bytes: &[u8]) -> Result<Self, InputError> {
        serde_json::from_slice(bytes).map_err(|error| InputError::Shape(error.to_string()))
    }
}
