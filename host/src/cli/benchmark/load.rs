//! Asking: everyone at once, each as soon as the last answer is there; every answer timed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use super::figures::{count, percentile, rounded};
use super::lifecycle::Task;
use super::machine::{self, Used};
use super::server::Process;
use super::wire::Wire;
use crate::clock::Stopwatch;

const WARMING_UP: u8 = 0;
const MEASURING: u8 = 1;
const OVER: u8 = 2;

/// One who asks.
pub(super) enum Person {
    /// The same request again and again, which must be answered with 200.
    Repeats { wire: Wire, request: Vec<u8> },
    /// A task from its posting to its payment.
    Works(Box<Task>),
}

impl Person {
    async fn step(&mut self) -> Result<(), String> {
        match self {
            Self::Repeats { wire, request } => {
                let answer = wire.ask(request).await?;
                if answer.status == 200 { Ok(()) } else { answer.good::<IgnoredAny>().map(drop) }
            }
            Self::Works(task) => task.step().await,
        }
    }
}

/// What came of it.
pub(super) struct Measured {
    /// In microseconds, sorted.
    times_us: Vec<u32>,
    seconds: f64,
    used: Value,
    groups: Value,
}

/// Has them ask a server for a while. One failure ends the measuring: figures of a server
/// that refuses would be figures of refusals.
pub(super) async fn run(people: Vec<Person>, server: &Process, time: Duration) -> Result<Measured, String> {
    let phase = Arc::new(AtomicU8::new(WARMING_UP));
    let asking = people.into_iter().map(|person| tokio::spawn(ask(person, Arc::clone(&phase))));
    let asking: Vec<_> = asking.collect();
    tokio::time::sleep(time / 5).await;
    let groups = server.groups().await.unwrap_or_default();
    let before = Used::until_now(server.id());
    let watch = Stopwatch::start();
    phase.store(MEASURING, Ordering::Relaxed);
    tokio::time::sleep(time).await;
    phase.store(OVER, Ordering::Relaxed);
    let seconds = watch.elapsed().as_secs_f64();
    let after = Used::until_now(server.id());
    let grouped = server.groups().await.unwrap_or_default().since(&groups);
    let mut times_us = Vec::new();
    for times in join_all(asking).await {
        times_us.extend(times.map_err(|error| error.to_string())??);
    }
    times_us.sort_unstable();
    let used = machine::shares(before, after, seconds, count(times_us.len() as u64));
    Ok(Measured { times_us, seconds, used, groups: grouped })
}

async fn ask(mut person: Person, phase: Arc<AtomicU8>) -> Result<Vec<u32>, String> {
    let mut times = Vec::new();
    loop {
        let watch = Stopwatch::start();
        person.step().await?;
        match phase.load(Ordering::Relaxed) {
            WARMING_UP => {}
            // What ends in the time counts, as what began in it and ends later does not.
            MEASURING => times.push(u32::try_from(watch.elapsed().as_micros()).unwrap_or(u32::MAX)),
            _ => return Ok(times),
        }
    }
}

impl Measured {
    /// How many a second.
    pub(super) fn per_second(&self) -> Value {
        rounded(count(self.times_us.len() as u64) / self.seconds)
    }

    /// As the report shows it.
    pub(super) fn report(self) -> Map<String, Value> {
        let ms = |of_a_million| rounded(f64::from(percentile(&self.times_us, of_a_million)) / 1e3);
        Map::from_iter([
            ("operations".to_owned(), self.times_us.len().into()),
            ("per_second".to_owned(), self.per_second()),
            ("p50_ms".to_owned(), ms(500_000)),
            ("p99_ms".to_owned(), ms(990_000)),
            ("p999_ms".to_owned(), ms(999_000)),
            ("cpu".to_owned(), self.used),
            ("group_changes".to_owned(), self.groups),
        ])
    }
}
