//! Rewards: earned credits for codes that the operator loaded, each given out once.
//!
//! A redemption takes its code at once, by the code's own head, and its credits are held
//! apart. It is settled at once or by the operator; a refusal puts code and credits back.

use std::collections::HashMap;

use assay_db::entities::packages::{RedemptionRow, RewardCodeRow, RewardRow};
use assay_db::{Change, Key, NewEvent, Record as _, Reply};
use assay_domain::ids::{PartyId, RedemptionId, RewardId, Timestamp};
use assay_domain::ledger::{Draw, Holder, Land, Move, Pocket, Reason};
use assay_domain::money::Asset;
use assay_domain::refusal::{Code, Refusal};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::ownership::{Who, ownership_key};
use super::task::{from_json, to_json};
use super::tasks::Page;
use super::turn::Visibility;
use super::{Answer, App, Ask, Caller};
use crate::error::Error;

/// Something credits can be redeemed for.
#[derive(Clone, Debug)]
pub struct Reward {
    /// Which.
    pub row: RewardRow,
    /// Whether a code of it is left.
    pub in_stock: bool,
}

/// Credits on their way to a reward.
#[derive(Clone, Debug)]
pub struct Redemption {
    /// Which.
    pub id: RedemptionId,
    /// Of what.
    pub reward: RewardId,
    /// Who redeems.
    pub party: PartyId,
    /// Who answers for it.
    pub owner: PartyId,
    /// Credits.
    pub price: i64,
    /// `pending`, `settled` or `refused`.
    pub status: String,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it was settled or refused.
    pub decided_at: Option<Timestamp>,
    /// The rest.
    pub body: Body,
    /// The code, where the one who looks may see it.
    pub code: Option<String>,
}

/// What is kept of a redemption.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Body {
    /// The reward's name when it was redeemed.
    pub reward_name: String,
    /// Which code it took.
    pub code_hash: String,
    /// Why the operator refused it.
    pub reason: Option<String>,
}

/// What the operator says to a redemption.
#[derive(Clone, Debug)]
pub enum Ruling {
    /// The code is theirs.
    Approve,
    /// Code and credits go back.
    Refuse {
        /// Why.
        reason: Option<String>,
    },
}

/// A free code and the head it was read at.
struct FreeCode {
    row: RewardCodeRow,
    head: i64,
}

fn redemption_key(id: RedemptionId) -> Key {
    Key::head("redemption", id)
}

/// The head that loading moves, so that nobody pays an old price.
pub(crate) fn reward_key(id: &str) -> Key {
    Key::head("reward", id)
}

fn code_key(hash: &str) -> Key {
    Key::head("reward-code", hash)
}

fn owner_day_key(owner: PartyId, day: i64) -> Key {
    Key::counter(format!("redeemed/{owner}/{day}"))
}

fn day_key(day: i64) -> Key {
    Key::counter(format!("redeemed/all/{day}"))
}

impl App {
    /// What can be had, in the order of its names.
    pub async fn rewards(&self) -> Result<Vec<Reward>, Error> {
        let read = self.db.read();
        let rows = read.many::<RewardRow>("id <> '' order by word limit 1000", &[]).await?;
        let stocked = "id in (select reward from reward_codes where redemption is null)";
        let stocked = read.many::<RewardRow>(stocked, &[]).await?;
        let in_stock = |row: &RewardRow| stocked.iter().any(|other| other.id == row.id);
        Ok(rows.into_iter().map(|row| Reward { in_stock: in_stock(&row), row }).collect())
    }

    /// Every reward with its codes: those that are left, and those that somebody has.
    pub async fn stock(&self) -> Result<Vec<(Reward, i64, i64)>, Error> {
        let read = self.db.read();
        let left = read.count_by::<RewardCodeRow>("reward", "redemption is null", &[]).await?;
        let given = read.count_by::<RewardCodeRow>("reward", "redemption is not null", &[]).await?;
        let of = |codes: &HashMap<String, i64>, reward: &Reward| codes.get(&reward.row.id).copied();
        let line = |reward: Reward| {
            let (left, given) = (of(&left, &reward), of(&given, &reward));
            (reward, left.unwrap_or(0), given.unwrap_or(0))
        };
        Ok(self.rewards().await?.into_iter().map(line).collect())
    }

