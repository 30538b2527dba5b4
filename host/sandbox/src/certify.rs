//! Certifying a judge: whether it answers the same under every circumstance that is not
//! part of its input. It is given golden inputs under several seeds and clocks, with
//! memory from a pool and from the system, in fresh instances and in one that was asked
//! before. What it says must never differ, and its fuel only by the seed.
//!
//! A judge could know the goldens and behave on them alone. The badge keeps honest
//! mistakes from moving money; lies are for receipts and replays to find.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::engine::{self, Host};
use crate::goldens::Golden;
use crate::input::Output;
use crate::judge::Judge;
use crate::outcome::{Outcome, Reason};
use crate::run::{self, Call, Circumstances};
use crate::sandbox::Sandbox;
use crate::settings::{Limits, SandboxError};
use crate::wasi;

/// Faults named. One is enough to lose the badge; the others help to find the cause.
const FAULTS_MAX: usize = 20;

/// The second clock starts so much later: another year, month, day, hour and second.
const LATER_MS: u64 = 430 * 24 * 3_600_000 + 5 * 3_600_000 + 1_234;

/// What a judge's verdicts may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Badge {
    /// It answered alike under all circumstances: its verdicts may move money.
    Deterministic,
    /// It did not, or nothing was shown: its verdicts inform a person.
    EvidenceOnly,
}

impl Badge {
    /// Its name in listings.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deterministic => "deterministic",
            Self::EvidenceOnly => "evidence-only",
        }
    }
}

/// What a trial on golden inputs found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certification {
    /// What the verdicts may be used for.
    pub badge: Badge,
    /// Golden inputs given.
    pub goldens: u32,
    /// Calls made.
    pub runs: u32,
    /// Calls that ended without an answer.
    pub inconclusive: u32,
    /// Fuel of the calls that ended in an answer, the median.
    pub fuel_p50: u64,
    /// The same, 99 of 100.
    pub fuel_p99: u64,
    /// The most memory one run held, bytes.
    pub memory_bytes_peak: u64,
    /// Microseconds of a run with an answer, instantiation included, the median.
    pub time_us_p50: u64,
    /// The same, 99 of 100.
    pub time_us_p99: u64,
    /// The component, bytes.
    pub component_bytes: u64,
    /// Its machine code, bytes.
    pub code_bytes: u64,
    /// The engine profile the fuel was counted on.
    pub profile: String,
    /// Why it is not deterministic, a sentence each, at most 20.
    pub faults: Vec<String>,
}

impl Sandbox {
    /// Runs a judge on golden inputs under different circumstances, on this thread, which
    /// it blocks: some hundred runs, each in turn with those of others. Not to be called
    /// from async code.
    pub fn certify_blocking(&self, judge: &Judge, goldens: &[Golden]) -> Certification {
        let mut trial = Trial::new(self, judge);
        match on_demand(judge) {
            Ok(other) => trial.other = Some(other),
            Err(error) => trial.fault(format!("it could not be tried with memory from the system: {error}")),
        }
        for (done, golden) in goldens.iter().enumerate() {
            trial.golden(golden);
            if trial.cut_short {
                let left = goldens.len() - done - 1;
                trial.fault(format!(
                    "the golden inputs took too much fuel: {left} of them were not run, and {:?} not to its end",
                    golden.name
                ));
                break;
            }
        }
        trial.finish(goldens.len())
    }
}

/// An engine without a pool, and the judge on it. Dropped after one certification: they
/// are rare, and it holds a thread.
fn on_demand(judge: &Judge) -> Result<(Host, Judge), SandboxError> {
    let text = |error: wasmtime::Error| SandboxError::Engine(format!("{error:#}"));
    let host = engine::start_on_demand()?;
    let linker = wasi::linker(&host.engine).map_err(text)?;
    let judge = judge.carried(&host.engine, &linker).map_err(text)?;
    Ok((host, judge))
}

