//! Overload: at many times the load a server takes, and among clients that are slow, whoever
//! is not answered is told when to come back, what was accepted is done, memory stays
//! bounded, and afterwards everything is as before.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::hosts::Hold;
use crate::house::{Actor, House, client, each_house_with};
use crate::postgres;
use crate::process::{Became, Person, Server, audited};
use crate::story::{GOOD, claimed, tea};

/// Room for 32, of which 8 are worked on.
const SMALL: &str =
    "[limits]\nrequests_in_flight_max = 32\nrequests_at_once_max = 8\njudgings_at_once_max = 2\n";
/// Ten times as many ask at once.
const PEOPLE: usize = 16;
const CONNECTIONS_EACH: usize = 20;
const REQUESTS_EACH: u64 = 25;
/// Deliveries that are judged meanwhile.
const DELIVERIES: usize = 8;
const MEMORY_GROWTH_MAX: u64 = 512 << 20;
/// A request waits for half a second before it is refused; this is by the client's own clock.
const REFUSED_WITHIN: Duration = Duration::from_secs(1);
/// No request takes longer, whatever happens.
const REQUEST_MAX: Duration = Duration::from_secs(30);

/// How long those who were refused waited for it, and how many were not.
#[derive(Default)]
struct Storm {
    refused: Vec<Duration>,
    answered: usize,
}

#[expect(clippy::disallowed_methods, reason = "refusals are timed, which is what this is about")]
async fn asks_and_asks(person: Arc<Person>, base_url: String, from: u64) -> Storm {
    let mut storm = Storm::default();
    for n in from..from + REQUESTS_EACH {
        let began = Instant::now();
        match person.asks(&base_url, n).await {
            Became::Answered => storm.answered += 1,
            Became::PutOff => storm.refused.push(began.elapsed()),
            Became::Silence => panic!("a connection broke"),
        }
    }
    storm
}

async fn registered(base_url: &str, name: &str) -> Actor {
    let nobody = Actor {
        id: String::new(),
        key: String::new(),
        client: client(),
        base_url: base_url.into(),
        turn: None,
    };
    let body = nobody.post("/api/v1/agent/register", &json!({ "name": name })).await.good();
    let field = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    Actor { id: field("id"), key: field("apiKey"), ..nobody }
}

/// Tasks of one poster that one worker is to deliver.
async fn work(base_url: &str, tasks: usize) -> (Actor, Vec<String>) {
    let (poster, worker) = (registered(base_url, "poster").await, registered(base_url, "worker").await);
    poster.deposits(1_000).await;
    poster.lets_the_reviewer_decide().await;
    let mut claimed = Vec::new();
    for _ in 0..tasks {
        let task = poster.posts(&tea()).await;
        let bid = worker.bids(&task, "45").await;
        poster.accepts_bid(&bid).await;
        claimed.push(task);
    }
    (worker, claimed)
}

/// Hands in until it is taken; how often it was not.
async fn insists(worker: &Actor, task: &str) -> usize {
    let path = format!("/v1/tasks/{task}/deliver");
    for refusals in 0.. {
        let said = worker.post_once(task, &path, &json!({ "content": GOOD })).await;
        if said.status != 503 && said.status != 429 {
            let done = said.good();
            assert!(["accepted", "in_review"].contains(&done["data"]["status"].as_str().expect("a word")));
            return refusals;
        }
    }
    unreachable!("it goes on until it is taken")
}

fn told(storms: Vec<Storm>) -> usize {
    let answered: usize = storms.iter().map(|storm| storm.answered).sum();
    let mut refused: Vec<Duration> = storms.into_iter().flat_map(|storm| storm.refused).collect();
    refused.sort_unstable();
    let at = |share: usize| refused[(refused.len() - 1) * share / 100];
    println!(
        "overload: {answered} answered, {} refused after {:?} p50, {:?} p99, {:?} at most",
        refused.len(),
        at(50),
        at(99),
        at(100)
    );
    assert!(at(99) < REFUSED_WITHIN, "whoever is refused is told at once");
    assert!(at(100) < REQUEST_MAX);
    answered
}

