//! Seeded parties do everything the contract allows, against the real verbs on a database
//! in memory, beside a second, naive model of the books. After every step the two agree.
//!
//! - `steps` what can happen, as data; `dice` and `generate` what happens next.
//! - `model`, `life`, `pricing`, `purse`, `outside`, `later` the model: plain structs,
//!   written from the contract.
//! - `perform` the same step against the house, and `bank` who brings its money in and pays
//!   it out; `world` both, side by side, with two who decide at once, requests sent again,
//!   and crashes between commits.
//! - `shrink` the fewest steps that still fail; `furniture` what a house's first start makes,
//!   for those after it.
//!
//! A run repeats: the clock stands but for the steps that move it, ids count up, and who
//! of two is first to commit is part of the step.

mod bank;
mod dice;
pub mod furniture;
mod generate;
mod later;
mod life;
mod model;
mod outside;
mod perform;
mod pricing;
mod purse;
mod shrink;
mod steps;
mod world;

use std::any::Any;
use std::fmt::Write as _;
use std::panic::AssertUnwindSafe;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use assay::config::Settings;
use dice::Dice;
use futures_util::FutureExt as _;
use steps::Step;
use world::{FIRST_LABEL, World};

/// Steps of one world; the next begins with an empty house.
pub const STEPS_OF_A_WORLD: usize = 2_000;
/// Worlds tried while a failure is shrunk: it is looked at by somebody who waits.
pub const REPLAYS_MAX: usize = 400;
/// Steps between two audits.
const AUDIT_EVERY: usize = 500;

/// What a house is to have other than usual: with something of which its model does not know,
/// the two are sure to part.
pub type Change = fn(&mut Settings);

/// A seed whose world went wrong, and how.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Which.
    pub seed: u64,
    /// At which step, from 0.
    pub at: usize,
    /// What the two did not agree about.
    pub why: String,
    steps: Vec<Step>,
    change: Change,
}

impl Failure {
    /// How many steps it took.
    pub const fn steps(&self) -> usize {
        self.steps.len()
    }

    /// The same steps once more: at which of them it fails, from 0, and why.
    pub fn replayed(&self) -> Option<(usize, String)> {
        replay(self.seed, self.change, &self.steps)
    }

    /// A failure in as few of the steps as so many tries found to be enough.
    #[must_use]
    pub fn shrunk(&self, replays_max: usize) -> Self {
        shrink::shrunk(self.clone(), replays_max)
    }

    /// The steps that are enough, one a line, and how they fail.
    pub fn in_few_steps(&self) -> String {
        let few = self.shrunk(REPLAYS_MAX);
        let mut text = String::new();
        for step in &few.steps {
            let _ = writeln!(text, "{step:?}");
        }
        format!("{} of {} steps are enough:\n{text}{}", few.steps(), self.steps(), few.why)
    }
}

/// Runs one world. A runtime of its own, on one thread, keeps the order.
///
/// # Panics
/// Where the machine cannot start a runtime or a world.
pub fn run(seed: u64, steps: usize) -> Result<(), Box<Failure>> {
    run_with(seed, steps, |_| {})
}

/// Runs one world whose house is not quite as usual.
///
/// # Panics
/// See [`run`].
pub fn run_with(seed: u64, steps: usize, change: Change) -> Result<(), Box<Failure>> {
    on_a_runtime(async {
        let mut world = Box::pin(World::begin(seed, change)).await;
        let mut dice = Dice::new(seed);
        let mut taken = Vec::new();
        let mut next = FIRST_LABEL;
        for at in 0..steps {
            let went = caught(async {
                let step = generate::step(&world.model, &world.known.also, &mut dice, next);
                taken.push(step.clone());
                world.step(&step).await?;
                let audited = at % AUDIT_EVERY == AUDIT_EVERY - 1 || at + 1 == steps;
                if audited { world.audit().await } else { Ok(()) }
            });
            if let Err(why) = Box::pin(went).await {
                world.end().await;
                return Err(Box::new(Failure { seed, at, why, steps: taken, change }));
            }
            next += 2;
        }
        world.end().await;
        Ok(())
    })
}

/// Worlds of consecutive seeds, two a processor at a time; one that fails, if any does.
///
/// # Panics
/// See [`run`].
pub fn worlds(seed: u64, steps: usize) -> Option<Box<Failure>> {
    let next = AtomicU64::new(seed);
    let last = seed + u64::try_from(steps.div_ceil(STEPS_OF_A_WORLD)).unwrap_or(u64::MAX);
    let failed = Mutex::new(None);
    // A world has two threads, which wait for each other now and then.
    let at_once = 2 * std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..at_once {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= last {
                        return;
                    }
                    if let Err(failure) = run(seed, STEPS_OF_A_WORLD.min(steps)) {
                        next.store(last, Ordering::Relaxed);
                        *failed.lock().expect("no thread panics with it") = Some(failure);
                    }
                }
            });
        }
    });
    failed.into_inner().expect("no thread panics with it")
}

/// Runs these steps. What went wrong, and at which of them.
fn replay(seed: u64, change: Change, steps: &[Step]) -> Option<(usize, String)> {
    on_a_runtime(async {
        let mut world = Box::pin(World::begin(seed, change)).await;
        let mut went = None;
        for (at, step) in steps.iter().enumerate() {
            if let Err(why) = Box::pin(caught(world.step(step))).await {
                went = Some((at, why));
                break;
            }
        }
        if went.is_none()
            && let Err(why) = caught(world.audit()).await
        {
            went = Some((steps.len(), why));
        }
        world.end().await;
        went
    })
}

/// What went wrong. A panic is a disagreement like the others: it has a seed, and is shrunk.
async fn caught(went: impl Future<Output = Result<(), String>>) -> Result<(), String> {
    let unwound = AssertUnwindSafe(went).catch_unwind().await;
    unwound.unwrap_or_else(|panic| Err(format!("panicked: {}", words(&*panic))))
}

fn words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without words")
}

fn on_a_runtime<T>(story: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime starts").block_on(story)
}
