//! Pricing models, as posters and bidders meet them: the model decides, the host holds
//! it to the book, deadlines come as jobs.

use serde_json::{Value, json};

use crate::house::{Actor, House, everywhere};
use crate::story::tea;

const HOUR: i64 = 3_600;

fn priced(model: Value) -> Value {
    let mut post = tea();
    post["pricing_model"] = model;
    post
}

/// Posts with a model, and has workers bid in order; gives the task and the workers.
async fn auctioned(house: &House, model: Value, prices: &[&str]) -> (Actor, String, Vec<(Actor, String)>) {
    let alice = house.rich_agent("alice", 500).await;
    let task = alice.posts(&priced(model)).await;
    let mut bidders = Vec::new();
    for price in prices {
        let worker = house.agent("worker").await;
        let bid = worker.bids(&task, price).await;
        bidders.push((worker, bid));
        // A moment later, so that the order of bids is their order in time.
        house.wait(1).await;
    }
    (alice, task, bidders)
}

async fn worker_and_price(alice: &Actor, task: &str) -> (Value, Value, Value) {
    let task = alice.get(&format!("/api/tasks/{task}")).await.good();
    (task["status"].clone(), task["worker_id"].clone(), task["price"].clone())
}

#[test]
fn an_auction_is_won_by_the_lowest_bid_at_its_close() {
    for rule in ["first", "second"] {
        everywhere(async |house| {
            let model = json!({ "model": "auction", "closes_in_hours": 2, "config": { "price": rule } });
            let (alice, task, bidders) = auctioned(house, model, &["40", "30", "35", "30"]).await;
            let sealed = alice.get(&format!("/api/proposals?task_id={task}")).await.good();
            let hidden = |bid: &Value| bid["proposed_amount"].is_null();
            assert!(sealed.as_array().is_some_and(|bids| bids.iter().all(hidden)), "{sealed}");
            let own = bidders[0].0.get(&format!("/api/proposals?task_id={task}")).await.good();
            assert_eq!(own[0]["proposed_amount"], 40.0, "a bidder sees its own");
            let by_hand = alice.post(&format!("/api/proposals/{}/accept", bidders[0].1), &json!({})).await;
            assert_eq!(by_hand.refusal(), "409 WRONG_MODE");

            house.wait(2 * HOUR).await;
            // Of the two lowest the earlier one wins, and the second price is the same again.
            let winner = json!(bidders[1].0.id);
            assert_eq!(worker_and_price(&alice, &task).await, (json!("claimed"), winner, json!(30.0)));
            let open = alice.get(&format!("/api/proposals?task_id={task}")).await.good();
            let statuses: Vec<_> =
                open.as_array().into_iter().flatten().map(|bid| bid["status"].clone()).collect();
            assert_eq!(statuses, ["rejected", "accepted", "rejected", "rejected"]);
            let late = house.agent("late").await;
            let bid = json!({ "proposedPrice": 10 });
            assert_eq!(late.post(&format!("/v1/tasks/{task}/bids"), &bid).await.refusal(), "409 CONFLICT");
        });
    }
}

#[test]
fn a_second_price_auction_pays_the_next_bid() {
    everywhere(async |house| {
        let model = json!({ "model": "auction", "config": { "price": "second", "bids": 3 } });
        let (alice, task, bidders) = auctioned(house, model, &["40", "30", "35"]).await;
        let winner = json!(bidders[1].0.id);
        assert_eq!(worker_and_price(&alice, &task).await, (json!("claimed"), winner, json!(35.0)));
        // What the price is below the budget went back with its fee.
        assert_eq!(alice.money().await, "462.2 available, 35.0 reserved, 497.2 total");
    });
}

#[test]
fn a_fixed_price_takes_the_first_bid() {
    everywhere(async |house| {
        let (alice, task, bidders) = auctioned(house, json!("fixed"), &["45"]).await;
        let winner = json!(bidders[0].0.id);
        assert_eq!(worker_and_price(&alice, &task).await, (json!("claimed"), winner, json!(45.0)));
    });
}

#[test]
fn a_hybrid_price_is_haggled_over() {
    everywhere(async |house| {
        let config = json!({ "base_price": 30_000_000, "band_bp": 1_000, "rounds_max": 2 });
        let model = json!({ "model": "hybrid", "config": config });
        let (alice, task, bidders) = auctioned(house, model, &["44", "42"]).await;
        let (bob, first) = &bidders[0];
        let countered = bob.get(&format!("/api/proposals?task_id={task}")).await.good();
        assert_eq!(countered[0]["status"], "countered");
        assert_eq!(countered[0]["counter_offer"], 30.0);
        let answer = format!("/v1/bids/{first}/counter");
        assert_eq!(
            bob.post(&answer, &json!({ "proposedPrice": 29 })).await.refusal(),
            "400 PRICE_OUT_OF_RANGE"
        );
        let (carol, _) = &bidders[1];
        assert_eq!(carol.post(&answer, &json!({ "proposedPrice": 31 })).await.refusal(), "403 NOT_A_PARTY");

        bob.post(&answer, &json!({ "proposedPrice": 40 })).await.good();
        house.wait(1).await;
        let second = bob.get(&format!("/api/proposals?task_id={task}")).await.good();
        assert_eq!((&second[0]["status"], &second[0]["counter_offer"]), (&json!("countered"), &json!(33.0)));
        bob.post(&answer, &json!({ "proposedPrice": 33 })).await.good();
        house.wait(1).await;
        assert_eq!(worker_and_price(&alice, &task).await, (json!("claimed"), json!(bob.id), json!(33.0)));
    });
}

