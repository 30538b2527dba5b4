//! Public keys to which others encrypt: JWKs for ECDH, P-256 or X25519.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

/// Members of a JWK (RFC 7517, 7518) that hold something private.
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// Bytes of a coordinate, on either curve.
const COORDINATE_BYTES: usize = 32;

/// A public key from a JWK, as an object or its JSON text: only its public members are
/// kept. The error is a sentence that goes on after the field's name.
pub fn public_key(given: &Value) -> Result<Value, String> {
    let parsed: Value;
    let jwk = match given {
        Value::String(text) => {
            parsed =
                serde_json::from_str(text).map_err(|_| "must be a JWK, as an object or its JSON text")?;
            &parsed
        }
        other => other,
    };
    let fields = jwk.as_object().ok_or("must be a JWK, as an object or its JSON text")?;
    if let Some(name) = PRIVATE.iter().find(|name| fields.contains_key(**name)) {
        return Err(format!("holds the private member {name:?}: send the public key alone"));
    }
    let coordinates: &[&str] = match (word(fields, "kty"), word(fields, "crv")) {
        (Some("EC"), Some("P-256")) => &["x", "y"],
        (Some("OKP"), Some("X25519")) => &["x"],
        _ => return Err("must have kty EC with crv P-256, or kty OKP with crv X25519".into()),
    };
    if word(fields, "use").is_some_and(|purpose| purpose != "enc") {
        return Err("is not for encryption: its \"use\" must be \"enc\" or absent".into());
    }
    // The form that curves agree on: a byte that says which, then the coordinates.
    let mut point = vec![4];
    for name in coordinates {
        let bytes = word(fields, name).and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
        let bytes = bytes.filter(|bytes| bytes.len() == COORDINATE_BYTES).ok_or_else(|| {
            format!("must have {name:?}, {COORDINATE_BYTES} bytes in base64url without padding")
        })?;
        point.extend(bytes);
    }
    // Every x is one of X25519's. What is encrypted to a point beside the curve, anyone opens.
    if coordinates.len() == 2 && p256::PublicKey::from_sec1_bytes(&point).is_err() {
        return Err("is no point of P-256: send \"x\" and \"y\" of one key".into());
    }
    Ok(kept(fields, coordinates))
}

fn word<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    fields.get(name).and_then(Value::as_str)
}

/// The members that say which key it is, and short plain names for it.
fn kept(fields: &Map<String, Value>, coordinates: &[&str]) -> Value {
    let plain = |text: &str| text.len() <= 200 && !text.chars().any(char::is_control);
    let names = ["kty", "crv"].into_iter().chain(coordinates.iter().copied()).chain(["kid", "alg", "use"]);
    let pairs = names.filter_map(|name| {
        let text = word(fields, name).filter(|text| plain(text))?;
        Some((name.to_owned(), Value::from(text)))
    });
    Value::Object(pairs.collect())
}
