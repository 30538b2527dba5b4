//! Components that nobody vouches for: compiled in one child process, run in another, and
//! what becomes of the server when those die.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use assay::builtin::BUILTIN;
use assay_sandbox::{
    Attachments, Company, Input, Judge, Limits, Outcome, Reason, Rejected, Run, Sandbox, Settings,
};

use crate::commands::program;
use crate::components::{artefact, overwrite};
use crate::judges::{RESTLESS, answering, finding, input, input_with_files, report, verifier};

pub(crate) fn with_children(settings: Settings) -> Sandbox {
    Sandbox::start(Settings { program: Some(program()), runs_max: 2, ..settings }).expect("it starts")
}

pub(crate) fn in_runtime<T>(work: impl AsyncFnOnce() -> T) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime starts").block_on(work())
}

/// It passes one of the two checks it is given, so its verdict is `undecided`.
pub(crate) fn good() -> Vec<u8> {
    answering(&report(&[finding(0, 10_000, 3)]))
}

pub(crate) async fn uploaded(sandbox: &Sandbox, bytes: &[u8]) -> Judge {
    sandbox.prepare_uploaded(Arc::from(bytes)).await.expect("it is a judge")
}

pub(crate) async fn judged(sandbox: &Sandbox, judge: &Judge, input: &Input) -> Run {
    sandbox.run(judge, input, Attachments::none()).await
}

