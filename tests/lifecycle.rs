//! The life of a task: every state against every event, as one grid.

use std::fmt::Write as _;

use assay_domain::ids::{DeliveryId, PartyId, Timestamp};
use assay_domain::task::{Event, Resolution, State, Work};
use uuid::Uuid;

const WORKER: PartyId = PartyId(Uuid::from_u128(7));
const DELIVERY: DeliveryId = DeliveryId(Uuid::from_u128(9));
const UNTIL: Timestamp = Timestamp(1_000);

fn states() -> Vec<(&'static str, State)> {
    let work = Work { worker: WORKER, price: 100, revisions: 0 };
    let last = Work { revisions: 3, ..work };
    vec![
        ("pending_approval", State::PendingApproval),
        ("unpaid", State::Unpaid),
        ("open", State::Open),
        ("claimed", State::Claimed(work)),
        ("delivered", State::Delivered { work, delivery: DELIVERY, again: false }),
        ("delivered again", State::Delivered { work, delivery: DELIVERY, again: true }),
        ("delivered, last round", State::Delivered { work: last, delivery: DELIVERY, again: false }),
        ("in_review", State::InReview { work, delivery: DELIVERY }),
        ("in_review, last round", State::InReview { work: last, delivery: DELIVERY }),
        ("revision_requested", State::RevisionRequested(work)),
        ("gate_failed", State::GateFailed { work, until: UNTIL }),
        ("rejected", State::Rejected { work, delivery: DELIVERY }),
        ("disputed", State::Disputed { work }),
        ("paid", State::Paid(work)),
        ("pdqg_final_fail", State::PdqgFinalFail),
        ("failed", State::Failed),
        ("cancelled", State::Cancelled),
        ("expired", State::Expired),
        ("resolved", State::Resolved),
    ]
}

fn events() -> Vec<(&'static str, Event)> {
    let after = Timestamp(UNTIL.0 + 1);
    vec![
        ("approve", Event::Approve),
        ("disapprove", Event::Disapprove),
        ("fund", Event::Fund),
        ("assign", Event::Assign { worker: WORKER, price: 100 }),
        ("settle a submission", Event::Settle { worker: WORKER, price: 100 }),
        ("deliver", Event::Deliver(DELIVERY)),
        ("resubmit in time", Event::Resubmit { delivery: DELIVERY, at: UNTIL }),
        ("resubmit late", Event::Resubmit { delivery: DELIVERY, at: after }),
        ("gate fails", Event::GateFail { until: UNTIL }),
        ("left to a person", Event::LeaveToPerson),
        ("accept", Event::Accept),
        ("ask revision", Event::AskRevision { revisions_max: 3 }),
        ("reject", Event::Reject),
        ("cancel", Event::Cancel { worker_agrees: false }),
        ("cancel, worker agrees", Event::Cancel { worker_agrees: true }),
        ("deadline passes", Event::DeadlinePasses),
        ("window still open", Event::ResubmitLapses { at: UNTIL }),
        ("window lapses", Event::ResubmitLapses { at: after }),
        ("rejection lapses", Event::RejectionLapses),
        ("give up", Event::GiveUp),
        ("dispute", Event::Dispute { payout_pending: false }),
        ("dispute, payout pending", Event::Dispute { payout_pending: true }),
        ("resolve: refund", Event::Resolve(Resolution::Refund)),
        ("resolve: release", Event::Resolve(Resolution::Release)),
        ("resolve: split", Event::Resolve(Resolution::Split { worker_share: 5_000 })),
    ]
}

#[test]
fn every_state_against_every_event() {
    let mut grid = String::new();
    for (state_name, state) in states() {
        let _ = writeln!(grid, "{state_name}");
        for (event_name, event) in events() {
            let line = match state.next(event) {
                Ok(step) => {
                    let money = format!("{:?}", step.money);
                    let money = money.split([' ', '{']).next().unwrap_or_default().to_lowercase();
                    format!("-> {}, money {money}", step.state.word())
                }
                Err(refusal) => format!("{} {}", refusal.code.as_str(), refusal.message),
            };
            let _ = writeln!(grid, "    {event_name:<24} {line}");
        }
    }
    insta::assert_snapshot!(grid);
}

#[test]
fn a_final_state_moves_no_money_again() {
    for (name, state) in states().into_iter().filter(|(_, state)| state.is_final()) {
        for (event_name, event) in events() {
            let thaw = matches!((state, event), (State::Paid(_), Event::Dispute { payout_pending: true }));
            assert!(thaw || state.next(event).is_err(), "{name} goes on at {event_name}");
        }
    }
}
