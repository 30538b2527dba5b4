//! Components that misbehave, each with what must happen: refused by a code, or run and
//! ended by a reason. After each of them the same sandbox still judges a good one.

mod behaviours;
mod calls;
mod damage;
mod generated;
mod shapes;

use assay_sandbox::{Attachments, Judge, Limits, Sandbox};

use crate::judges::{RESTLESS, answering, finding, input, prepare, report, sandbox_with, summary};

/// What it is, its bytes, its configuration, and what must happen.
type Row = (&'static str, Vec<u8>, &'static str, &'static str);

/// A row that needs no configuration.
fn row(what: &'static str, component: Vec<u8>, expected: &'static str) -> Row {
    (what, component, "", expected)
}

/// An answer without findings, laid out at address 1024, and the export that gives it.
const ANSWER: &str = r#"(data (i32.const 1024) "\00\00\00\00\10\04\00\00\00\00\00\00")
    (func (export "verify") (param i32) (result i32) (i32.const 1024))"#;

/// A sandbox and a judge that is asked again after each row.
struct Bench {
    sandbox: Sandbox,
    good: Judge,
}

impl Bench {
    fn new() -> Self {
        let limits = Limits { fuel_max: 50_000_000, memory_bytes_max: 32 << 20, ..Limits::default() };
        let sandbox = sandbox_with(limits);
        let good = prepare(&sandbox, &answering(&report(&[finding(0, 1, 0), finding(1, 1, 0)])));
        Self { sandbox, good }
    }

    /// The refusal's code, or what the run came to; and nothing is left behind.
    fn outcome(&self, component: &[u8], config: &str) -> (String, String) {
        let seen = match self.sandbox.prepare_blocking(component) {
            Err(rejected) => (rejected.code().to_owned(), rejected.to_string()),
            Ok(judge) => {
                let run = self.sandbox.run_blocking(&judge, &input(config), Attachments::none());
                (summary(&run), format!("{:?}", run.outcome))
            }
        };
        let good = self.sandbox.run_blocking(&self.good, &input(""), Attachments::none());
        assert_eq!(summary(&good), "pass", "after {seen:?}");
        seen
    }

    fn all(&self, rows: Vec<Row>) {
        for (what, component, config, expected) in rows {
            let (code, text) = self.outcome(&component, config);
            assert_eq!(code, expected, "{what}: {}", text.chars().take(400).collect::<String>());
        }
    }
}

#[test]
fn there_are_enough_of_them() {
    let rows = [
        behaviours::loops(),
        behaviours::memory(),
        behaviours::stacks(),
        behaviours::results(),
        calls::imports(),
        calls::resources(),
        shapes::bodies(),
        shapes::counts(),
        shapes::nesting(),
        shapes::proposals(),
        rust(),
    ];
    assert!(rows.iter().map(Vec::len).sum::<usize>() >= 80);
}

#[test]
fn loops() {
    Bench::new().all(behaviours::loops());
}

#[test]
fn memory() {
    Bench::new().all(behaviours::memory());
}

#[test]
fn stacks() {
    Bench::new().all(behaviours::stacks());
}

#[test]
fn results() {
    Bench::new().all(behaviours::results());
}

#[test]
fn imports() {
    Bench::new().all(calls::imports());
}

#[test]
fn resources() {
    Bench::new().all(calls::resources());
}

#[test]
fn bodies() {
    Bench::new().all(shapes::bodies());
}

#[test]
fn counts() {
    Bench::new().all(shapes::counts());
}

#[test]
fn nesting() {
    Bench::new().all(shapes::nesting());
}

#[test]
fn proposals() {
    Bench::new().all(shapes::proposals());
}

#[test]
fn in_rust() {
    Bench::new().all(rust());
}

fn rust() -> Vec<Row> {
    [
        ("a panic", "panic", "trap"),
        ("an exit that says all is well", "leave", "trap"),
        ("an exit", "exit", "trap"),
        ("an abort", "abort", "trap"),
        ("a list that grows without end", "grow", "memory"),
        ("two gigabytes at once", "hoard", "memory"),
        ("a recursion without end", "recurse", "trap"),
        ("a print without end", "flood", "fuel-exhausted"),
        ("20,000 lines printed", "print", "undecided"),
        ("notes without end", "chatter", "fuel-exhausted"),
        ("a wait for time to pass", "spin", "fuel-exhausted"),
        ("a sleep of 500 years", "sleep", "trap"),
        ("three hours of sleep", "wait", "undecided"),
        ("a guess at the host's speed", "time", "undecided"),
        ("keys drawn until they differ from the host's", "entropy", "undecided"),
        ("a thread", "thread", "undecided"),
        ("files, variables, arguments", "reach", "undecided"),
        ("an evidence of 16 MiB", "essay", "output-too-large"),
        ("20,000 findings", "flock", "output-too-large"),
        ("300 findings of its own", "many", "lie"),
        ("a score above the scale", "praise", "lie"),
        ("a finding for a check that is not there", "ghost", "lie"),
        ("two findings for one check", "twice", "lie"),
        ("two findings of one name", "namesakes", "lie"),
        ("a finding without a name", "nameless", "lie"),
        ("a problem of 100 kB", "lament", "lie"),
        ("nothing it was told to do", "nonsense", "undecided"),
    ]
    .map(|(what, config, expected)| (what, RESTLESS.to_vec(), config, expected))
    .into()
}
