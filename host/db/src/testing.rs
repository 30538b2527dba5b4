//! A way past the commit path, for tests that plant damage and see it found.

use sqlx::Connection as _;

use crate::address::Address;
use crate::db::cannot_connect;
use crate::error::DbError;
use crate::settings::{Limits, Place};

/// Runs statements on a connection of its own.
pub async fn execute(place: &Place, statements: &str) -> Result<(), DbError> {
    let address = Address::of(place, Limits::default())?;
    let failed = |error| DbError::of(&address.name, error);
    let mut connection = address.writer().await.map_err(|error| cannot_connect(&address, error))?;
    sqlx::raw_sql(sqlx::AssertSqlSafe(statements)).execute(&mut connection).await.map_err(failed)?;
    connection.close().await.map_err(failed)
}
