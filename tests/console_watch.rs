//! The page that watches a task, and the stream it follows.

use assay::http::console::happened::progress;
use reqwest::Method;
use serde_json::{Value, json};

use crate::browsing::Browser;
use crate::console_post::PAYLOADS;
use crate::house::{Actor, each_house};
use crate::story::{GOOD, claimed, tea};

async fn notes(worker: &Actor, task: &str, message: &str, done: u32) {
    let metadata = json!({ "cupsProcessed": done, "totalCups": 4 });
    let note = json!({ "event": "step_completed", "message": message, "metadata": metadata });
    worker.post(&format!("/v1/tasks/{task}/progress"), &note).await.good();
}

/// Messages of the stream behind a number, until it is over or says this.
async fn told(browser: &Browser, task: &str, last: Option<i64>, until: &str) -> Vec<(i64, Value)> {
    let mut request = browser.request(Method::GET, &format!("/tasks/{task}/live"));
    if let Some(last) = last {
        request = request.header("Last-Event-ID", last.to_string());
    }
    let mut response = request.send().await.expect("an answer");
    assert_eq!(response.status().as_u16(), 200);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut all = Vec::new();
    let mut unread = String::new();
    while let Some(bytes) = response.chunk().await.expect("the stream stands") {
        unread.push_str(std::str::from_utf8(&bytes).expect("text"));
        while let Some(end) = unread.find("\n\n") {
            let message: String = unread.drain(..end + 2).collect();
            let field = |name: &str| {
                message.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim().to_owned()
            };
            match field("event:").as_str() {
                "over" => return all,
                "told" => {
                    let data: Value = serde_json::from_str(&field("data:")).expect("JSON");
                    all.push((field("id:").parse().expect("a number"), data));
                }
                _ => {}
            }
            if all.last().is_some_and(|(_, data)| data["text"].as_str().is_some_and(|text| text == until)) {
                return all;
            }
        }
    }
    all
}

#[test]
fn a_page_says_what_happened_and_a_stream_what_happens() {
    each_house(async |house| {
        let (alice, bob, task) = claimed(house, &tea()).await;
        notes(&bob, &task, "the second cup", 2).await;
        let (poster, worker) = (Browser::of(&alice), Browser::of(&bob));
        for browser in [&poster, &worker] {
            let page = browser.goes(&format!("/tasks/{task}/watch")).await.good();
            page.says("at work");
            page.says("Progress: 2 of 4 cups");
            page.says("Step completed");
            page.says("the second cup");
            page.says("Work begins");
            page.says("Posted");
            let bars = page.attributes("max");
            assert_eq!(bars, ["4"]);
        }
        let first = told(&poster, &task, None, "the second cup").await;
        let titles: Vec<&str> = first.iter().filter_map(|(_, data)| data["title"].as_str()).collect();
        assert_eq!(titles, ["Posted", "A bid", "Work begins", "Step completed"]);
        assert_eq!(first[2].1["state"], "at work");
        assert_eq!(first[3].1["progress"], json!({ "done": 2.0, "total": 4.0, "said": "2 of 4 cups" }));

        notes(&bob, &task, "the third cup", 3).await;
        bob.delivers(&task, GOOD).await.good();
        let rest = told(&poster, &task, Some(first[3].0), "").await;
        let titles: Vec<&str> = rest.iter().filter_map(|(_, data)| data["title"].as_str()).collect();
        assert_eq!(titles[0], "Step completed");
        let judged = rest.iter().find(|(_, data)| data["title"] == "Judged").expect("a verdict");
        let said = judged.1["text"].as_str().expect("text");
        assert!(said.contains("The gate gave 0.") && said.contains("The judges passed it."), "{said}");
        assert_eq!(judged.1["state"], "paid");
        assert!(rest.iter().all(|(seq, _)| *seq > first[3].0));

        // Whoever comes back when all was told hears that it is over.
        let last = rest.last().expect("an event").0;
        assert!(told(&poster, &task, Some(last), "").await.is_empty());
        let page = poster.goes(&format!("/tasks/{task}/watch")).await.good();
        page.says("The task is over; nothing more will happen.");
        assert_eq!(page.attributes("data-last"), [last.to_string()]);
    });
}

#[test]
fn strangers_watch_nothing_and_what_workers_write_is_text() {
    each_house(async |house| {
        let (alice, bob, task) = claimed(house, &tea()).await;
        let carol = Browser::of(&house.agent("carol").await);
        for path in [format!("/tasks/{task}/watch"), format!("/tasks/{task}/live")] {
            assert_eq!(carol.goes(&path).await.status, 403, "{path}");
            let nobody = Browser::of(&house.nobody()).goes(&path).await;
            assert!(nobody.place.starts_with("/sign-in?next="), "{}", nobody.place);
        }
        for payload in PAYLOADS {
            notes(&bob, &task, payload, 1).await;
        }
        let page = Browser::of(&alice).goes(&format!("/tasks/{task}/watch")).await.good();
        for payload in PAYLOADS {
            page.says(payload);
        }
        assert!(!page.html.contains("<script>alert") && !page.html.contains("<img src=x"));
    });
}

#[test]
fn progress_is_read_from_what_workers_say_of_it() {
    let cases = [
        (json!({ "pagesProcessed": 47, "totalPages": 120 }), Some("47 of 120 pages")),
        (json!({ "rows_processed": 5, "total_rows": 4 }), Some("4 of 4 rows")),
        (json!({ "percent": 12.5 }), Some("12.5 %")),
        (json!({ "percent": 250 }), Some("100 %")),
        (json!({ "percent": -1 }), None),
        (json!({ "pagesProcessed": 47, "totalRows": 120 }), None),
        (json!({ "pagesProcessed": "47", "totalPages": 120 }), None),
        (json!({ "pagesProcessed": 0, "totalPages": 0 }), None),
        (json!([1, 2]), None),
    ];
    for (metadata, said) in cases {
        assert_eq!(progress(&metadata).map(|it| it.said).as_deref(), said, "{metadata}");
    }
}
