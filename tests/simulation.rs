//! The simulator, as long as a test may take. It is described in `simulator.rs`; longer
//! runs, and one seed again, are the program `simulate`.

use std::sync::atomic::{AtomicU64, Ordering};

use assay_tests::simulator::{self, STEPS_OF_A_WORLD};

/// A hundred thousand steps, or a few where nothing was optimised.
const STEPS: usize = if cfg!(debug_assertions) { 4_000 } else { 100_000 };

/// Tries for a smaller failure, each of them a world.
const REPLAYS: usize = 40;

/// A world that goes on for a while before the two part.
const PARTING: u64 = 7;

#[test]
fn the_house_and_a_naive_model_of_it_agree() {
    let worlds = u64::try_from(STEPS / STEPS_OF_A_WORLD).expect("few");
    let next = AtomicU64::new(1);
    let run_some = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed > worlds {
                return;
            }
            if let Err(failure) = simulator::run(seed, STEPS_OF_A_WORLD) {
                let (at, why) = (failure.at, &failure.why);
                let again = "cargo run --release -p assay-tests --bin simulate -- --seed";
                panic!(
                    "seed {seed} fails at step {at}: {why}\n{}\nagain: {again} {seed}",
                    failure.in_few_steps()
                );
            }
        }
    };
    // Half of a world's time its two threads wait for each other.
    let at_once = 2 * std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..at_once {
            scope.spawn(run_some);
        }
    });
}

#[test]
fn a_disagreement_repeats_and_shrinks() {
    // The model believes that a payout can be disputed for a day.
    let parts = || {
        let outcome =
            simulator::run_with(PARTING, STEPS_OF_A_WORLD, |settings| settings.terms.payout_delay_hours = 23);
        *outcome.expect_err("the two cannot agree about when somebody is paid")
    };
    let (first, second) = (parts(), parts());
    assert_eq!((first.at, &first.why), (second.at, &second.why), "a seed repeats");
    let again = first.replayed().expect("its steps fail without the dice that chose them");
    assert_eq!(again, (first.at, first.why.clone()));
    let few = first.shrunk(REPLAYS);
    println!("{} of {} steps are enough", few.steps(), first.steps());
    assert!(few.steps() < first.steps() / 2, "{} of {}", few.steps(), first.steps());
    assert_eq!(few.replayed(), Some((few.at, few.why.clone())), "what is left still fails");
}
