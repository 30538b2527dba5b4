//! Compiled code on disk, and judges ready to run in memory.
//!
//! wasmtime trusts the bytes of a compiled artefact blindly. So an artefact is loaded
//! only if a keyed hash, with a key this host holds, says that this host wrote it for
//! this component and this very engine.

use std::collections::HashMap;
use std::fs::{self, File};
use std::hash::{Hash, Hasher};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use sha2::{Digest as _, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::component::Facts;
use crate::digest::Digest;
use crate::sandbox::Judge;

/// Bytes of the keyed hash at the start of each file.
const SEAL_BYTES: usize = 32;

/// Who compiled something. What a child made is never loaded outside of a child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Maker {
    /// This process, from a component that came with it.
    Host,
    /// A child, from a component that was uploaded.
    Child,
}

impl Maker {
    const fn word(self) -> &'static str {
        match self {
            Self::Host => "compiled",
            Self::Child => "uploaded",
        }
    }
}

/// What a file of compiled code has in it, one after the other. Machine code is tens of
/// megabytes, so it is read to where it stays.
struct Parts {
    seal: [u8; SEAL_BYTES],
    length: [u8; 4],
    facts: Vec<u8>,
    code: Vec<u8>,
}

impl Parts {
    fn read(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let bytes = usize::try_from(file.metadata()?.len()).map_err(io::Error::other)?;
        let (mut seal, mut length) = ([0; SEAL_BYTES], [0; 4]);
        file.read_exact(&mut seal)?;
        file.read_exact(&mut length)?;
        let facts_bytes = u32::from_le_bytes(length) as usize;
        if facts_bytes > bytes {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let mut facts = vec![0; facts_bytes];
        file.read_exact(&mut facts)?;
        let mut code = Vec::with_capacity(bytes - facts_bytes);
        file.read_to_end(&mut code)?;
        Ok(Self { seal, length, facts, code })
    }
}

/// Compiled components on disk, named by component digest and compatibility hash.
pub(crate) struct Artefacts {
    directory: PathBuf,
    key: [u8; 32],
    compatibility: String,
    /// Tells apart the unfinished files of one process.
    written: AtomicU64,
}

impl Artefacts {
    pub(crate) fn open(directory: PathBuf, key: [u8; 32], engine: &Engine) -> io::Result<Self> {
        fs::create_dir_all(&directory)?;
        let compatibility = compatibility(engine);
        Ok(Self { directory, key, compatibility, written: AtomicU64::new(0) })
    }

    /// The component this process compiled earlier, if its file is there and whole.
    pub(crate) fn load(&self, engine: &Engine, digest: &Digest) -> Option<(Facts, Component)> {
        let (facts, code) = self.read(Maker::Host, digest)?;
        let component = deserialize(engine, &code).inspect_err(
            |error| tracing::warn!(component = %digest, %error, "a compiled artefact does not load"),
        );
        Some((facts, component.ok()?))
    }

    /// The facts and the machine code that were kept, if the file is there and whole.
    pub(crate) fn read(&self, maker: Maker, digest: &Digest) -> Option<(Facts, Vec<u8>)> {
        let Parts { seal, length, facts, code } = Parts::read(&self.path(maker, digest))
            .inspect_err(|error| {
                if error.kind() != io::ErrorKind::NotFound {
                    tracing::warn!(component = %digest, %error, "a compiled artefact is made again");
                }
            })
            .ok()?;
        // Compares in constant time.
        if self.seal(maker, digest, [&length, &facts, &code]) != seal {
            tracing::warn!(component = %digest, "a compiled artefact was altered and is made again");
            return None;
        }
        Some((serde_json::from_slice(&facts).ok()?, code))
    }

    /// Keeps a compiled component, and says whether it could. A failure costs a later
    /// compilation, nothing else.
    pub(crate) fn store(&self, maker: Maker, facts: &Facts, code: &[u8]) -> bool {
        let written = self.write(maker, facts, code);
        if let Err(error) = &written {
            tracing::warn!(component = %facts.digest, error, "a compiled artefact could not be kept");
        }
        written.is_ok()
    }

    /// The seal, the length of the facts, the facts, the machine code.
    fn write(&self, maker: Maker, facts: &Facts, code: &[u8]) -> Result<(), String> {
        let digest = &facts.digest;
        let facts = serde_json::to_vec(facts).map_err(|error| error.to_string())?;
        let length = u32::try_from(facts.len()).map_err(|error| error.to_string())?.to_le_bytes();
        let seal = self.seal(maker, digest, [&length, &facts, code]);
        // Written beside and renamed, so that no reader ever sees half a file.
        let number = self.written.fetch_add(1, Ordering::Relaxed);
        let unfinished = self.directory.join(format!("{}-{number}.unfinished", std::process::id()));
        let written = fs::write(&unfinished, [seal.as_bytes(), length.as_slice(), &facts, code].concat())
            .and_then(|()| fs::rename(&unfinished, self.path(maker, digest)));
        if written.is_err() {
            // Nothing reads it; leaving it behind would only take room.
            drop(fs::remove_file(&unfinished));
        }
        written.map_err(|error| error.to_string())
    }

