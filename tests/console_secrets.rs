//! Protected fields in browsers: the pages that ask and grant, the page of a key, and the
//! script that encrypts, against another JOSE library.

use std::path::Path;
use std::process::{Command, Stdio};

use jwt_simple::prelude::{EcdhEsA256KWDecryptionKey, EcdhEsA256KWEncryptionKey, JWTClaims};
use serde_json::{Value, json};

use crate::browsing::{Browser, with};
use crate::commands::text as lossy;
use crate::house::{Actor, House, each_house};
use crate::packages::{claims, errand, posts_errand};
use crate::protected::{recovery_key, registers_key, sealed};

const CLEAR_TEXT: &str = "tea-cellar-door-code-7719-oolong";

/// A task with a protected field, with its poster and the worker who has it.
async fn guarded(house: &House, key: &Value) -> (Actor, Actor, String) {
    let (alice, bob) = (house.agent("alice").await, house.agent("bob").await);
    let mut post = errand(200);
    post["protectedFields"] = json!([{ "name": "door <code>", "ciphertext": sealed(key, CLEAR_TEXT) }]);
    let task = posts_errand(&alice, &post).await;
    claims(&bob, &task).await;
    (alice, bob, task)
}

#[test]
fn access_is_asked_for_and_granted_on_the_page() {
    each_house(async |house| {
        let key = recovery_key();
        let (alice, bob, task) = guarded(house, &key).await;
        let (poster, worker) = (Browser::of(&alice), Browser::of(&bob));
        let place = format!("/tasks/{task}/secrets");
        poster.goes(&place).await.good().says("Nobody asked yet.");

        // Without a key there is nothing to encrypt to, and the page says what to do.
        let ask = worker.goes(&place).await.good().form("ask");
        let refused = worker.sends(&place, &ask).await;
        assert_eq!(refused.status, 409);
        refused.says("register a public key first");
        registers_key(&bob, &key).await;
        let asked = worker.sends(&place, &ask).await;
        assert_eq!(asked.place, format!("{place}?done=secrets-asked"));
        worker.goes(&place).await.good().says("waits for the poster");

        let page = poster.goes(&place).await.good();
        page.says("Encrypt for bob and grant");
        page.says("door <code>");
        let shown: Value = serde_json::from_str(&page.attributes("data-key")[0]).expect("a key");
        assert_eq!((&shown["x"], &shown["y"]), (&key["x"], &key["y"]));
        let fields: Value = serde_json::from_str(&page.attributes("data-sealed")[0]).expect("fields");
        assert!(fields["door <code>"].as_str().is_some_and(|jwe| jwe.split('.').count() == 5));
        let request = page.attributes("action").into_iter().find(|action| action.ends_with("/grant"));
        let request = request.expect("a form that grants");
        let id = request.split('/').nth(4).expect("an id");
        let grant = page.form(&format!("grant-{id}"));

        for (bundle, needle) in [
            ("", "bundle"),
            ("not JSON", "is not JSON"),
            (&json!({ "door <code>": CLEAR_TEXT }).to_string(), "must be a JWE"),
            (&json!({ "another": sealed(&key, CLEAR_TEXT) }).to_string(), "none of the task's"),
        ] {
            let said = poster.sends(&request, &with(&grant, &[("bundle", bundle)])).await;
            assert_eq!(said.status, 400, "{bundle}");
            said.says(needle);
        }
        let bundle = json!({ "door <code>": sealed(&key, CLEAR_TEXT) }).to_string();
        let granted = poster.sends(&request, &with(&grant, &[("bundle", &bundle)])).await;
        assert_eq!(granted.place, format!("{place}?done=secrets-granted"));
        let page = worker.goes(&place).await.good();
        let given: Value = serde_json::from_str(&page.attributes("data-bundle")[0]).expect("a bundle");
        assert_eq!(given.to_string(), bundle);
        let got = bob.get(&format!("/api/v1/agent/tasks/{task}/secret-bundle")).await.good();
        assert_eq!(got["bundle"], given);
        // The poster is not shown what is the worker's.
        assert!(poster.goes(&place).await.good().attributes("data-bundle").is_empty());
        let carol = Browser::of(&house.agent("carol").await);
        assert_eq!(carol.goes(&place).await.status, 403);
        assert_eq!(carol.sends(&place, &ask).await.status, 403);
    });
}

#[test]
fn only_the_public_half_of_a_key_is_taken() {
    each_house(async |house| {
        let bob = house.agent("bob").await;
        let browser = Browser::of(&bob);
        let place = "/account/encryption";
        let page = browser.goes(place).await.good();
        page.says("none yet");
        let form = page.form("key");
        let mut private = recovery_key();
        private["d"] = private["x"].clone();
        let said = browser.sends(place, &with(&form, &[("public_key", &private.to_string())])).await;
        assert_eq!(said.status, 400);
        said.says("send the public key alone");
        // RFC 7638: names in their order, and nothing else.
        let key = recovery_key();
        let set = browser.sends(place, &with(&form, &[("public_key", &key.to_string())])).await;
        assert_eq!(set.place, "/account/encryption?done=encryption-key");
        let print = assay::http::console::encryption::thumbprint(&key);
        browser.goes(place).await.good().says(&print);
        let known = json!({
            "kty": "EC", "crv": "P-256",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        });
        assert_eq!(assay::http::console::encryption::thumbprint(&known), THUMBPRINT);
    });
}

