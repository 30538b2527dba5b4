//! The page of a receipt, and running its verdict again.

use std::sync::Arc;

use askama::Template;
use assay_domain::ids::ReceiptId;
use assay_sandbox::{Receipt, Replay};
use axum::extract::{Path, State};

use super::super::answer::Outcome;
use super::super::commission::path_id;
use super::form::{Attempt, Form, Sheet};
use super::page::{Frame, page_after};
use super::session::Person;
use super::words;
use crate::app::App;
use crate::app::replaying::Replayed;

/// A line of two columns: what it is, and what it says.
struct Fact {
    name: &'static str,
    value: String,
}

/// What a replay found, to be shown.
pub struct Found {
    /// `match`, `mismatch`, or that nothing can be said.
    pub word: &'static str,
    /// How that looks.
    pub tone: &'static str,
    /// What it means, in a sentence.
    pub meaning: String,
    /// What differs: field, receipt, replay.
    pub differences: Vec<[String; 3]>,
}

#[derive(Template)]
#[template(path = "receipt.html")]
struct ReceiptPage {
    frame: Frame,
    id: String,
    task: String,
    plugin: String,
    outcome: String,
    world: String,
    facts: Vec<Fact>,
    sheet: Option<Sheet>,
    found: Option<Found>,
}

/// `GET /receipts/{id}`: for anyone with the id, as over the API.
pub async fn page(State(app): State<Arc<App>>, person: Option<Person>, Path(id): Path<String>) -> Outcome {
    let id: ReceiptId = path_id(&id, "receipt")?;
    let receipt = app.receipt(id).await?;
    show(person.as_ref(), &receipt, &Attempt::none(), None)
}

/// `POST /receipts/{id}/replay`: runs it again, here and now.
pub async fn replay(State(app): State<Arc<App>>, Path(id): Path<String>, form: Form) -> Outcome {
    let id: ReceiptId = path_id(&id, "receipt")?;
    match app.replay(&form.person.caller, id, form.once()).await {
        Ok(Replayed { receipt, found }) => {
            show(Some(&form.person), &receipt, &Attempt::none(), Some(found_of(&found)))
        }
        Err(error) => {
            let receipt = app.receipt(id).await?;
            show(Some(&form.person), &receipt, &form.again("replay", &error.into()), None)
        }
    }
}

/// What a replay found, in words.
pub fn found_of(found: &Result<Replay, String>) -> Found {
    let (word, tone, meaning, differences) = match found {
        Ok(Replay::Match { same_profile: true }) => {
            ("match", "done", "The same verdict, at the same cost, bit for bit.".to_owned(), Vec::new())
        }
        Ok(Replay::Match { same_profile: false }) => {
            let meaning =
                "The same verdict. Its cost was not compared: it was signed on another engine profile.";
            ("match", "done", meaning.to_owned(), Vec::new())
        }
        Ok(Replay::Mismatch { differences }) => {
            let rows = differences.iter();
            let rows = rows.map(|one| [words::plain(one.field), one.receipt.clone(), one.replay.clone()]);
            (
                "mismatch",
                "bad",
                "The receipt does not say what the component says.".to_owned(),
                rows.collect(),
            )
        }
        Err(why) => ("nothing to compare", "wait", why.clone(), Vec::new()),
    };
    Found { word, tone, meaning, differences }
}

fn show(person: Option<&Person>, receipt: &Receipt, attempt: &Attempt, found: Option<Found>) -> Outcome {
    let action = format!("/receipts/{}/replay", receipt.id);
    let fact = |name, value: String| Fact { name, value };
    let digest = |digest: &Option<assay_sandbox::Digest>| {
        digest.as_ref().map_or_else(|| "none".to_owned(), ToString::to_string)
    };
    let facts = vec![
        fact("Input", receipt.input.to_string()),
        fact("Output", receipt.output.to_string()),
        fact("Delivery", digest(&receipt.delivery)),
        fact("Previous receipt of the task", digest(&receipt.previous)),
        fact("Fuel", words::grouped(receipt.fuel)),
        fact("Memory", format!("{} bytes", words::grouped(receipt.memory_bytes))),
        fact("Virtual time", format!("{} ns", words::grouped(receipt.virtual_time_ns))),
        fact("Seed", receipt.seed.clone()),
        fact("Engine profile", receipt.engine_profile.clone()),
        fact("Signed by", receipt.key.clone()),
        fact("Signature", receipt.signature.clone()),
    ];
    let shown = ReceiptPage {
        frame: Frame::of(person, "tasks"),
        id: receipt.id.clone(),
        task: receipt.task.clone(),
        plugin: receipt.plugin.to_string(),
        outcome: words::plain(&receipt.outcome),
        world: format!("{} {}", receipt.world, receipt.version),
        facts,
        sheet: person.map(|person| attempt.sheet(&person.token, "replay", action)),
        found,
    };
    page_after(attempt, &shown)
}
