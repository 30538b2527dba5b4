//! Virtual time. It starts at the delivery's time and moves only when the guest looks
//! at it or sleeps, so a run that waits an hour takes no time and always the same.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll, Waker};

/// What a look at a clock costs, so that a guest which waits in a loop gets somewhere.
const LOOK_NS: u64 = 1_000;

/// The end of virtual time: a hundred days. Below 2^53, so that any JSON reader gets
/// the number in a receipt right.
const ELAPSED_NS_MAX: u64 = 100 * 24 * 60 * 60 * 1_000_000_000;

/// No one waits.
const NOBODY: u64 = u64::MAX;

/// One run's clock. Atomics because it is shared with timers, not because of threads.
#[derive(Debug)]
pub struct VirtualClock {
    starts_at_ms: u64,
    elapsed_ns: AtomicU64,
    /// The earliest time a timer that was asked and not ready waits for.
    next_wake_ns: AtomicU64,
}

/// Virtual time would have to pass its end, or everyone waits for nothing.
#[derive(Debug, thiserror::Error)]
#[error("the component waits for something that never happens")]
pub struct WaitsForEver;

impl VirtualClock {
    /// A clock that shows this time, milliseconds since 1970.
    pub fn new(starts_at_ms: u64) -> Self {
        Self { starts_at_ms, elapsed_ns: AtomicU64::new(0), next_wake_ns: AtomicU64::new(NOBODY) }
    }

    /// Nanoseconds since the run began.
    pub fn elapsed_ns(&self) -> u64 {
        self.elapsed_ns.load(Relaxed)
    }

    /// The guest reads the monotonic clock: nanoseconds since the run began.
    pub fn look(&self) -> u64 {
        let now = self.elapsed_ns();
        self.elapsed_ns.store((now + LOOK_NS).min(ELAPSED_NS_MAX), Relaxed);
        now
    }

    /// The guest reads the wall clock: seconds and nanoseconds since 1970.
    pub fn look_at_wall(&self) -> (u64, u32) {
        let elapsed = u128::from(self.look());
        seconds_and_rest(u128::from(self.starts_at_ms) * 1_000_000 + elapsed)
    }

    /// Ready once the clock shows `deadline_ns`.
    pub async fn reach(self: Arc<Self>, deadline_ns: u64) {
        poll_fn(|_| {
            if self.elapsed_ns() >= deadline_ns {
                Poll::Ready(())
            } else {
                self.next_wake_ns.fetch_min(deadline_ns, Relaxed);
                Poll::Pending
            }
        })
        .await;
    }

    /// Runs a wait to its end. Whenever nothing is ready, time moves to the earliest
    /// timer that was asked: two sleeps in one wait end in their own order.
    pub fn drive<F: Future>(&self, wait: F) -> Result<F::Output, WaitsForEver> {
        let mut wait = pin!(wait);
        let mut context = Context::from_waker(Waker::noop());
        loop {
            self.next_wake_ns.store(NOBODY, Relaxed);
            if let Poll::Ready(output) = wait.as_mut().poll(&mut context) {
                return Ok(output);
            }
            let wake = self.next_wake_ns.load(Relaxed);
            if wake > ELAPSED_NS_MAX {
                return Err(WaitsForEver);
            }
            self.elapsed_ns.fetch_max(wake, Relaxed);
        }
    }
}

fn seconds_and_rest(nanoseconds: u128) -> (u64, u32) {
    let seconds = u64::try_from(nanoseconds / 1_000_000_000);
    let rest = u32::try_from(nanoseconds % 1_000_000_000);
    (
        seconds.expect("2^64 milliseconds are fewer than 2^64 seconds"),
        rest.expect("a remainder of 10^9 fits 32 bits"),
    )
}
