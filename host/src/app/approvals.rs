//! Approvals: posts of bots above the line their guardrails draw, which wait for a
//! person with their money held.
//!
//! Whoever owns the bot when it is decided decides; an owner who let the bot go has no
//! say any more. The task's head guards the approval too, so that of an approval, a
//! rejection and a cancellation at once only one happens.

use std::sync::Arc;

use std::collections::BTreeMap;

use assay_db::entities::TaskRow;
use assay_db::entities::people::ApprovalRow;
use assay_db::{Record as _, Reply, list};
use assay_domain::ids::{ApprovalId, PartyId, TaskId, Timestamp};
use assay_domain::refusal::{Code, Refusal};
use assay_domain::task::{Event, State};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::ownership::ownership_key;
use super::task::{Task, from_json, to_json};
use super::tasks::Page;
use super::turn::{Turn, Visibility};
use super::{Answer, App, Ask, Caller};
use crate::error::Error;

/// Where an approval stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Waits.
    Pending,
    /// The task was opened.
    Approved,
    /// The money went back.
    Rejected,
    /// The bot took its task back before anyone decided.
    Cancelled,
}

impl Status {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Pending, Self::Approved, Self::Rejected, Self::Cancelled];

    /// As stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Cancelled => "cancelled",
        }
    }
}

/// What a person says to a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Go on.
    Approve,
    /// No: the money goes back.
    Reject,
}

/// A post that waits or waited for a person.
#[derive(Clone, Debug)]
pub struct Approval {
    /// Which.
    pub id: ApprovalId,
    /// Who posted.
    pub bot: PartyId,
    /// Where it stands.
    pub status: Status,
    /// When it was posted.
    pub created_at: Timestamp,
    /// When it was decided.
    pub decided_at: Option<Timestamp>,
    /// Who decided, and what they said.
    pub body: Body,
    /// The task as it is.
    pub task: Task,
    owner: String,
}

/// What is kept of a decision.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Body {
    /// Who decided.
    pub decided_by: Option<String>,
    /// What they said.
    pub note: String,
}

