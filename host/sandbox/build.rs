//! Tells the crate which wasmtime it was built with and for which target, because
//! both are part of the engine profile that a receipt names.

use std::path::Path;

fn main() {
    let lock = Path::new(&manifest_folder()).join("../../Cargo.lock");
    let text = std::fs::read_to_string(&lock).expect("the workspace keeps its Cargo.lock beside Cargo.toml");
    let version = locked_version(&text, "wasmtime").expect("wasmtime is a dependency of this crate");
    let target = std::env::var("TARGET").expect("cargo names the target to build scripts");
    println!("cargo::rustc-env=ASSAY_WASMTIME_VERSION={version}");
    println!("cargo::rustc-env=ASSAY_TARGET={target}");
    println!("cargo::rerun-if-changed={}", lock.display());
}

fn locked_version<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name);
    lines.next()?;
    lines.next()?.strip_prefix("version = \"")?.strip_suffix('"')
}

/// Where this package is. Asked when the script runs: a target folder may be shared by
/// checkouts in several places, and the script of one be run for another.
fn manifest_folder() -> std::ffi::OsString {
    std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo tells build scripts where the package is")
}
