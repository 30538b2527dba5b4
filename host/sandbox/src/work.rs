//! The work that is judged: records of `wit/`, in their order and with their names.
//!
//! Text is UTF-8 of any content. Times are milliseconds since 1970-01-01T00:00:00Z.

use serde::{Deserialize, Serialize};
use wasmtime::component::{ComponentType, Lift, Lower};

use crate::canonical::sorted_keys;
use crate::verdict::{Problem, Report};

/// How far the machine may go with a criterion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ComponentType, Lift, Lower)]
#[serde(rename_all = "snake_case")]
#[component(enum)]
#[repr(u8)]
pub enum Class {
    /// Its checks bind both ways.
    #[component(name = "decidable")]
    Decidable,
    /// Its checks can only find it missing.
    #[component(name = "necessary")]
    Necessary,
    /// Nothing to run: a person decides.
    #[component(name = "human")]
    Human,
}

/// One acceptance criterion, as the poster wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ComponentType, Lift, Lower)]
#[serde(deny_unknown_fields)]
#[component(record)]
pub struct Criterion {
    /// The sentence.
    pub text: String,
    /// How far the machine may go with it.
    pub class: Class,
    /// Positions in [`Task::checks`] that were compiled from it.
    pub checks: Vec<u32>,
}

/// One thing a machine can decide about a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ComponentType, Lift, Lower)]
#[serde(deny_unknown_fields)]
#[component(record)]
pub struct Check {
    /// What sort of check, `not-` prefix included.
    pub kind: String,
    /// Whether the delivery must pass it.
    pub required: bool,
    /// Its share in the score of the report.
    pub weight: u32,
    /// [`Class::Decidable`] or [`Class::Necessary`].
    pub class: Class,
    /// The whole check as a JSON object.
    pub json: String,
    /// What the component named by a check of kind `plugin` found.
    pub prior: Option<Result<Report, Problem>>,
}

/// The work that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ComponentType, Lift, Lower)]
#[serde(deny_unknown_fields)]
#[component(record)]
pub struct Task {
    /// The task's id; receipts are chained by it.
    pub id: String,
    /// One line.
    pub title: String,
    /// The whole request.
    pub description: String,
    /// The marketplace's category.
    pub category: String,
    /// What the poster says it takes.
    pub skills: Vec<String>,
    /// The criteria in the poster's words.
    pub criteria: Vec<Criterion>,
    /// What is checked, in the order of the report.
    pub checks: Vec<Check>,
    /// `USD` or `CR`.
    pub currency: String,
    /// The agreed price: millionths of a dollar, or whole credits.
    pub price: u64,
    /// When it was posted, milliseconds.
    #[component(name = "posted-at")]
    pub posted_at: u64,
    /// When it must be delivered, milliseconds.
    #[component(name = "deadline-at")]
    pub deadline_at: Option<u64>,
}

/// A file that belongs to a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ComponentType, Lift, Lower)]
#[serde(deny_unknown_fields)]
#[component(record)]
pub struct Attachment {
    /// The file's name.
    pub name: String,
    /// Its media type, as the worker gave it.
    #[component(name = "media-type")]
    pub media_type: String,
    /// Bytes.
    pub size: u64,
    /// The digest of its bytes, or empty for a file that the host never held.
    pub digest: String,
}

/// A note the worker left on the way.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ComponentType, Lift, Lower)]
#[serde(deny_unknown_fields)]
#[component(record)]
pub struct Trace {
    /// What sort of note.
    pub event: String,
    /// Its text.
    pub message: String,
    /// Milliseconds.
    pub at: u64,
}

/// The work that was handed in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ComponentType, Lift, Lower)]
#[serde(deny_unknown_fields)]
#[component(record)]
pub struct Delivery {
    /// The delivery's id.
    pub id: String,
    /// The work itself.
    pub content: String,
    /// What the worker says about it.
    pub summary: String,
    /// Files, by position.
    pub attachments: Vec<Attachment>,
    /// Oldest first.
    pub traces: Vec<Trace>,
    /// 1 for the first delivery of a task.
    pub round: u32,
    /// When it was handed in, milliseconds. It is the time a run starts at.
    #[component(name = "delivered-at")]
    pub delivered_at: u64,
}

sorted_keys! {
    Criterion { checks, class, text }
    Check { class, json, kind, prior, required, weight }
    Task { category, checks, criteria, currency, deadline_at, description, id, posted_at, price, skills, title }
    Attachment { digest, media_type, name, size }
    Trace { at, event, message }
    Delivery { attachments, content, delivered_at, id, round, summary, traces }
}
