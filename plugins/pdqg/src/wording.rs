//! The task's own words, in lower case, with what stands between them.

/// The words of a task, for looking up what it asks.
pub struct Wording {
    /// The whole text in lower case.
    pub lower: String,
    spans: Vec<(usize, usize)>,
}

/// Of a longer task only this much is searched for what it asks.
const SEARCHED_BYTES_MAX: usize = 16 * 1024;

/// Words that turn a demand round.
const NEGATIONS: [&str; 20] = [
    "not", "no", "don", "dont", "avoid", "without", "refrain", "never", "exclude", "excluding", "nor", "instead",
    "except", "neither", "doesn", "shouldn", "mustn", "cannot", "isn", "aren",
];

impl Wording {
    /// Splits a text into its words.
    pub fn of(text: &str) -> Self {
        let lower = text[..text.floor_char_boundary(SEARCHED_BYTES_MAX)].to_lowercase();
        let mut spans = Vec::with_capacity(lower.len() / 5);
        let mut start = None;
        for (at, character) in lower.char_indices() {
            match (character.is_alphanumeric(), start) {
                (true, None) => start = Some(at),
                (false, Some(from)) => {
                    spans.push((from, at));
                    start = None;
                }
                _ => {}
            }
        }
        spans.extend(start.map(|from| (from, lower.len())));
        Self { lower, spans }
    }

    /// How many words there are.
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// The word at a position; empty outside the text.
    pub fn word(&self, at: usize) -> &str {
        self.spans.get(at).map_or("", |(start, end)| &self.lower[*start..*end])
    }

    /// The word some places before; empty outside the text.
    pub fn before(&self, at: usize, places: usize) -> &str {
        at.checked_sub(places).map_or("", |at| self.word(at))
    }

    /// What stands between a word and the next, or the end.
    pub fn gap(&self, at: usize) -> &str {
        let start = self.spans.get(at).map_or(self.lower.len(), |span| span.1);
        let end = self.spans.get(at + 1).map_or(self.lower.len(), |span| span.0);
        &self.lower[start..end]
    }

    /// Whether a sentence or a line ends after the word.
    pub fn ends_after(&self, at: usize) -> bool {
        self.gap(at).contains(['.', '!', '?', '\n', ';'])
    }

    /// The position of the first word at or after a byte.
    pub fn word_at_byte(&self, byte: usize) -> usize {
        self.spans.partition_point(|(start, _)| *start < byte)
    }

    /// Whether one of the words stands up to `places` before, in the same sentence.
    pub fn any_before(&self, at: usize, places: usize, words: &[&str]) -> bool {
        for back in 1..=places.min(at) {
            if self.ends_after(at - back) {
                return false;
            }
            if words.contains(&self.word(at - back)) {
                return true;
            }
        }
        false
    }

    /// Whether one of the words stands up to `places` after, in the same sentence.
    pub fn any_after(&self, at: usize, places: usize, words: &[&str]) -> bool {
        for next in at..(at + places).min(self.len()) {
            if self.ends_after(next) {
                return false;
            }
            if words.contains(&self.word(next + 1)) {
                return true;
            }
        }
        false
    }

    /// Whether the sentence says not to, before this word.
    pub fn is_negated(&self, at: usize) -> bool {
        self.any_before(at, 12, &NEGATIONS)
    }

    /// Whether the text has any of the words.
    pub fn has_any(&self, words: &[&str]) -> bool {
        (0..self.len()).any(|at| words.contains(&self.word(at)))
    }

    /// The positions of a word.
    pub fn positions(&self, words: &'static [&'static str]) -> impl Iterator<Item = usize> {
        (0..self.len()).filter(move |at| words.contains(&self.word(*at)))
    }
}

/// A number in digits or in words up to twenty.
pub fn number(word: &str) -> Option<usize> {
    const NAMES: [&str; 21] = [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
        "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
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
        assert_eq!(wording.len(), 8);
        assert_eq!(wording.word(1), "20");
        assert_eq!(wording.gap(2), ". ");
        assert!(wording.is_negated(6));
        assert!(!wording.is_negated(2));
        assert!(wording.any_before(7, 3, &["use"]));
        assert!(!wording.any_before(4, 3, &["lines"]));
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
