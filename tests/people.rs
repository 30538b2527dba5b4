//! People: accounts, sessions, agents under them, and keys, as they live them.

use serde_json::{Value, json};

use crate::house::{Actor, House, Said, each_house, each_house_with};
use crate::story::tea;

pub(crate) const PASSWORD: &str = "correct horse battery";
const DAY: i64 = 86_400;

/// A new person with an account.
pub(crate) async fn person(house: &House, email: &str) -> Actor {
    let nobody = house.nobody();
    let body = json!({ "email": email, "password": PASSWORD, "name": email });
    let made = nobody.post("/v1/accounts", &body).await.good();
    actor(&nobody, &made["data"], "apiKey")
}

/// Whoever an answer tells of.
pub(crate) fn actor(from: &Actor, object: &Value, key: &str) -> Actor {
    let text = |name: &str| object[name].as_str().unwrap_or_default().to_owned();
    Actor { id: text("id"), ..from.with_key(&text(key)) }
}

/// A new agent of a person.
pub(crate) async fn agent_of(owner: &Actor, name: &str, skills: &[&str]) -> Actor {
    let made = owner.post("/v1/agents", &json!({ "name": name, "skills": skills })).await.good();
    actor(owner, &made["data"], "apiKey")
}

async fn signs_in(person: &Actor, email: &str, password: &str) -> Said {
    let nobody = person.with_key("");
    nobody.post("/v1/sessions", &json!({ "email": email, "password": password })).await
}

/// The same person, signed in.
async fn signed_in(person: &Actor, email: &str, password: &str) -> Actor {
    let session = signs_in(person, email, password).await.good();
    person.with_key(session["data"]["token"].as_str().expect("a token"))
}

/// A key the actor makes, as an actor, and its id.
pub(crate) async fn makes_key(maker: &Actor, body: &Value) -> (Actor, String) {
    let made = maker.post("/v1/keys", body).await.good();
    let key = maker.with_key(made["data"]["apiKey"].as_str().expect("a key"));
    (key, made["data"]["id"].as_str().expect("an id").to_owned())
}

#[test]
fn a_person_signs_up_in_and_out() {
    each_house(async |house| {
        let ada = person(house, "Ada@Example.org").await;
        let me = ada.get("/v1/me").await.good();
        let shown = |name: &str| me["data"][name].clone();
        assert_eq!(
            json!([shown("id"), shown("kind"), shown("email"), shown("means"), shown("ownerId")]),
            json!([ada.id, "human", "ada@example.org", "key", null])
        );
        assert_eq!(shown("scopes"), json!(["work", "commission", "finance", "plugins"]));
        let credits = ada.get("/api/v1/agent/me").await.good();
        assert_eq!(credits["credits"], 1_000, "people get the credits of a newcomer too");

        let session = signed_in(&ada, " ADA@example.org ", PASSWORD).await;
        assert!(session.key.starts_with("assay_test_"));
        assert_eq!(session.get("/v1/me").await.good()["data"]["means"], "session");
        session.post("/api/credits/deposit", &json!({ "amount": 5 })).await.good();
        let list = session.get("/v1/sessions").await.good();
        assert_eq!(list["data"]["items"][0]["current"], true);
        assert_eq!(list["data"]["items"][0]["revokedAt"], Value::Null);
        assert_eq!(ada.delete("/v1/sessions/current").await.refusal(), "409 CONFLICT");
        session.delete("/v1/sessions/current").await.good();
        assert_eq!(session.get("/v1/me").await.refusal(), "401 UNAUTHORIZED");

        let later = signed_in(&ada, "ada@example.org", PASSWORD).await;
        house.wait(30 * DAY - 60).await;
        later.get("/v1/me").await.good();
        house.wait(120).await;
        assert_eq!(later.get("/v1/me").await.refusal(), "401 UNAUTHORIZED");
        ada.get("/v1/me").await.good();
    });
}

