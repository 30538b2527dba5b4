//! The few places where the two engines' SQL differs, and the statements made from a
//! table's description.
//!
//! Rows travel as one JSON parameter a statement, an array of arrays, and their bytes as
//! another one, from which each row takes its own: statements cost, rows do not, and the
//! text of a statement does not depend on how many rows it writes.

use std::fmt::Write as _;

use sqlx::any::{Any, AnyArguments};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, SqlSafeStr};

use crate::record::{Kind, Mode, Table, Value};

/// The cells `$1`, unique keys `$2` and kept answers `$3` that are there, each a JSON list
/// in one row. For `SQLite`, whose writer is alone.
pub(crate) const LOAD_OF_ONE_WRITER: &str = "select \
    (select json_group_array(json_array(key, n)) from cells \
     where key in (select value from json_each($1))), \
    (select json_group_array(key) from uniques \
     where key in (select value from json_each($2))), \
    (select json_group_array(json_array(key, hex(body_hash), status, hex(body), at)) from once \
     where key in (select value from json_each($3)))";

/// A row of a [`List`] says in one number where its bytes begin and how many they are: that in
/// so many bits.
const LENGTH_BITS: u32 = 32;
const LENGTH_MASK: u32 = u32::MAX;

/// The database engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Embedded, one host.
    Sqlite,
    /// `PostgreSQL`, or an engine that speaks its wire; any number of hosts.
    Postgres,
}

impl Engine {
    /// The rows of the JSON parameter `$n`, as `j.value`.
    fn rows(self, n: usize) -> String {
        match self {
            // As JSONB, whose fields are taken out of it as they stand.
            Self::Sqlite => format!("jsonb_each(${n}) as j"),
            Self::Postgres => format!("json_array_elements(cast(${n} as json)) as j(value)"),
        }
    }

    /// Several writes in one text, so that they travel together: one after the other, or
    /// where a text with parameters is one statement, side by side in it. Then no two of
    /// them may be of one table.
    pub(crate) fn together(self, writes: &[String]) -> String {
        match (self, writes) {
            (Self::Postgres, [first @ .., last]) if !first.is_empty() => {
                let named: Vec<String> =
                    first.iter().enumerate().map(|(index, text)| format!("w{index} as ({text})")).collect();
                format!("with {} {last}", named.join(", "))
            }
            _ => writes.join("; "),
        }
    }

    /// "… is one of the texts in the JSON list `$n`".
    pub(crate) fn is_in(self, n: usize) -> String {
        match self {
            Self::Sqlite => format!("in (select value from json_each(${n}))"),
            Self::Postgres => format!("= any(array(select json_array_elements_text(cast(${n} as json))))"),
        }
    }

    /// A migration as this engine runs it: what is for `SQLite` alone stands in it as
    /// `/* on SQLite: … */`.
    pub(crate) fn migration(self, text: &str) -> String {
        match self {
            Self::Sqlite => text.replace("/* on SQLite:", "").replace("*/", ""),
            Self::Postgres => text.to_owned(),
        }
    }

