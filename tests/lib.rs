//! All of the tests are in the one binary, `main.rs`; this library is empty and lets
//! the package be depended on by nothing.
