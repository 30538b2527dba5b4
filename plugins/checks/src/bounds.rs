//! `min`, `max`, `exact`: how many there may be.

use crate::fields::Fields;
use crate::outcome::{Verdict, counted, grouped};

/// How many there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bounds {
    min: u64,
    max: Option<u64>,
}

impl Bounds {
    pub(crate) const AT_LEAST_ONE: Self = Self { min: 1, max: None };

    /// The bounds of a counting kind; without any, there must be at least one.
    pub(crate) fn parse(fields: &mut Fields) -> Self {
        Self::parse_some(fields).unwrap_or(Self::AT_LEAST_ONE)
    }

    /// The bounds, if any is given.
    pub(crate) fn parse_some(fields: &mut Fields) -> Option<Self> {
        let (min, max, exact) = (fields.count("min"), fields.count("max"), fields.count("exact"));
        if exact.is_some() && (min.is_some() || max.is_some()) {
            fields.issue("exact", "stands alone: leave out min and max");
        }
        if let (Some(min), Some(max)) = (min, max)
            && min > max
        {
            fields.issue("max", format!("must be at least min, {min}"));
        }
        match (min, max, exact) {
            (None, None, None) => None,
            (_, _, Some(exact)) => Some(Self { min: exact, max: Some(exact) }),
            _ => Some(Self { min: min.unwrap_or(0), max }),
        }
    }

    pub(crate) fn exactly(count: u64) -> Self {
        Self { min: count, max: Some(count) }
    }

    pub(crate) fn hold(self, count: u64) -> bool {
        count >= self.min && self.max.is_none_or(|max| count <= max)
    }

    /// Whether some counts from `least` to `most` hold and others do not.
    pub(crate) fn depends_on(self, least: u64, most: u64) -> bool {
        let some = least.max(self.min) <= self.max.map_or(most, |max| max.min(most));
        some && !(self.hold(least) && self.hold(most))
    }

    /// `1,212 words, at least 1,500 wanted`.
    pub(crate) fn judge(self, count: u64, one: &str, many: &str) -> Verdict {
        Verdict::of(self.hold(count), counted(count, one, many)).wanted(self.words(), self.negated_words())
    }

    /// `at least 1,500`.
    pub(crate) fn words(self) -> String {
        match (self.min, self.max) {
            (min, None) => format!("at least {}", grouped(min)),
            (0, Some(0)) => "none".to_owned(),
            (0, Some(max)) => format!("at most {}", grouped(max)),
            (min, Some(max)) if min == max => format!("exactly {}", grouped(min)),
            (min, Some(max)) => format!("between {} and {}", grouped(min), grouped(max)),
        }
    }

    fn negated_words(self) -> String {
        match (self.min, self.max) {
            (0, None) => "nothing".to_owned(),
            (1, None) => "none".to_owned(),
            (min, None) => format!("under {}", grouped(min)),
            (0, Some(0)) => "at least 1".to_owned(),
            (0, Some(max)) => format!("over {}", grouped(max)),
            _ => format!("not {}", self.words()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Bounds;

    #[test]
    fn a_count_between_two_others_may_or_may_not_hold() {
        let two = Bounds { min: 2, max: Some(2) };
        let table = [
            (two, 0, 1, false),
            (two, 0, 2, true),
            (two, 1, 3, true),
            (two, 2, 2, false),
            (two, 3, 9, false),
            (Bounds::AT_LEAST_ONE, 0, 1, true),
            (Bounds::AT_LEAST_ONE, 1, 5, false),
            (Bounds { min: 0, max: Some(3) }, 1, 3, false),
            (Bounds { min: 0, max: Some(3) }, 1, 4, true),
        ];
        for (bounds, least, most, depends) in table {
            assert_eq!(bounds.depends_on(least, most), depends, "{bounds:?} from {least} to {most}");
        }
    }

    #[test]
    fn every_bound_reads_well() {
        let table = [
            (Bounds { min: 1_500, max: None }, "at least 1,500", "under 1,500"),
            (Bounds { min: 0, max: Some(3) }, "at most 3", "over 3"),
            (Bounds { min: 0, max: Some(0) }, "none", "at least 1"),
            (Bounds { min: 5, max: Some(5) }, "exactly 5", "not exactly 5"),
            (Bounds { min: 2, max: Some(9) }, "between 2 and 9", "not between 2 and 9"),
            (Bounds::AT_LEAST_ONE, "at least 1", "none"),
        ];
        for (bounds, plain, negated) in table {
            assert_eq!((bounds.words().as_str(), bounds.negated_words().as_str()), (plain, negated));
        }
    }
}
