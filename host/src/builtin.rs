//! The components that came with the binary, built from `plugins/` by the build script.

use std::sync::LazyLock;

use assay_sandbox::Digest;

/// One of them.
#[derive(Debug, Clone, Copy)]
pub struct Builtin {
    /// Its name.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    /// What it exports: verifier, scorer, reviewer or pricing.
    pub world: &'static str,
    /// The component.
    pub bytes: &'static [u8],
}

/// In the order of the list. They are megabytes, so they are hashed once a process.
static DIGESTS: LazyLock<Vec<Digest>> =
    LazyLock::new(|| BUILTIN.iter().map(|builtin| Digest::of(builtin.bytes)).collect());

/// All of them, with their digests.
pub fn digested() -> impl Iterator<Item = (&'static Builtin, &'static Digest)> {
    BUILTIN.iter().zip(DIGESTS.iter())
}

/// The one with this digest, if it came with the binary.
pub fn of_digest(digest: &Digest) -> Option<&'static Builtin> {
    digested().find_map(|(builtin, own)| (own == digest).then_some(builtin))
}

include!(concat!(env!("OUT_DIR"), "/builtin.rs"));
