//! Write a judge for Assay.
//!
//! A judge is a function from the work that was asked for and the work that was
//! handed in to a verdict. It has no clock, no files, no network and no
//! randomness, so the same input gives the same verdict wherever it runs.
//!
//! Implement one of the four traits of [`worlds`] and export it with its macro:
//! [`export_verifier!`], [`export_scorer!`], [`export_reviewer!`] or
//! [`export_pricing!`]. The macro also writes the manifest that the host reads,
//! from the package's own `Cargo.toml` and its `config.schema.json`.
//!
//! - [`types`]: what comes in and what goes out.
//! - [`worlds`]: the four traits.
//! - [`attachments`]: the bytes of a delivery's files.
//! - [`evidence`]: sentences a worker can act on.
//! - [`log`]: notes for whoever runs the component.
//! - [`numbers`]: figures in evidence sentences.
//! - [`manifest`]: what a component says about itself.
//! - [`testing`]: inputs to run a judge natively, in `cargo test`.

pub mod attachments;
#[doc(hidden)]
pub mod bindings;
pub mod evidence;
mod export;
pub mod log;
pub mod manifest;
pub mod numbers;
pub mod testing;
pub mod types;
pub mod worlds;

pub use types::*;
pub use worlds::{Pricing, Reviewer, Scorer, Verifier};
