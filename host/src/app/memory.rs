//! What a process remembers so that it need not read it again for every request. Nothing
//! is decided by it that the database would decide otherwise:
//!
//! - keys, whether anyone wants to be told of events, and tasks without notes: only where this
//!   process alone writes, which is the embedded database. Whatever it commits passes by here
//!   before anyone is answered, and a group that writes keys makes all of them forgotten: a key
//!   that was ended is ended for the next request.
//! - everything else is remembered with the head it was read at or left at, and the commit
//!   expects that head. Whoever moved it meanwhile, on whatever host, sends the verb back to
//!   read. A bid and a delivery go with the head of their task, which moves with them.
//!
//! A verb that means to use it asks with [`Sight`]. Nobody is refused by what is
//! remembered either: a refusal sends the verb to the rows first.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use assay_db::entities::packages::WebhookRow;
use assay_db::entities::people::KeyRow;
use assay_db::entities::{TaskRow, TraceRow};
use assay_db::{Applied, Change, Key, Write};
use assay_domain::guardrails::Guardrails;
use assay_domain::ids::{BidId, ChannelId, DeliveryId, PartyId, TaskId};

use super::bids::Bid;
use super::channels::Channel;
use super::deliveries::Delivery;
use super::numbers::Numbers;
use super::ownership::Who;
use super::task::Task;

/// Things of one kind that are remembered; with one more all are forgotten, which costs
/// each a reading.
const THINGS_MAX: usize = 20_000;

/// What people wrote in them, roughly; past it all of that kind are forgotten.
const BYTES_MAX: usize = 8 << 20;

/// It.
#[derive(Default)]
pub(crate) struct Memory {
    /// Whether nobody but this process writes.
    alone: bool,
    /// By the hash of the secret.
    keys: Things<String, Arc<KeyRow>>,
    /// Whether any webhook is to be told of events.
    listens: Things<(), bool>,
    /// Those that nobody has left a note on.
    unnoted: Things<TaskId, ()>,
    /// With the head each was read at.
    channels: Things<ChannelId, (Channel, i64)>,
    /// Those that are not over; a task carries its head.
    tasks: Things<TaskId, Task>,
    /// With the head of its task.
    bids: Things<BidId, (Bid, i64)>,
    /// With the head of its task.
    deliveries: Things<DeliveryId, (Delivery, i64)>,
    /// As far as it matters to others; with the head of its ownership.
    parties: Things<PartyId, Who>,
    /// With their head.
    guardrails: Things<PartyId, (Guardrails, i64)>,
    /// With the time they were counted at.
    numbers: Mutex<Option<(i64, Numbers)>>,
}

/// Where a verb looks: in memory first, in the rows once that did not do.
#[derive(Default)]
pub(crate) struct Sight {
    /// Whether memory may be asked.
    memory: bool,
    /// Whether it had an answer.
    used: AtomicBool,
}

/// A change that was decided, and what will be known once it landed.
pub(crate) struct Decided {
    /// To be committed.
    pub(crate) change: Change,
    /// What it leaves.
    pub(crate) leaves: Vec<Left>,
}

/// A thing as a change leaves it.
pub(crate) enum Left {
    /// A task.
    Task(Box<Task>),
    /// A bid on a task whose head the change expects.
    Bid(Box<Bid>),
    /// A delivery of a task that the change moves on.
    Delivery(Box<Delivery>),
}

/// What was known when something was about to be read; what is read since then is only
/// remembered if nothing was forgotten meanwhile.
#[derive(Clone, Copy)]
pub(crate) struct Since(u64);

struct Things<K, T>(RwLock<Known<K, T>>);

struct Known<K, T> {
    things: HashMap<K, (T, usize)>,
    /// What they weigh together.
    bytes: usize,
    /// How often all was forgotten.
    forgotten: u64,
}

impl From<Change> for Decided {
    fn from(change: Change) -> Self {
        Self { change, leaves: Vec::new() }
    }
}

impl Sight {
    /// Memory first.
    pub(crate) fn memory() -> Self {
        Self { memory: true, ..Self::default() }
    }

    /// Nothing but the rows.
    pub(crate) fn rows() -> Self {
        Self::default()
    }

    /// Whether anything was seen that may be out of date.
    pub(crate) fn was_used(&self) -> bool {
        self.used.load(Ordering::Relaxed)
    }

