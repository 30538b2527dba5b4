//! Kinds that look for text in text.

use crate::check::Options;
use crate::fields::Fields;
use crate::json;
use crate::judge::Scene;
use crate::outcome::{Verdict, counted, quote, times};
use crate::pattern::Pattern;
use assay_text::words;
use serde_json::Value;

/// Characters of text before the end of a match that the evidence shows.
const MATCH_CHARS_MAX: usize = 30;

/// The kinds of this family.
#[derive(Debug)]
pub(crate) enum Rule {
    EqualsText(String),
    EqualsJson { value: Value, ignore_case: bool },
    Contains { value: String, whole_word: bool },
    ContainsAny { values: Vec<String>, whole_word: bool },
    ContainsAll { values: Vec<String>, whole_word: bool },
    StartsWith { value: String, ends: Ends },
    EndsWith { value: String, ends: Ends },
    Regex(Option<Pattern>),
    Quoted,
    OneOf(Vec<String>),
}

/// How the start and the end of a text are looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ends {
    trim_quotes: bool,
    whole_word: bool,
}

impl Ends {
    fn parse(fields: &mut Fields) -> Self {
        Self { trim_quotes: fields.flag("trim_quotes", false), whole_word: fields.flag("whole_word", false) }
    }

    fn unquoted(self, text: &str) -> &str {
        if self.trim_quotes { text.trim_matches('"') } else { text }
    }

    /// Whether the value may end between these two characters: "I" is no start of "In".
    fn part(self, before: Option<char>, after: Option<char>) -> bool {
        let inside_word = before.is_some_and(words::is_word) && after.is_some_and(words::is_word);
        !(self.whole_word && inside_word)
    }
}

impl Rule {
    pub(crate) fn parse(kind: &str, fields: &mut Fields, options: Options) -> Option<Self> {
        Some(match kind {
            "equals" => Self::parse_equals(fields, options),
            "contains" => Self::Contains {
                value: options.fold(&fields.need_text("value")),
                whole_word: fields.flag("whole_word", false),
            },
            "contains-any" => Self::ContainsAny {
                values: parse_values(fields, options),
                whole_word: fields.flag("whole_word", false),
            },
            "contains-all" => Self::ContainsAll {
                values: parse_values(fields, options),
                whole_word: fields.flag("whole_word", false),
            },
            "starts-with" => Self::StartsWith {
                value: options.fold(&fields.need_text("value")).trim_start().to_owned(),
                ends: Ends::parse(fields),
            },
            "ends-with" => Self::EndsWith {
                value: options.fold(&fields.need_text("value")).trim_end().to_owned(),
                ends: Ends::parse(fields),
            },
            "regex" => Self::Regex(parse_regex(fields, options)),
            "quoted" => Self::Quoted,
            "one-of" => Self::OneOf(parse_values(fields, options)),
            _ => return None,
        })
    }

    fn parse_equals(fields: &mut Fields, options: Options) -> Self {
        // `null` is a value to compare with, so its presence is asked of the check itself.
        match fields.get_present("value") {
            Some(Value::String(text)) => Self::EqualsText(options.fold(text)),
            Some(value) => Self::EqualsJson { value: value.clone(), ignore_case: options.ignore_case },
            None => {
                fields.missing("value", "the text or JSON it must equal");
                Self::EqualsText(String::new())
            }
        }
    }

