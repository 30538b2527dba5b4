//! What people do, one file a subject.
//!
//! A verb has three steps. *Load* reads rows, heads first. *Decide* gives a
//! [`Change`] or a refusal. *Commit* is [`App::settle`], which is the only caller of
//! the database's commit and sends a verb back to *load* when its rows moved.
//! Nothing here knows HTTP: a verb is given a function that renders its answer.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use assay_db::rows::OnceRow;
use assay_db::{Change, CommitError, Db, Once, Reply};
use assay_domain::ids::{Lane, PartyId, Timestamp};
use assay_domain::refusal::{Code, Refusal};
use assay_sandbox::{HostKey, Sandbox};

use crate::app::access::Scopes;
use crate::app::memory::{Decided, Sight};
use crate::app::plugins::Builtins;
use crate::clock::Clock;
use crate::config::Settings;
use crate::error::Error;
use crate::gateways::Providers;
use crate::metrics::Metrics;

pub mod access;
pub mod accounts;
pub mod approvals;
pub mod auditing;
pub mod bids;
pub mod bindings;
pub mod blobs;
pub mod bought;
pub mod browsing;
pub mod channels;
pub mod chargebacks;
pub mod claims;
pub mod commissioning;
pub mod crediting;
pub mod deliveries;
pub mod desk;
pub mod disputes;
pub mod dry_runs;
pub mod encryption;
pub mod events;
pub mod foresight;
pub mod gate;
pub mod handoffs;
pub mod invoiced;
pub mod jobs;
pub mod judging;
pub mod keys;
pub mod late;
pub mod limits;
pub mod memory;
pub mod negotiation;
pub mod numbers;
pub mod ownership;
pub mod parties;
pub mod passwords;
pub mod payments;
pub mod payouts;
pub mod plugins;
pub mod post_office;
pub mod posting;
pub mod pricing;
pub mod providers;
pub mod receipts;
pub mod recommending;
pub mod records;
pub mod registry;
pub mod replaying;
pub mod reviews;
pub mod rewards;
pub(crate) mod room;
mod schemas;
pub mod secrets;
pub mod spending;
pub mod start;
pub mod statements;
pub mod stock;
pub mod task;
pub mod tasks;
pub mod threads;
pub mod traces;
pub mod trying;
pub mod turn;
mod uploading;
pub mod uploads;
pub mod wallet;
pub mod watch;
pub mod webhooks;
pub mod withdrawal_addresses;
pub mod withdrawals;

/// The marketplace: everything a verb needs, and nothing that one request owns.
pub struct App {
    /// Rows and the one write path.
    pub db: Db,
    /// Where components run.
    pub sandbox: Sandbox,
    /// Time, ids, randomness.
    pub clock: Arc<Clock>,
    /// Signs receipts.
    pub host_key: HostKey,
    /// This process's part of the journal.
    pub lane: Lane,
    /// Settings and limits.
    pub settings: Settings,
    /// The components that came with the binary.
    pub builtins: Builtins,
    /// Figures for whoever runs it.
    pub metrics: Metrics,
    /// What need not be read again.
    pub(crate) memory: Arc<memory::Memory>,
    /// How often anyone may ask.
    pub limiters: limits::Limiters,
    /// Where passwords are hashed.
    pub(crate) passwords: passwords::Passwords,
    /// Who brings money in and out.
    pub(crate) payment_providers: Providers,
    /// Room for requests; whoever finds none is told to come back.
    pub(crate) room: room::Room,
    /// Uploads that wait for their turn.
    pub(crate) uploading: uploading::Uploading,
    /// Who watches which task.
    pub hub: watch::Hub,
    /// Tells webhooks.
    pub(crate) post_office: post_office::PostOffice,
    /// The last audit that was asked for here.
    pub(crate) auditing: auditing::Auditing,
    address: OnceLock<SocketAddr>,
    running: Mutex<HashSet<String>>,
}

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub struct Caller {
    /// As whom.
    pub party: PartyId,
    /// With which scopes.
    pub scopes: Scopes,
    /// By what.
    pub means: access::Means,
}

/// A request to change something: who asks, and its idempotency key.
#[derive(Clone, Debug)]
pub struct Ask {
    /// Who asks.
    pub caller: Caller,
    /// The key and the body's digest, if the caller sent a key.
    pub once: Option<Once>,
}

/// What a verb answers, and whether it did so before.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Status and body.
    pub reply: Reply,
    /// Whether this is an earlier request's answer.
    pub replayed: bool,
}

/// Renders what a verb did, in the words of the surface it was asked through.
pub type Render<T> = fn(&T) -> Reply;

