//! Words, sentences and lines: what runs over every character of a delivery.
//!
//! A crate of its own, since what checks a delivery and what scores it both need it.

pub mod lines;
pub mod sentences;
pub mod words;
