//! The story: five tasks, from posting to the last cent.

use assay_db::Record as _;
use assay_db::entities::ReceiptRow;
use assay_sandbox::{PublicKeys, Receipt, replay};
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::actor::{Actor, text};
use super::{House, say};
use crate::app::App;

/// A task of the story, and what is handed in for it.
#[derive(Deserialize)]
struct Chapter {
    title: String,
    description: String,
    category: String,
    budget: String,
    bid: String,
    acceptance_criteria: Vec<String>,
    checks: Vec<Value>,
    deliveries: Vec<String>,
    ends: String,
    #[serde(default)]
    accepted_by_poster: bool,
}

/// Plays the story. An end that is not the written one is an error.
pub(super) async fn run(house: &House) -> Result<(), String> {
    let chapters: Vec<Chapter> =
        serde_json::from_str(include_str!("tasks.json")).map_err(|error| error.to_string())?;
    let base = &house.base_url;
    let petra = Actor::register(base, "Petra (publisher)", &["commissioning"]).await?;
    let wanda = Actor::register(base, "Wanda (writer)", &["writing"]).await?;
    let dario = Actor::register(base, "Dario (data)", &["data"]).await?;
    let lazar = Actor::register(base, "Lazar (lazy)", &["generalist"]).await?;
    say("Four parties registered: a publisher and three workers.");
    petra.deposit("100.00").await?;
    say("Petra paid 100.00 USD in through the test provider.");
    let rules =
        json!({ "guardrails": { "max_task_budget": 20, "max_daily_spend": 80, "auto_review": true } });
    petra.call(Method::POST, "/api/bots/me/commissioning", Some(&rules)).await?;
    say("Her guardrails: 20.00 a task, 80.00 a day, deliveries reviewed automatically.");

    let cast = [&petra, &wanda, &dario, &lazar];
    let before = balances(&cast).await?;
    let mut receipts = Vec::new();
    for (index, chapter) in chapters.iter().enumerate() {
        let worker = match chapter.ends.as_str() {
            "paid" if chapter.category == "data_labeling" => &dario,
            "paid" => &wanda,
            _ => &lazar,
        };
        say(&format!("\n{}. {}", index + 1, chapter.title));
        receipts.extend(play(chapter, &petra, worker).await?);
    }
    let after = balances(&cast).await?;
    money_table(&cast, &before, &after);
    replay_one(house, &petra, &receipts).await?;
    audit(&house.app).await
}

/// One task from posting to its end. Returns the ids of its receipts.
async fn play(chapter: &Chapter, petra: &Actor, worker: &Actor) -> Result<Vec<String>, String> {
    let task = post(chapter, petra).await?;
    let bid =
        json!({ "proposedPrice": chapter.bid, "coverLetter": "I have done this before and can start now." });
    let bid = worker.call(Method::POST, &format!("/v1/tasks/{task}/bids"), Some(&bid)).await?;
    let bid = text(&bid["data"], "id")?;
    petra.call(Method::POST, &format!("/api/proposals/{bid}/accept"), None).await?;
    say(&format!("   {} bids {} USD and is chosen.", worker.name, chapter.bid));

    let mut receipts = Vec::new();
    let mut verb = "deliver";
    for content in &chapter.deliveries {
        let progress =
            json!({ "event": "step_completed", "message": "draft ready", "metadata": { "percent": 90 } });
        worker.call(Method::POST, &format!("/v1/tasks/{task}/progress"), Some(&progress)).await?;
        let path = format!("/v1/tasks/{task}/{verb}");
        let delivery = worker.call(Method::POST, &path, Some(&json!({ "content": content }))).await?;
        let delivery = &delivery["data"];
        tell(delivery);
        let lines = delivery["receipts"].as_array().cloned().unwrap_or_default();
        receipts.extend(lines.iter().filter_map(|line| line["receiptId"].as_str().map(str::to_owned)));
        verb = if delivery["status"] == "gate_failed" { "resubmit" } else { "deliver" };
        if chapter.accepted_by_poster {
            accept(petra, &text(delivery, "id")?).await?;
        }
    }
    let ended = text(&petra.call(Method::GET, &format!("/api/tasks/{task}"), None).await?, "status")?;
    say(&format!("   The task is {ended}."));
    if ended == chapter.ends { Ok(receipts) } else { Err(format!("it should have been {}", chapter.ends)) }
}

async fn post(chapter: &Chapter, petra: &Actor) -> Result<String, String> {
    let body = json!({
        "title": chapter.title, "description": chapter.description, "category": chapter.category,
        "budget": chapter.budget, "deadline_hours": 24,
        "acceptance_criteria": chapter.acceptance_criteria, "checks": chapter.checks,
    });
    let task = petra.call(Method::POST, "/api/tasks", Some(&body)).await?;
    let coverage = &task["coverage"];
    say(&format!(
        "   Petra posts it for {} USD, fee {}. Of {} criteria a machine decides {}.",
        chapter.budget, task["fee"], coverage["total"], coverage["decidable"]
    ));
    text(&task, "id")
}

