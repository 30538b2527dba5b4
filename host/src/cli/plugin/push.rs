//! `assay plugin push`: a component to a server.

use std::path::PathBuf;
use std::process::ExitCode;

use assay_sandbox::{Limits, inspect};
use clap::Args;
use reqwest::StatusCode;
use serde_json::Value;

use crate::cli::Outcome;

/// What to send, and where.
#[derive(Args)]
pub(super) struct Flags {
    /// The component
    #[arg(value_name = "FILE.wasm")]
    file: PathBuf,
    /// Where the server listens, as in `http://127.0.0.1:8080`
    #[arg(long, env = "ASSAY_SERVER", value_name = "URL")]
    server: String,
    /// A key with the scope plugins
    #[arg(long, env = "ASSAY_KEY", value_name = "KEY", hide_env_values = true)]
    key: String,
    /// Refuse it unless its manifest has this name
    #[arg(long)]
    name: Option<String>,
    /// Refuse it unless its manifest has this version
    #[arg(long)]
    version: Option<String>,
}

/// Exit code 1 when the server refuses it.
#[expect(clippy::print_stdout, reason = "the result of the command")]
pub(super) async fn run(flags: &Flags) -> Outcome {
    let bytes = super::read(&flags.file)?;
    if flags.server.starts_with("https:") {
        return Err("--server: this binary speaks plain http; give it a proxy or tunnel that adds TLS".into());
    }
    // What is no component at all need not travel.
    let facts = inspect(&bytes, Limits::default().component_bytes_max)
        .map_err(|error| format!("{}: {error}", flags.file.display()))?;
    let name = flags.name.as_deref().unwrap_or(&facts.manifest.name);
    let version = flags.version.as_deref().unwrap_or(&facts.manifest.version);
    let (status, body) = send(flags, name, version, bytes).await?;
    if !status.is_success() {
        return Err(refusal(status, &body));
    }
    let listed = body.get("data").unwrap_or(&body);
    let badge = listed["badge"].as_str().or_else(|| listed["certification"]["badge"].as_str());
    println!("{name} {version}, a {}", facts.world);
    let digest = facts.digest;
    println!("digest {digest}");
    println!("badge  {}", badge.unwrap_or("none yet: it is being certified"));
    println!("page   {}/v1/plugins/{digest}", flags.server.trim_end_matches('/'));
    Ok(ExitCode::SUCCESS)
}

async fn send(
    flags: &Flags,
    name: &str,
    version: &str,
    bytes: Vec<u8>,
) -> Result<(StatusCode, Value), String> {
    let url = format!("{}/v1/plugins", flags.server.trim_end_matches('/'));
    let asked = reqwest::Url::parse_with_params(&url, [("name", name), ("version", version)])
        .map_err(|error| format!("--server {}: {error}, as in http://127.0.0.1:8080", flags.server))?;
    let response = reqwest::Client::new()
        .post(asked)
        .bearer_auth(&flags.key)
        .header("content-type", "application/wasm")
        .body(bytes)
        .send()
        .await
        .map_err(|error| unreachable(&url, &error))?;
    let status = response.status();
    let body = response.bytes().await.map_err(|error| unreachable(&url, &error))?;
    Ok((status, serde_json::from_slice(&body).unwrap_or_default()))
}

/// An error with what is below it, since the top only says that sending failed.
fn unreachable(url: &str, error: &reqwest::Error) -> String {
    let mut text = format!("{url}: {error}");
    let mut below = std::error::Error::source(error);
    while let Some(cause) = below {
        text = format!("{text}: {cause}");
        below = cause.source();
    }
    text
}

fn refusal(status: StatusCode, body: &Value) -> String {
    let error = &body["error"];
    let Some(message) = error["message"].as_str() else {
        return format!("the server answered {status}, and not as an Assay server does: is --server right?");
    };
    let field = error["field"].as_str().map(|field| format!("{field}: ")).unwrap_or_default();
    format!("refused ({}): {field}{message}", error["code"].as_str().unwrap_or(status.as_str()))
}
