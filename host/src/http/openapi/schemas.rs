//! The schemas that answers and requests share, each in the style of the surface that
//! shows it. Only those that something refers to are in the document.

use std::collections::{BTreeMap, BTreeSet};

use assay_domain::refusal::Code;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::fields::{self, Side};
use crate::http::render::Style;

const SCHEMAS: &str = include_str!("schemas.json");
const PARAMETERS: &str = include_str!("parameters.json");

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    /// JSON Schemas as they are.
    plain: BTreeMap<String, Value>,
    /// Objects of fields, written in each style.
    styled: BTreeMap<String, Styled>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Styled {
    about: String,
    /// The fields of this one come first.
    extends: Option<String>,
    fields: Map<String, Value>,
    /// Fields that are not always there.
    #[serde(default)]
    optional: Vec<String>,
    /// On which side of the wire it is; in an answer, unless said.
    #[serde(default)]
    asked: bool,
}

/// All schemas, and which of them the document needs.
#[derive(Default)]
pub(super) struct Schemas {
    kept: Kept,
    parameters: BTreeMap<String, Value>,
    needed: BTreeMap<String, (String, Style)>,
    responses: Map<String, Value>,
    faults: Vec<String>,
}

impl Schemas {
    pub(super) fn read(wrong: &mut Vec<String>) -> Self {
        let mut faulty = |what: &str, error: &serde_json::Error| wrong.push(format!("{what}: {error}"));
        let kept = serde_json::from_str(SCHEMAS).map_err(|error| faulty("schemas.json", &error));
        let parameters = serde_json::from_str(PARAMETERS).map_err(|error| faulty("parameters.json", &error));
        let mut read = Self {
            kept: kept.unwrap_or_default(),
            parameters: parameters.unwrap_or_default(),
            ..Self::default()
        };
        let codes: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        let docs: Map<String, Value> =
            Code::ALL.iter().map(|code| (code.as_str().to_owned(), code.doc().into())).collect();
        let code = json!({
            "type": "string", "enum": codes, "x-enum-descriptions": docs,
            "description": "The stable name of a refusal.",
        });
        read.kept.plain.insert("ErrorCode".into(), code);
        read
    }

    /// Something is wrong with the words.
    pub(super) fn fault(&mut self, what: String) {
        self.faults.push(what);
    }

    /// A reference to a schema, in the style of a surface.
    pub(super) fn reference(&mut self, name: &str, style: Style) -> Value {
        let shown = if self.kept.styled.contains_key(name) {
            format!("{}{name}", style.prefix())
        } else {
            if !self.kept.plain.contains_key(name) {
                self.fault(format!("{name:?} is no schema"));
            }
            name.to_owned()
        };
        self.needed.insert(shown.clone(), (name.to_owned(), style));
        json!({ "$ref": format!("#/components/schemas/{shown}") })
    }

    /// The schemas that a hand-written one refers to are needed, too.
    pub(super) fn note_references(&mut self, schema: &Value) {
        match schema {
            Value::Object(members) => {
                if let Some(name) = members.get("$ref").and_then(Value::as_str) {
                    let name = name.rsplit('/').next().unwrap_or_default().to_owned();
                    self.reference(&name, Style::Snake);
                }
                members.values().for_each(|one| self.note_references(one));
            }
            Value::Array(items) => items.iter().for_each(|one| self.note_references(one)),
            _ => {}
        }
    }

    /// A parameter that many operations have.
    pub(super) fn parameter(&mut self, name: &str) -> Value {
        let found = self.parameters.get(name).cloned();
        if found.is_none() {
            self.fault(format!("{name:?} is no shared parameter"));
        }
        found.unwrap_or_default()
    }

    /// A response that many operations have, kept once under its name.
    pub(super) fn response(&mut self, name: String, made: impl FnOnce() -> Value) -> Value {
        let reference = json!({ "$ref": format!("#/components/responses/{name}") });
        self.responses.entry(name).or_insert_with(made);
        reference
    }

