//! Conditions on words that must or must not appear: "must mention A, B and C".
//!
//! A word in quotation marks is meant literally. Without them only names are (words
//! with a capital letter where the sentence has none by itself), and single words
//! announced as such ("the word very"): "mention the refund policy" may be met in
//! other words, so it is a person's.

use super::bound::Bound;
use super::check::{Check, Field};
use super::clause::{Clause, Item, Standing};
use super::cursor::Cursor;
use super::lead::{Lead, Verb};
use super::lexicon::{FATAL, PREPOSITIONS};
use super::times::times;
use super::token::{Kind, Sep};

/// Terms, and how they were joined.
struct Terms {
    values: Vec<Term>,
    any: bool,
    exact_case: bool,
    /// Announced as words: parts of longer words do not count.
    words: bool,
}

/// A term, and whether parts of longer words are none of it.
#[derive(Clone)]
struct Term {
    text: String,
    whole: bool,
}

/// What announces terms, and whether it means whole words.
const HEADS: &[(&str, bool)] = &[
    ("exact phrases", false),
    ("exact phrase", false),
    ("exact words", true),
    ("exact word", true),
    ("exact sentence", false),
    ("key phrases", false),
    ("key phrase", false),
    ("search terms", false),
    ("seo keywords", false),
    ("focus keyword", false),
    ("target keyword", false),
    ("brand name", false),
    ("product name", false),
    ("company name", false),
    ("keywords", false),
    ("keyword", false),
    ("phrases", false),
    ("phrase", false),
    ("words", true),
    ("word", true),
    ("terms", false),
    ("term", false),
    ("expression", false),
    ("sentence", false),
    ("string", false),
    ("hashtags", false),
    ("hashtag", false),
];

/// Words after "the word" that name no word: "the word count", "the word carefully".
const NOT_TERMS: &[&str] = &[
    "count",
    "counts",
    "limit",
    "limits",
    "list",
    "lists",
    "choice",
    "order",
    "length",
    "family",
    "cloud",
    "often",
    "early",
    "once",
    "twice",
    "thrice",
    "throughout",
    "first",
    "again",
    "well",
    "sparingly",
    "anywhere",
    "somewhere",
    "everywhere",
    "here",
    "there",
    "below",
    "above",
    "provided",
    "given",
    "listed",
    "attached",
    "specified",
    "supplied",
    "is",
    "as",
    "in",
    "for",
    "with",
    "from",
    "to",
    "of",
    "at",
    "must",
];

/// Words that point at something instead of naming it.
const POINTING: &[&str] = &[
    "a", "an", "the", "our", "your", "my", "their", "its", "his", "her", "this", "that", "these", "those",
    "all", "each", "any", "some",
];

const PLACES: &[&str] = &[
    "somewhere in the text",
    "somewhere in the article",
    "somewhere",
    "in the text",
    "in the article",
    "in the post",
    "in the response",
    "in the output",
    "in the email",
    "in the document",
    "verbatim",
    "exactly as written",
    "by name",
];

/// Terms after a verb or a negation.
pub(crate) fn active(cursor: &mut Cursor, lead: Lead) -> Option<Clause> {
    cursor.attempt(|c| {
        let asked = matches!(lead.verb, Some(Verb::Contain | Verb::Mention)) || lead.negated;
        let any = c.eat_any(&[
            "at least one of the following",
            "at least one of",
            "one of the following",
            "any of",
            "either",
            "one of",
        ]);
        let all = !any && c.eat_any(&["all of the following", "the following", "both", "all of"]);
        let names = lead.verb == Some(Verb::Mention) && !lead.title_case;
        let mut terms = terms(c, names)?;
        if any && lead.negated || all && terms.any || any && terms.values.len() < 2 || !asked {
            return None;
        }
        terms.any |= any;
        let times = times(c, lead.negated);
        while c.eat_any(PLACES) {}
        clause(&terms, times, lead.negated)
    })
}

/// Terms before their verb: `"X" must appear at least twice`.
pub(crate) fn passive(cursor: &mut Cursor) -> Option<Clause> {
    cursor.attempt(|c| {
        let terms = terms(c, false)?;
        c.eat_any(&["itself"]);
        c.eat_any(&["must", "should", "shall", "has to", "have to", "needs to", "need to", "does", "do"]);
        let negated = c.eat_any(&["not", "never"]);
        let verb = c.eat_any(&[
            "be mentioned",
            "be included",
            "be used",
            "be present",
            "be there",
            "appear",
            "appears",
            "occur",
            "occurs",
            "is used",
            "are used",
            "is mentioned",
            "are mentioned",
            "is included",
            "are included",
            "used",
            "appearing",
        ]);
        let bare = !verb && !negated && matches!(c.kind(), Some(Kind::Word(_)));
        let times = times(c, negated);
        if !(verb || bare && times.is_some()) {
            return None;
        }
        while c.eat_any(PLACES) {}
        clause(&terms, times, negated)
    })
}

