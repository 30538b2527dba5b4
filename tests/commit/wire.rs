//! Connections that break at the worst moment, through a proxy between the committer
//! and the server that watches for the commit.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use assay_db::{Change, Key, Place};
use futures_util::FutureExt as _;
use futures_util::future::join_all;

use super::ground::{Ground, deposit, each_engine, free, statuses, task_head, together};
use super::past;

/// What happens to the next commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cut {
    /// The connection breaks and the server never hears of the commit.
    Before,
    /// The server commits; its answer never arrives.
    After,
    /// The connection breaks, and the server hears of the commit only when the
    /// committer has connected again and begun anew.
    Late,
}

#[derive(Default)]
struct Wire {
    armed: Option<Cut>,
    /// A commit that was held back.
    held: Option<(TcpStream, Vec<u8>)>,
    cuts: u32,
}

type Shared = Arc<Mutex<Wire>>;

fn lock(wire: &Shared) -> MutexGuard<'_, Wire> {
    wire.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Listens on a port of its own and passes everything on to `server`.
fn proxy(server: String) -> (u16, Shared) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
    let port = listener.local_addr().expect("it is bound").port();
    let wire = Shared::default();
    let shared = wire.clone();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let upstream = TcpStream::connect(&server).expect("the server runs");
            let answering = Arc::new(Mutex::new(true));
            let (from, to) = (twin(&upstream), twin(&client));
            let open = answering.clone();
            thread::spawn(move || pass_back(from, to, &open));
            let wire = shared.clone();
            thread::spawn(move || pass_on(client, upstream, &wire, &answering));
        }
    });
    (port, wire)
}

fn twin(stream: &TcpStream) -> TcpStream {
    stream.try_clone().expect("a socket can be shared")
}

/// From client to server.
fn pass_on(mut client: TcpStream, mut server: TcpStream, wire: &Shared, answering: &Mutex<bool>) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(length @ 1..) = client.read(&mut buffer) {
        let bytes = &buffer[..length];
        if contains(bytes, b"BEGIN")
            && let Some((mut stream, commit)) = lock(wire).held.take()
        {
            stream.write_all(&commit).expect("the server waits for it");
        }
        let cut = if contains(bytes, b"COMMIT\0") { lock(wire).armed.take() } else { None };
        if cut.is_some() {
            lock(wire).cuts += 1;
        }
        match cut {
            Some(Cut::Before) => break,
            Some(Cut::Late) => {
                lock(wire).held = Some((twin(&server), bytes.to_vec()));
                let _ = client.shutdown(Shutdown::Both);
                return;
            }
            Some(Cut::After) => *answering.lock().unwrap_or_else(PoisonError::into_inner) = false,
            None => {}
        }
        if server.write_all(bytes).is_err() {
            break;
        }
    }
    let _ = client.shutdown(Shutdown::Both);
    let _ = server.shutdown(Shutdown::Both);
}

/// From server to client, until an answer is to be lost.
fn pass_back(mut server: TcpStream, mut client: TcpStream, answering: &Mutex<bool>) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(length @ 1..) = server.read(&mut buffer) {
        let open = *answering.lock().unwrap_or_else(PoisonError::into_inner);
        if !open || client.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    let _ = client.shutdown(Shutdown::Both);
}

fn contains(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|window| window == word)
}

/// The database by way of the proxy.
fn through(ground: &Ground) -> (Place, Shared) {
    let Place::Server(url) = &ground.place else { panic!("a server") };
    let (host, name) = url.rsplit_once('/').expect("an address ends with the database's name");
    let server = host.rsplit_once('@').expect("an address has a user").1.to_owned();
    let (port, wire) = proxy(server);
    (Place::Server(format!("postgres://postgres@127.0.0.1:{port}/{name}")), wire)
}

#[test]
fn a_commit_that_breaks_lands_exactly_once() {
    for cut in [Cut::Before, Cut::After, Cut::Late] {
        let Some(ground) = Ground::shared() else { return };
        ground.run(async |ground| {
            let (place, wire) = through(ground);
            let db = ground.open_at(place, 1).await;
            db.commit(deposit(1, 100)).await.expect("it lands");
            lock(&wire).armed = Some(cut);
            let group = vec![
                deposit(1, 10).once("alice/pay-in/k1", *b"A"),
                Change::new().advance(task_head(1), 0),
                Change::new().add_up_to(Key::counter("open"), 1, 1, super::full()),
                Change::new().take("name/ada", "ada", super::full()),
            ];
            assert_eq!(statuses(&together(&db, group).await), ["landed"; 4], "{cut:?}");
            assert_eq!(lock(&wire).cuts, 1, "{cut:?}");
            assert_eq!(free(&db, &[1]).await, [110], "{cut:?}");
            let next = db.commit(deposit(1, 1)).await.expect("it lands");
            assert_eq!(next.applied.map(|applied| applied.link), Some(3), "{cut:?}");
            ground.audit(&db).await;
        });
    }
}

#[test]
fn a_connection_the_server_ended_is_made_again() {
    let Some(ground) = Ground::shared() else { return };
    ground.run(async |ground| {
        let db = ground.open(1).await;
        for n in 1..=3 {
            let end = "select pg_terminate_backend(pid) from pg_stat_activity \
                       where datname = current_database() and pid <> pg_backend_pid()";
            past::execute(&ground.place, end).await.expect("the operator may");
            let done = db.commit(deposit(1, 1)).await.expect("it lands all the same");
            assert_eq!(done.applied.map(|applied| applied.link), Some(n));
        }
        ground.audit(&db).await;
    });
}

#[test]
fn a_read_notices_nothing_of_connections_that_the_server_ended() {
    let Some(ground) = Ground::shared() else { return };
    ground.run(async |ground| {
        let db = ground.open(1).await;
        db.commit(deposit(1, 7)).await.expect("it lands");
        for _ in 0..3 {
            // So many at once that there are several connections, all of which end.
            let at_once = join_all((0..6).map(|_| free(&db, &[1]))).await;
            assert_eq!(at_once, vec![vec![7]; 6]);
            let end = "select pg_terminate_backend(pid) from pg_stat_activity \
                       where datname = current_database() and pid <> pg_backend_pid()";
            past::execute(&ground.place, end).await.expect("the operator may");
            assert_eq!(free(&db, &[1]).await, [7]);
        }
    });
}

#[test]
fn a_read_that_nobody_waits_for_any_more_leaves_nothing_to_the_next() {
    each_engine(async |ground| {
        let db = ground.open(1).await;
        db.commit(deposit(1, 7)).await.expect("it lands");
        let keys = [task_head(1), task_head(2)];
        for polls in 0..6 {
            let mut left = Box::pin(db.read().cells(&keys));
            for _ in 0..polls {
                if (&mut left).now_or_never().is_some() {
                    break;
                }
                tokio::task::yield_now().await;
            }
            drop(left);
            assert_eq!(free(&db, &[1]).await, [7], "left after {polls} looks");
        }
        ground.audit(&db).await;
    });
}
