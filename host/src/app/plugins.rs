//! Components: those that came with the binary, and finding the one a task is bound to.

use std::sync::Arc;

use assay_db::entities::PluginRow;
use assay_db::{Change, Record as _};
use assay_domain::refusal::Refusal;
use assay_sandbox::{Digest, Facts, Judge};
use serde_json::Value;

use super::App;
use super::task::to_json;
use crate::builtin::{BUILTIN, Builtin};
use crate::error::Error;

/// Digests of the components new tasks are bound to.
#[derive(Clone, Debug)]
pub struct Builtins {
    /// `pdqg`.
    pub scorer: Digest,
    /// `criteria`.
    pub verifier: Digest,
    /// `auto-review`.
    pub reviewer: Digest,
    /// `fixed`, `auction` and `hybrid`, by name.
    pricing: Vec<(&'static str, Digest, Value)>,
}

impl Builtins {
    /// Of this binary. It is a fault of the build when one is missing.
    pub fn of_binary() -> Result<Self, Error> {
        let digest = |name: &str| {
            let found = BUILTIN.iter().find(|builtin| builtin.name == name);
            found.map(|builtin| Digest::of(builtin.bytes)).ok_or_else(|| Error::Internal(format!("no {name} in this binary")))
        };
        let pricing = ["fixed", "auction", "hybrid"].map(|model| {
            let name = format!("pricing-{model}");
            let found = BUILTIN.iter().find(|builtin| builtin.name == name);
            let builtin = found.ok_or_else(|| Error::Internal(format!("no {name} in this binary")))?;
            Ok((model, Digest::of(builtin.bytes), inspect(builtin)?.manifest.config_schema))
        });
        Ok(Self {
            scorer: digest("pdqg")?,
            verifier: digest("criteria")?,
            reviewer: digest("auto-review")?,
            pricing: pricing.into_iter().collect::<Result<_, Error>>()?,
        })
    }

    /// The pricing model of this name.
    pub fn pricing(&self, model: &str) -> Option<&Digest> {
        self.pricing.iter().find(|(name, ..)| *name == model).map(|(_, digest, _)| digest)
    }

    /// What is wrong with a pricing model's configuration, if anything, by its schema:
    /// the path of the field, and what would be right.
    pub fn config_fault(&self, digest: &Digest, config: &Value) -> Option<(String, String)> {
        let (.., schema) = self.pricing.iter().find(|(_, known, _)| known == digest)?;
        let validator = match jsonschema::validator_for(schema) {
            Ok(validator) => validator,
            Err(error) => return Some((String::new(), format!("the component's schema is broken: {error}"))),
        };
        let error = validator.iter_errors(config).next()?;
        Some((error.instance_path().to_string().trim_start_matches('/').replace('/', "."), error.to_string()))
    }

    /// What is wrong with a check, if anything: the path of the field, and what would
    /// be right.
    pub fn check_fault(&self, check: &Value) -> Option<(String, String)> {
        let issues = assay_checks::validate(&check.to_string()).err()?;
        issues.into_iter().next().map(|issue| (issue.path, issue.message))
    }
}

fn inspect(builtin: &Builtin) -> Result<Facts, Error> {
    let fault = |error| Error::Internal(format!("{} of this binary: {error}", builtin.name));
    assay_sandbox::inspect(builtin.bytes, builtin.bytes.len()).map_err(fault)
}

/// Kinds of check that hold an expected answer.
const GOLD_KINDS: [&str; 7] =
    ["equals", "tokens-equal", "numbers-equal", "one-of", "label-accuracy", "levenshtein", "similarity"];

/// Whether checks of this kind hold an answer that only the poster may see.
pub fn holds_gold(kind: &str) -> bool {
    GOLD_KINDS.contains(&kind.strip_prefix("not-").unwrap_or(kind))
}

impl App {
    /// Stores the binary's components like uploads, so that tasks bound to them stay
    /// judged by the same bytes after an upgrade, and compiles them.
    pub async fn keep_builtins(&self) -> Result<(), Error> {
        for builtin in BUILTIN {
            let digest = Digest::of(builtin.bytes);
            let known = self.db.read().one::<PluginRow>("digest = $1", &[digest.to_string().into()]).await?;
            if known.is_none() {
                self.keep_builtin(builtin, &digest).await?;
            }
            self.prepare(Arc::from(builtin.bytes)).await?;
        }
        Ok(())
    }

    async fn keep_builtin(&self, builtin: &Builtin, digest: &Digest) -> Result<(), Error> {
        let facts = inspect(builtin)?;
        let row = PluginRow {
            digest: digest.to_string(),
            name: builtin.name.into(),
            version: facts.manifest.version.clone(),
            world: facts.world.as_str().into(),
            status: "listed".into(),
            created_at: self.now().0,
            body: to_json(&facts.manifest)?,
        };
        self.db.commit(Change::new().row(row.keep()).blob(digest.hex(), builtin.bytes.to_vec())).await?;
        Ok(())
    }

    /// The component of a digest, ready to run.
    pub async fn judge_component(&self, digest: &str) -> Result<Judge, Error> {
        let digest: Digest = digest.parse().map_err(|_| Error::Internal("impossible digest in a task".into()))?;
        if let Some(judge) = self.sandbox.cached(&digest) {
            return Ok(judge);
        }
        let bytes = self.component(&digest).await?;
        self.prepare(bytes.into()).await
    }

    /// The bytes of a component.
    pub async fn component(&self, digest: &Digest) -> Result<Vec<u8>, Error> {
        let bytes = self.db.read().blob(&digest.hex()).await?;
        Ok(bytes.ok_or_else(|| Refusal::not_found("component"))?)
    }

    async fn prepare(&self, bytes: Arc<[u8]>) -> Result<Judge, Error> {
        self.sandbox.prepare(bytes).await.map_err(|error| Error::Internal(format!("a stored component: {error}")))
    }

    /// Every component known here.
    pub async fn plugins(&self) -> Result<Vec<PluginRow>, Error> {
        Ok(self.db.read().many::<PluginRow>("status = 'listed' ORDER BY name, version", &[]).await?)
    }
}
