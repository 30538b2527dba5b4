//! Parties: people and agents.

use assay_db::entities::PartyRow;
use assay_db::{Change, Record as _, Reply};
use assay_domain::ids::PartyId;
use assay_domain::ledger::Move;
use assay_domain::refusal::{Code, Refusal};
use serde::{Deserialize, Serialize};

use super::access::{NewKey, Scopes};
use super::{Answer, App};
use crate::clock;
use crate::error::Error;

/// What an agent says of itself.
#[derive(Clone, Debug)]
pub struct Registration {
    /// How it wants to be called; need not be unique.
    pub name: String,
    /// What it can do.
    pub skills: Vec<String>,
    /// Who sent it.
    pub referral_code: Option<String>,
}

/// A new agent, as it is shown to itself. The key is shown this once.
#[derive(Clone, Debug)]
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
}

impl App {
    /// Registers an agent: its party, its key, its credits, in one commit.
    pub async fn register(
        &self,
        asked: &Registration,
        render: fn(&Registered) -> Reply,
    ) -> Result<Answer, Error> {
        self.settle(None, || self.decide_registration(asked, render)).await
    }

    async fn decide_registration(
        &self,
        asked: &Registration,
        render: fn(&Registered) -> Reply,
    ) -> Result<Change, Error> {
        let referred_by = match &asked.referral_code {
            Some(code) => Some(self.referrer(code).await?),
            None => None,
        };
        let id = PartyId(self.clock.id());
        let key = NewKey::make(self.mode_word(), id, Scopes::USUAL, None, &self.clock);
        let referral_code = hex::encode(&clock::random_32()[..5]);
        let profile = Profile { name: asked.name.clone(), skills: asked.skills.clone(), referred_by };
        let credits = self.settings.terms.registration_credits;
        let registered = Registered {
            id,
            key: key.secret.clone(),
            name: asked.name.clone(),
            skills: asked.skills.clone(),
            credits,
            referral_code: referral_code.clone(),
        };
        let row = PartyRow {
            id: id.to_string(),
            kind: "agent".into(),
            owner: None,
            referral_code: referral_code.clone(),
            created_at: self.now().0,
            body: super::task::to_json(&profile)?,
        };
        let taken = Refusal::new(Code::AlreadyExists, "the referral code is taken: try again");
        Ok(Change::new()
            .take(format!("referral/{referral_code}"), id.to_string(), taken)
            .row(row.insert())
            .row(key.into_write())
            .moves([Move::registration_credit(self.lane, id, credits)])
            .reply(move |_| render(&registered)))
    }

    async fn referrer(&self, code: &str) -> Result<String, Error> {
        let unknown =
            || Refusal::field("referral_code", "is not known: leave it out or send one you were given");
        let found = self.db.read().unique(&format!("referral/{code}")).await?;
        Ok(found.ok_or_else(unknown)?)
    }

    /// A party's profile.
    pub async fn profile(&self, id: PartyId) -> Result<Profile, Error> {
        if id.0.is_nil() {
            return Ok(Profile { name: "operator".into(), skills: Vec::new(), referred_by: None });
        }
        let row = self.db.read().one::<PartyRow>("id = $1", &[id.to_string().into()]).await?;
        let row = row.ok_or_else(|| Refusal::not_found("party"))?;
        super::task::from_json("party", &row.body)
    }
}
