//! The sandbox: where judges run, and the only crate that knows wasmtime.
//!
//! A judge is a WebAssembly component. It is given everything it may know as
//! arguments, says everything it has to say as its result, and can touch nothing
//! else. This crate takes its bytes, refuses what is not a judge, compiles it, runs
//! it under limits, checks what it says, and signs what came out.
//!
//! # The map, in reading order
//! | module | owns | refuses to own |
//! |---|---|---|
//! | [`digest`] | names for bytes | |
//! | [`work`], [`verdict`], [`pricing`] | what goes in and what comes out, as in `wit/` | what to do about it |
//! | [`input`] | one run's arguments or result, and their canonical bytes | |
//! | [`world`] | the four kinds of judge | |
//! | [`component`], [`shape`] | what can be said of a component without running it | deciding who may upload |
//! | `engine` | wasmtime's settings, the engine profile, the epoch's ticking | |
//! | `cache`, `shelf` | compiled artefacts on disk, ready judges in memory | |
//! | [`clock`], [`random`], `console`, `streams`, `wasi` | the virtual world a judge lives in | anything of the real one |
//! | `state` | what one run owns, and its limits | |
//! | [`settings`] | every setting and limit of a sandbox | |
//! | [`judge`] | a component that is ready, here or for a child | |
//! | [`sandbox`] | preparing a judge, here or in a child, and running it | |
//! | `gate` | so many runs or compilations at once, and a turn for each tenant | who the tenants are |
//! | [`child`], `parent`, `compiler`, `runner` | the processes uploads are compiled and run in | believing what they say |
//! | `run`, [`outcome`], [`invariants`] | one run: instantiate, call, check, count | moving money |
//! | [`goldens`], [`certify`] | whether a judge answers alike under all circumstances | what a badge allows |
//! | [`keys`], [`receipt`], [`replay`] | signing a verdict, and checking one again | storing it |
//!
//! # Laws
//! - Only [`sandbox`] starts runs; every run has a store of its own, dropped after it.
//! - A run never sees the host's clock, randomness, files, network or environment.
//! - What decides an outcome must repeat: fuel does, wall time does not, so wall time
//!   only ever makes a run inconclusive.
//! - A limit a judge runs into ends the run. It is never an answer the judge can see,
//!   or the same judge would say something else on a host with other limits.
//! - Nothing here reads the host's clock; whoever issues a receipt passes its id in. Only
//!   [`certify`] has a stopwatch, for figures that decide nothing.

pub mod certify;
pub mod child;
pub mod clock;
pub mod component;
pub mod digest;
pub mod goldens;
pub mod input;
pub mod invariants;
pub mod judge;
pub mod keys;
pub mod outcome;
pub mod pricing;
pub mod random;
pub mod receipt;
pub mod replay;
pub mod sandbox;
pub mod settings;
pub mod shape;
pub mod verdict;
pub mod work;
pub mod world;

mod cache;
mod canonical;
mod compiler;
mod console;
mod engine;
mod gate;
mod parent;
mod run;
mod runner;
mod shelf;
mod state;
mod streams;
mod wasi;

pub use certify::{Badge, Certification};
pub use child::cage::{Attempt, Mechanism};
pub use component::{Facts, Manifest, Rejected, inspect, inspect_within};
pub use digest::Digest;
pub use goldens::{Golden, goldens, goldens_of};
pub use input::{Input, InputError, Output};
pub use judge::Judge;
pub use keys::{HostKey, KeyError, PublicKeys};
pub use outcome::{Outcome, Reason, Run};
pub use pricing::{Bid, Listing, Offer, PricingDecision, PricingEvent, Rejection};
pub use receipt::{Issue, Receipt, ReceiptError, verify, verify_chain};
pub use replay::{Difference, Replay, ReplayError, replay, replay_with};
pub use sandbox::{Admitted, Company, Origin, Sandbox, Turn};
pub use settings::{CompileLimits, Limits, SandboxError, Settings};
pub use shape::{Excess, ShapeLimits};
pub use state::Attachments;
pub use verdict::{Decision, Dimension, Finding, Problem, Report, Scorecard, Status, Subject};
pub use work::{Attachment, Check, Class, Criterion, Delivery, Task, Trace};
pub use world::World;
