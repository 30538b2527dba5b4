//! Kinds over JSON.

use crate::bounds::Bounds;
use crate::check::Options;
use crate::fields::{Fields, type_name};
use crate::limits::{NESTED_MAX, PATH_BYTES_MAX, PATH_DESCENTS_MAX, SEARCH_FACTOR_MAX};
use crate::outcome::{Verdict, counted};
use crate::schema::{Fit, Schema};
use serde::de::IgnoredAny;
use serde_json::{Number, Value};
use serde_json_path::JsonPath;
use std::cmp::Ordering;

/// The kinds of this family.
#[derive(Debug)]
pub(crate) enum Rule {
    Is { schema: Option<Schema>, allow_fence: bool },
    Contains { schema: Option<Schema> },
    Path { path: Option<JsonPath>, test: Test, allow_fence: bool },
    Count { path: Option<JsonPath>, singular: bool, bounds: Bounds, allow_fence: bool },
}

/// What every selected value must be.
#[derive(Debug)]
pub(crate) struct Test {
    op: Op,
    value: Value,
    ignore_case: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Op {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    In,
    Exists,
    Type,
}

const TYPES: [&str; 7] = ["string", "number", "integer", "boolean", "null", "array", "object"];

impl Rule {
    pub(crate) fn parse(kind: &str, fields: &mut Fields, options: Options) -> Option<Self> {
        Some(match kind {
            "is-json" => Self::Is {
                schema: Schema::parse(fields, "schema"),
                allow_fence: fields.flag("allow_fence", false),
            },
            "contains-json" => {
                fields.flag("allow_fence", false);
                Self::Contains { schema: Schema::parse(fields, "schema") }
            }
            "json-path" => Self::Path {
                path: parse_path(fields),
                test: parse_test(fields, options),
                allow_fence: fields.flag("allow_fence", false),
            },
            "json-count" => Self::Count {
                path: parse_path(fields),
                singular: fields.text("path").is_some_and(|path| is_singular(&path)),
                bounds: Bounds::parse(fields),
                allow_fence: fields.flag("allow_fence", false),
            },
            _ => return None,
        })
    }

