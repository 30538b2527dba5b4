//! The fields of a check, read once, with the place of each mistake.

use crate::limits::VALUES_MAX;
use serde_json::{Map, Value};

/// Something wrong with a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// The field, from the check: `min`, `checks[1].pattern`; empty for the check itself.
    pub path: String,
    /// What is wrong and what would be right.
    pub message: String,
}

/// Reads fields by name, remembers which were asked for, and collects issues. A
/// field that is missing or wrong gives a harmless value, so that one pass finds
/// every issue; the check is refused at the end.
pub(crate) struct Fields<'a> {
    map: &'a Map<String, Value>,
    path: String,
    known: Vec<&'static str>,
    issues: Vec<Issue>,
}

impl<'a> Fields<'a> {
    pub(crate) fn new(map: &'a Map<String, Value>, path: &str) -> Self {
        Self { map, path: path.to_owned(), known: Vec::new(), issues: Vec::new() }
    }

    /// The place of a field, from the check that was handed in.
    pub(crate) fn place(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    pub(crate) fn issue(&mut self, name: &str, message: impl Into<String>) {
        let path = self.place(name);
        self.issues.push(Issue { path, message: message.into() });
    }

    pub(crate) fn adopt(&mut self, issues: Vec<Issue>) {
        self.issues.extend(issues);
    }

    /// The field in snake or camel case; `null` is an absent field.
    pub(crate) fn get(&mut self, name: &'static str) -> Option<&'a Value> {
        self.known.push(name);
        self.map
            .get(name)
            .or_else(|| if name.contains('_') { self.get_camel(name) } else { None })
            .filter(|value| !value.is_null())
    }

    fn get_camel(&self, name: &str) -> Option<&'a Value> {
        self.map.iter().find(|(key, _)| is_camel_of(key, name)).map(|(_, value)| value)
    }

    /// The field, `null` included.
    pub(crate) fn get_present(&mut self, name: &'static str) -> Option<&'a Value> {
        self.known.push(name);
        self.map.get(name)
    }

    pub(crate) fn text(&mut self, name: &'static str) -> Option<String> {
        let value = self.get(name)?;
        let text = value.as_str().map(str::to_owned);
        if text.is_none() {
            self.issue(name, format!("must be text, not {}", type_name(value)));
        }
        text
    }

    /// Text that must be there and not be empty.
    pub(crate) fn need_text(&mut self, name: &'static str) -> String {
        match self.text(name) {
            Some(text) if !text.is_empty() => text,
            Some(_) => {
                self.issue(name, "must not be empty");
                String::new()
            }
            None => {
                self.missing(name, "text");
                String::new()
            }
        }
    }

    /// A list of texts that must be there; one text is a list of one.
    pub(crate) fn need_texts(&mut self, name: &'static str) -> Vec<String> {
        match self.texts(name) {
            Some(texts) if texts.is_empty() => {
                self.issue(name, "must name at least one");
                texts
            }
            Some(texts) => texts,
            None => {
                self.missing(name, "a list of texts");
                Vec::new()
            }
        }
    }

    pub(crate) fn texts(&mut self, name: &'static str) -> Option<Vec<String>> {
        let value = self.get(name)?;
        let list = match value {
            Value::String(one) => vec![one.clone()],
            Value::Array(list) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => Vec::new(),
        };
        let complete = match value {
            Value::String(_) => true,
            Value::Array(all) => all.len() == list.len(),
            _ => false,
        };
        if !complete {
            self.issue(name, "must be a list of texts");
        } else if list.iter().any(String::is_empty) {
            self.issue(name, "must not hold an empty text");
        } else if list.len() > VALUES_MAX {
            self.issue(name, format!("must hold at most {VALUES_MAX}, not {}", list.len()));
        }
        Some(list)
    }

    pub(crate) fn flag(&mut self, name: &'static str, default: bool) -> bool {
        let Some(value) = self.get(name) else { return default };
        value.as_bool().unwrap_or_else(|| {
            self.issue(name, format!("must be true or false, not {}", type_name(value)));
            default
        })
    }

    pub(crate) fn count(&mut self, name: &'static str) -> Option<u64> {
        let value = self.get(name)?;
        let count = value.as_u64();
        if count.is_none() {
            self.issue(name, format!("must be a whole number from 0, not {}", described(value)));
        }
        count
    }

    /// A number from 0 up, such as a tolerance.
    pub(crate) fn amount(&mut self, name: &'static str) -> Option<f64> {
        let value = self.get(name)?;
        let amount = value.as_f64().filter(|amount| amount.is_finite() && *amount >= 0.0);
        if amount.is_none() {
            self.issue(name, format!("must be a number from 0, not {}", described(value)));
        }
        amount
    }

    /// A fraction from 0 to 1, in basis points.
    pub(crate) fn fraction(&mut self, name: &'static str) -> Option<u16> {
        let value = self.get(name)?;
        let points = value.as_f64().filter(|fraction| (0.0..=1.0).contains(fraction)).map(basis_points);
        if points.is_none() {
            self.issue(name, format!("must be a number from 0 to 1, not {}", described(value)));
        }
        points
    }

    pub(crate) fn missing(&mut self, name: &str, what: &str) {
        if !self.issues.iter().any(|issue| issue.path == self.place(name)) {
            self.issue(name, format!("is missing: {what} is needed"));
        }
    }

    /// All issues, those of fields that nobody asked for included: a misspelt
    /// bound would otherwise pass everything.
    pub(crate) fn finish(mut self) -> Vec<Issue> {
        let unknown: Vec<&String> = self
            .map
            .keys()
            .filter(|key| !self.known.iter().any(|name| name == key || is_camel_of(key, name)))
            .collect();
        for key in unknown {
            let path = self.place(key);
            let message = format!("is not a field of this kind; its fields are {}", self.known.join(", "));
            self.issues.push(Issue { path, message });
        }
        self.issues
    }
}

/// Half a basis point is rounded up.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 10000")]
fn basis_points(fraction: f64) -> u16 {
    (fraction * 10_000.0 + 0.5).floor() as u16
}

/// Whether `key` is the snake-case `name` written in camel case.
fn is_camel_of(key: &str, name: &str) -> bool {
    let mut letters = key.chars();
    let mut upper = false;
    for character in name.chars() {
        if character == '_' {
            upper = true;
        } else {
            let wanted = if std::mem::take(&mut upper) { character.to_ascii_uppercase() } else { character };
            if letters.next() != Some(wanted) {
                return false;
            }
        }
    }
    letters.next().is_none()
}

/// The JSON type of a value, for people.
pub(crate) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn described(value: &Value) -> String {
    match value {
        Value::Number(number) => number.to_string(),
        other => type_name(other).to_owned(),
    }
}