    /// Redeems free credits. Refusals, in this order: a handoff; an agent of nobody; no
    /// such reward; no code left; a day's limit; too few credits.
    pub async fn redeem(
        &self,
        ask: &Ask,
        id: RewardId,
        render: fn(&Redemption) -> Reply,
    ) -> Result<Answer, Error> {
        ask.caller.in_person("redeem")?;
        self.settle(ask.once.as_ref(), || async move {
            let who = self.who(ask.caller.party).await?;
            if !who.human && who.owner.is_none() {
                let message = "an agent redeems once it has an owner: bind it to a person first";
                return Err(Refusal::new(Code::OwnerOnly, message).into());
            }
            let (reward, reward_head) = self.reward(id).await?;
            let code = self.free_code(&reward.id).await?;
            let settled = !self.settings.rewards.need_approval;
            let mut redemption = self.new_redemption(id, &who, &reward, &code.row);
            let mut change = Change::new()
                .expect(ownership_key(who.id), who.head)
                .expect(reward_key(&reward.id), reward_head)
                .advance(code_key(&code.row.hash), code.head)
                .advance(redemption_key(redemption.id), 0)
                .row(
                    RewardCodeRow { redemption: Some(redemption.id.to_string()), ..code.row.clone() }
                        .upsert(),
                )
                .moves([held(&redemption)]);
            change = self.count_day(change, &redemption);
            if settled {
                change = change.moves([self.spent(&redemption)]);
                redemption.status = "settled".into();
                redemption.decided_at = Some(redemption.created_at);
                redemption.code = Some(String::from_utf8_lossy(&code.row.code).into_owned());
            }
            change = change.row(redemption.to_row()?.insert()).event(told(&redemption)?);
            Ok(change.reply(move |_| render(&redemption)))
        })
        .await
    }

    fn new_redemption(
        &self,
        id: RewardId,
        who: &Who,
        reward: &RewardRow,
        code: &RewardCodeRow,
    ) -> Redemption {
        Redemption {
            id: RedemptionId(self.clock.id()),
            reward: id,
            party: who.id,
            owner: who.root(),
            price: reward.price,
            status: "pending".into(),
            created_at: self.now(),
            decided_at: None,
            body: Body { reward_name: reward.name.clone(), code_hash: code.hash.clone(), reason: None },
            code: None,
        }
    }

    /// A reward, and the head it was read at.
    async fn reward(&self, id: RewardId) -> Result<(RewardRow, i64), Error> {
        let read = self.db.read();
        let head = read.cell(&reward_key(&id.to_string())).await?;
        let row = read.one::<RewardRow>("id = $1", &[id.to_string().into()]).await?;
        Ok((row.ok_or_else(|| Refusal::not_found("reward"))?, head))
    }

    /// One of the codes nobody has, any of them, so that many who redeem at once seldom
    /// reach for the same.
    async fn free_code(&self, reward: &str) -> Result<FreeCode, Error> {
        const ANY: &str = "hash in (select hash from reward_codes where reward = $1 and redemption is null \
                           order by hash limit 1000) order by random() limit 1";
        let read = self.db.read();
        for _ in 0..self.settings.limits.stale_retries_max {
            let Some(found) = read.one::<RewardCodeRow>(ANY, &[reward.into()]).await? else {
                return Err(Refusal::new(Code::OutOfStock, "no code of this reward is left").into());
            };
            let head = read.cell(&code_key(&found.hash)).await?;
            // Read again after the head: it may have been taken, or taken and given back.
            let row = read.one::<RewardCodeRow>("hash = $1", &[found.hash.into()]).await?;
            if let Some(row) = row.filter(|row| row.redemption.is_none()) {
                return Ok(FreeCode { row, head });
            }
        }
        Err(Error::Unavailable("codes were taken faster than they were found".into()))
    }

