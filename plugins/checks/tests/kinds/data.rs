//! Kinds over data: JSON, tables, documents, and answers to compare with.

use crate::table;

#[test]
pub(crate) fn json() {
    let schema = r#"{"type":"object","required":["a"],"properties":{"a":{"type":"integer"}}}"#;
    let is = format!(r#"{{"kind":"is-json","schema":{schema}}}"#);
    let contains = format!(r#"{{"kind":"contains-json","schema":{schema}}}"#);
    table(&[
        (r#"{"kind":"is-json"}"#, " [1, 2] ", "+"),
        (r#"{"kind":"is-json"}"#, "42", "+"),
        (r#"{"kind":"is-json"}"#, "NaN", "-"),
        (r#"{"kind":"is-json"}"#, "\r\n\t {} ", "+"),
        (r#"{"kind":"is-json"}"#, "\u{a0}{}", "-"),
        (r#"{"kind":"is-json","allow_fence":true}"#, "```json\n{}\u{a0}\n```", "-"),
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
        (r#"{"kind":"json-path","path":"$[*].n","op":"gt","value":1}"#, r#"[{"n":2},{"n":3.5}]"#, "+"),
        (r#"{"kind":"json-path","path":"$[*].n","op":"ge","value":3}"#, r#"[{"n":2},{"n":3.5}]"#, "-"),
        (r#"{"kind":"json-path","path":"$.n","op":"lt","value":"b"}"#, r#"{"n":"a"}"#, "+"),
        (r#"{"kind":"json-path","path":"$.n","op":"lt","value":"a"}"#, r#"{"n":"a"}"#, "-"),
        (r#"{"kind":"json-path","path":"$.n","op":"le","value":5}"#, r#"{"n":5.0}"#, "+"),
        (r#"{"kind":"json-path","path":"$.n","op":"le","value":5}"#, r#"{"n":5.5}"#, "-"),
        (r#"{"kind":"json-path","path":"$.n","op":"ne","value":1}"#, r#"{"n":"1"}"#, "+"),
        (r#"{"kind":"json-path","path":"$.n","op":"eq","value":1}"#, r#"{"n":1.0}"#, "+"),
        (r#"{"kind":"json-path","path":"$.n","op":"eq","value":1}"#, r#"{"n":"1"}"#, "-"),
        (r#"{"kind":"json-path","path":"$.n","op":"in","value":["x","y"]}"#, r#"{"n":"z"}"#, "-"),
        (r#"{"kind":"json-path","path":"$.n","op":"exists"}"#, r#"{"n":null}"#, "+"),
        (r#"{"kind":"json-path","path":"$.n","op":"exists"}"#, r#"{"m":1}"#, "-"),
        (r#"{"kind":"json-path","path":"$.n","op":"type","value":"integer"}"#, r#"{"n":1.5}"#, "-"),
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
        (r#"{"kind":"json-count","path":"$['dc:title']","exact":3}"#, r#"{"dc:title":[1,2,3]}"#, "+"),
        (r#"{"kind":"json-count","path":"$['a\\'*']","exact":3}"#, r#"{"a'*":[1,2,3]}"#, "+"),
        (r#"{"kind":"json-count","path":"$[\"a..b\"]","exact":2}"#, r#"{"a..b":[1,2]}"#, "+"),
        (r#"{"kind":"json-count","path":"$['a','b']","exact":1}"#, r#"{"a":[1,2]}"#, "+"),
        (r#"{"kind":"json-count","path":"$..a","exact":1}"#, r#"{"a":[1,2]}"#, "+"),
        (r#"{"kind":"json-count","path":"$[?@.a>1]","exact":1}"#, r#"[{"a":1},{"a":2}]"#, "+"),
    ]);
}

#[test]
pub(crate) fn tables() {
    table(&[
        (r#"{"kind":"is-csv"}"#, "a,b\n1,2\n3,4\n", "+"),
        (r#"{"kind":"is-csv"}"#, "a,b\n1,2,3\n", "-"),
        (r#"{"kind":"is-csv"}"#, "", "-"),
        (r#"{"kind":"is-csv"}"#, "a,b\n1,\"open\n", "-"),
        (r#"{"kind":"is-csv"}"#, "a,b\r\n1,\"x\"\"y\nz\"\r\n", "+"),
        (r#"{"kind":"is-csv","header":["a","b"],"rows":{"min":1,"max":2}}"#, "a, b\n1,2\n", "+"),
        (r#"{"kind":"is-csv","header":["a","b"]}"#, "b,a\n1,2\n", "-"),
        (r#"{"kind":"is-csv","header":"a;b","delimiter":";"}"#, "a;b\n1;2\n", "+"),
        (r#"{"kind":"is-csv","header":"a,b","delimiter":";"}"#, "a;b\n1;2\n", "+"),
        (r#"{"kind":"is-csv","header":"a;c","delimiter":";"}"#, "a;b\n1;2\n", "-"),
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
pub(crate) fn documents() {
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
        (r#"{"kind":"is-xml"}"#, "<a>\0</a>", "-"),
        (r#"{"kind":"is-xml"}"#, "<a>&#1;</a>", "-"),
        (r#"{"kind":"is-xml"}"#, "<a>\t&#9;\u{85}</a>\r\n", "+"),
        (r#"{"kind":"is-xml"}"#, "&lt;<a/>", "-"),
        (r#"{"kind":"is-xml"}"#, "<a/>&#65;", "-"),
        (r#"{"kind":"is-xml"}"#, "<a/>\u{a0}x", "-"),
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
pub(crate) fn comparisons() {
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
        (r#"{"kind":"numbers-equal","value":"Case 1: 5"}"#, "CASE 1: 5", "-"),
        (r#"{"kind":"numbers-equal","value":"Case 1: 5","ignore_case":true}"#, "CASE 1: 5", "+"),
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
