//! Receipts: signed records of every run, and what it takes to check them.

use assay_db::entities::{HostKeyRow, ReceiptRow};
use assay_domain::ids::ReceiptId;
use assay_domain::refusal::{Code, Refusal};
use assay_sandbox::Receipt;

use super::task::from_json;
use super::tasks::Eyes;
use super::{App, Caller};
use crate::error::Error;

impl App {
    /// A receipt, for anyone with its id: it holds digests and figures, no content.
    pub async fn receipt(&self, id: ReceiptId) -> Result<Receipt, Error> {
        from_json("receipt", &self.receipt_row(id).await?.body)
    }

    /// The input a receipt was made from, for the parties of its task.
    pub async fn receipt_input(&self, caller: &Caller, id: ReceiptId) -> Result<Vec<u8>, Error> {
        let row = self.receipt_row(id).await?;
        let task = row.task.parse().map_err(|_| Error::Internal("a receipt without a task".into()))?;
        if self.task(task).await?.eyes(caller) == Eyes::Stranger {
            return Err(Refusal::new(Code::NotAParty, "only the task's parties may see a run's input").into());
        }
        let receipt: Receipt = from_json("receipt", &row.body)?;
        let bytes = self.db.read().blob(&receipt.input.hex()).await?;
        bytes.ok_or_else(|| Error::Internal(format!("the input of receipt {id} is gone")))
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
