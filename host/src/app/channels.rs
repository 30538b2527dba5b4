//! Payment channels: a purse of two parties for many small transfers. Each transfer is
//! durable when it is answered; what a side holds is a balance of the ledger.

use std::sync::Arc;

use assay_db::entities::finance::ChannelRow;
use assay_db::{Applied, Change, Key, Once, Record as _, Reply};
use assay_domain::ids::{ChannelId, PartyId, Timestamp};
use assay_domain::ledger::{Account, Draw, Holder, Land, Move, Pocket, Reason, Side};
use assay_domain::money::Asset;
use assay_domain::refusal::{Code, Refusal};
use sha2::{Digest as _, Sha256};

use super::memory::{Decided, Sight};
use super::spending::{charge, spent_key};
use super::{Answer, App, Ask, Caller, commissioning};
use crate::error::Error;

/// A channel.
#[derive(Clone, Debug)]
pub struct Channel {
    /// Which.
    pub id: ChannelId,
    /// Who opened it.
    pub opener: PartyId,
    /// The other.
    pub counterparty: PartyId,
    /// `open` or `closed`.
    pub status: String,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
}

/// A channel as one of its sides sees it.
#[derive(Clone, Debug)]
pub struct ChannelView {
    /// The channel.
    pub channel: Channel,
    /// Whose eyes.
    pub side: Side,
    /// What that side holds, in millionths of a dollar.
    pub balance: i64,
    /// What the other side holds.
    pub counterparty_balance: i64,
    /// The number of the last transfer; 0 before the first.
    pub sequence: i64,
    /// What was just paid in, transferred or paid out to that side.
    pub amount: i64,
}

/// The head of a channel: opened, closed.
fn head_key(id: ChannelId) -> Key {
    Key::head("channel", id)
}

/// Counts its transfers.
fn sequence_key(id: ChannelId) -> Key {
    Key::head("channel-sequence", id)
}

/// Counts what was paid in. With the transfers it tells a close that the balances it divides
/// are the last ones.
fn deposits_key(id: ChannelId) -> Key {
    Key::head("channel-deposits", id)
}

/// What a side put in on a day, which comes off the day's spend if it comes back.
fn paid_in_key(id: ChannelId, party: PartyId, day: i64) -> Key {
    Key::counter(format!("channel-in/{id}/{party}/{day}"))
}

const fn side_account(id: ChannelId, side: Side, pocket: Pocket) -> Account {
    Account { holder: Holder::Channel(id, side), asset: Asset::Usd, pocket }
}

/// Both pockets of both sides, the caller's side first.
const fn accounts(id: ChannelId, side: Side) -> [Account; 4] {
    let other = other(side);
    [
        side_account(id, side, Pocket::Spend),
        side_account(id, side, Pocket::Free),
        side_account(id, other, Pocket::Spend),
        side_account(id, other, Pocket::Free),
    ]
}

const fn other(side: Side) -> Side {
    match side {
        Side::Opener => Side::Counterparty,
        Side::Counterparty => Side::Opener,
    }
}

const fn order(from: Holder, to: Holder, amount: i64, draw: Draw, land: Land, reason: Reason) -> Move {
    Move { from, to, asset: Asset::Usd, amount, draw, land, reason, task: None }
}

impl App {
    /// Opens a channel with an amount of the caller's own in it.
    pub async fn open_channel(
        &self,
        ask: &Ask,
        counterparty: PartyId,
        amount: i64,
        render: fn(&ChannelView) -> Reply,
    ) -> Result<Answer, Error> {
        self.settle(ask.once.as_ref(), || async move {
            let opener = ask.caller.party;
            if opener == counterparty {
                let message = "must be another party than yourself";
                return Err(Refusal::field("counterparty_id", message).into());
            }
            self.who(counterparty)
                .await
                .map_err(|_| Refusal::field("counterparty_id", "is no party of this marketplace"))?;
            let channel = Channel {
                id: ChannelId(self.clock.id()),
                opener,
                counterparty,
                status: "open".into(),
                created_at: self.now(),
                closed_at: None,
            };
            let change = self.pay_in(ask, &channel, Side::Opener, amount).await?;
            let change = change.advance(head_key(channel.id), 0).row(channel.to_row().insert());
            Ok(change.reply(move |applied| render(&channel.seen(Side::Opener, applied, amount, 0))))
        })
        .await
    }

