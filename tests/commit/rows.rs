//! Rows: what comes back is what went in, one row a key, bad text harms its own change.

use assay_db::{Change, Record as _, record};

use super::ground::{Ground, deposit, each_engine, free, statuses, together};
use super::past;

record! {
    /// A row with every kind of column.
    struct Probe in "probes" key(id, n) {
        id: String,
        n: i64,
        text: Option<String>,
        number: Option<i64>,
        bytes: Vec<u8>,
        more: Option<Vec<u8>>,
    }
}

record! {
    /// Rows of the same table that keep their first text, and have nothing optional besides.
    struct Settled in "probes" key(id, n), fixed(text) {
        id: String,
        n: i64,
        text: String,
        bytes: Vec<u8>,
    }
}

record! {
    /// Rows of the same table whose text seldom changes.
    struct Lasting in "probes" key(id, n), fixed(number), lasting(text) {
        id: String,
        n: i64,
        text: String,
        number: Option<i64>,
        bytes: Vec<u8>,
    }
}

/// A table for rows of this test.
async fn prepare(ground: &Ground) {
    let table = "create table probes (id text not null, n bigint not null check (n >= 0), text text, \
                 number bigint, bytes bytea not null, more bytea, primary key (id, n))";
    past::execute(&ground.place, table).await.expect("a table can be made");
}

fn probe(id: &str, n: i64) -> Probe {
    Probe { id: id.into(), n, text: None, number: None, bytes: Vec::new(), more: None }
}

#[test]
fn rows_come_back_as_they_went_in() {
    each_engine(async |ground| {
        let db = ground.open(1).await;
        prepare(ground).await;
        let every_byte: Vec<u8> = (0..=255).collect();
        let rows = [
            probe("plain", 0),
            Probe { text: Some("\"quoted\" \\ \u{1} \u{7f} naïve 文字 🦀".into()), ..probe("text", 1) },
            Probe { text: Some(String::new()), more: Some(Vec::new()), ..probe("empty", 1) },
            Probe { number: Some(i64::MIN), ..probe("number", i64::MAX) },
            Probe { bytes: every_byte.clone(), more: Some(every_byte), ..probe("bytes", 1) },
            // Large enough to be written by a statement of its own, without the text.
            Probe { bytes: vec![7; 3 << 20], number: Some(-1), ..probe("large", 1) },
        ];
        let change = rows.iter().cloned().fold(Change::new(), |change, row| change.row(row.insert()));
        db.commit(change).await.expect("rows are written");
        for row in rows {
            let values = [row.id.as_str().into(), row.n.into()];
            let found: Option<Probe> = db.read().one("id = $1 and n = $2", &values).await.expect("readable");
            assert_eq!(found.as_ref(), Some(&row));
        }
        db.close().await;
    });
}

#[test]
fn what_is_fixed_stays_and_the_rest_changes() {
    each_engine(async |ground| {
        let db = ground.open(1).await;
        prepare(ground).await;
        let row =
            |text: &str, byte: u8| Settled { id: "one".into(), n: 1, text: text.into(), bytes: vec![byte] };
        for byte in [1, 2] {
            let text = format!("text {byte}");
            db.commit(Change::new().row(row(&text, byte).upsert())).await.expect("a row is written");
        }
        let found: Option<Settled> = db.read().one("id = $1", &["one".into()]).await.expect("readable");
        assert_eq!(found, Some(row("text 1", 2)));
        db.close().await;
    });
}

#[test]
fn a_row_is_amended_as_it_is_replaced() {
    each_engine(async |ground| {
        let db = ground.open(1).await;
        prepare(ground).await;
        let row = |id: &str, text: &str, byte: u8| Lasting {
            id: id.into(),
            n: 1,
            text: text.into(),
            number: Some(1),
            bytes: vec![byte],
        };
        let write = |id: &str, text: &str, byte, amended| {
            let row = row(id, text, byte);
            Change::new().row(if amended { row.amend() } else { row.upsert() })
        };
        let gone = |id: &str| Change::new().row(Lasting::delete([id.into(), 1_i64.into()]));
        // Each row is written in the way of its name, one write a group, and then all in one.
        let ways = [
            ("new", vec![("a", true)]),
            ("old", vec![("a", false), ("a", true)]),
            ("changed", vec![("a", false), ("b", false), ("b", true), ("b", true)]),
            ("changed back", vec![("a", true), ("b", false), ("a", false), ("a", true)]),
        ];
        for at_once in [false, true] {
            for (way, steps) in &ways {
                let id = format!("{way} {at_once}");
                let steps = || steps.iter().zip(1..);
                let mut group: Vec<_> =
                    steps().map(|((text, amended), byte)| write(&id, text, byte, *amended)).collect();
                if at_once {
                    // A row that was there says something else.
                    db.commit(write(&id, "z", 0, false)).await.expect("a row is written");
                    if steps().all(|((_, amended), _)| *amended) {
                        group.insert(0, gone(&id));
                    }
                    let landed = vec!["landed"; group.len()];
                    assert_eq!(statuses(&together(&db, group).await), landed, "{id}");
                } else {
                    for change in group {
                        db.commit(change).await.expect("a row is written");
                    }
                }
                let last = steps().last().map(|((text, _), byte)| row(&id, text, byte));
                let found: Option<Lasting> =
                    db.read().one("id = $1", &[id.as_str().into()]).await.expect("readable");
                assert_eq!(found, last, "{id}");
            }
        }
        // Large enough to be written by a statement of its own.
        let large = Lasting { bytes: vec![7; 3 << 20], ..row("large", "a", 0) };
        for write in [large.clone().upsert(), large.clone().amend()] {
            db.commit(Change::new().row(write)).await.expect("a row is written");
        }
        let found: Option<Lasting> = db.read().one("id = $1", &["large".into()]).await.expect("readable");
        assert_eq!(found, Some(large));
        db.close().await;
    });
}

