//! A task as the host knows it: its row, read into the domain's words and back.

use std::sync::Arc;

use assay_db::Key;
use assay_db::entities::TaskRow;
use assay_domain::criteria::{Class, Coverage};
use assay_domain::escrow::Purse;
use assay_domain::ids::{DeliveryId, PartyId, TaskId, Timestamp};
use assay_domain::money::Asset;
use assay_domain::review::Force;
use assay_domain::task::{State, Work};
use assay_domain::terms::{FeePayer, Mode, ReviewPolicy, Terms};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::pricing::Pricing;
use crate::config::Surface;
use crate::error::Error;

/// A task.
#[derive(Clone, Debug)]
pub struct Task {
    /// Which.
    pub id: TaskId,
    /// Who posted it.
    pub poster: PartyId,
    /// Who does it, or did last; stays when the task is over.
    pub worker: Option<PartyId>,
    /// Where it stands.
    pub state: State,
    /// How it finds its worker.
    pub mode: Mode,
    /// The budget until a bid is accepted, then the agreed price.
    pub price: i64,
    /// When it was posted.
    pub created_at: Timestamp,
    /// When it expires if nothing was handed in.
    pub deadline_at: Option<Timestamp>,
    /// When a payout becomes available; nothing when none is pending.
    pub payout_at: Option<Timestamp>,
    /// What was posted. Those who look at the task share it.
    pub spec: Arc<Spec>,
    /// What its deliveries and receipts count up.
    pub tally: Tally,
    /// How often it was decided about.
    pub head: i64,
}

/// What was posted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// One line.
    pub title: String,
    /// The whole.
    pub description: String,
    /// The poster's category.
    pub category: String,
    /// What it takes.
    pub skills: Vec<String>,
    /// The surface it came through.
    pub surface: String,
    /// Acceptance criteria, compiled.
    pub criteria: Vec<Criterion>,
    /// What a machine can decide: compiled from the criteria, then the poster's own.
    pub checks: Vec<Check>,
    /// Digest of the scorer.
    pub scorer: String,
    /// The pricing model, where one decides instead of the poster.
    pub pricing: Option<Pricing>,
    /// The verifiers, with their configuration.
    pub verifiers: Vec<Pin>,
    /// Digest of the reviewer.
    pub reviewer: String,
    /// What it agreed to.
    #[serde(with = "TermsForm")]
    pub terms: Terms,
    /// What the poster would pay at most.
    pub budget: i64,
    /// Hours from opening to the deadline.
    #[serde(default)]
    pub deadline_hours: Option<u32>,
    /// Who is to do it, where that was said at posting.
    #[serde(default)]
    pub direct: Option<String>,
    /// What is given to the worker, as JSON, where the task was bought by capability.
    #[serde(default)]
    pub input: Value,
    /// Fields that only those see whom the poster grants it, in ciphertext.
    #[serde(default)]
    pub protected: Vec<Protected>,
}

/// A protected field.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Protected {
    /// What it is called; anyone sees that.
    pub name: String,
    /// What only its readers can open.
    pub ciphertext: String,
}

/// A sentence of the poster and what it was compiled to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Criterion {
    /// The sentence.
    pub text: String,
    /// How far a machine may go with it.
    #[serde(with = "ClassForm")]
    pub class: Class,
    /// Positions in [`Spec::checks`].
    pub checks: Vec<u32>,
}

/// One check.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Check {
    /// Its kind.
    pub kind: String,
    /// Whether a delivery must pass it.
    pub required: bool,
    /// Its share in the score.
    pub weight: u32,
    /// Whether it binds both ways.
    #[serde(with = "ClassForm")]
    pub class: Class,
    /// Whether it holds an expected answer, which is the poster's only.
    pub gold: bool,
    /// The check itself.
    pub json: Value,
}

/// A component a task is bound to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Pin {
    /// Its digest.
    pub digest: String,
    /// Its configuration, as JSON text.
    pub config: String,
}

/// What counts up on a task's way. Every number is guarded by the task's head.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Tally {
    /// Revisions asked for.
    pub revisions: u32,
    /// Deliveries handed in.
    pub deliveries: u32,
    /// The latest delivery.
    pub delivery: Option<String>,
    /// When it was handed in, milliseconds.
    pub delivered_at: Option<i64>,
    /// Whether that one was a resubmission.
    pub again: bool,
    /// Until when a failed gate may be mended.
    pub resubmit_until: Option<i64>,
    /// The UTC day its money was taken on, where it was posted without.
    #[serde(default)]
    pub held_on_day: Option<i64>,
    /// Receipts in the chain.
    pub receipts: i64,
    /// Hash of the latest receipt.
    pub receipt_hash: Option<String>,
}

