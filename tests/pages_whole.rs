//! Whole stories in a browser: from signing up to the money, a page that is watched through
//! a lost connection, and protected fields that nobody but their readers ever sees.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use serde_json::json;

use crate::browser::{Browser, PASSWORD, in_a_browser, person, picture};
use crate::house::{Actor, House};
use crate::packages::errand;
use crate::protected::{AGENT, OPEN, runs};
use crate::story::{GOOD, WITHOUT_LEAVES, tea};

async fn signs_up(browser: &Browser, name: &str) {
    browser.go("/sign-up").await;
    browser.fill("Name", name).await;
    browser.fill("E-mail", &format!("{}@example.org", name.to_lowercase())).await;
    browser.fill("Password", PASSWORD).await;
    browser.press("Make the account").await;
    browser.sees("Welcome.").await;
}

async fn pays_in(browser: &Browser, dollars: &str) {
    browser.go("/wallet").await;
    browser.fill("Dollars", dollars).await;
    browser.press("Go on to pay").await;
    browser.press(&format!("Pay ${dollars}.00 of test money")).await;
    browser.sees("The payment came in.").await;
}

/// The task that the window shows.
async fn task_shown(browser: &Browser) -> String {
    let place = browser.place().await;
    let id = place.strip_prefix("/tasks/").and_then(|rest| rest.get(..36));
    id.unwrap_or_else(|| panic!("{place} is no task")).to_owned()
}

#[test]
fn from_sign_up_to_a_paid_task_with_two_people_and_an_agent() {
    in_a_browser(async |house, adas| {
        signs_up(adas, "Ada").await;
        pays_in(adas, "200").await;
        adas.go("/post").await;
        adas.fill("Title", "Explain how to brew green tea").await;
        adas.fill("Description", tea()["description"].as_str().unwrap_or_default()).await;
        adas.fill("Category", "writing").await;
        adas.fill("Budget", "45").await;
        adas.fill("Deadline", "24").await;
        adas.fill(
            "Acceptance criteria",
            "30 to 120 words\nMust mention \"leaves\"\nNo links\nFriendly in tone",
        )
        .await;
        // Said before anything moves, while it is typed.
        adas.sees("$48.60").await;
        adas.sees("$151.40").await;
        adas.sees("Judges decide 3 of 4").await;
        picture(adas, "post").await;
        adas.press("Post the task").await;
        adas.sees("Posted.").await;
        let task = task_shown(adas).await;
        adas.sees("$48.60 is held in escrow.").await;

        let agent = house.agent("carol's agent").await;
        agent.bids(&task, "44").await;
        let bobs = Browser::open(house).await;
        signs_up(&bobs, "Bob").await;
        bobs.go("/tasks?words=green").await;
        bobs.press("Explain how to brew green tea").await;
        bobs.fill("Your price", "40").await;
        bobs.press("Bid").await;
        bobs.sees("Your bid is in.").await;

        adas.go(&format!("/tasks/{task}")).await;
        adas.sees("carol's agent").await;
        adas.press("Accept $40.00").await;
        adas.sees("The bid is accepted.").await;
        bobs.go(&format!("/tasks/{task}")).await;
        bobs.fill("The work", WITHOUT_LEAVES).await;
        bobs.press("Deliver").await;
        bobs.sees("Its poster has the next word").await;

        adas.go("/desk").await;
        adas.sees("not found").await;
        picture(adas, "desk").await;
        adas.fill("Notes for the worker", "Please say how many leaves.").await;
        adas.press("Ask for a revision").await;
        adas.sees("Sent back for another round.").await;
        bobs.go(&format!("/tasks/{task}")).await;
        bobs.sees("Please say how many leaves.").await;
        bobs.fill("The work", GOOD).await;
        bobs.press("Deliver").await;
        bobs.sees("Its poster has the next word").await;
        adas.go(&format!("/tasks/{task}")).await;
        picture(adas, "task").await;
        adas.press("Accept and pay").await;
        adas.sees("Accepted: the worker is paid.").await;

        bobs.go("/wallet").await;
        bobs.sees("$40.00").await;
        adas.go("/wallet").await;
        adas.sees("$156.80").await;
        picture(adas, "wallet").await;
        bobs.close().await;
    });
}

