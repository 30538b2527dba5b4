//! Files of deliveries: brought by digest, handed to the judges, served to those they are
//! for and as nothing a browser would run, replayed offline.

use std::fs;

use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::commands::{command, text as lossy};
use crate::house::{Actor, House, Said, each_house};
use crate::packages::{belongs, person, text};
use crate::story::{GOOD, claimed, tea};

pub(crate) fn digest(bytes: &[u8]) -> String {
    assay_sandbox::Digest::of(bytes).hex()
}

pub(crate) async fn brings(actor: &Actor, sha256: &str, bytes: &[u8], media_type: &str) -> Said {
    let request = actor.request(Method::PUT, &format!("/v1/blobs/{sha256}"));
    actor.send(request.header("content-type", media_type).body(bytes.to_vec())).await
}

async fn fetches(actor: &Actor, method: Method, sha256: &str) -> Response {
    actor.request(method, &format!("/v1/blobs/{sha256}")).send().await.expect("an answer")
}

fn header(response: &Response, name: &str) -> String {
    response.headers().get(name).map(|value| value.to_str().expect("text").to_owned()).unwrap_or_default()
}

pub(crate) fn attachment(name: &str, media_type: &str, bytes: &[u8]) -> Value {
    json!({ "name": name, "mediaType": media_type, "sizeBytes": bytes.len(), "sha256": digest(bytes) })
}

pub(crate) async fn delivers(worker: &Actor, task: &str, attachments: &[Value]) -> Said {
    let package = json!({ "content": GOOD, "attachments": attachments });
    worker.post(&format!("/v1/tasks/{task}/deliver"), &package).await
}

#[test]
fn a_file_is_kept_once_under_the_digest_it_has() {
    each_house(async |house| {
        let (alice, bob) = (house.agent("alice").await, house.agent("bob").await);
        let bytes = b"two grams of leaves";
        let sha256 = digest(bytes);
        let first = brings(&alice, &sha256, bytes, "text/plain").await;
        assert_eq!(first.status, 201, "{}", first.body);
        assert_eq!(first.body["data"]["sizeBytes"], bytes.len());
        let again = brings(&alice, &sha256.to_uppercase(), bytes, "text/plain").await;
        assert_eq!((again.status, &again.body["data"]["id"]), (200, &json!(sha256)));
        assert_eq!(brings(&bob, &sha256, bytes, "text/plain").await.status, 201, "the same bytes of another");

        let table = [
            (sha256.clone(), b"others".to_vec(), "400 INVALID_FIELD"),
            ("abc".into(), bytes.to_vec(), "400 INVALID_FIELD"),
            ("z".repeat(64), bytes.to_vec(), "400 INVALID_FIELD"),
            (digest(&vec![0; 10 * 1024 * 1024 + 1]), vec![0; 10 * 1024 * 1024 + 1], "413 TOO_LARGE"),
        ];
        for (name, bytes, refusal) in table {
            assert_eq!(brings(&alice, &name, &bytes, "text/plain").await.refusal(), refusal);
        }
        let largest = vec![1; 10 * 1024 * 1024];
        brings(&alice, &digest(&largest), &largest, "application/zip").await.good();
        let nobody = house.nobody();
        assert_eq!(brings(&nobody, &sha256, bytes, "text/plain").await.status, 401);
    });
}

#[test]
fn a_day_has_room_for_so_many_bytes() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    runtime.block_on(async {
        let house = House::open(None, |settings| settings.limits.attachment_bytes_per_day_max = 100).await;
        let alice = house.agent("alice").await;
        for (bytes, status) in [([1; 60], 201), ([2; 60], 429), ([1; 60], 200)] {
            assert_eq!(brings(&alice, &digest(&bytes), &bytes, "text/plain").await.status, status);
        }
        house.wait(86_400).await;
        assert_eq!(brings(&alice, &digest(&[2; 60]), &[2; 60], "text/plain").await.status, 201);
        house.audit().await;
    });
}

