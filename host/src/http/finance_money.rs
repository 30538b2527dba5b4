//! `/api/v1`: the ledger, and money on its way in. Snake case, money as decimal texts.

use std::collections::HashMap;
use std::sync::Arc;

use assay_db::{Reply, Shown};
use assay_domain::coin::Coin;
use assay_domain::ids::{PartyId, TaskId, Timestamp};
use assay_domain::ledger::Reason;
use assay_domain::money::Asset;
use assay_domain::refusal::Refusal;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse as _;
use serde_json::{Value, json};

use super::answer::{self, Outcome, ok, reply, with_data};
use super::commission::{linked, page_limit, path_id, query_text};
use super::fields::Fields;
use super::problem::Problem;
use super::render::{Object, Style, amount};
use super::request::{Call, Me};
use super::statement_csv;
use crate::app::access::Scope;
use crate::app::payments::{Intent, Payment};
use crate::app::statements::Line;
use crate::app::wallet::Balance;
use crate::app::{App, Caller};
use crate::clock::parse_time;
use crate::gateways::Method;

const STYLE: Style = Style::Snake;

/// A UTC day, less a millisecond.
const REST_OF_DAY_MS: i64 = 86_400_000 - 1;

/// `POST /api/v1/ledger/deposit {amount, currency?, payment_type?}`: opens a payment, by
/// card unless `currency` names a stablecoin or `payment_type` is `crypto`. 201 with the
/// payment, `status` `pending` and `payment_url`.
pub async fn deposit(State(app): State<Arc<App>>, call: Call) -> Outcome {
    let intent = read_deposit(&call.fields, &app)?;
    open(&app, &call, &intent).await
}

/// What somebody wants to pay in, and how.
pub fn read_deposit(fields: &Fields, app: &App) -> Result<Intent, Refusal> {
    let coin = coin_or_dollars(fields)?;
    let kinds = [("card", Method::Card), ("stripe", Method::Card), ("crypto", Method::Invoice)];
    let asked = fields.word("payment_type", &kinds)?;
    let cards = app.payment_providers.provider_for(Method::Card).is_ok();
    let usual = if coin.is_some() || !cards { Method::Invoice } else { Method::Card };
    let method = asked.unwrap_or(usual);
    read_intent(fields, method, coin.filter(|_| method != Method::Card), None)
}

/// `POST /api/v1/payments/create-intent {amount, currency?}` and
/// `POST /api/v1/payments/nowpayments/create`: opens an invoice in stablecoins; without a
/// coin the payer chooses. 201 with `payment_id` and `invoice_url`.
pub async fn create_intent(State(app): State<Arc<App>>, call: Call) -> Outcome {
    let coin = coin_or_dollars(&call.fields)?;
    let intent = read_intent(&call.fields, Method::Invoice, coin, None)?;
    open(&app, &call, &intent).await
}

/// `POST /api/v1/payments/crypto/address {currency, amount?}`: an address to send coins to,
/// once: `pay_amount` of them. 201 with the payment and `address`.
pub async fn crypto_address(State(app): State<Arc<App>>, call: Call) -> Outcome {
    let coin = coin_or_dollars(&call.fields)?;
    let coin = call.fields.needed("currency", "a stablecoin such as USDTTRC20", coin)?;
    let usual = app.settings.payments.rules.crypto_address_cents * 10_000;
    let intent = read_intent(&call.fields, Method::Address, Some(coin), Some(usual))?;
    open(&app, &call, &intent).await
}

fn read_intent(
    fields: &Fields,
    method: Method,
    coin: Option<Coin>,
    usual: Option<i64>,
) -> Result<Intent, Refusal> {
    let amount = match (fields.amount_if_given("amount", Asset::Usd)?, usual) {
        (Some(amount), _) | (None, Some(amount)) => amount,
        (None, None) => fields.amount("amount", Asset::Usd)?,
    };
    if amount == 0 {
        return Err(Refusal::field("amount", "must be above zero"));
    }
    Ok(Intent { amount, method, coin, task: None })
}

async fn open(app: &App, call: &Call, intent: &Intent) -> Outcome {
    let ask = call.ask(Scope::Finance)?;
    answer::of(app.open_payment(ask, intent, |payment| payment_reply(201, payment)).await)
}

/// The stablecoin of `currency`; nothing for dollars, or when it is absent.
pub(super) fn coin_or_dollars(fields: &Fields) -> Result<Option<Coin>, Refusal> {
    let Some(text) = fields.name_if_given("currency", 1..=20)? else { return Ok(None) };
    if Asset::parse(&text) == Some(Asset::Usd) {
        return Ok(None);
    }
    let known = || Coin::ALL.map(|coin| coin.code).join(", ");
    let unknown = || Refusal::field("currency", format!("must be USD or one of {}", known()));
    Coin::parse(&text).map(Some).ok_or_else(unknown)
}

fn payment_reply(status: u16, payment: &Payment) -> Reply {
    reply(status, &with_data(payment_object(payment)))
}

