//! Live mode, as an operator starts it: by secrets in the environment, which nobody sees
//! again; and events that Stripe's own library signs.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread::JoinHandle;

use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::commands::{assay, command, text};
use crate::house::{House, client};
use crate::plugin_command::workshop;
use crate::providers::{
    COIN_IPN, COIN_KEY, Fakes, PAYOUT_EMAIL, PAYOUT_PASSWORD, SECRETS, STRIPE_KEY, STRIPE_WEBHOOK,
    coin_signature, send_callback, stripe_event, stripe_signature,
};

/// A live server as a process, with all it logs.
struct Live {
    child: Child,
    base_url: String,
    log: Option<JoinHandle<String>>,
}

fn with_secrets(arguments: &[&str], fakes_url: &str, folder: &Path) -> Command {
    let file = folder.join("webhook-secret");
    std::fs::write(&file, format!("{STRIPE_WEBHOOK}\n")).expect("a file");
    let mut command = command(arguments);
    command
        .env("ASSAY_STRIPE_SECRET_KEY", STRIPE_KEY)
        .env("ASSAY_STRIPE_WEBHOOK_SECRET_FILE", file)
        .env("ASSAY_STRIPE_BASE_URL", fakes_url)
        .env("ASSAY_NOWPAYMENTS_API_KEY", COIN_KEY)
        .env("ASSAY_NOWPAYMENTS_IPN_SECRET", COIN_IPN)
        .env("ASSAY_NOWPAYMENTS_EMAIL", PAYOUT_EMAIL)
        .env("ASSAY_NOWPAYMENTS_PASSWORD", PAYOUT_PASSWORD)
        .env("ASSAY_NOWPAYMENTS_BASE_URL", fakes_url)
        .env("ASSAY_PUBLIC_URL", "https://house.example")
        .env("ASSAY_LOG", "trace");
    command
}

impl Live {
    /// Listens beyond loopback, as a live server may.
    fn start(fakes_url: &str, folder: &Path) -> Self {
        let data = folder.join("data").display().to_string();
        let arguments = ["serve", "--listen", "0.0.0.0:0", "--data", &data];
        let mut child = with_secrets(&arguments, fakes_url, folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let mut errors = child.stderr.take().expect("its log");
        let log = std::thread::spawn(move || {
            let mut log = Vec::new();
            errors.read_to_end(&mut log).expect("a log");
            String::from_utf8_lossy(&log).into_owned()
        });
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().expect("its output"))
            .read_line(&mut line)
            .expect("a first line");
        let address = line.trim().strip_prefix("listening on ").expect("where it listens");
        Self { child, base_url: address.replace("0.0.0.0", "127.0.0.1"), log: Some(log) }
    }

    fn stop(mut self) -> String {
        let id = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &id]).status().expect("a signal is sent");
        assert_eq!(self.child.wait().expect("it ends").code(), Some(0));
        self.log.take().expect("once").join().expect("a log")
    }

    /// Asks; status and text of the answer.
    async fn ask(
        &self,
        method: Method,
        path: &str,
        key: &str,
        headers: &[(&str, String)],
        body: String,
    ) -> String {
        let mut request = client().request(method, format!("{}{path}", self.base_url)).body(body);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        if !key.is_empty() {
            request = request.bearer_auth(key);
        }
        let response = request.send().await.expect("an answer");
        let status = response.status().as_u16();
        format!("{status} {}", response.text().await.expect("a text"))
    }
}

/// The JSON of an answer of [`Live::ask`].
fn body(said: &str) -> Value {
    let (_, body) = said.split_once(' ').expect("a status");
    serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {said}"))
}

