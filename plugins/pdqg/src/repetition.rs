//! Does it say things once: runs of words that come again, and too few different words.

use crate::asks::Asks;
use crate::keys::{Keys, RUN, joined};
use crate::scorecard::{Dimension, FULL, ramp, share};
use crate::text::Text;

/// Scores it.
pub fn repetition(asks: &Asks, delivery: &Text) -> Dimension {
    let words = &delivery.words;
    let mut distinct = Keys::for_up_to(words.len());
    let mut runs = Keys::for_up_to(words.len());
    let mut repeated = 0;
    for (at, word) in words.iter().enumerate() {
        distinct.insert(word.key);
        if let Some(run) = words.get(at..at + RUN) {
            repeated += usize::from(!runs.insert(joined(run)));
        }
    }
    let again = share(repeated, words.len().saturating_sub(RUN - 1).max(1));
    // Songs have refrains, data has keys.
    let (from, to) = if asks.wants_structure() || asks.repeats { (5_000, 9_000) } else { (3_000, 7_500) };
    let runs = if words.len() < 2 * RUN { FULL } else { ramp(again, from, to, FULL, 0) };
    let variety = if asks.wants_structure() { FULL } else { variety(words.len(), distinct.count()) };
    let note = format!(
        "{} % of the delivery repeats itself, {} different words of {}: say each thing once.",
        again / 100,
        distinct.count(),
        words.len()
    );
    Dimension::new("repetition", 8_500, runs.min(variety), note)
}

/// Different words against how many a text of this length has at the very least.
fn variety(words: usize, distinct: usize) -> u32 {
    if words < 6 {
        return FULL;
    }
    // A text of n words has some 5 times the square root of n different ones;
    // a third of that is allowed.
    let usual = (words * 25).isqrt().min(words);
    ramp(share(distinct, usual), 1_800, 4_500, 0, FULL)
}
