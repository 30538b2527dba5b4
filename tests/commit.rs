//! The commit path on both engines: what it must do when changes get in each other's
//! way, when a statement fails, when a connection breaks, when somebody tampers.

mod damage;
mod ground;
mod log;
mod opening;
pub(crate) mod past;
mod postings;
mod property;
mod rows;
mod wire;

use assay_db::{Change, CommitError, Key, NewEvent, Reply};
use assay_domain::refusal::{Code, Refusal};
use ground::{Ground, deposit, each_engine, full, pay, statuses, task_head, together};

#[test]
fn of_two_changes_to_one_task_the_second_is_stale() {
    each_engine(async |ground| {
        let db = ground.open(1).await;
        let claim = || Change::new().advance(task_head(1), 0);
        let answers = together(&db, vec![claim(), claim(), Change::new().expect(task_head(1), 1)]).await;
        assert_eq!(statuses(&answers), ["landed", "stale", "landed"]);
        assert_eq!(db.read().cell(&task_head(1)).await.expect("the head is there"), 1);
        let late = db.commit(claim()).await;
        assert!(matches!(late, Err(CommitError::Stale)), "{late:?}");
        ground.audit(&db).await;
        db.close().await;
    });
}

#[test]
fn an_overdraft_in_the_middle_of_a_group_leaves_its_neighbours_alone() {
    each_engine(async |ground| {
        let db = ground.open(1).await;
        db.commit(deposit(1, 100)).await.expect("money comes in");
        let answers = together(&db, vec![pay(1, 2, 60), pay(1, 3, 50), pay(1, 3, 40), pay(2, 1, 60)]).await;
        assert_eq!(statuses(&answers), ["landed", "INSUFFICIENT_FUNDS", "landed", "landed"]);
        assert_eq!(ground::free(&db, &[1, 2, 3]).await, [60, 0, 40]);
        let links: Vec<i64> =
            answers.iter().flatten().flat_map(|done| &done.applied).map(|a| a.link).collect();
        assert_eq!(links, [2, 2, 2], "one group, one link");
        ground.audit(&db).await;
        db.close().await;
    });
}

#[test]
fn a_reply_shows_what_its_own_change_left() {
    each_engine(async |ground| {
        let db = ground.open(1).await;
        let account = ground::account(1);
        let told = |amount| {
            deposit(1, amount).reply(move |applied| {
                let text = format!("{} {}", applied.balance(&account), applied.cell(&Key::balance(&account)));
                Reply::new(201, text.into_bytes())
            })
        };
        let answers = together(&db, vec![told(5), told(7), told(9)]).await;
        let bodies: Vec<String> = answers
            .iter()
            .flatten()
            .map(|done| String::from_utf8_lossy(&done.reply.body).into_owned())
            .collect();
        assert_eq!(bodies, ["5 5", "12 12", "21 21"]);
        db.close().await;
    });
}

#[test]
fn an_idempotency_key_answers_once_and_repeats_itself() {
    each_engine(async |ground| {
        let db = ground.open(1).await;
        let create = |hash: &[u8], body: &'static str| {
            let reply = move |_: &_| Reply {
                status: 201,
                body: body.as_bytes().to_vec(),
                stored: Some(b"without the secret".to_vec()),
            };
            deposit(1, 10).once("alice/keys/k1", hash).reply(reply)
        };
        let group = vec![create(b"A", "first"), create(b"A", "second"), create(b"B", "other")];
        let answers = together(&db, group).await;
        assert_eq!(statuses(&answers), ["landed", "replayed", "mismatch"]);
        let later = [db.commit(create(b"A", "third")).await, db.commit(create(b"C", "fourth")).await];
        assert_eq!(statuses(&later), ["replayed", "mismatch"]);
        let said = |answer: &Result<assay_db::Committed, CommitError>| {
            answer.as_ref().map(|done| (done.reply.status, done.reply.body.clone())).ok()
        };
        assert_eq!(said(&answers[0]), Some((201, b"first".to_vec())));
        assert_eq!(said(&answers[1]), Some((201, b"without the secret".to_vec())));
        assert_eq!(said(&later[0]), said(&answers[1]));
        assert_eq!(ground::free(&db, &[1]).await, [10], "the money came in once");
        db.close().await;
    });
}

