//! Every answer that a test gets is held against its description, and what was answered
//! is kept, so that a description of what never happens is found out too.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex};

use assay::config::Settings;
use assay::http::{openapi, routes};
use jsonschema::{Draft, Validator};
use serde_json::{Value, json};

/// The description of a server that has everything.
pub(crate) static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let (document, wrong) = openapi::document(&routes::routes(&settings()), "http://127.0.0.1:8080");
    assert!(wrong.is_empty(), "{wrong:#?}");
    document
});

/// The settings of a server that has every route.
pub(crate) fn settings() -> Settings {
    Settings { test_clock: true, ..Settings::in_folder(&PathBuf::from("nowhere")) }
}

/// One operation of the description.
pub(crate) struct Operation {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) words: Value,
}

impl Operation {
    /// `METHOD /path`.
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// The response of a status, wherever it is written.
    pub(crate) fn response(&self, status: u16) -> Option<&Value> {
        self.words["responses"].get(status.to_string()).map(resolved)
    }

    /// The statuses it is said to answer with.
    pub(crate) fn statuses(&self) -> BTreeSet<u16> {
        let all = self.words["responses"].as_object().into_iter().flatten();
        all.filter_map(|(status, _)| status.parse().ok()).collect()
    }

    /// The error codes of a status.
    pub(crate) fn codes(&self, status: u16) -> Vec<&str> {
        let found = self.response(status).and_then(|response| {
            let schema = &response["content"]["application/problem+json"]["schema"];
            schema["allOf"][1]["properties"]["error"]["properties"]["code"]["enum"].as_array()
        });
        found.into_iter().flatten().filter_map(Value::as_str).collect()
    }
}

/// What a reference into the description leads to.
pub(crate) fn resolved(value: &Value) -> &Value {
    match value["$ref"].as_str().and_then(|name| name.strip_prefix('#')) {
        Some(pointer) => DOCUMENT.pointer(pointer).expect("a reference leads somewhere"),
        None => value,
    }
}

/// All operations, in the order of their paths.
pub(crate) static OPERATIONS: LazyLock<Vec<Operation>> = LazyLock::new(|| {
    let mut all = Vec::new();
    for (path, methods) in DOCUMENT["paths"].as_object().into_iter().flatten() {
        for (method, words) in methods.as_object().into_iter().flatten() {
            let (method, path) = (method.to_uppercase(), path.clone());
            all.push(Operation { method, path, words: words.clone() });
        }
    }
    all
});

/// A schema of the description, ready to judge.
pub(crate) fn validator(schema: &Value) -> Validator {
    let whole = json!({ "allOf": [schema], "components": { "schemas": DOCUMENT["components"]["schemas"] } });
    let options = jsonschema::options().with_draft(Draft::Draft202012).should_validate_formats(true);
    options.build(&whole).unwrap_or_else(|error| panic!("{error} in {schema}"))
}

/// The operation that answers a request: fixed words of a path go before what varies.
pub(crate) fn operation(method: &str, path: &str) -> Option<&'static Operation> {
    let path = path.split('?').next().unwrap_or_default();
    let fits = |template: &str| {
        let (mut parts, mut given) = (template.split('/'), path.split('/'));
        loop {
            match (parts.next(), given.next()) {
                (None, None) => return true,
                (Some(part), Some(word)) if part == word || (part.starts_with('{') && !word.is_empty()) => {}
                _ => return false,
            }
        }
    };
    let fitting = OPERATIONS.iter().filter(|one| fits(&one.path));
    let best = fitting.clone().map(|one| one.path.matches('{').count()).min()?;
    fitting.filter(|one| one.path.matches('{').count() == best).find(|one| one.method == method)
}

type Validators = Mutex<BTreeMap<(String, u16), Option<Arc<Validator>>>>;

/// Fails a test whose answer is not as described.
#[track_caller]
pub(crate) fn check(method: &str, path: &str, status: u16, body: &Value) {
    let fault = fault(method, path, status, body);
    assert!(fault.is_none(), "{}", fault.unwrap_or_default());
}

