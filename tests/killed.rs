//! Killed on purpose: whatever ends, whenever it ends, an answer that was given holds, a
//! request that was repeated happened once, and the books are right.
//!
//! `ASSAY_KILL_ROUNDS` says how often (20 unless set), `ASSAY_KILL_SEED` when.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use assay_simulator::furniture::furnish;
use futures_util::future::join_all;
use tempfile::TempDir;
use tokio::sync::Notify;

use crate::cutting::Cutter;
use crate::postgres;
use crate::process::{Became, Person, STOPS_WITHIN, Server, audited};

/// What a machine that is busy adds to one.
const START_MARGIN: Duration = Duration::from_millis(200);
/// People who ask at once.
const PEOPLE: usize = 8;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Numbers that look random and repeat: the seed is printed, and can be given again.
pub(crate) struct Chance(u64);

impl Chance {
    fn of(what: &str) -> Self {
        let seed = setting("ASSAY_KILL_SEED", u64::from(std::process::id()));
        println!("{what}: ASSAY_KILL_SEED={seed}");
        Self(seed)
    }

    /// From 0 to below `most` (`SplitMix64`).
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % most
    }
}

/// People who ask and ask, and how far they got.
struct Crowd {
    people: Vec<Arc<Person>>,
    /// Requests begun, in the whole of the test.
    begun: Arc<AtomicU64>,
}

/// Asking that goes on until it is told to stop.
struct Asking {
    tasks: Vec<tokio::task::JoinHandle<()>>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    answered: AtomicU64,
    put_off: AtomicU64,
    gone: AtomicU64,
    progress: Notify,
}

/// Someone who asks; also one who stops because of a refusal is seen to be gone.
struct Present(Arc<Shared>);

impl Drop for Present {
    fn drop(&mut self) {
        self.0.gone.fetch_add(1, Ordering::SeqCst);
        self.0.progress.notify_one();
    }
}

impl Crowd {
    async fn gather(base_url: &str) -> Self {
        let arriving = (0..PEOPLE).map(|n| async move {
            let name = format!("person {n}");
            Arc::new(Person::arrive(base_url, &name).await)
        });
        Self { people: join_all(arriving).await, begun: Arc::default() }
    }

    /// Everyone asks, until the server is gone or they are stopped.
    fn ask(&self, base_url: &str) -> Asking {
        let shared = Arc::<Shared>::default();
        let tasks = self.people.iter().map(|person| {
            let (person, begun, base_url) =
                (Arc::clone(person), Arc::clone(&self.begun), base_url.to_owned());
            let present = Present(Arc::clone(&shared));
            tokio::spawn(async move {
                let shared = &present.0;
                while !shared.stop.load(Ordering::SeqCst) {
                    match person.asks(&base_url, begun.fetch_add(1, Ordering::SeqCst)).await {
                        Became::Answered => shared.answered.fetch_add(1, Ordering::SeqCst),
                        Became::PutOff => shared.put_off.fetch_add(1, Ordering::SeqCst),
                        Became::Silence => return,
                    };
                    shared.progress.notify_one();
                }
            })
        });
        Asking { tasks: tasks.collect(), shared }
    }

    /// Everything that was ever answered still is, and the rest happens once.
    async fn holds_it_to_its_word(&self, base_url: &str) {
        join_all(self.people.iter().map(|person| person.holds_it_to_its_word(base_url))).await;
    }
}

impl Asking {
    /// Waits until so many answers came since the last time it looked.
    async fn until_answered(&self, answers: u64) {
        let before = self.shared.answered.load(Ordering::SeqCst);
        self.until(|shared| shared.answered.load(Ordering::SeqCst) >= before + answers).await;
    }

    /// Waits until somebody was told to come back.
    async fn until_put_off(&self) {
        self.until(|shared| shared.put_off.load(Ordering::SeqCst) > 0).await;
    }

    /// Waits until it is so, or nobody asks any more.
    async fn until(&self, so: impl Fn(&Shared) -> bool) {
        let everyone = self.tasks.len() as u64;
        while !so(&self.shared) && self.shared.gone.load(Ordering::SeqCst) < everyone {
            self.shared.progress.notified().await;
        }
    }

    async fn end(self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        for task in self.tasks {
            task.await.expect("nobody was refused");
        }
    }
}

