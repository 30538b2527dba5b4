//! Answers on the wire.

use assay_db::Reply;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::problem::Problem;
use crate::app::Answer;

/// What every handler gives.
pub type Outcome = Result<Response, Problem>;

/// So many headers an answer gets at most, of whoever has to do with it.
const HEADERS: usize = 10;

/// So many bytes most bodies have at most.
const BYTES: usize = 1_024;

/// An object, and the same under `data`.
pub struct WithData<T>(T);

impl<T: Serialize> Serialize for WithData<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Both<'t, T> {
            #[serde(flatten)]
            object: &'t T,
            data: &'t T,
        }
        Both { object: &self.0, data: &self.0 }.serialize(serializer)
    }
}

/// `/api`, `/api/v1`, `/api/v1/agent`: the object, and the same under `data`.
pub const fn with_data<T: Serialize>(object: T) -> WithData<T> {
    WithData(object)
}

/// `/v1`: `{"ok":true,"data":…}`.
pub fn enveloped(data: Value) -> Value {
    Value::Object(Map::from_iter([("ok".to_owned(), Value::Bool(true)), ("data".to_owned(), data)]))
}

/// A reply with this body.
pub fn reply(status: u16, body: &impl Serialize) -> Reply {
    Reply::new(status, bytes(body))
}

/// A body as it is sent. What is sent has texts for names, so that it always has a form.
pub fn bytes(body: &impl Serialize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(BYTES);
    if let Err(error) = serde_json::to_writer(&mut bytes, body) {
        tracing::error!(%error, "an answer has no form");
        bytes.clear();
    }
    bytes
}

/// A JSON response.
pub fn json_response(status: StatusCode, body: Vec<u8>) -> Response {
    let mut headers = HeaderMap::with_capacity(HEADERS);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

/// A 200 with this body.
pub fn ok(body: &impl Serialize) -> Outcome {
    Ok(json_response(StatusCode::OK, bytes(body)))
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
