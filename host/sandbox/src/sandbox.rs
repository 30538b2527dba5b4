//! The sandbox's door: preparing judges, here or in a child, and running them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task;
use wasmtime::Engine;
use wasmtime::component::{Component, Linker};

use crate::cache::{self, Artefacts, Maker};
use crate::component::{Facts, Rejected, inspect_within};
use crate::digest::Digest;
use crate::engine;
use crate::gate::{Gate, Place};
use crate::input::{Input, Output};
use crate::judge::{Here, Judge, Ready};
use crate::outcome::{Outcome, Reason, Run};
use crate::parent::Nursery;
use crate::run::{self, TryOut};
use crate::settings::{Limits, SandboxError, Settings};
use crate::shelf::Shelf;
use crate::state::{Attachments, State};
use crate::wasi;

mod uploads;

pub use self::uploads::Admitted;
use self::uploads::Uploads;

/// A delivery of more bytes is judged away from the caller, who can stop waiting for it.
const SHORT_BYTES_MAX: usize = 64 << 10;

/// About a millisecond's. A component in a child whose last run took less is short as a rule,
/// and one of this process may take so much without leaving its caller's thread.
const SHORT_FUEL_MAX: u64 = 4_000_000;

/// Where judges run. Cheap to clone; all clones share one pool and one gate.
#[derive(Clone)]
pub struct Sandbox(Arc<Inner>);

struct Inner {
    engine: Engine,
    profile: String,
    linker: Linker<State>,
    limits: Limits,
    /// The same for what is short.
    short: Limits,
    gate: Gate,
    shelf: Shelf,
    artefacts: Option<Arc<Artefacts>>,
    /// One compilation at a time: each already uses every processor.
    compiling: Mutex<()>,
    uploads: Option<Uploads>,
}

impl Sandbox {
    /// Starts the engine, its pool and its epoch thread. The thread ends with the last clone.
    pub fn start(settings: Settings) -> Result<Self, SandboxError> {
        if settings.runs_max == 0 {
            return Err(SandboxError::Settings("runs_max is zero, so nothing would ever run"));
        }
        if settings.cache_dir.is_some() && settings.cache_key == [0; 32] {
            return Err(SandboxError::Settings("cache_dir without a cache_key"));
        }
        // One place more than runs, for trying out a component while all others run.
        let host = engine::start(&settings.limits, settings.runs_max + 1)?;
        let linker =
            wasi::linker(&host.engine).map_err(|error| SandboxError::Engine(format!("{error:#}")))?;
        let artefacts = settings
            .cache_dir
            .map(|directory| {
                Artefacts::open(directory, settings.cache_bytes_max, settings.cache_key, &host.engine)
                    .map(Arc::new)
            })
            .transpose()?;
        let uploads = settings.program.map(|program| {
            Uploads::new(Nursery {
                // A child starts in another folder.
                program: std::path::absolute(&program).unwrap_or(program),
                limits: settings.limits.clone(),
                runs_max: settings.runs_max,
                grace_ms: settings.grace_ms,
                profile: host.profile.clone(),
            })
        });
        Ok(Self(Arc::new(Inner {
            engine: host.engine,
            profile: host.profile,
            linker,
            short: Limits {
                fuel_max: settings.limits.fuel_max.min(SHORT_FUEL_MAX),
                ..settings.limits.clone()
            },
            limits: settings.limits,
            gate: Gate::new(settings.runs_max),
            shelf: Shelf::new(settings.judges_max, settings.judges_code_bytes_max),
            artefacts,
            compiling: Mutex::new(()),
            uploads,
        })))
    }

    /// The name of everything a verdict's fuel depends on: wasmtime's version, its
    /// settings, the target.
    pub fn profile(&self) -> &str {
        &self.0.profile
    }

    /// What components and runs may use here.
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// The engine itself, for measuring what the sandbox adds to it.
    pub fn engine(&self) -> &Engine {
        &self.0.engine
    }

