//! One operation of the document.
//!
//! An answer's kind says what is around its schema:
//!
//! | kind | body |
//! |---|---|
//! | `flat X` | X, and the same under `data` |
//! | `enveloped X` | `{"ok":true,"data":X}` |
//! | `items X` | `{"ok":true,"data":{"items":[X]}}` |
//! | `page X`, `camel-page X` | the same with `pagination` |
//! | `list X` | `{"data":[X],"count":n}`; `Link` where there is a `cursor`, here and in the next |
//! | `data X` | `{"data":[X]}` |
//! | `bare X` | `[X]` |
//! | `json X` | X |
//! | `bytes TYPE` | a body of that media type |

use serde_json::{Map, Value, json};

use super::fields::{self, Side};
use super::schemas::Schemas;
use super::{Subject, Words, refusals};
use crate::http::render::Style;
use crate::http::table::Route;

/// The operation of a route.
pub(super) fn write(route: &Route, subject: &Subject, words: &Words, schemas: &mut Schemas) -> Value {
    let style = style(&subject.style, schemas);
    let mut responses = answers(route, words, style, schemas);
    responses.extend(refusals::responses(route, words, schemas));
    let mut operation = json!({
        "operationId": operation_id(route),
        "tags": [subject.tag.name],
        "summary": words.summary,
        "description": description(words),
        "parameters": parameters(route, words, style, schemas),
        "responses": responses,
        "security": security(words),
    });
    if let Some(scope) = words.scope.as_ref().filter(|scope| *scope != "any") {
        operation["x-required-scope"] = scope.as_str().into();
    }
    if let Some(body) = &words.body {
        operation["requestBody"] = request_body(body, style, schemas);
    }
    operation
}

fn style(name: &str, schemas: &mut Schemas) -> Style {
    match name {
        "commission" => Style::Commission,
        "camel" => Style::Camel,
        "snake" => Style::Snake,
        other => {
            schemas.fault(format!("{other:?} is no style"));
            Style::Snake
        }
    }
}

/// `POST /api/tasks/{id}/cancel` as `post_api_tasks_id_cancel`.
fn operation_id(route: &Route) -> String {
    let plain = |character: char| if character.is_ascii_alphanumeric() { character } else { '_' };
    let path: String = route.path.chars().filter(|one| !['{', '}'].contains(one)).map(plain).collect();
    format!("{}{path}", route.method.as_str().to_lowercase())
}

fn description(words: &Words) -> String {
    let scope = match words.scope.as_deref() {
        None => "No key is needed.".to_owned(),
        Some("any") => "Any key will do.".to_owned(),
        Some(scope) => format!("Needs a key with the scope `{}`.", scope.replace('|', "` or `")),
    };
    if words.description.is_empty() { scope } else { format!("{}\n\n{scope}", words.description) }
}

fn security(words: &Words) -> Value {
    match words.scope.as_deref() {
        None => json!([]),
        Some("any") => json!([{ "bearer": [] }, { "api_key": [] }]),
        Some(scopes) => {
            let each = |scope| [json!({ "bearer": [scope] }), json!({ "api_key": [scope] })];
            scopes.split('|').flat_map(each).collect()
        }
    }
}

fn parameters(route: &Route, words: &Words, style: Style, schemas: &mut Schemas) -> Value {
    let mut all = Vec::new();
    let names = route.path.split('{').skip(1).filter_map(|rest| rest.split('}').next());
    for name in names {
        let field = match words.path.get(name) {
            Some(Value::String(shared)) => schemas.parameter(shared),
            Some(field) => field.clone(),
            None => schemas.parameter(&format!("{{{name}}}")),
        };
        all.push(parameter(name, "path", true, &field, style, schemas));
    }
    for name in words.path.keys().filter(|name| !route.path.contains(&format!("{{{name}}}"))) {
        schemas.fault(format!("{} has no {name:?}", route.path));
    }
    for (name, field) in &words.query {
        let needed = name.ends_with('!');
        let name = name.trim_end_matches('!');
        let shared =
            if field.is_string() { schemas.parameter(field.as_str().unwrap_or(name)) } else { field.clone() };
        all.push(parameter(name, "query", needed, &shared, style, schemas));
    }
    if refusals::counts_once(route, words) {
        let field = schemas.parameter("Idempotency-Key");
        all.push(parameter("Idempotency-Key", "header", false, &field, style, schemas));
    }
    all.into()
}

