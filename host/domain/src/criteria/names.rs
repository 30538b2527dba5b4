//! Names in a row: "name, price and qty".

use super::cursor::Cursor;
use super::lexicon::{FATAL, PREPOSITIONS};
use super::token::Sep;

/// Words that are never a name, not even alone: at the end of a list they hedge it.
const HEDGES: &[&str] =
    &["approx", "approximately", "roughly", "circa", "nearly", "almost", "ideally", "preferably"];

/// Names joined by commas and "and". A name is what stands between them, so that
/// nothing of the sentence can hide in one.
pub(crate) fn names(cursor: &mut Cursor, words_max: usize) -> Option<Vec<String>> {
    let mut names = vec![name(cursor, words_max)?];
    while let Some(next) = cursor.attempt(|c| {
        let comma = c.eat_sep(Sep::Comma);
        (c.eat("and") || comma).then_some(())?;
        name(c, words_max)
    }) {
        names.push(next);
    }
    Some(names)
}

fn name(cursor: &mut Cursor, words_max: usize) -> Option<String> {
    cursor.attempt(|c| {
        if let Some((text, _)) = c.quote() {
            return Some(text.trim_end_matches(',').to_owned());
        }
        let first = c.at();
        let (mut words, mut hedged, mut alone) = (0, false, None);
        while let Some(word) = c.word() {
            let function =
                PREPOSITIONS.contains(&word) || matches!(word, "the" | "a" | "etc" | "all" | "no" | "with");
            let whole = words == 0 && c.breaks_after();
            if c.at_break() || function && !whole {
                break;
            }
            words += usize::from(c.spaced() || words == 0);
            hedged |= FATAL.contains(&word);
            alone = (words == 1).then_some(word);
            c.advance();
            while !c.spaced() && (c.eat_mark('-') || c.eat_mark('.') || c.eat_mark('/')) {}
        }
        let found = (1..=words_max).contains(&words) && (c.at_break() || c.word() == Some("with"));
        // "source" may be a column, "price if available" is none.
        let refused = !found || hedged && words > 1 || alone.is_some_and(|word| HEDGES.contains(&word));
        (!refused).then(|| c.typed(first))
    })
}
