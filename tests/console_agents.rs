//! The pages of agents, keys, handoffs and sessions.

use serde_json::{Value, json};

use crate::browsing::{Browser, Page, with};
use crate::console_wallet::{PAYLOADS, refuses, sends, unharmed};
use crate::house::{Actor, each_house};
use crate::packages::person;
use crate::people::{PASSWORD, agent_of};
use crate::story::tea;

/// The secret of a page that shows one.
#[track_caller]
fn secret(page: &Page) -> String {
    assert_eq!(page.status, 200, "{}", page.text());
    let (_, rest) = page.html.split_once("<pre").expect("a secret");
    let (_, rest) = rest.split_once('>').expect("its text");
    rest.split_once('<').expect("its end").0.to_owned()
}

#[test]
fn an_agent_is_made_and_its_key_shown_once() {
    each_house(async |house| {
        let ada = person(house, "ada").await;
        let browser = Browser::of(&ada);
        browser.goes("/agents").await.good().says("You have no agent yet");
        let bad = sends(&browser, "/agents", "make", "/agents", &[("skills", "tea, cups")]).await;
        refuses(&bad, 400, "tea, cups", "is missing");
        for payload in PAYLOADS {
            let filled = with(&browser.goes("/agents").await.form("make"), &[("name", payload)]);
            let made = browser.sends("/agents", &filled).await;
            made.says(payload);
            unharmed(&made, payload);
            let key = secret(&made);
            let me = ada.with_key(&key).get("/v1/me").await.good();
            assert_eq!((&me["data"]["name"], &me["data"]["ownerId"]), (&json!(payload), &json!(ada.id)));
            // The same press again makes nothing and shows nothing.
            let again = browser.sends("/agents", &filled).await.good();
            again.says("It was made, and shown when this form was first sent");
            assert!(!again.html.contains(&key));
        }
        let all = browser.goes("/agents").await.good();
        assert!(PAYLOADS[..3].iter().all(|payload| !all.html.contains(payload)));
        assert_eq!(ada.get("/v1/agents").await.good()["data"]["items"].as_array().map(Vec::len), Some(4));
    });
}

#[test]
fn limits_are_set_by_the_owner_with_their_use_beside_them() {
    each_house(async |house| {
        let ada = person(house, "ada").await;
        let bot = agent_of(&ada, "bot", &["writing"]).await;
        bot.deposits(500).await;
        bot.posts(&tea()).await;
        let browser = Browser::of(&ada);
        let (here, to) = (format!("/agents/{}", bot.id), format!("/agents/{}/guardrails", bot.id));
        browser.goes(&here).await.good().says("Spent today $48.60, no limit");
        let typed =
            [("max_open_tasks", "five"), ("max_daily_spend", "60"), ("allowed_categories", "writing, code")];
        let bad = sends(&browser, &here, "rules", &to, &typed).await;
        refuses(&bad, 400, "five", "must be a whole number");
        assert!(bad.attributes("value").contains(&"writing, code".to_owned()));
        let typed = with(
            &typed.map(|(name, value)| (name.into(), value.into())).to_vec(),
            &[("max_open_tasks", "5")],
        );
        let filled = with(
            &browser.goes(&here).await.form("rules"),
            &typed.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect::<Vec<_>>(),
        );
        let set = browser.sends(&to, &filled).await;
        assert_eq!(set.place, format!("{here}?done=guardrails"), "{}", set.text());
        let shown = browser.goes(&here).await.good();
        shown.says("Spent today $48.60 of $60.00 $48.60 of $60.00 Open tasks 1 of 5");
        shown.says("writing $48.60");
        browser.goes("/agents").await.good().says("$48.60 of $60.00");
        let rules = bot.get("/api/bots/me/commissioning").await.good();
        assert_eq!(rules["guardrails"]["allowed_categories"], json!(["writing", "code"]));

        // The bot itself tightens and does not loosen; a stranger does neither.
        let own = Browser::of(&bot);
        let loose = sends(&own, &here, "rules", &to, &[("max_daily_spend", "61")]).await;
        refuses(&loose, 403, "61", "only the bot's owner");
        let tight = sends(&own, &here, "rules", &to, &[("allowed_categories", "none")]).await;
        assert_eq!(tight.status, 303, "{}", tight.text());
        let rules = bot.get("/api/bots/me/commissioning").await.good();
        assert_eq!(rules["guardrails"]["allowed_categories"], json!([]));
        assert!(own.goes(&here).await.attributes("value").contains(&"none".to_owned()));
        let eve = Browser::of(&person(house, "eve").await);
        assert_eq!(eve.goes(&here).await.status, 403);
    });
}

