//! Regular expressions that a poster wrote: linear in the text, bounded in size.

use crate::fields::Fields;
use crate::limits::{PATTERN_BYTES_MAX, PATTERN_COMPILED_BYTES_MAX};
use regex::{Regex, RegexBuilder};

/// A pattern with letters of `imsxu` for flags. What does not compile is an issue
/// of the field.
pub(crate) fn parse(fields: &mut Fields, name: &'static str, pattern: &str, flags: &str) -> Option<Regex> {
    if pattern.len() > PATTERN_BYTES_MAX {
        fields.issue(name, format!("is longer than {PATTERN_BYTES_MAX} bytes"));
        return None;
    }
    if let Some(flag) = flags.chars().find(|flag| !"imsxu".contains(*flag)) {
        fields.issue("flags", format!("{flag:?} is not a flag; flags are i, m, s, x and u"));
        return None;
    }
    let has = |flag| flags.contains(flag);
    let compiled = RegexBuilder::new(pattern)
        .case_insensitive(has('i'))
        .multi_line(has('m'))
        .dot_matches_new_line(has('s'))
        .ignore_whitespace(has('x'))
        .size_limit(PATTERN_COMPILED_BYTES_MAX)
        .dfa_size_limit(PATTERN_COMPILED_BYTES_MAX)
        .nest_limit(50)
        .build();
    compiled
        .map_err(|error| fields.issue(name, format!("does not compile: {}", one_line(&error.to_string()))))
        .ok()
}

/// The last line of a syntax error says what is wrong; those above draw it.
fn one_line(error: &str) -> &str {
    error.lines().last().unwrap_or(error).trim()
}
