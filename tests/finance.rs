//! Work bought by capability: whose model rules, how it is paid, and what completing it
//! means.

use serde_json::{Value, json};

use crate::disputes::{buys, dollars, market, offers};
use crate::house::{Actor, everywhere};

async fn asks(client: &Actor, more: &Value) -> crate::house::Said {
    let mut body =
        json!({ "capability": "text-translation", "payment_type": "balance", "max_price": "10.00" });
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    client.post("/api/v1/tasks", &body).await
}

#[test]
fn ten_dollars_are_nine_and_a_half_for_the_provider() {
    everywhere(async |house| {
        let (client, provider) = market(house).await;
        let task = buys(&client).await;
        assert_eq!(dollars(&client).await, "90.0+0.0");
        let seen = provider.get(&format!("/api/v1/tasks/{task}")).await.good();
        assert_eq!(seen["input"], json!({ "text": "Hello", "target_lang": "es" }));
        let payments = client.get(&format!("/api/v1/tasks/{task}/payments")).await.good();
        let figures =
            ["amount", "fee", "provider_receives", "escrow_status"].map(|name| payments[name].clone());
        assert_eq!(figures, [json!("10.00"), json!("0.50"), json!("9.50"), json!("held")]);
        let body = json!({ "output": { "text": "Hola" } });
        let path = format!("/api/v1/tasks/{task}/complete");
        assert_eq!(client.post(&path, &body).await.refusal(), "403 NOT_ASSIGNED");
        let done = provider.put(&path, &body).await.good();
        assert_eq!((&done["status"], &done["delivery_status"]), (&json!("completed"), &json!("accepted")));
        assert_eq!(dollars(&provider).await, "0.0+9.5");
        house.wait(23 * 3600 + 59 * 60).await;
        assert_eq!(dollars(&provider).await, "0.0+9.5");
        house.wait(60).await;
        assert_eq!(dollars(&provider).await, "9.5+0.0");
        let seen = client.get(&format!("/api/v1/tasks/{task}")).await.good();
        assert_eq!((&seen["status"], &seen["output"]), (&json!("completed"), &json!("{\"text\":\"Hola\"}")));
    });
}

#[test]
fn a_provider_that_fails_sends_the_money_back() {
    everywhere(async |house| {
        let (client, provider) = market(house).await;
        let task = buys(&client).await;
        let body = json!({ "error_reason": "no dictionary" });
        let failed = provider.put(&format!("/api/v1/tasks/{task}/fail"), &body).await.good();
        assert_eq!((&failed["status"], &failed["escrow_status"]), (&json!("failed"), &json!("refunded")));
        assert_eq!(dollars(&client).await, "100.0+0.0");
        let twice = provider.post(&format!("/api/v1/tasks/{task}/fail"), &body).await;
        assert_eq!(twice.refusal(), "409 WRONG_STATUS");
    });
}

#[test]
fn checks_decide_where_there_are_any() {
    everywhere(async |house| {
        let (client, provider) = market(house).await;
        let checks = json!([{ "kind": "contains", "value": "Hola" }]);
        let task = client.buys_with(&provider, &checks).await;
        let path = format!("/api/v1/tasks/{task}/complete");
        let first = provider.post(&path, &json!({ "output": "Bonjour" })).await.good();
        assert_eq!(first["status"], "revision_requested", "{first}");
        assert_eq!(dollars(&provider).await, "0.0+0.0");
        let second = provider.post(&path, &json!({ "output": "Hola" })).await.good();
        assert_eq!(second["status"], "completed");
        assert_eq!(dollars(&provider).await, "0.0+9.5");
    });
}

