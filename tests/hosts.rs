//! Several hosts on one PostgreSQL: what one is asked the others know, and what one was
//! doing when it was killed another does. That stories are the same on three hosts is
//! tested where they are told: `everywhere` asks three in turn.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use assay_simulator::furniture::furnish;
use futures_util::future::join_all;
use serde_json::json;
use sqlx::any::install_default_drivers;
use sqlx::{AnyConnection, Connection as _, Row as _};
use tempfile::TempDir;

use crate::house::{ADMIN_KEY, Actor, House, client, everywhere, on_three_hosts};
use crate::postgres;
use crate::process::{Became, Person, Server, audited};
use crate::story::{GOOD, claimed, futures, tea};
use crate::watch::{Stream, notes};

/// Longer than anybody has a job that was taken and not done.
pub(crate) const LEASE_SECONDS: i64 = 61;
/// By when whoever watches on one host has seen what happened on another.
const SEEN_WITHIN: Duration = Duration::from_secs(1);
/// People who ask while hosts come and go.
const PEOPLE: usize = 8;

fn in_runtime(work: impl AsyncFnOnce()) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime starts").block_on(work());
}

/// A host that is there to be killed. It does nothing by itself: what it does it is asked to.
pub(crate) struct Doomed {
    server: Server,
    operator: Actor,
    _folder: TempDir,
}

impl Doomed {
    pub(crate) async fn start(database: &str) -> Self {
        let folder = TempDir::new().expect("a folder");
        // It need not compile the judges first.
        furnish(&folder.path().join("data")).await;
        let limits = "[limits]\njobs_poll_ms = 3600000\nwebhook_poll_ms = 3600000\n";
        let flags = ["--test-clock", "--webhooks-to-loopback", "--admin-key", ADMIN_KEY];
        let server = Server::start_with(&folder.path().join("data"), Some(database), limits, &flags);
        let base_url = server.base_url.clone();
        let operator =
            Actor { id: String::new(), key: ADMIN_KEY.into(), client: client(), base_url, turn: None };
        Self { server, operator, _folder: folder }
    }

    /// Moves the clock and does what is due, as far as it comes.
    pub(crate) fn does_what_is_due(&self, seconds: i64) -> tokio::task::JoinHandle<bool> {
        let request = self.operator.request(reqwest::Method::POST, "/v1/test/clock");
        let request = request.json(&json!({ "advance_seconds": seconds }));
        tokio::spawn(async move { request.send().await.is_ok() })
    }

    /// SIGKILL.
    pub(crate) fn dies(self) {
        self.server.kill();
    }

    /// Does what is due, and is killed when it has taken the work and is about to write
    /// what came of it to `table`.
    async fn dies_at_work(self, database: &str, seconds: i64, table: &'static str) {
        let mut hold = Hold::of(database, table).await;
        let mut doing = self.does_what_is_due(seconds);
        tokio::select! {
            () = hold.until_somebody_waits() => {}
            _ = &mut doing => panic!("nothing held it up"),
        }
        self.dies();
        assert!(!doing.await.expect("nobody panics in there"), "it never answered");
        hold.release().await;
    }
}

/// A table that nobody can write to for a while.
pub(crate) struct Hold {
    connection: AnyConnection,
    table: &'static str,
}

impl Hold {
    pub(crate) async fn of(database: &str, table: &'static str) -> Self {
        install_default_drivers();
        let mut connection = AnyConnection::connect(database).await.expect("a connection");
        let lock = format!("begin; lock table {table} in share mode");
        sqlx::raw_sql(sqlx::AssertSqlSafe(lock)).execute(&mut connection).await.expect("a lock");
        Self { connection, table }
    }

    pub(crate) async fn until_somebody_waits(&mut self) {
        let waits = "select count(*) from pg_locks where not granted and relation = cast($1 as regclass)";
        let mut waiting = 0_i64;
        while waiting == 0 {
            let row = sqlx::query(waits).bind(self.table).fetch_one(&mut self.connection).await;
            waiting = row.expect("a count").get(0);
        }
    }

