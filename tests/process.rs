//! A server as a process, for tests that end it, starve it or load it from outside; and
//! people who ask it and remember what they were told.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::commands::{assay, command, text};
use crate::story::GOOD;

/// Rates of a test's people, who all come from one address.
const SETTINGS: &str = "[rates]\nwrites_per_key_per_minute = 0\nwrites_per_address_per_minute = 0\n\
    judgings_per_address_per_minute = 0\nregistrations_per_address_per_hour = 0\n";

/// A server whose limits for stopping are shorter than a second has ended by then, also on a
/// machine that is busy.
pub(crate) const STOPS_WITHIN: Duration = Duration::from_secs(10);

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
    who: Who,
    pub(crate) path: String,
    pub(crate) body: Value,
    /// What came back; nothing when the connection broke before an answer.
    pub(crate) answer: Option<Value>,
}

/// Who asks.
#[derive(Clone, Copy, Debug)]
enum Who {
    Person,
    /// The one they have a channel with, who also does their work.
    Friend,
}

/// Somebody with a key and a channel, and everything they asked.
pub(crate) struct Person {
    client: Client,
    pub(crate) key: String,
    friends_key: String,
    pub(crate) channel: String,
    pub(crate) asked: Mutex<Vec<Asked>>,
    /// A task of theirs; nothing while it is being asked about.
    life: Mutex<Option<Life>>,
}

/// How far a task has come: what is asked next, which is asked again under its key until there
/// is an answer, and of what.
#[derive(Default)]
struct Life {
    /// One after the other.
    number: u64,
    next: Stage,
    task: String,
    /// The bid or the delivery that is decided about.
    about: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Post,
    Bid,
    Choose,
    Deliver,
    Review,
}

impl Life {
    fn request(&self) -> (Who, String, Value) {
        let Self { task, about, .. } = self;
        match self.next {
            Stage::Post => (Who::Person, "/api/tasks".into(), post()),
            Stage::Bid => (Who::Friend, format!("/v1/tasks/{task}/bids"), json!({ "proposedPrice": "1" })),
            Stage::Choose => (Who::Person, format!("/api/proposals/{about}/accept"), json!({})),
            Stage::Deliver => (Who::Friend, format!("/v1/tasks/{task}/deliver"), json!({ "content": GOOD })),
            Stage::Review => {
                let body = json!({ "id": about, "status": "accepted", "review_notes": "as agreed" });
                (Who::Person, DELIVERABLES.into(), body)
            }
        }
    }

    /// Where it goes on when it was answered this.
    fn after(self, answer: &Value) -> Self {
        let named = |place: &Value| place.as_str().expect("an id").to_owned();
        // Without receipts it is still to be judged, and nobody can decide about it yet.
        let judged = answer["data"]["receipts"].as_array().is_some_and(|lines| !lines.is_empty());
        let waits = judged && answer["data"]["status"] == "in_review";
        match self.next {
            Stage::Post => Self { next: Stage::Bid, task: named(&answer["id"]), ..self },
            Stage::Bid => Self { next: Stage::Choose, about: named(&answer["data"]["id"]), ..self },
            Stage::Choose => Self { next: Stage::Deliver, ..self },
            Stage::Deliver if waits => {
                Self { next: Stage::Review, about: named(&answer["data"]["id"]), ..self }
            }
            Stage::Deliver | Stage::Review => Self { number: self.number + 1, ..Self::default() },
        }
    }
}

/// Where a delivery is decided about, by `PATCH`.
const DELIVERABLES: &str = "/api/deliverables";

fn post() -> Value {
    json!({
        "title": "Explain how to brew green tea", "category": "writing", "budget": 1,
        "description": "A short guide to brewing loose green tea at home: water, temperature, time.",
        "deadline_hours": 24, "acceptance_criteria": ["Must mention \"leaves\""],
    })
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
        let mut person = Self {
            client: crate::house::client(),
            key: String::new(),
            friends_key: String::new(),
            channel: String::new(),
            asked: Mutex::default(),
            life: Mutex::new(Some(Life::default())),
        };
        let register = |name: String| json!({ "name": name });
        let path = "/api/v1/agent/register";
        let other = person.must(base_url, path, &register(format!("{name}'s friend"))).await;
        let own = person.must(base_url, path, &register(name.into())).await;
        own["apiKey"].as_str().expect("a key").clone_into(&mut person.key);
        other["apiKey"].as_str().expect("a key").clone_into(&mut person.friends_key);
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
        let (status, body) = self.send(base_url, Who::Person, path, None, body).await.expect("an answer");
        assert!((200..300).contains(&status), "{path}: {status} {body}");
        body
    }

    async fn send(
        &self,
        base_url: &str,
        who: Who,
        path: &str,
        key: Option<&str>,
        body: &Value,
    ) -> Option<(u16, Value)> {
        let method = if path == DELIVERABLES { Method::PATCH } else { Method::POST };
        let mut request = self.client.request(method, format!("{base_url}{path}")).json(body);
        let secret = match who {
            Who::Person => &self.key,
            Who::Friend => &self.friends_key,
        };
        if !secret.is_empty() {
            request = request.bearer_auth(secret);
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

    /// Asks for the `n`th thing: mostly transfers, between them posts and deposits, and what
    /// comes next in the life of a task that is bid on, given away, delivered and reviewed.
    pub(crate) async fn asks(&self, base_url: &str, n: u64) -> Became {
        let life = if matches!(n % 10, 1 | 5 | 8) { self.life().take() } else { None };
        if let Some(life) = life {
            return self.lives_on(base_url, life).await;
        }
        let (path, body) = match n % 10 {
            3 => ("/api/tasks", post()),
            7 => ("/api/credits/deposit", json!({ "amount": 5 })),
            _ => ("/api/v1/channels/transfer", json!({ "channel_id": self.channel, "amount": "0.01" })),
        };
        let key = format!("{}-{n}", self.channel);
        let asked = Asked { key, who: Who::Person, path: path.into(), body, answer: None };
        self.ask(base_url, asked).await.0
    }

    fn life(&self) -> MutexGuard<'_, Option<Life>> {
        self.life.lock().expect("nobody panicked")
    }

    /// The next step of a task.
    async fn lives_on(&self, base_url: &str, life: Life) -> Became {
        let (who, path, body) = life.request();
        let key = format!("{}-task-{}-{:?}", self.channel, life.number, life.next);
        let (became, answer) = self.ask(base_url, Asked { key, who, path, body, answer: None }).await;
        let life = match &answer {
            Some(answer) => life.after(answer),
            None => life,
        };
        *self.life() = Some(life);
        became
    }

    /// Asks for it, and remembers that, with what came back.
    async fn ask(&self, base_url: &str, asked: Asked) -> (Became, Option<Value>) {
        let Asked { key, who, path, body, .. } = &asked;
        let (became, answer) = match self.send(base_url, *who, path, Some(key), body).await {
            None => (Became::Silence, None),
            Some((200..=299, answer)) => (Became::Answered, Some(answer)),
            Some((429 | 503 | 507, _)) => (Became::PutOff, None),
            // Asked before, and not answered in time.
            Some((409, answer)) if answer["error"]["code"] == "IDEMPOTENCY_IN_PROGRESS" => {
                (Became::PutOff, None)
            }
            Some((status, answer)) => panic!("{path}: {status} {answer}"),
        };
        self.asked.lock().expect("nobody panicked").push(Asked { answer: answer.clone(), ..asked });
        (became, answer)
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
            let again = self.send(base_url, asked.who, &asked.path, Some(&asked.key), &asked.body).await;
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