#[test]
fn one_account_an_address_however_many_come_at_once() {
    each_house(async |house| {
        let nobody = house.nobody();
        let body = json!({ "email": "ada@example.org", "password": PASSWORD, "name": "Ada" });
        let said = crate::story::futures(4, || nobody.post("/v1/accounts", &body)).await;
        let made = said.iter().filter(|one| one.status == 201).count();
        assert_eq!(made, 1, "{said:?}");
        assert!(
            said.iter().all(|one| one.status == 201 || one.refusal() == "409 ALREADY_EXISTS"),
            "{said:?}"
        );
        let again = json!({ "email": "ADA@EXAMPLE.ORG", "password": "another password", "name": "A" });
        assert_eq!(nobody.post("/v1/accounts", &again).await.refusal(), "409 ALREADY_EXISTS");
    });
}

#[test]
fn a_wrong_password_and_an_unknown_address_are_told_the_same() {
    each_house(async |house| {
        let ada = person(house, "ada@example.org").await;
        let wrong = signs_in(&ada, "ada@example.org", "incorrect horse battery").await;
        let unknown = signs_in(&ada, "eve@example.org", PASSWORD).await;
        assert_eq!(wrong.refusal(), "401 UNAUTHORIZED");
        assert_eq!((wrong.status, wrong.body), (unknown.status, unknown.body));
        // Text that is no address is an address that is unknown.
        assert_eq!(signs_in(&ada, "ada", PASSWORD).await.refusal(), "401 UNAUTHORIZED");
    });
}

#[test]
fn tries_at_a_password_are_counted_by_address_and_by_account() {
    let change = |settings: &mut assay::config::Settings| {
        settings.rates.sign_ins_per_email_per_hour = 3;
        settings.rates.sign_ins_per_address_per_hour = 6;
    };
    each_house_with(change, async |house| {
        let ada = person(house, "ada@example.org").await;
        for _ in 0..3 {
            assert_eq!(signs_in(&ada, "ada@example.org", "no").await.refusal(), "401 UNAUTHORIZED");
        }
        assert_eq!(signs_in(&ada, "Ada@example.org", PASSWORD).await.refusal(), "429 RATE_LIMITED");
        signs_in(&ada, "eve@example.org", PASSWORD).await;
        signs_in(&ada, "eve@example.org", PASSWORD).await;
        let seventh = signs_in(&ada, "bob@example.org", PASSWORD).await;
        assert_eq!(seventh.refusal(), "429 RATE_LIMITED", "{}", seventh.body);
        ada.get("/v1/me").await.good();
        house.wait(3_600).await;
        signs_in(&ada, "ada@example.org", PASSWORD).await.good();
    });
}

#[test]
fn a_new_password_ends_the_other_sessions() {
    each_house(async |house| {
        let ada = person(house, "ada@example.org").await;
        let here = signed_in(&ada, "ada@example.org", PASSWORD).await;
        let there = signed_in(&ada, "ada@example.org", PASSWORD).await;
        let new = "another horse battery";
        let wrong = json!({ "old": "not the password", "new": new });
        assert_eq!(here.post("/v1/password", &wrong).await.refusal(), "401 UNAUTHORIZED");
        let short = json!({ "old": PASSWORD, "new": "too short" });
        assert_eq!(here.post("/v1/password", &short).await.body["error"]["field"], "new");
        let changed = here.post("/v1/password", &json!({ "old": PASSWORD, "new": new })).await.good();
        assert_eq!(changed["data"]["ended"], 1);
        here.get("/v1/me").await.good();
        ada.get("/v1/me").await.good();
        assert_eq!(there.get("/v1/me").await.refusal(), "401 UNAUTHORIZED");
        assert_eq!(signs_in(&ada, "ada@example.org", PASSWORD).await.refusal(), "401 UNAUTHORIZED");
        let third = signed_in(&ada, "ada@example.org", new).await;
        let ended = third.delete("/v1/sessions").await.good();
        assert_eq!(ended["data"]["ended"], 2, "everywhere is here too");
        for session in [here, third] {
            assert_eq!(session.get("/v1/me").await.refusal(), "401 UNAUTHORIZED");
        }
        let agent = house.agent("bob").await;
        let body = json!({ "old": PASSWORD, "new": new });
        assert_eq!(agent.post("/v1/password", &body).await.refusal(), "403 PERSON_ONLY");
    });
}

