//! Figures: times sorted, and a report as lines.

use std::fmt::Write as _;

use serde_json::{Map, Value};

/// The value below which so many of a million are, in a sorted list; 0 in an empty one.
pub(super) fn percentile<T: Copy + Default>(sorted: &[T], of_a_million: usize) -> T {
    let place = sorted.len().saturating_sub(1).saturating_mul(of_a_million) / 1_000_000;
    sorted.get(place).copied().unwrap_or_default()
}

/// A figure with as many decimals as it has use for.
#[expect(clippy::cast_precision_loss, reason = "a figure is read by people")]
pub(super) fn rounded(figure: f64) -> Value {
    let decimals = match figure.abs() {
        large if large >= 1_000.0 => 0,
        middle if middle >= 10.0 => 1,
        _ => 3,
    };
    let scale = [1_i64, 10, 100, 1_000][decimals] as f64;
    let value = (figure * scale).round() / scale;
    serde_json::Number::from_f64(value).map_or(Value::Null, Value::Number)
}

/// A number of things as a figure.
#[expect(clippy::cast_precision_loss, reason = "a figure is read by people")]
pub(super) const fn count(things: u64) -> f64 {
    things as f64
}

/// Every figure of a report on a line of its own, under the name of where it stands.
pub(super) fn table(report: &Value) -> String {
    let mut text = String::new();
    if let Value::Object(fields) = report {
        lines("", fields, &mut text);
    }
    text
}

fn lines(path: &str, fields: &Map<String, Value>, text: &mut String) {
    for (name, value) in fields {
        let name = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        match value {
            Value::Object(inner) => lines(&name, inner, text),
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    match item {
                        Value::Object(inner) => lines(&format!("{name}.{index}"), inner, text),
                        other => one(&name, other, text),
                    }
                }
            }
            other => one(&name, other, text),
        }
    }
}

fn one(name: &str, value: &Value, text: &mut String) {
    // Writing to a String cannot fail.
    let _ = match value {
        Value::String(words) => writeln!(text, "{name:<44} {words}"),
        other => writeln!(text, "{name:<44} {other}"),
    };
}