#[test]
fn keys_are_made_rotated_and_ended() {
    each_house(async |house| {
        let ada = person(house, "ada").await;
        let bot = agent_of(&ada, "bot", &[]).await;
        let browser = Browser::of(&ada);
        let here = format!("/agents/{}/keys", bot.id);
        let filled = browser.goes(&here).await.good().form("make");
        let none = filled.iter().filter(|(name, _)| !name.starts_with("scope_")).cloned().collect();
        let bad = browser.sends(&here, &with(&none, &[("label", PAYLOADS[2])])).await;
        assert_eq!(bad.status, 400);
        bad.says("must name at least one");
        assert!(bad.attributes("value").contains(&PAYLOADS[2].to_owned()) && !bad.html.contains(PAYLOADS[2]));
        let typed = with(&none, &[("label", PAYLOADS[2]), ("scope_work", "yes"), ("expires_in", "7d")]);
        let key = bot.with_key(&secret(&browser.sends(&here, &typed).await));
        assert_eq!(key.get("/v1/me").await.good()["data"]["scopes"], json!(["work"]));

        let listed = browser.goes(&here).await.good();
        listed.says("works");
        assert!(!listed.html.contains(PAYLOADS[2]));
        let id = key.get("/v1/me").await.good()["data"]["keyId"].as_str().expect("an id").to_owned();
        let rotated =
            browser.sends(&format!("{here}/{id}/rotate"), &listed.form(&format!("rotate-{id}"))).await;
        let new = bot.with_key(&secret(&rotated));
        assert_eq!(key.get("/v1/me").await.refusal(), "401 UNAUTHORIZED");
        let again = sends(&browser, &here, "make", &format!("{here}/{id}/rotate"), &[]).await;
        assert_eq!(again.status, 409);
        again.says("the key has ended");
        let new_id = new.get("/v1/me").await.good()["data"]["keyId"].as_str().expect("an id").to_owned();
        let end = format!("{here}/{new_id}/end");
        let ended = sends(&browser, &here, &format!("end-{new_id}"), &end, &[]).await;
        assert_eq!(ended.place, format!("{here}?done=key-ended"), "{}", ended.text());
        assert_eq!(new.get("/v1/me").await.refusal(), "401 UNAUTHORIZED");
        let eve = Browser::of(&person(house, "eve").await);
        assert_eq!(eve.goes(&here).await.status, 403);
        let filled = eve.goes("/agents").await.good().form("make");
        let taken = eve.sends(&here, &with(&filled, &[("scope_work", "yes")])).await;
        assert_eq!(taken.status, 403, "{}", taken.text());
    });
}

