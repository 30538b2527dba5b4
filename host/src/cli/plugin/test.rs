//! `assay plugin test`: a project's fixtures in the real sandbox.

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use assay_sandbox::{Decision, Judge, Outcome as Came, Output, PricingDecision, Run, Sandbox, Subject};
use clap::Args;

use super::fixture::Fixture;
use super::project::Project;
use super::{build, duration, expect, grouped, size, watch};
use crate::cli::{Outcome, line};

/// How to run the fixtures.
#[derive(Args)]
pub(super) struct Flags {
    /// Run again when a file of the project changes
    #[arg(long)]
    watch: bool,
}

/// Exit code 1 when a fixture came out otherwise than it expects.
pub(super) async fn run(flags: &Flags) -> Outcome {
    let sandbox = super::sandbox()?;
    if flags.watch {
        watch::forever(&sandbox).await;
    }
    let all_right = all(&sandbox, &Project::here()?).await?;
    Ok(if all_right { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Builds and runs every fixture; whether all came out as they expect.
#[expect(clippy::print_stdout, reason = "the result of the command")]
pub(super) async fn all(sandbox: &Sandbox, project: &Project) -> Result<bool, String> {
    let built = build::build(project)?;
    let judge =
        sandbox.prepare(built.bytes).await.map_err(|error| format!("{}: {error}", built.path.display()))?;
    if judge.world != project.settings.world {
        let (said, is) = (project.settings.world, judge.world);
        return Err(format!("plugin.toml says world = \"{said}\", and the component's is {is}"));
    }
    let paths = project.fixtures()?;
    let mut wrong = 0;
    for path in &paths {
        wrong += usize::from(!one(sandbox, &judge, path).await?);
    }
    let count = paths.len();
    let fixtures = if count == 1 { "fixture" } else { "fixtures" };
    match wrong {
        0 => println!("\n{count} {fixtures}, all as expected"),
        _ => println!("\n{count} {fixtures}, {wrong} not as expected"),
    }
    Ok(wrong == 0)
}

#[expect(clippy::print_stdout, reason = "the result of the command")]
#[expect(clippy::disallowed_methods, reason = "the time a run took is a figure, and decides nothing")]
async fn one(sandbox: &Sandbox, judge: &Judge, path: &Path) -> Result<bool, String> {
    let fixture = Fixture::read(path, judge.world)?;
    let started = Instant::now();
    let run = sandbox.run(judge, &fixture.input, fixture.attachments).await;
    let took = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    println!("\nfixtures/{name}: {}", run.word());
    for told in told(&run) {
        println!("  {told}");
    }
    for noted in &run.log {
        println!("  log: {noted}");
    }
    println!("  fuel {}, memory {}, {}", grouped(run.fuel), size(run.memory_bytes), duration(took));
    let differences = fixture.expect.differences(&run);
    for difference in &differences {
        println!("  NOT AS EXPECTED {difference}");
    }
    if fixture.expect.is_empty() {
        println!("  it expects nothing; add \"expect\": {{ \"outcome\": \"{}\" }} to keep it so", run.word());
    }
    Ok(differences.is_empty())
}

/// What a judge said, a line a thing.
fn told(run: &Run) -> Vec<String> {
    match &run.outcome {
        Came::Inconclusive { reason } => vec![format!("no verdict: {reason}")],
        Came::Output(Output::Problem(problem)) => vec![format!("no verdict: {}", problem.text())],
        Came::Output(Output::Report(report)) => report.findings.iter().map(finding).collect(),
        Came::Output(Output::Scorecard(card)) => {
            let sides = card.dimensions.iter();
            let sides = sides.map(|side| format!("{:>5}  {:<16} {}", side.score, side.name, side.note));
            std::iter::once(format!("{:>5}  {}", card.score, card.notes)).chain(sides).collect()
        }
        Came::Output(Output::Decision(Decision::Accept)) => Vec::new(),
        Came::Output(Output::Decision(Decision::RequestRevision(notes))) => notes.clone(),
        Came::Output(Output::Decision(Decision::Escalate(reason))) => vec![reason.clone()],
        Came::Output(Output::Pricing(decisions)) => decisions.iter().map(decision).collect(),
    }
}

fn finding(finding: &assay_sandbox::Finding) -> String {
    let subject = match &finding.subject {
        Subject::Check(position) => format!("check {position}"),
        Subject::Own(name) => name.clone(),
    };
    format!("{:<9}  {subject:<16} {}", expect::word(finding.status), finding.evidence)
}

fn decision(decision: &PricingDecision) -> String {
    match decision {
        PricingDecision::Wait(None) => "wait for the next event".to_owned(),
        PricingDecision::Wait(Some(until)) => format!("wait until {until}"),
        PricingDecision::Reject(rejection) => format!("reject {}: {}", rejection.bid, rejection.reason),
        PricingDecision::Counter(offer) => format!("counter {} at {}", offer.bid, grouped(offer.price)),
        PricingDecision::Award(offer) => format!("award {} at {}", offer.bid, grouped(offer.price)),
    }
}

/// A fault that ends one round of watching and not the watching.
pub(super) async fn round(sandbox: &Sandbox) -> Result<bool, String> {
    all(sandbox, &Project::here()?).await.map_err(line)
}
