//! The connections that read, each kept for whoever reads next.
//!
//! The driver has a pool of its own, which asks each connection before a read and after it
//! whether it is still there: two journeys more than the read itself. Here nobody asks. One
//! that went while nobody looked is found out by the read, which is begun again on another.

use std::time::Duration;

use deadpool::Runtime;
use deadpool::managed::{Manager, Metrics, Object, Pool, PoolError, QueueMode, RecycleError, RecycleResult};
use sqlx::{AnyConnection, Connection as _};

use crate::address::Address;
use crate::error;

/// What a server keeps for a connection grows with the statements it was sent.
const AGE_MAX: Duration = Duration::from_mins(30);

/// How long a server that is just starting is left alone, at first.
const PAUSE: Duration = Duration::from_millis(20);

/// Clones share their connections.
#[derive(Clone)]
pub(crate) struct Readers(Pool<Opener>);

/// A connection. One whose read did not come to an end is not used again.
pub(crate) struct Session {
    connection: AnyConnection,
    reading: bool,
}

pub(crate) struct Opener(Address);

impl Readers {
    /// Opens the first of at most so many.
    pub(crate) async fn open(address: &Address, most: u32, patience: Duration) -> Result<Self, sqlx::Error> {
        let pool = Pool::builder(Opener(address.clone()))
            .max_size(usize::try_from(most).unwrap_or(usize::MAX))
            .queue_mode(QueueMode::Lifo)
            .wait_timeout(Some(patience))
            .create_timeout(Some(patience))
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| sqlx::Error::Configuration(error.into()))?;
        let readers = Self(pool);
        drop(readers.get().await?);
        Ok(readers)
    }

    /// A connection that nobody else has until it is dropped.
    pub(crate) async fn get(&self) -> Result<Object<Opener>, sqlx::Error> {
        self.0.get().await.map_err(|error| match error {
            PoolError::Backend(error) => error,
            PoolError::Closed => sqlx::Error::PoolClosed,
            _ => sqlx::Error::PoolTimedOut,
        })
    }

    /// Closes them: those in use once they come back.
    pub(crate) async fn close(&self) {
        let idle = self.0.retain(|_, _| false).removed;
        self.0.close();
        for session in idle {
            if let Err(error) = session.connection.close().await {
                tracing::warn!(%error, "a connection that read did not close cleanly");
            }
        }
    }
}

impl Session {
    /// To read with.
    pub(crate) const fn begin(&mut self) -> &mut AnyConnection {
        self.reading = true;
        &mut self.connection
    }

    /// The read came to an end, well or not, and the connection is as good as before.
    pub(crate) const fn end(&mut self) {
        self.reading = false;
    }
}

/// Whether somebody had it before, so that it may have gone meanwhile.
pub(crate) fn is_used(session: &Object<Opener>) -> bool {
    Object::metrics(session).recycle_count > 0
}

impl Opener {
    /// As long as the pool is patient: a server that is just starting answers in a while.
    async fn connect(&self) -> Result<AnyConnection, sqlx::Error> {
        let mut pause = PAUSE;
        loop {
            match self.0.reader().await {
                Err(error) if error::is_starting(&error) => tokio::time::sleep(pause).await,
                outcome => return outcome,
            }
            pause *= 2;
        }
    }
}

impl Manager for Opener {
    type Type = Session;
    type Error = sqlx::Error;

    async fn create(&self) -> Result<Session, sqlx::Error> {
        // It is seldom made, and must not make every read's future larger.
        let connection = Box::pin(self.connect()).await?;
        Ok(Session { connection, reading: false })
    }

    async fn recycle(&self, session: &mut Session, metrics: &Metrics) -> RecycleResult<sqlx::Error> {
        if session.reading || metrics.age() > AGE_MAX {
            return Err(RecycleError::message("of no more use"));
        }
        Ok(())
    }
}
