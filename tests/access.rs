//! Who may do what: every route, asked by everybody there is.
//!
//! A route's row has a letter for each of [`WHO`]:
//!
//! | letter | the answer |
//! |---|---|
//! | `-` | 401: who are you |
//! | `s` | 403 `MISSING_SCOPE`: the key does not open this |
//! | `x` | 403: this is not yours to do |
//! | `?` | 404: there is none |
//! | `~` | 404, for somebody who is let in: whoever came before ended it |
//! | `.` | anything else: the caller got past the door, whatever became of the request |

use std::collections::{BTreeMap, BTreeSet};

use assay::http::routes;
use reqwest::Method;
use serde_json::Value;

use crate::described::{self, settings};
use crate::house::{Actor, each_house};

mod ground;
mod table;

pub(crate) use ground::{Ground, WHO};
pub(crate) use table::{Row, rows};

/// An id that nothing has.
pub(crate) const NOBODYS: &str = "018f0000-0000-7000-8000-000000000000";

/// Codes that say: this is not yours.
const NOT_YOURS: [&str; 9] = [
    "NOT_A_PARTY",
    "NOT_ASSIGNED",
    "SELF_DEALING",
    "OWNER_ONLY",
    "HANDOFF_FORBIDDEN",
    "HANDOFF_SPEND_LIMIT",
    "NOT_GRANTED",
    "PERSON_ONLY",
    "AGENT_ONLY",
];

/// What came of asking.
pub(crate) struct Asked {
    pub(crate) status: u16,
    /// Null where it is not JSON.
    pub(crate) body: Value,
    /// In what it differs from the description.
    pub(crate) fault: Option<String>,
}

/// Asks, whatever the body.
pub(crate) async fn asked(actor: &Actor, method: &str, path: &str, body: Vec<u8>) -> Asked {
    let verb = Method::from_bytes(method.as_bytes()).expect("a method");
    let request = actor.request(verb, path).header("content-type", "application/json").body(body);
    let response = request.send().await.expect("the server answers");
    let status = response.status().as_u16();
    let json = response.headers().get("content-type").is_some_and(|kind| {
        kind.to_str().is_ok_and(|kind| kind.starts_with("application/") && kind.ends_with("json"))
    });
    // A live stream has no end to wait for.
    let stream = path.ends_with("/watch") && status == 200;
    let bytes = if stream { Vec::new() } else { response.bytes().await.expect("a body").to_vec() };
    let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    let fault = json.then(|| described::fault(method, path, status, &body)).flatten();
    Asked { status, body, fault }
}

fn letter(status: u16, body: &Value) -> char {
    let code = body["error"]["code"].as_str().unwrap_or_default();
    match (status, code) {
        (401, _) => '-',
        (403, "MISSING_SCOPE") => 's',
        (403, code) if NOT_YOURS.contains(&code) => 'x',
        (404, _) => '?',
        (500.., _) => '!',
        _ => '.',
    }
}

/// Those who are let in come late, since what they do may leave nothing to refuse, and
/// last whoever finds nothing any more.
fn refused_first(row: &Row) -> Vec<usize> {
    let place = |at: &usize| match row.expected.chars().nth(*at) {
        Some('.') => 1,
        Some('~') => 2,
        _ => 0,
    };
    let mut order: Vec<usize> = (0..WHO.len()).collect();
    order.sort_by_key(place);
    order
}

#[test]
fn every_route_lets_in_whom_it_should() {
    each_house(async |house| {
        let mut wrong = Vec::new();
        let ground = Ground::prepare(house).await;
        for row in rows() {
            let mut got = vec!['?'; WHO.len()];
            let mut told = vec![String::new(); WHO.len()];
            for at in refused_first(&row) {
                let (path, body) = ground.request(&row);
                let Asked { status, body, fault } =
                    asked(&ground.actors[at], row.method(), &path, body).await;
                got[at] = letter(status, &body);
                told[at] = format!("\n    {}: {status} {}", WHO[at], body["error"]["message"]);
                wrong.extend(fault);
            }
            let (got, told) = (String::from_iter(got), told.concat());
            if got != row.expected.replace('~', "?") {
                wrong.push(format!("{}: {got}, not {}{told}", row.route, row.expected));
            }
        }
        assert!(wrong.is_empty(), "{}\n{}", WHO.join(", "), wrong.join("\n"));
    });
}

#[test]
fn no_route_is_missing_from_the_table() {
    let running: BTreeSet<String> =
        routes::routes(&settings()).iter().map(|route| format!("{} {}", route.method, route.path)).collect();
    let listed: Vec<String> = rows().iter().map(|row| row.route.to_owned()).collect();
    let known: BTreeSet<String> = listed.iter().cloned().collect();
    assert_eq!(listed.len(), known.len(), "a route is listed twice");
    let missing: Vec<_> = running.difference(&known).collect();
    let gone: Vec<_> = known.difference(&running).collect();
    assert!(missing.is_empty() && gone.is_empty(), "missing {missing:?}, gone {gone:?}");
    assert!(rows().iter().all(|row| row.expected.chars().count() == WHO.len()));
}

/// Ids of nothing and what is no id at all are answered alike, to whoever has every
/// scope.
#[test]
fn what_is_not_there_is_not_found() {
    each_house(async |house| {
        let ground = Ground::prepare(house).await;
        let operator = house.operator();
        let mut wrong = BTreeMap::new();
        // A file's own name says what it is, and nobody has chargebacks here.
        let other = ["{file}", "{sha256}", "{agent_id}", "{party}"];
        let named = |row: &&Row| row.route.contains('{') && !other.iter().any(|one| row.route.contains(one));
        for row in rows().iter().filter(named) {
            for id in
                [NOBODYS, "not-an-id", "..%2F..", "%00", "sha256:00", &format!("sha256:{}", "0".repeat(64))]
            {
                let (_, body) = ground.request(row);
                let parts = row.path().split('/').map(|part| if part.starts_with('{') { id } else { part });
                let path = parts.collect::<Vec<_>>().join("/");
                let said = asked(&operator, row.method(), &path, body).await;
                if said.status != 404 || said.fault.is_some() {
                    wrong.insert(format!("{} with {id}", row.route), (said.status, said.body, said.fault));
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    });
}
