//! A fixture: one input, with plain values for whatever it does not say, and what should
//! come of it.
//!
//! ```json
//! { "task": {…}, "delivery": {…}, "config": {…}, "expect": {…} }
//! ```
//! The fields are those of a run's input. A reviewer's has `scorecard` and `reports` too, a
//! pricing model's `listing`, `book` and `event` instead. What only a fixture may do: leave
//! fields out, give a check as a poster writes it (`{"kind": "word-count", "min": 30}`),
//! and give a file's content as `text`, or name a file beside it as `file`.

use std::path::Path;

use assay_sandbox::{Attachments, Digest, Input, World};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::expect::Expect;

/// What is in the file.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Written {
    task: Map<String, Value>,
    delivery: Map<String, Value>,
    scorecard: Map<String, Value>,
    reports: Vec<Value>,
    listing: Map<String, Value>,
    book: Vec<Map<String, Value>>,
    event: Option<Value>,
    config: Option<Value>,
    expect: Expect,
}

/// What is run, and what should come of it.
pub(super) struct Fixture {
    pub(super) input: Input,
    pub(super) attachments: Attachments,
    pub(super) expect: Expect,
}

impl Fixture {
    /// Errors name the file and the field.
    pub(super) fn read(path: &Path, world: World) -> Result<Self, String> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let wrong = |error: String| format!("{name}: {error}");
        let written: Written =
            serde_json::from_slice(&super::read(path)?).map_err(|error| wrong(error.to_string()))?;
        let folder = path.parent().unwrap_or(path);
        Self::of(written, world, folder).map_err(wrong)
    }

    /// Whether it has the bytes of attachments.
    pub(super) fn has_files(&self) -> bool {
        !self.input.attachments().is_empty()
    }

    fn of(mut written: Written, world: World, folder: &Path) -> Result<Self, String> {
        let config = written.config.take().map_or_else(|| "{}".to_owned(), |config| config.to_string());
        let expect = std::mem::take(&mut written.expect);
        if world == World::Pricing {
            let input = Input::Price {
                listing: parse("listing", listing(written.listing))?,
                book: parse("book", Value::Array(written.book.into_iter().map(bid).collect()))?,
                event: parse("event", written.event.unwrap_or_else(|| "opened".into()))?,
                config,
            };
            return Ok(Self { input, attachments: Attachments::none(), expect });
        }
        let (delivery, attachments) = delivery(written.delivery, folder)?;
        let (task, delivery) = (parse("task", task(written.task)?)?, parse("delivery", delivery)?);
        let input = match world {
            World::Scorer => Input::Score { task, delivery, config },
            World::Reviewer => Input::Review {
                task,
                delivery,
                scorecard: parse("scorecard", scorecard(written.scorecard))?,
                reports: parse("reports", written.reports.into())?,
                config,
            },
            World::Verifier | World::Pricing => Input::Verify { task, delivery, config },
        };
        Ok(Self { input, attachments, expect })
    }
}

fn parse<T: DeserializeOwned>(field: &str, value: Value) -> Result<T, String> {
    serde_json::from_value(value).map_err(|error| format!("{field}: {error}"))
}

/// The given fields over the plain ones.
fn over(mut plain: Value, given: Map<String, Value>) -> Value {
    if let Some(fields) = plain.as_object_mut() {
        fields.extend(given);
    }
    plain
}

/// Lets `each` change every object of a list.
fn change(
    of: &mut Map<String, Value>,
    field: &str,
    mut each: impl FnMut(Map<String, Value>) -> Result<Value, String>,
) -> Result<(), String> {
    for item in of.get_mut(field).and_then(Value::as_array_mut).into_iter().flatten() {
        if let Value::Object(given) = item.take() {
            *item = each(given)?;
        }
    }
    Ok(())
}

fn task(mut given: Map<String, Value>) -> Result<Value, String> {
    change(&mut given, "checks", |given| Ok(check(given)))?;
    change(&mut given, "criteria", |given| Ok(over(json!({ "class": "human", "checks": [] }), given)))?;
    let plain = json!({
        "id": "00000000-0000-7000-8000-000000000001", "title": "A task", "description": "", "category": "",
        "skills": [], "criteria": [], "checks": [], "currency": "USD", "price": 15_000_000,
        "posted_at": 1_700_000_000_000_u64, "deadline_at": null,
    });
    Ok(over(plain, given))
}

/// A check with its `json` is an input's; any other is a poster's, and its `json` is itself.
fn check(given: Map<String, Value>) -> Value {
    let plain = json!({ "required": true, "weight": 1, "class": "decidable", "prior": null });
    if given.contains_key("json") {
        return over(plain, given);
    }
    let of_host = ["kind", "required", "weight", "class", "prior"];
    let known = given.clone().into_iter().filter(|(name, _)| of_host.contains(&name.as_str()));
    let mut known: Map<String, Value> = known.collect();
    let asked = given.into_iter().filter(|(name, _)| name != "class" && name != "prior");
    known.insert("json".into(), Value::Object(asked.collect()).to_string().into());
    over(plain, known)
}

fn delivery(mut given: Map<String, Value>, folder: &Path) -> Result<(Value, Attachments), String> {
    let mut held = Vec::new();
    change(&mut given, "attachments", |mut given| {
        if let Some(bytes) = content(&mut given, folder)? {
            let digest = Digest::of(&bytes);
            given.insert("size".into(), bytes.len().into());
            given.insert("digest".into(), digest.to_string().into());
            held.push((digest, bytes.into()));
        }
        Ok(over(json!({ "media_type": "text/plain", "size": 0, "digest": "" }), given))
    })?;
    change(&mut given, "traces", |given| {
        Ok(over(json!({ "event": "note", "message": "", "at": 1_700_000_030_000_u64 }), given))
    })?;
    let plain = json!({
        "id": "00000000-0000-7000-8000-000000000002", "content": "", "summary": "", "attachments": [],
        "traces": [], "round": 1, "delivered_at": 1_700_000_060_000_u64,
    });
    Ok((over(plain, given), held.into_iter().collect()))
}

/// The bytes of an attachment, when the fixture has them.
fn content(given: &mut Map<String, Value>, folder: &Path) -> Result<Option<Vec<u8>>, String> {
    match (given.remove("text"), given.remove("file")) {
        (Some(Value::String(text)), None) => Ok(Some(text.into_bytes())),
        (None, Some(Value::String(file))) => super::read(&folder.join(file)).map(Some),
        (None, None) => Ok(None),
        _ => Err("delivery.attachments: text is the content, or file the name of a file beside it".into()),
    }
}

fn scorecard(given: Map<String, Value>) -> Value {
    over(json!({ "score": 0, "dimensions": [], "notes": "" }), given)
}

fn listing(given: Map<String, Value>) -> Value {
    let plain = json!({
        "id": "00000000-0000-7000-8000-000000000003", "currency": "USD", "price": 15_000_000,
        "opened_at": 1_000, "closes_at": null,
    });
    over(plain, given)
}

fn bid(given: Map<String, Value>) -> Value {
    let bidder =
        given.get("id").and_then(Value::as_str).map_or_else(String::new, |id| format!("bidder of {id}"));
    let plain = json!({ "bidder": bidder, "placed_at": 1_000, "countered_at_price": null, "rounds": 0 });
    over(plain, given)
}
