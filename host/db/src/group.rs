//! A group inside its transaction: read what it needs, decide, write it.

use assay_domain::ids::Lane;
use foldhash::HashMap as FoldMap;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};

use crate::chain::GENESIS;
use crate::committer::Doubt;
use crate::error::Failure;
use crate::key::Key;
use crate::plan::{self, Head, Needs, Plan, Setting, State};
use crate::postings::Pending;
use crate::prepared::Prepared;
use crate::record::Record as _;
use crate::rows::OnceRow;
use crate::sql::{self, Engine};

/// What became of a group before its commit.
pub(crate) enum Filled<'c> {
    /// It is written and waits for the commit.
    Plan(Box<Plan<'c>>),
    /// An earlier try's commit, whose answer got lost, had landed: the doubt at this index is
    /// none.
    LandedBefore(usize),
}

/// Reads, decides, writes.
pub(crate) async fn fill<'c>(
    connection: &mut AnyConnection,
    engine: Engine,
    changes: &[&'c Prepared],
    setting: &Setting,
    pending: Pending,
    doubts: &[Doubt],
) -> Result<Filled<'c>, Failure> {
    let mut state = load(connection, engine, &Needs::of(changes.iter().copied())).await?;
    // After the reads, which wait for whatever an earlier try still holds locked: if it
    // shows in them, its link shows here.
    if let Some(index) = landed_before(connection, setting.lane, doubts).await? {
        return Ok(Filled::LandedBefore(index));
    }
    state.pending = pending;
    let plan = plan::plan(changes.iter().copied(), state, setting);
    plan.batch.write(connection, engine).await?;
    let forget_before = changes.iter().filter_map(|prepared| prepared.change.forget_once_before).max();
    if let (Some(before), true) = (forget_before, plan.landed > 0) {
        forget(connection, before).await?;
    }
    Ok(Filled::Plan(Box::new(plan)))
}

/// Where a lane's journal has got to.
pub(crate) async fn head(connection: &mut AnyConnection, lane: Lane) -> Result<Head, Failure> {
    let row = sqlx::query("select n, hash, last_event from links where lane = $1 order by n desc limit 1")
        .bind(lane.to_string())
        .fetch_optional(connection)
        .await?;
    match row {
        Some(row) => Ok(Head { n: row.try_get(0)?, hash: row.try_get(1)?, last_event: row.try_get(2)? }),
        None => Ok(Head { n: 0, hash: GENESIS.to_vec(), last_event: 0 }),
    }
}

async fn load(connection: &mut AnyConnection, engine: Engine, needs: &Needs<'_>) -> Result<State, Failure> {
    let mut state = State::default();
    if !needs.cells.is_empty() {
        let keys = sql::list(needs.cells.iter().map(|key| key.as_str()));
        let row = sqlx::query(engine.lock_cells()).bind(keys).fetch_one(&mut *connection).await?;
        state.known.cells = cells(&row)?;
    }
    if !needs.uniques.is_empty() {
        let text = format!("select key from uniques where key {}", engine.is_in(1));
        let keys = sql::list(needs.uniques.iter().copied());
        for row in sql::statement(text).bind(keys).fetch_all(&mut *connection).await? {
            state.known.uniques.insert(row.try_get(0)?);
        }
    }
    if !needs.once.is_empty() {
        let text = format!(
            "select {} from once where key {}{}",
            OnceRow::TABLE.column_list(),
            engine.is_in(1),
            engine.for_update()
        );
        let keys = sql::list(needs.once.iter().copied());
        for row in sql::statement(text).bind(keys).fetch_all(&mut *connection).await? {
            let kept = OnceRow::from_row(&row).map_err(|error| sqlx::Error::Decode(error.into()))?;
            state.once.insert(kept.key.clone(), kept);
        }
    }
    Ok(state)
}

fn cells(row: &AnyRow) -> Result<FoldMap<Key, i64>, sqlx::Error> {
    let json: String = row.try_get(0)?;
    let pairs: Vec<(String, i64)> =
        serde_json::from_str(&json).map_err(|error| sqlx::Error::Decode(error.into()))?;
    Ok(pairs.into_iter().map(|(key, n)| (Key::stored(key), n)).collect())
}

async fn landed_before(
    connection: &mut AnyConnection,
    lane: Lane,
    doubts: &[Doubt],
) -> Result<Option<usize>, Failure> {
    for (index, doubt) in doubts.iter().enumerate() {
        let row = sqlx::query("select hash from links where lane = $1 and n = $2")
            .bind(lane.to_string())
            .bind(doubt.head.n)
            .fetch_optional(&mut *connection)
            .await?;
        let hash: Option<Vec<u8>> = row.map(|row| row.try_get(0)).transpose()?;
        if hash.as_ref() == Some(&doubt.head.hash) {
            return Ok(Some(index));
        }
    }
    Ok(None)
}

/// Drops kept answers, a bounded number at a time so that no group waits long.
async fn forget(connection: &mut AnyConnection, before: i64) -> Result<(), Failure> {
    sqlx::query("delete from once where key in (select key from once where at < $1 order by at limit 1000)")
        .bind(before)
        .execute(connection)
        .await?;
    Ok(())
}
