//! Uploads under way. Each holds a request's place and its bytes until it had its turn, and
//! turns take seconds, so there are only so many.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use assay_domain::refusal::{Code, Refusal};

use crate::config::PluginLimits;

/// When whoever is turned away may come back.
const RETRY_AFTER_SECONDS: u64 = 10;

/// How many each publisher has.
#[derive(Default)]
pub(crate) struct Uploading(Mutex<HashMap<String, usize>>);

/// One of them, until it is answered.
pub(crate) struct Underway<'a> {
    all: &'a Uploading,
    publisher: String,
}

impl Uploading {
    /// One more, unless there are too many.
    pub(crate) fn enter(&self, publisher: &str, limits: &PluginLimits) -> Result<Underway<'_>, Refusal> {
        let mut underway = self.lock();
        let own = underway.get(publisher).copied().unwrap_or(0);
        if own >= limits.uploads_underway_of_publisher_max {
            let message = format!("{own} uploads of yours are under way: send the next when one is answered");
            return Err(Refusal::too_many(message, RETRY_AFTER_SECONDS));
        }
        if underway.values().sum::<usize>() >= limits.uploads_underway_max {
            let message = "many uploads are under way: try again shortly";
            return Err(Refusal {
                retry_after_seconds: Some(RETRY_AFTER_SECONDS),
                ..Refusal::new(Code::Overloaded, message)
            });
        }
        underway.insert(publisher.to_owned(), own + 1);
        Ok(Underway { all: self, publisher: publisher.to_owned() })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Underway<'_> {
    fn drop(&mut self) {
        let mut underway = self.all.lock();
        if let Some(own) = underway.get_mut(&self.publisher) {
            *own -= 1;
            if *own == 0 {
                underway.remove(&self.publisher);
            }
        }
    }
}
