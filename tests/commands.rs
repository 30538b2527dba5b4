//! The commands, as processes: what they print, and how they end.

use std::collections::BTreeMap;
use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::commit::past;
use crate::files::{attachment, brings, digest};
use crate::house::House;
use crate::process::Server;
use crate::story::{GOOD, JUNK, WITHOUT_LEAVES, claimed, tea};

/// The program beside the test's own binary; `tests/run` builds both.
pub(crate) fn program() -> PathBuf {
    let test = std::env::current_exe().expect("the test's own path");
    let folder = test.ancestors().nth(2).expect("target/PROFILE/deps/TEST");
    let program = folder.join("assay");
    assert!(program.exists(), "{} is not built: run tests/run, or cargo build first", program.display());
    program
}

pub(crate) fn assay(arguments: &[&str]) -> Output {
    command(arguments).output().expect("the program starts")
}

/// The program with these arguments, and nothing of the environment's settings for it.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(program());
    command.args(arguments);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("ASSAY_") {
            command.env_remove(name);
        }
    }
    // What one compiles, the next one of the tests finds.
    command.env("ASSAY_CACHE", concat!(env!("CARGO_TARGET_TMPDIR"), "/judges"));
    command
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_server_says_where_it_listens_and_stops_when_told() {
    let folder = TempDir::new().expect("a folder");
    let data = folder.path().join("data");
    let server = Server::start(&data, None);
    assert!(server.base_url.starts_with("http://127.0.0.1:"));

    let shown = data.display().to_string();
    // As another version of the program has compiled it.
    let compiled = data.join(format!("compiled/{}-{}.compiled", "a".repeat(64), "b".repeat(16)));
    std::fs::write(&compiled, "machine code").expect("the server has made the folder");
    let second = assay(&["serve", "--listen", "127.0.0.1:0", "--data", &shown]);
    assert_eq!(second.status.code(), Some(1));
    assert!(text(&second.stderr).contains("is in use by another assay process"), "{}", text(&second.stderr));
    assert!(text(&second.stdout).is_empty());
    assert!(compiled.exists(), "who may not have the folder takes nothing out of it");

    assert_eq!(server.stop(), Some(0));
    assert_eq!(Server::start(&data, None).stop(), Some(0), "what one left, the next one opens");
    assert!(!compiled.exists(), "what another version compiled is of no use to this one");
    let audit = assay(&["audit", "--data", &shown]);
    assert!(audit.status.success(), "{}", text(&audit.stdout));
    assert!(text(&audit.stdout).ends_with("the books are right\n"));
}

#[test]
fn what_is_answered_survives_a_kill() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    let folder = TempDir::new().expect("a folder");
    let data = folder.path().join("data");
    let server = Server::start(&data, None);
    let client = crate::house::client();
    let (id, key) = runtime.block_on(async {
        let url = format!("{}/api/v1/agent/register", server.base_url);
        let answer = client.post(url).json(&json!({ "name": "alice" })).send().await.expect("an answer");
        let agent: Value = answer.json().await.expect("a body");
        let field = |name: &str| agent[name].as_str().expect("a text").to_owned();
        (field("id"), field("apiKey"))
    });
    server.kill();

    let server = Server::start(&data, None);
    let me: Value = runtime.block_on(async {
        let url = format!("{}/api/v1/agent/me", server.base_url);
        let answer = client.get(url).bearer_auth(&key).send().await.expect("an answer");
        answer.json().await.expect("a body")
    });
    assert_eq!((&me["id"], &me["credits"]), (&json!(id), &json!(1_000)));
    assert_eq!(server.stop(), Some(0));
    let shown = data.display().to_string();
    let made = assay(&["keys", "create", "--data", &shown, "--party", &id, "--scopes", "work"]);
    assert!(text(&made.stdout).starts_with("assay_test_"), "{}", text(&made.stderr));
    let unknown = "018f0000-0000-7000-8000-000000000000";
    let refused = assay(&["keys", "create", "--data", &shown, "--party", unknown]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("is not known here"), "{}", text(&refused.stderr));
}

