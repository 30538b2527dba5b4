//! Every setting and every limit, in one place.
//!
//! Settings come from flags, then `ASSAY_*` variables, then a TOML file, then the
//! defaults below. Limits, fees, rates and rewards are the file's `[limits]`, `[terms]`,
//! `[rates]` and `[rewards]` tables; `[payments]` has what is no secret about providers.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use assay_db::Money;
use assay_domain::money::Asset;
use assay_domain::terms::{FeePayer, ReviewPolicy, Terms};
use assay_sandbox::HostKey;
use serde::Deserialize;

mod plugins;
pub mod rates;

pub use self::plugins::PluginLimits;
use self::rates::{Network, Rates};
pub use payments::{NowPaymentsSecrets, PaymentRules, Payments, PayoutAccount, Secret, StripeSecrets};

mod payments;

/// How the server is set up.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where it listens. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// The folder of the embedded database, the host's signing key and its caches.
    pub data: PathBuf,
    /// A PostgreSQL URL, where several hosts share one database.
    pub database: Option<String>,
    /// Whether `POST /v1/test/clock` may move the clock.
    pub test_clock: bool,
    /// The operator's key.
    pub admin_key: Option<String>,
    /// The program that children are started from, which compile and run what was
    /// uploaded: this one, unless it is embedded in another.
    pub program: Option<PathBuf>,
    /// Where compiled code is kept, if not in the data folder.
    pub kept: Option<Kept>,
    /// Whether test mode may listen beyond loopback.
    pub test_mode_beyond_loopback: bool,
    /// Whether webhooks may go to this machine itself, in test mode.
    pub webhooks_to_loopback: bool,
    /// What bounds everything.
    pub limits: Limits,
    /// What tasks agree to.
    pub terms: TermsSettings,
    /// How often anyone may ask.
    pub rates: Rates,
    /// Proxies whose `X-Forwarded-For` is believed; nobody's unless said.
    pub trusted_proxies: Vec<Network>,
    /// Who brings money in and out.
    pub payments: Payments,
    /// How credits are redeemed.
    pub rewards: RewardSettings,
}

impl Settings {
    /// The defaults, with the data in `data` and a free port on loopback.
    pub fn in_folder(data: &Path) -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            data: data.to_owned(),
            database: None,
            test_clock: false,
            admin_key: None,
            program: own_program(),
            kept: None,
            test_mode_beyond_loopback: false,
            webhooks_to_loopback: false,
            limits: Limits::default(),
            terms: TermsSettings::default(),
            rates: Rates::default(),
            trusted_proxies: Vec::new(),
            payments: Payments::default(),
            rewards: RewardSettings::default(),
        }
    }

    /// Whose money this is: a payment provider of its own makes it real.
    pub const fn money(&self) -> Money {
        if self.payments.is_live() { Money::Live } else { Money::Test }
    }
}

/// A folder of compiled code, and the key without which nothing in it is run. Not shown when
/// printed.
#[derive(Clone)]
pub struct Kept {
    /// Which; nobody else may write to it.
    pub folder: PathBuf,
    /// Made by this host, and told to nobody.
    pub key: [u8; 32],
}

impl Kept {
    /// That of a folder with a key of its own.
    pub(crate) fn of(folder: &Path, key: &HostKey) -> Self {
        Self { folder: folder.join("compiled"), key: key.derive("compiled components") }
    }
}

impl fmt::Debug for Kept {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.debug_struct("Kept").field("folder", &self.folder).finish_non_exhaustive()
    }
}

/// The program of this process. Linux keeps a name for it that outlives its file, so that
/// an upgrade beside a running server does not mix versions.
pub(crate) fn own_program() -> Option<PathBuf> {
    let running = PathBuf::from("/proc/self/exe");
    if running.exists() { Some(running) } else { std::env::current_exe().ok() }
}

