//! What an answer must keep to be believed, and what it comes to in a word.

use std::collections::BTreeMap;

use assay_sandbox::invariants;
use assay_sandbox::{
    Bid, Check, Class, Decision, Dimension, Finding, Input, Listing, Offer, Outcome, Output, PricingDecision,
    PricingEvent, Problem, Rejection, Report, Scorecard, Status, Subject,
};
use serde_json::Value;

use crate::judges::{check, delivery, input, task};

fn scored() -> Input {
    Input::Score { task: task(), delivery: delivery("gold"), config: String::new() }
}

fn reviewed() -> Input {
    let scorecard = scorecard(10_000, vec![]);
    Input::Review {
        task: task(),
        delivery: delivery("gold"),
        scorecard,
        reports: vec![],
        config: String::new(),
    }
}

/// A listing of at most 100, with the bids `a` and `b`.
fn priced() -> Input {
    let bid = |id: &str| Bid {
        id: id.to_owned(),
        bidder: format!("bidder of {id}"),
        price: 80,
        placed_at: 5,
        countered_at_price: None,
        rounds: 0,
    };
    let listing = Listing {
        id: "listing-1".to_owned(),
        currency: "USD".to_owned(),
        price: 100,
        opened_at: 1,
        closes_at: None,
    };
    let book = vec![bid("a"), bid("b")];
    Input::Price { listing, book, event: PricingEvent::Deadline, config: String::new() }
}

fn scorecard(score: u16, dimensions: Vec<Dimension>) -> Scorecard {
    Scorecard { score, dimensions, notes: String::new() }
}

fn dimension(name: &str, score: u16) -> Dimension {
    Dimension { name: name.to_owned(), weight: 1, score, note: String::new() }
}

fn own(name: &str, score: u16, evidence: String) -> Finding {
    Finding { subject: Subject::Own(name.to_owned()), status: Status::Pass, score, evidence }
}

fn checked(position: u32) -> Finding {
    Finding { subject: Subject::Check(position), status: Status::Fail, score: 0, evidence: String::new() }
}

fn report(findings: Vec<Finding>) -> Output {
    Output::Report(Report { findings })
}

fn offer(bid: &str, price: u64) -> Offer {
    Offer { bid: bid.to_owned(), price }
}

fn award(bid: &str, price: u64) -> PricingDecision {
    PricingDecision::Award(offer(bid, price))
}

fn reject(bid: &str) -> PricingDecision {
    PricingDecision::Reject(Rejection { bid: bid.to_owned(), reason: "Above the price.".to_owned() })
}

#[test]
fn what_can_be_true_is_believed() {
    let long = "a".repeat(8_192);
    for (input, output) in [
        (input(""), report(vec![])),
        (input(""), report(vec![checked(1), checked(0), own("links", 10_000, long.clone())])),
        (input(""), Output::Problem(Problem::Unsupported(long.clone()))),
        (
            scored(),
            Output::Scorecard(scorecard(10_000, vec![dimension("relevance", 0), dimension("form", 10_000)])),
        ),
        (reviewed(), Output::Decision(Decision::Accept)),
        (reviewed(), Output::Decision(Decision::RequestRevision(vec![long.clone()]))),
        (reviewed(), Output::Decision(Decision::Escalate(long))),
        (priced(), Output::Pricing(vec![])),
        (priced(), Output::Pricing(vec![PricingDecision::Wait(Some(9))])),
        (priced(), Output::Pricing(vec![award("a", 100), reject("b")])),
        (priced(), Output::Pricing(vec![reject("b"), award("a", 1)])),
        (
            priced(),
            Output::Pricing(vec![PricingDecision::Counter(offer("a", 90)), PricingDecision::Wait(None)]),
        ),
    ] {
        assert_eq!(invariants::check(&input, &output), Ok(()), "{output:?}");
    }
}

#[test]
fn what_cannot_be_true_is_a_lie() {
    let long = "a".repeat(8_193);
    let many = |count: u16| (0..count).map(|n| own(&n.to_string(), 0, String::new())).collect();
    let wait = PricingDecision::Wait(None);
    for (input, output, said) in [
        (input(""), report(vec![checked(2)]), "check 2, and there are 2"),
        (input(""), report(vec![checked(0), checked(0)]), "two findings for check 0"),
        (input(""), report(vec![own("a", 10_001, String::new())]), "scores 10001"),
        (input(""), report(vec![own("a", 0, long.clone())]), "8193 bytes"),
        (input(""), report(vec![own("", 0, String::new())]), "name of 0 bytes"),
        (
            input(""),
            report(vec![own("a", 0, String::new()), own("a", 0, String::new())]),
            "two findings named",
        ),
        (input(""), report(many(201)), "201 findings"),
        (input(""), Output::Problem(Problem::Failed(long.clone())), "8193 bytes"),
        (input(""), Output::Decision(Decision::Accept), "not asked"),
        (scored(), Output::Scorecard(scorecard(10_001, vec![])), "scores 10001"),
        (scored(), Output::Scorecard(scorecard(0, vec![dimension("a", 10_001)])), "scores 10001"),
        (
            scored(),
            Output::Scorecard(scorecard(0, vec![dimension("a", 0), dimension("a", 0)])),
            "two dimensions",
        ),
        (reviewed(), Output::Decision(Decision::RequestRevision(vec![])), "nothing is named"),
        (reviewed(), Output::Decision(Decision::RequestRevision(vec![String::new(); 201])), "201 notes"),
        (reviewed(), Output::Decision(Decision::Escalate(long)), "8193 bytes"),
        (priced(), Output::Pricing(vec![award("c", 50)]), "does not exist"),
        (priced(), Output::Pricing(vec![reject("c")]), "does not exist"),
        (priced(), Output::Pricing(vec![award("a", 101)]), "price of 101"),
        (priced(), Output::Pricing(vec![award("a", 0)]), "price of 0"),
        (priced(), Output::Pricing(vec![PricingDecision::Counter(offer("a", 101))]), "price of 101"),
        (priced(), Output::Pricing(vec![award("a", 50), award("b", 50)]), "more than one"),
        (priced(), Output::Pricing(vec![award("a", 50), reject("a")]), "two decisions about bid a"),
        (priced(), Output::Pricing(vec![award("a", 50), wait.clone()]), "waits after an award"),
        (priced(), Output::Pricing(vec![wait.clone(), wait.clone()]), "waits twice"),
    ] {
        let lie = invariants::check(&input, &output).expect_err(said);
        assert!(lie.contains(said), "{lie:?} does not say {said:?}");
    }
}

