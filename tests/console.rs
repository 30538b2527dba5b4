//! The console over HTTP: what a browser is given and what it may send, on both databases.

use reqwest::Method;
use serde_json::json;

use crate::browser::{PASSWORD, person};
use crate::browsing::Browser;
use crate::house::{ADMIN_KEY, each_house, each_house_with};
use crate::story::tea;

#[test]
fn pages_go_out_with_strict_headers_and_their_files_are_kept() {
    each_house(async |house| {
        let visitor = Browser::open(&house.base_url);
        for path in ["/", "/sign-in", "/sign-up"] {
            let page = visitor.goes(path).await;
            assert_eq!(
                (page.status, page.header("content-type")),
                (200, "text/html; charset=utf-8"),
                "{path}"
            );
            let policy = page.header("content-security-policy");
            for part in
                ["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"]
            {
                assert!(policy.contains(part), "{path}: {policy}");
            }
            assert!(!policy.contains("unsafe"), "{policy}");
            assert_eq!(page.header("x-content-type-options"), "nosniff");
            assert_eq!(page.header("referrer-policy"), "same-origin");
            for forbidden in [" style=", " onclick=", "<script>", "http://", "https://"] {
                assert!(!page.html.contains(forbidden), "{path} has {forbidden}");
            }
        }
        let page = visitor.goes("/").await;
        let file = page.html.split("rel=\"stylesheet\" href=\"").nth(1).unwrap_or_default();
        let file = file.split('"').next().unwrap_or_default().to_owned();
        let style = visitor.goes(&file).await;
        assert_eq!((style.status, style.header("content-type")), (200, "text/css; charset=utf-8"));
        assert!(style.header("cache-control").contains("immutable"));
        let other = visitor.goes("/assets/older/style.css").await;
        assert_eq!((other.status, other.header("cache-control")), (200, "no-store"));
        assert_eq!(visitor.goes("/assets/older/nothing.css").await.status, 404);
    });
}

#[test]
fn a_browser_is_told_in_a_page_and_a_program_in_json() {
    each_house(async |house| {
        let visitor = Browser::open(&house.base_url);
        let page = visitor.goes("/no/such/page").await;
        assert_eq!((page.status, page.header("content-type")), (404, "text/html; charset=utf-8"));
        assert!(page.html.contains("<h1>Nothing here</h1>"), "{}", page.html);
        assert!(!page.header("content-security-policy").is_empty());
        let json = visitor.goes("/v1/no/such/path").await;
        assert_eq!((json.status, json.header("content-type")), (404, "application/problem+json"));
        let asked = house.nobody().get("/no/such/page").await;
        assert_eq!(asked.refusal(), "404 NOT_FOUND");
        for path in ["/tasks", "/desk", "/account", "/tasks/1"] {
            let page = visitor.goes(path).await;
            assert_eq!(page.status, 303, "{path}");
            assert!(page.place.starts_with("/sign-in?next="), "{}", page.place);
        }
    });
}

#[test]
fn forms_are_taken_from_our_own_pages_alone() {
    each_house(async |house| {
        let ada = person(house, "Ada").await;
        ada.deposits(100).await;
        let task = ada.posts(&tea()).await;
        let cancel = format!("/tasks/{task}/cancel");
        let visitor = Browser::signed_in(house, "ada@example.org").await;
        // Another site's form has the cookie, and not the token.
        let sent = visitor.sends(&cancel, &Vec::new()).await;
        assert_eq!(sent.status, 403);
        assert!(sent.html.contains("nothing was done"), "{}", sent.html);
        let token = visitor.goes("/tasks").await.token();
        let from_elsewhere = visitor
            .request(Method::POST, &cancel)
            .header("sec-fetch-site", "cross-site")
            .form(&[("_token", token.as_str())])
            .send()
            .await
            .expect("an answer");
        assert_eq!(from_elsewhere.status(), 403);
        let other = Browser::signed_in(house, "ada@example.org").await.goes("/tasks").await.token();
        assert_eq!(
            visitor.sends(&cancel, &vec![("_token".into(), other)]).await.status,
            403,
            "of another session"
        );
        assert_eq!(ada.task_status(&task).await, "open");

        // The cookie opens pages; the API takes keys, which no other site can have sent.
        let api = visitor.goes("/v1/tasks/available").await;
        assert_eq!(api.status, 401);
        let sent = visitor.sends(&cancel, &vec![("_token".into(), token)]).await;
        assert_eq!(
            (sent.status, sent.place.as_str()),
            (303, format!("/tasks/{task}?done=cancelled").as_str())
        );
        assert_eq!(ada.task_status(&task).await, "cancelled");
    });
}

