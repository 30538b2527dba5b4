//! Money in: opened before it is asked for, credited once on a provider's signed word.

use std::sync::atomic::Ordering;

use assay::gateways::canonical_json::canonical;
use assay::gateways::{nowpayments, signature};
use assay_domain::ids::Timestamp;
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::house::{Actor, House, everywhere};
use crate::providers::{
    Fakes, STRIPE_WEBHOOK, each_live_house, notice, send_callback, send_coins, send_stripe, stripe_event,
    stripe_signature,
};

#[test]
fn stripes_signature_is_checked_as_its_vector_says() {
    const SIGNATURE: &str = "654b43d3508ecadb3f8cefc4bc7d3d2bdc5ba9e03bf2c89b2d0657a8e24e4543";
    let (secret, body, at) =
        (b"whsec_test_secret".as_slice(), br#"{"id":"evt_1","object":"event"}"#, 1_492_774_577);
    let verify = |header: &str, body: &[u8], seconds: i64| {
        signature::verify(body, header, secret, Timestamp(seconds * 1000)).map_err(|refusal| refusal.message)
    };
    assert_eq!(signature::sign(body, secret, at), format!("t={at},v1={SIGNATURE}"));
    let (good, other) = (format!("t={at},v1={SIGNATURE}"), "00".repeat(32));
    let rotated = format!("t={at},v1={other},v1={SIGNATURE},v0=ff");
    let table: [(&str, &[u8], i64, bool); 11] = [
        (&good, body, at, true),
        (&good, body, at + 300, true),
        (&good, body, at - 300, true),
        (&good, body, at + 301, false),
        (&good, body, at - 301, false),
        (&rotated, body, at, true),
        (&good, br#"{"id":"evt_1", "object":"event"}"#, at, false),
        (&format!("t={},v1={SIGNATURE}", at + 1), body, at, false),
        (&format!("t={at},v1={other}"), body, at, false),
        (&format!("v1={SIGNATURE}"), body, at, false),
        ("", body, at, false),
    ];
    for (number, (header, body, seconds, fits)) in table.into_iter().enumerate() {
        assert_eq!(verify(header, body, seconds).is_ok(), fits, "case {number}");
    }
}

#[test]
fn nowpayments_signature_is_over_sorted_keys_and_numbers_as_sent() {
    let sent = r#"{ "payment_id": 5077125051, "order_id": "018f0000-0000-7000-8000-000000000000",
        "price_amount": 100.00, "pay_amount": 1e-7, "actually_paid": 12345678901234567890.10,
        "fee": {"withdrawalFee": 0, "currency": "usd", "depositFee": 0.090}, "payment_status":"finished",
        "price_currency":"usd", "url": "https:\/\/nowpayments.io\/payment\/?iid=1",
        "list": [3, {"b": null, "a": true}], "name": "Café \u00e9" }"#;
    let sorted = r#"{"actually_paid":12345678901234567890.10,"fee":{"currency":"usd","depositFee":0.090,"withdrawalFee":0},"list":[3,{"a":true,"b":null}],"name":"Café é","order_id":"018f0000-0000-7000-8000-000000000000","pay_amount":1e-7,"payment_id":5077125051,"payment_status":"finished","price_amount":100.00,"price_currency":"usd","url":"https://nowpayments.io/payment/?iid=1"}"#;
    assert_eq!(canonical(sent).as_deref(), Some(sorted));
    // Made with Python's hmac over the sorted text.
    let signature = "14b62972906e302043f9d6692d69ba586d580ee3dd5d5b35309afe9413dfdf3600384af702a907ef1239f6a0df73b240\
                     e0891a66d40fc18d2048831d2d6a9649";
    let verify = |body: &str, signature: &str, secret: &str| {
        nowpayments::verify(body.as_bytes(), signature, secret).is_ok()
    };
    assert!(verify(sent, signature, "ipn_secret"));
    assert!(verify(sent, &signature.to_uppercase(), " ipn_secret\n"), "the secret is trimmed");
    assert!(!verify(&sent.replace("100.00", "100.0"), signature, "ipn_secret"), "a number's digits count");
    assert!(!verify(sent, signature, "ipn_secret2"));
    assert!(!verify(sent, "", "ipn_secret"));
    assert!(!verify("no JSON", signature, "ipn_secret"));
    let deep = format!("{}{}", "[".repeat(40), "]".repeat(40));
    assert_eq!(canonical(&deep), None, "no body nests so deep");
}

/// Opens a deposit by card; gives the answer.
async fn by_card(actor: &Actor, amount: &str) -> Value {
    actor.post("/api/credits/deposit", &json!({ "amount": amount })).await.good()
}

/// Opens one by invoice; gives the answer and the provider's name of it.
async fn by_invoice(actor: &Actor, amount: &str) -> (Value, String) {
    let body = json!({ "amount": amount, "currency": "USDTTRC20" });
    let opened = actor.post("/api/v1/payments/create-intent", &body).await.good();
    let url = opened["invoice_url"].as_str().expect("where to pay");
    let reference = url.rsplit('=').next().expect("an invoice").to_owned();
    (opened, reference)
}

fn id(opened: &Value) -> &str {
    opened["payment_id"].as_str().expect("an id")
}

/// `available withdrawable`, in dollars.
async fn wallet(actor: &Actor) -> String {
    let balance = actor.get("/api/v1/ledger/balance").await.good();
    let text = |name: &str| balance[name].as_str().unwrap_or_default().to_owned();
    format!("{} {}", text("available"), text("withdrawable"))
}

async fn status_of(actor: &Actor, payment: &str) -> String {
    let payment = actor.get(&format!("/api/v1/payments/nowpayments/{payment}")).await.good();
    payment["status"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_card_deposit_is_asked_for_once_and_credited_once() {
    each_live_house(async |house, fakes| {
        let alice = house.agent("alice").await;
        assert!(alice.key.starts_with("assay_live_"));
        let body = json!({ "amount": "12.34" });
        fakes.down.store(true, Ordering::Relaxed);
        let refused = alice.post_once("one", "/api/credits/deposit", &body).await;
        assert_eq!(refused.refusal(), "503 PROVIDER_UNAVAILABLE");
        fakes.down.store(false, Ordering::Relaxed);
        let opened = alice.post_once("one", "/api/credits/deposit", &body).await.good();
        let again = alice.post_once("one", "/api/credits/deposit", &body).await;
        assert!(again.replayed);
        assert_eq!(again.good(), opened);
        assert_eq!(fakes.asked("POST /v1/checkout/sessions"), 2, "a refusal, and one session");
        assert_eq!(opened["status"], "pending");

        let form = fakes.form_of(id(&opened));
        for (field, value) in [
            ("mode", "payment"),
            ("client_reference_id", id(&opened)),
            ("success_url", "https://house.example/payments/return?outcome=success"),
            ("line_items[0][quantity]", "1"),
            ("line_items[0][price_data][currency]", "usd"),
            ("line_items[0][price_data][unit_amount]", "1234"),
            ("line_items[0][price_data][product_data][name]", "Assay deposit"),
            ("payment_intent_data[metadata][assay_payment]", id(&opened)),
        ] {
            assert_eq!(form.get(field).map(String::as_str), Some(value), "{field}");
        }
        let mut session = fakes.session_of(id(&opened));
        assert_eq!(opened["checkout_url"], session["url"]);

        // A payment that takes days is complete before it is paid.
        let completed = stripe_event("checkout.session.completed", &session);
        send_stripe(house, &completed).await.good();
        assert_eq!(status_of(&alice, id(&opened)).await, "confirming");
        assert_eq!(wallet(&alice).await, "0.00 0.00");
        session["payment_status"] = "paid".into();
        let paid = stripe_event("checkout.session.async_payment_succeeded", &session);
        send_stripe(house, &paid).await.good();
        send_stripe(house, &paid).await.good();
        send_stripe(house, &stripe_event("checkout.session.completed", &session)).await.good();
        send_stripe(house, &stripe_event("checkout.session.expired", &session)).await.good();
        assert_eq!(status_of(&alice, id(&opened)).await, "credited");
        assert_eq!(wallet(&alice).await, "12.34 0.00", "card money can be spent and not withdrawn");

        let small = alice.post("/api/credits/deposit", &json!({ "amount": "0.49" })).await;
        assert_eq!(small.refusal(), "400 PRICE_OUT_OF_RANGE");
    });
}

/// Events that must not credit a session of 12.00, each with the status it is answered.
fn bad_events(session: &Value) -> Vec<(&'static str, Value, &'static str)> {
    let with = |field: &str, value: Value| {
        let mut session = session.clone();
        session["payment_status"] = "paid".into();
        session[field] = value;
        stripe_event("checkout.session.completed", &session)
    };
    let mut test_mode = with("status", json!("complete"));
    test_mode["livemode"] = false.into();
    let mut without_mode = with("status", json!("complete"));
    without_mode["livemode"] = Value::Null;
    vec![
        ("another amount", with("amount_total", json!(1201)), "400 INVALID_FIELD"),
        ("less", with("amount_total", json!(1)), "400 INVALID_FIELD"),
        ("no amount", with("amount_total", Value::Null), "400 INVALID_FIELD"),
        ("an amount beyond counting", with("amount_total", json!(i64::MAX)), "400 INVALID_FIELD"),
        ("another currency", with("currency", json!("eur")), "400 INVALID_FIELD"),
        ("another session", with("id", json!("cs_live_other")), "400 INVALID_FIELD"),
        ("test mode", test_mode, "400 INVALID_FIELD"),
        ("no mode", without_mode, "400 INVALID_FIELD"),
        (
            "a payment nobody knows",
            with("client_reference_id", json!("018f0000-0000-7000-8000-000000000000")),
            "404 NOT_FOUND",
        ),
    ]
}

#[test]
fn what_is_forged_stale_or_of_another_amount_gives_nothing() {
    each_live_house(async |house, fakes| {
        let alice = house.agent("alice").await;
        let opened = by_card(&alice, "12.00").await;
        let mut session = fakes.session_of(id(&opened));
        for (what, event, said) in bad_events(&session) {
            assert_eq!(send_stripe(house, &event).await.refusal(), said, "{what}");
        }
        session["payment_status"] = "paid".into();
        let event = stripe_event("checkout.session.completed", &session).to_string();
        let now = house.app.now().0 / 1000;
        let table = [
            ("forged", stripe_signature(&event, "whsec_other", now)),
            ("stale", stripe_signature(&event, STRIPE_WEBHOOK, now - 400)),
            ("of another body", stripe_signature("{}", STRIPE_WEBHOOK, now)),
            ("none", String::new()),
        ];
        for (what, signature) in table {
            let said =
                send_callback(house, "/webhooks/stripe", "Stripe-Signature", &signature, event.clone()).await;
            assert_eq!(said.refusal(), "400 BAD_SIGNATURE", "{what}");
        }
        let ignored = send_stripe(house, &stripe_event("customer.created", &json!({}))).await.good();
        assert!(ignored["ignored"].is_string());

        let (opened, reference) = by_invoice(&alice, "100.00").await;
        let paid = notice(&opened, &reference, "finished");
        for (field, value) in [
            ("price_amount", json!(99.99)),
            ("price_amount", json!(1000)),
            ("price_currency", json!("eur")),
            ("invoice_id", json!("1")),
            ("payment_status", json!("done")),
            ("payment_id", Value::Null),
        ] {
            let mut bad = paid.clone();
            bad[field] = value;
            assert_eq!(send_coins(house, &bad).await.refusal(), "400 INVALID_FIELD", "{field}");
        }
        let forged = crate::providers::coin_signature(&paid, "other");
        let path = "/webhooks/nowpayments";
        let said = send_callback(house, path, "x-nowpayments-sig", &forged, paid.to_string()).await;
        assert_eq!(said.refusal(), "400 BAD_SIGNATURE");
        // Neither provider speaks for the other's payments.
        let mut crossed = paid.clone();
        crossed["order_id"] = session["client_reference_id"].clone();
        crossed["price_amount"] = json!(12);
        assert_eq!(send_coins(house, &crossed).await.refusal(), "404 NOT_FOUND");
        assert_eq!(wallet(&alice).await, "0.00 0.00");
        let figures = house.nobody().request(Method::GET, "/metrics").send().await.expect("an answer");
        let figures = figures.text().await.expect("a text");
        assert!(figures.contains("assay_payment_callbacks_refused_total 21"), "{figures}");
    });
}

#[test]
fn stablecoins_go_forward_only_and_are_free() {
    each_live_house(async |house, _| {
        let alice = house.agent("alice").await;
        let (opened, reference) = by_invoice(&alice, "100.00").await;
        let mut seen = Vec::new();
        for status in [
            "waiting",
            "confirming",
            "waiting",
            "partially_paid",
            "confirmed",
            "finished",
            "waiting",
            "failed",
        ] {
            send_coins(house, &notice(&opened, &reference, status)).await.good();
            seen.push(format!("{} {}", status_of(&alice, id(&opened)).await, wallet(&alice).await));
        }
        let none = "0.00 0.00";
        let expected = [
            format!("pending {none}"),
            format!("confirming {none}"),
            format!("confirming {none}"),
            format!("partially_paid {none}"),
            format!("partially_paid {none}"),
            "credited 100.00 100.00".into(),
            "credited 100.00 100.00".into(),
            "credited 100.00 100.00".into(),
        ];
        assert_eq!(seen, expected);
        let mut twice = notice(&opened, &reference, "finished");
        twice["payment_id"] = json!(6_000_002);
        send_coins(house, &twice).await.good();
        assert_eq!(wallet(&alice).await, "100.00 100.00", "a second payment of one invoice is not ours");
        let coins = alice.get("/api/v1/payments/crypto/balance").await.good();
        assert_eq!(coins["balances"][0]["currency"], "USDTTRC20");
        assert_eq!(coins["balances"][0]["deposited"], "100.00");
        let taken = alice.get("/api/v1/payments/nowpayments/currencies").await.good();
        assert_eq!(taken["currencies"], json!(["USDTTRC20", "USDTSOL", "DAI"]));
    });
}

#[test]
fn confirming_asks_the_provider_and_credits_once() {
    each_live_house(async |house, fakes| {
        let (alice, mallory) = (house.agent("alice").await, house.agent("mallory").await);
        let opened = by_card(&alice, "30").await;
        let confirm = json!({ "payment_id": id(&opened) });
        let path = "/api/v1/payments/confirm";
        assert_eq!(alice.post(path, &confirm).await.good()["status"], "pending");
        fakes.session_says(id(&opened), "complete", "paid");
        assert_eq!(mallory.post(path, &confirm).await.refusal(), "403 NOT_A_PARTY");
        let both = join_all((0..4).map(|_| alice.post(path, &confirm))).await;
        assert!(both.into_iter().all(|said| said.good()["status"] == "credited"));
        let mut session = fakes.session_of(id(&opened));
        session["payment_status"] = "paid".into();
        send_stripe(house, &stripe_event("checkout.session.completed", &session)).await.good();
        assert_eq!(wallet(&alice).await, "30.00 0.00");

        let body = json!({ "currency": "usdttrc20" });
        let address = alice.post("/api/v1/payments/crypto/address", &body).await.good();
        assert_eq!(address["address"], "TN3W4H6rK2ce4vX9YnFQHwKENnHjoxb3m9");
        assert_eq!((&address["pay_amount"], &address["amount"]), (&json!("20.000125"), &json!("20.00")));
        let confirm = json!({ "payment_id": id(&address) });
        assert_eq!(alice.post(path, &confirm).await.good()["status"], "pending");
        let made = fakes.coin_payments.lock().expect("no panic").keys().next().cloned();
        fakes.coin_payment_says(&made.expect("one"), "finished");
        assert_eq!(alice.post(path, &confirm).await.good()["status"], "credited");
        assert_eq!(wallet(&alice).await, "50.00 20.00");

        let (invoice, _) = by_invoice(&alice, "10").await;
        let confirm = json!({ "payment_id": id(&invoice) });
        assert_eq!(alice.post(path, &confirm).await.good()["status"], "pending", "nobody chose a coin yet");
        fakes.down.store(true, Ordering::Relaxed);
        assert_eq!(alice.post(path, &confirm).await.refusal(), "503 PROVIDER_UNAVAILABLE");
    });
}

/// Everything that is ever said of these deposits, more than once.
async fn all_that_is_said(fakes: &Fakes, alice: &Actor, deposits: usize) -> Vec<(bool, Value)> {
    let mut said = Vec::new();
    for number in 0..deposits {
        let opened = by_card(alice, "1.00").await;
        let mut session = fakes.session_of(id(&opened));
        said.push((true, stripe_event("checkout.session.completed", &session)));
        said.push((true, stripe_event("checkout.session.expired", &session)));
        session["payment_status"] = "paid".into();
        said.push((true, stripe_event("checkout.session.completed", &session)));
        said.push((true, stripe_event("checkout.session.async_payment_succeeded", &session)));
        let (opened, reference) = by_invoice(alice, "1.00").await;
        for status in ["waiting", "confirming", "confirmed", "sending", "partially_paid", "finished"] {
            let mut notice = notice(&opened, &reference, status);
            notice["payment_id"] = json!(6_100_000 + number);
            said.push((false, notice));
        }
    }
    let once = said.clone();
    while said.len() < 1_000 {
        said.extend_from_slice(&once);
    }
    said
}

#[test]
fn a_thousand_shuffled_and_repeated_callbacks_credit_each_deposit_once() {
    each_live_house(async |house, fakes| {
        let alice = house.agent("alice").await;
        let mut said = all_that_is_said(fakes, &alice, 20).await;
        // In an order that has nothing to do with the one they were made in, and is the same each time.
        let mut places: Vec<(Vec<u8>, (bool, Value))> = Vec::new();
        for (index, one) in said.drain(..).enumerate() {
            places.push((Sha256::digest(index.to_string()).to_vec(), one));
        }
        places.sort_by(|a, b| a.0.cmp(&b.0));
        let said: Vec<(bool, Value)> = places.into_iter().map(|(_, one)| one).collect();
        assert!(said.len() >= 1_000);
        for some in said.chunks(25) {
            let sent = some.iter().map(async |(card, event)| {
                if *card { send_stripe(house, event).await } else { send_coins(house, event).await }
            });
            for answer in join_all(sent).await {
                answer.good();
            }
        }
        assert_eq!(wallet(&alice).await, "40.00 20.00");
        let lines = alice.get("/api/v1/ledger/transactions?type=deposit&limit=100").await.good();
        assert_eq!(lines["data"].as_array().map(Vec::len), Some(40));
    });
}

#[test]
fn a_chargeback_freezes_the_card_money_until_the_operator_releases_it() {
    each_live_house(async |house, fakes| {
        let alice = house.agent("alice").await;
        let opened = by_card(&alice, "40").await;
        let mut session = fakes.session_of(id(&opened));
        let dispute =
            json!({ "id": "dp_1", "object": "dispute", "payment_intent": session["payment_intent"] });
        let dispute = stripe_event("charge.dispute.created", &dispute);
        let early = send_stripe(house, &dispute).await;
        assert_eq!(early.refusal(), "404 NOT_FOUND", "refused, it comes again");
        session["payment_status"] = "paid".into();
        send_stripe(house, &stripe_event("checkout.session.completed", &session)).await.good();
        let (invoice, reference) = by_invoice(&alice, "10").await;
        send_coins(house, &notice(&invoice, &reference, "finished")).await.good();

        let refund =
            json!({ "id": "ch_1", "object": "charge", "metadata": { "assay_payment": id(&opened) } });
        let both = [dispute.clone(), stripe_event("charge.refunded", &refund), dispute];
        for said in join_all(both.iter().map(|event| send_stripe(house, event))).await {
            said.good();
        }
        assert_eq!(wallet(&alice).await, "10.00 10.00", "coins stay");
        let balance = alice.get("/api/v1/ledger/balance").await.good();
        assert_eq!(balance["frozen"], "40.00");
        let operator = house.operator();
        let list = operator.get("/v1/admin/chargebacks").await.good();
        assert_eq!(list["data"]["items"].as_array().map(Vec::len), Some(1));
        assert_eq!(list["data"]["items"][0]["agentId"], json!(alice.id));
        assert_eq!(alice.get("/v1/admin/chargebacks").await.refusal(), "403 MISSING_SCOPE");
        let told = house.app.db.read().events("operator", 0, 10).await.expect("events");
        assert_eq!(
            told.iter().map(|event| event.kind.as_str()).collect::<Vec<_>>(),
            ["payment.charged_back"]
        );

        let path = format!("/v1/admin/chargebacks/{}/release", alice.id);
        let much = operator.post(&path, &json!({ "takenBack": "40.01" })).await;
        assert_eq!(much.refusal(), "400 PRICE_OUT_OF_RANGE");
        let released = operator.post(&path, &json!({ "takenBack": 15 })).await.good();
        assert_eq!(released["data"]["released"], "25.00");
        assert_eq!(wallet(&alice).await, "35.00 10.00");
        assert_eq!(operator.post(&path, &json!({})).await.refusal(), "404 NOT_FOUND");
    });
}

/// Somebody who translates for 10.00.
async fn translator(house: &House) -> Actor {
    let agent = house.agent("translator").await;
    let offer = json!({ "name": "translator", "capabilities": ["translation"], "base_price": "10.00",
        "pricing_model": "fixed" });
    agent.post("/api/v1/agents", &offer).await.good();
    agent
}

#[test]
fn an_invoice_of_a_task_funds_it_as_soon_as_it_is_paid() {
    everywhere(async |house| {
        let (alice, bob) = (house.agent("alice").await, translator(house).await);
        let body = json!({ "capability": "translation", "input": { "text": "Hello" }, "payment_type": "crypto",
            "max_price": 12 });
        let bought = alice.post_once("one", "/api/v1/tasks", &body).await.good();
        let again = alice.post_once("one", "/api/v1/tasks", &body).await;
        assert!(again.replayed);
        assert_eq!(again.good(), bought);
        assert_eq!(bought["status"], "unpaid");
        let (task, url) =
            (bought["id"].as_str().expect("an id"), bought["invoice_url"].as_str().expect("a URL"));
        let path = format!("/api/v1/tasks/{task}/payments");
        let asked = alice.post(&path, &json!({ "payment_type": "crypto" })).await.good();
        assert_eq!(asked["invoice_url"], url, "one invoice, as long as it waits");
        let paid =
            json!([alice.get(&path).await.good()["payments"][0]["status"], bob.task_status(task).await]);
        assert_eq!(paid, json!(["pending", "unpaid"]));

        let nobody = house.nobody();
        let paying = join_all((0..3).map(|_| nobody.send(nobody.request(Method::POST, url)))).await;
        assert!(paying.into_iter().all(|said| said.good()["status"] == "credited"));
        assert_eq!(alice.task_status(task).await, "claimed", "whoever was chosen has it");
        let balance = alice.get("/api/v1/ledger/balance").await.good();
        assert_eq!((&balance["escrowed"], &balance["available"]), (&json!("10.00"), &json!("0.00")));
        assert_eq!(alice.get(&path).await.good()["escrow_status"], "held");
        assert_eq!(alice.post(&path, &json!({ "payment_type": "crypto" })).await.refusal(), "409 CONFLICT");
        bob.post(&format!("/api/v1/tasks/{task}/fail"), &json!({ "error_reason": "no time" })).await.good();
        assert_eq!(wallet(&alice).await, "10.00 10.00", "what came in by coins goes back as such");
    });
}

#[test]
fn an_invoice_that_is_paid_too_late_fills_the_wallet() {
    everywhere(async |house| {
        let alice = house.agent("alice").await;
        translator(house).await;
        let body = json!({ "capability": "translation", "payment_type": "crypto", "max_price": 12 });
        let bought = alice.post("/api/v1/tasks", &body).await.good();
        let (task, url) =
            (bought["id"].as_str().expect("an id"), bought["invoice_url"].as_str().expect("a URL"));
        alice.post(&format!("/api/v1/tasks/{task}/cancel"), &json!({})).await.good();
        alice.send(alice.request(Method::POST, url)).await.good();
        assert_eq!(alice.task_status(task).await, "cancelled");
        assert_eq!(wallet(&alice).await, "10.00 10.00");
    });
}

#[test]
fn names_that_are_none_find_nothing() {
    everywhere(async |house| {
        let alice = house.agent("alice").await;
        for path in [
            "/api/v1/payments/nowpayments/a%00b",
            "/api/v1/payments/nowpayments/018f0000-0000-7000-8000-000000000000",
            "/api/v1/payments/nowpayments/%F0%9F%98%80",
            "/api/v1/payments/nowpayments/payout/a%00b",
            "/api/v1/withdrawals/a%00b",
            "/api/v1/withdrawals/1e400",
            "/api/v1/withdrawal-addresses/a%00b",
        ] {
            assert_eq!(alice.get(path).await.refusal(), "404 NOT_FOUND", "{path}");
        }
        let long = "x".repeat(300 * 1024);
        for path in ["/webhooks/stripe", "/webhooks/nowpayments"] {
            let said = send_callback(house, path, "Stripe-Signature", "t=1,v1=00", long.clone()).await;
            assert_eq!(said.refusal(), "413 TOO_LARGE", "{path}");
            let said = send_callback(house, path, "Stripe-Signature", "t=1,v1=00", "{}".into()).await;
            assert_eq!(said.refusal(), "404 NOT_FOUND", "no such provider in test mode: {path}");
        }
        let confirm = json!({ "payment_id": "a\u{0}b" });
        assert_eq!(alice.post("/api/v1/payments/confirm", &confirm).await.refusal(), "400 INVALID_FIELD");
    });
}