impl App {
    /// Now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Load, decide, commit: runs `decide`, which loads and decides, until its change
    /// lands or is refused. The same idempotency key gets the first answer, also
    /// when the first request landed while this one was deciding.
    pub(crate) async fn settle<F, D>(&self, once: Option<&Once>, decide: F) -> Result<Answer, Error>
    where
        F: Fn() -> D,
        D: Future<Output = Result<Change, Error>>,
    {
        let decide = |_| {
            let deciding = decide();
            async { deciding.await.map(Decided::from) }
        };
        self.settle_by_sight(once, decide).await
    }

    /// The same for a verb that may look in memory first. What it sees there lands or sends
    /// it to the rows; it refuses nobody.
    pub(crate) async fn settle_by_sight<F, D>(&self, once: Option<&Once>, decide: F) -> Result<Answer, Error>
    where
        F: Fn(Arc<Sight>) -> D,
        D: Future<Output = Result<Decided, Error>>,
    {
        let _running = Running::enter(&self.running, once)?;
        let kept = self.kept_answer(once).await?;
        let unused = kept.is_none();
        if let Some(answer) = self.answer_of(once, kept)? {
            return Ok(answer);
        }
        let mut sight = Arc::new(Sight::memory());
        for _ in 0..self.settings.limits.stale_retries_max {
            let Decided { mut change, leaves } = match decide(Arc::clone(&sight)).await {
                Ok(decided) => decided,
                Err(_) if sight.was_used() => {
                    sight = Arc::new(Sight::rows());
                    continue;
                }
                Err(error) => return self.answered(once).await?.ok_or(error),
            };
            change.once = once.cloned();
            // Nobody else of this process is let in with the key meanwhile.
            change.once_unused = unused;
            gate::pass().await;
            match self.db.commit(change).await {
                Ok(done) => {
                    self.ring(&done);
                    if let Some(applied) = &done.applied {
                        self.memory.learn(leaves, applied);
                    }
                    return Ok(Answer { reply: done.reply, replayed: done.replayed });
                }
                Err(CommitError::Stale) => sight = Arc::new(Sight::rows()),
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Unavailable("rows kept changing while the verb decided".into()))
    }

    /// The answer this idempotency key got before, on any host.
    pub(crate) async fn answered(&self, once: Option<&Once>) -> Result<Option<Answer>, Error> {
        let kept = self.kept_answer(once).await?;
        self.answer_of(once, kept)
    }

    async fn kept_answer(&self, once: Option<&Once>) -> Result<Option<OnceRow>, Error> {
        let Some(once) = once else { return Ok(None) };
        Ok(self.db.read().once(&once.key).await?)
    }

    fn answer_of(&self, once: Option<&Once>, kept: Option<OnceRow>) -> Result<Option<Answer>, Error> {
        let (Some(once), Some(kept)) = (once, kept) else { return Ok(None) };
        if kept.at.saturating_add(self.settings.limits.idempotency_ms()) <= self.now().0 {
            return Ok(None);
        }
        if kept.body_hash != once.body_hash {
            return Err(CommitError::OnceMismatch.into());
        }
        let status = u16::try_from(kept.status).unwrap_or(200);
        Ok(Some(Answer { reply: Reply::new(status, kept.body), replayed: true }))
    }
}

/// A request under way with an idempotency key; gone when it is answered.
struct Running<'a> {
    all: &'a Mutex<HashSet<String>>,
    key: Option<String>,
}

impl<'a> Running<'a> {
    fn enter(all: &'a Mutex<HashSet<String>>, once: Option<&Once>) -> Result<Self, Refusal> {
        let key = once.map(|once| once.key.clone());
        if let Some(key) = &key
            && !all.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone())
        {
            let message = "the first request with this Idempotency-Key is still being worked on";
            return Err(Refusal::new(Code::IdempotencyInProgress, message));
        }
        Ok(Self { all, key })
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if let Some(key) = &self.key {
            self.all.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
        }
    }
}

impl Caller {
    /// Refuses a handed-off credential, which may not do everything its minter may.
    pub fn in_person(&self, what: &str) -> Result<(), Refusal> {
        if matches!(self.means, access::Means::Handoff { .. }) {
            let message = format!("a handoff cannot {what}: use a key or a session of your own");
            return Err(Refusal::new(Code::HandoffForbidden, message));
        }
        Ok(())
    }

    /// Refuses scopes that the caller does not have.
    pub fn holds(&self, scopes: access::Scopes, what: &str) -> Result<(), Refusal> {
        if scopes.within(self.scopes) {
            return Ok(());
        }
        let message =
            format!("scopes: {what} has {scopes}, which is more than the {} you come with", self.scopes);
        Err(Refusal { field: Some("scopes".into()), ..Refusal::new(Code::MissingScope, message) })
    }

    /// Whether this is the operator.
    pub fn is_operator(&self) -> bool {
        self.scopes.has(access::Scope::Admin)
    }
}