    pub(crate) fn judge(&self, scene: &Scene) -> Verdict {
        match self {
            Self::EqualsText(value) => judge_equal(scene.folded() == value),
            Self::EqualsJson { value, ignore_case } => match json::parse_nested(scene.plain()) {
                Ok(found) => judge_equal(json::equal(&found, value, *ignore_case)),
                Err(verdict) => verdict,
            },
            Self::Contains { value, whole_word } => {
                let count = words::occurrences(scene.folded(), value, *whole_word);
                Verdict::of(count > 0, format!("{} {}", quote(value), times(count)))
                    .wanted("at least once", "none")
            }
            Self::ContainsAny { values, whole_word } => contains_any(scene.folded(), values, *whole_word),
            Self::ContainsAll { values, whole_word } => contains_all(scene.folded(), values, *whole_word),
            Self::StartsWith { value, ends } => {
                let text = ends.unquoted(scene.folded().trim());
                let rest = text.strip_prefix(value.as_str());
                let holds =
                    rest.is_some_and(|rest| ends.part(value.chars().next_back(), rest.chars().next()));
                Verdict::of(holds, format!("starts with {}", quote(text))).wanting(quote(value))
            }
            Self::EndsWith { value, ends } => {
                let text = ends.unquoted(scene.folded().trim());
                let rest = text.strip_suffix(value.as_str());
                let holds =
                    rest.is_some_and(|rest| ends.part(rest.chars().next_back(), value.chars().next()));
                Verdict::of(holds, format!("ends with {}", quote(tail(text)))).wanting(quote(value))
            }
            Self::Regex(pattern) => judge_regex(pattern.as_ref(), scene.plain()),
            Self::Quoted => quoted(scene.plain()),
            Self::OneOf(values) => Verdict::of(
                values.iter().any(|value| value == scene.folded()),
                if values.iter().any(|value| value == scene.folded()) {
                    "the text is one of the accepted answers"
                } else {
                    "the text is none of the accepted answers"
                },
            ),
        }
    }
}

fn parse_values(fields: &mut Fields, options: Options) -> Vec<String> {
    fields.need_texts("values").iter().map(|value| options.fold(value)).collect()
}

/// `ignore_case` is the flag `i`.
fn parse_regex(fields: &mut Fields, options: Options) -> Option<Pattern> {
    let mut flags = fields.text("flags").unwrap_or_default();
    if options.ignore_case {
        flags.push('i');
    }
    let pattern = fields.need_text("pattern");
    Pattern::parse(fields, "pattern", &pattern, &flags)
}

/// The evidence keeps the expected value to the poster.
fn judge_equal(equal: bool) -> Verdict {
    Verdict::of(equal, if equal { "equals the expected value" } else { "differs from the expected value" })
}

fn contains_any(text: &str, values: &[String], whole_word: bool) -> Verdict {
    let found = values.iter().find(|value| words::occurs(text, value, whole_word));
    let what = match found {
        Some(value) => format!("{} {}", quote(value), times(words::occurrences(text, value, whole_word))),
        None => format!("none of {} found", counted(values.len() as u64, "text", "texts")),
    };
    Verdict::of(found.is_some(), what).wanted("at least one", "none")
}

fn contains_all(text: &str, values: &[String], whole_word: bool) -> Verdict {
    let missing: Vec<&String> =
        values.iter().filter(|value| !words::occurs(text, value, whole_word)).collect();
    let (all, found) = (values.len() as u64, (values.len() - missing.len()) as u64);
    let mut what = format!("{found} of {all} texts found");
    if !missing.is_empty() {
        let named: Vec<String> = missing.iter().take(5).map(|value| quote(value)).collect();
        what = format!("{what}, missing {}", named.join(", "));
    }
    Verdict::share(found, all, what)
}

/// The last characters, as many as a quotation shows.
fn tail(text: &str) -> &str {
    let start = text.char_indices().rev().nth(crate::limits::QUOTE_CHARS_MAX - 1);
    start.map_or(text, |(at, _)| &text[at..])
}

fn judge_regex(pattern: Option<&Pattern>, text: &str) -> Verdict {
    let Some(pattern) = pattern else { return Verdict::error("the pattern does not compile") };
    let found = pattern.first_end(text);
    let what = match found {
        Some(end) => format!("the pattern matches at {}", quote(before(text, end))),
        None => "nothing matches the pattern".to_owned(),
    };
    Verdict::of(found.is_some(), what).wanted("a match", "no match")
}

/// The last characters before a place.
fn before(text: &str, end: usize) -> &str {
    let text = text.get(..end).unwrap_or_default();
    let start = text.char_indices().rev().take(MATCH_CHARS_MAX).last();
    start.map_or("", |(at, _)| &text[at..])
}

fn quoted(text: &str) -> Verdict {
    let text = text.trim();
    let holds = text.len() > 1 && text.starts_with('"') && text.ends_with('"');
    let what = match (text.starts_with('"'), text.ends_with('"')) {
        _ if holds => "begins and ends with a double quotation mark",
        (true, true) => "is a single double quotation mark",
        (true, false) => "does not end with a double quotation mark",
        (false, true) => "does not begin with a double quotation mark",
        (false, false) => "neither begins nor ends with a double quotation mark",
    };
    Verdict::of(holds, what)
}
