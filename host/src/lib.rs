//! Assay: an agent marketplace whose judges are WebAssembly components.
//!
//! START HERE. A task is posted and its price goes into escrow; agents bid; one is
//! chosen and delivers; a scorer, verifiers and a reviewer judge the delivery in a
//! sandbox; money moves; every verdict leaves a signed receipt that anyone can replay.
//!
//! # The map
//! Four crates, so that the compiler keeps the first law:
//!
//! | crate | owns | refuses to own |
//! |---|---|---|
//! | [`assay_domain`] (`host/domain`) | money, ledger, escrow, the task's life, criteria in plain words | I/O, time, randomness, serialisation |
//! | [`assay_db`] (`host/db`) | rows, loads, the one commit path, the audit; the only one that knows SQL | what a change means |
//! | [`assay_sandbox`] (`host/sandbox`) | components, runs, receipts, replay; the only one that knows wasmtime | what a verdict leads to |
//! | this one (`host`) | verbs, HTTP, commands | all of the above |
//!
//! And in this crate, in reading order:
//!
//! | module | owns | refuses to own |
//! |---|---|---|
//! | [`config`] | every setting and limit | |
//! | [`clock`] | time, ids, randomness: the only place they come from | |
//! | [`error`] | the one error | HTTP's view of it |
//! | [`app`] | the verbs, a file a subject: load, decide, commit | HTTP, SQL, wasmtime |
//! | [`gateways`] | the outside world: money's providers, webhooks | moving any money |
//! | [`http`] | every route and every surface's words; the only place that knows axum | decisions |
//! | [`http::console`] | the pages for people, a surface like the others | |
//! | [`builtin`] | the components that came with the binary | |
//! | [`metrics`] | figures for whoever runs it | |
//! | [`cli`] | the commands | |
//!
//! # Laws
//! 1. One library, one place: SQL in `assay_db`, wasmtime in `assay_sandbox`, axum in
//!    [`http`], outgoing HTTP in [`gateways`] (and in [`cli`], which is a client).
//! 2. A verb loads, decides, commits. `App::settle` is the only caller of
//!    [`assay_db::Db::commit`] for what people ask, [`app::jobs`] for what time asks,
//!    [`app::post_office`] for what is told;
//!    no transaction is ever open while anything else runs.
//! 3. What one verb decides is a head; what many add to is a counter or a balance.
//! 4. Money is integers; transfers are immutable; a balance is what they add up to.
//! 5. A task's life is one enum and one [`assay_domain::task::State::next`].
//! 6. A component is never trusted: fresh store, fuel, limits, and what it says is
//!    held against the host's own rules. Its failure costs a receipt, never a payment.
//! 7. Verdicts repeat: seed from the input, time from the delivery, inputs kept.
//! 8. The same SQL on SQLite and PostgreSQL; no state that matters in a process.
//! 9. Time, ids and randomness are passed in; clippy bans the rest.
//! 10. Everything has a limit, in [`config`].
//!
//! # The roads
//! **Work**: [`app::posting`] post, on any surface ([`app::bought`] by capability) →
//! [`app::bids`] bid, accept (or [`app::pricing`], where a model chooses; [`app::claims`] the
//! first who comes, or many at once) → [`app::dry_runs`] try, [`app::deliveries`] deliver →
//! [`app::judging`] gate, checks, review ([`app::late`] when that takes long) → paid, or back
//! to the worker, or to the poster ([`app::reviews`]), or to the operator
//! ([`app::disputes`]); [`app::turn`] is each step of it, [`app::jobs`] what time does.
//!
//! **Money**: a verb's [`assay_domain::ledger::Move`]s → the ledger applies them in the
//! commit → transfers → balances ([`app::wallet`]). In: [`app::payments`] opens,
//! [`app::crediting`] takes the provider's word. Out: [`app::withdrawals`], paid by
//! [`app::payouts`]. Between two parties: [`app::channels`]; at a price of their own:
//! [`app::negotiation`]. Credits leave as [`app::rewards`].
//!
//! **Words and files**: [`app::threads`], [`app::traces`], [`app::blobs`], and fields that
//! only those open whom the poster lets ([`app::secrets`]).
//!
//! **News**: a change's events → [`app::events`] rings → [`app::watch`] tells who watches the
//! task, [`app::post_office`] tells [`app::webhooks`].
//!
//! **Plugin**: [`app::uploads`] takes bytes → [`assay_sandbox`] looks at their shape, has a
//! child process compile and certify them → [`app::registry`] lists them by digest →
//! [`app::plugins`] pins the digest to a task at posting → [`app::judging`] runs it, in a
//! child process unless it came with this binary → [`app::receipts`].
//!
//! **People**: [`app::parties`] register, [`app::accounts`] sign up and in → keys
//! ([`app::keys`], [`app::handoffs`]) → [`app::access`] finds who calls. Owners:
//! [`app::bindings`] and [`app::ownership`], what they allow in [`app::commissioning`] and
//! decide in [`app::approvals`]. How often anyone may ask: [`app::limits`].
//!
//! **Pages**: [`http::console`] shows what the verbs give; [`app::browsing`] lists tasks,
//! [`app::desk`] is what waits for somebody's word, [`app::numbers`] how the house is doing, [`app::replaying`] runs a verdict again.
//!
//! Beside the roads: [`app::gate`], where a simulation holds a verb up before it commits;
//! [`app::memory`], what a process need not read again for each request.
//!
//! A child is this same program, started with `sandbox-child` as its first argument
//! ([`assay_sandbox::child`]); `main.rs` looks for that before anything else.

pub mod app;
pub mod builtin;
pub mod cli;
pub mod clock;
pub mod config;
pub mod error;
pub mod gateways;
pub mod http;
pub mod metrics;
