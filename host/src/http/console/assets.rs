//! The style sheet, the scripts and the icon: all in the program, under a name that
//! changes with them, so that a browser keeps them for good.

use std::sync::LazyLock;

use assay_domain::refusal::Refusal;
use axum::extract::Path;
use axum::http::{HeaderValue, header};
use axum::response::IntoResponse as _;
use sha2::{Digest as _, Sha256};

use super::super::answer::Outcome;

struct Asset {
    name: &'static str,
    kind: &'static str,
    bytes: &'static [u8],
}

macro_rules! assets {
    ($($name:literal $kind:literal,)+) => {
        [$(Asset { name: $name, kind: $kind, bytes: include_bytes!(concat!("assets/", $name)) }),+]
    };
}

static ASSETS: [Asset; 10] = assets![
    "style.css" "text/css; charset=utf-8",
    "desk.js" "text/javascript; charset=utf-8",
    "main.js" "text/javascript; charset=utf-8",
    "post.js" "text/javascript; charset=utf-8",
    "jwe.js" "text/javascript; charset=utf-8",
    "keys.js" "text/javascript; charset=utf-8",
    "key_page.js" "text/javascript; charset=utf-8",
    "secrets.js" "text/javascript; charset=utf-8",
    "watch.js" "text/javascript; charset=utf-8",
    "icon.svg" "image/svg+xml",
];

static VERSION: LazyLock<String> = LazyLock::new(|| {
    let digest = ASSETS.iter().fold(Sha256::new(), |digest, asset| digest.chain_update(asset.bytes));
    hex::encode(&digest.finalize()[..6])
});

/// Where a file is.
pub fn place(name: &str) -> String {
    format!("/assets/{}/{name}", *VERSION)
}

/// `GET /assets/{version}/{file}`.
pub async fn file(Path((version, name)): Path<(String, String)>) -> Outcome {
    let found = ASSETS.iter().find(|asset| asset.name == name);
    let asset = found.ok_or_else(|| Refusal::not_found("file"))?;
    // A page of an older program asks for an older file, and is given the one there is.
    let kept = if version == *VERSION { "public, max-age=31536000, immutable" } else { "no-store" };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(asset.kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static(kept)),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    Ok((headers, asset.bytes).into_response())
}
