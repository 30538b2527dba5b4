//! Posting a task: a form that says beforehand what it will do.

use std::sync::Arc;

use askama::Template;
use assay_domain::money::{self, Asset};
use assay_domain::refusal::Refusal;
use axum::extract::{Query, State};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::answer::Outcome;
use super::super::problem::Problem;
use super::super::{agent_tasks, commission};
use super::checks::{self, Control, Row, Shape};
use super::foreseen::{Foreseen, foresee};
use super::form::{Attempt, Form, Sheet, Typed, fields};
use super::page::{Frame, going_to, gone, page, page_after};
use super::session::Person;
use super::verifiers::{self, Schemas, Verifier};
use crate::app::access::Scope;
use crate::app::posting::Post;
use crate::app::tasks::TaskView;
use crate::app::{Answer, App};

/// How the form calls credits.
pub const CREDITS: &str = "CR";
/// Values and what they are called.
type Options = &'static [(&'static str, &'static str)];
const CURRENCIES: Options = &[("USD", "Dollars"), (CREDITS, "Credits")];
const MODES: Options = &[
    ("bid", "Workers bid, one is chosen"),
    ("claim", "The first to claim it has it (credits)"),
    ("open_submission", "Anyone hands in, one is paid (credits)"),
];
const MODELS: Options = &[
    ("", "You choose among the bids"),
    ("fixed", "Fixed: the first bid within the budget"),
    ("auction", "Auction: sealed bids, the lowest wins"),
    ("hybrid", "Hybrid: a price with haggling"),
];
const PAYS: Options = &[("", "what it bid"), ("listing", "the budget, whatever it bid")];
const PRICES: Options = &[("", "its own bid"), ("second", "the second lowest bid")];

#[derive(Template)]
#[template(path = "post.html")]
struct PostPage {
    frame: Frame,
    sheet: Sheet,
    party: String,
    kinds: &'static [checks::Kind],
    currencies: Options,
    modes: Options,
    models: Options,
    checks: Vec<Row>,
    verifiers: Vec<Verifier>,
    pricing: Vec<Control>,
    pricing_carried: Vec<Control>,
    sealed: Vec<Sealed>,
    foreseen: Foreseen,
}

/// A protected field on the form.
struct Sealed {
    at: usize,
    name: String,
    carried: [Control; 2],
}

/// What a link may say.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Asked {
    /// A verifier to judge by.
    pub verifier: String,
    /// The category.
    pub category: String,
}

/// `GET /post?verifier=&category=`.
pub async fn post_page(State(app): State<Arc<App>>, person: Person, Query(asked): Query<Asked>) -> Outcome {
    let mut typed = Typed::default();
    typed.set("currency", "USD");
    typed.set("mode", "bid");
    typed.set("category", asked.category);
    if !asked.verifier.is_empty() {
        typed.set("verifier[0].digest", asked.verifier);
    }
    show(&app, &person, Attempt { form: "post", typed, refusal: None }).await
}

async fn show(app: &App, person: &Person, attempt: Attempt) -> Outcome {
    let typed = &attempt.typed;
    let refusal = attempt.refusal.as_ref();
    let most = app.settings.limits.checks_max;
    let model = typed.get("pricing_model.model");
    let (pricing, pricing_carried) =
        pricing_controls().into_iter().partition::<Vec<_>, _>(|(name, _)| *name == model);
    let controls = |all: Vec<(_, Control)>| all.into_iter().map(|(_, control)| control).collect();
    let shown = PostPage {
        frame: Frame::of(Some(person), "post"),
        sheet: attempt.sheet(&person.token, "post", "/post"),
        party: person.caller.party.to_string(),
        kinds: checks::KINDS,
        currencies: CURRENCIES,
        modes: MODES,
        models: MODELS,
        checks: (0..checks::rows(typed, "checks", "kind").min(most))
            .map(|at| checks::row(typed, at, refusal))
            .collect(),
        verifiers: verifiers::shown(app, typed, refusal).await?,
        pricing: controls(pricing),
        pricing_carried: controls(pricing_carried),
        sealed: sealed(app, typed),
        foreseen: foresee(app, person, typed).await?,
    };
    page_after(&attempt, &shown)
}

/// The fields of each pricing model, by its name.
fn pricing_controls() -> Vec<(&'static str, Control)> {
    let control =
        |name: &str, label, hint, shape| Control::new(&format!("pricing_model.{name}"), label, hint, shape);
    vec![
        ("fixed", control("config.pay", "The winner is paid", "", Shape::Choice(PAYS))),
        ("auction", control("closes_in_hours", "Closes after", "Hours from posting.", Shape::Whole)),
        ("auction", control("config.bids", "Or after so many bids", "", Shape::Whole)),
        ("auction", control("config.price", "The winner is paid", "", Shape::Choice(PRICES))),
        (
            "hybrid",
            control(
                "config.base_price",
                "Price aimed at",
                "In dollars; the budget when it is left out.",
                Shape::Number,
            ),
        ),
        (
            "hybrid",
            control(
                "config.band_bp",
                "Taken without haggling up to",
                "Hundredths of a percent over that price; 500 is 5 %.",
                Shape::Whole,
            ),
        ),
        ("hybrid", control("config.rounds_max", "Counter-offers to a bid", "3 when left out.", Shape::Whole)),
    ]
}

fn sealed(app: &App, typed: &Typed) -> Vec<Sealed> {
    let count = checks::rows(typed, "protected_fields", "ciphertext");
    let carried =
        |at: usize, name: &str| Control::new(&format!("protected_fields[{at}].{name}"), "", "", Shape::Line);
    let row = |at: usize| {
        let place = format!("protected_fields[{at}]");
        let name = typed.get(&format!("{place}.name")).to_owned();
        Sealed { at, name, carried: [carried(at, "name"), carried(at, "ciphertext")] }
    };
    (0..count.min(app.settings.limits.protected_fields_max)).map(row).collect()
}

