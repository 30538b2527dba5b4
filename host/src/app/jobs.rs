//! What happens later: deadlines, windows, silence.
//!
//! A job is a row with a time. A host leases it, which is a commit that moves its
//! head; its effect commits together with its deletion and expects that head, so that
//! of two hosts that hold the same job only one is heard. A job finds out by itself
//! whether there is still something to do; running it twice does it once.

use assay_db::{Change, CommitError, Job, Record as _};
use assay_domain::ids::{TaskId, Timestamp};
use assay_domain::task::{Event, State};
use assay_domain::terms::Mode;
use futures_util::{StreamExt as _, stream};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::task::{Task, from_json};
use super::turn::{Turn, Visibility};
use super::{App, gate};
use crate::error::Error;

/// What a job is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobKind {
    /// Nothing was handed in in time.
    Deadline,
    /// A failed gate was not mended.
    ResubmitWindow,
    /// The poster said nothing.
    Silence,
    /// A rejection was not disputed.
    Rejection,
    /// A payout can no longer be disputed.
    Payout,
    /// A pricing model has something to decide.
    Pricing,
    /// Nobody resolved a dispute.
    DisputeLapse,
    /// A withdrawal is to be paid out, or looked after.
    Withdrawal,
    /// A delivery is still to be judged.
    Judge,
}

impl JobKind {
    const ALL: [Self; 9] = [
        Self::Deadline,
        Self::ResubmitWindow,
        Self::Silence,
        Self::Rejection,
        Self::Payout,
        Self::Pricing,
        Self::DisputeLapse,
        Self::Withdrawal,
        Self::Judge,
    ];

    /// As stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deadline => "deadline",
            Self::ResubmitWindow => "resubmit_window",
            Self::Silence => "silence",
            Self::Rejection => "rejection",
            Self::Payout => "payout",
            Self::Pricing => "pricing",
            Self::DisputeLapse => "dispute_lapse",
            Self::Withdrawal => "withdrawal",
            Self::Judge => "judge",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

impl App {
    /// Runs jobs that are due, until none is left that this host can have. Returns how
    /// many were done.
    pub async fn run_due_jobs(&self) -> Result<usize, Error> {
        // Old replies hold no job up.
        if let Err(error) = self.forget_replies().await {
            tracing::warn!(%error, "old replies could not be dropped");
        }
        let mut done = 0;
        loop {
            let due = self.db.read().due_jobs(self.now().0, self.settings.limits.jobs_batch_max).await?;
            let before = done;
            let runs = due.into_iter().map(|job| async move {
                let (id, kind) = (job.id, job.kind.clone());
                // A job that failed stays leased for a while and comes again; the others go on.
                self.run_job(job)
                    .await
                    .inspect_err(|error| tracing::error!(job = %id, kind, %error, "a job failed"))
            });
            let mut runs = stream::iter(runs).buffer_unordered(self.settings.limits.jobs_at_once_max);
            while let Some(ran) = runs.next().await {
                done += usize::from(ran.unwrap_or(false));
            }
            if done == before {
                return Ok(done);
            }
        }
    }

    /// Drops the replies that are kept no longer, a batch a commit.
    async fn forget_replies(&self) -> Result<(), Error> {
        let before = self.now().0 - self.settings.limits.idempotency_ms();
        while self.db.read().has_once_before(before).await? {
            self.db.commit(Change::new().forget_once_before(before)).await?;
        }
        Ok(())
    }

    /// Leases and runs one job. False when another host was first.
    async fn run_job(&self, job: Job) -> Result<bool, Error> {
        let until = self.now().0 + self.settings.limits.job_lease_ms;
        gate::pass().await;
        let Some(lease) = self.db.lease(job, until).await? else { return Ok(false) };
        for _ in 0..self.settings.limits.stale_retries_max {
            let effect = self.decide_job(lease.job()).await?;
            gate::pass().await;
            match self.db.commit(lease.finish(effect)).await {
                Ok(done) => {
                    self.ring(&done);
                    self.metrics.job_done();
                    return Ok(true);
                }
                Err(CommitError::Stale) => {}
                Err(error) => return Err(error.into()),
            }
            // Either the task moved, and there is something else to decide, or the job
            // did, and somebody else has it.
            if self.db.read().job(lease.job().id).await?.as_ref() != Some(lease.job()) {
                return Ok(false);
            }
        }
        Ok(false)
    }

