//! The operator's pages: what waits for a decision, and how the house is doing.

use std::sync::Arc;

use askama::Template;
use assay_domain::ids::{RedemptionId, Timestamp, WithdrawalId};
use assay_domain::money::Asset;
use axum::extract::{Path, State};
use serde_json::json;

use super::super::answer::Outcome;
use super::super::commission::path_id;
use super::super::problem::Problem;
use super::asked::Asked;
use super::form::{Attempt, Form, Sheet, fields};
use super::page::{Frame, going_to, gone, page_after, see};
use super::session::Person;
use super::task::{Known, Named};
use super::words::{self, When};
use crate::app::access::Scope;
use crate::app::auditing::Audited;
use crate::app::rewards::{Redemption, Reward, Ruling};
use crate::app::tasks::Page;
use crate::app::withdrawals::{Decision, Withdrawal, WithdrawalStatus};
use crate::app::{Answer, App};

/// What is shown at once of each kind, those with a form and those of a line.
const FORMS: usize = 8;
const LINES: usize = 15;
/// Differences of an audit that are shown.
const SHOWN: usize = 10;

struct DisputeLine {
    id: String,
    title: String,
    opener: Named,
    opened: When,
    left: String,
}

struct RedemptionLine {
    party: Named,
    reward: String,
    price: String,
    at: When,
    sheet: Sheet,
}

struct PayoutLine {
    party: Named,
    amount: String,
    coin: String,
    status: String,
    at: When,
    sheet: Sheet,
}

/// A payout that nobody has to decide about.
struct UnderWay {
    party: Named,
    amount: String,
    coin: &'static str,
    status: &'static str,
    at: When,
}

impl UnderWay {
    fn of(one: &Withdrawal, known: &Known) -> Self {
        Self {
            party: known.named(one.party),
            amount: words::amount(Asset::Usd, one.amount),
            coin: one.coin.code,
            status: if one.status == WithdrawalStatus::Pending { "waits" } else { "with the provider" },
            at: words::when(one.created_at),
        }
    }
}

struct PartyLine {
    who: Named,
    kind: String,
    since: When,
}

struct LaneLine {
    lane: String,
    link: i64,
    hash: String,
}

struct StockLine {
    name: String,
    price: String,
    left: String,
    given: String,
}

