//! The components that came with the binary, in the sandbox: each is what it says, and
//! each has a case here, or the tests fail.

use assay::builtin::{BUILTIN, Builtin};
use assay_sandbox::{
    Attachments, Bid, Check, Class, Decision, Delivery, Digest, Finding, Input, Listing, Output,
    PricingDecision, PricingEvent, Report, Scorecard, Status, Subject, Task, inspect,
};

use crate::judges::roomy;

/// What a component must make of its input.
type Judged = fn(&Output) -> bool;

/// A case a component: its name, an input, and what must come out.
fn cases() -> Vec<(&'static str, Input, Judged)> {
    let config = String::new;
    let price = |book, event| Input::Price { listing: listing(), book, event, config: config() };
    let passed = |status| Report {
        findings: vec![Finding {
            subject: Subject::Check(0),
            status,
            score: 0,
            evidence: "so it is".to_owned(),
        }],
    };
    let review = |status| Input::Review {
        task: checked(r#"{"kind":"contains","value":"gold"}"#),
        delivery: delivery(),
        scorecard: Scorecard { score: 8_000, dimensions: Vec::new(), notes: String::new() },
        reports: vec![Ok(passed(status))],
        config: config(),
    };
    vec![
        ("auto-review", review(Status::Pass), |output| matches!(output, Output::Decision(Decision::Accept))),
        ("auto-review", review(Status::Error), |output| {
            matches!(output, Output::Decision(Decision::Escalate(_)))
        }),
        ("criteria", verify(r#"{"kind":"word-count","min":1}"#), |output| is_first(output, Status::Pass)),
        ("criteria", verify(r#"{"kind":"language","value":"tlh"}"#), |output| {
            is_first(output, Status::Error)
        }),
        ("criteria-schema", verify(r#"{"kind":"is-json","schema":{"type":"array"}}"#), |output| {
            is_first(output, Status::Fail)
        }),
        ("criteria", verify(r#"{"kind":"regex","pattern":"\\bno such \\w{3,9}\\b"}"#), |output| {
            is_first(output, Status::Fail)
        }),
        ("criteria", verify(r#"{"kind":"json-path","path":"$..a"}"#), |output| {
            is_first(output, Status::Fail)
        }),
        (
            "pdqg",
            Input::Score { task: task(), delivery: delivery(), config: config() },
            |output| matches!(output, Output::Scorecard(scorecard) if scorecard.score <= 10_000),
        ),
        ("pricing-auction", price(vec![bid("a", 90), bid("b", 80)], PricingEvent::Deadline), |output| {
            awards(output, "b", 80)
        }),
        ("pricing-fixed", price(vec![bid("a", 90), bid("b", 80)], PricingEvent::Opened), |output| {
            awards(output, "a", 90)
        }),
        ("pricing-hybrid", price(vec![bid("a", 90), bid("b", 80)], PricingEvent::Opened), |output| {
            awards(output, "b", 80)
        }),
    ]
}

fn task() -> Task {
    Task {
        id: "task-1".to_owned(),
        title: "Assay an ingot".to_owned(),
        description: "Say what the ingot is made of.".to_owned(),
        category: "research".to_owned(),
        skills: Vec::new(),
        criteria: Vec::new(),
        checks: Vec::new(),
        currency: "USD".to_owned(),
        price: 5_000_000,
        posted_at: 1_700_000_000_000,
        deadline_at: None,
    }
}

fn delivery() -> Delivery {
    Delivery {
        id: "delivery-1".to_owned(),
        content: "The ingot is made of nine parts gold and one part silver.".to_owned(),
        summary: String::new(),
        attachments: Vec::new(),
        traces: Vec::new(),
        round: 1,
        delivered_at: 1_700_000_050_000,
    }
}

fn listing() -> Listing {
    Listing {
        id: "listing-1".to_owned(),
        currency: "USD".to_owned(),
        price: 100,
        opened_at: 1_700_000_000_000,
        closes_at: Some(1_700_000_100_000),
    }
}

/// Bids are placed in the order of their ids.
fn bid(id: &str, price: u64) -> Bid {
    Bid {
        id: id.to_owned(),
        bidder: format!("bidder-{id}"),
        price,
        placed_at: 1_700_000_000_000 + u64::from(id.as_bytes()[0]),
        countered_at_price: None,
        rounds: 0,
    }
}

fn checked(json: &str) -> Task {
    let kind = json.split('"').nth(3).unwrap_or_default().to_owned();
    let check = Check {
        kind,
        required: true,
        weight: 1,
        class: Class::Decidable,
        json: json.to_owned(),
        prior: None,
    };
    Task { checks: vec![check], ..task() }
}

fn verify(json: &str) -> Input {
    Input::Verify { task: checked(json), delivery: delivery(), config: String::new() }
}

fn is_first(output: &Output, status: Status) -> bool {
    matches!(output, Output::Report(report) if report.findings.len() == 1 && report.findings[0].status == status)
}

fn awards(output: &Output, bid: &str, price: u64) -> bool {
    let Output::Pricing(decisions) = output else { return false };
    matches!(decisions.as_slice(), [PricingDecision::Award(offer)] if offer.bid == bid && offer.price == price)
}

fn find(name: &str) -> &'static Builtin {
    BUILTIN.iter().find(|builtin| builtin.name == name).unwrap_or_else(|| panic!("there is no {name}"))
}

#[test]
fn every_component_has_a_case() {
    let cases = cases();
    for builtin in BUILTIN {
        assert!(cases.iter().any(|(name, ..)| *name == builtin.name), "{} has no case", builtin.name);
    }
}

#[test]
fn a_component_is_what_it_says() {
    for builtin in BUILTIN {
        let facts =
            inspect(builtin.bytes, usize::MAX).unwrap_or_else(|why| panic!("{}: {why}", builtin.name));
        assert_eq!(Digest::of(builtin.bytes), builtin.digest, "{}", builtin.name);
        assert_eq!(facts.manifest.name, builtin.name);
        assert_eq!(facts.manifest.version, builtin.version);
        assert_eq!(facts.world.to_string(), builtin.world, "{}", builtin.name);
        let schema = serde_json::from_str::<serde_json::Value>(builtin.config_schema).expect("JSON");
        assert!(schema.is_object(), "{}", builtin.name);
        assert_eq!(facts.manifest.config_schema, schema, "{}", builtin.name);
        assert!(!facts.manifest.description.is_empty() && !facts.manifest.author.is_empty());
        let reads_files = facts.imports.iter().any(|import| import.starts_with("assay:plugin/attachments"));
        assert!(!reads_files || builtin.world != "pricing", "{} reads files", builtin.name);
    }
}

#[test]
fn a_component_names_no_path_of_the_machine_it_was_built_on() {
    for builtin in BUILTIN {
        for path in [env!("CARGO_MANIFEST_DIR").trim_end_matches("/tests"), "/.cargo/registry", "/.rustup/"] {
            let found = builtin.bytes.windows(path.len()).any(|window| window == path.as_bytes());
            assert!(!found, "{} holds {path}", builtin.name);
        }
    }
}

#[test]
fn every_case_comes_out_the_same_with_the_same_fuel() {
    let sandbox = roomy();
    for (name, input, expected) in cases() {
        let judge = sandbox.prepare_blocking(find(name).bytes).expect("it is a judge");
        let run = sandbox.run_blocking(&judge, &input, Attachments::none());
        let answer = run.answer().unwrap_or_else(|| panic!("{name}: {:?}", run.outcome));
        assert!(expected(answer), "{name}: {answer:?}");
        let again = sandbox.run_blocking(&judge, &input, Attachments::none());
        assert_eq!((again.output, again.fuel), (run.output, run.fuel), "{name}");
    }
}
