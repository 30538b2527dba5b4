//! Watching a task live: everything once and in order, to each what it may see, to a
//! thousand at once.

use std::collections::VecDeque;

use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::house::{Actor, House, everywhere};
use crate::packages::{belongs, person, text};
use crate::story::{GOOD, claimed, tea};

/// One message of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Line {
    id: Option<i64>,
    event: String,
    pub(crate) data: Value,
    retry: Option<u64>,
    comment: bool,
}

/// A stream that is being read.
pub(crate) struct Stream {
    response: Response,
    unread: String,
    ready: VecDeque<Line>,
}

impl Stream {
    pub(crate) async fn open(actor: &Actor, path: &str, last: Option<i64>) -> Self {
        let mut request = actor.request(Method::GET, path);
        if let Some(last) = last {
            request = request.header("Last-Event-ID", last.to_string());
        }
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status().as_u16(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, unread: String::new(), ready: VecDeque::new() }
    }

    /// The next message; nothing at the end.
    async fn next(&mut self) -> Option<Line> {
        while self.ready.is_empty() {
            let bytes = self.response.chunk().await.expect("the stream stands")?;
            self.unread.push_str(std::str::from_utf8(&bytes).expect("text"));
            while let Some(end) = self.unread.find("\n\n") {
                let one: String = self.unread.drain(..end + 2).collect();
                self.ready.push_back(read(one.trim_end_matches('\n')));
            }
        }
        self.ready.pop_front()
    }

    /// The next that is no comment.
    pub(crate) async fn told(&mut self) -> Line {
        loop {
            let line = self.next().await.expect("the stream stands");
            if !line.comment {
                return line;
            }
        }
    }

    /// Everything up to a message of this kind.
    async fn until(&mut self, event: &str) -> Vec<Line> {
        let mut lines = Vec::new();
        while lines.last().is_none_or(|line: &Line| line.event != event) {
            lines.push(self.told().await);
        }
        lines
    }
}

fn read(message: &str) -> Line {
    let mut line = Line::default();
    for field in message.lines() {
        let (name, value) = field.split_once(':').expect("a field");
        let value = value.trim_start();
        match name {
            "" => line.comment = true,
            "id" => line.id = value.parse().ok(),
            "event" => line.event = value.into(),
            "data" => line.data = serde_json::from_str(value).expect("JSON"),
            "retry" => line.retry = value.parse().ok(),
            other => panic!("a field {other}"),
        }
    }
    line
}

pub(crate) async fn notes(worker: &Actor, task: &str, event: &str, visibility: &str) -> Value {
    let note = json!({ "event": event, "message": "on the way", "metadata": { "cupsBrewed": 2 }, "visibility": visibility });
    worker.post(&format!("/v1/tasks/{task}/progress"), &note).await.good()["data"].clone()
}

fn kinds(lines: &[Line]) -> Vec<&str> {
    lines.iter().map(|line| line.event.as_str()).collect()
}

