//! A component from a JavaScript project: jco with its QuickJS backend, in the project's own
//! `node_modules`.

use std::process::Command;

use super::project::Project;
use super::tools;

/// Puts `NAME.wasm` into the project's folder.
pub(super) fn build(project: &Project, name: &str) -> Result<(), String> {
    let tool = project.folder.join("node_modules/.bin/jco");
    if !tool.exists() {
        let mut npm = Command::new("npm");
        npm.current_dir(&project.folder).args(["install", "--no-audit", "--no-fund"]);
        tools::run(&mut npm, "Node.js 20 or newer with npm is needed; or by hand: npm install")?;
    }
    let world = project.settings.world.as_str();
    let mut jco = Command::new(&tool);
    jco.current_dir(&project.folder)
        .args(["componentize", "index.js", "--wit", "wit", "--world-name", world])
        .args(["--backend", "qjs", "--backend-qjs-disable-async", "--out"])
        .arg(format!("{name}.wasm"));
    tools::run(&mut jco, "what is wrong is above")
}
