//! The registry's pages, the record of a party, and the guides whose commands are run.

use std::collections::HashMap;

use assay_sandbox::Digest;
use reqwest::Method;
use serde_json::{Value, json};

use crate::browsing::{Browser, Filled, Page, with};
use crate::console_wallet::{PAYLOADS, refuses, sends, unharmed};
use crate::house::{Actor, House, each_house};
use crate::packages::person;
use crate::registry::saying;
use crate::story::{GOOD, claimed, tea};

/// Sends a form with a file, as a browser does.
async fn uploads(browser: &Browser, filled: &Filled, bytes: &[u8]) -> Page {
    let mut body = Vec::new();
    for (name, value) in filled.iter().filter(|(name, _)| name != "component") {
        body.extend(
            format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes(),
        );
    }
    let head = "--edge\r\nContent-Disposition: form-data; name=\"component\"; filename=\"a.wasm\"\r\n\
                Content-Type: application/wasm\r\n\r\n";
    body.extend(head.bytes());
    body.extend(bytes);
    body.extend(b"\r\n--edge--\r\n");
    let request = browser.request(Method::POST, "/plugins/upload").body(body);
    let request = request.header("Content-Type", "multipart/form-data; boundary=edge");
    browser.send(request).await
}

/// Where a schema with hostile words says what it takes.
const SCHEMA: &str = r#","config_schema":{"type":"object","required":["least"],"properties":{
    "least":{"type":"integer","minimum":1,"default":3,"description":"<script>alert(1)</script>"},
    "tone":{"enum":["calm","loud"]},
    "names":{"type":"array","items":{"type":"string"}}}}"#;

