//! Receipts: that none can be altered, forged, reordered or left out, and that a replay
//! says the same again or what differs.

use std::collections::BTreeMap;
use std::fs;

use assay_sandbox::{
    Attachments, Digest, HostKey, Input, Issue, KeyError, Origin, PublicKeys, Receipt, ReceiptError, Replay,
    ReplayError, Sandbox, World, replay, replay_with, verify, verify_chain,
};
use serde_json::Value;

use crate::judges::{RESTLESS, input, input_with_files, prepare, sandbox, sandbox_with, verifier};

fn key() -> HostKey {
    HostKey::from_bytes(&[7; 32])
}

/// A run of the restless guest, and its receipt.
fn receipt(sandbox: &Sandbox, id: &str, previous: Option<Digest>, input: &Input) -> Receipt {
    let judge = prepare(sandbox, RESTLESS);
    let run = sandbox.run_blocking(&judge, input, Attachments::none());
    let issue = Issue { id, previous, engine_profile: sandbox.profile() };
    Receipt::issue(issue, &judge, &run, &key())
}

fn chain(sandbox: &Sandbox, count: usize) -> Vec<Receipt> {
    let mut receipts: Vec<Receipt> = Vec::new();
    for number in 0..count {
        let previous = receipts.last().map(Receipt::hash);
        receipts.push(receipt(sandbox, &format!("receipt-{number}"), previous, &input("observe")));
    }
    receipts
}

#[test]
fn a_receipt_says_what_was_judged_by_what() {
    let sandbox = sandbox();
    let input = input("observe");
    let receipt = receipt(&sandbox, "receipt-1", None, &input);
    assert_eq!(verify(&receipt, &key().public_keys()), Ok(()));
    assert_eq!(receipt.plugin, Digest::of(RESTLESS));
    assert_eq!((receipt.world, receipt.version.as_str()), (World::Verifier, "0.1.0"));
    assert_eq!(receipt.input, Digest::of(&input.canonical()));
    assert_eq!(receipt.delivery, input.delivery_digest());
    assert_eq!((receipt.task.as_str(), receipt.engine_profile.as_str()), ("task-1", sandbox.profile()));
    assert_eq!(Receipt::parse(&receipt.canonical()), Ok(receipt.clone()));
    // Its bytes are its JSON in the order of the keys, whatever the order they are declared in.
    let json = serde_json::to_value(&receipt).expect("its JSON");
    let sorted: BTreeMap<String, Value> = serde_json::from_value(json).expect("an object");
    assert_eq!(receipt.canonical(), serde_json::to_vec(&sorted).expect("its JSON"));
    // Spacing and order of the JSON are nobody's business.
    let pretty = serde_json::to_string_pretty(&receipt).expect("its JSON");
    assert_eq!(Receipt::parse(pretty.as_bytes()).map(|it| it.hash()), Ok(receipt.hash()));
}

#[test]
fn an_altered_field_is_refused() {
    let receipt = receipt(&sandbox(), "receipt-1", Some(Digest::of(b"before")), &input("observe"));
    let fields = serde_json::to_value(&receipt).expect("its JSON");
    let fields = fields.as_object().expect("an object");
    assert_eq!(fields.len(), 17);
    for (name, value) in fields {
        let others = match value {
            Value::Number(number) => {
                vec![Value::from(number.as_u64().expect("an integer") + 1), Value::from(0)]
            }
            Value::String(text) => vec![
                Value::from(format!("{text}0")),
                Value::from(text.replace('a', "b").replacen('1', "2", 1)),
                Value::from(Digest::of(b"other").to_string()),
                Value::from("scorer"),
            ],
            other => panic!("a receipt has texts and integers, not {other}"),
        };
        for other in others.into_iter().chain([Value::Null]).filter(|other| other != value) {
            let mut altered = fields.clone();
            altered.insert(name.clone(), other.clone());
            let parsed = Receipt::parse(Value::from(altered).to_string().as_bytes());
            let believed = parsed.and_then(|receipt| verify(&receipt, &key().public_keys()));
            assert!(believed.is_err(), "{name} = {other}");
        }
    }
}

