//! The virtual world: the subset of WASI 0.2 that language runtimes ask for, none of
//! it real, and the two imports of `assay:plugin`.
//!
//! Linked: io, clocks, random, cli, and a filesystem without a single directory. Not
//! linked at all: sockets, http. Clocks, polling, streams and randomness are this crate's
//! own; the rest is wasmtime-wasi's with nothing behind it.

use std::sync::Arc;

use wasmtime::component::{ComponentType, HasData, HasSelf, Lift, Linker, Resource};
use wasmtime::{Engine, Result, StoreContextMut, bail};
use wasmtime_wasi::cli::{WasiCli, WasiCliView};
use wasmtime_wasi::filesystem::{WasiFilesystem, WasiFilesystemView};
use wasmtime_wasi::p2::bindings::clocks::{monotonic_clock, wall_clock};
use wasmtime_wasi::p2::bindings::random::{insecure, insecure_seed, random};
use wasmtime_wasi::p2::bindings::sync::{filesystem as sync_filesystem, io as sync_io};
use wasmtime_wasi::p2::bindings::{cli, filesystem, io as async_io};
use wasmtime_wasi::p2::{DynPollable, Pollable, subscribe};
use wasmtime_wasi::{ResourceTable, async_trait};

use crate::clock::VirtualClock;
use crate::state::State;
use crate::world;

/// Random bytes a guest may ask for in one call.
const RANDOM_BYTES_MAX: u64 = 64 << 10;

/// What a judge may import from WASI, any version 0.2 of it.
pub(crate) const INTERFACES: [&str; 20] = [
    "wasi:cli/environment",
    "wasi:cli/exit",
    "wasi:cli/stderr",
    "wasi:cli/stdin",
    "wasi:cli/stdout",
    "wasi:cli/terminal-input",
    "wasi:cli/terminal-output",
    "wasi:cli/terminal-stderr",
    "wasi:cli/terminal-stdin",
    "wasi:cli/terminal-stdout",
    "wasi:clocks/monotonic-clock",
    "wasi:clocks/wall-clock",
    "wasi:filesystem/preopens",
    "wasi:filesystem/types",
    "wasi:io/error",
    "wasi:io/poll",
    "wasi:io/streams",
    "wasi:random/insecure",
    "wasi:random/insecure-seed",
    "wasi:random/random",
];

/// Everything a judge can import. Built once: linking costs milliseconds.
pub(crate) fn linker(engine: &Engine) -> Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    link_own(&mut linker)?;
    link_plugin(&mut linker)?;
    let l = &mut linker;
    cli::environment::add_to_linker::<State, WasiCli>(l, State::cli)?;
    cli::exit::add_to_linker::<State, WasiCli>(l, State::cli)?;
    cli::stdin::add_to_linker::<State, WasiCli>(l, State::cli)?;
    cli::stdout::add_to_linker::<State, WasiCli>(l, State::cli)?;
    cli::stderr::add_to_linker::<State, WasiCli>(l, State::cli)?;
    cli::terminal_input::add_to_linker::<State, WasiCli>(l, State::cli)?;
    cli::terminal_output::add_to_linker::<State, WasiCli>(l, State::cli)?;
    cli::terminal_stdin::add_to_linker::<State, WasiCli>(l, State::cli)?;
    cli::terminal_stdout::add_to_linker::<State, WasiCli>(l, State::cli)?;
    cli::terminal_stderr::add_to_linker::<State, WasiCli>(l, State::cli)?;
    filesystem::preopens::add_to_linker::<State, WasiFilesystem>(l, State::filesystem)?;
    sync_filesystem::types::add_to_linker::<State, WasiFilesystem>(l, State::filesystem)?;
    sync_io::error::add_to_linker::<State, Table>(l, |state| &mut state.table)?;
    Ok(linker)
}

struct Table;

impl HasData for Table {
    type Data<'a> = &'a mut ResourceTable;
}

fn link_own(l: &mut Linker<State>) -> Result<()> {
    sync_io::poll::add_to_linker::<State, HasSelf<State>>(l, |state| state)?;
    sync_io::streams::add_to_linker::<State, HasSelf<State>>(l, |state| state)?;
    wall_clock::add_to_linker::<State, HasSelf<State>>(l, |state| state)?;
    monotonic_clock::add_to_linker::<State, HasSelf<State>>(l, |state| state)?;
    random::add_to_linker::<State, HasSelf<State>>(l, |state| state)?;
    insecure::add_to_linker::<State, HasSelf<State>>(l, |state| state)?;
    insecure_seed::add_to_linker::<State, HasSelf<State>>(l, |state| state)
}

#[derive(Clone, Copy, ComponentType, Lift)]
#[component(enum)]
#[repr(u8)]
#[expect(dead_code, reason = "only a guest makes one, and lifting reads it as its number")]
enum Level {
    #[component(name = "debug")]
    Debug,
    #[component(name = "info")]
    Info,
    #[component(name = "warn")]
    Warn,
    #[component(name = "error")]
    Error,
}

