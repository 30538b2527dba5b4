//! Agents of a person: made, bound, and held to their limits.

use std::sync::Arc;

use askama::Template;
use assay_domain::guardrails::Guardrails;
use assay_domain::ids::PartyId;
use assay_domain::money::{self, Asset};
use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::super::answer::Outcome;
use super::super::commission::{path_id, read_rules};
use super::super::people::read_skills;
use super::asked::Asked;
use super::form::{Attempt, Form, Sheet, Typed, fields};
use super::page::{Frame, going_to, gone, page, page_after};
use super::secret::{self, Told, told_once};
use super::session::Person;
use super::wallet::{Figures, figures};
use super::words::{When, amount, when};
use crate::app::App;
use crate::app::access::Scope;
use crate::app::bindings::NewCode;
use crate::app::parties::{Party, Registered};

/// Agents of a page.
const LINES: usize = 20;

/// A limit and how much of it is used.
pub struct Use {
    name: &'static str,
    text: String,
    /// What is used, of what there is, in thousandths.
    share: Option<i64>,
}

impl Use {
    fn of(name: &'static str, used: i64, most: Option<i64>, text: impl Fn(i64) -> String) -> Self {
        let share = most.map(|most| match most {
            ..=0 => 1_000,
            most => {
                i64::try_from(i128::from(used) * 1_000 / i128::from(most)).unwrap_or(1_000).clamp(0, 1_000)
            }
        });
        let said = match most {
            Some(most) => format!("{} of {}", text(used), text(most)),
            None => format!("{}, no limit", text(used)),
        };
        Self { name, text: said, share }
    }

    fn all(rules: &Guardrails, today: i64, open_tasks: i64) -> Vec<Self> {
        let usd = |units| amount(Asset::Usd, units);
        vec![
            Self::of("Spent today", today, rules.max_daily_spend, usd),
            Self::of("Open tasks", open_tasks, rules.max_open_tasks, |count| count.to_string()),
        ]
    }
}

struct Line {
    id: String,
    name: String,
    skills: String,
    since: When,
    uses: Vec<Use>,
    enabled: bool,
}

#[derive(Template)]
#[template(path = "agents.html")]
struct AgentsPage {
    frame: Frame,
    own: String,
    is_agent: bool,
    owner: Option<String>,
    lines: Vec<Line>,
    older: Option<String>,
    make: Sheet,
    bind: Sheet,
}

/// `GET /agents`.
pub async fn agents(State(app): State<Arc<App>>, person: Person, asked: Asked) -> Outcome {
    show(&app, &person, &Attempt::none(), &asked).await
}

async fn show(app: &App, person: &Person, attempt: &Attempt, asked: &Asked) -> Outcome {
    let party = person.caller.party;
    let found = app.agents_of(party, asked.cursor()?, LINES).await?;
    let mut lines = Vec::with_capacity(found.items.len());
    let ids: Vec<_> = found.items.iter().map(|agent| agent.id).collect();
    for (agent, used) in found.items.iter().zip(app.used(&ids).await?) {
        lines.push(Line {
            id: agent.id.to_string(),
            name: agent.profile.name.clone(),
            skills: agent.profile.skills.join(", "),
            since: when(agent.created_at),
            uses: Use::all(&used.rules, used.today, used.open_tasks),
            enabled: used.rules.enabled,
        });
    }
    let shown = AgentsPage {
        frame: Frame::of(Some(person), "agents").after(asked.done()),
        own: party.to_string(),
        is_agent: person.kind == "agent",
        owner: app.who(party).await?.owner.map(|owner| owner.to_string()),
        lines,
        older: asked.older("/agents", found.next.as_deref()),
        make: attempt.sheet(&person.token, "make", "/agents"),
        bind: attempt.sheet(&person.token, "bind", "/agents/bindings"),
    };
    if attempt.refusal.is_some() { page_after(attempt, &shown) } else { page(&shown) }
}

