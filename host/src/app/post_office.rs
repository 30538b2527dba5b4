//! Tells webhooks of events.
//!
//! First events become tellings: a cursor a lane of the journal says how far that got, and
//! the tellings of some events commit together with the cursor's move past them, so that
//! none is lost and none is entered twice. Then tellings are sent, beside everything else
//! the house does: each is leased, sent, and written down. One whose host died is sent
//! again; a receiver knows it by its id.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use assay_db::entities::packages::{WebhookDeliveryRow, WebhookRow};
use assay_db::entities::{PartyRow, TaskRow};
use assay_db::rows::EventRow;
use assay_db::{Change, CommitError, Key, Record as _, list};
use assay_domain::ids::{Lane, PartyId, Timestamp};
use assay_domain::money::Asset;
use serde_json::{Map, Value};
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::App;
use super::events::Happening;
use super::webhooks::{GROUPS, Telling, Webhook, telling_key, webhook_key};
use crate::error::Error;
use crate::gateways::webhooks::{Courier, Message, Sent};

/// From one try to the next, milliseconds: Standard Webhooks' schedule. The first try is
/// made at once.
const PAUSES_MS: [i64; 9] = [
    5_000,
    5 * 60_000,
    30 * 60_000,
    2 * 3_600_000,
    5 * 3_600_000,
    10 * 3_600_000,
    14 * 3_600_000,
    20 * 3_600_000,
    24 * 3_600_000,
];
/// Events turned into tellings at once.
const EVENTS_AT_ONCE: u32 = 200;
/// Old tellings forgotten at once.
const FORGOTTEN_AT_ONCE: i64 = 200;
/// A lease outlives the longest wait for an answer by this.
const LEASE_MARGIN_MS: i64 = 30_000;
/// Gone, says a receiver: it wants no more.
const GONE: u16 = 410;

/// Tellings that are due and that nobody sends, at most so many a webhook with those that
/// are being sent, on any host.
const DUE: &str = "id in (select id from (select id, leased_until, row_number() over (partition by webhook \
    order by case when leased_until > $1 then 0 else 1 end, next_at, id) as place from webhook_deliveries \
    where status = 'pending' and next_at <= $1) as due where leased_until <= $1 and place <= $2) \
    order by next_at, id limit $3";

/// What sending takes.
pub struct PostOffice {
    pub(crate) courier: Courier,
    bell: Notify,
    room: Arc<Semaphore>,
}

impl PostOffice {
    /// With room for so many messages at once.
    pub fn new(courier: Courier, in_flight_max: usize) -> Self {
        Self { courier, bell: Notify::new(), room: Arc::new(Semaphore::new(in_flight_max)) }
    }

    /// There may be something to do.
    pub(crate) fn wake(&self) {
        self.bell.notify_one();
    }
}

/// The counter of how many events of a lane webhooks have been told of.
fn cursor_key(lane: &str) -> Key {
    Key::counter(format!("told/{lane}"))
}

impl App {
    /// Tells webhooks until the task is dropped.
    pub fn run_post_office(self: &Arc<Self>) -> JoinHandle<()> {
        let app = Arc::clone(self);
        let pause = Duration::from_millis(app.settings.limits.webhook_poll_ms);
        tokio::spawn(async move {
            loop {
                let rang = tokio::time::timeout(pause, app.post_office.bell.notified()).await.is_ok();
                let done = async {
                    let listens = if rang { app.enter_own().await? } else { app.enter_all().await? };
                    // What is left of webhooks that are gone waits for the next time nothing rings.
                    if listens || !rang { app.send_beside().await } else { Ok(()) }
                };
                if let Err(error) = done.await {
                    tracing::warn!(%error, "webhooks could not be told; they will be");
                }
            }
        })
    }

    /// Tells webhooks everything that is due, and comes back when that is done.
    pub async fn tell_webhooks(&self) -> Result<(), Error> {
        self.enter_all().await?;
        loop {
            let due = self.due_tellings(self.settings.limits.webhooks_in_flight_max).await?;
            if due.is_empty() {
                return Ok(());
            }
            let sends = due.into_iter().map(|row| async move {
                match self.lease_telling(&row).await? {
                    Some(telling) => self.send_telling(telling).await,
                    None => Ok(()),
                }
            });
            futures_util::future::try_join_all(sends).await?;
        }
    }

