//! What is known about words before any task: which are grammar, in seven
//! languages, which speak of the form of an answer, and which are everyday words.
//!
//! The table is built by the compiler, so that a run starts with it in place.

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
pub const FORM: u8 = 1;
/// So frequent in any text that meeting it says little.
pub const COMMON: u8 = 2;
/// From the printers' dummy text.
pub const LOREM: u8 = 4;
/// Praise or promise that fits any task.
pub const VAGUE: u8 = 8;
/// Begins one of the notes that stand where work should.
pub const TO_DO: u8 = 32;
/// Names a language.
pub const LANGUAGE: u8 = 64;
/// Ends in a dot without ending a sentence.
pub const ABBREVIATION: u8 = 16;

/// What the table says about a word.
#[derive(Clone, Copy)]
pub struct Known {
    tag: u32,
    classes: u32,
    flags: u8,
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
    pub fn has(self, flags: u8) -> bool {
        self.flags & flags != 0
    }
}

/// The key of a word in lower case: eight bytes at a time, the same everywhere, and
/// a constant function. Of a longer word only the first [`WORD_BYTES_MAX`] count.
pub const fn key(bytes: &[u8]) -> u64 {
    key_of(bytes, 0, bytes.len())
}

/// Of a longer word only so many bytes are looked at.
pub const WORD_BYTES_MAX: usize = 64;

const fn key_of(bytes: &[u8], start: usize, end: usize) -> u64 {
    let length = if end - start > WORD_BYTES_MAX { WORD_BYTES_MAX } else { end - start };
    let mut hash = length as u64;
    let mut at = 0;
    while at < length {
        let mut chunk = 0;
        let mut place = 0;
        while place < 8 && at + place < length {
            chunk |= (bytes[start + at + place] as u64) << (8 * place);
            place += 1;
        }
        hash = mix(hash, chunk);
        at += 8;
    }
    hash
}

const fn mix(hash: u64, chunk: u64) -> u64 {
    let mixed = (hash ^ chunk).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^ mixed >> 29
}

/// The same as [`key`] of the first `length` bytes, from a buffer of full size.
pub fn key_of_buffer(bytes: &[u8; WORD_BYTES_MAX], length: usize) -> u64 {
    let mut hash = length as u64;
    for (chunk, left) in bytes.as_chunks::<8>().0.iter().zip((1..=length).rev().step_by(8)) {
        let chunk = u64::from_le_bytes(*chunk);
        hash = mix(hash, if left < 8 { chunk & ((1 << (8 * left)) - 1) } else { chunk });
    }
    hash
}

const STEM_LENGTH_MAX: usize = 6;
const STEM_SALT: u64 = 0x9e37_79b9_7f4a_7c15;

/// The key of a word's stem: inflections fall together, and so do most
/// derivations, because only the first letters count. Takes lower case.
pub const fn stem(word: &[u8]) -> u64 {
    stem_of(word, 0, word.len())
}

const fn stem_of(bytes: &[u8], start: usize, end: usize) -> u64 {
    let mut end = without_ending(bytes, start, end);
    if end - start > STEM_LENGTH_MAX {
        end = start + STEM_LENGTH_MAX;
    }
    key_of(bytes, start, end) ^ STEM_SALT
}

const fn without_ending(bytes: &[u8], start: usize, end: usize) -> usize {
    const ENDINGS: [&[u8]; 9] = [b"ings", b"ing", b"ers", b"ies", b"ied", b"ed", b"er", b"es", b"ly"];
    if end - start < 4 || !matches!(bytes[end - 1], b's' | b'g' | b'd' | b'r' | b'y' | b'e') {
        return end;
    }
    let mut ending = 0;
    while ending < ENDINGS.len() {
        let length = ENDINGS[ending].len();
        if end - start >= length + 3 && ends_with(bytes, end, ENDINGS[ending]) {
            return without_echo(bytes, start, end - length);
        }
        ending += 1;
    }
    if end - start >= 4 {
        let last = bytes[end - 1];
        if last == b's' && bytes[end - 2] != b's' || last == b'e' || last == b'y' {
            return without_echo(bytes, start, end - 1);
        }
    }
    end
}