    /// Looks in memory, if it may.
    pub(crate) fn recall<T>(&self, find: impl FnOnce() -> Option<T>) -> Option<T> {
        let found = if self.memory { find() } else { None };
        if found.is_some() {
            self.used.store(true, Ordering::Relaxed);
        }
        found
    }
}

impl<K, T> Default for Things<K, T> {
    fn default() -> Self {
        Self(RwLock::new(Known { things: HashMap::new(), bytes: 0, forgotten: 0 }))
    }
}

impl<K: Hash + Eq, T: Clone> Things<K, T> {
    fn find(&self, key: &K) -> Result<T, Since> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.things.get(key).map(|(thing, _)| thing.clone()).ok_or(Since(known.forgotten))
    }

    /// Remembers a thing that was read since it was not known.
    fn keep_since(&self, since: Since, key: K, thing: T) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.forgotten == since.0 {
            known.put(key, thing, 0);
        }
    }

    /// Remembers a thing that weighs so many bytes.
    fn keep(&self, key: K, thing: T, bytes: usize) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).put(key, thing, bytes);
    }

    fn take(&self, key: &K) -> Option<T> {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let (thing, bytes) = known.things.remove(key)?;
        known.bytes -= bytes;
        Some(thing)
    }

    fn forget(&self) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.clear();
        known.forgotten += 1;
    }
}

impl<K: Hash + Eq, T> Known<K, T> {
    fn put(&mut self, key: K, thing: T, bytes: usize) {
        if self.things.len() >= THINGS_MAX || self.bytes + bytes > BYTES_MAX {
            self.clear();
        }
        self.bytes += bytes;
        if let Some((_, earlier)) = self.things.insert(key, (thing, bytes)) {
            self.bytes -= earlier;
        }
    }

    fn clear(&mut self) {
        self.things.clear();
        self.bytes = 0;
    }
}

impl Memory {
    /// Nothing yet, of a database that nobody but this process writes to, or that others do.
    pub(crate) fn new(alone: bool) -> Self {
        Self { alone, ..Self::default() }
    }

    /// The house in numbers, if they were counted since then.
    pub(crate) fn numbers_since(&self, at: i64) -> Option<Numbers> {
        let kept = *self.numbers.lock().unwrap_or_else(PoisonError::into_inner);
        kept.filter(|(counted_at, _)| *counted_at > at).map(|(_, numbers)| numbers)
    }

    /// Keeps the house in numbers.
    pub(crate) fn keep_numbers(&self, at: i64, numbers: Numbers) {
        *self.numbers.lock().unwrap_or_else(PoisonError::into_inner) = Some((at, numbers));
    }

    /// A key by the hash of its secret, or when it was not known.
    pub(crate) fn key(&self, hash: &String) -> Result<Arc<KeyRow>, Since> {
        self.keys.find(hash)
    }

    /// Remembers a key that was read since it was not known.
    pub(crate) fn keep_key(&self, since: Since, row: Arc<KeyRow>) {
        if self.alone {
            self.keys.keep_since(since, row.hash.clone(), row);
        }
    }

    /// Whether any webhook is to be told of events, or when that was not known.
    pub(crate) fn listens(&self) -> Result<bool, Since> {
        self.listens.find(&())
    }

    /// Remembers it as it was read since it was not known.
    pub(crate) fn keep_listens(&self, since: Since, listens: bool) {
        if self.alone {
            self.listens.keep_since(since, (), listens);
        }
    }

    /// Whether it is known that nobody has left a note on a task.
    pub(crate) fn is_unnoted(&self, task: TaskId) -> bool {
        self.unnoted.find(&task).is_ok()
    }

    /// A channel, and the head that a change of it has to expect.
    pub(crate) fn channel(&self, id: ChannelId) -> Option<(Channel, i64)> {
        self.channels.find(&id).ok()
    }

    /// Remembers a channel as it was read after its head.
    pub(crate) fn keep_channel(&self, channel: &Channel, head: i64) {
        self.channels.keep(channel.id, (channel.clone(), head), 0);
    }

    /// A task.
    pub(crate) fn task(&self, id: TaskId) -> Option<Task> {
        self.tasks.find(&id).ok()
    }

