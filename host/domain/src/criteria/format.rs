//! Conditions on the format of the text: "a JSON array with at least 3 items", "CSV
//! with columns a, b".

use super::bound::{self, Bound};
use super::check::{Check, Field};
use super::clause::{Clause, Standing};
use super::csv::csv;
use super::cursor::Cursor;
use super::lead::{Lead, Verb};
use super::lexicon::FATAL;
use super::names::names;
use super::token::{Kind, Sep};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Json,
    Csv,
    Tsv,
    Plain(&'static str, &'static str),
    /// Like those, but text around it would not parse as it.
    Strict(&'static str, &'static str),
}

use Format::{Csv, Json, Plain, Strict, Tsv};

const FORMATS: &[(&str, Format)] = &[
    ("json", Json),
    ("comma separated values", Csv),
    ("tab separated values", Tsv),
    ("csv", Csv),
    ("tsv", Tsv),
    ("xml", Strict("is-xml", "xml")),
    ("yaml", Plain("is-yaml", "{yaml,yml}")),
    ("yml", Plain("is-yaml", "{yaml,yml}")),
    ("html", Plain("is-html", "{html,htm}")),
    ("toml", Plain("is-toml", "toml")),
];

const VALID: &[&str] = &[
    "syntactically valid",
    "syntactically correct",
    "correctly formatted",
    "properly formatted",
    "valid",
    "well formed",
    "wellformed",
    "proper",
    "parsable",
    "parseable",
    "correct",
    "raw",
    "pure",
    "a single",
    "single",
    "strict",
];

const NOUNS: &[&str] = &[
    "format", "document", "output", "text", "data", "string", "response", "markup", "syntax", "table",
    "answer", "payload", "page",
];

const NOTHING_ELSE: &[&str] = &[
    "and nothing else",
    "with nothing else",
    "nothing else",
    "only",
    "with no extra text",
    "no extra text",
    "without any extra text",
    "with no other text",
    "no other text",
    "no explanation",
    "no explanations",
    "without explanation",
    "without any explanation",
    "no commentary",
    "no prose",
    "no text before or after",
];

/// What is known of a JSON text beyond being one.
#[derive(Clone, Debug, Default)]
struct Shape {
    root: Option<&'static str>,
    count: Option<Bound>,
    item: Option<&'static str>,
    keys: Vec<String>,
    /// Something was asked that the schema does not say.
    rest: bool,
}

/// A format with what is asked of it.
pub(crate) fn format(cursor: &mut Cursor, lead: Lead) -> Option<Clause> {
    cursor.attempt(|c| {
        c.attempt(|c| {
            (c.eat_any(&["output format", "file format", "format"]) && c.eat_mark(':')).then_some(())
        });
        c.eat_any(&["in", "as", "only"]);
        c.eat_any(&["a", "an", "the"]);
        c.eat("only");
        while c.eat_any(VALID) {}
        let format = c.eat_entry(FORMATS).filter(|_| !lead.negated)?;
        // "contains JSON" is about a part of the text, "answer with JSON" about all of it.
        let contained = lead.verb == Some(Verb::Contain) && !lead.with;
        let clause = match format {
            _ if lead.verb == Some(Verb::Mention) => return None,
            Json => json(c, contained)?,
            _ if contained => return None,
            Csv | Tsv => csv(c, format == Tsv),
            Plain(kind, extension) => plain(c, kind, extension, false),
            Strict(kind, extension) => plain(c, kind, extension, true),
        };
        Some(clause.whole())
    })
}

fn plain(cursor: &mut Cursor, kind: &str, extension: &str, strict: bool) -> Clause {
    let file = noun(cursor, strict);
    let rest = elaborated(cursor);
    settled(Check::new(kind), file.then_some(extension), rest)
}

/// Takes the noun after a format; true when it asks for a file.
pub(crate) fn noun(cursor: &mut Cursor, strict: bool) -> bool {
    let file = cursor.eat_any(&["file", "attachment"]);
    if !file {
        cursor.eat_any(NOUNS);
    }
    cursor.eat("only");
    if strict {
        alone(cursor);
    }
    file
}

/// Takes words against text around the format, which would not parse anyway.
fn alone(cursor: &mut Cursor) {
    let phrase = |c: &mut Cursor| {
        c.eat_sep(Sep::Comma);
        c.eat_any(NOTHING_ELSE).then_some(())
    };
    while cursor.attempt(phrase).is_some() {}
}

/// A file may come as the text or as an attachment: either will do.
pub(crate) fn settled(check: Check, extension: Option<&str>, rest: bool) -> Clause {
    let standing = if rest { Standing::Missing } else { Standing::Binding };
    let Some(extension) = extension else { return Clause::check(check, standing) };
    let attached = check.clone().text("target", &format!("*.{extension}"));
    Clause::check(Check::new("any").with("checks", Field::Checks(vec![check, attached])), standing)
}

/// Takes what else is asked of the format, up to the end of the sentence: it tells more
/// of the same text, so it takes nothing from what is known.
pub(crate) fn elaborated(cursor: &mut Cursor) -> bool {
    let told = [
        "with",
        "containing",
        "matching",
        "that matches",
        "that follows",
        "conforming to",
        "following",
        "according to",
        "that conforms to",
        "where",
        "of",
    ];
    cursor
        .attempt(|c| {
            c.eat_any(&told).then_some(())?;
            while !c.done() && !matches!(c.sep(), Some(Sep::Stop | Sep::Semicolon | Sep::Line)) {
                let fatal = matches!(c.kind(), Some(Kind::Bad)) || c.word().is_some_and(hedged);
                (!fatal).then_some(())?;
                c.advance();
            }
            Some(())
        })
        .is_some()
}

