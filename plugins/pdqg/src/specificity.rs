//! Does it say something: content of its own, not promises and praise that fit any task.

use crate::asks::Asks;
use crate::scorecard::{Dimension, FULL, ramp, share};
use crate::text::Text;
use crate::words::{VAGUE, look_up};

/// Scores it.
pub fn specificity(asks: &Asks, delivery: &Text) -> Dimension {
    let words = delivery.words.len();
    if words == 0 || asks.wants_structure() {
        return dimension(FULL, String::new());
    }
    let (mut content, mut vague, mut concrete) = (0, 0, 0);
    for word in &delivery.words {
        if word.is_number() || word.is_capital() && !word.opens() {
            concrete += 1;
        }
        if word.is_content() {
            content += 1;
            vague += usize::from(look_up(word.stem).has(VAGUE));
        }
    }
    if content < 3 {
        return dimension(FULL, String::new());
    }
    let vagueness = share(vague, content);
    let allowance = ramp(share(concrete, words), 0, 1_000, 0, 1_500);
    let plain = ramp(vagueness.saturating_sub(allowance), 2_000, 6_000, FULL, 0);
    let thin = if words < 30 { FULL } else { ramp(share(content, words), 1_200, 2_800, 0, FULL) };
    let note = format!(
        "{vague} of {content} content words would fit any task: give facts, names, figures or examples of this one."
    );
    dimension(plain.min(thin), note)
}

fn dimension(score: u32, note: String) -> Dimension {
    Dimension::new("specificity", 5_000, score, note)
}
