//! How the house is doing, in a few numbers.

use assay_db::entities::packages::WebhookDeliveryRow;
use assay_db::entities::people::ApprovalRow;
use assay_db::entities::{PartyRow, ReceiptRow, TaskRow};
use assay_db::rows::JobRow;
use assay_domain::money::Asset;

use super::App;
use super::parties::Party;
use crate::error::Error;

/// The house in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbers {
    /// Tasks that anyone may take.
    pub open: i64,
    /// Dollars that tasks paid to those who did them, in the smallest unit.
    pub paid_out: i64,
    /// Signed receipts.
    pub receipts: i64,
    /// Verdicts that were run again here and said the same.
    pub replays: i64,
}

impl App {
    /// The house in numbers, at most
    /// [`numbers_ms`](crate::config::PageLimits::numbers_ms) old: anyone may ask, and
    /// counting takes longer the more there is.
    pub async fn numbers(&self) -> Result<Numbers, Error> {
        let now = self.now();
        if let Some(numbers) = self.memory.numbers_since(now.0 - self.settings.limits.pages.numbers_ms) {
            return Ok(numbers);
        }
        let read = self.db.read();
        let numbers = Numbers {
            open: read.count::<TaskRow>("state = 'open'", &[]).await?,
            paid_out: read.paid_out(Asset::Usd).await?,
            receipts: read.count::<ReceiptRow>("id <> ''", &[]).await?,
            replays: self.replays().await?,
        };
        self.memory.keep_numbers(now.0, numbers);
        Ok(numbers)
    }

    /// What waits to be done, by what it is.
    pub async fn queues(&self) -> Result<Vec<(&'static str, i64)>, Error> {
        let read = self.db.read();
        Ok(vec![
            ("Deliveries being judged", read.count::<TaskRow>("state = 'delivered'", &[]).await?),
            ("Deliveries that wait for a person", read.count::<TaskRow>("state = 'in_review'", &[]).await?),
            ("Posts that wait for an owner", read.count::<ApprovalRow>("status = 'pending'", &[]).await?),
            ("Jobs that are due", read.count::<JobRow>("due_at <= $1", &[self.now().0.into()]).await?),
            ("Messages to webhooks", read.count::<WebhookDeliveryRow>("status = 'pending'", &[]).await?),
        ])
    }

    /// Those who came last, newest first.
    pub async fn newest_parties(&self, limit: usize) -> Result<Vec<Party>, Error> {
        let limit = [i64::try_from(limit).unwrap_or(i64::MAX).into()];
        let rows = self.db.read().many::<PartyRow>("id <> '' order by id desc limit $1", &limit).await?;
        rows.iter().map(Party::from_row).collect()
    }
}
