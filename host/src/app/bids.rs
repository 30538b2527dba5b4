//! Bids: offers to do a task, and choosing one.

use std::sync::Arc;

use assay_db::entities::BidRow;
use assay_db::{Change, Key, Record as _, Reply};
use assay_domain::ids::{BidId, PartyId, TaskId, Timestamp};
use assay_domain::money;
use assay_domain::refusal::{Code, Refusal};
use assay_domain::task::{Event, State};
use assay_domain::terms::Mode;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::memory::{Decided, Left, Sight};
use super::pricing::{Cause, Due, pricing_job};
use super::task::{Task, from_json, to_json};
use super::tasks::Eyes;
use super::turn::{Turn, Visibility};
use super::{Answer, App, Ask, Caller};
use crate::error::Error;

/// An offer.
#[derive(Clone, Debug)]
pub struct Bid {
    /// Which.
    pub id: BidId,
    /// For which task.
    pub task: TaskId,
    /// Who offers.
    pub bidder: PartyId,
    /// In the smallest unit of the task's asset.
    pub price: i64,
    /// `pending`, `countered`, `accepted` or `rejected`.
    pub status: String,
    /// When.
    pub created_at: Timestamp,
    /// Why them.
    pub cover_letter: String,
    /// The money it is in.
    pub asset: money::Asset,
    /// Why it was turned down, in the pricing model's words.
    pub note: String,
    /// The last counter-offer made to it.
    pub countered_at: Option<i64>,
    /// Counter-offers made so far.
    pub rounds: u32,
    /// Whether whoever looks may not see the price yet.
    pub sealed: bool,
}

#[derive(Serialize, Deserialize)]
struct Body {
    cover_letter: String,
    note: String,
    countered_at: Option<i64>,
    rounds: u32,
}

/// What somebody offers.
#[derive(Clone, Debug)]
pub struct Offer {
    /// The price as it was written; read once the task's asset is known.
    pub price: String,
    /// The name of the price's field.
    pub price_field: &'static str,
    /// Why them.
    pub cover_letter: String,
}

/// How many bids a task has.
fn bids_key(task: TaskId) -> Key {
    Key::counter(format!("bids/{task}"))
}

impl App {
    /// Bids on an open task.
    pub async fn bid(
        &self,
        ask: &Ask,
        task: TaskId,
        offer: &Offer,
        render: fn(&Bid) -> Reply,
    ) -> Result<Answer, Error> {
        let decide = |sight| self.decide_bid(sight, ask, task, offer, render);
        self.settle_by_sight(ask.once.as_ref(), decide).await
    }

    async fn decide_bid(
        &self,
        sight: Arc<Sight>,
        ask: &Ask,
        id: TaskId,
        offer: &Offer,
        render: fn(&Bid) -> Reply,
    ) -> Result<Decided, Error> {
        let task = self.task_by(&sight, id).await?;
        let bid = self.new_bid(&ask.caller, &task, offer)?;
        let most = self.settings.limits.bids_per_task_max;
        let full =
            Refusal::new(Code::Conflict, format!("the task has {most} bids, which is the most it takes"));
        let twice = Refusal::new(Code::Conflict, "you have already bid on this task");
        let mut change = self.at_arms_length_by(&sight, Change::new(), task.poster, bid.bidder).await?;
        change = change
            .expect(Task::head_key(id), task.head)
            .take(format!("bid/{id}/{}", bid.bidder), bid.id.to_string(), twice)
            .add_up_to(bids_key(id), 1, most, full)
            .row(bid.to_row()?.insert());
        let facts = json!({ "bid": bid.id.to_string() });
        change.events.push(assay_db::NewEvent {
            subject: Task::subject(id),
            kind: "bid.placed".into(),
            visibility: Visibility::Parties.as_str().into(),
            body: to_json(&facts)?,
        });
        if task.spec.pricing.is_some() {
            let cause = Cause::Bid(bid.id.to_string());
            change = change.job(pricing_job(id, &cause, Due::Now, self.now(), None)?);
        }
        let leaves = vec![Left::Bid(Box::new(bid.clone()))];
        Ok(Decided { change: change.reply(move |_| render(&bid)), leaves })
    }

