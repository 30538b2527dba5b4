//! The sandbox's door: its settings, preparing judges, and the gate in front of runs.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task;
use wasmtime::Engine;
use wasmtime::component::{Component, ComponentExportIndex, InstancePre, Linker};

use crate::cache::{self, Artefacts, Shelf};
use crate::component::{Facts, Manifest, Rejected, inspect_within};
use crate::digest::Digest;
use crate::engine;
use crate::input::Input;
use crate::outcome::Run;
use crate::run::{self, TryOut};
use crate::shape::ShapeLimits;
use crate::state::{Attachments, State};
use crate::wasi;
use crate::world::World;

/// How a sandbox is set up.
#[derive(Clone)]
pub struct Settings {
    /// Where compiled components are kept; nowhere when none.
    pub cache_dir: Option<PathBuf>,
    /// What kept components are sealed with. Secret; whoever knows it can make this
    /// host run machine code. Not all zeros when there is a `cache_dir`.
    pub cache_key: [u8; 32],
    /// Runs at once. More wait.
    pub runs_max: usize,
    /// Judges kept ready in memory.
    pub judges_max: usize,
    /// Machine code of all judges kept ready, bytes.
    pub judges_code_bytes_max: usize,
    /// What each run may use.
    pub limits: Limits,
}

/// What one component and one run may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Fuel of a call: a unit is about one instruction, or one byte moved at once.
    pub fuel_max: u64,
    /// Fuel to come to life with: start functions, an interpreter's beginning.
    pub instantiation_fuel_max: u64,
    /// All memories of a run together, bytes.
    pub memory_bytes_max: usize,
    /// An answer, and whatever one call hands to the host, bytes.
    pub output_bytes_max: usize,
    /// Wall time of a run, milliseconds. Protects the host and decides nothing, so it
    /// is far above what the fuel lasts.
    pub wall_ms_max: u64,
    /// A component's bytes.
    pub component_bytes_max: usize,
    /// How much a component may have of everything a compiler spends on.
    pub shape: ShapeLimits,
    /// Elements of one table: a Python interpreter has some 100,000 functions.
    pub table_elements_max: usize,
    /// Core instances of a run; a component made from many libraries has one for each.
    pub instances_max: usize,
    /// Memories of a run.
    pub memories_max: usize,
    /// Tables of a run.
    pub tables_max: usize,
    /// Handles to resources a run may hold.
    pub handles_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            fuel_max: 5_000_000_000,
            instantiation_fuel_max: 200_000_000,
            memory_bytes_max: 256 << 20,
            output_bytes_max: 1 << 20,
            wall_ms_max: 60_000,
            component_bytes_max: 32 << 20,
            shape: ShapeLimits::default(),
            table_elements_max: 200_000,
            instances_max: 200,
            memories_max: 50,
            tables_max: 200,
            handles_max: 10_000,
        }
    }
}

impl Default for Settings {
    /// No disk, a run for each processor, and the limits' own defaults.
    fn default() -> Self {
        Self {
            cache_dir: None,
            cache_key: [0; 32],
            runs_max: thread::available_parallelism().map_or(2, usize::from),
            judges_max: 64,
            judges_code_bytes_max: 512 << 20,
            limits: Limits::default(),
        }
    }
}

