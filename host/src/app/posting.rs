//! Posting work, through any surface: criteria compiled, judges pinned, money held.

use std::collections::BTreeSet;
use std::sync::Arc;

use assay_db::entities::finance::TaskSkillRow;
use assay_db::entities::people::ApprovalRow;
use assay_db::{Change, Record as _, Reply, Write};
use assay_domain::criteria::Class;
use assay_domain::guardrails::{Guardrails, Permit};
use assay_domain::ids::{ApprovalId, PartyId, TaskId, Timestamp};
use assay_domain::money::Asset;
use assay_domain::refusal::{Code, Refusal};
use assay_domain::task::{Event, Money, State};
use assay_domain::terms::{Mode, ReviewPolicy, Terms};
use serde_json::{Value, json};

use super::jobs::JobKind;
use super::memory::{Decided, Left, Sight};
use super::ownership::ownership_key;
use super::plugins::Named;
use super::pricing::{Cause, Due, Model, pricing_job};
use super::spending::{charge, count_open_task};
use super::task::{Check, Criterion, Pin, Protected, Spec, Tally, Task};
use super::tasks::{Eyes, TaskView};
use super::turn::{Turn, Visibility};
use super::{Answer, App, Ask, commissioning};
use crate::config::Surface;
use crate::error::Error;

/// The skill of whoever named none, and of tasks that name none.
pub const GENERALIST: &str = "generalist";

/// What somebody wants done.
#[derive(Clone, Debug)]
pub struct Post {
    /// The surface it comes through, which decides its terms.
    pub surface: Surface,
    /// How it finds its worker.
    pub mode: Mode,
    /// One line.
    pub title: String,
    /// The whole.
    pub description: String,
    /// The poster's category; on the finance surface the capability.
    pub category: String,
    /// What it takes.
    pub skills: Vec<String>,
    /// The most to be paid, in the smallest unit of the surface's asset.
    pub budget: i64,
    /// Hours until it expires; nothing is never.
    pub deadline_hours: Option<u32>,
    /// When it is done, in the poster's words.
    pub criteria: Vec<String>,
    /// When it is done, in checks.
    pub checks: Vec<Value>,
    /// Verifiers beside the one of checks.
    pub verifiers: Vec<Named>,
    /// Who chooses among the bids, if not the poster.
    pub pricing: Option<Model>,
    /// Fields in ciphertext.
    pub protected: Vec<Protected>,
    /// What the worker is given, as JSON.
    pub input: Value,
    /// Who is to do it, with [`Mode::Direct`].
    pub direct: Option<PartyId>,
    /// Whether it is paid for later.
    pub unpaid: bool,
}

impl Post {
    /// A post with nothing in it yet.
    pub fn new(surface: Surface, mode: Mode) -> Self {
        Self {
            surface,
            mode,
            title: String::new(),
            description: String::new(),
            category: "general".into(),
            skills: Vec::new(),
            budget: 0,
            deadline_hours: None,
            criteria: Vec::new(),
            checks: Vec::new(),
            verifiers: Vec::new(),
            pricing: None,
            protected: Vec::new(),
            input: Value::Null,
            direct: None,
            unpaid: false,
        }
    }
}

impl App {
    /// Posts a task. Above the line its guardrails draw it waits for the owner, with its
    /// money held.
    pub async fn post(
        &self,
        ask: &Ask,
        post: &Post,
        render: impl Fn(&TaskView) -> Reply + Clone + Send + Sync + 'static,
    ) -> Result<Answer, Error> {
        let render = &render;
        self.settle_by_sight(ask.once.as_ref(), |sight| async move {
            let (view, change) = self.decide_post(&sight, ask, post).await?;
            let render = render.clone();
            let leaves = vec![Left::Task(Box::new(view.task.clone()))];
            Ok(Decided { change: change.reply(move |_| render(&view)), leaves })
        })
        .await
    }

