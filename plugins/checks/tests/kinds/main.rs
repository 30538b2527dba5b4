//! What each kind means, case by case: what passes, what fails, what lies between.

use assay_checks::{Attachment, Check, Delivery, Judge, KINDS, Outcome, Status, Trace};
use std::collections::BTreeSet;
use std::sync::Mutex;

mod data;
mod rest;
mod words;

/// The kinds that a table of this file was about; the last test wants all of them.
static SEEN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\x00";

/// Stands for the bytes of a file that its worker only named.
const NOT_HELD: &[u8] = b"%PDF- of which nothing arrived";

const TASK_TEXT: &str = "Write about the assay of gold in small mines.";

fn run(check: &str, content: &str) -> Outcome {
    let files: [(&str, &str, &[u8]); 9] = [
        ("data.json", "application/json", br#"{"a":[1,2,3]}"#),
        ("notes/a.txt", "text/plain; charset=utf-8", b"alpha beta"),
        ("notes/b.txt", "text/plain", b"beta gamma"),
        ("logo.png", "image/png", PNG),
        ("figures.csv", "text/csv", PNG),
        ("scan.tif", "image/tiff", b"%PDF-1.7"),
        ("model.usdz", "model/vnd.usdz+zip", b"PK\x03\x04"),
        ("song.mp3", "audio/mpeg", b"\xff\xfb\x90\x00"),
        ("ghost.pdf", "application/pdf", NOT_HELD),
    ];
    let digest = format!("sha256:{}", "ab".repeat(32));
    let attachments: Vec<Attachment> = files
        .iter()
        .map(|(name, media_type, bytes)| Attachment {
            name,
            media_type,
            size: bytes.len() as u64,
            digest: if *bytes == NOT_HELD { "" } else { &digest },
        })
        .collect();
    let traces = [("start", "began"), ("step", "half done"), ("step", "nearly"), ("done", "all done")];
    let traces = traces.map(|(event, message)| Trace { event, message });
    let read = |index: u32, offset: u64, _len: u32| {
        let (_, _, bytes) = files[index as usize];
        if bytes == NOT_HELD {
            return Err("its bytes are not here".to_owned());
        }
        Ok(bytes[usize::try_from(offset).expect("small").min(bytes.len())..].to_vec())
    };
    let delivery =
        Delivery { content, task_text: TASK_TEXT, attachments: &attachments, traces: &traces, read: &read };
    let check = Check::parse(check).unwrap_or_else(|issues| panic!("{check}: {issues:?}"));
    Judge::new(delivery).run(&check, None)
}

/// A mark a case: `+` pass, `-` fail, `?` undecided, `!` error, or the partial score.
fn mark(outcome: &Outcome) -> String {
    match outcome.status {
        Status::Pass => "+".to_owned(),
        Status::Fail => "-".to_owned(),
        Status::Undecided => "?".to_owned(),
        Status::Error => "!".to_owned(),
        Status::Partial => outcome.score.to_string(),
    }
}

fn table(cases: &[(&str, &str, &str)]) {
    for (check, content, expected) in cases {
        let outcome = run(check, content);
        assert_eq!(mark(&outcome), *expected, "{check} on {content:?}: {}", outcome.evidence);
        assert!(!outcome.evidence.is_empty());
        assert!(outcome.score <= 10_000 && (outcome.status != Status::Pass || outcome.score == 10_000));
        let value: serde_json::Value = serde_json::from_str(check).expect("JSON");
        let kind = value["kind"].as_str().expect("a kind");
        let base = if KINDS.contains(&kind) { kind } else { kind.trim_start_matches("not-") };
        SEEN.lock().expect("no test panics while it holds the lock").insert(base.to_owned());
    }
}
#[test]
fn evidence_has_the_numbers_and_keeps_the_answers() {
    let table = [
        (r#"{"kind":"word-count","min":1500}"#, "1 word, at least 1,500 wanted"),
        (r#"{"kind":"not-word-count","min":1}"#, "1 word, none wanted"),
        (r#"{"kind":"letter-count","letter":"s","exact":0}"#, "4 times “s”, none wanted"),
        (r#"{"kind":"not-contains","value":"sess"}"#, "“sess” found once, none wanted"),
        (r#"{"kind":"contains-all","values":["gold","ass"]}"#, "1 of 2 texts found, missing “gold”"),
        (r#"{"kind":"starts-with","value":"Dear"}"#, "starts with “assess”, “Dear” wanted"),
        (r#"{"kind":"is-json"}"#, "not JSON: expected value at line 1 column 1"),
        (r#"{"kind":"file-exists","target":"*.gif"}"#, "0 matching files, at least 1 wanted"),
    ];
    for (check, evidence) in table {
        assert_eq!(run(check, "assess").evidence, evidence);
    }
    let gold = [
        r#"{"kind":"equals","value":"SECRET"}"#,
        r#"{"kind":"equals","value":{"SECRET":1}}"#,
        r#"{"kind":"tokens-equal","value":"SECRET"}"#,
        r#"{"kind":"numbers-equal","value":"SECRET 4711"}"#,
        r#"{"kind":"one-of","values":["SECRET"]}"#,
        r#"{"kind":"label-accuracy","gold":["SECRET"]}"#,
        r#"{"kind":"levenshtein","value":"SECRET","max":1}"#,
        r#"{"kind":"similarity","value":"SECRET","threshold":0.5}"#,
        r#"{"kind":"all","checks":[{"kind":"one-of","values":["SECRET"]}]}"#,
    ];
    for check in gold {
        let parsed = Check::parse(check).expect("written well");
        assert!(parsed.has_gold(), "{check}");
        for content in ["assess", "", "{}", "1 2"] {
            let evidence = run(check, content).evidence;
            assert!(!evidence.contains("SECRET") && !evidence.contains("4711"), "{check}: {evidence}");
        }
    }
    assert!(!Check::parse(r#"{"kind":"contains","value":"x"}"#).expect("written well").has_gold());
}

/// Runs the tables again by themselves, since tests may run in any order.
#[test]
fn every_kind_has_a_table() {
    for tables in [
        words::text_in_text,
        words::counts,
        words::paragraphs,
        words::marks_of_structure,
        words::language_and_case,
        data::json,
        data::tables,
        data::documents,
        data::comparisons,
        rest::whether_it_is_work_at_all,
        rest::files,
        rest::traces,
        rest::compositions,
    ] {
        tables();
    }
    let seen = SEEN.lock().expect("no test panics while it holds the lock");
    let missing: Vec<&&str> = KINDS.iter().filter(|kind| !seen.contains(**kind)).collect();
    assert!(missing.is_empty(), "kinds without a case: {missing:?}");
}
