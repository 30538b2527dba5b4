//! The journal's hash chain: which bytes a link's hash covers.
//!
//! A link's hash is SHA-256 over `assay link 1`, then the link's own row without its
//! hash, then the rows of its transfers in order of `seq`, of its events in order of
//! `lane_seq`, and of its seals in order of `seq`. The link's row holds the hash of the
//! link before, which makes the chain. A row goes in as its table's name followed by
//! its columns in the order of [`crate::rows`]. Every value starts with a byte for its
//! kind, and text and bytes with their length, so that no two rows share their bytes:
//!
//! | value | bytes |
//! |---|---|
//! | nothing | `00` |
//! | whole number | `01`, 8 bytes big-endian |
//! | text | `02`, length in 8 bytes big-endian, UTF-8 |
//! | bytes | `03`, length in 8 bytes big-endian, the bytes |
//!
//! A seal is the SHA-256 of one row written the same way. The rows of sealed tables,
//! receipts above all, stand in the journal through their seals.

use sha2::{Digest as _, Sha256};

use crate::record::{Record as _, Table, Value};
use crate::rows::LinkRow;

/// The hash before the first link.
pub(crate) const GENESIS: [u8; 32] = [0; 32];

/// Hashes one link, row by row.
pub(crate) struct LinkHasher(Sha256);

impl LinkHasher {
    /// Starts with the link's own row; its `hash` is left out.
    pub(crate) fn new(link: &LinkRow) -> Self {
        let mut hasher = Sha256::new_with_prefix("assay link 1");
        let values = LinkRow { hash: Vec::new(), ..link.clone() }.into_values();
        feed(&mut hasher, LinkRow::TABLE, &values);
        Self(hasher)
    }

    /// Goes on with a transfer, an event, or a seal.
    pub(crate) fn row(&mut self, table: &Table, values: &[Value]) {
        feed(&mut self.0, table, values);
    }

    /// The hash.
    pub(crate) fn finish(self) -> Vec<u8> {
        self.0.finalize().to_vec()
    }
}

/// The digest a seal carries.
pub(crate) fn row_digest(table: &Table, values: &[Value]) -> Vec<u8> {
    let mut hasher = Sha256::new();
    feed(&mut hasher, table, values);
    hasher.finalize().to_vec()
}

fn feed(hasher: &mut Sha256, table: &Table, values: &[Value]) {
    framed(hasher, 2, table.name.as_bytes());
    for value in values {
        match value {
            Value::Null => hasher.update([0]),
            Value::Int(number) => {
                hasher.update([1]);
                hasher.update(number.to_be_bytes());
            }
            Value::Text(text) => framed(hasher, 2, text.as_bytes()),
            Value::Bytes(bytes) => framed(hasher, 3, bytes),
        }
    }
}

fn framed(hasher: &mut Sha256, kind: u8, bytes: &[u8]) {
    hasher.update([kind]);
    hasher.update((bytes.len() as u64).to_be_bytes());
    hasher.update(bytes);
}
