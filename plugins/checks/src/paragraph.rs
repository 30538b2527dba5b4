//! Kinds over paragraphs.

use crate::bounds::Bounds;
use crate::fields::Fields;
use crate::outcome::{Verdict, counted, grouped, quote};
use std::collections::BTreeSet;

/// The kinds of this family.
#[derive(Debug)]
pub(crate) enum Rule {
    Count { separator: Option<String>, distinct: bool, bounds: Bounds },
    FirstWord { paragraphs: Option<u64>, index: u64, word: String },
}

impl Rule {
    pub(crate) fn parse(kind: &str, fields: &mut Fields) -> Option<Self> {
        match kind {
            "paragraph-count" => {
                let separator = fields.text("separator");
                if separator.as_deref() == Some("") {
                    fields.issue("separator", "must not be empty; leave it out for blank lines");
                }
                let blank = separator.as_deref().is_none_or(|separator| separator.trim().is_empty());
                Some(Self::Count {
                    separator: separator.filter(|_| !blank),
                    distinct: fields.flag("distinct", false),
                    bounds: Bounds::parse(fields),
                })
            }
            "paragraph-first-word" => Some(Self::parse_first_word(fields)),
            _ => None,
        }
    }

    fn parse_first_word(fields: &mut Fields) -> Self {
        let paragraphs = fields.count("paragraphs");
        let index = fields.count("index").unwrap_or_else(|| {
            fields.missing("index", "the paragraph's number from 1");
            1
        });
        if index == 0 {
            fields.issue("index", "counts from 1");
        }
        if paragraphs.is_some_and(|paragraphs| index > paragraphs) {
            fields.issue("index", "must be at most paragraphs");
        }
        Self::FirstWord { paragraphs, index, word: first_word(&fields.need_text("word")) }
    }

    pub(crate) fn judge(&self, text: &str) -> Verdict {
        match self {
            Self::Count { separator, distinct, bounds } => {
                let parts = match separator {
                    Some(separator) => text.split(separator.as_str()).collect(),
                    None => blank_line_parts(text),
                };
                judge_parts(parts, *distinct, *bounds)
            }
            Self::FirstWord { paragraphs, index, word } => judge_first_word(text, *paragraphs, *index, word),
        }
    }
}

/// Parts between runs of lines with nothing but white space on them.
fn blank_line_parts(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut end, mut at) = (None, 0, 0);
    for line in text.split_inclusive('\n') {
        let next = at + line.len();
        if line.trim().is_empty() {
            if let Some(start) = start.take() {
                parts.push(&text[start..end]);
            }
        } else {
            start.get_or_insert(at);
            end = next;
        }
        at = next;
    }
    parts.extend(start.map(|start| &text[start..end]));
    parts
}

fn judge_parts(mut parts: Vec<&str>, distinct: bool, bounds: Bounds) -> Verdict {
    if parts.first().is_some_and(|part| part.trim().is_empty()) {
        parts.remove(0);
    }
    if parts.last().is_some_and(|part| part.trim().is_empty()) {
        parts.pop();
    }
    let count = parts.len() as u64;
    if let Some(empty) = parts.iter().position(|part| part.trim().is_empty()) {
        return Verdict::fail(format!("part {} of {} is empty", empty + 1, grouped(count)))
            .wanting(bounds.words());
    }
    let mut seen = BTreeSet::new();
    if distinct && let Some(same) = parts.iter().position(|part| !seen.insert(part.trim())) {
        return Verdict::fail(format!("part {} of {} repeats an earlier one", same + 1, grouped(count)))
            .wanting(format!("{} different ones", bounds.words()));
    }
    bounds.judge(count, "paragraph", "paragraphs")
}

fn judge_first_word(text: &str, paragraphs: Option<u64>, index: u64, word: &str) -> Verdict {
    let parts = blank_line_parts(text);
    let count = parts.len() as u64;
    if let Some(wanted) = paragraphs
        && wanted != count
    {
        return Verdict::fail(counted(count, "paragraph", "paragraphs"))
            .wanting(Bounds::exactly(wanted).words());
    }
    let Some(part) = usize::try_from(index - 1).ok().and_then(|index| parts.get(index)) else {
        return Verdict::fail(counted(count, "paragraph", "paragraphs")).wanting(format!("at least {index}"));
    };
    let found = first_word(part);
    Verdict::of(found == word, format!("paragraph {index} starts with {}", quote(&found)))
        .wanting(quote(word))
}

/// The first word in lower case: without quotation marks before it, up to its
/// first punctuation.
fn first_word(text: &str) -> String {
    let word = text.split_whitespace().next().unwrap_or_default();
    let word = word.trim_start_matches(['"', '\'', '“', '‘', '„', '«']);
    let punctuation = |character: char| {
        matches!(
            character,
            '.' | ',' | '?' | '!' | '\'' | '"' | ':' | ';' | '”' | '’' | '»' | '…' | '。' | '、'
        )
    };
    let end = word.find(punctuation).unwrap_or(word.len());
    word[..end].to_lowercase()
}
