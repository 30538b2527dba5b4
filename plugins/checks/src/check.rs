//! A check as it is read: the fields that every kind has, and the rule of its kind.

use crate::fields::{Fields, Issue, type_name};
use crate::judge::Target;
use crate::limits::{CHECK_BYTES_MAX, CHECKS_MAX, NESTING_MAX};
use crate::{
    compare, count, csv_table, document, files, group, json, language, markup, originality, paragraph,
    plugin, text, traces,
};
use serde_json::Value;

/// Every kind, without the prefix `not-` that any of them takes.
pub const KINDS: &[&str] = &[
    "equals",
    "contains",
    "contains-any",
    "contains-all",
    "term-count",
    "starts-with",
    "ends-with",
    "regex",
    "quoted",
    "word-count",
    "char-count",
    "line-count",
    "sentence-count",
    "paragraph-count",
    "paragraph-first-word",
    "list-item-count",
    "heading-count",
    "section-count",
    "highlight-count",
    "title",
    "postscript",
    "placeholder-count",
    "link-count",
    "letter-count",
    "capital-word-count",
    "case",
    "language",
    "is-json",
    "contains-json",
    "json-path",
    "json-count",
    "is-csv",
    "is-xml",
    "is-html",
    "is-yaml",
    "is-toml",
    "tokens-equal",
    "numbers-equal",
    "one-of",
    "label-accuracy",
    "levenshtein",
    "similarity",
    "original",
    "no-placeholder",
    "not-refusal",
    "file-exists",
    "file-type",
    "file-size",
    "sha256",
    "trace-count",
    "trace-order",
    "all",
    "any",
    "set",
    "plugin",
];

/// Kinds whose fields hold the answer: neither the worker nor a sentence it reads may see them.
const GOLD_KINDS: &[&str] =
    &["equals", "tokens-equal", "numbers-equal", "one-of", "label-accuracy", "levenshtein", "similarity"];

/// How text is looked at.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Options {
    pub(crate) ignore_case: bool,
    pub(crate) trim: bool,
}

impl Options {
    /// The text of a field as it is compared.
    pub(crate) fn fold(self, text: &str) -> String {
        let text = if self.trim { text.trim() } else { text };
        if self.ignore_case { text.to_lowercase() } else { text.to_owned() }
    }
}

/// A check that is written well.
#[derive(Debug)]
pub struct Check {
    kind: String,
    pub(crate) negated: bool,
    required: bool,
    weight: u32,
    gold: bool,
    pub(crate) target: Target,
    pub(crate) options: Options,
    pub(crate) rule: Rule,
}

/// What a kind does, by family.
#[derive(Debug)]
pub(crate) enum Rule {
    Text(text::Rule),
    Count(count::Rule),
    Paragraph(paragraph::Rule),
    Markup(markup::Rule),
    Language(language::Rule),
    Json(json::Rule),
    Csv(csv_table::Rule),
    Document(document::Rule),
    Compare(compare::Rule),
    Originality(originality::Rule),
    Files(files::Rule),
    Traces(traces::Rule),
    Group(group::Rule),
    Plugin,
}

/// Whether the JSON text of a check is written well; every mistake with its place.
pub fn validate(check: &str) -> Result<(), Vec<Issue>> {
    Check::parse(check).map(|_| ())
}

/// Whether a check, or one inside it, comes with a JSON Schema.
pub fn names_schema(check: &Value) -> bool {
    match check {
        Value::Object(fields) => fields.contains_key("schema") || fields.values().any(names_schema),
        Value::Array(checks) => checks.iter().any(names_schema),
        _ => false,
    }
}

impl Check {
    /// Reads the JSON text of a check.
    pub fn parse(check: &str) -> Result<Self, Vec<Issue>> {
        let issue = |message: String| vec![Issue { path: String::new(), message }];
        if check.len() > CHECK_BYTES_MAX {
            return Err(issue(format!("is larger than {CHECK_BYTES_MAX} bytes")));
        }
        let value = serde_json::from_str(check).map_err(|error| issue(format!("is not JSON: {error}")))?;
        Self::from_value(&value)
    }

    /// Reads a check that is JSON already.
    pub fn from_value(check: &Value) -> Result<Self, Vec<Issue>> {
        Self::nested(check, "", &mut Nesting { depth: 0, checks: 0 })
    }

    /// Reads a check at a place inside another one.
    pub(crate) fn nested(check: &Value, path: &str, nesting: &mut Nesting) -> Result<Self, Vec<Issue>> {
        let issue = |message: String| vec![Issue { path: path.to_owned(), message }];
        let Value::Object(map) = check else {
            return Err(issue(format!("must be an object with a kind, not {}", type_name(check))));
        };
        nesting.checks += 1;
        if nesting.checks > CHECKS_MAX || nesting.depth > NESTING_MAX {
            return Err(issue(format!(
                "is one of over {CHECKS_MAX} checks, or over {NESTING_MAX} compositions deep"
            )));
        }
        let mut fields = Fields::new(map, path);
        let check = Self::read(&mut fields, nesting);
        let issues = fields.finish();
        match check {
            Some(check) if issues.is_empty() => Ok(check),
            _ => Err(issues),
        }
    }

