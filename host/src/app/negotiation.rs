//! Settling on a price before a task is bought: a client proposes, the provider's
//! pricing model answers at once, or the provider does by hand.
//!
//! Pricing models judge bids, where less is better. Here more is better for the provider,
//! so a proposal is shown to its model mirrored at the base price: five under it becomes
//! five over it. What the model counters with is mirrored back.

use assay_db::entities::ReceiptRow;
use assay_db::entities::finance::NegotiationRow;
use assay_db::{Change, Key, Record as _, Reply};
use assay_domain::ids::{NegotiationId, PartyId, Timestamp};
use assay_domain::money::Asset;
use assay_domain::refusal::{Code, Refusal};
use assay_sandbox::{Input, Listing, Output, PricingDecision, PricingEvent};
use serde::{Deserialize, Serialize};

use super::judging::Signed;
use super::providers::Provider;
use super::task::{from_json, to_json};
use super::{Answer, App, Ask};
use crate::error::Error;

/// Two parties settling on a price.
#[derive(Clone, Debug)]
pub struct Negotiation {
    /// Which.
    pub id: NegotiationId,
    /// Who asks.
    pub client: PartyId,
    /// Who is asked.
    pub provider: PartyId,
    /// `pending`, `countered`, `accepted`, `rejected` or `used`.
    pub status: String,
    /// What stands now: the proposal, or the counter-offer; millionths of a dollar.
    pub price: i64,
    /// When it began.
    pub created_at: Timestamp,
    /// The rest.
    pub body: Body,
    head: i64,
}

/// What is kept of a negotiation.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Body {
    /// For what.
    pub capability: Option<String>,
    /// The client's last proposal, millionths of a dollar.
    pub proposed: i64,
    /// The provider's last counter-offer.
    pub countered: Option<i64>,
    /// Counter-offers made.
    pub rounds: u32,
    /// The client's words.
    pub message: String,
    /// The model's words.
    pub reason: String,
    /// Receipts of its runs, in order.
    pub receipts: Vec<String>,
    /// Hash of the latest receipt.
    receipt_hash: Option<String>,
}

/// What a client proposes.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// To whom.
    pub provider: PartyId,
    /// For what.
    pub capability: Option<String>,
    /// Millionths of a dollar.
    pub price: i64,
    /// Why.
    pub message: String,
    /// The negotiation it goes on with, where there is one.
    pub negotiation: Option<NegotiationId>,
}

fn head_key(id: NegotiationId) -> Key {
    Key::head("negotiation", id)
}

/// A price seen from the other side of the base price; at least one unit.
fn mirrored(base: i64, price: i64) -> i64 {
    base.saturating_mul(2).saturating_sub(price).max(1)
}

impl App {
    /// Proposes a price to a provider, or proposes anew after a counter-offer.
    pub async fn negotiate(
        &self,
        ask: &Ask,
        proposal: &Proposal,
        render: fn(&Negotiation) -> Reply,
    ) -> Result<Answer, Error> {
        self.settle(ask.once.as_ref(), || async move {
            let client = ask.caller.party;
            let provider = self.find_provider(proposal.provider).await?;
            let provider =
                provider.ok_or_else(|| Refusal::field("agent_id", "is no provider of this marketplace"))?;
            if let Some(capability) = &proposal.capability
                && !provider.offering.capabilities.contains(capability)
            {
                let offered = provider.offering.capabilities.join(", ");
                return Err(
                    Refusal::field("capability", format!("is none of the provider's: {offered}")).into()
                );
            }
            let mut negotiation = match proposal.negotiation {
                Some(id) => self.reopened(id, client, proposal).await?,
                None => self.opened(client, proposal),
            };
            let change = self.at_arms_length(Change::new(), client, provider.party).await?;
            let signed = self.ask_model(&mut negotiation, &provider).await?;
            let mut change = change.advance(head_key(negotiation.id), negotiation.head);
            for (n, Signed { receipt, input }) in (0_i64..).zip(&signed) {
                let before = negotiation.body.receipts.len() - signed.len();
                let row = ReceiptRow {
                    id: receipt.id.clone(),
                    task: negotiation.id.to_string(),
                    delivery: String::new(),
                    n: i64::try_from(before).unwrap_or(0) + n + 1,
                    plugin: receipt.plugin.to_string(),
                    world: receipt.world.as_str().into(),
                    outcome: receipt.outcome.clone(),
                    created_at: self.now().0,
                    body: to_json(receipt)?,
                };
                change = change.row(row.insert()).blob(receipt.input.hex(), input.clone());
            }
            let change = change.row(negotiation.to_row()?.upsert());
            Ok(change.reply(move |_| render(&negotiation)))
        })
        .await
    }

