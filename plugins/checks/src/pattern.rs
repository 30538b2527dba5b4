//! Regular expressions that a poster wrote: linear in the text, bounded in size.

use crate::fields::Fields;
use crate::limits::{PATTERN_BYTES_MAX, PATTERN_COMPILED_BYTES_MAX};
use regex_automata::hybrid::dfa;
use regex_automata::nfa::thompson::pikevm::PikeVM;
use regex_automata::nfa::thompson::{self, Compiler, NFA, WhichCaptures};
use regex_automata::util::syntax;
use regex_automata::{Input, MatchKind};
use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, HirKind, Look};
use std::error::Error;

/// A pattern that compiles.
///
/// It runs over one text and is gone, so what counts is building it: a lazy automaton
/// that reads forwards and knows where the first match ends, and nothing else. Most
/// text is ASCII, where a letter is one of 52 and not of 140,000, so there is an
/// automaton of its own for such text.
#[derive(Debug)]
pub(crate) struct Pattern {
    /// The same pattern over ASCII.
    ascii: NFA,
    whole: Whole,
}

/// The pattern over any text.
#[derive(Debug)]
enum Whole {
    Built(NFA),
    /// Differs by its word boundaries alone, so that it builds where `ascii` did.
    Boundaries(Hir),
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
                fields.issue(name, format!("does not compile: {}", explain(error.as_ref())));
                None
            }
        }
    }

    fn build(pattern: &str, flags: &str) -> Result<Self, Box<dyn Error>> {
        let has = |flag| flags.contains(flag);
        let syntax = syntax::Config::new()
            .case_insensitive(has('i'))
            .multi_line(has('m'))
            .dot_matches_new_line(has('s'))
            .ignore_whitespace(has('x'))
            .nest_limit(50);
        let hir = syntax::parse_with(pattern, &syntax)?;
        let mut narrowing = Narrowing::default();
        let ascii = compile(&narrowing.narrow(hir.clone()), WhichCaptures::None)?;
        let whole = match narrowing {
            Narrowing { classes: true, .. } => Whole::Built(compile(&hir, WhichCaptures::Implicit)?),
            Narrowing { boundaries: true, .. } => Whole::Boundaries(hir),
            _ => Whole::Built(ascii.clone()),
        };
        Ok(Self { ascii, whole })
    }

    pub(crate) fn is_match(&self, text: &str) -> bool {
        self.first_end(text).is_some()
    }

    /// Where the first match is known to be one: at its end, or before it.
    pub(crate) fn first_end(&self, text: &str) -> Option<usize> {
        if text.is_ascii() {
            return first_end(&self.ascii, text);
        }
        match &self.whole {
            Whole::Built(nfa) => first_end(nfa, text),
            Whole::Boundaries(hir) => first_end(&compile(hir, WhichCaptures::Implicit).ok()?, text),
        }
    }
}

fn compile(hir: &Hir, captures: WhichCaptures) -> Result<NFA, Box<dyn Error>> {
    let config =
        thompson::Config::new().nfa_size_limit(Some(PATTERN_COMPILED_BYTES_MAX)).which_captures(captures);
    Ok(Compiler::new().configure(config).build_from_hir(hir)?)
}

fn first_end(nfa: &NFA, text: &str) -> Option<usize> {
    let input = Input::new(text).earliest(true);
    let config = dfa::Config::new()
        .match_kind(MatchKind::LeftmostFirst)
        // Word boundaries of Unicode are found in ASCII; other text asks the slower engine.
        .unicode_word_boundary(true)
        .skip_cache_capacity_check(true);
    if let Ok(automaton) = dfa::Builder::new().configure(config).build_from_nfa(nfa.clone()) {
        let found = automaton.try_search_fwd(&mut automaton.create_cache(), &input);
        if let Ok(found) = found {
            return found.map(|half| half.offset());
        }
    }
    // It finds nothing in an automaton that knows no capture at all.
    let engine = PikeVM::new_from_nfa(nfa.clone()).ok()?;
    engine.find(&mut engine.create_cache(), input).map(|found| found.end())
}