    pub(crate) async fn release(self) {
        self.connection.close().await.expect("it is closed");
    }
}

#[test]
fn a_judging_run_of_a_killed_host_is_taken_over() {
    let Some(database) = postgres::database() else { return };
    in_runtime(async || {
        let house = House::open_several(2, &database, |settings| settings.limits.judging_ms_max = 0).await;
        let (alice, bob, task) = claimed(&house, &tea()).await;
        let handed_in = bob.delivers(&task, GOOD).await.good();
        assert_eq!(handed_in["data"]["status"], "in_review");
        Doomed::start(&database).await.dies_at_work(&database, 0, "deliveries").await;
        house.wait(0).await;
        assert_eq!(alice.task_status(&task).await, "delivered", "whoever died may still be at it");
        house.wait(LEASE_SECONDS).await;
        assert_eq!(alice.task_status(&task).await, "paid");
        assert_eq!(bob.money().await, "45.0 available, 0.0 reserved, 45.0 total");
        let kept = alice.get(&format!("/api/deliverables?task_id={task}")).await.good();
        assert_eq!(kept[0]["receipts"].as_array().map(Vec::len), Some(3), "each judge once");
        house.audit().await;
    });
}

#[test]
fn a_deadline_of_a_killed_host_is_taken_over() {
    let Some(database) = postgres::database() else { return };
    in_runtime(async || {
        let house = House::open_several(2, &database, |_| {}).await;
        let (alice, bob, task) = claimed(&house, &tea()).await;
        Doomed::start(&database).await.dies_at_work(&database, 24 * 3_600 + 1, "tasks").await;
        house.wait(0).await;
        assert_eq!(alice.task_status(&task).await, "claimed", "whoever died may still be at it");
        house.wait(LEASE_SECONDS).await;
        assert_eq!(alice.task_status(&task).await, "expired");
        assert_eq!(alice.money().await, "500.0 available, 0.0 reserved, 500.0 total");
        assert_eq!(bob.delivers(&task, GOOD).await.refusal(), "403 WRONG_STATUS");
        house.audit().await;
    });
}

/// Asks three hosts in turn, and goes on when one of them is gone.
async fn asks_on(person: Arc<Person>, hosts: Arc<[String; 3]>, begun: Arc<AtomicU64>, done: Arc<Done>) {
    while !done.is_over() {
        let n = begun.fetch_add(1, Ordering::SeqCst);
        let host = usize::try_from(n).expect("few") % hosts.len();
        match person.asks(&hosts[host], n).await {
            Became::Answered => done.answered.fetch_add(1, Ordering::SeqCst),
            Became::PutOff => panic!("nobody is turned away"),
            Became::Silence => done.silent.fetch_add(1, Ordering::SeqCst),
        };
        done.progress.notify_one();
    }
}

#[derive(Default)]
struct Done {
    answered: AtomicUsize,
    silent: AtomicUsize,
    enough: AtomicUsize,
    progress: tokio::sync::Notify,
}

impl Done {
    fn is_over(&self) -> bool {
        let enough = self.enough.load(Ordering::SeqCst);
        enough > 0 && self.answered.load(Ordering::SeqCst) >= enough
    }

    async fn until_answered(&self, answers: usize) {
        while self.answered.load(Ordering::SeqCst) < answers {
            self.progress.notified().await;
        }
    }
}

