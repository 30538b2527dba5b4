//! Every way the marketplace says no.

use std::fmt;

/// What a caller can do about a refusal, which is what sets one apart from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The request is wrong; change it.
    Invalid,
    /// Say who you are.
    Unauthenticated,
    /// Bring money.
    Funds,
    /// You may not, whatever you send.
    Forbidden,
    /// There is no such thing.
    NotFound,
    /// The path exists, the verb does not.
    Method,
    /// It is not like that any more; look again.
    Conflict,
    /// Send less.
    TooLarge,
    /// The idempotency key belongs to another request.
    KeyReused,
    /// Later.
    TooMany,
    /// The server has no room now; the same request may succeed shortly.
    Overloaded,
    /// The server's own fault.
    Internal,
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal, $kind:ident;)+) => {
        /// The stable name of a refusal, as clients see it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Code { $($(#[doc = $doc])+ $name),+ }

        impl Code {
            /// All of them, in the order of the documentation.
            pub const ALL: &[Code] = &[$(Code::$name),+];

            /// Upper snake case; never changes once released.
            pub const fn as_str(self) -> &'static str {
                match self { $(Code::$name => $text),+ }
            }

            /// What it means, in a sentence or two.
            pub const fn doc(self) -> &'static str {
                match self { $(Code::$name => concat!($($doc),+).trim_ascii()),+ }
            }

            /// What a caller can do about it.
            pub const fn kind(self) -> Kind {
                match self { $(Code::$name => Kind::$kind),+ }
            }
        }
    };
}