    /// Starts a transaction that writes.
    pub(crate) const fn begin(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN IMMEDIATE",
            Self::Postgres => "BEGIN ISOLATION LEVEL READ COMMITTED",
        }
    }

    /// Reads the cells listed in `$1`, each locked until the transaction ends.
    ///
    /// `SQLite` has one writer and needs no locks. `PostgreSQL` creates what is missing
    /// and locks what is there in one statement, in the list's order, so that two hosts
    /// cannot both find a cell missing and cannot lock each other out.
    ///
    /// The cells come back as one JSON text, because a row costs the driver more than
    /// the cell in it.
    pub(crate) const fn lock_cells(self) -> &'static str {
        match self {
            Self::Sqlite => {
                "select json_group_array(json_array(key, n)) from cells \
                 where key in (select value from json_each($1))"
            }
            Self::Postgres => {
                "with locked as (insert into cells (key, n) \
                 select j.value, 0 from json_array_elements_text(cast($1 as json)) as j(value) \
                 on conflict (key) do update set n = cells.n returning key, n) \
                 select cast(json_agg(json_build_array(key, n)) as text) from locked"
            }
        }
    }

    /// The end of a read whose rows nobody may change meanwhile.
    pub(crate) const fn for_update(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => " for update",
        }
    }

    /// A column's value taken from place `index` of a JSON row. Bytes are in parameter `n`,
    /// and the row says where they begin and, in the lower half, how many they are.
    fn field(self, kind: Kind, index: usize, n: usize) -> String {
        let number = format!("cast(j.value ->> {index} as bigint)");
        let (begin, length) = (format!("{number} >> {LENGTH_BITS}"), format!("{number} & {LENGTH_MASK}"));
        match (kind, self) {
            (Kind::Int, _) => number,
            (Kind::Text, _) => format!("j.value ->> {index}"),
            (Kind::Bytes, Self::Sqlite) => format!("substr(${n}, {begin}, {length})"),
            (Kind::Bytes, Self::Postgres) => {
                format!("substr(cast(${n} as bytea), cast({begin} as integer), cast({length} as integer))")
            }
        }
    }

    /// Writes the rows of a [`List`] to a table, whose JSON is `$n` and whose bytes, where
    /// rows like these have any, the parameter behind it.
    pub(crate) fn write_many(self, table: &Table, mode: Mode, n: usize) -> String {
        self.rows_into("insert", table, mode, n)
    }

    /// The same as a part of a text that lands as a whole or not at all. A row that cannot
    /// be written ends the transaction, so `SQLite` need not be able to take back the rows
    /// before it, for which it would copy every page that they touch.
    pub(crate) fn write_many_or_end(self, table: &Table, mode: Mode, n: usize) -> String {
        self.rows_into("insert or rollback", table, mode, n)
    }

    /// The same of rows that are parameters, one after the other, of which there may be fewer:
    /// a row without a key is none. They are taken as they stand, where those of a list are
    /// looked for in it.
    pub(crate) fn write_rows_or_end(table: &Table, mode: Mode, rows: usize) -> String {
        let columns: Vec<String> = (1..=table.columns.len()).map(|n| format!("column{n}")).collect();
        let key = table.key_indexes().next().unwrap_or_default() + 1;
        let rows = format!(",({})", vec!["?"; table.columns.len()].join(",")).repeat(rows);
        format!(
            "insert or rollback into {} ({}) select {} from (values {}) where column{key} is not null{}",
            table.name,
            table.column_list(),
            columns.join(", "),
            rows.trim_start_matches(','),
            on_conflict(table, mode),
        )
    }

    fn rows_into(self, insert: &str, table: &Table, mode: Mode, n: usize) -> String {
        if mode == Mode::Delete {
            return self.delete_many(table, n);
        }
        let columns = table.columns.iter().enumerate();
        let fields: Vec<String> =
            columns.map(|(index, column)| self.field(column.kind, index, n + 1)).collect();
        // `where true` keeps SQLite from reading `on conflict` as a join's condition.
        format!(
            "{insert} into {} ({}) select {} from {} where true{}",
            table.name,
            table.column_list(),
            fields.join(", "),
            self.rows(n),
            on_conflict(table, mode),
        )
    }

    fn delete_many(self, table: &Table, n: usize) -> String {
        // Keys are texts and numbers.
        let field = |index: usize| self.field(table.columns[index].kind, index, n);
        let fields: Vec<String> = table.key_indexes().map(field).collect();
        let keys: Vec<&str> = table.key_indexes().map(|index| table.columns[index].name).collect();
        format!(
            "delete from {} where ({}) in (select {} from {})",
            table.name,
            keys.join(", "),
            fields.join(", "),
            self.rows(n),
        )
    }
}

/// Writes one row whose values are parameters of their own.
pub(crate) fn write_alone(table: &Table, mode: Mode, values: &[Value]) -> Query<'static, Any, AnyArguments> {
    let places: Vec<String> = (1..=table.columns.len()).map(|n| format!("${n}")).collect();
    let text = format!(
        "insert into {} ({}) values ({}){}",
        table.name,
        table.column_list(),
        places.join(", "),
        on_conflict(table, mode),
    );
    let columns = table.columns.iter().zip(values);
    columns.fold(statement(text), |query, (column, value)| bind(query, column.kind, value))
}

fn on_conflict(table: &Table, mode: Mode) -> String {
    let key = table.key.join(", ");
    let stays = |name: &&str| {
        let lasts = mode == Mode::Amend && table.lasting.contains(name);
        table.key.contains(name) || table.fixed.contains(name) || lasts
    };
    let others: Vec<String> = table
        .columns
        .iter()
        .map(|column| column.name)
        .filter(|name| !stays(name))
        .map(|name| format!("{name} = excluded.{name}"))
        .collect();
    match mode {
        Mode::Insert | Mode::Delete => String::new(),
        Mode::Upsert | Mode::Amend if !others.is_empty() => {
            format!(" on conflict ({key}) do update set {}", others.join(", "))
        }
        Mode::Upsert | Mode::Amend | Mode::Keep => format!(" on conflict ({key}) do nothing"),
    }
}

