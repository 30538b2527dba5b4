//! The thin shell: what the host hands over becomes what [`crate::score`] takes.

use crate::text::READ_BYTES_MAX;
use crate::{Criteria, Delivery, Task, score, scorecard};
use assay_plugin::{Attachment, Problem, Scorecard, Scorer, attachments};
use serde::Deserialize;
use std::borrow::Cow;

/// There is nothing to set.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {}

/// The built-in scorer.
pub struct Pdqg;

impl Scorer for Pdqg {
    type Config = Config;

    fn score(
        task: &assay_plugin::Task,
        delivery: &assay_plugin::Delivery,
        _config: Config,
    ) -> Result<Scorecard, Problem> {
        let sentences: Vec<&str> = task.criteria.iter().map(|criterion| criterion.text.as_str()).collect();
        let content = work(delivery);
        let asked = Task { title: &task.title, description: &task.description, criteria: &sentences };
        let done = Delivery { content: &content, files: delivery.attachments.len() };
        Ok(card(score(asked, done, met(task, delivery))))
    }
}

#[cfg(feature = "criteria")]
fn met(task: &assay_plugin::Task, delivery: &assay_plugin::Delivery) -> Option<Criteria> {
    crate::criteria::met(task, delivery)
}

#[cfg(not(feature = "criteria"))]
fn met(_task: &assay_plugin::Task, _delivery: &assay_plugin::Delivery) -> Option<Criteria> {
    None
}

/// A content of fewer words beside text files is a note about them.
const NOTE_WORDS_MAX: usize = 40;

/// The text to judge: the content, with the text of the files where they are the work.
fn work(delivery: &assay_plugin::Delivery) -> Cow<'_, str> {
    if delivery.attachments.is_empty() {
        return delivery.content.as_str().into();
    }
    let files = text_of_files(&delivery.attachments);
    let is_note = delivery.content.split_whitespace().take(NOTE_WORDS_MAX).count() < NOTE_WORDS_MAX;
    match (files.is_empty(), is_note) {
        (false, true) => files.into(),
        (false, false) => format!("{}{files}", delivery.content).into(),
        // Of files that are no text the summary is all that can be read.
        (true, true) if delivery.content.trim().is_empty() => delivery.summary.as_str().into(),
        (true, _) => delivery.content.as_str().into(),
    }
}

/// The text files one after another, as far as they are read.
fn text_of_files(files: &[Attachment]) -> String {
    let mut text = String::new();
    for (index, file) in (0..).zip(files) {
        if !is_text(file) || text.len() >= READ_BYTES_MAX {
            continue;
        }
        // Bytes that are not held are no fault of the worker's text.
        let Ok(bytes) = attachments::read(index, 0, attachments::READ_BYTES_MAX) else { continue };
        text.push('\n');
        text.push_str(&String::from_utf8_lossy(&bytes));
    }
    text
}

fn is_text(file: &Attachment) -> bool {
    const ENDINGS: [&str; 20] = [
        "txt", "md", "json", "csv", "tsv", "xml", "html", "yaml", "yml", "toml", "py", "js", "ts", "rs",
        "go", "sql", "sh", "c", "java", "css",
    ];
    let kind = file.media_type.split(';').next().unwrap_or_default().trim();
    let ending = file.name.rsplit('.').next().unwrap_or_default();
    kind.starts_with("text/")
        || matches!(kind, "application/json" | "application/xml" | "application/yaml" | "application/toml")
        || ENDINGS.contains(&ending)
}

fn card(card: scorecard::Scorecard) -> Scorecard {
    let points = |figure: u32| u16::try_from(figure).unwrap_or(assay_plugin::SCORE_MAX);
    let dimension = |dimension: scorecard::Dimension| assay_plugin::Dimension {
        name: dimension.name.to_owned(),
        weight: points(dimension.weight),
        score: points(dimension.score),
        note: dimension.note,
    };
    Scorecard {
        score: points(card.score),
        dimensions: card.dimensions.into_iter().map(dimension).collect(),
        notes: card.notes,
    }
}

assay_plugin::export_scorer!(Pdqg);