#[test]
fn mistakes_are_said_before_anything_is_touched() {
    let folder = TempDir::new().expect("a folder");
    let data = folder.path().join("data").display().to_string();
    let table: &[(&[&str], &str)] = &[
        (&["serve", "--listen", "0.0.0.0:0", "--data", &data], "--test-mode-beyond-loopback"),
        (&["serve", "--data", &data, "--database", "mysql://x"], "must start with postgres://"),
        (&["serve", "--data", &data, "--config", "/nowhere.toml"], "/nowhere.toml"),
        (&["audit", "--data", &data], "assay"),
        (&["replay", "/nowhere.json", "--input", "x", "--public-key", "00"], "/nowhere.json"),
    ];
    for (arguments, said) in table {
        let output = assay(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(text(&output.stderr).contains(said), "{arguments:?}: {}", text(&output.stderr));
    }
    assert_eq!(assay(&["serve", "--listen", "here"]).status.code(), Some(2), "a flag that cannot be read");
}

#[test]
fn a_full_disk_is_said_and_not_started_on() {
    let folder = TempDir::new().expect("a folder");
    let small = folder.path().join("small");
    std::fs::create_dir_all(&small).expect("a folder");
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=64k", "tmpfs"])
        .arg(&small)
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !mounted {
        println!("SKIPPED full disk: a small file system can only be mounted as root");
        return;
    }
    let output =
        assay(&["serve", "--listen", "127.0.0.1:0", "--data", &small.join("data").display().to_string()]);
    Command::new("umount").arg(&small).status().expect("it is unmounted");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("full"), "{}", text(&output.stderr));
}

#[test]
fn the_demo_tells_the_whole_story() {
    let output = assay(&["demo"]);
    let told = text(&output.stdout);
    assert!(output.status.success(), "{told}{}", text(&output.stderr));
    for said in [
        "The task is paid.",
        "The task is pdqg_final_fail.",
        "revision_requested",
        "match: same verdict, same fuel",
        "all right",
    ] {
        assert!(told.contains(said), "{said:?} is missing from\n{told}");
    }
}

#[test]
fn the_demo_runs_a_file_of_records() {
    let folder = TempDir::new().expect("a folder");
    let (tasks, report) = (folder.path().join("tasks.jsonl"), folder.path().join("report.json"));
    let records = [
        json!({ "id": "a", "prompt": "Name three colours, in a sentence.", "checks": [{ "kind": "contains", "value": "blue" },
            { "kind": "word-count", "min": 100 }], "response": "Three colours that many people like are red, green and blue." }),
        json!({ "id": "b", "prompt": "Say hello.", "checks": [{ "kind": "no-such-kind" }], "response": "Hello." }),
    ];
    let lines: Vec<String> = records.iter().map(ToString::to_string).collect();
    std::fs::write(&tasks, lines.join("\n")).expect("written");
    let (tasks, written) = (tasks.display().to_string(), report.display().to_string());
    let output = assay(&["demo", "--tasks", &tasks, "--report", &written]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let report: Value = serde_json::from_slice(&std::fs::read(&report).expect("a report")).expect("JSON");
    let statuses = |record: &Value| {
        let checks = record["checks"].as_array().cloned().unwrap_or_default();
        checks.iter().map(|check| check["status"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(report["records"][0]["id"], "a");
    assert_eq!(statuses(&report["records"][0]), ["pass", "fail"]);
    assert_eq!(report["records"][1]["outcome"], "refused");
    assert_eq!(statuses(&report["records"][1]), ["error"]);
}

/// A task with a delivery that failed its checks, in a server that is still open, and
/// what it takes to judge that again.
async fn judged(house: &House, folder: &Path) -> (String, String, String) {
    let (alice, bob, task) = claimed(house, &tea()).await;
    let open = alice.get(&format!("/v1/tasks/{task}")).await.good();
    let delivered = bob.delivers(&task, WITHOUT_LEAVES).await.good();
    let lines = delivered["data"]["receipts"].as_array().cloned().unwrap_or_default();
    let id = lines.iter().find(|line| line["world"] == "verifier").expect("a verdict")["receiptId"].clone();
    let id = id.as_str().expect("an id");
    let receipt = alice.get(&format!("/v1/receipts/{id}")).await.good();
    let input = alice.get(&format!("/v1/receipts/{id}/input")).await.good();
    let keys = alice.get("/v1/receipts/keys").await.good();
    let write = |name: &str, value: &Value| {
        let path = folder.join(name);
        std::fs::write(&path, value.to_string()).expect("written");
        path.display().to_string()
    };
    write("task.json", &open);
    let key = keys["data"]["items"][0]["publicKey"].as_str().expect("a key").to_owned();
    (write("receipt.json", &receipt), write("input.json", &input), key)
}

fn in_a_house(story: impl AsyncFnOnce(&House)) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime starts").block_on(async {
        let house = House::open(None, |_| {}).await;
        story(&house).await;
        house.app.stop().await;
    });
}

#[test]
fn a_receipt_is_replayed_offline() {
    in_a_house(async |house| {
        let folder = TempDir::new().expect("a folder");
        let (receipt, input, key) = judged(house, folder.path()).await;
        let replay =
            |receipt: &str, input: &str| assay(&["replay", receipt, "--input", input, "--public-key", &key]);
        let matched = replay(&receipt, &input);
        assert!(matched.status.success(), "{}", text(&matched.stderr));
        assert_eq!(text(&matched.stdout), "match: same verdict, same fuel\n");

        let altered = |from: &str, what: &str, by: &str| {
            let path = folder.path().join("altered.json");
            let text = std::fs::read_to_string(from).expect("a file");
            assert!(text.contains(what), "{what} is not in {text}");
            std::fs::write(&path, text.replacen(what, by, 1)).expect("written");
            path.display().to_string()
        };
        let forged = replay(&altered(&receipt, "\"outcome\":\"fail\"", "\"outcome\":\"pass\""), &input);
        assert_eq!(forged.status.code(), Some(1));
        assert!(text(&forged.stderr).contains("altered or forged"), "{}", text(&forged.stderr));
        let other = replay(&receipt, &altered(&input, "patience", "Patience"));
        assert_eq!(other.status.code(), Some(1));
        assert!(text(&other.stderr).contains("the receipt is of input"), "{}", text(&other.stderr));
        let component =
            assay(&["replay", &receipt, "--input", &input, "--public-key", &key, "--component", &input]);
        assert_eq!(component.status.code(), Some(1));
        assert!(
            text(&component.stderr).contains("the receipt is of component"),
            "{}",
            text(&component.stderr)
        );
        let fetched = assay(&["replay", &receipt, "--input", &input, "--server", &house.base_url]);
        assert!(fetched.status.success(), "{}", text(&fetched.stderr));
    });
}

#[test]
fn a_draft_is_checked_offline_with_the_verdict_it_will_get() {
    in_a_house(async |house| {
        let folder = TempDir::new().expect("a folder");
        judged(house, folder.path()).await;
        let task = folder.path().join("task.json").display().to_string();
        let check = |name: &str, draft: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, draft).expect("written");
            assay(&["check", "--task", &task, "--delivery", &path.display().to_string()])
        };
        let failed = check("failed.txt", WITHOUT_LEAVES);
        assert_eq!(failed.status.code(), Some(1));
        assert!(
            text(&failed.stdout).contains("verdict: fail"),
            "{}{}",
            text(&failed.stdout),
            text(&failed.stderr)
        );
        let good = check("good.txt", GOOD);
        assert!(good.status.success(), "{}{}", text(&good.stdout), text(&good.stderr));
        assert!(text(&good.stdout).contains("verdict: pass"), "{}", text(&good.stdout));
    });
}

