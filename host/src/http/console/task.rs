//! The page of a task: what is wanted, who decides, where the money is, what was handed
//! in, what the judges said of it, and what whoever looks can do now.

use std::collections::HashMap;
use std::sync::Arc;

use askama::Template;
use assay_domain::criteria::Class;
use assay_domain::ids::{DeliveryId, PartyId, TaskId, Timestamp};
use assay_domain::task::{Event, State as TaskState};
use assay_domain::terms::Mode;
use axum::extract::{Path, State};

use super::super::answer::Outcome;
use super::super::commission::path_id;
use super::super::problem::Problem;
use super::asked::Asked;
use super::bids::{self, Bids};
use super::delivery::{self, Block, Delivered, block};
use super::form::{Attempt, Sheet};
use super::page::{Frame, page_after};
use super::ration::{Cut, Ration};
use super::session::Person;
use super::thread::{self, Talk};
use super::words::{self, Badge, When};
use crate::app::App;
use crate::app::deliveries::{Body, Delivery};
use crate::app::task::{Check, Task};
use crate::app::tasks::{Eyes, TaskView};

/// What parts of the page may take of it.
const DESCRIPTION: usize = 5_000;
const CRITERIA: usize = 5_000;
const DELIVERED: usize = 12_500;
const BIDS: usize = 6_500;
const THREAD: usize = 8_500;
/// What a criterion, and what a check, takes beside its words; what their words may take.
const CRITERION: usize = 120;
const CHECK: usize = 25;
const WORDS: usize = 700;

/// Somebody, by id and name.
pub struct Named {
    /// The id.
    pub id: String,
    /// What they are called.
    pub name: String,
}

/// How parties on a page are called.
pub struct Known(HashMap<String, String>);

impl Known {
    /// Those of a page, by their ids.
    pub async fn of(app: &App, ids: Vec<String>) -> Result<Self, crate::error::Error> {
        Ok(Self(app.names(ids.iter().map(String::as_str)).await?))
    }

    /// One of them. Whoever is no party here runs the house.
    pub fn named(&self, id: PartyId) -> Named {
        let id = id.to_string();
        Named { name: self.0.get(&id).cloned().unwrap_or_else(|| "operator".into()), id }
    }
}

struct CriterionLine {
    text: String,
    who: &'static str,
    tone: &'static str,
    checks: Vec<String>,
}

struct JudgeLine {
    role: &'static str,
    digest: String,
    short: String,
}

/// What whoever looks can do now; nothing for what they cannot.
#[derive(Default)]
struct Forms {
    bid: Option<Sheet>,
    claim: Option<Sheet>,
    deliver: Option<Sheet>,
    say: Option<Sheet>,
    cancel: Option<Sheet>,
    dispute: Option<Sheet>,
}

#[derive(Template)]
#[template(path = "task.html")]
struct TaskPage {
    frame: Frame,
    id: String,
    title: String,
    description: Cut,
    is_short: bool,
    state: Badge,
    category: String,
    mode: &'static str,
    skills: String,
    poster: Named,
    worker: Option<Named>,
    price: String,
    fee: String,
    escrow: String,
    created: When,
    deadline: Option<(When, String)>,
    payout: Option<When>,
    criteria: Vec<CriterionLine>,
    checks: Vec<String>,
    judges: Vec<JudgeLine>,
    pricing: Option<String>,
    protected: Vec<String>,
    is_party: bool,
    is_poster: bool,
    bids: Bids,
    deliveries: Delivered,
    draft: Option<Block>,
    talk: Talk,
    forms: Forms,
}

/// `GET /tasks/{id}`.
pub async fn page(
    State(app): State<Arc<App>>,
    person: Person,
    Path(id): Path<String>,
    asked: Asked,
) -> Outcome {
    show(&app, &person, path_id(&id, "task")?, &Attempt::none(), &asked, None).await
}

