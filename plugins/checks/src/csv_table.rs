//! `is-csv`: a table as in RFC 4180, with a header, rows, types and unique columns.

use crate::bounds::Bounds;
use crate::fields::{Fields, type_name};
use crate::json::unfenced;
use crate::outcome::{Verdict, counted, grouped, quote};
use serde_json::Value;
use std::collections::HashSet;

/// What the table must be.
#[derive(Debug)]
pub(crate) struct Rule {
    delimiter: u8,
    header: Header,
    rows: Option<Bounds>,
    types: Vec<(Column, Type)>,
    unique: Vec<Column>,
    allow_fence: bool,
}

#[derive(Debug)]
enum Header {
    Absent,
    Any,
    Names(Vec<String>),
}

/// A column by its name in the header or by its position from 1.
#[derive(Debug, Clone)]
enum Column {
    Name(String),
    Position(usize),
}

#[derive(Debug, Clone, Copy)]
enum Type {
    Text,
    Nonempty,
    Integer,
    Number,
    Boolean,
    Date,
}

impl Rule {
    pub(crate) fn parse(fields: &mut Fields) -> Self {
        let delimiter = parse_delimiter(fields);
        let header = parse_header(fields, delimiter);
        let has_names = !matches!(header, Header::Absent);
        Self {
            delimiter,
            header,
            rows: parse_rows(fields),
            types: parse_types(fields),
            unique: parse_columns(fields, has_names),
            allow_fence: fields.flag("allow_fence", false),
        }
    }

    pub(crate) fn judge(&self, text: &str) -> Verdict {
        let text = if self.allow_fence { unfenced(text, true) } else { text };
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if let Some(line) = unclosed_quote(text, self.delimiter) {
            return Verdict::fail(format!("the quotation mark on line {} is not closed", grouped(line)));
        }
        match self.read(text) {
            Ok(rows) => match self.rows {
                Some(bounds) => bounds.judge(rows, "row", "rows"),
                None => Verdict::pass(format!("is CSV with {}", counted(rows, "row", "rows"))),
            },
            Err(reason) => Verdict::fail(reason),
        }
    }

    /// The number of rows without the header, or what is wrong with them.
    fn read(&self, text: &str) -> Result<u64, String> {
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(self.delimiter)
            .has_headers(false)
            .from_reader(text.as_bytes());
        let mut record = csv::StringRecord::new();
        let mut next =
            |record: &mut csv::StringRecord| reader.read_record(record).map_err(|error| explain(&error));
        if !next(&mut record)? {
            return Err("is not CSV: there is no row".to_owned());
        }
        let names: Option<Vec<String>> = match &self.header {
            Header::Absent => None,
            Header::Any | Header::Names(_) => {
                Some(record.iter().map(|name| name.trim().to_owned()).collect())
            }
        };
        if let (Header::Names(wanted), Some(names)) = (&self.header, &names)
            && wanted != names
        {
            return Err(header_difference(wanted, names));
        }
        let mut columns = Columns::find(self, names.as_deref(), record.len())?;
        let mut rows = 0;
        if names.is_none() {
            rows += 1;
            columns.check(&record, rows)?;
        }
        while next(&mut record)? {
            rows += 1;
            columns.check(&record, rows)?;
        }
        Ok(rows)
    }
}

/// Where the columns that have conditions are, and what was seen in the unique ones.
struct Columns {
    types: Vec<(usize, Type)>,
    unique: Vec<(usize, HashSet<String>)>,
}

impl Columns {
    fn find(rule: &Rule, names: Option<&[String]>, width: usize) -> Result<Self, String> {
        let position = |column: &Column| match column {
            Column::Position(position) if *position <= width => Ok(position - 1),
            Column::Position(position) => Err(format!("there is no column {position}")),
            Column::Name(name) => names
                .and_then(|names| names.iter().position(|found| found == name))
                .ok_or_else(|| format!("there is no column {}", quote(name))),
        };
        let mut columns = Self { types: Vec::new(), unique: Vec::new() };
        for (column, kind) in &rule.types {
            columns.types.push((position(column)?, *kind));
        }
        for column in &rule.unique {
            columns.unique.push((position(column)?, HashSet::new()));
        }
        Ok(columns)
    }

