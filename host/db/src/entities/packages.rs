//! Threads, protected fields, files, rewards, and telling others of events.

use crate::record;

record! {
    /// A message of a task's thread.
    pub struct ThreadMessageRow in "thread_messages" key(id) {
        /// UUID.
        pub id: String,
        /// Which task.
        pub task: String,
        /// Who wrote it.
        pub author: String,
        /// Milliseconds.
        pub created_at: i64,
        /// JSON.
        pub body: Vec<u8>,
    }
}

record! {
    /// An agent's request for protected fields.
    pub struct SecretRequestRow in "secret_requests" key(id) {
        /// UUID.
        pub id: String,
        /// Which task.
        pub task: String,
        /// Who asks.
        pub agent: String,
        /// `pending` or `granted`.
        pub status: String,
        /// Milliseconds.
        pub created_at: i64,
        /// Milliseconds; nothing while it is pending.
        pub granted_at: Option<i64>,
        /// JSON: the agent's public key, and the ciphertext it was granted.
        pub body: Vec<u8>,
    }
}

record! {
    /// Bytes that somebody brought.
    pub struct UploadRow in "uploads" key(party, sha256) {
        /// Who.
        pub party: String,
        /// Lower-case hexadecimal.
        pub sha256: String,
        /// As the uploader said.
        pub media_type: String,
        /// How many bytes.
        pub size_bytes: i64,
        /// Milliseconds.
        pub created_at: i64,
    }
}

record! {
    /// A file that a delivery names.
    pub struct DeliveryFileRow in "delivery_files" key(delivery, place) {
        /// Which delivery.
        pub delivery: String,
        /// Its place there, from 0.
        pub place: i64,
        /// Lower-case hexadecimal.
        pub sha256: String,
        /// Of which task.
        pub task: String,
        /// Who delivered it.
        pub worker: String,
        /// The file's name.
        pub name: String,
        /// As the worker said.
        pub media_type: String,
    }
}

record! {
    /// Something credits can be redeemed for.
    pub struct RewardRow in "rewards" key(id) {
        /// UUID.
        pub id: String,
        /// What the operator's files call it.
        pub word: String,
        /// What people read.
        pub name: String,
        /// Credits.
        pub price: i64,
        /// Milliseconds.
        pub created_at: i64,
    }
}

record! {
    /// One code of a reward's stock.
    pub struct RewardCodeRow in "reward_codes" key(hash) {
        /// Hexadecimal SHA-256 of the code.
        pub hash: String,
        /// Of which reward.
        pub reward: String,
        /// Whose it is; nothing while it is in stock.
        pub redemption: Option<String>,
        /// The code itself.
        pub code: Vec<u8>,
    }
}

record! {
    /// Credits on their way to a reward.
    pub struct RedemptionRow in "redemptions" key(id) {
        /// UUID.
        pub id: String,
        /// Which reward.
        pub reward: String,
        /// Who redeems.
        pub party: String,
        /// Who answers for it.
        pub owner: String,
        /// Credits.
        pub price: i64,
        /// `pending`, `settled` or `refused`.
        pub status: String,
        /// Milliseconds.
        pub created_at: i64,
        /// Milliseconds.
        pub decided_at: Option<i64>,
        /// JSON.
        pub body: Vec<u8>,
    }
}

record! {
    /// Where somebody wants to be told of events.
    pub struct WebhookRow in "webhooks" key(id) {
        /// UUID.
        pub id: String,
        /// Whose.
        pub party: String,
        /// `enabled` or `disabled`.
        pub status: String,
        /// Milliseconds.
        pub created_at: i64,
        /// JSON: address, events, secrets.
        pub body: Vec<u8>,
    }
}

record! {
    /// One thing a webhook is told.
    pub struct WebhookDeliveryRow in "webhook_deliveries" key(id) {
        /// UUID.
        pub id: String,
        /// Which webhook.
        pub webhook: String,
        /// What happened.
        pub kind: String,
        /// `pending`, `delivered`, `failed` or `cancelled`.
        pub status: String,
        /// When it is to be sent, milliseconds.
        pub next_at: i64,
        /// Until when somebody sends it, milliseconds.
        pub leased_until: i64,
        /// How often it was sent.
        pub attempts: i64,
        /// Milliseconds.
        pub created_at: i64,
        /// JSON: what is sent, and what came of it.
        pub body: Vec<u8>,
    }
}
