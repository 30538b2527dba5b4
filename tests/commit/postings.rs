//! Postings follow the journal some thousand transfers later; nobody who asks can tell.

use assay_db::{Db, Shown};

use super::ground::{Ground, account, deposit, each_engine, pay, together};
use super::past;

/// Some transfers from one party to another, in a few groups, and back again.
async fn some(db: &Db, many: usize) {
    for chunk in (0..many).collect::<Vec<_>>().chunks(90) {
        let change = |n: &usize| if n % 3 == 2 { pay(2, 1, 1) } else { pay(1, 2, 1) };
        let answers = together(db, chunk.iter().map(change).collect()).await;
        assert!(answers.iter().all(Result::is_ok));
    }
}

/// What lists of an account's transfers say, all of them the same.
async fn listed(ground: &Ground, db: &Db) -> usize {
    let accounts = [account(1)];
    let rows = db.read().transfers_of(&accounts, None, 10_000).await.expect("readable");
    let entries = db.read().statement(&accounts, &Shown::default(), None, 10_000).await.expect("readable");
    let place = |lane: &String, link: i64, seq: i64| (lane.clone(), link, seq);
    let of_rows: Vec<_> = rows.iter().map(|row| place(&row.lane, row.link, row.seq)).collect();
    let of_entries: Vec<_> = entries.iter().map(|entry| place(&entry.lane, entry.link, entry.seq)).collect();
    assert_eq!(of_rows, of_entries, "both newest first, each once");
    let holds = db.read().balances(&accounts).await.expect("readable");
    assert_eq!(Some(holds[0]), entries.first().map(|entry| entry.balance));
    let mut sum = 0;
    for entry in entries.iter().rev() {
        sum += entry.delta;
        assert_eq!(entry.balance, sum);
    }
    ground.audit(db).await;
    rows.len()
}

#[test]
fn statements_are_the_same_before_and_after_their_postings_are_there() {
    each_engine(async |ground| {
        let db = ground.open(1).await;
        db.commit(deposit(1, 1_000)).await.expect("it lands");
        let mut made = 1;
        for many in [3, 300, 900, 700] {
            some(&db, many).await;
            made += many;
            assert_eq!(listed(ground, &db).await, made);
        }
        db.close().await;
        // What it left is found by the next one, which adds it when there is time.
        let db = ground.open(2).await;
        assert_eq!(listed(ground, &db).await, made);
        db.catch_up().await;
        assert_eq!(listed(ground, &db).await, made);
        some(&db, 40).await;
        assert_eq!(listed(ground, &db).await, made + 40);
        db.close().await;
    });
}

#[test]
fn an_audit_finds_postings_that_are_missing_or_of_no_transfer() {
    // PostgreSQL has none.
    Ground::embedded().run(async |ground| {
        let db = ground.open(1).await;
        db.commit(deposit(1, 1_000)).await.expect("it lands");
        some(&db, 2_000).await;
        let gone = format!("delete from postings where account = '{}'", account(2));
        past::execute(&ground.place, &gone).await.expect("it runs");
        let found = ground.differences(&db, &[]).await;
        let [told] = &found[..] else { panic!("{found:?}") };
        let (many, rest) = told.split_once(' ').expect("a number and words");
        assert_eq!(rest, "transfers are missing from their accounts' postings");
        // The last ones have none yet, and need none.
        assert!((1_000..2_000).contains(&many.parse::<usize>().expect("a number")), "{told}");
        // All are given theirs by the next server, before what is committed after that.
        db.close().await;
        let db = ground.open(2).await;
        db.catch_up().await;
        db.commit(deposit(1, 1_000)).await.expect("it lands");
        let stray = format!("update postings set seq = seq + 1000 where account = '{}'", account(1));
        past::execute(&ground.place, &stray).await.expect("it runs");
        let found = ground.differences(&db, &[]).await;
        let expected = [
            "2002 rows of postings are in no link",
            "2002 transfers are missing from their accounts' postings",
        ];
        assert_eq!(found, expected);
        db.close().await;
    });
}
