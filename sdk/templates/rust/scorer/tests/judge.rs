//! The judge as a function.

use assay_plugin::testing::{delivery, task};
use assay_plugin::{Problem, Scorecard, Scorer};
use {{crate}}::{Config, Judge};

fn score(content: &str, words_wanted: u64, paragraph_words_max: u64) -> Result<Scorecard, Problem> {
    let task = task("About tea", "Write about tea.");
    Judge::score(
        &task,
        &delivery(content),
        Config {
            words_wanted,
            paragraph_words_max,
        },
    )
}

#[test]
fn a_text_is_worth_its_share_of_the_words() {
    let whole = score("Tea is a drink.", 4, 10).expect("a scorecard");
    assert_eq!(
        (whole.score, whole.notes.as_str()),
        (10_000, "4 words in 1 paragraph")
    );
    let half = score("Tea is", 4, 10).expect("a scorecard");
    assert_eq!(half.dimensions[0].score, 5_000);
    assert_eq!(half.dimensions[0].note, "2 words, at least 4 wanted");
}

#[test]
fn a_long_paragraph_costs_and_is_named() {
    let side = &score("Tea is\n\na drink of leaves", 2, 3)
        .expect("a scorecard")
        .dimensions[1];
    assert_eq!(
        (side.score, side.note.as_str()),
        (5_000, "4 words, at most 3 wanted")
    );
}

#[test]
fn nothing_scores_nothing_and_a_broken_configuration_is_named() {
    assert_eq!(score("", 4, 10).expect("a scorecard").score, 0);
    assert!(
        matches!(score("Tea", 0, 10), Err(Problem::InvalidConfig(text)) if text.starts_with("words_wanted"))
    );
}