    /// Counts it against the day of its owner, and against everybody's.
    fn count_day(&self, change: Change, redemption: &Redemption) -> Change {
        let limits = &self.settings.rewards;
        let day = redemption.created_at.utc_day();
        let over = |most: i64, whose: &str| {
            let message =
                format!("{most} credits a day (UTC) are the most that {whose} redeem: try tomorrow");
            Refusal::new(Code::QuotaExhausted, message)
        };
        let (own, all) = (limits.per_owner_day_credits_max, limits.per_day_credits_max);
        change
            .add_up_to(
                owner_day_key(redemption.owner, day),
                redemption.price,
                own,
                over(own, "one owner may"),
            )
            .add_up_to(day_key(day), redemption.price, all, over(all, "all together may"))
    }

    /// The credits are gone: they were given away once, and now they are given back.
    fn spent(&self, redemption: &Redemption) -> Move {
        Move { to: Holder::Issue(self.lane), reason: Reason::RedemptionSettled, ..out_of_hold(redemption) }
    }

    /// The caller's own redemptions and those of agents it answers for, newest first. A
    /// handed-off key sees no code.
    pub async fn redemptions(
        &self,
        caller: &Caller,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<Redemption>, Error> {
        const MINE: &str = "(party = $1 or owner = $1)";
        const PAGE: &str = "(party = $1 or owner = $1) and ($2 = '' or id < $2) order by id desc limit $3";
        let whose = caller.party.to_string();
        let total_estimate = self.db.read().count::<RedemptionRow>(MINE, &[whose.as_str().into()]).await?;
        let mut page = self.redemption_page(PAGE, &whose, cursor, limit, total_estimate).await?;
        if caller.in_person("see codes").is_ok() {
            for one in page.items.iter_mut().filter(|one| one.status == "settled") {
                let tail = "redemption = $1";
                let row = self.db.read().one::<RewardCodeRow>(tail, &[one.id.to_string().into()]).await?;
                one.code = row.map(|row| String::from_utf8_lossy(&row.code).into_owned());
            }
        }
        Ok(page)
    }

    /// Everybody's redemptions of a status, newest first, without their codes.
    pub async fn all_redemptions(
        &self,
        status: &str,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<Redemption>, Error> {
        const PAGE: &str = "($1 = '' or status = $1) and ($2 = '' or id < $2) order by id desc limit $3";
        let count = "($1 = '' or status = $1)";
        let total_estimate = self.db.read().count::<RedemptionRow>(count, &[status.into()]).await?;
        self.redemption_page(PAGE, status, cursor, limit, total_estimate).await
    }

    async fn redemption_page(
        &self,
        tail: &'static str,
        of: &str,
        cursor: Option<&str>,
        limit: usize,
        total_estimate: i64,
    ) -> Result<Page<Redemption>, Error> {
        let more = i64::try_from(limit + 1).unwrap_or(i64::MAX);
        let values = [of.into(), cursor.unwrap_or_default().into(), more.into()];
        let mut rows = self.db.read().many::<RedemptionRow>(tail, &values).await?;
        let next = (rows.len() > limit).then(|| rows[limit - 1].id.clone());
        rows.truncate(limit);
        let items = rows.iter().map(Redemption::from_row).collect::<Result<_, _>>()?;
        Ok(Page { items, next, total_estimate })
    }

    /// The operator decides about a redemption, once.
    pub async fn rule_redemption(
        &self,
        ask: &Ask,
        id: RedemptionId,
        ruling: &Ruling,
        render: fn(&Redemption) -> Reply,
    ) -> Result<Answer, Error> {
        self.settle(ask.once.as_ref(), || async move {
            let read = self.db.read();
            let head = read.cell(&redemption_key(id)).await?;
            let row = read.one::<RedemptionRow>("id = $1", &[id.to_string().into()]).await?;
            let mut redemption = Redemption::from_row(&row.ok_or_else(|| Refusal::not_found("redemption"))?)?;
            if redemption.status != "pending" {
                let message = format!("the redemption is {} already", redemption.status);
                return Err(Refusal::new(Code::Conflict, message).into());
            }
            redemption.decided_at = Some(self.now());
            let mut change = Change::new().advance(redemption_key(id), head);
            match ruling {
                Ruling::Approve => {
                    redemption.status = "settled".into();
                    change = change.moves([self.spent(&redemption)]);
                }
                Ruling::Refuse { reason } => {
                    redemption.status = "refused".into();
                    redemption.body.reason.clone_from(reason);
                    change = self.give_back(change, &redemption).await?;
                }
            }
            change = change.row(redemption.to_row()?.upsert()).event(told(&redemption)?);
            Ok(change.reply(move |_| render(&redemption)))
        })
        .await
    }

    /// The code goes back into stock, the credits to their pocket, and the day, if it is
    /// still the same, has room again.
    async fn give_back(&self, change: Change, redemption: &Redemption) -> Result<Change, Error> {
        let gone = || Error::Internal(format!("redemption {}: its code is gone", redemption.id));
        let hash = &redemption.body.code_hash;
        let head = self.db.read().cell(&code_key(hash)).await?;
        let row = self.db.read().one::<RewardCodeRow>("hash = $1", &[hash.as_str().into()]).await?;
        let code = row.ok_or_else(gone)?;
        let back = Move {
            to: Holder::Party(redemption.party),
            reason: Reason::RedemptionReturned,
            ..out_of_hold(redemption)
        };
        let change = change
            .advance(code_key(hash), head)
            .row(RewardCodeRow { redemption: None, ..code }.upsert())
            .moves([back]);
        let day = redemption.created_at.utc_day();
        if day != self.now().utc_day() {
            return Ok(change);
        }
        Ok(change
            .add(owner_day_key(redemption.owner, day), -redemption.price)
            .add(day_key(day), -redemption.price))
    }
}

/// Free credits, put aside.
const fn held(redemption: &Redemption) -> Move {
    Move {
        from: Holder::Party(redemption.party),
        to: Holder::Redemption(redemption.id),
        asset: Asset::Cr,
        amount: redemption.price,
        draw: Draw::Only(Pocket::Free),
        land: Land::In(Pocket::Free),
        reason: Reason::Redemption,
        task: None,
    }
}

/// What was put aside, on its way on.
const fn out_of_hold(redemption: &Redemption) -> Move {
    Move { from: Holder::Redemption(redemption.id), ..held(redemption) }
}

fn told(redemption: &Redemption) -> Result<NewEvent, Error> {
    let facts = json!({
        "redemption": redemption.id.to_string(),
        "party": redemption.party.to_string(),
        "status": redemption.status,
        "amount": redemption.price,
        "currency": Asset::Cr.code(),
    });
    Ok(NewEvent {
        subject: format!("redemption/{}", redemption.id),
        kind: format!("redemption.{}", redemption.status),
        visibility: Visibility::Parties.as_str().into(),
        body: to_json(&facts)?,
    })
}

impl Redemption {
    fn to_row(&self) -> Result<RedemptionRow, Error> {
        Ok(RedemptionRow {
            id: self.id.to_string(),
            reward: self.reward.to_string(),
            party: self.party.to_string(),
            owner: self.owner.to_string(),
            price: self.price,
            status: self.status.clone(),
            created_at: self.created_at.0,
            decided_at: self.decided_at.map(|at| at.0),
            body: to_json(&self.body)?,
        })
    }

    fn from_row(row: &RedemptionRow) -> Result<Self, Error> {
        let impossible = |what: &str| Error::Internal(format!("redemption {}: impossible {what}", row.id));
        Ok(Self {
            id: row.id.parse().map_err(|_| impossible("id"))?,
            reward: row.reward.parse().map_err(|_| impossible("reward"))?,
            party: row.party.parse().map_err(|_| impossible("party"))?,
            owner: row.owner.parse().map_err(|_| impossible("owner"))?,
            price: row.price,
            status: row.status.clone(),
            created_at: Timestamp(row.created_at),
            decided_at: row.decided_at.map(Timestamp),
            body: from_json("redemption", &row.body)?,
            code: None,
        })
    }
}
