//! The log of the embedded engine, which has to be copied into the database's file from
//! time to time.
//!
//! Left to itself the engine does it inside a commit, and whoever is in that group waits for
//! thousands of pages. Here a connection of its own does it beside the commits. What was
//! written meanwhile is little; the writer copies that between two groups, so that the log
//! begins anew.

use sqlx::{AnyConnection, Connection as _, Executor as _};
use tokio::task::JoinHandle;

use crate::address::Address;

/// Copies what nobody else needs from the log, and waits for no one.
const COPY: &str = "PRAGMA wal_checkpoint(PASSIVE)";

/// The writer waits for the copying once the log is so many times longer than where it began.
const TOO_LONG: usize = 4;

/// How long the log is, and who is copying it.
pub(crate) struct Log {
    address: Address,
    pages_max: usize,
    /// About how many pages groups wrote since it began anew.
    pages: usize,
    copying: Option<JoinHandle<()>>,
}

impl Log {
    /// Copied whenever it has about so many pages.
    pub(crate) const fn new(address: Address, pages_max: usize) -> Self {
        Self { address, pages_max, pages: 0, copying: None }
    }

    /// A group writes so many pages, about.
    pub(crate) fn grows(&mut self, pages: usize) {
        self.pages += pages;
        if self.pages >= self.pages_max && self.copying.is_none() {
            let address = self.address.clone();
            self.copying = Some(tokio::spawn(async move {
                if let Err(error) = copy(&address).await {
                    tracing::warn!(%error, "the database's log was not copied");
                }
            }));
        }
    }

    /// Whether the writer is to copy the rest now.
    pub(crate) fn is_nearly_copied(&self) -> bool {
        let too_long = self.pages >= self.pages_max.saturating_mul(TOO_LONG);
        self.copying.as_ref().is_some_and(|copying| copying.is_finished() || too_long)
    }

    /// Copies the rest, where nothing else is under way.
    pub(crate) async fn copy_rest(&mut self, connection: &mut AnyConnection) {
        self.wait().await;
        self.pages = 0;
        // A group tells better than this what is wrong with the disk.
        let _ = connection.execute(COPY).await;
    }

    /// Waits until nobody copies.
    pub(crate) async fn wait(&mut self) {
        if let Some(copying) = self.copying.take() {
            // It says itself what went wrong.
            let _ = copying.await;
        }
    }
}

async fn copy(address: &Address) -> Result<(), sqlx::Error> {
    let mut connection = address.copier().await?;
    connection.execute(COPY).await?;
    connection.close().await
}
