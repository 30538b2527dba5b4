//! Real responses against junk made from them: `cargo test -p pdqg --release --test separation -- --nocapture`
//! prints the tables of the README. With `PDQG_SHOW=kind` it lists the worst of a kind.

use assay_plugin::{Check, Scorecard, Scorer, testing};
use pdqg::component::{Config, Pdqg};
use std::path::PathBuf;

/// A score under this is refused.
const REJECTED_BELOW: u16 = 4_000;
/// A score up to this passes with a warning.
const WARNED_TO: u16 = 6_500;

struct Record {
    id: String,
    prompt: String,
    response: String,
    checks: Vec<Check>,
}

fn records(file: &str, response: &str) -> Option<Vec<Record>> {
    let folder = std::env::var_os("ASSAY_TEST_DATA")
        .map_or_else(|| PathBuf::from("../../../shared/data"), PathBuf::from);
    let path = folder.join(file);
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("SKIPPED data: {} is not there", path.display());
        return None;
    };
    let record = |line: &str| {
        let value: serde_json::Value = serde_json::from_str(line).expect("a line is a JSON object");
        let field = |name: &str| value[name].as_str().expect("a field is text").to_owned();
        let checks = value["checks"].as_array().cloned().unwrap_or_default();
        let checks = checks.iter().map(|check| testing::check(&check.to_string())).collect();
        Record { id: field("id"), prompt: field("prompt"), response: field(response), checks }
    };
    Some(text.lines().map(record).collect())
}

/// A small generator of its own, so that the junk never changes.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let high = (self.0 >> 33) as usize;
        high % limit
    }
}

const LOREM: &str = "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore \
    et dolore magna aliqua. Ut enim ad minim veniam, quis nostrud exercitation ullamco laboris nisi ut aliquip ex ea commodo \
    consequat. Duis aute irure dolor in reprehenderit in voluptate velit esse cillum dolore eu fugiat nulla pariatur. \
    Excepteur sint occaecat cupidatat non proident, sunt in culpa qui officia deserunt mollit anim id est laborum.";

const REFUSALS: [&str; 4] = [
    "I'm sorry, but I can't help with that request.",
    "As an AI language model, I am unable to complete this task. Please let me know if there is anything else I can do for you.",
    "I cannot assist with this. It goes against my guidelines, and I would suggest asking a professional instead.",
    "I apologize, but I am not able to fulfill this request at this time.",
];

const KINDS: [&str; 8] = [
    "empty",
    "one sentence repeated",
    "words shuffled",
    "another task's response",
    "lorem ipsum",
    "task copied back",
    "cut at 5 %",
    "a refusal",
];

/// Where the tables are.
const README: &str = include_str!("../README.md");

/// The least area for each kind of junk, of text and of code. To tell another task's code,
/// or code in disorder, takes running it.
const FLOORS: [(u64, u64); KINDS.len()] = [
    (10_000, 10_000),
    (9_950, 9_900),
    (9_800, 9_000),
    (9_650, 8_300),
    (9_950, 9_900),
    (10_000, 10_000),
    (9_700, 9_600),
    (9_900, 9_900),
];

fn junk(kind: &str, at: usize, all: &[Record]) -> String {
    let record = &all[at];
    match kind {
        "empty" => String::new(),
        "one sentence repeated" => {
            let end =
                record.response.find(['.', '!', '?', '\n']).map_or(record.response.len(), |end| end + 1);
            let sentence = format!("{} ", record.response[..end].trim());
            sentence.repeat((record.response.len() / sentence.len()).max(5))
        }
        "words shuffled" => {
            let mut words: Vec<&str> = record.response.split_whitespace().collect();
            let mut dice = Dice(at as u64 + 1);
            for last in (1..words.len()).rev() {
                words.swap(last, dice.below(last + 1));
            }
            words.join(" ")
        }
        "another task's response" => all[(at + 97) % all.len()].response.clone(),
        "lorem ipsum" => LOREM.to_owned(),
        "task copied back" => record.prompt.clone(),
        "cut at 5 %" => record.response.chars().take(record.response.chars().count() / 20).collect(),
        _ => REFUSALS[at % REFUSALS.len()].to_owned(),
    }
}

/// As the host runs it, with the task's checks or without.
fn judged(record: &Record, content: &str, with_checks: bool) -> Scorecard {
    let mut task = testing::task("", &record.prompt);
    if with_checks {
        task.checks.clone_from(&record.checks);
    }
    Pdqg::score(&task, &testing::delivery(content), Config::default()).expect("any text can be scored")
}

/// The chance that a real one is scored above a junk one, in basis points.
fn area(real: &[u16], junk: &[u16]) -> u64 {
    let halves: u64 = real
        .iter()
        .flat_map(|good| {
            junk.iter().map(move |bad| match good.cmp(bad) {
                std::cmp::Ordering::Greater => 2,
                std::cmp::Ordering::Equal => 1,
                std::cmp::Ordering::Less => 0,
            })
        })
        .sum();
    halves * 5_000 / (real.len() * junk.len()).max(1) as u64
}

