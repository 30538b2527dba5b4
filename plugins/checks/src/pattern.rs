//! Regular expressions that a poster wrote: linear in the text, bounded in size.

use crate::fields::Fields;
use crate::limits::{PATTERN_BYTES_MAX, PATTERN_COMPILED_BYTES_MAX};
use regex_automata::hybrid::BuildError;
use regex_automata::hybrid::dfa::{Builder, Config, DFA};
use regex_automata::nfa::thompson;
use regex_automata::nfa::thompson::pikevm::PikeVM;
use regex_automata::util::syntax;
use regex_automata::{Input, MatchKind};
use std::error::Error;

/// A pattern that compiles.
///
/// It runs over one text and is gone, so what counts is building it: a lazy automaton
/// that reads forwards and knows where the first match ends, and nothing else.
#[derive(Debug)]
pub(crate) struct Pattern {
    automaton: Box<DFA>,
}

impl Pattern {
    /// A pattern with letters of `imsxu` for flags. What does not compile is an issue
    /// of the field.
    pub(crate) fn parse(fields: &mut Fields, name: &'static str, pattern: &str, flags: &str) -> Option<Self> {
        if pattern.len() > PATTERN_BYTES_MAX {
            fields.issue(name, format!("is longer than {PATTERN_BYTES_MAX} bytes"));
            return None;
        }
        if let Some(flag) = flags.chars().find(|flag| !"imsxu".contains(*flag)) {
            fields.issue("flags", format!("{flag:?} is not a flag; flags are i, m, s, x and u"));
            return None;
        }
        match Self::build(pattern, flags) {
            Ok(pattern) => Some(pattern),
            Err(error) => {
                fields.issue(name, format!("does not compile: {}", explain(&error)));
                None
            }
        }
    }

    fn build(pattern: &str, flags: &str) -> Result<Self, Box<BuildError>> {
        let has = |flag| flags.contains(flag);
        let syntax = syntax::Config::new()
            .case_insensitive(has('i'))
            .multi_line(has('m'))
            .dot_matches_new_line(has('s'))
            .ignore_whitespace(has('x'))
            .nest_limit(50);
        let automaton = Builder::new()
            .syntax(syntax)
            .thompson(thompson::Config::new().nfa_size_limit(Some(PATTERN_COMPILED_BYTES_MAX)))
            .configure(
                Config::new()
                    .match_kind(MatchKind::LeftmostFirst)
                    // Word boundaries of Unicode are found in ASCII; other text asks the slower engine.
                    .unicode_word_boundary(true)
                    .skip_cache_capacity_check(true),
            )
            .build(pattern)?;
        Ok(Self { automaton: Box::new(automaton) })
    }

    pub(crate) fn is_match(&self, text: &str) -> bool {
        self.first_end(text).is_some()
    }

    /// Where the first match is known to be one: at its end, or before it.
    pub(crate) fn first_end(&self, text: &str) -> Option<usize> {
        let mut cache = self.automaton.create_cache();
        let input = Input::new(text).earliest(true);
        match self.automaton.try_search_fwd(&mut cache, &input) {
            Ok(found) => found.map(|half| half.offset()),
            Err(_) => self.first_end_slowly(&input),
        }
    }

    fn first_end_slowly(&self, input: &Input<'_>) -> Option<usize> {
        let engine = PikeVM::new_from_nfa(self.automaton.get_nfa().clone()).ok()?;
        let mut cache = engine.create_cache();
        engine.find(&mut cache, input.clone()).map(|found| found.end())
    }
}

/// The cause is told at the bottom; a syntax error's last line says what is wrong, and
/// those above draw it.
fn explain(error: &BuildError) -> String {
    let mut cause: &dyn Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    let text = cause.to_string();
    text.lines().last().unwrap_or_default().trim().to_owned()
}
