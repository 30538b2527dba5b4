//! One world: a house on a fresh database in memory, the model beside it, and the steps.

mod crash;

use std::path::PathBuf;
use std::sync::Arc;

use assay::app::access::{Means, Scopes};
use assay::app::accounts::SignUp;
use assay::app::gate::Gate;
use assay::app::stock::{self, StockLine};
use assay::app::{App, Ask, Caller};
use assay::clock::Clock;
use assay::config::Settings;
use assay_db::entities::ReceiptRow;
use assay_db::{Record as _, Reply};
use assay_domain::ids::{KeyId, Timestamp};
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _, Executor as _, Row as _};
use tempfile::TempDir;
use uuid::Uuid;

use super::Change;
use super::bank::Bank;
use super::model::{CENT, Model};
use super::perform::{Key, Known, Told, perform};
use super::purse::{REDEEMED_BY_OWNER_MAX, REDEEMED_MAX, REWARD};
use super::steps::{Act, Asks, Label, Step};
use crate::furniture;

/// Where a world begins: some Tuesday, a while before midnight.
const BEGINNING: i64 = 1_799_999_000_000;
/// Labels below are those of who is there from the beginning.
pub(super) const FIRST_LABEL: Label = 100;
const CODES: i64 = 12;

/// A house and its model.
pub(super) struct World {
    pub(super) app: Arc<App>,
    pub(super) model: Model,
    pub(super) known: Known,
    clock: Arc<Clock>,
    settings: Settings,
    looking: AnyConnection,
    _folder: TempDir,
}

type Outcome = Result<Told, String>;

/// In memory where the machine has a file system that is.
fn folder() -> TempDir {
    let memory = PathBuf::from("/dev/shm");
    let made = if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() };
    made.expect("a folder for a world")
}

impl World {
    pub(super) async fn begin(seed: u64, change: Change) -> Self {
        let folder = folder();
        let data = folder.path().join("data");
        furniture::furnish(&data).await;
        let mut settings = Settings::in_folder(&data);
        settings.program = None;
        settings.rates.registrations_per_address_per_hour = 0;
        // One after the other, so that a run repeats.
        settings.limits.jobs_at_once_max = 1;
        settings.rewards.per_owner_day_credits_max = REDEEMED_BY_OWNER_MAX;
        settings.rewards.per_day_credits_max = REDEEMED_MAX;
        settings.terms.finance_fee_on_refunds = seed % 2 == 1;
        let (bank, payments) = Bank::open().await;
        settings.payments = payments;
        change(&mut settings);
        let clock = Arc::new(Clock::standing(Timestamp(BEGINNING)));
        let app = App::start_at(settings.clone(), Arc::clone(&clock)).await.expect("the house opens");
        let url = format!("sqlite://{}?mode=ro", data.join("assay.db").display());
        let mut looking = AnyConnection::connect(&url).await.expect("the database can be looked at");
        // What another connection committed is read again: from memory it needs no copying.
        looking.execute("PRAGMA mmap_size = 67108864").await.expect("a pragma");
        let model = Model { now: BEGINNING, fee_on_refunds: seed % 2 == 1, ..Model::default() };
        let known = Known { bank, ..Known::default() };
        let mut world = Self { app, model, known, clock, settings, looking, _folder: folder };
        world.people().await;
        world.stock().await;
        world
    }

