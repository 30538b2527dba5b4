//! The `assay` command.

use std::process::ExitCode;

/// A request allocates some hundred times; this takes half as long over it as the C
/// library's (PERFORMANCE.md).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // A child of a server shuts itself in before it has a second thread or an argument read.
    if let Some(role) = assay_sandbox::child::Role::asked() {
        return assay_sandbox::child::serve(role);
    }
    assay::cli::main()
}
