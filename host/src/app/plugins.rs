//! Components: those that came with the binary, and finding the one a task is bound to.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use assay_db::entities::PluginRow;
use assay_db::{Change, Record as _, list};
use assay_domain::refusal::Refusal;
use assay_sandbox::{Badge, Digest, Facts, Judge, Manifest};
use serde_json::Value;

use super::task::{Pin, Spec, from_json, to_json};
use super::{App, schemas};
use crate::builtin::{BUILTIN, Builtin};
use crate::config::PluginLimits;
use crate::error::Error;

/// A verifier that a poster names, by itself or in a check of kind `plugin`.
#[derive(Clone, Debug)]
pub struct Named {
    /// The field, for refusals: `verifier`, `verifier[1]` or `checks[3]`.
    pub path: String,
    /// A digest, a name, or `name@version`.
    pub component: String,
    /// Whether it is a digest.
    pub by_digest: bool,
    /// An object.
    pub config: Value,
}

impl Named {
    /// The component that a check of kind `plugin` asks. Its JSON was found to be written
    /// well, so that it names one.
    fn of_check(path: String, check: &Value) -> Self {
        let text = |field: &str| check.get(field).and_then(Value::as_str);
        let digest = text("digest").map(|digest| {
            let digits = digest.strip_prefix("sha256:").unwrap_or(digest).to_ascii_lowercase();
            format!("sha256:{digits}")
        });
        let config = check.get("config").filter(|config| !config.is_null());
        Self {
            path,
            by_digest: digest.is_some(),
            component: digest.or_else(|| text("name").map(str::to_owned)).unwrap_or_default(),
            config: config.cloned().unwrap_or_else(|| Value::Object(serde_json::Map::new())),
        }
    }
}

/// What a component may do here.
pub(crate) struct Standing {
    /// Its publisher; empty for those that came with a version of this program.
    pub(crate) owner: String,
    /// Whether its verdicts may move money; otherwise they inform a person.
    pub(crate) binds: bool,
}

/// The verifier for tasks with JSON Schemas. It is large and rarely needed.
const SCHEMAS: &str = "criteria-schema";

/// Digests of the components new tasks are bound to.
#[derive(Clone, Debug)]
pub struct Builtins {
    /// `pdqg`.
    pub scorer: Digest,
    /// `criteria`.
    verifier: Digest,
    /// `criteria-schema`.
    verifier_of_schemas: Digest,
    /// `auto-review`.
    pub reviewer: Digest,
    /// Every component of this binary.
    all: HashSet<Digest>,
    /// `fixed`, `auction` and `hybrid`, by name.
    pricing: Vec<(&'static str, Digest, Value)>,
}

impl Builtins {
    /// Of this binary. It is a fault of the build when one is missing.
    pub fn of_binary() -> Result<Self, Error> {
        let named = |name: &str| {
            let found = BUILTIN.iter().find(|builtin| builtin.name == name);
            found.ok_or_else(|| Error::Internal(format!("no {name} in this binary")))
        };
        let digest = |name| named(name).map(|builtin| builtin.digest);
        let pricing = ["fixed", "auction", "hybrid"].map(|model| {
            let builtin = named(&format!("pricing-{model}"))?;
            let schema = from_json("schema", builtin.config_schema.as_bytes())?;
            Ok((model, builtin.digest, schema))
        });
        Ok(Self {
            scorer: digest("pdqg")?,
            verifier: digest("criteria")?,
            verifier_of_schemas: digest(SCHEMAS)?,
            reviewer: digest("auto-review")?,
            all: BUILTIN.iter().map(|builtin| builtin.digest).collect(),
            pricing: pricing.into_iter().collect::<Result<_, Error>>()?,
        })
    }

    /// The verifier for these checks.
    pub fn verifier<'a>(&self, mut checks: impl Iterator<Item = &'a Value>) -> &Digest {
        if checks.any(assay_checks::names_schema) { &self.verifier_of_schemas } else { &self.verifier }
    }

    /// Whether a component came with this binary, so that it runs in this process.
    pub fn has(&self, digest: &Digest) -> bool {
        self.all.contains(digest)
    }

    /// Whether this is the verifier of checks, which has nothing to do without any.
    pub(crate) fn judges_checks_alone(&self, digest: &str) -> bool {
        [&self.verifier, &self.verifier_of_schemas].into_iter().any(|own| own.to_string() == digest)
    }

    /// The pricing model of this name.
    pub fn pricing(&self, model: &str) -> Option<&Digest> {
        self.pricing.iter().find(|(name, ..)| *name == model).map(|(_, digest, _)| digest)
    }

    /// What is wrong with a pricing model's configuration, if anything, by its schema:
    /// the path of the field, and what would be right.
    pub fn config_fault(&self, digest: &Digest, config: &Value) -> Option<(String, String)> {
        let (.., schema) = self.pricing.iter().find(|(_, known, _)| known == digest)?;
        schemas::fault(schema, config, &PluginLimits::default())
    }

