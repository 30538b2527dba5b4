//! Does it have the form that was asked for: data, code, lists, sections, case,
//! quotation marks, signs and the phrases the task quotes.

use crate::asks::{Asks, plain};
use crate::data::{is_json, looks_like_code};
use crate::scorecard::{Dimension, FULL, share};
use crate::shapes::check;
use crate::text::Text;

/// What the dress of a text can take.
const WEIGHT: u32 = 4_500;
/// What it takes when data or code was asked for and something else came.
const DECISIVE_WEIGHT: u32 = 6_500;

/// Scores it.
pub fn structure(asks: &Asks, delivery: &Text) -> Dimension {
    if delivery.characters.visible == 0 {
        // There is nothing yet that could have a form.
        return Dimension::new("structure", WEIGHT, FULL, "");
    }
    let mut checks: Vec<(u32, String)> = asks.forms.iter().map(|form| check(form, delivery)).collect();
    // Data and code are the work itself, the rest is its dress.
    let decisive = asks
        .forms
        .iter()
        .zip(&checks)
        .filter(|(form, _)| form.is_structured())
        .map(|(_, (met, _))| *met)
        .min();
    if !asks.phrases.is_empty() {
        checks.push(phrases(asks, delivery));
    }
    if checks.is_empty() {
        checks.push(unasked(delivery));
    }
    let count = u32::try_from(checks.len()).unwrap_or(u32::MAX);
    let mean = checks.iter().map(|(met, _)| met).sum::<u32>() / count;
    let score = decisive.map_or(mean, |decisive| mean.min(decisive));
    let worst = checks.into_iter().min_by_key(|(met, _)| *met).map(|(_, note)| note);
    let weight = if decisive.is_some() { DECISIVE_WEIGHT } else { WEIGHT };
    Dimension::new("structure", weight, score, worst.unwrap_or_default())
}

fn phrases(asks: &Asks, delivery: &Text) -> (u32, String) {
    let lower = plain(&delivery.raw);
    let is_met =
        |alternatives: &&Vec<String>| alternatives.iter().any(|phrase| lower.contains(phrase.as_str()));
    let met = asks.phrases.iter().filter(is_met).count();
    let missing = asks.phrases.iter().find(|phrases| !is_met(phrases)).and_then(|phrases| phrases.first());
    let note = format!("The task wants the words \"{}\" in the answer.", missing.map_or("", String::as_str));
    (3_000 + share(met, asks.phrases.len()) * 7 / 10, note)
}

/// Nothing was asked: only what breaks its own form loses.
fn unasked(delivery: &Text) -> (u32, String) {
    let raw = delivery.raw.trim();
    let is_object =
        raw.starts_with("{\"") && raw.ends_with('}') || raw.starts_with("[{") && raw.ends_with(']');
    if is_object && !is_json(raw) && !delivery.is_sampled {
        return (5_000, "The delivery looks like JSON but is not valid.".to_owned());
    }
    let is_long = delivery.words.len() >= 40;
    let one_case = delivery.characters.capitals == 0 && delivery.characters.small() > 0;
    if is_long && one_case && looks_like_code(raw) < 4_000 {
        return (7_000, "Start sentences with capital letters.".to_owned());
    }
    (FULL, String::new())
}
