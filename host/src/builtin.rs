//! The components that came with the binary, built from `plugins/` by the build script.

/// One of them.
pub struct Builtin {
    /// Its name.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    /// The component.
    pub bytes: &'static [u8],
}

/// All of them.
pub static BUILTIN: &[Builtin] = &[];
