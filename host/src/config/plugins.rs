//! Bounds of what publishers send: the file's `[limits.plugins]` table.

use serde::Deserialize;

/// Bounds. The unit is the last word of a name.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PluginLimits {
    /// A component that anyone but the operator uploads, bytes: an interpreter fits, without
    /// much beside it.
    pub component_of_publisher_bytes_max: usize,
    /// New components a publisher sends in a day (UTC): each takes seconds of every processor.
    pub uploads_per_day_max: i64,
    /// Runs a caller may ask of components of the registry in a day (UTC).
    pub trial_runs_per_day_max: i64,
    /// Bytes of new components that a publisher sends in a day (UTC): they are kept.
    pub bytes_per_day_max: i64,
    /// Uploads of one publisher that are under way: each waits in a request's place.
    pub uploads_underway_of_publisher_max: usize,
    /// Those of all publishers: other requests need places as well.
    pub uploads_underway_max: usize,
    /// Compiled components on disk, bytes; the longest unused go first and are compiled
    /// again when they are needed. An interpreter's has some seventy megabytes.
    pub compiled_bytes_max: u64,
    /// Processor time of one compilation and certification, seconds.
    pub compile_cpu_seconds_max: u64,
    /// Memory of it, bytes.
    pub compile_memory_bytes_max: u64,
    /// Wall time of it.
    pub compile_ms_max: u64,
    /// Fuel of all runs of one certification: whoever uploads next waits for it.
    pub certification_fuel_max: u64,
    /// Parts of a configuration's schema, counted wherever a reference leads to them. The
    /// schema is a stranger's, and is held against what another stranger posts.
    pub schema_parts_max: u64,
    /// Parts inside of parts, references followed: each is a call inside of a call.
    pub schema_nesting_max: u64,
    /// A pattern of a schema, compiled, bytes.
    pub pattern_bytes_max: usize,
    /// A verifier's configuration in a task, bytes.
    pub config_bytes_max: usize,
}

impl Default for PluginLimits {
    fn default() -> Self {
        Self {
            component_of_publisher_bytes_max: 32 * 1024 * 1024,
            uploads_per_day_max: 100,
            trial_runs_per_day_max: 200,
            bytes_per_day_max: 512 * 1024 * 1024,
            uploads_underway_of_publisher_max: 16,
            uploads_underway_max: 64,
            compiled_bytes_max: 8 * 1024 * 1024 * 1024,
            compile_cpu_seconds_max: 120,
            compile_memory_bytes_max: 4 * 1024 * 1024 * 1024,
            compile_ms_max: 180_000,
            certification_fuel_max: 40_000_000_000,
            schema_parts_max: 2_000,
            schema_nesting_max: 100,
            pattern_bytes_max: 256 * 1024,
            config_bytes_max: 64 * 1024,
        }
    }
}