#[test]
fn a_run_is_the_same_in_a_child_as_in_the_server() {
    in_runtime(async || {
        let sandbox = with_children(Settings::default());
        let endless =
            verifier(r#"(func (export "verify") (param i32) (result i32) (loop $l (br $l)) (unreachable))"#);
        let lie = answering(&report(&[finding(7, 1, 0)]));
        for component in [good(), endless, lie] {
            let here = sandbox.prepare(Arc::from(component.as_slice())).await.expect("a judge");
            let away = uploaded(&sandbox, &component).await;
            assert_eq!((here.is_away(), away.is_away(), here.digest), (false, true, away.digest));
            let first = judged(&sandbox, &here, &input("{}")).await;
            for company in [Company::Shared, Company::Alone] {
                let second =
                    sandbox.run_for("somebody", &away, &input("{}"), Attachments::none(), company).await;
                assert_eq!(second.outcome, first.outcome);
                let facts = |run: &Run| (run.fuel, run.memory_bytes, run.seed, run.output_digest, run.word());
                assert_eq!(facts(&second), facts(&first));
            }
        }
    });
}

#[test]
fn files_reach_a_run_in_a_child() {
    in_runtime(async || {
        let sandbox = with_children(Settings::default());
        let judge = uploaded(&sandbox, RESTLESS).await;
        let (input, files) = input_with_files("read", &[b"gold", b"silver"]);
        let here = sandbox.prepare(Arc::from(RESTLESS)).await.expect("a judge");
        let expected = sandbox.run(&here, &input, files.clone()).await;
        let run = sandbox.run(&judge, &input, files).await;
        assert_eq!((run.output_digest, run.fuel), (expected.output_digest, expected.fuel));
        assert!(matches!(run.outcome, Outcome::Output(_)), "{:?}", run.outcome);
    });
}

#[test]
fn each_of_many_runs_at_once_gets_its_own_answer() {
    in_runtime(async || {
        let settings = Settings { program: Some(program()), runs_max: 4, ..Settings::default() };
        let sandbox = Sandbox::start(settings).expect("it starts");
        let mut judges = Vec::new();
        for (score, checks) in [(10_000, 1), (9_000, 2), (4_000, 3), (0, 4)] {
            let component = answering(&report(&[finding(0, score, checks)]));
            let judge = uploaded(&sandbox, &component).await;
            let alone = judged(&sandbox, &judge, &input("{}")).await;
            judges.push((judge, alone.output_digest));
        }
        let digests: BTreeSet<_> = judges.iter().map(|(_, digest)| *digest).collect();
        assert_eq!(digests.len(), judges.len(), "their answers differ");
        let running = (0..400).map(|number| {
            let (sandbox, (judge, digest)) = (sandbox.clone(), judges[number % judges.len()].clone());
            tokio::spawn(async move {
                assert_eq!(judged(&sandbox, &judge, &input("{}")).await.output_digest, digest, "{number}");
            })
        });
        for run in futures_util::future::join_all(running).await {
            run.expect("the answer is its own");
        }
    });
}

#[test]
fn a_lost_child_costs_an_inconclusive_run_and_nothing_else() {
    in_runtime(async || {
        let limits = Limits { fuel_max: u64::MAX, ..Limits::default() };
        let sandbox = with_children(Settings { limits, ..Settings::default() });
        let endless =
            verifier(r#"(func (export "verify") (param i32) (result i32) (loop $l (br $l)) (unreachable))"#);
        let (endless, good) = (uploaded(&sandbox, &endless).await, uploaded(&sandbox, &good()).await);
        let (running, judge) = (sandbox.clone(), endless.clone());
        let held = tokio::spawn(async move { judged(&running, &judge, &input("{}")).await });
        // The other place is free, and its run shares the child with the endless one.
        assert_eq!(judged(&sandbox, &good, &input("{}")).await.word(), "undecided");
        loop {
            sandbox.kill_runner().await.expect("there is a child");
            if held.is_finished() {
                break;
            }
            tokio::task::yield_now().await;
        }
        let lost = held.await.expect("it ends");
        let Outcome::Inconclusive { reason } = &lost.outcome else { panic!("{:?}", lost.outcome) };
        assert_eq!((reason.code(), reason.may_pass(), lost.word()), ("runner-lost", true, "inconclusive"));
        assert_eq!(judged(&sandbox, &good, &input("{}")).await.word(), "undecided");
    });
}

#[test]
fn a_child_that_overruns_is_killed_and_another_takes_its_place() {
    in_runtime(async || {
        let limits = Limits { wall_ms_max: 1_000, ..Limits::default() };
        let sandbox = with_children(Settings { limits, grace_ms: 0, ..Settings::default() });
        let judge = uploaded(&sandbox, &good()).await;
        sandbox.freeze_runner().await.expect("there is a child");
        let lost = judged(&sandbox, &judge, &input("{}")).await;
        let Outcome::Inconclusive { reason: Reason::RunnerLost(why) } = &lost.outcome else {
            panic!("{:?}", lost.outcome)
        };
        assert_eq!(why, "it was killed because the run did not end");
        let mechanisms = sandbox.mechanisms().await.expect("another child starts");
        assert_eq!(mechanisms.len(), 4);
    });
}

#[test]
fn compiled_code_of_an_upload_is_kept_apart_and_found_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let settings =
        || Settings { cache_dir: Some(folder.path().to_owned()), cache_key: [9; 32], ..Settings::default() };
    in_runtime(async || {
        let digest = {
            let sandbox = with_children(settings());
            uploaded(&sandbox, &good()).await.digest
        };
        let sandbox = with_children(settings());
        assert!(sandbox.known(&digest).await.is_none(), "what a child compiled is not loaded here");
        let judge = sandbox.known_uploaded(&digest).await.expect("it was kept");
        assert_eq!(judged(&sandbox, &judge, &input("{}")).await.word(), "undecided");
        // The code of a later child comes from the disk; altered, it is not sent.
        for file in fs::read_dir(folder.path()).expect("the folder") {
            let path = file.expect("a file").path();
            let mut bytes = fs::read(&path).expect("it can be read");
            // The code comes first.
            bytes[0] ^= 1;
            overwrite(&path, &bytes);
        }
        sandbox.kill_runner().await.expect("there is a child");
        let run = judged(&sandbox, &judge, &input("{}")).await;
        assert!(
            matches!(&run.outcome, Outcome::Inconclusive { reason: Reason::Host(_) }),
            "{:?}",
            run.outcome
        );
        // Whoever needs it next has it compiled again.
        assert!(sandbox.known_uploaded(&digest).await.is_none());
        let judge = uploaded(&sandbox, &good()).await;
        assert_eq!(judged(&sandbox, &judge, &input("{}")).await.word(), "undecided");
    });
}

/// A change to the file of a component's machine code.
type Change = fn(file: &Path, other: &Path);

#[test]
fn a_file_that_changes_while_a_sandbox_lives_is_noticed_before_it_is_run() {
    let changes: [(&str, Change); 4] = [
        ("cut short in place", |file, _| {
            let bytes = fs::read(file).expect("it can be read");
            overwrite(file, &bytes[..bytes.len() / 2]);
        }),
        ("emptied in place", |file, _| overwrite(file, &[])),
        ("replaced by another component's", |file, other| {
            let copy = file.with_extension("copy");
            fs::copy(other, &copy).expect("a copy");
            fs::rename(copy, file).expect("it takes the place");
        }),
        ("removed", |file, _| fs::remove_file(file).expect("it is removed")),
    ];
    in_runtime(async || {
        let folder = tempfile::tempdir().expect("a folder");
        let settings =
            Settings { cache_dir: Some(folder.path().to_owned()), cache_key: [9; 32], ..Settings::default() };
        let sandbox = with_children(settings);
        let other = uploaded(&sandbox, &answering(&report(&[finding(0, 0, 4)]))).await;
        for (what, change) in changes {
            let judge = uploaded(&sandbox, &good()).await;
            let first = judged(&sandbox, &judge, &input("{}")).await;
            assert_eq!(first.word(), "undecided", "{what}");
            change(&artefact(folder.path(), &judge), &artefact(folder.path(), &other));
            // The child has the code; the next one has to be given it.
            sandbox.kill_runner().await.expect("there is a child");
            let run = judged(&sandbox, &judge, &input("{}")).await;
            let Outcome::Inconclusive { reason } = &run.outcome else { panic!("{what}: {:?}", run.outcome) };
            assert!(reason.code_is_gone(), "{what}: {reason}");
            assert!(sandbox.known_uploaded(&judge.digest).await.is_none(), "{what}");
            let again = uploaded(&sandbox, &good()).await;
            let run = judged(&sandbox, &again, &input("{}")).await;
            assert_eq!(run.output_digest, first.output_digest, "{what}");
        }
    });
}

/// Files of this folder that some process holds open, as far as this user may see.
fn held_open(folder: &Path) -> Vec<PathBuf> {
    let processes = fs::read_dir("/proc").expect("the processes").flatten();
    let descriptors = processes.filter_map(|process| fs::read_dir(process.path().join("fd")).ok());
    let files = descriptors.flatten().flatten().filter_map(|file| fs::read_link(file.path()).ok());
    files.filter(|file| file.starts_with(folder)).collect()
}

#[test]
fn machine_code_that_was_loaded_holds_no_descriptor() {
    let folder = tempfile::tempdir().expect("a folder");
    in_runtime(async || {
        let settings =
            Settings { cache_dir: Some(folder.path().to_owned()), cache_key: [9; 32], ..Settings::default() };
        let sandbox = with_children(settings);
        for score in 0..24 {
            let judge = uploaded(&sandbox, &answering(&report(&[finding(0, score, 0)]))).await;
            for _ in 0..2 {
                assert_eq!(judged(&sandbox, &judge, &input("{}")).await.word(), "undecided");
            }
        }
        assert_eq!(held_open(folder.path()), Vec::<PathBuf>::new());
    });
}

#[test]
fn a_compilation_that_takes_too_much_is_one_refused_upload() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = folder.path().join("assay");
    // The child keeps a limit that is lower than its own; a large component takes longer.
    let text =
        format!("#!/bin/sh\n[ \"$2\" = compile ] && ulimit -t 1\nexec {} \"$@\"\n", program().display());
    fs::write(&script, text).expect("a script");
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).expect("it may be run");
    in_runtime(async || {
        let sandbox = Sandbox::start(Settings { program: Some(script), runs_max: 1, ..Settings::default() });
        let sandbox = sandbox.expect("it starts");
        let large = BUILTIN.iter().max_by_key(|builtin| builtin.bytes.len()).expect("there are some");
        let refused = sandbox.prepare_uploaded(Arc::from(large.bytes)).await.expect_err("it takes too long");
        assert_eq!(refused.code(), "component_compilation_limit", "{refused}");
        let judge = uploaded(&sandbox, &good()).await;
        assert_eq!(judged(&sandbox, &judge, &input("{}")).await.word(), "undecided");
    });
}

