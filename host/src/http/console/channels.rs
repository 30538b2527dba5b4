//! Channels: a purse of two, opened, filled, paid from and closed.

use std::sync::Arc;

use askama::Template;
use assay_domain::ids::{ChannelId, PartyId};
use assay_domain::money::Asset;
use assay_domain::refusal::Refusal;
use axum::extract::{Path, State};
use serde_json::json;

use super::super::answer::Outcome;
use super::super::channels::read_amount;
use super::super::commission::path_id;
use super::super::problem::Problem;
use super::asked::Asked;
use super::form::{Attempt, Form, Sheet, fields};
use super::page::{Frame, going_to, gone, page, page_after};
use super::session::Person;
use super::task::Known;
use super::words::{When, amount, tone, when};
use crate::app::App;
use crate::app::access::Scope;
use crate::app::channels::ChannelView;
use crate::error::Error;

/// Where the list is.
const HERE: &str = "/wallet/channels";
/// Channels of a page.
const LINES: usize = 20;

struct Line {
    id: String,
    other: String,
    other_name: String,
    status: String,
    tone: &'static str,
    mine: String,
    theirs: String,
    transfers: i64,
    open: bool,
    at: When,
    closed: Option<When>,
}

impl Line {
    /// A line for each.
    async fn all(app: &App, views: &[ChannelView]) -> Result<Vec<Self>, Error> {
        let others = views.iter().map(|view| view.channel.other_party(view.side).to_string());
        let known = Known::of(app, others.collect()).await?;
        Ok(views.iter().map(|view| Self::of(view, &known)).collect())
    }

    fn of(view: &ChannelView, known: &Known) -> Self {
        let other = known.named(view.channel.other_party(view.side));
        Self {
            id: view.channel.id.to_string(),
            other: other.id,
            other_name: other.name,
            status: view.channel.status.clone(),
            tone: tone(&view.channel.status),
            mine: amount(Asset::Usd, view.balance),
            theirs: amount(Asset::Usd, view.counterparty_balance),
            transfers: view.sequence,
            open: view.channel.status == "open",
            at: when(view.channel.created_at),
            closed: view.channel.closed_at.map(when),
        }
    }
}

#[derive(Template)]
#[template(path = "channels.html")]
struct ChannelsPage {
    frame: Frame,
    tab: &'static str,
    lines: Vec<Line>,
    older: Option<String>,
    open: Sheet,
}

#[derive(Template)]
#[template(path = "channel.html")]
struct ChannelPage {
    frame: Frame,
    tab: &'static str,
    line: Line,
    fund: Sheet,
    transfer: Sheet,
    close: Sheet,
}

/// `GET /wallet/channels`.
pub async fn channels(State(app): State<Arc<App>>, person: Person, asked: Asked) -> Outcome {
    show(&app, &person, &Attempt::none(), &asked).await
}

async fn show(app: &App, person: &Person, attempt: &Attempt, asked: &Asked) -> Outcome {
    person.caller.require(Scope::Finance)?;
    let mut views = app.channels(&person.caller, asked.cursor()?, LINES + 1).await?;
    let more = views.len() > LINES;
    views.truncate(LINES);
    let next = views.last().filter(|_| more).map(|view| view.channel.id.to_string());
    let shown = ChannelsPage {
        frame: Frame::of(Some(person), "wallet").after(asked.done()),
        tab: "channels",
        lines: Line::all(app, &views).await?,
        older: asked.older(HERE, next.as_deref()),
        open: attempt.sheet(&person.token, "open", HERE).filled("counterparty_id", asked.get("with")),
    };
    if attempt.refusal.is_some() { page_after(attempt, &shown) } else { page(&shown) }
}

/// `POST /wallet/channels`: opens one.
pub async fn open(State(app): State<Arc<App>>, form: Form) -> Outcome {
    let opened = async {
        let read = fields(&json!({
            "counterparty_id": form.typed.text("counterparty_id"),
            "amount": form.typed.text("amount"),
        }))?;
        let other: PartyId = read.id("counterparty_id")?;
        let amount = read_amount(&read)?;
        Ok(app.open_channel(form.ask(Scope::Finance)?, other, amount, to_channel).await?)
    };
    match opened.await {
        Ok(answer) => Ok(gone(&answer)),
        Err(problem) => show(&app, &form.person, &form.again("open", &problem), &Asked::default()).await,
    }
}

fn to_channel(view: &ChannelView) -> assay_db::Reply {
    going_to(format!("{HERE}/{}?done=channel", view.channel.id))
}

/// `GET /wallet/channels/{id}`.
pub async fn channel(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    person: Person,
    asked: Asked,
) -> Outcome {
    show_one(&app, &person, path_id(&id, "channel")?, &Attempt::none(), asked.done()).await
}

async fn show_one(app: &App, person: &Person, id: ChannelId, attempt: &Attempt, done: &str) -> Outcome {
    person.caller.require(Scope::Finance)?;
    let view = app.channel(&person.caller, id).await?;
    let line = Line::all(app, &[view]).await?.pop().ok_or_else(|| Refusal::not_found("channel"))?;
    let sheet = |name, action: &str| attempt.sheet(&person.token, name, format!("{HERE}/{id}/{action}"));
    let shown = ChannelPage {
        frame: Frame::of(Some(person), "wallet").after(done),
        tab: "channels",
        line,
        fund: sheet("fund", "deposit"),
        transfer: sheet("transfer", "transfer"),
        close: sheet("close", "close"),
    };
    if attempt.refusal.is_some() { page_after(attempt, &shown) } else { page(&shown) }
}

/// What is done to a channel.
#[derive(Clone, Copy)]
enum Act {
    Fund,
    Transfer,
    Close,
}

/// `POST /wallet/channels/{id}/deposit`: more into one's own side.
pub async fn fund(State(app): State<Arc<App>>, Path(id): Path<String>, form: Form) -> Outcome {
    act(&app, &id, &form, Act::Fund).await
}

/// `POST /wallet/channels/{id}/transfer`: to the other side.
pub async fn transfer(State(app): State<Arc<App>>, Path(id): Path<String>, form: Form) -> Outcome {
    act(&app, &id, &form, Act::Transfer).await
}

/// `POST /wallet/channels/{id}/close`: each side gets what it holds.
pub async fn close(State(app): State<Arc<App>>, Path(id): Path<String>, form: Form) -> Outcome {
    act(&app, &id, &form, Act::Close).await
}

async fn act(app: &App, id: &str, form: &Form, what: Act) -> Outcome {
    let id: ChannelId = path_id(id, "channel")?;
    let done = async {
        let read = fields(&json!({ "amount": form.typed.text("amount") }))?;
        let ask = form.ask(Scope::Finance)?;
        Ok::<_, Problem>(match what {
            Act::Fund => app.fund_channel(ask, id, read_amount(&read)?, to_channel).await?,
            Act::Transfer => app.transfer(ask, id, read_amount(&read)?, None, to_channel).await?,
            Act::Close => app.close_channel(ask, id, to_channel).await?,
        })
    };
    let name = match what {
        Act::Fund => "fund",
        Act::Transfer => "transfer",
        Act::Close => "close",
    };
    match done.await {
        Ok(answer) => Ok(gone(&answer)),
        Err(problem) => show_one(app, &form.person, id, &form.again(name, &problem), "").await,
    }
}
