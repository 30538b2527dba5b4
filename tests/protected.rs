//! Protected fields end to end: a Rust publisher encrypts, a Python agent decrypts, and the
//! clear text is nowhere in between.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jwt_simple::prelude::{Claims, Duration, EcdhEsA256KWDecryptionKey, EcdhEsA256KWEncryptionKey};
use serde_json::{Value, json};

use crate::commands::text as lossy;
use crate::house::{Actor, House, each_house};
use crate::packages::{claims, errand, posts_errand, text};
use crate::plugin_command::workshop;

/// What nobody but the two may see.
const CLEAR_TEXT: &str = "tea-cellar-door-code-7719-oolong";
const JWCRYPTO: &str = "jwcrypto==1.6.1";

/// A Python that has the packages; nothing where they cannot be had.
pub(crate) fn python(name: &str, packages: &[&str]) -> Option<PathBuf> {
    let folder = workshop().join(format!("{name}-python"));
    let (python, mark) = (folder.join("bin/python"), folder.join("installed.txt"));
    let wanted = packages.join("\n");
    if std::fs::read_to_string(&mark).ok().as_ref() == Some(&wanted) {
        return Some(python);
    }
    let steps: [(&Path, Vec<&str>); 2] = [
        (Path::new("python3"), vec!["-m", "venv", folder.to_str()?]),
        (&python, [vec!["-m", "pip", "install", "--quiet"], packages.to_vec()].concat()),
    ];
    for (program, arguments) in steps {
        let done = Command::new(program).args(arguments).output();
        let failed = match &done {
            Ok(done) if done.status.success() => continue,
            Ok(done) => lossy(&done.stderr),
            Err(error) => error.to_string(),
        };
        println!("SKIPPED (tools): {name}: {}", failed.lines().last().unwrap_or("no word of why"));
        return None;
    }
    std::fs::write(mark, wanted).expect("a file");
    Some(python)
}

/// A Python with a library for JOSE that is none of ours.
pub(crate) static AGENT: LazyLock<Option<PathBuf>> = LazyLock::new(|| python("jwcrypto", &[JWCRYPTO]));

/// Runs a Python program on an input, and gives what it prints.
pub(crate) fn runs(python: &Path, program: &str, input: &str) -> String {
    let mut child = Command::new(python)
        .args(["-c", program])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("Python starts");
    child.stdin.take().expect("its input").write_all(input.as_bytes()).expect("it reads");
    let done = child.wait_with_output().expect("it ends");
    assert!(done.status.success(), "{}", lossy(&done.stderr));
    lossy(&done.stdout).trim_end().to_owned()
}

const MAKE_KEY: &str = r#"
import json
from jwcrypto import jwk
key = jwk.JWK.generate(kty="EC", crv="P-256")
print(json.dumps({"private": json.loads(key.export_private()), "public": json.loads(key.export_public())}))
"#;

/// Opens one field of a bundle with a private key, and prints what is in it.
pub(crate) const OPEN: &str = r#"
import json, sys
from jwcrypto import jwe, jwk
given = json.load(sys.stdin)
key = jwk.JWK.from_json(json.dumps(given["private"]))
box = jwe.JWE(algs=["ECDH-ES+A256KW", "A256GCM"])
box.deserialize(given["bundle"], key)
print(json.loads(box.payload)["value"])
"#;

/// Encrypts a value to a public key, as a publisher does.
pub(crate) fn sealed(public_key: &Value, value: &str) -> String {
    let key = EcdhEsA256KWEncryptionKey::from_jwk(&public_key.to_string()).expect("a public key");
    let claims = Claims::with_custom_claims(json!({ "value": value }), Duration::from_hours(1));
    key.encrypt(claims).expect("ciphertext")
}

/// The publisher's own key, which never leaves it.
pub(crate) fn recovery_key() -> Value {
    let key = EcdhEsA256KWDecryptionKey::generate();
    serde_json::from_str(&key.encryption_key().to_jwk()).expect("a JWK")
}

pub(crate) async fn registers_key(agent: &Actor, key: &Value) {
    agent.put("/api/v1/agent/encryption-key", &json!({ "publicKey": key })).await.good();
}

/// A task with a protected field, claimed by an agent that has registered a key.
async fn guarded(house: &House, key: &Value) -> (Actor, Actor, String) {
    let (alice, bob) = (house.agent("alice").await, house.agent("bob").await);
    let mut post = errand(200);
    post["protectedFields"] =
        json!([{ "name": "door code", "ciphertext": sealed(&recovery_key(), CLEAR_TEXT) }]);
    let task = posts_errand(&alice, &post).await;
    registers_key(&bob, key).await;
    claims(&bob, &task).await;
    (alice, bob, task)
}