#[test]
fn signing_in_goes_on_to_places_of_ours_alone() {
    each_house(async |house| {
        person(house, "Ada").await;
        for (next, place) in [
            ("/desk?x=1", "/desk?x=1"),
            ("//elsewhere.example", "/tasks"),
            ("https://elsewhere.example", "/tasks"),
            ("/\\elsewhere.example", "/tasks"),
            ("/\t/elsewhere.example", "/tasks"),
            ("/\n/elsewhere.example", "/tasks"),
            ("/\r\n/elsewhere.example", "/tasks"),
            ("/tasks\\..\\\\elsewhere.example", "/tasks"),
            ("/\u{85}/elsewhere.example", "/tasks"),
            ("", "/tasks"),
        ] {
            let visitor = Browser::open(&house.base_url);
            let fields = [("email", "ada@example.org"), ("password", PASSWORD), ("next", next)];
            let sent = visitor.fills("/sign-in", "/sign-in", &fields).await;
            assert_eq!((sent.status, sent.place.as_str()), (303, place), "{next}");
            let cookie = sent.header("set-cookie");
            assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
        }
        let visitor = Browser::open(&house.base_url);
        let sent = visitor.fills("/sign-in", "/sign-in/key", &[("key", ADMIN_KEY)]).await;
        assert_eq!((sent.status, sent.place.as_str()), (303, "/tasks"));
        assert_eq!(visitor.goes("/house").await.status, 200);
        let visitor = Browser::open(&house.base_url);
        let sent = visitor.fills("/sign-in", "/sign-in/key", &[("key", "assay_test_wrong")]).await;
        assert_eq!(sent.status, 401);
        assert!(sent.html.contains("unknown, expired or revoked") && !sent.html.contains("assay_test_wrong"));
        // What signs somebody out ends the session itself, not only the cookie.
        let visitor = Browser::signed_in(house, "ada@example.org").await;
        let kept = visitor.cookies();
        visitor.fills("/account", "/sign-out", &[]).await;
        visitor.keep(kept);
        assert_eq!(visitor.goes("/account").await.status, 303);
    });
}

#[test]
fn who_has_no_part_in_it_is_refused_as_over_the_api() {
    each_house(async |house| {
        let (ada, _) = (person(house, "Ada").await, person(house, "Bob").await);
        ada.deposits(100).await;
        let task = ada.posts(&tea()).await;
        let bid = house.agent("carol").await.bids(&task, "45").await;
        let bob = Browser::signed_in(house, "bob@example.org").await;
        let page = format!("/tasks/{task}");
        let shown = bob.goes(&page).await;
        assert!(!shown.html.contains("I can do this."), "bids of others are their poster's to see");
        for (action, said) in [
            (format!("{page}/cancel"), "only the poster cancels a task"),
            (format!("{page}/bids/{bid}/accept"), "poster"),
            (format!("{page}/dispute"), "is missing"),
            (format!("{page}/deliver"), "is missing"),
        ] {
            let sent = bob.fills(&page, &action, &[]).await;
            assert!((400..500).contains(&sent.status), "{action}: {}", sent.status);
            assert!(sent.html.contains(said), "{action}: {}", sent.html);
        }
        let deliver = bob.fills(&page, &format!("{page}/deliver"), &[("content", "mine")]).await;
        assert_eq!(deliver.status, 403);
        assert_eq!(bob.goes("/house").await.status, 403);
        assert_eq!(ada.task_status(&task).await, "open");
    });
}

#[test]
fn signing_in_too_often_is_told_in_a_page() {
    let few = |settings: &mut assay::config::Settings| settings.rates.sign_ins_per_address_per_hour = 3;
    each_house_with(few, async |house| {
        let visitor = Browser::open(&house.base_url);
        let fields = [("email", "nobody@example.org"), ("password", "not a password")];
        let mut last = visitor.fills("/sign-in", "/sign-in", &fields).await;
        for _ in 0..4 {
            last = visitor.fills("/sign-in", "/sign-in", &fields).await;
        }
        assert_eq!((last.status, last.header("content-type")), (429, "text/html; charset=utf-8"));
        assert!(!last.header("retry-after").is_empty(), "{:?}", last.headers);
    });
}

#[test]
fn an_agent_of_a_person_posts_above_its_line_and_the_desk_decides() {
    each_house(async |house| {
        let ada = person(house, "Ada").await;
        let agent = ada.post("/v1/agents", &json!({ "name": "poster" })).await.good();
        let field = |name: &str| agent["data"][name].as_str().unwrap_or_default().to_owned();
        let bot = crate::house::Actor { id: field("id"), key: field("apiKey"), ..house.nobody() };
        bot.deposits(100).await;
        let line = json!({ "enabled": true, "guardrails": { "require_human_approval_above": 10 } });
        bot.post("/api/bots/me/commissioning", &line).await.good();
        let posted = bot.post("/api/tasks", &tea()).await.good();
        let approval = posted["approval_id"].as_str().unwrap_or_default();
        let visitor = Browser::signed_in(house, "ada@example.org").await;
        let desk = visitor.goes("/desk").await;
        assert!(desk.html.contains("wants to post this") && desk.html.contains("$48.60"), "{}", desk.html);
        let action = format!("/desk/approvals/{approval}");
        let none = visitor.fills("/desk", &action, &[("note", "hm")]).await;
        assert_eq!(none.status, 400);
        let sent = visitor.fills("/desk", &action, &[("decision", "approve"), ("note", "fine")]).await;
        assert_eq!((sent.status, sent.place.as_str()), (303, "/desk?done=approve"));
        let again = visitor.fills("/desk", &action, &[("decision", "reject")]).await;
        assert_eq!(again.status, 409);
        assert_eq!(bot.task_status(posted["id"].as_str().unwrap_or_default()).await, "open");
    });
}