/// Bounds. The unit is the last word of a name.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Connections at once, idle ones too; each is a descriptor.
    pub connections_max: usize,
    /// A connection on which no whole request begins for so long is let go of.
    pub header_ms_max: u64,
    /// The head of a request.
    pub header_bytes_max: usize,
    /// A request is read into memory whole.
    pub body_bytes_max: usize,
    /// Bodies held at once, all together, and as much of answers until they are taken; what
    /// is up to 16 KiB is not counted.
    pub held_bytes_max: usize,
    /// A client that takes nothing of its answer for so long is let go of.
    pub answer_ms_max: u64,
    /// What a refused client still sends is read on, so that the answer reaches it.
    pub unread_bytes_max: u64,
    /// A client that goes on sending slowly is cut off.
    pub unread_ms_max: u64,
    /// A delivery is kept, and given to every judge of its task.
    pub content_bytes_max: usize,
    /// Titles stand in lists.
    pub title_characters_max: usize,
    /// Descriptions, cover letters and notes are read by people.
    pub text_characters_max: usize,
    /// Each criterion is compiled and judged.
    pub criteria_max: usize,
    /// Each check costs fuel.
    pub checks_max: usize,
    /// Accepting one bid rejects the others in the same commit.
    pub bids_per_task_max: i64,
    /// Traces are notes, not logs.
    pub traces_per_task_max: i64,
    /// A thread is talk about one task.
    pub thread_messages_per_task_max: i64,
    /// A message is read by people and agents.
    pub thread_message_characters_max: usize,
    /// An agent asks again only with another key.
    pub secret_requests_per_task_max: usize,
    /// A file of a delivery is read into memory whole.
    pub attachment_bytes_max: usize,
    /// Files of a delivery together: every judge is handed them.
    pub attachments_bytes_max: i64,
    /// Files a party brings in a day (UTC): they are kept.
    pub attachment_bytes_per_day_max: i64,
    /// Streams open at once; each is a connection.
    pub watchers_max: usize,
    /// Streams of one party.
    pub watchers_per_party_max: usize,
    /// A silent stream says so often that it stands: proxies cut those that do not.
    pub watch_keep_alive_ms: u64,
    /// How often a host looks what others committed to the tasks that are watched on it.
    pub watch_poll_ms: u64,
    /// When a client whose stream ended is to come back.
    pub watch_retry_ms: u64,
    /// Each event is sent to each of them.
    pub webhooks_per_party_max: i64,
    /// Messages to webhooks on their way at once.
    pub webhooks_in_flight_max: usize,
    /// Of those, to one webhook, so that a slow one leaves room for the others.
    pub webhook_in_flight_max: i64,
    /// How long a receiver may take to answer.
    pub webhook_ms_max: u64,
    /// How often the post office looks for what is due.
    pub webhook_poll_ms: u64,
    /// Test messages a webhook is sent in a day (UTC).
    pub webhook_tests_per_day_max: i64,
    /// How long it is kept what a webhook was told.
    pub webhook_log_days: u32,
    /// Dry runs cost as much as verdicts and pay nothing.
    pub dry_runs_per_task_max: i64,
    /// Protected fields of a task.
    pub protected_fields_max: usize,
    /// One protected field, or a bundle of them, in ciphertext.
    pub ciphertext_characters_max: usize,
    /// Capabilities looked through for the list of what can be had.
    pub capabilities_listed_max: usize,
    /// A page of a list.
    pub page_items_max: usize,
    /// A component the operator uploads: an interpreter with its libraries fits.
    pub component_bytes_max: usize,
    /// Verifiers a task names: each runs on every delivery.
    pub verifiers_per_task_max: usize,
    /// Requests that are worked on or wait for it; the rest are told to come back.
    pub requests_in_flight_max: usize,
    /// Requests worked on at once: more would not be answered sooner.
    pub requests_at_once_max: usize,
    /// Of those, the ones that have judges run: they take longest, and leave the rest to others.
    pub judgings_at_once_max: usize,
    /// A request that is not begun after so long is told to come back.
    pub wait_ms_max: u64,
    /// A request that takes longer is answered 503, and so is one whose body does.
    pub request_ms_max: u64,
    /// Judging that takes longer goes on as a job, and the delivery is answered `in_review`.
    pub judging_ms_max: u64,
    /// An upload is compiled, and tried some hundred times, before it is answered.
    pub upload_ms_max: u64,
    /// Tries of a verb whose rows changed under it.
    pub stale_retries_max: usize,
    /// Jobs taken at once by one host.
    pub jobs_batch_max: u32,
    /// Jobs one host works on side by side.
    pub jobs_at_once_max: usize,
    /// A host that died holds a job this long.
    pub job_lease_ms: i64,
    /// How often a host looks for due jobs.
    pub jobs_poll_ms: u64,
    /// How long a reply is kept for its idempotency key.
    pub idempotency_hours: u32,
    /// A `PostgreSQL` that says nothing for so long is taken for gone, and what it may have
    /// committed is looked for on another connection.
    pub database_ms_max: u64,
    /// How long a stopping server waits for requests under way, and then for the database.
    pub drain_ms_max: u64,
    /// A person stays signed in this long.
    pub session_days: u32,
    /// Working keys, sessions and handoffs of one party: each is a way in.
    pub keys_per_party_max: usize,
    /// Agents of one person.
    pub agents_per_owner_max: i64,
    /// Password hashes computed at once: each takes 19 MiB and a processor for a while.
    pub password_hashes_at_once_max: usize,
    /// A code that binds an agent is read out and typed in.
    pub binding_code_minutes: u32,
    /// A rotated key may work on this long, until its users have the new one.
    pub rotation_grace_seconds_max: i64,
    /// A handoff is for a while.
    pub handoff_days_max: u32,
    /// The newest open tasks that a recommendation looks at: each of them is scored.
    pub recommended_from_max: usize,
    /// What publishers send.
    pub plugins: PluginLimits,
    /// What the pages for people look at.
    pub pages: PageLimits,
}

