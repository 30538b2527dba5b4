//! Pages that move under their readers' hands: keys, lines that come by the hundred, and
//! times as they are elsewhere.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::browser::{Browser, PASSWORD, in_a_browser, person};
use crate::house::Actor;
use crate::people::actor;
use crate::story::{GOOD, tea};

const TAB: &str = "\u{e004}";
const ENTER: &str = "\u{e007}";

/// Lines in one moment.
const AT_ONCE: usize = 100;

/// What those who hear the page are told, from now on.
const LISTEN: &str = "
    const heard = document.getElementById('heard');
    window.announced = [];
    new MutationObserver(() => announced.push(heard.textContent)).observe(heard, { childList: true });";

/// What the page has once everything was announced.
const ARRIVED: &str = "
    const [most, done] = arguments;
    const told = () => announced.reduce((sum, said) => sum + (said.startsWith('One ') ? 1 : parseInt(said)), 0);
    const all = () => {
        if (told() < most) return setTimeout(all, 50);
        const list = document.getElementById('stream');
        const missing = [...Array(most).keys()].filter((n) => !list.textContent.includes(`busy ${n}.`));
        const older = !document.getElementById('older').hidden;
        done({ missing, lines: list.children.length, most: Number(list.dataset.most), announced, older });
    };
    all();";

async fn notes(worker: &Actor, task: &str, word: &str, done: usize) {
    let metadata = json!({ "pagesProcessed": done, "totalPages": AT_ONCE });
    let note =
        json!({ "event": "step_completed", "message": format!("{word} {done}."), "metadata": metadata });
    worker.post(&format!("/v1/tasks/{task}/progress"), &note).await.good();
}

#[test]
fn a_hundred_lines_in_a_moment_stay_readable_and_are_announced_together() {
    in_a_browser(async |house, browser| {
        let ada = person(house, "Ada").await;
        ada.deposits(200).await;
        let bob = house.agent("bob").await;
        let task = ada.posts(&tea()).await;
        ada.accepts_bid(&bob.bids(&task, "45").await).await;
        for number in 0..150 {
            notes(&bob, &task, "calm", number).await;
        }
        browser.sign_in("ada@example.org").await;
        browser.go(&format!("/tasks/{task}/watch")).await;
        browser.sees("Connected.").await;
        browser.ask(LISTEN).await;
        join_all((0..AT_ONCE).map(|number| notes(&bob, &task, "busy", number))).await;
        let given = vec![json!(AT_ONCE)];
        let came = browser.driver.execute_async(ARRIVED, given).await.expect("the script runs");
        assert_eq!(came["missing"], json!([]), "every line is there");
        assert_eq!(came["lines"], came["most"], "and no more than the page keeps");
        assert_eq!(came["older"], true, "which it says");
        let announced = came["announced"].as_array().expect("a list");
        // Once in five seconds; a hundred of them would drown what they say.
        assert!((1..=10).contains(&announced.len()), "{announced:#?}");
        for said in announced {
            let said = said.as_str().unwrap_or_default();
            assert!(said.contains("new line") && said.contains(". Step completed. busy "), "{said}");
        }
        assert!(browser.ask("return document.getElementById('bar').value").await.is_number());
    });
}

/// Waits until the page has been open for a moment, before which no key of the desk decides
/// anything.
async fn settled(browser: &Browser) {
    let wait = "const [done] = arguments;
        const look = () => (performance.now() > 1500 ? done() : requestAnimationFrame(look));
        look();";
    browser.ask_later(wait).await;
}

/// Posts that wait, in the order in which they came.
async fn handed_in(ada: &Actor, bob: &Actor, titles: &[&str]) -> Vec<String> {
    let mut tasks = Vec::new();
    for title in titles {
        let mut post = tea();
        post["title"] = json!(title);
        post["acceptance_criteria"] = json!(["A warm and inviting tone"]);
        let task = ada.posts(&post).await;
        ada.accepts_bid(&bob.bids(&task, "45").await).await;
        tasks.push(task);
    }
    for task in &tasks {
        bob.delivers(task, GOOD).await.good();
    }
    tasks
}

/// Where the focus is.
async fn focus(browser: &Browser) -> String {
    let heading = "return document.activeElement.querySelector?.('h3')?.textContent ?? 'nothing'";
    browser.ask(heading).await.as_str().unwrap_or_default().to_owned()
}

