//! Bounds in words: "at least 5", "between 300 and 500", "no more than a dozen".

use super::check::{Check, Field};
use super::cursor::Cursor;
use super::number::{Number, number};
use super::token::Sep;

/// How many of something are wanted, both ends included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bound {
    pub(crate) min: Option<u64>,
    pub(crate) max: Option<u64>,
    /// A number without a word that says which end it is: "5 headings".
    pub(crate) bare: bool,
}

/// Which end of a bound a phrase names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    AtLeast,
    MoreThan,
    AtMost,
    LessThan,
    Exactly,
}

use Comparison::{AtLeast, AtMost, Exactly, LessThan, MoreThan};

/// Phrases before a number.
const BEFORE: &[(&str, Comparison)] = &[
    ("at the very least", AtLeast),
    ("at the least", AtLeast),
    ("at least", AtLeast),
    ("a minimum of", AtLeast),
    ("the minimum of", AtLeast),
    ("minimum of", AtLeast),
    ("minimum", AtLeast),
    ("min of", AtLeast),
    ("min", AtLeast),
    ("at the very most", AtMost),
    ("at the most", AtMost),
    ("at most", AtMost),
    ("a maximum of", AtMost),
    ("the maximum of", AtMost),
    ("maximum of", AtMost),
    ("maximum", AtMost),
    ("max of", AtMost),
    ("max", AtMost),
    ("up to a maximum of", AtMost),
    ("up to", AtMost),
    ("within", AtMost),
    ("limited to", AtMost),
    ("capped at", AtMost),
    ("a limit of", AtMost),
    ("exactly", Exactly),
    ("precisely", Exactly),
    ("only", Exactly),
    ("a single", Exactly),
    ("single", Exactly),
    ("more than", MoreThan),
    ("greater than", MoreThan),
    ("longer than", MoreThan),
    ("higher than", MoreThan),
    ("over", MoreThan),
    ("above", MoreThan),
    ("in excess of", MoreThan),
    ("to exceed", MoreThan),
    ("exceed", MoreThan),
    ("exceeds", MoreThan),
    ("exceeding", MoreThan),
    ("fewer than", LessThan),
    ("less than", LessThan),
    ("less than or equal to", AtMost),
    ("greater than or equal to", AtLeast),
    ("more than or equal to", AtLeast),
    ("shorter than", LessThan),
    ("lower than", LessThan),
    ("under", LessThan),
    ("below", LessThan),
];

/// Verbs that only make sense turned round: "must not go over 500 words".
const TURNED: &[(&str, Comparison)] = &[
    ("go over", MoreThan),
    ("go above", MoreThan),
    ("be over", MoreThan),
    ("fall below", LessThan),
    ("drop below", LessThan),
    ("go below", LessThan),
];

/// Phrases after a number, or after number and unit.
const AFTER: &[(&str, Comparison)] = &[
    ("or more", AtLeast),
    ("or longer", AtLeast),
    ("or greater", AtLeast),
    ("or above", AtLeast),
    ("or over", AtLeast),
    ("and above", AtLeast),
    ("and up", AtLeast),
    ("at a minimum", AtLeast),
    ("as a minimum", AtLeast),
    ("at minimum", AtLeast),
    ("at the very least", AtLeast),
    ("at least", AtLeast),
    ("minimum", AtLeast),
    ("min", AtLeast),
    ("or fewer", AtMost),
    ("or less", AtMost),
    ("or under", AtMost),
    ("or below", AtMost),
    ("or shorter", AtMost),
    ("and under", AtMost),
    ("and below", AtMost),
    ("at a maximum", AtMost),
    ("as a maximum", AtMost),
    ("at maximum", AtMost),
    ("at the most", AtMost),
    ("at most", AtMost),
    ("maximum", AtMost),
    ("max", AtMost),
    ("limit", AtMost),
    ("cap", AtMost),
    ("exactly", Exactly),
];

impl Comparison {
    /// "not more than" is "at most"; there is no such reading of "not at least".
    const fn turned(self) -> Option<Self> {
        match self {
            MoreThan => Some(AtMost),
            LessThan => Some(AtLeast),
            AtLeast | AtMost | Exactly => None,
        }
    }

    /// The bound this phrase and a number make; none for "fewer than 0".
    pub(crate) fn bound(self, value: u64) -> Option<Bound> {
        let (min, max) = match self {
            AtLeast => (Some(value), None),
            MoreThan => (Some(value + 1), None),
            AtMost => (None, Some(value)),
            LessThan => (None, Some(value.checked_sub(1)?)),
            Exactly => (Some(value), Some(value)),
        };
        Some(Bound { min, max, bare: false })
    }
}

impl Bound {
    /// A number on its own.
    pub(crate) const fn bare(value: u64) -> Self {
        Self { min: Some(value), max: Some(value), bare: true }
    }