    /// Remembers a task as it was read after its head.
    pub(crate) fn keep_task(&self, task: &Task) {
        if !task.state.is_final() {
            self.tasks.keep(task.id, task.clone(), task.weight());
        }
    }

    /// A bid and its task, where both are known as of one moment. It is asked for to be
    /// decided about, so it is not remembered any longer.
    pub(crate) fn take_bid(&self, id: BidId) -> Option<(Bid, Task)> {
        let (bid, head) = self.bids.take(&id)?;
        let task = self.task(bid.task)?;
        (task.head == head).then_some((bid, task))
    }

    /// A delivery and its task, likewise.
    pub(crate) fn take_delivery(&self, id: DeliveryId) -> Option<(Delivery, Task)> {
        let (delivery, head) = self.deliveries.take(&id)?;
        let task = self.task(delivery.task)?;
        (task.head == head).then_some((delivery, task))
    }

    /// A party and whom it belongs to.
    pub(crate) fn party(&self, id: PartyId) -> Option<Who> {
        self.parties.find(&id).ok()
    }

    /// Remembers a party as it was read after its head.
    pub(crate) fn keep_party(&self, who: Who) {
        self.parties.keep(who.id, who, 0);
    }

    /// A party's guardrails, and their head.
    pub(crate) fn guardrails(&self, party: PartyId) -> Option<(Guardrails, i64)> {
        self.guardrails.find(&party).ok()
    }

    /// Remembers guardrails as they were read after their head.
    pub(crate) fn keep_guardrails(&self, party: PartyId, guardrails: &Guardrails, head: i64) {
        let categories = guardrails.allowed_categories.iter().flatten().map(|name| name.len() + 24).sum();
        self.guardrails.keep(party, (guardrails.clone(), head), categories);
    }

    /// Remembers what a change left that is in the database now.
    pub(crate) fn learn(&self, leaves: Vec<Left>, applied: &Applied) {
        for left in leaves {
            match left {
                Left::Task(task) => {
                    let head = applied.cell(&Task::head_key(task.id));
                    self.keep_task(&Task { head, ..*task });
                }
                Left::Bid(bid) => {
                    let head = applied.cell(&Task::head_key(bid.task));
                    let bytes = bid.cover_letter.len() + bid.note.len();
                    self.bids.keep(bid.id, (*bid, head), bytes);
                }
                Left::Delivery(delivery) => {
                    let head = applied.cell(&Task::head_key(delivery.task));
                    let bytes = delivery.weight();
                    self.deliveries.keep(delivery.id, (*delivery, head), bytes);
                }
            }
        }
    }

    /// Changes that this process may have committed, before anyone is answered.
    pub(crate) fn told(&self, changes: &[&Change]) {
        if self.alone {
            for change in changes {
                change.rows.iter().for_each(|row| self.written(row, &change.new_ids));
            }
        }
        for key in changes.iter().flat_map(|change| &change.bump) {
            self.moved(key);
        }
    }

    /// A row that nobody else could have written, of a change that was made for new ids.
    fn written(&self, row: &Write, new_ids: &[String]) {
        let task = |column| row.text(column).and_then(|id| id.parse().ok());
        if row.is_of::<TaskRow>() {
            let is_new = new_ids.iter().any(|id| row.text("id") == Some(id));
            if let Some(task) = task("id").filter(|_| is_new) {
                self.unnoted.keep(task, (), 0);
            }
        } else if row.is_of::<TraceRow>() {
            if let Some(task) = task("task") {
                self.unnoted.take(&task);
            }
        } else if row.is_of::<KeyRow>() {
            self.keys.forget();
        } else if row.is_of::<WebhookRow>() {
            self.listens.forget();
        }
    }

    /// A head moved: what is remembered at its old number is of no use.
    fn moved(&self, key: &Key) {
        let Some((kind, id)) = key.as_str().strip_prefix("h/").and_then(|name| name.split_once('/')) else {
            return;
        };
        match kind {
            "task" => forget_one(&self.tasks, id),
            "channel" => forget_one(&self.channels, id),
            "party" => forget_one(&self.parties, id),
            "guardrails" => forget_one(&self.guardrails, id),
            _ => {}
        }
    }
}

fn forget_one<K: Hash + Eq + std::str::FromStr, T: Clone>(things: &Things<K, T>, id: &str) {
    if let Ok(id) = id.parse() {
        things.take(&id);
    }
}
