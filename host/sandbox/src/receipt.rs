//! Receipts: what a verdict was, of what, by what, signed by the host that saw it.
//!
//! The receipts of one task are a chain: each carries the digest of the one before it.

use serde::{Deserialize, Serialize};

use crate::canonical;
use crate::digest::Digest;
use crate::judge::Judge;
use crate::keys::{HostKey, PublicKeys};
use crate::outcome::Run;
use crate::world::{self, World};

/// Put before what is signed, so that a signature of a receipt is one of nothing else.
const SIGNING_CONTEXT: &[u8] = b"assay receipt 1\n";

/// A signed record of one verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// Its own id.
    pub id: String,
    /// The digest of the component that judged.
    pub plugin: Digest,
    /// What the component is for.
    pub world: World,
    /// The version of `assay:plugin` it was run as.
    pub version: String,
    /// What its fuel depends on: [`crate::Sandbox::profile`].
    pub engine_profile: String,
    /// The task's id, or the listing's.
    pub task: String,
    /// The digest of the delivery's canonical bytes; a price has none.
    pub delivery: Option<Digest>,
    /// The digest of the input's canonical bytes.
    pub input: Digest,
    /// The digest of the output's canonical bytes.
    pub output: Digest,
    /// The verdict in a word: [`Run::word`].
    pub outcome: String,
    /// What the call took.
    pub fuel: u64,
    /// The most memory it held at once, bytes.
    pub memory_bytes: u64,
    /// How far its clock moved, nanoseconds.
    pub virtual_time_ns: u64,
    /// What its randomness was drawn from, 64 hexadecimal digits.
    pub seed: String,
    /// The digest of the same task's receipt before this one.
    pub previous: Option<Digest>,
    /// The id of the key that signed.
    pub key: String,
    /// The Ed25519 signature, 128 hexadecimal digits.
    pub signature: String,
}

/// What a run does not know about its receipt.
#[derive(Debug, Clone, Copy)]
pub struct Issue<'a> {
    /// The receipt's id.
    pub id: &'a str,
    /// The digest of the same task's latest receipt.
    pub previous: Option<Digest>,
    /// The profile of the sandbox that ran it.
    pub engine_profile: &'a str,
}

/// Why a receipt, or a row of them, is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// Not a receipt's JSON.
    #[error("this is not a receipt: {0}")]
    Shape(String),
    /// Signed with a key that is not among the known ones.
    #[error("receipt {id} is signed with the key {key}, which is not known")]
    UnknownKey {
        /// The receipt's id.
        id: String,
        /// The key's.
        key: String,
    },
    /// It says something else than what was signed.
    #[error("receipt {0} was altered or forged: its signature does not hold")]
    Forged(String),
    /// It belongs to another task than the receipts before it.
    #[error("receipt {0} is of another task")]
    OtherTask(String),
    /// It does not follow the receipt before it.
    #[error("receipt {0} does not follow the one before it: one is missing or out of order")]
    Broken(String),
}

impl Receipt {
    /// Makes and signs the receipt of a run.
    pub fn issue(issue: Issue<'_>, judge: &Judge, run: &Run, key: &HostKey) -> Self {
        let mut receipt = Self {
            id: issue.id.to_owned(),
            plugin: judge.digest,
            world: judge.world,
            version: world::VERSION.to_owned(),
            engine_profile: issue.engine_profile.to_owned(),
            task: run.task.clone(),
            delivery: run.delivery_digest,
            input: run.input_digest,
            output: run.output_digest,
            outcome: run.word().to_owned(),
            fuel: run.fuel,
            memory_bytes: run.memory_bytes,
            virtual_time_ns: run.virtual_time_ns,
            seed: hex::encode(run.seed),
            previous: issue.previous,
            key: String::new(),
            signature: String::new(),
        };
        receipt.sign(key);
        receipt
    }

