//! Acceptance criteria in plain words, compiled to checks.
