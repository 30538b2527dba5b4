//! Canonical bytes: compact JSON, the keys of every object in the order of their
//! bytes. The same value has the same bytes on every host and in every build.

use serde::Serialize;
use serde_json::Value;

/// One value of this crate as JSON.
pub(crate) fn to_value<T: Serialize + ?Sized>(value: &T) -> Value {
    serde_json::to_value(value)
        .expect("records of strings, integers, lists and options always have a JSON form")
}

/// The canonical bytes of one value of this crate.
pub(crate) fn to_bytes<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    let value = to_value(value);
    let mut bytes = Vec::with_capacity(1024);
    write(&value, &mut bytes);
    bytes
}

/// An object of parts that are canonical already, in the order given.
pub(crate) fn object(parts: &[(&str, &[u8])]) -> Vec<u8> {
    debug_assert!(parts.is_sorted_by_key(|(key, _)| *key), "the caller names the parts in order");
    let mut bytes = Vec::with_capacity(parts.iter().map(|(key, part)| key.len() + part.len() + 4).sum());
    bytes.push(b'{');
    for (position, (key, part)) in parts.iter().enumerate() {
        separate(position, &mut bytes);
        write_text(key, &mut bytes);
        bytes.push(b':');
        bytes.extend_from_slice(part);
    }
    bytes.push(b'}');
    bytes
}

fn write(value: &Value, bytes: &mut Vec<u8>) {
    match value {
        Value::Array(items) => {
            bytes.push(b'[');
            for (position, item) in items.iter().enumerate() {
                separate(position, bytes);
                write(item, bytes);
            }
            bytes.push(b']');
        }
        Value::Object(members) => {
            // serde_json's map is sorted or not depending on a feature that any crate
            // of the build may turn on, so the order is made here.
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(key, _)| key.as_str());
            bytes.push(b'{');
            for (position, (key, member)) in members.into_iter().enumerate() {
                separate(position, bytes);
                write_text(key, bytes);
                bytes.push(b':');
                write(member, bytes);
            }
            bytes.push(b'}');
        }
        Value::String(text) => write_text(text, bytes),
        Value::Null | Value::Bool(_) | Value::Number(_) => {
            bytes.extend_from_slice(value.to_string().as_bytes());
        }
    }
}

fn write_text(text: &str, bytes: &mut Vec<u8>) {
    serde_json::to_writer(&mut *bytes, text).expect("writing a string into memory cannot fail");
}

fn separate(position: usize, bytes: &mut Vec<u8>) {
    if position > 0 {
        bytes.push(b',');
    }
}
