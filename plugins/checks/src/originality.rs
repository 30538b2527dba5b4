//! Kinds about whether the text is work at all: its own words, finished, and no
//! refusal.

use crate::fields::Fields;
use crate::judge::Scene;
use crate::outcome::{Verdict, counted, grouped, quote};
use assay_text::words;
use std::collections::HashMap;

/// The kinds of this family.
#[derive(Debug)]
pub(crate) enum Rule {
    Original { overlap_max: u64 },
    NoPlaceholder,
    NotRefusal,
}

/// What is left in unfinished text, in lower case.
const PLACEHOLDERS: &[&str] = &[
    "lorem ipsum",
    "dolor sit amet",
    "[insert",
    "[your ",
    "<insert",
    "<your ",
    "{insert",
    "your text here",
    "placeholder text",
    "to be completed",
    "to be added",
    "coming soon...",
    "[todo",
    "xxx-xxx",
];
/// Marks of unfinished text that only mean that in capitals.
const MARKS: &[&str] = &["TODO", "TBD", "TBA", "FIXME", "XXX"];
/// Openings of a refusal, in lower case. They count near the beginning.
const REFUSALS: &[&str] = &[
    "i cannot assist",
    "i can't assist",
    "i cannot help",
    "i can't help",
    "i cannot fulfill",
    "i can't fulfill",
    "i cannot provide",
    "i can't provide",
    "i cannot complete",
    "i can't complete",
    "i cannot do that",
    "i can't do that",
    "i cannot comply",
    "i can't comply",
    "i am unable to",
    "i'm unable to",
    "i am not able to",
    "i'm not able to",
    "i won't be able to",
    "i must decline",
    "i have to decline",
    "i refuse to",
    "sorry, but i can't",
    "sorry, but i cannot",
    "sorry, i can't",
    "sorry, i cannot",
    "sorry, but i'm not able",
    "i cannot create",
    "i can't create",
    "i cannot generate",
    "i can't generate",
    "i cannot write",
    "i can't write",
    "lo siento, pero no puedo",
    "no puedo ayudar",
    "je ne peux pas",
    "je suis désolé, mais je ne",
    "ich kann ihnen nicht",
    "es tut mir leid, aber ich kann",
];
/// What only a machine says of itself; it counts everywhere.
const SELF_NAMES: &[&str] = &[
    "as an ai language model",
    "as an ai assistant",
    "as an ai model",
    "as an ai, i",
    "as a large language model",
    "as a language model",
    "i am an ai",
    "i'm an ai",
    "i'm just an ai",
    "en tant que modèle de langage",
    "als ki-sprachmodell",
    "como modelo de lenguaje",
];
/// Characters from the start in which a refusal is looked for.
const OPENING_CHARS_MAX: usize = 400;

impl Rule {
    pub(crate) fn parse(kind: &str, fields: &mut Fields) -> Option<Self> {
        Some(match kind {
            "original" => {
                let overlap_max = fields.count("max_overlap");
                if overlap_max.is_none() {
                    fields.missing("max_overlap", "the longest run of shared words allowed");
                }
                Self::Original { overlap_max: overlap_max.unwrap_or_default() }
            }
            "no-placeholder" => Self::NoPlaceholder,
            "not-refusal" => Self::NotRefusal,
            _ => return None,
        })
    }

    pub(crate) fn judge(&self, scene: &Scene) -> Verdict {
        match self {
            Self::Original { overlap_max } => judge_original(scene.plain(), scene.task_text, *overlap_max),
            Self::NoPlaceholder => judge_placeholder(scene.plain()),
            Self::NotRefusal => judge_refusal(scene.plain()),
        }
    }
}

fn judge_original(text: &str, task_text: &str, overlap_max: u64) -> Verdict {
    let (length, run) = longest_shared_run(task_text, text);
    let found = match length {
        0 => "no word of the task's text".to_owned(),
        _ => format!("{} in a row from the task's text: {}", counted(length, "word", "words"), quote(&run)),
    };
    Verdict::of(length <= overlap_max, found).wanting(format!("at most {}", grouped(overlap_max)))
}

/// A state of the automaton of all runs of words of a text.
#[derive(Default)]
struct State {
    next: HashMap<usize, usize>,
    link: Option<usize>,
    length: usize,
}

