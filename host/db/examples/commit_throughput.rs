//! How many transfers a second the commit path lands, by the size of its groups.
//!
//! ```text
//! cargo run --release -p assay-db --example commit_throughput [-- --database postgres://…] [--seconds 3]
//! ```
//!
//! A group is as large as the number of clients that wait at once: each client commits
//! one change and sends the next when it has its answer, on disk. A change moves money
//! between two parties, takes an idempotency key, and appends an event.

use std::sync::Arc;
use std::time::{Duration, Instant};

use assay_db::{Change, Db, Money, NewEvent, Place, Settings};
use assay_domain::ids::{Lane, PartyId, TaskId};
use assay_domain::ledger::{Draw, Holder, Land, Move, Pocket, Provider, Reason};
use assay_domain::money::Asset;
use uuid::Uuid;

const CLIENTS: [u128; 4] = [1, 16, 64, 256];
const PARTIES: u128 = 1_000;

struct Options {
    place: Place,
    seconds: u64,
    _folder: tempfile::TempDir,
}

fn options() -> Result<Options, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mut options = Options { place: Place::Folder(folder.path().to_owned()), seconds: 3, _folder: folder };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next().ok_or_else(|| format!("{word} wants a value"))?;
        match word.as_str() {
            "--database" => options.place = Place::Server(value),
            "--seconds" => {
                options.seconds = value.parse().map_err(|_| "--seconds wants a number".to_owned())?;
            }
            _ => return Err(format!("{word} is not known")),
        }
    }
    Ok(options)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let options = options()?;
    let lane = Lane(Uuid::from_u128(1));
    let clock = Arc::new(|| 1_700_000_000_000_i64);
    let db = Db::open(Settings::new(options.place.clone(), Money::Test), lane, clock).await?;
    println!("{:?}, every commit on disk, {} s each", db.read().engine(), options.seconds);
    println!("{:>8} {:>12} {:>14} {:>12}", "clients", "changes/s", "transfers/s", "a group");
    for kind in [Kind::Bare, Kind::Whole] {
        println!("{}", kind.title());
        for clients in CLIENTS {
            measure(&db, kind, clients, Duration::from_secs(options.seconds)).await?;
        }
    }
    let report = assay_db::audit(db.read(), &[]).await?;
    println!("audit: {} transfers in {} links, {} differences", report.transfers, report.links, report.found);
    db.close().await;
    Ok(())
}

/// What a change carries.
#[derive(Clone, Copy)]
enum Kind {
    /// One transfer.
    Bare,
    /// A transfer, an event, an idempotency key, a head.
    Whole,
}

impl Kind {
    const fn title(self) -> &'static str {
        match self {
            Self::Bare => "one transfer a change",
            Self::Whole => "one transfer, one event, one head, one idempotent answer a change",
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "these are figures")]
async fn measure(
    db: &Db,
    kind: Kind,
    clients: u128,
    time: Duration,
) -> Result<(), Box<dyn std::error::Error>> {
    fill(db).await?;
    let links_before = links(db).await?;
    let start = Instant::now();
    let mut running = Vec::new();
    for client in 0..clients {
        let db = db.clone();
        running.push(tokio::spawn(async move {
            let mut landed = 0_u128;
            while start.elapsed() < time {
                let id = Uuid::from_u128((start.elapsed().as_nanos() << 40) + (client << 24) + landed);
                db.commit(change(kind, id, client * 7 + landed)).await.map_err(|error| error.to_string())?;
                landed += 1;
            }
            Ok::<_, String>(landed)
        }));
    }
    let mut landed = 0;
    for client in running {
        landed += client.await??;
    }
    let elapsed_ms = start.elapsed().as_millis();
    let links = u128::try_from(links(db).await? - links_before)?;
    let per_second = landed * 1_000 / elapsed_ms;
    println!("{clients:>8} {per_second:>12} {per_second:>14} {:>12}", landed / links.max(1));
    Ok(())
}

fn change(kind: Kind, id: Uuid, n: u128) -> Change {
    let party = |n: u128| Holder::Party(PartyId(Uuid::from_u128(n % PARTIES)));
    let pay = Move {
        from: party(n),
        to: party(n + 1),
        asset: Asset::Usd,
        amount: 1,
        draw: Draw::Only(Pocket::Free),
        land: Land::In(Pocket::Free),
        reason: Reason::Payout,
        task: Some(TaskId(id)),
    };
    let bare = Change::new().moves([pay]);
    match kind {
        Kind::Bare => bare,
        Kind::Whole => bare
            .advance(assay_db::Key::head("task", id), 0)
            .once(id.to_string(), [7; 32])
            .event(NewEvent {
                subject: format!("task/{id}"),
                kind: "task.paid".into(),
                visibility: "parties".into(),
                body: br#"{"price":"0.000001"}"#.to_vec(),
            })
            .reply(|applied| assay_db::Reply::new(201, applied.link.to_string().into_bytes())),
    }
}

/// Everyone gets enough to pay with.
async fn fill(db: &Db) -> Result<(), assay_db::CommitError> {
    let give = |n: u128| {
        let to = PartyId(Uuid::from_u128(n));
        Move::deposit(Provider::Test, db.lane(), to, Asset::Usd, 1_000_000_000, Pocket::Free)
    };
    db.commit(Change::new().moves((0..PARTIES).map(give))).await.map(|_| ())
}

async fn links(db: &Db) -> Result<i64, assay_db::DbError> {
    Ok(db.read().lane_heads().await?.first().map_or(0, |head| head.n))
}
