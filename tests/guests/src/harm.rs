//! What a verifier should not do, by name.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::hint::black_box;
use std::thread;
use std::time::{Duration, Instant};

use crate::assay::plugin::logging;
use crate::{Finding, Problem, Report, Subject, seen};

/// Does it, and says what is left to say.
pub(crate) fn answer(harm: &str) -> Result<Report, Problem> {
    let findings = match harm {
        "leave" => std::process::exit(0),
        "abort" => std::process::abort(),
        "hoard" => vec![seen(hoard())],
        "flood" => flood(),
        "chatter" => chatter(),
        "spin" => vec![seen(spin())],
        "sleep" => vec![seen(sleep())],
        "time" => vec![seen(time())],
        "entropy" => vec![seen(entropy())],
        "thread" => vec![seen(spawn())],
        "essay" => vec![seen("gold ".repeat(3 << 20))],
        "flock" => (0..20_000).map(named).collect(),
        "many" => (0..300).map(named).collect(),
        "praise" => vec![Finding { score: u16::MAX, ..seen(String::new()) }],
        "ghost" => vec![about(4_000_000)],
        "twice" => vec![about(1), about(1)],
        "namesakes" => vec![seen(String::new()), seen(String::new())],
        "nameless" => vec![Finding { subject: Subject::Own(String::new()), ..seen(String::new()) }],
        "lament" => return Err(Problem::Failed("woe ".repeat(25_000))),
        other => return Err(Problem::InvalidConfig(format!("{other:?} is nothing to do"))),
    };
    Ok(Report { findings })
}

fn about(check: u32) -> Finding {
    Finding { subject: Subject::Check(check), ..seen(String::new()) }
}

fn named(number: u32) -> Finding {
    Finding { subject: Subject::Own(number.to_string()), ..seen(String::new()) }
}

fn hoard() -> String {
    let held: Vec<u8> = Vec::with_capacity(0x7fff_0000);
    format!("{} bytes", black_box(held).capacity())
}

fn flood() -> ! {
    loop {
        println!("{}", "gold ".repeat(200));
    }
}

fn chatter() -> ! {
    let message = "gold ".repeat(2_000);
    loop {
        logging::log(logging::Level::Error, &message);
    }
}

/// Half an hour of looking at the clock.
fn spin() -> String {
    let started = Instant::now();
    let mut looks = 0_u64;
    while started.elapsed() < Duration::from_secs(1_800) {
        looks += 1;
    }
    format!("{looks} looks")
}

fn sleep() -> String {
    thread::sleep(Duration::from_secs(500 * 365 * 86_400));
    "awake".to_owned()
}

/// How long a stretch of work takes: a real clock would tell hosts apart.
fn time() -> String {
    let started = Instant::now();
    let mut sum = 0_u64;
    for number in 0..100_000 {
        sum = black_box(sum.wrapping_mul(31).wrapping_add(number));
    }
    format!("{sum} in {:?}", started.elapsed())
}

/// Draws keys until one is rare: real randomness would take another number each time.
fn entropy() -> String {
    let state = RandomState::new();
    let draws = (0_u64..).take_while(|draw| state.hash_one(draw) % 1_000 != 0).count();
    format!("{draws} draws")
}

fn spawn() -> String {
    let spawned = thread::Builder::new().spawn(|| ()).map_err(|error| error.kind());
    format!("{:?}", spawned.map(drop))
}