/// The longest run of words that both texts have, and its text, in time linear in
/// both: a suffix automaton of the one, walked along the other.
fn longest_shared_run(source: &str, text: &str) -> (u64, String) {
    let (source, text) = (words::lower(source), words::lower(text));
    let mut ids: HashMap<&str, usize> = HashMap::new();
    let mut states = vec![State::default()];
    let mut last = 0;
    for word in words::words(&source) {
        let fresh = ids.len();
        let id = *ids.entry(word).or_insert(fresh);
        last = extend(&mut states, last, id);
    }
    let words: Vec<&str> = words::words(&text).collect();
    let (mut state, mut length) = (0, 0);
    let (mut best, mut best_end) = (0, 0);
    for (at, word) in words.iter().enumerate() {
        let Some(id) = ids.get(word) else {
            (state, length) = (0, 0);
            continue;
        };
        while let Some(link) = states[state].link.filter(|_| !states[state].next.contains_key(id)) {
            state = link;
            length = states[state].length;
        }
        if let Some(next) = states[state].next.get(id) {
            state = *next;
            length += 1;
        }
        if length > best {
            (best, best_end) = (length, at + 1);
        }
    }
    (best as u64, words[best_end - best..best_end].join(" "))
}

/// Adds a word behind all runs that end in the state `last`.
fn extend(states: &mut Vec<State>, last: usize, id: usize) -> usize {
    let added = states.len();
    states.push(State { length: states[last].length + 1, link: Some(0), ..State::default() });
    let mut at = Some(last);
    while let Some(state) = at.filter(|state| !states[*state].next.contains_key(&id)) {
        states[state].next.insert(id, added);
        at = states[state].link;
    }
    let Some(from) = at else { return added };
    let target = states[from].next[&id];
    if states[target].length == states[from].length + 1 {
        states[added].link = Some(target);
        return added;
    }
    let copy = states.len();
    let (next, link) = (states[target].next.clone(), states[target].link);
    states.push(State { next, link, length: states[from].length + 1 });
    let mut at = Some(from);
    while let Some(state) = at.filter(|state| states[*state].next.get(&id) == Some(&target)) {
        states[state].next.insert(id, copy);
        at = states[state].link;
    }
    states[target].link = Some(copy);
    states[added].link = Some(copy);
    added
}

fn judge_placeholder(text: &str) -> Verdict {
    let lower = words::lower(text);
    let in_words = PLACEHOLDERS.iter().find(|mark| lower.contains(**mark));
    // In a text of capitals, and in Spanish, `todo` is a word.
    let in_capitals = MARKS
        .iter()
        .filter(|_| text.chars().any(char::is_lowercase))
        .find(|mark| words::occurrences(text, mark, true) > 0);
    let found = in_words.or(in_capitals);
    let what = found.map_or("nothing unfinished".to_owned(), |mark| format!("{} is left in it", quote(mark)));
    Verdict::of(found.is_none(), what)
}

/// Nothing at all is a refusal too.
fn judge_refusal(text: &str) -> Verdict {
    if text.trim().is_empty() {
        return Verdict::fail("the text is empty");
    }
    let straight = |text: &str| words::lower(text).replace('’', "'");
    let opening = straight(&text.trim_start().chars().take(OPENING_CHARS_MAX).collect::<String>());
    let refusal = REFUSALS.iter().find(|phrase| opening.contains(**phrase));
    let named = || {
        let whole = straight(text);
        SELF_NAMES.iter().find(|phrase| whole.contains(**phrase))
    };
    let found = refusal.or_else(named);
    let what = found.map_or("no refusal".to_owned(), |phrase| format!("{} is a refusal", quote(phrase)));
    Verdict::of(found.is_none(), what)
}

#[cfg(test)]
mod tests {
    use super::longest_shared_run;
    use proptest::prelude::*;

    fn naive(source: &str, text: &str) -> u64 {
        let (source, text): (Vec<&str>, Vec<&str>) =
            (source.split_whitespace().collect(), text.split_whitespace().collect());
        let mut best = 0;
        for start in 0..source.len() {
            for end in start + 1..=source.len() {
                let run = &source[start..end];
                if run.len() > best && text.windows(run.len()).any(|window| window == run) {
                    best = run.len();
                }
            }
        }
        best as u64
    }

    proptest! {
        #[test]
        fn the_automaton_agrees_with_looking_everywhere(
            source in "([ab] ){0,30}", text in "([abc] ){0,30}",
        ) {
            let (length, run) = longest_shared_run(&source, &text);
            prop_assert_eq!(length, naive(&source, &text));
            prop_assert_eq!(run.split_whitespace().count() as u64, length);
        }
    }
}
