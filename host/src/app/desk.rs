//! What waits for somebody's word.

use assay_db::entities::{DeliveryRow, TaskRow};
use assay_db::list;
use assay_domain::ids::Timestamp;
use assay_domain::terms::Mode;

use super::deliveries::Delivery;
use super::task::Task;
use super::tasks::Page;
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

/// Deliveries that wait for the word of the poster `$1`: of tasks in review, and those handed
/// in to a task that takes many and is open until one of them is accepted.
const DELIVERIES: &str = "status = 'in_review' and id > $2 and task in (select id from tasks \
                          where poster = $1 and closed = 0 and (state = 'in_review' \
                          or (state = 'open' and mode = 'open_submission')))";
const DELIVERIES_OLDEST_FIRST: &str = "status = 'in_review' and id > $2 and task in (select id from tasks \
                                       where poster = $1 and closed = 0 and (state = 'in_review' \
                                       or (state = 'open' and mode = 'open_submission'))) \
                                       order by id limit $3";

impl App {
    /// Deliveries that wait for the caller's word, oldest first, after the one that `after`
    /// names.
    pub async fn deliveries_waiting(
        &self,
        caller: &Caller,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<Waiting>, Error> {
        let more = i64::try_from(limit + 1).unwrap_or(i64::MAX);
        let values = [caller.party.to_string().into(), after.unwrap_or_default().into(), more.into()];
        let read = self.db.read();
        let rows = read.many::<DeliveryRow>(DELIVERIES_OLDEST_FIRST, &values).await?;
        let page = Page::cut(rows, limit, 0, |row| row.id.clone());
        let ids = list(page.items.iter().map(|row| row.task.as_str()));
        let tasks = read.many::<TaskRow>("id in_list($1)", &[ids]).await?;
        let mut waiting = Vec::with_capacity(page.items.len());
        for row in &page.items {
            let delivery = Delivery::from_row(row)?;
            let Some(task) = tasks.iter().find(|task| task.id == row.task) else { continue };
            let task = Task::from_row(task, 0)?;
            let hours = task.spec.terms.silence_hours;
            // Of many submissions the poster chooses: silence accepts none of them.
            let decides = hours > 0 && task.mode != Mode::OpenSubmission;
            let silence_at = decides.then(|| delivery.created_at.plus_hours(hours));
            waiting.push(Waiting { task, delivery, silence_at });
        }
        Ok(Page { items: waiting, next: page.next, total_estimate: 0 })
    }

    /// How many posts and deliveries wait for the caller's word.
    pub async fn waiting(&self, caller: &Caller) -> Result<i64, Error> {
        let values = [caller.party.to_string().into(), "".into()];
        let deliveries = self.db.read().count::<DeliveryRow>(DELIVERIES, &values).await?;
        Ok(deliveries + self.count_approvals_waiting(caller).await?)
    }
}
