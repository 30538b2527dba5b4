//! Words: maximal runs of Unicode letters, digits and underscores.

use memchr::memmem;
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

/// A letter, a digit or an underscore. A combining mark is none of them, though
/// `char::is_alphanumeric` counts the marks that spell vowels in some scripts.
pub fn is_word(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_alphanumeric() || character == '_';
    }
    character.is_alphanumeric() && character.general_category_group() != GeneralCategoryGroup::Mark
}

/// The text in lower case, most of which is mostly ASCII.
pub fn lower(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_lowercase() } else { text.to_lowercase() }
}

/// The words of a text, in order.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|character| !is_word(character)).filter(|word| !word.is_empty())
}

/// How many words there are.
pub fn count(text: &str) -> u64 {
    if text.is_ascii() {
        // Written so that the compiler does sixteen at a time.
        let bytes = text.as_bytes();
        let first = bytes.first().map_or(0, |byte| u64::from(ascii_word(*byte)));
        let later = bytes.get(1..).unwrap_or_default().chunks(255);
        return later.zip(bytes.chunks(255)).fold(first, |count, (these, before)| {
            let starts =
                these.iter().zip(before).map(|(byte, before)| ascii_word(*byte) & !ascii_word(*before));
            count + u64::from(starts.fold(0_u8, |starts, start| starts + u8::from(start)))
        });
    }
    let (mut count, mut inside) = (0, false);
    for character in text.chars() {
        let word = match u8::try_from(character) {
            Ok(byte) if byte.is_ascii() => ascii_word(byte),
            _ => is_word(character),
        };
        count += u64::from(word && !inside);
        inside = word;
    }
    count
}

/// Whether an ASCII byte is a letter, a digit or an underscore.
const fn ascii_word(byte: u8) -> bool {
    let letter = (byte | 0x20).wrapping_sub(b'a') < 26;
    let digit = byte.wrapping_sub(b'0') < 10;
    letter || digit || byte == b'_'
}

/// Whether `term` occurs; `whole` asks for it between word boundaries.
pub fn occurs(text: &str, term: &str, whole: bool) -> bool {
    if whole || term.is_empty() {
        return occurrences(text, term, whole) > 0;
    }
    memmem::find(text.as_bytes(), term.as_bytes()).is_some()
}

/// How often `term` occurs without overlap; `whole` asks for it between word boundaries.
pub fn occurrences(text: &str, term: &str, whole: bool) -> u64 {
    if term.is_empty() {
        return 0;
    }
    if !whole {
        return memmem::find_iter(text.as_bytes(), term.as_bytes()).count() as u64;
    }
    let starts_word = term.chars().next().is_some_and(is_word);
    let ends_word = term.chars().next_back().is_some_and(is_word);
    let whole = |at: &usize| {
        let before = text[..*at].chars().next_back().is_some_and(is_word);
        let after = text[at + term.len()..].chars().next().is_some_and(is_word);
        !(starts_word && before || ends_word && after)
    };
    let mut count = 0;
    let mut from = 0;
    while let Some(found) = text[from..].find(term) {
        let at = from + found;
        from = if whole(&at) {
            count += 1;
            at + term.len()
        } else if starts_word {
            // The next word boundary is behind the word that this one is part of.
            text[at..].find(|character| !is_word(character)).map_or(text.len(), |end| at + end)
        } else {
            at + text[at..].chars().next().map_or(1, char::len_utf8)
        };
    }
    count
}

#[cfg(test)]
mod tests {
    use super::{count, occurrences, words};

    #[test]
    fn words_are_runs_of_letters_digits_and_underscores() {
        let table = [
            ("", 0),
            ("one", 1),
            ("it's a well-known snake_case 3.14", 8),
            ("naïve café — œuvre", 3),
            ("数える 言葉", 2),
            ("\0\0", 0),
        ];
        for (text, expected) in table {
            assert_eq!((count(text), words(text).count() as u64), (expected, expected), "{text:?}");
        }
    }

    #[test]
    fn whole_words_stand_between_boundaries() {
        let table = [
            ("name rename name", "name", 2, 3),
            ("no-name's name_d", "name", 1, 2),
            ("aaa", "aa", 0, 1),
            ("c++ and c++", "c++", 2, 2),
            ("éa a", "a", 1, 2),
            ("xabab ab", "ab", 1, 3),
        ];
        for (text, term, whole, any) in table {
            assert_eq!(occurrences(text, term, true), whole, "{text:?}");
            assert_eq!(occurrences(text, term, false), any, "{text:?}");
        }
    }
}
