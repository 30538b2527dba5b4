//! How often anyone may ask: counted in memory, by key, by address, by e-mail.
//!
//! A limit lets a burst of its whole quota pass and gives it back evenly over its window.
//! It forgets whoever has all of it back, so that it holds no more than those who asked
//! within a window; what it knows is gone with the process, which costs nothing but a
//! window.

use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use assay_domain::ids::KeyId;
use assay_domain::refusal::Refusal;
use governor::clock::Clock as Time;
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};
use sha2::{Digest as _, Sha256};

use crate::clock::Clock;
use crate::config::rates::Rates;

/// After so many requests a limit forgets whom it need not know any more.
const TIDY_EVERY: u32 = 4_096;

/// What somebody asks for, as far as its cost goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// To look.
    Read,
    /// To change something.
    Write,
    /// To have judges run.
    Judging,
    /// To send a component or a file.
    Upload,
    /// To become a party.
    Registration,
    /// To have a password tried.
    SignIn,
}

/// How somebody stands with one limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The limit's name, as headers show it.
    pub policy: &'static str,
    /// How much it allows in its window.
    pub quota: u32,
    /// The window.
    pub window_seconds: u64,
    /// What is left now.
    pub remaining: u32,
    /// Until all of it is back.
    pub reset_seconds: u64,
    /// Until one more is allowed; nothing while there is one.
    pub wait_seconds: Option<u64>,
}

/// The house's clock, which the test clock moves.
struct HouseTime(Arc<Clock>);

impl Time for HouseTime {
    type Instant = Duration;

    fn now(&self) -> Duration {
        Duration::from_millis(self.0.now().0.unsigned_abs())
    }
}

struct Limit<K: Hash + Eq + Clone> {
    policy: &'static str,
    quota: u32,
    window_seconds: u64,
    limiter: RateLimiter<K, DefaultKeyedStateStore<K>, HouseTime, StateInformationMiddleware>,
    asked: AtomicU32,
}

impl<K: Hash + Eq + Clone> Limit<K> {
    /// A limit, or none where the quota is 0.
    fn new(policy: &'static str, quota: u32, window_seconds: u64, clock: &Arc<Clock>) -> Option<Self> {
        let burst = NonZeroU32::new(quota)?;
        let one_per = Duration::from_secs(window_seconds) / quota;
        let rate = Quota::with_period(one_per)?.allow_burst(burst);
        let time = HouseTime(Arc::clone(clock));
        let limiter = RateLimiter::<K, _, _, StateInformationMiddleware>::new(
            rate,
            DefaultKeyedStateStore::default(),
            time,
        );
        Some(Self { policy, quota, window_seconds, limiter, asked: AtomicU32::new(0) })
    }

    fn ask(&self, key: &K) -> Standing {
        if self.asked.fetch_add(1, Ordering::Relaxed) % TIDY_EVERY == TIDY_EVERY - 1 {
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
        }
        let (remaining, wait) = match self.limiter.check_key(key) {
            Ok(state) => (state.remaining_burst_capacity(), None),
            Err(not_until) => (0, Some(not_until.wait_time_from(self.limiter.clock().now()))),
        };
        let used = u64::from(self.quota.saturating_sub(remaining));
        Standing {
            policy: self.policy,
            quota: self.quota,
            window_seconds: self.window_seconds,
            remaining,
            reset_seconds: (used * self.window_seconds).div_ceil(u64::from(self.quota)),
            wait_seconds: wait
                .map(|wait| wait.as_millis().div_ceil(1_000).try_into().unwrap_or(u64::MAX).max(1)),
        }
    }
}

/// Every limit on how often.
pub struct Limiters {
    keys: [Option<Limit<KeyId>>; 4],
    addresses: [Option<Limit<IpAddr>>; 6],
    emails: Option<Limit<[u8; 32]>>,
}

impl Limiters {
    /// As the settings say.
    pub fn new(rates: &Rates, clock: &Arc<Clock>) -> Self {
        const MINUTE: u64 = 60;
        const HOUR: u64 = 3_600;
        Self {
            keys: [
                Limit::new("key-reads", rates.reads_per_key_per_minute, MINUTE, clock),
                Limit::new("key-writes", rates.writes_per_key_per_minute, MINUTE, clock),
                Limit::new("key-judgings", rates.judgings_per_key_per_minute, MINUTE, clock),
                Limit::new("key-uploads", rates.uploads_per_key_per_minute, MINUTE, clock),
            ],
            addresses: [
                Limit::new("address-reads", rates.reads_per_address_per_minute, MINUTE, clock),
                Limit::new("address-writes", rates.writes_per_address_per_minute, MINUTE, clock),
                Limit::new("address-judgings", rates.judgings_per_address_per_minute, MINUTE, clock),
                Limit::new("address-uploads", rates.uploads_per_address_per_minute, MINUTE, clock),
                Limit::new("address-registrations", rates.registrations_per_address_per_hour, HOUR, clock),
                Limit::new("address-sign-ins", rates.sign_ins_per_address_per_hour, HOUR, clock),
            ],
            emails: Limit::new("email-sign-ins", rates.sign_ins_per_email_per_hour, HOUR, clock),
        }
    }

    /// Counts a request of a key. Nothing where there is no limit.
    pub fn key(&self, class: Class, key: KeyId) -> Option<Standing> {
        Some(self.keys.get(class as usize)?.as_ref()?.ask(&key))
    }

    /// Counts a request of an address.
    pub fn address(&self, class: Class, address: IpAddr) -> Option<Standing> {
        Some(self.addresses.get(class as usize)?.as_ref()?.ask(&household(address)))
    }

    /// Whom they remember now: an entry for everyone whose quota is not whole.
    pub fn remembered(&self) -> usize {
        let of_keys = self.keys.iter().flatten().map(|limit| limit.limiter.len());
        let of_addresses = self.addresses.iter().flatten().map(|limit| limit.limiter.len());
        let of_emails = self.emails.iter().map(|limit| limit.limiter.len());
        of_keys.chain(of_addresses).chain(of_emails).sum()
    }

    /// Counts a try to sign in, whether or not there is such an account.
    pub(crate) fn sign_in(&self, email: &str) -> Result<(), Refusal> {
        let standing = self.emails.as_ref().map(|limit| limit.ask(&Sha256::digest(email).into()));
        standing.map_or(Ok(()), |standing| standing.allowed())
    }
}

impl Standing {
    /// Refuses what was one too many.
    pub fn allowed(&self) -> Result<(), Refusal> {
        let Some(wait) = self.wait_seconds else { return Ok(()) };
        let Self { policy, quota, window_seconds, .. } = self;
        let message = format!(
            "more than {quota} requests in {window_seconds} seconds ({policy}): wait {wait} seconds for the next"
        );
        Err(Refusal::too_many(message, wait))
    }
}

/// Whoever has an IPv6 address has all of its network's.
fn household(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(six) => IpAddr::V6(Ipv6Addr::from_bits(six.to_bits() & (u128::MAX << 64))),
        four @ IpAddr::V4(_) => four,
    }
}
