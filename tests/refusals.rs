//! Bad input: one body for every refusal, the field named, no money moved.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use assay_domain::refusal::Code;
use reqwest::Method;
use serde_json::{Value, json};

use crate::house::{House, each_house};
use crate::story::{GOOD, claimed, tea};

#[test]
fn one_body_on_every_path() {
    each_house(async |house| {
        let (nobody, alice) = (house.nobody(), house.agent("alice").await);
        let text = |method: Method, path: &str, body: &str| {
            alice.request(method, path).header("Content-Type", "application/json").body(body.to_owned())
        };
        let table = [
            (nobody.get("/nowhere").await, "404 NOT_FOUND", "/nowhere"),
            (nobody.send(nobody.request(Method::PUT, "/health")).await, "405 METHOD_NOT_ALLOWED", "/health"),
            (nobody.get("/api/tasks").await, "401 UNAUTHORIZED", "/api/tasks"),
            (alice.send(text(Method::POST, "/api/tasks", "{")).await, "400 INVALID_JSON", "/api/tasks"),
            (alice.send(text(Method::POST, "/api/tasks", "[1]")).await, "400 INVALID_JSON", "/api/tasks"),
            (
                alice.send(text(Method::POST, "/api/tasks", "\u{fffe}")).await,
                "400 INVALID_JSON",
                "/api/tasks",
            ),
            (alice.post("/api/tasks", &json!({})).await, "400 INVALID_FIELD", "/api/tasks"),
            (alice.get("/api/tasks/x").await, "404 NOT_FOUND", "/api/tasks/x"),
            (alice.get("/api/tasks/%FF").await, "400 INVALID_FIELD", "/api/tasks/%FF"),
            (alice.get("/api/tasks?cursor=%00").await, "400 INVALID_FIELD", "/api/tasks"),
            (
                alice.get("/v1/tasks/available?category=a%00b").await,
                "400 INVALID_FIELD",
                "/v1/tasks/available",
            ),
            (alice.get("/v1/tasks/available?limit=0").await, "400 INVALID_FIELD", "/v1/tasks/available"),
            (alice.get("/v1/tasks/available?currency=EUR").await, "400 INVALID_FIELD", "/v1/tasks/available"),
        ];
        for (said, refusal, path) in table {
            assert_eq!(said.refusal(), refusal);
            let body = &said.body;
            assert_eq!(body["ok"], false);
            assert_eq!(body["instance"], path);
            assert_eq!(body["status"], said.status);
            assert_eq!(body["detail"], body["error"]["message"]);
            for field in ["type", "title"] {
                assert!(body[field].is_string(), "{field} of {body}");
            }
        }
    });
}

#[test]
fn a_key_opens_what_its_scopes_say() {
    each_house(async |house| {
        let alice = house.rich_agent("alice", 50).await;
        let party = alice.id.parse().expect("an id");
        let scopes = assay::app::access::Scopes::parse("work").expect("a scope");
        let key = assay::app::access::NewKey::make("test", party, scopes, None, &house.app.clock);
        let secret = key.secret.clone();
        key.keep(&house.app.db).await.expect("a key");
        let narrow = alice.with_key(&secret);
        assert_eq!(narrow.post("/api/tasks", &tea()).await.refusal(), "403 MISSING_SCOPE");
        let wrong = alice.with_key("assay_test_0");
        assert_eq!(wrong.get("/api/credits/balance").await.refusal(), "401 UNAUTHORIZED");
        let other_header = house.nobody();
        let request =
            other_header.request(Method::GET, "/api/credits/balance").header("X-API-Key", &alice.key);
        other_header.send(request).await.good();
        assert_eq!(
            alice.post("/v1/test/clock", &json!({ "advance_seconds": 1 })).await.refusal(),
            "403 MISSING_SCOPE"
        );
    });
}

/// A good body with one field made bad, and the field the answer must name.
fn bad_tasks() -> Vec<(&'static str, Value, &'static str)> {
    let long = "x".repeat(201);
    vec![
        ("title", Value::Null, "title"),
        ("title", json!(7), "title"),
        ("title", json!(""), "title"),
        ("title", json!("   "), "title"),
        ("title", json!("two\nlines"), "title"),
        ("title", json!("a\u{0}b"), "title"),
        ("title", json!(long), "title"),
        ("category", json!(["writing"]), "category"),
        ("category", json!("a\u{0}b"), "category"),
        ("budget", Value::Null, "budget"),
        ("budget", json!("-1"), "budget"),
        ("budget", json!(-1), "budget"),
        ("budget", json!("12.505"), "budget"),
        ("budget", json!(12.505), "budget"),
        ("budget", json!("1e400"), "budget"),
        ("budget", json!("NaN"), "budget"),
        ("budget", json!(true), "budget"),
        ("budget", json!({}), "budget"),
        ("budget", json!("99999999999999999999"), "budget"),
        ("deadline_hours", json!(0), "deadline_hours"),
        ("deadline_hours", json!("soon"), "deadline_hours"),
        ("deadline_hours", json!(1.5), "deadline_hours"),
        ("acceptance_criteria", json!("one"), "acceptance_criteria"),
        ("acceptance_criteria", json!([""]), "acceptance_criteria[0]"),
        ("acceptance_criteria", json!([1]), "acceptance_criteria"),
        ("checks", json!({}), "checks"),
        ("checks", json!(["contains"]), "checks[0]"),
        ("checks", json!([{}]), "checks[0].kind"),
        ("checks", json!([{ "kind": "no-such-kind" }]), "checks[0].kind"),
        (
            "checks",
            json!([{ "kind": "contains", "value": "a" }, { "kind": "regex", "pattern": "(" }]),
            "checks[1].pattern",
        ),
        ("checks", json!([{ "kind": "contains" }]), "checks[0].value"),
        ("skills", json!([["x"]]), "skills"),
    ]
}

