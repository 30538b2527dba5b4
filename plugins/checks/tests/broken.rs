//! Checks that are written badly, each with the place of the mistake: what a poster
//! hears before any money moves.

use assay_checks::{KINDS, validate};

/// The places of the issues, in their order.
fn places(check: &str) -> Vec<String> {
    match validate(check) {
        Ok(()) => Vec::new(),
        Err(issues) => {
            assert!(issues.iter().all(|issue| !issue.message.is_empty()));
            issues.into_iter().map(|issue| issue.path).collect()
        }
    }
}

#[test]
fn every_mistake_has_its_place() {
    let table: &[(&str, &[&str])] = &[
        ("not JSON", &[""]),
        ("[]", &[""]),
        ("{}", &["kind"]),
        (r#"{"kind":""}"#, &["kind"]),
        (r#"{"kind":7}"#, &["kind"]),
        (r#"{"kind":"containz","value":"x"}"#, &["kind", "value"]),
        (r#"{"kind":"not-not-contains","value":"x"}"#, &["kind", "value"]),
        (r#"{"kind":"contains"}"#, &["value"]),
        (r#"{"kind":"contains","value":""}"#, &["value"]),
        (r#"{"kind":"contains","value":5}"#, &["value"]),
        (r#"{"kind":"contains","value":"x","whole_word":"yes"}"#, &["whole_word"]),
        (r#"{"kind":"contains","value":"x","vaule":"y"}"#, &["vaule"]),
        (r#"{"kind":"contains","value":"x","required":"no","weight":-1}"#, &["required", "weight"]),
        (r#"{"kind":"contains","value":"x","weight":2000000}"#, &["weight"]),
        (r#"{"kind":"contains","value":"x","description":3}"#, &["description"]),
        (r#"{"kind":"contains","value":"x","target":"[a"}"#, &["target"]),
        (r#"{"kind":"contains-any","values":[]}"#, &["values"]),
        (r#"{"kind":"contains-all","values":["a",1]}"#, &["values"]),
        (r#"{"kind":"contains-all","values":["a",""]}"#, &["values"]),
        (r#"{"kind":"word-count","min":-1}"#, &["min"]),
        (r#"{"kind":"word-count","min":1.5}"#, &["min"]),
        (r#"{"kind":"word-count","min":5,"max":4}"#, &["max"]),
        (r#"{"kind":"word-count","min":5,"exact":4}"#, &["exact"]),
        (r#"{"kind":"word-count","minimum":5}"#, &["minimum"]),
        (r#"{"kind":"letter-count","letter":"ab","max":1}"#, &["letter"]),
        (r#"{"kind":"regex","pattern":"(a"}"#, &["pattern"]),
        (r#"{"kind":"regex","pattern":"a","flags":"g"}"#, &["flags"]),
        (r#"{"kind":"regex","pattern":"(\\w{100}){100}"}"#, &["pattern"]),
        (r#"{"kind":"regex","pattern":"(?=a)"}"#, &["pattern"]),
        (r#"{"kind":"paragraph-count","exact":2,"separator":""}"#, &["separator"]),
        (r#"{"kind":"paragraph-first-word","paragraphs":2,"index":3,"word":"a"}"#, &["index"]),
        (r#"{"kind":"paragraph-first-word","index":0,"word":"a"}"#, &["index"]),
        (r#"{"kind":"paragraph-first-word","word":"a"}"#, &["index"]),
        (r#"{"kind":"heading-count","level":7}"#, &["level"]),
        (r#"{"kind":"section-count","min":1}"#, &["marker"]),
        (r#"{"kind":"postscript"}"#, &["marker"]),
        (r#"{"kind":"link-count","domains":{"alow":["a"]}}"#, &["domains.alow"]),
        (r#"{"kind":"case","value":"title"}"#, &["value"]),
        (r#"{"kind":"language","value":"klingon"}"#, &["value"]),
        (r#"{"kind":"is-json","schema":{"type":"strnig"}}"#, &["schema"]),
        (r#"{"kind":"is-json","schema":{"$ref":"https://example.com/other.json"}}"#, &["schema"]),
        (r#"{"kind":"json-path","path":"a.b"}"#, &["path"]),
        (r#"{"kind":"json-path","path":"$..a..b..c..d"}"#, &["path"]),
        (r#"{"kind":"json-path","path":"$.a","op":"like","value":1}"#, &["op", "value"]),
        (r#"{"kind":"json-path","path":"$.a","op":"eq"}"#, &["value"]),
        (r#"{"kind":"json-path","path":"$.a","op":"in","value":1}"#, &["value"]),
        (r#"{"kind":"json-path","path":"$.a","op":"lt","value":true}"#, &["value"]),
        (r#"{"kind":"json-path","path":"$.a","op":"type","value":"int"}"#, &["value"]),
        (r#"{"kind":"json-count","min":1}"#, &["path"]),
        (r#"{"kind":"is-csv","delimiter":"ab"}"#, &["delimiter"]),
        (r#"{"kind":"is-csv","header":5}"#, &["header"]),
        (r#"{"kind":"is-csv","rows":{"min":3,"max":1}}"#, &["rows.max"]),
        (r#"{"kind":"is-csv","types":{"a":"money"}}"#, &["types"]),
        (r#"{"kind":"is-csv","unique":[0]}"#, &["unique"]),
        (r#"{"kind":"is-csv","unique":["a"],"header":false}"#, &["unique"]),
        (r#"{"kind":"is-xml","schema":{}}"#, &["schema"]),
        (r#"{"kind":"numbers-equal","value":{}}"#, &["value"]),
        (r#"{"kind":"numbers-equal","value":1,"abs_tol":-1}"#, &["abs_tol"]),
        (r#"{"kind":"label-accuracy","gold":[]}"#, &["gold"]),
        (r#"{"kind":"label-accuracy","gold":["a"],"threshold":80}"#, &["threshold"]),
        (r#"{"kind":"levenshtein","value":"a"}"#, &["max"]),
        (r#"{"kind":"levenshtein","value":"a","max":1,"threshold":1}"#, &["threshold"]),
        (r#"{"kind":"similarity","value":"a","metric":"vibes","threshold":0.5}"#, &["metric"]),
        (r#"{"kind":"similarity","value":"a"}"#, &["threshold"]),
        (r#"{"kind":"original"}"#, &["max_overlap"]),
        (r#"{"kind":"file-exists"}"#, &["target"]),
        (r#"{"kind":"file-type","target":"*.png"}"#, &["value"]),
        (r#"{"kind":"file-size","target":"*"}"#, &["max"]),
        (r#"{"kind":"sha256","value":"abc"}"#, &["value"]),
        (r#"{"kind":"trace-count","pattern":"["}"#, &["pattern"]),
        (r#"{"kind":"trace-order","pattern":"start"}"#, &["pattern"]),
        (r#"{"kind":"trace-count","target":"*.txt"}"#, &["target"]),
        (r#"{"kind":"all"}"#, &["checks"]),
        (r#"{"kind":"all","checks":[]}"#, &["checks"]),
        (
            r#"{"kind":"all","checks":[{"kind":"title"},{"kind":"regex","pattern":"("}]}"#,
            &["checks[1].pattern"],
        ),
        (
            r#"{"kind":"any","checks":[{"kind":"not-all","checks":[{"kind":"nope"}]},7]}"#,
            &["checks[0].checks[0].kind", "checks[1]"],
        ),
        (r#"{"kind":"set","checks":[{"kind":"title"}],"threshold":2}"#, &["threshold"]),
        (r#"{"kind":"all","checks":[{"kind":"plugin","name":"a"}]}"#, &["checks[0].kind"]),
        (r#"{"kind":"plugin"}"#, &["digest"]),
        (r#"{"kind":"plugin","digest":"sha256:12"}"#, &["digest"]),
        (r#"{"kind":"plugin","name":"a@"}"#, &["name"]),
        (r#"{"kind":"plugin","name":"a","config":[]}"#, &["config"]),
    ];
    for (check, expected) in table {
        assert_eq!(places(check), *expected, "{check}: {:?}", validate(check));
    }
}

#[test]
fn a_message_says_what_would_be_right() {
    let message = |check: &str| validate(check).expect_err("it is broken").remove(0).message;
    assert_eq!(message(r#"{"kind":"word-count","min":"5"}"#), "must be a whole number from 0, not text");
    assert_eq!(message(r#"{"kind":"contains"}"#), "is missing: text is needed");
    assert!(message(r#"{"kind":"wordcount"}"#).contains("word-count"));
    assert!(message(r#"{"kind":"word-count","minn":5}"#).contains("min, max, exact"));
}

#[test]
fn a_check_has_limits() {
    let nested = |depth: usize| {
        let (open, close) = (r#"{"kind":"all","checks":["#.repeat(depth), "]}".repeat(depth));
        format!(r#"{open}{{"kind":"title"}}{close}"#)
    };
    assert!(validate(&nested(6)).is_ok());
    assert!(validate(&nested(7)).is_err());
    let wide = |count: usize| {
        format!(r#"{{"kind":"all","checks":[{}]}}"#, vec![r#"{"kind":"title"}"#; count].join(","))
    };
    assert!(validate(&wide(199)).is_ok());
    assert!(validate(&wide(200)).is_err());
    assert!(validate(&format!(r#"{{"kind":"contains","value":"{}"}}"#, "x".repeat(300_000))).is_err());
    assert!(validate(&"[".repeat(200_000)).is_err());
    assert!(validate(&format!(r#"{{"kind":"regex","pattern":"{}"}}"#, "x".repeat(4_097))).is_err());
}

#[test]
fn common_fields_go_with_every_kind() {
    for kind in KINDS {
        let common = r#""required":false,"weight":2,"description":"why","ignore_case":true,"trim":true"#;
        let places = places(&format!(r#"{{"kind":"not-{kind}",{common}}}"#));
        for field in ["kind", "required", "weight", "description", "ignore_case", "trim"] {
            assert!(!places.iter().any(|place| place == field), "{kind}: {places:?}");
        }
    }
}
