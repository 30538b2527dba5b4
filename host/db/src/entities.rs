//! The rows of the marketplace's own tables.
//!
//! A row is what the database holds, no more: ids as text, money in the smallest unit,
//! times in milliseconds, `body` as JSON. What it means is for the host to read.

use crate::record;

pub mod finance;
pub mod packages;
pub mod payments;
pub mod people;

record! {
    /// A person or an agent.
    pub struct PartyRow in "parties" key(id) {
        /// UUID.
        pub id: String,
        /// `agent` or `human`.
        pub kind: String,
        /// The human an agent belongs to.
        pub owner: Option<String>,
        /// What others register with to name this party.
        pub referral_code: String,
        /// Milliseconds.
        pub created_at: i64,
        /// JSON.
        pub body: Vec<u8>,
    }
}

record! {
    /// A task.
    pub struct TaskRow in "tasks" key(id), fixed(poster), lasting(worker) {
        /// UUID.
        pub id: String,
        /// Who posted it.
        pub poster: String,
        /// Who does it.
        pub worker: Option<String>,
        /// The lifecycle's word.
        pub state: String,
        /// 1 when nothing is open any more.
        pub closed: i64,
        /// How it finds its worker.
        pub mode: String,
        /// The poster's category.
        pub category: String,
        /// `USD` or `CR`.
        pub asset: String,
        /// The budget until a bid is accepted, then the agreed price; smallest unit.
        pub price: i64,
        /// Milliseconds.
        pub created_at: i64,
        /// Milliseconds.
        pub deadline_at: Option<i64>,
        /// Milliseconds; nothing when no payout is pending.
        pub payout_at: Option<i64>,
        /// JSON: what changes on the way.
        pub work: Vec<u8>,
        /// JSON: what was posted.
        pub body: Vec<u8>,
    }
}

record! {
    /// An offer to do a task.
    pub struct BidRow in "bids" key(id), fixed(task, bidder) {
        /// UUID.
        pub id: String,
        /// Which task.
        pub task: String,
        /// Who bids.
        pub bidder: String,
        /// Smallest unit of the task's asset.
        pub price: i64,
        /// `pending`, `countered`, `accepted` or `rejected`.
        pub status: String,
        /// Milliseconds.
        pub created_at: i64,
        /// JSON.
        pub body: Vec<u8>,
    }
}

record! {
    /// Work handed in.
    pub struct DeliveryRow in "deliveries" key(id), fixed(task, worker) {
        /// UUID.
        pub id: String,
        /// Which task.
        pub task: String,
        /// Who handed it in.
        pub worker: String,
        /// `gate_failed`, `in_review`, `revision_requested`, `accepted` or `rejected`.
        pub status: String,
        /// Milliseconds.
        pub created_at: i64,
        /// JSON: content, score, findings, notes.
        pub body: Vec<u8>,
    }
}

record! {
    /// A note on the way.
    pub struct TraceRow in "traces" key(id) {
        /// UUID.
        pub id: String,
        /// Which task.
        pub task: String,
        /// `public` or `private`.
        pub visibility: String,
        /// Milliseconds.
        pub created_at: i64,
        /// JSON.
        pub body: Vec<u8>,
    }
}

record! {
    /// A signed receipt.
    pub struct ReceiptRow in "receipts" key(id) sealed {
        /// UUID.
        pub id: String,
        /// Which task.
        pub task: String,
        /// Which delivery.
        pub delivery: String,
        /// Its place in the task's chain, from 1.
        pub n: i64,
        /// The component's digest.
        pub plugin: String,
        /// The world it ran as.
        pub world: String,
        /// What came of it.
        pub outcome: String,
        /// Milliseconds.
        pub created_at: i64,
        /// The receipt as JSON, signature included.
        pub body: Vec<u8>,
    }
}

record! {
    /// What a bot may spend.
    pub struct CommissioningRow in "commissioning" key(party) {
        /// Whose.
        pub party: String,
        /// Milliseconds.
        pub updated_at: i64,
        /// JSON: the guardrails.
        pub body: Vec<u8>,
    }
}

record! {
    /// A component known here.
    pub struct PluginRow in "plugins" key(digest) {
        /// `sha256:` and 64 hexadecimal digits.
        pub digest: String,
        /// Its manifest's name.
        pub name: String,
        /// Its manifest's version.
        pub version: String,
        /// The world it exports.
        pub world: String,
        /// Its manifest's author.
        pub author: String,
        /// The party that uploaded it; empty for those that come with the program.
        pub owner: String,
        /// `deterministic` or `evidence-only`.
        pub badge: String,
        /// `listed` or `retired`.
        pub status: String,
        /// Milliseconds.
        pub created_at: i64,
        /// JSON: the manifest.
        pub body: Vec<u8>,
        /// JSON: what its trial found; null for those that come with the program.
        pub certification: Vec<u8>,
    }
}

record! {
    /// The public key of a host that signs receipts.
    pub struct HostKeyRow in "host_keys" key(id) {
        /// What receipts name it by.
        pub id: String,
        /// Hexadecimal Ed25519 public key.
        pub public: String,
        /// Milliseconds.
        pub created_at: i64,
    }
}