    /// What is wrong with a check, if anything: the path of the field, and what would
    /// be right.
    pub fn check_fault(&self, check: &Value) -> Option<(String, String)> {
        let issues = assay_checks::validate(&check.to_string()).err()?;
        issues.into_iter().next().map(|issue| (issue.path, issue.message))
    }
}

/// What a component says of itself. Each is looked through once a process.
fn inspect(builtin: &Builtin) -> Result<Arc<Facts>, Error> {
    static FACTS: Mutex<BTreeMap<&str, Arc<Facts>>> = Mutex::new(BTreeMap::new());
    let mut known = FACTS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(facts) = known.get(builtin.name) {
        return Ok(Arc::clone(facts));
    }
    let fault = |error| Error::Internal(format!("{} of this binary: {error}", builtin.name));
    let facts = Arc::new(assay_sandbox::inspect(builtin.bytes, builtin.bytes.len()).map_err(fault)?);
    known.insert(builtin.name, Arc::clone(&facts));
    Ok(facts)
}

/// Whether a check asks another component.
pub(crate) fn is_plugin_check(kind: &str) -> bool {
    kind.strip_prefix("not-").unwrap_or(kind) == "plugin"
}

impl App {
    /// Stores the binary's components like uploads, so that tasks bound to them stay
    /// judged by the same bytes after an upgrade.
    pub async fn keep_builtins(&self) -> Result<(), Error> {
        let digests = BUILTIN.iter().map(|builtin| builtin.digest.to_string()).collect::<Vec<_>>();
        let of = list(digests.iter().map(String::as_str));
        let known = self.db.read().many::<PluginRow>("digest in_list($1)", &[of]).await?;
        for (builtin, digest) in BUILTIN.iter().zip(&digests) {
            if known.iter().all(|row| row.digest != *digest) {
                self.keep_builtin(builtin).await?;
            }
        }
        Ok(())
    }

    /// Compiles all of them, or loads what was compiled before: those that most tasks meet
    /// first.
    pub async fn prepare_builtins(&self) -> Result<(), Error> {
        self.prepare_usual_builtins().await?;
        for builtin in BUILTIN.iter().filter(|builtin| builtin.name == SCHEMAS) {
            self.prepare(Arc::from(builtin.bytes)).await?;
        }
        Ok(())
    }

    /// Those that most tasks meet, for whoever will not wait for the others.
    pub async fn prepare_usual_builtins(&self) -> Result<(), Error> {
        for builtin in BUILTIN.iter().filter(|builtin| builtin.name != SCHEMAS) {
            self.prepare(Arc::from(builtin.bytes)).await?;
        }
        Ok(())
    }

    async fn keep_builtin(&self, builtin: &Builtin) -> Result<(), Error> {
        let facts = inspect(builtin)?;
        let row = PluginRow {
            digest: builtin.digest.to_string(),
            name: builtin.name.into(),
            version: facts.manifest.version.clone(),
            world: facts.world.as_str().into(),
            status: "listed".into(),
            author: facts.manifest.author.clone(),
            owner: String::new(),
            // Held to it by the tests of this program.
            badge: Badge::Deterministic.as_str().into(),
            created_at: self.now().0,
            body: to_json(&facts.manifest)?,
            certification: b"null".to_vec(),
        };
        self.db
            .commit(Change::new().row(row.keep()).blob(builtin.digest.hex(), builtin.bytes.to_vec()))
            .await?;
        Ok(())
    }

    /// Binds a task's checks of kind `plugin` and the verifiers its poster names to digests
    /// of components that are listed here, each with a configuration that fits.
    pub(crate) async fn pin_plugins(&self, spec: &mut Spec, wanted: &[Named]) -> Result<(), Error> {
        // Those of the criteria come first; the poster counts their own.
        let compiled: usize = spec.criteria.iter().map(|criterion| criterion.checks.len()).sum();
        let own = spec.checks.iter_mut().skip(compiled).enumerate();
        let asking = own.filter(|(_, check)| is_plugin_check(&check.kind));
        let mut most = self.settings.limits.verifiers_per_task_max.saturating_sub(wanted.len());
        for (index, check) in asking {
            let named = Named::of_check(format!("checks[{index}]"), &check.json);
            most = most.checked_sub(1).ok_or_else(|| self.too_many_components(&named.path))?;
            let row = self.pin(&named).await?;
            if let Value::Object(fields) = &mut check.json {
                fields.remove("name");
                fields.insert("digest".into(), row.digest.into());
            }
        }
        spec.verifiers.extend(self.pin_verifiers(wanted).await?);
        Ok(())
    }

    fn too_many_components(&self, path: &str) -> Refusal {
        let most = self.settings.limits.verifiers_per_task_max;
        let message = format!(
            "is a component too many: each runs on every delivery, at most {most} with those in `verifier`"
        );
        Refusal::field(path, message)
    }

