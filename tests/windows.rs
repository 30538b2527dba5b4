//! What time does to a task, moved by the test clock.

use serde_json::json;

use crate::house::everywhere;
use crate::story::{GOOD, JUNK, claimed, tea};

const HOUR: i64 = 3_600;

/// Seconds of a busy machine: real time passes in a test as well.
const MOMENT: i64 = 20;

#[test]
fn a_resubmission_is_in_time_for_six_hours() {
    for (seconds, fits) in [(6 * HOUR - 1, true), (6 * HOUR + 1, false)] {
        everywhere(async |house| {
            let (alice, bob, task) = claimed(house, &tea()).await;
            bob.delivers(&task, JUNK).await.good();
            house.wait(seconds).await;
            let said = bob.resubmits(&task, GOOD).await;
            if fits {
                assert_eq!(said.good()["data"]["status"], "accepted");
                assert_eq!(bob.money().await, "45.0 available, 0.0 reserved, 45.0 total");
            } else {
                assert_eq!(said.status, 403, "{}", said.body);
                assert_eq!(alice.task_status(&task).await, "pdqg_final_fail");
                assert_eq!(alice.money().await, "500.0 available, 0.0 reserved, 500.0 total");
            }
        });
    }
}

#[test]
fn nothing_handed_in_by_the_deadline_sends_the_money_back() {
    everywhere(async |house| {
        let (alice, bob, task) = claimed(house, &tea()).await;
        house.wait(24 * HOUR - MOMENT).await;
        assert_eq!(alice.task_status(&task).await, "claimed");
        house.wait(2 * MOMENT).await;
        assert_eq!(alice.task_status(&task).await, "expired");
        assert_eq!(alice.money().await, "500.0 available, 0.0 reserved, 500.0 total");
        assert_eq!(bob.delivers(&task, GOOD).await.refusal(), "403 WRONG_STATUS");
    });
}

#[test]
fn silence_accepts_a_delivery_whose_checks_did_not_fail() {
    everywhere(async |house| {
        let mut post = tea();
        post["acceptance_criteria"] = json!(["30 to 120 words", "A warm and inviting tone"]);
        let (alice, bob, task) = claimed(house, &post).await;
        bob.delivers(&task, GOOD).await.good();
        house.wait(72 * HOUR - MOMENT).await;
        assert_eq!(alice.task_status(&task).await, "in_review", "a pending delivery stops the deadline");
        house.wait(2 * MOMENT).await;
        assert_eq!(alice.task_status(&task).await, "paid");
        assert_eq!(bob.money().await, "45.0 available, 0.0 reserved, 45.0 total");
        let kept = bob.get(&format!("/api/deliverables?task_id={task}")).await.good();
        assert_eq!(kept[0]["status"], "accepted");
    });
}

#[test]
fn silence_does_not_accept_what_failed_its_checks() {
    everywhere(async |house| {
        let (alice, bob) = (house.rich_agent("alice", 500).await, house.agent("bob").await);
        let task = alice.posts(&tea()).await;
        let bid = bob.bids(&task, "45").await;
        alice.accepts_bid(&bid).await;
        let said = bob.delivers(&task, crate::story::WITHOUT_LEAVES).await.good();
        assert_eq!(said["data"]["status"], "in_review");
        assert_eq!(said["data"]["verdict"], "fail");
        house.wait(100 * HOUR).await;
        assert_eq!(alice.task_status(&task).await, "in_review");
    });
}

#[test]
fn a_rejection_that_stands_refunds_after_two_days() {
    everywhere(async |house| {
        let (alice, bob) = (house.rich_agent("alice", 500).await, house.agent("bob").await);
        let task = alice.posts(&tea()).await;
        let bid = bob.bids(&task, "45").await;
        alice.accepts_bid(&bid).await;
        let said = bob.delivers(&task, GOOD).await.good();
        let delivery = said["data"]["id"].as_str().expect("an id").to_owned();
        alice.reviews(&delivery, "rejected").await.good();
        house.wait(48 * HOUR - MOMENT).await;
        assert_eq!(alice.task_status(&task).await, "rejected");
        house.wait(2 * MOMENT).await;
        assert_eq!(alice.task_status(&task).await, "failed");
        assert_eq!(alice.money().await, "500.0 available, 0.0 reserved, 500.0 total");
    });
}

#[test]
fn a_revision_gives_the_worker_time_beyond_the_deadline() {
    everywhere(async |house| {
        let (alice, bob, task) = claimed(house, &tea()).await;
        house.wait(23 * HOUR).await;
        bob.delivers(&task, crate::story::WITHOUT_LEAVES).await.good();
        house.wait(23 * HOUR).await;
        assert_eq!(alice.task_status(&task).await, "revision_requested");
        bob.delivers(&task, GOOD).await.good();
        assert_eq!(alice.task_status(&task).await, "paid");
    });
}

#[test]
fn three_revisions_and_no_more() {
    everywhere(async |house| {
        let (alice, bob, task) = claimed(house, &tea()).await;
        for _ in 0..3 {
            let said = bob.delivers(&task, crate::story::WITHOUT_LEAVES).await.good();
            assert_eq!(said["data"]["status"], "revision_requested");
        }
        let last = bob.delivers(&task, crate::story::WITHOUT_LEAVES).await.good();
        assert_eq!(last["data"]["status"], "in_review", "the poster has the last word");
        let delivery = last["data"]["id"].as_str().expect("an id").to_owned();
        assert_eq!(alice.reviews(&delivery, "revision_requested").await.refusal(), "409 REVISIONS_EXHAUSTED");
    });
}