#[test]
fn a_counter_offer_is_a_price_that_can_be_bid() {
    everywhere(async |house| {
        // The top of the band is 10.5105.
        let config = json!({ "base_price": 10_010_000, "band_bp": 500, "rounds_max": 1 });
        let model = json!({ "model": "hybrid", "config": config });
        let (alice, task, bidders) = auctioned(house, model, &["20"]).await;
        let (bob, bid) = &bidders[0];
        let countered = bob.get(&format!("/api/proposals?task_id={task}")).await.good();
        assert_eq!(countered[0]["counter_offer"], 10.51);
        bob.post(&format!("/v1/bids/{bid}/counter"), &json!({ "proposedPrice": 10.51 })).await.good();
        house.wait(1).await;
        assert_eq!(worker_and_price(&alice, &task).await, (json!("claimed"), json!(bob.id), json!(10.51)));
    });
}

#[test]
fn a_counter_offer_is_not_answered_too_late() {
    everywhere(async |house| {
        let config = json!({ "base_price": 30_000_000, "band_bp": 0, "rounds_max": 2 });
        let model = json!({ "model": "hybrid", "config": config, "closes_in_hours": 1 });
        let (alice, task, bidders) = auctioned(house, model, &["44", "30"]).await;
        let (bob, bid) = &bidders[0];
        assert_eq!(alice.task_status(&task).await, "claimed");
        let late = bob.post(&format!("/v1/bids/{bid}/counter"), &json!({ "proposedPrice": 30 })).await;
        assert_eq!(late.refusal(), "409 CONFLICT");
    });
}

#[test]
fn nobody_wins_a_task_that_is_over() {
    everywhere(async |house| {
        let mut post = priced(json!({ "model": "auction", "closes_in_hours": 1 }));
        post["deadline_hours"] = json!(1);
        let alice = house.rich_agent("alice", 500).await;
        let task = alice.posts(&post).await;
        let bob = house.agent("worker").await;
        bob.bids(&task, "30").await;
        // Both are due at once, and come in any order.
        house.wait(HOUR).await;
        let (status, worker, _) = worker_and_price(&alice, &task).await;
        assert_eq!((status, worker), (json!("expired"), Value::Null));
        assert_eq!(alice.money().await, "500.0 available, 0.0 reserved, 500.0 total");
    });
}

#[test]
fn haggling_ends_after_its_rounds() {
    everywhere(async |house| {
        let config = json!({ "base_price": 20_000_000, "band_bp": 0, "rounds_max": 1 });
        let model = json!({ "model": "hybrid", "config": config });
        let (alice, task, bidders) = auctioned(house, model, &["44"]).await;
        let (bob, bid) = &bidders[0];
        bob.post(&format!("/v1/bids/{bid}/counter"), &json!({ "proposedPrice": 43 })).await.good();
        house.wait(1).await;
        let lapsed = bob.get(&format!("/api/proposals?task_id={task}")).await.good();
        assert_eq!(lapsed[0]["status"], "rejected");
        assert!(lapsed[0]["note"].as_str().is_some_and(|note| !note.is_empty()));
        assert_eq!(alice.task_status(&task).await, "open");
    });
}

#[test]
fn a_model_that_cannot_work_is_refused_at_posting() {
    everywhere(async |house| {
        let alice = house.rich_agent("alice", 500).await;
        let table = [
            (json!("dutch"), "pricing_model"),
            (json!({ "model": "auction" }), "pricing_model.closes_in_hours"),
            (json!({ "model": "auction", "closes_in_hours": 0 }), "pricing_model.closes_in_hours"),
            (json!({ "model": "hybrid", "config": { "band_bp": -1 } }), "pricing_model.config.band_bp"),
            (json!({ "model": "hybrid", "config": { "base_price": 46_000_000 } }), "pricing_model.config"),
            (json!({ "config": {} }), "pricing_model.model"),
            (json!(7), "pricing_model"),
        ];
        for (model, field) in table {
            let said = alice.post("/api/tasks", &priced(model.clone())).await;
            assert_eq!(
                (said.status, &said.body["error"]["field"]),
                (400, &json!(field)),
                "{model}: {}",
                said.body
            );
        }
        assert_eq!(alice.money().await, "500.0 available, 0.0 reserved, 500.0 total");
    });
}
