//! The registry of judges: finding one, what is known of it, publishing, retiring.

use std::sync::Arc;

use askama::Template;
use assay_db::entities::PluginRow;
use assay_domain::ids::Timestamp;
use assay_domain::refusal::{Code, Refusal};
use assay_sandbox::{Certification, Digest};
use axum::extract::{Path, State};
use serde_json::Value;

use super::super::answer::Outcome;
use super::super::commission::path_id;
use super::super::problem::Problem;
use super::asked::Asked;
use super::files::FileForm;
use super::form::{Attempt, Form, Sheet};
use super::page::{Frame, going_to, gone, page, page_after};
use super::plot::LevelsPlot;
use super::ration::size;
use super::schema::{self, SchemaRow};
use super::session::Person;
use super::trying;
use super::words::{When, percent, short, when};
use crate::app::App;
use crate::app::access::Scope;
use crate::app::registry::{Facts, Search};
use crate::app::tasks::Page;
use crate::app::uploads::{Upload, Uploaded};
use crate::error::Error;

/// Components of a page.
const LINES: usize = 25;
/// Worlds, as a filter offers them.
const WORLDS: [(&str, &str); 5] = [
    ("", "Any"),
    ("verifier", "Verifiers: is it done?"),
    ("scorer", "Scorers: how good is it?"),
    ("reviewer", "Reviewers: what now?"),
    ("pricing", "Pricing models: who gets it?"),
];

struct Line {
    digest: String,
    short: String,
    name: String,
    version: String,
    world: String,
    author: String,
    description: String,
    binds: bool,
    built_in: bool,
}

impl Line {
    fn of(row: &PluginRow) -> Self {
        Self {
            digest: row.digest.clone(),
            short: short(&row.digest),
            name: row.name.clone(),
            version: row.version.clone(),
            world: row.world.clone(),
            author: row.author.clone(),
            description: manifest(row)["description"].as_str().unwrap_or_default().to_owned(),
            binds: row.badge == "deterministic",
            built_in: row.owner.is_empty(),
        }
    }
}

/// What a component says about itself.
pub fn manifest(row: &PluginRow) -> Value {
    serde_json::from_slice(&row.body).unwrap_or_default()
}

#[derive(Template)]
#[template(path = "plugins.html")]
struct PluginsPage {
    frame: Frame,
    filters: Sheet,
    worlds: &'static [(&'static str, &'static str)],
    lines: Vec<Line>,
    total: i64,
    filtered: bool,
    older: Option<String>,
}

/// `GET /plugins?world=&name=&author=&search=&cursor=`.
pub async fn plugins(State(app): State<Arc<App>>, person: Option<Person>, asked: Asked) -> Outcome {
    let none = Page { items: Vec::new(), next: None, total_estimate: 0 };
    match found(&app, &asked).await {
        Ok(found) => show_list(person.as_ref(), &asked, None, &found),
        Err(Error::Refused(refusal)) => show_list(person.as_ref(), &asked, Some(refusal), &none),
        Err(error) => Err(error.into()),
    }
}

async fn found(app: &App, asked: &Asked) -> Result<Page<PluginRow>, Error> {
    let text = |name: &str| asked.text(name).map(|text| text.unwrap_or_default().to_owned());
    let search =
        Search { world: text("world")?, name: text("name")?, author: text("author")?, part: text("search")? };
    app.plugins(&search, &text("cursor")?, LINES).await
}

fn show_list(
    person: Option<&Person>,
    asked: &Asked,
    refusal: Option<Refusal>,
    found: &Page<PluginRow>,
) -> Outcome {
    let attempt = asked.attempt("filters", refusal);
    let shown = PluginsPage {
        frame: Frame::of(person, "plugins").after(asked.done()),
        filters: attempt.sheet("", "filters", "/plugins"),
        worlds: &WORLDS,
        lines: found.items.iter().map(Line::of).collect(),
        total: found.total_estimate,
        filtered: ["world", "name", "author", "search"].iter().any(|name| !asked.get(name).is_empty()),
        older: asked.older("/plugins", found.next.as_deref()),
    };
    page_after(&attempt, &shown)
}

