//! What a party spends: counted per UTC day against its guardrails, and over a handed-off
//! credential's life against that credential's own limit.

use std::collections::BTreeMap;

use assay_db::{Change, Key};
use assay_domain::guardrails::Guardrails;
use assay_domain::ids::{PartyId, Timestamp};
use assay_domain::money::{self, Asset};
use assay_domain::refusal::{Code, Refusal};

use super::access::Means;
use super::{App, Caller};
use crate::error::Error;

/// What a party spends, as of now.
#[derive(Clone, Debug)]
pub struct Spending {
    /// On this UTC day, fees included, in millionths of a dollar; what came back of it on
    /// the same day is taken off.
    pub today: i64,
    /// The most in a day, where there is one.
    pub max_daily: Option<i64>,
    /// Tasks that are not final.
    pub open_tasks: i64,
    /// When the next day begins.
    pub resets_at: Timestamp,
    /// Today's by category; what was not spent on tasks stands under `other`.
    pub by_category: BTreeMap<String, i64>,
}

/// What a party used of two of its limits, as of now.
#[derive(Clone, Debug)]
pub struct Used {
    /// Its limits.
    pub rules: Guardrails,
    /// See [`Spending::today`].
    pub today: i64,
    /// See [`Spending::open_tasks`].
    pub open_tasks: i64,
}

impl App {
    /// What each of these used, in their order; for whoever looks after them all.
    pub(crate) async fn used(&self, parties: &[PartyId]) -> Result<Vec<Used>, Error> {
        let day = self.now().utc_day();
        let keys = parties.iter().flat_map(|&party| [spent_key(party, day), open_tasks_key(party)]);
        let cells = self.db.read().cells(&keys.collect::<Vec<_>>()).await?;
        let mut rules = self.guardrails_of_many(parties).await?;
        let used = |(party, &[today, open_tasks]): (&PartyId, &[i64; 2])| Used {
            rules: rules.remove(&party.to_string()).unwrap_or_default(),
            today,
            open_tasks,
        };
        Ok(parties.iter().zip(cells.as_chunks().0).map(used).collect())
    }

    /// What a bot spends, for itself, its owner and the operator.
    pub async fn spending(&self, caller: &Caller, bot: PartyId) -> Result<Spending, Error> {
        self.may_look_after(caller, bot).await?;
        let now = self.now();
        let (rules, _) = self.guardrails(bot).await?;
        let read = self.db.read();
        let keys = [spent_key(bot, now.utc_day()), open_tasks_key(bot)];
        let [today, open_tasks] = read.cells(&keys).await?[..] else { return Err(short()) };
        let on_tasks = read.spent_on_tasks(bot, now.utc_day_start().0).await?;
        let mut by_category: BTreeMap<String, i64> =
            on_tasks.into_iter().filter(|(_, units)| *units > 0).collect();
        let elsewhere = today - by_category.values().sum::<i64>();
        if elsewhere > 0 {
            *by_category.entry("other".into()).or_default() += elsewhere;
        }
        let max_daily = rules.max_daily_spend;
        Ok(Spending { today, max_daily, open_tasks, resets_at: now.next_utc_day(), by_category })
    }
}

fn short() -> Error {
    Error::Internal("a cell was not answered".into())
}

/// The counter of what a party spent on a UTC day, in millionths of a dollar.
pub(crate) fn spent_key(party: PartyId, day: i64) -> Key {
    Key::counter(format!("spent/{party}/{day}"))
}

/// The counter of a party's tasks that are not final.
pub(crate) fn open_tasks_key(party: PartyId) -> Key {
    Key::counter(format!("open-tasks/{party}"))
}

/// Counts a gross debit of the caller: fees included, in the asset's smallest unit.
pub(crate) fn charge(
    change: Change,
    caller: &Caller,
    rules: &Guardrails,
    asset: Asset,
    gross: i64,
    now: Timestamp,
) -> Change {
    let change = charge_handoff(change, caller, asset, gross);
    if asset != Asset::Usd {
        return change;
    }
    let over = |most: i64| {
        let most = money::format(Asset::Usd, most);
        let message = format!("this would pass max_daily_spend {most} for today (UTC)");
        Refusal::new(Code::GuardrailMaxDailySpend, message)
    };
    add_within(change, spent_key(caller.party, now.utc_day()), gross, rules.max_daily_spend, over)
}

/// A handed-off credential's own limit counts both assets alike, one credit as one dollar.
fn charge_handoff(change: Change, caller: &Caller, asset: Asset, gross: i64) -> Change {
    let Means::Handoff { key, spend_max } = caller.means else { return change };
    let millionths = gross.saturating_mul(10_i64.pow(Asset::Usd.scale() - asset.scale()));
    let message = format!("this handoff may spend {} in its life", money::format(Asset::Usd, spend_max));
    let over = Refusal::new(Code::HandoffSpendLimit, message);
    change.add_up_to(handoff_spent_key(key), millionths, spend_max, over)
}

/// The counter of what a handed-off credential spent.
pub(crate) fn handoff_spent_key(key: assay_domain::ids::KeyId) -> Key {
    Key::counter(format!("handoff-spent/{key}"))
}

/// Counts one more task that is not final.
pub(crate) fn count_open_task(change: Change, poster: PartyId, rules: &Guardrails) -> Change {
    let over = |most: i64| {
        let message = format!("max_open_tasks {most} is reached: wait until one is done");
        Refusal::new(Code::GuardrailMaxOpenTasks, message)
    };
    add_within(change, open_tasks_key(poster), 1, rules.max_open_tasks, over)
}

fn add_within(
    change: Change,
    key: Key,
    delta: i64,
    most: Option<i64>,
    refusal: impl Fn(i64) -> Refusal,
) -> Change {
    match most {
        Some(most) => change.add_up_to(key, delta, most, refusal(most)),
        None => change.add(key, delta),
    }
}
