//! What providers say, decided about: a payment is credited once, in the same commit as
//! everything that follows from it, whatever order its notices come in and however often.

use assay_db::{Change, NewEvent, Reply};
use assay_domain::ids::{PaymentId, TaskId};
use assay_domain::ledger::{Move, Provider};
use assay_domain::money::{self, Asset};
use assay_domain::refusal::{Code, Refusal};
use assay_domain::task::State;
use serde_json::json;

use super::payments::{Payment, PaymentStatus};
use super::spending::spent_key;
use super::task::to_json;
use super::turn::{Turn, Visibility};
use super::{Answer, App, Ask};
use crate::error::Error;
use crate::gateways::test_provider::Event;
use crate::gateways::{Heard, Notice, Says};

impl App {
    /// A provider's callback: its signature checked, held against the payment it names,
    /// credited once. Says what it was about when it was nothing of ours.
    ///
    /// A refusal leaves a line in the log: somebody's money may hang on it.
    pub async fn take_callback(
        &self,
        provider: Provider,
        body: &[u8],
        signature: &str,
    ) -> Result<Option<&'static str>, Error> {
        let taken = async {
            match self.payment_providers.hear(provider, body, signature, self.now())? {
                Heard::Payment(notice) => self.take_notice(provider, &notice).await?,
                Heard::Chargeback(chargeback) => self.take_chargeback(&chargeback).await?,
                Heard::Nothing(why) => return Ok(Some(why)),
            }
            Ok(None)
        };
        let taken = taken.await;
        if let Err(Error::Refused(refusal)) = &taken {
            self.metrics.callback_refused();
            let (code, reason) = (refusal.code.as_str(), &refusal.message);
            tracing::warn!(%provider, code, reason, "a payment callback was refused; nothing moved");
        }
        taken
    }

    /// Asks the provider how a payment stands, and credits it if it is paid.
    pub async fn confirm_payment(
        &self,
        ask: &Ask,
        name: &str,
        render: impl Fn(&Payment) -> Reply + Clone + Send + Sync + 'static,
    ) -> Result<Answer, Error> {
        if let Some(answer) = self.answered(ask.once.as_ref()).await? {
            return Ok(answer);
        }
        let payment = self.payment_of(&ask.caller, name).await?;
        let (id, provider) = (payment.id, payment.provider);
        if let (Some(reference), false) = (&payment.reference, payment.status == PaymentStatus::Credited) {
            let heard =
                self.payment_providers.look(provider, reference, payment.body.paid_by.as_deref()).await;
            let heard = heard.map_err(|error| error.into_refusal(provider))?;
            if let Heard::Payment(notice) = heard {
                if notice.payment != id {
                    let message = format!("payment {id}: the provider speaks of {}", notice.payment);
                    return Err(Error::Internal(message));
                }
                self.take_notice(provider, &notice).await?;
            }
        }
        let render = &render;
        self.settle(ask.once.as_ref(), || async move {
            let payment = self.payment(id).await?;
            let render = render.clone();
            Ok(Change::new().reply(move |_| render(&payment)))
        })
        .await
    }

    /// Somebody pays at the test provider's page: the provider makes a signed event of
    /// it and sends it the way a real one would.
    pub async fn pay_at_test_provider(&self, id: PaymentId) -> Result<Payment, Error> {
        let payment = self.payment(id).await?;
        let event =
            Event { payment: id.to_string(), amount: payment.amount, currency: payment.asset.code().into() };
        let test = self.payment_providers.test().map_err(|error| error.into_refusal(Provider::Test))?;
        let (body, signature) = test.send(&event, self.now());
        self.take_callback(Provider::Test, &body, &signature).await?;
        self.payment(id).await
    }

    async fn take_notice(&self, provider: Provider, notice: &Notice) -> Result<(), Error> {
        self.settle(None, || self.decide_notice(provider, notice)).await?;
        Ok(())
    }

    async fn decide_notice(&self, provider: Provider, notice: &Notice) -> Result<Change, Error> {
        let (mut payment, head) = self.payment_and_head(notice.payment).await?;
        held_against(&payment, provider, notice)?;
        if payment.status == PaymentStatus::Credited {
            note_second_payment(&payment, notice);
            return Ok(Change::new());
        }
        let (rank, before) = (notice.says.rank(), payment.body.rank);
        let first_word = rank == before && rank == Says::Waiting.rank() && payment.body.paid_by.is_none();
        if rank <= before && !first_word {
            return Ok(Change::new());
        }
        payment.body.rank = rank;
        payment.body.word = Some(notice.word.clone());
        payment.body.paid_by = Some(notice.paid_by.clone());
        payment.coin = notice.coin.clone().or(payment.coin);
        payment.status = status_of(notice.says);
        let mut change = Change::new().advance(Payment::head_key(payment.id), head);
        if let Some(intent) = &notice.intent {
            change = self.name_intent(change, intent, payment.id).await?;
        }
        if notice.says == Says::Paid {
            payment.body.credited_at = Some(self.now().0);
            change = self.credit(change, &payment, notice).await?;
        }
        let change = change.event(event_of(&payment)?);
        Ok(change.row(payment.to_write()?))
    }

    /// The money goes into the wallet, and on into the task it is for.
    async fn credit(&self, change: Change, payment: &Payment, notice: &Notice) -> Result<Change, Error> {
        let Payment { party, provider, asset, amount, .. } = *payment;
        let deposit = Move::deposit(provider, self.lane, party, asset, amount, payment.pocket());
        let again = Refusal::new(Code::Conflict, "this was credited before");
        let change = change
            .take(format!("credited/{provider}/{}", notice.paid_by), payment.id.to_string(), again)
            .moves([deposit]);
        let Some(task) = payment.task else { return Ok(change) };
        match self.funded(task).await {
            Ok(funding) => Ok(joined(change, funding)),
            // The money is in, whatever the task has become: it stays in the wallet.
            Err(Error::Refused(refusal)) => {
                tracing::warn!(payment = %payment.id, %task, %refusal, "a task could not be funded by its invoice");
                Ok(change)
            }
            Err(error) => Err(error),
        }
    }

    /// An invoice of a task is paid: the task's money goes from the wallet into escrow and
    /// the task opens. Refuses a task that waits for no money.
    async fn funded(&self, id: TaskId) -> Result<Change, Error> {
        let task = self.task(id).await?;
        if task.state != State::Unpaid {
            let message = format!("the task is {}", task.state.word());
            return Err(Refusal::new(Code::WrongStatus, message).into());
        }
        let mut turn = Turn::of(self, task);
        if turn.task.spec.terms.asset == Asset::Usd {
            let gross = turn.task.price + turn.task.spec.terms.fee_on_top(turn.task.price);
            let key = spent_key(turn.task.poster, turn.now.utc_day());
            turn.change = std::mem::take(&mut turn.change).add(key, gross);
        }
        self.fund(&mut turn).await?;
        Ok(turn.finish()?.1)
    }

    /// What a chargeback will call the payment.
    async fn name_intent(&self, change: Change, intent: &str, id: PaymentId) -> Result<Change, Error> {
        let key = intent_key(intent);
        if self.db.read().unique(&key).await?.is_some() {
            return Ok(change);
        }
        let taken = Refusal::new(Code::Conflict, "this intent is another payment's");
        Ok(change.take(key, id.to_string(), taken))
    }
}