    /// A judge that was prepared lately.
    pub fn cached(&self, digest: &Digest) -> Option<Judge> {
        self.0.shelf.get(digest)
    }

    /// A judge that was prepared lately, or compiled and kept here earlier, so that its
    /// bytes are not needed.
    pub async fn known(&self, digest: &Digest) -> Option<Judge> {
        if let Some(judge) = self.cached(digest) {
            return Some(judge);
        }
        let (inner, digest) = (Arc::clone(&self.0), *digest);
        task::spawn_blocking(move || inner.ready(&digest)).await.ok().flatten()
    }

    /// The same on this thread, which it blocks.
    pub fn known_blocking(&self, digest: &Digest) -> Option<Judge> {
        self.0.ready(digest)
    }

    /// Makes a component ready: inspects it, then loads what was compiled of it earlier
    /// or compiles it, away from the async threads.
    pub async fn prepare(&self, bytes: Arc<[u8]>) -> Result<Judge, Rejected> {
        let inner = Arc::clone(&self.0);
        match task::spawn_blocking(move || inner.prepare(&bytes)).await {
            Ok(judge) => judge,
            Err(fault) => Err(Rejected::Host(fault.to_string())),
        }
    }

    /// The same on this thread, which it blocks.
    pub fn prepare_blocking(&self, bytes: &[u8]) -> Result<Judge, Rejected> {
        self.0.prepare(bytes)
    }

    /// One or the other.
    pub async fn prepare_from(&self, origin: Origin, bytes: Arc<[u8]>) -> Result<Judge, Rejected> {
        match origin {
            Origin::Own => self.prepare(bytes).await,
            Origin::Uploaded => self.prepare_uploaded(bytes).await,
        }
    }

    /// Runs a judge once there is room. What is short as a rule, a component of this process
    /// or one that was quick in its child the last time, over a text of the usual length, is
    /// done on the caller's own thread, whose other work
    /// goes to another one: waking a thread up takes as long as such a run. Everything else
    /// runs away from the async threads, and a caller that stops waiting does not stop it.
    pub async fn run(&self, judge: &Judge, input: &Input, attachments: Attachments) -> Run {
        self.run_for("", judge, input, attachments, Company::Shared).await
    }

    /// The same for a tenant: while runs wait, each tenant has its turn.
    pub async fn run_for(
        &self,
        tenant: &str,
        judge: &Judge,
        input: &Input,
        attachments: Attachments,
        company: Company,
    ) -> Run {
        self.turn(tenant, judge).await.run(input, attachments, company).await
    }

    /// Waits for a tenant's turn to run a judge, for whoever tells waiting from running.
    pub async fn turn(&self, tenant: &str, judge: &Judge) -> Turn {
        let place = self.0.gate_of(judge).enter(tenant).await;
        Turn { inner: Arc::clone(&self.0), judge: judge.clone(), place }
    }

    /// The same on this thread, which it blocks: for commands and benchmarks. Not to be
    /// called from async code.
    pub fn run_blocking(&self, judge: &Judge, input: &Input, attachments: Attachments) -> Run {
        let _place = self.0.gate_of(judge).enter_blocking("");
        self.0.execute(judge, input, attachments, Company::Shared)
    }

    /// The component called through wasmtime alone, for measuring what the sandbox adds: no
    /// digests, no checks of what it says. Nothing that matters may come of it.
    pub fn run_bare_blocking(
        &self,
        judge: &Judge,
        input: &Input,
        attachments: Attachments,
    ) -> Result<Output, String> {
        let here = judge.here().ok_or("it is in another process")?;
        run::bare(&self.0.engine, &self.0.limits, here, input, attachments)
            .map_err(|error| format!("{error:#}"))
    }

    /// Does something on this engine that counts as a run, once there is room.
    pub(crate) fn with_room<T>(&self, work: impl FnOnce(&Engine) -> T) -> T {
        let _place = self.0.gate.enter_blocking("");
        work(&self.0.engine)
    }

