//! Rows: what a table looks like, and the changes a verb wants to make to it.
//!
//! [`record!`](crate::record) declares a table and the struct of its rows in one
//! place. Three kinds of column are enough for both engines: whole numbers, text,
//! bytes, each of them nullable or not.

use sqlx::{Row as _, any::AnyRow};

use crate::error::DbError;

/// A row as the driver hands it over. Named here so that no other crate names sqlx.
pub type Row = AnyRow;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A 64-bit integer.
    Int,
    /// Text without U+0000, which `PostgreSQL` cannot store.
    Text,
    /// Bytes.
    Bytes,
}

/// One column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name in SQL.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether it may hold nothing.
    pub nullable: bool,
}

/// One table.
#[derive(Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name in SQL.
    pub name: &'static str,
    /// Its columns, in the order of a row's values.
    pub columns: &'static [Column],
    /// The names of its primary key's columns.
    pub key: &'static [&'static str],
    /// The names of the other columns that stay as they are once a row is there. An engine
    /// that is told so leaves the indexes by them alone when the rest changes.
    pub fixed: &'static [&'static str],
    /// The names of those that seldom change, which [`Mode::Amend`] leaves alone.
    pub lasting: &'static [&'static str],
    /// Whether the journal vouches for its rows. Such rows are inserted and never
    /// changed, and their key is one text column.
    pub sealed: bool,
}

/// One value of a row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// Nothing.
    Null,
    /// A whole number.
    Int(i64),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// How a row meets one that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// There must be none: one that is there is a fault of the verb.
    Insert,
    /// It takes the other's place.
    Upsert,
    /// The same where the columns that [last](Table::lasting) are as they were, so that an
    /// engine need not touch the indexes by them.
    Amend,
    /// It leaves the other be. For rows whose key says all, such as blobs.
    Keep,
    /// The row with this key goes, if it is there. Only key columns count.
    Delete,
}

/// One row to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    pub(crate) table: &'static Table,
    pub(crate) mode: Mode,
    pub(crate) values: Vec<Value>,
}

impl Write {
    /// Whether it is a row of this table.
    pub fn is_of<R: Record>(&self) -> bool {
        self.table.name == R::TABLE.name
    }

    /// The text in a column.
    pub fn text(&self, column: &str) -> Option<&str> {
        let place = self.table.columns.iter().position(|one| one.name == column)?;
        match self.values.get(place)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Roughly how many bytes it carries.
    pub(crate) fn size(&self) -> usize {
        size(&self.values)
    }
}

/// Roughly how many bytes a row has.
pub(crate) fn size(values: &[Value]) -> usize {
    let one = |value: &Value| match value {
        Value::Text(text) => text.len(),
        Value::Bytes(bytes) => bytes.len(),
        Value::Null | Value::Int(_) => 8,
    };
    values.iter().map(one).sum()
}

impl Table {
    /// Where the key's columns are among the columns.
    pub(crate) fn key_indexes(&self) -> impl Iterator<Item = usize> {
        let is_key = |column: &Column| self.key.contains(&column.name);
        self.columns.iter().enumerate().filter(move |(_, column)| is_key(column)).map(|(index, _)| index)
    }

    /// The columns, for a `select`.
    pub(crate) fn column_list(&self) -> String {
        let names: Vec<&str> = self.columns.iter().map(|column| column.name).collect();
        names.join(", ")
    }
}

/// A struct that is a row of a table; made by [`record!`](crate::record).
pub trait Record: Sized {
    /// The table.
    const TABLE: &'static Table;

    /// The row's values, in the order of the table's columns.
    fn into_values(self) -> Vec<Value>;

    /// Reads a row selected with the table's columns. A row that the struct cannot
    /// hold is [`DbError::Row`].
    fn from_row(row: &Row) -> Result<Self, DbError>;

    /// Writes the row, in place of the one with its key if there is one.
    fn upsert(self) -> Write {
        Write { table: Self::TABLE, mode: Mode::Upsert, values: self.into_values() }
    }

    /// Writes the row in place of the one with its key, whose lasting columns have the same in
    /// them.
    fn amend(self) -> Write {
        Write { table: Self::TABLE, mode: Mode::Amend, values: self.into_values() }
    }

    /// Writes a row that must be new.
    fn insert(self) -> Write {
        Write { table: Self::TABLE, mode: Mode::Insert, values: self.into_values() }
    }

    /// Writes the row unless one with its key is there.
    fn keep(self) -> Write {
        Write { table: Self::TABLE, mode: Mode::Keep, values: self.into_values() }
    }

