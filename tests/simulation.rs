//! The simulator, as long as a test may take. It is described in `simulator/lib.rs`; longer
//! runs, and one seed again, are the program `simulate`.

use assay_simulator::{self as simulator, STEPS_OF_A_WORLD};

/// A hundred thousand steps, or a few where nothing was optimised.
const STEPS: usize = if cfg!(debug_assertions) { 4_000 } else { 100_000 };

/// Tries for a smaller failure, each of them a world.
const REPLAYS: usize = 40;

/// A world that goes on for a while before the two part.
const PARTING: u64 = 7;

#[test]
fn the_house_and_a_naive_model_of_it_agree() {
    if let Some(failure) = simulator::worlds(1, STEPS) {
        let (seed, at, why) = (failure.seed, failure.at, &failure.why);
        let again = "cargo run --release --bin simulate -- --seed";
        panic!("seed {seed} fails at step {at}: {why}\n{}\nagain: {again} {seed}", failure.in_few_steps());
    }
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
