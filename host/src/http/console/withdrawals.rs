//! Taking money out, and the addresses it goes to.

use std::sync::Arc;

use askama::Template;
use assay_domain::coin::Coin;
use assay_domain::ids::AddressId;
use assay_domain::money::Asset;
use axum::extract::{Path, State};
use serde_json::json;

use super::super::answer::Outcome;
use super::super::commission::path_id;
use super::super::finance_withdrawals::{read_wanted, read_words};
use super::super::problem::Problem;
use super::asked::Asked;
use super::form::{Attempt, Form, Sheet, fields};
use super::page::{Frame, going_to, gone, page, page_after};
use super::session::Person;
use super::wallet::coin_label;
use super::words::{When, amount, left, tone, when};
use crate::app::access::Scope;
use crate::app::withdrawal_addresses::Address;
use crate::app::withdrawals::{Withdrawal, WithdrawalStatus};
use crate::app::{Answer, App};

/// Where this page is.
const HERE: &str = "/wallet/withdrawals";
/// Withdrawals of a page.
const LINES: usize = 20;

struct Saved {
    label: String,
    coin: String,
    address: String,
    preferred: bool,
    ready: Option<String>,
    prefer: Sheet,
    forget: Sheet,
}

struct Line {
    at: When,
    amount: String,
    coin: &'static str,
    address: String,
    status: &'static str,
    tone: &'static str,
    note: String,
}

impl Line {
    fn of(one: &Withdrawal) -> Self {
        let note = match (&one.body.hash, &one.body.fault) {
            (Some(hash), _) => format!("transaction {hash}"),
            (None, Some(_)) if one.status == WithdrawalStatus::Returned => "the money is back".into(),
            (None, Some(fault)) => format!("{fault}; the operator looks at it"),
            (None, None) => one.body.finished_at.map(|_| "done".to_owned()).unwrap_or_default(),
        };
        Self {
            at: when(one.created_at),
            amount: amount(Asset::Usd, one.amount),
            coin: one.coin.code,
            address: one.body.address.clone(),
            status: one.status.word(),
            tone: tone(one.status.word()),
            note,
        }
    }
}

#[derive(Template)]
#[template(path = "withdrawals.html")]
struct WithdrawalsPage<'p> {
    frame: Frame,
    tab: &'static str,
    free: String,
    withdraw: Option<Sheet>,
    save: Sheet,
    targets: Vec<(&'p str, &'p str)>,
    coins: Vec<(&'p str, &'p str)>,
    wait_hours: u32,
    saved: Vec<Saved>,
    lines: Vec<Line>,
    older: Option<String>,
}

/// `GET /wallet/withdrawals`.
pub async fn withdrawals(State(app): State<Arc<App>>, person: Person, asked: Asked) -> Outcome {
    show(&app, &person, &Attempt::none(), &asked).await
}

async fn show(app: &App, person: &Person, attempt: &Attempt, asked: &Asked) -> Outcome {
    person.caller.require(Scope::Finance)?;
    let party = person.caller.party;
    let mut rows = app.withdrawals(party, None, asked.cursor()?, LINES + 1).await?;
    let more = rows.len() > LINES;
    rows.truncate(LINES);
    let next = rows.last().filter(|_| more).map(|one| one.id.to_string());
    let addresses = app.addresses(party).await?;
    let targets: Vec<(String, String)> = addresses.iter().map(target).collect();
    let labels: Vec<String> = Coin::ALL.iter().map(coin_label).collect();
    let sheet = |name, action| attempt.sheet(&person.token, name, action);
    let now = app.now();
    let saved = |one: &Address| Saved {
        label: one.label.clone(),
        coin: coin_label(&one.coin),
        address: one.address.clone(),
        preferred: one.preferred,
        ready: (one.ready_at > now).then(|| left(now, one.ready_at)),
        prefer: sheet("prefer", format!("{HERE}/addresses/{}/default", one.id)).of(&one.id.to_string()),
        forget: sheet("forget", format!("{HERE}/addresses/{}/forget", one.id)).of(&one.id.to_string()),
    };
    let shown = WithdrawalsPage {
        frame: Frame::of(Some(person), "wallet").after(asked.done()),
        tab: "withdrawals",
        free: amount(Asset::Usd, app.balance(party, Asset::Usd).await?.withdrawable),
        withdraw: (!addresses.is_empty()).then(|| sheet("withdraw", HERE.into())),
        save: sheet("save", format!("{HERE}/addresses")),
        targets: targets.iter().map(|(id, label)| (id.as_str(), label.as_str())).collect(),
        coins: Coin::ALL.iter().zip(&labels).map(|(coin, label)| (coin.code, label.as_str())).collect(),
        wait_hours: app.settings.payments.address_wait_hours(),
        saved: addresses.iter().map(saved).collect(),
        lines: rows.iter().map(Line::of).collect(),
        older: asked.older(HERE, next.as_deref()),
    };
    if attempt.refusal.is_some() { page_after(attempt, &shown) } else { page(&shown) }
}