    /// Puts more into one's side of a channel.
    pub async fn fund_channel(
        &self,
        ask: &Ask,
        id: ChannelId,
        amount: i64,
        render: fn(&ChannelView) -> Reply,
    ) -> Result<Answer, Error> {
        self.settle(ask.once.as_ref(), || async move {
            let (channel, head, side) = self.own_open_channel(&ask.caller, id).await?;
            let sequence = self.db.read().cell(&sequence_key(id)).await?;
            let change = self.pay_in(ask, &channel, side, amount).await?.expect(head_key(id), head);
            Ok(change.reply(move |applied| render(&channel.seen(side, applied, amount, sequence))))
        })
        .await
    }

    async fn pay_in(&self, ask: &Ask, channel: &Channel, side: Side, amount: i64) -> Result<Change, Error> {
        let (party, now) = (ask.caller.party, self.now());
        let (rules, rules_head) = self.guardrails(party).await?;
        rules.permit_channel()?;
        let into = Holder::Channel(channel.id, side);
        let reason = Reason::ChannelDeposit;
        let deposit = order(Holder::Party(party), into, amount, Draw::SpendFirst, Land::SamePocket, reason);
        let mut change = Change::new()
            .expect(commissioning::head_key(party), rules_head)
            .moves([deposit])
            .add(paid_in_key(channel.id, party, now.utc_day()), amount);
        change.bump.push(deposits_key(channel.id));
        change.show.extend(accounts(channel.id, side));
        Ok(charge(change, &ask.caller, &rules, Asset::Usd, amount, now))
    }

    /// Pays from one's own side to the other. A `sequence` is the last one plus one; the
    /// same transfer sent again gets the first answer.
    pub async fn transfer(
        &self,
        ask: &Ask,
        id: ChannelId,
        amount: i64,
        sequence: Option<i64>,
        render: fn(&ChannelView) -> Reply,
    ) -> Result<Answer, Error> {
        let numbered = sequence.map(|n| once_of(id, ask.caller.party, n, amount));
        let once = numbered.as_ref().or(ask.once.as_ref());
        let decide = |sight| self.decide_transfer(sight, &ask.caller, (id, sequence), amount, render);
        let done = self.settle_by_sight(once, decide).await;
        match done {
            Err(Error::Refused(refusal))
                if sequence.is_some() && refusal.code == Code::IdempotencyKeyReused =>
            {
                Err(out_of_order("was used for another amount").into())
            }
            done => done,
        }
    }

    async fn decide_transfer(
        &self,
        sight: Arc<Sight>,
        caller: &Caller,
        (id, sequence): (ChannelId, Option<i64>),
        amount: i64,
        render: fn(&ChannelView) -> Reply,
    ) -> Result<Decided, Error> {
        let remembered = || {
            let (channel, head) = self.memory.channel(id)?;
            let side = channel.side_of(caller.party)?;
            (channel.status == "open").then_some((channel, head, side))
        };
        let (channel, head, side) = if let Some(found) = sight.recall(remembered) {
            found
        } else {
            let found = self.own_open_channel(caller, id).await?;
            self.memory.keep_channel(&found.0, found.1);
            found
        };
        let (from, to) = (Holder::Channel(id, side), Holder::Channel(id, other(side)));
        let pay = order(from, to, amount, Draw::SpendFirst, Land::In(Pocket::Free), Reason::ChannelTransfer);
        let mut change = Change::new().expect(head_key(id), head).moves([pay]);
        if let Some(sequence) = sequence {
            let last = self.db.read().cell(&sequence_key(id)).await?;
            if sequence != last + 1 {
                return Err(out_of_order(&format!("must be {}, the last plus one", last + 1)).into());
            }
            change = change.expect(sequence_key(id), last);
        }
        change.bump.push(sequence_key(id));
        change.show.extend(accounts(id, side));
        let change = change.reply(move |applied| {
            render(&channel.seen(side, applied, amount, applied.cell(&sequence_key(id))))
        });
        Ok(change.into())
    }

