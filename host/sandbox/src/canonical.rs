//! Canonical bytes: compact JSON, the keys of every object in the order of their
//! bytes. The same value has the same bytes on every host and in every build.
//!
//! Records are declared in the order of `wit/`, which is how components see them, and
//! written in the order of their keys by [`sorted_keys`]; nothing is sorted at run time.

use std::ops::Range;

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
    write(&mut bytes, value);
    bytes
}

/// An object that is written part by part, all of it into one buffer.
pub(crate) struct Object<'b> {
    bytes: &'b mut Vec<u8>,
    last: Option<&'static str>,
}

impl<'b> Object<'b> {
    /// Begins it at the end of these bytes.
    pub(crate) fn begin(bytes: &'b mut Vec<u8>) -> Self {
        bytes.push(b'{');
        Self { bytes, last: None }
    }

    /// Adds a part, whose key comes after those before it, and says where its value is.
    pub(crate) fn part<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Range<usize> {
        self.name(key);
        let begin = self.bytes.len();
        write(self.bytes, value);
        begin..self.bytes.len()
    }

    /// Begins an object in it. It is to be ended before the next part.
    pub(crate) fn object(&mut self, key: &'static str) -> Object<'_> {
        self.name(key);
        Object::begin(self.bytes)
    }

    pub(crate) fn end(self) {
        self.bytes.push(b'}');
    }

    fn name(&mut self, key: &'static str) {
        debug_assert!(self.last.is_none_or(|last| last < key), "the caller names the parts in order");
        if self.last.is_some() {
            self.bytes.push(b',');
        }
        self.last = Some(key);
        write(self.bytes, key);
        self.bytes.push(b':');
    }
}

fn write<T: Serialize + ?Sized>(bytes: &mut Vec<u8>, value: &T) {
    serde_json::to_writer(bytes, value)
        .expect("strings, integers, lists and records always have a JSON form");
}
