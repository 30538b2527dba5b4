//! What owners allow their bots, what they approve, and what their bots spent.

use assay_domain::guardrails::Guardrails;
use serde_json::{Value, json};

use crate::bindings::binds;
use crate::handoffs::hands_off;
use crate::house::{Actor, House, everywhere};
use crate::people::{agent_of, person};
use crate::story::tea;

/// A person, and a bot of theirs that must ask above 40 dollars.
async fn ada_and_bot(house: &House) -> (Actor, Actor) {
    let ada = person(house, "ada@example.org").await;
    let bot = agent_of(&ada, "bot", &[]).await;
    bot.deposits(500).await;
    let rules = json!({ "guardrails": { "require_human_approval_above": 40 } });
    bot.post("/api/bots/me/commissioning", &rules).await.good();
    (ada, bot)
}

/// A post that waits, and its approval's id.
async fn asks(bot: &Actor, post: &Value) -> (String, String) {
    let posted = bot.post("/api/tasks", post).await;
    assert_eq!(posted.status, 202, "{}", posted.body);
    let text = |name: &str| posted.body[name].as_str().expect("a text").to_owned();
    (text("id"), text("approval_id"))
}

async fn decides(actor: &Actor, approval: &str, decision: &str) -> crate::house::Said {
    let body = json!({ "decision": decision, "note": "as agreed" });
    actor.post(&format!("/api/approvals/{approval}/resolve"), &body).await
}

#[test]
fn a_post_above_the_line_waits_for_the_owner() {
    everywhere(async |house| {
        let (ada, bot) = ada_and_bot(house).await;
        let (task, approval) = asks(&bot, &tea()).await;
        assert_eq!(bot.task_status(&task).await, "pending_approval");
        assert_eq!(bot.money().await, "451.4 available, 45.0 reserved, 496.4 total");
        let list = ada.get("/api/approvals?status=pending").await.good();
        assert_eq!((&list["count"], &list["data"][0]["id"]), (&json!(1), &json!(approval)));
        assert_eq!((&list["data"][0]["budget"], &list["data"][0]["fee"]), (&json!(45.0), &json!(3.6)));
        let worker = house.agent("worker").await;
        let found = worker.get("/v1/tasks/available").await.good();
        assert_eq!(found["data"]["items"], json!([]));

        // Its deadline of 24 hours begins when it is approved.
        house.wait(30 * 3_600).await;
        let said = decides(&ada, &approval, "approve").await.good();
        assert_eq!((&said["status"], &said["task_status"]), (&json!("approved"), &json!("open")));
        assert_eq!((&said["decided_by"], &said["note"]), (&json!(ada.id), &json!("as agreed")));
        let open = bot.get(&format!("/api/tasks/{task}")).await.good();
        assert!(open["deadline_at"].is_string(), "{open}");
        house.wait(23 * 3_600).await;
        assert_eq!(bot.task_status(&task).await, "open");
        bot_and_worker_can_go_on(&bot, &worker, &task).await;
        assert_eq!(decides(&ada, &approval, "reject").await.refusal(), "409 CONFLICT");
        assert_eq!(ada.get("/api/approvals?status=pending").await.good()["count"], 0);
        assert_eq!(ada.get("/api/approvals").await.good()["count"], 1);

        // At the line there is nothing to ask.
        let mut small = tea();
        small["budget"] = json!(40);
        assert_eq!(bot.post("/api/tasks", &small).await.status, 201);
    });
}

async fn bot_and_worker_can_go_on(bot: &Actor, worker: &Actor, task: &str) {
    let bid = worker.bids(task, "45").await;
    bot.accepts_bid(&bid).await;
    assert_eq!(bot.task_status(task).await, "claimed");
}

