//! Webhooks: where somebody wants to be told of what concerns them, and what became of
//! telling them. Sending is the [post office's](super::post_office).

use assay_db::entities::packages::{WebhookDeliveryRow, WebhookRow};
use assay_db::{Change, Key, Record as _, Reply};
use assay_domain::ids::{PartyId, Timestamp, WebhookId};
use assay_domain::refusal::{Code, Refusal};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::task::{from_json, to_json};
use super::tasks::Page;
use super::{Answer, App, Ask, Caller};
use crate::clock;
use crate::error::Error;
use crate::gateways::webhooks::secret;

/// Groups of events a webhook can ask for: the first word of their kinds.
pub const GROUPS: [&str; 9] =
    ["task", "bid", "thread", "secrets", "delivery", "dispute", "payment", "withdrawal", "redemption"];
/// The kind of a message that only tries whether a webhook works.
pub const TEST: &str = "webhook.test";
/// How long both secrets sign after a new one was made.
const ROTATION_HOURS: u32 = 24;

/// A webhook.
#[derive(Clone, Debug)]
pub struct Webhook {
    /// Which.
    pub id: WebhookId,
    /// Whose.
    pub party: PartyId,
    /// Whether anything is sent there.
    pub enabled: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// The rest.
    pub body: Body,
}

/// What is kept of a webhook.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Body {
    /// Where to.
    pub url: String,
    /// Kinds, or groups of kinds, it wants; none is all.
    pub events: Vec<String>,
    /// What its owner calls it.
    pub description: String,
    /// Messages are signed with it.
    pub secret: String,
    /// The secret before, and until when it signs too, milliseconds.
    pub previous: Option<(String, i64)>,
    /// Why it is disabled, where its owner did not do it.
    pub disabled_because: Option<String>,
}

/// What somebody wants of a webhook; what is not said stays as it is.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Where to.
    pub url: Option<String>,
    /// Which events.
    pub events: Option<Vec<String>>,
    /// What it is called.
    pub description: Option<String>,
    /// Whether anything is sent there.
    pub enabled: Option<bool>,
}

/// A webhook, and its secret where that is shown.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The webhook.
    pub webhook: Webhook,
    /// Shown when it is new.
    pub secret: Option<String>,
}

/// One thing a webhook was told, or will be.
#[derive(Clone, Debug)]
pub struct Telling {
    /// Which.
    pub id: Uuid,
    /// Which webhook.
    pub webhook: WebhookId,
    /// What happened.
    pub kind: String,
    /// `pending`, `delivered`, `failed` or `cancelled`.
    pub status: String,
    /// When it is sent next.
    pub next_at: Timestamp,
    /// Until when somebody sends it, milliseconds.
    pub leased_until: i64,
    /// How often it was sent.
    pub attempts: i64,
    /// When it was entered.
    pub created_at: Timestamp,
    /// The rest.
    pub body: TellingBody,
    /// How often it was decided about.
    pub head: i64,
}

/// What is kept of a telling.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TellingBody {
    /// What is sent, JSON.
    pub payload: String,
    /// Sent so often since it was last asked for.
    pub tries: usize,
    /// The status of the last answer.
    pub response_code: Option<u16>,
    /// Why there was none.
    pub error: Option<String>,
    /// When it was last sent, milliseconds.
    pub sent_at: Option<i64>,
}

pub(crate) fn webhook_key(id: WebhookId) -> Key {
    Key::head("webhook", id)
}

pub(crate) fn telling_key(id: Uuid) -> Key {
    Key::head("webhook-delivery", id)
}

fn count_key(party: PartyId) -> Key {
    Key::counter(format!("webhooks/{party}"))
}

