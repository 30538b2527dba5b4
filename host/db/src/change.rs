//! What one verb wants done, and what became of it.

use std::fmt;
use std::sync::Arc;

use assay_domain::ids::{JobId, Lane};
use assay_domain::ledger::{Account, Move, Transfer};
use assay_domain::refusal::Refusal;

use crate::key::Key;
use crate::prepared::Names;
use crate::record::{Record as _, Write};
use crate::rows::BlobRow;

/// Everything one verb does. All of it happens, in one commit, or nothing does.
///
/// A change is judged in this order, and the first objection is its answer: text that
/// the database cannot hold; its idempotency key was answered before; an expected
/// head moved ([`CommitError::Stale`]); a unique key is taken; a counter would pass its
/// maximum; the ledger refuses a move. After that nothing can object.
pub struct Change {
    /// Ids that were made for this change: nothing that is in the database has one of them in
    /// the name of a cell or of a unique key. Whoever writes alone need not read those.
    pub new_ids: Vec<String>,
    /// Heads that must still be at the number that was loaded.
    pub expect: Vec<(Key, i64)>,
    /// Heads this change moves on by one.
    pub bump: Vec<Key>,
    /// Keys that must be free, and are taken.
    pub unique: Vec<Unique>,
    /// Counters to add to. A counter that would fall below zero is a fault of the verb.
    pub add: Vec<Add>,
    /// Money to move.
    pub moves: Vec<Move>,
    /// Accounts whose balance the reply shows, besides those of the moves.
    pub show: Vec<Account>,
    /// Rows to write. Of two with one key, in one group, the later one stays.
    pub rows: Vec<Write>,
    /// What happened.
    pub events: Vec<NewEvent>,
    /// What is to happen later. A job with the id of one that waits takes its place.
    pub jobs: Vec<NewJob>,
    /// Jobs that are over: deleted, and whoever leased one finds that it moved.
    pub done: Vec<JobId>,
    /// The idempotency key, if the caller sent one.
    pub once: Option<Once>,
    /// Whether nothing is kept for that key, as whoever sends the change has seen. Whoever
    /// writes alone need not look for it then; where it is not so after all, the database
    /// takes no second answer, and the group is read for and judged anew.
    pub once_unused: bool,
    /// Drops some of the answers kept for idempotency keys since before this time. A
    /// job asks for it now and then; expired answers are not replayed either way.
    pub forget_once_before: Option<i64>,
    /// Makes the answer from what was applied. It may run several times for one
    /// commit, so it must do nothing else.
    pub reply: Box<dyn Fn(&Applied) -> Reply + Send + Sync>,
}

/// A key that only one can have.
#[derive(Clone, Debug)]
pub struct Unique {
    /// Such as `party/name/…`.
    pub key: String,
    /// Who has it, for [`Reader::unique`](crate::Reader::unique).
    pub value: String,
    /// The answer when it is taken.
    pub refusal: Refusal,
}

/// An addition to a counter.
#[derive(Clone, Debug)]
pub struct Add {
    /// Which counter.
    pub key: Key,
    /// How much; may be negative.
    pub delta: i64,
    /// The largest value it may have afterwards, and the answer above it. It binds
    /// additions only: taking away is never refused.
    pub limit: Option<(i64, Refusal)>,
}

/// An event to append.
#[derive(Clone, Debug)]
pub struct NewEvent {
    /// What it is about, such as `task/…`; events are numbered from 1 per subject.
    pub subject: String,
    /// What happened, such as `task.posted`.
    pub kind: String,
    /// Who may see it.
    pub visibility: String,
    /// The facts, as JSON.
    pub body: Vec<u8>,
}

/// A job to enter.
#[derive(Clone, Debug)]
pub struct NewJob {
    /// Its name, never used for another job.
    pub id: JobId,
    /// What is to be done.
    pub kind: String,
    /// To what.
    pub subject: String,
    /// When, in milliseconds since 1970.
    pub due_at: i64,
    /// The facts, as JSON.
    pub body: Vec<u8>,
}

/// An idempotency key with the digest of the request it came with.
#[derive(Clone, Debug)]
pub struct Once {
    /// Scoped by the caller: who, on which path, which key.
    pub key: String,
    /// A digest of the request's body.
    pub body_hash: Vec<u8>,
}

/// An answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status it will have.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
    /// What to keep for replays instead of the body, when the body holds a secret.
    pub stored: Option<Vec<u8>>,
}

/// The number an event got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbered {
    /// What it is about.
    pub subject: String,
    /// Its number there.
    pub seq: i64,
    /// Its number in the lane.
    pub lane_seq: i64,
}

/// What a change did, as its reply sees it.
#[derive(Clone, Debug)]
pub struct Applied {
    /// Whose journal it is in.
    pub lane: Lane,
    /// In which link.
    pub link: i64,
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// The money that moved.
    pub transfers: Vec<Transfer>,
    /// The events' numbers, in the change's order.
    pub events: Vec<Numbered>,
    pub(crate) names: Arc<Names>,
    /// What each named cell is at.
    pub(crate) values: Vec<i64>,
}

/// A change that is in the database, or was already.
#[derive(Clone, Debug)]
pub struct Committed {
    /// The answer.
    pub reply: Reply,
    /// Whether it is the kept answer of an earlier request with the same key.
    pub replayed: bool,
    /// What was applied; nothing on a replay.
    pub applied: Option<Applied>,
}