    fn opened(&self, client: PartyId, proposal: &Proposal) -> Negotiation {
        Negotiation {
            id: NegotiationId(self.clock.id()),
            client,
            provider: proposal.provider,
            status: "pending".into(),
            price: proposal.price,
            created_at: self.now(),
            body: Body {
                capability: proposal.capability.clone(),
                proposed: proposal.price,
                countered: None,
                rounds: 0,
                message: proposal.message.clone(),
                reason: String::new(),
                receipts: Vec::new(),
                receipt_hash: None,
            },
            head: 0,
        }
    }

    async fn reopened(
        &self,
        id: NegotiationId,
        client: PartyId,
        proposal: &Proposal,
    ) -> Result<Negotiation, Error> {
        let before = self.negotiation(id).await?;
        if before.client != client {
            return Err(Refusal::new(Code::NotAParty, "only its client goes on with a negotiation").into());
        }
        if before.provider != proposal.provider {
            return Err(Refusal::field("agent_id", "is not whom this negotiation is with").into());
        }
        if before.status != "countered" && before.status != "pending" {
            let message = format!("the negotiation is {}: begin a new one", before.status);
            return Err(Refusal::new(Code::WrongStatus, message).into());
        }
        let body = Body { proposed: proposal.price, message: proposal.message.clone(), ..before.body };
        Ok(Negotiation { status: "pending".into(), price: proposal.price, body, ..before })
    }

    /// Asks the provider's model. An auction's has nothing to say before its bids, and a
    /// model without an answer leaves the proposal to the provider.
    async fn ask_model(&self, on: &mut Negotiation, provider: &Provider) -> Result<Vec<Signed>, Error> {
        let offering = &provider.offering;
        let Some(digest) = self.builtins.pricing(&offering.pricing_model).filter(|_| offering.base_price > 0)
        else {
            if offering.base_price == 0 {
                on.status = "accepted".into();
            }
            return Ok(Vec::new());
        };
        if offering.pricing_model == "auction" {
            return Ok(Vec::new());
        }
        let input = Input::Price {
            listing: listing(on, offering.base_price, &offering.pricing_model),
            book: vec![offered(on, offering.base_price)],
            event: if on.body.rounds == 0 {
                PricingEvent::Bid(on.id.to_string())
            } else {
                PricingEvent::Counter(on.id.to_string())
            },
            config: config(&offering.pricing_model, offering.base_price),
        };
        let mut runs = Vec::new();
        let said = self.run(&digest.to_string(), &input, &mut runs).await?;
        if let Ok(Output::Pricing(decisions)) = said {
            for decision in decisions {
                on.hear(decision, offering.base_price);
            }
        }
        let signed = self.sign_chained(&mut on.body.receipt_hash, runs)?;
        on.body.receipts.extend(signed.iter().map(|one| one.receipt.id.clone()));
        Ok(signed)
    }

    /// Accepts what stands: the provider a proposal, the client a counter-offer.
    pub async fn accept_negotiation(
        &self,
        ask: &Ask,
        id: NegotiationId,
        render: fn(&Negotiation) -> Reply,
    ) -> Result<Answer, Error> {
        self.settle(ask.once.as_ref(), || async move {
            let before = self.negotiation(id).await?;
            let caller = ask.caller.party;
            if caller != before.client && caller != before.provider {
                return Err(Refusal::new(Code::NotAParty, "only its two sides accept a negotiation").into());
            }
            let whose = match before.status.as_str() {
                "pending" => before.provider,
                "countered" => before.client,
                other => {
                    let message = format!("the negotiation is {other}: there is nothing to accept");
                    return Err(Refusal::new(Code::WrongStatus, message).into());
                }
            };
            if caller != whose {
                let message = "the other side has to accept what you proposed";
                return Err(Refusal::new(Code::NotAParty, message).into());
            }
            let head = before.head;
            let accepted = Negotiation { status: "accepted".into(), ..before };
            let change = Change::new().advance(head_key(id), head).row(accepted.to_row()?.upsert());
            Ok(change.reply(move |_| render(&accepted)))
        })
        .await
    }

