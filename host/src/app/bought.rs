//! Work bought by capability: from a provider at its price, from the cheapest one, or
//! from whoever wins an auction.

use assay_db::{Change, Reply};
use assay_domain::ids::{NegotiationId, PartyId, TaskId, Timestamp};
use assay_domain::money::{self, Asset};
use assay_domain::refusal::{Code, Refusal};
use assay_domain::task::{Event, State};
use assay_domain::terms::Mode;
use serde_json::{Value, json};

use super::memory::Sight;
use super::plugins::Named;
use super::posting::Post;
use super::pricing::Model;
use super::providers::Provider;
use super::spending::charge;
use super::task::Task;
use super::tasks::TaskView;
use super::turn::{Turn, Visibility};
use super::{Answer, App, Ask, commissioning};
use crate::config::Surface;
use crate::error::Error;

/// How a task is paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayBy {
    /// From the wallet, at once.
    Balance,
    /// By an invoice in a stablecoin.
    Crypto,
    /// Later.
    Later,
}

/// What somebody wants to buy.
#[derive(Clone, Debug)]
pub struct Purchase {
    /// What it takes.
    pub capability: String,
    /// What the provider is given; JSON.
    pub input: Value,
    /// How it is paid for.
    pub pay_by: PayBy,
    /// The most to be paid, in millionths of a dollar.
    pub max_price: i64,
    /// From whom, if that matters.
    pub provider: Option<PartyId>,
    /// At the price agreed here.
    pub negotiation: Option<NegotiationId>,
    /// By auction, with its configuration.
    pub auction: Option<Value>,
    /// When the auction closes.
    pub closes_at: Option<Timestamp>,
    /// Hours until it expires.
    pub deadline_hours: u32,
    /// When it is done, in checks.
    pub checks: Vec<Value>,
    /// Verifiers beside the one of checks.
    pub verifiers: Vec<Named>,
}

/// Whom a purchase goes to and at which price.
enum Deal {
    With(PartyId, i64),
    Auction(Value),
}

impl App {
    /// Buys a piece of work.
    ///
    /// Refusals, beside those of posting: nobody offers it at the price (`NO_PROVIDER`), a
    /// negotiation that was not accepted or is used up.
    pub async fn buy(
        &self,
        ask: &Ask,
        purchase: &Purchase,
        render: fn(&TaskView) -> Reply,
    ) -> Result<Answer, Error> {
        self.settle(ask.once.as_ref(), || async move {
            let (view, change) = self.decide_purchase(ask, purchase).await?;
            Ok(change.reply(move |_| render(&view)))
        })
        .await
    }

    /// The task a purchase makes, and the change that makes it.
    pub(crate) async fn decide_purchase(
        &self,
        ask: &Ask,
        purchase: &Purchase,
    ) -> Result<(TaskView, Change), Error> {
        let (deal, with) = self.deal(ask, purchase).await?;
        let post = self.posted(purchase, deal);
        let (view, change) = self.decide_post(&Sight::rows(), ask, &post).await?;
        let change = Change {
            expect: change.expect.into_iter().chain(with.expect).collect(),
            bump: change.bump.into_iter().chain(with.bump).collect(),
            rows: change.rows.into_iter().chain(with.rows).collect(),
            ..change
        };
        Ok((view, change))
    }

    /// Who is to do it, and what the choice itself changes.
    async fn deal(&self, ask: &Ask, purchase: &Purchase) -> Result<(Deal, Change), Error> {
        let client = ask.caller.party;
        if let Some(id) = purchase.negotiation {
            let (agreed, change) = self.use_negotiation(Change::new(), client, id).await?;
            if agreed.price > purchase.max_price {
                let price = money::format(Asset::Usd, agreed.price);
                let message = format!("is below the agreed price of {price}");
                return Err(Refusal::field("max_price", message).into());
            }
            if purchase.provider.is_some_and(|named| named != agreed.provider) {
                let message = "is not whom the negotiation was with";
                return Err(Refusal::field("provider_agent_id", message).into());
            }
            return Ok((Deal::With(agreed.provider, agreed.price), change));
        }
        if let Some(config) = &purchase.auction {
            return Ok((Deal::Auction(config.clone()), Change::new()));
        }
        let found = match purchase.provider {
            Some(id) => Some(self.named_provider(id, &purchase.capability).await?),
            None => self.cheapest(client, &purchase.capability, purchase.max_price).await?,
        };
        let most = money::format(Asset::Usd, purchase.max_price);
        let Some(provider) = found else {
            let message = format!("nobody offers {:?} at or under {most}", purchase.capability);
            return Err(Refusal::new(Code::NoProvider, message).into());
        };
        if provider.offering.pricing_model == "auction" {
            return Ok((Deal::Auction(json!({})), Change::new()));
        }
        let price = provider.offering.base_price;
        if price > purchase.max_price {
            let price = money::format(Asset::Usd, price);
            let message = format!("the provider asks {price}, max_price is {most}: raise it or negotiate");
            return Err(Refusal::new(Code::NoProvider, message).into());
        }
        Ok((Deal::With(provider.party, price), Change::new()))
    }

