//! The embedded engine's log is copied into the database while groups are written.

use std::path::Path;
use std::sync::Arc;

use assay_db::{Db, Money, Place, Settings};
use sqlx::{AnyConnection, Connection as _, Executor as _};

use super::ground::{Ground, deposit, free, lane, together};

fn pages(folder: &Path) -> u64 {
    std::fs::metadata(folder.join("assay.db-wal")).expect("there is a log").len() / 4_096
}

/// A database whose log begins anew at a hundred pages.
async fn open(ground: &Ground) -> (Db, &Path) {
    let Place::Folder(folder) = &ground.place else { panic!("an embedded database has a folder") };
    let mut settings = Settings::new(ground.place.clone(), Money::Test);
    settings.limits.log_pages_max = 100;
    let clock = ground.clock.clone();
    let db = Db::open(settings, lane(1), Arc::new(move || clock.now())).await.expect("it opens");
    (db, folder)
}

/// Groups of twenty, each of which writes ten pages or more.
async fn write(db: &Db, groups: u128) {
    for round in 0..groups {
        let group = (1..=20).map(|party| deposit(20 * (round % 10) + party, 1)).collect();
        assert!(together(db, group).await.iter().all(Result::is_ok));
    }
}

#[test]
fn the_log_stays_short_under_load_and_nothing_in_it_is_lost() {
    let ground = Ground::embedded();
    ground.run(async |ground| {
        let (db, folder) = open(ground).await;
        write(&db, 100).await;
        // Half of what they wrote: the writer waits for who copies once there are four hundred.
        assert!(pages(folder) < 500, "{} pages", pages(folder));
        db.close().await;
        let db = ground.open(2).await;
        assert!(free(&db, &(1..=200).collect::<Vec<_>>()).await.iter().all(|holds| *holds == 10));
        ground.audit(&db).await;
        db.close().await;
    });
}

/// What changes whenever the log begins anew.
fn salt(folder: &Path) -> Vec<u8> {
    let log = std::fs::read(folder.join("assay.db-wal")).expect("there is a log");
    log.get(16..24).unwrap_or_default().to_vec()
}

#[test]
fn what_a_killed_server_left_in_the_log_is_copied_by_the_next() {
    let (killed, after) = (Ground::embedded(), Ground::embedded());
    killed.run(async |ground| {
        let (db, folder) = open(ground).await;
        write(&db, 3).await;
        let Place::Folder(left) = &after.place else { panic!("an embedded database has a folder") };
        std::fs::create_dir_all(left).expect("a folder");
        for file in ["assay.db", "assay.db-wal"] {
            std::fs::copy(folder.join(file), left.join(file)).expect("it is there while the server is");
        }
        db.close().await;
    });
    after.run(async |ground| {
        let db = ground.open(2).await;
        let Place::Folder(folder) = &ground.place else { panic!("an embedded database has a folder") };
        let (long, before) = (pages(folder), salt(folder));
        assert!(long > 30, "{long} pages");
        db.catch_up().await;
        // It is copied beside these; left alone, it would not be for twice as many.
        let mut groups = 0;
        while salt(folder) == before {
            write(&db, 1).await;
            groups += 1;
            assert!(groups < 100, "the log begins anew");
        }
        ground.audit(&db).await;
        db.close().await;
    });
}

#[test]
fn a_reader_of_an_old_state_makes_the_log_longer_only_as_long_as_it_reads() {
    let ground = Ground::embedded();
    ground.run(async |ground| {
        let (db, folder) = open(ground).await;
        write(&db, 10).await;
        sqlx::any::install_default_drivers();
        let url = format!("sqlite://{}?mode=ro", folder.join("assay.db").display());
        let mut reader = AnyConnection::connect(&url).await.expect("it can be read");
        reader.execute("begin; select count(*) from cells").await.expect("it is read");
        write(&db, 40).await;
        reader.execute("commit").await.expect("it was read");
        reader.close().await.expect("it is closed");
        // What could not be begun anew stays as long as it got, and gets no longer.
        let before = pages(folder);
        write(&db, 100).await;
        assert!(pages(folder) < before + 350, "{} pages after {before}", pages(folder));
        ground.audit(&db).await;
        db.close().await;
    });
}
