//! The one HTTP client for providers: a base address, a time limit, no redirects, and
//! answers of a bounded size.

use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::Value;

use super::ProviderError;
use crate::config::{PaymentRules, Secret};

/// How much of a provider's own words goes into our log.
const WHY_CHARACTERS_MAX: usize = 200;

/// A client of one provider.
pub struct Client {
    http: reqwest::Client,
    base_url: String,
    answer_bytes_max: usize,
}

impl Client {
    /// A client that sends `headers` with every request. None of them reaches a log.
    pub fn new(
        base_url: &str,
        headers: &[(&'static str, Secret)],
        rules: &PaymentRules,
    ) -> Result<Self, String> {
        let mut usual = HeaderMap::new();
        for (name, secret) in headers {
            let mut value = HeaderValue::from_str(secret.reveal())
                .map_err(|_| format!("the secret for {name} has characters that no header takes"))?;
            value.set_sensitive(true);
            usual.insert(HeaderName::from_static(name), value);
        }
        let http = reqwest::Client::builder()
            .default_headers(usual)
            .timeout(Duration::from_millis(rules.provider_ms_max))
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("assay/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| format!("no HTTP client: {error}"))?;
        let base_url = base_url.trim_end_matches('/');
        let base_url = base_url.strip_suffix("/v1").unwrap_or(base_url).to_owned();
        Ok(Self { http, base_url, answer_bytes_max: rules.provider_answer_bytes_max })
    }

    /// A request to a path below the base address.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base_url))
    }

    /// Sends it; the JSON of a successful answer.
    pub async fn ask(&self, request: RequestBuilder) -> Result<Value, ProviderError> {
        let failed = |error: reqwest::Error| ProviderError::Unreachable(error.without_url().to_string());
        let mut response = request.send().await.map_err(failed)?;
        let status = response.status();
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(failed)? {
            if body.len() + piece.len() > self.answer_bytes_max {
                return Err(ProviderError::Unexpected("an answer without end".into()));
            }
            body.extend_from_slice(&piece);
        }
        if status.is_success() {
            let text = |error: serde_json::Error| ProviderError::Unexpected(format!("no JSON: {error}"));
            return serde_json::from_slice(&body).map_err(text);
        }
        Err(refusal(status, &body))
    }
}

/// A failing provider may have done something; one that says no has not.
fn refusal(status: StatusCode, body: &[u8]) -> ProviderError {
    let why = words(body);
    if status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS {
        return ProviderError::Refused { status: status.as_u16(), why };
    }
    ProviderError::Unreachable(format!("{status} {why}"))
}

/// The provider's own message, on one line.
fn words(body: &[u8]) -> String {
    let value: Value = serde_json::from_slice(body).unwrap_or_default();
    let message = [&value["error"]["message"], &value["message"], &value["error"]]
        .into_iter()
        .find_map(Value::as_str)
        .unwrap_or("without a message");
    message.chars().filter(|one| !one.is_control()).take(WHY_CHARACTERS_MAX).collect()
}
