//! Loads: everything that is read outside the committer.

use std::collections::HashMap;

use assay_domain::ids::{JobId, Lane, TaskId};
use assay_domain::ledger::Account;
use deadpool::managed::Object;
use sqlx::{Connection as _, Row as _};

use crate::address::Address;
use crate::db;
use crate::error::{self, DbError};
use crate::jobs::Job;
use crate::key::Key;
use crate::postings;
use crate::readers::{self, Opener, Readers};
use crate::record::{Kind, Record, Row, Value};
use crate::rows::{BlobRow, EventRow, LinkRow, OnceRow, TransferRow};
use crate::schema;
use crate::settings::{Limits, Place};
use crate::sql::{self, Engine};

/// Reads the database. Clones share one pool of connections, none of which can write.
#[derive(Clone)]
pub struct Reader {
    readers: Readers,
    address: Address,
    /// Whether a read may take as long as it takes.
    patient: bool,
}

/// Where a list of transfers goes on: the last one shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct After {
    /// Its time.
    pub at: i64,
    /// Its lane.
    pub lane: String,
    /// Its link.
    pub link: i64,
    /// Its place in the link.
    pub seq: i64,
}

/// An account's transfers after a place in the list, where both columns have an index.
const OUT_OF: &str = "debit = $1 and at <= $2 and (at, lane, link, seq) < ($2, $3, $4, $5) \
                      order by at desc, lane desc, link desc, seq desc limit $6";
const INTO: &str = "credit = $1 and at <= $2 and (at, lane, link, seq) < ($2, $3, $4, $5) \
                    order by at desc, lane desc, link desc, seq desc limit $6";

/// The same where there are postings: those that have theirs, and the latest.
const POSTED: &str = "(lane, link, seq) in (select lane, link, seq from postings where account = $1 \
     and at <= $2 and (at, lane, link, seq) < ($2, $3, $4, $5) \
     order by at desc, lane desc, link desc, seq desc limit $6)";
const LATEST: &str = "(lane, link, seq) in (select t.lane, t.link, t.seq from posted d cross join transfers t \
     where t.lane = d.lane and t.link > d.link and $1 in (t.debit, t.credit) \
     and t.at <= $2 and (t.at, t.lane, t.link, t.seq) < ($2, $3, $4, $5) \
     order by t.at desc, t.lane desc, t.link desc, t.seq desc limit $6)";

impl After {
    /// After this one.
    pub fn row(row: &TransferRow) -> Self {
        Self { at: row.at, lane: row.lane.clone(), link: row.link, seq: row.seq }
    }
}

impl Reader {
    pub(crate) fn new(readers: Readers, address: &Address) -> Self {
        Self { readers, address: address.clone(), patient: false }
    }

    /// The same for reading everything there is, which takes as long as it takes.
    pub(crate) fn patient(&self) -> Self {
        Self { patient: true, ..self.clone() }
    }

    /// Opens a database to read only, also while a server has it.
    pub async fn open(place: &Place, limits: Limits) -> Result<Self, DbError> {
        let address = Address::of(place, limits)?;
        let readers = address.readers().await.map_err(|error| db::cannot_connect(&address, error))?;
        let reader = Self::new(readers, &address);
        let mut session = reader.session().await?;
        schema::require(session.begin(), &address).await?;
        session.end();
        Ok(reader)
    }

    /// Lets go of the database.
    pub async fn close(&self) {
        self.readers.close().await;
    }

    /// Which engine it is.
    pub const fn engine(&self) -> Engine {
        self.address.engine
    }

    /// The one row, if any, that `tail` selects: what follows `where`, with parameters
    /// `$1`, `$2`, …
    ///
    /// `in_list($1)` in it means "is one of the texts of [`list`](crate::list)". A tail
    /// is a constant of the program, never put together from input.
    pub async fn one<R: Record>(&self, tail: &'static str, values: &[Value]) -> Result<Option<R>, DbError> {
        let rows = self.rows(self.select::<R>(tail), values).await?;
        rows.first().map(R::from_row).transpose()
    }

    /// All rows that `tail` selects; see [`Reader::one`]. The tail says the order and
    /// the limit.
    pub async fn many<R: Record>(&self, tail: &'static str, values: &[Value]) -> Result<Vec<R>, DbError> {
        self.rows(self.select::<R>(tail), values).await?.iter().map(R::from_row).collect()
    }

    /// How many rows `tail` selects; see [`Reader::one`].
    pub async fn count<R: Record>(&self, tail: &'static str, values: &[Value]) -> Result<i64, DbError> {
        let text = format!("select count(*) from {} where {}", R::TABLE.name, self.tail(tail));
        self.number(text, values).await
    }

