//! Verdicts in this process: the checks natively, a component called through wasmtime
//! alone, and the same through the sandbox, as the server does it. Components that nobody
//! vouches for are run in a child by the server, so that is where theirs run here.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use assay_sandbox::{
    Attachments, Check, Class, Delivery, Input, Judge, Origin, Outcome, Output, Sandbox, Settings, Task,
    goldens, goldens_of, inspect,
};
use futures_util::future::join_all;
use serde_json::{Map, Value, json};

use super::figures::{count, percentile, rounded};
use super::{machine, say};
use crate::builtin::BUILTIN;
use crate::cli::line;
use crate::clock::{self, Stopwatch};
use crate::config::own_program;

/// Runs of one way before the other has its turn: each leaves the processor's caches to
/// itself, and a machine is not equally fast all the time.
const TURN: usize = 20;

/// The delivery's bytes, about.
const CONTENT_BYTES: usize = 9_900;

/// Ten checks of the ordinary kinds.
const CHECKS: [&str; 10] = [
    r#"{"kind":"contains","value":"assay"}"#,
    r#"{"kind":"contains-all","values":["gold","silver","lead"],"ignore_case":true}"#,
    r#"{"kind":"not-contains","value":"lorem ipsum"}"#,
    r#"{"kind":"regex","pattern":"\\b[0-9]{1,3} parts\\b"}"#,
    r#"{"kind":"word-count","min":500}"#,
    r#"{"kind":"starts-with","value":"Report"}"#,
    r#"{"kind":"ends-with","value":"stamped."}"#,
    r#"{"kind":"list-item-count","min":3}"#,
    r#"{"kind":"heading-count","min":1}"#,
    r#"{"kind":"char-count","max":20000}"#,
];

/// Components of one's own are looked for here, where they are built by the tests.
const BUILT: [(&str, &str); 3] = [
    ("rust", "rust-verifier/rust-verifier.wasm"),
    ("js", "js-verifier/js-verifier.wasm"),
    ("python", "python-verifier/python-verifier.wasm"),
];

/// A component and what it is asked.
struct Candidate {
    name: String,
    origin: Origin,
    bytes: Arc<[u8]>,
    input: Input,
    attachments: Attachments,
}

/// Measures the host's own verifier, and those of other languages where they are built.
pub(super) async fn measure(time: Duration, files: &[PathBuf]) -> Result<Map<String, Value>, String> {
    let kept = tempfile::tempdir().map_err(line)?;
    let settings = Settings {
        program: own_program(),
        cache_dir: Some(kept.path().to_owned()),
        cache_key: clock::random_32(),
        ..Settings::default()
    };
    let sandbox = Sandbox::start(settings).map_err(line)?;
    let own = own_verifier()?;
    let own_name = own.name.clone();
    let (others, absent) = others(files)?;
    let each = time / u32::try_from(others.len() + 1).unwrap_or(1);
    let mut components = Vec::new();
    for candidate in std::iter::once(own).chain(others) {
        components.push(one(&sandbox, candidate, each).await?);
    }
    let first = components.first().cloned().unwrap_or_default();
    let mut report = Map::new();
    for name in ["per_second", "p50_us", "p99_us", "p999_us", "cpu_us_per_verdict", "ratio"] {
        report.insert(name.into(), first[name].clone());
    }
    report.insert("of".into(), own_name.into());
    report.insert("components".into(), components.into());
    report.insert("absent".into(), absent.into());
    let [native, bare] = ["native_p50_us", "bare_p50_us"].map(|name| first[name].clone());
    report.insert("limits".into(), json!({ "native_p50_us": native, "bare_p50_us": bare }));
    Ok(report)
}

fn own_verifier() -> Result<Candidate, String> {
    let builtin = BUILTIN.iter().find(|builtin| builtin.name == "criteria");
    let builtin = builtin.ok_or("this binary has no verifier of its own")?;
    Ok(Candidate {
        name: builtin.name.into(),
        origin: Origin::Own,
        bytes: Arc::from(builtin.bytes),
        input: Input::Verify { task: task(), delivery: delivery(), config: String::new() },
        attachments: Attachments::none(),
    })
}

