//! `assay plugin build`: one component out of a project.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use assay_sandbox::Digest;

use super::project::{Lang, Project};
use super::{js, manifest, python, rust, size};
use crate::cli::Outcome;

/// What a build left beside `plugin.toml`.
pub(super) struct Built {
    pub(super) path: PathBuf,
    pub(super) bytes: Arc<[u8]>,
}

/// Builds what is in this folder.
pub(super) fn run() -> Outcome {
    build(&Project::here()?)?;
    Ok(ExitCode::SUCCESS)
}

/// Builds, and says what came of it.
#[expect(clippy::print_stdout, reason = "the result of the command")]
pub(super) fn build(project: &Project) -> Result<Built, String> {
    let (name, bytes) = match project.lang {
        Lang::Rust => {
            let (name, made) = rust::build(project)?;
            (name, super::read(&made)?)
        }
        Lang::Python => with_manifest(project, python::build)?,
        Lang::Js => with_manifest(project, js::build)?,
    };
    let path = project.folder.join(format!("{name}.wasm"));
    fs::write(&path, &bytes).map_err(|error| format!("{}: {error}", path.display()))?;
    println!("{name}.wasm: {}, {}", size(bytes.len() as u64), Digest::of(&bytes));
    Ok(Built { path, bytes: bytes.into() })
}

type Builder = fn(&Project, &str) -> Result<(), String>;

/// For tools that put `NAME.wasm` into the folder and know nothing of manifests.
fn with_manifest(project: &Project, builder: Builder) -> Result<(String, Vec<u8>), String> {
    let name = project.settings.name.clone().ok_or("plugin.toml: name is missing")?;
    builder(project, &name)?;
    let made = super::read(&project.folder.join(format!("{name}.wasm")))?;
    Ok((name, manifest::append(project, made)?))
}