/// `runn` and `happi` become `run` and `happ`.
const fn without_echo(bytes: &[u8], start: usize, end: usize) -> usize {
    if end - start < 4 {
        return end;
    }
    let last = bytes[end - 1];
    if last == b'e' || last == b'i' || last == bytes[end - 2] && last != b's' && last != b'l' {
        return end - 1;
    }
    end
}

const fn ends_with(bytes: &[u8], end: usize, ending: &[u8]) -> bool {
    let mut at = 0;
    while at < ending.len() {
        if bytes[end - ending.len() + at] != ending[at] {
            return false;
        }
        at += 1;
    }
    true
}

const SLOTS: usize = 4096;

/// What is known about the word with this [`key`].
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

/// What is known about the words with this [`stem`].
pub fn look_up_stem(stem: u64) -> Known {
    look_up(stem)
}

#[expect(clippy::cast_possible_truncation, reason = "the remainder is below the number of slots")]
const fn slot_of(key: u64) -> usize {
    (key % SLOTS as u64) as usize
}

#[expect(clippy::cast_possible_truncation, reason = "the upper half is what is wanted")]
const fn tag_of(key: u64) -> u32 {
    (key >> 32) as u32 | 1
}

static TABLE: [Known; SLOTS] = build();

const fn build() -> [Known; SLOTS] {
    let mut table = [Known::NOTHING; SLOTS];
    let mut language = 0;
    while language < LANGUAGES {
        let lists = crate::lists::GRAMMAR[language];
        let mut class = 0;
        while class < lists.len() {
            insert_all(&mut table, lists[class], false, (class as u32 + 1) << (4 * language), 0);
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
    table
}

const fn insert_all(table: &mut [Known; SLOTS], words: &str, stemmed: bool, classes: u32, flags: u8) {
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

const fn insert(table: &mut [Known; SLOTS], key: u64, classes: u32, flags: u8) {
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
    use super::{COMMON, Class, ENGLISH, FORM, LOREM, WORD_BYTES_MAX, key, key_of_buffer, look_up, look_up_stem, stem};

    #[test]
    fn both_ways_to_a_key_agree() {
        let mut buffer = [b'z'; WORD_BYTES_MAX];
        for length in 0..=WORD_BYTES_MAX {
            assert_eq!(key_of_buffer(&buffer, length), key(&buffer[..length]), "{length}");
            buffer[length.min(WORD_BYTES_MAX - 1)] = b'a';
        }
    }

    #[test]
    fn inflections_share_a_stem() {
        for (one, other) in [
            ("engraving", "engraved"),
            ("company", "companies"),
            ("run", "running"),
            ("name", "names"),
            ("translate", "translation"),
            ("summarize", "summary"),
        ] {
            assert_eq!(stem(one.as_bytes()), stem(other.as_bytes()), "{one} and {other}");
        }
        for (one, other) in [("poem", "poet"), ("cat", "car"), ("glass", "glue")] {
            assert_ne!(stem(one.as_bytes()), stem(other.as_bytes()), "{one} and {other}");
        }
    }

    #[test]
    fn the_table_knows_its_words() {
        assert_eq!(look_up(key(b"the")).class(ENGLISH), Class::Article);
        assert_eq!(look_up(key(b"with")).class(ENGLISH), Class::Preposition);
        assert_eq!(look_up("für".bytes().fold(0, |_, _| key("für".as_bytes()))).class(3), Class::Preposition);
        assert!(look_up_stem(stem(b"paragraphs")).has(FORM));
        assert!(look_up_stem(stem(b"people")).has(COMMON));
        assert!(look_up(key(b"adipiscing")).has(LOREM));
        assert!(!look_up(key(b"zebra")).is_grammar());
    }
}
