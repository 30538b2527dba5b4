//! Numbers in digits and in English words, up to the thousands.

use super::cursor::Cursor;
use super::token::{Kind, Sep};

/// Largest number that is read. No delivery needs a larger bound, and far below it no
/// arithmetic on bounds can overflow.
const NUMBER_MAX: u64 = 10_000_000;

/// A number and whether a scale (`hundred`, `k`) was part of how it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Number {
    pub(crate) value: u64,
    pub(crate) scaled: bool,
}

const SMALL: &[(&str, u64)] = &[
    ("zero", 0),
    ("one", 1),
    ("two", 2),
    ("three", 3),
    ("four", 4),
    ("five", 5),
    ("six", 6),
    ("seven", 7),
    ("eight", 8),
    ("nine", 9),
    ("ten", 10),
    ("eleven", 11),
    ("twelve", 12),
    ("thirteen", 13),
    ("fourteen", 14),
    ("fifteen", 15),
    ("sixteen", 16),
    ("seventeen", 17),
    ("eighteen", 18),
    ("nineteen", 19),
    ("twenty", 20),
    ("thirty", 30),
    ("forty", 40),
    ("fifty", 50),
    ("sixty", 60),
    ("seventy", 70),
    ("eighty", 80),
    ("ninety", 90),
];

const SCALES: &[(&str, u64)] = &[("hundred", 100), ("thousand", 1_000), ("dozen", 12)];

/// Takes a number.
pub(crate) fn number(cursor: &mut Cursor) -> Option<Number> {
    cursor.attempt(|c| {
        let found = plain(c)?;
        let again = c.attempt(|c| c.eat_sep(Sep::Paren).then(|| plain(c))?);
        let same = again.is_none_or(|again| again.value == found.value);
        (same && found.value <= NUMBER_MAX).then_some(found)
    })
}

/// Whether a number stands here, readable or not.
pub(crate) fn stands(mut cursor: Cursor) -> bool {
    plain(&mut cursor).is_some()
}

/// A number, without the one in parentheses that may repeat it: "ten (10)".
fn plain(cursor: &mut Cursor) -> Option<Number> {
    half_dozen(cursor).or_else(|| digits(cursor)).or_else(|| words(cursor))
}

fn half_dozen(cursor: &mut Cursor) -> Option<Number> {
    cursor.eat_any(&["half a dozen", "a half dozen"]).then_some(Number { value: 6, scaled: true })
}

/// `1500`, and `2 thousand`.
fn digits(cursor: &mut Cursor) -> Option<Number> {
    let Some(&Kind::Number { value, scaled }) = cursor.kind() else { return None };
    cursor.advance();
    match (scaled, cursor.eat_entry(SCALES)) {
        (_, None) => Some(Number { value, scaled }),
        (false, Some(scale)) => value.checked_mul(scale).map(|value| Number { value, scaled: true }),
        (true, Some(_)) => None,
    }
}

/// `twenty-five`, `a hundred and fifty`, `two thousand five hundred`, `two dozen`.
fn words(cursor: &mut Cursor) -> Option<Number> {
    let mut total = 0_u64;
    let mut part = match below_hundred(cursor) {
        Some(value) => value,
        None if scale_follows_article(cursor) => 1,
        None => return None,
    };
    let mut scaled = false;
    let mut last = u64::MAX;
    while let Some(scale) = cursor.attempt(scale) {
        if scale == last || scale > last && last != 100 || scale == 12 && scaled {
            return None;
        }
        (scaled, last) = (true, scale);
        match scale {
            1_000 => total = (total + part).checked_mul(1_000)?,
            other => total = total.checked_add(part.checked_mul(other)?)?,
        }
        part = cursor.attempt(after_scale).unwrap_or(0);
    }
    Some(Number { value: total.checked_add(part)?, scaled })
}

/// A scale, with a hyphen before it or not: "five-hundred".
fn scale(cursor: &mut Cursor) -> Option<u64> {
    cursor.eat_mark('-');
    cursor.eat_entry(SCALES)
}

fn scale_follows_article(cursor: &mut Cursor) -> bool {
    let article = cursor.eat("a");
    let found = SCALES.iter().any(|(name, _)| cursor.word() == Some(name));
    article && found
}

/// The rest after `hundred` or `thousand`, "and" or not. In "between one hundred and
/// two hundred" the "and" belongs to the range, which a scale after it gives away.
fn after_scale(cursor: &mut Cursor) -> Option<u64> {
    let joined = cursor.eat("and");
    let value = below_hundred(cursor)?;
    let scale = SCALES.iter().any(|(name, _)| cursor.word() == Some(name));
    (!joined || !scale).then_some(value)
}

fn below_hundred(cursor: &mut Cursor) -> Option<u64> {
    let value = cursor.eat_entry(SMALL)?;
    if value < 20 {
        return Some(value);
    }
    let unit = cursor.attempt(|c| {
        c.eat_mark('-');
        c.eat_entry(SMALL).filter(|unit| (1..10).contains(unit))
    });
    Some(value + unit.unwrap_or(0))
}
