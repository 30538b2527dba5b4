//! Pricing models: components that decide which bid gets a task and at what price.
//!
//! A task that names a model is decided about by one job. Whatever happens to its
//! book (it opens, a bid comes, a counter-offer is answered, its time is up) enters
//! that job anew, so that many bids at once are one run. The model proposes; the host
//! holds each decision against the book before it lands, in one commit with the
//! receipt.

use assay_db::{Change, NewJob, Record as _, Reply};
use assay_domain::ids::{BidId, JobId, TaskId, Timestamp};
use assay_domain::money;
use assay_domain::refusal::{Code, Refusal};
use assay_domain::task::{Event, State};
use assay_sandbox::{Input, Listing, Output, PricingDecision, PricingEvent};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::bids::Bid;
use super::deliveries::keep_receipts;
use super::task::Task;
use super::turn::{Turn, Visibility};
use super::{Answer, App, Ask};
use crate::error::Error;

/// The model of a task.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Pricing {
    /// Its name: `fixed`, `auction` or `hybrid`.
    pub model: String,
    /// Digest of the component.
    pub digest: String,
    /// Its configuration, as JSON text.
    pub config: String,
    /// When the book closes, milliseconds.
    pub closes_at: Option<i64>,
}

impl Pricing {
    /// Whether the amounts of bids are nobody's but the bidder's until the close.
    pub fn is_sealed(&self) -> bool {
        self.model == "auction"
    }
}

/// What a poster asks for.
#[derive(Clone, Debug)]
pub struct Model {
    /// Which model.
    pub name: String,
    /// Its configuration; an object.
    pub config: Value,
    /// When the book closes, counted from posting.
    pub closes_in_hours: Option<u32>,
    /// When the book closes, as a time.
    pub closes_at: Option<Timestamp>,
}

/// What set the job off. A job that was entered again knows only the last one, which is
/// enough: the book tells the rest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Cause {
    Opened,
    Bid(String),
    Counter(String),
    Deadline,
}

/// When a job of a task's book is due. Each has two names, since a job that runs cannot
/// enter itself again: its end would delete it.
#[derive(Clone, Copy)]
pub(crate) enum Due {
    /// As soon as may be.
    Now,
    /// When the book closes, or when the model asked to be asked again.
    Later,
}

/// A job of a task's book. Entered again while it waits, it takes its own place.
pub(crate) fn pricing_job(
    task: TaskId,
    cause: &Cause,
    due: Due,
    due_at: Timestamp,
    running: Option<JobId>,
) -> Result<NewJob, Error> {
    let named = |name: &str| {
        let digest = assay_sandbox::Digest::of(format!("{name} {task}").as_bytes());
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest.bytes()[..16]);
        JobId(Uuid::from_bytes(bytes))
    };
    let both = match due {
        Due::Now => ["price", "price again"],
        Due::Later => ["price later", "price later again"],
    };
    let id = both.map(named).into_iter().find(|id| Some(*id) != running);
    Ok(NewJob {
        id: id.ok_or_else(|| Error::Internal("two job names are one".into()))?,
        kind: super::jobs::JobKind::Pricing.as_str().into(),
        subject: task.to_string(),
        due_at: due_at.0,
        body: super::task::to_json(cause)?,
    })
}

impl App {
    /// The model a task is posted with, or what is wrong with it.
    pub(crate) fn pin_pricing(&self, wanted: &Model, now: Timestamp) -> Result<Pricing, Refusal> {
        let digest = self.builtins.pricing(&wanted.name).ok_or_else(|| {
            Refusal::field("pricing_model", format!("{:?} is none of fixed, auction, hybrid", wanted.name))
        })?;
        self.builtins.config_fault(digest, &wanted.config).map_or(Ok(()), |(path, message)| {
            let dot = if path.is_empty() { "" } else { "." };
            Err(Refusal::field(format!("pricing_model.config{dot}{path}"), message))
        })?;
        let needs_close = wanted.name == "auction" && wanted.config.get("bids").is_none();
        let closes_at = wanted.closes_at.or(wanted.closes_in_hours.map(|hours| now.plus_hours(hours)));
        if needs_close && closes_at.is_none() {
            let message = "an auction needs closes_in_hours, or config.bids to close after so many bids";
            return Err(Refusal::field("pricing_model.closes_in_hours", message));
        }
        Ok(Pricing {
            model: wanted.name.clone(),
            digest: digest.to_string(),
            config: wanted.config.to_string(),
            closes_at: closes_at.map(|at| at.0),
        })
    }