async fn overloaded(database: Option<&str>) {
    let folder = TempDir::new().expect("a folder");
    let data = folder.path().join("data");
    let server = Server::start_with(&data, database, SMALL, &[]);
    let base_url = server.base_url.clone();
    let mut people = Vec::new();
    for n in 0..PEOPLE {
        people.push(Arc::new(Person::arrive(&base_url, &format!("person {n}")).await));
    }
    let (worker, tasks) = work(&base_url, DELIVERIES).await;
    let before = server.memory_peak();

    let asking: Vec<_> = (0..PEOPLE * CONNECTIONS_EACH)
        .map(|n| {
            let (person, from) = (Arc::clone(&people[n % PEOPLE]), n as u64 * REQUESTS_EACH);
            tokio::spawn(asks_and_asks(person, base_url.clone(), from))
        })
        .collect();
    let refusals = join_all(tasks.iter().map(|task| insists(&worker, task))).await;
    let storms = join_all(asking).await.into_iter().map(|storm| storm.expect("no other answers")).collect();
    let answered = told(storms);
    let grown = server.memory_peak() - before;
    println!(
        "overload: {DELIVERIES} deliveries judged after {} refusals; {} MiB of memory at most, {} MiB more than before",
        refusals.iter().sum::<usize>(),
        server.memory_peak() >> 20,
        grown >> 20,
    );
    assert!(answered > 0 && grown < MEMORY_GROWTH_MAX);

    // It is over: whoever comes now is answered, and what was answered is in the books.
    let (worker, later) = work(&base_url, 1).await;
    assert_eq!(insists(&worker, &later[0]).await, 0);
    for few in people.chunks(4) {
        join_all(few.iter().map(|person| person.holds_it_to_its_word(&base_url))).await;
    }
    audited(&data, database);
    assert_eq!(server.stop(), Some(0));
    audited(&data, database);
}

fn in_runtime(work: impl AsyncFnOnce()) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime starts").block_on(work());
}

#[test]
fn at_ten_times_the_load_it_takes_a_server_refuses_in_time_and_keeps_its_word() {
    in_runtime(async || overloaded(None).await);
}

#[test]
fn and_on_postgresql() {
    let Some(database) = postgres::database() else { return };
    in_runtime(async || overloaded(Some(&database)).await);
}

#[test]
fn who_waits_too_long_is_told_and_what_was_begun_is_finished() {
    let Some(database) = postgres::database() else { return };
    in_runtime(async || {
        let house = House::open(Some(database.clone()), |settings| {
            settings.limits.requests_at_once_max = 1;
            settings.limits.wait_ms_max = 50;
        })
        .await;
        let mut hold = Hold::of(&database, "parties").await;
        let nobody = house.nobody();
        let path = "/api/v1/agent/register";
        let (begun, late) = (json!({ "name": "alice" }), json!({ "name": "bob" }));
        let meanwhile = async {
            hold.until_somebody_waits().await;
            assert_eq!(nobody.post(path, &late).await.refusal(), "503 OVERLOADED");
            assert_eq!(nobody.get("/health").await.status, 200);
            hold.release().await;
        };
        let (first, ()) = tokio::join!(nobody.post(path, &begun), meanwhile);
        assert_eq!(first.status, 201, "{}", first.body);
        assert_eq!(nobody.post(path, &late).await.status, 201);
        house.audit().await;
    });
}

fn address(house: &House) -> String {
    house.base_url.trim_start_matches("http://").to_owned()
}

fn connected(address: &str, sends: &[u8]) -> TcpStream {
    let mut socket = TcpStream::connect(address).expect("a connection");
    socket.write_all(sends).expect("it is sent");
    socket
}

