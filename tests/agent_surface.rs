//! Agents among themselves, in credits: claim, open submission, and the day until the
//! money is theirs.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::house::{Actor, House, each_house};
use crate::story::{GOOD, JUNK, WITHOUT_LEAVES};

/// A task that a machine can decide.
fn tea(mode: &str) -> Value {
    json!({
        "title": "Explain how to brew green tea",
        "description": "A short guide to brewing loose green tea at home: water, temperature, time and leaves.",
        "skills": ["Writing"],
        "reward": 200,
        "mode": mode,
        "acceptanceCriteria": ["30 to 120 words", "Must mention \"temperature\" and \"leaves\""],
        "deadlineHours": 24,
    })
}

async fn registered(house: &House, name: &str, skills: &Value) -> Actor {
    let nobody = house.nobody();
    let body = json!({ "name": name, "skills": skills });
    let agent = nobody.post("/api/v1/agent/register", &body).await.good();
    assert_eq!(agent["credits"], 1000);
    Actor { id: text(&agent["agentId"]), key: text(&agent["apiKey"]), ..nobody }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

async fn posts(poster: &Actor, body: &Value) -> String {
    text(&poster.post("/api/v1/agent/tasks", body).await.good()["id"])
}

async fn submits(agent: &Actor, task: &str, output: &str) -> Value {
    let package = json!({ "output": output, "summaryText": "as asked", "attachments": [] });
    agent.post(&format!("/api/v1/agent/tasks/{task}/submit"), &package).await.good()
}

/// `available pending` credits.
async fn credits(agent: &Actor) -> String {
    let me = agent.get("/api/v1/agent/me").await.good();
    format!("{} available, {} pending", me["credits"], me["pending"])
}

#[test]
fn of_sixteen_claims_at_once_exactly_one_has_the_task() {
    each_house(async |house| {
        let alice = registered(house, "alice", &json!(["research"])).await;
        let task = posts(&alice, &tea("claim")).await;
        let mut agents = Vec::new();
        for n in 0..16 {
            agents.push(registered(house, &format!("agent {n}"), &json!(["writing"])).await);
        }
        let path = format!("/api/v1/agent/tasks/{task}/claim");
        let nothing = json!({});
        let said = join_all(agents.iter().map(|agent| agent.post(&path, &nothing))).await;
        let mut statuses: Vec<u16> = said.iter().map(|one| one.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [vec![200], vec![409; 15]].concat());
        let refused = said.iter().find(|one| one.status == 409).expect("fifteen of them");
        assert_eq!(refused.refusal(), "409 CONFLICT");
        assert_eq!(alice.post(&path, &nothing).await.refusal(), "403 SELF_DEALING");
    });
}

#[test]
fn a_claimed_task_is_paid_and_the_credits_are_free_a_day_later() {
    each_house(async |house| {
        let alice = registered(house, "alice", &json!([])).await;
        let bob = registered(house, "bob", &json!(["writing"])).await;
        let task = posts(&alice, &tea("claim")).await;
        assert_eq!(credits(&alice).await, "800 available, 0 pending");
        let matching = bob.get("/api/v1/agent/tasks").await.good();
        assert_eq!((&matching["data"][0]["id"], &matching["count"]), (&json!(task), &json!(1)));
        let carol = registered(house, "carol", &json!(["cooking"])).await;
        assert_eq!(carol.get("/api/v1/agent/tasks").await.good()["count"], 0);
        assert_eq!(carol.get("/api/v1/agent/tasks?skill=writing").await.good()["count"], 1);
        assert_eq!(carol.get("/api/v1/agent/tasks?all=true").await.good()["count"], 1);

        let nothing = json!({});
        let claimed = bob.post(&format!("/api/v1/agent/tasks/{task}/claim"), &nothing).await.good();
        assert_eq!((&claimed["status"], &claimed["workerId"]), (&json!("claimed"), &json!(bob.id)));
        let junk = submits(&bob, &task, JUNK).await;
        assert_eq!((&junk["status"], &junk["taskStatus"]), (&json!("gate_failed"), &json!("gate_failed")));
        let good = submits(&bob, &task, GOOD).await;
        assert_eq!((&good["status"], &good["taskStatus"]), (&json!("accepted"), &json!("paid")));
        assert_eq!(credits(&bob).await, "1000 available, 200 pending");
        house.wait(24 * 3600 - 60).await;
        assert_eq!(credits(&bob).await, "1000 available, 200 pending");
        house.wait(60).await;
        assert_eq!(credits(&bob).await, "1200 available, 0 pending");
    });
}

#[test]
fn open_submissions_are_settled_one_by_one_or_by_the_deadline() {
    each_house(async |house| {
        let alice = registered(house, "alice", &json!([])).await;
        let mut workers = Vec::new();
        for name in ["bob", "carol", "dave"] {
            workers.push(registered(house, name, &json!(["writing"])).await);
        }
        let [bob, carol, dave] = &workers[..] else { panic!("three workers") };
        let task = posts(&alice, &tea("open_submission")).await;
        let first = submits(bob, &task, WITHOUT_LEAVES).await;
        assert_eq!((&first["status"], &first["taskStatus"]), (&json!("in_review"), &json!("open")));
        let second = submits(carol, &task, GOOD).await;
        assert_eq!(submits(dave, &task, JUNK).await["status"], "gate_failed");
        assert_eq!(submits(dave, &task, GOOD).await["status"], "in_review");
        let again = bob.post(&format!("/api/v1/agent/tasks/{task}/submit"), &json!({ "output": GOOD })).await;
        assert_eq!(again.refusal(), "409 CONFLICT");

        let place = |delivery: &Value, what: &str| {
            format!("/api/v1/agent/tasks/{task}/deliveries/{}/{what}", delivery["id"].as_str().unwrap_or("-"))
        };
        let nothing = json!({});
        assert_eq!(bob.post(&place(&first, "accept"), &nothing).await.refusal(), "403 NOT_A_PARTY");
        assert_eq!(alice.post(&place(&first, "reject"), &nothing).await.good()["status"], "rejected");
        assert_eq!(alice.post(&place(&second, "accept"), &nothing).await.good()["status"], "accepted");
        assert_eq!(alice.task_status(&task).await, "paid");
        assert_eq!(credits(carol).await, "1000 available, 200 pending");
        let all = alice.get(&format!("/api/v1/agent/tasks/{task}/deliveries")).await.good();
        let statuses: Vec<_> =
            all["data"].as_array().into_iter().flatten().map(|one| text(&one["status"])).collect();
        assert_eq!(statuses, ["rejected", "accepted", "gate_failed", "rejected"]);
        assert_eq!(alice.post(&place(&first, "accept"), &nothing).await.status, 409);

        // Nobody settles the next ones: the first whose checks pass is paid, else refund.
        let (late, never) =
            (posts(&alice, &tea("open_submission")).await, posts(&alice, &tea("open_submission")).await);
        submits(bob, &late, WITHOUT_LEAVES).await;
        submits(carol, &late, GOOD).await;
        submits(dave, &late, GOOD).await;
        submits(bob, &never, WITHOUT_LEAVES).await;
        house.wait(25 * 3600).await;
        assert_eq!(
            (alice.task_status(&late).await, alice.task_status(&never).await),
            ("paid".into(), "expired".into())
        );
        let all = alice.get(&format!("/api/v1/agent/tasks/{late}/deliveries")).await.good();
        assert_eq!(all["data"][1]["status"], "accepted");
        assert_eq!(credits(&alice).await, "600 available, 0 pending");
    });
}

#[test]
fn a_worker_who_agrees_to_cancel_sends_everything_back() {
    each_house(async |house| {
        let alice = registered(house, "alice", &json!([])).await;
        let bob = registered(house, "bob", &json!([])).await;
        let task = posts(&alice, &tea("claim")).await;
        let nothing = json!({});
        bob.post(&format!("/api/v1/agent/tasks/{task}/claim"), &nothing).await.good();
        let cancel = format!("/api/v1/agent/tasks/{task}/cancel");
        assert_eq!(alice.post(&cancel, &nothing).await.refusal(), "409 WRONG_STATUS");
        assert_eq!(bob.post(&cancel, &nothing).await.good()["status"], "cancelled");
        assert_eq!(credits(&alice).await, "1000 available, 0 pending");
    });
}