/// `POST /agents`: makes one, and shows its first key.
pub async fn make(State(app): State<Arc<App>>, form: Form) -> Outcome {
    let made = async {
        let read = fields(&json!({
            "name": form.typed.text("name"),
            "skills": form.typed.listed("skills"),
        }))?;
        let (name, skills) = (read.name("name", 1..=100)?, read_skills(&read)?);
        let render = |agent: &Registered| told_once(&agent.key, &agent.id.to_string());
        Ok(app.make_agent(form.ask_for_oneself(), &name, &skills, render).await?)
    };
    match made.await {
        Ok(answer) => {
            let told = Told {
                title: "The agent's key",
                about: format!("{} is made and belongs to you.", form.typed.get("name")),
                next: "The agent sends it with every request, as Authorization: Bearer KEY. It opens work, \
                       commission, finance and plugins; make keys with less in them on the agent's page."
                    .into(),
                part: "agents",
                back: "/agents/{whose}".into(),
            };
            secret::show(&form.person, &answer, told)
        }
        Err(problem) => show(&app, &form.person, &form.again("make", &problem), &Asked::default()).await,
    }
}

/// `POST /agents/bindings`: an agent that made a code becomes the caller's.
pub async fn bind(State(app): State<Arc<App>>, form: Form) -> Outcome {
    let bound = async {
        let code = fields(&json!({ "code": form.typed.text("code") }))?.name("code", 1..=100)?;
        let render = |party: &Party| going_to(format!("/agents/{}?done=bound", party.id));
        Ok(app.bind(form.ask_for_oneself(), &code, render).await?)
    };
    match bound.await {
        Ok(answer) => Ok(gone(&answer)),
        Err(problem) => show(&app, &form.person, &form.again("bind", &problem), &Asked::default()).await,
    }
}

#[derive(Template)]
#[template(path = "agent.html")]
struct AgentPage {
    frame: Frame,
    id: String,
    name: String,
    kind: String,
    skills: String,
    since: When,
    is_self: bool,
    is_owner: bool,
    owner: Option<String>,
    balances: Vec<Figures>,
    uses: Vec<Use>,
    by_category: Vec<(String, String)>,
    resets_at: When,
    rules: Sheet,
    unbind: Sheet,
    code: Sheet,
}

/// `GET /agents/{id}`: for the agent itself, its owner and the operator.
pub async fn agent(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    person: Person,
    asked: Asked,
) -> Outcome {
    show_one(&app, &person, path_id(&id, "agent")?, &Attempt::none(), asked.done()).await
}

async fn show_one(app: &App, person: &Person, id: PartyId, attempt: &Attempt, done: &str) -> Outcome {
    let rules = app.guardrails_of(&person.caller, id).await?;
    let spending = app.spending(&person.caller, id).await?;
    let party = app.party(id).await?;
    let sheet = |name, action: &str| attempt.sheet(&person.token, name, format!("/agents/{id}/{action}"));
    let by_category = spending.by_category.iter();
    let shown = AgentPage {
        frame: Frame::of(Some(person), "agents").after(done),
        id: id.to_string(),
        name: party.profile.name.clone(),
        kind: party.kind.clone(),
        skills: party.profile.skills.join(", "),
        since: when(party.created_at),
        is_self: id == person.caller.party,
        is_owner: party.owner == Some(person.caller.party),
        owner: party.owner.map(|owner| owner.to_string()),
        balances: figures(app, id).await?,
        uses: Use::all(&rules, spending.today, spending.open_tasks),
        by_category: by_category.map(|(name, units)| (name.clone(), amount(Asset::Usd, *units))).collect(),
        resets_at: when(spending.resets_at),
        rules: filled(sheet("rules", "guardrails"), &rules),
        unbind: sheet("unbind", "unbind"),
        code: sheet("code", "binding-code"),
    };
    if attempt.refusal.is_some() { page_after(attempt, &shown) } else { page(&shown) }
}

