//! The log of the embedded engine, which has to be copied into the database's file from
//! time to time.
//!
//! Left to itself the engine does it inside a commit, and whoever is in that group waits for
//! thousands of pages. Here a connection of its own does it beside the commits, again and
//! again until little was written meanwhile; the writer copies that between two groups, so
//! that the log begins anew.

use sqlx::{AnyConnection, Connection as _, Executor as _, Row as _};
use tokio::task::JoinHandle;

use crate::address::Address;

/// Copies what nobody else needs from the log, and waits for no one.
const COPY: &str = "PRAGMA wal_checkpoint(PASSIVE)";

/// The writer waits for the copying once the log is so many times longer than where it began.
const TOO_LONG: usize = 4;

/// So little is left to the writer, who has to wait for the disk over it: in pages.
const REST_PAGES: i64 = 100;

/// How often the log is copied at most before the rest is left to the writer.
const PASSES_MAX: u32 = 5;

/// How long the log is, and who is copying it.
pub(crate) struct Log {
    address: Address,
    pages_max: usize,
    /// How many pages groups wrote at most since it began anew.
    pages: usize,
    /// How many pages the log had when it was last copied, of how many it might have had.
    found: (usize, usize),
    copying: Option<JoinHandle<Option<usize>>>,
}

impl Log {
    /// Copied whenever it has about so many pages.
    pub(crate) const fn new(address: Address, pages_max: usize) -> Self {
        Self { address, pages_max, pages: 0, found: (1, 1), copying: None }
    }

    /// A group writes so many pages at most.
    pub(crate) fn grows(&mut self, pages: usize) {
        self.pages += pages;
        if self.length() >= self.pages_max && self.copying.is_none() {
            let address = self.address.clone();
            self.copying = Some(tokio::spawn(async move {
                copy(&address).await.unwrap_or_else(|error| {
                    tracing::warn!(%error, "the database's log was not copied");
                    None
                })
            }));
        }
    }

    /// About how many pages it has: of those that a group may write, most are written once
    /// for many of its rows.
    const fn length(&self) -> usize {
        self.pages.saturating_mul(self.found.0) / self.found.1
    }

    /// Whether the writer is to copy the rest now.
    pub(crate) fn is_nearly_copied(&self) -> bool {
        let too_long = self.length() >= self.pages_max.saturating_mul(TOO_LONG);
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
        if let Some(copying) = self.copying.take()
            && let Ok(Some(found)) = copying.await
        {
            let most = self.pages.max(1);
            self.found = (found.clamp(1, most), most);
        }
    }
}

/// Copies it but for what is written last. Gives the pages that are in it, copied or not:
/// whoever reads an old state keeps the later ones there. The engine does not say where
/// somebody else was copying.
async fn copy(address: &Address) -> Result<Option<usize>, sqlx::Error> {
    let mut connection = address.copier().await?;
    let (mut pages, mut copied) = (-1, 0);
    for _ in 0..PASSES_MAX {
        let row = connection.fetch_one(COPY).await?;
        pages = row.try_get::<i64, _>("log")?;
        let before = std::mem::replace(&mut copied, row.try_get::<i64, _>("checkpointed")?);
        if copied - before <= REST_PAGES {
            break;
        }
    }
    connection.close().await?;
    Ok(usize::try_from(pages).ok())
}