    fn read(fields: &mut Fields, nesting: &mut Nesting) -> Option<Self> {
        let kind = fields.need_text("kind");
        if kind.is_empty() {
            return None;
        }
        let (base, negated) = match kind.strip_prefix("not-") {
            Some(base) if !KINDS.contains(&kind.as_str()) => (base, true),
            _ => (kind.as_str(), false),
        };
        if !KINDS.contains(&base) {
            fields.issue("kind", format!("{base:?} is not a kind; kinds are {}", KINDS.join(", ")));
            return None;
        }
        let required = read_required(fields);
        let weight = read_weight(fields);
        fields.text("description");
        let options =
            Options { ignore_case: fields.flag("ignore_case", false), trim: fields.flag("trim", false) };
        let target = Target::parse(fields);
        let rule = Rule::parse(base, fields, options, nesting)?;
        rule.accepts(&target, fields);
        let gold = GOLD_KINDS.contains(&base) || matches!(&rule, Rule::Group(group) if group.has_gold());
        Some(Self { kind, negated, required, weight, gold, target, options, rule })
    }

    /// The kind as it is written, `not-` included.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// Whether a delivery passes only when this check does.
    pub fn required(&self) -> bool {
        self.required
    }

    /// Its share in the score.
    pub fn weight(&self) -> u32 {
        self.weight
    }

    /// Whether its fields hold the answer, which only the poster and the operator may see.
    pub fn has_gold(&self) -> bool {
        self.gold
    }
}

/// How much has been read of a check and of those inside it.
pub(crate) struct Nesting {
    pub(crate) depth: usize,
    checks: usize,
}

/// `required` is a flag; the kinds over documents also take a list of elements by
/// that name, which says nothing about the flag.
fn read_required(fields: &mut Fields) -> bool {
    match fields.get("required") {
        Some(Value::Array(_)) => true,
        _ => fields.flag("required", true),
    }
}

fn read_weight(fields: &mut Fields) -> u32 {
    let weight = fields.count("weight").unwrap_or(1);
    u32::try_from(weight).ok().filter(|weight| *weight <= 1_000_000).unwrap_or_else(|| {
        fields.issue("weight", "must be at most 1000000");
        1
    })
}

impl Rule {
    fn parse(kind: &str, fields: &mut Fields, options: Options, nesting: &mut Nesting) -> Option<Self> {
        if let Some(rule) = text::Rule::parse(kind, fields, options) {
            return Some(Self::Text(rule));
        }
        if let Some(rule) = count::Rule::parse(kind, fields, options) {
            return Some(Self::Count(rule));
        }
        if let Some(rule) = paragraph::Rule::parse(kind, fields) {
            return Some(Self::Paragraph(rule));
        }
        if let Some(rule) = markup::Rule::parse(kind, fields, options) {
            return Some(Self::Markup(rule));
        }
        if let Some(rule) = language::Rule::parse(kind, fields) {
            return Some(Self::Language(rule));
        }
        Self::parse_structured(kind, fields, options, nesting)
    }

    fn parse_structured(
        kind: &str,
        fields: &mut Fields,
        options: Options,
        nesting: &mut Nesting,
    ) -> Option<Self> {
        if let Some(rule) = json::Rule::parse(kind, fields, options) {
            return Some(Self::Json(rule));
        }
        if let Some(rule) = document::Rule::parse(kind, fields) {
            return Some(Self::Document(rule));
        }
        if let Some(rule) = compare::Rule::parse(kind, fields, options) {
            return Some(Self::Compare(rule));
        }
        if let Some(rule) = originality::Rule::parse(kind, fields) {
            return Some(Self::Originality(rule));
        }
        if let Some(rule) = files::Rule::parse(kind, fields) {
            return Some(Self::Files(rule));
        }
        match kind {
            "is-csv" => Some(Self::Csv(csv_table::Rule::parse(fields))),
            "plugin" => plugin::parse(fields, nesting).then_some(Self::Plugin),
            _ => traces::Rule::parse(kind, fields, options)
                .map(Self::Traces)
                .or_else(|| group::Rule::parse(kind, fields, nesting).map(Self::Group)),
        }
    }

    /// A rule that looks at no text refuses a target, and one about files needs it.
    fn accepts(&self, target: &Target, fields: &mut Fields) {
        match (self, target) {
            (Self::Traces(_) | Self::Group(_) | Self::Plugin, Target::Files(_)) => {
                fields.issue("target", "has no meaning here: the kind looks at no text of its own");
            }
            (Self::Files(rule), Target::Content) if rule.needs_files() => {
                fields.missing("target", "a glob over the names of attachments");
            }
            _ => {}
        }
    }
}
