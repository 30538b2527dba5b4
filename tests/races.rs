//! Two who want the same thing at once: on one host, and on two hosts that share one
//! PostgreSQL. Exactly one of them has it, and the books say so.
//!
//! A few rounds each here; `ASSAY_RACE_ROUNDS=10000` for as many as one likes.

mod ground;
mod round;

use std::cell::Cell;

use assay::app::gate::Gate;
use assay::app::reviews::Review;
use assay::app::rewards::Ruling;
use assay_domain::money::Asset;
use assay_domain::task::Resolution;
use ground::{DOLLAR, Said, each_ground, each_ground_that_pays_after, exactly_one, rich_with};

use crate::story::{GOOD, JUNK, WITHOUT_LEAVES};

/// Over all rounds both sides had it at least once: it was a race.
#[track_caller]
fn each_won(won: &[usize]) {
    let second = won.iter().sum::<usize>();
    println!("{} rounds, of which {second} went to the second", won.len());
    assert!((1..won.len()).contains(&second), "one side always won");
}

#[test]
fn of_two_bids_one_is_accepted() {
    each_ground(async |ground| {
        let (poster, [one, two]) = (ground.rich().await, ground.agents().await);
        let won = ground
            .rounds(async |hosts| {
                let task = hosts[0].posts(poster, 5).await;
                let bids = [hosts[0].bids(one, &task, "2").await, hosts[0].bids(two, &task, "3").await];
                let (one, two) =
                    (hosts[0].accepts_bid(poster, &bids[0]), hosts[1].accepts_bid(poster, &bids[1]));
                let said = hosts.both(one, two).await;
                exactly_one(said.into(), &["CONFLICT"])
            })
            .await;
        let reserved = won.iter().map(|winner| if *winner == 0 { 2 } else { 3 }).sum::<i64>() * DOLLAR;
        let books = ground.money(poster, Asset::Usd).await;
        assert_eq!(books.reserved, reserved);
        assert_eq!(books.available, rich_with() - reserved - reserved * 8 / 100);
    });
}

#[test]
fn of_two_who_claim_one_has_it() {
    each_ground(async |ground| {
        let [poster, one, two] = ground.agents().await;
        ground
            .rounds(async |hosts| {
                let task = hosts[0].offers_credits(poster).await;
                let said = hosts.both(hosts[0].claims(one, &task), hosts[1].claims(two, &task)).await;
                let winner = exactly_one(said.into(), &["CONFLICT"]);
                hosts[winner].gives_up([one, two][winner], &task).await.expect("the winner has it");
                winner
            })
            .await;
        let books = ground.money(poster, Asset::Cr).await;
        assert_eq!((books.available, books.reserved), (1_000, 0));
    });
}

#[test]
fn of_two_resubmissions_one_is_judged() {
    each_ground(async |ground| {
        let (poster, [worker]) = (ground.rich().await, ground.agents().await);
        ground
            .rounds(async |hosts| {
                let task = hosts[0].gives_to(poster, worker).await;
                hosts[0].delivers(worker, &task, JUNK).await.expect("a first try");
                let one = hosts[0].resubmits(worker, &task, JUNK);
                let again = hosts.both(one, hosts[1].resubmits(worker, &task, JUNK)).await;
                exactly_one(again.into(), &["NOTHING_TO_RESUBMIT"])
            })
            .await;
        let books = ground.money(poster, Asset::Usd).await;
        assert_eq!((books.available, books.reserved), (rich_with(), 0), "each went back once");
    });
}

#[test]
fn of_two_who_redeem_the_last_code_one_has_it() {
    each_ground(async |ground| {
        let people = ground.people_with_credits().await;
        let reward = ground.last_code().await;
        ground
            .one_by_one(async |hosts| {
                let [one, two] = people;
                let said = hosts.both(hosts[0].redeems(one, &reward), hosts[1].redeems(two, &reward)).await;
                let said: [Said; 2] = said.into();
                let redemption = said.iter().flatten().next().cloned().unwrap_or_default();
                let winner = exactly_one(said, &["OUT_OF_STOCK"]);
                let back = Ruling::Refuse { reason: None };
                hosts[winner].rules(&redemption, &back).await.expect("the code goes back");
                winner
            })
            .await;
        for person in people {
            assert_eq!(ground.money(person, Asset::Cr).await.withdrawable, ground::EARNED);
        }
    });
}

#[test]
fn of_two_withdrawals_of_all_there_is_one_is_paid() {
    each_ground(async |ground| {
        let won = ground
            .rounds(async |hosts| {
                let [party] = hosts[0].agents().await;
                hosts[0].pays_in(party, DOLLAR).await;
                let said = hosts.both(hosts[0].withdraws(party), hosts[1].withdraws(party)).await;
                let winner = exactly_one(said.into(), &["INSUFFICIENT_FUNDS"]);
                assert_eq!(hosts[0].money(party, Asset::Usd).await.total(), 0);
                winner
            })
            .await;
        let waiting = ground.withdrawals().await;
        assert_eq!(waiting, i64::try_from(won.len()).expect("few") * DOLLAR);
    });
}