/// An address among others to choose from; the default one first.
fn target(one: &Address) -> (String, String) {
    let name = if one.label.is_empty() { &one.address } else { &one.label };
    let usual = if one.preferred { ", the usual one" } else { "" };
    (one.id.to_string(), format!("{name}, {}{usual}", coin_label(&one.coin)))
}

/// Goes on, or shows the page again.
async fn end(app: &App, form: &Form, name: &'static str, done: Result<Answer, Problem>) -> Outcome {
    match done {
        Ok(answer) => Ok(gone(&answer)),
        Err(problem) => show(app, &form.person, &form.again(name, &problem), &Asked::default()).await,
    }
}

/// `POST /wallet/withdrawals`.
pub async fn withdraw(State(app): State<Arc<App>>, form: Form) -> Outcome {
    let asked = async {
        let wanted = read_wanted(&fields(&json!({
            "amount": form.typed.text("amount"),
            "withdrawal_address_id": form.typed.text("withdrawal_address_id"),
        }))?)?;
        let render = |_: &Withdrawal| going_to(format!("{HERE}?done=withdrawn"));
        Ok(app.withdraw(form.ask(Scope::Finance)?, &wanted, render).await?)
    };
    end(&app, &form, "withdraw", asked.await).await
}

/// `POST /wallet/withdrawals/addresses`.
pub async fn save(State(app): State<Arc<App>>, form: Form) -> Outcome {
    let asked = async {
        let words = read_words(&fields(&json!({
            "label": form.typed.get("label"),
            "currency": form.typed.text("currency"),
            "address": form.typed.text("address"),
        }))?)?;
        form.person.caller.in_person("withdraw")?;
        let render = |_: &Address| going_to(format!("{HERE}?done=address-saved"));
        Ok(app.save_address(form.ask(Scope::Finance)?, &words, render).await?)
    };
    end(&app, &form, "save", asked.await).await
}

/// `POST /wallet/withdrawals/addresses/{id}/default`.
pub async fn prefer(State(app): State<Arc<App>>, Path(id): Path<String>, form: Form) -> Outcome {
    let id: AddressId = path_id(&id, "withdrawal address")?;
    let preferred = async {
        form.person.caller.in_person("withdraw")?;
        let render = |_: &Address| going_to(format!("{HERE}?done=address-preferred"));
        Ok(app.prefer_address(form.ask(Scope::Finance)?, id, render).await?)
    };
    end(&app, &form, "prefer", preferred.await).await
}

/// `POST /wallet/withdrawals/addresses/{id}/forget`.
pub async fn forget(State(app): State<Arc<App>>, Path(id): Path<String>, form: Form) -> Outcome {
    let id: AddressId = path_id(&id, "withdrawal address")?;
    let forgotten = async {
        form.person.caller.in_person("withdraw")?;
        let render = |_: &Address| going_to(format!("{HERE}?done=address-forgotten"));
        Ok(app.forget_address(form.ask(Scope::Finance)?, id, render).await?)
    };
    end(&app, &form, "forget", forgotten.await).await
}
