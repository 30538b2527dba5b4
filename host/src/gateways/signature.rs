//! Signatures of the form `t=<unix seconds>,v1=<hex HMAC-SHA256 of "t.body">`, as Stripe
//! sends them and the test provider too.

use assay_domain::ids::Timestamp;
use assay_domain::refusal::{Code, Refusal};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// How far a signature's time may be off.
const TOLERANCE_SECONDS: u64 = 300;

/// Signs a body.
pub fn sign(body: &[u8], secret: &[u8], seconds: i64) -> String {
    let signature = hex::encode(keyed(secret, &seconds.to_string(), body).finalize().into_bytes());
    format!("t={seconds},v1={signature}")
}

/// Refuses a body whose signature is wrong, or not of about now. Any of several `v1` may
/// match, since secrets are rotated.
pub fn verify(body: &[u8], signature: &str, secret: &[u8], now: Timestamp) -> Result<(), Refusal> {
    let refused = |why: &str| Refusal::new(Code::BadSignature, format!("the callback's signature {why}"));
    let (mut time, mut candidates) = (None, Vec::new());
    for part in signature.split(',') {
        match part.trim().split_once('=') {
            Some(("t", value)) => time = Some(value),
            Some(("v1", value)) => candidates.extend(hex::decode(value).ok()),
            _ => {}
        }
    }
    let time = time.ok_or_else(|| refused("has no time"))?;
    // What is signed is the time as it was written, and what is compared is its number.
    let seconds: i64 = time.parse().map_err(|_| refused("has no time"))?;
    let matches = |candidate: &Vec<u8>| keyed(secret, time, body).verify_slice(candidate).is_ok();
    // `verify_slice` compares in constant time.
    if !candidates.iter().any(matches) {
        return Err(refused("does not match its body"));
    }
    if (now.0 / 1000).abs_diff(seconds) > TOLERANCE_SECONDS {
        return Err(refused("is too old or from the future"));
    }
    Ok(())
}

fn keyed(secret: &[u8], time: &str, body: &[u8]) -> Hmac<Sha256> {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("any key length");
    mac.update(time.as_bytes());
    mac.update(b".");
    mac.update(body);
    mac
}
