//! Stripe Checkout: cards.
//!
//! A session is opened with our payment's id as its reference and its idempotency key.
//! What credits it is an event, signed with the webhook's secret.

use assay_domain::ids::{PaymentId, Timestamp};
use assay_domain::money::Asset;
use assay_domain::refusal::{Code, Refusal};
use reqwest::Method;
use serde_json::Value;

use super::client::Client;
use super::{Chargeback, Heard, Notice, Opened, Order, ProviderError, Says, signature};
use crate::config::{PaymentRules, Secret, StripeSecrets};

/// The version of Stripe's interface that this file speaks, whatever the account's is.
const VERSION: &str = "2024-06-20";

/// What the payment is called in a session's and an intent's metadata.
const METADATA: &str = "assay_payment";

/// Stripe.
pub struct Stripe {
    client: Client,
    webhook: Secret,
    cents: std::ops::RangeInclusive<i64>,
}

impl Stripe {
    /// A client with the account's key.
    pub fn new(secrets: &StripeSecrets, rules: &PaymentRules) -> Result<Self, String> {
        let headers = [
            ("authorization", Secret::new(format!("Bearer {}", secrets.key.reveal()))),
            ("stripe-version", Secret::new(VERSION)),
        ];
        Ok(Self {
            client: Client::new(&rules.stripe_base_url, &headers, rules)?,
            webhook: secrets.webhook.clone(),
            cents: rules.card_cents_min..=rules.card_cents_max,
        })
    }

    /// Refuses an amount that Stripe would refuse.
    pub fn check_amount(&self, amount: i64) -> Result<(), Refusal> {
        let cents = in_cents(amount);
        if self.cents.contains(&cents) {
            return Ok(());
        }
        let shown = |cents: i64| format!("{}.{:02}", cents / 100, cents % 100);
        let message =
            format!("must be {} to {} USD by card", shown(*self.cents.start()), shown(*self.cents.end()));
        Err(Refusal { code: Code::PriceOutOfRange, ..Refusal::field("amount", message) })
    }

    /// Opens a Checkout session.
    pub async fn open(&self, order: &Order) -> Result<Opened, ProviderError> {
        let id = order.payment.to_string();
        let page = format!("{}/payments/return", order.public_url);
        let form = [
            ("mode", "payment".to_owned()),
            ("success_url", format!("{page}?outcome=success")),
            ("cancel_url", format!("{page}?outcome=cancelled")),
            ("client_reference_id", id.clone()),
            ("metadata[assay_payment]", id.clone()),
            ("payment_intent_data[metadata][assay_payment]", id.clone()),
            ("line_items[0][quantity]", "1".into()),
            ("line_items[0][price_data][currency]", "usd".into()),
            ("line_items[0][price_data][unit_amount]", in_cents(order.amount).to_string()),
            ("line_items[0][price_data][product_data][name]", order.title.clone()),
        ];
        let request = self.client.request(Method::POST, "/v1/checkout/sessions");
        let request = request.header("idempotency-key", format!("assay-payment-{id}")).form(&form);
        let session = self.client.ask(request).await?;
        let missing = || ProviderError::Unexpected("a session without id or url".into());
        Ok(Opened {
            reference: text(&session, "id").ok_or_else(missing)?,
            url: Some(text(&session, "url").ok_or_else(missing)?),
            ..Opened::default()
        })
    }

    /// Asks how a session stands.
    pub async fn look(&self, session: &str) -> Result<Heard, ProviderError> {
        let path = format!("/v1/checkout/sessions/{session}");
        let session = self.client.ask(self.client.request(Method::GET, &path)).await?;
        let unexpected = |refusal: Refusal| ProviderError::Unexpected(refusal.message);
        require_live(session["livemode"].as_bool()).map_err(unexpected)?;
        let says = match (session["status"].as_str(), session["payment_status"].as_str()) {
            (Some("expired"), _) => Says::Expired,
            (Some("complete"), Some("unpaid")) => Says::Confirming(0),
            (Some("complete"), Some(_)) => Says::Paid,
            _ => Says::Waiting,
        };
        notice(&session, says).map_err(unexpected)
    }

    /// Checks a callback's signature and reads the event.
    pub fn hear(&self, body: &[u8], header: &str, now: Timestamp) -> Result<Heard, Refusal> {
        signature::verify(body, header, self.webhook.reveal().as_bytes(), now)?;
        let event: Value = serde_json::from_slice(body)
            .map_err(|error| Refusal::new(Code::InvalidJson, format!("the event's body: {error}")))?;
        let object = &event["data"]["object"];
        let says = match event["type"].as_str() {
            // A payment that takes days is complete long before it is paid.
            Some("checkout.session.completed") if object["payment_status"] == "unpaid" => Says::Confirming(0),
            Some("checkout.session.completed" | "checkout.session.async_payment_succeeded") => Says::Paid,
            Some("checkout.session.async_payment_failed") => Says::Failed,
            Some("checkout.session.expired") => Says::Expired,
            Some(word @ ("charge.dispute.created" | "charge.refunded")) => {
                require_live(event["livemode"].as_bool())?;
                return Ok(chargeback(object, word));
            }
            _ => return Ok(Heard::Nothing("a kind of event that means nothing here")),
        };
        require_live(event["livemode"].as_bool())?;
        notice(object, says)
    }
}

/// Money of Stripe's test mode buys nothing on a live server.
fn require_live(livemode: Option<bool>) -> Result<(), Refusal> {
    match livemode {
        Some(true) => Ok(()),
        _ => Err(Refusal::field("livemode", "must be true: an event of test mode credits nothing here")),
    }
}

/// What a session says of its payment.
fn notice(session: &Value, says: Says) -> Result<Heard, Refusal> {
    let ours = text(session, "client_reference_id").or_else(|| text(&session["metadata"], METADATA));
    let Some(payment) = ours.and_then(|id| id.parse::<PaymentId>().ok()) else {
        return Ok(Heard::Nothing("a session that was not opened here"));
    };
    let id = text(session, "id").ok_or_else(|| Refusal::field("data.object.id", "is missing"))?;
    let cents = session["amount_total"].as_i64();
    let cents = cents.ok_or_else(|| Refusal::field("data.object.amount_total", "is missing"))?;
    let amount = cents.checked_mul(10_i64.pow(Asset::Usd.scale() - 2));
    Ok(Heard::Payment(Notice {
        payment,
        reference: Some(id.clone()),
        paid_by: id,
        says,
        word: text(session, "payment_status").unwrap_or_default(),
        amount: amount.ok_or_else(|| Refusal::field("data.object.amount_total", "is out of range"))?,
        currency: text(session, "currency").unwrap_or_default().to_uppercase(),
        coin: None,
        intent: text(session, "payment_intent"),
    }))
}

fn chargeback(object: &Value, word: &str) -> Heard {
    let Some(reference) = text(object, "id") else {
        return Heard::Nothing("a dispute without an id");
    };
    let payment = text(&object["metadata"], METADATA).and_then(|id| id.parse().ok());
    let intent = text(object, "payment_intent");
    if payment.is_none() && intent.is_none() {
        return Heard::Nothing("a charge that was not made here");
    }
    Heard::Chargeback(Chargeback { payment, intent, reference, word: word.into() })
}

const fn in_cents(amount: i64) -> i64 {
    amount / 10_i64.pow(Asset::Usd.scale() - 2)
}

fn text(object: &Value, field: &str) -> Option<String> {
    object[field].as_str().map(str::to_owned)
}
