//! Publishing components: upload, and taking one off the list.

use std::sync::Arc;

use assay_db::entities::PluginRow;
use assay_db::{Change, Key, Record as _, Reply};
use assay_domain::refusal::{Code, Refusal};
use assay_sandbox::{Admitted, Digest, Manifest, Rejected};
use semver::Version;

use super::access::Scope;
use super::schemas::Schema;
use super::task::to_json;
use super::{Answer, App, Ask, Caller};
use crate::config::Limits;
use crate::error::Error;

/// A component that somebody sends.
#[derive(Clone, Debug)]
pub struct Upload {
    /// The component.
    pub bytes: Arc<[u8]>,
    /// The name it must have, if the sender said so.
    pub name: Option<String>,
    /// The version it must have, if the sender said so.
    pub version: Option<String>,
}

/// What became of an upload.
#[derive(Clone, Debug)]
pub struct Uploaded {
    /// The component.
    pub plugin: PluginRow,
    /// Whether it was not known before.
    pub is_new: bool,
}

impl App {
    /// Compiles, tries and lists a component. The same bytes twice are the same plugin.
    pub async fn upload(
        &self,
        ask: &Ask,
        upload: &Upload,
        render: fn(&Uploaded) -> Reply,
    ) -> Result<Answer, Error> {
        let (caller, limits) = (&ask.caller, &self.settings.limits);
        check_bytes(upload.bytes.len(), limits, caller.scopes.has(Scope::Admin))?;
        let digest = Digest::of(&upload.bytes);
        let admitted = match self.plugin_row(&digest).await? {
            Some(_) => None,
            None => Some(self.admit(caller, upload).await?),
        };
        let settled = self.settle_upload(ask, upload, &digest, admitted.as_ref(), render).await;
        match settled {
            // Somebody sent the same at the same time: it is the same plugin.
            Err(Error::Refused(refusal))
                if refusal.code == Code::AlreadyExists && self.plugin_row(&digest).await?.is_some() =>
            {
                self.settle_upload(ask, upload, &digest, None, render).await
            }
            settled => settled,
        }
    }

    /// What takes a moment is looked at first; what takes every processor for seconds has
    /// its publisher's turn.
    async fn admit(&self, caller: &Caller, upload: &Upload) -> Result<Admitted, Error> {
        let publisher = caller.party.to_string();
        let _underway = self.uploading.enter(&publisher, &self.settings.limits.plugins)?;
        self.count_upload(caller, upload.bytes.len()).await?;
        let facts = self.sandbox.inspected(&upload.bytes).await.map_err(refused)?;
        check_said(&facts.manifest, upload)?;
        check_manifest(&facts.manifest, &self.settings.limits)?;
        self.sandbox.admit_for(&publisher, facts, Arc::clone(&upload.bytes)).await.map_err(refused)
    }

    async fn settle_upload(
        &self,
        ask: &Ask,
        upload: &Upload,
        digest: &Digest,
        admitted: Option<&Admitted>,
        render: fn(&Uploaded) -> Reply,
    ) -> Result<Answer, Error> {
        self.settle(ask.once.as_ref(), || async {
            if let Some(plugin) = self.plugin_row(digest).await? {
                let known = Uploaded { plugin, is_new: false };
                return Ok(Change::new().reply(move |_| render(&known)));
            }
            let admitted = admitted.ok_or_else(|| Error::Internal("a plugin vanished".into()))?;
            self.list(&ask.caller, upload, admitted, render).await
        })
        .await
    }

    async fn list(
        &self,
        caller: &Caller,
        upload: &Upload,
        admitted: &Admitted,
        render: fn(&Uploaded) -> Reply,
    ) -> Result<Change, Error> {
        let manifest = &*admitted.judge.manifest;
        let owner = caller.party.to_string();
        let plugin = PluginRow {
            digest: admitted.judge.digest.to_string(),
            name: manifest.name.clone(),
            version: manifest.version.clone(),
            world: manifest.world.as_str().into(),
            author: manifest.author.clone(),
            owner: owner.clone(),
            badge: admitted.certification.badge.as_str().into(),
            status: "listed".into(),
            created_at: self.now().0,
            body: to_json(manifest)?,
            certification: to_json(&admitted.certification)?,
        };
        let (name, version) = (&plugin.name, &plugin.version);
        let taken =
            |what: String| Refusal { field: Some("name".into()), ..Refusal::new(Code::AlreadyExists, what) };
        let mut change = Change::new().take(
            format!("plugin/{name}@{version}"),
            plugin.digest.clone(),
            taken(format!("{name}@{version} is taken by another component: raise the version")),
        );
        let others = taken(format!("the name {name} is another publisher's: choose one of your own"));
        match self.owner_of_name(name).await? {
            None => change = change.take(format!("plugin/{name}"), owner, others),
            Some(known) if known != owner => return Err(others.into()),
            Some(_) => {}
        }
        let change =
            change.row(plugin.clone().insert()).blob(admitted.judge.digest.hex(), upload.bytes.to_vec());
        let uploaded = Uploaded { plugin, is_new: true };
        Ok(change.reply(move |_| render(&uploaded)))
    }

