//! Conditions on how many: "300-500 words", "at least three headings", "word count: …".

use super::bound::{self, Bound, Comparison};
use super::check::Check;
use super::clause::{Clause, Grain, Item, Standing};
use super::cursor::Cursor;
use super::lead::{self, Lead, Verb};
use super::lexicon::{DELIVERIES, FATAL, QUALITIES, SUBJECTS};
use super::token::{Kind, Sep};
use super::unit::{Nature, Unit, unit};

/// Words after a count that carry no condition.
const TAILS: &[&str] = &[
    "in total length",
    "in total",
    "in length",
    "in all",
    "in the text",
    "in the article",
    "in the response",
    "in the answer",
    "in the document",
    "in the essay",
    "in the output",
    "in the post",
    "in the blog post",
    "in the email",
    "in the report",
    "in the story",
    "in the final text",
    "in the whole text",
    "in the entire text",
    "must be included",
    "should be included",
    "must be provided",
    "must be present",
    "must be used",
    "are included",
    "is included",
    "are required",
    "is required",
    "are expected",
    "included",
    "provided",
    "required",
    "used",
    "present",
    "allowed",
    "permitted",
    "overall",
    "altogether",
    "total",
    "long",
    "throughout the text",
    "throughout",
    "inclusive",
    "strictly",
];

/// What a length is called: the unit its numbers have, and the end they are when the
/// name says so.
const HEADS: &[(&str, &str, Option<Comparison>)] = &[
    ("word count", "words", None),
    ("wordcount", "words", None),
    ("word limit", "words", Some(Comparison::AtMost)),
    ("word length", "words", None),
    ("character count", "characters", None),
    ("character limit", "characters", Some(Comparison::AtMost)),
    ("line count", "lines", None),
    ("line limit", "lines", Some(Comparison::AtMost)),
    ("sentence count", "sentences", None),
    ("paragraph count", "paragraphs", None),
    ("row count", "rows", None),
    ("heading count", "headings", None),
    ("link count", "links", None),
    ("length limit", "", Some(Comparison::AtMost)),
    ("length", "", None),
];

/// One bound and what it counts, when that was said.
struct Limit {
    bound: Bound,
    unit: Option<Unit>,
}

/// A count after the words that lead up to it.
pub(crate) fn count(cursor: &mut Cursor, lead: Lead) -> Option<Clause> {
    cursor.attempt(|c| {
        let inside = c.eat_any(&["in", "to"]);
        let limits = limits(c, lead.negated, None)?;
        let vague = inside && limits.iter().any(|limit| limit.bound.bare);
        if vague {
            return None;
        }
        finish(c, limits, lead.negated)
    })
}

/// "Word count: 300-500", "the maximum length must not exceed 200 words".
pub(crate) fn headed(cursor: &mut Cursor) -> Option<Clause> {
    cursor.attempt(|c| {
        let (unit, comparison) = head(c)?;
        c.attempt(of_subject);
        c.eat_mark(':');
        c.eat_mark('=');
        let lead = lead::lead(c).filter(|lead| !lead.subject)?;
        c.eat("of");
        let mut limits = limits(c, lead.negated, unit)?;
        for limit in &mut limits {
            limit.bound = headed_by(comparison, limit.bound)?;
        }
        finish(c, limits, lead.negated)
    })
}

/// A bound under a head that names its end itself; none when the two do not agree.
fn headed_by(comparison: Option<Comparison>, bound: Bound) -> Option<Bound> {
    match (comparison, bound.min, bound.max) {
        (Some(comparison), Some(value), _) if bound.bare => comparison.bound(value),
        (None, ..) | (Some(Comparison::AtMost), None, _) | (Some(Comparison::AtLeast), _, None) => {
            Some(bound)
        }
        _ => None,
    }
}

fn head(cursor: &mut Cursor) -> Option<(Option<Unit>, Option<Comparison>)> {
    cursor.eat_any(&["with a", "with the", "the", "a", "your", "its", "have a", "has a"]);
    cursor.eat_any(&["total", "overall", "final", "entire"]);
    let end = cursor.eat_entry(&[
        ("maximum", Comparison::AtMost),
        ("max", Comparison::AtMost),
        ("minimum", Comparison::AtLeast),
        ("min", Comparison::AtLeast),
    ]);
    cursor.eat_any(&["text", "article", "total"]);
    if cursor.eat("number of") {
        return Some((Some(unit(cursor)?), end));
    }
    let (_, name, said) = HEADS.iter().find(|(phrase, _, _)| cursor.eat(phrase))?;
    Some((named(name), end.or(*said)))
}

