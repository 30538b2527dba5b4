//! The gate in front of runs: so many at once, and a turn for each tenant.
//!
//! Whoever has many runs waiting waits for them; whoever has one gets the next place
//! that is free, after one run of each other tenant at the most.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// Cheap to clone.
#[derive(Clone)]
pub(crate) struct Gate(Arc<Mutex<Inner>>);

struct Inner {
    free: usize,
    waiting: HashMap<String, VecDeque<oneshot::Sender<Place>>>,
    /// The tenants that wait, the next one first.
    turns: VecDeque<String>,
}

/// A place; the next in turn has it when it is dropped.
pub(crate) struct Place {
    gate: Gate,
    taken: bool,
}

impl Gate {
    pub(crate) fn new(places: usize) -> Self {
        Self(Arc::new(Mutex::new(Inner { free: places, waiting: HashMap::new(), turns: VecDeque::new() })))
    }

    /// Waits for a place.
    pub(crate) async fn enter(&self, tenant: &str) -> Place {
        let receiver = match self.join(tenant) {
            Ok(place) => return place,
            Err(receiver) => receiver,
        };
        receiver.await.expect("a gate keeps whoever waits until their turn")
    }

    /// The same on a thread, which it blocks.
    pub(crate) fn enter_blocking(&self, tenant: &str) -> Place {
        let receiver = match self.join(tenant) {
            Ok(place) => return place,
            Err(receiver) => receiver,
        };
        receiver.blocking_recv().expect("a gate keeps whoever waits until their turn")
    }

    /// A place if one is free, which it is only when nobody waits.
    fn join(&self, tenant: &str) -> Result<Place, oneshot::Receiver<Place>> {
        let mut inner = self.lock();
        if inner.free > 0 {
            inner.free -= 1;
            return Ok(Place { gate: self.clone(), taken: true });
        }
        let (sender, receiver) = oneshot::channel();
        let queue = inner.waiting.entry(tenant.to_owned()).or_default();
        queue.push_back(sender);
        if queue.len() == 1 {
            inner.turns.push_back(tenant.to_owned());
        }
        Err(receiver)
    }

    /// Hands a place on. Who stopped waiting is passed over.
    fn leave(&self) {
        loop {
            let mut inner = self.lock();
            let Some(sender) = inner.next() else {
                inner.free += 1;
                return;
            };
            drop(inner);
            match sender.send(Place { gate: self.clone(), taken: true }) {
                Ok(()) => return,
                // Not dropped as it is: that would hand it on from within.
                Err(mut place) => place.taken = false,
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn next(&mut self) -> Option<oneshot::Sender<Place>> {
        let tenant = self.turns.pop_front()?;
        let queue = self.waiting.get_mut(&tenant)?;
        let sender = queue.pop_front();
        if queue.is_empty() {
            self.waiting.remove(&tenant);
        } else {
            self.turns.push_back(tenant);
        }
        sender
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.taken {
            self.gate.leave();
        }
    }
}
