//! Running the fixtures again whenever a file of the project changes.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use assay_sandbox::Sandbox;

use super::project::Project;
use super::test;

/// How often the files are looked at. Modification times are all it takes, on every system.
const LOOK_MS: u64 = 300;

/// A file, when it was changed, and how long it is.
type Mark = (PathBuf, Option<SystemTime>, u64);

/// Runs, waits for a change, runs; until it is interrupted.
#[expect(clippy::print_stdout, clippy::print_stderr, reason = "the result of the command")]
pub(super) async fn forever(sandbox: &Sandbox) -> ! {
    loop {
        // Marked before the run, so that a change during it is not missed.
        let before = marks();
        if let Err(error) = test::round(sandbox).await {
            eprintln!("assay: {error}");
        }
        println!("\nwaiting for a change; Ctrl-C ends it");
        while marks() == before {
            tokio::time::sleep(Duration::from_millis(LOOK_MS)).await;
        }
    }
}

fn marks() -> Vec<Mark> {
    let sources = Project::here().map(|project| project.sources()).unwrap_or_default();
    let mark = |path: PathBuf| {
        let known = path.metadata().ok();
        let changed = known.as_ref().and_then(|known| known.modified().ok());
        (path, changed, known.map_or(0, |known| known.len()))
    };
    sources.into_iter().map(mark).collect()
}
