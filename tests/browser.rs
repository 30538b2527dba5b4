//! A real browser for the tests: Debian's chromium, driven over `WebDriver`, headless, with
//! no network but this machine's own. One driver a test process, gone when that is.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::LazyLock;
use std::time::Duration;
use std::{env, fs};

use axum::http::Method;
use fantoccini::elements::Element;
use fantoccini::wd::{Capabilities, TimeoutConfiguration, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;
use url::{ParseError, Url};

use crate::house::{Actor, House};

/// A running driver, or why there is none. Said once, past the capture of test output.
static DRIVER: LazyLock<Option<Driver>> = LazyLock::new(|| match Driver::start() {
    Ok(driver) => Some(driver),
    Err(reason) => {
        let _ = writeln!(io::stderr(), "SKIPPED browser: {reason}");
        None
    }
});

/// The rules for pages that everyone can use, as one script; from the registry of npm, and
/// kept beside the tests.
static AXE: LazyLock<Option<String>> = LazyLock::new(|| match axe() {
    Ok(script) => Some(script),
    Err(reason) => {
        let _ = writeln!(io::stderr(), "SKIPPED axe-core: {reason} (tools)");
        None
    }
});

const AXE_VERSION: &str = "4.14.1";

/// A password that every person of the tests has.
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// How long a page may take to show what is waited for, on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(30);

struct Driver {
    port: u16,
    /// Closed by the kernel when the process ends, which is what the watcher waits for.
    _alive: ChildStdin,
}

impl Driver {
    fn start() -> Result<Self, String> {
        let binary = binary("chromedriver")?;
        binary_of_browser()?;
        let script = r#""$0" --port=0 & cat >/dev/null; kill -TERM $! ; wait"#;
        let mut shell = Command::new("/bin/sh");
        shell.arg("-c").arg(script).arg(binary).process_group(0);
        shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let child = shell.spawn().map_err(|error| error.to_string())?;
        let (Some(alive), Some(said)) = (child.stdin, child.stdout) else {
            return Err("the shell has no input or output".to_owned());
        };
        for line in BufReader::new(said).lines() {
            let line = line.map_err(|error| error.to_string())?;
            let port = line.split("successfully on port ").nth(1).map(|rest| rest.trim_end_matches('.'));
            if let Some(port) = port.and_then(|port| port.trim().parse().ok()) {
                return Ok(Self { port, _alive: alive });
            }
        }
        Err("chromedriver did not say its port".to_owned())
    }
}

/// A program of the machine, installed where that is possible.
fn binary(name: &str) -> Result<PathBuf, String> {
    let find = || {
        let path = env::var_os("PATH").unwrap_or_default();
        env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.exists())
    };
    if let Some(found) = find() {
        return Ok(found);
    }
    if fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0) {
        let mut install = Command::new("apt-get");
        install.args(["install", "-y", "chromium", "chromium-driver"]);
        install.env("DEBIAN_FRONTEND", "noninteractive").stdout(Stdio::null()).stderr(Stdio::null());
        let _ = install.status();
    }
    find().ok_or_else(|| format!("no {name} on this machine"))
}

fn binary_of_browser() -> Result<PathBuf, String> {
    binary("chromium")
}

fn axe() -> Result<String, String> {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let kept = folder.join(format!("axe-core-{AXE_VERSION}.js"));
    if let Ok(script) = fs::read_to_string(&kept) {
        return Ok(script);
    }
    let fetched = tempfile::tempdir().map_err(|error| error.to_string())?;
    let run = |program: &str, arguments: &[&str]| {
        let done = Command::new(program).args(arguments).current_dir(&fetched).output();
        let done = done.map_err(|error| format!("{program}: {error}"))?;
        if done.status.success() { Ok(()) } else { Err(format!("{program}: {}", done.status)) }
    };
    run("npm", &["pack", "--silent", &format!("axe-core@{AXE_VERSION}")])?;
    run("tar", &["-xzf", &format!("axe-core-{AXE_VERSION}.tgz"), "package/axe.min.js"])?;
    let script = fs::read_to_string(fetched.path().join("package/axe.min.js"));
    let script = script.map_err(|error| error.to_string())?;
    fs::create_dir_all(&folder)
        .and_then(|()| fs::write(&kept, &script))
        .map_err(|error| error.to_string())?;
    Ok(script)
}

