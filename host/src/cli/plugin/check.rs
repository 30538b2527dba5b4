//! `assay plugin check`: all that a server would say of a component, offline.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use assay_sandbox::{Facts, Rejected, Sandbox, inspect};
use clap::Args;

use super::{grouped, size};
use crate::cli::Outcome;

/// What to check.
#[derive(Args)]
pub(super) struct Flags {
    /// The component, as `assay plugin build` writes it
    #[arg(value_name = "FILE.wasm")]
    file: PathBuf,
}

/// Exit code 0 when a server would list it.
pub(super) async fn run(flags: &Flags) -> Outcome {
    let bytes: Arc<[u8]> = super::read(&flags.file)?.into();
    let sandbox = super::sandbox()?;
    let refused =
        |rejected: Rejected| format!("{}: refused ({}): {rejected}", flags.file.display(), rejected.code());
    let facts = inspect(&bytes, sandbox.limits().component_bytes_max).map_err(refused)?;
    tell(&facts);
    let judge = sandbox.prepare(bytes).await.map_err(refused)?;
    let _ = (judge, grouped(1), Sandbox::profile(&sandbox));
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
