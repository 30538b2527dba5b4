//! The ledger and the escrow, as tables: balances before, what is asked, what happens.

use std::collections::BTreeMap;

use assay_domain::escrow::Purse;
use assay_domain::ids::{Lane, PartyId, TaskId};
use assay_domain::ledger::{Account, Draw, Holder, Land, Move, Pocket, Reason, apply};
use assay_domain::money::{Asset, format};
use assay_domain::task::{Money, Resolution};
use assay_domain::terms::{FeePayer, ReviewPolicy, Terms};
use proptest::prelude::*;
use uuid::Uuid;

const POSTER: PartyId = PartyId(Uuid::from_u128(1));
const WORKER: PartyId = PartyId(Uuid::from_u128(2));
const TASK: TaskId = TaskId(Uuid::from_u128(3));
const LANE: Lane = Lane(Uuid::from_u128(4));
const DOLLAR: i64 = 1_000_000;

type Books = BTreeMap<Account, i64>;

fn usd(holder: Holder, pocket: Pocket) -> Account {
    Account { holder, asset: Asset::Usd, pocket }
}

/// Applies instructions and books what they made.
fn book(books: &mut Books, moves: &[Move]) -> Result<(), String> {
    let transfers = apply(moves, |account| books.get(account).copied().unwrap_or(0));
    for transfer in transfers.map_err(|refusal| refusal.code.as_str().to_owned())? {
        *books.entry(transfer.debit).or_default() -= transfer.amount;
        *books.entry(transfer.credit).or_default() += transfer.amount;
    }
    Ok(())
}

/// The books in a line: who has what in which pocket, nothing left out.
fn line(books: &Books) -> String {
    let name = |holder| match holder {
        Holder::Party(POSTER) => "poster",
        Holder::Party(_) => "worker",
        Holder::Escrow(_) => "escrow",
        Holder::FeeHold(_) => "fee-hold",
        Holder::Payout(_) => "payout",
        Holder::Fees(_) => "fees",
        Holder::Clearing(..) => "clearing",
        Holder::Issue(_) => "issue",
        Holder::Channel(..) | Holder::Withdrawal(_) | Holder::Redemption(_) | Holder::Frozen(_) => {
            "elsewhere"
        }
    };
    let with_money = books.iter().filter(|(_, units)| **units != 0);
    with_money
        .map(|(account, units)| {
            format!("{} {} {}", name(account.holder), account.pocket, format(account.asset, *units))
        })
        .collect::<Vec<_>>()
        .join(", ")
}

fn terms(fee_payer: FeePayer, fee_rate: u32, payout_delay_hours: u32) -> Terms {
    Terms {
        asset: Asset::Usd,
        fee_payer,
        fee_rate,
        payout_delay_hours,
        review: ReviewPolicy::Poster,
        resubmit_hours: 6,
        silence_hours: 72,
        rejection_hours: 48,
        revision_hours: 24,
        revisions_max: 3,
        dispute_days: 14,
        fee_on_refunds: false,
    }
}

fn commission() -> Terms {
    terms(FeePayer::Poster, 800, 0)
}

fn finance() -> Terms {
    terms(FeePayer::Worker, 500, 24)
}

/// A task's money through its steps, with a line of the books after each. `held` is
/// what the task holds at each step, as the host would know it.
fn tell(spend: i64, free: i64, terms: Terms, steps: &[(i64, Money)]) -> Vec<String> {
    let mut books = Books::from([
        (usd(Holder::Party(POSTER), Pocket::Spend), spend * DOLLAR),
        (usd(Holder::Party(POSTER), Pocket::Free), free * DOLLAR),
    ]);
    let mut lines = Vec::new();
    for (held, money) in steps {
        let purse = Purse { task: TASK, poster: POSTER, held: held * DOLLAR, terms };
        let said = book(&mut books, &purse.moves(*money, LANE));
        lines.push(said.map_or_else(|code| code, |()| line(&books)));
    }
    lines
}

fn pay(price: i64) -> Money {
    Money::Pay { worker: WORKER, price: price * DOLLAR }
}