#[test]
fn a_bad_field_is_named_and_moves_nothing() {
    each_house(async |house| {
        let alice = house.rich_agent("alice", 500).await;
        for (field, value, named) in bad_tasks() {
            let mut post = tea();
            post[field] = value.clone();
            let said = alice.post("/api/tasks", &post).await;
            assert_eq!(said.status, 400, "{field} {value}: {}", said.body);
            assert_eq!(said.body["error"]["field"], named, "{field} {value}: {}", said.body);
        }
        let raw = alice
            .request(Method::POST, "/api/tasks")
            .body("{\"title\":\"t\",\"budget\":12.500000000000000000001}");
        assert_eq!(
            alice.send(raw).await.refusal(),
            "400 PRICE_OUT_OF_RANGE",
            "digits beyond a float's count"
        );
        assert_eq!(alice.money().await, "500.0 available, 0.0 reserved, 500.0 total");
    });
}

#[test]
fn user_text_may_be_anything() {
    each_house(async |house| {
        let alice = house.rich_agent("alice", 50).await;
        let mut post = tea();
        post["title"] = json!("<script>alert(1)</script> \u{202e}right to left");
        post["description"] = json!("null \u{0} and emoji 🫖");
        let task = alice.posts(&post).await;
        let shown = alice.get(&format!("/api/tasks/{task}")).await.good();
        assert_eq!(shown["title"], post["title"]);
        assert_eq!(shown["description"], post["description"]);
    });
}

#[test]
fn refusals_of_the_main_job() {
    each_house(async |house| {
        let (alice, bob, task) = claimed(house, &tea()).await;
        let carol = house.agent("carol").await;
        let poor = carol.post("/api/tasks", &tea()).await;
        assert_eq!(poor.refusal(), "402 INSUFFICIENT_FUNDS");
        assert_eq!(carol.delivers(&task, GOOD).await.refusal(), "403 NOT_ASSIGNED");
        assert_eq!(bob.resubmits(&task, GOOD).await.refusal(), "403 NOTHING_TO_RESUBMIT");
        let bid = json!({ "proposedPrice": 45 });
        assert_eq!(carol.post(&format!("/v1/tasks/{task}/bids"), &bid).await.refusal(), "409 CONFLICT");
        assert_eq!(carol.get(&format!("/v1/tasks/{task}/traces")).await.refusal(), "403 NOT_A_PARTY");
        let nobodys = "018f0000-0000-7000-8000-000000000000";
        assert_eq!(bob.delivers(nobodys, GOOD).await.refusal(), "404 NOT_FOUND");
        assert_eq!(
            alice.post(&format!("/api/tasks/{task}/cancel"), &json!({})).await.refusal(),
            "409 WRONG_STATUS"
        );

        let open = alice.posts(&tea()).await;
        let path = format!("/v1/tasks/{open}/bids");
        let table = [
            (json!({ "proposedPrice": 45.01 }), "400 PRICE_OUT_OF_RANGE"),
            (json!({ "proposedPrice": 0 }), "400 PRICE_OUT_OF_RANGE"),
            (json!({ "proposed_price": "1.001" }), "400 PRICE_OUT_OF_RANGE"),
            (json!({}), "400 INVALID_FIELD"),
        ];
        for (body, refusal) in table {
            assert_eq!(carol.post(&path, &body).await.refusal(), refusal, "{body}");
        }
        assert_eq!(alice.post(&path, &bid).await.refusal(), "403 SELF_DEALING");
        let delivery = bob.delivers(&task, GOOD).await.good();
        let delivery = delivery["data"]["id"].as_str().expect("an id").to_owned();
        assert_eq!(bob.delivers(&task, GOOD).await.refusal(), "409 CONFLICT");
        assert_eq!(alice.reviews(&delivery, "accepted").await.refusal(), "409 WRONG_STATUS");
        assert_eq!(alice.reviews(&delivery, "perfect").await.refusal(), "400 INVALID_FIELD");
    });
}

