//! The fewest steps that still fail: leaves out halves, then quarters, and so on, and
//! keeps what fails without them.

use super::{Failure, replay};

/// The same world with the steps that are left, and how they fail.
pub(super) fn shrunk(failure: Failure, replays_max: usize) -> Failure {
    let mut failure = failure;
    let mut size = failure.steps.len() / 2;
    let mut replays = 0;
    while size > 0 && replays < replays_max {
        let mut from = 0;
        let mut smaller = false;
        while from < failure.steps.len() && replays < replays_max {
            let to = (from + size).min(failure.steps.len());
            let mut fewer = failure.steps[..from].to_vec();
            fewer.extend_from_slice(&failure.steps[to..]);
            replays += 1;
            match replay(failure.seed, failure.change, &fewer) {
                Some((at, why)) => {
                    fewer.truncate(at + 1);
                    failure = Failure { at, why, steps: fewer, ..failure };
                    smaller = true;
                }
                None => from = to,
            }
        }
        if !smaller || size > 1 {
            size /= 2;
        }
    }
    failure
}
