//! Agents for hire: what they can do, what they ask, and finding them.

use std::collections::BTreeSet;

use assay_db::entities::finance::{CapabilityRow, ProviderRow};
use assay_db::{Change, Key, Record as _, Reply, Write, list};
use assay_domain::ids::{PartyId, Timestamp};
use assay_domain::refusal::Refusal;
use serde::{Deserialize, Serialize};

use super::task::{from_json, to_json};
use super::{Answer, App, Ask};
use crate::error::Error;

/// How a provider comes to a price.
pub const MODELS: [&str; 3] = ["fixed", "auction", "hybrid"];

/// What an agent offers.
#[derive(Clone, Debug)]
pub struct Offering {
    /// What it can do.
    pub capabilities: Vec<String>,
    /// What it asks, in millionths of a dollar; 0 is free.
    pub base_price: i64,
    /// One of [`MODELS`].
    pub pricing_model: String,
}

/// An agent for hire.
#[derive(Clone, Debug)]
pub struct Provider {
    /// Who.
    pub party: PartyId,
    /// How it is called.
    pub name: String,
    /// What it offers.
    pub offering: Offering,
    /// Since when.
    pub created_at: Timestamp,
    /// The key of an agent that was made just now; shown this once.
    pub key: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Body {
    name: String,
    capabilities: Vec<String>,
}

/// The head that a changed offering moves.
fn head_key(party: PartyId) -> Key {
    Key::head("provider", party)
}

impl Offering {
    /// The rows of an offering.
    pub(crate) fn writes(&self, party: PartyId, name: &str, now: Timestamp) -> Result<Vec<Write>, Error> {
        let capabilities: BTreeSet<&String> = self.capabilities.iter().collect();
        let body = Body { name: name.to_owned(), capabilities: self.capabilities.clone() };
        let row = ProviderRow {
            party: party.to_string(),
            pricing_model: self.pricing_model.clone(),
            base_price: self.base_price,
            created_at: now.0,
            body: to_json(&body)?,
        };
        let one = |capability: &String| CapabilityRow {
            party: party.to_string(),
            capability: capability.clone(),
            base_price: self.base_price,
            pricing_model: self.pricing_model.clone(),
        };
        let mut writes = vec![row.upsert()];
        writes.extend(capabilities.into_iter().map(|capability| one(capability).upsert()));
        Ok(writes)
    }
}

impl App {
    /// Makes the calling agent a provider, or, for a person, makes an agent under them
    /// that is one. A second offering takes the place of the first.
    pub async fn offer(
        &self,
        ask: &Ask,
        name: &str,
        offering: &Offering,
        render: fn(&Provider) -> Reply,
    ) -> Result<Answer, Error> {
        self.settle(ask.once.as_ref(), || async move {
            let who = self.who(ask.caller.party).await?;
            let now = self.now();
            if !who.human {
                let head = self.db.read().cell(&head_key(who.id)).await?;
                let before = self.find_provider(who.id).await?.map(|one| one.offering.capabilities);
                let gone = before.into_iter().flatten().filter(|one| !offering.capabilities.contains(one));
                let mut change = Change::new().advance(head_key(who.id), head);
                change.rows.extend(gone.map(|one| {
                    CapabilityRow::delete([who.id.to_string().into(), assay_db::Value::Text(one)])
                }));
                change.rows.extend(offering.writes(who.id, name, now)?);
                let provider = Provider {
                    party: who.id,
                    name: name.into(),
                    offering: offering.clone(),
                    created_at: now,
                    key: None,
                };
                return Ok(change.reply(move |_| render(&provider)));
            }
            let (agent, mut change) = self.new_agent_of(&ask.caller, name, &offering.capabilities).await?;
            change.rows.extend(offering.writes(agent.id, name, now)?);
            let provider = Provider {
                party: agent.id,
                name: name.into(),
                offering: offering.clone(),
                created_at: now,
                key: Some(agent.key),
            };
            Ok(change.reply(move |_| render(&provider)))
        })
        .await
    }