/// Bounds of the pages for people: the file's `[limits.pages]` table.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PageLimits {
    /// Words are looked for in so many of the newest tasks of a list.
    pub searched_tasks_max: usize,
    /// What the page that watches a task keeps in sight: with more, a busy task makes it slow.
    pub watch_lines_shown: u32,
    /// Tasks that a party's record looks back on, on each side: it is added up when asked for.
    pub record_tasks_max: i64,
    /// What happened to them, as far as it counts.
    pub record_events_max: i64,
    /// A wallet's plot shows a bar a day.
    pub plot_days: i64,
    /// The front door's numbers are counted anew so often.
    pub numbers_ms: i64,
}

impl Default for PageLimits {
    fn default() -> Self {
        Self {
            searched_tasks_max: 2_000,
            watch_lines_shown: 200,
            record_tasks_max: 500,
            record_events_max: 10_000,
            plot_days: 30,
            numbers_ms: 10_000,
        }
    }
}

impl Limits {
    /// What of them bounds components, their compilations and their runs.
    pub fn of_sandbox(&self) -> assay_sandbox::Limits {
        let plugins = &self.plugins;
        assay_sandbox::Limits {
            component_bytes_max: self.component_bytes_max,
            certification_fuel_max: plugins.certification_fuel_max,
            compile: assay_sandbox::CompileLimits {
                cpu_seconds_max: plugins.compile_cpu_seconds_max,
                memory_bytes_max: plugins.compile_memory_bytes_max,
                wall_ms_max: plugins.compile_ms_max,
            },
            ..assay_sandbox::Limits::default()
        }
    }

    /// How long a reply is kept for its idempotency key, in milliseconds.
    pub fn idempotency_ms(&self) -> i64 {
        i64::from(self.idempotency_hours) * 3_600_000
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 16_384,
            header_ms_max: 75_000,
            header_bytes_max: 64 * 1024,
            body_bytes_max: 12 * 1024 * 1024,
            held_bytes_max: 256 * 1024 * 1024,
            answer_ms_max: 30_000,
            unread_bytes_max: 64 * 1024 * 1024,
            unread_ms_max: 10_000,
            content_bytes_max: 10 * 1024 * 1024,
            title_characters_max: 200,
            text_characters_max: 64 * 1024,
            criteria_max: 50,
            checks_max: 200,
            bids_per_task_max: 1_000,
            traces_per_task_max: 10_000,
            thread_messages_per_task_max: 1_000,
            thread_message_characters_max: 4_000,
            secret_requests_per_task_max: 20,
            attachment_bytes_max: 10 * 1024 * 1024,
            attachments_bytes_max: 32 * 1024 * 1024,
            attachment_bytes_per_day_max: 256 * 1024 * 1024,
            watchers_max: 4_000,
            watchers_per_party_max: 100,
            watch_keep_alive_ms: 15_000,
            watch_poll_ms: 250,
            watch_retry_ms: 3_000,
            webhooks_per_party_max: 20,
            webhooks_in_flight_max: 32,
            webhook_in_flight_max: 4,
            webhook_ms_max: 15_000,
            webhook_poll_ms: 1_000,
            webhook_tests_per_day_max: 100,
            webhook_log_days: 30,
            dry_runs_per_task_max: 5,
            protected_fields_max: 20,
            ciphertext_characters_max: 64 * 1024,
            capabilities_listed_max: 10_000,
            page_items_max: 100,
            component_bytes_max: 48 * 1024 * 1024,
            verifiers_per_task_max: 5,
            requests_in_flight_max: 1_024,
            requests_at_once_max: 256,
            judgings_at_once_max: 64,
            wait_ms_max: 500,
            request_ms_max: 30_000,
            judging_ms_max: 20_000,
            upload_ms_max: 300_000,
            stale_retries_max: 20,
            jobs_batch_max: 32,
            jobs_at_once_max: 8,
            job_lease_ms: 60_000,
            jobs_poll_ms: 500,
            idempotency_hours: 24,
            database_ms_max: 10_000,
            drain_ms_max: 10_000,
            session_days: 30,
            keys_per_party_max: 200,
            agents_per_owner_max: 1_000,
            password_hashes_at_once_max: 2,
            binding_code_minutes: 15,
            rotation_grace_seconds_max: 7 * 86_400,
            handoff_days_max: 366,
            recommended_from_max: 300,
            plugins: PluginLimits::default(),
            pages: PageLimits::default(),
        }
    }
}