#[test]
fn an_altered_byte_is_refused() {
    let receipt = receipt(&sandbox(), "receipt-1", None, &input("observe"));
    let (bytes, keys) = (receipt.canonical(), key().public_keys());
    for position in 0..bytes.len() {
        for bit in 0..8 {
            let mut altered = bytes.clone();
            altered[position] ^= 1 << bit;
            let believed = Receipt::parse(&altered).and_then(|receipt| verify(&receipt, &keys));
            assert!(believed.is_err(), "bit {bit} of byte {position}: {}", String::from_utf8_lossy(&altered));
        }
        let shorter = [&bytes[..position], &bytes[position + 1..]].concat();
        let believed = Receipt::parse(&shorter).and_then(|receipt| verify(&receipt, &keys));
        assert!(believed.is_err(), "without byte {position}");
    }
}

#[test]
fn a_receipt_signed_by_anyone_else_is_refused() {
    let honest = receipt(&sandbox(), "receipt-1", None, &input("observe"));
    let stranger = HostKey::from_bytes(&[8; 32]);
    let mut forged = honest.clone();
    forged.outcome = "fail".to_owned();
    forged.sign(&stranger);
    let unknown = ReceiptError::UnknownKey { id: "receipt-1".to_owned(), key: stranger.id().to_owned() };
    assert_eq!(verify(&forged, &key().public_keys()), Err(unknown));
    // The same under the honest host's name.
    key().id().clone_into(&mut forged.key);
    assert_eq!(verify(&forged, &key().public_keys()), Err(ReceiptError::Forged("receipt-1".to_owned())));
    // Both keys known, each receipt under the other's name.
    let both = PublicKeys::from_hex([key().public_hex(), stranger.public_hex()]).expect("two keys");
    let mut swapped = honest.clone();
    stranger.id().clone_into(&mut swapped.key);
    assert!(verify(&swapped, &both).is_err());
    assert_eq!(verify(&honest, &both), Ok(()));
}

#[test]
fn a_chain_with_anything_moved_or_missing_is_refused() {
    let (sandbox, keys) = (sandbox(), key().public_keys());
    let receipts = chain(&sandbox, 4);
    let head = Some(receipts[3].hash());
    assert_eq!(verify_chain(&receipts, &keys), Ok(head));
    assert_eq!(verify_chain(&[], &keys), Ok(None));
    for first in 0..4 {
        for second in first + 1..4 {
            let mut swapped = receipts.clone();
            swapped.swap(first, second);
            assert!(
                matches!(verify_chain(&swapped, &keys), Err(ReceiptError::Broken(_))),
                "{first} and {second}"
            );
        }
        let mut twice = receipts.clone();
        twice.insert(first, receipts[first].clone());
        assert!(matches!(verify_chain(&twice, &keys), Err(ReceiptError::Broken(_))), "{first} twice");
    }
    for missing in 0..3 {
        let mut shorter = receipts.clone();
        shorter.remove(missing);
        assert!(matches!(verify_chain(&shorter, &keys), Err(ReceiptError::Broken(_))), "without {missing}");
    }
    // Without the last it is a chain, and not the one whose head was kept.
    assert_ne!(verify_chain(&receipts[..3], &keys), Ok(head));

    let mut altered = receipts.clone();
    altered[1].fuel += 1;
    assert_eq!(verify_chain(&altered, &keys), Err(ReceiptError::Forged("receipt-1".to_owned())));
    let mut elsewhere = receipts;
    elsewhere[3].task = "task-2".to_owned();
    elsewhere[3].sign(&key());
    assert_eq!(verify_chain(&elsewhere, &keys), Err(ReceiptError::OtherTask("receipt-3".to_owned())));
}

#[tokio::test]
async fn a_replay_on_another_host_matches() {
    let (here, there) = (sandbox(), sandbox());
    for config in ["observe", "wait", "panic", "grow", "nonsense"] {
        let input = input(config);
        let receipt = receipt(&here, "receipt-1", None, &input);
        let keys = key().public_keys();
        let replayed = replay(&there, &receipt, RESTLESS, &input.canonical(), &keys).await;
        assert_eq!(replayed.expect("a replay"), Replay::Match { same_profile: true }, "{config}");
    }
}

type Lie = fn(&mut Receipt);

