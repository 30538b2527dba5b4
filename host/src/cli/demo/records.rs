//! A file of records, each run through the main job: post, bid, accept, deliver.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};
use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::actor::{Actor, text};
use super::{House, say};

/// Records under way at once: enough to keep the sandbox busy, few enough to be fair.
const RECORDS_IN_FLIGHT: usize = 16;

/// What a record pays. It only has to be more than nothing.
const BUDGET: &str = "1.00";

/// A task, its checks, and a delivery.
#[derive(Clone, Deserialize)]
struct Record {
    id: String,
    prompt: String,
    #[serde(default)]
    checks: Vec<Value>,
    response: String,
}

/// What came of a record.
#[derive(Serialize)]
struct Line {
    id: String,
    outcome: String,
    score: Option<String>,
    checks: Vec<CheckLine>,
}

#[derive(Serialize)]
struct CheckLine {
    kind: String,
    status: String,
    evidence: String,
}

#[derive(Serialize)]
struct Report {
    records: Vec<Line>,
    records_per_second: f64,
}

/// Runs all records of a file, and writes the report if one is wanted.
#[expect(clippy::disallowed_methods, reason = "the demo says how fast it went")]
pub(super) async fn run(house: &House, tasks: &Path, report: Option<&Path>) -> Result<(), String> {
    let records = read(tasks)?;
    let poster = Actor::register(&house.base_url, "poster", &[]).await?;
    let worker = Actor::register(&house.base_url, "worker", &[]).await?;
    poster.deposit(&format!("{}.00", records.len() * 2 + 1)).await?;
    let rules = json!({ "guardrails": { "auto_review": true } });
    poster.call(Method::POST, "/api/bots/me/commissioning", Some(&rules)).await?;

    let bar = ProgressBar::new(records.len() as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} records, {per_sec}, {eta} left") {
        bar.set_style(style);
    }
    let started = Instant::now();
    let lines = run_all(&records, &poster, &worker, &bar).await?;
    bar.finish_and_clear();
    let seconds = started.elapsed().as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a file has fewer records than a float has digits")]
    let records_per_second = records.len() as f64 / seconds;
    summary(&lines);
    say(&format!("{} records in {seconds:.2} s: {records_per_second:.0} a second", lines.len()));
    if let Some(path) = report {
        let text = serde_json::to_string(&Report { records: lines, records_per_second });
        std::fs::write(path, text.map_err(|error| error.to_string())?)
            .map_err(|error| format!("{}: {error}", path.display()))?;
        say(&format!("The report is in {}.", path.display()));
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<Record>, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(number, line)| {
            serde_json::from_str(line).map_err(|error| format!("{}:{}: {error}", path.display(), number + 1))
        })
        .collect()
}

/// All records, some at once, their lines in the file's order.
async fn run_all(
    records: &[Record],
    poster: &Actor,
    worker: &Actor,
    bar: &ProgressBar,
) -> Result<Vec<Line>, String> {
    let room = Arc::new(Semaphore::new(RECORDS_IN_FLIGHT));
    let mut running = Vec::with_capacity(records.len());
    for record in records {
        let (record, poster, worker, bar) = (record.clone(), poster.clone(), worker.clone(), bar.clone());
        let room = Arc::clone(&room);
        running.push(tokio::spawn(async move {
            let _place = room.acquire_owned().await.map_err(|error| error.to_string())?;
            let id = record.id.clone();
            let line = play(record, &poster, &worker).await;
            bar.inc(1);
            line.map_err(|error| format!("{id}: {error}"))
        }));
    }
    let mut lines = Vec::with_capacity(running.len());
    for task in running {
        lines.push(task.await.map_err(|error| error.to_string())??);
    }
    Ok(lines)
}

/// One record from posting to the answer of its delivery.
async fn play(record: Record, poster: &Actor, worker: &Actor) -> Result<Line, String> {
    let body = json!({
        "title": title(&record.prompt), "description": record.prompt, "budget": BUDGET,
        "checks": record.checks,
    });
    let (status, task) = poster.try_call(Method::POST, "/api/tasks", Some(&body)).await?;
    if status != 201 {
        let reason = task["error"]["message"].as_str().unwrap_or("the task was refused").to_owned();
        return Ok(refused(&record, &reason));
    }
    let task = text(&task, "id")?;
    let bid = json!({ "proposedPrice": BUDGET });
    let bid = worker.call(Method::POST, &format!("/v1/tasks/{task}/bids"), Some(&bid)).await?;
    let bid = text(&bid["data"], "id")?;
    poster.call(Method::POST, &format!("/api/proposals/{bid}/accept"), None).await?;
    let content = json!({ "content": record.response });
    let delivery = worker.call(Method::POST, &format!("/v1/tasks/{task}/deliver"), Some(&content)).await?;
    let delivery = &delivery["data"];
    Ok(Line {
        outcome: text(delivery, "taskStatus")?,
        score: delivery["pdqg"]["score"].as_str().map(str::to_owned),
        checks: check_lines(&record.checks, &delivery["findings"]),
        id: record.id,
    })
}

/// The findings in the order of the record's checks.
fn check_lines(checks: &[Value], findings: &Value) -> Vec<CheckLine> {
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let found =
        |index: usize| findings.as_array()?.iter().find(|one| one["check"].as_u64() == Some(index as u64));
    let line = |(index, check): (usize, &Value)| {
        let finding = found(index);
        CheckLine {
            kind: word(&check["kind"]),
            status: finding.map_or_else(|| "error".into(), |one| word(&one["status"])),
            evidence: finding.map_or_else(|| "no finding".into(), |one| word(&one["evidence"])),
        }
    };
    checks.iter().enumerate().map(line).collect()
}

/// A record the server would not post: its checks are broken, and it says why.
fn refused(record: &Record, reason: &str) -> Line {
    let line = |check: &Value| CheckLine {
        kind: check["kind"].as_str().unwrap_or_default().to_owned(),
        status: "error".into(),
        evidence: reason.to_owned(),
    };
    let checks = record.checks.iter().map(line).collect();
    Line { id: record.id.clone(), outcome: "refused".into(), score: None, checks }
}

/// The first line of a prompt, short enough for a title.
fn title(prompt: &str) -> String {
    let line = prompt.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("task");
    line.chars().filter(|character| !character.is_control()).take(120).collect()
}

fn summary(lines: &[Line]) {
    let mut outcomes = std::collections::BTreeMap::<&str, usize>::new();
    let mut statuses = std::collections::BTreeMap::<&str, usize>::new();
    for line in lines {
        *outcomes.entry(&line.outcome).or_default() += 1;
        for check in &line.checks {
            *statuses.entry(&check.status).or_default() += 1;
        }
    }
    let show = |counts: &std::collections::BTreeMap<&str, usize>| {
        counts.iter().map(|(name, count)| format!("{count} {name}")).collect::<Vec<_>>().join(", ")
    };
    say(&format!("Tasks: {}.", show(&outcomes)));
    say(&format!("Checks: {}.", show(&statuses)));
}