    fn check(&mut self, record: &csv::StringRecord, row: u64) -> Result<(), String> {
        for (column, kind) in &self.types {
            let cell = record.get(*column).unwrap_or_default().trim();
            if !kind.fits(cell) {
                return Err(format!(
                    "row {}, column {}: {} is not {}",
                    grouped(row),
                    column + 1,
                    quote(cell),
                    kind.name()
                ));
            }
        }
        for (column, seen) in &mut self.unique {
            let cell = record.get(*column).unwrap_or_default().trim();
            if !seen.insert(cell.to_owned()) {
                return Err(format!(
                    "row {}, column {}: {} is there twice",
                    grouped(row),
                    *column + 1,
                    quote(cell)
                ));
            }
        }
        Ok(())
    }
}

impl Type {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "text" | "string" => Self::Text,
            "nonempty" => Self::Nonempty,
            "integer" | "int" => Self::Integer,
            "number" | "float" => Self::Number,
            "boolean" | "bool" => Self::Boolean,
            "date" => Self::Date,
            _ => return None,
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Nonempty => "filled in",
            Self::Integer => "a whole number",
            Self::Number => "a number",
            Self::Boolean => "true or false",
            Self::Date => "a date (YYYY-MM-DD)",
        }
    }

    fn fits(self, cell: &str) -> bool {
        match self {
            Self::Text => true,
            Self::Nonempty => !cell.is_empty(),
            Self::Integer => {
                let digits = cell.strip_prefix(['-', '+']).unwrap_or(cell);
                !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
            }
            Self::Number => {
                cell.bytes().any(|byte| byte.is_ascii_digit())
                    && cell.parse::<f64>().is_ok_and(f64::is_finite)
            }
            Self::Boolean => ["true", "false"].iter().any(|word| cell.eq_ignore_ascii_case(word)),
            Self::Date => is_date(cell),
        }
    }
}

fn is_date(cell: &str) -> bool {
    let mut parts = cell.splitn(3, '-');
    let mut part = |digits: usize| {
        let part = parts
            .next()
            .filter(|part| part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit()))?;
        part.parse::<u32>().ok()
    };
    let (Some(year), Some(month), Some(day)) = (part(4), part(2), part(2)) else { return false };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return false,
    };
    (1..=days).contains(&day)
}

fn parse_delimiter(fields: &mut Fields) -> u8 {
    let Some(text) = fields.text("delimiter") else { return b',' };
    let byte = match text.as_str() {
        "tab" | "\\t" => Some(b'\t'),
        _ => text.bytes().next().filter(|byte| text.len() == 1 && !matches!(byte, b'"' | b'\n' | b'\r')),
    };
    byte.unwrap_or_else(|| {
        fields.issue("delimiter", "must be one ASCII character, no quotation mark and no line break");
        b','
    })
}

/// `true` for any header (the default), `false` for none, or the names: a list, or the
/// line as it stands in the file. A line without the table's delimiter may have commas.
fn parse_header(fields: &mut Fields, delimiter: u8) -> Header {
    match fields.get("header") {
        None | Some(Value::Bool(true)) => Header::Any,
        Some(Value::Bool(false)) => Header::Absent,
        Some(Value::Array(_)) => Header::Names(fields.need_texts("header")),
        Some(Value::String(line)) => {
            let delimiter = char::from(delimiter);
            let parts = if line.contains(delimiter) { delimiter } else { ',' };
            Header::Names(line.split(parts).map(|name| name.trim().to_owned()).collect())
        }
        Some(other) => {
            let message = format!("must be true, false or the list of names, not {}", type_name(other));
            fields.issue("header", message);
            Header::Any
        }
    }
}

