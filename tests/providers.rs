//! Payment providers that are none: small servers on real ports that speak Stripe's and
//! `NOWPayments`' wire format, and answer as those do only when they are asked as those are.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use assay::config::{
    NowPaymentsSecrets, PaymentRules, Payments, PayoutAccount, Secret, Settings, StripeSecrets,
};
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Sha256, Sha512};

use crate::house::{House, Said};
use crate::postgres;

pub(crate) const STRIPE_KEY: &str = "sk_live_of_the_tests_0123456789";
pub(crate) const STRIPE_WEBHOOK: &str = "whsec_of_the_tests_0123456789";
pub(crate) const COIN_KEY: &str = "COINKEY-OF-THE-TESTS";
pub(crate) const COIN_IPN: &str = "ipn_of_the_tests_0123456789";
pub(crate) const PAYOUT_EMAIL: &str = "payouts@tests.example";
pub(crate) const PAYOUT_PASSWORD: &str = "password_of_the_tests_0123";
const TOKEN: &str = "token_of_the_tests_0123456789";

/// Every secret that must not be seen.
pub(crate) const SECRETS: [&str; 7] =
    [STRIPE_KEY, STRIPE_WEBHOOK, COIN_KEY, COIN_IPN, PAYOUT_EMAIL, PAYOUT_PASSWORD, TOKEN];

type Answer = (StatusCode, String);

/// Both of them.
#[derive(Default)]
pub(crate) struct Fakes {
    /// Checkout sessions by idempotency key: the form, and the session.
    sessions: Mutex<BTreeMap<String, (String, Value)>>,
    /// Payments and invoices, as they stand.
    pub(crate) coin_payments: Mutex<BTreeMap<String, Value>>,
    /// Payouts by their external id.
    pub(crate) payouts: Mutex<BTreeMap<String, Value>>,
    /// Whether whoever asks is told to come back.
    pub(crate) down: AtomicBool,
    /// When above zero, the status that a payout is refused with.
    pub(crate) refuses_payouts: AtomicU16,
    /// What was asked, in order.
    asked: Mutex<Vec<String>>,
    url: Mutex<String>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn good(body: &Value) -> Answer {
    (StatusCode::OK, body.to_string())
}

fn bad(status: StatusCode, why: &str) -> Answer {
    (status, json!({ "error": { "message": why }, "message": why }).to_string())
}

impl Fakes {
    /// Listens, for as long as the runtime lives.
    pub(crate) async fn open() -> Arc<Self> {
        let fakes = Arc::new(Self::default());
        let router = Router::new()
            .route("/v1/checkout/sessions", post(open_session))
            .route("/v1/checkout/sessions/{id}", get(session))
            .route("/v1/invoice", post(invoice))
            .route("/v1/payment", post(payment))
            .route("/v1/payment/{id}", get(payment_status))
            .route("/v1/currencies", get(currencies))
            .route("/v1/auth", post(sign_in))
            .route("/v1/payout", post(pay_out))
            .route("/v1/payout/{id}", get(payout))
            .with_state(Arc::clone(&fakes));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        *lock(&fakes.url) = format!("http://{}", listener.local_addr().expect("its port"));
        tokio::spawn(async move { axum::serve(listener, router).await });
        fakes
    }

    pub(crate) fn url(&self) -> String {
        lock(&self.url).clone()
    }

    /// What a server needs to know of them.
    pub(crate) fn payments(&self) -> Payments {
        let account =
            PayoutAccount { email: Secret::new(PAYOUT_EMAIL), password: Secret::new(PAYOUT_PASSWORD) };
        Payments {
            stripe: Some(StripeSecrets {
                key: Secret::new(STRIPE_KEY),
                webhook: Secret::new(STRIPE_WEBHOOK),
            }),
            nowpayments: Some(NowPaymentsSecrets {
                key: Secret::new(COIN_KEY),
                ipn: Secret::new(format!("  {COIN_IPN}\n")),
                payouts: Some(account),
            }),
            rules: PaymentRules {
                public_url: Some("https://house.example/".into()),
                stripe_base_url: self.url(),
                nowpayments_base_url: format!("{}/v1/", self.url()),
                ..PaymentRules::default()
            },
        }
    }

    /// The settings of a live server that uses them.
    pub(crate) fn set_up(&self, settings: &mut Settings) {
        settings.test_clock = false;
        settings.payments = self.payments();
    }

    pub(crate) fn asked(&self, what: &str) -> usize {
        lock(&self.asked).iter().filter(|path| path.as_str() == what).count()
    }

