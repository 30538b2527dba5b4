//! Running a verdict again here, as anyone can offline, to see whether it says the same.

use assay_db::{Change, Key, Once};
use assay_domain::ids::{ReceiptId, TaskId, Timestamp};
use assay_domain::refusal::{Code, Refusal};
use assay_sandbox::{Attachments, Origin, PublicKeys, Receipt, Replay, ReplayError, replay_with};

use super::{App, Caller};
use crate::error::Error;

/// A receipt, and what running it again gave.
#[derive(Clone, Debug)]
pub struct Replayed {
    /// The receipt.
    pub receipt: Receipt,
    /// Whether it is the same; why nothing can be said, where that is so.
    pub found: Result<Replay, String>,
}

/// How many verdicts were run again here and said the same.
fn replays_key() -> Key {
    Key::counter("replays")
}

impl App {
    /// Runs a receipt's input through its component again, for those who may see the
    /// input. It counts as one of the caller's trial runs of the day, once for each key.
    pub async fn replay(
        &self,
        caller: &Caller,
        id: ReceiptId,
        once: Option<&Once>,
    ) -> Result<Replayed, Error> {
        let receipt = self.receipt(id).await?;
        let input = self.receipt_input(caller, id).await?;
        self.count_trial(caller, once).await?;
        let component = self.component(&receipt.plugin).await?;
        let keys = self.public_keys().await?;
        let keys = PublicKeys::from_hex(keys.iter().map(|key| key.public.as_str()))
            .map_err(|error| Error::Internal(format!("the keys of this house: {error}")))?;
        let files = self.files_of(&receipt).await?;
        let origin = if self.builtins.has(&receipt.plugin) { Origin::Own } else { Origin::Uploaded };
        let found = replay_with(&self.sandbox, &receipt, (origin, &component), &input, files, &keys).await;
        let found = match found {
            Ok(found) => Ok(found),
            Err(ReplayError::Host(reason)) => Err(format!("this host could not run it: {reason}")),
            Err(error) => Err(error.to_string()),
        };
        if matches!(found, Ok(Replay::Match { .. })) {
            self.db.commit(Change::new().add(replays_key(), 1)).await?;
        }
        Ok(Replayed { receipt, found })
    }

    /// How many verdicts were run again here and said the same.
    pub async fn replays(&self) -> Result<i64, Error> {
        Ok(self.db.read().cell(&replays_key()).await?)
    }

    /// One more run that somebody wants to see, out of those they have in a day. What was
    /// asked for with the same key before was counted then.
    pub(crate) async fn count_trial(&self, caller: &Caller, once: Option<&Once>) -> Result<(), Error> {
        let most = self.settings.limits.plugins.trial_runs_per_day_max;
        let key = Key::counter(format!("trial-runs/{}/{}", caller.party, self.now().utc_day()));
        let refusal =
            Refusal::new(Code::QuotaExhausted, format!("all {most} trial runs of this day (UTC) are used"));
        let change = Change::new().add_up_to(key, 1, most, refusal);
        self.db.commit(Change { once: once.cloned(), ..change }).await?;
        Ok(())
    }

    /// The files that the judge was given with the delivery.
    async fn files_of(&self, receipt: &Receipt) -> Result<Attachments, Error> {
        let Ok(task) = receipt.task.parse::<TaskId>() else { return Ok(Attachments::none()) };
        let Ok(task) = self.task(task).await else { return Ok(Attachments::none()) };
        for delivery in self.deliveries_of(&task).await? {
            if delivery.body.receipts.iter().any(|line| line.receipt_id == receipt.id) {
                let at = Timestamp(delivery.created_at.0);
                return self.held_files(delivery.worker, &delivery.body.attachments, at).await;
            }
        }
        Ok(Attachments::none())
    }
}
