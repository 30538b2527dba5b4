//! The table: a route, what its path names, a body that is in order, and who gets in.

/// One route.
pub(crate) struct Row {
    /// `METHOD /path`.
    pub(crate) route: &'static str,
    /// The name of what the path's first `{…}` is, or `?name=thing` for a query.
    pub(crate) of: &'static str,
    /// A body that is in order; `"$name"` stands for an id.
    pub(crate) body: &'static str,
    /// A letter for each who asks.
    pub(crate) expected: &'static str,
}

impl Row {
    pub(crate) fn method(&self) -> &'static str {
        self.route.split(' ').next().unwrap_or_default()
    }

    pub(crate) fn path(&self) -> &'static str {
        self.route.split(' ').nth(1).unwrap_or_default()
    }
}

/// All routes.
pub(crate) fn rows() -> Vec<Row> {
    let row = |&(route, of, body, expected): &Line| Row { route, of, body, expected };
    let tables =
        [COMMISSION, OWNERS, AGENT, FINANCE, MONEY, WORK, PEOPLE, HANDOFFS, PACKAGES, WEBHOOKS, HOUSE, ADMIN];
    tables.into_iter().flatten().map(row).collect()
}

type Line = (&'static str, &'static str, &'static str, &'static str);

/// The letters are of nobody, a stranger, the poster, the worker, the poster's owner, a
/// handoff of the owner's, a key of the poster's without a scope, the operator.
const COMMISSION: &[Line] = &[
    ("POST /api/credits/deposit", "", r#"{"amount":1}"#, "-....ss."),
    ("GET /api/credits/balance", "", "", "-......."),
    ("GET /api/bots/me/commissioning", "", "", "-......."),
    // An empty body takes the poster's guardrail away, which is for its owner.
    ("POST /api/bots/me/commissioning", "", "{}", "-.x..ss."),
    ("GET /api/tasks", "", "", "-......."),
    ("POST /api/tasks", "", r#"{"title":"Tea","budget":1}"#, "-....ss."),
    ("GET /api/tasks/{id}", "open", "", "-......."),
    ("GET /api/tasks/{id}/detail", "open", "", "-......."),
    ("POST /api/tasks/{id}/cancel", "task", "", "-x..xssx"),
    ("GET /api/proposals", "?task_id=open", "", "-......."),
    ("POST /api/proposals", "", r#"{"task_id":"$open","proposed_amount":1}"#, "-.x.xxs."),
    ("POST /api/proposals/{id}/accept", "bid", "", "-x.xxssx"),
    ("POST /api/proposals/{id}/reject", "bid", "", "-x.xxssx"),
    ("GET /api/deliverables", "?task_id=task", "", "-......."),
    ("POST /api/deliverables", "", r#"{"task_id":"$task","content":"tea"}"#, "-xx.xxsx"),
    ("PATCH /api/deliverables", "", r#"{"id":"$delivery","status":"accepted"}"#, "-x.xxssx"),
];

const OWNERS: &[Line] = &[
    ("GET /api/bots/{id}/commissioning", "poster", "", "-x.x...."),
    ("POST /api/bots/{id}/commissioning", "poster", "{}", "-xxx.ssx"),
    ("GET /api/bots/{id}/spending", "poster", "", "-x.x...."),
    ("GET /api/approvals", "", "", "-......."),
    ("POST /api/approvals/{id}/resolve", "approval", r#"{"decision":"reject"}"#, "-xxx.ss."),
    ("GET /api/tasks/recommended", "", "", "-......."),
    ("GET /api/tasks/matched", "", "", "-......."),
];

const AGENT: &[Line] = &[
    ("POST /api/v1/agent/register", "", r#"{"name":"somebody"}"#, "........"),
    ("GET /api/v1/agent/me", "", "", "-......."),
    ("GET /api/v1/agent/tasks", "", "", "-......."),
    ("POST /api/v1/agent/tasks", "", r#"{"title":"Tea","reward":1}"#, "-....ss."),
    ("GET /api/v1/agent/tasks/{id}", "claimable", "", "-......."),
    ("POST /api/v1/agent/tasks/{id}/claim", "claimable", "", "-.x.xxs."),
    ("POST /api/v1/agent/tasks/{id}/cancel", "in-credits", "", "-x..xxsx"),
    ("POST /api/v1/agent/tasks/{id}/submit", "in-credits", r#"{"output":"tea"}"#, "-xx.xxsx"),
    ("GET /api/v1/agent/tasks/{id}/deliveries", "in-credits", "", "-......."),
    ("POST /api/v1/agent/tasks/{id}/deliveries/{delivery}/accept", "in-credits", "{}", "-x.xxssx"),
    ("POST /api/v1/agent/tasks/{id}/deliveries/{delivery}/reject", "in-credits", "{}", "-x.xxssx"),
    ("POST /api/v1/agent/tasks/{id}/deliveries/{delivery}/revise", "in-credits", "{}", "-x.xxssx"),
];

const FINANCE: &[Line] = &[
    ("POST /api/v1/agents", "", r#"{"name":"echo","capabilities":["echo"],"base_price":10}"#, "-....ssx"),
    ("GET /api/v1/agents/discover", "", "", "-......."),
    ("GET /api/v1/agents/{id}", "worker", "", "-......."),
    ("GET /api/v1/capabilities", "", "", "-......."),
    ("GET /api/v1/tasks", "", "", "-......."),
    ("POST /api/v1/tasks", "", r#"{"capability":"echo","max_price":10}"#, "-....ss."),
    ("GET /api/v1/tasks/{id}", "bought", "", "-......."),
    ("GET /api/v1/tasks/{id}/payments", "bought", "", "-x......"),
    ("POST /api/v1/tasks/{id}/payments", "unpaid", "{}", "-x.xxssx"),
    ("POST /api/v1/tasks/{id}/complete", "bought", r#"{"output":"tea"}"#, "-xx.xssx"),
    ("PUT /api/v1/tasks/{id}/complete", "bought", r#"{"output":"tea"}"#, "-xx.xssx"),
    ("POST /api/v1/tasks/{id}/fail", "bought", "{}", "-xx.xssx"),
    ("PUT /api/v1/tasks/{id}/fail", "bought", "{}", "-xx.xssx"),
    ("POST /api/v1/tasks/{id}/cancel", "bought", "", "-x..xssx"),
    ("POST /api/v1/tasks/{id}/dispute", "disputable", r#"{"reason":"It is late"}"#, "-x..xssx"),
    ("GET /api/v1/disputes/{id}", "dispute", "", "-x......"),
    ("POST /api/v1/channels/open", "", r#"{"counterparty_id":"$worker","amount":1}"#, "-....ss."),
    ("POST /api/v1/channels/deposit", "", r#"{"channel_id":"$channel","amount":1}"#, "-x..xssx"),
    ("POST /api/v1/channels/transfer", "", r#"{"channel_id":"$channel","amount":1}"#, "-x..xssx"),
    ("POST /api/v1/channels/close", "", r#"{"channel_id":"$channel"}"#, "-x..xssx"),
    ("GET /api/v1/channels", "", "", "-......."),
    ("GET /api/v1/channels/{id}", "channel", "", "-x......"),
    ("POST /api/v1/negotiation/negotiate", "", r#"{"agent_id":"$worker","proposed_price":9}"#, "-..x.ss."),
    ("POST /api/v1/negotiation/accept", "", r#"{"negotiation_id":"$negotiation"}"#, "-x..xssx"),
    ("POST /api/v1/negotiation/calculate", "", r#"{"amount":10}"#, "-......."),
    ("POST /api/v1/negotiations/calculate-fee", "", r#"{"amount":10}"#, "-......."),
];

const MONEY: &[Line] = &[
    ("POST /api/v1/ledger/deposit", "", r#"{"amount":1}"#, "-....ss."),
    ("POST /api/v1/ledger/withdraw", "", r#"{"amount":1,"currency":"USDTTRC20"}"#, "-....ss."),
    ("GET /api/v1/ledger/balance", "", "", "-....ss."),
    ("GET /api/v1/ledger/balance/{agent_id}", "poster", "", "-x.x.ss."),
    ("GET /api/v1/ledger/transactions", "", "", "-....ss."),
    ("POST /api/v1/payments/create-intent", "", r#"{"amount":1}"#, "-....ss."),
    ("POST /api/v1/payments/confirm", "", r#"{"payment_id":"$payment"}"#, "-x.x.ss."),
    ("GET /api/v1/payments/balance", "", "", "-....ss."),
    ("POST /api/v1/payments/crypto/wallet", "", "", "-....ss."),
    ("POST /api/v1/payments/crypto/address", "", r#"{"currency":"DAI"}"#, "-....ss."),
    ("GET /api/v1/payments/crypto/balance", "", "", "-....ss."),
    ("POST /api/v1/payments/nowpayments/create", "", r#"{"amount":1}"#, "-....ss."),
    ("GET /api/v1/payments/nowpayments/currencies", "", "", "-....ss."),
    ("GET /api/v1/payments/nowpayments/{payment_id}", "payment", "", "-x.x.ss."),
    ("GET /api/v1/payments/nowpayments/payout/{payout_id}", "withdrawal", "", "-x.x.ss."),
    // Providers that this server does not use.
    ("POST /webhooks/stripe", "", "{}", "????????"),
    ("POST /webhooks/nowpayments", "", "{}", "????????"),
    ("GET /payments/return", "", "", "........"),
    ("GET /api/v1/withdrawals", "", "", "-....ss."),
    ("POST /api/v1/withdrawals", "", r#"{"amount":1,"currency":"USDTTRC20"}"#, "-....ss."),
    ("GET /api/v1/withdrawals/{id}", "withdrawal", "", "-x.x.ss."),
    ("GET /api/v1/withdrawal-addresses", "", "", "-....ss."),
    // A handoff never withdraws, whatever its scopes. An address is its own party's alone.
    (
        "POST /api/v1/withdrawal-addresses",
        "",
        r#"{"currency":"DAI","address":"0x52908400098527886E0F7030069857D2E4169EE7"}"#,
        "-....xs.",
    ),
    ("GET /api/v1/withdrawal-addresses/{id}", "address", "", "-?.??ss?"),
    ("PUT /api/v1/withdrawal-addresses/{id}", "address", r#"{"label":"cold"}"#, "-?.??xs?"),
    ("PATCH /api/v1/withdrawal-addresses/{id}", "address", r#"{"label":"cold"}"#, "-?.??xs?"),
    ("PUT /api/v1/withdrawal-addresses/{id}/default", "address", "", "-?.??xs?"),
    ("POST /api/v1/withdrawal-addresses/{id}/default", "address", "", "-?.??xs?"),
    ("DELETE /api/v1/withdrawal-addresses/{id}", "address", "", "-?.??xs?"),
];

const WORK: &[Line] = &[
    ("GET /v1/tasks/available", "", "", "-......."),
    ("GET /v1/tasks/{id}", "open", "", "-......."),
    ("GET /v1/tasks/{id}/bids", "open", "", "-......."),
    ("POST /v1/tasks/{id}/bids", "biddable", r#"{"proposedPrice":1}"#, "-.x.xxs."),
    ("POST /v1/bids/{id}/counter", "bid", r#"{"proposedPrice":1}"#, "-xx.xxsx"),
    ("POST /v1/tasks/{id}/deliver", "task", r#"{"content":"tea"}"#, "-xx.xxsx"),
    ("POST /v1/tasks/{id}/resubmit", "task", r#"{"content":"tea"}"#, "-xx.xxsx"),
    ("POST /v1/tasks/{id}/check", "task", r#"{"content":"tea"}"#, "-xx.xxsx"),
    ("POST /v1/tasks/{id}/progress", "task", r#"{"event":"sip"}"#, "-xx.xxsx"),
    ("GET /v1/tasks/{id}/traces", "task", "", "-x......"),
];

const PEOPLE: &[Line] = &[
    (
        "POST /v1/accounts",
        "",
        r#"{"email":"owner@example.org","password":"correct horse battery","name":"Ada"}"#,
        "........",
    ),
    (
        "POST /v1/sessions",
        "",
        r#"{"email":"owner@example.org","password":"correct horse battery"}"#,
        "........",
    ),
    ("GET /v1/sessions", "", "", "-....x.."),
    // The operator has no sessions of its own.
    ("DELETE /v1/sessions/current", "", "", "-......."),
    ("DELETE /v1/sessions/{id}", "session", "", "-???.x?."),
    ("DELETE /v1/sessions", "", "", "-....xsx"),
    ("POST /v1/password", "", r#"{"old":"correct horse battery","new":"correct horse battery"}"#, "-xxx.xxx"),
    ("GET /v1/agents", "", "", "-......."),
    ("POST /v1/agents", "", r#"{"name":"pet"}"#, "-xxx.xxx"),
    ("GET /v1/keys", "?party=poster", "", "-x.x.x.."),
    ("POST /v1/keys", "", r#"{"party":"$poster"}"#, "-x.x.x.x"),
    ("DELETE /v1/keys/{id}", "key", "", "-?.?.xs."),
    ("POST /v1/keys/{id}/rotate", "rotated", "{}", "-?.?.xs."),
    ("GET /v1/me", "", "", "-......."),
    ("GET /v1/parties/{id}", "poster", "", "-......."),
];

const HANDOFFS: &[Line] = &[
    ("GET /api/v1/agent/handoffs", "", "", "-....x.."),
    ("POST /api/v1/agent/handoffs", "", r#"{"label":"helper","scopes":"work","expiresIn":60}"#, "-xxx.xxx"),
    ("DELETE /api/v1/agent/handoffs/{id}", "handoff", "", "-???.x?."),
    ("POST /api/v1/agent/handoffs/{id}/revoke", "handoff", "", "-???.x?."),
    ("POST /api/v1/agent/binding-codes", "", "", "-...xxsx"),
    ("GET /api/v1/agent/bindings", "", "", "-......."),
    ("POST /api/v1/agent/bindings", "", r#"{"code":"NONE"}"#, "-xxx?xsx"),
    ("DELETE /api/v1/agent/bindings/{id}", "pet", "", "-???.xs~"),
    (
        "PUT /api/v1/agent/encryption-key",
        "",
        r#"{"publicKey":{"kty":"OKP","crv":"X25519","x":"3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08"}}"#,
        "-....x.x",
    ),
];

const PACKAGES: &[Line] = &[
    ("GET /api/v1/agent/tasks/{id}/thread", "guarded", "", "-x......"),
    ("POST /api/v1/agent/tasks/{id}/thread", "guarded", r#"{"message":"tea?"}"#, "-x..xxsx"),
    ("GET /api/v1/agent/tasks/{id}/secret-requests", "guarded", "", "-x......"),
    ("POST /api/v1/agent/tasks/{id}/secret-requests", "guarded", "", "-xx.xxsx"),
    (
        "POST /api/v1/agent/tasks/{id}/secret-requests/{rid}/grant",
        "guarded",
        r#"{"bundle":"$sealed"}"#,
        "-x.xxssx",
    ),
    ("GET /api/v1/agent/tasks/{id}/secret-bundle", "guarded", "", "-xx.xxxx"),
    ("GET /v1/tasks/{id}/watch", "task", "", "-x......"),
    ("GET /v1/blobs/{sha256}", "tea", "", "-??.???."),
    ("PUT /v1/blobs/{sha256}", "tea", "\"tea\"", "-.....s."),
    ("GET /api/v1/agent/rewards", "", "", "-......."),
    ("POST /api/v1/agent/rewards/{id}/redeem", "reward", "", "-x.x.ss."),
    ("GET /api/v1/agent/redemptions", "", "", "-......."),
];

const WEBHOOKS: &[Line] = &[
    ("GET /v1/webhooks", "", "", "-......."),
    ("POST /v1/webhooks", "", r#"{"url":"https://example.com/hook"}"#, "-....xs."),
    ("GET /v1/webhooks/{id}", "webhook", "", "-?.???.."),
    ("PATCH /v1/webhooks/{id}", "webhook", "{}", "-?.??xs."),
    ("POST /v1/webhooks/{id}/rotate", "webhook", "", "-?.??xs."),
    ("POST /v1/webhooks/{id}/test", "webhook", "", "-?.??xs."),
    ("GET /v1/webhooks/{id}/deliveries", "webhook", "", "-?.???.."),
    ("POST /v1/webhooks/{id}/deliveries/{did}/redeliver", "webhook", "", "-?.??xs."),
    ("DELETE /v1/webhooks/{id}", "webhook", "", "-?.??xs~"),
];

const HOUSE: &[Line] = &[
    ("GET /v1/receipts/keys", "", "", "........"),
    ("GET /v1/receipts/{id}", "receipt", "", "........"),
    ("GET /v1/receipts/{id}/input", "receipt", "", "-x......"),
    ("GET /v1/journal", "", "", "........"),
    ("GET /v1/plugins", "", "", "........"),
    ("POST /v1/plugins", "", "\"no component\"", "-....ss."),
    ("GET /v1/plugins/{digest}", "plugin", "", "........"),
    ("GET /v1/plugins/{digest}/component", "plugin", "", "........"),
    ("POST /v1/plugins/{digest}/run", "plugin", r#"{"input":"$input"}"#, "-......."),
    ("POST /v1/plugins/{digest}/retire", "plugin", "", "-xxxxss."),
    ("GET /openapi.json", "", "", "........"),
    ("GET /docs", "", "", "........"),
    ("GET /docs/{file}", "", "", "........"),
    ("GET /health", "", "", "........"),
    ("GET /metrics", "", "", "........"),
    ("GET /test/payments/{id}", "payment", "", "........"),
    ("POST /test/payments/{id}", "payment", "", "........"),
    ("POST /webhooks/test", "", "{}", "........"),
    ("POST /v1/test/clock", "", r#"{"advance_seconds":0}"#, "-ssssss."),
];

const ADMIN: &[Line] = &[
    ("GET /v1/admin/disputes", "", "", "-ssssss."),
    ("POST /v1/admin/disputes/{id}/resolve", "dispute", r#"{"outcome":"refund"}"#, "-ssssss."),
    ("GET /v1/admin/withdrawals", "", "", "-ssssss."),
    ("POST /v1/admin/withdrawals/{id}/return", "withdrawal", "", "-ssssss."),
    ("POST /v1/admin/withdrawals/{id}/retry", "withdrawal", "", "-ssssss."),
    ("GET /v1/admin/chargebacks", "", "", "-ssssss."),
    // The poster has none.
    ("POST /v1/admin/chargebacks/{party}/release", "poster", "{}", "-ssssss?"),
    ("GET /v1/admin/redemptions", "", "", "-ssssss."),
    ("POST /v1/admin/redemptions/{id}/approve", "redemption", "", "-ssssss."),
    ("POST /v1/admin/redemptions/{id}/refuse", "redemption", "{}", "-ssssss."),
];
