//! Postings: which transfers an account has a side of, on `SQLite`.
//!
//! They are kept behind the journal. A transfer has two of them, each at a random place of
//! its tree, and two random pages a transfer were four fifths of what a group of small
//! transfers wrote. So those of many transfers are sorted, and then added, a few with every
//! group: the accounts that moved often have theirs side by side. Up to which link all of a
//! lane's transfers have theirs, `posted` says; whoever asks for an account's transfers reads
//! those after it from the journal ([`sides`]). `PostgreSQL` has two indexes instead: it would
//! have to guess how many rows come after a link, and read them all to be sure.

use assay_domain::ids::Lane;
use sqlx::{AnyConnection, Connection as _, Row as _};

use crate::batch::Batch;
use crate::record::Record as _;
use crate::rows::{PostedRow, PostingRow, TransferRow};
use crate::sql::{self, Engine};

/// So many postings are sorted at once. A reader of an account passes over up to two times
/// as many.
const SORTED: usize = 2_048;

/// How many of them a group adds for each of its own. At more than one they are all there
/// before as many have come again.
const FOR_EACH: usize = 2;

/// How many a group adds however few transfers it has.
const AT_LEAST: usize = 16;

/// The postings of a lane that are to come.
#[derive(Default)]
pub(crate) struct Pending(Option<Known>);

/// Postings that are known here, so that the database need not look for them.
#[derive(Default)]
struct Known {
    /// In the order of the journal.
    recent: Vec<Posting>,
    /// Sorted, the next one last: some are added with every group.
    sorted: Vec<Posting>,
    /// Up to which link they go.
    last: i64,
}

/// An account's side of a transfer of the own lane.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Posting {
    account: String,
    at: i64,
    link: i64,
    seq: i64,
}

impl Pending {
    /// Has a group, whose link and postings these are, add some.
    pub(crate) fn follow(&mut self, lane: Lane, link: i64, own: Vec<Posting>, batch: &mut Batch<'_>) {
        let Some(known) = &mut self.0 else {
            // Whatever the database has none of: after a start, and after a group that failed.
            batch.post(lane, link);
            self.0 = Some(Known::default());
            return;
        };
        let many = AT_LEAST.max(FOR_EACH * own.len());
        known.recent.extend(own);
        if known.sorted.is_empty() {
            if known.recent.len() >= SORTED {
                known.sorted = std::mem::take(&mut known.recent);
                known.sorted.sort_unstable_by(|a, b| b.cmp(a));
                known.last = link;
            }
            return;
        }
        let lane = lane.to_string();
        for _ in 0..many {
            let Some(Posting { account, at, link, seq }) = known.sorted.pop() else { break };
            batch.append(PostingRow { account, at, lane: lane.clone(), link, seq }.keep());
        }
        if known.sorted.is_empty() {
            batch.append(PostedRow { lane, link: known.last }.upsert());
        }
    }
}

impl Posting {
    /// The two of a transfer.
    pub(crate) fn both_of(row: &TransferRow) -> [Self; 2] {
        let TransferRow { at, link, seq, .. } = *row;
        [&row.debit, &row.credit].map(|account| Self { account: account.clone(), at, link, seq })
    }
}

/// Whether an engine has them.
pub(crate) fn are_kept(engine: Engine) -> bool {
    engine == Engine::Sqlite
}

/// Adds the postings of lane `$1` up to link `$2`, which is a text; what is there already is
/// left alone.
pub(crate) fn add(lane: usize, link: usize) -> [String; 2] {
    let side = |account: &str| {
        format!(
            "select {account} as account, at, lane, link, seq from transfers where lane = ${lane} \
             and link > (select link from posted where lane = ${lane}) and link <= cast(${link} as bigint)"
        )
    };
    [
        format!(
            "insert into postings (account, at, lane, link, seq) select account, at, lane, link, seq \
             from ({} union all {}) as sides where true order by account, at, lane, link, seq \
             on conflict (account, at, lane, link, seq) do nothing",
            side("debit"),
            side("credit"),
        ),
        format!(
            "update posted set link = cast(${link} as bigint) \
             where lane = ${lane} and link < cast(${link} as bigint)"
        ),
    ]
}

/// Adds them inside a transaction.
pub(crate) async fn catch_up(
    connection: &mut AnyConnection,
    lane: &str,
    link: i64,
) -> Result<(), sqlx::Error> {
    for text in add(1, 2) {
        sql::statement(text).bind(lane.to_owned()).bind(link.to_string()).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Adds those that were still to come when the servers of other lanes stopped.
pub(crate) async fn catch_up_others(connection: &mut AnyConnection, own: Lane) -> Result<(), sqlx::Error> {
    let own = own.to_string();
    for (lane, link) in behind(connection).await?.into_iter().filter(|(lane, _)| *lane != own) {
        let mut transaction = connection.begin_with(Engine::Sqlite.begin()).await?;
        catch_up(&mut transaction, &lane, link).await?;
        transaction.commit().await?;
    }
    Ok(())
}

/// The lanes that have transfers without postings, and their last links.
async fn behind(connection: &mut AnyConnection) -> Result<Vec<(String, i64)>, sqlx::Error> {
    let text = "select lane, last from (select p.lane, p.link, \
                (select coalesce(max(l.n), 0) from links l where l.lane = p.lane) as last from posted p) \
                as lanes where last > link order by lane";
    let rows = sqlx::query(text).fetch_all(connection).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}

/// The transfers whose `column`, `debit` or `credit`, is one of the accounts in the JSON list
/// `$n`, as something to select from.
pub(crate) fn sides(engine: Engine, column: &str, n: usize) -> String {
    const COLUMNS: &str = "t.lane, t.link, t.seq, t.debit, t.credit, t.asset, t.amount, t.reason, t.task";
    let listed = engine.is_in(n);
    if !are_kept(engine) {
        return format!("(select {COLUMNS}, t.at from transfers t where t.{column} {listed}) as {column}s");
    }
    // A cross join is read from left to right by SQLite. Postings of later links are those
    // of a sorted lot of which some are still to come.
    format!(
        "(select {COLUMNS}, p.at from postings p cross join posted d cross join transfers t \
         where p.account {listed} and d.lane = p.lane and p.link <= d.link \
         and t.lane = p.lane and t.link = p.link and t.seq = p.seq and t.{column} = p.account \
         union all select {COLUMNS}, t.at from posted d cross join transfers t \
         where t.lane = d.lane and t.link > d.link and t.{column} {listed}) as {column}s"
    )
}