#[test]
fn bad_fields_of_a_sign_up_are_named() {
    each_house(async |house| {
        let long = "x".repeat(1_001);
        let table = [
            ("email", json!("ada"), "email"),
            ("email", json!("@example.org"), "email"),
            ("email", json!("a@b@c"), "email"),
            ("email", json!("a b@example.org"), "email"),
            ("email", json!("a\u{0}@example.org"), "email"),
            ("email", json!(7), "email"),
            ("email", Value::Null, "email"),
            ("email", json!(format!("{}@example.org", "x".repeat(250))), "email"),
            ("password", json!("123456789"), "password"),
            ("password", json!(long), "password"),
            ("password", json!([]), "password"),
            ("password", Value::Null, "password"),
            ("name", json!(""), "name"),
            ("name", json!("two\nlines"), "name"),
            ("referralCode", json!("nobodys"), "referral_code"),
        ];
        for (field, value, named) in table {
            let mut body = json!({ "email": "ada@example.org", "password": PASSWORD, "name": "Ada" });
            body[field] = value.clone();
            let said = house.nobody().post("/v1/accounts", &body).await;
            assert_eq!(said.status, 400, "{field} {value}: {}", said.body);
            assert_eq!(said.body["error"]["field"], named, "{field} {value}");
            assert!(!said.body.to_string().contains(PASSWORD) && !said.body.to_string().contains("xxxxx"));
        }
        person(house, "ada@example.org").await;
    });
}

#[test]
fn an_agent_under_a_person_has_no_credits_and_is_theirs() {
    each_house(async |house| {
        let ada = person(house, "ada@example.org").await;
        let bot = agent_of(&ada, "bot", &["rust"]).await;
        let me = bot.get("/v1/me").await.good();
        assert_eq!((&me["data"]["kind"], &me["data"]["ownerId"]), (&json!("agent"), &json!(ada.id)));
        assert_eq!(bot.get("/api/v1/agent/me").await.good()["credits"], 0);
        let list = ada.get("/v1/agents").await.good();
        assert_eq!(list["data"]["items"][0]["id"], bot.id);
        assert_eq!(list["data"]["pagination"]["total_estimate"], 1);
        assert_eq!(bot.post("/v1/agents", &json!({ "name": "x" })).await.refusal(), "403 PERSON_ONLY");
        let operator = house.operator();
        assert_eq!(operator.post("/v1/agents", &json!({ "name": "x" })).await.refusal(), "403 PERSON_ONLY");

        let other = house.agent("carol").await;
        let public = other.get(&format!("/v1/parties/{}", bot.id)).await.good();
        assert_eq!(public["data"]["skills"], json!(["rust"]));
        assert_eq!(public["data"]["ownerId"], Value::Null, "whose it is, is theirs to tell");
        assert_eq!(other.get("/v1/parties/x").await.refusal(), "404 NOT_FOUND");

        // What the bot posts, its owner may see; and the two do not deal.
        bot.deposits(100).await;
        let task = bot.posts(&tea()).await;
        ada.get(&format!("/v1/tasks/{task}/traces")).await.good();
        let bid = json!({ "proposedPrice": 45 });
        let said = ada.post(&format!("/v1/tasks/{task}/bids"), &bid).await;
        assert_eq!(said.refusal(), "403 SELF_DEALING");
    });
}

