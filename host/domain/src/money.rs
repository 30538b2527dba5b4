//! Two assets, counted in integers of their smallest unit.

use std::cmp::Ordering;
use std::fmt::Write as _;

use rust_decimal::Decimal;

use crate::refusal::{Code, Refusal};

/// What money is made of. Nothing converts one into the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Asset {
    /// United States dollars, in millionths.
    Usd,
    /// Credits, whole.
    Cr,
}

impl Asset {
    /// Both, in the order balances are listed.
    pub const ALL: [Self; 2] = [Self::Usd, Self::Cr];

    /// `USD` or `CR`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Usd => "USD",
            Self::Cr => "CR",
        }
    }

    /// The asset of a currency code, in any case.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|asset| asset.code().eq_ignore_ascii_case(text))
    }

    /// Decimal places of the smallest unit.
    pub const fn scale(self) -> u32 {
        match self {
            Self::Usd => 6,
            Self::Cr => 0,
        }
    }

    /// Decimal places a task, bid, deposit, or withdrawal may have.
    pub const fn decimals_max(self) -> u32 {
        match self {
            Self::Usd => 2,
            Self::Cr => 0,
        }
    }

    /// The unit of prices, which fees are rounded to: a cent, or one credit.
    const fn rounding_units(self) -> i64 {
        10_i64.pow(self.scale() - self.decimals_max())
    }

    /// A price that can be asked: whole cents or credits, rounded down, at least one.
    pub const fn whole(self, price: i64) -> i64 {
        let unit = self.rounding_units();
        if price < unit { unit } else { price - price % unit }
    }
}

/// The largest single amount, in the smallest unit: a thousand million dollars.
/// Far below the integer's end, so that sums of many stay exact.
pub const AMOUNT_MAX: i64 = 1_000_000_000_000_000;

/// Reads an amount exactly as it was written, without a detour through a float.
///
/// Takes plain and scientific notation. Refuses, naming `field`: what is no number,
/// a negative amount, more than `decimals_max` decimals, more than [`AMOUNT_MAX`].
pub fn parse(asset: Asset, field: &str, text: &str, decimals_max: u32) -> Result<i64, Refusal> {
    let price = |problem: String| Refusal { code: Code::PriceOutOfRange, ..Refusal::field(field, problem) };
    if text.len() > 64 {
        return Err(price("is too long for an amount".into()));
    }
    let number = Decimal::from_str_exact(text)
        .or_else(|_| Decimal::from_scientific(text))
        .map_err(|_| Refusal::field(field, "must be an amount such as 12.50"))?
        .normalize();
    if number.is_sign_negative() && !number.is_zero() {
        return Err(price("must not be negative".into()));
    }
    if number.scale() > decimals_max {
        return Err(price(format!("takes at most {decimals_max} decimals in {}", asset.code())));
    }
    // Compared before scaling up, so that the multiplication cannot overflow.
    if number > Decimal::new(AMOUNT_MAX, asset.scale()) {
        let most = format(asset, AMOUNT_MAX);
        return Err(price(format!("must be at most {most} {}", asset.code())));
    }
    let units = number * Decimal::from(10_i64.pow(asset.scale()));
    i64::try_from(units).map_err(|_| price("is out of range".into()))
}

/// Writes an amount: dollars with two decimals, more only where they are not zero;
/// credits whole.
pub fn format(asset: Asset, units: i64) -> String {
    let one = 10_u64.pow(asset.scale());
    let size = units.unsigned_abs();
    let mut text = String::new();
    if units < 0 {
        text.push('-');
    }
    let _ = write!(text, "{}", size / one);
    if asset.scale() > 0 {
        let _ = write!(text, ".{:0width$}", size % one, width = asset.scale() as usize);
        let least = text.len() - (asset.scale() - asset.decimals_max()) as usize;
        let kept = text.trim_end_matches('0').len().max(least);
        text.truncate(kept);
    }
    text
}

/// A share of an amount, in basis points: how large a fee is.
pub type BasisPoints = u32;

/// The fee on an amount, rounded half to even on a cent (on one credit for `CR`).
/// The only place where money is rounded to the nearest.
pub fn fee(asset: Asset, units: i64, rate: BasisPoints) -> i64 {
    let (cents, rest, whole) = share(asset, units, rate);
    let up = match (rest * 2).cmp(&whole) {
        Ordering::Less => false,
        Ordering::Equal => cents % 2 != 0,
        Ordering::Greater => true,
    };
    in_units(asset, cents + i128::from(up))
}

/// A part of an amount, rounded down to a cent (to one credit for `CR`): what is left
/// over stays with whoever has the rest.
pub fn part(asset: Asset, units: i64, share_of: BasisPoints) -> i64 {
    in_units(asset, share(asset, units, share_of).0)
}

/// Whole cents of a share, and what is left of one: the rest and what it is a part of.
fn share(asset: Asset, units: i64, rate: BasisPoints) -> (i128, i128, i128) {
    let numerator = i128::from(units) * i128::from(rate);
    let whole = i128::from(asset.rounding_units()) * 10_000;
    (numerator.div_euclid(whole), numerator.rem_euclid(whole), whole)
}

fn in_units(asset: Asset, cents: i128) -> i64 {
    i64::try_from(cents * i128::from(asset.rounding_units())).unwrap_or(i64::MAX)
}