/// How [`Terms`] are stored: the domain itself reads and writes nothing.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Terms")]
struct TermsForm {
    #[serde(with = "AssetForm")]
    asset: Asset,
    #[serde(with = "FeePayerForm")]
    fee_payer: FeePayer,
    fee_rate: u32,
    payout_delay_hours: u32,
    #[serde(with = "ReviewPolicyForm")]
    review: ReviewPolicy,
    resubmit_hours: u32,
    silence_hours: u32,
    rejection_hours: u32,
    revision_hours: u32,
    revisions_max: u32,
    #[serde(default = "dispute_days")]
    dispute_days: u32,
    #[serde(default)]
    fee_on_refunds: bool,
}

/// Of tasks posted before it was a term of its own.
const fn dispute_days() -> u32 {
    14
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Asset", rename_all = "snake_case")]
enum AssetForm {
    Usd,
    Cr,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "FeePayer", rename_all = "snake_case")]
enum FeePayerForm {
    Poster,
    Worker,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "ReviewPolicy", rename_all = "snake_case")]
enum ReviewPolicyForm {
    Poster,
    Auto,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Class", rename_all = "snake_case")]
enum ClassForm {
    Decidable,
    Necessary,
    Human,
}

impl Check {
    /// Whether it may decide about a delivery, or only informs.
    pub fn force(&self) -> Force {
        if self.required && matches!(self.class, Class::Decidable) { Force::Binding } else { Force::Advisory }
    }
}

impl Spec {
    /// How much of it a machine decides. A check of the poster's own counts as one more
    /// criterion.
    pub fn coverage(&self) -> Coverage {
        let compiled: usize = self.criteria.iter().map(|criterion| criterion.checks.len()).sum();
        let own = self.checks.len().saturating_sub(compiled);
        let classes = self.criteria.iter().map(|criterion| criterion.class);
        let classes: Vec<Class> = classes.chain(std::iter::repeat_n(Class::Decidable, own)).collect();
        assay_domain::criteria::coverage(&classes)
    }

    /// Whether it was bought by capability, where the gate only advises.
    pub fn is_bought(&self) -> bool {
        self.surface == Surface::Finance.as_str()
    }

    /// Whether nothing was said about when it is done.
    pub fn is_unchecked(&self) -> bool {
        self.criteria.is_empty() && self.checks.is_empty() && self.verifiers.len() <= 1
    }

    /// Whether something of it only a person can say.
    pub fn left_to_person(&self) -> bool {
        self.criteria.iter().any(|criterion| !matches!(criterion.class, Class::Decidable))
    }
}

impl Task {
    /// Roughly how many bytes people wrote into it.
    pub(crate) fn weight(&self) -> usize {
        let spec = &self.spec;
        let criteria = spec.criteria.iter().map(|one| one.text.len() + 4 * one.checks.len());
        let checks = spec.checks.iter().map(|check| check.kind.len() + weight_of(&check.json));
        let verifiers = spec.verifiers.iter().map(|pin| pin.digest.len() + pin.config.len());
        let protected = spec.protected.iter().map(|field| field.name.len() + field.ciphertext.len());
        let texts = [&spec.title, &spec.description, &spec.category].into_iter().chain(&spec.skills);
        texts.map(String::len).chain(criteria).chain(checks).chain(verifiers).chain(protected).sum::<usize>()
            + weight_of(&spec.input)
    }

    /// The head that whoever decides about a task expects and moves on.
    pub fn head_key(id: TaskId) -> Key {
        Key::head("task", id)
    }

    /// The UTC day that its price was counted as spent on.
    pub fn held_on_day(&self) -> i64 {
        self.tally.held_on_day.unwrap_or_else(|| self.created_at.utc_day())
    }

    /// The subject of its events.
    pub fn subject(id: TaskId) -> String {
        format!("task/{id}")
    }

    /// Its money.
    pub fn purse(&self) -> Purse {
        Purse { task: self.id, poster: self.poster, held: self.price, terms: self.spec.terms }
    }

    /// Whether its bids' amounts are nobody's but the bidders' yet.
    pub fn is_sealed(&self) -> bool {
        self.state == State::Open && self.spec.pricing.as_ref().is_some_and(Pricing::is_sealed)
    }

