//! The key that others encrypt to: made and kept in the browser; only its public half comes
//! here.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::super::answer::Outcome;
use super::super::handoffs::read_encryption_key;
use super::asked::Asked;
use super::form::{Attempt, Form, Sheet, fields};
use super::page::{Frame, going_to, gone, page_after};
use super::session::Person;
use crate::app::App;

#[derive(Template)]
#[template(path = "encryption.html")]
struct KeyPage {
    frame: Frame,
    sheet: Sheet,
    party: String,
    registered: Option<String>,
}

/// `GET /account/encryption`.
pub async fn key_page(State(app): State<Arc<App>>, person: Person, asked: Asked) -> Outcome {
    show(&app, &person, &Attempt::none(), asked.done()).await
}

async fn show(app: &App, person: &Person, attempt: &Attempt, done: &str) -> Outcome {
    let registered = app.encryption_key(person.caller.party).await?;
    page_after(
        attempt,
        &KeyPage {
            frame: Frame::of(Some(person), "account").after(done),
            sheet: attempt.sheet(&person.token, "key", "/account/encryption"),
            party: person.caller.party.to_string(),
            registered: registered.as_ref().map(thumbprint),
        },
    )
}

/// `POST /account/encryption`: the public key of the profile.
pub async fn set_key(State(app): State<Arc<App>>, form: Form) -> Outcome {
    let set = async {
        let read = fields(&json!({ "public_key": form.typed.text("public_key") }))?;
        let key = read.needed("public_key", "a public JWK", read_encryption_key(&read, "public_key")?)?;
        let went = |_: &_| going_to("/account/encryption?done=encryption-key");
        Ok(app.set_encryption_key(form.ask_for_oneself(), &key, went).await?)
    };
    match set.await {
        Ok(answer) => Ok(gone(&answer)),
        Err(problem) => show(&app, &form.person, &form.again("key", &problem), "").await,
    }
}

/// The thumbprint of a public key (RFC 7638), by which people compare two.
pub fn thumbprint(jwk: &Value) -> String {
    let member = |name: &str| jwk.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    // Names in their order, no space: the one form that everybody hashes.
    let y = jwk.get("y").and_then(Value::as_str).map(|y| format!(r#","y":"{y}""#)).unwrap_or_default();
    let (crv, kty, x) = (member("crv"), member("kty"), member("x"));
    let text = format!(r#"{{"crv":"{crv}","kty":"{kty}","x":"{x}"{y}}}"#);
    URL_SAFE_NO_PAD.encode(Sha256::digest(text))
}
