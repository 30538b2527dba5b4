//! Money out: free dollars to an address that has waited, paid by a job, and held apart
//! until the provider or the operator has the last word.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use assay::app::access::{Means, NewKey, Scopes};
use assay_domain::coin::Coin;
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::house::{Actor, House, everywhere};
use crate::providers::{Fakes, each_live_house, notice, send_coins};

const TRON: &str = "TN3W4H6rK2ce4vX9YnFQHwKENnHjoxb3m9";
const OTHER_TRON: &str = "TLa2f6VPqDgRE67v1736s7bJ8Ray5wYjU7";
const HOUR_MS: i64 = 3_600_000;

/// An agent with free dollars on a live server.
pub(crate) async fn paid_by_coins(house: &House, amount: &str) -> Actor {
    let agent = house.agent("worker").await;
    let body = json!({ "amount": amount, "currency": "USDTTRC20" });
    let opened = agent.post("/api/v1/payments/create-intent", &body).await.good();
    let url = opened["invoice_url"].as_str().expect("where to pay");
    let reference = url.rsplit('=').next().expect("an invoice");
    let mut paid = notice(&opened, reference, "finished");
    // Every payment has a name of its own.
    paid["payment_id"] = json!(reference.parse::<i64>().expect("a number") + 1_000_000);
    send_coins(house, &paid).await.good();
    agent
}

/// The same in test mode.
async fn earned(house: &House, amount: &str) -> Actor {
    let agent = house.agent("worker").await;
    let body = json!({ "amount": amount });
    let opened = agent.post("/api/v1/payments/create-intent", &body).await.good();
    let url = opened["invoice_url"].as_str().expect("where to pay").to_owned();
    agent.send(agent.request(Method::POST, &url)).await.good();
    agent
}

async fn saves(actor: &Actor, address: &str) -> String {
    let body = json!({ "label": "till", "currency": "USDTTRC20", "address": address });
    let saved = actor.post("/api/v1/withdrawal-addresses", &body).await.good();
    saved["id"].as_str().expect("an id").to_owned()
}

/// Moves the clock of a live server, and lets what is due happen.
pub(crate) async fn wait(house: &House, hours: i64) {
    let ahead = house.app.now().0 - real_ms();
    house.app.clock.set_advance_ms(ahead + hours * HOUR_MS);
    house.app.run_due_jobs().await.expect("jobs run");
}

fn real_ms() -> i64 {
    let clock = assay::clock::Clock::default();
    clock.now().0
}

pub(crate) async fn looked(actor: &Actor, id: &str) -> Value {
    actor.get(&format!("/api/v1/withdrawals/{id}")).await.good()
}

pub(crate) async fn wallet(actor: &Actor) -> Value {
    actor.get("/api/v1/ledger/balance").await.good()["available"].clone()
}

#[test]
fn a_withdrawal_in_test_mode_lives_from_pending_to_finished() {
    everywhere(async |house| {
        let worker = earned(house, "100").await;
        worker.deposits(50).await;
        let path = "/api/v1/withdrawals";
        let none = worker.post(path, &json!({ "amount": 10 })).await;
        assert_eq!(none.refusal(), "400 INVALID_FIELD", "no address is the default one");
        let address = saves(&worker, TRON).await;
        let ask = |amount: &str| json!({ "amount": amount, "currency": "USDTTRC20", "withdrawal_address_id": address });
        let much = worker.post(path, &ask("100.01")).await;
        assert_eq!(much.refusal(), "402 INSUFFICIENT_FUNDS", "card money stays");
        for (amount, said) in [
            ("0", "400 INVALID_FIELD"),
            ("-1", "400 PRICE_OUT_OF_RANGE"),
            ("1.001", "400 PRICE_OUT_OF_RANGE"),
        ] {
            assert_eq!(worker.post(path, &ask(amount)).await.refusal(), said, "{amount}");
        }
        let said = worker.post_once("one", path, &ask("60.50")).await.good();
        assert_eq!((&said["status"], &said["amount"]), (&json!("pending"), &json!("60.50")));
        assert!(worker.post_once("one", path, &ask("60.50")).await.replayed);
        assert_eq!(wallet(&worker).await, "89.50");
        assert_eq!(worker.post(path, &ask("40")).await.refusal(), "402 INSUFFICIENT_FUNDS");
        house.wait(0).await;
        let done = looked(&worker, said["id"].as_str().expect("an id")).await;
        assert_eq!(done["status"], "finished");
        assert!(done["transaction_hash"].is_string());
        let payout = done["payout_id"].as_str().expect("the provider's name");
        let by_payout = worker.get(&format!("/api/v1/payments/nowpayments/payout/{payout}")).await.good();
        assert_eq!(by_payout["id"], said["id"]);
        let default = worker.post("/api/v1/ledger/withdraw", &json!({ "amount": "39.50" })).await.good();
        assert_eq!(default["address"], TRON);
        house.wait(0).await;
        let list = worker.get("/api/v1/withdrawals?limit=1").await.good();
        assert_eq!(list["data"][0]["id"], default["id"]);
        assert_eq!(wallet(&worker).await, "50.00");
        let coins = worker.get("/api/v1/payments/crypto/balance").await.good();
        assert_eq!(coins["balances"][0]["withdrawn"], "100.00");
        let stranger = house.agent("stranger").await;
        let path = format!("/api/v1/withdrawals/{}", said["id"].as_str().expect("an id"));
        assert_eq!(stranger.get(&path).await.refusal(), "403 NOT_A_PARTY");
    });
}

