//! A house that is full: whatever a page lists, there is more of it than fits. Each page is
//! small and quick all the same, since what it shows has an end.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use assay::app::stock::{self, StockLine};
use serde_json::json;

use crate::access::Ground;
use crate::browsing::Browser;
use crate::handoffs::hands_off;
use crate::house::{Actor, House, each_house};
use crate::packages::text;
use crate::people::{PASSWORD, agent_of, makes_key};
use crate::places::{Place, places, somebody};
use crate::story::{GOOD, tea};

/// So much of everything that no page shows it at once.
const MANY: usize = 60;
/// A long piece of work, in bytes.
const LONG: usize = 200_000;
/// A page is smaller than this, in bytes.
const PAGE_BYTES: usize = 50_000;
/// And made in less time than this.
const PAGE_TIME: Duration = Duration::from_millis(50);
/// The best of so many requests is what the server needs; the others waited for a machine
/// that does something else.
const TRIES: usize = 7;

/// Words that stand in any order.
const WORDS: &str = "water leaves cup pot steam garden morning kettle taste colour winter mountain harvest basket \
    silver quiet gentle patient careful slow bright bitter sweet fresh fragrant warm clear golden simple ancient \
    friend guest table window rain cloud river stone bamboo flower honey almond chestnut grass meadow forest \
    evening minute hour degree gram spoon measure pour lift wait rest open close stir breathe remember notice \
    prefer enjoy discover temperature season region farmer village market journey letter story music shadow light \
    silence pleasure";

/// A text of at least so many bytes in which no sentence is like another, and which is
/// another text for another number: the gate lets neither repetition nor the task's own
/// words pass.
fn prose(bytes: usize, seed: u64) -> String {
    let words: Vec<&str> = WORDS.split_whitespace().collect();
    let mut state = seed;
    let mut word = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        words[usize::try_from(state >> 33).unwrap_or_default() % words.len()]
    };
    let mut text = String::from(GOOD);
    for number in 0.. {
        if text.len() >= bytes {
            break;
        }
        let _ = write!(text, "\n\nCup {number}: when {} meets {}, the {} {}", word(), word(), word(), word());
        let _ = write!(text, " becomes {} under {},", word(), word());
        let _ = write!(text, " and {} gives this {} its {} {}.", word(), word(), word(), word());
    }
    text
}

/// A task that is read for a long time: much was asked, told, said, handed in and found.
async fn long_task(poster: &Actor, worker: &Actor) -> String {
    let mut criteria: Vec<String> = (0..48).map(|cup| format!("Must mention \"Cup {cup}:\"")).collect();
    criteria.push("Must mention \"a samovar\"".into());
    criteria.push("A warm and inviting tone".into());
    let mut post = tea();
    post["title"] = format!("A very long guide to tea, {}", "cup after cup, ".repeat(11)).into();
    post["description"] = prose(2_000, 1).into();
    post["acceptance_criteria"] = json!(criteria);
    let task = poster.posts(&post).await;
    poster.accepts_bid(&worker.bids(&task, "45").await).await;
    for number in 0..250 {
        let note =
            json!({ "event": "step_completed", "message": format!("{number}: {}", prose(600, number)) });
        worker.post(&format!("/v1/tasks/{task}/progress"), &note).await.good();
    }
    for number in 0..120 {
        let author = if number % 2 == 0 { worker } else { poster };
        let message = json!({ "message": format!("{number}: {}", prose(1_000, number)) });
        author.post(&format!("/api/v1/agent/tasks/{task}/thread"), &message).await.good();
    }
    let work = json!({ "content": prose(LONG, 2), "summary": prose(2_000, 5) });
    for round in 1..=3 {
        let handed_in = worker.post(&format!("/v1/tasks/{task}/deliver"), &work).await.good();
        let handed_in = &handed_in["data"];
        assert_eq!((&handed_in["status"], &handed_in["round"]), (&json!("in_review"), &json!(round)));
        if round < 3 {
            poster.reviews(&text(&handed_in["id"]), "revision_requested").await.good();
        }
    }
    task
}

/// A task with more bids than anyone reads; gives it and the bidders.
async fn wanted_task(house: &House, poster: &Actor) -> (String, Vec<Actor>) {
    let task = poster.posts(&tea()).await;
    let mut bidders = Vec::new();
    for number in 0..2 * MANY {
        let bidder = house.agent(&format!("bidder number {number}")).await;
        let bid = json!({ "proposedPrice": "45", "coverLetter": prose(1_500, 3) });
        bidder.post(&format!("/v1/tasks/{task}/bids"), &bid).await.good();
        bidders.push(bidder);
    }
    (task, bidders)
}

