//! Kinds over the notes a worker left on the way.

use crate::bounds::Bounds;
use crate::check::Options;
use crate::fields::Fields;
use crate::judge::Trace;
use crate::outcome::{Verdict, quote};
use crate::pattern;
use regex::Regex;

/// The kinds of this family.
#[derive(Debug)]
pub(crate) enum Rule {
    Count { pattern: Option<Regex>, bounds: Bounds },
    Order(Vec<Regex>),
}

impl Rule {
    pub(crate) fn parse(kind: &str, fields: &mut Fields, options: Options) -> Option<Self> {
        let flags = if options.ignore_case { "i" } else { "" };
        Some(match kind {
            "trace-count" => Self::Count {
                pattern: fields
                    .text("pattern")
                    .and_then(|text| pattern::parse(fields, "pattern", &text, flags)),
                bounds: Bounds::parse(fields),
            },
            "trace-order" => {
                let texts = fields.need_texts("pattern");
                if texts.len() == 1 {
                    fields.issue("pattern", "must list two patterns or more, in their order");
                }
                Self::Order(
                    texts.iter().filter_map(|text| pattern::parse(fields, "pattern", text, flags)).collect(),
                )
            }
            _ => return None,
        })
    }

    pub(crate) fn judge(&self, traces: &[Trace]) -> Verdict {
        match self {
            Self::Count { pattern, bounds } => {
                let counts = |trace: &&Trace| pattern.as_ref().is_none_or(|pattern| matches(pattern, trace));
                bounds.judge(traces.iter().filter(counts).count() as u64, "trace", "traces")
            }
            Self::Order(patterns) => judge_order(traces, patterns),
        }
    }
}

fn matches(pattern: &Regex, trace: &Trace) -> bool {
    pattern.is_match(trace.event) || pattern.is_match(trace.message)
}

/// Each pattern must match a later trace than the one before it.
fn judge_order(traces: &[Trace], patterns: &[Regex]) -> Verdict {
    let mut left = traces.iter();
    for pattern in patterns {
        if !left.any(|trace| matches(pattern, trace)) {
            let what = format!("no trace in its place for {}", quote(pattern.as_str()));
            return Verdict::fail(what).wanted("all in order", "another order");
        }
    }
    Verdict::pass(format!("{} traces in order", patterns.len())).wanted("all in order", "another order")
}
