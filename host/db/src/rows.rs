//! Rows of the commit path's own tables.

use assay_domain::ids::Lane;
use assay_domain::ledger::Transfer;

use crate::record;

record! {
    /// A committer's run of the journal.
    pub struct LaneRow in "lanes" key(lane) {
        /// Its name.
        pub lane: String,
        /// When it first wrote.
        pub at: i64,
    }
}

record! {
    /// How far a lane's transfers have postings.
    pub struct PostedRow in "posted" key(lane) {
        /// The lane.
        pub lane: String,
        /// The last link whose transfers have theirs.
        pub link: i64,
    }
}

record! {
    /// An account's side of a transfer.
    pub struct PostingRow in "postings" key(account, at, lane, link, seq) {
        /// The account.
        pub account: String,
        /// When, in milliseconds since 1970.
        pub at: i64,
        /// In whose journal the transfer is.
        pub lane: String,
        /// In which link.
        pub link: i64,
        /// Where in the link.
        pub seq: i64,
    }
}

record! {
    /// A committed group.
    pub struct LinkRow in "links" key(lane, n) {
        /// Whose.
        pub lane: String,
        /// Its number, from 1.
        pub n: i64,
        /// The hash of the link before; 32 zeros before the first.
        pub previous: Vec<u8>,
        /// Its own hash; see [`crate::chain`].
        pub hash: Vec<u8>,
        /// How many changes it carries.
        pub changes: i64,
        /// The number of the lane's latest event.
        pub last_event: i64,
        /// When, in milliseconds since 1970.
        pub at: i64,
    }
}

record! {
    /// A number changes compete for.
    pub struct CellRow in "cells" key(key) {
        /// Its name.
        pub key: String,
        /// The number.
        pub n: i64,
    }
}

record! {
    /// A key that is taken.
    pub struct UniqueRow in "uniques" key(key) {
        /// The key.
        pub key: String,
        /// Who has it.
        pub value: String,
    }
}

record! {
    /// An answer kept for an idempotency key.
    pub struct OnceRow in "once" key(key) {
        /// The key, scoped.
        pub key: String,
        /// A digest of the request's body.
        pub body_hash: Vec<u8>,
        /// The answer's status.
        pub status: i64,
        /// The answer's body, without secrets.
        pub body: Vec<u8>,
        /// When, in milliseconds since 1970.
        pub at: i64,
    }
}

record! {
    /// Money that moved.
    pub struct TransferRow in "transfers" key(lane, link, seq) {
        /// In whose journal.
        pub lane: String,
        /// In which link.
        pub link: i64,
        /// Where in the link, from 1.
        pub seq: i64,
        /// The account that gave.
        pub debit: String,
        /// The account that received.
        pub credit: String,
        /// Of what.
        pub asset: String,
        /// In the smallest unit.
        pub amount: i64,
        /// Why.
        pub reason: String,
        /// For which task.
        pub task: Option<String>,
        /// When, in milliseconds since 1970.
        pub at: i64,
    }
}

record! {
    /// Something that happened.
    pub struct EventRow in "events" key(subject, seq) {
        /// What it is about.
        pub subject: String,
        /// Its number there, from 1.
        pub seq: i64,
        /// In whose journal.
        pub lane: String,
        /// Its number there, from 1.
        pub lane_seq: i64,
        /// In which link.
        pub link: i64,
        /// What happened.
        pub kind: String,
        /// Who may see it.
        pub visibility: String,
        /// The facts, as JSON.
        pub body: Vec<u8>,
        /// When, in milliseconds since 1970.
        pub at: i64,
    }
}

record! {
    /// The digest of a row that the journal vouches for.
    pub struct SealRow in "seals" key(lane, link, seq) {
        /// In whose journal.
        pub lane: String,
        /// In which link.
        pub link: i64,
        /// Where in the link, from 1.
        pub seq: i64,
        /// The row's table.
        pub source: String,
        /// The row's key.
        pub key: String,
        /// The row's digest; see [`crate::chain`].
        pub digest: Vec<u8>,
    }
}

record! {
    /// Something to do later.
    pub struct JobRow in "jobs" key(id) {
        /// Its name.
        pub id: String,
        /// What is to be done.
        pub kind: String,
        /// To what.
        pub subject: String,
        /// When, in milliseconds since 1970.
        pub due_at: i64,
        /// Until when somebody has it; 0 for nobody.
        pub leased_until: i64,
        /// How often it was leased.
        pub attempts: i64,
        /// The facts, as JSON.
        pub body: Vec<u8>,
        /// When it was entered.
        pub at: i64,
    }
}

record! {
    /// Bytes under their digest.
    pub struct BlobRow in "blobs" key(digest) {
        /// Lower-case hexadecimal SHA-256.
        pub digest: String,
        /// The bytes.
        pub bytes: Vec<u8>,
    }
}

impl TransferRow {
    pub(crate) fn of(transfer: &Transfer, lane: Lane, link: i64, seq: i64, at: i64) -> Self {
        Self {
            lane: lane.to_string(),
            link,
            seq,
            debit: transfer.debit.name(),
            credit: transfer.credit.name(),
            asset: transfer.debit.asset.code().to_owned(),
            amount: transfer.amount,
            reason: transfer.reason.as_str().to_owned(),
            task: transfer.task.map(|task| task.to_string()),
            at,
        }
    }
}
