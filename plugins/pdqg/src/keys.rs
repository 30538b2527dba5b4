//! A set of keys that are hashes already.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

/// Keys as they are: they come out of a hash.
#[derive(Default)]
pub struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }
    fn write_u64(&mut self, key: u64) {
        // The table takes the upper bits for its tags and the lower ones for its slots.
        self.0 = key ^ key.rotate_left(32);
    }
}

/// A set of keys.
pub type Keys = HashSet<u64, BuildHasherDefault<AsIs>>;
/// Figures by key.
pub type ByKey<V> = HashMap<u64, V, BuildHasherDefault<AsIs>>;

/// The key of a run of words.
pub fn joined(words: &[crate::text::Word]) -> u64 {
    words.iter().fold(0, |joined: u64, word| (joined.rotate_left(17) ^ word.key).wrapping_mul(0x9e37_79b9_7f4a_7c15))
}
