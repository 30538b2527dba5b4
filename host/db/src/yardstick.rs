//! What the embedded engine does by itself: rows like the journal's, so many a commit, in
//! a file opened as the committer opens its own. For comparing, and for nothing else.

use std::path::Path;

use sqlx::{AnyConnection, Connection as _, Executor as _};

use crate::address::Address;
use crate::db::cannot_connect;
use crate::error::DbError;
use crate::record::{Mode, Record as _};
use crate::rows::TransferRow;
use crate::settings::{Limits, Place};
use crate::sql::{self, List};

/// Transfers as the schema has them, without its indexes.
const TABLE: &str = "create table transfers (lane TEXT NOT NULL, link BIGINT NOT NULL, seq BIGINT NOT NULL, \
    debit TEXT NOT NULL, credit TEXT NOT NULL, asset TEXT NOT NULL, amount BIGINT NOT NULL, reason TEXT NOT NULL, \
    task TEXT, at BIGINT NOT NULL, PRIMARY KEY (lane, link, seq))";

/// A file of its own.
pub struct Yardstick {
    connection: AnyConnection,
    address: Address,
    link: i64,
}

impl Yardstick {
    /// Makes the file in a folder that has no database.
    pub async fn open(folder: &Path) -> Result<Self, DbError> {
        let address = Address::of(&Place::Folder(folder.to_owned()), Limits::default())?;
        let mut connection = address.writer().await.map_err(|error| cannot_connect(&address, error))?;
        connection.execute(TABLE).await.map_err(|error| DbError::of(&address.name, error))?;
        Ok(Self { connection, address, link: 0 })
    }

    /// Inserts so many rows and commits: they are on disk when this is over.
    pub async fn insert(&mut self, rows: usize) -> Result<(), DbError> {
        self.link += 1;
        let mut list = List::default();
        for seq in 1..=i64::try_from(rows).unwrap_or(i64::MAX) {
            list.push(&self.row(seq).into_values());
        }
        self.commit(list).await.map_err(|error| DbError::of(&self.address.name, error))
    }

    fn row(&self, seq: i64) -> TransferRow {
        let account = |side: &str| format!("usd/channel/019b0000-0000-7000-8000-{seq:012}/{side}/free");
        TransferRow {
            lane: "019b0000-0000-7000-8000-000000000000".into(),
            link: self.link,
            seq,
            debit: account("opener"),
            credit: account("counterparty"),
            asset: "USD".into(),
            amount: 1,
            reason: "channel_transfer".into(),
            task: None,
            at: self.link,
        }
    }

    async fn commit(&mut self, list: List) -> Result<(), sqlx::Error> {
        let engine = self.address.engine;
        let mut transaction = self.connection.begin_with(engine.begin()).await?;
        let insert = sql::statement(engine.write_many(TransferRow::TABLE, Mode::Insert, 1));
        let parameters = list.into_parameters(TransferRow::TABLE, Mode::Insert);
        parameters.fold(insert, |insert, one| one.bind(insert)).execute(&mut *transaction).await?;
        transaction.commit().await
    }

    /// Lets go of the file.
    pub async fn close(self) -> Result<(), DbError> {
        self.connection.close().await.map_err(|error| DbError::of(&self.address.name, error))
    }
}
