//! Receipts: signed records of every run, and what it takes to check them.

use assay_db::entities::{HostKeyRow, ReceiptRow};
use assay_domain::ids::{NegotiationId, ReceiptId, TaskId};
use assay_domain::refusal::{Code, Refusal};
use assay_sandbox::{Receipt, World};

use super::task::{Task, from_json};
use super::tasks::Eyes;
use super::{App, Caller};
use crate::error::Error;

/// The last link of a lane, vouched for by a host.
#[derive(Clone, Debug)]
pub struct JournalHead {
    /// Whose journal.
    pub lane: String,
    /// The link's number.
    pub link: i64,
    /// Its hash, 64 hexadecimal digits.
    pub hash: String,
    /// The id of the key that signed.
    pub key: String,
    /// Ed25519 over [`JournalHead::PURPOSE`], a zero byte, and `LANE LINK HASH`.
    pub signature: String,
}

/// Who may see what a judge was given. It is all there, so expected answers are the
/// poster's, sealed bids nobody's before the close, and others' bids never a worker's.
fn may_see_input(task: &Task, eyes: Eyes, world: &str) -> Result<(), Refusal> {
    let no = |why: &str| Err(Refusal::new(Code::NotAParty, why));
    let pricing = world == World::Pricing.as_str();
    match eyes {
        Eyes::Stranger => no("only the task's parties may see a run's input"),
        Eyes::Worker if pricing => no("only the task's poster may see what a pricing model was given"),
        Eyes::Worker if task.spec.checks.iter().any(|check| check.gold) => {
            no("the task's checks hold expected answers, so only its poster may see a run's input")
        }
        Eyes::Poster if pricing && task.is_sealed() => no("the bids are sealed until the auction closes"),
        Eyes::Worker | Eyes::Poster => Ok(()),
    }
}

impl JournalHead {
    /// What the signature is for.
    pub const PURPOSE: &str = "assay journal head";
}

impl App {
    /// A receipt, for anyone with its id: it holds digests and figures, no content.
    pub async fn receipt(&self, id: ReceiptId) -> Result<Receipt, Error> {
        from_json("receipt", &self.receipt_row(id).await?.body)
    }

    /// The input a receipt was made from, for the parties of its task.
    pub async fn receipt_input(&self, caller: &Caller, id: ReceiptId) -> Result<Vec<u8>, Error> {
        let row = self.receipt_row(id).await?;
        self.may_see(caller, &row).await?;
        let receipt: Receipt = from_json("receipt", &row.body)?;
        let bytes = self.db.read().blob(&receipt.input.hex()).await?;
        bytes.ok_or_else(|| Error::Internal(format!("the input of receipt {id} is gone")))
    }

    /// A receipt is a task's, or a negotiation's, whose prices both sides know.
    async fn may_see(&self, caller: &Caller, row: &ReceiptRow) -> Result<(), Error> {
        let subject: TaskId = row.task.parse().map_err(|_| Error::Internal("a receipt of nothing".into()))?;
        if let Ok(negotiation) = self.negotiation(NegotiationId(subject.0)).await {
            let sides = [negotiation.client, negotiation.provider];
            if sides.contains(&caller.party) || caller.is_operator() {
                return Ok(());
            }
            return Err(Refusal::new(Code::NotAParty, "only its two sides see a negotiation").into());
        }
        let task = self.task(subject).await?;
        let eyes = self.eyes(caller, &task).await?;
        Ok(may_see_input(&task, eyes, &row.world)?)
    }

    /// Where every lane of the journal has got to, signed by this host, so that whoever
    /// keeps these heads can tell later whether the past was changed.
    pub async fn journal_heads(&self) -> Result<Vec<JournalHead>, Error> {
        let heads = self.db.read().lane_heads().await?;
        let signed = heads.into_iter().map(|link| {
            let hash = hex::encode(&link.hash);
            let text = format!("{} {} {hash}", link.lane, link.n);
            let signature = self.host_key.sign_statement(JournalHead::PURPOSE, &text);
            JournalHead { lane: link.lane, link: link.n, hash, key: self.host_key.id().into(), signature }
        });
        Ok(signed.collect())
    }

    async fn receipt_row(&self, id: ReceiptId) -> Result<ReceiptRow, Error> {
        let row = self.db.read().one::<ReceiptRow>("id = $1", &[id.to_string().into()]).await?;
        Ok(row.ok_or_else(|| Refusal::not_found("receipt"))?)
    }

    /// The public keys of every host that ever signed here.
    pub async fn public_keys(&self) -> Result<Vec<HostKeyRow>, Error> {
        Ok(self.db.read().many::<HostKeyRow>("id <> '' ORDER BY created_at, id", &[]).await?)
    }
}
