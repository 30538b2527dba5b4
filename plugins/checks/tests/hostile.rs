//! Deliveries made to hurt: each ends in an answer, in time in proportion to its size
//! and without deep recursion.

use assay_checks::{Check, Delivery, Judge, KINDS, Outcome, Status};
use proptest::prelude::*;

/// A check of every kind, with fields that make it work the hardest.
const CHECKS: &[&str] = &[
    r#"{"kind":"equals","value":{"a":1}}"#,
    r#"{"kind":"contains","value":"aaaaaaaab","whole_word":true}"#,
    r#"{"kind":"contains-any","values":["aa","b"],"whole_word":true,"ignore_case":true}"#,
    r#"{"kind":"contains-all","values":["aa","b"],"ignore_case":true}"#,
    r#"{"kind":"term-count","term":"aa","min":1}"#,
    r#"{"kind":"starts-with","value":"a","trim_quotes":true}"#,
    r#"{"kind":"ends-with","value":"a","trim_quotes":true}"#,
    r#"{"kind":"regex","pattern":"(a+)+b|(a|aa)*c$"}"#,
    r#"{"kind":"quoted"}"#,
    r#"{"kind":"word-count","min":1}"#,
    r#"{"kind":"char-count","min":1}"#,
    r#"{"kind":"line-count","min":1}"#,
    r#"{"kind":"sentence-count","min":1}"#,
    r#"{"kind":"paragraph-count","min":1,"distinct":true}"#,
    r#"{"kind":"paragraph-first-word","paragraphs":1,"index":1,"word":"a"}"#,
    r#"{"kind":"list-item-count","min":1}"#,
    r#"{"kind":"heading-count","min":1}"#,
    r#"{"kind":"section-count","marker":"a","min":1}"#,
    r#"{"kind":"highlight-count","min":1}"#,
    r#"{"kind":"title"}"#,
    r#"{"kind":"postscript","marker":"aaaaaaaa.b"}"#,
    r#"{"kind":"placeholder-count","min":1}"#,
    r#"{"kind":"link-count","domains":{"deny":["a.example"]}}"#,
    r#"{"kind":"letter-count","letter":"a","min":1}"#,
    r#"{"kind":"capital-word-count","min":1}"#,
    r#"{"kind":"case","value":"upper"}"#,
    r#"{"kind":"language","value":"en"}"#,
    r#"{"kind":"is-json","schema":{"type":"array","uniqueItems":true}}"#,
    r#"{"kind":"contains-json"}"#,
    r#"{"kind":"json-path","path":"$..a","value":1}"#,
    r#"{"kind":"json-count","path":"$..*","min":1}"#,
    r#"{"kind":"is-csv","rows":{"min":1}}"#,
    r#"{"kind":"is-xml"}"#,
    r#"{"kind":"is-html"}"#,
    r#"{"kind":"is-yaml"}"#,
    r#"{"kind":"is-toml"}"#,
    r#"{"kind":"tokens-equal","value":"a b","ordered":false}"#,
    r#"{"kind":"numbers-equal","value":[1,2],"ordered":false}"#,
    r#"{"kind":"one-of","values":["a","b"]}"#,
    r#"{"kind":"label-accuracy","gold":["a"]}"#,
    r#"{"kind":"levenshtein","value":"aaaaaaaaaaaaaaab","max":5}"#,
    r#"{"kind":"similarity","value":"a b c a","metric":"rouge-l","threshold":0.5}"#,
    r#"{"kind":"similarity","value":"a b c a","metric":"bleu","threshold":0.5}"#,
    r#"{"kind":"original","max_overlap":3}"#,
    r#"{"kind":"no-placeholder"}"#,
    r#"{"kind":"not-refusal"}"#,
    r#"{"kind":"file-exists","target":"*"}"#,
    r#"{"kind":"file-type","target":"*","value":"a/b"}"#,
    r#"{"kind":"file-size","min":1}"#,
    r#"{"kind":"sha256","value":"0000000000000000000000000000000000000000000000000000000000000000"}"#,
    r#"{"kind":"trace-count","pattern":"a"}"#,
    r#"{"kind":"trace-order","pattern":["a","b"]}"#,
    r#"{"kind":"all","checks":[{"kind":"is-json"},{"kind":"contains-json"}]}"#,
    r#"{"kind":"any","checks":[{"kind":"is-xml"},{"kind":"is-csv"}]}"#,
    r#"{"kind":"set","checks":[{"kind":"title"}]}"#,
    r#"{"kind":"plugin","name":"a"}"#,
];

