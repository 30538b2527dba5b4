//! Every kind of check with its fields, for people: how a form asks for it, and how it is
//! read out.

use assay_domain::refusal::Refusal;
use serde_json::{Map, Value};

use super::form::{Field, Sheet, Typed};

mod said;

pub use said::said;

/// A kind of check.
#[derive(Debug)]
pub struct Kind {
    /// As it is written.
    pub name: &'static str,
    /// As it is called.
    pub label: &'static str,
    /// Whether it counts something, so that it takes `min`, `max` and `exact`.
    counts: bool,
    /// Its other fields.
    parts: &'static [Part],
}

/// A field of a check.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    name: &'static str,
    label: &'static str,
    hint: &'static str,
    shape: Shape,
}

/// How a field is typed.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// A line.
    Line,
    /// Some lines.
    Area,
    /// Texts, one a line.
    Lines,
    /// Columns, one a line: names, or numbers from 1.
    Columns,
    /// A whole number.
    Whole,
    /// A number.
    Number,
    /// Any JSON; what is no JSON is a text.
    Json,
    /// A box.
    Tick,
    /// One of several; `true` and `false` are no texts.
    Choice(&'static [(&'static str, &'static str)]),
}

const fn part(name: &'static str, label: &'static str, hint: &'static str, shape: Shape) -> Part {
    Part { name, label, hint, shape }
}

const fn kind(name: &'static str, label: &'static str, counts: bool, parts: &'static [Part]) -> Kind {
    Kind { name, label, counts, parts }
}

const BOUNDS: [Part; 3] = [
    part("min", "At least", "", Shape::Whole),
    part("max", "At most", "", Shape::Whole),
    part("exact", "Exactly", "Instead of the other two.", Shape::Whole),
];
const VALUE: Part = part("value", "Text", "", Shape::Area);
const WHOLE_WORD: Part = part("whole_word", "Whole words only", "", Shape::Tick);
const QUOTES: Part = part("trim_quotes", "Without double quotes at the ends", "", Shape::Tick);
const FENCE: Part = part("allow_fence", "May stand in a fence of back-quotes", "", Shape::Tick);
const SCHEMA: Part = part("schema", "JSON Schema", "Draft 2020-12, as JSON.", Shape::Json);
const PATH: Part = part("path", "Path", "RFC 9535, such as $.items[*].name", Shape::Line);
const ELEMENTS: Part = part("elements", "Elements it must have", "One a line.", Shape::Lines);
const VALUES: Part = part("values", "Texts", "One a line.", Shape::Lines);
const PATTERN: Part = part("pattern", "Pattern", "A regular expression.", Shape::Line);
const SHARE: Part = part("threshold", "At least this share", "From 0 to 1, such as 0.9.", Shape::Number);
const CHECKS: Part = part(
    "checks",
    "Checks",
    "A list as JSON, such as [{\"kind\":\"is-json\"},{\"kind\":\"quoted\"}]",
    Shape::Json,
);
const ORDERED: Part =
    part("ordered", "Order", "", Shape::Choice(&[("", "In this order"), ("false", "In any order")]));
const OPS: &[(&str, &str)] = &[
    ("", "equals, or is there when no value is given"),
    ("eq", "equals"),
    ("ne", "does not equal"),
    ("lt", "is less than"),
    ("le", "is at most"),
    ("gt", "is more than"),
    ("ge", "is at least"),
    ("in", "is one of"),
    ("exists", "is there"),
    ("type", "has the type"),
];
const METRICS: &[(&str, &str)] = &[
    ("rouge-l", "longest common run of words (rouge-l)"),
    ("rouge-1", "words in common (rouge-1)"),
    ("bleu", "bleu"),
    ("jaccard", "jaccard"),
    ("cosine", "cosine"),
];

