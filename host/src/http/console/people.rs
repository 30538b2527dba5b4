//! Signing up, in and out; the account.

use std::sync::Arc;

use askama::Template;
use assay_db::{Once, Reply};
use assay_domain::refusal::{Code, Refusal};
use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use serde_json::json;

use super::super::answer::Outcome;
use super::super::people::{read_sign_in, read_sign_up};
use super::super::problem::Problem;
use super::asked::Asked;
use super::form::{Attempt, Form, OpenForm, Sheet, Typed, fields};
use super::page::{Frame, going_to, gone, own_place, page, page_after, see};
use super::session::{Person, VisitorToken, forget, keep};
use crate::app::App;
use crate::app::access::NewKey;
use crate::app::accounts::SignIn;

#[derive(Template)]
#[template(path = "sign_up.html")]
struct SignUpPage {
    frame: Frame,
    sheet: Sheet,
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    frame: Frame,
    sheet: Sheet,
    by_key: Sheet,
}

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    frame: Frame,
    person: Person,
    email: Option<String>,
    password: Sheet,
    everywhere: Sheet,
}

/// `GET /sign-up`.
pub async fn sign_up_page(Extension(token): Extension<VisitorToken>, asked: Asked) -> Outcome {
    show_sign_up(&token, &Attempt::none(), asked.get("next"))
}

fn show_sign_up(token: &VisitorToken, attempt: &Attempt, next: &str) -> Outcome {
    let sheet = attempt.sheet(&token.0, "sign-up", "/sign-up").filled("next", own_place(next));
    page_after(attempt, &SignUpPage { frame: Frame::of(None, ""), sheet })
}

/// `POST /sign-up`: makes the account and signs in to it.
pub async fn sign_up(
    State(app): State<Arc<App>>,
    Extension(token): Extension<VisitorToken>,
    form: OpenForm,
) -> Outcome {
    match begin(&app, &form.typed, form.once.as_ref()).await {
        Ok(response) => Ok(response),
        Err(problem) => {
            show_sign_up(&token, &again("sign-up", &form.typed, &problem), form.typed.get("next"))
        }
    }
}

fn again(form: &'static str, typed: &Typed, problem: &Problem) -> Attempt {
    Attempt { form, typed: typed.clone(), refusal: Some(problem.refusal().clone()) }
}

async fn begin(app: &App, typed: &Typed, once: Option<&Once>) -> Result<Response, Problem> {
    let asked = read_sign_up(&fields(&json!({
        "email": typed.text("email"),
        "password": typed.get("password"),
        "name": typed.text("name"),
        "referral_code": typed.text("referral_code"),
    }))?)?;
    // The first key of an account is for programs; whoever is in a browser makes theirs
    // where it can be copied.
    app.sign_up(&asked, once, |_| Reply::new(201, Vec::new())).await?;
    let asked = SignIn { email: asked.email, password: asked.password, label: "browser".into() };
    let place = match own_place(typed.get("next")) {
        "/" | "/tasks" => "/tasks?done=welcome",
        place => place,
    };
    let response = open_session(app, &asked, place).await?;
    Ok(response)
}

/// Signs in, and keeps the session in the browser.
async fn open_session(app: &App, asked: &SignIn, place: &str) -> Result<Response, Problem> {
    let answer = app.sign_in(asked, |key: &NewKey| Reply::new(201, key.secret.clone().into_bytes())).await?;
    let secret = String::from_utf8_lossy(&answer.reply.body).into_owned();
    let mut response = see(place);
    keep(app, &mut response, &secret, Some(app.settings.limits.session_days));
    Ok(response)
}

/// `GET /sign-in?next=`.
pub async fn sign_in_page(Extension(token): Extension<VisitorToken>, asked: Asked) -> Outcome {
    show_sign_in(&token, &Attempt::none(), asked.get("next"))
}

