//! A sentence as a row of clauses, and the class they have together.

use super::check::Check;
use super::clause::{Clause, Grain, Item, Standing};
use super::cursor::Cursor;
use super::lead::{self, Lead};
use super::lexicon::{FATAL, FILLERS, PREPOSITIONS, QUALITIES};
use super::number;
use super::token::{Kind, Sep};
use super::{Class, Compiled, count, edge, format, language, negative, shape, term};

/// What stands between a part of the sentence and the part before it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Joint {
    /// Nothing, or a word that is part of what follows: "in", "with".
    Glued,
    /// A comma, a semicolon, a parenthesis.
    Soft,
    /// "and", "but".
    And,
    /// A full stop, a new line, the beginning.
    Hard,
}

/// A part of the sentence.
struct Part<'a> {
    joint: Joint,
    what: What<'a>,
}

enum What<'a> {
    Known(Clause),
    /// The cursor at its first token, and where it ends.
    Unknown(Cursor<'a>, usize),
}

/// Words that leave a bound open when they stand last.
const ENDS: &[&str] = &[
    "than", "least", "most", "maximum", "minimum", "max", "min", "under", "over", "below", "above", "to",
    "exceed", "exactly",
];

/// Words that may follow a clause directly, because they open one.
const OPENING: &[&str] = &[
    "in",
    "with",
    "without",
    "containing",
    "including",
    "using",
    "written",
    "translated",
    "having",
    "that",
    "which",
    "no",
    "as",
    "formatted",
    "mentioning",
    "into",
];

/// Compiles a whole sentence.
pub(crate) fn compile(cursor: Cursor) -> Compiled {
    let parts = parts(cursor);
    settle(&parts).unwrap_or_else(Compiled::human)
}

fn parts(mut cursor: Cursor) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut joint = Joint::Hard;
    loop {
        joint = separators(&mut cursor, joint);
        if cursor.done() {
            return parts;
        }
        let what = match clause(&mut cursor) {
            Some(clause) => What::Known(clause),
            None => unknown(&mut cursor),
        };
        parts.push(Part { joint, what });
        joint = Joint::Glued;
    }
}

/// Takes what ends a clause. "and" after a comma counts as "and".
fn separators(cursor: &mut Cursor, mut joint: Joint) -> Joint {
    loop {
        let found = match cursor.sep() {
            Some(Sep::Stop | Sep::Line) => Joint::Hard,
            Some(Sep::Comma | Sep::Semicolon | Sep::Paren) => Joint::Soft,
            None if matches!(cursor.word(), Some("and" | "but" | "also" | "additionally" | "finally")) => {
                Joint::And
            }
            None => return joint,
        };
        cursor.advance();
        joint = if joint == Joint::Hard { Joint::Hard } else { found };
    }
}

fn unknown<'a>(cursor: &mut Cursor<'a>) -> What<'a> {
    let first = *cursor;
    cursor.advance();
    while !cursor.at_break() && !matches!(cursor.word(), Some("with" | "without")) {
        cursor.advance();
    }
    What::Unknown(first, cursor.at())
}

/// Takes a clause that the grammar understands to its last word.
fn clause(cursor: &mut Cursor) -> Option<Clause> {
    let headless = [count::headed, term::passive, edge::passive, shape::letter];
    for parse in headless {
        if let Some(found) = cursor.attempt(|c| parse(c).filter(|clause| ends(c, clause))) {
            return Some(found);
        }
    }
    cursor.attempt(|c| {
        let lead = lead::lead(c)?;
        let after_lead: [fn(&mut Cursor, Lead) -> Option<Clause>; 12] = [
            count::count,
            negative::negative,
            negative::empty,
            format::format,
            language::language,
            shape::shape,
            edge::edge,
            term::section,
            term::active,
            count::bulleted,
            count::presence,
            nothing,
        ];
        let mut clause = after_lead
            .iter()
            .find_map(|parse| c.attempt(|c| parse(c, lead).filter(|clause| ends(c, clause))))?;
        if lead.quality {
            clause.standing = clause.standing.max(Standing::Missing);
        }
        Some(clause)
    })
}

/// "A blog post": names the delivery and asks nothing a machine could find.
fn nothing(_: &mut Cursor, lead: Lead) -> Option<Clause> {
    (lead.subject && lead.verb.is_none() && !lead.negated).then(|| Clause::vague().whole())
}

/// Whether a clause may end here, which an open one also may before what restricts it.
fn ends(cursor: &Cursor, clause: &Clause) -> bool {
    let restricted = |word| clause.open && PREPOSITIONS.contains(&word);
    cursor.at_break() || cursor.word().is_some_and(|word| OPENING.contains(&word) || restricted(word))
}

/// The class and the checks; none when the sentence is a person's.
fn settle(parts: &[Part]) -> Option<Compiled> {
    let clauses: Vec<&Clause> = parts.iter().filter_map(Part::clause).collect();
    let only_lower = clauses.iter().all(|clause| clause.only_lower());
    let alone = parts.iter().zip(before(parts)).all(|(part, before)| part.stands(before, only_lower));
    if !alone || !one_scope(parts) {
        return None;
    }
    let checks = join(&clauses)?;
    let binding = clauses.iter().all(|clause| clause.standing == Standing::Binding);
    let complete = binding && clauses.len() == parts.len();
    let class = if complete { Class::Decidable } else { Class::Necessary };
    (!checks.is_empty()).then_some(Compiled { class, checks })
}

