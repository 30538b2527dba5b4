//! Kinds over everything else: the work as such, files, traces, compositions.

use crate::table;

#[test]
pub(crate) fn whether_it_is_work_at_all() {
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
pub(crate) fn files() {
    let digest = format!(r#"{{"kind":"sha256","target":"*.png","value":"{}"}}"#, "AB".repeat(32));
    let other = format!(r#"{{"kind":"sha256","target":"*.png","value":"{}"}}"#, "00".repeat(32));
    let ghost = digest.replace("*.png", "*.pdf");
    let empty =
        r#"{"kind":"sha256","value":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}"#;
    table(&[
        (r#"{"kind":"file-exists","target":"*.png"}"#, "", "+"),
        (r#"{"kind":"file-exists","target":"*.gif"}"#, "", "-"),
        (r#"{"kind":"file-exists","target":"*.pdf"}"#, "", "?"),
        (r#"{"kind":"not-file-exists","target":"*.pdf"}"#, "", "?"),
        (r#"{"kind":"file-exists","target":"*.pdf","min":2}"#, "", "-"),
        (r#"{"kind":"file-exists","target":"*.{pdf,png}"}"#, "", "+"),
        (r#"{"kind":"file-exists","target":"*.{pdf,png}","exact":1}"#, "", "?"),
        (r#"{"kind":"not-file-exists","target":"*.gif"}"#, "", "+"),
        (r#"{"kind":"file-exists","target":"notes/*.txt","exact":2}"#, "", "+"),
        (r#"{"kind":"file-type","target":"logo.*","value":"image/*"}"#, "", "+"),
        (r#"{"kind":"file-type","target":"logo.*","types":[".jpg","image/jpeg"]}"#, "", "-"),
        (r#"{"kind":"file-type","target":"notes/*","value":"text/plain"}"#, "", "+"),
        (r#"{"kind":"file-type","target":"*.pdf","value":"application/pdf"}"#, "", "?"),
        (r#"{"kind":"file-type","target":"*.csv","value":"text/csv"}"#, "", "-"),
        (r#"{"kind":"file-type","target":"*.tif","value":"image/*"}"#, "", "-"),
        (r#"{"kind":"file-type","target":"*.usdz","value":"model/*"}"#, "", "+"),
        (r#"{"kind":"file-type","target":"*.mp3","value":"audio/mpeg"}"#, "", "+"),
        (r#"{"kind":"file-size","target":"*.pdf","min":1}"#, "", "?"),
        (r#"{"kind":"not-file-size","target":"*.pdf","max":1}"#, "", "?"),
        (r#"{"kind":"file-size","target":"*.txt","max":10}"#, "", "+"),
        (r#"{"kind":"file-size","target":"*.txt","max":9}"#, "", "-"),
        (r#"{"kind":"file-size","exact":2}"#, "é", "+"),
        (&digest, "", "+"),
        (&other, "", "-"),
        (&ghost, "", "?"),
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
pub(crate) fn traces() {
    table(&[
        (r#"{"kind":"trace-count","min":4}"#, "", "+"),
        (r#"{"kind":"trace-count","pattern":"^step$","exact":2}"#, "", "+"),
        (r#"{"kind":"trace-count","pattern":"DONE","ignore_case":true,"exact":2}"#, "", "+"),
        (r#"{"kind":"trace-order","pattern":["start","half","^done$"]}"#, "", "+"),
        (r#"{"kind":"trace-order","pattern":["^done$","start"]}"#, "", "-"),
    ]);
}

#[test]
pub(crate) fn compositions() {
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