impl App {
    /// Makes a webhook.
    pub async fn add_webhook(
        &self,
        ask: &Ask,
        wanted: &Wanted,
        render: fn(&Shown) -> Reply,
    ) -> Result<Answer, Error> {
        ask.caller.in_person("manage webhooks")?;
        self.check_wanted(wanted)?;
        let party = ask.caller.party;
        self.settle(ask.once.as_ref(), || async move {
            let mut webhook = Webhook {
                id: WebhookId(self.clock.id()),
                party,
                enabled: true,
                created_at: self.now(),
                body: Body {
                    url: String::new(),
                    events: Vec::new(),
                    description: String::new(),
                    secret: secret(&clock::random_32()),
                    previous: None,
                    disabled_because: None,
                },
            };
            webhook.take_on(wanted);
            let most = self.settings.limits.webhooks_per_party_max;
            let full = Refusal::new(Code::Conflict, format!("{most} webhooks are the most: delete one"));
            let change = Change::new()
                .add_up_to(count_key(party), 1, most, full)
                .advance(webhook_key(webhook.id), 0)
                .row(webhook.to_row()?.insert());
            let shown = Shown { secret: Some(webhook.body.secret.clone()), webhook };
            Ok(change.reply(move |_| render(&shown)))
        })
        .await
    }

    fn check_wanted(&self, wanted: &Wanted) -> Result<(), Refusal> {
        let fault = wanted.url.as_ref().and_then(|url| self.post_office.courier.rules().fault(url));
        if let Some(fault) = fault {
            return Err(Refusal::field("url", fault));
        }
        let known = |word: &String| GROUPS.contains(&word.split('.').next().unwrap_or_default());
        let events = wanted.events.iter().flatten();
        if let Some(word) = events.clone().find(|word| !known(word)) {
            let groups = GROUPS.join(", ");
            return Err(Refusal::field("events", format!("{word:?} is of none of the groups {groups}")));
        }
        Ok(())
    }

    /// The caller's webhooks, newest first.
    pub async fn webhooks(&self, caller: &Caller) -> Result<Vec<Webhook>, Error> {
        let values = [caller.party.to_string().into()];
        let rows = self.db.read().many::<WebhookRow>("party = $1 order by id desc", &values).await?;
        rows.iter().map(Webhook::from_row).collect()
    }

    /// One of the caller's webhooks; the operator sees everybody's.
    pub async fn webhook(&self, caller: &Caller, id: WebhookId) -> Result<Webhook, Error> {
        let found =
            self.webhook_by_id(id).await?.filter(|one| one.party == caller.party || caller.is_operator());
        Ok(found.ok_or_else(|| Refusal::not_found("webhook"))?)
    }

    pub(crate) async fn webhook_by_id(&self, id: WebhookId) -> Result<Option<Webhook>, Error> {
        let row = self.db.read().one::<WebhookRow>("id = $1", &[id.to_string().into()]).await?;
        row.as_ref().map(Webhook::from_row).transpose()
    }

    /// Changes a webhook. One that is enabled again goes on with what happens from then.
    pub async fn change_webhook(
        &self,
        ask: &Ask,
        id: WebhookId,
        wanted: &Wanted,
        render: fn(&Shown) -> Reply,
    ) -> Result<Answer, Error> {
        self.check_wanted(wanted)?;
        let change = |webhook: &mut Webhook| {
            webhook.take_on(wanted);
            None
        };
        self.alter_webhook(ask, id, change, render).await
    }

    /// Gives a webhook a new secret. The old one signs too for a day, so that receivers
    /// can be told in between.
    pub async fn rotate_webhook(
        &self,
        ask: &Ask,
        id: WebhookId,
        render: fn(&Shown) -> Reply,
    ) -> Result<Answer, Error> {
        let until = self.now().plus_hours(ROTATION_HOURS).0;
        let change = |webhook: &mut Webhook| {
            let new = secret(&clock::random_32());
            let old = std::mem::replace(&mut webhook.body.secret, new.clone());
            webhook.body.previous = Some((old, until));
            Some(new)
        };
        self.alter_webhook(ask, id, change, render).await
    }

    async fn alter_webhook(
        &self,
        ask: &Ask,
        id: WebhookId,
        alter: impl Fn(&mut Webhook) -> Option<String>,
        render: fn(&Shown) -> Reply,
    ) -> Result<Answer, Error> {
        ask.caller.in_person("manage webhooks")?;
        let alter = &alter;
        self.settle(ask.once.as_ref(), || async move {
            let head = self.db.read().cell(&webhook_key(id)).await?;
            let mut webhook = self.webhook(&ask.caller, id).await?;
            let secret = alter(&mut webhook);
            let change = Change::new().advance(webhook_key(id), head).row(webhook.to_row()?.upsert());
            let shown = Shown { webhook, secret };
            Ok(change.reply(move |_| render(&shown)))
        })
        .await
    }

