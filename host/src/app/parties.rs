//! Parties: people and agents, how they come to be and what others see of them.

use assay_db::entities::PartyRow;
use assay_db::{Change, Key, Record as _, Reply};
use assay_domain::ids::{PartyId, Timestamp};
use assay_domain::ledger::{Draw, Holder, Land, Move, Pocket, Reason};
use assay_domain::money::Asset;
use assay_domain::refusal::{Code, Refusal};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::access::{NewKey, Scopes};
use super::ownership::ownership_key;
use super::providers::Offering;
use super::task::{from_json, to_json};
use super::tasks::Page;
use super::{Answer, App, Ask, Caller};
use crate::clock;
use crate::error::Error;

/// What an agent says of itself.
#[derive(Clone, Debug, Default)]
pub struct Registration {
    /// How it wants to be called; need not be unique.
    pub name: String,
    /// What it can do.
    pub skills: Vec<String>,
    /// Who sent it.
    pub referral_code: Option<String>,
    /// Its public key, to which others encrypt: a JWK that [`encryption`](super::encryption)
    /// has looked at.
    pub encryption_key: Option<Value>,
    /// What it provides, where it comes as a provider.
    pub offering: Option<Offering>,
}

/// A new party, as it is shown to whoever made it. The key is shown this once.
#[derive(Clone)]
pub struct Registered {
    /// Its id.
    pub id: PartyId,
    /// Its key.
    pub key: String,
    /// Its name.
    pub name: String,
    /// Its skills.
    pub skills: Vec<String>,
    /// Credits it was given.
    pub credits: i64,
    /// What others name it by when they register.
    pub referral_code: String,
}

/// What is kept of a party.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Profile {
    /// How it is called.
    pub name: String,
    /// What it can do.
    pub skills: Vec<String>,
    /// Who sent it.
    pub referred_by: Option<String>,
    /// A public JWK, to which others encrypt.
    #[serde(default)]
    pub encryption_key: Option<Value>,
}

/// A party.
#[derive(Clone, Debug)]
pub struct Party {
    /// Which.
    pub id: PartyId,
    /// `agent` or `human`.
    pub kind: String,
    /// The person an agent belongs to.
    pub owner: Option<PartyId>,
    /// What others name it by when they register.
    pub referral_code: String,
    /// Since when it is here.
    pub created_at: Timestamp,
    /// What it says of itself.
    pub profile: Profile,
}

/// How a party comes to be.
pub(crate) struct Entrance<'a> {
    /// `agent` or `human`.
    pub(crate) kind: &'static str,
    /// The person an agent belongs to.
    pub(crate) owner: Option<PartyId>,
    /// How it is called.
    pub(crate) name: &'a str,
    /// What it can do.
    pub(crate) skills: &'a [String],
    /// Who sent it.
    pub(crate) referral_code: Option<&'a str>,
    /// A public JWK.
    pub(crate) encryption_key: Option<Value>,
    /// What its key opens.
    pub(crate) scopes: Scopes,
    /// Credits it is given.
    pub(crate) credits: i64,
}

/// The counter of a person's agents.
pub(crate) fn agents_key(owner: PartyId) -> Key {
    Key::counter(format!("agents/{owner}"))
}

impl App {
    /// Registers an agent that comes by itself: its party, its key, its credits, in one
    /// commit.
    pub async fn register(
        &self,
        asked: &Registration,
        render: fn(&Registered) -> Reply,
    ) -> Result<Answer, Error> {
        self.settle(None, || async move {
            let entrance = Entrance {
                kind: "agent",
                owner: None,
                name: &asked.name,
                skills: &asked.skills,
                referral_code: asked.referral_code.as_deref(),
                encryption_key: asked.encryption_key.clone(),
                scopes: Scopes::USUAL,
                credits: self.settings.terms.registration_credits,
            };
            let (registered, mut change) = self.enter(entrance).await?;
            if let Some(offering) = &asked.offering {
                change.rows.extend(offering.writes(registered.id, &asked.name, self.now())?);
            }
            Ok(change.reply(move |_| render(&registered)))
        })
        .await
    }

