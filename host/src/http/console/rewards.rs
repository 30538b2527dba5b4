//! What earned credits are redeemed for.

use std::sync::Arc;

use askama::Template;
use assay_domain::ids::RewardId;
use assay_domain::money::Asset;
use axum::extract::{Path, State};

use super::super::answer::Outcome;
use super::super::commission::path_id;
use super::asked::Asked;
use super::form::{Attempt, Form, Sheet};
use super::page::{Frame, going_to, gone, page, page_after};
use super::session::Person;
use super::words::{When, amount, when};
use crate::app::App;
use crate::app::access::Scope;
use crate::app::rewards::{Redemption, Reward};

/// Where this page is.
const HERE: &str = "/wallet/rewards";
/// Redemptions of a page.
const LINES: usize = 20;

struct Offer {
    name: String,
    price: String,
    in_stock: bool,
    redeem: Sheet,
}

struct Line {
    at: When,
    name: String,
    price: String,
    status: &'static str,
    tone: &'static str,
    code: Option<String>,
    reason: Option<String>,
}

impl Line {
    fn of(one: Redemption) -> Self {
        let (status, tone) = match one.status.as_str() {
            "settled" => ("yours", "done"),
            "refused" => ("refused, credits are back", "bad"),
            _ => ("waits for the operator", "wait"),
        };
        Self {
            at: when(one.created_at),
            name: one.body.reward_name,
            price: amount(Asset::Cr, one.price),
            status,
            tone,
            code: one.code,
            reason: one.body.reason,
        }
    }
}

#[derive(Template)]
#[template(path = "rewards.html")]
struct RewardsPage {
    frame: Frame,
    tab: &'static str,
    free: String,
    offers: Vec<Offer>,
    lines: Vec<Line>,
    older: Option<String>,
}

/// `GET /wallet/rewards`.
pub async fn rewards(State(app): State<Arc<App>>, person: Person, asked: Asked) -> Outcome {
    show(&app, &person, &Attempt::none(), &asked).await
}

async fn show(app: &App, person: &Person, attempt: &Attempt, asked: &Asked) -> Outcome {
    let free = app.balance(person.caller.party, Asset::Cr).await?.withdrawable;
    let offer = |reward: Reward| Offer {
        name: reward.row.name,
        price: amount(Asset::Cr, reward.row.price),
        in_stock: reward.in_stock,
        redeem: Attempt::none()
            .sheet(&person.token, "redeem", format!("{HERE}/{}/redeem", reward.row.id))
            .of(&reward.row.id),
    };
    let page_of = app.redemptions(&person.caller, asked.cursor()?, LINES).await?;
    let shown = RewardsPage {
        frame: Frame::of(Some(person), "wallet").after(asked.done()),
        tab: "rewards",
        free: amount(Asset::Cr, free),
        offers: app.rewards().await?.into_iter().map(offer).collect(),
        older: asked.older(HERE, page_of.next.as_deref()),
        lines: page_of.items.into_iter().map(Line::of).collect(),
    };
    if attempt.refusal.is_some() { page_after(attempt, &shown) } else { page(&shown) }
}

/// `POST /wallet/rewards/{id}/redeem`.
pub async fn redeem(State(app): State<Arc<App>>, Path(id): Path<String>, form: Form) -> Outcome {
    let id: RewardId = path_id(&id, "reward")?;
    let redeemed = async {
        // The code itself stands on the page that follows.
        let render = |_: &Redemption| going_to(format!("{HERE}?done=redeemed"));
        Ok(app.redeem(form.ask(Scope::Finance)?, id, render).await?)
    };
    match redeemed.await {
        Ok(answer) => Ok(gone(&answer)),
        Err(problem) => show(&app, &form.person, &form.again("redeem", &problem), &Asked::default()).await,
    }
}
