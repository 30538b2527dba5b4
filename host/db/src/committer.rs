//! The one writer: takes all changes that wait, commits them together, answers.
//!
//! It waits for no timer: while one group is being written the next one gathers, so
//! groups grow with the load. Where nobody else writes, it is also judged meanwhile
//! ([`crate::ahead`]). What can go wrong, and what follows:
//!
//! - another transaction was in the way (deadlock, serialization, a key taken between
//!   reading and writing): roll back, the same group again, a few times;
//! - the connection broke, or the server says nothing for too long: connect again and look
//!   for the link the group would have made. It is there: the group landed. It is not: the
//!   same group again;
//! - the disk is full: everyone in the group is told, nothing landed;
//! - anything else: one of the changes is at fault. The group is halved until that one
//!   stands alone and is told; its neighbours land.

use std::time::Duration;

use assay_domain::ids::Lane;
use rand::RngExt as _;
use sqlx::AnyConnection;
use sqlx::Connection as _;
use tokio::sync::{mpsc, oneshot};

use crate::address::Address;
use crate::change::{Change, CommitError};
use crate::error::Failure;
use crate::group;
use crate::lock::Lock;
use crate::log::Log;
use crate::plan::{Answer, Head, Plan, Setting};
use crate::postings::{self, Pending};
use crate::prepared::Prepared;
use crate::settings::{Clock, Limits, Listener};
use crate::sole::Sole;
use crate::sql::Engine;

/// What the committer is sent.
pub(crate) enum Message {
    Commit(Waiting),
    /// What servers left which stopped is to be done.
    CatchUp,
    Close(oneshot::Sender<()>),
}

/// A change and who waits for its answer.
pub(crate) struct Waiting {
    pub(crate) prepared: Box<Prepared>,
    pub(crate) answer: oneshot::Sender<Answer>,
}

/// A commit that is being sent, or was and never got an answer.
pub(crate) struct Doubt {
    pub(crate) head: Head,
    pub(crate) answers: Vec<Answer>,
}

pub(crate) struct Committer {
    pub(crate) address: Address,
    pub(crate) limits: Limits,
    pub(crate) lane: Lane,
    pub(crate) clock: Clock,
    listener: Listener,
    pub(crate) queue: mpsc::Receiver<Message>,
    /// Nothing after it broke, and while it is at work.
    pub(crate) connection: Option<AnyConnection>,
    /// Whether the connection is of use for another try. An engine that finds no room ends
    /// the transaction by itself, and the driver would believe for ever that it is in one.
    sound: bool,
    /// Nothing when it must be read again.
    pub(crate) head: Option<Head>,
    /// Postings that are to come; unknown while a group is under way, and after it failed.
    pub(crate) pending: Pending,
    pub(crate) log: Log,
    /// What need not be read again, where nobody else writes.
    pub(crate) sole: Sole,
}

impl Committer {
    pub(crate) fn new(
        address: Address,
        limits: Limits,
        lane: Lane,
        clock: Clock,
        listener: Listener,
        connection: AnyConnection,
        queue: mpsc::Receiver<Message>,
    ) -> Self {
        Self {
            log: Log::new(address.clone(), limits.log_pages_max),
            address,
            limits,
            lane,
            clock,
            listener,
            queue,
            connection: Some(connection),
            sound: true,
            head: None,
            pending: Pending::default(),
            sole: Sole::default(),
        }
    }

    /// Runs until the last handle is gone or somebody closes the database, and keeps
    /// the folder's lock as long.
    pub(crate) async fn run(mut self, lock: Lock) {
        let mut closed = None;
        while closed.is_none()
            && let Some(first) = self.queue.recv().await
        {
            if self.address.engine == Engine::Sqlite {
                closed = self.work_ahead(first).await;
            } else {
                let group = self.gather(first, &mut closed);
                self.settle(group, Vec::new()).await;
            }
        }
        self.queue.close();
        while let Ok(Message::Commit(waiting)) = self.queue.try_recv() {
            self.settle(vec![waiting], Vec::new()).await;
        }
        self.log.wait().await;
        if let Some(connection) = self.connection.take()
            && let Err(error) = connection.close().await
        {
            tracing::warn!(%error, "the database connection did not close cleanly");
        }
        lock.release();
        if let Some(closed) = closed {
            // Whoever asked may have stopped waiting.
            let _ = closed.send(());
        }
    }

