//! The four guides, walked from top to bottom as their clients would, with their own
//! fields and figures.

use std::fmt::Write as _;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::house::{Actor, House, each_house};

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// A person who signed up, with their key.
async fn signs_up(house: &House, name: &str) -> Actor {
    let nobody = house.nobody();
    let body =
        json!({ "email": format!("{name}@example.org"), "password": "correct horse battery", "name": name });
    let account = nobody.post("/v1/accounts", &body).await.good();
    let data = &account["data"];
    assert!(text(&data["apiKey"]).starts_with("assay_test_"), "{account}");
    Actor { id: text(&data["id"]), key: text(&data["apiKey"]), ..nobody }
}

/// An agent registered from its person's dashboard.
async fn registers_agent(person: &Actor, name: &str) -> Actor {
    let made = person.post("/v1/agents", &json!({ "name": name })).await.good();
    Actor { id: text(&made["data"]["id"]), key: text(&made["data"]["apiKey"]), ..person.clone() }
}

/// Who computes at the edge.
const WHO: &str = "a factory, the hospital, every retailer, one airline, a wind farm, the city, a bank, the shipping line, a stadium, the mine, a laboratory, the railway, a greenhouse";
/// What for.
const DOES: &str = "inspects welds, monitors beds, counts stock, routes baggage, balances turbines, watches crossings, screens payments, tracks containers, guides visitors, measures dust, sorts samples, predicts wear, waters seedlings, compresses video, answers questions, filters alarms, rehearses failures";
/// Where.
const WHERE: &str = "beside the conveyor, inside the ward, under each shelf, behind the counter, at sea, near the antenna, within the cabinet, on the platform, below ground, along the fence, between two stations, above the ring road, next to the kiln, in a small closet, at the gate, across three sites, on the mast, by the loading dock, around the clock";
/// Why there.
const WHY: &str = "because latency matters, so privacy is kept, since bandwidth costs money, before links fail, while headquarters sleeps, although staff is scarce, until repairs arrive, as rules demand, when storms come, unless power drops, once models shrink, if clouds are far, whereas cables are slow, to save fuel, for faster decisions, without waiting for anyone, despite heat, against fraud, with cheaper hardware, after careful trials, instead of shipping raw footage, given strict budgets, thanks to better tooling";

/// A post of so many words about edge computing, with three examples and no sentence twice.
fn blog_post(words: usize) -> String {
    let lists = [WHO, DOES, WHERE, WHY].map(|list| list.split(", ").collect::<Vec<_>>());
    let mut text = String::from(
        "Edge computing moves work from a distant data centre to machines close to where data begins. \
         Technical decision-makers weigh three real-world examples, use cases and future trends below.",
    );
    for n in 0.. {
        if text.split_whitespace().count() >= words {
            break;
        }
        let example = if n < 3 { "For example, " } else { "" };
        let parts: Vec<&str> = lists.iter().map(|list| list[n % list.len()]).collect();
        let _ = write!(text, " {example}{}.", parts.join(" "));
    }
    text
}

/// The guide's own task.
fn edge_computing() -> Value {
    json!({
        "title": "Write a 1500-word blog post about edge computing",
        "description": "Cover the basics of edge computing, use cases, and future trends. \
                        Target audience: technical decision-makers. Include 3 real-world examples.",
        "category": "content_writing",
        "budget": 45,
        "deadline_hours": 24,
        "acceptance_criteria": [
            "1500 words minimum",
            "3 real-world examples included",
            "No factual errors",
            "Professional tone suitable for a tech blog",
        ],
    })
}

/// The guide's own guardrails.
fn guardrails() -> Value {
    json!({
        "enabled": true,
        "guardrails": {
            "max_task_budget": 100,
            "max_daily_spend": 250,
            "max_open_tasks": 5,
            "allowed_categories": ["content_writing", "data_labeling", "code_review"],
            "require_human_approval_above": 50,
            "auto_review": true,
        },
    })
}

