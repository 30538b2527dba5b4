//! Books that are full already: transfers through the commit path itself, many to a change,
//! so that an audit finds them as right as any.

use std::path::Path;
use std::sync::Arc;

use assay_db::{Change, Db, Place};
use assay_domain::ids::ChannelId;
use assay_domain::ledger::{Draw, Holder, Land, Move, Pocket, Provider, Reason, Side};
use assay_domain::money::Asset;
use futures_util::future::try_join_all;

use super::say;
use crate::cli::{keys, line};
use crate::clock::{Clock, Stopwatch};

/// Channels they go through, there and back.
const CHANNELS: usize = 2_000;
/// Transfers of a change.
const MOVES: usize = 500;
/// Changes that wait for a commit at once.
const CHANGES: u64 = 8;

/// Puts so many transfers into the books of a database that nobody has open.
pub(super) async fn fill(data: &Path, database: Option<&str>, rows: u64) -> Result<(), String> {
    if rows == 0 {
        return Ok(());
    }
    let watch = Stopwatch::start();
    let clock = Arc::new(Clock::default());
    let place = match database {
        Some(url) => Place::Server(url.to_owned()),
        None => Place::Folder(data.to_owned()),
    };
    let (db, _) = keys::open(&place, &clock).await.map_err(line)?;
    let channels: Vec<ChannelId> = (0..CHANNELS).map(|_| ChannelId(clock.id())).collect();
    let clearing = Holder::Clearing(Provider::Test, db.lane());
    let stocked =
        channels.iter().map(|id| pay(clearing, Holder::Channel(*id, Side::Opener), Reason::Deposit));
    db.commit(Change::new().moves(stocked)).await.map_err(line)?;
    let mut done = CHANNELS as u64;
    let mut round = 0;
    while done < rows {
        done += some(&db, &channels, round, rows - done).await?;
        round += 1;
    }
    db.close().await;
    say(&format!("{done} transfers were put into the books in {:.1} s", watch.elapsed().as_secs_f64()));
    Ok(())
}

/// A few changes at once, at most so many transfers.
async fn some(db: &Db, channels: &[ChannelId], round: usize, most: u64) -> Result<u64, String> {
    // Even rounds go there, odd ones come back, so that no side runs dry: a round covers
    // every channel equally often.
    let there = round.is_multiple_of(2);
    let mut changes = Vec::new();
    let mut made = 0;
    for (chunk, _) in channels.chunks(MOVES).cycle().zip(0..CHANGES) {
        let room = usize::try_from(most - made).unwrap_or(usize::MAX).min(chunk.len());
        let moves = chunk[..room].iter().map(|id| {
            let (opener, other) =
                (Holder::Channel(*id, Side::Opener), Holder::Channel(*id, Side::Counterparty));
            let (from, to) = if there { (opener, other) } else { (other, opener) };
            pay(from, to, Reason::ChannelTransfer)
        });
        changes.push(db.commit(Change::new().moves(moves)));
        made += room as u64;
        if made == most {
            break;
        }
    }
    try_join_all(changes).await.map_err(line)?;
    Ok(made)
}

const fn pay(from: Holder, to: Holder, reason: Reason) -> Move {
    let amount = if matches!(reason, Reason::Deposit) { 1_000 } else { 1 };
    let land = Land::In(Pocket::Free);
    Move { from, to, asset: Asset::Usd, amount, draw: Draw::Only(Pocket::Free), land, reason, task: None }
}
