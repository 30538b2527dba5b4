//! Webhooks over more than one life and more than one host.

use std::sync::Arc;

use super::{Receiver, hooks, log, to_loopback};
use crate::hosts::{Doomed, LEASE_SECONDS};
use crate::house::{Actor, House};
use crate::packages::text;

#[test]
fn what_happened_before_a_restart_is_told_after_it_once() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    runtime.block_on(async {
        let mut ears = Receiver::open().await;
        let first = House::open(None, to_loopback).await;
        let alice = first.agent("alice").await;
        let hook = hooks(&alice, &ears.url, &[]).await;
        ears.answers([500]);
        alice.deposits(1).await;
        first.wait(0).await;
        assert_eq!(ears.all().len(), 1, "and it failed");
        // Nobody has looked at this one yet.
        alice.deposits(2).await;
        let settings = first.app.settings.clone();
        first.app.stop().await;

        let second = House::open(None, |fresh| *fresh = settings).await;
        let alice = Actor { base_url: second.base_url.clone(), ..alice };
        second.wait(5).await;
        let mut amounts: Vec<String> =
            ears.all().iter().map(|one| text(&one.json()["data"]["amount"])).collect();
        amounts.sort();
        assert_eq!(amounts, ["1.00", "2.00"]);
        assert!(log(&alice, &hook).await.iter().all(|one| one["status"] == "delivered"));
        second.wait(86_400).await;
        assert!(ears.all().is_empty());
        second.audit().await;
    });
}

#[test]
fn two_hosts_tell_each_thing_once() {
    let Some(database) = crate::postgres::database() else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime starts").block_on(async {
        let here = House::open(Some(database.clone()), to_loopback).await;
        let there = House::open(Some(database), to_loopback).await;
        let mut ears = Receiver::open().await;
        let alice = here.agent("alice").await;
        let away = Actor { base_url: there.base_url.clone(), ..alice.clone() };
        hooks(&alice, &ears.url, &[]).await;
        for round in 0..10 {
            let actor = if round % 2 == 0 { &alice } else { &away };
            actor.deposits(1).await;
            let (one, other) = tokio::join!(here.app.tell_webhooks(), there.app.tell_webhooks());
            one.and(other).expect("both tell");
        }
        here.wait(0).await;
        let heard = ears.all();
        let ids: std::collections::BTreeSet<&String> = heard.iter().map(|one| &one.id).collect();
        assert_eq!((heard.len(), ids.len()), (10, 10));
        here.audit().await;
    });
}

#[test]
fn a_message_of_a_host_that_was_killed_sending_it_is_sent_by_another_under_its_id() {
    let Some(database) = crate::postgres::database() else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime starts").block_on(async {
        let house = House::open(Some(database.clone()), to_loopback).await;
        let mut ears = Receiver::open().await;
        let alice = house.agent("alice").await;
        let hook = hooks(&alice, &ears.url, &[]).await;
        alice.deposits(1).await;
        *ears.stalls.lock().expect("a lock") = Some(Arc::default());
        let doomed = Doomed::start(&database).await;
        let doing = doomed.does_what_is_due(0);
        let first = ears.heard.recv().await.expect("the host sends it and waits for the answer");
        house.wait(0).await;
        assert!(ears.all().is_empty(), "whoever died may still be at it");
        doomed.dies();
        assert!(!doing.await.expect("nobody panics in there"), "it never answered");
        *ears.stalls.lock().expect("a lock") = None;
        house.wait(0).await;
        assert!(ears.all().is_empty(), "nobody knows yet that it died");
        house.wait(LEASE_SECONDS).await;
        let again = ears.all();
        assert_eq!(again.iter().map(|one| &one.id).collect::<Vec<_>>(), [&first.id]);
        assert_eq!(again[0].body, first.body);
        let kept = log(&alice, &hook).await;
        assert_eq!((kept.len(), kept[0]["status"].as_str()), (1, Some("delivered")));
        house.wait(86_400).await;
        assert!(ears.all().is_empty(), "it is told no more");
        house.audit().await;
    });
}
