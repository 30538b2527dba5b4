//! `assay plugin`: a component from nothing to a listed one.
//!
//! | module | does |
//! |---|---|
//! | [`new`] | writes a project from the templates that came with the binary |
//! | [`project`] | finds the project a command runs in, and reads its `plugin.toml` |
//! | [`build`], [`rust`], [`python`], [`js`] | one component out of it, with the language's own tools |
//! | [`manifest`] | what the component says about itself, where no macro wrote it |
//! | [`fixture`], [`expect`] | an input and what should come of it |
//! | [`goldens`] | the fixtures a server certifies the component with |
//! | [`test`], [`watch`] | runs the fixtures in the real sandbox, and again on changes |
//! | [`check`] | what a server would say of the file, offline |
//! | [`push`] | sends it to one |

use std::path::Path;

use assay_sandbox::{Sandbox, Settings};
use clap::{Args, Subcommand};

use super::Outcome;

mod build;
mod check;
mod expect;
mod fixture;
mod goldens;
mod js;
mod manifest;
mod new;
mod project;
mod push;
mod python;
mod rust;
mod test;
mod tools;
mod watch;

/// The whole way, for whoever has five minutes.
const WAY: &str = "From nothing to a listed verifier:
  assay plugin new word-limits --lang rust --world verifier
  cd word-limits
  assay plugin test                       builds it, runs its fixtures in the sandbox
  assay plugin check word-limits.wasm     all that a server checks, offline
  assay plugin push word-limits.wasm --server URL --key KEY

Worlds: a verifier finds what is met, a scorer says how good it is, a reviewer decides
what to do about it, a pricing model chooses among bids.";

/// Which step to take.
#[derive(Args)]
#[command(arg_required_else_help = true, after_help = WAY)]
pub(super) struct Flags {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Write a small project that builds, with a test and fixtures
    New(new::Flags),
    /// Build the project in this folder; the component is NAME.wasm beside plugin.toml
    Build,
    /// Build the project in this folder and run its fixtures in the real sandbox
    Test(test::Flags),
    /// Run all checks of an upload and certify the component, offline
    Check(check::Flags),
    /// Upload a component to a server
    Push(push::Flags),
}

/// Takes the step. Exit code 1 when a fixture differs, or a component is refused.
pub(super) async fn run(flags: Flags) -> Outcome {
    match flags.verb {
        Verb::New(flags) => new::run(&flags),
        Verb::Build => build::run(),
        Verb::Test(flags) => test::run(&flags).await,
        Verb::Check(flags) => check::run(&flags).await,
        Verb::Push(flags) => push::run(&flags).await,
    }
}

/// A sandbox as a server of default settings has it.
fn sandbox() -> Result<Sandbox, String> {
    super::kept::sandbox_with(Settings::default())
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// Digits in groups of three.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Bytes as people read them.
fn size(bytes: u64) -> String {
    match bytes {
        0..10_000 => format!("{} B", grouped(bytes)),
        10_000..1_048_576 => format!("{} KiB", bytes.div_ceil(1_024)),
        _ => format!("{}.{} MiB", bytes >> 20, ((bytes & 0xf_ffff) * 10) >> 20),
    }
}

/// Microseconds as people read them.
fn duration(microseconds: u64) -> String {
    match microseconds {
        0..1_000 => format!("{microseconds} µs"),
        1_000..1_000_000 => format!("{}.{} ms", microseconds / 1_000, microseconds % 1_000 / 100),
        _ => format!("{}.{} s", microseconds / 1_000_000, microseconds % 1_000_000 / 100_000),
    }
}
