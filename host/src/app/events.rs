//! What happened, told to those it concerns: whoever watches a task, and webhooks.
//!
//! An event is a row of the journal, written with the change that made it. It is told in
//! the words of the camel-case surfaces: names of things as ids, money as decimal texts.

use assay_db::Committed;
use assay_db::rows::EventRow;
use assay_domain::ids::Timestamp;
use assay_domain::money::{self, Asset};
use serde_json::{Map, Value};

use super::App;
use super::task::from_json;
use crate::error::Error;

/// The kind of a note that a worker leaves on the way.
pub const TRACE: &str = "trace";

/// Facts that are the id of something, and what they are called outside.
const IDS: [(&str, &str); 14] = [
    ("agent", "agentId"),
    ("approval", "approvalId"),
    ("author", "authorId"),
    ("bid", "bidId"),
    ("delivery", "deliveryId"),
    ("dispute", "disputeId"),
    ("message", "messageId"),
    ("opener", "openerId"),
    ("party", "partyId"),
    ("payment", "paymentId"),
    ("redemption", "redemptionId"),
    ("task", "taskId"),
    ("withdrawal", "withdrawalId"),
    ("worker", "workerId"),
];

/// Something that happened, to a task or to somebody's money.
#[derive(Clone, Debug)]
pub struct Happening {
    /// Its number among the events of its subject.
    pub seq: i64,
    /// What happened, such as `task.claimed`.
    pub kind: String,
    /// `public`, `parties` or `private`.
    pub visibility: String,
    /// When.
    pub at: Timestamp,
    /// The facts, as they are stored.
    pub facts: Value,
    /// What amounts among them are counted in.
    pub asset: Asset,
}

impl Happening {
    /// From the journal's row.
    pub(crate) fn of(row: &EventRow, asset: Asset) -> Result<Self, Error> {
        Ok(Self {
            seq: row.seq,
            kind: row.kind.clone(),
            visibility: row.visibility.clone(),
            at: Timestamp(row.at),
            facts: from_json("event", &row.body)?,
            asset,
        })
    }

    /// The facts, as they are told.
    pub fn told(&self) -> Value {
        let Value::Object(facts) = &self.facts else { return self.facts.clone() };
        let currency = facts.get("currency").and_then(Value::as_str).and_then(Asset::parse);
        let asset = currency.unwrap_or(self.asset);
        let told = facts.iter().map(|(name, value)| (outer_name(name), outer_value(name, value, asset)));
        Value::Object(told.collect::<Map<_, _>>())
    }

    /// A fact that is a text.
    pub(crate) fn fact(&self, name: &str) -> Option<&str> {
        self.facts.get(name).and_then(Value::as_str)
    }
}

fn outer_name(name: &str) -> String {
    let id = IDS.iter().find(|(inner, _)| *inner == name);
    id.map_or_else(|| camel(name), |(_, outer)| (*outer).to_owned())
}

fn outer_value(name: &str, value: &Value, asset: Asset) -> Value {
    match (name, value.as_i64()) {
        ("price" | "amount", Some(units)) => money::format(asset, units).into(),
        _ => value.clone(),
    }
}

/// `task_status` as `taskStatus`.
fn camel(name: &str) -> String {
    let mut parts = name.split('_');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |mut text, part| {
        let mut letters = part.chars();
        text.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        text + letters.as_str()
    })
}

impl App {
    /// Wakes whoever waits for what a commit of this process made happen.
    pub(crate) fn ring(&self, done: &Committed) {
        let Some(applied) = &done.applied else { return };
        if applied.events.is_empty() {
            return;
        }
        for event in &applied.events {
            self.hub.wake(&event.subject);
        }
        self.post_office.wake();
    }
}