#[derive(Template)]
#[template(path = "house.html")]
struct House {
    frame: Frame,
    disputes: Vec<DisputeLine>,
    redemptions: Vec<RedemptionLine>,
    more_redemptions: Option<String>,
    payouts: Vec<PayoutLine>,
    more_payouts: Option<String>,
    under_way: Vec<UnderWay>,
    stock: Vec<StockLine>,
    parties: Vec<PartyLine>,
    lanes: Vec<LaneLine>,
    audited: Audited,
    audit: Sheet,
    queues: Vec<(&'static str, i64)>,
    settings: Vec<(&'static str, String)>,
}

/// `GET /house?redemptions=&payouts=`: for the operator.
pub async fn page(State(app): State<Arc<App>>, person: Person, asked: Asked) -> Outcome {
    show(&app, &person, &Attempt::none(), &asked).await
}

async fn show(app: &App, person: &Person, attempt: &Attempt, asked: &Asked) -> Outcome {
    person.caller.require(Scope::Admin)?;
    let disputes = app.open_disputes(LINES).await?;
    let redemptions = app.all_redemptions("pending", asked.text("redemptions")?, FORMS).await?;
    let failed = Some(WithdrawalStatus::Failed);
    let payouts = app.all_withdrawals(failed, asked.text("payouts")?, FORMS + 1).await?;
    let payouts = Page::cut(payouts, FORMS, 0, |one| one.id.to_string());
    let under_way = app.payouts_under_way(LINES).await?;
    let ids: Vec<String> = disputes
        .iter()
        .map(|one| one.opener.to_string())
        .chain(redemptions.items.iter().map(|one| one.party.to_string()))
        .chain(payouts.items.iter().chain(&under_way).map(|one| one.party.to_string()))
        .collect();
    let known = Known::of(app, ids).await?;
    let mut dispute_lines = Vec::with_capacity(disputes.len());
    for one in &disputes {
        dispute_lines.push(DisputeLine {
            id: one.id.to_string(),
            title: app.task(one.task).await?.spec.title.clone(),
            opener: known.named(one.opener),
            opened: words::when(one.created_at),
            left: words::left(app.now(), Timestamp(one.body.lapses_at)),
        });
    }
    let sheet = |name, place: String, id: &str| attempt.sheet(&person.token, name, place).of(id);
    let redemption = |one: &Redemption| {
        let id = one.id.to_string();
        RedemptionLine {
            party: known.named(one.party),
            reward: one.body.reward_name.clone(),
            price: words::amount(Asset::Cr, one.price),
            at: words::when(one.created_at),
            sheet: sheet("redemption", format!("/house/redemptions/{id}"), &id),
        }
    };
    let payout = |one: &Withdrawal| {
        let id = one.id.to_string();
        PayoutLine {
            party: known.named(one.party),
            amount: words::amount(Asset::Usd, one.amount),
            coin: one.coin.code.into(),
            status: one.status.as_str().into(),
            at: words::when(one.created_at),
            sheet: sheet("payout", format!("/house/payouts/{id}"), &id),
        }
    };
    let shown = House {
        frame: Frame::of(Some(person), "house").after(asked.done()),
        disputes: dispute_lines,
        redemptions: redemptions.items.iter().map(redemption).collect(),
        more_redemptions: redemptions.next.map(|last| format!("/house?redemptions={last}")),
        payouts: payouts.items.iter().map(payout).collect(),
        more_payouts: payouts.next.map(|last| format!("/house?payouts={last}")),
        under_way: under_way.iter().map(|one| UnderWay::of(one, &known)).collect(),
        stock: stock(app).await?,
        parties: parties(app).await?,
        lanes: lanes(app).await?,
        audited: app.audited(),
        audit: attempt.sheet(&person.token, "audit", "/house/audit"),
        queues: app.queues().await?,
        settings: settings(app),
    };
    page_after(attempt, &shown)
}

async fn stock(app: &App) -> Result<Vec<StockLine>, Problem> {
    let line = |(reward, left, given): (Reward, i64, i64)| StockLine {
        name: reward.row.name,
        price: words::amount(Asset::Cr, reward.row.price),
        left: if left == 0 { "none left".into() } else { words::grouped(left.unsigned_abs()) },
        given: words::grouped(given.unsigned_abs()),
    };
    Ok(app.stock().await?.into_iter().map(line).collect())
}

async fn parties(app: &App) -> Result<Vec<PartyLine>, Problem> {
    let line = |party: crate::app::parties::Party| PartyLine {
        who: Named { id: party.id.to_string(), name: party.profile.name },
        kind: party.kind,
        since: words::when(party.created_at),
    };
    Ok(app.newest_parties(LINES).await?.into_iter().map(line).collect())
}

async fn lanes(app: &App) -> Result<Vec<LaneLine>, Problem> {
    let line = |head: crate::app::receipts::JournalHead| LaneLine {
        lane: head.lane,
        link: head.link,
        hash: head.hash,
    };
    Ok(app.journal_heads().await?.into_iter().map(line).collect())
}

/// The settings as they are, those that somebody may want to see; never a secret.
fn settings(app: &App) -> Vec<(&'static str, String)> {
    let (settings, limits) = (&app.settings, &app.settings.limits);
    vec![
        ("Mode", app.mode_word().into()),
        ("Database", if settings.database.is_some() { "PostgreSQL" } else { "SQLite" }.into()),
        ("Engine profile", app.sandbox.profile().to_string()),
        ("This host's key", app.host_key.id().to_string()),
        ("Connections at most", limits.connections_max.to_string()),
        ("Body at most", format!("{} bytes", words::grouped(limits.body_bytes_max as u64))),
        ("Delivery at most", format!("{} bytes", words::grouped(limits.content_bytes_max as u64))),
        ("Component at most", format!("{} bytes", words::grouped(limits.component_bytes_max as u64))),
        ("Dry runs of a task", limits.dry_runs_per_task_max.to_string()),
        ("Trial runs of a party and day", limits.plugins.trial_runs_per_day_max.to_string()),
        ("Credits of a newcomer", settings.terms.registration_credits.to_string()),
    ]
}

/// `POST /house/redemptions/{id}`.
pub async fn redemption(State(app): State<Arc<App>>, Path(id): Path<String>, form: Form) -> Outcome {
    let id: RedemptionId = path_id(&id, "redemption")?;
    let done = async {
        let ask = form.ask(Scope::Admin)?;
        ask.caller.in_person("decide about redemptions")?;
        let (ruling, reason) = (form.typed.text("ruling"), form.typed.text("reason"));
        let read = fields(&json!({ "ruling": ruling, "reason": reason }))?;
        let reason = read.text_if_given("reason", 0..=1_000)?;
        let approves = read.word("ruling", &[("approve", true), ("refuse", false)])?;
        let approves = read.needed("ruling", "approve or refuse", approves)?;
        let ruling = if approves { Ruling::Approve } else { Ruling::Refuse { reason } };
        Ok(app.rule_redemption(ask, id, &ruling, |_| going_to("/house?done=ruled")).await?)
    };
    end(&app, &form, "redemption", done.await).await
}

/// `POST /house/payouts/{id}`: a payout that failed is tried again, or its money goes back.
pub async fn payout(State(app): State<Arc<App>>, Path(id): Path<String>, form: Form) -> Outcome {
    let id: WithdrawalId = path_id(&id, "withdrawal")?;
    let done = async {
        let ask = form.ask(Scope::Admin)?;
        let read = fields(&json!({ "decision": form.typed.text("decision") }))?;
        let words = [("retry", Decision::Retry), ("return", Decision::Return)];
        let decision = read.needed("decision", "retry or return", read.word("decision", &words)?)?;
        let render = |one: &Withdrawal| match one.status {
            WithdrawalStatus::Returned => going_to("/house?done=returned"),
            _ => going_to("/house?done=retried"),
        };
        Ok(app.decide_failed(ask, id, decision, render).await?)
    };
    end(&app, &form, "payout", done.await).await
}

/// `POST /house/audit`: the books are recomputed, beside the work.
pub async fn audit(State(app): State<Arc<App>>, form: Form) -> Outcome {
    form.ask(Scope::Admin)?;
    app.audit_books();
    Ok(see("/house?done=audit"))
}

async fn end(app: &App, form: &Form, name: &'static str, done: Result<Answer, Problem>) -> Outcome {
    match done {
        Ok(answer) => Ok(gone(&answer)),
        Err(problem) => show(app, &form.person, &form.again(name, &problem), &Asked::default()).await,
    }
}
