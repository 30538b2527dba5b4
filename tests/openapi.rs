//! The description of the API: that it is OpenAPI, that it is of the routes that run,
//! that it does not contradict itself, and that its page needs nobody else.

use std::collections::BTreeSet;

use assay::http::{openapi, routes};
use assay_domain::refusal::Code;
use jsonschema::Draft;
use reqwest::Method;
use serde_json::{Value, json};

use crate::access::NOBODYS;
use crate::described::{DOCUMENT, OPERATIONS, resolved, settings, validator};
use crate::house::{House, each_house};

/// The OpenAPI Initiative's own schema of OpenAPI 3.1 documents, of 2022-10-07.
const OPENAPI: &str = include_str!("openapi/schema-3.1.json");

#[test]
fn it_is_openapi_3_1() {
    let schema: Value = serde_json::from_str(OPENAPI).expect("a schema");
    let validator = jsonschema::options().with_draft(Draft::Draft202012).build(&schema).expect("a schema");
    let faults: Vec<String> = validator
        .iter_errors(&DOCUMENT)
        .map(|error| format!("{}: {error:.200}", error.instance_path()))
        .collect();
    assert!(faults.is_empty(), "{faults:#?}");
    let schemas = DOCUMENT["components"]["schemas"].as_object().expect("schemas");
    for (name, schema) in schemas {
        assert!(jsonschema::draft202012::meta::is_valid(schema), "{name} is no JSON Schema: {schema}");
    }
}

#[test]
fn it_is_of_the_routes_that_run_and_of_no_others() {
    let running: BTreeSet<String> =
        routes::routes(&settings()).iter().map(|route| format!("{} {}", route.method, route.path)).collect();
    let shown: BTreeSet<String> = OPERATIONS.iter().map(|one| one.name()).collect();
    let described: BTreeSet<String> = openapi::described().into_iter().collect();
    assert_eq!(shown, running);
    let gone: Vec<_> = described.difference(&running).collect();
    assert!(gone.is_empty(), "described, and no route: {gone:?}");
}

#[test]
fn the_server_shows_it() {
    each_house(async |house| {
        let shown = house.nobody().get("/openapi.json").await.good();
        assert_eq!(shown["paths"], DOCUMENT["paths"]);
        assert_eq!(shown["servers"][0]["url"], house.base_url);
    });
}

#[test]
fn every_operation_is_whole() {
    let tags: Vec<&Value> =
        DOCUMENT["tags"].as_array().into_iter().flatten().map(|tag| &tag["name"]).collect();
    let mut ids = BTreeSet::new();
    for one in OPERATIONS.iter() {
        let (name, words) = (one.name(), &one.words);
        assert!(ids.insert(words["operationId"].as_str()), "{name}: its id is another's");
        assert!(tags.contains(&&words["tags"][0]), "{name}: an unknown tag");
        assert!(
            words["summary"].as_str().is_some_and(|text| !text.ends_with('.')),
            "{name}: {}",
            words["summary"]
        );
        let in_path: Vec<&str> =
            one.path.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect();
        let parameters = words["parameters"].as_array().expect("parameters");
        let said: Vec<&str> = parameters
            .iter()
            .filter(|parameter| parameter["in"] == "path")
            .filter_map(|parameter| parameter["name"].as_str())
            .collect();
        assert_eq!(said, in_path, "{name}");
        assert!(one.statuses().iter().any(|status| (200..300).contains(status)), "{name}: no success");
        let keyed = words["security"].as_array().is_some_and(|schemes| !schemes.is_empty());
        assert!(one.response(401).is_some() || !keyed, "{name}: a key and 401 go together");
        let scoped = words["x-required-scope"].is_string();
        let refused = one.codes(403).contains(&"MISSING_SCOPE");
        assert!(refused || !scoped, "{name}: a scope and its refusal go together");
        let once = parameters.iter().any(|parameter| parameter["name"] == "Idempotency-Key");
        assert_eq!(once, keyed && one.method != "GET", "{name}: Idempotency-Key");
    }
}

#[test]
fn every_code_exists_and_every_code_is_answered_somewhere() {
    let known: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    let mut said = BTreeSet::new();
    for one in OPERATIONS.iter() {
        for status in one.statuses().into_iter().filter(|status| *status >= 400) {
            let codes = one.codes(status);
            assert!(!codes.is_empty(), "{} {status} has no codes", one.name());
            said.extend(codes);
        }
    }
    let unknown: Vec<_> = said.difference(&known).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    let enumerated = &DOCUMENT["components"]["schemas"]["ErrorCode"];
    assert_eq!(enumerated["enum"], json!(Code::ALL.iter().map(|code| code.as_str()).collect::<Vec<_>>()));
    for code in Code::ALL {
        let doc = enumerated["x-enum-descriptions"][code.as_str()].as_str().unwrap_or_default();
        assert!(doc.len() > 10 && doc.ends_with('.'), "{code:?}: {doc:?}");
        let shown = DOCUMENT["info"]["description"].as_str().unwrap_or_default();
        assert!(shown.contains(&format!("| `{}` |", code.as_str())), "{code:?} is not in the introduction");
    }
}