/// Why a change is not in the database.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CommitError {
    /// An expected head has moved: load and decide again.
    #[error("what was decided on has changed since it was read")]
    Stale,
    /// The answer is no, and nothing moved.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The idempotency key was used with another body.
    #[error("the idempotency key was used with another body")]
    OnceMismatch,
    /// No room, or no database. Whether the change landed may be unknown: asking again
    /// with the same idempotency key is safe.
    #[error("the database cannot take the change now: {0}")]
    Unavailable(String),
    /// The change itself is at fault: a statement it caused failed, and its
    /// neighbours' did not.
    #[error("the change could not be written: {0}")]
    Internal(String),
}

impl Default for Change {
    fn default() -> Self {
        Self {
            new_ids: Vec::new(),
            expect: Vec::new(),
            bump: Vec::new(),
            unique: Vec::new(),
            add: Vec::new(),
            moves: Vec::new(),
            show: Vec::new(),
            rows: Vec::new(),
            events: Vec::new(),
            jobs: Vec::new(),
            done: Vec::new(),
            once: None,
            once_unused: false,
            forget_once_before: None,
            reply: Box::new(|_| Reply { status: 204, ..Reply::default() }),
        }
    }
}

impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Change")
            .field("expect", &self.expect)
            .field("bump", &self.bump)
            .field("moves", &self.moves)
            .field("once", &self.once)
            .finish_non_exhaustive()
    }
}

/// Words to put a change together with.
impl Change {
    /// A change that does nothing yet and answers 204.
    pub fn new() -> Self {
        Self::default()
    }

    /// An id that was made for this change, as cells and unique keys are named after it.
    #[must_use]
    pub fn new_id(mut self, id: impl fmt::Display) -> Self {
        self.new_ids.push(id.to_string());
        self
    }

    /// Stale unless the head is at `n`.
    #[must_use]
    pub fn expect(mut self, key: Key, n: i64) -> Self {
        self.expect.push((key, n));
        self
    }

    /// Stale unless the head is at `n`; moves it on.
    #[must_use]
    pub fn advance(mut self, key: Key, n: i64) -> Self {
        self.expect.push((key.clone(), n));
        self.bump.push(key);
        self
    }

    /// Takes a key, or answers `refusal`.
    #[must_use]
    pub fn take(mut self, key: impl Into<String>, value: impl Into<String>, refusal: Refusal) -> Self {
        self.unique.push(Unique { key: key.into(), value: value.into(), refusal });
        self
    }

    /// Adds to a counter.
    #[must_use]
    pub fn add(mut self, key: Key, delta: i64) -> Self {
        self.add.push(Add { key, delta, limit: None });
        self
    }

    /// Adds to a counter that may not pass `max`, or answers `refusal`.
    #[must_use]
    pub fn add_up_to(mut self, key: Key, delta: i64, max: i64, refusal: Refusal) -> Self {
        self.add.push(Add { key, delta, limit: Some((max, refusal)) });
        self
    }

    /// Moves money.
    #[must_use]
    pub fn moves(mut self, moves: impl IntoIterator<Item = Move>) -> Self {
        self.moves.extend(moves);
        self
    }

    /// Shows the reply these balances too.
    #[must_use]
    pub fn show(mut self, accounts: impl IntoIterator<Item = Account>) -> Self {
        self.show.extend(accounts);
        self
    }

    /// Writes a row.
    #[must_use]
    pub fn row(mut self, write: Write) -> Self {
        self.rows.push(write);
        self
    }

    /// Keeps bytes under their digest.
    #[must_use]
    pub fn blob(self, digest: impl Into<String>, bytes: Vec<u8>) -> Self {
        self.row(BlobRow { digest: digest.into(), bytes }.keep())
    }

    /// Appends an event.
    #[must_use]
    pub fn event(mut self, event: NewEvent) -> Self {
        self.events.push(event);
        self
    }

    /// Enters a job.
    #[must_use]
    pub fn job(mut self, job: NewJob) -> Self {
        self.jobs.push(job);
        self
    }

    /// Deletes a job.
    #[must_use]
    pub fn done(mut self, job: JobId) -> Self {
        self.done.push(job);
        self
    }

    /// Answers a repetition of the same request with the first one's answer.
    #[must_use]
    pub fn once(mut self, key: impl Into<String>, body_hash: impl Into<Vec<u8>>) -> Self {
        self.once = Some(Once { key: key.into(), body_hash: body_hash.into() });
        self
    }

    /// Says that nothing is kept for the idempotency key.
    #[must_use]
    pub const fn once_unused(mut self) -> Self {
        self.once_unused = true;
        self
    }

    /// Drops some of the idempotent answers that are older.
    #[must_use]
    pub const fn forget_once_before(mut self, at: i64) -> Self {
        self.forget_once_before = Some(at);
        self
    }

    /// Answers with this.
    #[must_use]
    pub fn reply(mut self, reply: impl Fn(&Applied) -> Reply + Send + Sync + 'static) -> Self {
        self.reply = Box::new(reply);
        self
    }
}

impl Reply {
    /// An answer whose body may be kept.
    pub const fn new(status: u16, body: Vec<u8>) -> Self {
        Self { status, body, stored: None }
    }
}

impl Applied {
    /// What an account holds right after the change. Known for the accounts of its
    /// moves and those it asked to be shown; any other counts as empty.
    pub fn balance(&self, account: &Account) -> i64 {
        self.names.place_of(account).map_or(0, |place| self.values[place])
    }

    /// What a head or counter that the change touched is at right after it.
    pub fn cell(&self, key: &Key) -> i64 {
        self.names.place(key).map_or(0, |place| self.values[place])
    }
}
