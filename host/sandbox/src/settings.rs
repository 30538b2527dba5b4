//! How a sandbox is set up, and what bounds everything in it.

use std::path::PathBuf;
use std::thread;

use serde::{Deserialize, Serialize};

use crate::shape::ShapeLimits;

/// How a sandbox is set up.
#[derive(Clone)]
pub struct Settings {
    /// Where compiled components are kept; nowhere when none.
    pub cache_dir: Option<PathBuf>,
    /// What kept components are sealed with. Secret; whoever knows it can make this
    /// host run machine code. Not all zeros when there is a `cache_dir`.
    pub cache_key: [u8; 32],
    /// Compiled components kept there together, bytes; the longest unused go first.
    pub cache_bytes_max: u64,
    /// The program that calls [`crate::child::serve`] before anything else, this one as a
    /// rule. Without it nothing that was uploaded is compiled or run.
    pub program: Option<PathBuf>,
    /// Runs at once, and as many of uploaded components beside them. More wait.
    pub runs_max: usize,
    /// Judges kept ready in memory.
    pub judges_max: usize,
    /// Machine code of all judges kept ready, bytes.
    pub judges_code_bytes_max: usize,
    /// What a run in a child may take beyond its own wall limit, which the child itself
    /// keeps, before the child is killed: for the pipes, for loading the component, and for
    /// a machine that is busy. Milliseconds.
    pub grace_ms: u64,
    /// What each run may use.
    pub limits: Limits,
}

/// What one component and one run may use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Fuel of a call: a unit is about one instruction, or one byte moved at once.
    pub fuel_max: u64,
    /// Fuel to come to life with: start functions, an interpreter's beginning.
    pub instantiation_fuel_max: u64,
    /// Fuel of all runs of one certification: whoever waits to upload waits for it. A judge
    /// in an interpreter that looks long at each word takes half of it.
    pub certification_fuel_max: u64,
    /// What one compilation may take.
    pub compile: CompileLimits,
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
            certification_fuel_max: 40_000_000_000,
            compile: CompileLimits::default(),
            memory_bytes_max: 256 << 20,
            output_bytes_max: 1 << 20,
            wall_ms_max: 60_000,
            component_bytes_max: 48 << 20,
            shape: ShapeLimits::default(),
            table_elements_max: 200_000,
            instances_max: 200,
            memories_max: 50,
            tables_max: 200,
            handles_max: 10_000,
        }
    }
}

/// What compiling a component, and certifying it, may take of this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompileLimits {
    /// Processor time, seconds. An interpreter takes about ten.
    pub cpu_seconds_max: u64,
    /// Memory that it may write to, bytes. An interpreter takes about one gibibyte.
    pub memory_bytes_max: u64,
    /// Wall time, milliseconds: for what waits instead of working.
    pub wall_ms_max: u64,
}

impl Default for CompileLimits {
    fn default() -> Self {
        Self { cpu_seconds_max: 120, memory_bytes_max: 4 << 30, wall_ms_max: 180_000 }
    }
}

impl Default for Settings {
    /// No disk, a run for each processor, and the limits' own defaults.
    fn default() -> Self {
        Self {
            cache_dir: None,
            cache_key: [0; 32],
            cache_bytes_max: 8 << 30,
            program: None,
            runs_max: thread::available_parallelism().map_or(2, usize::from),
            judges_max: 64,
            judges_code_bytes_max: 512 << 20,
            grace_ms: 10_000,
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
