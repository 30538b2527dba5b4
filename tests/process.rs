//! A server as a process, for tests that end it, starve it or load it from outside; and
//! people who ask it and remember what they were told.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use reqwest::Client;
use serde_json::{Value, json};

use crate::commands::{assay, command, text};

/// Rates of a test's people, who all come from one address.
const SETTINGS: &str = "[rates]\nwrites_per_key_per_minute = 0\nwrites_per_address_per_minute = 0\n\
    judgings_per_address_per_minute = 0\nregistrations_per_address_per_hour = 0\n";

/// A running server; killed when it is dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) base_url: String,
    /// From its start until it listened.
    pub(crate) started: Duration,
}

impl Server {
    /// Starts on these data, with a database of its own or this one.
    pub(crate) fn start(data: &Path, database: Option<&str>) -> Self {
        Self::start_with(data, database, "", &[])
    }

    /// The same with more settings, as a file has them, and more arguments.
    #[expect(clippy::disallowed_methods, reason = "how long a start took is printed, and nothing else")]
    pub(crate) fn start_with(data: &Path, database: Option<&str>, more: &str, flags: &[&str]) -> Self {
        std::fs::create_dir_all(data).expect("a folder");
        let settings = data.join("settings.toml");
        std::fs::write(&settings, format!("{SETTINGS}{more}")).expect("settings");
        let shown = |path: &Path| path.display().to_string();
        let (data, settings) = (shown(data), shown(&settings));
        let mut arguments = vec!["serve", "--listen", "127.0.0.1:0", "--data", &data, "--config", &settings];
        arguments.extend(database.into_iter().flat_map(|url| ["--database", url]));
        arguments.extend(flags);
        let started = Instant::now();
        let mut child = command(&arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the server starts");
        let mut line = String::new();
        let output = child.stdout.as_mut().expect("its output");
        BufReader::new(output).read_line(&mut line).expect("a first line");
        let base_url = line.trim().strip_prefix("listening on ").expect("where it listens").to_owned();
        Self { child, base_url, started: started.elapsed() }
    }

    /// The most memory it ever had, in bytes; 0 where the system does not say.
    pub(crate) fn memory_peak(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
        line.split_whitespace().next().and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) * 1_024
    }

    /// Asks it to stop, as an operator's machine does; gives its exit code.
    pub(crate) fn stop(mut self) -> Option<i32> {
        let id = self.child.id().to_string();
        std::process::Command::new("kill").args(["-TERM", &id]).status().expect("a signal is sent");
        self.child.wait().expect("it ends").code()
    }

    /// SIGKILL.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("it is killed");
        self.child.wait().expect("it ends");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be over already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The books of these data are right.
pub(crate) fn audited(data: &Path, database: Option<&str>) {
    let folder = data.display().to_string();
    let audit = match database {
        Some(url) => assay(&["audit", "--database", url]),
        None => assay(&["audit", "--data", &folder]),
    };
    assert!(audit.status.success(), "{}{}", text(&audit.stdout), text(&audit.stderr));
}

/// Something that was asked under an idempotency key.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) key: String,
    pub(crate) path: &'static str,
    pub(crate) body: Value,
    /// What came back; nothing when the connection broke before an answer.
    pub(crate) answer: Option<Value>,
}

/// Somebody with a key and a channel, and everything they asked.
pub(crate) struct Person {
    client: Client,
    key: String,
    pub(crate) channel: String,
    pub(crate) asked: Mutex<Vec<Asked>>,
}

/// What became of asking.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Became {
    Answered,
    /// 503 or another answer that says to come back.
    PutOff,
    /// No answer.
    Silence,
}

impl Person {
    /// Registers, pays in, opens a channel.
    pub(crate) async fn arrive(base_url: &str, name: &str) -> Self {
        let client = crate::house::client();
        let mut person =
            Self { client, key: String::new(), channel: String::new(), asked: Mutex::new(Vec::new()) };
        let register = |name: String| json!({ "name": name });
        let path = "/api/v1/agent/register";
        let other = person.must(base_url, path, &register(format!("{name}'s friend"))).await;
        let own = person.must(base_url, path, &register(name.into())).await;
        own["apiKey"].as_str().expect("a key").clone_into(&mut person.key);
        let opened = person.must(base_url, "/api/credits/deposit", &json!({ "amount": 100_000 })).await;
        let url = opened["checkout_url"].as_str().expect("where to pay").to_owned();
        let place = url.strip_prefix(base_url).expect("a path of the server");
        person.must(base_url, place, &json!({})).await;
        let body = json!({ "counterparty_id": other["id"], "amount": 10_000 });
        let channel = person.must(base_url, "/api/v1/channels/open", &body).await;
        channel["channel_id"].as_str().expect("an id").clone_into(&mut person.channel);
        person
    }

