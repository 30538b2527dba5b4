//! A JSON object read field by field, so that every refusal can name the field.
//!
//! Names are taken in snake and in camel case, unknown ones are ignored, and `null`
//! counts as absent. Amounts are read from the number's own digits.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::str::FromStr;

use assay_domain::ids::Timestamp;
use assay_domain::money::{self, Asset};
use assay_domain::refusal::{Code, Refusal};
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;

/// The fields of a JSON object.
pub struct Fields {
    path: String,
    values: BTreeMap<String, Box<RawValue>>,
}

impl Fields {
    /// Reads a body. An empty one has no fields.
    pub fn parse(body: &[u8]) -> Result<Self, Refusal> {
        if body.iter().all(u8::is_ascii_whitespace) {
            return Ok(Self { path: String::new(), values: BTreeMap::new() });
        }
        Self::object(String::new(), body)
    }

    fn object(path: String, body: &[u8]) -> Result<Self, Refusal> {
        let raw: BTreeMap<String, Box<RawValue>> = serde_json::from_slice(body).map_err(|error| {
            if error.is_data() {
                Refusal::new(Code::InvalidJson, "the body must be a JSON object")
            } else {
                Refusal::new(Code::InvalidJson, format!("the body is not JSON: {error}"))
            }
        })?;
        let named = |(name, value): (String, Box<RawValue>)| (snake(&name), value);
        Ok(Self { path, values: raw.into_iter().map(named).collect() })
    }

    fn raw(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(|value| value.get()).filter(|text| *text != "null")
    }