    pub(crate) fn judge(&self, text: &str) -> Verdict {
        match self {
            Self::Is { schema, allow_fence } => judge_is(unfenced(text, *allow_fence), schema.as_ref()),
            Self::Contains { schema } => judge_contains(text, schema.as_ref()),
            Self::Path { path, test, allow_fence } => {
                with_nodes(path.as_ref(), unfenced(text, *allow_fence), |nodes| judge_nodes(nodes, test))
            }
            Self::Count { path, singular, bounds, allow_fence } => {
                with_nodes(path.as_ref(), unfenced(text, *allow_fence), |nodes| {
                    bounds.judge(count(*singular, nodes), "value", "values")
                })
            }
        }
    }
}

fn parse_path(fields: &mut Fields) -> Option<JsonPath> {
    let path = fields.need_text("path");
    if path.is_empty() {
        return None;
    }
    if path.len() > PATH_BYTES_MAX || path.matches("..").count() > PATH_DESCENTS_MAX {
        fields.issue(
            "path",
            format!("must be at most {PATH_BYTES_MAX} bytes with at most {PATH_DESCENTS_MAX} `..`"),
        );
        return None;
    }
    JsonPath::parse(&path)
        .map_err(|error| fields.issue("path", format!("is not an RFC 9535 path: {error}")))
        .ok()
}

/// Without `op` a `value` must be equal, and without both something must be there.
fn parse_test(fields: &mut Fields, options: Options) -> Test {
    // `null` is a value to compare with, so its presence is asked of the text itself.
    let value = fields.get_present("value");
    let op = match (fields.text("op").as_deref(), value) {
        (Some("eq"), _) | (None, Some(_)) => Op::Eq,
        (Some("ne"), _) => Op::Ne,
        (Some("lt"), _) => Op::Lt,
        (Some("le"), _) => Op::Le,
        (Some("gt"), _) => Op::Gt,
        (Some("ge"), _) => Op::Ge,
        (Some("in"), _) => Op::In,
        (Some("type"), _) => Op::Type,
        (Some("exists"), _) | (None, None) => Op::Exists,
        (Some(other), _) => {
            fields.issue("op", format!("{other:?} is none of eq, ne, lt, le, gt, ge, in, exists, type"));
            Op::Exists
        }
    };
    check_operand(fields, op, value);
    Test { op, value: value.cloned().unwrap_or_default(), ignore_case: options.ignore_case }
}

fn check_operand(fields: &mut Fields, op: Op, value: Option<&Value>) {
    match (op, value) {
        (Op::Exists, None) => {}
        (Op::Exists, Some(_)) => fields.issue("value", "has no meaning with exists"),
        (_, None) => fields.missing("value", "what to compare with"),
        (Op::In, Some(value)) if !value.is_array() => fields.issue("value", "must be a list for in"),
        (Op::Type, Some(value)) if !value.as_str().is_some_and(|name| TYPES.contains(&name)) => {
            fields.issue("value", format!("must be one of {}", TYPES.join(", ")));
        }
        (Op::Lt | Op::Le | Op::Gt | Op::Ge, Some(value)) if !(value.is_number() || value.is_string()) => {
            fields.issue("value", "must be a number or a text to order by");
        }
        _ => {}
    }
}

/// What JSON, XML, YAML and TOML take for white space between their tokens. Others that
/// Unicode has, such as the no-break space, are part of the text.
fn trimmed(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\n', '\r'])
}

/// The text inside a fence of back-quotes around the whole, where that is allowed.
pub(crate) fn unfenced(text: &str, allow_fence: bool) -> &str {
    let text = trimmed(text);
    if !allow_fence {
        return text;
    }
    let Some(inside) = text.strip_prefix("```").and_then(|rest| rest.strip_suffix("```")) else {
        return text;
    };
    match inside.split_once('\n') {
        Some((tag, rest))
            if tag
                .trim()
                .chars()
                .all(|character| character.is_alphanumeric() || "+-_.".contains(character)) =>
        {
            trimmed(rest)
        }
        _ => trimmed(inside.strip_prefix("json").unwrap_or(inside)),
    }
}

/// A syntax error of the whole text, however deep it nests.
fn syntax_error(text: &str) -> Option<String> {
    // A value that is skipped is read without recursion.
    serde_json::from_str::<IgnoredAny>(text).err().map(|error| error.to_string())
}

/// The value of a text, or the verdict that stands for it: a failure when it is not
/// JSON, undecided when it nests deeper than checks look.
pub(crate) fn parse_nested(text: &str) -> Result<Value, Verdict> {
    serde_json::from_str(text).map_err(|error| match syntax_error(text) {
        Some(reason) => Verdict::fail(format!("not JSON: {reason}")),
        None => {
            Verdict::undecided(format!("JSON that cannot be looked into beyond {NESTED_MAX} levels: {error}"))
        }
    })
}

fn judge_is(text: &str, schema: Option<&Schema>) -> Verdict {
    let Some(schema) = schema else {
        return match syntax_error(text) {
            None => Verdict::pass("is JSON"),
            Some(reason) => Verdict::fail(format!("not JSON: {reason}")),
        };
    };
    match parse_nested(text) {
        Ok(value) => schema.judge(&value, "JSON"),
        Err(verdict) => verdict,
    }
}

/// Looks for an object or a list, from the left, each try behind the last value.
fn judge_contains(text: &str, schema: Option<&Schema>) -> Verdict {
    let mut budget = text.len().saturating_mul(SEARCH_FACTOR_MAX).saturating_add(1_000_000);
    let mut from = 0;
    let (mut found, mut open) = (0_u64, false);
    while let Some(opening) = text[from..].find(['{', '[']) {
        let at = from + opening;
        let rest = &text[at..];
        let Some((end, looked)) = value_length(rest) else {
            return Verdict::undecided("the text cannot be searched for JSON");
        };
        from = at + end.unwrap_or(1);
        if let Some(end) = end {
            found += 1;
            let fits = |schema: &Schema| {
                serde_json::from_str(&rest[..end]).map_or(Fit::Unknown, |value| schema.fits(&value))
            };
            match schema.map_or(Fit::Yes, fits) {
                Fit::Yes => return Verdict::pass("contains JSON"),
                Fit::No => {}
                Fit::Unknown => open = true,
            }
        }
        if looked > budget {
            return Verdict::undecided("too many openings to search them all for JSON");
        }
        budget -= looked;
    }
    match (found, open) {
        (_, true) => Verdict::undecided("contains JSON that cannot be held against the schema"),
        (0, _) => Verdict::fail("contains no JSON object or list"),
        _ => Verdict::fail(format!("{}, none fits the schema", counted(found, "JSON value", "JSON values"))),
    }
}

/// How long the JSON value at the start is, if there is one, and how far was looked.
fn value_length(text: &str) -> Option<(Option<usize>, usize)> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<IgnoredAny>();
    match values.next()? {
        Ok(_) => Some((Some(values.byte_offset()), values.byte_offset())),
        Err(error) => {
            let line_start: usize =
                text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
            Some((None, (line_start + error.column()).max(1)))
        }
    }
}

fn with_nodes(path: Option<&JsonPath>, text: &str, judge: impl FnOnce(&[&Value]) -> Verdict) -> Verdict {
    let Some(path) = path else { return Verdict::error("the path does not parse") };
    match parse_nested(text) {
        Ok(value) => judge(&path.query(&value).all()),
        Err(verdict) => verdict,
    }
}

