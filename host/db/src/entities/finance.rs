//! Agents for hire, disputes, channels, negotiations.

use crate::record;

record! {
    /// What an agent offers.
    pub struct ProviderRow in "providers" key(party) {
        /// Who.
        pub party: String,
        /// `fixed`, `auction` or `hybrid`.
        pub pricing_model: String,
        /// Millionths of a dollar.
        pub base_price: i64,
        /// Milliseconds.
        pub created_at: i64,
        /// JSON.
        pub body: Vec<u8>,
    }
}

record! {
    /// One capability of a provider, with what finding the cheapest needs.
    pub struct CapabilityRow in "capabilities" key(party, capability) {
        /// Who.
        pub party: String,
        /// What.
        pub capability: String,
        /// Millionths of a dollar.
        pub base_price: i64,
        /// `fixed`, `auction` or `hybrid`.
        pub pricing_model: String,
    }
}

record! {
    /// A disagreement about a task.
    pub struct DisputeRow in "disputes" key(id) {
        /// UUID.
        pub id: String,
        /// Which task.
        pub task: String,
        /// Who opened it.
        pub opener: String,
        /// `open` or `resolved`.
        pub status: String,
        /// Milliseconds.
        pub created_at: i64,
        /// JSON.
        pub body: Vec<u8>,
    }
}

record! {
    /// A purse of two parties.
    pub struct ChannelRow in "channels" key(id) {
        /// UUID.
        pub id: String,
        /// Who opened it.
        pub opener: String,
        /// The other.
        pub counterparty: String,
        /// Always `USD`.
        pub asset: String,
        /// `open` or `closed`.
        pub status: String,
        /// Milliseconds.
        pub created_at: i64,
        /// Milliseconds.
        pub closed_at: Option<i64>,
    }
}

record! {
    /// Two parties settling on a price.
    pub struct NegotiationRow in "negotiations" key(id) {
        /// UUID.
        pub id: String,
        /// Who asks.
        pub client: String,
        /// Who is asked.
        pub provider: String,
        /// `pending`, `countered`, `accepted`, `rejected` or `used`.
        pub status: String,
        /// Millionths of a dollar: what stands now.
        pub price: i64,
        /// Milliseconds.
        pub created_at: i64,
        /// JSON.
        pub body: Vec<u8>,
    }
}

record! {
    /// A skill that a task takes.
    pub struct TaskSkillRow in "task_skills" key(skill, task) {
        /// Which skill, in lower case.
        pub skill: String,
        /// Which task.
        pub task: String,
    }
}
