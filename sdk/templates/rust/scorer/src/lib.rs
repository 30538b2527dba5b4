//! Scores a text by its length and by how easy its paragraphs are to read.

use assay_plugin::numbers::{counted, share};
use assay_plugin::{Delivery, Dimension, Problem, Scorecard, Scorer, Task, evidence};
use serde::Deserialize;

/// What a task may set; `config.schema.json` says the same.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Words that make a text long enough.
    pub words_wanted: u64,
    /// Words a paragraph may have before it is called too long.
    pub paragraph_words_max: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            words_wanted: 200,
            paragraph_words_max: 120,
        }
    }
}

/// The judge.
pub struct Judge;

impl Scorer for Judge {
    type Config = Config;

    fn score(_task: &Task, delivery: &Delivery, config: Config) -> Result<Scorecard, Problem> {
        if config.words_wanted == 0 {
            return Err(Problem::InvalidConfig(
                "words_wanted: at least 1".to_owned(),
            ));
        }
        let paragraphs: Vec<u64> = delivery
            .content
            .split("\n\n")
            .map(words)
            .filter(|&words| words > 0)
            .collect();
        let total: u64 = paragraphs.iter().sum();
        let sides = vec![
            length(total, config.words_wanted),
            readable(&paragraphs, config.paragraph_words_max),
        ];
        let notes = format!(
            "{} in {}",
            counted(total, "word", "words"),
            counted(paragraphs.len() as u64, "paragraph", "paragraphs")
        );
        Ok(Scorecard::weighted(sides, notes))
    }
}

fn words(text: &str) -> u64 {
    text.split_whitespace().count() as u64
}

fn length(words: u64, wanted: u64) -> Dimension {
    let note = if words < wanted {
        evidence::at_least(words, wanted, "word", "words")
    } else {
        String::new()
    };
    Dimension::new("length", 2, share(words, wanted), note)
}

fn readable(paragraphs: &[u64], words_max: u64) -> Dimension {
    let good = paragraphs
        .iter()
        .filter(|&&words| words <= words_max)
        .count() as u64;
    let longest = paragraphs.iter().copied().max().unwrap_or(0);
    let too_long = longest > words_max;
    let note = if too_long {
        evidence::at_most(longest, words_max, "word", "words")
    } else {
        String::new()
    };
    // A text without paragraphs has no readable ones either.
    let score = if paragraphs.is_empty() {
        0
    } else {
        share(good, paragraphs.len() as u64)
    };
    Dimension::new("paragraphs", 1, score, note)
}

assay_plugin::export_scorer!(Judge);
