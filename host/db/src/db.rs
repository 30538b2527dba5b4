//! The database, open: the handle everyone holds.

use std::fs::{self, File, TryLockError};
use std::path::Path;
use std::time::Duration;

use assay_domain::ids::Lane;
use sqlx::{AnyConnection, Connection as _};
use tokio::sync::{mpsc, oneshot};

use crate::address::Address;
use crate::change::{Change, CommitError, Committed};
use crate::committer::{Committer, Message, Waiting};
use crate::error::DbError;
use crate::plan::Answer;
use crate::postings;
use crate::prepared::Prepared;
use crate::read::Reader;
use crate::record::Record as _;
use crate::rows::{LaneRow, PostedRow};
use crate::schema;
use crate::settings::{Clock, Place, Settings};
use crate::sql::{self, Engine};

/// The file whose lock says that a process has the folder.
const LOCK: &str = "assay.lock";

/// How often a folder that is in use is tried, and how long after each time. A process that
/// was killed while it started a child is outlived by that child's copy of the lock, until
/// the child runs its own program.
const LOCK_TRIES: u32 = 10;
const LOCK_PAUSE: Duration = Duration::from_millis(50);

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
        let limits = settings.limits;
        let address = Address::of(&settings.place, limits)?;
        let lock = lock(&settings.place).await?;
        let mut connection = address.writer().await.map_err(|error| cannot_connect(&address, error))?;
        schema::migrate(&mut connection, &address, settings.money).await?;
        let entered = enter(&mut connection, address.engine, lane, clock()).await;
        entered.map_err(|error| DbError::of(&address.name, error))?;
        if let Err(error) = post_behind(&mut connection, address.engine).await {
            // They are found in the journal all the same.
            tracing::warn!(%error, "transfers of servers that stopped are without postings");
        }
        let readers = address.readers().await.map_err(|error| cannot_connect(&address, error))?;
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

/// Adds the postings that were still to come when a server stopped.
async fn post_behind(connection: &mut AnyConnection, engine: Engine) -> Result<(), sqlx::Error> {
    if !postings::are_kept(engine) {
        return Ok(());
    }
    for (lane, link) in postings::behind(connection).await? {
        let mut transaction = connection.begin_with(engine.begin()).await?;
        postings::catch_up(&mut transaction, &lane, link).await?;
        transaction.commit().await?;
    }
    Ok(())
}

/// Makes the folder and takes it for this process; nothing to do for a server.
async fn lock(place: &Place) -> Result<Option<File>, DbError> {
    let Place::Folder(folder) = place else { return Ok(None) };
    let unusable = |source: std::io::Error| match source.kind() {
        std::io::ErrorKind::StorageFull => DbError::DiskFull { place: folder.display().to_string() },
        _ => DbError::Folder { folder: folder.clone(), source },
    };
    fs::create_dir_all(folder).map_err(unusable)?;
    let file = open_lock(folder).map_err(unusable)?;
    for _ in 0..LOCK_TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(Some(file)),
            Err(TryLockError::WouldBlock) => tokio::time::sleep(LOCK_PAUSE).await,
            Err(TryLockError::Error(source)) => return Err(unusable(source)),
        }
    }
    Err(DbError::Locked { folder: folder.clone() })
}

fn open_lock(folder: &Path) -> std::io::Result<File> {
    File::options().create(true).truncate(false).write(true).open(folder.join(LOCK))
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
