//! Can it be read: clean characters, words that could be words, in the language
//! that was asked for, in an order that a language allows.

use crate::asks::Asks;
use crate::order::{grammar_share, language_of, order};
use crate::scorecard::{Dimension, FULL, ramp, share};
use crate::script::{Language, Script};
use crate::signs::signs;
use crate::text::Text;
use crate::words::ENGLISH;

/// What was found out about the languages of task and delivery.
pub struct Languages {
    /// The delivery's, among the listed ones.
    pub delivery: Option<usize>,
    /// The delivery is in another language than the task.
    pub differ: bool,
}

impl Languages {
    /// Compares them.
    pub fn of(asks: &Asks, task: &Text, delivery: &Text) -> Self {
        let of =
            |text: &Text| if text.script() == Some(Script::Latin) { language_of(&text.words) } else { None };
        let (in_task, in_delivery) = (of(task), of(delivery));
        let is_other_script = task.script() != delivery.script() && delivery.characters.letters > 0;
        let is_other_demand = asks.languages.iter().any(|language| language.column != in_task);
        let differ = is_other_script
            || in_task.is_some() && in_delivery.is_some() && in_task != in_delivery
            || is_other_demand && in_delivery != in_task;
        Self { delivery: in_delivery, differ }
    }
}

/// Scores it.
pub fn language(asks: &Asks, task: &Text, delivery: &Text, languages: &Languages) -> Dimension {
    let is_prose = !asks.wants_structure();
    let parts = [
        characters(delivery),
        if is_prose { words(delivery) } else { (FULL, String::new()) },
        if is_prose { asked(asks, task, delivery, languages) } else { (FULL, String::new()) },
        in_order(delivery, languages, is_prose),
    ];
    let score = parts.iter().fold(FULL, |score, (part, _)| score * part / FULL);
    let worst = parts.into_iter().min_by_key(|(part, _)| *part).map(|(_, note)| note);
    Dimension::new("encoding and language", 8_000, score, worst.unwrap_or_default())
}

fn characters(delivery: &Text) -> (u32, String) {
    let counted = &delivery.characters;
    if counted.visible == 0 {
        return (FULL, String::new());
    }
    let bad = counted.controls + counted.broken;
    let clean = ramp(share(bad, counted.visible.max(1)), 0, 500, FULL, 0);
    let clean = if bad > 0 { clean.min(8_500) } else { clean };
    let readable =
        ramp(share(counted.letters + counted.digits, counted.visible.max(1)), 800, 2_500, 1_000, FULL);
    if clean <= readable {
        return (clean, format!("{bad} characters are broken or invisible: deliver clean UTF-8 text."));
    }
    (readable, "Most of the delivery is signs and not words.".to_owned())
}

/// So many words of a text are looked at one by one, and fewer than twice as many.
const SAMPLED_WORDS: usize = 512;

/// Latin words without a vowel, and words of a length that no language has.
fn words(delivery: &Text) -> (u32, String) {
    let (mut latin, mut odd) = (0, 0);
    // In a long text every so many words tell as much as all of them.
    let step = 1 + delivery.words.len() / SAMPLED_WORDS;
    for word in delivery
        .words
        .iter()
        .step_by(step)
        .filter(|word| !word.known.is_grammar() && !word.is_ideograph() && !word.is_number())
    {
        let spelling = delivery.spelling(*word).as_bytes();
        if spelling.is_ascii() {
            latin += 1;
            odd += usize::from(is_odd(spelling));
        } else {
            latin += 1;
            odd += usize::from(spelling.len() > 200);
        }
    }
    if latin == 0 {
        return (FULL, String::new());
    }
    let score =
        if latin < 3 && odd < latin { FULL } else { ramp(share(odd, latin), 1_500, 6_000, FULL, 500) };
    (score, format!("{odd} of {latin} words are no words of any language."))
}

static VOWELS: [bool; 128] = vowels();

const fn vowels() -> [bool; 128] {
    let mut vowels = [false; 128];
    let letters = *b"aeiouyAEIOUY";
    let mut at = 0;
    while at < letters.len() {
        vowels[letters[at] as usize] = true;
        at += 1;
    }
    vowels
}

fn is_odd(word: &[u8]) -> bool {
    let (mut consonants, mut longest) = (0, 0);
    for byte in word {
        consonants = if VOWELS[usize::from(byte & 0x7f)] { 0 } else { consonants + 1 };
        longest = longest.max(consonants);
    }
    if longest <= 3 && word.len() <= 34 || word.iter().any(u8::is_ascii_digit) {
        return word.len() > 70;
    }
    longest > 5 || word.len() > 34 || longest == word.len() && !word.iter().all(u8::is_ascii_uppercase)
}

fn asked(asks: &Asks, task: &Text, delivery: &Text, languages: &Languages) -> (u32, String) {
    if delivery.characters.letters < 12 {
        return (FULL, String::new());
    }
    let fits = |language: &&Language| speaks(delivery, languages, **language);
    if asks.languages.is_empty() {
        let is_free = !asks.mentioned.is_empty() || asks.edits && task.words.len() > 12;
        if is_free || !languages.differ || task.characters.letters < 20 {
            return (FULL, String::new());
        }
        return (
            4_000,
            "The delivery is in another language than the task, which does not ask for it.".to_owned(),
        );
    }
    if asks.languages.iter().any(|language| fits(&language)) {
        return (FULL, String::new());
    }
    let is_transliterated = asks.languages.iter().all(|language| language.script != Script::Latin)
        && delivery.script() == Some(Script::Latin)
        && languages.delivery.is_none_or(|found| grammar_share(&delivery.words, found) < 2_000);
    let is_allowed = is_transliterated || asks.mentioned.iter().any(|language| fits(&language));
    let names: Vec<&str> = asks.languages.iter().map(|language| language.name).collect();
    (
        if is_allowed { 5_000 } else { 1_500 },
        format!("The task wants {}: deliver in that language.", names.join(" or ")),
    )
}

fn speaks(delivery: &Text, languages: &Languages, language: Language) -> bool {
    let scripts = &delivery.characters.scripts;
    let of = |script: Script| scripts[script as usize];
    let letters = match language.script {
        Script::Kana => of(Script::Kana) + of(Script::Han),
        Script::Hangul => of(Script::Hangul) + of(Script::Han),
        script => of(script),
    };
    if share(letters, delivery.characters.letters) < 4_000
        || language.script == Script::Kana && of(Script::Kana) == 0
    {
        return false;
    }
    if language.script != Script::Latin {
        return true;
    }
    match (language.column, languages.delivery) {
        (Some(column), Some(found)) => {
            column == found
                || grammar_share(&delivery.words, column) * 10 >= grammar_share(&delivery.words, found) * 8
        }
        (None, Some(found)) => found != ENGLISH || grammar_share(&delivery.words, ENGLISH) < 1_500,
        (_, None) => true,
    }
}

fn in_order(delivery: &Text, languages: &Languages, is_prose: bool) -> (u32, String) {
    let words = if is_prose { order(delivery, languages.delivery) } else { FULL };
    let score = words * signs(delivery, !is_prose) / FULL;
    (
        score,
        "Words and signs do not stand in an order that can be read: write sentences, close what you open."
            .to_owned(),
    )
}
