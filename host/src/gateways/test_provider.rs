//! The house's own payment provider, for test mode: it takes cards and stablecoins, and
//! pays out, all of it play money.
//!
//! It signs as Stripe does, so that what credits a test deposit is what credits a real
//! one.

use assay_domain::coin::{AddressForm, Coin};
use assay_domain::ids::Timestamp;
use assay_domain::money::{self, Asset};
use assay_domain::refusal::{Code, Refusal};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{Heard, Notice, Opened, Order, Payout, PayoutOrder, Says, Stage, signature};

/// The test provider.
pub struct TestProvider {
    secret: Vec<u8>,
}

/// A payment went through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The payment's id.
    pub payment: String,
    /// Smallest unit.
    pub amount: i64,
    /// `USD`.
    pub currency: String,
}

impl TestProvider {
    /// One that signs with this secret.
    pub const fn new(secret: Vec<u8>) -> Self {
        Self { secret }
    }

    /// A page to pay at, and for an address one that looks like the coin's.
    pub fn open(&self, order: &Order) -> Opened {
        let by_address = order.method == super::Method::Address;
        let address =
            order.coin.filter(|_| by_address).map(|coin| play_address(coin, &order.payment.to_string()));
        Opened {
            reference: format!("test-{}", order.payment),
            url: Some(format!("{}/test/payments/{}", order.public_url, order.payment)),
            pay_amount: address.is_some().then(|| money::format(Asset::Usd, order.amount)),
            pay_address: address,
        }
    }

    /// What the provider sends when somebody pays: body and signature.
    pub fn send(&self, event: &Event, now: Timestamp) -> (Vec<u8>, String) {
        let body = serde_json::to_vec(event).unwrap_or_default();
        let signature = signature::sign(&body, &self.secret, now.0 / 1000);
        (body, signature)
    }

    /// What the house makes of it: a notice, if the signature is right and fresh.
    pub fn hear(&self, body: &[u8], header: &str, now: Timestamp) -> Result<Heard, Refusal> {
        signature::verify(body, header, &self.secret, now)?;
        let event: Event = serde_json::from_slice(body)
            .map_err(|error| Refusal::new(Code::InvalidJson, format!("the callback's body: {error}")))?;
        let payment =
            event.payment.parse().map_err(|_| Refusal::field("payment", "is not a payment's id"))?;
        Ok(Heard::Payment(Notice {
            payment,
            reference: None,
            paid_by: format!("test-{}", event.payment),
            says: Says::Paid,
            word: "paid".into(),
            amount: event.amount,
            currency: event.currency,
            coin: None,
            intent: None,
        }))
    }

    /// Takes a payout on.
    pub fn pay_out(&self, order: &PayoutOrder) -> Payout {
        let reference = format!("test-{}", order.external_id());
        Payout { reference, stage: Stage::Processing, word: "processing".into(), hash: None, fault: None }
    }

    /// A payout that was taken on is done when somebody asks.
    pub fn payout(&self, reference: &str) -> Payout {
        Payout {
            reference: reference.into(),
            stage: Stage::Finished,
            word: "finished".into(),
            hash: Some(hex::encode(Sha256::digest(reference))),
            fault: None,
        }
    }
}

/// An address of the coin's form that belongs to nobody.
fn play_address(coin: Coin, seed: &str) -> String {
    const BASE_58: &[u8] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    let digest: Vec<u8> = Sha256::digest(seed).into_iter().chain(Sha256::digest(coin.code)).collect();
    let letters = |count: usize| {
        let letter = |byte: &u8| char::from(BASE_58[usize::from(*byte) % BASE_58.len()]);
        digest.iter().take(count).map(letter).collect::<String>()
    };
    match coin.form {
        AddressForm::Ethereum => format!("0x{}", hex::encode(&digest[..20])),
        AddressForm::Tron => format!("T{}", letters(33)),
        AddressForm::Solana => letters(44),
    }
}
