//! Judges ready to run in memory.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::digest::Digest;
use crate::judge::Judge;

/// Judges ready to run, the least recently used dropped first.
pub(crate) struct Shelf {
    judges: Mutex<Judges>,
    count_max: usize,
    code_bytes_max: usize,
}

#[derive(Default)]
struct Judges {
    by_digest: HashMap<Digest, (Judge, u64)>,
    code_bytes: usize,
    uses: u64,
}

impl Shelf {
    pub(crate) fn new(count_max: usize, code_bytes_max: usize) -> Self {
        Self { judges: Mutex::default(), count_max, code_bytes_max }
    }

    pub(crate) fn get(&self, digest: &Digest) -> Option<Judge> {
        let mut judges = lock(&self.judges);
        judges.uses += 1;
        let now = judges.uses;
        let (judge, used) = judges.by_digest.get_mut(digest)?;
        *used = now;
        Some(judge.clone())
    }

    pub(crate) fn put(&self, judge: Judge) {
        let mut judges = lock(&self.judges);
        judges.uses += 1;
        let now = judges.uses;
        judges.code_bytes += judge.code_bytes();
        if let Some((replaced, _)) = judges.by_digest.insert(judge.digest, (judge, now)) {
            judges.code_bytes -= replaced.code_bytes();
        }
        // The one just put is the last to go, however large it is.
        while judges.by_digest.len() > 1
            && (judges.by_digest.len() > self.count_max || judges.code_bytes > self.code_bytes_max)
        {
            judges.drop_oldest();
        }
    }

    /// Takes a judge off that turned out to be of no use.
    pub(crate) fn remove(&self, digest: &Digest) {
        let mut judges = lock(&self.judges);
        if let Some((judge, _)) = judges.by_digest.remove(digest) {
            judges.code_bytes -= judge.code_bytes();
        }
    }
}

impl Judges {
    fn drop_oldest(&mut self) {
        let oldest = self.by_digest.iter().min_by_key(|(_, (_, used))| *used).map(|(digest, _)| *digest);
        if let Some((judge, _)) = oldest.and_then(|digest| self.by_digest.remove(&digest)) {
            self.code_bytes -= judge.code_bytes();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
