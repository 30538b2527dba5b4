//! What happens later: who may do it, and how it is done at most once.
//!
//! A job's head is a cell. Entering it, leasing it, postponing it, and ending it move
//! the head on, and each expects the head it was read with. The effect of a job is one
//! change together with the job's end, so of two hosts that hold a lease of the same
//! job, the first to commit has done it and the other is stale. Work outside the
//! database between lease and commit may happen twice, and has to be safe to.

use assay_domain::ids::JobId;

use crate::change::{Change, CommitError};
use crate::db::Db;
use crate::error::DbError;
use crate::key::Key;
use crate::record::{Record as _, Row};
use crate::rows::JobRow;

/// A job as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its name.
    pub id: JobId,
    /// What is to be done.
    pub kind: String,
    /// To what.
    pub subject: String,
    /// When, in milliseconds since 1970.
    pub due_at: i64,
    /// Until when somebody has it; 0 for nobody.
    pub leased_until: i64,
    /// How often it was leased.
    pub attempts: i64,
    /// The facts, as JSON.
    pub body: Vec<u8>,
    /// When it was entered.
    pub at: i64,
    head: i64,
}

/// A job that this host may do now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    job: Job,
}

impl Job {
    /// From the job's row and its head.
    pub(crate) fn from_row(row: &Row, head: i64) -> Result<Self, DbError> {
        let JobRow { id, kind, subject, due_at, leased_until, attempts, body, at } = JobRow::from_row(row)?;
        let id = id.parse().map_err(|error: uuid::Error| DbError::Row {
            table: "jobs",
            column: "id",
            reason: error.to_string(),
        })?;
        Ok(Self { id, kind, subject, due_at, leased_until, attempts, body, at, head })
    }

    fn moved(&self) -> Change {
        Change::new().advance(Key::job(self.id), self.head).row(self.clone().into_row().upsert())
    }

    fn into_row(self) -> JobRow {
        let Self { id, kind, subject, due_at, leased_until, attempts, body, at, head: _ } = self;
        JobRow { id: id.to_string(), kind, subject, due_at, leased_until, attempts, body, at }
    }
}

impl Db {
    /// Takes a job until a time, in milliseconds since 1970. Nothing if somebody was
    /// faster.
    pub async fn lease(&self, job: Job, until: i64) -> Result<Option<Lease>, CommitError> {
        let mut job = Job { leased_until: until, attempts: job.attempts + 1, ..job };
        match self.commit(job.moved()).await {
            Ok(_) => {
                job.head += 1;
                Ok(Some(Lease { job }))
            }
            Err(CommitError::Stale) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl Lease {
    /// The job.
    pub const fn job(&self) -> &Job {
        &self.job
    }

    /// The change that is the job's effect, made to end the job too. It is stale if the
    /// lease ran out and somebody else took the job, or if the job was called off.
    #[must_use]
    pub fn finish(&self, effect: Change) -> Change {
        effect.expect(Key::job(self.job.id), self.job.head).done(self.job.id)
    }

    /// The change that gives the job back, to be done at another time.
    pub fn postpone(&self, due_at: i64) -> Change {
        Job { due_at, leased_until: 0, ..self.job.clone() }.moved()
    }
}
