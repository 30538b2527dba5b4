//! Money on its way in. A deposit never mints money: it opens a payment, and only the
//! provider's word for it credits it, once ([`super::crediting`]).
//!
//! The row is committed before the provider is asked, so that no callback can be about a
//! payment nobody knows; the provider is asked under the payment's own id, so that asking
//! again is the same order.

use assay_db::entities::payments::PaymentRow;
use assay_db::{Change, Key, Once, Record as _, Reply, Write};
use assay_domain::coin::Coin;
use assay_domain::ids::{PartyId, PaymentId, TaskId, Timestamp};
use assay_domain::ledger::{Pocket, Provider};
use assay_domain::money::Asset;
use assay_domain::refusal::{Code, Refusal};
use serde::{Deserialize, Serialize};

use super::task::{from_json, to_json};
use super::{Answer, App, Ask, Caller};
use crate::error::Error;
use crate::gateways::{Method, Opened, Order};

/// What somebody wants to pay in.
#[derive(Clone, Copy, Debug)]
pub struct Intent {
    /// Millionths of a dollar, whole cents.
    pub amount: i64,
    /// How.
    pub method: Method,
    /// The stablecoin, where the payer chose one.
    pub coin: Option<Coin>,
    /// The task that is funded as soon as the money is there.
    pub task: Option<TaskId>,
}

/// A payment.
#[derive(Clone, Debug)]
pub struct Payment {
    /// Which.
    pub id: PaymentId,
    /// Whose wallet.
    pub party: PartyId,
    /// Through whom.
    pub provider: Provider,
    /// What is paid in.
    pub asset: Asset,
    /// In the smallest unit.
    pub amount: i64,
    /// How it stands.
    pub status: PaymentStatus,
    /// The stablecoin, where it is known.
    pub coin: Option<String>,
    /// The provider's own name of it.
    pub reference: Option<String>,
    /// The task it pays for.
    pub task: Option<TaskId>,
    /// When it was opened.
    pub created_at: Timestamp,
    /// The rest.
    pub body: Body,
}

/// What is kept of a payment besides.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Body {
    /// `card`, `invoice` or `address`; empty, as before there were others, is by card.
    pub method: String,
    /// Where to pay.
    pub url: Option<String>,
    /// Where to send coins.
    pub pay_address: Option<String>,
    /// How many.
    pub pay_amount: Option<String>,
    /// What came in: the provider's name of it.
    pub paid_by: Option<String>,
    /// The provider's latest word.
    pub word: Option<String>,
    /// How far it is; see [`crate::gateways::Says::rank`].
    pub rank: i64,
    /// Milliseconds.
    pub credited_at: Option<i64>,
}

/// How a payment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentStatus {
    /// Opened, nothing heard.
    Pending,
    /// The provider waits for its own confirmations.
    Confirming,
    /// Less came in than was asked for; nothing is credited.
    PartiallyPaid,
    /// In the wallet.
    Credited,
    /// Nothing came in.
    Failed,
    /// Not paid in time.
    Expired,
    /// The provider sent it back.
    Refunded,
}

impl PaymentStatus {
    const ALL: [Self; 7] = [
        Self::Pending,
        Self::Confirming,
        Self::PartiallyPaid,
        Self::Credited,
        Self::Failed,
        Self::Expired,
        Self::Refunded,
    ];

    /// As stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Confirming => "confirming",
            Self::PartiallyPaid => "partially_paid",
            Self::Credited => "credited",
            Self::Failed => "failed",
            Self::Expired => "expired",
            Self::Refunded => "refunded",
        }
    }
}

impl App {
    /// Opens a payment into the caller's wallet. A repeated request gets the first answer.
    pub async fn open_payment(
        &self,
        ask: &Ask,
        intent: &Intent,
        render: impl Fn(&Payment) -> Reply + Clone + Send + Sync + 'static,
    ) -> Result<Answer, Error> {
        if let Some(answer) = self.answered(ask.once.as_ref()).await? {
            return Ok(answer);
        }
        let payment = self.begin_payment(&ask.caller, ask.once.as_ref(), intent).await?;
        let opened = &self.ask_to_open(&payment).await?;
        let render = &render;
        self.settle(ask.once.as_ref(), || async move {
            let (payment, change) = self.decide_opened(payment.id, opened).await?;
            let render = render.clone();
            Ok(change.reply(move |_| render(&payment)))
        })
        .await
    }

