//! A server as users meet it, on a real port, and people who talk to it over HTTP.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use assay::app::App;
use assay::config::Settings;
use assay::http::Server;
use assay_db::Record as _;
use assay_db::entities::ReceiptRow;
use assay_simulator::furniture::furnish;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{described, postgres};

/// The operator's key in every test.
pub(crate) const ADMIN_KEY: &str = "assay_test_operator";

/// A server and where it lives, or several on one database.
pub(crate) struct House {
    /// The first of them.
    pub(crate) app: Arc<App>,
    pub(crate) base_url: String,
    client: Client,
    others: Vec<Arc<App>>,
    turn: Option<Arc<Turn>>,
    folders: Vec<TempDir>,
}

/// Several hosts, asked one after the other.
#[derive(Debug)]
pub(crate) struct Turn {
    base_urls: Vec<String>,
    asked: AtomicUsize,
}

/// Somebody with a key.
#[derive(Clone)]
pub(crate) struct Actor {
    pub(crate) id: String,
    pub(crate) key: String,
    pub(crate) client: Client,
    pub(crate) base_url: String,
    /// Who is asked next, where there are several hosts.
    pub(crate) turn: Option<Arc<Turn>>,
}

/// What came back.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) status: u16,
    pub(crate) replayed: bool,
    pub(crate) body: Value,
}

impl Turn {
    fn next(&self) -> &str {
        &self.base_urls[self.asked.fetch_add(1, Ordering::Relaxed) % self.base_urls.len()]
    }
}

impl Said {
    /// The body of an answer that must be a success.
    #[track_caller]
    pub(crate) fn good(self) -> Value {
        assert!((200..300).contains(&self.status), "{} {}", self.status, self.body);
        self.body
    }

    /// `STATUS CODE` of a refusal, for comparing.
    pub(crate) fn refusal(&self) -> String {
        format!("{} {}", self.status, self.body["error"]["code"].as_str().unwrap_or("without a code"))
    }
}

/// A client of the tests' own.
pub(crate) fn client() -> Client {
    assay::gateways::prepare_tls();
    Client::new()
}

/// Runs a story on SQLite, and on PostgreSQL where there is one.
pub(crate) fn each_house(story: impl AsyncFn(&House)) {
    each_house_with(|_| {}, story);
}

/// Runs a story on both, in a house with other settings.
#[expect(clippy::needless_pass_by_value, reason = "a story is written where it is told")]
pub(crate) fn each_house_with(change: impl Fn(&mut Settings), story: impl AsyncFn(&House)) {
    tell(&story, async || House::open(None, &change).await);
    if let Some(database) = postgres::database() {
        tell(&story, async || House::open(Some(database), &change).await);
    }
}

/// Runs a story on both, and on three hosts that share one PostgreSQL and are asked in turn.
pub(crate) fn everywhere(story: impl AsyncFn(&House)) {
    everywhere_with(|_| {}, story);
}

/// The same with other settings.
pub(crate) fn everywhere_with(change: impl Fn(&mut Settings), story: impl AsyncFn(&House)) {
    each_house_with(&change, &story);
    on_three_hosts(change, story);
}

/// Runs a story on three hosts that share one PostgreSQL, where there is one.
#[expect(clippy::needless_pass_by_value, reason = "a story is written where it is told")]
pub(crate) fn on_three_hosts(change: impl Fn(&mut Settings), story: impl AsyncFn(&House)) {
    if let Some(database) = postgres::database() {
        tell(&story, async || House::open_several(3, &database, &change).await);
    }
}

fn tell(story: &impl AsyncFn(&House), open: impl AsyncFnOnce() -> House) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime starts").block_on(async {
        let house = open().await;
        story(&house).await;
        house.audit().await;
        for app in house.apps() {
            app.stop().await;
        }
    });
}

/// What a server answered in its life counts when all tests have run.
impl Drop for House {
    fn drop(&mut self) {
        for app in self.apps() {
            described::keep(&app.metrics.text());
        }
    }
}

