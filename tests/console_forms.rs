//! Forms that come to nothing where they stand: nothing typed is lost, nothing is done twice,
//! and nothing is decided by a key that ends a line.

use reqwest::Method;
use serde_json::json;

use crate::access::NOBODYS;
use crate::browser::{PASSWORD, person};
use crate::browsing::{Browser, with};
use crate::console_wallet::{PAYLOADS, earner, loads, refuses, sends, unharmed};
use crate::house::{Actor, each_house, each_house_with};
use crate::story::{GOOD, claimed, tea};

#[test]
fn a_decision_is_made_by_a_button_alone() {
    each_house(async |house| {
        let ada = person(house, "Ada").await;
        let agent = ada.post("/v1/agents", &json!({ "name": "poster" })).await.good();
        let field = |name: &str| agent["data"][name].as_str().unwrap_or_default().to_owned();
        let bot = Actor { id: field("id"), key: field("apiKey"), ..house.nobody() };
        bot.deposits(100).await;
        let line = json!({ "enabled": true, "guardrails": { "require_human_approval_above": 10 } });
        bot.post("/api/bots/me/commissioning", &line).await.good();
        let posted = bot.post("/api/tasks", &tea()).await.good();
        let approval = posted["approval_id"].as_str().expect("an approval");
        let worker = earner(house, 600).await;
        loads(house, "tea-card", 500).await;
        let reward = worker.get("/api/v1/agent/rewards").await.good()["data"][0]["id"].clone();
        let redeem = format!("/api/v1/agent/rewards/{}/redeem", reward.as_str().expect("an id"));
        let redemption = worker.post(&redeem, &json!({})).await.good()["id"].clone();
        let redemption = redemption.as_str().expect("an id");
        let forms = [
            (Browser::of(&ada), "/desk", "approval", approval, "/desk/approvals", "note"),
            (
                Browser::of(&house.operator()),
                "/house",
                "redemption",
                redemption,
                "/house/redemptions",
                "reason",
            ),
        ];
        for (browser, page, name, id, to, words) in forms {
            let (form, to) = (format!("{name}-{id}"), format!("{to}/{id}"));
            let shown = browser.goes(page).await.good();
            let (_, rest) = shown.html.split_once(&format!("id=\"{form}\"")).expect("the form");
            let (rest, _) = rest.split_once("</form>").expect("its end");
            assert!(rest.contains("<textarea") && !rest.contains("type=\"text\""), "{rest}");
            // What a browser would send that presses none of the buttons.
            for payload in ["too expensive", PAYLOADS[0]] {
                let none = sends(&browser, page, &form, &to, &[(words, payload)]).await;
                assert_eq!(none.status, 400, "{}", none.text());
                none.says("is missing");
                assert!(none.html.contains(&format!("id=\"{form}-")), "{}", none.html);
                assert!(none.form(&form).contains(&(words.to_owned(), payload.to_owned())), "{}", none.html);
                unharmed(&none, payload);
            }
            let odd = sends(&browser, page, &form, &to, &[("decision", "maybe"), ("ruling", "maybe")]).await;
            assert_eq!(odd.status, 400, "{}", odd.text());
        }
        assert_eq!(bot.task_status(posted["id"].as_str().unwrap_or_default()).await, "pending_approval");
        let one = worker.get("/api/v1/agent/redemptions").await.good()["data"][0].clone();
        assert_eq!(one["status"], "pending");
    });
}