    /// The task a post makes, and the change that makes it.
    pub(crate) async fn decide_post(
        &self,
        sight: &Sight,
        ask: &Ask,
        post: &Post,
    ) -> Result<(TaskView, Change), Error> {
        let poster = ask.caller.party;
        let (guardrails, guardrails_head) = self.guardrails_by(sight, poster).await?;
        let mut task = self.draft(ask, post, &guardrails)?;
        self.pin_plugins(Arc::make_mut(&mut task.spec), &post.verifiers).await?;
        self.try_pricing(&task).await?;
        let asset = task.spec.terms.asset;
        let permit = guardrails.permit(asset, post.budget, &post.category)?;
        if post.unpaid && permit != Permit::Granted {
            let message = "a budget above require_human_approval_above is paid from the balance, where the owner \
                           approves it: post it with payment_type balance";
            return Err(Refusal::new(Code::GuardrailHumanApproval, message).into());
        }

        let mut turn = Turn::of(self, task);
        let change = std::mem::take(&mut turn.change).new_id(turn.task.id);
        turn.change = change.expect(commissioning::head_key(poster), guardrails_head);
        if !post.unpaid {
            let gross = post.budget + turn.task.spec.terms.fee_on_top(post.budget);
            let hold = turn.task.purse().moves(Money::Hold, self.lane);
            let change = std::mem::take(&mut turn.change).moves(hold);
            turn.change = charge(change, &ask.caller, &guardrails, asset, gross, turn.now);
        }
        turn.change = count_open_task(std::mem::take(&mut turn.change), poster, &guardrails);
        let facts = json!({ "title": post.title, "category": post.category, "price": post.budget });
        turn.tell("task.posted", Visibility::Public, &facts)?;
        let approval = match permit {
            Permit::NeedsApproval { above } => Some(self.ask_approval(&mut turn, above).await?),
            Permit::Granted if post.unpaid => None,
            Permit::Granted => {
                self.open_for_work(&mut turn).await?;
                None
            }
        };
        if post.unpaid && permit == Permit::Granted {
            start_deadline(&mut turn);
        }
        let (task, mut change) = turn.finish()?;
        change.rows.extend(skill_rows(&task));
        Ok((TaskView { task, eyes: Eyes::Poster, approval }, change))
    }

    /// The post waits for the owner of the bot; a bot without one is refused.
    async fn ask_approval(&self, turn: &mut Turn<'_>, above: i64) -> Result<ApprovalId, Error> {
        let bot = self.who(turn.task.poster).await?;
        let Some(owner) = bot.owner else {
            let line = assay_domain::money::format(Asset::Usd, above);
            let message = format!(
                "a budget above require_human_approval_above {line} needs the bot's owner, and it has none: \
                 bind it to a person first"
            );
            return Err(Refusal::new(Code::GuardrailHumanApproval, message).into());
        };
        let id = ApprovalId(self.clock.id());
        let row = ApprovalRow {
            id: id.to_string(),
            task: turn.task.id.to_string(),
            bot: bot.id.to_string(),
            owner: owner.to_string(),
            status: "pending".into(),
            created_at: turn.now.0,
            decided_at: None,
            body: b"{}".to_vec(),
        };
        turn.task.state = State::PendingApproval;
        turn.change =
            std::mem::take(&mut turn.change).expect(ownership_key(bot.id), bot.head).row(row.insert());
        turn.tell("task.approval_asked", Visibility::Parties, &json!({ "approval": id.to_string() }))?;
        Ok(id)
    }

    /// An open task whose money is there begins: its deadline runs, its book opens, and
    /// whoever was chosen for it has it.
    pub(crate) async fn open_for_work(&self, turn: &mut Turn<'_>) -> Result<(), Error> {
        start_deadline(turn);
        if let Some(direct) = turn.task.spec.direct.clone() {
            let worker: PartyId =
                direct.parse().map_err(|_| Error::Internal("an impossible worker".into()))?;
            let change = std::mem::take(&mut turn.change);
            turn.change = self.at_arms_length(change, turn.task.poster, worker).await?;
            let price = turn.task.price;
            turn.step(Event::Assign { worker, price })?;
            let facts = json!({ "worker": direct, "price": price });
            return turn.tell("task.claimed", Visibility::Public, &facts);
        }
        if let Some(pricing) = turn.task.spec.pricing.clone() {
            let closes_at = pricing.closes_at.map(Timestamp);
            let (due, at) = closes_at.map_or((Due::Now, turn.now), |at| (Due::Later, at));
            let cause = if closes_at.is_some() { Cause::Deadline } else { Cause::Opened };
            turn.change.jobs.push(pricing_job(turn.task.id, &cause, due, at, None)?);
        }
        Ok(())
    }

