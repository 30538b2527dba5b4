//! An audit finds what somebody changed past the commit path.

use assay_db::{Change, Key, NewEvent, Record as _, record};

use super::ground::{Ground, account, deposit, each_engine, lane, pay, together};
use super::past;

record! {
    /// A row the journal vouches for.
    struct Sealed in "sealed_rows" key(id) sealed {
        id: String,
        body: Vec<u8>,
    }
}

/// Five links with transfers, events, and sealed rows in each.
async fn history(ground: &Ground) -> assay_db::Db {
    let db = ground.open(1).await;
    let table = "create table sealed_rows (id text not null primary key, body bytea not null)";
    past::execute(&ground.place, table).await.expect("a table can be made");
    for n in 0..5_u128 {
        let event = NewEvent {
            subject: format!("task/{}", n % 2),
            kind: "task.paid".into(),
            visibility: "parties".into(),
            body: b"{}".to_vec(),
        };
        let row = Sealed { id: format!("r{n}"), body: vec![1, 2, 3] };
        let group = vec![deposit(1, 100).event(event), pay(1, 2, 30).row(row.insert())];
        assert!(together(&db, group).await.iter().all(Result::is_ok));
    }
    let report = assay_db::audit(db.read(), &[Sealed::TABLE]).await.expect("the database can be audited");
    assert!(report.is_clean(), "{:#?}", report.differences);
    assert_eq!((report.links, report.transfers, report.events, report.seals), (5, 10, 5, 5));
    db
}

/// What somebody does behind the commit path's back, and what an audit says of it.
type Damage = (&'static str, String, Vec<String>);

#[test]
fn an_audit_finds_every_kind_of_damage() {
    let table: Vec<Damage> = damaged_rows().into_iter().chain(damaged_chains()).collect();
    each_engine(async |ground| {
        for (what, damage, expected) in &table {
            let ground = ground.another();
            let db = history(&ground).await;
            past::execute(&ground.place, damage).await.expect("the damage can be done");
            let mut found = ground.differences(&db, &[Sealed::TABLE]).await;
            found.sort();
            let mut expected = expected.clone();
            expected.sort();
            assert_eq!(found, expected, "{what}");
            db.close().await;
        }
    });
}

#[test]
fn a_sealed_row_is_written_once() {
    each_engine(async |ground| {
        let db = history(ground).await;
        let row = || Sealed { id: "r0".into(), body: vec![9] };
        let writes = [row().upsert(), row().keep(), Sealed::delete(["r0".into()]), row().insert()];
        for write in writes {
            let answer = db.commit(Change::new().row(write)).await;
            assert!(matches!(answer, Err(assay_db::CommitError::Internal(_))), "{answer:?}");
        }
        assert!(ground.differences(&db, &[Sealed::TABLE]).await.is_empty());
        db.close().await;
    });
}

#[test]
fn an_audit_follows_every_lane_and_reads_beside_a_server() {
    let Some(ground) = Ground::shared() else { return };
    ground.run(async |ground| {
        let hosts = ground.hosts().await;
        for n in 1..=3 {
            hosts[0].commit(deposit(n, 10)).await.expect("it lands");
            hosts[1].commit(pay(n, 4, 3)).await.expect("it lands");
        }
        let reader =
            assay_db::Reader::open(&ground.place, assay_db::Limits::default()).await.expect("it opens");
        let report = assay_db::audit(&reader, &[]).await.expect("it can be audited");
        assert!(report.is_clean(), "{:#?}", report.differences);
        assert_eq!((report.lanes, report.links, report.transfers), (2, 6, 6));
    });
}

fn damaged_rows() -> Vec<Damage> {
    let lane = lane(1);
    let free = |n| account(n).to_string();
    vec![
        (
            "a transfer's amount",
            "update transfers set amount = 31 where link = 2 and seq = 2".into(),
            vec![
                format!("{} holds 350, its transfers add up to 349", free(1)),
                format!("{} holds 150, its transfers add up to 151", free(2)),
                format!("link 2 of lane {lane}, or what it covers, was altered"),
            ],
        ),
        (
            "a transfer's reason",
            "update transfers set reason = 'refund' where link = 3 and seq = 1".into(),
            vec![format!("link 3 of lane {lane}, or what it covers, was altered")],
        ),
        (
            "a balance",
            format!("update cells set n = n + 1 where key = '{}'", Key::balance(&account(2))),
            vec![
                format!("{} holds 151, its transfers add up to 150", free(2)),
                "all accounts in USD add up to 1 instead of 0".into(),
            ],
        ),
        (
            "an event's body",
            "update events set body = (select hash from links where n = 1) where lane_seq = 4".into(),
            vec![format!("link 4 of lane {lane}, or what it covers, was altered")],
        ),
        (
            "an event that is gone",
            "delete from events where lane_seq = 2".into(),
            vec![format!("link 2 of lane {lane}, or what it covers, was altered")],
        ),
    ]
}

fn damaged_chains() -> Vec<Damage> {
    let lane = lane(1);
    vec![
        (
            "a link that is gone",
            "delete from links where n = 3".into(),
            vec![
                format!("link 3 of lane {lane} is missing"),
                "2 rows of transfers are in no link".into(),
                "1 rows of events are in no link".into(),
                "1 rows of seals are in no link".into(),
            ],
        ),
        (
            "the last link gone",
            "delete from links where n = 5".into(),
            vec![
                "2 rows of transfers are in no link".into(),
                "1 rows of seals are in no link".into(),
                "1 rows of events are in no link".into(),
            ],
        ),
        (
            "a link's time",
            "update links set at = at + 1 where n = 5".into(),
            vec![format!("link 5 of lane {lane}, or what it covers, was altered")],
        ),
        (
            "a sealed row",
            "update sealed_rows set body = (select body from events where lane_seq = 1) where id = 'r2'"
                .into(),
            vec!["the row r2 of sealed_rows is missing or was altered".into()],
        ),
        (
            "a sealed row that is gone",
            "delete from sealed_rows where id = 'r4'".into(),
            vec!["the row r4 of sealed_rows is missing or was altered".into()],
        ),
        (
            "a row without its seal",
            "insert into sealed_rows (id, body) select 'forged', body from events where lane_seq = 1".into(),
            vec!["1 rows of sealed_rows are in no link".into()],
        ),
        (
            "an account of nobody",
            "insert into cells (key, n) values ('b/usd/nobody', 0)".into(),
            vec!["the balance \"b/usd/nobody\" belongs to no account".into()],
        ),
    ]
}
