//! The wallet: what is in it, what is coming, and paying in.

use std::sync::Arc;

use askama::Template;
use assay_domain::coin::Coin;
use assay_domain::ids::{PartyId, PaymentId, Timestamp};
use assay_domain::money::Asset;
use axum::extract::{Path, State};
use serde_json::json;

use super::super::answer::Outcome;
use super::super::commission::path_id;
use super::super::finance_money::read_deposit;
use super::super::problem::Problem;
use super::asked::Asked;
use super::form::{Attempt, Form, Sheet, fields};
use super::page::{Frame, going_to, gone, page, page_after, see};
use super::plot::DaysPlot;
use super::session::Person;
use super::words::{self, When, amount, when};
use crate::app::App;
use crate::app::access::Scope;
use crate::app::payments::{Payment, PaymentStatus};
use crate::app::wallet::{Balance, Coming};
use crate::gateways::Method;

/// Payments that the wallet's first page shows.
const LATEST: usize = 10;

/// What there is of one asset, as it is read.
pub struct Figures {
    pub(super) name: &'static str,
    pub(super) available: String,
    pub(super) free: String,
    pub(super) spend_only: String,
    pub(super) reserved: String,
    pub(super) pending: String,
    pub(super) total: String,
}

impl Figures {
    fn of(balance: &Balance) -> Self {
        let text = |units| amount(balance.asset, units);
        Self {
            name: match balance.asset {
                Asset::Usd => "Dollars",
                Asset::Cr => "Credits",
            },
            available: text(balance.available),
            free: text(balance.withdrawable),
            spend_only: text(balance.available - balance.withdrawable),
            reserved: text(balance.reserved),
            pending: text(balance.pending),
            total: text(balance.total()),
        }
    }
}

/// What a party has of both assets.
pub async fn figures(app: &App, party: PartyId) -> Result<Vec<Figures>, crate::error::Error> {
    let (usd, cr) = (app.balance(party, Asset::Usd).await?, app.balance(party, Asset::Cr).await?);
    Ok([usd, cr].iter().map(Figures::of).collect())
}

struct Arrival {
    task: String,
    title: String,
    amount: String,
    at: When,
}

impl Arrival {
    fn of(coming: Coming) -> Self {
        Self {
            task: coming.task.to_string(),
            title: coming.title,
            amount: amount(coming.asset, coming.amount),
            at: when(coming.at),
        }
    }
}

struct PaymentLine {
    id: String,
    amount: String,
    by: String,
    status: String,
    tone: &'static str,
    at: When,
}

impl PaymentLine {
    fn of(payment: &Payment) -> Self {
        Self {
            id: payment.id.to_string(),
            amount: amount(payment.asset, payment.amount),
            by: match payment.method() {
                Method::Card => "card".into(),
                _ => payment.coin.clone().unwrap_or_else(|| "stablecoin".into()),
            },
            status: words::plain(payment.status.as_str()),
            tone: words::tone(payment.status.as_str()),
            at: when(payment.created_at),
        }
    }
}

#[derive(Template)]
#[template(path = "wallet.html")]
struct WalletPage<'p> {
    frame: Frame,
    tab: &'static str,
    balances: Vec<Figures>,
    frozen: Option<String>,
    coming: Vec<Arrival>,
    plots: Vec<DaysPlot>,
    payments: Vec<PaymentLine>,
    by_card: Option<Sheet>,
    by_coin: Option<Sheet>,
    coins: Vec<(&'p str, &'p str)>,
}

/// `GET /wallet`.
pub async fn wallet(State(app): State<Arc<App>>, person: Person, asked: Asked) -> Outcome {
    show(&app, &person, &Attempt::none(), asked.done()).await
}

async fn show(app: &App, person: &Person, attempt: &Attempt, done: &str) -> Outcome {
    person.caller.require(Scope::Finance)?;
    let party = person.caller.party;
    let mut plots = Vec::new();
    for asset in Asset::ALL {
        plots.extend(DaysPlot::of(asset, &app.days(party, asset).await?));
    }
    let frozen = app.frozen(party).await?;
    let takes = |method| app.payment_providers.provider_for(method).is_ok();
    let sheet = |name| attempt.sheet(&person.token, name, "/wallet/deposit");
    // Which coins are taken now is the provider's to say, when one is chosen.
    let labels: Vec<String> = Coin::ALL.iter().map(coin_label).collect();
    let coins = Coin::ALL.iter().zip(&labels).map(|(coin, label)| (coin.code, label.as_str()));
    let shown = WalletPage {
        frame: Frame::of(Some(person), "wallet").after(done),
        tab: "wallet",
        balances: figures(app, party).await?,
        frozen: (frozen > 0).then(|| amount(Asset::Usd, frozen)),
        coming: app.coming(party).await?.into_iter().map(Arrival::of).collect(),
        plots,
        payments: app.payments_of_party(party, LATEST).await?.iter().map(PaymentLine::of).collect(),
        by_card: takes(Method::Card).then(|| sheet("by-card").filled("payment_type", "card")),
        by_coin: takes(Method::Invoice).then(|| sheet("by-coin").filled("payment_type", "crypto")),
        coins: [("", "I choose when I pay")].into_iter().chain(coins).collect(),
    };
    if attempt.refusal.is_some() { page_after(attempt, &shown) } else { page(&shown) }
}

