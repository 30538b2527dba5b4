//! Words as numbers: the key of a word, the key of its stem, and lists of keys made
//! by the compiler.

/// The key of a word in lower case: eight bytes at a time, the same everywhere, and
/// a constant function. Of a longer word only the first [`WORD_BYTES_MAX`] count.
pub const fn key(bytes: &[u8]) -> u64 {
    key_of(bytes, 0, bytes.len())
}

/// Of a longer word only so many bytes are looked at.
pub const WORD_BYTES_MAX: usize = 64;

/// The key of a part of the bytes.
pub(crate) const fn key_of(bytes: &[u8], start: usize, end: usize) -> u64 {
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
    let mut left = length;
    for chunk in bytes.as_chunks::<8>().0 {
        let chunk = u64::from_le_bytes(*chunk);
        if left <= 8 {
            let unused = 64 - 8 * u32::try_from(left).unwrap_or(8);
            return if left == 0 { hash } else { mix(hash, chunk << unused >> unused) };
        }
        hash = mix(hash, chunk);
        left -= 8;
    }
    hash
}

/// The same as [`stem`] of the first `length` bytes, from a buffer of full size.
pub fn stem_of_buffer(bytes: &[u8; WORD_BYTES_MAX], length: usize) -> u64 {
    let length = without_ending(bytes, 0, length).min(STEM_LENGTH_MAX);
    key_of_buffer(bytes, length) ^ STEM_SALT
}

/// The key of a word of ASCII letters and digits in any case: the first `length` bytes.
pub fn key_of_ascii(bytes: &[u8], length: usize) -> u64 {
    let length = length.min(WORD_BYTES_MAX);
    let mut hash = mix(length as u64, first_bytes(small_chunk(bytes), length));
    let mut at = 8;
    while at < length {
        hash = mix(hash, first_bytes(small_chunk(&bytes[at..]), length - at));
        at += 8;
    }
    hash
}

/// The key of the stem of such a word.
pub fn stem_of_ascii(bytes: &[u8], length: usize) -> u64 {
    let length = without_ending(bytes, 0, length.min(WORD_BYTES_MAX)).min(STEM_LENGTH_MAX);
    mix(length as u64, first_bytes(small_chunk(bytes), length)) ^ STEM_SALT
}

/// The next eight bytes in lower case, or all there are: of letters and digits the
/// bit says no more than the case.
fn small_chunk(bytes: &[u8]) -> u64 {
    let chunk = match bytes.first_chunk::<8>() {
        Some(chunk) => u64::from_le_bytes(*chunk),
        None => bytes.iter().rev().fold(0, |chunk, byte| chunk << 8 | u64::from(*byte)),
    };
    chunk | 0x2020_2020_2020_2020
}

/// The chunk without what follows its first bytes, at least one.
fn first_bytes(chunk: u64, count: usize) -> u64 {
    let unused = 64 - 8 * count.min(8);
    chunk << unused >> unused
}

const STEM_LENGTH_MAX: usize = 6;
const STEM_SALT: u64 = 0x9e37_79b9_7f4a_7c15;

/// The key of a word's stem: inflections fall together, and so do most
/// derivations, because only the first letters count. Takes lower case.
pub const fn stem(word: &[u8]) -> u64 {
    stem_of(word, 0, word.len())
}

/// The key of the stem of a part of the bytes.
pub(crate) const fn stem_of(bytes: &[u8], start: usize, end: usize) -> u64 {
    let mut end = without_ending(bytes, start, end);
    if end - start > STEM_LENGTH_MAX {
        end = start + STEM_LENGTH_MAX;
    }
    key_of(bytes, start, end) ^ STEM_SALT
}

/// The last letters of all endings, one bit each: most words have none of them.
const LAST_LETTERS: u32 = bit(b's') | bit(b'g') | bit(b'd') | bit(b'r') | bit(b'y') | bit(b'e');

const fn bit(letter: u8) -> u32 {
    1 << (letter & 31)
}