    /// Deletes the row with this key, if there is one. Values come in the order of the
    /// key's columns in the table.
    fn delete(key: impl IntoIterator<Item = Value>) -> Write {
        let mut values = vec![Value::Null; Self::TABLE.columns.len()];
        for (index, value) in Self::TABLE.key_indexes().zip(key) {
            values[index] = value;
        }
        Write { table: Self::TABLE, mode: Mode::Delete, values }
    }
}

/// A Rust type that a column can hold.
pub trait Stored: Sized {
    /// As which kind.
    const KIND: Kind;
    /// Whether it has a nothing.
    const NULLABLE: bool = false;

    /// Into a row.
    fn into_value(self) -> Value;

    /// Out of column `index` of a row, or why not.
    fn read(row: &Row, index: usize) -> Result<Self, String>;
}

macro_rules! stored {
    ($($type:ty => $kind:ident),+) => {$(
        impl Stored for $type {
            const KIND: Kind = Kind::$kind;

            fn into_value(self) -> Value {
                Value::$kind(self)
            }

            fn read(row: &Row, index: usize) -> Result<Self, String> {
                row.try_get(index).map_err(|error| error.to_string())
            }
        }

        impl From<$type> for Value {
            fn from(value: $type) -> Self {
                Self::$kind(value)
            }
        }
    )+};
}

stored!(i64 => Int, String => Text, Vec<u8> => Bytes);

impl<T: Stored> Stored for Option<T> {
    const KIND: Kind = T::KIND;
    const NULLABLE: bool = true;

    fn into_value(self) -> Value {
        self.map_or(Value::Null, T::into_value)
    }

    fn read(row: &Row, index: usize) -> Result<Self, String> {
        let raw = row.try_get_raw(index).map_err(|error| error.to_string())?;
        let nothing = sqlx::ValueRef::is_null(&raw);
        if nothing { Ok(None) } else { T::read(row, index).map(Some) }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// Takes the columns of a row one after another.
pub struct Fields<'r> {
    row: &'r Row,
    table: &'static Table,
    next: usize,
}

impl<'r> Fields<'r> {
    /// At the first column.
    pub const fn of(row: &'r Row, table: &'static Table) -> Self {
        Self { row, table, next: 0 }
    }

    /// The next column's value.
    pub fn take<T: Stored>(&mut self) -> Result<T, DbError> {
        let index = self.next;
        self.next += 1;
        T::read(self.row, index).map_err(|reason| DbError::Row {
            table: self.table.name,
            column: self.table.columns.get(index).map_or("?", |column| column.name),
            reason,
        })
    }
}

/// Declares the rows of a table: a struct, its columns, its key.
///
/// ```
/// assay_db::record! {
///     /// A skill somebody has.
///     pub struct Skill in "skills" key(party, name) {
///         /// Who has it.
///         pub party: String,
///         /// What it is called.
///         pub name: String,
///         /// What was said about it.
///         pub note: Option<String>,
///     }
/// }
/// ```
///
/// Fields are `i64`, `String`, `Vec<u8>`, or an `Option` of one. `, fixed(…)` after the key
/// names those that never change; see [`Table::fixed`]. `, lasting(…)` behind it names those that
/// seldom do; see [`Table::lasting`]. `sealed` behind it puts each row's digest
/// into the journal; see [`Table::sealed`].
#[macro_export]
macro_rules! record {
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident in $table:literal
            key($($key:ident),+) $(, fixed($($fixed:ident),+))? $(, lasting($($lasting:ident),+))?
            $($sealed:ident)? {
            $($(#[$field_meta:meta])* $field_vis:vis $field:ident: $type:ty),+ $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        $vis struct $name {
            $($(#[$field_meta])* $field_vis $field: $type),+
        }

        impl $crate::Record for $name {
            const TABLE: &'static $crate::Table = &$crate::Table {
                name: $table,
                columns: &[$($crate::Column {
                    name: stringify!($field),
                    kind: <$type as $crate::Stored>::KIND,
                    nullable: <$type as $crate::Stored>::NULLABLE,
                }),+],
                key: &[$(stringify!($key)),+],
                fixed: &[$($(stringify!($fixed)),+)?],
                lasting: &[$($(stringify!($lasting)),+)?],
                sealed: $crate::record!(@sealed $($sealed)?),
            };

            fn into_values(self) -> ::std::vec::Vec<$crate::Value> {
                ::std::vec![$($crate::Stored::into_value(self.$field)),+]
            }

            fn from_row(row: &$crate::Row) -> ::core::result::Result<Self, $crate::DbError> {
                let mut fields = $crate::Fields::of(row, Self::TABLE);
                Ok(Self { $($field: fields.take()?),+ })
            }
        }
    };
    (@sealed) => { false };
    (@sealed sealed) => { true };
}
