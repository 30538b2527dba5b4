//! Money on its way out: pending, processing, then finished or failed.
//!
//! The amount leaves the wallet when the withdrawal is asked for and waits in an account
//! of its own. A payout that failed may still arrive, so what failed stays there until
//! the operator decides; nothing is ever refunded by itself. Asking the provider is a job
//! ([`super::payouts`]).

use assay_db::entities::payments::WithdrawalRow;
use assay_db::{Change, Key, NewEvent, NewJob, Record as _, Reply, Write};
use assay_domain::coin::Coin;
use assay_domain::ids::{AddressId, JobId, PartyId, Timestamp, WithdrawalId};
use assay_domain::ledger::{Draw, Holder, Land, Move, Pocket, Reason};
use assay_domain::money::Asset;
use assay_domain::refusal::{Code, Refusal};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::jobs::JobKind;
use super::payments::{parsed, searchable};
use super::task::{from_json, to_json};
use super::turn::Visibility;
use super::withdrawal_addresses::{Address, AddressWords, Book};
use super::{Answer, App, Ask, Caller};
use crate::error::Error;

/// What somebody wants to take out.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Millionths of a dollar, whole cents, above zero.
    pub amount: i64,
    /// The stablecoin; nothing for the address's own.
    pub coin: Option<Coin>,
    /// Where to.
    pub target: Target,
}

/// Where money is to go.
#[derive(Clone, Debug)]
pub enum Target {
    /// A saved address.
    Saved(AddressId),
    /// An address as a text, which must be a saved one that is ready.
    Raw(String),
    /// The default one.
    Preferred,
}

/// A withdrawal.
#[derive(Clone, Debug)]
pub struct Withdrawal {
    /// Which.
    pub id: WithdrawalId,
    /// Whose.
    pub party: PartyId,
    /// The stablecoin.
    pub coin: Coin,
    /// Millionths of a dollar.
    pub amount: i64,
    /// How it stands.
    pub status: WithdrawalStatus,
    /// The provider's own name of the payout.
    pub reference: Option<String>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// The rest.
    pub body: Body,
}

/// What is kept of a withdrawal besides.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Body {
    /// Which saved address; it may be gone by now.
    pub address_id: String,
    /// Where to.
    pub address: String,
    /// How often the provider was asked to pay it, the operator's retries counted.
    pub attempt: u32,
    /// How often its status was asked for in this attempt.
    pub looks: u32,
    /// The provider's latest word.
    pub word: Option<String>,
    /// The transaction on the coin's network.
    pub hash: Option<String>,
    /// Why it failed.
    pub fault: Option<String>,
    /// When it was over, in milliseconds.
    pub finished_at: Option<i64>,
}

/// How a withdrawal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WithdrawalStatus {
    /// The provider was not asked yet.
    Pending,
    /// The provider took it on.
    Processing,
    /// It left the house.
    Finished,
    /// The provider did not pay it; the operator decides.
    Failed,
    /// The provider did not pay it, and the operator gave the money back.
    Returned,
}

impl WithdrawalStatus {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Pending, Self::Processing, Self::Finished, Self::Failed, Self::Returned];

    /// As stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Processing => "processing",
            Self::Finished => "finished",
            Self::Failed => "failed",
            Self::Returned => "returned",
        }
    }

    /// As shown: what was given back has failed all the same.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Returned => "failed",
            _ => self.as_str(),
        }
    }
}

/// What the operator does about a failed payout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The money goes back into the wallet.
    Return,
    /// The provider is asked again.
    Retry,
}

impl App {
    /// Takes money out, to an address that has waited long enough. Only free dollars.
    pub async fn withdraw(
        &self,
        ask: &Ask,
        wanted: &Wanted,
        render: fn(&Withdrawal) -> Reply,
    ) -> Result<Answer, Error> {
        ask.caller.in_person("withdraw")?;
        self.payment_providers.provider_of_payouts()?;
        if let Some(answer) = self.answered(ask.once.as_ref()).await? {
            return Ok(answer);
        }
        if let Target::Raw(text) = &wanted.target {
            self.save_raw(ask.caller.party, wanted.coin, text).await?;
        }
        self.settle(ask.once.as_ref(), || async move {
            let book = self.address_book(ask.caller.party).await?;
            let address = chosen(&book, wanted)?;
            address.require_ready(self.now())?;
            let withdrawal = self.new_withdrawal(ask.caller.party, wanted.amount, address);
            let aside = Move {
                from: Holder::Party(withdrawal.party),
                to: Holder::Withdrawal(withdrawal.id),
                asset: Asset::Usd,
                amount: withdrawal.amount,
                draw: Draw::Only(Pocket::Free),
                land: Land::SamePocket,
                reason: Reason::Withdrawal,
                task: None,
            };
            let change = Change::new()
                .expect(super::withdrawal_addresses::head_key(book.party), book.head)
                .moves([aside])
                .row(withdrawal.to_row()?.insert())
                .event(withdrawal.event("withdrawal.created")?)
                .job(self.payout_job(withdrawal.id, self.now()));
            Ok(change.reply(move |_| render(&withdrawal)))
        })
        .await
    }

