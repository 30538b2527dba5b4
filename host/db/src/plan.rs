//! Decides what becomes of a group: a pure function of the changes and what was read.
//!
//! Changes are judged one after another, each seeing what the ones before it did. One
//! that is refused leaves no trace; the others land together.

mod judge;

use std::collections::{BTreeSet, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};

use assay_domain::ids::Lane;
use foldhash::{HashMap as FoldMap, HashSet as FoldSet};

use self::judge::Draft;
use crate::batch::Batch;
use crate::chain::{self, LinkHasher};
use crate::change::{Applied, Change, CommitError, Committed, Reply};
use crate::check;
use crate::key::Key;
use crate::postings::{Pending, Posting};
use crate::prepared::Prepared;
use crate::record::{Record as _, Value, Write};
use crate::rows::{CellRow, EventRow, JobRow, LinkRow, OnceRow, SealRow, TransferRow, UniqueRow};

/// What a change gets told.
pub(crate) type Answer = Result<Committed, CommitError>;

/// What must be read before a group can be judged. Sorted, since cells are locked in
/// this order.
#[derive(Default)]
pub(crate) struct Needs<'c> {
    pub(crate) cells: BTreeSet<&'c Key>,
    pub(crate) uniques: BTreeSet<&'c str>,
    pub(crate) once: BTreeSet<&'c str>,
}

impl<'c> Needs<'c> {
    pub(crate) fn of(changes: impl IntoIterator<Item = &'c Prepared>) -> Self {
        let mut needs = Self::default();
        for prepared in changes.into_iter().filter(|prepared| prepared.storable.is_ok()) {
            needs.cells.extend(&prepared.names.cells);
            needs.uniques.extend(prepared.change.unique.iter().map(|unique| unique.key.as_str()));
            needs.once.extend(prepared.change.once.iter().map(|once| once.key.as_str()));
        }
        needs
    }
}

/// What was read, brought up to date as changes are admitted.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) known: Known,
    pub(crate) once: HashMap<String, OnceRow>,
    /// What the groups before left of postings.
    pub(crate) pending: Pending,
}

/// Cells and unique keys as they are, as far as that is known. A cell is looked up some five
/// times a change, by a name of a hundred bytes: the standard library's hash takes several
/// times as long over it.
#[derive(Default)]
pub(crate) struct Known {
    /// Missing ones count as 0.
    pub(crate) cells: FoldMap<Key, i64>,
    /// Those that are taken.
    pub(crate) uniques: FoldSet<String>,
    /// Ids of which all cells and unique keys are known: nothing was named after one of them
    /// before it was heard of here.
    pub(crate) new_ids: FoldSet<String>,
}

impl Known {
    fn cell(&self, key: &Key) -> i64 {
        self.cells.get(key).copied().unwrap_or(0)
    }

    /// Whether it is known what a cell is at.
    pub(crate) fn has_cell(&self, key: &Key) -> bool {
        self.cells.contains_key(key) || self.is_of_new_id(key.as_str())
    }

    /// Whether it is known that a unique key is taken, or that it is not.
    fn has_unique(&self, key: &str) -> bool {
        self.uniques.contains(key) || self.is_of_new_id(key)
    }

    fn is_of_new_id(&self, name: &str) -> bool {
        name.split('/').any(|part| self.new_ids.contains(part))
    }

    /// How many things it is that are known.
    pub(crate) fn len(&self) -> usize {
        self.cells.len() + self.uniques.len() + self.new_ids.len()
    }
}

/// Where a lane's journal has got to.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    pub(crate) n: i64,
    pub(crate) hash: Vec<u8>,
    pub(crate) last_event: i64,
}

/// The circumstances of a group.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    pub(crate) lane: Lane,
    pub(crate) head: Head,
    /// Milliseconds since 1970.
    pub(crate) at: i64,
    /// How long an idempotent answer is kept.
    pub(crate) once_ttl_ms: i64,
    /// Whether transfers have postings.
    pub(crate) posts: bool,
}

/// A group that is ready to be written.
pub(crate) struct Plan<'c> {
    /// One a change, in their order. To be sent once the group is in the database.
    pub(crate) answers: Vec<Answer>,
    /// What to write; empty when no change landed.
    pub(crate) batch: Batch<'c>,
    /// Where the lane's journal will have got to.
    pub(crate) head: Head,
    /// How many changes landed.
    pub(crate) landed: i64,
    /// The postings that are to come when it has landed.
    pub(crate) pending: Pending,
    /// What is known as the group leaves it; what was read and nobody moved too.
    pub(crate) known: Known,
}

