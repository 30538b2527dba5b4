//! Things in the words of a surface: which case its names have, how it writes money.

use assay_domain::criteria::Class;
use assay_domain::gate::Score;
use assay_domain::ids::Timestamp;
use assay_domain::money::{self, Asset};
use assay_domain::task::State;
use serde_json::{Map, Value, json};

use crate::app::bids::Bid;
use crate::app::deliveries::{Delivery, PENDING};
use crate::app::pricing::Pricing;
use crate::app::task::{Check, Protected};
use crate::app::tasks::{Eyes, TaskView};
use crate::app::traces::Trace;
use crate::clock::rfc3339;

/// How a surface writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Snake case, money as numbers: `/api`.
    Commission,
    /// Camel case, money as decimal texts: `/v1` and `/api/v1/agent`.
    Camel,
    /// Snake case, money as decimal texts: `/api/v1`.
    Snake,
}

impl Style {
    /// A field's name, given in snake case, as the surface writes it.
    pub fn name(self, name: &str) -> String {
        if self == Self::Camel { camel(name) } else { name.to_owned() }
    }

    /// What the names of its schemas begin with in the description of the API.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Commission => "Commission",
            Self::Camel => "Camel",
            Self::Snake => "Finance",
        }
    }
}

/// An object being written.
pub struct Object {
    style: Style,
    fields: Map<String, Value>,
}

impl Object {
    /// An empty one.
    pub fn new(style: Style) -> Self {
        Self { style, fields: Map::new() }
    }

    /// A field, under its name in snake case.
    #[must_use]
    pub fn set(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.fields.insert(self.style.name(name), value.into());
        self
    }

    /// An amount.
    #[must_use]
    pub fn money(self, name: &str, asset: Asset, units: i64) -> Self {
        let value = amount(self.style, asset, units);
        self.set(name, value)
    }

    /// A time.
    #[must_use]
    pub fn time(self, name: &str, at: Timestamp) -> Self {
        self.set(name, rfc3339(at))
    }

    /// A time, or null.
    #[must_use]
    pub fn time_if(self, name: &str, at: Option<Timestamp>) -> Self {
        self.set(name, at.map(rfc3339))
    }

    /// The object.
    pub fn done(self) -> Value {
        Value::Object(self.fields)
    }
}

/// An amount as the surface writes it.
pub fn amount(style: Style, asset: Asset, units: i64) -> Value {
    let text = money::format(asset, units);
    match style {
        Style::Camel | Style::Snake => text.into(),
        // The shortest form of the nearest float shows the same digits for every amount
        // that the ledger can hold.
        Style::Commission => serde_json::from_str(&text).unwrap_or(Value::Null),
    }
}

/// `created_at` as `createdAt`.
fn camel(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    let mut upper = false;
    for character in name.chars() {
        if character == '_' {
            upper = true;
        } else if upper {
            text.push(character.to_ascii_uppercase());
            upper = false;
        } else {
            text.push(character);
        }
    }
    text
}

