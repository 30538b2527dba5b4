//! Connections: one that writes, a pool that reads.

use std::path::Path;
use std::time::Duration;

use sqlx::{AnyConnection, Connection as _, Executor as _};

use crate::error::DbError;
use crate::readers::Readers;
use crate::settings::{Limits, Place};
use crate::sql::Engine;

/// The file in a data folder.
const FILE: &str = "assay.db";

/// Where to connect to, and how.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    pub(crate) engine: Engine,
    /// For people: without a password.
    pub(crate) name: String,
    url: String,
    limits: Limits,
}

impl Address {
    pub(crate) fn of(place: &Place, limits: Limits) -> Result<Self, DbError> {
        // Once a process; later calls find the drivers there.
        sqlx::any::install_default_drivers();
        match place {
            Place::Folder(folder) => {
                let file = folder.join(FILE);
                let (url, name) = (sqlite_url(&file), file.display().to_string());
                Ok(Self { engine: Engine::Sqlite, name, url, limits })
            }
            Place::Server(url) => {
                let name = without_password(url);
                if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
                    return Err(DbError::Address { place: name });
                }
                Ok(Self { engine: Engine::Postgres, name, url: url.clone(), limits })
            }
        }
    }

    /// The connection of the committer.
    pub(crate) async fn writer(&self) -> Result<AnyConnection, sqlx::Error> {
        let url = match self.engine {
            Engine::Sqlite => format!("{}?mode=rwc", self.url),
            Engine::Postgres => self.url.clone(),
        };
        let connecting = async {
            let mut connection = AnyConnection::connect(&url).await?;
            connection.execute(sqlx::AssertSqlSafe(self.setup(true))).await?;
            Ok(connection)
        };
        within(self.limits.connect_timeout_ms, connecting).await
    }

    /// Something that a server is asked. One that says nothing is as good as one whose
    /// connection broke; the embedded engine always ends what it began.
    pub(crate) async fn answered<T, E: From<sqlx::Error>>(
        &self,
        asked: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        match self.engine {
            Engine::Sqlite => asked.await,
            Engine::Postgres => within(self.limits.answer_timeout_ms, asked).await,
        }
    }

    /// A connection for copying the file, which has to be there.
    pub(crate) async fn copier(&self) -> Result<AnyConnection, sqlx::Error> {
        let mut connection = AnyConnection::connect(&format!("{}?mode=rw", self.url)).await?;
        let patience =
            format!("PRAGMA busy_timeout = {}; PRAGMA synchronous = FULL;", self.limits.busy_timeout_ms);
        connection.execute(sqlx::AssertSqlSafe(patience)).await?;
        Ok(connection)
    }

    /// A connection that cannot write.
    pub(crate) async fn reader(&self) -> Result<AnyConnection, sqlx::Error> {
        let mut connection = AnyConnection::connect(&self.url).await?;
        connection.execute(sqlx::AssertSqlSafe(self.setup(false))).await?;
        Ok(connection)
    }

    /// Connections that cannot write.
    pub(crate) async fn readers(&self) -> Result<Readers, sqlx::Error> {
        let patience = Duration::from_millis(self.limits.connect_timeout_ms);
        Readers::open(self, self.limits.readers_max, patience).await
    }

    /// What every connection is told first.
    fn setup(&self, writes: bool) -> String {
        match (self.engine, writes) {
            (Engine::Sqlite, true) => format!(
                "PRAGMA busy_timeout = {}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                 PRAGMA foreign_keys = ON; PRAGMA cache_size = -8192; PRAGMA temp_store = MEMORY; \
                 PRAGMA wal_autocheckpoint = 16000;",
                self.limits.busy_timeout_ms
            ),
            (Engine::Sqlite, false) => format!(
                "PRAGMA busy_timeout = {}; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA query_only = ON;",
                self.limits.busy_timeout_ms
            ),
            // A commit that is answered is on disk, whatever the server's default says. A
            // transaction of a host that is gone without a word does not keep its locks; and
            // whoever waits for a lock is told before it is taken for gone, so that it does not
            // leave a session behind that waits on.
            (Engine::Postgres, true) => format!(
                "SET synchronous_commit = on; SET idle_in_transaction_session_timeout = {}; SET lock_timeout = {}",
                self.limits.answer_timeout_ms,
                self.limits.answer_timeout_ms.div_ceil(2)
            ),
            (Engine::Postgres, false) => "SET default_transaction_read_only = on".to_owned(),
        }
    }
}

/// What comes of it in time; what is late is a connection that broke.
async fn within<T, E: From<sqlx::Error>>(
    timeout_ms: u64,
    asked: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    match tokio::time::timeout(Duration::from_millis(timeout_ms), asked).await {
        Ok(outcome) => outcome,
        Err(_) => Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()).into()),
    }
}

/// Every byte that could mean something in a URL is written in hexadecimal.
fn sqlite_url(file: &Path) -> String {
    let mut url = String::from("sqlite://");
    for &byte in file.as_os_str().as_encoded_bytes() {
        if byte.is_ascii_alphanumeric() || b"/._-".contains(&byte) {
            url.push(char::from(byte));
        } else {
            url.push('%');
            url.push_str(&hex::encode_upper([byte]));
        }
    }
    url
}

fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let rest = rest.split('?').next().unwrap_or(rest);
    match rest.rsplit_once('@') {
        Some((user, host)) => {
            let user = user.split(':').next().unwrap_or_default();
            format!("{scheme}://{user}@{host}")
        }
        None => format!("{scheme}://{rest}"),
    }
}