    /// Takes a webhook away. What was not sent yet is not sent any more.
    pub async fn drop_webhook(
        &self,
        ask: &Ask,
        id: WebhookId,
        render: fn(&Shown) -> Reply,
    ) -> Result<Answer, Error> {
        ask.caller.in_person("manage webhooks")?;
        self.settle(ask.once.as_ref(), || async move {
            let head = self.db.read().cell(&webhook_key(id)).await?;
            let webhook = self.webhook(&ask.caller, id).await?;
            let change = Change::new()
                .advance(webhook_key(id), head)
                .add(count_key(webhook.party), -1)
                .row(WebhookRow::delete([id.to_string().into()]));
            let shown = Shown { webhook, secret: None };
            Ok(change.reply(move |_| render(&shown)))
        })
        .await
    }

    /// What a webhook was told, newest first.
    pub async fn tellings(
        &self,
        caller: &Caller,
        id: WebhookId,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<Telling>, Error> {
        let webhook = self.webhook(caller, id).await?.id.to_string();
        let more = i64::try_from(limit + 1).unwrap_or(i64::MAX);
        let values = [webhook.as_str().into(), cursor.unwrap_or_default().into(), more.into()];
        let tail = "webhook = $1 and ($2 = '' or id < $2) order by id desc limit $3";
        let read = self.db.read();
        let mut rows = read.many::<WebhookDeliveryRow>(tail, &values).await?;
        let next = (rows.len() > limit).then(|| rows[limit - 1].id.clone());
        rows.truncate(limit);
        let items = rows.iter().map(|row| Telling::from_row(row, 0)).collect::<Result<_, _>>()?;
        let total_estimate = read.count::<WebhookDeliveryRow>("webhook = $1", &values[..1]).await?;
        Ok(Page { items, next, total_estimate })
    }

    /// Sends something again, under the id it had, beginning with a fresh row of tries.
    pub async fn tell_again(
        &self,
        ask: &Ask,
        (webhook, id): (WebhookId, Uuid),
        render: fn(&Telling) -> Reply,
    ) -> Result<Answer, Error> {
        ask.caller.in_person("manage webhooks")?;
        let answer = self
            .settle(ask.once.as_ref(), || async move {
                let webhook = self.webhook(&ask.caller, webhook).await?;
                enabled(&webhook)?;
                let telling = self.telling(id).await?.filter(|one| one.webhook == webhook.id);
                let mut telling = telling.ok_or_else(|| Refusal::not_found("delivery"))?;
                telling.status = "pending".into();
                telling.next_at = self.now();
                telling.leased_until = 0;
                telling.body.tries = 0;
                let change =
                    Change::new().advance(telling_key(id), telling.head).row(telling.to_row()?.upsert());
                Ok(change.reply(move |_| render(&telling)))
            })
            .await?;
        self.post_office.wake();
        Ok(answer)
    }

    /// Sends a message that tries whether a webhook works.
    pub async fn try_webhook(
        &self,
        ask: &Ask,
        id: WebhookId,
        render: fn(&Telling) -> Reply,
    ) -> Result<Answer, Error> {
        ask.caller.in_person("manage webhooks")?;
        let answer = self
            .settle(ask.once.as_ref(), || async move {
                let webhook = self.webhook(&ask.caller, id).await?;
                enabled(&webhook)?;
                let now = self.now();
                let most = self.settings.limits.webhook_tests_per_day_max;
                let full =
                    Refusal::new(Code::QuotaExhausted, format!("{most} tests a day (UTC) are the most"));
                let day = Key::counter(format!("webhook-tests/{id}/{}", now.utc_day()));
                let data = json!({ "webhookId": id.to_string() });
                let telling = Telling::new(self.clock.id(), id, TEST, now, &data, now);
                let change = Change::new().add_up_to(day, 1, most, full).row(telling.to_row()?.insert());
                Ok(change.reply(move |_| render(&telling)))
            })
            .await?;
        self.post_office.wake();
        Ok(answer)
    }

    /// Something a webhook is told, with its head.
    pub(crate) async fn telling(&self, id: Uuid) -> Result<Option<Telling>, Error> {
        let head = self.db.read().cell(&telling_key(id)).await?;
        let row = self.db.read().one::<WebhookDeliveryRow>("id = $1", &[id.to_string().into()]).await?;
        row.map(|row| Telling::from_row(&row, head)).transpose()
    }
}

fn enabled(webhook: &Webhook) -> Result<(), Refusal> {
    if webhook.enabled {
        return Ok(());
    }
    let message = "the webhook is disabled: enable it first, PATCH {\"enabled\": true}";
    Err(Refusal::new(Code::Conflict, message))
}

impl Webhook {
    fn take_on(&mut self, wanted: &Wanted) {
        if let Some(url) = &wanted.url {
            self.body.url.clone_from(url);
        }
        if let Some(events) = &wanted.events {
            self.body.events.clone_from(events);
        }
        if let Some(description) = &wanted.description {
            self.body.description.clone_from(description);
        }
        if let Some(enabled) = wanted.enabled {
            self.enabled = enabled;
            self.body.disabled_because = None;
        }
    }

