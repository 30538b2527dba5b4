//! The statement of a wallet: every line with the balance after it, filtered, as a file.

use std::sync::Arc;

use askama::Template;
use assay_domain::ids::Timestamp;
use assay_domain::ledger::Reason;
use assay_domain::money::Asset;
use assay_domain::refusal::Refusal;
use axum::extract::State;

use super::super::answer::Outcome;
use super::super::commission::page_limit;
use super::super::finance_money::read_shown;
use super::super::statement_csv;
use super::asked::Asked;
use super::form::{Attempt, Sheet};
use super::page::{Frame, page, page_after};
use super::session::Person;
use super::words::{When, amount, plain, when};
use crate::app::App;
use crate::app::access::Scope;
use crate::app::statements::Line;

/// Lines of a page.
const LINES: usize = 50;

struct Shown {
    at: When,
    what: String,
    pocket: &'static str,
    task: Option<(String, String)>,
    amount: String,
    balance: String,
    out: bool,
}

impl Shown {
    fn of(line: Line, title: Option<&String>) -> Self {
        let task = line.task.map(|task| (task, title.cloned().unwrap_or_else(|| "a task".into())));
        Self {
            at: when(Timestamp(line.at)),
            what: plain(&line.reason),
            pocket: if line.pocket == "free" { "to take out" } else { "to spend here" },
            task,
            amount: amount(line.asset, line.delta),
            balance: amount(line.asset, line.balance),
            out: line.delta < 0,
        }
    }
}

#[derive(Template)]
#[template(path = "statement.html")]
struct StatementPage<'p> {
    frame: Frame,
    tab: &'static str,
    filters: Sheet,
    kinds: Vec<(&'static str, &'p str)>,
    assets: [(&'static str, &'static str); 3],
    lines: Vec<Shown>,
    filtered: bool,
    csv: String,
    older: Option<String>,
}

/// `GET /wallet/statement?type=&currency=&from=&to=&task_id=&cursor=`.
pub async fn statement(State(app): State<Arc<App>>, person: Person, asked: Asked) -> Outcome {
    person.caller.require(Scope::Finance)?;
    match lines_of(&app, &person, &asked).await {
        Ok((lines, next)) => show(&person, &asked, None, lines, next.as_deref()),
        Err(crate::error::Error::Refused(refusal)) => show(&person, &asked, Some(refusal), Vec::new(), None),
        Err(error) => Err(error.into()),
    }
}

async fn lines_of(
    app: &App,
    person: &Person,
    asked: &Asked,
) -> Result<(Vec<Shown>, Option<String>), crate::error::Error> {
    let shown = read_shown(&asked.0)?;
    let limit = page_limit(&asked.0, LINES, app.settings.limits.page_items_max)?;
    let (lines, next) = app.statement(person.caller.party, &shown, asked.cursor()?, limit).await?;
    let titles = app.titles_of(&lines).await?;
    let line = |line: Line| {
        let title = line.task.as_ref().and_then(|task| titles.get(task));
        Shown::of(line, title)
    };
    Ok((lines.into_iter().map(line).collect(), next))
}

fn show(
    person: &Person,
    asked: &Asked,
    refusal: Option<Refusal>,
    lines: Vec<Shown>,
    next: Option<&str>,
) -> Outcome {
    let attempt: Attempt = asked.attempt("filters", refusal);
    let kinds = [("", "Everything"), ("credit", "Came in"), ("debit", "Went out")];
    let names = Reason::ALL.map(|reason| plain(reason.as_str()));
    let reasons = Reason::ALL.iter().zip(&names).map(|(reason, name)| (reason.as_str(), name.as_str()));
    let page_of = StatementPage {
        frame: Frame::of(Some(person), "wallet"),
        tab: "statement",
        filters: attempt.sheet(&person.token, "filters", "/wallet/statement"),
        kinds: kinds.into_iter().chain(reasons).collect(),
        assets: [("", "Both"), (Asset::Usd.code(), "Dollars"), (Asset::Cr.code(), "Credits")],
        lines,
        filtered: asked.0.keys().any(|name| !["cursor", "limit", "done"].contains(&name.as_str())),
        csv: asked.link("/wallet/statement.csv"),
        older: asked.older("/wallet/statement", next),
    };
    if attempt.refusal.is_some() { page_after(&attempt, &page_of) } else { page(&page_of) }
}

/// `GET /wallet/statement.csv`, with the same filters: all of it, for a spreadsheet.
pub async fn file(State(app): State<Arc<App>>, person: Person, asked: Asked) -> Outcome {
    person.caller.require(Scope::Finance)?;
    let shown = read_shown(&asked.0)?;
    let rows_max = app.settings.payments.rules.statement_rows_max;
    let limit = page_limit(&asked.0, rows_max, rows_max)?;
    let (lines, _) = app.statement(person.caller.party, &shown, asked.cursor()?, limit).await?;
    Ok(statement_csv::response(&lines, &app.titles_of(&lines).await?)?)
}