/// The page, after an attempt or after a draft was tried.
pub async fn show(
    app: &App,
    person: &Person,
    id: TaskId,
    attempt: &Attempt,
    asked: &Asked,
    draft: Option<&Body>,
) -> Outcome {
    let view = app.look(&person.caller, id).await?;
    let bids = app.bids(&person.caller, id).await?;
    let delivered = delivery::latest(app, person, id, asked).await?;
    let said = thread::latest(app, person, id, asked).await?;
    let task = &view.task;
    let mut ids = sides(task);
    ids.extend(bids::of_page(&bids, asked).1.iter().map(|bid| bid.bidder.to_string()));
    ids.extend(delivered.items.iter().map(|delivery| delivery.worker.to_string()));
    ids.extend(said.items.iter().map(|message| message.author.to_string()));
    let known = Known::of(app, ids).await?;
    let mut ration = Ration::of(DELIVERED);
    let draft = match draft {
        Some(body) => Some(block(app, body, None, None, (&mut ration, 0)).await?),
        None => None,
    };
    let sheet = |delivery: &Delivery| review_sheet(person, task, delivery.id, attempt);
    let path = format!("/tasks/{id}");
    let deliveries = delivery::blocks(app, delivered, (&known, &path, asked), sheet, &mut ration).await?;
    let terms = &task.spec.terms;
    let description = Ration::of(DESCRIPTION).text(&task.spec.description, DESCRIPTION);
    let (criteria, checks, is_short) = criteria(&view);
    let shown = TaskPage {
        frame: Frame::of(Some(person), "tasks").after(asked.done()),
        id: id.to_string(),
        title: task.spec.title.clone(),
        is_short: is_short || description.whole.is_some(),
        description,
        state: words::state(task.state.word()),
        category: task.spec.category.clone(),
        mode: words::mode(task.mode),
        skills: Ration::of(WORDS).line(&task.spec.skills.join(", "), WORDS),
        poster: known.named(task.poster),
        worker: task.worker.map(|worker| known.named(worker)),
        price: words::amount(terms.asset, task.price),
        fee: words::amount(terms.asset, terms.fee_on_top(task.price)),
        escrow: escrow(task),
        created: words::when(task.created_at),
        deadline: task.deadline_at.map(|at| (words::when(at), words::left(app.now(), at))),
        payout: task.payout_at.filter(|at| *at > app.now()).map(words::when),
        criteria,
        checks,
        judges: judges(task),
        pricing: pricing(app, task),
        protected: task.spec.protected.iter().map(|field| field.name.clone()).collect(),
        is_party: view.eyes != Eyes::Stranger,
        is_poster: task.poster == person.caller.party,
        bids: bids::shown(person, task, (&bids, asked), attempt, &known, &mut Ration::of(BIDS)),
        deliveries,
        draft,
        talk: thread::talk(said, &known, &path, asked, &mut Ration::of(THREAD)),
        forms: forms(person, &view, attempt),
    };
    page_after(attempt, &shown)
}

/// The two sides of a task, by their ids.
pub fn sides(task: &Task) -> Vec<String> {
    let worker = task.worker.map(|worker| worker.to_string());
    [task.poster.to_string()].into_iter().chain(worker).collect()
}

/// The form of a poster's word, on a delivery that waits for it.
fn review_sheet(person: &Person, task: &Task, id: DeliveryId, attempt: &Attempt) -> Option<Sheet> {
    let waits = matches!(task.state, TaskState::InReview { delivery, .. } if delivery == id);
    let submitted = task.mode == Mode::OpenSubmission && task.state == TaskState::Open;
    (task.poster == person.caller.party && (waits || submitted)).then(|| {
        let place = format!("/tasks/{}/deliveries/{id}/review", task.id);
        attempt.sheet(&person.token, "review", place).of(&id.to_string())
    })
}

/// Which model prices it, and how long bids are taken.
fn pricing(app: &App, task: &Task) -> Option<String> {
    let pricing = task.spec.pricing.as_ref()?;
    let closes_at = pricing.closes_at.map(Timestamp).filter(|at| *at > app.now());
    Some(match closes_at {
        Some(at) => format!("{}, closes in {}", pricing.model, words::left(app.now(), at)),
        None => pricing.model.clone(),
    })
}

/// Where the money is, in a sentence.
fn escrow(task: &Task) -> String {
    let terms = &task.spec.terms;
    let held = words::amount(terms.asset, task.price + terms.fee_on_top(task.price));
    let price = words::amount(terms.asset, task.price);
    match task.state {
        TaskState::Unpaid => "Nothing is held: it opens when it is paid.".into(),
        TaskState::Paid(_) => format!("{price} left escrow for its worker."),
        TaskState::Resolved => "The operator divided what was held.".into(),
        state if state.is_final() => "What was held went back to its poster.".into(),
        _ => format!("{held} is held in escrow."),
    }
}

