//! Says whether a text is long enough and free of phrases nobody wants.

use assay_plugin::evidence::{at_least, listed, quoted};
use assay_plugin::{Delivery, Finding, Problem, Report, Task, Verifier};
use serde::Deserialize;

/// What a task may set; `config.schema.json` says the same.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The fewest words a delivery may have.
    pub words_min: u64,
    /// Phrases that may not occur, in any case.
    pub banned: Vec<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            words_min: 50,
            banned: Vec::new(),
        }
    }
}

/// The judge.
pub struct Judge;

impl Verifier for Judge {
    type Config = Config;

    fn verify(_task: &Task, delivery: &Delivery, config: Config) -> Result<Report, Problem> {
        Ok(Report::of([
            length(&delivery.content, config.words_min),
            phrases(&delivery.content, &config.banned),
        ]))
    }
}

fn length(content: &str, words_min: u64) -> Finding {
    let words = content.split_whitespace().count() as u64;
    Finding::met(
        "length",
        words >= words_min,
        at_least(words, words_min, "word", "words"),
    )
}

fn phrases(content: &str, banned: &[String]) -> Finding {
    let content = content.to_lowercase();
    let found = |phrase: &&String| content.contains(&phrase.to_lowercase());
    let found: Vec<String> = banned
        .iter()
        .filter(found)
        .map(|phrase| quoted(phrase, 60))
        .collect();
    let evidence = format!("banned phrases that occur: {}", listed(&found));
    Finding::met("phrases", found.is_empty(), evidence)
}

assay_plugin::export_verifier!(Judge);
