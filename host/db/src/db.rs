//! The database, open: the handle everyone holds.

use assay_domain::ids::Lane;
use sqlx::AnyConnection;
use tokio::sync::{mpsc, oneshot};

use crate::address::Address;
use crate::change::{Change, CommitError, Committed};
use crate::committer::{Committer, Message, Waiting};
use crate::error::DbError;
use crate::lock::Lock;
use crate::plan::Answer;
use crate::postings;
use crate::prepared::Prepared;
use crate::read::Reader;
use crate::record::Record as _;
use crate::rows::{LaneRow, PostedRow};
use crate::schema;
use crate::settings::{Clock, Settings};
use crate::sql::{self, Engine};

/// An open database. Clones share it.
#[derive(Clone)]
pub struct Db {
    queue: mpsc::Sender<Message>,
    reader: Reader,
    lane: Lane,
}

impl Db {
    /// Opens the database, creating or upgrading it, and starts its committer, which
    /// writes the journal of `lane`. Must run inside a tokio runtime.
    pub async fn open(settings: Settings, lane: Lane, clock: Clock) -> Result<Self, DbError> {
        let lock = Lock::take(&settings.place).await?;
        Self::open_locked(lock, settings, lane, clock).await
    }

    /// The same of one that is this process's already.
    pub async fn open_locked(
        lock: Lock,
        settings: Settings,
        lane: Lane,
        clock: Clock,
    ) -> Result<Self, DbError> {
        let limits = settings.limits;
        let address = Address::of(&settings.place, limits)?;
        let mut connection = address.writer().await.map_err(|error| cannot_connect(&address, error))?;
        schema::migrate(&mut connection, &address, settings.money).await?;
        let entering = enter(&mut connection, address.engine, lane, clock());
        let (entered, readers) = tokio::join!(entering, address.readers());
        entered.map_err(|error| DbError::of(&address.name, error))?;
        let readers = readers.map_err(|error| cannot_connect(&address, error))?;
        let reader = Reader::new(readers, &address);
        let (queue, waiting) = mpsc::channel(limits.queue_max);
        let committer = Committer::new(address, limits, lane, clock, settings.listener, connection, waiting);
        tokio::spawn(committer.run(lock));
        Ok(Self { queue, reader, lane })
    }

    /// Does everything a change asks for, or nothing, together with whatever else waits
    /// at this moment. The answer comes when the change is on disk. A caller that goes
    /// away does not stop its change.
    pub async fn commit(&self, change: Change) -> Result<Committed, CommitError> {
        let (answer, answered) = oneshot::channel::<Answer>();
        let message = Message::Commit(Waiting { prepared: Box::new(Prepared::new(change)), answer });
        self.queue.try_send(message).map_err(|refused| {
            CommitError::Unavailable(match refused {
                mpsc::error::TrySendError::Full(_) => "too many changes wait already".to_owned(),
                mpsc::error::TrySendError::Closed(_) => "it is being closed".to_owned(),
            })
        })?;
        answered.await.unwrap_or_else(|_| Err(CommitError::Unavailable("the committer stopped".into())))
    }

    /// Has that done which servers left that stopped, for whoever starts to ask for when there
    /// is time: their postings, which are found in the journal until then, are added before
    /// changes that come later, and their log is copied beside them. `SQLite` alone has either.
    pub async fn catch_up(&self) {
        if postings::are_kept(self.reader.engine()) {
            // One that is being closed leaves it to the next.
            let _ = self.queue.send(Message::CatchUp).await;
        }
    }

    /// For queries.
    pub const fn read(&self) -> &Reader {
        &self.reader
    }

    /// Whose journal this process writes.
    pub const fn lane(&self) -> Lane {
        self.lane
    }

    /// Commits what waits, then lets go of the database. Changes that come later are
    /// refused, also through clones.
    pub async fn close(self) {
        let (closed, wait) = oneshot::channel();
        if self.queue.send(Message::Close(closed)).await.is_ok() {
            // The committer answers, or is gone already; either way it is closed.
            let _ = wait.await;
        }
        self.reader.close().await;
    }
}

/// Puts the lane among those that may have links.
async fn enter(
    connection: &mut AnyConnection,
    engine: Engine,
    lane: Lane,
    at: i64,
) -> Result<(), sqlx::Error> {
    let lane = lane.to_string();
    let posted = postings::are_kept(engine).then(|| PostedRow { lane: lane.clone(), link: 0 }.keep());
    for write in [Some(LaneRow { lane, at }.keep()), posted].into_iter().flatten() {
        sql::write_alone(write.table, write.mode, &write.values).execute(&mut *connection).await?;
    }
    Ok(())
}

/// A connection that could not be made is out of reach, whatever the driver calls it.
pub(crate) fn cannot_connect(address: &Address, error: sqlx::Error) -> DbError {
    match DbError::of(&address.name, error) {
        DbError::Statement(error) => {
            DbError::Unreachable { place: address.name.clone(), reason: error.to_string() }
        }
        named => named,
    }
}