#[tokio::test]
async fn a_receipt_that_lies_is_found_out_field_by_field() {
    let sandbox = sandbox();
    let input = input("observe");
    let honest = receipt(&sandbox, "receipt-1", None, &input);
    let lies: [(&str, Lie); 9] = [
        ("world", |it| it.world = World::Scorer),
        ("task", |it| it.task.push('0')),
        ("delivery", |it| it.delivery = None),
        ("output", |it| it.output = Digest::of(b"another")),
        ("outcome", |it| it.outcome = "fail".to_owned()),
        ("virtual_time_ns", |it| it.virtual_time_ns += 1),
        ("seed", |it| it.seed = "00".repeat(32)),
        ("fuel", |it| it.fuel -= 1),
        ("memory_bytes", |it| it.memory_bytes -= 1),
    ];
    for (field, lie) in lies {
        let mut receipt = honest.clone();
        lie(&mut receipt);
        receipt.sign(&key());
        let keys = key().public_keys();
        let replayed =
            replay(&sandbox, &receipt, RESTLESS, &input.canonical(), &keys).await.expect("a replay");
        let Replay::Mismatch { differences } = replayed else { panic!("{field} was not noticed") };
        assert_eq!(differences.iter().map(|it| it.field).collect::<Vec<_>>(), [field]);
    }
    // On another engine profile the cost says nothing, the verdict still does.
    let mut elsewhere = honest.clone();
    elsewhere.engine_profile.push('0');
    elsewhere.fuel += 5;
    elsewhere.sign(&key());
    let replayed = replay(&sandbox, &elsewhere, RESTLESS, &input.canonical(), &key().public_keys()).await;
    assert_eq!(replayed.expect("a replay"), Replay::Match { same_profile: false });
}

#[tokio::test]
async fn a_replay_of_other_bytes_is_refused() {
    let sandbox = sandbox();
    let bytes = input("observe").canonical();
    let receipt = receipt(&sandbox, "receipt-1", None, &input("observe"));
    let keys = key().public_keys();
    for position in (0..bytes.len()).step_by(7) {
        let mut other = bytes.clone();
        other[position] ^= 1;
        let refused = replay(&sandbox, &receipt, RESTLESS, &other, &keys).await;
        assert!(matches!(refused, Err(ReplayError::OtherInput { .. })), "byte {position}");
    }
    let mut other = RESTLESS.to_vec();
    let last = other.len() - 1;
    other[last] ^= 1;
    let refused = replay(&sandbox, &receipt, &other, &bytes, &keys).await;
    assert!(matches!(refused, Err(ReplayError::OtherComponent { .. })));
    let mut forged = receipt.clone();
    forged.input = Digest::of(b"another");
    let refused = replay(&sandbox, &forged, RESTLESS, b"another", &keys).await;
    assert!(matches!(refused, Err(ReplayError::Receipt(ReceiptError::Forged(_)))));
    let refused = replay(&sandbox, &receipt, RESTLESS, &bytes, &PublicKeys::default()).await;
    assert!(matches!(refused, Err(ReplayError::Receipt(ReceiptError::UnknownKey { .. }))));
    let mut later = receipt;
    later.version = "9.0.0".to_owned();
    later.sign(&key());
    let refused = replay(&sandbox, &later, RESTLESS, &bytes, &keys).await;
    assert!(matches!(refused, Err(ReplayError::OtherVersion(_))));
}

#[tokio::test]
async fn a_replay_wants_the_attachments_that_were_read() {
    let sandbox = sandbox();
    let judge = prepare(&sandbox, RESTLESS);
    let (input, held) = input_with_files("read", &[b"a file", b"another"]);
    let run = sandbox.run_blocking(&judge, &input, held.clone());
    let issue = Issue { id: "receipt-1", previous: None, engine_profile: sandbox.profile() };
    let receipt = Receipt::issue(issue, &judge, &run, &key());
    let (bytes, keys) = (input.canonical(), key().public_keys());
    let with = replay_with(&sandbox, &receipt, (Origin::Own, RESTLESS), &bytes, held, &keys).await;
    assert_eq!(with.expect("a replay"), Replay::Match { same_profile: true });
    let without = replay(&sandbox, &receipt, RESTLESS, &bytes, &keys).await;
    assert!(matches!(without, Err(ReplayError::Host(_))));
}

#[tokio::test]
async fn a_host_that_gives_less_fuel_cannot_say_mismatch() {
    let receipt = receipt(&sandbox(), "receipt-1", None, &input("observe"));
    let small = sandbox_with(assay_sandbox::Limits { fuel_max: receipt.fuel - 1, ..Default::default() });
    let keys = key().public_keys();
    let refused = replay(&small, &receipt, RESTLESS, &input("observe").canonical(), &keys).await;
    assert!(matches!(refused, Err(ReplayError::Host(_))));
    let enough = sandbox_with(assay_sandbox::Limits { fuel_max: receipt.fuel, ..Default::default() });
    let replayed = replay(&enough, &receipt, RESTLESS, &input("observe").canonical(), &keys).await;
    assert_eq!(replayed.expect("a replay"), Replay::Match { same_profile: true });
}