    /// Runs a task's model over its book, and does what it says. Nothing when the task
    /// is not open any more, or is about to expire.
    pub(crate) async fn price(&self, task: Task, cause: Cause, job: JobId) -> Result<Change, Error> {
        let (Some(pricing), State::Open) = (task.spec.pricing.clone(), task.state) else {
            return Ok(Change::new());
        };
        // Of two jobs that are due, either may be first: nobody is given what is over.
        if task.deadline_at.is_some_and(|at| at <= self.now()) {
            return Ok(Change::new());
        }
        let mut turn = Turn::of(self, task);
        let closed = pricing.closes_at.is_some_and(|at| at <= turn.now.0);
        let book = self.live_bids(&turn.task).await?;
        // A job entered twice knows its last cause only. Answers to counter-offers are
        // seen in the book, and taken one a run.
        let answered: Vec<String> =
            book.iter().filter(|bid| bid.is_answer()).map(|bid| bid.id.to_string()).collect();
        let cause = match answered.first() {
            _ if closed => Cause::Deadline,
            Some(id) => Cause::Counter(id.clone()),
            None => cause,
        };
        let input = Input::Price {
            listing: listing(&turn.task, &pricing),
            book: book.iter().map(offered).collect(),
            event: event(&book, cause),
            config: pricing.config.clone(),
        };
        let mut runs = Vec::new();
        let said = self.run(&pricing.digest, &input, &mut runs).await?;
        let signed = self.sign(&mut turn.task, runs)?;
        keep_receipts(&mut turn, "", &signed)?;
        match said {
            Ok(Output::Pricing(decisions)) => follow(&mut turn, &pricing, &book, decisions, job)?,
            // Without a decision nothing moves; the poster can still choose by hand.
            Ok(_) => tracing::warn!(task = %turn.task.id, "a pricing model gave another kind of answer"),
            Err(problem) => {
                turn.tell("pricing.inconclusive", Visibility::Parties, &json!({ "reason": problem.text() }))?;
            }
        }
        if let (State::Open, Some(next)) = (turn.task.state, answered.get(1)) {
            let again =
                pricing_job(turn.task.id, &Cause::Counter(next.clone()), Due::Now, turn.now, Some(job))?;
            turn.change.jobs.push(again);
        }
        Ok(turn.finish()?.1)
    }

    /// Bids the model may still decide about, oldest first.
    async fn live_bids(&self, task: &Task) -> Result<Vec<Bid>, Error> {
        let all = self.bids_of(task).await?;
        Ok(all.into_iter().filter(Bid::is_live).collect())
    }

    /// A bidder answers a counter-offer with a new price; the same price takes it.
    pub async fn answer_counter(
        &self,
        ask: &Ask,
        id: BidId,
        price: &str,
        render: fn(&Bid) -> Reply,
    ) -> Result<Answer, Error> {
        self.settle(ask.once.as_ref(), || async move {
            let task = self.task_of_bid(id).await?;
            let bid = self.bid_by_id(id, &task).await?;
            if bid.bidder != ask.caller.party {
                return Err(Refusal::new(Code::NotAParty, "only the bidder answers a counter-offer").into());
            }
            task.require_open_book(self.now())?;
            let Some(countered) = bid.countered_at.filter(|_| bid.status == "countered") else {
                return Err(Refusal::new(Code::WrongStatus, "there is no counter-offer to answer").into());
            };
            let asset = task.spec.terms.asset;
            let price = money::parse(asset, "proposed_price", price, asset.decimals_max())?;
            if price < countered || price > task.price {
                let (least, most) = (money::format(asset, countered), money::format(asset, task.price));
                let message = format!("must be from the counter-offer of {least} to the budget of {most}");
                return Err(Refusal {
                    code: Code::PriceOutOfRange,
                    ..Refusal::field("proposed_price", message)
                }
                .into());
            }
            let cause = Cause::Counter(id.to_string());
            let answered = Bid { price, status: "pending".into(), ..bid };
            // The task moves on with it, so that a run over the older book is stale.
            let turn = Turn::of(self, task);
            let job = pricing_job(turn.task.id, &cause, Due::Now, turn.now, None)?;
            let (_, change) = turn.finish()?;
            Ok(change.job(job).row(answered.to_row()?.upsert()).reply(move |_| render(&answered)))
        })
        .await
    }
}