    /// Refusals in this order: own task, not open, other mode, price.
    fn new_bid(&self, caller: &Caller, task: &Task, offer: &Offer) -> Result<Bid, Refusal> {
        if task.poster == caller.party {
            return Err(Refusal::new(Code::SelfDealing, "you cannot bid on your own task"));
        }
        task.require_open()?;
        if task.mode != Mode::Bid {
            let message = format!("the task is given out by {}, it takes no bids", task.mode.as_str());
            return Err(Refusal::new(Code::WrongMode, message));
        }
        task.require_open_book(self.now())?;
        let asset = task.spec.terms.asset;
        let price = money::parse(asset, offer.price_field, &offer.price, asset.decimals_max())?;
        let out_of_range = |problem: String| Refusal {
            code: Code::PriceOutOfRange,
            ..Refusal::field(offer.price_field, problem)
        };
        if price > task.price {
            let budget = money::format(asset, task.price);
            return Err(out_of_range(format!(
                "must not be above the task's budget of {budget} {}",
                asset.code()
            )));
        }
        if price == 0 && task.price > 0 {
            return Err(out_of_range("must be above zero".into()));
        }
        Ok(Bid {
            id: BidId(self.clock.id()),
            task: task.id,
            bidder: caller.party,
            price,
            status: "pending".into(),
            created_at: self.now(),
            cover_letter: offer.cover_letter.clone(),
            asset,
            note: String::new(),
            countered_at: None,
            rounds: 0,
            sealed: false,
        })
    }

    /// The bids on a task, oldest first: all of them for the poster, their own for
    /// anyone else.
    pub async fn bids(&self, caller: &Caller, id: TaskId) -> Result<Vec<Bid>, Error> {
        let task = self.task(id).await?;
        let all = self.bids_of(&task).await?;
        let sees_all = self.eyes(caller, &task).await? == Eyes::Poster;
        let sealed = task.is_sealed();
        let seen = all.into_iter().filter(|bid| sees_all || bid.bidder == caller.party);
        Ok(seen.map(|bid| Bid { sealed: sealed && bid.bidder != caller.party, ..bid }).collect())
    }

    pub(crate) async fn bids_of(&self, task: &Task) -> Result<Vec<Bid>, Error> {
        let rows =
            self.db.read().many::<BidRow>("task = $1 ORDER BY id", &[task.id.to_string().into()]).await?;
        let closed = task.state != State::Open;
        let bids = rows.iter().map(|row| {
            let bid = Bid::from_row(row, task.spec.terms.asset)?;
            // Once the task is somebody's, the bids that were not chosen are rejected.
            Ok(if closed && bid.is_live() { bid.with_status("rejected") } else { bid })
        });
        bids.collect()
    }

    /// Accepts a bid: the task is the bidder's, and what the price is below the budget
    /// goes back with its fee. The other bids are rejected by that.
    pub async fn accept_bid(&self, ask: &Ask, id: BidId, render: fn(&Bid) -> Reply) -> Result<Answer, Error> {
        self.settle_by_sight(ask.once.as_ref(), |sight| async move {
            let (task, chosen) = self.bid_for_poster(&sight, &ask.caller, id).await?;
            let mut turn = Turn::of(self, task);
            let change = std::mem::take(&mut turn.change);
            turn.change =
                self.at_arms_length_by(&sight, change, turn.task.poster, chosen.bidder).await?;
            turn.step(Event::Assign { worker: chosen.bidder, price: chosen.price })?;
            let accepted = chosen.with_status("accepted");
            turn.change.rows.push(accepted.to_row()?.upsert());
            let facts = json!({ "bid": id.to_string(), "worker": accepted.bidder.to_string(), "price": accepted.price });
            turn.tell("task.claimed", Visibility::Public, &facts)?;
            let (task, change) = turn.finish()?;
            let leaves = vec![Left::Task(Box::new(task))];
            Ok(Decided { change: change.reply(move |_| render(&accepted)), leaves })
        })
        .await
    }

    /// Turns a bid down.
    pub async fn reject_bid(&self, ask: &Ask, id: BidId, render: fn(&Bid) -> Reply) -> Result<Answer, Error> {
        self.settle(ask.once.as_ref(), || async move {
            let (task, chosen) = self.bid_for_poster(&Sight::rows(), &ask.caller, id).await?;
            // Whoever decides about a bid moves the task on, so that of an acceptance
            // and a rejection of the same bid only one happens.
            let turn = Turn::of(self, task);
            let rejected = chosen.with_status("rejected");
            let row = rejected.to_row()?.upsert();
            let (_, change) = turn.finish()?;
            Ok(change.row(row).reply(move |_| render(&rejected)))
        })
        .await
    }

