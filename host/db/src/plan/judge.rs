//! One change against what the ones before it left: objections first, in their order,
//! then what it would do.

use std::collections::{BTreeMap, BTreeSet};

use assay_domain::ledger::{self, Transfer};
use assay_domain::refusal::Refusal;

use super::{Group, Setting, cells_of};
use crate::change::{Applied, Change, CommitError, Numbered, Reply};
use crate::key::Key;
use crate::record::{Mode, Write};

/// A change that passed, before it is admitted.
pub(super) struct Draft {
    pub(super) applied: Applied,
    pub(super) changed: BTreeMap<Key, i64>,
    pub(super) reply: Reply,
}

impl Group<'_, '_> {
    /// All further objections, in the order [`Change`] documents; then the draft.
    pub(super) fn judge(&self, change: &Change) -> Result<Draft, CommitError> {
        if change.expect.iter().any(|(key, n)| self.state.cell(key) != *n) {
            return Err(CommitError::Stale);
        }
        self.refuse_taken(change)?;
        self.refuse_rewritten(change)?;
        let mut cells = BTreeMap::new();
        self.count(change, &mut cells)?;
        let transfers = self.transfer(change, &mut cells)?;
        // Nothing below objects.
        self.bump(change, &mut cells);
        let events = self.number(change, &mut cells);
        Ok(self.draft(change, cells, transfers, events))
    }

    fn refuse_taken(&self, change: &Change) -> Result<(), Refusal> {
        let mut own = BTreeSet::new();
        for unique in &change.unique {
            if self.state.uniques.contains_key(&unique.key) || !own.insert(&unique.key) {
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

    fn count(&self, change: &Change, cells: &mut BTreeMap<Key, i64>) -> Result<(), CommitError> {
        for add in &change.add {
            let before = cells.get(&add.key).copied().unwrap_or_else(|| self.state.cell(&add.key));
            let after = before.saturating_add(add.delta);
            if let Some((max, refusal)) = &add.limit
                && add.delta > 0
                && after > *max
            {
                return Err(refusal.clone().into());
            }
            if after < 0 {
                return Err(CommitError::Internal(format!("the counter {} would fall below zero", add.key)));
            }
            cells.insert(add.key.clone(), after);
        }
        Ok(())
    }

    fn transfer(
        &self,
        change: &Change,
        cells: &mut BTreeMap<Key, i64>,
    ) -> Result<Vec<Transfer>, CommitError> {
        let transfers = ledger::apply(&change.moves, |account| self.state.cell(&Key::balance(account)))?;
        for transfer in &transfers {
            for (account, delta) in [(&transfer.debit, -transfer.amount), (&transfer.credit, transfer.amount)]
            {
                let key = Key::balance(account);
                let balance = cells.get(&key).copied().unwrap_or_else(|| self.state.cell(&key)) + delta;
                // The ledger has refused this already. Money is guarded twice.
                if balance < 0 && !account.may_go_negative() {
                    return Err(CommitError::Internal(format!("{account} would fall below zero")));
                }
                cells.insert(key, balance);
            }
        }
        Ok(transfers)
    }

    fn bump(&self, change: &Change, cells: &mut BTreeMap<Key, i64>) {
        let jobs = change.jobs.iter().map(|job| job.id).chain(change.done.iter().copied()).map(Key::job);
        for key in change.bump.iter().cloned().chain(jobs) {
            let n = cells.get(&key).copied().unwrap_or_else(|| self.state.cell(&key));
            cells.insert(key, n + 1);
        }
    }

    fn number(&self, change: &Change, cells: &mut BTreeMap<Key, i64>) -> Vec<Numbered> {
        let mut numbered = Vec::with_capacity(change.events.len());
        for (event, lane_seq) in change.events.iter().zip(self.last_event + 1..) {
            let key = Key::events(&event.subject);
            let seq = cells.get(&key).copied().unwrap_or_else(|| self.state.cell(&key)) + 1;
            cells.insert(key, seq);
            numbered.push(Numbered { subject: event.subject.clone(), seq, lane_seq });
        }
        numbered
    }

    fn draft(
        &self,
        change: &Change,
        changed: BTreeMap<Key, i64>,
        transfers: Vec<Transfer>,
        events: Vec<Numbered>,
    ) -> Draft {
        let mut cells: BTreeMap<Key, i64> =
            cells_of(change).map(|key| (key.clone(), self.state.cell(&key))).collect();
        cells.extend(changed.clone());
        let Setting { lane, ref head, at, .. } = *self.setting;
        let applied = Applied { lane, link: head.n + 1, at, transfers, events, cells };
        let reply = (change.reply)(&applied);
        Draft { applied, changed, reply }
    }
}