#[test]
fn a_task_is_followed_to_its_end_and_from_wherever_one_was() {
    everywhere(async |house| {
        let (alice, bob, task) = claimed(house, &tea()).await;
        let path = format!("/v1/tasks/{task}/watch");
        let mut stream = Stream::open(&alice, &path, None).await;
        let begun = stream.until("task.claimed").await;
        assert_eq!(kinds(&begun), ["task.posted", "bid.placed", "task.claimed"]);
        let claimed = &begun[2].data;
        assert_eq!(claimed["metadata"]["workerId"], bob.id);
        assert_eq!(
            (&claimed["metadata"]["price"], &claimed["event"]),
            (&json!("45.00"), &json!("task.claimed"))
        );

        let note = notes(&bob, &task, "step_completed", "public").await;
        let told = stream.told().await;
        assert_eq!((told.event.as_str(), &told.data), ("trace", &note));
        bob.delivers(&task, GOOD).await.good();
        let rest = stream.until("delivery.judged").await;
        assert_eq!(rest[0].data["metadata"]["taskStatus"], "paid");
        let end = stream.told().await;
        assert!(end.retry.is_some() && end.id.is_none());
        assert_eq!(stream.next().await, None, "it is over");

        let whole: Vec<Line> = [begun, vec![told], rest].concat();
        let numbers: Vec<i64> = whole.iter().filter_map(|line| line.id).collect();
        assert_eq!(numbers, [1, 2, 3, 4, 5]);
        for last in 0..5 {
            let mut later = Stream::open(&bob, &path, Some(last)).await;
            let from = usize::try_from(last).expect("small");
            assert_eq!(later.until("delivery.judged").await, whole[from..], "after {last}");
            assert!(later.told().await.retry.is_some());
            let mut asked = Stream::open(&bob, &format!("{path}?after={last}"), None).await;
            assert_eq!(asked.until("delivery.judged").await, whole[from..]);
        }
        let again = alice.request(Method::GET, &path).header("Last-Event-ID", "5").send().await;
        assert_eq!(again.expect("an answer").status().as_u16(), 204, "a browser stops asking");
    });
}

#[test]
fn each_sees_what_is_for_it() {
    everywhere(async |house| {
        let (alice, bob, task) = claimed(house, &tea()).await;
        let path = format!("/v1/tasks/{task}/watch");
        let (of_alice, of_bob) = (person(house, "owner of alice").await, person(house, "owner of bob").await);
        let mallory = house.agent("mallory").await;
        for stranger in [&mallory, &of_alice, &of_bob] {
            assert_eq!(stranger.get(&path).await.refusal(), "403 NOT_A_PARTY");
        }
        assert_eq!(house.nobody().get(&path).await.status, 401);
        for wrong in ["-1", "x", "1e400"] {
            let said = alice.get(&format!("{path}?after={wrong}")).await;
            assert_eq!(said.refusal(), "400 INVALID_FIELD");
        }
        belongs(&alice, &of_alice).await;
        belongs(&bob, &of_bob).await;
        let operator = house.operator();
        let mut streams = Vec::new();
        for (actor, private) in
            [(&alice, false), (&bob, true), (&of_alice, false), (&of_bob, true), (&operator, true)]
        {
            streams.push((Stream::open(actor, &path, Some(3)).await, private));
        }
        notes(&bob, &task, "a secret step", "private").await;
        notes(&bob, &task, "an open step", "public").await;
        for (stream, private) in &mut streams {
            let mut seen = vec![stream.told().await];
            if *private {
                seen.push(stream.told().await);
            }
            let steps: Vec<String> = seen.iter().map(|line| text(&line.data["event"])).collect();
            let wanted = if *private { vec!["a secret step", "an open step"] } else { vec!["an open step"] };
            assert_eq!(steps, wanted);
        }
    });
}

/// How many connections this process may hold, by what the machine allows it.
fn connections() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap_or_default();
    let files: usize = line.split_whitespace().nth(3).and_then(|word| word.parse().ok()).unwrap_or(1_024);
    // Both ends are here, and other tests run beside.
    let possible = files.saturating_sub(400) / 2;
    if possible < 1_000 {
        println!("SKIPPED (limits): {files} files may be open here, so {possible} watch and not 1,000");
    }
    possible.min(1_000)
}

#[test]
fn a_thousand_watch_one_task() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime starts").block_on(async {
        let house = House::open(None, |settings| {
            settings.limits.watchers_per_party_max = 1_000;
            settings.limits.watchers_max = 1_000;
            // Streams are no requests under way.
            settings.limits.requests_in_flight_max = 8;
        })
        .await;
        let (alice, bob, task) = claimed(&house, &tea()).await;
        let path = format!("/v1/tasks/{task}/watch");
        let count = connections();
        let mut streams = Vec::with_capacity(count);
        for _ in 0..count {
            streams.push(Stream::open(&alice, &path, Some(3)).await);
        }
        if count == 1_000 {
            assert_eq!(alice.get(&path).await.refusal(), "503 OVERLOADED");
        }
        for step in ["first", "second"] {
            let note = notes(&bob, &task, step, "public").await;
            for stream in &mut streams {
                assert_eq!(stream.told().await.data, note);
            }
        }
        drop(streams);
        bob.delivers(&task, GOOD).await.good();
        house.audit().await;
    });
}

