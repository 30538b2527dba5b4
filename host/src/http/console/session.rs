//! Who looks at a page: the cookie of a session, and the token that its forms carry.

use std::sync::Arc;

use assay_domain::refusal::{Code, Refusal};
use axum::extract::{FromRequestParts, OptionalFromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sha2::{Digest as _, Sha256};
use url::form_urlencoded::byte_serialize;

use super::super::problem::Problem;
use super::page::see;
use crate::app::access::Means;
use crate::app::{App, Ask, Caller};
use crate::clock;

/// The cookie of somebody who signed in.
const SESSION: &str = "assay_session";
/// The cookie of somebody who has not, for the forms by which one does.
const VISITOR: &str = "assay_visitor";

/// Somebody who signed in.
#[derive(Clone, Debug)]
pub struct Person {
    /// As whom they act.
    pub caller: Caller,
    /// How they are called.
    pub name: String,
    /// `human`, `agent` or `operator`.
    pub kind: String,
    /// Posts and deliveries that wait for their word.
    pub waiting: i64,
    /// What their forms carry.
    pub token: String,
}

impl Person {
    /// Whether they run the house.
    pub const fn is_operator(&self) -> bool {
        self.caller.scopes.has(crate::app::access::Scope::Admin)
    }

    /// Whether they came with a password, and not with a key.
    pub const fn has_session(&self) -> bool {
        matches!(self.caller.means, Means::Session(_))
    }

    /// A request of theirs that changes nothing twice by itself.
    pub const fn ask(&self) -> Ask {
        Ask { caller: self.caller, once: None }
    }
}

/// Whoever is not signed in is sent to sign in, and from there back to where they were.
pub struct SignInFirst(String);

impl IntoResponse for SignInFirst {
    fn into_response(self) -> Response {
        let back: String = byte_serialize(self.0.as_bytes()).collect();
        see(&format!("/sign-in?next={back}"))
    }
}

/// Why there is no person.
pub enum Nobody {
    /// Nobody signed in.
    SignIn(SignInFirst),
    /// The server could not look.
    Problem(Problem),
}

impl IntoResponse for Nobody {
    fn into_response(self) -> Response {
        match self {
            Self::SignIn(first) => first.into_response(),
            Self::Problem(problem) => problem.into_response(),
        }
    }
}

impl FromRequestParts<Arc<App>> for Person {
    type Rejection = Nobody;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Nobody> {
        match person(parts, app).await.map_err(Nobody::Problem)? {
            Some(person) => Ok(person),
            None if parts.method == Method::GET => {
                let here = parts.uri.path_and_query().map_or("/", |place| place.as_str());
                Err(Nobody::SignIn(SignInFirst(here.into())))
            }
            None => {
                let message =
                    "you are signed out, so nothing was done: sign in in another tab, then send it again";
                Err(Nobody::Problem(Refusal::new(Code::Unauthorized, message).into()))
            }
        }
    }
}

impl OptionalFromRequestParts<Arc<App>> for Person {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Option<Self>, Problem> {
        person(parts, app).await
    }
}

async fn person(parts: &Parts, app: &Arc<App>) -> Result<Option<Person>, Problem> {
    let Some(secret) = secret(&parts.headers) else { return Ok(None) };
    let caller = match parts.extensions.get::<Caller>() {
        Some(caller) => *caller,
        None => match app.authenticate(&secret).await {
            Ok(caller) => caller,
            Err(crate::error::Error::Refused(_)) => return Ok(None),
            Err(error) => return Err(error.into()),
        },
    };
    let who = app.party(caller.party).await?;
    let waiting = app.waiting(&caller).await?;
    let token = token_of(&secret);
    Ok(Some(Person { caller, name: who.profile.name, kind: who.kind, waiting, token }))
}

/// The secret that a browser keeps: a session's token or a key, which scripts cannot read.
pub fn secret(headers: &HeaderMap) -> Option<String> {
    cookie(headers, SESSION)
}

fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let lists = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = lists.flat_map(|list| list.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, value)| *key == name && !value.is_empty()).map(|(_, value)| value.to_owned())
}

/// What the forms of whoever holds a secret carry. It does not give the secret away.
fn token_of(secret: &str) -> String {
    hex::encode(&Sha256::digest(format!("form token\n{secret}"))[..16])
}

/// The token that forms of this browser must carry.
pub fn token(headers: &HeaderMap) -> Option<String> {
    secret(headers).or_else(|| cookie(headers, VISITOR)).map(|secret| token_of(&secret))
}

/// Keeps a secret in the browser until it is closed, or for so many days.
pub fn keep(app: &App, response: &mut Response, secret: &str, days: Option<u32>) {
    let age = days.map(|days| format!("; Max-Age={}", u64::from(days) * 86_400)).unwrap_or_default();
    set(app, response, &format!("{SESSION}={secret}; Path=/; HttpOnly; SameSite=Lax{age}"));
}

/// Has the browser forget it.
pub fn forget(app: &App, response: &mut Response) {
    set(app, response, &format!("{SESSION}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"));
}

/// Real money is behind TLS; a browser is told never to send the cookie without.
fn set(app: &App, response: &mut Response, cookie: &str) {
    let secure = if app.settings.money() == assay_db::Money::Live { "; Secure" } else { "" };
    if let Ok(value) = HeaderValue::from_str(&format!("{cookie}{secure}")) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}

/// The token of a visitor's forms, before they are anybody.
#[derive(Clone)]
pub struct VisitorToken(pub String);

/// Gives a browser that comes to sign up or in something its forms can be known by.
pub async fn greet(mut request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let known = token(request.headers());
    if known.is_some() || !path.starts_with("/sign-") {
        request.extensions_mut().insert(VisitorToken(known.unwrap_or_default()));
        return next.run(request).await;
    }
    let visitor = hex::encode(&clock::random_32()[..16]);
    let token = VisitorToken(token_of(&visitor));
    request.extensions_mut().insert(token.clone());
    let mut response = next.run(request).await;
    response.extensions_mut().insert(token);
    let cookie = format!("{VISITOR}={visitor}; Path=/; HttpOnly; SameSite=Lax");
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}
