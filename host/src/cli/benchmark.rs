//! `assay benchmark`: what the server does in a second, beside what the machine can do at
//! all, measured in the same run.
//!
//! The load comes from this process, over HTTP with connections that are kept, to a
//! server that is this same program as another process with data of its own. Reading
//! order: [`server`] starts it, [`wire`] talks to it, [`prefill`] fills its books,
//! [`transfers`] and [`lifecycle`] are what is asked of it, [`load`] asks and times,
//! [`machine`] says who used the processors meanwhile, [`limits`] what they could do at
//! most; [`verdicts`] needs no server.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde_json::{Map, Value, json};

use super::{Outcome, line};
use crate::app::App;
use crate::config::Settings;

mod figures;
mod lifecycle;
mod limits;
mod load;
mod machine;
mod prefill;
mod server;
mod transfers;
mod verdicts;
mod wire;

/// What to measure.
#[derive(Args)]
pub(super) struct Flags {
    /// What is done again and again
    what: What,
    /// How long, after a warm-up of a fifth of it
    #[arg(long, default_value_t = 10, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
    /// How many ask at once, each over a connection of its own
    #[arg(long, default_value_t = 64, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    connections: u16,
    /// PostgreSQL to use instead of the embedded database; its data stays in it (not verdicts)
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// Keep the data here instead of in a folder that is removed at the end
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Everything through one account (not verdicts)
    #[arg(long)]
    hot: bool,
    /// So many transfers are in the books before it begins (not verdicts)
    #[arg(long, default_value_t = 0, value_name = "N")]
    rows: u64,
    /// Components to judge with as well, of any language (verdicts)
    #[arg(long = "component", value_name = "FILE.wasm")]
    components: Vec<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// Channel transfers over HTTP, each on disk when it is answered
    Transfers,
    /// Tasks from posting to payment: post, bid, accept, deliver with gate and checks, accept
    Lifecycle,
    /// Verdicts in this process, by wasmtime alone and through the sandbox
    Verdicts,
}

impl What {
    const fn word(self) -> &'static str {
        match self {
            Self::Transfers => "transfers",
            Self::Lifecycle => "lifecycle",
            Self::Verdicts => "verdicts",
        }
    }
}

impl Flags {
    fn time(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }

    /// What each limit of the machine is measured for.
    fn time_of_a_limit(&self) -> Duration {
        (self.time() / 5).min(Duration::from_secs(2))
    }

    /// What is asked for and would be measured without being heeded.
    fn refuse_what_is_not_heeded(&self) -> Result<(), String> {
        let given = [("--database", self.database.is_some()), ("--hot", self.hot), ("--rows", self.rows > 0)];
        match given.iter().find(|(_, given)| *given) {
            Some((flag, _)) if self.what == What::Verdicts => {
                Err(format!("verdicts are given without any books: {flag} is for transfers and lifecycle"))
            }
            _ => Ok(()),
        }
    }
}

/// Measures and prints.
pub(super) async fn run(flags: Flags) -> Outcome {
    flags.refuse_what_is_not_heeded()?;
    let mut report = Map::new();
    report.insert("benchmark".into(), flags.what.word().into());
    report.insert("seconds".into(), flags.seconds.into());
    let measured = match flags.what {
        What::Transfers | What::Lifecycle => over_http(&flags).await?,
        What::Verdicts => verdicts::measure(flags.time(), &flags.components).await?,
    };
    report.extend(measured);
    show(&Value::Object(report), flags.json);
    Ok(ExitCode::SUCCESS)
}

async fn over_http(flags: &Flags) -> Result<Map<String, Value>, String> {
    let scratch = tempfile::tempdir().map_err(line)?;
    let data = flags.data.clone().unwrap_or_else(|| scratch.path().join("data"));
    let database = flags.database.as_deref();
    let first = server::Process::start(&data, database).await?;
    let first_ms = first.started_ms;
    first.stop();
    compile(&data, database).await?;
    prefill::fill(&data, database, flags.rows).await?;
    let server = server::Process::start(&data, database).await?;
    server.come_to_rest().await;
    let idle_bytes = machine::resident_bytes(server.id());
    let people = match flags.what {
        What::Lifecycle => lifecycle::people(&server.address, flags.connections, flags.hot).await?,
        _ => transfers::people(&server.address, flags.connections, flags.hot).await?,
    };
    let measured = load::run(people, &server, flags.time()).await?;
    let process = json!({
        "start_ms": server.started_ms,
        "first_start_ms": first_ms,
        "idle_bytes": idle_bytes,
        "busy_bytes_peak": machine::resident_bytes_peak(server.id()),
        "binary_bytes": std::fs::metadata("/proc/self/exe").ok().map(|file| file.len()),
    });
    server.stop();
    let limits = limits::measure(&data, flags.connections, flags.time_of_a_limit()).await?;
    let mut report = Map::new();
    report.insert("database".into(), if database.is_some() { "postgresql" } else { "sqlite" }.into());
    report.insert("connections".into(), flags.connections.into());
    report.insert("hot".into(), flags.hot.into());
    report.insert("rows".into(), flags.rows.into());
    report.extend(measured.report());
    report.insert("server".into(), process);
    report.insert("limits".into(), limits);
    Ok(report)
}

/// Compiles the components that a server compiles in its first minute, beside its work.
async fn compile(data: &Path, database: Option<&str>) -> Result<(), String> {
    let settings = Settings { database: database.map(str::to_owned), ..Settings::in_folder(data) };
    let app = App::start(settings).await.map_err(line)?;
    let compiled = app.prepare_builtins().await.map_err(line);
    app.stop().await;
    compiled
}

#[expect(clippy::print_stdout, reason = "the result of the command")]
fn show(report: &Value, json: bool) {
    if json {
        println!("{report}");
    } else {
        print!("{}", figures::table(report));
    }
}

#[expect(clippy::print_stderr, reason = "what is done beside the result, past whoever reads that")]
fn say(text: &str) {
    eprintln!("{text}");
}
