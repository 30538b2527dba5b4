//! Judging that takes longer than a request may: the delivery is answered `in_review`,
//! and a job judges it. What a judge is given does not depend on when it is asked.

use std::time::Duration;

use assay_db::{Change, NewJob, Record as _};
use assay_domain::gate::{Outcome, Score};
use assay_domain::ids::{DeliveryId, JobId, PartyId, Timestamp};
use assay_domain::task::State;
use assay_domain::terms::Mode;
use serde_json::json;

use super::App;
use super::blobs::file_rows;
use super::deliveries::{Body, Delivered, Delivery, PENDING, decide_on, record};
use super::jobs::JobKind;
use super::judging::{Judgement, Work};
use super::task::{Task, to_json};
use super::turn::{Turn, Visibility};
use crate::error::Error;

impl App {
    /// Judges, unless that takes longer than a request may.
    pub(crate) async fn judge_in_time(&self, task: &Task, work: &Work) -> Result<Option<Judgement>, Error> {
        let most = Duration::from_millis(self.settings.limits.judging_ms_max);
        // A judge may be quicker than a timer that is due at once.
        if most.is_zero() {
            return Ok(None);
        }
        match tokio::time::timeout(most, self.judge(task, work)).await {
            Ok(judgement) => judgement.map(Some),
            Err(_) => Ok(None),
        }
    }

    /// Writes down a delivery that is still to be judged.
    pub(crate) fn judge_later(
        &self,
        turn: &mut Turn<'_>,
        worker: PartyId,
        work: Work,
    ) -> Result<Delivered, Error> {
        let body = to_json(&json!({ "delivery": work.id.to_string() }))?;
        turn.change.jobs.push(NewJob {
            id: JobId(self.clock.id()),
            kind: JobKind::Judge.as_str().into(),
            subject: turn.task.id.to_string(),
            due_at: turn.now.0,
            body,
        });
        let delivery = Delivery {
            id: work.id,
            task: turn.task.id,
            worker,
            status: "in_review".into(),
            created_at: turn.now,
            body: Body::pending(work),
        };
        let facts = json!({
            "delivery": delivery.id.to_string(),
            "worker": worker.to_string(),
            "status": delivery.status,
        });
        turn.tell("delivery.handed_in", Visibility::Parties, &facts)?;
        turn.change.rows.push(delivery.to_row()?.insert());
        turn.change.rows.extend(file_rows(&delivery));
        Ok(Delivered { delivery, task_status: turn.task.state.word().into() })
    }

    /// Judges a delivery that was put off. Nothing when it was judged, or when its task
    /// went another way meanwhile.
    pub(crate) async fn judge_now(&self, task: Task, id: DeliveryId) -> Result<Change, Error> {
        let delivery = self.delivery(id).await?;
        let submitted = task.mode == Mode::OpenSubmission;
        let waits = match task.state {
            State::Delivered { delivery, .. } => delivery == id,
            State::Open => submitted,
            _ => false,
        };
        if delivery.body.verdict != PENDING || !waits {
            return Ok(Change::new());
        }
        let work = self.work_of(&delivery).await?;
        let mut turn = Turn::of(self, task);
        let mut judgement = self.judge(&turn.task, &work).await?;
        let runs = std::mem::take(&mut judgement.runs);
        let signed = self.sign(&mut turn.task, runs)?;
        let (status, until) = if submitted {
            submission_status(&turn, &judgement, work.round == 1)
        } else {
            let status = decide_on(&mut turn, &judgement)?;
            (status, turn.task.state.resubmit_until())
        };
        record(&mut turn, delivery.worker, work, judgement, &signed, status, until)?;
        Ok(turn.finish()?.1)
    }

    /// What was handed in, as the judges are shown it.
    async fn work_of(&self, delivery: &Delivery) -> Result<Work, Error> {
        let body = &delivery.body;
        let submitted = self.task(delivery.task).await?.mode == Mode::OpenSubmission;
        let traces = if submitted { Vec::new() } else { self.public_traces_of(delivery.task).await? };
        Ok(Work {
            id: delivery.id,
            content: body.content.clone(),
            summary: body.summary.clone(),
            attachments: body.attachments.clone(),
            held: self.held_files(delivery.worker, &body.attachments, delivery.created_at).await?,
            traces: traces.into_iter().filter(|one| one.created_at <= delivery.created_at).collect(),
            round: body.round,
            delivered_at: delivery.created_at.0,
        })
    }
}

/// Where judging leaves one of many submissions, and until when it may be mended.
pub(crate) fn submission_status(
    turn: &Turn<'_>,
    judgement: &Judgement,
    first: bool,
) -> (&'static str, Option<Timestamp>) {
    if judgement.score.map(Score::outcome) != Some(Outcome::Rejected) {
        return ("in_review", None);
    }
    ("gate_failed", first.then(|| turn.task.spec.terms.resubmit_until(turn.now)))
}