impl Level {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

type Read = (Result<Vec<u8>, String>,);

fn link_plugin(linker: &mut Linker<State>) -> Result<()> {
    linker.instance(&format!("assay:plugin/attachments@{}", world::VERSION))?.func_wrap(
        "read",
        |mut store: StoreContextMut<'_, State>, (index, offset, len): (u32, u64, u32)| -> Result<Read> {
            Ok((store.data_mut().read(index, offset, len)?,))
        },
    )?;
    linker.instance(&format!("assay:plugin/logging@{}", world::VERSION))?.func_wrap(
        "log",
        |mut store: StoreContextMut<'_, State>, (level, message): (Level, String)| -> Result<()> {
            let state = store.data_mut();
            state.charge(message.len() as u64)?;
            state.console.log(level.as_str(), &message);
            Ok(())
        },
    )
}

impl wall_clock::Host for State {
    fn now(&mut self) -> Result<wall_clock::Datetime> {
        self.charge(0)?;
        let (seconds, nanoseconds) = self.clock.look_at_wall();
        Ok(wall_clock::Datetime { seconds, nanoseconds })
    }

    fn resolution(&mut self) -> Result<wall_clock::Datetime> {
        Ok(wall_clock::Datetime { seconds: 0, nanoseconds: 1 })
    }
}

impl monotonic_clock::Host for State {
    fn now(&mut self) -> Result<u64> {
        self.charge(0)?;
        Ok(self.clock.look())
    }

    fn resolution(&mut self) -> Result<u64> {
        Ok(1)
    }

    fn subscribe_instant(&mut self, when: u64) -> Result<Resource<DynPollable>> {
        self.charge(0)?;
        let timer = Timer { clock: Arc::clone(&self.clock), deadline_ns: when };
        let timer = self.table.push(timer)?;
        subscribe(&mut self.table, timer)
    }

    fn subscribe_duration(&mut self, when: u64) -> Result<Resource<DynPollable>> {
        let deadline_ns = self.clock.elapsed_ns().saturating_add(when);
        monotonic_clock::Host::subscribe_instant(self, deadline_ns)
    }
}

struct Timer {
    clock: Arc<VirtualClock>,
    deadline_ns: u64,
}

#[async_trait]
impl Pollable for Timer {
    async fn ready(&mut self) {
        Arc::clone(&self.clock).reach(self.deadline_ns).await;
    }
}

/// Waiting is where virtual time passes, so it is driven here and not by an executor.
impl sync_io::poll::Host for State {
    fn poll(&mut self, pollables: Vec<Resource<DynPollable>>) -> Result<Vec<u32>> {
        self.charge(pollables.len() as u64)?;
        self.clock.drive(async_io::poll::Host::poll(&mut self.table, pollables))?
    }
}

impl sync_io::poll::HostPollable for State {
    fn ready(&mut self, pollable: Resource<DynPollable>) -> Result<bool> {
        self.charge(0)?;
        self.clock.drive(async_io::poll::HostPollable::ready(&mut self.table, pollable))?
    }

    fn block(&mut self, pollable: Resource<DynPollable>) -> Result<()> {
        self.charge(0)?;
        self.clock.drive(async_io::poll::HostPollable::block(&mut self.table, pollable))?
    }

    fn drop(&mut self, pollable: Resource<DynPollable>) -> Result<()> {
        async_io::poll::HostPollable::drop(&mut self.table, pollable)
    }
}

impl State {
    fn room_for(&mut self, len: u64) -> Result<Vec<u8>> {
        if len > RANDOM_BYTES_MAX {
            bail!("asked for {len} random bytes at once, {RANDOM_BYTES_MAX} are allowed");
        }
        self.charge(len)?;
        Ok(vec![0; usize::try_from(len)?])
    }
}

impl random::Host for State {
    fn get_random_bytes(&mut self, len: u64) -> Result<Vec<u8>> {
        let mut bytes = self.room_for(len)?;
        self.randomness.secure.fill(&mut bytes);
        Ok(bytes)
    }

    fn get_random_u64(&mut self) -> Result<u64> {
        self.charge(8)?;
        Ok(self.randomness.secure.next_u64())
    }
}

impl insecure::Host for State {
    fn get_insecure_random_bytes(&mut self, len: u64) -> Result<Vec<u8>> {
        let mut bytes = self.room_for(len)?;
        self.randomness.insecure.fill(&mut bytes);
        Ok(bytes)
    }

    fn get_insecure_random_u64(&mut self) -> Result<u64> {
        self.charge(8)?;
        Ok(self.randomness.insecure.next_u64())
    }
}

impl insecure_seed::Host for State {
    fn insecure_seed(&mut self) -> Result<(u64, u64)> {
        self.charge(16)?;
        Ok(self.randomness.map_seed())
    }
}
