//! What can go wrong with the database, in words a person can act on, and what the
//! committer does about it.

use std::io;
use std::path::PathBuf;

use sqlx::error::ErrorKind;

/// The database could not be opened, read, or audited.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// A later release has been here.
    #[error(
        "the database has schema version {found}, this program knows versions up to {known}: use a newer release of assay"
    )]
    NewerSchema {
        /// The database's.
        found: i64,
        /// The newest this program has.
        known: i64,
    },
    /// Opened for reading only, which does not bring it up to date.
    #[error(
        "the database has schema version {found}, this program needs version {known}: start the server once to upgrade it"
    )]
    OlderSchema {
        /// The database's; 0 for an empty one.
        found: i64,
        /// The one this program needs.
        known: i64,
    },
    /// Test money and real money never meet.
    #[error(
        "the database belongs to a server in {found} mode and this one is in {wanted} mode: use another data folder or database"
    )]
    WrongMode {
        /// The database's.
        found: String,
        /// The server's.
        wanted: &'static str,
    },
    /// Another process has the folder.
    #[error("the data folder {} is in use by another assay process: stop that one, or use another folder", folder.display())]
    Locked {
        /// Which folder.
        folder: PathBuf,
    },
    /// The folder cannot be used.
    #[error("the data folder {} cannot be used: {source}", folder.display())]
    Folder {
        /// Which folder.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A copy cannot be written there.
    #[error("the copy {} cannot be written: {source}", file.display())]
    Copy {
        /// Which file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// No space left.
    #[error("the disk of the database {place} is full: make room, then start again")]
    DiskFull {
        /// Which database.
        place: String,
    },
    /// The server did not answer, or refused.
    #[error("the database {place} cannot be reached: {reason}")]
    Unreachable {
        /// Which, without its password.
        place: String,
        /// Why.
        reason: String,
    },
    /// The address names no engine.
    #[error("{place:?} is no database address: it must start with postgres://")]
    Address {
        /// As given, without its password.
        place: String,
    },
    /// A row that the program could not have written.
    #[error("a row of {table} holds something impossible in {column}: {reason}")]
    Row {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// What the driver or parser said.
        reason: String,
    },
    /// A statement failed.
    #[error("the database refused a statement: {0}")]
    Statement(#[source] sqlx::Error),
}

/// What a failed statement means for the group it belongs to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// Another transaction was in the way: the same group again.
    #[error("another transaction was in the way: {0}")]
    Again(sqlx::Error),
    /// A key was taken between reading and writing, or by the group itself: the same
    /// group again, to see which.
    #[error("a key is taken: {0}")]
    Taken(sqlx::Error),
    /// The connection is gone, and with it the knowledge whether a commit landed.
    #[error("the database is out of reach: {0}")]
    Lost(sqlx::Error),
    /// The database has no room for anyone: not the group's fault.
    #[error("the database has no room: {0}")]
    NoRoom(sqlx::Error),
    /// Something in the group: find out what.
    #[error("a statement failed: {0}")]
    Broken(sqlx::Error),
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(reason) => {
                let code = reason.code().unwrap_or_default().into_owned();
                let unique = reason.kind() == ErrorKind::UniqueViolation;
                classify(&code, unique, error)
            }
            other if is_of_driver(other) => Self::Lost(error),
            _ => Self::Broken(error),
        }
    }
}

const fn is_of_driver(error: &sqlx::Error) -> bool {
    matches!(
        error,
        sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolClosed
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::WorkerCrashed
    )
}

/// Whether a code says that the connection broke, that the server ended the session, or that it
/// is not the one it was.
fn is_of_session(code: &str) -> bool {
    code.starts_with("08") || matches!(code, "57P01" | "57P02" | "57P03" | "25P03" | "25006")
}

fn classify(code: &str, unique: bool, error: sqlx::Error) -> Failure {
    // SQLite's codes are decimal numbers whose low byte is the primary code; the other
    // engine's have five characters.
    if let (Ok(number), true) = (code.parse::<u32>(), code.len() < 5) {
        return match number & 0xff {
            _ if unique => Failure::Taken(error),
            5 | 6 => Failure::Again(error),
            10 if is_full(&error) => Failure::NoRoom(error),
            7 | 8 | 13 => Failure::NoRoom(error),
            _ => Failure::Broken(error),
        };
    }
    match code {
        _ if unique => Failure::Taken(error),
        _ if is_of_session(code) => Failure::Lost(error),
        _ if code.starts_with("40") || code == "55P03" => Failure::Again(error),
        _ if code.starts_with("53") => Failure::NoRoom(error),
        _ => Failure::Broken(error),
    }
}

/// Whether it is the connection that failed, and not what was asked.
pub(crate) fn is_of_connection(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(reason) => reason.code().is_some_and(|code| is_of_session(&code)),
        other => is_of_driver(other),
    }
}

/// Whether somebody said nothing for too long, so that asking again takes as long again.
pub(crate) fn is_late(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Io(reason) if reason.kind() == io::ErrorKind::TimedOut)
}

/// Whether a server is not there yet, and may be in a moment.
pub(crate) fn is_starting(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(reason) => reason.kind() == io::ErrorKind::ConnectionRefused,
        sqlx::Error::Database(reason) => reason.code().is_some_and(|code| code == "57P03"),
        _ => false,
    }
}

/// Whether the engine says that there is no space left.
pub(crate) fn is_full(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(reason) => {
            let code = reason.code().unwrap_or_default();
            code == "13" || code == "53100" || reason.message().contains("is full")
        }
        sqlx::Error::Io(reason) => reason.kind() == io::ErrorKind::StorageFull,
        _ => false,
    }
}

impl DbError {
    /// What an error while opening or reading `place` means.
    pub(crate) fn of(place: &str, error: sqlx::Error) -> Self {
        Self::because(place, error.into())
    }

    /// What a failure while opening or reading `place` means.
    pub(crate) fn because(place: &str, failure: Failure) -> Self {
        match failure {
            Failure::NoRoom(error) if is_full(&error) => Self::DiskFull { place: place.to_owned() },
            Failure::Lost(reason) => {
                Self::Unreachable { place: place.to_owned(), reason: reason.to_string() }
            }
            Failure::Again(error)
            | Failure::Taken(error)
            | Failure::NoRoom(error)
            | Failure::Broken(error) => Self::Statement(error),
        }
    }
}
