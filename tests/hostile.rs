//! Components that misbehave, each with what must happen: refused by a code, or run and
//! ended by a reason. After each of them the same sandbox still judges a good one.

mod behaviours;
mod calls;
mod damage;
mod generated;
pub(crate) mod shapes;

use std::sync::Arc;

use assay_sandbox::{Attachments, Judge, Limits, Rejected, Sandbox, Settings};

use tokio::runtime::Runtime;

use crate::commands::program;
use crate::judges::{RESTLESS, answering, finding, input, prepare, report, sandbox_with, summary};

/// What it is, its bytes, its configuration, and what must happen.
pub(crate) type Row = (&'static str, Vec<u8>, &'static str, &'static str);

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
    /// Where there is one, components are prepared and run as uploads are: in children.
    runtime: Option<Runtime>,
}

impl Bench {
    fn new() -> Self {
        let sandbox = sandbox_with(limits());
        let good = prepare(&sandbox, &good());
        Self { sandbox, good, runtime: None }
    }

    fn of_children() -> Self {
        let settings =
            Settings { program: Some(program()), runs_max: 2, limits: limits(), ..Settings::default() };
        let sandbox = Sandbox::start(settings).expect("the sandbox starts");
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.expect("a runtime starts");
        let good = runtime.block_on(sandbox.prepare_uploaded(Arc::from(good()))).expect("it is a judge");
        Self { sandbox, good, runtime: Some(runtime) }
    }

    fn prepare(&self, component: &[u8]) -> Result<Judge, Rejected> {
        match &self.runtime {
            None => self.sandbox.prepare_blocking(component),
            Some(runtime) => {
                let judge = runtime.block_on(self.sandbox.prepare_uploaded(Arc::from(component)))?;
                assert!(judge.is_away());
                Ok(judge)
            }
        }
    }

    /// The refusal's code, or what the run came to; and nothing is left behind.
    fn outcome(&self, component: &[u8], config: &str) -> (String, String) {
        let seen = match self.prepare(component) {
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

fn limits() -> Limits {
    Limits { fuel_max: 50_000_000, memory_bytes_max: 32 << 20, ..Limits::default() }
}

/// A component that passes the usual input.
fn good() -> Vec<u8> {
    answering(&report(&[finding(0, 1, 0), finding(1, 1, 0)]))
}

fn groups() -> [Vec<Row>; 11] {
    [
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
    ]
}

/// Uploads meet all of it in two other processes, and must come to the same.
#[test]
fn all_of_them_come_to_the_same_in_children() {
    let bench = Bench::of_children();
    for rows in groups() {
        bench.all(rows);
    }
}

#[test]
fn there_are_enough_of_them() {
    let rows = groups();
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