/// Whoever can write there can have machine code run.
#[test]
fn what_a_command_compiled_is_kept_where_nobody_else_may_write() {
    in_a_house(async |house| {
        let folder = TempDir::new().expect("a folder");
        judged(house, folder.path()).await;
        let (task, draft) = (folder.path().join("task.json"), folder.path().join("draft.txt"));
        std::fs::write(&draft, GOOD).expect("written");
        let check = |cache: &Path| {
            let mut check = command(&["check", "--task"]);
            check.arg(&task).arg("--delivery").arg(&draft).env("ASSAY_CACHE", cache);
            let output = check.output().expect("the program starts");
            assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
            text(&output.stdout)
        };
        let kept = |cache: &Path| {
            let files = std::fs::read_dir(cache.join("compiled")).into_iter().flatten().flatten();
            let about = |file: &Path| std::fs::metadata(file).map(|about| (about.ino(), about.mtime_nsec()));
            files.map(|file| (file.file_name(), about(&file.path()).ok())).collect::<BTreeMap<_, _>>()
        };
        let own = folder.path().join("cache/own");
        let said = check(&own);
        let files = kept(&own);
        assert_eq!(files.len(), 2, "the scorer and the verifier: {files:?}");
        assert_eq!(check(&own), said);
        assert_eq!(kept(&own), files, "nothing was compiled again");

        let open = folder.path().join("open");
        std::fs::create_dir(&open).expect("a folder");
        std::fs::set_permissions(&open, Permissions::from_mode(0o755)).expect("it is open");
        assert_eq!(check(&open), said);
        assert!(std::fs::read_dir(&open).expect("a folder").next().is_none(), "it was not used");
    });
}

/// What `assay check` is to print of a delivery: the gate's line, and every finding.
fn told_of(delivered: &Value) -> Vec<String> {
    let field = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let gate = &delivered["pdqg"];
    let mut lines = vec![format!("gate: {} {}", field(&gate["score"]), field(&gate["outcome"]))];
    for finding in delivered["findings"].as_array().expect("findings") {
        let [status, kind, evidence] = ["status", "kind", "evidence"].map(|name| field(&finding[name]));
        lines.push(format!("  {status:<9} {kind:<18} {evidence}"));
    }
    lines.push(format!("verdict: {}", field(&delivered["verdict"])));
    lines
}

