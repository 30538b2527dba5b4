//! Handing work in: the delivery, its judging, and what follows, in one commit.

use std::sync::Arc;

use assay_db::entities::{DeliveryRow, ReceiptRow};
use assay_db::{Record as _, Reply, list};
use assay_domain::gate::{Outcome, Score};
use assay_domain::ids::{DeliveryId, PartyId, TaskId, Timestamp};
use assay_domain::refusal::{Code, Refusal};
use assay_domain::review::{Proposal, Verdict};
use assay_domain::task::{Event, State};
use assay_domain::terms::Mode;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::blobs::file_rows;
use super::jobs::JobKind;
use super::judging::{Attachment, Finding, Judgement, Scorecard, Signed, Work};
use super::memory::{Decided, Left, Sight};
use super::task::{Task, from_json, to_json};
use super::tasks::{Eyes, Page};
use super::turn::{Turn, Visibility};
use super::{Answer, App, Ask, Caller};
use crate::error::Error;

/// What somebody hands in.
#[derive(Clone, Debug)]
pub struct Package {
    /// The work itself.
    pub content: String,
    /// What the worker says about it.
    pub summary: String,
    /// Files.
    pub attachments: Vec<Attachment>,
}

/// A delivery.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Which.
    pub id: DeliveryId,
    /// Of which task.
    pub task: TaskId,
    /// Who handed it in.
    pub worker: PartyId,
    /// `gate_failed`, `in_review`, `revision_requested`, `accepted` or `rejected`.
    pub status: String,
    /// When.
    pub created_at: Timestamp,
    /// The rest.
    pub body: Body,
}

/// A delivery and where it left its task.
#[derive(Clone, Debug)]
pub struct Delivered {
    /// The delivery.
    pub delivery: Delivery,
    /// The task's word.
    pub task_status: String,
}

/// What is kept of a delivery.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Body {
    /// The work itself.
    pub content: String,
    /// What the worker says about it.
    pub summary: String,
    /// Files.
    pub attachments: Vec<Attachment>,
    /// 1 for the first of a task.
    pub round: u32,
    /// Basis points; nothing when the scorer gave none.
    pub score: Option<u16>,
    /// What the scorer said.
    pub scorecard: Option<Scorecard>,
    /// Until when it may be resubmitted, milliseconds.
    pub resubmit_until: Option<i64>,
    /// What the verifiers found.
    pub findings: Vec<Finding>,
    /// What that comes to: `pass`, `fail` or `undecided`; [`PENDING`] before it is judged.
    pub verdict: String,
    /// What the reviewer said.
    pub review: Vec<String>,
    /// What the poster said.
    pub review_notes: String,
    /// Its receipts.
    pub receipts: Vec<ReceiptLine>,
}

/// The verdict of a delivery that is still to be judged.
pub const PENDING: &str = "pending";

/// A receipt in a list.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ReceiptLine {
    /// Which.
    pub receipt_id: String,
    /// Digest of the component.
    pub plugin: String,
    /// The world it ran as.
    pub world: String,
    /// What came of it.
    pub outcome: String,
}

/// Whether a worker hands in for the first time or mends what the gate refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Try {
    /// First in its round.
    First,
    /// After a failed gate.
    Again,
    /// Whichever of the two is in order.
    Either,
}

impl Body {
    /// A piece of work and what the judges said, without receipts.
    pub(crate) fn of(work: Work, judgement: Judgement) -> Self {
        Self {
            content: work.content,
            summary: work.summary,
            attachments: work.attachments,
            round: work.round,
            score: judgement.score.map(Score::basis_points),
            scorecard: judgement.scorecard,
            resubmit_until: None,
            findings: judgement.findings,
            verdict: judgement.verdict.as_str().into(),
            review: judgement.notes,
            review_notes: String::new(),
            receipts: Vec::new(),
        }
    }

    /// A piece of work that nobody has judged.
    pub(crate) fn pending(work: Work) -> Self {
        Self {
            content: work.content,
            summary: work.summary,
            attachments: work.attachments,
            round: work.round,
            score: None,
            scorecard: None,
            resubmit_until: None,
            findings: Vec::new(),
            verdict: PENDING.into(),
            review: Vec::new(),
            review_notes: String::new(),
            receipts: Vec::new(),
        }
    }

    /// What the gate made of it.
    pub fn gate(&self) -> Option<(Score, Outcome)> {
        let score = Score::new(self.score?)?;
        Some((score, score.outcome()))
    }
}

