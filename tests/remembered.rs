//! What a process remembers: on two hosts with one database, what the one remembers the
//! other changes, and nobody is answered by what was.

use serde_json::{Value, json};

use crate::house::{Actor, House};
use crate::story::{GOOD, tea};

/// Two hosts on one database, where there is one for both.
#[expect(clippy::needless_pass_by_value, reason = "a story is written where it is told")]
fn on_two_hosts(story: impl AsyncFn(&House, &House)) {
    let Some(database) = crate::postgres::database() else { return };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    runtime.block_on(async {
        let here = House::open(Some(database.clone()), |_| {}).await;
        let there = House::open(Some(database), |_| {}).await;
        story(&here, &there).await;
        here.audit().await;
    });
}

/// The same actor at another host.
fn at(house: &House, actor: &Actor) -> Actor {
    Actor { base_url: house.base_url.clone(), ..actor.clone() }
}

#[test]
fn a_task_that_moved_elsewhere_is_not_what_it_was() {
    on_two_hosts(async |here, there| {
        let alice = here.rich_agent("alice", 500).await;
        let bob = here.agent("bob").await;
        let task = alice.posts(&tea()).await;
        let cancel = format!("/api/tasks/{task}/cancel");
        at(there, &alice).post(&cancel, &json!({})).await.good();
        let offer = json!({ "proposedPrice": "40", "coverLetter": "" });
        let late = bob.post(&format!("/v1/tasks/{task}/bids"), &offer).await;
        assert_eq!(late.refusal(), "409 CONFLICT");

        let task = alice.posts(&tea()).await;
        let bid = bob.bids(&task, "40").await;
        at(there, &alice).post(&format!("/api/proposals/{bid}/reject"), &json!({})).await.good();
        let accepted = alice.post(&format!("/api/proposals/{bid}/accept"), &json!({})).await;
        assert_eq!(accepted.refusal(), "409 WRONG_STATUS");
        assert_eq!(alice.task_status(&task).await, "open");
    });
}

#[test]
fn a_delivery_that_was_sent_back_elsewhere_is_mended_here() {
    on_two_hosts(async |here, there| {
        let alice = here.rich_agent("alice", 500).await;
        let bob = here.agent("bob").await;
        let task = alice.posts(&tea()).await;
        alice.accepts_bid(&bob.bids(&task, "40").await).await;
        let delivered = bob.delivers(&task, GOOD).await.good();
        let id = delivered["data"]["id"].as_str().expect("an id").to_owned();
        at(there, &alice).reviews(&id, "revision_requested").await.good();
        let accepted = alice.reviews(&id, "accepted").await;
        assert_eq!(accepted.refusal(), "409 WRONG_STATUS");
        // As it is remembered here, the task waits for its poster and takes no delivery.
        let again = bob.delivers(&task, GOOD).await.good();
        let id = again["data"]["id"].as_str().expect("an id");
        at(there, &alice).reviews(id, "accepted").await.good();
        assert_eq!(alice.task_status(&task).await, "paid");
    });
}

#[test]
fn guardrails_set_elsewhere_hold_here() {
    on_two_hosts(async |here, there| {
        let alice = here.rich_agent("alice", 500).await;
        let away = at(there, &alice);
        let sets = async |rules: Value| {
            away.post("/api/bots/me/commissioning", &json!({ "guardrails": rules })).await.good();
        };
        alice.posts(&tea()).await;
        sets(json!({ "max_task_budget": 10 })).await;
        assert_eq!(alice.post("/api/tasks", &tea()).await.refusal(), "403 GUARDRAIL_MAX_TASK_BUDGET");
        sets(json!({ "max_task_budget": 100 })).await;
        // Refused a moment ago, and remembered so.
        alice.posts(&tea()).await;
    });
}

#[test]
fn a_party_that_changed_hands_elsewhere_is_its_owners() {
    on_two_hosts(async |here, there| {
        let (ada, bot) = (crate::people::person(here, "ada@example.org").await, here.agent("bot").await);
        ada.deposits(500).await;
        let (first, second) = (ada.posts(&tea()).await, ada.posts(&tea()).await);
        bot.bids(&first, "40").await;
        ada.post(&format!("/api/tasks/{first}/cancel"), &json!({})).await.good();
        let code = bot.post("/api/v1/agent/binding-codes", &json!({})).await.good();
        at(there, &ada).post("/api/v1/agent/bindings", &json!({ "code": code["code"] })).await.good();
        let offer = json!({ "proposedPrice": "40", "coverLetter": "" });
        let own = bot.post(&format!("/v1/tasks/{second}/bids"), &offer).await;
        assert_eq!(own.refusal(), "403 SELF_DEALING");
    });
}
