//! The commands. Each reads its flags, does one thing, and says in one line what went
//! wrong.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::config::rates::Network;
use crate::config::{File, Payments, Settings};

mod audit;
mod backup;
mod benchmark;
mod check;
pub mod demo;
mod kept;
mod keys;
mod plugin;
mod replay;
mod rewards;
mod serve;

/// An agent marketplace whose judges are WebAssembly components.
///
/// Judges that check, demo, plugin and replay compile are kept in assay/judges of the user's
/// cache folder, or in the folder that `ASSAY_CACHE` names.
#[derive(Parser)]
#[command(name = "assay", version, about, arg_required_else_help = true)]
struct Command {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Run the main job from an empty machine and show every step
    Demo(demo::Flags),
    /// Run the server
    Serve(ServeFlags),
    /// Write a judge of your own, in Rust, Python or JavaScript, and list it
    Plugin(plugin::Flags),
    /// Judge a draft before delivering it, offline
    Check(check::Flags),
    /// Run a receipt's component on its input again and compare
    Replay(replay::Flags),
    /// Recompute every balance and the journal's chain
    Audit(audit::Flags),
    /// Copy the embedded database, also while a server has it
    Backup(backup::Flags),
    /// Measure what the server does in a second, and what this machine can do at all
    Benchmark(benchmark::Flags),
    /// Answer with what is asked, for the benchmark
    #[command(hide = true)]
    Echo {
        /// Where to listen
        listen: SocketAddr,
    },
    /// Make keys for the API
    Keys(keys::Flags),
    /// Load what credits can be redeemed for
    Rewards(rewards::Flags),
}

/// How to run the server. Payment providers are set up by environment variables alone:
/// `ASSAY_STRIPE_SECRET_KEY` and `ASSAY_STRIPE_WEBHOOK_SECRET`, `ASSAY_NOWPAYMENTS_API_KEY`
/// and `ASSAY_NOWPAYMENTS_IPN_SECRET`, `ASSAY_NOWPAYMENTS_EMAIL` and
/// `ASSAY_NOWPAYMENTS_PASSWORD` for payouts; each may be `…_FILE`, the name of a file.
#[derive(Args)]
struct ServeFlags {
    /// Where to listen; port 0 takes a free one [default: 127.0.0.1:8080]
    #[arg(long, env = "ASSAY_LISTEN", value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// Folder of the embedded database, the signing key and caches [default: assay-data]
    #[arg(long, env = "ASSAY_DATA", value_name = "DIR")]
    data: Option<PathBuf>,
    /// PostgreSQL to use instead of the embedded database, `postgres://USER@HOST/NAME`
    #[arg(long, env = "ASSAY_DATABASE", value_name = "URL", hide_env_values = true)]
    database: Option<String>,
    /// TOML file with settings, [limits], [terms], [rates] and [payments]
    #[arg(long, env = "ASSAY_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Allow POST /v1/test/clock to move the clock forward (test mode only)
    #[arg(long, env = "ASSAY_TEST_CLOCK")]
    test_clock: bool,
    /// Key of the operator, scope admin
    #[arg(long, env = "ASSAY_ADMIN_KEY", value_name = "KEY", hide_env_values = true)]
    admin_key: Option<String>,
    /// Listen beyond loopback although test mode gives money away
    #[arg(long, env = "ASSAY_TEST_MODE_BEYOND_LOOPBACK")]
    test_mode_beyond_loopback: bool,
    /// Proxies whose X-Forwarded-For is believed: addresses or networks, separated by commas
    #[arg(long, env = "ASSAY_TRUSTED_PROXIES", value_name = "NET", value_delimiter = ',')]
    trusted_proxies: Vec<Network>,
    /// Let webhooks go to this machine itself (test mode only)
    #[arg(long, env = "ASSAY_WEBHOOKS_TO_LOOPBACK")]
    webhooks_to_loopback: bool,
}

impl ServeFlags {
    /// Flags and variables first, then the file, then the defaults.
    fn settings(self) -> Result<Settings, String> {
        let file = self.config.as_deref().map(File::read).transpose()?.unwrap_or_default();
        let data = self.data.or(file.data).unwrap_or_else(|| PathBuf::from("assay-data"));
        Ok(Settings {
            listen: self.listen.or(file.listen).unwrap_or(SocketAddr::from(([127, 0, 0, 1], 8080))),
            database: self.database.or(file.database),
            test_clock: self.test_clock,
            admin_key: self.admin_key,
            test_mode_beyond_loopback: self.test_mode_beyond_loopback,
            webhooks_to_loopback: self.webhooks_to_loopback,
            limits: file.limits,
            terms: file.terms,
            rates: file.rates,
            trusted_proxies: if self.trusted_proxies.is_empty() {
                file.trusted_proxies
            } else {
                self.trusted_proxies
            },
            payments: Payments::from_environment(file.payments, |name| std::env::var(name).ok())?,
            rewards: file.rewards,
            ..Settings::in_folder(&data)
        })
    }
}

/// Which database a command is about.
#[derive(Args)]
struct DatabaseFlags {
    /// Folder of the embedded database
    #[arg(long, env = "ASSAY_DATA", value_name = "DIR", required_unless_present = "database")]
    data: Option<PathBuf>,
    /// PostgreSQL, `postgres://USER@HOST/NAME`
    #[arg(long, env = "ASSAY_DATABASE", value_name = "URL", hide_env_values = true)]
    database: Option<String>,
}

impl DatabaseFlags {
    /// Where it is. A URL wins over a folder, as for the server.
    fn place(&self) -> assay_db::Place {
        match (&self.database, &self.data) {
            (Some(url), _) => assay_db::Place::Server(url.clone()),
            (None, folder) => assay_db::Place::Folder(folder.clone().unwrap_or_default()),
        }
    }
}

/// Runs the command line.
pub fn main() -> ExitCode {
    crate::gateways::prepare_tls();
    let command = Command::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&format!("no threads to run on: {error}")),
    };
    let outcome = runtime.block_on(async {
        match command.verb {
            Verb::Demo(flags) => demo::run(flags).await,
            Verb::Serve(flags) => serve::run(flags.settings()?).await,
            Verb::Plugin(flags) => plugin::run(flags).await,
            Verb::Check(flags) => check::run(flags).await,
            Verb::Replay(flags) => replay::run(flags).await,
            Verb::Audit(flags) => audit::run(flags).await,
            Verb::Backup(flags) => backup::run(flags).await,
            Verb::Benchmark(flags) => benchmark::run(flags).await,
            Verb::Echo { listen } => serve::echo(listen).await,
            Verb::Keys(flags) => keys::run(flags).await,
            Verb::Rewards(flags) => rewards::run(flags).await,
        }
    });
    // Threads that still compute for a caller who is gone are not waited for.
    runtime.shutdown_background();
    match outcome {
        Ok(code) => code,
        Err(message) => failed(&message),
    }
}

#[expect(clippy::print_stderr, reason = "a command says what went wrong on its standard error")]
fn failed(message: &str) -> ExitCode {
    eprintln!("assay: {message}");
    ExitCode::FAILURE
}

/// What a command comes to: its exit code, or one line that says what went wrong.
type Outcome = Result<ExitCode, String>;

/// An error as its line.
fn line(error: impl std::fmt::Display) -> String {
    error.to_string()
}