    /// Adds the postings that servers left which stopped, and copies their log. Its own lane's
    /// postings come with its groups.
    pub(crate) async fn catch_up(&mut self) {
        if let Err(error) = self.post_behind().await {
            tracing::warn!(%error, "transfers of servers that stopped are without postings");
        }
        // Those are in the log, too.
        self.log.copy_left();
    }

    async fn post_behind(&mut self) -> Result<(), sqlx::Error> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.address.writer().await?,
        };
        postings::catch_up_others(&mut connection, self.lane).await?;
        self.connection = Some(connection);
        Ok(())
    }

    /// Everything that waits right now, within the limits of a group.
    fn gather(&mut self, first: Message, closed: &mut Option<oneshot::Sender<()>>) -> Vec<Waiting> {
        let mut group = Vec::new();
        let mut bytes = 0;
        let mut next = Some(first);
        while let Some(message) = next {
            match message {
                Message::Commit(waiting) => {
                    bytes += waiting.prepared.bytes();
                    group.push(waiting);
                }
                // Of `SQLite` alone.
                Message::CatchUp => {}
                Message::Close(sender) => *closed = Some(sender),
            }
            let room = group.len() < self.limits.group_max && bytes < self.limits.group_bytes_max;
            next = if room && closed.is_none() { self.queue.try_recv().ok() } else { None };
        }
        group
    }

    /// Lands a group and answers everyone in it. It may have landed before, as doubts say.
    pub(crate) async fn settle(&mut self, group: Vec<Waiting>, mut doubts: Vec<Doubt>) {
        let mut parts = vec![group];
        while let Some(mut part) = parts.pop() {
            let changes: Vec<&Prepared> = part.iter().map(|waiting| &*waiting.prepared).collect();
            let landed = self.land(&changes, std::mem::take(&mut doubts)).await;
            // Also of a failure: a commit that was sent and never answered may have landed.
            self.told(&part);
            let failure = match landed {
                Ok(answers) => {
                    answer(part, answers);
                    continue;
                }
                Err(failure) => failure,
            };
            match verdict(&failure) {
                Verdict::SomeonesFault if part.len() > 1 => {
                    let rest = part.split_off(part.len() / 2);
                    parts.extend([rest, part]);
                }
                Verdict::SomeonesFault => refuse(part, &CommitError::Internal(failure.to_string())),
                Verdict::Nobodys => {
                    tracing::error!(%failure, changes = part.len(), "changes could not be committed");
                    refuse(part, &CommitError::Unavailable(failure.to_string()));
                }
            }
        }
    }

    /// The circumstances of a group whose link comes after this one.
    pub(crate) fn setting_at(&self, head: Head) -> Setting {
        let posts = postings::are_kept(self.address.engine);
        Setting { lane: self.lane, head, at: (self.clock)(), once_ttl_ms: self.limits.once_ttl_ms, posts }
    }

    /// Tells who listens of a group.
    pub(crate) fn told(&self, group: &[Waiting]) {
        let changes: Vec<&Change> = group.iter().map(|waiting| &waiting.prepared.change).collect();
        self.listener.tell(&changes);
    }

    /// Tries a group until it lands or there is no point in trying.
    async fn land(&mut self, changes: &[&Prepared], mut doubts: Vec<Doubt>) -> Result<Vec<Answer>, Failure> {
        for tries in 1.. {
            let failure = match self.attempt(changes, &mut doubts).await {
                Ok(answers) => return Ok(answers),
                Err(failure) => failure,
            };
            self.head = None;
            let pause_ms = match &failure {
                Failure::Again(_) | Failure::Taken(_) if tries < self.limits.tries_max => 1 << tries,
                Failure::Lost(_) if tries < self.limits.reconnects_max => 20 << tries,
                _ => return Err(failure),
            };
            tracing::warn!(%failure, tries, "a group is tried again");
            pause(pause_ms).await;
        }
        Ok(Vec::new())
    }

    async fn attempt(
        &mut self,
        changes: &[&Prepared],
        doubts: &mut Vec<Doubt>,
    ) -> Result<Vec<Answer>, Failure> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.address.writer().await.map_err(Failure::Lost)?,
        };
        self.sound = true;
        let address = self.address.clone();
        let outcome = address.answered(self.attempt_on(&mut connection, changes, doubts)).await;
        if self.sound && !matches!(outcome, Err(Failure::Lost(_))) {
            self.connection = Some(connection);
        }
        outcome
    }

    async fn attempt_on(
        &mut self,
        connection: &mut AnyConnection,
        changes: &[&Prepared],
        doubts: &mut Vec<Doubt>,
    ) -> Result<Vec<Answer>, Failure> {
        let engine = self.address.engine;
        let head = match self.head.take() {
            Some(head) => head,
            None => group::head(connection, self.lane).await?,
        };
        let setting = self.setting_at(head);
        self.sole.forget();
        let pending = std::mem::take(&mut self.pending);
        let mut transaction = connection.begin_with(engine.begin()).await?;
        let plan = match group::fill(&mut transaction, engine, changes, &setting, pending, doubts).await {
            Ok(group::Filled::Plan(plan)) => *plan,
            Ok(group::Filled::LandedBefore(index)) => {
                // The group is in the database, whatever becomes of this look at it.
                self.sound = transaction.rollback().await.is_ok();
                return Ok(doubts.swap_remove(index).answers);
            }
            Err(failure) => {
                // A connection that cannot even roll back is of no use.
                if let Err(error) = transaction.rollback().await {
                    self.sound = false;
                    return Err(if matches!(failure, Failure::NoRoom(_)) {
                        failure
                    } else {
                        Failure::Lost(error)
                    });
                }
                return Err(failure);
            }
        };
        let Plan { answers, head, landed, pending, .. } = plan;
        if landed == 0 {
            self.pending = pending;
            transaction.rollback().await.map_err(Failure::Lost)?;
            self.head = Some(setting.head);
            return Ok(answers);
        }
        // Before it is sent: from then on it may land, also if nobody here waits to be told.
        doubts.push(Doubt { head, answers });
        let sent = transaction.commit().await.map_err(Failure::from);
        if matches!(sent, Err(Failure::Lost(_))) {
            return sent.map(|()| Vec::new());
        }
        let doubt = doubts.pop();
        self.sound = sent.is_ok() || engine == Engine::Postgres;
        sent?;
        self.head = doubt.as_ref().map(|doubt| doubt.head.clone());
        self.pending = pending;
        Ok(doubt.map(|doubt| doubt.answers).unwrap_or_default())
    }
}

/// Waits a random part of a time, so that hosts in each other's way part.
#[expect(clippy::disallowed_methods, reason = "how long a retry waits decides nothing that anyone sees")]
async fn pause(longest_ms: u64) {
    let jitter_ms = rand::rng().random_range(0..=longest_ms);
    tokio::time::sleep(Duration::from_millis(jitter_ms)).await;
}

enum Verdict {
    SomeonesFault,
    Nobodys,
}

const fn verdict(failure: &Failure) -> Verdict {
    match failure {
        // A key that stays taken through every try was taken by one of the changes.
        Failure::Broken(_) | Failure::Taken(_) => Verdict::SomeonesFault,
        Failure::Again(_) | Failure::Lost(_) | Failure::NoRoom(_) => Verdict::Nobodys,
    }
}

pub(crate) fn answer(waiting: Vec<Waiting>, answers: Vec<Answer>) {
    for (waiting, answer) in waiting.into_iter().zip(answers) {
        // Whoever asked may have gone; the change stands all the same.
        let _ = waiting.answer.send(answer);
    }
}

fn refuse(waiting: Vec<Waiting>, error: &CommitError) {
    for waiting in waiting {
        let _ = waiting.answer.send(Err(error.clone()));
    }
}
