//! Recomputes the books and the journal, and lists what differs.
//!
//! It trusts nothing but the transfers themselves: every balance is added up again,
//! every link hashed again, every sealed row compared with its seal. It reads in pages,
//! so that a large database costs time and not memory, and may run beside a server.

mod report;

use std::collections::{BTreeMap, VecDeque};

use assay_domain::ledger::Account;
use assay_domain::money::Asset;
use futures_util::TryStreamExt as _;

use self::report::LISTED_MAX;
pub use self::report::{AuditReport, Difference};
use crate::chain::{self, GENESIS, LinkHasher};
use crate::error::DbError;
use crate::postings;
use crate::read::Reader;
use crate::record::{Fields, Kind, Record, Row, Table, Value};
use crate::rows::{EventRow, LinkRow, SealRow, TransferRow};
use crate::sql;

/// Rows in a page.
const PAGE: usize = 1_000;

/// Audits a database. `sealed` lists the sealed tables.
pub async fn audit(reader: &Reader, sealed: &[&'static Table]) -> Result<AuditReport, DbError> {
    let (reader, mut report) = (&reader.patient(), AuditReport::default());
    balances(reader, &mut report).await?;
    sums(reader, &mut report).await?;
    for lane in lanes(reader).await? {
        report.lanes += 1;
        Walk::new(reader, &lane, sealed, &mut report).run().await?;
    }
    strays(reader, sealed, &mut report).await?;
    if postings::are_kept(reader.engine()) {
        unlisted(reader, &mut report).await?;
    }
    Ok(report)
}

/// Lets the engine add up all transfers and compare, in one statement and so at one
/// moment.
async fn balances(reader: &Reader, report: &mut AuditReport) -> Result<(), DbError> {
    let text = "select account, cast(sum(stored) as bigint), cast(sum(computed) as bigint) from (\
                select debit as account, 0 as stored, -amount as computed from transfers \
                union all select credit, 0, amount from transfers \
                union all select substr(key, 3), n, 0 from cells where key like 'b/%' or key like 'x/%'\
                ) as entries group by account having sum(stored) <> sum(computed)";
    let mut session = reader.session().await?;
    let mut rows = sqlx::query(text).fetch(session.begin());
    while let Some(row) = rows.try_next().await.map_err(|error| reader.failed(error))? {
        let account = reader.field(&row, 0)?;
        let (stored, computed) = (reader.field(&row, 1)?, reader.field(&row, 2)?);
        report.add(Difference::Balance { account, stored, computed });
    }
    drop(rows);
    session.end();
    Ok(())
}

/// Reads all balances: none is negative that may not be, and they cancel out.
async fn sums(reader: &Reader, report: &mut AuditReport) -> Result<(), DbError> {
    let text = "select key, n from cells where key like 'b/%' or key like 'x/%'";
    let mut sums: BTreeMap<Asset, i128> = BTreeMap::new();
    let mut session = reader.session().await?;
    let mut rows = sqlx::query(text).fetch(session.begin());
    while let Some(row) = rows.try_next().await.map_err(|error| reader.failed(error))? {
        let (key, stored): (String, i64) = (reader.field(&row, 0)?, reader.field(&row, 1)?);
        report.accounts += 1;
        let account = key.get(2..).unwrap_or_default().parse::<Account>();
        let Some(account) = account.ok().filter(|account| crate::Key::balance(account).as_str() == key)
        else {
            report.add(Difference::NoAccount { key });
            continue;
        };
        *sums.entry(account.asset).or_default() += i128::from(stored);
        if stored < 0 && !account.may_go_negative() {
            report.add(Difference::Negative { account: account.to_string(), stored });
        }
    }
    drop(rows);
    session.end();
    for (asset, sum) in sums.into_iter().filter(|(_, sum)| *sum != 0) {
        report.add(Difference::Asset { asset: asset.code(), sum });
    }
    Ok(())
}

async fn lanes(reader: &Reader) -> Result<Vec<String>, DbError> {
    let text = "select lane from lanes union select lane from links order by 1";
    let rows = reader.rows(text.into(), &[]).await?;
    rows.iter().map(|row| reader.field(row, 0)).collect()
}

/// Rows of the journal whose link does not exist, and sealed rows without a seal.
async fn strays(reader: &Reader, sealed: &[&'static Table], report: &mut AuditReport) -> Result<(), DbError> {
    let in_no_link = "not exists (select 1 from links l where l.lane = r.lane and l.n = r.link)";
    let mut checks: Vec<(&str, String)> =
        ["transfers", "events", "seals"].into_iter().map(|table| (table, in_no_link.to_owned())).collect();
    for table in sealed {
        let [key] = table.key else { continue };
        let name = table.name;
        let unsealed =
            format!("not exists (select 1 from seals s where s.source = '{name}' and s.key = r.{key})");
        checks.push((name, unsealed));
    }
    let of_transfer = "select 1 from transfers t where t.lane = r.lane and t.link = r.link and t.seq = r.seq \
                       and t.at = r.at and r.account in (t.debit, t.credit)";
    if postings::are_kept(reader.engine()) {
        checks.push(("postings", format!("not exists ({of_transfer})")));
    }
    for (table, condition) in checks {
        let rows = reader.number(format!("select count(*) from {table} r where {condition}"), &[]).await?;
        if rows > 0 {
            report.add(Difference::Stray { table, rows });
        }
    }
    Ok(())
}

/// Transfers that an account's statement would not show: they lack a posting, and are not
/// among the latest, which are found without.
async fn unlisted(reader: &Reader, report: &mut AuditReport) -> Result<(), DbError> {
    let has = |account: &str| {
        format!(
            "exists (select 1 from postings r where r.account = t.{account} and r.at = t.at \
             and r.lane = t.lane and r.link = t.link and r.seq = t.seq)"
        )
    };
    let text = format!(
        "select count(*) from transfers t left join posted d on d.lane = t.lane \
         where (d.link is null or t.link <= d.link) and not ({} and {})",
        has("debit"),
        has("credit"),
    );
    let rows = reader.number(text, &[]).await?;
    if rows > 0 {
        report.add(Difference::Unlisted { rows });
    }
    Ok(())
}

/// The rows of one table of a lane, page by page.
struct Feed<R> {
    /// `$1` the lane, `$2` and `$3` the position to go on after.
    tail: &'static str,
    position: fn(&R) -> (i64, i64),
    link: fn(&R) -> i64,
    after: (i64, i64),
    page: VecDeque<R>,
    ended: bool,
}

impl<R: Record> Feed<R> {
    const fn new(tail: &'static str, position: fn(&R) -> (i64, i64), link: fn(&R) -> i64) -> Self {
        Self { tail, position, link, after: (0, 0), page: VecDeque::new(), ended: false }
    }

    /// The next row of link `n`. Rows of links that are not there are passed over; they
    /// are reported as strays.
    async fn next_of(&mut self, reader: &Reader, lane: &str, n: i64) -> Result<Option<R>, DbError> {
        while let Some(row) = self.next(reader, lane, n).await? {
            if (self.link)(&row) == n {
                return Ok(Some(row));
            }
        }
        Ok(None)
    }

    /// The next row whose link is at most `last`.
    async fn next(&mut self, reader: &Reader, lane: &str, last: i64) -> Result<Option<R>, DbError> {
        if self.page.is_empty() && !self.ended {
            let values = [lane.into(), self.after.0.into(), self.after.1.into()];
            let rows: Vec<R> = reader.many(self.tail, &values).await?;
            self.ended = rows.len() < PAGE;
            self.after = rows.last().map_or(self.after, self.position);
            self.page = rows.into();
        }
        let due = self.page.front().is_some_and(|row| (self.link)(row) <= last);
        Ok(if due { self.page.pop_front() } else { None })
    }
}

/// Follows one lane from its first link to its last.
struct Walk<'a> {
    reader: &'a Reader,
    lane: &'a str,
    sealed: &'a [&'static Table],
    report: &'a mut AuditReport,
    links: Feed<LinkRow>,
    transfers: Feed<TransferRow>,
    events: Feed<EventRow>,
    seals: Feed<SealRow>,
    /// Seals whose rows have not been looked up yet.
    unchecked: Vec<SealRow>,
}

