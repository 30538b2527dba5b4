//! Kinds that compare the text with an expected one. Their evidence never quotes
//! it: the worker reads the evidence.

use crate::check::Options;
use crate::fields::Fields;
use crate::judge::Scene;
use crate::limits::VALUES_MAX;
use crate::outcome::{Verdict, counted, grouped, percent, share};
use crate::similarity::{self, Metric};
use serde_json::Value;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// The kinds of this family.
#[derive(Debug)]
pub(crate) enum Rule {
    Tokens { expected: Vec<String>, ordered: bool },
    Numbers { expected: Vec<Token>, tolerance: Tolerance, ordered: bool },
    Labels { gold: Gold, threshold: Option<u16>, options: Options },
    Distance { value: String, max: Option<u64>, threshold: Option<u16> },
    Similarity { value: String, metric: Metric, threshold: u16 },
}

/// A token that is a number, or text that must be there as it is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Token {
    Number(f64),
    Text(String),
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Tolerance {
    absolute: f64,
    relative: f64,
}

/// The right labels, in order or by the id of what they label.
#[derive(Debug)]
pub(crate) enum Gold {
    List(Vec<String>),
    ById(BTreeMap<String, String>),
}

impl Rule {
    pub(crate) fn parse(kind: &str, fields: &mut Fields, options: Options) -> Option<Self> {
        Some(match kind {
            "tokens-equal" => Self::Tokens {
                expected: options
                    .fold(&fields.need_text("value"))
                    .split_whitespace()
                    .map(str::to_owned)
                    .collect(),
                ordered: fields.flag("ordered", true),
            },
            "numbers-equal" => parse_numbers(fields, options),
            "label-accuracy" => Self::Labels {
                gold: parse_gold(fields, options),
                threshold: fields.fraction("threshold"),
                options,
            },
            "levenshtein" => parse_distance(fields, options),
            "similarity" => parse_similarity(fields),
            _ => return None,
        })
    }

    pub(crate) fn judge(&self, scene: &Scene) -> Verdict {
        match self {
            Self::Tokens { expected, ordered } => judge_tokens(scene.folded(), expected, *ordered),
            Self::Numbers { expected, tolerance, ordered } => {
                judge_numbers(scene.folded(), expected, *tolerance, *ordered)
            }
            Self::Labels { gold, threshold, options } => {
                judge_labels(scene.plain(), gold, *threshold, *options)
            }
            Self::Distance { value, max, threshold } => {
                judge_distance(scene.folded(), value, *max, *threshold)
            }
            Self::Similarity { value, metric, threshold } => {
                let Some(score) = similarity::score(*metric, scene.plain(), value) else {
                    return Verdict::undecided("the text is too long to compare");
                };
                Verdict::of(score >= *threshold, format!("{} similar by {}", percent(score), metric.name()))
                    .wanting(format!("at least {}", percent(*threshold)))
            }
        }
    }
}

/// The texts of a list or of a text, or a number alone.
fn parse_numbers(fields: &mut Fields, options: Options) -> Rule {
    let tokens = |value: &Value| match value {
        Value::String(text) => Some(options.fold(text).split_whitespace().map(Token::read).collect()),
        Value::Number(number) => number.as_f64().map(|number| vec![Token::Number(number)]),
        _ => None,
    };
    let expected: Option<Vec<Token>> = match fields.get("value") {
        Some(Value::Array(list)) => {
            list.iter().map(tokens).collect::<Option<Vec<Vec<Token>>>>().map(|lists| lists.concat())
        }
        Some(value) => tokens(value),
        None => None,
    };
    if expected.as_ref().is_none_or(Vec::is_empty) {
        fields.issue("value", "must be a number, a list of numbers, or text with numbers");
    }
    Rule::Numbers {
        expected: expected.unwrap_or_default(),
        tolerance: Tolerance {
            absolute: fields.amount("abs_tol").unwrap_or(0.0),
            relative: fields.amount("rel_tol").unwrap_or(0.0),
        },
        ordered: fields.flag("ordered", true),
    }
}

