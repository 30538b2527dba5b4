//! How often anyone may ask: counted for the address and for the key, told in headers.
//!
//! `RateLimit-Policy` and `RateLimit` follow the IETF's draft; the three older headers
//! tell of the limit that is nearest.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{ConnectInfo, MatchedPath, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use axum::response::{IntoResponse as _, Response};

use super::console::{self, session};
use super::problem::Problem;
use super::request::secret;
use crate::app::App;
use crate::app::limits::{Class, Standing};
use crate::config::rates::Network;

static POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
static STANDING: HeaderName = HeaderName::from_static("ratelimit");
static LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
static REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
static RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

/// Ends of paths that make judges run.
const JUDGING: [&str; 8] =
    ["/deliver", "/deliverables", "/resubmit", "/check", "/submit", "/complete", "/run", "/replay"];
/// Paths where parties come to be.
const REGISTRATIONS: [&str; 3] = ["/v1/accounts", "/api/v1/agent/register", "/sign-up"];
/// Paths where passwords are tried.
const SIGN_INS: [&str; 5] = ["/v1/sessions", "/v1/password", "/sign-in", "/sign-in/key", "/account/password"];
/// Where components and files are sent.
const UPLOADS: [&str; 3] = ["/v1/plugins", "/plugins/upload", "/v1/blobs/"];

/// Turns away whoever asks too often. The operator is never too many, nor is whoever asks
/// how the house is doing.
pub async fn throttle(
    app: &App,
    mut request: Request,
    then: impl AsyncFnOnce(Request) -> Response,
) -> Response {
    let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let operator = secret(request.headers()).is_some_and(|secret| app.is_operators(secret));
    if path == "/health" || operator {
        return then(request).await;
    }
    let class = class_of(request.method(), path);
    let address = address_of(&request, &app.settings.trusted_proxies);
    let mut standings = Vec::with_capacity(2);
    standings.extend(app.limiters.address(class, address));
    if standings.iter().all(|standing| standing.wait_seconds.is_none())
        && let Some(secret) = secret_of(&request)
        // Who cannot be found now is refused where a caller is needed, and only there.
        && let Ok(caller) = app.authenticate(&secret).await
    {
        standings.extend(caller.means.key().and_then(|key| app.limiters.key(class, key)));
        request.extensions_mut().insert(caller);
    }
    let refused = standings.iter().find_map(|standing| standing.allowed().err());
    let mut response = match refused {
        Some(refusal) => Problem::from(refusal).into_response(),
        None => then(request).await,
    };
    tell(response.headers_mut(), &standings);
    response
}

/// The key a request comes with. A browser's cookie counts on the pages alone: elsewhere
/// another site could have it sent.
fn secret_of(request: &Request) -> Option<String> {
    let own = secret(request.headers()).map(str::to_owned);
    own.or_else(|| session::secret(request.headers()).filter(|_| console::has(request.uri().path())))
}

/// What is asked for, by how and where.
pub(super) fn class_of(method: &Method, path: &str) -> Class {
    if [Method::GET, Method::HEAD, Method::OPTIONS].contains(method) {
        return Class::Read;
    }
    let sent = [Method::POST, Method::PUT].contains(method);
    let uploads = |place: &str| if place.ends_with('/') { path.starts_with(place) } else { path == place };
    if sent && UPLOADS.into_iter().any(uploads) {
        Class::Upload
    } else if *method == Method::POST && REGISTRATIONS.contains(&path) {
        Class::Registration
    } else if *method == Method::POST && SIGN_INS.contains(&path) {
        Class::SignIn
    } else if sent && JUDGING.iter().any(|end| path.ends_with(end)) {
        Class::Judging
    } else {
        Class::Write
    }
}

/// Whose address it is: the peer's, or where the peer is a trusted proxy, the last one
/// of `X-Forwarded-For` that is not. What is before that anyone can write.
fn address_of(request: &Request, trusted: &[Network]) -> IpAddr {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(peer)| peer.ip());
    let is_proxy = |address: &IpAddr| trusted.iter().any(|network| network.holds(*address));
    if !is_proxy(&peer) {
        return peer;
    }
    let lists = request.headers().get_all("x-forwarded-for").iter().filter_map(|list| list.to_str().ok());
    let hops: Vec<&str> = lists.flat_map(|list| list.split(',')).collect();
    let mut nearest = peer;
    for hop in hops.into_iter().rev() {
        let Ok(address) = hop.trim().parse::<IpAddr>() else { return nearest };
        nearest = address;
        if !is_proxy(&address) {
            break;
        }
    }
    nearest
}

fn tell(headers: &mut HeaderMap, standings: &[Standing]) {
    let Some(nearest) = standings.iter().min_by_key(|standing| (standing.remaining, standing.quota)) else {
        return;
    };
    let (mut policies, mut left) = (String::with_capacity(80), String::with_capacity(80));
    for (place, one) in standings.iter().enumerate() {
        let comma = if place == 0 { "" } else { ", " };
        // Writing to a String cannot fail.
        let _ = write!(policies, "{comma}\"{}\";q={};w={}", one.policy, one.quota, one.window_seconds);
        let _ = write!(left, "{comma}\"{}\";r={};t={}", one.policy, one.remaining, one.reset_seconds);
    }
    for (name, text) in [(&POLICY, policies), (&STANDING, left)] {
        if let Ok(value) = HeaderValue::try_from(text) {
            headers.insert(name.clone(), value);
        }
    }
    headers.insert(LIMIT.clone(), nearest.quota.into());
    headers.insert(REMAINING.clone(), nearest.remaining.into());
    headers.insert(RESET.clone(), nearest.reset_seconds.into());
}