/// The thumbprint of the example key of RFC 7515, appendix A.3, as other libraries give it.
const THUMBPRINT: &str = "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U";

/// Runs a program that has our script as `./jwe.mjs`; nothing where there is no node.
fn runs(program: &str, input: &Value) -> Option<Value> {
    let folder = tempfile::TempDir::new().expect("a folder");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../host/src/http/console/assets/jwe.js");
    std::fs::copy(script, folder.path().join("jwe.mjs")).expect("the script");
    std::fs::write(folder.path().join("main.mjs"), program).expect("a program");
    let started = Command::new("node")
        .arg("main.mjs")
        .current_dir(folder.path())
        .env("INPUT", input.to_string())
        .stdin(Stdio::null())
        .output();
    let done = match started {
        Ok(done) => done,
        Err(error) => {
            println!("SKIPPED our script against another JOSE library (tools): node: {error}");
            return None;
        }
    };
    assert!(done.status.success(), "{}", lossy(&done.stderr));
    Some(serde_json::from_str(&lossy(&done.stdout)).expect("JSON"))
}

const MAKE: &str = r#"
const pair = await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"]);
const [own, open] = await Promise.all([pair.privateKey, pair.publicKey].map((key) => crypto.subtle.exportKey("jwk", key)));
console.log(JSON.stringify({ private: own, public: { kty: open.kty, crv: open.crv, x: open.x, y: open.y } }));
"#;

const SEAL: &str = r#"
import { seal } from "./jwe.mjs";
const { key, text } = JSON.parse(process.env.INPUT);
console.log(JSON.stringify(await seal(key, text)));
"#;

const OPEN: &str = r#"
import { open, privateKey } from "./jwe.mjs";
const { key, all } = JSON.parse(process.env.INPUT);
const own = await privateKey(key);
const said = [];
for (const jwe of all) said.push(await open(own, jwe).catch((error) => ({ refused: error.name })));
console.log(JSON.stringify(said));
"#;

#[test]
fn what_our_script_seals_another_library_opens_and_the_other_way_round() {
    let theirs = EcdhEsA256KWDecryptionKey::generate();
    let public: Value = serde_json::from_str(&theirs.encryption_key().to_jwk()).expect("a JWK");
    let text = json!({ "value": "清茶 “7719” 🍵" }).to_string();
    let Some(jwe) = runs(SEAL, &json!({ "key": public, "text": text })) else { return };
    let opened: JWTClaims<Value> =
        theirs.decrypt_token(jwe.as_str().expect("a JWE"), None).expect("another library opens it");
    assert_eq!(opened.custom["value"], "清茶 “7719” 🍵");

    let keys = runs(MAKE, &Value::Null).expect("node is there");
    let mine = sealed(&keys["public"], CLEAR_TEXT);
    let changed = |at: usize| {
        let mut parts: Vec<String> = mine.split('.').map(str::to_owned).collect();
        let first = if parts[at].starts_with('A') { "B" } else { "A" };
        parts[at].replace_range(0..1, first);
        parts.join(".")
    };
    let others = sealed(&recovery_key(), CLEAR_TEXT);
    let all = [mine.clone(), changed(1), changed(2), changed(3), changed(4), others, "a.b.c".into()];
    let said = runs(OPEN, &json!({ "key": keys["private"], "all": all })).expect("node is there");
    let first: Value = serde_json::from_str(said[0].as_str().expect("a text")).expect("JSON");
    assert_eq!(first["value"], CLEAR_TEXT);
    for (at, one) in said.as_array().expect("a list").iter().enumerate().skip(1) {
        assert!(one["refused"].is_string(), "{at}: {one}");
    }
    let both = runs(SEAL, &json!({ "key": keys["public"], "text": CLEAR_TEXT })).expect("node is there");
    let said = runs(OPEN, &json!({ "key": keys["private"], "all": [both] })).expect("node is there");
    assert_eq!(said[0], CLEAR_TEXT);
    // A key of theirs on the other curve that profiles may have.
    let curve = runs(X25519, &Value::Null).expect("node is there");
    assert_eq!(curve, json!(CLEAR_TEXT));
}

const X25519: &str = r#"
import { open, privateKey, publicPart, seal } from "./jwe.mjs";
const pair = await crypto.subtle.generateKey({ name: "X25519" }, true, ["deriveBits"]);
const jwk = await crypto.subtle.exportKey("jwk", pair.privateKey);
const jwe = await seal(publicPart(jwk), "tea-cellar-door-code-7719-oolong");
console.log(JSON.stringify(await open(await privateKey(jwk), jwe)));
"#;

#[test]
fn another_library_takes_the_headers_our_script_writes() {
    let key = recovery_key();
    let input = json!({ "key": key, "text": CLEAR_TEXT });
    let Some(jwe) = runs(SEAL, &input) else { return };
    // The server's own rule for what is ciphertext, and the key another library reads.
    let jwe = jwe.as_str().expect("a JWE").to_owned();
    EcdhEsA256KWEncryptionKey::from_jwk(&key.to_string()).expect("a public key");
    each_house(async |house| {
        let alice = house.agent("alice").await;
        let mut post = errand(200);
        post["protectedFields"] = json!([{ "name": "code", "ciphertext": jwe }]);
        posts_errand(&alice, &post).await;
    });
}
