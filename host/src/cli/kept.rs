//! Compiled code that commands keep in the user's cache folder: compiling a judge takes
//! seconds, running it takes none.
//!
//! Code from there runs as it is, so the folder must be what nobody else could have written
//! to. One that is not is not used, and the command compiles, as it does where there is none.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use assay_sandbox::{HostKey, Sandbox, Settings};

use super::line;
use crate::clock;
use crate::config::{Kept, own_program};

/// The folder, where it is not to be the user's.
const VARIABLE: &str = "ASSAY_CACHE";

/// What all commands together keep.
const BYTES_MAX: u64 = 1 << 30;

/// Bits of a mode that let others than the owner do something.
const OTHERS: u32 = 0o077;

/// A sandbox for a command, with this program for its children.
pub(super) fn sandbox() -> Result<Sandbox, String> {
    sandbox_with(Settings { program: own_program(), ..Settings::default() })
}

/// A sandbox with these settings that keeps what it compiles.
pub(super) fn sandbox_with(mut settings: Settings) -> Result<Sandbox, String> {
    if let Some(kept) = kept() {
        settings.cache_dir = Some(kept.folder);
        settings.cache_key = kept.key;
        settings.cache_bytes_max = BYTES_MAX;
    }
    Sandbox::start(settings).map_err(line)
}

/// Where commands keep compiled code, if there is a place for it.
pub(super) fn kept() -> Option<Kept> {
    let folder = folder()?;
    let made = DirBuilder::new().recursive(true).mode(0o700).create(&folder);
    let key = made.map_err(line).and_then(|()| {
        is_private(&folder)?;
        HostKey::load_or_create(&folder, &clock::random_32()).map_err(line)
    });
    match key {
        Ok(key) => Some(Kept::of(&folder, &key)),
        Err(reason) => {
            tracing::debug!(folder = %folder.display(), reason, "compiled code is not kept");
            None
        }
    }
}

fn folder() -> Option<PathBuf> {
    let named = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let user = || named("XDG_CACHE_HOME").or_else(|| std::env::home_dir().map(|home| home.join(".cache")));
    named(VARIABLE).or_else(|| user().map(|cache| cache.join("assay/judges")))
}

/// Somebody else's folder, or one that others may enter, is where root would run what a user
/// wrote.
fn is_private(folder: &Path) -> Result<(), String> {
    let about = fs::metadata(folder).map_err(line)?;
    // The process's own folder there has its effective user for an owner.
    let own = fs::metadata("/proc/self").map_err(line)?;
    if about.uid() != own.uid() || about.mode() & OTHERS != 0 {
        return Err("it is not this user's alone".into());
    }
    Ok(())
}
