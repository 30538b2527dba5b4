//! Keys: who may call, and for what.

use std::fmt;
use std::sync::Arc;

use assay_db::entities::PartyRow;
use assay_db::entities::people::KeyRow;
use assay_db::{Change, Db, Record as _, Write};
use assay_domain::ids::{KeyId, PartyId, Timestamp};
use assay_domain::refusal::{Code, Refusal};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{App, Caller};
use crate::clock::{self, Clock};
use crate::error::Error;

/// What a key opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Bid, deliver, report progress.
    Work,
    /// Post, choose, review.
    Commission,
    /// Deposit, withdraw, channels.
    Finance,
    /// Upload components.
    Plugins,
    /// Operate the house.
    Admin,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Work, Self::Commission, Self::Finance, Self::Plugins, Self::Admin];

    /// As written in settings and answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Work => "work",
            Self::Commission => "commission",
            Self::Finance => "finance",
            Self::Plugins => "plugins",
            Self::Admin => "admin",
        }
    }
}

/// A set of scopes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scopes(u8);

impl Scopes {
    /// Everything but `admin`: what a new key has unless asked otherwise.
    pub const USUAL: Self = Self(0b0_1111);
    /// Everything.
    pub const OPERATOR: Self = Self(0b1_1111);

    /// Whether the scope is in.
    pub const fn has(self, scope: Scope) -> bool {
        self.0 & (1 << scope as u8) != 0
    }

    /// None.
    pub const NONE: Self = Self(0);

    /// Whether all of these are among those.
    pub const fn within(self, those: Self) -> bool {
        self.0 & !those.0 == 0
    }

    /// Those that are in both.
    #[must_use]
    pub const fn and(self, those: Self) -> Self {
        Self(self.0 & those.0)
    }

    /// Their names.
    pub fn names(self) -> Vec<&'static str> {
        Scope::ALL.into_iter().filter(|scope| self.has(*scope)).map(Scope::as_str).collect()
    }

    /// Reads names separated by spaces or commas; an unknown one is refused by name.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let mut scopes = Self(0);
        for name in text.split([' ', ',']).filter(|name| !name.is_empty()) {
            let scope = Scope::ALL.into_iter().find(|scope| scope.as_str() == name).ok_or_else(|| {
                let known = Scope::ALL.map(Scope::as_str).join(", ");
                Refusal::field("scopes", format!("{name:?} is none of {known}"))
            })?;
            scopes.0 |= 1 << scope as u8;
        }
        Ok(scopes)
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.names().join(" "))
    }
}

/// By what somebody came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Means {
    /// The operator's key of the settings.
    Operator,
    /// A key of one's own.
    Key(KeyId),
    /// A person who signed in.
    Session(KeyId),
    /// A credential that somebody handed off.
    Handoff {
        /// Which.
        key: KeyId,
        /// What it may spend in its life, in millionths of a dollar.
        spend_max: i64,
    },
}

impl Means {
    fn of(row: &KeyRow) -> Option<Self> {
        let key = row.id.parse().ok()?;
        Some(match row.kind.as_str() {
            "key" => Self::Key(key),
            "session" => Self::Session(key),
            "handoff" => Self::Handoff { key, spend_max: row.spend_max.unwrap_or(0) },
            _ => return None,
        })
    }

    /// The key's id; the operator's key of the settings has none.
    pub const fn key(self) -> Option<KeyId> {
        match self {
            Self::Operator => None,
            Self::Key(key) | Self::Session(key) | Self::Handoff { key, .. } => Some(key),
        }
    }

    /// As stored and shown.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Key(_) => "key",
            Self::Session(_) => "session",
            Self::Handoff { .. } => "handoff",
        }
    }
}

/// A key as its owner sees it, once.
#[derive(Clone)]
pub struct NewKey {
    /// The secret: `assay_live_…` or `assay_test_…`.
    pub secret: String,
    /// What is kept of it.
    pub row: KeyRow,
}

