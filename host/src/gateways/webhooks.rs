//! Telling others of events, as Standard Webhooks 1.0 says: signed, to public addresses,
//! without following anybody anywhere.

use std::net::IpAddr;
use std::time::Duration;

use assay_domain::ids::Timestamp;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use sha2::Sha256;

use super::addresses::Reach;

/// What a secret begins with.
const SECRET_PREFIX: &str = "whsec_";
/// Longest address.
const URL_CHARACTERS_MAX: usize = 2_000;

/// Where webhooks may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Whether only HTTPS will do.
    pub https_only: bool,
    /// Which addresses.
    pub reach: Reach,
}

/// Sends messages.
#[derive(Clone, Debug)]
pub struct Courier {
    client: Client,
    rules: Rules,
}

/// A message, ready to be sent.
#[derive(Clone, Debug)]
pub struct Message<'a> {
    /// Where to.
    pub url: &'a str,
    /// The same however often it is sent.
    pub id: &'a str,
    /// When it is sent.
    pub at: Timestamp,
    /// JSON.
    pub body: &'a str,
    /// It is signed with each of them.
    pub secrets: &'a [String],
}

/// What came of sending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// The receiver answered with this status.
    Answered(u16),
    /// It did not, or was not asked; why, in words for the webhook's owner.
    Unreachable(String),
}

/// A new secret: 32 random bytes.
pub fn secret(random: &[u8; 32]) -> String {
    format!("{SECRET_PREFIX}{}", STANDARD.encode(random))
}

/// One signature: `v1,` and base64 of HMAC-SHA256 over `id.seconds.body`, keyed with the
/// bytes that the secret encodes.
fn sign(secret: &str, id: &str, seconds: i64, body: &str) -> String {
    let key = secret.strip_prefix(SECRET_PREFIX).unwrap_or(secret);
    let mut mac = keyed(&STANDARD.decode(key).unwrap_or_default());
    mac.update(format!("{id}.{seconds}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

fn keyed(key: &[u8]) -> Hmac<Sha256> {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    let mac = Hmac::<Sha256>::new_from_slice(key).expect("any key length");
    mac
}

impl Rules {
    /// What is wrong with an address, if anything; the rest of a sentence. A name is
    /// looked up only when something is sent there.
    pub fn fault(&self, url: &str) -> Option<&'static str> {
        if url.len() > URL_CHARACTERS_MAX {
            return Some("is longer than 2000 characters");
        }
        let Ok(url) = Url::parse(url) else { return Some("must be a URL such as https://example.com/hook") };
        match url.scheme() {
            "https" => {}
            "http" if !self.https_only => {}
            _ => return Some("must begin with https://"),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Some("must not hold a name and password");
        }
        let host = url.host_str().unwrap_or_default();
        let literal: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
        match literal {
            Some(address) if !self.reach.has(address) => Some("must be an address on the internet"),
            _ => None,
        }
    }
}

impl Courier {
    /// One that keeps to the rules and waits so long for an answer.
    pub fn new(rules: Rules, timeout_ms: u64) -> Result<Self, String> {
        super::prepare_tls();
        let client = Client::builder()
            .user_agent(concat!("assay/", env!("CARGO_PKG_VERSION")))
            .timeout(Duration::from_millis(timeout_ms))
            .redirect(Policy::none())
            .no_proxy()
            .https_only(rules.https_only)
            .dns_resolver(rules.reach)
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Self { client, rules })
    }

    /// Where messages may go.
    pub const fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Sends a message once. What the receiver says beside its status is not read.
    pub async fn send(&self, message: &Message<'_>) -> Sent {
        if let Some(fault) = self.rules.fault(message.url) {
            return Sent::Unreachable(format!("the address {fault}"));
        }
        let seconds = message.at.0.div_euclid(1_000);
        let signatures: Vec<String> =
            message.secrets.iter().map(|secret| sign(secret, message.id, seconds, message.body)).collect();
        let request = self
            .client
            .post(message.url)
            .header("content-type", "application/json")
            .header("webhook-id", message.id)
            .header("webhook-timestamp", seconds.to_string())
            .header("webhook-signature", signatures.join(" "))
            .body(message.body.to_owned());
        match request.send().await {
            Ok(response) => Sent::Answered(response.status().as_u16()),
            Err(error) => Sent::Unreachable(in_words(&error)),
        }
    }
}

/// Why nobody answered, without addresses: a name's owner learns nothing of our network.
fn in_words(error: &reqwest::Error) -> String {
    let mut source: Option<&dyn std::error::Error> = Some(error);
    while let Some(inner) = source {
        if inner.to_string().contains("no address on the internet") {
            return "the name has no address on the internet".into();
        }
        source = inner.source();
    }
    if error.is_timeout() {
        "no answer in time".into()
    } else if error.is_connect() {
        "no connection".into()
    } else {
        "no answer".into()
    }
}
