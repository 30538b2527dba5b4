//! Judges in three languages: written, uploaded, judging, replayed offline. And the one that
//! runs Python, on real tasks and on solutions broken on purpose.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, LazyLock};

use assay_sandbox::{Attachments, Badge, Input, Judge, Outcome, Output, Sandbox, Settings, Status};
use reqwest::Method;
use serde_json::{Value, json};

use crate::commands::{assay, program, text};
use crate::house::{Actor, House};
use crate::judges::{RESTLESS, delivery, task};
use crate::plugin_command::{made, plugin, workshop};
use crate::story::{GOOD, claimed, tea};

/// The verifier that runs Python, built once for the sources it is made of.
static PYTHON_TESTS: LazyLock<Option<Vec<u8>>> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ is in the checkout").to_owned();
    let folder = root.join("plugins/python-tests");
    let mut sources: Vec<PathBuf> = [folder.clone(), root.join("sdk/python/common"), root.join("wit/0.1.0")]
        .iter()
        .flat_map(|folder| fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.path()))
        .filter(|path| path.is_file())
        .collect();
    sources.sort();
    let bytes: Vec<u8> = sources.iter().flat_map(|path| fs::read(path).expect("a file")).collect();
    let name = format!("python-tests-{}.wasm", &assay_sandbox::Digest::of(&bytes).hex()[..16]);
    let built = workshop().join(name);
    if !built.exists() {
        let done = Command::new("python3")
            .args(["-B", "build.py"])
            .arg(&built)
            .current_dir(&folder)
            .env("ASSAY_PYTHON_TOOLS", workshop().join("python-tools"))
            .output();
        let done = match done {
            Ok(done) => done,
            Err(error) => {
                println!("SKIPPED (tools): python-tests: {error}");
                return None;
            }
        };
        if done.status.code() == Some(3) {
            println!("SKIPPED (tools): python-tests: {}", text(&done.stderr).trim_end());
            return None;
        }
        assert!(done.status.success(), "{}", text(&done.stderr));
    }
    Some(fs::read(built).expect("it was built"))
});

fn in_runtime<T>(work: impl AsyncFnOnce() -> T) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime starts").block_on(work())
}

/// What the component for real tasks is given: see `plugins/python-tests/samples.py`.
fn samples() -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins/python-tests");
    let done = Command::new("python3").args(["-B", "samples.py"]).current_dir(folder).output();
    let done = done.expect("there was a Python to build the component with");
    assert!(done.status.success(), "{}", text(&done.stderr));
    let lines = text(&done.stdout);
    lines.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

#[test]
fn python_solutions_pass_their_tests_and_broken_ones_fail_for_their_reason() {
    let Some(component) = &*PYTHON_TESTS else { return };
    let samples = samples();
    if samples.is_empty() {
        println!("SKIPPED data: no mbpp.jsonl, so no solutions to run");
        return;
    }
    in_runtime(async || {
        let folder = workshop().join("compiled");
        let settings = Settings {
            program: Some(program()),
            cache_dir: Some(folder),
            cache_key: [7; 32],
            ..Settings::default()
        };
        let sandbox = Sandbox::start(settings).expect("it starts");
        let judge = sandbox.prepare_uploaded(Arc::from(component.as_slice())).await.expect("a verifier");
        let (mut fuel, mut caught) = (Vec::new(), 0);
        for sample in &samples {
            let taken = held(&sandbox, &judge, sample).await;
            fuel.push(taken);
            caught += usize::from(sample["by"] != "solution");
        }
        fuel.sort_unstable();
        let (median, most) = (fuel[fuel.len() / 2], fuel[fuel.len() - 1]);
        println!(
            "python-tests: {} solutions, {caught} changed ones; fuel {median} p50, {most} at most",
            samples.len() - caught
        );
    });
}

