//! Kinds over other formats: XML, HTML, YAML, TOML.

use crate::fields::Fields;
use crate::json::unfenced;
use crate::outcome::{Verdict, quote};
use crate::schema::Schema;
use crate::{html, yaml};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use serde_json::Value;
use std::collections::BTreeSet;

/// The kinds of this family.
#[derive(Debug)]
pub(crate) struct Rule {
    format: Format,
    elements: Vec<String>,
    schema: Option<Schema>,
    allow_fence: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Xml,
    Html,
    Yaml,
    Toml,
}

impl Rule {
    pub(crate) fn parse(kind: &str, fields: &mut Fields) -> Option<Self> {
        let format = match kind {
            "is-xml" => Format::Xml,
            "is-html" => Format::Html,
            "is-yaml" => Format::Yaml,
            "is-toml" => Format::Toml,
            _ => return None,
        };
        let tagged = matches!(format, Format::Xml | Format::Html);
        let mut elements = fields.texts("elements").unwrap_or_default();
        if let Some(Value::Array(_)) = fields.get("required") {
            elements.extend(fields.texts("required").unwrap_or_default());
        }
        if format == Format::Html {
            for element in &mut elements {
                element.make_ascii_lowercase();
            }
        }
        let schema = Schema::parse(fields, "schema");
        if tagged && schema.is_some() {
            fields.issue("schema", "has no meaning here; name the elements that are needed");
        }
        Some(Self { format, elements, schema, allow_fence: fields.flag("allow_fence", false) })
    }

    pub(crate) fn judge(&self, text: &str) -> Verdict {
        let text = unfenced(text, self.allow_fence);
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        match self.format {
            Format::Xml => self.judge_elements(read_xml(text), "XML"),
            Format::Html => self.judge_elements(html::read(text), "HTML"),
            Format::Yaml => match yaml::read(text) {
                Ok(value) => self.judge_value(&value, "YAML"),
                Err(yaml::Trouble::Syntax(reason)) => Verdict::fail(format!("not YAML: {reason}")),
                Err(yaml::Trouble::Size(reason)) => Verdict::undecided(reason),
            },
            Format::Toml => match text.parse::<toml::Table>() {
                Ok(table) => self.judge_value(&toml_value(toml::Value::Table(table)), "TOML"),
                Err(error) => Verdict::fail(format!("not TOML: {}", error.message())),
            },
        }
    }

    fn judge_elements(&self, elements: Result<BTreeSet<String>, String>, format: &str) -> Verdict {
        let found = match elements {
            Ok(found) => found,
            Err(reason) => return Verdict::fail(format!("not {format}: {reason}")),
        };
        let missing: Vec<String> =
            self.elements.iter().filter(|name| !found.contains(*name)).map(|name| quote(name)).collect();
        if missing.is_empty() {
            return Verdict::pass(format!("is {format}"));
        }
        Verdict::fail(format!("is {format} without the element {}", missing.join(", ")))
    }

    /// Required keys are those of the outermost table or mapping.
    fn judge_value(&self, value: &Value, format: &str) -> Verdict {
        let missing: Vec<String> = self
            .elements
            .iter()
            .filter(|key| value.get(key.as_str()).is_none())
            .map(|key| quote(key))
            .collect();
        if !missing.is_empty() {
            return Verdict::fail(format!("is {format} without the key {}", missing.join(", ")));
        }
        match &self.schema {
            Some(schema) => schema.judge(value, format),
            None => Verdict::pass(format!("is {format}")),
        }
    }
}

/// The names of the elements of a well-formed document, with and without their
/// prefix. Document types and entities of their own are refused.
fn read_xml(text: &str) -> Result<BTreeSet<String>, String> {
    if text.chars().any(|character| !is_xml(character)) {
        return Err("a character that no XML may hold".to_owned());
    }
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_comments = true;
    let mut names = BTreeSet::new();
    let (mut depth, mut roots) = (0_u64, 0_u64);
    loop {
        let event = reader.read_event().map_err(|error| error.to_string())?;
        match event {
            Event::Start(start) => {
                roots += u64::from(depth == 0);
                depth += 1;
                add_element(&mut names, &start)?;
            }
            Event::Empty(start) => {
                roots += u64::from(depth == 0);
                add_element(&mut names, &start)?;
            }
            Event::End(_) => depth = depth.saturating_sub(1),
            Event::DocType(_) => return Err("a document type is not taken".to_owned()),
            Event::GeneralRef(_) | Event::CData(_) if depth == 0 => {
                return Err("text outside the root element".to_owned());
            }
            Event::GeneralRef(reference) => check_name(&reference)?,
            Event::Text(text) if depth == 0 && !text.trim_matches([' ', '\t', '\n', '\r']).is_empty() => {
                return Err("text outside the root element".to_owned());
            }
            Event::Eof => break,
            _ => {}
        }
        if roots > 1 {
            return Err("more than one root element".to_owned());
        }
    }
    match (depth, roots) {
        (0, 1) => Ok(names),
        (0, _) => Err("there is no element".to_owned()),
        _ => Err("an element is not closed".to_owned()),
    }
}

fn add_element(names: &mut BTreeSet<String>, start: &BytesStart) -> Result<(), String> {
    let name = start.name();
    let name: &str = name.as_ref();
    if !name.starts_with(|first: char| first.is_alphabetic() || first == '_' || first == ':') {
        return Err(format!("{} is no name of an element", quote(name)));
    }
    if let Some((_, local)) = name.split_once(':')
        && !names.contains(local)
    {
        names.insert(local.to_owned());
    }
    if !names.contains(name) {
        names.insert(name.to_owned());
    }
    let mut seen = BTreeSet::new();
    for attribute in start.attributes().with_checks(false) {
        let attribute = attribute.map_err(|error| error.to_string())?;
        if !seen.insert(attribute.key) {
            let key: &str = attribute.key.as_ref();
            return Err(format!("the attribute {} is there twice", quote(key)));
        }
        check_attribute(attribute.value.as_ref())?;
    }
    Ok(())
}

fn check_attribute(value: &str) -> Result<(), String> {
    if value.contains('<') {
        return Err("an attribute holds <".to_owned());
    }
    for piece in value.split('&').skip(1) {
        let (name, _) = piece.split_once(';').ok_or("an ampersand begins no reference")?;
        check_name(name)?;
    }
    Ok(())
}

/// A character of XML 1.0, which has no control characters but three of white space.
fn is_xml(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

/// The five entities of XML itself and characters by number; none of a document's own.
fn check_name(name: &str) -> Result<(), String> {
    let by_number = |number: &str| {
        let code = match number.strip_prefix('x') {
            Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok(),
            None => number.parse().ok(),
        };
        code.and_then(char::from_u32).is_some_and(is_xml)
    };
    let known = match name.strip_prefix('#') {
        Some(number) => by_number(number),
        None => matches!(name, "lt" | "gt" | "amp" | "quot" | "apos"),
    };
    if known { Ok(()) } else { Err(format!("the entity {} is not taken", quote(name))) }
}

/// TOML nests as deep as its parser allows, which is less than JSON may.
fn toml_value(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => Value::String(text),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Float(number) => number.into(),
        toml::Value::Boolean(flag) => Value::Bool(flag),
        toml::Value::Datetime(time) => Value::String(time.to_string()),
        toml::Value::Array(list) => Value::Array(list.into_iter().map(toml_value).collect()),
        toml::Value::Table(table) => {
            Value::Object(table.into_iter().map(|(key, value)| (key, toml_value(value))).collect())
        }
    }
}
