//! A copy of the embedded database, made while a server has it open.
//!
//! The engine writes the copy from one read transaction: everything committed before it
//! began is in it, nothing that came later. Whoever is writing goes on meanwhile. The
//! copy has its name only once it is whole and on disk.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use sqlx::Connection as _;

use crate::address::Address;
use crate::db::cannot_connect;
use crate::error::DbError;
use crate::schema;
use crate::settings::{Limits, Place};
use crate::sql;

/// Copies the database of a data folder to a file that must not exist yet; gives the
/// copy's bytes.
pub async fn backup(folder: &Path, to: &Path) -> Result<u64, DbError> {
    let address = Address::of(&Place::Folder(folder.to_owned()), Limits::default())?;
    let unusable = |source| DbError::Copy { file: to.to_owned(), source };
    if to.exists() {
        return Err(unusable(io::ErrorKind::AlreadyExists.into()));
    }
    let partial = partial(to);
    // Made first, with nobody else's eyes on it; the engine takes an empty file.
    private(&partial).map_err(unusable)?;
    let copied = copy(&address, &partial).await;
    let placed = copied.and_then(|()| place(&partial, to).map_err(unusable));
    if placed.is_err() {
        // What is there of it is of no use.
        let _ = fs::remove_file(&partial);
    }
    placed
}

async fn copy(address: &Address, to: &Path) -> Result<(), DbError> {
    let mut connection = address.copier().await.map_err(|error| cannot_connect(address, error))?;
    schema::require(&mut connection, address).await?;
    let copied = sql::statement("vacuum into $1".to_owned())
        .bind(to.display().to_string())
        .execute(&mut connection)
        .await
        .map_err(|error| DbError::of(&address.name, error));
    connection.close().await.map_err(|error| DbError::of(&address.name, error))?;
    copied.map(drop)
}

/// Beside its place, so that taking its name is one step.
fn partial(to: &Path) -> PathBuf {
    let mut name = to.as_os_str().to_owned();
    name.push(".partial");
    name.into()
}

fn private(file: &Path) -> io::Result<()> {
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file).map(drop)
}

fn place(partial: &Path, to: &Path) -> io::Result<u64> {
    let file = File::open(partial)?;
    file.sync_all()?;
    fs::rename(partial, to)?;
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()?;
    Ok(file.metadata()?.len())
}
