//! The console, as people meet it in a browser.

use fantoccini::Locator;
use fantoccini::key::Key;
use serde_json::{Value, json};

use crate::browser::{Browser, PASSWORD, in_a_browser, person};
use crate::house::{ADMIN_KEY, Actor, House};
use crate::story::{GOOD, WITHOUT_LEAVES, tea};

/// Texts that a page must show and never obey: as many as one page has room for.
const PAYLOADS: &[&str] = crate::payloads::PAYLOADS.split_at(10).0;

/// A task of tea of which a person has the last word.
fn tea_for_a_person() -> Value {
    let mut post = tea();
    post["acceptance_criteria"] = json!(["30 to 120 words", "Must mention \"leaves\"", "Friendly in tone"]);
    post
}

async fn rich_person(house: &House, name: &str) -> Actor {
    let person = person(house, name).await;
    person.deposits(500).await;
    person
}

#[test]
fn people_sign_up_out_and_in_again() {
    in_a_browser(async |house, browser| {
        browser.go("/tasks").await;
        assert_eq!(browser.place().await, "/sign-in?next=%2Ftasks");
        browser.press("Make an account").await;
        browser.fill("Name", "Ada").await;
        browser.fill("E-mail", "ada").await;
        browser.fill("Password", PASSWORD).await;
        browser.press("Make the account").await;
        browser.sees("must be an address such as ada@example.org").await;
        assert_eq!(browser.typed("Name").await, "Ada", "what was typed stays");
        assert_eq!(browser.ask("return document.activeElement.name").await, "email");
        browser.fill("E-mail", "ada@example.org").await;
        browser.fill("Password", "short").await;
        browser.press("Make the account").await;
        browser.sees("must be 10 to 1000 characters, not 5").await;
        browser.fill("Password", PASSWORD).await;
        browser.press("Make the account").await;
        browser.sees("Welcome.").await;

        let cookie = browser.driver.get_named_cookie("assay_session").await.expect("a session");
        assert_eq!((cookie.http_only(), cookie.path()), (Some(true), Some("/")));
        assert_eq!(browser.ask("return document.cookie").await, "");
        browser.press("Sign out").await;
        browser.sees("Work for agents").await;
        browser.go("/account").await;
        browser.fill("E-mail", "ADA@example.org").await;
        browser.fill("Password", "not the password").await;
        browser.press("Sign in").await;
        browser.sees("wrong e-mail or password").await;
        browser.fill("Password", PASSWORD).await;
        browser.press("Sign in").await;
        browser.sees("ada@example.org").await;
        assert_eq!(browser.place().await, "/account", "back to where they wanted to go");

        let elsewhere = Browser::open(house).await;
        elsewhere.sign_in("ada@example.org").await;
        browser.fill("Password now", PASSWORD).await;
        browser.fill("New password", "another long password").await;
        browser.press("Change the password").await;
        browser.sees("every other session has ended").await;
        elsewhere.go("/account").await;
        assert!(elsewhere.place().await.starts_with("/sign-in"), "that session has ended");
        elsewhere.close().await;
        browser.press("Sign out everywhere").await;
        browser.find("#sign-in").await;
        browser.go("/account").await;
        assert!(browser.place().await.starts_with("/sign-in"));
    });
}

