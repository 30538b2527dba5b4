//! What a process remembers so that it need not read it again for every request. Nothing
//! is decided by it that the database would decide otherwise:
//!
//! - keys: only where this process alone writes, which is the embedded database. Whatever it
//!   commits passes by here before anyone is answered, and a group that writes keys makes
//!   all of them forgotten: a key that was ended is ended for the next request.
//! - channels: what is remembered goes with the head it was read at, which the commit
//!   expects. Whoever closed it meanwhile, on whatever host, sends the verb back to read.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{PoisonError, RwLock};

use assay_db::Change;
use assay_db::entities::people::KeyRow;
use assay_domain::ids::ChannelId;

use super::channels::Channel;

/// Things of one kind that are remembered; with one more all are forgotten, which costs
/// each a reading.
const THINGS_MAX: usize = 20_000;

/// It.
#[derive(Default)]
pub(crate) struct Memory {
    /// By the hash of the secret.
    keys: Things<String, KeyRow>,
    /// With the head each was read at.
    channels: Things<ChannelId, (Channel, i64)>,
}

/// What was known when something was about to be read; what is read since then is only
/// remembered if nothing was forgotten meanwhile.
#[derive(Clone, Copy)]
pub(crate) struct Since(u64);

struct Things<K, T>(RwLock<Known<K, T>>);

struct Known<K, T> {
    things: HashMap<K, T>,
    /// How often all was forgotten.
    forgotten: u64,
}

impl<K, T> Default for Things<K, T> {
    fn default() -> Self {
        Self(RwLock::new(Known { things: HashMap::new(), forgotten: 0 }))
    }
}

impl<K: Hash + Eq, T: Clone> Things<K, T> {
    fn find(&self, key: &K) -> Result<T, Since> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.things.get(key).cloned().ok_or(Since(known.forgotten))
    }

    fn keep(&self, since: Since, key: K, thing: T) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.forgotten == since.0 {
            if known.things.len() >= THINGS_MAX {
                known.things.clear();
            }
            known.things.insert(key, thing);
        }
    }

    fn forget(&self) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.things.clear();
        known.forgotten += 1;
    }
}

impl Memory {
    /// A key by the hash of its secret, or when it was not known.
    pub(crate) fn key(&self, hash: &String) -> Result<KeyRow, Since> {
        self.keys.find(hash)
    }

    /// Remembers a key that was read since it was not known.
    pub(crate) fn keep_key(&self, since: Since, row: KeyRow) {
        self.keys.keep(since, row.hash.clone(), row);
    }

    /// A channel, and the head that a change of it has to expect.
    pub(crate) fn channel(&self, id: ChannelId) -> Result<(Channel, i64), Since> {
        self.channels.find(&id)
    }

    /// Remembers a channel as it was read after its head.
    pub(crate) fn keep_channel(&self, channel: &Channel, head: i64) {
        self.channels.keep(Since(0), channel.id, (channel.clone(), head));
    }

    /// Changes that this process may have committed, before anyone is answered.
    pub(crate) fn told(&self, changes: &[&Change]) {
        let mut rows = changes.iter().flat_map(|change| &change.rows);
        if rows.any(assay_db::Write::is_of::<KeyRow>) {
            self.keys.forget();
        }
    }
}
