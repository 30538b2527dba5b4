//! Money on its way in and out through providers.

use crate::record;

record! {
    /// Money on its way in.
    pub struct PaymentRow in "payments" key(id) {
        /// UUID.
        pub id: String,
        /// Whose wallet.
        pub party: String,
        /// Through whom.
        pub provider: String,
        /// `USD` or `CR`.
        pub asset: String,
        /// Smallest unit.
        pub amount: i64,
        /// `pending` until the provider says more, `credited` once the money is there.
        pub status: String,
        /// The stablecoin it is paid in, where that is known.
        pub coin: Option<String>,
        /// The provider's own name of it; nothing until the provider answered.
        pub reference: Option<String>,
        /// The task it pays for.
        pub task: Option<String>,
        /// Milliseconds.
        pub created_at: i64,
        /// JSON.
        pub body: Vec<u8>,
    }
}

record! {
    /// A card payment that the bank took back, or is about to. One a payment.
    pub struct ChargebackRow in "chargebacks" key(payment) {
        /// Which payment.
        pub payment: String,
        /// Whose wallet.
        pub party: String,
        /// `open` or `released`.
        pub status: String,
        /// What was frozen, in millionths of a dollar.
        pub frozen: i64,
        /// Milliseconds.
        pub created_at: i64,
        /// JSON.
        pub body: Vec<u8>,
    }
}

record! {
    /// Money on its way out.
    pub struct WithdrawalRow in "withdrawals" key(id) {
        /// UUID.
        pub id: String,
        /// Whose.
        pub party: String,
        /// The stablecoin it is paid in.
        pub coin: String,
        /// Millionths of a dollar.
        pub amount: i64,
        /// `pending`, `processing`, `finished`, `failed` or `returned`.
        pub status: String,
        /// The provider's own name of the payout; nothing until the provider answered.
        pub reference: Option<String>,
        /// Milliseconds.
        pub created_at: i64,
        /// JSON.
        pub body: Vec<u8>,
    }
}

record! {
    /// Where a party wants its money sent.
    pub struct WithdrawalAddressRow in "withdrawal_addresses" key(id) {
        /// UUID.
        pub id: String,
        /// Whose.
        pub party: String,
        /// The stablecoin it takes.
        pub coin: String,
        /// The address.
        pub address: String,
        /// 1 for the one that is used when none is named.
        pub preferred: i64,
        /// From when it may be used; milliseconds.
        pub ready_at: i64,
        /// Milliseconds.
        pub created_at: i64,
        /// JSON.
        pub body: Vec<u8>,
    }
}