/// `available reserved`, as a client computes with them.
async fn figures(bot: &Actor) -> [Option<f64>; 2] {
    let balance = bot.get("/api/credits/balance").await.good();
    ["available", "reserved"].map(|name| balance[name].as_f64())
}

#[test]
fn the_commissioning_guide() {
    each_house(async |house| {
        let person = signs_up(house, "owner").await;
        let bot = registers_agent(&person, "commissioner").await;
        // Load credits.
        let deposit = bot.post("/api/credits/deposit", &json!({ "amount": 500 })).await.good();
        let checkout_url = text(&deposit["checkout_url"]);
        bot.send(bot.request(Method::POST, &checkout_url)).await.good();
        let balance = bot.get("/api/credits/balance").await.good();
        let whole = ["available", "reserved", "total"].map(|name| balance[name].as_f64());
        assert_eq!(whole, [Some(500.0), Some(0.0), Some(500.0)]);

        // Configure spending guardrails.
        bot.post("/api/bots/me/commissioning", &guardrails()).await.good();
        let kept = bot.get("/api/bots/me/commissioning").await.good();
        assert_eq!(kept["guardrails"]["max_task_budget"].as_f64(), Some(100.0));

        // Post a task.
        let posted = bot.post("/api/tasks", &edge_computing()).await.good();
        assert_eq!(posted["fee"].as_f64(), Some(3.6));
        assert_eq!(figures(&bot).await, [Some(451.4), Some(45.0)]);
        let spending = bot.get(&format!("/api/bots/{}/spending", bot.id)).await.good();
        assert_eq!(
            (spending["spent_today"].as_f64(), spending["open_tasks"].as_i64()),
            (Some(48.6), Some(1))
        );
        the_guardrails_hold(&person, &bot).await;

        // Monitor proposals.
        let worker = house.agent("worker").await;
        let id = text(&posted["id"]);
        let offer = json!({ "task_id": id, "proposed_amount": 45, "cover_letter": "I write about this." });
        worker.post("/api/proposals", &offer).await.good();
        let proposals = bot.get(&format!("/api/proposals?task_id={id}")).await.good();
        let proposal = &proposals.as_array().expect("a bare array")[0];
        assert_eq!(proposal["worker_id"], json!(worker.id));
        assert_eq!(proposal["proposed_amount"].as_f64(), Some(45.0));
        assert_eq!(proposal["cover_letter"], "I write about this.");
        let accept = format!("/api/proposals/{}/accept", text(&proposal["id"]));
        bot.send(bot.request(Method::POST, &accept)).await.good();
        it_is_delivered_and_reviewed(&bot, &worker, &id).await;
        let earned = worker.get("/api/credits/balance").await.good();
        assert_eq!(earned["available"].as_f64(), Some(45.0), "100 % goes to the worker, at once");
    });
}

/// Limits are inclusive; above the approval line the person decides.
async fn the_guardrails_hold(person: &Actor, bot: &Actor) {
    let mut task = edge_computing();
    let table = [
        ("budget", json!(100.01), "403 GUARDRAIL_MAX_TASK_BUDGET"),
        ("category", json!("gardening"), "403 GUARDRAIL_CATEGORY"),
    ];
    for (field, value, refusal) in table {
        let mut other = task.clone();
        other[field] = value;
        assert_eq!(bot.post("/api/tasks", &other).await.refusal(), refusal);
    }
    task["budget"] = json!(50.01);
    let waits = bot.post("/api/tasks", &task).await;
    assert_eq!((waits.status, &waits.body["status"]), (202, &json!("pending_approval")));
    let resolve = format!("/api/approvals/{}/resolve", text(&waits.body["approval_id"]));
    assert_eq!(bot.post(&resolve, &json!({ "decision": "approve" })).await.status, 403);
    person.post(&resolve, &json!({ "decision": "reject" })).await.good();
    let spending = bot.get("/api/bots/me/spending").await.good();
    assert_eq!(spending["spent_today"].as_f64(), Some(48.6));
}

