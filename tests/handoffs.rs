//! Handoffs: what a person gives to a program, and what that may not do.

use serde_json::{Value, json};

use crate::house::{Actor, everywhere};
use crate::people::{agent_of, makes_key, person};
use crate::story::{futures, tea};

/// A handoff with these fields over the usual ones, and its id.
pub(crate) async fn hands_off(person: &Actor, fields: &Value) -> (Actor, String) {
    let mut body =
        json!({ "label": "helper", "scopes": ["work", "commission", "finance"], "expiresIn": "24h" });
    for (name, value) in fields.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    let made = person.post("/api/v1/agent/handoffs", &body).await.good();
    let text = |name: &str| made[name].as_str().expect("a text").to_owned();
    (person.with_key(&text("token")), text("handoffId"))
}

#[test]
fn a_handoff_works_for_a_while_within_its_scopes() {
    everywhere(async |house| {
        let ada = person(house, "ada@example.org").await;
        let body = json!({ "label": "CI", "scopes": ["work"], "expiresIn": 3600, "maxSpend": "12.50" });
        let made = ada.post("/api/v1/agent/handoffs", &body).await.good();
        assert!(house.base_urls().iter().any(|host| made["baseUrl"] == **host), "one of the house's: {made}");
        assert_eq!(made["scopes"], json!(["work"]));
        assert_eq!((&made["maxSpend"], &made["spent"]), (&json!("12.50"), &json!("0.00")));
        assert_eq!(made["data"]["token"], made["token"]);
        let helper = ada.with_key(made["token"].as_str().expect("a token"));
        let me = helper.get("/v1/me").await.good();
        assert_eq!((&me["data"]["id"], &me["data"]["means"]), (&json!(ada.id), &json!("handoff")));
        assert_eq!(helper.post("/api/tasks", &tea()).await.refusal(), "403 MISSING_SCOPE");
        house.wait(3_600).await;
        assert_eq!(helper.get("/v1/me").await.refusal(), "401 UNAUTHORIZED");

        let (gone, id) = hands_off(&ada, &json!({})).await;
        gone.get("/v1/me").await.good();
        let revoked = ada.post(&format!("/api/v1/agent/handoffs/{id}/revoke"), &json!({})).await.good();
        assert_eq!(revoked["status"], "revoked");
        assert_eq!(gone.get("/v1/me").await.refusal(), "401 UNAUTHORIZED");
        let (gone, id) = hands_off(&ada, &json!({})).await;
        ada.delete(&format!("/api/v1/agent/handoffs/{id}")).await.good();
        assert_eq!(gone.get("/v1/me").await.refusal(), "401 UNAUTHORIZED");
        let eve = person(house, "eve@example.org").await;
        assert_eq!(eve.delete(&format!("/api/v1/agent/handoffs/{id}")).await.refusal(), "404 NOT_FOUND");
        assert_eq!(ada.delete(&format!("/v1/keys/{id}")).await.refusal(), "404 NOT_FOUND", "it is no key");
        let list = ada.get("/api/v1/agent/handoffs").await.good();
        let labels: Vec<&Value> =
            list["data"].as_array().into_iter().flatten().map(|one| &one["label"]).collect();
        assert_eq!(labels, ["helper", "helper", "CI"]);
        assert!(list["data"][0]["token"].is_null() && list["data"][0]["revokedAt"].is_string());
    });
}

#[test]
fn a_handoff_spends_what_it_was_given_and_no_more() {
    everywhere(async |house| {
        let ada = person(house, "ada@example.org").await;
        ada.deposits(500).await;
        let (poor, _) = hands_off(&ada, &json!({})).await;
        assert_eq!(poor.post("/api/tasks", &tea()).await.refusal(), "403 HANDOFF_SPEND_LIMIT");
        // 45 and its fee of 3.60 fit once, to the cent.
        let (helper, _) = hands_off(&ada, &json!({ "maxSpend": 48.60 })).await;
        let post = tea();
        let said = futures(5, || helper.post("/api/tasks", &post)).await;
        let posted: Vec<_> = said.iter().filter(|one| one.status == 201).collect();
        assert_eq!(posted.len(), 1, "{said:?}");
        assert!(said.iter().all(|one| one.status == 201 || one.refusal() == "403 HANDOFF_SPEND_LIMIT"));
        let list = ada.get("/api/v1/agent/handoffs").await.good();
        assert_eq!((&list["data"][0]["spent"], &list["data"][1]["spent"]), (&json!("48.60"), &json!("0.00")));
        // It is the gross debit of its whole life: what comes back is not spent again.
        let task = posted[0].body["id"].as_str().expect("an id");
        helper.post(&format!("/api/tasks/{task}/cancel"), &json!({})).await.good();
        house.wait(86_400 - 60).await;
        assert_eq!(helper.post("/api/tasks", &tea()).await.status, 403);
        assert_eq!(ada.money().await, "500.0 available, 0.0 reserved, 500.0 total");
        ada.posts(&tea()).await;
    });
}