    pub(crate) fn payout_says(&self, external_id: &str, status: &str) {
        let mut payouts = lock(&self.payouts);
        let one = payouts.get_mut(external_id).expect("it was asked for");
        one["status"] = status.into();
        one["hash"] = if status == "FINISHED" { "0xabc".into() } else { Value::Null };
    }

    pub(crate) fn coin_payment_says(&self, reference: &str, status: &str) {
        lock(&self.coin_payments).get_mut(reference).expect("it was asked for")["payment_status"] =
            status.into();
    }

    /// The session that was opened for a payment.
    pub(crate) fn session_of(&self, payment: &str) -> Value {
        let sessions = lock(&self.sessions);
        let found = sessions.values().find(|(_, session)| session["client_reference_id"] == payment);
        found.expect("a session was opened").1.clone()
    }

    /// The form that a session was opened with.
    pub(crate) fn form_of(&self, payment: &str) -> BTreeMap<String, String> {
        let sessions = lock(&self.sessions);
        let found = sessions.values().find(|(_, session)| session["client_reference_id"] == payment);
        fields(&found.expect("a session was opened").0)
    }

    /// Changes what a session says of itself.
    pub(crate) fn session_says(&self, payment: &str, status: &str, payment_status: &str) {
        for (_, session) in lock(&self.sessions).values_mut() {
            if session["client_reference_id"] == payment {
                session["status"] = status.into();
                session["payment_status"] = payment_status.into();
            }
        }
    }

    fn receive(&self, what: &str) -> Result<(), Answer> {
        lock(&self.asked).push(what.to_owned());
        let down = self.down.load(Ordering::Relaxed);
        if down { Err(bad(StatusCode::SERVICE_UNAVAILABLE, "come back")) } else { Ok(()) }
    }