fn task() -> Task {
    let checks = CHECKS.map(|json| Check {
        kind: json.split('"').nth(3).unwrap_or_default().into(),
        required: true,
        weight: 1,
        class: Class::Decidable,
        json: json.into(),
        prior: None,
    });
    Task {
        id: "019b0000-0000-7000-8000-000000000000".into(),
        title: "Report on an ingot".into(),
        description: "Say what the ingot is made of, with the share of each metal.".into(),
        category: "writing".into(),
        skills: Vec::new(),
        criteria: Vec::new(),
        checks: checks.to_vec(),
        currency: "USD".into(),
        price: 1_000_000,
        posted_at: 1_700_000_000_000,
        deadline_at: None,
    }
}

/// Prose that no two sentences of repeat exactly.
fn content() -> String {
    let mut text = String::from("Report\n\n# Findings\n\n- gold\n- silver\n- lead\n\n");
    for sample in 1.. {
        if text.len() >= CONTENT_BYTES {
            break;
        }
        let (gold, silver) = (900 + sample % 97, 90 - sample % 53);
        let end = if sample % 5 == 0 { "\n\n" } else { " " };
        let sentence = format!(
            "Sample {sample} of the assay held {gold} parts gold, {silver} parts silver and lead.{end}"
        );
        text.push_str(&sentence);
    }
    text + "Each was weighed twice and stamped."
}

fn delivery() -> Delivery {
    Delivery {
        id: "019b0000-0000-7000-8000-000000000001".into(),
        content: content(),
        summary: String::new(),
        attachments: Vec::new(),
        traces: Vec::new(),
        round: 1,
        delivered_at: 1_700_000_100_000,
    }
}

/// The files that were named, or those that are built beside this program; and what is not.
fn others(files: &[PathBuf]) -> Result<(Vec<Candidate>, Vec<&'static str>), String> {
    let mut found = Vec::new();
    let mut absent = Vec::new();
    for file in files {
        found.push(candidate(file.display().to_string(), file)?);
    }
    let program = std::env::current_exe().map_err(line)?;
    let folder = program.ancestors().nth(2).map(|target| target.join("plugin-projects"));
    for (language, file) in BUILT.iter().filter(|_| files.is_empty()) {
        match folder.as_ref().map(|folder| folder.join(file)).filter(|file| file.exists()) {
            Some(file) => found.push(candidate((*language).to_owned(), &file)?),
            None => absent.push(*language),
        }
    }
    if !absent.is_empty() {
        say(&format!("not built here, so not measured: {}", absent.join(", ")));
    }
    Ok((found, absent))
}

/// A component of a file, and a golden input that it answers.
fn candidate(name: String, file: &Path) -> Result<Candidate, String> {
    let failed = |error: String| format!("{}: {error}", file.display());
    let bytes: Arc<[u8]> = fs::read(file).map_err(|error| failed(error.to_string()))?.into();
    let facts = inspect(&bytes, usize::MAX).map_err(|error| failed(error.to_string()))?;
    let mut inputs = goldens_of(&facts.manifest).map_err(|error| failed(error.to_string()))?;
    inputs.extend(goldens(facts.world));
    let golden = inputs.into_iter().next().ok_or_else(|| failed("no golden input".into()))?;
    Ok(Candidate {
        name,
        origin: Origin::Uploaded,
        bytes,
        input: golden.input,
        attachments: golden.attachments,
    })
}

/// One component: alone, through the sandbox, and as many at once as there are processors.
async fn one(sandbox: &Sandbox, candidate: Candidate, time: Duration) -> Result<Value, String> {
    let Candidate { name, origin, bytes, input, attachments } = candidate;
    let here = sandbox.prepare(Arc::clone(&bytes)).await.map_err(|error| format!("{name}: {error}"))?;
    let judge = sandbox.prepare_from(origin, Arc::clone(&bytes)).await.map_err(line)?;
    let first = sandbox.run(&judge, &input, attachments.clone()).await;
    if !matches!(&first.outcome, Outcome::Output(output) if !matches!(output, Output::Problem(_))) {
        return Err(format!("{name} has no verdict to give: {:?}", first.outcome));
    }
    let Times { mut native, mut bare, mut host } =
        in_turns(sandbox, (&here, &judge), &input, &attachments, time / 2).await?;
    let (per_second, cpu_us) = side_by_side(sandbox, &judge, &input, &attachments, time / 2).await;
    native.sort_unstable();
    bare.sort_unstable();
    host.sort_unstable();
    let us = |times: &[u64], of_a_million| rounded(count(percentile(times, of_a_million)) / 1e3);
    let ratio = count(percentile(&host, 500_000)) / count(percentile(&bare, 500_000)).max(1.0);
    Ok(json!({
        "component": name,
        "where": if origin == Origin::Own { "in this process" } else { "in a child" },
        "component_bytes": bytes.len(),
        "fuel": first.fuel,
        "per_second": per_second,
        "cpu_us_per_verdict": cpu_us,
        "p50_us": us(&host, 500_000),
        "p99_us": us(&host, 990_000),
        "p999_us": us(&host, 999_000),
        "native_p50_us": if native.is_empty() { Value::Null } else { us(&native, 500_000) },
        "bare_p50_us": us(&bare, 500_000),
        "bare_p99_us": us(&bare, 990_000),
        "ratio": rounded(ratio),
    }))
}

