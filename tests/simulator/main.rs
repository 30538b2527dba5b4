//! The simulator as a program: one seed again, or steps for a night.
//!
//! ```text
//! simulate --seed 7                    one world, as the test runs it
//! simulate --steps 10000000            many, from a seed on
//! ```

use std::process::ExitCode;

use assay_simulator::{self as simulator, STEPS_OF_A_WORLD};

fn main() -> ExitCode {
    let Asked { seed, steps, shrink } = match arguments() {
        Ok(asked) => asked,
        Err(message) => {
            eprintln!("{message}\nusage: simulate [--seed N] [--steps N] [--no-shrink]");
            return ExitCode::from(2);
        }
    };
    match simulator::worlds(seed, steps) {
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
