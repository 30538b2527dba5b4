//! The one error of the host. A variant only where a caller acts differently.

use assay_db::{CommitError, DbError};
use assay_domain::refusal::{Code, Refusal};

/// Why a verb gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Decided against, nothing moved. The caller can read why.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// No room or no database right now; the same request may succeed shortly.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// A fault of ours. The text is for the log, not for the caller.
    #[error("internal: {0}")]
    Internal(String),
}

impl Error {
    /// What the caller is told.
    pub fn refusal(&self) -> Refusal {
        match self {
            Self::Refused(refusal) => refusal.clone(),
            Self::Unavailable(_) => Refusal::new(Code::Overloaded, "the server is busy: try again shortly"),
            Self::Internal(_) => {
                Refusal::new(Code::Internal, "something went wrong on our side; nothing was done")
            }
        }
    }
}

impl From<DbError> for Error {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Unreachable { .. } | DbError::DiskFull { .. } => Self::Unavailable(error.to_string()),
            _ => Self::Internal(error.to_string()),
        }
    }
}

impl From<CommitError> for Error {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Refused(refusal) if refusal.code == Code::Internal => {
                Self::Internal(refusal.message)
            }
            CommitError::Refused(refusal) => Self::Refused(refusal),
            CommitError::OnceMismatch => Self::Refused(Refusal::new(
                Code::IdempotencyKeyReused,
                "this Idempotency-Key came with another body before: use a new key for a new request",
            )),
            CommitError::Stale => Self::Unavailable("rows kept changing".into()),
            CommitError::Unavailable(why) => Self::Unavailable(why),
            CommitError::Internal(why) => Self::Internal(why),
        }
    }
}
