//! The simulator as a program: one seed again, or steps for a night.
//!
//! ```text
//! simulate --seed 7                    one world, as the test runs it
//! simulate --steps 10000000            many, from a seed on
//! ```

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use assay_tests::simulator::{self, Failure, STEPS_OF_A_WORLD};

fn main() -> ExitCode {
    let Asked { seed, steps, shrink } = match arguments() {
        Ok(asked) => asked,
        Err(message) => {
            eprintln!("{message}\nusage: simulate [--seed N] [--steps N] [--no-shrink]");
            return ExitCode::from(2);
        }
    };
    match worlds(seed, steps) {
        None => {
            println!("{steps} steps from seed {seed} on: the house and the model agree");
            ExitCode::SUCCESS
        }
        Some(failure) => {
            println!("seed {} fails at step {}: {}", failure.seed, failure.at, failure.why);
            if shrink {
                println!("{}", failure.in_few_steps());
            }
            println!("again: simulate --seed {}", failure.seed);
            ExitCode::FAILURE
        }
    }
}

/// Worlds of consecutive seeds, two a processor at a time; the first that fails.
fn worlds(seed: u64, steps: usize) -> Option<Box<Failure>> {
    let next = AtomicU64::new(seed);
    let last = seed + u64::try_from(steps.div_ceil(STEPS_OF_A_WORLD)).unwrap_or(u64::MAX);
    let failed = Mutex::new(None);
    // Half of a world's time its two threads wait for each other.
    let at_once = 2 * std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..at_once {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= last {
                        return;
                    }
                    if let Err(failure) = simulator::run(seed, STEPS_OF_A_WORLD.min(steps)) {
                        next.store(last, Ordering::Relaxed);
                        *failed.lock().expect("no thread panics with it") = Some(failure);
                    }
                }
            });
        }
    });
    failed.into_inner().expect("no thread panics with it")
}

struct Asked {
    seed: u64,
    steps: usize,
    shrink: bool,
}

fn arguments() -> Result<Asked, String> {
    let mut asked = Asked { seed: 1, steps: STEPS_OF_A_WORLD, shrink: true };
    let mut given = std::env::args().skip(1);
    while let Some(name) = given.next() {
        if name == "--no-shrink" {
            asked.shrink = false;
            continue;
        }
        let value = given.next().ok_or_else(|| format!("{name} is unknown, or is given no value"))?;
        match name.as_str() {
            "--seed" => asked.seed = value.parse().map_err(|_| wrong_number(&name, &value))?,
            "--steps" => asked.steps = value.parse().map_err(|_| wrong_number(&name, &value))?,
            _ => return Err(format!("{name} is unknown")),
        }
    }
    Ok(asked)
}

fn wrong_number(name: &str, value: &str) -> String {
    format!("{name}: {value:?} is no number")
}