/// Tells a story in a browser, in a house of its own; not where there is no browser.
#[expect(clippy::needless_pass_by_value, reason = "a story is written where it is told")]
pub(crate) fn in_a_browser(story: impl AsyncFn(&House, &Browser)) {
    if DRIVER.is_none() {
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime starts").block_on(async {
        let house = House::open(None, |_| {}).await;
        let browser = Browser::open(&house).await;
        story(&house, &browser).await;
        browser.close().await;
        house.audit().await;
        house.app.stop().await;
    });
}

/// A window of a browser.
pub(crate) struct Browser {
    pub(crate) driver: Client,
    base_url: String,
    downloads: TempDir,
}

impl Browser {
    /// A window of its own: another person's.
    pub(crate) async fn open(house: &House) -> Self {
        Self::open_at(&house.base_url).await
    }

    /// A window that reaches the server under another address.
    pub(crate) async fn open_at(base_url: &str) -> Self {
        let driver = DRIVER.as_ref().expect("a story is told only where there is a browser");
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--window-size=1200,1000",
            "--lang=en-GB",
            "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
        ];
        let wanted = Capabilities::from_iter([(
            "goog:chromeOptions".to_owned(),
            json!({ "args": arguments, "binary": binary_of_browser().expect("it was there") }),
        )]);
        let driver = ClientBuilder::new(HttpConnector::new())
            .capabilities(wanted)
            .connect(&format!("http://127.0.0.1:{}", driver.port))
            .await
            .expect("the driver opens a window");
        let timeouts = TimeoutConfiguration::new(Some(PATIENCE), Some(PATIENCE), None);
        driver.update_timeouts(timeouts).await.expect("timeouts");
        let downloads = tempfile::tempdir().expect("a folder");
        let browser = Self { driver, base_url: base_url.to_owned(), downloads };
        let to = json!({ "behavior": "allow", "downloadPath": browser.downloads.path() });
        browser.tells("Browser.setDownloadBehavior", to).await;
        browser
    }

    pub(crate) async fn close(self) {
        self.driver.close().await.expect("the window closes");
    }

    /// Goes to a page.
    pub(crate) async fn go(&self, path: &str) {
        self.driver.goto(&format!("{}{path}", self.base_url)).await.expect("the page loads");
    }

    /// Where the window is, without the server.
    pub(crate) async fn place(&self) -> String {
        let url = self.driver.current_url().await.expect("it is somewhere").to_string();
        url.strip_prefix(&self.base_url).unwrap_or(&url).to_owned()
    }

    async fn waits_for(&self, place: Locator<'_>) -> Result<Element, fantoccini::error::CmdError> {
        self.driver.wait().at_most(PATIENCE).every(Duration::from_millis(50)).for_element(place).await
    }

    /// What is at a selector, once it is there.
    pub(crate) async fn find(&self, css: &str) -> Element {
        let Ok(found) = self.waits_for(Locator::Css(css)).await else {
            panic!("no {css} on {}:\n{}", self.place().await, self.text().await)
        };
        found
    }

    /// The field of a label.
    async fn field(&self, label: &str) -> Element {
        let label_of = format!("//label[starts-with(normalize-space(.), \"{label}\")]");
        let Ok(found) = self.waits_for(Locator::XPath(&label_of)).await else {
            panic!("no field {label:?} on {}:\n{}", self.place().await, self.text().await)
        };
        let id = found.attr("for").await.expect("an answer").expect("a label is of a field");
        self.driver.find(Locator::Id(&id)).await.expect("the field of the label")
    }

    /// Types into a field, in place of what is there.
    pub(crate) async fn fill(&self, label: &str, text: &str) {
        let field = self.field(label).await;
        field.clear().await.expect("it can be emptied");
        field.send_keys(text).await.expect("it takes keys");
    }

    /// What is in a field.
    pub(crate) async fn typed(&self, label: &str) -> String {
        self.field(label).await.prop("value").await.expect("an answer").unwrap_or_default()
    }

    /// Presses a button, or follows a link, by what stands on it.
    pub(crate) async fn press(&self, text: &str) {
        let named = |place: &str| {
            let kinds = ["button", "a", "summary"];
            let kinds = kinds.map(|kind| {
                format!("{place}{kind}[not(@aria-hidden)][starts-with(normalize-space(.), \"{text}\")]")
            });
            kinds.join(" | ")
        };
        // What is on the page itself comes before what is in the menu.
        let (main, anywhere) = (named("//main//"), named("//"));
        let Ok(_) = self.waits_for(Locator::XPath(&anywhere)).await else {
            panic!("no {text:?} to press on {}:\n{}", self.place().await, self.text().await)
        };
        let found = match self.driver.find(Locator::XPath(&main)).await {
            Ok(found) => found,
            Err(_) => self.driver.find(Locator::XPath(&anywhere)).await.expect("it is there still"),
        };
        found.click().await.expect("it can be pressed");
    }

    /// What stands on the page.
    pub(crate) async fn text(&self) -> String {
        let body = self.driver.find(Locator::Css("body")).await.expect("a page has a body");
        body.text().await.expect("it has a text")
    }

    /// Fails unless the page says this.
    pub(crate) async fn sees(&self, text: &str) {
        let here = format!("//body[contains(normalize-space(.), \"{text}\")]");
        let Ok(_) = self.waits_for(Locator::XPath(&here)).await else {
            panic!("{text:?} is not on {}:\n{}", self.place().await, self.text().await)
        };
    }

    /// Runs a script on the page, for what only a script can ask.
    pub(crate) async fn ask(&self, script: &str) -> Value {
        self.driver.execute(script, Vec::new()).await.expect("the script runs")
    }

    /// The same for a script that ends when it calls its last argument.
    pub(crate) async fn ask_later(&self, script: &str) -> Value {
        self.driver.execute_async(script, Vec::new()).await.expect("the script runs")
    }

    /// What the browser saved as a file of this name, once it is whole.
    pub(crate) async fn saved(&self, name: &str) -> String {
        let path = self.downloads.path().join(name);
        for _ in 0..PATIENCE.as_millis() / 50 {
            if let Ok(text) = fs::read_to_string(&path) {
                return text;
            }
            self.ask_later("setTimeout(arguments[0], 50)").await;
        }
        panic!("{name} is not among the downloads")
    }

    /// Signs somebody in.
    pub(crate) async fn sign_in(&self, email: &str) {
        self.go("/sign-in").await;
        self.fill("E-mail", email).await;
        self.fill("Password", PASSWORD).await;
        self.press("Sign in").await;
        self.find("#sign-out").await;
    }

    /// Signs the operator in, or an agent.
    pub(crate) async fn sign_in_with(&self, key: &str) {
        self.go("/sign-in").await;
        self.press("Sign in with a key").await;
        self.fill("Key", key).await;
        self.press("Sign in with the key").await;
        self.find("#sign-out").await;
    }

    /// As a screen so many pixels wide.
    pub(crate) async fn width(&self, pixels: u32) {
        self.frame(pixels, 800, 1).await;
    }

    /// As a screen so many pixels wide on which everything is shown at twice its size.
    pub(crate) async fn width_at_twice_the_size(&self, pixels: u32) {
        self.frame(pixels / 2, 400, 2).await;
    }

    async fn frame(&self, width: u32, height: u32, scale: u32) {
        let wanted = json!({ "width": width, "height": height, "deviceScaleFactor": scale, "mobile": false });
        self.tells("Emulation.setDeviceMetricsOverride", wanted).await;
    }

    /// As in another part of the world.
    pub(crate) async fn in_time_zone(&self, zone: &str) {
        self.tells("Emulation.setTimezoneOverride", json!({ "timezoneId": zone })).await;
    }

    /// As whoever has this key; as nobody where it is empty.
    pub(crate) async fn becomes(&self, key: &str) {
        self.tells("Network.clearBrowserCookies", json!({})).await;
        if !key.is_empty() {
            let cookie = json!({ "name": "assay_session", "value": key, "url": self.base_url });
            self.tells("Network.setCookie", cookie).await;
        }
    }

    /// Presses a key where the focus is.
    pub(crate) async fn presses(&self, keys: &str) {
        let at = self.driver.active_element().await.expect("something has the focus");
        at.send_keys(keys).await.expect("it takes keys");
    }

    /// Sends a form of the page, with this in its fields; an action takes the place of the
    /// form's own, as that of a button does.
    pub(crate) async fn submits(&self, form: &str, action: &str, typed: &Value) {
        self.find(&format!("form[id=\"{form}\"]")).await;
        let send = "const [id, action, typed] = arguments;
            const form = document.getElementById(id);
            for (const [name, value] of Object.entries(typed)) {
                const field = form.elements[name] ?? form.appendChild(document.createElement('input'));
                [field.name, field.value] = [name, value];
            }
            if (action) form.action = action;
            HTMLFormElement.prototype.submit.call(form);";
        let given = vec![json!(form), json!(action), typed.clone()];
        self.driver.execute(send, given).await.expect("the form is sent");
    }

    async fn tells(&self, command: &'static str, wanted: Value) {
        self.driver.issue_cmd(OfChrome(command, wanted)).await.expect("Chrome does it");
    }

    /// As somebody sees it who prefers this colour scheme: `light` or `dark`.
    pub(crate) async fn prefers(&self, scheme: &str) {
        let wanted = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.tells("Emulation.setEmulatedMedia", wanted).await;
    }

    /// As a browser that runs no scripts of pages.
    pub(crate) async fn without_scripts(&self) {
        self.tells("Emulation.setScriptExecutionDisabled", json!({ "value": true })).await;
    }

    /// What axe-core has against the page; nothing where it could not be had.
    pub(crate) async fn complaints(&self) -> Vec<String> {
        let Some(axe) = AXE.as_ref() else { return Vec::new() };
        // It is half a megabyte to read, and stays as long as the page does.
        if self.ask("return !window.axe").await == true {
            self.driver.execute(axe.as_str(), Vec::new()).await.expect("axe-core is there");
        }
        let run = "const done = arguments[arguments.length - 1];
            axe.run(document, { resultTypes: ['violations'] }).then(found => done(found.violations.map(one =>
                one.id + ': ' + one.nodes.map(node => node.target.join(' ') + ' ' + node.failureSummary).join('; '))));";
        serde_json::from_value(self.ask_later(run).await).expect("a list")
    }
}

