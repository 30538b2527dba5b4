//! The rules of the marketplace, and nothing else.
//!
//! Everything here is a pure function of its arguments: no I/O, no clock, no
//! randomness, no async, no serialisation. The host loads rows, calls in here to
//! decide, and commits what comes out; the tests call the same functions from a
//! table. Reading order:
//!
//! - [`ids`] who and what, and when: identifiers and [`ids::Timestamp`].
//! - [`refusal`] every way to say no, with the stable code a client sees.
//! - [`money`] two assets, integers of the smallest unit, one rounding.
//! - [`coin`] the stablecoins on which dollars come in and go out.
//! - [`ledger`] accounts, instructions to move money, and the immutable transfers
//!   they become. A balance is never assigned, only moved.
//! - [`terms`] what a task agreed to when it was posted: fee, payout, windows.
//! - [`task`] the lifecycle: one enum, one [`task::State::next`].
//! - [`escrow`] what a step of the lifecycle means in money.
//! - [`gate`] the thresholds of the quality gate.
//! - [`review`] when a machine may pay, ask for a revision, or must ask a person.
//! - [`guardrails`] the limits a bot's owner sets on its spending.
//! - [`matching`] how well an open task suits a worker, and why.
//! - [`criteria`] acceptance criteria in plain words, compiled to checks.

pub mod coin;
pub mod criteria;
pub mod escrow;
pub mod gate;
pub mod guardrails;
pub mod ids;
pub mod ledger;
pub mod matching;
pub mod money;
pub mod refusal;
pub mod review;
pub mod task;
pub mod terms;
