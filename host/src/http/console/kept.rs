//! What was typed into a form that comes to nothing where it stands: its session is over,
//! there were too many, or the task moved on and the page has no such form any more.
//!
//! A form that is refused by its own handler is shown again by that handler. Here is the rest:
//! [`keep`] holds on to what came with a form while it is answered, and where the answer is a
//! bare refusal, the page of it has what was typed, to be sent once more or to be copied.

use askama::Template;
use assay_domain::refusal::{Code, Kind, Refusal};
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, Method, header};
use axum::response::{IntoResponse as _, Response};

use super::super::problem::Problem;
use super::form::{SECRETS, TOKEN, Typed};
use super::page::{self, Frame, own_place};
use super::session::{self, VisitorToken};
use super::words;
use crate::app::App;

/// How fields are called on their pages, where that is not their name.
const LABELS: [(&str, &str); 8] = [
    ("content", "The work"),
    ("summary", "What to know about it"),
    ("review_notes", "Notes for the worker"),
    ("cover_letter", "Why you"),
    ("proposed_price", "Your price"),
    ("email", "E-mail"),
    ("old", "Password now"),
    ("new", "New password"),
];

/// A text of more characters than this is shown in a field of several lines.
const LINE_CHARACTERS: usize = 80;

/// A field with what was typed into it.
pub struct TypedLine {
    /// What it is called on its page.
    pub label: String,
    /// What was typed.
    pub text: String,
    name: String,
    secret: bool,
}

impl TypedLine {
    /// A field, by the name it has in its form.
    fn of(name: &str, text: &str) -> Self {
        let known = LABELS.iter().find(|(field, _)| *field == name);
        let label = known.map_or_else(|| words::plain(name), |(_, label)| (*label).to_owned());
        let mut letters = label.chars();
        let label = letters.next().map(|first| first.to_uppercase().chain(letters).collect());
        let secret = SECRETS.contains(&name);
        let text = if secret { String::new() } else { text.to_owned() };
        Self { name: name.to_owned(), label: label.unwrap_or_default(), text, secret }
    }

    const fn is_hidden(&self) -> bool {
        matches!(self.name.as_bytes(), [b'_', ..])
    }

    fn is_long(&self) -> bool {
        self.text.contains('\n') || self.text.chars().nth(LINE_CHARACTERS).is_some()
    }
}

/// What somebody typed, a field each; never what only our pages know, nor a password.
pub fn typed_lines(typed: &Typed) -> Vec<TypedLine> {
    let all = typed.entries().map(|(name, text)| TypedLine::of(name, text));
    all.filter(|line| !line.is_hidden() && !line.secret && !line.text.trim().is_empty()).collect()
}

/// What came with a form, until its answer is known.
#[derive(Clone)]
pub struct Kept {
    body: Bytes,
    action: String,
    back: Option<String>,
    token: String,
}

/// Holds on to what was typed while a form is answered. Only for forms of our own pages:
/// another site could have anything typed, and its words are not to stand in a form of ours.
pub async fn keep(app: &App, request: Request, then: impl AsyncFnOnce(Request) -> Response) -> Response {
    let most = app.settings.limits.body_bytes_max;
    if !is_form(&request, most) {
        return then(request).await;
    }
    let (parts, body) = request.into_parts();
    // It is in memory already: whoever sends slowly was waited for before.
    let Ok(body) = axum::body::to_bytes(body, most).await else {
        let message = format!("the body may have at most {most} bytes");
        return Problem::from(Refusal::new(Code::TooLarge, message)).into_response();
    };
    let headers = parts.headers.clone();
    let action = own_place(parts.uri.path()).to_owned();
    let mut response = then(Request::from_parts(parts, Body::from(body.clone()))).await;
    if response.extensions().get::<Problem>().is_some() {
        let visitor = response.extensions_mut().remove::<VisitorToken>().map(|VisitorToken(token)| token);
        let token = session::token(&headers).or(visitor).unwrap_or_default();
        response.extensions_mut().insert(Kept { body, action, back: back(&headers), token });
    }
    response
}

/// Whether a browser sends a form of one of our pages, which is not larger than any.
fn is_form(request: &Request, most: usize) -> bool {
    let headers = request.headers();
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let length = text(header::CONTENT_LENGTH).parse::<usize>().unwrap_or(0);
    request.method() == Method::POST
        && length <= most
        && text(header::CONTENT_TYPE).starts_with("application/x-www-form-urlencoded")
        && page::wanted(request.uri().path(), headers)
        && is_ours(headers)
}

/// Whether the browser says that the form is of a page of this very place.
fn is_ours(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match (text("sec-fetch-site"), text("origin"), text("host")) {
        (Some(site), _, _) => site == "same-origin",
        (None, Some(origin), Some(host)) => origin.split_once("://").is_some_and(|(_, of)| of == host),
        _ => false,
    }
}

/// The page that the form stood on.
fn back(headers: &HeaderMap) -> Option<String> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let (_, rest) = text(header::REFERER)?.split_once("://")?;
    let path = rest.strip_prefix(text(header::HOST)?)?;
    (path.starts_with('/') && own_place(path) == path).then(|| path.to_owned())
}

#[derive(Template)]
#[template(path = "kept.html")]
struct KeptPage<'r> {
    frame: Frame,
    title: &'static str,
    refusal: &'r Refusal,
    again: bool,
    signed_out: bool,
    kept: &'r Kept,
    lines: Vec<TypedLine>,
}

/// The page of a refusal with what was typed. What may succeed the next time is a form that
/// sends it once more, under the token of whoever looks now.
pub fn page<'r>(title: &'static str, refusal: &'r Refusal, kept: &'r Kept) -> impl Template + 'r {
    let typed = Typed::parse(&kept.body);
    let kind = refusal.code.kind();
    let signed_out = kind == Kind::Unauthenticated;
    let passes = matches!(kind, Kind::TooMany | Kind::Overloaded) && refusal.code != Code::DryRunsExhausted;
    let again = signed_out || passes || refusal.code == Code::FormExpired;
    let lines = typed.entries().filter(|(name, _)| *name != TOKEN);
    let lines = lines.map(|(name, text)| TypedLine::of(name, text));
    KeptPage {
        frame: Frame::of(None, ""),
        title,
        refusal,
        again,
        signed_out,
        kept,
        lines: if again { lines.collect() } else { typed_lines(&typed) },
    }
}
