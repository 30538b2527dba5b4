//! What a publisher and a worker wait for: from an upload to a judge that is ready, a
//! verdict in the child process, the first verdict of a judge that nobody used lately; and
//! what a thousand judges, 200 of them in use, take of the server's memory.
//!
//! `cargo run --release -p assay-sandbox --example upload_figures -- target/release/assay FILE.wasm…`
#![expect(clippy::disallowed_methods, reason = "a figure is a time that passed")]

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use assay_sandbox::{
    Attachments, Digest, Golden, Judge, Outcome, Output, Sandbox, Settings, goldens, goldens_of, inspect,
};

/// Judges that are listed, and those of them that are in use, for the memory they take.
const LISTED: u32 = 1_000;
const IN_USE: u32 = 200;

const RUNS: usize = 300;

type Figures<T> = Result<T, Box<dyn std::error::Error>>;

#[tokio::main]
async fn main() -> Figures<()> {
    let mut arguments = std::env::args().skip(1);
    let program = arguments.next().ok_or("which program? give the path of assay, then components")?;
    let files: Vec<String> = arguments.collect();
    println!("{:<28} {:>10} {:>9} {:>9} {:>9} {:>9}", "", "bytes", "ready", "p50", "p99", "first");
    for file in &files {
        let kept = tempfile::tempdir()?;
        let bytes: Arc<[u8]> = fs::read(file)?.into();
        let name = Path::new(file).file_name().map(|name| name.to_string_lossy().into_owned());
        let row = figures(&program, kept.path(), &bytes).await?;
        println!("{:<28} {:>10} {row}", name.unwrap_or_default(), bytes.len());
    }
    // An interpreter two hundred times over is another measurement.
    let small = |file: &&String| fs::metadata(file).is_ok_and(|about| about.len() < 4 << 20);
    if let Some(file) = files.first().filter(small) {
        in_use(&program, &fs::read(file)?).await?;
    }
    Ok(())
}

fn start(program: &str, folder: &Path) -> Figures<Sandbox> {
    Ok(Sandbox::start(Settings {
        program: Some(program.into()),
        cache_dir: Some(folder.to_owned()),
        cache_key: [1; 32],
        ..Settings::default()
    })?)
}

async fn figures(program: &str, folder: &Path, bytes: &Arc<[u8]>) -> Figures<String> {
    let sandbox = start(program, folder)?;
    let started = Instant::now();
    let judge = sandbox.admit(Arc::clone(bytes)).await?.judge;
    let ready = started.elapsed();
    let golden = answered(&sandbox, &judge, bytes).await?;
    let mut times = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        let started = Instant::now();
        sandbox.run(&judge, &golden.input, golden.attachments.clone()).await;
        times.push(started.elapsed());
    }
    times.sort_unstable();
    let (p50, p99) = (times[RUNS / 2], times[RUNS * 99 / 100]);

    let sandbox = start(program, folder)?;
    // The child is there; the judge is neither here nor in it.
    sandbox.mechanisms().await?;
    let started = Instant::now();
    let judge = sandbox.known_uploaded(&Digest::of(bytes)).await.ok_or("it was not kept")?;
    sandbox.run(&judge, &golden.input, golden.attachments.clone()).await;
    let first = started.elapsed();
    let text = |time: Duration| format!("{time:.1?}");
    Ok(format!("{:>9} {:>9} {:>9} {:>9}", text(ready), text(p50), text(p99), text(first)))
}

/// A golden input that the judge has more to say of than that it is none of its kind.
async fn answered(sandbox: &Sandbox, judge: &Judge, bytes: &[u8]) -> Figures<Golden> {
    let facts = inspect(bytes, usize::MAX)?;
    let mut inputs = goldens_of(&facts.manifest)?;
    inputs.extend(goldens(facts.world));
    for golden in inputs {
        let run = sandbox.run(judge, &golden.input, golden.attachments.clone()).await;
        if matches!(&run.outcome, Outcome::Output(output) if !matches!(output, Output::Problem(_))) {
            return Ok(golden);
        }
    }
    Err("it answers none of its golden inputs".into())
}

/// As many components, alike but for a number, some of them run.
async fn in_use(program: &str, bytes: &[u8]) -> Figures<()> {
    let kept = tempfile::tempdir()?;
    let sandbox = start(program, kept.path())?;
    sandbox.mechanisms().await?;
    let before = resident_bytes("self")?;
    for number in 0..LISTED {
        // A custom section named `n` that nothing reads.
        let mut numbered = bytes.to_vec();
        numbered.extend([0, 6, 1, b'n']);
        numbered.extend(number.to_le_bytes());
        let judge = sandbox.prepare_uploaded(numbered.into()).await?;
        let Some(golden) = goldens(judge.world).into_iter().next().filter(|_| number < IN_USE) else {
            continue;
        };
        sandbox.run(&judge, &golden.input, Attachments::none()).await;
    }
    let after = resident_bytes("self")?;
    println!(
        "{LISTED} judges known, {IN_USE} of them in use: this process {} MB, {} MB before",
        after >> 20,
        before >> 20
    );
    for child in children()? {
        println!("  and its child {} MB", resident_bytes(&child)? >> 20);
    }
    Ok(())
}

fn resident_bytes(process: &str) -> Figures<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kilobytes << 10)
}

fn children() -> Figures<Vec<String>> {
    let mut children = Vec::new();
    for task in fs::read_dir("/proc/self/task")? {
        let listed = fs::read_to_string(task?.path().join("children"))?;
        children.extend(listed.split_whitespace().map(str::to_owned));
    }
    Ok(children)
}
