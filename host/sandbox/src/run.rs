//! One run: a fresh store, the component brought to life, one call, what it cost.

use wasmtime::component::{ComponentNamedList, Instance, InstancePre, Lift, Lower};
use wasmtime::{Engine, Store, Trap};

use crate::child::wire;
use crate::digest::Digest;
use crate::engine;
use crate::input::{Input, Output, Pinned};
use crate::invariants;
use crate::judge::{Here, Judge};
use crate::outcome::{Outcome, Reason, Run};
use crate::pricing::{Bid, Listing, PricingDecision, PricingEvent};
use crate::settings::Limits;
use crate::state::{Attachments, State};
use crate::verdict::{Decision, Problem, Report, Scorecard};
use crate::work::{Delivery, Task};
use crate::world::World;

/// Bytes of a trap's text; wasmtime adds a trace of function names the guest chose.
const TRAP_TEXT_BYTES_MAX: usize = 2_000;

/// Runs a judge on an input, on this thread.
pub(crate) fn execute(
    engine: &Engine,
    limits: &Limits,
    judge: &Judge,
    here: &Here,
    input: &Input,
    attachments: Attachments,
) -> Run {
    if judge.world != input.world() {
        return of_another_world(judge, input);
    }
    let pinned = input.pin();
    let seed = seed(&pinned.digest);
    let mut store = store(engine, State::of(input, seed, attachments, limits), limits);
    let (outcome, fuel) = match instantiate(&mut store, &here.instance_pre, limits) {
        Ok(instance) => call(&mut store, &instance, here, input, limits),
        Err(reason) => (Outcome::inconclusive(reason), 0),
    };
    let state = store.into_data();
    let cost = Cost {
        fuel,
        memory_bytes: state.limiter.bytes_peak(),
        virtual_time_ns: state.clock.elapsed_ns(),
        seed,
        log: state.console.into_lines(),
    };
    finish(input, pinned, within(outcome, limits.output_bytes_max), cost)
}

/// The call and nothing else: what a run costs that keeps no bytes, checks no answer and
/// counts nothing.
pub(crate) fn bare(
    engine: &Engine,
    limits: &Limits,
    here: &Here,
    input: &Input,
    attachments: Attachments,
) -> wasmtime::Result<Output> {
    let mut store = store(engine, State::of(input, [0; 32], attachments, limits), limits);
    store.set_fuel(limits.fuel_max)?;
    let instance = here.instance_pre.instantiate(&mut store)?;
    store.data_mut().begin_call(limits.fuel_max);
    ask(&mut store, &instance, here, input)
}

/// What a run comes to when the judge is for something else.
pub(crate) fn of_another_world(judge: &Judge, input: &Input) -> Run {
    failed(input, format!("a {} was given what a {} takes", judge.world, input.world()))
}

/// What a run comes to when the host itself failed under it.
pub(crate) fn failed(input: &Input, text: String) -> Run {
    failed_because(input, Reason::Host(text))
}

/// What a run comes to that took nothing and gave nothing.
pub(crate) fn failed_because(input: &Input, reason: Reason) -> Run {
    let pinned = input.pin();
    let cost = Cost::none(seed(&pinned.digest));
    finish(input, pinned, said(Outcome::inconclusive(reason)), cost)
}

/// What a run comes to that a child process tells of. The child is believed no more
/// than the component it ran: an answer is read, and held against the rules, again.
pub(crate) fn received(
    input: &Input,
    limits: &Limits,
    reason: Option<Reason>,
    told: wire::Cost,
    output: &[u8],
) -> Run {
    let pinned = input.pin();
    let answer = match reason {
        Some(reason) => Err(reason),
        None if output.len() > limits.output_bytes_max => Err(Reason::OutputTooLarge),
        None => match Output::parse(output) {
            Ok(answer) => invariants::check(input, &answer).map(|()| answer).map_err(Reason::Lie),
            Err(error) => Err(Reason::Host(error.to_string())),
        },
    };
    let cost = Cost {
        fuel: told.fuel.min(limits.fuel_max),
        memory_bytes: told.memory_bytes,
        virtual_time_ns: told.virtual_time_ns,
        seed: seed(&pinned.digest),
        log: told.log,
    };
    finish(input, pinned, said(answer.map_or_else(Outcome::inconclusive, Outcome::Output)), cost)
}

/// Brings a component to life once and looks whether its export fits its world.
pub(crate) fn try_out(engine: &Engine, limits: &Limits, world: World, here: &Here) -> Result<(), TryOut> {
    let seed = seed(&Digest::of(b"try-out"));
    let mut store = store(engine, State::empty(seed, limits), limits);
    let instance = instantiate(&mut store, &here.instance_pre, limits)
        .map_err(|reason| TryOut::Instantiation(reason.to_string()))?;
    fits(&mut store, &instance, world, here).map_err(|error| TryOut::Export(format!("{error:#}")))
}

