//! `NOWPayments`: stablecoins in and out.

use std::collections::BTreeMap;

use assay_domain::coin::Coin;
use assay_domain::ids::PaymentId;
use assay_domain::money::{self, Asset};
use assay_domain::refusal::{Code, Refusal};
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::Method as Verb;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use sha2::Sha512;

use super::canonical_json::canonical;
use super::client::Client;
use super::{Heard, Method, Notice, Opened, Order, Payout, PayoutOrder, ProviderError, Says, Stage};
use crate::config::{NowPaymentsSecrets, PaymentRules, PayoutAccount, Secret};

/// `NOWPayments`.
pub struct NowPayments {
    client: Client,
    ipn: Secret,
    account: Option<PayoutAccount>,
}

impl NowPayments {
    /// A client with the account's key.
    pub fn new(secrets: &NowPaymentsSecrets, rules: &PaymentRules) -> Result<Self, String> {
        let headers = [("x-api-key", secrets.key.clone())];
        Ok(Self {
            client: Client::new(&rules.nowpayments_base_url, &headers, rules)?,
            ipn: secrets.ipn.clone(),
            account: secrets.payouts.clone(),
        })
    }

    /// Opens an invoice, or a payment to an address.
    pub async fn open(&self, order: &Order) -> Result<Opened, ProviderError> {
        let page = format!("{}/payments/return", order.public_url);
        let mut body = json!({
            "price_amount": number(order.amount),
            "price_currency": "usd",
            "order_id": order.payment.to_string(),
            "order_description": order.title,
            "ipn_callback_url": format!("{}/webhooks/nowpayments", order.public_url),
        });
        if let Some(coin) = order.coin {
            body["pay_currency"] = coin.code.to_lowercase().into();
        }
        let address = order.method == Method::Address;
        if !address {
            body["success_url"] = format!("{page}?outcome=success").into();
            body["cancel_url"] = format!("{page}?outcome=cancelled").into();
        }
        let path = if address { "/v1/payment" } else { "/v1/invoice" };
        let made = self.client.ask(self.client.request(Verb::POST, path).json(&body)).await?;
        let missing = |what: &str| ProviderError::Unexpected(format!("no {what} in the answer"));
        if address {
            return Ok(Opened {
                reference: token(&made["payment_id"]).ok_or_else(|| missing("payment_id"))?,
                url: None,
                pay_address: Some(token(&made["pay_address"]).ok_or_else(|| missing("pay_address"))?),
                pay_amount: token(&made["pay_amount"]),
            });
        }
        Ok(Opened {
            reference: token(&made["id"]).ok_or_else(|| missing("id"))?,
            url: Some(token(&made["invoice_url"]).ok_or_else(|| missing("invoice_url"))?),
            ..Opened::default()
        })
    }

    /// Asks how a payment stands. An invoice that nobody chose a coin for has no payment
    /// yet, which is no answer about it.
    pub async fn look(&self, reference: &str) -> Result<Heard, ProviderError> {
        let path = format!("/v1/payment/{reference}");
        match self.client.ask(self.client.request(Verb::GET, &path)).await {
            Ok(payment) => {
                let unexpected = |refusal: Refusal| ProviderError::Unexpected(refusal.message);
                notice(&payment.to_string()).map_err(unexpected)
            }
            Err(ProviderError::Refused { status: 404, .. }) => Ok(Heard::Nothing("nothing was paid yet")),
            Err(error) => Err(error),
        }
    }

    /// Checks a callback's signature and reads it.
    pub fn hear(&self, body: &[u8], signature: &str) -> Result<Heard, Refusal> {
        let text = verify(body, signature, self.ipn.reveal())?;
        notice(text)
    }

    /// Which coins it takes now, of those that are known here.
    pub async fn coins(&self) -> Result<Vec<Coin>, ProviderError> {
        let answer = self.client.ask(self.client.request(Verb::GET, "/v1/currencies")).await?;
        let names = answer["currencies"].as_array().into_iter().flatten();
        let mut taken: Vec<Coin> = names.filter_map(Value::as_str).filter_map(Coin::parse).collect();
        taken.sort_by_key(|coin| Coin::ALL.iter().position(|known| known == coin));
        taken.dedup();
        Ok(taken)
    }

    /// Asks for a payout. It needs a sign-in of its own, whose token is good for minutes.
    pub async fn pay_out(&self, order: &PayoutOrder) -> Result<Payout, ProviderError> {
        let account = self.account.as_ref();
        let account = account.ok_or(ProviderError::Missing("no account for payouts is set up"))?;
        let sign_in = json!({ "email": account.email.reveal(), "password": account.password.reveal() });
        let signed_in = self.client.ask(self.client.request(Verb::POST, "/v1/auth").json(&sign_in)).await;
        // Nothing was asked for yet, so a refused sign-in is no refused payout.
        let signed_in =
            signed_in.map_err(|error| ProviderError::Unreachable(format!("the sign-in: {error}")))?;
        let missing = || ProviderError::Unreachable("a sign-in without a token".into());
        let token = token(&signed_in["token"]).ok_or_else(missing)?;
        let external_id = order.external_id();
        let body = json!({ "withdrawals": [{
            "address": order.address,
            "currency": order.coin.code.to_lowercase(),
            "amount": number(order.amount),
            "unique_external_id": external_id,
        }] });
        let request = self.client.request(Verb::POST, "/v1/payout").bearer_auth(token).json(&body);
        payout(&self.client.ask(request).await?, Some(&external_id))
    }