#[test]
fn the_desk_is_worked_through_by_keys_oldest_first() {
    in_a_browser(async |house, browser| {
        let ada = person(house, "Ada").await;
        ada.deposits(500).await;
        let bob = house.agent("bob").await;
        let made = ada.post("/v1/agents", &json!({ "name": "a bot" })).await.good();
        let bot = actor(&ada, &made["data"], "apiKey");
        bot.deposits(100).await;
        let line = json!({ "guardrails": { "require_human_approval_above": 10 } });
        bot.post("/api/bots/me/commissioning", &line).await.good();
        let asked = bot.post("/api/tasks", &tea()).await.good();
        let asked = asked["id"].as_str().unwrap_or_default().to_owned();
        let titles = ["the oldest", "the second", "the newest"];
        let tasks = handed_in(&ada, &bob, &titles).await;

        browser.sign_in("ada@example.org").await;
        browser.go("/desk").await;
        let order = "return [...document.querySelectorAll('article.item h3')].map((one) => one.textContent)";
        assert_eq!(browser.ask(order).await, json!(titles));
        assert_eq!(focus(browser).await, "Explain how to brew green tea");
        settled(browser).await;
        browser.presses("a").await;
        browser.sees("Approved: the task is open.").await;
        assert_eq!(bot.task_status(&asked).await, "open");

        for (key, place) in [("j", 1), ("j", 2), ("j", 2), ("k", 1), ("k", 0), ("k", 0), ("j", 1)] {
            browser.presses(key).await;
            assert_eq!(focus(browser).await, titles[place], "{key}");
            assert!(is_seen(browser).await, "{key} goes where nobody sees it");
        }
        settled(browser).await;
        browser.presses("v").await;
        browser.sees("Sent back for another round.").await;
        assert_eq!(ada.task_status(&tasks[1]).await, "revision_requested");
        assert_eq!(focus(browser).await, titles[0], "the oldest comes first again");
        settled(browser).await;
        browser.presses("x").await;
        browser.sees("Rejected").await;
        assert_eq!(ada.task_status(&tasks[0]).await, "rejected");
        settled(browser).await;
        browser.presses("a").await;
        browser.sees("Accepted: the worker is paid.").await;
        assert_eq!(ada.task_status(&tasks[2]).await, "paid");
        browser.sees("Nothing waits for you").await;
    });
}

/// Whether whoever only looks sees where the focus is.
async fn is_seen(browser: &Browser) -> bool {
    let seen = "const style = getComputedStyle(document.activeElement);
        return (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== 'none'";
    browser.ask(seen).await == true
}

/// Goes on by the tabulator to what is called so; every stop on the way is seen.
async fn tabs_to(browser: &Browser, name: &str) {
    let named = "const at = document.activeElement;
        return (at.labels?.[0] ?? at).textContent.trim()";
    let mut stops = Vec::new();
    for _ in 0..120 {
        browser.presses(TAB).await;
        let stop = browser.ask(named).await.as_str().unwrap_or_default().to_owned();
        assert!(is_seen(browser).await, "the focus is not seen on {stop:?}, after {stops:?}");
        if stop.starts_with(name) {
            return;
        }
        stops.push(stop);
    }
    panic!("{name} is not reached by keys: {stops:?}");
}

#[test]
fn a_task_is_posted_and_paid_by_keys_alone() {
    in_a_browser(async |house, browser| {
        let ada = person(house, "Ada").await;
        ada.deposits(200).await;
        let bob = house.agent("bob").await;
        let fills = async |label: &str, text: &str| {
            tabs_to(browser, label).await;
            browser.presses(text).await;
        };
        let activates = async |name: &str| {
            tabs_to(browser, name).await;
            browser.presses(ENTER).await;
        };
        browser.go("/sign-in").await;
        fills("E-mail", "ada@example.org").await;
        fills("Password", PASSWORD).await;
        browser.presses(ENTER).await;
        browser.find("#sign-out").await;

        activates("Post").await;
        browser.find("form#post").await;
        fills("Title", "Explain how to brew green tea").await;
        fills("Description", "Water, temperature, time and leaves.").await;
        fills("Budget", "45").await;
        fills("Acceptance criteria", &format!("30 to 120 words{ENTER}A warm and inviting tone")).await;
        activates("Post the task").await;
        browser.sees("Posted.").await;
        let place = browser.place().await;
        let task = place.strip_prefix("/tasks/").and_then(|rest| rest.get(..36)).expect("a task");

        bob.bids(task, "40").await;
        browser.go(&format!("/tasks/{task}")).await;
        activates("Accept $40.00").await;
        browser.sees("The bid is accepted.").await;
        bob.delivers(task, GOOD).await.good();
        activates("Review desk").await;
        browser.find("article.item").await;
        activates("Accept and pay").await;
        browser.sees("Accepted: the worker is paid.").await;
        assert_eq!(ada.task_status(task).await, "paid");
    });
}

#[test]
fn times_are_those_of_the_readers_zone_wherever_that_is() {
    in_a_browser(async |house, browser| {
        let ada = person(house, "Ada").await;
        ada.deposits(200).await;
        let task = ada.posts(&tea()).await;
        browser.sign_in("ada@example.org").await;
        for zone in ["Asia/Kathmandu", "America/St_Johns", "UTC"] {
            browser.in_time_zone(zone).await;
            browser.go(&format!("/tasks/{task}")).await;
            browser.find("time[data-local]").await;
            let told = "const [timeZone] = arguments;
                const style = { dateStyle: 'medium', timeStyle: 'short' };
                const there = new Intl.DateTimeFormat(undefined, { ...style, timeZone });
                return [...document.querySelectorAll('time')].map((time) => [
                    time.textContent, there.format(new Date(time.dateTime)),
                    time.title, time.dateTime.slice(0, 10) + ' ' + time.dateTime.slice(11, 16) + ' UTC']);";
            let times = browser.driver.execute(told, vec![json!(zone)]).await.expect("the script runs");
            let times: Vec<[String; 4]> = serde_json::from_value(times).expect("a list");
            assert!(times.len() >= 2, "{times:?}");
            for [shown, there, title, utc] in &times {
                assert_eq!((shown, title), (there, utc), "{zone}");
            }
        }
        let offset: Value = browser.ask("return new Date().getTimezoneOffset()").await;
        assert_eq!(offset, 0, "the last zone is UTC");
    });
}