/// What a trial chooses that a run takes from its input.
#[derive(Clone, Copy)]
pub(crate) struct Circumstances {
    pub(crate) seed: [u8; 32],
    /// Milliseconds since 1970.
    pub(crate) starts_at_ms: u64,
}

/// What one call of a trial came to.
pub(crate) struct Call {
    pub(crate) outcome: Outcome,
    pub(crate) fuel: u64,
    /// The most memory held at once until then, bytes.
    pub(crate) memory_bytes: u64,
}

/// The randomness a run of this input has.
pub(crate) fn seed_of(input: &Input) -> [u8; 32] {
    seed(&input.pin().digest)
}

/// Asks one instance the same again and again, `calls` times or until there is no answer.
pub(crate) fn trial(
    engine: &Engine,
    limits: &Limits,
    here: &Here,
    (input, attachments): (&Input, Attachments),
    circumstances: Circumstances,
    calls: usize,
) -> Vec<Call> {
    let Circumstances { seed, starts_at_ms } = circumstances;
    let state = State::at(starts_at_ms, input, seed, attachments, limits);
    let mut store = store(engine, state, limits);
    let begun = instantiate(&mut store, &here.instance_pre, limits);
    let mut done = Vec::new();
    while done.len() < calls {
        let called = begun.as_ref().map_err(Clone::clone).and_then(|instance| {
            set_fuel(&mut store, limits.fuel_max)?;
            store.data_mut().begin_call(limits.fuel_max);
            Ok(call(&mut store, instance, here, input, limits))
        });
        let (outcome, fuel) = called.unwrap_or_else(|reason| (Outcome::inconclusive(reason), 0));
        let (outcome, _) = within(outcome, limits.output_bytes_max);
        let over = matches!(outcome, Outcome::Inconclusive { .. });
        done.push(Call { outcome, fuel, memory_bytes: store.data().limiter.bytes_peak() });
        if over {
            break;
        }
    }
    done
}

/// Why a component is of no use.
pub(crate) enum TryOut {
    Instantiation(String),
    Export(String),
}

/// Randomness follows from the input, so that it repeats wherever the input does, and
/// nobody can choose it without changing what is judged.
fn seed(input: &Digest) -> [u8; 32] {
    *Digest::of_parts(&[b"assay seed 1\n", input.bytes()]).bytes()
}

fn store(engine: &Engine, state: State, limits: &Limits) -> Store<State> {
    let mut store = Store::new(engine, state);
    store.limiter(|state| &mut state.limiter);
    store.set_hostcall_fuel(limits.output_bytes_max);
    store.set_max_component_handles(limits.handles_max);
    store.set_epoch_deadline(engine::epochs(limits.wall_ms_max));
    store
}

fn instantiate(
    store: &mut Store<State>,
    instance_pre: &InstancePre<State>,
    limits: &Limits,
) -> Result<Instance, Reason> {
    set_fuel(store, limits.instantiation_fuel_max)?;
    let instance =
        instance_pre.instantiate(&mut *store).map_err(|error| match explain(&error, store.data_mut()) {
            reason @ (Reason::WallLimit | Reason::Memory(_) | Reason::Attachment(_)) => reason,
            reason => Reason::Instantiation(reason.to_string()),
        })?;
    // Fuel is counted from here: what instantiating costs depends on how the host maps
    // memory, what the call costs does not.
    set_fuel(store, limits.fuel_max)?;
    store.data_mut().begin_call(limits.fuel_max);
    Ok(instance)
}

fn set_fuel(store: &mut Store<State>, fuel: u64) -> Result<(), Reason> {
    store.set_fuel(fuel).map_err(|error| Reason::Host(format!("{error:#}")))
}

/// The outcome, and the fuel it took.
fn call(
    store: &mut Store<State>,
    instance: &Instance,
    here: &Here,
    input: &Input,
    limits: &Limits,
) -> (Outcome, u64) {
    let answer = ask(store, instance, here, input);
    // An engine that counts fuel always knows what is left.
    let left = store.get_fuel().unwrap_or(0);
    let fuel = limits.fuel_max.saturating_sub(left).saturating_add(store.data().fuel_charged());
    let outcome = match answer {
        Ok(_) if fuel > limits.fuel_max => Err(Reason::FuelExhausted),
        Ok(output) => invariants::check(input, &output).map(|()| output).map_err(Reason::Lie),
        Err(error) => Err(explain(&error, store.data_mut())),
    };
    let outcome = outcome.map_or_else(Outcome::inconclusive, Outcome::Output);
    (outcome, fuel.min(limits.fuel_max))
}

