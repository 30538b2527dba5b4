//! A component from a JavaScript project: the `QuickJS` componentizer, in the project's own
//! `node_modules`.

use std::process::Command;

use super::project::Project;
use super::tools;

/// Puts `NAME.wasm` into the project's folder.
pub(super) fn build(project: &Project, name: &str) -> Result<(), String> {
    let tool = project.folder.join("node_modules/.bin/componentize-qjs");
    if !tool.exists() {
        let mut npm = Command::new("npm");
        npm.current_dir(&project.folder).args(["install", "--no-audit", "--no-fund"]);
        tools::run(&mut npm, "Node.js 20 or newer with npm is needed; or by hand: npm install")?;
    }
    let world = project.settings.world.as_str();
    let mut componentize = Command::new(&tool);
    componentize
        .current_dir(&project.folder)
        .args([
            "--wit",
            "wit",
            "--js",
            "judge.js",
            "--module-root",
            ".",
            "--world",
            world,
            "--sync",
            "--output",
        ])
        .arg(format!("{name}.wasm"));
    tools::run(&mut componentize, "what is wrong is above")
}
