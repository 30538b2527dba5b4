//! Conditions on how a text starts and ends.

use super::check::Check;
use super::clause::{Clause, Standing};
use super::cursor::Cursor;
use super::lead::Lead;
use super::term::is_word;

/// Which end of the text.
#[derive(Clone, Copy)]
enum Edge {
    Start,
    End,
}

const VERBS: &[(&str, Edge)] = &[
    ("start", Edge::Start),
    ("starts", Edge::Start),
    ("starting", Edge::Start),
    ("begin", Edge::Start),
    ("begins", Edge::Start),
    ("beginning", Edge::Start),
    ("open", Edge::Start),
    ("opens", Edge::Start),
    ("end", Edge::End),
    ("ends", Edge::End),
    ("ending", Edge::End),
    ("finish", Edge::End),
    ("finishes", Edge::End),
    ("finishing", Edge::End),
    ("conclude", Edge::End),
    ("concludes", Edge::End),
    ("close", Edge::End),
    ("closes", Edge::End),
    ("be started", Edge::Start),
    ("be ended", Edge::End),
];

/// Characters by name.
const MARKS: &[(&str, &str)] = &[
    ("a question mark", "?"),
    ("an exclamation mark", "!"),
    ("an exclamation point", "!"),
    ("a full stop", "."),
    ("a period", "."),
    ("a colon", ":"),
    ("a hash", "#"),
];

/// What an ending may be called before it is quoted.
const NAMES: &[&str] = &[
    "words",
    "word",
    "phrase",
    "sentence",
    "line",
    "text",
    "greeting",
    "question",
    "salutation",
    "string",
    "characters",
    "statement",
];

/// "starts with …", "must not end with …".
pub(crate) fn edge(cursor: &mut Cursor, lead: Lead) -> Option<Clause> {
    cursor.attempt(|c| {
        let edge = c.eat_entry(VERBS)?;
        c.eat("exactly");
        c.eat_any(&["with", "by"]).then_some(())?;
        let check = capital(c, edge).or_else(|| ellipsis(c, edge)).or_else(|| check(c, edge))?;
        Some(Clause::binding(vec![if lead.negated { check.negated() } else { check }]))
    })
}

/// "The last sentence must be …". That the text ends so is not all that was asked: "This
/// is not the end." ends with "the end.".
pub(crate) fn passive(cursor: &mut Cursor) -> Option<Clause> {
    cursor.attempt(|c| {
        c.eat_any(&["the", "its"]);
        let edge = c.eat_entry(&[
            ("very last", Edge::End),
            ("very first", Edge::Start),
            ("last", Edge::End),
            ("final", Edge::End),
            ("first", Edge::Start),
            ("opening", Edge::Start),
            ("closing", Edge::End),
        ])?;
        c.eat_any(&["sentence", "line", "words", "phrase"]).then_some(())?;
        c.eat_any(&["of the text", "of the article", "of the response", "of the email"]);
        c.eat_any(&[
            "must be",
            "should be",
            "has to be",
            "needs to be",
            "is",
            "must read",
            "should read",
            "reads",
        ])
        .then_some(())?;
        c.eat("exactly");
        Some(Clause::check(check(c, edge)?, Standing::Missing))
    })
}

fn capital(cursor: &mut Cursor, edge: Edge) -> Option<Check> {
    let found = matches!(edge, Edge::Start) && cursor.eat_any(&["a capital letter", "an uppercase letter"]);
    found.then(|| Check::new("regex").text("pattern", r"^\s*\p{Lu}"))
}

/// One character or three.
fn ellipsis(cursor: &mut Cursor, edge: Edge) -> Option<Check> {
    cursor.eat("an ellipsis").then_some(())?;
    let pattern = match edge {
        Edge::Start => r"^\s*(?:…|\.\.\.)",
        Edge::End => r"(?:…|\.\.\.)\s*$",
    };
    Some(Check::new("regex").text("pattern", pattern))
}

fn check(cursor: &mut Cursor, edge: Edge) -> Option<Check> {
    let kind = match edge {
        Edge::Start => "starts-with",
        Edge::End => "ends-with",
    };
    if let Some(mark) = cursor.eat_entry(MARKS) {
        return Some(Check::new(kind).text("value", mark));
    }
    cursor.eat_any(&["the", "a", "this", "these"]);
    let exact = cursor.eat("exact");
    cursor.eat_any(NAMES);
    cursor.eat_mark(':');
    let (value, code) = cursor.quote()?;
    let check = Check::new(kind).text("value", value).flag("ignore_case", !(exact || code));
    Some(check.flag("whole_word", !code && is_word(value)))
}
