//! Posting work, and looking at it.

use assay_db::entities::TaskRow;
use assay_db::{Change, Key, Reply, Value as Sql};
use assay_domain::criteria::Class;
use assay_domain::guardrails::Guardrails;
use assay_domain::ids::{TaskId, Timestamp};
use assay_domain::money::{self, Asset};
use assay_domain::refusal::{Code, Refusal};
use assay_domain::task::{Event, Money, State};
use assay_domain::terms::{Mode, ReviewPolicy};
use serde_json::{Value, json};

use super::jobs::JobKind;
use super::plugins::Named;
use super::pricing::{Cause, Due, Model, pricing_job};
use super::task::{Check, Criterion, Pin, Spec, Tally, Task};
use super::turn::{Turn, Visibility, open_tasks_key, spent_key};
use super::{Answer, App, Ask, Caller, commissioning};
use crate::config::Surface;
use crate::error::Error;

/// What somebody wants done.
#[derive(Clone, Debug)]
pub struct Post {
    /// One line.
    pub title: String,
    /// The whole.
    pub description: String,
    /// The poster's category.
    pub category: String,
    /// What it takes.
    pub skills: Vec<String>,
    /// The most to be paid, in millionths of a dollar.
    pub budget: i64,
    /// Hours until it expires; nothing is never.
    pub deadline_hours: Option<u32>,
    /// When it is done, in the poster's words.
    pub criteria: Vec<String>,
    /// When it is done, in checks.
    pub checks: Vec<Value>,
    /// Verifiers beside the one of checks.
    pub verifiers: Vec<Named>,
    /// Who chooses among the bids, if not the poster.
    pub pricing: Option<Model>,
}

/// A task and who looks at it.
#[derive(Clone, Debug)]
pub struct TaskView {
    /// The task.
    pub task: Task,
    /// How it concerns the one who looks.
    pub eyes: Eyes,
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

impl App {
    /// Posts a task: its criteria compiled, its judges pinned, its money in escrow.
    pub async fn post(
        &self,
        ask: &Ask,
        post: &Post,
        render: fn(&TaskView) -> Reply,
    ) -> Result<Answer, Error> {
        self.settle(ask.once.as_ref(), || self.decide_post(ask, post, render)).await
    }

    async fn decide_post(
        &self,
        ask: &Ask,
        post: &Post,
        render: fn(&TaskView) -> Reply,
    ) -> Result<Change, Error> {
        let poster = ask.caller.party;
        let (guardrails, guardrails_head) = self.guardrails(poster).await?;
        guardrails.permit(post.budget, &post.category)?;
        let mut task = self.draft(ask, post, &guardrails)?;
        self.pin_plugin_checks(&mut task.spec).await?;
        task.spec.verifiers.extend(self.pin_verifiers(&post.verifiers).await?);
        self.try_pricing(&task).await?;

        let deadline_at = task.deadline_at;
        let hold = task.purse().moves(Money::Hold, self.lane);
        let gross = post.budget + task.spec.terms.fee_on_top(post.budget);
        let mut turn = Turn::of(self, task);
        turn.change = turn.change.expect(commissioning::head_key(poster), guardrails_head).moves(hold);
        turn.change = count_spending(turn.change, &turn.task, &guardrails, gross, turn.now);
        let facts = json!({ "title": post.title, "category": post.category, "price": post.budget });
        turn.tell("task.posted", Visibility::Public, &facts)?;
        if let Some(at) = deadline_at {
            turn.later(JobKind::Deadline, at);
        }
        if let Some(pricing) = turn.task.spec.pricing.clone() {
            let closes_at = pricing.closes_at.map(Timestamp);
            let (due, at) = closes_at.map_or((Due::Now, turn.now), |at| (Due::Later, at));
            let cause = if closes_at.is_some() { Cause::Deadline } else { Cause::Opened };
            let job = pricing_job(turn.task.id, &cause, due, at, None)?;
            turn.change.jobs.push(job);
        }
        let (task, change) = turn.finish()?;
        Ok(change.reply(move |_| render(&TaskView { task: task.clone(), eyes: Eyes::Poster })))
    }

    /// The task a post would make.
    fn draft(&self, ask: &Ask, post: &Post, guardrails: &Guardrails) -> Result<Task, Error> {
        let review = if guardrails.auto_review { ReviewPolicy::Auto } else { ReviewPolicy::Poster };
        let (criteria, mut checks) = compile(&post.criteria);
        checks.extend(self.own_checks(&post.checks)?);
        if checks.len() > self.settings.limits.checks_max {
            let most = self.settings.limits.checks_max;
            return Err(
                Refusal::field("checks", format!("{} given, at most {most} allowed", checks.len())).into()
            );
        }
        let verifier = self.builtins.verifier(checks.iter().map(|check| &check.json));
        let now = self.now();
        Ok(Task {
            id: TaskId(self.clock.id()),
            poster: ask.caller.party,
            worker: None,
            state: State::Open,
            mode: Mode::Bid,
            price: post.budget,
            created_at: now,
            deadline_at: post.deadline_hours.map(|hours| now.plus_hours(hours)),
            payout_at: None,
            spec: Spec {
                title: post.title.clone(),
                description: post.description.clone(),
                category: post.category.clone(),
                skills: post.skills.clone(),
                surface: Surface::Commission.as_str().into(),
                criteria,
                verifiers: vec![Pin { digest: verifier.to_string(), config: "{}".into() }],
                checks,
                pricing: post.pricing.as_ref().map(|model| self.pin_pricing(model, now)).transpose()?,
                scorer: self.builtins.scorer.to_string(),
                reviewer: self.builtins.reviewer.to_string(),
                terms: self.settings.terms.of(Surface::Commission, review),
                budget: post.budget,
            },
            tally: Tally::default(),
            head: 0,
        })
    }

