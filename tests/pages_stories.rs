//! Each page's own story in a browser: what an owner does for their agents, where money
//! comes from and goes to, how a judge is published and tried, and what the operator decides.

use assay_sandbox::Digest;
use serde_json::json;

use crate::browser::{Browser, PASSWORD, in_a_browser, person};
use crate::console_wallet::{earner, loads};
use crate::house::{ADMIN_KEY, Actor};
use crate::registry::saying;
use crate::story::{GOOD, tea};

const ENTER: &str = "\u{e007}";

/// Presses what a selector finds.
async fn clicks(browser: &Browser, css: &str) {
    browser.find(css).await.click().await.expect("it can be pressed");
}

/// The secret that stands on the page this once.
async fn secret(browser: &Browser) -> String {
    browser.sees("Copy it now: it is shown this once").await;
    browser.find("main pre").await.text().await.expect("a text").trim().to_owned()
}

/// As whom a key lets in.
async fn lets_in(ada: &Actor, key: &str) -> String {
    let me = ada.with_key(key).get("/v1/me").await;
    if me.status == 200 { me.body["data"]["name"].as_str().unwrap_or_default().into() } else { me.refusal() }
}

#[test]
fn an_owner_looks_after_agents_keys_handoffs_and_sessions() {
    in_a_browser(async |house, browser| {
        let ada = person(house, "Ada").await;
        browser.sign_in("ada@example.org").await;
        browser.press("Agents").await;
        browser.sees("You have no agent yet").await;
        browser.fill("Name", "Scout").await;
        browser.press("Make it").await;
        let first = secret(browser).await;
        assert_eq!(lets_in(&ada, &first).await, "Scout");
        browser.press("Go on").await;
        browser.go("/agents").await;
        assert!(!browser.text().await.contains(&first), "it is shown once");
        browser.press("Scout").await;
        browser.fill("Most in a day, in dollars", "a lot").await;
        browser.press("Set the limits").await;
        browser.sees("must be an amount").await;
        assert_eq!(browser.typed("Most in a day, in dollars").await, "a lot");
        browser.fill("Most in a day, in dollars", "60").await;
        browser.press("Set the limits").await;
        browser.sees("The limits are set.").await;
        browser.sees("of $60.00").await;

        browser.press("Make, rotate and end keys").await;
        browser.fill("Label", "for the cellar").await;
        browser.press("Make the key").await;
        let second = secret(browser).await;
        browser.press("Go on").await;
        browser.press("Rotate or end for the cellar").await;
        clicks(browser, "details[open] button:not(.danger)").await;
        let third = secret(browser).await;
        assert_eq!(lets_in(&ada, &second).await, "401 UNAUTHORIZED");
        assert_eq!(lets_in(&ada, &third).await, "Scout");

        browser.go("/account/handoffs").await;
        browser.fill("Label", "for the night").await;
        browser.fill("Budget in dollars", "5").await;
        browser.press("Hand off").await;
        let helper = secret(browser).await;
        assert_eq!(lets_in(&ada, &helper).await, "Ada");
        browser.press("Go on").await;
        browser.sees("for the night").await;
        clicks(browser, "button[aria-label='End the handoff for the night']").await;
        browser.sees("The handoff has ended").await;
        assert_eq!(lets_in(&ada, &helper).await, "401 UNAUTHORIZED");

        let session = json!({ "email": "ada@example.org", "password": PASSWORD, "label": "a laptop" });
        let session = house.nobody().post("/v1/sessions", &session).await.good();
        let token = session["data"]["token"].as_str().unwrap_or_default().to_owned();
        browser.go("/account/sessions").await;
        browser.sees("(this one)").await;
        clicks(browser, "button[aria-label='End the session a laptop']").await;
        browser.sees("The session has ended").await;
        assert_eq!(lets_in(&ada, &token).await, "401 UNAUTHORIZED");
    });
}

/// Somebody pays in with coins, which may go out again.
async fn pays_in_coins(browser: &Browser, dollars: &str) {
    browser.go("/wallet").await;
    clicks(browser, "#by-coin input[name=amount]").await;
    browser.presses(&format!("{dollars}{ENTER}")).await;
    browser.press(&format!("Pay ${dollars}.00 of test money")).await;
    browser.sees("The payment came in.").await;
}