#[test]
fn a_bid_is_accepted_a_draft_is_tried_and_the_desk_pays_by_one_key() {
    in_a_browser(async |house, browser| {
        let ada = rich_person(house, "Ada").await;
        person(house, "Bob").await;
        let task = ada.posts(&tea_for_a_person()).await;
        let page = format!("/tasks/{task}");

        let bobs = Browser::open(house).await;
        bobs.sign_in("bob@example.org").await;
        bobs.sees("Explain how to brew green tea").await;
        bobs.press("Explain how to brew green tea").await;
        bobs.sees("$48.60 is held in escrow").await;
        bobs.fill("Your price", "45.001").await;
        bobs.press("Bid").await;
        bobs.sees("at most 2 decimals").await;
        assert_eq!(bobs.typed("Your price").await, "45.001");
        bobs.fill("Your price", "40").await;
        bobs.fill("Why you", "I brew daily.").await;
        bobs.press("Bid").await;
        bobs.sees("Your bid is in.").await;

        browser.sign_in("ada@example.org").await;
        browser.go(&page).await;
        browser.sees("I brew daily.").await;
        browser.press("Accept $40.00").await;
        browser.sees("The bid is accepted.").await;
        assert_eq!(ada.money().await, "456.8 available, 40.0 reserved, 496.8 total");

        bobs.go(&page).await;
        bobs.fill("The work", WITHOUT_LEAVES).await;
        bobs.press("Try it first").await;
        bobs.sees("What the judges say of the draft").await;
        bobs.sees("“leaves” not found").await;
        assert_eq!(bobs.typed("The work").await, WITHOUT_LEAVES, "the draft stays in the form");
        bobs.fill("The work", GOOD).await;
        bobs.press("Deliver").await;
        bobs.sees("Its poster has the next word").await;
        bobs.close().await;

        browser.go("/desk").await;
        browser.sees("silence accepts it in").await;
        assert_eq!(browser.find(".count").await.text().await.ok().as_deref(), Some("1"));
        let notes = browser.find("textarea[name=review_notes]").await;
        notes.send_keys("a fine guide").await.expect("keys");
        assert!(browser.place().await.starts_with("/desk"), "while somebody types, keys are letters");
        let desk = browser.find("article.item").await;
        browser.ask("document.querySelector('article.item').focus()").await;
        browser.find("body[data-keys=act]").await;
        desk.send_keys("a").await.expect("a key");
        browser.sees("Accepted: the worker is paid.").await;
        browser.sees("Nothing waits for you").await;

        browser.go(&page).await;
        browser.sees("a fine guide").await;
        browser.press("Receipts").await;
        browser.press("see and replay").await;
        browser.press("Replay it here").await;
        browser.sees("Replay: match").await;
        browser.sees("bit for bit").await;
        browser.go("/").await;
        browser.sees("Replayed here, same result").await;
    });
}

#[test]
fn a_key_that_is_held_down_pays_nothing_that_was_not_read() {
    in_a_browser(async |house, browser| {
        let ada = rich_person(house, "Ada").await;
        let bob = house.agent("bob").await;
        for _ in 0..2 {
            let task = ada.posts(&tea_for_a_person()).await;
            ada.accepts_bid(&bob.bids(&task, "45").await).await;
            bob.delivers(&task, GOOD).await.good();
        }
        browser.sign_in("ada@example.org").await;
        browser.go("/desk").await;
        browser.find("body[data-keys=act]").await;
        // Counts what would be sent, and sends nothing.
        let pressed = "const [keys, repeat] = arguments[0];
            let sent = 0;
            const count = (event) => { event.preventDefault(); sent += 1; };
            addEventListener('submit', count, true);
            document.body.dataset.keys = keys;
            const item = document.querySelector('article.item');
            item.dispatchEvent(new KeyboardEvent('keydown', { key: 'a', repeat, bubbles: true, cancelable: true }));
            removeEventListener('submit', count, true);
            return sent;";
        for (keys, repeat, sent) in [("act", true, 0), ("wait", false, 0), ("act", false, 1)] {
            let asked = browser.driver.execute(pressed, vec![json!([keys, repeat])]).await;
            assert_eq!(asked.expect("the script runs"), json!(sent), "{keys} {repeat}");
        }
        // A page that just came presses no button, whoever holds the key.
        let paid = "return document.querySelectorAll('article.item').length";
        assert_eq!(browser.ask(paid).await, 2);
        browser.ask("document.querySelector('article.item').focus()").await;
        let item = browser.find("article.item").await;
        item.send_keys("a").await.expect("a key");
        browser.sees("Accepted: the worker is paid.").await;
        assert_eq!(browser.ask(paid).await, 1);
    });
}

#[test]
fn a_form_that_is_stale_or_sent_twice_says_so_and_does_it_once() {
    in_a_browser(async |house, browser| {
        let ada = rich_person(house, "Ada").await;
        let bob = house.agent("bob").await;
        let carol = house.agent("carol").await;
        let task = ada.posts(&tea()).await;
        let (bid, other) = (bob.bids(&task, "40").await, carol.bids(&task, "41").await);
        browser.sign_in("ada@example.org").await;
        browser.go(&format!("/tasks/{task}")).await;
        // Meanwhile she accepts another one from elsewhere.
        ada.accepts_bid(&other).await;
        browser.press("Accept $40.00").await;
        let told = browser.find(".refusal").await.text().await.expect("a text");
        assert!(told.contains("rejected") || told.contains("claimed"), "{told}");
        assert_eq!(ada.money().await, "455.72 available, 41.0 reserved, 496.72 total", "{bid}");

        // The same showing of a form, sent twice, as a double click does without scripts.
        let twice = "const form = document.querySelector('form[action$=\"/say\"]');
            form.querySelector('textarea').value = 'Once, please.';
            const body = new URLSearchParams(new FormData(form));
            const send = () => fetch(form.action, { method: 'POST', body }).then(r => r.url);
            const done = arguments[arguments.length - 1];
            send().then(first => send().then(second => done([first, second])));";
        let urls = browser.ask_later(twice).await;
        assert_eq!(urls[0], urls[1]);
        let thread = ada.get(&format!("/api/v1/agent/tasks/{task}/thread")).await;
        let said = thread.body.to_string().matches("Once, please.").count();
        browser.go(&format!("/tasks/{task}")).await;
        let shown = browser.text().await.matches("Once, please.").count();
        assert_eq!(shown, 1, "{said} over the API");
    });
}

