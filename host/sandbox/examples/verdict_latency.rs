//! What the sandbox adds to a call: the same checks on the same delivery natively, then
//! by a component, bare through wasmtime with the same engine, and through
//! [`Sandbox::run`], turn by turn. Before that, the fuel of each check alone.
//!
//! `cargo run --release -p assay-sandbox --example verdict_latency -- COMPONENT.wasm [COUNT]`
//!
//! The delivery has 10 kB and the task ten checks, so COMPONENT is a verifier.
#![expect(clippy::disallowed_methods, reason = "a figure is a time that passed")]

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use assay_sandbox::{
    Attachments, Check, Class, Delivery, Digest, Input, Judge, Outcome, Problem, Report, Run, Sandbox,
    Settings, Task,
};
use wasmtime::component::{Component, HasSelf, Instance, InstancePre, Linker, ResourceTable};
use wasmtime::{Result, Store, format_err};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

mod host {
    wasmtime::component::bindgen!({ path: "../../wit/0.1.0", world: "verifier" });
}

use host::assay::plugin::{attachments, logging};

/// Runs of one way before the next has its turn.
const TURN: usize = 50;

/// Ten checks of the ordinary kinds.
const CHECKS: [&str; 10] = [
    r#"{"kind":"contains","value":"assay"}"#,
    r#"{"kind":"contains-all","values":["gold","silver","lead"],"ignore_case":true}"#,
    r#"{"kind":"not-contains","value":"lorem ipsum"}"#,
    r#"{"kind":"regex","pattern":"\\b[0-9]{1,3} parts\\b"}"#,
    r#"{"kind":"word-count","min":500}"#,
    r#"{"kind":"starts-with","value":"Report"}"#,
    r#"{"kind":"ends-with","value":"stamped."}"#,
    r#"{"kind":"list-item-count","min":3}"#,
    r#"{"kind":"heading-count","min":1}"#,
    r#"{"kind":"char-count","max":20000}"#,
];

#[tokio::main]
async fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("which component? give the path of a verifier")?;
    let count: usize = arguments.next().map_or(Ok(5_000), |count| count.parse())?;
    let bytes: Arc<[u8]> = std::fs::read(&path)?.into();
    let input = input(&CHECKS);

    let kept = tempfile::tempdir()?;
    let sandbox = compiled_and_loaded(&bytes, kept.path())?;
    let judge = sandbox.prepare(Arc::clone(&bytes)).await?;
    let bare = Arc::new(Bare::new(&sandbox, &bytes)?);

    let first = sandbox.run(&judge, &input, Attachments::none()).await;
    if let Outcome::Inconclusive { reason } = &first.outcome {
        return Err(format!("the component gives no verdict: {reason}").into());
    }
    println!("{} bytes of component, verdict {}, {} fuel", bytes.len(), first.word(), first.fuel);

    fuel_of_each(&sandbox, &judge);
    let Input::Verify { task, delivery, .. } = &input else { unreachable!("it is a verifier's") };

    let (mut in_native, mut in_birth, mut in_bare) = (Vec::new(), Vec::new(), Vec::new());
    let (mut in_blocking, mut in_run) = (Vec::new(), Vec::new());
    // Turns of many runs, since each way of running leaves the processor's caches to
    // itself; many turns, since a machine is not equally fast all the time.
    for turn in 0..=count.div_ceil(TURN) {
        let mut times: [Vec<Duration>; 5] = Default::default();
        let [native, birth, called, blocking, run] = &mut times;
        for _ in 0..TURN {
            let judged = || {
                black_box(natively(task, delivery));
                Ok(())
            };
            native.push(time(judged)?);
        }
        for _ in 0..TURN {
            birth.push(time(|| bare.instantiate().map(drop))?);
        }
        for _ in 0..TURN {
            called.push(time(|| bare.call(&input).map(drop))?);
        }
        for _ in 0..TURN {
            blocking.push(time(|| verdict(&sandbox.run_blocking(&judge, &input, Attachments::none())))?);
        }
        for _ in 0..TURN {
            let started = Instant::now();
            verdict(&sandbox.run(&judge, &input, Attachments::none()).await)?;
            run.push(started.elapsed());
        }
        // The first turn warms the pool.
        if turn > 0 {
            in_native.append(native);
            in_birth.append(birth);
            in_bare.append(called);
            in_blocking.append(blocking);
            in_run.append(run);
        }
    }
    row("the checks, natively", in_native, None);
    row("bare instantiation", in_birth, None);
    let bare = row("bare wasmtime call", in_bare, None);
    row("Sandbox::run_blocking", in_blocking, Some(bare));
    row("Sandbox::run", in_run, Some(bare));
    Ok(())
}