    /// Opens a payment for a verb that renders more than the payment, such as a task that
    /// is paid by invoice. `once` is the verb's own key, so that repeating it opens no
    /// second one.
    pub async fn invoice(
        &self,
        caller: &Caller,
        once: Option<&Once>,
        intent: &Intent,
    ) -> Result<Payment, Error> {
        let payment = self.begin_payment(caller, once, intent).await?;
        if payment.reference.is_some() {
            return Ok(payment);
        }
        let opened = &self.ask_to_open(&payment).await?;
        self.settle(None, || async move { Ok(self.decide_opened(payment.id, opened).await?.1) }).await?;
        self.payment(payment.id).await
    }

    /// Commits the row of a new payment, or finds the one that an earlier try of the same
    /// request left without an answer.
    async fn begin_payment(
        &self,
        caller: &Caller,
        once: Option<&Once>,
        intent: &Intent,
    ) -> Result<Payment, Error> {
        let provider = self.payment_providers.provider_for(intent.method)?;
        if let (Provider::Stripe, Some(stripe)) = (provider, &self.payment_providers.stripe) {
            stripe.check_amount(intent.amount)?;
        }
        let mut slot = once.map(|once| begun("payment", once));
        if let Some(name) = &slot
            && let Some(left) = self.db.read().unique(name).await?
        {
            let left = self.payment(parsed("payment", &left)?).await?;
            if left.reference.is_none() && left.status == PaymentStatus::Pending {
                return Ok(left);
            }
            slot = None;
        }
        let payment = Payment {
            id: PaymentId(self.clock.id()),
            party: caller.party,
            provider,
            asset: Asset::Usd,
            amount: intent.amount,
            status: PaymentStatus::Pending,
            coin: intent.coin.map(|coin| coin.code.to_owned()),
            reference: None,
            task: intent.task,
            created_at: self.now(),
            body: Body { method: intent.method.as_str().into(), ..Body::default() },
        };
        let (row, slot) = (&payment, &slot);
        self.settle(None, || async move {
            let change = Change::new().row(row.to_row()?.insert());
            let Some(slot) = slot else { return Ok(change) };
            let busy = Refusal::new(
                Code::IdempotencyInProgress,
                "the first request with this key is being worked on",
            );
            Ok(change.take(slot.clone(), row.id.to_string(), busy))
        })
        .await?;
        Ok(payment)
    }

    async fn ask_to_open(&self, payment: &Payment) -> Result<Opened, Error> {
        let order = Order {
            payment: payment.id,
            method: payment.method(),
            amount: payment.amount,
            coin: payment.coin.as_deref().and_then(Coin::parse),
            title: match payment.task {
                Some(task) => format!("Assay task {task}"),
                None => "Assay deposit".into(),
            },
            public_url: self.public_url(),
        };
        let opened = self.payment_providers.open(payment.provider, &order).await;
        opened.map_err(|error| error.into_refusal(payment.provider))
    }

    /// Keeps what the provider made of it. The first answer stays.
    async fn decide_opened(&self, id: PaymentId, opened: &Opened) -> Result<(Payment, Change), Error> {
        let (mut payment, head) = self.payment_and_head(id).await?;
        if payment.reference.is_some() {
            return Ok((payment, Change::new()));
        }
        payment.reference = Some(opened.reference.clone());
        payment.body.url.clone_from(&opened.url);
        payment.body.pay_address.clone_from(&opened.pay_address);
        payment.body.pay_amount.clone_from(&opened.pay_amount);
        let change = Change::new().advance(Payment::head_key(id), head).row(payment.to_write()?);
        Ok((payment, change))
    }

    /// A payment by id.
    pub async fn payment(&self, id: PaymentId) -> Result<Payment, Error> {
        Ok(self.payment_and_head(id).await?.0)
    }

    pub(crate) async fn payment_and_head(&self, id: PaymentId) -> Result<(Payment, i64), Error> {
        let read = self.db.read();
        let head = read.cell(&Payment::head_key(id)).await?;
        let row = read.one::<PaymentRow>("id = $1", &[id.to_string().into()]).await?;
        Ok((Payment::from_row(&row.ok_or_else(|| Refusal::not_found("payment"))?)?, head))
    }