impl<'a> Walk<'a> {
    fn new(
        reader: &'a Reader,
        lane: &'a str,
        sealed: &'a [&'static Table],
        report: &'a mut AuditReport,
    ) -> Self {
        Self {
            reader,
            lane,
            sealed,
            report,
            links: Feed::new(
                "lane = $1 and n > $2 and $3 = 0 order by n limit 1000",
                |link| (link.n, 0),
                |link| link.n,
            ),
            transfers: Feed::new(
                "lane = $1 and (link, seq) > ($2, $3) order by link, seq limit 1000",
                |transfer| (transfer.link, transfer.seq),
                |transfer| transfer.link,
            ),
            events: Feed::new(
                "lane = $1 and lane_seq > $2 and $3 = 0 order by lane_seq limit 1000",
                |event| (event.lane_seq, 0),
                |event| event.link,
            ),
            seals: Feed::new(
                "lane = $1 and (link, seq) > ($2, $3) order by link, seq limit 1000",
                |seal| (seal.link, seal.seq),
                |seal| seal.link,
            ),
            unchecked: Vec::new(),
        }
    }

    async fn run(mut self) -> Result<(), DbError> {
        let (mut expected, mut previous) = (1, GENESIS.to_vec());
        while let Some(link) = self.links.next(self.reader, self.lane, i64::MAX).await? {
            for n in (expected..link.n).take(LISTED_MAX) {
                self.report.add(Difference::Missing { lane: self.lane.to_owned(), n });
            }
            // After a gap there is nothing to compare with.
            if link.previous != previous && expected == link.n {
                self.report.add(Difference::Broken { lane: self.lane.to_owned(), n: link.n });
            }
            if self.hash(&link).await? != link.hash {
                self.report.add(Difference::Altered { lane: self.lane.to_owned(), n: link.n });
            }
            self.report.links += 1;
            (expected, previous) = (link.n + 1, link.hash);
        }
        self.compare_sealed().await
    }

    /// The hash that a link should have, by the rows that are there.
    async fn hash(&mut self, link: &LinkRow) -> Result<Vec<u8>, DbError> {
        let (reader, lane) = (self.reader, self.lane);
        let mut hasher = LinkHasher::new(link);
        while let Some(row) = self.transfers.next_of(reader, lane, link.n).await? {
            self.report.transfers += 1;
            self.inspect(&row);
            hasher.row(TransferRow::TABLE, &row.into_values());
        }
        while let Some(row) = self.events.next_of(reader, lane, link.n).await? {
            self.report.events += 1;
            hasher.row(EventRow::TABLE, &row.into_values());
        }
        while let Some(row) = self.seals.next_of(reader, lane, link.n).await? {
            self.unchecked.push(row.clone());
            hasher.row(SealRow::TABLE, &row.into_values());
        }
        if self.unchecked.len() >= PAGE {
            self.compare_sealed().await?;
        }
        Ok(hasher.finish())
    }

    fn inspect(&mut self, row: &TransferRow) {
        let asset = |account: &str| account.parse::<Account>().ok().map(|account| account.asset.code());
        let expected = Some(row.asset.as_str());
        if asset(&row.debit) != expected || asset(&row.credit) != expected {
            let TransferRow { lane, link, seq, .. } = row.clone();
            self.report.add(Difference::Transfer { lane, link, seq });
        }
    }

    /// Looks up the rows behind the seals read since the last time.
    async fn compare_sealed(&mut self) -> Result<(), DbError> {
        let seals = std::mem::take(&mut self.unchecked);
        self.report.seals += seals.len() as u64;
        for table in self.sealed {
            let of_table: Vec<&SealRow> = seals.iter().filter(|seal| seal.source == table.name).collect();
            let digests = self.digests(table, &of_table).await?;
            for seal in of_table.into_iter().filter(|seal| digests.get(&seal.key) != Some(&seal.digest)) {
                let SealRow { source: table, key, .. } = seal.clone();
                self.report.add(Difference::Sealed { table, key });
            }
        }
        Ok(())
    }

    async fn digests(
        &self,
        table: &'static Table,
        seals: &[&SealRow],
    ) -> Result<BTreeMap<String, Vec<u8>>, DbError> {
        let ([key], false) = (table.key, seals.is_empty()) else { return Ok(BTreeMap::new()) };
        let text = format!(
            "select {} from {} where {key} {}",
            table.column_list(),
            table.name,
            self.reader.engine().is_in(1)
        );
        let keys = sql::list(seals.iter().map(|seal| seal.key.as_str()));
        let rows = self.reader.rows(text, &[keys.into()]).await?;
        rows.iter().map(|row| keyed_digest(row, table)).collect()
    }
}

fn keyed_digest(row: &Row, table: &'static Table) -> Result<(String, Vec<u8>), DbError> {
    let mut fields = Fields::of(row, table);
    let mut values = Vec::with_capacity(table.columns.len());
    for column in table.columns {
        values.push(match column.kind {
            Kind::Int => fields.take::<Option<i64>>()?.map_or(Value::Null, Value::Int),
            Kind::Text => fields.take::<Option<String>>()?.map_or(Value::Null, Value::Text),
            Kind::Bytes => fields.take::<Option<Vec<u8>>>()?.map_or(Value::Null, Value::Bytes),
        });
    }
    let key = table.key_indexes().next().map(|index| values[index].clone());
    let name = if let Some(Value::Text(name)) = key { name } else { String::new() };
    Ok((name, chain::row_digest(table, &values)))
}