/// The criteria, the checks of the poster's own, which come after theirs, and whether there
/// are more than the page has room for.
fn criteria(view: &TaskView) -> (Vec<CriterionLine>, Vec<String>, bool) {
    let (spec, mut ration) = (&view.task.spec, Ration::of(CRITERIA));
    let check = |check: &Check, ration: &mut Ration| {
        ration.row(CHECK).then(|| ration.line(&check_line(check, view.eyes), WORDS))
    };
    let mut lines = Vec::with_capacity(spec.criteria.len());
    for one in &spec.criteria {
        if !ration.row(CRITERION) {
            break;
        }
        let (who, tone) = match one.class {
            Class::Decidable => ("a machine decides", "done"),
            Class::Necessary => ("a machine can refuse, a person accepts", "wait"),
            Class::Human => ("a person decides", "go"),
        };
        let text = ration.line(&one.text, WORDS);
        let checks = one.checks.iter().filter_map(|at| spec.checks.get(*at as usize));
        let checks = checks.map_while(|one| check(one, &mut ration)).collect();
        lines.push(CriterionLine { text, who, tone, checks });
    }
    let compiled: usize = spec.criteria.iter().map(|criterion| criterion.checks.len()).sum();
    let own = spec.checks.iter().skip(compiled).map_while(|one| check(one, &mut ration)).collect();
    (lines, own, ration.was_short())
}

/// A check as a line, for those who may see what it holds.
pub fn check_line(check: &Check, eyes: Eyes) -> String {
    if check.gold && eyes != Eyes::Poster {
        return format!("{}: holds an expected answer, which its poster keeps", words::plain(&check.kind));
    }
    words::check(&check.json)
}

fn judges(task: &Task) -> Vec<JudgeLine> {
    let spec = &task.spec;
    let line =
        |role, digest: &String| JudgeLine { role, digest: digest.clone(), short: words::short(digest) };
    let verifiers = spec.verifiers.iter().map(|pin| line("verifier", &pin.digest));
    let first = [line("scorer", &spec.scorer)].into_iter().chain(verifiers);
    let pricing = spec.pricing.iter().map(|pricing| line("pricing", &pricing.digest));
    first.chain([line("reviewer", &spec.reviewer)]).chain(pricing).collect()
}

fn forms(person: &Person, view: &TaskView, attempt: &Attempt) -> Forms {
    let (task, me) = (&view.task, person.caller.party);
    let (mine, works) = (task.poster == me, task.worker == Some(me));
    let sheet = |name, verb: &str| attempt.sheet(&person.token, name, format!("/tasks/{}/{verb}", task.id));
    let open = task.state == TaskState::Open;
    let may = |event| task.state.next(event).is_ok();
    let delivers = match task.state {
        TaskState::Claimed(_) | TaskState::RevisionRequested(_) | TaskState::GateFailed { .. } => works,
        TaskState::Open => task.mode == Mode::OpenSubmission && !mine,
        _ => false,
    };
    let disputes = (mine || works) && may(Event::Dispute { payout_pending: task.payout_at.is_some() });
    Forms {
        bid: (open && task.mode == Mode::Bid && !mine).then(|| sheet("bid", "bid")),
        claim: (open && task.mode == Mode::Claim && !mine).then(|| sheet("claim", "claim")),
        deliver: delivers.then(|| sheet("deliver", "deliver")),
        say: (mine || works || open).then(|| sheet("say", "say")),
        cancel: ((mine || works) && may(Event::Cancel { worker_agrees: works }))
            .then(|| sheet("cancel", "cancel")),
        dispute: disputes.then(|| sheet("dispute", "dispute")),
    }
}

/// The page again, with what is wrong beside the form it is about.
pub async fn again(
    app: &App,
    form: &super::form::Form,
    id: TaskId,
    name: &'static str,
    problem: &Problem,
) -> Outcome {
    show(app, &form.person, id, &form.again(name, problem), &Asked::default(), None).await
}