    /// How many rows `tail` selects for each value of a column; see [`Reader::one`].
    pub async fn count_by<R: Record>(
        &self,
        column: &'static str,
        tail: &'static str,
        values: &[Value],
    ) -> Result<HashMap<String, i64>, DbError> {
        let (table, tail) = (R::TABLE.name, self.tail(tail));
        let text = format!("select {column}, count(*) from {table} where {tail} group by {column}");
        let rows = self.rows(text, values).await?;
        rows.iter().map(|row| Ok((self.field(row, 0)?, self.field(row, 1)?))).collect()
    }

    /// What the cells are at, in the keys' order; 0 for those nobody has written. One
    /// query, so one moment.
    pub async fn cells(&self, keys: &[Key]) -> Result<Vec<i64>, DbError> {
        let text = format!("select key, n from cells where key {}", self.address.engine.is_in(1));
        let rows = self.rows(text, &[sql::list(keys.iter().map(Key::as_str)).into()]).await?;
        let mut found = HashMap::new();
        for row in &rows {
            let key: String = self.field(row, 0)?;
            found.insert(key, self.field::<i64>(row, 1)?);
        }
        Ok(keys.iter().map(|key| found.get(key.as_str()).copied().unwrap_or(0)).collect())
    }

    /// What one cell is at.
    pub async fn cell(&self, key: &Key) -> Result<i64, DbError> {
        Ok(self.cells(std::slice::from_ref(key)).await?.first().copied().unwrap_or(0))
    }

    /// What the accounts hold, in their order, at one moment.
    pub async fn balances(&self, accounts: &[Account]) -> Result<Vec<i64>, DbError> {
        let keys: Vec<Key> = accounts.iter().map(Key::balance).collect();
        self.cells(&keys).await
    }

    /// What an account holds.
    pub async fn balance(&self, account: &Account) -> Result<i64, DbError> {
        self.cell(&Key::balance(account)).await
    }

    /// Who has a unique key.
    pub async fn unique(&self, key: &str) -> Result<Option<String>, DbError> {
        let rows = self.rows("select value from uniques where key = $1".into(), &[key.into()]).await?;
        rows.first().map(|row| self.field(row, 0)).transpose()
    }

    /// The answer kept for an idempotency key, if any.
    pub async fn once(&self, key: &str) -> Result<Option<OnceRow>, DbError> {
        self.one("key = $1", &[key.into()]).await
    }

    /// Whether a reply older than this is still kept.
    pub async fn has_once_before(&self, at: i64) -> Result<bool, DbError> {
        Ok(!self.many::<OnceRow>("at < $1 order by at limit 1", &[at.into()]).await?.is_empty())
    }

    /// The bytes with this digest, in lower-case hexadecimal.
    pub async fn blob(&self, digest: &str) -> Result<Option<Vec<u8>>, DbError> {
        Ok(self.one::<BlobRow>("digest = $1", &[digest.into()]).await?.map(|row| row.bytes))
    }

    /// A subject's events after number `after`, oldest first.
    pub async fn events(&self, subject: &str, after: i64, limit: u32) -> Result<Vec<EventRow>, DbError> {
        let values = [subject.into(), after.into(), i64::from(limit).into()];
        self.many("subject = $1 and seq > $2 order by seq limit $3", &values).await
    }

    /// A lane's events after number `after`, oldest first. Numbers have no gaps: a
    /// reader that keeps one cursor a lane misses nothing.
    pub async fn lane_events(&self, lane: Lane, after: i64, limit: u32) -> Result<Vec<EventRow>, DbError> {
        let values = [lane.to_string().into(), after.into(), i64::from(limit).into()];
        self.many("lane = $1 and lane_seq > $2 order by lane_seq limit $3", &values).await
    }

    /// The latest link of every lane, whose hashes the host signs and publishes.
    pub async fn lane_heads(&self) -> Result<Vec<LinkRow>, DbError> {
        let tail = "(lane, n) in (select a.lane, (select max(l.n) from links l where l.lane = a.lane) from lanes a) \
                    order by lane";
        self.many(tail, &[]).await
    }

    /// Transfers into or out of any of the accounts, newest first.
    pub async fn transfers_of(
        &self,
        accounts: &[Account],
        after: Option<&After>,
        limit: u32,
    ) -> Result<Vec<TransferRow>, DbError> {
        let start = After { at: i64::MAX, lane: String::new(), link: 0, seq: 0 };
        let After { at, lane, link, seq } = after.unwrap_or(&start);
        let mut found: Vec<TransferRow> = Vec::new();
        // Two queries an account: each reads from the end and stops. The latest are asked for
        // before those with postings: the other way round, those that get theirs between the
        // two would be found by neither.
        let tails = if postings::are_kept(self.engine()) { [LATEST, POSTED] } else { [OUT_OF, INTO] };
        for account in accounts {
            let values = [
                account.to_string().into(),
                (*at).into(),
                lane.as_str().into(),
                (*link).into(),
                (*seq).into(),
                i64::from(limit).into(),
            ];
            for tail in tails {
                found.extend(self.many::<TransferRow>(tail, &values).await?);
            }
        }
        found.sort_by(|a, b| (b.at, &b.lane, b.link, b.seq).cmp(&(a.at, &a.lane, a.link, a.seq)));
        // One that got its posting meanwhile, or is between two of the accounts, was found twice.
        found.dedup();
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(found)
    }