#[test]
fn slow_senders_take_nobodys_place() {
    let few = |settings: &mut assay::config::Settings| {
        settings.limits.requests_in_flight_max = 4;
        settings.limits.requests_at_once_max = 2;
    };
    each_house_with(few, async |house| {
        let address = address(house);
        let (start, rest) = (br#"{"name":"#, br#""slow"}"#);
        let head = "POST /api/v1/agent/register HTTP/1.1\r\nhost: assay\r\nconnection: close\r\ncontent-length: 15\r\n\r\n";
        let bodies: Vec<TcpStream> =
            (0..64).map(|_| connected(&address, &[head.as_bytes(), start].concat())).collect();
        let heads: Vec<TcpStream> = (0..64).map(|_| connected(&address, &head.as_bytes()[..40])).collect();
        let (alice, bob, task) = claimed(house, &tea()).await;
        bob.delivers(&task, GOOD).await.good();
        assert_eq!(alice.task_status(&task).await, "paid");
        let finished = tokio::task::spawn_blocking(move || {
            for mut socket in bodies {
                socket.write_all(rest).expect("it still listens");
                let mut answer = String::new();
                socket.read_to_string(&mut answer).expect("an answer");
                assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
            }
        });
        finished.await.expect("every slow one is answered");
        drop(heads);
    });
}

#[test]
fn bodies_have_a_limit_in_all_and_small_ones_are_free() {
    let little = |settings: &mut assay::config::Settings| settings.limits.held_bytes_max = 100_000;
    each_house_with(little, async |house| {
        let address = address(house);
        let alice = house.rich_agent("alice", 500).await;
        let large = json!({ "guardrails": {}, "note": "x".repeat(30_000) });
        let path = "/api/bots/me/commissioning";
        let mut said = alice.post(path, &large).await;
        assert_eq!(said.status, 200, "there is room for it: {}", said.body);
        let head = "POST /api/v1/agent/register HTTP/1.1\r\nhost: assay\r\ncontent-length: 90000\r\n\r\n";
        let part = [head.as_bytes(), " ".repeat(45_000).as_bytes()].concat();
        let mut waiting = Vec::new();
        // Until two stand there unfinished. One of them may come while there is no room and be
        // turned away itself, so each time there are two more.
        for _ in 0..100 {
            waiting.extend((0..2).map(|_| connected(&address, &part)));
            said = alice.post(path, &large).await;
            if said.status == 503 {
                break;
            }
        }
        assert_eq!(said.refusal(), "503 OVERLOADED");
        alice.posts(&tea()).await;
        drop(waiting);
        while said.status == 503 {
            said = alice.post(path, &large).await;
        }
        assert_eq!(said.status, 200, "there is room again: {}", said.body);
    });
}

/// A file of this size that somebody keeps here; where it is.
async fn keeps(actor: &Actor, bytes: usize) -> String {
    let bytes = vec![b'x'; bytes];
    let path = format!("/v1/blobs/{}", crate::files::digest(&bytes));
    let brings = actor.request(Method::PUT, &path).header("content-type", "text/plain").body(bytes);
    assert_eq!(brings.send().await.expect("an answer").status().as_u16(), 201);
    path
}

/// What is there, as soon as there is room for it: a client may have all of its answer a moment
/// before the server has let go of it.
async fn takes(actor: &Actor, path: &str) -> Vec<u8> {
    loop {
        let answer = actor.request(Method::GET, path).send().await.expect("an answer");
        if answer.status().as_u16() != 503 {
            assert_eq!(answer.status().as_u16(), 200);
            return answer.bytes().await.expect("a body").into();
        }
    }
}

#[test]
fn answers_have_a_limit_in_all_and_small_ones_are_free() {
    let little = |settings: &mut assay::config::Settings| settings.limits.held_bytes_max = 100_000;
    each_house_with(little, async |house| {
        let alice = house.agent("alice").await;
        let path = keeps(&alice, 100_000).await;
        for _ in 0..3 {
            assert_eq!(takes(&alice, &path).await.len(), 100_000);
        }
        // Every component is larger than that.
        let listed = takes(&alice, "/v1/plugins").await;
        let listed: Value = serde_json::from_slice(&listed).expect("JSON");
        let digest = listed["data"]["items"][0]["digest"].as_str().expect("a digest").to_owned();
        assert_eq!(alice.get(&format!("/v1/plugins/{digest}/component")).await.refusal(), "503 OVERLOADED");
        alice.get("/api/v1/agent/me").await.good();
    });
}

#[test]
fn who_does_not_take_an_answer_is_let_go_of() {
    /// More than the system takes by itself.
    const ANSWERS: usize = 12;
    let impatient = |settings: &mut assay::config::Settings| settings.limits.answer_ms_max = 300;
    each_house_with(impatient, async |house| {
        let alice = house.agent("alice").await;
        let path = keeps(&alice, 1 << 20).await;
        let asks =
            format!("GET {path} HTTP/1.1\r\nhost: assay\r\nauthorization: Bearer {}\r\n\r\n", alice.key);
        let address = address(house);
        let deaf = tokio::task::spawn_blocking(move || {
            let deaf: Vec<TcpStream> =
                (0..4).map(|_| connected(&address, asks.repeat(ANSWERS).as_bytes())).collect();
            for mut socket in deaf {
                socket.set_nonblocking(true).expect("a setting");
                // A server that has gone says so to whoever sends on.
                let mut gone = false;
                while !gone {
                    let sent = socket.write(b"\r\n");
                    gone = sent.is_err_and(|error| error.kind() != std::io::ErrorKind::WouldBlock);
                    std::thread::yield_now();
                }
            }
        });
        house.agent("bob").await;
        deaf.await.expect("all of them are let go of");
        let answer = alice.request(Method::GET, &path).send().await.expect("an answer");
        assert_eq!(answer.bytes().await.expect("a body").len(), 1 << 20);
    });
}