    /// Whether it wants to be told of such an event.
    pub(crate) fn wants(&self, kind: &str) -> bool {
        let group = kind.split('.').next().unwrap_or_default();
        let asked = |word: &String| {
            word == kind || word == group || word.strip_suffix(".*").is_some_and(|word| word == group)
        };
        GROUPS.contains(&group) && (self.body.events.is_empty() || self.body.events.iter().any(asked))
    }

    /// What a message is signed with now.
    pub(crate) fn secrets(&self, now: Timestamp) -> Vec<String> {
        let previous = self.body.previous.iter().filter(|(_, until)| *until > now.0).map(|(old, _)| old);
        std::iter::once(&self.body.secret).chain(previous).cloned().collect()
    }

    pub(crate) fn to_row(&self) -> Result<WebhookRow, Error> {
        Ok(WebhookRow {
            id: self.id.to_string(),
            party: self.party.to_string(),
            status: if self.enabled { "enabled" } else { "disabled" }.into(),
            created_at: self.created_at.0,
            body: to_json(&self.body)?,
        })
    }

    pub(crate) fn from_row(row: &WebhookRow) -> Result<Self, Error> {
        let impossible = |what: &str| Error::Internal(format!("webhook {}: impossible {what}", row.id));
        Ok(Self {
            id: row.id.parse().map_err(|_| impossible("id"))?,
            party: row.party.parse().map_err(|_| impossible("party"))?,
            enabled: row.status == "enabled",
            created_at: Timestamp(row.created_at),
            body: from_json("webhook", &row.body)?,
        })
    }
}

impl Telling {
    /// What is to be told at once: of something that happened `at`.
    pub(crate) fn new(
        id: Uuid,
        webhook: WebhookId,
        kind: &str,
        at: Timestamp,
        data: &serde_json::Value,
        now: Timestamp,
    ) -> Self {
        let payload = json!({ "type": kind, "timestamp": clock::rfc3339(at), "data": data }).to_string();
        Self {
            id,
            webhook,
            kind: kind.into(),
            status: "pending".into(),
            next_at: now,
            leased_until: 0,
            attempts: 0,
            created_at: now,
            body: TellingBody { payload, tries: 0, response_code: None, error: None, sent_at: None },
            head: 0,
        }
    }

    pub(crate) fn to_row(&self) -> Result<WebhookDeliveryRow, Error> {
        Ok(WebhookDeliveryRow {
            id: self.id.to_string(),
            webhook: self.webhook.to_string(),
            kind: self.kind.clone(),
            status: self.status.clone(),
            next_at: self.next_at.0,
            leased_until: self.leased_until,
            attempts: self.attempts,
            created_at: self.created_at.0,
            body: to_json(&self.body)?,
        })
    }

    fn from_row(row: &WebhookDeliveryRow, head: i64) -> Result<Self, Error> {
        let impossible =
            |what: &str| Error::Internal(format!("webhook delivery {}: impossible {what}", row.id));
        Ok(Self {
            id: row.id.parse().map_err(|_| impossible("id"))?,
            webhook: row.webhook.parse().map_err(|_| impossible("webhook"))?,
            kind: row.kind.clone(),
            status: row.status.clone(),
            next_at: Timestamp(row.next_at),
            leased_until: row.leased_until,
            attempts: row.attempts,
            created_at: Timestamp(row.created_at),
            body: from_json("webhook delivery", &row.body)?,
            head,
        })
    }
}