/// Two payments of one order are for the operator to send back.
fn note_second_payment(payment: &Payment, notice: &Notice) {
    let other = payment.body.paid_by.as_deref() != Some(notice.paid_by.as_str());
    if notice.says == Says::Paid && other {
        let paid_by = &notice.paid_by;
        tracing::warn!(payment = %payment.id, paid_by, "a payment was paid a second time; only the first is credited");
    }
}

/// The unique key of a card payment's intent.
pub(crate) fn intent_key(intent: &str) -> String {
    format!("payment-intent/{intent}")
}

/// Refuses a notice that does not fit the payment it names.
fn held_against(payment: &Payment, provider: Provider, notice: &Notice) -> Result<(), Refusal> {
    if payment.provider != provider {
        return Err(Refusal::not_found("payment"));
    }
    let other = |known: &String| notice.reference.as_ref().is_some_and(|named| named != known);
    if payment.reference.as_ref().is_some_and(other) {
        let message = format!("differs from the one that was opened for payment {}", payment.id);
        return Err(Refusal::field("reference", message));
    }
    let asset = payment.asset.code();
    if notice.currency != asset {
        let message = format!("{:?} differs from {asset} of payment {}", notice.currency, payment.id);
        return Err(Refusal::field("currency", message));
    }
    if notice.amount != payment.amount {
        let (said, asked) =
            (money::format(payment.asset, notice.amount), money::format(payment.asset, payment.amount));
        return Err(Refusal::field(
            "amount",
            format!("{said} differs from {asked} of payment {}", payment.id),
        ));
    }
    Ok(())
}

const fn status_of(says: Says) -> PaymentStatus {
    match says {
        Says::Waiting => PaymentStatus::Pending,
        Says::Confirming(_) => PaymentStatus::Confirming,
        Says::Partly => PaymentStatus::PartiallyPaid,
        Says::Failed => PaymentStatus::Failed,
        Says::Expired => PaymentStatus::Expired,
        Says::Refunded => PaymentStatus::Refunded,
        Says::Paid => PaymentStatus::Credited,
    }
}

/// What happened to a payment, for its party.
pub(crate) fn event_of(payment: &Payment) -> Result<NewEvent, Error> {
    Ok(NewEvent {
        subject: format!("payment/{}", payment.id),
        kind: format!("payment.{}", payment.status.as_str()),
        visibility: Visibility::Parties.as_str().into(),
        body: to_json(&json!({
            "payment": payment.id.to_string(),
            "party": payment.party.to_string(),
            "amount": payment.amount,
            "currency": payment.asset.code(),
            "status": payment.status.as_str(),
            "task": payment.task.map(|task| task.to_string()),
        }))?,
    })
}

/// Two changes as one: the first's money moves first.
fn joined(mut one: Change, other: Change) -> Change {
    one.expect.extend(other.expect);
    one.bump.extend(other.bump);
    one.unique.extend(other.unique);
    one.add.extend(other.add);
    one.moves.extend(other.moves);
    one.rows.extend(other.rows);
    one.events.extend(other.events);
    one.jobs.extend(other.jobs);
    one.done.extend(other.done);
    one
}