    /// Exactly none.
    pub(crate) const NONE: Self = Self { min: None, max: Some(0), bare: false };

    /// The part of it that holds wherever it is counted.
    pub(crate) const fn lower(self) -> Self {
        Self { min: self.min, max: None, bare: self.bare }
    }

    /// Whether it only ever asks for more.
    pub(crate) const fn only_lower(self) -> bool {
        self.max.is_none()
    }

    /// Both bounds at once; none when no number satisfies both.
    pub(crate) fn and(self, other: Self) -> Option<Self> {
        let min = self.min.max(other.min);
        let max = match (self.max, other.max) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        let possible = !matches!((min, max), (Some(min), Some(max)) if min > max);
        possible.then_some(Self { min, max, bare: self.bare || other.bare })
    }

    /// The fields of a counting kind.
    pub(crate) fn fields(self) -> Vec<(String, Field)> {
        let field = |name: &str, value| (name.to_owned(), Field::Int(value));
        match (self.min, self.max) {
            (_, Some(0)) => vec![field("max", 0)],
            (Some(min), Some(max)) if min == max => vec![field("exact", min)],
            (min, max) => min
                .map(|value| field("min", value))
                .into_iter()
                .chain(max.map(|value| field("max", value)))
                .collect(),
        }
    }

    /// A counting check with these fields.
    pub(crate) fn check(self, base: &Check) -> Check {
        let mut check = base.clone();
        check.fields.extend(self.fields());
        check
    }
}

/// Takes the phrase before a number. `turned` is whether a negation stands before it.
pub(crate) fn before(cursor: &mut Cursor, turned: bool) -> Option<Comparison> {
    cursor.attempt(|c| {
        let here = c.eat_any(&["not", "no"]);
        if here && turned {
            return None;
        }
        let sign = [('≥', AtLeast), ('≤', AtMost), ('>', MoreThan), ('<', LessThan)];
        let found = sign.iter().find(|(mark, _)| c.eat_mark(*mark)).map(|(_, found)| *found);
        let found = found
            .or_else(|| c.eat_entry(TURNED).filter(|_| here || turned))
            .or_else(|| c.eat_entry(BEFORE))?;
        if here || turned { found.turned() } else { Some(found) }
    })
}

/// Takes the phrase after a number or a unit, in parentheses or not.
pub(crate) fn after(cursor: &mut Cursor) -> Option<Comparison> {
    cursor.attempt(|c| {
        c.eat_sep(Sep::Paren);
        c.eat_mark('-');
        if c.eat_mark('+') {
            return Some(AtLeast);
        }
        c.eat_entry(AFTER)
    })
}

/// Takes a number with its bound, or a range. The phrase that follows the unit is the
/// caller's, as in "500 words minimum".
pub(crate) fn bound(cursor: &mut Cursor, turned: bool) -> Option<Bound> {
    cursor.attempt(|c| {
        if let Some(range) = c.attempt(range) {
            return (!turned).then_some(range);
        }
        let comparison = before(c, turned);
        // A negation that no comparison took would be lost: "not 500 words".
        if comparison.is_none() && turned {
            return None;
        }
        if comparison.is_none() {
            c.eat_any(&["a total of", "total of"]);
        }
        c.eat_mark(':');
        let value = article_number(c, comparison)?;
        match comparison.or_else(|| after(c)) {
            Some(found) => found.bound(value.value),
            None => Some(Bound::bare(value.value)),
        }
    })
}

/// A number; "a single heading" and "one single heading" have it in the phrase.
fn article_number(cursor: &mut Cursor, comparison: Option<Comparison>) -> Option<Number> {
    if let Some(found) = number(cursor) {
        return Some(found);
    }
    let single = comparison == Some(Exactly) && cursor.kind().is_some();
    (single && cursor.follows("single")).then_some(Number { value: 1, scaled: false })
}

/// `between A and B`, `from A to B`, `A to B`, `A-B`, both ends included.
fn range(cursor: &mut Cursor) -> Option<Bound> {
    let between = cursor.eat("between");
    let from = !between && cursor.eat("from");
    let low = number(cursor)?;
    if between || from {
        // "between 300 words and 500 words"
        cursor.eat_any(&["words", "characters"]);
    }
    let joined = cursor.eat_mark('-') || cursor.eat("to") || between && cursor.eat("and");
    let high = number(cursor).filter(|_| joined)?;
    // "1-2k" and "one to two hundred" name a thousand and a hundred, or one: nobody knows.
    let unclear = high.scaled && !low.scaled && low.value < 10;
    (!unclear && low.value <= high.value).then_some(Bound {
        min: Some(low.value),
        max: Some(high.value),
        bare: false,
    })
}