    async fn named_provider(&self, id: PartyId, capability: &str) -> Result<Provider, Error> {
        let unknown = || Refusal::field("provider_agent_id", "is no provider of this marketplace");
        let provider = self.find_provider(id).await?.ok_or_else(unknown)?;
        if !provider.offering.capabilities.iter().any(|one| one == capability) {
            let message = format!("provider {id} does not offer {capability:?}");
            return Err(Refusal::new(Code::NoProvider, message).into());
        }
        Ok(provider)
    }

    /// The post a purchase is.
    fn posted(&self, purchase: &Purchase, deal: Deal) -> Post {
        let (mode, direct, budget, pricing) = match deal {
            Deal::With(provider, price) => (Mode::Direct, Some(provider), price, None),
            Deal::Auction(config) => {
                let hours = self.settings.terms.auction_hours;
                let closes_at = purchase.closes_at.unwrap_or_else(|| self.now().plus_hours(hours));
                let by_bids = config.get("bids").is_some() && purchase.closes_at.is_none();
                let model = Model {
                    name: "auction".into(),
                    config,
                    closes_in_hours: None,
                    closes_at: (!by_bids).then_some(closes_at),
                };
                (Mode::Bid, None, purchase.max_price, Some(model))
            }
        };
        let description = match &purchase.input {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            input => input.to_string(),
        };
        Post {
            title: purchase.capability.clone(),
            description,
            category: purchase.capability.clone(),
            skills: vec![purchase.capability.clone()],
            budget,
            deadline_hours: Some(purchase.deadline_hours),
            checks: purchase.checks.clone(),
            verifiers: purchase.verifiers.clone(),
            pricing,
            input: purchase.input.clone(),
            direct,
            unpaid: purchase.pay_by != PayBy::Balance,
            ..Post::new(Surface::Finance, mode)
        }
    }

    /// Pays for a task that was posted without money, from the wallet.
    pub async fn pay_for(
        &self,
        ask: &Ask,
        id: TaskId,
        render: fn(&TaskView) -> Reply,
    ) -> Result<Answer, Error> {
        self.settle(ask.once.as_ref(), || async move {
            let view = self.look(&ask.caller, id).await?;
            let task = view.task.unpaid_of(ask.caller.party)?;
            let (rules, rules_head) = self.guardrails(task.poster).await?;
            let asset = task.spec.terms.asset;
            let gross = task.price + task.spec.terms.fee_on_top(task.price);
            let mut turn = Turn::of(self, task);
            let change = std::mem::take(&mut turn.change);
            let change = change.expect(commissioning::head_key(turn.task.poster), rules_head);
            turn.change = charge(change, &ask.caller, &rules, asset, gross, turn.now);
            self.fund(&mut turn).await?;
            let (task, change) = turn.finish()?;
            let eyes = view.eyes;
            Ok(change.reply(move |_| render(&TaskView { task: task.clone(), eyes, approval: None })))
        })
        .await
    }

    /// The money of an unpaid task arrived: it goes into escrow, and the work begins.
    pub(crate) async fn fund(&self, turn: &mut Turn<'_>) -> Result<(), Error> {
        turn.step(Event::Fund)?;
        let facts = json!({ "price": turn.task.price });
        turn.tell("task.funded", Visibility::Parties, &facts)?;
        self.open_for_work(turn).await
    }
}

impl Task {
    /// The task, for its poster, while it waits for its money.
    pub(crate) fn unpaid_of(self, party: PartyId) -> Result<Self, Refusal> {
        if self.poster != party {
            return Err(Refusal::new(Code::NotAParty, "only its poster pays for a task"));
        }
        if self.state != State::Unpaid {
            let message = format!("the task is {}: only an unpaid one can be paid for", self.state.word());
            return Err(Refusal::new(Code::Conflict, message));
        }
        Ok(self)
    }
}
