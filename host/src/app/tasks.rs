//! Looking at tasks, and taking them back.

use assay_db::entities::TaskRow;
use assay_db::{Reply, Value as Sql};
use assay_domain::ids::{ApprovalId, TaskId};
use assay_domain::money::Asset;
use assay_domain::refusal::{Code, Refusal};
use assay_domain::task::Event;
use serde_json::json;

use super::memory::Sight;
use super::posting::GENERALIST;
use super::task::Task;
use super::turn::{Turn, Visibility};
use super::{Answer, App, Ask, Caller};
use crate::error::Error;

/// A task and who looks at it.
#[derive(Clone, Debug)]
pub struct TaskView {
    /// The task.
    pub task: Task,
    /// How it concerns the one who looks.
    pub eyes: Eyes,
    /// The approval it waits for, right after it was posted.
    pub approval: Option<ApprovalId>,
}

/// How a task concerns somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Eyes {
    /// The one who posted it, or the operator: sees everything.
    Poster,
    /// The one who does it.
    Worker,
    /// Anyone else.
    Stranger,
}

impl Task {
    /// How this task concerns a caller.
    pub fn eyes(&self, caller: &Caller) -> Eyes {
        if self.poster == caller.party || caller.is_operator() {
            Eyes::Poster
        } else if self.worker == Some(caller.party) {
            Eyes::Worker
        } else {
            Eyes::Stranger
        }
    }
}

/// A page of a list: what is on it, and whether there is more.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Where the next page begins.
    pub next: Option<String>,
    /// Rows in all, as far as is cheap to say.
    pub total_estimate: i64,
}

impl<T> Page<T> {
    /// A page of rows of which one more than the page has was read, to see whether there
    /// is more.
    pub fn cut(mut items: Vec<T>, limit: usize, total_estimate: i64, id: impl Fn(&T) -> String) -> Self {
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(id);
        Self { items, next, total_estimate }
    }

    /// The same page of what its rows stand for.
    pub fn map<U>(self, each: impl FnMut(T) -> U) -> Page<U> {
        let Self { items, next, total_estimate } = self;
        Page { items: items.into_iter().map(each).collect(), next, total_estimate }
    }
}

impl App {
    /// A task, by id.
    pub async fn task(&self, id: TaskId) -> Result<Task, Error> {
        let read = self.db.read();
        let head = read.cells(&[Task::head_key(id)]).await?[0];
        let row = read.one::<TaskRow>("id = $1", &[id.to_string().into()]).await?;
        Task::from_row(&row.ok_or_else(|| Refusal::not_found("task"))?, head)
    }

    /// The same, with a look in memory first: for a change that expects the task's head.
    pub(crate) async fn task_by(&self, sight: &Sight, id: TaskId) -> Result<Task, Error> {
        if let Some(task) = sight.recall(|| self.memory.task(id)) {
            return Ok(task);
        }
        let task = self.task(id).await?;
        self.memory.keep_task(&task);
        Ok(task)
    }

    /// A task and how it concerns the caller.
    pub async fn look(&self, caller: &Caller, id: TaskId) -> Result<TaskView, Error> {
        let task = self.task(id).await?;
        let eyes = self.eyes(caller, &task).await?;
        Ok(TaskView { task, eyes, approval: None })
    }

    /// A task for one of its parties, or the operator.
    pub(crate) async fn task_of_party(&self, caller: &Caller, id: TaskId) -> Result<Task, Error> {
        Ok(self.look_as_party(caller, id).await?.task)
    }

    /// A task and how it concerns the caller, who must be one of its parties.
    pub async fn look_as_party(&self, caller: &Caller, id: TaskId) -> Result<TaskView, Error> {
        let view = self.look(caller, id).await?;
        if view.eyes == Eyes::Stranger {
            return Err(
                Refusal::new(Code::NotAParty, "only the task's poster and its worker may see this").into()
            );
        }
        Ok(view)
    }