#[test]
fn examples_fit_their_schemas() {
    let mut faults = Vec::new();
    let mut fit = |place: String, content: &Value| {
        for (media_type, body) in content.as_object().into_iter().flatten() {
            let Some(example) = body.get("example") else { continue };
            let errors = validator(&body["schema"])
                .iter_errors(example)
                .map(|error| error.to_string())
                .collect::<Vec<_>>();
            if !errors.is_empty() {
                faults.push(format!("{place} {media_type}: {errors:?} in {example}"));
            }
        }
    };
    for one in OPERATIONS.iter() {
        fit(format!("{} request", one.name()), &one.words["requestBody"]["content"]);
        for (status, response) in one.words["responses"].as_object().into_iter().flatten() {
            fit(format!("{} {status}", one.name()), &resolved(response)["content"]);
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn its_page_needs_nobody_else() {
    each_house(async |house| {
        let nobody = house.nobody();
        let fetch = async |path: &str| {
            let response = nobody.request(Method::GET, path).send().await.expect("the server answers");
            assert_eq!(response.status().as_u16(), 200, "{path}");
            let headers = response.headers().clone();
            (headers, response.bytes().await.expect("a body"))
        };
        let (headers, page) = fetch("/docs").await;
        assert_eq!(headers["content-type"], "text/html; charset=utf-8");
        let policy = headers["content-security-policy"].to_str().expect("a text");
        assert!(policy.starts_with("default-src 'self';") && !policy.contains("http"), "{policy}");
        let page = String::from_utf8_lossy(&page).into_owned();
        let named: Vec<&str> =
            page.split(['"']).filter(|word| word.starts_with('/') || word.contains("//")).collect();
        assert!(named.len() >= 5 && named.iter().all(|path| !path.contains("//")), "{named:?}");
        for path in &named {
            let (headers, body) = fetch(path).await;
            assert!(body.len() > 100, "{path}");
            let kind = headers["content-type"].to_str().expect("a text");
            let ending = path.rsplit('.').next().unwrap_or_default();
            let expected = match ending {
                "js" => "text/javascript",
                other => other,
            };
            assert!(kind.contains(expected), "{path} is {kind}");
        }
        let (_, setup) = fetch("/docs/swagger-initializer.js").await;
        let setup = String::from_utf8_lossy(&setup).into_owned();
        assert!(setup.contains("/openapi.json") && setup.contains("\"validatorUrl\": \"none\""), "{setup}");
        assert_eq!(nobody.get("/docs/index.html").await.refusal(), "404 NOT_FOUND");
        assert_eq!(nobody.get("/docs/..%2Fhost.key").await.refusal(), "404 NOT_FOUND");
    });
}

/// What every route answers to somebody without a key, to a crowd, and to too much.
#[test]
fn what_all_routes_share_holds_for_each() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime starts").block_on(async {
        let full = House::open(None, |settings| settings.limits.requests_in_flight_max = 0).await;
        let small = House::open(None, |settings| {
            settings.limits.body_bytes_max = 1_000;
            settings.limits.component_bytes_max = 1_000;
            settings.limits.attachment_bytes_max = 1_000;
            settings.payments.rules.callback_bytes_max = 1_000;
        })
        .await;
        let agent = small.agent("alice").await;
        for one in OPERATIONS.iter() {
            let method = Method::from_bytes(one.method.as_bytes()).expect("a method");
            let zeros = "0".repeat(64);
            let path = one.path.replace("{digest}", &format!("sha256:{zeros}")).replace("{sha256}", &zeros);
            let parts = path.split('/').map(|part| if part.starts_with('{') { NOBODYS } else { part });
            let path = parts.collect::<Vec<_>>().join("/");
            // A stream that stays open has a limit of its own.
            if one.response(503).is_some() && !path.ends_with("/watch") {
                let somebody = full.nobody();
                let said = somebody.send(somebody.request(method.clone(), &path)).await;
                assert_eq!(said.refusal(), "503 OVERLOADED", "{}", one.name());
            }
            if one.response(413).is_some() {
                let much = agent.request(method.clone(), &path).body("x".repeat(2_000));
                assert_eq!(agent.send(much).await.refusal(), "413 TOO_LARGE", "{}", one.name());
            }
            if one.words["security"][0].is_object() {
                let nobody = small.nobody();
                let said = nobody.send(nobody.request(method, &path).body("{}")).await;
                assert_eq!(said.refusal(), "401 UNAUTHORIZED", "{}", one.name());
            }
        }
        full.app.stop().await;
        small.app.stop().await;
    });
}
