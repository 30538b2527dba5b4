//! Is it an answer at all: something, of its own, as long as the task implies,
//! and not broken off.

use crate::asks::Asks;
use crate::forms::Form;
use crate::keys::{Keys, RUN, joined};
use crate::scorecard::{Dimension, FULL, ramp, share};
use crate::script::Script;
use crate::text::{Text, Word};
use crate::words::{Class, ENGLISH};

/// Scores it. `description` are the words of the task that its title does not have;
/// `files` is how many files came with the delivery.
pub fn answer(asks: &Asks, task: &Text, description: &[Word], delivery: &Text, files: usize) -> Dimension {
    let parts = if delivery.characters.visible == 0 {
        let note = "The delivery is empty: put the work itself into it.".to_owned();
        [(if files > 0 { 7_500 } else { 0 }, note), (FULL, String::new()), (FULL, String::new())]
    } else if delivery.characters.letters + delivery.characters.digits == 0 {
        let note = "The delivery has no letters and no digits: put the work itself into it.".to_owned();
        [(0, note), (FULL, String::new()), (FULL, String::new())]
    } else {
        [own(asks, task, description, delivery), length(asks, delivery, files), ending(asks, task, delivery)]
    };
    let score = parts.iter().fold(FULL, |score, (part, _)| score * part / FULL);
    let worst = parts.into_iter().min_by_key(|(part, _)| *part).map(|(_, note)| note);
    Dimension::new("answer", FULL, score, worst.unwrap_or_default())
}

/// How much is not the task's text handed back.
fn own(asks: &Asks, task: &Text, description: &[Word], delivery: &Text) -> (u32, String) {
    let run = RUN.min(description.len()).min(delivery.words.len()).max(1);
    if delivery.words.len() < RUN && description.len() > RUN {
        return (FULL, String::new());
    }
    let of_task: Keys = task.words.windows(run).map(joined).collect();
    let mut found = Keys::for_up_to(of_task.count());
    let mut copied = 0;
    let mut covered_to = 0;
    for (at, words) in delivery.words.windows(run).enumerate() {
        let key = joined(words);
        if of_task.contains(key) {
            found.insert(key);
            copied += at + run - covered_to.max(at);
            covered_to = at + run;
        }
    }
    // The answer to an editing task is most of the task's text, but not its
    // instruction; an answer that begins with the task has words of its own.
    let may_copy = (asks.edits || asks.repeats) && !has_instruction(asks, description, &found, run);
    let from = if may_copy { 9_500 } else { 4_000 };
    let whole = ramp(found_share(description.windows(run), &found), from, from + 400, 0, FULL);
    let of_delivery = share(copied, delivery.words.len());
    let own = ramp(FULL - of_delivery, 300, 5_000, 0, FULL);
    let note =
        format!("{} % of the delivery is the task's own text: deliver an answer to it.", of_delivery / 100);
    (own.max(FULL - whole), note)
}

fn found_share<'a>(runs: impl Iterator<Item = &'a [Word]>, found: &Keys) -> u32 {
    let (mut all, mut copied) = (0, 0);
    for words in runs {
        all += 1;
        copied += usize::from(found.contains(joined(words)));
    }
    if all == 0 { 0 } else { share(copied, all) }
}

/// Whether what was copied has the words that say what to do.
fn has_instruction(asks: &Asks, description: &[Word], found: &Keys, run: usize) -> bool {
    let says = |words: &&[Word]| words.iter().any(|word| asks.verbs.contains(word.key));
    found_share(description.windows(run).filter(says), found) > FULL / 2
}

fn length(asks: &Asks, delivery: &Text, files: usize) -> (u32, String) {
    let wanted = asks.length.words;
    if wanted == 0 || files > 0 {
        return (FULL, String::new());
    }
    let have = delivery.length_words();
    let reached = share(have, wanted);
    let score = if asks.length.is_stated {
        ramp(reached, 500, 8_000, 0, FULL)
    } else {
        ramp(reached, 1_500, 8_000, 0, FULL)
    };
    let implies = if asks.length.is_stated { "asks for" } else { "implies" };
    (score, format!("{have} words, and the task {implies} about {wanted} or more: write it out."))
}

/// Prose that stops in the middle of a sentence, or with something still open.
fn ending(asks: &Asks, task: &Text, delivery: &Text) -> (u32, String) {
    let Some(last) = delivery.words.last() else { return (FULL, String::new()) };
    let count = delivery.words.len();
    if asks.wants_structure() || count >= 60 {
        return (FULL, String::new());
    }
    let tail = &delivery.raw[last.end as usize..];
    let is_closed = last.stops() || tail.contains(|sign: char| !sign.is_whitespace() && sign != ',');
    let quotes = delivery.raw.matches('"').count();
    let score = if quotes == 1 && delivery.raw.trim_start().starts_with('"') {
        2_500
    } else if is_closed || delivery.script() == Some(Script::Han) {
        FULL
    } else if is_cut_word(task, delivery, *last) {
        4_000
    } else {
        open_sentence(asks, delivery, *last)
    };
    (score, "The delivery breaks off in the middle: deliver the whole of it.".to_owned())
}

/// The last word is the beginning of one of the task's.
fn is_cut_word(task: &Text, delivery: &Text, last: Word) -> bool {
    let cut = delivery.spelling(last);
    let begins = |whole: &str| whole.len() > cut.len() + 1 && whole.starts_with(cut);
    cut.len() > 1
        && !last.known.is_grammar()
        && task.words.iter().any(|word| begins(task.spelling(*word)))
        && !task.words.iter().any(|word| word.stem == last.stem)
}

fn open_sentence(asks: &Asks, delivery: &Text, last: Word) -> u32 {
    let words = &delivery.words;
    let is_open = matches!(
        last.known.class(ENGLISH),
        Class::Article | Class::Preposition | Class::Conjunction | Class::Auxiliary | Class::Subject
    );
    if is_open && (words.len() >= 3 || last.known.class(ENGLISH) == Class::Article) {
        return 2_000;
    }
    let is_name = asks.wants_name || asks.forms.contains(&Form::Verse);
    let in_line = words.iter().rev().take_while(|word| !word.starts_line()).count() + 1;
    let grammar = words.iter().filter(|word| word.known.is_grammar()).count();
    let is_listed = delivery.script() == Some(Script::Latin);
    let is_sentence =
        in_line >= 4 && (!is_listed || grammar * 6 >= words.len()) && delivery.lines().count() <= 3;
    match (is_sentence, asks.length.is_prose) {
        (false, _) => FULL,
        (true, true) if is_listed => 3_000,
        (true, false) if is_name => FULL,
        _ => 4_500,
    }
}
