//! Opening: what a database says when it cannot be opened, and jobs, which outlive hosts.

use std::future::{Future as _, poll_fn};
use std::pin::pin;
use std::task::Poll;

use assay_db::{
    Change, CommitError, DbError, Limits, Money, NewEvent, NewJob, Place, Reader, SCHEMA_VERSION, Settings,
};
use assay_domain::ids::JobId;
use assay_domain::refusal::{Code, Refusal};
use uuid::Uuid;

use super::ground::{Ground, deposit, each_engine, free, lane, pay};
use super::past;

/// What opening says, where it must refuse.
async fn refusal(ground: &Ground, place: Place) -> DbError {
    match ground.try_open(place, 1).await {
        Ok(_) => panic!("it opened"),
        Err(error) => error,
    }
}

#[test]
fn the_migrations_are_the_files() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../migrations");
    let files = std::fs::read_dir(folder).expect("the folder is there").count();
    assert_eq!(i64::try_from(files).ok(), Some(SCHEMA_VERSION));
}

#[test]
fn a_database_opens_again_with_all_that_was_answered() {
    each_engine(async |ground| {
        let db = ground.open(1).await;
        db.commit(deposit(1, 7)).await.expect("it lands");
        db.close().await;
        let db = ground.open(1).await;
        assert_eq!(free(&db, &[1]).await, [7]);
        let done = db.commit(deposit(1, 1)).await.expect("it lands");
        assert_eq!(done.applied.map(|applied| applied.link), Some(2), "the lane goes on");
        ground.audit(&db).await;
        db.close().await;
    });
}

/// Tables that were kept in the order of their rows until the tenth migration, or the twelfth.
const BY_ROW: [&str; 7] = ["cells", "events", "jobs", "links", "seals", "transfers", "uniques"];

#[test]
fn a_folder_of_before_the_tenth_migration_keeps_what_is_in_it() {
    const FIRST: &str = include_str!("../../migrations/0001_commit.sql");
    // PostgreSQL keeps its tables as they were.
    Ground::embedded().run(async |ground| {
        let db = ground.open(1).await;
        db.commit(deposit(1, 7)).await.expect("it lands");
        db.commit(pay(1, 2, 3)).await.expect("it lands");
        let event = NewEvent {
            subject: "task/1".into(),
            kind: "task.paid".into(),
            visibility: "parties".into(),
            body: b"{}".to_vec(),
        };
        let taken = Refusal::new(Code::AlreadyExists, "taken");
        let change = Change::new().event(event).job(job(1, 5)).take("bid/1", "two", taken);
        db.commit(change).await.expect("it lands");
        db.close().await;
        for table in BY_ROW {
            let begins = FIRST.find(&format!("CREATE TABLE {table} ")).expect("the first migration makes it");
            let made = &FIRST[begins..];
            let made = &made[..made.find(';').expect("a statement ends")];
            let steps = format!(
                "alter table {table} rename to {table}_now; {made}; \
                 insert into {table} select * from {table}_now; drop table {table}_now"
            );
            past::execute(&ground.place, &steps).await.expect("it is as it was");
        }
        let before = "drop index tasks_under_way; create index transfers_task on transfers (task) where task is not null; \
                      update meta set value = '9' where key = 'schema'";
        past::execute(&ground.place, before).await.expect("it is as it was");
        let db = ground.open(1).await;
        assert_eq!(free(&db, &[1, 2]).await, [4, 3]);
        assert_eq!(db.read().unique("bid/1").await.expect("readable").as_deref(), Some("two"));
        let jobs = db.read().due_jobs(5, 2).await.expect("readable");
        assert_eq!(jobs.iter().map(|job| job.id).collect::<Vec<_>>(), [job(1, 5).id]);
        let done = db.commit(pay(2, 1, 1)).await.expect("it lands");
        assert_eq!(done.applied.map(|applied| applied.link), Some(4), "the lane goes on");
        ground.audit(&db).await;
        db.close().await;
    });
}

