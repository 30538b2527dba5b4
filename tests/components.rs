//! What is taken as a judge and what is refused, and what becomes of compiled code.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use assay_sandbox::{Judge, Limits, Sandbox, SandboxError, Settings, World, inspect};

use crate::judges::{RESTLESS, Text, answering, finding, rejected, report, run, verifier};

const ANSWER: &str = r#"(data (i32.const 1024) "\00\00\00\00\10\04\00\00\00\00\00\00")
    (func (export "verify") (param i32) (result i32) (i32.const 1024))"#;

fn text<'a>(change: impl FnOnce(&mut Text<'a>)) -> Vec<u8> {
    let mut text = Text { module: ANSWER, ..Text::default() };
    change(&mut text);
    text.component()
}

fn parsed(text: &str) -> Vec<u8> {
    wat::parse_str(text).expect("the test's own text")
}

fn manifest(field: &str, value: &str) -> String {
    let mut fields = BTreeMap::from([
        ("name", r#""text""#),
        ("version", r#""0.1.0""#),
        ("world", r#""verifier""#),
        ("description", r#""Written in text.""#),
        ("author", r#""The tests""#),
    ]);
    fields.insert(field, value);
    let fields: Vec<_> = fields.iter().map(|(name, value)| format!(r#""{name}":{value}"#)).collect();
    format!("{{{}}}", fields.join(","))
}

#[test]
fn a_component_is_known_without_running_it() {
    let facts = inspect(RESTLESS, usize::MAX).expect("a verifier");
    assert_eq!((facts.world, facts.bytes), (World::Verifier, RESTLESS.len()));
    assert_eq!(facts.manifest.name, "restless");
    assert!(facts.imports.iter().any(|import| import.starts_with("wasi:clocks/monotonic-clock@0.2.")));
}

#[test]
fn what_is_no_judge_is_refused_by_name() {
    let both = r#"(export "verify" (func $verify_)) (export "score" (func $verify_))"#;
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("nothing", Vec::new(), "component_not_webassembly"),
        ("a text", b"(component)".to_vec(), "component_not_webassembly"),
        ("a core module", parsed("(module)"), "component_is_core_module"),
        ("an empty component", parsed("(component)"), "component_world_missing"),
        ("a component cut short", RESTLESS[..RESTLESS.len() / 2].to_vec(), "component_malformed"),
        ("no export", text(|it| it.after = ""), "component_world_missing"),
        (
            "another export",
            text(|it| it.after = r#"(export "judge" (func $verify_))"#),
            "component_world_missing",
        ),
        ("two worlds", text(|it| it.after = both), "component_world_ambiguous"),
        (
            "no manifest",
            parsed(
                r#"(component (core module $m (func (export "f"))) (core instance $i (instantiate $m))
            (func (export "verify") (canon lift (core func $i "f"))))"#,
            ),
            "component_manifest_invalid",
        ),
        (
            "an export of another type",
            parsed(
                r#"(component (core module $m (func (export "f"))) (core instance $i (instantiate $m))
            (func (export "verify") (canon lift (core func $i "f")))
            (@custom "assay:manifest" "{\"name\":\"a\",\"version\":\"1\",\"world\":\"verifier\",\"description\":\"a\",\"author\":\"a\"}"))"#,
            ),
            "component_export_mismatch",
        ),
    ];
    for (what, bytes, expected) in cases {
        let rejected = rejected(&bytes);
        assert_eq!(rejected.code(), expected, "{what}: {rejected}");
    }
}

#[test]
fn what_no_judge_is_given_is_refused_by_its_name() {
    for import in [
        "wasi:sockets/tcp@0.2.0",
        "wasi:sockets/instance-network@0.2.3",
        "wasi:http/outgoing-handler@0.2.0",
        "wasi:keyvalue/store@0.2.0",
        "wasi:clocks/wall-clock@0.3.0",
        "wasi:clocks/timezone@0.2.0",
        "assay:plugin/attachments@0.2.0",
        "assay:plugin/ledger@0.1.0",
        "someone:else/thing",
    ] {
        let before = format!(r#"(import "{import}" (instance))"#);
        let rejected = rejected(&text(|it| it.before = &before));
        assert_eq!(rejected.code(), "component_import_forbidden");
        assert!(rejected.to_string().contains(import), "{rejected}");
    }
    let rejected = rejected(&text(|it| it.before = r#"(import "now" (func))"#));
    assert_eq!(rejected.code(), "component_import_forbidden");
    // A name that is allowed, with something in it that WASI never had.
    let unknown = r#"(import "wasi:clocks/wall-clock@0.2.0" (instance (export "tomorrow" (func))))"#;
    assert_eq!(rejected_code(unknown), "component_import_forbidden");
}

#[test]
fn a_refusal_says_what_is_wrong_where_and_what_to_change() {
    let unknown = r#"(import "wasi:sockets/tcp@0.2.0" (instance))"#;
    let both = r#"(export "verify" (func $verify_)) (export "score" (func $verify_))"#;
    let mistaken = parsed(
        r#"(component (core module $m (func (export "f"))) (core instance $i (instantiate $m))
            (func (export "verify") (canon lift (core func $i "f")))
            (@custom "assay:manifest" "{\"name\":\"a\",\"version\":\"1\",\"world\":\"verifier\",\"description\":\"a\",\"author\":\"a\"}"))"#,
    );
    let tired = verifier(
        "(func $f (loop $l (br $l))) (start $f) (func (export \"verify\") (param i32) (result i32) (i32.const 0))",
    );
    let crowded = verifier(&format!("{ANSWER} {}", "(table 1 funcref)".repeat(1_001)));
    let loaded = verifier(&format!("{ANSWER} (func (local {}))", "i32 ".repeat(20_001)));
    let cases: Vec<(Vec<u8>, &[&str])> = vec![
        (b"text".to_vec(), &["not a WebAssembly component", "`assay plugin build`"]),
        (parsed("(module)"), &["a core module", "target wasm32-wasip2"]),
        (text(|it| it.before = unknown), &["imports wasi:sockets/tcp@0.2.0", "leave out what asks for it"]),
        (text(|it| it.after = ""), &["exports none of verify, score", "export the one of its world"]),
        (text(|it| it.after = both), &["exports more than one of", "export one, and make another component"]),
        (
            text(|it| it.manifest = "{}"),
            &["the manifest (custom section assay:manifest)", "missing field `name`"],
        ),
        (mistaken, &["does not fit its world", "build it against assay:plugin@0.1.0"]),
        (tired, &["cannot be instantiated", "used up its fuel", "have it do less before it is asked"]),
        (RESTLESS[..RESTLESS.len() / 2].to_vec(), &["not valid here", "0x", "build it for wasm32-wasip2"]),
        (crowded, &["the component has 1001 tables, at most 1000 are taken; let its modules share one"]),
        (loaded, &["core module 1, function", "(byte 0x", "local variables, at most 20000 are taken; "]),
    ];
    for (bytes, said) in cases {
        let refusal = rejected(&bytes).to_string();
        for part in said {
            assert!(refusal.contains(part), "{part:?} is not in {refusal}");
        }
    }
    let refusal = inspect(RESTLESS, 1_000).expect_err("it is larger").to_string();
    let bytes = RESTLESS.len();
    assert!(
        refusal.contains(&format!("has {bytes} bytes, at most 1000 are taken; build it for release")),
        "{refusal}"
    );
}

fn rejected_code(before: &str) -> &'static str {
    rejected(&text(|it| it.before = before)).code()
}

#[test]
fn a_manifest_that_cannot_be_shown_is_refused() {
    let good = manifest("config_schema", r#"{"type":"object"}"#);
    inspect(&text(|it| it.manifest = &good), usize::MAX).expect("this one is fine");
    let long = format!("\"{}\"", "a".repeat(5_000));
    for (field, value) in [
        ("name", r#""""#),
        ("name", r#""Shouting""#),
        ("name", r#""two words""#),
        ("name", "7"),
        ("version", r#""a b""#),
        ("world", r#""scorer""#),
        ("world", r#""jury""#),
        ("description", &long),
        ("author", r#""a\u0000b""#),
        ("config_schema", "[]"),
    ] {
        let manifest = manifest(field, value);
        let rejected = rejected(&text(|it| it.manifest = &manifest));
        assert_eq!(rejected.code(), "component_manifest_invalid", "{field} = {value}: {rejected}");
    }
}

#[test]
fn a_component_over_the_size_limit_is_refused_unread() {
    let limits = Limits { component_bytes_max: 1_000, ..Limits::default() };
    let sandbox = Sandbox::start(Settings { limits, ..Settings::default() }).expect("the sandbox starts");
    let rejected = sandbox.prepare_blocking(RESTLESS).expect_err("it is larger");
    assert_eq!(rejected.code(), "component_too_large");
}

#[test]
fn a_cache_without_a_key_does_not_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let settings = Settings { cache_dir: Some(folder.path().to_owned()), ..Settings::default() };
    assert!(matches!(Sandbox::start(settings), Err(SandboxError::Settings(_))));
}

/// A sandbox that keeps compiled components in a folder.
fn keeping(folder: &Path, key: u8) -> Sandbox {
    let settings = Settings {
        cache_dir: Some(folder.to_owned()),
        cache_key: [key; 32],
        runs_max: 1,
        ..Settings::default()
    };
    Sandbox::start(settings).expect("the sandbox starts")
}

fn prepared(folder: &Path, key: u8, bytes: &[u8]) -> Judge {
    keeping(folder, key).prepare_blocking(bytes).expect("a verifier")
}

/// Writes to a file of compiled code in place, which takes leave to do so.
pub(crate) fn overwrite(file: &Path, bytes: &[u8]) {
    fs::set_permissions(file, fs::Permissions::from_mode(0o600)).expect("it is one's own");
    fs::write(file, bytes).expect("the file is written");
}

/// The one file that starts with this judge's digest.
pub(crate) fn artefact(folder: &Path, judge: &Judge) -> PathBuf {
    let digits = judge.digest.hex();
    let mut files = fs::read_dir(folder).expect("the folder").map(|file| file.expect("its entry").path());
    let file =
        files.find(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&digits)));
    file.expect("what was compiled is kept")
}

#[test]
fn compiled_code_is_kept_and_used_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let judge = prepared(folder.path(), 1, &verifier(ANSWER));
    let file = artefact(folder.path(), &judge);
    let written = fs::metadata(&file).and_then(|it| it.modified()).expect("the file");
    let kept = keeping(folder.path(), 1);
    assert_eq!(run(&kept, &verifier(ANSWER), "").word(), "undecided");
    assert!(kept.cached(&judge.digest).is_some());
    assert_eq!(fs::metadata(&file).and_then(|it| it.modified()).expect("the file"), written);
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 1);
    // Nobody is to write to it again, this program included.
    assert_eq!(fs::metadata(&file).expect("the file").permissions().mode() & 0o777, 0o400);
}

#[test]
fn the_disk_keeps_so_much_and_what_was_used_lately() {
    let judging = |score| answering(&report(&[finding(0, score, 0)]));
    let folder = tempfile::tempdir().expect("a folder");
    let one = fs::metadata(artefact(folder.path(), &prepared(folder.path(), 1, &judging(1))));
    let bytes = one.expect("the file").len();

    let folder = tempfile::tempdir().expect("a folder");
    let room_for = |files: u64| {
        let settings = Settings {
            cache_dir: Some(folder.path().to_owned()),
            cache_key: [1; 32],
            cache_bytes_max: files * bytes + bytes / 2,
            judges_max: 1,
            runs_max: 1,
            ..Settings::default()
        };
        Sandbox::start(settings).expect("the sandbox starts")
    };
    let kept = |judge: &Judge| {
        let files = fs::read_dir(folder.path()).expect("the folder").flatten();
        let mut names = files.map(|file| file.file_name().to_string_lossy().into_owned());
        names.any(|name| name.starts_with(&judge.digest.hex()))
    };
    let sandbox = room_for(2);
    let judge = |score| sandbox.prepare_blocking(&judging(score)).expect("a verifier");
    let (first, second) = (judge(1), judge(2));
    assert!(kept(&first) && kept(&second));
    // Only one judge is ready in memory, so this one comes from the disk.
    assert!(sandbox.known_blocking(&first.digest).is_some());
    let third = judge(3);
    assert_eq!([&first, &second, &third].map(kept), [true, false, true]);
    // The one that was just compiled stays, however little room there is.
    let fourth = room_for(0).prepare_blocking(&judging(4)).expect("a verifier");
    assert_eq!([&first, &second, &third, &fourth].map(kept), [false, false, false, true]);
}

#[test]
fn what_another_version_compiled_goes_when_this_one_starts() {
    let folder = tempfile::tempdir().expect("a folder");
    let own = artefact(folder.path(), &prepared(folder.path(), 1, &verifier(ANSWER)));
    let name = own.file_name().expect("a name").to_string_lossy().into_owned();
    let (digest, _) = name.split_once('-').expect("a digest, and what it was compiled for");
    let others = [
        (format!("{digest}-0123456789abcdef.compiled"), false),
        (format!("{digest}-0123456789abcdef.uploaded"), false),
        // No process has such a number; the first one is always there.
        ("4194305-7.unfinished".to_owned(), false),
        ("1-7.unfinished".to_owned(), true),
        ("notes.txt".to_owned(), true),
        ("somebody-else.compiled".to_owned(), true),
    ];
    for (name, _) in &others {
        fs::write(folder.path().join(name), "left").expect("a file");
    }
    keeping(folder.path(), 1);
    for (name, stays) in &others {
        assert_eq!(folder.path().join(name).exists(), *stays, "{name}");
    }
    assert!(own.exists());
}

#[test]
fn compiled_code_that_was_touched_is_made_again_and_never_loaded() {
    let folder = tempfile::tempdir().expect("a folder");
    let component = answering(&report(&[finding(0, 1, 0), finding(1, 1, 0)]));
    let judge = prepared(folder.path(), 1, &component);
    let file = artefact(folder.path(), &judge);
    let good = fs::read(&file).expect("the file");
    let flipped = |position: usize| {
        let mut bytes = good.clone();
        bytes[position] ^= 1;
        bytes
    };
    for bytes in [
        flipped(0),
        flipped(31),
        flipped(32),
        flipped(good.len() / 2),
        flipped(good.len() - 1),
        good[..good.len() - 1].to_vec(),
        good[..10].to_vec(),
        Vec::new(),
        [good.as_slice(), &[0]].concat(),
    ] {
        overwrite(&file, &bytes);
        assert_eq!(run(&keeping(folder.path(), 1), &component, "").word(), "pass");
        let now = fs::read(&file).expect("the file");
        assert_ne!(now, bytes, "it was made again");
    }
}

#[test]
fn compiled_code_of_another_key_or_another_component_is_never_loaded() {
    let folder = tempfile::tempdir().expect("a folder");
    let (passing, silent) = (answering(&report(&[finding(0, 1, 0), finding(1, 1, 0)])), verifier(ANSWER));
    let first = artefact(folder.path(), &prepared(folder.path(), 1, &passing));
    let second = artefact(folder.path(), &prepared(folder.path(), 1, &silent));
    let sealed = fs::read(&first).expect("the file");

    // Sealed by another host.
    prepared(folder.path(), 2, &passing);
    assert_ne!(fs::read(&first).expect("the file"), sealed);

    // Sealed by this host, and put in another component's place.
    overwrite(&second, &sealed);
    assert_eq!(run(&keeping(folder.path(), 1), &silent, "").word(), "undecided");
    assert_ne!(fs::read(&second).expect("the file"), sealed);
}

#[test]
fn compiled_code_is_not_taken_as_a_component() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = artefact(folder.path(), &prepared(folder.path(), 1, &verifier(ANSWER)));
    let bytes = fs::read(file).expect("the file");
    // The code, what is known of the component, the length of that, and a seal.
    let (kept, _) = bytes.split_at(bytes.len() - 32);
    let (kept, length) = kept.split_last_chunk().expect("a length");
    let code = &kept[..kept.len() - u32::from_le_bytes(*length) as usize];
    let rejected = keeping(folder.path(), 1).prepare_blocking(code).expect_err("never");
    assert_eq!(rejected.code(), "component_precompiled");
}

#[test]
fn the_judges_kept_ready_are_the_ones_used_last() {
    let settings = Settings { judges_max: 2, runs_max: 1, ..Settings::default() };
    let sandbox = Sandbox::start(settings).expect("the sandbox starts");
    let judge =
        |score| sandbox.prepare_blocking(&answering(&report(&[finding(0, score, 0)]))).expect("a verifier");
    let (first, second) = (judge(1), judge(2));
    assert!(sandbox.cached(&first.digest).is_some());
    let third = judge(3);
    let ready = [&first, &second, &third].map(|judge| sandbox.cached(&judge.digest).is_some());
    assert_eq!(ready, [true, false, true]);
}

#[test]
fn the_profile_names_what_fuel_depends_on() {
    let profile = |limits| {
        let settings = Settings { limits, runs_max: 1, ..Settings::default() };
        Sandbox::start(settings).expect("the sandbox starts").profile().to_owned()
    };
    let usual = profile(Limits::default());
    let parts: Vec<_> = usual.split('+').collect();
    assert!(parts[0].starts_with("wasmtime-48.0."), "{usual}");
    assert_eq!((parts.len(), parts[1].len()), (3, 16), "{usual}");
    // Limits only ever end a run, so they are no part of it.
    assert_eq!(usual, profile(Limits { fuel_max: 1, memory_bytes_max: 1 << 20, ..Limits::default() }));
}
