//! Pages stay small whatever others wrote, and what they leave out is a download or a link
//! away; the desk has everything that waits, the oldest first.

use serde_json::{Value, json};

use crate::browsing::{Browser, Page};
use crate::console_wallet::sends;
use crate::house::{Actor, House, each_house};
use crate::packages::{errand, posts_errand, submits, text};
use crate::story::{GOOD, tea};

/// A page has fewer bytes than this in every state.
const PAGE_BYTES_MAX: usize = 50_000;

/// What takes most of a page: each of its letters is written as five.
const HEAVY: &str = "<&\"'>";

fn heavy(letters: usize) -> String {
    HEAVY.repeat(letters / HEAVY.len())
}

#[track_caller]
fn is_small(page: &Page, of: &str) {
    assert!(page.html.len() < PAGE_BYTES_MAX, "{of} has {} bytes", page.html.len());
}

/// A link of the page that has this in it.
#[track_caller]
fn link(page: &Page, part: &str) -> String {
    let found = page.attributes("href").into_iter().find(|link| link.contains(part));
    found.unwrap_or_else(|| panic!("no link with {part}: {:?}", page.attributes("href")))
}

/// A task on which everybody wrote as much as they may, and its delivery.
async fn heavy_task(house: &House) -> (Actor, Actor, String, String) {
    let alice = house.rich_agent(&heavy(100), 500).await;
    let mut post = tea();
    post["title"] = heavy(200).into();
    post["description"] = heavy(60_000).into();
    let mut criteria = vec![json!("Friendly in tone")];
    criteria.extend((0..40).map(|number| json!(format!("Kind to reader {number} {}", heavy(900)))));
    post["acceptance_criteria"] = criteria.into();
    post["checks"] = (0..100).map(|_| json!({ "kind": "not-contains", "value": heavy(900) })).collect();
    let task = alice.posts(&post).await;
    let mut workers = Vec::new();
    for _ in 0..12 {
        let worker = house.agent(&heavy(100)).await;
        let bid = json!({ "proposedPrice": "45", "coverLetter": heavy(60_000) });
        let bid = worker.post(&format!("/v1/tasks/{task}/bids"), &bid).await.good();
        workers.push((worker, text(&bid["data"]["id"])));
    }
    let (bob, bid) = workers.swap_remove(11);
    (alice, bob, task, bid)
}

#[test]
fn a_page_is_small_whatever_is_on_it() {
    each_house(async |house| {
        let (alice, bob, task, bid) = heavy_task(house).await;
        let page = format!("/tasks/{task}");
        let shown = Browser::of(&alice).goes(&page).await.good();
        is_small(&shown, "a task with its bids");
        let next = Browser::of(&alice).goes(&link(&shown, "?bids=")).await.good();
        is_small(&next, "more of its bids");
        is_small(&Browser::of(&alice).goes("/tasks").await.good(), "a list of tasks");
        alice.accepts_bid(&bid).await;
        let work = format!("{GOOD}\n\n{}", heavy(1_000_000));
        let package = json!({ "content": work, "summary": heavy(60_000) });
        let delivered = bob.post(&format!("/v1/tasks/{task}/deliver"), &package).await.good();
        let delivery = text(&delivered["data"]["id"]);
        for number in 0..40 {
            let said = json!({ "message": format!("note {number} {}", heavy(3_900)) });
            alice.post(&format!("/api/v1/agent/tasks/{task}/thread"), &said).await.good();
        }
        for (actor, place) in
            [(&alice, page.as_str()), (&bob, page.as_str()), (&alice, "/desk"), (&bob, "/tasks?show=doing")]
        {
            is_small(&Browser::of(actor).goes(place).await.good(), place);
        }

        // What was left out is a download, byte for byte, for those who see the page.
        let shown = Browser::of(&alice).goes(&page).await.good();
        let place = link(&shown, "/work");
        assert_eq!(place, format!("{page}/deliveries/{delivery}/work"));
        let report = link(&shown, "/report");
        let whole = link(&shown, "/whole");
        let long = heavy(60_000);
        for (path, part) in [(&place, &work), (&report, &long), (&whole, &long)] {
            for actor in [&alice, &bob, &house.operator()] {
                let file = Browser::of(actor).goes(path).await.good();
                assert!(file.html.contains(part.as_str()), "{path}");
                assert_eq!(file.header("content-type"), "text/plain; charset=utf-8");
                assert_eq!(file.header("content-security-policy"), "sandbox; default-src 'none'");
                assert_eq!(file.header("x-content-type-options"), "nosniff");
                assert!(file.header("content-disposition").starts_with("attachment; filename=\""));
            }
            let nobody = Browser::of(&house.nobody()).goes(path).await;
            assert!(nobody.place.starts_with("/sign-in?next="), "{path}: {}", nobody.status);
        }
        let stranger = Browser::of(&house.agent("eve").await);
        for path in [&place, &report] {
            assert_eq!(stranger.goes(path).await.status, 404, "{path}");
        }
        let other = alice.posts(&tea()).await;
        let of_another = format!("/tasks/{other}/deliveries/{delivery}/work");
        assert_eq!(Browser::of(&alice).goes(&of_another).await.status, 404);
        assert_eq!(Browser::of(&alice).goes(&place.replace("/work", "/anything")).await.status, 404);
        assert_eq!(Browser::of(&alice).goes(&place).await.html, work);

        let reason = json!({ "reason": heavy(4_000) });
        let opened = alice.post(&format!("/api/v1/tasks/{task}/dispute"), &reason).await.good();
        let dispute = format!("/house/disputes/{}", text(&opened["dispute_id"]));
        for actor in [&alice, &house.operator()] {
            is_small(&Browser::of(actor).goes(&dispute).await.good(), "a dispute");
        }
    });
}

