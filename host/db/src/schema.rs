//! Brings a database up to date, and refuses one it must not touch.
//!
//! Migrations are numbered files that run once, in one transaction, whoever of several
//! hosts comes first: the version's row is locked meanwhile. No advisory lock, since
//! not every engine that speaks `PostgreSQL`'s wire has them.

use std::cmp::Ordering;

use sqlx::{AnyConnection, AssertSqlSafe};
use sqlx::{Connection as _, Executor as _, Row as _};

use crate::address::Address;
use crate::error::{DbError, Failure};
use crate::settings::Money;
use crate::sql::Engine;

/// The files of `migrations/`, in their order. The first is version 1.
const MIGRATIONS: &[&str] = &[
    include_str!("../../../migrations/0001_commit.sql"),
    include_str!("../../../migrations/0002_entities.sql"),
    include_str!("../../../migrations/0003_plugins.sql"),
    include_str!("../../../migrations/0004_people.sql"),
    include_str!("../../../migrations/0005_finance.sql"),
    include_str!("../../../migrations/0006_payments.sql"),
    include_str!("../../../migrations/0007_packages.sql"),
    include_str!("../../../migrations/0008_transfers.sql"),
    include_str!("../../../migrations/0009_postings.sql"),
    include_str!("../../../migrations/0010_clustered.sql"),
    include_str!("../../../migrations/0011_lean_indexes.sql"),
    include_str!("../../../migrations/0012_clustered_again.sql"),
];

/// The schema version this program needs and makes.
#[expect(clippy::cast_possible_wrap, reason = "a handful of files")]
pub const SCHEMA_VERSION: i64 = MIGRATIONS.len() as i64;

/// How often hosts that start at the same moment may get in each other's way.
const TRIES: u32 = 5;

/// Runs the migrations that are missing, and marks a new database as `money`'s.
pub(crate) async fn migrate(
    connection: &mut AnyConnection,
    at: &Address,
    money: Money,
) -> Result<(), DbError> {
    if matches!(is_current(connection, at.engine, money).await, Ok(true)) {
        return Ok(());
    }
    let mut tries = 1;
    loop {
        match attempt(connection, at.engine, money).await {
            Ok(refused) => return refused,
            Err(error) => match Failure::from(error) {
                Failure::Again(_) | Failure::Taken(_) if tries < TRIES => tries += 1,
                failure => return Err(DbError::because(&at.name, failure)),
            },
        }
    }
}

/// Refuses a database whose version is another than this program's; for those who only
/// read.
pub(crate) async fn require(connection: &mut AnyConnection, at: &Address) -> Result<(), DbError> {
    let known = SCHEMA_VERSION;
    let found = match version(connection, "").await.map_err(Failure::from) {
        Ok(found) => found,
        Err(failure @ Failure::Lost(_)) => return Err(DbError::because(&at.name, failure)),
        // A database without the table has never been opened by a server.
        Err(_) => 0,
    };
    match found.cmp(&known) {
        Ordering::Greater => Err(DbError::NewerSchema { found, known }),
        Ordering::Less => Err(DbError::OlderSchema { found, known }),
        Ordering::Equal => Ok(()),
    }
}

/// Whether nothing is to be done: a start seldom has anything to write here. Whatever is
/// wrong is found out and told by those who would mend it.
async fn is_current(
    connection: &mut AnyConnection,
    engine: Engine,
    money: Money,
) -> Result<bool, sqlx::Error> {
    // Waits for a host that is upgrading it.
    let found = version(connection, engine.for_update()).await?;
    let row = sqlx::query("select value from meta where key = 'money'").fetch_one(connection).await?;
    Ok(found == SCHEMA_VERSION && row.try_get::<String, _>(0)? == money.as_str())
}

async fn attempt(
    connection: &mut AnyConnection,
    engine: Engine,
    money: Money,
) -> Result<Result<(), DbError>, sqlx::Error> {
    let mut transaction = connection.begin_with(engine.begin()).await?;
    let outcome = upgrade(&mut transaction, engine, money).await;
    match outcome {
        Ok(Ok(())) => transaction.commit().await.map(Ok),
        refused_or_failed => {
            transaction.rollback().await?;
            refused_or_failed
        }
    }
}

async fn upgrade(
    connection: &mut AnyConnection,
    engine: Engine,
    money: Money,
) -> Result<Result<(), DbError>, sqlx::Error> {
    connection
        .execute("create table if not exists meta (key text not null primary key, value text not null)")
        .await?;
    connection
        .execute("insert into meta (key, value) values ('schema', '0') on conflict (key) do nothing")
        .await?;
    let found = version(connection, engine.for_update()).await?;
    if found > SCHEMA_VERSION {
        return Ok(Err(DbError::NewerSchema { found, known: SCHEMA_VERSION }));
    }
    for migration in MIGRATIONS.iter().skip(usize::try_from(found).unwrap_or(0)) {
        sqlx::raw_sql(AssertSqlSafe(engine.migration(migration))).execute(&mut *connection).await?;
    }
    sqlx::query("update meta set value = $1 where key = 'schema'")
        .bind(SCHEMA_VERSION.to_string())
        .execute(&mut *connection)
        .await?;
    belongs_to(connection, money).await
}

async fn belongs_to(
    connection: &mut AnyConnection,
    money: Money,
) -> Result<Result<(), DbError>, sqlx::Error> {
    sqlx::query("insert into meta (key, value) values ('money', $1) on conflict (key) do nothing")
        .bind(money.as_str())
        .execute(&mut *connection)
        .await?;
    let row = sqlx::query("select value from meta where key = 'money'").fetch_one(connection).await?;
    let found: String = row.try_get(0)?;
    let wanted = money.as_str();
    Ok(if found == wanted { Ok(()) } else { Err(DbError::WrongMode { found, wanted }) })
}

async fn version(connection: &mut AnyConnection, lock: &str) -> Result<i64, sqlx::Error> {
    let text = format!("select value from meta where key = 'schema'{lock}");
    let row = crate::sql::statement(text).fetch_one(connection).await?;
    let value: String = row.try_get(0)?;
    value.parse().map_err(|_| sqlx::Error::Decode(format!("{value:?} is no schema version").into()))
}