/// Words that loosen a condition also loosen the format it elaborates; "each", "all"
/// and the like do not.
fn hedged(word: &str) -> bool {
    let dividing =
        ["each", "every", "per", "all", "any", "one", "both", "count", "source", "input", "target", "where"];
    FATAL.contains(&word) && !dividing.contains(&word)
}

fn json(cursor: &mut Cursor, contained: bool) -> Option<Clause> {
    let root = cursor.eat_entry(&[("array", "array"), ("list", "array"), ("object", "object")]);
    let file = if root.is_none() { noun(cursor, true) } else { false };
    let mut shape = Shape { root, ..Shape::default() };
    while cursor.attempt(|c| detail(c, &mut shape)).is_some() {}
    alone(cursor);
    shape.rest |= elaborated(cursor);
    if root.is_none() && (shape.count.is_some() || !shape.keys.is_empty()) {
        // "JSON with keys a and b" may be one object or many.
        shape = Shape { rest: true, ..Shape::default() };
    }
    let check = Check::new(if contained { "contains-json" } else { "is-json" });
    let schema = shape.schema()?;
    let check = if schema.is_empty() { check } else { check.with("schema", Field::Object(schema)) };
    Some(settled(check, file.then_some("json"), shape.rest))
}

/// One thing asked of a JSON text: how many items, which keys.
fn detail(cursor: &mut Cursor, shape: &mut Shape) -> Option<()> {
    cursor.eat_sep(Sep::Comma);
    cursor.eat("and");
    cursor.eat_any(&[
        "with",
        "of",
        "containing",
        "that has",
        "that contains",
        "having",
        "which has",
        "where",
        "in which",
    ]);
    if let Some(keys) = cursor.attempt(item_keys) {
        return shape.root_is("array").then(|| shape.item_has(keys));
    }
    if let Some(keys) = cursor.attempt(keys) {
        let items = shape.root_is("array") && shape.item == Some("object");
        return (shape.keys.is_empty() && (items || !shape.root_is("array"))).then(|| shape.keys = keys);
    }
    let bound = bound::bound(cursor, false);
    let item = cursor.eat_entry(&[
        ("items", None),
        ("elements", None),
        ("entries", None),
        ("records", None),
        ("values", None),
        ("objects", Some("object")),
        ("strings", Some("string")),
        ("numbers", Some("number")),
        ("integers", Some("integer")),
    ])?;
    let sayable = shape.root_is("array") && shape.count.is_none() && (bound.is_some() || item.is_some());
    shape.rest |= bound.is_some_and(|bound| bound.bare);
    shape.count = bound.map(|bound| if bound.bare { bound.lower() } else { bound });
    shape.item = item;
    sayable.then_some(())
}

/// "the keys a and b".
fn keys(cursor: &mut Cursor) -> Option<Vec<String>> {
    cursor.eat_any(&["the following", "the", "these", "required"]);
    cursor.eat("required");
    let named = cursor.eat_any(&["keys", "key", "fields", "field", "properties", "property", "attributes"]);
    cursor.eat_mark(':');
    (named || matches!(cursor.kind(), Some(Kind::Quote { .. }))).then_some(())?;
    names(cursor, 1)
}

/// "each object has the keys a and b".
fn item_keys(cursor: &mut Cursor) -> Option<Vec<String>> {
    cursor.eat_any(&["each", "every"]).then_some(())?;
    cursor.eat_any(&["object", "item", "element", "entry", "record"]);
    cursor
        .eat_any(&[
            "must have",
            "must contain",
            "should have",
            "has",
            "have",
            "contains",
            "containing",
            "having",
            "with",
        ])
        .then_some(())?;
    keys(cursor)
}

impl Shape {
    fn root_is(&self, root: &str) -> bool {
        self.root == Some(root)
    }

    fn item_has(&mut self, keys: Vec<String>) {
        self.item = Some("object");
        self.keys = keys;
    }

    /// The JSON Schema that says all of it; none when the parts do not fit together.
    fn schema(&self) -> Option<Vec<(String, Field)>> {
        let Some(root) = self.root else { return Some(Vec::new()) };
        let mut schema = vec![text("type", root)];
        if root == "object" {
            schema.extend(self.required());
            return self.count.is_none().then_some(schema);
        }
        if let Some(bound) = self.count {
            schema.extend(bound.min.map(|value| ("minItems".to_owned(), Field::Int(value))));
            schema.extend(bound.max.map(|value| ("maxItems".to_owned(), Field::Int(value))));
        }
        if let Some(item) = self.item {
            let mut items = vec![text("type", item)];
            items.extend(self.required());
            schema.push(("items".to_owned(), Field::Object(items)));
        }
        Some(schema)
    }

    fn required(&self) -> Option<(String, Field)> {
        (!self.keys.is_empty()).then(|| ("required".to_owned(), Field::List(self.keys.clone())))
    }
}

fn text(name: &str, value: &str) -> (String, Field) {
    (name.to_owned(), Field::Text(value.to_owned()))
}
