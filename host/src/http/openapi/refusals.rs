//! With which error codes a route may refuse, and what that looks like.

use std::collections::BTreeMap;

use assay_domain::refusal::Code;
use axum::http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::Words;
use super::schemas::Schemas;
use crate::http::problem;
use crate::http::table::Route;

/// Codes that come together, under one name in the words.
const GROUPS: [(&str, &[Code]); 2] = [
    (
        "@spends",
        &[
            Code::InsufficientFunds,
            Code::CommissioningDisabled,
            Code::GuardrailMaxDailySpend,
            Code::HandoffSpendLimit,
        ],
    ),
    (
        "@posts",
        &[
            Code::InsufficientFunds,
            Code::CommissioningDisabled,
            Code::GuardrailMaxTaskBudget,
            Code::GuardrailMaxDailySpend,
            Code::GuardrailMaxOpenTasks,
            Code::GuardrailCategory,
            Code::GuardrailHumanApproval,
            Code::HandoffSpendLimit,
        ],
    ),
];

/// Whether the request changes something for a caller, so that it may carry an
/// idempotency key.
pub(super) fn counts_once(route: &Route, words: &Words) -> bool {
    route.method != Method::GET && words.scope.is_some()
}

/// Whoever asks how the house is doing is answered, however often.
pub(super) fn is_never_too_many(route: &Route) -> bool {
    route.path == "/health"
}

/// The codes of a route: its own, and those that come with how it is asked.
fn codes(route: &Route, words: &Words, schemas: &mut Schemas) -> Vec<Code> {
    let mut codes = Vec::new();
    if !is_never_too_many(route) {
        codes.extend([Code::RateLimited, Code::Overloaded]);
    }
    if let Some(scope) = &words.scope {
        codes.push(Code::Unauthorized);
        if scope != "any" {
            codes.push(Code::MissingScope);
        }
    }
    if route.path.contains('{') {
        codes.extend([Code::NotFound, Code::InvalidField]);
    }
    if !words.query.is_empty() {
        codes.push(Code::InvalidField);
    }
    if route.method != Method::GET {
        codes.extend([Code::InvalidJson, Code::TooLarge]);
    }
    if counts_once(route, words) {
        codes.extend([Code::InvalidField, Code::IdempotencyKeyReused, Code::IdempotencyInProgress]);
    }
    codes.extend(words.refuses.iter().flat_map(|name| named(name, schemas)));
    let never: Vec<Code> = words.never.iter().flat_map(|name| named(name, schemas)).collect();
    codes.retain(|code| !never.contains(code));
    codes
}

fn named(name: &str, schemas: &mut Schemas) -> Vec<Code> {
    if let Some((_, codes)) = GROUPS.iter().find(|(group, _)| *group == name) {
        return codes.to_vec();
    }
    let found = Code::ALL.iter().find(|code| code.as_str() == name);
    if found.is_none() {
        schemas.fault(format!("{name:?} is no error code"));
    }
    found.copied().into_iter().collect()
}

/// The responses of a route's refusals, by status.
pub(super) fn responses(route: &Route, words: &Words, schemas: &mut Schemas) -> Map<String, Value> {
    let mut by_status: BTreeMap<StatusCode, Vec<Code>> = BTreeMap::new();
    let all = codes(route, words, schemas);
    for code in Code::ALL.iter().filter(|code| all.contains(code)) {
        by_status.entry(problem::on_surface(route.path, *code)).or_default().push(*code);
    }
    let mut responses = Map::new();
    for (status, codes) in by_status {
        let names: Vec<&str> = codes.iter().map(|code| code.as_str()).collect();
        let name = format!("{}.{}", status.as_u16(), names.join("."));
        let reference = schemas.response(name, || response(status, &codes));
        responses.insert(status.as_u16().to_string(), reference);
    }
    responses
}

fn response(status: StatusCode, codes: &[Code]) -> Value {
    let names: Vec<&str> = codes.iter().map(|code| code.as_str()).collect();
    let lines: Vec<String> =
        codes.iter().map(|code| format!("`{}`: {}", code.as_str(), code.doc())).collect();
    let mut response = json!({
        "description": lines.join("\n\n"),
        "headers": { "X-Request-Id": { "$ref": "#/components/headers/X-Request-Id" } },
        "content": { "application/problem+json": {
            "schema": { "allOf": [
                { "$ref": "#/components/schemas/Problem" },
                { "properties": {
                    "status": { "const": status.as_u16() },
                    "error": { "properties": { "code": { "enum": names } } },
                } },
            ] },
            "example": problem::body("/api/tasks", status, &example(codes)),
        } },
    });
    let headers: &[&str] = match status {
        StatusCode::UNAUTHORIZED => &["WWW-Authenticate"],
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => &["Retry-After"],
        _ => &[],
    };
    for header in headers {
        response["headers"][header] = json!({ "$ref": format!("#/components/headers/{header}") });
    }
    response
}

fn example(codes: &[Code]) -> assay_domain::refusal::Refusal {
    use assay_domain::refusal::Refusal;
    match codes.first().copied().unwrap_or(Code::Internal) {
        Code::InvalidField => Refusal::field("title", "is missing: a text is needed"),
        code => Refusal::new(code, code.doc()),
    }
}