/// Judges a group.
pub(crate) fn plan<'c>(
    changes: impl IntoIterator<Item = &'c Prepared>,
    state: State,
    setting: &Setting,
) -> Plan<'c> {
    let mut group = Group::new(state, setting);
    let answers = changes.into_iter().map(|change| group.take(change)).collect();
    group.finish(answers)
}

/// The rows that the link's hash covers, in the order of their numbers.
#[derive(Default)]
struct Journal {
    transfers: Vec<Write>,
    /// Not covered: they say nothing that the transfers do not.
    postings: Vec<Posting>,
    events: Vec<Write>,
    seals: Vec<Write>,
}

/// A group that is being judged, change by change.
pub(crate) struct Group<'c, 's> {
    setting: &'s Setting,
    state: State,
    changed: FoldSet<&'c Key>,
    last_event: i64,
    landed: i64,
    journal: Journal,
    batch: Batch<'c>,
}

impl<'s> Group<'_, 's> {
    /// Nobody yet.
    pub(crate) fn new(state: State, setting: &'s Setting) -> Self {
        Self {
            setting,
            state,
            changed: FoldSet::default(),
            last_event: setting.head.last_event,
            landed: 0,
            journal: Journal::default(),
            batch: Batch::default(),
        }
    }

    /// Whether a change can be judged by what is known, its own new ids included.
    pub(crate) fn knows(&mut self, prepared: &Prepared) -> bool {
        let Prepared { change, names, .. } = prepared;
        let known = &mut self.state.known;
        known.new_ids.extend(change.new_ids.iter().cloned());
        (change.once.is_none() || change.once_unused)
            && change.unique.iter().all(|unique| known.has_unique(&unique.key))
            && names.cells.iter().all(|key| known.has_cell(key))
    }

    /// What is known so far.
    pub(crate) const fn known(&self) -> &Known {
        &self.state.known
    }

    /// What was read meanwhile, of what was not known.
    pub(crate) fn learn(&mut self, read: State) {
        let known = &mut self.state.known;
        for (key, n) in read.known.cells {
            known.cells.entry(key).or_insert(n);
        }
        known.uniques.extend(read.known.uniques);
        self.state.once.extend(read.once);
    }
}

