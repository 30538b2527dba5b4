//! Everybody can use every page: axe-core has nothing against it, it fits a phone and a
//! window in which everything is twice as large, and it is small. Full pages, empty ones,
//! and pages that answer to a form.

use assay::http::console::checks::{KINDS, Kind};
use serde_json::{Map, Value, json};

use crate::access::Ground;
use crate::browser::{Browser, in_a_browser, person};
use crate::full_house::filled;
use crate::house::House;
use crate::packages::text;
use crate::places::{places_of_everybody, somebody};
use crate::story::{GOOD, tea};

/// Pixels of a laptop, and of a phone.
const LAPTOP: u32 = 1_200;
const PHONE: u32 = 360;

/// How a page is looked at.
const SCHEMES: [&str; 2] = ["light", "dark"];

/// What is wrong with the page that is open.
async fn looked_at(browser: &Browser, page: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    browser.width(LAPTOP).await;
    for scheme in SCHEMES {
        browser.prefers(scheme).await;
        let complaints = browser.complaints().await;
        wrong.extend(complaints.into_iter().map(|one| format!("{page}, {scheme}: {one}")));
    }
    browser.prefers("light").await;
    browser.width_at_twice_the_size(LAPTOP).await;
    wrong.extend(too_wide(browser, LAPTOP / 2).await.map(|wide| format!("{page} at 200 %: {wide}")));
    browser.width(PHONE).await;
    wrong.extend(too_wide(browser, PHONE).await.map(|wide| format!("{page} on a phone: {wide}")));
    let complaints = browser.complaints().await;
    wrong.extend(complaints.into_iter().map(|one| format!("{page}, on a phone: {one}")));
    browser.width(LAPTOP).await;
    let size = browser.ask("return document.documentElement.outerHTML.length").await;
    if size.as_i64().is_none_or(|size| size >= 50_000) {
        wrong.push(format!("{page} has {size} characters"));
    }
    wrong
}

/// What of the page is beyond the edge of so wide a window.
async fn too_wide(browser: &Browser, pixels: u32) -> Option<String> {
    let wide = browser.ask("return document.documentElement.scrollWidth").await;
    (wide.as_u64().is_none_or(|wide| wide > u64::from(pixels)))
        .then(|| format!("{wide} pixels, not {pixels}"))
}

