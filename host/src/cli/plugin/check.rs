//! `assay plugin check`: all that a server would say of a component, offline.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use assay_domain::refusal::Refusal;
use assay_sandbox::{Badge, Certification, Facts, Rejected, goldens, goldens_of, inspect};
use clap::Args;

use super::{duration, grouped, size};
use crate::app::uploads::{check_bytes, check_manifest};
use crate::cli::{Outcome, line};
use crate::config::Limits;

/// What to check.
#[derive(Args)]
pub(super) struct Flags {
    /// The component, as `assay plugin build` writes it
    #[arg(value_name = "FILE.wasm")]
    file: PathBuf,
    /// With the operator's limit for its size, not a publisher's
    #[arg(long)]
    operator: bool,
}

/// Exit code 0 when a server would list it.
pub(super) async fn run(flags: &Flags) -> Outcome {
    let bytes: Arc<[u8]> = super::read(&flags.file)?.into();
    let sandbox = super::sandbox()?;
    let refused =
        |rejected: Rejected| format!("{}: refused ({}): {rejected}", flags.file.display(), rejected.code());
    let unlisted = |refusal: Refusal| {
        let field = refusal.field.map(|field| format!("{field}: ")).unwrap_or_default();
        let code = refusal.code.as_str();
        format!("{}: refused ({code}): {field}{}", flags.file.display(), refusal.message)
    };
    let limits = Limits::default();
    check_bytes(bytes.len(), &limits, flags.operator).map_err(unlisted)?;
    let facts = inspect(&bytes, sandbox.limits().component_bytes_max).map_err(refused)?;
    check_manifest(&facts.manifest, &limits).map_err(unlisted)?;
    tell(&facts);
    let judge = sandbox.prepare(bytes).await.map_err(refused)?;
    let mut goldens = goldens(facts.world);
    goldens.extend(goldens_of(&facts.manifest).map_err(refused)?);
    // It blocks for some hundred runs, which is no work for a thread that others share.
    let certify = tokio::task::spawn_blocking(move || sandbox.certify_blocking(&judge, &goldens));
    let certification = certify.await.map_err(line)?;
    tell_certification(&certification);
    Ok(ExitCode::SUCCESS)
}

/// What is known before anything runs.
#[expect(clippy::print_stdout, reason = "the result of the command")]
fn tell(facts: &Facts) {
    let manifest = &facts.manifest;
    println!("name         {} {}", manifest.name, manifest.version);
    println!("world        {} (assay:plugin {})", facts.world, assay_sandbox::world::VERSION);
    println!("description  {}", manifest.description);
    println!("author       {}", manifest.author);
    println!("digest       {}", facts.digest);
    println!("size         {}", size(facts.bytes as u64));
    for (at, import) in facts.imports.iter().enumerate() {
        println!("{:<12} {import}", if at == 0 { "imports" } else { "" });
    }
}

/// What its trial found.
#[expect(clippy::print_stdout, reason = "the result of the command")]
fn tell_certification(found: &Certification) {
    println!("code         {}", size(found.code_bytes));
    println!(
        "trial        {} golden inputs, {} runs, {} without an answer",
        found.goldens,
        grouped(found.runs.into()),
        found.inconclusive
    );
    println!("fuel         {} p50, {} p99", grouped(found.fuel_p50), grouped(found.fuel_p99));
    println!("time         {} p50, {} p99, here", duration(found.time_us_p50), duration(found.time_us_p99));
    println!("memory       {} at most", size(found.memory_bytes_peak));
    println!("profile      {}", found.profile);
    println!("badge        {}: {}", found.badge.as_str(), meaning(found.badge));
    for fault in &found.faults {
        println!("  fault      {fault}");
    }
}

const fn meaning(badge: Badge) -> &'static str {
    match badge {
        Badge::Deterministic => "its verdicts may move money",
        Badge::EvidenceOnly => "a server lists it, and its verdicts inform a person but move no money",
    }
}