    /// Reads a row. An impossible one is an error that names it.
    pub fn from_row(row: &TaskRow, head: i64) -> Result<Self, Error> {
        let tally: Tally = from_json("task", &row.work)?;
        let impossible = |what: &str| Error::Internal(format!("task {}: impossible {what}", row.id));
        let worker = row.worker.as_deref().map(str::parse).transpose().map_err(|_| impossible("worker"))?;
        let state = state_of(&row.state, worker, row.price, &tally).ok_or_else(|| impossible("state"))?;
        Ok(Self {
            id: row.id.parse().map_err(|_| impossible("id"))?,
            poster: row.poster.parse().map_err(|_| impossible("poster"))?,
            worker,
            state,
            mode: Mode::ALL
                .into_iter()
                .find(|mode| mode.as_str() == row.mode)
                .ok_or_else(|| impossible("mode"))?,
            price: row.price,
            created_at: Timestamp(row.created_at),
            deadline_at: row.deadline_at.map(Timestamp),
            payout_at: row.payout_at.map(Timestamp),
            spec: Arc::new(from_json("task", &row.body)?),
            tally,
            head,
        })
    }

    /// The row as it is to be.
    pub fn to_row(&self) -> Result<TaskRow, Error> {
        Ok(TaskRow {
            id: self.id.to_string(),
            poster: self.poster.to_string(),
            worker: self.worker.map(|worker| worker.to_string()),
            state: self.state.word().into(),
            closed: self.state.is_final().into(),
            mode: self.mode.as_str().into(),
            category: self.spec.category.clone(),
            asset: self.spec.terms.asset.code().into(),
            price: self.price,
            created_at: self.created_at.0,
            deadline_at: self.deadline_at.map(|at| at.0),
            payout_at: self.payout_at.map(|at| at.0),
            work: to_json(&self.tally)?,
            body: to_json(&*self.spec)?,
        })
    }

    /// Takes a new state on, and what of it is kept in the tally.
    pub fn enter(&mut self, state: State) {
        if let Some(work) = state.work() {
            self.worker = Some(work.worker);
            self.price = work.price;
            self.tally.revisions = work.revisions;
        }
        match state {
            State::Delivered { delivery, again, .. } => {
                self.tally.delivery = Some(delivery.to_string());
                self.tally.again = again;
            }
            State::GateFailed { until, .. } => self.tally.resubmit_until = Some(until.0),
            _ => {}
        }
        self.state = state;
    }
}

/// Roughly how many bytes a JSON value takes.
fn weight_of(json: &Value) -> usize {
    const EACH: usize = 32;
    match json {
        Value::Array(items) => EACH + items.iter().map(weight_of).sum::<usize>(),
        Value::Object(fields) => {
            EACH + fields.iter().map(|(name, value)| name.len() + weight_of(value)).sum::<usize>()
        }
        Value::String(text) => EACH + text.len(),
        _ => EACH,
    }
}

/// The state from what a row keeps of it.
fn state_of(word: &str, worker: Option<PartyId>, price: i64, tally: &Tally) -> Option<State> {
    let revisions = tally.revisions;
    let under_way = worker.map(|worker| Work { worker, price, revisions });
    let delivery: Option<DeliveryId> = tally.delivery.as_deref().and_then(|id| id.parse().ok());
    Some(match word {
        "pending_approval" => State::PendingApproval,
        "unpaid" => State::Unpaid,
        "open" => State::Open,
        "claimed" => State::Claimed(under_way?),
        "delivered" => State::Delivered { work: under_way?, delivery: delivery?, again: tally.again },
        "in_review" => State::InReview { work: under_way?, delivery: delivery? },
        "revision_requested" => State::RevisionRequested(under_way?),
        "gate_failed" => State::GateFailed { work: under_way?, until: Timestamp(tally.resubmit_until?) },
        "rejected" => State::Rejected { work: under_way?, delivery: delivery? },
        "disputed" => State::Disputed { work: under_way? },
        "paid" => State::Paid(under_way?),
        "pdqg_final_fail" => State::PdqgFinalFail,
        "failed" => State::Failed,
        "cancelled" => State::Cancelled,
        "expired" => State::Expired,
        "resolved" => State::Resolved,
        _ => return None,
    })
}

/// Most bodies have fewer bytes.
const BODY_BYTES: usize = 1_024;

/// Writes a body.
pub(crate) fn to_json<T: Serialize>(body: &T) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::with_capacity(BODY_BYTES);
    let written = serde_json::to_writer(&mut bytes, body);
    written.map_err(|error| Error::Internal(format!("a body cannot be written: {error}")))?;
    Ok(bytes)
}

/// Reads a body; one that does not fit is an impossible row.
pub(crate) fn from_json<T: DeserializeOwned>(what: &str, body: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(body).map_err(|error| Error::Internal(format!("impossible {what}: {error}")))
}
