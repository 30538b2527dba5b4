//! Refusals on the wire: one body on every path, for every status from 400 on.

use std::any::Any;

use assay_domain::refusal::{Code, Kind, Refusal};
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::console::kept::Kept;
use super::console::page;
use crate::error::Error;

/// A refusal on its way out. It becomes a body in [`as_problem`], which knows the path.
#[derive(Clone, Debug)]
pub struct Problem(Refusal);

impl<E: Into<Error>> From<E> for Problem {
    fn from(error: E) -> Self {
        let error = error.into();
        match &error {
            Error::Refused(_) => {}
            Error::Unavailable(why) => tracing::warn!(%why, "unavailable"),
            Error::Internal(why) => tracing::error!(%why, "internal"),
        }
        Self(error.refusal())
    }
}

impl Problem {
    /// What is refused.
    pub const fn refusal(&self) -> &Refusal {
        &self.0
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = status_of(self.0.code).into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Writes the body of every problem.
pub async fn as_problem(request: Request, then: impl AsyncFnOnce(Request) -> Response) -> Response {
    let (uri, page) = (request.uri().clone(), page::wanted(request.uri().path(), request.headers()));
    let path = uri.path();
    let mut response = then(request).await;
    let status = response.status();
    let written = response.extensions().get::<page::Written>().is_some();
    if written || (!status.is_client_error() && !status.is_server_error()) {
        return response;
    }
    let refusal = match response.extensions_mut().remove::<Problem>() {
        Some(problem) => problem.0,
        // Nothing of ours answers without a refusal; this is the server stack's own.
        None => Refusal::new(code_of(status), status.canonical_reason().unwrap_or("refused")),
    };
    let kept = response.extensions_mut().remove::<Kept>();
    tracing::debug!(code = refusal.code.as_str(), ?status, "refused");
    let mut written =
        if page { page::refused(status, &refusal, kept.as_ref()) } else { write(path, &refusal) };
    if let Some(seconds) = retry_after(&refusal) {
        written.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    // What stands beside a body stays: which methods there are, how the limits stand.
    let replaced = [header::CONTENT_TYPE, header::CONTENT_LENGTH];
    for (name, value) in response.headers() {
        if !replaced.contains(name) && !written.headers().contains_key(name) {
            written.headers_mut().append(name, value.clone());
        }
    }
    written
}

/// When the same request may succeed, in seconds.
fn retry_after(refusal: &Refusal) -> Option<u64> {
    // Dry runs that are used up do not come back.
    let passes = matches!(refusal.code.kind(), Kind::TooMany | Kind::Overloaded)
        && refusal.code != Code::DryRunsExhausted;
    refusal.retry_after_seconds.or(passes.then_some(1))
}

/// The one body of every refusal.
pub fn body(path: &str, status: StatusCode, refusal: &Refusal) -> Value {
    let code = refusal.code.as_str();
    let mut body = json!({
        "ok": false,
        "error": { "code": code, "message": refusal.message },
        "type": format!("urn:assay:error:{}", code.to_lowercase().replace('_', "-")),
        "title": status.canonical_reason().unwrap_or("Refused"),
        "status": status.as_u16(),
        "detail": refusal.message,
        "instance": path,
    });
    if let Some(field) = &refusal.field {
        body["error"]["field"] = field.as_str().into();
    }
    body
}

fn write(path: &str, refusal: &Refusal) -> Response {
    let code = refusal.code;
    let status = on_surface(path, code);
    let mut response = (status, body(path, status, refusal).to_string()).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

/// The status of a refusal on a path: the work surface calls a wrong status forbidden,
/// every other calls it a conflict.
pub fn on_surface(path: &str, code: Code) -> StatusCode {
    if code == Code::WrongStatus && path.starts_with("/v1/") {
        return StatusCode::FORBIDDEN;
    }
    status_of(code)
}

/// The status of a refusal anywhere but on the work surface.
pub const fn status_of(code: Code) -> StatusCode {
    match code.kind() {
        Kind::Invalid => StatusCode::BAD_REQUEST,
        Kind::Unauthenticated => StatusCode::UNAUTHORIZED,
        Kind::Funds => StatusCode::PAYMENT_REQUIRED,
        Kind::Forbidden => StatusCode::FORBIDDEN,
        Kind::NotFound => StatusCode::NOT_FOUND,
        Kind::Method => StatusCode::METHOD_NOT_ALLOWED,
        Kind::Conflict => StatusCode::CONFLICT,
        Kind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Kind::KeyReused => StatusCode::UNPROCESSABLE_ENTITY,
        Kind::TooMany => StatusCode::TOO_MANY_REQUESTS,
        Kind::Overloaded => StatusCode::SERVICE_UNAVAILABLE,
        Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn code_of(status: StatusCode) -> Code {
    match status {
        StatusCode::NOT_FOUND => Code::NotFound,
        StatusCode::METHOD_NOT_ALLOWED => Code::MethodNotAllowed,
        StatusCode::PAYLOAD_TOO_LARGE => Code::TooLarge,
        _ if status.is_client_error() => Code::InvalidField,
        _ => Code::Internal,
    }
}

/// A path nobody answers.
pub async fn no_such_path() -> Problem {
    Refusal::new(Code::NotFound, "no such path: /docs lists what there is").into()
}

/// A path that does not take the method.
pub async fn no_such_method() -> Problem {
    Refusal::new(Code::MethodNotAllowed, "this path does not take this method").into()
}

/// A handler that panicked. The text goes to the log alone.
#[expect(clippy::needless_pass_by_value, reason = "the layer that catches panics hands them over")]
pub fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
    Problem::from(Error::Internal(format!("panic: {}", text.unwrap_or("without a text")))).into_response()
}
