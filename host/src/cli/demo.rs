//! `assay demo`: the main job from an empty machine, over real HTTP.
//!
//! The demo is a client like any other: it starts a server on a free port, and then
//! knows nothing that is not in an answer. When something does not end as it should,
//! the command fails.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use clap::Args;
use tokio::task::JoinHandle;

use super::kept::kept;
use super::{Outcome, line};
use crate::app::App;
use crate::config::Settings;
use crate::http::Server;

mod actor;
mod records;
mod story;

/// What to run.
#[derive(Args)]
pub(super) struct Flags {
    /// Run these records instead of the story: JSON lines of {id, prompt, checks, response}
    #[arg(long, value_name = "FILE.jsonl")]
    tasks: Option<PathBuf>,
    /// Write what came of each record, in the file's order
    #[arg(long, value_name = "FILE.json", requires = "tasks")]
    report: Option<PathBuf>,
    /// Keep the data here instead of a folder that is removed at the end
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

/// Longest judging and longest answer of a demo.
const DEMO_MS_MAX: u64 = 600_000;

/// Runs the story, or a file of records.
#[expect(clippy::disallowed_methods, reason = "the demo says how long it took")]
pub(super) async fn run(flags: Flags) -> Outcome {
    let started = Instant::now();
    let scratch = tempfile::tempdir().map_err(line)?;
    let data = flags.data.clone().unwrap_or_else(|| scratch.path().join("data"));
    let mut settings = Settings::in_folder(&data);
    settings.kept = flags.data.is_none().then(kept).flatten();
    // Whoever watches a demo on a slow machine rather waits than sees half of it.
    settings.limits.judging_ms_max = DEMO_MS_MAX;
    settings.limits.request_ms_max = DEMO_MS_MAX;
    let house = House::open(settings).await?;
    say(&format!("A server listens on {}; its database is a file in {}.", house.base_url, data.display()));
    let compiling = Instant::now();
    house.app.prepare_usual_builtins().await.map_err(line)?;
    let seconds = compiling.elapsed().as_secs_f64();
    say(&format!("Its judges are compiled ({seconds:.1} s; what is compiled once is kept)."));
    let done = match &flags.tasks {
        Some(tasks) => records::run(&house, tasks, flags.report.as_deref()).await,
        None => story::run(&house).await,
    };
    house.close().await;
    done?;
    say(&format!("\nDone in {:.1} s.", started.elapsed().as_secs_f64()));
    Ok(ExitCode::SUCCESS)
}

/// A server of the demo's own.
struct House {
    app: Arc<App>,
    base_url: String,
    server: JoinHandle<()>,
    jobs: JoinHandle<()>,
}

impl House {
    async fn open(settings: Settings) -> Result<Self, String> {
        let app = App::start(settings).await.map_err(line)?;
        let server = Server::listen(Arc::clone(&app)).await.map_err(line)?;
        let base_url = app.base_url();
        let serving = tokio::spawn(async move {
            if let Err(error) = server.run(std::future::pending()).await {
                tracing::error!(%error, "the server stopped");
            }
        });
        let jobs = app.run_jobs();
        Ok(Self { app, base_url, server: serving, jobs })
    }

    async fn close(self) {
        self.jobs.abort();
        self.server.abort();
        self.app.stop().await;
    }
}

#[expect(clippy::print_stdout, reason = "the demo tells what happens")]
fn say(text: &str) {
    println!("{text}");
}