#[test]
fn a_session_that_ended_loses_nothing_that_was_typed() {
    const LETTER: &str = "I brew daily.\nAsk </textarea>anyone.";
    each_house(async |house| {
        let alice = house.rich_agent("alice", 100).await;
        person(house, "Bob").await;
        let task = alice.posts(&tea()).await;
        let page = format!("/tasks/{task}");
        let browser = Browser::signed_in(house, "bob@example.org").await;
        let form = browser.goes(&page).await.good().form("bid");
        let typed = with(&form, &[("proposed_price", "40"), ("cover_letter", LETTER)]);
        let account = browser.goes("/account").await.good().form("password");
        let elsewhere = Browser::signed_in(house, "bob@example.org").await;
        elsewhere.fills("/account", "/account/sessions", &[]).await;

        let told = browser.sends(&format!("{page}/bid"), &typed).await;
        assert_eq!(told.status, 401);
        told.says("you are signed out");
        assert!(told.attributes("href").contains(&"/sign-in".to_owned()), "{}", told.html);
        let kept = told.form("kept");
        for field in [("proposed_price", "40"), ("cover_letter", LETTER)] {
            assert!(kept.contains(&(field.0.to_owned(), field.1.to_owned())), "{kept:?}");
        }
        let passwords = with(&account, &[("old", "my old password"), ("new", "my new password")]);
        let told = browser.sends("/account/password", &passwords).await;
        assert_eq!(told.status, 401);
        assert!(!told.html.contains("my old password") && !told.html.contains("my new password"));
        assert!(told.form("kept").iter().any(|(name, value)| name == "old" && value.is_empty()));

        // Signed in again, in another tab: the token is of the session before, so that the page
        // is shown once more, and then it is sent.
        let sign_in = [("email", "bob@example.org"), ("password", PASSWORD)];
        assert_eq!(browser.fills("/sign-in", "/sign-in", &sign_in).await.status, 303);
        let told = browser.sends(&format!("{page}/bid"), &kept).await;
        assert_eq!(told.status, 403);
        told.says("nothing was done");
        let sent = browser.sends(&format!("{page}/bid"), &told.form("kept")).await;
        assert_eq!(sent.place, format!("{page}?done=bid"), "{}", sent.text());
        let bids = alice.get(&format!("/api/proposals?task_id={task}")).await.good();
        assert_eq!((&bids[0]["cover_letter"], bids.as_array().map(Vec::len)), (&json!(LETTER), Some(1)));

        // What another site has sent is in no form of ours.
        let foreign = browser.request(Method::POST, &format!("{page}/say")).form(&[("message", "buy now")]);
        let told = browser.send(foreign.header("Origin", "https://elsewhere.example")).await;
        assert_eq!(told.status, 403);
        assert!(!told.html.contains("buy now"), "{}", told.html);
    });
}

#[test]
fn too_many_requests_lose_nothing_that_was_typed() {
    let few = |settings: &mut assay::config::Settings| settings.rates.sign_ins_per_address_per_hour = 2;
    each_house_with(few, async |house| {
        let visitor = Browser::open(&house.base_url);
        let fields = [("email", "somebody@example.org"), ("password", "not a password at all")];
        let mut last = visitor.fills("/sign-in", "/sign-in", &fields).await;
        for _ in 0..3 {
            last = visitor.fills("/sign-in", "/sign-in", &fields).await;
        }
        assert_eq!(last.status, 429, "{}", last.text());
        assert!(!last.header("retry-after").is_empty());
        let kept = last.form("kept");
        assert!(kept.contains(&("email".into(), "somebody@example.org".into())), "{kept:?}");
        assert!(kept.contains(&("password".into(), String::new())), "{kept:?}");
        assert!(!last.html.contains("not a password at all"));
    });
}

#[test]
fn what_was_typed_for_a_task_that_moved_on_can_be_copied() {
    each_house(async |house| {
        let (_, bob, task) = claimed(house, &tea()).await;
        let (browser, page) = (Browser::of(&bob), format!("/tasks/{task}"));
        let form = browser.goes(&page).await.good().form("deliver");
        house.wait(25 * 3_600).await;
        let typed = with(&form, &[("content", GOOD), ("summary", PAYLOADS[0])]);
        let told = browser.sends(&format!("{page}/deliver"), &typed).await;
        assert!([403, 409].contains(&told.status), "{}: {}", told.status, told.text());
        assert!(!told.html.contains("id=\"deliver\""), "the form is gone: {}", told.html);
        told.says("What you typed");
        told.says("The work");
        told.says("What to know about it");
        told.says(PAYLOADS[0]);
        assert!(told.html.contains(&GOOD[..60]), "{}", told.html);
        unharmed(&told, PAYLOADS[0]);
        let token = typed.iter().find(|(name, _)| name == "_showing").expect("a showing");
        assert!(!told.html.contains(&token.1), "what our pages alone know is not shown");
    });
}

#[test]
fn a_filter_that_is_refused_stands_in_its_field() {
    each_house(async |house| {
        let browser = Browser::of(&house.agent("bob").await);
        let long = "x".repeat(201);
        for (page, name, other) in [("/tasks", "words", "category"), ("/plugins", "search", "author")] {
            let refused = browser.goes(&format!("{page}?{name}={long}&{other}=tea+leaves")).await;
            refuses(&refused, 400, &long, "must be at most 200 characters");
            assert!(refused.attributes("value").contains(&"tea leaves".to_owned()), "{}", refused.html);
            assert_eq!(refused.html.matches("class=\"refusal\"").count(), 1, "{}", refused.html);
        }
    });
}

