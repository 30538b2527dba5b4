//! What one run owns: its clock, randomness, notes, files, and the limits it runs under.

use std::collections::HashMap;
use std::sync::Arc;

use wasmtime::{ResourceLimiter, format_err};
use wasmtime_wasi::{ResourceTable, WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

use crate::clock::VirtualClock;
use crate::console::Console;
use crate::digest::Digest;
use crate::input::Input;
use crate::outcome::Reason;
use crate::random::Randomness;
use crate::settings::Limits;
use crate::work::Attachment;

/// What calls into the host cost, as a word for the engine profile: [`State::charge`]
/// with these figures. Change the word when a figure changes.
pub(crate) const CHARGES: &str = "call=100,byte=1";

/// Fuel for any call of a host function of ours, beside what it moves.
const CALL_FUEL: u64 = 100;

/// Most a guest may read of an attachment in one call, as `wit/` says.
const READ_BYTES_MAX: u32 = 64 << 10;

/// Streams and timers a guest may hold at once.
const RESOURCES_MAX: usize = 10_000;

/// The bytes of a delivery's files, by digest. Cheap to clone.
///
/// The digests are not believed: a file is digested when a component first reads it.
#[derive(Debug, Clone, Default)]
pub struct Attachments(Arc<HashMap<Digest, Arc<[u8]>>>);

impl Attachments {
    /// No bytes at hand.
    pub fn none() -> Self {
        Self::default()
    }

    /// Whether the bytes of this digest are at hand.
    pub fn has(&self, digest: &Digest) -> bool {
        self.0.contains_key(digest)
    }
}

impl Attachments {
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Digest, &Arc<[u8]>)> {
        self.0.iter()
    }
}

impl FromIterator<(Digest, Arc<[u8]>)> for Attachments {
    fn from_iter<I: IntoIterator<Item = (Digest, Arc<[u8]>)>>(files: I) -> Self {
        Self(Arc::new(files.into_iter().collect()))
    }
}

/// The data of one store.
pub(crate) struct State {
    pub(crate) clock: Arc<VirtualClock>,
    pub(crate) randomness: Randomness,
    pub(crate) console: Console,
    pub(crate) limiter: Limiter,
    pub(crate) table: ResourceTable,
    wasi: WasiCtx,
    files: Files,
    fuel_charged: u64,
    fuel_max: u64,
    /// Why the host stopped the run, when the host did.
    fault: Option<Reason>,
}

impl State {
    /// The world of a run of this input.
    pub(crate) fn of(input: &Input, seed: [u8; 32], attachments: Attachments, limits: &Limits) -> Self {
        Self::new(input.starts_at_ms(), seed, Files::new(input.attachments(), attachments), limits)
    }

    /// The same with a clock that starts at another time.
    pub(crate) fn at(
        starts_at_ms: u64,
        input: &Input,
        seed: [u8; 32],
        attachments: Attachments,
        limits: &Limits,
    ) -> Self {
        Self::new(starts_at_ms, seed, Files::new(input.attachments(), attachments), limits)
    }

    /// The world of a component that is brought to life and asked nothing.
    pub(crate) fn empty(seed: [u8; 32], limits: &Limits) -> Self {
        Self::new(0, seed, Files::new(&[], Attachments::none()), limits)
    }

    fn new(starts_at_ms: u64, seed: [u8; 32], files: Files, limits: &Limits) -> Self {
        let console = Console::default();
        let wasi = WasiCtxBuilder::new().stdout(console.output()).stderr(console.error()).build();
        let mut table = ResourceTable::new();
        table.set_max_capacity(RESOURCES_MAX);
        Self {
            clock: Arc::new(VirtualClock::new(starts_at_ms)),
            randomness: Randomness::new(seed),
            console,
            limiter: Limiter::new(limits),
            table,
            wasi,
            files,
            fuel_charged: 0,
            fuel_max: limits.instantiation_fuel_max,
            fault: None,
        }
    }

    /// Instantiation is over: what counts from here is the call.
    pub(crate) fn begin_call(&mut self, fuel_max: u64) {
        self.fuel_charged = 0;
        self.fuel_max = fuel_max;
    }

    /// Fuel that host functions took since the call began.
    pub(crate) fn fuel_charged(&self) -> u64 {
        self.fuel_charged
    }

    /// Why the host stopped the run, if it did.
    pub(crate) fn take_fault(&mut self) -> Option<Reason> {
        let memory = self.limiter.refused.take().map(Reason::Memory);
        self.fault.take().or(memory)
    }

    /// Takes fuel for work the host does for the guest, so that a byte moved by the
    /// host costs what a byte moved by the guest does.
    pub(crate) fn charge(&mut self, bytes: u64) -> wasmtime::Result<()> {
        self.fuel_charged = self.fuel_charged.saturating_add(CALL_FUEL).saturating_add(bytes);
        if self.fuel_charged > self.fuel_max {
            return Err(self.stop(Reason::FuelExhausted));
        }
        Ok(())
    }