#[test]
fn expected_answers_are_the_posters_only() {
    each_house(async |house| {
        let mut post = tea();
        post["checks"] = json!([{ "kind": "equals", "value": "the secret answer" }]);
        let (alice, bob, task) = claimed(house, &post).await;
        let own = alice.get(&format!("/api/tasks/{task}")).await.good();
        assert!(own.to_string().contains("the secret answer"));
        let seen = bob.get(&format!("/v1/tasks/{task}")).await.good();
        assert!(!seen.to_string().contains("the secret answer"), "{seen}");
        let draft = bob.post(&format!("/v1/tasks/{task}/check"), &json!({ "content": GOOD })).await.good();
        let kinds: Vec<_> =
            draft["data"]["findings"].as_array().into_iter().flatten().map(|f| f["kind"].clone()).collect();
        assert!(!kinds.is_empty() && !kinds.contains(&json!("equals")), "{draft}");
        let delivered = bob.delivers(&task, GOOD).await.good();
        assert!(!delivered.to_string().contains("the secret answer"), "{delivered}");
        for line in delivered["data"]["receipts"].as_array().into_iter().flatten() {
            let path = format!("/v1/receipts/{}/input", line["receiptId"].as_str().expect("an id"));
            assert_eq!(bob.get(&path).await.refusal(), "403 NOT_A_PARTY", "{line}");
            alice.get(&path).await.good();
        }
    });
}

#[test]
fn a_composition_does_not_tell_its_expected_answers() {
    each_house(async |house| {
        let mut post = tea();
        let parts =
            json!([{ "kind": "contains", "value": "the secret answer" }, { "kind": "equals", "value": "x" }]);
        post["checks"] = json!([{ "kind": "any", "checks": parts }]);
        let (_, bob, task) = claimed(house, &post).await;
        let note = json!({ "event": "e", "message": "between us", "visibility": "private" });
        bob.post(&format!("/v1/tasks/{task}/progress"), &note).await.good();
        let delivered = bob.delivers(&task, GOOD).await.good();
        assert_eq!(delivered["data"]["status"], "revision_requested");
        assert!(!delivered.to_string().contains("the secret answer"), "{delivered}");
    });
}

#[test]
fn the_operator_sees_and_does_not_decide() {
    each_house(async |house| {
        let (alice, bob) = (house.rich_agent("alice", 100).await, house.agent("bob").await);
        let task = alice.posts(&tea()).await;
        let bid = bob.bids(&task, "45").await;
        let operator = house.operator();
        operator.get(&format!("/api/proposals?task_id={task}")).await.good();
        let accept = operator.post(&format!("/api/proposals/{bid}/accept"), &json!({})).await;
        assert_eq!(accept.refusal(), "403 NOT_A_PARTY");
        let cancel = operator.post(&format!("/api/tasks/{task}/cancel"), &json!({})).await;
        assert_eq!(cancel.refusal(), "403 NOT_A_PARTY");
        operator.get("/v1/me").await.good();
        let dear = alice.post("/api/tasks", &tea()).await.good();
        assert_eq!(dear["status"], "open");
        let poor = alice.post("/api/tasks", &tea()).await;
        assert_eq!(
            poor.body["error"]["message"],
            "48.60 USD needed, 2.80 USD available: deposit the difference or ask for less"
        );
    });
}

#[test]
fn too_much_at_once_is_turned_away() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime starts").block_on(async {
        let house = House::open(None, |settings| {
            settings.limits.requests_in_flight_max = 0;
            settings.limits.body_bytes_max = 1_000;
        })
        .await;
        let said = house.nobody().get("/v1/receipts/keys").await;
        assert_eq!(said.refusal(), "503 OVERLOADED");
        house.nobody().get("/health").await.good();
        house.app.stop().await;

        let house = House::open(None, |settings| settings.limits.body_bytes_max = 1_000).await;
        let alice = house.agent("alice").await;
        let mut post = tea();
        post["description"] = json!("x".repeat(2_000));
        assert_eq!(alice.post("/api/tasks", &post).await.refusal(), "413 TOO_LARGE");
        house.app.stop().await;
    });
}

/// Sends everything before it reads anything, as many clients do.
fn sent_whole(address: &str, head: &str, bytes: usize) -> std::io::Result<String> {
    let mut socket = TcpStream::connect(address)?;
    socket.write_all(head.as_bytes())?;
    socket.write_all(&vec![b' '; bytes])?;
    let mut answer = String::new();
    socket.read_to_string(&mut answer)?;
    Ok(answer)
}

#[test]
fn an_answer_reaches_who_sends_too_much_or_has_no_key() {
    const BYTES: usize = 48 * 1024 * 1024;
    each_house(async |house| {
        let address = house.base_url.trim_start_matches("http://").to_owned();
        for (key, refusal) in [(house.agent("alice").await.key, "TOO_LARGE"), ("none".into(), "UNAUTHORIZED")]
        {
            let head = format!(
                "POST /api/tasks HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {key}\r\n\
                 content-length: {BYTES}\r\nconnection: close\r\n\r\n"
            );
            let address = address.clone();
            let said = tokio::task::spawn_blocking(move || sent_whole(&address, &head, BYTES)).await;
            let said = said.expect("nobody panics in there").expect("the server reads on");
            assert!(said.contains(refusal), "{refusal}: {said}");
        }
    });
}

#[test]
fn every_code_is_upper_snake_case_and_unique() {
    let mut names: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert!(names.iter().all(|name| name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')));
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}