    /// The verifiers a poster names.
    async fn pin_verifiers(&self, wanted: &[Named]) -> Result<Vec<Pin>, Error> {
        let mut pins: Vec<Pin> = Vec::with_capacity(wanted.len());
        for (at, named) in wanted.iter().enumerate() {
            if at == self.settings.limits.verifiers_per_task_max {
                return Err(self.too_many_components(&named.path).into());
            }
            let row = self.pin(named).await?;
            let pin = Pin { digest: row.digest, config: named.config.to_string() };
            if pins.iter().any(|other| other.digest == pin.digest && other.config == pin.config) {
                return Err(
                    Refusal::field(named.path.clone(), "is named twice with one configuration").into()
                );
            }
            pins.push(pin);
        }
        Ok(pins)
    }

    /// The listed component of this name or digest, if the configuration fits its schema.
    async fn pin(&self, named: &Named) -> Result<PluginRow, Error> {
        let Named { path, component, config, .. } = named;
        let field = if named.by_digest { "digest" } else { "name" };
        let row = self.listed_verifier(field, component).await?.ok_or_else(|| {
            let message = format!("{component:?} is no verifier that is listed here: see GET /v1/plugins");
            Refusal::field(format!("{path}.{field}"), message)
        })?;
        let manifest: Manifest = from_json("manifest", &row.body)?;
        if let Some((inside, message)) = self.config_fault(manifest.config_schema, config).await? {
            let dot = if inside.is_empty() { "" } else { "." };
            return Err(Refusal::field(format!("{path}.config{dot}{inside}"), message).into());
        }
        Ok(row)
    }

    /// What is wrong with a configuration by a publisher's schema, if anything. Both are
    /// strangers', so it is found out where nobody waits for the thread.
    async fn config_fault(&self, schema: Value, config: &Value) -> Result<Option<(String, String)>, Error> {
        let limits = self.settings.limits.plugins.clone();
        let bytes = config.to_string().len();
        if bytes > limits.config_bytes_max {
            let message = format!("has {bytes} bytes, at most {} are taken", limits.config_bytes_max);
            return Ok(Some((String::new(), message)));
        }
        let config = config.clone();
        let found = tokio::task::spawn_blocking(move || schemas::fault(&schema, &config, &limits)).await;
        found.map_err(|fault| Error::Internal(format!("a configuration could not be checked: {fault}")))
    }

    async fn listed_verifier(&self, field: &str, named: &str) -> Result<Option<PluginRow>, Error> {
        const BY_DIGEST: &str = "digest = $1 and world = 'verifier' and status = 'listed'";
        const BY_NAME: &str = "name = $1 and ($2 = '' or version = $2) and world = 'verifier' \
                               and status = 'listed' order by created_at desc, digest limit 1";
        if field == "digest" {
            return Ok(self.db.read().one(BY_DIGEST, &[named.into()]).await?);
        }
        let (name, version) = named.split_once('@').unwrap_or((named, ""));
        Ok(self.db.read().one(BY_NAME, &[name.into(), version.into()]).await?)
    }

    /// The component of a digest, ready to run. Where it has to be compiled, it takes the
    /// turn of its publisher.
    pub async fn judge_component(&self, owner: &str, digest: &str) -> Result<Judge, Error> {
        let digest: Digest =
            digest.parse().map_err(|_| Error::Internal("impossible digest in a task".into()))?;
        let own = self.builtins.has(&digest);
        let known =
            if own { self.sandbox.known(&digest).await } else { self.sandbox.known_uploaded(&digest).await };
        if let Some(judge) = known {
            return Ok(judge);
        }
        let bytes: Arc<[u8]> = self.component(&digest).await?.into();
        if own {
            return self.prepare(bytes).await;
        }
        let prepared = self.sandbox.prepare_uploaded_for(owner, bytes).await;
        prepared.map_err(|error| Error::Internal(format!("a stored component: {error}")))
    }

    /// Whose turn a component's runs take, and whether its verdicts may move money.
    pub(crate) async fn standing(&self, digest: &str) -> Result<Standing, Error> {
        if digest.parse().is_ok_and(|digest| self.builtins.has(&digest)) {
            return Ok(Standing { owner: String::new(), binds: true });
        }
        let row = self.db.read().one::<PluginRow>("digest = $1", &[digest.into()]).await?;
        Ok(match row {
            Some(row) => Standing { binds: row.badge == Badge::Deterministic.as_str(), owner: row.owner },
            // It came with an earlier version of this program.
            None => Standing { owner: String::new(), binds: true },
        })
    }

    /// The bytes of a component.
    pub async fn component(&self, digest: &Digest) -> Result<Vec<u8>, Error> {
        let bytes = self.db.read().blob(&digest.hex()).await?;
        Ok(bytes.ok_or_else(|| Refusal::not_found("component"))?)
    }

    async fn prepare(&self, bytes: Arc<[u8]>) -> Result<Judge, Error> {
        self.sandbox
            .prepare(bytes)
            .await
            .map_err(|error| Error::Internal(format!("a stored component: {error}")))
    }
}
