//! What a sentence compiles to: a check, and its JSON.

use std::fmt::Write as _;

/// One check, ready for the verifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// The verifier's word for it, a `not-` prefix included.
    pub kind: String,
    /// Everything else, in the order it is written.
    pub fields: Vec<(String, Field)>,
}

/// A value in a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    /// A string.
    Text(String),
    /// A whole number that is not negative.
    Int(u64),
    /// Strings.
    List(Vec<String>),
    /// Yes or no.
    Bool(bool),
    /// A nested object, as in a JSON Schema.
    Object(Vec<(String, Field)>),
    /// Nested checks, as in `all` and `any`.
    Checks(Vec<Check>),
}

impl Check {
    /// A check of this kind without fields.
    pub(crate) fn new(kind: &str) -> Self {
        Self { kind: kind.to_owned(), fields: Vec::new() }
    }

    /// Adds a field.
    pub(crate) fn with(mut self, name: &str, value: Field) -> Self {
        self.fields.push((name.to_owned(), value));
        self
    }

    /// Adds a text field.
    pub(crate) fn text(self, name: &str, value: &str) -> Self {
        self.with(name, Field::Text(value.to_owned()))
    }

    /// Adds a field that is on, or nothing: the verifier's defaults are all off.
    pub(crate) fn flag(self, name: &str, on: bool) -> Self {
        if on { self.with(name, Field::Bool(true)) } else { self }
    }

    /// Adds a text field, or nothing.
    pub(crate) fn text_if(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.text(name, value),
            None => self,
        }
    }

    /// The same check the other way round.
    pub(crate) fn negated(mut self) -> Self {
        self.kind.insert_str(0, "not-");
        self
    }

    /// Compact JSON, `kind` first, the fields in their order: the same check always
    /// gives the same bytes.
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) {
        out.push_str("{\"kind\":");
        quote(&self.kind, out);
        for (name, value) in &self.fields {
            out.push(',');
            quote(name, out);
            out.push(':');
            value.write(out);
        }
        out.push('}');
    }
}

impl Field {
    fn write(&self, out: &mut String) {
        match self {
            Self::Text(text) => quote(text, out),
            // Writing to a string cannot fail.
            Self::Int(value) => drop(write!(out, "{value}")),
            Self::Bool(value) => drop(write!(out, "{value}")),
            Self::List(values) => sequence(out, values, |value, out| quote(value, out)),
            Self::Checks(checks) => sequence(out, checks, Check::write),
            Self::Object(fields) => object(fields, out),
        }
    }
}

fn sequence<T>(out: &mut String, values: &[T], write: impl Fn(&T, &mut String)) {
    out.push('[');
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write(value, out);
    }
    out.push(']');
}

fn object(fields: &[(String, Field)], out: &mut String) {
    out.push('{');
    for (index, (name, value)) in fields.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        quote(name, out);
        out.push(':');
        value.write(out);
    }
    out.push('}');
}

fn quote(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control < ' ' => drop(write!(out, "\\u{:04x}", u32::from(control))),
            other => out.push(other),
        }
    }
    out.push('"');
}