/// A payment.
pub fn payment_object(payment: &Payment) -> Value {
    let url = payment.body.url.clone();
    let invoice = if payment.method() == Method::Card { None } else { url.clone() };
    let checkout = if payment.method() == Method::Card { url.clone() } else { None };
    Object::new(STYLE)
        .set("id", payment.id.to_string())
        .set("payment_id", payment.id.to_string())
        .set("status", payment.status.as_str())
        .set("provider", payment.provider.as_str())
        .set("method", payment.method().as_str())
        .money("amount", payment.asset, payment.amount)
        .set("currency", payment.asset.code())
        .set("pay_currency", payment.coin.clone())
        .set("address", payment.body.pay_address.clone())
        .set("pay_address", payment.body.pay_address.clone())
        .set("pay_amount", payment.body.pay_amount.clone())
        .set("payment_url", url)
        .set("invoice_url", invoice)
        .set("checkout_url", checkout)
        .set("task_id", payment.task.map(|task| task.to_string()))
        .set("provider_status", payment.body.word.clone())
        .time_if("credited_at", payment.body.credited_at.map(Timestamp))
        .time("created_at", payment.created_at)
        .done()
}

/// `POST /api/v1/payments/confirm {payment_id}`: asks the provider, credits once; the
/// payment as it stands then.
pub async fn confirm(State(app): State<Arc<App>>, call: Call) -> Outcome {
    let name = call.fields.name("payment_id", 1..=200)?;
    let ask = call.ask(Scope::Finance)?;
    answer::of(app.confirm_payment(ask, &name, |payment| payment_reply(200, payment)).await)
}

/// `GET /api/v1/payments/nowpayments/{payment_id}`: a payment, by its id here or the
/// provider's.
pub async fn payment(State(app): State<Arc<App>>, Me(caller): Me, Path(id): Path<String>) -> Outcome {
    caller.require(Scope::Finance)?;
    ok(&with_data(payment_object(&app.payment_of(&caller, &id).await?)))
}

/// `GET /api/v1/payments/nowpayments/currencies`: the stablecoins that can be paid in now.
pub async fn currencies(State(app): State<Arc<App>>, Me(caller): Me) -> Outcome {
    caller.require(Scope::Finance)?;
    let coins = app.coins().await?;
    let items: Vec<Value> = coins.iter().map(coin_object).collect();
    let codes: Vec<&str> = coins.iter().map(|coin| coin.code).collect();
    ok(&json!({ "currencies": codes, "data": items }))
}

fn coin_object(coin: &Coin) -> Value {
    json!({ "currency": coin.code, "name": coin.name, "network": coin.network })
}

/// `POST /api/v1/payments/crypto/wallet`: the caller's wallet for stablecoins, which is
/// there from the start: the same answer each time. 201.
pub async fn crypto_wallet(State(app): State<Arc<App>>, call: Call) -> Outcome {
    let ask = call.ask(Scope::Finance)?;
    let wallet = wallet_object(&app, &ask.caller).await?;
    Ok((StatusCode::CREATED, ok(&with_data(wallet))?).into_response())
}

/// `GET /api/v1/payments/crypto/balance`: what was paid in and out, coin by coin, and the
/// dollars that can be withdrawn in any of them.
pub async fn crypto_balance(State(app): State<Arc<App>>, Me(caller): Me) -> Outcome {
    caller.require(Scope::Finance)?;
    ok(&with_data(wallet_object(&app, &caller).await?))
}

async fn wallet_object(app: &App, caller: &Caller) -> Result<Value, Problem> {
    let free = app.balance(caller.party, Asset::Usd).await?.withdrawable;
    let totals = app.coin_totals(caller.party).await?;
    let coins = totals.into_iter().map(|(coin, total)| {
        Object::new(STYLE)
            .set("currency", coin)
            .money("deposited", Asset::Usd, total.deposited)
            .money("pending", Asset::Usd, total.pending)
            .money("withdrawn", Asset::Usd, total.withdrawn)
            .money("withdrawing", Asset::Usd, total.withdrawing)
            .done()
    });
    let id = caller.party.to_string();
    Ok(Object::new(STYLE)
        .set("id", id.clone())
        .set("wallet_id", id.clone())
        .set("agent_id", id)
        .set("currency", Asset::Usd.code())
        .money("available", Asset::Usd, free)
        .money("withdrawable", Asset::Usd, free)
        .set("supported_currencies", Coin::ALL.map(|coin| coin.code).to_vec())
        .set("balances", Value::Array(coins.collect()))
        .done())
}

/// `GET /api/v1/ledger/balance` and `GET /api/v1/payments/balance`: the caller's own. The
/// figures on top are dollars.
pub async fn own_balance(State(app): State<Arc<App>>, Me(caller): Me) -> Outcome {
    caller.require(Scope::Finance)?;
    ok(&with_data(balance_object(&app, caller.party).await?))
}

/// `GET /api/v1/ledger/balance/{agent_id}`: for the agent itself, its owner, the operator.
pub async fn balance(State(app): State<Arc<App>>, Me(caller): Me, Path(id): Path<String>) -> Outcome {
    caller.require(Scope::Finance)?;
    let party: PartyId = path_id(&id, "agent")?;
    app.require_eyes(&caller, party).await?;
    ok(&with_data(balance_object(&app, party).await?))
}

