//! The task's own words, in lower case, with what stands between them.

use crate::spelling::key;
use crate::words::{LANGUAGE, look_up};

/// The words of a task, for looking up what it asks.
pub struct Wording {
    /// The whole text in lower case.
    pub lower: String,
    words: Vec<Place>,
}

/// Where a word stands.
struct Place {
    start: usize,
    end: usize,
    key: u64,
    /// A sentence or a line ends after it.
    ends: bool,
}

/// Of a longer task only this much is searched for what it asks.
const SEARCHED_BYTES_MAX: usize = 16 * 1024;

/// Words that turn a demand round.
const NEGATIONS: &[u64] = words!(
    "not no don dont avoid without refrain never exclude excluding nor instead except neither doesn shouldn mustn cannot isn aren"
);

impl Wording {
    /// Splits a text into its words.
    pub fn of(text: &str) -> Self {
        let lower = text[..text.floor_char_boundary(SEARCHED_BYTES_MAX)].to_lowercase();
        let mut words: Vec<Place> = Vec::with_capacity(lower.len() / 5);
        let mut start = None;
        for (at, character) in lower.char_indices().chain([(lower.len(), ' ')]) {
            if character.is_alphanumeric() {
                start = start.or(Some(at));
                continue;
            }
            if let Some(start) = start.take() {
                words.push(Place { start, end: at, key: key(&lower.as_bytes()[start..at]), ends: false });
            }
            if let Some(word) = words.last_mut() {
                word.ends |= matches!(character, '.' | '!' | '?' | '\n' | ';');
            }
        }
        Self { lower, words }
    }

    /// How many words there are.
    pub fn count(&self) -> usize {
        self.words.len()
    }

    /// The word at a position; empty outside the text.
    pub fn word(&self, at: usize) -> &str {
        self.words.get(at).map_or("", |word| &self.lower[word.start..word.end])
    }

    /// Whether the word at a position is one of these.
    pub fn is(&self, at: usize, words: &[u64]) -> bool {
        self.words.get(at).is_some_and(|word| words.contains(&word.key))
    }

    /// Whether the word at a position names a language.
    pub fn is_language(&self, at: usize) -> bool {
        self.words.get(at).is_some_and(|word| look_up(word.key).has(LANGUAGE))
    }

    /// The word some places before; empty outside the text.
    pub fn before(&self, at: usize, places: usize) -> &str {
        at.checked_sub(places).map_or("", |at| self.word(at))
    }

    /// What stands between a word and the next, or the end.
    pub fn gap(&self, at: usize) -> &str {
        let start = self.words.get(at).map_or(self.lower.len(), |word| word.end);
        let end = self.words.get(at + 1).map_or(self.lower.len(), |word| word.start);
        &self.lower[start..end]
    }

    /// Whether a sentence or a line ends after the word.
    pub fn ends_after(&self, at: usize) -> bool {
        self.words.get(at).is_some_and(|word| word.ends)
    }

    /// The position of the first word at or after a byte.
    pub fn word_at_byte(&self, byte: usize) -> usize {
        self.words.partition_point(|word| word.start < byte)
    }

    /// Whether one of the words stands up to `places` before, in the same sentence.
    pub fn any_before(&self, at: usize, places: usize, words: &[u64]) -> bool {
        for back in 1..=places.min(at) {
            if self.ends_after(at - back) {
                return false;
            }
            if self.is(at - back, words) {
                return true;
            }
        }
        false
    }

    /// Whether one of the words stands up to `places` after, in the same sentence.
    pub fn any_after(&self, at: usize, places: usize, words: &[u64]) -> bool {
        for next in at..(at + places).min(self.count()) {
            if self.ends_after(next) {
                return false;
            }
            if self.is(next + 1, words) {
                return true;
            }
        }
        false
    }

    /// Whether the sentence says not to, before this word.
    pub fn is_negated(&self, at: usize) -> bool {
        self.any_before(at, 12, NEGATIONS)
    }

    /// Whether the text has any of the words.
    pub fn has_any(&self, words: &[u64]) -> bool {
        self.words.iter().any(|word| words.contains(&word.key))
    }

    /// The positions of a word.
    pub fn positions(&self, words: &'static [u64]) -> impl Iterator<Item = usize> {
        (0..self.count()).filter(move |at| self.is(*at, words))
    }
}

/// A number in digits or in words up to twenty.
pub fn number(word: &str) -> Option<usize> {
    const NAMES: [&str; 21] = [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
        "twenty",
    ];
    if word.len() <= 6 && word.bytes().all(|byte| byte.is_ascii_digit()) {
        return word.parse().ok();
    }
    NAMES.iter().position(|name| *name == word)
}

#[cfg(test)]
mod tests {
    use super::{Wording, number};

    #[test]
    fn words_gaps_and_negation() {
        let wording = Wording::of("Write 20 lines. Do not use commas, please");
        assert_eq!(wording.count(), 8);
        assert_eq!(wording.word(1), "20");
        assert_eq!(wording.gap(2), ". ");
        assert!(wording.is_negated(6));
        assert!(!wording.is_negated(2));
        assert!(wording.any_before(7, 3, words!("use")));
        assert!(!wording.any_before(4, 3, words!("lines")));
        assert_eq!(wording.before(1, 2), "");
    }

    #[test]
    fn numbers() {
        assert_eq!(number("300"), Some(300));
        assert_eq!(number("twelve"), Some(12));
        assert_eq!(number("many"), None);
        assert_eq!(number(""), None);
    }
}