    /// Open tasks that take bids, newest first.
    pub async fn available(
        &self,
        caller: &Caller,
        asset: Asset,
        category: Option<&str>,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<TaskView>, Error> {
        const OPEN: &str = "state = 'open' and mode = 'bid' and asset = $1 and ($2 = '' or category = $2)";
        const PAGE: &str = "state = 'open' and mode = 'bid' and asset = $1 and ($2 = '' or category = $2) \
                            and ($3 = '' or id < $3) order by id desc limit $4";
        let mut values = vec![asset.code().into(), category.unwrap_or_default().into()];
        let total_estimate = self.db.read().count::<TaskRow>(OPEN, &values).await?;
        values.extend(page_values(cursor, limit));
        let rows = self.db.read().many::<TaskRow>(PAGE, &values).await?;
        page(caller, rows, limit, total_estimate)
    }

    /// Open tasks in credits that somebody with these skills can do, newest first; all of
    /// them without skills.
    pub async fn for_skills(
        &self,
        caller: &Caller,
        skills: Option<&[String]>,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<TaskView>, Error> {
        const ALL: &str =
            "state = 'open' and asset = 'CR' and ($1 = '' or id < $1) order by id desc limit $2";
        const SOME: &str = "state = 'open' and asset = 'CR' and ($1 = '' or id < $1) and id in \
                            (select task from task_skills where skill in_list($3)) order by id desc limit $2";
        let mut values: Vec<Sql> = page_values(cursor, limit).into();
        let rows = match skills {
            None => self.db.read().many::<TaskRow>(ALL, &values).await?,
            Some(skills) => {
                let skills: Vec<String> = skills.iter().map(|skill| skill.to_lowercase()).collect();
                let with_anyone = skills.iter().map(String::as_str).chain([GENERALIST]);
                values.push(assay_db::list(with_anyone));
                self.db.read().many::<TaskRow>(SOME, &values).await?
            }
        };
        page(caller, rows, limit, 0)
    }

    /// Tasks the caller posted or does, newest first.
    pub async fn tasks_of(
        &self,
        caller: &Caller,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<TaskView>, Error> {
        const MINE: &str = "(poster = $1 or worker = $1)";
        const PAGE: &str = "(poster = $1 or worker = $1) and ($2 = '' or id < $2) order by id desc limit $3";
        let mut values = vec![caller.party.to_string().into()];
        let total_estimate = self.db.read().count::<TaskRow>(MINE, &values).await?;
        values.extend(page_values(cursor, limit));
        let rows = self.db.read().many::<TaskRow>(PAGE, &values).await?;
        page(caller, rows, limit, total_estimate)
    }

    /// Takes a task back: its poster before it was claimed, its worker after that.
    pub async fn cancel(
        &self,
        ask: &Ask,
        id: TaskId,
        render: fn(&TaskView) -> Reply,
    ) -> Result<Answer, Error> {
        self.settle(ask.once.as_ref(), || async move {
            let view = self.look(&ask.caller, id).await?;
            let worker_agrees = view.task.worker == Some(ask.caller.party);
            if view.task.poster != ask.caller.party && !worker_agrees {
                let message = "only the poster cancels a task, and its worker once it has one";
                return Err(Refusal::new(Code::NotAParty, message).into());
            }
            let eyes = view.eyes;
            let mut turn = Turn::of(self, view.task);
            self.close_approval(&mut turn).await?;
            turn.step(Event::Cancel { worker_agrees })?;
            let facts = json!({ "by": if worker_agrees { "worker" } else { "poster" } });
            turn.tell("task.cancelled", Visibility::Public, &facts)?;
            let (task, change) = turn.finish()?;
            Ok(change.reply(move |_| render(&TaskView { task: task.clone(), eyes, approval: None })))
        })
        .await
    }
}

/// The cursor, and one row more than the page has, to see whether there is more.
fn page_values(cursor: Option<&str>, limit: usize) -> [Sql; 2] {
    [cursor.unwrap_or_default().into(), i64::try_from(limit + 1).unwrap_or(i64::MAX).into()]
}

fn page(
    caller: &Caller,
    mut rows: Vec<TaskRow>,
    limit: usize,
    total_estimate: i64,
) -> Result<Page<TaskView>, Error> {
    let next = (rows.len() > limit).then(|| rows[limit - 1].id.clone());
    rows.truncate(limit);
    let items = rows.iter().map(|row| {
        let task = Task::from_row(row, 0)?;
        let eyes = task.eyes(caller);
        Ok(TaskView { task, eyes, approval: None })
    });
    Ok(Page { items: items.collect::<Result<_, Error>>()?, next, total_estimate })
}
