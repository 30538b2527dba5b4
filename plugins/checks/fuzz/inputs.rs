//! What the fuzz targets do with an input. `tests/corpus.rs` does the same with every
//! input the targets found worth keeping.

use assay_checks::{Attachment, Check, Delivery, Judge, SCORE_MAX};

const CHECKS: &[&str] = &[
    r#"{"kind":"is-json","allow_fence":true}"#,
    r#"{"kind":"contains-json","schema":{"type":"object"}}"#,
    r#"{"kind":"json-path","path":"$..a[?@.b>1]"}"#,
    r#"{"kind":"is-csv","types":["number"],"unique":[1]}"#,
    r#"{"kind":"is-xml","elements":["a"]}"#,
    r#"{"kind":"is-html","elements":["a"]}"#,
    r#"{"kind":"is-yaml","schema":{"type":"object"}}"#,
    r#"{"kind":"is-toml"}"#,
    r#"{"kind":"heading-count","pattern":"a"}"#,
    r#"{"kind":"heading-count"}"#,
    r#"{"kind":"link-count"}"#,
    r#"{"kind":"sentence-count"}"#,
    r#"{"kind":"paragraph-count","separator":"***","distinct":true}"#,
    r#"{"kind":"paragraph-first-word","index":1,"word":"a"}"#,
    r#"{"kind":"highlight-count"}"#,
    r#"{"kind":"postscript","marker":"P.S."}"#,
    r#"{"kind":"title"}"#,
    r#"{"kind":"language","value":"en"}"#,
    r#"{"kind":"regex","pattern":"\\b\\w+\\b","flags":"i"}"#,
    r#"{"kind":"numbers-equal","value":"1 2"}"#,
    r#"{"kind":"label-accuracy","gold":{"a":"b"}}"#,
    r#"{"kind":"similarity","value":"a b","metric":"bleu","threshold":0.5}"#,
    r#"{"kind":"levenshtein","value":"abc","max":2}"#,
    r#"{"kind":"original","max_overlap":2}"#,
    r#"{"kind":"word-count","target":"*"}"#,
];

/// Any text read as a check: it is one, or its issues are told; and one that is read can
/// be run.
pub(crate) fn check(text: &str) {
    match Check::parse(text) {
        Err(issues) => assert!(!issues.is_empty()),
        Ok(check) => {
            let delivery = Delivery {
                content: "A short text, 1,212 words of it.\n\n- {\"a\": [1, 2]}",
                task_text: "A task.",
                attachments: &[],
                traces: &[],
                read: &|_, _, _| Ok(Vec::new()),
            };
            Judge::new(delivery).run(&check, None);
        }
    }
}

/// Any text, held against a check of every parser: none may panic, and each gives the
/// same answer twice.
pub(crate) fn delivery(bytes: &[u8]) {
    let content = String::from_utf8_lossy(bytes);
    let file = Attachment { name: "a", media_type: "a/b", size: bytes.len() as u64, digest: "sha256:00" };
    let read = |_: u32, offset: u64, _: u32| {
        let start = usize::try_from(offset).map_or(bytes.len(), |start| start.min(bytes.len()));
        Ok(bytes[start..].to_vec())
    };
    let delivery = Delivery {
        content: &content,
        task_text: "a b a b c",
        attachments: &[file],
        traces: &[],
        read: &read,
    };
    let judge = Judge::new(delivery);
    for text in CHECKS {
        let check = Check::parse(text).expect("the checks are written well");
        let outcome = judge.run(&check, None);
        assert!(outcome.score <= SCORE_MAX);
        assert_eq!(outcome, judge.run(&check, None));
    }
}