fn in_runtime(work: impl AsyncFnOnce()) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime starts").block_on(work());
}

/// Kills the server again and again while everyone asks.
async fn killed(what: &str, database: Option<&str>, rounds: u64) {
    let mut chance = Chance::of(what);
    let folder = TempDir::new().expect("a folder");
    let data = folder.path().join("data");
    // The components need not be compiled while it is killed.
    furnish(&data).await;
    assert_eq!(Server::start(&data, database).stop(), Some(0));
    let mut server = Server::start(&data, database);
    let crowd = Crowd::gather(&server.base_url).await;
    let mut starts = [Vec::new(), Vec::new()];
    // As often ended as killed: what a start takes is told of both, with about the same books.
    for (kills, starts) in [true, false].into_iter().zip(&mut starts) {
        for _ in 0..rounds {
            let asking = crowd.ask(&server.base_url);
            asking.until_answered(1 + chance.below(60)).await;
            if kills {
                server.kill();
            } else {
                let stopped = tokio::task::spawn_blocking(move || server.stop());
                assert_eq!(stopped.await.expect("nobody panics in there"), Some(0));
            }
            asking.end().await;
            server = Server::start(&data, database);
            starts.push(server.started);
            crowd.holds_it_to_its_word(&server.base_url).await;
        }
        starts.sort_unstable();
    }
    let [(after_a_kill, longest), (after_an_end, _)] =
        starts.map(|starts| (starts[starts.len() / 2], starts[starts.len() - 1]));
    println!(
        "{what}: {rounds} kills, {} requests; a start takes {after_an_end:?} p50, after a kill {after_a_kill:?} p50, \
         {longest:?} at most",
        crowd.begun.load(Ordering::SeqCst),
    );
    assert!(after_a_kill <= after_an_end * 2 + START_MARGIN, "a kill costs a start nothing to speak of");
    audited(&data, database);
    drop(server);
    audited(&data, database);
}

#[test]
fn what_was_answered_holds_however_often_the_server_is_killed() {
    in_runtime(async || killed("killed on SQLite", None, setting("ASSAY_KILL_ROUNDS", 20)).await);
}

#[test]
fn and_on_postgresql() {
    let Some(database) = postgres::database() else { return };
    let rounds = setting("ASSAY_KILL_ROUNDS", 20).div_ceil(4);
    in_runtime(async || killed("killed on PostgreSQL", Some(&database), rounds).await);
}

#[test]
fn a_database_that_is_stopped_and_started_loses_nothing() {
    let Some(cluster) = postgres::own_cluster() else { return };
    in_runtime(async || {
        let mut chance = Chance::of("PostgreSQL stopped");
        let folder = TempDir::new().expect("a folder");
        let database = cluster.database("stopped");
        furnish(&folder.path().join("data")).await;
        let server = Server::start(&folder.path().join("data"), Some(&database));
        let crowd = Crowd::gather(&server.base_url).await;
        for _ in 0..setting("ASSAY_KILL_ROUNDS", 20).div_ceil(7) {
            let asking = crowd.ask(&server.base_url);
            asking.until_answered(1 + chance.below(60)).await;
            cluster.stop_at_once();
            cluster.start_again();
            asking.until_answered(20).await;
            asking.end().await;
            crowd.holds_it_to_its_word(&server.base_url).await;
        }
        audited(folder.path(), Some(&database));
    });
}

#[test]
fn a_connection_cut_in_the_middle_of_a_commit_loses_nothing() {
    let Some(database) = postgres::database() else { return };
    in_runtime(async || {
        let mut chance = Chance::of("connection cut");
        let folder = TempDir::new().expect("a folder");
        let (cutter, cut) = before(&database).await;
        furnish(&folder.path().join("data")).await;
        let server = Server::start(&folder.path().join("data"), Some(&cut));
        let crowd = Crowd::gather(&server.base_url).await;
        for _ in 0..setting("ASSAY_KILL_ROUNDS", 20) {
            let asking = crowd.ask(&server.base_url);
            let before = cutter.cuts();
            // A group is some kilobytes: the cut comes at any place of one of the next.
            cutter.cut_after(1 + chance.below(40_000));
            while cutter.cuts() == before {
                asking.until_answered(1).await;
            }
            asking.until_answered(5).await;
            asking.end().await;
            crowd.holds_it_to_its_word(&server.base_url).await;
        }
        println!("connection cut: {} cuts", cutter.cuts());
        audited(folder.path(), Some(&database));
    });
}

