//! What the tests in the one binary, `main.rs`, share with a program of its own: the
//! simulator, which can run for a night (`simulate.rs`).

pub mod furniture;
pub mod simulator;
