//! Acceptance criteria in plain words, compiled to checks.
//!
//! A poster writes sentences; before money moves they see which of them the machine
//! will decide. The compiler is a hand-written grammar over a few hundred words, and
//! its one law is that it never guesses: every token of a sentence is either part of a
//! condition it understands, or a word that carries no condition, or it leaves the
//! sentence to a person.
//!
//! How a sentence with several conditions comes out:
//!
//! - all of them understood: [`Class::Decidable`], the checks bind both ways;
//! - some understood, and the rest is known not to change what those mean:
//!   [`Class::Necessary`], a failed check shows that something is missing, a passed one
//!   leaves the rest to a person;
//! - anything else, and every sentence with a hedge ("about", "ideally", "or so") or a
//!   condition on a part of the text ("each", "the introduction"): [`Class::Human`].
//!
//! A necessary check is one that no good delivery fails. A lower bound has that
//! property wherever the sentence puts it ("5 links to academic sources" needs five
//! links), an upper bound does not, which is why the two are treated apart.
//!
//! Reading order: `token` and `cursor` cut the sentence up, `lead` takes the words
//! before a condition, `number`, `bound`, `unit`, `count`, `negative`, `times`, `term`,
//! `edge`, `shape`, `names`, `csv`, `format` and `language` each know one family of conditions, `sentence` puts
//! the clauses together and settles the class.

mod bound;
mod check;
mod clause;
mod count;
mod csv;
mod cursor;
mod edge;
mod format;
mod language;
mod lead;
mod lexicon;
mod names;
mod negative;
mod number;
mod sentence;
mod shape;
mod term;
mod times;
mod token;
mod unit;

pub use check::{Check, Field};

/// How far the machine may go with a criterion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// The checks bind both ways: they can pass the criterion and fail it.
    Decidable,
    /// The checks can only find the criterion missing; that it is met, a person says.
    Necessary,
    /// Nothing to run: a person decides.
    Human,
}

impl Class {
    /// As stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Decidable => "decidable",
            Self::Necessary => "necessary",
            Self::Human => "human",
        }
    }
}

/// What one sentence became.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compiled {
    /// How far the machine may go.
    pub class: Class,
    /// What it runs, in the order of the sentence. Empty exactly when a person decides.
    pub checks: Vec<Check>,
}

/// How much of a task the machine decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Criteria whose checks bind both ways.
    pub decidable: u32,
    /// Criteria the machine can only find missing.
    pub necessary: u32,
    /// Criteria only a person can judge.
    pub human: u32,
    /// All of them.
    pub total: u32,
}

/// Longest sentence that is read, in bytes. A criterion is a sentence; what is longer
/// is a brief, and a person reads it.
const SENTENCE_BYTES_MAX: usize = 1_000;

/// Compiles one criterion. Total: whatever the text is, there is an answer.
pub fn compile(sentence: &str) -> Compiled {
    if sentence.len() > SENTENCE_BYTES_MAX {
        return Compiled::human();
    }
    let tokens = token::tokenize(sentence);
    sentence::compile(cursor::Cursor::new(sentence, &tokens))
}

/// Counts the classes of a task's criteria.
pub fn coverage(classes: &[Class]) -> Coverage {
    let mut coverage = Coverage::default();
    for class in classes {
        let part = match class {
            Class::Decidable => &mut coverage.decidable,
            Class::Necessary => &mut coverage.necessary,
            Class::Human => &mut coverage.human,
        };
        *part = part.saturating_add(1);
        coverage.total = coverage.total.saturating_add(1);
    }
    coverage
}

impl Compiled {
    /// Nothing to run.
    const fn human() -> Self {
        Self { class: Class::Human, checks: Vec::new() }
    }
}
