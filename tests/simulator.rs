//! Seeded parties do everything the contract allows, against the real verbs on a database
//! in memory, beside a second, naive model of the books. After every step the two agree.
//!
//! - `steps` what can happen, as data; `dice` and `generate` what happens next.
//! - `model`, `life`, `purse`, `later` the model: plain structs, written from the contract.
//! - `perform` the same step against the house; `world` both, side by side, with two who
//!   decide at once, requests sent again, and crashes between commits.
//! - `shrink` the fewest steps that still fail.
//!
//! A run repeats: the clock stands but for the steps that move it, ids count up, and who
//! of two is first to commit is part of the step.

mod dice;
mod generate;
mod later;
mod life;
mod model;
mod perform;
mod purse;
mod shrink;
mod steps;
mod world;

use std::fmt::Write as _;

use dice::Dice;
use steps::Step;
use world::{FIRST_LABEL, World};

/// Steps of one world; the next begins with an empty house.
pub const STEPS_OF_A_WORLD: usize = 2_000;
/// Steps between two audits.
const AUDIT_EVERY: usize = 500;

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
}

impl Failure {
    /// The same failure in as few steps as were found to be enough, one a line.
    pub fn shrunk(&self) -> String {
        let (steps, why) = shrink::shrunk(self.seed, self.steps.clone(), self.why.clone());
        let mut text = String::new();
        for step in &steps {
            let _ = writeln!(text, "{step:?}");
        }
        format!("{} of {} steps are enough:\n{text}{why}", steps.len(), self.steps.len())
    }
}

/// Runs one world. A runtime of its own, on one thread, keeps the order.
///
/// # Panics
/// Where the machine cannot start a runtime or a world.
pub fn run(seed: u64, steps: usize) -> Result<(), Box<Failure>> {
    on_a_runtime(async {
        let mut world = World::begin(seed).await;
        let mut dice = Dice::new(seed);
        let mut taken = Vec::new();
        let mut next = FIRST_LABEL;
        for at in 0..steps {
            let step = generate::step(&world.model, &world.known.also, &mut dice, next);
            next += 2;
            taken.push(step.clone());
            let mut went = world.step(&step).await;
            if went.is_ok() && (at % AUDIT_EVERY == AUDIT_EVERY - 1 || at + 1 == steps) {
                went = world.audit().await;
            }
            if let Err(why) = went {
                world.end().await;
                return Err(Box::new(Failure { seed, at, why, steps: taken }));
            }
        }
        world.end().await;
        Ok(())
    })
}

/// Runs these steps. What went wrong, and at which of them.
fn replay(seed: u64, steps: &[Step]) -> Option<(usize, String)> {
    on_a_runtime(async {
        let mut world = World::begin(seed).await;
        let mut went = None;
        for (at, step) in steps.iter().enumerate() {
            if let Err(why) = world.step(step).await {
                went = Some((at, why));
                break;
            }
        }
        if went.is_none()
            && let Err(why) = world.audit().await
        {
            went = Some((steps.len(), why));
        }
        world.end().await;
        went
    })
}

fn on_a_runtime<T>(story: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime starts").block_on(story)
}