impl App {
    /// Hands work in, or in again. Gate, checks and review finish before it is answered.
    pub async fn deliver(
        &self,
        ask: &Ask,
        id: TaskId,
        package: &Package,
        which: Try,
        render: fn(&Delivered) -> Reply,
    ) -> Result<Answer, Error> {
        let decide = |sight| self.decide_delivery(sight, ask, id, package, which, render);
        self.settle_by_sight(ask.once.as_ref(), decide).await
    }

    async fn decide_delivery(
        &self,
        sight: Arc<Sight>,
        ask: &Ask,
        id: TaskId,
        package: &Package,
        which: Try,
        render: fn(&Delivered) -> Reply,
    ) -> Result<Decided, Error> {
        let task = self.task_by(&sight, id).await?;
        if task.mode == Mode::OpenSubmission {
            return self.decide_submission(ask, task, package, which, render).await.map(Decided::from);
        }
        let mut turn = Turn::of(self, task.for_worker(&ask.caller)?);
        let work = self.hand_over(&mut turn, package, which).await?;
        let Some(mut judgement) = self.judge_in_time(&turn.task, &work).await? else {
            let delivered = self.judge_later(&mut turn, ask.caller.party, work)?;
            let (_, change) = turn.finish()?;
            return Ok(change.reply(move |_| render(&delivered)).into());
        };
        let runs = std::mem::take(&mut judgement.runs);
        let signed = self.sign(&mut turn.task, runs)?;
        let status = decide_on(&mut turn, &judgement)?;
        let until = turn.task.state.resubmit_until();
        let delivered = record(&mut turn, ask.caller.party, work, judgement, &signed, status, until)?;
        let (task, change) = turn.finish()?;
        let leaves = vec![Left::Task(Box::new(task)), Left::Delivery(Box::new(delivered.delivery.clone()))];
        Ok(Decided { change: change.reply(move |_| render(&delivered)), leaves })
    }

    /// A task for the one who does it.
    pub(crate) async fn task_of_worker(&self, caller: &Caller, id: TaskId) -> Result<Task, Error> {
        Ok(self.task(id).await?.for_worker(caller)?)
    }

    /// The first step of a delivery: the task has it, nobody has judged it.
    pub(crate) async fn hand_over(
        &self,
        turn: &mut Turn<'_>,
        package: &Package,
        which: Try,
    ) -> Result<Work, Error> {
        let delivery = DeliveryId(self.clock.id());
        let again = matches!(turn.task.state, State::GateFailed { .. });
        turn.step(match which {
            Try::First => Event::Deliver(delivery),
            Try::Either if !again => Event::Deliver(delivery),
            Try::Again | Try::Either => Event::Resubmit { delivery, at: turn.now },
        })?;
        turn.task.tally.deliveries += 1;
        turn.task.tally.delivered_at = Some(turn.now.0);
        let worker = turn.task.state.work().map(|work| work.worker);
        let held = match worker {
            Some(worker) => self.held_files(worker, &package.attachments, turn.now).await?,
            None => assay_sandbox::Attachments::none(),
        };
        Ok(Work {
            id: delivery,
            content: package.content.clone(),
            summary: package.summary.clone(),
            attachments: package.attachments.clone(),
            held,
            traces: self.public_traces_of(turn.task.id).await?,
            round: turn.task.tally.deliveries,
            delivered_at: turn.now.0,
        })
    }

    /// The deliveries of a task, oldest first: all for the poster, their own for a worker.
    pub async fn deliveries(&self, caller: &Caller, id: TaskId) -> Result<Vec<Delivery>, Error> {
        let task = self.task(id).await?;
        let all = self.deliveries_of(&task).await?;
        let eyes = self.eyes(caller, &task).await?;
        let seen =
            |delivery: &Delivery| whose(eyes, caller, &task).is_none_or(|ids| ids.contains(&delivery.worker));
        Ok(all.into_iter().filter(seen).collect())
    }

    /// The latest of them before the one that `before` names, newest first.
    pub async fn deliveries_latest(
        &self,
        caller: &Caller,
        id: TaskId,
        before: Option<&str>,
        limit: usize,
    ) -> Result<Page<Delivery>, Error> {
        const ALL: &str = "task = $1 and ($2 = '' or id < $2) order by id desc limit $3";
        const THEIRS: &str = "task = $1 and ($2 = '' or id < $2) and worker in_list($4) \
                              order by id desc limit $3";
        let task = self.task(id).await?;
        let more = i64::try_from(limit + 1).unwrap_or(i64::MAX);
        let mut values = vec![id.to_string().into(), before.unwrap_or_default().into(), more.into()];
        let read = self.db.read();
        let rows = match whose(self.eyes(caller, &task).await?, caller, &task) {
            None => read.many::<DeliveryRow>(ALL, &values).await?,
            Some(workers) => {
                let workers: Vec<String> = workers.iter().map(ToString::to_string).collect();
                values.push(list(workers.iter().map(String::as_str)));
                read.many::<DeliveryRow>(THEIRS, &values).await?
            }
        };
        let items = rows.iter().map(|row| Delivery::shown(row, &task)).collect::<Result<Vec<_>, _>>()?;
        Ok(Page::cut(items, limit, 0, |delivery| delivery.id.to_string()))
    }

