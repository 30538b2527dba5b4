//! Sentences a worker can act on: what was found, what was wanted, where.
//!
//! The host takes at most 8,192 bytes of evidence and believes nothing of an answer
//! with more, so [`quoted`] and [`listed`] cut what a delivery may make long.

use crate::numbers::{counted, grouped};

/// Items that [`listed`] names before it counts the rest.
const ITEMS_MAX: usize = 5;

/// `1,212 words, at least 1,500 wanted`.
pub fn at_least(found: u64, wanted: u64, one: &str, many: &str) -> String {
    format!("{}, at least {} wanted", counted(found, one, many), grouped(wanted))
}

/// `1,212 words, at most 1,000 wanted`.
pub fn at_most(found: u64, wanted: u64, one: &str, many: &str) -> String {
    format!("{}, at most {} wanted", counted(found, one, many), grouped(wanted))
}

/// A piece of a delivery in quotes, on one line, at most `chars_max` characters of it:
/// `"as an AI language…"`.
pub fn quoted(text: &str, chars_max: usize) -> String {
    let mut piece = String::from("\"");
    let mut taken = 0;
    for word in text.split_whitespace() {
        if taken > 0 {
            piece.push(' ');
            taken += 1;
        }
        for letter in word.chars().filter(|letter| !letter.is_control()) {
            if taken >= chars_max {
                piece.truncate(piece.trim_end().len());
                piece.push_str("…\"");
                return piece;
            }
            piece.push(letter);
            taken += 1;
        }
    }
    piece.push('"');
    piece
}

/// Names in a sentence: `a, b and c`, and of many the first five: `a, b, c, d, e and 12 more`.
pub fn listed<T: AsRef<str>>(items: &[T]) -> String {
    let (shown, rest) = items.split_at(items.len().min(ITEMS_MAX));
    let shown: Vec<&str> = shown.iter().map(AsRef::as_ref).collect();
    match (shown.split_last(), rest.len()) {
        (None, _) => "none".to_owned(),
        (Some((last, [])), 0) => (*last).to_owned(),
        (Some((last, before)), 0) => format!("{} and {last}", before.join(", ")),
        (Some(_), more) => format!("{} and {} more", shown.join(", "), grouped(more as u64)),
    }
}

#[cfg(test)]
mod tests {
    use super::{at_least, at_most, listed, quoted};

    #[test]
    fn bounds_say_what_was_found_and_what_was_wanted() {
        assert_eq!(at_least(1_212, 1_500, "word", "words"), "1,212 words, at least 1,500 wanted");
        assert_eq!(at_most(1, 0, "word", "words"), "1 word, at most 0 wanted");
    }

    #[test]
    fn a_quote_is_one_line_and_no_longer_than_asked() {
        assert_eq!(quoted("short", 10), "\"short\"");
        assert_eq!(quoted(" two\n  lines\u{0} ", 20), "\"two lines\"");
        assert_eq!(quoted("as an AI language model", 11), "\"as an AI la…\"");
        assert_eq!(quoted("as an AI", 6), "\"as an…\"");
        assert_eq!(quoted("ééé", 2), "\"éé…\"");
        assert_eq!(quoted("", 5), "\"\"");
        assert!(quoted(&"x".repeat(1 << 20), 80).len() < 100);
    }

    #[test]
    fn a_list_reads_as_one_and_ends() {
        let table: [(&[&str], &str); 5] = [
            (&[], "none"),
            (&["a"], "a"),
            (&["a", "b"], "a and b"),
            (&["a", "b", "c"], "a, b and c"),
            (&["a", "b", "c", "d", "e", "f", "g"], "a, b, c, d, e and 2 more"),
        ];
        for (items, text) in table {
            assert_eq!(listed(items), text);
        }
    }
}
