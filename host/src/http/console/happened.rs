//! What happened to a task, a line each.

use assay_domain::ids::Timestamp;
use serde_json::Value;

use super::words::{self, When, plain, when};
use crate::app::events::{Happening, TRACE};
use crate::clock::rfc3339;

/// Something that happened, in words.
pub struct Line {
    /// What.
    pub title: String,
    /// What there is to say about it.
    pub text: String,
    /// How it is meant: `done`, `bad`, `wait`, `go`, or nothing.
    pub tone: &'static str,
    /// When, for pages.
    pub at: When,
    /// When, for scripts.
    pub exact: String,
    /// When, in UTC.
    pub utc: String,
    /// The state the task is in since then, where it says.
    pub state: Option<String>,
    /// How far the work is, where it says.
    pub progress: Option<Progress>,
}

/// How far some work is.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// So much is done.
    pub done: f64,
    /// Of so much.
    pub total: f64,
    /// Both, in words.
    pub said: String,
}

/// Lines for these events, in their order.
pub fn lines(events: &[Happening]) -> Vec<Line> {
    events.iter().map(Line::of).collect()
}

impl Line {
    /// An event in words.
    pub fn of(one: &Happening) -> Self {
        let fact = |name: &str| one.facts.get(name).cloned().unwrap_or_default();
        if one.kind == TRACE {
            let metadata = fact("metadata");
            let at = fact("created_at").as_i64().map_or(one.at, Timestamp);
            let line = Self::new(&plain(&text(&fact("event"))), text(&fact("message")), "", at);
            return Self { progress: progress(&metadata), ..line };
        }
        let (title, said, tone) = words_of(one);
        let state = ["task_status", "status"].iter().find_map(|name| {
            let word = text(&fact(name));
            let of_task = *name == "task_status" || one.kind.starts_with("task.");
            (of_task && !word.is_empty()).then(|| words::state(&word).text().to_owned())
        });
        let state = state.or_else(|| new_state(&one.kind).map(|word| words::state(word).text().to_owned()));
        Self { state, ..Self::new(&title, said, tone, one.at) }
    }

    fn new(title: &str, text: String, tone: &'static str, at: Timestamp) -> Self {
        let mut letters = title.chars();
        let title = letters.next().map(|first| first.to_uppercase().chain(letters).collect());
        let exact = rfc3339(at);
        let utc = format!("{} {} UTC", &exact[..10], &exact[11..19]);
        Self {
            title: title.unwrap_or_default(),
            text,
            tone,
            at: when(at),
            exact,
            utc,
            state: None,
            progress: None,
        }
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// The state that an event leaves a task in, where it is always the same.
fn new_state(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "task.posted" | "task.approved" | "task.funded" => "open",
        "task.approval_asked" => "pending_approval",
        "task.claimed" => "claimed",
        "task.cancelled" | "task.disapproved" => "cancelled",
        "task.failed" => "failed",
        "dispute.opened" => "disputed",
        "dispute.resolved" => "resolved",
        _ => return None,
    })
}

/// An event's title, what there is to say, and how it is meant.
fn words_of(one: &Happening) -> (String, String, &'static str) {
    let fact = |name: &str| text(&one.facts.get(name).cloned().unwrap_or_default());
    let price = one.facts.get("price").and_then(Value::as_i64);
    let paid = price.map(|units| words::amount(one.asset, units)).unwrap_or_default();
    let (title, said, tone) = match one.kind.as_str() {
        "task.posted" => ("Posted", format!("For {paid}."), "go"),
        "task.approval_asked" => ("Waits for approval", "Of the agent's owner.".into(), "wait"),
        "task.approved" => ("Approved", String::new(), "go"),
        "task.disapproved" => ("Not approved", "The price went back.".into(), "bad"),
        "task.funded" => ("Paid into escrow", paid, "go"),
        "task.claimed" if paid.is_empty() => ("Work begins", String::new(), "go"),
        "task.claimed" => ("Work begins", format!("For {paid}."), "go"),
        "task.cancelled" => ("Cancelled", format!("By the {}.", fact("by")), "bad"),
        "task.failed" => ("Given up", fact("reason"), "bad"),
        "task.lapsed" => {
            return ("Time passed".into(), format!("The task is {} now.", plain(&fact("status"))), "wait");
        }
        "bid.placed" => ("A bid", String::new(), "go"),
        "delivery.handed_in" => ("Handed in", "The judges look at it.".into(), "wait"),
        "delivery.judged" => return judged(one),
        "delivery.reviewed" => {
            let word = fact("status");
            return ("Reviewed".into(), format!("The poster says: {}.", plain(&word)), words::tone(&word));
        }
        "dispute.opened" => ("Disputed", "The money stays in escrow until it is resolved.".into(), "bad"),
        "dispute.resolved" => {
            ("Dispute resolved", format!("{}, by the {}.", plain(&fact("outcome")), fact("by")), "done")
        }
        "pricing.decided" => ("The pricing model decided", String::new(), "done"),
        "pricing.inconclusive" => ("The pricing model gave no answer", fact("reason"), "bad"),
        "secrets.requested" => ("Access to protected fields asked for", String::new(), "wait"),
        "secrets.granted" => ("Access to protected fields granted", String::new(), "done"),
        "thread.message" => ("A message in the thread", format!("From the {}.", plain(&fact("role"))), ""),
        other => return (plain(other), String::new(), ""),
    };
    (title.into(), said, tone)
}

/// What the gate and the judges said.
fn judged(one: &Happening) -> (String, String, &'static str) {
    let fact = |name: &str| text(&one.facts.get(name).cloned().unwrap_or_default());
    let (status, verdict, score) = (fact("status"), fact("verdict"), fact("score"));
    let gate = if score.is_empty() { String::new() } else { format!("The gate gave {score}. ") };
    let judges = match verdict.as_str() {
        "pass" => "The judges passed it.",
        "fail" => "The judges found something missing.",
        _ => "The judges left it to a person.",
    };
    let judges = if status == "gate_failed" { "That is below what the gate lets through." } else { judges };
    ("Judged".into(), format!("{gate}{judges} It is {} now.", plain(&status)), words::tone(&status))
}

/// How far a note says the work is: `percent`, or `…Processed` of `total…`.
pub fn progress(metadata: &Value) -> Option<Progress> {
    let facts = metadata.as_object()?;
    let number = |value: &Value| value.as_f64().filter(|number| number.is_finite() && *number >= 0.0);
    if let Some(percent) = facts.get("percent").and_then(number) {
        let done = percent.min(100.0);
        return Some(Progress { done, total: 100.0, said: format!("{done} %") });
    }
    let ending = |name: &str| {
        name.strip_suffix("Processed").or(name.strip_suffix("_processed")).map(str::to_lowercase)
    };
    facts.iter().find_map(|(name, value)| {
        let thing = ending(name)?;
        let total = facts.iter().find_map(|(name, value)| {
            let name = name.to_lowercase();
            (name.strip_prefix("total")?.trim_start_matches('_') == thing).then(|| number(value))?
        })?;
        let done = number(value)?.min(total);
        let thing = plain(&thing);
        (total > 0.0).then(|| Progress { done, total, said: format!("{done} of {total} {thing}") })
    })
}
