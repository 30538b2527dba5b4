//! YAML into the values of JSON, by the core schema, without recursion and with
//! what aliases repeat counted.

use crate::limits::{NESTED_MAX, YAML_VALUES_MAX};
use crate::outcome::grouped;
use saphyr_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Number, Value};
use std::collections::BTreeMap;

/// Why there is no value.
pub(crate) enum Trouble {
    /// The text is not YAML.
    Syntax(String),
    /// It may be, but nobody looks that far.
    Size(String),
}

/// A list or a mapping that is being read.
enum Open {
    List { items: Vec<Value>, anchor: usize },
    Mapping { members: Map<String, Value>, key: Option<String>, anchor: usize },
}

/// What an alias repeats.
struct Anchored {
    value: Value,
    size: usize,
    depth: usize,
}

/// Every document of the text, the last one's value. A scalar alone is no document
/// here: any sentence would be one.
pub(crate) fn read(text: &str) -> Result<Value, Trouble> {
    let mut reading = Reading::default();
    for event in Parser::new_from_str(text) {
        let (event, _) = event.map_err(|error| explain(&error.to_string()))?;
        reading.take(event)?;
    }
    match reading.document {
        Some(value) if value.is_array() || value.is_object() => Ok(value),
        Some(_) => Err(Trouble::Syntax("a text alone, neither a mapping nor a list".to_owned())),
        None => Err(Trouble::Syntax("there is no document".to_owned())),
    }
}

#[derive(Default)]
struct Reading {
    open: Vec<Open>,
    anchors: BTreeMap<usize, Anchored>,
    values: usize,
    document: Option<Value>,
}

impl Reading {
    fn take(&mut self, event: Event) -> Result<(), Trouble> {
        match event {
            Event::SequenceStart(anchor, _) => self.start(Open::List { items: Vec::new(), anchor }),
            Event::MappingStart(anchor, _) => {
                self.start(Open::Mapping { members: Map::new(), key: None, anchor })
            }
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(Open::List { items, anchor }) => self.put(Value::Array(items), anchor),
                Some(Open::Mapping { members, anchor, .. }) => self.put(Value::Object(members), anchor),
                None => Ok(()),
            },
            Event::Scalar(text, style, anchor, tag) => {
                self.grow(1)?;
                let plain = style == ScalarStyle::Plain && tag.is_none();
                self.put(if plain { plain_scalar(&text) } else { Value::String(text.into_owned()) }, anchor)
            }
            Event::Alias(anchor) => {
                let anchored = self
                    .anchors
                    .get(&anchor)
                    .ok_or_else(|| Trouble::Syntax("an alias inside what it stands for".to_owned()))?;
                if self.values.saturating_add(anchored.size) > YAML_VALUES_MAX {
                    return Err(too_many());
                }
                self.check_depth(anchored.depth)?;
                let value = anchored.value.clone();
                self.values += anchored.size;
                self.put(value, 0)
            }
            _ => Ok(()),
        }
    }

    fn start(&mut self, open: Open) -> Result<(), Trouble> {
        self.grow(1)?;
        self.check_depth(1)?;
        self.open.push(open);
        Ok(())
    }

    /// Whether a value so deep may stand here.
    fn check_depth(&self, depth: usize) -> Result<(), Trouble> {
        if self.open.len() + depth > NESTED_MAX {
            return Err(Trouble::Size(format!("nested deeper than {NESTED_MAX} levels")));
        }
        Ok(())
    }

    fn grow(&mut self, by: usize) -> Result<(), Trouble> {
        self.values += by;
        if self.values > YAML_VALUES_MAX { Err(too_many()) } else { Ok(()) }
    }

    fn put(&mut self, value: Value, anchor: usize) -> Result<(), Trouble> {
        if anchor > 0 {
            let (size, depth) = measure(&value);
            self.grow(size)?;
            self.anchors.insert(anchor, Anchored { value: value.clone(), size, depth });
        }
        match self.open.last_mut() {
            None => self.document = Some(value),
            Some(Open::List { items, .. }) => items.push(value),
            Some(Open::Mapping { members, key, .. }) => match key.take() {
                None => *key = Some(key_text(value)),
                Some(name) => {
                    if members.insert(name, value).is_some() {
                        return Err(Trouble::Syntax("a key is there twice".to_owned()));
                    }
                }
            },
        }
        Ok(())
    }
}

/// The reader has a limit of its own on how deep a text nests.
fn explain(error: &str) -> Trouble {
    if error.contains("recursion limit") {
        return Trouble::Size(format!("nested deeper than {NESTED_MAX} levels"));
    }
    Trouble::Syntax(error.to_owned())
}

fn too_many() -> Trouble {
    Trouble::Size(format!("more than {} values", grouped(YAML_VALUES_MAX as u64)))
}

/// How many values and how deep, without recursion beyond what was read.
fn measure(value: &Value) -> (usize, usize) {
    let (mut size, mut depth) = (0, 0);
    let mut left = vec![(value, 1)];
    while let Some((value, level)) = left.pop() {
        size += 1;
        depth = depth.max(level);
        match value {
            Value::Array(items) => left.extend(items.iter().map(|item| (item, level + 1))),
            Value::Object(members) => left.extend(members.values().map(|item| (item, level + 1))),
            _ => {}
        }
    }
    (size, depth)
}

/// JSON's keys are texts; others become theirs.
fn key_text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

/// The core schema: null, booleans, integers, floats, and text for the rest.
fn plain_scalar(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    let numeric = text
        .strip_prefix(['-', '+'])
        .unwrap_or(text)
        .starts_with(|first: char| first.is_ascii_digit() || first == '.');
    if numeric {
        let hexadecimal = text.strip_prefix("0x").and_then(|digits| i64::from_str_radix(digits, 16).ok());
        let octal = text.strip_prefix("0o").and_then(|digits| i64::from_str_radix(digits, 8).ok());
        if let Some(number) = text.parse().ok().or(hexadecimal).or(octal) {
            return Value::Number(number.into());
        }
        if let Some(number) = text.parse::<f64>().ok().and_then(Number::from_f64) {
            return Value::Number(number);
        }
    }
    Value::String(text.to_owned())
}
