//! Kinds over attachments: which there are, of what type and size, with what bytes.

use crate::bounds::Bounds;
use crate::fields::Fields;
use crate::judge::Attachment;
use crate::outcome::{Verdict, counted, quote};
use globset::GlobMatcher;
use sha2::{Digest, Sha256};

/// The kinds of this family.
#[derive(Debug)]
pub(crate) enum Rule {
    Exists(Bounds),
    Type(Vec<GlobMatcher>),
    Size(Bounds),
    Sha256(String),
}

/// What the first bytes say of well-known formats. Each has a byte that no text begins
/// with, or letters that none happens to.
const SIGNATURES: &[(&[u8], &str)] = &[
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"\x1f\x8b", "application/gzip"),
    (b"PK\x05\x06", "application/zip"),
    (b"OggS\0", "application/ogg"),
    (b"fLaC\0", "audio/flac"),
    (b"fLaC\x80", "audio/flac"),
    (b"ID3\x02", "audio/mpeg"),
    (b"ID3\x03", "audio/mpeg"),
    (b"ID3\x04", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"\xff\xf2", "audio/mpeg"),
    (b"\x00asm", "application/wasm"),
    (b"SQLite format 3\0", "application/vnd.sqlite3"),
];

impl Rule {
    pub(crate) fn parse(kind: &str, fields: &mut Fields) -> Option<Self> {
        Some(match kind {
            "file-exists" => Self::Exists(Bounds::parse(fields)),
            "file-type" => Self::Type(parse_types(fields)),
            "file-size" => Self::Size(parse_size(fields)),
            "sha256" => Self::Sha256(parse_digest(fields)),
            _ => return None,
        })
    }

    /// Whether the content alone has nothing the rule could look at.
    pub(crate) fn needs_files(&self) -> bool {
        matches!(self, Self::Exists(_) | Self::Type(_))
    }

    /// Whether it is about how many files there are, not about each.
    pub(crate) fn counts_files(&self) -> bool {
        matches!(self, Self::Exists(_))
    }

    /// How many files match, by those whose bytes are here and those that were only
    /// named. Anybody can name a file, so that one that never arrived is neither there
    /// nor missing: where it makes the difference, a person must look.
    pub(crate) fn judge_count(&self, held: usize, named: usize) -> Verdict {
        let Self::Exists(bounds) = self else { return Verdict::error("the kind counts no files") };
        let (held, named) = (held as u64, named as u64);
        if held < named && bounds.depends_on(held, named) {
            let absent = counted(named - held, "matching file is", "matching files are");
            return Verdict::undecided(format!("{absent} named, whose bytes did not arrive"));
        }
        bounds.judge(if bounds.hold(held) { held } else { named }, "matching file", "matching files")
    }

    /// A file by what is known of it; its first bytes are read for its type alone.
    /// Of one whose bytes are not here nothing is known, whatever was said of it.
    pub(crate) fn judge_file(
        &self,
        file: &Attachment,
        first_bytes: impl FnOnce() -> Result<Vec<u8>, String>,
    ) -> Verdict {
        if !file.is_held() {
            return Verdict::undecided("its bytes did not arrive");
        }
        match self {
            Self::Exists(_) => Verdict::error("the kind looks at no single file"),
            Self::Size(bounds) => bounds.judge(file.size, "byte", "bytes"),
            Self::Sha256(wanted) => {
                let found = file.digest.strip_prefix("sha256:").unwrap_or(file.digest);
                judge_digest(found, wanted)
            }
            Self::Type(types) => match first_bytes() {
                Ok(bytes) => judge_type(file, &bytes, types),
                Err(reason) => Verdict::undecided(format!("cannot be read: {reason}")),
            },
        }
    }

    /// The content in the place of a file.
    pub(crate) fn judge_bytes(&self, bytes: &[u8]) -> Verdict {
        match self {
            Self::Size(bounds) => bounds.judge(bytes.len() as u64, "byte", "bytes"),
            Self::Sha256(wanted) => judge_digest(&hexadecimal(&Sha256::digest(bytes)), wanted),
            Self::Exists(_) | Self::Type(_) => Verdict::error("the kind looks at files"),
        }
    }
}

