//! What this machine can do at all: answer, flush, insert.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use super::figures::{count, rounded};
use super::load::{self, Person};
use super::server::Process;
use super::wire::{Wire, request};
use crate::cli::line;
use crate::clock::Stopwatch;

/// The body of a transfer, or one like it.
const BODY: &str = r#"{"channel_id":"019b0000-0000-7000-8000-000000000000","amount":"0.000001"}"#;

/// Sizes of the groups that are inserted.
const GROUPS: [usize; 4] = [1, 16, 64, 256];

/// Measures each for a while, in the folder where the server's data are.
pub(super) async fn measure(data: &Path, connections: u16, time: Duration) -> Result<Value, String> {
    let echo = echo(connections, time).await?;
    let file = data.join("benchmark.flush");
    let flushes = tokio::task::spawn_blocking(move || flushes(&file, time)).await.map_err(line)??;
    let mut inserts = serde_json::Map::new();
    for group in GROUPS {
        inserts.insert(format!("{group}_a_commit"), inserted(data, group, time / 2).await?);
    }
    Ok(json!({
        "echo_per_second": echo,
        "flushes_per_second": rounded(flushes),
        "sqlite_inserts_per_second": inserts,
    }))
}

/// A bare server of the same library, JSON in and out.
async fn echo(connections: u16, time: Duration) -> Result<Value, String> {
    let server = Process::start_echo().await?;
    let mut people = Vec::new();
    for _ in 0..connections {
        let wire = Wire::connect(&server.address).await?;
        people.push(Person::Repeats { wire, request: request("POST", "/echo", "", BODY) });
    }
    let measured = load::run(people, &server, time).await?;
    Ok(measured.per_second())
}

/// How often a second a small append is brought to the disk.
fn flushes(path: &Path, time: Duration) -> Result<f64, String> {
    let mut file = File::create(path).map_err(line)?;
    let watch = Stopwatch::start();
    let mut done = 0;
    while watch.elapsed() < time {
        file.write_all(&[0; 256]).and_then(|()| file.sync_data()).map_err(line)?;
        done += 1;
    }
    let flushes = count(done) / watch.elapsed().as_secs_f64();
    std::fs::remove_file(path).map_err(line)?;
    Ok(flushes)
}

/// Rows a second, so many a commit, in a file opened as the server's is.
async fn inserted(data: &Path, group: usize, time: Duration) -> Result<Value, String> {
    let folder = tempfile::tempdir_in(data).map_err(line)?;
    let mut yardstick = assay_db::Yardstick::open(folder.path()).await.map_err(line)?;
    let watch = Stopwatch::start();
    let mut rows = 0;
    while watch.elapsed() < time {
        yardstick.insert(group).await.map_err(line)?;
        rows += group as u64;
    }
    let inserts = count(rows) / watch.elapsed().as_secs_f64();
    yardstick.close().await.map_err(line)?;
    Ok(rounded(inserts))
}