#[test]
fn a_handoff_never_mints_approves_binds_or_loosens() {
    everywhere(async |house| {
        let ada = person(house, "ada@example.org").await;
        let bot = agent_of(&ada, "bot", &[]).await;
        let rules = json!({ "guardrails": { "max_task_budget": 10 } });
        ada.post(&format!("/api/bots/{}/commissioning", bot.id), &rules).await.good();
        let (_, key) = makes_key(&ada, &json!({})).await;
        let (helper, handoff) = hands_off(&ada, &json!({ "maxSpend": 1_000 })).await;
        let nobodys = "018f0000-0000-7000-8000-000000000000";
        let looser = json!({ "guardrails": { "max_task_budget": 11 } });
        let jwk = json!({ "publicKey": x25519() });
        let body = json!({ "label": "x", "scopes": "work", "expiresIn": "1h", "name": "x", "code": "x",
                           "decision": "approve", "old": "0123456789", "new": "0123456789" });
        let posts = [
            ("/v1/keys".to_owned(), &body),
            (format!("/v1/keys/{key}/rotate"), &body),
            ("/v1/agents".to_owned(), &body),
            ("/v1/password".to_owned(), &body),
            ("/api/v1/agent/handoffs".to_owned(), &body),
            (format!("/api/v1/agent/handoffs/{handoff}/revoke"), &body),
            ("/api/v1/agent/binding-codes".to_owned(), &body),
            ("/api/v1/agent/bindings".to_owned(), &body),
            (format!("/api/approvals/{nobodys}/resolve"), &body),
            (format!("/api/bots/{}/commissioning", bot.id), &looser),
        ];
        for (path, body) in &posts {
            assert_eq!(helper.post(path, body).await.refusal(), "403 HANDOFF_FORBIDDEN", "POST {path}");
        }
        let paths = [
            format!("/v1/keys/{key}"),
            "/v1/sessions".to_owned(),
            format!("/v1/sessions/{nobodys}"),
            format!("/api/v1/agent/bindings/{}", bot.id),
            format!("/api/v1/agent/handoffs/{handoff}"),
        ];
        for path in &paths {
            assert_eq!(helper.delete(path).await.refusal(), "403 HANDOFF_FORBIDDEN", "DELETE {path}");
        }
        for path in ["/v1/keys", "/v1/sessions", "/api/v1/agent/handoffs"] {
            assert_eq!(helper.get(path).await.refusal(), "403 HANDOFF_FORBIDDEN", "GET {path}");
        }
        let put = helper.put("/api/v1/agent/encryption-key", &jwk).await;
        assert_eq!(put.refusal(), "403 HANDOFF_FORBIDDEN");
        let tighter = json!({ "guardrails": { "max_task_budget": 9 } });
        helper.post(&format!("/api/bots/{}/commissioning", bot.id), &tighter).await.good();
    });
}