#[test]
fn a_rejected_post_gives_everything_back() {
    everywhere(async |house| {
        let (ada, bot) = ada_and_bot(house).await;
        let rules = json!({ "guardrails": { "require_human_approval_above": 40, "max_daily_spend": 60 } });
        bot.post("/api/bots/me/commissioning", &rules).await.good();
        let (task, approval) = asks(&bot, &tea()).await;
        assert_eq!(bot.post("/api/tasks", &tea()).await.refusal(), "403 GUARDRAIL_MAX_DAILY_SPEND");
        let spent = ada.get(&format!("/api/bots/{}/spending", bot.id)).await.good();
        assert_eq!((&spent["spent_today"], &spent["remaining_today"]), (&json!(48.6), &json!(11.4)));
        let said = decides(&ada, &approval, "reject").await.good();
        assert_eq!((&said["status"], &said["task_status"]), (&json!("rejected"), &json!("cancelled")));
        assert_eq!(bot.money().await, "500.0 available, 0.0 reserved, 500.0 total");
        assert_eq!(bot.task_status(&task).await, "cancelled");
        let spent = bot.get("/api/bots/me/spending").await.good();
        assert_eq!((&spent["spent_today"], &spent["open_tasks"]), (&json!(0.0), &json!(0)));
        assert_eq!(spent["by_category"], json!({}));
        asks(&bot, &tea()).await;
    });
}

#[test]
fn only_the_owner_and_the_operator_decide() {
    everywhere(async |house| {
        let (ada, bot) = ada_and_bot(house).await;
        let (_, approval) = asks(&bot, &tea()).await;
        assert_eq!(decides(&bot, &approval, "approve").await.refusal(), "403 OWNER_ONLY");
        let eve = person(house, "eve@example.org").await;
        assert_eq!(decides(&eve, &approval, "approve").await.refusal(), "403 NOT_A_PARTY");
        assert_eq!(eve.get("/api/approvals").await.good()["count"], 0);
        let sister = agent_of(&ada, "sister", &[]).await;
        assert_eq!(decides(&sister, &approval, "approve").await.refusal(), "403 NOT_A_PARTY");
        let (helper, _) = hands_off(&ada, &json!({})).await;
        assert_eq!(decides(&helper, &approval, "approve").await.refusal(), "403 HANDOFF_FORBIDDEN");
        assert_eq!(bot.get("/api/approvals").await.good()["data"][0]["id"], approval, "it may look");
        let nobodys = "018f0000-0000-7000-8000-000000000000";
        assert_eq!(decides(&ada, nobodys, "approve").await.refusal(), "404 NOT_FOUND");
        assert_eq!(decides(&ada, "x", "approve").await.refusal(), "404 NOT_FOUND");
        for (decision, field) in
            [(json!("maybe"), "decision"), (Value::Null, "decision"), (json!(7), "decision")]
        {
            let path = format!("/api/approvals/{approval}/resolve");
            let said = ada.post(&path, &json!({ "decision": decision })).await;
            assert_eq!(said.body["error"]["field"], field);
        }
        assert_eq!(ada.get("/api/approvals?status=maybe").await.refusal(), "400 INVALID_FIELD");
        decides(&house.operator(), &approval, "approve").await.good();

        // A bot that came by itself has nobody to ask.
        let alone = house.rich_agent("alone", 100).await;
        let rules = json!({ "guardrails": { "require_human_approval_above": 40 } });
        alone.post("/api/bots/me/commissioning", &rules).await.good();
        assert_eq!(alone.post("/api/tasks", &tea()).await.refusal(), "403 GUARDRAIL_HUMAN_APPROVAL");
        assert_eq!(alone.money().await, "100.0 available, 0.0 reserved, 100.0 total");
    });
}

#[test]
fn an_owner_who_let_the_bot_go_has_no_say() {
    everywhere(async |house| {
        let (ada, bot) = ada_and_bot(house).await;
        let (task, approval) = asks(&bot, &tea()).await;
        bot.delete(&format!("/api/v1/agent/bindings/{}", bot.id)).await.good();
        assert_eq!(decides(&ada, &approval, "approve").await.refusal(), "403 NOT_A_PARTY");
        assert_eq!(ada.get("/api/approvals").await.good()["count"], 0);
        assert_eq!(decides(&bot, &approval, "approve").await.refusal(), "403 OWNER_ONLY");
        let eve = person(house, "eve@example.org").await;
        binds(&eve, &bot).await;
        decides(&eve, &approval, "approve").await.good();
        assert_eq!(bot.task_status(&task).await, "open");
    });
}