/// Work that waits for the poster's word, and posts that wait for the owner's.
async fn waiting(poster: &Actor, worker: &Actor, owner: &Actor) {
    let mut post = tea();
    post["budget"] = json!(2);
    post["acceptance_criteria"] = json!(["A warm and inviting tone"]);
    let work = prose(4_000, 4);
    for number in 0..25 {
        post["title"] = format!("Guide number {number} to a tea that nobody has described so far").into();
        let task = poster.posts(&post).await;
        poster.accepts_bid(&worker.bids(&task, "2").await).await;
        worker.delivers(&task, &work).await.good();
    }
    let bot = agent_of(owner, "an agent that asks first", &[]).await;
    bot.deposits(200).await;
    let line = json!({ "guardrails": { "require_human_approval_above": 1 } });
    bot.post("/api/bots/me/commissioning", &line).await.good();
    for _ in 0..30 {
        assert_eq!(bot.post("/api/tasks", &post).await.status, 202);
    }
}

/// Lines of money: payments, channels, withdrawals, disputes, and rewards on the shelf.
async fn money(house: &House, poster: &Actor, bidders: &[Actor]) {
    let shelf = (0..MANY).map(|number| StockLine {
        reward: format!("card-{number}"),
        name: format!("A tea card, number {number} of those that there are"),
        price_credits: 50,
        code: format!("CODE-{number}"),
    });
    let shelf: Vec<StockLine> = shelf.collect();
    stock::load(&house.app.db, &house.app.clock, &shelf).await.expect("it is loaded");
    let buy = json!({ "capability": "echo", "max_price": 10, "payment_type": "balance" });
    for bidder in bidders.iter().take(MANY) {
        poster.post("/api/credits/deposit", &json!({ "amount": 1 })).await.good();
        let channel = json!({ "counterparty_id": bidder.id, "amount": 1 });
        poster.post("/api/v1/channels/open", &channel).await.good();
        let bought = text(&poster.post("/api/v1/tasks", &buy).await.good()["id"]);
        let reason = json!({ "reason": prose(2_000, 6) });
        poster.post(&format!("/api/v1/tasks/{bought}/dispute"), &reason).await.good();
    }
    for _ in 0..8 {
        poster.post("/api/v1/withdrawals", &json!({ "amount": 10 })).await.good();
    }
}

/// What is on the pages of an account.
async fn account(house: &House, owner: &Actor, poster: &Actor) {
    for number in 0..MANY {
        let label = format!("made for the machine number {number} in the cellar");
        agent_of(owner, &label, &["tea", "cups", "kettles"]).await;
        makes_key(poster, &json!({ "label": label })).await;
        hands_off(owner, &json!({ "label": label, "scopes": ["work"] })).await;
    }
    let session = json!({ "email": "owner@example.org", "password": PASSWORD, "label": "a browser" });
    for _ in 0..10 {
        house.nobody().post("/v1/sessions", &session).await.good();
    }
}

/// Fills a house; gives every page of it.
pub(crate) async fn filled(house: &House, ground: &Ground) -> Vec<Place> {
    let [poster, worker, owner] = ["poster", "worker", "owner"].map(|who| somebody(ground, who));
    let (long, disputed) = (long_task(poster, worker).await, long_task(poster, worker).await);
    let reason = json!({ "reason": prose(2_000, 6) });
    let dispute = poster.post(&format!("/api/v1/tasks/{disputed}/dispute"), &reason).await.good();
    let (wanted, bidders) = wanted_task(house, poster).await;
    waiting(poster, worker, owner).await;
    money(house, poster, &bidders).await;
    account(house, owner, poster).await;
    let mut all = places(ground);
    for (path, who) in [
        (format!("/tasks/{long}"), "poster"),
        (format!("/tasks/{long}"), "worker"),
        (format!("/tasks/{long}/watch"), "poster"),
        (format!("/tasks/{disputed}"), "worker"),
        (format!("/house/disputes/{}", text(&dispute["dispute_id"])), "operator"),
        (format!("/tasks/{wanted}"), "poster"),
    ] {
        all.push(Place { path, who });
    }
    all
}

/// How long the server needs for a page, and how large it is.
#[expect(clippy::disallowed_methods, reason = "a page is timed, which is what this is about")]
async fn measured(browser: &Browser, path: &str) -> (Duration, usize) {
    let mut best = Duration::MAX;
    let mut bytes = 0;
    for _ in 0..TRIES {
        let began = Instant::now();
        let page = browser.goes(path).await;
        best = best.min(began.elapsed());
        bytes = page.html.len();
        assert_eq!(page.status, 200, "{path}: {}", page.text());
    }
    (best, bytes)
}

#[test]
fn every_page_of_a_full_house_is_small_and_quick() {
    each_house(async |house| {
        let ground = Ground::prepare(house).await;
        let all = filled(house, &ground).await;
        let (mut large, mut slow) = (Vec::new(), Vec::new());
        let mut table = String::from("milliseconds    bytes  page\n");
        for place in all {
            let browser = Browser::of(somebody(&ground, place.who));
            let (took, bytes) = measured(&browser, &place.path).await;
            let _ = writeln!(table, "{:12.1} {bytes:8}  {place}", took.as_secs_f64() * 1_000.0);
            if bytes >= PAGE_BYTES {
                large.push(format!("{place}: {bytes} bytes"));
            }
            if took >= PAGE_TIME {
                slow.push(format!("{place}: {took:?}"));
            }
        }
        println!("{table}");
        assert!(large.is_empty() && slow.is_empty(), "too large: {large:#?}\ntoo slow: {slow:#?}");
    });
}
