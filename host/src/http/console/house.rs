//! The operator's pages: what waits for a decision, and how the house is doing.

use std::sync::Arc;

use askama::Template;
use assay_domain::ids::{DisputeId, RedemptionId, WithdrawalId};
use assay_domain::money::Asset;
use axum::extract::{Path, State};
use serde_json::json;

use super::super::answer::Outcome;
use super::super::commission::path_id;
use super::super::finance::read_resolution;
use super::asked::Asked;
use super::delivery::{Block, block};
use super::form::{Attempt, Form, Sheet, fields};
use super::page::{Frame, going_to, gone, page_after, see};
use super::receipts::{Found, found_of};
use super::session::Person;
use super::task::{Known, Named};
use super::words::{self, Badge, When};
use crate::app::App;
use crate::app::access::Scope;
use crate::app::auditing::Audited;
use crate::app::disputes::Dispute;
use crate::app::rewards::{Redemption, Ruling};
use crate::app::withdrawals::{Decision, Withdrawal, WithdrawalStatus};

/// What is shown at once of each kind.
const SHOWN: usize = 50;

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
    left: &'static str,
}

#[derive(Template)]
#[template(path = "house.html")]
struct House {
    frame: Frame,
    disputes: Vec<DisputeLine>,
    redemptions: Vec<RedemptionLine>,
    payouts: Vec<PayoutLine>,
    stock: Vec<StockLine>,
    parties: Vec<PartyLine>,
    lanes: Vec<LaneLine>,
    audited: Audited,
    audit: Sheet,
    queues: Vec<(&'static str, i64)>,
    settings: Vec<(&'static str, String)>,
}

#[derive(Template)]
#[template(path = "dispute.html")]
struct DisputePage {
    frame: Frame,
    task: String,
    title: String,
    state: Badge,
    price: String,
    reason: String,
    opener: Named,
    poster: Named,
    worker: Option<Named>,
    opened: When,
    left: String,
    outcome: Option<String>,
    deliveries: Vec<Block>,
    thread: Vec<(Named, String, When)>,
    replays: Vec<(String, String, Found)>,
    again: Option<Sheet>,
    sheet: Option<Sheet>,
}

/// `GET /house`: for the operator.
pub async fn page(State(app): State<Arc<App>>, person: Person, asked: Asked) -> Outcome {
    show(&app, &person, &Attempt::none(), asked.done()).await
}

async fn show(app: &App, person: &Person, attempt: &Attempt, done: &str) -> Outcome {
    person.caller.require(Scope::Admin)?;
    let disputes = app.open_disputes(SHOWN).await?;
    let redemptions = app.all_redemptions("pending", None, SHOWN).await?.items;
    let payouts = app.all_withdrawals(Some(WithdrawalStatus::Failed), None, SHOWN).await?;
    let ids: Vec<String> = disputes
        .iter()
        .map(|one| one.opener.to_string())
        .chain(redemptions.iter().map(|one| one.party.to_string()))
        .chain(payouts.iter().map(|one| one.party.to_string()))
        .collect();
    let known = Known::of(app, ids).await?;
    let mut dispute_lines = Vec::with_capacity(disputes.len());
    for one in &disputes {
        dispute_lines.push(DisputeLine {
            id: one.id.to_string(),
            title: app.task(one.task).await?.spec.title,
            opener: known.named(one.opener),
            opened: words::when(one.created_at),
            left: words::left(app.now(), assay_domain::ids::Timestamp(one.body.lapses_at)),
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
        frame: Frame::of(Some(person), "house").after(done),
        disputes: dispute_lines,
        redemptions: redemptions.iter().map(redemption).collect(),
        payouts: payouts.iter().map(payout).collect(),
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

async fn stock(app: &App) -> Result<Vec<StockLine>, super::super::problem::Problem> {
    let line = |reward: crate::app::rewards::Reward| StockLine {
        name: reward.row.name.clone(),
        price: words::amount(Asset::Cr, reward.row.price),
        left: if reward.in_stock { "in stock" } else { "none left" },
    };
    Ok(app.rewards().await?.into_iter().map(line).collect())
}

async fn parties(app: &App) -> Result<Vec<PartyLine>, super::super::problem::Problem> {
    let line = |party: crate::app::parties::Party| PartyLine {
        who: Named { id: party.id.to_string(), name: party.profile.name },
        kind: party.kind,
        since: words::when(party.created_at),
    };
    Ok(app.newest_parties(SHOWN).await?.into_iter().map(line).collect())
}

async fn lanes(app: &App) -> Result<Vec<LaneLine>, super::super::problem::Problem> {
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
        ("Trial runs of a party and day", limits.trial_runs_per_day_max.to_string()),
        ("Credits of a newcomer", settings.terms.registration_credits.to_string()),
    ]
}

/// `POST /house/redemptions/{id}`.
pub async fn redemption(State(app): State<Arc<App>>, Path(id): Path<String>, form: Form) -> Outcome {
    let id: RedemptionId = path_id(&id, "redemption")?;
    let done = async {
        let ask = form.ask(Scope::Admin)?;
        ask.caller.in_person("decide about redemptions")?;
        let reason = fields(&json!({ "reason": form.typed.text("reason") }))?;
        let reason = reason.text_if_given("reason", 0..=1_000)?;
        let ruling = match form.typed.get("ruling") {
            "approve" => Ruling::Approve,
            _ => Ruling::Refuse { reason },
        };
        Ok(app.rule_redemption(ask, id, &ruling, |_| going_to("/house?done=ruled")).await?)
    };
    end(&app, &form, "redemption", done.await).await
}

/// `POST /house/payouts/{id}`: a payout that failed is tried again, or its money goes back.
pub async fn payout(State(app): State<Arc<App>>, Path(id): Path<String>, form: Form) -> Outcome {
    let id: WithdrawalId = path_id(&id, "withdrawal")?;
    let done = async {
        let ask = form.ask(Scope::Admin)?;
        Ok(match form.typed.get("decision") {
            "retry" => {
                app.decide_failed(ask, id, Decision::Retry, |_| going_to("/house?done=retried")).await?
            }
            _ => app.decide_failed(ask, id, Decision::Return, |_| going_to("/house?done=returned")).await?,
        })
    };
    end(&app, &form, "payout", done.await).await
}

/// `POST /house/audit`: the books are recomputed, beside the work.
pub async fn audit(State(app): State<Arc<App>>, form: Form) -> Outcome {
    form.ask(Scope::Admin)?;
    app.audit_books();
    Ok(see("/house?done=audit"))
}

async fn end(
    app: &App,
    form: &Form,
    name: &'static str,
    done: Result<crate::app::Answer, super::super::problem::Problem>,
) -> Outcome {
    match done {
        Ok(answer) => Ok(gone(&answer)),
        Err(problem) => show(app, &form.person, &form.again(name, &problem), "").await,
    }
}

/// `GET /house/disputes/{id}`: the evidence. Its parties see it as well.
pub async fn dispute(State(app): State<Arc<App>>, person: Person, Path(id): Path<String>) -> Outcome {
    let id = path_id(&id, "dispute")?;
    show_dispute(&app, &person, id, &Attempt::none(), Vec::new()).await
}

/// `POST /house/disputes/{id}/replay`: every verdict of the task runs again.
pub async fn replay(State(app): State<Arc<App>>, Path(id): Path<String>, form: Form) -> Outcome {
    let id: DisputeId = path_id(&id, "dispute")?;
    let dispute = app.dispute_for(&form.person.caller, id).await?;
    let mut found = Vec::new();
    for delivery in app.deliveries(&form.person.caller, dispute.task).await? {
        for line in &delivery.body.receipts {
            let receipt = path_id(&line.receipt_id, "receipt")?;
            let replayed = app.replay(&form.person.caller, receipt).await?;
            let what = format!("{} of round {}", line.world, delivery.body.round);
            found.push((what, line.receipt_id.clone(), found_of(&replayed.found)));
        }
    }
    show_dispute(&app, &form.person, id, &Attempt::none(), found).await
}

/// `POST /house/disputes/{id}`: the operator decides, and the money moves.
pub async fn resolve(State(app): State<Arc<App>>, Path(id): Path<String>, form: Form) -> Outcome {
    let id: DisputeId = path_id(&id, "dispute")?;
    let done = async {
        let typed = &form.typed;
        let object =
            json!({ "outcome": typed.text("outcome"), "provider_share": typed.text("provider_share") });
        let resolution = read_resolution(&fields(&object)?)?;
        let render = |_: &Dispute| going_to("/house?done=resolved");
        Ok(app.resolve(form.ask(Scope::Admin)?, id, resolution, render).await?)
    };
    match done.await {
        Ok(answer) => Ok(gone(&answer)),
        Err(problem) => {
            show_dispute(&app, &form.person, id, &form.again("resolve", &problem), Vec::new()).await
        }
    }
}

async fn show_dispute(
    app: &App,
    person: &Person,
    id: DisputeId,
    attempt: &Attempt,
    replays: Vec<(String, String, Found)>,
) -> Outcome {
    let dispute = app.dispute_for(&person.caller, id).await?;
    let task = app.task(dispute.task).await?;
    let deliveries = app.deliveries(&person.caller, task.id).await?;
    let thread = app.thread(&person.caller, task.id, None, SHOWN).await?.items;
    let mut ids = vec![dispute.opener.to_string(), task.poster.to_string()];
    ids.extend(task.worker.map(|worker| worker.to_string()));
    ids.extend(thread.iter().map(|message| message.author.to_string()));
    let known = Known::of(app, ids).await?;
    let mut blocks = Vec::with_capacity(deliveries.len());
    for delivery in &deliveries {
        let worker = known.named(delivery.worker);
        blocks.push(block(app, &delivery.body, Some((delivery, worker)), None).await?);
    }
    let open = dispute.status == "open";
    let place = format!("/house/disputes/{id}");
    let shown = DisputePage {
        frame: Frame::of(Some(person), "house"),
        task: task.id.to_string(),
        title: task.spec.title.clone(),
        state: words::state(task.state.word()),
        price: words::amount(task.spec.terms.asset, task.price),
        reason: dispute.body.reason.clone(),
        opener: known.named(dispute.opener),
        poster: known.named(task.poster),
        worker: task.worker.map(|worker| known.named(worker)),
        opened: words::when(dispute.created_at),
        left: words::left(app.now(), assay_domain::ids::Timestamp(dispute.body.lapses_at)),
        outcome: dispute.body.outcome.clone(),
        thread: thread
            .into_iter()
            .map(|one| (known.named(one.author), one.body.text, words::when(one.created_at)))
            .collect(),
        replays,
        again: (!blocks.is_empty()).then(|| attempt.sheet(&person.token, "again", format!("{place}/replay"))),
        deliveries: blocks,
        sheet: (open && person.is_operator()).then(|| attempt.sheet(&person.token, "resolve", place)),
    };
    page_after(attempt, &shown)
}
