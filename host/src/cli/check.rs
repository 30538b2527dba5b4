//! `assay check`: the gate and the checks on a draft, offline, as the server's dry run
//! has them. What only the server can run is named in the end.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use assay_domain::gate::{Outcome as Gate, Score};
use assay_domain::review::{Force, Verdict};
use assay_sandbox::{self as judged, Attachments, Digest, Input, Judge, Outcome, Output, Sandbox};
use clap::Args;
use serde_json::Value;

use super::kept::sandbox;
use super::line;
use super::replay::origin;
use crate::app::plugins::Builtins;
use crate::builtin::{BUILTIN, of_digest};

/// What to check, and with what.
#[derive(Args)]
pub(super) struct Flags {
    /// The task, as GET /v1/tasks/ID or GET /api/tasks/ID answers it
    #[arg(long, value_name = "FILE.json")]
    task: PathBuf,
    /// The draft: a text file
    #[arg(long, value_name = "FILE")]
    delivery: PathBuf,
    /// A file that comes with it; may be given several times
    #[arg(long = "attachment", value_name = "FILE")]
    attachments: Vec<PathBuf>,
    /// Another verifier than this binary's own
    #[arg(long, value_name = "FILE")]
    verifier: Option<PathBuf>,
    /// The verifier's configuration, JSON
    #[arg(long, value_name = "JSON", default_value = "{}")]
    config: String,
}

