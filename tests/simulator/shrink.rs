//! The fewest steps that still fail: leaves out halves, then quarters, and so on, and
//! keeps what fails without them.

use super::replay;
use super::steps::Step;

/// Replays in all: a failure is looked at by somebody who waits.
const REPLAYS_MAX: usize = 400;

/// The steps that are left, and how they fail.
pub(super) fn shrunk(seed: u64, steps: Vec<Step>, why: String) -> (Vec<Step>, String) {
    let (mut steps, mut why) = (steps, why);
    let mut size = steps.len() / 2;
    let mut replays = 0;
    while size > 0 && replays < REPLAYS_MAX {
        let mut from = 0;
        let mut smaller = false;
        while from < steps.len() && replays < REPLAYS_MAX {
            let to = (from + size).min(steps.len());
            let mut fewer = steps[..from].to_vec();
            fewer.extend_from_slice(&steps[to..]);
            replays += 1;
            match replay(seed, &fewer) {
                Some((at, said)) => {
                    fewer.truncate(at + 1);
                    (steps, why, smaller) = (fewer, said, true);
                }
                None => from = to,
            }
        }
        if !smaller || size > 1 {
            size /= 2;
        }
    }
    (steps, why)
}
