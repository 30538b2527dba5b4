//! `assay plugin`: a component from nothing to one that a server would list.
//!
//! The projects are built below the outer target folder, in places that stay the same, so
//! that a second run finds dependencies and tools where the first one put them.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::commands::{command, text};
use crate::house::each_house;
use crate::registry::saying;

const LANGUAGES: [&str; 3] = ["rust", "python", "js"];
const WORLDS: [&str; 4] = ["verifier", "scorer", "reviewer", "pricing"];

/// `assay plugin` with these words, in this folder.
pub(crate) fn plugin(folder: &Path, words: &[&str]) -> Output {
    let arguments: Vec<&str> = ["plugin"].iter().chain(words).copied().collect();
    let mut command = command(&arguments);
    command.current_dir(folder).env("CARGO_TARGET_DIR", workshop().join("target"));
    command.output().expect("the program starts")
}

/// Where the projects of this file are built.
pub(crate) fn workshop() -> PathBuf {
    let test = std::env::current_exe().expect("the test's own path");
    let target = test.ancestors().nth(3).expect("target/PROFILE/deps/TEST").to_owned();
    let workshop = target.join("plugin-projects");
    fs::create_dir_all(&workshop).expect("a folder below the target folder");
    workshop
}

#[track_caller]
fn good(output: &Output) -> String {
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

#[track_caller]
fn refused(output: &Output, said: &str) {
    assert_eq!(output.status.code(), Some(1), "{}{}", text(&output.stdout), text(&output.stderr));
    assert!(text(&output.stderr).contains(said), "{said:?} is not in {}", text(&output.stderr));
}

/// A new project in the workshop. What its tools installed in an earlier run stays.
pub(crate) fn made(name: &str, language: &str, world: &str) -> PathBuf {
    let workshop = workshop();
    let (folder, kept) = (workshop.join(name), workshop.join(format!("{name}-tools")));
    let tools = [".venv", "node_modules"];
    for tool in tools {
        if folder.join(tool).exists() {
            fs::create_dir_all(&kept).expect("a folder");
            fs::rename(folder.join(tool), kept.join(tool)).expect("it is kept");
        }
    }
    if folder.exists() {
        fs::remove_dir_all(&folder).expect("the project of an earlier run goes");
    }
    good(&plugin(&workshop, &["new", name, "--lang", language, "--world", world]));
    for tool in tools {
        if kept.join(tool).exists() {
            fs::rename(kept.join(tool), folder.join(tool)).expect("it is back");
        }
    }
    folder
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// Whether a placeholder such as `{{name}}` is left.
fn has_placeholder(text: &str) -> bool {
    text.split("{{").skip(1).any(|after| {
        let name = after.split("}}").next().unwrap_or_default();
        after.contains("}}") && !name.is_empty() && name.bytes().all(|letter| letter.is_ascii_lowercase())
    })
}

#[test]
fn a_new_project_is_whole_in_every_language_and_world() {
    let folder = TempDir::new().expect("a folder");
    for (language, world) in LANGUAGES.iter().flat_map(|language| WORLDS.map(|world| (*language, world))) {
        let name = format!("{language}-{world}");
        let told = good(&plugin(folder.path(), &["new", &name, "--lang", language, "--world", world]));
        assert!(told.contains(&format!("cd {name}")), "{told}");
        let project = folder.path().join(&name);
        let (mut fixtures, mut schemas, mut interfaces) = (0, 0, 0);
        for path in files(&project) {
            let (shown, text) = (path.display().to_string(), fs::read_to_string(&path).expect("a text"));
            assert!(!has_placeholder(&text), "{shown} has a placeholder");
            match path.extension().and_then(|end| end.to_str()) {
                Some("json") => {
                    let _: Value =
                        serde_json::from_str(&text).unwrap_or_else(|_| panic!("{shown} is no JSON"));
                    fixtures += usize::from(shown.contains("/fixtures/"));
                    schemas += usize::from(shown.ends_with("config.schema.json"));
                }
                Some("wit") => interfaces += usize::from(text.contains("package assay:plugin@0.1.0")),
                Some("toml") if shown.ends_with("/plugin.toml") => {
                    assert!(text.contains(&format!("world = \"{world}\"")), "{shown}: {text}");
                }
                _ => {}
            }
        }
        assert!(
            fixtures >= 2 && schemas == 1 && interfaces == 1,
            "{name}: {fixtures} {schemas} {interfaces}"
        );
        assert!(project.join("plugin.toml").exists() && project.join("README.md").exists(), "{name}");
    }
}

#[test]
fn a_rust_project_of_every_world_builds_and_is_certified() {
    for world in WORLDS {
        let name = format!("rust-{world}");
        let folder = made(&name, "rust", world);
        let told = good(&plugin(&folder, &["test"]));
        assert!(told.contains("2 fixtures, all as expected"), "{told}");
        assert!(told.contains("fuel ") && told.contains("memory "), "{told}");
        let file = format!("{name}.wasm");
        let told = good(&plugin(&folder, &["check", &file]));
        assert!(told.contains(&format!("name         {name} 0.1.0")), "{told}");
        assert!(told.contains("badge        deterministic"), "{told}");
        let component = fs::read(folder.join(&file)).expect("the component");
        let place = folder.display().to_string();
        assert!(
            !component.windows(place.len()).any(|bytes| bytes == place.as_bytes()),
            "it names its folder"
        );
    }
}

#[test]
fn a_fixture_that_comes_out_otherwise_is_said() {
    let folder = made("rust-otherwise", "rust", "verifier");
    let write = |name: &str, fixture: &str| {
        fs::write(folder.join("fixtures").join(name), fixture).expect("a fixture");
    };
    write("good.json", r#"{ "delivery": { "content": "Tea." }, "expect": { "outcome": "pass" } }"#);
    write(
        "bad.json",
        r#"{ "delivery": { "content": "Tea." }, "config": { "words_min": 1 },
             "expect": { "outcome": "pass", "findings": { "length": "fail", "colour": "pass" },
                         "report": { "findings": [{ "score": 10000, "evidence": "none" }, {}] } } }"#,
    );
    write("config.json", r#"{ "config": { "words": 1 }, "expect": { "problem": {} } }"#);
    write("nothing.json", "{}");
    let output = plugin(&folder, &["test"]);
    let told = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{told}{}", text(&output.stderr));
    for said in [
        "outcome: expected pass, got fail",
        "finding length: expected fail, got pass",
        "finding colour: expected pass, there is none",
        r#"report.findings.0.evidence: expected "none", got "1 word, at least 1 wanted""#,
        "no verdict: the configuration does not fit: unknown field `words`",
        r#"it expects nothing; add "expect": { "outcome": "fail" }"#,
        "4 fixtures, 2 not as expected",
    ] {
        assert!(told.contains(said), "{said:?} is not in {told}");
    }
    write("nothing.json", r#"{ "task": { "titel": "A typing mistake" } }"#);
    refused(&plugin(&folder, &["test"]), "nothing.json: task: unknown field `titel`");
}

/// A command that goes on until it is no longer needed.
struct Watching(Child);

impl Drop for Watching {
    fn drop(&mut self) {
        // Both fail only when it is over already.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[test]
fn a_watched_project_is_tried_again_when_a_file_changes() {
    let folder = made("rust-watched", "rust", "verifier");
    let mut watching = command(&["plugin", "test", "--watch"]);
    watching.current_dir(&folder).env("CARGO_TARGET_DIR", workshop().join("target")).stdout(Stdio::piped());
    let mut watching = Watching(watching.spawn().expect("the program starts"));
    let mut lines = BufReader::new(watching.0.stdout.take().expect("a pipe")).lines();
    let mut round = || {
        let lines = lines.by_ref().map(|line| line.expect("a line"));
        lines.take_while(|line| !line.starts_with("waiting for a change")).collect::<Vec<_>>().join("\n")
    };
    let told = round();
    assert!(told.contains("2 fixtures, all as expected"), "{told}");
    let fixture = r#"{ "delivery": { "content": "Tea." }, "expect": { "outcome": "pass" } }"#;
    fs::write(folder.join("fixtures").join("another.json"), fixture).expect("a fixture");
    let told = round();
    assert!(told.contains("outcome: expected pass, got fail"), "{told}");
    assert!(told.contains("3 fixtures, 1 not as expected"), "{told}");
}

/// Builds and tries a project of every world, unless its tools cannot be had here.
fn try_out(language: &str) {
    let named = |world: &str| made(&format!("{language}-{world}"), language, world);
    let first = named(WORLDS[0]);
    let built = plugin(&first, &["build"]);
    if !built.status.success() && text(&built.stderr).contains("by hand") {
        println!("SKIPPED (tools): {language} projects: {}", text(&built.stderr).trim_end());
        return;
    }
    good(&built);
    for world in WORLDS {
        let folder = if world == WORLDS[0] { first.clone() } else { named(world) };
        for tool in [".venv", "node_modules"] {
            if first.join(tool).exists() && !folder.join(tool).exists() {
                std::os::unix::fs::symlink(first.join(tool), folder.join(tool)).expect("a link");
            }
        }
        let told = good(&plugin(&folder, &["test"]));
        assert!(told.contains("all as expected"), "{told}");
        let told = good(&plugin(&folder, &["check", &format!("{language}-{world}.wasm")]));
        assert!(told.contains("badge        deterministic"), "{told}");
    }
}

#[test]
fn a_python_project_of_every_world_builds() {
    try_out("python");
}

#[test]
fn a_javascript_project_of_every_world_builds() {
    try_out("js");
}

#[test]
fn mistakes_are_said_with_what_to_do_about_them() {
    let folder = TempDir::new().expect("a folder");
    let here = folder.path();
    for name in ["Word-Limits", "word_limits", "-words", "words-", "9words", "a--b", "", "../words", "größe"]
    {
        refused(
            &plugin(here, &["new", "--lang", "rust", "--world", "verifier", "--", name]),
            "is no name for a plugin",
        );
    }
    refused(&plugin(here, &["new", "serde", "--lang", "rust", "--world", "scorer"]), "a meaning in Rust");
    let long = "a".repeat(65);
    refused(&plugin(here, &["new", &long, "--lang", "js", "--world", "scorer"]), "at most 64");
    fs::create_dir(here.join("taken")).expect("a folder");
    refused(
        &plugin(here, &["new", "taken", "--lang", "rust", "--world", "verifier"]),
        "taken exists already",
    );
    for flags in [["--lang", "go", "--world", "verifier"], ["--lang", "rust", "--world", "judge"]] {
        let arguments: Vec<&str> = ["new", "words"].into_iter().chain(flags).collect();
        let output = plugin(here, &arguments);
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains(" is one of "), "{}", text(&output.stderr));
    }
    assert!(!here.join("words").exists());
    for word in ["build", "test"] {
        refused(&plugin(here, &[word]), "assay plugin new NAME");
    }
    fs::write(here.join("plugin.toml"), "world = \"verifier\"").expect("a file");
    refused(&plugin(here, &["build"]), "lang is missing");
}

#[test]
fn a_file_that_is_no_component_is_refused_before_it_travels() {
    let folder = TempDir::new().expect("a folder");
    let here = folder.path();
    fs::write(here.join("text.wasm"), "no component").expect("a file");
    let module = wat::parse_str("(module)").expect("a module");
    fs::write(here.join("module.wasm"), module).expect("a file");
    let table = [
        ("nothing.wasm", "nothing.wasm: "),
        ("text.wasm", "this is not a WebAssembly component"),
        ("module.wasm", "this is a core module; a component is wanted"),
    ];
    for (file, said) in table {
        refused(&plugin(here, &["check", file]), said);
        // Nobody listens there, so the refusal is made here.
        let push = ["push", file, "--server", "http://127.0.0.1:1", "--key", "k"];
        refused(&plugin(here, &push), said);
    }
    let output = plugin(here, &["push", "text.wasm"]);
    assert_eq!(output.status.code(), Some(2), "it is not known where to");
}

#[test]
fn what_a_server_would_refuse_is_refused_at_the_desk() {
    let folder = TempDir::new().expect("a folder");
    let circle = r##","config_schema":{"properties":{"next":{"$ref":"#"}}}"##;
    let broken = r#","config_schema":{"type":7}"#;
    let table = [
        ("version.wasm", saying("gold-bar", "one", 0, ""), "version: \"one\" is no semantic version"),
        (
            "circle.wasm",
            saying("gold-bar", "1.0.0", 0, circle),
            "config_schema: refers to itself in a circle",
        ),
        ("broken.wasm", saying("gold-bar", "1.0.0", 0, broken), "config_schema: is not a JSON Schema"),
        ("large.wasm", vec![0; (32 << 20) + 1], "TOO_LARGE"),
    ];
    for (file, bytes, said) in &table {
        fs::write(folder.path().join(file), bytes).expect("a file");
        refused(&plugin(folder.path(), &["check", file]), said);
    }
    let operators = plugin(folder.path(), &["check", "large.wasm", "--operator"]);
    refused(&operators, "this is not a WebAssembly component");
    each_house(async |house| {
        let publisher = house.agent("ada").await;
        for (file, _, said) in &table {
            let push = ["push", file, "--server", &house.base_url, "--key", &publisher.key];
            // What is no component does not even travel.
            let said = if *file == "large.wasm" { "this is not a WebAssembly component" } else { said };
            refused(&plugin(folder.path(), &push), said);
        }
    });
}

#[test]
fn a_tool_that_is_missing_is_said_with_the_command_that_installs_it() {
    let folder = TempDir::new().expect("a folder");
    let by_hand = [
        ("rust", "Rust is needed: https://rustup.rs installs it"),
        ("python", "or by hand: python3 -m venv .venv && .venv/bin/pip install -r requirements.txt"),
        ("js", "Node.js 20 or newer with npm is needed; or by hand: npm install"),
    ];
    for (language, said) in by_hand {
        let name = format!("words-in-{language}");
        good(&plugin(folder.path(), &["new", &name, "--lang", language, "--world", "verifier"]));
        let mut build = command(&["plugin", "build"]);
        build.current_dir(folder.path().join(&name)).env("PATH", "");
        let output = build.output().expect("the program starts");
        refused(&output, said);
        refused(&output, "cannot be started");
    }
}

#[test]
fn a_component_is_pushed_and_found_on_the_server() {
    let folder = TempDir::new().expect("a folder");
    fs::write(folder.path().join("bar.wasm"), saying("gold-bar", "1.0.0", 0, "")).expect("a file");
    each_house(async |house| {
        let publisher = house.agent("ada").await;
        let push = |more: &[&str]| {
            let words = ["push", "bar.wasm", "--server", &house.base_url, "--key", &publisher.key];
            plugin(folder.path(), &[words.as_slice(), more].concat())
        };
        refused(&push(&["--version", "2.0.0"]), "version");
        let told = good(&push(&[]));
        assert!(told.starts_with("gold-bar 1.0.0, a verifier\n"), "{told}");
        assert!(told.contains("badge  deterministic"), "{told}");
        let page = told.lines().find_map(|line| line.strip_prefix("page   ")).expect("where it is");
        assert_eq!(publisher.get(page).await.good()["data"]["name"], "gold-bar");
    });
}

#[test]
fn a_server_that_is_not_there_or_refuses_is_said() {
    let folder = TempDir::new().expect("a folder");
    let own = assay::builtin::BUILTIN.iter().find(|own| own.name == "pricing-fixed").expect("a component");
    fs::write(folder.path().join("fixed.wasm"), own.bytes).expect("a file");
    let push = |server: &str| {
        plugin(folder.path(), &["push", "fixed.wasm", "--server", server, "--key", "assay_test_nobody"])
    };
    refused(&push("http://127.0.0.1:1"), "127.0.0.1:1/v1/plugins");
    refused(&push("somewhere"), "as in http://127.0.0.1:8080");
    each_house(async |house| {
        let output = push(&house.base_url);
        refused(&output, "refused (");
        assert!(text(&output.stdout).is_empty(), "{}", text(&output.stdout));
    });
}
