//! Does it speak of what the task speaks of: the task's content words, weighted
//! by how much they tell, found again in the delivery by their stems.

use crate::asks::Asks;
use crate::keys::ByKey;
use crate::scorecard::{Dimension, FULL, ramp, share};
use crate::text::{Text, Word};
use crate::words::{COMMON, FORM, look_up};

/// What a word of the task is worth when it is met again.
const TELLING: u32 = 10;
const NAMING: u32 = 14;
const EVERYDAY: u32 = 4;
const FORMAL: u32 = 1;

/// Scores it. `in_other_language` deliveries share no words with their task;
/// one that `fits` several demands of form was made for it.
pub fn relevance(
    asks: &Asks,
    task: &Text,
    delivery: &Text,
    in_other_language: bool,
    fits: usize,
) -> Dimension {
    let mut worth = worth_of(asks, task);
    let total: u32 = worth.values().map(|word| word.worth).sum();
    let content = delivery.words.iter().filter(|word| word.is_content()).count();
    if total < TELLING || content == 0 {
        return dimension(FULL, String::new());
    }
    let gained = gained(&mut worth, delivery);
    let length = u32::try_from(content).unwrap_or(u32::MAX);
    let wanted = (length / 6 + TELLING).min(total * 2 / 5).clamp(6, 40);
    let found = share(gained as usize, wanted as usize);
    // A few words may well answer without repeating any word of the question.
    let mut doubt = ramp(length, 4, 30, 6_500, 0);
    // Where the task has few telling words, missing them tells little.
    doubt = doubt.max(ramp(total, 10, 60, 4_500, 0));
    // Verse and riddles may speak of a thing without naming it.
    if asks.evokes {
        doubt = doubt.max(ramp(length, 8, 40, 7_500, 3_000));
    }
    doubt += u32::try_from(fits.min(3)).unwrap_or(0) * 1_200;
    if in_other_language {
        doubt = doubt.max(8_500);
    }
    if asks.wants_structure() {
        doubt = doubt.max(4_500);
    }
    if task.is_sampled || delivery.is_sampled {
        doubt = doubt.max(4_000);
    }
    let doubt = doubt.min(FULL);
    let score = doubt + (FULL - doubt) * ramp(found, 0, FULL, 0, FULL) / FULL;
    if score >= FULL {
        return dimension(FULL, String::new());
    }
    dimension(score, note(task, &worth))
}

fn dimension(score: u32, note: String) -> Dimension {
    Dimension::new("relevance", 7_000, score, note)
}

struct Worth {
    worth: u32,
    met: u32,
}

fn worth_of(asks: &Asks, task: &Text) -> ByKey<Worth> {
    let mut worth: ByKey<Worth> = ByKey::default();
    for word in &task.words {
        let value = value_of(*word);
        if value > 0 && !asks.forbidden.contains(word.stem) {
            let entry = worth.entry(word.stem).or_insert(Worth { worth: 0, met: 0 });
            entry.worth = entry.worth.max(value);
        }
    }
    worth
}

fn value_of(word: Word) -> u32 {
    if word.is_ideograph() {
        return if word.stem == 0 { 0 } else { TELLING };
    }
    if word.is_number() {
        return if word.end - word.start > 3 { TELLING } else { 0 };
    }
    if !word.is_content() {
        return 0;
    }
    let known = look_up(word.stem);
    if known.has(FORM) {
        FORMAL
    } else if known.has(COMMON) {
        EVERYDAY
    } else if word.is_capital() && !word.opens() {
        NAMING
    } else {
        TELLING
    }
}

/// A word met again counts in full, a second and a third time half of it.
fn gained(worth: &mut ByKey<Worth>, delivery: &Text) -> u32 {
    let mut gained = 0;
    for word in &delivery.words {
        if word.known.is_grammar() {
            continue;
        }
        if let Some(entry) = worth.get_mut(&word.stem) {
            entry.met += 1;
            gained += match entry.met {
                1 => entry.worth,
                2 | 3 if entry.worth >= TELLING => entry.worth / 2,
                _ => 0,
            };
        }
    }
    gained
}

/// Names the telling words of the task that are missing.
fn note(task: &Text, worth: &ByKey<Worth>) -> String {
    let mut missing: Vec<&str> = Vec::new();
    for word in task.words.iter().filter(|word| !word.is_ideograph()) {
        let is_missing = worth.get(&word.stem).is_some_and(|entry| entry.met == 0 && entry.worth >= TELLING);
        let spelling = task.spelling(*word);
        if is_missing && !missing.contains(&spelling) {
            missing.push(spelling);
        }
        if missing.len() == 4 {
            break;
        }
    }
    if missing.is_empty() {
        return "The delivery says little of what the task is about.".to_owned();
    }
    format!("The delivery says little of what the task is about; not mentioned: {}.", missing.join(", "))
}