/// Every selected value must stand the test, and there must be one.
fn judge_nodes(nodes: &[&Value], test: &Test) -> Verdict {
    let count = nodes.len() as u64;
    if nodes.is_empty() {
        return Verdict::fail("nothing is at the path").wanted("something", "nothing");
    }
    if test.op == Op::Exists {
        return Verdict::pass(format!("{} at the path", counted(count, "value", "values")))
            .wanted("something", "nothing");
    }
    let held = nodes.iter().filter(|node| test.holds(node)).count() as u64;
    let found = match nodes {
        [one] => format!("the value at the path is {}", described(one)),
        _ => format!("{held} of {} at the path hold", counted(count, "value", "values")),
    };
    Verdict::of(held == count, found).wanting(test.words())
}

/// What a path selects; where it can select only one place and a list or an object
/// stands there, its members.
fn count(singular: bool, nodes: &[&Value]) -> u64 {
    match nodes {
        [Value::Array(members)] if singular => members.len() as u64,
        [Value::Object(members)] if singular => members.len() as u64,
        _ => nodes.len() as u64,
    }
}

/// Whether a path that is written well can select only one place: outside the names in
/// quotation marks, nothing in it stands for several.
fn is_singular(path: &str) -> bool {
    let mut quoted = None;
    let mut before = None;
    let mut characters = path.chars();
    while let Some(character) = characters.next() {
        match (quoted, character) {
            (Some(_), '\\') => drop(characters.next()),
            (Some(mark), _) if mark == character => quoted = None,
            (None, '\'' | '"') => quoted = Some(character),
            (None, '*' | '?' | ':' | ',') => return false,
            (None, '.') if before == Some('.') => return false,
            _ => {}
        }
        before = Some(character);
    }
    true
}

impl Test {
    fn holds(&self, found: &Value) -> bool {
        match self.op {
            Op::Eq => equal(found, &self.value, self.ignore_case),
            Op::Ne => !equal(found, &self.value, self.ignore_case),
            Op::Lt => order(found, &self.value) == Some(Ordering::Less),
            Op::Le => matches!(order(found, &self.value), Some(Ordering::Less | Ordering::Equal)),
            Op::Gt => order(found, &self.value) == Some(Ordering::Greater),
            Op::Ge => matches!(order(found, &self.value), Some(Ordering::Greater | Ordering::Equal)),
            Op::In => self
                .value
                .as_array()
                .is_some_and(|list| list.iter().any(|value| equal(found, value, self.ignore_case))),
            Op::Type => self.value.as_str().is_some_and(|name| is_type(found, name)),
            Op::Exists => true,
        }
    }

    fn words(&self) -> String {
        let value = || described(&self.value);
        match self.op {
            Op::Eq => value(),
            Op::Ne => format!("anything but {}", value()),
            Op::Lt => format!("less than {}", value()),
            Op::Le => format!("at most {}", value()),
            Op::Gt => format!("more than {}", value()),
            Op::Ge => format!("at least {}", value()),
            Op::In => format!("one of {}", value()),
            Op::Type => format!("type {}", value()),
            Op::Exists => "something".to_owned(),
        }
    }
}

fn is_type(found: &Value, name: &str) -> bool {
    match found {
        Value::Null => name == "null",
        Value::Bool(_) => name == "boolean",
        Value::Number(number) => name == "number" || (name == "integer" && is_integer(number)),
        Value::String(_) => name == "string",
        Value::Array(_) => name == "array",
        Value::Object(_) => name == "object",
    }
}

fn is_integer(number: &Number) -> bool {
    number.is_i64() || number.is_u64() || number.as_f64().is_some_and(|number| number.fract() == 0.0)
}

fn order(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => order_numbers(left, right),
        (Value::String(left), Value::String(right)) => Some(left.cmp(right)),
        _ => None,
    }
}

fn order_numbers(left: &Number, right: &Number) -> Option<Ordering> {
    let whole = |number: &Number| number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
    match (whole(left), whole(right)) {
        (Some(left), Some(right)) => Some(left.cmp(&right)),
        _ => left.as_f64()?.partial_cmp(&right.as_f64()?),
    }
}

/// Equal in depth; `1` and `1.0` are one number, and the order of members says nothing.
pub(crate) fn equal(left: &Value, right: &Value, ignore_case: bool) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => order_numbers(left, right) == Some(Ordering::Equal),
        (Value::String(left), Value::String(right)) if ignore_case => {
            left.to_lowercase() == right.to_lowercase()
        }
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len()
                && left.iter().zip(right).all(|(left, right)| equal(left, right, ignore_case))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .all(|(key, left)| right.get(key).is_some_and(|right| equal(left, right, ignore_case)))
        }
        _ => left == right,
    }
}

fn described(value: &Value) -> String {
    match value {
        Value::String(text) => crate::outcome::quote(text),
        Value::Array(_) | Value::Object(_) => type_name(value).to_owned(),
        scalar => scalar.to_string(),
    }
}
