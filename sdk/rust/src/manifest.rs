//! What a component says about itself: one JSON object in the custom section
//! `assay:manifest`, which the host reads without running anything.
//!
//! `{"name","version","world","description","author","config_schema","goldens"}`, the
//! first five strings; `config_schema` is a JSON Schema of the configuration, `goldens`
//! are inputs the component is certified with. They are left out unless whoever builds
//! sets `ASSAY_GOLDENS` to a JSON array of them, as `assay plugin build` does.

/// The name of the custom section.
pub const SECTION: &str = "assay:manifest";

/// One piece of the JSON text.
#[derive(Clone, Copy)]
#[doc(hidden)]
pub enum Part {
    /// JSON, written as it is.
    Json(&'static str),
    /// Text, written as the inside of a JSON string.
    Text(&'static str),
}

/// The length of the JSON text in bytes.
#[doc(hidden)]
pub const fn length(parts: &[Part]) -> usize {
    let mut total = 0;
    let mut part = 0;
    while part < parts.len() {
        total += match parts[part] {
            Part::Json(json) => json.len(),
            Part::Text(text) => escaped_length(text.as_bytes()),
        };
        part += 1;
    }
    total
}

const fn escaped_length(bytes: &[u8]) -> usize {
    let mut total = 0;
    let mut at = 0;
    while at < bytes.len() {
        total += match bytes[at] {
            b'"' | b'\\' => 2,
            control if control < 0x20 => 6,
            _ => 1,
        };
        at += 1;
    }
    total
}

/// The JSON text. `N` must be the [`length`] of the same parts.
#[doc(hidden)]
pub const fn bytes<const N: usize>(parts: &[Part]) -> [u8; N] {
    let mut out = [0; N];
    let mut end = 0;
    let mut part = 0;
    while part < parts.len() {
        let (text, escape) = match parts[part] {
            Part::Json(json) => (json.as_bytes(), false),
            Part::Text(text) => (text.as_bytes(), true),
        };
        let mut at = 0;
        while at < text.len() {
            let byte = text[at];
            if escape && (byte == b'"' || byte == b'\\') {
                out[end] = b'\\';
                end += 1;
            }
            if escape && byte < 0x20 {
                let hex = *b"0123456789abcdef";
                let code = [b'\\', b'u', b'0', b'0', hex[(byte >> 4) as usize], hex[(byte & 15) as usize]];
                let mut digit = 0;
                while digit < code.len() {
                    out[end] = code[digit];
                    end += 1;
                    digit += 1;
                }
            } else {
                out[end] = byte;
                end += 1;
            }
            at += 1;
        }
        part += 1;
    }
    out
}

/// The field's name, where there is something to put into it.
#[doc(hidden)]
pub const fn before_goldens(goldens: Option<&str>) -> &'static str {
    match goldens {
        Some(_) => ",\"goldens\":",
        None => "",
    }
}

/// Writes the manifest of the package that calls it; also readable as
/// `MANIFEST` for the package's own tests.
#[doc(hidden)]
#[macro_export]
macro_rules! __manifest {
    ($world:literal) => {
        const MANIFEST_PARTS: &[$crate::manifest::Part] = &[
            $crate::manifest::Part::Json("{\"name\":\""),
            $crate::manifest::Part::Text(env!("CARGO_PKG_NAME")),
            $crate::manifest::Part::Json("\",\"version\":\""),
            $crate::manifest::Part::Text(env!("CARGO_PKG_VERSION")),
            $crate::manifest::Part::Json(concat!("\",\"world\":\"", $world, "\",\"description\":\"")),
            $crate::manifest::Part::Text(env!("CARGO_PKG_DESCRIPTION")),
            $crate::manifest::Part::Json("\",\"author\":\""),
            $crate::manifest::Part::Text(env!("CARGO_PKG_AUTHORS")),
            $crate::manifest::Part::Json("\",\"config_schema\":"),
            $crate::manifest::Part::Json(include_str!(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/config.schema.json"
            ))),
            $crate::manifest::Part::Json($crate::manifest::before_goldens(option_env!("ASSAY_GOLDENS"))),
            $crate::manifest::Part::Json(match option_env!("ASSAY_GOLDENS") {
                Some(goldens) => goldens,
                None => "",
            }),
            $crate::manifest::Part::Json("}"),
        ];

        /// What this component says about itself, as JSON.
        #[cfg_attr(target_arch = "wasm32", unsafe(link_section = "assay:manifest"))]
        #[cfg_attr(target_arch = "wasm32", used)]
        pub static MANIFEST: [u8; $crate::manifest::length(MANIFEST_PARTS)] =
            $crate::manifest::bytes(MANIFEST_PARTS);
    };
}

#[cfg(test)]
mod tests {
    use super::{Part, bytes, length};

    #[test]
    fn text_is_escaped_and_json_is_not() {
        const PARTS: &[Part] =
            &[Part::Json("{\"a\":\""), Part::Text("say \"hi\" \\ \n né"), Part::Json("\"}")];
        const TEXT: [u8; length(PARTS)] = bytes(PARTS);
        let value: serde_json::Value = serde_json::from_slice(&TEXT).expect("it is JSON");
        assert_eq!(value["a"], "say \"hi\" \\ \n né");
    }
}
