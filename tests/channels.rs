//! Channels: opened, funded, used in both directions, closed.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::disputes::dollars;
use crate::house::{Actor, House, everywhere};

async fn opens(house: &House) -> (Actor, Actor, Value) {
    let (alice, bob) = (house.rich_agent("alice", 50).await, house.agent("bob").await);
    let body = json!({ "counterparty_id": bob.id, "amount": "10.000001", "currency": "USD" });
    let channel = alice.post("/api/v1/channels/open", &body).await.good();
    (alice, bob, channel["channel_id"].clone())
}

async fn pays(actor: &Actor, channel: &Value, amount: &str, sequence: Option<i64>) -> crate::house::Said {
    let body = json!({ "channel_id": channel, "amount": amount, "sequence": sequence });
    actor.post("/api/v1/channels/transfer", &body).await
}

fn sides(channel: &Value) -> (String, String) {
    let text = |name: &str| channel[name].as_str().unwrap_or_default().to_owned();
    (text("balance"), text("counterparty_balance"))
}

#[test]
fn small_amounts_go_back_and_forth_and_each_side_gets_its_balance() {
    everywhere(async |house| {
        let (alice, bob, channel) = opens(house).await;
        assert_eq!(dollars(&alice).await, "39.999999+0.0");
        let first = pays(&alice, &channel, "0.000125", None).await.good();
        assert_eq!(sides(&first), ("9.999876".into(), "0.000125".into()));
        let back = pays(&bob, &channel, "0.000025", None).await.good();
        assert_eq!(sides(&back), ("0.0001".into(), "9.999901".into()));
        assert_eq!(back["sequence"], 2);
        let too_much = pays(&bob, &channel, "0.000101", None).await;
        assert_eq!(too_much.refusal(), "402 INSUFFICIENT_FUNDS");
        let more = json!({ "channel_id": channel, "amount": 5 });
        let funded = bob.post("/api/v1/channels/deposit", &more).await;
        assert_eq!(funded.refusal(), "402 INSUFFICIENT_FUNDS", "bob has nothing outside the channel");
        alice.post("/api/v1/channels/deposit", &more).await.good();

        let stranger = house.agent("stranger").await;
        let path = format!("/api/v1/channels/{}", channel.as_str().expect("an id"));
        assert_eq!(stranger.get(&path).await.refusal(), "403 NOT_A_PARTY");
        assert_eq!(pays(&stranger, &channel, "1", None).await.refusal(), "403 NOT_A_PARTY");
        assert_eq!(sides(&bob.get(&path).await.good()), ("0.0001".into(), "14.999901".into()));

        let close = json!({ "channel_id": channel });
        let closed = bob.post("/api/v1/channels/close", &close).await.good();
        assert_eq!((&closed["status"], &closed["amount"]), (&json!("closed"), &json!("0.0001")));
        assert_eq!((dollars(&alice).await, dollars(&bob).await), ("49.9999+0.0".into(), "0.0001+0.0".into()));
        assert_eq!(alice.post("/api/v1/channels/close", &close).await.refusal(), "409 WRONG_STATUS");
        assert_eq!(pays(&alice, &channel, "1", None).await.refusal(), "409 WRONG_STATUS");
        assert_eq!(alice.get("/api/v1/channels").await.good()["data"][0]["sequence"], 2);
        // What went in by card stays spend-only; what was earned is free.
        let withdrawable = bob.get("/api/credits/balance").await.good()["withdrawable"].clone();
        assert_eq!(withdrawable, json!(0.0001));
    });
}

#[test]
fn a_numbered_transfer_counts_once_and_in_order() {
    everywhere(async |house| {
        let (alice, bob, channel) = opens(house).await;
        let first = pays(&alice, &channel, "1", Some(1)).await.good();
        let again = pays(&alice, &channel, "1", Some(1)).await;
        assert!(again.replayed, "{again:?}");
        assert_eq!(again.good(), first);
        for (who, amount, sequence) in [(&alice, "2", 1), (&alice, "1", 3), (&bob, "1", 1), (&alice, "1", 9)]
        {
            let said = pays(who, &channel, amount, Some(sequence)).await;
            assert_eq!(said.refusal(), "409 SEQUENCE_MISMATCH", "{amount} as {sequence}");
        }
        pays(&alice, &channel, "1", None).await.good();
        assert_eq!(pays(&alice, &channel, "1", Some(3)).await.good()["sequence"], 3);
    });
}

#[test]
fn no_race_pays_more_than_a_side_holds() {
    everywhere(async |house| {
        let (alice, bob, channel) = opens(house).await;
        let said = join_all((0..30).map(|_| pays(&alice, &channel, "0.50", None))).await;
        assert_eq!(said.iter().filter(|one| one.status == 200).count(), 20);
        assert!(said.iter().all(|one| one.status == 200 || one.refusal() == "402 INSUFFICIENT_FUNDS"));
        let close = json!({ "channel_id": channel });
        let (a, b) = tokio::join!(
            alice.post("/api/v1/channels/close", &close),
            bob.post("/api/v1/channels/close", &close)
        );
        let mut statuses = [a.status, b.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409]);
        assert_eq!((dollars(&alice).await, dollars(&bob).await), ("40.0+0.0".into(), "10.0+0.0".into()));
    });
}

#[test]
fn what_a_channel_takes_and_refuses() {
    everywhere(async |house| {
        let (alice, bob) = (house.rich_agent("alice", 50).await, house.agent("bob").await);
        let table = [
            (json!({ "counterparty_id": alice.id, "amount": 1 }), "400 INVALID_FIELD"),
            (json!({ "counterparty_id": "bob", "amount": 1 }), "400 INVALID_FIELD"),
            (json!({ "counterparty_id": bob.id }), "400 INVALID_FIELD"),
            (json!({ "counterparty_id": bob.id, "amount": 0 }), "400 INVALID_FIELD"),
            (json!({ "counterparty_id": bob.id, "amount": "0.0000001" }), "400 PRICE_OUT_OF_RANGE"),
            (json!({ "counterparty_id": bob.id, "amount": 1, "currency": "CR" }), "400 INVALID_FIELD"),
            (json!({ "counterparty_id": bob.id, "amount": 51 }), "402 INSUFFICIENT_FUNDS"),
        ];
        for (body, refusal) in table {
            assert_eq!(alice.post("/api/v1/channels/open", &body).await.refusal(), refusal, "{body}");
        }
        let rules = json!({ "guardrails": { "max_daily_spend": 20 } });
        alice.post("/api/bots/me/commissioning", &rules).await.good();
        let body = json!({ "counterparty_id": bob.id, "amount": 15 });
        let channel = alice.post("/api/v1/channels/open", &body).await.good()["id"].clone();
        let over = alice.post("/api/v1/channels/open", &body).await;
        assert_eq!(over.refusal(), "403 GUARDRAIL_MAX_DAILY_SPEND");
        // What comes back on the same day no longer counts.
        alice.post("/api/v1/channels/close", &json!({ "channel_id": channel })).await.good();
        alice.post("/api/v1/channels/open", &body).await.good();
    });
}
