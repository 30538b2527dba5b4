//! The child that compiles.

use std::io;

use super::cage::Mechanism;
use super::wire::{self, Ask, Say};
use crate::certify::Certification;
use crate::component::Rejected;
use crate::goldens;
use crate::sandbox::Sandbox;
use crate::settings::Settings;

/// One component, one answer. It compiles in here, it is brought to life in here, and
/// whatever that does to the process is over with it.
pub(super) fn serve(mechanisms: Vec<Mechanism>) -> io::Result<()> {
    let (mut from, mut to) = (io::stdin().lock(), io::stdout().lock());
    let (Ask::Begin { limits, runs_max }, _) = wire::read(&mut from)? else { return Err(unexpected()) };
    let settings = Settings { runs_max, limits, ..Settings::default() };
    let sandbox = Sandbox::start(settings).map_err(io::Error::other)?;
    wire::write(&mut to, &Say::Ready { profile: sandbox.profile().to_owned(), mechanisms }, &[])?;
    let (Ask::Compile { certify }, component) = wire::read(&mut from)? else { return Err(unexpected()) };
    match compile(&sandbox, &component, certify) {
        Ok((code, certification)) => wire::write(&mut to, &Say::Compiled { certification }, &[&code]),
        // The parent looked at the shape already; its refusals do not travel.
        Err(Rejected::Shape(excess)) => {
            wire::write(&mut to, &Say::Rejected(Rejected::Malformed(excess.to_string())), &[])
        }
        Err(rejected) => wire::write(&mut to, &Say::Rejected(rejected), &[]),
    }
}

fn compile(
    sandbox: &Sandbox,
    component: &[u8],
    certify: bool,
) -> Result<(Vec<u8>, Option<Certification>), Rejected> {
    let judge = sandbox.prepare_blocking(component)?;
    let code = judge.machine_code()?;
    if !certify {
        return Ok((code, None));
    }
    let mut goldens = goldens::goldens(judge.world);
    goldens.extend(goldens::goldens_of(&judge.manifest)?);
    Ok((code, Some(sandbox.certify_blocking(&judge, &goldens))))
}

pub(super) fn unexpected() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "another word was expected")
}
