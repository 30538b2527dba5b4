//! Taking a task without a bid, giving it up, and many handing in at once.

use assay_db::{Record as _, Reply};
use assay_domain::ids::{DeliveryId, TaskId};
use assay_domain::refusal::{Code, Refusal};
use assay_domain::task::{Event, State};
use assay_domain::terms::Mode;
use serde_json::json;

use super::deliveries::{Delivered, Delivery, Package, Try, record};
use super::judging::Work;
use super::late::submission_status;
use super::reviews::Review;
use super::task::Task;
use super::tasks::{Eyes, TaskView};
use super::turn::{Turn, Visibility};
use super::{Answer, App, Ask};
use crate::error::Error;

impl App {
    /// Claims a task: the first one has it, everyone else is told that it is taken.
    pub async fn claim(
        &self,
        ask: &Ask,
        id: TaskId,
        render: fn(&TaskView) -> Reply,
    ) -> Result<Answer, Error> {
        self.settle(ask.once.as_ref(), || async move {
            let task = self.task(id).await?;
            let worker = ask.caller.party;
            if task.mode != Mode::Claim {
                let message =
                    format!("the task is given out by {}, it cannot be claimed", task.mode.as_str());
                return Err(Refusal::new(Code::WrongMode, message).into());
            }
            if task.poster == worker {
                return Err(Refusal::new(Code::SelfDealing, "you cannot claim your own task").into());
            }
            let mut turn = Turn::of(self, task);
            let price = turn.task.price;
            turn.step(Event::Assign { worker, price })?;
            let change = std::mem::take(&mut turn.change);
            turn.change = self.at_arms_length(change, turn.task.poster, worker).await?;
            let facts = json!({ "worker": worker.to_string(), "price": price });
            turn.tell("task.claimed", Visibility::Public, &facts)?;
            let (task, change) = turn.finish()?;
            Ok(change
                .reply(move |_| render(&TaskView { task: task.clone(), eyes: Eyes::Worker, approval: None })))
        })
        .await
    }

    /// The worker gives a task up: the poster has the money back.
    pub async fn give_up(
        &self,
        ask: &Ask,
        id: TaskId,
        reason: &str,
        render: fn(&TaskView) -> Reply,
    ) -> Result<Answer, Error> {
        self.settle(ask.once.as_ref(), || async move {
            let task = self.task_of_worker(&ask.caller, id).await?;
            let mut turn = Turn::of(self, task);
            turn.step(Event::GiveUp)?;
            turn.tell("task.failed", Visibility::Parties, &json!({ "reason": reason }))?;
            let (task, change) = turn.finish()?;
            Ok(change
                .reply(move |_| render(&TaskView { task: task.clone(), eyes: Eyes::Worker, approval: None })))
        })
        .await
    }

    /// Hands in to a task that takes many submissions: judged at once, settled by the
    /// poster or by the deadline. One a worker, and one more after a failed gate.
    pub(crate) async fn decide_submission(
        &self,
        ask: &Ask,
        task: Task,
        package: &Package,
        which: Try,
        render: fn(&Delivered) -> Reply,
    ) -> Result<assay_db::Change, Error> {
        let worker = ask.caller.party;
        if task.state != State::Open {
            let message = format!("the task is {}: it takes no more submissions", task.state.word());
            return Err(Refusal::new(Code::Conflict, message).into());
        }
        if task.poster == worker {
            return Err(Refusal::new(Code::SelfDealing, "you cannot hand in to your own task").into());
        }
        let mine: Vec<Delivery> =
            self.deliveries_of(&task).await?.into_iter().filter(|one| one.worker == worker).collect();
        let which = match which {
            Try::Either if mine.last().is_some_and(|one| one.body.resubmit_until.is_some()) => Try::Again,
            Try::Either => Try::First,
            which => which,
        };
        may_submit(&mine, which, self.now().0)?;
        let mut turn = Turn::of(self, task);
        let change = std::mem::take(&mut turn.change);
        turn.change = self.at_arms_length(change, turn.task.poster, worker).await?;
        turn.task.tally.deliveries += 1;
        let held = self.held_files(worker, &package.attachments, turn.now).await?;
        let work = Work {
            id: DeliveryId(self.clock.id()),
            content: package.content.clone(),
            summary: package.summary.clone(),
            attachments: package.attachments.clone(),
            held,
            traces: Vec::new(),
            round: u32::try_from(mine.len()).unwrap_or(u32::MAX).saturating_add(1),
            delivered_at: turn.now.0,
        };
        let Some(mut judgement) = self.judge_in_time(&turn.task, &work).await? else {
            let delivered = self.judge_later(&mut turn, worker, work)?;
            let (_, change) = turn.finish()?;
            return Ok(change.reply(move |_| render(&delivered)));
        };
        let runs = std::mem::take(&mut judgement.runs);
        let signed = self.sign(&mut turn.task, runs)?;
        let (status, until) = submission_status(&turn, &judgement, which == Try::First);
        let delivered = record(&mut turn, worker, work, judgement, &signed, status, until)?;
        let (_, change) = turn.finish()?;
        Ok(change.reply(move |_| render(&delivered)))
    }

