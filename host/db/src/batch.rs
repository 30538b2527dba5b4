//! The rows of a group, gathered by table, and written in one journey to the database.

use std::borrow::Cow;
use std::collections::BTreeMap;

use assay_domain::ids::Lane;
use sqlx::AnyConnection;
use sqlx::any::{Any, AnyArguments};
use sqlx::query::Query;

use crate::postings;
use crate::record::{Kind, Mode, Table, Value, Write, size};
use crate::shape::{Part, Shape};
use crate::sql::{self, Engine, List, Parameter};

/// Past this much a statement is cut in two: engines copy a parameter several
/// times, and a few large groups must not cost gigabytes.
const STATEMENT_BYTES: usize = 8 << 20;

/// A row with this much in it goes as parameters of its own, and is copied less often.
const ROW_BYTES: usize = 1 << 20;

/// A page of `SQLite`'s file.
const PAGE_BYTES: usize = 4_096;

/// The order in which a table's rows are written.
const MODES: [Mode; 5] = [Mode::Delete, Mode::Insert, Mode::Upsert, Mode::Amend, Mode::Keep];

/// Rows to write, one a key.
#[derive(Default)]
pub(crate) struct Batch<'c> {
    // Sorted by name, and rows by key, so that all hosts write in one order.
    tables: BTreeMap<&'static str, Pile<'c>>,
    /// A lane, and up to which link its transfers get their postings once the rows are there.
    posts: Option<(Lane, i64)>,
}

/// As many rows of a table are parameters of a text at most.
const ROWS_MAX: usize = 256;

/// A group from `begin` to `commit`.
pub(crate) struct Transaction {
    pub(crate) query: Query<'static, Any, AnyArguments>,
    /// About how many pages it writes at most: one a row, and what is larger.
    pub(crate) pages: usize,
}

