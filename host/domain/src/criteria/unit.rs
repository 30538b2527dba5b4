//! What is counted, and the kind of check that counts it.

use super::check::{Check, Field};
use super::clause::Grain;
use super::cursor::Cursor;
use super::token::{Kind, Sep};

/// Something that can be counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unit {
    pub(crate) base: Check,
    pub(crate) grain: Option<Grain>,
    pub(crate) nature: Nature,
    /// Whether the noun stood in the singular: "a link", "a 300-word article".
    pub(crate) singular: bool,
}

/// How its counts are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nature {
    /// A length: a number on its own is nobody's exact wish.
    Length,
    /// Countable parts: a number on its own is the least that will do.
    Parts,
    /// Parts of which the machine counts too many ("working links" are links): only a
    /// lower bound says anything.
    Subset,
    /// Things a machine cannot see, though n of them cannot fit in less than 2n - 1
    /// characters: n marks and what stands between them.
    Things,
}

use Nature::{Length, Parts, Subset, Things};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Name {
    Words,
    Characters,
    Lines,
    Sentences,
    Paragraphs,
    Bullets,
    Headings(Option<u64>),
    Subheadings,
    Links,
    Placeholders,
    Rows,
    Highlights,
    Letter(&'static str),
    Things,
}

use Name::{
    Bullets, Characters, Headings, Highlights, Letter, Lines, Links, Paragraphs, Placeholders, Rows,
    Sentences, Subheadings, Words,
};

/// Names with their singular; longer ones stand before those they begin with.
const NAMES: &[(&str, &str, Name)] = &[
    ("words", "word", Words),
    ("characters", "character", Characters),
    ("chars", "char", Characters),
    ("lines", "line", Lines),
    ("sentences", "sentence", Sentences),
    ("paragraphs", "paragraph", Paragraphs),
    ("bulleted list items", "bulleted list item", Bullets),
    ("bulleted items", "bulleted item", Bullets),
    ("bulleted points", "bulleted point", Bullets),
    ("bullet points", "bullet point", Bullets),
    ("bullets", "bullet", Bullets),
    ("list items", "list item", Bullets),
    ("h1 headings", "h1 heading", Headings(Some(1))),
    ("h2 headings", "h2 heading", Headings(Some(2))),
    ("h3 headings", "h3 heading", Headings(Some(3))),
    ("h1 headers", "h1 header", Headings(Some(1))),
    ("h2 headers", "h2 header", Headings(Some(2))),
    ("h3 headers", "h3 header", Headings(Some(3))),
    ("h2 sections", "h2 section", Headings(Some(2))),
    ("h3 sections", "h3 section", Headings(Some(3))),
    ("h2 subheadings", "h2 subheading", Headings(Some(2))),
    ("h3 subheadings", "h3 subheading", Headings(Some(3))),
    ("h1s", "h1", Headings(Some(1))),
    ("h2s", "h2", Headings(Some(2))),
    ("h3s", "h3", Headings(Some(3))),
    ("markdown headings", "markdown heading", Headings(None)),
    ("section headings", "section heading", Headings(None)),
    ("headings", "heading", Headings(None)),
    ("subheadings", "subheading", Subheadings),
    ("sub headings", "sub heading", Subheadings),
    ("subheads", "subhead", Subheadings),
    ("hyperlinks", "hyperlink", Links),
    ("web links", "web link", Links),
    ("links", "link", Links),
    ("urls", "url", Links),
    ("bracketed placeholders", "bracketed placeholder", Placeholders),
    ("placeholders", "placeholder", Placeholders),
    ("data rows", "data row", Rows),
    ("rows of data", "row of data", Rows),
    ("rows", "row", Rows),
    ("highlighted sections", "highlighted section", Highlights),
    ("highlighted phrases", "highlighted phrase", Highlights),
    ("exclamation marks", "exclamation mark", Letter("!")),
    ("exclamation points", "exclamation point", Letter("!")),
    ("question marks", "question mark", Letter("?")),
];

/// Things a text may hold that no check can count.
const THINGS: &[(&str, &str)] = &[
    ("examples", "example"),
    ("case studies", "case study"),
    ("use cases", "use case"),
    ("sources", "source"),
    ("references", "reference"),
    ("citations", "citation"),
    ("quotes", "quote"),
    ("quotations", "quotation"),
    ("statistics", "statistic"),
    ("data points", "data point"),
    ("facts", "fact"),
    ("tips", "tip"),
    ("reasons", "reason"),
    ("ideas", "idea"),
    ("recommendations", "recommendation"),
    ("suggestions", "suggestion"),
    ("benefits", "benefit"),
    ("advantages", "advantage"),
    ("disadvantages", "disadvantage"),
    ("pros", "pro"),
    ("cons", "con"),
    ("takeaways", "takeaway"),
    ("insights", "insight"),
    ("options", "option"),
    ("alternatives", "alternative"),
    ("variations", "variation"),
    ("questions", "question"),
    ("steps", "step"),
    ("risks", "risk"),
    ("recipes", "recipe"),
    ("headlines", "headline"),
    ("taglines", "tagline"),
];

/// Adjectives that pick some of what is counted.
const PICKING: &[&str] = &[
    "academic",
    "active",
    "actionable",
    "additional",
    "authoritative",
    "brief",
    "clear",
    "clickable",
    "common",
    "complete",
    "concise",
    "concrete",
    "credible",
    "current",
    "descriptive",
    "detailed",
    "different",
    "distinct",
    "engaging",
    "external",
    "full",
    "good",
    "helpful",
    "high quality",
    "informative",
    "interesting",
    "key",
    "live",
    "long",
    "main",
    "meaningful",
    "new",
    "original",
    "outbound",
    "peer reviewed",
    "possible",
    "practical",
    "real",
    "real life",
    "real world",
    "realistic",
    "recent",
    "relevant",
    "reliable",
    "reputable",
    "scientific",
    "separate",
    "short",
    "simple",
    "specific",
    "strong",
    "supporting",
    "unique",
    "useful",
    "valid",
    "working",
];

/// Takes what is counted, adjectives included.
pub(crate) fn unit(cursor: &mut Cursor) -> Option<Unit> {
    cursor.attempt(|c| {
        if let Some(found) = c.attempt(name) {
            return Some(found);
        }
        let mut picked = false;
        while c.eat_any(PICKING) {
            picked = true;
            c.attempt(|c| c.eat_sep(Sep::Comma).then_some(()));
        }
        let mut found = c.attempt(name).or_else(|| c.attempt(thing))?;
        if picked && found.nature != Things {
            found.nature = Subset;
        }
        Some(found)
    })
}

fn name(cursor: &mut Cursor) -> Option<Unit> {
    let (name, singular) = NAMES.iter().find_map(|(many, one, name)| {
        if cursor.eat(many) {
            return Some((*name, false));
        }
        cursor.eat(one).then_some((*name, true))
    })?;
    let (mut base, grain, nature) = name.parts();
    tail(cursor, name);
    if name == Paragraphs
        && let Some(separator) = cursor.attempt(separator)
    {
        base = base.text("separator", separator);
    }
    Some(Unit { base, grain, nature, singular })
}

/// Words that belong to a name and change nothing: "characters including spaces".
fn tail(cursor: &mut Cursor, name: Name) {
    match name {
        Characters => {
            cursor.attempt(|c| {
                c.eat_sep(Sep::Paren);
                c.eat_any(&["including spaces", "incl spaces", "with spaces", "spaces included"])
                    .then_some(())
            });
        }
        Words | Lines => {
            cursor.eat("of text");
        }
        Placeholders => {
            cursor.attempt(placeholder_tail);
        }
        _ => {}
    }
}

/// `separated by "***"`.
fn separator<'a>(cursor: &mut Cursor<'a>) -> Option<&'a str> {
    cursor.eat_any(&["separated by", "separated with", "divided by"]).then_some(())?;
    cursor.eat_any(&["the markdown divider", "the divider", "the separator", "a"]);
    cursor.eat_mark(':');
    cursor.quote().map(|(text, _)| text)
}