#[test]
fn a_python_agent_opens_what_a_rust_publisher_sealed_and_nobody_else_can() {
    let Some(python) = &*AGENT else { return };
    let keys: Value = serde_json::from_str(&runs(python, MAKE_KEY, "")).expect("two keys");
    each_house(async |house| {
        let (alice, bob, task) = guarded(house, &keys["public"]).await;
        let path = |what: &str| format!("/api/v1/agent/tasks/{task}/{what}");
        let asked = bob.post(&path("secret-requests"), &json!({})).await.good();
        let waiting = alice.get(&path("secret-requests")).await.good();
        assert_eq!(waiting["data"][0]["requestId"], asked["id"]);
        let public_key = &waiting["data"][0]["publicKey"];
        assert_eq!((&public_key["x"], &public_key["y"]), (&keys["public"]["x"], &keys["public"]["y"]));
        assert_eq!(bob.get(&path("secret-bundle")).await.refusal(), "403 NOT_GRANTED");

        let grant = path(&format!("secret-requests/{}/grant", text(&asked["id"])));
        let bundle = json!({ "bundle": { "door code": sealed(public_key, CLEAR_TEXT) } });
        let mut seen = vec![alice.post(&grant, &bundle).await.good()];
        let got = bob.get(&path("secret-bundle")).await.good();
        let given = json!({ "private": keys["private"], "bundle": got["bundle"]["door code"] });
        assert_eq!(runs(python, OPEN, &given.to_string()), CLEAR_TEXT);

        let carol = house.agent("carol").await;
        for actor in [&alice, &carol, &house.operator()] {
            let said = actor.get(&path("secret-bundle")).await;
            assert_eq!(said.refusal(), "403 NOT_GRANTED");
        }
        for actor in [&alice, &bob, &carol, &house.operator()] {
            seen.push(actor.get(&format!("/api/v1/agent/tasks/{task}")).await.body);
            seen.push(actor.get(&path("secret-requests")).await.body);
            seen.push(actor.get(&path("thread")).await.body);
        }
        seen.push(got);
        for body in seen {
            assert!(!body.to_string().contains(CLEAR_TEXT), "{body}");
        }
        nowhere_in_the_database(house);
    });
}

/// The clear text is in no file of the database, in no encoding a careless hand would use.
fn nowhere_in_the_database(house: &House) {
    let encoded = URL_SAFE_NO_PAD.encode(CLEAR_TEXT);
    // The last letters of base64 depend on what follows.
    let needles = [CLEAR_TEXT, &hex::encode(CLEAR_TEXT), &encoded[..encoded.len() - 2]].map(str::to_owned);
    let mut looked = 0;
    for entry in std::fs::read_dir(&house.app.settings.data).expect("the data folder").flatten() {
        let path = entry.path();
        if path.is_file() {
            let bytes = std::fs::read(&path).expect("a file");
            looked += bytes.len();
            for needle in &needles {
                let found = bytes.windows(needle.len()).any(|window| window == needle.as_bytes());
                assert!(!found, "{} holds the clear text", path.display());
            }
        }
    }
    assert!(looked > 0 || house.app.settings.database.is_some(), "there was a database to look into");
}

#[test]
fn protected_fields_are_advertised_by_name_asked_for_once_and_granted_by_the_poster() {
    each_house(async |house| {
        let key = recovery_key();
        let (alice, bob, task) = guarded(house, &key).await;
        let carol = house.agent("carol").await;
        let path = |what: &str| format!("/api/v1/agent/tasks/{task}/{what}");
        let seen = carol.get(&format!("/api/v1/agent/tasks/{task}")).await.good();
        assert_eq!(seen["protectedFields"], json!([{ "name": "door code" }]));
        let own = alice.get(&format!("/api/v1/agent/tasks/{task}")).await.good();
        assert!(own["protectedFields"][0]["ciphertext"].is_string());

        let (requests, nothing) = (path("secret-requests"), json!({}));
        assert_eq!(carol.post(&path("secret-requests"), &nothing).await.refusal(), "403 NOT_ASSIGNED");
        assert_eq!(carol.get(&path("secret-requests")).await.refusal(), "403 NOT_A_PARTY");
        let asked = crate::story::futures(4, || bob.post(&requests, &nothing)).await;
        let mut statuses: Vec<u16> = asked.iter().map(|said| said.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409, 409, 409]);
        let request = asked.into_iter().find(|said| said.status == 201).expect("one").body;
        let grant = path(&format!("secret-requests/{}/grant", text(&request["id"])));
        let good = json!({ "bundle": sealed(&key, CLEAR_TEXT) });
        for actor in [&bob, &carol, &house.operator()] {
            assert_eq!(actor.post(&grant, &good).await.refusal(), "403 NOT_A_PARTY");
        }
        let other = path("secret-requests/018f0000-0000-7000-8000-000000000000/grant");
        assert_eq!(alice.post(&other, &good).await.refusal(), "404 NOT_FOUND");
        alice.post(&grant, &good).await.good();
        assert_eq!(alice.post(&grant, &good).await.refusal(), "409 CONFLICT");
        let got = bob.get(&path("secret-bundle")).await.good();
        assert_eq!(got["bundle"], good["bundle"]);
        bob.post(&path("secret-requests"), &nothing).await.good();
    });
}