#[test]
fn a_key_opens_no_more_than_its_maker() {
    each_house(async |house| {
        let ada = person(house, "ada@example.org").await;
        let (narrow, narrow_id) = makes_key(&ada, &json!({ "label": "ci", "scopes": ["work"] })).await;
        assert_eq!(narrow.get("/v1/me").await.good()["data"]["scopes"], json!(["work"]));
        assert_eq!(narrow.post("/api/tasks", &tea()).await.refusal(), "403 MISSING_SCOPE");
        for scopes in [json!("commission"), json!(["work", "finance"]), json!("admin")] {
            let said = narrow.post("/v1/keys", &json!({ "scopes": scopes })).await;
            assert_eq!(said.refusal(), "403 MISSING_SCOPE", "{scopes}");
            assert_eq!(said.body["error"]["field"], "scopes");
        }
        assert_eq!(
            ada.post("/v1/keys", &json!({ "scopes": ["admin"] })).await.refusal(),
            "403 MISSING_SCOPE"
        );
        for scopes in [json!(["fly"]), json!([]), json!(7), json!(""), json!([7])] {
            let said = ada.post("/v1/keys", &json!({ "scopes": scopes })).await;
            assert_eq!(
                (said.refusal(), &said.body["error"]["field"]),
                ("400 INVALID_FIELD".into(), &json!("scopes"))
            );
        }
        let (child, _) = makes_key(&narrow, &json!({})).await;
        assert_eq!(child.get("/v1/me").await.good()["data"]["scopes"], json!(["work"]));

        // A narrow key does not lock its party out, nor rotate its way up.
        let list = ada.get("/v1/keys").await.good();
        let items = list["data"]["items"].as_array().cloned().unwrap_or_default();
        assert_eq!(items.len(), 3);
        let first = items[2]["id"].as_str().expect("an id");
        assert_eq!(narrow.delete(&format!("/v1/keys/{first}")).await.refusal(), "403 MISSING_SCOPE");
        let rotate = format!("/v1/keys/{first}/rotate");
        assert_eq!(narrow.post(&rotate, &json!({})).await.refusal(), "403 MISSING_SCOPE");
        assert_eq!(narrow.delete("/v1/sessions").await.refusal(), "403 MISSING_SCOPE");
        let stranger = house.agent("mallory").await;
        let path = format!("/v1/keys/{narrow_id}");
        assert_eq!(stranger.delete(&path).await.refusal(), "404 NOT_FOUND");
        assert_eq!(stranger.get(&format!("/v1/keys?party={}", ada.id)).await.refusal(), "403 NOT_A_PARTY");
        let ended = ada.delete(&path).await.good();
        assert_eq!(narrow.get("/v1/me").await.refusal(), "401 UNAUTHORIZED");
        assert_eq!(ada.delete(&path).await.good()["data"]["revokedAt"], ended["data"]["revokedAt"]);
        child.get("/v1/me").await.good();
        house.operator().delete(&format!("/v1/keys/{first}")).await.good();
        assert_eq!(ada.get("/v1/me").await.refusal(), "401 UNAUTHORIZED");
    });
}

#[test]
fn a_key_ends_when_it_was_to() {
    each_house(async |house| {
        let ada = person(house, "ada@example.org").await;
        let (hour, _) = makes_key(&ada, &json!({ "expiresIn": "1h" })).await;
        let made = hour.post("/v1/keys", &json!({})).await.good();
        assert!(made["data"]["expiresAt"].is_string(), "what it makes ends with it: {made}");
        let said = hour.post("/v1/keys", &json!({ "expiresIn": 3_700 })).await;
        assert_eq!(said.body["error"]["field"], "expires_at");
        house.wait(3_599).await;
        hour.get("/v1/me").await.good();
        house.wait(1).await;
        assert_eq!(hour.get("/v1/me").await.refusal(), "401 UNAUTHORIZED");
        let bad = [
            ("expiresIn", json!(0)),
            ("expiresIn", json!(-1)),
            ("expiresIn", json!("soon")),
            ("expiresIn", json!("1y")),
            ("expiresIn", json!("99999999999999999999d")),
            ("expiresIn", json!(1e300)),
            ("expiresAt", json!("yesterday")),
            ("expiresAt", json!("2001-01-01T00:00:00Z")),
            ("graceSeconds", json!(-1)),
        ];
        for (field, value) in bad {
            let key = ada.get("/v1/keys").await.good()["data"]["items"][0]["id"].clone();
            let path = if field == "graceSeconds" {
                format!("/v1/keys/{}/rotate", key.as_str().expect("an id"))
            } else {
                "/v1/keys".to_owned()
            };
            let mut body = json!({});
            body[field] = value.clone();
            let said = ada.post(&path, &body).await;
            assert_eq!(said.refusal(), "400 INVALID_FIELD", "{field} {value}: {}", said.body);
        }
    });
}