/// The lines of those sorts that it printed.
fn printed(output: &Output) -> Vec<String> {
    let told = text(&output.stdout);
    let statuses = ["pass", "fail", "partial", "undecided", "error"];
    let is_finding = |line: &str| {
        let word = line.strip_prefix("  ").and_then(|line| line.split(' ').next());
        word.is_some_and(|word| statuses.contains(&word))
    };
    let wanted =
        |line: &&str| line.starts_with("gate: ") || line.starts_with("verdict: ") || is_finding(line);
    told.lines().filter(wanted).map(str::to_owned).collect()
}

#[test]
fn a_draft_checked_offline_is_told_line_by_line_what_the_delivery_is_told() {
    in_a_house(async |house| {
        let folder = TempDir::new().expect("a folder");
        let path = |name: &str| folder.path().join(name).display().to_string();
        for draft in [GOOD, WITHOUT_LEAVES, JUNK] {
            let (_, bob, task) = claimed(house, &tea()).await;
            let seen = bob.get(&format!("/v1/tasks/{task}")).await.good();
            std::fs::write(path("task.json"), seen.to_string()).expect("written");
            std::fs::write(path("draft.txt"), draft).expect("written");
            let output = assay(&["check", "--task", &path("task.json"), "--delivery", &path("draft.txt")]);
            let delivered = bob.delivers(&task, draft).await.good();
            assert_eq!(printed(&output), told_of(&delivered["data"]), "{}", text(&output.stderr));
            assert!(!text(&output.stdout).contains("not run here"), "{}", text(&output.stdout));
        }
    });
}

#[test]
fn a_draft_checked_offline_leaves_out_what_its_worker_may_not_see() {
    in_a_house(async |house| {
        let folder = TempDir::new().expect("a folder");
        let path = |name: &str| folder.path().join(name).display().to_string();
        let mut post = tea();
        let notes = b"two grams of leaves";
        // An expected answer stands between the others, so that these are counted anew.
        post["checks"] = json!([
            { "kind": "not-contains", "value": "boiling water" },
            { "kind": "equals", "value": "42", "required": false },
            { "kind": "contains", "value": "grams", "target": "*.txt" },
            { "kind": "file-exists", "target": "*.txt" },
        ]);
        let (_, bob, task) = claimed(house, &post).await;
        let seen = bob.get(&format!("/v1/tasks/{task}")).await.good();
        std::fs::write(path("task.json"), seen.to_string()).expect("written");
        std::fs::write(path("draft.txt"), GOOD).expect("written");
        std::fs::write(path("notes.txt"), notes).expect("written");
        let (task_file, draft, file) = (path("task.json"), path("draft.txt"), path("notes.txt"));
        let output = assay(&["check", "--task", &task_file, "--delivery", &draft, "--attachment", &file]);
        let told = text(&output.stdout);
        assert!(output.status.success(), "{told}{}", text(&output.stderr));
        assert!(told.contains("not run here: checks with expected answers: 1"), "{told}");

        // The server's own dry run says the same of the same files.
        brings(&bob, &digest(notes), notes, "text/plain").await.good();
        let draft = json!({ "content": GOOD, "attachments": [attachment("notes.txt", "text/plain", notes)] });
        let tried = bob.post(&format!("/v1/tasks/{task}/check"), &draft).await.good();
        assert_eq!(printed(&output), told_of(&tried["data"]), "{told}");
    });
}

#[test]
fn an_audit_of_cooked_books_fails() {
    let folder = TempDir::new().expect("a folder");
    let data = folder.path().join("data");
    let server = Server::start(&data, None);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    runtime.block_on(async {
        let url = format!("{}/api/v1/agent/register", server.base_url);
        let answer = crate::house::client().post(url).json(&json!({ "name": "alice" })).send().await;
        assert_eq!(answer.expect("an answer").status().as_u16(), 201);
    });
    assert_eq!(server.stop(), Some(0));
    let more = "update cells set n = n + 1 where key like 'b/cr/party/%'";
    runtime
        .block_on(past::execute(&assay_db::Place::Folder(data.clone()), more))
        .expect("the damage can be done");
    let audit = assay(&["audit", "--data", &data.display().to_string()]);
    assert_eq!(audit.status.code(), Some(1));
    assert!(text(&audit.stdout).contains("its transfers add up to 1000"), "{}", text(&audit.stdout));
}
