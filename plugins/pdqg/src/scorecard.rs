//! The shape of a verdict and the arithmetic that makes one score of many parts.

/// Everything: 10000 basis points.
pub const FULL: u32 = 10_000;

/// One side of quality.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dimension {
    /// What it is called, in the words of the README's table.
    pub name: &'static str,
    /// The most it can take from the score, in basis points.
    pub weight: u32,
    /// Basis points, 0 to 10000.
    pub score: u32,
    /// What to change to do better; empty when nothing is missing.
    pub note: String,
}

impl Dimension {
    /// A dimension; the score is cut to 10000, and a full score needs no note.
    pub fn new(name: &'static str, weight: u32, score: u32, note: impl Into<String>) -> Self {
        let score = score.min(FULL);
        let note = if score == FULL { String::new() } else { note.into() };
        Self { name, weight, score, note }
    }

    /// What is left of the score after this dimension: 10000 less what it takes.
    fn leaves(&self) -> u32 {
        FULL - self.weight * (FULL - self.score) / FULL
    }
}

/// The whole verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scorecard {
    /// Basis points, 0 to 10000.
    pub score: u32,
    /// In the order they were looked at.
    pub dimensions: Vec<Dimension>,
    /// The two or three things that cost most, in sentences.
    pub notes: String,
}

impl Scorecard {
    /// Multiplies what each dimension leaves.
    ///
    /// An average would let the task's own text through: it is relevant, well
    /// formed and specific, it only is no answer. A product lets any side that
    /// has failed altogether decide alone, as far as its weight goes.
    pub fn of(dimensions: Vec<Dimension>) -> Self {
        let score = dimensions.iter().fold(FULL, |score, dimension| score * dimension.leaves() / FULL);
        let notes = summary(&dimensions);
        Self { score, dimensions, notes }
    }
}

fn summary(dimensions: &[Dimension]) -> String {
    let mut missing: Vec<&Dimension> =
        dimensions.iter().filter(|d| d.leaves() < 9_500 && !d.note.is_empty()).collect();
    missing.sort_by_key(|d| d.leaves());
    let sentences: Vec<&str> = missing.iter().take(3).map(|d| d.note.as_str()).collect();
    if sentences.is_empty() { "Nothing is missing.".to_owned() } else { sentences.join(" ") }
}

/// `part` of `whole` in basis points, at most 10000; everything of nothing.
pub fn share<N: TryInto<u64>>(part: N, whole: N) -> u32 {
    let whole = whole.try_into().unwrap_or(u64::MAX);
    let part = part.try_into().unwrap_or(u64::MAX).min(whole);
    if whole == 0 {
        return FULL;
    }
    let points = u128::from(part) * u128::from(FULL) / u128::from(whole);
    u32::try_from(points).unwrap_or(FULL)
}

/// A straight line from `(from, at_from)` to `(to, at_to)`, level outside it.
pub fn ramp(value: u32, from: u32, to: u32, at_from: u32, at_to: u32) -> u32 {
    if value <= from {
        return at_from;
    }
    if value >= to {
        return at_to;
    }
    let (run, done) = (u64::from(to - from), u64::from(value - from));
    let line = u64::from(at_from) * (run - done) + u64::from(at_to) * done;
    u32::try_from(line / run).unwrap_or(FULL)
}

#[cfg(test)]
mod tests {
    use super::{Dimension, FULL, Scorecard, ramp, share};

    #[test]
    fn a_failed_dimension_takes_its_whole_weight() {
        let card = Scorecard::of(vec![
            Dimension::new("one", 2_500, 0, "Do one."),
            Dimension::new("two", 6_000, 5_000, "Do two."),
            Dimension::new("three", FULL, FULL, "never shown"),
        ]);
        assert_eq!(card.score, 5_250);
        assert_eq!(card.notes, "Do two. Do one.");
        assert_eq!(card.dimensions[2].note, "");
    }

    #[test]
    fn lines_and_shares_stay_in_range() {
        assert_eq!(share(1_u32, 3), 3_333);
        assert_eq!(share(7_u32, 0), FULL);
        assert_eq!(share(9_u32, 3), FULL);
        assert_eq!(ramp(5, 0, 10, 0, 100), 50);
        assert_eq!(ramp(5, 0, 10, 100, 0), 50);
        assert_eq!(ramp(11, 0, 10, 100, 7), 7);
    }
}
