//! A text read once: its words, where they stand, and what its characters are.

use crate::script::{Script, script_of};
use crate::words::{ABBREVIATION, Known, WORD_BYTES_MAX, key_of_buffer, look_up, stem};

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
    marks: u8,
}

const CAPITAL: u8 = 1;
const ALL_CAPITALS: u8 = 2;
const OPENS: u8 = 4;
const BREAK_BEFORE: u8 = 8;
const STOP_AFTER: u8 = 16;
const IDEOGRAPH: u8 = 32;
const NUMBER: u8 = 64;
const LINE_BEFORE: u8 = 128;

impl Word {
    fn is(self, mark: u8) -> bool {
        self.marks & mark != 0
    }
    /// Starts with a capital letter.
    pub fn is_capital(self) -> bool {
        self.is(CAPITAL)
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
        let ideographs = self.characters.scripts[Script::Han as usize] + self.characters.scripts[Script::Kana as usize];
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
    let pieces = [
        &text[..at(piece)],
        &text[at(middle)..at(middle + piece)],
        &text[at(text.len() - piece)..],
    ];
    (pieces.join("\n").into(), true)
}

/// What an ASCII character is to a word.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    Small,
    Capital,
    Digit,
    Sign,
}

static SORTS: [Sort; 128] = sorts();

const fn sorts() -> [Sort; 128] {
    let mut sorts = [Sort::Sign; 128];
    let mut byte = 0;
    while byte < 128 {
        sorts[byte as usize] = match byte {
            b'a'..=b'z' => Sort::Small,
            b'A'..=b'Z' => Sort::Capital,
            b'0'..=b'9' => Sort::Digit,
            _ => Sort::Sign,
        };
        byte += 1;
    }
    sorts
}

/// The word being read, in lower case, as far as it is looked at.
struct Lower {
    bytes: [u8; WORD_BYTES_MAX],
    length: usize,
}

impl Lower {
    fn push(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(self.length) {
            *place = byte;
            self.length += 1;
        }
    }

    fn push_character(&mut self, character: char) {
        character.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| self.push(byte));
    }

    fn key(&self) -> u64 {
        key_of_buffer(&self.bytes, self.length)
    }
}

struct Reader {
    words: Vec<Word>,
    signs: Vec<Sign>,
    characters: Characters,
    lower: Lower,
    pending: u8,
    start: usize,
    letters: usize,
    capitals: usize,
    before: char,
    stop: Option<char>,
    last_ideograph: Option<(usize, char)>,
}

impl Reader {
    fn new(length: usize) -> Self {
        Self {
            words: Vec::with_capacity(length / 5 + 4),
            signs: Vec::new(),
            characters: Characters::default(),
            lower: Lower { bytes: [0; WORD_BYTES_MAX], length: 0 },
            pending: OPENS | BREAK_BEFORE | LINE_BEFORE,
            start: 0,
            letters: 0,
            capitals: 0,
            before: '\n',
            stop: None,
            last_ideograph: None,
        }
    }

    fn read(&mut self, text: &str) {
        let mut rest = text;
        while let Some(character) = rest.chars().next() {
            let at = text.len() - rest.len();
            let read = match SORTS.get(character as usize) {
                Some(Sort::Sign) => {
                    self.sign(at, character);
                    1
                }
                Some(_) => self.ascii_run(at, rest.as_bytes()),
                None => {
                    self.other(at, character);
                    character.len_utf8()
                }
            };
            rest = &rest[read..];
        }
        self.end_word(text.len());
        self.confirm_stop();
    }

    /// Letters and digits up to the next other character; how many.
    fn ascii_run(&mut self, at: usize, bytes: &[u8]) -> usize {
        let mut was_small = self.before.is_lowercase();
        let (mut length, mut digits) = (0, 0);
        while let Some(&byte) = bytes.get(length) {
            match SORTS.get(usize::from(byte)) {
                Some(Sort::Small) => {
                    self.begin(at + length);
                    length += self.small_run(&bytes[length..]);
                    was_small = true;
                    continue;
                }
                Some(Sort::Capital) => {
                    if was_small {
                        self.end_word(at + length);
                    }
                    self.capital(at + length);
                    self.characters.capitals += 1;
                    self.lower.push(byte | 0x20);
                    was_small = false;
                }
                Some(Sort::Digit) => {
                    self.begin(at + length);
                    digits += 1;
                    self.lower.push(byte);
                    was_small = false;
                }
                Some(Sort::Sign) | None => break,
            }
            length += 1;
        }
        self.before = char::from(bytes[length - 1]);
        self.characters.visible += length;
        self.characters.digits += digits;
        self.characters.letters += length - digits;
        self.characters.scripts[Script::Latin as usize] += length - digits;
        length
    }

    /// Small letters up to the next other character; how many.
    fn small_run(&mut self, bytes: &[u8]) -> usize {
        let run = bytes.iter().position(|byte| !byte.is_ascii_lowercase()).unwrap_or(bytes.len());
        let kept = run.min(WORD_BYTES_MAX - self.lower.length);
        self.lower.bytes[self.lower.length..self.lower.length + kept].copy_from_slice(&bytes[..kept]);
        self.lower.length += kept;
        self.letters += run;
        run
    }

    fn other(&mut self, at: usize, character: char) {
        let Some(script) = script_of(character) else {
            return self.sign(at, character);
        };
        self.characters.visible += 1;
        self.characters.letters += 1;
        self.characters.scripts[script as usize] += 1;
        if matches!(script, Script::Han | Script::Kana) {
            self.ideograph(at, character);
        } else if character.is_uppercase() {
            self.characters.capitals += 1;
            self.capital(at);
            self.lower.push_character(character.to_lowercase().next().unwrap_or(character));
        } else {
            self.characters.others += usize::from(!character.is_lowercase());
            self.begin(at);
            self.letters += 1;
            self.lower.push_character(character);
        }
        self.before = character;
    }