/// A deposit by card and one by coin, events good and bad, a withdrawal; all answers.
async fn a_day(live: &Live, fakes: &Fakes) -> Vec<String> {
    let post = async |path: &str, key: &str, body: Value| {
        live.ask(Method::POST, path, key, &[], body.to_string()).await
    };
    let mut said = vec![live.ask(Method::GET, "/health", "", &[], String::new()).await];
    assert_eq!(body(&said[0])["mode"], "live");
    let registered = post("/api/v1/agent/register", "", json!({ "name": "alice" })).await;
    let key = body(&registered)["apiKey"].as_str().expect("a key").to_owned();
    assert!(key.starts_with("assay_live_"), "{key}");
    let opened = post("/api/credits/deposit", &key, json!({ "amount": 10 })).await;
    let mut session = fakes.session_of(body(&opened)["id"].as_str().expect("an id"));
    session["payment_status"] = "paid".into();
    let event = stripe_event("checkout.session.completed", &session).to_string();
    let now = assay::clock::Clock::default().now().0 / 1000;
    for (secret, seconds, status) in
        [("whsec_x", now, "400"), (STRIPE_WEBHOOK, now - 999, "400"), (STRIPE_WEBHOOK, now, "200")]
    {
        let signed = [("stripe-signature", stripe_signature(&event, secret, seconds))];
        let answer = live.ask(Method::POST, "/webhooks/stripe", "", &signed, event.clone()).await;
        assert!(answer.starts_with(status), "{answer}");
        said.push(answer);
    }
    let invoice =
        post("/api/v1/payments/create-intent", &key, json!({ "amount": 20, "currency": "DAI" })).await;
    let opened = body(&invoice);
    let notice = json!({ "payment_id": 1, "payment_status": "finished", "order_id": opened["id"],
        "price_amount": 20, "price_currency": "usd", "pay_currency": "dai" });
    for (notice, status) in [(json!({ "payment_status": "x" }), "400"), (notice, "200")] {
        let secret = if status == "200" { COIN_IPN } else { "x" };
        let signed = [("x-nowpayments-sig", coin_signature(&notice, secret))];
        let answer = live.ask(Method::POST, "/webhooks/nowpayments", "", &signed, notice.to_string()).await;
        assert!(answer.starts_with(status), "{answer}");
        said.push(answer);
    }
    said.extend([opened.to_string(), invoice]);
    said.push(post("/test/payments/018f0000-0000-7000-8000-000000000000", &key, json!({})).await);
    said.push(post("/webhooks/test", &key, json!({})).await);
    said.push(post("/v1/test/clock", &key, json!({ "advance_seconds": 1 })).await);
    assert!(said.iter().rev().take(3).all(|answer| answer.starts_with("404")), "{said:#?}");
    said.push(live.ask(Method::GET, "/api/v1/ledger/balance", &key, &[], String::new()).await);
    assert_eq!(body(said.last().expect("it was asked"))["available"], "30.00");
    said.push(live.ask(Method::GET, "/metrics", "", &[], String::new()).await);
    said
}

#[test]
fn secrets_come_from_the_environment_and_are_never_seen_again() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a runtime starts");
    let folder = TempDir::new().expect("a folder");
    let fakes: Arc<Fakes> = runtime.block_on(Fakes::open());
    let live = Live::start(&fakes.url(), folder.path());
    let said = runtime.block_on(a_day(&live, &fakes));
    let log = live.stop();
    for secret in SECRETS {
        assert!(!log.contains(secret), "{secret} is in the log");
        assert!(!said.iter().any(|answer| answer.contains(secret)), "{secret} is in an answer");
    }
    let refused: Vec<Value> = log
        .lines()
        .filter(|line| line.contains("a payment callback was refused"))
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let reasons: Vec<&str> = refused.iter().filter_map(|line| line["fields"]["reason"].as_str()).collect();
    assert_eq!(
        reasons,
        [
            "the callback's signature does not match its body",
            "the callback's signature is too old or from the future",
            "the callback's signature does not match its body",
        ]
    );
    assert!(refused.iter().all(|line| line["level"] == "WARN"));
    settings_of_a_live_server(&fakes.url(), folder.path());
}

