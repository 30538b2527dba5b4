//! Builds the guest of the sandbox's tests for wasm32-wasip2, so that it is never older
//! than its source.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Settings of the outer build that a build for another target must not inherit.
const NOT_INHERITED: [&str; 5] =
    ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER", "CARGO_TARGET_DIR"];

fn main() {
    let root = Path::new(&manifest_folder()).join("..");
    // Found from either folder: the guest lies beside the tests it is for.
    let guests = [root.join("tests/guests"), root.join("../tests/guests")]
        .into_iter()
        .find(|path| path.is_dir())
        .expect("the folder tests/guests is part of the checkout");
    for source in ["Cargo.toml", "Cargo.lock", "src/harm.rs", "src/lib.rs", "../../wit/0.1.0/plugin.wit"] {
        println!("cargo::rerun-if-changed={}", guests.join(source).display());
    }
    println!("cargo::rustc-env=ASSAY_RESTLESS_GUEST={}", build(&guests).display());
}

/// `guests` beside the outer build's profiles: shared by all of them, and not the outer
/// folder itself, which is locked while this runs.
fn target_folder() -> PathBuf {
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo gives build scripts a folder"));
    let profiles = out.ancestors().nth(4).unwrap_or(&out);
    profiles.join("guests")
}

fn build(guests: &Path) -> PathBuf {
    let target = target_folder();
    let cargo = std::env::var_os("CARGO").expect("cargo names itself to build scripts");
    let mut command = Command::new(cargo);
    command
        .args(["build", "--release", "--locked", "--target", "wasm32-wasip2", "--manifest-path"])
        .arg(guests.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(&target);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let outer = text.starts_with("CARGO_PROFILE_") || text.starts_with("CARGO_BUILD_");
        if outer || NOT_INHERITED.contains(&text.as_ref()) {
            command.env_remove(&name);
        }
    }
    let built = command.status().is_ok_and(|status| status.success());
    assert!(built, "the guest does not build; if its target is missing: rustup target add wasm32-wasip2");
    target.join("wasm32-wasip2/release/restless.wasm")
}

/// Where this package is. Asked when the script runs: a target folder may be shared by
/// checkouts in several places, and the script of one be run for another.
fn manifest_folder() -> std::ffi::OsString {
    std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo tells build scripts where the package is")
}
