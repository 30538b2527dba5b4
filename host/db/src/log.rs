//! The log of the embedded engine, which has to be copied into the database's file from
//! time to time.
//!
//! Left to itself the engine does it inside a commit, and whoever is in that group waits for
//! thousands of pages. Here a connection of its own does it beside the commits, again and
//! again until little was written meanwhile; the writer copies that between two groups, so
//! that the log begins anew.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sqlx::{AnyConnection, Connection as _, Executor as _, Row as _};
use tokio::task::JoinHandle;

use crate::address::Address;

/// Copies what nobody else needs from the log, and waits for no one.
const COPY: &str = "PRAGMA wal_checkpoint(PASSIVE)";

/// The writer waits for the copying once the log is so many times longer than where it began.
const TOO_LONG: usize = 4;

/// So little is left to the writer, who has to wait for the disk over it: in pages.
const REST_PAGES: i64 = 100;

/// So many of the pages that groups might have written are one at least: a wrong measure must
/// not let the log grow for ever.
const OF_A_PAGE_MAX: usize = 64;

/// How often the log is copied at most before the rest is left to the writer.
const PASSES_MAX: u32 = 5;

/// How long the log is, and who is copying it.
pub(crate) struct Log {
    address: Address,
    pages_max: usize,
    /// How many pages groups wrote at most since it began anew.
    pages: Arc<AtomicUsize>,
    found: Found,
    copying: Option<JoinHandle<Option<Found>>>,
}

/// How many pages the log had when it was last copied, of how many it might have had.
#[derive(Clone, Copy)]
struct Found {
    pages: usize,
    of: usize,
}

impl Log {
    /// Copied whenever it has about so many pages.
    pub(crate) fn new(address: Address, pages_max: usize) -> Self {
        Self { address, pages_max, pages: Arc::default(), found: Found { pages: 1, of: 1 }, copying: None }
    }

    /// A group that landed wrote so many pages at most.
    pub(crate) fn grows(&mut self, pages: usize) {
        self.pages.fetch_add(pages, Ordering::Relaxed);
        if self.length() >= self.pages_max && self.copying.is_none() {
            let (address, pages) = (self.address.clone(), Arc::clone(&self.pages));
            self.copying = Some(tokio::spawn(async move { told(copy(&address, &pages).await) }));
        }
    }

    /// Copies what a server left that was killed: whoever opens the database next would have
    /// to read it again. How long it is says nothing of what groups write here.
    pub(crate) fn copy_left(&mut self) {
        if self.copying.is_none() {
            let address = self.address.clone();
            self.copying = Some(tokio::spawn(async move { told(empty(&address).await.map(|()| None)) }));
        }
    }

    /// About how many pages it has: of those that a group may write, most are written once
    /// for many of its rows.
    fn length(&self) -> usize {
        self.pages.load(Ordering::Relaxed).saturating_mul(self.found.pages) / self.found.of
    }

    /// Whether the writer is to copy the rest now.
    pub(crate) fn is_nearly_copied(&self) -> bool {
        let too_long = self.length() >= self.pages_max.saturating_mul(TOO_LONG);
        self.copying.as_ref().is_some_and(|copying| copying.is_finished() || too_long)
    }

    /// Copies the rest, where nothing else is under way.
    pub(crate) async fn copy_rest(&mut self, connection: &mut AnyConnection) {
        self.wait().await;
        self.pages.store(0, Ordering::Relaxed);
        // A group tells better than this what is wrong with the disk.
        let _ = connection.execute(COPY).await;
    }

    /// Waits until nobody copies.
    pub(crate) async fn wait(&mut self) {
        if let Some(copying) = self.copying.take()
            && let Ok(Some(found)) = copying.await
        {
            self.found = found;
        }
    }
}

/// Copies it but for what is written last. Gives the pages that are in it, copied or not:
/// whoever reads an old state keeps the later ones there. The engine does not say where
/// somebody else was copying. Groups go on meanwhile; the pages they might have written are
/// counted before the log's own are, so that it is sooner held for too long than for too short.
async fn copy(address: &Address, counted: &AtomicUsize) -> Result<Option<Found>, sqlx::Error> {
    let mut connection = address.copier().await?;
    let mut found: Option<Found> = None;
    let mut copied = 0;
    for _ in 0..PASSES_MAX {
        let of = counted.load(Ordering::Relaxed).max(1);
        let row = connection.fetch_one(COPY).await?;
        let Ok(pages) = usize::try_from(row.try_get::<i64, _>("log")?) else { break };
        if found.is_some_and(|found| pages < found.pages) {
            // All of it was copied, and it began anew.
            break;
        }
        found = Some(Found { pages, of });
        let before = std::mem::replace(&mut copied, row.try_get::<i64, _>("checkpointed")?);
        if copied - before <= REST_PAGES {
            break;
        }
    }
    connection.close().await?;
    Ok(found.map(|Found { pages, of }| Found { pages: pages.clamp(of.div_ceil(OF_A_PAGE_MAX), of), of }))
}

/// Copies it and gives its room back, unless somebody reads or writes at that moment: then it
/// begins anew with the next group.
async fn empty(address: &Address) -> Result<(), sqlx::Error> {
    copy(address, &AtomicUsize::default()).await?;
    let mut connection = address.copier().await?;
    connection.execute("PRAGMA busy_timeout = 0; PRAGMA wal_checkpoint(TRUNCATE)").await?;
    connection.close().await
}

/// What came of copying, with a failure told to the operator: what is not copied stays there.
fn told(copied: Result<Option<Found>, sqlx::Error>) -> Option<Found> {
    copied.unwrap_or_else(|error| {
        tracing::warn!(%error, "the database's log was not copied");
        None
    })
}
