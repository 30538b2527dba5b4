//! The outside world: who brings money in and how they prove it, and who is told of events.
//!
//! The only place for outgoing HTTP. A gateway turns a provider's wire format into an
//! event that [`crate::app`] can decide about, after checking the signature; it moves
//! no money itself.

pub mod addresses;
pub mod test_provider;
pub mod webhooks;

/// Says which implementation of TLS outgoing connections use. To be called before the
/// first of them; again does nothing.
pub fn prepare_tls() {
    // An error says that it was done before.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
