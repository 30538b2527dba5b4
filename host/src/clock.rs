//! Time, ids and randomness: the one place where they come from.
//!
//! Everything else is given them. In test mode the clock can be moved forward; every
//! deadline, window and day boundary follows it.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use assay_domain::ids::Timestamp;
use rand::Rng as _;
use uuid::Uuid;

/// The host's clock.
#[derive(Debug, Default)]
pub struct Clock {
    advanced_ms: AtomicI64,
    standing: Option<Standing>,
    latest: Mutex<Latest>,
}

/// The id that was made last: its time, and what makes it one of its own.
#[derive(Clone, Copy, Debug, Default)]
struct Latest {
    millis: u64,
    random: [u8; 2],
    place: u64,
}

/// A clock that does not run.
#[derive(Debug)]
struct Standing {
    at_ms: i64,
    ids: AtomicU64,
}

impl Clock {
    /// A clock that stands, but for what it is moved, and whose ids count up: the same
    /// steps by it give the same times and ids. For simulations.
    pub fn standing(at: Timestamp) -> Self {
        Self { standing: Some(Standing { at_ms: at.0, ids: AtomicU64::new(0) }), ..Self::default() }
    }

    /// Now, by this clock.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    pub fn now(&self) -> Timestamp {
        let at_ms = self.standing.as_ref().map_or_else(
            || {
                let real = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
                i64::try_from(real).unwrap_or(i64::MAX)
            },
            |standing| standing.at_ms,
        );
        Timestamp(at_ms.saturating_add(self.advanced_ms.load(Ordering::Relaxed)))
    }

    /// Sets how far this clock is ahead of the machine's.
    pub fn set_advance_ms(&self, advance_ms: i64) {
        self.advanced_ms.store(advance_ms, Ordering::Relaxed);
    }

    /// A new id, behind all that this clock made before: also those of its own millisecond, and
    /// when the machine's clock was set back.
    pub fn id(&self) -> Uuid {
        let millis = u64::try_from(self.now().0).unwrap_or(0);
        if let Some(standing) = &self.standing {
            let count = standing.ids.fetch_add(1, Ordering::Relaxed);
            return Latest { millis, random: [0; 2], place: count }.id();
        }
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        *latest = if millis > latest.millis { Latest::at(millis) } else { latest.next() };
        latest.id()
    }
}

impl Latest {
    /// So many bits of an id have a place in them, and half of their numbers are left free for
    /// those of one millisecond to count up in.
    const PLACE_BITS: u32 = 62;

    /// The first of a millisecond.
    fn at(millis: u64) -> Self {
        let (mut random, mut place) = ([0; 2], [0; 8]);
        fill_random(&mut random);
        fill_random(&mut place);
        Self { millis, random, place: u64::from_be_bytes(place) >> (65 - Self::PLACE_BITS) }
    }

    /// Behind it, and nobody can tell how far.
    fn next(self) -> Self {
        let mut step = [0; 4];
        fill_random(&mut step);
        Self { place: self.place + 1 + u64::from(u32::from_be_bytes(step)), ..self }
    }

    fn id(self) -> Uuid {
        let mut bytes = [0; 10];
        bytes[..2].copy_from_slice(&self.random);
        bytes[2..].copy_from_slice(&self.place.to_be_bytes());
        uuid::Builder::from_unix_timestamp_millis(self.millis, &bytes).into_uuid()
    }
}

/// How long something takes, for figures: nothing is decided by it.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// From now on.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Until now, never backwards.
    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

/// Fills with randomness fit for keys.
#[expect(clippy::disallowed_methods, reason = "the one place that asks for randomness")]
pub fn fill_random(bytes: &mut [u8]) {
    rand::rng().fill_bytes(bytes);
}

/// Thirty-two random bytes.
pub fn random_32() -> [u8; 32] {
    let mut bytes = [0; 32];
    fill_random(&mut bytes);
    bytes
}

/// A time written in RFC 3339.
pub fn parse_rfc3339(text: &str) -> Option<Timestamp> {
    text.parse::<jiff::Timestamp>().ok().map(|at| Timestamp(at.as_millisecond()))
}

/// A time as RFC 3339 in UTC with milliseconds; what is out of range shows as its end.
pub fn rfc3339(at: Timestamp) -> String {
    let clamped = at.0.clamp(0, jiff::Timestamp::MAX.as_millisecond());
    let time = jiff::Timestamp::from_millisecond(clamped).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    format!("{time:.3}")
}

/// A time of a query: RFC 3339, or a date, which is its first moment in UTC.
pub fn parse_time(text: &str) -> Option<Timestamp> {
    if let Ok(time) = text.parse::<jiff::Timestamp>() {
        return Some(Timestamp(time.as_millisecond()));
    }
    let date: jiff::civil::Date = text.parse().ok().filter(|_| text.len() == "2026-01-31".len())?;
    let start = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(Timestamp(start.timestamp().as_millisecond()))
}