fn parameter(
    name: &str,
    place: &str,
    required: bool,
    field: &Value,
    style: Style,
    schemas: &mut Schemas,
) -> Value {
    let mut schema = fields::schema(field, Side::Answered, style, schemas);
    let description = schema.as_object_mut().and_then(|members| members.remove("description"));
    let mut parameter = json!({ "name": name, "in": place, "required": required, "schema": schema });
    if let Some(description) = description {
        parameter["description"] = description;
    }
    parameter
}

fn request_body(body: &Value, style: Style, schemas: &mut Schemas) -> Value {
    if let Some(media_type) = body["bytes"].as_str() {
        let binary = json!({ "type": "string", "format": "binary" });
        return json!({ "required": true, "content": { media_type: { "schema": binary } } });
    }
    let none = Map::new();
    let given = body["fields"].as_object().unwrap_or(&none);
    let required: Vec<&str> =
        body["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for name in required.iter().filter(|name| !given.contains_key(**name)) {
        schemas.fault(format!("{name:?} is required and not described"));
    }
    let mut schema = fields::object(given, &required, Side::Asked, style, schemas);
    if let Some(choices) = body.get("anyOf") {
        schema["anyOf"] = choices.clone();
    }
    let example = match body.get("example") {
        Some(example) => example.clone(),
        None => schemas.example(&schema),
    };
    json!({
        "required": !required.is_empty(),
        "content": { "application/json": { "schema": schema, "example": example } },
    })
}

fn answers(route: &Route, words: &Words, style: Style, schemas: &mut Schemas) -> Map<String, Value> {
    let mut responses = Map::new();
    for (status, said) in &words.answers {
        let [kind, what, others @ ..] = &said[..] else {
            schemas.fault(format!("{} {status}: a kind and a sentence are needed", route.path));
            continue;
        };
        let (around, name) = kind.split_once(' ').unwrap_or((kind, ""));
        let mut response = json!({ "description": what, "headers": {} });
        if around == "bytes" {
            response["content"] = json!({ name: { "schema": {} } });
        } else if !kind.is_empty() {
            let schema = answer(around, name, style, schemas);
            let example = schemas.example(&schema);
            response["content"] = json!({ "application/json": { "schema": schema, "example": example } });
        }
        for media_type in others {
            response["content"][media_type] = json!({ "schema": {} });
        }
        for header in headers(route, words, around) {
            response["headers"][header] = json!({ "$ref": format!("#/components/headers/{header}") });
        }
        responses.insert(status.clone(), response);
    }
    responses
}

/// The headers of a success.
fn headers(route: &Route, words: &Words, around: &str) -> Vec<&'static str> {
    let mut headers = vec!["X-Request-Id"];
    if !refusals::is_never_too_many(route) {
        headers.extend(["RateLimit", "RateLimit-Policy"]);
    }
    if refusals::counts_once(route, words) {
        headers.push("Idempotent-Replayed");
    }
    if ["list", "data"].contains(&around) && words.query.contains_key("cursor") {
        headers.push("Link");
    }
    headers
}

fn answer(around: &str, name: &str, style: Style, schemas: &mut Schemas) -> Value {
    let inner = schemas.reference(name, style);
    let list = json!({ "type": "array", "items": inner });
    let object = |members: Value| {
        let names: Vec<String> =
            members.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect();
        json!({ "type": "object", "properties": members, "required": names })
    };
    let enveloped = |data: Value| object(json!({ "ok": { "const": true }, "data": data }));
    match around {
        "flat" => json!({ "allOf": [inner, object(json!({ "data": inner }))] }),
        "enveloped" => enveloped(inner),
        "items" => enveloped(object(json!({ "items": list }))),
        "page" => {
            let pagination = schemas.reference("Pagination", Style::Snake);
            enveloped(object(json!({ "items": list, "pagination": pagination })))
        }
        "camel-page" => {
            let pagination = schemas.reference("CamelPagination", Style::Snake);
            enveloped(object(json!({ "items": list, "pagination": pagination })))
        }
        "list" => object(json!({ "data": list, "count": { "type": "integer", "minimum": 0 } })),
        "data" => object(json!({ "data": list })),
        "bare" => list,
        "json" => inner,
        other => {
            schemas.fault(format!("{other:?} is no kind of answer"));
            json!({})
        }
    }
}