    /// Asks how a payout stands.
    pub async fn payout(&self, reference: &str) -> Result<Payout, ProviderError> {
        let path = format!("/v1/payout/{reference}");
        payout(&self.client.ask(self.client.request(Verb::GET, &path)).await?, None)
    }
}

/// Refuses a body whose signature is wrong; its text otherwise.
pub fn verify<'b>(body: &'b [u8], signature: &str, secret: &str) -> Result<&'b str, Refusal> {
    let refused = |why: &str| Refusal::new(Code::BadSignature, format!("the callback's signature {why}"));
    let text = std::str::from_utf8(body).ok();
    let sorted = text.and_then(canonical).ok_or_else(|| refused("stands under no JSON"))?;
    let candidate = hex::decode(signature.trim()).map_err(|_| refused("is no hexadecimal"))?;
    // `verify_slice` compares in constant time.
    keyed(secret.trim(), &sorted).verify_slice(&candidate).map_err(|_| refused("does not match its body"))?;
    Ok(text.unwrap_or_default())
}

fn keyed(secret: &str, text: &str) -> Hmac<Sha512> {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    let mut mac = Hmac::<Sha512>::new_from_slice(secret.as_bytes()).expect("any key length");
    mac.update(text.as_bytes());
    mac
}

/// What an answer or a callback says of a payment. Amounts are read from their digits.
fn notice(text: &str) -> Result<Heard, Refusal> {
    let fields: BTreeMap<String, Box<RawValue>> = serde_json::from_str(text)
        .map_err(|error| Refusal::new(Code::InvalidJson, format!("the callback's body: {error}")))?;
    let field = |name: &str| {
        let raw = fields.get(name).map(|value| value.get()).filter(|text| *text != "null")?;
        let text = if raw.starts_with('"') { serde_json::from_str(raw).ok()? } else { raw.to_owned() };
        Some(text).filter(|text| !text.is_empty())
    };
    let Some(word) = field("payment_status") else {
        return Ok(Heard::Nothing("no notice of a payment"));
    };
    let Some(payment) = field("order_id").and_then(|id| id.parse::<PaymentId>().ok()) else {
        return Ok(Heard::Nothing("a payment that was not opened here"));
    };
    let needed = |name: &str| field(name).ok_or_else(|| Refusal::field(name, "is missing"));
    let word = word.to_lowercase();
    let says = says(&word).ok_or_else(|| Refusal::field("payment_status", "is not known"))?;
    Ok(Heard::Payment(Notice {
        payment,
        reference: field("invoice_id"),
        paid_by: needed("payment_id")?,
        says,
        word,
        amount: money::parse(Asset::Usd, "price_amount", &needed("price_amount")?, Asset::Usd.scale())?,
        currency: needed("price_currency")?.to_uppercase(),
        coin: field("pay_currency").and_then(|code| Coin::parse(&code)).map(|coin| coin.code.to_owned()),
        intent: None,
    }))
}

fn says(word: &str) -> Option<Says> {
    Some(match word {
        "waiting" => Says::Waiting,
        "confirming" => Says::Confirming(0),
        "confirmed" => Says::Confirming(1),
        "sending" => Says::Confirming(2),
        "partially_paid" => Says::Partly,
        "finished" => Says::Paid,
        "failed" => Says::Failed,
        "refunded" => Says::Refunded,
        "expired" => Says::Expired,
        _ => return None,
    })
}

/// One payout, out of the batch or the list that it comes in.
fn payout(answer: &Value, external_id: Option<&str>) -> Result<Payout, ProviderError> {
    let list = answer["withdrawals"].as_array().or_else(|| answer.as_array());
    let one = match list {
        Some(list) => list
            .iter()
            .find(|one| external_id.is_some() && one["unique_external_id"].as_str() == external_id)
            .or_else(|| list.first()),
        None => Some(answer),
    };
    let one = one.ok_or_else(|| ProviderError::Unexpected("an empty list of payouts".into()))?;
    let reference = token(&one["id"]).or_else(|| token(&answer["id"]));
    let word = one["status"].as_str().or_else(|| answer["status"].as_str()).unwrap_or("creating");
    let word = word.to_lowercase();
    let stage = match word.as_str() {
        "finished" => Stage::Finished,
        "failed" | "rejected" => Stage::Failed,
        _ => Stage::Processing,
    };
    Ok(Payout {
        reference: reference.ok_or_else(|| ProviderError::Unexpected("a payout without an id".into()))?,
        stage,
        word,
        hash: token(&one["hash"]),
        fault: token(&one["error"]),
    })
}

/// An id or amount, which comes as a text or as a number.
fn token(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Dollars as a JSON number. The shortest form of the nearest float shows the same digits
/// for every amount that can be deposited or withdrawn.
fn number(amount: i64) -> Value {
    serde_json::from_str(&money::format(Asset::Usd, amount)).unwrap_or_default()
}