/// The end of the word without its ending, in any case.
const fn without_ending(bytes: &[u8], start: usize, end: usize) -> usize {
    let length = end - start;
    if length < 4 || !bytes[end - 1].is_ascii_alphabetic() || LAST_LETTERS & bit(bytes[end - 1]) == 0 {
        return end;
    }
    let (third, second, last) = (bytes[end - 3] | 0x20, bytes[end - 2] | 0x20, bytes[end - 1] | 0x20);
    let ends_in_ings = third == b'n' && second == b'g' && last == b's' && bytes[end - 4] | 0x20 == b'i';
    let ends_in_three = third == b'i' && second == b'n' && last == b'g'
        || third == b'e' && second == b'r' && last == b's'
        || third == b'i' && second == b'e' && (last == b's' || last == b'd');
    let ends_in_two =
        second == b'e' && (last == b'd' || last == b'r' || last == b's') || second == b'l' && last == b'y';
    let cut = if ends_in_ings && length > 6 {
        4
    } else if ends_in_three && length > 5 {
        3
    } else if ends_in_two && length > 4 {
        2
    } else if last == b's' && second != b's' || last == b'e' || last == b'y' {
        1
    } else {
        return end;
    };
    without_echo(bytes, start, end - cut)
}

/// `runn` and `happi` become `run` and `happ`.
const fn without_echo(bytes: &[u8], start: usize, end: usize) -> usize {
    if end - start < 4 {
        return end;
    }
    let last = bytes[end - 1] | 0x20;
    if last == b'e' || last == b'i' || last == bytes[end - 2] | 0x20 && last != b's' && last != b'l' {
        return end - 1;
    }
    end
}

/// The keys of a list of words, made by the compiler: `words!("one two three")`.
macro_rules! words {
    ($list:literal) => {
        const { &$crate::spelling::keys::<{ $crate::spelling::count($list) }>($list) }
    };
}

/// How many words a list has.
pub const fn count(list: &str) -> usize {
    let bytes = list.as_bytes();
    let (mut count, mut at) = (0, 0);
    while at < bytes.len() {
        count += (bytes[at] != b' ' && (at == 0 || bytes[at - 1] == b' ')) as usize;
        at += 1;
    }
    count
}

/// The keys of a list of words. `N` must be its [`count`].
pub const fn keys<const N: usize>(list: &str) -> [u64; N] {
    let bytes = list.as_bytes();
    let mut keys = [0; N];
    let (mut found, mut start) = (0, 0);
    while found < N {
        let mut end = start;
        while end < bytes.len() && bytes[end] != b' ' {
            end += 1;
        }
        if end > start {
            keys[found] = key_of(bytes, start, end);
            found += 1;
        }
        start = end + 1;
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::{WORD_BYTES_MAX, key, key_of_ascii, key_of_buffer, stem, stem_of_ascii, stem_of_buffer};

    #[test]
    fn both_ways_to_a_key_agree() {
        let mut buffer = [b'z'; WORD_BYTES_MAX];
        for length in 0..=WORD_BYTES_MAX {
            assert_eq!(key_of_buffer(&buffer, length), key(&buffer[..length]), "{length}");
            assert_eq!(stem_of_buffer(&buffer, length), stem(&buffer[..length]), "{length}");
            buffer[length.min(WORD_BYTES_MAX - 1)] = b'a';
        }
    }

    #[test]
    fn ascii_words_need_no_buffer() {
        for word in ["a", "Running", "COMPANIES", "x86", "internationalization", "tests", "12345678"] {
            let lower = word.to_lowercase();
            let text = format!("{word} and more");
            for bytes in [text.as_bytes(), word.as_bytes()] {
                assert_eq!(key_of_ascii(bytes, word.len()), key(lower.as_bytes()), "{word}");
                assert_eq!(stem_of_ascii(bytes, word.len()), stem(lower.as_bytes()), "{word}");
            }
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
}