/// Carries out decisions, each held against the book.
fn follow(
    turn: &mut Turn<'_>,
    pricing: &Pricing,
    book: &[Bid],
    decisions: Vec<PricingDecision>,
    job: JobId,
) -> Result<(), Error> {
    let find = |id: &str| book.iter().find(|bid| bid.id.to_string() == id).cloned();
    let lie = || Error::Internal("a pricing model decided about a bid that is not there".into());
    for decision in decisions {
        match decision {
            PricingDecision::Wait(until) => {
                let until = until.and_then(|at| i64::try_from(at).ok()).filter(|at| *at > turn.now.0);
                if let Some(at) = until {
                    let cause = Cause::Deadline;
                    let later = pricing_job(turn.task.id, &cause, Due::Later, Timestamp(at), Some(job))?;
                    turn.change.jobs.push(later);
                }
            }
            PricingDecision::Reject(rejection) => {
                let bid = find(&rejection.bid).ok_or_else(lie)?;
                let rejected = Bid { status: "rejected".into(), note: rejection.reason, ..bid };
                turn.change.rows.push(rejected.to_row()?.upsert());
            }
            PricingDecision::Counter(offer) => {
                let bid = find(&offer.bid).ok_or_else(lie)?;
                let price = i64::try_from(offer.price).map_err(|_| lie())?;
                // An offer that nobody could bid could not be taken.
                let price = bid.asset.whole(price);
                let countered = Bid {
                    status: "countered".into(),
                    countered_at: Some(price),
                    rounds: bid.rounds + 1,
                    ..bid
                };
                turn.change.rows.push(countered.to_row()?.upsert());
            }
            PricingDecision::Award(offer) => {
                let bid = find(&offer.bid).ok_or_else(lie)?;
                let price = i64::try_from(offer.price).map_err(|_| lie())?;
                award(turn, bid, price)?;
            }
        }
    }
    let facts = json!({ "model": pricing.model, "status": turn.task.state.word() });
    turn.tell("pricing.decided", Visibility::Parties, &facts)
}

/// Gives the task to a bid. A worker is never paid less than they asked for.
fn award(turn: &mut Turn<'_>, bid: Bid, price: i64) -> Result<(), Error> {
    if price < bid.price || price > turn.task.price {
        tracing::warn!(task = %turn.task.id, "a pricing model awarded at a price nobody agreed to");
        let facts = json!({ "reason": "the model's price is below the bid or above the budget" });
        return turn.tell("pricing.inconclusive", Visibility::Parties, &facts);
    }
    turn.step(Event::Assign { worker: bid.bidder, price })?;
    let facts = json!({ "bid": bid.id.to_string(), "worker": bid.bidder.to_string(), "price": price });
    let accepted = Bid { status: "accepted".into(), price, ..bid };
    turn.change.rows.push(accepted.to_row()?.upsert());
    turn.tell("task.claimed", Visibility::Public, &facts)
}

fn listing(task: &Task, pricing: &Pricing) -> Listing {
    let millis = |at: i64| u64::try_from(at).unwrap_or(0);
    Listing {
        id: task.id.to_string(),
        currency: task.spec.terms.asset.code().into(),
        price: millis(task.price),
        opened_at: millis(task.created_at.0),
        closes_at: pricing.closes_at.map(millis),
    }
}

fn offered(bid: &Bid) -> assay_sandbox::Bid {
    let millis = |at: i64| u64::try_from(at).unwrap_or(0);
    assay_sandbox::Bid {
        id: bid.id.to_string(),
        bidder: bid.bidder.to_string(),
        price: millis(bid.price),
        placed_at: millis(bid.created_at.0),
        countered_at_price: bid.countered_at.map(millis),
        rounds: bid.rounds,
    }
}

/// What the model is told happened. A bid that is gone from the book is old news, and so
/// is one that has its counter-offer: another run gave it.
fn event(book: &[Bid], cause: Cause) -> PricingEvent {
    let waits = |id: &String| book.iter().any(|bid| bid.id.to_string() == *id && bid.status == "pending");
    match cause {
        Cause::Bid(id) if waits(&id) => PricingEvent::Bid(id),
        Cause::Counter(id) if waits(&id) => PricingEvent::Counter(id),
        Cause::Deadline => PricingEvent::Deadline,
        _ => PricingEvent::Opened,
    }
}

impl App {
    /// Asks the model of a task that is about to be posted, on an empty book, so that a
    /// configuration it cannot work with is heard of now.
    pub(crate) async fn try_pricing(&self, task: &Task) -> Result<(), Error> {
        let Some(pricing) = &task.spec.pricing else { return Ok(()) };
        let input = Input::Price {
            listing: listing(task, pricing),
            book: Vec::new(),
            event: PricingEvent::Opened,
            config: pricing.config.clone(),
        };
        match self.run(&pricing.digest, &input, &mut Vec::new()).await? {
            Ok(_) => Ok(()),
            Err(problem) => Err(Refusal::field("pricing_model.config", problem.text()).into()),
        }
    }
}