#[test]
fn a_new_address_waits_a_day_before_money_goes_to_it() {
    each_live_house(async |house, fakes| {
        let worker = paid_by_coins(house, "100").await;
        let address = saves(&worker, TRON).await;
        let path = "/api/v1/withdrawals";
        let body = json!({ "amount": 100, "withdrawal_address_id": address });
        let early = worker.post_once("one", path, &body).await;
        assert_eq!(early.refusal(), "409 ADDRESS_NOT_READY");
        let raw = json!({ "amount": 10, "currency": "usdttrc20", "address": OTHER_TRON });
        assert_eq!(worker.post(path, &raw).await.refusal(), "409 ADDRESS_NOT_READY");
        let saved = worker.get("/api/v1/withdrawal-addresses").await.good();
        assert_eq!(saved["data"].as_array().map(Vec::len), Some(2), "what is used is saved");
        wait(house, 23).await;
        assert_eq!(worker.post(path, &body).await.refusal(), "409 ADDRESS_NOT_READY");
        wait(house, 2).await;
        let said = worker.post_once("one", path, &body).await.good();
        let id = said["id"].as_str().expect("an id");
        assert_eq!(wallet(&worker).await, "0.00");

        wait(house, 0).await;
        let asked = fakes.payouts.lock().expect("no panic").get(id).cloned().expect("under our own name");
        assert_eq!(
            (&asked["address"], &asked["currency"], &asked["amount"]),
            (&json!(TRON), &json!("usdttrc20"), &json!(100.0))
        );
        assert_eq!(looked(&worker, id).await["status"], "processing");
        fakes.payout_says(id, "SENDING");
        wait(house, 1).await;
        assert_eq!(looked(&worker, id).await["provider_status"], "sending");
        fakes.payout_says(id, "FINISHED");
        wait(house, 1).await;
        let done = looked(&worker, id).await;
        assert_eq!((&done["status"], &done["transaction_hash"]), (&json!("finished"), &json!("0xabc")));
        let asked = fakes.asked("GET /v1/payout");
        wait(house, 100).await;
        assert_eq!(fakes.asked("GET /v1/payout"), asked, "what is over is not asked about");
    });
}

/// A withdrawal of everything, asked for at a ready address.
pub(crate) async fn asked_for(house: &House, worker: &Actor, amount: &str) -> String {
    let address = saves(worker, TRON).await;
    wait(house, 25).await;
    let body = json!({ "amount": amount, "withdrawal_address_id": address });
    let said = worker.post("/api/v1/withdrawals", &body).await.good();
    said["id"].as_str().expect("an id").to_owned()
}