    /// One of them.
    pub async fn delivery_for(&self, caller: &Caller, of: TaskId, id: DeliveryId) -> Result<Delivery, Error> {
        let (task, delivery) = (self.task(of).await?, self.delivery(id).await?);
        let workers = whose(self.eyes(caller, &task).await?, caller, &task);
        if delivery.task == of && workers.is_none_or(|workers| workers.contains(&delivery.worker)) {
            return Ok(delivery);
        }
        Err(Refusal::not_found("delivery").into())
    }

    /// All deliveries of a task, oldest first. Submissions that were not chosen are
    /// rejected by the choice.
    pub(crate) async fn deliveries_of(&self, task: &Task) -> Result<Vec<Delivery>, Error> {
        let values = [task.id.to_string().into()];
        let rows = self.db.read().many::<DeliveryRow>("task = $1 ORDER BY id", &values).await?;
        rows.iter().map(|row| Delivery::shown(row, task)).collect()
    }

    /// Refuses a delivery that is none of this task's.
    pub async fn delivery_belongs(&self, id: DeliveryId, task: TaskId) -> Result<(), Error> {
        if self.delivery(id).await?.task == task {
            return Ok(());
        }
        Err(Refusal::not_found("delivery").into())
    }

    /// A delivery by id.
    pub(crate) async fn delivery(&self, id: DeliveryId) -> Result<Delivery, Error> {
        let row = self.db.read().one::<DeliveryRow>("id = $1", &[id.to_string().into()]).await?;
        Delivery::from_row(&row.ok_or_else(|| Refusal::not_found("deliverable"))?)
    }
}

/// Whose deliveries of a task somebody sees; everybody's where there is no list.
fn whose(eyes: Eyes, caller: &Caller, task: &Task) -> Option<Vec<PartyId>> {
    match eyes {
        Eyes::Poster => None,
        Eyes::Worker => Some([Some(caller.party), task.worker].into_iter().flatten().collect()),
        Eyes::Stranger => Some(vec![caller.party]),
    }
}

impl Task {
    /// The task, for the one who does it.
    fn for_worker(self, caller: &Caller) -> Result<Self, Refusal> {
        if self.worker == Some(caller.party) {
            return Ok(self);
        }
        Err(Refusal::new(Code::NotAssigned, "only the worker this task was given to can deliver"))
    }
}

