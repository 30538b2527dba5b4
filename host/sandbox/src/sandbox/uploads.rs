//! The sandbox's door for what nobody vouches for: components that are compiled and
//! certified in one child, and run in another.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::task;

use super::{Inner, Sandbox};
use crate::cache::{Artefacts, Maker};
use crate::certify::Certification;
use crate::child::cage::{Attempt, Mechanism};
use crate::compiler::{Compiled, Compiler};
use crate::component::{Facts, Rejected, inspect_within};
use crate::digest::Digest;
use crate::gate::Gate;
use crate::judge::{Judge, Ready};
use crate::parent::Nursery;
use crate::runner::{Code, Machine, Runners};
use crate::shelf::Shelf;

/// Uploaded components known by more than their digest. Each is a manifest in memory;
/// its code is a child's.
const UPLOADS_READY_MAX: usize = 4_096;

/// Uploads that are compiled and certified at once: a compilation uses every processor, a
/// certification one.
const ADMITTED_AT_ONCE_MAX: usize = 1;

/// Compilations that verdicts wait for, at once, beside those of uploads.
const COMPILED_AT_ONCE_MAX: usize = 1;

/// What components that nobody trusts are compiled and run by.
pub(super) struct Uploads {
    compiler: Compiler,
    /// In front of uploads: a turn for each publisher.
    admitting: Gate,
    /// In front of compilations that a verdict waits for, so that none waits for an upload.
    compiling: Gate,
    pub(super) runners: Runners,
    /// In front of runs.
    pub(super) gate: Gate,
    pub(super) shelf: Shelf,
}

impl Uploads {
    pub(super) fn new(nursery: Nursery) -> Self {
        Self {
            compiler: Compiler::new(nursery.clone()),
            admitting: Gate::new(ADMITTED_AT_ONCE_MAX),
            compiling: Gate::new(COMPILED_AT_ONCE_MAX),
            gate: Gate::new(nursery.runs_max),
            runners: Runners::new(nursery),
            shelf: Shelf::new(UPLOADS_READY_MAX, usize::MAX),
        }
    }
}

/// An uploaded component that was compiled and tried.
#[derive(Debug, Clone)]
pub struct Admitted {
    /// Ready to run.
    pub judge: Judge,
    /// What its trial found.
    pub certification: Certification,
}

impl Sandbox {
    /// Makes a component ready that nobody here vouches for: it is compiled in a child
    /// process, and its runs take place in another one.
    pub async fn prepare_uploaded(&self, bytes: Arc<[u8]>) -> Result<Judge, Rejected> {
        self.prepare_uploaded_for("", bytes).await
    }

    /// The same for a tenant: while compilations wait, each tenant has its turn.
    pub async fn prepare_uploaded_for(&self, tenant: &str, bytes: Arc<[u8]>) -> Result<Judge, Rejected> {
        if let Some(judge) = self.known_uploaded(&Digest::of(&bytes)).await {
            return Ok(judge);
        }
        let facts = self.inspected(&bytes).await?;
        let place = self.0.uploads()?.compiling.enter(tenant).await;
        self.away_from_async(move |inner| {
            // Taken until it is over, also when nobody waits for it any more.
            let _place = place;
            // Whoever compiled meanwhile may have compiled the same.
            match inner.uploaded(&facts.digest) {
                Some(judge) => Ok(judge),
                None => Ok(inner.compile_away(facts, &bytes, false)?.0),
            }
        })
        .await
    }

    /// The same for a component that is new: it is certified as well, in the child that
    /// compiles it.
    pub async fn admit(&self, bytes: Arc<[u8]>) -> Result<Admitted, Rejected> {
        let facts = self.inspected(&bytes).await?;
        self.admit_for("", facts, bytes).await
    }

    /// The same for a tenant, of bytes that were inspected: while uploads wait, each tenant
    /// has its turn.
    pub async fn admit_for(
        &self,
        tenant: &str,
        facts: Facts,
        bytes: Arc<[u8]>,
    ) -> Result<Admitted, Rejected> {
        let place = self.0.uploads()?.admitting.enter(tenant).await;
        self.away_from_async(move |inner| {
            let _place = place;
            let (judge, certification) = inner.compile_away(facts, &bytes, true)?;
            let silent = || Rejected::Host("the child did not certify what it compiled".to_owned());
            Ok(Admitted { judge, certification: certification.ok_or_else(silent)? })
        })
        .await
    }

    /// What can be said of bytes without compiling or running anything. It has nobody's
    /// turn: what is refused waits for none.
    pub async fn inspected(&self, bytes: &Arc<[u8]>) -> Result<Facts, Rejected> {
        let bytes = Arc::clone(bytes);
        self.away_from_async(move |inner| {
            inspect_within(&bytes, inner.limits.component_bytes_max, &inner.limits.shape)
        })
        .await
    }