/// One server and its folder.
async fn open_host(database: Option<String>, change: impl FnOnce(&mut Settings)) -> (TempDir, Arc<App>) {
    let folder = TempDir::new().expect("the machine has a folder for temporary files");
    let data: PathBuf = folder.path().join("data");
    furnish(&data).await;
    let mut settings = Settings::in_folder(&data);
    settings.database = database;
    settings.test_clock = true;
    settings.program = Some(crate::commands::program());
    settings.admin_key = Some(ADMIN_KEY.into());
    // Everyone in a test comes from one address.
    settings.rates.registrations_per_address_per_hour = 0;
    change(&mut settings);
    let app = App::start(settings).await.expect("the server starts");
    let server = Server::listen(Arc::clone(&app)).await.expect("a free port");
    tokio::spawn(server.run(std::future::pending()));
    (folder, app)
}

impl House {
    /// A server on a fresh database, with the settings as `change` leaves them.
    pub(crate) async fn open(database: Option<String>, change: impl FnOnce(&mut Settings)) -> Self {
        let (folder, app) = open_host(database, change).await;
        let base_url = app.base_url();
        Self { app, base_url, client: client(), others: Vec::new(), turn: None, folders: vec![folder] }
    }

    /// Several on one database.
    pub(crate) async fn open_several(hosts: usize, database: &str, change: impl Fn(&mut Settings)) -> Self {
        let mut house = Self::open(Some(database.to_owned()), &change).await;
        let mut base_urls = vec![house.base_url.clone()];
        for _ in 1..hosts {
            let (folder, app) = open_host(Some(database.to_owned()), &change).await;
            base_urls.push(app.base_url());
            house.others.push(app);
            house.folders.push(folder);
        }
        house.turn = Some(Arc::new(Turn { base_urls, asked: AtomicUsize::new(0) }));
        house
    }

    fn apps(&self) -> impl Iterator<Item = &Arc<App>> {
        std::iter::once(&self.app).chain(&self.others)
    }

    /// The addresses of all hosts.
    pub(crate) fn base_urls(&self) -> Vec<String> {
        self.apps().map(|app| app.base_url()).collect()
    }

    /// Somebody without a key.
    pub(crate) fn nobody(&self) -> Actor {
        Actor {
            id: String::new(),
            key: String::new(),
            client: self.client.clone(),
            base_url: self.base_url.clone(),
            turn: self.turn.clone(),
        }
    }

    /// The operator.
    pub(crate) fn operator(&self) -> Actor {
        Actor { key: ADMIN_KEY.into(), ..self.nobody() }
    }

    /// A new agent.
    pub(crate) async fn agent(&self, name: &str) -> Actor {
        let nobody = self.nobody();
        let body = nobody.post("/api/v1/agent/register", &json!({ "name": name })).await.good();
        let field = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        Actor { id: field("id"), key: field("apiKey"), ..nobody }
    }

    /// A new agent with money.
    pub(crate) async fn rich_agent(&self, name: &str, dollars: u32) -> Actor {
        let agent = self.agent(name).await;
        agent.deposits(dollars).await;
        agent
    }

    /// Moves the clock, and lets what is due happen. Every host reads the clock anew.
    pub(crate) async fn wait(&self, seconds: i64) {
        let mut advance = seconds;
        for base_url in self.base_urls() {
            let operator = self.operator().at(&base_url);
            operator.post("/v1/test/clock", &json!({ "advance_seconds": advance })).await.good();
            advance = 0;
        }
    }

    /// The books are right and the chains whole.
    pub(crate) async fn audit(&self) {
        let report = assay_db::audit(self.app.db.read(), &[ReceiptRow::TABLE]).await.expect("an audit");
        let differences: Vec<String> = report.differences.iter().map(ToString::to_string).collect();
        assert!(report.is_clean(), "{differences:#?}");
    }
}

impl Actor {
    /// The same party with another key.
    pub(crate) fn with_key(&self, key: &str) -> Self {
        Self { key: key.into(), ..self.clone() }
    }