/// What the gate, the checks and the reviewer said.
fn tell(delivery: &Value) {
    let gate = &delivery["pdqg"];
    let word = |value: &Value| value.as_str().unwrap_or("none").to_owned();
    say(&format!("   Delivered: the gate scores {} ({}).", word(&gate["score"]), word(&gate["outcome"])));
    for finding in delivery["findings"].as_array().into_iter().flatten() {
        let (status, kind) = (word(&finding["status"]), word(&finding["kind"]));
        say(&format!("     {status:<9} {kind:<18} {}", word(&finding["evidence"])));
    }
    for note in delivery["review"].as_array().into_iter().flatten() {
        say(&format!("     review    {}", word(note)));
    }
    say(&format!("   The delivery is {}.", word(&delivery["status"])));
}

async fn accept(petra: &Actor, delivery: &str) -> Result<(), String> {
    let body = json!({ "id": delivery, "status": "accepted", "review_notes": "Just the tone I wanted." });
    petra.call(Method::PATCH, "/api/deliverables", Some(&body)).await?;
    say("   Petra reads it and accepts.");
    Ok(())
}

async fn balances(cast: &[&Actor]) -> Result<Vec<Value>, String> {
    let mut all = Vec::with_capacity(cast.len());
    for actor in cast {
        all.push(actor.balance().await?);
    }
    Ok(all)
}

fn money_table(cast: &[&Actor], before: &[Value], after: &[Value]) {
    let figure = |balance: &Value, name: &str| balance[name].as_f64().unwrap_or_default();
    say(&format!("\n{:<20}{:>12}{:>12}{:>12}{:>12}", "USD", "before", "after", "change", "reserved"));
    let mut paid = 0.0;
    for ((actor, before), after) in cast.iter().zip(before).zip(after) {
        let (was, is) = (figure(before, "total"), figure(after, "total"));
        paid += is - was;
        let reserved = figure(after, "reserved");
        say(&format!("{:<20}{was:>12.2}{is:>12.2}{:>12.2}{reserved:>12.2}", actor.name, is - was));
    }
    say(&format!("{:<20}{:>12.2}{:>12.2}{:>12.2}{:>12.2}", "the house (fees)", 0.0, -paid, -paid, 0.0));
}

/// Judges one judgement again, with nothing but what the server hands out.
async fn replay_one(house: &House, petra: &Actor, receipts: &[String]) -> Result<(), String> {
    let mut chosen = None;
    for id in receipts {
        let envelope = petra.call(Method::GET, &format!("/v1/receipts/{id}"), None).await?;
        let receipt =
            Receipt::parse(envelope["data"].to_string().as_bytes()).map_err(|error| error.to_string())?;
        if receipt.outcome == "fail" {
            chosen = Some(receipt);
        }
    }
    let receipt = chosen.ok_or("no receipt of a failed check to replay")?;
    let component = petra.bytes(&format!("/v1/plugins/{}/component", receipt.plugin)).await?;
    let input = petra.bytes(&format!("/v1/receipts/{}/input", receipt.id)).await?;
    let keys = petra.call(Method::GET, "/v1/receipts/keys", None).await?;
    let keys = keys["data"]["items"].as_array().cloned().unwrap_or_default();
    let keys = PublicKeys::from_hex(keys.iter().filter_map(|key| key["publicKey"].as_str()));
    let keys = keys.map_err(|error| error.to_string())?;
    say(&format!("\nReplaying receipt {} ({}, {} fuel):", receipt.id, receipt.outcome, receipt.fuel));
    let replayed = replay(&house.app.sandbox, &receipt, &component, &input, &keys).await;
    let (words, _) = super::super::replay::verdict(&replayed.map_err(|error| error.to_string())?);
    say(&format!("   {words}"));
    if words.starts_with("match") { Ok(()) } else { Err("the replay gave another verdict".into()) }
}

async fn audit(app: &App) -> Result<(), String> {
    let report =
        assay_db::audit(app.db.read(), &[ReceiptRow::TABLE]).await.map_err(|error| error.to_string())?;
    say(&format!(
        "Auditing the books: {} accounts, {} transfers, {} receipts, {} links of the journal: {}.",
        report.accounts,
        report.transfers,
        report.seals,
        report.links,
        if report.is_clean() { "all right" } else { "something differs" }
    ));
    match report.differences.first() {
        None => Ok(()),
        Some(difference) => Err(difference.to_string()),
    }
}
