//! Names of cells. One table of numbers carries what changes compete for: what one
//! verb decides is a head, what many add to is a counter or a balance.

use std::fmt::{self, Write as _};
use std::sync::Arc;

use assay_domain::ids::JobId;
use assay_domain::ledger::Account;

/// The name of a cell. A cell nobody has written counts as 0.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(Arc<str>);

/// As many bytes as most names have at most: a kind and two ids.
const BYTES: usize = 112;

impl Key {
    fn named(name: fmt::Arguments<'_>) -> Self {
        let mut text = String::with_capacity(BYTES);
        // Writing to a String cannot fail.
        let _ = text.write_fmt(name);
        Self(text.into())
    }

    /// The head of a thing: how often it was decided about.
    pub fn head(kind: &str, id: impl fmt::Display) -> Self {
        Self::named(format_args!("h/{kind}/{id}"))
    }

    /// A counter that several verbs add to, never below zero.
    pub fn counter(name: impl fmt::Display) -> Self {
        Self::named(format_args!("c/{name}"))
    }

    /// A balance. Those that may be negative have a prefix of their own, so that the
    /// database itself refuses the others below zero.
    pub fn balance(account: &Account) -> Self {
        let prefix = if account.may_go_negative() { 'x' } else { 'b' };
        Self::named(format_args!("{prefix}/{account}"))
    }

    /// The head of a job: changed by whoever leases it, ends it, or sets it anew.
    pub fn job(id: JobId) -> Self {
        Self::head("job", id)
    }

    /// The number of a subject's latest event.
    pub fn events(subject: &str) -> Self {
        Self::named(format_args!("s/{subject}"))
    }

    /// One that was read.
    pub(crate) fn stored(text: String) -> Self {
        Self(text.into())
    }

    /// As stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