/// A coin and its network: money sent on another one is lost.
pub fn coin_label(coin: &Coin) -> String {
    format!("{} on {} ({})", coin.name, coin.network, coin.code)
}

/// `POST /wallet/deposit`: opens a payment, and goes on to the page that leads to it.
pub async fn deposit(State(app): State<Arc<App>>, form: Form) -> Outcome {
    let typed = &form.typed;
    let opened = async {
        let intent = read_deposit(
            &fields(&json!({
                "amount": typed.text("amount"),
                "currency": typed.text("currency"),
                "payment_type": typed.text("payment_type"),
            }))?,
            &app,
        )?;
        let render = |payment: &Payment| going_to(format!("/wallet/payments/{}", payment.id));
        Ok(app.open_payment(form.ask(Scope::Finance)?, &intent, render).await?)
    };
    match opened.await {
        Ok(answer) => Ok(gone(&answer)),
        Err(problem) => {
            let which = if typed.get("payment_type") == "card" { "by-card" } else { "by-coin" };
            show(&app, &form.person, &form.again(which, &problem), "").await
        }
    }
}

#[derive(Template)]
#[template(path = "payment.html")]
struct PaymentPage {
    frame: Frame,
    tab: &'static str,
    amount: String,
    status: String,
    tone: &'static str,
    at: When,
    credited: Option<When>,
    waits: bool,
    url: Option<String>,
    address: Option<String>,
    pay_amount: Option<String>,
    coin: Option<String>,
    word: Option<String>,
    test: Option<Sheet>,
    again: Option<Sheet>,
}

/// `GET /wallet/payments/{id}`: how a payment stands, and where it is paid.
pub async fn payment(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    person: Person,
    asked: Asked,
) -> Outcome {
    show_payment(&app, &person, &id, &Attempt::none(), asked.done()).await
}

async fn show_payment(app: &App, person: &Person, id: &str, attempt: &Attempt, done: &str) -> Outcome {
    person.caller.require(Scope::Finance)?;
    let payment = app.payment_of(&person.caller, id).await?;
    let path = format!("/wallet/payments/{}", payment.id);
    let waits = !matches!(
        payment.status,
        PaymentStatus::Credited | PaymentStatus::Failed | PaymentStatus::Expired | PaymentStatus::Refunded
    );
    let testing = app.payment_providers.test.is_some();
    let sheet = |name, action: &str| attempt.sheet(&person.token, name, format!("{path}/{action}"));
    let shown = PaymentPage {
        frame: Frame::of(Some(person), "wallet").after(done),
        tab: "wallet",
        amount: amount(payment.asset, payment.amount),
        status: words::plain(payment.status.as_str()),
        tone: words::tone(payment.status.as_str()),
        at: when(payment.created_at),
        credited: payment.body.credited_at.map(|at| when(Timestamp(at))),
        waits,
        url: payment.body.url.clone().filter(|_| waits && !testing),
        address: payment.body.pay_address.clone().filter(|_| waits),
        pay_amount: payment.body.pay_amount.clone(),
        coin: payment.coin.clone(),
        word: payment.body.word.clone(),
        test: (waits && testing).then(|| sheet("pay", "pay")),
        again: (waits && !testing).then(|| sheet("look", "confirm")),
    };
    if attempt.refusal.is_some() { page_after(attempt, &shown) } else { page(&shown) }
}

/// `POST /wallet/payments/{id}/pay`: pays with test money, in test mode.
pub async fn pay(State(app): State<Arc<App>>, Path(id): Path<String>, form: Form) -> Outcome {
    let id = path_id::<PaymentId>(&id, "payment")?.to_string();
    let paid = async {
        form.ask(Scope::Finance)?;
        let payment = app.payment_of(&form.person.caller, &id).await?;
        Ok::<_, Problem>(app.pay_at_test_provider(payment.id).await?)
    };
    match paid.await {
        Ok(_) => Ok(see(&format!("/wallet/payments/{id}?done=paid-in"))),
        Err(problem) => show_payment(&app, &form.person, &id, &form.again("pay", &problem), "").await,
    }
}

/// `POST /wallet/payments/{id}/confirm`: asks the provider how it stands.
pub async fn confirm(State(app): State<Arc<App>>, Path(id): Path<String>, form: Form) -> Outcome {
    let asked = async {
        let render = |payment: &Payment| going_to(format!("/wallet/payments/{}", payment.id));
        Ok(app.confirm_payment(form.ask(Scope::Finance)?, &id, render).await?)
    };
    match asked.await {
        Ok(answer) => Ok(gone(&answer)),
        Err(problem) => show_payment(&app, &form.person, &id, &form.again("look", &problem), "").await,
    }
}