    fn path(&self, maker: Maker, digest: &Digest) -> PathBuf {
        self.directory.join(format!("{}-{}.{}", digest.hex(), self.compatibility, maker.word()))
    }

    /// A keyed hash, bound to the name as well, or one component's code could be put in
    /// another's place. Megabytes are hashed before each first run, so it is a fast one.
    fn seal(&self, maker: Maker, digest: &Digest, kept: [&[u8]; 3]) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(digest.bytes());
        hasher.update(self.compatibility.as_bytes());
        hasher.update(maker.word().as_bytes());
        for part in kept {
            hasher.update(part);
        }
        hasher.finalize()
    }
}

/// A component's machine code on another engine of the same settings, or of settings that
/// differ in nothing machine code depends on.
pub(crate) fn carry(engine: &Engine, component: &Component) -> wasmtime::Result<Component> {
    deserialize(engine, &component.serialize()?)
}

#[expect(unsafe_code, reason = "wasmtime offers no safe way to load code that was compiled earlier")]
pub(crate) fn deserialize(engine: &Engine, artefact: &[u8]) -> wasmtime::Result<Component> {
    // SAFETY: the bytes must be what `Component::serialize` gave and must not have been
    // changed since. `carry` has them from there and from nowhere else. `Artefacts::load` has
    // just checked a keyed hash over them, which is made by `Artefacts::write` alone and
    // says that this process compiled them. What other processes compiled is loaded by
    // `Sandbox::adopt`, in a child that has shut itself in, where wrong bytes can do no more
    // than what they were sent to do: run.
    unsafe { Component::deserialize(engine, artefact) }
}

/// 16 digits that differ wherever wasmtime would refuse, or misread, an artefact.
fn compatibility(engine: &Engine) -> String {
    let mut gather = Gather(Sha256::new());
    engine.precompile_compatibility_hash().hash(&mut gather);
    hex::encode(&gather.0.finalize()[..8])
}

/// Takes what a type would hash, and digests it. The standard hasher promises nothing
/// about later versions of itself; a file name must.
struct Gather(Sha256);

impl Hasher for Gather {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        let digest = self.0.clone().finalize();
        u64::from_le_bytes(digest[..8].try_into().expect("8 of 32 bytes"))
    }
}

/// Judges ready to run, the least recently used dropped first.
pub(crate) struct Shelf {
    judges: Mutex<Judges>,
    count_max: usize,
    code_bytes_max: usize,
}

#[derive(Default)]
struct Judges {
    by_digest: HashMap<Digest, (Judge, u64)>,
    code_bytes: usize,
    uses: u64,
}

impl Shelf {
    pub(crate) fn new(count_max: usize, code_bytes_max: usize) -> Self {
        Self { judges: Mutex::default(), count_max, code_bytes_max }
    }

    pub(crate) fn get(&self, digest: &Digest) -> Option<Judge> {
        let mut judges = self.judges.lock().unwrap_or_else(PoisonError::into_inner);
        judges.uses += 1;
        let now = judges.uses;
        let (judge, used) = judges.by_digest.get_mut(digest)?;
        *used = now;
        Some(judge.clone())
    }

    pub(crate) fn put(&self, judge: Judge) {
        let mut judges = self.judges.lock().unwrap_or_else(PoisonError::into_inner);
        judges.uses += 1;
        let now = judges.uses;
        judges.code_bytes += judge.code_bytes();
        if let Some((replaced, _)) = judges.by_digest.insert(judge.digest, (judge, now)) {
            judges.code_bytes -= replaced.code_bytes();
        }
        // The one just put is the last to go, however large it is.
        while judges.by_digest.len() > 1
            && (judges.by_digest.len() > self.count_max || judges.code_bytes > self.code_bytes_max)
        {
            judges.drop_oldest();
        }
    }
}

impl Shelf {
    /// Takes a judge off that turned out to be of no use.
    pub(crate) fn remove(&self, digest: &Digest) {
        let mut judges = self.judges.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((judge, _)) = judges.by_digest.remove(digest) {
            judges.code_bytes -= judge.code_bytes();
        }
    }
}

impl Judges {
    fn drop_oldest(&mut self) {
        let oldest = self.by_digest.iter().min_by_key(|(_, (_, used))| *used).map(|(digest, _)| *digest);
        if let Some((judge, _)) = oldest.and_then(|digest| self.by_digest.remove(&digest)) {
            self.code_bytes -= judge.code_bytes();
        }
    }
}
