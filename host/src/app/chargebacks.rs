//! Card payments that the bank takes back. What is left of the party's card money is held
//! apart, the operator is told, and decides when the bank has.

use assay_db::entities::payments::ChargebackRow;
use assay_db::{Change, Key, NewEvent, Record as _, Reply};
use assay_domain::ids::{PartyId, PaymentId, Timestamp};
use assay_domain::ledger::{Account, Draw, Holder, Land, Move, Pocket, Provider, Reason};
use assay_domain::money::{self, Asset};
use assay_domain::refusal::{Code, Refusal};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::crediting::intent_key;
use super::payments::{Payment, PaymentStatus, parsed};
use super::task::{from_json, to_json};
use super::{Answer, App, Ask};
use crate::error::Error;
use crate::gateways;

/// A card payment that goes back.
#[derive(Clone, Debug)]
pub struct Chargeback {
    /// Which payment.
    pub payment: PaymentId,
    /// Whose.
    pub party: PartyId,
    /// `open` or `released`.
    pub status: String,
    /// What was frozen for it, in millionths of a dollar.
    pub frozen: i64,
    /// When it was heard of.
    pub created_at: Timestamp,
    /// The rest.
    pub body: Body,
}

/// What is kept of a chargeback besides.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Body {
    /// The provider's word.
    pub word: String,
    /// The provider's name of the dispute or charge.
    pub reference: String,
    /// The payment's amount, in millionths of a dollar.
    pub amount: i64,
    /// What the bank took, in the end.
    #[serde(default)]
    pub taken_back: Option<i64>,
    /// Milliseconds.
    #[serde(default)]
    pub released_at: Option<i64>,
}

/// What came of a release.
#[derive(Clone, Debug)]
pub struct Released {
    /// Whose money.
    pub party: PartyId,
    /// What the bank took, in millionths of a dollar.
    pub taken_back: i64,
    /// What went back into the wallet.
    pub released: i64,
}

fn head_key(party: PartyId) -> Key {
    Key::head("chargebacks", party)
}

impl App {
    pub(crate) async fn take_chargeback(&self, heard: &gateways::Chargeback) -> Result<(), Error> {
        let id = if let Some(id) = heard.payment {
            id
        } else {
            let intent = intent_key(heard.intent.as_deref().unwrap_or_default());
            let named = self.db.read().unique(&intent).await?;
            // It may be that the payment itself was not heard of yet; refused, it comes again.
            parsed("payment", &named.ok_or_else(|| Refusal::not_found("payment"))?)?
        };
        let answer = self.settle(None, || self.decide_chargeback(id, heard)).await?;
        // A repeated one changes nothing and is told to nobody.
        if answer.reply.status == 201 {
            self.metrics.chargeback();
            tracing::warn!(payment = %id, reference = heard.reference, "a card payment was charged back");
        }
        Ok(())
    }

    async fn decide_chargeback(&self, id: PaymentId, notice: &gateways::Chargeback) -> Result<Change, Error> {
        let (payment, head) = self.payment_and_head(id).await?;
        if payment.provider != Provider::Stripe {
            return Err(Refusal::not_found("payment").into());
        }
        if payment.status != PaymentStatus::Credited {
            let message = format!("payment {id} is {}: nothing to take back yet", payment.status.as_str());
            return Err(Refusal::new(Code::WrongStatus, message).into());
        }
        let read = self.db.read();
        let known = read.one::<ChargebackRow>("payment = $1", &[id.to_string().into()]).await?;
        if known.is_some() {
            return Ok(Change::new());
        }
        let party = payment.party;
        let heads = read.cell(&head_key(party)).await?;
        let wallet = usd(Holder::Party(party));
        let left = read.balance(&wallet).await?;
        let body = Body {
            word: notice.word.clone(),
            reference: notice.reference.clone(),
            amount: payment.amount,
            taken_back: None,
            released_at: None,
        };
        let row = ChargebackRow {
            payment: id.to_string(),
            party: party.to_string(),
            status: "open".into(),
            frozen: left,
            created_at: self.now().0,
            body: to_json(&body)?,
        };
        Ok(Change::new()
            .advance(Payment::head_key(id), head)
            .advance(head_key(party), heads)
            .expect(Key::balance(&wallet), left)
            .moves([shift(Holder::Party(party), Holder::Frozen(party), left, Reason::Freeze)])
            .row(row.insert())
            .event(told(&payment, left)?)
            .reply(|_| Reply { status: 201, ..Reply::default() }))
    }