/// Media types such as `image/png` or `image/*`, or endings such as `.png`.
fn parse_types(fields: &mut Fields) -> Vec<GlobMatcher> {
    let texts = match fields.texts("types") {
        Some(types) => {
            fields.get("value");
            types
        }
        None => fields.need_texts("value"),
    };
    let mut types = Vec::with_capacity(texts.len());
    for text in &texts {
        let pattern = if text.contains('/') {
            text.to_lowercase()
        } else {
            format!("*.{}", text.trim_start_matches('.').to_lowercase())
        };
        match globset::Glob::new(&pattern) {
            Ok(glob) => types.push(glob.compile_matcher()),
            Err(error) => {
                fields.issue("value", format!("{text:?} is neither a media type nor an ending: {error}"));
            }
        }
    }
    types
}

fn parse_size(fields: &mut Fields) -> Bounds {
    let bounds = Bounds::parse_some(fields);
    if bounds.is_none() {
        fields.missing("max", "min, max or exact, in bytes");
    }
    bounds.unwrap_or(Bounds::AT_LEAST_ONE)
}

fn parse_digest(fields: &mut Fields) -> String {
    let value = fields.need_text("value").to_lowercase();
    let digits = value.strip_prefix("sha256:").unwrap_or(&value);
    let valid = digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !valid && !value.is_empty() {
        fields.issue("value", "must be 64 hexadecimal digits");
    }
    digits.to_owned()
}

fn judge_digest(found: &str, wanted: &str) -> Verdict {
    let holds = found.eq_ignore_ascii_case(wanted);
    Verdict::of(
        holds,
        if holds { "the digest is the one given" } else { "the digest differs from the one given" },
    )
}

/// What the worker declared must be wanted, and the bytes must not say otherwise.
fn judge_type(file: &Attachment, bytes: &[u8], types: &[GlobMatcher]) -> Verdict {
    let declared = file.media_type.split(';').next().unwrap_or_default().trim().to_lowercase();
    let name = file.name.to_lowercase();
    let wanted = types.iter().any(|kind| kind.is_match(&declared) || kind.is_match(&name));
    let written: Vec<&str> = types.iter().map(|kind| kind.glob().glob()).collect();
    let found = format!("declared as {}", quote(&declared));
    if !wanted {
        return Verdict::fail(found).wanting(written.join(" or "));
    }
    let signed = SIGNATURES.iter().find(|(signature, _)| bytes.starts_with(signature)).map(|(_, kind)| *kind);
    let known = SIGNATURES.iter().any(|(_, kind)| *kind == declared);
    match signed {
        Some(kind) if kind != declared && (known || is_text(&declared) || is_of_others(&declared, kind)) => {
            Verdict::fail(format!("{found}, but its bytes are {kind}"))
        }
        None if known => Verdict::fail(format!("{found}, but its bytes are not")),
        _ => Verdict::pass(found).wanting(written.join(" or ")),
    }
}

/// Whether a media type is one of text, which begins with no signature.
fn is_text(declared: &str) -> bool {
    const TEXTS: [&str; 6] = ["json", "xml", "yaml", "toml", "javascript", "ndjson"];
    let (family, kind) = declared.split_once('/').unwrap_or_default();
    let kind = kind.rsplit('+').next().unwrap_or_default();
    family == "text" || TEXTS.contains(&kind.trim_start_matches("x-"))
}

/// Whether a file is declared to be of another family than its bytes: a PDF is no
/// image. Formats that others are packed in, and bytes of no declared kind, may be both.
fn is_of_others(declared: &str, found: &str) -> bool {
    const PACKED: [&str; 4] =
        ["application/zip", "application/gzip", "application/ogg", "application/vnd.sqlite3"];
    let family = |kind: &str| kind.split_once('/').map(|(family, _)| family.to_owned());
    !PACKED.contains(&found) && declared != "application/octet-stream" && family(declared) != family(found)
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digits = b"0123456789abcdef";
    let digit = |value: u8| char::from(digits[usize::from(value)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
