//! The outside world: who brings money in, who takes it out and how they prove it, and who
//! is told of events.
//!
//! The only place for outgoing HTTP. A gateway turns a provider's wire format into a
//! [`Notice`] that [`crate::app`] can decide about, after checking the signature; it
//! moves no money itself. Cards come through Stripe, stablecoins through `NOWPayments`;
//! in test mode the house's own [`test_provider`] stands in for both.

use assay_domain::coin::Coin;
use assay_domain::ids::{PaymentId, Timestamp, WithdrawalId};
use assay_domain::ledger::Provider;
use assay_domain::refusal::{Code, Refusal};

use self::nowpayments::NowPayments;
use self::stripe::Stripe;
use self::test_provider::TestProvider;
use crate::config::Payments;
use crate::error::Error;

pub mod addresses;
pub mod canonical_json;
pub mod client;
pub mod nowpayments;
pub mod signature;
pub mod stripe;
pub mod test_provider;
pub mod webhooks;

/// Who is set up.
pub struct Providers {
    /// Cards, where there is a key.
    pub stripe: Option<Stripe>,
    /// Stablecoins, where there is a key.
    pub nowpayments: Option<NowPayments>,
    /// Both, in test mode.
    pub test: Option<TestProvider>,
}

/// How somebody pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// By card, at a page of the provider's.
    Card,
    /// In stablecoins, at a page of the provider's.
    Invoice,
    /// In stablecoins, to an address.
    Address,
}

impl Method {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Card, Self::Invoice, Self::Address];

    /// As stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Card => "card",
            Self::Invoice => "invoice",
            Self::Address => "address",
        }
    }
}

/// What is to be paid.
#[derive(Clone, Debug)]
pub struct Order {
    /// Our own name of it, which makes asking twice the same as asking once.
    pub payment: PaymentId,
    /// How.
    pub method: Method,
    /// Millionths of a dollar, whole cents.
    pub amount: i64,
    /// The stablecoin, where the payer chose one.
    pub coin: Option<Coin>,
    /// What the payer reads.
    pub title: String,
    /// Where this server is reached from outside.
    pub public_url: String,
}

/// What a provider made of an order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opened {
    /// Its own name of it.
    pub reference: String,
    /// Where the payer goes.
    pub url: Option<String>,
    /// Where the coins go.
    pub pay_address: Option<String>,
    /// How many coins, as the provider wrote it.
    pub pay_amount: Option<String>,
}

/// What a callback was about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// A payment.
    Payment(Notice),
    /// A card payment that goes back.
    Chargeback(Chargeback),
    /// Nothing of ours; why.
    Nothing(&'static str),
}

/// What a provider says of a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Which.
    pub payment: PaymentId,
    /// The provider's name of what was opened, if it says it.
    pub reference: Option<String>,
    /// What came in: the provider's name of it. One is credited once.
    pub paid_by: String,
    /// How it stands.
    pub says: Says,
    /// The provider's own word for that.
    pub word: String,
    /// Millionths of a dollar.
    pub amount: i64,
    /// Of what; anything but `USD` is refused.
    pub currency: String,
    /// The stablecoin it was paid in.
    pub coin: Option<String>,
    /// What a later chargeback names.
    pub intent: Option<String>,
}

/// How a payment stands. A payment goes from one to a later one and never back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Says {
    /// Nothing came in yet.
    Waiting,
    /// On its way: the second number is how far.
    Confirming(u8),
    /// Less came in than was asked for.
    Partly,
    /// Nothing will come in any more.
    Failed,
    /// Nobody paid in time.
    Expired,
    /// The provider sent it back.
    Refunded,
    /// It is there.
    Paid,
}

impl Says {
    /// Where it is on the way. What ended without money can still turn out to be paid.
    pub const fn rank(self) -> i64 {
        match self {
            Self::Waiting => 0,
            Self::Confirming(far) => 1 + far as i64,
            Self::Partly => 100,
            Self::Failed | Self::Expired | Self::Refunded => 101,
            Self::Paid => 102,
        }
    }
}

/// A card payment that the bank or the operator takes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chargeback {
    /// Which payment, if the provider says it.
    pub payment: Option<PaymentId>,
    /// What the payment's notice called its intent.
    pub intent: Option<String>,
    /// The provider's name of the dispute or charge.
    pub reference: String,
    /// The provider's word for it.
    pub word: String,
}

/// What is to be paid out.
#[derive(Clone, Debug)]
pub struct PayoutOrder {
    /// Which withdrawal.
    pub withdrawal: WithdrawalId,
    /// How often it was asked for, from 1; a repeated request of one attempt is the same.
    pub attempt: u32,
    /// The stablecoin.
    pub coin: Coin,
    /// Where to.
    pub address: String,
    /// Millionths of a dollar; paid in coins one for one.
    pub amount: i64,
}

impl PayoutOrder {
    /// The name under which the provider takes it once.
    pub fn external_id(&self) -> String {
        match self.attempt {
            ..=1 => self.withdrawal.to_string(),
            again => format!("{}-{again}", self.withdrawal),
        }
    }
}

/// How a payout stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payout {
    /// The provider's name of it.
    pub reference: String,
    /// How it stands.
    pub stage: Stage,
    /// The provider's own word for that, in lower case.
    pub word: String,
    /// The transaction on the coin's network.
    pub hash: Option<String>,
    /// Why it failed, in the provider's words.
    pub fault: Option<String>,
}

/// How far a payout is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// On its way.
    Processing,
    /// It left.
    Finished,
    /// It did not leave, as far as the provider says now.
    Failed,
}

