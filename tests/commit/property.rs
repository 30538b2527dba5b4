//! Random changes, in random groups, with every kind of conflict, against a second and
//! naive model that does one change after another. Whatever the grouping, and though the
//! host starts anew now and then, the answers are the model's, the money is all there, and
//! the audit is clean.

use std::collections::{BTreeMap, BTreeSet};

use assay_db::{Change, CommitError, Db, Key};
use assay_domain::refusal::{Code, Refusal};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use uuid::Uuid;

use super::ground::{Ground, deposit, free, full, pay, statuses, task_head, together};

/// Four parties, three tasks, small numbers: conflicts are the rule. `Begin` is of a task with
/// a new id, which those that come after it join. Whether nothing is kept for the key of a
/// `Once` is claimed without looking.
#[derive(Clone, Debug)]
enum Verb {
    Deposit { to: u128, amount: i64 },
    Pay { from: u128, to: u128, amount: i64 },
    Decide { task: u128, seen: i64, from: u128, amount: i64 },
    Open { most: i64 },
    Take { name: u8, from: u128, amount: i64 },
    Once { key: u8, unused: bool, body: u8, to: u128, amount: i64 },
    Begin { refused: bool },
    Join { who: u128 },
}

fn verb() -> impl Strategy<Value = Verb> {
    let party = || 1..5_u128;
    prop_oneof![
        (party(), 0..50_i64).prop_map(|(to, amount)| Verb::Deposit { to, amount }),
        (party(), party(), 0..60_i64)
            .prop_filter("nobody pays themselves", |(from, to, _)| from != to)
            .prop_map(|(from, to, amount)| Verb::Pay { from, to, amount }),
        (0..3_u128, 0..4_i64, party(), 0..30_i64).prop_map(|(task, seen, from, amount)| Verb::Decide {
            task,
            seen,
            from,
            amount
        }),
        (1..6_i64).prop_map(|most| Verb::Open { most }),
        (0..4_u8, party(), 0..30_i64).prop_map(|(name, from, amount)| Verb::Take { name, from, amount }),
        (0..3_u8, any::<bool>(), 0..2_u8, party(), 0..20_i64)
            .prop_map(|(key, unused, body, to, amount)| { Verb::Once { key, unused, body, to, amount } }),
        (0..4_u8).prop_map(|n| Verb::Begin { refused: n == 0 }),
        party().prop_map(|who| Verb::Join { who }),
        party().prop_map(|who| Verb::Join { who }),
    ]
}

/// The house: whoever is charged pays here.
const HOUSE: u128 = 9;

/// So many may join a task.
const JOIN_MAX: i64 = 2;

impl Verb {
    /// The change, where so many tasks have begun, its own included.
    fn change(&self, begun: u128) -> Change {
        let begun = begun + 100;
        match *self {
            Self::Deposit { to, amount } => deposit(to, amount),
            Self::Pay { from, to, amount } => pay(from, to, amount),
            Self::Decide { task, seen, from, amount } => {
                pay(from, HOUSE, amount).advance(task_head(task), seen)
            }
            Self::Open { most } => Change::new().add_up_to(Key::counter("open"), 1, most, full()),
            Self::Take { name, from, amount } => {
                let taken = Refusal::new(Code::AlreadyExists, "the name is taken");
                pay(from, HOUSE, amount).take(format!("name/{name}"), "somebody", taken)
            }
            Self::Once { key, unused, body, to, amount } => {
                let change = deposit(to, amount).once(format!("key/{key}"), [body]);
                if unused { change.once_unused() } else { change }
            }
            Self::Begin { refused } => {
                let price = if refused { i64::from(u32::MAX) } else { 0 };
                let change = pay(1, HOUSE, price).advance(task_head(begun), 0);
                change.new_id(Uuid::from_u128(begun))
            }
            Self::Join { who } => {
                let twice = Refusal::new(Code::AlreadyExists, "once is enough");
                let task = Uuid::from_u128(begun);
                Change::new().take(format!("join/{task}/{who}"), "somebody", twice).add_up_to(
                    Key::counter(format!("joined/{task}")),
                    1,
                    JOIN_MAX,
                    full(),
                )
            }
        }
    }
}

#[derive(Default)]
struct Model {
    money: BTreeMap<u128, i64>,
    heads: BTreeMap<u128, i64>,
    open: i64,
    names: BTreeSet<u8>,
    keys: BTreeMap<u8, u8>,
    begun: u128,
    joined: BTreeSet<u128>,
}