#[test]
fn a_failed_payout_waits_for_the_operator() {
    each_live_house(async |house, fakes| {
        let (worker, operator) = (paid_by_coins(house, "80").await, house.operator());
        let id = asked_for(house, &worker, "80").await;
        wait(house, 0).await;
        fakes.payout_says(&id, "REJECTED");
        wait(house, 1).await;
        assert_eq!(looked(&worker, &id).await["status"], "failed");
        wait(house, 100).await;
        assert_eq!(wallet(&worker).await, "0.00", "nothing is refunded by itself");
        let failed = operator.get("/v1/admin/withdrawals?status=failed").await.good();
        assert_eq!(failed["data"]["items"][0]["id"], json!(id));
        let path = |verb: &str| format!("/v1/admin/withdrawals/{id}/{verb}");
        assert_eq!(worker.post(&path("return"), &json!({})).await.refusal(), "403 MISSING_SCOPE");

        operator.post(&path("retry"), &json!({})).await.good();
        wait(house, 0).await;
        let again = format!("{id}-2");
        assert!(
            fakes.payouts.lock().expect("no panic").contains_key(&again),
            "a second try has a name of its own"
        );
        assert_eq!(operator.post(&path("return"), &json!({})).await.refusal(), "409 CONFLICT");
        fakes.payout_says(&again, "failed");
        wait(house, 1).await;

        let both = join_all((0..2).map(async |_| operator.post(&path("return"), &json!({})).await)).await;
        let good = both.iter().filter(|said| said.status == 200).count();
        assert_eq!(good, 1, "{both:?}");
        let gone = looked(&worker, &id).await;
        assert_eq!((&gone["status"], &gone["resolution"]), (&json!("failed"), &json!("returned")));
        assert_eq!(wallet(&worker).await, "80.00");
        assert_eq!(operator.post(&path("retry"), &json!({})).await.refusal(), "409 CONFLICT");
        let told = house.app.db.read().events("operator", 0, 10).await.expect("events");
        assert_eq!(told.len(), 2, "{told:?}");
    });
}

#[test]
fn a_provider_that_is_away_is_asked_again_and_one_that_refuses_is_not() {
    each_live_house(async |house, fakes: &Arc<Fakes>| {
        let worker = paid_by_coins(house, "80").await;
        let id = asked_for(house, &worker, "30").await;
        fakes.down.store(true, Ordering::Relaxed);
        wait(house, 0).await;
        assert_eq!(looked(&worker, &id).await["status"], "pending");
        fakes.down.store(false, Ordering::Relaxed);
        wait(house, 0).await;
        assert!(fakes.payouts.lock().expect("no panic").is_empty(), "not before its time");
        wait(house, 1).await;
        assert_eq!(looked(&worker, &id).await["status"], "processing");
        assert_eq!(fakes.asked("POST /v1/payout"), 1);

        fakes.refuses_payouts.store(422, Ordering::Relaxed);
        let body = json!({ "amount": 50 });
        let second = worker.post("/api/v1/withdrawals", &body).await.good();
        wait(house, 0).await;
        let refused = looked(&worker, second["id"].as_str().expect("an id")).await;
        assert_eq!(refused["status"], "failed");
        assert_eq!(refused["failure_reason"], "the provider refused with 422: the balance is too low");
        assert_eq!(wallet(&worker).await, "0.00");
    });
}