/// A person with an account, over the API.
pub(crate) async fn person(house: &House, name: &str) -> Actor {
    let email = format!("{}@example.org", name.to_lowercase());
    let body = json!({ "email": email, "password": PASSWORD, "name": name });
    let made = house.nobody().post("/v1/accounts", &body).await.good();
    let field = |name: &str| made["data"][name].as_str().unwrap_or_default().to_owned();
    Actor { id: field("id"), key: field("apiKey"), ..house.nobody() }
}

/// Takes a picture of the page as it stands, for whoever wants to look at it after the tests.
pub(crate) async fn picture(browser: &Browser, name: &str) {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("screens");
    let height =
        browser.ask("scrollTo(0, 0); return Math.min(document.documentElement.scrollHeight, 1400)").await;
    browser.frame(1_100, u32::try_from(height.as_u64().unwrap_or(900)).unwrap_or(900), 1).await;
    let bytes = browser.driver.screenshot().await.expect("a picture");
    let kept =
        fs::create_dir_all(&folder).and_then(|()| fs::write(folder.join(format!("{name}.png")), bytes));
    kept.expect("the picture is kept");
    browser.width(1_200).await;
}

/// One of Chrome's own commands.
#[derive(Debug)]
struct OfChrome(&'static str, Value);

impl WebDriverCompatibleCommand for OfChrome {
    fn endpoint(&self, base_url: &Url, session_id: Option<&str>) -> Result<Url, ParseError> {
        base_url.join(&format!("session/{}/goog/cdp/execute", session_id.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(json!({ "cmd": self.0, "params": self.1 }).to_string()))
    }
}
