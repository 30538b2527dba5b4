//! Who used the processors, and how much memory: read from `/proc`, absent where there is
//! none.

use std::fs;

use serde_json::{Value, json};

use super::figures::rounded;

/// Linux counts processor time for programs in hundredths of a second, whatever its own
/// clock does.
const TICKS_PER_SECOND: f64 = 100.0;

/// Processor time used until now, in ticks.
#[derive(Clone, Copy, Default)]
pub(super) struct Used {
    server: u64,
    load: u64,
    machine: u64,
}

impl Used {
    /// By the server, by this process, by everyone.
    pub(super) fn until_now(server: u32) -> Self {
        Self {
            server: ticks(&server.to_string()).unwrap_or(0),
            load: ticks("self").unwrap_or(0),
            machine: machine_ticks().unwrap_or(0),
        }
    }

    /// By the server, since then.
    pub(super) const fn server_since(&self, before: Self) -> u64 {
        self.server.saturating_sub(before.server)
    }
}

/// Who used how much of the machine between two moments `seconds` apart, and what an
/// operation took of the server. A `PostgreSQL` on the same machine is one of the others.
pub(super) fn shares(before: Used, after: Used, seconds: f64, operations: f64) -> Value {
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let all = f64::from(u32::try_from(processors).unwrap_or(1)) * seconds * TICKS_PER_SECOND;
    let (server, load) = (after.server_since(before), after.load.saturating_sub(before.load));
    let others = after.machine.saturating_sub(before.machine).saturating_sub(server + load);
    let of_all = |ticks: u64| rounded(super::figures::count(ticks) / all);
    json!({
        "processors": processors,
        "server_share": of_all(server),
        "load_share": of_all(load),
        "others_share": of_all(others),
        "server_us_per_operation": us_each(server, operations),
    })
}

/// Processor time that each of so many operations took.
pub(super) fn us_each(ticks: u64, operations: f64) -> Value {
    rounded(super::figures::count(ticks) / TICKS_PER_SECOND * 1e6 / operations.max(1.0))
}

/// Processor time of this process and of the children that it has, in ticks.
pub(super) fn ticks_with_children() -> u64 {
    let own = u64::from(std::process::id());
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let names = processes.filter_map(|entry| entry.file_name().into_string().ok());
    let family = names.filter(|name| name.parse() == Ok(own) || field(name, 4) == Some(own));
    family.filter_map(|process| ticks(&process)).sum()
}

/// Of a process: user and system time.
fn ticks(process: &str) -> Option<u64> {
    Some(field(process, 14)? + field(process, 15)?)
}

/// What the kernel says of a process, by number.
fn field(process: &str, number: usize) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name is in parentheses and may hold anything; what follows starts with field 3.
    text.rsplit_once(')')?.1.split_whitespace().nth(number - 3)?.parse().ok()
}

/// Of the whole machine: everything but idle and waiting for the disk.
fn machine_ticks() -> Option<u64> {
    let text = fs::read_to_string("/proc/stat").ok()?;
    let fields: Vec<u64> =
        text.lines().next()?.split_whitespace().skip(1).filter_map(|field| field.parse().ok()).collect();
    let busy = fields.iter().take(8).enumerate().filter(|(index, _)| ![3, 4].contains(index));
    Some(busy.map(|(_, ticks)| ticks).sum())
}

/// Memory of a process that is in use now.
pub(super) fn resident_bytes(process: u32) -> Option<u64> {
    status_bytes(process, "VmRSS:")
}

/// The most it ever had.
pub(super) fn resident_bytes_peak(process: u32) -> Option<u64> {
    status_bytes(process, "VmHWM:")
}

fn status_bytes(process: u32, name: &str) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? * 1_024)
}