    /// A component from machine code that another process made of it. Only for a process
    /// that has shut itself in.
    pub(crate) fn adopt(&self, facts: &Facts, code: &[u8]) -> Result<Judge, String> {
        let component = cache::deserialize(&self.0.engine, code).map_err(|error| format!("{error:#}"))?;
        self.0.judge(&component, facts).map_err(|error| error.to_string())
    }
}

/// A place among the runs that take place at once, for one run.
pub struct Turn {
    inner: Arc<Inner>,
    judge: Judge,
    place: Place,
}

impl Turn {
    /// Runs the judge, which begins at once.
    pub async fn run(self, input: &Input, attachments: Attachments, company: Company) -> Run {
        let Self { inner, judge, place } = self;
        if company == Company::Shared && is_short(&judge, input) && may_block_in_place() {
            let _place = place;
            if let Some(run) = inner.execute_at_once(&judge, input, &attachments) {
                return run;
            }
            return task::block_in_place(|| inner.execute_caught(&judge, input, attachments, company));
        }
        let given = input.clone();
        let running = task::spawn_blocking(move || {
            // Moved here so that the place is taken until the run is over, come what may.
            let _place = place;
            inner.execute(&judge, &given, attachments, company)
        });
        match running.await {
            Ok(run) => run,
            Err(fault) => run::failed(input, fault.to_string()),
        }
    }
}

/// Who vouches for a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// It came with the program: it is compiled and run in this process.
    Own,
    /// Nobody does: it is compiled and run in children.
    Uploaded,
}

/// Whom a run of an uploaded component shares its process with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Company {
    /// Other runs.
    Shared,
    /// Nobody: for a run whose shared process was lost, perhaps through its own fault.
    Alone,
}

/// Whether a run takes no longer, as a rule, than having another thread do it.
fn is_short(judge: &Judge, input: &Input) -> bool {
    let bytes = |text: &str| text.len() <= SHORT_BYTES_MAX;
    let quick = match &*judge.ready {
        Ready::Here(_) => true,
        Ready::Away { fuel, .. } => fuel.load(Ordering::Relaxed) < SHORT_FUEL_MAX,
    };
    quick && input.delivery().is_some_and(|it| it.attachments.is_empty() && bytes(&it.content))
}

/// Whether this thread's other work can be taken over by another one meanwhile.
fn may_block_in_place() -> bool {
    Handle::try_current().is_ok_and(|runtime| runtime.runtime_flavor() == RuntimeFlavor::MultiThread)
}

impl Inner {
    fn prepare(&self, bytes: &[u8]) -> Result<Judge, Rejected> {
        let digest = Digest::of(bytes);
        if let Some(judge) = self.ready(&digest) {
            return Ok(judge);
        }
        let facts = inspect_within(bytes, self.limits.component_bytes_max, &self.limits.shape)?;
        let _one_at_a_time = self.compiling.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever compiled meanwhile may have compiled the same.
        if let Some(judge) = self.ready(&digest) {
            return Ok(judge);
        }
        let component = self.compile(bytes)?;
        let judge = self.judge(&component, &facts)?;
        // Only what passed its trial is kept, so what is kept needs no trial.
        self.try_out(&judge)?;
        if let Some(artefacts) = &self.artefacts {
            artefacts.store(Maker::Host, &facts, &judge.machine_code()?);
        }
        self.shelf.put(judge.clone());
        Ok(judge)
    }

    fn gate_of(&self, judge: &Judge) -> &Gate {
        match &self.uploads {
            Some(uploads) if judge.is_away() => &uploads.gate,
            _ => &self.gate,
        }
    }