/// All of them, in the order of the registry of kinds.
pub const KINDS: &[Kind] = &[
    kind(
        "equals",
        "Equals a text or JSON",
        false,
        &[
            VALUE,
            part(
                "as_json",
                "Compare as JSON",
                "Spaces and the order of keys do not matter then.",
                Shape::Tick,
            ),
        ],
    ),
    kind("contains", "Contains a text", false, &[VALUE, WHOLE_WORD]),
    kind("contains-any", "Contains one of several texts", false, &[VALUES, WHOLE_WORD]),
    kind("contains-all", "Contains each of several texts", false, &[VALUES, WHOLE_WORD]),
    kind(
        "term-count",
        "Number of times a text occurs",
        true,
        &[part("term", "Text", "", Shape::Line), WHOLE_WORD],
    ),
    kind("starts-with", "Starts with a text", false, &[VALUE, QUOTES, WHOLE_WORD]),
    kind("ends-with", "Ends with a text", false, &[VALUE, QUOTES, WHOLE_WORD]),
    kind(
        "regex",
        "Matches a pattern",
        false,
        &[PATTERN, part("flags", "Flags", "Some of i, m, s, x and u.", Shape::Line)],
    ),
    kind("quoted", "Stands in double quotes", false, &[]),
    kind("word-count", "Number of words", true, &[]),
    kind("char-count", "Number of characters", true, &[]),
    kind("line-count", "Number of lines", true, &[]),
    kind("sentence-count", "Number of sentences", true, &[]),
    kind(
        "paragraph-count",
        "Number of paragraphs",
        true,
        &[
            part("separator", "Separator", "A blank line when it is left out.", Shape::Line),
            part("distinct", "No two alike", "", Shape::Tick),
        ],
    ),
    kind(
        "paragraph-first-word",
        "First word of a paragraph",
        false,
        &[
            part("word", "Word", "", Shape::Line),
            part("index", "Which paragraph", "Counted from 1.", Shape::Whole),
            part("paragraphs", "Paragraphs in all", "", Shape::Whole),
        ],
    ),
    kind("list-item-count", "Number of list items", true, &[]),
    kind(
        "heading-count",
        "Number of headings",
        true,
        &[part("level", "Level", "From 1 to 6; any when it is left out.", Shape::Whole), PATTERN],
    ),
    kind(
        "section-count",
        "Number of sections",
        true,
        &[part("marker", "Marker", "Such as Section, before a number.", Shape::Line)],
    ),
    kind("highlight-count", "Number of highlighted spans", true, &[]),
    kind("title", "Has a title in << >>", false, &[]),
    kind("postscript", "Has a postscript", false, &[part("marker", "Marker", "Such as P.S.", Shape::Line)]),
    kind("placeholder-count", "Number of [placeholders]", true, &[]),
    kind(
        "link-count",
        "Number of links",
        true,
        &[
            part("allow", "Only to these domains", "One a line.", Shape::Lines),
            part("deny", "Not to these domains", "One a line.", Shape::Lines),
        ],
    ),
    kind(
        "letter-count",
        "Number of times a letter occurs",
        true,
        &[part("letter", "Letter", "", Shape::Line)],
    ),
    kind("capital-word-count", "Number of words in capitals", true, &[]),
    kind(
        "case",
        "Upper or lower case throughout",
        false,
        &[part("value", "Case", "", Shape::Choice(&[("upper", "upper case"), ("lower", "lower case")]))],
    ),
    kind(
        "language",
        "Is in a language",
        false,
        &[part("value", "Language", "Two letters, such as en or fr.", Shape::Line)],
    ),
    kind("is-json", "Is JSON", false, &[SCHEMA, FENCE]),
    kind("contains-json", "Contains JSON", false, &[SCHEMA]),
    kind(
        "json-path",
        "A value in JSON",
        false,
        &[
            PATH,
            part("op", "The value there", "", Shape::Choice(OPS)),
            part("value", "Compared with", "As JSON: 5, [1, 2]; what is no JSON is a text.", Shape::Json),
            FENCE,
        ],
    ),
    kind("json-count", "Number of values in JSON", true, &[PATH, FENCE]),
    kind(
        "is-csv",
        "Is a table in CSV",
        true,
        &[
            part(
                "header",
                "Columns",
                "Their names, one a line; any header when it is left out.",
                Shape::Lines,
            ),
            part("delimiter", "Delimiter", "A comma when it is left out; tab for a tab.", Shape::Line),
            part(
                "types",
                "Types",
                "As JSON, from column to text, nonempty, integer, number, boolean or date: {\"year\":\"integer\"}",
                Shape::Json,
            ),
            part(
                "unique",
                "Columns without duplicates",
                "Names, or numbers from 1, one a line.",
                Shape::Columns,
            ),
            FENCE,
        ],
    ),
    kind("is-xml", "Is XML", false, &[ELEMENTS, FENCE]),
    kind("is-html", "Is HTML", false, &[ELEMENTS, FENCE]),
    kind("is-yaml", "Is YAML", false, &[SCHEMA, ELEMENTS, FENCE]),
    kind("is-toml", "Is TOML", false, &[SCHEMA, ELEMENTS, FENCE]),
    kind("tokens-equal", "Has these tokens", false, &[VALUE, ORDERED]),
    kind(
        "numbers-equal",
        "Has these numbers",
        false,
        &[
            part("value", "Numbers", "With spaces between them.", Shape::Area),
            part("abs_tol", "May differ by", "Such as 0.001.", Shape::Number),
            part("rel_tol", "May differ by this share", "Such as 0.01 for one hundredth.", Shape::Number),
            ORDERED,
        ],
    ),
    kind("one-of", "Is one of several texts", false, &[VALUES]),
    kind(
        "label-accuracy",
        "Share of right labels",
        false,
        &[
            part("gold", "Right labels", "As JSON: a list, or an object from id to label.", Shape::Json),
            SHARE,
        ],
    ),
    kind(
        "levenshtein",
        "Few edits away from a text",
        false,
        &[
            VALUE,
            part("max", "Edits at most", "Or a share below.", Shape::Whole),
            part("threshold", "Alike at least", "From 0 to 1, instead of edits.", Shape::Number),
        ],
    ),
    kind(
        "similarity",
        "Similar to a text",
        false,
        &[
            VALUE,
            part("metric", "Measured as", "", Shape::Choice(METRICS)),
            part("threshold", "Similar at least", "From 0 to 1.", Shape::Number),
        ],
    ),
    kind(
        "original",
        "Does not repeat the task",
        false,
        &[part("max_overlap", "Longest run of shared words", "", Shape::Whole)],
    ),
    kind("no-placeholder", "No filler text left in it", false, &[]),
    kind("not-refusal", "Is not a refusal to do it", false, &[]),
    kind("file-exists", "Number of attachments of a name", true, &[]),
    kind(
        "file-type",
        "Attachments of a type",
        false,
        &[part("value", "Types", "One a line: image/png, image/* or .png", Shape::Lines)],
    ),
    kind("file-size", "Size of attachments in bytes", true, &[]),
    kind(
        "sha256",
        "Attachment with a digest",
        false,
        &[part("value", "SHA-256", "64 hexadecimal digits.", Shape::Line)],
    ),
    kind("trace-count", "Number of progress notes", true, &[PATTERN]),
    kind(
        "trace-order",
        "Progress notes in an order",
        false,
        &[part("pattern", "Patterns", "Two or more, one a line, in their order.", Shape::Lines)],
    ),
    kind("all", "All of several checks", false, &[CHECKS]),
    kind("any", "One of several checks", false, &[CHECKS]),
    kind("set", "Several checks by weight", false, &[CHECKS, SHARE]),
    kind(
        "plugin",
        "Another verifier",
        false,
        &[
            part("name", "Name", "Such as word-range@1.0.0, instead of a digest.", Shape::Line),
            part("digest", "Digest", "sha256: and 64 hexadecimal digits.", Shape::Line),
            part("config", "Configuration", "As JSON.", Shape::Json),
        ],
    ),
];

