//! Where the database is, and the limits of this crate.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use crate::change::Change;

/// The time, in milliseconds since 1970 in UTC.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// Where the database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A folder with an embedded `SQLite` file, for one host.
    Folder(PathBuf),
    /// The address of a `PostgreSQL` server, `postgres://…`, for any number of hosts.
    Server(String),
}

/// Whether money is real. A database belongs to one of the two for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Money {
    /// Play money, no provider.
    Test,
    /// Real money.
    Live,
}

impl Money {
    /// `test` or `live`, as stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Test => "test",
            Self::Live => "live",
        }
    }
}

/// How the database is opened.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where it is.
    pub place: Place,
    /// Whose money it holds.
    pub money: Money,
    /// The limits.
    pub limits: Limits,
    /// Told of each group before anyone in it is answered.
    pub listener: Listener,
}

/// Whoever wants to know of groups: of everything this process may have committed, also
/// where nobody waits for its answer any more.
#[derive(Clone, Default)]
pub struct Listener(Option<Arc<Told>>);

type Told = dyn Fn(&[&Change]) + Send + Sync;

impl Listener {
    /// Told to this, on the committer's own time: it must be quick.
    pub fn to(listener: impl Fn(&[&Change]) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(listener)))
    }

    pub(crate) fn tell(&self, changes: &[&Change]) {
        if let Some(listener) = &self.0 {
            listener(changes);
        }
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Listener(told)" } else { "Listener(nobody)" })
    }
}

impl Settings {
    /// With the usual limits.
    pub fn new(place: Place, money: Money) -> Self {
        Self { place, money, limits: Limits::default(), listener: Listener::default() }
    }
}

/// The limits of the commit path and of reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Changes that may wait. More are turned away at once, rather than late.
    pub queue_max: usize,
    /// Changes in one commit. Larger groups gain little and answer later.
    pub group_max: usize,
    /// Bytes of rows in one commit, give or take one change, so that memory stays small.
    pub group_bytes_max: usize,
    /// Connections for reading. `SQLite` reads on a thread of its own for each.
    pub readers_max: u32,
    /// How long a read waits for a connection, and a connection for the server.
    pub connect_timeout_ms: u64,
    /// How long a server may take over a group, or over a read: one that says nothing for so
    /// long is taken for gone. The embedded engine is a part of this process and never is.
    pub answer_timeout_ms: u64,
    /// How long `SQLite` waits for a lock of another program, such as a backup.
    pub busy_timeout_ms: u32,
    /// After about so many pages of its log `SQLite` copies them into the database's file.
    pub log_pages_max: usize,
    /// How long the answer of an idempotency key is kept.
    pub once_ttl_ms: i64,
    /// How often a group is tried when other transactions are in its way.
    pub tries_max: u32,
    /// How often a group is tried when the connection breaks; with the growing pauses
    /// between them, a few seconds of restart are bridged.
    pub reconnects_max: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            queue_max: 4_096,
            group_max: 512,
            group_bytes_max: 32 << 20,
            readers_max: 8,
            connect_timeout_ms: 5_000,
            answer_timeout_ms: 10_000,
            busy_timeout_ms: 5_000,
            log_pages_max: 3_000,
            once_ttl_ms: 24 * 3_600_000,
            tries_max: 5,
            reconnects_max: 8,
        }
    }
}