fn parse_gold(fields: &mut Fields, options: Options) -> Gold {
    let label = |value: &Value| match value {
        Value::String(text) => Some(normal(text, options)),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    };
    let gold = match fields.get("gold") {
        Some(Value::Array(list)) => list.iter().map(label).collect::<Option<Vec<String>>>().map(Gold::List),
        Some(Value::Object(map)) => map
            .iter()
            .map(|(id, value)| Some((id.trim().to_owned(), label(value)?)))
            .collect::<Option<BTreeMap<String, String>>>()
            .map(Gold::ById),
        _ => None,
    };
    let size = match &gold {
        Some(Gold::List(list)) => list.len(),
        Some(Gold::ById(map)) => map.len(),
        None => 0,
    };
    if size == 0 || size > VALUES_MAX * 10 {
        fields.issue(
            "gold",
            format!("must be a list of labels, or an object from id to label, of 1 to {}", VALUES_MAX * 10),
        );
    }
    gold.unwrap_or(Gold::List(Vec::new()))
}

/// `max` edits, or `threshold` as the share of the longer text that stays.
fn parse_distance(fields: &mut Fields, options: Options) -> Rule {
    let (max, threshold) = (fields.count("max"), fields.fraction("threshold"));
    match (max, threshold) {
        (None, None) => fields.missing("max", "the most edits, or a threshold"),
        (Some(_), Some(_)) => fields.issue("threshold", "stands alone: leave out max"),
        _ => {}
    }
    Rule::Distance { value: options.fold(&fields.need_text("value")), max, threshold }
}

fn parse_similarity(fields: &mut Fields) -> Rule {
    let metric = fields.text("metric");
    let known = metric.as_deref().map_or(Some(Metric::RougeL), Metric::parse);
    if known.is_none() {
        fields.issue("metric", "must be rouge-1, rouge-l, bleu, jaccard or cosine");
    }
    let threshold = fields.fraction("threshold");
    if threshold.is_none() {
        fields.missing("threshold", "the least similarity, from 0 to 1");
    }
    Rule::Similarity {
        value: fields.need_text("value"),
        metric: known.unwrap_or(Metric::RougeL),
        threshold: threshold.unwrap_or_default(),
    }
}

fn judge_tokens(text: &str, expected: &[String], ordered: bool) -> Verdict {
    let mut found: Vec<&str> = text.split_whitespace().collect();
    let mut expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    if !ordered {
        found.sort_unstable();
        expected.sort_unstable();
    }
    let differs = found.iter().zip(&expected).position(|(found, expected)| found != expected);
    let what = match differs {
        Some(at) if ordered => format!("token {} differs from the expected one", grouped(at as u64 + 1)),
        Some(_) => "some tokens differ from the expected ones".to_owned(),
        None => return judge_lengths(found.len(), expected.len(), "token", "tokens"),
    };
    Verdict::fail(what)
}

/// Everything that could be compared is equal.
fn judge_lengths(found: usize, expected: usize, one: &str, many: &str) -> Verdict {
    let what = counted(found as u64, one, many);
    match found.cmp(&expected) {
        Ordering::Equal => Verdict::pass(format!("{what}, each as expected")),
        Ordering::Less => Verdict::fail(format!("{what}, more are expected")),
        Ordering::Greater => Verdict::fail(format!("{what}, fewer are expected")),
    }
}

impl Token {
    /// A finite decimal number, or text. `nan` and `inf` are words.
    fn read(token: &str) -> Self {
        let numeric = token.bytes().any(|byte| byte.is_ascii_digit())
            && token.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
        match token.parse::<f64>() {
            Ok(number) if numeric && number.is_finite() => Self::Number(number),
            _ => Self::Text(token.to_owned()),
        }
    }

    fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(left), Self::Number(right)) => left.total_cmp(right),
            (Self::Number(_), Self::Text(_)) => Ordering::Less,
            (Self::Text(_), Self::Number(_)) => Ordering::Greater,
            (Self::Text(left), Self::Text(right)) => left.cmp(right),
        }
    }
}

