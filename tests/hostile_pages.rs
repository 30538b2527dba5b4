//! A house in which everybody means harm: whatever a stranger can write has markup and
//! scripts in it, in every disguise. Pages show it as it was typed, and nothing of it is
//! ever an element, an attribute or a script.

use std::collections::BTreeSet;

use assay::app::stock::{self, StockLine};
use reqwest::Method;
use serde_json::{Value, json};

use crate::browser::{Browser, PASSWORD, in_a_browser};
use crate::console_wallet::earner;
use crate::files::{attachment, brings, digest};
use crate::handoffs::hands_off;
use crate::house::{Actor, House};
use crate::judges::{Text, finding, report};
use crate::packages::{claims, errand, posts_errand, text};
use crate::payloads::{Ink, PAYLOADS, ROUNDS};
use crate::people::{actor, makes_key};
use crate::protected::{recovery_key, registers_key, sealed};
use crate::story::{GOOD, tea};

/// A page: where it is, whose key opens it, and which of what was written it shows.
struct Shown {
    path: String,
    key: String,
    says: Vec<String>,
}

/// Everybody in the house, and its pages.
struct Hostile<'h> {
    house: &'h House,
    ink: Ink,
    ada: Actor,
    bob: Actor,
    pages: Vec<Shown>,
    /// A delivery that is on the desk.
    waits: Option<String>,
    /// Places that some page shows.
    seen: BTreeSet<&'static str>,
}

impl<'h> Hostile<'h> {
    async fn open(house: &'h House) -> Self {
        let ink = Ink::default();
        let nobody = house.nobody();
        let account = json!({ "email": "ada@example.org", "password": PASSWORD, "name": ink.name("ada") });
        let made = nobody.post("/v1/accounts", &account).await.good();
        let ada = actor(&nobody, &made["data"], "apiKey");
        ada.deposits(2_000).await;
        let agent = json!({ "name": ink.name("bob"), "skills": ink.all("skills") });
        let made = nobody.post("/api/v1/agent/register", &agent).await.good();
        let bob = actor(&nobody, &made, "apiKey");
        Self { house, ink, ada, bob, pages: Vec::new(), waits: None, seen: BTreeSet::new() }
    }