    /// The same party, asking this host alone.
    pub(crate) fn at(&self, base_url: &str) -> Self {
        Self { base_url: base_url.into(), turn: None, ..self.clone() }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let base_url = self.turn.as_ref().map_or(self.base_url.as_str(), |turn| turn.next());
        let url = if path.starts_with("http") { path.to_owned() } else { format!("{base_url}{path}") };
        let request = self.client.request(method, url);
        if self.key.is_empty() { request } else { request.bearer_auth(&self.key) }
    }

    pub(crate) async fn send(&self, request: RequestBuilder) -> Said {
        let request = request.build().expect("a request");
        let asked = (request.method().clone(), request.url().path().to_owned());
        let response = self.client.execute(request).await.expect("the server answers");
        let status = response.status().as_u16();
        let replayed = response.headers().contains_key("idempotent-replayed");
        let bytes = response.bytes().await.expect("a body");
        let body = serde_json::from_slice(&bytes)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&bytes)));
        described::check(asked.0.as_str(), &asked.1, status, &body);
        Said { status, replayed, body }
    }

    pub(crate) async fn get(&self, path: &str) -> Said {
        self.send(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Said {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Said {
        self.send(self.request(Method::PUT, path).json(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Said {
        self.send(self.request(Method::DELETE, path)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Said {
        self.send(self.request(Method::PATCH, path).json(body)).await
    }

    pub(crate) async fn post_once(&self, key: &str, path: &str, body: &Value) -> Said {
        self.send(self.request(Method::POST, path).header("Idempotency-Key", key).json(body)).await
    }

    pub(crate) async fn deposits(&self, dollars: u32) {
        let opened = self.post("/api/credits/deposit", &json!({ "amount": dollars })).await.good();
        let url = opened["checkout_url"].as_str().expect("where to pay").to_owned();
        self.send(self.request(Method::POST, &url)).await.good();
    }

    pub(crate) async fn lets_the_reviewer_decide(&self) {
        let rules = json!({ "guardrails": { "auto_review": true } });
        self.post("/api/bots/me/commissioning", &rules).await.good();
    }

    /// `available reserved total`, as shown.
    pub(crate) async fn money(&self) -> String {
        let balance = self.get("/api/credits/balance").await.good();
        format!(
            "{} available, {} reserved, {} total",
            balance["available"], balance["reserved"], balance["total"]
        )
    }

    /// Posts a task; gives its id.
    pub(crate) async fn posts(&self, body: &Value) -> String {
        let task = self.post("/api/tasks", body).await.good();
        task["id"].as_str().expect("an id").to_owned()
    }

    /// Bids; gives the bid's id.
    pub(crate) async fn bids(&self, task: &str, price: &str) -> String {
        let body = json!({ "proposedPrice": price, "coverLetter": "I can do this." });
        let bid = self.post(&format!("/v1/tasks/{task}/bids"), &body).await.good();
        bid["data"]["id"].as_str().expect("an id").to_owned()
    }

    pub(crate) async fn accepts_bid(&self, bid: &str) {
        self.post(&format!("/api/proposals/{bid}/accept"), &json!({})).await.good();
    }

    pub(crate) async fn delivers(&self, task: &str, content: &str) -> Said {
        self.post(&format!("/v1/tasks/{task}/deliver"), &json!({ "content": content })).await
    }

    pub(crate) async fn resubmits(&self, task: &str, content: &str) -> Said {
        self.post(&format!("/v1/tasks/{task}/resubmit"), &json!({ "content": content })).await
    }

    pub(crate) async fn reviews(&self, delivery: &str, status: &str) -> Said {
        let body = json!({ "id": delivery, "status": status, "review_notes": "as agreed" });
        self.patch("/api/deliverables", &body).await
    }

    pub(crate) async fn task_status(&self, task: &str) -> String {
        let task = self.get(&format!("/api/tasks/{task}")).await.good();
        task["status"].as_str().unwrap_or_default().to_owned()
    }
}
