//! Frames on the pipes between parent and child: a header in JSON, then bytes.

use std::io::{self, Read, Write};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::cage::{Attempt, Mechanism};
use crate::certify::Certification;
use crate::component::{Facts, Rejected};
use crate::digest::Digest;
use crate::outcome::Reason;
use crate::settings::Limits;

/// A header is a few words; a log or a manifest may be in it.
const HEADER_BYTES_MAX: usize = 4 << 20;

/// Machine code of the largest component is some ten times the component.
const BODY_BYTES_MAX: usize = 1 << 30;

/// Room that is set aside for a body before it comes: the machine code of an interpreter
/// is some seventy megabytes.
const PROMISED_BYTES_MAX: usize = 128 << 20;

/// A body of so many bytes is copied behind its header.
const COPIED_BYTES_MAX: usize = 64 << 10;

/// What the parent asks.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Ask {
    /// The first word to any child.
    Begin { limits: Limits, runs_max: usize },
    /// The body is a component; whether it is to be certified.
    Compile { certify: bool },
    /// The body is the machine code of a component, or one byte follows and a file with it,
    /// which begins with so many bytes of machine code.
    Load { facts: Facts, file: Option<usize> },
    /// Not needed any more.
    Unload { digest: Digest },
    /// The body is the input, then the files, in this order.
    Run { number: u64, digest: Digest, input_bytes: usize, files: Vec<(Digest, usize)> },
    /// Try to get out.
    Escape { number: u64, parent: u32, port: u16 },
}

/// What a child says.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Say {
    /// The first word of any child.
    Ready { profile: String, mechanisms: Vec<Mechanism> },
    /// The body is machine code.
    Compiled { certification: Option<Certification> },
    /// The component is not taken.
    Rejected(Rejected),
    /// A component could not be loaded; runs of it will fail.
    NotLoaded { digest: Digest, text: String },
    /// A run ended. The body is its output, empty when there is a reason.
    Ran { number: u64, reason: Option<Reason>, cost: Cost },
    /// What became of each try.
    Escaped { number: u64, attempts: Vec<Attempt> },
}

/// What a run took.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Cost {
    pub(crate) fuel: u64,
    pub(crate) memory_bytes: u64,
    pub(crate) virtual_time_ns: u64,
    pub(crate) log: Vec<String>,
}

/// Writes one frame and sends it off.
pub(crate) fn write(to: &mut impl Write, header: &impl Serialize, body: &[&[u8]]) -> io::Result<()> {
    let header = serde_json::to_vec(header)?;
    let body_bytes: usize = body.iter().map(|part| part.len()).sum();
    let too_long = |_| io::Error::from(io::ErrorKind::InvalidInput);
    let mut start = Vec::with_capacity(header.len() + 12);
    start.extend(u32::try_from(header.len()).map_err(too_long)?.to_le_bytes());
    start.extend((body_bytes as u64).to_le_bytes());
    start.extend(header);
    if body_bytes <= COPIED_BYTES_MAX {
        // In one piece, so that who waits for it is woken once.
        for part in body {
            start.extend_from_slice(part);
        }
        to.write_all(&start)?;
    } else {
        to.write_all(&start)?;
        body.iter().try_for_each(|part| to.write_all(part))?;
    }
    to.flush()
}

/// Reads one frame. An end between two frames is an end of the work.
pub(crate) fn read<Header: DeserializeOwned>(from: &mut impl Read) -> io::Result<(Header, Vec<u8>)> {
    let mut lengths = [0; 12];
    from.read_exact(&mut lengths)?;
    let (header, body) = lengths.split_at(4);
    let wrong = |_| io::Error::from(io::ErrorKind::InvalidData);
    let header = usize::try_from(u32::from_le_bytes(header.try_into().map_err(wrong)?));
    let header = take(from, header.unwrap_or(usize::MAX), HEADER_BYTES_MAX)?;
    let body = usize::try_from(u64::from_le_bytes(body.try_into().map_err(wrong)?));
    let body = take(from, body.unwrap_or(usize::MAX), BODY_BYTES_MAX)?;
    Ok((serde_json::from_slice(&header)?, body))
}

/// Room that nothing was written to costs nothing, so a false length does neither.
fn take(from: &mut impl Read, bytes: usize, bytes_max: usize) -> io::Result<Vec<u8>> {
    if bytes > bytes_max {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut taken = Vec::with_capacity(bytes.min(PROMISED_BYTES_MAX));
    from.take(bytes as u64).read_to_end(&mut taken)?;
    if taken.len() == bytes { Ok(taken) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}
