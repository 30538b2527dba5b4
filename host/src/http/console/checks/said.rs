//! A check in words.

use serde_json::{Value, json};

use super::super::words::grouped;
use super::{COMMON, Kind, Part, Shape, find};

/// Longest text that is read out, in characters.
const QUOTED_MAX: usize = 120;

/// A check in words.
pub fn said(check: &Value) -> String {
    let name = check.get("kind").and_then(Value::as_str).unwrap_or_default();
    let (kind, negated) = match find(name) {
        Some(kind) => (Some(kind), false),
        None => (name.strip_prefix("not-").and_then(find), true),
    };
    let Some(kind) = kind else { return format!("{name} (unknown)") };
    let mut facts: Vec<String> = bounds(kind, check).into_iter().collect();
    for (place, part) in kind.parts.iter().enumerate() {
        facts.extend(check.get(part.name).and_then(|value| fact(part, value, place == 0)));
    }
    for part in COMMON.iter().filter(|part| !["weight", "description"].contains(&part.name)) {
        facts.extend(check.get(part.name).and_then(|value| fact(part, value, false)));
    }
    if check.get("required") == Some(&json!(false)) {
        facts.push("counts for the score only".into());
    }
    let opposite = if negated { "The opposite of: " } else { "" };
    let colon = if facts.is_empty() { "" } else { ": " };
    format!("{opposite}{}{colon}{}", kind.label, facts.join("; "))
}

fn fact(part: &Part, value: &Value, first: bool) -> Option<String> {
    match (part.shape, value) {
        (_, Value::Null | Value::Bool(false)) if matches!(part.shape, Shape::Tick) => None,
        (Shape::Tick, _) => Some(lower(part.label)),
        (Shape::Choice(options), value) => {
            let word = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            Some(options.iter().find(|(name, _)| *name == word).map_or(word, |(_, text)| (*text).to_owned()))
        }
        (Shape::Json, Value::Array(all)) if part.name == "checks" => {
            Some(all.iter().map(|one| format!("({})", said(one))).collect::<Vec<_>>().join(", "))
        }
        (_, value) if first => Some(quoted(value)),
        (_, value) => Some(format!("{} {}", lower(part.label), quoted(value))),
    }
}

/// `at least 1,500`; without any bounds there must be one.
fn bounds(kind: &Kind, check: &Value) -> Option<String> {
    let number = |name: &str| check.get(name).and_then(Value::as_u64).map(grouped);
    if !kind.counts {
        return None;
    }
    Some(match (number("exact"), number("min"), number("max")) {
        (Some(exact), ..) => format!("exactly {exact}"),
        (None, Some(min), Some(max)) => format!("from {min} to {max}"),
        (None, Some(min), None) => format!("at least {min}"),
        (None, None, Some(max)) => format!("at most {max}"),
        (None, None, None) if kind.name == "is-csv" || kind.name == "link-count" => return None,
        (None, None, None) => "at least 1".into(),
    })
}

fn lower(label: &str) -> String {
    let mut letters = label.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

fn quoted(value: &Value) -> String {
    let text = match value {
        Value::String(text) => format!("“{text}”"),
        Value::Array(all) if all.iter().all(|one| !one.is_object()) => {
            all.iter().map(quoted).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    };
    if text.chars().count() <= QUOTED_MAX {
        return text;
    }
    text.chars().take(QUOTED_MAX).chain(['…']).collect()
}