/// A sandbox that did not compile the component, but found it compiled in this folder.
fn compiled_and_loaded(
    bytes: &[u8],
    folder: &Path,
) -> std::result::Result<Sandbox, Box<dyn std::error::Error>> {
    let settings =
        || Settings { cache_dir: Some(folder.to_owned()), cache_key: [1; 32], ..Settings::default() };
    let first = Sandbox::start(settings())?;
    println!("compiled in {:.1?}", time(|| Ok(first.prepare_blocking(bytes).map(drop)?))?);
    for file in std::fs::read_dir(folder)? {
        println!("kept as {} bytes", file?.metadata()?.len());
    }
    let sandbox = Sandbox::start(settings())?;
    let digest = Digest::of(bytes);
    let known = || sandbox.known_blocking(&digest).map(drop).ok_or_else(|| format_err!("it was not kept"));
    println!("loaded in {:.1?}", time(known)?);
    Ok(sandbox)
}

/// Every check alone, beside no check at all.
fn fuel_of_each(sandbox: &Sandbox, judge: &Judge) {
    let fuel = |checks: &[&str]| {
        let run = sandbox.run_blocking(judge, &input(checks), Attachments::none());
        run.fuel
    };
    let empty = fuel(&[]);
    println!("{empty:>10} fuel without a check");
    for json in CHECKS {
        println!("{:>10} fuel more for {json}", fuel(&[json]) - empty);
    }
}

/// What the built-in verifier does, without a sandbox.
fn natively(task: &Task, delivery: &Delivery) -> Vec<assay_checks::Outcome> {
    let task_text = format!("{}\n{}", task.title, task.description);
    let judge = assay_checks::Judge::new(assay_checks::Delivery {
        content: &delivery.content,
        task_text: &task_text,
        attachments: &[],
        traces: &[],
        read: &|_, _, _| Err("none".to_owned()),
    });
    let outcome = |check: &Check| {
        let check = assay_checks::Check::parse(&check.json).expect("the checks are written well");
        judge.run(&check, None)
    };
    task.checks.iter().map(outcome).collect()
}

fn verdict(run: &Run) -> Result<()> {
    matches!(run.outcome, Outcome::Output(_)).then_some(()).ok_or_else(|| format_err!("no verdict"))
}

fn time(work: impl FnOnce() -> Result<()>) -> Result<Duration> {
    let started = Instant::now();
    work()?;
    Ok(started.elapsed())
}

/// Prints a row and gives its median.
fn row(name: &str, mut times: Vec<Duration>, beside: Option<Duration>) -> Duration {
    times.sort_unstable();
    let at = |share: usize| times[(times.len() - 1) * share / 100];
    let (p50, p99) = (at(50), at(99));
    let ratio = beside
        .map_or(String::new(), |bare| format!("  {:.2} times bare", p50.as_secs_f64() / bare.as_secs_f64()));
    println!("{name:<24} p50 {p50:>10.1?}  p99 {p99:>10.1?}{ratio}");
    p50
}

/// What a host would do that trusts everything: a fresh store, one call, no receipt.
struct Bare {
    pre: InstancePre<Bystander>,
    sandbox: Sandbox,
}