/// Goes on from judging: back to the worker, paid, or waiting for a person.
pub(crate) fn decide_on(turn: &mut Turn<'_>, judgement: &Judgement) -> Result<&'static str, Error> {
    let terms = turn.task.spec.terms;
    let gate = judgement.score.map(Score::outcome);
    let bought = turn.task.spec.is_bought();
    if gate == Some(Outcome::Rejected) && !bought {
        let until = terms.resubmit_until(turn.now);
        turn.step(Event::GateFail { until })?;
        if matches!(turn.task.state, State::GateFailed { .. }) {
            turn.later(JobKind::ResubmitWindow, Timestamp(until.0 + 1));
        }
        return Ok("gate_failed");
    }
    // What was bought by capability without any check is paid when it is there.
    let unchecked = bought && turn.task.spec.is_unchecked();
    match judgement.proposal {
        _ if unchecked => {
            turn.step(Event::Accept)?;
            Ok("accepted")
        }
        // A machine pays only what the gate has seen.
        Proposal::Accept if gate.is_some() || bought => {
            turn.step(Event::Accept)?;
            Ok("accepted")
        }
        Proposal::Revision => {
            turn.ask_revision()?;
            Ok("revision_requested")
        }
        Proposal::Accept | Proposal::Escalate => {
            turn.step(Event::LeaveToPerson)?;
            // Silence accepts what did not fail. Of a delivery that was too much for its
            // checks nobody has said anything, and nobody is paid for that: the poster
            // looks at it, or the worker disputes.
            if judgement.verdict != Verdict::Failed && !judgement.ran_out {
                let since = turn.task.tally.delivered_at.map_or(turn.now, Timestamp);
                turn.later_about_delivery(JobKind::Silence, since.plus_hours(terms.silence_hours))?;
            }
            Ok("in_review")
        }
    }
}

/// Writes down a delivery with everything that was said of it.
pub(crate) fn record(
    turn: &mut Turn<'_>,
    worker: PartyId,
    work: Work,
    judgement: Judgement,
    signed: &[Signed],
    status: &str,
    resubmit_until: Option<Timestamp>,
) -> Result<Delivered, Error> {
    let receipts = keep_receipts(turn, &work.id.to_string(), signed)?;
    let delivery = Delivery {
        id: work.id,
        task: turn.task.id,
        worker,
        status: status.into(),
        created_at: Timestamp(work.delivered_at),
        body: Body { resubmit_until: resubmit_until.map(|at| at.0), receipts, ..Body::of(work, judgement) },
    };
    let score = delivery.body.gate().map(|(score, _)| score.to_string());
    let facts = json!({
        "delivery": delivery.id.to_string(),
        "worker": worker.to_string(),
        "status": status,
        "score": score,
        "verdict": delivery.body.verdict,
        "task_status": turn.task.state.word(),
    });
    turn.tell("delivery.judged", Visibility::Parties, &facts)?;
    turn.change.rows.push(delivery.to_row()?.upsert());
    turn.change.rows.extend(file_rows(&delivery));
    Ok(Delivered { delivery, task_status: turn.task.state.word().into() })
}

/// Adds receipts and their inputs to the turn.
pub(crate) fn keep_receipts(
    turn: &mut Turn<'_>,
    delivery: &str,
    signed: &[Signed],
) -> Result<Vec<ReceiptLine>, Error> {
    let count = i64::try_from(signed.len()).unwrap_or(i64::MAX);
    let first = turn.task.tally.receipts - count + 1;
    let mut change = std::mem::take(&mut turn.change);
    let mut lines = Vec::with_capacity(signed.len());
    for (n, Signed { receipt, input }) in (first..).zip(signed) {
        let line = ReceiptLine {
            receipt_id: receipt.id.clone(),
            plugin: receipt.plugin.to_string(),
            world: receipt.world.as_str().into(),
            outcome: receipt.outcome.clone(),
        };
        let row = ReceiptRow {
            id: receipt.id.clone(),
            task: turn.task.id.to_string(),
            delivery: delivery.into(),
            n,
            plugin: line.plugin.clone(),
            world: line.world.clone(),
            outcome: line.outcome.clone(),
            created_at: turn.now.0,
            body: to_json(receipt)?,
        };
        change = change.row(row.insert()).blob(receipt.input.hex(), input.clone());
        lines.push(line);
    }
    turn.change = change;
    Ok(lines)
}

impl Delivery {
    /// Roughly how many bytes people and judges wrote into it.
    pub(crate) fn weight(&self) -> usize {
        const EACH: usize = 200;
        let Body { content, summary, attachments, findings, review, .. } = &self.body;
        let files =
            attachments.iter().map(|file| EACH + file.name.len() + file.url.as_ref().map_or(0, String::len));
        let found = findings.iter().map(|finding| EACH + finding.evidence.len());
        let said = review.iter().map(String::len);
        content.len() + summary.len() + files.chain(found).chain(said).sum::<usize>()
    }

    /// Its row.
    pub(crate) fn to_row(&self) -> Result<DeliveryRow, Error> {
        Ok(DeliveryRow {
            id: self.id.to_string(),
            task: self.task.to_string(),
            worker: self.worker.to_string(),
            status: self.status.clone(),
            created_at: self.created_at.0,
            body: to_json(&self.body)?,
        })
    }

    /// As it stands now: submissions that were not chosen are rejected by the choice.
    fn shown(row: &DeliveryRow, task: &Task) -> Result<Self, Error> {
        let one = Self::from_row(row)?;
        let over = task.mode == Mode::OpenSubmission && task.state != State::Open;
        let lost = over && one.status == "in_review";
        Ok(if lost { Self { status: "rejected".into(), ..one } } else { one })
    }

    pub(crate) fn from_row(row: &DeliveryRow) -> Result<Self, Error> {
        let impossible = |what: &str| Error::Internal(format!("delivery {}: impossible {what}", row.id));
        Ok(Self {
            id: row.id.parse().map_err(|_| impossible("id"))?,
            task: row.task.parse().map_err(|_| impossible("task"))?,
            worker: row.worker.parse().map_err(|_| impossible("worker"))?,
            status: row.status.clone(),
            created_at: Timestamp(row.created_at),
            body: from_json("delivery", &row.body)?,
        })
    }
}