#[test]
fn a_newer_database_is_left_alone() {
    each_engine(async |ground| {
        ground.open(1).await.close().await;
        past::execute(&ground.place, "update meta set value = '9999' where key = 'schema'")
            .await
            .expect("it runs");
        let told = refusal(ground, ground.place.clone()).await;
        assert!(matches!(told, DbError::NewerSchema { found: 9999, known: SCHEMA_VERSION }), "{told}");
        let read = Reader::open(&ground.place, Limits::default()).await;
        assert!(matches!(read.err(), Some(DbError::NewerSchema { .. })));
    });
}

#[test]
fn play_money_and_real_money_do_not_meet() {
    each_engine(async |ground| {
        ground.open(1).await.close().await;
        let clock = ground.clock.clone();
        let settings = Settings::new(ground.place.clone(), Money::Live);
        let live = assay_db::Db::open(settings, lane(1), std::sync::Arc::new(move || clock.now())).await;
        let told = live.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(told.contains("test mode") && told.contains("live mode"), "{told}");
    });
}

#[test]
fn a_folder_in_use_is_locked_until_it_is_closed() {
    let ground = Ground::embedded();
    ground.run(async |ground| {
        let db = ground.open(1).await;
        let told = refusal(ground, ground.place.clone()).await;
        assert!(matches!(told, DbError::Locked { .. }), "{told}");
        db.clone().close().await;
        let late = db.commit(Change::new()).await;
        assert!(matches!(late, Err(CommitError::Unavailable(_))), "{late:?}");
        ground.open(1).await.close().await;
    });
}

/// As when a server is started again right after it was killed: a child that it was starting
/// has a copy of the lock until it runs its own program.
#[test]
fn a_lock_that_is_let_go_of_in_a_moment_is_waited_for() {
    let ground = Ground::embedded();
    ground.run(async |ground| {
        let Place::Folder(folder) = &ground.place else { panic!("a folder") };
        ground.open(1).await.close().await;
        let lock = std::fs::File::open(folder.join("assay.lock")).expect("the lock's file");
        lock.try_lock().expect("it is free");
        let mut opening = pin!(ground.try_open(ground.place.clone(), 1));
        let waits = poll_fn(|context| Poll::Ready(opening.as_mut().poll(context).is_pending())).await;
        assert!(waits, "it is in use");
        lock.unlock().expect("it was locked");
        opening.await.map_err(|error| error.to_string()).expect("it opens").close().await;
    });
}

#[test]
fn what_cannot_be_opened_is_named() {
    let ground = Ground::embedded();
    ground.run(async |ground| {
        let nobody = Place::Server("postgres://someone:secret@127.0.0.1:1/none".into());
        let told = refusal(ground, nobody).await;
        assert!(matches!(told, DbError::Unreachable { .. }), "{told}");
        assert!(!told.to_string().contains("secret"), "{told}");
        let told = refusal(ground, Place::Server("mysql://127.0.0.1/none".into())).await;
        assert!(matches!(told, DbError::Address { .. }), "{told}");
        let told = refusal(ground, Place::Folder("/proc/none".into())).await;
        assert!(matches!(told, DbError::Folder { .. }), "{told}");
        let empty = Reader::open(&Place::Folder("/proc/none".into()), Limits::default()).await;
        assert!(matches!(empty.err(), Some(DbError::Unreachable { .. })));
    });
}

#[test]
fn a_folder_may_have_any_name() {
    let ground = Ground::embedded();
    ground.run(async |ground| {
        let Place::Folder(folder) = &ground.place else { panic!("a folder") };
        let odd = Place::Folder(folder.join("50% & more? #1 — données"));
        let db = ground.open_at(odd.clone(), 1).await;
        db.commit(deposit(1, 7)).await.expect("it lands");
        db.close().await;
        let db = ground.open_at(odd, 1).await;
        assert_eq!(free(&db, &[1]).await, [7]);
    });
}

