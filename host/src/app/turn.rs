//! One turn of a task: the events it goes through in one change, with the money,
//! counters, rows and jobs they mean.

use assay_db::{Change, NewEvent, NewJob, Record as _};
use assay_domain::ids::{JobId, PartyId, Timestamp};
use assay_domain::money::{self, Asset};
use assay_domain::refusal::Refusal;
use assay_domain::task::{Event, Money, Resolution, State};
use serde_json::Value;

use super::App;
use super::jobs::{AboutDelivery, JobKind};
use super::spending::{open_tasks_key, spent_key};
use super::task::{Task, to_json};
use crate::error::Error;

/// Who may see an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visibility {
    /// Anyone who may see the task's stream.
    Public,
    /// The parties and the operator.
    Parties,
}

impl Visibility {
    /// As stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Parties => "parties",
        }
    }
}

/// A task on its way from one commit to the next.
pub struct Turn<'a> {
    app: &'a App,
    /// The task as it is so far.
    pub task: Task,
    /// What the turn does so far.
    pub change: Change,
    /// When.
    pub now: Timestamp,
    was_open: bool,
    /// Who did it when the turn began.
    worker: Option<PartyId>,
}

impl<'a> Turn<'a> {
    /// A turn of a task that was loaded.
    pub fn of(app: &'a App, task: Task) -> Self {
        let change = Change::new().advance(Task::head_key(task.id), task.head);
        let (was_open, worker) = (!task.state.is_final(), task.worker);
        Self { app, now: app.now(), task, change, was_open, worker }
    }

    /// Goes through an event: refused, or the state and the money follow.
    pub fn step(&mut self, event: Event) -> Result<(), Refusal> {
        let step = self.task.state.next(event)?;
        let moves = self.task.purse().moves(step.money, self.app.lane);
        self.change.moves.extend(moves);
        self.give_back_spending(step.money);
        if step.money == Money::Hold {
            self.task.tally.held_on_day = Some(self.now.utc_day());
        }
        self.note_payout(step.money);
        self.task.enter(step.state);
        Ok(())
    }

    /// Keeps in mind, and looks after later, a payout that can still be disputed.
    fn note_payout(&mut self, money: Money) {
        let delay_hours = self.task.spec.terms.payout_delay_hours;
        match money {
            Money::Pay { .. } if delay_hours > 0 => {
                let at = self.now.plus_hours(delay_hours);
                self.task.payout_at = Some(at);
                self.later(JobKind::Payout, at);
            }
            Money::Freeze { .. } => self.task.payout_at = None,
            _ => {}
        }
    }

    /// Sends a task back to its worker, with time to do something about it.
    pub(crate) fn ask_revision(&mut self) -> Result<(), Refusal> {
        let terms = self.task.spec.terms;
        self.step(Event::AskRevision { revisions_max: terms.revisions_max })?;
        let at_least = self.now.plus_hours(terms.revision_hours);
        if let Some(deadline) = self.task.deadline_at {
            let deadline = deadline.max(at_least);
            self.task.deadline_at = Some(deadline);
            self.later(JobKind::Deadline, deadline);
        }
        Ok(())
    }

    /// Makes a pending payout available, if its time has come. Says whether it has.
    pub fn mature(&mut self) -> bool {
        let due = self.task.payout_at.is_some_and(|at| at <= self.now);
        if let (true, State::Paid(work)) = (due, self.task.state) {
            let moves = self.task.purse().mature(work.worker, work.price, self.app.lane);
            self.change.moves.extend(moves);
            self.task.payout_at = None;
            return true;
        }
        false
    }

    /// Money that comes back on the day it was spent no longer counts against the day.
    fn give_back_spending(&mut self, money: Money) {
        let (held, terms) = (self.task.price, self.task.spec.terms);
        let back = match money {
            Money::Refund => held + terms.fee_on_top(held),
            Money::ReturnAbove { price } => held - price + terms.fee_on_top(held) - terms.fee_on_top(price),
            Money::Divide { price, resolution, .. } => {
                let workers = match resolution {
                    Resolution::Refund => 0,
                    Resolution::Release => price,
                    Resolution::Split { worker_share } => money::part(terms.asset, price, worker_share),
                };
                let kept = if terms.fee_on_refunds { terms.fee_deducted(price - workers) } else { 0 };
                price - workers - kept + terms.fee_on_top(price) - terms.fee_on_top(workers)
            }
            _ => 0,
        };
        let day = self.task.held_on_day();
        if back > 0 && self.task.spec.terms.asset == Asset::Usd && day == self.now.utc_day() {
            let change = std::mem::take(&mut self.change);
            self.change = change.add(spent_key(self.task.poster, day), -back);
        }
    }

    /// Records what happened, for the task's stream and the audit.
    pub fn tell(&mut self, kind: &str, visibility: Visibility, facts: &Value) -> Result<(), Error> {
        self.change.events.push(NewEvent {
            subject: Task::subject(self.task.id),
            kind: kind.into(),
            visibility: visibility.as_str().into(),
            body: to_json(facts)?,
        });
        Ok(())
    }

    /// Enters a job about this task.
    pub fn later(&mut self, kind: JobKind, due_at: Timestamp) {
        self.enter_job(kind, due_at, b"{}".to_vec());
    }

    /// Enters a job about the delivery that the task has now.
    pub fn later_about_delivery(&mut self, kind: JobKind, due_at: Timestamp) -> Result<(), Error> {
        let about = AboutDelivery { delivery: self.task.tally.delivery.clone() };
        self.enter_job(kind, due_at, to_json(&about)?);
        Ok(())
    }

    fn enter_job(&mut self, kind: JobKind, due_at: Timestamp, body: Vec<u8>) {
        let id = JobId(self.app.clock.id());
        self.change.new_ids.push(id.to_string());
        self.change.jobs.push(NewJob {
            id,
            kind: kind.as_str().into(),
            subject: self.task.id.to_string(),
            due_at: due_at.0,
            body,
        });
    }

    /// The change of the whole turn.
    pub fn finish(self) -> Result<(Task, Change), Error> {
        let Self { task, mut change, was_open, worker, .. } = self;
        // A dispute opens a task again that was paid.
        let opened = i64::from(!task.state.is_final()) - i64::from(was_open);
        if opened != 0 {
            change = change.add(open_tasks_key(task.poster), opened);
        }
        let row = task.to_row()?;
        let change = change.row(if task.worker == worker { row.amend() } else { row.upsert() });
        Ok((task, change))
    }
}
