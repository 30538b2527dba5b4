//! Running the tools of a language.

use std::process::{Command, Stdio};

/// Runs it to its end, with what it prints on standard error. The error says what was run
/// and what to do about it.
pub(super) fn run(command: &mut Command, advice: &str) -> Result<(), String> {
    let shown = shown(command);
    match command.stdout(Stdio::from(std::io::stderr())).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{shown}` ended with {status}; {advice}")),
        Err(error) => Err(format!("`{shown}` cannot be started: {error}; {advice}")),
    }
}

/// What it printed, without the end of the line.
pub(super) fn answer(command: &mut Command, advice: &str) -> Result<String, String> {
    let shown = shown(command);
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("`{shown}` cannot be started: {error}; {advice}"))?;
    if !output.status.success() {
        return Err(format!("`{shown}` ended with {}; {advice}", output.status));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}

/// As it would be typed.
pub(super) fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}
