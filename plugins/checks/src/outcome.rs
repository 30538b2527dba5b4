//! What a check finds: a status, a score, and a sentence with the numbers.

use crate::limits::{EVIDENCE_CHARS_MAX, QUOTE_CHARS_MAX};

/// The whole score, in basis points.
pub const SCORE_MAX: u16 = 10_000;

/// The five results of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It holds.
    Pass,
    /// It does not hold.
    Fail,
    /// It holds in part.
    Partial,
    /// The delivery does not allow an answer; a person must look.
    Undecided,
    /// The check or its configuration is broken. Never held against the worker.
    Error,
}

/// What one check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// How it ended.
    pub status: Status,
    /// Basis points, 0 to 10000; 0 unless it passed or passed in part.
    pub score: u16,
    /// One sentence with the numbers.
    pub evidence: String,
}

impl Outcome {
    /// A broken check and why.
    pub fn error(reason: impl Into<String>) -> Self {
        Verdict::error(reason).into_outcome(false)
    }
}

/// An outcome before its negation: what was found, and what was wanted of it.
#[derive(Debug, Clone)]
pub(crate) struct Verdict {
    pub(crate) status: Status,
    pub(crate) score: u16,
    found: String,
    wanted: Option<Wanted>,
}

#[derive(Debug, Clone)]
struct Wanted {
    plain: String,
    negated: String,
}

impl Verdict {
    /// Passes when `holds`.
    pub(crate) fn of(holds: bool, found: impl Into<String>) -> Self {
        let (status, score) = if holds { (Status::Pass, SCORE_MAX) } else { (Status::Fail, 0) };
        Self { status, score, found: found.into(), wanted: None }
    }

    pub(crate) fn pass(found: impl Into<String>) -> Self {
        Self::of(true, found)
    }

    pub(crate) fn fail(found: impl Into<String>) -> Self {
        Self::of(false, found)
    }

    pub(crate) fn undecided(reason: impl Into<String>) -> Self {
        Self { status: Status::Undecided, ..Self::of(false, reason) }
    }

    pub(crate) fn error(reason: impl Into<String>) -> Self {
        Self { status: Status::Error, ..Self::of(false, reason) }
    }

    /// `part` of `whole` are met: all of them pass, none of them fail.
    pub(crate) fn share(part: u64, whole: u64, found: impl Into<String>) -> Self {
        Self::scored(share(part, whole), found)
    }

    /// The whole score passes, none of it fails, and what is between is partial.
    pub(crate) fn scored(score: u16, found: impl Into<String>) -> Self {
        let status = match score {
            SCORE_MAX => Status::Pass,
            0 => Status::Fail,
            _ => Status::Partial,
        };
        Self { status, score, found: found.into(), wanted: None }
    }

    /// Says what was wanted, and what is wanted when the check is negated.
    pub(crate) fn wanted(mut self, plain: impl Into<String>, negated: impl Into<String>) -> Self {
        self.wanted = Some(Wanted { plain: plain.into(), negated: negated.into() });
        self
    }

    /// Says what was wanted; its negation is anything else.
    pub(crate) fn wanting(self, plain: impl Into<String>) -> Self {
        let plain = plain.into();
        let negated = format!("anything but {plain}");
        self.wanted(plain, negated)
    }

    /// The final answer. What holds in part does not hold, so its negation passes;
    /// nothing turns an error or an open question into an answer.
    pub(crate) fn into_outcome(self, negated: bool) -> Outcome {
        let (status, score) = match (negated, self.status) {
            (true, Status::Pass) => (Status::Fail, 0),
            (true, Status::Fail | Status::Partial) => (Status::Pass, SCORE_MAX),
            (_, status) => (status, self.score),
        };
        let evidence = match (self.wanted, negated) {
            (Some(wanted), false) => format!("{}, {} wanted", self.found, wanted.plain),
            (Some(wanted), true) => format!("{}, {} wanted", self.found, wanted.negated),
            (None, false) => self.found,
            (None, true) => format!("{} (the check wants the opposite)", self.found),
        };
        Outcome { status, score, evidence: shorten(evidence) }
    }
}

fn shorten(mut evidence: String) -> String {
    if let Some((end, _)) = evidence.char_indices().nth(EVIDENCE_CHARS_MAX) {
        evidence.truncate(end);
        evidence.push('…');
    }
    evidence
}

/// `part` of `whole` in basis points, rounded down; nothing of nothing is everything.
pub(crate) fn share(part: u64, whole: u64) -> u16 {
    if whole == 0 {
        return SCORE_MAX;
    }
    let points = u128::from(part.min(whole)) * u128::from(SCORE_MAX) / u128::from(whole);
    u16::try_from(points).unwrap_or(SCORE_MAX)
}

/// Basis points as a percentage: `72.05 %`.
pub(crate) fn percent(score: u16) -> String {
    match score % 100 {
        0 => format!("{} %", score / 100),
        rest => format!("{}.{rest:02} %", score / 100),
    }
}

/// Digits in groups of three: `1212` is `1,212`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number with its noun: `1 word`, `1,212 words`.
pub(crate) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(number), if number == 1 { one } else { many })
}

/// How often: `once`, `3 times`, `not`.
pub(crate) fn times(number: u64) -> String {
    match number {
        0 => "not found".to_owned(),
        1 => "found once".to_owned(),
        _ => format!("found {} times", grouped(number)),
    }
}

/// Somebody's text inside a sentence: one line, bounded, in quotation marks.
pub(crate) fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len().min(4 * QUOTE_CHARS_MAX) + 9);
    quoted.push('“');
    for (position, character) in text.trim().chars().enumerate() {
        if position == QUOTE_CHARS_MAX {
            quoted.push('…');
            break;
        }
        quoted.push(if character.is_control() { ' ' } else { character });
    }
    quoted.push('”');
    quoted
}

#[cfg(test)]
mod tests {
    use super::{Outcome, Status, Verdict, percent, quote, share};

    #[test]
    fn negation_keeps_errors_and_open_questions() {
        let table = [
            (Verdict::pass("x"), Status::Fail),
            (Verdict::fail("x"), Status::Pass),
            (Verdict::scored(5_000, "x"), Status::Pass),
            (Verdict::undecided("x"), Status::Undecided),
            (Verdict::error("x"), Status::Error),
        ];
        for (verdict, expected) in table {
            let Outcome { status, score, .. } = verdict.clone().into_outcome(true);
            assert_eq!(status, expected);
            assert_eq!(score == 10_000, status == Status::Pass);
            assert_eq!(verdict.clone().into_outcome(false).status, verdict.status);
        }
    }

    #[test]
    fn sentences_are_short_and_on_one_line() {
        assert_eq!(quote("a\n\0b"), "“a  b”");
        assert_eq!(quote(&"é".repeat(10_000)).chars().count(), 63);
        let long = Verdict::fail("x".repeat(1_000_000)).into_outcome(false);
        assert_eq!(long.evidence.chars().count(), 601);
        assert_eq!((percent(7_205), percent(9_900)), ("72.05 %".to_owned(), "99 %".to_owned()));
        assert_eq!((share(2, 3), share(0, 0)), (6_666, 10_000));
    }
}
