//! The house's own payment provider, for test mode.
//!
//! It signs as card providers do: `t=<unix seconds>,v1=<hex HMAC-SHA256 of "t.body">`,
//! so that what credits a test deposit is what credits a real one.

use assay_domain::ids::Timestamp;
use assay_domain::refusal::{Code, Refusal};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// How far a signature's time may be off.
const TOLERANCE_SECONDS: i64 = 300;

/// A payment went through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The payment's id.
    pub payment: String,
    /// Smallest unit.
    pub amount: i64,
    /// `USD` or `CR`.
    pub currency: String,
}

/// What the provider sends: body and signature.
pub fn send(event: &Event, secret: &[u8], now: Timestamp) -> (Vec<u8>, String) {
    let body = serde_json::to_vec(event).unwrap_or_default();
    let seconds = now.0 / 1000;
    let signature = hex::encode(keyed(secret, seconds, &body).finalize().into_bytes());
    (body, format!("t={seconds},v1={signature}"))
}

/// What the house makes of it: an event, if the signature is right and fresh.
pub fn receive(body: &[u8], signature: &str, secret: &[u8], now: Timestamp) -> Result<Event, Refusal> {
    let refused = |why: &str| Refusal::new(Code::BadSignature, format!("the callback's signature {why}"));
    let mut seconds = None;
    let mut candidates = Vec::new();
    for part in signature.split(',') {
        match part.split_once('=') {
            Some(("t", value)) => seconds = value.parse::<i64>().ok(),
            Some(("v1", value)) => candidates.extend(hex::decode(value).ok()),
            _ => {}
        }
    }
    let seconds = seconds.ok_or_else(|| refused("has no time"))?;
    if (now.0 / 1000).abs_diff(seconds) > TOLERANCE_SECONDS.unsigned_abs() {
        return Err(refused("is too old or from the future"));
    }
    // `verify_slice` compares in constant time.
    let matches = |candidate: &Vec<u8>| keyed(secret, seconds, body).verify_slice(candidate).is_ok();
    if !candidates.iter().any(matches) {
        return Err(refused("does not match its body"));
    }
    serde_json::from_slice(body)
        .map_err(|error| Refusal::new(Code::InvalidJson, format!("the callback's body: {error}")))
}

fn keyed(secret: &[u8], seconds: i64, body: &[u8]) -> Hmac<Sha256> {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("any key length");
    mac.update(format!("{seconds}.").as_bytes());
    mac.update(body);
    mac
}