/// The surface a task was posted through; it decides the terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surface {
    /// `/api`: a bot or a person posts work.
    Commission,
    /// `/api/v1/agent`: agents post work for each other, in credits.
    Agent,
    /// `/api/v1`: a capability is bought from a provider.
    Finance,
}

impl Surface {
    /// As stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Commission => "commission",
            Self::Agent => "agent",
            Self::Finance => "finance",
        }
    }
}

/// Fees and windows of new tasks.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TermsSettings {
    /// Fee on top of the price of tasks posted through `/api`.
    pub commission_fee_basis_points: u32,
    /// Fee of tasks posted through `/api/v1`, out of the provider's payment.
    pub finance_fee_basis_points: u32,
    /// Whether that fee is charged on what a dispute sends back, too.
    pub finance_fee_on_refunds: bool,
    /// From payment until the worker may use the money, where a surface has it pending.
    pub payout_delay_hours: u32,
    /// For the operator to resolve a dispute; then the last machine verdict does.
    pub dispute_days: u32,
    /// Of a bought task whose buyer named none, from its opening.
    pub default_deadline_hours: u32,
    /// An auction takes bids this long when its poster did not say.
    pub auction_hours: u32,
    /// Credits a new party is given.
    pub registration_credits: i64,
    /// Credits for whoever referred a new party; 0 is none.
    pub referral_credits: i64,
    /// To resubmit after a failed gate.
    pub resubmit_hours: u32,
    /// Of the poster's silence that accept a delivery.
    pub silence_hours: u32,
    /// For the worker to dispute a rejection.
    pub rejection_hours: u32,
    /// A worker has at least this long for a revision, whatever the deadline was.
    pub revision_hours: u32,
    /// Rounds of revision, automatic ones counted.
    pub revisions_max: u32,
}

impl Default for TermsSettings {
    fn default() -> Self {
        Self {
            commission_fee_basis_points: 800,
            finance_fee_basis_points: 500,
            finance_fee_on_refunds: false,
            payout_delay_hours: 24,
            dispute_days: 14,
            default_deadline_hours: 168,
            auction_hours: 24,
            registration_credits: 1_000,
            referral_credits: 0,
            resubmit_hours: 6,
            silence_hours: 72,
            rejection_hours: 48,
            revision_hours: 24,
            revisions_max: 3,
        }
    }
}

impl TermsSettings {
    /// The terms of a task posted now through a surface.
    pub fn of(&self, surface: Surface, review: ReviewPolicy) -> Terms {
        let (asset, fee_payer, fee_rate, payout_delay_hours) = match surface {
            Surface::Commission => (Asset::Usd, FeePayer::Poster, self.commission_fee_basis_points, 0),
            Surface::Agent => (Asset::Cr, FeePayer::Worker, 0, self.payout_delay_hours),
            Surface::Finance => {
                (Asset::Usd, FeePayer::Worker, self.finance_fee_basis_points, self.payout_delay_hours)
            }
        };
        Terms {
            asset,
            fee_payer,
            fee_rate,
            payout_delay_hours,
            review,
            resubmit_hours: self.resubmit_hours,
            silence_hours: self.silence_hours,
            rejection_hours: self.rejection_hours,
            revision_hours: self.revision_hours,
            revisions_max: self.revisions_max,
            dispute_days: self.dispute_days,
            fee_on_refunds: surface == Surface::Finance && self.finance_fee_on_refunds,
        }
    }
}

/// How credits are redeemed for rewards.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RewardSettings {
    /// Whether the operator looks at each redemption before its code is given out.
    pub need_approval: bool,
    /// Credits that one owner redeems in a day (UTC), with all of their agents.
    pub per_owner_day_credits_max: i64,
    /// Credits that all redeem in a day (UTC): what the house can lose to a mistake.
    pub per_day_credits_max: i64,
}

impl Default for RewardSettings {
    fn default() -> Self {
        Self { need_approval: true, per_owner_day_credits_max: 10_000, per_day_credits_max: 200_000 }
    }
}

/// The TOML file, every part of it optional.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct File {
    /// See [`Settings::listen`].
    pub listen: Option<SocketAddr>,
    /// See [`Settings::data`].
    pub data: Option<PathBuf>,
    /// See [`Settings::database`].
    pub database: Option<String>,
    /// See [`Limits`].
    pub limits: Limits,
    /// See [`TermsSettings`].
    pub terms: TermsSettings,
    /// See [`Rates`].
    pub rates: Rates,
    /// See [`Settings::trusted_proxies`].
    pub trusted_proxies: Vec<Network>,
    /// See [`PaymentRules`].
    pub payments: PaymentRules,
    /// See [`RewardSettings`].
    pub rewards: RewardSettings,
}

impl File {
    /// Reads the file; a setting it does not know is an error that names it.
    pub fn read(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        toml::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
    }
}
