//! Watching a task live: every event once, in order, to each viewer what it may see.
//!
//! A viewer first reads what it missed from the journal, then follows a feed. There is
//! one feed a task, however many watch: it wakes when this process commits an event of
//! the task, and when another host did, which this one looks for now and then for all that
//! is watched at once. A viewer that falls behind the feed reads from the journal again.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use assay_db::Key;
use assay_db::entities::people::KeyRow;
use assay_domain::ids::{PartyId, TaskId};
use assay_domain::refusal::{Code, Refusal};
use tokio::sync::{Notify, broadcast, watch};
use tokio::time::{Interval, MissedTickBehavior};

use super::access::Means;
use super::events::Happening;
use super::task::Task;
use super::tasks::Eyes;
use super::{App, Caller};
use crate::error::Error;

/// Events a feed keeps for viewers that are a little late.
const FEED_EVENTS: usize = 256;
/// Events read at once.
const READ_EVENTS: u32 = 200;

/// Who watches what, in this process.
pub struct Hub {
    state: Mutex<State>,
    closing: watch::Sender<bool>,
}

#[derive(Default)]
struct State {
    feeds: HashMap<String, Arc<Feed>>,
    /// Whether somebody looks for what other hosts committed.
    looked_after: bool,
    viewers: HashMap<PartyId, usize>,
    all: usize,
}

struct Feed {
    wake: Notify,
    news: broadcast::Sender<News>,
}

#[derive(Clone, Debug)]
enum News {
    Happened(Arc<Happening>),
    Over,
}

/// What a viewer is told.
#[derive(Clone, Debug)]
pub enum Told {
    /// Something happened.
    Happened(Arc<Happening>),
    /// Nothing did for a while; the line still stands.
    Beat,
    /// The task is over and everything was told.
    Over,
}

/// What happened to a task so far.
#[derive(Clone, Debug)]
pub struct Past {
    /// The task.
    pub task: Task,
    /// The last events that the caller may see, the oldest of them first.
    pub events: Vec<Happening>,
    /// Number of the last event, seen or not.
    pub last: i64,
    /// Whether there were more before them.
    pub left_out: bool,
    /// Whether nothing more will happen.
    pub over: bool,
}

/// A viewer's place: one of the party's and one of the house's.
struct Place {
    app: Arc<App>,
    party: PartyId,
}

/// Somebody who watches a task.
pub struct Watcher {
    place: Place,
    caller: Caller,
    task: TaskId,
    sees_private: bool,
    after: i64,
    ready: VecDeque<Arc<Happening>>,
    news: broadcast::Receiver<News>,
    /// After `news`, so that the feed finds the place of it empty.
    _leaving: Leaving,
    closing: watch::Receiver<bool>,
    beat: Interval,
    behind: bool,
    over: bool,
}

/// Has the feed look whether anyone is left.
struct Leaving(Arc<Feed>);

impl Default for Hub {
    fn default() -> Self {
        Self { state: Mutex::default(), closing: watch::Sender::new(false) }
    }
}

impl Hub {
    /// Something happened to this subject.
    pub(crate) fn wake(&self, subject: &str) {
        if let Some(feed) = self.state().feeds.get(subject) {
            feed.wake.notify_one();
        }
    }