#[test]
fn a_judge_is_published_found_tried_and_retired() {
    each_house(async |house| {
        let ada = person(house, "ada").await;
        let browser = Browser::of(&ada);
        let empty = browser.goes("/plugins/upload").await.good().form("upload");
        let bytes = saying("gold-bar", "1.0.0", 0, &SCHEMA.replace('\n', ""));
        let listed = uploads(&browser, &empty, &bytes).await;
        let place = format!("/plugins/{}", Digest::of(&bytes));
        assert_eq!(listed.place, format!("{place}?done=listed"), "{}", listed.text());
        let again = uploads(&browser, &empty, &bytes).await;
        assert_eq!(again.place, format!("{place}?done=listed-before"));

        // Anyone may look, signed in or not.
        let nobody = Browser::of(&house.nobody());
        let page = nobody.goes(&place).await.good();
        page.says("gold-bar 1.0.0");
        page.says("least integer yes 3 <script>alert(1)</script>; at least 1");
        page.says("one of \"calm\", \"loud\"");
        page.says("list of string");
        page.says("Golden inputs");
        assert!(page.html.contains("aria-label=\"Fuel of a run in the trial\""));
        assert!(!page.html.contains("<script>alert"));
        assert!(page.attributes("href").contains(&format!("/v1/plugins/{}/component", Digest::of(&bytes))));
        let found = nobody.goes("/plugins?world=verifier&search=GOLD").await.good();
        found.says("gold-bar 1.0.0");
        assert!(!found.text().contains("criteria-schema"), "{}", found.text());
        nobody.goes("/plugins?author=nobody").await.good().says("No judge fits");
        assert_eq!(nobody.goes("/plugins/sha256:00").await.status, 404);

        let run = format!("{place}/run");
        for payload in PAYLOADS {
            let typed = [("content", payload), ("title", payload), ("config", payload)];
            let bad = sends(&browser, &place, "run", &run, &typed).await;
            refuses(&bad, 400, payload, "must be a JSON object");
            unharmed(&bad, payload);
        }
        let typed =
            [("content", "Tea."), ("checks", r#"[{"kind":"contains","value":"leaf"}]"#), ("config", "{}")];
        let tried = sends(&browser, &place, "run", &run, &typed).await.good();
        tried.says("It said: pass");
        tried.says("yes");
        tried.says("Tea.");
        let bad = sends(&browser, &place, "run", &run, &[("checks", "[7]")]).await;
        refuses(&bad, 400, "[7]", "must be an object");

        let eve = Browser::of(&person(house, "eve").await);
        let retire = format!("{place}/retire");
        assert!(!eve.goes(&place).await.good().html.contains("id=\"retire\""));
        let refused = sends(&eve, &place, "run", &retire, &[]).await;
        assert_eq!(refused.status, 403, "{}", refused.text());
        let retired = sends(&browser, &place, "retire", &retire, &[]).await;
        assert_eq!(retired.place, format!("{place}?done=retired"));
        nobody.goes(&place).await.good().says("It is retired");
        assert!(!nobody.goes("/plugins?search=gold").await.text().contains("gold-bar"));
    });
}

#[test]
fn a_schema_is_a_form_where_a_judge_is_tried_and_where_a_task_is_posted() {
    each_house(async |house| {
        let ada = person(house, "ada").await;
        ada.deposits(100).await;
        let browser = Browser::of(&ada);
        let empty = browser.goes("/plugins/upload").await.good().form("upload");
        let bytes = saying("gold-bar", "1.0.0", 0, &SCHEMA.replace('\n', ""));
        uploads(&browser, &empty, &bytes).await;
        let digest = Digest::of(&bytes).to_string();
        let place = format!("/plugins/{digest}");
        let page = browser.goes(&place).await.good();
        page.says("3 when left out");
        unharmed(&page, "<script>alert(1)</script>");
        let run = format!("{place}/run");
        // What is typed, the field it is wrong in, and why.
        for (name, typed, why) in [
            ("config.least", "many", "must be a whole number"),
            ("config.least", "2.5", "must be a whole number"),
            ("config.tone", "shrill", "must be one of calm, loud"),
            ("config.names", "[1,", "is not JSON"),
        ] {
            let bad = sends(&browser, &place, "run", &run, &[(name, typed)]).await;
            assert_eq!(bad.status, 400, "{}", bad.text());
            bad.says(why);
            let marks = bad.attributes("aria-describedby").join(" ");
            assert!(marks.contains(&format!("run-{name}-wrong")), "{name}: {marks}");
            assert!(!marks.contains("run-config-wrong"), "it is said once: {marks}");
        }
        let typed = [
            ("checks", r#"[{"kind":"contains","value":"leaf"}]"#),
            ("config.least", "5"),
            ("config.tone", "loud"),
            ("config.names", r#"["a"]"#),
        ];
        let tried = sends(&browser, &place, "run", &run, &typed).await.good();
        tried.says("It said: pass");
        let kept = tried.form("run");
        for (name, value) in typed {
            assert!(kept.contains(&(name.to_owned(), value.to_owned())), "{kept:?}");
        }

        let link = page.attributes("href").into_iter().find(|link| link.starts_with("/post?verifier="));
        let filled = browser.goes(&link.expect("a link to post")).await.good().form("post");
        let title = [("title", "Tea"), ("budget", "5"), ("acceptance_criteria", "At least 3 words")];
        let filled = with(&filled, &title);
        for (least, why) in [("0", "0 is less than the minimum of 1"), ("some", "must be a whole number")] {
            let bad = browser.sends("/post", &with(&filled, &[("verifier[0].config.least", least)])).await;
            refuses(&bad, 400, least, why);
            let marks = bad.attributes("aria-describedby").join(" ");
            assert!(marks.contains("post-verifier[0].config.least-wrong"), "{marks}");
        }
        let good = [("verifier[0].config.least", "4"), ("verifier[0].config.tone", "calm")];
        let posted = browser.sends("/post", &with(&filled, &good)).await;
        assert!(posted.place.ends_with("?done=posted"), "{}", posted.text());
        // What the fields say stands over what is there as JSON.
        let json =
            [("verifier[0].config", r#"{"least":2,"names":["b"]}"#), ("verifier[0].config.least", "7")];
        let again = browser.goes(&format!("/post?verifier={digest}")).await.good().form("post");
        let posted = browser.sends("/post", &with(&with(&again, &title), &json)).await;
        assert!(posted.place.ends_with("?done=posted"), "{}", posted.text());
    });
}

#[test]
fn a_refused_upload_says_what_was_looked_at() {
    each_house(async |house| {
        let ada = person(house, "ada").await;
        let browser = Browser::of(&ada);
        let empty = browser.goes("/plugins/upload").await.good().form("upload");
        let good = saying("gold-bar", "1.0.0", 0, "");
        uploads(&browser, &empty, &good).await;
        let table = [
            (b"no wasm".to_vec(), "", 400, "It is a WebAssembly component refused"),
            (b"\0asm\x01\0\0\0".to_vec(), "", 400, "It is a WebAssembly component refused"),
            (saying("gold-bar", "1.0.0", 1, ""), "", 409, "in order refused"),
            (saying("silver-bar", "one", 0, ""), "", 400, "in order refused"),
            (saying("silver-bar", "1.0.0", 0, ""), "copper-bar", 400, "in order refused"),
            (Vec::new(), "copper-bar", 400, "choose a .wasm file"),
        ];
        for (bytes, name, status, expected) in table {
            let refused = uploads(&browser, &with(&empty, &[("name", name)]), &bytes).await;
            assert_eq!(refused.status, status, "{}", refused.text());
            refused.says(expected);
            assert!(refused.attributes("value").contains(&name.to_owned()));
        }
        let first = uploads(&browser, &empty, b"no wasm").await;
        first.says("It is small enough good");
        first.says("It can be instantiated not reached");
        let stale = with(&empty, &[("_token", "0123456789abcdef")]);
        assert_eq!(uploads(&browser, &stale, &good).await.status, 403);
        let nobody = Browser::of(&house.nobody());
        assert_eq!(uploads(&nobody, &empty, &good).await.status, 401);
    });
}

async fn record(house: &House, party: &Actor) -> Page {
    Browser::of(&house.nobody()).goes(&format!("/parties/{}", party.id)).await.good()
}

#[test]
fn a_record_is_the_same_from_both_sides() {
    each_house(async |house| {
        let (alice, bob) = (house.rich_agent(PAYLOADS[0], 500).await, house.agent("bob").await);
        record(house, &bob).await.says("Nothing yet");
        let mut tasks = Vec::new();
        for _ in 0..3 {
            let task = alice.posts(&tea()).await;
            let bid = bob.bids(&task, "45").await;
            alice.accepts_bid(&bid).await;
            let handed_in = bob.delivers(&task, GOOD).await.good();
            tasks.push((task, handed_in["data"]["deliveryId"].as_str().expect("an id").to_owned()));
        }
        house.wait(600).await;
        alice.reviews(&tasks[0].1, "revision_requested").await.good();
        let second = bob.delivers(&tasks[0].0, GOOD).await.good();
        let second = second["data"]["deliveryId"].as_str().expect("an id").to_owned();
        house.wait(7_200).await;
        alice.reviews(&second, "accepted").await.good();
        let silent = json!({ "id": tasks[1].1, "status": "rejected", "review_notes": " " });
        alice.patch("/api/deliverables", &silent).await.good();
        alice.reviews(&tasks[2].1, "rejected").await.good();
        let reason = json!({ "reason": "It is what was asked for." });
        let path = format!("/api/v1/tasks/{}/dispute", tasks[1].0);
        let dispute = bob.post(&path, &reason).await.good()["dispute_id"].clone();
        let path = format!("/v1/admin/disputes/{}/resolve", dispute.as_str().expect("an id"));
        house.operator().post(&path, &json!({ "outcome": "release" })).await.good();

        let page = record(house, &alice).await;
        assert!(!page.html.contains(PAYLOADS[0]));
        for (name, count, none) in [
            ("posted, or taken on", "3", "0"),
            ("how much reached the worker", "2, $90.00", "0"),
            ("by the poster's own word", "1", "0"),
            ("by failed checks", "1 and 0", "0 and 0"),
            ("the worker was told why", "1", "0"),
            ("the worker was not told why", "1", "0"),
            ("Disputes opened by the poster", "0", "0"),
            ("Disputes opened by the worker", "1", "0"),
            ("for the worker, divided", "0, 1, 0", "0, 0, 0"),
            ("from handing in to the poster's word", "2 h 10 min", "none yet"),
        ] {
            page.says(&format!("{name} {count} {none}"));
            record(house, &bob).await.says(&format!("{name} {none} {count}"));
        }
        assert_eq!(Browser::of(&alice).goes("/parties/nobody").await.status, 404);
    });
}

#[test]
fn silence_and_checks_accept_on_a_record_too() {
    each_house(async |house| {
        let (alice, bob, task) = claimed(house, &tea()).await;
        bob.delivers(&task, GOOD).await.good();
        record(house, &alice).await.says("nothing was left to a person 1 0");
        let carol = house.rich_agent("carol", 100).await;
        let task = carol.posts(&tea()).await;
        carol.accepts_bid(&bob.bids(&task, "45").await).await;
        bob.delivers(&task, GOOD).await.good();
        house.wait(72 * 3_600 + 1).await;
        assert_eq!(carol.task_status(&task).await, "paid");
        record(house, &carol).await.says("the poster said nothing in time 1 0");
        record(house, &bob).await.says("the poster said nothing in time 0 1");
    });
}

/// A command line as a shell takes it apart: quotes, variables, a backslash in double quotes.
fn words_of(line: &str, kept: &HashMap<String, String>) -> Vec<String> {
    let (mut words, mut word, mut quote, mut begun) = (Vec::new(), String::new(), None, false);
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Some(open), letter) if letter == open => quote = None,
            (Some('\''), letter) => word.push(letter),
            (None, '\'' | '"') => (quote, begun) = (Some(letter), true),
            (None, letter) if letter.is_whitespace() => {
                if begun || !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                begun = false;
            }
            (_, '$') => {
                let mut name = String::new();
                while let Some(next) = letters.next_if(|next| next.is_ascii_uppercase() || *next == '_') {
                    name.push(next);
                }
                word.push_str(kept.get(&name).unwrap_or_else(|| panic!("{name} is not kept: {line}")));
            }
            (_, letter) => word.push(letter),
        }
    }
    words.extend((begun || !word.is_empty()).then_some(word));
    words
}

/// Does what curl does with these words.
async fn curl(house: &House, words: &[String]) -> (u16, Value) {
    let (mut method, mut url, mut body, mut headers) = (None, "", None, Vec::new());
    let mut rest = words[1..].iter();
    while let Some(word) = rest.next() {
        match word.as_str() {
            "-X" => method = rest.next(),
            "-H" => headers.push(rest.next().expect("a header").split_once(": ").expect("a header")),
            "--json" => body = rest.next(),
            flag => {
                assert!(!flag.starts_with('-'), "{words:?}");
                url = flag;
            }
        }
    }
    let usual = if body.is_some() { "POST" } else { "GET" };
    let method: Method = method.map_or(usual, |method| method).parse().expect("a method");
    let mut request = house.nobody().client.request(method, url);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    if let Some(body) = body {
        request = request.header("Content-Type", "application/json").body(body.clone());
    }
    let response = request.send().await.expect("an answer");
    let status = response.status().as_u16();
    (status, response.json().await.expect("JSON"))
}

/// What stands in the guide: each command, what it keeps, and the status it is said to give.
fn commands(page: &Page) -> Vec<(String, String, u16)> {
    let parts = page.html.split("<pre class=\"command\"").skip(1);
    let part = |html: &str| Page {
        html: format!("<pre{}", html.split_once("</pre>").expect("an end").0),
        ..page.clone()
    };
    let one = |html: &str| {
        let part = part(html);
        let keeps = part.attributes("data-keeps").remove(0);
        let status = part.attributes("data-status").remove(0).parse().expect("a status");
        (part.text(), keeps, status)
    };
    parts.map(one).collect()
}

#[test]
fn every_command_of_the_guides_works_as_it_stands() {
    each_house(async |house| {
        let nobody = Browser::of(&house.nobody());
        let all = nobody.goes("/guides").await.good();
        let mut ends = Vec::new();
        for name in ["commissioning", "agent", "finance", "work"] {
            let place = format!("/guides/{name}");
            assert!(all.attributes("href").contains(&place));
            let page = nobody.goes(&place).await.good();
            let mut kept = HashMap::new();
            let mut last = Value::Null;
            for (line, keeps, expected) in commands(&page) {
                let words = words_of(&line, &kept);
                assert_eq!(words[0], "curl", "{line}");
                let (status, body) = curl(house, &words).await;
                let as_said = if expected == 200 { (200..300).contains(&status) } else { status == expected };
                assert!(as_said, "{name}: {line}\n{status} {body}");
                for (name, place) in keeps.split_whitespace().filter_map(|keep| keep.split_once('=')) {
                    let value = body.pointer(place).and_then(Value::as_str);
                    let value = value.unwrap_or_else(|| panic!("no {place} after {line}: {body}"));
                    kept.insert(name.to_owned(), value.to_owned());
                }
                last = body;
            }
            ends.push(last);
        }
        assert_eq!(ends[0]["spent_today"], json!(43.2), "{}", ends[0]);
        assert_eq!(ends[2]["status"], "pending", "{}", ends[2]);
        assert_eq!(ends[3]["data"]["status"], "paid", "{}", ends[3]);
        assert_eq!(nobody.goes("/guides/cooking").await.status, 404);
    });
}