/// Fields of every kind, after its own.
const COMMON: &[Part] = &[
    part("not", "The opposite must hold", "", Shape::Tick),
    part("ignore_case", "Upper and lower case are the same", "", Shape::Tick),
    part("trim", "Space at the ends does not count", "", Shape::Tick),
    part(
        "target",
        "Attachments",
        "A pattern over their names, such as *.csv; the text when left out.",
        Shape::Line,
    ),
    part("weight", "Weight", "Its share in the score; 1 when left out.", Shape::Whole),
    part("description", "What it is for", "", Shape::Line),
];

/// The kind of this name.
pub fn find(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name)
}

impl Kind {
    /// Its own fields in the order they are asked for; kinds over files need a target.
    fn own(&self) -> impl Iterator<Item = Part> {
        let files = ["file-exists", "file-type", "file-size", "sha256"].contains(&self.name);
        let target = COMMON.iter().filter(move |part| files && part.name == "target").copied();
        let bounds = BOUNDS.into_iter().filter(|_| self.counts);
        target.chain(self.parts.iter().copied()).chain(bounds)
    }

    /// Whether a check of this kind is none without the field.
    fn needs(&self, field: &str) -> bool {
        match field {
            "values" | "term" | "marker" | "letter" | "word" | "index" | "path" | "gold" | "max_overlap"
            | "checks" => true,
            "value" => self.name != "json-path",
            "pattern" => ["regex", "trace-order"].contains(&self.name),
            "threshold" => self.name == "similarity",
            // Among its own fields only where it is needed.
            "target" => self.own().any(|part| part.name == "target"),
            _ => false,
        }
    }

    /// The fields it shares with others.
    fn common(&self) -> impl Iterator<Item = Part> {
        let own: Vec<&str> = self.own().map(|part| part.name).collect();
        COMMON.iter().copied().filter(move |part| !own.contains(&part.name))
    }
}

/// A field of a form.
#[derive(Debug)]
pub struct Control {
    name: String,
    part: Part,
    needed: bool,
}

impl Control {
    /// One that is not of a check.
    pub fn new(name: &str, label: &'static str, hint: &'static str, shape: Shape) -> Self {
        Self { name: name.into(), part: part("", label, hint, shape), needed: false }
    }