    /// A payment that the caller may see, by our id or by the provider's name of it.
    pub async fn payment_of(&self, caller: &Caller, name: &str) -> Result<Payment, Error> {
        let payment = if let Ok(id) = name.parse() {
            self.payment(id).await?
        } else {
            const NAMED: &str = "reference = $1 order by id desc limit 1";
            let missing = || Refusal::not_found("payment");
            let row = self.db.read().one::<PaymentRow>(NAMED, &[searchable(name, missing)?]).await?;
            Payment::from_row(&row.ok_or_else(missing)?)?
        };
        if !self.speaks_for(caller, payment.party).await? {
            let message = "only the payer, its owner and the operator may see a payment";
            return Err(Refusal::new(Code::NotAParty, message).into());
        }
        Ok(payment)
    }

    /// The payments for a task, newest first.
    pub async fn payments_of_task(&self, task: TaskId) -> Result<Vec<Payment>, Error> {
        const OF_TASK: &str = "task = $1 order by id desc limit 100";
        let rows = self.db.read().many::<PaymentRow>(OF_TASK, &[task.to_string().into()]).await?;
        rows.iter().map(Payment::from_row).collect()
    }
}

impl Payment {
    pub(crate) fn head_key(id: PaymentId) -> Key {
        Key::head("payment", id)
    }

    /// How it is paid.
    pub fn method(&self) -> Method {
        let known = Method::ALL.into_iter().find(|method| method.as_str() == self.body.method);
        known.unwrap_or(Method::Card)
    }

    /// Where the money lands. Card money may be charged back, so it can be spent here and
    /// not withdrawn.
    pub fn pocket(&self) -> Pocket {
        match self.method() {
            Method::Card => Pocket::Spend,
            Method::Invoice | Method::Address => Pocket::Free,
        }
    }

    pub(crate) fn to_write(&self) -> Result<Write, Error> {
        Ok(self.to_row()?.upsert())
    }

    fn to_row(&self) -> Result<PaymentRow, Error> {
        Ok(PaymentRow {
            id: self.id.to_string(),
            party: self.party.to_string(),
            provider: self.provider.to_string(),
            asset: self.asset.code().into(),
            amount: self.amount,
            status: self.status.as_str().into(),
            coin: self.coin.clone(),
            reference: self.reference.clone(),
            task: self.task.map(|task| task.to_string()),
            created_at: self.created_at.0,
            body: to_json(&self.body)?,
        })
    }

    pub(crate) fn from_row(row: &PaymentRow) -> Result<Self, Error> {
        let impossible = |what: &str| Error::Internal(format!("payment {}: impossible {what}", row.id));
        let provider = Provider::ALL.into_iter().find(|provider| provider.as_str() == row.provider);
        let status = PaymentStatus::ALL.into_iter().find(|status| status.as_str() == row.status);
        Ok(Self {
            id: parsed("payment", &row.id)?,
            party: row.party.parse().map_err(|_| impossible("party"))?,
            provider: provider.ok_or_else(|| impossible("provider"))?,
            asset: Asset::parse(&row.asset).ok_or_else(|| impossible("asset"))?,
            amount: row.amount,
            status: status.ok_or_else(|| impossible("status"))?,
            coin: row.coin.clone(),
            reference: row.reference.clone(),
            task: row.task.as_deref().map(str::parse).transpose().map_err(|_| impossible("task"))?,
            created_at: Timestamp(row.created_at),
            body: from_json("payment", &row.body)?,
        })
    }
}

/// An id that we wrote ourselves.
pub(crate) fn parsed<T: std::str::FromStr>(what: &str, text: &str) -> Result<T, Error> {
    text.parse().map_err(|_| Error::Internal(format!("{what} {text:?}: impossible id")))
}

/// A provider's name of something, as the database can be asked for it: no name has
/// control characters, and one of them no text column can hold.
pub(crate) fn searchable(name: &str, missing: impl Fn() -> Refusal) -> Result<assay_db::Value, Refusal> {
    if name.chars().any(char::is_control) { Err(missing()) } else { Ok(name.into()) }
}

/// The unique key of what a request began, so that the same request finds it when the first
/// try was not answered.
pub(crate) fn begun(what: &str, once: &Once) -> String {
    format!("{what}-opening/{}/{}", once.key, hex::encode(&once.body_hash))
}
