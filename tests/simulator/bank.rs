//! The payment providers of a world: a small server that speaks Stripe's and `NOWPayments`'
//! wire format, opens whatever it is asked for, and does about payouts what the steps say.
//! It keeps what it paid, which is what must have left the house, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use assay::config::{NowPaymentsSecrets, PaymentRules, Payments, PayoutAccount, Secret, StripeSecrets};
use assay::gateways::signature;
use assay_domain::ids::Timestamp;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha512;

use super::steps::{Notice, Outcome};

const WEBHOOK: &str = "whsec_of_the_simulation";
const IPN: &str = "ipn_of_the_simulation";

/// Characters of a withdrawal's own name, which a later attempt only adds to.
const NAME_CHARACTERS: usize = 36;

/// Both providers.
#[derive(Default)]
pub(super) struct Bank {
    /// What comes of payouts, by withdrawal; the others are paid.
    outcomes: Mutex<BTreeMap<String, Outcome>>,
    /// Cents that were asked for, by attempt.
    asked: Mutex<BTreeMap<String, i64>>,
    /// Attempts that came to nothing.
    failed: Mutex<BTreeSet<String>>,
    /// Attempts that were paid.
    paid: Mutex<BTreeMap<String, i64>>,
}

/// What a callback is sent with.
pub(super) struct Sent {
    pub(super) body: Vec<u8>,
    pub(super) signature: String,
}

type Answer = (StatusCode, String);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn good(body: &Value) -> Answer {
    (StatusCode::OK, body.to_string())
}

fn bad(status: StatusCode, why: &str) -> Answer {
    (status, json!({ "message": why }).to_string())
}

impl Bank {
    /// Listens, for as long as the runtime lives; gives what a house must know of it.
    pub(super) async fn open() -> (Arc<Self>, Payments) {
        let bank = Arc::new(Self::default());
        let router = Router::new()
            .route("/v1/checkout/sessions", post(open_session))
            .route("/v1/invoice", post(open_invoice))
            .route("/v1/auth", post(sign_in))
            .route("/v1/payout", post(pay_out))
            .route("/v1/payout/{id}", get(look))
            .with_state(Arc::clone(&bank));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("its port"));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let account = PayoutAccount { email: Secret::new("payouts"), password: Secret::new("password") };
        let payments = Payments {
            stripe: Some(StripeSecrets { key: Secret::new("sk"), webhook: Secret::new(WEBHOOK) }),
            nowpayments: Some(NowPaymentsSecrets {
                key: Secret::new("key"),
                ipn: Secret::new(IPN),
                payouts: Some(account),
            }),
            rules: PaymentRules {
                public_url: Some("https://house.example".into()),
                stripe_base_url: url.clone(),
                nowpayments_base_url: url,
                card_cents_min: 1,
                withdrawal_address_wait_hours: Some(0),
                ..PaymentRules::default()
            },
        };
        (bank, payments)
    }

    /// What comes of a withdrawal's payout from now on.
    pub(super) fn decides(&self, withdrawal: &str, outcome: Outcome) {
        lock(&self.outcomes).insert(withdrawal.to_owned(), outcome);
    }

    /// Every payment that was made, by the withdrawal's name; one paid twice is there twice.
    pub(super) fn paid(&self) -> String {
        let mut rows: Vec<String> =
            lock(&self.paid).iter().map(|(attempt, cents)| format!("{} {cents}", name(attempt))).collect();
        rows.sort();
        rows.join("\n")
    }

    fn outcome(&self, attempt: &str) -> Outcome {
        lock(&self.outcomes).get(name(attempt)).copied().unwrap_or(Outcome::Pays)
    }
}

/// The withdrawal that an attempt is for.
fn name(attempt: &str) -> &str {
    attempt.get(..NAME_CHARACTERS).unwrap_or(attempt)
}

async fn open_session(body: String) -> Answer {
    let form = url::form_urlencoded::parse(body.as_bytes());
    let payment = form.into_iter().find(|(name, _)| name == "client_reference_id").map(|(_, id)| id);
    let id = session_of(&payment.unwrap_or_default());
    good(&json!({ "id": id, "url": format!("https://cards.example/{id}") }))
}

async fn open_invoice(body: String) -> Answer {
    let asked: Value = serde_json::from_str(&body).unwrap_or_default();
    let id = invoice_of(asked["order_id"].as_str().unwrap_or_default());
    good(&json!({ "id": id, "invoice_url": format!("https://coins.example/{id}") }))
}

async fn sign_in() -> Answer {
    good(&json!({ "token": "token" }))
}

/// Takes it on. The same attempt is the same payout, however often it is asked for.
async fn pay_out(State(bank): State<Arc<Bank>>, body: String) -> Answer {
    let asked: Value = serde_json::from_str(&body).unwrap_or_default();
    let one = &asked["withdrawals"][0];
    let attempt = one["unique_external_id"].as_str().unwrap_or_default();
    let outcome = bank.outcome(attempt);
    // What was taken on is not refused any more.
    if outcome == Outcome::Refuses && !lock(&bank.asked).contains_key(attempt) {
        return bad(StatusCode::BAD_REQUEST, "the balance is too low");
    }
    let cents = one["amount"].as_number().and_then(|amount| cents(&amount.to_string()));
    let Some(cents) = cents else { return bad(StatusCode::BAD_REQUEST, "how much?") };
    if *lock(&bank.asked).entry(attempt.to_owned()).or_insert(cents) != cents {
        return bad(StatusCode::BAD_REQUEST, "this payout came with another amount");
    }
    if outcome == Outcome::Silent {
        return bad(StatusCode::SERVICE_UNAVAILABLE, "come back");
    }
    let made = json!({ "id": attempt, "unique_external_id": attempt, "status": "CREATING" });
    good(&json!({ "id": "batch", "withdrawals": [made] }))
}

