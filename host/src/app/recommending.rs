//! Open tasks that suit a worker, best first, each with its score and why.

use assay_db::entities::TaskRow;
use assay_domain::ids::PartyId;
use assay_domain::matching::{Match, Results, Wanted, Worker};
use assay_domain::money::Asset;
use assay_domain::refusal::Refusal;

use super::pricing::Pricing;
use super::task::Task;
use super::tasks::{Eyes, Page, TaskView};
use super::{App, Caller};
use crate::error::Error;

/// A task and how well it suits whoever looks.
#[derive(Clone, Debug)]
pub struct Recommended {
    /// The task.
    pub view: TaskView,
    /// How well, and why.
    pub fit: Match,
}

impl App {
    /// The newest open tasks that take bids, those that suit the caller best first. Never
    /// the caller's own, nor those of a party with the same owner. Equal scores stand
    /// newest first, so that the same rows give the same list.
    pub async fn recommended(
        &self,
        caller: &Caller,
        asset: Asset,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<Recommended>, Error> {
        const OPEN: &str = "state = 'open' and mode = 'bid' and asset = $1 and poster <> $2 and poster <> $3 \
                            and poster not in (select id from parties where owner = $3) \
                            order by id desc limit $4";
        let after = cursor.map(read_cursor).transpose()?;
        let who = self.who(caller.party).await?;
        let most = i64::try_from(self.settings.limits.recommended_from_max).unwrap_or(i64::MAX);
        let values =
            [asset.code().into(), who.id.to_string().into(), who.root().to_string().into(), most.into()];
        let rows = self.db.read().many::<TaskRow>(OPEN, &values).await?;
        let worker = self.worker(caller.party).await?;
        let now = self.now().0;
        let mut all = Vec::with_capacity(rows.len());
        for row in &rows {
            let task = Task::from_row(row, 0)?;
            if !closed(task.spec.pricing.as_ref(), now) {
                let fit = worker.suits(&wanted(&task));
                let view = TaskView { task, eyes: Eyes::Stranger, approval: None };
                all.push(Recommended { view, fit });
            }
        }
        all.sort_by_key(|one| std::cmp::Reverse(place(one)));
        let total_estimate = i64::try_from(all.len()).unwrap_or(i64::MAX);
        all.retain(|one| after.as_ref().is_none_or(|after| place(one) < *after));
        Ok(Page::cut(all, limit, total_estimate, |one| {
            let (score, id) = place(one);
            format!("{score}.{id}")
        }))
    }

    /// What is known of a worker: its skills, and how its tasks ended.
    async fn worker(&self, party: PartyId) -> Result<Worker, Error> {
        let skills = self.profile(party).await?.skills;
        let mut worker = Worker { skills, ..Worker::default() };
        for ended in self.db.read().ended_tasks(party).await? {
            let results: &mut Results = worker.results.entry(ended.category).or_default();
            let count = ended.count.unsigned_abs();
            match ended.state.as_str() {
                "paid" => results.accepted += count,
                "pdqg_final_fail" | "failed" | "expired" => results.failed += count,
                // Taken back or divided by the operator: says nothing about the work.
                _ => {}
            }
        }
        Ok(worker)
    }
}

/// Where a task stands in the list.
fn place(one: &Recommended) -> (u16, String) {
    (one.fit.score.basis_points(), one.view.task.id.to_string())
}

fn read_cursor(cursor: &str) -> Result<(u16, String), Refusal> {
    let parts = cursor.split_once('.').and_then(|(score, id)| Some((score.parse().ok()?, id.to_owned())));
    parts.ok_or_else(|| Refusal::field("cursor", "must be one that a Link header gave"))
}

fn closed(pricing: Option<&Pricing>, now: i64) -> bool {
    pricing.and_then(|pricing| pricing.closes_at).is_some_and(|at| at <= now)
}

fn wanted(task: &Task) -> Wanted<'_> {
    let spec = &task.spec;
    Wanted {
        category: &spec.category,
        skills: &spec.skills,
        title: &spec.title,
        description: &spec.description,
    }
}
