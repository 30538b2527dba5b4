//! The console over HTTP: what a browser is given and what it may send, on both databases.

use std::collections::HashMap;

use reqwest::header::{ACCEPT, COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Client, RequestBuilder, Response, redirect};
use serde_json::json;

use crate::browser::{PASSWORD, person};
use crate::house::{ADMIN_KEY, House, each_house, each_house_with};
use crate::story::tea;

/// Somebody's browser, as far as HTTP goes: it keeps cookies and follows nothing.
pub(crate) struct Visitor {
    client: Client,
    base_url: String,
    cookies: HashMap<String, String>,
}

/// A page.
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: String,
}

impl Page {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Where it sends the browser.
    pub(crate) fn place(&self) -> &str {
        self.header(LOCATION.as_str())
    }

    /// The token of its forms.
    pub(crate) fn token(&self) -> String {
        let after = self.body.split("name=\"_token\" value=\"").nth(1).unwrap_or_default();
        after.split('"').next().unwrap_or_default().to_owned()
    }
}

impl Visitor {
    pub(crate) fn of(house: &House) -> Self {
        assay::gateways::prepare_tls();
        let client = Client::builder().redirect(redirect::Policy::none()).build().expect("a client");
        Self { client, base_url: house.base_url.clone(), cookies: HashMap::new() }
    }

    /// Somebody who is signed in.
    pub(crate) async fn signed_in(house: &House, email: &str) -> Self {
        let mut visitor = Self::of(house);
        let form = visitor.get("/sign-in").await;
        let fields = [("_token", form.token().as_str()), ("email", email), ("password", PASSWORD)]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let sent = visitor.send("/sign-in", &fields).await;
        assert_eq!(sent.status, 303, "{}", sent.body);
        visitor
    }

    fn request(&self, request: RequestBuilder) -> RequestBuilder {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        request.header(ACCEPT, "text/html,application/xhtml+xml,*/*;q=0.8").header(COOKIE, cookies.join("; "))
    }

    async fn page(&mut self, response: Response) -> Page {
        for cookie in response.headers().get_all(SET_COOKIE) {
            let pair = cookie.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                self.cookies.insert(name.into(), value.into());
            }
        }
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Page { status, headers, body: response.text().await.expect("a text") }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Page {
        let request = self.request(self.client.get(format!("{}{path}", self.base_url)));
        let response = request.send().await.expect("an answer");
        self.page(response).await
    }

    /// Sends fields as they are.
    pub(crate) async fn send(&mut self, path: &str, fields: &[(String, String)]) -> Page {
        let request = self.request(self.client.post(format!("{}{path}", self.base_url)));
        let response = request.form(fields).send().await.expect("an answer");
        self.page(response).await
    }

    /// Fills in a form of a page and sends it.
    pub(crate) async fn fill(&mut self, page: &str, action: &str, fields: &[(&str, &str)]) -> Page {
        let token = self.get(page).await.token();
        let mut all = vec![("_token".to_owned(), token)];
        all.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        self.send(action, &all).await
    }
}

#[test]
fn pages_go_out_with_strict_headers_and_their_files_are_kept() {
    each_house(async |house| {
        let mut visitor = Visitor::of(house);
        for path in ["/", "/sign-in", "/sign-up"] {
            let page = visitor.get(path).await;
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
                assert!(!page.body.contains(forbidden), "{path} has {forbidden}");
            }
        }
        let page = visitor.get("/").await;
        let file = page.body.split("rel=\"stylesheet\" href=\"").nth(1).unwrap_or_default();
        let file = file.split('"').next().unwrap_or_default().to_owned();
        let style = visitor.get(&file).await;
        assert_eq!((style.status, style.header("content-type")), (200, "text/css; charset=utf-8"));
        assert!(style.header("cache-control").contains("immutable"));
        let other = visitor.get("/assets/older/style.css").await;
        assert_eq!((other.status, other.header("cache-control")), (200, "no-store"));
        assert_eq!(visitor.get("/assets/older/nothing.css").await.status, 404);
    });
}

