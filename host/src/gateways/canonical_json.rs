//! JSON as `NOWPayments` signs it: keys sorted at every level, no spaces, slashes not
//! escaped, and numbers exactly as they were sent, which no float survives.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

/// The deepest a body may nest; a payment's notice has two levels.
const DEPTH_MAX: usize = 32;

/// The canonical text of a JSON text; nothing when it is not JSON, or nests too deep.
pub fn canonical(text: &str) -> Option<String> {
    let raw: &RawValue = serde_json::from_str(text).ok()?;
    let mut out = String::with_capacity(text.len());
    write(raw.get(), DEPTH_MAX, &mut out)?;
    Some(out)
}

fn write(text: &str, depth: usize, out: &mut String) -> Option<()> {
    let depth = depth.checked_sub(1)?;
    match text.as_bytes().first()? {
        b'{' => {
            let fields: BTreeMap<String, &RawValue> = serde_json::from_str(text).ok()?;
            between(out, ['{', '}'], fields, |(name, value), out| {
                out.push_str(&quoted(&name)?);
                out.push(':');
                write(value.get(), depth, out)
            })
        }
        b'[' => {
            let items: Vec<&RawValue> = serde_json::from_str(text).ok()?;
            between(out, ['[', ']'], items, |item, out| write(item.get(), depth, out))
        }
        b'"' => {
            out.push_str(&quoted(&serde_json::from_str::<String>(text).ok()?)?);
            Some(())
        }
        _ => {
            out.push_str(text);
            Some(())
        }
    }
}

fn between<T>(
    out: &mut String,
    [open, close]: [char; 2],
    items: impl IntoIterator<Item = T>,
    mut one: impl FnMut(T, &mut String) -> Option<()>,
) -> Option<()> {
    out.push(open);
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        one(item, out)?;
    }
    out.push(close);
    Some(())
}

fn quoted(text: &str) -> Option<String> {
    serde_json::to_string(text).ok()
}