#[test]
fn a_handoff_has_a_budget_and_an_end() {
    each_house(async |house| {
        let ada = person(house, "ada").await;
        ada.deposits(100).await;
        let browser = Browser::of(&ada);
        let here = "/account/handoffs";
        let bad = sends(&browser, here, "make", here, &[("label", "night"), ("max_spend", "-1")]).await;
        refuses(&bad, 400, "-1", "max_spend");
        let typed = [("label", PAYLOADS[0]), ("max_spend", "60"), ("scope_commission", "yes")];
        let made = sends(&browser, here, "make", here, &typed).await;
        let helper = ada.with_key(&secret(&made));
        assert_eq!(helper.get("/v1/me").await.good()["data"]["scopes"], json!(["work", "commission"]));
        helper.posts(&tea()).await;
        let listed = browser.goes(here).await.good();
        listed.says("$48.60 $60.00");
        assert!(!listed.html.contains(PAYLOADS[0]));
        let id = helper.get("/v1/me").await.good()["data"]["keyId"].as_str().expect("an id").to_owned();
        let ended = browser.sends(&format!("{here}/{id}/end"), &listed.form(&format!("end-{id}"))).await;
        assert_eq!(ended.place, "/account/handoffs?done=handoff-ended");
        assert_eq!(helper.get("/v1/me").await.refusal(), "401 UNAUTHORIZED");
        // An agent hands nothing off, and a handoff sees no keys.
        let bot = house.agent("bot").await;
        let refused = sends(&Browser::of(&bot), here, "make", here, &typed).await;
        assert_eq!(refused.status, 403, "{}", refused.text());
    });
}

async fn signs_in(ada: &Actor) -> Actor {
    let body = json!({ "email": "ada@example.org", "password": PASSWORD, "label": PAYLOADS[3] });
    let made = ada.with_key("").post("/v1/sessions", &body).await.good();
    ada.with_key(made["data"]["token"].as_str().expect("a token"))
}

#[test]
fn a_session_is_ended_from_another() {
    each_house(async |house| {
        let ada = person(house, "ada").await;
        let (here, there) = (signs_in(&ada).await, signs_in(&ada).await);
        let browser = Browser::of(&here);
        let listed = browser.goes("/account/sessions").await.good();
        listed.says("(this one)");
        listed.says(PAYLOADS[3]);
        let id = there.get("/v1/me").await.good()["data"]["keyId"].as_str().expect("an id").to_owned();
        let end = format!("/account/sessions/{id}/end");
        let ended = browser.sends(&end, &listed.form(&format!("end-{id}"))).await;
        assert_eq!(ended.place, "/account/sessions?done=session-ended");
        assert_eq!(there.get("/v1/me").await.refusal(), "401 UNAUTHORIZED");
        browser.goes("/account").await.good().says("See each of them, and end one");
        let eve = Browser::of(&person(house, "eve").await);
        let own = here.get("/v1/me").await.good()["data"]["keyId"].as_str().expect("an id").to_owned();
        let filled = eve.goes("/agents").await.form("make");
        assert_eq!(eve.sends(&format!("/account/sessions/{own}/end"), &filled).await.status, 404);
        here.get("/v1/me").await.good();
    });
}

#[test]
fn an_agent_is_bound_by_a_code_and_let_go() {
    each_house(async |house| {
        let (ada, bot) = (person(house, "ada").await, house.agent(PAYLOADS[1]).await);
        let (people, machine) = (Browser::of(&ada), Browser::of(&bot));
        let here = format!("/agents/{}", bot.id);
        machine.goes("/agents").await.good().says("You are signed in as an agent");
        let made = sends(&machine, &here, "code", &format!("{here}/binding-code"), &[]).await;
        let code = secret(&made);
        let wrong =
            sends(&people, "/agents", "bind", "/agents/bindings", &[("code", "AAAA-AAAA-AAAA")]).await;
        assert_eq!(wrong.status, 404);
        assert!(wrong.attributes("value").contains(&"AAAA-AAAA-AAAA".to_owned()));
        let bound = sends(&people, "/agents", "bind", "/agents/bindings", &[("code", &code)]).await;
        assert_eq!(bound.place, format!("{here}?done=bound"), "{}", bound.text());
        let shown = people.goes(&here).await.good();
        shown.says("Owner you");
        assert!(!shown.html.contains(PAYLOADS[1]));
        let gone = people.sends(&format!("{here}/unbind"), &shown.form("unbind")).await;
        assert_eq!(gone.place, "/agents?done=unbound", "{}", gone.text());
        assert_eq!(bot.get("/v1/me").await.good()["data"]["ownerId"], Value::Null);
        assert_eq!(people.goes(&here).await.status, 403);
    });
}