    /// Reads from an attachment. The inner error is the guest's to see; it depends on
    /// the input alone. Bytes the host ought to hold and does not end the run instead.
    pub(crate) fn read(
        &mut self,
        index: u32,
        offset: u64,
        len: u32,
    ) -> wasmtime::Result<Result<Vec<u8>, String>> {
        match self.files.read(index, offset, len.min(READ_BYTES_MAX)) {
            Ok(bytes) => {
                let count = bytes.as_ref().map_or(0, Vec::len);
                self.charge(count as u64)?;
                Ok(bytes)
            }
            Err(missing) => Err(self.stop(Reason::Attachment(missing))),
        }
    }

    fn stop(&mut self, reason: Reason) -> wasmtime::Error {
        let error = format_err!("{reason}");
        self.fault = Some(reason);
        error
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

struct Files {
    listed: Vec<String>,
    held: Attachments,
    /// The bytes of each listed file, once they were found to have its digest.
    opened: Vec<Option<Arc<[u8]>>>,
}

impl Files {
    fn new(listed: &[Attachment], held: Attachments) -> Self {
        let listed: Vec<_> = listed.iter().map(|file| file.digest.clone()).collect();
        Self { opened: vec![None; listed.len()], listed, held }
    }

    fn read(&mut self, index: u32, offset: u64, len: u32) -> Result<Result<Vec<u8>, String>, String> {
        let position = index as usize;
        let Some(digest) = self.listed.get(position) else {
            return Ok(Err(format!("no attachment {index}; the delivery has {}", self.listed.len())));
        };
        // A file without a digest never reached any host, so every host says the same.
        let Ok(digest) = digest.parse::<Digest>() else {
            return Ok(Err(format!("the bytes of attachment {index} are not held")));
        };
        let bytes = if let Some(bytes) = &self.opened[position] {
            bytes
        } else {
            let bytes = self.held.0.get(&digest).ok_or_else(|| format!("{digest} is not at hand"))?;
            if Digest::of(bytes) != digest {
                return Err(format!("the bytes kept as {digest} have another digest"));
            }
            self.opened[position].insert(Arc::clone(bytes))
        };
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
        let end = start.saturating_add(len as usize).min(bytes.len());
        Ok(Ok(bytes[start..end].to_vec()))
    }
}

/// Counts memory, all memories of a run together, and keeps the peak.
pub(crate) struct Limiter {
    bytes: usize,
    bytes_peak: usize,
    bytes_max: usize,
    table_elements_max: usize,
    instances_max: usize,
    memories_max: usize,
    tables_max: usize,
    refused: Option<String>,
}

impl Limiter {
    fn new(limits: &Limits) -> Self {
        Self {
            bytes: 0,
            bytes_peak: 0,
            bytes_max: limits.memory_bytes_max,
            table_elements_max: limits.table_elements_max,
            instances_max: limits.instances_max,
            memories_max: limits.memories_max,
            tables_max: limits.tables_max,
            refused: None,
        }
    }

    /// The most memory the run held at once, bytes.
    pub(crate) fn bytes_peak(&self) -> u64 {
        self.bytes_peak as u64
    }

    /// A limit of this host ends the run. Were it an answer instead, as wasm would
    /// have it, a guest could say one thing here and another on a larger host.
    fn refuse(&mut self, text: String) -> wasmtime::Error {
        let error = format_err!("{text}");
        self.refused = Some(text);
        error
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        // Its own declared maximum is the component's business, the same everywhere.
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        let bytes = self.bytes.saturating_add(desired.saturating_sub(current));
        if bytes > self.bytes_max {
            let max = self.bytes_max;
            return Err(self.refuse(format!("asked for {bytes} bytes of memory, {max} are allowed")));
        }
        self.bytes = bytes;
        self.bytes_peak = self.bytes_peak.max(bytes);
        Ok(true)
    }

    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        Err(self.refuse(format!("memory could not grow: {error}")))
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        // First of all: a table of the pool says that its maximum is the pool's, and with
        // that this host's limit would be an answer.
        if desired > self.table_elements_max {
            let max = self.table_elements_max;
            return Err(self.refuse(format!("asked for a table of {desired} elements, {max} are allowed")));
        }
        Ok(maximum.is_none_or(|maximum| desired <= maximum))
    }

    fn table_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        Err(self.refuse(format!("a table could not grow: {error}")))
    }

    fn instances(&self) -> usize {
        self.instances_max
    }

    fn tables(&self) -> usize {
        self.tables_max
    }

    fn memories(&self) -> usize {
        self.memories_max
    }
}
