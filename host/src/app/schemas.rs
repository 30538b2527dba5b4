//! Schemas of configurations: a stranger's program of its own kind, run on what another
//! stranger posts. Each is measured before anything compiles it.
//!
//! References make a small schema large: each is counted as what it leads to, as a
//! validator walks it. So there may be none that leads back, and none that cannot be
//! followed by reading.

use std::collections::{HashMap, HashSet};
use std::ptr;

use jsonschema::{PatternOptions, Validator};
use serde_json::Value;

use crate::config::PluginLimits;

/// What a pattern weighs beside other parts: it is compiled, and run over every letter.
const PATTERN_PARTS: u64 = 20;

/// Keywords about whatever other keywords did not look at.
const UNEVALUATED: [&str; 2] = ["unevaluatedProperties", "unevaluatedItems"];

/// What is held against so many parts in all is told what is wrong with it. A validator
/// keeps every fault of every branch until it knows the first, which is memory.
const EXPLAINED_PARTS_MAX: u64 = 200_000;

/// A schema that is within the limits, ready for use.
pub(crate) struct Schema {
    validator: Validator,
    parts: u64,
}

impl Schema {
    /// Measures and compiles a schema. What is wrong with it reads on from its name.
    pub(crate) fn parse(schema: &Value, limits: &PluginLimits) -> Result<Self, String> {
        let size = Measure::new(schema, limits).of(schema, 0)?;
        let patterns = PatternOptions::regex()
            .size_limit(limits.pattern_bytes_max)
            .dfa_size_limit(limits.pattern_bytes_max);
        let validator = jsonschema::options().with_pattern_options(patterns).build(schema);
        let validator = validator.map_err(|error| format!("is not a JSON Schema: {error}"))?;
        Ok(Self { validator, parts: size.parts })
    }

    /// What is wrong with a configuration, if anything: the path of the field, and what
    /// would be right.
    pub(crate) fn fault(&self, config: &Value) -> Option<(String, String)> {
        if self.validator.is_valid(config) {
            return None;
        }
        if self.parts.saturating_mul(parts_of(config)) > EXPLAINED_PARTS_MAX {
            return Some((String::new(), "does not fit the component's schema".to_owned()));
        }
        let error = self.validator.validate(config).err()?;
        let path = error.instance_path().to_string();
        Some((path.trim_start_matches('/').replace('/', "."), error.to_string()))
    }
}

/// What is wrong with a configuration by a component's schema, if anything. No schema takes
/// no configuration.
pub(crate) fn fault(schema: &Value, config: &Value, limits: &PluginLimits) -> Option<(String, String)> {
    if schema.is_null() {
        let empty = config.as_object().is_some_and(serde_json::Map::is_empty);
        return (!empty).then(|| (String::new(), "the component takes no configuration".to_owned()));
    }
    match Schema::parse(schema, limits) {
        Ok(schema) => schema.fault(config),
        Err(fault) => {
            Some((String::new(), format!("cannot be checked: the component's config_schema {fault}")))
        }
    }
}

fn parts_of(value: &Value) -> u64 {
    match value {
        Value::Array(items) => items.iter().map(parts_of).fold(1, u64::saturating_add),
        Value::Object(fields) => fields.values().map(parts_of).fold(1, u64::saturating_add),
        _ => 1,
    }
}

/// How much a validator walks.
#[derive(Clone, Copy)]
struct Size {
    parts: u64,
    nesting: u64,
}

struct Measure<'a> {
    root: &'a Value,
    limits: &'a PluginLimits,
    /// By place, so that what many references lead to is walked once.
    known: HashMap<*const Value, Size>,
    /// What is being measured.
    open: HashSet<*const Value>,
}

impl<'a> Measure<'a> {
    fn new(root: &'a Value, limits: &'a PluginLimits) -> Self {
        Self { root, limits, known: HashMap::new(), open: HashSet::new() }
    }