    /// Agents 1 to 5, people 6 and 7, agents 8 to 10 that belong to them; 2, 5, 9 and 10 are
    /// providers.
    async fn people(&mut self) {
        for label in 1..=5 {
            self.must(label, Act::Register).await;
        }
        for label in [6, 7] {
            let (email, password) = (format!("{label}@example.com"), "correct horse battery".to_owned());
            let asked = SignUp { email, password, name: "somebody".into(), referral_code: None };
            let render =
                |one: &assay::app::parties::Registered| Reply::new(200, one.id.to_string().into_bytes());
            let answer = self.app.sign_up(&asked, None, render).await.expect("an account");
            self.welcome(label, &answer.reply, true, None);
        }
        for (label, owner) in [(8, 6), (9, 6), (10, 7)] {
            let party = self.known.ids[&owner].parse().expect("an id");
            let caller = Caller { party, scopes: Scopes::USUAL, means: Means::Key(KeyId(Uuid::nil())) };
            let render =
                |one: &assay::app::parties::Registered| Reply::new(200, one.id.to_string().into_bytes());
            let ask = Ask { caller, once: None };
            let answer = self.app.make_agent(&ask, "somebody", &[], render).await.expect("an agent");
            self.welcome(label, &answer.reply, false, Some(owner));
        }
        let offers = [
            (2, 30, Asks::Fixed),
            (5, 1_250, Asks::Hybrid),
            (9, 131, Asks::Hybrid),
            (10, 499, Asks::Auction),
        ];
        for (label, (who, cents, asks)) in (11..).zip(offers) {
            self.must(label, Act::Offer { who, cents, asks }).await;
        }
    }

    fn welcome(&mut self, label: Label, reply: &Reply, human: bool, owner: Option<Label>) {
        self.model.welcome(label, human, owner);
        let id = String::from_utf8_lossy(&reply.body).into_owned();
        Arc::make_mut(&mut self.known.ids).insert(label, id);
    }

    async fn must(&mut self, label: Label, act: Act) {
        self.one(label, label, act).await.expect("the beginning of every world");
    }

    async fn stock(&mut self) {
        let line = |n| StockLine {
            reward: "mug".into(),
            name: "A mug".into(),
            price_credits: REWARD,
            code: format!("mug-{n}"),
        };
        let lines: Vec<StockLine> = (0..CODES).map(line).collect();
        stock::load(&self.app.db, &self.clock, &lines).await.expect("a stock");
        let rewards = self.app.rewards().await.expect("rewards");
        self.known.reward = rewards.first().map(|reward| reward.row.id.clone()).unwrap_or_default();
        self.model.stock = CODES;
    }

    /// Takes a step. What the two do not agree about is the error.
    pub(super) async fn step(&mut self, step: &Step) -> Result<(), String> {
        match step.clone() {
            Step::One(label, act) => self.one(label, label, act).await,
            Step::Both { first, second, swapped, grouped } => {
                self.both(first, second, swapped, grouped).await
            }
            Step::Twice(label, act) => self.twice(label, act).await,
            Step::Again(label, of) => self.again(label, of).await,
            Step::Reused(of) => self.reused(of).await,
            Step::Crash { label, act, at, sent, restart } => {
                self.crash(label, act, (at, sent, restart)).await
            }
            Step::Wait { ms } => {
                self.wait(ms);
                Ok(())
            }
        }?;
        self.compare().await
    }

    fn wait(&mut self, ms: i64) {
        self.model.now += ms;
        self.clock.set_advance_ms(self.model.now - BEGINNING);
    }

    /// Whether everything it speaks of is there.
    fn makes_sense(&self, act: &Act) -> bool {
        let there = |label: &Label| self.known.ids.contains_key(label);
        let also = match act {
            Act::Approve { task, .. } => self.known.also.contains_key(task),
            Act::Offer { who, .. } => self.model.parties.get(who).is_some_and(|party| !party.human),
            _ => true,
        };
        also && act.needs().iter().all(there)
    }

    fn asked(&self, key: Key, act: &Act) -> impl Future<Output = Outcome> + use<> {
        perform(Arc::clone(&self.app), self.known.clone(), key, act.clone())
    }

    async fn one(&mut self, label: Label, key: Label, act: Act) -> Result<(), String> {
        if !act.needs().iter().all(|need| self.known.ids.contains_key(need)) || !self.makes_sense(&act) {
            return Ok(());
        }
        let said = self.asked(Key { label: key, body: 0 }, &act).await;
        self.settle(label, &act, said)
    }

