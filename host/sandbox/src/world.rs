//! The four kinds of judge, one export each.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The version of `assay:plugin` that this host serves.
pub const VERSION: &str = "0.1.0";

/// What a component is for. Each world has one export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum World {
    /// Judges a delivery against the checks of its task.
    Verifier,
    /// Says how good a delivery is.
    Scorer,
    /// Decides what to do about a judged delivery.
    Reviewer,
    /// Decides what a piece of work costs and who gets it.
    Pricing,
}

impl World {
    /// Every world.
    pub const ALL: [Self; 4] = [Self::Verifier, Self::Scorer, Self::Reviewer, Self::Pricing];

    /// Its name in `wit/`, in manifests and in receipts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Verifier => "verifier",
            Self::Scorer => "scorer",
            Self::Reviewer => "reviewer",
            Self::Pricing => "pricing",
        }
    }

    /// The name of its one export.
    pub const fn export(self) -> &'static str {
        match self {
            Self::Verifier => "verify",
            Self::Scorer => "score",
            Self::Reviewer => "review",
            Self::Pricing => "decide",
        }
    }

    /// Whether a component of this world may ask for the bytes of attachments.
    pub const fn reads_attachments(self) -> bool {
        !matches!(self, Self::Pricing)
    }
}

impl fmt::Display for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that names no world.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a world is one of verifier, scorer, reviewer, pricing")]
pub struct WorldError;

impl FromStr for World {
    type Err = WorldError;

    fn from_str(text: &str) -> Result<Self, WorldError> {
        Self::ALL.into_iter().find(|world| world.as_str() == text).ok_or(WorldError)
    }
}