    /// The field's name as it is shown: with the path of the object it is in.
    fn shown(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    fn missing(&self, name: &str, what: &str) -> Refusal {
        Refusal::field(self.shown(name), format!("is missing: {what} is needed"))
    }

    fn read<T: DeserializeOwned>(&self, name: &str, what: &str) -> Result<Option<T>, Refusal> {
        let wrong = |_| Refusal::field(self.shown(name), format!("must be {what}"));
        self.raw(name).map(|text| serde_json::from_str(text).map_err(wrong)).transpose()
    }

    /// A text of so many characters; nothing when the field is absent.
    pub fn text_if_given(
        &self,
        name: &str,
        characters: RangeInclusive<usize>,
    ) -> Result<Option<String>, Refusal> {
        let Some(text) = self.read::<String>(name, "a text")? else { return Ok(None) };
        let count = text.chars().count();
        if !characters.contains(&count) {
            let (least, most) = (characters.start(), characters.end());
            return Err(Refusal::field(
                self.shown(name),
                format!("must be {least} to {most} characters, not {count}"),
            ));
        }
        if *characters.start() > 0 && text.trim().is_empty() {
            return Err(Refusal::field(self.shown(name), "must not be blank"));
        }
        Ok(Some(text))
    }

    /// A text of so many characters.
    pub fn text(&self, name: &str, characters: RangeInclusive<usize>) -> Result<String, Refusal> {
        self.text_if_given(name, characters)?.ok_or_else(|| self.missing(name, "a text"))
    }

    /// A text that names something: one line, without control characters; nothing when
    /// the field is absent.
    pub fn name_if_given(
        &self,
        name: &str,
        characters: RangeInclusive<usize>,
    ) -> Result<Option<String>, Refusal> {
        let text = self.text_if_given(name, characters)?;
        if text.as_ref().is_some_and(|text| text.chars().any(char::is_control)) {
            return Err(Refusal::field(self.shown(name), "must be one line without control characters"));
        }
        Ok(text)
    }

    /// A text that names something.
    pub fn name(&self, name: &str, characters: RangeInclusive<usize>) -> Result<String, Refusal> {
        self.name_if_given(name, characters)?.ok_or_else(|| self.missing(name, "a text"))
    }

    /// An id.
    pub fn id<T: FromStr>(&self, name: &str) -> Result<T, Refusal> {
        let text = self.read::<String>(name, "a UUID")?.ok_or_else(|| self.missing(name, "a UUID"))?;
        text.parse().map_err(|_| Refusal::field(self.shown(name), "must be a UUID"))
    }

    /// An id; nothing when the field is absent.
    pub fn id_if_given<T: FromStr>(&self, name: &str) -> Result<Option<T>, Refusal> {
        if self.raw(name).is_some() { self.id(name).map(Some) } else { Ok(None) }
    }

    /// Yes or no; nothing when the field is absent.
    pub fn flag(&self, name: &str) -> Result<Option<bool>, Refusal> {
        self.read(name, "true or false")
    }

    /// A whole number in a range; nothing when the field is absent.
    pub fn whole(&self, name: &str, range: RangeInclusive<i64>) -> Result<Option<i64>, Refusal> {
        let (least, most) = (range.start(), range.end());
        let what = format!("a whole number from {least} to {most}");
        let number = self.read::<i64>(name, &what)?;
        if number.is_some_and(|number| !range.contains(&number)) {
            return Err(Refusal::field(self.shown(name), format!("must be {what}")));
        }
        Ok(number)
    }

    /// An amount, from a JSON number or a decimal text; nothing when the field is absent.
    pub fn amount_if_given(&self, name: &str, asset: Asset) -> Result<Option<i64>, Refusal> {
        let Some(text) = self.amount_text(name)? else { return Ok(None) };
        money::parse(asset, &self.shown(name), &text, asset.decimals_max()).map(Some)
    }

    /// An amount.
    pub fn amount(&self, name: &str, asset: Asset) -> Result<i64, Refusal> {
        self.amount_if_given(name, asset)?.ok_or_else(|| self.missing(name, "an amount"))
    }

    /// The first of these fields that is given, as the digits that were written, for an
    /// amount whose asset is not known yet.
    pub fn amount_digits(&self, names: &[&'static str]) -> Result<(&'static str, String), Refusal> {
        for &name in names {
            if let Some(text) = self.amount_text(name)? {
                return Ok((name, text));
            }
        }
        Err(self.missing(names.first().copied().unwrap_or_default(), "an amount"))
    }

    fn amount_text(&self, name: &str) -> Result<Option<String>, Refusal> {
        let Some(raw) = self.raw(name) else { return Ok(None) };
        if raw.starts_with('"') {
            return self.read(name, "an amount");
        }
        let number = raw.starts_with(|first: char| first == '-' || first.is_ascii_digit());
        if !number {
            return Err(Refusal::field(self.shown(name), "must be an amount such as 12.50"));
        }
        Ok(Some(raw.to_owned()))
    }

    /// A list of texts; empty when the field is absent.
    pub fn texts(&self, name: &str, most: usize, characters_max: usize) -> Result<Vec<String>, Refusal> {
        let texts: Vec<String> = self.read(name, "a list of texts")?.unwrap_or_default();
        if texts.len() > most {
            let count = texts.len();
            return Err(Refusal::field(self.shown(name), format!("{count} given, at most {most} allowed")));
        }
        let fits = |text: &String| !text.trim().is_empty() && text.chars().count() <= characters_max;
        if let Some(index) = texts.iter().position(|text| !fits(text)) {
            let path = format!("{}[{index}]", self.shown(name));
            return Err(Refusal::field(path, format!("must be 1 to {characters_max} characters")));
        }
        Ok(texts)
    }

    /// A list of objects, as they are; empty when the field is absent.
    pub fn objects(&self, name: &str, most: usize) -> Result<Vec<Value>, Refusal> {
        let values: Vec<Value> = self.read(name, "a list of objects")?.unwrap_or_default();
        if values.len() > most {
            let count = values.len();
            return Err(Refusal::field(self.shown(name), format!("{count} given, at most {most} allowed")));
        }
        if let Some(index) = values.iter().position(|value| !value.is_object()) {
            return Err(Refusal::field(format!("{}[{index}]", self.shown(name)), "must be an object"));
        }
        Ok(values)
    }

    /// An object inside this one; nothing when the field is absent.
    pub fn inner(&self, name: &str) -> Result<Option<Self>, Refusal> {
        let Some(raw) = self.raw(name) else { return Ok(None) };
        let path = self.shown(name);
        let inner = Self::object(path.clone(), raw.as_bytes());
        inner.map(Some).map_err(|_| Refusal::field(path, "must be an object"))
    }

    /// A list of objects to be read field by field; empty when the field is absent.
    pub fn inner_list(&self, name: &str, most: usize) -> Result<Vec<Self>, Refusal> {
        let raws: Vec<Box<RawValue>> = self.read(name, "a list of objects")?.unwrap_or_default();
        if raws.len() > most {
            let count = raws.len();
            return Err(Refusal::field(self.shown(name), format!("{count} given, at most {most} allowed")));
        }
        let one = |(index, raw): (usize, &RawValue)| {
            let path = format!("{}[{index}]", self.shown(name));
            Self::object(path.clone(), raw.get().as_bytes())
                .map_err(|_| Refusal::field(path, "must be an object"))
        };
        raws.iter().map(AsRef::as_ref).enumerate().map(one).collect()
    }

    /// Any JSON; null when the field is absent.
    pub fn json(&self, name: &str) -> Result<Value, Refusal> {
        Ok(self.read(name, "JSON")?.unwrap_or(Value::Null))
    }

    /// One of these words; nothing when the field is absent.
    pub fn word<T: Copy>(&self, name: &str, words: &[(&str, T)]) -> Result<Option<T>, Refusal> {
        let known = || words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ");
        let Some(text) = self.read::<String>(name, &format!("one of {}", known()))? else { return Ok(None) };
        let found = words.iter().find(|(word, _)| *word == text);
        let unknown = || Refusal::field(self.shown(name), format!("must be one of {}", known()));
        found.map(|(_, value)| Some(*value)).ok_or_else(unknown)
    }

    /// How long, in seconds: a number of them, or a text such as `90s`, `15m`, `24h`, `7d`;
    /// nothing when the field is absent.
    pub fn span_seconds(&self, name: &str, most: i64) -> Result<Option<i64>, Refusal> {
        let Some(raw) = self.raw(name) else { return Ok(None) };
        let what = format!("a number of seconds up to {most}, or a text such as 90s, 15m, 24h or 7d");
        let wrong = || Refusal::field(self.shown(name), format!("must be {what}"));
        let seconds = if raw.starts_with('"') {
            span(&self.read::<String>(name, &what)?.unwrap_or_default())
        } else {
            self.read::<i64>(name, &what)?
        };
        seconds.filter(|seconds| (1..=most).contains(seconds)).map(Some).ok_or_else(wrong)
    }

    /// A point in time, in RFC 3339; nothing when the field is absent.
    pub fn time(&self, name: &str) -> Result<Option<Timestamp>, Refusal> {
        let what = "a time such as 2026-02-20T10:30:00Z";
        let Some(text) = self.read::<String>(name, what)? else { return Ok(None) };
        let wrong = || Refusal::field(self.shown(name), format!("must be {what}"));
        crate::clock::parse_rfc3339(&text).map(Some).ok_or_else(wrong)
    }

    /// The refusal of a field that is needed and absent.
    pub fn needed<T>(&self, name: &str, what: &str, value: Option<T>) -> Result<T, Refusal> {
        value.ok_or_else(|| self.missing(name, what))
    }
}

/// `24h` in seconds.
fn span(text: &str) -> Option<i64> {
    let text = text.trim();
    let digits = text.trim_end_matches(|character: char| character.is_ascii_alphabetic());
    let seconds = match &text[digits.len()..] {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        "w" => 7 * 86_400,
        _ => return None,
    };
    digits.parse::<i64>().ok()?.checked_mul(seconds)
}

/// `proposedPrice` as `proposed_price`.
fn snake(name: &str) -> String {
    let mut text = String::with_capacity(name.len() + 4);
    for character in name.chars() {
        if character.is_ascii_uppercase() {
            text.push('_');
            text.push(character.to_ascii_lowercase());
        } else {
            text.push(character);
        }
    }
    text
}
