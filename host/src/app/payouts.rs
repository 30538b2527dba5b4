//! The job behind a withdrawal: asks the provider to pay it, then how that stands, until
//! it is over.
//!
//! The provider is asked between load and commit, under a name of the withdrawal's own,
//! so that a second host or a second try of the same attempt is the same payout.

use assay_db::{Change, Job, NewEvent};
use assay_domain::ids::{Timestamp, WithdrawalId};
use assay_domain::ledger::{Holder, Provider, Reason};
use serde_json::json;

use super::App;
use super::payments::parsed;
use super::task::to_json;
use super::withdrawals::{Withdrawal, WithdrawalStatus};
use crate::error::Error;
use crate::gateways::{Payout, PayoutOrder, ProviderError, Stage};

impl App {
    /// What the job comes to now; an empty change when it has lost its point.
    pub(crate) async fn decide_payout(&self, job: &Job) -> Result<Change, Error> {
        let id: WithdrawalId = parsed("withdrawal", &job.subject)?;
        let (mut withdrawal, head) = self.withdrawal_and_head(id).await?;
        let provider = self.payment_providers.provider_of_payouts()?;
        let said = match withdrawal.status {
            WithdrawalStatus::Pending => {
                self.payment_providers.pay_out(provider, &order_of(&withdrawal)).await
            }
            WithdrawalStatus::Processing => {
                let reference = withdrawal.reference.as_deref().unwrap_or_default();
                self.payment_providers.payout(provider, reference).await
            }
            WithdrawalStatus::Finished | WithdrawalStatus::Failed | WithdrawalStatus::Returned => {
                return Ok(Change::new());
            }
        };
        let change = Change::new().advance(Withdrawal::head_key(id), head);
        let asked = withdrawal.status == WithdrawalStatus::Pending;
        let change = match said {
            Ok(payout) => self.note_payout(change, &mut withdrawal, provider, payout)?,
            Err(ProviderError::Refused { status, why }) if asked => {
                fail(change, &mut withdrawal, &format!("the provider refused with {status}: {why}"))?
            }
            // Whether it was asked for is unknown, and the same question again is harmless.
            Err(error) => {
                tracing::warn!(withdrawal = %id, %error, "a payout could not be asked for; it is tried again");
                change
            }
        };
        let over = matches!(withdrawal.status, WithdrawalStatus::Finished | WithdrawalStatus::Failed);
        let change = if over { change } else { change.job(self.next_look(&mut withdrawal)) };
        Ok(change.row(withdrawal.to_write()?))
    }

    /// Later each time, so that a payout which takes a day is not asked about all day.
    fn next_look(&self, withdrawal: &mut Withdrawal) -> assay_db::NewJob {
        let rules = &self.settings.payments.rules;
        let seconds = rules.payout_poll_seconds_min.saturating_mul(1 << withdrawal.body.looks.min(20));
        withdrawal.body.looks = withdrawal.body.looks.saturating_add(1);
        // The test provider has nothing to wait for.
        let most = if self.payment_providers.test.is_some() { 0 } else { rules.payout_poll_seconds_max };
        let seconds = seconds.min(most);
        self.payout_job(withdrawal.id, Timestamp(self.now().0.saturating_add(seconds.saturating_mul(1_000))))
    }

    fn note_payout(
        &self,
        change: Change,
        withdrawal: &mut Withdrawal,
        provider: Provider,
        payout: Payout,
    ) -> Result<Change, Error> {
        withdrawal.reference = Some(payout.reference);
        withdrawal.body.word = Some(payout.word.clone());
        withdrawal.body.hash = payout.hash;
        match payout.stage {
            Stage::Processing if withdrawal.status == WithdrawalStatus::Pending => {
                withdrawal.status = WithdrawalStatus::Processing;
                Ok(change.event(withdrawal.event("withdrawal.processing")?))
            }
            Stage::Processing => Ok(change),
            Stage::Finished => {
                withdrawal.status = WithdrawalStatus::Finished;
                withdrawal.body.finished_at = Some(self.now().0);
                let outside = Holder::Clearing(provider, self.lane);
                let change = change.moves([withdrawal.out(outside, Reason::WithdrawalPaid)]);
                Ok(change.event(withdrawal.event("withdrawal.finished")?))
            }
            Stage::Failed => {
                let why = payout.fault.unwrap_or_else(|| format!("the payout is {}", payout.word));
                fail(change, withdrawal, &why)
            }
        }
    }
}

fn order_of(withdrawal: &Withdrawal) -> PayoutOrder {
    PayoutOrder {
        withdrawal: withdrawal.id,
        attempt: withdrawal.body.attempt,
        coin: withdrawal.coin,
        address: withdrawal.body.address.clone(),
        amount: withdrawal.amount,
    }
}

/// The money stays where it is, and the operator is told.
fn fail(change: Change, withdrawal: &mut Withdrawal, why: &str) -> Result<Change, Error> {
    withdrawal.status = WithdrawalStatus::Failed;
    withdrawal.body.fault = Some(why.to_owned());
    tracing::warn!(withdrawal = %withdrawal.id, why, "a payout failed; its money waits for the operator");
    let told = NewEvent {
        subject: "operator".into(),
        kind: "withdrawal.failed".into(),
        visibility: "operator".into(),
        body: to_json(&json!({ "withdrawal": withdrawal.id.to_string(), "why": why }))?,
    };
    Ok(change.event(told).event(withdrawal.event("withdrawal.failed")?))
}