    /// Makes an agent that belongs to the caller, a person. It is given no credits: its
    /// owner was.
    pub async fn make_agent(
        &self,
        ask: &Ask,
        name: &str,
        skills: &[String],
        render: fn(&Registered) -> Reply,
    ) -> Result<Answer, Error> {
        self.settle(ask.once.as_ref(), || async move {
            let (registered, change) = self.new_agent_of(&ask.caller, name, skills).await?;
            Ok(change.reply(move |_| render(&registered)))
        })
        .await
    }

    /// A new agent that belongs to the caller from its first moment.
    pub(crate) async fn new_agent_of(
        &self,
        caller: &Caller,
        name: &str,
        skills: &[String],
    ) -> Result<(Registered, Change), Error> {
        caller.in_person("make agents")?;
        self.person(caller, "make agents").await?;
        let entrance = Entrance {
            kind: "agent",
            owner: Some(caller.party),
            name,
            skills,
            referral_code: None,
            encryption_key: None,
            scopes: Scopes::USUAL.and(caller.scopes),
            credits: 0,
        };
        let (registered, change) = self.enter(entrance).await?;
        Ok((registered, self.count_agent(change, caller.party)))
    }

    /// One more agent of a person.
    pub(crate) fn count_agent(&self, change: Change, owner: PartyId) -> Change {
        let most = self.settings.limits.agents_per_owner_max;
        let full = Refusal::new(Code::Conflict, format!("you have {most} agents, which is the most"));
        change.add_up_to(agents_key(owner), 1, most, full)
    }

    /// Refuses a caller that is not a person with an account.
    pub(crate) async fn person(&self, caller: &Caller, what: &str) -> Result<(), Error> {
        if caller.party.0.is_nil() || !self.who(caller.party).await?.human {
            let message = format!("only a person's account can {what}");
            return Err(Refusal::new(Code::PersonOnly, message).into());
        }
        Ok(())
    }

    /// A new party with its first key, and the change that makes them.
    pub(crate) async fn enter(&self, entrance: Entrance<'_>) -> Result<(Registered, Change), Error> {
        let Entrance { kind, owner, name, skills, referral_code, encryption_key, scopes, credits } = entrance;
        let referrer = match referral_code {
            Some(code) => Some(self.referrer(code).await?),
            None => None,
        };
        let id = PartyId(self.clock.id());
        let key = NewKey::make(self.mode_word(), id, scopes, None, &self.clock);
        let own_code = hex::encode(&clock::random_32()[..5]);
        let profile = Profile {
            name: name.into(),
            skills: skills.to_vec(),
            referred_by: referrer.map(|party| party.to_string()),
            encryption_key,
        };
        let registered = Registered {
            id,
            key: key.secret.clone(),
            name: profile.name.clone(),
            skills: profile.skills.clone(),
            credits,
            referral_code: own_code.clone(),
        };
        let row = PartyRow {
            id: id.to_string(),
            kind: kind.into(),
            owner: owner.map(|owner| owner.to_string()),
            referral_code: own_code.clone(),
            created_at: self.now().0,
            body: to_json(&profile)?,
        };
        let taken = Refusal::new(Code::AlreadyExists, "the referral code is taken: try again");
        let change = Change::new()
            .take(format!("referral/{own_code}"), id.to_string(), taken)
            .row(row.insert())
            .row(key.into_write())
            .moves((credits > 0).then(|| Move::registration_credit(self.lane, id, credits)))
            .moves(referrer.and_then(|referrer| self.thanks(referrer)));
        Ok((registered, change))
    }

    /// Credits for whoever brought a party in, where the operator gives any.
    fn thanks(&self, referrer: PartyId) -> Option<Move> {
        let credits = self.settings.terms.referral_credits;
        (credits > 0).then_some(Move {
            from: Holder::Issue(self.lane),
            to: Holder::Party(referrer),
            asset: Asset::Cr,
            amount: credits,
            draw: Draw::Only(Pocket::Free),
            land: Land::In(Pocket::Spend),
            reason: Reason::Referral,
            task: None,
        })
    }

