//! Starting the house: database, key, sandbox, components; and stopping it.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use assay_db as db;
use assay_db::entities::HostKeyRow;
use assay_db::{Change, Db, Key, Record as _};
use assay_domain::ids::{Lane, Timestamp};
use assay_sandbox as sandbox;
use assay_sandbox::{HostKey, Sandbox};
use tokio::task::JoinHandle;

use super::auditing::Auditing;
use super::limits::Limiters;
use super::memory::Memory;
use super::passwords::Passwords;
use super::plugins::Builtins;
use super::post_office::PostOffice;
use super::room::Room;
use super::uploading::Uploading;
use super::watch::Hub;
use super::{App, Ask};
use crate::clock::{self, Clock};
use crate::config::{Kept, Settings};
use crate::error::Error;
use crate::gateways::Providers;
use crate::gateways::addresses::Reach;
use crate::gateways::webhooks::{Courier, Rules};
use crate::metrics::Metrics;

/// Why the server does not start, in words for whoever started it.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The settings contradict each other.
    #[error("{0}")]
    Settings(String),
    /// The data folder.
    #[error("the data folder {folder}: {source}")]
    Folder {
        /// Which.
        folder: String,
        /// Why.
        source: std::io::Error,
    },
    /// The database.
    #[error(transparent)]
    Database(#[from] db::DbError),
    /// The signing key.
    #[error(transparent)]
    Key(#[from] sandbox::KeyError),
    /// The sandbox.
    #[error(transparent)]
    Sandbox(#[from] sandbox::SandboxError),
    /// The first words to the database.
    #[error(transparent)]
    First(#[from] Error),
}

/// The counter of how far the test clock was moved, in milliseconds.
fn advance_key() -> Key {
    Key::counter("test-clock-ms")
}

impl App {
    /// Opens everything. What was left undone by a host that died is found by the jobs.
    pub async fn start(settings: Settings) -> Result<Arc<Self>, StartError> {
        Self::start_at(settings, Arc::new(Clock::default())).await
    }

    /// The same by a clock of somebody's own.
    pub async fn start_at(settings: Settings, clock: Arc<Clock>) -> Result<Arc<Self>, StartError> {
        settings.check()?;
        crate::gateways::prepare_tls();
        let folder = |source| StartError::Folder { folder: settings.data.display().to_string(), source };
        std::fs::create_dir_all(&settings.data).map_err(folder)?;
        let lane = Lane(clock.id());
        let place = match &settings.database {
            Some(url) => db::Place::Server(url.clone()),
            None => db::Place::Folder(settings.data.clone()),
        };
        let time = Arc::clone(&clock);
        let mut opened = db::Settings::new(place, settings.money());
        let metrics = Metrics::default();
        let memory = Arc::new(Memory::new(settings.database.is_none()));
        opened.listener = listener(&metrics, &memory);
        opened.limits.once_ttl_ms = settings.limits.idempotency_ms();
        opened.limits.answer_timeout_ms = settings.limits.database_ms_max;
        // Nobody else has the folder from here on, and nothing in it is touched before.
        let lock = db::Lock::take(&opened.place).await?;
        let host_key = HostKey::load_or_create(&settings.data, &clock::random_32())?;
        // Memory to set aside, many small files of certificates: all that while the database
        // reads the log that a server left which was killed.
        let its_own = of_sandbox(&settings, &host_key);
        let sandbox = aside(move || Sandbox::start(its_own));
        let (outside, secret) = (settings.clone(), host_key.derive("test provider").to_vec());
        let outside = aside(move || outside_world(&outside, secret));
        let opening = Db::open_locked(lock, opened, lane, Arc::new(move || time.now().0));
        // All of them end before anyone is told of one that failed.
        let (db, sandbox, outside) = tokio::join!(opening, sandbox, outside);
        let (db, sandbox) = (db?, sandbox??);
        let (payment_providers, post_office) = outside??;
        let app = Arc::new(Self {
            db,
            sandbox,
            payment_providers,
            host_key,
            lane,
            builtins: Builtins::of_binary()?,
            metrics,
            memory,
            limiters: Limiters::new(&settings.rates, &clock),
            passwords: Passwords::new(&settings.limits),
            room: Room::new(&settings.limits),
            uploading: Uploading::default(),
            settings,
            hub: Hub::default(),
            post_office,
            auditing: Auditing::default(),
            address: OnceLock::new(),
            running: Mutex::new(HashSet::new()),
            clock,
        });
        app.publish_key().await?;
        app.keep_builtins().await?;
        app.read_test_clock().await?;
        Ok(app)
    }

    /// Makes ready what the first requests would wait for; not before whoever waits for the
    /// server itself can go on.
    pub(crate) fn warm_up(self: &Arc<Self>) {
        tokio::spawn(tell_mechanisms(self.sandbox.clone()));
        let app = Arc::clone(self);
        tokio::spawn(async move {
            app.db.catch_up().await;
            if let Err(error) = app.prepare_builtins().await {
                tracing::error!(%error, "a component of this binary cannot be prepared");
            }
        });
    }

    /// Puts this host's public key where everyone finds it.
    async fn publish_key(&self) -> Result<(), Error> {
        let id = self.host_key.id().to_owned();
        if self.db.read().one::<HostKeyRow>("id = $1", &[id.as_str().into()]).await?.is_none() {
            let row = HostKeyRow { id, public: self.host_key.public_hex(), created_at: self.now().0 };
            self.db.commit(Change::new().row(row.keep())).await?;
        }
        Ok(())
    }

    /// Looks for due jobs until the task is dropped.
    pub fn run_jobs(self: &Arc<Self>) -> JoinHandle<()> {
        let app = Arc::clone(self);
        let pause = Duration::from_millis(app.settings.limits.jobs_poll_ms);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(pause).await;
                if let Err(error) = app.read_test_clock().await {
                    tracing::warn!(%error, "the test clock could not be read");
                }
                if let Err(error) = app.run_due_jobs().await {
                    tracing::warn!(%error, "jobs could not be run; they stay due");
                }
            }
        })
    }

    /// Moves the test clock, for every host on this database, and runs what became due.
    pub async fn advance_clock(&self, ask: &Ask, seconds: i64) -> Result<(Timestamp, usize), Error> {
        self.settle(ask.once.as_ref(), || async {
            Ok(Change::new().add(advance_key(), seconds.saturating_mul(1_000)))
        })
        .await?;
        self.read_test_clock().await?;
        let jobs = self.run_due_jobs().await?;
        self.tell_webhooks().await?;
        Ok((self.now(), jobs))
    }

    async fn read_test_clock(&self) -> Result<(), Error> {
        if self.settings.test_clock {
            self.clock.set_advance_ms(self.db.read().cell(&advance_key()).await?);
        }
        Ok(())
    }

    /// Where this server is reached, once it listens.
    pub fn base_url(&self) -> String {
        self.address.get().map_or_else(String::new, |address| format!("http://{address}"))
    }

    /// Where this server is reached from outside, without a slash at the end.
    pub fn public_url(&self) -> String {
        let public = self.settings.payments.rules.public_url.as_deref();
        public.map_or_else(|| self.base_url(), |url| url.trim_end_matches('/').to_owned())
    }

    /// Says where it listens; only the first time counts.
    pub fn listens_at(&self, address: SocketAddr) {
        let _ = self.address.set(address);
    }

    /// Commits what waits and lets go of the database.
    pub async fn stop(&self) {
        self.db.clone().close().await;
    }
}