    fn of_coins(&self, what: &str, headers: &HeaderMap) -> Result<(), Answer> {
        self.receive(what)?;
        let known = text(headers, "x-api-key") == COIN_KEY;
        if known { Ok(()) } else { Err(bad(StatusCode::FORBIDDEN, "no such key")) }
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// The fields of a form.
fn fields(form: &str) -> BTreeMap<String, String> {
    let url = reqwest::Url::parse(&format!("http://form/?{form}")).expect("a form");
    url.query_pairs().into_owned().collect()
}

async fn open_session(State(fakes): State<Arc<Fakes>>, headers: HeaderMap, body: String) -> Answer {
    if let Err(answer) = fakes.receive("POST /v1/checkout/sessions") {
        return answer;
    }
    if text(&headers, "authorization") != format!("Bearer {STRIPE_KEY}") {
        return bad(StatusCode::UNAUTHORIZED, "Invalid API Key provided");
    }
    let once = text(&headers, "idempotency-key").to_owned();
    let form = text(&headers, "content-type").starts_with("application/x-www-form-urlencoded");
    if once.is_empty() || !form || text(&headers, "stripe-version").is_empty() {
        return bad(StatusCode::BAD_REQUEST, "a form with an idempotency key and a version is wanted");
    }
    let given = fields(&body);
    let amount =
        given.get("line_items[0][price_data][unit_amount]").and_then(|text| text.parse::<i64>().ok());
    let (Some(amount), Some("payment")) = (amount, given.get("mode").map(String::as_str)) else {
        return bad(StatusCode::BAD_REQUEST, "what is to be paid?");
    };
    let mut sessions = lock(&fakes.sessions);
    if let Some((first, session)) = sessions.get(&once) {
        return if *first == body {
            good(session)
        } else {
            bad(StatusCode::BAD_REQUEST, "this idempotency key came with other parameters")
        };
    }
    let id = format!("cs_live_{}", sessions.len() + 1);
    let session = json!({
        "id": id,
        "object": "checkout.session",
        "client_reference_id": given.get("client_reference_id"),
        "amount_total": amount,
        "currency": given.get("line_items[0][price_data][currency]"),
        "livemode": true,
        "status": "open",
        "payment_status": "unpaid",
        "payment_intent": format!("pi_{id}"),
        "metadata": { "assay_payment": given.get("metadata[assay_payment]") },
        "url": format!("https://checkout.example/pay/{id}"),
    });
    sessions.insert(once, (body, session.clone()));
    good(&session)
}

async fn session(State(fakes): State<Arc<Fakes>>, headers: HeaderMap, Path(id): Path<String>) -> Answer {
    if let Err(answer) = fakes.receive("GET /v1/checkout/sessions") {
        return answer;
    }
    if text(&headers, "authorization") != format!("Bearer {STRIPE_KEY}") {
        return bad(StatusCode::UNAUTHORIZED, "Invalid API Key provided");
    }
    let sessions = lock(&fakes.sessions);
    let found = sessions.values().find(|(_, session)| session["id"] == *id);
    found.map_or_else(|| bad(StatusCode::NOT_FOUND, "no such session"), |(_, session)| good(session))
}

async fn invoice(State(fakes): State<Arc<Fakes>>, headers: HeaderMap, body: String) -> Answer {
    match fakes.of_coins("POST /v1/invoice", &headers).and_then(|()| asked_for(&body)) {
        Ok(asked) => {
            let id = (4_000_000 + lock(&fakes.coin_payments).len()).to_string();
            let made = json!({ "id": id, "order_id": asked["order_id"],
                "invoice_url": format!("https://coins.example/payment/?iid={id}"), "asked": asked });
            lock(&fakes.coin_payments).insert(format!("invoice {id}"), made.clone());
            good(&made)
        }
        Err(answer) => answer,
    }
}

fn asked_for(body: &str) -> Result<Value, Answer> {
    let asked: Value = serde_json::from_str(body).unwrap_or_default();
    let complete = asked["price_amount"].is_number()
        && asked["price_currency"] == "usd"
        && asked["order_id"].is_string()
        && asked["ipn_callback_url"] == "https://house.example/webhooks/nowpayments";
    if complete { Ok(asked) } else { Err(bad(StatusCode::BAD_REQUEST, "incomplete")) }
}

async fn payment(State(fakes): State<Arc<Fakes>>, headers: HeaderMap, body: String) -> Answer {
    match fakes.of_coins("POST /v1/payment", &headers).and_then(|()| asked_for(&body)) {
        Ok(asked) => {
            let id = 5_000_000 + lock(&fakes.coin_payments).len();
            let made = json!({ "payment_id": id, "payment_status": "waiting", "order_id": asked["order_id"],
                "pay_address": "TN3W4H6rK2ce4vX9YnFQHwKENnHjoxb3m9", "pay_amount": 20.000_125,
                "price_amount": asked["price_amount"], "price_currency": "usd",
                "pay_currency": asked["pay_currency"] });
            lock(&fakes.coin_payments).insert(id.to_string(), made.clone());
            good(&made)
        }
        Err(answer) => answer,
    }
}

async fn payment_status(
    State(fakes): State<Arc<Fakes>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Answer {
    if let Err(answer) = fakes.of_coins("GET /v1/payment", &headers) {
        return answer;
    }
    let missing = || bad(StatusCode::NOT_FOUND, "Payment not found");
    lock(&fakes.coin_payments).get(&id).map_or_else(missing, good)
}

async fn currencies(State(fakes): State<Arc<Fakes>>, headers: HeaderMap) -> Answer {
    let known = || good(&json!({ "currencies": ["btc", "usdtsol", "usdttrc20", "dai", "doge"] }));
    fakes.of_coins("GET /v1/currencies", &headers).map_or_else(|answer| answer, |()| known())
}

async fn sign_in(State(fakes): State<Arc<Fakes>>, body: String) -> Answer {
    if let Err(answer) = fakes.receive("POST /v1/auth") {
        return answer;
    }
    let given: Value = serde_json::from_str(&body).unwrap_or_default();
    if given == json!({ "email": PAYOUT_EMAIL, "password": PAYOUT_PASSWORD }) {
        return good(&json!({ "token": TOKEN }));
    }
    bad(StatusCode::FORBIDDEN, "wrong address or password")
}

async fn pay_out(State(fakes): State<Arc<Fakes>>, headers: HeaderMap, body: String) -> Answer {
    if let Err(answer) = fakes.of_coins("POST /v1/payout", &headers) {
        return answer;
    }
    if text(&headers, "authorization") != format!("Bearer {TOKEN}") {
        return bad(StatusCode::UNAUTHORIZED, "a JWT is wanted");
    }
    if let Ok(status) = StatusCode::from_u16(fakes.refuses_payouts.load(Ordering::Relaxed)) {
        return bad(status, "the balance is too low");
    }
    let asked: Value = serde_json::from_str(&body).unwrap_or_default();
    let one = &asked["withdrawals"][0];
    let external_id = one["unique_external_id"].as_str().unwrap_or_default().to_owned();
    let mut payouts = lock(&fakes.payouts);
    if external_id.is_empty() || payouts.contains_key(&external_id) || !one["amount"].is_number() {
        return bad(StatusCode::BAD_REQUEST, "unique_external_id must be new");
    }
    let mut made = one.clone();
    made["id"] = format!("{}", 7_000_000 + payouts.len()).into();
    made["status"] = "CREATING".into();
    payouts.insert(external_id, made.clone());
    good(&json!({ "id": "batch-1", "withdrawals": [made] }))
}

async fn payout(State(fakes): State<Arc<Fakes>>, headers: HeaderMap, Path(id): Path<String>) -> Answer {
    if let Err(answer) = fakes.of_coins("GET /v1/payout", &headers) {
        return answer;
    }
    let payouts = lock(&fakes.payouts);
    let found = payouts.values().find(|one| one["id"] == *id);
    found.map_or_else(|| bad(StatusCode::NOT_FOUND, "no such payout"), |one| good(&json!([one])))
}

/// Runs a story on a live server on SQLite, and on PostgreSQL where there is one.
#[expect(clippy::needless_pass_by_value, reason = "a story is written where it is told")]
pub(crate) fn each_live_house(story: impl AsyncFn(&House, &Arc<Fakes>)) {
    for (index, database) in [None, postgres::database()].into_iter().enumerate() {
        if index == 1 && database.is_none() {
            continue;
        }
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        runtime.expect("a runtime starts").block_on(async {
            let fakes = Fakes::open().await;
            let house = House::open(database, |settings| fakes.set_up(settings)).await;
            story(&house, &fakes).await;
            house.audit().await;
            house.app.stop().await;
        });
    }
}

/// `Stripe-Signature` of a body, made of its definition.
pub(crate) fn stripe_signature(body: &str, secret: &str, seconds: i64) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any key length");
    mac.update(format!("{seconds}.{body}").as_bytes());
    format!("t={seconds},v1={}", hex::encode(mac.finalize().into_bytes()))
}

/// `x-nowpayments-sig` of a body. Maps of this library are sorted, and written without
/// spaces.
pub(crate) fn coin_signature(body: &Value, secret: &str) -> String {
    let mut mac = Hmac::<Sha512>::new_from_slice(secret.as_bytes()).expect("any key length");
    mac.update(body.to_string().as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

/// An event about a session.
pub(crate) fn stripe_event(kind: &str, object: &Value) -> Value {
    json!({ "id": "evt_1", "object": "event", "type": kind, "livemode": true, "data": { "object": object } })
}

/// Sends an event as Stripe does.
pub(crate) async fn send_stripe(house: &House, event: &Value) -> Said {
    let body = event.to_string();
    let signature = stripe_signature(&body, STRIPE_WEBHOOK, house.app.now().0 / 1000);
    send_callback(house, "/webhooks/stripe", "Stripe-Signature", &signature, body).await
}

/// Sends a notice as `NOWPayments` does, with its keys in another order than they are
/// signed in.
pub(crate) async fn send_coins(house: &House, notice: &Value) -> Said {
    let fields = notice.as_object().into_iter().flatten().rev();
    let written: Vec<String> = fields.map(|(name, value)| format!("\"{name}\": {value}")).collect();
    let body = format!("{{ {} }}", written.join(", "));
    let signature = coin_signature(notice, COIN_IPN);
    send_callback(house, "/webhooks/nowpayments", "x-nowpayments-sig", &signature, body).await
}

pub(crate) async fn send_callback(
    house: &House,
    path: &str,
    header: &str,
    signature: &str,
    body: String,
) -> Said {
    let nobody = house.nobody();
    let request = nobody.request(Method::POST, path).header(header, signature).body(body);
    nobody.send(request).await
}

/// What `NOWPayments` says of an invoice's payment.
pub(crate) fn notice(opened: &Value, reference: &str, status: &str) -> Value {
    let amount: Value =
        serde_json::from_str(opened["amount"].as_str().expect("an amount")).expect("a number");
    json!({
        "payment_id": 6_000_001,
        "parent_payment_id": null,
        "invoice_id": reference,
        "payment_status": status,
        "pay_address": "TN3W4H6rK2ce4vX9YnFQHwKENnHjoxb3m9",
        "price_amount": amount,
        "price_currency": "usd",
        "pay_amount": 100.5,
        "actually_paid": 0,
        "pay_currency": "usdttrc20",
        "order_id": opened["id"],
        "fee": { "withdrawalFee": 0, "depositFee": 0.09, "currency": "usdttrc20" },
    })
}