    /// A pending bid and its open task, for the task's poster.
    async fn bid_for_poster(&self, sight: &Sight, caller: &Caller, id: BidId) -> Result<(Task, Bid), Error> {
        let (known, task) = match sight.recall(|| self.memory.take_bid(id)) {
            Some((bid, task)) => (Some(bid), task),
            None => (None, self.task_of_bid(id).await?),
        };
        if task.poster != caller.party {
            return Err(
                Refusal::new(Code::NotAParty, "only the task's poster decides about its proposals").into()
            );
        }
        if task.state != State::Open {
            let message = format!("the task is {}: its proposals are closed", task.state.word());
            return Err(Refusal::new(Code::Conflict, message).into());
        }
        if task.is_sealed() {
            return Err(
                Refusal::new(Code::WrongMode, "bids are sealed: the auction decides when it closes").into()
            );
        }
        // Read again after the head, so that a decision in between is noticed.
        let bid = match known {
            Some(bid) => bid,
            None => self.bid_by_id(id, &task).await?,
        };
        if bid.status != "pending" {
            let message = format!("the proposal is {}, only a pending one can be decided", bid.status);
            return Err(Refusal::new(Code::WrongStatus, message).into());
        }
        Ok((task, bid))
    }

    /// The task a bid is for.
    pub(crate) async fn task_of_bid(&self, id: BidId) -> Result<Task, Error> {
        let found = self.bid_row(id).await?;
        self.task(found.task.parse().map_err(|_| Error::Internal("a bid without a task".into()))?).await
    }

    /// A bid on this task.
    pub(crate) async fn bid_by_id(&self, id: BidId, task: &Task) -> Result<Bid, Error> {
        Bid::from_row(&self.bid_row(id).await?, task.spec.terms.asset)
    }

    async fn bid_row(&self, id: BidId) -> Result<BidRow, Error> {
        let row = self.db.read().one::<BidRow>("id = $1", &[id.to_string().into()]).await?;
        Ok(row.ok_or_else(|| Refusal::not_found("proposal"))?)
    }
}

impl Task {
    fn require_open(&self) -> Result<(), Refusal> {
        if self.state == State::Open {
            return Ok(());
        }
        let message = format!("the task is {}, it takes bids only while it is open", self.state.word());
        Err(Refusal::new(Code::Conflict, message))
    }

    /// Refuses a bid, or the answer to a counter-offer, that comes too late.
    pub(crate) fn require_open_book(&self, now: Timestamp) -> Result<(), Refusal> {
        self.require_open()?;
        let closes_at = self.spec.pricing.as_ref().and_then(|pricing| pricing.closes_at);
        if closes_at.is_some_and(|at| at <= now.0) {
            return Err(Refusal::new(Code::Conflict, "the time for bids is over"));
        }
        Ok(())
    }
}

impl Bid {
    /// Whether it can still be chosen.
    pub fn is_live(&self) -> bool {
        self.status == "pending" || self.status == "countered"
    }

    /// Whether it is the answer to a counter-offer, not decided about yet.
    pub(crate) fn is_answer(&self) -> bool {
        self.status == "pending" && self.rounds > 0
    }

    fn with_status(self, status: &str) -> Self {
        Self { status: status.into(), ..self }
    }

    pub(crate) fn to_row(&self) -> Result<BidRow, Error> {
        Ok(BidRow {
            id: self.id.to_string(),
            task: self.task.to_string(),
            bidder: self.bidder.to_string(),
            price: self.price,
            status: self.status.clone(),
            created_at: self.created_at.0,
            body: to_json(&Body {
                cover_letter: self.cover_letter.clone(),
                note: self.note.clone(),
                countered_at: self.countered_at,
                rounds: self.rounds,
            })?,
        })
    }

    fn from_row(row: &BidRow, asset: money::Asset) -> Result<Self, Error> {
        let impossible = |what: &str| Error::Internal(format!("bid {}: impossible {what}", row.id));
        let body: Body = from_json("bid", &row.body)?;
        Ok(Self {
            id: row.id.parse().map_err(|_| impossible("id"))?,
            task: row.task.parse().map_err(|_| impossible("task"))?,
            bidder: row.bidder.parse().map_err(|_| impossible("bidder"))?,
            price: row.price,
            status: row.status.clone(),
            created_at: Timestamp(row.created_at),
            cover_letter: body.cover_letter,
            asset,
            note: body.note,
            countered_at: body.countered_at,
            rounds: body.rounds,
            sealed: false,
        })
    }
}