impl<'c> Group<'c, '_> {
    /// Judges one more change, after those before it.
    pub(crate) fn take(&mut self, prepared: &'c Prepared) -> Answer {
        prepared.storable.clone()?;
        if let Some(answer) = self.earlier_answer(&prepared.change) {
            return answer;
        }
        // Moves and replies are other people's code; a panic there costs one change.
        let judged = catch_unwind(AssertUnwindSafe(|| self.judge(prepared)));
        let draft =
            judged.unwrap_or_else(|_| Err(CommitError::Internal("deciding or answering panicked".into())))?;
        Ok(self.admit(prepared, draft))
    }

    /// The answer of an idempotency key that is not new.
    fn earlier_answer(&self, change: &Change) -> Option<Answer> {
        let once = change.once.as_ref()?;
        let kept = self.state.once.get(&once.key).filter(|kept| !self.expired(kept))?;
        if kept.body_hash != once.body_hash {
            return Some(Err(CommitError::OnceMismatch));
        }
        let reply = Reply::new(u16::try_from(kept.status).unwrap_or(200), kept.body.clone());
        Some(Ok(Committed { reply, replayed: true, applied: None }))
    }

    fn expired(&self, kept: &OnceRow) -> bool {
        kept.at.saturating_add(self.setting.once_ttl_ms) <= self.setting.at
    }

    fn admit(&mut self, prepared: &'c Prepared, draft: Draft) -> Committed {
        let Draft { applied, touched, reply } = draft;
        let change = &prepared.change;
        self.landed += 1;
        for place in touched {
            let (key, n) = (&prepared.names.cells[place], applied.values[place]);
            if let Some(cell) = self.state.known.cells.get_mut(key) {
                *cell = n;
            } else {
                self.state.known.cells.insert(key.clone(), n);
            }
            self.changed.insert(key);
        }
        for unique in &change.unique {
            self.state.known.uniques.insert(unique.key.clone());
            self.batch.put_own(UniqueRow { key: unique.key.clone(), value: unique.value.clone() }.insert());
        }
        self.journal_transfers(&applied);
        self.journal_events(change, &applied);
        self.write_rows(change);
        self.write_jobs(change);
        self.keep_answer(change, &reply);
        Committed { reply, replayed: false, applied: Some(applied) }
    }

    fn journal_transfers(&mut self, applied: &Applied) {
        for transfer in &applied.transfers {
            let seq = place(&self.journal.transfers);
            let row = TransferRow::of(transfer, applied.lane, applied.link, seq, applied.at);
            if self.setting.posts {
                self.journal.postings.extend(Posting::both_of(&row));
            }
            self.journal.transfers.push(row.insert());
        }
    }

    fn journal_events(&mut self, change: &Change, applied: &Applied) {
        for (event, number) in change.events.iter().zip(&applied.events) {
            self.last_event = number.lane_seq;
            let row = EventRow {
                subject: event.subject.clone(),
                seq: number.seq,
                lane: applied.lane.to_string(),
                lane_seq: number.lane_seq,
                link: applied.link,
                kind: event.kind.clone(),
                visibility: event.visibility.clone(),
                body: event.body.clone(),
                at: applied.at,
            };
            self.journal.events.push(row.insert());
        }
    }

    fn write_rows(&mut self, change: &'c Change) {
        for write in &change.rows {
            if write.table.sealed {
                let seal = SealRow {
                    lane: self.setting.lane.to_string(),
                    link: self.setting.head.n + 1,
                    seq: place(&self.journal.seals),
                    source: write.table.name.to_owned(),
                    key: check::text_key(write).unwrap_or_default().to_owned(),
                    digest: chain::row_digest(write.table, &write.values),
                };
                self.journal.seals.push(seal.insert());
            }
            self.batch.put(write);
        }
    }

    fn write_jobs(&mut self, change: &Change) {
        for job in &change.jobs {
            let row = JobRow {
                id: job.id.to_string(),
                kind: job.kind.clone(),
                subject: job.subject.clone(),
                due_at: job.due_at,
                leased_until: 0,
                attempts: 0,
                body: job.body.clone(),
                at: self.setting.at,
            };
            self.batch.put_own(row.upsert());
        }
        for job in &change.done {
            self.batch.put_own(JobRow::delete([Value::Text(job.to_string())]));
        }
    }

    fn keep_answer(&mut self, change: &Change, reply: &Reply) {
        let Some(once) = &change.once else { return };
        let row = OnceRow {
            key: once.key.clone(),
            body_hash: once.body_hash.clone(),
            status: i64::from(reply.status),
            body: reply.stored.as_ref().unwrap_or(&reply.body).clone(),
            at: self.setting.at,
        };
        // A new key is inserted, so that of two hosts the second one hears of the first
        // from the database; an expired one was locked when it was read.
        let expired = self.state.once.insert(row.key.clone(), row.clone()).is_some();
        self.batch.put_own(if expired { row.upsert() } else { row.insert() });
    }

    /// Ready to be written, with everybody's answers in the order of the changes.
    pub(crate) fn finish(mut self, answers: Vec<Answer>) -> Plan<'c> {
        if self.landed == 0 {
            let State { known, pending, .. } = self.state;
            let head = self.setting.head.clone();
            return Plan { answers, batch: Batch::default(), head, landed: 0, pending, known };
        }
        // Sorted, so that all hosts write cells in one order.
        let mut changed: Vec<&Key> = self.changed.drain().collect();
        changed.sort_unstable();
        for key in changed {
            let row = CellRow { key: key.as_str().to_owned(), n: self.state.known.cell(key) };
            self.batch.append(row.upsert());
        }
        let link = self.link();
        let head = Head { n: link.n, hash: link.hash.clone(), last_event: link.last_event };
        let Journal { transfers, postings, events, seals } = self.journal;
        let State { known, mut pending, .. } = self.state;
        if self.setting.posts {
            pending.follow(self.setting.lane, head.n, postings, &mut self.batch);
        }
        for write in transfers.into_iter().chain(events).chain(seals) {
            self.batch.append(write);
        }
        self.batch.append(link.insert());
        Plan { answers, batch: self.batch, head, landed: self.landed, pending, known }
    }

    fn link(&self) -> LinkRow {
        let mut link = LinkRow {
            lane: self.setting.lane.to_string(),
            n: self.setting.head.n + 1,
            previous: self.setting.head.hash.clone(),
            hash: Vec::new(),
            changes: self.landed,
            last_event: self.last_event,
            at: self.setting.at,
        };
        let mut hasher = LinkHasher::new(&link);
        let Journal { transfers, events, seals, .. } = &self.journal;
        for write in transfers.iter().chain(events).chain(seals) {
            hasher.row(write.table, &write.values);
        }
        link.hash = hasher.finish();
        link
    }
}

/// The number of the next row of a link.
fn place(rows: &[Write]) -> i64 {
    i64::try_from(rows.len()).unwrap_or(i64::MAX).saturating_add(1)
}