codes! {
    /// A field is missing, ill-typed, or out of range; the message names it.
    InvalidField = "INVALID_FIELD", Invalid;
    /// The body is not JSON.
    InvalidJson = "INVALID_JSON", Invalid;
    /// A price below zero, above the budget, or with too many decimals.
    PriceOutOfRange = "PRICE_OUT_OF_RANGE", Invalid;
    /// A component that is not taken; the message says what is wrong, where, and what to
    /// change.
    PluginRejected = "PLUGIN_REJECTED", Invalid;
    /// A callback whose signature does not match its body.
    BadSignature = "BAD_SIGNATURE", Invalid;
    /// No key, or one that is unknown, expired, or revoked.
    Unauthorized = "UNAUTHORIZED", Unauthenticated;
    /// Available money does not cover it.
    InsufficientFunds = "INSUFFICIENT_FUNDS", Funds;
    /// The key lacks the scope.
    MissingScope = "MISSING_SCOPE", Forbidden;
    /// The caller has no part in this.
    NotAParty = "NOT_A_PARTY", Forbidden;
    /// The caller is not the one who does this task.
    NotAssigned = "NOT_ASSIGNED", Forbidden;
    /// Two parties of one owner.
    SelfDealing = "SELF_DEALING", Forbidden;
    /// Commissioning is switched off for this bot.
    CommissioningDisabled = "COMMISSIONING_DISABLED", Forbidden;
    /// A task above the bot's largest budget.
    GuardrailMaxTaskBudget = "GUARDRAIL_MAX_TASK_BUDGET", Forbidden;
    /// More than the bot may spend in a day.
    GuardrailMaxDailySpend = "GUARDRAIL_MAX_DAILY_SPEND", Forbidden;
    /// More open tasks than the bot may have.
    GuardrailMaxOpenTasks = "GUARDRAIL_MAX_OPEN_TASKS", Forbidden;
    /// A category the bot may not post in.
    GuardrailCategory = "GUARDRAIL_CATEGORY", Forbidden;
    /// A person must approve, and the bot has no owner who could.
    GuardrailHumanApproval = "GUARDRAIL_HUMAN_APPROVAL", Forbidden;
    /// Money that this key may not spend.
    HandoffSpendLimit = "HANDOFF_SPEND_LIMIT", Forbidden;
    /// Something that only the holder's own key may do, not a handed-off one.
    HandoffForbidden = "HANDOFF_FORBIDDEN", Forbidden;
    /// Something that only the owner of a bot may do.
    OwnerOnly = "OWNER_ONLY", Forbidden;
    /// Something that only a person's account may do, not an agent's.
    PersonOnly = "PERSON_ONLY", Forbidden;
    /// Something that only an agent may do, not a person.
    AgentOnly = "AGENT_ONLY", Forbidden;
    /// A form that was not made for this session: on the pages for people alone.
    FormExpired = "FORM_EXPIRED", Forbidden;
    /// Protected fields before they were granted.
    NotGranted = "NOT_GRANTED", Forbidden;
    /// A withdrawal to an address that is too new.
    AddressNotReady = "ADDRESS_NOT_READY", Conflict;
    /// Nobody provides the capability at the price.
    NoProvider = "NO_PROVIDER", Conflict;
    /// The one clarification before a claim was posted already.
    ClarificationUsed = "CLARIFICATION_USED", Conflict;
    /// A channel transfer out of order.
    SequenceMismatch = "SEQUENCE_MISMATCH", Conflict;
    /// No code of the reward is left.
    OutOfStock = "OUT_OF_STOCK", Conflict;
    /// The payment provider did not answer, or refused.
    ProviderUnavailable = "PROVIDER_UNAVAILABLE", Overloaded;
    /// A resubmission without a failed delivery before it.
    NothingToResubmit = "NOTHING_TO_RESUBMIT", Forbidden;
    /// A resubmission after its window.
    ResubmitWindowClosed = "RESUBMIT_WINDOW_CLOSED", Forbidden;
    /// No more uploads or trial runs today.
    QuotaExhausted = "QUOTA_EXHAUSTED", TooMany;
    /// No more dry runs on this task.
    DryRunsExhausted = "DRY_RUNS_EXHAUSTED", TooMany;
    /// No such thing, or none that the caller may see.
    NotFound = "NOT_FOUND", NotFound;
    /// The path does not take this method.
    MethodNotAllowed = "METHOD_NOT_ALLOWED", Method;
    /// Somebody was first: claimed, already bid, already delivered.
    Conflict = "CONFLICT", Conflict;
    /// The task is not in a state that allows it.
    WrongStatus = "WRONG_STATUS", Conflict;
    /// The task is given out in another way.
    WrongMode = "WRONG_MODE", Conflict;
    /// The task has had all its revision rounds.
    RevisionsExhausted = "REVISIONS_EXHAUSTED", Conflict;
    /// A name that is taken.
    AlreadyExists = "ALREADY_EXISTS", Conflict;
    /// The first request with this idempotency key has not been answered yet.
    IdempotencyInProgress = "IDEMPOTENCY_IN_PROGRESS", Conflict;
    /// The body is larger than the limit.
    TooLarge = "TOO_LARGE", TooLarge;
    /// The idempotency key came with another body before.
    IdempotencyKeyReused = "IDEMPOTENCY_KEY_REUSED", KeyReused;
    /// More requests than the limit.
    RateLimited = "RATE_LIMITED", TooMany;
    /// The server is at its limit.
    Overloaded = "OVERLOADED", Overloaded;
    /// A fault of the server; the request id leads to its log.
    Internal = "INTERNAL", Internal;
}

/// A decision not to do something, with nothing moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What a program reads.
    pub code: Code,
    /// What a person reads: what was wrong and what would be right.
    pub message: String,
    /// The field at fault, as the caller wrote it.
    pub field: Option<String>,
    /// When the same request may succeed, where that is known.
    pub retry_after_seconds: Option<u64>,
}

impl Refusal {
    /// A refusal without a field.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), field: None, retry_after_seconds: None }
    }

    /// A field that is missing, ill-typed, or out of range. The message is a
    /// sentence that goes on after the field's name: "must be 1 to 200 characters".
    pub fn field(field: impl Into<String>, message: impl fmt::Display) -> Self {
        let field = field.into();
        let message = format!("{field}: {message}");
        Self { field: Some(field), ..Self::new(Code::InvalidField, message) }
    }

    /// Too many requests of a kind; how long to wait for the next.
    pub fn too_many(message: impl Into<String>, retry_after_seconds: u64) -> Self {
        Self { retry_after_seconds: Some(retry_after_seconds), ..Self::new(Code::RateLimited, message) }
    }

    /// Nothing there, or nothing the caller may see.
    pub fn not_found(what: &str) -> Self {
        Self::new(Code::NotFound, format!("{what} not found"))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.message)
    }
}

impl std::error::Error for Refusal {}