fn ask(
    store: &mut Store<State>,
    instance: &Instance,
    here: &Here,
    input: &Input,
) -> wasmtime::Result<Output> {
    match input {
        Input::Verify { task, delivery, config } => {
            let given: Judged<'_> = (task, delivery, config.as_str());
            Ok(invoke::<_, Report>(store, instance, here, given)?
                .map_or_else(Output::Problem, Output::Report))
        }
        Input::Score { task, delivery, config } => {
            let given: Judged<'_> = (task, delivery, config.as_str());
            Ok(invoke::<_, Scorecard>(store, instance, here, given)?
                .map_or_else(Output::Problem, Output::Scorecard))
        }
        Input::Review { task, delivery, scorecard, reports, config } => {
            let given: Reviewed<'_> = (task, delivery, scorecard, reports, config.as_str());
            Ok(invoke::<_, Decision>(store, instance, here, given)?
                .map_or_else(Output::Problem, Output::Decision))
        }
        Input::Price { listing, book, event, config } => {
            let given: Priced<'_> = (listing, book, event, config.as_str());
            Ok(invoke::<_, Vec<PricingDecision>>(store, instance, here, given)?
                .map_or_else(Output::Problem, Output::Pricing))
        }
    }
}

type Judged<'a> = (&'a Task, &'a Delivery, &'a str);
type Reviewed<'a> = (&'a Task, &'a Delivery, &'a Scorecard, &'a [Result<Report, Problem>], &'a str);
type Priced<'a> = (&'a Listing, &'a [Bid], &'a PricingEvent, &'a str);

fn invoke<Given, Answer>(
    store: &mut Store<State>,
    instance: &Instance,
    here: &Here,
    given: Given,
) -> wasmtime::Result<Result<Answer, Problem>>
where
    Given: ComponentNamedList + Lower,
    Answer: Lift,
    (Result<Answer, Problem>,): ComponentNamedList + Lift,
{
    let function = instance.get_typed_func::<Given, (Result<Answer, Problem>,)>(&mut *store, &here.export)?;
    Ok(function.call(store, given)?.0)
}

fn fits(store: &mut Store<State>, instance: &Instance, world: World, here: &Here) -> wasmtime::Result<()> {
    type Answer<T> = (Result<T, Problem>,);
    let export = &here.export;
    match world {
        World::Verifier => instance.get_typed_func::<Judged<'_>, Answer<Report>>(store, export).map(drop),
        World::Scorer => instance.get_typed_func::<Judged<'_>, Answer<Scorecard>>(store, export).map(drop),
        World::Reviewer => instance.get_typed_func::<Reviewed<'_>, Answer<Decision>>(store, export).map(drop),
        World::Pricing => {
            instance.get_typed_func::<Priced<'_>, Answer<Vec<PricingDecision>>>(store, export).map(drop)
        }
    }
}

/// Names the reason behind an error. What the host stopped comes first: it knows why.
fn explain(error: &wasmtime::Error, state: &mut State) -> Reason {
    if let Some(fault) = state.take_fault() {
        return fault;
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::OutOfFuel) => Reason::FuelExhausted,
        Some(Trap::Interrupt) => Reason::WallLimit,
        Some(Trap::StackOverflow) => Reason::StackOverflow,
        _ if says_too_much(error) => Reason::OutputTooLarge,
        _ => Reason::Trap(trap_text(error)),
    }
}

/// wasmtime gives this refusal no type of its own, only these words.
fn says_too_much(error: &wasmtime::Error) -> bool {
    error.root_cause().to_string().contains("fuel allocated for hostcalls has been exhausted")
}

fn trap_text(error: &wasmtime::Error) -> String {
    let mut text = error.root_cause().to_string();
    text.truncate(text.floor_char_boundary(TRAP_TEXT_BYTES_MAX));
    text
}

struct Cost {
    fuel: u64,
    memory_bytes: u64,
    virtual_time_ns: u64,
    seed: [u8; 32],
    log: Vec<String>,
}

impl Cost {
    fn none(seed: [u8; 32]) -> Self {
        Self { fuel: 0, memory_bytes: 0, virtual_time_ns: 0, seed, log: Vec::new() }
    }
}

/// An outcome and its canonical bytes.
type Said = (Outcome, Vec<u8>);

fn said(outcome: Outcome) -> Said {
    let bytes = outcome.canonical();
    (outcome, bytes)
}

fn within(outcome: Outcome, output_bytes_max: usize) -> Said {
    let said_so = said(outcome);
    if said_so.1.len() <= output_bytes_max {
        return said_so;
    }
    said(Outcome::inconclusive(Reason::OutputTooLarge))
}

fn finish(input: &Input, pinned: Pinned, (outcome, output): Said, cost: Cost) -> Run {
    Run {
        word: outcome.word(input),
        task: input.task_id().to_owned(),
        delivery_digest: pinned.delivery,
        input: pinned.bytes,
        input_digest: pinned.digest,
        output_digest: Digest::of(&output),
        output,
        outcome,
        fuel: cost.fuel,
        memory_bytes: cost.memory_bytes,
        virtual_time_ns: cost.virtual_time_ns,
        seed: cost.seed,
        log: cost.log,
    }
}