/// Makes the checks. How often is only asked of one term: of several it could mean each
/// of them or all together.
fn clause(terms: &Terms, times: Option<Bound>, negated: bool) -> Option<Clause> {
    if let Some(bound) = times {
        let [term] = terms.values.as_slice() else { return None };
        let standing = if bound.bare { Standing::Missing } else { Standing::Binding };
        let bound = if bound.bare { bound.lower() } else { bound };
        // Too many are only counted where they stand as words of their own.
        let whole_word = term.whole || !bound.only_lower();
        let base = options(Check::new("term-count").text("term", &term.text), terms, whole_word);
        return Some(Clause { items: vec![Item::Count { base, bound }], standing, ..Clause::vague() });
    }
    if negated {
        let check = Check::new("not-contains-any").with("values", texts(&terms.values));
        return Some(Clause::binding(vec![options(check, terms, true)]));
    }
    if terms.any {
        let check = Check::new("contains-any").with("values", texts(&terms.values));
        let whole = terms.values.iter().any(|term| term.whole);
        return Some(Clause::binding(vec![options(check, terms, whole)]).opened());
    }
    let (whole, open): (Vec<_>, Vec<_>) = terms.values.iter().cloned().partition(|term| term.whole);
    let checks = [(open, false), (whole, true)];
    let checks = checks.into_iter().filter(|(values, _)| !values.is_empty());
    let checks = checks.map(|(values, whole)| options(contains(&values), terms, whole)).collect();
    Some(Clause::binding(checks).opened())
}

fn contains(values: &[Term]) -> Check {
    match values {
        [value] => Check::new("contains").text("value", &value.text),
        values => Check::new("contains-all").with("values", texts(values)),
    }
}

fn texts(values: &[Term]) -> Field {
    Field::List(values.iter().map(|term| term.text.clone()).collect())
}

fn options(check: Check, terms: &Terms, whole_word: bool) -> Check {
    let spaced = terms.values.iter().all(|term| is_spaced(&term.text));
    check.flag("ignore_case", !terms.exact_case).flag("whole_word", spaced && (whole_word || terms.words))
}

/// "AI" is in "said": the shortest names count only between word boundaries.
fn is_short(term: &str) -> bool {
    term.chars().count() <= 3
}

/// One word, written in a script that parts its words: "edge" is not in "knowledge".
pub(crate) fn is_word(text: &str) -> bool {
    let letters = text.chars().any(char::is_alphanumeric);
    letters && !text.contains(char::is_whitespace) && is_spaced(text)
}

fn is_spaced(text: &str) -> bool {
    text.chars().all(|character| character < '\u{e00}')
}

/// Takes terms with what announces them.
fn terms(cursor: &mut Cursor, names: bool) -> Option<Terms> {
    let determined = cursor.eat_any(&["the following", "the", "these", "this"]);
    let exact = cursor.kind() == Some(&Kind::Word("exact".to_owned()));
    let head = cursor.eat_entry(HEADS);
    let string = cursor.follows("string");
    let many = head.is_some() && cursor.follows_plural();
    let colon = cursor.eat_mark(':') | cursor.eat_mark('-');
    let single = determined && head == Some(true) && !many && !colon;
    let kind = if head.is_some() && colon {
        Loose::Listed
    } else if single {
        Loose::One
    } else if names && head.is_none() && !determined {
        Loose::Names
    } else {
        Loose::Never
    };
    let (mut values, any, code) = list(cursor, kind)?;
    for term in &mut values {
        // Short names need word boundaries, and what was quoted as a word is one; names
        // without quotation marks may take an ending, and a string stands anywhere.
        term.whole = is_short(&term.text) || term.whole && !string;
    }
    let exact_case = exact || code;
    Some(Terms { values, any, exact_case, words: head == Some(true) })
}

/// Which terms without quotation marks are taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Loose {
    Never,
    /// One word, as in "the word very".
    One,
    /// Words with capitals.
    Names,
    /// Anything between commas, after a colon.
    Listed,
}

/// Terms joined by commas, "and", or "or"; not by both.
fn list(cursor: &mut Cursor, loose: Loose) -> Option<(Vec<Term>, bool, bool)> {
    let (first, code) = item(cursor, loose)?;
    let mut values = vec![first];
    let (mut and, mut or, mut all_code) = (false, false, code);
    while let Some((value, code, word)) = cursor.attempt(|c| joined(c, loose)) {
        and |= word == Some("and");
        or |= word == Some("or");
        all_code &= code;
        values.push(value);
    }
    let listed = loose != Loose::Listed || cursor.at_break();
    (!(and && or) && listed).then_some((values, or, all_code))
}