struct Bystander {
    wasi: WasiCtx,
    table: ResourceTable,
}

impl WasiView for Bystander {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl logging::Host for Bystander {
    fn log(&mut self, _level: logging::Level, _message: String) {}
}

impl attachments::Host for Bystander {
    fn read(&mut self, _index: u32, _offset: u64, _len: u32) -> std::result::Result<Vec<u8>, String> {
        Err("none".to_owned())
    }
}

type Given<'a> = (&'a Task, &'a Delivery, &'a str);
type Answer = (std::result::Result<Report, Problem>,);

impl Bare {
    fn new(sandbox: &Sandbox, bytes: &[u8]) -> Result<Self> {
        let engine = sandbox.engine();
        let mut linker = Linker::new(engine);
        wasmtime_wasi::p2::add_to_linker_sync(&mut linker)?;
        logging::add_to_linker::<_, HasSelf<Bystander>>(&mut linker, |state| state)?;
        attachments::add_to_linker::<_, HasSelf<Bystander>>(&mut linker, |state| state)?;
        let pre = linker.instantiate_pre(&Component::from_binary(engine, bytes)?)?;
        Ok(Self { pre, sandbox: sandbox.clone() })
    }

    fn instantiate(&self) -> Result<(Store<Bystander>, Instance)> {
        let state = Bystander { wasi: WasiCtx::builder().build(), table: ResourceTable::new() };
        let mut store = Store::new(self.sandbox.engine(), state);
        store.set_fuel(u64::MAX)?;
        store.set_epoch_deadline(u64::MAX / 2);
        let instance = self.pre.instantiate(&mut store)?;
        Ok((store, instance))
    }

    fn call(&self, input: &Input) -> Result<std::result::Result<Report, Problem>> {
        let Input::Verify { task, delivery, config } = input else {
            return Err(format_err!("the input is a verifier's"));
        };
        let (mut store, instance) = self.instantiate()?;
        let verify = instance.get_typed_func::<Given<'_>, Answer>(&mut store, "verify")?;
        Ok(verify.call(&mut store, (task, delivery, config))?.0)
    }
}

fn input(checks: &[&str]) -> Input {
    let check = |json: &&str| Check {
        kind: json.split('"').nth(3).unwrap_or_default().to_owned(),
        required: true,
        weight: 1,
        class: Class::Decidable,
        json: (*json).to_owned(),
        prior: None,
    };
    let task = Task {
        id: "task-1".to_owned(),
        title: "Report on an ingot".to_owned(),
        description: "Say what the ingot is made of, with the share of each metal.".to_owned(),
        category: "writing".to_owned(),
        skills: vec!["metallurgy".to_owned()],
        criteria: Vec::new(),
        checks: checks.iter().map(check).collect(),
        currency: "USD".to_owned(),
        price: 25_000_000,
        posted_at: 1_700_000_000_000,
        deadline_at: Some(1_700_086_400_000),
    };
    let delivery = Delivery {
        id: "delivery-1".to_owned(),
        content: content(),
        summary: "The report, with a list of the metals.".to_owned(),
        attachments: Vec::new(),
        traces: Vec::new(),
        round: 1,
        delivered_at: 1_700_050_000_000,
    };
    Input::Verify { task, delivery, config: String::new() }
}

/// About 10,000 bytes of prose that no two sentences of repeat exactly.
fn content() -> String {
    let mut text = String::from("Report\n\n# Findings\n\n- gold\n- silver\n- lead\n\n");
    let mut sample = 1;
    while text.len() < 9_900 {
        let (gold, silver) = (900 + sample % 97, 90 - sample % 53);
        let sentence =
            format!("Sample {sample} of the assay held {gold} parts gold, {silver} parts silver and lead. ");
        text.push_str(&sentence);
        if sample % 5 == 0 {
            text.push_str("\n\n");
        }
        sample += 1;
    }
    text.push_str("Each was weighed twice and stamped.");
    text
}