#[test]
fn money_is_followed_paid_through_a_channel_taken_out_and_redeemed() {
    in_a_browser(async |house, browser| {
        let worker = earner(house, 600).await;
        loads(house, "tea-card", 500).await;
        let ada = person(house, "Ada").await;
        let bob = house.agent("bob").await;
        browser.sign_in("ada@example.org").await;
        pays_in_coins(browser, "100").await;
        let task = ada.posts(&tea()).await;

        browser.press("Statement").await;
        browser.sees("Explain how to brew green tea").await;
        browser.fill("Task id", "tea").await;
        browser.press("Show").await;
        browser.sees("must be").await;
        assert_eq!(browser.typed("Task id").await, "tea");
        browser.fill("Task id", &task).await;
        browser.press("Show").await;
        browser.sees("$55.00").await;
        assert!(!browser.text().await.contains("+$100.00"), "the filter holds");
        browser.press("Download as CSV").await;
        let file = browser.saved("statement.csv").await;
        assert!(file.lines().count() == 3 && file.contains(&task), "{file}");

        browser.go(&format!("/parties/{}", bob.id)).await;
        browser.sees("Nothing yet").await;
        browser.press("Open a channel with bob").await;
        browser.fill("Dollars to put in", "5").await;
        browser.press("Open it").await;
        browser.sees("Channel with bob").await;
        clicks(browser, "#transfer input[name=amount]").await;
        browser.presses(&format!("1.25{ENTER}")).await;
        browser.sees("$3.75").await;
        browser.press("Close the channel").await;
        browser.sees("State closed").await;
        assert_eq!(bob.money().await, "1.25 available, 0.0 reserved, 1.25 total");

        browser.go("/wallet/withdrawals").await;
        browser.sees("Save an address first").await;
        browser.fill("What you call it", "the till").await;
        browser.fill("Address", "TN3W4H6rK2ce4vX9YnFQHwKENnHjoxb3m9").await;
        browser.press("Save").await;
        browser.sees("The address is saved.").await;
        clicks(browser, "#withdraw input[name=amount]").await;
        browser.presses(&format!("20{ENTER}")).await;
        browser.sees("The withdrawal is on its way").await;

        browser.becomes(&worker.key).await;
        browser.go("/wallet/rewards").await;
        browser.sees("600 CR of yours can be redeemed").await;
        browser.press("Redeem").await;
        browser.sees("waits for the operator").await;
        redemption_is_approved(browser).await;
        browser.becomes(&worker.key).await;
        browser.go("/wallet/rewards").await;
        browser.sees("CODE-1").await;
    });
}

/// The operator approves what waits, and has the books audited.
async fn redemption_is_approved(browser: &Browser) {
    browser.becomes(ADMIN_KEY).await;
    browser.go("/house").await;
    browser.press("Approve").await;
    browser.sees("The redemption is decided.").await;
    browser.sees("No redemption waits.").await;
    browser.press("Audit the books now").await;
    browser.sees("The books are being recomputed").await;
}

#[test]
fn a_judge_is_published_tried_and_its_kinds_of_checks_are_built() {
    in_a_browser(async |house, browser| {
        let ada = person(house, "Ada").await;
        ada.deposits(100).await;
        let bytes = saying("gold-bar", "1.0.0", 0, "");
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("gold-bar.wasm");
        std::fs::write(&file, &bytes).expect("a file");
        browser.sign_in("ada@example.org").await;
        browser.go("/plugins/upload").await;
        browser.press("Publish").await;
        browser.sees("choose a .wasm file").await;
        let chosen = browser.find("input[type=file]").await;
        chosen.send_keys(&file.display().to_string()).await.expect("a file is chosen");
        browser.press("Publish").await;
        browser.sees("It is listed. What the trial found stands below.").await;
        assert!(browser.place().await.starts_with(&format!("/plugins/{}", Digest::of(&bytes))));
        browser.fill("The text to judge", "Tea.").await;
        browser.fill("Checks", r#"[{"kind":"contains","value":"leaf"}]"#).await;
        browser.press("Run it").await;
        browser.sees("It said: pass").await;
        assert_eq!(browser.typed("The text to judge").await, "Tea.");

        browser.go("/plugins").await;
        browser.fill("Name or author", "GOLD").await;
        browser.press("Find").await;
        browser.sees("1 listed").await;
        browser.press("gold-bar 1.0.0").await;
        browser.press("Retire it").await;
        browser.sees("It is retired.").await;

        // Rows come and go in place, and what was typed stays.
        browser.go("/post").await;
        browser.fill("Title", "A guide with a leaf in it").await;
        browser.ask("window.same = true").await;
        browser.find("#new-kind option[value=contains]").await.click().await.expect("a choice");
        browser.press("Add a check").await;
        browser.find("[name='checks[0].value']").await.send_keys("leaf").await.expect("keys");
        browser.fill("Budget", "10").await;
        browser.sees("“leaf”").await;
        browser.find("#new-kind option[value=quoted]").await.click().await.expect("a choice");
        browser.press("Add a check").await;
        browser.press("Remove check 2").await;
        browser.press("Add a check").await;
        browser.find("[name='checks[1].kind']").await;
        assert_eq!(browser.ask("return window.same").await, true, "the page was not loaded again");
        assert_eq!(browser.typed("Title").await, "A guide with a leaf in it");
        browser.press("Remove check 2").await;
        browser.press("Post the task").await;
        browser.sees("Posted.").await;
        browser.sees("leaf").await;
    });
}

#[test]
fn a_record_tells_of_both_sides() {
    in_a_browser(async |house, browser| {
        let (alice, bob) = (house.rich_agent("alice", 200).await, house.agent("bob").await);
        let task = alice.posts(&tea()).await;
        alice.accepts_bid(&bob.bids(&task, "45").await).await;
        let handed_in = bob.delivers(&task, GOOD).await.good();
        let delivery = handed_in["data"]["id"].as_str().unwrap_or_default().to_owned();
        alice.reviews(&delivery, "accepted").await.good();
        browser.becomes(&alice.key).await;
        browser.go(&format!("/tasks/{task}")).await;
        browser.press("bob").await;
        browser.sees("Record").await;
        let row = "return [...document.querySelectorAll('tr')].map((row) => row.textContent)
            .find((text) => text.includes('how much reached the worker'))";
        let row = browser.ask(row).await;
        assert!(row.as_str().is_some_and(|text| text.contains("1, $45.00")), "{row}");
    });
}