/// `POST /post/preview`: what the form would do as it stands, as a fragment.
pub async fn preview(State(app): State<Arc<App>>, form: Form) -> Outcome {
    page(&foresee(&app, &form.person, &form.typed).await?)
}

/// `POST /post/draft`: the page with a row more or less, or as it was, with what it would
/// do. Nothing is posted.
pub async fn draft(State(app): State<Arc<App>>, form: Form) -> Outcome {
    let mut typed = form.typed.clone();
    let row_asked = |typed: &Typed, name: &str| typed.get(name).parse::<usize>().ok();
    if typed.has("add_check") {
        let at = checks::rows(&typed, "checks", "kind");
        let kind = typed.get("new_kind").to_owned();
        typed.set(format!("checks[{at}].kind"), kind);
        typed.set(format!("checks[{at}].required"), "yes");
    }
    if typed.has("add_verifier") {
        let at = checks::rows(&typed, "verifier", "digest");
        typed.set(format!("verifier[{at}].digest"), "");
    }
    for (button, list) in [
        ("remove_check", "checks"),
        ("remove_verifier", "verifier"),
        ("remove_protected", "protected_fields"),
    ] {
        if let Some(at) = row_asked(&typed, button) {
            typed.remove_row(list, at);
        }
    }
    show(&app, &form.person, Attempt { form: "post", typed, refusal: None }).await
}

/// `POST /post`: posts the task.
pub async fn post(State(app): State<Arc<App>>, form: Form) -> Outcome {
    match posted(&app, &form).await {
        Ok(answer) => Ok(gone(&answer)),
        Err(problem) => show(&app, &form.person, form.again("post", &problem)).await,
    }
}

async fn posted(app: &App, form: &Form) -> Result<Answer, Problem> {
    let post = read(app, &form.typed, &Schemas::of(app, &form.typed).await?)?;
    let went = |view: &TaskView| {
        let done = if view.approval.is_some() { "approval" } else { "posted" };
        going_to(format!("/tasks/{}?done={done}", view.task.id))
    };
    Ok(app.post(form.ask(Scope::Commission)?, &post, went).await?)
}

/// What the form asks for, by the readers of the surfaces it goes through.
pub fn read(app: &App, typed: &Typed, schemas: &Schemas) -> Result<Post, Refusal> {
    let checks: Vec<Value> =
        (0..checks::rows(typed, "checks", "kind")).map(|at| checks::read(typed, at)).collect();
    let mut object = json!({
        "title": typed.text("title"),
        "description": typed.text("description"),
        "category": typed.text("category"),
        "skills": typed.listed("skills"),
        "deadline_hours": typed.whole("deadline_hours"),
        "acceptance_criteria": typed.lines("acceptance_criteria"),
        "checks": checks,
        "verifier": verifiers::read(typed, schemas)?,
    });
    let sealed = checks::rows(typed, "protected_fields", "ciphertext");
    let mode = typed.get("mode");
    if typed.get("currency") == CREDITS {
        if typed.ticked("pricing_model.model") {
            let message = "is for tasks in dollars: choose among the bids yourself, or post in dollars";
            return Err(Refusal::field("pricing_model.model", message));
        }
        let field = |at: usize, name: &str| typed.get(&format!("protected_fields[{at}].{name}")).to_owned();
        object["mode"] = mode.into();
        object["reward"] = typed.text("budget");
        object["protected_fields"] = (0..sealed)
            .map(|at| json!({ "name": field(at, "name"), "ciphertext": field(at, "ciphertext") }))
            .collect();
        return agent_tasks::read_post(&fields(&object)?, app).map_err(of_budget);
    }
    if mode != "bid" {
        return Err(Refusal::field("mode", "is for tasks in credits: in dollars, workers bid"));
    }
    if sealed > 0 {
        let message = "are for tasks in credits: post it in credits, or remove them";
        return Err(Refusal::field("protected_fields", message));
    }
    object["budget"] = typed.text("budget");
    object["pricing_model"] = read_pricing(typed)?;
    commission::read_post(&fields(&object)?, &app.settings.limits)
}

/// The form has one name for what the surfaces call budget and reward.
fn of_budget(refusal: Refusal) -> Refusal {
    if refusal.field.as_deref() != Some("reward") {
        return refusal;
    }
    let message = refusal.message.replacen("reward", "budget", 1);
    Refusal { field: Some("budget".into()), message, ..refusal }
}

fn read_pricing(typed: &Typed) -> Result<Value, Refusal> {
    let model = typed.get("pricing_model.model");
    if model.is_empty() {
        return Ok(Value::Null);
    }
    let place = |name: &str| format!("pricing_model.config.{name}");
    let mut config = Map::new();
    let mut keep = |name: &str, value: Value| {
        if !value.is_null() {
            config.insert(name.into(), value);
        }
    };
    match model {
        "fixed" => keep("pay", typed.text(&place("pay"))),
        "auction" => {
            keep("price", typed.text(&place("price")));
            keep("bids", typed.whole(&place("bids")));
        }
        _ => {
            let base = place("base_price");
            if typed.ticked(&base) {
                let asset = Asset::Usd;
                keep(
                    "base_price",
                    money::parse(asset, &base, typed.get(&base).trim(), asset.decimals_max())?.into(),
                );
            }
            keep("band_bp", typed.whole(&place("band_bp")));
            keep("rounds_max", typed.whole(&place("rounds_max")));
        }
    }
    let hours = if model == "auction" { typed.whole("pricing_model.closes_in_hours") } else { Value::Null };
    Ok(json!({ "model": model, "config": config, "closes_in_hours": hours }))
}