    /// The field on a sheet.
    pub fn of<'s>(&'s self, sheet: &'s Sheet) -> Field<'s> {
        let (name, label) = (self.name.as_str(), self.part.label);
        let field = match self.part.shape {
            Shape::Line => sheet.line(name, label),
            Shape::Area | Shape::Lines | Shape::Columns | Shape::Json => sheet.area(name, label).rows(3),
            Shape::Whole => sheet.number(name, label),
            Shape::Number => sheet.amount(name, label),
            Shape::Tick => sheet.tick(name, label),
            Shape::Choice(options) => sheet.choice(name, label, options),
        };
        let field = field.hint(self.part.hint);
        if self.needed { field.needed() } else { field }
    }

    /// Carried along unseen.
    pub fn carried<'s>(&'s self, sheet: &'s Sheet) -> Field<'s> {
        sheet.carried(&self.name)
    }
}

/// A check on the form.
#[derive(Debug)]
pub struct Row {
    /// Its place among them, from 0.
    pub at: usize,
    /// How it is called.
    pub legend: String,
    /// Where its kind is carried.
    pub kind: String,
    /// The box that says whether it is needed.
    pub required: String,
    /// What is wrong with all of it.
    pub wrong: Option<String>,
    /// Its own fields.
    pub own: Vec<Control>,
    /// The fields it shares with others.
    pub more: Vec<Control>,
    /// Whether one of those was used.
    pub open: bool,
}

/// Rows of a list that are looked at; every list's own limit is lower.
const ROWS_MAX: usize = 1_000;

/// How many rows a list of the form has: as many as carry this field.
pub fn rows(typed: &Typed, list: &str, field: &str) -> usize {
    (0..ROWS_MAX).take_while(|at| typed.has(&format!("{list}[{at}].{field}"))).count()
}

/// One of the form's checks, as it is shown.
pub fn row(typed: &Typed, at: usize, refusal: Option<&Refusal>) -> Row {
    let place = format!("checks[{at}]");
    let name = typed.get(&format!("{place}.kind"));
    let known = find(name);
    let control = |part: Part| {
        let needed = known.is_some_and(|kind| kind.needs(part.name));
        Control { name: format!("{place}.{}", part.name), part, needed }
    };
    let more: Vec<Control> = known.into_iter().flat_map(Kind::common).map(control).collect();
    let of_all = refusal.filter(|refusal| {
        let field = refusal.field.as_deref().unwrap_or_default();
        field == place || field == format!("{place}.kind")
    });
    let hit = |control: &Control| {
        let field = refusal.and_then(|refusal| refusal.field.as_deref()).unwrap_or_default();
        !typed.get(&control.name).is_empty() || field == control.name
    };
    Row {
        at,
        legend: format!("{}. {}", at + 1, known.map_or("Unknown kind", |kind| kind.label)),
        kind: format!("{place}.kind"),
        required: format!("{place}.required"),
        wrong: of_all.map(|refusal| refusal.message.clone()),
        open: more.iter().any(hit),
        own: known.into_iter().flat_map(Kind::own).map(control).collect(),
        more,
    }
}

/// One of the form's checks, as JSON.
pub fn read(typed: &Typed, at: usize) -> Value {
    let place = |name: &str| format!("checks[{at}].{name}");
    let name = typed.get(&place("kind"));
    let negated = typed.ticked(&place("not"));
    let mut check = Map::new();
    check.insert("kind".into(), if negated { format!("not-{name}") } else { name.to_owned() }.into());
    if !typed.ticked(&place("required")) {
        check.insert("required".into(), false.into());
    }
    let Some(kind) = find(name) else { return check.into() };
    for part in kind.own().chain(kind.common()).filter(|part| !["not", "as_json"].contains(&part.name)) {
        let value = part.shape.read(typed, &place(part.name));
        if !value.is_null() {
            check.insert(part.name.into(), value);
        }
    }
    if typed.ticked(&place("as_json")) {
        check.insert("value".into(), Shape::Json.read(typed, &place("value")));
    }
    check.into()
}

impl Shape {
    /// What was typed, as JSON; null when nothing was.
    pub fn read(self, typed: &Typed, name: &str) -> Value {
        let text = typed.text(name);
        let Some(given) = text.as_str() else { return Value::Null };
        match self {
            Self::Line | Self::Area => text,
            Self::Lines => typed.lines(name).into(),
            Self::Columns => {
                let column = |line: String| line.parse::<u32>().map_or_else(|_| line.into(), Value::from);
                typed.lines(name).into_iter().map(column).collect()
            }
            Self::Whole => typed.whole(name),
            Self::Number | Self::Json => serde_json::from_str(given.trim()).unwrap_or(text),
            Self::Tick => true.into(),
            Self::Choice(_) => given.parse::<bool>().map_or(text, Value::from),
        }
    }
}
