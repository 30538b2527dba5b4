//! What a reader would look for by hand: who may know which library, how long a function
//! may be, which calls are banned, whether a component has tests.

use std::fs;
use std::path::{Path, PathBuf};

/// The longest a function may be, in lines.
const FUNCTION_LINES_MAX: usize = 70;
/// The longest a file may be, in lines, before it is two subjects.
const FILE_LINES_MAX: usize = 600;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the checkout")
}

/// Every Rust file below these folders, with its path from the checkout and its text.
fn sources(folders: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut waiting: Vec<PathBuf> = folders.iter().map(|folder| root().join(folder)).collect();
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            let skipped = path.file_name().is_some_and(|name| name == "target");
            let entries = fs::read_dir(&path).expect("a folder").flatten();
            waiting.extend(entries.map(|entry| entry.path()).filter(|_| !skipped));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(root()).expect("below the checkout").display().to_string();
            found.push((name, fs::read_to_string(&path).expect("a source file")));
        }
    }
    assert!(!found.is_empty());
    found.sort();
    found
}

const ALL: [&str; 4] = ["host", "plugins", "sdk/rust", "tests"];

/// Code without its comments.
fn code(text: &str) -> String {
    text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_library_stays_in_its_place() {
    let places: &[(&str, &[&str])] = &[
        ("sqlx::", &["host/db/"]),
        ("wasmtime::", &["host/sandbox/"]),
        ("axum::", &["host/src/http"]),
        ("hyper::", &["host/src/http"]),
        ("hyper_util::", &["host/src/http"]),
        ("reqwest::", &["host/src/gateways", "host/src/cli"]),
        ("serde", &["host/db/", "host/sandbox/", "host/src/"]),
        ("tokio", &["host/db/", "host/sandbox/", "host/src/"]),
    ];
    for (path, text) in sources(&["host"]) {
        for (library, allowed) in places {
            let free = allowed.iter().any(|place| path.starts_with(place));
            assert!(free || !code(&text).contains(library), "{path} knows {library}");
        }
    }
}

#[test]
fn the_domain_is_pure() {
    for (path, text) in sources(&["host/domain"]) {
        for word in
            ["async fn", ".await", "std::fs", "std::net", "std::time", "SystemTime", "rand::", "Deserialize"]
        {
            assert!(!code(&text).contains(word), "{path} has {word}");
        }
    }
}

#[test]
fn time_ids_and_randomness_come_from_one_place() {
    let free = [
        "host/src/clock.rs",
        "host/src/metrics.rs",
        "host/src/cli/demo",
        "host/src/cli/plugin/test.rs",
        "host/db/src/committer",
        "host/sandbox/src/certify.rs",
        "host/sandbox/src/runner/pipes.rs",
        "/examples/",
    ];
    for (path, text) in sources(&["host"]) {
        if free.iter().any(|place| path.contains(place)) {
            continue;
        }
        for call in
            ["SystemTime::now", "Instant::now", "Uuid::new_v4", "Uuid::now_v7", "rand::rng()", "thread_rng"]
        {
            assert!(!code(&text).contains(call), "{path} calls {call}");
        }
    }
}

#[test]
fn handlers_ask_verbs_and_not_the_database() {
    for (path, text) in sources(&["host/src/http"]) {
        for word in ["assay_db::Db", ".db.", "Change::new"] {
            assert!(!code(&text).contains(word), "{path} has {word}");
        }
    }
    for (path, text) in sources(&["host/src/app"]) {
        assert!(!code(&text).contains("crate::http"), "{path} calls upward");
    }
}

#[test]
fn nothing_is_left_to_do() {
    let unwanted = ["todo!(", "unimplemented!(", "dbg!(", "#[allow(", "#![allow(", "#[ignore"];
    for (path, text) in sources(&ALL) {
        for word in unwanted {
            // One test looks at what all the others saw, so that it runs after them.
            let here = path == "tests/laws.rs" || (path == "tests/described.rs" && word == "#[ignore");
            assert!(here || !code(&text).contains(word), "{path} has {word}");
        }
        assert!(!path.ends_with("/mod.rs"), "{path}: name the file after the module");
    }
}

#[test]
fn files_and_functions_are_short() {
    for (path, text) in sources(&ALL) {
        let lines = text.lines().count();
        assert!(lines <= FILE_LINES_MAX, "{path} has {lines} lines: two subjects?");
        // A component's test is often one table, which is data and not a function.
        let is_table = path.starts_with("plugins/") && path.contains("/tests/");
        for (start, length) in functions(&text).into_iter().filter(|_| !is_table) {
            assert!(length <= FUNCTION_LINES_MAX, "{path}:{start}: a function of {length} lines");
        }
    }
}

/// Where functions start and how long they are, by the indentation that rustfmt keeps.
fn functions(text: &str) -> Vec<(usize, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let trimmed = line.trim_start();
        let words =
            ["fn ", "pub fn ", "pub(crate) fn ", "pub(super) fn ", "async fn ", "pub async fn ", "const fn "];
        if !words.iter().any(|word| trimmed.starts_with(word)) {
            continue;
        }
        let closing = format!("{}}}", " ".repeat(line.len() - trimmed.len()));
        let end = lines[index..].iter().position(|later| *later == closing);
        found.extend(end.map(|length| (index + 1, length + 1)));
    }
    found
}

#[test]
fn every_component_has_tests() {
    let components = fs::read_dir(root().join("plugins")).expect("the components").flatten();
    let mut seen = 0;
    for folder in components.map(|entry| entry.path()).filter(|path| path.join("Cargo.toml").exists()) {
        let name = folder.strip_prefix(root()).expect("below the checkout").display().to_string();
        let tested = sources(&[&name]).iter().any(|(_, text)| text.contains("#[test]"));
        assert!(tested, "{name} has no test");
        seen += 1;
    }
    assert!(seen > assay::builtin::BUILTIN.len(), "the components and the library of checks");
    let manifests =
        |builtin: &assay::builtin::Builtin| root().join("plugins").join(builtin.name).join("Cargo.toml");
    assert!(assay::builtin::BUILTIN.iter().all(|builtin| manifests(builtin).exists()));
}
