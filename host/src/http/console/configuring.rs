//! A component's configuration as a form: a field for each of its schema's, and JSON for
//! what a schema says beyond that.

use assay_domain::refusal::Refusal;
use serde_json::{Map, Value};

use super::form::{Field, Sheet, Typed};
use super::schema::{SchemaRow, rows};

/// A field is left out, where nothing is chosen.
const LEFT_OUT: &[(&str, &str)] = &[("", "as usual")];
const TRUTHS: &[(&str, &str)] = &[("", "as usual"), ("true", "yes"), ("false", "no")];

/// How a field is filled in.
enum Shape {
    Whole,
    Number,
    Truth,
    /// One of these values, by their words.
    Word(Vec<(String, Value)>),
    Line,
    Json,
}

/// A field of a configuration on a form.
pub struct Setting {
    name: String,
    label: String,
    hint: String,
    needed: bool,
    at: Vec<String>,
    shape: Shape,
    words: Vec<String>,
}

/// The fields of a schema, for the form in which the whole configuration is called `prefix`.
pub fn settings(schema: &Value, prefix: &str) -> Vec<Setting> {
    let rows = rows(schema);
    // An object whose own fields are asked for is not asked for itself.
    let parent = |row: &SchemaRow| {
        rows.iter().any(|other| other.at.len() > row.at.len() && other.at.starts_with(&row.at))
    };
    rows.iter().filter(|row| !parent(row)).map(|row| Setting::of(row, prefix)).collect()
}

impl Setting {
    fn of(row: &SchemaRow, prefix: &str) -> Self {
        let shape = Shape::of(&row.field);
        let words = match &shape {
            Shape::Word(words) => words.iter().map(|(word, _)| word.clone()).collect(),
            _ => Vec::new(),
        };
        let usual = (!row.usual.is_empty()).then(|| format!("{} when left out", row.usual));
        let json = matches!(shape, Shape::Json).then(|| format!("{}, as JSON", row.kind));
        let about = (!row.about.is_empty()).then(|| row.about.clone());
        let hints: Vec<String> = [json, about, usual].into_iter().flatten().collect();
        Self {
            name: format!("{prefix}.{}", row.at.join(".")),
            label: row.name.clone(),
            hint: hints.join("; "),
            needed: row.needed,
            at: row.at.clone(),
            shape,
            words,
        }
    }

    /// The field on a sheet.
    pub fn on<'s>(&'s self, sheet: &'s Sheet) -> Field<'s> {
        let (name, label) = (self.name.as_str(), self.label.as_str());
        let field = match &self.shape {
            Shape::Whole => sheet.number(name, label),
            Shape::Number => sheet.amount(name, label),
            Shape::Truth => sheet.choice(name, label, TRUTHS),
            Shape::Word(_) => sheet.choice(name, label, LEFT_OUT).or_words(&self.words),
            Shape::Line => sheet.line(name, label),
            Shape::Json => sheet.area(name, label).rows(2),
        };
        let field = field.hint(&self.hint);
        if self.needed { field.needed() } else { field }
    }

    /// What was typed, as the schema has it; nothing when nothing was.
    fn read(&self, typed: &Typed) -> Result<Option<Value>, Refusal> {
        let text = typed.get(&self.name);
        let plain = text.trim();
        if plain.is_empty() {
            return Ok(None);
        }
        let found = match &self.shape {
            Shape::Whole => {
                plain.parse::<i64>().map(Value::from).map_err(|_| "must be a whole number".to_owned())
            }
            Shape::Number => number(plain).ok_or_else(|| "must be a number".to_owned()),
            Shape::Truth => {
                plain.parse::<bool>().map(Value::from).map_err(|_| "must be true or false".to_owned())
            }
            Shape::Word(words) => {
                let known = words.iter().find(|(word, _)| word == text).map(|(_, value)| value.clone());
                known.ok_or_else(|| format!("must be one of {}", self.words.join(", ")))
            }
            Shape::Line => Ok(text.into()),
            Shape::Json => serde_json::from_str(plain).map_err(|error| format!("is not JSON: {error}")),
        };
        found.map(Some).map_err(|message| Refusal::field(self.name.clone(), message))
    }
}

/// A number as JSON writes it.
fn number(text: &str) -> Option<Value> {
    serde_json::from_str::<Value>(text).ok().filter(Value::is_number)
}

impl Shape {
    fn of(field: &Value) -> Self {
        if let Some(values) = field["enum"].as_array() {
            let word = |value: &Value| match value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            // Nothing chosen and an empty word would look alike.
            if values.iter().all(|value| !word(value).is_empty()) {
                return Self::Word(values.iter().map(|value| (word(value), value.clone())).collect());
            }
        }
        match field["type"].as_str() {
            Some("integer") => Self::Whole,
            Some("number") => Self::Number,
            Some("boolean") => Self::Truth,
            Some("string") => Self::Line,
            _ => Self::Json,
        }
    }
}

/// The configuration: what was typed as JSON, and over it what was typed into the fields.
/// What is no object stays as it is, for whoever reads it next to refuse.
pub fn fill(schema: &Value, prefix: &str, typed: &Typed, json: Value) -> Result<Value, Refusal> {
    let mut object = match json {
        Value::Null => Map::new(),
        Value::Object(object) => object,
        other => return Ok(other),
    };
    for setting in settings(schema, prefix) {
        if let Some(value) = setting.read(typed)? {
            put(&mut object, &setting.at, value);
        }
    }
    Ok(object.into())
}

fn put(object: &mut Map<String, Value>, at: &[String], value: Value) {
    match at {
        [] => {}
        [name] => drop(object.insert(name.clone(), value)),
        [name, rest @ ..] => {
            let inner = object.entry(name.clone()).or_insert_with(|| Map::new().into());
            if !inner.is_object() {
                *inner = Map::new().into();
            }
            if let Some(inner) = inner.as_object_mut() {
                put(inner, rest, value);
            }
        }
    }
}