#[test]
fn a_refused_change_keeps_no_answer() {
    each_engine(async |ground| {
        let db = ground.open(1).await;
        let spend = || pay(1, 2, 10).once("alice/pay/k1", *b"A");
        assert_eq!(statuses(&[db.commit(spend()).await]), ["INSUFFICIENT_FUNDS"]);
        db.commit(deposit(1, 10)).await.expect("money comes in");
        assert_eq!(statuses(&[db.commit(spend()).await, db.commit(spend()).await]), ["landed", "replayed"]);
        db.close().await;
    });
}

#[test]
fn an_expired_answer_is_forgotten_and_its_key_is_free() {
    each_engine(async |ground| {
        let db = ground.open(1).await;
        let pay_in = || deposit(1, 10).once("alice/pay-in/k1", *b"A");
        assert_eq!(statuses(&[db.commit(pay_in()).await]), ["landed"]);
        ground.clock.advance(24 * 3_600_000);
        assert_eq!(statuses(&together(&db, vec![pay_in(), pay_in()]).await), ["landed", "replayed"]);
        ground.clock.advance(1);
        db.commit(Change::new().add(Key::counter("sweeps"), 1).forget_once_before(ground.clock.now() + 1))
            .await
            .expect("it is swept");
        assert_eq!(db.read().once("alice/pay-in/k1").await.expect("readable"), None);
        db.close().await;
    });
}

#[test]
fn two_hosts_with_one_idempotency_key_do_it_once() {
    let Some(ground) = Ground::shared() else { return };
    ground.run(async |ground| {
        let hosts = [ground.open(1).await, ground.open(2).await];
        for n in 0..40 {
            let pay_in = || deposit(1, 10).once(format!("alice/pay-in/{n}"), *b"A");
            let (one, two) = tokio::join!(hosts[0].commit(pay_in()), hosts[1].commit(pay_in()));
            let mut both = statuses(&[one, two]);
            both.sort();
            assert_eq!(both, ["landed", "replayed"]);
        }
        assert_eq!(ground::free(&hosts[0], &[1]).await, [400]);
        ground.audit(&hosts[1]).await;
    });
}

#[test]
fn two_hosts_decide_about_one_task_once() {
    let Some(ground) = Ground::shared() else { return };
    ground.run(async |ground| {
        let hosts = [ground.open(1).await, ground.open(2).await];
        for n in 0..40 {
            let claim = || Change::new().advance(task_head(n), 0);
            let (one, two) = tokio::join!(hosts[0].commit(claim()), hosts[1].commit(claim()));
            let mut both = statuses(&[one, two]);
            both.sort();
            assert_eq!(both, ["landed", "stale"]);
        }
    });
}

#[test]
fn a_counter_stops_exactly_at_its_maximum() {
    each_engine(async |ground| {
        let hosts = ground.hosts().await;
        let open_task = || Change::new().add_up_to(Key::counter("open/alice"), 1, 10, full());
        let mut waiting = Vec::new();
        for n in 0..100 {
            let db = hosts[n % hosts.len()].clone();
            waiting.push(tokio::spawn(async move { db.commit(open_task()).await }));
        }
        let mut landed = 0;
        for answer in waiting {
            match answer.await.expect("no panic") {
                Ok(_) => landed += 1,
                Err(CommitError::Refused(refusal)) => assert_eq!(refusal, full()),
                Err(other) => panic!("{other}"),
            }
        }
        assert_eq!(landed, 10);
        assert_eq!(hosts[0].read().cell(&Key::counter("open/alice")).await.expect("readable"), 10);
        let back = Change::new().add(Key::counter("open/alice"), -11);
        let fault = hosts[0].commit(back).await;
        assert!(matches!(fault, Err(CommitError::Internal(_))), "{fault:?}");
    });
}

#[test]
fn a_unique_key_has_one_owner() {
    each_engine(async |ground| {
        let hosts = ground.hosts().await;
        let taken = || Refusal::new(Code::AlreadyExists, "the name is taken");
        let name = |who: &'static str| Change::new().take("name/ada", who, taken());
        let answers = together(&hosts[0], vec![name("first"), name("second")]).await;
        assert_eq!(statuses(&answers), ["landed", "ALREADY_EXISTS"]);
        let (one, two) = tokio::join!(
            hosts[0].commit(Change::new().take("name/bob", "one", taken())),
            hosts[hosts.len() - 1].commit(Change::new().take("name/bob", "two", taken())),
        );
        let mut both = statuses(&[one, two]);
        both.sort();
        assert_eq!(both, ["ALREADY_EXISTS", "landed"]);
        assert_eq!(hosts[0].read().unique("name/ada").await.expect("readable").as_deref(), Some("first"));
    });
}