    /// Runs a component of this process that takes less than giving the caller's other work
    /// away would. Nothing when it turns out to take more: then it has to begin again, and its
    /// next run is not tried like this.
    fn execute_at_once(&self, judge: &Judge, input: &Input, attachments: &Attachments) -> Option<Run> {
        let here = judge.here()?;
        if here.fuel.load(Ordering::Relaxed) >= self.short.fuel_max {
            return None;
        }
        let (engine, limits) = (&self.engine, &self.short);
        let running =
            AssertUnwindSafe(|| run::execute(engine, limits, judge, here, input, attachments.clone()));
        let run = catch_unwind(running).ok()?;
        let cut = matches!(run.outcome, Outcome::Inconclusive { reason: Reason::FuelExhausted });
        (!cut).then_some(run)
    }

    /// The same where the caller goes on whatever happens.
    fn execute_caught(
        &self,
        judge: &Judge,
        input: &Input,
        attachments: Attachments,
        company: Company,
    ) -> Run {
        let running = AssertUnwindSafe(|| self.execute(judge, input, attachments, company));
        catch_unwind(running).unwrap_or_else(|_| run::failed(input, "the run panicked".to_owned()))
    }

    fn execute(&self, judge: &Judge, input: &Input, attachments: Attachments, company: Company) -> Run {
        match (&*judge.ready, &self.uploads) {
            (Ready::Here(here), _) => {
                let run = run::execute(&self.engine, &self.limits, judge, here, input, attachments);
                here.fuel.store(run.fuel, Ordering::Relaxed);
                run
            }
            (Ready::Away { .. }, _) if judge.world != input.world() => run::of_another_world(judge, input),
            (Ready::Away { code, fuel }, Some(uploads)) => {
                let run = match company {
                    Company::Shared => uploads.runners.run(&judge.digest, code, input, &attachments),
                    Company::Alone => uploads.runners.run_alone(&judge.digest, code, input, &attachments),
                };
                if matches!(&run.outcome, Outcome::Inconclusive { reason } if reason.code_is_gone()) {
                    // Whoever asks next has it compiled again.
                    uploads.shelf.remove(&judge.digest);
                }
                let ended = matches!(run.outcome, Outcome::Output(_));
                fuel.store(if ended { run.fuel } else { u64::MAX }, Ordering::Relaxed);
                run
            }
            (Ready::Away { .. }, None) => run::failed(input, "no program for children".to_owned()),
        }
    }

    /// The judge, if it is on the shelf, or was compiled and kept earlier.
    fn ready(&self, digest: &Digest) -> Option<Judge> {
        if let Some(judge) = self.shelf.get(digest) {
            return Some(judge);
        }
        let (facts, component) = self.artefacts.as_ref()?.load(&self.engine, digest)?;
        // What was kept was a judge once; if it is none any more, it is made again.
        let judge = self.judge(&component, &facts).ok()?;
        self.shelf.put(judge.clone());
        Some(judge)
    }

    /// The one place where code that nobody trusts meets the compiler.
    fn compile(&self, bytes: &[u8]) -> Result<Component, Rejected> {
        Component::from_binary(&self.engine, bytes).map_err(|error| Rejected::Malformed(format!("{error:#}")))
    }

    fn judge(&self, component: &Component, facts: &Facts) -> Result<Judge, Rejected> {
        let instance_pre =
            self.linker.instantiate_pre(component).map_err(|error| Rejected::Import(format!("{error:#}")))?;
        let export = component.get_export_index(None, facts.world.export()).ok_or(Rejected::NoWorld)?;
        Ok(Judge {
            digest: facts.digest,
            world: facts.world,
            manifest: Arc::new(facts.manifest.clone()),
            component_bytes: facts.bytes,
            ready: Arc::new(Ready::Here(Here::new(instance_pre, export))),
        })
    }

    fn try_out(&self, judge: &Judge) -> Result<(), Rejected> {
        let here = judge.here().ok_or_else(|| Rejected::Host("compiled elsewhere".to_owned()))?;
        run::try_out(&self.engine, &self.limits, judge.world, here).map_err(|fault| match fault {
            TryOut::Instantiation(text) => Rejected::Instantiation(text),
            TryOut::Export(text) => Rejected::Export(text),
        })
    }
}