    /// A provider.
    pub async fn provider(&self, id: PartyId) -> Result<Provider, Error> {
        Ok(self.find_provider(id).await?.ok_or_else(|| Refusal::not_found("provider"))?)
    }

    pub(crate) async fn find_provider(&self, id: PartyId) -> Result<Option<Provider>, Error> {
        let row = self.db.read().one::<ProviderRow>("party = $1", &[id.to_string().into()]).await?;
        row.map(|row| Provider::from_row(&row)).transpose()
    }

    /// Providers of a capability at or under a price, the cheapest first.
    pub async fn discover(
        &self,
        capability: Option<&str>,
        max_price: Option<i64>,
        limit: usize,
    ) -> Result<Vec<Provider>, Error> {
        const TAIL: &str = "($1 = '' or capability = $1) and base_price <= $2 \
                            order by base_price, party limit $3";
        let values = [
            capability.unwrap_or_default().into(),
            max_price.unwrap_or(i64::MAX).into(),
            i64::try_from(limit).unwrap_or(i64::MAX).into(),
        ];
        let found = self.db.read().many::<CapabilityRow>(TAIL, &values).await?;
        let ids: BTreeSet<&str> = found.iter().map(|row| row.party.as_str()).collect();
        let values = [assay_db::list(ids.iter().copied())];
        let rows = self.db.read().many::<ProviderRow>("party in_list($1) order by party", &values).await?;
        let mut providers = rows.iter().map(Provider::from_row).collect::<Result<Vec<_>, _>>()?;
        providers.sort_by_key(|one| (one.offering.base_price, one.party));
        Ok(providers)
    }

    /// What can be had, how many offer it, and from which price on.
    pub async fn capabilities(&self) -> Result<Vec<(String, usize, i64)>, Error> {
        let most = i64::try_from(self.settings.limits.capabilities_listed_max).unwrap_or(i64::MAX);
        let tail = "capability <> '' order by capability, base_price limit $1";
        let rows = self.db.read().many::<CapabilityRow>(tail, &[most.into()]).await?;
        let mut all: Vec<(String, usize, i64)> = Vec::new();
        for row in rows {
            match all.last_mut() {
                Some((name, count, _)) if *name == row.capability => *count += 1,
                _ => all.push((row.capability, 1, row.base_price)),
            }
        }
        Ok(all)
    }

    /// The cheapest provider at a fixed or a hybrid price that is not the caller's own.
    pub(crate) async fn cheapest(
        &self,
        caller: PartyId,
        capability: &str,
        max_price: i64,
    ) -> Result<Option<Provider>, Error> {
        const TAIL: &str = "capability = $1 and base_price <= $2 and pricing_model in_list($3) \
                            order by base_price, party limit 100";
        let values = [capability.into(), max_price.into(), list(["fixed", "hybrid"])];
        let rows = self.db.read().many::<CapabilityRow>(TAIL, &values).await?;
        let own = self.who(caller).await?.root();
        for row in rows {
            let id: PartyId = row.party.parse().map_err(|_| Error::Internal("impossible provider".into()))?;
            if self.who(id).await?.root() != own {
                return self.find_provider(id).await;
            }
        }
        Ok(None)
    }
}

impl Provider {
    fn from_row(row: &ProviderRow) -> Result<Self, Error> {
        let body: Body = from_json("provider", &row.body)?;
        let impossible = || Error::Internal(format!("provider {}: impossible id", row.party));
        Ok(Self {
            party: row.party.parse().map_err(|_| impossible())?,
            name: body.name,
            offering: Offering {
                capabilities: body.capabilities,
                base_price: row.base_price,
                pricing_model: row.pricing_model.clone(),
            },
            created_at: Timestamp(row.created_at),
            key: None,
        })
    }
}
