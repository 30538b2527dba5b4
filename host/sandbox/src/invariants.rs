//! What an answer must keep to be believed at all. A component that breaks one of
//! these lied, whatever it meant, and its run is inconclusive.

use std::collections::HashSet;

use crate::input::{Input, Output};
use crate::pricing::{Bid, Listing, PricingDecision};
use crate::verdict::{Decision, Problem, Report, Scorecard, Subject};

const SCORE_MAX: u16 = 10_000;

/// Bytes of a sentence for people: evidence, a note, a reason. They end up on pages.
const TEXT_BYTES_MAX: usize = 8_192;

/// Bytes of a name of a dimension or of a verifier's own finding.
const NAME_BYTES_MAX: usize = 200;

/// Findings a verifier may make by itself, dimensions of a scorecard, notes of a revision.
const ITEMS_MAX: usize = 200;

/// Says what cannot be true about this output to this input.
pub fn check(input: &Input, output: &Output) -> Result<(), String> {
    match (input, output) {
        (_, Output::Problem(problem)) => check_problem(problem),
        (Input::Verify { task, .. }, Output::Report(report)) => check_report(task.checks.len(), report),
        (Input::Score { .. }, Output::Scorecard(scorecard)) => check_scorecard(scorecard),
        (Input::Review { .. }, Output::Decision(decision)) => check_decision(decision),
        (Input::Price { listing, book, .. }, Output::Pricing(decisions)) => {
            check_pricing(listing, book, decisions)
        }
        _ => Err("it answers a question it was not asked".to_owned()),
    }
}

fn check_problem(problem: &Problem) -> Result<(), String> {
    text("the problem", problem.text())
}

fn check_report(checks: usize, report: &Report) -> Result<(), String> {
    let mut seen = HashSet::new();
    let mut own = HashSet::new();
    for finding in &report.findings {
        match &finding.subject {
            Subject::Check(position) if *position as usize >= checks => {
                return Err(format!("a finding for check {position}, and there are {checks}"));
            }
            Subject::Check(position) if !seen.insert(*position) => {
                return Err(format!("two findings for check {position}"));
            }
            Subject::Check(_) => {}
            Subject::Own(label) => {
                name("a finding", label)?;
                if !own.insert(label.as_str()) {
                    return Err(format!("two findings named {label:?}"));
                }
            }
        }
        score("a finding", finding.score)?;
        text("an evidence", &finding.evidence)?;
    }
    items("findings of its own", own.len())
}

fn check_scorecard(scorecard: &Scorecard) -> Result<(), String> {
    score("the scorecard", scorecard.score)?;
    text("the notes", &scorecard.notes)?;
    items("dimensions", scorecard.dimensions.len())?;
    let mut names = HashSet::new();
    for dimension in &scorecard.dimensions {
        name("a dimension", &dimension.name)?;
        if !names.insert(dimension.name.as_str()) {
            return Err(format!("two dimensions named {:?}", dimension.name));
        }
        score("a dimension", dimension.score)?;
        text("a note", &dimension.note)?;
    }
    Ok(())
}

fn check_decision(decision: &Decision) -> Result<(), String> {
    match decision {
        Decision::Accept => Ok(()),
        Decision::RequestRevision(notes) => {
            if notes.is_empty() {
                return Err("a revision is asked for and nothing is named to revise".to_owned());
            }
            items("notes", notes.len())?;
            notes.iter().try_for_each(|note| text("a note", note))
        }
        Decision::Escalate(reason) => text("the reason", reason),
    }
}

/// Each bid is decided once at most, exists, and gets a price the listing allows.
fn check_pricing(listing: &Listing, book: &[Bid], decisions: &[PricingDecision]) -> Result<(), String> {
    let known: HashSet<_> = book.iter().map(|bid| bid.id.as_str()).collect();
    let mut decided = HashSet::new();
    let (mut awards, mut waits) = (0, 0);
    for decision in decisions {
        let bid = match decision {
            PricingDecision::Wait(_) => {
                waits += 1;
                continue;
            }
            PricingDecision::Reject(rejection) => {
                text("a reason", &rejection.reason)?;
                &rejection.bid
            }
            PricingDecision::Counter(offer) => {
                price(listing, offer.price)?;
                &offer.bid
            }
            PricingDecision::Award(offer) => {
                awards += 1;
                price(listing, offer.price)?;
                &offer.bid
            }
        };
        if !known.contains(bid.as_str()) {
            return Err("it decides about a bid that does not exist".to_owned());
        }
        if !decided.insert(bid.as_str()) {
            return Err(format!("two decisions about bid {bid}"));
        }
    }
    match (awards, waits) {
        (0, 0 | 1) | (1, 0) => Ok(()),
        (0 | 1, _) => Err("it waits twice, or waits after an award".to_owned()),
        _ => Err("it awards more than one bid".to_owned()),
    }
}

fn price(listing: &Listing, price: u64) -> Result<(), String> {
    if (1..=listing.price).contains(&price) {
        return Ok(());
    }
    Err(format!("a price of {price}, and the listing allows 1 to {}", listing.price))
}

fn score(what: &str, score: u16) -> Result<(), String> {
    if score <= SCORE_MAX { Ok(()) } else { Err(format!("{what} scores {score} of {SCORE_MAX}")) }
}

fn text(what: &str, text: &str) -> Result<(), String> {
    let bytes = text.len();
    if bytes <= TEXT_BYTES_MAX {
        return Ok(());
    }
    Err(format!("{what} of {bytes} bytes, and {TEXT_BYTES_MAX} are allowed"))
}

fn name(what: &str, name: &str) -> Result<(), String> {
    if (1..=NAME_BYTES_MAX).contains(&name.len()) {
        return Ok(());
    }
    Err(format!("{what} with a name of {} bytes, and 1 to {NAME_BYTES_MAX} are allowed", name.len()))
}

fn items(what: &str, count: usize) -> Result<(), String> {
    if count <= ITEMS_MAX { Ok(()) } else { Err(format!("{count} {what}, and {ITEMS_MAX} are allowed")) }
}
