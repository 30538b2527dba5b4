//! A text read once: its words, where they stand, and what its characters are.

use crate::reader::Reader;
use crate::script::Script;
use crate::words::Known;

/// Of a longer text only this much is read, in three pieces: its beginning, its
/// middle and its end. So no delivery takes longer than this many bytes do.
pub const READ_BYTES_MAX: usize = 192 * 1024;

/// A run of letters and digits, or one ideograph.
#[derive(Clone, Copy)]
pub struct Word {
    /// First byte.
    pub start: u32,
    /// The byte after its last one.
    pub end: u32,
    /// The key of its lower case.
    pub key: u64,
    /// The key of its stem; of an ideograph, of the pair it makes with the one before.
    pub stem: u64,
    /// What the table says about it.
    pub known: Known,
    pub(crate) marks: u16,
}

pub(crate) const CAPITAL: u16 = 1;
pub(crate) const ALL_CAPITALS: u16 = 2;
pub(crate) const OPENS: u16 = 4;
pub(crate) const BREAK_BEFORE: u16 = 8;
pub(crate) const STOP_AFTER: u16 = 16;
pub(crate) const IDEOGRAPH: u16 = 32;
pub(crate) const NUMBER: u16 = 64;
pub(crate) const LINE_BEFORE: u16 = 128;
pub(crate) const SMALL: u16 = 256;

impl Word {
    fn is(self, mark: u16) -> bool {
        self.marks & mark != 0
    }
    /// Starts with a capital letter.
    pub fn is_capital(self) -> bool {
        self.is(CAPITAL)
    }
    /// Starts with a small letter.
    pub fn is_small(self) -> bool {
        self.is(SMALL)
    }
    /// Two letters or more, all of them capitals.
    pub fn is_all_capitals(self) -> bool {
        self.is(ALL_CAPITALS)
    }
    /// The first of a sentence, a line, a quotation or what follows a colon.
    pub fn opens(self) -> bool {
        self.is(OPENS)
    }
    /// Something other than blanks stands before it.
    pub fn breaks(self) -> bool {
        self.is(BREAK_BEFORE)
    }
    /// The first word of a line.
    pub fn starts_line(self) -> bool {
        self.is(LINE_BEFORE)
    }
    /// The last of a sentence.
    pub fn stops(self) -> bool {
        self.is(STOP_AFTER)
    }
    /// One ideograph.
    pub fn is_ideograph(self) -> bool {
        self.is(IDEOGRAPH)
    }
    /// Digits only.
    pub fn is_number(self) -> bool {
        self.is(NUMBER)
    }
    /// Neither grammar nor a lone letter nor a number.
    pub fn is_content(self) -> bool {
        !self.known.is_grammar() && !self.is_number() && self.end - self.start > 1
    }
}

/// How many characters of each sort there are.
#[derive(Default, Clone)]
pub struct Characters {
    /// All but blanks.
    pub visible: usize,
    /// Letters, with the marks that belong to them.
    pub letters: usize,
    /// Capital letters.
    pub capitals: usize,
    /// Letters of scripts without capitals.
    pub others: usize,
    /// Decimal digits.
    pub digits: usize,
    /// Control characters but tab and line ends, NUL among them.
    pub controls: usize,
    /// Replacement characters and what the wrong decoding of UTF-8 leaves behind.
    pub broken: usize,
    /// Letters by script.
    pub scripts: [usize; Script::COUNT],
}

impl Characters {
    /// Small letters.
    pub fn small(&self) -> usize {
        self.letters - self.capitals - self.others
    }
}

/// A bracket, a straight quotation mark or an asterisk.
#[derive(Clone, Copy)]
pub struct Sign {
    /// Its byte.
    pub at: u32,
    /// Which one it is.
    pub sign: u8,
    /// No word stands before it in its line.
    pub starts_line: bool,
}

/// A text and what was read in it.
pub struct Text<'a> {
    /// The text itself, or the pieces of it that were read.
    pub raw: std::borrow::Cow<'a, str>,
    /// Its words in order.
    pub words: Vec<Word>,
    /// Its characters.
    pub characters: Characters,
    /// Its brackets, straight quotation marks and asterisks, in order.
    pub signs: Vec<Sign>,
    /// Whether only pieces were read.
    pub is_sampled: bool,
}

