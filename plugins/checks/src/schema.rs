//! JSON Schema, 2020-12 where the schema names no other draft: no references to
//! anywhere else, and patterns in linear time.

use crate::fields::Fields;
use crate::limits::PATTERN_COMPILED_BYTES_MAX;
use jsonschema::{PatternOptions, Validator};
use serde_json::Value;

/// A schema that compiles.
#[derive(Debug)]
pub(crate) struct Schema(Validator);

impl Schema {
    /// The schema of a field, if it is there.
    pub(crate) fn parse(fields: &mut Fields, name: &'static str) -> Option<Self> {
        let value = fields.get(name)?;
        let patterns = PatternOptions::regex()
            .size_limit(PATTERN_COMPILED_BYTES_MAX)
            .dfa_size_limit(PATTERN_COMPILED_BYTES_MAX);
        match jsonschema::options().with_pattern_options(patterns).build(value) {
            Ok(validator) => Some(Self(validator)),
            Err(error) => {
                let at = error.instance_path().to_string();
                let reason = error.masked();
                fields.issue(name, format!("is not a JSON Schema{}: {reason}", place(&at)));
                None
            }
        }
    }

    /// The first mismatch, without the values that were found or wanted.
    pub(crate) fn mismatch(&self, value: &Value) -> Option<String> {
        let error = self.0.validate(value).err()?;
        let at = error.instance_path().to_string();
        Some(format!("{}{}", error.masked(), place(&at)))
    }
}

fn place(pointer: &str) -> String {
    if pointer.is_empty() { String::new() } else { format!(" at {pointer}") }
}
