//! Acceptance criteria in plain words: the table of sentences, and what holds for any.

use assay_domain::criteria::{Check, Class, Compiled, Coverage, Field, compile, coverage};
use proptest::prelude::{Strategy, any, prop_assert, prop_assert_eq, proptest};
use std::fmt::Write as _;

const TABLE: &str = include_str!("criteria/sentences.txt");

/// Kinds whose sentences hold no term of the poster's own, so that their case is free.
const WITHOUT_TERMS: [&str; 16] = [
    "case",
    "char-count",
    "heading-count",
    "highlight-count",
    "is-html",
    "is-toml",
    "is-xml",
    "is-yaml",
    "language",
    "line-count",
    "link-count",
    "list-item-count",
    "no-placeholder",
    "paragraph-count",
    "sentence-count",
    "word-count",
];

/// Words of the grammar and around it, for sentences nobody would write.
const SOUP: [&str; 84] = [
    "at",
    "least",
    "most",
    "no",
    "not",
    "more",
    "than",
    "fewer",
    "exactly",
    "only",
    "between",
    "and",
    "or",
    "but",
    "to",
    "from",
    "500",
    "3",
    "1,500",
    "1.5k",
    "ten",
    "a",
    "dozen",
    "hundred",
    "words",
    "characters",
    "headings",
    "H2",
    "links",
    "bullet",
    "points",
    "paragraphs",
    "rows",
    "examples",
    "each",
    "per",
    "about",
    "in",
    "French",
    "English",
    "JSON",
    "array",
    "CSV",
    "with",
    "columns",
    "keys",
    "items",
    "must",
    "should",
    "mention",
    "contain",
    "the",
    "word",
    "phrase",
    "“edge”",
    "\"cloud\"",
    "'fog'",
    "Kubernetes",
    "starts",
    "ends",
    "P.S.",
    "lowercase",
    "caps",
    "all",
    "title",
    "<<x>>",
    "[name]",
    ",",
    ";",
    ".",
    ":",
    "(",
    ")",
    "-",
    "–",
    "+",
    "≥",
    "\n",
    "engaging",
    "tone",
    "minimum",
    "maximum",
    "max",
    "times",
];

/// One row of the table.
struct Row {
    class: String,
    sentence: String,
    checks: Vec<String>,
}

fn rows() -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for line in TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match line.split_once(' ') {
            Some(("", check)) => {
                let row = rows.last_mut().expect("a check stands below its sentence");
                row.checks.push(check.trim().to_owned());
            }
            Some((class, sentence)) => {
                let sentence = sentence.trim().to_owned();
                rows.push(Row { class: class.to_owned(), sentence, checks: Vec::new() });
            }
            None => panic!("a row without a sentence: {line}"),
        }
    }
    rows
}

/// A compiled sentence as the table writes it.
fn shown(sentence: &str, compiled: &Compiled) -> String {
    let mut out = format!("{:<10} {sentence}\n", compiled.class.as_str());
    for check in &compiled.checks {
        writeln!(out, "           {}", check.to_json()).expect("a string takes any text");
    }
    out
}

#[test]
fn every_sentence_of_the_table_compiles_as_written() {
    let rows = rows();
    assert!(rows.len() >= 220, "{} sentences", rows.len());
    let mut differences = String::new();
    for row in &rows {
        let found = shown(&row.sentence, &compile(&row.sentence));
        let mut wanted = format!("{:<10} {}\n", row.class, row.sentence);
        for check in &row.checks {
            writeln!(wanted, "           {check}").expect("a string takes any text");
        }
        if found != wanted {
            let minus = wanted.lines().fold(String::new(), |all, line| all + "- " + line + "\n");
            let plus = found.lines().fold(String::new(), |all, line| all + "+ " + line + "\n");
            differences.push_str(&(minus + plus.as_str() + "\n"));
        }
    }
    assert!(differences.is_empty(), "\n{differences}");
}

#[test]
fn no_sentence_stands_in_the_table_twice() {
    let mut sentences: Vec<String> = rows().into_iter().map(|row| row.sentence).collect();
    sentences.sort();
    let twice: Vec<_> = sentences.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| &pair[0]).collect();
    assert!(twice.is_empty(), "{twice:?}");
}

#[test]
fn white_space_and_a_final_stop_change_nothing() {
    // Two spaces part the groups of a number, and those in quotation marks are the poster's.
    for row in rows().iter().filter(|row| !row.sentence.contains("1 500")) {
        let plain = compile(&row.sentence);
        let spaced = format!(" \t{} \n", row.sentence);
        assert_eq!(shown(&row.sentence, &compile(&spaced)), shown(&row.sentence, &plain));
        if !row.sentence.contains(['"', '“', '„', '«', '‹', '「', '‘', '\'', '`']) {
            let wide = row.sentence.replace(' ', " \t ");
            assert_eq!(shown(&row.sentence, &compile(&wide)), shown(&row.sentence, &plain));
        }
        if row.sentence.ends_with(char::is_alphanumeric) {
            let stopped = format!("{}.", row.sentence);
            assert_eq!(shown(&row.sentence, &compile(&stopped)), shown(&row.sentence, &plain));
        }
    }
}

#[test]
fn the_case_of_key_words_changes_nothing() {
    let free = |check: &Check| WITHOUT_TERMS.contains(&check.kind.as_str());
    for row in &rows() {
        let plain = compile(&row.sentence);
        if plain.checks.iter().all(free) {
            for other in [row.sentence.to_uppercase(), row.sentence.to_lowercase()] {
                assert_eq!(shown(&row.sentence, &compile(&other)), shown(&row.sentence, &plain), "{other}");
            }
        }
    }
}

