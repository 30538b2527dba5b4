//! How often anyone may ask, by what they ask for; and whose word counts on who asks.
//!
//! Every rate is of one host: a house of three hosts allows up to three times as much.
//! The defaults are far above what people and their agents do, and below what a machine
//! does that has gone wrong.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::Deserialize;

/// Requests a key or an address may make; the window is the last word of a name, and 0
/// is no limit.
///
/// An address is one IPv4 address, or one IPv6 network of 64 bits, which is what a single
/// household is given. Behind a proxy that is not in `trusted_proxies` everyone has the
/// proxy's address.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rates {
    /// Looking: 100 a second, since agents poll.
    pub reads_per_key_per_minute: u32,
    /// The same of an address, behind which there may be many agents.
    pub reads_per_address_per_minute: u32,
    /// Changing something: 100 a second, since channels pay by the call.
    pub writes_per_key_per_minute: u32,
    /// The same of an address.
    pub writes_per_address_per_minute: u32,
    /// What makes the judges run: each takes processor time.
    pub judgings_per_key_per_minute: u32,
    /// The same of an address.
    pub judgings_per_address_per_minute: u32,
    /// Components and files.
    pub uploads_per_key_per_minute: u32,
    /// The same of an address.
    pub uploads_per_address_per_minute: u32,
    /// New parties: each is given credits.
    pub registrations_per_address_per_hour: u32,
    /// Passwords tried from an address.
    pub sign_ins_per_address_per_hour: u32,
    /// Passwords tried for one account, wherever from.
    pub sign_ins_per_email_per_hour: u32,
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            reads_per_key_per_minute: 6_000,
            reads_per_address_per_minute: 60_000,
            writes_per_key_per_minute: 6_000,
            writes_per_address_per_minute: 60_000,
            judgings_per_key_per_minute: 600,
            judgings_per_address_per_minute: 6_000,
            uploads_per_key_per_minute: 120,
            uploads_per_address_per_minute: 600,
            registrations_per_address_per_hour: 60,
            sign_ins_per_address_per_hour: 120,
            sign_ins_per_email_per_hour: 20,
        }
    }
}

/// An address, or a range of them: `10.0.0.0/8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Network {
    address: IpAddr,
    prefix_bits: u8,
}

impl Network {
    /// Whether an address is in it. An IPv4 address may come as an IPv6 one.
    pub fn holds(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let mask = u32::MAX.checked_shl(u32::from(32 - self.prefix_bits)).unwrap_or(0);
                own.to_bits() & mask == other.to_bits() & mask
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let mask = u128::MAX.checked_shl(u32::from(128 - self.prefix_bits)).unwrap_or(0);
                own.to_bits() & mask == other.to_bits() & mask
            }
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is neither an address nor a network such as 10.0.0.0/8");
        let (address, bits) =
            text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.trim().parse::<IpAddr>().map_err(|_| wrong())?.to_canonical();
        let most = if address.is_ipv4() { 32 } else { 128 };
        let prefix_bits = match bits {
            None => most,
            Some(bits) => bits.trim().parse().ok().filter(|bits| *bits <= most).ok_or_else(wrong)?,
        };
        Ok(Self { address, prefix_bits })
    }
}

impl TryFrom<String> for Network {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix_bits)
    }
}