/// The unit a head stands for.
fn named(name: &str) -> Option<Unit> {
    let tokens = super::token::tokenize(name);
    unit(&mut Cursor::new(name, &tokens))
}

fn of_subject(cursor: &mut Cursor) -> Option<()> {
    cursor.eat_any(&["of", "for"]).then_some(())?;
    cursor.eat_any(&["the", "this", "your"]);
    cursor.eat_any(&["final", "entire", "whole", "complete", "full"]);
    cursor.eat_any(SUBJECTS).then_some(())
}

/// One or more bounds on one unit: "at least 300 but no more than 500 words".
fn limits(cursor: &mut Cursor, turned: bool, known: Option<Unit>) -> Option<Vec<Limit>> {
    let first = limit(cursor, turned)?;
    let mut unit = first.unit.clone().or(known);
    let mut limits = vec![first];
    while let Some(next) = cursor.attempt(|c| continued(c, turned, unit.as_ref())) {
        unit = unit.or_else(|| next.unit.clone());
        limits.push(next);
    }
    let unit = unit?;
    for limit in &mut limits {
        limit.unit.get_or_insert_with(|| unit.clone());
    }
    Some(limits)
}

/// A further bound on the same unit. Without a unit of its own it must end there, or
/// "at least 300 words and at most 5 images" would lose its images.
fn continued(cursor: &mut Cursor, turned: bool, unit: Option<&Unit>) -> Option<Limit> {
    let comma = cursor.eat_sep(Sep::Comma);
    let word = if turned { cursor.eat_any(&["or", "nor", "but"]) } else { cursor.eat_any(&["and", "but"]) };
    let and = turned && !word && cursor.eat("and") && matches!(cursor.word(), Some("no" | "not"));
    let or = turned && word && !cursor.follows("but");
    cursor.eat_any(&["is", "be"]);
    let next = limit(cursor, or).filter(|next| (comma || word || and) && !next.bound.bare)?;
    match (&next.unit, unit) {
        (Some(own), Some(unit)) => (own.base == unit.base && own.nature == unit.nature).then_some(next),
        (None, Some(_)) => (cursor.at_break()).then_some(next),
        (_, None) => Some(next),
    }
}

fn limit(cursor: &mut Cursor, turned: bool) -> Option<Limit> {
    let bound = bound::bound(cursor, turned).or_else(|| {
        cursor.attempt(|c| {
            c.eat_any(&["a", "an", "the"]);
            bound::bound(c, turned)
        })
    })?;
    cursor.eat_mark('-');
    let unit = unit(cursor);
    let said = if bound.bare { cursor.attempt(late) } else { None };
    let bound = match (said, bound.min) {
        (Some(comparison), Some(value)) => comparison.bound(value)?,
        _ => bound,
    };
    Some(Limit { bound, unit })
}

/// The end a number is, said after its unit: "500 words minimum", "500 words, at least".
fn late(cursor: &mut Cursor) -> Option<Comparison> {
    if let Some(found) = bound::after(cursor) {
        // "500 words minimum 800 words maximum" is two bounds, not "minimum 800".
        return (!matches!(cursor.kind(), Some(Kind::Number { .. }))).then_some(found);
    }
    cursor.eat_sep(Sep::Comma).then_some(())?;
    bound::after(cursor).filter(|_| cursor.at_break())
}

/// Takes the words after a count and makes its clause.
fn finish(cursor: &mut Cursor, limits: Vec<Limit>, turned: bool) -> Option<Clause> {
    let lower = limits.iter().all(|limit| limit.bound.only_lower());
    let genre = cursor.attempt(|c| compound(c, lower)) == Some(false);
    while cursor.eat_any(TAILS) {}
    if turned && two_readings(*cursor) {
        return Some(Clause::ambiguous());
    }
    let mut clause = Clause::vague();
    for limit in limits {
        add(&mut clause, limit.bound, limit.unit?)?;
    }
    if genre {
        clause.standing = clause.standing.max(Standing::Missing);
    }
    Some(clause)
}

/// "a 500-word article", "500 words minimum blog post".
/// Gives whether any text is one. A text of 300 words and more has them whatever it is
/// called.
fn compound(cursor: &mut Cursor, lower: bool) -> Option<bool> {
    let mut quality = false;
    while cursor.eat_any(QUALITIES) {
        quality = true;
    }
    let plain = cursor.eat_any(DELIVERIES);
    if lower && !plain && cursor.follows("word") && cursor.word().is_some_and(|word| !FATAL.contains(&word)) {
        cursor.advance();
        return Some(false);
    }
    (plain || cursor.eat_any(SUBJECTS)).then_some(plain && !quality)
}