struct Trial<'a> {
    sandbox: &'a Sandbox,
    judge: &'a Judge,
    /// No run has more fuel than the whole trial.
    limits: Limits,
    other: Option<(Host, Judge)>,
    runs: u32,
    inconclusive: u32,
    fuel_total: u64,
    /// A run did not take place, because the fuel of the whole trial is used up.
    cut_short: bool,
    fuel: Vec<u64>,
    time_us: Vec<u64>,
    memory_bytes_peak: u64,
    /// Whether any answer was more than the naming of a problem.
    judged: bool,
    faults: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Memory {
    Pool,
    System,
}

impl<'a> Trial<'a> {
    fn new(sandbox: &'a Sandbox, judge: &'a Judge) -> Self {
        let limits = sandbox.limits().clone();
        let fuel_max = limits.fuel_max.min(limits.certification_fuel_max);
        Self {
            sandbox,
            judge,
            limits: Limits { fuel_max, ..limits },
            other: None,
            runs: 0,
            inconclusive: 0,
            fuel_total: 0,
            cut_short: false,
            fuel: Vec::new(),
            time_us: Vec::new(),
            memory_bytes_peak: 0,
            judged: false,
            faults: Vec::new(),
        }
    }

    fn golden(&mut self, golden: &Golden) {
        let own =
            Circumstances { seed: run::seed_of(&golden.input), starts_at_ms: golden.input.starts_at_ms() };
        let later = Circumstances { starts_at_ms: own.starts_at_ms.saturating_add(LATER_MS), ..own };
        let Some(first) = self.once(golden, own, Memory::Pool) else { return };
        if let Outcome::Inconclusive { reason } = &first.outcome {
            self.unanswered(golden, reason);
        }
        self.judged |=
            matches!(&first.outcome, Outcome::Output(output) if !matches!(output, Output::Problem(_)));
        self.compare_seed(golden, own, &first, "its own seed");
        if let Some(call) = self.once(golden, later, Memory::Pool) {
            self.same_answer(golden, "with a clock that starts later", &first, &call);
        }
        let others =
            [(&b"assay trial seed 2\n"[..], "the second seed"), (b"assay trial seed 3\n", "the third seed")];
        for (label, name) in others {
            let seed = *Digest::of_parts(&[label, &own.seed]).bytes();
            let other = Circumstances { seed, ..own };
            let Some(base) = self.once(golden, other, Memory::Pool) else { continue };
            self.same_answer(golden, &format!("under {name}"), &first, &base);
            // No answer takes up to a full run each time: one look at another seed is enough.
            if answered(&first) {
                self.compare_seed(golden, other, &base, name);
            } else {
                return;
            }
        }
        self.ask_twice(golden, own, &first);
    }

    /// The same seed again, and with memory from the system: the same answer at the same cost.
    fn compare_seed(&mut self, golden: &Golden, under: Circumstances, base: &Call, seed: &str) {
        let settings = [(Memory::Pool, "again"), (Memory::System, "with memory from the system")];
        for (memory, how) in settings {
            // One look is enough, as above.
            if memory == Memory::Pool && !answered(base) {
                continue;
            }
            let Some(call) = self.once(golden, under, memory) else { continue };
            let how = format!("{how}, under {seed}");
            self.same_answer(golden, &how, base, &call);
            self.same_fuel(golden, &how, base, &call);
        }
    }

    /// One instance, asked twice.
    fn ask_twice(&mut self, golden: &Golden, under: Circumstances, first: &Call) {
        let calls = self.calls(golden, under, Memory::Pool, 2);
        if let [once, twice] = calls.as_slice() {
            self.same_fuel(golden, "again, under its own seed", first, once);
            self.same_answer(golden, "from an instance that was asked before", first, twice);
        } else if !calls.is_empty() {
            self.fault(format!("golden input {:?}: an instance could not be asked twice", golden.name));
        }
    }

    fn once(&mut self, golden: &Golden, under: Circumstances, memory: Memory) -> Option<Call> {
        self.calls(golden, under, memory, 1).pop()
    }