#[test]
fn an_approval_a_rejection_and_a_cancellation_at_once() {
    everywhere(async |house| {
        let (ada, bot) = ada_and_bot(house).await;
        for _ in 0..5 {
            let (task, approval) = asks(&bot, &tea()).await;
            let (yes, no) =
                tokio::join!(decides(&ada, &approval, "approve"), decides(&ada, &approval, "reject"));
            let good = [&yes, &no].into_iter().filter(|said| said.status == 200).count();
            assert_eq!(good, 1, "{yes:?} {no:?}");
            let status = bot.task_status(&task).await;
            assert_eq!(status, if yes.status == 200 { "open" } else { "cancelled" });
            if yes.status == 200 {
                bot.post(&format!("/api/tasks/{task}/cancel"), &json!({})).await.good();
            }
        }
        for _ in 0..5 {
            let (task, approval) = asks(&bot, &tea()).await;
            let path = format!("/api/tasks/{task}/cancel");
            let (empty, no) = (json!({}), "reject");
            let (cancelled, rejected) = tokio::join!(bot.post(&path, &empty), decides(&ada, &approval, no));
            let good = [&cancelled, &rejected].into_iter().filter(|said| said.status == 200).count();
            assert_eq!(good, 1, "{cancelled:?} {rejected:?}");
            let status = ada.get("/api/approvals?limit=1").await.good()["data"][0]["status"].clone();
            assert_eq!(status, if cancelled.status == 200 { "cancelled" } else { "rejected" });
        }
        assert_eq!(bot.money().await, "500.0 available, 0.0 reserved, 500.0 total");
        assert_eq!(ada.get("/api/approvals?status=pending").await.good()["count"], 0);
    });
}

#[test]
fn an_auction_that_waited_has_the_time_it_was_meant_to_have() {
    everywhere(async |house| {
        let (ada, bot) = ada_and_bot(house).await;
        let mut post = tea();
        post["deadline_hours"] = json!(100);
        post["pricing_model"] = json!({ "model": "auction", "closes_in_hours": 10 });
        let (task, approval) = asks(&bot, &post).await;
        house.wait(20 * 3_600).await;
        decides(&ada, &approval, "approve").await.good();
        let worker = house.agent("worker").await;
        house.wait(9 * 3_600).await;
        worker.bids(&task, "30").await;
        house.wait(3_600 + 1).await;
        assert_eq!(bot.task_status(&task).await, "claimed");
    });
}

#[test]
fn what_is_looser() {
    let base = Guardrails {
        enabled: true,
        max_task_budget: Some(100),
        max_daily_spend: Some(100),
        max_open_tasks: Some(5),
        allowed_categories: Some(vec!["a".into(), "b".into()]),
        require_human_approval_above: Some(50),
        auto_review: false,
    };
    let of = |change: fn(&mut Guardrails)| {
        let mut new = base.clone();
        change(&mut new);
        new
    };
    let table: [(Guardrails, Option<&str>); 15] = [
        (base.clone(), None),
        (of(|new| new.enabled = false), None),
        (of(|new| new.auto_review = true), None),
        (of(|new| new.max_task_budget = Some(100)), None),
        (of(|new| new.max_task_budget = Some(101)), Some("max_task_budget")),
        (of(|new| new.max_task_budget = None), Some("max_task_budget")),
        (of(|new| new.max_daily_spend = Some(99)), None),
        (of(|new| new.max_daily_spend = None), Some("max_daily_spend")),
        (of(|new| new.max_open_tasks = Some(6)), Some("max_open_tasks")),
        (of(|new| new.allowed_categories = Some(vec!["b".into()])), None),
        (of(|new| new.allowed_categories = Some(vec!["b".into(), "c".into()])), Some("allowed_categories")),
        (of(|new| new.allowed_categories = None), Some("allowed_categories")),
        (of(|new| new.require_human_approval_above = Some(0)), None),
        (of(|new| new.require_human_approval_above = Some(51)), Some("require_human_approval_above")),
        (of(|new| new.require_human_approval_above = None), Some("require_human_approval_above")),
    ];
    for (new, looser) in table {
        assert_eq!(base.loosens(&new), looser, "{new:?}");
    }
    let open = Guardrails::default();
    assert_eq!(open.loosens(&base), None, "no limit is the loosest there is");
    let off = Guardrails { enabled: false, ..Guardrails::default() };
    assert_eq!(off.loosens(&open), Some("enabled"));
}

