//! What a post would do, in words: what is decided by whom, what it costs, what comes of it.

use askama::Template;
use askama::filters::HtmlSafe;
use assay_domain::criteria::{self, Class};
use assay_domain::money::{self, Asset};
use assay_domain::refusal::Kind;
use assay_domain::terms::ReviewPolicy;

use super::checks;
use super::form::Typed;
use super::posting::{self, CREDITS};
use super::session::Person;
use super::verifiers::Schemas;
use super::words::amount;
use crate::app::App;
use crate::app::access::Scope;
use crate::app::tasks::TaskView;
use crate::config::Surface;
use crate::error::Error;

/// What a post would do.
#[derive(Template)]
#[template(path = "parts/foreseen.html")]
pub struct Foreseen {
    criteria: Vec<Read>,
    own: Vec<Own>,
    coverage: String,
    cost: Option<Shown>,
    review: Option<String>,
    outcome: Outcome,
}

impl HtmlSafe for Foreseen {}

/// A criterion as it was understood.
struct Read {
    text: String,
    who: &'static str,
    tone: &'static str,
    checks: Vec<String>,
}

/// A check of the poster's own.
struct Own {
    said: String,
    wrong: Option<String>,
}

/// What it costs.
struct Shown {
    budget: String,
    fee: String,
    total: String,
    available: String,
    left: String,
    lacks: bool,
}

/// What would come of sending it now.
struct Outcome {
    tone: &'static str,
    sentence: String,
}

impl Foreseen {
    /// Whether nothing was typed yet that a delivery would be held against.
    fn is_empty(&self) -> bool {
        self.criteria.is_empty() && self.own.is_empty()
    }
}

/// What the form would do as it stands.
pub async fn foresee(app: &App, person: &Person, typed: &Typed) -> Result<Foreseen, Error> {
    let criteria = typed.lines("acceptance_criteria");
    let most = app.settings.limits.criteria_max;
    let criteria: Vec<(Class, Read)> = criteria.iter().take(most).map(|line| read(line)).collect();
    let own = (0..checks::rows(typed, "checks", "kind").min(app.settings.limits.checks_max)).map(|at| {
        let check = checks::read(typed, at);
        let wrong = app.builtins.check_fault(&check);
        Own { said: checks::said(&check), wrong: wrong.map(|(path, message)| format!("{path} {message}")) }
    });
    let own: Vec<Own> = own.collect();
    // A check of the poster's own counts as one more criterion, as it will on the task.
    let classes = criteria.iter().map(|(class, _)| *class);
    let classes: Vec<Class> = classes.chain(std::iter::repeat_n(Class::Decidable, own.len())).collect();
    let (outcome, view) = outcome(app, person, typed).await?;
    Ok(Foreseen {
        coverage: coverage(&classes),
        criteria: criteria.into_iter().map(|(_, read)| read).collect(),
        own,
        cost: cost(app, person, typed).await?,
        review: view.as_ref().map(|view| review(app, view)),
        outcome,
    })
}

fn read(line: &str) -> (Class, Read) {
    let compiled = criteria::compile(line);
    let (who, tone) = match compiled.class {
        Class::Decidable => ("decided by a machine", "done"),
        Class::Necessary => ("a machine can find it missing; that it is met, you say", "wait"),
        Class::Human => ("decided by you", "over"),
    };
    let json = compiled.checks.iter().filter_map(|check| serde_json::from_str(&check.to_json()).ok());
    let checks = json.map(|check: serde_json::Value| checks::said(&check)).collect();
    (compiled.class, Read { text: line.to_owned(), who, tone, checks })
}

fn coverage(classes: &[Class]) -> String {
    let coverage = criteria::coverage(classes);
    let machine = coverage.decidable;
    match (coverage.total, coverage.total - machine) {
        (0, _) => String::new(),
        (_, 0) => "Nothing is left to you: judges decide all of it.".into(),
        (total, left) => format!("Judges decide {machine} of {total}; {left} wait for your word."),
    }
}

/// What the budget would cost, once there is one.
async fn cost(app: &App, person: &Person, typed: &Typed) -> Result<Option<Shown>, Error> {
    let (surface, asset) = match typed.get("currency") {
        CREDITS => (Surface::Agent, Asset::Cr),
        _ => (Surface::Commission, Asset::Usd),
    };
    let budget = typed.get("budget").trim();
    let Ok(budget) = money::parse(asset, "budget", budget, asset.decimals_max()) else { return Ok(None) };
    let cost = app.cost(person.caller.party, surface, budget).await?;
    Ok(Some(Shown {
        budget: amount(asset, cost.budget),
        fee: amount(asset, cost.fee),
        total: amount(asset, cost.total()),
        available: amount(asset, cost.available),
        left: amount(asset, cost.left()),
        lacks: cost.left() < 0,
    }))
}

/// What would come of it, and the task it would make.
async fn outcome(app: &App, person: &Person, typed: &Typed) -> Result<(Outcome, Option<TaskView>), Error> {
    let not_yet =
        |sentence: String| Outcome { tone: "wait", sentence: format!("Not ready to post: {sentence}.") };
    let post = match posting::read(app, typed, &Schemas::of(app, typed).await?) {
        Ok(post) => post,
        Err(refusal) => return Ok((not_yet(refusal.message), None)),
    };
    if !person.caller.scopes.has(Scope::Commission) {
        let sentence = "It would be refused: this key lacks the scope commission.".into();
        return Ok((Outcome { tone: "bad", sentence }, None));
    }
    Ok(match app.preview_post(&person.ask(), &post).await {
        Ok(view) if view.approval.is_some() => {
            let sentence = "It would wait for the approval of the agent's owner, with its money held.";
            (Outcome { tone: "wait", sentence: sentence.into() }, Some(view))
        }
        Ok(view) => (Outcome { tone: "done", sentence: "It would be posted at once.".into() }, Some(view)),
        Err(Error::Refused(refusal)) if refusal.code.kind() == Kind::Invalid => {
            (not_yet(refusal.message), None)
        }
        Err(Error::Refused(refusal)) => {
            let sentence = format!("It would be refused: {}.", refusal.message);
            (Outcome { tone: "bad", sentence }, None)
        }
        Err(error) => return Err(error),
    })
}

/// Who decides about the deliveries.
fn review(app: &App, view: &TaskView) -> String {
    let hours = app.settings.terms.silence_hours;
    let terms = &view.task.spec.terms;
    let share = match terms.payout_delay_hours {
        0 => String::new(),
        hours => format!(" The payout can be disputed for {hours} hours."),
    };
    match terms.review {
        ReviewPolicy::Auto if view.task.spec.left_to_person() => {
            format!("The reviewer decides what it can; the rest waits for you.{share}")
        }
        ReviewPolicy::Auto => format!("A delivery that passes is accepted and paid without you.{share}"),
        ReviewPolicy::Poster => format!(
            "You decide about each delivery; after {hours} hours without a word from you, one whose checks \
             did not fail is accepted.{share}"
        ),
    }
}