/// Judges a sample and holds the findings against what plain Python said; gives the fuel.
async fn held(sandbox: &Sandbox, judge: &Judge, sample: &Value) -> u64 {
    let code = sample["code"].as_str().expect("code").to_owned();
    let config = sample["config"].to_string();
    let work = assay_sandbox::Delivery { attachments: Vec::new(), ..delivery(&code) };
    let asked = assay_sandbox::Task { checks: Vec::new(), criteria: Vec::new(), ..task() };
    let input = Input::Verify { task: asked, delivery: work, config };
    let run = sandbox.run(judge, &input, Attachments::none()).await;
    let what = format!("{} by {}", sample["id"], sample["by"]);
    match &run.outcome {
        Outcome::Output(Output::Report(report)) => {
            let held: String = report
                .findings
                .iter()
                .map(|finding| if finding.status == Status::Pass { 'y' } else { 'n' })
                .collect();
            assert_eq!(held, sample["held"], "{what}: {:?}", report.findings);
            let reasons: Vec<&str> =
                sample["reasons"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            for finding in report.findings.iter().filter(|_| !reasons.is_empty()) {
                let known = reasons.iter().any(|reason| finding.evidence.contains(reason));
                assert!(known, "{what}: {}", finding.evidence);
            }
        }
        other => panic!("{what}: {other:?}"),
    }
    run.fuel
}

#[test]
fn the_verifier_that_runs_python_is_deterministic() {
    let Some(component) = &*PYTHON_TESTS else { return };
    in_runtime(async || {
        let settings = Settings { program: Some(program()), ..Settings::default() };
        let sandbox = Sandbox::start(settings).expect("it starts");
        let admitted = sandbox.admit(Arc::from(component.as_slice())).await.expect("it is taken");
        let found = &admitted.certification;
        assert_eq!(found.badge, Badge::Deterministic, "{found:#?}");
        println!("python-tests: {} runs, fuel {} p50, {} p99", found.runs, found.fuel_p50, found.fuel_p99);
    });
}

/// A project of a language's own verifier, built; nothing where its tools cannot be had.
fn project(language: &str) -> Option<Vec<u8>> {
    let name = format!("replayed-{language}");
    let folder = made(&name, language, "verifier");
    let built = plugin(&folder, &["build"]);
    if !built.status.success() && text(&built.stderr).contains("by hand") {
        println!("SKIPPED (tools): {language} projects: {}", text(&built.stderr).trim_end());
        return None;
    }
    assert!(built.status.success(), "{}", text(&built.stderr));
    Some(fs::read(folder.join(format!("{name}.wasm"))).expect("it was built"))
}

#[test]
fn verdicts_of_three_languages_are_replayed_offline_and_any_changed_byte_is_said() {
    let figures = json!({ "figures": ["75"] });
    let python = json!({ "tests": ["assert cups(2) == 4"] });
    let judges = [
        ("rust", Some(RESTLESS.to_vec()), json!({})),
        ("js", project("js"), figures),
        ("python", PYTHON_TESTS.clone(), python),
    ];
    in_runtime(async || {
        let house = House::open(None, |_| {}).await;
        for (language, component, config) in judges {
            let Some(component) = component else { continue };
            let publisher = house.agent(language).await;
            let digest = uploaded(&publisher, &component).await;
            let mut post = tea();
            post["verifier"] = json!({ "digest": digest, "config": config });
            let (alice, bob, task) = claimed(&house, &post).await;
            let delivered = bob.delivers(&task, GOOD).await.good();
            let receipts = delivered["data"]["receipts"].as_array().expect("receipts");
            let of_it = receipts.iter().find(|receipt| receipt["plugin"] == json!(digest));
            let id = of_it.expect("a receipt of it")["receiptId"].as_str().expect("an id").to_owned();
            replayed(&alice, &id, &component).await;
        }
        house.audit().await;
        house.app.stop().await;
    });
}

async fn uploaded(publisher: &Actor, component: &[u8]) -> String {
    let request = publisher.request(Method::POST, "/v1/plugins").body(component.to_vec());
    let listed = publisher.send(request).await.good();
    listed["data"]["digest"].as_str().expect("a digest").to_owned()
}

/// Fetches what a replay takes, replays, and replays with a byte changed in each part.
async fn replayed(party: &Actor, id: &str, component: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let receipt = party.get(&format!("/v1/receipts/{id}")).await.good()["data"].to_string();
    let request = party.request(Method::GET, &format!("/v1/receipts/{id}/input"));
    let input = request.send().await.expect("an answer").bytes().await.expect("an input");
    let keys = party.get("/v1/receipts/keys").await.good();
    let key = keys["data"]["items"][0]["publicKey"].as_str().expect("a key").to_owned();
    let pieces: [(&str, Vec<u8>); 3] = [
        ("receipt.json", receipt.into_bytes()),
        ("input.json", input.to_vec()),
        ("component.wasm", component.to_vec()),
    ];
    let replay = |changed: Option<usize>| {
        for (number, (name, bytes)) in pieces.iter().enumerate() {
            let mut bytes = bytes.clone();
            if changed == Some(number) {
                let middle = bytes.len() / 2;
                bytes[middle] ^= 1;
            }
            fs::write(path(name), bytes).expect("a file");
        }
        let named =
            ["receipt.json", "input.json", "component.wasm"].map(|name| path(name).display().to_string());
        assay(&["replay", &named[0], "--input", &named[1], "--component", &named[2], "--public-key", &key])
    };
    let good = replay(None);
    assert!(good.status.success(), "{}{}", text(&good.stdout), text(&good.stderr));
    assert!(text(&good.stdout).starts_with("match: same verdict, same fuel"), "{}", text(&good.stdout));
    // With nothing but the receipt: the server has the rest.
    let fetching = || {
        let receipt = path("receipt.json").display().to_string();
        assay(&["replay", &receipt, "--server", &party.base_url, "--key", &party.key])
    };
    let fetched = fetching();
    assert!(fetched.status.success(), "{}{}", text(&fetched.stdout), text(&fetched.stderr));
    assert!(text(&fetched.stdout).starts_with("match: same verdict, same fuel"), "{}", text(&fetched.stdout));
    let mut forged = pieces[0].1.clone();
    let fuel = text(&forged).find("\"fuel\":").expect("what it took") + 7;
    forged[fuel] = if forged[fuel] == b'9' { b'8' } else { forged[fuel] + 1 };
    fs::write(path("receipt.json"), forged).expect("a file");
    let refused = fetching();
    assert_eq!(refused.status.code(), Some(1), "{}", text(&refused.stdout));
    assert!(!text(&refused.stderr).is_empty(), "{}", text(&refused.stdout));
    for (changed, (name, _)) in pieces.iter().enumerate() {
        let bad = replay(Some(changed));
        assert_eq!(bad.status.code(), Some(1), "{name}: {}", text(&bad.stdout));
        assert!(!text(&bad.stderr).is_empty() || text(&bad.stdout).starts_with("mismatch"));
    }
}
