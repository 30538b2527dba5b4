//! `assay replay`: judging a judgement again, offline or with what a server hands out.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use assay_sandbox::{Attachments, Digest, Input, Origin, PublicKeys, Receipt, Replay, replay_with};
use clap::Args;
use serde_json::Value;

use super::kept::sandbox;
use super::{Outcome, line};
use crate::builtin::of_digest;

/// What to replay, and where the parts come from.
#[derive(Args)]
pub(super) struct Flags {
    /// The receipt, as GET /v1/receipts/ID answers it
    #[arg(value_name = "RECEIPT.json")]
    receipt: PathBuf,
    /// The component that judged; not needed for one of this binary's own
    #[arg(long, value_name = "FILE")]
    component: Option<PathBuf>,
    /// The input it judged, as GET /v1/receipts/ID/input answers it
    #[arg(long, value_name = "FILE", required_unless_present = "server")]
    input: Option<PathBuf>,
    /// Folder of the files that the delivery came with, by whatever name
    #[arg(long, value_name = "DIR")]
    attachments: Option<PathBuf>,
    /// Public key of the host that signed, 64 hexadecimal digits
    #[arg(long = "public-key", value_name = "HEX", required_unless_present = "server")]
    public_keys: Vec<String>,
    /// Server to fetch from what is not given
    #[arg(long, env = "ASSAY_SERVER", value_name = "URL")]
    server: Option<String>,
    /// Key of a party of the task, to fetch the input with
    #[arg(long, env = "ASSAY_KEY", value_name = "KEY", hide_env_values = true)]
    key: Option<String>,
}

/// Exit code 0 and `match`, or 1 and what differs.
#[expect(clippy::print_stdout, reason = "the result of the command")]
pub(super) async fn run(flags: Flags) -> Outcome {
    let receipt = parse_receipt(&read(&flags.receipt)?)?;
    let parts = Parts { flags: &flags, client: reqwest::Client::new() };
    let component = parts.component(&receipt.plugin).await?;
    let input = parts.input(&receipt.id).await?;
    let files = parts.attachments(&input).await?;
    let keys = parts.keys().await?;
    let sandbox = sandbox()?;
    let component = (origin(&Digest::of(&component)), component.as_slice());
    let replayed = replay_with(&sandbox, &receipt, component, &input, files, &keys).await;
    let (text, code) = verdict(&replayed.map_err(line)?);
    println!("{text}");
    Ok(code)
}

/// Whether this binary vouches for a component.
pub(super) fn origin(digest: &Digest) -> Origin {
    if of_digest(digest).is_some() { Origin::Own } else { Origin::Uploaded }
}

/// A replay in words.
pub(super) fn verdict(replayed: &Replay) -> (String, ExitCode) {
    match replayed {
        Replay::Match { same_profile: true } => ("match: same verdict, same fuel".into(), ExitCode::SUCCESS),
        Replay::Match { same_profile: false } => (
            "match: same verdict; fuel not compared, this is another engine profile".into(),
            ExitCode::SUCCESS,
        ),
        Replay::Mismatch { differences } => {
            let lines: Vec<String> = differences.iter().map(ToString::to_string).collect();
            (format!("mismatch\n{}", lines.join("\n")), ExitCode::FAILURE)
        }
    }
}

/// A receipt, bare or in the envelope of the API.
fn parse_receipt(bytes: &[u8]) -> Result<Receipt, String> {
    let value: Value =
        serde_json::from_slice(bytes).map_err(|error| format!("the receipt is not JSON: {error}"))?;
    let inner = value.get("data").unwrap_or(&value);
    Receipt::parse(inner.to_string().as_bytes()).map_err(line)
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// Where the parts of a replay come from: files, this binary, or a server.
struct Parts<'a> {
    flags: &'a Flags,
    client: reqwest::Client,
}

impl Parts<'_> {
    async fn component(&self, digest: &Digest) -> Result<Vec<u8>, String> {
        if let Some(path) = &self.flags.component {
            return read(path);
        }
        if let Some(own) = of_digest(digest) {
            return Ok(own.bytes.to_vec());
        }
        let missing =
            || format!("component {digest} is not one of this binary's own: give it with --component");
        let server = self.flags.server.as_deref().ok_or_else(missing)?;
        self.fetch(&format!("{server}/v1/plugins/{digest}/component")).await
    }

    async fn input(&self, receipt: &str) -> Result<Vec<u8>, String> {
        match (&self.flags.input, &self.flags.server) {
            (Some(path), _) => read(path),
            (None, Some(server)) => self.fetch(&format!("{server}/v1/receipts/{receipt}/input")).await,
            (None, None) => Err("give the input with --input, or a --server to fetch it from".into()),
        }
    }

    /// The bytes of the files that the input names, as far as they can be had. A run that
    /// reads one that is missing says so.
    async fn attachments(&self, input: &[u8]) -> Result<Attachments, String> {
        // An input that cannot be read is said so by the replay itself.
        let Ok(input) = Input::parse(input) else { return Ok(Attachments::none()) };
        let named: Vec<Digest> =
            input.attachments().iter().filter_map(|file| file.digest.parse().ok()).collect();
        let mut files: Vec<(Digest, Arc<[u8]>)> = Vec::new();
        if let Some(folder) = &self.flags.attachments {
            let entries =
                std::fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
            for path in entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file()) {
                let bytes = read(&path)?;
                files.push((Digest::of(&bytes), Arc::from(bytes)));
            }
        }
        for digest in named {
            let Some(server) = self.flags.server.as_deref() else { break };
            if !files.iter().any(|(given, _)| *given == digest) {
                let bytes = self.fetch(&format!("{server}/v1/blobs/{}", digest.hex())).await?;
                files.push((digest, Arc::from(bytes)));
            }
        }
        Ok(files.into_iter().collect())
    }

    async fn keys(&self) -> Result<PublicKeys, String> {
        if !self.flags.public_keys.is_empty() {
            return PublicKeys::from_hex(&self.flags.public_keys).map_err(line);
        }
        let server = self.flags.server.as_deref().ok_or("give the signer's --public-key, or a --server")?;
        let body = self.fetch(&format!("{server}/v1/receipts/keys")).await?;
        let body: Value = serde_json::from_slice(&body).map_err(line)?;
        let items = body["data"]["items"].as_array().cloned().unwrap_or_default();
        PublicKeys::from_hex(items.iter().filter_map(|item| item["publicKey"].as_str())).map_err(line)
    }

    async fn fetch(&self, url: &str) -> Result<Vec<u8>, String> {
        let mut request = self.client.get(url);
        if let Some(key) = &self.flags.key {
            request = request.bearer_auth(key);
        }
        let response = request.send().await.map_err(|error| format!("{url}: {error}"))?;
        let status = response.status();
        let body = response.bytes().await.map_err(|error| format!("{url}: {error}"))?;
        if status.is_success() { Ok(body.to_vec()) } else { Err(format!("{url}: {status}")) }
    }
}
