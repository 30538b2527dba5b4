//! Balances: what a party has, and where it is; what it spends and earns day by day.

use assay_db::entities::TaskRow;
use assay_db::entities::payments::PaymentRow;
use assay_domain::ids::{PartyId, TaskId, Timestamp};
use assay_domain::ledger::{Account, Holder, Pocket};
use assay_domain::money::Asset;

use super::App;
use super::payments::Payment;
use super::task::Task;
use crate::error::Error;

/// A UTC day in milliseconds.
const DAY_MS: i64 = 86_400_000;

/// A day's money of one asset, in its smallest unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    /// Its first moment, in UTC.
    pub at: Timestamp,
    /// What went into escrow, fees and channels.
    pub spent: i64,
    /// What came back out of escrow.
    pub back: i64,
    /// Payouts, and what channels gave when they were closed.
    pub earned: i64,
}

/// Earned money on its way into a wallet.
#[derive(Clone, Debug)]
pub struct Coming {
    /// For which task.
    pub task: TaskId,
    /// What the task is called.
    pub title: String,
    /// Of what.
    pub asset: Asset,
    /// How much, in the smallest unit.
    pub amount: i64,
    /// When it becomes available.
    pub at: Timestamp,
}

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

    /// Payouts of a party that are still pending, the nearest first.
    pub async fn coming(&self, party: PartyId) -> Result<Vec<Coming>, Error> {
        const PENDING: &str = "worker = $1 and payout_at is not null order by payout_at, id limit $2";
        let most = i64::try_from(self.settings.limits.page_items_max).unwrap_or(i64::MAX);
        let values = [party.to_string().into(), most.into()];
        let rows = self.db.read().many::<TaskRow>(PENDING, &values).await?;
        let mut coming = Vec::with_capacity(rows.len());
        for row in &rows {
            let task = Task::from_row(row, 0)?;
            let Some(at) = task.payout_at else { continue };
            let asset = task.spec.terms.asset;
            let account = |pocket| Account { holder: Holder::Payout(task.id), asset, pocket };
            let held = self.db.read().balances(&[account(Pocket::Spend), account(Pocket::Free)]).await?;
            coming.push(Coming {
                task: task.id,
                title: task.spec.title.clone(),
                asset,
                amount: held.iter().sum(),
                at,
            });
        }
        Ok(coming)
    }

    /// What a party spent and earned on each of the last days, today last.
    pub async fn days(&self, party: PartyId, asset: Asset) -> Result<Vec<Day>, Error> {
        let days = self.settings.limits.pages.plot_days;
        let today = self.now().utc_day();
        let first = today - days + 1;
        let accounts = [Pocket::Spend, Pocket::Free].map(|pocket| Account {
            holder: Holder::Party(party),
            asset,
            pocket,
        });
        let moved = self.db.read().worked_by_day(&accounts, first * DAY_MS).await?;
        let on = |day: i64| {
            let mut of = Day { at: Timestamp(day * DAY_MS), spent: 0, back: 0, earned: 0 };
            for (_, kind, amount) in moved.iter().filter(|(at, ..)| *at == day) {
                match kind.as_str() {
                    "spent" => of.spent += amount,
                    "back" => of.back += amount,
                    _ => of.earned += amount,
                }
            }
            of
        };
        Ok((first..=today).map(on).collect())
    }

    /// A party's latest payments into its wallet, newest first.
    pub async fn payments_of_party(&self, party: PartyId, limit: usize) -> Result<Vec<Payment>, Error> {
        const LATEST: &str = "party = $1 order by id desc limit $2";
        let values = [party.to_string().into(), i64::try_from(limit).unwrap_or(i64::MAX).into()];
        let rows = self.db.read().many::<PaymentRow>(LATEST, &values).await?;
        rows.iter().map(Payment::from_row).collect()
    }
}
