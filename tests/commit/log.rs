//! The embedded engine's log is copied into the database while groups are written.

use std::sync::Arc;

use assay_db::{Db, Money, Place, Settings};

use super::ground::{Ground, deposit, free, lane, together};

#[test]
fn the_log_stays_short_under_load_and_nothing_in_it_is_lost() {
    let ground = Ground::embedded();
    ground.run(async |ground| {
        let Place::Folder(folder) = &ground.place else { panic!("an embedded database has a folder") };
        let mut settings = Settings::new(ground.place.clone(), Money::Test);
        settings.limits.log_pages_max = 100;
        let clock = ground.clock.clone();
        let db = Db::open(settings, lane(1), Arc::new(move || clock.now())).await.expect("it opens");
        for round in 0..100 {
            let group = (1..=20).map(|party| deposit(20 * (round % 10) + party, 1)).collect();
            assert!(together(&db, group).await.iter().all(Result::is_ok));
        }
        // Every group writes ten pages or more, so that this is a third of what they wrote.
        let log = std::fs::metadata(folder.join("assay.db-wal")).expect("there is a log").len();
        assert!(log < 350 * 4_096, "{log} bytes");
        db.close().await;
        let db = ground.open(2).await;
        assert!(free(&db, &(1..=200).collect::<Vec<_>>()).await.iter().all(|holds| *holds == 10));
        ground.audit(&db).await;
        db.close().await;
    });
}
