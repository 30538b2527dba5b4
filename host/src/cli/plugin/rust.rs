//! A component from a Rust project: cargo, and the target it needs.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::project::Project;
use super::{goldens, tools};

const TARGET: &str = "wasm32-wasip2";

/// What is set for programs of this machine, and would break a component.
const HOST_ONLY: [&str; 4] = ["RUSTFLAGS", "CARGO_BUILD_TARGET", "RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER"];

/// Builds; gives the name of the package and where cargo put its component.
pub(super) fn build(project: &Project) -> Result<(String, PathBuf), String> {
    let folder = &project.folder;
    add_target(folder)?;
    let mut cargo = Command::new("cargo");
    cargo
        .current_dir(folder)
        .args(["build", "--release", "--target", TARGET, "--message-format", "json-render-diagnostics"])
        .env("CARGO_ENCODED_RUSTFLAGS", flags(folder)?)
        // The SDK's macro puts them into the manifest.
        .env("ASSAY_GOLDENS", Value::from(goldens::of(project)?).to_string());
    for name in HOST_ONLY {
        cargo.env_remove(name);
    }
    let told = tools::answer(&mut cargo, "what is wrong is above")?;
    let component = told.lines().rev().find_map(component);
    component.ok_or_else(|| {
        "cargo built no component: Cargo.toml needs crate-type = [\"cdylib\", \"rlib\"]".into()
    })
}

/// A line of cargo's, if it is about a component.
fn component(line: &str) -> Option<(String, PathBuf)> {
    let told: Value = serde_json::from_str(line).ok()?;
    let kinds = told["target"]["kind"].as_array()?;
    if !kinds.iter().any(|kind| kind == "cdylib") {
        return None;
    }
    let files = told["filenames"].as_array()?.iter().filter_map(Value::as_str);
    let file = files.map(PathBuf::from).find(|file| file.extension().is_some_and(|end| end == "wasm"))?;
    // The library's name is the package's with underscores, and no package has any.
    let name = told["target"]["name"].as_str()?.replace('_', "-");
    Some((name, file))
}

/// Adds the target where it is missing and rustup can.
fn add_target(folder: &Path) -> Result<(), String> {
    let rustlib = Path::new(&rustc(folder, &["--print", "sysroot"])?).join("lib/rustlib");
    if rustlib.join(TARGET).exists() {
        return Ok(());
    }
    let mut rustup = Command::new("rustup");
    rustup.current_dir(folder).args(["target", "add", TARGET]);
    tools::run(&mut rustup, &format!("the target {TARGET} is missing; add it to this toolchain"))
}

fn rustc(folder: &Path, arguments: &[&str]) -> Result<String, String> {
    let mut rustc = Command::new("rustc");
    tools::answer(rustc.current_dir(folder).args(arguments), "Rust is needed: https://rustup.rs installs it")
}

/// Nothing of this machine's paths, so that the same sources give the same digest anywhere.
/// Cargo names the project's own files from its folder already.
fn flags(folder: &Path) -> Result<String, String> {
    let version = rustc(folder, &["-vV"])?;
    let commit = version.lines().find_map(|line| line.strip_prefix("commit-hash: ")).unwrap_or("unknown");
    let library = Path::new(&rustc(folder, &["--print", "sysroot"])?).join("lib/rustlib/src/rust");
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| env::home_dir().map(|home| home.join(".cargo")));
    let paths = [Some((library, format!("/rustc/{commit}"))), home.map(|home| (home, "/cargo".to_owned()))];
    let flags =
        paths.iter().flatten().map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display()));
    // Cargo's separator of encoded flags, so that paths may hold spaces.
    Ok(flags.collect::<Vec<_>>().join("\u{1f}"))
}