/// Too short goes back by itself; the rest is for the poster to say.
async fn it_is_delivered_and_reviewed(bot: &Actor, worker: &Actor, id: &str) {
    let deliver = json!({ "task_id": id, "content": blog_post(1_450) });
    let short = worker.post("/api/deliverables", &deliver).await.good();
    assert_eq!(short["status"], "revision_requested", "{short}");
    let deliver = json!({ "task_id": id, "content": blog_post(1_520) });
    let long = worker.post("/api/deliverables", &deliver).await.good();
    assert_eq!(long["status"], "in_review", "facts and tone are for a person: {long}");
    let deliverables = bot.get(&format!("/api/deliverables?task_id={id}")).await.good();
    let latest = deliverables.as_array().and_then(|all| all.last()).expect("a bare array").clone();
    let notes = "Meets all acceptance criteria. Well written.";
    let review = json!({ "id": latest["id"], "status": "accepted", "review_notes": notes });
    bot.patch("/api/deliverables", &review).await.good();
}

#[test]
fn the_worker_guide() {
    each_house(async |house| {
        let poster = house.rich_agent("poster", 100).await;
        let person = signs_up(house, "maker").await;
        let agent = registers_agent(&person, "summariser").await;
        let rival = house.agent("rival").await;
        assert_eq!(house.nobody().get("/v1/tasks/available").await.status, 401);
        let post = json!({
            "title": "Summarize quarterly earnings report",
            "description": "Summarize the quarterly earnings report with key metrics and actionable insights.",
            "category": "coding",
            "budget": 15,
        });
        let id = poster.posts(&post).await;

        // Discovery.
        let found = agent.get("/v1/tasks/available?category=coding&limit=10").await.good();
        assert_eq!(found["ok"], true);
        let item = &found["data"]["items"][0];
        let fields = ["id", "status", "band", "price"].map(|name| item[name].clone());
        assert_eq!(fields, [json!(id), json!("open"), json!("standard"), json!("15.00")]);
        assert!(item["createdAt"].is_string());
        let pagination = json!({ "next_cursor": null, "has_more": false, "total_estimate": 1 });
        assert_eq!(found["data"]["pagination"], pagination);

        bids_once(&poster, &agent, &rival, &id).await;

        // Progress and traces.
        let note = json!({
            "event": "step_completed",
            "message": "Parsed 47 pages of financial data",
            "metadata": { "pagesProcessed": 47, "totalPages": 120 },
        });
        agent.post(&format!("/v1/tasks/{id}/progress"), &note).await.good();
        let traces = agent.get(&format!("/v1/tasks/{id}/traces")).await.good();
        let trace = &traces["data"]["items"][0];
        assert_eq!(
            (&trace["event"], &trace["metadata"], &trace["visibility"]),
            (&note["event"], &note["metadata"], &json!("public"))
        );
        delivers_behind_the_gate(&agent, &rival, &id).await;
    });
}

#[test]
fn the_worker_guides_own_delivery_passes_the_gate_of_its_own_task() {
    each_house(async |house| {
        let poster = house.rich_agent("poster", 100).await;
        let agent = house.agent("agent").await;
        // As the guide has them, to the dots.
        let post = json!({
            "title": "Summarize quarterly earnings report",
            "description": "...",
            "category": "summarization",
            "budget": 15,
        });
        let id = poster.posts(&post).await;
        poster.accepts_bid(&agent.bids(&id, "12.50").await).await;
        let body: Value = serde_json::from_str(
            r###"{
                "content": "## Quarterly Earnings Summary\n\nRevenue grew 15% YoY..."
            }"###,
        )
        .expect("the guide's JSON");
        let delivered = agent.post_once("a-key", &format!("/v1/tasks/{id}/deliver"), &body).await.good();
        assert_eq!(delivered["data"]["status"], "in_review", "{delivered}");
        assert_ne!(delivered["data"]["pdqg"]["outcome"], "rejected", "{delivered}");
    });
}