/// Why there is no sandbox.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// Settings that fit no machine or not each other.
    #[error("the sandbox's settings: {0}")]
    Settings(&'static str),
    /// wasmtime cannot start with these limits on this machine.
    #[error("the sandbox cannot start: {0}")]
    Engine(String),
    /// The folder for compiled components cannot be used.
    #[error("the folder for compiled components: {0}")]
    Cache(#[from] std::io::Error),
}

/// Where judges run. Cheap to clone; all clones share one pool and one gate.
#[derive(Clone)]
pub struct Sandbox(Arc<Inner>);

struct Inner {
    engine: Engine,
    profile: String,
    linker: Linker<State>,
    limits: Limits,
    gate: Arc<Semaphore>,
    shelf: Shelf,
    artefacts: Option<Artefacts>,
    /// One compilation at a time: each already uses every processor.
    compiling: Mutex<()>,
}

/// A component that is ready to judge. Cheap to clone.
#[derive(Clone)]
pub struct Judge {
    /// The digest of its bytes.
    pub digest: Digest,
    /// What it is for.
    pub world: World,
    /// What it says about itself.
    pub manifest: Arc<Manifest>,
    /// How many bytes it has.
    pub component_bytes: usize,
    ready: Arc<Ready>,
}

struct Ready {
    instance_pre: InstancePre<State>,
    export: ComponentExportIndex,
}

impl Judge {
    pub(crate) fn instance_pre(&self) -> &InstancePre<State> {
        &self.ready.instance_pre
    }

    pub(crate) fn export(&self) -> &ComponentExportIndex {
        &self.ready.export
    }

    pub(crate) fn code_bytes(&self) -> usize {
        let range = self.ready.instance_pre.component().image_range();
        range.end.addr() - range.start.addr()
    }

    /// The same judge, its machine code carried over to another engine.
    pub(crate) fn carried(&self, engine: &Engine, linker: &Linker<State>) -> wasmtime::Result<Self> {
        let component = cache::carry(engine, self.ready.instance_pre.component())?;
        let instance_pre = linker.instantiate_pre(&component)?;
        let export = component
            .get_export_index(None, self.world.export())
            .ok_or_else(|| wasmtime::format_err!("its export was lost on the way"))?;
        Ok(Self { ready: Arc::new(Ready { instance_pre, export }), ..self.clone() })
    }
}

impl fmt::Debug for Judge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Judge({} {} {})", self.manifest.name, self.world, self.digest)
    }
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
            .map(|directory| Artefacts::open(directory, settings.cache_key, &host.engine))
            .transpose()?;
        Ok(Self(Arc::new(Inner {
            engine: host.engine,
            profile: host.profile,
            linker,
            limits: settings.limits,
            gate: Arc::new(Semaphore::new(settings.runs_max)),
            shelf: Shelf::new(settings.judges_max, settings.judges_code_bytes_max),
            artefacts,
            compiling: Mutex::new(()),
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

    /// Runs a judge once there is room, away from the async threads. A caller that
    /// stops waiting does not stop a run that began.
    pub async fn run(&self, judge: &Judge, input: &Input, attachments: Attachments) -> Run {
        let permit = Arc::clone(&self.0.gate).acquire_owned().await;
        let (inner, judge, given) = (Arc::clone(&self.0), judge.clone(), input.clone());
        let running = task::spawn_blocking(move || {
            // Moved here so that the place is taken until the run is over, come what may.
            let _permit = permit;
            run::execute(&inner.engine, &inner.limits, &judge, &given, attachments)
        });
        match running.await {
            Ok(run) => run,
            Err(fault) => run::failed(input, fault.to_string()),
        }
    }

    /// The same on this thread, which it blocks: for commands and benchmarks. Not to be
    /// called from async code.
    pub fn run_blocking(&self, judge: &Judge, input: &Input, attachments: Attachments) -> Run {
        let Ok(_permit) = self.wait_for_room() else {
            return run::failed(input, "no runtime to wait for room with".to_owned());
        };
        run::execute(&self.0.engine, &self.0.limits, judge, input, attachments)
    }

    /// Does something on this engine that counts as a run, once there is room.
    pub(crate) fn with_room<T>(&self, work: impl FnOnce(&Engine, &Limits) -> T) -> std::io::Result<T> {
        let _permit = self.wait_for_room()?;
        Ok(work(&self.0.engine, &self.0.limits))
    }

    fn wait_for_room(&self) -> std::io::Result<OwnedSemaphorePermit> {
        if let Ok(permit) = Arc::clone(&self.0.gate).try_acquire_owned() {
            return Ok(permit);
        }
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        let permit = runtime.block_on(Arc::clone(&self.0.gate).acquire_owned());
        Ok(permit.expect("nobody closes the gate"))
    }
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
            artefacts.store(&facts, &component);
        }
        self.shelf.put(judge.clone());
        Ok(judge)
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
            ready: Arc::new(Ready { instance_pre, export }),
        })
    }

    fn try_out(&self, judge: &Judge) -> Result<(), Rejected> {
        run::try_out(&self.engine, &self.limits, judge).map_err(|fault| match fault {
            TryOut::Instantiation(text) => Rejected::Instantiation(text),
            TryOut::Export(text) => Rejected::Export(text),
        })
    }
}
