//! The verifiers of a task that is being posted: which, and with what configuration.

use std::collections::HashMap;

use assay_db::entities::PluginRow;
use assay_domain::refusal::Refusal;
use assay_sandbox::Digest;
use serde_json::{Value, json};

use super::checks::{self, Control, Shape};
use super::configuring::{self, Setting};
use super::form::Typed;
use super::plugins::manifest;
use super::words;
use crate::app::App;
use crate::app::registry::Search;
use crate::error::Error;

/// Verifiers that can be chosen from the list; a link from a verifier's page names any.
const LISTED: usize = 100;

/// A verifier on the form.
pub struct Verifier {
    /// Its place among them.
    pub at: usize,
    /// Where its digest is carried.
    pub digest: String,
    /// The digest.
    pub chosen: String,
    /// What can be chosen.
    pub options: Vec<(String, String)>,
    /// What is wrong with the choice.
    pub wrong: Option<String>,
    /// The fields of its configuration.
    pub settings: Vec<Setting>,
    /// The configuration as JSON, for what they do not say.
    pub config: Control,
    /// Whether that was used.
    pub open: bool,
}

/// The schemas of the configurations of the verifiers that a form names, by digest.
pub struct Schemas(HashMap<String, Value>);

impl Schemas {
    /// Those of this form. What is no verifier has none, and is refused where it is read.
    pub async fn of(app: &App, typed: &Typed) -> Result<Self, Error> {
        let mut all = HashMap::new();
        for at in 0..count(typed).min(app.settings.limits.verifiers_per_task_max) {
            let chosen = typed.get(&format!("verifier[{at}].digest")).trim();
            let Ok(digest) = chosen.parse::<Digest>() else { continue };
            match app.plugin(&digest).await {
                Ok(facts) => {
                    let schema = manifest(&facts.plugin)["config_schema"].take();
                    all.insert(chosen.to_owned(), schema);
                }
                Err(Error::Refused(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Self(all))
    }

    fn get(&self, digest: &str) -> &Value {
        self.0.get(digest.trim()).unwrap_or(&Value::Null)
    }
}

fn count(typed: &Typed) -> usize {
    checks::rows(typed, "verifier", "digest")
}

/// The rows of the form.
pub async fn shown(app: &App, typed: &Typed, refusal: Option<&Refusal>) -> Result<Vec<Verifier>, Error> {
    let count = count(typed).min(app.settings.limits.verifiers_per_task_max);
    if count == 0 {
        return Ok(Vec::new());
    }
    let search = Search { world: "verifier".into(), ..Search::default() };
    let listed = app.plugins(&search, "", LISTED).await?.items;
    // The verifier of checks is there by itself, whenever there are any.
    let own = |row: &PluginRow| row.owner.is_empty() && row.name.starts_with("criteria");
    let known: Vec<(String, String)> = listed.into_iter().filter(|row| !own(row)).map(option).collect();
    let schemas = Schemas::of(app, typed).await?;
    Ok((0..count).map(|at| row(at, typed, refusal, &known, &schemas)).collect())
}

fn row(
    at: usize,
    typed: &Typed,
    refusal: Option<&Refusal>,
    known: &[(String, String)],
    schemas: &Schemas,
) -> Verifier {
    let (place, config) = (format!("verifier[{at}].digest"), format!("verifier[{at}].config"));
    let chosen = typed.get(&place).to_owned();
    let mut options = known.to_vec();
    if !chosen.is_empty() && !options.iter().any(|(digest, _)| *digest == chosen) {
        options.push((chosen.clone(), words::short(&chosen)));
    }
    let field = refusal.and_then(|refusal| refusal.field.as_deref()).unwrap_or_default();
    let hit = [place.as_str(), &format!("verifier[{at}]")].contains(&field);
    let settings = configuring::settings(schemas.get(&chosen), &config);
    Verifier {
        at,
        wrong: refusal.filter(|_| hit).map(|refusal| refusal.message.clone()),
        // What is wrong with a part that no field is for is said here as well.
        open: settings.is_empty() || !typed.get(&config).is_empty() || field == config,
        config: Control::new(
            &config,
            "Configuration",
            "As JSON, after the schema on the verifier's page; empty for none.",
            Shape::Json,
        ),
        settings,
        digest: place,
        chosen,
        options,
    }
}

fn option(row: PluginRow) -> (String, String) {
    let text = format!("{}@{} by {} ({})", row.name, row.version, row.author, words::short(&row.digest));
    (row.digest, text)
}

/// What the form says of them.
pub fn read(typed: &Typed, schemas: &Schemas) -> Result<Vec<Value>, Refusal> {
    let one = |at: usize| {
        let place = format!("verifier[{at}].config");
        let json = match typed.text(&place).as_str().map(str::trim) {
            None => Value::Null,
            Some(text) => serde_json::from_str(text)
                .map_err(|error| Refusal::field(&place, format!("is not JSON: {error}")))?,
        };
        let digest = typed.text(&format!("verifier[{at}].digest"));
        if digest.is_null() {
            let message = "choose a verifier, or remove the row";
            return Err(Refusal::field(format!("verifier[{at}].digest"), message));
        }
        let schema = schemas.get(digest.as_str().unwrap_or_default());
        let config = configuring::fill(schema, &place, typed, json)?;
        Ok(json!({ "digest": digest, "config": config }))
    };
    (0..count(typed)).map(one).collect()
}