/// What a trial found, as it is read.
struct Report {
    facts: Vec<(&'static str, String)>,
    faults: Vec<String>,
    fuel: LevelsPlot,
    time: LevelsPlot,
}

impl Report {
    fn of(found: &Certification) -> Self {
        let fuel = |units: u64| format!("{} fuel", grouped(units));
        let time = |micros: u64| format!("{} µs", grouped(micros));
        let figures = |low: u64, high: u64, text: &dyn Fn(u64) -> String| {
            vec![("median", low, text(low)), ("99 of 100", high, text(high))]
        };
        Self {
            facts: vec![
                ("Golden inputs", found.goldens.to_string()),
                ("Runs", found.runs.to_string()),
                ("Without an answer", found.inconclusive.to_string()),
                ("Most memory in a run", bytes(found.memory_bytes_peak)),
                ("Component", bytes(found.component_bytes)),
                ("Machine code", bytes(found.code_bytes)),
                ("Engine profile", found.profile.clone()),
            ],
            faults: found.faults.clone(),
            fuel: LevelsPlot::of(
                "Fuel of a run in the trial",
                figures(found.fuel_p50, found.fuel_p99, &fuel),
            ),
            time: LevelsPlot::of(
                "Time of a run in the trial, on the machine that tried it",
                figures(found.time_us_p50, found.time_us_p99, &time),
            ),
        }
    }
}

/// A number with its thousands apart.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A size as people read it.
pub fn bytes(count: u64) -> String {
    size(usize::try_from(count).unwrap_or(usize::MAX))
}

#[derive(Template)]
#[template(path = "plugin.html")]
struct PluginPage {
    frame: Frame,
    line: Line,
    owner: String,
    listed: bool,
    at: When,
    runs: String,
    inconclusive: String,
    rate: String,
    overturned: String,
    schema: Vec<SchemaRow>,
    report: Option<Report>,
    download: String,
    retire: Option<Sheet>,
    trial: Option<trying::Trial>,
}

/// `GET /plugins/{digest}`.
pub async fn plugin(
    State(app): State<Arc<App>>,
    Path(digest): Path<String>,
    person: Option<Person>,
    asked: Asked,
) -> Outcome {
    let digest: Digest = path_id(&digest, "component")?;
    show_one(&app, person.as_ref(), &digest, &Attempt::none(), asked.done(), None).await
}

/// The page of a component, with what a trial came to.
pub async fn show_one(
    app: &App,
    person: Option<&Person>,
    digest: &Digest,
    attempt: &Attempt,
    done: &str,
    said: Option<trying::Said>,
) -> Outcome {
    let Facts { plugin, runs, inconclusive, overturned } = app.plugin(digest).await?;
    let certification: Option<Certification> = serde_json::from_slice(&plugin.certification).ok();
    let may_retire = person.is_some_and(|person| {
        plugin.status == "listed" && (plugin.owner == person.caller.party.to_string() || person.is_operator())
    });
    let schema = schema::rows(&manifest(&plugin)["config_schema"]);
    let basis_points = u16::try_from(inconclusive.saturating_mul(10_000) / runs.max(1)).unwrap_or(10_000);
    let retire = |person: &Person| {
        attempt.sheet(&person.token, "retire", format!("/plugins/{}/retire", plugin.digest))
    };
    let shown = PluginPage {
        frame: Frame::of(person, "plugins").after(done),
        line: Line::of(&plugin),
        owner: plugin.owner.clone(),
        listed: plugin.status == "listed",
        at: when(Timestamp(plugin.created_at)),
        runs: grouped(runs.unsigned_abs()),
        inconclusive: grouped(inconclusive.unsigned_abs()),
        rate: percent(basis_points),
        overturned: grouped(overturned.unsigned_abs()),
        schema,
        report: certification.as_ref().map(Report::of),
        download: format!("{}-{}.wasm", plugin.name, plugin.version),
        retire: person.filter(|_| may_retire).map(retire),
        trial: person.map(|person| trying::Trial::of(person, attempt, &plugin, said)),
    };
    if attempt.refusal.is_some() { page_after(attempt, &shown) } else { page(&shown) }
}

/// `POST /plugins/{digest}/retire`.
pub async fn retire(State(app): State<Arc<App>>, Path(digest): Path<String>, form: Form) -> Outcome {
    let digest: Digest = path_id(&digest, "component")?;
    let retired = async {
        let render = |one: &Uploaded| going_to(format!("/plugins/{}?done=retired", one.plugin.digest));
        Ok(app.retire(form.ask(Scope::Plugins)?, &digest, render).await?)
    };
    match retired.await {
        Ok(answer) => Ok(gone(&answer)),
        Err(problem) => {
            let attempt = form.again("retire", &problem);
            show_one(&app, Some(&form.person), &digest, &attempt, "", None).await
        }
    }
}

/// What is looked at before a component is listed, in this order: what it is called, and the
/// codes and fields of refusals that belong to it.
const STAGES: [(&str, &[&str]); 10] = [
    ("It is small enough", &["component_too_large", "TOO_LARGE"]),
    (
        "It is a WebAssembly component",
        &[
            "component_precompiled",
            "component_is_core_module",
            "component_not_webassembly",
            "component_malformed",
        ],
    ),
    ("It exports the function of one world", &["component_world_missing", "component_world_ambiguous"]),
    ("It imports nothing that a judge is not given", &["component_import_forbidden"]),
    ("Its manifest is complete", &["component_manifest_invalid"]),
    ("It has no more of anything than a compiler is asked to take", &["component_shape_refused"]),
    ("It compiles within the limits", &["component_compilation_limit"]),
    ("Its export fits its world", &["component_export_mismatch"]),
    ("It can be instantiated", &["component_instantiation_failed"]),
    ("Its name, version and schema are its own and in order", &["name", "version", "config_schema"]),
];

/// One thing that was looked at.
struct Stage {
    name: &'static str,
    word: &'static str,
    tone: &'static str,
    why: String,
}

/// What came of each of them, where a refusal belongs to one.
fn stages(refusal: &Refusal) -> Vec<Stage> {
    let (code, why) = refusal.message.split_once(": ").unwrap_or(("", &refusal.message));
    let field = refusal.field.as_deref().unwrap_or_default();
    let names = [code, field, if refusal.code == Code::TooLarge { "TOO_LARGE" } else { "" }];
    let failed = STAGES.iter().position(|(_, codes)| codes.iter().any(|code| names.contains(code)));
    let Some(failed) = failed else { return Vec::new() };
    let stage = |(place, (name, _)): (usize, &(&'static str, &[&str]))| match place.cmp(&failed) {
        std::cmp::Ordering::Less => Stage { name, word: "good", tone: "done", why: String::new() },
        std::cmp::Ordering::Equal => Stage { name, word: "refused", tone: "bad", why: why.to_owned() },
        std::cmp::Ordering::Greater => Stage { name, word: "not reached", tone: "over", why: String::new() },
    };
    STAGES.iter().enumerate().map(stage).collect()
}

#[derive(Template)]
#[template(path = "upload.html")]
struct UploadPage {
    frame: Frame,
    sheet: Sheet,
    most: String,
    stages: Vec<Stage>,
}

/// `GET /plugins/upload`.
pub async fn upload_page(State(app): State<Arc<App>>, person: Person) -> Outcome {
    show_upload(&app, &person, &Attempt::none())
}

fn show_upload(app: &App, person: &Person, attempt: &Attempt) -> Outcome {
    let limits = &app.settings.limits;
    let most = if person.is_operator() {
        limits.component_bytes_max
    } else {
        limits.plugins.component_of_publisher_bytes_max
    };
    let shown = UploadPage {
        frame: Frame::of(Some(person), "plugins"),
        sheet: attempt.sheet(&person.token, "upload", "/plugins/upload"),
        most: bytes(most as u64),
        stages: attempt.refusal.as_ref().map(stages).unwrap_or_default(),
    };
    if attempt.refusal.is_some() { page_after(attempt, &shown) } else { page(&shown) }
}

/// `POST /plugins/upload`: a file, and the name and version it should have.
pub async fn upload(State(app): State<Arc<App>>, form: FileForm) -> Outcome {
    let listed = async {
        let missing = || Refusal::field("component", "is missing: choose a .wasm file");
        let bytes = form.file.as_deref().ok_or_else(missing)?;
        let said = |name: &str| Some(form.typed.get(name).trim().to_owned()).filter(|text| !text.is_empty());
        let upload = Upload { bytes: Arc::from(bytes), name: said("name"), version: said("version") };
        form.person.caller.require(Scope::Plugins)?;
        let render = |one: &Uploaded| {
            let done = if one.is_new { "listed" } else { "listed-before" };
            going_to(format!("/plugins/{}?done={done}", one.plugin.digest))
        };
        Ok::<_, Problem>(app.upload(&form.person.ask(), &upload, render).await?)
    };
    match listed.await {
        Ok(answer) => Ok(gone(&answer)),
        Err(problem) => {
            let refusal = Some(problem.refusal().clone());
            let attempt = Attempt { form: "upload", typed: form.typed.clone(), refusal };
            show_upload(&app, &form.person, &attempt)
        }
    }
}
