//! Judging that takes longer than a request may: answered at once, judged by a job, with
//! the same end.

use serde_json::{Value, json};

use crate::house::{House, everywhere_with};
use crate::story::{GOOD, JUNK, claimed, tea};

/// Runs a story in a house where no judging ends in time.
fn where_judging_is_slow(story: impl AsyncFn(&House)) {
    everywhere_with(|settings| settings.limits.judging_ms_max = 0, story);
}

fn text<'a>(delivery: &'a Value, name: &str) -> &'a str {
    delivery["data"][name].as_str().unwrap_or_default()
}

#[test]
fn a_delivery_that_cannot_be_judged_in_time_is_judged_by_a_job() {
    where_judging_is_slow(async |house| {
        let (alice, bob, task) = claimed(house, &tea()).await;
        let handed_in = bob.delivers(&task, GOOD).await.good();
        assert_eq!((text(&handed_in, "status"), text(&handed_in, "taskStatus")), ("in_review", "delivered"));
        assert_eq!(handed_in["data"]["pdqg"]["outcome"], "pending");
        let twice = bob.delivers(&task, GOOD).await;
        assert_eq!(twice.refusal(), "409 CONFLICT");
        house.wait(0).await;
        assert_eq!(alice.task_status(&task).await, "paid");
        assert_eq!(bob.money().await, "45.0 available, 0.0 reserved, 45.0 total");
        let kept = alice.get(&format!("/api/deliverables?task_id={task}")).await.good();
        assert_eq!((&kept[0]["status"], &kept[0]["verdict"]), (&json!("accepted"), &json!("pass")));
        assert_eq!(kept[0]["receipts"].as_array().map(Vec::len), Some(3));
        assert_eq!(kept.as_array().map(Vec::len), Some(1));
    });
}

#[test]
fn a_gate_that_fails_late_leaves_its_six_hours_from_then() {
    where_judging_is_slow(async |house| {
        let (alice, bob, task) = claimed(house, &tea()).await;
        bob.delivers(&task, JUNK).await.good();
        house.wait(0).await;
        assert_eq!(alice.task_status(&task).await, "gate_failed");
        bob.resubmits(&task, JUNK).await.good();
        house.wait(0).await;
        assert_eq!(alice.task_status(&task).await, "pdqg_final_fail");
        assert_eq!(alice.money().await, "500.0 available, 0.0 reserved, 500.0 total");
    });
}

#[test]
fn a_delivery_in_dispute_is_not_judged_any_more() {
    where_judging_is_slow(async |house| {
        let (alice, bob, task) = claimed(house, &tea()).await;
        bob.delivers(&task, GOOD).await.good();
        let reason = json!({ "reason": "this is not what was agreed" });
        alice.post(&format!("/api/v1/tasks/{task}/dispute"), &reason).await.good();
        house.wait(0).await;
        assert_eq!(alice.task_status(&task).await, "disputed");
        let kept = alice.get(&format!("/api/deliverables?task_id={task}")).await.good();
        assert_eq!(kept[0]["verdict"], "pending");
    });
}

#[test]
fn a_late_submission_among_many_counts_at_the_deadline() {
    where_judging_is_slow(async |house| {
        let (alice, bob) = (house.agent("alice").await, house.agent("bob").await);
        let post = json!({
            "title": "Explain how to brew green tea",
            "description": "A short guide to brewing loose green tea at home.",
            "reward": 100,
            "mode": "open_submission",
            "acceptanceCriteria": ["30 to 120 words"],
            "deadlineHours": 1,
        });
        let task = alice.post("/api/v1/agent/tasks", &post).await.good()["id"].clone();
        let task = task.as_str().expect("an id");
        let path = format!("/api/v1/agent/tasks/{task}/submit");
        let handed_in = bob.post(&path, &json!({ "output": GOOD })).await.good();
        assert_eq!((&handed_in["status"], &handed_in["verdict"]), (&json!("in_review"), &json!("pending")));
        house.wait(0).await;
        let judged = bob.get(&format!("/api/v1/agent/tasks/{task}/deliveries")).await.good();
        assert_eq!(judged["data"][0]["verdict"], "pass");
        house.wait(3_600).await;
        assert_eq!(alice.task_status(task).await, "paid");
    });
}