/// Why a provider did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// No answer, or one that says to come back. Whether it did anything is unknown.
    #[error("out of reach: {0}")]
    Unreachable(String),
    /// It said no.
    #[error("refused with {status}: {why}")]
    Refused {
        /// The status of its answer.
        status: u16,
        /// Its words.
        why: String,
    },
    /// An answer that says something else than its documentation.
    #[error("answered something unexpected: {0}")]
    Unexpected(String),
    /// It is not set up here.
    #[error("{0}")]
    Missing(&'static str),
}

impl ProviderError {
    /// What the caller is told, after the log was told more.
    pub fn into_refusal(self, provider: Provider) -> Error {
        tracing::warn!(%provider, error = %self, "a payment provider did not do what it was asked");
        let message = match self {
            Self::Missing(what) => what.to_owned(),
            Self::Refused { .. } => "the payment provider refused this; nothing was charged".to_owned(),
            _ => "the payment provider did not answer; nothing was charged, try again shortly".to_owned(),
        };
        Refusal::new(Code::ProviderUnavailable, message).into()
    }
}

/// Chooses the cryptography of TLS for the whole process. Every client needs it; calling
/// it again does nothing.
pub fn prepare_tls() {
    // An error says that it was chosen already.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

impl Providers {
    /// Those of the settings; the test provider where there are none.
    pub fn of(payments: &Payments, test_secret: Vec<u8>) -> Result<Self, String> {
        let rules = &payments.rules;
        let stripe = payments.stripe.as_ref().map(|secrets| Stripe::new(secrets, rules)).transpose()?;
        let coins = payments.nowpayments.as_ref();
        let nowpayments = coins.map(|secrets| NowPayments::new(secrets, rules)).transpose()?;
        let test = (!payments.is_live()).then(|| TestProvider::new(test_secret));
        Ok(Self { stripe, nowpayments, test })
    }

    /// Who takes payments of this kind.
    pub fn provider_for(&self, method: Method) -> Result<Provider, Refusal> {
        if self.test.is_some() {
            return Ok(Provider::Test);
        }
        let (set_up, provider, what) = match method {
            Method::Card => (self.stripe.is_some(), Provider::Stripe, "cards"),
            _ => (self.nowpayments.is_some(), Provider::NowPayments, "stablecoins"),
        };
        let missing = || Refusal::new(Code::ProviderUnavailable, format!("this server takes no {what}"));
        set_up.then_some(provider).ok_or_else(missing)
    }

    /// Asks for a page or an address to pay at.
    pub async fn open(&self, provider: Provider, order: &Order) -> Result<Opened, ProviderError> {
        match provider {
            Provider::Test => Ok(self.test()?.open(order)),
            Provider::Stripe => self.stripe()?.open(order).await,
            Provider::NowPayments => self.nowpayments()?.open(order).await,
        }
    }

    /// Asks how a payment stands. `reference` is what was opened, `paid_by` what came in.
    pub async fn look(
        &self,
        provider: Provider,
        reference: &str,
        paid_by: Option<&str>,
    ) -> Result<Heard, ProviderError> {
        match provider {
            // Its payments are paid by a callback, so it has nothing to add.
            Provider::Test => Ok(Heard::Nothing("the test provider calls back at once")),
            Provider::Stripe => self.stripe()?.look(reference).await,
            Provider::NowPayments => self.nowpayments()?.look(paid_by.unwrap_or(reference)).await,
        }
    }

    /// Checks a callback's signature and reads it.
    pub fn hear(
        &self,
        provider: Provider,
        body: &[u8],
        signature: &str,
        now: Timestamp,
    ) -> Result<Heard, Refusal> {
        let absent = |_: ProviderError| Refusal::not_found("payment provider");
        match provider {
            Provider::Test => self.test().map_err(absent)?.hear(body, signature, now),
            Provider::Stripe => self.stripe().map_err(absent)?.hear(body, signature, now),
            Provider::NowPayments => self.nowpayments().map_err(absent)?.hear(body, signature),
        }
    }

    /// Who pays out.
    pub fn provider_of_payouts(&self) -> Result<Provider, Refusal> {
        self.provider_for(Method::Address)
    }

    /// Asks for a payout. Asking again with the same attempt is the same payout.
    pub async fn pay_out(&self, provider: Provider, order: &PayoutOrder) -> Result<Payout, ProviderError> {
        match provider {
            Provider::Test => Ok(self.test()?.pay_out(order)),
            _ => self.nowpayments()?.pay_out(order).await,
        }
    }

    /// Asks how a payout stands.
    pub async fn payout(&self, provider: Provider, reference: &str) -> Result<Payout, ProviderError> {
        match provider {
            Provider::Test => Ok(self.test()?.payout(reference)),
            _ => self.nowpayments()?.payout(reference).await,
        }
    }

    /// The coins that can be paid in now.
    pub async fn coins(&self) -> Result<Vec<Coin>, ProviderError> {
        match &self.nowpayments {
            Some(provider) => provider.coins().await,
            None => self.test().map(|_| Coin::ALL.to_vec()),
        }
    }

    pub(crate) fn test(&self) -> Result<&TestProvider, ProviderError> {
        self.test.as_ref().ok_or(ProviderError::Missing("the test provider pays in test mode alone"))
    }

    fn stripe(&self) -> Result<&Stripe, ProviderError> {
        self.stripe.as_ref().ok_or(ProviderError::Missing("this server takes no cards"))
    }

    fn nowpayments(&self) -> Result<&NowPayments, ProviderError> {
        self.nowpayments.as_ref().ok_or(ProviderError::Missing("this server takes no stablecoins"))
    }
}