#[test]
fn a_commissioned_task_is_paid() {
    let lines = tell(500, 0, commission(), &[(45, Money::Hold), (45, pay(45))]);
    insta::assert_snapshot!(lines.join("\n"), @r"
    poster spend 451.40, escrow spend 45.00, fee-hold spend 3.60
    poster spend 451.40, worker free 45.00, fees free 3.60
    ");
}

#[test]
fn a_lower_bid_gives_back_price_and_fee() {
    let return_above = Money::ReturnAbove { price: 40 * DOLLAR };
    let lines = tell(500, 0, commission(), &[(45, Money::Hold), (45, return_above), (40, pay(40))]);
    insta::assert_snapshot!(lines.join("\n"), @r"
    poster spend 451.40, escrow spend 45.00, fee-hold spend 3.60
    poster spend 456.80, escrow spend 40.00, fee-hold spend 3.20
    poster spend 456.80, worker free 40.00, fees free 3.20
    ");
}

#[test]
fn a_refund_goes_back_to_the_pockets_it_came_from() {
    let return_above = Money::ReturnAbove { price: 25 * DOLLAR };
    let steps = [(50, Money::Hold), (50, return_above), (25, Money::Refund)];
    let lines = tell(30, 70, commission(), &steps);
    insta::assert_snapshot!(lines.join("\n"), @r"
    poster free 46.00, escrow spend 30.00, escrow free 20.00, fee-hold free 4.00
    poster spend 5.00, poster free 68.00, escrow spend 25.00, fee-hold free 2.00
    poster spend 30.00, poster free 70.00
    ");
}

#[test]
fn a_pending_payout_can_be_frozen_and_keeps_its_pockets() {
    let freeze = Money::Freeze { price: 10 * DOLLAR };
    let refund = Money::Divide { worker: WORKER, price: 10 * DOLLAR, resolution: Resolution::Refund };
    let steps = [(10, Money::Hold), (10, pay(10)), (10, freeze), (10, refund)];
    let lines = tell(6, 94, finance(), &steps);
    insta::assert_snapshot!(lines.join("\n"), @r"
    poster free 90.00, escrow spend 6.00, escrow free 4.00
    poster free 90.00, fee-hold spend 0.50, payout spend 5.50, payout free 4.00
    poster free 90.00, escrow spend 6.00, escrow free 4.00
    poster spend 6.00, poster free 94.00
    ");
}

#[test]
fn resolutions_divide_price_and_fee() {
    let divide = |resolution| Money::Divide { worker: WORKER, price: 10 * DOLLAR, resolution };
    let table = [
        (commission(), Resolution::Release, "poster free 89.20, worker free 10.00, fees free 0.80"),
        (commission(), Resolution::Refund, "poster free 100.00"),
        (
            commission(),
            Resolution::Split { worker_share: 5_000 },
            "poster free 94.60, worker free 5.00, fees free 0.40",
        ),
        (finance(), Resolution::Release, "poster free 90.00, worker free 9.50, fees free 0.50"),
        (
            finance(),
            Resolution::Split { worker_share: 3_333 },
            "poster free 96.67, worker free 3.16, fees free 0.17",
        ),
    ];
    for (terms, resolution, expected) in table {
        let lines = tell(0, 100, terms, &[(10, Money::Hold), (10, divide(resolution))]);
        assert_eq!(lines[1], expected, "{resolution:?}");
    }
}

#[test]
fn a_payout_matures_into_free_money_and_an_earned_fee() {
    let purse = Purse { task: TASK, poster: POSTER, held: 10 * DOLLAR, terms: finance() };
    let mut books = Books::from([(usd(Holder::Party(POSTER), Pocket::Spend), 10 * DOLLAR)]);
    for moves in
        [purse.moves(Money::Hold, LANE), purse.moves(pay(10), LANE), purse.mature(WORKER, 10 * DOLLAR, LANE)]
    {
        book(&mut books, &moves).expect("covered");
    }
    assert_eq!(line(&books), "worker free 9.50, fees free 0.50");
}

#[test]
fn refusals_in_their_order_move_nothing() {
    let wallet = Holder::Party(POSTER);
    let order = |amount, to| Move {
        from: wallet,
        to,
        asset: Asset::Usd,
        amount,
        draw: Draw::SpendFirst,
        land: Land::SamePocket,
        reason: Reason::Hold,
        task: None,
    };
    let escrow = Holder::Escrow(TASK);
    let back = Move { from: escrow, to: wallet, ..order(1, wallet) };
    let table: &[(&str, Vec<Move>, &str)] = &[
        ("below zero", vec![order(-1, escrow)], "INTERNAL"),
        ("to itself", vec![order(1, wallet)], "INTERNAL"),
        ("more than there is", vec![order(101, escrow)], "INSUFFICIENT_FUNDS"),
        ("all, then one more", vec![order(100, escrow), order(1, escrow)], "INSUFFICIENT_FUNDS"),
        ("an empty escrow", vec![back], "INTERNAL"),
        ("one good, one bad", vec![order(10, escrow), order(-1, escrow)], "INTERNAL"),
    ];
    for (name, moves, code) in table {
        let mut books = Books::from([(usd(wallet, Pocket::Spend), 60), (usd(wallet, Pocket::Free), 40)]);
        let before = books.clone();
        assert_eq!(book(&mut books, moves), Err((*code).to_owned()), "{name}");
        assert_eq!(books, before, "{name} moved money");
    }
    assert_eq!(book(&mut Books::new(), &[order(0, escrow)]), Ok(()), "nothing of nothing is fine");
}

#[test]
fn accounts_have_one_name_each() {
    let holders = [
        Holder::Party(POSTER),
        Holder::Escrow(TASK),
        Holder::FeeHold(TASK),
        Holder::Payout(TASK),
        Holder::Fees(LANE),
        Holder::Clearing(assay_domain::ledger::Provider::Test, LANE),
        Holder::Issue(LANE),
    ];
    for holder in holders {
        for asset in Asset::ALL {
            for pocket in [Pocket::Spend, Pocket::Free] {
                let account = Account { holder, asset, pocket };
                assert_eq!(account.to_string().parse(), Ok(account));
            }
        }
    }
    for text in ["", "usd", "usd/party/x/free", "eur/issue/00000000-0000-0000-0000-000000000004/free"] {
        assert!(text.parse::<Account>().is_err(), "{text:?}");
    }
}

/// The ways a task can go, as money sees them.
fn ways() -> impl Strategy<Value = Vec<Money>> {
    let price = 1..=1_000_i64;
    let cents = |price: i64| price * 10_000;
    let end = prop_oneof![Just(0_u32), Just(1), Just(2), Just(3),];
    (price, end, 0..=10_000_u32).prop_map(move |(price, end, worker_share)| {
        let price = cents(price);
        let accepted = Money::ReturnAbove { price };
        let paid = Money::Pay { worker: WORKER, price };
        let split = Resolution::Split { worker_share };
        let divided = Money::Divide { worker: WORKER, price, resolution: split };
        match end {
            0 => vec![Money::Hold, accepted, paid],
            1 => vec![Money::Hold, Money::Refund],
            2 => vec![Money::Hold, accepted, divided],
            _ => vec![Money::Hold, accepted, paid, Money::Freeze { price }, divided],
        }
    })
}

proptest! {
    /// Whatever way a task goes: nothing is lost, nothing is made, nothing is below
    /// zero, and what is over leaves nothing with the task.
    #[test]
    fn money_is_conserved(way in ways(), spend in 0..2_000_i64, late in any::<bool>()) {
        let frozen = way.len() == 5;
        let terms = if late || frozen { finance() } else { commission() };
        let mut books = Books::from([
            (usd(Holder::Party(POSTER), Pocket::Spend), spend * 10_000),
            (usd(Holder::Party(POSTER), Pocket::Free), 20_000_000),
        ]);
        let total: i64 = books.values().sum();
        let mut held = 10_000_000;
        let mut paid = None;
        for money in way {
            let purse = Purse { task: TASK, poster: POSTER, held, terms };
            book(&mut books, &purse.moves(money, LANE)).expect("covered");
            prop_assert_eq!(books.values().sum::<i64>(), total);
            prop_assert!(books.values().all(|units| *units >= 0), "{}", line(&books));
            match money {
                Money::ReturnAbove { price } => held = price,
                Money::Pay { price, .. } => paid = Some(price),
                Money::Freeze { .. } => paid = None,
                _ => {}
            }
        }
        if let Some(price) = paid.filter(|_| terms.payout_delay_hours > 0) {
            let purse = Purse { task: TASK, poster: POSTER, held, terms };
            book(&mut books, &purse.mature(WORKER, price, LANE)).expect("covered");
        }
        let with_task = |account: &Account| {
            matches!(account.holder, Holder::Escrow(_) | Holder::FeeHold(_) | Holder::Payout(_))
        };
        let left: i64 = books.iter().filter(|(account, _)| with_task(account)).map(|(_, units)| units).sum();
        prop_assert_eq!(left, 0, "{}", line(&books));
    }
}
