//! wasmtime's settings, in one place, and the thread that makes its epochs pass.

use std::thread;
use std::time::Duration;

use wasmtime::{
    Config, Engine, EngineWeak, InstanceAllocationStrategy, OperatorCost, OptLevel, PoolingAllocationConfig,
    RegallocAlgorithm, Strategy,
};

use crate::digest::Digest;
use crate::settings::{Limits, SandboxError};

/// How often the epoch moves, so how finely a wall limit is kept.
const EPOCH_MS: u64 = 10;

/// What growing a memory costs beside its pages. The largest value the table takes:
/// each page is zeroed by the host, which costs far more than one instruction.
const MEMORY_GROW_FUEL: u8 = u8::MAX;

/// Wasm stack of a run. Half the stack of a thread, so that the host's own frames fit.
const STACK_BYTES: usize = 1 << 20;

/// Memory and tables a finished run leaves in place for the next, which saves
/// handing the pages back to the system and faulting them in again.
const KEEP_RESIDENT_BYTES: usize = 64 << 10;

/// Largest state of one core instance: a Python interpreter with its libraries fits.
const INSTANCE_BYTES_MAX: usize = 16 << 20;

/// An engine, and the name of everything about it that a verdict's fuel depends on.
pub(crate) struct Host {
    pub(crate) engine: Engine,
    pub(crate) profile: String,
}

/// Starts an engine whose pool holds `runs_max` runs at once, and its epoch thread.
pub(crate) fn start(limits: &Limits, runs_max: usize) -> Result<Host, SandboxError> {
    let mut config = config();
    config.allocation_strategy(pool(limits, runs_max)?);
    host(&config)
}

/// Starts an engine that takes memory from the system for each run. It differs from the
/// other in nothing else, so what a run comes to and its fuel must not differ either.
pub(crate) fn start_on_demand() -> Result<Host, SandboxError> {
    let mut config = config();
    config.allocation_strategy(InstanceAllocationStrategy::OnDemand);
    host(&config)
}

fn host(config: &Config) -> Result<Host, SandboxError> {
    let engine = Engine::new(config).map_err(|error| SandboxError::Engine(format!("{error:#}")))?;
    let profile = profile(&engine);
    let weak = engine.weak();
    thread::Builder::new()
        .name("assay-epoch".to_owned())
        .spawn(move || tick(&weak))
        .map_err(|error| SandboxError::Engine(format!("no thread for the epoch: {error}")))?;
    Ok(Host { engine, profile })
}

/// Epochs that make up at least this wall time.
pub(crate) fn epochs(wall_ms: u64) -> u64 {
    // One more, because the current epoch is already under way.
    wall_ms.div_ceil(EPOCH_MS) + 1
}

/// Ends by itself when the last owner of the engine is gone.
fn tick(engine: &EngineWeak) {
    while let Some(engine) = engine.upgrade() {
        engine.increment_epoch();
        drop(engine);
        thread::sleep(Duration::from_millis(EPOCH_MS));
    }
}

fn config() -> Config {
    let mut config = Config::new();
    // Winch is not meant for code nobody trusts.
    config.strategy(Strategy::Cranelift);
    config.cranelift_opt_level(OptLevel::Speed);
    config.cranelift_regalloc_algorithm(RegallocAlgorithm::Backtracking);

    // What decides, and what only protects.
    config.consume_fuel(true);
    config.operator_cost(operator_cost());
    config.epoch_interruption(true);
    config.max_wasm_stack(STACK_BYTES);

    // The same answer on every host. NaN bits are the one thing plain wasm leaves open.
    config.cranelift_nan_canonicalization(true);
    config.relaxed_simd_deterministic(true);
    config.wasm_relaxed_simd(false);

    // Proposals no judge needs. Threads and the component model's async are not even
    // compiled in. Several memories stay on: joined components need them.
    config.wasm_gc(false);
    config.wasm_function_references(false);
    config.wasm_exceptions(false);
    config.wasm_memory64(false);
    config.wasm_shared_everything_threads(false);
    config.wasm_stack_switching(false);
    config.wasm_custom_page_sizes(false);
    config.wasm_wide_arithmetic(false);

    // Nobody reads machine code here, so none of what explains it is made or loaded.
    config.wasm_backtrace_max_frames(None);
    config.generate_address_map(false);
    config.native_unwind_info(false);
    config.debug_symbols(false);

    config.memory_init_cow(true);
    config
}

fn operator_cost() -> OperatorCost {
    let mut cost = OperatorCost::new();
    cost.MemoryGrow = MEMORY_GROW_FUEL;
    cost.variable.memory_grow_per_page = MEMORY_GROW_FUEL;
    cost
}

fn pool(limits: &Limits, runs_max: usize) -> Result<PoolingAllocationConfig, SandboxError> {
    let runs = u32::try_from(runs_max).map_err(|_| SandboxError::Settings("runs_max is out of range"))?;
    let total = |each: usize| {
        let each =
            u32::try_from(each).map_err(|_| SandboxError::Settings("a limit per run is out of range"))?;
        each.checked_mul(runs).ok_or(SandboxError::Settings("runs_max is out of range"))
    };
    let each = |count: usize| {
        u32::try_from(count).map_err(|_| SandboxError::Settings("a limit per run is out of range"))
    };
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(runs)
        .total_core_instances(total(limits.instances_max)?)
        .total_memories(total(limits.memories_max)?)
        .total_tables(total(limits.tables_max)?)
        .max_core_instances_per_component(each(limits.instances_max)?)
        .max_memories_per_component(each(limits.memories_max)?)
        .max_tables_per_component(each(limits.tables_max)?)
        .max_memories_per_module(each(limits.memories_max)?)
        .max_tables_per_module(each(limits.tables_max)?)
        .max_component_instance_size(INSTANCE_BYTES_MAX)
        .max_core_instance_size(INSTANCE_BYTES_MAX)
        .max_memory_size(limits.memory_bytes_max)
        .table_elements(limits.table_elements_max)
        .linear_memory_keep_resident(KEEP_RESIDENT_BYTES)
        .table_keep_resident(KEEP_RESIDENT_BYTES)
        .pagemap_scan(wasmtime::Enabled::Auto);
    Ok(pool)
}

/// `wasmtime-<version>+<16 digits of the settings' digest>+<target>`. Two hosts of one
/// profile give a verdict the same fuel. Limits are no part of it: reaching one makes
/// a run inconclusive and changes nothing else.
fn profile(engine: &Engine) -> String {
    let settings = format!(
        "fuel={} operators={:?} nan={:?} features={:?} copy_on_write={} host={}",
        engine.get_consume_fuel(),
        operator_cost(),
        engine.get_cranelift_nan_canonicalization(),
        engine.get_wasm_features(),
        engine.get_memory_init_cow(),
        crate::state::CHARGES,
    );
    let digest = Digest::of(settings.as_bytes()).hex();
    format!("wasmtime-{}+{}+{}", env!("ASSAY_WASMTIME_VERSION"), &digest[..16], env!("ASSAY_TARGET"))
}