impl<'a> Text<'a> {
    /// Reads a text.
    pub fn read(text: &'a str) -> Self {
        let (raw, is_sampled) = sample(text);
        let mut reader = Reader::new(raw.len());
        reader.read(&raw);
        Self { words: reader.words, characters: reader.characters, signs: reader.signs, raw, is_sampled }
    }

    /// The word as it is written.
    pub fn spelling(&self, word: Word) -> &str {
        &self.raw[word.start as usize..word.end as usize]
    }

    /// Lines that are not blank, trimmed.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.raw.lines().map(str::trim).filter(|line| !line.is_empty())
    }

    /// How long the text is, in words of an alphabetic language: scripts without
    /// blanks and languages of long words are counted by their letters.
    pub fn length_words(&self) -> usize {
        let ideographs =
            self.characters.scripts[Script::Han as usize] + self.characters.scripts[Script::Kana as usize];
        let letters = (self.characters.letters - ideographs) / 6;
        let words = self.words.iter().filter(|word| !word.is_ideograph()).count();
        words.max(letters) + ideographs * 2 / 3
    }

    /// The script of most letters; none without letters.
    pub fn script(&self) -> Option<Script> {
        let (count, script) = Script::ALL
            .into_iter()
            .map(|script| (self.characters.scripts[script as usize], script))
            .max_by_key(|(count, _)| *count)?;
        (count > 0).then_some(script)
    }
}

fn sample(text: &str) -> (std::borrow::Cow<'_, str>, bool) {
    if text.len() <= READ_BYTES_MAX {
        return (text.into(), false);
    }
    let piece = READ_BYTES_MAX / 3;
    let at = |from: usize| text.floor_char_boundary(from);
    let middle = text.len() / 2;
    let pieces = [&text[..at(piece)], &text[at(middle)..at(middle + piece)], &text[at(text.len() - piece)..]];
    (pieces.join("\n").into(), true)
}

#[cfg(test)]
mod tests {
    use super::{READ_BYTES_MAX, Text};

    fn shape(text: &str) -> String {
        let read = Text::read(text);
        let shown: Vec<String> = read
            .words
            .iter()
            .map(|word| {
                let opens = if word.opens() { "^" } else { "" };
                let stops = if word.stops() { "." } else { "" };
                format!("{opens}{}{stops}", read.spelling(*word))
            })
            .collect();
        shown.join(" ")
    }

    #[test]
    fn words_and_sentences() {
        assert_eq!(
            shape("It works. Dr. Who paid 3.14 euros! \"Fine,\" he said."),
            "^It works. ^Dr ^Who paid 3 14 euros. ^Fine ^he said."
        );
        assert_eq!(shape("one\ntwo (three)"), "^one ^two ^three");
        assert_eq!(
            shape("don't stop at example.org or snake_case, camelCase"),
            "^don t stop at example org or snake ^case camel Case"
        );
        assert_eq!(shape("他来了。她走。"), "^他 来 了. ^她 走.");
        assert_eq!(shape("*Really?* Yes."), "^Really. ^Yes.");
    }

    #[test]
    fn long_texts_are_sampled_on_character_boundaries() {
        let long = "é".repeat(READ_BYTES_MAX);
        let text = Text::read(&long);
        assert!(text.is_sampled);
        assert!(text.raw.len() <= READ_BYTES_MAX + 2);
        assert_eq!(text.words.len(), 3);
    }

    #[test]
    fn characters_are_counted_by_sort() {
        let text = Text::read("Aé1\0 \u{fffd}नमस्ते");
        assert_eq!(text.characters.capitals, 1);
        assert_eq!(text.characters.digits, 1);
        assert_eq!(text.characters.controls, 1);
        assert_eq!(text.characters.broken, 1);
        assert_eq!(text.characters.letters, 8);
        assert_eq!(text.words.len(), 2);
    }
}