    /// Takes a component off the list. Tasks that are bound to it keep it.
    pub async fn retire(
        &self,
        ask: &Ask,
        digest: &Digest,
        render: fn(&Uploaded) -> Reply,
    ) -> Result<Answer, Error> {
        self.settle(ask.once.as_ref(), || async {
            let mut plugin = self.plugin_row(digest).await?.ok_or_else(|| Refusal::not_found("component"))?;
            if plugin.owner != ask.caller.party.to_string() && !ask.caller.is_operator() {
                return Err(Refusal::new(Code::NotAParty, "only its publisher retires a component").into());
            }
            plugin.status = "retired".into();
            let retired = Uploaded { plugin, is_new: false };
            let change = Change::new().row(retired.plugin.clone().upsert());
            Ok(change.reply(move |_| render(&retired)))
        })
        .await
    }

    /// A component known here.
    pub(crate) async fn plugin_row(&self, digest: &Digest) -> Result<Option<PluginRow>, Error> {
        Ok(self.db.read().one("digest = $1", &[digest.to_string().into()]).await?)
    }

    async fn owner_of_name(&self, name: &str) -> Result<Option<String>, Error> {
        let known = self.db.read().one::<PluginRow>("name = $1 limit 1", &[name.into()]).await?;
        Ok(known.map(|row| row.owner))
    }

    /// Compiling takes every processor for seconds, and what is taken is kept, so nobody has
    /// either without end.
    async fn count_upload(&self, caller: &Caller, bytes: usize) -> Result<(), Error> {
        if caller.is_operator() {
            return Ok(());
        }
        let (most, day) = (self.settings.limits.plugins.uploads_per_day_max, self.now().utc_day());
        let key = |what: &str| Key::counter(format!("{what}/{}/{day}", caller.party));
        let full = |message: String| Refusal::new(Code::QuotaExhausted, message);
        let bytes_most = self.settings.limits.plugins.bytes_per_day_max;
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        let change = Change::new()
            .add_up_to(
                key("uploads"),
                1,
                most,
                full(format!("all {most} uploads of this day (UTC) are used")),
            )
            .add_up_to(
                key("upload-bytes"),
                bytes,
                bytes_most,
                full(format!(
                    "new components of a day (UTC) may have {bytes_most} bytes, and these are more"
                )),
            );
        self.db.commit(change).await?;
        Ok(())
    }
}

/// A component that is not taken, as a publisher reads it.
pub(crate) fn refused(rejected: Rejected) -> Error {
    match rejected {
        Rejected::Host(text) => Error::Internal(format!("an upload could not be judged: {text}")),
        rejected => {
            let message = format!("{}: {rejected}", rejected.code());
            Refusal { field: Some("component".into()), ..Refusal::new(Code::PluginRejected, message) }.into()
        }
    }
}

/// What a sender says of a component, where they said anything.
fn check_said(manifest: &Manifest, upload: &Upload) -> Result<(), Refusal> {
    let said = [("name", &upload.name, &manifest.name), ("version", &upload.version, &manifest.version)];
    for (field, said, is) in said {
        if said.as_ref().is_some_and(|said| said != is) {
            let message = format!("the component's manifest says {is:?}: send that, or nothing");
            return Err(Refusal::field(field, message));
        }
    }
    Ok(())
}

/// What is taken by its size. The operator may send a whole interpreter more.
pub(crate) fn check_bytes(bytes: usize, limits: &Limits, is_operator: bool) -> Result<(), Refusal> {
    let publishers = limits.plugins.component_of_publisher_bytes_max.min(limits.component_bytes_max);
    let bytes_max = if is_operator { limits.component_bytes_max } else { publishers };
    if bytes > bytes_max {
        let message =
            format!("the component has {bytes} bytes, at most {bytes_max} are taken: make it smaller");
        return Err(Refusal::new(Code::TooLarge, message));
    }
    Ok(())
}

/// What the sandbox does not look at: that the version is one, and that the
/// configuration's schema is one that may be used.
pub(crate) fn check_manifest(manifest: &Manifest, limits: &Limits) -> Result<(), Refusal> {
    if let Err(error) = Version::parse(&manifest.version) {
        let version = &manifest.version;
        let message = format!("{version:?} is no semantic version such as 1.2.0: {error}");
        return Err(Refusal::field("version", message));
    }
    if !manifest.config_schema.is_null() {
        Schema::parse(&manifest.config_schema, &limits.plugins)
            .map_err(|fault| Refusal::field("config_schema", fault))?;
    }
    Ok(())
}