impl Settings {
    /// Settings that would be a mistake, said before anything is touched.
    fn check(&self) -> Result<(), StartError> {
        let live = self.payments.is_live();
        if live && self.test_clock {
            let message = "a payment provider is set up, so this server is live, and no clock of a live \
                           server can be moved: leave out --test-clock, or the provider's secrets";
            return Err(StartError::Settings(message.into()));
        }
        if !live && !self.listen.ip().is_loopback() && !self.test_mode_beyond_loopback {
            let message = format!(
                "{} is reached from beyond this machine, and this is test mode, in which anyone can mint money: \
                 listen on 127.0.0.1, or add --test-mode-beyond-loopback if that is what you want",
                self.listen
            );
            return Err(StartError::Settings(message));
        }
        Ok(())
    }
}

/// Groups are counted, and what they end is forgotten.
fn listener(metrics: &Metrics, memory: &Arc<Memory>) -> db::Listener {
    let (count, memory) = (metrics.group_sizes(), Arc::clone(memory));
    db::Listener::to(move |changes| {
        count(changes.len());
        memory.told(changes);
    })
}

/// What takes time and needs no database, on a thread of its own.
fn aside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> impl Future<Output = Result<T, Error>> {
    let begun = tokio::task::spawn_blocking(work);
    async { begun.await.map_err(|error| Error::Internal(error.to_string())) }
}

/// The sandbox's part of the settings.
fn of_sandbox(settings: &Settings, host_key: &HostKey) -> sandbox::Settings {
    let kept = settings.kept.clone().unwrap_or_else(|| Kept::of(&settings.data, host_key));
    sandbox::Settings {
        cache_dir: Some(kept.folder),
        cache_key: kept.key,
        cache_bytes_max: settings.limits.plugins.compiled_bytes_max,
        program: settings.program.clone(),
        limits: settings.limits.of_sandbox(),
        ..sandbox::Settings::default()
    }
}

/// Who is spoken to outside: providers of payments, and those who wait for webhooks.
fn outside_world(settings: &Settings, test_secret: Vec<u8>) -> Result<(Providers, PostOffice), StartError> {
    let providers = Providers::of(&settings.payments, test_secret).map_err(StartError::Settings)?;
    Ok((providers, post_office(settings)?))
}

/// What tells webhooks. Nobody is sent into the house's own network; in test mode, into
/// this machine where the settings say so.
fn post_office(settings: &Settings) -> Result<PostOffice, StartError> {
    let live = settings.money() == db::Money::Live;
    let loopback = settings.webhooks_to_loopback && !live;
    let rules = Rules { https_only: live, reach: Reach { loopback } };
    let courier = Courier::new(rules, settings.limits.webhook_ms_max)
        .map_err(|error| StartError::Settings(format!("webhooks cannot be sent: {error}")))?;
    Ok(PostOffice::new(courier, settings.limits.webhooks_in_flight_max))
}

/// Starts the child that runs uploaded components, and says what keeps it in.
async fn tell_mechanisms(sandbox: Sandbox) {
    match sandbox.mechanisms().await {
        Ok(mechanisms) => {
            for sandbox::Mechanism { name, fault } in mechanisms {
                match fault {
                    None => tracing::info!(mechanism = name, "uploaded components are kept in"),
                    Some(fault) => {
                        tracing::warn!(mechanism = name, fault, "uploaded components are kept in by less");
                    }
                }
            }
        }
        Err(error) => tracing::error!(%error, "uploaded components cannot run here"),
    }
}
