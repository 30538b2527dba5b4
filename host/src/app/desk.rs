//! What waits for somebody's word, and how the house is doing in a few numbers.

use assay_db::entities::people::ApprovalRow;
use assay_db::entities::{ReceiptRow, TaskRow};

use super::{App, Caller};
use crate::error::Error;

/// The house in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbers {
    /// Tasks that anyone may take.
    pub open: i64,
    /// Tasks that were accepted and paid.
    pub paid: i64,
    /// Signed receipts.
    pub receipts: i64,
}

impl App {
    /// How many posts and deliveries wait for the caller's word.
    pub async fn waiting(&self, caller: &Caller) -> Result<i64, Error> {
        const DELIVERIES: &str = "poster = $1 and state = 'in_review'";
        const APPROVALS: &str = "owner = $1 and status = 'pending'";
        let party = [caller.party.to_string().into()];
        let deliveries = self.db.read().count::<TaskRow>(DELIVERIES, &party).await?;
        Ok(deliveries + self.db.read().count::<ApprovalRow>(APPROVALS, &party).await?)
    }

    /// The house in numbers.
    pub async fn numbers(&self) -> Result<Numbers, Error> {
        let read = self.db.read();
        Ok(Numbers {
            open: read.count::<TaskRow>("state = 'open'", &[]).await?,
            paid: read.count::<TaskRow>("state = 'paid'", &[]).await?,
            receipts: read.count::<ReceiptRow>("id <> ''", &[]).await?,
        })
    }
}
