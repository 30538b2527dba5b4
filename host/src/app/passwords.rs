//! Passwords: hashed with argon2id, off the threads that answer requests, a few at once.

use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use tokio::sync::Semaphore;

use crate::clock;
use crate::config::Limits;
use crate::error::Error;

/// What OWASP asks of argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1_024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Room to hash in.
pub struct Passwords {
    room: Arc<Semaphore>,
    wait: Duration,
}

impl Passwords {
    /// For so many at once as the limits say.
    pub fn new(limits: &Limits) -> Self {
        Self {
            room: Arc::new(Semaphore::new(limits.password_hashes_at_once_max.max(1))),
            wait: Duration::from_millis(limits.wait_ms_max),
        }
    }

    /// The hash to keep, in the PHC string format.
    pub(crate) async fn hash(&self, password: &str) -> Result<String, Error> {
        let password = password.to_owned();
        self.apart(move || hashed(&password)).await?
    }

    /// Whether the password is the one that was hashed. Without a hash it works as long
    /// and says no, so that nobody learns from the time whether there is an account.
    pub(crate) async fn fits(&self, password: &str, hash: Option<String>) -> Result<bool, Error> {
        let password = password.to_owned();
        self.apart(move || match hash {
            Some(hash) => verified(&password, &hash),
            None => hashed(&password).map(|_| false),
        })
        .await?
    }

    /// Runs on a thread that may take its time.
    async fn apart<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
        let gone = |_| Error::Internal("no room to hash a password in".into());
        let busy = |_| Error::Unavailable("too many passwords wait to be hashed".into());
        let room = tokio::time::timeout(self.wait, Arc::clone(&self.room).acquire_owned()).await;
        let room = room.map_err(busy)?.map_err(gone)?;
        let done = tokio::task::spawn_blocking(move || {
            let _room = room;
            work()
        });
        done.await.map_err(|error| Error::Internal(format!("hashing a password: {error}")))
    }
}

fn hasher() -> Result<Argon2<'static>, Error> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(failed)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hashed(password: &str) -> Result<String, Error> {
    let salt = clock::random_32();
    let hash: PasswordHash =
        hasher()?.hash_password_with_salt(password.as_bytes(), &salt[..16]).map_err(failed)?;
    Ok(hash.to_string())
}

fn verified(password: &str, hash: &str) -> Result<bool, Error> {
    let hash = PasswordHash::new(hash).map_err(failed)?;
    Ok(hasher()?.verify_password(password.as_bytes(), &hash).is_ok())
}

fn failed(error: impl std::fmt::Display) -> Error {
    Error::Internal(format!("argon2: {error}"))
}