fn show_sign_in(token: &VisitorToken, attempt: &Attempt, next: &str) -> Outcome {
    let next = own_place(next);
    let sheet = attempt.sheet(&token.0, "sign-in", "/sign-in").filled("next", next);
    let by_key = attempt.sheet(&token.0, "by-key", "/sign-in/key").filled("next", next);
    page_after(attempt, &SignInPage { frame: Frame::of(None, ""), sheet, by_key })
}

/// `POST /sign-in`.
pub async fn sign_in(
    State(app): State<Arc<App>>,
    Extension(token): Extension<VisitorToken>,
    form: OpenForm,
) -> Outcome {
    let typed = &form.typed;
    let signed_in = async {
        let asked = read_sign_in(&fields(&json!({
            "email": typed.text("email"),
            "password": typed.get("password"),
            "label": "browser",
        }))?)?;
        open_session(&app, &asked, own_place(typed.get("next"))).await
    };
    match signed_in.await {
        Ok(response) => Ok(response),
        Err(problem) => show_sign_in(&token, &again("sign-in", typed, &problem), typed.get("next")),
    }
}

/// `POST /sign-in/key`: for the operator, and for whoever looks after an agent. The key
/// stays in the browser until it is closed.
pub async fn sign_in_with_key(
    State(app): State<Arc<App>>,
    Extension(token): Extension<VisitorToken>,
    form: OpenForm,
) -> Outcome {
    let secret = form.typed.get("key").trim();
    if app.authenticate(secret).await.is_ok() {
        let mut response = see(own_place(form.typed.get("next")));
        keep(&app, &mut response, secret, None);
        return Ok(response);
    }
    let refusal = Refusal::field("key", "is unknown, expired or revoked");
    let problem = Refusal { code: Code::Unauthorized, ..refusal }.into();
    show_sign_in(&token, &again("by-key", &Typed::default(), &problem), form.typed.get("next"))
}

/// `POST /sign-out`: ends the session, and has the browser forget it.
pub async fn sign_out(State(app): State<Arc<App>>, form: Form) -> Outcome {
    if form.person.has_session() {
        app.sign_out(form.ask_for_oneself(), |_| going_to("/")).await?;
    }
    let mut response = see("/");
    forget(&app, &mut response);
    Ok(response)
}

/// `GET /account`.
pub async fn account_page(State(app): State<Arc<App>>, person: Person, asked: Asked) -> Outcome {
    show_account(&app, &person, &Attempt::none(), asked.done()).await
}

async fn show_account(app: &App, person: &Person, attempt: &Attempt, done: &str) -> Outcome {
    let email = app.account_of(person.caller.party).await?.map(|account| account.email);
    let shown = AccountPage {
        frame: Frame::of(Some(person), "account").after(done),
        person: person.clone(),
        email,
        password: attempt.sheet(&person.token, "password", "/account/password"),
        everywhere: attempt.sheet(&person.token, "everywhere", "/account/sessions"),
    };
    if attempt.refusal.is_some() { page_after(attempt, &shown) } else { page(&shown) }
}

/// `POST /account/password`: changes it, and ends every other session.
pub async fn change_password(State(app): State<Arc<App>>, form: Form) -> Outcome {
    let changed = async {
        let read = fields(&json!({ "old": form.typed.get("old"), "new": form.typed.get("new") }))?;
        let (old, new) = super::super::people::read_passwords(&read)?;
        let went = |_| going_to("/account?done=password");
        Ok(app.change_password(form.ask_for_oneself(), &old, &new, went).await?)
    };
    match changed.await {
        Ok(answer) => Ok(gone(&answer)),
        Err(problem) => show_account(&app, &form.person, &form.again("password", &problem), "").await,
    }
}

/// `POST /account/sessions`: signs out everywhere, here too.
pub async fn sign_out_everywhere(State(app): State<Arc<App>>, form: Form) -> Outcome {
    match app.sign_out_everywhere(form.ask_for_oneself(), |_| going_to("/sign-in")).await {
        Ok(answer) => {
            let mut response = gone(&answer);
            forget(&app, &mut response);
            Ok(response)
        }
        Err(error) => {
            let attempt = form.again("everywhere", &error.into());
            show_account(&app, &form.person, &attempt, "").await
        }
    }
}
