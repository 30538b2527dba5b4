//! Connections of clients that are slow, mute, many or large: the others are answered.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};

use tempfile::TempDir;

use crate::house::{House, each_house_with};
use crate::process::{STOPS_WITHIN, Server};

/// More than a default limit of open files allows, where this machine has as many.
const IDLE: usize = 10_000;

fn address(house: &House) -> String {
    house.base_url.trim_start_matches("http://").to_owned()
}

fn connected(address: &str, sends: &str) -> TcpStream {
    let mut socket = TcpStream::connect(address).expect("a connection");
    socket.write_all(sends.as_bytes()).expect("it is sent");
    socket
}

/// What is answered, to the end of the connection.
fn answered(mut socket: TcpStream) -> String {
    let mut answer = Vec::new();
    // A reset ends it as well.
    drop(socket.read_to_end(&mut answer));
    String::from_utf8_lossy(&answer).into_owned()
}

const WHOLE: &str = "GET /health HTTP/1.1\r\nhost: assay\r\nconnection: close\r\n\r\n";

#[test]
fn who_sends_half_a_request_is_let_go_of() {
    each_house_with(
        |settings| settings.limits.header_ms_max = 200,
        async |house| {
            let address = address(house);
            let told = tokio::task::spawn_blocking(move || {
                let slow: Vec<TcpStream> =
                    (0..100).map(|_| connected(&address, "GET /health HTTP/1.1\r\nhost")).collect();
                let mute = connected(&address, "");
                let told = answered(connected(&address, WHOLE));
                // These end, since nobody waits for them for ever.
                slow.into_iter().chain([mute]).for_each(|socket| drop(answered(socket)));
                told
            });
            let told = told.await.expect("nobody panics in there");
            assert!(told.starts_with("HTTP/1.1 200 "), "{told}");
        },
    );
}

#[test]
fn a_head_has_a_limit() {
    each_house_with(
        |_| {},
        async |house| {
            let address = address(house);
            let told = tokio::task::spawn_blocking(move || {
                let large =
                    format!("GET /health HTTP/1.1\r\nconnection: close\r\nx: {}\r\n\r\n", "x".repeat(70_000));
                let many =
                    format!("GET /health HTTP/1.1\r\nconnection: close\r\n{}\r\n", "x: y\r\n".repeat(1_000));
                [large, many, WHOLE.to_owned()].map(|head| answered(connected(&address, &head)))
            });
            let [large, many, whole] = told.await.expect("nobody panics in there");
            assert!(large.starts_with("HTTP/1.1 431 "), "{large}");
            assert!(many.starts_with("HTTP/1.1 431 "), "{many}");
            assert!(whole.starts_with("HTTP/1.1 200 "), "{whole}");
        },
    );
}

#[test]
fn those_beyond_the_limit_wait_until_somebody_leaves() {
    each_house_with(
        |settings| settings.limits.connections_max = 2,
        async |house| {
            let address = address(house);
            let told = tokio::task::spawn_blocking(move || {
                let (first, second) = (connected(&address, ""), connected(&address, ""));
                let third = connected(&address, WHOLE);
                third.set_nonblocking(true).expect("a setting");
                let waits = (&third).read(&mut [0]).is_err();
                third.set_nonblocking(false).expect("a setting");
                drop(first);
                let told = answered(third);
                drop(second);
                (waits, told)
            });
            let (waits, told) = told.await.expect("nobody panics in there");
            assert!(waits && told.starts_with("HTTP/1.1 200 "), "{told}");
        },
    );
}

#[test]
fn ten_thousand_idle_connections_starve_nobody() {
    assay::http::connections::raise_descriptors();
    let data = TempDir::new().expect("a folder");
    let server = Server::start(data.path(), None);
    let address = server.base_url.trim_start_matches("http://").to_owned();
    let mut idle = Vec::with_capacity(IDLE);
    while idle.len() < IDLE {
        match TcpStream::connect(&address) {
            Ok(socket) => idle.push(socket),
            Err(error) => {
                println!("SKIPPED (limits): {} idle connections instead of {IDLE}: {error}", idle.len());
                break;
            }
        }
    }
    // Every other one is closed on one side and open on the other.
    for socket in idle.iter().step_by(2) {
        socket.shutdown(Shutdown::Write).expect("half of it is closed");
    }
    let told = answered(connected(&address, WHOLE));
    assert!(told.starts_with("HTTP/1.1 200 "), "{told}");
    drop(idle);
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn a_server_that_is_told_to_stop_finishes_what_was_begun() {
    let data = TempDir::new().expect("a folder");
    let server = Server::start(data.path(), None);
    let address = server.base_url.trim_start_matches("http://").to_owned();
    let (start, rest) = (r#"{"name":"#, r#""alice"}"#);
    let head = format!(
        "POST /api/v1/agent/register HTTP/1.1\r\nhost: assay\r\ncontent-length: {}\r\n\r\n{start}",
        start.len() + rest.len()
    );
    let mut begun = connected(&address, &head);
    // It is answered after the first, so the first has been taken.
    let told = answered(connected(&address, WHOLE));
    assert!(told.starts_with("HTTP/1.1 200 "), "{told}");
    let stopping = std::thread::spawn(move || assert_eq!(server.stop(), Some(0)));
    // Nobody new is let in: then it has heard.
    while TcpStream::connect(&address).is_ok() {
        std::thread::yield_now();
    }
    begun.write_all(rest.as_bytes()).expect("it still listens");
    let told = answered(begun);
    assert!(told.starts_with("HTTP/1.1 201 ") && told.contains("apiKey"), "{told}");
    stopping.join().expect("it ends well");
}

#[test]
fn a_server_that_is_told_to_stop_does_not_wait_for_ever_for_the_rest_of_a_request() {
    let data = TempDir::new().expect("a folder");
    let server = Server::start_with(data.path(), None, "[limits]\ndrain_ms_max = 300\n", &[]);
    let address = server.base_url.trim_start_matches("http://").to_owned();
    let head = "POST /api/v1/agent/register HTTP/1.1\r\nhost: assay\r\ncontent-length: 17\r\n\r\n{";
    let begun = connected(&address, head);
    let told = answered(connected(&address, WHOLE));
    assert!(told.starts_with("HTTP/1.1 200 "), "{told}");
    let (ended, end) = std::sync::mpsc::channel();
    let stopping = std::thread::spawn(move || ended.send(server.stop()));
    let code = end.recv_timeout(STOPS_WITHIN).expect("it ends within its limits");
    assert_eq!(code, Some(0), "whoever was still sending is dropped, and that is no failure");
    assert!(!answered(begun).starts_with("HTTP/1.1 2"));
    stopping.join().expect("nobody panics in there").expect("it was waited for");
}
