//! Statements: what came into a wallet and went out of it, and what was in it after each.

use std::collections::HashMap;

use assay_db::entities::TaskRow;
use assay_db::{After, Entry, Shown};
use assay_domain::coin::Coin;
use assay_domain::ids::PartyId;
use assay_domain::ledger::{Account, Holder, Pocket, Provider};
use assay_domain::money::Asset;
use assay_domain::refusal::{Code, Refusal};

use super::task::{Spec, from_json};
use super::{App, Caller};
use crate::error::Error;

/// A line of a statement.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its name: lane, link and place in it.
    pub id: String,
    /// Why money moved.
    pub reason: String,
    /// Of what.
    pub asset: Asset,
    /// Below zero when it went out, in the smallest unit.
    pub delta: i64,
    /// What was available in the wallet after it, both pockets together.
    pub balance: i64,
    /// `spend` or `free`.
    pub pocket: String,
    /// What kind of account is on the other side, such as `escrow`.
    pub other: String,
    /// For which task.
    pub task: Option<String>,
    /// Milliseconds.
    pub at: i64,
}

/// Coins paid in and out, in millionths of a dollar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CoinTotal {
    /// Credited.
    pub deposited: i64,
    /// Opened and not paid, or not paid in full.
    pub pending: i64,
    /// Paid out.
    pub withdrawn: i64,
    /// On its way out, failed payouts counted.
    pub withdrawing: i64,
}

impl App {
    /// The lines of the caller's own wallet, newest first; where the next page begins.
    pub async fn statement(
        &self,
        party: PartyId,
        shown: &Shown,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<Line>, Option<String>), Error> {
        let accounts: Vec<Account> = Asset::ALL
            .into_iter()
            .flat_map(|asset| [Pocket::Spend, Pocket::Free].map(|pocket| (asset, pocket)))
            .map(|(asset, pocket)| Account { holder: Holder::Party(party), asset, pocket })
            .collect();
        let after = cursor.map(read_cursor).transpose()?;
        let more = u32::try_from(limit + 1).unwrap_or(u32::MAX);
        let mut entries = self.db.read().statement(&accounts, shown, after.as_ref(), more).await?;
        let next = (entries.len() > limit).then(|| write_cursor(&entries[limit - 1]));
        entries.truncate(limit);
        let lines = entries.into_iter().map(Line::of).collect::<Result<_, _>>()?;
        Ok((lines, next))
    }

    /// The titles of the tasks in a statement.
    pub async fn titles_of(&self, lines: &[Line]) -> Result<HashMap<String, String>, Error> {
        let ids = assay_db::list(lines.iter().filter_map(|line| line.task.as_deref()));
        let rows = self.db.read().many::<TaskRow>("id in_list($1)", &[ids]).await?;
        let title = |row: TaskRow| Ok((row.id, from_json::<Spec>("task", &row.body)?.title));
        rows.into_iter().map(title).collect()
    }

    /// Refuses whoever is neither the party nor its owner nor the operator.
    pub async fn require_eyes(&self, caller: &Caller, party: PartyId) -> Result<(), Error> {
        if self.speaks_for(caller, party).await? {
            return Ok(());
        }
        let message = "only the party itself, its owner and the operator may see its money";
        Err(Refusal::new(Code::NotAParty, message).into())
    }

    /// What a party paid in and out, coin by coin.
    pub async fn coin_totals(&self, party: PartyId) -> Result<Vec<(String, CoinTotal)>, Error> {
        let (read, party) = (self.db.read(), party.to_string());
        let mut totals: std::collections::BTreeMap<String, CoinTotal> = std::collections::BTreeMap::new();
        for (coin, status, sum) in read.paid_in_by_coin(&party).await? {
            let total = totals.entry(coin).or_default();
            match status.as_str() {
                "credited" => total.deposited += sum,
                "pending" | "confirming" | "partially_paid" => total.pending += sum,
                _ => {}
            }
        }
        for (coin, status, sum) in read.paid_out_by_coin(&party).await? {
            let total = totals.entry(coin).or_default();
            match status.as_str() {
                "finished" => total.withdrawn += sum,
                "returned" => {}
                _ => total.withdrawing += sum,
            }
        }
        Ok(totals.into_iter().collect())
    }

    /// The stablecoins that can be paid in now.
    pub async fn coins(&self) -> Result<Vec<Coin>, Error> {
        self.payment_providers.coins().await.map_err(|error| error.into_refusal(Provider::NowPayments))
    }

    /// What of a party's card money is held apart after a chargeback.
    pub async fn frozen(&self, party: PartyId) -> Result<i64, Error> {
        let account = Account { holder: Holder::Frozen(party), asset: Asset::Usd, pocket: Pocket::Spend };
        Ok(self.db.read().balance(&account).await?)
    }
}

impl Line {
    fn of(entry: Entry) -> Result<Self, Error> {
        let impossible = || Error::Internal(format!("a transfer of {:?}", entry.asset));
        let part = |account: &str, index: usize| account.split('/').nth(index).unwrap_or_default().to_owned();
        Ok(Self {
            id: format!("{}.{}.{}", entry.lane, entry.link, entry.seq),
            asset: Asset::parse(&entry.asset).ok_or_else(impossible)?,
            pocket: part(&entry.account, 3),
            other: part(&entry.other, 1),
            reason: entry.reason,
            delta: entry.delta,
            balance: entry.balance,
            task: entry.task,
            at: entry.at,
        })
    }
}

fn write_cursor(entry: &Entry) -> String {
    format!("{}.{}.{}.{}", entry.at, entry.lane, entry.link, entry.seq)
}

fn read_cursor(text: &str) -> Result<After, Refusal> {
    let parts: Vec<&str> = text.split('.').collect();
    let after = match parts.as_slice() {
        [at, lane, link, seq] => at
            .parse()
            .ok()
            .zip(link.parse().ok())
            .zip(seq.parse().ok())
            .map(|((at, link), seq)| After { at, lane: (*lane).to_owned(), link, seq }),
        _ => None,
    };
    after.ok_or_else(|| Refusal::field("cursor", "must be one that a page of this list gave"))
}