#[test]
fn a_watched_page_goes_on_after_a_lost_connection() {
    in_a_browser(async |house, browser| {
        let ada = person(house, "Ada").await;
        ada.deposits(200).await;
        let bob = house.agent("bob").await;
        let task = ada.posts(&tea()).await;
        ada.accepts_bid(&bob.bids(&task, "45").await).await;
        let note = async |message: &str, done: u32| {
            let note = json!({
                "event": "step_completed",
                "message": message,
                "metadata": { "pagesProcessed": done, "totalPages": 40 },
            });
            bob.post(&format!("/v1/tasks/{task}/progress"), &note).await.good();
        };
        // The window reaches the server through a line that can be cut.
        let line = Line::to(house);
        let watching = Browser::open_at(&line.base_url).await;
        watching.sign_in("ada@example.org").await;
        watching.go(&format!("/tasks/{task}/watch")).await;
        watching.sees("Connected.").await;
        note("first page read", 10).await;
        watching.sees("first page read").await;
        assert_eq!(watching.ask("return document.getElementById('bar').value").await, 10);
        line.cut();
        watching.sees("Connection lost, trying again.").await;
        note("written while the line was cut", 20).await;
        line.mend();
        watching.sees("written while the line was cut").await;
        watching.sees("Connected.").await;
        let times = watching.text().await.matches("first page read").count();
        assert_eq!(times, 1, "what was told is not told again");
        for number in 0..100 {
            note(&format!("busy {number}"), 30).await;
        }
        watching.sees("busy 99").await;
        bob.delivers(&task, GOOD).await.good();
        watching.sees("in review").await;
        assert_eq!(watching.ask("return document.getElementById('bar').value").await, 30);
        watching.close().await;
        browser.go("/").await;
    });
}

#[test]
fn protected_fields_are_seen_by_their_readers_and_nobody_else() {
    const CLEAR: &str = "the-cellar-door-code-is-7719-oolong";
    in_a_browser(async |house, browser| {
        person(house, "Ada").await;
        let program = person(house, "Bob").await;
        let line = Line::to(house);
        let adas = Browser::open_at(&line.base_url).await;
        adas.sign_in("ada@example.org").await;
        let (ada, _) = makes_a_key(&adas).await;
        adas.go("/post").await;
        adas.fill("Title", "Water the plants in the cellar").await;
        adas.fill("Description", errand(200)["description"].as_str().unwrap_or("Twice.")).await;
        choose(&adas, "Currency", "CR").await;
        choose(&adas, "How it is given out", "claim").await;
        adas.fill("Budget", "100").await;
        adas.fill("Deadline", "24").await;
        adas.fill("Name of the field", "door").await;
        adas.fill("What only the worker may know", CLEAR).await;
        adas.press("Encrypt and add").await;
        adas.sees("encrypted").await;
        adas.press("Post the task").await;
        adas.sees("Posted.").await;
        let task = task_shown(&adas).await;

        let bobs = Browser::open_at(&line.base_url).await;
        bobs.sign_in("bob@example.org").await;
        let (bob, bobs_file) = makes_a_key(&bobs).await;
        bobs.go(&format!("/tasks/{task}")).await;
        bobs.press("Claim the task").await;
        bobs.sees("The task is yours.").await;
        bobs.go(&format!("/tasks/{task}/secrets")).await;
        bobs.press("Ask for access").await;
        bobs.sees("The poster of the task sees that you asked").await;
        adas.go(&format!("/tasks/{task}/secrets")).await;
        adas.press("Encrypt for Bob and grant").await;
        adas.sees("Granted").await;
        bobs.go(&format!("/tasks/{task}/secrets")).await;
        bobs.press("Open with my key").await;
        bobs.sees(CLEAR).await;
        adas.close().await;
        opens_elsewhere(&line.base_url, &task, &bobs_file, CLEAR).await;
        opens_in_a_program(&program, &task, &bobs_file, CLEAR).await;
        bobs.close().await;

        // What the browsers sent, and all that is kept, hold neither the text nor a key.
        let sent = line.sent();
        assert!(sent.len() > 10_000, "the line records what browsers send");
        let mut kept = Vec::new();
        for entry in std::fs::read_dir(&house.app.settings.data).expect("the data folder") {
            let file = entry.expect("an entry").path();
            if file.is_file() {
                kept.extend(std::fs::read(file).expect("a file"));
            }
        }
        assert!(find(&kept, task.as_bytes()), "the database is read");
        for secret in [CLEAR, &ada, &bob] {
            assert!(secret.len() > 30, "{secret}");
            assert!(!find(&sent, secret.as_bytes()), "a browser sent {secret}");
            assert!(!find(&kept, secret.as_bytes()), "the server kept {secret}");
        }
        browser.go("/").await;
    });
}

