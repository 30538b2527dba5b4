//! The host's signing key, and the public keys receipts are checked with.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::digest::Digest;

/// The key's file in the data folder.
const FILE: &str = "host.key";

/// An Ed25519 key that this host signs receipts with. Not shown when printed.
#[derive(Clone)]
pub struct HostKey {
    id: String,
    signing: SigningKey,
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file system refused.
    #[error("the host key {path}: {source}", path = .0.display(), source = .1)]
    File(PathBuf, #[source] io::Error),
    /// Others than the owner may read or write the file.
    #[error("the host key {} may be read by others; make it mode 600, or delete it to get a new one", .0.display())]
    Exposed(PathBuf),
    /// The file is not what this host writes.
    #[error("the host key {} is damaged; put the right file back, or delete it to get a new one", .0.display())]
    Damaged(PathBuf),
    /// A public key that is not 64 hexadecimal digits of a point.
    #[error("a public key is 64 hexadecimal digits of an Ed25519 key")]
    NotPublic,
}

impl HostKey {
    /// The key these 32 secret bytes make.
    pub fn from_bytes(secret: &[u8; 32]) -> Self {
        let signing = SigningKey::from_bytes(secret);
        Self { id: key_id(&signing.verifying_key()), signing }
    }

    /// Takes the key of a data folder, or makes one of `random`, 32 bytes nobody can
    /// guess, and keeps it there in a file only its owner can read.
    pub fn load_or_create(data_dir: &Path, random: &[u8; 32]) -> Result<Self, KeyError> {
        let path = data_dir.join(FILE);
        match fs::read_to_string(&path) {
            Ok(text) => Self::load(path, &text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::create(data_dir, path, random),
            Err(error) => Err(KeyError::File(path, error)),
        }
    }

    fn load(path: PathBuf, text: &str) -> Result<Self, KeyError> {
        if is_exposed(&path).map_err(|error| KeyError::File(path.clone(), error))? {
            return Err(KeyError::Exposed(path));
        }
        let mut secret = [0; 32];
        match hex::decode_to_slice(text.trim_end(), &mut secret) {
            Ok(()) => Ok(Self::from_bytes(&secret)),
            Err(_) => Err(KeyError::Damaged(path)),
        }
    }

    fn create(data_dir: &Path, path: PathBuf, random: &[u8; 32]) -> Result<Self, KeyError> {
        let key = Self::from_bytes(random);
        // Written whole beside and linked, which fails if another process was faster:
        // then its key is the host's.
        let unfinished = data_dir.join(format!("{FILE}.{}", key.id));
        let text = format!("{}\n", hex::encode(random));
        let linked = write_private(&unfinished, &text).and_then(|()| fs::hard_link(&unfinished, &path));
        let removed = fs::remove_file(&unfinished);
        match linked.and(removed) {
            Ok(()) => Ok(key),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let text = fs::read_to_string(&path).map_err(|error| KeyError::File(path.clone(), error))?;
                Self::load(path, &text)
            }
            Err(error) => Err(KeyError::File(path, error)),
        }
    }

    /// The signature, 128 hexadecimal digits, of a statement that is no receipt: of its
    /// purpose, a zero byte, and its text.
    pub fn sign_statement(&self, purpose: &str, text: &str) -> String {
        hex::encode(self.sign(&[purpose.as_bytes(), &[0], text.as_bytes()].concat()))
    }

    /// A secret of this host's own for another purpose: it follows from the key, and
    /// says nothing about it.
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        keyed_hash(self.signing.as_bytes(), purpose.as_bytes())
    }

    /// The first 16 hexadecimal digits of the SHA-256 of the public key.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The public key, 64 hexadecimal digits.
    pub fn public_hex(&self) -> String {
        hex::encode(self.signing.verifying_key().as_bytes())
    }

    /// This key's public half as the only one known.
    pub fn public_keys(&self) -> PublicKeys {
        let mut keys = PublicKeys::default();
        keys.insert(self.signing.verifying_key());
        keys
    }

    pub(crate) fn sign(&self, bytes: &[u8]) -> [u8; 64] {
        self.signing.sign(bytes).to_bytes()
    }
}

impl std::fmt::Debug for HostKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HostKey({})", self.id)
    }
}

/// Public keys, by the id that follows from each.
#[derive(Debug, Clone, Default)]
pub struct PublicKeys(BTreeMap<String, VerifyingKey>);

impl PublicKeys {
    /// Keys from their 64 hexadecimal digits each.
    pub fn from_hex<I, T>(keys: I) -> Result<Self, KeyError>
    where
        I: IntoIterator<Item = T>,
        T: AsRef<str>,
    {
        let mut known = Self::default();
        for key in keys {
            known.insert_hex(key.as_ref())?;
        }
        Ok(known)
    }

    /// Adds a key from its 64 hexadecimal digits.
    pub fn insert_hex(&mut self, key: &str) -> Result<(), KeyError> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(key, &mut bytes).map_err(|_| KeyError::NotPublic)?;
        let key = VerifyingKey::from_bytes(&bytes).map_err(|_| KeyError::NotPublic)?;
        // A weak key has signatures that hold for more than one message.
        if key.is_weak() {
            return Err(KeyError::NotPublic);
        }
        self.insert(key);
        Ok(())
    }

    /// Each key's id and its 64 hexadecimal digits, in the order of the ids.
    pub fn iter(&self) -> impl Iterator<Item = (&str, String)> {
        self.0.iter().map(|(id, key)| (id.as_str(), hex::encode(key.as_bytes())))
    }

    /// Whether a key has this id.
    pub fn knows(&self, id: &str) -> bool {
        self.0.contains_key(id)
    }

    /// Whether the key with this id signed this statement; see [`HostKey::sign_statement`].
    pub fn signed_statement(&self, id: &str, purpose: &str, text: &str, signature: &str) -> bool {
        let mut bytes = [0; 64];
        let statement = [purpose.as_bytes(), &[0], text.as_bytes()].concat();
        hex::decode_to_slice(signature, &mut bytes).is_ok() && self.signed(id, &statement, &bytes)
    }

    /// Whether the key with this id signed these bytes.
    pub(crate) fn signed(&self, id: &str, bytes: &[u8], signature: &[u8; 64]) -> bool {
        self.0.get(id).is_some_and(|key| key.verify_strict(bytes, &Signature::from_bytes(signature)).is_ok())
    }

    fn insert(&mut self, key: VerifyingKey) {
        self.0.insert(key_id(&key), key);
    }
}

fn keyed_hash(key: &[u8; 32], bytes: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(bytes);
    mac.finalize().into_bytes().into()
}

fn key_id(key: &VerifyingKey) -> String {
    let mut id = Digest::of(key.as_bytes()).hex();
    id.truncate(16);
    id
}

fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    private_mode(&mut options);
    let mut file: File = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(unix)]
fn private_mode(options: &mut OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt;
    options.mode(0o600);
}

#[cfg(unix)]
fn is_exposed(path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    Ok(fs::metadata(path)?.permissions().mode() & 0o077 != 0)
}

// Elsewhere a new file belongs to its user by inheritance; there are no modes to set.
#[cfg(not(unix))]
fn private_mode(_options: &mut OpenOptions) {}

#[cfg(not(unix))]
fn is_exposed(_path: &Path) -> io::Result<bool> {
    Ok(false)
}