#[test]
fn a_bid_is_accepted_or_its_task_cancelled() {
    each_ground(async |ground| {
        let (poster, [worker]) = (ground.rich().await, ground.agents().await);
        let won = ground
            .rounds(async |hosts| {
                let task = hosts[0].posts(poster, 5).await;
                let bid = hosts[0].bids(worker, &task, "4").await;
                let accepted = hosts[0].accepts_bid(poster, &bid);
                let said = hosts.both(accepted, hosts[1].cancels(poster, &task)).await;
                let winner = exactly_one(said.into(), &["CONFLICT", "WRONG_STATUS"]);
                if winner == 0 {
                    hosts[1].gives_up(worker, &task).await.expect("the worker has it");
                }
                winner
            })
            .await;
        each_won(&won);
        let books = ground.money(poster, Asset::Usd).await;
        assert_eq!((books.available, books.reserved), (rich_with(), 0));
    });
}

#[test]
fn a_delivery_is_released_or_disputed() {
    each_ground(async |ground| {
        let (poster, [worker]) = (ground.rich().await, ground.agents().await);
        let won = ground
            .rounds(async |hosts| {
                let task = hosts[0].gives_to(poster, worker).await;
                let delivery = hosts[0].delivers(worker, &task, WITHOUT_LEAVES).await.expect("it is there");
                let released = hosts[0].reviews(poster, &delivery, Review::Accept);
                let said: [Said; 2] = hosts.both(released, hosts[1].disputes(worker, &task)).await.into();
                let dispute = said[1].clone();
                let winner = exactly_one(said, &["WRONG_STATUS"]);
                if winner == 1 {
                    let dispute = dispute.expect("it won");
                    hosts[0].resolves(&dispute, Resolution::Refund).await.expect("the operator decides");
                }
                winner
            })
            .await;
        let released = i64::try_from(won.iter().filter(|winner| **winner == 0).count()).expect("few");
        assert_eq!(ground.money(worker, Asset::Usd).await.available, released * DOLLAR);
        let books = ground.money(poster, Asset::Usd).await;
        assert_eq!(books.available, rich_with() - released * DOLLAR * 108 / 100);
    });
}

#[test]
fn a_payout_is_disputed_or_made() {
    each_ground_that_pays_after(1, async |ground| {
        let [one, two] = ground.agents().await;
        // In turn, so that neither runs out of credits.
        let turn = Cell::new(false);
        let won = ground
            .one_by_one(async |hosts| {
                let (poster, worker) = if turn.replace(!turn.get()) { (two, one) } else { (one, two) };
                let task = hosts[0].offers_credits(poster).await;
                hosts[0].claims(worker, &task).await.expect("the worker has it");
                let delivery = hosts[0].delivers(worker, &task, GOOD).await.expect("it is there");
                hosts[0].reviews(poster, &delivery, Review::Accept).await.expect("it is paid, in an hour");
                // It is the last moment to dispute it, and while that is written down the hour is over.
                let gate = Gate::default();
                let dispute = hosts[0].is_about_to_dispute(poster, &task, &gate).await;
                ground.hours_pass(1);
                let payout = hosts[1].does_what_is_due();
                let said = if hosts.swapped {
                    payout.await;
                    gate.let_pass(usize::MAX >> 4);
                    dispute.await
                } else {
                    gate.let_pass(usize::MAX >> 4);
                    tokio::join!(dispute, payout).0
                };
                match said {
                    Ok(dispute) => {
                        hosts[1].does_what_is_due().await;
                        hosts[1].resolves(&dispute, Resolution::Refund).await.expect("it was frozen");
                        0
                    }
                    Err(code) => {
                        assert_eq!(code, "WRONG_STATUS");
                        1
                    }
                }
            })
            .await;
        each_won(&won);
        let paid_by = |turn| i64::try_from(won.iter().skip(turn).step_by(2).sum::<usize>()).expect("few");
        let moved = paid_by(1) - paid_by(0);
        for (party, gained) in [(one, moved), (two, -moved)] {
            let books = ground.money(party, Asset::Cr).await;
            assert_eq!((books.available, books.reserved), (1_000 + gained, 0));
        }
    });
}

#[test]
fn a_channel_is_closed_before_or_after_a_transfer() {
    each_ground(async |ground| {
        let (opener, [other]) = (ground.rich().await, ground.agents().await);
        let paid = ground
            .rounds(async |hosts| {
                let channel = hosts[0].opens_channel(opener, other, DOLLAR).await;
                let transfer = hosts[0].transfers(opener, &channel, DOLLAR / 4);
                let (paid, closed) = hosts.both(transfer, hosts[1].closes(other, &channel)).await;
                closed.expect("nothing else closes it");
                match paid {
                    Ok(_) => 1,
                    Err(code) => {
                        assert_eq!(code, "WRONG_STATUS");
                        0
                    }
                }
            })
            .await;
        each_won(&paid);
        let paid = i64::try_from(paid.iter().sum::<usize>()).expect("few") * DOLLAR / 4;
        assert_eq!(ground.money(other, Asset::Usd).await.available, paid);
        assert_eq!(ground.money(opener, Asset::Usd).await.available, rich_with() - paid);
    });
}
