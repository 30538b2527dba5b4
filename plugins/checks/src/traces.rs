//! Kinds over the notes a worker left on the way.

use crate::bounds::Bounds;
use crate::check::Options;
use crate::fields::Fields;
use crate::judge::Trace;
use crate::outcome::{Verdict, quote};
use crate::pattern::Pattern;

/// The kinds of this family.
#[derive(Debug)]
pub(crate) enum Rule {
    Count { pattern: Option<Pattern>, bounds: Bounds },
    Order(Vec<(String, Pattern)>),
}

impl Rule {
    pub(crate) fn parse(kind: &str, fields: &mut Fields, options: Options) -> Option<Self> {
        let flags = if options.ignore_case { "i" } else { "" };
        Some(match kind {
            "trace-count" => Self::Count {
                pattern: fields
                    .text("pattern")
                    .and_then(|text| Pattern::parse(fields, "pattern", &text, flags)),
                bounds: Bounds::parse(fields),
            },
            "trace-order" => {
                let texts = fields.need_texts("pattern");
                if texts.len() == 1 {
                    fields.issue("pattern", "must list two patterns or more, in their order");
                }
                let compiled = |text: String| {
                    let pattern = Pattern::parse(fields, "pattern", &text, flags)?;
                    Some((text, pattern))
                };
                Self::Order(texts.into_iter().filter_map(compiled).collect())
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

fn matches(pattern: &Pattern, trace: &Trace) -> bool {
    pattern.is_match(trace.event) || pattern.is_match(trace.message)
}

/// Each pattern must match a later trace than the one before it.
fn judge_order(traces: &[Trace], patterns: &[(String, Pattern)]) -> Verdict {
    let mut left = traces.iter();
    for (text, pattern) in patterns {
        if !left.any(|trace| matches(pattern, trace)) {
            let what = format!("no trace in its place for {}", quote(text));
            return Verdict::fail(what).wanted("all in order", "another order");
        }
    }
    Verdict::pass(format!("{} traces in order", patterns.len())).wanted("all in order", "another order")
}
