//! The server that is measured: this program, as a process of its own.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::machine::Used;
use super::wire::{Wire, request};
use crate::cli::line;
use crate::clock::Stopwatch;
use crate::config::own_program;

/// One client must not be turned away for asking often, which is what it is here for;
/// that it is counted stays as it is for everyone.
const SETTINGS: &str = "[rates]\n\
    reads_per_key_per_minute = 4000000000\nreads_per_address_per_minute = 4000000000\n\
    writes_per_key_per_minute = 4000000000\nwrites_per_address_per_minute = 4000000000\n\
    judgings_per_key_per_minute = 4000000000\njudgings_per_address_per_minute = 4000000000\n\
    registrations_per_address_per_hour = 0\n";

/// How long a server that has just started is given to finish what it does first.
const REST_MS_MAX: u64 = 30_000;

/// A running one; killed when it is dropped.
pub(super) struct Process {
    child: Child,
    /// `HOST:PORT`.
    pub(super) address: String,
    /// From its start until it said where it listens.
    pub(super) started_ms: u64,
}

impl Process {
    /// Starts a server on these data and waits until it listens.
    pub(super) async fn start(data: &Path, database: Option<&str>) -> Result<Self, String> {
        fs::create_dir_all(data).map_err(|error| format!("{}: {error}", data.display()))?;
        let settings = data.join("benchmark.toml");
        fs::write(&settings, SETTINGS).map_err(|error| format!("{}: {error}", settings.display()))?;
        let mut command = own_command()?;
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data).arg("--config").arg(&settings);
        if let Some(url) = database {
            command.args(["--database", url]);
        }
        Self::listening(command).await
    }

    /// Starts the bare echo.
    pub(super) async fn start_echo() -> Result<Self, String> {
        let mut command = own_command()?;
        command.args(["echo", "127.0.0.1:0"]);
        Self::listening(command).await
    }

    async fn listening(mut command: Command) -> Result<Self, String> {
        let watch = Stopwatch::start();
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().map_err(line)?;
        let output = child.stdout.take();
        // Made before the wait, so that a failure below leaves no process behind.
        let mut process = Self { child, address: String::new(), started_ms: 0 };
        let first_line = tokio::task::spawn_blocking(move || {
            let mut text = String::new();
            output.map(BufReader::new).map(|mut output| output.read_line(&mut text)).transpose().map(|_| text)
        });
        let text = first_line.await.map_err(line)?.map_err(line)?;
        let address = text.trim().strip_prefix("listening on http://");
        let address = address.ok_or("the server did not start: start it by `assay serve` to see why")?;
        address.clone_into(&mut process.address);
        process.started_ms = u64::try_from(watch.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok(process)
    }

    /// The process.
    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it does nothing any more: it compiles its components, say.
    pub(super) async fn come_to_rest(&self) {
        let mut before = Used::until_now(self.id());
        let mut calm = 0;
        for _ in 0..REST_MS_MAX / 100 {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let now = Used::until_now(self.id());
            calm = if now.server_since(before) <= 1 { calm + 1 } else { 0 };
            if calm == 5 {
                return;
            }
            before = now;
        }
    }

    /// The changes of the groups committed until now: `(up to so many, groups)`, and all of
    /// them.
    pub(super) async fn groups(&self) -> Result<Groups, String> {
        let mut wire = Wire::connect(&self.address).await?;
        let asked = request("GET", "/metrics", "", "");
        let answer = wire.ask(&asked).await?;
        Ok(Groups::read(&String::from_utf8_lossy(answer.body)))
    }

    /// Ends it at once. Nothing it answered needs more.
    pub(super) fn stop(self) {
        drop(self);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may be over already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// This program, without what the environment sets for it.
fn own_command() -> Result<Command, String> {
    let program = own_program().ok_or("this program does not know where it is")?;
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("ASSAY_")) {
        command.env_remove(name);
    }
    Ok(command)
}

/// How large the committed groups were.
#[derive(Clone, Default)]
pub(super) struct Groups {
    buckets: Vec<(f64, f64)>,
    changes: f64,
    count: f64,
}

impl Groups {
    fn read(metrics: &str) -> Self {
        let mut found = Self::default();
        for text in metrics.lines() {
            let Some(rest) = text.strip_prefix("assay_commit_group_changes_") else { continue };
            let Some((name, value)) = rest.rsplit_once(' ') else { continue };
            let value = value.parse().unwrap_or(0.0);
            if name == "sum" {
                found.changes = value;
            } else if name == "count" {
                found.count = value;
            } else if let Some(most) = name.split('"').nth(1) {
                found.buckets.push((most.parse().unwrap_or(f64::INFINITY), value));
            }
        }
        found
    }

    /// On average since then, and the bucket that half, and nearly all, of the groups fit.
    pub(super) fn since(&self, before: &Self) -> serde_json::Value {
        let groups = self.count - before.count;
        let counted = |index: usize| before.buckets.get(index).map_or(0.0, |(_, groups)| *groups);
        let within = |share: f64| {
            let fits = self.buckets.iter().enumerate();
            fits.filter(|(index, (_, all))| all - counted(*index) >= groups * share)
                .map(|(_, (most, _))| *most)
                .find(|most| most.is_finite())
        };
        serde_json::json!({
            "groups": groups,
            "mean": super::figures::rounded((self.changes - before.changes) / groups.max(1.0)),
            "p50_at_most": within(0.5),
            "p99_at_most": within(0.99),
        })
    }
}