#[test]
fn a_file_is_for_its_two_sides_and_no_browser_runs_it() {
    each_house(async |house| {
        let (alice, bob, task) = claimed(house, &tea()).await;
        let page = b"<script>alert(1)</script>";
        let sha256 = digest(page);
        brings(&bob, &sha256, page, "text/html").await.good();
        for actor in [&alice, &house.agent("mallory").await] {
            assert_eq!(fetches(actor, Method::GET, &sha256).await.status(), 404, "it is in no delivery");
        }
        let name = "тea \"guide\"\u{202e}.html";
        delivers(&bob, &task, &[attachment(name, "text/html", page)]).await.good();
        let (owner, mallory) = (person(house, "owner").await, house.agent("mallory").await);
        assert_eq!(fetches(&owner, Method::GET, &sha256).await.status(), 404);
        belongs(&alice, &owner).await;
        for actor in [&alice, &bob, &owner, &house.operator()] {
            let head = fetches(actor, Method::HEAD, &sha256).await;
            assert_eq!(
                (head.status().as_u16(), header(&head, "content-length")),
                (200, page.len().to_string())
            );
            let got = fetches(actor, Method::GET, &sha256).await;
            assert_eq!(header(&got, "content-type"), "application/octet-stream");
            assert_eq!(header(&got, "x-content-type-options"), "nosniff");
            assert_eq!(header(&got, "content-security-policy"), "sandbox; default-src 'none'");
            assert!(header(&got, "content-disposition").starts_with("attachment"), "{got:?}");
            assert_eq!(got.bytes().await.expect("a body").to_vec(), page);
        }
        let shown = header(&fetches(&alice, Method::GET, &sha256).await, "content-disposition");
        let wanted = "attachment; filename=\"_ea _guide__.html\"; \
                      filename*=UTF-8''%D1%82ea%20%22guide%22%E2%80%AE.html";
        assert_eq!(shown, wanted);
        assert_eq!(fetches(&mallory, Method::GET, &sha256).await.status(), 404);
        assert_eq!(fetches(&house.nobody(), Method::GET, &sha256).await.status(), 401);
        assert_eq!(fetches(&alice, Method::GET, "nothing").await.status(), 404);
    });
}

#[test]
fn naming_a_digest_gives_nobody_the_bytes_of_another() {
    each_house(async |house| {
        let (alice, bob, task) = claimed(house, &tea()).await;
        let secret = b"carol's own notes";
        let carol = house.agent("carol").await;
        brings(&carol, &digest(secret), secret, "text/plain").await.good();
        delivers(&bob, &task, &[attachment("notes.txt", "text/plain", secret)]).await.good();
        for actor in [&alice, &bob] {
            assert_eq!(fetches(actor, Method::GET, &digest(secret)).await.status(), 404);
        }
    });
}

#[test]
fn what_is_said_of_a_file_is_checked() {
    each_house(async |house| {
        let (alice, bob, task) = claimed(house, &tea()).await;
        let bytes = b"two grams";
        brings(&bob, &digest(bytes), bytes, "text/plain").await.good();
        let mut wrong = attachment("a.txt", "text/plain", bytes);
        wrong["sizeBytes"] = json!(5);
        let said = delivers(&bob, &task, &[wrong]).await;
        assert_eq!(said.refusal(), "400 INVALID_FIELD");
        assert_eq!(said.body["error"]["field"], "attachments[0].size_bytes");
        let mut elsewhere = attachment("a.txt", "text/plain", bytes);
        for (url, good) in
            [("http://example.com/a", false), ("javascript:1", false), ("https://example.com/a", true)]
        {
            elsewhere["url"] = json!(url);
            let said = delivers(&bob, &task, &[elsewhere.clone()]).await;
            assert_eq!(said.status == 200, good, "{url}: {}", said.body);
        }
        let kept = alice.get(&format!("/api/deliverables?task_id={task}")).await.good();
        assert_eq!(kept[0]["attachments"][0]["url"], "https://example.com/a");
    });
}