/// A task.
pub fn task(style: Style, view: &TaskView) -> Value {
    let TaskView { task, eyes, .. } = view;
    let (spec, terms) = (&task.spec, &task.spec.terms);
    let asset = terms.asset;
    let coverage = spec.coverage();
    let criteria = spec.criteria.iter().map(|one| {
        Object::new(style)
            .set("text", one.text.clone())
            .set("class", class_word(one.class))
            .set("checks", one.checks.clone())
            .done()
    });
    let texts = spec.criteria.iter().map(|one| Value::from(one.text.clone()));
    let pricing = spec.pricing.as_ref().map(|pricing| {
        Object::new(style)
            .set("model", pricing.model.clone())
            .set("digest", pricing.digest.clone())
            .set("config", pricing_config(pricing, *eyes))
            .time_if("closes_at", pricing.closes_at.map(Timestamp))
            .done()
    });
    let verifiers =
        spec.verifiers.iter().map(|pin| Object::new(style).set("digest", pin.digest.clone()).done());
    Object::new(style)
        .set("id", task.id.to_string())
        .set("poster_id", task.poster.to_string())
        .set("worker_id", task.worker.map(|worker| worker.to_string()))
        .set("title", spec.title.clone())
        .set("description", spec.description.clone())
        .set("category", spec.category.clone())
        .set("skills", spec.skills.clone())
        .set("status", status(style, task.state))
        .set("mode", task.mode.as_str())
        .set("band", band(asset, spec.budget))
        .set("currency", asset.code())
        .money("budget", asset, spec.budget)
        .money("price", asset, task.price)
        .money("fee", asset, terms.fee_on_top(task.price))
        .set("acceptance_criteria", Value::Array(texts.collect()))
        .set("criteria", Value::Array(criteria.collect()))
        .set("checks", Value::Array(spec.checks.iter().map(|check| shown_check(check, *eyes)).collect()))
        .set(
            "coverage",
            json!({
                "decidable": coverage.decidable,
                "necessary": coverage.necessary,
                "human": coverage.human,
                "total": coverage.total,
            }),
        )
        .set("pricing_model", pricing)
        .set(
            "protected_fields",
            Value::Array(spec.protected.iter().map(|one| shown_protected(style, one, *eyes)).collect()),
        )
        .set("verifiers", Value::Array(verifiers.collect()))
        .set("revisions", task.tally.revisions)
        .time_if("deadline_at", task.deadline_at)
        .time("created_at", task.created_at)
        .done()
}

/// The word of a state. The finance surface calls a paid task completed.
const fn status(style: Style, state: State) -> &'static str {
    match (style, state) {
        (Style::Snake, State::Paid(_)) => "completed",
        _ => state.word(),
    }
}

const fn class_word(class: Class) -> &'static str {
    match class {
        Class::Decidable => "decidable",
        Class::Necessary => "necessary",
        Class::Human => "human",
    }
}

/// A model's configuration. How far the poster would go is for the poster alone.
fn pricing_config(pricing: &Pricing, eyes: Eyes) -> Value {
    if eyes != Eyes::Poster && pricing.model == "hybrid" {
        return Value::Null;
    }
    serde_json::from_str(&pricing.config).unwrap_or(Value::Null)
}

/// A check as somebody may see it: expected answers are for the poster alone.
fn shown_check(check: &Check, eyes: Eyes) -> Value {
    if eyes == Eyes::Poster || !check.gold {
        return check.json.clone();
    }
    json!({ "kind": check.kind, "required": check.required, "weight": check.weight, "hidden": true })
}

/// A protected field: its name for anyone, its ciphertext for the poster.
fn shown_protected(style: Style, field: &Protected, eyes: Eyes) -> Value {
    let object = Object::new(style).set("name", field.name.clone());
    let own = eyes == Eyes::Poster;
    if own { object.set("ciphertext", field.ciphertext.clone()).done() } else { object.done() }
}

/// What sort of price it is, for a worker that filters.
fn band(asset: Asset, price: i64) -> &'static str {
    let whole = price / 10_i64.pow(asset.scale());
    match whole {
        ..5 => "micro",
        5..100 => "standard",
        100.. => "premium",
    }
}

/// A bid, with the names of both surfaces that know it.
pub fn bid(style: Style, bid: &Bid) -> Value {
    let (money_name, worker_name) = match style {
        Style::Commission => ("proposed_amount", "worker_id"),
        Style::Camel | Style::Snake => ("proposed_price", "agent_id"),
    };
    Object::new(style)
        .set("id", bid.id.to_string())
        .set("task_id", bid.task.to_string())
        .set(worker_name, bid.bidder.to_string())
        .set(money_name, if bid.sealed { Value::Null } else { amount(style, bid.asset, bid.price) })
        .set("currency", bid.asset.code())
        .set("cover_letter", bid.cover_letter.clone())
        .set("status", bid.status.clone())
        .set("counter_offer", bid.countered_at.map(|units| amount(style, bid.asset, units)))
        .set("rounds", bid.rounds)
        .set("note", bid.note.clone())
        .time("created_at", bid.created_at)
        .done()
}