#[test]
fn before_the_claim_nobody_asks_and_without_a_key_nobody_is_answered() {
    each_house(async |house| {
        let (alice, bob) = (house.agent("alice").await, house.agent("bob").await);
        let mut post = errand(200);
        post["protectedFields"] =
            json!([{ "name": "key", "ciphertext": sealed(&recovery_key(), CLEAR_TEXT) }]);
        let task = posts_errand(&alice, &post).await;
        let path = format!("/api/v1/agent/tasks/{task}/secret-requests");
        assert_eq!(bob.post(&path, &json!({})).await.refusal(), "403 NOT_ASSIGNED");
        claims(&bob, &task).await;
        let keyless = bob.post(&path, &json!({})).await;
        assert_eq!(keyless.refusal(), "409 CONFLICT");
        assert!(keyless.body.to_string().contains("encryption-key"), "{}", keyless.body);

        let bare = posts_errand(&alice, &errand(200)).await;
        claims(&bob, &bare).await;
        registers_key(&bob, &recovery_key()).await;
        let path = format!("/api/v1/agent/tasks/{bare}/secret-requests");
        assert_eq!(bob.post(&path, &json!({})).await.refusal(), "409 CONFLICT");
    });
}

/// A JWE with these parts changed.
fn spoilt(change: impl Fn(&mut Vec<String>)) -> String {
    let mut parts: Vec<String> = sealed(&recovery_key(), CLEAR_TEXT).split('.').map(str::to_owned).collect();
    change(&mut parts);
    parts.join(".")
}

fn with_header(change: impl Fn(&mut Value)) -> String {
    spoilt(|parts| {
        let bytes = URL_SAFE_NO_PAD.decode(&parts[0]).expect("a header");
        let mut header: Value = serde_json::from_slice(&bytes).expect("JSON");
        change(&mut header);
        parts[0] = URL_SAFE_NO_PAD.encode(header.to_string());
    })
}

#[test]
fn what_is_no_ciphertext_is_refused_by_name() {
    let bundles = [
        json!(null),
        json!(CLEAR_TEXT),
        json!(17),
        json!([sealed(&recovery_key(), CLEAR_TEXT)]),
        json!({}),
        json!({ "door code": CLEAR_TEXT }),
        json!({ "door code": 17 }),
        json!({ "another": sealed(&recovery_key(), CLEAR_TEXT) }),
        json!(spoilt(|parts| parts.truncate(4))),
        json!(spoilt(|parts| parts[3].clear())),
        json!(spoilt(|parts| parts[1].truncate(10))),
        json!(spoilt(|parts| parts[2].push_str("AAAA"))),
        json!(spoilt(|parts| parts[4] = "not base64url!".into())),
        json!(spoilt(|parts| parts[0] = URL_SAFE_NO_PAD.encode("clear"))),
        json!(with_header(|header| header["alg"] = json!("dir"))),
        json!(with_header(|header| header["enc"] = json!("none"))),
        json!(with_header(|header| header["epk"] = json!({}))),
        json!(with_header(|header| header["epk"]["d"] = json!("AAAA"))),
        json!(with_header(|header| header["zip"] = json!("DEF"))),
        json!(sealed(&recovery_key(), &"x".repeat(64 * 1024))),
    ];
    each_house(async |house| {
        let (alice, bob, task) = guarded(house, &recovery_key()).await;
        let path = |what: &str| format!("/api/v1/agent/tasks/{task}/{what}");
        let asked = bob.post(&path("secret-requests"), &json!({})).await.good();
        let grant = path(&format!("secret-requests/{}/grant", text(&asked["id"])));
        for bundle in &bundles {
            let said = alice.post(&grant, &json!({ "bundle": bundle })).await;
            assert_eq!(said.refusal(), "400 INVALID_FIELD", "{bundle}");
            let field = text(&said.body["error"]["field"]);
            assert!(field.starts_with("bundle"), "{field}");
            let Some(ciphertext) = bundle.as_str() else { continue };
            let mut post = errand(200);
            post["protectedFields"] = json!([{ "name": "key", "ciphertext": ciphertext }]);
            let said = alice.post("/api/v1/agent/tasks", &post).await;
            assert_eq!(said.refusal(), "400 INVALID_FIELD", "{bundle}");
        }
        assert_eq!(bob.get(&path("secret-bundle")).await.refusal(), "403 NOT_GRANTED");
    });
}
