//! What waits for somebody's word.

use assay_db::entities::people::ApprovalRow;
use assay_db::entities::{DeliveryRow, TaskRow};
use assay_db::list;
use assay_domain::ids::Timestamp;

use super::deliveries::Delivery;
use super::task::Task;
use super::{App, Caller};
use crate::error::Error;

/// A delivery that waits for its poster.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// The task.
    pub task: Task,
    /// The delivery.
    pub delivery: Delivery,
    /// When silence decides, where it does.
    pub silence_at: Option<Timestamp>,
}

impl App {
    /// Deliveries that wait for the caller's word, oldest first.
    pub async fn deliveries_in_review(&self, caller: &Caller, limit: usize) -> Result<Vec<Waiting>, Error> {
        const TASKS: &str = "poster = $1 and state = 'in_review' order by id limit $2";
        const THEIRS: &str = "task in_list($1) and status = 'in_review' order by id";
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let read = self.db.read();
        let tasks = read.many::<TaskRow>(TASKS, &[caller.party.to_string().into(), limit.into()]).await?;
        let ids = list(tasks.iter().map(|row| row.id.as_str()));
        let rows = read.many::<DeliveryRow>(THEIRS, &[ids]).await?;
        let mut waiting = Vec::with_capacity(rows.len());
        for row in &rows {
            let delivery = Delivery::from_row(row)?;
            let Some(task) = tasks.iter().find(|task| task.id == row.task) else { continue };
            let task = Task::from_row(task, 0)?;
            let hours = task.spec.terms.silence_hours;
            let silence_at = (hours > 0).then(|| delivery.created_at.plus_hours(hours));
            waiting.push(Waiting { task, delivery, silence_at });
        }
        Ok(waiting)
    }

    /// How many posts and deliveries wait for the caller's word.
    pub async fn waiting(&self, caller: &Caller) -> Result<i64, Error> {
        const DELIVERIES: &str = "poster = $1 and state = 'in_review'";
        const APPROVALS: &str = "owner = $1 and status = 'pending'";
        let party = [caller.party.to_string().into()];
        let deliveries = self.db.read().count::<TaskRow>(DELIVERIES, &party).await?;
        Ok(deliveries + self.db.read().count::<ApprovalRow>(APPROVALS, &party).await?)
    }
}
