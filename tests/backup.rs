//! A copy made while the server works is a database as it was at one moment.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use assay_simulator::furniture::furnish;
use tempfile::TempDir;

use crate::commands::{assay, text};
use crate::process::{Asked, Became, Person, Server, audited};

#[test]
fn a_copy_made_under_load_is_whole_and_a_server_starts_on_it() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    let folder = TempDir::new().expect("a folder");
    let data = folder.path().join("data");
    runtime.block_on(furnish(&data));
    let server = Server::start(&data, None);
    runtime.block_on(async {
        let person = Arc::new(Person::arrive(&server.base_url, "alice").await);
        for n in 0..30 {
            assert_eq!(person.asks(&server.base_url, n).await, Became::Answered);
        }
        let before = person.asked.lock().expect("nobody panicked").clone();
        let receipt = folder.path().join("receipt.json");
        std::fs::write(&receipt, receipt_among(&before, &server.base_url).await).expect("written");
        let stop = Arc::new(AtomicBool::new(false));
        let asking = tokio::spawn({
            let (person, stop, base_url) = (Arc::clone(&person), Arc::clone(&stop), server.base_url.clone());
            async move {
                let mut n = 30;
                while !stop.load(Ordering::Relaxed) {
                    assert_eq!(person.asks(&base_url, n).await, Became::Answered);
                    n += 1;
                }
            }
        });
        let copies = folder.path().join("copies");
        std::fs::create_dir_all(&copies).expect("a folder");
        for round in 0..3 {
            let restored = copies.join(format!("restored {round}"));
            std::fs::create_dir_all(&restored).expect("a folder");
            let copy = copies.join(format!("copy {round}.db")).display().to_string();
            let shown = data.display().to_string();
            let making = tokio::task::spawn_blocking({
                let copy = copy.clone();
                move || assay(&["backup", &copy, "--data", &shown])
            });
            let made = making.await.expect("it ends");
            assert!(made.status.success(), "{}", text(&made.stderr));
            std::fs::copy(&copy, restored.join("assay.db")).expect("it is put in its place");
            audited(&restored, None);
        }
        stop.store(true, Ordering::Relaxed);
        asking.await.expect("nobody was refused");
        audited(&data, None);
        server.kill();
        // What was answered before the copy began is in it, word for word.
        let restored = Server::start(&copies.join("restored 0"), None);
        let after = std::mem::replace(&mut *person.asked.lock().expect("nobody panicked"), before);
        assert!(after.len() > 30, "the load went on while it was copied");
        person.repeats(&restored.base_url).await;
        // And a receipt that somebody kept is still this house's word, with what it judged.
        let (receipt, base_url) = (receipt.display().to_string(), restored.base_url.clone());
        let key = person.key.clone();
        let replayed = tokio::task::spawn_blocking(move || {
            assay(&["replay", &receipt, "--server", &base_url, "--key", &key])
        });
        let replayed = replayed.await.expect("it ends");
        let (told, fault) = (text(&replayed.stdout), text(&replayed.stderr));
        assert_eq!(told, "match: same verdict, same fuel\n", "{fault}");
    });
}

/// A verdict's receipt about something that was delivered, as the server shows it.
async fn receipt_among(asked: &[Asked], base_url: &str) -> String {
    let delivered = asked.iter().find(|one| one.path.ends_with("/deliver") && one.answer.is_some());
    let answer = delivered.and_then(|one| one.answer.clone()).expect("something was delivered");
    let lines = answer["data"]["receipts"].as_array().cloned().unwrap_or_default();
    let verdict = lines.iter().find(|line| line["world"] == "verifier").expect("a verdict");
    let id = verdict["receiptId"].as_str().expect("an id");
    let shown = crate::house::client().get(format!("{base_url}/v1/receipts/{id}")).send().await;
    shown.expect("an answer").text().await.expect("a receipt")
}

#[test]
fn a_copy_is_refused_where_it_would_overwrite_or_cannot_be_made() {
    let folder = TempDir::new().expect("a folder");
    let data = folder.path().join("data");
    assert_eq!(Server::start(&data, None).stop(), Some(0));
    let (data, there) = (data.display().to_string(), folder.path().join("there"));
    std::fs::write(&there, "mine").expect("a file");
    let there = there.display().to_string();
    let absent = folder.path().join("absent").display().to_string();
    let fresh = folder.path().join("fresh.db").display().to_string();
    let table: &[(&[&str], &str)] = &[
        (&["backup", &there, "--data", &data], "cannot be written"),
        (&["backup", "/nowhere/copy.db", "--data", &data], "/nowhere/copy.db"),
        (&["backup", &fresh, "--data", &absent], "assay.db"),
        (&["backup", &fresh, "--database", "postgres://postgres@127.0.0.1/assay"], "pg_dump"),
    ];
    for (arguments, said) in table {
        let refused = assay(arguments);
        assert_eq!(refused.status.code(), Some(1), "{arguments:?}");
        assert!(text(&refused.stderr).contains(said), "{arguments:?}: {}", text(&refused.stderr));
    }
    assert_eq!(std::fs::read_to_string(&there).expect("the file"), "mine");
    assert!(!std::path::Path::new(&fresh).exists());
}
