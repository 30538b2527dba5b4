//! The words before a condition: "Please make sure the final text does not contain …".

use super::cursor::Cursor;
use super::lexicon::{DELIVERIES, QUALITIES, SUBJECTS};

/// What the words before a condition said.
#[expect(clippy::struct_excessive_bools, reason = "independent observations of the same words")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lead {
    pub(crate) negated: bool,
    pub(crate) verb: Option<Verb>,
    pub(crate) subject: bool,
    /// A quality was asked for on the way: "an engaging article of …".
    pub(crate) quality: bool,
    /// "with" stood in them, which opens a clause of its own: "with a link", "with JSON".
    pub(crate) with: bool,
    /// A word after the first began with a capital, so capitals mean nothing here.
    pub(crate) title_case: bool,
}

/// What the verb does with the condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Be,
    Contain,
    Mention,
    Produce,
}

const OPENERS: &[&str] = &[
    "please",
    "kindly",
    "make sure that",
    "make sure to",
    "make sure",
    "ensure that",
    "ensure",
    "be sure to",
    "you must",
    "you should",
    "we need",
    "we want",
    "i need",
    "i want",
    "note that",
    "always",
    "also",
    "it must",
    "it should",
    "it",
];

const MODALS: &[&str] = &[
    "must",
    "should",
    "shall",
    "will",
    "has to",
    "have to",
    "needs to",
    "need to",
    "is to",
    "are to",
    "is required to",
    "are required to",
    "does",
    "do",
];

const NEGATIONS: &[&str] = &[
    "may not",
    "can not",
    "should never",
    "not",
    "never",
    "no",
    "without",
    "avoid using",
    "avoids using",
    "avoid",
    "avoids",
    "exclude",
    "excludes",
    "free of",
    "free from",
    "refrain from using",
    "refrain from",
    "omit",
];

const VERBS: &[(&str, Verb)] = &[
    ("be written", Verb::Produce),
    ("be delivered", Verb::Produce),
    ("be kept", Verb::Produce),
    ("be formatted", Verb::Produce),
    ("be", Verb::Be),
    ("is", Verb::Be),
    ("are", Verb::Be),
    ("stay", Verb::Be),
    ("remain", Verb::Be),
    ("run", Verb::Be),
    ("reach", Verb::Be),
    ("total", Verb::Be),
    ("contain", Verb::Contain),
    ("contains", Verb::Contain),
    ("containing", Verb::Contain),
    ("include", Verb::Contain),
    ("includes", Verb::Contain),
    ("including", Verb::Contain),
    ("have", Verb::Contain),
    ("has", Verb::Contain),
    ("having", Verb::Contain),
    ("feature", Verb::Contain),
    ("features", Verb::Contain),
    ("use of", Verb::Contain),
    ("use", Verb::Contain),
    ("uses", Verb::Contain),
    ("using", Verb::Contain),
    ("make use of", Verb::Contain),
    ("consist of", Verb::Contain),
    ("consists of", Verb::Contain),
    ("add", Verb::Contain),
    ("insert", Verb::Contain),
    ("mention", Verb::Mention),
    ("mentions", Verb::Mention),
    ("mention of", Verb::Mention),
    ("mentioning", Verb::Mention),
    ("write", Verb::Produce),
    ("written", Verb::Produce),
    ("deliver", Verb::Produce),
    ("delivered", Verb::Produce),
    ("provide", Verb::Produce),
    ("provided", Verb::Produce),
    ("submit", Verb::Produce),
    ("submitted", Verb::Produce),
    ("return", Verb::Produce),
    ("returned", Verb::Produce),
    ("output", Verb::Produce),
    ("produce", Verb::Produce),
    ("create", Verb::Produce),
    ("compose", Verb::Produce),
    ("draft", Verb::Produce),
    ("keep it", Verb::Produce),
    ("keep", Verb::Produce),
    ("respond", Verb::Produce),
    ("reply", Verb::Produce),
    ("answer", Verb::Produce),
    ("format", Verb::Produce),
    ("formatted", Verb::Produce),
    ("wrap", Verb::Produce),
    ("enclose", Verb::Produce),
];

const DETERMINERS: &[&str] = &["the", "your", "this", "my", "our", "its"];

const WHOLE: &[&str] = &[
    "final",
    "entire",
    "whole",
    "complete",
    "full",
    "finished",
    "overall",
    "total",
    "written",
    "delivered",
    "resulting",
    "actual",
];

/// Takes the words before a condition, as many as there are. None when two negations
/// stand in them: nobody knows what that asks for.
pub(crate) fn lead(cursor: &mut Cursor) -> Option<Lead> {
    let mut lead = Lead::default();
    let first = cursor.at();
    loop {
        let here = *cursor;
        if !step(cursor, &mut lead)? {
            return Some(lead);
        }
        lead.title_case |= capitals(here, first, cursor.at());
    }
}

/// Whether a word after the first of the sentence begins with a capital, or the first
/// is all in capitals.
fn capitals(mut cursor: Cursor, first: usize, end: usize) -> bool {
    let mut found = false;
    while cursor.at() < end {
        let raw = cursor.raw();
        let capitals = raw.chars().filter(|character| character.is_uppercase()).count();
        found |= capitals > 1 || capitals == 1 && cursor.at() > first;
        cursor.advance();
    }
    found
}

/// Takes one phrase; false when there is none, none on a second negation.
fn step(cursor: &mut Cursor, lead: &mut Lead) -> Option<bool> {
    if cursor.eat_any(NEGATIONS) {
        let first = !lead.negated;
        lead.negated = true;
        return first.then_some(true);
    }
    if lead.verb.is_none() && cursor.eat_any(OPENERS) || cursor.eat_any(MODALS) {
        return Some(true);
    }
    if !lead.subject
        && let Some(quality) = cursor.attempt(|c| subject(c, *lead))
    {
        lead.subject = true;
        lead.quality |= quality;
        return Some(true);
    }
    if let Some(verb) = cursor.eat_entry(VERBS) {
        lead.verb = Some(verb);
        return Some(true);
    }
    let joined = lead.subject && cursor.eat_any(&["of", "that", "which", "itself"])
        || lead.verb.is_some() && cursor.eat_any(&["me", "us", "it", "everything", "any"])
        || lead.negated && cursor.eat("any");
    if !joined && cursor.eat("with") {
        lead.with = true;
        lead.verb = Some(Verb::Contain);
        return Some(true);
    }
    Some(joined)
}

/// Whether a clause of its own opens here.
pub(crate) fn opens(mut cursor: Cursor) -> bool {
    cursor.eat_any(OPENERS)
        || cursor.eat_any(MODALS)
        || cursor.eat_any(NEGATIONS)
        || cursor.eat_entry(VERBS).is_some()
}

/// "the final text", "an engaging blog post"; gives whether a quality was asked for.
fn subject(cursor: &mut Cursor, lead: Lead) -> Option<bool> {
    let kind = cursor.eat_any(&["a", "an"]);
    if !kind {
        cursor.eat_any(DETERMINERS);
    }
    cursor.eat_any(WHOLE);
    let mut quality = false;
    while cursor.eat_any(QUALITIES) {
        quality = true;
        cursor.eat_any(&["and"]);
    }
    // "the article" only points at the delivery, "an article" asks for one.
    let plain = cursor.eat_any(DELIVERIES);
    let named = plain || cursor.eat_any(SUBJECTS);
    quality |= kind && !plain;
    // "must not contain text", "include a story": there the noun is no longer the delivery.
    let inside = matches!(lead.verb, Some(Verb::Contain | Verb::Mention)) || lead.negated;
    (named && !inside).then_some(quality)
}
