//! Is it work, or a stand-in for work: refusals, dummy text, notes to fill in later.

use crate::asks::Asks;
use crate::scorecard::{Dimension, FULL, ramp, share};
use crate::text::{Text, Word};
use crate::words::LOREM;

/// Scores it.
pub fn placeholder(asks: &Asks, delivery: &Text, files: usize) -> Dimension {
    let parts =
        [refusal(asks, delivery), dummy(asks, delivery), to_do(asks, delivery), promise(delivery, files)];
    let score = parts.iter().fold(FULL, |score, (part, _)| score * part / FULL);
    let worst = parts.into_iter().min_by_key(|(part, _)| *part).map(|(_, note)| note);
    Dimension::new("placeholder and refusal", 9_000, score, worst.unwrap_or_default())
}

/// Openings of a refusal, in several languages; any may stand in the first words.
const REFUSALS: [&[u64]; 26] = [
    words!("as an ai"),
    words!("as a language model"),
    words!("as a large language model"),
    words!("i m sorry but i"),
    words!("i am sorry but i"),
    words!("i m sorry i can"),
    words!("sorry i can"),
    words!("sorry but i can"),
    words!("i apologize but i"),
    words!("i must decline"),
    words!("unable to assist"),
    words!("unable to help"),
    words!("unable to complete this"),
    words!("unable to fulfill"),
    words!("cannot assist with"),
    words!("cannot help with"),
    words!("can t assist with"),
    words!("can t help with"),
    words!("cannot fulfill"),
    words!("can t complete this"),
    words!("not able to assist"),
    words!("not able to help"),
    words!("je ne peux pas"),
    words!("lo siento pero"),
    words!("es tut mir leid"),
    words!("désolé mais je"),
];

/// Only so many words are searched for the opening of a refusal.
const OPENING_WORDS: usize = 30;

fn starts(words: &[Word], at: usize, phrase: &[u64]) -> bool {
    words
        .get(at..at + phrase.len())
        .is_some_and(|run| run.iter().zip(phrase).all(|(word, key)| word.key == *key))
}

fn finds(words: &[Word], phrases: &[&[u64]]) -> usize {
    (0..words.len())
        .filter(|at| phrases.iter().any(|phrase| phrase[0] == words[*at].key && starts(words, *at, phrase)))
        .count()
}

fn refusal(asks: &Asks, delivery: &Text) -> (u32, String) {
    let opening = &delivery.words[..delivery.words.len().min(OPENING_WORDS)];
    if asks.regrets || finds(opening, &REFUSALS) == 0 {
        return (FULL, String::new());
    }
    // Whoever goes on and does the work after all has only been polite.
    let score = ramp(u32::try_from(delivery.words.len()).unwrap_or(u32::MAX), 50, 250, 500, 9_000);
    (score, "The delivery refuses the task: do the work, or give the task back.".to_owned())
}

fn dummy(asks: &Asks, delivery: &Text) -> (u32, String) {
    let words = delivery.words.iter().filter(|word| word.known.has(LOREM)).count();
    if asks.placeholders || words < 3 {
        return (FULL, String::new());
    }
    let score = ramp(share(words, delivery.words.len()), 300, 2_500, FULL, 0);
    (score, "The delivery has dummy text in it: put the real text there.".to_owned())
}

const TO_DO: [&[u64]; 16] = [
    words!("todo"),
    words!("fixme"),
    words!("tbd"),
    words!("coming soon"),
    words!("to be added"),
    words!("to be determined"),
    words!("to be completed"),
    words!("your text here"),
    words!("your content here"),
    words!("text goes here"),
    words!("content goes here"),
    words!("placeholder text"),
    words!("insert text"),
    words!("insert your"),
    words!("work in progress"),
    words!("add your"),
];

fn to_do(asks: &Asks, delivery: &Text) -> (u32, String) {
    if asks.placeholders {
        return (FULL, String::new());
    }
    let starts_note = |at: &usize| {
        let word = delivery.words[*at];
        word.known.has(crate::words::TO_DO) && TO_DO.iter().any(|note| starts(&delivery.words, *at, note))
    };
    let found = (0..delivery.words.len()).filter(starts_note).count();
    // One note in a long text is a slip, in a short one it is the delivery.
    let weight = u32::try_from(found * 12 * 10_000 / delivery.words.len().max(12)).unwrap_or(u32::MAX);
    let score = ramp(weight, 0, 10_000, FULL, 500);
    (score, format!("Places left to fill in: {found}; finish them."))
}

const PROMISES: [&[u64]; 22] = [
    words!("see attached"),
    words!("see the attached"),
    words!("find attached"),
    words!("please find"),
    words!("as requested"),
    words!("task completed"),
    words!("task complete"),
    words!("task is complete"),
    words!("task done"),
    words!("have completed the"),
    words!("ve completed the"),
    words!("has been completed"),
    words!("have finished the"),
    words!("all requirements"),
    words!("work is done"),
    words!("i will deliver"),
    words!("will be delivered"),
    words!("let me know if"),
    words!("happy to revise"),
    words!("contact me"),
    words!("here is the work"),
    words!("thank you for"),
];

/// A short message about the work in its place.
fn promise(delivery: &Text, files: usize) -> (u32, String) {
    let words = delivery.words.len();
    let found = if words <= 60 && files == 0 { finds(&delivery.words, &PROMISES) } else { 0 };
    let weight = u32::try_from(found * 20 * 10_000 / words.max(20)).unwrap_or(u32::MAX);
    let score = ramp(weight, 3_000, 10_000, FULL, 2_000);
    (score, "The delivery speaks about the work in its place: put the work itself into it.".to_owned())
}