/// `rows: {"min": …, "max": …}`, a number for exactly so many, or the bounds in the
/// check itself. The header is no row.
fn parse_rows(fields: &mut Fields) -> Option<Bounds> {
    let rows = match fields.get("rows") {
        None => None,
        Some(Value::Object(map)) => {
            let path = fields.place("rows");
            let mut inner = Fields::new(map, &path);
            let bounds = Bounds::parse_some(&mut inner);
            let issues = inner.finish();
            fields.adopt(issues);
            bounds
        }
        Some(_) => fields.count("rows").map(Bounds::exactly),
    };
    Bounds::parse_some(fields).or(rows)
}

fn parse_types(fields: &mut Fields) -> Vec<(Column, Type)> {
    let named: Vec<(Column, &Value)> = match fields.get("types") {
        None => Vec::new(),
        Some(Value::Object(map)) => {
            map.iter().map(|(name, value)| (Column::Name(name.clone()), value)).collect()
        }
        Some(Value::Array(list)) => {
            (1..).zip(list).map(|(at, value)| (Column::Position(at), value)).collect()
        }
        Some(_) => {
            fields.issue("types", "must be an object from column to type, or a list of types");
            Vec::new()
        }
    };
    let mut types = Vec::with_capacity(named.len());
    for (column, value) in named {
        match value.as_str().and_then(Type::parse) {
            Some(kind) => types.push((column, kind)),
            None => fields.issue("types", "types are text, nonempty, integer, number, boolean and date"),
        }
    }
    types
}

fn parse_columns(fields: &mut Fields, has_names: bool) -> Vec<Column> {
    let list = match fields.get("unique") {
        None => return Vec::new(),
        Some(Value::Array(list)) => list.clone(),
        Some(one) => vec![one.clone()],
    };
    let mut columns = Vec::with_capacity(list.len());
    for value in &list {
        let position =
            value.as_u64().and_then(|position| usize::try_from(position).ok()).filter(|at| *at > 0);
        match (position, value.as_str()) {
            (Some(position), _) => columns.push(Column::Position(position)),
            (None, Some(name)) if has_names => columns.push(Column::Name(name.to_owned())),
            _ => fields.issue("unique", "must name columns of the header, or count them from 1"),
        }
    }
    columns
}

/// The line of a quotation mark that nothing closes. The reader below takes the
/// rest of the file for the cell instead.
fn unclosed_quote(text: &str, delimiter: u8) -> Option<u64> {
    let mut line = 1;
    let mut opened = None;
    let mut cell_starts = true;
    let mut bytes = text.bytes().peekable();
    while let Some(byte) = bytes.next() {
        line += u64::from(byte == b'\n');
        match (byte, opened) {
            (b'"', Some(_)) if bytes.peek() == Some(&b'"') => {
                bytes.next();
            }
            (b'"', Some(_)) => opened = None,
            (b'"', None) if cell_starts => opened = Some(line),
            _ => {}
        }
        cell_starts = byte == delimiter || byte == b'\n' || byte == b'\r';
    }
    opened
}

fn explain(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { pos, expected_len, len } => {
            let line = pos.as_ref().map_or(0, csv::Position::line);
            format!("line {} has {}, {expected_len} wanted", grouped(line), counted(*len, "cell", "cells"))
        }
        _ => format!("is not CSV: {error}"),
    }
}

fn header_difference(wanted: &[String], names: &[String]) -> String {
    let missing: Vec<String> =
        wanted.iter().filter(|name| !names.contains(name)).map(|name| quote(name)).collect();
    if !missing.is_empty() {
        return format!("the header lacks {}", missing.join(", "));
    }
    let extra: Vec<String> =
        names.iter().filter(|name| !wanted.contains(name)).take(5).map(|name| quote(name)).collect();
    if extra.is_empty() {
        return format!("the header's columns are in another order than {}", wanted.join(", "));
    }
    format!("the header has {} besides", extra.join(", "))
}
