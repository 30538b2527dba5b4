//! Which addresses are the internet's, and which are somebody's own network: a house that
//! goes where its users send it must not be sent into its own.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Ranges of IPv4 that are not the internet's, as address and length of prefix.
const RESERVED_V4: [(Ipv4Addr, u32); 16] = [
    (Ipv4Addr::UNSPECIFIED, 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 31, 196, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// Parts of `2000::/3` that are not the internet's, or that hide an address of IPv4.
const RESERVED_V6: [(Ipv6Addr, u32); 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

/// Whether a stranger may have us go there.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(inner) => is_public_v4(inner),
            None => is_public_v6(address),
        },
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let within = |(start, prefix): &(Ipv4Addr, u32)| {
        let mask = u32::MAX << (32 - prefix);
        address.to_bits() & mask == start.to_bits()
    };
    !RESERVED_V4.iter().any(within)
}

/// Everything the internet has given out in IPv6 lies in `2000::/3`.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let within = |(start, prefix): &(Ipv6Addr, u32)| {
        let mask = u128::MAX << (128 - prefix);
        address.to_bits() & mask == start.to_bits()
    };
    address.segments()[0] & 0xe000 == 0x2000 && !RESERVED_V6.iter().any(within)
}

/// Whether an address is this machine's own, in either writing.
fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

/// Where strangers may send us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// Whether this machine itself is in reach, for tests.
    pub loopback: bool,
}

impl Reach {
    /// Whether this address is in reach.
    pub fn has(self, address: IpAddr) -> bool {
        is_public(address) || (self.loopback && is_loopback(address))
    }
}

/// Resolves names, and gives only addresses in reach. What it gives is what is connected
/// to, so that a name cannot point elsewhere once it was looked at.
impl Resolve for Reach {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = *self;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> = found.filter(|address| reach.has(address.ip())).collect();
            if allowed.is_empty() {
                return Err(io::Error::other("the name has no address on the internet").into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}
