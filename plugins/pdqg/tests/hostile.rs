//! Deliveries that no one would read: each ends in a score, soon, and in the right band.

use pdqg::text::READ_BYTES_MAX;
use pdqg::{Delivery, Task, score};
use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

const REJECTED_BELOW: u32 = 4_000;
const MANY: usize = 10_000_000;

fn scored(content: &str) -> u32 {
    let task = Task {
        title: "A short history of tea",
        description: "Write a short history of tea with two sections, and answer as JSON.",
        criteria: &["At least 100 words"],
    };
    score(task, Delivery { content, files: 0 }, None).score
}

#[test]
fn bulk_is_rejected() {
    for (name, content) in [
        ("one letter", "a".repeat(MANY)),
        ("null characters", "\0".repeat(MANY)),
        ("replacement characters", "\u{fffd}".repeat(MANY / 3)),
        ("one word", "tea ".repeat(MANY / 4)),
        ("one sentence", "The tea is hot. ".repeat(MANY / 16)),
        ("opening brackets", "[".repeat(MANY)),
        ("quotation marks", "\"a ".repeat(MANY / 3)),
        ("list marks", "* ".repeat(MANY / 2)),
        ("line ends", "\n".repeat(MANY)),
        ("rows of nothing", ",,,\n".repeat(MANY / 4)),
        ("combining marks", "a\u{301}".repeat(MANY / 3)),
        ("zero width", "\u{200b}".repeat(MANY / 3)),
        ("dollars", "$1 ".repeat(MANY / 3)),
    ] {
        let found = scored(&content);
        assert!(found < REJECTED_BELOW, "{name} is scored {found}");
    }
}

#[test]
fn deep_json_is_read_without_a_stack() {
    let levels = READ_BYTES_MAX / 3;
    let deep = "[".repeat(levels) + &"]".repeat(levels);
    assert!(pdqg::data::is_json(&deep));
    assert!(scored(&deep) < REJECTED_BELOW, "it says nothing of tea");
}

#[test]
fn long_tasks_are_no_way_in() {
    let long = "Write \"a\" in 3 words each, not in French, like <<a>> and *** of JSON. ".repeat(20_000);
    let task = Task { title: &long, description: &long, criteria: &[&long] };
    assert!(score(task, Delivery { content: &long, files: 0 }, None).score < REJECTED_BELOW);
    assert!(score(task, Delivery { content: "", files: 0 }, None).score < REJECTED_BELOW);
}

#[test]
fn an_empty_task_lets_an_answer_pass() {
    let task = Task::default();
    let content = "Tea reached Europe in 1610 on Dutch ships, and London had a tea house by 1706.";
    assert!(score(task, Delivery { content, files: 0 }, None).score > 6_500);
    assert_eq!(score(task, Delivery::default(), None).score, 0);
}

proptest! {
    #[test]
    fn any_text_ends_in_a_score(title in any::<String>(), description in any::<String>(), content in any::<String>()) {
        let task = Task { title: &title, description: &description, criteria: &[] };
        let card = score(task, Delivery { content: &content, files: 0 }, None);
        prop_assert!(card.score <= 10_000);
        for dimension in &card.dimensions {
            prop_assert!(dimension.score <= 10_000 && dimension.weight <= 10_000);
            prop_assert_eq!(dimension.note.is_empty(), dimension.score == 10_000, "{}", dimension.name);
        }
        prop_assert_eq!(&card, &score(task, Delivery { content: &content, files: 0 }, None));
    }

    #[test]
    fn marks_and_words_in_any_mixture_end_in_a_score(
        task in "([a-z]{1,8}|json|csv|in French|at least 3 words|\"[a-z ]{0,9}\"|[*<>#\\[\\]]{1,4}|not|[.,:;\n ]){0,40}",
        content in "([a-zA-Zé漢क]{1,9}|[\\[\\]{}()\"'*#|,.!?:;-]|[0-9]{1,4}|[ \n\t]){0,200}",
    ) {
        let task = Task { title: "", description: &task, criteria: &[] };
        let card = score(task, Delivery { content: &content, files: 0 }, None);
        prop_assert!(card.score <= 10_000);
    }
}
