//! Statements: what went in and out of some accounts, with the balance after each.

use assay_domain::ledger::Account;

use crate::error::DbError;
use crate::postings;
use crate::read::{After, Reader};
use crate::record::{Row, Stored as _, Value};
use crate::sql;

/// Which entries to show; by default all of them. The balances do not depend on it.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Those moved for this reason.
    pub reason: Option<String>,
    /// Those of this asset, `USD` or `CR`.
    pub asset: Option<String>,
    /// Those of this task.
    pub task: Option<String>,
    /// Those not before this time, in milliseconds.
    pub from: i64,
    /// Those not after this time, in milliseconds.
    pub to: i64,
    /// Above zero: those that came in. Below: those that went out.
    pub direction: i64,
}

impl Default for Shown {
    fn default() -> Self {
        Self { reason: None, asset: None, task: None, from: i64::MIN, to: i64::MAX, direction: 0 }
    }
}

/// One transfer, as one side sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its lane.
    pub lane: String,
    /// Its link.
    pub link: i64,
    /// Its place in the link.
    pub seq: i64,
    /// When, in milliseconds.
    pub at: i64,
    /// Why.
    pub reason: String,
    /// For which task.
    pub task: Option<String>,
    /// Of what.
    pub asset: String,
    /// Which of the accounts.
    pub account: String,
    /// The account on the other side.
    pub other: String,
    /// What it did to the account, in the smallest unit: below zero when it went out.
    pub delta: i64,
    /// What all the accounts of this asset held right after it, in the order of time.
    pub balance: i64,
}

const COLUMNS: &str = "lane, link, seq, at, reason, task, asset, account, other, delta, balance";

impl Reader {
    /// Entries of the accounts, newest first, after a place in the list.
    ///
    /// A balance is the sum of every entry of the same asset up to and with its own,
    /// whether those are shown or not, so filters and pages never change it.
    pub async fn statement(
        &self,
        accounts: &[Account],
        shown: &Shown,
        after: Option<&After>,
        limit: u32,
    ) -> Result<Vec<Entry>, DbError> {
        let text = format!(
            "with entries as (\
             select lane, link, seq, at, reason, task, asset, debit as account, credit as other, \
             -amount as delta from {} union all \
             select lane, link, seq, at, reason, task, asset, credit, debit, amount from {}), \
             running as (select entries.*, cast(sum(delta) over (partition by asset \
             order by at, lane, link, seq, delta rows between unbounded preceding and current row) as bigint) \
             as balance from entries) \
             select {COLUMNS} from running where ($2 = '' or reason = $2) and ($3 = '' or asset = $3) \
             and ($4 = '' or task = $4) and at >= $5 and at <= $6 \
             and ($7 = 0 or ($7 > 0 and delta > 0) or ($7 < 0 and delta < 0)) \
             and (at, lane, link, seq) < ($8, $9, $10, $11) \
             order by at desc, lane desc, link desc, seq desc, delta limit $12",
            postings::sides(self.engine(), "debit", 1),
            postings::sides(self.engine(), "credit", 1),
        );
        let start = After { at: i64::MAX, lane: String::new(), link: 0, seq: 0 };
        let after = after.unwrap_or(&start);
        let names: Vec<String> = accounts.iter().map(ToString::to_string).collect();
        let given = |text: &Option<String>| Value::from(text.as_deref().unwrap_or_default());
        let values = [
            sql::list(names.iter().map(String::as_str)).into(),
            given(&shown.reason),
            given(&shown.asset),
            given(&shown.task),
            shown.from.into(),
            shown.to.into(),
            shown.direction.into(),
            after.at.into(),
            after.lane.as_str().into(),
            after.link.into(),
            after.seq.into(),
            i64::from(limit).into(),
        ];
        self.rows(text, &values).await?.iter().map(|row| self.entry(row)).collect()
    }

    fn entry(&self, row: &Row) -> Result<Entry, DbError> {
        let task = Option::<String>::read(row, 5).map_err(|reason| DbError::Row {
            table: "transfers",
            column: "task",
            reason,
        })?;
        Ok(Entry {
            lane: self.field(row, 0)?,
            link: self.field(row, 1)?,
            seq: self.field(row, 2)?,
            at: self.field(row, 3)?,
            reason: self.field(row, 4)?,
            task,
            asset: self.field(row, 6)?,
            account: self.field(row, 7)?,
            other: self.field(row, 8)?,
            delta: self.field(row, 9)?,
            balance: self.field(row, 10)?,
        })
    }

    /// A party's payments in stablecoins, added up by coin and status.
    pub async fn paid_in_by_coin(&self, party: &str) -> Result<Vec<(String, String, i64)>, DbError> {
        let text = "select coin, status, cast(sum(amount) as bigint) from payments \
                    where party = $1 and coin is not null group by coin, status order by 1, 2";
        self.sums(text, party).await
    }

    /// A party's withdrawals, added up by coin and status.
    pub async fn paid_out_by_coin(&self, party: &str) -> Result<Vec<(String, String, i64)>, DbError> {
        let text = "select coin, status, cast(sum(amount) as bigint) from withdrawals \
                    where party = $1 group by coin, status order by 1, 2";
        self.sums(text, party).await
    }

    async fn sums(&self, text: &str, party: &str) -> Result<Vec<(String, String, i64)>, DbError> {
        let rows = self.rows(text.to_owned(), &[party.into()]).await?;
        let one = |row: &Row| Ok((self.field(row, 0)?, self.field(row, 1)?, self.field(row, 2)?));
        rows.iter().map(one).collect()
    }
}