#[test]
fn the_operator_runs_the_verdicts_again_and_decides_a_dispute() {
    in_a_browser(async |house, browser| {
        let ada = rich_person(house, "Ada").await;
        let bob = house.agent("bob").await;
        let task = ada.posts(&tea_for_a_person()).await;
        ada.accepts_bid(&bob.bids(&task, "45").await).await;
        bob.delivers(&task, GOOD).await.good();
        browser.sign_in("ada@example.org").await;
        browser.go(&format!("/tasks/{task}")).await;
        browser.press("Dispute").await;
        browser.press("Open a dispute").await;
        browser.sees("is missing: a text is needed").await;
        browser.fill("What is wrong", "It is about another tea.").await;
        browser.press("Open a dispute").await;
        browser.sees("nothing moves until the operator decides").await;
        browser.go("/house").await;
        browser.sees("this key lacks the scope admin").await;

        let house_window = Browser::open(house).await;
        house_window.sign_in_with(ADMIN_KEY).await;
        house_window.go("/house").await;
        house_window.press("Explain how to brew green tea").await;
        house_window.sees("It is about another tea.").await;
        house_window.press("Run them again").await;
        house_window.sees("bit for bit").await;
        house_window.fill("Worker's share, if split", "2").await;
        house_window.find("select").await.select_by_value("split").await.expect("a choice");
        house_window.press("Decide, and move the money").await;
        house_window.sees("must be a fraction from 0 to 1").await;
        house_window.fill("Worker's share, if split", "0.5").await;
        house_window.press("Decide, and move the money").await;
        house_window.sees("The dispute is resolved").await;
        house_window.sees("No dispute is open.").await;
        house_window.close().await;
        assert_eq!(ada.task_status(&task).await, "resolved");
    });
}

#[test]
fn what_strangers_write_is_shown_as_they_wrote_it() {
    in_a_browser(async |house, browser| {
        let all = PAYLOADS.join("\n");
        let ada = rich_person(house, "Ada").await;
        let bob = house.agent(PAYLOADS[0]).await;
        let mut post = tea_for_a_person();
        post["title"] = PAYLOADS.concat().chars().take(200).collect::<String>().into();
        post["description"] = all.clone().into();
        post["category"] = PAYLOADS[1].into();
        post["acceptance_criteria"] = json!(PAYLOADS);
        post["checks"] = json!([{ "kind": "not-contains", "value": PAYLOADS[3] }]);
        let task = ada.posts(&post).await;
        let bid = json!({ "proposedPrice": "45", "coverLetter": all });
        let bid = bob.post(&format!("/v1/tasks/{task}/bids"), &bid).await.good();
        ada.accepts_bid(bid["data"]["id"].as_str().unwrap_or_default()).await;
        let work = json!({ "content": all, "summary": PAYLOADS[4] });
        bob.post(&format!("/v1/tasks/{task}/deliver"), &work).await.good();

        browser.sign_in("ada@example.org").await;
        for page in ["/tasks?show=posted".to_owned(), format!("/tasks/{task}"), "/desk".into()] {
            browser.go(&page).await;
            let title = browser.driver.title().await.expect("a title");
            assert!(title.ends_with("· Assay") && title != "taken", "{page}: {title}");
            let strange = "return document.querySelectorAll(
                'main script, main iframe, main img, main svg, main a[href^=javascript]').length";
            assert_eq!(browser.ask(strange).await, 0, "{page}");
        }
        browser.go(&format!("/tasks/{task}")).await;
        let text = browser.text().await;
        for payload in PAYLOADS {
            assert!(text.contains(payload), "{payload} is not shown as typed:\n{text}");
        }
        // In a field that is refused, too.
        browser.go("/tasks?words=%22%3E%3Cscript%3Edocument.title%3D%27taken%27%3C%2Fscript%3E").await;
        assert_eq!(browser.driver.title().await.ok().as_deref(), Some("Tasks · Assay"));
    });
}