    /// Holds an answer against the model's.
    fn settle(&mut self, label: Label, act: &Act, said: Outcome) -> Result<(), String> {
        let expected = self.model.apply(label, act);
        match (expected, said) {
            (Ok(words), Ok(told)) if words == told.words => {
                self.learn(label, told);
                Ok(())
            }
            (Err(code), Err(said)) if code == said => Ok(()),
            (expected, said) => {
                Err(format!("{act:?}\n  must be answered {expected:?}\n  was answered     {said:?}"))
            }
        }
    }

    fn learn(&mut self, label: Label, told: Told) {
        if let Some(payment) = self.model.payments.get(&label) {
            let of = (payment.amount / CENT, payment.coins);
            Arc::make_mut(&mut self.known.payments).insert(label, of);
        }
        // A request that only changes something is known by nothing but its label.
        Arc::make_mut(&mut self.known.ids).insert(label, told.id);
        if !told.also.is_empty() {
            Arc::make_mut(&mut self.known.also).insert(label, told.also);
        }
    }

    async fn again(&mut self, label: Label, of: Label) -> Result<(), String> {
        let Some((at, act)) = self.model.done.get(&of).cloned() else { return Ok(()) };
        if self.model.now - at >= super::model::DAY {
            // Forgotten: the same key is another request.
            return self.one(label, of, act).await.map(|()| self.renew(label, of));
        }
        let said = self.asked(Key { label: of, body: 0 }, &act).await;
        match said {
            Ok(told) if told.replayed && told.id == self.known.ids[&of] => Ok(()),
            said => Err(format!("{act:?} again\n  must be answered as before\n  was answered {said:?}")),
        }
    }

    /// A forgotten key was used for a new request.
    fn renew(&mut self, label: Label, of: Label) {
        if self.model.done.remove(&label).is_some() {
            // The key belongs to the newer request, under whose label nobody repeats it.
            self.model.done.remove(&of);
        }
    }

    async fn reused(&mut self, of: Label) -> Result<(), String> {
        let Some((at, act)) = self.model.done.get(&of).cloned() else { return Ok(()) };
        if self.model.now - at >= super::model::DAY {
            return Ok(());
        }
        match self.asked(Key { label: of, body: 1 }, &act).await {
            Err(code) if code == "IDEMPOTENCY_KEY_REUSED" => Ok(()),
            said => Err(format!("{act:?} with a used key\n  was answered {said:?}")),
        }
    }

    /// The same request twice at once: the second is told that the first is under way.
    async fn twice(&mut self, label: Label, act: Act) -> Result<(), String> {
        // Of a verb with several commits nothing is under way between them.
        if !act.is_keyed() || !act.is_one_commit() || !self.makes_sense(&act) {
            return self.one(label, label, act).await;
        }
        let key = Key { label, body: 0 };
        let gate = Gate::default();
        let mut first = Box::pin(gate.clone().around(self.asked(key, &act)));
        if let Some(said) = until_gate(&mut first, &gate).await {
            return self.settle(label, &act, said);
        }
        let second = self.asked(key, &act).await;
        let told = second.as_ref().err().map(String::as_str);
        if told != Some("IDEMPOTENCY_IN_PROGRESS") {
            return Err(format!("{act:?} twice at once: the second was answered {second:?}"));
        }
        gate.let_pass(usize::MAX >> 4);
        let said = first.await;
        self.settle(label, &act, said)
    }