    /// Closes a channel, by either side: each gets what its side holds, into the pockets
    /// it came from.
    pub async fn close_channel(
        &self,
        ask: &Ask,
        id: ChannelId,
        render: fn(&ChannelView) -> Reply,
    ) -> Result<Answer, Error> {
        self.settle(ask.once.as_ref(), || async move {
            let (channel, head, side) = self.own_open_channel(&ask.caller, id).await?;
            let read = self.db.read();
            let counted = read.cells(&[deposits_key(id), sequence_key(id)]).await?;
            let (deposits, sequence) = (counted[0], counted[1]);
            let sides = read.balances(&accounts(id, side)).await?;
            let (mine, theirs) = (sides[0] + sides[1], sides[2] + sides[3]);
            let now = self.now();
            let mut change = Change::new()
                .advance(head_key(id), head)
                .expect(deposits_key(id), deposits)
                .expect(sequence_key(id), sequence)
                .moves([channel.pays_out(side, mine), channel.pays_out(other(side), theirs)]);
            for (side, back) in [(side, mine), (other(side), theirs)] {
                let party = channel.party(side);
                let today = read.cell(&paid_in_key(id, party, now.utc_day())).await?;
                change = change.add(spent_key(party, now.utc_day()), -back.min(today));
            }
            change.show.extend(accounts(id, side));
            let closed = Channel { status: "closed".into(), closed_at: Some(now), ..channel };
            let change = change.row(closed.to_row().upsert());
            Ok(change.reply(move |applied| render(&closed.seen(side, applied, mine, sequence))))
        })
        .await
    }

    /// A channel as the caller sees it; for its two sides, their owners and the operator.
    pub async fn channel(&self, caller: &Caller, id: ChannelId) -> Result<ChannelView, Error> {
        let channel = self.channel_by_id(id).await?;
        let side = match channel.side_of(caller.party) {
            Some(side) => side,
            None if self.speaks_for(caller, channel.opener).await? => Side::Opener,
            None if self.speaks_for(caller, channel.counterparty).await? => Side::Counterparty,
            None => return Err(not_a_side().into()),
        };
        let view = self.views(vec![(channel, side)]).await?.pop();
        view.ok_or_else(|| Refusal::not_found("channel").into())
    }