#[test]
fn addresses_have_one_default_and_are_their_owners_alone() {
    everywhere(async |house| {
        let (worker, stranger) = (house.agent("worker").await, house.agent("stranger").await);
        let (first, second) = (saves(&worker, TRON).await, saves(&worker, OTHER_TRON).await);
        let path = |id: &str| format!("/api/v1/withdrawal-addresses/{id}");
        let double = json!({ "currency": "USDTTRC20", "address": TRON });
        let said = worker.post("/api/v1/withdrawal-addresses", &double).await;
        assert_eq!(said.refusal(), "409 ALREADY_EXISTS");
        let defaults = async || {
            let all = worker.get("/api/v1/withdrawal-addresses").await.good();
            let each = all["data"].as_array().cloned().unwrap_or_default();
            each.iter().map(|one| one["is_default"] == true).collect::<Vec<_>>()
        };
        assert_eq!(defaults().await, [true, false]);
        worker.put(&format!("{}/default", path(&second)), &json!({})).await.good();
        assert_eq!(defaults().await, [false, true]);
        worker.post(&format!("{}/default", path(&first)), &json!({})).await.good();
        let renamed = worker.patch(&path(&first), &json!({ "label": "=cmd()" })).await.good();
        assert_eq!((&renamed["label"], &renamed["address"]), (&json!("=cmd()"), &json!(TRON)));
        let taken = worker.put(&path(&second), &json!({ "address": TRON })).await;
        assert_eq!(taken.refusal(), "409 ALREADY_EXISTS");
        for said in [
            stranger.get(&path(&first)).await,
            stranger.delete(&path(&first)).await,
            stranger.put(&path(&first), &json!({ "label": "mine" })).await,
            stranger.put(&format!("{}/default", path(&first)), &json!({})).await,
        ] {
            assert_eq!(said.refusal(), "404 NOT_FOUND");
        }
        assert_eq!(worker.delete(&path(&first)).await.good()["deleted"], true);
        assert_eq!(worker.get(&path(&first)).await.refusal(), "404 NOT_FOUND");
        assert_eq!(defaults().await, [false]);
        for (currency, address) in [
            ("USDTTRC20", "0x52908400098527886E0F7030069857D2E4169EE7"),
            ("USDTTRC20", "TN3W4H6rK2ce4vX9YnFQHwKENnHjoxb3m"),
            ("USDTTRC20", "TN3W4H6rK2ce4vX9YnFQHwKENnHjoxb3mO"),
            ("USDC", "0x52908400098527886E0F7030069857D2E4169EE"),
            ("USDC", "52908400098527886E0F7030069857D2E4169EE7"),
            ("USDC", "0x52908400098527886E0F7030069857D2E4169EEG"),
            ("USDCSOL", "short"),
            ("BTC", "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"),
            ("USD", TRON),
        ] {
            let body = json!({ "currency": currency, "address": address });
            let said = worker.post("/api/v1/withdrawal-addresses", &body).await;
            assert_eq!(said.refusal(), "400 INVALID_FIELD", "{currency} {address}");
        }
        let good = Coin::parse("usdc").expect("a coin");
        assert!(good.check_address("address", "0x52908400098527886E0F7030069857D2E4169EE7").is_ok());
    });
}

#[test]
fn a_handoff_cannot_withdraw() {
    everywhere(async |house| {
        let worker = earned(house, "100").await;
        let address = saves(&worker, TRON).await;
        let party = worker.id.parse().expect("an id");
        let key = NewKey::make("test", party, Scopes::USUAL, None, &house.app.clock);
        let id = key.row.id.parse().expect("an id");
        let key = key.of_kind(Means::Handoff { key: id, spend_max: 100_000_000 }, "bundle");
        let secret = key.secret.clone();
        key.keep(&house.app.db).await.expect("a key");
        let handed = worker.with_key(&secret);
        let body = json!({ "amount": 1, "withdrawal_address_id": address });
        assert_eq!(handed.post("/api/v1/withdrawals", &body).await.refusal(), "403 HANDOFF_FORBIDDEN");
        let body = json!({ "currency": "USDTTRC20", "address": OTHER_TRON });
        assert_eq!(
            handed.post("/api/v1/withdrawal-addresses", &body).await.refusal(),
            "403 HANDOFF_FORBIDDEN"
        );
        let path = format!("/api/v1/withdrawal-addresses/{address}");
        assert_eq!(handed.delete(&path).await.refusal(), "403 HANDOFF_FORBIDDEN");
        handed.get(&path).await.good();
    });
}

#[test]
fn the_ledgers_own_withdrawal_is_refused_like_the_others() {
    each_live_house(async |house, _| {
        let worker = paid_by_coins(house, "40").await;
        let ask = json!({ "amount": 50, "withdrawal_address_id": saves(&worker, TRON).await });
        let path = "/api/v1/ledger/withdraw";
        assert_eq!(worker.post(path, &ask).await.refusal(), "409 ADDRESS_NOT_READY");
        wait(house, 25).await;
        assert_eq!(worker.post(path, &ask).await.refusal(), "402 INSUFFICIENT_FUNDS");
        assert_eq!(wallet(&worker).await, "40.00");
    });
}
