//! Where a verb is about to commit: the one place where a simulation can hold it up while
//! others go first, or let go of it, which is what a crash does to it.
//!
//! A gate stands around one future and what it awaits. Where there is none, which is
//! everywhere but in a simulation, passing costs a look at a variable.

use std::sync::Arc;

use tokio::sync::{Notify, Semaphore};

tokio::task_local! {
    static GATE: Gate;
}

/// Holds up a verb before each of its commits.
#[derive(Clone)]
pub struct Gate {
    arrived: Arc<Notify>,
    leave: Arc<Semaphore>,
}

impl Default for Gate {
    fn default() -> Self {
        Self { arrived: Arc::default(), leave: Arc::new(Semaphore::new(0)) }
    }
}

impl Gate {
    /// The same future, held up before each of its commits until it is let pass.
    pub async fn around<F: Future>(self, verb: F) -> F::Output {
        GATE.scope(self, verb).await
    }

    /// Waits until the verb is about to commit.
    pub async fn arrival(&self) {
        self.arrived.notified().await;
    }

    /// Lets it pass so many times.
    pub fn let_pass(&self, times: usize) {
        self.leave.add_permits(times);
    }
}

/// About to commit.
pub(crate) async fn pass() {
    let Ok(gate) = GATE.try_with(Clone::clone) else { return };
    gate.arrived.notify_one();
    if let Ok(leave) = gate.leave.acquire().await {
        leave.forget();
    }
}