#[test]
fn a_full_queue_turns_changes_away() {
    let ground = Ground::embedded();
    ground.run(async |ground| {
        let clock = ground.clock.clone();
        let mut settings = Settings::new(ground.place.clone(), Money::Test);
        settings.limits.queue_max = 4;
        let opened = assay_db::Db::open(settings, lane(1), std::sync::Arc::new(move || clock.now())).await;
        let db = opened.expect("it opens");
        let answers = super::ground::together(&db, (0..6).map(|_| deposit(1, 1)).collect()).await;
        let expected = ["landed", "landed", "landed", "landed", "unavailable", "unavailable"];
        assert_eq!(super::ground::statuses(&answers), expected);
        db.close().await;
    });
}

fn job(n: u128, due_at: i64) -> NewJob {
    NewJob {
        id: JobId(Uuid::from_u128(n)),
        kind: "task.expire".into(),
        subject: "task/1".into(),
        due_at,
        body: b"{}".to_vec(),
    }
}

#[test]
fn a_job_is_done_once_however_many_hosts_try() {
    each_engine(async |ground| {
        let hosts = ground.hosts().await;
        let (one, two) = (&hosts[0], &hosts[hosts.len() - 1]);
        let now = ground.clock.now();
        one.commit(Change::new().job(job(1, now + 10)).job(job(2, now + 99))).await.expect("it lands");
        assert!(one.read().due_jobs(now, 5).await.expect("readable").is_empty());
        let due = two.read().due_jobs(now + 10, 5).await.expect("readable").pop().expect("one is due");
        let lease =
            one.lease(due.clone(), now + 50).await.expect("it can be leased").expect("nobody was faster");
        assert_eq!(two.lease(due, now + 50).await.expect("it can be tried"), None);
        assert!(two.read().due_jobs(now + 49, 5).await.expect("readable").is_empty());
        // The first host is slow. Its lease ends, and the other takes over.
        let again = two.read().due_jobs(now + 50, 5).await.expect("readable").pop().expect("it is due again");
        assert_eq!(again.attempts, 1);
        let second = two.lease(again, now + 90).await.expect("it can be leased").expect("nobody was faster");
        let late = one.commit(lease.finish(deposit(1, 5))).await;
        assert!(matches!(late, Err(CommitError::Stale)), "{late:?}");
        two.commit(second.finish(deposit(1, 5))).await.expect("its effect lands");
        let twice = two.commit(second.finish(deposit(1, 5))).await;
        assert!(matches!(twice, Err(CommitError::Stale)), "{twice:?}");
        assert_eq!(free(one, &[1]).await, [5]);
        assert_eq!(one.read().job(JobId(Uuid::from_u128(1))).await.expect("readable"), None);
    });
}

#[test]
fn a_job_can_be_postponed_and_called_off() {
    each_engine(async |ground| {
        let db = ground.open(1).await;
        let now = ground.clock.now();
        db.commit(Change::new().job(job(1, now))).await.expect("it lands");
        let take = async |at| db.read().due_jobs(at, 1).await.expect("readable").pop();
        let due = take(now).await.expect("it is due");
        let lease = db.lease(due, now + 50).await.expect("it can be leased").expect("nobody was faster");
        db.commit(lease.postpone(now + 20)).await.expect("it is given back");
        assert_eq!(take(now + 19).await, None);
        let due = take(now + 20).await.expect("it is due");
        let lease = db.lease(due, now + 50).await.expect("it can be leased").expect("nobody was faster");
        db.commit(Change::new().done(lease.job().id)).await.expect("it is called off");
        let late = db.commit(lease.finish(deposit(1, 5))).await;
        assert!(matches!(late, Err(CommitError::Stale)), "{late:?}");
        db.close().await;
    });
}
