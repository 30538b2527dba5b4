//! Conditions on what must not be there: "no links or bullet points", "avoid commas".

use super::bound::Bound;
use super::check::{Check, Field};
use super::clause::{Clause, Item, Standing};
use super::cursor::Cursor;
use super::lead::{self, Lead};
use super::lexicon::{FATAL, PREPOSITIONS};
use super::token::Sep;
use super::unit::{Nature, unit};

/// Marks by name.
const MARKS: &[(&str, &str)] = &[
    ("commas", ","),
    ("comma", ","),
    ("semicolons", ";"),
    ("semicolon", ";"),
    ("colons", ":"),
    ("colon", ":"),
    ("em dashes", "—"),
    ("em dash", "—"),
    ("en dashes", "–"),
    ("ampersands", "&"),
    ("asterisks", "*"),
    ("double spaces", "  "),
    ("tabs", "\t"),
    ("tab characters", "\t"),
    ("hash signs", "#"),
];

/// Marks that come in pairs.
const PAIRS: &[(&str, [&str; 2])] = &[("parentheses", ["(", ")"]), ("square brackets", ["[", "]"])];

/// Characters by class. The emoji are those shown as pictures by default, and the
/// selector that turns others into pictures.
const CLASSES: &[(&str, &str)] = &[
    ("digits", r"\p{Nd}"),
    ("numeric digits", r"\p{Nd}"),
    ("capital letters", r"\p{Lu}"),
    ("uppercase letters", r"\p{Lu}"),
    ("upper case letters", r"\p{Lu}"),
    ("capitals", r"\p{Lu}"),
    ("lowercase letters", r"\p{Ll}"),
    ("lower case letters", r"\p{Ll}"),
    ("hashtags", r"(?:^|\s)#[\p{L}_]"),
    ("blank lines", r"\S[^\n]*\n[ \t\r]*\n\s*\S"),
    ("empty lines", r"\S[^\n]*\n[ \t\r]*\n\s*\S"),
    ("emojis", EMOJI),
    ("emoji", EMOJI),
];

const EMOJI: &str = concat!(
    r"[\x{FE0F}\x{1F004}\x{1F0CF}\x{1F18E}\x{1F191}-\x{1F19A}\x{1F1E6}-\x{1F1FF}\x{1F201}\x{1F21A}\x{1F22F}",
    r"\x{1F232}-\x{1F23A}\x{1F250}-\x{1F251}\x{1F300}-\x{1F64F}\x{1F680}-\x{1F6FF}\x{1F7E0}-\x{1F7EB}",
    r"\x{1F900}-\x{1F9FF}\x{1FA70}-\x{1FAFF}\x{231A}-\x{231B}\x{23E9}-\x{23EC}\x{23F0}\x{23F3}\x{2614}-\x{2615}",
    r"\x{2648}-\x{2653}\x{267F}\x{2693}\x{26A1}\x{26BD}-\x{26BE}\x{26C4}-\x{26C5}\x{26CE}\x{26D4}\x{26EA}",
    r"\x{26F2}-\x{26F3}\x{26F5}\x{26FA}\x{26FD}\x{2705}\x{270A}-\x{270B}\x{2728}\x{274C}\x{274E}",
    r"\x{2753}-\x{2755}\x{2757}\x{2795}-\x{2797}\x{27B0}\x{27BF}\x{2B50}\x{2B55}]"
);

/// How the words after a list forbid it: "links are not allowed".
const FORBIDDEN: &[&str] = &[
    "are not allowed",
    "is not allowed",
    "are not permitted",
    "is not permitted",
    "must not be used",
    "should not be used",
    "may not be used",
    "are forbidden",
    "is forbidden",
    "are prohibited",
    "are banned",
    "not allowed",
    "not permitted",
    "must be avoided",
];

const TAILS: &[&str] =
    &["are allowed", "is allowed", "allowed", "permitted", "at all", "whatsoever", "anywhere", "in the text"];

/// Most things in one list. Longer ones are no sentence, and every place of a list is
/// tried as its beginning.
const THINGS_MAX: usize = 12;

/// One thing that must not be there.
enum Thing {
    Known(Item, Standing),
    /// A plain word or three: a person's.
    Unknown,
}

/// A list of forbidden things, after a negation or before "are not allowed".
pub(crate) fn negative(cursor: &mut Cursor, lead: Lead) -> Option<Clause> {
    cursor.attempt(|c| {
        let clause = list(c, lead)?;
        let forbidden = !lead.negated && lead.verb.is_none() && c.eat_any(FORBIDDEN);
        while lead.negated && c.eat_any(TAILS) {}
        (lead.negated || forbidden).then_some(clause)
    })
}

