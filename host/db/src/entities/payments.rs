//! Money in and out through providers.