/// The form of guardrails with those there are.
fn filled(sheet: Sheet, rules: &Guardrails) -> Sheet {
    let usd = |units: Option<i64>| units.map(|units| money::format(Asset::Usd, units)).unwrap_or_default();
    let tick = |on: bool| if on { "yes" } else { "" };
    let categories = match &rules.allowed_categories {
        None => String::new(),
        Some(none) if none.is_empty() => NO_CATEGORY.into(),
        Some(some) => some.join(", "),
    };
    sheet
        .filled("enabled", tick(rules.enabled))
        .filled("auto_review", tick(rules.auto_review))
        .filled("max_task_budget", usd(rules.max_task_budget))
        .filled("max_daily_spend", usd(rules.max_daily_spend))
        .filled("max_open_tasks", rules.max_open_tasks.map(|most| most.to_string()).unwrap_or_default())
        .filled("allowed_categories", categories)
        .filled("require_human_approval_above", usd(rules.require_human_approval_above))
}

/// What is typed where no category at all is allowed.
const NO_CATEGORY: &str = "none";

fn read_typed(typed: &Typed) -> Result<Guardrails, super::super::problem::Problem> {
    let categories = match typed.get("allowed_categories").trim() {
        "" => Value::Null,
        NO_CATEGORY => json!([]),
        _ => typed.listed("allowed_categories").into(),
    };
    let given = json!({
        "max_task_budget": typed.text("max_task_budget"),
        "max_daily_spend": typed.text("max_daily_spend"),
        "max_open_tasks": typed.whole("max_open_tasks"),
        "allowed_categories": categories,
        "require_human_approval_above": typed.text("require_human_approval_above"),
        "auto_review": typed.ticked("auto_review"),
    });
    Ok(read_rules(typed.ticked("enabled"), &fields(&given)?)?)
}

/// `POST /agents/{id}/guardrails`: sets all of them.
pub async fn set_guardrails(State(app): State<Arc<App>>, Path(id): Path<String>, form: Form) -> Outcome {
    let id: PartyId = path_id(&id, "agent")?;
    let set = async {
        let wanted = read_typed(&form.typed)?;
        let ask = form.ask(Scope::Commission)?;
        Ok(app.set_guardrails(ask, id, &wanted, |_| going_to("?done=guardrails")).await?)
    };
    match set.await {
        Ok(_) => Ok(super::page::see(&format!("/agents/{id}?done=guardrails"))),
        Err(problem) => show_one(&app, &form.person, id, &form.again("rules", &problem), "").await,
    }
}

/// `POST /agents/{id}/unbind`: by its owner or itself.
pub async fn unbind(State(app): State<Arc<App>>, Path(id): Path<String>, form: Form) -> Outcome {
    let id: PartyId = path_id(&id, "binding")?;
    match app.unbind(form.ask_for_oneself(), id, |_| going_to("/agents?done=unbound")).await {
        Ok(answer) => Ok(gone(&answer)),
        Err(error) => show_one(&app, &form.person, id, &form.again("unbind", &error.into()), "").await,
    }
}

/// `POST /agents/{id}/binding-code`: the agent lets a person become its owner.
pub async fn binding_code(State(app): State<Arc<App>>, Path(id): Path<String>, form: Form) -> Outcome {
    let id: PartyId = path_id(&id, "agent")?;
    let render = |made: &NewCode| told_once(&made.code, "");
    match app.make_binding_code(form.ask_for_oneself(), render).await {
        Ok(answer) => {
            let minutes = app.settings.limits.binding_code_minutes;
            let told = Told {
                title: "The binding code",
                about: "Whoever types it in becomes this agent's owner.".into(),
                next: format!("It works once, within {minutes} minutes, on the page Agents of the person."),
                part: "agents",
                back: format!("/agents/{id}"),
            };
            secret::show(&form.person, &answer, told)
        }
        Err(error) => show_one(&app, &form.person, id, &form.again("code", &error.into()), "").await,
    }
}
