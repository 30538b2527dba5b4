//! What no route can read: an id that is no text, a query without sense, a key that is
//! too long, a body that is no JSON. Each route says so where its description says it
//! does.

use assay_domain::refusal::Code;
use reqwest::Method;
use serde_json::Value;

use crate::access::{Ground, NOBODYS, Row, rows};
use crate::described::{self, OPERATIONS, Operation};
use crate::fields::{in_a_house, rightful};
use crate::house::Actor;

/// Requests to a route that nobody can read.
fn unreadable(actor: &Actor, row: &Row, place: &str, operation: &Operation) -> Vec<reqwest::RequestBuilder> {
    let verb = Method::from_bytes(row.method().as_bytes()).expect("a method");
    let ask = |path: &str| actor.request(verb.clone(), path).header("content-type", "application/json");
    let ids = row.path().split('/').zip(place.split('/'));
    let path: Vec<&str> = ids.map(|(part, id)| if part.starts_with('{') { "%ff" } else { id }).collect();
    let mut all = vec![
        ask(&path.join("/")),
        ask(place).body("["),
        ask(place).header("idempotency-key", "k".repeat(256)).body("{}"),
    ];
    let queries = operation.words["parameters"].as_array().into_iter().flatten().map(described::resolved);
    for query in queries.filter(|one| one["in"] == "query") {
        let join = if place.contains('?') { '&' } else { '?' };
        for nonsense in ["-1", "%00", "nonsense", NOBODYS] {
            let name = query["name"].as_str().unwrap_or_default();
            all.push(ask(&format!("{place}{join}{name}={nonsense}")));
        }
    }
    all
}

#[test]
fn what_cannot_be_read_is_refused_as_described() {
    in_a_house(async |house| {
        let ground = Ground::prepare(house).await;
        let mut wrong = Vec::new();
        for row in rows() {
            let operation = OPERATIONS.iter().find(|one| one.name() == row.route).expect("it is described");
            let readable: Vec<&str> = [Code::InvalidField, Code::InvalidJson].map(Code::as_str).into();
            // A provider that is not set up calls nobody back.
            let nobodys = row.expected.chars().all(|letter| letter == '?');
            if nobodys || !operation.codes(400).iter().any(|code| readable.contains(code)) {
                continue;
            }
            let actor = rightful(&ground, &row);
            let (place, _) = ground.request(&row);
            let mut refused = false;
            for request in unreadable(actor, &row, &place, operation) {
                let response = request.send().await.expect("the server answers");
                let status = response.status().as_u16();
                if status == 200 {
                    continue;
                }
                let said: Value = response.json().await.unwrap_or_default();
                wrong.extend(described::fault(row.method(), row.path(), status, &said));
                refused |= status == 400;
            }
            if !refused {
                wrong.push(format!("{}: 400 is described, and nothing was refused", row.route));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    });
}