#[test]
fn without_a_program_nothing_uploaded_is_taken() {
    in_runtime(async || {
        let sandbox = Sandbox::start(Settings { runs_max: 1, ..Settings::default() }).expect("it starts");
        let refused = sandbox.prepare_uploaded(Arc::from(good())).await.expect_err("it cannot");
        assert!(matches!(refused, Rejected::Host(_)), "{refused}");
        let wrong = Settings { program: Some("/bin/cat".into()), ..Settings::default() };
        let refused = Sandbox::start(wrong).expect("it starts").prepare_uploaded(Arc::from(good())).await;
        assert!(refused.is_err());
    });
}

#[test]
fn whoever_has_many_runs_waiting_starves_nobody() {
    in_runtime(async || {
        let settings = Settings { program: Some(program()), runs_max: 1, ..Settings::default() };
        let sandbox = Sandbox::start(settings).expect("it starts");
        let judge = uploaded(&sandbox, &good()).await;
        let input = input("{}");
        let ended = std::sync::Mutex::new(Vec::new());
        let run = async |tenant: &'static str| {
            sandbox.run_for(tenant, &judge, &input, Attachments::none(), Company::Shared).await;
            ended.lock().expect("nobody panics with it").push(tenant);
        };
        // They enter in this order, each before any has ended.
        let tenants = ["heavy"; 20].into_iter().chain(["light"; 2]);
        futures_util::future::join_all(tenants.map(run)).await;
        let ended = ended.into_inner().expect("nobody panics with it");
        let light: Vec<usize> = (0..ended.len()).filter(|at| ended[*at] == "light").collect();
        assert!(light.len() == 2 && light[0] <= 3 && light[1] <= 5, "{ended:?}");
    });
}