    /// [`Sandbox::known`] for components that were uploaded.
    pub async fn known_uploaded(&self, digest: &Digest) -> Option<Judge> {
        let uploads = self.0.uploads.as_ref()?;
        if let Some(judge) = uploads.shelf.get(digest) {
            return Some(judge);
        }
        let (inner, digest) = (Arc::clone(&self.0), *digest);
        task::spawn_blocking(move || inner.uploaded(&digest)).await.ok().flatten()
    }

    async fn away_from_async<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> Result<T, Rejected> + Send + 'static,
    ) -> Result<T, Rejected> {
        let inner = Arc::clone(&self.0);
        let done = task::spawn_blocking(move || work(&inner)).await;
        done.unwrap_or_else(|fault| Err(Rejected::Host(fault.to_string())))
    }

    /// What keeps the child that runs uploads in, and what this kernel lacks of it.
    /// Starts the child, away from the async threads.
    pub async fn mechanisms(&self) -> std::io::Result<Vec<Mechanism>> {
        self.with_runners(Runners::mechanisms).await
    }

    /// Has the child that runs uploads try to get out: files, sockets (one to this port),
    /// programs, signals.
    pub async fn try_to_escape(&self, port: u16) -> std::io::Result<Vec<Attempt>> {
        self.with_runners(move |runners| runners.escape(port)).await
    }

    /// Kills the child that runs uploads, as the system does when memory is short. The
    /// runs it holds end as lost; the next one starts another child.
    pub async fn kill_runner(&self) -> std::io::Result<()> {
        self.with_runners(|runners| {
            runners.kill();
            Ok(())
        })
        .await
    }

    /// Stops the child that runs uploads in its tracks, as a frozen machine does: it keeps
    /// none of its limits any more.
    pub async fn freeze_runner(&self) -> std::io::Result<()> {
        self.with_runners(Runners::freeze).await
    }

    async fn with_runners<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Runners) -> std::io::Result<T> + Send + 'static,
    ) -> std::io::Result<T> {
        let inner = Arc::clone(&self.0);
        let none = || std::io::Error::other("this sandbox has no program for children");
        let done = task::spawn_blocking(move || work(&inner.uploads.as_ref().ok_or_else(none)?.runners));
        done.await.map_err(std::io::Error::other)?
    }
}

impl Inner {
    fn uploads(&self) -> Result<&Uploads, Rejected> {
        self.uploads.as_ref().ok_or_else(|| Rejected::Host("it has no program for children".to_owned()))
    }

    /// Compiles in a child, and has it certified there if asked.
    fn compile_away(
        &self,
        facts: Facts,
        bytes: &[u8],
        certify: bool,
    ) -> Result<(Judge, Option<Certification>), Rejected> {
        let uploads = self.uploads()?;
        let (code, certification): Compiled = uploads.compiler.compile(bytes, certify)?;
        let store = |artefacts: &Arc<Artefacts>| artefacts.store(Maker::Child, &facts, &code);
        // What the disk keeps, memory need not, until it is run.
        let held = if self.artefacts.as_ref().is_some_and(store) { None } else { Some(code) };
        Ok((self.away(uploads, facts, held), certification))
    }

    /// The judge of an uploaded component, if it was compiled and kept earlier.
    pub(super) fn uploaded(&self, digest: &Digest) -> Option<Judge> {
        let uploads = self.uploads.as_ref()?;
        if let Some(judge) = uploads.shelf.get(digest) {
            return Some(judge);
        }
        let (facts, _) = self.artefacts.as_ref()?.open_uploaded(digest)?;
        Some(self.away(uploads, facts, None))
    }

    /// A judge in another process. Code that is at hand is held until a child has it; a
    /// later child's is read from the disk, where there is one.
    fn away(&self, uploads: &Uploads, facts: Facts, code: Option<Vec<u8>>) -> Judge {
        let (digest, world, component_bytes) = (facts.digest, facts.world, facts.bytes);
        let manifest = Arc::new(facts.manifest.clone());
        let code: Code = match &self.artefacts {
            Some(artefacts) => {
                let held = Mutex::new(code.map(|code| (facts, Machine::Bytes(code))));
                let artefacts = Arc::clone(artefacts);
                let take = move || held.lock().unwrap_or_else(PoisonError::into_inner).take();
                let open = move || artefacts.open_uploaded(&digest);
                Arc::new(move || take().or_else(|| open().map(|(facts, kept)| (facts, Machine::Kept(kept)))))
            }
            None => Arc::new(move || Some((facts.clone(), Machine::Bytes(code.clone()?)))),
        };
        let ready = Arc::new(Ready::Away { code, fuel: AtomicU64::new(u64::MAX) });
        let judge = Judge { digest, world, manifest, component_bytes, ready };
        uploads.shelf.put(judge.clone());
        judge
    }
}