fn row(name: &str, scores: &[u16], area: Option<u64>) -> String {
    let mut sorted = scores.to_vec();
    sorted.sort_unstable();
    let quantile = |percent: usize| sorted[(sorted.len() - 1) * percent / 100];
    let rejected = sorted.partition_point(|score| *score < REJECTED_BELOW) * 1_000 / sorted.len();
    let clean = (sorted.len() - sorted.partition_point(|score| *score <= WARNED_TO)) * 1_000 / sorted.len();
    let area = area.map_or(String::new(), |area| format!("0.{area:04}").replace("0.10000", "1.0000"));
    format!(
        "| {name} | {} | {} | {} | {} | {} | {} | {} | {}.{} % | {}.{} % | {area} |",
        sorted.len(),
        quantile(0),
        quantile(1),
        quantile(10),
        quantile(50),
        quantile(90),
        quantile(100),
        rejected / 10,
        rejected % 10,
        clean / 10,
        clean % 10,
    )
}

struct Outcome {
    area: u64,
    /// The area of each kind, in the order of `KINDS`.
    areas: Vec<u64>,
    real_rejected: usize,
    real: usize,
    junk_rejected: usize,
    junk: usize,
}

/// What is printed and how it is judged.
struct Table<'a> {
    title: &'a str,
    all: &'a [Record],
    with_checks: bool,
    /// The kind whose worst are listed.
    show: Option<String>,
}

impl Table<'_> {
    fn print(&self) -> Outcome {
        println!("\n### {}\n", self.title);
        println!("| what | n | min | 1 % | 10 % | 50 % | 90 % | max | rejected | clean | AUC |");
        println!("|---|---|---|---|---|---|---|---|---|---|---|");
        let real = self.scores("real", |at| self.all[at].response.clone());
        let (mut every, mut areas): (Vec<u16>, Vec<u64>) = (Vec::new(), Vec::new());
        let mut rows = vec![row("real responses", &real, None)];
        for kind in KINDS {
            let scores = self.scores(kind, |at| junk(kind, at, self.all));
            areas.push(area(&real, &scores));
            rows.push(row(kind, &scores, areas.last().copied()));
            every.extend(scores);
        }
        let overall = area(&real, &every);
        rows.push(row("all junk", &every, Some(overall)));
        println!("{}", rows.join("\n"));
        if !README.contains(&rows.join("\n")) {
            println!("the README has another table than this one");
        }
        let below = |scores: &[u16]| scores.iter().filter(|score| **score < REJECTED_BELOW).count();
        Outcome {
            area: overall,
            areas,
            real_rejected: below(&real),
            real: real.len(),
            junk_rejected: below(&every),
            junk: every.len(),
        }
    }

    /// Junk that came out as the real response is left out.
    fn scores(&self, kind: &str, content: impl Fn(usize) -> String) -> Vec<u16> {
        let mut scores = Vec::new();
        for (at, record) in self.all.iter().enumerate() {
            let content = content(at);
            if kind == "real" || content.trim() != record.response.trim() {
                let card = judged(record, &content, self.with_checks);
                self.show(kind, at, &content, &card);
                scores.push(card.score);
            }
        }
        scores
    }

    /// Every other record only: the rest stays unseen by whoever changes the rules.
    fn show(&self, kind: &str, at: usize, content: &str, card: &Scorecard) {
        let is_wrong = if kind == "real" { card.score <= WARNED_TO } else { card.score >= REJECTED_BELOW };
        if self.show.as_deref() != Some(kind) || !is_wrong || at % 2 == 1 {
            return;
        }
        let record = &self.all[at];
        let start: String = content.chars().take(400).collect();
        println!("--- {} {}: {}\n>>> {start}", record.id, card.score, record.prompt);
        for dimension in card.dimensions.iter().filter(|dimension| dimension.score < 10_000) {
            println!("    {} {}: {}", dimension.name, dimension.score, dimension.note);
        }
    }
}

#[test]
fn real_responses_stand_apart_from_junk() {
    let Some(all) = records("ifeval.jsonl", "response") else { return };
    for (title, with_checks) in [("Text: ifeval.jsonl", false), ("Text, its checks known", true)] {
        let show = std::env::var("PDQG_SHOW").ok();
        let outcome = Table { title, all: &all, with_checks, show }.print();
        assert!(outcome.area >= 9_700, "AUC {} of 9700", outcome.area);
        for ((kind, area), (floor, _)) in KINDS.iter().zip(&outcome.areas).zip(FLOORS) {
            assert!(*area >= floor, "{title}, {kind}: AUC {area} of {floor}");
        }
        assert!(
            outcome.real_rejected * 100 < outcome.real,
            "{} real responses are rejected",
            outcome.real_rejected
        );
        assert!(
            outcome.junk_rejected * 10 >= outcome.junk * 9,
            "{} of {} junk",
            outcome.junk_rejected,
            outcome.junk
        );
    }
}

#[test]
fn code_stands_apart_from_junk() {
    let Some(all) = records("mbpp.jsonl", "solution") else { return };
    let show = std::env::var("PDQG_SHOW_CODE").ok();
    let outcome = Table { title: "Code: mbpp.jsonl", all: &all, with_checks: false, show }.print();
    assert!(
        outcome.real_rejected * 100 < outcome.real,
        "{} real solutions are rejected",
        outcome.real_rejected
    );
    assert!(outcome.area >= 9_000, "AUC {} of 9000", outcome.area);
    for ((kind, area), (_, floor)) in KINDS.iter().zip(&outcome.areas).zip(FLOORS) {
        assert!(*area >= floor, "code, {kind}: AUC {area} of {floor}");
    }
}
