//! Passwords, keys, tokens and codes are told once: not in a later answer, not in a log
//! line, not in the database.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::commands::command;
use crate::house::{Actor, each_house};
use crate::people::{PASSWORD, person};

/// Lives a day of a person and their agents; gives every secret that was told, and every
/// answer that came later.
async fn day(ada: &Actor, bot: &Actor, email: &str) -> (Vec<String>, String) {
    let mut secrets = vec![ada.key.clone(), bot.key.clone()];
    let mut answers = String::new();
    let session = json!({ "email": email, "password": PASSWORD });
    let handoff = json!({ "label": "helper", "scopes": "work", "expiresIn": "1h" });
    let posts = [
        (ada, "/v1/sessions", session, "token"),
        (ada, "/v1/keys", json!({ "label": "ci" }), "apiKey"),
        (ada, "/v1/agents", json!({ "name": "born" }), "apiKey"),
        (ada, "/api/v1/agent/handoffs", handoff, "token"),
        (bot, "/api/v1/agent/binding-codes", json!({}), "code"),
    ];
    for (who, path, body, field) in posts {
        let first = who.post_once(path, path, &body).await.good();
        let told = first["data"][field].as_str().expect("a secret").to_owned();
        // A session's answer is not kept at all: there is no caller to keep it for.
        if path != "/v1/sessions" {
            let again = who.post_once(path, path, &body).await;
            assert!(again.replayed, "{path}");
            answers.push_str(&again.body.to_string());
        }
        secrets.push(told);
    }
    let id = ada.get("/v1/keys").await.good()["data"]["items"][0]["id"].clone();
    let path = format!("/v1/keys/{}/rotate", id.as_str().expect("an id"));
    let rotated = ada.post_once("r", &path, &json!({})).await.good();
    secrets.push(rotated["data"]["apiKey"].as_str().expect("a key").to_owned());
    answers.push_str(&ada.post_once("r", &path, &json!({})).await.body.to_string());
    let new = json!({ "old": PASSWORD, "new": "another horse battery" });
    answers.push_str(&ada.post_once("p", "/v1/password", &new).await.good().to_string());
    secrets.extend([PASSWORD.to_owned(), "another horse battery".to_owned()]);
    let wrong = json!({ "email": email, "password": "guessed by somebody" });
    answers.push_str(&ada.post("/v1/sessions", &wrong).await.body.to_string());
    secrets.push("guessed by somebody".into());
    for path in [
        "/v1/keys",
        "/v1/sessions",
        "/v1/me",
        "/v1/agents",
        "/api/v1/agent/handoffs",
        "/api/v1/agent/bindings",
    ] {
        answers.push_str(&ada.get(path).await.good().to_string());
    }
    // A typed-in code too; spelled as it was told.
    let code = secrets.iter().find(|secret| secret.len() == 14).expect("the code").clone();
    answers.push_str(&ada.post("/api/v1/agent/bindings", &json!({ "code": code })).await.good().to_string());
    (secrets, answers)
}

/// Every file below a folder, as bytes.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_file() {
            found.push((path.display().to_string(), std::fs::read(&path).expect("a file")));
        }
    }
    assert!(
        found.iter().any(|(name, _)| name.contains(".db")),
        "{:?}",
        found.iter().map(|f| &f.0).collect::<Vec<_>>()
    );
    found
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn no_secret_is_told_twice_or_kept() {
    each_house(async |house| {
        let ada = person(house, "ada@example.org").await;
        let bot = house.agent("bot").await;
        let (secrets, answers) = day(&ada, &bot, "ada@example.org").await;
        for secret in &secrets {
            assert!(!answers.contains(secret.as_str()), "{secret} in a later answer");
        }
        if house.app.settings.database.is_some() {
            return;
        }
        for (name, bytes) in files(&house.app.settings.data) {
            for secret in &secrets {
                assert!(!holds(&bytes, secret), "{secret} is in {name}");
            }
            if name.contains(".db") {
                assert!(!holds(&bytes, "no such text as this"));
            }
        }
        let kept = files(&house.app.settings.data);
        assert!(kept.iter().any(|(_, bytes)| holds(bytes, "$argon2id$v=19$m=19456,t=2,p=1$")));
        assert!(
            kept.iter().any(|(_, bytes)| holds(bytes, "ada@example.org")),
            "the search finds what is there"
        );
    });
}

#[test]
fn no_secret_is_in_a_log_line() {
    let folder = TempDir::new().expect("a folder");
    let data = folder.path().join("data").display().to_string();
    let mut server = command(&["serve", "--listen", "127.0.0.1:0", "--data", &data])
        .env("ASSAY_LOG", "trace")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the server starts");
    // Read from the start: a pipe that is full of what it does before it listens holds it up.
    let mut stderr = server.stderr.take().expect("its log");
    let log = std::thread::spawn(move || {
        let mut log = Vec::new();
        stderr.read_to_end(&mut log).expect("the log is read");
        log
    });
    let mut line = String::new();
    BufReader::new(server.stdout.take().expect("its output")).read_line(&mut line).expect("a first line");
    let base_url = line.trim().strip_prefix("listening on ").expect("where it listens").to_owned();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    let secrets = runtime.block_on(async {
        let nobody = Actor {
            id: String::new(),
            key: String::new(),
            client: crate::house::client(),
            base_url,
            turn: None,
        };
        let body = json!({ "email": "ada@example.org", "password": PASSWORD, "name": "Ada" });
        let made = nobody.post("/v1/accounts", &body).await.good();
        let ada = crate::people::actor(&nobody, &made["data"], "apiKey");
        let made: Value = nobody.post("/api/v1/agent/register", &json!({ "name": "bot" })).await.good();
        let bot = crate::people::actor(&nobody, &made, "apiKey");
        day(&ada, &bot, "ada@example.org").await.0
    });
    Command::new("kill").args(["-TERM", &server.id().to_string()]).status().expect("a signal is sent");
    server.wait().expect("it ends");
    let log = log.join().expect("the log was read");
    assert!(holds(&log, "/v1/sessions") && holds(&log, "answered"), "the log tells of requests");
    for secret in secrets {
        assert!(!holds(&log, &secret), "{secret} is in the log");
    }
}
