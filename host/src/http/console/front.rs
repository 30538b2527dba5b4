//! The front door.

use std::sync::Arc;

use askama::Template;
use assay_domain::money::Asset;
use axum::extract::State;

use super::super::answer::Outcome;
use super::page::{Frame, page};
use super::session::Person;
use super::words;
use crate::app::App;
use crate::app::numbers::Numbers;

#[derive(Template)]
#[template(path = "front.html")]
struct Front {
    frame: Frame,
    numbers: Numbers,
    paid_out: String,
}

/// `GET /`: what this is, in a screenful.
pub async fn front(State(app): State<Arc<App>>, person: Option<Person>) -> Outcome {
    let numbers = app.numbers().await?;
    let paid_out = words::amount(Asset::Usd, numbers.paid_out);
    page(&Front { frame: Frame::of(person.as_ref(), ""), numbers, paid_out })
}
