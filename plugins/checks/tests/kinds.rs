//! What each kind means, case by case: what passes, what fails, what lies between.

use assay_checks::{Attachment, Check, Delivery, Judge, KINDS, Outcome, Status, Trace};
use std::collections::BTreeSet;
use std::sync::Mutex;

/// The kinds that a table of this file was about; the last test wants all of them.
static SEEN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

const TASK_TEXT: &str = "Write about the assay of gold in small mines.";

fn run(check: &str, content: &str) -> Outcome {
    let files: [(&str, &str, &[u8]); 4] = [
        ("data.json", "application/json", br#"{"a":[1,2,3]}"#),
        ("notes/a.txt", "text/plain; charset=utf-8", b"alpha beta"),
        ("notes/b.txt", "text/plain", b"beta gamma"),
        ("logo.png", "image/png", b"\x89PNG\r\n\x1a\n\x00"),
    ];
    let digest = format!("sha256:{}", "ab".repeat(32));
    let attachments: Vec<Attachment> = files
        .iter()
        .map(|(name, media_type, bytes)| Attachment {
            name,
            media_type,
            size: bytes.len() as u64,
            digest: &digest,
        })
        .collect();
    let traces = [("start", "began"), ("step", "half done"), ("step", "nearly"), ("done", "all done")];
    let traces = traces.map(|(event, message)| Trace { event, message });
    let read = |index: u32, offset: u64, _len: u32| {
        let (_, _, bytes) = files[index as usize];
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
fn text_in_text() {
    table(&[
        (r#"{"kind":"equals","value":"yes"}"#, "yes", "+"),
        (r#"{"kind":"equals","value":"yes"}"#, "yes\n", "-"),
        (r#"{"kind":"equals","value":"yes","trim":true}"#, " yes\n", "+"),
        (r#"{"kind":"equals","value":"Yes","ignore_case":true}"#, "yES", "+"),
        (r#"{"kind":"equals","value":"Yes","ignoreCase":true}"#, "yES", "+"),
        (r#"{"kind":"equals","value":{"a":[1,2.0]}}"#, r#" { "a" : [1.0, 2] } "#, "+"),
        (r#"{"kind":"equals","value":{"a":[1,2]}}"#, r#"{"a":[2,1]}"#, "-"),
        (r#"{"kind":"equals","value":{"a":1,"b":2}}"#, r#"{"b":2,"a":1}"#, "+"),
        (r#"{"kind":"equals","value":7}"#, "seven", "-"),
        (r#"{"kind":"not-equals","value":"yes"}"#, "no", "+"),
        (r#"{"kind":"contains","value":"gold"}"#, "all gold", "+"),
        (r#"{"kind":"contains","value":"Gold"}"#, "all gold", "-"),
        (r#"{"kind":"contains","value":"Gold","ignore_case":true}"#, "all GOLD", "+"),
        (r#"{"kind":"contains","value":"name","whole_word":true}"#, "rename", "-"),
        (r#"{"kind":"contains","value":"name","whole_word":true}"#, "rename name.", "+"),
        (r#"{"kind":"not-contains","value":","}"#, "none here", "+"),
        (r#"{"kind":"not-contains","value":","}"#, "one, here", "-"),
        (r#"{"kind":"contains-any","values":["a","b"]}"#, "b", "+"),
        (r#"{"kind":"contains-any","values":["a","b"]}"#, "c", "-"),
        (r#"{"kind":"not-contains-any","values":["field","issue"],"whole_word":true}"#, "fields", "+"),
        (r#"{"kind":"contains-all","values":["a","b","c"]}"#, "a b", "6666"),
        (r#"{"kind":"contains-all","values":["a","b","c"]}"#, "cab", "+"),
        (r#"{"kind":"contains-all","values":["a","b","c"]}"#, "x", "-"),
        (r#"{"kind":"not-contains-all","values":["a","b","c"]}"#, "a b", "+"),
        (r#"{"kind":"one-of","values":["yes","no"]}"#, "no", "+"),
        (r#"{"kind":"one-of","values":["yes","no"]}"#, "maybe", "-"),
        (r#"{"kind":"starts-with","value":"Dear"}"#, "  Dear Ada", "+"),
        (r#"{"kind":"starts-with","value":"Dear"}"#, "\"Dear Ada\"", "-"),
        (r#"{"kind":"starts-with","value":"Dear","trim_quotes":true}"#, "\"Dear Ada\"", "+"),
        (r#"{"kind":"ends-with","value":"the end.","ignore_case":true}"#, "This is The End. \n", "+"),
        (r#"{"kind":"ends-with","value":"the end."}"#, "This is the end", "-"),
        (r#"{"kind":"ends-with","value":"end.","trim_quotes":true}"#, "\"the end.\"\n", "+"),
        (r#"{"kind":"regex","pattern":"^\\d+$"}"#, "123", "+"),
        (r#"{"kind":"regex","pattern":"^b$"}"#, "a\nb", "-"),
        (r#"{"kind":"regex","pattern":"^B$","flags":"mi"}"#, "a\nb", "+"),
        (r#"{"kind":"not-regex","pattern":"(a+)+$"}"#, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", "+"),
        (r#"{"kind":"quoted"}"#, " \"all of it\"\n", "+"),
        (r#"{"kind":"quoted"}"#, "\"", "-"),
        (r#"{"kind":"quoted"}"#, "\"half", "-"),
    ]);
}

#[test]
fn counts() {
    table(&[
        (r#"{"kind":"word-count","min":3}"#, "one two", "-"),
        (r#"{"kind":"word-count","min":2,"max":2}"#, "one two", "+"),
        (r#"{"kind":"word-count","exact":8}"#, "it's a well-known snake_case 3.14", "+"),
        (r#"{"kind":"word-count","max":0}"#, "", "+"),
        (r#"{"kind":"not-word-count","min":3}"#, "one two", "+"),
        (r#"{"kind":"char-count","exact":4}"#, "naïf", "+"),
        (r#"{"kind":"char-count","exact":4,"trim":true}"#, " naïf\n", "+"),
        (r#"{"kind":"line-count","exact":3}"#, "a\n\nb\n", "+"),
        (r#"{"kind":"line-count","max":1}"#, "", "+"),
        (r#"{"kind":"sentence-count","exact":2}"#, "Dr. Who came. He left.", "+"),
        (r#"{"kind":"term-count","term":"war","min":2}"#, "warward", "+"),
        (r#"{"kind":"term-count","term":"aa","exact":2}"#, "aaaaa", "+"),
        (r#"{"kind":"term-count","term":"War","ignore_case":true,"max":1}"#, "war WAR", "-"),
        (r#"{"kind":"letter-count","letter":"!","min":2}"#, "a!b!", "+"),
        (r#"{"kind":"letter-count","letter":"E","max":1}"#, "Even", "-"),
        (r#"{"kind":"letter-count","letter":"é","exact":2}"#, "É é e", "+"),
        (r#"{"kind":"capital-word-count","exact":3}"#, "NASA and COVID-19 in the UK", "+"),
        (r#"{"kind":"capital-word-count","max":0}"#, "Nothing Here", "+"),
        (r#"{"kind":"not-capital-word-count"}"#, "Nothing Here", "+"),
    ]);
}

#[test]
fn paragraphs() {
    table(&[
        (r#"{"kind":"paragraph-count","exact":2}"#, "a\nb\n \n\n\nc\n", "+"),
        (r#"{"kind":"paragraph-count","exact":2,"separator":"***"}"#, "a\n***\nb", "+"),
        (r#"{"kind":"paragraph-count","exact":2,"separator":"***"}"#, "***\na\n***\nb\n***", "+"),
        (r#"{"kind":"paragraph-count","exact":2,"separator":"***"}"#, "a *** *** b", "-"),
        (r#"{"kind":"paragraph-count","exact":2,"separator":"******","distinct":true}"#, "a ****** b", "+"),
        (r#"{"kind":"paragraph-count","exact":2,"separator":"******","distinct":true}"#, "a ****** a", "-"),
        (r#"{"kind":"paragraph-count","max":0}"#, "\n \n", "+"),
        (
            r#"{"kind":"paragraph-first-word","paragraphs":2,"index":2,"word":"Send"}"#,
            "a b\n\n\"send, now",
            "+",
        ),
        (r#"{"kind":"paragraph-first-word","paragraphs":2,"index":2,"word":"send"}"#, "a\n\nb", "-"),
        (r#"{"kind":"paragraph-first-word","paragraphs":2,"index":1,"word":"a"}"#, "a\n\nb\n\nc", "-"),
        (r#"{"kind":"paragraph-first-word","index":3,"word":"a"}"#, "a\n\nb", "-"),
    ]);
}

#[test]
fn marks_of_structure() {
    table(&[
        (r#"{"kind":"list-item-count","exact":3}"#, "- a\n  - b\n* c\n** d\n+ e\n1. f", "+"),
        (r#"{"kind":"heading-count","exact":3}"#, "# A\n\n## B\n\nC\n===\n\n#no\n```\n# code\n```\n", "+"),
        (r#"{"kind":"heading-count","level":2,"exact":1}"#, "# A\n\n## B", "+"),
        (r#"{"kind":"heading-count","pattern":"^Intro"}"#, "# Introduction", "+"),
        (r#"{"kind":"heading-count","pattern":"^intro"}"#, "# Introduction", "-"),
        (
            r#"{"kind":"section-count","marker":"SECTION","exact":2}"#,
            "SECTION 1\nx\nSECTION2\nSECTION x",
            "+",
        ),
        (r#"{"kind":"highlight-count","exact":2}"#, "*one* and **two** and ** ** and *\n*", "+"),
        (r#"{"kind":"highlight-count","exact":3}"#, "*a* *b*c*d* x * y", "+"),
        (r#"{"kind":"title"}"#, "x <<A title>> y", "+"),
        (r#"{"kind":"title"}"#, "<< >> <<\n>>", "-"),
        (r#"{"kind":"postscript","marker":"P.S."}"#, "text\np. s. more", "+"),
        (r#"{"kind":"postscript","marker":"P.S."}"#, "text\nPS more", "-"),
        (r#"{"kind":"postscript","marker":"P.P.S"}"#, "P.P.S more", "+"),
        (r#"{"kind":"placeholder-count","exact":3}"#, "[a] [b [c] d] [] [open\n]", "+"),
        (
            r#"{"kind":"link-count","exact":4}"#,
            "https://a.example/x, www.b.example [c](http://c.example) [d](/d)",
            "+",
        ),
        (r#"{"kind":"link-count","exact":1}"#, "[https://a.example](https://a.example)", "+"),
        (r#"{"kind":"not-link-count"}"#, "no http or www here", "+"),
        (r#"{"kind":"link-count","domains":{"allow":["a.example"]}}"#, "see https://www.a.example/x.", "+"),
        (
            r#"{"kind":"link-count","domains":{"allow":["a.example"]}}"#,
            "https://a.example https://ba.example",
            "-",
        ),
        (r#"{"kind":"link-count","deny":["bad.example"],"max":3}"#, "http://user@Bad.example:80/x", "-"),
    ]);
}

#[test]
fn language_and_case() {
    table(&[
        (r#"{"kind":"case","value":"upper"}"#, "ALL 3 OF IT!", "+"),
        (r#"{"kind":"case","value":"upper"}"#, "123", "-"),
        (r#"{"kind":"case","value":"lower"}"#, "all but One", "-"),
        (r#"{"kind":"not-case","value":"lower"}"#, "all but One", "+"),
        (
            r#"{"kind":"language","value":"en"}"#,
            "The assay office stamps what it has found in the metal.",
            "+",
        ),
        (
            r#"{"kind":"language","value":"fr"}"#,
            "Le bureau de garantie poinçonne ce qu'il a trouvé dans le métal.",
            "+",
        ),
        (
            r#"{"kind":"language","value":"fr"}"#,
            "The assay office stamps what it has found in the metal.",
            "-",
        ),
        (
            r#"{"kind":"language","value":"pt-BR"}"#,
            "A casa da moeda carimba o que encontrou no metal, e nada mais.",
            "+",
        ),
        (r#"{"kind":"language","value":"ja"}"#, "これは金の分析です。", "+"),
        (
            r#"{"kind":"language","value":"sw"}"#,
            "Habari ya leo ni kwamba watu wengi wanapenda kusoma vitabu na kucheza katika uwanja wa shule.",
            "+",
        ),
        (
            r#"{"kind":"language","value":"sw"}"#,
            "The assay office stamps what it has found in the metal.",
            "-",
        ),
        (r#"{"kind":"language","value":"en"}"#, "ok", "?"),
        (r#"{"kind":"not-language","value":"en"}"#, "", "?"),
    ]);
}

#[test]
fn json() {
    let schema = r#"{"type":"object","required":["a"],"properties":{"a":{"type":"integer"}}}"#;
    let is = format!(r#"{{"kind":"is-json","schema":{schema}}}"#);
    let contains = format!(r#"{{"kind":"contains-json","schema":{schema}}}"#);
    table(&[
        (r#"{"kind":"is-json"}"#, " [1, 2] ", "+"),
        (r#"{"kind":"is-json"}"#, "42", "+"),
        (r#"{"kind":"is-json"}"#, "NaN", "-"),
        (r#"{"kind":"is-json"}"#, "{\"a\":1,}", "-"),
        (r#"{"kind":"is-json"}"#, "```json\n{}\n```", "-"),
        (r#"{"kind":"is-json","allow_fence":true}"#, "```json\n{}\n```\n", "+"),
        (r#"{"kind":"is-json","allow_fence":true}"#, "```\n{}", "-"),
        (r#"{"kind":"not-is-json"}"#, "plain", "+"),
        (&is, r#"{"a":1}"#, "+"),
        (&is, r#"{"a":"1"}"#, "-"),
        (&is, "[", "-"),
        (r#"{"kind":"contains-json"}"#, "see: {\"a\": [1]} there", "+"),
        (r#"{"kind":"contains-json"}"#, "[x] {y} 42", "-"),
        (&contains, r#"[0] then {"a":1}"#, "+"),
        (&contains, r#"[0] then {"b":1}"#, "-"),
        (r#"{"kind":"json-path","path":"$.a.b"}"#, r#"{"a":{"b":null}}"#, "+"),
        (r#"{"kind":"not-json-path","path":"$.a.c"}"#, r#"{"a":{"b":null}}"#, "+"),
        (r#"{"kind":"json-path","path":"$.a","value":null}"#, r#"{"a":null}"#, "+"),
        (r#"{"kind":"json-path","path":"$[*].n","op":"ge","value":2}"#, r#"[{"n":2},{"n":3.5}]"#, "+"),
        (r#"{"kind":"json-path","path":"$[*].n","op":"gt","value":2}"#, r#"[{"n":2},{"n":3.5}]"#, "-"),
        (r#"{"kind":"json-path","path":"$.n","op":"lt","value":"b"}"#, r#"{"n":"a"}"#, "+"),
        (r#"{"kind":"json-path","path":"$.n","op":"le","value":5}"#, r#"{"n":"a"}"#, "-"),
        (r#"{"kind":"json-path","path":"$.n","op":"ne","value":1}"#, r#"{"n":1.0}"#, "-"),
        (r#"{"kind":"json-path","path":"$.n","op":"in","value":["x","y"]}"#, r#"{"n":"y"}"#, "+"),
        (
            r#"{"kind":"json-path","path":"$..n","op":"type","value":"integer"}"#,
            r#"{"n":1,"a":{"n":2}}"#,
            "+",
        ),
        (r#"{"kind":"json-path","path":"$.n","op":"exists"}"#, "not JSON", "-"),
        (r#"{"kind":"json-count","path":"$.items[*]","min":2}"#, r#"{"items":[1,2]}"#, "+"),
        (r#"{"kind":"json-count","path":"$.items","exact":3}"#, r#"{"items":[1,2,3]}"#, "+"),
        (r#"{"kind":"json-count","path":"$","exact":1}"#, r#"{"items":[1,2,3]}"#, "+"),
        (r#"{"kind":"json-count","path":"$.none","max":0}"#, "{}", "+"),
        (r#"{"kind":"json-count","path":"$[?@.a>1]","exact":1}"#, r#"[{"a":1},{"a":2}]"#, "+"),
    ]);
}

#[test]
fn tables() {
    table(&[
        (r#"{"kind":"is-csv"}"#, "a,b\n1,2\n3,4\n", "+"),
        (r#"{"kind":"is-csv"}"#, "a,b\n1,2,3\n", "-"),
        (r#"{"kind":"is-csv"}"#, "", "-"),
        (r#"{"kind":"is-csv"}"#, "a,b\n1,\"open\n", "-"),
        (r#"{"kind":"is-csv"}"#, "a,b\r\n1,\"x\"\"y\nz\"\r\n", "+"),
        (r#"{"kind":"is-csv","header":["a","b"],"rows":{"min":1,"max":2}}"#, "a, b\n1,2\n", "+"),
        (r#"{"kind":"is-csv","header":["a","b"]}"#, "b,a\n1,2\n", "-"),
        (r#"{"kind":"is-csv","header":["a","c"]}"#, "a,b\n1,2\n", "-"),
        (r#"{"kind":"is-csv","rows":2}"#, "a\n1\n2\n", "+"),
        (r#"{"kind":"is-csv","header":false,"rows":3}"#, "a\n1\n2\n", "+"),
        (r#"{"kind":"is-csv","min":3}"#, "a\n1\n2\n", "-"),
        (
            r#"{"kind":"is-csv","delimiter":";","types":{"n":"number","d":"date"}}"#,
            "n;d\n-1.5;2024-02-29\n",
            "+",
        ),
        (r#"{"kind":"is-csv","types":{"d":"date"}}"#, "d\n2023-02-29\n", "-"),
        (r#"{"kind":"is-csv","types":["integer","boolean"]}"#, "a,b\n1,TRUE\n1.5,false\n", "-"),
        (r#"{"kind":"is-csv","unique":["id"]}"#, "id,x\n1,a\n2,a\n", "+"),
        (r#"{"kind":"is-csv","unique":["x"]}"#, "id,x\n1,a\n2,a\n", "-"),
        (r#"{"kind":"is-csv","unique":[2],"header":false}"#, "1,a\n2,a\n", "-"),
        (r#"{"kind":"is-csv","types":{"z":"text"}}"#, "a\n1\n", "-"),
        (r#"{"kind":"is-csv","allow_fence":true,"rows":1}"#, "```csv\na,b\n1,2\n```", "+"),
    ]);
}

#[test]
fn documents() {
    let schema = r#""schema":{"required":["a"],"properties":{"a":{"type":"integer"}}}"#;
    let yaml = format!(r#"{{"kind":"is-yaml",{schema}}}"#);
    let toml = format!(r#"{{"kind":"is-toml",{schema}}}"#);
    table(&[
        (r#"{"kind":"is-xml"}"#, "<?xml version=\"1.0\"?><a x='1'><b/>&lt;&#65;</a>", "+"),
        (r#"{"kind":"is-xml","elements":["b","c"]}"#, "<a><b/><n:c xmlns:n='u'/></a>", "+"),
        (r#"{"kind":"is-xml","required":["d"]}"#, "<a><b/></a>", "-"),
        (r#"{"kind":"is-xml"}"#, "<a><b></a></b>", "-"),
        (r#"{"kind":"is-xml"}"#, "<a/><b/>", "-"),
        (r#"{"kind":"is-xml"}"#, "<a>", "-"),
        (r#"{"kind":"is-xml"}"#, "text", "-"),
        (r#"{"kind":"is-xml"}"#, "<a x='1' x='2'/>", "-"),
        (r#"{"kind":"is-xml"}"#, "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", "-"),
        (r#"{"kind":"is-xml"}"#, "<a>&nbsp;</a>", "-"),
        (r#"{"kind":"is-xml"}"#, "<a x='&b;'/>", "-"),
        (r#"{"kind":"is-html","elements":["H1","p"]}"#, "<!doctype html><h1>A</h1><p>one<p>two<br>", "+"),
        (r#"{"kind":"is-html","elements":["table"]}"#, "<h1>A</h1>", "-"),
        (r#"{"kind":"is-html"}"#, "<div><span></div></span>", "-"),
        (r#"{"kind":"is-html"}"#, "<div>", "-"),
        (r#"{"kind":"is-html"}"#, "plain 1 < 2", "-"),
        (r#"{"kind":"is-html"}"#, "<script>if (a < b) { c(\"</p\") }</script>", "+"),
        (r#"{"kind":"is-yaml"}"#, "a: 1\nb: [x, y]\n", "+"),
        (r#"{"kind":"is-yaml"}"#, "just a sentence", "-"),
        (r#"{"kind":"is-yaml"}"#, "a: b: c", "-"),
        (r#"{"kind":"is-yaml"}"#, "a: 1\na: 2", "-"),
        (r#"{"kind":"is-yaml","elements":["b"]}"#, "a: &x [1]\nb: *x", "+"),
        (&yaml, "a: 7", "+"),
        (&yaml, "a: '7'", "-"),
        (&yaml, "b: 7", "-"),
        (r#"{"kind":"is-toml","elements":["t"]}"#, "a = 1\n[t]\nb = 1979-05-27", "+"),
        (r#"{"kind":"is-toml"}"#, "a = ", "-"),
        (&toml, "a = 7", "+"),
        (&toml, "a = 7.5", "-"),
    ]);
}

#[test]
fn comparisons() {
    table(&[
        (r#"{"kind":"tokens-equal","value":"1 2  3"}"#, "1\n2 3\n", "+"),
        (r#"{"kind":"tokens-equal","value":"1 2 3"}"#, "1 3 2", "-"),
        (r#"{"kind":"tokens-equal","value":"1 2 3","ordered":false}"#, "1 3 2", "+"),
        (r#"{"kind":"tokens-equal","value":"YES no","ignore_case":true}"#, "yes NO", "+"),
        (r#"{"kind":"tokens-equal","value":"1 2 3"}"#, "1 2", "-"),
        (r#"{"kind":"numbers-equal","value":"1 2.5"}"#, "1.0 2.50", "+"),
        (r#"{"kind":"numbers-equal","value":[1,1000],"abs_tol":0.01,"rel_tol":0.001}"#, "1.005 1000.9", "+"),
        (r#"{"kind":"numbers-equal","value":[1,1000],"abs_tol":0.01,"rel_tol":0.001}"#, "1.02 1000", "-"),
        (r#"{"kind":"numbers-equal","value":3.14159,"abs_tol":0.01}"#, "3.14", "+"),
        (r#"{"kind":"numbers-equal","value":1,"abs_tol":100}"#, "nan", "-"),
        (r#"{"kind":"numbers-equal","value":1,"abs_tol":100}"#, "1 1", "-"),
        (r#"{"kind":"numbers-equal","value":[1,2],"ordered":false}"#, "2 1", "+"),
        (r#"{"kind":"numbers-equal","value":"Case 1: 5","abs_tol":1}"#, "Case 1: 6", "+"),
        (r#"{"kind":"label-accuracy","gold":["a","b","c","d"]}"#, "a\nb\nx\nd\n", "7500"),
        (r#"{"kind":"label-accuracy","gold":["a","b"],"threshold":0.5}"#, "[\"a\",\"x\"]", "+"),
        (r#"{"kind":"label-accuracy","gold":["a","b"],"threshold":0.6}"#, "a\nx", "-"),
        (
            r#"{"kind":"label-accuracy","gold":{"1":"spam","2":"ham"},"ignore_case":true}"#,
            "2, HAM\n1,spam",
            "+",
        ),
        (r#"{"kind":"label-accuracy","gold":{"1":"spam","2":"ham"}}"#, r#"{"1":"ham"}"#, "-"),
        (r#"{"kind":"levenshtein","value":"kitten","max":3}"#, "sitting", "+"),
        (r#"{"kind":"levenshtein","value":"kitten","max":2}"#, "sitting", "-"),
        (r#"{"kind":"levenshtein","value":"abcd","threshold":0.75}"#, "abxd", "+"),
        (
            r#"{"kind":"similarity","value":"the cat sat","metric":"rouge-1","threshold":1}"#,
            "sat cat the",
            "+",
        ),
        (r#"{"kind":"similarity","value":"the cat sat","threshold":0.9}"#, "sat cat the", "-"),
        (r#"{"kind":"similarity","value":"the cat sat","metric":"jaccard","threshold":0.5}"#, "the cat", "+"),
    ]);
}

#[test]
fn whether_it_is_work_at_all() {
    table(&[
        (r#"{"kind":"original","max_overlap":3}"#, "Small mines are where the assay of silver began.", "+"),
        (r#"{"kind":"original","max_overlap":3}"#, "He knows the assay of gold in detail.", "-"),
        (r#"{"kind":"no-placeholder"}"#, "All is done.", "+"),
        (r#"{"kind":"no-placeholder"}"#, "Lorem ipsum dolor sit amet", "-"),
        (r#"{"kind":"no-placeholder"}"#, "Intro\nTODO: write", "-"),
        (r#"{"kind":"no-placeholder"}"#, "ES TODO LO QUE HAY", "+"),
        (r#"{"kind":"no-placeholder"}"#, "Dear [Your Name],", "-"),
        (r#"{"kind":"not-refusal"}"#, "Here is the essay.", "+"),
        (r#"{"kind":"not-refusal"}"#, "I’m sorry, but I can’t help with that.", "-"),
        (r#"{"kind":"not-refusal"}"#, "As an AI language model, I have no opinion.", "-"),
        (r#"{"kind":"not-refusal"}"#, " \n", "-"),
        (r#"{"kind":"not-not-refusal"}"#, "I cannot assist with this.", "+"),
    ]);
}

#[test]
fn files() {
    let digest = format!(r#"{{"kind":"sha256","target":"*.png","value":"{}"}}"#, "AB".repeat(32));
    let other = format!(r#"{{"kind":"sha256","target":"*.png","value":"{}"}}"#, "00".repeat(32));
    let empty =
        r#"{"kind":"sha256","value":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}"#;
    table(&[
        (r#"{"kind":"file-exists","target":"*.png"}"#, "", "+"),
        (r#"{"kind":"file-exists","target":"*.gif"}"#, "", "-"),
        (r#"{"kind":"not-file-exists","target":"*.gif"}"#, "", "+"),
        (r#"{"kind":"file-exists","target":"notes/*.txt","exact":2}"#, "", "+"),
        (r#"{"kind":"file-type","target":"logo.*","value":"image/*"}"#, "", "+"),
        (r#"{"kind":"file-type","target":"logo.*","types":[".jpg","image/jpeg"]}"#, "", "-"),
        (r#"{"kind":"file-type","target":"notes/*","value":"text/plain"}"#, "", "+"),
        (r#"{"kind":"file-size","target":"*.txt","max":10}"#, "", "+"),
        (r#"{"kind":"file-size","target":"*.txt","max":9}"#, "", "-"),
        (r#"{"kind":"file-size","exact":2}"#, "é", "+"),
        (&digest, "", "+"),
        (&other, "", "-"),
        (empty, "", "+"),
        (empty, "x", "-"),
        (r#"{"kind":"contains","value":"beta","target":"notes/*.txt"}"#, "", "+"),
        (r#"{"kind":"contains","value":"alpha","target":"notes/*.txt"}"#, "alpha", "-"),
        (r#"{"kind":"not-contains","value":"alpha","target":"notes/*.txt"}"#, "", "-"),
        (r#"{"kind":"contains","value":"x","target":"*.doc"}"#, "x", "-"),
        (r#"{"kind":"not-contains","value":"x","target":"*.doc"}"#, "x", "?"),
        (r#"{"kind":"json-count","path":"$.a","exact":3,"target":"{data,other}.json"}"#, "", "+"),
        (r#"{"kind":"word-count","min":1,"target":"logo.png"}"#, "", "?"),
        (r#"{"kind":"is-json","target":"logo.png"}"#, "", "-"),
    ]);
}

#[test]
fn traces() {
    table(&[
        (r#"{"kind":"trace-count","min":4}"#, "", "+"),
        (r#"{"kind":"trace-count","pattern":"^step$","exact":2}"#, "", "+"),
        (r#"{"kind":"trace-count","pattern":"DONE","ignore_case":true,"exact":2}"#, "", "+"),
        (r#"{"kind":"trace-order","pattern":["start","half","^done$"]}"#, "", "+"),
        (r#"{"kind":"trace-order","pattern":["^done$","start"]}"#, "", "-"),
    ]);
}

#[test]
fn compositions() {
    let (yes, no) = (r#"{"kind":"contains","value":"x"}"#, r#"{"kind":"contains","value":"zzz"}"#);
    let open = r#"{"kind":"language","value":"en"}"#;
    let part = r#"{"kind":"contains-all","values":["x","zzz"]}"#;
    let with = |kind: &str, checks: &[&str], rest: &str| {
        format!(r#"{{"kind":"{kind}","checks":[{}]{rest}}}"#, checks.join(","))
    };
    let heavy = r#"{"kind":"contains","value":"x","weight":3}"#;
    let none_counts = r#"{"kind":"contains","value":"x","weight":0}"#;
    let cases: Vec<(String, &str)> = vec![
        (with("all", &[yes, yes], ""), "+"),
        (with("all", &[yes, no], ""), "-"),
        (with("all", &[yes, part], ""), "-"),
        (with("all", &[yes, open], ""), "?"),
        (with("all", &[no, open], ""), "-"),
        (with("not-all", &[yes, no], ""), "+"),
        (with("not-all", &[yes, open], ""), "?"),
        (with("any", &[no, yes], ""), "+"),
        (with("any", &[open, yes], ""), "+"),
        (with("any", &[no, no], ""), "-"),
        (with("any", &[no, open], ""), "?"),
        (with("any", &[no, part], ""), "5000"),
        (with("set", &[yes, no], ""), "5000"),
        (with("set", &[yes, yes], ""), "+"),
        (with("set", &[yes, no], r#","threshold":0.5"#), "+"),
        (with("set", &[yes, no], r#","threshold":0.51"#), "-"),
        (with("set", &[heavy, no], r#","threshold":0.75"#), "+"),
        (with("set", &[yes, yes, open], r#","threshold":0.6"#), "+"),
        (with("set", &[yes, no, open], r#","threshold":0.6"#), "?"),
        (with("set", &[no, no, open], r#","threshold":0.6"#), "-"),
        (with("set", &[none_counts], ""), "-"),
        (with("all", &[&with("any", &[no, yes], ""), yes], ""), "+"),
        (r#"{"kind":"plugin","name":"tests@1.0.0","config":{"n":1}}"#.to_owned(), "?"),
    ];
    for (check, expected) in &cases {
        table(&[(check, "x", expected)]);
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
        text_in_text,
        counts,
        paragraphs,
        marks_of_structure,
        language_and_case,
        json,
        tables,
        documents,
        comparisons,
        whether_it_is_work_at_all,
        files,
        traces,
        compositions,
    ] {
        tables();
    }
    let seen = SEEN.lock().expect("no test panics while it holds the lock");
    let missing: Vec<&&str> = KINDS.iter().filter(|kind| !seen.contains(**kind)).collect();
    assert!(missing.is_empty(), "kinds without a case: {missing:?}");
}