#[test]
fn the_cheapest_provider_that_fits_is_chosen_and_nobody_buys_from_themselves() {
    everywhere(async |house| {
        let (client, ten) = market(house).await;
        let (seven, auction) = (house.agent("seven").await, house.agent("auction").await);
        offers(&seven, "text-translation", "7.00", "hybrid").await;
        offers(&auction, "text-translation", "1.00", "auction").await;
        offers(&client, "text-translation", "2.00", "fixed").await;
        let task = asks(&client, &json!({})).await.good();
        assert_eq!((&task["provider_agent_id"], &task["price"]), (&json!(seven.id), &json!("7.00")));
        let named = asks(&client, &json!({ "provider_agent_id": ten.id })).await.good();
        assert_eq!((&named["provider_agent_id"], &named["price"]), (&json!(ten.id), &json!("10.00")));
        let refused = [
            (json!({ "max_price": "6.99" }), "409 NO_PROVIDER"),
            (json!({ "capability": "juggling" }), "409 NO_PROVIDER"),
            (json!({ "provider_agent_id": ten.id, "max_price": "9.99" }), "409 NO_PROVIDER"),
            (json!({ "provider_agent_id": client.id }), "403 SELF_DEALING"),
            (json!({ "provider_agent_id": house.nobody().id }), "400 INVALID_FIELD"),
            (json!({ "pricing_model": "barter" }), "400 INVALID_FIELD"),
            (json!({ "payment_type": "barter" }), "400 INVALID_FIELD"),
            (json!({ "max_price": null }), "400 INVALID_FIELD"),
            (json!({ "closes_at": "soon" }), "400 INVALID_FIELD"),
        ];
        for (more, refusal) in refused {
            assert_eq!(asks(&client, &more).await.refusal(), refusal, "{more}");
        }
        assert_eq!(dollars(&client).await, "83.0+0.0");
        let found =
            client.get("/api/v1/agents/discover?capability=text-translation&max_price=7").await.good();
        let prices: Vec<&Value> =
            found["data"].as_array().into_iter().flatten().map(|one| &one["base_price"]).collect();
        assert_eq!(prices, ["1.00", "2.00", "7.00"]);
        let all = client.get("/api/v1/capabilities").await.good();
        assert_eq!(
            all["data"][0],
            json!({ "capability": "text-translation", "providers": 4, "price_from": "1.00" })
        );
    });
}

#[test]
fn an_auction_takes_bids_until_it_closes() {
    everywhere(async |house| {
        let (client, ten) = market(house).await;
        let other = house.agent("other").await;
        let task = asks(&client, &json!({ "pricing_model": "auction" })).await.good();
        assert_eq!((&task["status"], &task["mode"]), (&json!("open"), &json!("bid")));
        let id = task["id"].as_str().expect("an id");
        ten.bids(id, "8.00").await;
        other.bids(id, "6.50").await;
        house.wait(25 * 3600).await;
        let seen = client.get(&format!("/api/v1/tasks/{id}")).await.good();
        let expected = (&json!("claimed"), &json!(other.id), &json!("6.50"));
        assert_eq!((&seen["status"], &seen["provider_agent_id"], &seen["price"]), expected);
        assert_eq!(dollars(&client).await, "93.5+0.0");
    });
}

#[test]
fn a_provider_names_its_model_and_one_with_an_auction_sells_by_it() {
    everywhere(async |house| {
        let (client, ten) = market(house).await;
        let auction = house.agent("auction").await;
        offers(&auction, "text-translation", "1.00", "auction").await;
        let named = json!({ "provider_agent_id": auction.id });
        let task = asks(&client, &named).await.good();
        let expected = (&json!("open"), &json!("bid"), &json!("auction"));
        assert_eq!((&task["status"], &task["mode"], &task["pricing_model"]["model"]), expected, "{task}");
        assert_eq!(task["provider_agent_id"], Value::Null, "nobody has it before the close: {task}");
        let id = task["id"].as_str().expect("an id");
        auction.bids(id, "4.00").await;
        ten.bids(id, "6.50").await;
        house.wait(25 * 3600).await;
        let seen = client.get(&format!("/api/v1/tasks/{id}")).await.good();
        let expected = (&json!("claimed"), &json!(auction.id), &json!("4.00"));
        assert_eq!((&seen["status"], &seen["provider_agent_id"], &seen["price"]), expected);
        assert_eq!(dollars(&client).await, "96.0+0.0");
    });
}

