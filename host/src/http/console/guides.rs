//! Guides for programs: each of the four APIs from nothing to a finished piece of work, in
//! commands that can be pasted. A test runs every one of them, in order, as it stands on
//! the page.

use std::sync::Arc;

use askama::Template;
use assay_domain::refusal::Refusal;
use axum::extract::{Path, State};

use super::super::answer::Outcome;
use super::page::{Frame, page};
use super::session::Person;
use crate::app::App;

mod agent;
mod commissioning;
mod finance;
mod work;

/// A guide.
pub struct Guide {
    name: &'static str,
    title: &'static str,
    prefix: &'static str,
    lead: &'static str,
    steps: &'static [Step],
}

/// A step of a guide.
struct Step {
    /// What is done.
    title: &'static str,
    /// Why, and what comes back.
    text: &'static str,
    /// What is pasted; `{base}` stands for this server's address.
    command: &'static str,
    /// What of the answer later steps need: a name, and where it is.
    keeps: &'static [(&'static str, &'static str)],
    /// The status of the answer, where it is no success.
    status: u16,
    /// Whether it works in test mode alone.
    in_test_mode: bool,
}

impl Step {
    /// A step whose command succeeds.
    const fn new(title: &'static str, text: &'static str, command: &'static str) -> Self {
        Self { title, text, command, keeps: &[], status: 200, in_test_mode: false }
    }

    const fn keeps(mut self, keeps: &'static [(&'static str, &'static str)]) -> Self {
        self.keeps = keeps;
        self
    }

    const fn answers(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    const fn in_test_mode(mut self) -> Self {
        self.in_test_mode = true;
        self
    }
}

const GUIDES: [&Guide; 4] = [&commissioning::GUIDE, &agent::GUIDE, &finance::GUIDE, &work::GUIDE];

/// A step as it is shown.
struct Shown {
    title: &'static str,
    text: &'static str,
    command: String,
    kept: String,
    keeps: &'static [(&'static str, &'static str)],
    status: u16,
}

#[derive(Template)]
#[template(path = "guides.html")]
struct GuidesPage {
    frame: Frame,
    guides: [&'static Guide; 4],
}

#[derive(Template)]
#[template(path = "guide.html")]
struct GuidePage {
    frame: Frame,
    guides: [&'static Guide; 4],
    guide: &'static Guide,
    steps: Vec<Shown>,
    testing: bool,
}

/// `GET /guides`.
pub async fn guides(person: Option<Person>) -> Outcome {
    page(&GuidesPage { frame: Frame::of(person.as_ref(), "guides"), guides: GUIDES })
}

/// `GET /guides/{name}`.
pub async fn guide(State(app): State<Arc<App>>, Path(name): Path<String>, person: Option<Person>) -> Outcome {
    let found = GUIDES.into_iter().find(|guide| guide.name == name);
    let guide = found.ok_or_else(|| Refusal::not_found("guide"))?;
    let testing = app.payment_providers.test.is_some();
    let base = app.public_url();
    let shown = |step: &'static Step| Shown {
        title: step.title,
        text: step.text,
        command: step.command.replace("{base}", &base),
        kept: step.keeps.iter().map(|(name, place)| format!("{name}={place}")).collect::<Vec<_>>().join(" "),
        keeps: step.keeps,
        status: step.status,
    };
    let steps = guide.steps.iter().filter(|step| testing || !step.in_test_mode);
    page(&GuidePage {
        frame: Frame::of(person.as_ref(), "guides"),
        guides: GUIDES,
        guide,
        steps: steps.map(shown).collect(),
        testing,
    })
}
