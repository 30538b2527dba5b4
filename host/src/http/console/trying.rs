//! Trying a component of the registry on a text of one's own.

use std::sync::Arc;

use assay_db::entities::PluginRow;
use assay_domain::refusal::Refusal;
use assay_sandbox::{Decision, Digest, Finding, Input, Outcome as RunOutcome, Output, Run, Subject};
use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::super::answer::Outcome;
use super::super::commission::path_id;
use super::super::fields::Fields;
use super::super::problem::Problem;
use super::configuring::{self, Setting};
use super::form::{Attempt, Form, Sheet, Typed, fields};
use super::plugins::{bytes, grouped, manifest, show_one};
use super::session::Person;
use super::words::{self, percent};
use crate::app::App;
use crate::app::trying::Draft;

/// The form by which a component is tried, and what it said.
pub struct Trial {
    /// The form.
    pub sheet: Sheet,
    /// Whether it takes a task and a text, or only a whole input.
    pub takes_text: bool,
    /// The fields of its configuration.
    pub settings: Vec<Setting>,
    /// What it said.
    pub said: Option<Said>,
}

/// What a component said.
pub struct Said {
    /// In one word.
    pub outcome: String,
    /// How the word looks.
    pub tone: &'static str,
    /// Fuel of the call.
    pub fuel: String,
    /// The most memory it held.
    pub memory: String,
    /// Findings, dimensions or decisions, a line each: about what, how, how much, why.
    pub lines: Vec<[String; 4]>,
    /// Why there is no answer, or what was decided.
    pub words: Vec<String>,
    /// What it wrote on the way.
    pub log: Vec<String>,
    /// What was typed, for the form.
    typed: Typed,
}

impl Trial {
    /// For somebody who is signed in.
    pub fn of(person: &Person, attempt: &Attempt, plugin: &PluginRow, said: Option<Said>) -> Self {
        let action = format!("/plugins/{}/run", plugin.digest);
        let kept =
            said.as_ref().map(|said| Attempt { form: "run", typed: said.typed.clone(), refusal: None });
        let attempt = kept.as_ref().unwrap_or(attempt);
        let takes_text = ["verifier", "scorer"].contains(&plugin.world.as_str());
        let settings = configuring::settings(&manifest(plugin)["config_schema"], "config");
        Self { sheet: attempt.sheet(&person.token, "run", action), takes_text, settings, said }
    }

    /// Whether the configuration is open as JSON.
    pub fn is_open(&self) -> bool {
        let field = self.sheet.refusal().and_then(|refusal| refusal.field.as_deref());
        self.settings.is_empty() || !self.sheet.value("config").is_empty() || field == Some("config")
    }
}

/// `POST /plugins/{digest}/run`: what the component says to it.
pub async fn run(State(app): State<Arc<App>>, Path(digest): Path<String>, form: Form) -> Outcome {
    let digest: Digest = path_id(&digest, "component")?;
    let ran = async {
        let plugin = app.plugin(&digest).await?.plugin;
        let input = read_input(&app, &plugin, &form.typed)?;
        Ok::<_, Problem>(app.try_plugin(&form.person.caller, &digest, &input, form.once()).await?)
    };
    match ran.await {
        Ok(run) => {
            let said = told(&run, &form.typed);
            show_one(&app, Some(&form.person), &digest, &Attempt::none(), "", Some(said)).await
        }
        Err(problem) => {
            let attempt = form.again("run", &problem);
            show_one(&app, Some(&form.person), &digest, &attempt, "", None).await
        }
    }
}

fn read_input(app: &App, plugin: &PluginRow, typed: &Typed) -> Result<Input, Refusal> {
    // What is no JSON goes on as a text, which the reader of the field refuses by name.
    let json_of = |name: &str| match typed.get(name).trim() {
        "" => Value::Null,
        text => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
    };
    if !typed.get("input").trim().is_empty() {
        return serde_json::from_value(json_of("input"))
            .map_err(|error| Refusal::field("input", format!("is no input of a component: {error}")));
    }
    let schema = &manifest(plugin)["config_schema"];
    let config = match configuring::fill(schema, "config", typed, json_of("config"))? {
        Value::Object(object) if object.is_empty() && typed.get("config").trim().is_empty() => Value::Null,
        config => config,
    };
    let read = fields(&json!({
        "title": typed.text("title"),
        "description": typed.text("description"),
        "criteria": typed.lines("criteria"),
        "checks": json_of("checks"),
        "config": config,
        "content": typed.text("content"),
    }))?;
    app.draft_input(&plugin.world, &read_draft(&read, app)?)
}

fn read_draft(fields: &Fields, app: &App) -> Result<Draft, Refusal> {
    let limits = &app.settings.limits;
    Ok(Draft {
        title: fields.text_if_given("title", 0..=limits.title_characters_max)?.unwrap_or_default(),
        description: fields.text_if_given("description", 0..=limits.text_characters_max)?.unwrap_or_default(),
        criteria: fields.texts("criteria", limits.criteria_max, 1_000)?,
        checks: fields.objects("checks", limits.checks_max)?,
        config: fields.json("config")?,
        content: fields.text_if_given("content", 0..=limits.content_bytes_max)?.unwrap_or_default(),
    })
}

fn told(run: &Run, typed: &Typed) -> Said {
    let (mut lines, mut said) = (Vec::new(), Vec::new());
    match &run.outcome {
        RunOutcome::Output(output) => put(output, &mut lines, &mut said),
        RunOutcome::Inconclusive { reason } => said.push(format!("No answer: {reason}")),
    }
    Said {
        outcome: words::plain(run.word()),
        tone: words::tone(run.word()),
        fuel: grouped(run.fuel),
        memory: bytes(run.memory_bytes),
        lines,
        words: said,
        log: run.log.clone(),
        typed: typed.clone(),
    }
}

fn put(output: &Output, lines: &mut Vec<[String; 4]>, said: &mut Vec<String>) {
    match output {
        Output::Report(report) => lines.extend(report.findings.iter().map(finding)),
        Output::Scorecard(card) => {
            said.push(format!("Score {}. {}", percent(card.score), card.notes));
            lines.extend(card.dimensions.iter().map(|one| {
                [one.name.clone(), format!("weight {}", one.weight), percent(one.score), one.note.clone()]
            }));
        }
        Output::Decision(Decision::Accept) => said.push("Accept.".into()),
        Output::Decision(Decision::RequestRevision(notes)) => {
            said.push("Ask for a revision.".into());
            said.extend(notes.iter().cloned());
        }
        Output::Decision(Decision::Escalate(why)) => said.push(format!("A person must decide: {why}")),
        Output::Pricing(_) | Output::Problem(_) => {
            said.push(String::from_utf8_lossy(&output.canonical()).into_owned());
        }
    }
}

fn finding(finding: &Finding) -> [String; 4] {
    let about = match &finding.subject {
        Subject::Check(number) => format!("check {}", number + 1),
        Subject::Own(name) => name.clone(),
    };
    let status = serde_json::to_value(finding.status).unwrap_or_default();
    let status = status.as_str().unwrap_or_default().to_owned();
    [about, status, percent(finding.score), finding.evidence.clone()]
}