#[test]
fn a_task_without_money_waits_for_it() {
    everywhere(async |house| {
        let (client, provider) = market(house).await;
        let task = asks(&client, &json!({ "payment_type": null })).await.good();
        assert_eq!((&task["status"], &task["escrow_status"]), (&json!("unpaid"), &json!("unpaid")));
        let id = task["id"].as_str().expect("an id");
        assert_eq!(dollars(&client).await, "100.0+0.0");
        let complete = format!("/api/v1/tasks/{id}/complete");
        assert_eq!(
            provider.post(&complete, &json!({ "output": "Hola" })).await.refusal(),
            "403 NOT_ASSIGNED"
        );
        let pay = format!("/api/v1/tasks/{id}/payments");
        assert_eq!(
            provider.post(&pay, &json!({ "payment_type": "balance" })).await.refusal(),
            "403 NOT_A_PARTY"
        );
        let paid = client.post(&pay, &json!({ "payment_type": "balance" })).await.good();
        assert_eq!((&paid["status"], &paid["escrow_status"]), (&json!("paid"), &json!("held")));
        assert_eq!(dollars(&client).await, "90.0+0.0");
        let again = client.post(&pay, &json!({ "payment_type": "balance" })).await;
        assert_eq!(again.refusal(), "409 CONFLICT");
        provider.post(&complete, &json!({ "output": "Hola" })).await.good();
        assert_eq!(dollars(&provider).await, "0.0+9.5");
    });
}

#[test]
fn what_nobody_pays_for_ends_at_its_deadline() {
    everywhere(async |house| {
        let (client, _) = market(house).await;
        let task = asks(&client, &json!({ "payment_type": null })).await.good();
        let path = format!("/api/v1/tasks/{}", task["id"].as_str().expect("an id"));
        house.wait(8 * 86_400).await;
        let seen = client.get(&path).await.good();
        assert_eq!((&seen["status"], &seen["escrow_status"]), (&json!("expired"), &json!("refunded")));
        assert_eq!(dollars(&client).await, "100.0+0.0");
    });
}

#[test]
fn what_is_given_back_on_the_day_it_was_paid_was_not_spent() {
    everywhere(async |house| {
        let (client, provider) = market(house).await;
        let task = asks(&client, &json!({ "payment_type": null })).await.good();
        let path = format!("/api/v1/tasks/{}", task["id"].as_str().expect("an id"));
        // Paid on another day than it was posted.
        house.wait(86_400).await;
        client.post(&format!("{path}/payments"), &json!({ "payment_type": "balance" })).await.good();
        let spent = || async { client.get("/api/bots/me/spending").await.good()["spent_today"].clone() };
        assert_eq!(spent().await, 10.0);
        provider.put(&format!("{path}/fail"), &json!({ "error_reason": "no dictionary" })).await.good();
        assert_eq!(spent().await, 0.0);
    });
}

#[test]
fn a_key_that_is_a_day_old_buys_anew() {
    everywhere(async |house| {
        let (client, provider) = market(house).await;
        let buy = json!({
            "capability": "text-translation", "agent_id": provider.id, "max_price": 10, "payment_type": null,
        });
        let mut seen = Vec::new();
        for wait in [0, 24 * 3600 - 1, 1] {
            house.wait(wait).await;
            let task = client.post_once("tea", "/api/v1/tasks", &buy).await.good();
            assert_eq!(task["status"], "unpaid");
            seen.push(task["id"].clone());
        }
        assert_eq!(seen[0], seen[1], "within a day it is the same request");
        assert_ne!(seen[1], seen[2]);
    });
}

