//! The text that a group is written with, from `begin` to `commit`, on `SQLite`. It depends on
//! the tables and how their rows are written, and not on the rows.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use crate::postings;
use crate::record::{Mode, Table};
use crate::sql::{self, Engine};

/// So many texts are kept; past it all are put together anew.
const TEXTS_MAX: usize = 256;

/// What the text of a transaction depends on, for `SQLite`.
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct Shape {
    pub(crate) parts: Vec<Part>,
    /// Whether postings are added at its end.
    pub(crate) posts: bool,
}

/// Rows of a table that are written alike: so many that are parameters, or a list.
#[derive(Clone, Copy)]
pub(crate) struct Part {
    pub(crate) table: &'static Table,
    pub(crate) mode: Mode,
    pub(crate) rows: Option<usize>,
}

impl Shape {
    /// Its text, which is put together once for many groups.
    pub(crate) fn kept_text(self) -> Arc<str> {
        static TEXTS: LazyLock<Mutex<HashMap<Shape, Arc<str>>>> = LazyLock::new(Mutex::default);
        let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
        if texts.len() >= TEXTS_MAX {
            texts.clear();
        }
        let text = texts.entry(self).or_insert_with_key(|shape| shape.text().into());
        Arc::clone(text)
    }

    fn text(&self) -> String {
        let mut texts = vec![Engine::Sqlite.begin().to_owned()];
        let mut bound = 0;
        for Part { table, mode, rows } in &self.parts {
            if let Some(rows) = rows {
                texts.push(Engine::write_rows_or_end(table, *mode, *rows));
                bound += rows * table.columns.len();
            } else {
                texts.push(Engine::Sqlite.write_many_or_end(table, *mode, bound + 1));
                bound += 1 + usize::from(sql::has_bytes(table, *mode));
            }
        }
        if self.posts {
            texts.extend(postings::add(bound + 1, bound + 2));
        }
        texts.push("COMMIT".to_owned());
        texts.join("; ")
    }
}

impl PartialEq for Part {
    fn eq(&self, other: &Self) -> bool {
        // Two records may be of one table and not keep the same of its columns.
        let alike = std::ptr::eq(self.table, other.table) || self.table == other.table;
        alike && self.mode == other.mode && self.rows == other.rows
    }
}

impl Eq for Part {}

impl Hash for Part {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.table.name, self.mode, self.rows).hash(state);
    }
}
