//! Judges a delivery against the checks of its task, those with a JSON Schema included.

pub use criteria_core::{Config, Criteria};

assay_plugin::export_verifier!(Criteria);
