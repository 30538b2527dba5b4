//! One change against what the ones before it left: objections first, in their order,
//! then what it would do.

use std::collections::BTreeSet;
use std::sync::Arc;

use assay_domain::ledger::{self, Account, Transfer};
use assay_domain::refusal::Refusal;

use super::{Group, Setting};
use crate::change::{Applied, Change, CommitError, Numbered, Reply};
use crate::prepared::Prepared;
use crate::record::{Mode, Write};

/// A change that passed, before it is admitted.
pub(super) struct Draft {
    pub(super) applied: Applied,
    /// Where the cells that it wrote are among its names.
    pub(super) touched: Vec<usize>,
    pub(super) reply: Reply,
}

/// The cells of a change while it is judged, in the order of its names.
struct Cells {
    values: Vec<i64>,
    touched: Vec<bool>,
}

impl Cells {
    fn set(&mut self, place: usize, n: i64) {
        self.values[place] = n;
        self.touched[place] = true;
    }

    fn step(&mut self, place: usize) -> i64 {
        self.set(place, self.values[place] + 1);
        self.values[place]
    }
}

impl Group<'_, '_> {
    /// All further objections, in the order [`Change`] documents; then the draft.
    pub(super) fn judge(&self, prepared: &Prepared) -> Result<Draft, CommitError> {
        let Prepared { change, names, places, .. } = prepared;
        let values: Vec<i64> = names.cells.iter().map(|key| self.state.known.cell(key)).collect();
        if change.expect.iter().zip(&places.expect).any(|((_, n), place)| values[*place] != *n) {
            return Err(CommitError::Stale);
        }
        self.refuse_taken(change)?;
        self.refuse_rewritten(change)?;
        let mut cells = Cells { touched: vec![false; values.len()], values };
        count(prepared, &mut cells)?;
        let transfers = transfer(prepared, &mut cells)?;
        // Nothing below objects.
        for place in &places.bump {
            cells.step(*place);
        }
        let events = self.number(prepared, &mut cells);
        Ok(self.draft(prepared, cells, transfers, events))
    }

    fn refuse_taken(&self, change: &Change) -> Result<(), Refusal> {
        let mut own = BTreeSet::new();
        for unique in &change.unique {
            if self.state.known.uniques.contains(&unique.key) || !own.insert(&unique.key) {
                return Err(unique.refusal.clone());
            }
        }
        Ok(())
    }

    /// The database refuses a second insert of one key, but would not see it here.
    fn refuse_rewritten(&self, change: &Change) -> Result<(), CommitError> {
        let must_be_new = |write: &&Write| write.mode == Mode::Insert;
        match change.rows.iter().filter(must_be_new).find(|write| self.batch.holds(write)) {
            Some(write) => {
                Err(CommitError::Internal(format!("a row of {} is there already", write.table.name)))
            }
            None => Ok(()),
        }
    }

    fn number(&self, prepared: &Prepared, cells: &mut Cells) -> Vec<Numbered> {
        let events = prepared.change.events.iter().zip(&prepared.places.events);
        let numbered = events.zip(self.last_event + 1..);
        numbered
            .map(|((event, place), lane_seq)| Numbered {
                subject: event.subject.clone(),
                seq: cells.step(*place),
                lane_seq,
            })
            .collect()
    }

    fn draft(
        &self,
        prepared: &Prepared,
        cells: Cells,
        transfers: Vec<Transfer>,
        events: Vec<Numbered>,
    ) -> Draft {
        let Setting { lane, ref head, at, .. } = *self.setting;
        let Cells { values, touched } = cells;
        let touched = touched.iter().enumerate().filter_map(|(place, touched)| touched.then_some(place));
        let touched = touched.collect();
        let names = Arc::clone(&prepared.names);
        let applied = Applied { lane, link: head.n + 1, at, transfers, events, names, values };
        let reply = (prepared.change.reply)(&applied);
        Draft { applied, touched, reply }
    }
}

fn count(prepared: &Prepared, cells: &mut Cells) -> Result<(), CommitError> {
    for (add, &place) in prepared.change.add.iter().zip(&prepared.places.add) {
        let after = cells.values[place].saturating_add(add.delta);
        if let Some((max, refusal)) = &add.limit
            && add.delta > 0
            && after > *max
        {
            return Err(refusal.clone().into());
        }
        if after < 0 {
            return Err(CommitError::Internal(format!("the counter {} would fall below zero", add.key)));
        }
        cells.set(place, after);
    }
    Ok(())
}

fn transfer(prepared: &Prepared, cells: &mut Cells) -> Result<Vec<Transfer>, CommitError> {
    let names = &prepared.names;
    let transfers = ledger::apply(&prepared.change.moves, |account: &Account| {
        names.place_of(account).map_or(0, |place| cells.values[place])
    })?;
    for transfer in &transfers {
        for (account, delta) in [(&transfer.debit, -transfer.amount), (&transfer.credit, transfer.amount)] {
            let place = names
                .place_of(account)
                .ok_or_else(|| CommitError::Internal(format!("{account} is in none of the moves")))?;
            let balance = cells.values[place] + delta;
            // The ledger has refused this already. Money is guarded twice.
            if balance < 0 && !account.may_go_negative() {
                return Err(CommitError::Internal(format!("{account} would fall below zero")));
            }
            cells.set(place, balance);
        }
    }
    Ok(transfers)
}