#[test]
fn a_browser_is_told_in_a_page_and_a_program_in_json() {
    each_house(async |house| {
        let mut visitor = Visitor::of(house);
        let page = visitor.get("/no/such/page").await;
        assert_eq!((page.status, page.header("content-type")), (404, "text/html; charset=utf-8"));
        assert!(page.body.contains("<h1>Nothing here</h1>"), "{}", page.body);
        assert!(!page.header("content-security-policy").is_empty());
        let json = visitor.get("/v1/no/such/path").await;
        assert_eq!((json.status, json.header("content-type")), (404, "application/problem+json"));
        let asked = house.nobody().get("/no/such/page").await;
        assert_eq!(asked.refusal(), "404 NOT_FOUND");
        for path in ["/tasks", "/desk", "/account", "/tasks/1"] {
            let page = visitor.get(path).await;
            assert_eq!(page.status, 303, "{path}");
            assert!(page.place().starts_with("/sign-in?next="), "{}", page.place());
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
        let mut visitor = Visitor::signed_in(house, "ada@example.org").await;
        // Another site's form has the cookie, and not the token.
        let sent = visitor.send(&cancel, &[]).await;
        assert_eq!(sent.status, 403);
        assert!(sent.body.contains("nothing was done"), "{}", sent.body);
        let token = visitor.get("/tasks").await.token();
        let from_elsewhere = visitor
            .request(visitor.client.post(format!("{}{cancel}", house.base_url)))
            .header("sec-fetch-site", "cross-site")
            .form(&[("_token", token.as_str())])
            .send()
            .await
            .expect("an answer");
        assert_eq!(from_elsewhere.status(), 403);
        let other = Visitor::signed_in(house, "ada@example.org").await.get("/tasks").await.token();
        assert_eq!(
            visitor.send(&cancel, &[("_token".into(), other)]).await.status,
            403,
            "of another session"
        );
        assert_eq!(ada.task_status(&task).await, "open");

        // The cookie opens pages; the API takes keys, which no other site can have sent.
        let api = visitor.get("/v1/tasks/available").await;
        assert_eq!(api.status, 401);
        let sent = visitor.send(&cancel, &[("_token".into(), token)]).await;
        assert_eq!((sent.status, sent.place()), (303, format!("/tasks/{task}?done=cancelled").as_str()));
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
            ("", "/tasks"),
        ] {
            let mut visitor = Visitor::of(house);
            let fields = [("email", "ada@example.org"), ("password", PASSWORD), ("next", next)];
            let sent = visitor.fill("/sign-in", "/sign-in", &fields).await;
            assert_eq!((sent.status, sent.place()), (303, place), "{next}");
            let cookie = sent.header("set-cookie");
            assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
        }
        let mut visitor = Visitor::of(house);
        let sent = visitor.fill("/sign-in", "/sign-in/key", &[("key", ADMIN_KEY)]).await;
        assert_eq!((sent.status, sent.place()), (303, "/tasks"));
        assert_eq!(visitor.get("/house").await.status, 200);
        let mut visitor = Visitor::of(house);
        let sent = visitor.fill("/sign-in", "/sign-in/key", &[("key", "assay_test_wrong")]).await;
        assert_eq!(sent.status, 401);
        assert!(sent.body.contains("unknown, expired or revoked") && !sent.body.contains("assay_test_wrong"));
        // What signs somebody out ends the session itself, not only the cookie.
        let mut visitor = Visitor::signed_in(house, "ada@example.org").await;
        let kept = visitor.cookies.clone();
        visitor.fill("/account", "/sign-out", &[]).await;
        visitor.cookies = kept;
        assert_eq!(visitor.get("/account").await.status, 303);
    });
}

#[test]
fn who_has_no_part_in_it_is_refused_as_over_the_api() {
    each_house(async |house| {
        let (ada, _) = (person(house, "Ada").await, person(house, "Bob").await);
        ada.deposits(100).await;
        let task = ada.posts(&tea()).await;
        let bid = house.agent("carol").await.bids(&task, "45").await;
        let mut bob = Visitor::signed_in(house, "bob@example.org").await;
        let page = format!("/tasks/{task}");
        let shown = bob.get(&page).await;
        assert!(!shown.body.contains("I can do this."), "bids of others are their poster's to see");
        for (action, said) in [
            (format!("{page}/cancel"), "only the poster cancels a task"),
            (format!("{page}/bids/{bid}/accept"), "poster"),
            (format!("{page}/dispute"), "is missing"),
            (format!("{page}/deliver"), "is missing"),
        ] {
            let sent = bob.fill(&page, &action, &[]).await;
            assert!((400..500).contains(&sent.status), "{action}: {}", sent.status);
            assert!(sent.body.contains(said), "{action}: {}", sent.body);
        }
        let deliver = bob.fill(&page, &format!("{page}/deliver"), &[("content", "mine")]).await;
        assert_eq!(deliver.status, 403);
        assert_eq!(bob.get("/house").await.status, 403);
        assert_eq!(ada.task_status(&task).await, "open");
    });
}

#[test]
fn signing_in_too_often_is_told_in_a_page() {
    let few = |settings: &mut assay::config::Settings| settings.rates.sign_ins_per_address_per_hour = 3;
    each_house_with(few, async |house| {
        let mut visitor = Visitor::of(house);
        let fields = [("email", "nobody@example.org"), ("password", "not a password")];
        let mut last = visitor.fill("/sign-in", "/sign-in", &fields).await;
        for _ in 0..4 {
            last = visitor.fill("/sign-in", "/sign-in", &fields).await;
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
        let mut visitor = Visitor::signed_in(house, "ada@example.org").await;
        let desk = visitor.get("/desk").await;
        assert!(desk.body.contains("wants to post this") && desk.body.contains("$48.60"), "{}", desk.body);
        let action = format!("/desk/approvals/{approval}");
        let none = visitor.fill("/desk", &action, &[("note", "hm")]).await;
        assert_eq!(none.status, 400);
        let sent = visitor.fill("/desk", &action, &[("decision", "approve"), ("note", "fine")]).await;
        assert_eq!((sent.status, sent.place()), (303, "/desk?done=approve"));
        let again = visitor.fill("/desk", &action, &[("decision", "reject")]).await;
        assert_eq!(again.status, 409);
        assert_eq!(bot.task_status(posted["id"].as_str().unwrap_or_default()).await, "open");
    });
}