#[tokio::test]
async fn a_run_out_of_fuel_replays_as_one() {
    let sandbox = sandbox();
    let component =
        verifier(r#"(func (export "verify") (param i32) (result i32) (loop $l (br $l)) (unreachable))"#);
    let judge = prepare(&sandbox, &component);
    let run = sandbox.run_blocking(&judge, &input(""), Attachments::none());
    let issue = Issue { id: "receipt-1", previous: None, engine_profile: sandbox.profile() };
    let receipt = Receipt::issue(issue, &judge, &run, &key());
    assert_eq!(receipt.outcome, "inconclusive");
    let replayed = replay(&sandbox, &receipt, &component, &input("").canonical(), &key().public_keys()).await;
    assert_eq!(replayed.expect("a replay"), Replay::Match { same_profile: true });
}

#[test]
fn an_input_reads_back_only_from_its_own_bytes() {
    let (with_files, _) = input_with_files("observe", &[b"one", b"two"]);
    for input in [input("observe"), input("\u{0}\"\\\u{7f}é"), with_files] {
        let bytes = input.canonical();
        assert_eq!(Input::parse(&bytes).expect("its own bytes"), input);
        let value: Value = serde_json::from_slice(&bytes).expect("JSON");
        let pretty = serde_json::to_vec_pretty(&value).expect("JSON");
        assert!(Input::parse(&pretty).is_err());
        assert_eq!(sorted(&value), String::from_utf8(bytes).expect("JSON is text"));
    }
    assert!(Input::parse(br#"{"verify":{}}"#).is_err());
    assert!(Input::parse(b"").is_err());
}

/// Compact JSON with sorted keys, written another way than the host writes it.
fn sorted(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(sorted).collect::<Vec<_>>().join(",")),
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(key, _)| key.as_str());
            let members: Vec<_> = members
                .iter()
                .map(|(key, value)| format!("{}:{}", Value::from(key.as_str()), sorted(value)))
                .collect();
            format!("{{{}}}", members.join(","))
        }
        other => other.to_string(),
    }
}

#[test]
fn the_host_key_is_made_once_and_kept_private() {
    let folder = tempfile::tempdir().expect("a folder");
    let made = HostKey::load_or_create(folder.path(), &[1; 32]).expect("a key");
    let loaded = HostKey::load_or_create(folder.path(), &[2; 32]).expect("the same key");
    assert_eq!((made.id(), made.public_hex()), (loaded.id(), loaded.public_hex()));
    assert_eq!(made.id(), &Digest::of(&hex_bytes(&made.public_hex())).hex()[..16]);
    let files: Vec<_> =
        fs::read_dir(folder.path()).expect("the folder").map(|it| it.expect("a file").path()).collect();
    assert_eq!(files.len(), 1, "nothing unfinished is left: {files:?}");
    let path = &files[0];

    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let permissions = fs::metadata(path).expect("the file").permissions();
        assert_eq!(permissions.mode() & 0o777, 0o600);
        fs::set_permissions(path, fs::Permissions::from_mode(0o640)).expect("the mode is set");
        let exposed = HostKey::load_or_create(folder.path(), &[2; 32]);
        assert!(matches!(exposed, Err(KeyError::Exposed(_))));
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("the mode is set");
    }
    for damaged in ["", "not a key", &"0".repeat(63), &"0".repeat(66)] {
        fs::write(path, damaged).expect("the file is written");
        let refused = HostKey::load_or_create(folder.path(), &[2; 32]);
        assert!(matches!(refused, Err(KeyError::Damaged(_))), "{damaged:?}");
    }
}

fn hex_bytes(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("digits")).collect()
}

#[test]
fn keys_that_prove_nothing_are_not_taken() {
    // The neutral point: some signatures by it hold for every message.
    let neutral = format!("01{}", "00".repeat(31));
    for text in ["", "00", &"zz".repeat(32), neutral.as_str()] {
        assert!(PublicKeys::from_hex([text]).is_err(), "{text}");
    }
}
