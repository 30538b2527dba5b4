//! The `assay` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    // A child of a server shuts itself in before it has a second thread or an argument read.
    if let Some(role) = assay_sandbox::child::Role::asked() {
        return assay_sandbox::child::serve(role);
    }
    assay::cli::main()
}
