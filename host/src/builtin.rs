//! The components that came with the binary, built from `plugins/` by the build script.

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
    /// Of its bytes. They are megabytes, and a start has better things to do than hash them.
    pub digest: Digest,
    /// How it is configured, as its manifest says: JSON Schema.
    pub config_schema: &'static str,
}

/// The one with this digest, if it came with the binary.
pub fn of_digest(digest: &Digest) -> Option<&'static Builtin> {
    BUILTIN.iter().find(|builtin| builtin.digest == *digest)
}

include!(concat!(env!("OUT_DIR"), "/builtin.rs"));
