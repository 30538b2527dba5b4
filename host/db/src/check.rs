//! What a change may not contain, checked before it can fail a whole group.

use assay_domain::refusal::Refusal;

use crate::change::{Change, CommitError};
use crate::record::{Kind, Mode, Table, Value, Write};

/// The longest key, in bytes. `PostgreSQL` refuses an index entry above 2,704.
const KEY_BYTES_MAX: usize = 1_000;

/// Refuses text with U+0000 (which `PostgreSQL` cannot store, so neither engine takes
/// it) by the name of its column; finds the rest to be faults of the verb.
pub(crate) fn storable(change: &Change) -> Result<(), CommitError> {
    for key in keys(change) {
        text("key", key)?;
        if key.len() > KEY_BYTES_MAX {
            return Err(CommitError::Internal(format!("a key of {} bytes is too long", key.len())));
        }
    }
    for event in &change.events {
        text("kind", &event.kind)?;
        text("visibility", &event.visibility)?;
    }
    for job in &change.jobs {
        text("kind", &job.kind)?;
        text("subject", &job.subject)?;
    }
    for unique in &change.unique {
        text("value", &unique.value)?;
    }
    change.rows.iter().try_for_each(row)
}

/// The key of a row that has one text column for it.
pub(crate) fn text_key(write: &Write) -> Option<&str> {
    match (write.table.key_indexes().next().map(|index| &write.values[index]), write.table.key) {
        (Some(Value::Text(key)), [_]) => Some(key),
        _ => None,
    }
}

fn keys(change: &Change) -> impl Iterator<Item = &str> {
    let heads = change.expect.iter().map(|(key, _)| key).chain(&change.bump);
    let cells = heads.chain(change.add.iter().map(|add| &add.key)).map(crate::Key::as_str);
    let uniques = change.unique.iter().map(|unique| unique.key.as_str());
    let once = change.once.iter().map(|once| once.key.as_str());
    let subjects = change.events.iter().map(|event| event.subject.as_str());
    cells.chain(uniques).chain(once).chain(subjects)
}

fn text(name: &str, value: &str) -> Result<(), Refusal> {
    if value.contains('\0') {
        return Err(Refusal::field(name, "must not contain the character U+0000"));
    }
    Ok(())
}

fn row(write: &Write) -> Result<(), CommitError> {
    let Write { table, mode, values } = write;
    if OWN_TABLES.contains(&table.name) {
        return Err(CommitError::Internal(format!("{} is written by the commit path alone", table.name)));
    }
    if table.sealed && (*mode != Mode::Insert || text_key(write).is_none()) {
        return Err(CommitError::Internal(format!("rows of {} are inserted once, under a text", table.name)));
    }
    let columns = table.columns.iter().enumerate();
    for ((index, column), value) in columns.zip(values) {
        let needed = *mode != Mode::Delete || table.key.contains(&column.name);
        match (value, column.kind) {
            (Value::Text(value), Kind::Text) => text(column.name, value)?,
            (Value::Int(_), Kind::Int) | (Value::Bytes(_), Kind::Bytes) => {}
            (Value::Null, _) if column.nullable || !needed => {}
            _ => return Err(wrong(table, index)),
        }
    }
    Ok(())
}

/// Tables whose rows follow from what a change asks for.
const OWN_TABLES: [&str; 10] =
    ["cells", "events", "lanes", "links", "once", "posted", "postings", "seals", "transfers", "uniques"];

fn wrong(table: &Table, index: usize) -> CommitError {
    CommitError::Internal(format!("{}.{} does not hold such a value", table.name, table.columns[index].name))
}
