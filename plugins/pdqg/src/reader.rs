//! Reads a text character by character into words, sentences and signs.

use crate::script::{Script, script_of};
use crate::spelling::{WORD_BYTES_MAX, key_of_ascii, key_of_buffer, stem_of_ascii, stem_of_buffer};
use crate::text::{
    ALL_CAPITALS, BREAK_BEFORE, CAPITAL, Characters, IDEOGRAPH, LINE_BEFORE, NUMBER, OPENS, SMALL,
    STOP_AFTER, Sign, Word,
};
use crate::words::{ABBREVIATION, Known, look_up};

/// What a byte is to a word, one bit each: tests of bits are cheaper in a component
/// than a choice among many.
static SORTS: [u8; 256] = sorts();

const SMALL_LETTER: u8 = 1;
const CAPITAL_LETTER: u8 = 2;
const DIGIT: u8 = 4;
const BLANK: u8 = 8;
/// Part of a character that is not ASCII.
const OTHER: u8 = 16;
const OF_WORDS: u8 = SMALL_LETTER | CAPITAL_LETTER | DIGIT;

const fn sorts() -> [u8; 256] {
    let mut sorts = [OTHER; 256];
    let mut byte = 0;
    while byte < 128 {
        sorts[byte as usize] = match byte {
            b'a'..=b'z' => SMALL_LETTER,
            b'A'..=b'Z' => CAPITAL_LETTER,
            b'0'..=b'9' => DIGIT,
            b' ' => BLANK,
            _ => 0,
        };
        byte += 1;
    }
    sorts
}

fn sort_of(byte: u8) -> u8 {
    SORTS[usize::from(byte)]
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

/// What has been read, and the word that is being read.
pub(crate) struct Reader {
    pub(crate) words: Vec<Word>,
    pub(crate) signs: Vec<Sign>,
    pub(crate) characters: Characters,
    lower: Lower,
    pending: u16,
    start: usize,
    letters: usize,
    capitals: usize,
    before: char,
    stop: Option<char>,
    last_ideograph: Option<(usize, char)>,
}

impl Reader {
    /// For a text of so many bytes.
    pub(crate) fn new(length: usize) -> Self {
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

    /// Reads a whole text.
    pub(crate) fn read(&mut self, text: &str) {
        let bytes = text.as_bytes();
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            let sort = sort_of(byte);
            at += if sort & OF_WORDS != 0 {
                if self.lower.length == 0 {
                    self.ascii_word(at, &bytes[at..])
                } else {
                    self.ascii_part(at, byte)
                }
            } else if sort & BLANK != 0 {
                self.end_word(at);
                self.confirm_stop();
                self.before = ' ';
                1
            } else if sort & OTHER != 0 {
                let character = text[at..].chars().next().unwrap_or_default();
                self.other(at, character);
                character.len_utf8()
            } else {
                self.sign(at, char::from(byte));
                1
            };
        }
        self.end_word(text.len());
        self.confirm_stop();
    }

    /// A word of ASCII letters and digits from its beginning; how many bytes it has.
    /// `anotherWord` is two words.
    fn ascii_word(&mut self, at: usize, bytes: &[u8]) -> usize {
        let (mut length, mut capitals, mut digits) = (0, 0, 0);
        while let Some(&byte) = bytes.get(length) {
            let sort = sort_of(byte);
            if sort & SMALL_LETTER == 0 {
                if sort & OTHER != 0 {
                    return self.ascii_part(at, bytes[0]);
                }
                let is_next =
                    sort & CAPITAL_LETTER != 0 && length > 0 && bytes[length - 1].is_ascii_lowercase();
                if sort & OF_WORDS == 0 || is_next {
                    break;
                }
                capitals += usize::from(sort & CAPITAL_LETTER != 0);
                digits += usize::from(sort & DIGIT != 0);
            }
            length += 1;
        }
        let letters = length - digits;
        self.characters.capitals += capitals;
        self.count_latin(letters, digits);
        self.begin(at);
        if bytes[0].is_ascii_uppercase() {
            self.pending |= CAPITAL;
        } else if bytes[0].is_ascii_lowercase() {
            self.pending |= SMALL;
        }
        let key = key_of_ascii(bytes, length);
        let known = look_up(key);
        // No one asks for the stem of grammar.
        let stem = if known.is_grammar() { key } else { stem_of_ascii(bytes, length) };
        self.push(at + length, key, known, stem, marks_of_word(letters, capitals));
        self.before = char::from(bytes[length - 1]);
        length
    }

    /// One letter or digit of a word that is not all ASCII.
    fn ascii_part(&mut self, at: usize, byte: u8) -> usize {
        if byte.is_ascii_uppercase() {
            if self.before.is_lowercase() {
                self.end_word(at);
            }
            self.characters.capitals += 1;
            self.capital(at);
        } else {
            self.small(at, byte.is_ascii_lowercase());
        }
        self.lower.push(byte | 0x20);
        self.count_latin(usize::from(!byte.is_ascii_digit()), usize::from(byte.is_ascii_digit()));
        self.before = char::from(byte);
        1
    }

    fn count_latin(&mut self, letters: usize, digits: usize) {
        self.characters.visible += letters + digits;
        self.characters.digits += digits;
        self.characters.letters += letters;
        self.characters.scripts[Script::Latin as usize] += letters;
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
            let is_small = character.is_lowercase();
            self.characters.others += usize::from(!is_small);
            self.small(at, is_small);
            self.letters += usize::from(!is_small);
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

    /// A letter that is no capital, or a digit.
    fn small(&mut self, at: usize, is_small: bool) {
        self.begin(at);
        if self.lower.length == 0 && is_small {
            self.pending |= SMALL;
        }
        self.letters += usize::from(is_small);
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
        self.push(end, key, look_up(key), pair, IDEOGRAPH);
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
    fn marks_of(&mut self, character: char) -> u16 {
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
            ':' | '"' | '\u{201c}' | '\u{201e}' | '\u{ab}' | '(' | '[' | '{' | '*' | '#' | '|' | '<'
            | '-' | '\u{2022}' | '\u{2013}' | '\u{2014}' | '\u{bf}' | '\u{a1}' | '_' | '=' | '/'
            | '\u{2018}' => self.pending |= OPENS,
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
        let stem = stem_of_buffer(&self.lower.bytes, self.lower.length);
        self.push(at, key, look_up(key), stem, marks_of_word(self.letters, self.capitals));
    }

    fn push(&mut self, end: usize, key: u64, known: Known, stem: u64, marks: u16) {
        self.words.push(Word {
            start: offset(self.start),
            end: offset(end),
            key,
            stem,
            known,
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
        if stop == '.' && (word.known.has(ABBREVIATION) || is_letter && !word.is_ideograph() || is_enumerator)
        {
            return;
        }
        word.marks |= STOP_AFTER;
    }
}

fn marks_of_word(letters: usize, capitals: usize) -> u16 {
    match letters {
        0 => NUMBER,
        2.. if letters == capitals => ALL_CAPITALS,
        _ => 0,
    }
}

fn is_closing(sign: char) -> bool {
    matches!(sign, '"' | '\'' | ')' | ']' | '}' | '\u{201d}' | '\u{2019}' | '\u{bb}' | '>' | '*' | '_')
}

/// Texts are cut to a few hundred kilobytes before they are read.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
