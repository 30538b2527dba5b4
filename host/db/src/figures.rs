//! Sums over rows that the database adds up, where loading the rows would be too much.

use assay_domain::ids::PartyId;
use assay_domain::ledger::{Account, Holder, Pocket};
use assay_domain::money::Asset;

use crate::error::DbError;
use crate::read::Reader;
use crate::record::Value;
use crate::sql;

/// Tasks of one worker in one category that ended in one state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The poster's category.
    pub category: String,
    /// The final state's word.
    pub state: String,
    /// How many.
    pub count: i64,
}

/// What went out of the wallet for tasks since then, less what came back of tasks that
/// were posted since then: the journal's own account of a day's spending.
const SPENT: &str = "select t.category, cast(sum(x.amount) as bigint) from ( \
     select task, amount from debits_of($1) where at >= $2 \
       and reason in ('hold', 'fee_hold') and task is not null \
     union all \
     select task, -amount from credits_of($1) where at >= $2 \
       and reason in ('refund', 'fee_refund') \
       and task in (select id from tasks where poster = $3 and created_at >= $2) \
     ) x join tasks t on t.id = x.task where t.poster = $3 group by t.category order by t.category";

const ENDED: &str = "select category, state, count(*) from tasks where worker = $1 and closed = 1 \
                     group by category, state order by category, state";

/// What went out of some accounts for work on each day, what came back, what was earned.
const DAYS: &str = "select day, kind, cast(sum(amount) as bigint) from ( \
     select at / 86400000 as day, 'spent' as kind, amount from debits_of($1) \
       where at >= $2 and reason in ('hold', 'fee_hold', 'channel_deposit') \
     union all \
     select at / 86400000 as day, 'back' as kind, amount from credits_of($1) \
       where at >= $2 and reason in ('refund', 'fee_refund') \
     union all \
     select at / 86400000 as day, 'earned' as kind, amount from credits_of($1) \
       where at >= $2 and reason in ('payout', 'available', 'channel_close', 'referral') \
     ) x group by day, kind order by day, kind";

/// What reached workers' wallets for the latest tasks that a party posted, or did.
const PAID_BY: &str = "select asset, count(distinct task), cast(sum(amount) as bigint) from transfers \
     where reason in ('payout', 'available') and credit like '%/party/%' and task in \
     (select id from tasks where poster = $1 order by id desc limit $2) group by asset order by asset";
const PAID_TO: &str = "select asset, count(distinct task), cast(sum(amount) as bigint) from transfers \
     where reason in ('payout', 'available') and credit like '%/party/%' and task in \
     (select id from tasks where worker = $1 order by id desc limit $2) group by asset order by asset";

/// What tasks paid, all of them together.
const PAID_OUT: &str =
    "select cast(coalesce(sum(price), 0) as bigint) from tasks where state = 'paid' and asset = $1";

impl Reader {
    /// What tasks of an asset paid to those who did them.
    pub async fn paid_out(&self, asset: Asset) -> Result<i64, DbError> {
        let rows = self.rows(PAID_OUT.into(), &[asset.code().into()]).await?;
        rows.first().map_or(Ok(0), |row| self.field(row, 0))
    }

    /// What reached workers' wallets for a party's latest tasks, those it posted or those it
    /// did: the asset, how many tasks, and how much.
    pub async fn paid_to_workers(
        &self,
        party: PartyId,
        posts: bool,
        tasks_max: i64,
    ) -> Result<Vec<(String, i64, i64)>, DbError> {
        let text = if posts { PAID_BY } else { PAID_TO };
        let rows = self.rows(text.into(), &[party.to_string().into(), tasks_max.into()]).await?;
        let one = |row| Ok((self.field(row, 0)?, self.field(row, 1)?, self.field(row, 2)?));
        rows.iter().map(one).collect()
    }

    /// What moved for work on each UTC day from a time in milliseconds on: the day's number,
    /// `spent`, `back` or `earned`, and how much of the accounts' one asset.
    pub async fn worked_by_day(
        &self,
        accounts: &[Account],
        since: i64,
    ) -> Result<Vec<(i64, String, i64)>, DbError> {
        let names: Vec<String> = accounts.iter().map(ToString::to_string).collect();
        let values: [Value; 2] = [sql::list(names.iter().map(String::as_str)).into(), since.into()];
        let rows = self.rows(self.tail(DAYS), &values).await?;
        let one = |row| Ok((self.field(row, 0)?, self.field(row, 1)?, self.field(row, 2)?));
        rows.iter().map(one).collect()
    }

    /// What a party spent on tasks since a time in milliseconds, by the tasks' category:
    /// dollars in millionths, fees included, refunds of tasks posted since then taken
    /// off.
    pub async fn spent_on_tasks(&self, party: PartyId, since: i64) -> Result<Vec<(String, i64)>, DbError> {
        let wallet = [Pocket::Spend, Pocket::Free]
            .map(|pocket| Account { holder: Holder::Party(party), asset: Asset::Usd, pocket }.to_string());
        let values: [Value; 3] =
            [sql::list(wallet.iter().map(String::as_str)).into(), since.into(), party.to_string().into()];
        let rows = self.rows(self.tail(SPENT), &values).await?;
        rows.iter().map(|row| Ok((self.field(row, 0)?, self.field(row, 1)?))).collect()
    }

    /// How a worker's tasks ended.
    pub async fn ended_tasks(&self, worker: PartyId) -> Result<Vec<Ended>, DbError> {
        let rows = self.rows(ENDED.into(), &[worker.to_string().into()]).await?;
        let ended = rows.iter().map(|row| {
            Ok(Ended {
                category: self.field(row, 0)?,
                state: self.field(row, 1)?,
                count: self.field(row, 2)?,
            })
        });
        ended.collect()
    }
}
