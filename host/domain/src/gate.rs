//! The quality gate: what a score means.

use std::fmt;

/// A score in basis points: 0 to 10000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Score(u16);

impl Score {
    /// The best there is.
    pub const MAX: Self = Self(10_000);
    /// Below this a delivery is rejected.
    pub const REJECTED_BELOW: Self = Self(4_000);
    /// Above this it is clean; from the line above up to here it passes with a warning.
    pub const CLEAN_ABOVE: Self = Self(6_500);

    /// A score, unless it is above [`Score::MAX`].
    pub const fn new(basis_points: u16) -> Option<Self> {
        if basis_points <= Self::MAX.0 { Some(Self(basis_points)) } else { None }
    }

    /// In basis points.
    pub const fn basis_points(self) -> u16 {
        self.0
    }

    /// What the gate makes of it.
    pub fn outcome(self) -> Outcome {
        if self < Self::REJECTED_BELOW {
            Outcome::Rejected
        } else if self <= Self::CLEAN_ABOVE {
            Outcome::Warning
        } else {
            Outcome::Clean
        }
    }
}

/// Four decimals between 0 and 1, such as `0.7200`.
impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:04}", self.0 / 10_000, self.0 % 10_000)
    }
}

/// What the gate says of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Goes back to the worker, who has one resubmission.
    Rejected,
    /// Goes on, with a warning.
    Warning,
    /// Goes on.
    Clean,
}

impl Outcome {
    /// As stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rejected => "rejected",
            Self::Warning => "warning",
            Self::Clean => "clean",
        }
    }
}
