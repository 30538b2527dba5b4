//! Dry runs: what the judges would say to a draft. Nothing is kept but the count.

use std::sync::Arc;

use assay_db::{Change, Key, Reply};
use assay_domain::ids::TaskId;
use assay_domain::refusal::{Code, Refusal};
use assay_domain::task::State;

use super::deliveries::{Body, Delivered, Delivery, Package, Try, decide_on};
use super::task::Spec;
use super::turn::Turn;
use super::{Answer, App, Ask};
use crate::error::Error;

/// How many dry runs a task has had.
fn dry_runs_key(task: TaskId) -> Key {
    Key::counter(format!("dry-runs/{task}"))
}

impl App {
    /// Judges a draft with the judges of its delivery. Checks that hold expected answers
    /// are left out, since the answers could be found by trying.
    pub async fn dry_run(
        &self,
        ask: &Ask,
        id: TaskId,
        package: &Package,
        render: fn(&Delivered) -> Reply,
    ) -> Result<Answer, Error> {
        self.settle(ask.once.as_ref(), || async move {
            let mut task = self.task_of_worker(&ask.caller, id).await?;
            let most = self.settings.limits.dry_runs_per_task_max;
            let used_up =
                Refusal::new(Code::DryRunsExhausted, format!("all {most} dry runs of this task are used"));
            if self.db.read().cell(&dry_runs_key(id)).await? >= most {
                return Err(used_up.into());
            }
            let which = if matches!(task.state, State::GateFailed { .. }) { Try::Again } else { Try::First };
            leave_gold_out(Arc::make_mut(&mut task.spec));
            // The turn is taken to its end to see where it leads, and then dropped.
            let mut turn = Turn::of(self, task);
            let work = self.hand_over(&mut turn, package, which).await?;
            let judgement = self.judge(&turn.task, &work).await?;
            let status = decide_on(&mut turn, &judgement)?;
            let delivery = Delivery {
                id: work.id,
                task: id,
                worker: ask.caller.party,
                status: status.into(),
                created_at: turn.now,
                body: Body {
                    resubmit_until: turn.task.state.resubmit_until().map(|at| at.0),
                    ..Body::of(work, judgement)
                },
            };
            let drafted = Delivered { delivery, task_status: turn.task.state.word().into() };
            let counted = Change::new().add_up_to(dry_runs_key(id), 1, most, used_up);
            Ok(counted.reply(move |_| render(&drafted)))
        })
        .await
    }
}

/// Takes the checks with expected answers out, and counts the others anew.
fn leave_gold_out(spec: &mut Spec) {
    let kept: Vec<usize> = (0..spec.checks.len()).filter(|at| !spec.checks[*at].gold).collect();
    let moved =
        |old: &u32| kept.iter().position(|at| *at == *old as usize).and_then(|new| u32::try_from(new).ok());
    for criterion in &mut spec.criteria {
        criterion.checks = criterion.checks.iter().filter_map(moved).collect();
    }
    spec.checks = kept.iter().map(|at| spec.checks[*at].clone()).collect();
}