#[test]
fn a_party_has_so_many_streams_and_gets_a_place_back() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    runtime.block_on(async {
        let house = House::open(None, |settings| settings.limits.watchers_per_party_max = 2).await;
        let (alice, bob, task) = claimed(&house, &tea()).await;
        let path = format!("/v1/tasks/{task}/watch");
        let one = Stream::open(&alice, &path, None).await;
        let two = Stream::open(&alice, &path, None).await;
        assert_eq!(alice.get(&path).await.refusal(), "429 RATE_LIMITED");
        Stream::open(&bob, &path, None).await;
        drop((one, two));
        // The server notices when it next has something to say.
        let mut taken = 429;
        while taken == 429 {
            notes(&bob, &task, "still at it", "public").await;
            taken = alice.request(Method::GET, &path).send().await.expect("an answer").status().as_u16();
        }
        assert_eq!(taken, 200);
    });
}

#[test]
fn a_silent_stream_says_that_it_stands_and_ends_with_its_key_or_with_the_server() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    runtime.block_on(async {
        let house = House::open(None, |settings| settings.limits.watch_keep_alive_ms = 20).await;
        let (alice, bob, task) = claimed(&house, &tea()).await;
        let path = format!("/v1/tasks/{task}/watch");
        let mut stream = Stream::open(&alice, &path, Some(3)).await;
        for _ in 0..3 {
            assert!(stream.next().await.expect("the stream stands").comment);
        }
        let note = notes(&bob, &task, "after a silence", "public").await;
        assert_eq!(stream.told().await.data, note);

        let mut revoked = Stream::open(&bob, &path, None).await;
        revokes(&house, &bob).await;
        while revoked.next().await.is_some() {}
        house.app.hub.close();
        while stream.next().await.is_some() {}
    });
}

/// Takes the keys of a party away.
async fn revokes(house: &House, actor: &Actor) {
    use assay_db::entities::people::KeyRow;
    use assay_db::{Change, Record as _};
    let rows = house.app.db.read().many::<KeyRow>("party = $1", &[actor.id.as_str().into()]).await;
    for row in rows.expect("its keys") {
        let row = KeyRow { revoked_at: Some(house.app.now().0), ..row };
        house.app.db.commit(Change::new().row(row.upsert())).await.expect("it is revoked");
    }
}

#[test]
fn two_hosts_on_one_database_tell_the_same() {
    let Some(database) = crate::postgres::database() else { return };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    runtime.block_on(async {
        let here = House::open(Some(database.clone()), |settings| settings.limits.watch_poll_ms = 20).await;
        let there = House::open(Some(database), |_| {}).await;
        let (alice, bob, task) = claimed(&here, &tea()).await;
        let path = format!("/v1/tasks/{task}/watch");
        let mut stream = Stream::open(&alice, &path, Some(3)).await;
        let away = Actor { base_url: there.base_url.clone(), ..bob.clone() };
        let mut wanted = Vec::new();
        for step in 0..6 {
            let worker = if step % 2 == 0 { &away } else { &bob };
            wanted.push(notes(worker, &task, &format!("step {step}"), "public").await);
        }
        for note in wanted {
            assert_eq!(stream.told().await.data, note);
        }
        away.delivers(&task, GOOD).await.good();
        stream.until("delivery.judged").await;
        assert!(stream.told().await.retry.is_some());
        here.audit().await;
    });
}
