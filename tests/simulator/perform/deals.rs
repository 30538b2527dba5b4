//! Prices against the real verbs: what is offered, posted, bid, bought, and settled on.

use assay::app::bids::{Bid, Offer};
use assay::app::bought::{PayBy, Purchase};
use assay::app::negotiation::{Negotiation, Proposal};
use assay::app::payments::Payment;
use assay::app::pricing::Model;
use assay::app::providers::Offering;
use assay::app::tasks::TaskView;
use assay::app::{Answer, posting};
use assay::config::Surface;
use assay::error::Error;
use assay_db::Reply;
use assay_domain::ids::Timestamp;
use assay_domain::money::Asset;
use assay_domain::terms;
use serde_json::{Value, json};

use super::{CAPABILITY, DESCRIPTION, Doing, checks, dollars, micros, of_task, reply};
use crate::steps::{Act, Asks, Auction, By, Deal, Hybrid, Label, Mode, Post, Pricing, Wants};

const TITLE: &str = "Explain how to brew green tea";

fn of_bid(bid: &Bid) -> Reply {
    reply(bid.id, "", &bid.status)
}

fn of_negotiation(one: &Negotiation) -> Reply {
    reply(one.id, "", &format!("{} {}", one.status, one.price))
}

impl Doing<'_> {
    pub(super) async fn over_a_price(&self, act: &Act) -> Result<Answer, Error> {
        let app = self.app;
        match *act {
            Act::Offer { who, cents, asks } => self.offer(who, cents, asks).await,
            Act::Post { who, post } => app.post(&self.ask(who), &self.posted(post), of_task).await,
            Act::Buy { who, deal, most_cents, by, wants, hours } => {
                let purchase = self.purchase(deal, micros(most_cents), by, (wants, hours));
                if by != By::Coins {
                    return app.buy(&self.ask(who), &purchase, of_task).await;
                }
                let render = |view: &TaskView, payment: Option<&Payment>| {
                    let also = payment.map(|payment| payment.id.to_string()).unwrap_or_default();
                    reply(view.task.id, &also, view.task.state.word())
                };
                app.buy_by_invoice(&self.ask(who), &purchase, render).await
            }
            Act::Bid { who, task, price } => {
                let price = written(app.task(self.id(task)).await?.spec.terms.asset, price);
                let offer = Offer { price, price_field: "price", cover_letter: String::new() };
                app.bid(&self.ask(who), self.id(task), &offer, of_bid).await
            }
            Act::Choose { who, bid, yes: true } => {
                app.accept_bid(&self.ask(who), self.id(bid), |bid| reply("", "", &bid.status)).await
            }
            Act::Choose { who, bid, yes: false } => {
                app.reject_bid(&self.ask(who), self.id(bid), |bid| reply("", "", &bid.status)).await
            }
            Act::Answer { who, bid, price, credits } => {
                let price = written(if credits { Asset::Cr } else { Asset::Usd }, price);
                app.answer_counter(&self.ask(who), self.id(bid), &price, of_bid).await
            }
            Act::Negotiate { who, with, cents, on } => {
                let proposal = Proposal {
                    provider: self.id(with),
                    capability: Some(CAPABILITY.into()),
                    price: micros(cents),
                    message: String::new(),
                    negotiation: on.map(|on| self.id(on)),
                };
                app.negotiate(&self.ask(who), &proposal, of_negotiation).await
            }
            Act::Agree { who, negotiation } => {
                app.accept_negotiation(&self.ask(who), self.id(negotiation), of_negotiation).await
            }
            _ => Ok(super::silent()),
        }
    }

    async fn offer(&self, who: Label, cents: i64, asks: Asks) -> Result<Answer, Error> {
        let model = match asks {
            Asks::Fixed => "fixed",
            Asks::Hybrid => "hybrid",
            Asks::Auction => "auction",
        };
        let offering = Offering {
            capabilities: vec![CAPABILITY.into()],
            base_price: micros(cents),
            pricing_model: model.into(),
        };
        let party = self.app.who(self.id(who)).await?;
        if party.human {
            return Err(Error::Internal("people offer nothing here".into()));
        }
        self.app.offer(&self.ask(who), "a provider", &offering, |one| reply(one.party, "", "")).await
    }

    fn purchase(&self, deal: Deal, max_price: i64, by: By, (wants, hours): (Wants, u32)) -> Purchase {
        let (provider, negotiation, auction) = match deal {
            Deal::Cheapest => (None, None, None),
            Deal::From(from) => (Some(self.id(from)), None, None),
            Deal::Agreed(agreed) => (None, Some(self.id(agreed)), None),
            Deal::Auction(auction) => (None, None, Some(auction)),
        };
        Purchase {
            capability: CAPABILITY.into(),
            input: Value::String(DESCRIPTION.into()),
            pay_by: match by {
                By::Balance => PayBy::Balance,
                By::Later => PayBy::Later,
                By::Coins => PayBy::Crypto,
            },
            max_price,
            provider,
            negotiation,
            auction: auction.map(configured),
            closes_at: auction.and_then(|auction| auction.hours).map(|hours| self.in_hours(hours)),
            deadline_hours: hours,
            checks: checks(wants),
            verifiers: Vec::new(),
        }
    }

    fn in_hours(&self, hours: u32) -> Timestamp {
        self.app.now().plus_hours(hours)
    }

    fn posted(&self, post: Post) -> posting::Post {
        let (surface, asset) =
            if post.credits { (Surface::Agent, Asset::Cr) } else { (Surface::Commission, Asset::Usd) };
        let mode = match post.mode {
            Mode::Bid | Mode::Direct => terms::Mode::Bid,
            Mode::Claim => terms::Mode::Claim,
            Mode::Open => terms::Mode::OpenSubmission,
        };
        let taste = post.wants == Wants::LeavesAndTaste;
        posting::Post {
            title: TITLE.into(),
            description: DESCRIPTION.into(),
            category: if post.elsewhere { "elsewhere" } else { "writing" }.into(),
            budget: units(asset, post.budget),
            deadline_hours: post.hours,
            criteria: if taste { vec!["No factual errors".into()] } else { vec![] },
            checks: checks(post.wants),
            pricing: post.pricing.map(|pricing| self.model(asset, pricing)),
            ..posting::Post::new(surface, mode)
        }
    }

    fn model(&self, asset: Asset, pricing: Pricing) -> Model {
        let (name, config, hours) = match pricing {
            Pricing::Fixed { whole } => {
                ("fixed", json!({ "pay": if whole { "listing" } else { "bid" } }), None)
            }
            Pricing::Hybrid(Hybrid { base, band, rounds, hours }) => {
                let mut config = json!({ "band_bp": band, "rounds_max": rounds });
                if let Some(base) = base {
                    config["base_price"] = units(asset, base).into();
                }
                ("hybrid", config, hours)
            }
            Pricing::Auction(auction) => ("auction", configured(auction), auction.hours),
        };
        let closes_at = hours.map(|hours| self.in_hours(hours));
        Model { name: name.into(), config, closes_in_hours: None, closes_at }
    }
}

fn configured(auction: Auction) -> Value {
    let mut config = json!({ "price": if auction.second { "second" } else { "first" } });
    if let Some(bids) = auction.bids {
        config["bids"] = bids.into();
    }
    config
}

/// Cents or credits, in the smallest unit.
const fn units(asset: Asset, amount: i64) -> i64 {
    match asset {
        Asset::Usd => micros(amount),
        Asset::Cr => amount,
    }
}

/// Cents or credits, as they are written in a request.
fn written(asset: Asset, amount: i64) -> String {
    match asset {
        Asset::Usd => dollars(amount),
        Asset::Cr => amount.to_string(),
    }
}