    /// Sends what is due, without waiting for the answers.
    async fn send_beside(self: &Arc<Self>) -> Result<(), Error> {
        loop {
            let due = self.due_tellings(self.settings.limits.webhooks_in_flight_max).await?;
            if due.is_empty() {
                return Ok(());
            }
            for row in due {
                let closed = |_| Error::Unavailable("the post office is closed".into());
                let room = Arc::clone(&self.post_office.room).acquire_owned().await.map_err(closed)?;
                let Some(telling) = self.lease_telling(&row).await? else { continue };
                let app = Arc::clone(self);
                tokio::spawn(async move {
                    let id = telling.id;
                    if let Err(error) = app.send_telling(telling).await {
                        tracing::warn!(telling = %id, %error, "what came of a message could not be kept");
                    }
                    drop(room);
                    // Its webhook may have had more than it is sent at once.
                    app.post_office.wake();
                });
            }
        }
    }

    async fn due_tellings(&self, limit: usize) -> Result<Vec<WebhookDeliveryRow>, Error> {
        let limits = &self.settings.limits;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let values = [self.now().0.into(), limits.webhook_in_flight_max.into(), limit.into()];
        Ok(self.db.read().many::<WebhookDeliveryRow>(DUE, &values).await?)
    }

    /// Takes a telling to send it. Nothing when somebody was faster.
    async fn lease_telling(&self, row: &WebhookDeliveryRow) -> Result<Option<Telling>, Error> {
        let impossible = |_| Error::Internal(format!("webhook delivery {}: impossible id", row.id));
        let Some(mut telling) = self.telling(row.id.parse().map_err(impossible)?).await? else {
            return Ok(None);
        };
        let now = self.now().0;
        if telling.status != "pending" || telling.next_at.0 > now || telling.leased_until > now {
            return Ok(None);
        }
        let wait = i64::try_from(self.settings.limits.webhook_ms_max).unwrap_or(i64::MAX);
        telling.leased_until = now.saturating_add(wait).saturating_add(LEASE_MARGIN_MS);
        let change =
            Change::new().advance(telling_key(telling.id), telling.head).row(telling.to_row()?.upsert());
        match self.db.commit(change).await {
            Ok(_) => {
                telling.head += 1;
                Ok(Some(telling))
            }
            Err(CommitError::Stale) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Sends a telling and writes down what came of it.
    async fn send_telling(&self, mut telling: Telling) -> Result<(), Error> {
        let webhook = self.webhook_by_id(telling.webhook).await?.filter(|webhook| webhook.enabled);
        let change = Change::new().advance(telling_key(telling.id), telling.head);
        telling.leased_until = 0;
        let Some(webhook) = webhook else {
            telling.status = "cancelled".into();
            return self.keep_outcome(change.row(telling.to_row()?.upsert())).await;
        };
        let at = self.now();
        let message = Message {
            url: &webhook.body.url,
            id: &format!("msg_{}", telling.id),
            at,
            body: &telling.body.payload,
            secrets: &webhook.secrets(at),
        };
        let sent = self.post_office.courier.send(&message).await;
        let gone = sent == Sent::Answered(GONE);
        telling.note(sent, at);
        let change = change.row(telling.to_row()?.upsert());
        self.keep_outcome(change).await?;
        if gone { self.disable(&webhook).await } else { Ok(()) }
    }

    /// Whoever asked for the message again meanwhile is heard instead.
    async fn keep_outcome(&self, change: Change) -> Result<(), Error> {
        match self.db.commit(change).await {
            Ok(_) | Err(CommitError::Stale) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// The receiver wants no more, unless the webhook goes elsewhere by now.
    async fn disable(&self, asked: &Webhook) -> Result<(), Error> {
        self.settle(None, || async move {
            let head = self.db.read().cell(&webhook_key(asked.id)).await?;
            let now = self.webhook_by_id(asked.id).await?;
            let Some(mut webhook) = now.filter(|now| now.body.url == asked.body.url) else {
                return Ok(Change::new());
            };
            webhook.enabled = false;
            webhook.body.disabled_because = Some("the receiver answered 410 Gone".into());
            Ok(Change::new().advance(webhook_key(asked.id), head).row(webhook.to_row()?.upsert()))
        })
        .await?;
        Ok(())
    }

    /// Enters what this process's commits made happen. Says whether there is any webhook.
    async fn enter_own(&self) -> Result<bool, Error> {
        let listens = self.anyone_listens().await?;
        if listens {
            self.enter_lane(&self.lane.to_string()).await?;
        }
        Ok(listens)
    }

    /// Enters what happened on any host, and forgets what was told long ago. Says whether
    /// there is any webhook.
    async fn enter_all(&self) -> Result<bool, Error> {
        // The heads first: whoever makes a webhook after this was not to hear of them.
        let heads = self.db.read().lane_heads().await?;
        let keys: Vec<Key> = heads.iter().map(|head| cursor_key(&head.lane)).collect();
        let cursors = self.db.read().cells(&keys).await?;
        let behind: Vec<_> =
            heads.iter().zip(cursors).filter(|(head, cursor)| head.last_event > *cursor).collect();
        let listens = self.anyone_listens().await?;
        for (head, _) in behind.iter().filter(|_| listens) {
            self.enter_lane(&head.lane).await?;
        }
        if !listens && !behind.is_empty() {
            let skip = behind.iter().fold(Change::new(), |change, (head, cursor)| {
                let key = cursor_key(&head.lane);
                change.expect(key.clone(), *cursor).add(key, head.last_event - cursor)
            });
            self.keep_outcome(skip).await?;
        }
        self.forget_old().await?;
        Ok(listens)
    }

    async fn anyone_listens(&self) -> Result<bool, Error> {
        let since = match self.memory.listens() {
            Ok(listens) => return Ok(listens),
            Err(since) => since,
        };
        let one = self.db.read().one::<WebhookRow>("status = 'enabled' limit 1", &[]).await?;
        self.memory.keep_listens(since, one.is_some());
        Ok(one.is_some())
    }

    /// Enters the events of a lane, some at a time, each time with the cursor's move.
    async fn enter_lane(&self, lane: &str) -> Result<(), Error> {
        let impossible = |_| Error::Internal(format!("impossible lane {lane:?}"));
        let id: Lane = lane.parse().map_err(impossible)?;
        loop {
            let key = cursor_key(lane);
            let cursor = self.db.read().cell(&key).await?;
            let events = self.db.read().lane_events(id, cursor, EVENTS_AT_ONCE).await?;
            let Some(last) = events.last().map(|event| event.lane_seq) else { return Ok(()) };
            let mut change = Change::new().expect(key.clone(), cursor).add(key, last - cursor);
            for telling in self.tellings_of(&events).await? {
                change = change.row(telling.to_row()?.insert());
            }
            // Stale: another host has entered them.
            self.keep_outcome(change).await?;
        }
    }

    /// Who is told what of some events.
    async fn tellings_of(&self, events: &[EventRow]) -> Result<Vec<Telling>, Error> {
        let wanted = |event: &&EventRow| GROUPS.contains(&event.kind.split('.').next().unwrap_or_default());
        let events: Vec<&EventRow> = events.iter().filter(wanted).collect();
        let tasks = self.tasks_named(&events).await?;
        let mut told = Vec::new();
        for event in events {
            told.extend(Told::of(event, &tasks)?);
        }
        let parties: BTreeSet<String> = told.iter().flat_map(|one| one.parties.clone()).collect();
        let owners = self.owners_of(&parties).await?;
        let listeners = parties.iter().chain(owners.values()).map(String::as_str);
        let tail = "status = 'enabled' and party in_list($1) order by id";
        let rows = self.db.read().many::<WebhookRow>(tail, &[list(listeners)]).await?;
        let webhooks: Vec<Webhook> = rows.iter().map(Webhook::from_row).collect::<Result<_, _>>()?;
        let now = self.now();
        let mut tellings = Vec::new();
        for one in &told {
            for webhook in webhooks.iter().filter(|webhook| one.concerns(webhook, &owners)) {
                let Told { kind, at, data, .. } = one;
                tellings.push(Telling::new(self.clock.id(), webhook.id, kind, *at, data, now));
            }
        }
        Ok(tellings)
    }

    async fn tasks_named(&self, events: &[&EventRow]) -> Result<HashMap<String, TaskRow>, Error> {
        let ids: BTreeSet<&str> =
            events.iter().filter_map(|event| event.subject.strip_prefix("task/")).collect();
        let rows = self.db.read().many::<TaskRow>("id in_list($1)", &[list(ids)]).await?;
        Ok(rows.into_iter().map(|row| (row.id.clone(), row)).collect())
    }

    /// Owners by party, of those that have one.
    async fn owners_of(&self, parties: &BTreeSet<String>) -> Result<BTreeMap<String, String>, Error> {
        let values = [list(parties.iter().map(String::as_str))];
        let rows = self.db.read().many::<PartyRow>("owner is not null and id in_list($1)", &values).await?;
        Ok(rows.into_iter().filter_map(|row| Some((row.id, row.owner?))).collect())
    }

    /// Forgets what was told, or given up on, long ago.
    async fn forget_old(&self) -> Result<(), Error> {
        let kept_ms = i64::from(self.settings.limits.webhook_log_days) * 86_400_000;
        let values = [(self.now().0 - kept_ms).into(), FORGOTTEN_AT_ONCE.into()];
        let tail = "created_at < $1 and status <> 'pending' order by created_at limit $2";
        let old = self.db.read().many::<WebhookDeliveryRow>(tail, &values).await?;
        if old.is_empty() {
            return Ok(());
        }
        let rows = old.into_iter().map(|row| WebhookDeliveryRow::delete([row.id.into()]));
        self.keep_outcome(rows.fold(Change::new(), Change::row)).await
    }
}

/// An event, whom it concerns, and what they are told.
struct Told {
    kind: String,
    at: Timestamp,
    parties: Vec<String>,
    data: Value,
}

impl Told {
    /// Nothing for an event that concerns nobody any more.
    fn of(event: &EventRow, tasks: &HashMap<String, TaskRow>) -> Result<Option<Self>, Error> {
        if let Some(id) = event.subject.strip_prefix("task/") {
            let Some(task) = tasks.get(id) else { return Ok(None) };
            let happening = Happening::of(event, Asset::parse(&task.asset).unwrap_or(Asset::Usd))?;
            let parties = parties_of(task, &happening);
            return Ok(Some(Self::with(happening, parties, Some(id))));
        }
        let happening = Happening::of(event, Asset::Usd)?;
        let party = match event.visibility.as_str() {
            // Whoever has the operator's key is nobody among the parties.
            "operator" => Some(PartyId(Uuid::nil()).to_string()),
            _ => happening.fact("party").map(str::to_owned),
        };
        Ok(party.map(|party| Self::with(happening, vec![party], None)))
    }

    fn with(happening: Happening, parties: Vec<String>, task: Option<&str>) -> Self {
        let mut data = Map::new();
        if let Some(task) = task {
            data.insert("taskId".into(), task.into());
        }
        if let Value::Object(facts) = happening.told() {
            data.extend(facts);
        }
        Self { kind: happening.kind, at: happening.at, parties, data: data.into() }
    }

    /// Whether a webhook is to hear of it: its party is concerned, or owns one that is.
    fn concerns(&self, webhook: &Webhook, owners: &BTreeMap<String, String>) -> bool {
        let party: PartyId = webhook.party;
        let listener = party.to_string();
        let concerned = |one: &String| *one == listener || owners.get(one) == Some(&listener);
        self.at >= webhook.created_at && webhook.wants(&self.kind) && self.parties.iter().any(concerned)
    }
}

/// Those an event of a task concerns: its poster, and the worker it is about. Of bids, and
/// of what is asked before the claim, only the poster hears.
fn parties_of(task: &TaskRow, event: &Happening) -> Vec<String> {
    let posters_own = event.kind == "bid.placed" || event.fact("role") == Some("agent");
    let about = event.fact("worker").map(str::to_owned).or_else(|| task.worker.clone());
    let worker = about.filter(|_| !posters_own);
    std::iter::once(task.poster.clone()).chain(worker).collect()
}

impl Telling {
    /// What came of a try, and whether there is another one.
    fn note(&mut self, sent: Sent, sent_at: Timestamp) {
        self.attempts += 1;
        self.body.tries += 1;
        self.body.sent_at = Some(sent_at.0);
        (self.body.response_code, self.body.error) = match sent {
            Sent::Answered(status) => (Some(status), None),
            Sent::Unreachable(why) => (None, Some(why)),
        };
        let pause = PAUSES_MS.get(self.body.tries - 1);
        match (self.body.response_code, pause) {
            (Some(200..300), _) => self.status = "delivered".into(),
            (Some(GONE), _) | (_, None) => self.status = "failed".into(),
            (_, Some(pause)) => self.next_at = Timestamp(sent_at.0.saturating_add(*pause)),
        }
    }
}