impl App {
    /// Approvals, newest first: those of the caller's bots, of the caller itself where it
    /// is a bot, all of them for the operator.
    pub async fn approvals(
        &self,
        caller: &Caller,
        status: Option<Status>,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<Approval>, Error> {
        const MINE: &str = "($1 = '' or bot = $1 or bot in (select id from parties where owner = $1)) \
                            and ($2 = '' or status = $2)";
        const PAGE: &str = "($1 = '' or bot = $1 or bot in (select id from parties where owner = $1)) \
                            and ($2 = '' or status = $2) and ($3 = '' or id < $3) order by id desc limit $4";
        let read = self.db.read();
        let mut values = vec![whose_word(caller).into(), status.map_or("", Status::as_str).into()];
        let total_estimate = read.count::<ApprovalRow>(MINE, &values).await?;
        values.push(cursor.unwrap_or_default().into());
        values.push(i64::try_from(limit + 1).unwrap_or(i64::MAX).into());
        let rows = read.many::<ApprovalRow>(PAGE, &values).await?;
        self.with_tasks(Page::cut(rows, limit, total_estimate, |row| row.id.clone())).await
    }

    /// Approvals that wait for the caller's word, oldest first, after the one that `after`
    /// names: of the caller's bots, or of all for the operator.
    pub async fn approvals_waiting(
        &self,
        caller: &Caller,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<Approval>, Error> {
        const PAGE: &str = "($1 = '' or bot in (select id from parties where owner = $1)) \
                            and status = 'pending' and id > $2 order by id limit $3";
        let more = i64::try_from(limit + 1).unwrap_or(i64::MAX);
        let values = [whose_word(caller).into(), after.unwrap_or_default().into(), more.into()];
        let rows = self.db.read().many::<ApprovalRow>(PAGE, &values).await?;
        self.with_tasks(Page::cut(rows, limit, 0, |row| row.id.clone())).await
    }

    /// How many of them there are.
    pub(crate) async fn count_approvals_waiting(&self, caller: &Caller) -> Result<i64, Error> {
        const ALL: &str = "($1 = '' or bot in (select id from parties where owner = $1)) \
                           and status = 'pending'";
        Ok(self.db.read().count::<ApprovalRow>(ALL, &[whose_word(caller).into()]).await?)
    }

    async fn with_tasks(&self, page: Page<ApprovalRow>) -> Result<Page<Approval>, Error> {
        let tasks = list(page.items.iter().map(|row| row.task.as_str()));
        let tasks = self.db.read().many::<TaskRow>("id in_list($1)", &[tasks]).await?;
        let tasks: BTreeMap<&str, &TaskRow> = tasks.iter().map(|row| (row.id.as_str(), row)).collect();
        let items = page.items.iter().map(|row| {
            let task = tasks.get(row.task.as_str()).ok_or_else(|| impossible(row, "task"))?;
            Approval::from_row(row, Task::from_row(task, 0)?)
        });
        let items = items.collect::<Result<_, Error>>()?;
        Ok(Page { items, next: page.next, total_estimate: page.total_estimate })
    }

    /// Decides about a post, as the bot's owner or the operator. Refusals in this order:
    /// a handoff, the bot itself, somebody else, decided already.
    pub async fn resolve_approval(
        &self,
        ask: &Ask,
        id: ApprovalId,
        decision: Decision,
        note: &str,
        render: fn(&Approval) -> Reply,
    ) -> Result<Answer, Error> {
        self.settle(ask.once.as_ref(), || async move {
            let caller = &ask.caller;
            caller.in_person("approve")?;
            let task = self.task_of_approval(id).await?;
            let bot = self.who(task.poster).await?;
            may_decide(caller, bot.id, bot.owner)?;
            // The row is read after the task's head, so that a decision in between is noticed.
            let row = self.approval_row(id).await?;
            if row.status != Status::Pending.as_str() {
                let message = format!("the approval is {}: it is decided once", row.status);
                return Err(Refusal::new(Code::Conflict, message).into());
            }
            let mut approval = Approval::from_row(&row, task.clone())?;
            let mut turn = Turn::of(self, task);
            let change = std::mem::take(&mut turn.change);
            turn.change = change.expect(ownership_key(bot.id), bot.head);
            match decision {
                Decision::Approve => self.approve(&mut turn).await?,
                Decision::Reject => turn.step(Event::Disapprove)?,
            }
            approval.status = if decision == Decision::Approve { Status::Approved } else { Status::Rejected };
            approval.decided_at = Some(turn.now);
            approval.body = Body { decided_by: Some(caller.party.to_string()), note: note.into() };
            let kind = if decision == Decision::Approve { "task.approved" } else { "task.disapproved" };
            turn.tell(kind, Visibility::Parties, &json!({ "approval": id.to_string() }))?;
            turn.change.rows.push(approval.to_row()?.upsert());
            let (task, change) = turn.finish()?;
            approval.task = task;
            Ok(change.reply(move |_| render(&approval)))
        })
        .await
    }

    /// The task opens as if it were posted now: its deadline begins, and an auction has
    /// as long as it was meant to have.
    async fn approve(&self, turn: &mut Turn<'_>) -> Result<(), Error> {
        turn.step(Event::Approve)?;
        let waited_ms = turn.now.0 - turn.task.created_at.0;
        if let Some(pricing) = &mut Arc::make_mut(&mut turn.task.spec).pricing {
            pricing.closes_at = pricing.closes_at.map(|at| at.saturating_add(waited_ms));
        }
        self.open_for_work(turn).await
    }

    /// A post that is taken back needs no approval any more.
    pub(crate) async fn close_approval(&self, turn: &mut Turn<'_>) -> Result<(), Error> {
        const WAITING: &str = "task = $1 and status = 'pending'";
        if turn.task.state != State::PendingApproval {
            return Ok(());
        }
        let id = turn.task.id.to_string();
        for row in self.db.read().many::<ApprovalRow>(WAITING, &[id.into()]).await? {
            let status = Status::Cancelled.as_str().into();
            let row = ApprovalRow { status, decided_at: Some(turn.now.0), ..row };
            turn.change.rows.push(row.upsert());
        }
        Ok(())
    }

    async fn task_of_approval(&self, id: ApprovalId) -> Result<Task, Error> {
        let row = self.approval_row(id).await?;
        let task: TaskId = row.task.parse().map_err(|_| impossible(&row, "task"))?;
        self.task(task).await
    }

    async fn approval_row(&self, id: ApprovalId) -> Result<ApprovalRow, Error> {
        let row = self.db.read().one::<ApprovalRow>("id = $1", &[id.to_string().into()]).await?;
        Ok(row.ok_or_else(|| Refusal::not_found("approval"))?)
    }
}

/// Whose bots the caller decides about; nothing for the operator, who decides about all.
fn whose_word(caller: &Caller) -> String {
    if caller.is_operator() { String::new() } else { caller.party.to_string() }
}

fn may_decide(caller: &Caller, bot: PartyId, owner: Option<PartyId>) -> Result<(), Refusal> {
    if caller.party == bot {
        let message = "a bot cannot decide about its own post: its owner does";
        return Err(Refusal::new(Code::OwnerOnly, message));
    }
    if owner == Some(caller.party) || caller.is_operator() {
        return Ok(());
    }
    Err(Refusal::new(Code::NotAParty, "only the bot's owner decides about its posts"))
}

fn impossible(row: &ApprovalRow, what: &str) -> Error {
    Error::Internal(format!("approval {}: impossible {what}", row.id))
}

impl Approval {
    fn from_row(row: &ApprovalRow, task: Task) -> Result<Self, Error> {
        let status = Status::ALL.into_iter().find(|status| status.as_str() == row.status);
        Ok(Self {
            id: row.id.parse().map_err(|_| impossible(row, "id"))?,
            bot: row.bot.parse().map_err(|_| impossible(row, "bot"))?,
            status: status.ok_or_else(|| impossible(row, "status"))?,
            created_at: Timestamp(row.created_at),
            decided_at: row.decided_at.map(Timestamp),
            body: from_json("approval", &row.body)?,
            task,
            owner: row.owner.clone(),
        })
    }

    fn to_row(&self) -> Result<ApprovalRow, Error> {
        Ok(ApprovalRow {
            id: self.id.to_string(),
            task: self.task.id.to_string(),
            bot: self.bot.to_string(),
            owner: self.owner.clone(),
            status: self.status.as_str().into(),
            created_at: self.created_at.0,
            decided_at: self.decided_at.map(|at| at.0),
            body: to_json(&self.body)?,
        })
    }
}