#[test]
fn a_handoff_is_a_persons_and_within_what_they_may() {
    everywhere(async |house| {
        let ada = person(house, "ada@example.org").await;
        let (narrow, _) = makes_key(&ada, &json!({ "scopes": "work" })).await;
        let body = |scopes: Value| json!({ "label": "x", "scopes": scopes, "expiresIn": "7d" });
        let path = "/api/v1/agent/handoffs";
        assert_eq!(narrow.post(path, &body(json!(["finance"]))).await.refusal(), "403 MISSING_SCOPE");
        assert_eq!(ada.post(path, &body(json!(["admin"]))).await.refusal(), "403 MISSING_SCOPE");
        let agent = house.agent("bot").await;
        assert_eq!(agent.post(path, &body(json!(["work"]))).await.refusal(), "403 PERSON_ONLY");
        let bad = [
            ("label", Value::Null, "label"),
            ("label", json!(""), "label"),
            ("scopes", Value::Null, "scopes"),
            ("scopes", json!([]), "scopes"),
            ("expiresIn", Value::Null, "expires_in"),
            ("expiresIn", json!("367d"), "expires_in"),
            ("maxSpend", json!(-1), "max_spend"),
            ("maxSpend", json!("1.001"), "max_spend"),
            ("maxSpend", json!("lots"), "max_spend"),
        ];
        for (field, value, named) in bad {
            let mut body = body(json!(["work"]));
            body[field] = value.clone();
            let said = ada.post(path, &body).await;
            assert_eq!((said.status, &said.body["error"]["field"]), (400, &json!(named)), "{field} {value}");
        }
    });
}

fn x25519() -> Value {
    json!({ "kty": "OKP", "crv": "X25519", "x": "hSDwCYkwp1R0i33ctD73Wg2_Og0mOBr066SpjqqbTmo" })
}

fn p256() -> Value {
    json!({
        "kty": "EC",
        "crv": "P-256",
        "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
        "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
        "kid": "first",
    })
}

#[test]
fn a_public_key_is_kept_and_a_private_one_refused() {
    everywhere(async |house| {
        let other = house.agent("other").await;
        for key in [x25519(), p256(), json!(p256().to_string())] {
            let body = json!({ "name": "bob", "encryptionPublicKey": key });
            let bob = house.nobody().post("/api/v1/agent/register", &body).await.good();
            let path = format!("/v1/parties/{}", bob["id"].as_str().expect("an id"));
            let shown = other.get(&path).await.good();
            let kept = match &key {
                Value::String(text) => serde_json::from_str(text).expect("JSON"),
                object => object.clone(),
            };
            assert_eq!(shown["data"]["encryptionPublicKey"], kept);
        }
        let with = |name: &str, value: Value| {
            let mut key = p256();
            key[name] = value;
            key
        };
        let table = [
            with("d", json!("870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE")),
            with("crv", json!("P-384")),
            with("kty", json!("RSA")),
            with("x", json!("MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D")),
            with("x", json!("MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4=")),
            with("y", Value::Null),
            with("y", p256()["x"].clone()),
            with("use", json!("sig")),
            json!({ "kty": "oct", "k": "c2VjcmV0" }),
            json!("not JSON"),
            json!(7),
            json!([]),
        ];
        for key in table {
            let said = other.put("/api/v1/agent/encryption-key", &json!({ "publicKey": key })).await;
            assert_eq!(said.refusal(), "400 INVALID_FIELD", "{key}");
            assert_eq!(said.body["error"]["field"], "public_key");
            assert!(!said.body.to_string().contains("870MB6"), "{}", said.body);
        }
        let put = other.put("/api/v1/agent/encryption-key", &json!({ "publicKey": x25519() })).await.good();
        assert_eq!(put["encryptionPublicKey"], x25519());
        assert_eq!(other.get("/api/v1/agent/me").await.good()["encryptionPublicKey"], x25519());
        let bare = other.put("/api/v1/agent/encryption-key", &json!({})).await;
        assert_eq!(bare.body["error"]["field"], "public_key");
    });
}

#[test]
fn an_agent_may_come_as_a_provider() {
    everywhere(async |house| {
        let body = json!({ "name": "translator", "capabilities": ["text-translation"], "basePrice": "2.50",
                           "pricingModel": "hybrid" });
        let made = house.nobody().post("/api/v1/agent/register", &body).await.good();
        let path = format!("/api/v1/agents/{}", made["id"].as_str().expect("an id"));
        let shown = house.agent("bob").await.get(&path).await.good();
        assert_eq!((&shown["base_price"], &shown["pricing_model"]), (&json!("2.50"), &json!("hybrid")));
        for (field, value) in
            [("basePrice", json!(-1)), ("pricingModel", json!("free")), ("capabilities", json!(7))]
        {
            let mut bad = body.clone();
            bad[field] = value;
            let said = house.nobody().post("/api/v1/agent/register", &bad).await;
            assert_eq!(said.status, 400, "{field}: {}", said.body);
        }
    });
}