type Joined<'a> = (Term, bool, Option<&'a str>);

fn joined<'a>(cursor: &mut Cursor<'a>, loose: Loose) -> Option<Joined<'a>> {
    let comma = cursor.eat_sep(Sep::Comma) || cursor.follows_comma_in_quotes();
    let word = cursor.word().filter(|word| matches!(*word, "and" | "or" | "nor"));
    if word.is_some() {
        cursor.advance();
    } else if !comma {
        return None;
    }
    cursor.eat_any(&["the word", "the words", "the phrase", "the term", "the keyword"]);
    let loose = if loose == Loose::One { Loose::Never } else { loose };
    let (value, code) = item(cursor, loose)?;
    Some((value, code, if word == Some("nor") { Some("or") } else { word }))
}

fn item(cursor: &mut Cursor, loose: Loose) -> Option<(Term, bool)> {
    if let Some((text, code)) = cursor.quote() {
        let text = unpunctuated(text).to_owned();
        return Some((Term { whole: !code && is_word(&text), text }, code));
    }
    let first = cursor.at();
    match loose {
        Loose::Never => return None,
        Loose::One => one(cursor)?,
        Loose::Names => name(cursor)?,
        Loose::Listed => listed(cursor)?,
    }
    Some((Term { text: cursor.typed(first), whole: false }, false))
}

/// A comma or stop that the sentence put inside the quotation marks is the sentence's.
fn unpunctuated(text: &str) -> &str {
    let bare = text.trim_end_matches([',', '.']);
    let one = text.len() - bare.len() == 1;
    if one && bare.chars().count() > 1 { bare } else { text }
}

fn one(cursor: &mut Cursor) -> Option<()> {
    let word = cursor.word()?;
    let term = !NOT_TERMS.contains(&word) && !POINTING.contains(&word) && !word.ends_with("ly");
    cursor.advance();
    term.then_some(())
}

/// A word with a capital and what continues it: `Kubernetes`, `GPT-4`, `New York`.
fn name(cursor: &mut Cursor) -> Option<()> {
    capital(cursor)?;
    loop {
        let glued = !cursor.spaced() && matches!(cursor.kind(), Some(Kind::Mark('-' | '.' | '+' | '#')));
        if glued {
            cursor.advance();
            if !cursor.spaced() && matches!(cursor.kind(), Some(Kind::Word(_) | Kind::Number { .. })) {
                cursor.advance();
            }
        } else if cursor.attempt(capital).is_none() {
            return Some(());
        }
    }
}

fn capital(cursor: &mut Cursor) -> Option<()> {
    let raw = cursor.raw();
    let word = cursor.word()?;
    let pointing = raw.chars().count() > 1 && POINTING.contains(&word) || word.contains('\'');
    let known = raw.contains(char::is_uppercase) && !pointing;
    cursor.advance();
    known.then_some(())
}

/// Up to four plain words between commas, after a colon. A hedge may stand alone as a
/// term, but not at the end of one: "keywords: cloud, edge if possible".
fn listed(cursor: &mut Cursor) -> Option<()> {
    let first = cursor.at();
    let mut loose = false;
    while let Some(word) = cursor.word().filter(|word| !matches!(*word, "and" | "or" | "nor")) {
        if POINTING.contains(&word) || PREPOSITIONS.contains(&word) || word == "etc" {
            return None;
        }
        loose |= FATAL.contains(&word) || NOT_TERMS.contains(&word) || word.ends_with("ly");
        cursor.advance();
        while !cursor.spaced() && cursor.eat_mark('-') {}
    }
    let words = cursor.at() - first;
    ((1..=4).contains(&words) && !(loose && words > 1)).then_some(())
}

/// "a section titled X": where it stands is a person's, that it stands there is not.
pub(crate) fn section(cursor: &mut Cursor, lead: Lead) -> Option<Clause> {
    cursor.attempt(|c| {
        let asked = matches!(lead.verb, None | Some(Verb::Contain)) && !lead.negated && !lead.subject;
        c.eat_any(&["a", "an", "the"]);
        c.eat_any(&["separate", "dedicated"]);
        let part = c.eat_any(&["sections", "section", "headings", "heading", "subheading", "chapter"]);
        c.eat_any(&[
            "titled",
            "called",
            "named",
            "headed",
            "labelled",
            "labeled",
            "entitled",
            "with the title",
            "for",
        ]);
        c.eat_mark(':');
        let (values, any, _) = list(c, Loose::Never)?;
        if !asked || !part || any {
            return None;
        }
        let check = contains(&values).flag("ignore_case", true);
        Some(Clause::check(check, Standing::Missing).opened())
    })
}