    /// What the job comes to now; an empty change when it has lost its point.
    async fn decide_job(&self, job: &Job) -> Result<Change, Error> {
        let unknown = || Error::Internal(format!("a job of unknown kind {:?}", job.kind));
        let kind = JobKind::parse(&job.kind).ok_or_else(unknown)?;
        if kind == JobKind::Withdrawal {
            return self.decide_payout(job).await;
        }
        let id = job.subject.parse::<TaskId>().map_err(|_| unknown())?;
        let task = self.task(id).await?;
        if kind == JobKind::Pricing {
            return self.price(task, from_json("job", &job.body)?, job.id).await;
        }
        if kind == JobKind::Judge {
            let facts: serde_json::Value = from_json("job", &job.body)?;
            let delivery = facts["delivery"].as_str().and_then(|id| id.parse().ok()).ok_or_else(unknown)?;
            return self.judge_now(task, delivery).await;
        }
        self.decide_lapse(task, kind, job).await
    }

    /// What time does to a task.
    async fn decide_lapse(&self, task: Task, kind: JobKind, job: &Job) -> Result<Change, Error> {
        let mut turn = Turn::of(self, task);
        if kind == JobKind::Payout {
            if !turn.mature() {
                return Ok(Change::new());
            }
        } else if kind == JobKind::DisputeLapse {
            if !self.lapse_dispute(&mut turn).await? {
                return Ok(Change::new());
            }
        } else if let Some(event) = due_event(kind, &turn.task, job, turn.now)? {
            if turn.task.mode == Mode::OpenSubmission && event == Event::DeadlinePasses {
                self.close_submissions(&mut turn).await?;
            } else {
                turn.step(event)?;
                self.note_acceptance(&mut turn, event).await?;
            }
        } else {
            return Ok(Change::new());
        }
        let facts = json!({ "job": kind.as_str(), "status": turn.task.state.word() });
        turn.tell("task.lapsed", Visibility::Public, &facts)?;
        Ok(turn.finish()?.1)
    }

    /// Silence accepts the delivery, so the delivery says so too.
    async fn note_acceptance(&self, turn: &mut Turn<'_>, event: Event) -> Result<(), Error> {
        let latest = turn.task.tally.delivery.as_deref().and_then(|id| id.parse().ok());
        if let (Event::Accept, Some(latest)) = (event, latest) {
            let mut delivery = self.delivery(latest).await?;
            delivery.status = "accepted".into();
            delivery.body.review_notes = "accepted by the poster's silence".into();
            turn.change.rows.push(delivery.to_row()?.upsert());
        }
        Ok(())
    }
}

/// The event a job stands for, if the task is still where it was meant to find it.
fn due_event(kind: JobKind, task: &Task, job: &Job, now: Timestamp) -> Result<Option<Event>, Error> {
    Ok(match (kind, task.state) {
        // A revision may have moved the deadline; its own job will come.
        (
            JobKind::Deadline,
            State::Unpaid | State::Open | State::Claimed(_) | State::RevisionRequested(_),
        ) => task.deadline_at.filter(|at| *at <= now).map(|_| Event::DeadlinePasses),
        (JobKind::ResubmitWindow, State::GateFailed { until, .. }) if until < now => {
            Some(Event::ResubmitLapses { at: now })
        }
        // A delivery of a later round has a silence of its own.
        (JobKind::Silence, State::InReview { .. }) if silence_over(task, job)? => Some(Event::Accept),
        (JobKind::Rejection, State::Rejected { .. }) => Some(Event::RejectionLapses),
        _ => None,
    })
}

/// Whether the silence that a job ends began with the delivery in review. Its time alone does
/// not say so: a delivery that failed may follow in the same millisecond.
fn silence_over(task: &Task, job: &Job) -> Result<bool, Error> {
    let about: AboutDelivery = from_json("job", &job.body)?;
    if about.delivery.is_some() {
        return Ok(about.delivery == task.tally.delivery);
    }
    // Entered by an earlier version.
    let hours = task.spec.terms.silence_hours;
    let over = task.tally.delivered_at.map(|at| Timestamp(at).plus_hours(hours));
    Ok(over == Some(Timestamp(job.due_at)))
}

/// The body of a job about one delivery.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct AboutDelivery {
    /// Which.
    #[serde(default)]
    pub(crate) delivery: Option<String>,
}