#[test]
fn a_bot_tightens_and_its_owner_loosens() {
    everywhere(async |house| {
        let ada = person(house, "ada@example.org").await;
        let bot = agent_of(&ada, "bot", &[]).await;
        let path = format!("/api/bots/{}/commissioning", bot.id);
        let rules = |budget: i64| json!({ "guardrails": { "max_task_budget": budget, "max_open_tasks": 5 } });
        let set = ada.post(&path, &rules(100)).await.good();
        assert_eq!(set["guardrails"]["max_task_budget"], 100.0);
        bot.post("/api/bots/me/commissioning", &rules(50)).await.good();
        let table = [
            (rules(51), "max_task_budget"),
            (json!({ "guardrails": { "max_task_budget": 50 } }), "max_open_tasks"),
            (json!({}), "max_task_budget"),
        ];
        for (wanted, field) in table {
            let said = bot.post("/api/bots/me/commissioning", &wanted).await;
            assert_eq!(said.refusal(), "403 OWNER_ONLY", "{wanted}");
            assert_eq!(said.body["error"]["field"], field);
            let said = bot.post(&path, &wanted).await;
            assert_eq!(said.refusal(), "403 OWNER_ONLY", "by its id too");
        }
        assert_eq!(ada.get(&path).await.good(), bot.get("/api/bots/me/commissioning").await.good());
        ada.post(&path, &json!({})).await.good();
        bot.post(&path, &rules(10_000)).await.good();
        let eve = person(house, "eve@example.org").await;
        for said in [eve.get(&path).await, eve.post(&path, &rules(1)).await] {
            assert_eq!(said.refusal(), "403 NOT_A_PARTY");
        }
        let spending = format!("/api/bots/{}/spending", bot.id);
        assert_eq!(eve.get(&spending).await.refusal(), "403 NOT_A_PARTY");
        house.operator().get(&spending).await.good();
        // Without an owner it is its own again.
        let lone = house.agent("lone").await;
        lone.post("/api/bots/me/commissioning", &rules(10)).await.good();
        lone.post("/api/bots/me/commissioning", &rules(20)).await.good();
        let operator = house.operator();
        let path = format!("/api/bots/{}/commissioning", lone.id);
        assert_eq!(operator.post(&path, &rules(30)).await.refusal(), "403 OWNER_ONLY");
        operator.post(&path, &rules(5)).await.good();
    });
}

#[test]
fn the_days_spending_by_category_is_exact() {
    everywhere(async |house| {
        let bot = house.rich_agent("bot", 500).await;
        let worker = house.agent("worker").await;
        // Far enough from midnight that the day does not end on the way.
        let now = house.app.now();
        let to_noon = (now.next_utc_day().0 - now.0) / 1_000 + 12 * 3_600;
        house.wait(to_noon).await;
        let rules = json!({ "guardrails": { "max_daily_spend": 200 } });
        bot.post("/api/bots/me/commissioning", &rules).await.good();
        let post = |category: &str, budget: &str| {
            let mut post = tea();
            post["category"] = json!(category);
            post["budget"] = json!(budget);
            post["deadline_hours"] = json!(100);
            post
        };
        let kept = bot.posts(&post("writing", "45")).await;
        let cancelled = bot.posts(&post("coding", "50")).await;
        bot.posts(&post("other", "10.50")).await;
        let spent = bot.get("/api/bots/me/spending").await.good();
        assert_eq!(spent["by_category"], json!({ "coding": 54.0, "other": 11.34, "writing": 48.6 }));
        assert_eq!(
            json!([
                spent["spent_today"],
                spent["max_daily_spend"],
                spent["remaining_today"],
                spent["open_tasks"]
            ]),
            json!([113.94, 200.0, 86.06, 3])
        );
        // A lower bid and a cancellation on the same day take it down again.
        bot.post(&format!("/api/tasks/{cancelled}/cancel"), &json!({})).await.good();
        let bid = worker.bids(&kept, "40").await;
        bot.accepts_bid(&bid).await;
        let spent = bot.get("/api/bots/me/spending").await.good();
        assert_eq!(spent["by_category"], json!({ "other": 11.34, "writing": 43.2 }));
        assert_eq!(spent["spent_today"], 54.54);
        // The next day begins with nothing, and what comes back then is not taken off it.
        house.wait(86_400).await;
        bot.posts(&post("art", "1")).await;
        worker.post(&format!("/api/tasks/{kept}/cancel"), &json!({})).await.good();
        let spent = bot.get("/api/bots/me/spending").await.good();
        assert_eq!(spent["by_category"], json!({ "art": 1.08 }));
        assert_eq!(spent["spent_today"], 1.08);
        let resets = spent["resets_at"].as_str().unwrap_or_default();
        assert!(resets.ends_with("T00:00:00.000Z"), "{resets}");
    });
}
