//! The wallet's pages: they say what the API says, and what is wrong beside its field.

use assay::app::stock::{self, StockLine};
use reqwest::Method;
use serde_json::json;

use crate::browsing::{Browser, Page, with};
use crate::disputes::{buys, market};
use crate::house::{Actor, House, each_house};
use crate::packages::{claims, errand, person, posts_errand, submits};
use crate::story::tea;

/// What people type who mean harm.
pub(crate) const PAYLOADS: [&str; 4] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "'-alert(1)-'</textarea><svg/onload=alert(1)>",
    "javascript:alert(1)//{{7*7}}${7*7}",
];

/// An address that looks like one.
const TRON: &str = "TXYZopYRdj2D9XRtbG411XZZ3kM5VkAeBf";

/// Sends a form of a page with some fields typed over.
pub(crate) async fn sends(browser: &Browser, at: &str, form: &str, to: &str, typed: &[(&str, &str)]) -> Page {
    let filled = with(&browser.goes(at).await.good().form(form), typed);
    browser.sends(to, &filled).await
}

/// A page that says no, beside a field that still has what was typed.
#[track_caller]
pub(crate) fn refuses(page: &Page, status: u16, typed: &str, why: &str) {
    assert_eq!(page.status, status, "{}", page.text());
    page.says(why);
    let kept = page.attributes("value").iter().any(|value| value == typed) || page.text().contains(typed);
    assert!(kept, "{typed:?} is lost: {}", page.html);
    assert!(page.html.contains("aria-invalid=\"true\""), "no field is at fault: {}", page.html);
}

/// A page on which harmful words are words: shown as they were typed, and no markup.
#[track_caller]
pub(crate) fn unharmed(page: &Page, payload: &str) {
    assert!(!payload.contains('<') || !page.html.contains(payload), "{payload}: {}", page.html);
}

async fn pays_in(browser: &Browser, form: &str, amount: &str) -> String {
    let opened = sends(browser, "/wallet", form, "/wallet/deposit", &[("amount", amount)]).await;
    assert_eq!(opened.status, 303, "{}", opened.text());
    let bill = browser.goes(&opened.place).await.good();
    bill.says("pending");
    let paid = browser.sends(&format!("{}/pay", opened.place), &bill.form("pay")).await;
    browser.goes(&paid.place).await.good().says("The payment came in.");
    opened.place
}

#[test]
fn money_is_paid_in_and_stands_in_its_pocket() {
    each_house(async |house| {
        let ada = person(house, "ada").await;
        let browser = Browser::of(&ada);
        let empty = browser.goes("/wallet").await.good();
        empty.says("Credits 1,000 CR 0 CR 1,000 CR 0 CR 0 CR 1,000 CR");
        empty.says("Nothing was spent or earned");
        let bad = sends(&browser, "/wallet", "by-card", "/wallet/deposit", &[("amount", "a lot")]).await;
        refuses(&bad, 400, "a lot", "must be an amount such as 12.50");
        let bill = pays_in(&browser, "by-card", "100").await;
        pays_in(&browser, "by-coin", "50.25").await;
        let wallet = browser.goes("/wallet").await.good();
        wallet.says("Dollars $150.25 $50.25 $100.00 $0.00 $0.00 $150.25");
        wallet.says("credited");
        // A bill is its payer's.
        let eve = Browser::of(&person(house, "eve").await);
        assert_eq!(eve.goes(&bill).await.status, 403);
    });
}

#[test]
fn a_statement_has_balances_filters_and_a_file() {
    each_house(async |house| {
        let ada = person(house, "ada").await;
        let browser = Browser::of(&ada);
        pays_in(&browser, "by-coin", "100").await;
        let task = ada.posts(&tea()).await;
        let all = browser.goes("/wallet/statement").await.good();
        all.says("Explain how to brew green tea");
        all.says("−$45.00 $55.00");
        assert!(all.attributes("href").contains(&format!("/tasks/{task}")));
        let came_in = browser.goes("/wallet/statement?type=credit&currency=USD&from=&to=").await.good();
        came_in.says("+$100.00 $100.00");
        assert!(!came_in.text().contains("−$45.00"), "{}", came_in.text());
        let bad = browser.goes("/wallet/statement?from=yesterday").await;
        assert_eq!(bad.status, 400);
        bad.says("must be a date or an RFC 3339 time");
        browser.goes("/wallet/statement?type=fee").await.good().says("No line fits these filters");
        let first = browser.goes("/wallet/statement?limit=1").await.good();
        let older = first.attributes("href").into_iter().find(|link| link.contains("cursor=")).expect("more");
        assert!(!browser.goes(&older).await.good().text().contains(&format!("{} $51.40", "−$45.00")));

        let file = browser.request(Method::GET, "/wallet/statement.csv?type=credit").send().await;
        let file = file.expect("an answer");
        assert_eq!(file.headers()["content-type"], "text/csv; charset=utf-8");
        let same =
            ada.request(Method::GET, "/api/v1/ledger/transactions?format=csv&type=credit").send().await;
        let same = same.expect("an answer").text().await.expect("a file");
        assert_eq!(file.text().await.expect("a file"), same);

        let wallet = browser.goes("/wallet").await.good();
        wallet.says("Earned and spent in USD on each of the last 30 days");
        assert!(wallet.html.contains("<rect class=\"out\""), "{}", wallet.html);
        wallet.says("$0.00 $48.60 $0.00");
    });
}

