//! Do the words stand in an order that a language allows.
//!
//! Shuffling keeps every word of a text and loses what stands next to what. Two
//! things give it away without knowing the language well: grammar words that
//! never follow one another ("the of"), and capitals and stops that do not meet.

use crate::scorecard::{FULL, ramp};
use crate::text::{Text, Word};
use crate::words::{Class, GERMAN, LANGUAGES};

/// The first words tell the language.
const LANGUAGE_WORDS_MAX: usize = 512;

/// The listed language whose grammar words are the most, if there are enough.
pub fn language_of(words: &[Word]) -> Option<usize> {
    let mut counts = [0_usize; LANGUAGES];
    let words = &words[..words.len().min(LANGUAGE_WORDS_MAX)];
    for word in words.iter().filter(|word| word.known.is_grammar()) {
        for (language, count) in counts.iter_mut().enumerate() {
            *count += usize::from(word.known.is_grammar_of(language));
        }
    }
    let (best, most) = counts.iter().enumerate().max_by_key(|(at, count)| (**count, LANGUAGES - at))?;
    (*most >= 2 && *most * 12 >= words.len()).then_some(best)
}

/// How often a language has a word in each class, and how often it has it here.
pub fn grammar_share(words: &[Word], language: usize) -> u32 {
    let count = words.iter().filter(|word| word.known.is_grammar_of(language)).count();
    crate::scorecard::share(count, words.len().max(1))
}

/// Basis points: 10000 for an order that shows nothing odd.
pub fn order(text: &Text, language: Option<usize>) -> u32 {
    let neighbours = language.map_or(FULL, |language| neighbours(&text.words, language));
    neighbours * capitals(text, language == Some(GERMAN)) / FULL
}

/// Compares which classes of words are neighbours with which would be by chance.
fn neighbours(words: &[Word], language: usize) -> u32 {
    let mut singles = [0_u64; 7];
    let mut pairs = [[0_u64; 7]; 7];
    let mut total = 0_u64;
    let mut before = Class::Open;
    for (at, word) in words.iter().enumerate() {
        // A lone letter with a sign after it is a name: "a = 10", "b) no".
        let is_name = word.end - word.start == 1 && words.get(at + 1).is_none_or(|next| next.breaks());
        let class = if is_name { Class::Open } else { word.known.class(language) };
        singles[class as usize] += 1;
        if !word.breaks() {
            pairs[before as usize][class as usize] += 1;
            total += 1;
        }
        before = class;
    }
    let count = words.len() as u64;
    if total < 8 {
        return FULL;
    }
    // In hundredths of a pair, so that small texts do not round to nothing.
    let by_chance = |one: Class, two: Class| {
        singles[one as usize] * singles[two as usize] * 100 * total / (count * count)
    };
    let seen = |one: Class, two: Class| pairs[one as usize][two as usize] * 100;
    let sum = |list: &[(Class, Class)], of: &dyn Fn(Class, Class) -> u64| -> u64 {
        list.iter().map(|(one, two)| of(*one, *two)).sum()
    };
    let (good_seen, good_chance) = (sum(&GOOD, &seen), sum(&GOOD, &by_chance));
    let (bad_seen, bad_chance) = (sum(&BAD, &seen), sum(&BAD, &by_chance));
    // One where chance rules, two and more where grammar does.
    let grammar = (good_seen + bad_chance + 100) * 1_000 / (good_chance + bad_seen + 100);
    let evidence = u32::try_from((good_chance + bad_chance).min(1_000_000)).unwrap_or(0);
    let doubt = ramp(evidence, 80, 350, FULL, 0);
    let score = ramp(u32::try_from(grammar).unwrap_or(u32::MAX), 1_100, 1_900, 0, FULL);
    doubt + (FULL - doubt) * score / FULL
}

/// Pairs that no sentence has, but across a slip.
const BAD: [(Class, Class); 13] = [
    (Class::Article, Class::Article),
    (Class::Article, Class::Preposition),
    (Class::Article, Class::Conjunction),
    (Class::Article, Class::Auxiliary),
    (Class::Article, Class::Subject),
    (Class::Preposition, Class::Conjunction),
    (Class::Preposition, Class::Auxiliary),
    (Class::Preposition, Class::Subject),
    (Class::Conjunction, Class::Conjunction),
    (Class::Subject, Class::Article),
    (Class::Subject, Class::Subject),
    (Class::Subject, Class::Preposition),
    (Class::Preposition, Class::Preposition),
];

/// Pairs that sentences are made of.
const GOOD: [(Class, Class); 4] = [
    (Class::Preposition, Class::Article),
    (Class::Subject, Class::Auxiliary),
    (Class::Conjunction, Class::Subject),
    (Class::Auxiliary, Class::Article),
];

/// Small letters after a stop, grammar words with a capital where none opens, lines
/// of several sentences whose last one does not end, a small letter to begin with.
fn capitals(text: &Text, is_german: bool) -> u32 {
    let mut events = Events::default();
    let has_both = text.characters.capitals * 100 >= text.characters.letters
        && text.characters.capitals * 2 < text.characters.letters;
    let is_cased = |word: &Word| (word.is_capital() || word.is_small()) && !word.is_all_capitals();
    let mut stops_in_line = 0_u32;
    for (at, pair) in text.words.windows(2).enumerate() {
        let (before, word) = (pair[0], pair[1]);
        stops_in_line += u32::from(before.stops());
        if word.starts_line() {
            events.line(stops_in_line, text, before, word.start);
            stops_in_line = 0;
            continue;
        }
        if !has_both || !is_cased(&word) {
            continue;
        }
        if before.stops() {
            let between = &text.raw[before.end as usize..word.start as usize];
            let ends_quotation = between.contains(['"', '\'', '\u{201d}', '\u{2019}', '\u{bb}', ')']);
            events.note(!ends_quotation && !word.is_capital(), 1);
        } else if word.is_capital()
            && word.known.is_grammar()
            && word.end - word.start > 1
            && at > 0
            && !is_german
        {
            events.note(!word.opens(), 1);
        }
    }
    if let (Some(first), Some(last)) = (text.words.first(), text.words.last()) {
        events.line(stops_in_line + u32::from(last.stops()), text, *last, offset(text));
        let has_stops = text.words.iter().any(|word| word.stops());
        if has_both && is_cased(first) && has_stops {
            events.note(!first.is_capital(), 1);
        }
    }
    events.score()
}

fn offset(text: &Text) -> u32 {
    u32::try_from(text.raw.len()).unwrap_or(u32::MAX)
}

/// How often something was as it should be, and how often it was odd.
#[derive(Default)]
struct Events {
    odd: u32,
    all: u32,
}

impl Events {
    fn note(&mut self, is_odd: bool, weight: u32) {
        self.all += weight;
        self.odd += u32::from(is_odd) * weight;
    }

    /// A line with a stop inside should end in one, or in another sign.
    fn line(&mut self, stops: u32, text: &Text, last: Word, next: u32) {
        if stops > u32::from(last.stops()) {
            let tail = &text.raw[last.end as usize..next as usize];
            let is_closed = tail.contains(|sign: char| !sign.is_whitespace() && sign != ',');
            self.note(!last.stops() && !is_closed, 2);
        }
    }

    fn score(&self) -> u32 {
        if self.odd < 2 {
            return FULL;
        }
        let doubt = ramp(self.all, 1, 6, 5_000, 0);
        doubt + (FULL - doubt) * ramp(self.odd * 1_000 / self.all, 300, 700, FULL, 0) / FULL
    }
}