impl Tolerance {
    /// Either tolerance is enough; the relative one is of the expected number.
    fn holds(self, found: &Token, expected: &Token) -> bool {
        match (found, expected) {
            (Token::Number(found), Token::Number(expected)) => {
                let error = (found - expected).abs();
                found.total_cmp(expected) == Ordering::Equal
                    || error <= self.absolute
                    || error <= self.relative * expected.abs()
            }
            (found, expected) => found == expected,
        }
    }
}

fn judge_numbers(text: &str, expected: &[Token], tolerance: Tolerance, ordered: bool) -> Verdict {
    let mut found: Vec<Token> = text.split_whitespace().map(Token::read).collect();
    let mut expected = expected.to_vec();
    if !ordered {
        found.sort_by(Token::order);
        expected.sort_by(Token::order);
    }
    let differs = found.iter().zip(&expected).position(|(found, expected)| !tolerance.holds(found, expected));
    match differs {
        None => judge_lengths(found.len(), expected.len(), "number", "numbers"),
        Some(at) if ordered => {
            let what = match (&found[at], &expected[at]) {
                (Token::Text(_), Token::Number(_)) => "is no number",
                _ => "is outside the tolerance",
            };
            Verdict::fail(format!("token {} {what}", grouped(at as u64 + 1)))
        }
        Some(_) => Verdict::fail("some numbers are outside the tolerance"),
    }
}

fn normal(label: &str, options: Options) -> String {
    let label = label.trim();
    if options.ignore_case { label.to_lowercase() } else { label.to_owned() }
}

/// The share of right labels. Below a threshold it fails; without one, what is
/// right counts.
fn judge_labels(text: &str, gold: &Gold, threshold: Option<u16>, options: Options) -> Verdict {
    let (right, all) = match gold {
        Gold::List(gold) => {
            let found = read_list(text);
            let right =
                gold.iter().zip(&found).filter(|(gold, found)| **gold == normal(found, options)).count();
            (right as u64, gold.len().max(found.len()) as u64)
        }
        Gold::ById(gold) => {
            let found = read_by_id(text);
            let is_right = |(id, label): &(&String, &String)| {
                found.get(id.as_str()).is_some_and(|found| normal(found, options) == **label)
            };
            (gold.iter().filter(is_right).count() as u64, gold.len() as u64)
        }
    };
    let score = share(right, all);
    let what = format!("{} of {} labels are right, {}", grouped(right), grouped(all), percent(score));
    match threshold {
        Some(threshold) => {
            Verdict::of(score >= threshold, what).wanting(format!("at least {}", percent(threshold)))
        }
        None => Verdict::scored(score, what).wanting("all"),
    }
}

/// A JSON list, or a label a line.
fn read_list(text: &str) -> Vec<String> {
    match serde_json::from_str::<Vec<Value>>(text) {
        Ok(list) => list.iter().map(label_text).collect(),
        Err(_) => text.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect(),
    }
}

/// A JSON object, or lines of id and label with a comma, a tab, or a colon between.
fn read_by_id(text: &str) -> BTreeMap<String, String> {
    if let Ok(map) = serde_json::from_str::<BTreeMap<String, Value>>(text) {
        return map.iter().map(|(id, label)| (id.trim().to_owned(), label_text(label))).collect();
    }
    let pairs = text.lines().filter_map(|line| line.split_once([',', '\t', ':', ';']));
    pairs.map(|(id, label)| (id.trim().to_owned(), label.trim().to_owned())).collect()
}

fn label_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn judge_distance(text: &str, value: &str, max: Option<u64>, threshold: Option<u16>) -> Verdict {
    let longer = text.chars().count().max(value.chars().count()) as u64;
    let Some(distance) = similarity::distance(text, value) else {
        return Verdict::undecided("the text is too long to compare");
    };
    match (max, threshold) {
        (_, Some(threshold)) => {
            let score = share(longer - distance.min(longer), longer);
            Verdict::of(score >= threshold, format!("{} of the characters stay", percent(score)))
                .wanting(format!("at least {}", percent(threshold)))
        }
        (max, None) => {
            let max = max.unwrap_or_default();
            Verdict::of(
                distance <= max,
                format!("{} from the expected text", counted(distance, "edit", "edits")),
            )
            .wanting(format!("at most {}", grouped(max)))
        }
    }
}