/// A bid is placed once; whoever comes after the acceptance is too late.
async fn bids_once(poster: &Actor, agent: &Actor, rival: &Actor, id: &str) {
    let letter = "I can summarize this report with key metrics and actionable insights.";
    let bid = json!({ "proposedPrice": 12.50, "coverLetter": letter });
    let bids = format!("/v1/tasks/{id}/bids");
    let placed = agent.post_once("a-key", &bids, &bid).await;
    let again = agent.post_once("a-key", &bids, &bid).await;
    assert!(again.replayed && again.body == placed.body);
    assert_eq!(agent.post(&bids, &bid).await.refusal(), "409 CONFLICT");
    let too_much = json!({ "proposedPrice": 15.01, "coverLetter": letter });
    assert_eq!(rival.post(&bids, &too_much).await.refusal(), "400 PRICE_OUT_OF_RANGE");
    let placed = placed.good();
    assert_eq!(placed["data"]["proposedPrice"], "12.50");
    poster.accepts_bid(&text(&placed["data"]["id"])).await;
    let late = json!({ "proposedPrice": 10, "coverLetter": letter });
    let said = rival.post(&bids, &late).await;
    assert_eq!(
        (said.status, &said.body["ok"], &said.body["error"]["code"]),
        (409, &json!(false), &json!("CONFLICT"))
    );
}

/// Delivery behind the gate, and the one resubmission.
async fn delivers_behind_the_gate(agent: &Actor, rival: &Actor, id: &str) {
    assert_eq!(rival.delivers(id, "## Summary").await.status, 403);
    assert_eq!(agent.resubmits(id, "## Summary").await.status, 403, "nothing failed yet");
    let junk = agent.delivers(id, "lorem ipsum dolor sit amet").await.good();
    assert_eq!(
        (&junk["data"]["status"], &junk["data"]["pdqg"]["outcome"]),
        (&json!("gate_failed"), &json!("rejected"))
    );
    assert!(junk["data"]["pdqg"]["resubmitUntil"].is_string());
    let summary = "## Quarterly Earnings Summary\n\nRevenue grew 15% YoY to $4.2 billion, ahead of guidance. \
        Operating margin widened from 21% to 23% as cloud costs fell. \n\n- Key metric: free cash flow of \
        $900 million.\n- Actionable insight: watch the backlog, which shrank 3% in the quarter.";
    let passed = agent.resubmits(id, summary).await.good();
    assert_eq!(passed["data"]["status"], "in_review", "{passed}");
    assert_ne!(passed["data"]["pdqg"]["outcome"], "rejected");
    assert_eq!(agent.delivers(id, summary).await.refusal(), "409 CONFLICT", "duplicate delivery");
    assert_eq!(agent.get("/v1/tasks/00000000-0000-7000-8000-000000000000").await.refusal(), "404 NOT_FOUND");
}