impl NewKey {
    /// A key of `mode`, `test` or `live`, for a party.
    pub fn make(
        mode: &str,
        party: PartyId,
        scopes: Scopes,
        expires_at: Option<Timestamp>,
        clock: &Clock,
    ) -> Self {
        let secret = format!("assay_{mode}_{}", hex::encode(clock::random_32()));
        let row = KeyRow {
            hash: hash_of(&secret),
            id: clock.id().to_string(),
            party: party.to_string(),
            kind: "key".into(),
            label: String::new(),
            scopes: scopes.to_string(),
            spend_max: None,
            minted_by: None,
            expires_at: expires_at.map(|at| at.0),
            revoked_at: None,
            created_at: clock.now().0,
        };
        Self { secret, row }
    }

    /// The same as a session or a handoff: what kind it is, what its owner calls it, and
    /// what a handoff may spend.
    #[must_use]
    pub fn of_kind(mut self, means: Means, label: &str) -> Self {
        self.row.kind = means.word().into();
        self.row.label = label.into();
        self.row.spend_max = match means {
            Means::Handoff { spend_max, .. } => Some(spend_max),
            _ => None,
        };
        self
    }

    /// The row to write; it holds only the secret's hash.
    pub fn into_write(self) -> Write {
        self.row.insert()
    }

    /// Keeps the key of a party that exists.
    pub async fn keep(self, db: &Db) -> Result<(), Error> {
        let party = self.row.party.clone();
        let known = db.read().one::<PartyRow>("id = $1", &[party.as_str().into()]).await?;
        known.ok_or_else(|| Refusal::field("party", format!("{party} is not known here")))?;
        db.commit(Change::new().row(self.into_write())).await?;
        Ok(())
    }
}

/// The hash under which a key is kept. A key has 256 random bits, so that one plain
/// hash is enough: there is nothing to guess.
pub fn hash_of(secret: &str) -> String {
    hex::encode(Sha256::digest(secret.as_bytes()))
}

impl App {
    /// Who holds this key. Refuses unknown, expired and revoked ones alike.
    pub async fn authenticate(&self, secret: &str) -> Result<Caller, Error> {
        let refused =
            || Refusal::new(Code::Unauthorized, "missing or invalid API key: send Authorization: Bearer KEY");
        if self.is_operators(secret) {
            let party = PartyId(Uuid::nil());
            return Ok(Caller { party, scopes: Scopes::OPERATOR, means: Means::Operator });
        }
        let hash = hash_of(secret);
        let row = self.key_of(hash).await?.ok_or_else(refused)?;
        if row.revoked_at.is_some() || row.expires_at.is_some_and(|at| at <= self.now().0) {
            return Err(refused().into());
        }
        let party = row.party.parse().map_err(|_| Error::Internal("a key without a party".into()))?;
        let means = Means::of(&row).ok_or_else(|| Error::Internal("a key of unknown kind".into()))?;
        Ok(Caller { party, scopes: Scopes::parse(&row.scopes)?, means })
    }

    /// A key by the hash of its secret, remembered where no other process can end it.
    async fn key_of(&self, hash: String) -> Result<Option<Arc<KeyRow>>, Error> {
        let since = match self.memory.key(&hash) {
            Ok(row) => return Ok(Some(row)),
            Err(since) => since,
        };
        let row = self.db.read().one::<KeyRow>("hash = $1", &[hash.into()]).await?.map(Arc::new);
        if let Some(row) = &row {
            self.memory.keep_key(since, Arc::clone(row));
        }
        Ok(row)
    }

    /// Whether this is the operator's key of the settings. Hashes are compared, so that
    /// the time it takes says nothing about the key.
    pub fn is_operators(&self, secret: &str) -> bool {
        self.settings.admin_key.as_deref().is_some_and(|admin| hash_of(admin) == hash_of(secret))
    }

    /// `test` or `live`, as keys carry it.
    pub const fn mode_word(&self) -> &'static str {
        self.settings.money().as_str()
    }
}