    /// The poster's own checks, each of them in order, or all that is wrong with them.
    fn own_checks(&self, given: &[Value]) -> Result<Vec<Check>, Refusal> {
        let mut checks = Vec::with_capacity(given.len());
        for (index, json) in given.iter().enumerate() {
            if let Some((path, message)) = self.builtins.check_fault(json) {
                let dot = if path.is_empty() { "" } else { "." };
                return Err(Refusal::field(format!("checks[{index}]{dot}{path}"), message));
            }
            checks.push(check_of(json.clone(), Class::Decidable));
        }
        Ok(checks)
    }

    /// A task, by id.
    pub async fn task(&self, id: TaskId) -> Result<Task, Error> {
        let read = self.db.read();
        let head = read.cells(&[Task::head_key(id)]).await?[0];
        let row = read.one::<TaskRow>("id = $1", &[id.to_string().into()]).await?;
        Task::from_row(&row.ok_or_else(|| Refusal::not_found("task"))?, head)
    }

    /// A task and how it concerns the caller.
    pub async fn look(&self, caller: &Caller, id: TaskId) -> Result<TaskView, Error> {
        let task = self.task(id).await?;
        let eyes = task.eyes(caller);
        Ok(TaskView { task, eyes })
    }

    /// A task for one of its parties, or the operator.
    pub(crate) async fn task_of_party(&self, caller: &Caller, id: TaskId) -> Result<Task, Error> {
        let view = self.look(caller, id).await?;
        if view.eyes == Eyes::Stranger {
            return Err(
                Refusal::new(Code::NotAParty, "only the task's poster and its worker may see this").into()
            );
        }
        Ok(view.task)
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

    /// Takes a task back before it was claimed.
    pub async fn cancel(
        &self,
        ask: &Ask,
        id: TaskId,
        render: fn(&TaskView) -> Reply,
    ) -> Result<Answer, Error> {
        self.settle(ask.once.as_ref(), || async move {
            let view = self.look(&ask.caller, id).await?;
            if view.task.poster != ask.caller.party {
                return Err(Refusal::new(Code::NotAParty, "only the poster can cancel a task").into());
            }
            let mut turn = Turn::of(self, view.task);
            turn.step(Event::Cancel { worker_agrees: false })?;
            turn.tell("task.cancelled", Visibility::Public, &json!({}))?;
            let (task, change) = turn.finish()?;
            Ok(change.reply(move |_| render(&TaskView { task: task.clone(), eyes: Eyes::Poster })))
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
        Ok(TaskView { task, eyes })
    });
    Ok(Page { items: items.collect::<Result<_, Error>>()?, next, total_estimate })
}

/// Sentences to criteria, and the checks they were compiled to.
fn compile(sentences: &[String]) -> (Vec<Criterion>, Vec<Check>) {
    let mut checks = Vec::new();
    let criteria = sentences.iter().map(|text| {
        let compiled = assay_domain::criteria::compile(text);
        let first = checks.len();
        for check in &compiled.checks {
            // The compiler writes its own JSON; what cannot be read back is left to a person.
            if let Ok(json) = serde_json::from_str(&check.to_json()) {
                checks.push(check_of(json, compiled.class));
            }
        }
        let numbers = (first..checks.len()).filter_map(|number| u32::try_from(number).ok());
        Criterion { text: text.clone(), class: compiled.class, checks: numbers.collect() }
    });
    (criteria.collect(), checks)
}

fn check_of(json: Value, class: Class) -> Check {
    let weight = json.get("weight").and_then(Value::as_u64).and_then(|weight| u32::try_from(weight).ok());
    Check {
        kind: json.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned(),
        required: json.get("required").and_then(Value::as_bool).unwrap_or(true),
        weight: weight.unwrap_or(1),
        class,
        gold: assay_checks::Check::from_value(&json).is_ok_and(|check| check.has_gold()),
        json,
    }
}

/// Counts a post against the poster's day and open tasks, refused above the guardrails.
fn count_spending(change: Change, task: &Task, rules: &Guardrails, gross: i64, now: Timestamp) -> Change {
    let spent = |most: i64| {
        let most = money::format(Asset::Usd, most);
        Refusal::new(
            Code::GuardrailMaxDailySpend,
            format!("this would pass max_daily_spend {most} for today (UTC)"),
        )
    };
    let open = |most: i64| {
        Refusal::new(
            Code::GuardrailMaxOpenTasks,
            format!("max_open_tasks {most} is reached: wait until one is done"),
        )
    };
    let change =
        add_within(change, spent_key(task.poster, now.utc_day()), gross, rules.max_daily_spend, spent);
    add_within(change, open_tasks_key(task.poster), 1, rules.max_open_tasks, open)
}

fn add_within(
    change: Change,
    key: Key,
    delta: i64,
    most: Option<i64>,
    refusal: impl Fn(i64) -> Refusal,
) -> Change {
    match most {
        Some(most) => change.add_up_to(key, delta, most, refusal(most)),
        None => change.add(key, delta),
    }
}
