//! Schemas of configurations, which are strangers' programs: the ones that are used, and the
//! ones that would keep a server busy for ever.

use serde_json::{Map, Value, json};

use crate::house::each_house;
use crate::registry::{PASS, lists, saying, uploads};
use crate::story::tea;

/// Schemas of some hundred bytes that would keep a server busy for ever, or that it cannot
/// read, each with what is said of it.
fn hostile_schemas() -> Vec<(Value, &'static str)> {
    let chain = |length: usize, link: fn(Value) -> Value| {
        let mut parts = Map::new();
        for number in 0..length {
            let next = json!({ "$ref": format!("#/$defs/a{}", number + 1) });
            parts.insert(format!("a{number}"), link(next));
        }
        parts.insert(format!("a{length}"), json!(false));
        json!({ "$defs": parts, "$ref": "#/$defs/a0" })
    };
    let unevaluated =
        (0..20).fold(json!({}), |inner, _| json!({ "allOf": [inner], "unevaluatedProperties": false }));
    let pattern = |pattern: &str| json!({ "properties": { "name": { "pattern": pattern } } });
    let parts = "has more than 2000 parts, each counted wherever a reference leads to it";
    let deep = "nests more than 100 deep, references followed: make it flatter";
    let alone = "it may refer to its own parts alone, by path, as in \"#/$defs/size\"";
    vec![
        (chain(40, |next| json!({ "allOf": [next.clone(), next] })), deep),
        (chain(20, |next| json!({ "allOf": [next.clone(), next] })), parts),
        (chain(20, |next| json!({ "anyOf": [{ "not": next.clone() }, next] })), parts),
        (chain(200, |next| next), deep),
        (unevaluated, parts),
        (json!({ "properties": { "next": { "$ref": "#" } } }), "refers to itself in a circle, by \"#\""),
        (
            json!({ "$defs": { "a": { "items": { "$ref": "#/$defs/b" } }, "b": { "not": { "$ref": "#/$defs/a" } } } }),
            "refers to itself in a circle, by \"#/$defs/",
        ),
        (json!({ "$dynamicRef": "#meta" }), alone),
        (json!({ "$ref": "http://127.0.0.1:1/schema.json" }), alone),
        (json!({ "$ref": "https://json-schema.org/draft/2020-12/schema" }), alone),
        (json!({ "$ref": "#/$defs/none" }), "there is no such part"),
        (json!({ "$defs": { "a": { "$id": "http://127.0.0.1/a" } } }), "names a part of itself by $id"),
        (pattern("(?=looking ahead)a"), "is not a JSON Schema"),
        (pattern(r"((\w{100}){100}){100}"), "is not a JSON Schema"),
        (json!({ "allOf": vec![json!({ "pattern": "a" }); 200] }), parts),
        (json!({ "type": 7 }), "is not a JSON Schema"),
    ]
}

#[test]
fn a_schema_that_would_never_be_done_with_is_refused_when_it_is_uploaded() {
    each_house(async |house| {
        let (ada, eve) = (house.agent("ada").await, house.agent("eve").await);
        for (schema, said) in hostile_schemas() {
            let more = format!(r#","config_schema":{schema}"#);
            let refused = uploads(&eve, &saying("gold-bar", "1.0.0", PASS, &more), "").await;
            assert_eq!(refused.refusal(), "400 INVALID_FIELD", "{schema}: {}", refused.body);
            assert_eq!(refused.body["error"]["field"], "config_schema");
            let message = refused.body["error"]["message"].as_str().expect("a text");
            assert!(message.contains(said), "{schema}: {message}");
        }
        // One that is used as schemas are: parts by name, some of them twice.
        let schema = json!({
            "$defs": { "size": { "type": "integer", "minimum": 0 }, "name": { "type": "string", "pattern": "^(a|aa)+$" } },
            "type": "object", "additionalProperties": false,
            "properties": {
                "min": { "$ref": "#/$defs/size" }, "max": { "$ref": "#/$defs/size" },
                "names": { "type": "array", "items": { "$ref": "#/$defs/name" } },
            },
        });
        lists(&ada, &saying("gold-bar", "1.0.0", PASS, &format!(r#","config_schema":{schema}"#))).await;
        let alice = house.rich_agent("alice", 500).await;
        let stuttering = "a".repeat(5_000) + "!";
        let table = [
            (json!({ "min": 1, "names": ["aaa"] }), ""),
            (json!({ "min": -1 }), "verifier.config.min"),
            (json!({ "names": ["a", stuttering] }), "verifier.config.names.1"),
            (json!({ "names": ["a".repeat(70_000)] }), "verifier.config"),
            // More faults than anybody wants to hear of.
            (json!({ "names": vec![0; 30_000] }), "verifier.config"),
        ];
        for (config, field) in table {
            let mut post = tea();
            post["verifier"] = json!({ "name": "gold-bar", "config": config });
            let said = alice.post("/api/tasks", &post).await;
            if field.is_empty() {
                said.good();
            } else {
                assert_eq!(
                    (said.refusal().as_str(), &said.body["error"]["field"]),
                    ("400 INVALID_FIELD", &json!(field))
                );
            }
        }
    });
}
