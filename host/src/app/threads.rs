//! The thread of a task: questions before it is claimed, talk of its two sides after.

use assay_db::entities::packages::ThreadMessageRow;
use assay_db::{Change, Key, NewEvent, Record as _, Reply};
use assay_domain::ids::{MessageId, PartyId, TaskId, Timestamp};
use assay_domain::refusal::{Code, Refusal};
use assay_domain::task::State;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::task::{Task, from_json, to_json};
use super::tasks::{Eyes, Page};
use super::turn::Visibility;
use super::{Answer, App, Ask, Caller};
use crate::error::Error;

/// A message.
#[derive(Clone, Debug)]
pub struct Message {
    /// Which.
    pub id: MessageId,
    /// About which task.
    pub task: TaskId,
    /// Who wrote it.
    pub author: PartyId,
    /// When.
    pub created_at: Timestamp,
    /// The rest.
    pub body: Body,
}

/// What is kept of a message.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Body {
    /// `poster`, `worker`, or `agent` for one that asks before the claim.
    pub role: String,
    /// The text.
    pub text: String,
}

impl App {
    /// Writes to the thread of a task. Before the claim an agent has one clarification;
    /// the poster answers freely. After it the two sides talk, and nobody else.
    pub async fn say(
        &self,
        ask: &Ask,
        id: TaskId,
        text: &str,
        render: fn(&Message) -> Reply,
    ) -> Result<Answer, Error> {
        self.settle(ask.once.as_ref(), || async move {
            let task = self.task(id).await?;
            let author = ask.caller.party;
            let role = role(&task, author)?;
            let message = Message {
                id: MessageId(self.clock.id()),
                task: id,
                author,
                created_at: self.now(),
                body: Body { role: role.into(), text: text.into() },
            };
            let most = self.settings.limits.thread_messages_per_task_max;
            let full = format!("the thread has {most} messages, which is the most it takes");
            let full = Refusal::new(Code::Conflict, full);
            let mut change = Change::new()
                .expect(Task::head_key(id), task.head)
                .add_up_to(Key::counter(format!("thread/{id}")), 1, most, full)
                .row(message.to_row()?.insert())
                .event(said(&message)?);
            if role == "agent" {
                let used = "you have posted your one clarification: claim the task to talk on";
                let used = Refusal::new(Code::ClarificationUsed, used);
                change = change.take(format!("clarification/{id}/{author}"), message.id.to_string(), used);
            }
            Ok(change.reply(move |_| render(&message)))
        })
        .await
    }

    /// The thread of a task, oldest first: for anyone while the task is open, then for
    /// its two sides, their owners, and the operator.
    pub async fn thread(
        &self,
        caller: &Caller,
        id: TaskId,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<Message>, Error> {
        self.may_read_thread(caller, id).await?;
        let more = i64::try_from(limit + 1).unwrap_or(i64::MAX);
        let values = [id.to_string().into(), cursor.unwrap_or_default().into(), more.into()];
        let tail = "task = $1 and id > $2 order by id limit $3";
        let mut rows = self.db.read().many::<ThreadMessageRow>(tail, &values).await?;
        let next = (rows.len() > limit).then(|| rows[limit - 1].id.clone());
        rows.truncate(limit);
        let items = rows.iter().map(Message::from_row).collect::<Result<_, _>>()?;
        let total_estimate = self.db.read().cell(&Key::counter(format!("thread/{id}"))).await?;
        Ok(Page { items, next, total_estimate })
    }

    /// The latest of a thread before the message that `before` names, newest first; for the
    /// same readers. `next` is there where earlier ones are.
    pub async fn thread_latest(
        &self,
        caller: &Caller,
        id: TaskId,
        before: Option<&str>,
        limit: usize,
    ) -> Result<Page<Message>, Error> {
        const LATEST: &str = "task = $1 and ($2 = '' or id < $2) order by id desc limit $3";
        self.may_read_thread(caller, id).await?;
        let more = i64::try_from(limit + 1).unwrap_or(i64::MAX);
        let values = [id.to_string().into(), before.unwrap_or_default().into(), more.into()];
        let rows = self.db.read().many::<ThreadMessageRow>(LATEST, &values).await?;
        let items = rows.iter().map(Message::from_row).collect::<Result<Vec<_>, _>>()?;
        Ok(Page::cut(items, limit, 0, |message| message.id.to_string()))
    }

    async fn may_read_thread(&self, caller: &Caller, id: TaskId) -> Result<(), Error> {
        let task = self.task(id).await?;
        if task.state != State::Open && self.eyes(caller, &task).await? == Eyes::Stranger {
            let message = "the task is not open: its thread is for its poster and its worker";
            return Err(Refusal::new(Code::NotAParty, message).into());
        }
        Ok(())
    }
}

/// As what somebody writes. Refusals: not a side of a task that has both; a task that
/// nobody can claim any more.
fn role(task: &Task, author: PartyId) -> Result<&'static str, Refusal> {
    if task.poster == author {
        return Ok("poster");
    }
    if task.worker == Some(author) {
        return Ok("worker");
    }
    if task.worker.is_some() {
        let message = "the task is claimed: only its poster and its worker write to its thread";
        return Err(Refusal::new(Code::NotAParty, message));
    }
    if task.state == State::Open {
        return Ok("agent");
    }
    let message = format!("the task is {}: there is nothing to clarify", task.state.word());
    Err(Refusal::new(Code::WrongStatus, message))
}

fn said(message: &Message) -> Result<NewEvent, Error> {
    let facts = json!({
        "message": message.id.to_string(),
        "author": message.author.to_string(),
        "role": message.body.role,
    });
    Ok(NewEvent {
        subject: Task::subject(message.task),
        kind: "thread.message".into(),
        visibility: Visibility::Parties.as_str().into(),
        body: to_json(&facts)?,
    })
}

impl Message {
    fn to_row(&self) -> Result<ThreadMessageRow, Error> {
        Ok(ThreadMessageRow {
            id: self.id.to_string(),
            task: self.task.to_string(),
            author: self.author.to_string(),
            created_at: self.created_at.0,
            body: to_json(&self.body)?,
        })
    }

    fn from_row(row: &ThreadMessageRow) -> Result<Self, Error> {
        let impossible = |what: &str| Error::Internal(format!("message {}: impossible {what}", row.id));
        Ok(Self {
            id: row.id.parse().map_err(|_| impossible("id"))?,
            task: row.task.parse().map_err(|_| impossible("task"))?,
            author: row.author.parse().map_err(|_| impossible("author"))?,
            created_at: Timestamp(row.created_at),
            body: from_json("message", &row.body)?,
        })
    }
}