    /// Uses an agreed price for a task, once.
    pub(crate) async fn use_negotiation(
        &self,
        change: Change,
        client: PartyId,
        id: NegotiationId,
    ) -> Result<(Negotiation, Change), Error> {
        let agreed = self.negotiation(id).await?;
        if agreed.client != client {
            return Err(Refusal::field("negotiation_id", "is not a negotiation of yours").into());
        }
        if agreed.status != "accepted" {
            let message = format!("is {}: only an accepted one can be used, once", agreed.status);
            let refusal = Refusal::field("negotiation_id", message);
            return Err(Refusal { code: Code::WrongStatus, ..refusal }.into());
        }
        let used = Negotiation { status: "used".into(), ..agreed };
        let change = change.advance(head_key(id), used.head).row(used.to_row()?.upsert());
        Ok((used, change))
    }

    /// A negotiation by id, head first.
    pub(crate) async fn negotiation(&self, id: NegotiationId) -> Result<Negotiation, Error> {
        let read = self.db.read();
        let head = read.cell(&head_key(id)).await?;
        let row = read.one::<NegotiationRow>("id = $1", &[id.to_string().into()]).await?;
        Negotiation::from_row(&row.ok_or_else(|| Refusal::not_found("negotiation"))?, head)
    }
}

fn units(price: i64) -> u64 {
    u64::try_from(price).unwrap_or(0)
}

/// The provider's listing as its model sees it: `fixed` takes what is at the base price,
/// `hybrid` has room for bids up to twice as far.
fn listing(on: &Negotiation, base: i64, model: &str) -> Listing {
    let most = if model == "fixed" { base } else { base.saturating_mul(2) };
    Listing {
        id: on.id.to_string(),
        currency: Asset::Usd.code().into(),
        price: units(most),
        opened_at: units(on.created_at.0),
        closes_at: None,
    }
}

fn config(model: &str, base: i64) -> String {
    if model == "hybrid" { format!("{{\"base_price\":{base}}}") } else { "{}".into() }
}

fn offered(on: &Negotiation, base: i64) -> assay_sandbox::Bid {
    assay_sandbox::Bid {
        id: on.id.to_string(),
        bidder: on.client.to_string(),
        price: units(mirrored(base, on.body.proposed)),
        placed_at: units(on.created_at.0),
        countered_at_price: on.body.countered.map(|price| units(mirrored(base, price))),
        rounds: on.body.rounds,
    }
}

impl Negotiation {
    /// Takes in what the model decided. A deal is never above what the client proposed.
    fn hear(&mut self, decision: PricingDecision, base: i64) {
        match decision {
            PricingDecision::Award(_) => {
                self.status = "accepted".into();
                self.price = self.body.proposed;
            }
            PricingDecision::Counter(offer) => {
                // Rounded as it was mirrored: up to a cent, in the provider's favour.
                let offer = Asset::Usd.whole(i64::try_from(offer.price).unwrap_or(i64::MAX));
                let price = mirrored(base, offer);
                self.status = "countered".into();
                self.price = price;
                self.body.countered = Some(price);
                self.body.rounds += 1;
            }
            PricingDecision::Reject(_) => {
                self.status = "rejected".into();
                let base = assay_domain::money::format(Asset::Usd, base);
                self.body.reason =
                    format!("the provider's model does not go below what it asks; its base price is {base}");
            }
            PricingDecision::Wait(_) => {}
        }
    }

    fn to_row(&self) -> Result<NegotiationRow, Error> {
        Ok(NegotiationRow {
            id: self.id.to_string(),
            client: self.client.to_string(),
            provider: self.provider.to_string(),
            status: self.status.clone(),
            price: self.price,
            created_at: self.created_at.0,
            body: to_json(&self.body)?,
        })
    }

    fn from_row(row: &NegotiationRow, head: i64) -> Result<Self, Error> {
        let impossible = |what: &str| Error::Internal(format!("negotiation {}: impossible {what}", row.id));
        Ok(Self {
            id: row.id.parse().map_err(|_| impossible("id"))?,
            client: row.client.parse().map_err(|_| impossible("client"))?,
            provider: row.provider.parse().map_err(|_| impossible("provider"))?,
            status: row.status.clone(),
            price: row.price,
            created_at: Timestamp(row.created_at),
            body: from_json("negotiation", &row.body)?,
            head,
        })
    }
}