#[test]
fn of_three_hosts_one_is_killed_and_nothing_that_was_answered_is_lost() {
    let Some(database) = postgres::database() else { return };
    in_runtime(async || {
        let folder = TempDir::new().expect("a folder");
        let start = |name: &str| Server::start(&folder.path().join(name), Some(&database));
        let [one, two, three] = ["one", "two", "three"].map(start);
        let hosts = Arc::new([&one, &two, &three].map(|host| host.base_url.clone()));
        let arriving = (0..PEOPLE).map(|n| {
            let host = hosts[n % hosts.len()].clone();
            async move { Arc::new(Person::arrive(&host, &format!("person {n}")).await) }
        });
        let people = join_all(arriving).await;
        let (begun, done) = (Arc::default(), Arc::<Done>::default());
        let asking: Vec<_> = people
            .iter()
            .map(|person| {
                let (person, hosts, begun) = (Arc::clone(person), Arc::clone(&hosts), Arc::clone(&begun));
                tokio::spawn(asks_on(person, hosts, begun, Arc::clone(&done)))
            })
            .collect();
        done.until_answered(150).await;
        one.kill();
        done.enough.store(done.answered.load(Ordering::SeqCst) + 150, Ordering::SeqCst);
        for task in asking {
            task.await.expect("nobody was refused");
        }
        let (answered, silent) = (done.answered.load(Ordering::SeqCst), done.silent.load(Ordering::SeqCst));
        println!("{answered} answers by three hosts and then two; {silent} requests met a dead one");
        assert!(silent > 0);
        // What only the dead host answered, the others answer alike.
        join_all(people.iter().map(|person| person.holds_it_to_its_word(&two.base_url))).await;
        join_all(people.iter().map(|person| person.holds_it_to_its_word(&three.base_url))).await;
        audited(Path::new(""), Some(&database));
    });
}

#[test]
#[expect(clippy::disallowed_methods, reason = "how long it took is what this is about")]
fn what_happens_on_one_host_is_seen_by_who_watches_on_another() {
    on_three_hosts(
        |_| {},
        async |house| {
            let (alice, bob, task) = claimed(house, &tea()).await;
            let path = format!("/v1/tasks/{task}/watch");
            let hosts = house.base_urls();
            let mut streams = join_all(
                hosts.iter().map(|host| async { Stream::open(&alice.at(host), &path, Some(3)).await }),
            )
            .await;
            let mut slowest = Duration::ZERO;
            for round in 0..4 {
                for host in &hosts {
                    let note = notes(&bob.at(host), &task, &format!("step {round}"), "public").await;
                    let made = Instant::now();
                    for stream in &mut streams {
                        let told = tokio::time::timeout(SEEN_WITHIN, stream.told()).await;
                        assert_eq!(told.expect("it is seen, and in time").data, note);
                    }
                    slowest = slowest.max(made.elapsed());
                }
            }
            println!("an event of one host is seen on all three after {slowest:?} at most");
            assert!(slowest < SEEN_WITHIN);
        },
    );
}

#[test]
fn one_idempotency_key_counts_once_on_all_hosts() {
    on_three_hosts(
        |_| {},
        async |house| {
            let (alice, post) = (house.rich_agent("alice", 500).await, tea());
            for round in 0..10 {
                let key = format!("key {round}");
                let said = futures(3, || alice.post_once(&key, "/api/tasks", &post)).await;
                let ids: std::collections::BTreeSet<String> =
                    said.into_iter().map(|said| said.good()["id"].to_string()).collect();
                assert_eq!(ids.len(), 1);
            }
            assert_eq!(alice.money().await, "14.0 available, 450.0 reserved, 464.0 total");
        },
    );
}

#[test]
fn a_key_that_is_ended_on_one_host_is_ended_on_all() {
    everywhere(async |house| {
        let alice = house.agent("alice").await;
        for host in house.base_urls() {
            alice.at(&host).get("/api/v1/agent/me").await.good();
        }
        let keys = alice.get("/v1/keys").await.good();
        let path = format!("/v1/keys/{}/rotate", keys["data"]["items"][0]["id"].as_str().expect("an id"));
        let rotated = alice.post(&path, &json!({ "graceSeconds": 0 })).await.good();
        let renewed = alice.with_key(rotated["data"]["apiKey"].as_str().expect("a key"));
        for host in house.base_urls() {
            assert_eq!(alice.at(&host).get("/api/v1/agent/me").await.status, 401);
            renewed.at(&host).get("/api/v1/agent/me").await.good();
        }
    });
}