async fn balance_object(app: &App, party: PartyId) -> Result<Value, Problem> {
    let (usd, cr) = (app.balance(party, Asset::Usd).await?, app.balance(party, Asset::Cr).await?);
    let each =
        [usd, cr].map(|one| figures(Object::new(STYLE), &one).set("currency", one.asset.code()).done());
    let object = Object::new(STYLE).set("agent_id", party.to_string()).set("currency", Asset::Usd.code());
    let object = figures(object, &usd).money("frozen", Asset::Usd, app.frozen(party).await?);
    Ok(object.set("balances", each.to_vec()).done())
}

fn figures(object: Object, balance: &Balance) -> Object {
    object
        .money("available", balance.asset, balance.available)
        .money("escrowed", balance.asset, balance.reserved)
        .money("pending", balance.asset, balance.pending)
        .money("total", balance.asset, balance.total())
        .money("withdrawable", balance.asset, balance.withdrawable)
}

/// `GET /api/v1/ledger/transactions?type=&currency=&from=&to=&task_id=&limit=&cursor=`: the
/// caller's own, newest first. `running_balance` is what the wallet had available in that
/// currency, both pockets together, right after the line, whatever the filters hide. With
/// `format=csv` or `Accept: text/csv` a file.
pub async fn transactions(
    State(app): State<Arc<App>>,
    Me(caller): Me,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Outcome {
    caller.require(Scope::Finance)?;
    let shown = read_shown(&query)?;
    let csv = wants_csv(&query, &headers)?;
    let most = app.settings.limits.page_items_max;
    let rows_max = app.settings.payments.rules.statement_rows_max;
    let limit = if csv { page_limit(&query, rows_max, rows_max)? } else { page_limit(&query, 20, most)? };
    let cursor = query_text(&query, "cursor")?;
    let (lines, next) = app.statement(caller.party, &shown, cursor, limit).await?;
    let response = if csv {
        statement_csv::response(&lines, &app.titles_of(&lines).await?)?
    } else {
        let items: Vec<Value> = lines.iter().map(line_object).collect();
        ok(&json!({ "data": items }))?
    };
    Ok(linked(response, "/api/v1/ledger/transactions", &query, limit, next.as_deref()))
}

fn line_object(line: &Line) -> Value {
    Object::new(STYLE)
        .set("id", line.id.clone())
        .set("type", line.reason.clone())
        .set("direction", if line.delta < 0 { "debit" } else { "credit" })
        .money("amount", line.asset, line.delta.saturating_abs())
        .money("change", line.asset, line.delta)
        .set("currency", line.asset.code())
        .money("running_balance", line.asset, line.balance)
        .set("pocket", line.pocket.clone())
        .set("counterparty", line.other.clone())
        .set("task_id", line.task.clone())
        .time("created_at", Timestamp(line.at))
        .done()
}

/// Which lines of a statement are asked for.
pub fn read_shown(query: &HashMap<String, String>) -> Result<Shown, Refusal> {
    let mut shown = Shown::default();
    match query.get("type").map(String::as_str) {
        None | Some("") => {}
        Some("credit") => shown.direction = 1,
        Some("debit") => shown.direction = -1,
        Some(word) => {
            let known = Reason::ALL.into_iter().map(Reason::as_str);
            if !known.clone().any(|known| known == word) {
                let words = known.collect::<Vec<_>>().join(", ");
                return Err(Refusal::field("type", format!("must be credit, debit or one of {words}")));
            }
            shown.reason = Some(word.to_owned());
        }
    }
    if let Some(text) = query.get("currency") {
        let asset = Asset::parse(text).ok_or_else(|| Refusal::field("currency", "must be USD or CR"))?;
        shown.asset = Some(asset.code().to_owned());
    }
    if let Some(text) = query.get("task_id") {
        let task: TaskId = text.parse().map_err(|_| Refusal::field("task_id", "must be a UUID"))?;
        shown.task = Some(task.to_string());
    }
    let time = |name: &str| {
        let Some(text) = query.get(name) else { return Ok(None) };
        let wrong = || Refusal::field(name, "must be a date or an RFC 3339 time in UTC");
        parse_time(text).map(|at| Some((at.0, text.len() == 10))).ok_or_else(wrong)
    };
    if let Some((at, _)) = time("from")? {
        shown.from = at;
    }
    if let Some((at, whole_day)) = time("to")? {
        shown.to = if whole_day { at + REST_OF_DAY_MS } else { at };
    }
    Ok(shown)
}

fn wants_csv(query: &HashMap<String, String>, headers: &HeaderMap) -> Result<bool, Refusal> {
    match query.get("format").map(String::as_str) {
        Some("csv") => Ok(true),
        Some("json") => Ok(false),
        Some(_) => Err(Refusal::field("format", "must be json or csv")),
        None => {
            let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
            Ok(accept.is_some_and(|accept| accept.starts_with("text/csv")))
        }
    }
}

/// An amount as this surface writes it.
pub(super) fn dollars(units: i64) -> Value {
    amount(STYLE, Asset::Usd, units)
}