/// Times in nanoseconds.
#[derive(Default)]
struct Times {
    /// The checks without a sandbox, for the verifier that is known to run them.
    native: Vec<u64>,
    /// Through wasmtime alone.
    bare: Vec<u64>,
    /// Through the sandbox.
    host: Vec<u64>,
}

/// What the verifier of checks does, without a sandbox.
fn natively(task: &Task, delivery: &Delivery) -> Result<usize, String> {
    let task_text = format!("{}\n{}", task.title, task.description);
    let judge = assay_checks::Judge::new(assay_checks::Delivery {
        content: &delivery.content,
        task_text: &task_text,
        attachments: &[],
        traces: &[],
        read: &|_, _, _| Err("there are no files".to_owned()),
    });
    let mut passed = 0;
    for check in &task.checks {
        let check = assay_checks::Check::parse(&check.json).map_err(|issues| format!("{issues:?}"))?;
        passed += usize::from(judge.run(&check, None).status == assay_checks::Status::Pass);
    }
    Ok(passed)
}

async fn in_turns(
    sandbox: &Sandbox,
    (here, judge): (&Judge, &Judge),
    input: &Input,
    attachments: &Attachments,
    time: Duration,
) -> Result<Times, String> {
    let nanos = |watch: Stopwatch| u64::try_from(watch.elapsed().as_nanos()).unwrap_or(u64::MAX);
    let mut times = Times::default();
    let whole = Stopwatch::start();
    while whole.elapsed() < time || times.host.is_empty() {
        if let Input::Verify { task, delivery, .. } = input
            && !task.checks.is_empty()
            && judge.manifest.name == "criteria"
        {
            for _ in 0..TURN {
                let watch = Stopwatch::start();
                std::hint::black_box(natively(task, delivery)?);
                times.native.push(nanos(watch));
            }
        }
        for _ in 0..TURN {
            let watch = Stopwatch::start();
            sandbox.run_bare_blocking(here, input, attachments.clone())?;
            times.bare.push(nanos(watch));
        }
        for _ in 0..TURN {
            let watch = Stopwatch::start();
            let run = sandbox.run(judge, input, attachments.clone()).await;
            times.host.push(nanos(watch));
            if let Outcome::Inconclusive { reason } = run.outcome {
                return Err(reason.to_string());
            }
        }
    }
    Ok(times)
}

/// Verdicts a second with every processor judging, and the processor time of each of them in
/// this process and its children.
async fn side_by_side(
    sandbox: &Sandbox,
    judge: &Judge,
    input: &Input,
    attachments: &Attachments,
    time: Duration,
) -> (Value, Value) {
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let (watch, ticks) = (Stopwatch::start(), machine::ticks_with_children());
    let judging = (0..processors).map(|_| {
        let (sandbox, judge, input, attachments) =
            (sandbox.clone(), judge.clone(), input.clone(), attachments.clone());
        tokio::spawn(async move {
            let mut done = 0_u64;
            while watch.elapsed() < time {
                sandbox.run(&judge, &input, attachments.clone()).await;
                done += 1;
            }
            done
        })
    });
    let done: u64 = join_all(judging).await.into_iter().filter_map(Result::ok).sum();
    let ticks = machine::ticks_with_children().saturating_sub(ticks);
    (rounded(count(done) / watch.elapsed().as_secs_f64()), machine::us_each(ticks, count(done)))
}
