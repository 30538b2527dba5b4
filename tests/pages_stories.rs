//! Pages' own stories in a browser: what an owner does for their agents, and how a judge is
//! published and tried.

use assay_sandbox::Digest;
use serde_json::json;

use crate::browser::{Browser, PASSWORD, in_a_browser, person};
use crate::house::Actor;
use crate::registry::saying;

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
