//! The database and the one commit path. The only crate that knows SQL.
//!
//! A verb *loads* through [`Reader`], *decides* in the domain, and *commits* one
//! [`Change`] through [`Db::commit`], which is the only way anything is written. No
//! transaction is ever open while anything else runs, because nobody outside this crate
//! can hold one. Reading order:
//!
//! - [`record!`], [`Record`], [`Write`]: tables and rows.
//! - [`Key`]: the cells that changes compete for: heads, counters, balances.
//! - [`Change`], [`Applied`], [`Reply`]: what a verb asks for and what it got.
//! - [`Lock`], [`Db`], [`Settings`], [`DbError`]: taking a folder, opening what is in it, and
//!   everything that can be wrong with a database.
//! - the committer: `committer` takes the changes that wait, `group` reads and writes in
//!   the transaction, `plan` decides as a pure function, `batch` writes one statement a
//!   table (on `SQLite` by a text of its `shape`), `sole` is the short way of a writer that is
//!   alone, `postings` say which transfers an account has a side of, `log` is copied beside the
//!   commits, [`chain`] says what a link's hash covers.
//! - [`Reader`]: loads over one of the `readers`, and a few sums (`figures`). [`Job`], [`Lease`]:
//!   what happens later.
//! - [`audit()`]: recomputes the books and the chain. [`backup()`]: a copy while a server runs.
//!   [`Yardstick`]: what the embedded engine does by itself, for comparing.
//!
//! The same SQL runs on `SQLite` and `PostgreSQL`; the few differences are in `sql`. No
//! advisory locks, no savepoints, no sequences.

mod address;
mod ahead;
mod audit;
mod backup;
mod batch;
pub mod chain;
mod change;
mod check;
mod committer;
mod db;
pub mod entities;
mod error;
mod figures;
mod group;
mod held;
mod jobs;
mod key;
mod lock;
mod log;
mod plan;
mod postings;
mod prepared;
mod read;
mod readers;
mod record;
pub mod rows;
mod schema;
mod settings;
mod shape;
mod sole;
mod sql;
mod statement;
mod yardstick;

pub use audit::{AuditReport, Difference, audit};
pub use backup::backup;
pub use change::{
    Add, Applied, Change, CommitError, Committed, NewEvent, NewJob, Numbered, Once, Reply, Unique,
};
pub use db::Db;
pub use error::DbError;
pub use figures::Ended;
pub use held::Held;
pub use jobs::{Job, Lease};
pub use key::Key;
pub use lock::Lock;
pub use read::{After, Reader};
pub use record::{Column, Fields, Kind, Mode, Record, Row, Stored, Table, Value, Write};
pub use schema::SCHEMA_VERSION;
pub use settings::{Clock, Limits, Listener, Money, Place, Settings};
pub use sql::Engine;
pub use statement::{Entry, Shown};
pub use yardstick::Yardstick;

/// A list of texts as one parameter, for `in_list($1)` in [`Reader::many`].
pub fn list<'t>(texts: impl IntoIterator<Item = &'t str>) -> Value {
    Value::Text(sql::list(texts))
}
