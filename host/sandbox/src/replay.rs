//! Replaying a receipt: the same component on the same input, and whether it says the
//! same again. Needs nothing of the host that issued it but its public key.

use std::fmt;
use std::sync::Arc;

use crate::component::Rejected;
use crate::digest::Digest;
use crate::input::{Input, InputError};
use crate::judge::Judge;
use crate::keys::PublicKeys;
use crate::outcome::{Outcome, Reason, Run};
use crate::receipt::{self, Receipt, ReceiptError};
use crate::sandbox::{Origin, Sandbox};
use crate::settings::Limits;
use crate::state::Attachments;
use crate::world;

/// What a replay found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replay {
    /// The same verdict.
    Match {
        /// Whether this host has the receipt's engine profile, so that fuel and memory
        /// were compared too.
        same_profile: bool,
    },
    /// Another verdict, or the same at another cost on the same engine profile.
    Mismatch {
        /// What differs, in the order of a receipt's fields.
        differences: Vec<Difference>,
    },
}

/// One field that came out differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The receipt's field.
    pub field: &'static str,
    /// What the receipt says.
    pub receipt: String,
    /// What the replay gave.
    pub replay: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: the receipt says {}, the replay gave {}", self.field, self.receipt, self.replay)
    }
}

/// Why there was nothing to compare.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The receipt itself is not believed.
    #[error(transparent)]
    Receipt(#[from] ReceiptError),
    /// These are not the bytes of the component that judged.
    #[error("the receipt is of component {receipt}, and this is {given}")]
    OtherComponent {
        /// The receipt's.
        receipt: Digest,
        /// The one given.
        given: Digest,
    },
    /// These are not the bytes that were judged.
    #[error("the receipt is of input {receipt}, and this is {given}")]
    OtherInput {
        /// The receipt's.
        receipt: Digest,
        /// The one given.
        given: Digest,
    },
    /// The receipt was issued for a version of `assay:plugin` this host does not serve.
    #[error("the receipt is of assay:plugin@{0}, which this version does not run")]
    OtherVersion(String),
    /// The input has the right digest and cannot be read.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The component has the right digest and is not taken here.
    #[error("the component is not taken here: {0}")]
    Rejected(#[from] Rejected),
    /// This host could not do its part, so nothing can be said.
    #[error("nothing can be said: {0}")]
    Host(Reason),
}

/// Replays a receipt of a run that read no attachment.
pub async fn replay(
    sandbox: &Sandbox,
    receipt: &Receipt,
    component: &[u8],
    input: &[u8],
    keys: &PublicKeys,
) -> Result<Replay, ReplayError> {
    replay_with(sandbox, receipt, (Origin::Own, component), input, Attachments::none(), keys).await
}

/// Replays a receipt of a component that somebody uploaded, or with the bytes of the
/// attachments its input names.
pub async fn replay_with(
    sandbox: &Sandbox,
    receipt: &Receipt,
    (origin, component): (Origin, &[u8]),
    input: &[u8],
    attachments: Attachments,
    keys: &PublicKeys,
) -> Result<Replay, ReplayError> {
    receipt::verify(receipt, keys)?;
    same(receipt.plugin, component)
        .map_err(|given| ReplayError::OtherComponent { receipt: receipt.plugin, given })?;
    same(receipt.input, input).map_err(|given| ReplayError::OtherInput { receipt: receipt.input, given })?;
    if receipt.version != world::VERSION {
        return Err(ReplayError::OtherVersion(receipt.version.clone()));
    }
    let input = Input::parse(input)?;
    let judge = sandbox.prepare_from(origin, Arc::from(component)).await?;
    let run = sandbox.run(&judge, &input, attachments).await;
    if let Outcome::Inconclusive { reason } = &run.outcome
        && (reason.may_pass() || needs_more(sandbox.limits(), receipt))
    {
        return Err(ReplayError::Host(reason.clone()));
    }
    Ok(compare(sandbox.profile(), receipt, &judge, &run))
}

/// Whether the run took more than this host gives any run.
fn needs_more(limits: &Limits, receipt: &Receipt) -> bool {
    receipt.fuel > limits.fuel_max || receipt.memory_bytes > limits.memory_bytes_max as u64
}

fn same(digest: Digest, bytes: &[u8]) -> Result<(), Digest> {
    let given = Digest::of(bytes);
    if given == digest { Ok(()) } else { Err(given) }
}

fn compare(profile: &str, receipt: &Receipt, judge: &Judge, run: &Run) -> Replay {
    let delivery = |digest: Option<Digest>| digest.map_or_else(|| "none".to_owned(), |it| it.to_string());
    let mut fields = vec![
        ("world", receipt.world.to_string(), judge.world.to_string()),
        ("task", receipt.task.clone(), run.task.clone()),
        ("delivery", delivery(receipt.delivery), delivery(run.delivery_digest)),
        ("output", receipt.output.to_string(), run.output_digest.to_string()),
        ("outcome", receipt.outcome.clone(), run.word().to_owned()),
        ("virtual_time_ns", receipt.virtual_time_ns.to_string(), run.virtual_time_ns.to_string()),
        ("seed", receipt.seed.clone(), hex::encode(run.seed)),
    ];
    let same_profile = receipt.engine_profile == profile;
    if same_profile {
        fields.push(("fuel", receipt.fuel.to_string(), run.fuel.to_string()));
        fields.push(("memory_bytes", receipt.memory_bytes.to_string(), run.memory_bytes.to_string()));
    }
    let differences: Vec<_> = fields
        .into_iter()
        .filter(|(_, receipt, replay)| receipt != replay)
        .map(|(field, receipt, replay)| Difference { field, receipt, replay })
        .collect();
    if differences.is_empty() { Replay::Match { same_profile } } else { Replay::Mismatch { differences } }
}