    fn begin(&mut self, at: usize) {
        if self.lower.length == 0 {
            // A stop counts when a blank follows it: 3.14 and example.org go on.
            self.stop = None;
            self.start = at;
            self.letters = 0;
            self.capitals = 0;
        }
    }

    fn capital(&mut self, at: usize) {
        self.begin(at);
        if self.lower.length == 0 {
            self.pending |= CAPITAL;
        }
        self.letters += 1;
        self.capitals += 1;
    }

    fn ideograph(&mut self, at: usize, character: char) {
        self.characters.others += 1;
        self.end_word(at);
        self.begin(at);
        self.lower.push_character(character);
        let key = self.lower.key();
        let pair = match self.last_ideograph {
            Some((end, before)) if end == at => key ^ u64::from(before as u32).rotate_left(32),
            _ => 0,
        };
        let end = at + character.len_utf8();
        self.push(end, key, pair, IDEOGRAPH);
        self.last_ideograph = Some((end, character));
    }

    /// Anything that is no part of a word.
    fn sign(&mut self, at: usize, character: char) {
        self.end_word(at);
        if let Ok(sign @ (b'(' | b')' | b'[' | b']' | b'{' | b'}' | b'"' | b'*')) = u8::try_from(character) {
            self.signs.push(Sign { at: offset(at), sign, starts_line: self.pending & LINE_BEFORE != 0 });
        }
        self.pending |= self.marks_of(character);
        self.before = character;
    }

    /// What a sign means to the word after it.
    fn marks_of(&mut self, character: char) -> u8 {
        match character {
            ' ' | '\t' | '\u{a0}' | '\u{3000}' | '\u{200b}'..='\u{200d}' | '\u{feff}' | '\u{ad}' => {
                self.confirm_stop();
                0
            }
            '\n' | '\r' | '\u{2028}' | '\u{2029}' => {
                self.confirm_stop();
                OPENS | BREAK_BEFORE | LINE_BEFORE
            }
            '\'' | '\u{2019}' if self.before.is_alphabetic() => 0,
            _ => {
                self.visible_sign(character);
                BREAK_BEFORE
            }
        }
    }

    fn visible_sign(&mut self, character: char) {
        self.characters.visible += 1;
        match character {
            '.' | '!' | '?' => self.stop = Some(character),
            '\u{3002}' | '\u{ff01}' | '\u{ff1f}' | '\u{964}' | '\u{965}' | '\u{61f}' | '\u{6d4}' => {
                self.stop = Some(character);
                self.confirm_stop();
            }
            _ if is_closing(character) => {}
            _ => self.stop = None,
        }
        match character {
            ':' | '"' | '\u{201c}' | '\u{201e}' | '\u{ab}' | '(' | '[' | '{' | '*' | '#' | '|' | '<' | '-' | '\u{2022}'
            | '\u{2013}' | '\u{2014}' | '\u{bf}' | '\u{a1}' | '_' | '=' | '/' | '\u{2018}' => self.pending |= OPENS,
            '\u{fffd}' | '\u{e000}'..='\u{f8ff}' | '\u{80}'..='\u{9f}' => self.characters.broken += 1,
            '\u{a9}' if self.before == '\u{c3}' => self.characters.broken += 1,
            '\u{20ac}' if self.before == '\u{e2}' => self.characters.broken += 1,
            control if control.is_control() => self.characters.controls += 1,
            _ => {}
        }
    }

    fn end_word(&mut self, at: usize) {
        if self.lower.length == 0 {
            return;
        }
        let key = self.lower.key();
        if self.letters == 0 {
            return self.push(at, key, key, NUMBER);
        }
        let is_all_capitals = self.letters > 1 && self.capitals == self.letters;
        let stem = stem(&self.lower.bytes[..self.lower.length]);
        self.push(at, key, stem, if is_all_capitals { ALL_CAPITALS } else { 0 });
    }

    fn push(&mut self, end: usize, key: u64, stem: u64, marks: u8) {
        self.words.push(Word {
            start: offset(self.start),
            end: offset(end),
            key,
            stem,
            known: look_up(key),
            marks: marks | self.pending,
        });
        self.lower.length = 0;
        self.pending = 0;
    }

    /// Ends the sentence, if a stop was seen after the last word.
    fn confirm_stop(&mut self) {
        let (Some(stop), Some(word)) = (self.stop.take(), self.words.last_mut()) else { return };
        // Even where no sentence ends, one may begin: "1. In", "at 5 p.m. The".
        self.pending |= OPENS;
        let is_letter = word.end - word.start == 1;
        let is_enumerator = word.is_number() && word.opens();
        if stop == '.' && (word.known.has(ABBREVIATION) || is_letter && !word.is_ideograph() || is_enumerator) {
            return;
        }
        word.marks |= STOP_AFTER;
    }
}

fn is_closing(sign: char) -> bool {
    matches!(sign, '"' | '\'' | ')' | ']' | '}' | '\u{201d}' | '\u{2019}' | '\u{bb}' | '>' | '*' | '_')
}

/// Texts are cut to [`READ_BYTES_MAX`] before they are read.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
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
        assert_eq!(shape("It works. Dr. Who paid 3.14 euros! \"Fine,\" he said."), "^It works. ^Dr ^Who paid 3 14 euros. ^Fine ^he said.");
        assert_eq!(shape("one\ntwo (three)"), "^one ^two ^three");
        assert_eq!(shape("don't stop at example.org or snake_case, camelCase"), "^don t stop at example org or snake ^case camel Case");
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