/// What a live server and its database do not mix with.
fn settings_of_a_live_server(fakes_url: &str, folder: &Path) {
    let data = folder.join("data").display().to_string();
    let test = assay(&["serve", "--listen", "127.0.0.1:0", "--data", &data]);
    assert_eq!(test.status.code(), Some(1));
    let message = text(&test.stderr);
    assert!(message.contains("belongs to a server in live mode and this one is in test mode"), "{message}");
    let refused = |arguments: &[&str], change: &dyn Fn(&mut Command), said: &str| {
        let mut command = with_secrets(arguments, fakes_url, folder);
        change(&mut command);
        let output = command.output().expect("the program starts");
        let message = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{message}");
        assert!(message.contains(said), "{said:?} is not in {message}");
        assert!(!SECRETS.iter().any(|secret| message.contains(secret)), "{message}");
    };
    let serve = ["serve", "--listen", "127.0.0.1:0", "--data", &data];
    refused(&["serve", "--listen", "127.0.0.1:0", "--data", &data, "--test-clock"], &|_| {}, "--test-clock");
    refused(
        &serve,
        &|command| {
            command.env_remove("ASSAY_STRIPE_WEBHOOK_SECRET_FILE");
        },
        "ASSAY_STRIPE_WEBHOOK_SECRET is missing",
    );
    refused(
        &serve,
        &|command| {
            command.env("ASSAY_STRIPE_WEBHOOK_SECRET", STRIPE_WEBHOOK);
        },
        "both set",
    );
    refused(
        &serve,
        &|command| {
            command.env("ASSAY_STRIPE_WEBHOOK_SECRET_FILE", "/nowhere");
        },
        "/nowhere",
    );
    let other = folder.join("test-data");
    let shown = other.display().to_string();
    let party = "00000000-0000-7000-8000-000000000000";
    assay(&["keys", "create", "--data", &shown, "--party", party]);
    refused(
        &["serve", "--listen", "127.0.0.1:0", "--data", &shown],
        &|_| {},
        "belongs to a server in test mode and this one is in live mode",
    );
    let audit = assay(&["audit", "--data", &data]);
    assert!(audit.status.success(), "{}{}", text(&audit.stdout), text(&audit.stderr));
}

/// Python with Stripe's library, in a folder that stays; nothing where it cannot be had.
fn stripes_python() -> Option<PathBuf> {
    let folder = workshop().join("stripe-python");
    let python = folder.join("bin/python");
    let has = || {
        Command::new(&python).args(["-c", "import stripe"]).output().is_ok_and(|done| done.status.success())
    };
    if has() {
        return Some(python);
    }
    let made = Command::new("python3").args(["-m", "venv"]).arg(&folder).output();
    if !made.as_ref().is_ok_and(|done| done.status.success()) {
        println!("SKIPPED (tools): no python3 with venv to sign events with");
        return None;
    }
    let installed =
        Command::new(&python).args(["-m", "pip", "install", "--quiet", "stripe==16.1.0"]).output();
    let installed = installed.expect("the Python that was just made");
    if !has() {
        println!("SKIPPED (tools): pip install stripe: {}", text(&installed.stderr).trim_end());
        return None;
    }
    Some(python)
}

/// Signs the standard input's JSON as Stripe's library signs, and has its own check take it.
const SIGN: &str = "
import sys, stripe
body, secret, now = sys.stdin.read(), sys.argv[1], int(sys.argv[2])
signature = stripe.WebhookSignature._compute_signature('%d.%s' % (now, body), secret)
header = 't=%d,v1=%s' % (now, signature)
stripe.Webhook.construct_event(body, header, secret)
print(header)
";

fn signed_by_stripe(python: &Path, event: &str, secret: &str, seconds: i64) -> String {
    use std::io::Write as _;
    let mut child = Command::new(python)
        .args(["-c", SIGN, secret, &seconds.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python starts");
    child.stdin.take().expect("its input").write_all(event.as_bytes()).expect("it reads");
    let done = child.wait_with_output().expect("it ends");
    assert!(done.status.success());
    text(&done.stdout).trim().to_owned()
}

#[test]
fn an_event_that_stripes_own_library_signs_is_taken() {
    let Some(python) = stripes_python() else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime starts").block_on(async {
        let fakes = Fakes::open().await;
        let house = House::open(None, |settings| fakes.set_up(settings)).await;
        let alice = house.agent("alice").await;
        let opened = alice.post("/api/credits/deposit", &json!({ "amount": "7.77" })).await.good();
        let mut session = fakes.session_of(opened["id"].as_str().expect("an id"));
        session["payment_status"] = "paid".into();
        session["customer_details"] = json!({ "name": "Zoë 😀", "note": "a/b \"c\"" });
        let event = format!("{:#}", stripe_event("checkout.session.completed", &session));
        let header = signed_by_stripe(&python, &event, STRIPE_WEBHOOK, house.app.now().0 / 1000);
        let forged = header.replace("v1=", "v1=0");
        let said =
            send_callback(&house, "/webhooks/stripe", "Stripe-Signature", &forged, event.clone()).await;
        assert_eq!(said.refusal(), "400 BAD_SIGNATURE");
        send_callback(&house, "/webhooks/stripe", "Stripe-Signature", &header, event).await.good();
        assert_eq!(alice.get("/api/v1/ledger/balance").await.good()["available"], "7.77");
        house.audit().await;
        house.app.stop().await;
    });
}
