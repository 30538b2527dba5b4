//! What is known about words before any task: which are grammar, in seven
//! languages, which speak of the form of an answer, and which are everyday words.
//!
//! The table is built by the compiler, so that a run starts with it in place.

use crate::spelling::{key_of, stem_of};

/// Languages whose grammar words are listed, in the order of the table's columns.
pub const LANGUAGES: usize = 7;

/// The column of English.
pub const ENGLISH: usize = 0;

/// The column of German, which writes nouns and the polite "you" with capitals.
pub const GERMAN: usize = 3;

/// A part of speech that has a closed list of words.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Class {
    /// Not a listed grammar word.
    Open = 0,
    /// An article or a word in its place: what follows belongs to a noun.
    Article = 1,
    /// A preposition.
    Preposition = 2,
    /// A conjunction.
    Conjunction = 3,
    /// A finite form of to be, to have or a modal verb.
    Auxiliary = 4,
    /// A pronoun that can only be a subject.
    Subject = 5,
    /// Grammar of another kind, that may stand nearly anywhere.
    Other = 6,
}

impl Class {
    const ALL: [Self; 7] = [
        Self::Open,
        Self::Article,
        Self::Preposition,
        Self::Conjunction,
        Self::Auxiliary,
        Self::Subject,
        Self::Other,
    ];
}

/// Says how an answer should look, not what it is about.
pub const FORM: u16 = 1;
/// So frequent in any text that meeting it says little.
pub const COMMON: u16 = 2;
/// From the printers' dummy text.
pub const LOREM: u16 = 4;
/// Praise or promise that fits any task.
pub const VAGUE: u16 = 8;
/// Begins one of the notes that stand where work should.
pub const TO_DO: u16 = 32;
/// Names a language.
pub const LANGUAGE: u16 = 64;
/// Ends in a dot without ending a sentence.
pub const ABBREVIATION: u16 = 16;

/// Names a kind of text whose length is known, in the singular.
pub const KIND: u16 = 128;

/// What the table says about a word.
#[derive(Clone, Copy)]
pub struct Known {
    tag: u32,
    classes: u32,
    flags: u16,
}

impl Known {
    const NOTHING: Self = Self { tag: 0, classes: 0, flags: 0 };

    /// The part of speech in one language.
    pub fn class(self, language: usize) -> Class {
        Class::ALL[(self.classes >> (4 * language) & 7) as usize]
    }

    /// Whether it is grammar in any language.
    pub fn is_grammar(self) -> bool {
        self.classes != 0
    }

    /// Whether it is grammar in this language.
    pub fn is_grammar_of(self, language: usize) -> bool {
        self.classes >> (4 * language) & 7 != 0
    }

    /// Whether it carries one of the flags.
    pub fn has(self, flags: u16) -> bool {
        self.flags & flags != 0
    }
}

const SLOTS: usize = 4096;

/// What is known about the word with this key, or the words with this stem.
pub fn look_up(key: u64) -> Known {
    let mut slot = slot_of(key);
    loop {
        let known = TABLE[slot];
        if known.tag == tag_of(key) || known.tag == 0 {
            return known;
        }
        slot = (slot + 1) % SLOTS;
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the remainder is below the number of slots")]
const fn slot_of(key: u64) -> usize {
    (key % SLOTS as u64) as usize
}

const fn tag_of(key: u64) -> u32 {
    (key >> 32) as u32 | 1
}

static TABLE: [Known; SLOTS] = build();

#[expect(clippy::large_stack_arrays, reason = "it runs in the compiler, whose stack is its own affair")]
const fn build() -> [Known; SLOTS] {
    let mut table = [Known::NOTHING; SLOTS];
    let mut language = 0;
    while language < LANGUAGES {
        let lists = crate::lists::GRAMMAR[language];
        let (mut list, mut class) = (0, 1);
        while list < lists.len() {
            insert_all(&mut table, lists[list], false, class << (4 * language), 0);
            list += 1;
            class += 1;
        }
        language += 1;
    }
    insert_all(&mut table, crate::lists::FORM, true, 0, FORM);
    insert_all(&mut table, crate::lists::COMMON, true, 0, COMMON);
    insert_all(&mut table, crate::lists::LOREM, false, 0, LOREM);
    insert_all(&mut table, crate::lists::VAGUE, true, 0, VAGUE);
    insert_all(&mut table, crate::lists::ABBREVIATIONS, false, 0, ABBREVIATION);
    insert_all(&mut table, crate::lists::TO_DO, false, 0, TO_DO);
    let mut language = 0;
    while language < crate::script::NAMES.len() {
        insert_all(&mut table, crate::script::NAMES[language], false, 0, LANGUAGE);
        language += 1;
    }
    let mut kind = 0;
    while kind < crate::length::KINDS.len() {
        let names = crate::length::KINDS[kind].0;
        let mut name = 0;
        while name < names.len() {
            insert(&mut table, names[name], 0, KIND);
            name += 1;
        }
        kind += 1;
    }
    table
}

const fn insert_all(table: &mut [Known; SLOTS], words: &str, stemmed: bool, classes: u32, flags: u16) {
    let bytes = words.as_bytes();
    let mut start = 0;
    while start < bytes.len() {
        let mut end = start;
        while end < bytes.len() && bytes[end] != b' ' && bytes[end] != b'\n' {
            end += 1;
        }
        if end > start {
            let key = if stemmed { stem_of(bytes, start, end) } else { key_of(bytes, start, end) };
            insert(table, key, classes, flags);
        }
        start = end + 1;
    }
}

const fn insert(table: &mut [Known; SLOTS], key: u64, classes: u32, flags: u16) {
    let mut slot = slot_of(key);
    while table[slot].tag != 0 && table[slot].tag != tag_of(key) {
        slot = (slot + 1) % SLOTS;
    }
    table[slot].tag = tag_of(key);
    table[slot].classes |= classes;
    table[slot].flags |= flags;
}

#[cfg(test)]
mod tests {
    use super::{COMMON, Class, ENGLISH, FORM, LOREM, look_up};
    use crate::spelling::{key, stem};

    #[test]
    fn the_table_knows_its_words() {
        assert_eq!(look_up(key(b"the")).class(ENGLISH), Class::Article);
        assert_eq!(look_up(key(b"with")).class(ENGLISH), Class::Preposition);
        assert_eq!(look_up("für".bytes().fold(0, |_, _| key("für".as_bytes()))).class(3), Class::Preposition);
        assert!(look_up(stem(b"paragraphs")).has(FORM));
        assert!(look_up(stem(b"people")).has(COMMON));
        assert!(look_up(key(b"adipiscing")).has(LOREM));
        assert!(!look_up(key(b"zebra")).is_grammar());
    }
}