/// "in square brackets", "such as [name], [date]".
fn placeholder_tail(cursor: &mut Cursor) -> Option<()> {
    let mut found = cursor.eat_any(&[
        "represented by square brackets",
        "in square brackets",
        "enclosed in square brackets",
        "in brackets",
    ]);
    cursor.attempt(|c| {
        c.eat_sep(Sep::Comma);
        c.eat_sep(Sep::Paren);
        c.eat_any(&["such as", "like", "e.g.", "for example"]).then_some(())?;
        c.eat_sep(Sep::Comma);
        (c.kind() == Some(&Kind::Bracket)).then_some(())?;
        while c.kind() == Some(&Kind::Bracket) {
            c.advance();
            found = true;
            c.attempt(|c| {
                c.eat_sep(Sep::Comma);
                c.eat("and");
                (c.kind() == Some(&Kind::Bracket)).then_some(())
            });
        }
        Some(())
    });
    found.then_some(())
}

fn thing(cursor: &mut Cursor) -> Option<Unit> {
    let singular = THINGS.iter().find_map(|(many, one)| {
        if cursor.eat(many) {
            return Some(false);
        }
        cursor.eat(one).then_some(true)
    })?;
    let (base, grain, nature) = Name::Things.parts();
    Some(Unit { base, grain, nature, singular })
}

impl Name {
    fn parts(self) -> (Check, Option<Grain>, Nature) {
        let counting = |kind: &str, grain, nature| (Check::new(kind), grain, nature);
        match self {
            Self::Words => counting("word-count", Some(Grain::Word), Length),
            Self::Characters => counting("char-count", Some(Grain::Character), Length),
            Self::Lines => counting("line-count", Some(Grain::Sentence), Parts),
            Self::Sentences => counting("sentence-count", Some(Grain::Sentence), Parts),
            Self::Paragraphs => counting("paragraph-count", Some(Grain::Block), Parts),
            Self::Bullets => counting("list-item-count", Some(Grain::Block), Parts),
            Self::Headings(None) => counting("heading-count", Some(Grain::Block), Parts),
            Self::Headings(Some(level)) => {
                (Check::new("heading-count").with("level", Field::Int(level)), Some(Grain::Block), Parts)
            }
            Self::Subheadings => counting("heading-count", Some(Grain::Block), Subset),
            Self::Links => counting("link-count", None, Parts),
            Self::Placeholders => counting("placeholder-count", None, Parts),
            Self::Rows => counting("is-csv", Some(Grain::Block), Parts),
            Self::Highlights => counting("highlight-count", None, Parts),
            Self::Letter(letter) => (Check::new("letter-count").text("letter", letter), None, Parts),
            Self::Things => counting("char-count", Some(Grain::Block), Things),
        }
    }
}
