//! A change made ready by whoever sends it, so that the one writer need not name, sort or
//! look through anything: its time is everybody's.

use std::sync::Arc;

use assay_domain::ledger::{self, Account};

use crate::change::{Change, CommitError};
use crate::check;
use crate::key::Key;

/// A change, ready.
pub(crate) struct Prepared {
    pub(crate) change: Change,
    /// Whether the database can hold it. One that it cannot hold names no cells.
    pub(crate) storable: Result<(), CommitError>,
    pub(crate) names: Arc<Names>,
    pub(crate) places: Places,
}

/// The cells of a change.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// Sorted, each once.
    pub(crate) cells: Vec<Key>,
    /// The accounts among them, and where their balances are.
    balances: Vec<(Account, usize)>,
}

/// Where the cells of a change's parts are among its names, in the order of the parts.
#[derive(Default)]
pub(crate) struct Places {
    pub(crate) expect: Vec<usize>,
    pub(crate) add: Vec<usize>,
    /// Heads, then jobs, then jobs that are over.
    pub(crate) bump: Vec<usize>,
    pub(crate) events: Vec<usize>,
}

impl Names {
    pub(crate) fn place(&self, key: &Key) -> Option<usize> {
        self.cells.binary_search(key).ok()
    }

    pub(crate) fn place_of(&self, account: &Account) -> Option<usize> {
        let found = self.balances.iter().find(|(known, _)| known == account);
        found.map(|(_, place)| *place)
    }
}

impl Prepared {
    pub(crate) fn new(change: Change) -> Self {
        let storable = check::storable(&change);
        let (names, places) =
            if storable.is_ok() { named(&change) } else { (Names::default(), Places::default()) };
        Self { change, storable, names: Arc::new(names), places }
    }

    /// Roughly how many bytes its rows have.
    pub(crate) fn bytes(&self) -> usize {
        self.change.rows.iter().map(crate::record::Write::size).sum()
    }
}

fn named(change: &Change) -> (Names, Places) {
    let expect: Vec<Key> = change.expect.iter().map(|(key, _)| key.clone()).collect();
    let add: Vec<Key> = change.add.iter().map(|add| add.key.clone()).collect();
    let jobs = change.jobs.iter().map(|job| job.id).chain(change.done.iter().copied()).map(Key::job);
    let bump: Vec<Key> = change.bump.iter().cloned().chain(jobs).collect();
    let events: Vec<Key> = change.events.iter().map(|event| Key::events(&event.subject)).collect();
    let mut accounts: Vec<(Account, Key)> = Vec::new();
    for account in change.moves.iter().flat_map(ledger::Move::accounts).chain(change.show.iter().copied()) {
        if accounts.iter().all(|(known, _)| *known != account) {
            accounts.push((account, Key::balance(&account)));
        }
    }
    let balances = accounts.iter().map(|(_, key)| key);
    let mut cells: Vec<Key> =
        [&expect, &add, &bump, &events].into_iter().flatten().chain(balances).cloned().collect();
    cells.sort_unstable();
    cells.dedup();
    let names = Names { cells, balances: Vec::new() };
    let places = |keys: Vec<Key>| keys.iter().filter_map(|key| names.place(key)).collect();
    let places =
        Places { expect: places(expect), add: places(add), bump: places(bump), events: places(events) };
    let balances = accounts.into_iter().filter_map(|(account, key)| Some((account, names.place(&key)?)));
    let balances = balances.collect();
    (Names { balances, ..names }, places)
}