#[test]
fn a_second_press_does_nothing_more() {
    let few = |settings: &mut assay::config::Settings| {
        settings.limits.plugins.trial_runs_per_day_max = 1;
        settings.limits.dry_runs_per_task_max = 2;
    };
    each_house_with(few, async |house| {
        let visitor = Browser::open(&house.base_url);
        let empty = visitor.goes("/sign-up").await.good().form("sign-up");
        let typed = [("name", "Ada"), ("email", "ada@example.org"), ("password", PASSWORD)];
        let typed = with(&empty, &typed);
        for _ in 0..2 {
            // A browser that sends a form twice sends both with the cookies it had.
            let cookies = visitor.cookies();
            let sent = visitor.sends("/sign-up", &typed).await;
            assert_eq!(sent.place, "/tasks?done=welcome", "{}", sent.text());
            visitor.keep(cookies);
        }
        let other = with(&typed, &[("password", "quite another password")]);
        assert_ne!(visitor.sends("/sign-up", &other).await.status, 303, "that is no second press");

        let (_, bob, task) = claimed(house, &tea()).await;
        let (browser, page) = (Browser::of(&bob), format!("/tasks/{task}"));
        let draft = with(&browser.goes(&page).await.good().form("deliver"), &[("content", GOOD)]);
        for _ in 0..3 {
            let tried = browser.sends(&format!("{page}/check"), &draft).await.good();
            tried.says("What the judges say of the draft");
            assert!(tried.form("deliver").contains(&("content".into(), GOOD.into())));
        }
        let check = format!("/v1/tasks/{task}/check");
        bob.post(&check, &json!({ "content": GOOD })).await.good();
        assert_eq!(bob.post(&check, &json!({ "content": GOOD })).await.status, 429, "two were counted");

        let judges = house.nobody().get("/v1/plugins?world=verifier").await.good();
        let judge = judges["data"]["items"][0]["digest"].as_str().expect("a digest").to_owned();
        let place = format!("/plugins/{judge}");
        let filled = with(&browser.goes(&place).await.good().form("run"), &[("content", "Tea.")]);
        for _ in 0..2 {
            browser.sends(&format!("{place}/run"), &filled).await.good().says("It said");
        }
        let spent = sends(&browser, &place, "run", &format!("{place}/run"), &[("content", "Tea.")]).await;
        assert_eq!(spent.status, 429, "{}", spent.text());
    });
}

#[test]
fn a_refusal_is_said_once_and_on_the_page_it_is_about() {
    each_house(async |house| {
        let ada = person(house, "Ada").await;
        let (browser, here) = (Browser::of(&ada), format!("/agents/{}/keys", ada.id));
        loads(house, "tea-card", 500).await;
        let reward = ada.get("/api/v1/agent/rewards").await.good()["data"][0]["id"].clone();
        let redeem = format!("/wallet/rewards/{}/redeem", reward.as_str().expect("an id"));
        let addresses = "/wallet/withdrawals/addresses";
        for (page, to, heading) in [
            ("/wallet/rewards", redeem, "Rewards"),
            (here.as_str(), format!("{here}/{NOBODYS}/end"), "Keys of Ada"),
            ("/account/handoffs", format!("/account/handoffs/{NOBODYS}/end"), "Handoffs"),
            ("/account/sessions", format!("/account/sessions/{NOBODYS}/end"), "Sessions"),
            ("/wallet/withdrawals", format!("{addresses}/{NOBODYS}/default"), "Withdraw"),
            ("/wallet/withdrawals", format!("{addresses}/{NOBODYS}/forget"), "Withdraw"),
        ] {
            let refused = browser.fills(page, &to, &[]).await;
            assert!((400..500).contains(&refused.status), "{to}: {}", refused.status);
            assert_eq!(refused.html.matches("class=\"refusal\"").count(), 1, "{to}: {}", refused.html);
            assert!(refused.html.contains(&format!("<h1>{heading}")), "{to}: {}", refused.html);
        }
        let statement = browser.goes("/wallet/statement?from=yesterday").await;
        assert_eq!(statement.html.matches("class=\"refusal\"").count(), 1, "{}", statement.html);

        let session = Browser::signed_in(house, "ada@example.org").await;
        let typed = [("old", "not my password"), ("new", "a new long password")];
        let wrong = sends(&session, "/account", "password", "/account/password", &typed).await;
        assert_eq!(wrong.status, 401, "{}", wrong.text());
        let marks = wrong.attributes("aria-describedby").join(" ");
        assert!(marks.contains("password-old-wrong"), "it stands beside its field: {marks}");
    });
}
