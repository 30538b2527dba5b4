//! The lock of a data folder, which one process has at a time.

use std::fs::{self, File, TryLockError};
use std::path::Path;
use std::time::Duration;

use crate::error::DbError;
use crate::settings::Place;

/// The file whose lock says that a process has the folder.
const LOCK: &str = "assay.lock";

/// How often a folder that is in use is tried, and how long after each time. A process that
/// was killed while it started a child is outlived by that child's copy of the lock, until
/// the child runs its own program.
const LOCK_TRIES: u32 = 10;
const LOCK_PAUSE: Duration = Duration::from_millis(50);

/// A database that this process has for itself, or a server, which anyone may have.
#[derive(Debug)]
pub struct Lock(Option<File>);

impl Lock {
    /// Makes the folder and takes it for this process; nothing to do for a server.
    pub async fn take(place: &Place) -> Result<Self, DbError> {
        let Place::Folder(folder) = place else { return Ok(Self(None)) };
        let unusable = |source: std::io::Error| match source.kind() {
            std::io::ErrorKind::StorageFull => DbError::DiskFull { place: folder.display().to_string() },
            _ => DbError::Folder { folder: folder.clone(), source },
        };
        fs::create_dir_all(folder).map_err(unusable)?;
        let file = open(folder).map_err(unusable)?;
        for _ in 0..LOCK_TRIES {
            match file.try_lock() {
                Ok(()) => return Ok(Self(Some(file))),
                Err(TryLockError::WouldBlock) => tokio::time::sleep(LOCK_PAUSE).await,
                Err(TryLockError::Error(source)) => return Err(unusable(source)),
            }
        }
        Err(DbError::Locked { folder: folder.clone() })
    }

    /// Lets go of it. Not left to the drop: a child process that is just being started holds
    /// a copy of the file until it runs its own program.
    pub(crate) fn release(self) {
        if let Some(Err(error)) = self.0.map(|file| file.unlock()) {
            tracing::warn!(%error, "the data folder could not be unlocked");
        }
    }
}

fn open(folder: &Path) -> std::io::Result<File> {
    File::options().create(true).truncate(false).write(true).open(folder.join(LOCK))
}