    /// Saves an address that is used before it was saved. Unless addresses need not wait,
    /// the withdrawal is refused then, and the same request is taken when it is ready.
    async fn save_raw(&self, party: PartyId, coin: Option<Coin>, text: &str) -> Result<(), Error> {
        let needed =
            || Refusal::field("currency", "is missing: an address without its coin may be any coin's");
        let coin = coin.ok_or_else(needed)?;
        self.settle(None, || async move {
            let book = self.address_book(party).await?;
            if book.all.iter().any(|one| one.coin == coin && one.address == text) {
                return Ok(Change::new());
            }
            let words = AddressWords { coin: Some(coin), address: Some(text.to_owned()), label: None };
            let address = self.new_address(&book, &words)?;
            Ok(book.advance().row(address.to_row()?.insert()))
        })
        .await?;
        Ok(())
    }

    fn new_withdrawal(&self, party: PartyId, amount: i64, address: &Address) -> Withdrawal {
        Withdrawal {
            id: WithdrawalId(self.clock.id()),
            party,
            coin: address.coin,
            amount,
            status: WithdrawalStatus::Pending,
            reference: None,
            created_at: self.now(),
            body: Body {
                address_id: address.id.to_string(),
                address: address.address.clone(),
                attempt: 1,
                looks: 0,
                word: None,
                hash: None,
                fault: None,
                finished_at: None,
            },
        }
    }

    pub(crate) fn payout_job(&self, id: WithdrawalId, due_at: Timestamp) -> NewJob {
        NewJob {
            id: JobId(self.clock.id()),
            kind: JobKind::Withdrawal.as_str().into(),
            subject: id.to_string(),
            due_at: due_at.0,
            body: b"{}".to_vec(),
        }
    }

    /// The operator gives a failed payout's money back, or has it tried again.
    pub async fn decide_failed(
        &self,
        ask: &Ask,
        id: WithdrawalId,
        decision: Decision,
        render: fn(&Withdrawal) -> Reply,
    ) -> Result<Answer, Error> {
        self.settle(ask.once.as_ref(), || async move {
            let (mut withdrawal, head) = self.withdrawal_and_head(id).await?;
            if withdrawal.status != WithdrawalStatus::Failed {
                let word = withdrawal.status.as_str();
                let message = format!("the withdrawal is {word}: only a failed one can be decided about");
                return Err(Refusal::new(Code::Conflict, message).into());
            }
            let mut change = Change::new().advance(Withdrawal::head_key(id), head);
            let kind = match decision {
                Decision::Return => {
                    withdrawal.status = WithdrawalStatus::Returned;
                    withdrawal.body.finished_at = Some(self.now().0);
                    let wallet = Holder::Party(withdrawal.party);
                    change = change.moves([withdrawal.out(wallet, Reason::WithdrawalReturned)]);
                    "withdrawal.returned"
                }
                Decision::Retry => {
                    withdrawal.status = WithdrawalStatus::Pending;
                    withdrawal.reference = None;
                    withdrawal.body.attempt += 1;
                    withdrawal.body.looks = 0;
                    withdrawal.body.fault = None;
                    change = change.job(self.payout_job(id, self.now()));
                    "withdrawal.retried"
                }
            };
            let change = change.row(withdrawal.to_write()?).event(withdrawal.event(kind)?);
            Ok(change.reply(move |_| render(&withdrawal)))
        })
        .await
    }

    pub(crate) async fn withdrawal_and_head(&self, id: WithdrawalId) -> Result<(Withdrawal, i64), Error> {
        let read = self.db.read();
        let head = read.cell(&Withdrawal::head_key(id)).await?;
        let row = read.one::<WithdrawalRow>("id = $1", &[id.to_string().into()]).await?;
        Ok((Withdrawal::from_row(&row.ok_or_else(|| Refusal::not_found("withdrawal"))?)?, head))
    }

    /// A withdrawal that the caller may see, by our id or the provider's name of it.
    pub async fn withdrawal_of(&self, caller: &Caller, name: &str) -> Result<Withdrawal, Error> {
        let withdrawal = if let Ok(id) = name.parse() {
            self.withdrawal_and_head(id).await?.0
        } else {
            const NAMED: &str = "reference = $1 order by id desc limit 1";
            let missing = || Refusal::not_found("withdrawal");
            let row = self.db.read().one::<WithdrawalRow>(NAMED, &[searchable(name, missing)?]).await?;
            Withdrawal::from_row(&row.ok_or_else(missing)?)?
        };
        if !self.speaks_for(caller, withdrawal.party).await? {
            let message = "only whoever asked for a withdrawal, its owner and the operator may see it";
            return Err(Refusal::new(Code::NotAParty, message).into());
        }
        Ok(withdrawal)
    }

