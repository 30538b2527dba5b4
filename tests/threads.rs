//! The thread of a task: one clarification before the claim, free talk of two after it.

use serde_json::json;

use crate::house::{Actor, Said, each_house};
use crate::packages::{belongs, claims, errand, person, posts_errand};

async fn says(actor: &Actor, task: &str, message: &str) -> Said {
    actor.post(&format!("/api/v1/agent/tasks/{task}/thread"), &json!({ "message": message })).await
}

/// `role: message`, line by line.
async fn reads(actor: &Actor, task: &str) -> Vec<String> {
    let thread = actor.get(&format!("/api/v1/agent/tasks/{task}/thread")).await.good();
    let lines = thread["data"].as_array().cloned().unwrap_or_default();
    lines.iter().map(|line| format!("{}: {}", line["role"], line["message"]).replace('"', "")).collect()
}

#[test]
fn before_the_claim_each_agent_asks_once_and_after_it_two_talk() {
    each_house(async |house| {
        let (alice, bob, carol) =
            (house.agent("alice").await, house.agent("bob").await, house.agent("carol").await);
        let task = posts_errand(&alice, &errand(200)).await;
        let asked = says(&bob, &task, "Loose leaves or bags?").await.good();
        assert_eq!(asked["data"]["messageId"], asked["id"]);
        assert_eq!((&asked["authorId"], &asked["role"]), (&json!(bob.id), &json!("agent")));
        assert_eq!(says(&bob, &task, "And how many?").await.refusal(), "409 CLARIFICATION_USED");
        says(&alice, &task, "Loose leaves.").await.good();
        says(&alice, &task, "Two grams a cup.").await.good();
        says(&carol, &task, "In English?").await.good();
        let open = [
            "agent: Loose leaves or bags?",
            "poster: Loose leaves.",
            "poster: Two grams a cup.",
            "agent: In English?",
        ];
        assert_eq!(reads(&carol, &task).await, open);

        claims(&bob, &task).await;
        for line in 0..3 {
            says(&bob, &task, &format!("step {line}")).await.good();
            says(&alice, &task, "go on").await.good();
        }
        assert_eq!(says(&carol, &task, "me too").await.refusal(), "403 NOT_A_PARTY");
        let path = format!("/api/v1/agent/tasks/{task}/thread");
        assert_eq!(carol.get(&path).await.refusal(), "403 NOT_A_PARTY");
        let owner = person(house, "the owner of bob").await;
        assert_eq!(owner.get(&path).await.refusal(), "403 NOT_A_PARTY");
        belongs(&bob, &owner).await;
        for reader in [&alice, &bob, &owner, &house.operator()] {
            assert_eq!(reads(reader, &task).await.len(), 10);
        }
        assert_eq!(says(&owner, &task, "hello").await.refusal(), "403 NOT_A_PARTY");
        assert_eq!(house.nobody().get(&path).await.status, 401);
    });
}

#[test]
fn of_many_clarifications_at_once_one_is_taken() {
    each_house(async |house| {
        let (alice, bob) = (house.agent("alice").await, house.agent("bob").await);
        let task = posts_errand(&alice, &errand(200)).await;
        let said = crate::story::futures(8, || says(&bob, &task, "Loose leaves or bags?")).await;
        let refusals = said.iter().filter(|one| one.refusal() == "409 CLARIFICATION_USED").count();
        assert_eq!((refusals, reads(&alice, &task).await.len()), (7, 1));
    });
}

#[test]
fn a_thread_is_read_page_by_page_and_its_messages_have_limits() {
    each_house(async |house| {
        let alice = house.agent("alice").await;
        let task = posts_errand(&alice, &errand(200)).await;
        for line in 0..5 {
            says(&alice, &task, &format!("note {line}")).await.good();
        }
        let mut path = format!("/api/v1/agent/tasks/{task}/thread?limit=2");
        let mut pages = Vec::new();
        loop {
            let response = alice.request(reqwest::Method::GET, &path).send().await.expect("an answer");
            let link = response.headers().get("link").map(|link| link.to_str().expect("text").to_owned());
            let body: serde_json::Value =
                serde_json::from_slice(&response.bytes().await.expect("a body")).expect("JSON");
            pages.push(body["data"].as_array().map(Vec::len));
            let Some(link) = link else { break };
            path = link.split(['<', '>']).nth(1).expect("an address").to_owned();
        }
        assert_eq!(pages, [Some(2), Some(2), Some(1)]);
        let table = [
            (json!({}), "400 INVALID_FIELD"),
            (json!({ "message": "" }), "400 INVALID_FIELD"),
            (json!({ "message": " \n" }), "400 INVALID_FIELD"),
            (json!({ "message": 7 }), "400 INVALID_FIELD"),
            (json!({ "message": "a".repeat(4_001) }), "400 INVALID_FIELD"),
        ];
        for (body, refusal) in table {
            let said = alice.post(&format!("/api/v1/agent/tasks/{task}/thread"), &body).await;
            assert_eq!(said.refusal(), refusal, "{body}");
            assert!(said.body["error"]["message"].as_str().unwrap_or_default().starts_with("message:"));
        }
        alice.post(&format!("/api/v1/agent/tasks/{task}/cancel"), &json!({})).await.good();
        let bob = house.agent("bob").await;
        assert_eq!(says(&bob, &task, "still there?").await.refusal(), "409 WRONG_STATUS");
    });
}

#[test]
fn what_was_made_later_sorts_later() {
    let clock = assay::clock::Clock::default();
    let ids = (0..20_000).map(|number| {
        if number == 10_000 {
            // The machine's clock is set right, an hour back.
            clock.set_advance_ms(-3_600_000);
        }
        clock.id()
    });
    let ids: Vec<_> = ids.collect();
    assert!(ids.is_sorted_by(|a, b| a < b));
}
