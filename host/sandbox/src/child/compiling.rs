//! The child that compiles.

use std::io;

use super::cage::Mechanism;
use super::wire::{self, Ask, Say};
use crate::sandbox::{Sandbox, Settings};

/// One component, one answer. It compiles in here, it is brought to life in here, and
/// whatever that does to the process is over with it.
pub(super) fn serve(mechanisms: Vec<Mechanism>) -> io::Result<()> {
    let (mut from, mut to) = (io::stdin().lock(), io::stdout().lock());
    let (Ask::Begin { limits, runs_max }, _) = wire::read(&mut from)? else { return Err(unexpected()) };
    let settings = Settings { runs_max, limits, ..Settings::default() };
    let sandbox = Sandbox::start(settings).map_err(io::Error::other)?;
    wire::write(&mut to, &Say::Ready { profile: sandbox.profile().to_owned(), mechanisms }, &[])?;
    let (Ask::Compile, component) = wire::read(&mut from)? else { return Err(unexpected()) };
    let compiled = sandbox.prepare_blocking(&component).and_then(|judge| judge.machine_code());
    match compiled {
        Ok(code) => wire::write(&mut to, &Say::Compiled, &[&code]),
        Err(rejected) => wire::write(&mut to, &Say::Rejected(rejected), &[]),
    }
}

pub(super) fn unexpected() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "another word was expected")
}
