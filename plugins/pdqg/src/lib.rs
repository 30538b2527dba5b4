//! Scores a delivery before anyone looks at the criteria.
//!
//! [`score`] reads task and delivery once, asks eight questions, and multiplies
//! the answers. It uses whole numbers only, takes time in proportion to the text
//! it reads, and reads no more than [`text::READ_BYTES_MAX`] of it.
//!
//! | what | modules |
//! |---|---|
//! | a text: its words, sentences, characters, signs | [`text`], `reader` |
//! | words as numbers, and what is known of them beforehand | [`spelling`], [`words`], [`lists`], [`script`] |
//! | what a task asks for | [`wording`], [`asks`], [`length`], [`forms`] |
//! | the questions | [`answer`], [`relevance`], [`structure`], [`specificity`], [`repetition`], [`placeholder`], [`language`] |
//! | what they lean on | [`shapes`], [`data`], [`order`], [`signs`], [`keys`] |
//! | what comes out | [`scorecard`] |
//!
//! [`component`] is the shell around it, and `criteria` counts the criteria that are
//! met for it; nothing else knows of the host.

#[macro_use]
pub mod spelling;
pub mod answer;
pub mod asks;
pub mod component;
#[cfg(feature = "criteria")]
pub mod criteria;
pub mod data;
pub mod forms;
pub mod keys;
pub mod language;
pub mod length;
pub mod lists;
pub mod order;
pub mod placeholder;
mod reader;
pub mod relevance;
pub mod repetition;
pub mod scorecard;
pub mod script;
pub mod shapes;
pub mod signs;
pub mod specificity;
pub mod structure;
pub mod text;
pub mod wording;
pub mod words;

use asks::Asks;
use language::Languages;
use scorecard::{Dimension, FULL, Scorecard, share};
use text::Text;
use wording::Wording;

/// What was asked for.
#[derive(Default, Clone, Copy)]
pub struct Task<'a> {
    /// One line.
    pub title: &'a str,
    /// All that the worker was told.
    pub description: &'a str,
    /// The acceptance criteria, as sentences.
    pub criteria: &'a [&'a str],
}

/// What was handed in.
#[derive(Default, Clone, Copy)]
pub struct Delivery<'a> {
    /// The work as text; of a delivery of files, their text as far as it is known.
    pub content: &'a str,
    /// How many files came with it.
    pub files: usize,
}

/// How many of the criteria that a machine can decide are met.
#[derive(Clone, Copy)]
pub struct Criteria {
    /// Met, by weight.
    pub met: u64,
    /// All, by weight.
    pub total: u64,
}

/// Scores a delivery.
pub fn score(task: Task, delivery: Delivery, criteria: Option<Criteria>) -> Scorecard {
    let mut told = format!("{}\n{}", task.title.trim(), task.description.trim());
    for criterion in task.criteria {
        told.push('\n');
        told.push_str(criterion);
    }
    let told = told.trim();
    let asks = Asks::of(&Wording::of(told));
    let told = Text::read(told);
    let done = Text::read(delivery.content);
    let title = told.words.partition_point(|word| (word.start as usize) < task.title.trim().len());
    let description = if told.words.len() > title { &told.words[title..] } else { &told.words[..] };
    let languages = Languages::of(&asks, &told, &done);
    let structure = structure::structure(&asks, &done);
    let fits = if structure.score == FULL { asks.forms.len() + asks.phrases.len() } else { 0 };
    let mut dimensions = vec![
        answer::answer(&asks, &told, description, &done, delivery.files),
        relevance::relevance(&asks, &told, &done, languages.differ, fits),
        structure,
        specificity::specificity(&asks, &done),
        repetition::repetition(&asks, &done),
        placeholder::placeholder(&asks, &done, delivery.files),
        language::language(&asks, &told, &done, &languages),
    ];
    dimensions.extend(criteria.filter(|criteria| criteria.total > 0).map(met));
    Scorecard::of(dimensions)
}

fn met(criteria: Criteria) -> Dimension {
    let share = share(criteria.met, criteria.total);
    let note = format!("{} % of the decidable criteria are met: the checks say which are not.", share / 100);
    Dimension::new("criteria met", 3_000, share, note)
}
