//! `/v1/blobs/{sha256}`: the bytes of a delivery's files.

use std::sync::Arc;

use assay_db::Reply;
use assay_domain::refusal::Refusal;
use axum::extract::{Path, Request, State};
use axum::http::HeaderValue;
use axum::http::header::{self, HeaderMap, HeaderName};
use axum::response::IntoResponse as _;

use super::answer::{self, Outcome, enveloped, reply};
use super::problem::Problem;
use super::render::{Object, Style};
use super::request::{Bytes, Me};
use crate::app::App;
use crate::app::access::Scope;
use crate::app::blobs::{Kept, NewFile};

/// Types that a browser shows without running anything. All others are bytes.
const SAFE_TYPES: [&str; 11] = [
    "application/gzip",
    "application/json",
    "application/pdf",
    "application/zip",
    "audio/mpeg",
    "image/gif",
    "image/jpeg",
    "image/png",
    "image/webp",
    "text/csv",
    "text/plain",
];

/// What an unknown type is served as.
const BYTES: &str = "application/octet-stream";

/// `PUT /v1/blobs/{sha256}`, the body the bytes: keeps them. 201, or 200 where the caller
/// brought the same bytes before: `{id, sha256, sizeBytes, mediaType, createdAt}`. 400
/// where they have another digest, 413 above the largest file, 429 above a day's bytes.
pub async fn put(State(app): State<Arc<App>>, Path(sha256): Path<String>, request: Request) -> Outcome {
    let sha256 = digest(&sha256).ok_or_else(|| Refusal::field("sha256", "must be 64 hexadecimal digits"))?;
    let media_type = media_type(request.headers());
    let bytes = Bytes::read(request, &app, app.settings.limits.attachment_bytes_max).await?;
    let file = NewFile { sha256, media_type, bytes: bytes.body() };
    answer::of(app.keep_file(bytes.ask(Scope::Work)?, &file, kept).await)
}

fn kept(kept: &Kept) -> Reply {
    let object = Object::new(Style::Camel)
        .set("id", kept.sha256.clone())
        .set("sha256", kept.sha256.clone())
        .set("size_bytes", kept.size_bytes)
        .set("media_type", kept.media_type.clone())
        .time("created_at", kept.created_at)
        .done();
    reply(if kept.is_new { 201 } else { 200 }, &enveloped(object))
}

/// `GET` and `HEAD /v1/blobs/{sha256}`: the bytes, as a download that no browser runs, for
/// whoever brought them and for the poster of a delivery that names them; 404 for others.
pub async fn get(State(app): State<Arc<App>>, Me(caller): Me, Path(sha256): Path<String>) -> Outcome {
    let sha256 = digest(&sha256).ok_or_else(|| Problem::from(Refusal::not_found("file")))?;
    let file = app.file(&caller, &sha256).await?;
    let headers: [(HeaderName, HeaderValue); 5] = [
        (header::CONTENT_TYPE, HeaderValue::from_static(served_type(&file.media_type))),
        (header::CONTENT_DISPOSITION, disposition(&file.name)),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'")),
        (header::CACHE_CONTROL, HeaderValue::from_static("private, no-store")),
    ];
    Ok((headers, file.bytes).into_response())
}

fn digest(text: &str) -> Option<String> {
    let fits = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    fits.then(|| text.to_ascii_lowercase())
}

fn media_type(headers: &HeaderMap) -> String {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    given.filter(|text| !text.is_empty() && text.len() <= 100).unwrap_or(BYTES).to_owned()
}

/// The type without its parameters, if it is one of the safe ones.
fn served_type(media_type: &str) -> &'static str {
    let bare = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match SAFE_TYPES.into_iter().find(|safe| *safe == bare) {
        Some("text/plain") => "text/plain; charset=utf-8",
        Some("text/csv") => "text/csv; charset=utf-8",
        Some(safe) => safe,
        None => BYTES,
    }
}

/// A download under its name: once in plain letters, once percent-encoded (RFC 6266).
fn disposition(name: &str) -> HeaderValue {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || ".-_ ".contains(letter);
    let ascii: String = name.chars().map(|letter| if plain(letter) { letter } else { '_' }).collect();
    let kept = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    let encoded: String = name
        .bytes()
        .map(|byte| if kept(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect();
    HeaderValue::from_str(&format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{encoded}"))
        .unwrap_or(HeaderValue::from_static("attachment"))
}