#[test]
fn an_account_in_every_change_costs_nobody_a_refusal() {
    each_engine(async |ground| {
        let hosts = ground.hosts().await;
        hosts[0].commit(deposit(1, 1_000)).await.expect("money comes in");
        let group = (0..200).map(|n| if n % 2 == 0 { pay(1, 2, 5) } else { pay(2, 1, 5) }).collect();
        let other = (0..200).map(|_| deposit(1, 1)).collect();
        let last = &hosts[hosts.len() - 1];
        let (here, there) = tokio::join!(together(&hosts[0], group), together(last, other));
        assert!(here.iter().chain(&there).all(Result::is_ok));
        assert_eq!(ground::free(last, &[1, 2]).await, [1_200, 0]);
        ground.audit(last).await;
    });
}

#[test]
fn a_statement_lists_transfers_newest_first_page_by_page() {
    each_engine(async |ground| {
        let hosts = ground.hosts().await;
        let last = hosts.len() - 1;
        hosts[0].commit(deposit(1, 100)).await.expect("it lands");
        for n in 1..=6_i64 {
            ground.clock.advance(n % 2);
            hosts[if n % 3 == 0 { last } else { 0 }].commit(pay(1, 2, n)).await.expect("it lands");
        }
        let accounts = [ground::account(1), ground::account(2)];
        let (mut amounts, mut after) = (Vec::new(), None);
        loop {
            let page = hosts[0].read().transfers_of(&accounts, after.as_ref(), 3).await.expect("readable");
            assert!(page.windows(2).all(|pair| pair[0].at >= pair[1].at), "newest first");
            let Some(row) = page.last() else { break };
            after = Some(assay_db::After::row(row));
            amounts.extend(page.iter().map(|row| row.amount));
        }
        assert_eq!(amounts.last(), Some(&100));
        amounts.sort_unstable();
        assert_eq!(amounts, [1, 2, 3, 4, 5, 6, 100], "each once");
        let heads = hosts[0].read().lane_heads().await.expect("readable");
        let links: Vec<i64> = heads.iter().map(|head| head.n).collect();
        assert_eq!(links, if last == 1 { vec![5, 2] } else { vec![7] });
    });
}

#[test]
fn a_panic_in_a_reply_costs_one_change() {
    each_engine(async |ground| {
        let db = ground.open(1).await;
        let broken = deposit(1, 5).reply(|applied| panic!("link {}", applied.link));
        let answers = together(&db, vec![deposit(1, 5), broken, deposit(1, 5)]).await;
        assert_eq!(statuses(&answers), ["landed", "internal", "landed"]);
        assert_eq!(ground::free(&db, &[1]).await, [10]);
        db.close().await;
    });
}

#[test]
fn events_are_numbered_without_gaps_per_subject_and_per_lane() {
    each_engine(async |ground| {
        let db = ground.open(1).await;
        let event = |subject: &str| NewEvent {
            subject: subject.to_owned(),
            kind: "note.left".into(),
            visibility: "parties".into(),
            body: b"{}".to_vec(),
        };
        let note = |subject: &str| Change::new().event(event(subject));
        let group =
            vec![note("task/a"), note("task/b"), Change::new().expect(task_head(1), 9), note("task/a")];
        assert_eq!(statuses(&together(&db, group).await), ["landed", "landed", "stale", "landed"]);
        db.commit(note("task/b").event(event("task/a"))).await.expect("it lands");
        let seen = |rows: Vec<assay_db::rows::EventRow>| -> Vec<(String, i64, i64)> {
            rows.into_iter().map(|row| (row.subject, row.seq, row.lane_seq)).collect()
        };
        let of_a = seen(db.read().events("task/a", 1, 10).await.expect("readable"));
        assert_eq!(of_a, [("task/a".into(), 2, 3), ("task/a".into(), 3, 5)]);
        let lane = seen(db.read().lane_events(db.lane(), 0, 10).await.expect("readable"));
        let numbers: Vec<i64> = lane.iter().map(|(_, _, number)| *number).collect();
        assert_eq!(numbers, [1, 2, 3, 4, 5]);
        ground.audit(&db).await;
        db.close().await;
    });
}