#[test]
fn judges_read_the_files_that_are_held_and_a_replay_reads_them_too() {
    each_house(async |house| {
        let mut post = tea();
        post["checks"] = json!([{ "kind": "file-type", "value": "image/png", "target": "*.png" }]);
        let picture = [b"\x89PNG\r\n\x1a\n".as_slice(), &vec![3; 150_000]].concat();
        let table = [
            (picture.clone(), true, "pass", "declared as"),
            (b"a picture of leaves".to_vec(), true, "fail", "but its bytes are not"),
            (picture.clone(), false, "undecided", "did not arrive"),
        ];
        for (bytes, held, status, evidence) in table {
            let (alice, bob, task) = claimed(house, &post).await;
            if held {
                brings(&bob, &digest(&bytes), &bytes, "image/png").await.good();
            }
            let delivered =
                delivers(&bob, &task, &[attachment("leaves.png", "image/png", &bytes)]).await.good();
            let findings = delivered["data"]["findings"].as_array().cloned().unwrap_or_default();
            let found = findings.iter().find(|one| one["kind"] == "file-type").expect("a finding");
            assert_eq!(found["status"], status, "{found}");
            assert!(text(&found["evidence"]).contains(evidence), "{found}");
            let receipts = delivered["data"]["receipts"].as_array().cloned().unwrap_or_default();
            let receipt = receipts.iter().find(|one| one["plugin"] == found["verifier"]).expect("a receipt");
            // Each replay compiles the judge anew.
            if status == "pass" {
                replays(house, &alice, &text(&receipt["receiptId"]), &bytes).await;
            }
        }
    });
}

async fn body(party: &Actor, path: &str) -> Vec<u8> {
    let response = party.request(Method::GET, path).send().await.expect("an answer");
    response.bytes().await.expect("a body").to_vec()
}

/// From the server alone, and offline with the files in a folder; not without them.
async fn replays(house: &House, party: &Actor, id: &str, held: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let saved = [("receipt.json", ""), ("input.json", "/input")];
    for (name, part) in saved {
        fs::write(path(name), body(party, &format!("/v1/receipts/{id}{part}")).await).expect("a file");
    }
    fs::create_dir(path("files")).expect("a folder");
    fs::write(path("files/any name"), held).expect("a file");

    let (receipt, input, files) = (path("receipt.json"), path("input.json"), path("files"));
    let online = command(&["replay", &receipt, "--server", &house.base_url, "--key", &party.key]);
    let key = house.app.host_key.public_hex();
    let offline = ["replay", &receipt, "--input", &input, "--public-key", &key];
    let with_files = command(&[&offline[..], &["--attachments", &files]].concat());
    let mut said = Vec::new();
    for mut replay in [online, with_files, command(&offline)] {
        // The server answers meanwhile.
        let done = tokio::task::spawn_blocking(move || replay.output().expect("the program starts"));
        let done = done.await.expect("it ends");
        said.push((done.status.code(), lossy(&done.stdout), lossy(&done.stderr)));
    }
    for (code, verdict, fault) in &said[..2] {
        assert_eq!(*code, Some(0), "{verdict}{fault}");
        assert!(verdict.starts_with("match: same verdict, same fuel"), "{verdict}");
    }
    assert_eq!(said[2].0, Some(1), "{}", said[2].1);
    assert!(said[2].2.contains("is not at hand"), "{}", said[2].2);
}

#[test]
fn a_file_that_was_only_named_pays_nothing() {
    each_house(async |house| {
        let bytes = b"%PDF-1.7 two grams of leaves";
        let report = attachment("report.pdf", "application/pdf", bytes);
        let checks = [
            json!({ "kind": "file-exists", "target": "*.pdf" }),
            json!({ "kind": "file-size", "target": "*.pdf", "min": 1 }),
            json!({ "kind": "file-type", "target": "*.pdf", "value": "application/pdf" }),
            json!({ "kind": "sha256", "target": "*.pdf", "value": digest(bytes) }),
        ];
        for check in checks {
            let mut post = tea();
            (post["acceptance_criteria"], post["checks"]) = (json!([]), json!([check]));
            let (_, bob, task) = claimed(house, &post).await;
            let named = delivers(&bob, &task, std::slice::from_ref(&report)).await.good();
            assert_eq!(named["data"]["status"], "in_review", "{named}");
            assert_eq!(named["data"]["findings"][0]["status"], "undecided", "{named}");
            assert_eq!(bob.money().await, "0.0 available, 0.0 reserved, 0.0 total");

            let (_, bob, task) = claimed(house, &post).await;
            brings(&bob, &digest(bytes), bytes, "application/pdf").await.good();
            let held = delivers(&bob, &task, std::slice::from_ref(&report)).await.good();
            assert_eq!(held["data"]["status"], "accepted", "{held}");
            assert_eq!(bob.money().await, "45.0 available, 0.0 reserved, 45.0 total");
        }
    });
}
