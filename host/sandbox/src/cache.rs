//! Compiled code on disk.
//!
//! wasmtime trusts the bytes of a compiled artefact blindly. So an artefact is loaded
//! only if a keyed hash, with a key this host holds, says that this host wrote it for
//! this component and this very engine.

use std::collections::HashMap;
use std::fs::{self, File};
use std::hash::{Hash, Hasher};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use sha2::{Digest as _, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::component::Facts;
use crate::digest::Digest;

use self::room::Room;

mod room;

/// Bytes of the keyed hash at the end of each file.
const SEAL_BYTES: usize = 32;

/// Bytes of the length of the facts, before it.
const LENGTH_BYTES: usize = 4;

/// Moves whenever files are laid out in another way, so that none is misread.
const LAYOUT: &str = "2";

/// Code of tens of megabytes is hashed in pieces of this many bytes, each by every
/// processor: somebody waits for their first verdict meanwhile, and the threads for it are
/// those that the compiler has anyway.
const PIECE_BYTES: usize = 4 << 20;

/// A piece that one processor hashes sooner than others are woken.
const SMALL_BYTES_MAX: usize = 256 << 10;

/// Files remembered as whole. More than a server has in use; past it, all of them are
/// hashed once more.
const CHECKED_MAX: usize = 4_096;

/// Nobody writes to a file once it has its name, this process included.
const FILE_MODE: u32 = 0o400;

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

/// What stands behind the machine code in a file, in this order. The code comes first, so
/// that the file can be mapped as it is.
struct Tail {
    facts: Vec<u8>,
    length: [u8; LENGTH_BYTES],
    seal: [u8; SEAL_BYTES],
    code_bytes: usize,
}

impl Tail {
    fn read(file: &mut File) -> io::Result<Self> {
        let bytes = usize::try_from(file.seek(SeekFrom::End(0))?).map_err(io::Error::other)?;
        let short = || io::Error::from(io::ErrorKind::InvalidData);
        let (mut length, mut seal) = ([0; LENGTH_BYTES], [0; SEAL_BYTES]);
        let facts_end = bytes.checked_sub(LENGTH_BYTES + SEAL_BYTES).ok_or_else(short)?;
        file.seek(SeekFrom::Start(facts_end as u64))?;
        file.read_exact(&mut length)?;
        file.read_exact(&mut seal)?;
        let facts_bytes = u32::from_le_bytes(length) as usize;
        let code_bytes = facts_end.checked_sub(facts_bytes).ok_or_else(short)?;
        let mut facts = vec![0; facts_bytes];
        file.seek(SeekFrom::Start(code_bytes as u64))?;
        file.read_exact(&mut facts)?;
        Ok(Self { facts, length, seal, code_bytes })
    }
}

/// An open file whose beginning is machine code.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) file: File,
    pub(crate) code_bytes: usize,
}

/// What differs once a file was replaced or written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Identity {
    place: (u64, u64),
    bytes: u64,
    changed: (i64, i64),
}

impl Identity {
    fn of(file: &File) -> io::Result<Self> {
        let about = file.metadata()?;
        Ok(Self {
            place: (about.dev(), about.ino()),
            bytes: about.size(),
            changed: (about.ctime(), about.ctime_nsec()),
        })
    }
}

/// Compiled components on disk, named by component digest and compatibility hash.
pub(crate) struct Artefacts {
    directory: PathBuf,
    key: [u8; 32],
    compatibility: String,
    /// Tells apart the unfinished files of one process.
    written: AtomicU64,
    /// Files of children that were held against their seals.
    checked: Mutex<HashMap<Digest, Identity>>,
    room: Room,
}

impl Artefacts {
    /// Keeps at most so many bytes. What another version of this program left is removed:
    /// nothing would ever read it again.
    pub(crate) fn open(
        directory: PathBuf,
        bytes_max: u64,
        key: [u8; 32],
        engine: &Engine,
    ) -> io::Result<Self> {
        fs::create_dir_all(&directory)?;
        let compatibility = compatibility(engine);
        room::clear(&directory, &compatibility)?;
        let room = Room::new(directory.clone(), bytes_max);
        let (written, checked) = (AtomicU64::new(0), Mutex::default());
        Ok(Self { directory, key, compatibility, written, checked, room })
    }

    /// The component this process compiled earlier, if its file is there and whole.
    pub(crate) fn load(&self, engine: &Engine, digest: &Digest) -> Option<(Facts, Component)> {
        let file = self.find(Maker::Host, digest)?;
        // The file is a little longer than the code in it, so that the list need not grow.
        let length = usize::try_from(file.metadata().ok()?.len()).ok()?;
        let mut code = Vec::new();
        code.try_reserve_exact(length).ok()?;
        let (facts, _) = self.check(Maker::Host, digest, file, |piece| code.extend_from_slice(piece))?;
        let component = deserialize(engine, &code).inspect_err(
            |error| tracing::warn!(component = %digest, %error, "a compiled artefact does not load"),
        );
        Some((facts, component.ok()?))
    }

