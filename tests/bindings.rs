//! Bindings: an agent that came by itself gets an owner, and may lose it.

use serde_json::{Value, json};

use crate::house::{Actor, House, each_house};
use crate::people::{agent_of, makes_key, person};
use crate::story::{GOOD, futures, tea};

/// A code of the agent's.
async fn code_of(agent: &Actor) -> String {
    let made = agent.post("/api/v1/agent/binding-codes", &json!({})).await.good();
    made["code"].as_str().expect("a code").to_owned()
}

async fn types_in(person: &Actor, code: &str) -> crate::house::Said {
    person.post("/api/v1/agent/bindings", &json!({ "code": code })).await
}

/// The agent becomes the person's.
pub(crate) async fn binds(person: &Actor, agent: &Actor) {
    types_in(person, &code_of(agent).await).await.good();
}

#[test]
fn an_agent_keeps_what_it_is_and_gets_an_owner() {
    each_house(async |house| {
        let (ada, bot) = (person(house, "ada@example.org").await, house.rich_agent("bot", 100).await);
        let code = code_of(&bot).await;
        assert_eq!((code.len(), code.matches('-').count()), (14, 2), "{code}");
        // However it is typed.
        let bound = types_in(&ada, &format!(" {} ", code.to_lowercase().replace('-', " "))).await.good();
        assert_eq!((&bound["id"], &bound["ownerId"]), (&json!(bot.id), &json!(ada.id)));
        assert_eq!(bot.money().await, "100.0 available, 0.0 reserved, 100.0 total");
        assert_eq!(bot.get("/v1/me").await.good()["data"]["ownerId"], ada.id);
        let of_bot = bot.get("/api/v1/agent/bindings").await.good();
        let of_ada = ada.get("/api/v1/agent/bindings").await.good();
        assert_eq!(of_bot["data"], of_ada["data"]);
        assert_eq!(ada.get("/v1/agents").await.good()["data"]["items"][0]["id"], bot.id);

        // It has one owner, and a code works once.
        assert_eq!(types_in(&ada, &code).await.refusal(), "409 CONFLICT");
        assert_eq!(bot.post("/api/v1/agent/binding-codes", &json!({})).await.refusal(), "409 CONFLICT");
        let eve = person(house, "eve@example.org").await;
        let path = format!("/api/v1/agent/bindings/{}", bot.id);
        assert_eq!(eve.delete(&path).await.refusal(), "404 NOT_FOUND");
        let ended = ada.delete(&path).await.good();
        assert_eq!((&ended["status"], &ended["ownerId"]), (&json!("ended"), &Value::Null));
        assert_eq!(ada.get("/api/v1/agent/bindings").await.good()["data"], json!([]));
        assert_eq!(ada.delete(&path).await.refusal(), "404 NOT_FOUND");
        binds(&eve, &bot).await;
        bot.delete(&path).await.good();
        assert_eq!(bot.get("/api/v1/agent/bindings").await.good()["data"], json!([]));
    });
}

#[test]
fn a_code_ends_and_is_replaced_by_the_next() {
    each_house(async |house| {
        let (ada, bot) = (person(house, "ada@example.org").await, house.agent("bot").await);
        let first = code_of(&bot).await;
        let second = code_of(&bot).await;
        assert_eq!(types_in(&ada, &first).await.refusal(), "409 CONFLICT");
        house.wait(15 * 60).await;
        assert_eq!(types_in(&ada, &second).await.refusal(), "404 NOT_FOUND");
        assert_eq!(types_in(&ada, "AAAA-BBBB-CCCC").await.refusal(), "404 NOT_FOUND");
        let third = code_of(&bot).await;
        house.wait(15 * 60 - 1).await;
        assert_eq!(types_in(&bot, &third).await.refusal(), "403 PERSON_ONLY");
        types_in(&ada, &third).await.good();
        assert_eq!(ada.post("/api/v1/agent/binding-codes", &json!({})).await.refusal(), "403 AGENT_ONLY");
        let replay = house.agent("other").await;
        let path = "/api/v1/agent/binding-codes";
        assert!(replay.post_once("c", path, &json!({})).await.body["code"].is_string());
        assert_eq!(replay.post_once("c", path, &json!({})).await.body["code"], Value::Null);
    });
}

#[test]
fn of_two_who_type_a_code_in_one_has_the_agent() {
    each_house(async |house| {
        let (ada, eve) = (person(house, "ada@example.org").await, person(house, "eve@example.org").await);
        for round in 0..4 {
            let bot = house.agent(&format!("bot {round}")).await;
            let code = code_of(&bot).await;
            let (one, other) = tokio::join!(types_in(&ada, &code), types_in(&eve, &code));
            let good = [&one, &other].into_iter().filter(|said| said.status == 201).count();
            assert_eq!(good, 1, "{one:?} {other:?}");
            let refused = if one.status == 201 { &other } else { &one };
            assert_eq!(refused.refusal(), "409 CONFLICT");
            let owner = if one.status == 201 { &ada.id } else { &eve.id };
            assert_eq!(bot.get("/v1/me").await.good()["data"]["ownerId"], *owner);
        }
        let bot = house.agent("bot").await;
        let code = code_of(&bot).await;
        let said = futures(4, || types_in(&ada, &code)).await;
        assert_eq!(said.iter().filter(|one| one.status == 201).count(), 1, "{said:?}");
    });
}

