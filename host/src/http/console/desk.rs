//! The review desk: what waits for somebody's word, oldest first, and the word itself.

use std::sync::Arc;

use askama::Template;
use assay_domain::ids::{ApprovalId, DeliveryId};
use assay_domain::terms::Mode;
use axum::extract::{Path, State};
use serde_json::json;

use super::super::answer::Outcome;
use super::super::commission::path_id;
use super::super::guarding::read_decision;
use super::super::problem::Problem;
use super::asked::Asked;
use super::delivery::{self, Block, block};
use super::form::{Attempt, Form, Sheet, fields};
use super::page::{Frame, going_to, gone, page_after};
use super::ration::Ration;
use super::session::Person;
use super::task::{Known, Named};
use super::task_forms;
use super::words::{self, When};
use crate::app::access::Scope;
use crate::app::approvals::{Approval, Status};
use crate::app::deliveries::Delivery;
use crate::app::tasks::Page;
use crate::app::{App, desk};

/// What is looked at for a page of each kind; it shows as many as there is room for.
const DELIVERIES: usize = 10;
const POSTS: usize = 10;
/// What both kinds may take of the page, and the work of one delivery.
const DELIVERED: usize = 30_000;
const WORK: usize = 4_000;
const POSTED: usize = 11_000;
/// What a post takes beside its words, with its form; what its words may take.
const POST: usize = 1_150;
const WORDS: usize = 600;
/// The queries that say after which of each kind the page begins.
const AFTER_DELIVERY: &str = "deliveries";
const AFTER_POST: &str = "posts";

struct Waiting {
    task: String,
    title: String,
    price: String,
    left: Option<String>,
    /// Whether one of many is chosen: then there are no revisions.
    is_choice: bool,
    delivery: Block,
}

struct Post {
    task: String,
    title: String,
    bot: Named,
    total: String,
    category: String,
    at: When,
    sheet: Sheet,
}

#[derive(Template)]
#[template(path = "desk.html")]
struct Desk {
    frame: Frame,
    deliveries: Vec<Waiting>,
    more_deliveries: Option<String>,
    posts: Vec<Post>,
    more_posts: Option<String>,
    from_the_first: bool,
}

/// `GET /desk?deliveries=&posts=`.
pub async fn page(State(app): State<Arc<App>>, person: Person, asked: Asked) -> Outcome {
    show(&app, &person, &Attempt::none(), &asked).await
}

async fn show(app: &App, person: &Person, attempt: &Attempt, asked: &Asked) -> Outcome {
    let waiting = app.deliveries_waiting(&person.caller, asked.text(AFTER_DELIVERY)?, DELIVERIES).await?;
    let approvals = app.approvals_waiting(&person.caller, asked.text(AFTER_POST)?, POSTS).await?;
    let ids: Vec<String> = waiting
        .items
        .iter()
        .map(|one| one.delivery.worker.to_string())
        .chain(approvals.items.iter().map(|approval| approval.bot.to_string()))
        .collect();
    let known = Known::of(app, ids).await?;
    let (deliveries, more_deliveries) = deliveries(app, person, attempt, waiting, &known).await?;
    let (posts, more_posts) = posts(person, attempt, approvals, &known);
    let shown = Desk {
        frame: Frame::of(Some(person), "desk").after(asked.done()),
        deliveries,
        more_deliveries: more_deliveries.map(|last| format!("/desk?{AFTER_DELIVERY}={last}")),
        posts,
        more_posts: more_posts.map(|last| format!("/desk?{AFTER_POST}={last}")),
        from_the_first: [AFTER_DELIVERY, AFTER_POST].iter().all(|query| asked.get(query).is_empty()),
    };
    page_after(attempt, &shown)
}