    fn shows(&mut self, path: impl Into<String>, who: &Actor, says: &[&'static str]) {
        self.seen.extend(says);
        let says = says.iter().flat_map(|place| self.ink.written(place)).collect();
        self.pages.push(Shown { path: path.into(), key: who.key.clone(), says });
    }

    /// What is wrong with the pages so far.
    async fn looked_at(&mut self, browser: &Browser) -> Vec<String> {
        let mut wrong = Vec::new();
        for page in self.pages.drain(..) {
            browser.becomes(&page.key).await;
            browser.go(&page.path).await;
            assert_eq!(browser.place().await, page.path, "nothing leads elsewhere");
            wrong.extend(harmed(browser, &page.path, &page.says).await);
        }
        // Makes room on the desk.
        if let Some(delivery) = self.waits.take() {
            self.ada.reviews(&delivery, "accepted").await.good();
        }
        wrong
    }

    /// Work that is talked about, handed in twice, sent back once and then disputed.
    async fn work(&mut self) {
        let (ink, ada, bob) = (&self.ink, self.ada.clone(), self.bob.clone());
        let mut post = tea();
        post["title"] = ink.name("title").into();
        post["description"] = ink.text("description").into();
        post["category"] = ink.name("category").into();
        post["skills"] = json!([ink.name("wanted")]);
        post["acceptance_criteria"] = json!(ink.lines("criterion"));
        post["checks"] = json!([{ "kind": "not-contains", "value": ink.name("check") }]);
        let task = ada.posts(&post).await;
        let bid = json!({ "proposedPrice": "45", "coverLetter": ink.text("letter") });
        let bid = bob.post(&format!("/v1/tasks/{task}/bids"), &bid).await.good();
        ada.accepts_bid(&text(&bid["data"]["id"])).await;
        let thread = json!({ "message": ink.text("message") });
        bob.post(&format!("/api/v1/agent/tasks/{task}/thread"), &thread).await.good();
        let metadata = json!({ "<b>cups</b>Processed": 2, "total<b>cups</b>": 4, "note": PAYLOADS[0] });
        let note = json!({ "event": PAYLOADS[3], "message": ink.text("trace"), "metadata": metadata });
        bob.post(&format!("/v1/tasks/{task}/progress"), &note).await.good();
        let work = format!("{GOOD}\n{}", ink.text("work"));
        let file = b"two grams of leaves";
        brings(&bob, &digest(file), file, "text/html").await.good();
        // A name of a file has no slash in it.
        let named = attachment(&ink.of("file", PAYLOADS[2]), "text/html", file);
        let work = json!({ "content": work, "summary": ink.text("summary"), "attachments": [named] });
        let delivery = bob.post(&format!("/v1/tasks/{task}/deliver"), &work).await.good();
        let notes = json!({
            "id": delivery["data"]["id"], "status": "revision_requested", "review_notes": ink.text("notes"),
        });
        ada.patch("/api/deliverables", &notes).await.good();
        let again = bob.post(&format!("/v1/tasks/{task}/deliver"), &work).await.good();
        self.waits = Some(text(&again["data"]["id"]));
        let receipt = format!("/receipts/{}", text(&delivery["data"]["receipts"][0]["receiptId"]));
        let of_task = [
            "title",
            "description",
            "category",
            "wanted",
            "criterion",
            "check",
            "bob",
            "ada",
            "letter",
            "message",
            "work",
            "summary",
            "file",
            "notes",
        ];
        self.shows(format!("/tasks/{task}"), &ada, &of_task);
        self.shows(format!("/tasks/{task}"), &bob, &["title", "work", "notes"]);
        self.shows(format!("/tasks/{task}/watch"), &ada, &["title", "trace"]);
        self.shows("/desk", &ada, &["title", "bob", "work", "summary", "file"]);
        self.shows("/tasks?show=posted", &ada, &["title", "category"]);
        self.shows("/wallet/statement", &ada, &["title"]);
        self.shows(receipt, &ada, &[]);
    }

    /// The same in the eyes of the operator, once it is disputed.
    async fn dispute(&mut self) {
        let (ink, ada, bob) = (&self.ink, self.ada.clone(), self.bob.clone());
        let mut post = tea();
        post["title"] = ink.name("second title").into();
        post["acceptance_criteria"] = json!(["A warm and inviting tone"]);
        let task = ada.posts(&post).await;
        let bid = json!({ "proposedPrice": "45", "coverLetter": "As asked." });
        let bid = bob.post(&format!("/v1/tasks/{task}/bids"), &bid).await.good();
        ada.accepts_bid(&text(&bid["data"]["id"])).await;
        let said = json!({ "message": ink.text("second message") });
        bob.post(&format!("/api/v1/agent/tasks/{task}/thread"), &said).await.good();
        bob.delivers(&task, &format!("{GOOD}\n{}", ink.text("second work"))).await.good();
        let reason = json!({ "reason": ink.text("reason") });
        let opened = ada.post(&format!("/api/v1/tasks/{task}/dispute"), &reason).await.good();
        let place = format!("/house/disputes/{}", text(&opened["dispute_id"]));
        let operator = self.house.operator();
        let says = ["second title", "second message", "second work", "reason", "ada", "bob"];
        self.shows(place, &operator, &says);
        self.shows("/house", &operator, &["second title", "ada", "bob"]);
    }

    /// An agent, its keys, what was handed off, sessions, and a post that waits.
    async fn account(&mut self) {
        let (ink, ada) = (&self.ink, self.ada.clone());
        let made = json!({ "name": ink.name("bot"), "skills": [ink.name("skill")] });
        let bot = actor(&ada, &ada.post("/v1/agents", &made).await.good()["data"], "apiKey");
        bot.deposits(100).await;
        makes_key(&bot, &json!({ "label": ink.name("key") })).await;
        hands_off(&ada, &json!({ "label": ink.name("handoff") })).await;
        let session =
            json!({ "email": "ada@example.org", "password": PASSWORD, "label": ink.name("session") });
        self.house.nobody().post("/v1/sessions", &session).await.good();
        let allowed = ink.of("allowed", PAYLOADS[3]);
        let rules = json!({ "require_human_approval_above": 10, "allowed_categories": [allowed] });
        bot.post("/api/bots/me/commissioning", &json!({ "guardrails": rules })).await.good();
        let mut post = tea();
        post["title"] = ink.name("asked title").into();
        post["category"] = allowed.into();
        let mut asked = Vec::new();
        for _ in 0..2 {
            let waits = bot.post("/api/tasks", &post).await;
            assert_eq!(waits.status, 202, "{}", waits.body);
            asked.push((text(&waits.body["approval_id"]), text(&waits.body["id"])));
        }
        let (approval, task) = asked.remove(0);
        let decision = json!({ "decision": "reject", "note": ink.text("approval") });
        ada.post(&format!("/api/approvals/{approval}/resolve"), &decision).await.good();
        let agent = format!("/agents/{}", bot.id);
        self.shows("/agents", &ada, &["bot", "skill"]);
        self.shows(format!("{agent}/keys"), &ada, &["bot", "key"]);
        self.shows(agent, &ada, &["bot", "skill", "allowed"]);
        self.shows("/account", &ada, &["ada"]);
        self.shows("/account/handoffs", &ada, &["handoff"]);
        self.shows("/account/sessions", &ada, &["session"]);
        self.shows("/desk", &ada, &["asked title", "bot", "allowed"]);
        self.shows(format!("/tasks/{task}"), &bot, &["asked title"]);
        self.shows(format!("/tasks/{task}/watch"), &bot, &["asked title"]);
        self.shows(format!("/parties/{}", self.bob.id), &self.house.nobody(), &["bob", "skills"]);
    }

    /// Addresses, channels, and a redemption that was refused with a reason.
    async fn money(&mut self, worker: &Actor) {
        let (ink, ada, bob) = (&self.ink, self.ada.clone(), self.bob.clone());
        let address = json!({
            "label": ink.name("address"), "currency": "USDTTRC20", "address": "TN3W4H6rK2ce4vX9YnFQHwKENnHjoxb3m9",
        });
        ada.post("/api/v1/withdrawal-addresses", &address).await.good();
        let open = json!({ "counterparty_id": bob.id, "amount": 5 });
        let channel = text(&ada.post("/api/v1/channels/open", &open).await.good()["id"]);
        let line = StockLine {
            reward: "tea-card".into(),
            name: ink.name("reward"),
            price_credits: 500,
            code: "CODE-1".into(),
        };
        stock::load(&self.house.app.db, &self.house.app.clock, &[line]).await.expect("it is loaded");
        let reward = text(&worker.get("/api/v1/agent/rewards").await.good()["data"][0]["id"]);
        let redeem = format!("/api/v1/agent/rewards/{reward}/redeem");
        let redeemed = text(&worker.post(&redeem, &json!({})).await.good()["id"]);
        let refuse = format!("/v1/admin/redemptions/{redeemed}/refuse");
        let reason = json!({ "reason": ink.name("refusal") });
        self.house.operator().post(&refuse, &reason).await.good();
        self.shows("/wallet/withdrawals", &ada, &["address"]);
        self.shows("/wallet/channels", &ada, &["bob"]);
        self.shows(format!("/wallet/channels/{channel}"), &ada, &["bob"]);
        self.shows("/wallet/rewards", worker, &["reward", "refusal"]);
        self.shows("/wallet", &ada, &[]);
        self.shows("/house", &self.house.operator(), &["reward"]);
    }

    /// A judge.
    async fn judge(&mut self, version: usize) {
        let ada = self.ada.clone();
        let bytes = judge(&self.ink, version);
        let upload = ada.request(Method::POST, "/v1/plugins").header("content-type", "application/wasm");
        let listed = ada.send(upload.body(bytes)).await.good();
        let judge = format!("/plugins/{}", text(&listed["data"]["digest"]));
        self.shows("/plugins?author=", &self.house.nobody(), &["about", "author"]);
        self.shows(judge, &ada, &["about", "author", "setting"]);
    }

    /// A field that is protected under a hostile name.
    async fn rest(&mut self) {
        let (ink, ada, bob) = (&self.ink, self.ada.clone(), self.bob.clone());
        let key = recovery_key();
        let mut post = errand(200);
        let field = |_| json!({ "name": ink.name("field"), "ciphertext": sealed(&key, "7719") });
        let fields = (0..20).map(field);
        post["protectedFields"] = fields.collect();
        let task = posts_errand(&ada, &post).await;
        claims(&bob, &task).await;
        registers_key(&bob, &key).await;
        bob.post(&format!("/api/v1/agent/tasks/{task}/secret-requests"), &json!({})).await.good();
        self.shows(format!("/tasks/{task}"), &ada, &["bob", "field"]);
        self.shows(format!("/tasks/{task}/secrets"), &ada, &["bob", "field"]);
        self.shows(format!("/tasks/{task}/secrets"), &bob, &["bob", "field"]);
    }
}

/// A judge whose publisher means harm.
fn judge(ink: &Ink, version: usize) -> Vec<u8> {
    let schema = json!({
        "type": "object",
        "properties": { "least": { "type": "integer", "description": ink.text("setting").replace('\n', " ") } },
    });
    let manifest = json!({
        "name": "hostile", "version": format!("1.0.{version}"), "world": "verifier",
        "description": ink.text("about").replace('\n', " "),
        "author": ink.name("author"),
        "config_schema": schema,
    });
    let laid_out = report(&[finding(0, 10_000, 3)]);
    let escaped = laid_out.iter().fold(String::new(), |text, byte| text + format!("\\{byte:02x}").as_str());
    let module = format!(
        r#"(data (i32.const 0) "yes") (data (i32.const 1024) "{escaped}")
           (func (export "verify") (param i32) (result i32) (i32.const 1024))"#
    );
    Text { module: &module, manifest: &manifest.to_string(), ..Text::default() }.component()
}

/// Every element that no page of ours has, and every attribute that would do something.
const STRANGE: &str = "
    const known = new Set(('html head meta link title script body a header nav ul ol li div span p main section ' +
        'article aside footer h1 h2 h3 h4 form fieldset legend input button label select option textarea table ' +
        'thead tbody tr th td dl dt dd details summary code pre strong small br time meter progress kbd ' +
        'figure figcaption caption svg rect line text title').split(' '));
    const places = ['href', 'src', 'action', 'formaction', 'data', 'xlink:href', 'poster'];
    const acts = ['style', 'srcdoc', 'autofocus', 'http-equiv', 'formtarget', 'ping'];
    const bad = (one) => {
        const name = one.localName;
        if (!known.has(name)) return true;
        if (name === 'script' && !one.getAttribute('src')?.startsWith('/assets/')) return true;
        if (['script', 'meta', 'link'].includes(name) && !one.closest('head')) return true;
        return [...one.attributes].some(({ name, value }) => name.startsWith('on') || acts.includes(name) ||
            (places.includes(name) && (!/^[/?#]/.test(value) || value.startsWith('//') || value === '/taken')));
    };
    return [...document.querySelectorAll('*')].filter(bad).map((one) => one.outerHTML.slice(0, 200));";

/// The page's text, with what is folded away and what is in fields.
const SHOWN: &str = "
    for (const one of document.querySelectorAll('details')) one.open = true;
    const typed = [...document.querySelectorAll('input, textarea')].map((field) => field.value);
    return [document.body.innerText, ...typed].join('\\n').replace(/\\s+/g, ' ');";

/// Whether the title is the one that the page came with.
const OWN_TITLE: &str = "
    const done = arguments[arguments.length - 1];
    fetch(location.href, { headers: { accept: 'text/html' } }).then((response) => response.text()).then((html) =>
        done([document.title, new DOMParser().parseFromString(html, 'text/html').title]));";

/// What is wrong with the page that is open, which says these.
async fn harmed(browser: &Browser, page: &str, says: &[String]) -> Vec<String> {
    let titles = browser.ask_later(OWN_TITLE).await;
    let mut wrong = Vec::new();
    let taken = |title: &Value| ["taken", "1"].contains(&title.as_str().unwrap_or("taken"));
    if titles[0] != titles[1] || taken(&titles[0]) {
        wrong.push(format!("{page} has another title: {titles}"));
    }
    let strange = browser.ask(STRANGE).await;
    if strange != json!([]) {
        wrong.push(format!("{page} has elements of strangers: {strange:#}"));
    }
    let shown = text(&browser.ask(SHOWN).await);
    let lost = says.iter().filter(|text| !shown.contains(text.as_str()));
    wrong.extend(lost.map(|text| format!("{page} does not show {text}")));
    wrong
}

#[test]
fn what_people_write_who_mean_harm_is_text_on_every_page() {
    in_a_browser(async |house, browser| {
        // First, since a day passes in it.
        let worker = earner(house, 600).await;
        let mut hostile = Hostile::open(house).await;
        let mut wrong = Vec::new();
        for round in 0..ROUNDS {
            hostile.ink.round(round);
            hostile.work().await;
            hostile.dispute().await;
            hostile.judge(round).await;
            wrong.extend(hostile.looked_at(browser).await);
        }
        hostile.account().await;
        hostile.money(&worker).await;
        hostile.rest().await;
        wrong.extend(hostile.looked_at(browser).await);
        assert!(wrong.is_empty(), "{wrong:#?}");
        let unseen: Vec<_> =
            hostile.ink.places().into_iter().filter(|place| !hostile.seen.contains(place)).collect();
        assert_eq!(unseen, ["approval"], "an owner's note is told to the agent, which reads no pages");
    });
}

#[test]
fn a_form_that_is_refused_gives_every_payload_back_as_it_was_typed() {
    in_a_browser(async |house, browser| {
        let ada = house.rich_agent("ada", 100).await;
        browser.becomes(&ada.key).await;
        let mut wrong = Vec::new();
        for payload in PAYLOADS {
            let typed = json!({
                "title": payload, "description": payload, "category": payload, "skills": payload,
                "budget": payload, "acceptance_criteria": payload,
            });
            browser.go("/post").await;
            browser.submits("post", "/post", &typed).await;
            browser.find(".refusal").await;
            wrong.extend(harmed_form(browser, payload).await);
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    });
}

/// The same for a page that came of a form, which has no address to be fetched from.
async fn harmed_form(browser: &Browser, payload: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let strange = browser.ask(STRANGE).await;
    if strange != json!([]) {
        wrong.push(format!("{payload} is an element: {strange:#}"));
    }
    let title = browser.driver.title().await.expect("a title");
    if title != "Post a task · Assay" {
        wrong.push(format!("{payload} is the title: {title}"));
    }
    let fields =
        "const names = ['title', 'description', 'category', 'skills', 'budget', 'acceptance_criteria'];
        return names.map((name) => document.getElementById('post').elements[name].value);";
    if browser.ask(fields).await != json!(vec![payload; 6]) {
        wrong.push(format!("{payload} is lost"));
    }
    wrong
}
