//! Records: how somebody has done by others, as who posts and as who works. Added up from
//! the ledger and the event log, over the latest tasks of each side.

use std::collections::HashMap;

use assay_db::entities::TaskRow;
use assay_db::rows::EventRow;
use assay_domain::ids::PartyId;
use assay_domain::money::Asset;
use serde_json::Value;

use super::App;
use super::jobs::JobKind;
use super::parties::Party;
use super::task::from_json;
use crate::error::Error;

/// What anyone may know of how a party has done.
#[derive(Clone, Debug)]
pub struct Record {
    /// Who.
    pub party: Party,
    /// On tasks it posted.
    pub as_poster: Side,
    /// On tasks it did.
    pub as_worker: Side,
}

/// One side of a record: what was paid, and what was said of the work.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Side {
    /// Tasks in all.
    pub tasks: i64,
    /// Tasks that were looked at: the latest.
    pub looked_at: i64,
    /// Tasks that were paid, and how much reached the worker, by asset.
    pub paid: Vec<(Asset, i64, i64)>,
    /// Deliveries the poster accepted.
    pub accepted: i64,
    /// Deliveries that were accepted because every check passed.
    pub accepted_by_checks: i64,
    /// Deliveries that were accepted by the poster's silence.
    pub accepted_by_silence: i64,
    /// Revisions the poster asked for.
    pub revisions: i64,
    /// Revisions that failed checks asked for.
    pub revisions_by_checks: i64,
    /// Rejections that said why.
    pub rejected_with_notes: i64,
    /// Rejections that did not.
    pub rejected_without_notes: i64,
    /// Deliveries that the gate refused.
    pub gate_failed: i64,
    /// Disputes the poster opened.
    pub disputed_by_poster: i64,
    /// Disputes the worker opened.
    pub disputed_by_worker: i64,
    /// Disputes that sent the money back.
    pub refunded: i64,
    /// Disputes that paid the worker.
    pub released: i64,
    /// Disputes that divided the money.
    pub divided: i64,
    /// From handing in to the poster's word, the median of those that had one, milliseconds.
    pub review_ms_median: Option<i64>,
}

/// What a side is made of.
const EVENTS_OF_POSTER: &str = "kind in ('delivery.judged', 'delivery.handed_in', 'delivery.reviewed', \
    'dispute.opened', 'dispute.resolved', 'task.lapsed') and subject in \
    (select 'task/' || id from tasks where poster = $1 order by id desc limit $2) order by subject, seq limit $3";
const EVENTS_OF_WORKER: &str = "kind in ('delivery.judged', 'delivery.handed_in', 'delivery.reviewed', \
    'dispute.opened', 'dispute.resolved', 'task.lapsed') and subject in \
    (select 'task/' || id from tasks where worker = $1 order by id desc limit $2) order by subject, seq limit $3";

impl App {
    /// How a party has done.
    pub async fn record(&self, id: PartyId) -> Result<Record, Error> {
        let party = self.party(id).await?;
        Ok(Record { party, as_poster: self.side(id, true).await?, as_worker: self.side(id, false).await? })
    }

    async fn side(&self, id: PartyId, posts: bool) -> Result<Side, Error> {
        let (events, tail) = if posts {
            (EVENTS_OF_POSTER, "poster = $1 and state <> 'pending_approval'")
        } else {
            (EVENTS_OF_WORKER, "worker = $1")
        };
        let limits = &self.settings.limits.pages;
        let read = self.db.read();
        let tasks = read.count::<TaskRow>(tail, &[id.to_string().into()]).await?;
        let values = [id.to_string().into(), limits.record_tasks_max.into(), limits.record_events_max.into()];
        let rows = read.many::<EventRow>(events, &values).await?;
        let paid = read.paid_to_workers(id, posts, limits.record_tasks_max).await?;
        let impossible = |asset: &str| Error::Internal(format!("a transfer of {asset:?}"));
        let paid = paid.into_iter().map(|(asset, tasks, sum)| {
            Ok((Asset::parse(&asset).ok_or_else(|| impossible(&asset))?, tasks, sum))
        });
        let mut side = Side {
            tasks,
            looked_at: tasks.min(limits.record_tasks_max),
            paid: paid.collect::<Result<_, Error>>()?,
            ..Side::default()
        };
        side.count(id, posts, &rows)?;
        Ok(side)
    }
}

impl Side {
    /// Adds the events up. Other people's submissions to one's task are others' records.
    fn count(&mut self, id: PartyId, posts: bool, rows: &[EventRow]) -> Result<(), Error> {
        let own = id.to_string();
        let mut handed_in: HashMap<String, i64> = HashMap::new();
        let mut waits = Vec::new();
        for row in rows {
            let facts: Value = from_json("event", &row.body)?;
            let fact = |name: &str| facts[name].as_str().unwrap_or_default();
            let delivery = fact("delivery");
            if !posts && row.kind.starts_with("delivery.") && fact("worker") != own {
                continue;
            }
            match row.kind.as_str() {
                "delivery.handed_in" => {
                    handed_in.insert(delivery.to_owned(), row.at);
                }
                "delivery.judged" => {
                    handed_in.entry(delivery.to_owned()).or_insert(row.at);
                    self.judged(fact("status"));
                }
                "delivery.reviewed" => {
                    self.reviewed(fact("status"), &facts["noted"]);
                    waits.extend(handed_in.get(delivery).map(|at| row.at - at));
                }
                "dispute.opened" if (fact("opener") == own) == posts => self.disputed_by_poster += 1,
                "dispute.opened" => self.disputed_by_worker += 1,
                "dispute.resolved" => self.resolved(fact("outcome")),
                _ if fact("job") == JobKind::Silence.as_str() && fact("status") == "paid" => {
                    self.accepted_by_silence += 1;
                }
                _ => {}
            }
        }
        waits.sort_unstable();
        self.review_ms_median = waits.get(waits.len() / 2).copied();
        Ok(())
    }

    /// What the judges made of it at once.
    fn judged(&mut self, status: &str) {
        match status {
            "accepted" => self.accepted_by_checks += 1,
            "revision_requested" => self.revisions_by_checks += 1,
            "gate_failed" => self.gate_failed += 1,
            _ => {}
        }
    }

    /// What its poster said. Whether there were notes is not known of the first reviews.
    fn reviewed(&mut self, status: &str, noted: &Value) {
        match (status, noted.as_bool()) {
            ("accepted", _) => self.accepted += 1,
            ("revision_requested", _) => self.revisions += 1,
            ("rejected", Some(false)) => self.rejected_without_notes += 1,
            ("rejected", _) => self.rejected_with_notes += 1,
            _ => {}
        }
    }

    fn resolved(&mut self, outcome: &str) {
        match outcome {
            "refund" => self.refunded += 1,
            "release" => self.released += 1,
            "split" => self.divided += 1,
            _ => {}
        }
    }
}
