//! Golden inputs of verifiers, scorers and reviewers.

use std::sync::Arc;

use super::{Golden, golden};
use crate::digest::Digest;
use crate::input::Input;
use crate::state::Attachments;
use crate::verdict::{Dimension, Finding, Problem, Report, Scorecard, Status, Subject};
use crate::work::{Attachment, Check, Class, Criterion, Delivery, Task, Trace};
use crate::world::World;

const POSTED_AT_MS: u64 = 1_750_000_000_000;

/// A file the host holds.
const FILE: &[u8] = b"weight,fineness\n31.1,999\n";

const TEXT: &str = "The ingot weighs 31.1 grams. Nine parts in ten are gold; the rest is silver.\n\n\
    ## Method\n\nTouchstone first, then fire.\n\n- a streak on slate\n- a drop of acid\n- a cupel in the furnace";

/// Letters that join, turn, hide, and look alike.
const SCRIPTS: &str = "Zażółć gęślą jaźń — Ελληνικά, русский, עברית, العربية, हिन्दी, ไทย, 中文, 한국어, かな. \
    e\u{301} é ﬁ Å İ ı ß ẞ \u{202e}drow\u{202c} \u{200d}\u{feff}\u{0} 👩🏽‍🚀 🇺🇳 \u{10ffff} \u{85} \u{2028} end";

pub(super) fn goldens(world: World) -> Vec<Golden> {
    works()
        .into_iter()
        .map(|(name, task, delivery)| {
            let files = [(Digest::of(FILE), Arc::from(FILE))];
            Golden {
                attachments: Attachments::from_iter(files),
                ..golden(name, asked(world, task, delivery))
            }
        })
        .collect()
}

fn asked(world: World, task: Task, delivery: Delivery) -> Input {
    let config = String::new();
    match world {
        World::Scorer => Input::Score { task, delivery, config },
        World::Reviewer => {
            let (scorecard, reports) = (scorecard(&delivery), reports(&task));
            Input::Review { task, delivery, scorecard, reports, config }
        }
        World::Verifier | World::Pricing => Input::Verify { task, delivery, config },
    }
}