    fn calls(&mut self, golden: &Golden, under: Circumstances, memory: Memory, count: usize) -> Vec<Call> {
        if self.fuel_total >= self.limits.certification_fuel_max {
            self.cut_short = true;
            return Vec::new();
        }
        let limits = &self.limits;
        let asked = (&golden.input, golden.attachments.clone());
        let other = self.other.as_ref().map(|(host, judge)| (&host.engine, judge));
        let done = self.sandbox.with_room(|engine| {
            let (engine, judge) = match memory {
                Memory::Pool => (engine, self.judge),
                // Without such an engine there is a fault already.
                Memory::System => other?,
            };
            let started = now();
            let calls = run::trial(engine, limits, judge.here()?, asked, under, count);
            Some((calls, started.elapsed()))
        });
        let Some((calls, took)) = done else { return Vec::new() };
        self.note(&calls, took);
        calls
    }

    fn note(&mut self, calls: &[Call], took: Duration) {
        for call in calls {
            self.runs += 1;
            self.fuel_total = self.fuel_total.saturating_add(call.fuel);
            self.memory_bytes_peak = self.memory_bytes_peak.max(call.memory_bytes);
            if answered(call) {
                self.fuel.push(call.fuel);
            } else {
                self.inconclusive += 1;
            }
        }
        if let [call] = calls
            && answered(call)
        {
            self.time_us.push(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
        }
    }

    fn unanswered(&mut self, golden: &Golden, reason: &Reason) {
        let name = &golden.name;
        if golden.must_answer {
            self.fault(format!("golden input {name:?} gets no answer: {reason}"));
        } else if reason.may_pass() {
            self.fault(format!("golden input {name:?} gets no answer that repeats: {reason}"));
        }
    }

    fn same_answer(&mut self, golden: &Golden, how: &str, base: &Call, call: &Call) {
        if base.outcome.canonical() != call.outcome.canonical() {
            self.fault(format!("golden input {:?} gets another answer {how}", golden.name));
        }
    }

    fn same_fuel(&mut self, golden: &Golden, how: &str, base: &Call, call: &Call) {
        if base.fuel != call.fuel {
            let (name, base, fuel) = (&golden.name, base.fuel, call.fuel);
            self.fault(format!("golden input {name:?} takes {fuel} fuel {how}, and took {base}"));
        }
    }

    fn fault(&mut self, text: String) {
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(text);
        }
    }

    fn finish(mut self, goldens: usize) -> Certification {
        if !self.judged {
            self.fault(
                "no golden input was judged, so nothing was shown: put some into the manifest that can be"
                    .to_owned(),
            );
        }
        self.fuel.sort_unstable();
        self.time_us.sort_unstable();
        Certification {
            badge: if self.faults.is_empty() { Badge::Deterministic } else { Badge::EvidenceOnly },
            goldens: u32::try_from(goldens).unwrap_or(u32::MAX),
            runs: self.runs,
            inconclusive: self.inconclusive,
            fuel_p50: of_a_hundred(&self.fuel, 50),
            fuel_p99: of_a_hundred(&self.fuel, 99),
            memory_bytes_peak: self.memory_bytes_peak,
            time_us_p50: of_a_hundred(&self.time_us, 50),
            time_us_p99: of_a_hundred(&self.time_us, 99),
            component_bytes: self.judge.component_bytes as u64,
            code_bytes: self.judge.code_bytes() as u64,
            profile: self.sandbox.profile().to_owned(),
            faults: self.faults,
        }
    }
}

fn answered(call: &Call) -> bool {
    matches!(call.outcome, Outcome::Output(_))
}

/// The smallest of these that `share` of a hundred do not exceed; 0 of none.
fn of_a_hundred(sorted: &[u64], share: usize) -> u64 {
    let rank = (sorted.len() * share).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(0)
}

#[expect(clippy::disallowed_methods, reason = "a stopwatch, for figures that decide nothing")]
fn now() -> Instant {
    Instant::now()
}