    /// Signs it as it stands now. Until then nothing it says is believed.
    pub fn sign(&mut self, key: &HostKey) {
        key.id().clone_into(&mut self.key);
        self.signature = hex::encode(key.sign(&self.signed_bytes()));
    }

    /// Its canonical bytes, signature included.
    pub fn canonical(&self) -> Vec<u8> {
        canonical::to_bytes(&Canonical::of(self, Some(&self.signature)))
    }

    /// The digest of its canonical bytes: what the next receipt of the task carries.
    pub fn hash(&self) -> Digest {
        Digest::of(&self.canonical())
    }

    /// Reads a receipt's JSON, in any order and spacing. Says nothing of its truth.
    pub fn parse(bytes: &[u8]) -> Result<Self, ReceiptError> {
        serde_json::from_slice(bytes).map_err(|error| ReceiptError::Shape(error.to_string()))
    }

    /// What the signature is of: the context, then the canonical bytes of every field
    /// but the signature.
    pub fn signed_bytes(&self) -> Vec<u8> {
        [SIGNING_CONTEXT, &canonical::to_bytes(&Canonical::of(self, None))].concat()
    }
}

/// A receipt in the order of its keys, with its signature or without.
#[derive(Serialize)]
struct Canonical<'r> {
    delivery: Option<&'r Digest>,
    engine_profile: &'r str,
    fuel: u64,
    id: &'r str,
    input: &'r Digest,
    key: &'r str,
    memory_bytes: u64,
    outcome: &'r str,
    output: &'r Digest,
    plugin: &'r Digest,
    previous: Option<&'r Digest>,
    seed: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    signature: Option<&'r str>,
    task: &'r str,
    version: &'r str,
    virtual_time_ns: u64,
    world: World,
}

impl<'r> Canonical<'r> {
    fn of(receipt: &'r Receipt, signature: Option<&'r str>) -> Self {
        Self {
            delivery: receipt.delivery.as_ref(),
            engine_profile: &receipt.engine_profile,
            fuel: receipt.fuel,
            id: &receipt.id,
            input: &receipt.input,
            key: &receipt.key,
            memory_bytes: receipt.memory_bytes,
            outcome: &receipt.outcome,
            output: &receipt.output,
            plugin: &receipt.plugin,
            previous: receipt.previous.as_ref(),
            seed: &receipt.seed,
            signature,
            task: &receipt.task,
            version: &receipt.version,
            virtual_time_ns: receipt.virtual_time_ns,
            world: receipt.world,
        }
    }
}

/// Checks that one of these keys signed this receipt as it stands.
pub fn verify(receipt: &Receipt, keys: &PublicKeys) -> Result<(), ReceiptError> {
    if !keys.knows(&receipt.key) {
        return Err(ReceiptError::UnknownKey { id: receipt.id.clone(), key: receipt.key.clone() });
    }
    let forged = || ReceiptError::Forged(receipt.id.clone());
    let mut signature = [0; 64];
    // Upper-case digits would be a second text for the same signature, so a second hash.
    if receipt.signature.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(forged());
    }
    hex::decode_to_slice(&receipt.signature, &mut signature).map_err(|_| forged())?;
    if keys.signed(&receipt.key, &receipt.signed_bytes(), &signature) { Ok(()) } else { Err(forged()) }
}

/// Checks all receipts of one task, first to last, and gives the hash of the last.
///
/// A receipt altered, forged, out of order, or missing before the last is refused. That
/// the last of them is the last there is, only whoever keeps the chain's head can say:
/// compare it with what is returned.
pub fn verify_chain(receipts: &[Receipt], keys: &PublicKeys) -> Result<Option<Digest>, ReceiptError> {
    let mut head = None;
    for receipt in receipts {
        verify(receipt, keys)?;
        if receipt.task != receipts[0].task {
            return Err(ReceiptError::OtherTask(receipt.id.clone()));
        }
        if receipt.previous != head {
            return Err(ReceiptError::Broken(receipt.id.clone()));
        }
        head = Some(receipt.hash());
    }
    Ok(head)
}
