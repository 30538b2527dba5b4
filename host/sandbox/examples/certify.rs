//! What the sandbox says of components: how long each step of an upload takes, and how
//! the component fares on its golden inputs.
//!
//! `cargo run --release -p assay-sandbox --example certify -- FILE…`

use std::time::Instant;

use assay_sandbox::{Output, Sandbox, Settings, goldens, goldens_of, inspect};

fn main() {
    let sandbox = Sandbox::start(Settings::default()).expect("the sandbox starts");
    for path in std::env::args().skip(1) {
        if let Err(error) = certify(&sandbox, &path) {
            println!("{path}: {error}");
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "it measures")]
fn certify(sandbox: &Sandbox, path: &str) -> Result<(), Box<dyn std::error::Error>> {
    let bytes = std::fs::read(path)?;
    let start = Instant::now();
    let facts = inspect(&bytes, usize::MAX)?;
    println!("{path}: {} bytes, looked at in {:?}", bytes.len(), start.elapsed());
    let start = Instant::now();
    let judge = sandbox.prepare_blocking(&bytes)?;
    println!("  ready in {:?}", start.elapsed());
    let mut inputs = goldens(facts.world);
    inputs.extend(goldens_of(&facts.manifest)?);
    for golden in &inputs {
        let run = sandbox.run_blocking(&judge, &golden.input, golden.attachments.clone());
        println!("  {:34} {:12} {:10} fuel", golden.name, run.word(), run.fuel);
        if !matches!(run.answer(), Some(answer) if !matches!(answer, Output::Problem(_))) {
            println!("    {:?}", run.outcome);
        }
    }
    let start = Instant::now();
    let certification = sandbox.certify_blocking(&judge, &inputs);
    println!("  tried in {:?}: {}", start.elapsed(), serde_json::to_string_pretty(&certification)?);
    Ok(())
}