    fn written(&mut self, name: &str, style: Style) -> Value {
        if let Some(plain) = self.kept.plain.get(name).cloned() {
            self.note_references(&plain);
            return plain;
        }
        let Some(styled) = self.kept.styled.get(name).cloned() else { return json!({}) };
        let mut all = Map::new();
        let mut optional: BTreeSet<String> = styled.optional.iter().cloned().collect();
        if let Some(base) = styled.extends.as_ref().and_then(|base| self.kept.styled.get(base)) {
            all.extend(base.fields.clone());
            optional.extend(base.optional.iter().cloned());
        }
        all.extend(styled.fields);
        let required: Vec<&str> =
            all.keys().map(String::as_str).filter(|name| !optional.contains(*name)).collect();
        let side = if styled.asked { Side::Asked } else { Side::Answered };
        let mut object = fields::object(&all, &required, side, style, self);
        object["description"] = styled.about.into();
        object
    }

    /// The schemas that are needed, and those that they need, until there are no more.
    fn settle(&mut self) -> Map<String, Value> {
        let mut written = Map::new();
        while let Some((shown, (name, style))) = self
            .needed
            .iter()
            .find(|(shown, _)| !written.contains_key(*shown))
            .map(|(a, b)| (a.clone(), b.clone()))
        {
            let schema = self.written(&name, style);
            written.insert(shown, schema);
        }
        written
    }

    /// An example of a schema: its own, or one put together from those of its parts.
    pub(super) fn example(&mut self, schema: &Value) -> Value {
        let written = self.settle();
        example(schema, &written)
    }

    /// `components`, and what is wrong with the words.
    pub(super) fn into_components(mut self) -> (Value, Vec<String>) {
        self.reference("Problem", Style::Snake);
        self.reference("ErrorCode", Style::Snake);
        let written = self.settle();
        let components = json!({
            "schemas": written,
            "responses": self.responses,
            "headers": self.parameters.get("headers"),
            "securitySchemes": self.parameters.get("security"),
        });
        (components, self.faults)
    }
}

fn example(schema: &Value, all: &Map<String, Value>) -> Value {
    if let Some(given) = schema.get("examples").and_then(|given| given.get(0)) {
        return given.clone();
    }
    if let Some(value) = schema.get("const") {
        return value.clone();
    }
    if let Some(first) = schema.get("enum").and_then(|words| words.get(0)) {
        return first.clone();
    }
    if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        let name = name.rsplit('/').next().unwrap_or_default();
        return all.get(name).map_or(Value::Null, |schema| example(schema, all));
    }
    if let Some(parts) = schema.get("allOf").and_then(Value::as_array) {
        let merged = parts.iter().map(|part| example(part, all));
        let merged = merged.filter_map(|part| part.as_object().cloned()).flatten();
        return Value::Object(merged.collect());
    }
    for choice in ["anyOf", "oneOf"] {
        if let Some(first) = schema.get(choice).and_then(|choices| choices.get(0)) {
            return example(first, all);
        }
    }
    of_type(schema, all)
}

fn of_type(schema: &Value, all: &Map<String, Value>) -> Value {
    let word = schema.get("type").map_or("", |kind| kind.get(0).unwrap_or(kind).as_str().unwrap_or_default());
    match word {
        "object" => {
            let members = schema.get("properties").and_then(Value::as_object);
            let members = members.into_iter().flatten();
            Value::Object(members.map(|(name, part)| (name.clone(), example(part, all))).collect())
        }
        "array" => schema.get("items").map_or(json!([]), |item| json!([example(item, all)])),
        "integer" => schema.get("minimum").cloned().unwrap_or(json!(1)),
        "number" => json!(0.5),
        "boolean" => json!(true),
        "string" if schema.get("format") == Some(&json!("uri")) => json!("https://example.com/"),
        "string" => json!("text"),
        _ => Value::Null,
    }
}
