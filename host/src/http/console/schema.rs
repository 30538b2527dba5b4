//! A JSON Schema of a configuration, as a table that people read and as a form they fill in.

use serde_json::Value;

use super::ration::Ration;

/// Fields below fields that are shown.
const DEPTH_MAX: usize = 3;

/// Fields that a page shows, and what they may take of it. What is left out is in the manifest,
/// which comes with the component.
const ROWS_MAX: usize = 40;
const TABLE: usize = 12_000;
const MARKUP: usize = 130;
const WORDS: usize = 600;

/// A field of a configuration.
pub struct SchemaRow {
    /// Where it is: the names of the objects around it, then its own.
    pub(super) at: Vec<String>,
    /// What is said of it.
    pub(super) field: Value,
    /// Its path, such as `rules.limit`.
    pub name: String,
    /// What it holds.
    pub kind: String,
    /// Whether it must be there.
    pub needed: bool,
    /// What is taken when it is not.
    pub usual: String,
    /// What it is for, and its bounds.
    pub about: String,
}

/// The fields of a schema, those of objects in it below them.
pub fn rows(schema: &Value) -> Vec<SchemaRow> {
    let (mut rows, mut ration) = (Vec::new(), Ration::of(TABLE));
    collect(schema, &[], &mut rows);
    rows.truncate(ROWS_MAX);
    let fits = |row: SchemaRow| {
        ration.row(MARKUP).then(|| SchemaRow {
            name: ration.line(&row.name, WORDS),
            kind: ration.line(&row.kind, WORDS),
            usual: ration.line(&row.usual, WORDS),
            about: ration.line(&row.about, WORDS),
            ..row
        })
    };
    rows.into_iter().map_while(fits).collect()
}

fn collect(schema: &Value, path: &[String], rows: &mut Vec<SchemaRow>) {
    let Some(fields) = schema["properties"].as_object() else { return };
    let needed: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for (name, field) in fields {
        let at: Vec<String> = path.iter().chain([name]).cloned().collect();
        rows.push(SchemaRow {
            kind: kind(field),
            needed: needed.contains(&name.as_str()),
            usual: field.get("default").map(Value::to_string).unwrap_or_default(),
            about: about(field),
            name: at.join("."),
            field: field.clone(),
            at: at.clone(),
        });
        if path.len() < DEPTH_MAX {
            collect(field, &at, rows);
        }
    }
}

fn kind(field: &Value) -> String {
    if let Some(words) = field["enum"].as_array() {
        let words: Vec<String> = words.iter().map(Value::to_string).collect();
        return format!("one of {}", words.join(", "));
    }
    let own = |field: &Value| match &field["type"] {
        Value::String(word) => word.clone(),
        Value::Array(words) => words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
        _ => "anything".into(),
    };
    match field["type"].as_str() {
        Some("array") => format!("list of {}", own(&field["items"])),
        _ => own(field),
    }
}

fn about(field: &Value) -> String {
    let bound = |name: &str, said: &str| field.get(name).map(|bound| format!("{said} {bound}"));
    let bounds = [
        bound("minimum", "at least"),
        bound("exclusiveMinimum", "above"),
        bound("maximum", "at most"),
        bound("exclusiveMaximum", "below"),
        bound("minLength", "characters: at least"),
        bound("maxLength", "characters: at most"),
        bound("minItems", "items: at least"),
        bound("maxItems", "items: at most"),
        bound("pattern", "of the form"),
    ];
    let text = field["description"].as_str().map(str::to_owned);
    text.into_iter().chain(bounds.into_iter().flatten()).collect::<Vec<_>>().join("; ")
}
