//! The judge as a function.

use assay_plugin::testing::{delivery, task};
use assay_plugin::{Finding, Status, Verifier};
use {{crate}}::{Config, Judge};

fn findings(content: &str, words_min: u64, banned: &[&str]) -> Vec<Finding> {
    let config = Config {
        words_min,
        banned: banned.iter().map(|&phrase| phrase.to_owned()).collect(),
    };
    let task = task("About tea", "Write about tea.");
    Judge::verify(&task, &delivery(content), config)
        .expect("a report")
        .findings
}

#[test]
fn a_short_text_fails_with_the_numbers() {
    let found = findings("Tea is a drink.", 5, &[]);
    assert_eq!(found[0].status, Status::Fail);
    assert_eq!(found[0].evidence, "4 words, at least 5 wanted");
    assert_eq!(
        findings("Tea is a fine drink.", 5, &[])[0].status,
        Status::Pass
    );
}

#[test]
fn a_banned_phrase_is_found_in_any_case_and_quoted() {
    let found = findings(
        "In Conclusion, tea is a drink.",
        0,
        &["in conclusion", "delve"],
    );
    assert_eq!(found[1].status, Status::Fail);
    assert_eq!(
        found[1].evidence,
        "banned phrases that occur: \"in conclusion\""
    );
    assert_eq!(
        findings("Tea is a drink.", 0, &["delve"])[1].status,
        Status::Pass
    );
}