#[test]
fn free_tasks_have_no_fee() {
    everywhere(async |house| {
        let (client, helper) = (house.agent("client").await, house.agent("helper").await);
        offers(&helper, "greeting", "0", "fixed").await;
        let body = json!({ "capability": "greeting", "payment_type": "balance", "max_price": 0 });
        let task = client.post("/api/v1/tasks", &body).await.good();
        let id = task["id"].as_str().expect("an id");
        let done =
            helper.post(&format!("/api/v1/tasks/{id}/complete"), &json!({ "output": "Hi" })).await.good();
        assert_eq!(done["status"], "completed");
        let payments = client.get(&format!("/api/v1/tasks/{id}/payments")).await.good();
        assert_eq!((&payments["amount"], &payments["fee"]), (&json!("0.00"), &json!("0.00")));
    });
}

#[test]
fn a_price_is_negotiated_and_used_once() {
    everywhere(async |house| {
        let (client, fixed) = market(house).await;
        let hybrid = house.agent("hybrid").await;
        offers(&hybrid, "text-translation", "10.00", "hybrid").await;
        let propose = async |provider: &Actor, price: &str, id: Option<&Value>| {
            let body = json!({ "agent_id": provider.id, "proposed_price": price, "negotiation_id": id });
            client.post("/api/v1/negotiation/negotiate", &body).await.good()
        };
        assert_eq!(propose(&fixed, "9.99", None).await["status"], "rejected");
        assert_eq!(propose(&fixed, "10.00", None).await["status"], "accepted");
        assert_eq!(propose(&hybrid, "9.50", None).await["status"], "accepted", "within the band of 5 %");
        let low = propose(&hybrid, "8.00", None).await;
        assert_eq!((&low["status"], &low["counter_price"]), (&json!("countered"), &json!("10.00")));
        let second = propose(&hybrid, "8.50", Some(&low["id"])).await;
        assert_eq!((&second["status"], &second["counter_price"]), (&json!("countered"), &json!("9.75")));
        assert_eq!(second["receipts"].as_array().map(Vec::len), Some(2));

        let accept = json!({ "negotiation_id": second["id"] });
        assert_eq!(hybrid.post("/api/v1/negotiation/accept", &accept).await.refusal(), "403 NOT_A_PARTY");
        let agreed = client.post("/api/v1/negotiation/accept", &accept).await.good();
        assert_eq!((&agreed["status"], &agreed["price"]), (&json!("accepted"), &json!("9.75")));
        let task = asks(&client, &json!({ "negotiation_id": second["id"] })).await.good();
        assert_eq!((&task["price"], &task["provider_agent_id"]), (&json!("9.75"), &json!(hybrid.id)));
        let twice = asks(&client, &json!({ "negotiation_id": second["id"] })).await;
        assert_eq!(twice.refusal(), "409 WRONG_STATUS");
        let receipt = format!("/v1/receipts/{}/input", second["receipts"][1].as_str().expect("an id"));
        assert_eq!(hybrid.get(&receipt).await.status, 200);
        assert_eq!(house.agent("stranger").await.get(&receipt).await.refusal(), "403 NOT_A_PARTY");

        // Half of the band is 0.03275.
        let cheap = house.agent("cheap").await;
        offers(&cheap, "text-translation", "1.31", "hybrid").await;
        let low = propose(&cheap, "1.00", None).await;
        assert_eq!(low["counter_price"], "1.31");
        assert_eq!(propose(&cheap, "1.00", Some(&low["id"])).await["counter_price"], "1.28");
    });
}

#[test]
fn fees_are_calculated_before_anything_moves() {
    everywhere(async |house| {
        let client = house.agent("client").await;
        let table = [
            ("10.00", "0.50", "9.50"),
            ("0", "0.00", "0.00"),
            ("0.10", "0.00", "0.10"),
            ("0.30", "0.02", "0.28"),
            ("1234.56", "61.73", "1172.83"),
        ];
        for path in ["/api/v1/negotiation/calculate", "/api/v1/negotiations/calculate-fee"] {
            for (amount, fee, receives) in table {
                let said = client.post(path, &json!({ "amount": amount })).await.good();
                assert_eq!(
                    (&said["fee"], &said["provider_receives"]),
                    (&json!(fee), &json!(receives)),
                    "{amount}"
                );
                assert_eq!(said["fee_rate"], "0.05");
            }
        }
    });
}
