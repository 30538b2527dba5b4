//! Balances: what a party has, and where it is.

use assay_domain::ids::PartyId;
use assay_domain::ledger::{Account, Holder, Pocket};
use assay_domain::money::Asset;

use super::App;
use crate::error::Error;

/// What a party has of one asset, in the smallest unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Balance {
    /// Of what.
    pub asset: Asset,
    /// Can be spent.
    pub available: i64,
    /// Of that, can leave the house.
    pub withdrawable: i64,
    /// In escrow of tasks the party posted.
    pub reserved: i64,
    /// Earned, not yet available.
    pub pending: i64,
}

impl Balance {
    /// All of it.
    pub const fn total(&self) -> i64 {
        self.available + self.reserved + self.pending
    }
}

impl App {
    /// What a party has of an asset.
    pub async fn balance(&self, party: PartyId, asset: Asset) -> Result<Balance, Error> {
        let read = self.db.read();
        let account = |pocket| Account { holder: Holder::Party(party), asset, pocket };
        let spend = read.balance(&account(Pocket::Spend)).await?;
        let free = read.balance(&account(Pocket::Free)).await?;
        let held = read.held(party, asset).await?;
        Ok(Balance {
            asset,
            available: spend + free,
            withdrawable: free,
            reserved: held.reserved,
            pending: held.pending,
        })
    }
}
