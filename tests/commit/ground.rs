//! Where the tests of the commit path stand: a fresh database of each engine, a clock
//! that stands still, and a few short words for changes.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::task::Poll;

use assay_db::{Change, CommitError, Committed, Db, Key, Money, Place, Settings, Table, audit};
use assay_domain::ids::{Lane, PartyId};
use assay_domain::ledger::{Account, Draw, Holder, Land, Move, Pocket, Provider, Reason};
use assay_domain::money::Asset;
use assay_domain::refusal::{Code, Refusal};
use tempfile::TempDir;
use uuid::Uuid;

use crate::postgres;

pub(super) type Answer = Result<Committed, CommitError>;

/// One empty database.
pub(super) struct Ground {
    pub(super) place: Place,
    pub(super) clock: Clock,
    /// Whether several hosts may open it.
    pub(super) shared: bool,
    _folder: Option<TempDir>,
}

/// A clock that the test moves.
#[derive(Clone)]
pub(super) struct Clock(Arc<AtomicI64>);

impl Clock {
    pub(super) fn now(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn advance(&self, by_ms: i64) {
        self.0.fetch_add(by_ms, Ordering::Relaxed);
    }
}

impl Ground {
    /// A folder for `SQLite`.
    pub(super) fn embedded() -> Self {
        let folder = TempDir::new().expect("the machine has a folder for temporary files");
        let place = Place::Folder(folder.path().join("data"));
        Self { place, clock: standing(), shared: false, _folder: Some(folder) }
    }

    /// A database of the throw-away `PostgreSQL`, where there is one.
    pub(super) fn shared() -> Option<Self> {
        let place = Place::Server(postgres::database()?);
        Some(Self { place, clock: standing(), shared: true, _folder: None })
    }

    /// Another empty database of the same engine.
    pub(super) fn another(&self) -> Self {
        if self.shared { Self::shared().expect("there was one already") } else { Self::embedded() }
    }

    /// Opened by the host that writes lane `n`.
    pub(super) async fn open(&self, n: u128) -> Db {
        self.open_at(self.place.clone(), n).await
    }

    /// Opened through another address.
    pub(super) async fn open_at(&self, place: Place, n: u128) -> Db {
        self.try_open(place, n).await.expect("the database opens")
    }

    pub(super) async fn try_open(&self, place: Place, n: u128) -> Result<Db, assay_db::DbError> {
        let clock = self.clock.clone();
        Db::open(Settings::new(place, Money::Test), lane(n), Arc::new(move || clock.now())).await
    }

    /// As many hosts as the engine allows, at most two.
    pub(super) async fn hosts(&self) -> Vec<Db> {
        let mut hosts = vec![self.open(1).await];
        if self.shared {
            hosts.push(self.open(2).await);
        }
        hosts
    }

    /// Fails unless the books and the chain are in order.
    pub(super) async fn audit(&self, db: &Db) {
        let differences = self.differences(db, &[]).await;
        assert!(differences.is_empty(), "{differences:#?}");
    }

    /// What an audit finds, in words.
    pub(super) async fn differences(&self, db: &Db, sealed: &[&'static Table]) -> Vec<String> {
        let report = audit(db.read(), sealed).await.expect("the database can be audited");
        assert_eq!(report.found, report.differences.len() as u64);
        report.differences.iter().map(ToString::to_string).collect()
    }

    /// Runs a story on one thread, where the order of tasks is fixed.
    pub(super) fn run(&self, story: impl AsyncFnOnce(&Self)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime starts").block_on(story(self));
    }
}

/// Runs a story on every engine.
#[expect(clippy::needless_pass_by_value, reason = "stories are written where they are handed over")]
pub(super) fn each_engine(story: impl AsyncFn(&Ground)) {
    for ground in [Some(Ground::embedded()), Ground::shared()].into_iter().flatten() {
        ground.run(&story);
    }
}

/// Commits changes in one group: all are handed over before the committer, on the same
/// thread, can take the first.
pub(super) async fn together(db: &Db, changes: Vec<Change>) -> Vec<Answer> {
    let mut waiting: Vec<Pin<Box<dyn Future<Output = Answer> + '_>>> = Vec::new();
    for change in changes {
        waiting.push(Box::pin(db.commit(change)));
    }
    let mut answers: Vec<Option<Answer>> = waiting.iter().map(|_| None).collect();
    std::future::poll_fn(move |context| {
        for (future, answer) in waiting.iter_mut().zip(&mut answers).filter(|(_, answer)| answer.is_none()) {
            if let Poll::Ready(said) = future.as_mut().poll(context) {
                *answer = Some(said);
            }
        }
        let done = answers.iter().all(Option::is_some);
        if done { Poll::Ready(answers.drain(..).flatten().collect()) } else { Poll::Pending }
    })
    .await
}

/// Answers in a word each.
pub(super) fn statuses(answers: &[Answer]) -> Vec<String> {
    answers.iter().map(status).collect()
}

fn status(answer: &Answer) -> String {
    match answer {
        Ok(done) if done.replayed => "replayed".into(),
        Ok(_) => "landed".into(),
        Err(CommitError::Stale) => "stale".into(),
        Err(CommitError::Refused(refusal)) => refusal.code.as_str().into(),
        Err(CommitError::OnceMismatch) => "mismatch".into(),
        Err(CommitError::Unavailable(_)) => "unavailable".into(),
        Err(CommitError::Internal(_)) => "internal".into(),
    }
}

pub(super) fn lane(n: u128) -> Lane {
    Lane(Uuid::from_u128(0xa000 + n))
}

pub(super) fn party(n: u128) -> PartyId {
    PartyId(Uuid::from_u128(n))
}

/// A party's free dollars.
pub(super) fn account(n: u128) -> Account {
    Account { holder: Holder::Party(party(n)), asset: Asset::Usd, pocket: Pocket::Free }
}

pub(super) fn task_head(n: u128) -> Key {
    Key::head("task", Uuid::from_u128(n))
}

/// What several parties have.
pub(super) async fn free(db: &Db, parties: &[u128]) -> Vec<i64> {
    let accounts: Vec<Account> = parties.iter().copied().map(account).collect();
    db.read().balances(&accounts).await.expect("balances can be read")
}

/// Money comes in.
pub(super) fn deposit(to: u128, amount: i64) -> Change {
    let order = Move::deposit(Provider::Test, lane(1), party(to), Asset::Usd, amount, Pocket::Free);
    Change::new().moves([order])
}

/// Money goes from one party to another.
pub(super) fn pay(from: u128, to: u128, amount: i64) -> Change {
    Change::new().moves([Move {
        from: Holder::Party(party(from)),
        to: Holder::Party(party(to)),
        asset: Asset::Usd,
        amount,
        draw: Draw::SpendFirst,
        land: Land::In(Pocket::Free),
        reason: Reason::Payout,
        task: None,
    }])
}

/// The refusal of a full counter.
pub(super) fn full() -> Refusal {
    Refusal::new(Code::GuardrailMaxOpenTasks, "ten tasks are open")
}

fn standing() -> Clock {
    Clock(Arc::new(AtomicI64::new(1_700_000_000_000)))
}
