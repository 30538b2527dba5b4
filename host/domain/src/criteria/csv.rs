//! Conditions on tables: "CSV with columns a, b and at least 10 rows".

use super::bound::{self, Bound};
use super::check::{Check, Field};
use super::clause::Clause;
use super::cursor::Cursor;
use super::format::{elaborated, noun, settled};
use super::names::names;
use super::token::Sep;

/// What a list of column names may be called.
const COLUMNS: &[&str] =
    &["column headers", "column names", "columns", "header row", "headers", "header", "fields"];

/// Columns and rows of a CSV text.
pub(crate) fn csv(cursor: &mut Cursor, tabs: bool) -> Clause {
    let file = noun(cursor, false);
    let mut check = Check::new("is-csv").text_if("delimiter", tabs.then_some("\t"));
    let (mut columns, mut rows, mut rest) = (None, None, false);
    loop {
        if columns.is_none()
            && let Some(found) = cursor.attempt(header)
        {
            columns = Some(found);
        } else if cursor.attempt(some_header).is_some() {
            rest = true;
        } else if rows.is_none()
            && let Some(found) = cursor.attempt(row_count)
        {
            rows = Some(found);
        } else {
            break;
        }
    }
    rest |= elaborated(cursor);
    if let Some(names) = columns {
        check = check.with("header", Field::List(names));
    }
    if let Some(bound) = rows {
        rest |= bound.bare;
        check = if bound.bare { bound.lower() } else { bound }.check(&check);
    }
    let extension = if tabs { "tsv" } else { "csv" };
    settled(check, file.then_some(extension), rest)
}

fn header(cursor: &mut Cursor) -> Option<Vec<String>> {
    joined(cursor);
    cursor.eat_any(&["the following", "the", "a", "these"]);
    cursor.eat_any(COLUMNS).then_some(())?;
    cursor.eat_mark(':');
    names(cursor, 4)
}

/// A header that is asked for without its names: a first row is all that can be seen.
fn some_header(cursor: &mut Cursor) -> Option<()> {
    joined(cursor);
    cursor.eat_any(&["a", "the"]);
    (cursor.eat_any(&["header row", "header", "headers"]) && cursor.at_break()).then_some(())
}

fn row_count(cursor: &mut Cursor) -> Option<Bound> {
    joined(cursor);
    let bound = bound::bound(cursor, false)?;
    cursor.eat("data");
    cursor.eat_any(&["rows", "row", "records", "lines"]).then_some(())?;
    cursor.eat("of data");
    Some(bound)
}

fn joined(cursor: &mut Cursor) {
    cursor.eat_sep(Sep::Comma);
    cursor.eat_sep(Sep::Paren);
    cursor.eat("and");
    cursor.eat_any(&["with", "containing", "having", "that has", "of"]);
}