    /// What a child compiled earlier, if its file is there and whole. A file is hashed once,
    /// and again when it is not the one that was.
    pub(crate) fn open_uploaded(&self, digest: &Digest) -> Option<(Facts, Kept)> {
        let mut file = self.find(Maker::Child, digest)?;
        let identity = Identity::of(&file).ok()?;
        if lock(&self.checked).get(digest) == Some(&identity) {
            let tail = Tail::read(&mut file).ok()?;
            let facts = serde_json::from_slice(&tail.facts).ok()?;
            return Some((facts, Kept { file, code_bytes: tail.code_bytes }));
        }
        let whole = self.check(Maker::Child, digest, file, |_| ())?;
        let mut checked = lock(&self.checked);
        if checked.len() >= CHECKED_MAX {
            checked.clear();
        }
        checked.insert(*digest, identity);
        Some(whole)
    }

    fn find(&self, maker: Maker, digest: &Digest) -> Option<File> {
        let path = self.path(maker, digest);
        let file = File::open(&path).inspect_err(|error| not_found_or_warned(digest, error)).ok()?;
        self.room.used(&path);
        Some(file)
    }

    /// Holds a file against its seal, and shows its code on the way, piece by piece.
    fn check(
        &self,
        maker: Maker,
        digest: &Digest,
        mut file: File,
        mut see: impl FnMut(&[u8]),
    ) -> Option<(Facts, Kept)> {
        let checked = Tail::read(&mut file).and_then(|tail| {
            file.rewind()?;
            let (mut hasher, mut left) = (self.hasher(maker, digest), tail.code_bytes);
            let mut piece = vec![0; left.min(PIECE_BYTES)];
            while left > 0 {
                piece.truncate(left);
                file.read_exact(&mut piece)?;
                if piece.len() > SMALL_BYTES_MAX {
                    hasher.update_rayon(&piece);
                } else {
                    hasher.update(&piece);
                }
                see(&piece);
                left -= piece.len();
            }
            hasher.update(&tail.facts);
            hasher.update(&tail.length);
            Ok((hasher.finalize(), tail))
        });
        let (seal, tail) = checked.inspect_err(|error| not_found_or_warned(digest, error)).ok()?;
        // Compares in constant time.
        if seal != tail.seal {
            tracing::warn!(component = %digest, "a compiled artefact was altered and is made again");
            return None;
        }
        Some((serde_json::from_slice(&tail.facts).ok()?, Kept { file, code_bytes: tail.code_bytes }))
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

    /// The machine code, the facts, the length of the facts, the seal.
    fn write(&self, maker: Maker, facts: &Facts, code: &[u8]) -> Result<(), String> {
        let digest = &facts.digest;
        let facts = serde_json::to_vec(facts).map_err(|error| error.to_string())?;
        let length = u32::try_from(facts.len()).map_err(|error| error.to_string())?.to_le_bytes();
        let mut hasher = self.hasher(maker, digest);
        for part in [code, &facts, &length] {
            hasher.update(part);
        }
        let seal = hasher.finalize();
        // Written beside and renamed, so that no reader ever sees half a file.
        let number = self.written.fetch_add(1, Ordering::Relaxed);
        let unfinished = self.directory.join(format!("{}-{number}.unfinished", std::process::id()));
        let path = self.path(maker, digest);
        let written = write_all(&unfinished, &[code, &facts, &length, seal.as_bytes()])
            .and_then(|()| fs::rename(&unfinished, &path));
        if written.is_err() {
            // Nothing reads it; leaving it behind would only take room.
            drop(fs::remove_file(&unfinished));
        }
        written.and_then(|()| self.room.make(&path)).map_err(|error| error.to_string())
    }

    fn path(&self, maker: Maker, digest: &Digest) -> PathBuf {
        self.directory.join(format!("{}-{}.{}", digest.hex(), self.compatibility, maker.word()))
    }

    /// A keyed hash, bound to the name as well, or one component's code could be put in
    /// another's place. Megabytes are hashed before each first run, so it is a fast one.
    fn hasher(&self, maker: Maker, digest: &Digest) -> blake3::Hasher {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(digest.bytes());
        hasher.update(self.compatibility.as_bytes());
        hasher.update(maker.word().as_bytes());
        hasher
    }
}

fn write_all(path: &Path, parts: &[&[u8]]) -> io::Result<()> {
    let mut file = File::options().write(true).create_new(true).mode(FILE_MODE).open(path)?;
    parts.iter().try_for_each(|part| file.write_all(part))
}

/// A file that is not there is not worth a word.
fn not_found_or_warned(digest: &Digest, error: &io::Error) {
    if error.kind() != io::ErrorKind::NotFound {
        tracing::warn!(component = %digest, %error, "a compiled artefact is made again");
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The machine code that a file begins with, as memory. Only for a process that has shut
/// itself in.
#[expect(unsafe_code, reason = "nobody can promise that a file stays as it is")]
pub(crate) fn map(kept: &Kept) -> io::Result<memmap2::Mmap> {
    // SAFETY: the file must not change while it is mapped, which is until its code was copied
    // out of it, some milliseconds. `Artefacts::write` makes it read-only, gives it its name
    // once it is whole and never writes to it again, and `Artefacts::open_uploaded` has held
    // it against its seal. That binds only who keeps to it: the server's own user, or root,
    // can write to the file after it was checked, and then what they wrote runs unverified,
    // or cut it short, and then this process dies by SIGBUS with the runs it holds. Whoever
    // can do that can write to the server's database and key as well. This process is the
    // child that runs what nobody trusts, shut in, so they gain no more here than by
    // uploading a component, and its death costs runs that are tried again.
    unsafe { memmap2::MmapOptions::new().len(kept.code_bytes).populate().map(&kept.file) }
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
    let mut gather = Gather(Sha256::new_with_prefix(LAYOUT));
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
