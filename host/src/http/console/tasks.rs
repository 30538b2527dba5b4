//! The list of tasks.

use std::sync::Arc;

use askama::Template;
use assay_domain::money::Asset;
use assay_domain::refusal::Refusal;
use axum::extract::State;

use super::super::answer::Outcome;
use super::asked::Asked;
use super::form::Sheet;
use super::page::{Frame, page_after};
use super::session::Person;
use super::words::{self, Badge, When};
use crate::app::App;
use crate::app::browsing::{Show, Wanted};
use crate::app::tasks::{Page, TaskView};
use crate::error::Error;

/// Tasks on a page.
const ON_A_PAGE: usize = 25;

/// The lists there are: what a link calls them, what a person does.
const LISTS: [(&str, &str, Show); 3] = [
    ("open", "Open", Show::Open),
    ("posted", "Posted by me", Show::Posted),
    ("doing", "Done by me", Show::Doing),
];

/// What a task may be paid in.
const CURRENCIES: &[(&str, &str)] = &[("", "anything"), ("USD", "dollars"), ("CR", "credits")];

/// A task on a line.
pub struct TaskLine {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Where it stands.
    pub state: Badge,
    /// Its category.
    pub category: String,
    /// How it is given out.
    pub mode: String,
    /// What it pays.
    pub price: String,
    /// How much of it a machine decides.
    pub coverage: String,
    /// When it was posted.
    pub created: When,
    /// How long there is.
    pub left: Option<String>,
}

struct Tab {
    name: &'static str,
    text: &'static str,
    here: &'static str,
}

#[derive(Template)]
#[template(path = "tasks.html")]
struct Tasks {
    frame: Frame,
    tabs: Vec<Tab>,
    show: &'static str,
    filters: Sheet,
    filtered: bool,
    found: Vec<TaskLine>,
    older: Option<String>,
}

/// `GET /tasks?show=&currency=&category=&words=&cursor=`.
pub async fn list(State(app): State<Arc<App>>, person: Person, asked: Asked) -> Outcome {
    let none = Page { items: Vec::new(), next: None, total_estimate: 0 };
    match found(&app, &person, &asked).await {
        Ok(found) => show(&app, &person, &asked, None, &found),
        Err(Error::Refused(refusal)) => show(&app, &person, &asked, Some(refusal), &none),
        Err(error) => Err(error.into()),
    }
}

/// The list that is asked for.
fn which(asked: &Asked) -> (&'static str, Show) {
    let given = asked.get("show").trim();
    let &(name, _, which) = LISTS.iter().find(|(name, ..)| *name == given).unwrap_or(&LISTS[0]);
    (name, which)
}

async fn found(app: &App, person: &Person, asked: &Asked) -> Result<Page<TaskView>, Error> {
    let text = |name| Ok::<_, Refusal>(asked.text(name)?.unwrap_or_default().trim());
    let wanted = Wanted {
        show: which(asked).1,
        asset: Asset::parse(text("currency")?),
        category: text("category")?.into(),
        words: text("words")?.into(),
    };
    app.browse(&person.caller, &wanted, asked.cursor()?, ON_A_PAGE).await
}

fn show(
    app: &App,
    person: &Person,
    asked: &Asked,
    refusal: Option<Refusal>,
    found: &Page<TaskView>,
) -> Outcome {
    let (show, _) = which(asked);
    let tabs =
        LISTS.map(|(name, text, _)| Tab { name, text, here: if name == show { "page" } else { "false" } });
    let attempt = asked.attempt("filters", refusal);
    let shown = Tasks {
        frame: Frame::of(Some(person), "tasks").after(asked.done()),
        tabs: tabs.into(),
        show,
        filters: attempt.sheet(&person.token, "filters", "/tasks"),
        filtered: ["currency", "category", "words"].iter().any(|name| !asked.get(name).is_empty()),
        older: asked.older("/tasks", found.next.as_deref()),
        found: found.items.iter().map(|view| line(app, view)).collect(),
    };
    page_after(&attempt, &shown)
}

/// A task as a line of a list.
pub fn line(app: &App, view: &TaskView) -> TaskLine {
    let (task, spec) = (&view.task, &view.task.spec);
    let coverage = spec.coverage();
    let left = task.deadline_at.filter(|_| !task.state.is_final());
    TaskLine {
        id: task.id.to_string(),
        title: spec.title.clone(),
        state: words::state(task.state.word()),
        category: spec.category.clone(),
        mode: words::mode(task.mode).into(),
        price: words::amount(spec.terms.asset, task.price),
        coverage: match coverage.total {
            0 => "a person decides".into(),
            total => format!("{} of {total} decided by machine", coverage.decidable),
        },
        created: words::when(task.created_at),
        left: left.map(|at| words::left(app.now(), at)),
    }
}
