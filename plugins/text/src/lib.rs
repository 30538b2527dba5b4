//! Words, sentences and lines: what runs over every character of a delivery.
//!
//! A crate of its own, since the release profile compiles it for speed and the rest
//! for size.

pub mod lines;
pub mod sentences;
pub mod words;