    /// The caller's channels, newest first; `cursor` is the last one shown.
    pub async fn channels(
        &self,
        caller: &Caller,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Vec<ChannelView>, Error> {
        const TAIL: &str = "(opener = $1 or counterparty = $1) and ($2 = '' or id < $2) \
                            order by id desc limit $3";
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let values = [caller.party.to_string().into(), cursor.unwrap_or_default().into(), limit.into()];
        let rows = self.db.read().many::<ChannelRow>(TAIL, &values).await?;
        let mut own = Vec::with_capacity(rows.len());
        for row in &rows {
            let channel = Channel::from_row(row)?;
            own.extend(channel.side_of(caller.party).map(|side| (channel, side)));
        }
        self.views(own).await
    }

    /// What these channels hold, at one moment.
    async fn views(&self, channels: Vec<(Channel, Side)>) -> Result<Vec<ChannelView>, Error> {
        let keys = channels.iter().flat_map(|(channel, side)| {
            let [mine, mine_free, theirs, theirs_free] = accounts(channel.id, *side);
            [
                Key::balance(&mine),
                Key::balance(&mine_free),
                Key::balance(&theirs),
                Key::balance(&theirs_free),
                sequence_key(channel.id),
            ]
        });
        let cells = self.db.read().cells(&keys.collect::<Vec<_>>()).await?;
        let view = |((channel, side), cells): ((Channel, Side), &[i64; 5])| {
            let [mine, mine_free, theirs, theirs_free, sequence] = *cells;
            ChannelView {
                channel,
                side,
                balance: mine + mine_free,
                counterparty_balance: theirs + theirs_free,
                sequence,
                amount: 0,
            }
        };
        Ok(channels.into_iter().zip(cells.as_chunks().0).map(view).collect())
    }

    async fn own_open_channel(&self, caller: &Caller, id: ChannelId) -> Result<(Channel, i64, Side), Error> {
        let head = self.db.read().cell(&head_key(id)).await?;
        let channel = self.channel_by_id(id).await?;
        let side = channel.side_of(caller.party).ok_or_else(not_a_side)?;
        if channel.status != "open" {
            return Err(Refusal::new(Code::WrongStatus, "the channel is closed").into());
        }
        Ok((channel, head, side))
    }

    async fn channel_by_id(&self, id: ChannelId) -> Result<Channel, Error> {
        let row = self.db.read().one::<ChannelRow>("id = $1", &[id.to_string().into()]).await?;
        Channel::from_row(&row.ok_or_else(|| Refusal::not_found("channel"))?)
    }
}

fn not_a_side() -> Refusal {
    Refusal::new(Code::NotAParty, "only the two sides of a channel see and use it")
}

fn out_of_order(what: &str) -> Refusal {
    let field = Refusal::field("sequence", what);
    Refusal { code: Code::SequenceMismatch, ..field }
}

/// A numbered transfer counts once: its number is its idempotency key.
fn once_of(id: ChannelId, from: PartyId, sequence: i64, amount: i64) -> Once {
    let key = Sha256::digest(format!("channel {id} {sequence}"));
    let body = Sha256::digest(format!("{from} {amount}"));
    Once { key: hex::encode(key), body_hash: body.to_vec() }
}

impl Channel {
    fn side_of(&self, party: PartyId) -> Option<Side> {
        if self.opener == party {
            Some(Side::Opener)
        } else {
            (self.counterparty == party).then_some(Side::Counterparty)
        }
    }

    /// Who is on a side.
    pub const fn party(&self, side: Side) -> PartyId {
        match side {
            Side::Opener => self.opener,
            Side::Counterparty => self.counterparty,
        }
    }

    /// Who is on the other side.
    pub const fn other_party(&self, side: Side) -> PartyId {
        self.party(other(side))
    }

    const fn pays_out(&self, side: Side, amount: i64) -> Move {
        let (from, to) = (Holder::Channel(self.id, side), Holder::Party(self.party(side)));
        order(from, to, amount, Draw::SpendFirst, Land::SamePocket, Reason::ChannelClose)
    }

    fn seen(&self, side: Side, applied: &Applied, amount: i64, sequence: i64) -> ChannelView {
        let held = accounts(self.id, side).map(|account| applied.balance(&account));
        ChannelView {
            channel: self.clone(),
            side,
            balance: held[0] + held[1],
            counterparty_balance: held[2] + held[3],
            sequence,
            amount,
        }
    }

    fn to_row(&self) -> ChannelRow {
        ChannelRow {
            id: self.id.to_string(),
            opener: self.opener.to_string(),
            counterparty: self.counterparty.to_string(),
            asset: Asset::Usd.code().into(),
            status: self.status.clone(),
            created_at: self.created_at.0,
            closed_at: self.closed_at.map(|at| at.0),
        }
    }

    fn from_row(row: &ChannelRow) -> Result<Self, Error> {
        let impossible = |what: &str| Error::Internal(format!("channel {}: impossible {what}", row.id));
        Ok(Self {
            id: row.id.parse().map_err(|_| impossible("id"))?,
            opener: row.opener.parse().map_err(|_| impossible("opener"))?,
            counterparty: row.counterparty.parse().map_err(|_| impossible("counterparty"))?,
            status: row.status.clone(),
            created_at: Timestamp(row.created_at),
            closed_at: row.closed_at.map(Timestamp),
        })
    }
}
