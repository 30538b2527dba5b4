//! Money on its way in. A deposit never mints money: it opens a payment, and only a
//! provider's signed callback credits it, once.

use assay_db::entities::PaymentRow;
use assay_db::{Change, Key, Record as _, Reply};
use assay_domain::ids::{PartyId, PaymentId, Timestamp};
use assay_domain::ledger::{Move, Pocket, Provider};
use assay_domain::money::Asset;
use assay_domain::refusal::{Code, Refusal};
use serde_json::json;

use super::events::tell_party;
use super::{Answer, App, Ask};
use crate::error::Error;
use crate::gateways::test_provider::{self, Event};

/// A payment.
#[derive(Clone, Debug)]
pub struct Payment {
    /// Which.
    pub id: PaymentId,
    /// Whose wallet.
    pub party: PartyId,
    /// What is paid in.
    pub asset: Asset,
    /// In the smallest unit.
    pub amount: i64,
    /// `pending` or `credited`.
    pub status: String,
    /// When it was opened.
    pub created_at: Timestamp,
}

impl App {
    /// Opens a deposit. The money is there once the provider says so.
    pub async fn open_deposit(
        &self,
        ask: &Ask,
        amount: i64,
        render: impl Fn(&Payment) -> Reply + Clone + Send + Sync + 'static,
    ) -> Result<Answer, Error> {
        let render = &render;
        self.settle(ask.once.as_ref(), || async move {
            let payment = Payment {
                id: PaymentId(self.clock.id()),
                party: ask.caller.party,
                asset: Asset::Usd,
                amount,
                status: "pending".into(),
                created_at: self.now(),
            };
            let render = render.clone();
            Ok(Change::new().row(payment.to_row().insert()).reply(move |_| render(&payment)))
        })
        .await
    }

    /// A payment by id.
    pub async fn payment(&self, id: PaymentId) -> Result<Payment, Error> {
        let row = self.db.read().one::<PaymentRow>("id = $1", &[id.to_string().into()]).await?;
        Payment::from_row(&row.ok_or_else(|| Refusal::not_found("payment"))?)
    }

    /// Somebody pays at the test provider's page: the provider makes a signed event of
    /// it and sends it the way a real one would.
    pub async fn pay_at_test_provider(&self, id: PaymentId) -> Result<Payment, Error> {
        let payment = self.payment(id).await?;
        let event =
            Event { payment: id.to_string(), amount: payment.amount, currency: payment.asset.code().into() };
        let (body, signature) = test_provider::send(&event, &self.provider_secret, self.now());
        self.take_callback(&body, &signature).await?;
        self.payment(id).await
    }

    /// A provider's callback: verified, compared with the payment it names, credited
    /// once. Repeated events change nothing.
    pub async fn take_callback(&self, body: &[u8], signature: &str) -> Result<(), Error> {
        let event = test_provider::receive(body, signature, &self.provider_secret, self.now())?;
        let id: PaymentId =
            event.payment.parse().map_err(|_| Refusal::field("payment", "is not a payment's id"))?;
        self.settle(None, || self.decide_credit(id, &event)).await?;
        Ok(())
    }

    async fn decide_credit(&self, id: PaymentId, event: &Event) -> Result<Change, Error> {
        let head_key = Key::head("payment", id);
        let head = self.db.read().cells(std::slice::from_ref(&head_key)).await?[0];
        let payment = self.payment(id).await?;
        if event.amount != payment.amount || event.currency != payment.asset.code() {
            tracing::warn!(payment = %id, "a callback with another amount or currency was refused");
            return Err(Refusal::new(Code::InvalidField, "amount: differs from the payment's").into());
        }
        if payment.status == "credited" {
            return Ok(Change::new());
        }
        let credited = Payment { status: "credited".into(), ..payment };
        // Card money may be charged back, so it can be spent here and not withdrawn.
        let deposit = Move::deposit(
            Provider::Test,
            self.lane,
            credited.party,
            credited.asset,
            credited.amount,
            Pocket::Spend,
        );
        let change = Change::new().advance(head_key, head).moves([deposit]).row(credited.to_row().upsert());
        let facts = json!({
            "payment": id.to_string(),
            "amount": credited.amount,
            "currency": credited.asset.code(),
        });
        tell_party(change, credited.party, "payment.credited", &facts)
    }
}

impl Payment {
    fn to_row(&self) -> PaymentRow {
        PaymentRow {
            id: self.id.to_string(),
            party: self.party.to_string(),
            provider: Provider::Test.to_string(),
            asset: self.asset.code().into(),
            amount: self.amount,
            status: self.status.clone(),
            created_at: self.created_at.0,
            body: b"{}".to_vec(),
        }
    }

    fn from_row(row: &PaymentRow) -> Result<Self, Error> {
        let impossible = |what: &str| Error::Internal(format!("payment {}: impossible {what}", row.id));
        Ok(Self {
            id: row.id.parse().map_err(|_| impossible("id"))?,
            party: row.party.parse().map_err(|_| impossible("party"))?,
            asset: Asset::parse(&row.asset).ok_or_else(|| impossible("asset"))?,
            amount: row.amount,
            status: row.status.clone(),
            created_at: Timestamp(row.created_at),
        })
    }
}