#[test]
fn money_is_taken_out_to_a_saved_address() {
    each_house(async |house| {
        let ada = person(house, "ada").await;
        let browser = Browser::of(&ada);
        pays_in(&browser, "by-card", "10").await;
        pays_in(&browser, "by-coin", "30").await;
        let (here, there) = ("/wallet/withdrawals", "/wallet/withdrawals/addresses");
        browser.goes(here).await.good().says("Save an address first");
        for payload in PAYLOADS {
            let typed = [("address", payload), ("label", payload), ("currency", "USDTTRC20")];
            let bad = sends(&browser, here, "save", there, &typed).await;
            refuses(&bad, 400, payload, "address");
            unharmed(&bad, payload);
        }
        for (label, place) in [(PAYLOADS[0], TRON), ("second", "TVjsyZ7fYF3qLF6BQgPmTEZy1xrNNyVAAA")] {
            let typed = [("label", label), ("currency", "USDTTRC20"), ("address", place)];
            let saved = sends(&browser, here, "save", there, &typed).await;
            assert_eq!(saved.place, "/wallet/withdrawals?done=address-saved", "{}", saved.text());
        }
        let listed = browser.goes(here).await.good();
        listed.says(PAYLOADS[0]);
        assert!(!listed.html.contains(PAYLOADS[0]));
        let ids = ada.get("/api/v1/withdrawal-addresses").await.good();
        let second = ids["data"][1]["id"].as_str().expect("an id").to_owned();
        let preferred = browser.sends(&format!("{there}/{second}/default"), &listed.form("save")).await;
        assert_eq!(preferred.place, "/wallet/withdrawals?done=address-preferred");

        let much = sends(&browser, here, "withdraw", here, &[("amount", "30.01")]).await;
        assert_eq!(much.status, 402, "card money stays: {}", much.text());
        assert!(much.attributes("value").contains(&"30.01".to_owned()));
        let filled = with(&browser.goes(here).await.form("withdraw"), &[("amount", "20")]);
        for _ in 0..2 {
            let done = browser.sends(here, &filled).await;
            assert_eq!(done.place, "/wallet/withdrawals?done=withdrawn", "{}", done.text());
        }
        let all = ada.get("/api/v1/withdrawals").await.good();
        assert_eq!(all["data"].as_array().map(Vec::len), Some(1), "a double click takes it out once");
        browser.goes(here).await.good().says("$10.00 can be taken out");
        let forgotten = browser.sends(&format!("{there}/{second}/forget"), &listed.form("save")).await;
        assert_eq!(forgotten.place, "/wallet/withdrawals?done=address-forgotten");
        assert!(!browser.goes(here).await.text().contains("TVjsyZ7fYF3qLF6BQgPmTEZy1xrNNyVAAA, "));
    });
}

#[test]
fn a_channel_is_opened_paid_through_and_closed() {
    each_house(async |house| {
        let (ada, bob) = (house.rich_agent("ada", 50).await, house.agent(PAYLOADS[1]).await);
        let (mine, theirs) = (Browser::of(&ada), Browser::of(&bob));
        let here = "/wallet/channels";
        mine.goes(here).await.good().says("You have no channel yet");
        let bad = sends(&mine, here, "open", here, &[("counterparty_id", "bob"), ("amount", "5")]).await;
        refuses(&bad, 400, "bob", "counterparty_id");
        let typed = [("counterparty_id", bob.id.as_str()), ("amount", "5")];
        let opened = sends(&mine, here, "open", here, &typed).await;
        let (place, _) = opened.place.split_once('?').expect("a channel");
        let channel = mine.goes(place).await.good();
        channel.says("Your side $5.00 Their side $0.00");
        assert!(!channel.html.contains(PAYLOADS[1]));
        let pay = format!("{place}/transfer");
        let much = sends(&mine, place, "transfer", &pay, &[("amount", "5.01")]).await;
        assert_eq!(much.status, 402, "{}", much.text());
        let paid = sends(&mine, place, "transfer", &pay, &[("amount", "0.000125")]).await;
        assert_eq!(paid.status, 303, "{}", paid.text());
        theirs.goes(place).await.good().says("Your side $0.000125 Their side $4.999875");
        sends(&mine, place, "fund", &format!("{place}/deposit"), &[("amount", "1")]).await;
        sends(&theirs, place, "close", &format!("{place}/close"), &[]).await;
        mine.goes(place).await.good().says("State closed");
        mine.goes(here).await.good().says("closed");
        assert_eq!(Browser::of(&house.agent("eve").await).goes(place).await.status, 403);
    });
}