#[test]
fn a_hedge_or_an_exception_leaves_the_sentence_to_a_person() {
    for row in &rows() {
        let bare = row.sentence.trim_end_matches('.');
        for hedged in [
            format!("Ideally, {}", row.sentence),
            format!("{bare}, if possible"),
            format!("{bare} where appropriate"),
            format!("{bare}, unless agreed otherwise"),
            format!("{bare}. This is optional."),
        ] {
            let compiled = compile(&hedged);
            assert_eq!(compiled.class, Class::Human, "{}", shown(&hedged, &compiled));
        }
    }
}

#[test]
fn words_that_divide_a_condition_never_leave_it_decidable() {
    for row in &rows() {
        let bare = row.sentence.trim_end_matches('.');
        for divided in [
            format!("{bare} in each section"),
            format!("{bare} per chapter"),
            format!("{bare} or a video"),
            format!("{bare} in the introduction"),
            format!("{bare} and what else a reader may need"),
        ] {
            let compiled = compile(&divided);
            assert_ne!(compiled.class, Class::Decidable, "{}", shown(&divided, &compiled));
        }
    }
}

#[test]
fn a_person_decides_exactly_what_has_no_checks() {
    for row in &rows() {
        let compiled = compile(&row.sentence);
        assert_eq!(compiled.class == Class::Human, compiled.checks.is_empty(), "{}", row.sentence);
    }
}

#[test]
fn every_check_of_the_table_is_one_that_may_be_posted() {
    for row in &rows() {
        assert_eq!(lawful(&row.sentence), Ok(()), "{}", row.sentence);
    }
}

#[test]
fn coverage_counts_each_class_and_all() {
    let classes: Vec<Class> =
        ["1500 words minimum", "3 real-world examples included", "No factual errors", "Fun"]
            .iter()
            .map(|sentence| compile(sentence).class)
            .collect();
    assert_eq!(coverage(&classes), Coverage { decidable: 1, necessary: 1, human: 2, total: 4 });
    assert_eq!(coverage(&[]), Coverage::default());
}

#[test]
fn a_sentence_too_long_to_be_one_is_a_persons() {
    let long = format!("at least 500 words{}", " ".repeat(1_000));
    assert_eq!(compile(&long).class, Class::Human);
}

#[test]
fn json_is_compact_in_field_order_and_escaped() {
    let nested = Check { kind: "contains".to_owned(), fields: vec![("value".to_owned(), Field::Bool(true))] };
    let check = Check {
        kind: "any".to_owned(),
        fields: vec![
            ("z".to_owned(), Field::Text("a\"b\\c\n\u{1}é".to_owned())),
            ("a".to_owned(), Field::Int(7)),
            ("list".to_owned(), Field::List(vec!["x".to_owned(), "y".to_owned()])),
            ("object".to_owned(), Field::Object(vec![("k".to_owned(), Field::Int(1))])),
            ("checks".to_owned(), Field::Checks(vec![nested])),
        ],
    };
    let wanted = r#"{"kind":"any","z":"a\"b\\c\n\u0001é","a":7,"list":["x","y"],"object":{"k":1},"checks":[{"kind":"contains","value":true}]}"#;
    assert_eq!(check.to_json(), wanted);
}

/// What holds for every sentence there is.
fn lawful(sentence: &str) -> Result<(), String> {
    let compiled = compile(sentence);
    if (compiled.class == Class::Human) != compiled.checks.is_empty() {
        return Err(shown(sentence, &compiled));
    }
    for check in &compiled.checks {
        let json = check.to_json();
        let value: serde_json::Value =
            serde_json::from_str(&json).map_err(|error| format!("{json}: {error}"))?;
        let bound = |name: &str| value.get(name).and_then(serde_json::Value::as_u64);
        let ordered = bound("min").zip(bound("max")).is_none_or(|(min, max)| min <= max);
        let alone = bound("exact").is_none() || bound("min").or(bound("max")).is_none();
        if !(json.starts_with("{\"kind\":") && ordered && alone) {
            return Err(json);
        }
        // What a sentence compiles to is held to what a poster's own checks are.
        assay_checks::validate(&json).map_err(|issues| format!("{json}: {issues:?}"))?;
    }
    Ok(())
}

fn soup() -> impl Strategy<Value = String> {
    proptest::collection::vec(proptest::sample::select(SOUP.as_slice()), 1..14)
        .prop_map(|words| words.join(" "))
}

proptest! {
    #[test]
    fn any_text_has_a_lawful_answer(sentence in any::<String>()) {
        prop_assert_eq!(lawful(&sentence), Ok(()));
    }

    #[test]
    fn any_row_of_words_has_a_lawful_answer(sentence in soup()) {
        prop_assert_eq!(lawful(&sentence), Ok(()));
    }

    #[test]
    fn a_row_of_words_with_a_hedge_is_never_decidable(sentence in soup()) {
        let hedged = format!("{sentence}, approximately");
        prop_assert!(compile(&hedged).class != Class::Decidable, "{}", hedged);
    }

    #[test]
    fn a_text_cut_anywhere_has_a_lawful_answer(row in 0..rows().len(), at in any::<proptest::sample::Index>()) {
        let sentence = &rows()[row].sentence;
        let characters: Vec<char> = sentence.chars().collect();
        let cut: String = characters[..at.index(characters.len())].iter().collect();
        prop_assert_eq!(lawful(&cut), Ok(()));
    }
}
