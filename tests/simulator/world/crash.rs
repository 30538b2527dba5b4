//! Who asks goes away between two commits, or the whole host does.

use std::sync::Arc;
use std::task::Poll;

use assay::app::App;
use assay::app::gate::Gate;
use sqlx::Row as _;

use super::{World, until_gate};
use crate::perform::Key;
use crate::steps::{Act, Label};

/// A job that is due.
struct Due {
    id: String,
    kind: String,
    subject: String,
    at: i64,
}

impl World {
    pub(super) async fn crash(
        &mut self,
        label: Label,
        act: Act,
        (at, sent, restart): (usize, bool, bool),
    ) -> Result<(), String> {
        if !self.makes_sense(&act) {
            return Ok(());
        }
        let jobs = matches!(act, Act::Jobs);
        let due = if jobs { self.due_jobs().await? } else { Vec::new() };
        let key = Key { label, body: 0 };
        let gate = Gate::default();
        let mut verb = Box::pin(gate.clone().around(self.asked(key, &act)));
        for passed in 0..=at {
            if let Some(said) = until_gate(&mut verb, &gate).await {
                return self.settle(label, &act, said);
            }
            if passed < at || sent {
                gate.let_pass(1);
            }
        }
        // Sent, and nobody waits for the answer.
        let early = std::future::poll_fn(|context| {
            Poll::Ready(if sent { verb.as_mut().poll(context) } else { Poll::Pending })
        })
        .await;
        if let Poll::Ready(said) = early {
            return self.settle(label, &act, said);
        }
        drop(verb);
        if restart {
            self.restart().await;
        } else {
            // What was sent has landed when what is sent after it has.
            let after = self.app.db.commit(assay_db::Change::new()).await;
            after.map_err(|error| format!("nothing could be committed: {error}"))?;
        }
        if jobs {
            self.find_landed(due).await?;
            self.compare().await?;
            // A job that was leased comes again when its lease is over.
            self.wait(self.settings.limits.job_lease_ms + 1);
        }
        self.one(label, label, act).await
    }

    /// Everything in the process is lost; what was sent to the committer is not.
    async fn restart(&mut self) {
        self.app.stop().await;
        let opened = App::start_at(self.settings.clone(), Arc::clone(&self.clock)).await;
        self.app = opened.expect("the house opens again");
        // As a server does once it listens.
        self.app.db.catch_up().await;
    }

    async fn due_jobs(&mut self) -> Result<Vec<Due>, String> {
        const DUE: &str = "select id, kind, subject, due_at from jobs where due_at <= $1";
        let rows = sqlx::query(DUE).bind(self.model.now).fetch_all(&mut self.looking).await;
        let rows = rows.map_err(|error| format!("the jobs cannot be looked at: {error}"))?;
        let due = rows.iter().map(|row| {
            let text = |index: usize| row.try_get::<String, _>(index);
            Ok(Due { id: text(0)?, kind: text(1)?, subject: text(2)?, at: row.try_get(3)? })
        });
        due.collect::<Result<_, sqlx::Error>>().map_err(|error| error.to_string())
    }

    /// Which job was the first is nobody's choice: one that is gone was done, though nobody
    /// was told. What it came to, the model knows; and that it is not done again.
    async fn find_landed(&mut self, due: Vec<Due>) -> Result<(), String> {
        let left = self.due_jobs().await?;
        let gone = due.into_iter().filter(|job| left.iter().all(|other| other.id != job.id));
        for Due { kind, subject, at, .. } in gone {
            let named = |label: &&Label| self.known.ids.get(*label) == Some(&subject);
            let mut labels = self.model.tasks.keys().chain(self.model.withdrawals.keys());
            if let Some(label) = labels.find(named).copied() {
                self.model.happen(&kind, at, label);
            }
        }
        Ok(())
    }
}