    async fn both(
        &mut self,
        first: (Label, Act),
        second: (Label, Act),
        swapped: bool,
        grouped: bool,
    ) -> Result<(), String> {
        if !self.makes_sense(&first.1) || !self.makes_sense(&second.1) {
            return Ok(());
        }
        let gates = [Gate::default(), Gate::default()];
        let mut pair = [first, second];
        let key = |label| Key { label, body: 0 };
        let mut one = Box::pin(gates[0].clone().around(self.asked(key(pair[0].0), &pair[0].1)));
        let mut two = Box::pin(gates[1].clone().around(self.asked(key(pair[1].0), &pair[1].1)));
        let early = [until_gate(&mut one, &gates[0]).await, until_gate(&mut two, &gates[1]).await];
        let held = early.each_ref().map(Option::is_none);
        if held[0] && of_one_number(&pair[0].1, &pair[1].1) {
            return self.second_of_a_number(&pair[0], one, &gates[0], early[1].as_ref()).await;
        }
        for (said, (label, act)) in early.into_iter().zip(&pair) {
            if let Some(said) = said {
                self.settle(*label, act, said)?;
            }
        }
        // What is due comes last: which of it has landed by then is nobody's choice.
        let swap = swapped || matches!(pair[0].1, Act::Jobs);
        let (mut one, mut two, mut held, mut gates) = (one, two, held, gates);
        if swap {
            std::mem::swap(&mut one, &mut two);
            held.swap(0, 1);
            gates.swap(0, 1);
            pair.swap(0, 1);
        }
        let all = usize::MAX >> 4;
        let grouped = grouped && pair.iter().all(|(_, act)| act.is_one_commit());
        if grouped && held == [true, true] {
            gates[0].let_pass(all);
            gates[1].let_pass(all);
            let (one, two) = futures_util::future::join(one, two).await;
            self.settle(pair[0].0, &pair[0].1, one)?;
            return self.settle(pair[1].0, &pair[1].1, two);
        }
        if held[0] {
            gates[0].let_pass(all);
            let said = one.await;
            self.settle(pair[0].0, &pair[0].1, said)?;
        }
        if held[1] {
            gates[1].let_pass(all);
            let said = two.await;
            self.settle(pair[1].0, &pair[1].1, said)?;
        }
        Ok(())
    }

    /// A transfer's number is its key, so the second is told that the first is under way.
    async fn second_of_a_number(
        &mut self,
        (label, act): &(Label, Act),
        first: impl Future<Output = Outcome>,
        gate: &Gate,
        second: Option<&Outcome>,
    ) -> Result<(), String> {
        let told = second.and_then(|said| said.as_ref().err()).map(String::as_str);
        if !matches!(told, Some("IDEMPOTENCY_IN_PROGRESS" | "SEQUENCE_MISMATCH")) {
            return Err(format!("{act:?} and another of its number: the second was answered {second:?}"));
        }
        gate.let_pass(usize::MAX >> 4);
        let said = first.await;
        self.settle(*label, act, said)
    }