    async fn referrer(&self, code: &str) -> Result<PartyId, Error> {
        let unknown =
            || Refusal::field("referral_code", "is not known: leave it out or send one you were given");
        let found = self.db.read().unique(&format!("referral/{code}")).await?.ok_or_else(unknown)?;
        found.parse().map_err(|_| Error::Internal("a referral code of nobody".into()))
    }

    /// A party's profile.
    pub async fn profile(&self, id: PartyId) -> Result<Profile, Error> {
        Ok(self.party(id).await?.profile)
    }

    /// A party.
    pub async fn party(&self, id: PartyId) -> Result<Party, Error> {
        if id.0.is_nil() {
            return Ok(Party::operator());
        }
        let row = self.db.read().one::<PartyRow>("id = $1", &[id.to_string().into()]).await?;
        Party::from_row(&row.ok_or_else(|| Refusal::not_found("party"))?)
    }

    /// A person's agents, newest first.
    pub async fn agents_of(
        &self,
        owner: PartyId,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<Party>, Error> {
        const ALL: &str = "owner = $1";
        const PAGE: &str = "owner = $1 and ($2 = '' or id < $2) order by id desc limit $3";
        let mut values = vec![owner.to_string().into()];
        let total_estimate = self.db.read().count::<PartyRow>(ALL, &values).await?;
        values.push(cursor.unwrap_or_default().into());
        values.push(i64::try_from(limit + 1).unwrap_or(i64::MAX).into());
        let rows = self.db.read().many::<PartyRow>(PAGE, &values).await?;
        let items = rows.iter().map(Party::from_row).collect::<Result<Vec<_>, _>>()?;
        Ok(Page::cut(items, limit, total_estimate, |party| party.id.to_string()))
    }

    /// Puts the key to which others encrypt in place of the one before.
    pub async fn set_encryption_key(
        &self,
        ask: &Ask,
        key: &Value,
        render: fn(&Party) -> Reply,
    ) -> Result<Answer, Error> {
        self.settle(ask.once.as_ref(), || async move {
            let caller = &ask.caller;
            caller.in_person("change the encryption key")?;
            // The row is written whole, so whoever changes any of it moves its one head.
            let head = self.who(caller.party).await?.head;
            let mut party = self.party(caller.party).await?;
            if caller.party.0.is_nil() {
                return Err(Refusal::new(Code::PersonOnly, "the operator has no profile").into());
            }
            party.profile.encryption_key = Some(key.clone());
            Ok(Change::new()
                .advance(ownership_key(caller.party), head)
                .row(party.to_row()?.upsert())
                .reply(move |_| render(&party)))
        })
        .await
    }
}

impl Party {
    fn operator() -> Self {
        let profile =
            Profile { name: "operator".into(), skills: Vec::new(), referred_by: None, encryption_key: None };
        Self {
            id: PartyId(uuid::Uuid::nil()),
            kind: "operator".into(),
            owner: None,
            referral_code: String::new(),
            created_at: Timestamp(0),
            profile,
        }
    }

    pub(crate) fn to_row(&self) -> Result<PartyRow, Error> {
        Ok(PartyRow {
            id: self.id.to_string(),
            kind: self.kind.clone(),
            owner: self.owner.map(|owner| owner.to_string()),
            referral_code: self.referral_code.clone(),
            created_at: self.created_at.0,
            body: to_json(&self.profile)?,
        })
    }

    pub(crate) fn from_row(row: &PartyRow) -> Result<Self, Error> {
        let impossible = |what: &str| Error::Internal(format!("party {}: impossible {what}", row.id));
        Ok(Self {
            id: row.id.parse().map_err(|_| impossible("id"))?,
            kind: row.kind.clone(),
            owner: row.owner.as_deref().map(str::parse).transpose().map_err(|_| impossible("owner"))?,
            referral_code: row.referral_code.clone(),
            created_at: Timestamp(row.created_at),
            profile: from_json("party", &row.body)?,
        })
    }
}