#[test]
fn what_is_pending_says_when_it_comes() {
    each_house(async |house| {
        let (client, provider) = market(house).await;
        let task = buys(&client).await;
        let output = json!({ "output": { "text": "Hola" } });
        provider.post(&format!("/api/v1/tasks/{task}/complete"), &output).await.good();
        let wallet = Browser::of(&provider).goes("/wallet").await.good();
        wallet.says("On its way to you");
        wallet.says("$9.50");
        house.wait(86_400).await;
        let later = Browser::of(&provider).goes("/wallet").await.good();
        assert!(!later.text().contains("On its way to you"), "{}", later.text());
        later.says("$9.50 $0.00 $0.00");
    });
}

pub(crate) async fn loads(house: &House, reward: &str, price: i64) {
    let name = format!("A {reward} {}", PAYLOADS[0]);
    let line = StockLine { reward: reward.into(), name, price_credits: price, code: "CODE-1".into() };
    stock::load(&house.app.db, &house.app.clock, &[line]).await.expect("it is loaded");
}

/// Somebody's agent that earned credits, a day ago.
pub(crate) async fn earner(house: &House, credits: i64) -> Actor {
    let (poster, worker) = (house.agent("a poster").await, house.agent("a worker").await);
    crate::packages::belongs(&worker, &person(house, "an owner").await).await;
    let task = posts_errand(&poster, &errand(credits)).await;
    claims(&worker, &task).await;
    submits(&worker, &task).await;
    house.wait(86_400).await;
    worker
}

#[test]
fn credits_are_redeemed_and_the_code_is_shown_to_its_owner() {
    each_house(async |house| {
        let worker = earner(house, 600).await;
        let browser = Browser::of(&worker);
        let here = "/wallet/rewards";
        browser.goes(here).await.good().says("The shelf is empty");
        loads(house, "tea-card", 500).await;
        let rewards = browser.goes(here).await.good();
        rewards.says("600 CR of yours can be redeemed");
        assert!(!rewards.html.contains(PAYLOADS[0]));
        let id = worker.get("/api/v1/agent/rewards").await.good()["data"][0]["id"].clone();
        let id = id.as_str().expect("an id");
        let (form, redeem) = (format!("redeem-{id}"), format!("{here}/{id}/redeem"));
        let poor = Browser::of(&person(house, "eve").await);
        let refused = sends(&poor, here, &form, &redeem, &[]).await;
        assert_eq!(refused.status, 402, "{}", refused.text());
        let redeemed = sends(&browser, here, &form, &redeem, &[]).await;
        assert_eq!(redeemed.place, "/wallet/rewards?done=redeemed", "{}", redeemed.text());
        browser.goes(here).await.good().says("waits for the operator");
        let one = worker.get("/api/v1/agent/redemptions").await.good()["data"][0]["id"].clone();
        let path = format!("/v1/admin/redemptions/{}/approve", one.as_str().expect("an id"));
        house.operator().post(&path, &json!({})).await.good();
        browser.goes(here).await.good().says("yours CODE-1");
        assert!(!poor.goes(here).await.good().text().contains("CODE-1"));
    });
}

#[test]
fn the_wallet_is_for_whoever_is_signed_in_and_has_the_scope() {
    each_house(async |house| {
        let pages =
            ["/wallet", "/wallet/statement", "/wallet/withdrawals", "/wallet/channels", "/wallet/rewards"];
        let nobody = Browser::of(&house.nobody());
        let ada = person(house, "ada").await;
        let (worker, _) = crate::people::makes_key(&ada, &json!({ "scopes": ["work"] })).await;
        for path in pages {
            let sent = nobody.goes(path).await;
            assert_eq!((sent.status, sent.place.starts_with("/sign-in?next=")), (303, true), "{path}");
            let expected = if path == "/wallet/rewards" { 200 } else { 403 };
            assert_eq!(Browser::of(&worker).goes(path).await.status, expected, "{path}");
        }
    });
}
