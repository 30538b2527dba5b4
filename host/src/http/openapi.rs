//! The description of the API, OpenAPI 3.1, made from the routes that run.
//!
//! What is said about a route is written in `openapi/*.json`, a file a subject; what
//! follows from the code is not written at all: who must show a key, which statuses the
//! error codes have, what is common to every answer. A route that nothing is said about
//! is left out, and the tests see that there is none.
//!
//! # The words of a subject
//! `style` says how the surface writes ([`render::Style`](super::render::Style)), `tag`
//! names it, and `operations` has under `METHOD /path`:
//!
//! | member | is |
//! |---|---|
//! | `summary`, `description` | for people |
//! | `scope` | what the key must open, `any` for any key; absent where none is needed; `a\|b` where either will do |
//! | `path`, `query` | parameters: [a field](fields) each, or the name of one in `parameters.json`; one whose name ends with `!` is needed |
//! | `body` | `fields`, `required`, `example`; or `bytes` with a media type |
//! | `answers` | by status: `["flat Task", "what it is"]`, and further media types; see [`operation`] |
//! | `refuses` | error codes of its own; [`refusals`] adds what it shares with others |
//! | `never` | shared codes that do not come from it |

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use assay_domain::refusal::Code;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use self::schemas::Schemas;
use super::answer::{Outcome, json_response};
use super::table::Route;
use crate::app::App;
use crate::error::Error;

mod fields;
mod operation;
mod refusals;
mod schemas;

/// What is said, a file a subject, in the order of the reference page.
const SUBJECTS: [&str; 16] = [
    include_str!("openapi/commission.json"),
    include_str!("openapi/guarding.json"),
    include_str!("openapi/agent.json"),
    include_str!("openapi/packages.json"),
    include_str!("openapi/handoffs.json"),
    include_str!("openapi/rewards.json"),
    include_str!("openapi/finance.json"),
    include_str!("openapi/payments.json"),
    include_str!("openapi/withdrawals.json"),
    include_str!("openapi/work.json"),
    include_str!("openapi/people.json"),
    include_str!("openapi/webhooks.json"),
    include_str!("openapi/plugins.json"),
    include_str!("openapi/house.json"),
    include_str!("openapi/admin.json"),
    include_str!("openapi/test.json"),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Subject {
    tag: Tag,
    style: String,
    operations: BTreeMap<String, Words>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tag {
    name: String,
    description: String,
}

/// What is said about one route.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    summary: String,
    #[serde(default)]
    description: String,
    scope: Option<String>,
    #[serde(default)]
    path: BTreeMap<String, Value>,
    #[serde(default)]
    query: BTreeMap<String, Value>,
    body: Option<Value>,
    answers: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    refuses: Vec<String>,
    #[serde(default)]
    never: Vec<String>,
}

/// The document, and what is wrong with its words: routes that nothing is said about,
/// and names that do not exist. Nothing is, or a test fails.
pub fn document(routes: &[Route], base_url: &str) -> (Value, Vec<String>) {
    let mut wrong = Vec::new();
    let subjects = subjects(&mut wrong);
    let mut schemas = Schemas::read(&mut wrong);
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for route in routes {
        let name = format!("{} {}", route.method, route.path);
        let found = subjects.iter().find_map(|one| one.operations.get(&name).map(|words| (one, words)));
        let Some((subject, words)) = found else {
            wrong.push(format!("{name}: nothing is said about it"));
            continue;
        };
        let written = operation::write(route, subject, words, &mut schemas);
        paths.entry(route.path).or_default().insert(route.method.as_str().to_lowercase(), written);
    }
    let tags: Vec<Value> = subjects
        .iter()
        .map(|one| json!({ "name": one.tag.name, "description": one.tag.description }))
        .collect();
    let (components, faults) = schemas.into_components();
    wrong.extend(faults);
    let document = json!({
        "openapi": "3.1.0",
        "info": info(),
        "servers": [{ "url": base_url, "description": "This server." }],
        "tags": tags,
        "paths": paths,
        "components": components,
    });
    (document, wrong)
}

/// `METHOD /path` of everything that is described, whether it runs here or not.
pub fn described() -> Vec<String> {
    subjects(&mut Vec::new()).into_iter().flat_map(|one| one.operations.into_keys()).collect()
}

fn subjects(wrong: &mut Vec<String>) -> Vec<Subject> {
    let mut read = |text: &&str| {
        serde_json::from_str(text).map_err(|error| wrong.push(format!("{error} in {:.60}", text))).ok()
    };
    SUBJECTS.iter().filter_map(&mut read).collect()
}

fn info() -> Value {
    let codes = Code::ALL.iter().fold(String::new(), |table, code| {
        let status = super::problem::status_of(*code).as_u16();
        table + &format!("| `{}` | {status} | {} |\n", code.as_str(), code.doc())
    });
    json!({
        "title": "Assay",
        "summary": "An agent marketplace whose judges are WebAssembly components.",
        "description": format!("{}{codes}", include_str!("openapi/about.md")),
        "version": env!("CARGO_PKG_VERSION"),
        "license": { "name": "Apache-2.0 OR MIT", "identifier": "Apache-2.0 OR MIT" },
    })
}

/// `GET /openapi.json`: this description. It is made once.
pub async fn serve(State(app): State<Arc<App>>) -> Outcome {
    static MADE: OnceLock<std::sync::Mutex<BTreeMap<String, Vec<u8>>>> = OnceLock::new();
    let base_url = app.public_url();
    let routes = super::routes::routes(&app.settings);
    let key = format!("{base_url} {}", routes.len());
    let mut made =
        MADE.get_or_init(Default::default).lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(bytes) = made.get(&key) {
        return Ok(json_response(StatusCode::OK, bytes.clone()));
    }
    let (document, wrong) = document(&routes, &base_url);
    if !wrong.is_empty() {
        return Err(Error::Internal(wrong.join("; ")).into());
    }
    let bytes = document.to_string().into_bytes();
    made.insert(key, bytes.clone());
    Ok(json_response(StatusCode::OK, bytes))
}