/// How far a payout is. With it goes whatever else was taken on for the same withdrawal:
/// nobody has to look for a payment to be made.
async fn look(State(bank): State<Arc<Bank>>, Path(attempt): Path<String>) -> Answer {
    let word = match bank.outcome(&attempt) {
        Outcome::Pays => "finished",
        Outcome::Fails => "FAILED",
        Outcome::Refuses | Outcome::Waits => "sending",
        Outcome::Silent => return bad(StatusCode::SERVICE_UNAVAILABLE, "come back"),
    };
    let asked = lock(&bank.asked);
    if !asked.contains_key(&attempt) {
        return bad(StatusCode::NOT_FOUND, "no such payout");
    }
    if word == "FAILED" {
        lock(&bank.failed).insert(attempt.clone());
    }
    if word == "finished" {
        let failed = lock(&bank.failed);
        let named =
            asked.iter().filter(|(other, _)| name(other) == name(&attempt) && !failed.contains(*other));
        lock(&bank.paid).extend(named.map(|(attempt, cents)| (attempt.clone(), *cents)));
    }
    good(&json!([{ "id": attempt, "status": word, "error": "whatever" }]))
}

/// Dollars as they were written, in cents.
fn cents(dollars: &str) -> Option<i64> {
    let (whole, rest) = dollars.split_once('.').unwrap_or((dollars, ""));
    let rest = format!("{rest:0<2}");
    if rest.len() > 2 {
        return None;
    }
    Some(whole.parse::<i64>().ok()? * 100 + rest.parse::<i64>().ok()?)
}

fn session_of(payment: &str) -> String {
    format!("cs_{payment}")
}

fn invoice_of(payment: &str) -> String {
    format!("inv_{payment}")
}

fn intent_of(payment: &str) -> String {
    format!("pi_{payment}")
}

fn from_stripe(kind: &str, object: &Value, now: Timestamp) -> Sent {
    let event = json!({ "id": "evt", "type": kind, "livemode": true, "data": { "object": object } });
    let body = event.to_string().into_bytes();
    let signature = signature::sign(&body, WEBHOOK.as_bytes(), now.0 / 1000);
    Sent { body, signature }
}

/// What is sent about a card payment of so many cents.
pub(super) fn of_card(payment: &str, cents: i64, notice: Notice, now: Timestamp) -> Sent {
    let kind = match notice {
        Notice::Failed => "checkout.session.async_payment_failed",
        Notice::Expired => "checkout.session.expired",
        Notice::Waiting | Notice::Partly | Notice::Refunded => "payment_intent.created",
        Notice::PaidAgain => "checkout.session.async_payment_succeeded",
        Notice::Paid | Notice::Confirming | Notice::WrongAmount => "checkout.session.completed",
    };
    let session = json!({
        "id": session_of(payment),
        "client_reference_id": payment,
        "amount_total": cents + i64::from(notice == Notice::WrongAmount),
        "currency": "usd",
        "payment_status": if notice == Notice::Confirming { "unpaid" } else { "paid" },
        "payment_intent": intent_of(payment),
    });
    from_stripe(kind, &session, now)
}

/// What is sent about a payment in coins.
pub(super) fn of_coins(payment: &str, cents: i64, notice: Notice) -> Sent {
    let word = match notice {
        Notice::Paid | Notice::PaidAgain | Notice::WrongAmount => "finished",
        Notice::Waiting => "waiting",
        Notice::Confirming => "confirming",
        Notice::Partly => "partially_paid",
        Notice::Failed => "failed",
        Notice::Expired => "expired",
        Notice::Refunded => "refunded",
    };
    let cents = cents + i64::from(notice == Notice::WrongAmount);
    // A second payment of the same invoice has a name of its own.
    let paid_by = if notice == Notice::PaidAgain { "again" } else { "pay" };
    let notice = json!({
        "payment_id": format!("{paid_by}_{payment}"),
        "invoice_id": invoice_of(payment),
        "order_id": payment,
        "payment_status": word,
        "price_amount": format!("{}.{:02}", cents / 100, cents % 100),
        "price_currency": "usd",
        "pay_currency": "usdttrc20",
    });
    // A map of this library is sorted by its keys and written without spaces, as it is signed.
    let body = notice.to_string().into_bytes();
    let mut mac = Hmac::<Sha512>::new_from_slice(IPN.as_bytes()).expect("any key length");
    mac.update(&body);
    Sent { signature: hex::encode(mac.finalize().into_bytes()), body }
}

/// What is sent when a card payment goes back, by its intent or by our name of it.
pub(super) fn of_chargeback(payment: &str, by_intent: bool, refunded: bool, now: Timestamp) -> Sent {
    let kind = if refunded { "charge.refunded" } else { "charge.dispute.created" };
    let intent = by_intent.then(|| intent_of(payment));
    let metadata = if by_intent { json!({}) } else { json!({ "assay_payment": payment }) };
    from_stripe(kind, &json!({ "id": "dp", "payment_intent": intent, "metadata": metadata }), now)
}
