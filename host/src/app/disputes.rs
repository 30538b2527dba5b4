//! Disputes: a party stops the money, the operator decides, and time decides if the
//! operator does not.

use assay_db::entities::finance::DisputeRow;
use assay_db::{Record as _, Reply};
use assay_domain::ids::{DisputeId, PartyId, TaskId, Timestamp};
use assay_domain::refusal::{Code, Refusal};
use assay_domain::task::{Event, Resolution, State};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::jobs::JobKind;
use super::task::{from_json, to_json};
use super::tasks::Eyes;
use super::turn::{Turn, Visibility};
use super::{Answer, App, Ask, Caller};
use crate::error::Error;

/// A disagreement about a task.
#[derive(Clone, Debug)]
pub struct Dispute {
    /// Which.
    pub id: DisputeId,
    /// About which task.
    pub task: TaskId,
    /// Who opened it.
    pub opener: PartyId,
    /// `open` or `resolved`.
    pub status: String,
    /// When it was opened.
    pub created_at: Timestamp,
    /// The rest.
    pub body: Body,
}

/// What is kept of a dispute.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Body {
    /// Why, in the opener's words.
    pub reason: String,
    /// `refund`, `release` or `split`, once decided.
    pub outcome: Option<String>,
    /// The worker's share in basis points, once decided.
    pub worker_share: Option<u32>,
    /// `operator`, or `time` when nobody decided in time.
    pub decided_by: Option<String>,
    /// Milliseconds.
    pub resolved_at: Option<i64>,
    /// When time decides, milliseconds.
    pub lapses_at: i64,
}

/// Everything of a share, in basis points.
const WHOLE: u32 = 10_000;

impl App {
    /// Opens a dispute on a task, by either of its parties: nothing moves until it is
    /// resolved, and a payout that is still pending goes back into escrow.
    pub async fn dispute(
        &self,
        ask: &Ask,
        id: TaskId,
        reason: &str,
        render: fn(&Dispute) -> Reply,
    ) -> Result<Answer, Error> {
        self.settle(ask.once.as_ref(), || async move {
            let task = self.task(id).await?;
            let opener = ask.caller.party;
            if task.poster != opener && task.worker != Some(opener) {
                let message = "only the task's poster and its worker may dispute it";
                return Err(Refusal::new(Code::NotAParty, message).into());
            }
            let mut turn = Turn::of(self, task);
            let payout_pending = turn.task.payout_at.is_some_and(|at| at > turn.now);
            turn.step(Event::Dispute { payout_pending })?;
            let lapses_at = turn.now.plus_hours(turn.task.spec.terms.dispute_days * 24);
            turn.later(JobKind::DisputeLapse, lapses_at);
            let dispute = Dispute {
                id: DisputeId(self.clock.id()),
                task: id,
                opener,
                status: "open".into(),
                created_at: turn.now,
                body: Body {
                    reason: reason.into(),
                    outcome: None,
                    worker_share: None,
                    decided_by: None,
                    resolved_at: None,
                    lapses_at: lapses_at.0,
                },
            };
            let facts = json!({ "dispute": dispute.id.to_string(), "opener": opener.to_string() });
            turn.tell("dispute.opened", Visibility::Parties, &facts)?;
            let (_, change) = turn.finish()?;
            let twice = Refusal::new(Code::Conflict, "this task was disputed before: one dispute a task");
            let change = change
                .take(format!("dispute/{id}"), dispute.id.to_string(), twice)
                .row(dispute.to_row()?.insert());
            Ok(change.reply(move |_| render(&dispute)))
        })
        .await
    }

    /// A dispute, for the parties of its task, their owners, and the operator.
    pub async fn dispute_for(&self, caller: &Caller, id: DisputeId) -> Result<Dispute, Error> {
        let dispute = self.dispute_by_id(id).await?;
        let task = self.task(dispute.task).await?;
        if self.eyes(caller, &task).await? == Eyes::Stranger {
            return Err(Refusal::new(Code::NotAParty, "only the parties of its task see a dispute").into());
        }
        Ok(dispute)
    }

    /// Disputes nobody has resolved, oldest first, for the operator.
    pub async fn open_disputes(&self, limit: usize) -> Result<Vec<Dispute>, Error> {
        let values = [i64::try_from(limit).unwrap_or(i64::MAX).into()];
        let rows = self.db.read().many::<DisputeRow>("status = 'open' order by id limit $1", &values).await?;
        rows.iter().map(Dispute::from_row).collect()
    }