/// Checks, the status found for each, the verifier's own findings, and the word.
type Case<'a> = (&'a [&'a Check], &'a [Option<Status>], &'a [Status], &'static str);

#[test]
fn the_word_of_a_report() {
    use Class::{Decidable, Necessary};
    use Status::{Error, Fail, Partial, Pass, Undecided};
    let (wanted, optional, hint) = (check(Decidable, true), check(Decidable, false), check(Necessary, true));
    let word = |checks: &[&Check], statuses: &[Option<Status>], own: &[Status]| {
        let mut task = task();
        task.checks = checks.iter().map(|check| (*check).clone()).collect();
        let finding = |subject, status| Finding { subject, status, score: 0, evidence: String::new() };
        let checked =
            (0..).zip(statuses).filter_map(|(n, status)| Some(finding(Subject::Check(n), (*status)?)));
        let own = own.iter().map(|status| finding(Subject::Own("own".to_owned()), *status));
        let report = Output::Report(Report { findings: checked.chain(own).collect() });
        let delivery = delivery("");
        Outcome::Output(report).word(&Input::Verify { task, delivery, config: String::new() })
    };
    let cases: [Case<'_>; 17] = [
        (&[], &[], &[], "undecided"),
        (&[&wanted], &[Some(Pass)], &[], "pass"),
        (&[&wanted], &[None], &[], "undecided"),
        (&[&wanted], &[Some(Fail)], &[], "fail"),
        (&[&wanted], &[Some(Partial)], &[], "fail"),
        (&[&wanted], &[Some(Undecided)], &[], "undecided"),
        (&[&wanted], &[Some(Error)], &[], "undecided"),
        (&[&wanted, &wanted], &[Some(Pass), Some(Fail)], &[], "fail"),
        (&[&wanted, &wanted], &[Some(Error), Some(Fail)], &[], "fail"),
        (&[&wanted, &optional], &[Some(Pass), Some(Fail)], &[], "pass"),
        (&[&optional], &[Some(Pass)], &[], "undecided"),
        (&[&hint], &[Some(Pass)], &[], "undecided"),
        (&[&wanted, &hint], &[Some(Pass), Some(Fail)], &[], "undecided"),
        (&[&wanted, &hint], &[Some(Pass), Some(Undecided)], &[], "pass"),
        (&[&wanted], &[Some(Pass)], &[Fail], "fail"),
        (&[], &[], &[Pass], "pass"),
        (&[&wanted], &[Some(Pass)], &[Error], "undecided"),
    ];
    for (number, (checks, statuses, own, expected)) in cases.into_iter().enumerate() {
        assert_eq!(word(checks, statuses, own), expected, "case {number}");
    }
    let problem = Outcome::Output(Output::Problem(Problem::Failed(String::new())));
    assert_eq!(problem.word(&input("")), "undecided");
}

#[test]
fn what_goes_in_and_out_of_every_world_reads_back() {
    let full = Input::Review {
        task: task(),
        delivery: delivery("gold"),
        scorecard: scorecard(1, vec![dimension("a", 3)]),
        reports: vec![Ok(Report { findings: vec![checked(0)] }), Err(Problem::Failed("no".to_owned()))],
        config: String::new(),
    };
    for input in [input(""), scored(), reviewed(), full, priced()] {
        assert_eq!(Input::parse(&input.canonical()).expect("its own bytes"), input);
        assert_eq!(sorted(&input.canonical()), input.canonical());
    }
    let decisions = vec![PricingDecision::Wait(None), PricingDecision::Counter(offer("a", 2)), reject("b")];
    for output in [
        report(vec![checked(0), own("a", 1, "é".to_owned())]),
        Output::Scorecard(scorecard(7, vec![dimension("a", 3)])),
        Output::Decision(Decision::Accept),
        Output::Decision(Decision::RequestRevision(vec!["shorter".to_owned()])),
        Output::Pricing(decisions),
        Output::Problem(Problem::InvalidConfig("band".to_owned())),
    ] {
        assert_eq!(Output::parse(&output.canonical()).expect("its own bytes"), output);
        assert_eq!(sorted(&output.canonical()), output.canonical());
    }
}

/// The same JSON written compactly, the keys of every object in the order of their bytes.
fn sorted(json: &[u8]) -> Vec<u8> {
    fn sort(value: Value) -> Value {
        match value {
            Value::Object(fields) => {
                let fields: BTreeMap<String, Value> = fields.into_iter().collect();
                fields.into_iter().map(|(name, value)| (name, sort(value))).collect()
            }
            Value::Array(items) => items.into_iter().map(sort).collect(),
            other => other,
        }
    }
    let value = serde_json::from_slice(json).expect("canonical bytes are JSON");
    serde_json::to_vec(&sort(value)).expect("JSON has a text")
}
