//! Canonical bytes: compact JSON, the keys of every object in the order of their
//! bytes. The same value has the same bytes on every host and in every build.
//!
//! Records are declared in the order of `wit/`, which is how components see them, and
//! written in the order of their keys by [`sorted_keys`]; nothing is sorted at run time.

use serde::Serialize;

/// Writes records with sorted keys: the type, then all of its fields, sorted. A field
/// left out or out of order does not compile.
macro_rules! sorted_keys {
    ($($record:ident { $($field:ident),+ })+) => {$(
        impl serde::Serialize for $record {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeStruct;
                const KEYS: &[&str] = &[$(stringify!($field)),+];
                const { assert!($crate::canonical::is_sorted(KEYS), "the keys are not sorted") };
                let Self { $($field),+ } = self;
                let mut record = serializer.serialize_struct(stringify!($record), KEYS.len())?;
                $(record.serialize_field(stringify!($field), $field)?;)+
                record.end()
            }
        }
    )+};
}
pub(crate) use sorted_keys;

/// Whether each key comes after the one before it, byte by byte.
pub(crate) const fn is_sorted(keys: &[&str]) -> bool {
    let mut at = 1;
    while at < keys.len() {
        if !is_before(keys[at - 1].as_bytes(), keys[at].as_bytes()) {
            return false;
        }
        at += 1;
    }
    true
}

const fn is_before(first: &[u8], second: &[u8]) -> bool {
    let mut at = 0;
    while at < first.len() && at < second.len() {
        if first[at] != second[at] {
            return first[at] < second[at];
        }
        at += 1;
    }
    first.len() < second.len()
}

/// Most values have fewer.
const BYTES: usize = 1_024;

/// The canonical bytes of a value whose records are written with [`sorted_keys`].
pub(crate) fn to_bytes<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(BYTES);
    serde_json::to_writer(&mut bytes, value)
        .expect("strings, integers, lists and records always have a JSON form");
    bytes
}

/// An object of parts that are canonical already, in the order given.
pub(crate) fn object(parts: &[(&str, &[u8])]) -> Vec<u8> {
    debug_assert!(parts.is_sorted_by_key(|(key, _)| *key), "the caller names the parts in order");
    let mut bytes =
        Vec::with_capacity(2 + parts.iter().map(|(key, part)| key.len() + part.len() + 4).sum::<usize>());
    bytes.push(b'{');
    for (position, (key, part)) in parts.iter().enumerate() {
        if position > 0 {
            bytes.push(b',');
        }
        bytes.extend(to_bytes(*key));
        bytes.push(b':');
        bytes.extend_from_slice(part);
    }
    bytes.push(b'}');
    bytes
}
