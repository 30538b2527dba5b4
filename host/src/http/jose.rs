//! What a JWE looks like from outside: its parts, their sizes and its header. Nobody here
//! can open one.

use assay_domain::refusal::Refusal;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

/// A wrapped 256-bit key, a nonce, and a tag, in bytes.
const KEY_BYTES: usize = 40;
const NONCE_BYTES: usize = 12;
const TAG_BYTES: usize = 16;

/// Refuses what is no JWE in compact form (RFC 7516) of at most `limit` bytes with
/// ECDH-ES+A256KW and A256GCM for a P-256 or X25519 key, so that no clear text is kept
/// by mistake.
pub fn check_jwe(field: &str, text: &str, limit: usize) -> Result<(), Refusal> {
    let wrong = |what: String| Refusal::field(field, what);
    if text.len() > limit {
        return Err(wrong(format!("has {} bytes, at most {limit} allowed", text.len())));
    }
    let parts: Vec<&str> = text.split('.').collect();
    let [header, key, nonce, ciphertext, tag] = parts[..] else {
        return Err(wrong("must be a JWE in compact form: five parts with dots between them".into()));
    };
    let decoded = |name: &str, part: &str| {
        URL_SAFE_NO_PAD.decode(part).map_err(|_| wrong(format!("the JWE's {name} is not base64url")))
    };
    check_header(&decoded("header", header)?).map_err(|what| wrong(format!("the JWE's header {what}")))?;
    for (name, part, bytes) in
        [("key", key, KEY_BYTES), ("nonce", nonce, NONCE_BYTES), ("tag", tag, TAG_BYTES)]
    {
        let found = decoded(name, part)?.len();
        if found != bytes {
            return Err(wrong(format!("the JWE's {name} has {found} bytes, {bytes} are right")));
        }
    }
    if decoded("ciphertext", ciphertext)?.is_empty() {
        return Err(wrong("the JWE is empty".into()));
    }
    Ok(())
}

fn check_header(bytes: &[u8]) -> Result<(), String> {
    let header: Value = serde_json::from_slice(bytes).map_err(|_| "is not JSON".to_owned())?;
    let is = |name: &str, wanted: &str| {
        let found = header.get(name).and_then(Value::as_str);
        if found == Some(wanted) { Ok(()) } else { Err(format!("must have {name} {wanted}")) }
    };
    is("alg", "ECDH-ES+A256KW")?;
    is("enc", "A256GCM")?;
    let curve = header.pointer("/epk/crv").and_then(Value::as_str);
    if !matches!(curve, Some("P-256" | "X25519")) {
        return Err("must have an epk on P-256 or X25519".into());
    }
    if header.get("zip").is_some() || header.get("crit").is_some() {
        return Err("must have neither zip nor crit".into());
    }
    if header.pointer("/epk/d").is_some() {
        return Err("shows a private key: make a new one".into());
    }
    Ok(())
}