    /// A party's withdrawals, newest first.
    pub async fn withdrawals(
        &self,
        party: PartyId,
        status: Option<WithdrawalStatus>,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Withdrawal>, Error> {
        const OWN: &str = "party = $1 and ($2 = '' or status = $2) and ($3 = '' or id < $3) \
                           order by id desc limit $4";
        self.list_withdrawals(OWN, Some(party), status, cursor, limit).await
    }

    /// Everyone's withdrawals of a status, newest first, for the operator.
    pub async fn all_withdrawals(
        &self,
        status: Option<WithdrawalStatus>,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Withdrawal>, Error> {
        const ALL: &str = "$1 = '' and ($2 = '' or status = $2) and ($3 = '' or id < $3) \
                           order by id desc limit $4";
        self.list_withdrawals(ALL, None, status, cursor, limit).await
    }

    /// Payouts on their way, oldest first: those that wait, and those that the provider has.
    pub async fn payouts_under_way(&self, limit: usize) -> Result<Vec<Withdrawal>, Error> {
        const UNDER_WAY: &str = "$1 = '' and $2 = '' and $3 = '' \
                                 and status in ('pending', 'processing') order by id limit $4";
        self.list_withdrawals(UNDER_WAY, None, None, None, limit).await
    }

    async fn list_withdrawals(
        &self,
        tail: &'static str,
        party: Option<PartyId>,
        status: Option<WithdrawalStatus>,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Withdrawal>, Error> {
        let values = [
            party.map(|party| party.to_string()).unwrap_or_default().into(),
            status.map_or("", WithdrawalStatus::as_str).into(),
            cursor.unwrap_or_default().into(),
            i64::try_from(limit).unwrap_or(i64::MAX).into(),
        ];
        let rows = self.db.read().many::<WithdrawalRow>(tail, &values).await?;
        rows.iter().map(Withdrawal::from_row).collect()
    }
}

/// The address a withdrawal goes to.
fn chosen<'b>(book: &'b Book, wanted: &Wanted) -> Result<&'b Address, Refusal> {
    let fits = |one: &&Address| wanted.coin.is_none_or(|coin| coin == one.coin);
    let address = match &wanted.target {
        Target::Saved(id) => book.find(*id)?,
        Target::Raw(text) => {
            let saved = book.all.iter().filter(fits).find(|one| &one.address == text);
            saved.ok_or_else(|| Refusal::not_found("withdrawal address"))?
        }
        Target::Preferred => {
            let missing =
                || Refusal::field("withdrawal_address_id", "is missing, and no address is the default one");
            book.all.iter().find(|one| one.preferred).ok_or_else(missing)?
        }
    };
    match wanted.coin {
        Some(coin) if coin != address.coin => {
            let message = format!("is {}, and the address takes {}", coin.code, address.coin.code);
            Err(Refusal::field("currency", message))
        }
        _ => Ok(address),
    }
}

impl Withdrawal {
    pub(crate) fn head_key(id: WithdrawalId) -> Key {
        Key::head("withdrawal", id)
    }

    /// The amount, out of its own account.
    pub(crate) const fn out(&self, to: Holder, reason: Reason) -> Move {
        Move {
            from: Holder::Withdrawal(self.id),
            to,
            asset: Asset::Usd,
            amount: self.amount,
            draw: Draw::Only(Pocket::Free),
            land: Land::SamePocket,
            reason,
            task: None,
        }
    }

    /// What happened to it, for its party.
    pub(crate) fn event(&self, kind: &str) -> Result<NewEvent, Error> {
        Ok(NewEvent {
            subject: format!("withdrawal/{}", self.id),
            kind: kind.into(),
            visibility: Visibility::Parties.as_str().into(),
            body: to_json(&json!({
                "withdrawal": self.id.to_string(),
                "party": self.party.to_string(),
                "amount": self.amount,
                "currency": self.coin.code,
                "status": self.status.word(),
                "fault": self.body.fault,
            }))?,
        })
    }

    pub(crate) fn to_write(&self) -> Result<Write, Error> {
        Ok(self.to_row()?.upsert())
    }

    fn to_row(&self) -> Result<WithdrawalRow, Error> {
        Ok(WithdrawalRow {
            id: self.id.to_string(),
            party: self.party.to_string(),
            coin: self.coin.code.into(),
            amount: self.amount,
            status: self.status.as_str().into(),
            reference: self.reference.clone(),
            created_at: self.created_at.0,
            body: to_json(&self.body)?,
        })
    }

    fn from_row(row: &WithdrawalRow) -> Result<Self, Error> {
        let impossible = |what: &str| Error::Internal(format!("withdrawal {}: impossible {what}", row.id));
        let status = WithdrawalStatus::ALL.into_iter().find(|status| status.as_str() == row.status);
        Ok(Self {
            id: parsed("withdrawal", &row.id)?,
            party: parsed("party", &row.party)?,
            coin: Coin::parse(&row.coin).ok_or_else(|| impossible("coin"))?,
            amount: row.amount,
            status: status.ok_or_else(|| impossible("status"))?,
            reference: row.reference.clone(),
            created_at: Timestamp(row.created_at),
            body: from_json("withdrawal", &row.body)?,
        })
    }
}
