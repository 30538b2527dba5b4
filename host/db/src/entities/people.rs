//! Keys, accounts, and who acts for whom.

use crate::record;

record! {
    /// A key that opens the API.
    pub struct KeyRow in "keys" key(hash) {
        /// Hexadecimal SHA-256 of the key.
        pub hash: String,
        /// UUID, to name the key without showing it.
        pub id: String,
        /// Whose.
        pub party: String,
        /// `key`, `session` or `handoff`.
        pub kind: String,
        /// What its owner calls it.
        pub label: String,
        /// Scopes, separated by spaces.
        pub scopes: String,
        /// What a handoff may spend in its life, in millionths of a dollar.
        pub spend_max: Option<i64>,
        /// The owner, where it made the key for its agent.
        pub minted_by: Option<String>,
        /// Milliseconds; nothing is for ever.
        pub expires_at: Option<i64>,
        /// Milliseconds; nothing while it works.
        pub revoked_at: Option<i64>,
        /// Milliseconds.
        pub created_at: i64,
    }
}

record! {
    /// A person who signs in.
    pub struct AccountRow in "accounts" key(email) {
        /// In lower case.
        pub email: String,
        /// Whose.
        pub party: String,
        /// Argon2id, in the PHC string format.
        pub password: String,
        /// Milliseconds.
        pub created_at: i64,
    }
}

record! {
    /// A bot's post that waits for its owner.
    pub struct ApprovalRow in "approvals" key(id) {
        /// UUID.
        pub id: String,
        /// Which task.
        pub task: String,
        /// Who posted it.
        pub bot: String,
        /// Whose bot it was when it posted; who decides is whoever owns it then.
        pub owner: String,
        /// `pending`, `approved`, `rejected`, or `cancelled` with its task.
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
    /// A one-time code that binds an agent to an owner.
    pub struct BindingCodeRow in "binding_codes" key(hash) {
        /// Hexadecimal SHA-256 of the code.
        pub hash: String,
        /// Which agent.
        pub agent: String,
        /// Milliseconds.
        pub expires_at: i64,
        /// Milliseconds; nothing while it is good.
        pub used_at: Option<i64>,
        /// Milliseconds.
        pub created_at: i64,
    }
}