#[test]
fn the_agent_guide() {
    each_house(async |house| {
        // Self-register with referral attribution.
        let nobody = house.nobody();
        let first = nobody.post("/api/v1/agent/register", &json!({ "name": "sponsor" })).await.good();
        assert_eq!((&first["credits"], &first["skills"]), (&json!(1000), &json!(["generalist"])));
        let second = json!({ "name": "solver", "referral_code": first["referralCode"] });
        let second = nobody.post("/api/v1/agent/register", &second).await.good();
        let sponsor = Actor { id: text(&first["agentId"]), key: text(&first["apiKey"]), ..nobody.clone() };
        let solver = Actor { id: text(&second["agentId"]), key: text(&second["apiKey"]), ..nobody.clone() };
        let rivals = join_all((0..15).map(|n| house.agent(if n < 8 { "eager" } else { "quick" }))).await;

        // Publish with escrow, a machine-verifiable criterion and a protected field.
        let post = json!({
            "title": "Name the capital of France",
            "description": "Answer with the name of the capital of France and one sentence about it.",
            "skills": ["generalist"],
            "reward": 100,
            "mode": "claim",
            "acceptanceCriteria": ["Must mention \"Paris\""],
        });
        let task = text(&sponsor.post("/api/v1/agent/tasks", &post).await.good()["id"]);
        let path = |what: &str| format!("/api/v1/agent/tasks/{task}/{what}");

        // Read the thread, and post the one clarification before the claim.
        solver.get(&path("thread")).await.good();
        let question = json!({ "message": "Is one sentence enough?" });
        solver.post(&path("thread"), &question).await.good();
        assert_eq!(solver.post(&path("thread"), &question).await.refusal(), "409 CLARIFICATION_USED");

        // Sixteen claim at once.
        let everyone: Vec<&Actor> = rivals.iter().chain([&solver]).collect();
        let (claim, nothing) = (path("claim"), json!({}));
        let said = join_all(everyone.iter().map(|agent| agent.post(&claim, &nothing))).await;
        let winners: Vec<&&Actor> = everyone
            .iter()
            .zip(&said)
            .filter(|(_, said)| said.status == 200)
            .map(|(agent, _)| agent)
            .collect();
        assert_eq!(winners.len(), 1);
        assert!(said.iter().all(|one| one.status == 200 || one.status == 409));
        let winner = winners[0];

        // A full delivery package.
        let package = json!({
            "output": "Paris is the capital of France, on the Seine.",
            "summaryText": "One sentence, as asked.",
            "attachments": [{
                "name": "source.txt", "mediaType": "text/plain", "sizeBytes": 5,
                "sha256": "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
            }],
        });
        let done = winner.post(&path("submit"), &package).await.good();
        assert_eq!(done["taskStatus"], "paid", "{done}");
        assert_eq!(done["attachments"][0]["sizeBytes"], 5);
        let me = winner.get("/api/v1/agent/me").await.good();
        assert_eq!((&me["credits"], &me["pending"]), (&json!(1000), &json!(100)));
        house.wait(23 * 3600 + 59 * 60).await;
        assert_eq!(winner.get("/api/v1/agent/me").await.good()["pending"], 100);
        house.wait(60).await;
        assert_eq!(winner.get("/api/v1/agent/me").await.good()["credits"], 1100);

        is_bound_and_handed_off(house, winner).await;
    });
}

/// A person binds the agent without taking its identity away, and hands a part of their
/// own rights to a helper.
async fn is_bound_and_handed_off(house: &House, winner: &Actor) {
    let person = signs_up(house, "person").await;
    let code = winner.post("/api/v1/agent/binding-codes", &json!({})).await.good();
    person.post("/api/v1/agent/bindings", &json!({ "code": code["code"] })).await.good();
    let me = winner.get("/api/v1/agent/me").await.good();
    assert_eq!((&me["agentId"], &me["credits"]), (&json!(winner.id), &json!(1100)));
    let handoff = json!({ "label": "for a helper", "scopes": ["work"], "expiresIn": 3600 });
    let handed = person.post("/api/v1/agent/handoffs", &handoff).await.good();
    let helper = person.with_key(&text(&handed["token"]));
    helper.get("/api/v1/agent/tasks").await.good();
    assert_eq!(helper.post("/api/v1/agent/handoffs", &handoff).await.status, 403);
}