    /// The poster settles one of many submissions: accepts it, which pays it and closes
    /// the task, or rejects it, which leaves the task open.
    pub(crate) fn settle_submission(
        turn: &mut Turn<'_>,
        delivery: &mut Delivery,
        word: Review,
    ) -> Result<(), Error> {
        if delivery.status != "in_review" {
            let message = format!("the submission is {}: only a pending one can be settled", delivery.status);
            return Err(Refusal::new(Code::WrongStatus, message).into());
        }
        match word {
            Review::Accept => pay_submission(turn, delivery)?,
            Review::Reject => {}
            Review::Revise => {
                let message = "a task with open submissions knows no revisions: accept or reject";
                return Err(Refusal::new(Code::WrongMode, message).into());
            }
        }
        delivery.status = word.as_str().into();
        Ok(())
    }

    /// At the deadline the first submission whose checks passed is paid; without one the
    /// money goes back.
    pub(crate) async fn close_submissions(&self, turn: &mut Turn<'_>) -> Result<(), Error> {
        let all = self.deliveries_of(&turn.task).await?;
        let passed = |one: &Delivery| one.status == "in_review" && one.body.verdict == "pass";
        let Some(mut first) = all.into_iter().find(passed) else {
            return Ok(turn.step(Event::DeadlinePasses)?);
        };
        pay_submission(turn, &first)?;
        first.status = Review::Accept.as_str().into();
        first.body.review_notes = "the first submission whose checks passed, at the deadline".into();
        turn.change.rows.push(first.to_row()?.upsert());
        Ok(())
    }
}

fn pay_submission(turn: &mut Turn<'_>, delivery: &Delivery) -> Result<(), Error> {
    let price = turn.task.price;
    turn.step(Event::Settle { worker: delivery.worker, price })?;
    turn.task.tally.delivery = Some(delivery.id.to_string());
    Ok(())
}

/// Whether another submission of the same worker is in order. Refusals: handed in
/// already; nothing to resubmit; its window closed.
fn may_submit(mine: &[Delivery], which: Try, now: i64) -> Result<(), Refusal> {
    let Some(last) = mine.last() else {
        return match which {
            Try::First => Ok(()),
            Try::Again | Try::Either => Err(Refusal::new(
                Code::NothingToResubmit,
                "only a submission that failed the quality gate can be resubmitted",
            )),
        };
    };
    match (which, last.body.resubmit_until) {
        (Try::First, _) => Err(Refusal::new(Code::Conflict, "you have already handed in to this task")),
        (Try::Again | Try::Either, Some(until)) if now <= until => Ok(()),
        (Try::Again | Try::Either, Some(_)) => {
            Err(Refusal::new(Code::ResubmitWindowClosed, "the window to resubmit has closed"))
        }
        (Try::Again | Try::Either, None) => Err(Refusal::new(
            Code::NothingToResubmit,
            "only a first submission that failed the quality gate can be resubmitted",
        )),
    }
}