/// Exit code 0 when the gate lets the draft through and no binding check fails, else 1.
#[expect(clippy::print_stdout, reason = "the result of the command")]
pub(super) async fn run(flags: Flags) -> super::Outcome {
    let Asked { task, left_out } = read_task(&flags.task, flags.verifier.is_some())?;
    let (files, held) = read_files(&flags.attachments)?;
    let delivery = draft(&flags.delivery, files, &task)?;
    let sandbox = sandbox()?;
    let builtins = Builtins::of_binary().map_err(line)?;

    let scorer = own(&sandbox, &builtins.scorer).await?;
    let input = Input::Score { task: task.clone(), delivery: delivery.clone(), config: "{}".into() };
    let gate = match answer(&sandbox, &scorer, &input, &held).await? {
        Output::Scorecard(card) => {
            let score = Score::new(card.score).ok_or("the score is out of range")?;
            println!("gate: {score} {}", score.outcome().as_str());
            for side in card.dimensions.iter().filter(|side| !side.note.is_empty()) {
                println!("  {:<24} {:>5} {}", side.name, side.score, side.note);
            }
            score.outcome()
        }
        other => return Err(format!("the scorer gave no score: {other:?}")),
    };

    let verifier = if let Some(path) = &flags.verifier {
        let bytes = read(path)?;
        let origin = origin(&Digest::of(&bytes));
        sandbox.prepare_from(origin, Arc::from(bytes)).await.map_err(line)?
    } else {
        let checks: Result<Vec<Value>, _> =
            task.checks.iter().map(|check| serde_json::from_str(&check.json)).collect();
        own(&sandbox, builtins.verifier(checks.map_err(line)?.iter())).await?
    };
    let forces: Vec<Force> = task.checks.iter().map(force).collect();
    let kinds: Vec<String> = task.checks.iter().map(|check| check.kind.clone()).collect();
    let input = Input::Verify { task, delivery, config: flags.config };
    let report = match answer(&sandbox, &verifier, &input, &held).await? {
        Output::Report(report) => report,
        Output::Problem(problem) => return Err(format!("no verdict: {}", problem.text())),
        other => return Err(format!("the verifier gave no report: {other:?}")),
    };
    let verdict = tell(&report, &forces, &kinds);
    println!("verdict: {}", verdict.as_str());
    for what in left_out {
        println!("not run here: {what}");
    }
    let good = gate != Gate::Rejected && verdict != Verdict::Failed;
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Prints the findings; gives what they come to.
#[expect(clippy::print_stdout, reason = "the result of the command")]
fn tell(report: &judged::Report, forces: &[Force], kinds: &[String]) -> Verdict {
    let mut said = Vec::with_capacity(report.findings.len());
    for finding in &report.findings {
        let (name, force) = match &finding.subject {
            judged::Subject::Check(at) => {
                let at = *at as usize;
                (kinds.get(at).map_or("", String::as_str), forces.get(at).copied().unwrap_or(Force::Binding))
            }
            judged::Subject::Own(name) => (name.as_str(), Force::Binding),
        };
        let status = crate::app::judging::status(finding.status);
        println!("  {:<9} {name:<18} {}", status.as_str(), finding.evidence);
        said.push((force, status));
    }
    Verdict::of(said)
}

fn force(check: &judged::Check) -> Force {
    let binds = check.required && check.class == judged::Class::Decidable;
    if binds { Force::Binding } else { Force::Advisory }
}

async fn own(sandbox: &Sandbox, digest: &Digest) -> Result<Judge, String> {
    let bytes = of_digest(digest).ok_or("a component of this binary is missing")?.bytes;
    sandbox.prepare(Arc::from(bytes)).await.map_err(line)
}

async fn answer(
    sandbox: &Sandbox,
    judge: &Judge,
    input: &Input,
    held: &Attachments,
) -> Result<Output, String> {
    match sandbox.run(judge, input, held.clone()).await.outcome {
        Outcome::Output(output) => Ok(output),
        Outcome::Inconclusive { reason } => Err(format!("no verdict: {reason}")),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// Media types by the ending of a file's name. A worker declares them when delivering.
const MEDIA_TYPES: &[(&str, &str)] = &[
    ("csv", "text/csv"),
    ("gif", "image/gif"),
    ("html", "text/html"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("json", "application/json"),
    ("md", "text/markdown"),
    ("mp3", "audio/mpeg"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("svg", "image/svg+xml"),
    ("txt", "text/plain"),
    ("xml", "application/xml"),
    ("zip", "application/zip"),
];

/// The files, as a worker would describe them, and their bytes.
fn read_files(paths: &[PathBuf]) -> Result<(Vec<judged::Attachment>, Attachments), String> {
    let mut files = Vec::with_capacity(paths.len());
    let mut held: Vec<(Digest, Arc<[u8]>)> = Vec::with_capacity(paths.len());
    for path in paths {
        let bytes = read(path)?;
        let named = |part: Option<&std::ffi::OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
        let ending = named(path.extension()).to_lowercase();
        let media_type = MEDIA_TYPES.iter().find(|(known, _)| *known == ending).map(|(_, kind)| *kind);
        let digest = Digest::of(&bytes);
        files.push(judged::Attachment {
            name: named(path.file_name()),
            media_type: media_type.unwrap_or("application/octet-stream").into(),
            size: bytes.len() as u64,
            digest: digest.to_string(),
        });
        held.push((digest, Arc::from(bytes)));
    }
    Ok((files, held.into_iter().collect()))
}

fn draft(
    path: &Path,
    attachments: Vec<judged::Attachment>,
    task: &judged::Task,
) -> Result<judged::Delivery, String> {
    let content =
        String::from_utf8(read(path)?).map_err(|_| format!("{}: is not UTF-8 text", path.display()))?;
    Ok(judged::Delivery {
        id: String::new(),
        content,
        summary: String::new(),
        attachments,
        traces: Vec::new(),
        round: 1,
        delivered_at: task.posted_at,
    })
}

/// A task as its judges are asked about it, and what of it cannot be run here.
struct Asked {
    task: judged::Task,
    left_out: Vec<String>,
}

/// A task of the API, in either case, bare or in an envelope. Checks with expected answers
/// are shown to nobody but the poster: they are taken out, and the others counted anew.
fn read_task(path: &Path, verifier_given: bool) -> Result<Asked, String> {
    let wrong = |what: String| format!("{}: {what}", path.display());
    let value: Value = serde_json::from_slice(&read(path)?).map_err(|error| wrong(error.to_string()))?;
    let task = value.get("data").unwrap_or(&value);
    let text = |name: &str| task[name].as_str().unwrap_or_default().to_owned();
    if text("title").is_empty() {
        return Err(wrong("title: is missing; this is no task as the API answers it".into()));
    }
    let shown: Vec<(usize, &Value)> =
        list(&task["checks"]).enumerate().filter(|(_, check)| check["hidden"] != Value::Bool(true)).collect();
    let moved = |old: &u64| {
        let new = shown.iter().position(|(at, _)| *at as u64 == *old)?;
        u32::try_from(new).ok()
    };
    let criteria: Vec<judged::Criterion> = list(&task["criteria"]).map(|one| criterion(one, moved)).collect();
    let class_of = |at: usize| {
        let own = criteria.iter().find(|one| one.checks.iter().any(|check| *check as usize == at));
        own.map_or(judged::Class::Decidable, |one| one.class)
    };
    let checks = shown.iter().enumerate().map(|(at, (_, json))| judged::Check {
        kind: json["kind"].as_str().unwrap_or_default().to_owned(),
        required: json["required"].as_bool().unwrap_or(true),
        weight: json["weight"].as_u64().and_then(|weight| u32::try_from(weight).ok()).unwrap_or(1),
        class: class_of(at),
        json: json.to_string(),
        prior: None,
    });
    let hidden = list(&task["checks"]).count() - shown.len();
    let left_out = left_out(task, hidden, verifier_given);
    let task = judged::Task {
        id: text("id"),
        title: text("title"),
        description: text("description"),
        category: text("category"),
        skills: list(&task["skills"]).filter_map(|skill| skill.as_str().map(str::to_owned)).collect(),
        checks: checks.collect(),
        currency: text("currency"),
        price: 0,
        posted_at: 0,
        deadline_at: None,
        criteria,
    };
    Ok(Asked { task, left_out })
}

/// What the delivery will meet besides, in words.
fn left_out(task: &Value, hidden: usize, verifier_given: bool) -> Vec<String> {
    let mut said = Vec::new();
    if hidden > 0 {
        said.push(format!("checks with expected answers: {hidden}"));
    }
    let kinds = list(&task["checks"]).map(|check| check["kind"].as_str().unwrap_or_default());
    let (mut asking, mut traced) = (0, 0);
    for kind in kinds.map(|kind| kind.strip_prefix("not-").unwrap_or(kind)) {
        asking += usize::from(kind == "plugin");
        traced += usize::from(kind.starts_with("trace-"));
    }
    if asking > 0 {
        said.push(format!("components that checks ask, which are left undecided: {asking}"));
    }
    if traced > 0 {
        said.push(format!("the task's traces, of which {traced} checks find none"));
    }
    let own = |digest: &str| BUILTIN.iter().any(|builtin| builtin.digest.to_string() == digest);
    let verifiers = list(&task["verifiers"]).filter_map(|one| one["digest"].as_str());
    let others = verifiers.filter(|digest| !own(digest)).count();
    if others > 0 && !verifier_given {
        said.push(format!("verifiers of the task's own: {others}; download one and give it with --verifier"));
    }
    said
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn criterion(value: &Value, moved: impl Fn(&u64) -> Option<u32>) -> judged::Criterion {
    let class = match value["class"].as_str() {
        Some("decidable") => judged::Class::Decidable,
        Some("necessary") => judged::Class::Necessary,
        _ => judged::Class::Human,
    };
    let checks = list(&value["checks"]).filter_map(|at| moved(&at.as_u64()?));
    judged::Criterion {
        text: value["text"].as_str().unwrap_or_default().into(),
        class,
        checks: checks.collect(),
    }
}