fn works() -> Vec<(&'static str, Task, Delivery)> {
    let two =
        || task(&[r#"{"kind":"contains","value":"gold"}"#, r#"{"kind":"word-count","min":5,"max":400}"#]);
    let empty = String::new;
    vec![
        ("an empty delivery", two(), delivery(empty())),
        ("plain text", two(), delivery(TEXT.to_owned())),
        ("a task without checks", task(&[]), delivery(TEXT.to_owned())),
        ("checks of many kinds", task(&MANY_KINDS), delivery(TEXT.to_owned())),
        ("letters of many scripts", task(&MANY_KINDS), delivery(SCRIPTS.to_owned())),
        ("a long text", two(), delivery(long())),
        ("one long line", two(), delivery("gold ".repeat(20_000))),
        (
            "JSON",
            task(&STRUCTURES),
            delivery(r#"{"metal":"gold","parts":[9,0.1,1e3],"pure":false}"#.to_owned()),
        ),
        ("JSON that nests", task(&STRUCTURES), delivery("[".repeat(2_000))),
        ("a table", task(&STRUCTURES), delivery("metal,parts\ngold,9\n\"sil\"\"ver\",1\n".to_owned())),
        ("checks that are broken", broken(), delivery(TEXT.to_owned())),
        ("files, one of them never received", files(), with_files()),
        ("a second round with notes", criteria(), second_round()),
        ("only spaces", two(), delivery(" \t\r\n\u{a0}\u{3000}".repeat(100))),
    ]
}

const MANY_KINDS: [&str; 14] = [
    r#"{"kind":"contains","value":"gold"}"#,
    r#"{"kind":"not-contains","value":"lead"}"#,
    r#"{"kind":"contains-all","values":["gold","silver"],"ignore_case":true}"#,
    r#"{"kind":"starts-with","value":"The"}"#,
    r#"{"kind":"regex","pattern":"[0-9]+\\.[0-9]+ grams"}"#,
    r#"{"kind":"word-count","min":10}"#,
    r#"{"kind":"char-count","max":5000}"#,
    r#"{"kind":"sentence-count","min":2}"#,
    r#"{"kind":"paragraph-count","min":1,"max":9}"#,
    r#"{"kind":"list-item-count","min":3}"#,
    r#"{"kind":"heading-count","min":1}"#,
    r#"{"kind":"language","value":"en"}"#,
    r#"{"kind":"no-placeholder"}"#,
    r#"{"kind":"all","checks":[{"kind":"not-refusal"},{"kind":"link-count","max":0}]}"#,
];

const STRUCTURES: [&str; 6] = [
    r#"{"kind":"is-json"}"#,
    r#"{"kind":"json-path","path":"$..parts[0]"}"#,
    r#"{"kind":"is-json","schema":{"type":"object","required":["metal"]}}"#,
    r#"{"kind":"is-csv","columns":["metal","parts"]}"#,
    r#"{"kind":"is-yaml"}"#,
    r#"{"kind":"is-xml"}"#,
];

fn check(json: &str) -> Check {
    let value: serde_json::Value = serde_json::from_str(json).unwrap_or_default();
    Check {
        kind: value["kind"].as_str().unwrap_or_default().to_owned(),
        required: true,
        weight: 1,
        class: Class::Decidable,
        json: json.to_owned(),
        prior: None,
    }
}

fn task(checks: &[&str]) -> Task {
    Task {
        id: "task".to_owned(),
        title: "Assay an ingot".to_owned(),
        description: "Say in at most 400 words what the ingot is made of, and how you know.".to_owned(),
        category: "research".to_owned(),
        skills: vec!["metallurgy".to_owned(), "writing".to_owned()],
        criteria: Vec::new(),
        checks: checks.iter().map(|json| check(json)).collect(),
        currency: "USD".to_owned(),
        price: 25_000_000,
        posted_at: POSTED_AT_MS,
        deadline_at: Some(POSTED_AT_MS + 7 * 86_400_000),
    }
}

fn delivery(content: String) -> Delivery {
    Delivery {
        id: "delivery".to_owned(),
        content,
        summary: "What it is made of.".to_owned(),
        attachments: Vec::new(),
        traces: Vec::new(),
        round: 1,
        delivered_at: POSTED_AT_MS + 3_600_000,
    }
}

/// Some 100 kB of sentences, no two alike.
fn long() -> String {
    (0..1_500).fold(String::new(), |text, n| {
        text + &format!("Sample {n} of the ingot holds {} parts of gold in 1,000. ", 900 + n * 37 % 100)
    })
}

fn broken() -> Task {
    let mut task = task(&[
        r#"{"kind":"contains"}"#,
        r#"{"kind":"no-such-kind","value":1}"#,
        r#"{"kind":"regex","pattern":"(("}"#,
        r#"{"kind":"word-count","min":9,"max":1}"#,
        "{",
        "null",
        "",
    ]);
    task.checks[0].weight = u32::MAX;
    task.checks[1].weight = 0;
    task
}

fn files() -> Task {
    task(&[
        r#"{"kind":"file-exists","name":"weights.csv"}"#,
        r#"{"kind":"file-size","name":"weights.csv","max_bytes":100}"#,
        r#"{"kind":"file-type","name":"photo.png","value":"image/png"}"#,
        r#"{"kind":"is-csv","file":"weights.csv"}"#,
    ])
}

fn with_files() -> Delivery {
    let file = |name: &str, media_type: &str, size: usize, digest: String| Attachment {
        name: name.to_owned(),
        media_type: media_type.to_owned(),
        size: size as u64,
        digest,
    };
    Delivery {
        attachments: vec![
            file("weights.csv", "text/csv", FILE.len(), Digest::of(FILE).to_string()),
            file("photo.png", "image/png", 40_000, String::new()),
        ],
        ..delivery("See the files.".to_owned())
    }
}

/// Criteria in words, of all classes, and a check that another component looked at.
fn criteria() -> Task {
    let criterion = |text: &str, class, checks| Criterion { text: text.to_owned(), class, checks };
    let mut task = task(&[
        r#"{"kind":"contains","value":"gold"}"#,
        r#"{"kind":"contains","value":"furnace"}"#,
        r#"{"kind":"plugin","plugin":"someone/else"}"#,
        r#"{"kind":"plugin","plugin":"someone/broken"}"#,
    ]);
    task.criteria = vec![
        criterion("It names the metal.", Class::Decidable, vec![0]),
        criterion("It describes the method in detail.", Class::Necessary, vec![1]),
        criterion("It reads well.", Class::Human, vec![]),
    ];
    task.checks[1].class = Class::Necessary;
    task.checks[2].prior = Some(Ok(Report { findings: vec![finding(Subject::Own("fineness".to_owned()))] }));
    task.checks[3].required = false;
    task.checks[3].prior = Some(Err(Problem::Failed("it gave up".to_owned())));
    task
}

fn second_round() -> Delivery {
    let trace =
        |event: &str, message: &str, at| Trace { event: event.to_owned(), message: message.to_owned(), at };
    Delivery {
        round: 2,
        traces: vec![
            trace("progress", "Took a streak.", POSTED_AT_MS + 1_000),
            trace("note", "The first answer forgot the silver.", POSTED_AT_MS + 1_800_000),
        ],
        ..delivery(TEXT.to_owned())
    }
}

fn finding(subject: Subject) -> Finding {
    Finding { subject, status: Status::Pass, score: 10_000, evidence: "999 parts in 1,000".to_owned() }
}

/// Better for longer deliveries, so that reviewers see more than one score.
fn scorecard(delivery: &Delivery) -> Scorecard {
    let score = u16::try_from(delivery.content.len().min(10_000)).unwrap_or_default();
    let dimension =
        |name: &str, weight| Dimension { name: name.to_owned(), weight, score, note: String::new() };
    Scorecard {
        score,
        dimensions: vec![dimension("substance", 3), dimension("form", 1)],
        notes: "Counted by its length.".to_owned(),
    }
}

/// The first check fails in part, the second is undecided, the rest pass; tasks without
/// checks had a verifier that gave up.
fn reports(task: &Task) -> Vec<Result<Report, Problem>> {
    if task.checks.is_empty() {
        return vec![Err(Problem::Unsupported("there is nothing to check".to_owned()))];
    }
    let findings = (0..).zip(&task.checks).map(|(position, _)| {
        let status = match position {
            0 => Status::Partial,
            1 => Status::Undecided,
            _ => Status::Pass,
        };
        Finding { status, score: 5_000, ..finding(Subject::Check(position)) }
    });
    vec![Ok(Report { findings: findings.collect() })]
}