impl Model {
    fn pay(&mut self, from: u128, to: u128, amount: i64) -> &'static str {
        let has = self.money.entry(from).or_default();
        if *has < amount {
            return "INSUFFICIENT_FUNDS";
        }
        *has -= amount;
        *self.money.entry(to).or_default() += amount;
        "landed"
    }

    fn does(&mut self, verb: &Verb) -> &'static str {
        match *verb {
            Verb::Deposit { to, amount } => {
                *self.money.entry(to).or_default() += amount;
                "landed"
            }
            Verb::Pay { from, to, amount } => self.pay(from, to, amount),
            Verb::Decide { task, seen, from, amount } => {
                if self.heads.get(&task).copied().unwrap_or(0) != seen {
                    return "stale";
                }
                let answer = self.pay(from, HOUSE, amount);
                *self.heads.entry(task).or_default() += i64::from(answer == "landed");
                answer
            }
            Verb::Open { most } if self.open >= most => "GUARDRAIL_MAX_OPEN_TASKS",
            Verb::Open { .. } => {
                self.open += 1;
                "landed"
            }
            Verb::Begin { refused } => {
                self.begun += 1;
                self.joined.clear();
                if refused { "INSUFFICIENT_FUNDS" } else { "landed" }
            }
            Verb::Join { who } if self.joined.contains(&who) => "ALREADY_EXISTS",
            Verb::Join { .. } if i64::try_from(self.joined.len()) == Ok(JOIN_MAX) => {
                "GUARDRAIL_MAX_OPEN_TASKS"
            }
            Verb::Join { who } => {
                self.joined.insert(who);
                "landed"
            }
            Verb::Take { name, .. } if self.names.contains(&name) => "ALREADY_EXISTS",
            Verb::Take { name, from, amount } => {
                let answer = self.pay(from, HOUSE, amount);
                if answer == "landed" {
                    self.names.insert(name);
                }
                answer
            }
            Verb::Once { key, body, to, amount, .. } => match self.keys.get(&key) {
                Some(first) if *first == body => "replayed",
                Some(_) => "mismatch",
                None => {
                    self.keys.insert(key, body);
                    *self.money.entry(to).or_default() += amount;
                    "landed"
                }
            },
        }
    }
}

async fn agree(ground: &Ground, groups: &[Vec<Verb>]) -> Result<(), TestCaseError> {
    let mut db = ground.open(1).await;
    let mut model = Model::default();
    for (n, group) in (1_u128..).zip(groups) {
        let (mut changes, mut expected) = (Vec::new(), Vec::new());
        for verb in group {
            expected.push(model.does(verb));
            changes.push(verb.change(model.begun));
        }
        prop_assert_eq!(statuses(&together(&db, changes).await), expected);
        if n % 3 == 0 {
            db.close().await;
            db = ground.open(n).await;
        }
    }
    let everyone = [1, 2, 3, 4, HOUSE];
    let expected: Vec<i64> = everyone.iter().map(|who| model.money.get(who).copied().unwrap_or(0)).collect();
    prop_assert_eq!(free(&db, &everyone).await, expected);
    prop_assert_eq!(ground.differences(&db, &[]).await, Vec::<String>::new());
    db.close().await;
    Ok(())
}

fn check(cases: u32, fresh: impl Fn() -> Option<Ground>) {
    let groups = prop::collection::vec(prop::collection::vec(verb(), 1..12), 1..8);
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(
        config,
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    let outcome = runner.run(&groups, |groups| {
        let Some(ground) = fresh() else { return Ok(()) };
        let mut agreed = Ok(());
        ground.run(async |ground| agreed = agree(ground, &groups).await);
        agreed
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

#[test]
fn answers_do_not_depend_on_the_grouping() {
    check(48, || Some(Ground::embedded()));
}

#[test]
fn answers_do_not_depend_on_the_engine() {
    check(12, Ground::shared);
}

/// The same on two hosts at once: no model can tell who is first, but the books must
/// add up and nothing may be lost.
#[test]
fn two_hosts_keep_one_set_of_books() {
    let Some(ground) = Ground::shared() else { return };
    ground.run(async |ground| {
        let hosts = ground.hosts().await;
        for party in 1..5 {
            hosts[0].commit(deposit(party, 500)).await.expect("money comes in");
        }
        let mut waiting = Vec::new();
        for n in 0..400_u128 {
            let db: Db = hosts[usize::from(n % 2 == 0)].clone();
            let (from, to) = (n % 4 + 1, (n + 1 + n / 7 % 3) % 4 + 1);
            let change = if from == to { deposit(to, 1) } else { pay(from, to, 20) };
            waiting.push(tokio::spawn(async move { db.commit(change).await }));
        }
        let mut deposited = 2_000;
        for (n, answer) in (0..400_u128).zip(waiting) {
            match answer.await.expect("no panic") {
                Ok(_) if n % 4 + 1 == (n + 1 + n / 7 % 3) % 4 + 1 => deposited += 1,
                Ok(_) => {}
                Err(CommitError::Refused(refusal)) => assert_eq!(refusal.code, Code::InsufficientFunds),
                Err(other) => panic!("{other}"),
            }
        }
        let all: i64 = free(&hosts[0], &[1, 2, 3, 4]).await.iter().sum();
        assert_eq!(all, deposited);
        ground.audit(&hosts[0]).await;
    });
}
