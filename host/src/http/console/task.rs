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
use super::delivery::{Block, block};
use super::form::{Attempt, Sheet};
use super::page::{Frame, page_after};
use super::session::Person;
use super::words::{self, Badge, When};
use crate::app::App;
use crate::app::bids::Bid;
use crate::app::deliveries::Body;
use crate::app::task::{Check, Task};
use crate::app::tasks::{Eyes, TaskView};
use crate::app::threads::Message;

/// Messages of a thread on a page.
const MESSAGES: usize = 500;

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

struct BidLine {
    id: String,
    bidder: Named,
    price: String,
    status: String,
    tone: &'static str,
    letter: String,
    note: String,
    created: When,
    accept: Option<Sheet>,
    reject: Option<Sheet>,
    counter: Option<(String, Sheet)>,
}

struct Said {
    author: Named,
    role: String,
    text: String,
    at: When,
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
    description: String,
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
    sealed: bool,
    bids: Vec<BidLine>,
    deliveries: Vec<Block>,
    draft: Option<Block>,
    thread: Vec<Said>,
    forms: Forms,
}

/// `GET /tasks/{id}`.
pub async fn page(
    State(app): State<Arc<App>>,
    person: Person,
    Path(id): Path<String>,
    asked: Asked,
) -> Outcome {
    show(&app, &person, path_id(&id, "task")?, &Attempt::none(), asked.done(), None).await
}

/// The page, after an attempt or after a draft was tried.
pub async fn show(
    app: &App,
    person: &Person,
    id: TaskId,
    attempt: &Attempt,
    done: &str,
    draft: Option<&Body>,
) -> Outcome {
    let view = app.look(&person.caller, id).await?;
    let bids = app.bids(&person.caller, id).await?;
    let deliveries = app.deliveries(&person.caller, id).await?;
    let thread = match app.thread(&person.caller, id, None, MESSAGES).await {
        Ok(page) => page.items,
        Err(crate::error::Error::Refused(_)) => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    let task = &view.task;
    let mut ids = vec![task.poster.to_string()];
    ids.extend(task.worker.map(|worker| worker.to_string()));
    ids.extend(bids.iter().map(|bid| bid.bidder.to_string()));
    ids.extend(deliveries.iter().map(|delivery| delivery.worker.to_string()));
    ids.extend(thread.iter().map(|message| message.author.to_string()));
    let known = Known::of(app, ids).await?;
    let mut blocks = Vec::with_capacity(deliveries.len());
    for delivery in &deliveries {
        let review = review_sheet(person, task, delivery.id, attempt);
        let by = (delivery, known.named(delivery.worker));
        blocks.push(block(app, &delivery.body, Some(by), review).await?);
    }
    let draft = match draft {
        Some(body) => Some(block(app, body, None, None).await?),
        None => None,
    };
    let terms = &task.spec.terms;
    let shown = TaskPage {
        frame: Frame::of(Some(person), "tasks").after(done),
        id: id.to_string(),
        title: task.spec.title.clone(),
        description: task.spec.description.clone(),
        state: words::state(task.state.word()),
        category: task.spec.category.clone(),
        mode: words::mode(task.mode),
        skills: task.spec.skills.join(", "),
        poster: known.named(task.poster),
        worker: task.worker.map(|worker| known.named(worker)),
        price: words::amount(terms.asset, task.price),
        fee: words::amount(terms.asset, terms.fee_on_top(task.price)),
        escrow: escrow(task),
        created: words::when(task.created_at),
        deadline: task.deadline_at.map(|at| (words::when(at), words::left(app.now(), at))),
        payout: task.payout_at.filter(|at| *at > app.now()).map(words::when),
        criteria: criteria(&view),
        checks: own_checks(&view),
        judges: judges(task),
        pricing: pricing(app, task),
        protected: task.spec.protected.iter().map(|field| field.name.clone()).collect(),
        is_party: view.eyes != Eyes::Stranger,
        is_poster: task.poster == person.caller.party,
        sealed: bids.iter().any(|bid| bid.sealed),
        bids: bids.iter().map(|bid| bid_line(person, task, bid, attempt, &known)).collect(),
        deliveries: blocks,
        draft,
        thread: thread.into_iter().map(|message| said(message, &known)).collect(),
        forms: forms(person, &view, attempt),
    };
    page_after(attempt, &shown)
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

fn said(message: Message, known: &Known) -> Said {
    Said {
        author: known.named(message.author),
        role: message.body.role,
        text: message.body.text,
        at: words::when(message.created_at),
    }
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

fn criteria(view: &TaskView) -> Vec<CriterionLine> {
    let spec = &view.task.spec;
    let line = |one: &crate::app::task::Criterion| {
        let (who, tone) = match one.class {
            Class::Decidable => ("a machine decides", "done"),
            Class::Necessary => ("a machine can refuse, a person accepts", "wait"),
            Class::Human => ("a person decides", "go"),
        };
        let checks = one.checks.iter().filter_map(|at| spec.checks.get(*at as usize));
        CriterionLine {
            text: one.text.clone(),
            who,
            tone,
            checks: checks.map(|check| check_line(check, view.eyes)).collect(),
        }
    };
    spec.criteria.iter().map(line).collect()
}

/// Checks of the poster's own, which come after those of the criteria.
fn own_checks(view: &TaskView) -> Vec<String> {
    let spec = &view.task.spec;
    let compiled: usize = spec.criteria.iter().map(|criterion| criterion.checks.len()).sum();
    spec.checks.iter().skip(compiled).map(|check| check_line(check, view.eyes)).collect()
}

fn check_line(check: &Check, eyes: Eyes) -> String {
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

fn bid_line(person: &Person, task: &Task, bid: &Bid, attempt: &Attempt, known: &Known) -> BidLine {
    let (id, mine) = (bid.id.to_string(), task.poster == person.caller.party);
    let chooses =
        mine && task.state == TaskState::Open && bid.status == "pending" && task.spec.pricing.is_none();
    let sheet = |name, verb: &str| {
        attempt.sheet(&person.token, name, format!("/tasks/{}/bids/{id}/{verb}", task.id)).of(&id)
    };
    let countered = bid.countered_at.filter(|_| bid.status == "countered");
    let answers = countered.filter(|_| bid.bidder == person.caller.party && task.state == TaskState::Open);
    BidLine {
        bidder: known.named(bid.bidder),
        price: if bid.sealed { "sealed".into() } else { words::amount(bid.asset, bid.price) },
        status: words::plain(&bid.status),
        tone: words::tone(&bid.status),
        letter: bid.cover_letter.clone(),
        note: bid.note.clone(),
        created: words::when(bid.created_at),
        accept: chooses.then(|| sheet("accept-bid", "accept")),
        reject: chooses.then(|| sheet("reject-bid", "reject")),
        counter: answers.map(|units| {
            let price = assay_domain::money::format(bid.asset, units);
            (words::amount(bid.asset, units), sheet("counter", "counter").filled("proposed_price", price))
        }),
        id,
    }
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
    show(app, &form.person, id, &form.again(name, problem), "", None).await
}