struct Pile<'c> {
    table: &'static Table,
    rows: BTreeMap<Vec<Value>, (Mode, Cow<'c, [Value]>)>,
    /// Rows each of which is the only one with its key, in the order they are written in.
    sole: Vec<(Mode, Cow<'c, [Value]>)>,
}

impl<'c> Batch<'c> {
    /// Adds a row that lives as long as the group.
    pub(crate) fn put(&mut self, write: &'c Write) {
        self.place(write.table, write.mode, Cow::Borrowed(&write.values));
    }

    /// Adds a row made here.
    pub(crate) fn put_own(&mut self, write: Write) {
        self.place(write.table, write.mode, Cow::Owned(write.values));
    }

    /// Adds a row made here whose key no other row of the batch has, behind those before it.
    pub(crate) fn append(&mut self, write: Write) {
        self.pile(write.table).sole.push((write.mode, Cow::Owned(write.values)));
    }

    /// Has the transfers of a lane up to a link, the group's own included, get their postings.
    pub(crate) const fn post(&mut self, lane: Lane, link: i64) {
        self.posts = Some((lane, link));
    }

    /// Whether an earlier change of the group leaves a row with this one's key.
    pub(crate) fn holds(&self, write: &Write) -> bool {
        let row = self
            .tables
            .get(write.table.name)
            .and_then(|pile| pile.rows.get(&key(write.table, &write.values)));
        row.is_some_and(|(mode, _)| *mode != Mode::Delete)
    }

    fn place(&mut self, table: &'static Table, mode: Mode, values: Cow<'c, [Value]>) {
        let pile = self.pile(table);
        let key = key(table, &values);
        match pile.rows.get_mut(&key) {
            Some(earlier) if mode == Mode::Keep && earlier.0 != Mode::Delete => {}
            Some(earlier) => *earlier = (after(earlier.0, mode), values),
            None => {
                pile.rows.insert(key, (mode, values));
            }
        }
    }

    fn pile(&mut self, table: &'static Table) -> &mut Pile<'c> {
        let empty = || Pile { table, rows: BTreeMap::new(), sole: Vec::new() };
        self.tables.entry(table.name).or_insert_with(empty)
    }

    /// All of it as one text; nothing where it is too large for one, or the engine takes no
    /// several statements in a text.
    pub(crate) fn as_transaction(&self, engine: Engine) -> Option<Transaction> {
        if engine != Engine::Sqlite {
            return None;
        }
        let parts = self.tables.values().flat_map(|pile| MODES.map(|mode| (pile, mode)));
        let mut shape = Shape { parts: Vec::new(), posts: self.posts.is_some() };
        let (mut values, mut lists, mut bytes) = (Vec::new(), Vec::new(), 0);
        if self.is_of_few_texts() {
            for (pile, mode) in parts.filter(|(pile, mode)| pile.of(*mode).next().is_some()) {
                let kinds = || pile.table.columns.iter().map(|column| column.kind);
                let rows = pile.of(mode).count().next_power_of_two();
                let end = values.len() + rows * pile.table.columns.len();
                shape.parts.push(Part { table: pile.table, mode, rows: Some(rows) });
                bytes += pile.of(mode).map(size).sum::<usize>();
                values.extend(pile.of(mode).flat_map(|row| kinds().zip(row)));
                values.resize(end, (Kind::Int, &Value::Null));
            }
        } else {
            for (pile, mode) in parts {
                let Some(list) = pile.list(mode)? else { continue };
                bytes += list.len();
                shape.parts.push(Part { table: pile.table, mode, rows: None });
                lists.extend(list.into_parameters(pile.table, mode));
            }
        }
        if bytes > STATEMENT_BYTES {
            return None;
        }
        if let Some((lane, link)) = self.posts {
            lists.extend([lane.to_string(), link.to_string()].map(Parameter::Text));
        }
        let rows: usize = self.tables.values().map(|pile| pile.rows.len() + pile.sole.len()).sum();
        let query = sql::statement(shape.kept_text());
        let query = values.into_iter().fold(query, |query, (kind, value)| sql::bind(query, kind, value));
        let query = lists.into_iter().fold(query, |query, parameter| parameter.bind(query));
        Some(Transaction { query, pages: rows + bytes / (2 * PAGE_BYTES) })
    }

    /// Whether there is a handful of texts for groups like it, which the engine then has ready:
    /// all its rows are the committer's own, to be there, and few.
    fn is_of_few_texts(&self) -> bool {
        let few = |pile: &Pile<'_>| pile.rows.is_empty() && pile.sole.len() <= ROWS_MAX;
        self.tables.values().all(|pile| few(pile) && pile.of(Mode::Delete).next().is_none())
    }

    /// Writes everything.
    pub(crate) async fn write(
        &self,
        connection: &mut AnyConnection,
        engine: Engine,
    ) -> Result<(), sqlx::Error> {
        let mut parcel = Parcel::new(engine);
        for pile in self.tables.values() {
            for mode in MODES {
                pile.write(mode, connection, &mut parcel).await?;
            }
        }
        parcel.send(connection).await?;
        match self.posts {
            Some((lane, link)) => postings::catch_up(connection, &lane.to_string(), link).await,
            None => Ok(()),
        }
    }
}

/// Writes that travel together: each journey costs more than the rows.
struct Parcel {
    engine: Engine,
    tables: Vec<&'static str>,
    texts: Vec<String>,
    parameters: Vec<Parameter>,
    bytes: usize,
}

impl Parcel {
    const fn new(engine: Engine) -> Self {
        Self { engine, tables: Vec::new(), texts: Vec::new(), parameters: Vec::new(), bytes: 0 }
    }

    /// Adds rows of a table.
    async fn add(
        &mut self,
        table: &'static Table,
        mode: Mode,
        list: List,
        connection: &mut AnyConnection,
    ) -> Result<(), sqlx::Error> {
        if self.tables.contains(&table.name) || self.bytes + list.len() > STATEMENT_BYTES {
            self.send(connection).await?;
        }
        self.bytes += list.len();
        self.tables.push(table.name);
        self.texts.push(self.engine.write_many(table, mode, self.parameters.len() + 1));
        self.parameters.extend(list.into_parameters(table, mode));
        Ok(())
    }

    /// Sends what is in it.
    async fn send(&mut self, connection: &mut AnyConnection) -> Result<(), sqlx::Error> {
        if self.texts.is_empty() {
            return Ok(());
        }
        let empty = sql::statement(self.engine.together(&self.texts));
        let query = self.parameters.drain(..).fold(empty, |query, parameter| parameter.bind(query));
        self.tables.clear();
        self.texts.clear();
        self.bytes = 0;
        query.execute(connection).await?;
        Ok(())
    }
}

impl Pile<'_> {
    /// The rows that are written like this.
    fn of(&self, mode: Mode) -> impl Iterator<Item = &[Value]> {
        self.all().filter(move |row| row.0 == mode).map(|row| row.1)
    }

    /// The same where a row that is amended is one that is put in place of another: with
    /// several statements in one, a table has its turn once, and `PostgreSQL` sees for itself
    /// which indexes a row leaves alone.
    fn of_plainly(&self, mode: Mode) -> impl Iterator<Item = &[Value]> {
        let plain = |mode| if mode == Mode::Amend { Mode::Upsert } else { mode };
        self.all().filter(move |row| plain(row.0) == mode).map(|row| row.1)
    }

    fn all(&self) -> impl Iterator<Item = (Mode, &[Value])> {
        self.rows.values().chain(&self.sole).map(|(mode, values)| (*mode, &**values))
    }

    /// The rows that are written like this, as one list if there are any; nothing at
    /// all where one of them is too large for a list.
    #[expect(clippy::option_option, reason = "no rows, and rows that fit into no list, are two things")]
    fn list(&self, mode: Mode) -> Option<Option<List>> {
        let mut list = List::with_room(self.of(mode));
        for values in self.of(mode) {
            if mode != Mode::Delete && size(values) > ROW_BYTES {
                return None;
            }
            list.push(values);
        }
        Some((!list.is_empty()).then_some(list))
    }

    async fn write(
        &self,
        mode: Mode,
        connection: &mut AnyConnection,
        parcel: &mut Parcel,
    ) -> Result<(), sqlx::Error> {
        let mut list = List::default();
        for values in self.of_plainly(mode) {
            if mode != Mode::Delete && size(values) > ROW_BYTES {
                // After what was to come before it.
                parcel.send(connection).await?;
                self.write_alone(mode, values, connection).await?;
                continue;
            }
            list.push(values);
            if list.len() > STATEMENT_BYTES {
                parcel.add(self.table, mode, std::mem::take(&mut list), connection).await?;
            }
        }
        if list.is_empty() { Ok(()) } else { parcel.add(self.table, mode, list, connection).await }
    }

    async fn write_alone(
        &self,
        mode: Mode,
        values: &[Value],
        connection: &mut AnyConnection,
    ) -> Result<(), sqlx::Error> {
        sql::write_alone(self.table, mode, values).execute(connection).await.map(drop)
    }
}

fn key(table: &Table, values: &[Value]) -> Vec<Value> {
    table.key_indexes().map(|index| values[index].clone()).collect()
}

/// How a row is written that an earlier change of the group wrote already. A row that
/// had to be new still has to be; one that was to go need not be new again. What lasts is
/// what the earlier change made of it, and that is not there yet.
const fn after(earlier: Mode, later: Mode) -> Mode {
    match (earlier, later) {
        (Mode::Insert, Mode::Upsert | Mode::Amend) => Mode::Insert,
        (Mode::Amend, Mode::Amend) => Mode::Amend,
        (_, Mode::Amend) | (Mode::Delete, Mode::Insert | Mode::Keep) => Mode::Upsert,
        _ => later,
    }
}
