//! How often something occurs.

use super::bound::{self, Bound};
use super::cursor::Cursor;
use super::number::number;

/// How often: "at least twice", "3 times", "no more than once".
pub(crate) fn times(cursor: &mut Cursor, negated: bool) -> Option<Bound> {
    cursor.attempt(|c| {
        c.eat("for");
        let comparison = bound::before(c, negated);
        if negated && comparison.is_none() {
            return None;
        }
        if let Some(value) = c.eat_entry(&[("once", 1), ("twice", 2), ("thrice", 3)]) {
            return comparison.map_or(Some(Bound::bare(value)), |found| found.bound(value));
        }
        let value = number(c)?.value;
        let middle = bound::after(c);
        c.eat_any(&["times", "time"]).then_some(())?;
        let late = bound::after(c);
        match (comparison, middle, late) {
            (Some(found), None, None) | (None, Some(found), None) | (None, None, Some(found)) => {
                found.bound(value)
            }
            (None, None, None) => Some(Bound::bare(value)),
            _ => None,
        }
    })
}