/// Whether the person can bind the agent now.
async fn can_bind(person: &Actor, agent: &Actor) -> bool {
    let said = types_in(person, &code_of(agent).await).await;
    assert!(said.status == 201 || said.refusal() == "409 CONFLICT", "{said:?}");
    said.status == 201
}

#[test]
fn nobody_becomes_one_with_whom_they_deal() {
    each_house(async |house| {
        let ada = person(house, "ada@example.org").await;
        ada.deposits(500).await;
        // A bid, then a task under way; both ways, and through an agent of the person's.
        let worker = house.agent("worker").await;
        let task = ada.posts(&tea()).await;
        let bid = worker.bids(&task, "45").await;
        assert!(!can_bind(&ada, &worker).await);
        ada.accepts_bid(&bid).await;
        assert!(!can_bind(&ada, &worker).await);
        ada.lets_the_reviewer_decide().await;
        let delivered = worker.delivers(&task, GOOD).await.good();
        let delivery = delivered["data"]["id"].as_str().expect("an id").to_owned();
        ada.reviews(&delivery, "accepted").await;
        assert!(can_bind(&ada, &worker).await, "what is over is over");

        let poster = house.rich_agent("poster", 100).await;
        let task = poster.posts(&tea()).await;
        let sister = agent_of(&ada, "sister", &[]).await;
        sister.bids(&task, "45").await;
        assert!(!can_bind(&ada, &poster).await);
        poster.post(&format!("/api/tasks/{task}/cancel"), &json!({})).await.good();
        assert!(can_bind(&ada, &poster).await);
    });
}

/// A binding and a deal between the same two, at once: never both.
#[test]
fn a_binding_and_a_deal_at_once() {
    each_house(async |house| {
        let ada = person(house, "ada@example.org").await;
        ada.deposits(500).await;
        for round in 0..6 {
            let bot = house.agent(&format!("bot {round}")).await;
            let task = ada.posts(&tea()).await;
            let code = code_of(&bot).await;
            let path = format!("/v1/tasks/{task}/bids");
            let body = json!({ "proposedPrice": 45 });
            let (bid, bound) = tokio::join!(bot.post(&path, &body), types_in(&ada, &code));
            let both = (bid.status == 201, bound.status == 201);
            assert!(both == (true, false) || both == (false, true), "{bid:?} {bound:?}");
            if bid.status != 201 {
                assert_eq!(bid.refusal(), "403 SELF_DEALING");
            }
            ada.post(&format!("/api/tasks/{task}/cancel"), &json!({})).await.good();
        }
    });
}

#[test]
fn keys_that_an_owner_made_end_with_the_binding() {
    each_house(async |house: &House| {
        let (ada, bot) = (person(house, "ada@example.org").await, house.agent("bot").await);
        binds(&ada, &bot).await;
        let (owners, _) = makes_key(&ada, &json!({ "party": bot.id })).await;
        let (own, _) = makes_key(&bot, &json!({})).await;
        owners.get("/v1/me").await.good();
        ada.delete(&format!("/api/v1/agent/bindings/{}", bot.id)).await.good();
        assert_eq!(owners.get("/v1/me").await.refusal(), "401 UNAUTHORIZED");
        bot.get("/v1/me").await.good();
        own.get("/v1/me").await.good();

        // A key with little in it is no way to one with more.
        let (narrow, _) = makes_key(&bot, &json!({ "scopes": "work commission finance" })).await;
        let said = narrow.post("/api/v1/agent/binding-codes", &json!({})).await;
        assert_eq!(said.refusal(), "403 MISSING_SCOPE");
        let (narrow, _) = makes_key(&ada, &json!({ "scopes": "work" })).await;
        assert_eq!(types_in(&narrow, &code_of(&bot).await).await.refusal(), "403 MISSING_SCOPE");

        // An agent is never left without a way in.
        let born = agent_of(&ada, "born", &[]).await;
        let first = ada.get(&format!("/v1/keys?party={}", born.id)).await.good();
        let first = first["data"]["items"][0]["id"].as_str().expect("an id").to_owned();
        let rotated = ada.post(&format!("/v1/keys/{first}/rotate"), &json!({})).await.good();
        let path = format!("/api/v1/agent/bindings/{}", born.id);
        assert_eq!(ada.delete(&path).await.refusal(), "409 CONFLICT");
        let born = born.with_key(rotated["data"]["apiKey"].as_str().expect("a key"));
        let (kept, _) = makes_key(&born, &json!({})).await;
        ada.delete(&path).await.good();
        assert_eq!(born.get("/v1/me").await.refusal(), "401 UNAUTHORIZED");
        kept.get("/v1/me").await.good();
    });
}
