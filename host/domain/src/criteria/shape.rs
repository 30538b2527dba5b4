//! Conditions on the shape of the whole text: its case, its quotation marks, a title, a
//! postscript, highlights, how often a letter occurs.

use super::bound::bound;
use super::check::Check;
use super::clause::{Clause, Item, Standing};
use super::cursor::Cursor;
use super::lead::{Lead, Verb};
use super::times::times;
use super::token::{Kind, Sep};

/// Any of these conditions.
pub(crate) fn shape(cursor: &mut Cursor, lead: Lead) -> Option<Clause> {
    let parsers = [case, quoted, title, postscript, highlight];
    parsers.iter().find_map(|parse| cursor.attempt(|c| parse(c, lead)))
}

/// "all lowercase", "in all caps".
fn case(cursor: &mut Cursor, lead: Lead) -> Option<Clause> {
    let wholly = cursor.eat_any(&["entirely", "completely", "fully", "only"]);
    cursor.eat("in");
    let all = cursor.eat_any(&["only", "all"]);
    let value = cursor.eat_entry(&[
        ("lowercase letters", "lower"),
        ("lower case letters", "lower"),
        ("lowercase", "lower"),
        ("lower case", "lower"),
        ("small letters", "lower"),
        ("capital letters", "upper"),
        ("uppercase letters", "upper"),
        ("upper case letters", "upper"),
        ("uppercase", "upper"),
        ("upper case", "upper"),
        ("block capitals", "upper"),
        ("capitals", "upper"),
        ("caps", "upper"),
    ])?;
    cursor.eat_any(&["only", "throughout"]);
    let check = Check::new("case").text("value", value);
    // "use capitals" asks for some of them, "use only capitals" for nothing else.
    let contained =
        matches!(lead.verb, Some(Verb::Contain | Verb::Mention)) && (lead.negated || !(wholly || all));
    let clause = Clause::binding(vec![if lead.negated { check.negated() } else { check }]);
    // "without capitals" is about single letters, which `negative` knows.
    (!contained && (!lead.negated || lead.verb.is_some())).then_some(clause.whole())
}

/// "wrapped in double quotation marks".
fn quoted(cursor: &mut Cursor, lead: Lead) -> Option<Clause> {
    cursor.eat_any(&["wrapped", "enclosed", "surrounded", "placed", "put", "be wrapped", "be enclosed"]);
    cursor.eat_any(&["in", "with", "by", "within", "inside", "between"]).then_some(())?;
    cursor.eat_any(&["double quotation marks", "double quotes", "double quote marks"]).then_some(())?;
    let whole = lead.subject || lead.verb.is_some();
    (whole && !lead.negated).then(|| Clause::binding(vec![Check::new("quoted")]))
}

/// "a title in double angle brackets, such as <<…>>".
fn title(cursor: &mut Cursor, lead: Lead) -> Option<Clause> {
    cursor.eat_any(&["a", "the"]);
    cursor.eat("title").then_some(())?;
    cursor.eat_any(&["that is", "which is"]);
    cursor.eat_any(&[
        "wrapped",
        "enclosed",
        "placed",
        "written",
        "contained",
        "put",
        "like",
        "such as",
        "formatted as",
    ]);
    cursor.eat_any(&["in", "inside", "within", "with"]);
    let named = cursor.eat_any(&["double angular brackets", "double angle brackets"]);
    let shown = cursor.attempt(|c| {
        c.eat_sep(Sep::Comma);
        c.eat_sep(Sep::Paren);
        c.eat_any(&["such as", "like", "i.e.", "e.g.", "for example"]);
        c.eat_sep(Sep::Comma);
        let found = c.kind() == Some(&Kind::Angle);
        c.advance();
        found.then_some(())
    });
    let asked = lead.verb == Some(Verb::Contain) || lead.verb.is_none();
    ((named || shown.is_some()) && asked && !lead.negated).then(|| Clause::binding(vec![Check::new("title")]))
}

const POSTSCRIPTS: &[(&str, &str)] = &[
    ("p.p.s.", "P.P.S."),
    ("p.p.s", "P.P.S."),
    ("p.s.", "P.S."),
    ("p.s", "P.S."),
    ("postscript", "P.S."),
    ("post script", "P.S."),
];

/// "a P.S. at the end", "ends with a postscript".
fn postscript(cursor: &mut Cursor, lead: Lead) -> Option<Clause> {
    let ends = cursor.eat_any(&[
        "end with",
        "ends with",
        "conclude with",
        "concludes with",
        "close with",
        "finish with",
    ]);
    cursor.eat_any(&["a", "an", "the"]);
    let said = cursor.eat_entry(POSTSCRIPTS)?;
    cursor.eat_any(&["line", "note", "section"]);
    let marker = cursor.attempt(|c| {
        c.eat_any(&["starting with", "beginning with", "that starts with", "marked"]).then_some(())?;
        c.eat_entry(POSTSCRIPTS)
    });
    let last = cursor.eat_any(&[
        "at the very end",
        "at the end of the text",
        "at the end of the email",
        "at the end",
    ]);
    let check = Check::new("postscript").text("marker", marker.unwrap_or(said));
    match (ends || last, lead.negated) {
        // Where it stands, a person must say; of "no P.S. at the end" nothing is left.
        (true, true) => None,
        (true, false) => Some(Clause::check(check, Standing::Missing)),
        (false, negated) => Some(Clause::binding(vec![if negated { check.negated() } else { check }])),
    }
}

/// "highlight at least 3 sections in markdown".
fn highlight(cursor: &mut Cursor, lead: Lead) -> Option<Clause> {
    cursor.eat_any(&["highlight", "highlights"]).then_some(())?;
    let bound = bound(cursor, lead.negated)?;
    cursor.eat_any(&["sections", "phrases", "words", "parts", "spans", "section", "phrase"]).then_some(())?;
    cursor.eat_any(&["in the text", "in the answer", "in the response", "in the article", "in your answer"]);
    cursor.eat_any(&["with markdown", "in markdown", "using markdown"]);
    let (standing, bound) =
        if bound.bare { (Standing::Missing, bound.lower()) } else { (Standing::Binding, bound) };
    let item = Item::Count { base: Check::new("highlight-count"), bound };
    Some(Clause { items: vec![item], standing, ..Clause::vague() })
}

/// "the letter e appears at least 40 times".
pub(crate) fn letter(cursor: &mut Cursor) -> Option<Clause> {
    cursor.attempt(|c| {
        c.eat_any(&["use", "contain", "contains", "include"]);
        c.eat_any(&["the letter"]).then_some(())?;
        let letter = match c.quote() {
            Some((text, _)) => text,
            None => c.word()?,
        };
        if c.word() == Some(letter) {
            c.advance();
        }
        let single = letter.chars().count() == 1;
        c.eat_any(&["must", "should", "has to", "needs to"]);
        let negated = c.eat("not");
        c.eat_any(&["appear", "appears", "occur", "occurs", "be used", "is used"]);
        let bound = times(c, negated).filter(|_| single)?;
        let base = Check::new("letter-count").text("letter", &letter.to_lowercase());
        let (standing, bound) =
            if bound.bare { (Standing::Missing, bound.lower()) } else { (Standing::Binding, bound) };
        Some(Clause { items: vec![Item::Count { base, bound }], standing, ..Clause::vague() })
    })
}
