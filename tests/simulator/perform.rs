//! A step against the real verbs.

mod deals;
mod money;

use std::collections::BTreeMap;
use std::sync::Arc;

use assay::app::access::{Means, Scopes};
use assay::app::approvals::Decision;
use assay::app::deliveries::{Delivered, Package, Try};
use assay::app::parties::{Registered, Registration};
use assay::app::reviews::Review;
use assay::app::rewards::Ruling;
use assay::app::tasks::TaskView;
use assay::app::{Answer, App, Ask, Caller};
use assay::error::Error;
use assay_db::{Once, Reply};
use assay_domain::guardrails::Guardrails;
use assay_domain::ids::{KeyId, PartyId};
use assay_domain::task::Resolution;
use serde_json::{Value, json};
use uuid::Uuid;

use super::bank::Bank;
use super::later::Names;
use super::purse::{HANDED_MAX, handoff};
use super::steps::{Act, Content, How, Label, Rules, Wants, Which, Word};

pub(super) const CAPABILITY: &str = "tea guides";
const DESCRIPTION: &str =
    "A short guide to brewing loose green tea at home: water, temperature, time and leaves.";
const GOOD: &str = "Green tea wants patience more than heat. Bring fresh water to a temperature of about 75 \
    degrees, well below the boil, and warm the pot first. Take two grams of leaves for each cup, pour the water \
    over them and wait two minutes. Taste it then: longer steeping makes the cup bitter. The same leaves will \
    give a second and a third cup, each a little shorter than the last.";
const PLAIN: &str = "Green tea wants patience more than heat. Bring fresh water to a temperature of about 75 \
    degrees, well below the boil, and warm the pot first. Pour the water over the tea and wait two minutes. \
    Taste it then: longer steeping makes the cup bitter, so keep an eye on the clock.";
const JUNK: &str = "lorem ipsum dolor sit amet lorem ipsum dolor sit amet lorem ipsum";

/// What the house answered.
#[derive(Clone, Debug)]
pub(super) struct Told {
    /// The id of what was made.
    pub(super) id: String,
    /// An id of something beside it: an approval, a payment.
    pub(super) also: String,
    /// The rest, for comparing.
    pub(super) words: String,
    /// Whether it is an earlier answer.
    pub(super) replayed: bool,
}

/// The names that a step needs, as they were when it began.
#[derive(Clone, Default)]
pub(super) struct Known {
    pub(super) ids: Arc<Names>,
    pub(super) also: Arc<Names>,
    /// Payments: how many cents, and whether they come in coins.
    pub(super) payments: Arc<BTreeMap<Label, (i64, bool)>>,
    pub(super) bank: Arc<Bank>,
    pub(super) reward: String,
}

/// With which idempotency key a request comes, and with which body.
#[derive(Clone, Copy)]
pub(super) struct Key {
    pub(super) label: Label,
    pub(super) body: u8,
}

struct Doing<'a> {
    app: &'a App,
    known: &'a Known,
    once: Option<Once>,
}

/// Does it. A refusal is its code; a fault says what it is.
pub(super) async fn perform(app: Arc<App>, known: Known, key: Key, act: Act) -> Result<Told, String> {
    let once = Once { key: format!("simulated/{}", key.label), body_hash: vec![key.body] };
    let once = act.is_keyed().then_some(once);
    let doing = Doing { app: &app, known: &known, once };
    let answer = match doing.act(&act).await {
        Ok(answer) => answer,
        Err(Error::Refused(refusal)) => return Err(refusal.code.as_str().to_owned()),
        Err(fault) => return Err(fault.to_string()),
    };
    let text = String::from_utf8_lossy(&answer.reply.body).into_owned();
    let mut parts = text.splitn(3, '|').map(str::to_owned);
    let mut part = || parts.next().unwrap_or_default();
    Ok(Told { id: part(), also: part(), words: part(), replayed: answer.replayed })
}

fn reply(id: impl std::fmt::Display, also: &str, words: &str) -> Reply {
    Reply::new(200, format!("{id}|{also}|{words}").into_bytes())
}

fn silent() -> Answer {
    Answer { reply: reply("", "", ""), replayed: false }
}

fn of_task(view: &TaskView) -> Reply {
    let also = view.approval.map(|approval| approval.to_string()).unwrap_or_default();
    reply(view.task.id, &also, view.task.state.word())
}

fn of_delivery(one: &Delivered) -> Reply {
    reply(one.delivery.id, "", &format!("{} {}", one.delivery.status, one.task_status))
}

fn package(content: Content) -> Package {
    let content = match content {
        Content::Junk => JUNK,
        Content::Plain => PLAIN,
        Content::Good => GOOD,
    };
    Package { content: content.into(), summary: String::new(), attachments: Vec::new() }
}

fn of_party(party: &Registered) -> Reply {
    reply(party.id, "", "")
}