#[test]
fn of_two_writes_to_one_row_the_later_stays() {
    each_engine(async |ground| {
        let db = ground.open(1).await;
        prepare(ground).await;
        let write = |number| Change::new().row(Probe { number: Some(number), ..probe("row", 1) }.upsert());
        let gone = || Change::new().row(Probe::delete(["row".into(), 1_i64.into()]));
        let number = async || {
            let found: Option<Probe> = db.read().one("id = $1", &["row".into()]).await.expect("readable");
            found.and_then(|row| row.number)
        };
        let new = |number| Change::new().row(Probe { number: Some(number), ..probe("row", 1) }.insert());
        let keep = Change::new().row(Probe { number: Some(9), ..probe("row", 1) }.keep());
        assert_eq!(statuses(&together(&db, vec![write(1), write(2), keep]).await), ["landed"; 3]);
        assert_eq!(number().await, Some(2));
        assert_eq!(statuses(&together(&db, vec![write(3), gone()]).await), ["landed"; 2]);
        assert_eq!(number().await, None);
        assert_eq!(
            statuses(&together(&db, vec![new(4), new(5), write(6)]).await),
            ["landed", "internal", "landed"]
        );
        assert_eq!(number().await, Some(6));
        assert_eq!(statuses(&together(&db, vec![gone(), new(7)]).await), ["landed"; 2]);
        assert_eq!(number().await, Some(7));
        assert_eq!(statuses(&together(&db, vec![deposit(1, 1), new(8)]).await), ["landed", "internal"]);
        assert_eq!(number().await, Some(7));
        db.close().await;
    });
}

#[test]
fn text_that_no_engine_can_store_is_refused_alone() {
    each_engine(async |ground| {
        let db = ground.open(1).await;
        prepare(ground).await;
        let bad = Probe { text: Some("nul \0 inside".into()), ..probe("bad", 1) };
        let bytes = Probe { bytes: b"nul \0 inside".to_vec(), ..probe("good", 1) };
        let group = vec![
            deposit(1, 5),
            Change::new().row(bad.upsert()),
            deposit(1, 5).once("a\0b", *b"A"),
            Change::new().row(bytes.upsert()),
        ];
        let answers = together(&db, group).await;
        assert_eq!(statuses(&answers), ["landed", "INVALID_FIELD", "INVALID_FIELD", "landed"]);
        let told = answers[1].as_ref().err().map(ToString::to_string).unwrap_or_default();
        assert!(told.contains("text") && told.contains("U+0000"), "{told}");
        assert_eq!(free(&db, &[1]).await, [5]);
        db.close().await;
    });
}

#[test]
fn a_statement_that_fails_costs_the_change_that_caused_it() {
    each_engine(async |ground| {
        let db = ground.open(1).await;
        prepare(ground).await;
        let group = (0..9_i64).map(|n| {
            let row = if n == 4 { probe("below zero", -1) } else { probe("fine", n) };
            deposit(1, 1).row(row.insert())
        });
        let answers = together(&db, group.collect()).await;
        let mut expected = ["landed"; 9];
        expected[4] = "internal";
        assert_eq!(statuses(&answers), expected);
        assert_eq!(free(&db, &[1]).await, [8]);
        assert_eq!(db.read().count::<Probe>("id = $1", &["fine".into()]).await.expect("readable"), 8);
        ground.audit(&db).await;
        db.close().await;
    });
}

#[test]
fn a_group_larger_than_a_statement_is_written_whole() {
    each_engine(async |ground| {
        let db = ground.open(1).await;
        prepare(ground).await;
        // 24 rows of 0.9 MB: too small to go alone, too much for one statement.
        let group =
            (0..24).map(|n| Change::new().row(Probe { bytes: vec![1; 900_000], ..probe("row", n) }.upsert()));
        let answers = together(&db, group.collect()).await;
        assert_eq!(statuses(&answers), ["landed"; 24]);
        assert_eq!(db.read().count::<Probe>("id = $1", &["row".into()]).await.expect("readable"), 24);
        let some = assay_db::list(["row", "other"]);
        assert_eq!(db.read().count::<Probe>("id in_list($1)", &[some]).await.expect("readable"), 24);
        db.close().await;
    });
}

#[test]
fn a_blob_is_kept_under_its_digest() {
    each_engine(async |ground| {
        let db = ground.open(1).await;
        let group =
            vec![Change::new().blob("d1", b"one".to_vec()), Change::new().blob("d1", b"one".to_vec())];
        assert_eq!(statuses(&together(&db, group).await), ["landed"; 2]);
        db.commit(Change::new().blob("d1", b"one".to_vec())).await.expect("it may be there");
        assert_eq!(db.read().blob("d1").await.expect("readable").as_deref(), Some(&b"one"[..]));
        assert_eq!(db.read().blob("d2").await.expect("readable"), None);
        db.close().await;
    });
}

#[test]
fn the_commit_paths_own_tables_take_no_rows_from_outside() {
    each_engine(async |ground| {
        let db = ground.open(1).await;
        let forged = assay_db::rows::CellRow { key: "b/usd/forged".into(), n: 5 };
        assert_eq!(statuses(&[db.commit(Change::new().row(forged.upsert())).await]), ["internal"]);
        db.close().await;
    });
}