    /// The books and the tasks, the model's beside the database's.
    pub(super) async fn compare(&mut self) -> Result<(), String> {
        // Cells of one range come in the order of their keys. Of the tasks only those that
        // are not over are read, which an index finds for each party.
        const LOOK: &str = "select \
            (select coalesce(group_concat(key || '=' || n, char(10)), '') from cells \
             where key >= 'b/' and key < 'b0' and n <> 0 and key not like 'b/%/fees/%'), \
            (select coalesce(group_concat(id || ' ' || state || ' ' || coalesce(worker, '-') || ' ' || price || ' ' || \
             coalesce(payout_at, '-') || ' ' || coalesce(deadline_at, '-'), char(10) order by id), '') \
             from tasks where id in (\
             select t.id from parties p cross join tasks t on t.poster = p.id where t.closed = 0 union \
             select t.id from parties p cross join tasks t on t.worker = p.id where t.payout_at is not null)), \
            (select coalesce(group_concat(key || '=' || n, char(10) order by key), '') from cells \
             where n <> 0 and ((key >= 'c/open-tasks/' and key < 'c/open-tasks0') or \
             (key >= 'c/handoff-spent/' and key < 'c/handoff-spent0') or \
             (key >= 'c/dry-runs/' and key < 'c/dry-runs0') or \
             (key >= 'c/spent/' and key < 'c/spent0' and key like '%/' || $1))), \
            (select coalesce(sum(n), 0) from cells where key >= 'b/usd/fees/' and key < 'b/usd/fees0'), \
            (select coalesce(sum(n), 0) from cells where key >= 'x/usd/' and key < 'x/usd0'), \
            (select coalesce(sum(n), 0) from cells where key >= 'x/cr/' and key < 'x/cr0')";
        let day = self.model.day().to_string();
        let row = sqlx::query(LOOK).bind(day).fetch_one(&mut self.looking).await;
        let row = row.map_err(|error| format!("the database cannot be looked at: {error}"))?;
        let text = |index: usize| row.try_get::<String, _>(index).unwrap_or_else(|error| error.to_string());
        let number = |index: usize| row.try_get::<i64, _>(index).unwrap_or(i64::MIN);
        let names = &self.known.ids;
        same("balances", &self.model.balances(names), &text(0))?;
        same("tasks", &self.model.live_tasks(names), &text(1))?;
        same("counters", &self.model.counters(names), &text(2))?;
        let (house, inside) = (self.model.house(), self.model.inside());
        same("the house", &format!("{house:?}"), &format!("{:?}", [number(3), number(4), number(5)]))?;
        same("the sum of all dollars", "0", &(inside[0] + house[0] + house[1]).to_string())?;
        same("the sum of all credits", "0", &(inside[1] + house[2]).to_string())
    }

    /// Everything there ever was, and the host's own audit of its books and chains.
    pub(super) async fn audit(&mut self) -> Result<(), String> {
        let all = self.model.last_words(&self.known.ids, &self.known.also);
        for (table, column, model) in all {
            let look = format!(
                "select coalesce(group_concat(id || ' ' || {column}, char(10) order by id), '') from {table}"
            );
            let row = sqlx::query(AssertSqlSafe(look)).fetch_one(&mut self.looking).await;
            let row = row.map_err(|error| error.to_string())?;
            let house: String = row.try_get(0).map_err(|error| error.to_string())?;
            same(&format!("all {table}"), &model, &house)?;
        }
        same("what was paid out", &self.model.paid_out(&self.known.ids), &self.known.bank.paid())?;
        let report = assay_db::audit(self.app.db.read(), &[ReceiptRow::TABLE]).await;
        let report = report.map_err(|error| format!("the audit failed: {error}"))?;
        let found: Vec<String> = report.differences.iter().map(ToString::to_string).collect();
        if report.is_clean() { Ok(()) } else { Err(format!("the audit found: {}", found.join("\n"))) }
    }

    pub(super) async fn end(self) {
        self.app.stop().await;
    }
}

/// Whether two transfers of a channel come with the same number.
fn of_one_number(one: &Act, other: &Act) -> bool {
    match (one, other) {
        (
            Act::Transfer { channel: one, sequence: Some(first), .. },
            Act::Transfer { channel: other, sequence: Some(second), .. },
        ) => one == other && first == second,
        _ => false,
    }
}

/// Runs a verb until it is about to commit; what it says if it never is.
async fn until_gate<F: Future + Unpin>(verb: &mut F, gate: &Gate) -> Option<F::Output> {
    tokio::select! {
        biased;
        said = verb => Some(said),
        () = gate.arrival() => None,
    }
}

/// Two texts, line by line.
fn same(what: &str, model: &str, house: &str) -> Result<(), String> {
    if model == house {
        return Ok(());
    }
    let missing = |one: &str, other: &str| {
        let others: Vec<&str> = other.lines().collect();
        let only: Vec<&str> = one.lines().filter(|line| !others.contains(line)).collect();
        only.join("\n    ")
    };
    Err(format!(
        "{what} differ\n  only in the model:\n    {}\n  only in the database:\n    {}",
        missing(model, house),
        missing(house, model)
    ))
}