#[test]
fn a_keyboard_is_enough() {
    in_a_browser(async |house, browser| {
        rich_person(house, "Ada").await;
        let bob = rich_person(house, "Bob").await;
        bob.posts(&tea()).await;
        browser.go("/sign-in").await;
        // The link to the content comes first, and is seen when it has the focus.
        let press = async |keys: &str| {
            let at = browser.driver.active_element().await.expect("something has the focus");
            at.send_keys(keys).await.expect("it takes keys");
        };
        let tab = Key::Tab.to_string();
        press(&tab).await;
        assert_eq!(browser.ask("return document.activeElement.className").await, "skip");
        press(&Key::Enter.to_string()).await;
        assert_eq!(browser.ask("return document.activeElement.id").await, "main");
        press(&tab).await;
        press("ada@example.org").await;
        press(&tab).await;
        press(PASSWORD).await;
        press(&Key::Enter.to_string()).await;
        browser.sees("Explain how to brew green tea").await;
        let outlined = "document.activeElement.blur(); return true";
        browser.ask(outlined).await;
        // As far as the task's own link, and each stop can be seen.
        for _ in 0..40 {
            press(&tab).await;
            let seen = "const style = getComputedStyle(document.activeElement); return style.outlineStyle";
            assert_ne!(browser.ask(seen).await, "none", "the focus is not seen");
            let text = browser.ask("return document.activeElement.textContent").await;
            if text == "Explain how to brew green tea" {
                press(&Key::Enter.to_string()).await;
                browser.sees("$48.60 is held in escrow").await;
                return;
            }
        }
        panic!("the task was not reached by keys");
    });
}

#[test]
fn times_are_the_readers_own_with_utc_on_hover() {
    in_a_browser(async |house, browser| {
        let ada = rich_person(house, "Ada").await;
        let task = ada.posts(&tea()).await;
        browser.sign_in("ada@example.org").await;
        browser.go(&format!("/tasks/{task}")).await;
        browser.sees("held in escrow").await;
        browser.find("time[data-local]").await;
        let times = browser
            .ask(
                "const wanted = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
                return [...document.querySelectorAll('time')].map(time => time.title.endsWith(' UTC')
                    && time.textContent === wanted.format(new Date(time.dateTime)))",
            )
            .await;
        let times = times.as_array().expect("times").clone();
        assert!(times.len() >= 2 && times.iter().all(|time| *time == true), "{times:?}");
    });
}

#[test]
fn without_scripts_people_bid_choose_and_review_all_the_same() {
    in_a_browser(async |house, browser| {
        let ada = rich_person(house, "Ada").await;
        person(house, "Bob").await;
        let task = ada.posts(&tea_for_a_person()).await;
        browser.without_scripts().await;
        browser.sign_in("bob@example.org").await;
        browser.go(&format!("/tasks/{task}")).await;
        let local = browser.driver.find_all(Locator::Css("time[data-local]")).await.expect("an answer");
        assert!(local.is_empty(), "no script of the page runs");
        browser.fill("Your price", "41").await;
        browser.press("Bid").await;
        browser.sees("Your bid is in.").await;
        let adas = Browser::open(house).await;
        adas.without_scripts().await;
        adas.sign_in("ada@example.org").await;
        adas.go(&format!("/tasks/{task}")).await;
        adas.press("Accept $41.00").await;
        adas.sees("The bid is accepted.").await;
        browser.go(&format!("/tasks/{task}")).await;
        browser.fill("The work", GOOD).await;
        browser.press("Deliver").await;
        browser.sees("Its poster has the next word").await;
        adas.go("/desk").await;
        adas.press("Accept and pay").await;
        adas.sees("Accepted: the worker is paid.").await;
        adas.go("/post").await;
        adas.fill("Title", "Another guide").await;
        adas.fill("Budget", "10").await;
        adas.fill("Acceptance criteria", "At least 50 words").await;
        adas.press("Preview").await;
        adas.sees("decided by a machine").await;
        assert_eq!(adas.typed("Title").await, "Another guide");
        adas.close().await;
    });
}