    /// The task a post would make.
    fn draft(&self, ask: &Ask, post: &Post, guardrails: &Guardrails) -> Result<Task, Error> {
        let (criteria, mut checks) = compile(&post.criteria);
        checks.extend(self.own_checks(&post.checks)?);
        if checks.len() > self.settings.limits.checks_max {
            let most = self.settings.limits.checks_max;
            return Err(
                Refusal::field("checks", format!("{} given, at most {most} allowed", checks.len())).into()
            );
        }
        let verifier = self.builtins.verifier(checks.iter().map(|check| &check.json));
        let now = self.now();
        let mut spec = Spec {
            title: post.title.clone(),
            description: post.description.clone(),
            category: post.category.clone(),
            skills: post.skills.clone(),
            surface: post.surface.as_str().into(),
            criteria,
            verifiers: vec![Pin { digest: verifier.to_string(), config: "{}".into() }],
            checks,
            pricing: post.pricing.as_ref().map(|model| self.pin_pricing(model, now)).transpose()?,
            scorer: self.builtins.scorer.to_string(),
            reviewer: self.builtins.reviewer.to_string(),
            terms: self.settings.terms.of(post.surface, ReviewPolicy::Poster),
            budget: post.budget,
            deadline_hours: post.deadline_hours,
            direct: post.direct.map(|worker| worker.to_string()),
            input: post.input.clone(),
            protected: post.protected.clone(),
        };
        spec.terms = Terms { review: policy(post.surface, guardrails, &spec), ..spec.terms };
        Ok(Task {
            id: TaskId(self.clock.id()),
            poster: ask.caller.party,
            worker: None,
            state: if post.unpaid { State::Unpaid } else { State::Open },
            mode: post.mode,
            price: post.budget,
            created_at: now,
            deadline_at: None,
            payout_at: None,
            spec: Arc::new(spec),
            tally: Tally::default(),
            head: 0,
        })
    }

    /// The poster's own checks, each of them in order, or all that is wrong with them.
    pub(super) fn own_checks(&self, given: &[Value]) -> Result<Vec<Check>, Refusal> {
        let mut checks = Vec::with_capacity(given.len());
        for (index, json) in given.iter().enumerate() {
            if let Some((path, message)) = self.builtins.check_fault(json) {
                let dot = if path.is_empty() { "" } else { "." };
                return Err(Refusal::field(format!("checks[{index}]{dot}{path}"), message));
            }
            checks.push(check_of(json.clone(), Class::Decidable));
        }
        Ok(checks)
    }
}

/// What finds the task for those who can do it. One without skills is for anyone.
fn skill_rows(task: &Task) -> Vec<Write> {
    let mut skills: BTreeSet<String> = task.spec.skills.iter().map(|skill| skill.to_lowercase()).collect();
    if skills.is_empty() {
        skills.insert(GENERALIST.into());
    }
    let row = |skill| TaskSkillRow { skill, task: task.id.to_string() }.insert();
    skills.into_iter().map(row).collect()
}

/// Who decides about the deliveries of a task.
fn policy(surface: Surface, guardrails: &Guardrails, spec: &Spec) -> ReviewPolicy {
    let auto = match surface {
        Surface::Commission => guardrails.auto_review,
        Surface::Agent => !spec.checks.is_empty() && !spec.left_to_person(),
        Surface::Finance => true,
    };
    if auto { ReviewPolicy::Auto } else { ReviewPolicy::Poster }
}

/// The deadline runs from now.
fn start_deadline(turn: &mut Turn<'_>) {
    if let Some(hours) = turn.task.spec.deadline_hours {
        let at = turn.now.plus_hours(hours);
        turn.task.deadline_at = Some(at);
        turn.later(JobKind::Deadline, at);
    }
}

/// Sentences to criteria, and the checks they were compiled to.
pub(super) fn compile(sentences: &[String]) -> (Vec<Criterion>, Vec<Check>) {
    let mut checks = Vec::new();
    let criteria = sentences.iter().map(|text| {
        let compiled = assay_domain::criteria::compile(text);
        let first = checks.len();
        for check in &compiled.checks {
            // The compiler writes its own JSON; what cannot be read back is left to a person.
            if let Ok(json) = serde_json::from_str(&check.to_json()) {
                checks.push(check_of(json, compiled.class));
            }
        }
        let numbers = (first..checks.len()).filter_map(|number| u32::try_from(number).ok());
        Criterion { text: text.clone(), class: compiled.class, checks: numbers.collect() }
    });
    (criteria.collect(), checks)
}

fn check_of(json: Value, class: Class) -> Check {
    let weight = json.get("weight").and_then(Value::as_u64).and_then(|weight| u32::try_from(weight).ok());
    Check {
        kind: json.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned(),
        required: json.get("required").and_then(Value::as_bool).unwrap_or(true),
        weight: weight.unwrap_or(1),
        class,
        gold: assay_checks::Check::from_value(&json).is_ok_and(|check| check.has_gold()),
        json,
    }
}