    /// The chargebacks that the operator has not decided about, oldest first.
    pub async fn chargebacks(&self, cursor: Option<&str>, limit: usize) -> Result<Vec<Chargeback>, Error> {
        const OPEN: &str = "status = 'open' and payment > $1 order by payment limit $2";
        let values = [cursor.unwrap_or_default().into(), i64::try_from(limit).unwrap_or(i64::MAX).into()];
        let rows = self.db.read().many::<ChargebackRow>(OPEN, &values).await?;
        rows.iter().map(Chargeback::from_row).collect()
    }

    /// Ends all chargebacks of a party: `taken_back` of what was frozen went to the bank,
    /// the rest goes back into the wallet.
    pub async fn release_chargebacks(
        &self,
        ask: &Ask,
        party: PartyId,
        taken_back: i64,
        render: fn(&Released) -> Reply,
    ) -> Result<Answer, Error> {
        const OPEN: &str = "party = $1 and status = 'open' order by payment";
        self.settle(ask.once.as_ref(), || async move {
            let read = self.db.read();
            let head = read.cell(&head_key(party)).await?;
            let rows = read.many::<ChargebackRow>(OPEN, &[party.to_string().into()]).await?;
            if rows.is_empty() {
                return Err(Refusal::not_found("open chargeback of this party").into());
            }
            let purse = usd(Holder::Frozen(party));
            let frozen = read.balance(&purse).await?;
            if taken_back > frozen {
                let message = format!("must be at most the {} frozen", money::format(Asset::Usd, frozen));
                let refusal = Refusal::field("taken_back", message);
                return Err(Refusal { code: Code::PriceOutOfRange, ..refusal }.into());
            }
            let lost = Move {
                land: Land::In(Pocket::Free),
                ..shift(
                    Holder::Frozen(party),
                    Holder::Clearing(Provider::Stripe, self.lane),
                    taken_back,
                    Reason::Chargeback,
                )
            };
            let rest =
                shift(Holder::Frozen(party), Holder::Party(party), frozen - taken_back, Reason::Unfreeze);
            let mut change = Change::new()
                .advance(head_key(party), head)
                .expect(Key::balance(&purse), frozen)
                .moves([lost, rest]);
            for row in rows {
                let mut body: Body = from_json("chargeback", &row.body)?;
                body.taken_back = Some(taken_back);
                body.released_at = Some(self.now().0);
                change = change
                    .row(ChargebackRow { status: "released".into(), body: to_json(&body)?, ..row }.upsert());
            }
            let released = Released { party, taken_back, released: frozen - taken_back };
            Ok(change.reply(move |_| render(&released)))
        })
        .await
    }
}

impl Chargeback {
    fn from_row(row: &ChargebackRow) -> Result<Self, Error> {
        Ok(Self {
            payment: parsed("payment", &row.payment)?,
            party: parsed("party", &row.party)?,
            status: row.status.clone(),
            frozen: row.frozen,
            created_at: Timestamp(row.created_at),
            body: from_json("chargeback", &row.body)?,
        })
    }
}

/// Card money of a holder.
const fn usd(holder: Holder) -> Account {
    Account { holder, asset: Asset::Usd, pocket: Pocket::Spend }
}

const fn shift(from: Holder, to: Holder, amount: i64, reason: Reason) -> Move {
    Move {
        from,
        to,
        asset: Asset::Usd,
        amount,
        draw: Draw::Only(Pocket::Spend),
        land: Land::SamePocket,
        reason,
        task: None,
    }
}

/// The operator's own line in the journal.
fn told(payment: &Payment, frozen: i64) -> Result<NewEvent, Error> {
    Ok(NewEvent {
        subject: "operator".into(),
        kind: "payment.charged_back".into(),
        visibility: "operator".into(),
        body: to_json(&json!({
            "payment": payment.id.to_string(),
            "party": payment.party.to_string(),
            "amount": payment.amount,
            "frozen": frozen,
        }))?,
    })
}
