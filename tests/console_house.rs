//! What the operator decides on the pages of the house, files, and lists that go on.

use serde_json::json;

use crate::browsing::Browser;
use crate::console_wallet::{earner, loads, sends};
use crate::files::{attachment, brings, delivers, digest};
use crate::house::each_house;
use crate::providers::each_live_house;
use crate::story::{claimed, tea};
use crate::withdrawals::{asked_for, looked, paid_by_coins, wait, wallet};

const HERE: &str = "/house";

#[test]
fn a_redemption_is_refused_with_a_reason_and_the_next_approved() {
    each_house(async |house| {
        let worker = earner(house, 600).await;
        loads(house, "tea-card", 500).await;
        let operator = Browser::of(&house.operator());
        operator.goes(HERE).await.good().says("No redemption waits.");
        let reward = worker.get("/api/v1/agent/rewards").await.good()["data"][0]["id"].clone();
        let redeem = format!("/api/v1/agent/rewards/{}/redeem", reward.as_str().expect("an id"));
        for (ruling, status) in [("refuse", "refused"), ("approve", "settled")] {
            let asked = worker.post(&redeem, &json!({})).await.good();
            let id = asked["id"].as_str().expect("an id");
            operator.goes(HERE).await.good().says("500 CR");
            let (form, to) = (format!("redemption-{id}"), format!("{HERE}/redemptions/{id}"));
            let typed = [("ruling", ruling), ("reason", "out of <b>stock</b>")];
            let ruled = sends(&operator, HERE, &form, &to, &typed).await;
            assert_eq!(ruled.place, "/house?done=ruled", "{}", ruled.text());
            let one = worker.get("/api/v1/agent/redemptions").await.good()["data"][0].clone();
            assert_eq!((&one["id"], &one["status"]), (&json!(id), &json!(status)));
            let again = operator.fills(HERE, &to, &typed).await;
            assert_eq!(again.status, 409);
            again.says("already");
            let theirs = Browser::of(&worker).fills("/wallet/rewards", &to, &typed).await;
            assert_eq!(theirs.status, 403, "it is the operator's to decide");
        }
        operator.goes(HERE).await.good().says("500 CR none left 1");
    });
}

#[test]
fn a_failed_payout_is_tried_again_and_then_given_back() {
    each_live_house(async |house, fakes| {
        let (worker, operator) = (paid_by_coins(house, "80").await, Browser::of(&house.operator()));
        let id = asked_for(house, &worker, "80").await;
        wait(house, 0).await;
        operator.goes(HERE).await.good().says("$80.00 USDTTRC20 with the provider");
        fakes.payout_says(&id, "REJECTED");
        wait(house, 1).await;
        operator.goes(HERE).await.good().says("$80.00 in");
        let (form, to) = (format!("payout-{id}"), format!("{HERE}/payouts/{id}"));
        let none = sends(&operator, HERE, &form, &to, &[]).await;
        assert_eq!(none.status, 400, "{}", none.text());
        none.says("is missing");
        assert_eq!(looked(&worker, &id).await["status"], "failed");
        let tried = sends(&operator, HERE, &form, &to, &[("decision", "retry")]).await;
        assert_eq!(tried.place, "/house?done=retried", "{}", tried.text());
        wait(house, 0).await;
        fakes.payout_says(&format!("{id}-2"), "failed");
        wait(house, 1).await;
        let given = sends(&operator, HERE, &form, &to, &[("decision", "return")]).await;
        assert_eq!(given.place, "/house?done=returned", "{}", given.text());
        assert_eq!(looked(&worker, &id).await["resolution"], "returned");
        assert_eq!(wallet(&worker).await, "80.00");
        operator.goes(HERE).await.good().says("No payout is on its way.");
        operator.goes(HERE).await.good().says("No payout has failed.");
    });
}

#[test]
fn a_file_of_a_delivery_is_a_download_for_its_two_sides() {
    each_house(async |house| {
        let (alice, bob, task) = claimed(house, &tea()).await;
        let page = b"<script>document.title='taken'</script>";
        let sha256 = digest(page);
        brings(&bob, &sha256, page, "text/html").await.good();
        delivers(&bob, &task, &[attachment("tea <b>guide</b>.html", "text/html", page)]).await.good();
        let shown = Browser::of(&alice).goes(&format!("/tasks/{task}")).await.good();
        shown.says("tea <b>guide</b>.html");
        let place = format!("/files/{sha256}");
        assert!(shown.attributes("href").contains(&place));
        for side in [&alice, &bob] {
            let file = Browser::of(side).goes(&place).await.good();
            assert_eq!(file.header("content-type"), "application/octet-stream");
            assert_eq!(file.header("content-security-policy"), "sandbox; default-src 'none'");
            assert!(file.header("content-disposition").starts_with("attachment"), "{:?}", file.headers);
            assert_eq!(file.html.as_bytes(), page);
        }
        let carol = house.agent("carol").await;
        assert_eq!(Browser::of(&carol).goes(&place).await.status, 404);
        assert_eq!(Browser::of(&house.nobody()).goes(&place).await.status, 401);
    });
}

#[test]
fn a_list_of_tasks_goes_on_and_is_searched() {
    each_house(async |house| {
        let alice = house.rich_agent("alice", 2_000).await;
        let mut post = tea();
        for number in 0..27 {
            post["title"] = json!(format!("Guide number {number:02}"));
            post["category"] = json!(if number == 3 { "cellar" } else { "writing" });
            alice.posts(&post).await;
        }
        let browser = Browser::of(&house.agent("bob").await);
        let titles = |html: &str| html.matches("Guide number").count();
        let first = browser.goes("/tasks?currency=USD").await.good();
        assert_eq!(titles(&first.html), 25);
        first.says("Guide number 26");
        let older = first.attributes("href").into_iter().find(|link| link.contains("cursor="));
        let older = older.expect("a link to what is older");
        assert!(older.contains("currency=USD"), "{older}");
        let second = browser.goes(&older).await.good();
        assert_eq!(titles(&second.html), 2);
        second.says("Guide number 00");
        for (query, count) in [
            ("words=NUMBER+1", 10),
            ("words=cellar", 1),
            ("category=cellar", 1),
            ("currency=CR", 0),
            ("words=nothing+like+it", 0),
        ] {
            let found = browser.goes(&format!("/tasks?{query}")).await.good();
            assert_eq!(titles(&found.html), count, "{query}");
        }
        browser.goes("/tasks?words=nothing+like+it").await.good().says("Nothing fits.");
        assert_eq!(browser.goes(&format!("/tasks?words={}", "x".repeat(201))).await.status, 400);
    });
}

#[test]
fn the_books_are_audited_from_the_page() {
    each_house(async |house| {
        let (_, bob, task) = claimed(house, &tea()).await;
        bob.delivers(&task, crate::story::GOOD).await.good();
        let operator = Browser::of(&house.operator());
        operator.goes(HERE).await.good().says("Nobody has asked for an audit");
        let asked = sends(&operator, HERE, "audit", "/house/audit", &[]).await;
        assert_eq!(asked.place, "/house?done=audit", "{}", asked.text());
        let mut shown = operator.goes(HERE).await.good();
        while shown.text().contains("The books are being recomputed since") {
            shown = operator.goes(HERE).await.good();
        }
        shown.says("the books are right");
        assert!(!shown.text().contains(" 0 transfers"), "there was something to recompute: {}", shown.text());
        let theirs = Browser::of(&bob).fills("/wallet", "/house/audit", &[]).await;
        assert_eq!(theirs.status, 403, "it is the operator's to ask for");
    });
}
