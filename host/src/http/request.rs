//! Reading a request: who calls, with which idempotency key, and what they send.

use std::sync::Arc;

use assay_db::Once;
use assay_domain::refusal::{Code, Refusal};
use axum::body;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, header};
use sha2::{Digest as _, Sha256};

use super::fields::Fields;
use super::problem::Problem;
use crate::app::access::Scope;
use crate::app::{App, Ask, Caller};

/// Longest idempotency key: a UUID is 36 characters, and some clients add a prefix.
const IDEMPOTENCY_KEY_CHARACTERS_MAX: usize = 255;

/// Someone with a good key.
pub struct Me(pub Caller);

impl FromRequestParts<Arc<App>> for Me {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        Ok(Self(caller(&parts.headers, &parts.extensions, app).await?))
    }
}

/// A request that changes something: who asks, once or not, with which fields.
pub struct Call {
    /// What was sent.
    pub fields: Fields,
    ask: Ask,
}

impl Call {
    /// Whoever calls, whatever the key opens.
    pub fn caller(&self) -> &Caller {
        &self.ask.caller
    }

    /// The request's caller and key, if the key opens this scope.
    pub fn ask(&self, scope: Scope) -> Result<&Ask, Problem> {
        self.ask.caller.require(scope)?;
        Ok(&self.ask)
    }

    /// The same for what needs no scope: one's own keys, sessions and bindings, of which
    /// the verb says what it takes.
    pub const fn ask_for_oneself(&self) -> &Ask {
        &self.ask
    }

    /// The same where any of these scopes will do. The first is the one that is asked for.
    pub fn ask_any(&self, scopes: &[Scope]) -> Result<&Ask, Problem> {
        let has = |scope: &Scope| self.ask.caller.scopes.has(*scope);
        let lacking = scopes.first().filter(|_| !scopes.iter().any(has));
        lacking.map_or(Ok(&self.ask), |scope| self.ask(*scope))
    }
}

impl Caller {
    /// Refuses a caller whose key does not open the scope.
    pub fn require(&self, scope: Scope) -> Result<(), Problem> {
        if self.scopes.has(scope) {
            return Ok(());
        }
        let message = format!("this key lacks the scope {}", scope.as_str());
        Err(Refusal::new(Code::MissingScope, message).into())
    }
}

impl FromRequest<Arc<App>> for Call {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Problem> {
        let (caller, body, once) = read(request, app, app.settings.limits.body_bytes_max).await?;
        Ok(Self { fields: Fields::parse(&body)?, ask: Ask { caller, once } })
    }
}

/// Who calls, what they send, and the key under which it counts once.
async fn read(
    request: Request,
    app: &Arc<App>,
    bytes_max: usize,
) -> Result<(Caller, body::Bytes, Option<Once>), Problem> {
    let caller = caller(request.headers(), request.extensions(), app).await?;
    let key = idempotency_key(request.headers())?;
    let key = key.map(|key| {
        let (method, path) = (request.method(), request.uri().path());
        hex::encode(Sha256::digest(format!("{}\n{method} {path}\n{key}", caller.party)))
    });
    let body = body_of(request, app, bytes_max).await?;
    let once = key.map(|key| Once { key, body_hash: Sha256::digest(&body).to_vec() });
    Ok((caller, body, once))
}

/// A request that sends bytes: who asks, once or not, with which bytes.
pub struct Bytes {
    body: Arc<[u8]>,
    ask: Ask,
}

impl Bytes {
    /// The request's caller and key, if the key opens this scope.
    pub fn ask(&self, scope: Scope) -> Result<&Ask, Problem> {
        self.ask.caller.require(scope)?;
        Ok(&self.ask)
    }

    /// Reads a request whose body may have at most so many bytes.
    pub async fn read(request: Request, app: &Arc<App>, bytes_max: usize) -> Result<Self, Problem> {
        let (caller, body, once) = read(request, app, bytes_max).await?;
        Ok(Self { body: Arc::from(&*body), ask: Ask { caller, once } })
    }

    /// What was sent.
    pub fn body(&self) -> Arc<[u8]> {
        Arc::clone(&self.body)
    }
}

impl FromRequest<Arc<App>> for Bytes {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Problem> {
        Self::read(request, app, app.settings.limits.component_bytes_max).await
    }
}

/// A request anyone may make, with its fields.
pub struct Open(pub Fields);

impl FromRequest<Arc<App>> for Open {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Problem> {
        let bytes_max = app.settings.limits.body_bytes_max;
        Ok(Self(Fields::parse(&body_of(request, app, bytes_max).await?)?))
    }
}

/// A body of at most so many bytes.
pub(super) async fn body_of(request: Request, app: &Arc<App>, most: usize) -> Result<body::Bytes, Problem> {
    let too_large =
        || Problem::from(Refusal::new(Code::TooLarge, format!("the body may have at most {most} bytes")));
    let length = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    if length.and_then(|length| length.parse::<usize>().ok()).is_some_and(|length| length > most) {
        return Err(too_large());
    }
    body::Bytes::from_request(request, app).await.map_err(|rejection| {
        if rejection.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
            too_large()
        } else {
            Refusal::new(Code::InvalidJson, "the body could not be read").into()
        }
    })
}

/// Who calls: found already when the limits were asked, or refused now.
async fn caller(headers: &HeaderMap, found: &Extensions, app: &Arc<App>) -> Result<Caller, Problem> {
    match found.get::<Caller>() {
        Some(caller) => Ok(*caller),
        None => Ok(app.authenticate(secret(headers).unwrap_or_default()).await?),
    }
}

/// The key of `Authorization: Bearer KEY` or `X-API-Key: KEY`.
pub(super) fn secret(headers: &HeaderMap) -> Option<&str> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let bearer = text(header::AUTHORIZATION.as_str()).and_then(|value| {
        let (scheme, key) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(key.trim())
    });
    bearer.or_else(|| text("x-api-key"))
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let fits = |key: &&str| !key.is_empty() && key.len() <= IDEMPOTENCY_KEY_CHARACTERS_MAX;
    match value.to_str().ok().filter(fits) {
        Some(key) => Ok(Some(key.to_owned())),
        None => Err(Refusal::field("Idempotency-Key", "must be 1 to 255 visible ASCII characters")),
    }
}