    async fn must(&self, base_url: &str, path: &str, body: &Value) -> Value {
        let (status, body) = self.send(base_url, path, None, body).await.expect("an answer");
        assert!((200..300).contains(&status), "{path}: {status} {body}");
        body
    }

    async fn send(
        &self,
        base_url: &str,
        path: &str,
        key: Option<&str>,
        body: &Value,
    ) -> Option<(u16, Value)> {
        let mut request = self.client.post(format!("{base_url}{path}")).json(body);
        if !self.key.is_empty() {
            request = request.bearer_auth(&self.key);
        }
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        let response = request.send().await.ok()?;
        let status = response.status().as_u16();
        let says_when = response.headers().contains_key("retry-after");
        assert!(says_when || ![429, 503].contains(&status), "{path}: {status} without Retry-After");
        Some((status, response.json().await.ok()?))
    }

    /// Asks for the `n`th thing: mostly transfers, between them posts and deposits.
    pub(crate) async fn asks(&self, base_url: &str, n: u64) -> Became {
        let (path, body) = match n % 10 {
            3 => (
                "/api/tasks",
                json!({
                    "title": "Explain how to brew green tea", "category": "writing", "budget": 1,
                    "description": "A short guide to brewing loose green tea at home: water, temperature, time.",
                    "deadline_hours": 24, "acceptance_criteria": ["Must mention \"leaves\""],
                }),
            ),
            7 => ("/api/credits/deposit", json!({ "amount": 5 })),
            _ => ("/api/v1/channels/transfer", json!({ "channel_id": self.channel, "amount": "0.01" })),
        };
        let key = format!("{}-{n}", self.channel);
        let asked = Asked { key: key.clone(), path, body: body.clone(), answer: None };
        let (became, answer) = match self.send(base_url, path, Some(&key), &body).await {
            None => (Became::Silence, None),
            Some((200..=299, answer)) => (Became::Answered, Some(answer)),
            Some((429 | 503 | 507, _)) => (Became::PutOff, None),
            Some((status, answer)) => panic!("{path}: {status} {answer}"),
        };
        self.asked.lock().expect("nobody panicked").push(Asked { answer, ..asked });
        became
    }

    /// Asks everything again: what was answered is answered alike, what was not is now. Each
    /// transfer has then happened once, which the channel's own count says.
    pub(crate) async fn holds_it_to_its_word(&self, base_url: &str) {
        let transfers = self.repeats(base_url).await;
        let url = format!("{base_url}/api/v1/channels/{}", self.channel);
        let response = self.client.get(url).bearer_auth(&self.key).send().await.expect("an answer");
        let channel: Value = response.json().await.expect("a body");
        assert_eq!(channel["sequence"], transfers, "each transfer once: {channel}");
        let paid = channel["counterparty_balance"].as_str().expect("money");
        let cents = format!("{}.{:02}", transfers / 100, transfers % 100);
        let cents = cents.trim_end_matches('0');
        assert_eq!(paid.trim_end_matches('0'), cents, "{channel}");
    }

    /// Asks everything again, and holds it against what was answered; how many of it were
    /// transfers.
    pub(crate) async fn repeats(&self, base_url: &str) -> i64 {
        let mut all = self.asked.lock().expect("nobody panicked").clone();
        let mut transfers = 0;
        for asked in &mut all {
            let again = self.send(base_url, asked.path, Some(&asked.key), &asked.body).await;
            let (status, answer) = again.expect("the server is there");
            assert!((200..300).contains(&status), "{}: {status} {answer}", asked.path);
            let first = asked.answer.get_or_insert_with(|| answer.clone());
            assert_eq!(*first, answer, "an answer that was given holds");
            transfers += i64::from(asked.path.ends_with("transfer"));
        }
        *self.asked.lock().expect("nobody panicked") = all;
        transfers
    }
}