    /// The operator decides. The money moves at once.
    pub async fn resolve(
        &self,
        ask: &Ask,
        id: DisputeId,
        resolution: Resolution,
        render: fn(&Dispute) -> Reply,
    ) -> Result<Answer, Error> {
        self.settle(ask.once.as_ref(), || async move {
            let task = self.task(self.dispute_by_id(id).await?.task).await?;
            // Read again after the head, so that a decision in between is noticed.
            let mut dispute = self.dispute_by_id(id).await?;
            if dispute.status != "open" {
                return Err(Refusal::new(Code::Conflict, "the dispute is resolved already").into());
            }
            let mut turn = Turn::of(self, task);
            decide(&mut turn, &mut dispute, resolution, "operator")?;
            let (_, change) = turn.finish()?;
            Ok(change.reply(move |_| render(&dispute)))
        })
        .await
    }

    /// Nobody resolved it in time: the last machine verdict does. Passed releases,
    /// failed refunds, none splits in half.
    pub(crate) async fn lapse_dispute(&self, turn: &mut Turn<'_>) -> Result<bool, Error> {
        let State::Disputed { .. } = turn.task.state else { return Ok(false) };
        let tail = "task = $1 and status = 'open'";
        let row = self.db.read().one::<DisputeRow>(tail, &[turn.task.id.to_string().into()]).await?;
        let Some(row) = row else { return Ok(false) };
        let mut dispute = Dispute::from_row(&row)?;
        let latest = match turn.task.tally.delivery.as_deref().and_then(|id| id.parse().ok()) {
            Some(id) => Some(self.delivery(id).await?),
            None => None,
        };
        let verdict = latest.map(|delivery| {
            if delivery.status == "gate_failed" { "fail".to_owned() } else { delivery.body.verdict }
        });
        let resolution = match verdict.as_deref() {
            Some("pass") => Resolution::Release,
            Some("fail") => Resolution::Refund,
            _ => Resolution::Split { worker_share: WHOLE / 2 },
        };
        decide(turn, &mut dispute, resolution, "time")?;
        Ok(true)
    }

    async fn dispute_by_id(&self, id: DisputeId) -> Result<Dispute, Error> {
        let row = self.db.read().one::<DisputeRow>("id = $1", &[id.to_string().into()]).await?;
        Dispute::from_row(&row.ok_or_else(|| Refusal::not_found("dispute"))?)
    }
}

fn decide(turn: &mut Turn<'_>, dispute: &mut Dispute, how: Resolution, by: &str) -> Result<(), Error> {
    turn.step(Event::Resolve(how))?;
    let (outcome, share) = match how {
        Resolution::Refund => ("refund", 0),
        Resolution::Release => ("release", WHOLE),
        Resolution::Split { worker_share } => ("split", worker_share),
    };
    dispute.status = "resolved".into();
    dispute.body.outcome = Some(outcome.into());
    dispute.body.worker_share = Some(share);
    dispute.body.decided_by = Some(by.into());
    dispute.body.resolved_at = Some(turn.now.0);
    turn.change.rows.push(dispute.to_row()?.upsert());
    let facts = json!({ "dispute": dispute.id.to_string(), "outcome": outcome, "by": by });
    turn.tell("dispute.resolved", Visibility::Parties, &facts)
}

impl Dispute {
    fn to_row(&self) -> Result<DisputeRow, Error> {
        Ok(DisputeRow {
            id: self.id.to_string(),
            task: self.task.to_string(),
            opener: self.opener.to_string(),
            status: self.status.clone(),
            created_at: self.created_at.0,
            body: to_json(&self.body)?,
        })
    }

    fn from_row(row: &DisputeRow) -> Result<Self, Error> {
        let impossible = |what: &str| Error::Internal(format!("dispute {}: impossible {what}", row.id));
        Ok(Self {
            id: row.id.parse().map_err(|_| impossible("id"))?,
            task: row.task.parse().map_err(|_| impossible("task"))?,
            opener: row.opener.parse().map_err(|_| impossible("opener"))?,
            status: row.status.clone(),
            created_at: Timestamp(row.created_at),
            body: from_json("dispute", &row.body)?,
        })
    }
}