    fn of(&mut self, value: &'a Value, depth: u64) -> Result<Size, String> {
        let place = ptr::from_ref(value);
        let size = if let Some(size) = self.known.get(&place) {
            *size
        } else {
            // Also what keeps this very walk from going too deep.
            self.within(Size { parts: 1, nesting: depth })?;
            self.open.insert(place);
            let mut size = Size { parts: 1, nesting: 0 };
            match value {
                Value::Array(items) => {
                    for item in items {
                        size = self.with(size, item, depth)?;
                    }
                }
                Value::Object(fields) => {
                    for (name, field) in fields {
                        size = self.with_field(size, (name, field), depth)?;
                    }
                    // To know what was looked at, a validator walks all that stands beside
                    // one of these once more.
                    for _ in UNEVALUATED.iter().filter(|name| fields.contains_key(**name)) {
                        size.parts = size.parts.saturating_mul(2);
                    }
                }
                _ => {}
            }
            self.open.remove(&place);
            self.known.insert(place, size);
            size
        };
        self.within(Size { nesting: size.nesting + depth, ..size })?;
        Ok(size)
    }

    fn with(&mut self, size: Size, part: &'a Value, depth: u64) -> Result<Size, String> {
        let part = self.of(part, depth + 1)?;
        let parts = size.parts.saturating_add(part.parts);
        self.within(Size { parts, nesting: 0 })?;
        Ok(Size { parts, nesting: size.nesting.max(part.nesting + 1) })
    }

    fn with_field(
        &mut self,
        size: Size,
        (name, field): (&str, &'a Value),
        depth: u64,
    ) -> Result<Size, String> {
        let heavier = |size: Size, parts| Size { parts: size.parts.saturating_add(parts), ..size };
        match (name, field) {
            ("$ref", Value::String(reference)) => {
                let target = self.target(reference)?;
                self.with(size, target, depth)
            }
            ("$dynamicRef" | "$recursiveRef", Value::String(reference)) => Err(unfollowed(reference)),
            ("$id", Value::String(_)) if !self.is_at_top(field) => {
                Err("names a part of itself by $id: name its parts by path alone, as in \"#/$defs/size\""
                    .into())
            }
            ("pattern", Value::String(_)) => Ok(heavier(size, PATTERN_PARTS)),
            ("patternProperties", Value::Object(patterns)) => {
                let patterns = u64::try_from(patterns.len()).unwrap_or(u64::MAX);
                self.with(heavier(size, patterns.saturating_mul(PATTERN_PARTS)), field, depth)
            }
            _ => self.with(size, field, depth),
        }
    }

    fn is_at_top(&self, field: &Value) -> bool {
        self.root.get("$id").is_some_and(|own| ptr::eq(own, field))
    }

    fn target(&self, reference: &str) -> Result<&'a Value, String> {
        let path = reference.strip_prefix('#').filter(|path| path.is_empty() || path.starts_with('/'));
        let target = path.filter(|path| !path.contains('%')).ok_or_else(|| unfollowed(reference))?;
        let target = self.root.pointer(target);
        let target = target.ok_or_else(|| format!("refers to {reference:?}, and there is no such part"))?;
        if self.open.contains(&ptr::from_ref(target)) {
            return Err(format!(
                "refers to itself in a circle, by {reference:?}: write out how deep a configuration may go"
            ));
        }
        Ok(target)
    }

    fn within(&self, size: Size) -> Result<(), String> {
        let PluginLimits { schema_parts_max, schema_nesting_max, .. } = self.limits;
        if size.parts > *schema_parts_max {
            return Err(format!(
                "has more than {schema_parts_max} parts, each counted wherever a reference leads to it \
                 (a pattern counts as {PATTERN_PARTS}): ask for less"
            ));
        }
        if size.nesting > *schema_nesting_max {
            return Err(format!(
                "nests more than {schema_nesting_max} deep, references followed: make it flatter"
            ));
        }
        Ok(())
    }
}

fn unfollowed(reference: &str) -> String {
    format!("refers to {reference:?}: it may refer to its own parts alone, by path, as in \"#/$defs/size\"")
}