/// Rows of a table on their way.
#[derive(Default)]
pub(crate) struct List {
    json: String,
    bytes: Vec<u8>,
}

impl List {
    /// An empty one with room for rows like these.
    pub(crate) fn with_room<'v>(rows: impl Iterator<Item = &'v [Value]>) -> Self {
        // A number, or what tells where bytes are.
        const NUMBER: usize = 16;
        let (mut json, mut bytes) = (0, 0);
        for value in rows.flatten() {
            match value {
                Value::Text(text) => json += text.len() + 3,
                Value::Bytes(part) => (json, bytes) = (json + NUMBER, bytes + part.len()),
                Value::Int(_) | Value::Null => json += NUMBER,
            }
        }
        Self { json: String::with_capacity(json), bytes: Vec::with_capacity(bytes) }
    }

    /// Adds a row.
    pub(crate) fn push(&mut self, values: &[Value]) {
        let Self { json, bytes: all } = self;
        json.push(if json.is_empty() { '[' } else { ',' });
        for (index, value) in values.iter().enumerate() {
            json.push(if index == 0 { '[' } else { ',' });
            match value {
                Value::Null => json.push_str("null"),
                Value::Int(number) => {
                    let _ = write!(json, "{number}");
                }
                Value::Text(text) => push_text(json, text),
                Value::Bytes(bytes) => {
                    if all.is_empty() {
                        // Of no bytes at all SQLite makes nothing, where an empty part is wanted.
                        all.push(0);
                    }
                    let place = (all.len() + 1) << LENGTH_BITS | bytes.len();
                    let _ = write!(json, "{place}");
                    all.extend_from_slice(bytes);
                }
            }
        }
        json.push(']');
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.json.is_empty()
    }

    /// Its size.
    pub(crate) const fn len(&self) -> usize {
        self.json.len() + self.bytes.len()
    }

    /// Its parameters, as a statement that writes rows of the table like this takes them.
    pub(crate) fn into_parameters(mut self, table: &Table, mode: Mode) -> impl Iterator<Item = Parameter> {
        self.json.push(']');
        let bytes = has_bytes(table, mode).then_some(Parameter::Bytes(self.bytes));
        [Parameter::Text(self.json)].into_iter().chain(bytes)
    }
}

/// Whether rows that are written like this take a parameter of bytes.
pub(crate) fn has_bytes(table: &Table, mode: Mode) -> bool {
    mode != Mode::Delete && table.columns.iter().any(|column| column.kind == Kind::Bytes)
}

/// A parameter of a statement that writes many rows.
pub(crate) enum Parameter {
    /// Rows, or what tells where some are.
    Text(String),
    /// What is in them.
    Bytes(Vec<u8>),
}

impl Parameter {
    pub(crate) fn bind(self, query: Query<'static, Any, AnyArguments>) -> Query<'static, Any, AnyArguments> {
        match self {
            Self::Text(text) => query.bind(text),
            Self::Bytes(bytes) => query.bind(bytes),
        }
    }
}

/// Appends a text in quotes. Most have nothing to escape.
fn push_text(json: &mut String, text: &str) {
    let plain = |byte: u8| byte >= b' ' && byte != b'"' && byte != b'\\';
    // Without a way out before the end, so that the compiler takes many at a time.
    if text.bytes().fold(true, |all, byte| all & plain(byte)) {
        json.push('"');
        json.push_str(text);
        json.push('"');
    } else {
        json.push_str(&serde_json::Value::from(text).to_string());
    }
}

/// A list of texts as one JSON parameter.
pub(crate) fn list<'t>(texts: impl IntoIterator<Item = &'t str>) -> String {
    serde_json::Value::from_iter(texts).to_string()
}

/// A statement put together from table descriptions and constants, never from input.
pub(crate) fn statement<T>(text: T) -> Query<'static, Any, AnyArguments>
where
    AssertSqlSafe<T>: SqlSafeStr,
{
    sqlx::query(AssertSqlSafe(text))
}

/// Binds a value, as the type its column has.
pub(crate) fn bind<'q>(
    query: Query<'q, Any, AnyArguments>,
    kind: Kind,
    value: &Value,
) -> Query<'q, Any, AnyArguments> {
    match (value, kind) {
        (Value::Int(number), _) => query.bind(*number),
        (Value::Text(text), _) => query.bind(text.clone()),
        (Value::Bytes(bytes), _) => query.bind(bytes.clone()),
        (Value::Null, Kind::Int) => query.bind(None::<i64>),
        (Value::Null, Kind::Text) => query.bind(None::<String>),
        (Value::Null, Kind::Bytes) => query.bind(None::<Vec<u8>>),
    }
}