#[test]
fn a_database_that_goes_silent_is_taken_for_gone_and_loses_nothing() {
    let Some(database) = postgres::database() else { return };
    in_runtime(async || {
        let mut chance = Chance::of("database silent");
        let folder = TempDir::new().expect("a folder");
        let (cutter, cut) = before(&database).await;
        furnish(&folder.path().join("data")).await;
        let limits = "[limits]\ndatabase_ms_max = 1000\ndrain_ms_max = 300\n";
        let server = Server::start_with(&folder.path().join("data"), Some(&cut), limits, &[]);
        let crowd = Crowd::gather(&server.base_url).await;
        for round in 0..setting("ASSAY_KILL_ROUNDS", 20).div_ceil(3) {
            let asking = crowd.ask(&server.base_url);
            let before = cutter.cuts();
            if round % 2 == 0 {
                cutter.silent_at_commit();
            } else {
                cutter.silent_after(1 + chance.below(40_000));
            }
            while cutter.cuts() == before {
                asking.until_answered(1).await;
            }
            asking.until_answered(5).await;
            asking.end().await;
            crowd.holds_it_to_its_word(&server.base_url).await;
        }
        println!("database silent: {} connections", cutter.cuts());
        // Nor does a server wait for ever for one that says nothing when it is to stop.
        let asking = crowd.ask(&server.base_url);
        asking.until_answered(1).await;
        cutter.fall_silent();
        let stopped = tokio::task::spawn_blocking(move || server.stop());
        let code = tokio::time::timeout(STOPS_WITHIN, stopped).await.expect("it ends within its limits");
        assert_eq!(code.expect("nobody panics in there"), Some(0));
        asking.end().await;
        audited(folder.path(), Some(&database));
    });
}

/// A proxy before the database of an address, and the address of the proxy.
async fn before(database: &str) -> (Cutter, String) {
    let (start, name) = database.rsplit_once('/').expect("a database");
    let (_, address) = start.rsplit_once('@').expect("an address");
    let cutter = Cutter::before(address).await;
    let cut = format!("postgres://postgres@{}/{name}", cutter.address);
    (cutter, cut)
}

/// A file system that is gone when this is.
struct Small<'a>(&'a Path);

impl<'a> Small<'a> {
    fn mount(at: &'a Path, megabytes: u32) -> Option<Self> {
        std::fs::create_dir_all(at).expect("a folder");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={megabytes}m"), "tmpfs"])
            .arg(at)
            .stderr(Stdio::null())
            .status();
        mounted.is_ok_and(|status| status.success()).then_some(Self(at))
    }
}

impl Drop for Small<'_> {
    fn drop(&mut self) {
        // Lazily: whoever still has a file open in it keeps only that.
        let _ = Command::new("umount").arg("-l").arg(self.0).status();
    }
}

#[test]
fn a_full_disk_is_answered_loses_nothing_and_is_over_when_there_is_room() {
    let folder = TempDir::new().expect("a folder");
    let place = folder.path().join("small");
    let Some(_small) = Small::mount(&place, 96) else {
        println!("SKIPPED full disk: a small file system can only be mounted as root");
        return;
    };
    in_runtime(async || {
        let data = place.join("data");
        // The components are there before there is no room for them.
        furnish(&data).await;
        let server = Server::start(&data, None);
        let crowd = Crowd::gather(&server.base_url).await;
        for _ in 0..2 {
            let ballast = place.join("ballast");
            fill(&ballast);
            let asking = crowd.ask(&server.base_url);
            asking.until_put_off().await;
            std::fs::remove_file(&ballast).expect("room is made");
            asking.until_answered(20).await;
            asking.end().await;
            crowd.holds_it_to_its_word(&server.base_url).await;
        }
        audited(&data, None);
        server.kill();
        let server = Server::start(&data, None);
        crowd.holds_it_to_its_word(&server.base_url).await;
        audited(&data, None);
    });
}

/// Leaves no room at all.
fn fill(file: &Path) {
    use std::io::Write as _;
    let mut file = std::fs::File::create(file).expect("a file");
    for size in [1 << 20, 1 << 12] {
        while file.write_all(&vec![0; size]).is_ok() {}
    }
}
