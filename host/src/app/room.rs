//! Room for requests: how many are worked on at once, how many wait for that and how long,
//! and how many bytes of theirs are held meanwhile.
//!
//! Whoever finds no room is told so at once; whoever has waited a moment is told so then,
//! before anything was begun. What was begun is finished.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};

use crate::config::Limits;

/// Of those who are in, at most one in so many needs judges, so that a queue before the
/// judges leaves room for everyone else.
const JUDGED_SHARE: usize = 4;

/// It.
pub(crate) struct Room {
    all: Semaphore,
    turns: Semaphore,
    judged: Semaphore,
    judges: Semaphore,
    bodies: Arc<Semaphore>,
    answers: Arc<Semaphore>,
    wait: Duration,
}

/// A request's place, until it is answered.
pub(crate) struct Place<'a> {
    _turns: [SemaphorePermit<'a>; 2],
    _judging: Option<[SemaphorePermit<'a>; 2]>,
}

/// Bytes that are held.
#[derive(Default)]
pub(crate) struct Held(Option<OwnedSemaphorePermit>);

impl Room {
    pub(crate) fn new(limits: &Limits) -> Self {
        let bytes = || Arc::new(Semaphore::new(limits.held_bytes_max.min(Semaphore::MAX_PERMITS)));
        Self {
            all: Semaphore::new(limits.requests_in_flight_max),
            turns: Semaphore::new(limits.requests_at_once_max),
            judged: Semaphore::new(limits.requests_in_flight_max.div_ceil(JUDGED_SHARE)),
            judges: Semaphore::new(limits.judgings_at_once_max),
            bodies: bytes(),
            answers: bytes(),
            wait: Duration::from_millis(limits.wait_ms_max),
        }
    }

    /// Whether there is no use in coming at all.
    pub(crate) fn is_full(&self) -> bool {
        self.all.available_permits() == 0
    }

    /// A place, at once or after a short wait; nothing where that would take longer.
    pub(crate) async fn enter(&self, judging: bool) -> Option<Place<'_>> {
        let all = self.all.try_acquire().ok()?;
        let judged = if judging { Some(self.judged.try_acquire().ok()?) } else { None };
        let waiting = async {
            // First a judge: whoever waits for one takes nobody's turn.
            let judging = match judged {
                Some(judged) => Some([judged, self.judges.acquire().await.ok()?]),
                None => None,
            };
            Some(Place { _turns: [all, self.turns.acquire().await.ok()?], _judging: judging })
        };
        tokio::time::timeout(self.wait, waiting).await.ok()?
    }

    /// Whether some more bytes of a body may be held, and from now on are.
    pub(crate) fn hold_body(&self, held: &mut Held, bytes: usize) -> bool {
        held.add(&self.bodies, bytes)
    }

    /// The same for an answer.
    pub(crate) fn hold_answer(&self, held: &mut Held, bytes: usize) -> bool {
        held.add(&self.answers, bytes)
    }
}

impl Held {
    /// How many.
    pub(crate) fn bytes(&self) -> usize {
        self.0.as_ref().map_or(0, OwnedSemaphorePermit::num_permits)
    }

    fn add(&mut self, room: &Arc<Semaphore>, bytes: usize) -> bool {
        let more =
            u32::try_from(bytes).ok().and_then(|bytes| Arc::clone(room).try_acquire_many_owned(bytes).ok());
        let Some(more) = more else { return false };
        match &mut self.0 {
            Some(held) => held.merge(more),
            None => self.0 = Some(more),
        }
        true
    }
}