fn run(check: &str, content: &str) -> Outcome {
    let check = Check::parse(check).unwrap_or_else(|issues| panic!("{check}: {issues:?}"));
    let delivery = Delivery {
        content,
        task_text: "a a a b",
        attachments: &[],
        traces: &[],
        read: &|_, _, _| Err("there are no attachments".to_owned()),
    };
    Judge::new(delivery).run(&check, None)
}

fn joined(range: std::ops::Range<usize>, part: impl Fn(usize) -> String) -> String {
    range.map(part).collect::<Vec<_>>().concat()
}

/// On a stack as small as a component's, so that recursion would be found out.
fn on_a_small_stack(judge: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(1024 * 1024).spawn(judge).expect("a thread");
    thread.join().expect("the judge neither panics nor runs out of stack");
}

#[test]
fn every_kind_is_tried() {
    let tried = |kind: &&str| CHECKS.iter().any(|check| check.starts_with(&format!(r#"{{"kind":"{kind}""#)));
    let missing: Vec<&&str> = KINDS.iter().filter(|kind| !tried(kind)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn hostile_texts_end_in_an_answer() {
    let size = 300_000;
    let texts: Vec<(&str, String)> = vec![
        ("nothing", String::new()),
        ("null characters", "\0".repeat(size)),
        ("one letter", "a".repeat(size)),
        ("one letter a word", "a ".repeat(size / 2)),
        ("spaces", " ".repeat(size)),
        ("line breaks", "\n".repeat(size)),
        ("empty rows", ",\n".repeat(size / 2)),
        ("nested lists", "[".repeat(100_000)),
        ("nested lists that close", format!("{}{}", "[".repeat(100_000), "]".repeat(100_000))),
        ("nested objects", format!("{}1{}", r#"{"a":"#.repeat(100_000), "}".repeat(100_000))),
        ("nested elements", "<a>".repeat(100_000)),
        ("nested quotes", ">".repeat(50_000)),
        ("stars", "*".repeat(size)),
        ("stars apart", "* ".repeat(size / 2)),
        ("brackets", "[".repeat(size / 2) + &"]".repeat(size / 2)),
        ("links", "](".repeat(size / 2)),
        ("back-quotes", "`".repeat(size)),
        ("underscores", "_a".repeat(100_000)),
        ("full stops", ".".repeat(size)),
        ("full stops apart", "a. ".repeat(size / 3)),
        ("dots and numbers", "1.\n".repeat(size / 3)),
        ("angle brackets", "<".repeat(size)),
        ("ampersands", "&a;".repeat(size / 3)),
        ("attributes", format!("<a {}/>", joined(0..50_000, |n| format!("a{n}='' ")))),
        ("www", "www.".repeat(size / 4)),
        ("yaml lists", "- ".repeat(50_000)),
        ("yaml keys", "? ".repeat(50_000)),
        ("toml tables", format!("[{}]", "a.".repeat(50_000))),
        ("quotation marks", "\"".repeat(size)),
        ("combining marks", "a\u{301}".repeat(size / 3)),
        ("right to left", "\u{202e}\u{200f}א".repeat(size / 8)),
        ("four bytes each", "𝔞".repeat(size / 4)),
    ];
    for (name, text) in texts {
        on_a_small_stack(move || {
            for check in CHECKS {
                let outcome = run(check, &text);
                assert!(outcome.evidence.chars().count() <= 601, "{name} {check}");
                assert_ne!(outcome.status, Status::Error, "{name} {check}: {}", outcome.evidence);
            }
        });
    }
}

#[test]
fn ten_megabytes_of_one_letter_are_read_through() {
    let text = "a".repeat(10_000_000);
    on_a_small_stack(move || {
        for (check, expected) in [
            (r#"{"kind":"word-count","exact":1}"#, Status::Pass),
            (r#"{"kind":"contains","value":"aaaab"}"#, Status::Fail),
            (r#"{"kind":"regex","pattern":"(a+)+b"}"#, Status::Fail),
            (r#"{"kind":"is-json"}"#, Status::Fail),
            (r#"{"kind":"sentence-count","max":1}"#, Status::Pass),
            (r#"{"kind":"original","max_overlap":1}"#, Status::Pass),
            (r#"{"kind":"levenshtein","value":"bbbb","max":9}"#, Status::Fail),
            (r#"{"kind":"case","value":"lower"}"#, Status::Pass),
        ] {
            assert_eq!(run(check, &text).status, expected, "{check}");
        }
    });
}

#[test]
fn known_bombs_have_known_answers() {
    let laughs = {
        let levels = joined(1..10, |n| format!("<!ENTITY l{n} \"{}\">", format!("&l{};", n - 1).repeat(10)));
        format!("<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY l0 \"lol\">{levels}]><a>&l9;</a>")
    };
    let aliases = {
        let levels = joined(1..10, |n| format!("l{n}: &l{n} [{}]\n", format!("*l{},", n - 1).repeat(9)));
        format!("l0: &l0 [lol]\n{levels}")
    };
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let table = [
        (r#"{"kind":"is-xml"}"#, laughs, Status::Fail),
        (r#"{"kind":"is-yaml"}"#, aliases, Status::Undecided),
        (r#"{"kind":"is-json"}"#, deep.clone(), Status::Pass),
        (r#"{"kind":"is-json","schema":{}}"#, deep.clone(), Status::Undecided),
        (r#"{"kind":"is-json"}"#, "[".repeat(100_000), Status::Fail),
        (r#"{"kind":"contains-json"}"#, deep.clone(), Status::Pass),
        (r#"{"kind":"json-path","path":"$..a"}"#, deep.clone(), Status::Undecided),
        (r#"{"kind":"is-yaml"}"#, deep, Status::Undecided),
        (r#"{"kind":"is-csv","rows":{"exact":0}}"#, "a\n".to_owned() + &"\n".repeat(1_000_000), Status::Pass),
        (r#"{"kind":"levenshtein","value":"ab","max":1}"#, "ab".repeat(2_000_000), Status::Fail),
        (r#"{"kind":"is-json","schema":{"$ref":"\#"}}"#, "1".to_owned(), Status::Pass),
    ];
    for (check, content, expected) in table {
        let check = check.replace("\\#", "#");
        on_a_small_stack(move || {
            let outcome = run(&check, &content);
            assert_eq!(outcome.status, expected, "{check}: {}", outcome.evidence);
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever the text, every kind gives one of its results, and the same again.
    #[test]
    fn no_text_makes_a_kind_panic(text in "\\PC{0,300}|[\\[\\]{}<>&;:,.*_#`\"'\\-\n\t \\\\a-c0-3]{0,300}") {
        for check in CHECKS {
            let outcome = run(check, &text);
            prop_assert!(outcome.score <= 10_000);
            prop_assert_eq!(&outcome, &run(check, &text));
            let negated = check.replacen(r#"{"kind":""#, r#"{"kind":"not-"#, 1);
            // Where no file matches there is nothing to negate.
            if !check.contains("not-refusal") && !check.contains("target") {
                let opposite = run(&negated, &text).status;
                let expected = match outcome.status {
                    Status::Pass => Status::Fail,
                    Status::Fail | Status::Partial => Status::Pass,
                    open => open,
                };
                prop_assert_eq!(opposite, expected, "{}", check);
            }
        }
    }

    /// Whatever stands in a check, reading it gives a check or its issues.
    #[test]
    fn no_check_makes_the_reader_panic(
        kind in proptest::sample::select(KINDS), field in "[a-z_]{1,10}", value in "\\PC{0,40}", number in any::<i64>(),
    ) {
        let texts = ["value", "values", "pattern", "path", "target", "marker", "gold", "letter", "word", "term"];
        for name in texts.into_iter().chain([field.as_str()]) {
            let check = serde_json::json!({ "kind": kind, name: value, "min": number });
            if let Ok(check) = Check::from_value(&check) {
                prop_assert!(check.kind() == kind);
            }
        }
    }
}
