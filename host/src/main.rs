//! The `assay` command.

use std::process::ExitCode;

/// A tenth of a task's way was the C library's allocator.
#[cfg(target_os = "linux")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    // A child of a server shuts itself in before it has a second thread or an argument read.
    if let Some(role) = assay_sandbox::child::Role::asked() {
        return assay_sandbox::child::serve(role);
    }
    assay::cli::main()
}
