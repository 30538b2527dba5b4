//! The table: a route, what its path names, a body that is in order, and who gets in.

/// One route.
pub(crate) struct Row {
    /// `METHOD /path`.
    pub(crate) route: &'static str,
    /// The name of what `{id}` is, or `?name=thing` for a query.
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
    [COMMISSION, AGENT, FINANCE, WORK, HOUSE].into_iter().flatten().map(row).collect()
}

type Line = (&'static str, &'static str, &'static str, &'static str);

/// The letters are of nobody, a stranger, the poster, the worker, a key without a scope,
/// the operator.
const COMMISSION: &[Line] = &[
    ("POST /api/credits/deposit", "", r#"{"amount":1}"#, "-...s."),
    ("GET /api/credits/balance", "", "", "-....."),
    ("GET /api/bots/me/commissioning", "", "", "-....."),
    ("POST /api/bots/me/commissioning", "", "{}", "-...s."),
    ("GET /api/tasks", "", "", "-....."),
    ("POST /api/tasks", "", r#"{"title":"Tea","budget":1}"#, "-...s."),
    ("GET /api/tasks/{id}", "open", "", "-....."),
    ("GET /api/tasks/{id}/detail", "open", "", "-....."),
    ("POST /api/tasks/{id}/cancel", "task", "", "-x..sx"),
    ("GET /api/proposals", "?task_id=open", "", "-....."),
    ("POST /api/proposals", "", r#"{"task_id":"$open","proposed_amount":1}"#, "-.x.s."),
    ("POST /api/proposals/{id}/accept", "bid", "", "-x.xsx"),
    ("POST /api/proposals/{id}/reject", "bid", "", "-x.xsx"),
    ("GET /api/deliverables", "?task_id=task", "", "-....."),
    ("POST /api/deliverables", "", r#"{"task_id":"$task","content":"tea"}"#, "-xx.sx"),
    ("PATCH /api/deliverables", "", r#"{"id":"$delivery","status":"accepted"}"#, "-x.xsx"),
];

const AGENT: &[Line] = &[
    ("POST /api/v1/agent/register", "", r#"{"name":"somebody"}"#, "......"),
    ("GET /api/v1/agent/me", "", "", "-....."),
    ("GET /api/v1/agent/tasks", "", "", "-....."),
    ("POST /api/v1/agent/tasks", "", r#"{"title":"Tea","reward":1}"#, "-...s."),
    ("GET /api/v1/agent/tasks/{id}", "claimable", "", "-....."),
    ("POST /api/v1/agent/tasks/{id}/claim", "claimable", "", "-.x.s."),
    ("POST /api/v1/agent/tasks/{id}/cancel", "in-credits", "", "-x..sx"),
    ("POST /api/v1/agent/tasks/{id}/submit", "in-credits", r#"{"output":"tea"}"#, "-xx.sx"),
    ("GET /api/v1/agent/tasks/{id}/deliveries", "in-credits", "", "-....."),
    ("POST /api/v1/agent/tasks/{id}/deliveries/{delivery}/accept", "in-credits", "{}", "-x.xsx"),
    ("POST /api/v1/agent/tasks/{id}/deliveries/{delivery}/reject", "in-credits", "{}", "-x.xsx"),
    ("POST /api/v1/agent/tasks/{id}/deliveries/{delivery}/revise", "in-credits", "{}", "-x.xsx"),
];

const FINANCE: &[Line] = &[
    ("POST /api/v1/agents", "", r#"{"name":"echo","capabilities":["echo"],"base_price":10}"#, "-...s."),
    ("GET /api/v1/agents/discover", "", "", "-....."),
    ("GET /api/v1/agents/{id}", "worker", "", "-....."),
    ("GET /api/v1/capabilities", "", "", "-....."),
    ("GET /api/v1/tasks", "", "", "-....."),
    ("POST /api/v1/tasks", "", r#"{"capability":"echo","max_price":10}"#, "-...s."),
    ("GET /api/v1/tasks/{id}", "bought", "", "-....."),
    ("GET /api/v1/tasks/{id}/payments", "bought", "", "-x...."),
    ("POST /api/v1/tasks/{id}/payments", "unpaid", "{}", "-x.xsx"),
    ("POST /api/v1/tasks/{id}/complete", "bought", r#"{"output":"tea"}"#, "-xx.sx"),
    ("PUT /api/v1/tasks/{id}/complete", "bought", r#"{"output":"tea"}"#, "-xx.sx"),
    ("POST /api/v1/tasks/{id}/fail", "bought", "{}", "-xx.sx"),
    ("PUT /api/v1/tasks/{id}/fail", "bought", "{}", "-xx.sx"),
    ("POST /api/v1/tasks/{id}/cancel", "bought", "", "-x..sx"),
    ("POST /api/v1/tasks/{id}/dispute", "disputable", r#"{"reason":"It is late"}"#, "-x..sx"),
    ("GET /api/v1/disputes/{id}", "dispute", "", "-x...."),
    ("POST /api/v1/channels/open", "", r#"{"counterparty_id":"$worker","amount":1}"#, "-...s."),
    ("POST /api/v1/channels/deposit", "", r#"{"channel_id":"$channel","amount":1}"#, "-x..sx"),
    ("POST /api/v1/channels/transfer", "", r#"{"channel_id":"$channel","amount":1}"#, "-x..sx"),
    ("POST /api/v1/channels/close", "", r#"{"channel_id":"$channel"}"#, "-x..sx"),
    ("GET /api/v1/channels", "", "", "-....."),
    ("GET /api/v1/channels/{id}", "channel", "", "-x...."),
    ("POST /api/v1/negotiation/negotiate", "", r#"{"agent_id":"$worker","proposed_price":9}"#, "-..xs."),
    ("POST /api/v1/negotiation/accept", "", r#"{"negotiation_id":"$negotiation"}"#, "-x..sx"),
    ("POST /api/v1/negotiation/calculate", "", r#"{"amount":10}"#, "-....."),
    ("POST /api/v1/negotiations/calculate-fee", "", r#"{"amount":10}"#, "-....."),
];

const WORK: &[Line] = &[
    ("GET /v1/tasks/available", "", "", "-....."),
    ("GET /v1/tasks/{id}", "open", "", "-....."),
    ("GET /v1/tasks/{id}/bids", "open", "", "-....."),
    ("POST /v1/tasks/{id}/bids", "open", r#"{"proposedPrice":1}"#, "-.x.s."),
    ("POST /v1/bids/{id}/counter", "bid", r#"{"proposedPrice":1}"#, "-xx.sx"),
    ("POST /v1/tasks/{id}/deliver", "task", r#"{"content":"tea"}"#, "-xx.sx"),
    ("POST /v1/tasks/{id}/resubmit", "task", r#"{"content":"tea"}"#, "-xx.sx"),
    ("POST /v1/tasks/{id}/check", "task", r#"{"content":"tea"}"#, "-xx.sx"),
    ("POST /v1/tasks/{id}/progress", "task", r#"{"event":"sip"}"#, "-xx.sx"),
    ("GET /v1/tasks/{id}/traces", "task", "", "-x...."),
    ("GET /v1/me", "", "", "-....."),
];

const HOUSE: &[Line] = &[
    ("GET /v1/receipts/keys", "", "", "......"),
    ("GET /v1/receipts/{id}", "receipt", "", "......"),
    ("GET /v1/receipts/{id}/input", "receipt", "", "-x...."),
    ("GET /v1/journal", "", "", "......"),
    ("GET /v1/admin/disputes", "", "", "-ssss."),
    ("POST /v1/admin/disputes/{id}/resolve", "dispute", r#"{"outcome":"refund"}"#, "-ssss."),
    ("GET /v1/plugins", "", "", "......"),
    ("POST /v1/plugins", "", "\"no component\"", "-...s."),
    ("GET /v1/plugins/{digest}", "plugin", "", "......"),
    ("GET /v1/plugins/{digest}/component", "plugin", "", "......"),
    ("POST /v1/plugins/{digest}/run", "plugin", r#"{"input":"$input"}"#, "-....."),
    ("POST /v1/plugins/{digest}/retire", "plugin", "", "-xxxs."),
    ("GET /openapi.json", "", "", "......"),
    ("GET /docs", "", "", "......"),
    ("GET /docs/{file}", "", "", "......"),
    ("GET /health", "", "", "......"),
    ("GET /metrics", "", "", "......"),
    ("GET /test/payments/{id}", "payment", "", "......"),
    ("POST /test/payments/{id}", "payment", "", "......"),
    ("POST /webhooks/test", "", "{}", "......"),
    ("POST /v1/test/clock", "", r#"{"advance_seconds":0}"#, "-ssss."),
];
