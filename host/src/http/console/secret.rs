//! What is shown once: a key, a handoff, a code. It is on the page that answers the form and
//! nowhere else; the same form sent again shows that it was made, and not what.

use askama::Template;
use assay_db::Reply;
use serde_json::{Value, json};

use super::super::answer::Outcome;
use super::page::{Frame, page};
use super::session::Person;
use crate::app::Answer;

/// What a verb answers to a form that makes a secret: the secret, and whose it is.
pub fn told_once(secret: &str, whose: &str) -> Reply {
    let body = |secret: Value| json!({ "secret": secret, "whose": whose }).to_string().into_bytes();
    Reply { status: 201, body: body(secret.into()), stored: Some(body(Value::Null)) }
}

/// The page around a secret.
pub struct Told {
    /// What it is.
    pub title: &'static str,
    /// What it is for.
    pub about: String,
    /// What is done with it next.
    pub next: String,
    /// The part of the house.
    pub part: &'static str,
    /// Where to go on to; `{whose}` stands for whose it is.
    pub back: String,
}

#[derive(Template)]
#[template(path = "secret.html")]
struct SecretPage {
    frame: Frame,
    told: Told,
    secret: Option<String>,
}

/// The page that shows a secret once.
pub fn show(person: &Person, answer: &Answer, mut told: Told) -> Outcome {
    let said: Value = serde_json::from_slice(&answer.reply.body).unwrap_or_default();
    let text = |name: &str| said[name].as_str().map(str::to_owned);
    told.back = told.back.replace("{whose}", &text("whose").unwrap_or_default());
    page(&SecretPage { frame: Frame::of(Some(person), told.part), told, secret: text("secret") })
}