    /// The transfers of a task, oldest first.
    pub async fn transfers_of_task(&self, task: TaskId) -> Result<Vec<TransferRow>, DbError> {
        self.many("task = $1 order by at, lane, link, seq", &[task.to_string().into()]).await
    }

    /// Some of the jobs that are due and that nobody has, at most `limit`, at random so
    /// that several hosts seldom reach for the same one.
    pub async fn due_jobs(&self, now: i64, limit: u32) -> Result<Vec<Job>, DbError> {
        // Random among the thousand that wait longest: a backlog is not sorted whole.
        let text = "select j.id, j.kind, j.subject, j.due_at, j.leased_until, j.attempts, j.body, j.at, \
                    coalesce(c.n, 0) from (select * from jobs where due_at <= $1 and leased_until <= $1 \
                    order by due_at limit 1000) j left join cells c on c.key = 'h/job/' || j.id \
                    order by random() limit $2";
        self.jobs(text, &[now.into(), i64::from(limit).into()]).await
    }

    /// A job, if it is not over.
    pub async fn job(&self, id: JobId) -> Result<Option<Job>, DbError> {
        let text = "select j.id, j.kind, j.subject, j.due_at, j.leased_until, j.attempts, j.body, j.at, \
                    coalesce(c.n, 0) from jobs j left join cells c on c.key = 'h/job/' || j.id where j.id = $1";
        Ok(self.jobs(text, &[id.to_string().into()]).await?.pop())
    }

    async fn jobs(&self, text: &'static str, values: &[Value]) -> Result<Vec<Job>, DbError> {
        let rows = self.rows(text.into(), values).await?;
        rows.iter().map(|row| Job::from_row(row, self.field(row, 8)?)).collect()
    }

    /// A statement that gives one number.
    pub(crate) async fn number(&self, text: String, values: &[Value]) -> Result<i64, DbError> {
        let rows = self.rows(text, values).await?;
        rows.first().map_or(Ok(0), |row| self.field(row, 0))
    }

    /// Runs a statement put together from constants.
    pub(crate) async fn rows(&self, text: String, values: &[Value]) -> Result<Vec<Row>, DbError> {
        loop {
            let mut session = self.readers.get().await.map_err(|error| self.failed(error))?;
            let empty = sql::statement(text.clone());
            let query = values.iter().fold(empty, |query, value| sql::bind(query, Kind::Text, value));
            let asked = query.fetch_all(session.begin());
            let outcome = if self.patient { asked.await } else { self.address.answered(asked).await };
            match outcome {
                Err(error) if error::is_of_connection(&error) => {
                    // One that was idle may have been gone before it was asked.
                    if error::is_late(&error) || !readers::is_used(&session) {
                        return Err(self.failed(error));
                    }
                }
                outcome => {
                    session.end();
                    return outcome.map_err(|error| self.failed(error));
                }
            }
        }
    }

    /// A connection for reads that cannot be begun again, and so is asked whether it is there.
    pub(crate) async fn session(&self) -> Result<Object<Opener>, DbError> {
        loop {
            let mut session = self.readers.get().await.map_err(|error| self.failed(error))?;
            match self.address.answered(session.begin().ping()).await {
                Ok(()) => return Ok(session),
                Err(error) if readers::is_used(&session) && !error::is_late(&error) => {}
                Err(error) => return Err(self.failed(error)),
            }
        }
    }

    pub(crate) fn failed(&self, error: sqlx::Error) -> DbError {
        DbError::of(&self.address.name, error)
    }

    pub(crate) fn field<'r, T>(&self, row: &'r Row, index: usize) -> Result<T, DbError>
    where
        T: sqlx::Decode<'r, sqlx::Any> + sqlx::Type<sqlx::Any>,
    {
        row.try_get(index).map_err(|error| self.failed(error))
    }

    fn select<R: Record>(&self, tail: &str) -> String {
        format!("select {} from {} where {}", R::TABLE.column_list(), R::TABLE.name, self.tail(tail))
    }

    pub(crate) fn tail(&self, tail: &str) -> String {
        if !tail.contains("s_of($") && !tail.contains("in_list($") {
            return tail.to_owned();
        }
        let engine = self.address.engine;
        (1..10).fold(tail.to_owned(), |tail, n| {
            tail.replace(&format!("debits_of(${n})"), &postings::sides(engine, "debit", n))
                .replace(&format!("credits_of(${n})"), &postings::sides(engine, "credit", n))
                .replace(&format!("in_list(${n})"), &engine.is_in(n))
        })
    }
}
