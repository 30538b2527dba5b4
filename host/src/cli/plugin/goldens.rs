//! The inputs a component is certified with, beside its world's own: its fixtures, since
//! they know its configuration.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::fixture::Fixture;
use super::project::Project;

/// The host takes so many in one manifest.
const COUNT_MAX: usize = 16;

/// Bytes of all of them. The host takes 64 KiB of manifest, and the rest of it needs room too.
const BYTES_MAX: usize = 40 << 10;

/// The fixtures that `plugin.toml` names, or all of them, as far as there is room. One with
/// files is left out: a manifest has no place for their bytes.
pub(super) fn of(project: &Project) -> Result<Vec<Value>, String> {
    let named = project.settings.goldens.as_ref();
    let paths: Vec<PathBuf> = match named {
        Some(named) => named.iter().map(|path| project.folder.join(path)).collect(),
        // A project without fixtures can be built; testing it says that they are missing.
        None => project.fixtures().unwrap_or_default(),
    };
    let mut goldens = Vec::new();
    let mut bytes = 0;
    for path in paths {
        let fixture = Fixture::read(&path, project.settings.world)?;
        if fixture.has_files() || fixture.expect.is_inconclusive() {
            continue;
        }
        let golden = json!(fixture.input);
        bytes += golden.to_string().len();
        if goldens.len() == COUNT_MAX || bytes > BYTES_MAX {
            break;
        }
        goldens.push(golden);
    }
    Ok(goldens)
}