/// Things joined by commas and "or". The negation reaches past the first of them only
/// through an "or", a "no" of its own, or a verb ("do not use A and B"): "no links,
/// headings" may well ask for headings. The same goes for unknown ones among them.
fn list(cursor: &mut Cursor, lead: Lead) -> Option<Clause> {
    let mut clause = Clause { items: Vec::new(), standing: Standing::Binding, ..Clause::vague() };
    let (mut unknown, mut or) = (false, false);
    let mut end = *cursor;
    let mut here = *cursor;
    for _ in 0..THINGS_MAX {
        let Some(thing) = here.attempt(thing) else { break };
        match thing {
            Thing::Known(item, standing) => {
                clause.items.push(item);
                clause.standing = clause.standing.max(standing);
            }
            Thing::Unknown => unknown = true,
        }
        if !unknown || or {
            end = here;
        }
        let comma = here.eat_sep(Sep::Comma);
        let word = here.eat_any(&["or", "nor", "and"]);
        or |= word && (here.follows("or") || here.follows("nor") || lead.verb.is_some());
        or |= here.eat("no");
        here.eat("any");
        if !(comma || word) {
            break;
        }
    }
    if unknown && or {
        clause.standing = Standing::Missing;
    }
    *cursor = end;
    (!clause.items.is_empty() && (or || clause.items.len() == 1)).then_some(clause)
}

fn thing(cursor: &mut Cursor) -> Option<Thing> {
    let known = [mark, pair, class, placeholder, letter, part];
    known.iter().find_map(|parse| cursor.attempt(parse)).or_else(|| plain(cursor))
}

fn mark(cursor: &mut Cursor) -> Option<Thing> {
    let value = cursor.eat_entry(MARKS)?;
    Some(Thing::Known(Item::Check(Check::new("not-contains").text("value", value)), Standing::Binding))
}

fn pair(cursor: &mut Cursor) -> Option<Thing> {
    let values = cursor.eat_entry(PAIRS)?.map(str::to_owned).to_vec();
    let check = Check::new("not-contains-any").with("values", Field::List(values));
    Some(Thing::Known(Item::Check(check), Standing::Binding))
}

fn class(cursor: &mut Cursor) -> Option<Thing> {
    let pattern = cursor.eat_entry(CLASSES)?;
    Some(Thing::Known(Item::Check(Check::new("not-regex").text("pattern", pattern)), Standing::Binding))
}

/// A filler that is found is there; that none is left, a person must say.
fn placeholder(cursor: &mut Cursor) -> Option<Thing> {
    if cursor.eat_any(&["lorem ipsum text", "lorem ipsum"]) {
        let check = Check::new("not-contains").text("value", "lorem ipsum").flag("ignore_case", true);
        return Some(Thing::Known(Item::Check(check), Standing::Binding));
    }
    cursor
        .eat_any(&["placeholder text", "placeholder content", "placeholders"])
        .then(|| Thing::Known(Item::Check(Check::new("no-placeholder")), Standing::Missing))
}

/// "without the letter e".
fn letter(cursor: &mut Cursor) -> Option<Thing> {
    cursor.eat_any(&["the letter", "letter"]).then_some(())?;
    let letter = match cursor.quote() {
        Some((text, _)) => text,
        None => cursor.word().inspect(|_| cursor.advance())?,
    };
    let base = Check::new("letter-count").text("letter", &letter.to_lowercase());
    (letter.chars().count() == 1)
        .then_some(Thing::Known(Item::Count { base, bound: Bound::NONE }, Standing::Binding))
}

fn part(cursor: &mut Cursor) -> Option<Thing> {
    let base = if cursor.eat_any(&["bulleted lists", "bullet lists", "bullet point lists"]) {
        Check::new("list-item-count")
    } else {
        unit(cursor).filter(|unit| unit.nature == Nature::Parts)?.base
    };
    let absent = ["list-item-count", "heading-count", "link-count", "highlight-count", "letter-count"];
    absent
        .contains(&base.kind.as_str())
        .then_some(Thing::Known(Item::Count { base, bound: Bound::NONE }, Standing::Binding))
}

/// One to three words that are nothing else.
fn plain(cursor: &mut Cursor) -> Option<Thing> {
    if lead::opens(*cursor) {
        return None;
    }
    let mut words = 0;
    while let Some(word) = cursor.word() {
        let ends = matches!(word, "or" | "nor" | "and");
        if ends || FATAL.contains(&word) || PREPOSITIONS.contains(&word) || words == 3 {
            break;
        }
        cursor.advance();
        words += 1;
    }
    (words > 0 && (cursor.at_break() || matches!(cursor.word(), Some("or" | "nor"))))
        .then_some(Thing::Unknown)
}

/// "must not be empty".
pub(crate) fn empty(cursor: &mut Cursor, lead: Lead) -> Option<Clause> {
    let found =
        lead.negated && cursor.eat_any(&["empty", "blank"]) || !lead.negated && cursor.eat("non empty");
    found.then(|| Clause::binding(vec![Check::new("char-count").with("min", Field::Int(1))]))
}