/// As many of the deliveries as there is room for, and after which the others come.
async fn deliveries(
    app: &App,
    person: &Person,
    attempt: &Attempt,
    found: Page<desk::Waiting>,
    known: &Known,
) -> Result<(Vec<Waiting>, Option<String>), Problem> {
    let (mut ration, mut lines) = (Ration::of(DELIVERED), Vec::with_capacity(found.items.len()));
    let mut last: Option<String> = None;
    for one in &found.items {
        if !lines.is_empty() && !ration.has(delivery::WITH_WORDS) {
            return Ok((lines, last));
        }
        ration.row(delivery::MARKUP);
        let id = one.delivery.id.to_string();
        let sheet = attempt.sheet(&person.token, "review", format!("/desk/deliveries/{id}")).of(&id);
        let by = (&one.delivery, known.named(one.delivery.worker));
        lines.push(Waiting {
            task: one.task.id.to_string(),
            title: ration.line(&one.task.spec.title, WORDS),
            price: words::amount(one.task.spec.terms.asset, one.task.price),
            left: time_left(app, one),
            is_choice: one.task.mode == Mode::OpenSubmission,
            delivery: block(app, &one.delivery.body, Some(by), Some(sheet), (&mut ration, WORK)).await?,
        });
        last = Some(id);
    }
    Ok((lines, found.next))
}

/// Who decides when nobody says anything, and in what time.
fn time_left(app: &App, one: &desk::Waiting) -> Option<String> {
    let left = |at| match words::left(app.now(), at) {
        left if left == "overdue" => "now".to_owned(),
        left => format!("in {left}"),
    };
    match (one.silence_at, one.task.deadline_at) {
        (Some(at), _) => Some(format!("silence accepts it {}", left(at))),
        (None, Some(at)) if one.task.mode == Mode::OpenSubmission => {
            Some(format!("the first that passed is paid {}", left(at)))
        }
        _ => None,
    }
}

/// As many of the posts as there is room for, and after which the others come.
fn posts(
    person: &Person,
    attempt: &Attempt,
    found: Page<Approval>,
    known: &Known,
) -> (Vec<Post>, Option<String>) {
    let (mut ration, mut lines) = (Ration::of(POSTED), Vec::with_capacity(found.items.len()));
    let mut last: Option<String> = None;
    for approval in &found.items {
        if !ration.row(POST) {
            return (lines, last);
        }
        let (id, task) = (approval.id.to_string(), &approval.task);
        let (terms, bot) = (&task.spec.terms, known.named(approval.bot));
        lines.push(Post {
            task: task.id.to_string(),
            title: ration.line(&task.spec.title, WORDS),
            bot: Named { name: ration.line(&bot.name, WORDS), ..bot },
            total: words::amount(terms.asset, task.price + terms.fee_on_top(task.price)),
            category: ration.line(&task.spec.category, WORDS),
            at: words::when(approval.created_at),
            sheet: attempt.sheet(&person.token, "approval", format!("/desk/approvals/{id}")).of(&id),
        });
        last = Some(id);
    }
    (lines, found.next)
}

/// `POST /desk/deliveries/{id}`: a word on a delivery, and on to the next.
pub async fn review(State(app): State<Arc<App>>, Path(id): Path<String>, form: Form) -> Outcome {
    let id: DeliveryId = path_id(&id, "delivery")?;
    let render = |one: &Delivery| going_to(format!("/desk?done=review-{}", one.status));
    match task_forms::word(&app, &form, id, render).await {
        Ok(answer) => Ok(gone(&answer)),
        Err(problem) => show(&app, &form.person, &form.again("review", &problem), &Asked::default()).await,
    }
}

/// `POST /desk/approvals/{id}`: whether a post of an agent goes on.
pub async fn approval(State(app): State<Arc<App>>, Path(id): Path<String>, form: Form) -> Outcome {
    let id: ApprovalId = path_id(&id, "approval")?;
    let done = async {
        let typed = &form.typed;
        let object = json!({ "decision": typed.text("decision"), "note": typed.text("note") });
        let (decision, note) = read_decision(&fields(&object)?)?;
        let render = |one: &Approval| {
            going_to(if one.status == Status::Approved { "/desk?done=approve" } else { "/desk?done=reject" })
        };
        Ok(app.resolve_approval(form.ask(Scope::Commission)?, id, decision, &note, render).await?)
    };
    match done.await {
        Ok(answer) => Ok(gone(&answer)),
        Err(problem) => show(&app, &form.person, &form.again("approval", &problem), &Asked::default()).await,
    }
}
