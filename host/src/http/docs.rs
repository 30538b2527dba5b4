//! `/docs`: the reference as a page. Everything it needs is in the program, and its
//! browser is told to ask nobody else.

use std::sync::{Arc, LazyLock};

use assay_domain::refusal::Refusal;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use utoipa_swagger_ui::{Config, SwaggerFile};

use super::answer::Outcome;
use crate::error::Error;

const PAGE: &str = include_str!("docs.html");

/// What the reference lacks: colours that everybody can tell apart, and names for those
/// who do not see it.
const READABLE: &str = include_str!("docs.css");
const USABLE: &str = include_str!("docs.js");

/// The reference's own scripts and nothing from elsewhere. The page styles itself in
/// place and has its symbols as data.
const POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                      object-src 'none'; base-uri 'none'; frame-ancestors 'none'";

/// How the page is set up. Without a word here it would send the description to a
/// validator on the internet.
static CONFIG: LazyLock<Arc<Config<'static>>> = LazyLock::new(|| {
    let config = Config::new(["/openapi.json"]).validator_url("none").try_it_out_enabled(true);
    Arc::new(config.filter(true).doc_expansion("none").default_models_expand_depth(0).use_base_layout())
});

/// `GET /docs`: the reference.
pub async fn page() -> Response {
    answered(Body::from(PAGE), "text/html; charset=utf-8")
}

/// `GET /docs/{file}`: the scripts and styles of the reference.
pub async fn file(Path(name): Path<String>) -> Outcome {
    match name.as_str() {
        "readable.css" => return Ok(answered(Body::from(READABLE), "text/css; charset=utf-8")),
        "usable.js" => return Ok(answered(Body::from(USABLE), "text/javascript; charset=utf-8")),
        _ => {}
    }
    let found = utoipa_swagger_ui::serve(&name, CONFIG.clone());
    let found = found.map_err(|error| Error::Internal(error.to_string()))?;
    let SwaggerFile { bytes, content_type, gzpipped, .. } =
        found.filter(|_| name != "index.html").ok_or_else(|| Refusal::not_found("file"))?;
    let mut response = answered(Body::from(bytes.into_owned()), &content_type);
    if gzpipped {
        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    Ok(response)
}

fn answered(body: Body, content_type: &str) -> Response {
    let mut response = body.into_response();
    let headers = response.headers_mut();
    let kind = HeaderValue::from_str(content_type);
    headers
        .insert(header::CONTENT_TYPE, kind.unwrap_or(HeaderValue::from_static("application/octet-stream")));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    let plain: [(HeaderName, &str); 2] =
        [(header::X_CONTENT_TYPE_OPTIONS, "nosniff"), (header::REFERRER_POLICY, "no-referrer")];
    headers.extend(plain.map(|(name, value)| (name, HeaderValue::from_static(value))));
    response
}