    /// Ends every stream, so that the server can stop.
    pub fn close(&self) {
        self.closing.send_replace(true);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Follows the feed of a subject, or makes one. True when it is new and must be fed.
    fn follow(&self, subject: &str) -> (Arc<Feed>, broadcast::Receiver<News>, bool) {
        let mut state = self.state();
        if let Some(feed) = state.feeds.get(subject) {
            return (Arc::clone(feed), feed.news.subscribe(), false);
        }
        let (news, receiver) = broadcast::channel(FEED_EVENTS);
        let feed = Arc::new(Feed { wake: Notify::new(), news });
        state.feeds.insert(subject.to_owned(), Arc::clone(&feed));
        (feed, receiver, true)
    }

    /// Whether somebody must begin to look for what other hosts committed.
    fn wants_looking_after(&self) -> bool {
        !std::mem::replace(&mut self.state().looked_after, true)
    }

    /// What is followed; nothing, and nobody looks any more, when nothing is.
    fn followed(&self) -> Option<Vec<String>> {
        let mut state = self.state();
        state.looked_after = !state.feeds.is_empty();
        state.looked_after.then(|| state.feeds.keys().cloned().collect())
    }

    /// Lets go of a feed that nobody follows, or that is `over`.
    fn unfollowed(&self, subject: &str, feed: &Feed, over: bool) -> bool {
        let mut state = self.state();
        if !over && feed.news.receiver_count() > 0 {
            return false;
        }
        state.feeds.remove(subject);
        true
    }
}

impl App {
    /// Watches a task from event `after` on; nothing when there will never be another.
    /// Refusals: not a party of the task; too many viewers.
    pub async fn watch(
        self: &Arc<Self>,
        caller: &Caller,
        id: TaskId,
        after: i64,
    ) -> Result<Option<Watcher>, Error> {
        let view = self.look(caller, id).await?;
        if view.eyes == Eyes::Stranger {
            let message = "only the task's parties, their owners and the operator watch it";
            return Err(Refusal::new(Code::NotAParty, message).into());
        }
        let place = self.take_place(caller.party)?;
        let subject = Task::subject(id);
        // Read before the feed begins there: what comes between is in the journal, which
        // the viewer reads after it began to follow.
        let from = self.db.read().cell(&Key::events(&subject)).await?;
        if after >= from && is_over(&view.task) && after > 0 {
            return Ok(None);
        }
        let (feed, news, is_new) = self.hub.follow(&subject);
        if is_new {
            tokio::spawn(Arc::clone(self).feed(id, Arc::clone(&feed), from));
            // With a database of its own no other host can have committed anything.
            if self.settings.database.is_some() && self.hub.wants_looking_after() {
                tokio::spawn(Arc::clone(self).look_after_feeds());
            }
        }
        let mut beat = tokio::time::interval(Duration::from_millis(self.settings.limits.watch_keep_alive_ms));
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // The first tick is now.
        beat.tick().await;
        Ok(Some(Watcher {
            place,
            caller: *caller,
            task: id,
            sees_private: view.eyes == Eyes::Worker || caller.is_operator(),
            after,
            ready: VecDeque::new(),
            news,
            _leaving: Leaving(feed),
            closing: self.hub.closing.subscribe(),
            beat,
            behind: true,
            over: false,
        }))
    }

    /// What happened to a task so far, from the last `most` of its events. Refused to who
    /// is not one of its parties, as watching is.
    pub async fn happened(&self, caller: &Caller, id: TaskId, most: u32) -> Result<Past, Error> {
        let view = self.look_as_party(caller, id).await?;
        let subject = Task::subject(id);
        let last = self.db.read().cell(&Key::events(&subject)).await?;
        let after = (last - i64::from(most)).max(0);
        let rows = self.db.read().events(&subject, after, most).await?;
        let sees_private = view.eyes == Eyes::Worker || caller.is_operator();
        let asset = view.task.spec.terms.asset;
        let all = rows.iter().map(|row| Happening::of(row, asset)).collect::<Result<Vec<_>, _>>()?;
        let last = all.last().map_or(last, |event| event.seq);
        let events = all.into_iter().filter(|event| event.visibility != "private" || sees_private).collect();
        Ok(Past { over: is_over(&view.task), task: view.task, events, last, left_out: after > 0 })
    }

    fn take_place(self: &Arc<Self>, party: PartyId) -> Result<Place, Refusal> {
        let limits = &self.settings.limits;
        let mut state = self.hub.state();
        if state.all >= limits.watchers_max {
            return Err(Refusal::new(Code::Overloaded, "too many watch already: try again shortly"));
        }
        let own = state.viewers.get(&party).copied().unwrap_or_default();
        if own >= limits.watchers_per_party_max {
            let message =
                format!("{} streams at once are the most: close one", limits.watchers_per_party_max);
            return Err(Refusal::new(Code::RateLimited, message));
        }
        state.viewers.insert(party, own + 1);
        state.all += 1;
        drop(state);
        Ok(Place { app: Arc::clone(self), party })
    }

    /// Wakes the feeds of tasks that another host committed to, as long as there are any.
    async fn look_after_feeds(self: Arc<Self>) {
        let pause = Duration::from_millis(self.settings.limits.watch_poll_ms);
        let mut known: HashMap<String, i64> = HashMap::new();
        while let Some(subjects) = self.hub.followed() {
            let keys: Vec<Key> = subjects.iter().map(|subject| Key::events(subject)).collect();
            match self.db.read().cells(&keys).await {
                Ok(counts) => {
                    let counts: HashMap<String, i64> = subjects.into_iter().zip(counts).collect();
                    let news = counts.iter().filter(|(subject, count)| known.get(*subject) != Some(count));
                    news.for_each(|(subject, _)| self.hub.wake(subject));
                    known = counts;
                }
                Err(error) => tracing::warn!(%error, "what other hosts committed is looked for again"),
            }
            tokio::time::sleep(pause).await;
        }
    }

