//! What a post would do, said before it is done.

use std::collections::HashMap;

use assay_db::Change;
use assay_domain::ids::PartyId;
use assay_domain::ledger::{self, Account};
use assay_domain::money::Asset;
use assay_domain::refusal::Refusal;
use assay_domain::terms::ReviewPolicy;

use super::memory::Sight;
use super::posting::Post;
use super::tasks::TaskView;
use super::{App, Ask};
use crate::config::Surface;
use crate::error::Error;

/// What a post would cost, in the smallest unit of its asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Of what.
    pub asset: Asset,
    /// The most that is paid for the work.
    pub budget: i64,
    /// The fee on top of it.
    pub fee: i64,
    /// What can be spent now.
    pub available: i64,
}

impl Cost {
    /// All that is taken at posting.
    pub const fn total(&self) -> i64 {
        self.budget.saturating_add(self.fee)
    }

    /// What is left to spend; below zero is what is lacking.
    pub const fn left(&self) -> i64 {
        self.available.saturating_sub(self.total())
    }
}

impl App {
    /// What a budget would cost a party through a surface.
    pub async fn cost(&self, poster: PartyId, surface: Surface, budget: i64) -> Result<Cost, Error> {
        let terms = self.settings.terms.of(surface, ReviewPolicy::Poster);
        let available = self.balance(poster, terms.asset).await?.available;
        Ok(Cost { asset: terms.asset, budget, fee: terms.fee_on_top(budget), available })
    }

    /// The task a post would make, or what it would be refused for: everything that
    /// [`App::post`] decides and commits, without the commit.
    pub async fn preview_post(&self, ask: &Ask, post: &Post) -> Result<TaskView, Error> {
        let (view, change) = self.decide_post(&Sight::rows(), ask, post).await?;
        match self.objection(&change).await? {
            Some(refusal) => Err(refusal.into()),
            None => Ok(view),
        }
    }

    /// What the commit of a change would be refused for now, in the order of a commit:
    /// counters, then money.
    async fn objection(&self, change: &Change) -> Result<Option<Refusal>, Error> {
        let read = self.db.read();
        for add in &change.add {
            let Some((most, refusal)) = &add.limit else { continue };
            if read.cell(&add.key).await?.saturating_add(add.delta) > *most {
                return Ok(Some(refusal.clone()));
            }
        }
        let accounts: Vec<Account> = change.moves.iter().flat_map(ledger::Move::accounts).collect();
        let balances = read.balances(&accounts).await?;
        let known: HashMap<Account, i64> = accounts.into_iter().zip(balances).collect();
        let balance = |account: &Account| known.get(account).copied().unwrap_or_default();
        Ok(ledger::apply(&change.moves, balance).err())
    }
}
