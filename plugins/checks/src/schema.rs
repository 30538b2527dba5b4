//! JSON Schema, 2020-12 where the schema names no other draft: no references to
//! anywhere else, and patterns in linear time.
//!
//! Without the feature `schema` none is compiled, and whatever it is asked about
//! stays open.

use crate::fields::Fields;
use crate::outcome::Verdict;
use serde_json::Value;

/// Whether a value is what a schema asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    not(feature = "schema"),
    expect(dead_code, reason = "without schemas nothing is found not to fit")
)]
pub(crate) enum Fit {
    Yes,
    No,
    Unknown,
}

#[cfg(feature = "schema")]
#[derive(Debug)]
pub(crate) struct Schema(jsonschema::Validator);

#[cfg(not(feature = "schema"))]
#[derive(Debug)]
pub(crate) struct Schema;

#[cfg(feature = "schema")]
impl Schema {
    /// The schema of a field, if it is there.
    pub(crate) fn parse(fields: &mut Fields, name: &'static str) -> Option<Self> {
        use crate::limits::PATTERN_COMPILED_BYTES_MAX;
        let value = fields.get(name)?;
        let patterns = jsonschema::PatternOptions::regex()
            .size_limit(PATTERN_COMPILED_BYTES_MAX)
            .dfa_size_limit(PATTERN_COMPILED_BYTES_MAX);
        match jsonschema::options().with_pattern_options(patterns).build(value) {
            Ok(validator) => Some(Self(validator)),
            Err(error) => {
                let at = place(&error.instance_path().to_string());
                let reason = error.masked();
                fields.issue(name, format!("is not a JSON Schema{at}: {reason}"));
                None
            }
        }
    }

    /// The first mismatch is told without the values that were found or wanted.
    pub(crate) fn judge(&self, value: &Value, format: &str) -> Verdict {
        let Err(error) = self.0.validate(value) else {
            return Verdict::pass(format!("is {format} that fits the schema"));
        };
        let at = place(&error.instance_path().to_string());
        Verdict::fail(format!("is {format} that does not fit the schema: {}{at}", error.masked()))
    }

    /// Whether the value fits.
    pub(crate) fn fits(&self, value: &Value) -> Fit {
        if self.0.is_valid(value) { Fit::Yes } else { Fit::No }
    }
}

#[cfg(feature = "schema")]
fn place(pointer: &str) -> String {
    if pointer.is_empty() { String::new() } else { format!(" at {pointer}") }
}

#[cfg(not(feature = "schema"))]
#[expect(clippy::unused_self, reason = "called like the schema that it stands for")]
impl Schema {
    pub(crate) fn parse(fields: &mut Fields, name: &'static str) -> Option<Self> {
        fields.get(name).map(|_| Self)
    }

    pub(crate) fn judge(&self, _value: &Value, format: &str) -> Verdict {
        Verdict::undecided(format!("is {format}; schemas are not looked at here"))
    }

    pub(crate) fn fits(&self, _value: &Value) -> Fit {
        Fit::Unknown
    }
}
