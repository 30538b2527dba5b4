//! Notes for whoever runs the component. They are no part of the verdict, and
//! natively they go to standard error.

/// What matters only to someone looking for a fault.
pub fn debug(message: &str) {
    write("debug", message);
}

/// What happened.
pub fn info(message: &str) {
    write("info", message);
}

/// What may be a mistake.
pub fn warn(message: &str) {
    write("warn", message);
}

/// What went wrong.
pub fn error(message: &str) {
    write("error", message);
}

#[cfg(target_arch = "wasm32")]
fn write(level: &str, message: &str) {
    use crate::bindings::verifier::assay::plugin::logging::{Level, log};
    let level = match level {
        "debug" => Level::Debug,
        "info" => Level::Info,
        "warn" => Level::Warn,
        _ => Level::Error,
    };
    log(level, message);
}

#[cfg(not(target_arch = "wasm32"))]
fn write(level: &str, message: &str) {
    eprintln!("{level}: {message}");
}