/// In what an answer differs from its description.
pub(crate) fn fault(method: &str, path: &str, status: u16, body: &Value) -> Option<String> {
    static VALIDATORS: LazyLock<Validators> = LazyLock::new(Validators::default);
    let operation = operation(method, path)?;
    let name = operation.name();
    let key = (name.clone(), status);
    let made = || {
        let content = operation.response(status)?["content"].as_object()?;
        Some(Arc::new(validator(content.values().next()?.get("schema")?)))
    };
    let found = VALIDATORS.lock().expect("nobody panics in here").get(&key).cloned();
    let validator = found.unwrap_or_else(|| {
        let made = made();
        VALIDATORS.lock().expect("nobody panics in here").insert(key, made.clone());
        made
    });
    let Some(validator) = validator else {
        return Some(format!("{name} answered {status}, which is not described: {body}"));
    };
    let faults: Vec<String> =
        validator.iter_errors(body).map(|error| format!("{}: {error}", error.instance_path())).collect();
    (!faults.is_empty())
        .then(|| format!("{name} answered {status} otherwise than described: {faults:#?} in {body}"))
}

/// Where the answers of a run of the tests are kept, a file a process.
fn kept_in() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("answers")
}

/// Keeps what a server answered, from its own figures.
pub(crate) fn keep(figures: &str) {
    let mut lines = String::new();
    for line in figures.lines().filter_map(|line| line.strip_prefix("assay_requests_total{")) {
        let value = |name: &str| line.split(&format!("{name}=\"")).nth(1)?.split('"').next();
        if let (Some(method), Some(route), Some(status)) = (value("method"), value("route"), value("status"))
        {
            let _ = writeln!(lines, "{method} {route} {status}");
        }
    }
    fs::create_dir_all(kept_in()).expect("a folder");
    let path = kept_in().join(std::process::id().to_string());
    let file = fs::OpenOptions::new().create(true).append(true).open(path);
    file.and_then(|mut file| file.write_all(lines.as_bytes())).expect("the answers are kept");
}

/// Codes that come from what all routes share. They are seen on some route, and not on
/// every one.
const SHARED: [&str; 5] =
    ["IDEMPOTENCY_KEY_REUSED", "IDEMPOTENCY_IN_PROGRESS", "INVALID_JSON", "OVERLOADED", "RATE_LIMITED"];

/// What is answered to the loser of a race that no test can call.
const RACES: [&str; 1] = ["POST /v1/password 409"];

/// To be asked for when all the others have run: `cargo test --release --workspace -- --ignored answers`.
#[test]
#[ignore = "it reads what all the other tests were answered"]
fn answers_documented_were_seen() {
    let mut seen = BTreeSet::new();
    for entry in fs::read_dir(kept_in()).expect("the other tests ran before").flatten() {
        let text = fs::read_to_string(entry.path()).expect("a file of answers");
        seen.extend(text.lines().map(str::to_owned));
    }
    let (mut unseen, mut unsaid) = (Vec::new(), Vec::new());
    for operation in OPERATIONS.iter() {
        for status in operation.statuses() {
            let codes = operation.codes(status);
            let shared = !codes.is_empty() && codes.iter().all(|code| SHARED.contains(code));
            let answer = format!("{} {status}", operation.name());
            if !shared && !seen.contains(&answer) && !RACES.contains(&answer.as_str()) {
                unseen.push(format!("{answer} {}", codes.join(" ")));
            }
        }
    }
    for answer in &seen {
        let mut words = answer.split(' ');
        let (Some(method), Some(route), Some(status)) = (words.next(), words.next(), words.next()) else {
            continue;
        };
        let found = OPERATIONS.iter().find(|one| one.method == method && one.path == route);
        let status = status.parse().unwrap_or(0);
        if found.is_some_and(|one| one.response(status).is_none()) {
            unsaid.push(answer.clone());
        }
    }
    assert!(unseen.is_empty(), "described and never answered in any test:\n{}", unseen.join("\n"));
    assert!(unsaid.is_empty(), "answered in a test and not described:\n{}", unsaid.join("\n"));
}
