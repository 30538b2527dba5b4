//! Judges a delivery against the checks of its task, all but those with a JSON Schema.

pub use criteria_core::{Config, Criteria};

assay_plugin::export_verifier!(Criteria);
