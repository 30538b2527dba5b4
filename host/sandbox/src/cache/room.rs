//! How much compiled code the disk keeps.
//!
//! What was not used for longest goes first: by this process's own count, and before all of
//! that what it never used, the oldest first. Whoever needs what went has it compiled again.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

/// The folder, and what of it was used lately.
pub(super) struct Room {
    directory: PathBuf,
    bytes_max: u64,
    uses: Mutex<Uses>,
}

#[derive(Default)]
struct Uses {
    count: u64,
    last: HashMap<PathBuf, u64>,
}

/// A file of the folder. The order of its fields is the order in which files go.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Held {
    last_use: u64,
    written: Option<SystemTime>,
    path: PathBuf,
    bytes: u64,
}

impl Room {
    pub(super) fn new(directory: PathBuf, bytes_max: u64) -> Self {
        Self { directory, bytes_max, uses: Mutex::default() }
    }

    /// Somebody wants this file.
    pub(super) fn used(&self, path: &Path) {
        let mut uses = self.lock();
        uses.count += 1;
        let now = uses.count;
        uses.last.insert(path.to_owned(), now);
    }

    /// Removes files until the rest fits; never the one that was just written.
    pub(super) fn make(&self, written: &Path) -> io::Result<()> {
        self.used(written);
        let mut held = self.held()?;
        held.sort_unstable();
        let mut bytes: u64 = held.iter().map(|file| file.bytes).sum();
        for file in held.iter().filter(|file| file.path != written) {
            if bytes <= self.bytes_max {
                break;
            }
            remove(&file.path)?;
            bytes -= file.bytes;
        }
        // What is not there is no use to remember.
        self.lock().last.retain(|path, _| path.exists());
        Ok(())
    }

    fn held(&self) -> io::Result<Vec<Held>> {
        let mut held = Vec::new();
        for entry in fs::read_dir(&self.directory)? {
            let path = entry?.path();
            // Another thread may have renamed it meanwhile.
            let Ok(about) = fs::metadata(&path) else { continue };
            if !is_unfinished(&path) && about.is_file() {
                let last_use = self.lock().last.get(&path).copied().unwrap_or(0);
                held.push(Held { last_use, written: about.modified().ok(), path, bytes: about.len() });
            }
        }
        Ok(held)
    }

    fn lock(&self) -> MutexGuard<'_, Uses> {
        self.uses.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Removes what no process of this version would read: code for another engine or in
/// another layout, and what nobody will finish. Files that are nobody's stay.
pub(super) fn clear(directory: &Path, compatibility: &str) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let other = compatibility_of(&path).is_some_and(|its| its != compatibility);
        if other || is_unfinished(&path) && !is_being_written(&path) {
            remove(&path)?;
        }
    }
    Ok(())
}

/// Whoever shares the folder may have been quicker.
fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn is_unfinished(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "unfinished")
}

/// Whether the process whose number its name begins with is still there. Commands share a
/// folder.
fn is_being_written(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.split_once('-'));
    name.and_then(|(process, _)| process.parse::<u32>().ok()).is_some_and(|process| {
        process != std::process::id() && Path::new(&format!("/proc/{process}")).exists()
    })
}

/// The second part of the name of a file of compiled code: `DIGEST-COMPATIBILITY.MAKER`.
fn compatibility_of(path: &Path) -> Option<&str> {
    let (digest, rest) = path.file_name()?.to_str()?.split_once('-')?;
    let (compatibility, maker) = rest.split_once('.')?;
    let is_hex = |text: &str, digits: usize| {
        text.len() == digits && text.bytes().all(|digit| digit.is_ascii_hexdigit())
    };
    let ours = is_hex(digest, 64) && is_hex(compatibility, 16) && matches!(maker, "compiled" | "uploaded");
    ours.then_some(compatibility)
}
