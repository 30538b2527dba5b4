//! Answers on the wire.

use assay_db::Reply;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};

use super::problem::Problem;
use crate::app::Answer;

/// What every handler gives.
pub type Outcome = Result<Response, Problem>;

/// `/api`, `/api/v1`, `/api/v1/agent`: the object, and the same under `data`.
pub fn with_data(object: Value) -> Value {
    let mut outer = object.clone();
    if let Value::Object(fields) = &mut outer {
        fields.insert("data".into(), object);
    }
    outer
}

/// `/v1`: `{"ok":true,"data":…}`.
pub fn enveloped(data: Value) -> Value {
    Value::Object(Map::from_iter([("ok".to_owned(), Value::Bool(true)), ("data".to_owned(), data)]))
}

/// A reply with this body.
pub fn reply(status: u16, body: &Value) -> Reply {
    Reply::new(status, body.to_string().into_bytes())
}

/// A JSON response.
pub fn json_response(status: StatusCode, body: Vec<u8>) -> Response {
    let mut response = (status, body).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// A 200 with this body.
pub fn ok(body: &Value) -> Outcome {
    Ok(json_response(StatusCode::OK, body.to_string().into_bytes()))
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.reply.status).unwrap_or(StatusCode::OK);
        let mut response = json_response(status, self.reply.body);
        if self.replayed {
            response.headers_mut().insert("idempotent-replayed", HeaderValue::from_static("true"));
        }
        response
    }
}

/// The answer of a verb, or its problem.
pub fn of(answer: Result<Answer, crate::error::Error>) -> Outcome {
    Ok(answer?.into_response())
}
