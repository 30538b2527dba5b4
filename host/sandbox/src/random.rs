//! Randomness that repeats: SHA-256 over the seed, a label and a counter. Written out
//! here rather than taken from a crate, because a receipt must replay the same under
//! every later version of this host.

use sha2::{Digest as _, Sha256};

/// One run's streams. Each has a label of its own, so that drawing from one never
/// moves another.
pub struct Randomness {
    seed: [u8; 32],
    /// For `wasi:random/random`.
    pub secure: Stream,
    /// For `wasi:random/insecure`.
    pub insecure: Stream,
}

impl Randomness {
    /// All streams of a seed, at their beginning.
    pub fn new(seed: [u8; 32]) -> Self {
        Self { seed, secure: Stream::new(seed, b"secure"), insecure: Stream::new(seed, b"insecure") }
    }

    /// What `wasi:random/insecure-seed` gives, each time the same: hash maps are keyed by it.
    pub fn map_seed(&self) -> (u64, u64) {
        let mut stream = Stream::new(self.seed, b"insecure-seed");
        (stream.next_u64(), stream.next_u64())
    }
}

/// An endless stream of bytes.
pub struct Stream {
    seed: [u8; 32],
    label: &'static [u8],
    blocks: u64,
    block: [u8; 32],
    /// Bytes of `block` already given out.
    used: usize,
}

impl Stream {
    fn new(seed: [u8; 32], label: &'static [u8]) -> Self {
        Self { seed, label, blocks: 0, block: [0; 32], used: 32 }
    }

    /// Draws as many bytes as fit.
    pub fn fill(&mut self, mut bytes: &mut [u8]) {
        while !bytes.is_empty() {
            if self.used == self.block.len() {
                self.refill();
            }
            let count = bytes.len().min(self.block.len() - self.used);
            let (now, later) = bytes.split_at_mut(count);
            now.copy_from_slice(&self.block[self.used..self.used + count]);
            self.used += count;
            bytes = later;
        }
    }

    /// Draws eight bytes, the lowest first.
    pub fn next_u64(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    fn refill(&mut self) {
        let mut hash = Sha256::new();
        hash.update(self.seed);
        hash.update(self.label);
        hash.update(self.blocks.to_le_bytes());
        self.block = hash.finalize().into();
        self.blocks += 1;
        self.used = 0;
    }
}