fn find(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

/// Makes a key in a browser and puts its public half into the profile; answers the private
/// half and the file that it is saved to.
async fn makes_a_key(browser: &Browser) -> (String, String) {
    browser.go("/account/encryption").await;
    browser.press("Make a key").await;
    browser.press("Use this browser's key in my profile").await;
    browser.sees("Others encrypt to this key for you").await;
    browser.find("#save:not([hidden])").await;
    browser.press("Save to a file").await;
    browser.sees("Saved as assay-key.json.").await;
    let file = browser.saved("assay-key.json").await;
    let keys: serde_json::Value = serde_json::from_str(&file).expect("JSON");
    (keys["keys"][0]["d"].as_str().expect("a private key").to_owned(), file)
}

/// On another computer Bob's key comes from the file that he saved.
async fn opens_elsewhere(base_url: &str, task: &str, keys: &str, clear: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("keys.json");
    std::fs::write(&file, keys).expect("a file");
    let another = Browser::open_at(base_url).await;
    another.sign_in("bob@example.org").await;
    another.go(&format!("/tasks/{task}/secrets")).await;
    another.press("Open with my key").await;
    another.sees("No key in this browser opens it.").await;
    another.go("/account/encryption").await;
    let bring = another.find("#bring").await;
    bring.send_keys(&file.display().to_string()).await.expect("a file is chosen");
    another.find("#save:not([hidden])").await;
    another.go(&format!("/tasks/{task}/secrets")).await;
    another.press("Open with my key").await;
    another.sees(clear).await;
    another.close().await;
}

/// A program of Bob's fetches what a browser granted, and opens it with the key that another
/// browser saved, by a library that is none of ours.
async fn opens_in_a_program(bob: &Actor, task: &str, keys: &str, clear: &str) {
    let Some(python) = &*AGENT else { return };
    let got = bob.get(&format!("/api/v1/agent/tasks/{task}/secret-bundle")).await.good();
    let keys: serde_json::Value = serde_json::from_str(keys).expect("JSON");
    let given = json!({ "private": keys["keys"][0], "bundle": got["bundle"]["door"] });
    assert_eq!(runs(python, OPEN, &given.to_string()), clear);
}

/// Chooses an option of a field by its value.
async fn choose(browser: &Browser, label: &str, value: &str) {
    let script = format!(
        "const label = [...document.querySelectorAll('label')].find(one => one.textContent.startsWith({label:?}));
        const field = document.getElementById(label.htmlFor);
        field.value = {value:?};
        field.dispatchEvent(new Event('input', {{ bubbles: true }}));
        field.dispatchEvent(new Event('change', {{ bubbles: true }}));
        return field.value;"
    );
    assert_eq!(browser.ask(&script).await, value, "{label}");
}

/// A line between browsers and the server that remembers what browsers send, and that can
/// be cut and mended.
struct Line {
    base_url: String,
    state: Arc<Mutex<LineState>>,
}

#[derive(Default)]
struct LineState {
    is_cut: bool,
    sent: Vec<u8>,
    open: Vec<TcpStream>,
}

impl Line {
    fn to(house: &House) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let base_url = format!("http://{}", listener.local_addr().expect("an address"));
        let server = house.base_url.trim_start_matches("http://").to_owned();
        let state: Arc<Mutex<LineState>> = Arc::default();
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for incoming in listener.incoming() {
                let Ok(browser) = incoming else { return };
                let mut line = shared.lock().unwrap_or_else(PoisonError::into_inner);
                if line.is_cut {
                    continue;
                }
                let Ok(server) = TcpStream::connect(&server) else { return };
                line.open.extend([browser.try_clone(), server.try_clone()].into_iter().flatten());
                let (Ok(from), Ok(to)) = (browser.try_clone(), server.try_clone()) else { continue };
                let records = Arc::clone(&shared);
                thread::spawn(move || carry(from, to, Some(&records)));
                thread::spawn(move || carry(server, browser, None));
            }
        });
        Self { base_url, state }
    }

    fn cut(&self) {
        let mut line = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        line.is_cut = true;
        for end in line.open.drain(..) {
            let _ = end.shutdown(Shutdown::Both);
        }
    }

    fn mend(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).is_cut = false;
    }

    fn sent(&self) -> Vec<u8> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).sent.clone()
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream, records: Option<&Mutex<LineState>>) {
    let mut buffer = [0; 16_384];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        if let Some(records) = records {
            records.lock().unwrap_or_else(PoisonError::into_inner).sent.extend(&buffer[..count]);
        }
        if to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}