#[test]
fn a_rotated_key_ends_at_once_or_after_its_grace() {
    each_house(async |house| {
        let ada = person(house, "ada@example.org").await;
        let (old, id) = makes_key(&ada, &json!({ "label": "ci", "scopes": "work finance" })).await;
        let path = format!("/v1/keys/{id}/rotate");
        let rotated = ada.post(&path, &json!({ "graceSeconds": 60 })).await.good();
        let new = ada.with_key(rotated["data"]["apiKey"].as_str().expect("a key"));
        assert_eq!(
            (&rotated["data"]["label"], &rotated["data"]["previous"]["id"]),
            (&json!("ci"), &json!(id))
        );
        assert_eq!(new.get("/v1/me").await.good()["data"]["scopes"], json!(["work", "finance"]));
        old.get("/v1/me").await.good();
        house.wait(60).await;
        assert_eq!(old.get("/v1/me").await.refusal(), "401 UNAUTHORIZED");
        assert_eq!(ada.post(&path, &json!({})).await.refusal(), "409 CONFLICT");
        // By itself, at once, and by the same request again: the secret is not kept.
        let id = rotated["data"]["id"].as_str().expect("an id").to_owned();
        let path = format!("/v1/keys/{id}/rotate");
        let last = ada.post_once("r1", &path, &json!({})).await;
        assert!(last.body["data"]["apiKey"].is_string());
        assert_eq!(new.get("/v1/me").await.refusal(), "401 UNAUTHORIZED");
        let again = ada.post_once("r1", &path, &json!({})).await;
        assert_eq!((again.replayed, &again.body["data"]["apiKey"]), (true, &Value::Null));
    });
}

#[test]
fn an_owner_makes_and_ends_keys_of_its_agents() {
    each_house(async |house| {
        let ada = person(house, "ada@example.org").await;
        let bot = agent_of(&ada, "bot", &[]).await;
        let (second, id) = makes_key(&ada, &json!({ "party": bot.id, "label": "second" })).await;
        assert_eq!(second.get("/v1/me").await.good()["data"]["id"], bot.id);
        let list = ada.get(&format!("/v1/keys?party={}", bot.id)).await.good();
        assert_eq!(list["data"]["items"].as_array().map(Vec::len), Some(2));
        ada.delete(&format!("/v1/keys/{id}")).await.good();
        assert_eq!(second.get("/v1/me").await.refusal(), "401 UNAUTHORIZED");
        let stranger = person(house, "eve@example.org").await;
        let said = stranger.post("/v1/keys", &json!({ "party": bot.id })).await;
        assert_eq!(said.refusal(), "403 NOT_A_PARTY");
        let said = bot.post("/v1/keys", &json!({ "party": ada.id })).await;
        assert_eq!(said.refusal(), "403 NOT_A_PARTY", "the agent is not the owner of its owner");
        assert_eq!(house.operator().post("/v1/keys", &json!({})).await.refusal(), "403 PERSON_ONLY");
    });
}

#[test]
fn a_key_that_is_ended_makes_no_other_on_its_way_out() {
    each_house(async |house| {
        let ada = person(house, "ada@example.org").await;
        for _ in 0..6 {
            let (leaked, id) = makes_key(&ada, &json!({})).await;
            let (empty, path) = (json!({}), format!("/v1/keys/{id}"));
            let (made, ended) = tokio::join!(leaked.post("/v1/keys", &empty), ada.delete(&path));
            ended.good();
            let order = "a key made before the end is listed, one after it is refused";
            let listed = ada.get("/v1/keys").await.good()["data"]["items"][0]["id"].clone();
            match made.status {
                201 => assert_eq!(listed, made.body["data"]["id"], "{order}"),
                _ => assert_eq!((made.refusal(), listed), ("401 UNAUTHORIZED".into(), json!(id)), "{order}"),
            }
        }
    });
}

#[test]
fn whoever_brings_somebody_in_is_thanked_if_the_operator_says_so() {
    for credits in [0, 50] {
        let change = |settings: &mut assay::config::Settings| settings.terms.referral_credits = credits;
        each_house_with(change, async |house| {
            let alice = house.agent("alice").await;
            let code = alice.get("/v1/me").await.good()["data"]["referralCode"].clone();
            let body = json!({ "name": "bob", "referral_code": code });
            house.nobody().post("/api/v1/agent/register", &body).await.good();
            let body =
                json!({ "name": "c", "email": "c@example.org", "password": PASSWORD, "referralCode": code });
            house.nobody().post("/v1/accounts", &body).await.good();
            let now = alice.get("/api/v1/agent/me").await.good();
            assert_eq!(now["credits"], 1_000 + 2 * credits);
        });
    }
}
