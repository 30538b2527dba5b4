//! The frame around every page, the headers it goes out with, and the page of a refusal.

use askama::Template;
use assay_domain::refusal::{Code, Kind, Refusal};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::super::answer::Outcome;
use super::form::{Attempt, Sheet};
use super::kept::{self, Kept, TypedLine, typed_lines};
use super::session::Person;
use super::{assets, words};
use crate::app::Answer;
use crate::error::Error;

/// Our own scripts, styles and pictures; nothing inline, nothing from elsewhere, no frame
/// around us, no form to anyone else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                      connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What stands around a page: who looks, where they are, what just happened.
pub struct Frame {
    /// Who looks, if somebody is signed in.
    pub person: Option<Person>,
    /// Which part of the house it is, as the menu calls it.
    pub part: &'static str,
    /// What was just done.
    pub notice: Option<&'static str>,
    /// The form that signs out.
    pub sign_out: Option<Sheet>,
}

impl Frame {
    /// Around a page of a part of the house.
    pub fn of(person: Option<&Person>, part: &'static str) -> Self {
        let sign_out = person.map(|person| Attempt::none().sheet(&person.token, "sign-out", "/sign-out"));
        Self { person: person.cloned(), part, notice: None, sign_out }
    }

    /// With what `?done=` says was done.
    #[must_use]
    pub fn after(mut self, done: &str) -> Self {
        self.notice = words::done(done);
        self
    }

    /// Where a file of the page is.
    pub fn asset(&self, name: &str) -> String {
        assets::place(name)
    }

    /// Marks the part of the menu that the page is in.
    pub fn here(&self, part: &str) -> &'static str {
        if self.part == part { "page" } else { "false" }
    }
}

/// A page.
pub fn page(template: &impl Template) -> Outcome {
    written(StatusCode::OK, template, None)
}

/// A page after an attempt: its status is what the refusal's would be anywhere.
pub fn page_after(attempt: &Attempt, template: &impl Template) -> Outcome {
    let refusal = attempt.refusal.as_ref();
    let status = refusal.map_or(StatusCode::OK, |refusal| super::super::problem::status_of(refusal.code));
    written(status, template, refusal.map(|refusal| (attempt, refusal)))
}

/// Where the content of every page begins; see `frame.html`.
const CONTENT: &str = "<main id=\"main\" tabindex=\"-1\">\n";

/// What is wrong, at the top of the page. The form it is about may be gone from it, since
/// what it was for has moved on: then what was typed stands there as well.
#[derive(Template)]
#[template(path = "parts/alert.html")]
struct Alert<'r> {
    message: &'r str,
    lines: Vec<TypedLine>,
}

fn written(status: StatusCode, template: &impl Template, alert: Option<(&Attempt, &Refusal)>) -> Outcome {
    let wrong = |error| Error::Internal(format!("a page: {error}"));
    let mut text = template.render().map_err(wrong)?;
    if let Some((attempt, Refusal { message, .. })) = alert
        && let Some(at) = text.find(CONTENT)
    {
        let is_there = text.contains(&format!(" id=\"{}\"", attempt.id()));
        let lines = if is_there { Vec::new() } else { typed_lines(&attempt.typed) };
        text.insert_str(at + CONTENT.len(), &Alert { message, lines }.render().map_err(wrong)?);
    }
    let mut response = (status, text).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response.extensions_mut().insert(Written);
    Ok(response)
}

/// A response that is a page already, whatever its status.
#[derive(Clone, Copy)]
pub struct Written;

/// Go on there.
pub fn see(place: &str) -> Response {
    let place = HeaderValue::from_str(place).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, place)]).into_response()
}

/// What a verb answers to a form: where to go on.
pub fn going_to(place: impl Into<String>) -> assay_db::Reply {
    assay_db::Reply::new(StatusCode::SEE_OTHER.as_u16(), place.into().into_bytes())
}

/// Goes where the verb's answer says.
pub fn gone(answer: &Answer) -> Response {
    see(std::str::from_utf8(&answer.reply.body).unwrap_or("/"))
}

/// A place of ours to go on to after signing in; anything else is the front door.
pub fn own_place(place: &str) -> &str {
    // Browsers read a backslash as a slash, and leave tabs and ends of lines out of an
    // address, so that what follows one may come to stand behind two slashes.
    let odd = |letter: char| letter == '\\' || letter.is_control();
    let ours = place.starts_with('/') && !place.starts_with("//") && !place.contains(odd);
    if ours { place } else { "/tasks" }
}

/// The headers of every page.
pub async fn guard_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    secure(response.headers_mut());
    response
}

fn secure(headers: &mut HeaderMap) {
    let all: [(HeaderName, &str); 6] = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    for (name, value) in all {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
}

#[derive(Template)]
#[template(path = "refused.html")]
struct Refused<'r> {
    frame: Frame,
    title: &'static str,
    refusal: &'r Refusal,
}

/// A refusal as a page, for a browser that asked for one; with what was typed, if it came
/// with a form of ours.
pub fn refused(status: StatusCode, refusal: &Refusal, kept: Option<&Kept>) -> Response {
    let title = match refusal.code.kind() {
        Kind::NotFound | Kind::Method => "Nothing here",
        Kind::Unauthenticated => "Sign in first",
        Kind::Forbidden => "Not yours to do",
        Kind::TooMany => "Too many requests",
        Kind::Overloaded => "Busy",
        Kind::Internal => "Our fault",
        _ if refusal.code == Code::FormExpired => "An old form",
        _ => "That did not work",
    };
    let page = match kept {
        Some(kept) => written(status, &kept::page(title, refusal, kept), None),
        None => written(status, &Refused { frame: Frame::of(None, ""), title, refusal }, None),
    };
    let mut response = match page {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    };
    secure(response.headers_mut());
    response
}

#[derive(Template)]
#[template(path = "said.html")]
struct Said {
    frame: Frame,
    title: &'static str,
    message: &'static str,
}

/// A page that says one thing, for routes that are not of the console.
pub fn said(person: Option<&Person>, title: &'static str, message: &'static str) -> Outcome {
    let mut response = page(&Said { frame: Frame::of(person, "wallet"), title, message })?;
    secure(response.headers_mut());
    Ok(response)
}

/// Whether a browser asks for a page of the console.
pub fn wanted(path: &str, headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    super::has(path) && accept.contains("text/html")
}