/// What the gate said.
pub fn pdqg(style: Style, delivery: &Delivery) -> Value {
    let body = &delivery.body;
    let scorer = body.receipts.iter().find(|line| line.world == "scorer");
    let gate = body.gate();
    let pending = body.verdict == PENDING;
    let unscored = if pending {
        "judging takes longer and goes on"
    } else {
        "the scorer gave no score; a person decides"
    };
    let notes = body.scorecard.as_ref().map(|card| card.notes.clone());
    let sides = body.scorecard.iter().flat_map(|card| &card.dimensions).map(|side| {
        Object::new(style)
            .set("name", side.name.clone())
            .set("weight", side.weight)
            .set("score", score_text(side.score))
            .set("note", side.note.clone())
            .done()
    });
    Object::new(style)
        .set("score", gate.map(|(score, _)| score.to_string()))
        .set("outcome", gate.map_or(if pending { PENDING } else { "inconclusive" }, |(_, one)| one.as_str()))
        .set("notes", notes.unwrap_or_else(|| unscored.into()))
        .set("dimensions", Value::Array(sides.collect()))
        .time_if("resubmit_until", body.resubmit_until.map(Timestamp))
        .set("receipt_id", scorer.map(|line| line.receipt_id.clone()))
        .done()
}

fn score_text(basis_points: u16) -> Option<String> {
    Score::new(basis_points).map(|score| score.to_string())
}

/// A delivery.
pub fn delivery(style: Style, delivery: &Delivery) -> Value {
    let body = &delivery.body;
    let findings = body.findings.iter().map(|finding| {
        Object::new(style)
            .set("check", finding.check)
            .set("kind", finding.kind.clone())
            .set("criterion", finding.criterion.clone())
            .set("status", finding.status.clone())
            .set("score", score_text(finding.score))
            .set("evidence", finding.evidence.clone())
            .set("binding", finding.binding)
            .set("verifier", finding.verifier.clone())
            .done()
    });
    let receipts = body.receipts.iter().map(|line| {
        Object::new(style)
            .set("receipt_id", line.receipt_id.clone())
            .set("plugin", line.plugin.clone())
            .set("world", line.world.clone())
            .set("outcome", line.outcome.clone())
            .done()
    });
    let attachments = body.attachments.iter().map(|file| {
        Object::new(style)
            .set("name", file.name.clone())
            .set("media_type", file.media_type.clone())
            .set("size_bytes", file.size_bytes)
            .set("sha256", file.sha256.clone())
            .set("url", file.url.clone())
            .done()
    });
    Object::new(style)
        .set("id", delivery.id.to_string())
        .set("delivery_id", delivery.id.to_string())
        .set("task_id", delivery.task.to_string())
        .set("worker_id", delivery.worker.to_string())
        .set("status", delivery.status.clone())
        .set("content", body.content.clone())
        .set("summary", body.summary.clone())
        .set("attachments", Value::Array(attachments.collect()))
        .set("round", body.round)
        .set("pdqg", pdqg(style, delivery))
        .set("verdict", body.verdict.clone())
        .set("findings", Value::Array(findings.collect()))
        .set("review", body.review.clone())
        .set("review_notes", body.review_notes.clone())
        .set("receipts", Value::Array(receipts.collect()))
        .time("created_at", delivery.created_at)
        .done()
}

/// A note on the way. Its metadata is the worker's own and keeps its names.
pub fn trace(style: Style, trace: &Trace) -> Value {
    Object::new(style)
        .set("id", trace.id.to_string())
        .set("event", trace.note.event.clone())
        .set("message", trace.note.message.clone())
        .set("metadata", trace.note.metadata.clone())
        .set("visibility", trace.visibility.clone())
        .time("created_at", trace.created_at)
        .done()
}