/// Looks at pages as these people see them, each once it is whole.
async fn all_looked_at(browser: &Browser, pages: &[(String, String)]) {
    let mut wrong = Vec::new();
    let mut is = None;
    for (path, key) in pages {
        if is != Some(key) {
            browser.becomes(key).await;
            is = Some(key);
        }
        browser.width(LAPTOP).await;
        browser.go(path).await;
        assert_eq!(browser.place().await, *path, "nobody is sent elsewhere");
        wrong.extend(looked_at(browser, path).await);
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_page_of_a_full_house_can_be_used_by_everybody() {
    in_a_browser(async |house, browser| {
        let ground = Ground::prepare(house).await;
        let all = filled(house, &ground).await;
        let pages = all.into_iter().map(|place| (place.path, somebody(&ground, place.who).key.clone()));
        all_looked_at(browser, &pages.collect::<Vec<_>>()).await;
    });
}

#[test]
fn every_page_of_somebody_who_has_nothing_yet_can_be_used_by_everybody() {
    in_a_browser(async |house, browser| {
        let ada = person(house, "Ada").await;
        let pages = places_of_everybody().map(|path| (path.to_owned(), ada.key.clone()));
        all_looked_at(browser, &pages.collect::<Vec<_>>()).await;
        let operator = house.operator().key;
        let others = [("/house", operator), ("/nowhere", String::new()), ("/house", ada.key)];
        all_looked_at(browser, &others.map(|(path, key)| (path.to_owned(), key))).await;
    });
}

#[test]
fn the_reference_of_the_api_can_be_used_by_everybody() {
    // A part of it is opened, and some of its requests, which are drawn only then.
    const PART: &str = "document.querySelectorAll('.opblock-tag')[1].click();";
    const REQUESTS: &str = "
        for (const one of [...document.querySelectorAll('.opblock-summary-control')].slice(0, 3)) one.click();";
    in_a_browser(async |_, browser| {
        browser.go("/docs").await;
        browser.find(".opblock-tag").await;
        let mut wrong = browser.complaints().await;
        browser.ask(PART).await;
        browser.find(".opblock-summary-control").await;
        browser.ask(REQUESTS).await;
        for at in 1..=3 {
            browser
                .find(&format!(".operation-tag-content > :nth-child({at}) > .is-open .responses-table"))
                .await;
        }
        wrong.extend(browser.complaints().await);
        assert!(wrong.is_empty(), "{wrong:#?}");
    });
}

/// A page that answers to a form: who sends it, from where, which form, to where if not to
/// its own address, with what typed, and what is there once the answer is.
type State = (&'static str, String, String, String, Value, &'static str);

const REFUSED: &str = ".refusal";

/// Forms for tasks with a verifier and a pricing model that have, between them, a row of
/// every kind of check.
fn builders() -> impl Iterator<Item = State> {
    let state = |typed| {
        let (post, draft) = ("/post".to_owned(), "/post/draft".to_owned());
        ("poster", post, "post".to_owned(), draft, typed, "#part-checks fieldset")
    };
    KINDS.chunks(8).map(builder).map(state)
}

fn builder(kinds: &[Kind]) -> Value {
    let mut typed = Map::new();
    for (at, kind) in kinds.iter().enumerate() {
        typed.insert(format!("checks[{at}].kind"), kind.name.into());
    }
    typed.insert("verifier[0].digest".into(), "".into());
    typed.insert("pricing_model.model".into(), "hybrid".into());
    typed.insert("acceptance_criteria".into(), "30 to 120 words\nA warm and inviting tone".into());
    typed.into()
}

/// The pages of whoever looks after their own things, when a form is sent.
fn own_states(ground: &Ground) -> Vec<State> {
    let agent = format!("/agents/{}", ground.id("poster"));
    let channel = format!("/wallet/channels/{}", ground.id("channel"));
    let (agent, channel) = (agent.as_str(), channel.as_str());
    let table = [
        ("nobody", "/sign-up", "sign-up", json!({ "name": "Ada", "email": "ada", "password": "x" }), REFUSED),
        ("nobody", "/sign-in", "sign-in", json!({ "email": "a@b.org", "password": "no" }), REFUSED),
        ("nobody", "/sign-in", "by-key", json!({ "key": "wrong" }), REFUSED),
        ("owner", "/account", "password", json!({ "old": "wrong", "new": "short" }), REFUSED),
        ("owner", "/account/handoffs", "make", json!({ "max_spend": "-1" }), REFUSED),
        ("owner", "/account/handoffs", "make", json!({ "label": "night" }), "pre"),
        ("owner", "/account/encryption", "key", json!({ "public_key": "{}" }), REFUSED),
        ("owner", "/agents", "make", json!({ "name": "" }), REFUSED),
        ("owner", "/agents", "make", json!({ "name": "another" }), "pre"),
        ("owner", "/agents", "bind", json!({ "code": "AAAA-AAAA-AAAA" }), REFUSED),
        ("owner", agent, "rules", json!({ "max_open_tasks": "five" }), REFUSED),
        ("poster", "/wallet", "by-card", json!({ "amount": "a lot" }), REFUSED),
        ("poster", "/wallet/withdrawals", "save", json!({ "address": "home" }), REFUSED),
        ("poster", "/wallet/withdrawals", "withdraw", json!({ "amount": "much" }), REFUSED),
        ("poster", "/wallet/channels", "open", json!({ "counterparty_id": "bob" }), REFUSED),
        ("poster", channel, "transfer", json!({ "amount": "5.01" }), REFUSED),
    ];
    let row = |(who, path, form, typed, shows): (_, &str, &str, _, _)| {
        (who, path.to_owned(), form.to_owned(), String::new(), typed, shows)
    };
    table.map(row).into()
}

/// The pages of work and of judges, when a form is sent.
async fn work_states(house: &House, ground: &Ground) -> Vec<State> {
    let (poster, worker) = (somebody(ground, "poster"), somebody(ground, "worker"));
    let claimed = poster.posts(&tea()).await;
    poster.accepts_bid(&worker.bids(&claimed, "45").await).await;
    let reason = json!({ "reason": "It is about another tea." });
    let disputed = format!("/api/v1/tasks/{}/dispute", ground.id("task"));
    let dispute = poster.post(&disputed, &reason).await.good();
    let dispute = format!("/house/disputes/{}", text(&dispute["dispute_id"]));
    let judges = house.nobody().get("/v1/plugins?world=verifier").await.good();
    let judge = format!("/plugins/{}", text(&judges["data"]["items"][0]["digest"]));
    let receipt = format!("/receipts/{}", ground.id("receipt"));
    let (claimed, biddable) = (format!("/tasks/{claimed}"), format!("/tasks/{}", ground.id("biddable")));
    let approval = format!("approval-{}", ground.id("approval"));
    let check = format!("{claimed}/check");
    let [judge, receipt, claimed, biddable, approval, check, dispute] =
        [&judge, &receipt, &claimed, &biddable, &approval, &check, &dispute].map(String::as_str);
    let trial = json!({ "content": "Tea.", "checks": r#"[{"kind":"contains","value":"leaf"}]"# });
    let wrong = json!({ "title": "", "budget": "a lot" });
    let table = [
        ("poster", "/post", "post", "/post", wrong, REFUSED),
        ("poster", judge, "run", "", trial, "[aria-label='What it said']"),
        ("poster", judge, "run", "", json!({ "config": "leaf" }), REFUSED),
        ("poster", receipt, "replay", "", json!({}), "#found"),
        ("worker", biddable, "bid", "", json!({ "proposed_price": "45.001" }), REFUSED),
        ("worker", claimed, "deliver", "", json!({ "content": "" }), REFUSED),
        ("worker", claimed, "deliver", check, json!({ "content": GOOD }), "#draft"),
        ("owner", "/desk", approval, "", json!({ "note": "hm" }), REFUSED),
        ("operator", dispute, "again", "", json!({}), "[aria-label='Verdicts run again']"),
        ("operator", dispute, "resolve", "", json!({ "outcome": "split", "provider_share": "2" }), REFUSED),
    ];
    let row = |(who, path, form, action, typed, shows): (_, &str, &str, &str, _, _)| {
        (who, path.to_owned(), form.to_owned(), action.to_owned(), typed, shows)
    };
    table.map(row).into()
}

#[test]
fn every_answer_to_a_form_can_be_used_by_everybody() {
    in_a_browser(async |house, browser| {
        let ground = Ground::prepare(house).await;
        let mut states = [own_states(&ground), work_states(house, &ground).await].concat();
        states.extend(builders());
        let mut wrong = Vec::new();
        for (who, path, form, action, typed, shows) in states {
            browser.becomes(&somebody(&ground, who).key).await;
            browser.go(&path).await;
            browser.submits(&form, &action, &typed).await;
            browser.find(shows).await;
            wrong.extend(looked_at(browser, &format!("{path} after {form}")).await);
        }
        wrong.extend(report_of_an_upload(browser, &somebody(&ground, "owner").key).await);
        assert!(wrong.is_empty(), "{wrong:#?}");
    });
}

/// A file that is no component, and what was looked at of it.
async fn report_of_an_upload(browser: &Browser, key: &str) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("judge.wasm");
    std::fs::write(&file, "no component").expect("a file");
    browser.becomes(key).await;
    browser.go("/plugins/upload").await;
    let field = browser.find("input[type=file]").await;
    field.send_keys(&file.display().to_string()).await.expect("a file is chosen");
    browser.submits("upload", "", &json!({})).await;
    browser.find("[aria-label='What was looked at']").await;
    looked_at(browser, "the report of an upload").await
}
