//! A verifier for the tests of the sandbox: what it does is its configuration's one word.

mod harm;

use std::collections::HashMap;
use std::fmt::Write as _;
use std::hash::{BuildHasher, RandomState};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

wit_bindgen::generate!({ path: "../../wit/0.1.0", world: "verifier" });

use assay::plugin::types::{Finding, Status, Subject};
use assay::plugin::{attachments, logging};

/// What the host reads without running anything.
const MANIFEST: &[u8; 148] = br#"{"name":"restless","version":"0.1.0","world":"verifier","description":"Does what its configuration says.","author":"The tests","config_schema":null}"#;

#[used]
#[unsafe(link_section = "assay:manifest")]
static SECTION: [u8; MANIFEST.len()] = *MANIFEST;

struct Restless;

impl Guest for Restless {
    fn verify(_task: Task, delivery: Delivery, config: String) -> Result<Report, Problem> {
        let evidence = match config.as_str() {
            "observe" => observe(&delivery.content),
            "wait" => wait(),
            "reach" => reach(),
            "read" => read(&delivery),
            "print" => print(),
            "log" => log(),
            "panic" => panic!("told to panic over {:?}", delivery.id),
            "exit" => std::process::exit(7),
            "grow" => grow(),
            "recurse" => recurse(0).to_string(),
            other => return harm::answer(other),
        };
        Ok(Report { findings: vec![seen(evidence)] })
    }
}

/// A finding of the guest's own.
fn seen(evidence: String) -> Finding {
    let subject = Subject::Own("seen".to_owned());
    Finding { subject, status: Status::Pass, score: 10_000, evidence }
}

/// Everything a guest could tell two runs apart by.
fn observe(content: &str) -> String {
    let started = Instant::now();
    let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
    let drawn = RandomState::new().hash_one("anything");
    let mut words: HashMap<&str, u32> = HashMap::new();
    for word in content.split_whitespace() {
        *words.entry(word).or_default() += 1;
    }
    let order: Vec<_> = words.keys().copied().collect();
    thread::sleep(Duration::from_millis(250));
    format!("wall {wall:?}, slept {:?}, drawn {drawn}, order {}", started.elapsed(), order.join(" "))
}

/// Three hours of sleep, and a loop that only ends if time passes.
fn wait() -> String {
    let started = Instant::now();
    thread::sleep(Duration::from_secs(3 * 3600));
    let slept = started.elapsed();
    let mut looks = 0_u32;
    let spinning = Instant::now();
    while spinning.elapsed() < Duration::from_millis(1) {
        looks += 1;
    }
    format!("slept {slept:?}, then looked {looks} times")
}

/// Everything of the real world a judge might reach for.
fn reach() -> String {
    let mut found = String::new();
    let list = std::fs::read_dir("/").map(Iterator::count);
    let _ = write!(found, "root {:?}, ", list.map_err(|error| error.kind()));
    let file = std::fs::read("/etc/passwd").map(|bytes| bytes.len());
    let _ = write!(found, "file {:?}, ", file.map_err(|error| error.kind()));
    let made = std::fs::write("made", "by a judge");
    let _ = write!(found, "made {:?}, ", made.map_err(|error| error.kind()));
    let _ =
        write!(found, "environment {}, arguments {}, ", std::env::vars().count(), std::env::args().count());
    let mut line = String::new();
    let _ = write!(found, "input {:?}", std::io::stdin().read_line(&mut line).map_err(|error| error.kind()));
    found
}

/// Reads every attachment in pieces, and one that does not exist.
fn read(delivery: &Delivery) -> String {
    let mut found = String::new();
    for index in 0..=delivery.attachments.len() {
        let index = u32::try_from(index).expect("few attachments");
        let (mut bytes, mut sum) = (0_u64, 0_u64);
        loop {
            match attachments::read(index, bytes, 100_000) {
                Ok(piece) if piece.is_empty() => break,
                Ok(piece) => {
                    bytes += piece.len() as u64;
                    sum += piece.iter().map(|byte| u64::from(*byte)).sum::<u64>();
                }
                Err(error) => {
                    let _ = write!(found, "[{error}] ");
                    break;
                }
            }
        }
        let _ = write!(found, "{bytes} bytes, sum {sum}; ");
    }
    found
}

fn print() -> String {
    for line in 0..20_000 {
        println!("line {line} of a component that says far too much on its standard output");
    }
    eprintln!("done");
    "printed".to_owned()
}

fn log() -> String {
    logging::log(logging::Level::Debug, "a detail");
    logging::log(logging::Level::Warn, "a doubt");
    "logged".to_owned()
}

fn grow() -> String {
    let mut held: Vec<Vec<u8>> = Vec::new();
    loop {
        held.push(vec![1; 1 << 20]);
        if held.len() > 100_000 {
            return held.len().to_string();
        }
    }
}

#[expect(unconditional_recursion, reason = "it is what this behaviour is for")]
fn recurse(depth: u64) -> u64 {
    let page = [depth; 64];
    recurse(std::hint::black_box(page)[3] + 1) + std::hint::black_box(page)[5]
}

export!(Restless);
