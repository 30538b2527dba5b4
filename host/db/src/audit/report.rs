//! What an audit found, in words.

use std::fmt;

/// How many differences are kept in words; the rest is only counted.
pub(super) const LISTED_MAX: usize = 1_000;

/// What an audit found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditReport {
    /// Balances compared.
    pub accounts: u64,
    /// Transfers hashed.
    pub transfers: u64,
    /// Events hashed.
    pub events: u64,
    /// Sealed rows compared.
    pub seals: u64,
    /// Links recomputed.
    pub links: u64,
    /// Lanes followed.
    pub lanes: u64,
    /// How many differences there are.
    pub found: u64,
    /// The first thousand of them.
    pub differences: Vec<Difference>,
}

impl AuditReport {
    /// Whether nothing differs.
    pub const fn is_clean(&self) -> bool {
        self.found == 0
    }

    pub(super) fn add(&mut self, difference: Difference) {
        self.found += 1;
        if self.differences.len() < LISTED_MAX {
            self.differences.push(difference);
        }
    }
}

/// Something that is not as it must be. Amounts are in the smallest unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// A balance is not what its transfers add up to.
    Balance {
        /// Whose.
        account: String,
        /// What the balance says.
        stored: i64,
        /// What the transfers say.
        computed: i64,
    },
    /// A balance below zero that may not be.
    Negative {
        /// Whose.
        account: String,
        /// The balance.
        stored: i64,
    },
    /// A balance whose name means no account, or is kept as the wrong kind.
    NoAccount {
        /// Its key.
        key: String,
    },
    /// The accounts of an asset do not add up to zero.
    Asset {
        /// `USD` or `CR`.
        asset: &'static str,
        /// What they add up to.
        sum: i128,
    },
    /// A transfer between accounts of different assets, or with unreadable ones.
    Transfer {
        /// Its lane.
        lane: String,
        /// Its link.
        link: i64,
        /// Its place in the link.
        seq: i64,
    },
    /// A link is not there.
    Missing {
        /// Its lane.
        lane: String,
        /// Its number.
        n: i64,
    },
    /// A link does not name the one before it.
    Broken {
        /// Its lane.
        lane: String,
        /// Its number.
        n: i64,
    },
    /// A link, or something it covers, was changed.
    Altered {
        /// Its lane.
        lane: String,
        /// Its number.
        n: i64,
    },
    /// Rows that no link covers.
    Stray {
        /// In which table.
        table: &'static str,
        /// How many.
        rows: i64,
    },
    /// Transfers that no statement shows, because they lack a posting.
    Unlisted {
        /// How many.
        rows: i64,
    },
    /// A sealed row is missing or was changed.
    Sealed {
        /// Its table.
        table: String,
        /// Its key.
        key: String,
    },
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Balance { account, stored, computed } => {
                write!(f, "{account} holds {stored}, its transfers add up to {computed}")
            }
            Self::Negative { account, stored } => write!(f, "{account} holds {stored}, less than nothing"),
            Self::NoAccount { key } => write!(f, "the balance {key:?} belongs to no account"),
            Self::Asset { asset, sum } => write!(f, "all accounts in {asset} add up to {sum} instead of 0"),
            Self::Transfer { lane, link, seq } => {
                write!(
                    f,
                    "transfer {seq} of link {link} in lane {lane} is not between two accounts of its asset"
                )
            }
            Self::Missing { lane, n } => write!(f, "link {n} of lane {lane} is missing"),
            Self::Broken { lane, n } => {
                write!(f, "link {n} of lane {lane} does not follow the one before it")
            }
            Self::Altered { lane, n } => write!(f, "link {n} of lane {lane}, or what it covers, was altered"),
            Self::Stray { table, rows } => write!(f, "{rows} rows of {table} are in no link"),
            Self::Unlisted { rows } => {
                write!(f, "{rows} transfers are missing from their accounts' postings")
            }
            Self::Sealed { table, key } => write!(f, "the row {key} of {table} is missing or was altered"),
        }
    }
}
