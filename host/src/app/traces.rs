//! Progress: notes a worker leaves on the way, which the poster watches.

use assay_db::entities::TraceRow;
use assay_db::{Change, Key, Record as _, Reply};
use assay_domain::ids::{TaskId, Timestamp, TraceId};
use assay_domain::refusal::{Code, Refusal};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::events::TRACE;
use super::task::{Task, from_json, to_json};
use super::tasks::{Eyes, Page, TaskView};
use super::{Answer, App, Ask, Caller};
use crate::error::Error;

/// A note.
#[derive(Clone, Debug)]
pub struct Trace {
    /// Which.
    pub id: TraceId,
    /// On which task.
    pub task: TaskId,
    /// `public` or `private`.
    pub visibility: String,
    /// When.
    pub created_at: Timestamp,
    /// What it says.
    pub note: Note,
}

/// What a note says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Note {
    /// What happened.
    pub event: String,
    /// In words.
    pub message: String,
    /// In figures.
    pub metadata: Value,
}

impl App {
    /// Leaves a note on a task one does.
    pub async fn progress(
        &self,
        ask: &Ask,
        id: TaskId,
        note: &Note,
        visibility: &str,
        render: fn(&Trace) -> Reply,
    ) -> Result<Answer, Error> {
        self.settle(ask.once.as_ref(), || async move {
            let task = self.task(id).await?;
            if task.eyes(&ask.caller) != Eyes::Worker {
                return Err(Refusal::new(Code::NotAssigned, "only the task's worker reports progress").into());
            }
            if task.state.is_final() {
                let message = format!("the task is {}: it takes no more progress", task.state.word());
                return Err(Refusal::new(Code::WrongStatus, message).into());
            }
            let trace = Trace {
                id: TraceId(self.clock.id()),
                task: id,
                visibility: visibility.into(),
                created_at: self.now(),
                note: note.clone(),
            };
            let most = self.settings.limits.traces_per_task_max;
            let full = Refusal::new(
                Code::Conflict,
                format!("the task has {most} traces, which is the most it takes"),
            );
            let mut change = Change::new()
                .expect(Task::head_key(id), task.head)
                .add_up_to(Key::counter(format!("traces/{id}")), 1, most, full)
                .row(trace.to_row()?.insert());
            change.events.push(assay_db::NewEvent {
                subject: Task::subject(id),
                kind: TRACE.into(),
                visibility: visibility.into(),
                body: to_json(&told(&trace))?,
            });
            Ok(change.reply(move |_| render(&trace)))
        })
        .await
    }

    /// The notes on a task, oldest first, for its parties. Private ones are the worker's
    /// own, and the operator's.
    /// At most `limit` of them, after the one named by `cursor`.
    pub async fn traces(
        &self,
        caller: &Caller,
        id: TaskId,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<Trace>, Error> {
        const SEEN: &str = "task = $1 and ($2 = 'all' or visibility = 'public')";
        const PAGE: &str = "task = $1 and ($2 = 'all' or visibility = 'public') and ($3 = '' or id > $3) \
                            order by id limit $4";
        let TaskView { task, eyes, .. } = self.look_as_party(caller, id).await?;
        let sees_all = eyes == Eyes::Worker || task.worker == Some(caller.party) || caller.is_operator();
        let seen = if sees_all { "all" } else { "public" };
        let mut values = vec![task.id.to_string().into(), seen.into()];
        let total_estimate = self.db.read().count::<TraceRow>(SEEN, &values).await?;
        values
            .extend([cursor.unwrap_or_default().into(), i64::try_from(limit + 1).unwrap_or(i64::MAX).into()]);
        let mut rows = self.db.read().many::<TraceRow>(PAGE, &values).await?;
        let next = (rows.len() > limit).then(|| rows[limit - 1].id.clone());
        rows.truncate(limit);
        let items = rows.iter().map(Trace::from_row).collect::<Result<_, _>>()?;
        Ok(Page { items, next, total_estimate })
    }

    /// The notes that judges are shown, and with them whoever may see their input.
    pub(crate) async fn public_traces_of(&self, id: TaskId) -> Result<Vec<Trace>, Error> {
        let all = self.traces_of(id).await?;
        Ok(all.into_iter().filter(|trace| trace.visibility == "public").collect())
    }

    async fn traces_of(&self, id: TaskId) -> Result<Vec<Trace>, Error> {
        if self.memory.is_unnoted(id) {
            return Ok(Vec::new());
        }
        let rows = self.db.read().many::<TraceRow>("task = $1 ORDER BY id", &[id.to_string().into()]).await?;
        rows.iter().map(Trace::from_row).collect()
    }
}

/// The note as the task's stream tells it.
fn told(trace: &Trace) -> Value {
    json!({
        "id": trace.id.to_string(),
        "event": trace.note.event,
        "message": trace.note.message,
        "metadata": trace.note.metadata,
        "created_at": trace.created_at.0,
    })
}

impl Trace {
    fn to_row(&self) -> Result<TraceRow, Error> {
        Ok(TraceRow {
            id: self.id.to_string(),
            task: self.task.to_string(),
            visibility: self.visibility.clone(),
            created_at: self.created_at.0,
            body: to_json(&self.note)?,
        })
    }

    fn from_row(row: &TraceRow) -> Result<Self, Error> {
        let impossible = |what: &str| Error::Internal(format!("trace {}: impossible {what}", row.id));
        Ok(Self {
            id: row.id.parse().map_err(|_| impossible("id"))?,
            task: row.task.parse().map_err(|_| impossible("task"))?,
            visibility: row.visibility.clone(),
            created_at: Timestamp(row.created_at),
            note: from_json("trace", &row.body)?,
        })
    }
}
