//! A field as it is written in `openapi/*.json`: `["kind", "what it is", example]`, or a
//! JSON Schema where that says too little.
//!
//! | kind | is |
//! |---|---|
//! | `id`, `time`, `digest`, `url`, `flag`, `whole`, `number`, `object`, `json` | what their names say |
//! | `text`, `text 1..200`, `whole 0..10` | with bounds |
//! | `money` | as the surface writes it; in a request a number or a decimal text |
//! | `open\|paid`, `=USD` | one of these words, this word |
//! | `Task` | a schema of `schemas.json`, in the surface's style |
//! | `[text 1..100]..50` | a list of them, at most so many |
//! | `…?` | or null |

use serde_json::{Value, json};

use super::schemas::Schemas;
use crate::http::render::Style;

/// Which side of the wire a field is on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// In a request.
    Asked,
    /// In an answer.
    Answered,
}

/// The JSON Schema of a field.
pub(super) fn schema(field: &Value, side: Side, style: Style, schemas: &mut Schemas) -> Value {
    let Some(parts) = field.as_array() else {
        schemas.note_references(field);
        return field.clone();
    };
    let kind = parts.first().and_then(Value::as_str).unwrap_or_default();
    let mut schema = of_kind(kind, side, style, schemas);
    if let Some(description) = parts.get(1).filter(|text| *text != "") {
        schema["description"] = description.clone();
    }
    if let Some(example) = parts.get(2) {
        let numbers = style == Style::Commission && kind.starts_with("money");
        let digits = example.as_str().filter(|_| numbers).and_then(|text| serde_json::from_str(text).ok());
        schema["examples"] = json!([digits.unwrap_or_else(|| example.clone())]);
    }
    schema
}

fn of_kind(kind: &str, side: Side, style: Style, schemas: &mut Schemas) -> Value {
    if let Some(kind) = kind.strip_suffix('?') {
        return nullable(of_kind(kind, side, style, schemas));
    }
    if let Some(rest) = kind.strip_prefix('[') {
        let (inner, most) = rest.rsplit_once(']').unwrap_or((rest, ""));
        let mut list = json!({ "type": "array", "items": of_kind(inner, side, style, schemas) });
        if let Some(most) = most.strip_prefix("..").and_then(|most| most.parse::<u64>().ok()) {
            list["maxItems"] = most.into();
        }
        return list;
    }
    if let Some(word) = kind.strip_prefix('=') {
        return json!({ "type": "string", "enum": [word] });
    }
    if !kind.contains('|') && kind.starts_with(|first: char| first.is_ascii_uppercase()) {
        return schemas.reference(kind, style);
    }
    if kind.contains('|') {
        return json!({ "type": "string", "enum": kind.split('|').collect::<Vec<_>>() });
    }
    let (word, range) = kind.split_once(' ').unwrap_or((kind, ""));
    let name = match (word, side, style) {
        ("money", Side::Asked, _) => "MoneyGiven",
        ("money", Side::Answered, Style::Commission) => "MoneyNumber",
        ("money", Side::Answered, _) => "MoneyText",
        ("id", ..) => "Id",
        ("time", ..) => "Time",
        ("digest", ..) => "Digest",
        _ => return bounded(simple(word, schemas), word, range),
    };
    schemas.reference(name, style)
}

fn simple(word: &str, schemas: &mut Schemas) -> Value {
    match word {
        "text" => json!({ "type": "string" }),
        "url" => json!({ "type": "string", "format": "uri" }),
        "whole" => json!({ "type": "integer" }),
        "number" => json!({ "type": "number" }),
        "flag" => json!({ "type": "boolean" }),
        "object" => json!({ "type": "object" }),
        "json" => json!({}),
        other => {
            schemas.fault(format!("{other:?} is no kind of field"));
            json!({})
        }
    }
}

fn bounded(mut schema: Value, word: &str, range: &str) -> Value {
    let (least, most) = if word == "text" { ("minLength", "maxLength") } else { ("minimum", "maximum") };
    if let Some((from, to)) = range.split_once("..") {
        for (name, digits) in [(least, from), (most, to)] {
            if let Ok(bound) = digits.parse::<i64>() {
                schema[name] = bound.into();
            }
        }
    }
    schema
}

/// The same, or null.
pub(super) fn nullable(mut schema: Value) -> Value {
    if schema == json!({}) {
        return schema;
    }
    if let Some(Value::Array(words)) = schema.get_mut("enum") {
        words.push(Value::Null);
    }
    match schema.get("type").cloned() {
        Some(Value::String(word)) => {
            schema["type"] = json!([word, "null"]);
            schema
        }
        Some(Value::Array(mut words)) => {
            if !words.contains(&json!("null")) {
                words.push("null".into());
            }
            schema["type"] = words.into();
            schema
        }
        _ => {
            let mut around = json!({ "anyOf": [schema, { "type": "null" }] });
            for kept in ["description", "examples"] {
                if let Some(value) = around["anyOf"][0].as_object_mut().and_then(|one| one.remove(kept)) {
                    around[kept] = value;
                }
            }
            around
        }
    }
}

/// A list of fields as the schema of an object. In a request what may be left out may
/// also be null.
pub(super) fn object(
    fields: &serde_json::Map<String, Value>,
    required: &[&str],
    side: Side,
    style: Style,
    schemas: &mut Schemas,
) -> Value {
    let mut properties = serde_json::Map::new();
    for (name, field) in fields {
        let needed = required.contains(&name.as_str());
        let schema = schema(field, side, style, schemas);
        let schema = if side == Side::Asked && !needed { nullable(schema) } else { schema };
        properties.insert(style.name(name), schema);
    }
    let required: Vec<String> = required.iter().map(|name| style.name(name)).collect();
    let mut object = json!({ "type": "object", "properties": properties });
    if !required.is_empty() {
        object["required"] = required.into();
    }
    object
}