/// Makes a pattern that finds in ASCII what the given one does, and notes what differs.
#[derive(Debug, Default)]
struct Narrowing {
    classes: bool,
    boundaries: bool,
}

impl Narrowing {
    fn narrow(&mut self, hir: Hir) -> Hir {
        match hir.into_kind() {
            HirKind::Empty => Hir::empty(),
            HirKind::Literal(literal) => Hir::literal(literal.0),
            HirKind::Class(Class::Unicode(class)) => Hir::class(Class::Unicode(self.class(class))),
            HirKind::Class(class) => Hir::class(class),
            HirKind::Look(look) => Hir::look(self.look(look)),
            HirKind::Repetition(mut repetition) => {
                *repetition.sub = self.narrow(*repetition.sub);
                Hir::repetition(repetition)
            }
            HirKind::Capture(mut capture) => {
                *capture.sub = self.narrow(*capture.sub);
                Hir::capture(capture)
            }
            HirKind::Concat(parts) => Hir::concat(self.all(parts)),
            HirKind::Alternation(parts) => Hir::alternation(self.all(parts)),
        }
    }

    fn all(&mut self, parts: Vec<Hir>) -> Vec<Hir> {
        parts.into_iter().map(|part| self.narrow(part)).collect()
    }

    fn class(&mut self, mut class: ClassUnicode) -> ClassUnicode {
        if !class.is_ascii() {
            self.classes = true;
            class.intersect(&ClassUnicode::new([ClassUnicodeRange::new('\0', '\x7f')]));
        }
        class
    }

    fn look(&mut self, look: Look) -> Look {
        let narrow = match look {
            Look::WordUnicode => Look::WordAscii,
            Look::WordUnicodeNegate => Look::WordAsciiNegate,
            Look::WordStartUnicode => Look::WordStartAscii,
            Look::WordEndUnicode => Look::WordEndAscii,
            Look::WordStartHalfUnicode => Look::WordStartHalfAscii,
            Look::WordEndHalfUnicode => Look::WordEndHalfAscii,
            other => return other,
        };
        self.boundaries = true;
        narrow
    }
}

/// The cause is told at the bottom; a syntax error's last line says what is wrong, and
/// those above draw it.
fn explain(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    let text = cause.to_string();
    text.lines().last().unwrap_or_default().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Pattern, WhichCaptures, Whole, compile, first_end};

    #[test]
    fn ascii_text_is_judged_as_by_the_whole_pattern() {
        let patterns = [
            (r"\bgold\b", ""),
            (r"\w+\s\d{2}", ""),
            (r"^\W*K+$", "im"),
            (r"[^a-z]{3}|é", ""),
            (r"(?:\p{Lu}|ß)\B", ""),
            (r"s.t", "is"),
            (r"(?-u:\b)x|\bx\b{end}", ""),
            ("[é-ü]", ""),
            ("é*a", ""),
        ];
        let texts = ["", "gold", "golden 42", "K\nkk\n", "AB-12 x", "S\nT", "ta", "~~~", "_x x_ x"];
        for (pattern, flags) in patterns {
            let built = Pattern::build(pattern, flags).expect("it compiles");
            let whole = match &built.whole {
                Whole::Built(nfa) => nfa.clone(),
                Whole::Boundaries(hir) => compile(hir, WhichCaptures::Implicit).expect("it compiles"),
            };
            for text in texts {
                assert_eq!(built.first_end(text), first_end(&whole, text), "{pattern} on {text:?}");
            }
        }
    }

    #[test]
    fn other_text_meets_the_whole_pattern() {
        let table =
            [(r"\bé", "café é", true), (r"\w+é", "ñé", true), (r"(?i)ß", "ẞ", true), (r"\bb", "éb", false)];
        for (pattern, text, expected) in table {
            let pattern = Pattern::build(pattern, "").expect("it compiles");
            assert_eq!(pattern.is_match(text), expected, "{text}");
        }
    }
}