#[test]
fn the_finance_guide() {
    each_house(async |house| {
        let client = house.agent("client").await;
        let provider = house.agent("provider").await;
        let offer = json!({
            "name": "translator", "capabilities": ["text-translation"], "base_price": 10.00, "pricing_model": "fixed",
        });
        provider.post("/api/v1/agents", &offer).await.good();

        // Deposit, then a task whose price is held.
        let deposit =
            client.post("/api/v1/ledger/deposit", &json!({ "amount": 100, "currency": "USD" })).await.good();
        assert_eq!(deposit["status"], "pending", "a deposit never mints money");
        client.send(client.request(Method::POST, &text(&deposit["payment_url"]))).await.good();
        let task = json!({
            "capability": "text-translation",
            "input": { "text": "Hello", "target_lang": "es" },
            "payment_type": "balance",
            "max_price": 10.00,
        });
        let task = text(&client.post("/api/v1/tasks", &task).await.good()["id"]);
        let balance = client.get(&format!("/api/v1/ledger/balance/{}", client.id)).await.good();
        let figures = ["available", "escrowed", "total", "currency"].map(|name| balance[name].clone());
        assert_eq!(figures, [json!("90.00"), json!("10.00"), json!("100.00"), json!("USD")]);

        // Completed: 9.50 after the fee of 5 %.
        let payments = client.get(&format!("/api/v1/tasks/{task}/payments")).await.good();
        assert_eq!((&payments["fee"], &payments["escrow_status"]), (&json!("0.50"), &json!("held")));
        provider.post(&format!("/api/v1/tasks/{task}/complete"), &json!({ "output": "Hola" })).await.good();
        let balance = provider.get("/api/v1/ledger/balance").await.good();
        assert_eq!((&balance["available"], &balance["pending"]), (&json!("0.00"), &json!("9.50")));

        // Disputed while it is pending, and split.
        let reason = json!({ "reason": "Output does not match requirements" });
        let dispute = client.post(&format!("/api/v1/tasks/{task}/dispute"), &reason).await.good();
        let split = json!({ "outcome": "split", "provider_share": 0.5 });
        let resolve = format!("/v1/admin/disputes/{}/resolve", text(&dispute["dispute_id"]));
        house.operator().post(&resolve, &split).await.good();
        let balance = provider.get("/api/v1/ledger/balance").await.good();
        assert_eq!(balance["available"], "4.75");
        let transactions = client.get("/api/v1/ledger/transactions").await.good();
        assert!(transactions["data"].as_array().is_some_and(|all| all.len() >= 3), "{transactions}");

        pays_in_and_out_by_crypto(&client).await;

        // A channel, and the fee of a price before it is agreed on.
        let open = json!({ "counterparty_id": provider.id, "amount": 5, "currency": "USD" });
        let channel = client.post("/api/v1/channels/open", &open).await.good();
        let transfer = json!({ "channel_id": channel["channel_id"], "amount": "0.000125" });
        client.post("/api/v1/channels/transfer", &transfer).await.good();
        client.post("/api/v1/channels/close", &json!({ "channel_id": channel["channel_id"] })).await.good();
        let fee = client.post("/api/v1/negotiations/calculate-fee", &json!({ "amount": 10.00 })).await.good();
        assert_eq!((&fee["fee"], &fee["provider_receives"]), (&json!("0.50"), &json!("9.50")));
        let propose = json!({ "agent_id": provider.id, "proposed_price": 10.00 });
        let agreed = client.post("/api/v1/negotiation/negotiate", &propose).await.good();
        assert_eq!(agreed["status"], "accepted");
    });
}

/// An invoice to pay, confirmed by the provider; and out again, to a saved address.
async fn pays_in_and_out_by_crypto(client: &Actor) {
    let intent = json!({ "amount": 100.00, "currency": "USDTTRC20" });
    let intent = client.post("/api/v1/payments/create-intent", &intent).await.good();
    assert!(intent["invoice_url"].is_string() && intent["payment_id"].is_string(), "{intent}");
    client.send(client.request(Method::POST, &text(&intent["invoice_url"]))).await.good();
    let confirm = json!({ "payment_id": intent["payment_id"] });
    client.post("/api/v1/payments/confirm", &confirm).await.good();
    let balance = client.get("/api/v1/payments/balance").await.good();
    assert_eq!(balance["available"], "195.00");
    assert!(client.get("/api/v1/payments/nowpayments/currencies").await.good()["data"].is_array());

    // Out again, to a saved address.
    let address =
        json!({ "label": "cold", "currency": "USDTTRC20", "address": "TXYZopYRdj2D9XRtbG411XZZ3kM5VkAeBf" });
    let address = client.post("/api/v1/withdrawal-addresses", &address).await.good();
    let out = json!({ "amount": "20.00", "currency": "USDTTRC20", "withdrawal_address_id": address["id"] });
    let out = client.post("/api/v1/withdrawals", &out).await.good();
    assert_eq!(out["status"], "pending");
}
