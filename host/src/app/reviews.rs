//! What the poster says to a delivery.

use assay_db::{Record as _, Reply};
use assay_domain::ids::DeliveryId;
use assay_domain::refusal::{Code, Refusal};
use assay_domain::task::{Event, State};
use assay_domain::terms::Mode;
use serde_json::json;

use super::deliveries::Delivery;
use super::jobs::JobKind;
use super::memory::{Decided, Left};
use super::registry::count_overturned;
use super::turn::{Turn, Visibility};
use super::{Answer, App, Ask};
use crate::error::Error;

/// A poster's word on a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Review {
    /// Pay.
    Accept,
    /// Another round.
    Revise,
    /// Refuse; the worker may dispute.
    Reject,
}

impl Review {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Accept, Self::Revise, Self::Reject];

    /// The delivery's status after it, and the word that asks for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accept => "accepted",
            Self::Revise => "revision_requested",
            Self::Reject => "rejected",
        }
    }
}

impl App {
    /// Accepts, sends back, or rejects a delivery that waits for its poster.
    pub async fn review(
        &self,
        ask: &Ask,
        id: DeliveryId,
        word: Review,
        notes: &str,
        render: fn(&Delivery) -> Reply,
    ) -> Result<Answer, Error> {
        self.settle_by_sight(ask.once.as_ref(), |sight| async move {
            let (known, task) = match sight.recall(|| self.memory.take_delivery(id)) {
                Some((delivery, task)) => (Some(delivery), task),
                None => (None, self.task(self.delivery(id).await?.task).await?),
            };
            if task.poster != ask.caller.party {
                return Err(
                    Refusal::new(Code::NotAParty, "only the task's poster reviews its deliverables").into()
                );
            }
            // Read again after the head, so that a decision in between is noticed.
            let mut delivery = match known {
                Some(delivery) => delivery,
                None => self.delivery(id).await?,
            };
            let submitted = task.mode == Mode::OpenSubmission && task.state == State::Open;
            let waits = matches!(task.state, State::InReview { delivery, .. } if delivery == id);
            if !waits && !submitted {
                let message = format!(
                    "the deliverable is {} and the task {}: only the one in review can be reviewed",
                    delivery.status,
                    task.state.word()
                );
                return Err(Refusal::new(Code::WrongStatus, message).into());
            }
            let mut turn = Turn::of(self, task);
            if submitted {
                Self::settle_submission(&mut turn, &mut delivery, word)?;
            } else {
                take_word(&mut turn, word)?;
                delivery.status = word.as_str().into();
            }
            notes.clone_into(&mut delivery.body.review_notes);
            let worker = delivery.worker.to_string();
            let facts = json!({
                "delivery": id.to_string(),
                "worker": worker,
                "status": word.as_str(),
                "noted": !notes.trim().is_empty(),
            });
            turn.tell("delivery.reviewed", Visibility::Parties, &facts)?;
            turn.change.rows.push(delivery.to_row()?.upsert());
            turn.change = count_overturned(turn.change, &delivery.body, word);
            let (task, change) = turn.finish()?;
            let leaves = vec![Left::Task(Box::new(task))];
            Ok(Decided { change: change.reply(move |_| render(&delivery)), leaves })
        })
        .await
    }
}

/// What the word means for the task.
fn take_word(turn: &mut Turn<'_>, word: Review) -> Result<(), Error> {
    match word {
        Review::Accept => turn.step(Event::Accept)?,
        Review::Revise => turn.ask_revision()?,
        Review::Reject => {
            turn.step(Event::Reject)?;
            let until = turn.now.plus_hours(turn.task.spec.terms.rejection_hours);
            turn.later(JobKind::Rejection, until);
        }
    }
    Ok(())
}
