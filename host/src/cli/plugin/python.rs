//! A component from a Python project: componentize-py, in the project's own `.venv`.

use std::process::Command;

use super::project::Project;
use super::tools;

const ENVIRONMENT: &str = ".venv";

/// Puts `NAME.wasm` into the project's folder.
pub(super) fn build(project: &Project, name: &str) -> Result<(), String> {
    let tool = project.folder.join(ENVIRONMENT).join("bin/componentize-py");
    if !tool.exists() {
        install(project)?;
    }
    let world = project.settings.world.as_str();
    let mut componentize = Command::new(&tool);
    componentize
        .current_dir(&project.folder)
        .args(["--quiet", "--wit-path", "wit", "--world", world, "componentize", "component"])
        .args(["--python-path", ".", "--stub-wasi", "--output"])
        .arg(format!("{name}.wasm"));
    tools::run(&mut componentize, "what is wrong is above")
}

/// Makes the environment and installs what `requirements.txt` names, once.
fn install(project: &Project) -> Result<(), String> {
    let by_hand = "or by hand: python3 -m venv .venv && .venv/bin/pip install -r requirements.txt";
    let mut venv = Command::new("python3");
    venv.current_dir(&project.folder).args(["-m", "venv", ENVIRONMENT]);
    tools::run(&mut venv, &format!("Python 3.10 or newer with venv is needed; {by_hand}"))?;
    let mut pip = Command::new(project.folder.join(ENVIRONMENT).join("bin/pip"));
    pip.current_dir(&project.folder).args(["install", "--requirement", "requirements.txt"]);
    tools::run(&mut pip, &format!("try again, {by_hand}"))
}