/// What stands before each part.
fn before<'a>(parts: &'a [Part<'a>]) -> impl Iterator<Item = Option<&'a Part<'a>>> {
    std::iter::once(None).chain(parts.iter().map(Some))
}

/// Whether every length is about the whole text. After "5 bullet points" or "3
/// taglines", a length is about each of them unless something begins anew.
fn one_scope(parts: &[Part]) -> bool {
    let mut larger: Option<Grain> = None;
    let mut things = false;
    for part in parts {
        let Some(clause) = part.clause() else { continue };
        let anew = matches!(part.joint, Joint::And | Joint::Hard);
        larger = larger.filter(|_| things || !anew);
        let smaller = clause.grain.is_some_and(|grain| larger.is_some_and(|larger| grain < larger));
        if smaller {
            return false;
        }
        things |= clause.things;
        larger = larger.max(clause.grain.filter(|grain| *grain >= Grain::Sentence));
    }
    true
}

impl Part<'_> {
    const fn clause(&self) -> Option<&Clause> {
        match &self.what {
            What::Known(clause) => Some(clause),
            What::Unknown(..) => None,
        }
    }

    /// Whether this part leaves what is known as it is, and is itself about the whole text.
    fn stands(&self, before: Option<&Part>, only_lower: bool) -> bool {
        let glued = self.joint == Joint::Glued;
        let open = match before.map(|before| &before.what) {
            // Words the grammar does not know may turn round what follows: "never end with".
            Some(What::Unknown(first, end)) => Traits::of(*first, *end).quality,
            Some(What::Known(before)) => before.whole,
            None => true,
        };
        let before = before.and_then(Part::clause);
        match &self.what {
            What::Known(clause) => clause.standing != Standing::Ambiguous && (open || !glued),
            What::Unknown(first, end) => {
                let traits = Traits::of(*first, *end);
                let shifts = match before {
                    Some(before) if glued => {
                        !(traits.with || traits.restricts && before.open && before.only_lower())
                    }
                    _ => traits.restricts && !only_lower,
                };
                !traits.fatal && !shifts && (only_lower || traits.quality)
            }
        }
    }
}

/// What matters of words the grammar does not know.
#[expect(clippy::struct_excessive_bools, reason = "independent observations of the same words")]
struct Traits {
    /// A hedge, a condition, a division among them.
    fatal: bool,
    /// They say how good something should be, and name no part of it.
    quality: bool,
    /// They begin like words that restrict what stands before.
    restricts: bool,
    /// They begin with "with", which is neither.
    with: bool,
}

impl Traits {
    fn of(mut cursor: Cursor, end: usize) -> Self {
        let first = cursor.word().unwrap_or_default();
        let mut traits = Self {
            fatal: false,
            quality: false,
            restricts: PREPOSITIONS.contains(&first),
            with: matches!(first, "with" | "without"),
        };
        let (mut plain, mut dangling) = (true, false);
        while cursor.at() < end {
            let word = cursor.word().unwrap_or_default();
            traits.fatal |= FATAL.contains(&word) || loosening(cursor.kind());
            // "not more than four (4) …": a bound that lost what it counts.
            dangling = number::stands(cursor) || ENDS.contains(&word);
            let quality = cursor.eat_any(QUALITIES);
            traits.quality |= quality;
            if !quality {
                plain &= FILLERS.contains(&word) || matches!(cursor.kind(), Some(Kind::Mark(':' | '-')));
                cursor.advance();
            }
        }
        traits.quality &= plain;
        traits.fatal |= dangling;
        traits
    }
}

/// Marks that loosen a number, and what could not be read at all.
fn loosening(kind: Option<&Kind>) -> bool {
    matches!(kind, Some(Kind::Bad | Kind::Mark('~' | '±' | '≈' | '/' | '%')))
}

/// All checks in order, the bounds of one count joined; none when they contradict.
fn join(clauses: &[&Clause]) -> Option<Vec<Check>> {
    let mut items: Vec<Item> = Vec::new();
    for item in clauses.iter().flat_map(|clause| &clause.items) {
        let Item::Count { base, bound } = item else {
            if !items.contains(item) {
                items.push(item.clone());
            }
            continue;
        };
        let same = items.iter_mut().find_map(|known| match known {
            Item::Count { base: known, bound } if known == base => Some(bound),
            _ => None,
        });
        match same {
            Some(known) => *known = known.and(*bound)?,
            None => items.push(item.clone()),
        }
    }
    let checks: Vec<Check> = items.iter().map(Item::compiled).collect();
    compatible(&checks).then_some(checks)
}

/// Whether one text can meet them all: it has one language, one format, one case, one
/// start and one end.
fn compatible(checks: &[Check]) -> bool {
    let count = |single: fn(&str) -> bool| checks.iter().filter(|check| single(&check.kind)).count();
    let formats = |kind: &str| kind.starts_with("is-") && kind != "is-csv" || kind == "any";
    let table = checks.iter().any(|check| check.kind == "is-csv");
    count(formats) + usize::from(table) <= 1
        && count(|kind| kind == "language") <= 1
        && count(|kind| kind == "case") <= 1
        && count(|kind| kind == "starts-with") <= 1
        && count(|kind| kind == "ends-with") <= 1
}