fn dollars(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

const fn micros(cents: i64) -> i64 {
    cents * 10_000
}

impl Doing<'_> {
    fn id<T: std::str::FromStr>(&self, label: Label) -> T {
        let known = self.known.ids.get(&label).and_then(|id| id.parse().ok());
        known.expect("a step names what is there")
    }

    fn also<T: std::str::FromStr>(&self, label: Label) -> T {
        let known = self.known.also.get(&label).and_then(|id| id.parse().ok());
        known.expect("a step names what is there")
    }

    fn ask(&self, who: Label) -> Ask {
        let means = Means::Key(KeyId(Uuid::nil()));
        let caller = Caller { party: self.id(who), scopes: Scopes::USUAL, means };
        Ask { caller, once: self.once.clone() }
    }

    /// By whoever has the party's handoff.
    fn handed_ask(&self, who: Label) -> Ask {
        let means = Means::Handoff { key: KeyId(handoff(who)), spend_max: HANDED_MAX };
        let ask = self.ask(who);
        Ask { caller: Caller { means, ..ask.caller }, ..ask }
    }

    fn operator(&self) -> Ask {
        let caller = Caller { party: PartyId(Uuid::nil()), scopes: Scopes::OPERATOR, means: Means::Operator };
        Ask { caller, once: self.once.clone() }
    }

    async fn act(&self, act: &Act) -> Result<Answer, Error> {
        match *act {
            Act::Register
            | Act::Rules { .. }
            | Act::Approve { .. }
            | Act::Redeem { .. }
            | Act::Rule { .. } => self.among_people(act).await,
            Act::Offer { .. }
            | Act::Post { .. }
            | Act::Buy { .. }
            | Act::Bid { .. }
            | Act::Choose { .. }
            | Act::Answer { .. }
            | Act::Negotiate { .. }
            | Act::Agree { .. } => self.over_a_price(act).await,
            Act::Pay { .. }
            | Act::Callback { .. }
            | Act::Chargeback { .. }
            | Act::Release { .. }
            | Act::Outcome { .. }
            | Act::Decide { .. }
            | Act::OpenChannel { .. }
            | Act::Fund { .. }
            | Act::Transfer { .. }
            | Act::Close { .. }
            | Act::Withdraw { .. } => self.with_money(act).await,
            Act::Jobs => {
                self.app.run_due_jobs().await?;
                // What somebody else was just entering is found when it is looked for again.
                self.app.run_due_jobs().await?;
                Ok(silent())
            }
            _ => self.on_work(act).await,
        }
    }

    async fn among_people(&self, act: &Act) -> Result<Answer, Error> {
        let app = self.app;
        match *act {
            Act::Register => {
                let asked = Registration { name: "somebody".into(), ..Registration::default() };
                app.register(&asked, of_party).await
            }
            Act::Rules { who, by, rules } => {
                let wanted = guardrails(rules);
                app.set_guardrails(&self.ask(by), self.id(who), &wanted, |_| reply("", "", "")).await
            }
            Act::Approve { who, task, yes } => {
                let decision = if yes { Decision::Approve } else { Decision::Reject };
                let render = |one: &assay::app::approvals::Approval| reply("", "", one.task.state.word());
                app.resolve_approval(&self.ask(who), self.also(task), decision, "", render).await
            }
            Act::Redeem { who } => {
                let reward = self.known.reward.parse().map_err(|_| Error::Internal("a reward".into()))?;
                app.redeem(&self.ask(who), reward, |one| reply(one.id, "", &one.status)).await
            }
            Act::Rule { redemption, yes } => {
                let ruling = if yes { Ruling::Approve } else { Ruling::Refuse { reason: None } };
                let id = self.id(redemption);
                app.rule_redemption(&self.operator(), id, &ruling, |one| reply("", "", &one.status)).await
            }
            _ => Ok(silent()),
        }
    }

    async fn on_work(&self, act: &Act) -> Result<Answer, Error> {
        let app = self.app;
        match *act {
            Act::PayFor { who, task } => app.pay_for(&self.ask(who), self.id(task), of_task).await,
            Act::Claim { who, task } => app.claim(&self.ask(who), self.id(task), of_task).await,
            Act::GiveUp { who, task } => app.give_up(&self.ask(who), self.id(task), "tired", of_task).await,
            Act::Cancel { who, task } => app.cancel(&self.ask(who), self.id(task), of_task).await,
            Act::Deliver { who, task, content, which } => self.deliver(who, task, content, which).await,
            Act::DryRun { who, task, content } => {
                app.dry_run(&self.ask(who), self.id(task), &package(content), of_delivery).await
            }
            Act::Review { who, delivery, word } => {
                let word = match word {
                    Word::Accept => Review::Accept,
                    Word::Revise => Review::Revise,
                    Word::Reject => Review::Reject,
                };
                app.review(&self.ask(who), self.id(delivery), word, "", |one| reply("", "", &one.status))
                    .await
            }
            Act::Dispute { who, task } => {
                app.dispute(&self.ask(who), self.id(task), "so", |one| reply(one.id, "", &one.status)).await
            }
            Act::Resolve { dispute, how } => {
                let how = match how {
                    How::Refund => Resolution::Refund,
                    How::Release => Resolution::Release,
                    How::Split(worker_share) => Resolution::Split { worker_share },
                };
                app.resolve(&self.operator(), self.id(dispute), how, |one| reply("", "", &one.status)).await
            }
            _ => Ok(silent()),
        }
    }

    async fn deliver(
        &self,
        who: Label,
        task: Label,
        content: Content,
        which: Which,
    ) -> Result<Answer, Error> {
        let which = match which {
            Which::First => Try::First,
            Which::Again => Try::Again,
            Which::Either => Try::Either,
        };
        self.app.deliver(&self.ask(who), self.id(task), &package(content), which, of_delivery).await
    }
}

fn checks(wants: Wants) -> Vec<Value> {
    if wants == Wants::Nothing { vec![] } else { vec![json!({ "kind": "contains", "value": "leaves" })] }
}

fn guardrails(rules: Rules) -> Guardrails {
    Guardrails {
        enabled: rules.enabled,
        max_task_budget: rules.budget.map(micros),
        max_daily_spend: rules.daily.map(micros),
        max_open_tasks: rules.open,
        allowed_categories: rules.one_category.then(|| vec!["writing".into()]),
        require_human_approval_above: rules.ask_above.map(micros),
        auto_review: rules.auto,
    }
}
