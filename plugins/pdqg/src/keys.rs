//! Sets and maps of keys that are hashes already.

use crate::text::Word;
use std::collections::HashMap;
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

/// A set of keys of a size known beforehand: open addressing, half of it empty.
pub struct Keys {
    slots: Vec<u32>,
    length: usize,
}

impl Keys {
    /// A set for at most so many keys.
    pub fn for_up_to(keys: usize) -> Self {
        Self { slots: vec![0; (keys * 2).next_power_of_two().max(4)], length: 0 }
    }

    /// Whether the key is new. A full set takes no more.
    pub fn insert(&mut self, key: u64) -> bool {
        let (slot, tag) = self.find(key);
        let is_new = self.slots[slot] == 0 && self.length * 2 < self.slots.len();
        if is_new {
            self.slots[slot] = tag;
            self.length += 1;
        }
        is_new
    }

    /// Whether the key is in the set.
    pub fn contains(&self, key: u64) -> bool {
        self.slots[self.find(key).0] != 0
    }

    /// How many keys there are.
    pub fn count(&self) -> usize {
        self.length
    }

    /// The key's slot, or the empty one it would take, and what stands for it there.
    fn find(&self, key: u64) -> (usize, u32) {
        let mixed = key.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let tag = u32::try_from(mixed >> 33).unwrap_or(0) | 1 << 31;
        let mask = self.slots.len() - 1;
        let mut slot = usize::try_from(mixed >> 12 & 0xffff_ffff).unwrap_or(0) & mask;
        while self.slots[slot] != 0 && self.slots[slot] != tag {
            slot = (slot + 1) & mask;
        }
        (slot, tag)
    }
}

impl FromIterator<u64> for Keys {
    fn from_iter<I: IntoIterator<Item = u64>>(keys: I) -> Self {
        let keys: Vec<u64> = keys.into_iter().collect();
        let mut set = Self::for_up_to(keys.len());
        for key in keys {
            set.insert(key);
        }
        set
    }
}

/// Figures by key.
pub type ByKey<V> = HashMap<u64, V, BuildHasherDefault<AsIs>>;

/// Words that must follow each other to count as copied or repeated.
pub const RUN: usize = 4;

/// The key of a run of up to [`RUN`] words.
pub fn joined(words: &[Word]) -> u64 {
    words.iter().fold(0, |joined: u64, word| joined.rotate_left(16) ^ word.key)
}

#[cfg(test)]
mod tests {
    use super::Keys;

    #[test]
    fn a_set_keeps_what_fits() {
        let mut keys = Keys::for_up_to(3);
        assert!(keys.insert(7) && keys.insert(0) && keys.insert(u64::MAX));
        assert!(!keys.insert(7));
        assert!(keys.contains(0) && keys.contains(u64::MAX) && !keys.contains(8));
        assert_eq!(keys.count(), 3);
        for key in 100..200 {
            keys.insert(key);
        }
        assert!(keys.count() <= 4 && !keys.contains(199));
        let some: Keys = [1, 2, 2].into_iter().collect();
        assert_eq!(some.count(), 2);
    }
}