    /// Tells all who follow a task what happens to it, until nobody does or it is over.
    async fn feed(self: Arc<Self>, id: TaskId, feed: Arc<Feed>, mut after: i64) {
        let subject = Task::subject(id);
        let pause = Duration::from_millis(self.settings.limits.watch_poll_ms);
        loop {
            let over = match self.tell_news(id, &feed, &mut after).await {
                Ok(over) => over,
                Err(error) => {
                    tracing::warn!(task = %id, %error, "a task's events could not be read; tried again");
                    tokio::time::sleep(pause).await;
                    feed.wake.notify_one();
                    false
                }
            };
            if self.hub.unfollowed(&subject, &feed, over) {
                // Whoever came at the last moment hears it too.
                let _ = feed.news.send(News::Over);
                return;
            }
            feed.wake.notified().await;
        }
    }

    /// Tells what is new. True when the task is over and everything was told.
    async fn tell_news(&self, id: TaskId, feed: &Feed, after: &mut i64) -> Result<bool, Error> {
        loop {
            let (over, events) = self.events_after(id, *after).await?;
            if events.is_empty() {
                return Ok(over);
            }
            for event in events {
                *after = event.seq;
                // Nobody may be left to hear it.
                let _ = feed.news.send(News::Happened(Arc::new(event)));
            }
        }
    }

    /// Some events of a task, and whether it was over before they were read.
    async fn events_after(&self, id: TaskId, after: i64) -> Result<(bool, Vec<Happening>), Error> {
        let task = self.task(id).await?;
        let rows = self.db.read().events(&Task::subject(id), after, READ_EVENTS).await?;
        let asset = task.spec.terms.asset;
        let events = rows.iter().map(|row| Happening::of(row, asset)).collect::<Result<_, _>>()?;
        Ok((is_over(&task), events))
    }

    /// Whether somebody who watches still may: the key is good and the task concerns them.
    async fn may_watch_on(&self, caller: &Caller, id: TaskId) -> Result<bool, Error> {
        let good = match caller.means {
            Means::Operator => true,
            Means::Key(key) | Means::Session(key) | Means::Handoff { key, .. } => {
                let row = self.db.read().one::<KeyRow>("id = $1", &[key.to_string().into()]).await?;
                let now = self.now().0;
                row.is_some_and(|row| row.revoked_at.is_none() && row.expires_at.is_none_or(|at| at > now))
            }
        };
        Ok(good && self.look(caller, id).await?.eyes != Eyes::Stranger)
    }
}

/// Final, with no payout pending that a dispute could still bring back.
const fn is_over(task: &Task) -> bool {
    task.state.is_final() && task.payout_at.is_none()
}

impl Watcher {
    /// What comes next; nothing when the stream ends.
    pub async fn next(&mut self) -> Option<Told> {
        loop {
            while let Some(event) = self.ready.pop_front() {
                self.after = event.seq;
                if event.visibility != "private" || self.sees_private {
                    self.beat.reset();
                    return Some(Told::Happened(event));
                }
            }
            if self.over || *self.closing.borrow() {
                return None;
            }
            if self.behind {
                if self.catch_up().await.ok()? {
                    return Some(Told::Over);
                }
                continue;
            }
            tokio::select! {
                news = self.news.recv() => match news {
                    Ok(News::Happened(event)) if event.seq > self.after => self.ready.push_back(event),
                    // It was read from the journal already.
                    Ok(News::Happened(_)) => {}
                    Ok(News::Over) | Err(broadcast::error::RecvError::Lagged(_)) => self.behind = true,
                    Err(broadcast::error::RecvError::Closed) => return None,
                },
                _ = self.beat.tick() => return self.still_allowed().await.then_some(Told::Beat),
                _ = self.closing.changed() => {}
            }
        }
    }

    /// Reads from the journal. True when the task is over and nothing is left to tell.
    async fn catch_up(&mut self) -> Result<bool, Error> {
        let (over, events) =
            self.place.app.events_after(self.task, self.after).await.inspect_err(|error| {
                tracing::warn!(task = %self.task, %error, "a stream ends: its events could not be read");
            })?;
        self.behind = !events.is_empty();
        self.over = over && events.is_empty();
        self.ready.extend(events.into_iter().map(Arc::new));
        Ok(self.over)
    }

    async fn still_allowed(&self) -> bool {
        self.place.app.may_watch_on(&self.caller, self.task).await.unwrap_or(false)
    }
}

impl Drop for Leaving {
    fn drop(&mut self) {
        self.0.wake.notify_one();
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.app.hub.state();
        state.all -= 1;
        if let Some(own) = state.viewers.get_mut(&self.party) {
            *own -= 1;
            if *own == 0 {
                state.viewers.remove(&self.party);
            }
        }
    }
}