#[test]
fn a_thread_shows_its_latest_and_leads_to_the_rest() {
    each_house(async |house| {
        let (alice, bob, task) = crate::story::claimed(house, &tea()).await;
        for number in 0..70 {
            let said = json!({ "message": format!("note number {number:02}") });
            alice.post(&format!("/api/v1/agent/tasks/{task}/thread"), &said).await.good();
        }
        let opened =
            bob.post(&format!("/api/v1/tasks/{task}/dispute"), &json!({ "reason": "late" })).await.good();
        let dispute = format!("/house/disputes/{}", text(&opened["dispute_id"]));
        for (actor, place) in [(bob, format!("/tasks/{task}")), (house.operator(), dispute)] {
            let (browser, mut seen) = (Browser::of(&actor), Vec::new());
            let mut page = browser.goes(&place).await.good();
            page.says("note number 69");
            loop {
                let read = page.text();
                let notes = read.split("note number ").skip(1).filter_map(|rest| rest.get(..2));
                let notes: Vec<String> = notes.map(str::to_owned).collect();
                assert!(notes.is_sorted() && notes.len() >= 10, "{notes:?}");
                seen.splice(0..0, notes);
                is_small(&page, &place);
                let Some(earlier) =
                    page.attributes("href").into_iter().find(|link| link.contains("?thread="))
                else {
                    break;
                };
                page = browser.goes(earlier.split('#').next().unwrap_or_default()).await.good();
            }
            let all: Vec<String> = (0..70).map(|number| format!("{number:02}")).collect();
            assert_eq!(seen, all, "{place}");
        }
    });
}

#[test]
fn the_desk_has_all_that_waits_the_oldest_first() {
    each_house(async |house| {
        let alice = house.agent("alice").await;
        let mut many = errand(100);
        many["mode"] = json!("open_submission");
        let task = posts_errand(&alice, &many).await;
        for name in ["bob", "carol", "dave"] {
            submits(&house.agent(name).await, &task).await;
        }
        let browser = Browser::of(&alice);
        let desk = browser.goes("/desk").await.good();
        desk.says("Review desk 3");
        let read = desk.text();
        let place = |name: &str| read.find(&format!("by {name}")).unwrap_or_else(|| panic!("{name}: {read}"));
        assert!(place("bob") < place("carol") && place("carol") < place("dave"), "{read}");
        desk.says("the first that passed is paid in");
        assert!(!read.contains("Ask for a revision"), "one of many is chosen or not");
        let id =
            desk.attributes("id").into_iter().find_map(|id| id.strip_prefix("delivery-").map(str::to_owned));
        let id = id.expect("a delivery");
        let (form, to) = (format!("review-{id}"), format!("/desk/deliveries/{id}"));
        let paid = sends(&browser, "/desk", &form, &to, &[("status", "accepted")]).await;
        assert_eq!(paid.place, "/desk?done=review-accepted", "{}", paid.text());
        browser.goes("/desk").await.good().says("Nothing waits for you.");
        assert_eq!(alice.task_status(&task).await, "paid");
    });
}

/// An agent of a person whose posts all wait for that person.
async fn held(house: &House, ada: &Actor) -> Actor {
    let made = ada.post("/v1/agents", &json!({ "name": "poster" })).await.good();
    let field = |name: &str| text(&made["data"][name]);
    let bot = Actor { id: field("id"), key: field("apiKey"), ..house.nobody() };
    bot.deposits(500).await;
    let line = json!({ "enabled": true, "guardrails": { "require_human_approval_above": 1 } });
    bot.post("/api/bots/me/commissioning", &line).await.good();
    bot
}

#[test]
fn posts_that_wait_are_decided_from_the_oldest() {
    each_house(async |house| {
        let ada = crate::packages::person(house, "ada").await;
        let bot = held(house, &ada).await;
        let mut post: Value = tea();
        post["budget"] = json!(5);
        for number in 0..23 {
            post["title"] = json!(format!("Guide number {number:02}"));
            bot.post("/api/tasks", &post).await.good();
        }
        let browser = Browser::of(&ada);
        let mut page = browser.goes("/desk").await.good();
        page.says("Review desk 23");
        page.says("Guide number 00");
        let mut seen = Vec::new();
        loop {
            let read = page.text();
            let titles = read.split("Guide number ").skip(1).filter_map(|rest| rest.get(..2));
            seen.extend(titles.map(str::to_owned));
            is_small(&page, "/desk");
            let Some(next) = page.attributes("href").into_iter().find(|link| link.contains("?posts=")) else {
                break;
            };
            page = browser.goes(&next).await.good();
        }
        let all: Vec<String> = (0..23).map(|number| format!("{number:02}")).collect();
        assert_eq!(seen, all);
        assert_eq!(Browser::of(&bot).goes("/desk").await.good().html.matches("Approve").count(), 0);
    });
}