/// After "must not be shorter than 300 words", "and longer than 500" is read both ways.
fn two_readings(mut cursor: Cursor) -> bool {
    cursor.eat_sep(Sep::Comma);
    cursor.eat("and");
    [
        "longer than",
        "more than",
        "over",
        "above",
        "exceed",
        "shorter than",
        "less than",
        "fewer than",
        "under",
    ]
    .iter()
    .any(|phrase| cursor.eat(phrase))
}

/// Adds one bound to a clause; none when the machine can say nothing about it.
fn add(clause: &mut Clause, bound: Bound, unit: Unit) -> Option<()> {
    let lower = bound.min.filter(|min| *min > 0);
    // "at least 0" asks for nothing, and a check that cannot fail would be a lie.
    (lower.is_some() || bound.max.is_some()).then_some(())?;
    let (bound, standing) = match unit.nature {
        Nature::Length if bound.bare => (None, Standing::Vague),
        Nature::Parts if bound.bare && lower.is_some() => (Some(bound.lower()), Standing::Missing),
        Nature::Length | Nature::Parts => (Some(bound), Standing::Binding),
        Nature::Subset => {
            lower?;
            (Some(bound.lower()), Standing::Missing)
        }
        Nature::Things => {
            let least = Bound { min: Some(lower? * 2 - 1), max: None, bare: false };
            (Some(least), Standing::Missing)
        }
    };
    let single = bound.is_some_and(|bound| bound.max == Some(1));
    clause.standing = if clause.items.is_empty() { standing } else { clause.standing.max(standing) };
    clause.grain = unit.grain.filter(|_| !single);
    clause.whole = unit.nature == Nature::Length;
    clause.things |= unit.nature == Nature::Things;
    clause.open |= matches!(unit.nature, Nature::Things) || unit.base.kind == "link-count";
    clause.items.extend(bound.map(|bound| Item::Count { base: unit.base, bound }));
    Some(())
}

/// Parts asked for without a number: "includes a link", "use bullet points".
pub(crate) fn presence(cursor: &mut Cursor, lead: Lead) -> Option<Clause> {
    cursor.attempt(|c| {
        let asked = lead.verb == Some(Verb::Contain) && !lead.negated;
        let article = c.eat_any(&["a", "an"]);
        let unit = unit(c).filter(|unit| asked && unit.singular == article)?;
        let countable = unit.grain.is_none() || unit.grain == Some(Grain::Block);
        let known = !matches!(unit.base.kind.as_str(), "paragraph-count" | "is-csv");
        let binding = article && unit.nature == Nature::Parts;
        while c.eat_any(TAILS) {}
        if !countable || !known || unit.nature == Nature::Things {
            return None;
        }
        let link = unit.base.kind == "link-count";
        let clause = at_least_one(unit.base, if binding { Standing::Binding } else { Standing::Missing });
        Some(if link { clause.opened() } else { clause })
    })
}

/// "a bulleted list", "a bullet list with at least 5 items".
pub(crate) fn bulleted(cursor: &mut Cursor, lead: Lead) -> Option<Clause> {
    cursor.attempt(|c| {
        c.eat_any(&["a", "one"]);
        c.eat_any(&["bulleted list", "bullet list", "bullet point list"]).then_some(())?;
        let asked = !lead.negated && (lead.verb == Some(Verb::Contain) || lead.verb.is_none());
        let base = Check::new("list-item-count");
        let counted = c.attempt(|c| {
            c.eat_any(&["with", "of", "containing", "that has", "having"]).then_some(())?;
            let bound = bound::bound(c, false)?;
            c.eat_any(&["items", "points", "bullets", "bullet points", "entries"]).then_some(bound)
        });
        let Some(bound) = counted.filter(|_| asked) else {
            return (lead.verb == Some(Verb::Contain) && asked)
                .then(|| at_least_one(base, Standing::Missing));
        };
        let standing = if bound.bare { Standing::Missing } else { Standing::Binding };
        let bound = if bound.bare { bound.lower() } else { bound };
        let item = Item::Count { base, bound };
        Some(Clause { items: vec![item], standing, grain: Some(Grain::Block), ..Clause::vague() })
    })
}

fn at_least_one(base: Check, standing: Standing) -> Clause {
    let bound = Bound { min: Some(1), max: None, bare: false };
    Clause { items: vec![Item::Count { base, bound }], standing, ..Clause::vague() }
}
