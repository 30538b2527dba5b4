//! The front door.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;

use super::super::answer::Outcome;
use super::page::{Frame, page};
use super::session::Person;
use crate::app::App;
use crate::app::desk::Numbers;

#[derive(Template)]
#[template(path = "front.html")]
struct Front {
    frame: Frame,
    numbers: Numbers,
}

/// `GET /`: what this is, in a screenful.
pub async fn front(State(app): State<Arc<App>>, person: Option<Person>) -> Outcome {
    page(&Front { frame: Frame::of(person.as_ref(), ""), numbers: app.numbers().await? })
}
